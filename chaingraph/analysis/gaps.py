"""Gaps: products whose local state calls for something, with what is known of it, ranked."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from chaingraph.analysis.advise import MARKS
from chaingraph.analysis.balance import (
    Block,
    balance_numbers,
    chain_filter,
    join_blocks,
    named_codes,
    nobody_notes,
    study_params,
)
from chaingraph.analysis.choices import GroupLines, group_lines
from chaingraph.analysis.decide import decision_table
from chaingraph.analysis.priority import (
    chains_served,
    local_inputs,
    output_at_stake,
    priority_parts,
    read_weights,
    weigh,
)
from chaingraph.analysis.reach import CLASSES, VERDICTS, reach_columns
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import as_states
from chaingraph.enterprises import count_undated
from chaingraph.errors import OptionError, closest
from chaingraph.gazetteer import find_regions
from chaingraph.products import NOT_MADE_OF
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from chaingraph.analysis.basis import Basis
    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.state import RegionState
    from chaingraph.dataset import Dataset
    from chaingraph.gazetteer import Asked
    from chaingraph.quantity import Flags, Floats, Integers
    from chaingraph.words import Language

GAP_KINDS = (
    "missing", "missing_likely", "short", "one_of", "unquantified", "unseen", "coming",
    "not_assessed", "on_site", "flow", "captive", "surplus", "single",
)  # fmt: skip
"""Kinds of rows of :func:`find_gaps`; a balance also knows covered and made."""
UNMET = (
    "missing",
    "missing_likely",
    "short",
    "one_of",
    "unquantified",
    "unseen",
    "coming",
    "not_assessed",
)
"""Kinds that may be bought outside."""
CERTAIN = ("missing", "short")
"""Kinds that are known for sure: somebody looked, or makers are known not to be enough."""
ACTIONS = ("fill", "strengthen", "survey", "follow", "extend", "secure", "assure", "collect", "")
SUPPLY_KINDS = ("resource", "energy")
LISTS = (*decision_table().lists, "")
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "list": LISTS,
    "gap_kind": GAP_KINDS,
    "decision": tuple(rule.id for rule in decision_table().rules),
    "verb": (*decision_table().verbs, ""),
    "then": (*decision_table().verbs, ""),
    "mark": (*MARKS, ""),
    "action": ACTIONS,
    "size_verdict": (*VERDICTS, ""),
    "reach_class": CLASSES,
}
"""Words of columns that are kept as their position until all regions are joined."""
Sort = Literal["priority", "value"]
SORTS: Final[dict[Sort, tuple[str, str]]] = {
    "priority": ("priority", "gap_value_cny"),
    "value": ("gap_value_cny", "priority"),
}
SHOWN = (
    "rank", "product_id", "name_zh", "name_en", "gap_kind", "verb", "then", "unit", "demand",
    "gap_low", "gap", "gap_high", "gap_value_cny", "size_verdict", "priority",
)  # fmt: skip


def find_gaps(
    ds: Dataset | Basis | RegionState,
    *,
    region: Asked = None,
    chain: str | None = None,
    kinds: Iterable[str] | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    utilisation: float | Mapping[str, float] | None = None,
    goal: Mapping[str, float] | None = None,
    explode: bool = False,
    weights: Mapping[str, float] | None = None,
    sort: Sort = "priority",
    draws: int = 1000,
    seed: int = 0,
    lang: Language | None = None,
) -> Result:
    r"""Find what a region's makers need and nobody serves there, as far as that is known.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities (figures may be missing). Or an open study, or
        the state of a region, whose assumptions then hold.
    region, chain, at, statuses, load, utilisation, goal, explode, lang
        As in :func:`calculate_balance`.
    kinds
        Only these kinds of gap.
    weights
        Weights of the priority's parts: value, output, break, inputs, cross, open.
    sort
        Order within each list: ``priority``, or ``value`` (gap value, largest first, unknown last).
    draws, seed
        Draws for the likely interval of the demand; 0: none (faster).

    Returns
    -------
    Result
        One row a region and product that calls for something, the columns of
        :func:`calculate_balance` and: `list` (recruit, supply for grid and resource products, survey for
        whom to ask, cooperation), `rank` within region and list, `gap_kind`, `decision` (rule of the table of
        decisions), `verb` (what to do now), `then` (what follows once that is known), `action` (补链
        强链 延链 稳链 保供 摸底), `evidence_date`, `coming` (capacity under construction, units a year),
        `known_users`, `alternatives` and `under` (alternatives for one need stand beneath the first of them),
        `plant_size`, `plant_size_small`, `reach`, `reach_class`, `market`, `size_verdict`, `plant_fill`,
        `is_break`, `single_source`, `dependents` (local products it goes into), `dependent_output_cny`,
        `open_outputs`, `restricted`, `declining`, `priority` (what the known parts add up to),
        `priority_high` (with every unknown part at 1) and the parts `part_value` ... `part_open`.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError
        For names, options and tables that cannot be used.

    Notes
    -----
    A product is called *missing* only where a survey looked and found none; a product that no row names
    is *unseen*, or *not_assessed* where the data hardly collect it anywhere. Kinds, verbs and
    lists come from the table of decisions (``analysis/decisions.json``): thirteen levels of evidence,
    facts of the interval balance, seventeen rules, the first that fits. The verb that follows comes
    from plant size and reach; the priority from :func:`chaingraph.analysis.priority.priority_parts`.

    Examples
    --------
    >>> import chaingraph as cg
    >>> gaps = find_gaps(cg.load_dataset("toy")).frame
    >>> gaps[["product_id", "gap_kind", "action"]].to_numpy().tolist()[:2]
    [['foil', 'missing', 'fill'], ['powder_a', 'one_of', 'strengthen']]
    """
    call = Call.of(find_gaps, locals())
    wanted_kinds = _read_kinds(kinds)
    if sort not in SORTS:
        raise OptionError("bad-sort", value=sort, choices=", ".join(SORTS))
    asked = {
        "at": at, "statuses": statuses, "load": load, "utilisation": utilisation, "goal": goal,
        "explode": explode,
    }  # fmt: skip
    study, states = as_states(ds, region, **asked)
    weights = read_weights(weights)
    frame, names = gaps_of(
        study, states, chain=chain, kinds=wanted_kinds, weights=weights,
        sort=sort, draws=draws, seed=seed,
    )  # fmt: skip
    params = study_params(study, names, chain) | {"draws": draws, "seed": seed, "weights": weights}
    shown = SHOWN if len(names) == 1 else ("region", *SHOWN)
    notes = _notes(frame, study) + nobody_notes(study, frame, names)
    if study.dataset.other_date and len(names) == 1:
        notes += _undated(study, names[0])
    return Result("gaps", frame, params, read_lang(study.dataset, lang), shown, notes, call=call)


def gaps_of(
    study: Basis,
    states: Iterable[RegionState],
    *,
    chain: str | None = None,
    kinds: tuple[str, ...] = GAP_KINDS,
    weights: Mapping[str, float] | None = None,
    sort: Sort = "priority",
    draws: int = 0,
    seed: int = 0,
) -> tuple[pd.DataFrame, list[str]]:
    """Return the gaps of regions that have been read, and the regions' names; see :func:`find_gaps`."""
    wanted, weighed = chain_filter(study, chain), read_weights(weights)
    blocks = [_region_gaps(state, wanted, kinds, weighed, sort, draws, seed) for state in states]
    return _named(study, join_blocks(study, blocks)), [block.region for block in blocks]


def split_lists(result: Result) -> list[Result]:
    """Return the lists of gaps as results of their own: recruit, supply, survey, cooperation.

    Examples
    --------
    >>> import chaingraph as cg
    >>> [len(part) for part in split_lists(cg.find_gaps(cg.load_dataset("toy")))]
    [5, 2, 1]
    """
    frame = result.frame
    if frame.empty:
        return [result]
    parts = []
    for name in LISTS:
        rows = frame[frame["list"] == name].reset_index(drop=True)
        kind = "gaps" if name == LISTS[0] else f"{name}_gaps"
        notes = result.notes if name == LISTS[0] else ()
        if len(rows) or name == LISTS[0]:
            parts.append(replace(result, kind=kind, frame=rows, notes=notes))
    return parts


def _read_kinds(kinds: Iterable[str] | None) -> tuple[str, ...]:
    if kinds is None:
        return GAP_KINDS
    asked = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    for kind in asked:
        if kind not in GAP_KINDS:
            near = ", ".join(closest(kind, GAP_KINDS) or GAP_KINDS)
            raise OptionError("bad-gap-kind", value=kind, suggestions=near)
    return asked


def find_breaks(state: RegionState) -> Flags:
    """Tell which products nobody is known to make between a local input and a local output."""
    graph = state.study.product_graph
    fed = np.bincount(graph.target[state.open_links], minlength=graph.size) > 0
    part_of_chain = ~state.study.kind_in("kind", NOT_MADE_OF)
    return part_of_chain & fed & ~state.present & (state.users > 0)


def certain_value(state: RegionState) -> Floats:
    """Return the part of the gap value that is certain, CNY a year: the least gap, of no survey item."""
    value, asks = state.gap_value.low, state.decisions.text("list") == "survey"
    return np.where(np.isnan(state.study.price), np.nan, np.where(asks, 0.0, value))


def coded(column: str, values: NDArray[np.str_]) -> Integers:
    """Return words as their position in those of a column."""
    order, words = _sorted_words(column)
    return order[np.searchsorted(words, values)]


@cache
def _sorted_words(column: str) -> tuple[Integers, NDArray[np.str_]]:
    words = np.array(WORDS[column])
    order = np.argsort(words)
    return order, words[order]


def _region_gaps(
    state: RegionState,
    wanted: Flags,
    kinds: tuple[str, ...],
    weights: Mapping[str, float],
    sort: Sort,
    draws: int,
    seed: int,
) -> Block:
    study, reach = state.study, state.reach
    kind = state.decisions.text("kind")
    rows = np.flatnonzero(state.decisions.is_kind(*kinds) & wanted)
    restricted = study.products["restricted"].notna().to_numpy(dtype=bool)
    breaks, output = find_breaks(state), output_at_stake(state)
    lacking = 1 - np.nan_to_num(state.coverage, nan=0.0)
    parts = priority_parts(
        rows,
        value=certain_value(state),
        output=output * lacking,
        is_break=breaks,
        inputs=local_inputs(state),
        chains=chains_served(state, study.chain_matrix),
        chain_count=study.chain_matrix.shape[1],
        restricted=restricted,
    )
    low, high = weigh(parts, weights)
    advice = state.advice
    lines = group_lines(state, rows)
    dates: NDArray[Any] = np.full(len(rows), None, dtype=object)
    dated = np.flatnonzero(state.evidence.date[rows] != "")
    dates[dated] = state.evidence.date[rows[dated]].tolist()
    numbers = balance_numbers(state, rows, draws=draws, seed=seed)
    columns: dict[str, Any] = {
        **numbers,
        "list": coded("list", advice.list[rows]),
        "gap_kind": coded("gap_kind", kind[rows]),
        "decision": state.decisions.rule[rows],
        "verb": coded("verb", advice.verb[rows]),
        "then": coded("then", advice.then[rows]),
        "mark": coded("mark", advice.mark[rows]),
        "action": coded("action", state.decisions.text("action")[rows]),
        "evidence_date": dates,
        "coming": state.coming.point[rows],
        "planned": state.rows.planned[rows],
        "gap_after_coming": np.maximum(0.0, state.gap.point - state.coming.point)[rows],
        "known_users": state.users[rows],
        "alternatives": lines.choice,
        "under": lines.under,
        **{name: values[rows] for name, values in reach_columns(reach, study.sizes).items()},
        "is_break": breaks[rows],
        "single_source": (state.present & state.needed & (state.makers == 1))[rows],
        "dependents": state.users[rows],
        "dependent_output_cny": output[rows],
        "open_outputs": _open_outputs(state, rows, kind),
        "restricted": rows,
        "declining": study.kind_in("life_cycle", ("declining",))[rows],
        "priority": low,
        "priority_high": high,
    } | {f"part_{name}": values for name, values in parts.items()}
    for name in ("size_verdict", "reach_class"):
        columns[name] = coded(name, columns[name])
    columns["plant_size_basis"] = rows
    columns["nearest_maker_city"] = reach.maker[rows]
    columns["list"] = columns["list"][lines.leader]
    order = _order(columns, rows, SORTS[sort], lines)
    columns = {name: values[order] for name, values in columns.items()}
    columns["rank"] = _ranks(columns["list"], (lines.leader == np.arange(len(rows)))[order])
    return Block(state.region.name, rows[order], columns)


def _order(
    columns: Mapping[str, Any], rows: Integers, sort: Sequence[str], lines: GroupLines
) -> Integers:
    """Return the order of the rows: by list, then by the sort of the line, members beneath their first."""
    leader = lines.leader
    falling = [-np.nan_to_num(columns[name], nan=-1.0)[leader] for name in reversed(sort)]
    beneath = leader != np.arange(len(rows))
    own = -np.nan_to_num(columns["gap_value_cny"], nan=-1.0)
    keys = [rows, own, beneath, leader, *falling, columns["list"][leader]]
    return np.lexsort(keys)


def _ranks(lists: Integers, first: Flags) -> Integers:
    """Return ranks within each list; those that stand beneath a first carry its rank."""
    rank = np.zeros(len(first), dtype=np.intp)
    for number in range(len(LISTS)):
        mine = lists == number
        rank[mine] = np.cumsum(first[mine])
    return np.maximum(rank, 1)


def _named(study: Basis, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the joined blocks with words for the codes of vocabularies and products."""
    if "gap_kind" not in frame:
        return frame
    frame = named_codes(study, frame)
    names = {name: _texts(words) for name, words in WORDS.items()}
    names["restricted"] = _texts(study.products["restricted"].tolist())
    names["plant_size_basis"] = _texts(study.sizes.basis.tolist())
    # without a maker elsewhere there is none to name, and -1 is the last
    cities = study.gazetteer.cities["city"].tolist()
    names["nearest_maker_city"] = _texts([*cities, ""])
    for name, words in names.items():
        frame[name] = words.take(frame[name].to_numpy() % len(words))
    for name in _TEXTS:
        frame[name] = frame[name].astype("str")
    frame.insert(1, "rank", frame.pop("rank"))
    return frame


def _texts(words: Iterable[str | None]) -> Any:
    """Return words as a column's texts, empty ones as missing."""
    return pd.array([word or None for word in words], dtype="str")


_TEXTS = ("evidence_date", "alternatives", "under", "open_outputs")


def _open_outputs(
    state: RegionState, rows: Integers, kind: NDArray[np.str_]
) -> NDArray[np.object_]:
    """Name for each surplus the products that would use it and have no local maker."""
    graph = state.study.product_graph
    links = np.flatnonzero(state.open_links & (kind == "surplus")[graph.source])
    links = links[np.argsort(graph.source[links], kind="stable")]  # targets stay in order
    names = [graph.ids[target] for target in graph.target[links].tolist()]
    source = graph.source[links]
    first = np.searchsorted(source, rows, side="left")
    last = np.searchsorted(source, rows, side="right")
    cells: NDArray[Any] = np.full(len(rows), None, dtype=object)
    for place in np.flatnonzero(last > first).tolist():
        cells[place] = "; ".join(names[first[place] : last[place]])
    return cells


def _undated(study: Basis, region: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Say how many capacity rows have no start and count at the date that was asked for too."""
    ds = study.dataset
    where = find_regions(ds, [region])[0]
    count = count_undated(ds.enterprises, ds.capacities, where=where, statuses=study.statuses)
    return (("note-undated", {"count": count}),) if count else ()


def _notes(frame: pd.DataFrame, study: Basis) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return what a reader must know: what is unknown, and how much is sourced."""
    if frame.empty:
        return ()
    unmet = frame["gap_kind"].isin(UNMET)
    missing_price = frame["price_cny"].isna() & unmet
    open_demand = frame["demand"].isna() | (frame["users_unquantified"] > 0)
    value = frame["gap_value_cny"].fillna(0)
    total = float(value.sum())
    sourced = float((value * frame["sourced_share"].fillna(0)).sum())
    counts = {"note-unpriced": missing_price.sum(), "note-unquantified": open_demand.sum()}
    notes: list[tuple[str, dict[str, Any]]] = [
        (key, {"count": int(count)}) for key, count in counts.items() if count
    ]
    if total > 0:
        notes.append(("note-sourced", {"share": sourced / total}))
    if study.dataset.skipped_rows:
        notes.append(("note-skipped", {"count": study.dataset.skipped_rows}))
    return tuple(notes)
