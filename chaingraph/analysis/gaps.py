"""Gaps: products whose local state calls for an action, ranked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chaingraph.analysis.balance import (
    Block,
    balance_numbers,
    chain_filter,
    join_blocks,
    study_params,
)
from chaingraph.analysis.priority import (
    chains_served,
    local_inputs,
    output_at_stake,
    priority_parts,
    read_weights,
    weigh,
)
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.state import RegionState, Study, as_states
from chaingraph.enterprises import count_undated
from chaingraph.errors import OptionError, closest
from chaingraph.products import NOT_MADE_OF
from chaingraph.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from chaingraph.analysis.state import Source
    from chaingraph.gazetteer import Asked
    from chaingraph.products import Flags, Integers
    from chaingraph.regions import Region

GAP_KINDS = ("missing", "short", "unquantified", "surplus", "single")
ACTIONS = {
    "missing": "fill",
    "short": "strengthen",
    "unquantified": "survey",
    "surplus": "extend",
    "single": "secure",
}
SUPPLY_KINDS = ("resource", "energy")
_ASSURED = 2
"""The first kinds, missing and short: of resources and energy they call for assured supply."""
LISTS = ("recruit", "supply")
CONCENTRATED = 0.25
IDLE = 0.1
SORTS = {"priority": ("priority", "gap_value_cny"), "value": ("gap_value_cny", "priority")}
SHOWN = (
    "rank", "product_id", "name_zh", "name_en", "gap_kind", "action", "unit", "demand", "capacity",
    "construction", "coverage", "gap_value_cny", "is_break", "priority",
)  # fmt: skip


def find_gaps(
    ds: Source,
    *,
    region: Asked = None,
    chain: str | None = None,
    kinds: Iterable[str] | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    utilisation: float | Mapping[str, float] = 1.0,
    goal: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    sort: str = "priority",
    draws: int = 1000,
    seed: int = 0,
    lang: str | None = None,
) -> Result:
    r"""Find the gaps of a region's chains, recruitable ones first, each list by priority.

    Parameters
    ----------
    ds
        The dataset, an open study or a region's state; needs enterprises and capacities (figures may
        be missing).
    region, chain, at, statuses, utilisation, goal, lang
        As in :func:`calculate_balance`.
    kinds
        Only these kinds: missing, short, unquantified, surplus, single.
    weights
        Weights of the priority's parts: value, output, break, inputs, cross, open.
    sort
        Order within each list: ``priority``, or ``value`` (gap value, largest first, unknown last).
    draws, seed
        Draws for the demand interval and the probability of being short; 0: none (faster).

    Returns
    -------
    Result
        One row a region and gap, the columns of :func:`calculate_balance` and: `list` (recruit, or
        supply for resources and energy, which no recruitment brings), `rank` within region and list,
        `gap_kind`, `action`, `is_break`, `single_source`, `dependents` (local products it goes into),
        `dependent_output_cny`, `open_outputs` (for a surplus: the products that would use it and have
        no local maker), `restricted`, `priority` (what the known parts add up to),
        `priority_high` (with every unknown part at 1) and the parts `part_value` ... `part_open`.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError
        For names, options and tables that cannot be used.

    Notes
    -----
    Kinds, the first that fits: *missing* (a local maker or the goal takes it, nobody makes it here),
    *short* (supply below demand), *unquantified* (makers or users known, figures not), *surplus*
    (more than a tenth of the supply has no local user, and a product of the chain would use it:
    `open_outputs` names those that nobody makes here),
    *single* (taken here and made by one maker, or HHI above 0.25, the line of a highly concentrated
    market in the U.S. Horizontal Merger Guidelines of 2010). Actions: fill 补链, strengthen 强链,
    extend 延链, secure 稳链; survey 摸底 for what cannot be told; assure 保供 for missing or short
    resources and energy. A *break* is a missing product one of whose
    inputs is made here; energy, resources, auxiliaries, equipment and services neither are nor feed
    one. The parts of the priority are explained at :func:`chaingraph.analysis.priority.priority_parts`.

    Examples
    --------
    >>> import chaingraph as cg
    >>> gaps = find_gaps(cg.load_dataset("toy")).frame
    >>> gaps[["product_id", "gap_kind", "action"]].to_numpy().tolist()[:2]
    [['foil', 'missing', 'fill'], ['powder_a', 'short', 'strengthen']]
    """
    wanted_kinds = _read_kinds(kinds)
    if sort not in SORTS:
        raise OptionError("bad-sort", value=sort, choices=", ".join(SORTS))
    study, states = as_states(
        ds, region, at=at, statuses=statuses, utilisation=utilisation, goal=goal
    )
    weights = read_weights(weights)
    frame, regions = gaps_of(
        study, states, chain=chain, kinds=wanted_kinds, weights=weights,
        sort=sort, draws=draws, seed=seed,
    )  # fmt: skip
    names = [place.name for place in regions]
    params = study_params(study, names, chain) | {"draws": draws, "seed": seed, "weights": weights}
    shown = SHOWN if len(names) == 1 else ("region", *SHOWN)
    notes = _notes(frame, study)
    if at is not None and len(names) == 1:
        notes += _undated(study, regions[0])
    return Result("gaps", frame, params, read_lang(study.dataset, lang), shown, notes)


def gaps_of(
    study: Study,
    states: Iterable[RegionState],
    *,
    chain: str | None = None,
    kinds: tuple[str, ...] = GAP_KINDS,
    weights: Mapping[str, float] | None = None,
    sort: str = "priority",
    draws: int = 0,
    seed: int = 0,
) -> tuple[pd.DataFrame, list[Region]]:
    """Return the gaps of regions that have been read, and the regions; see :func:`find_gaps`."""
    wanted, matrix = chain_filter(study, chain), study.chain_matrix
    weighed = read_weights(weights)
    regions, blocks = [], []
    for state in states:
        regions.append(state.region)
        blocks.append(_region_gaps(state, wanted, kinds, weighed, matrix, sort, draws, seed))
    return _named(study, join_blocks(study, blocks)), regions


def split_lists(result: Result) -> list[Result]:
    """Return the recruitment list and the supply-security list of gaps as results of their own.

    Examples
    --------
    >>> import chaingraph as cg
    >>> [len(part) for part in split_lists(cg.find_gaps(cg.load_dataset("toy")))]
    [5, 2]
    """
    frame = result.frame
    if frame.empty:
        return [result]
    recruit = frame[frame["list"] == "recruit"].reset_index(drop=True)
    supply = frame[frame["list"] == "supply"].reset_index(drop=True)
    first = replace(result, frame=recruit)
    return (
        [first, replace(result, kind="supply_gaps", frame=supply, notes=())]
        if len(supply)
        else [first]
    )


def _read_kinds(kinds: Iterable[str] | None) -> tuple[str, ...]:
    if kinds is None:
        return GAP_KINDS
    asked = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    for kind in asked:
        if kind not in GAP_KINDS:
            near = ", ".join(closest(kind, GAP_KINDS) or GAP_KINDS)
            raise OptionError("bad-gap-kind", value=kind, suggestions=near)
    return asked


def classify(state: RegionState) -> Integers:
    """Return the position in ``GAP_KINDS`` of each product, -1 for those that call for nothing."""
    present, needed = state.present, state.needed
    no_figure = (state.unquantified > 0) & (state.capacity <= 0)
    no_demand = (state.demand <= 0) & needed
    links = state.study.graph.source[state.study.chain_links]
    idle = present & (state.supply * (1 - IDLE) > state.demand)
    surplus = idle & (np.bincount(links, minlength=state.study.graph.size) > 0)
    single = present & needed & ((state.makers == 1) | (np.nan_to_num(state.hhi) > CONCENTRATED))
    conditions = [
        needed & ~present,
        present & needed & ~no_figure & state.short,
        present & needed & (no_figure | no_demand),
        surplus,
        single,
    ]
    return np.asarray(np.select(conditions, range(len(conditions)), default=-1), dtype=np.intp)


def find_breaks(state: RegionState) -> Flags:
    """Tell which products are missing between a local input and a local output."""
    graph = state.study.graph
    fed = np.bincount(graph.target[state.open_links], minlength=graph.size) > 0
    part_of_chain = ~state.study.kind_in("kind", NOT_MADE_OF)
    return part_of_chain & fed & ~state.present & (state.users > 0)


def _region_gaps(
    state: RegionState,
    wanted: Flags,
    kinds: tuple[str, ...],
    weights: Mapping[str, float],
    matrix: Flags,
    sort: str,
    draws: int,
    seed: int,
) -> Block:
    kind = classify(state)
    chosen = np.isin(kind, [GAP_KINDS.index(name) for name in kinds]) & wanted
    rows = np.flatnonzero(chosen)
    study = state.study
    restricted = study.products["restricted"].notna().to_numpy(dtype=bool)
    breaks = find_breaks(state)
    output = output_at_stake(state)
    parts = priority_parts(
        rows,
        value=state.gap_value,
        output=output,
        is_break=breaks,
        inputs=local_inputs(state),
        chains=chains_served(state, matrix),
        chain_count=matrix.shape[1],
        restricted=restricted,
    )
    low, high = weigh(parts, weights)
    supply = study.kind_in("kind", SUPPLY_KINDS)[rows]
    columns: dict[str, Any] = {
        **balance_numbers(state, rows, draws=draws, seed=seed),
        "list": supply.astype(np.int8),
        "gap_kind": kind[rows].astype(np.int8),
        "action": np.where(supply & (kind[rows] < _ASSURED), len(GAP_KINDS), kind[rows]),
        "is_break": breaks[rows],
        "single_source": (state.present & state.needed & (state.makers == 1))[rows],
        "dependents": state.users[rows],
        "dependent_output_cny": output[rows],
        "open_outputs": _open_outputs(state, rows, kind),
        "restricted": rows,
        "priority": low,
        "priority_high": high,
    } | {f"part_{name}": values for name, values in parts.items()}
    falling = [-columns[name] for name in reversed(SORTS[sort])]
    order = np.lexsort((rows, *falling, columns["list"]))
    columns = {name: values[order] for name, values in columns.items()}
    first = int(np.searchsorted(columns["list"], 1))
    count = np.arange(1, len(rows) + 1)
    columns["rank"] = np.where(columns["list"] == 1, count - first, count)
    return Block(state.region.name, rows[order], columns)


def _named(study: Study, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the joined blocks with words for the codes of vocabularies and products."""
    if "gap_kind" not in frame:
        return frame
    words: dict[str, Sequence[str]] = {
        "list": LISTS,
        "gap_kind": GAP_KINDS,
        "action": [*(ACTIONS[name] for name in GAP_KINDS), "assure"],
        "restricted": study.products["restricted"].tolist(),
    }
    for name, values in words.items():
        frame[name] = pd.array(values, dtype="str").take(frame[name].to_numpy())
    frame["open_outputs"] = frame["open_outputs"].astype("str")
    frame.insert(1, "rank", frame.pop("rank"))
    return frame


def _open_outputs(state: RegionState, rows: Integers, kind: Integers) -> NDArray[np.object_]:
    """Name for each surplus the products that would use it and have no local maker."""
    graph = state.study.graph
    surplus = kind == GAP_KINDS.index("surplus")
    links = np.flatnonzero(state.open_links & surplus[graph.source])
    links = links[np.argsort(graph.source[links], kind="stable")]  # targets stay in order
    names = [graph.ids[target] for target in graph.target[links].tolist()]
    source = graph.source[links]
    first = np.searchsorted(source, rows, side="left").tolist()
    last = np.searchsorted(source, rows, side="right").tolist()
    cells = ["; ".join(names[a:b]) if b > a else None for a, b in zip(first, last, strict=True)]
    return np.array(cells, dtype=object)


def _undated(study: Study, region: Region) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Say how many capacity rows have no start and count at the date that was asked for too."""
    ds = study.dataset
    count = count_undated(ds.enterprises, ds.capacities, where=region, statuses=study.statuses)
    return (("note-undated", {"count": count}),) if count else ()


def _notes(frame: pd.DataFrame, study: Study) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return what a reader must know: what is unknown, and how much is sourced."""
    if frame.empty:
        return ()
    missing_price = frame["price_cny"].isna() & frame["gap_kind"].isin(["missing", "short"])
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
