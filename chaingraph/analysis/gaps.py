"""Gaps: products whose local state calls for an action, ranked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chaingraph.analysis.balance import balance_frame, chain_filter, study_params
from chaingraph.analysis.priority import (
    chain_matrix,
    chains_served,
    local_inputs,
    output_at_stake,
    priority_parts,
    read_weights,
    weigh,
)
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.state import RegionState, Study, open_study, region_states
from chaingraph.errors import OptionError, closest
from chaingraph.products import NOT_MADE_OF
from chaingraph.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaingraph.dataset import Dataset
    from chaingraph.products import Flags, Integers

GAP_KINDS = ("missing", "short", "unquantified", "surplus", "single")
ACTIONS = {
    "missing": "fill",
    "short": "strengthen",
    "unquantified": "survey",
    "surplus": "extend",
    "single": "secure",
}
SUPPLY_KINDS = ("resource", "energy")
CONCENTRATED = 0.25
SORTS = {"priority": ("priority", "gap_value_cny"), "value": ("gap_value_cny", "priority")}
SHOWN = (
    "rank", "product_id", "name_zh", "name_en", "gap_kind", "action", "unit", "demand", "capacity",
    "construction", "coverage", "gap_value_cny", "is_break", "priority",
)  # fmt: skip


def find_gaps(
    ds: Dataset,
    *,
    region: str | Sequence[str] | None = None,
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
        The dataset; needs enterprises and capacities (figures may be missing).
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
    (supply above demand and a product of the same chain that would use it has no local maker),
    *single* (taken here and made by one maker, or HHI above 0.25, the line of a highly concentrated
    market in the U.S. Horizontal Merger Guidelines of 2010). Actions: fill 补链, strengthen 强链,
    extend 延链, secure 稳链; survey for what cannot be told. A *break* is a missing product one of whose
    inputs is made here; energy, resources, auxiliaries, equipment and services neither are nor feed one. The parts of the priority
    are explained at :func:`chaingraph.analysis.priority.priority_parts`.

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
    study = open_study(ds, at=at, statuses=statuses, utilisation=utilisation, goal=goal)
    weights = read_weights(weights)
    wanted = chain_filter(study, chain)
    matrix = chain_matrix(study)
    names, parts = [], []
    for state in region_states(study, region):
        names.append(state.region.name)
        parts.append(_region_gaps(state, wanted, wanted_kinds, weights, matrix, sort, draws, seed))
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    params = study_params(study, names, chain) | {"draws": draws, "seed": seed, "weights": weights}
    shown = SHOWN if len(names) == 1 else ("region", *SHOWN)
    return Result("gaps", frame, params, read_lang(ds, lang), shown, _notes(frame, study))


def split_lists(result: Result) -> list[Result]:
    """Return the recruitment list and the supply-security list of gaps as results of their own.

    Examples
    --------
    >>> import chaingraph as cg
    >>> [len(part) for part in split_lists(cg.find_gaps(cg.load_dataset("toy")))]
    [6, 2]
    """
    frame = result.frame
    if frame.empty:
        return [result]
    recruit = frame[frame["list"] == "recruit"].reset_index(drop=True)
    supply = frame[frame["list"] == "supply"].reset_index(drop=True)
    first = replace(result, frame=recruit)
    return [first, replace(result, kind="supply_gaps", frame=supply, notes=())] if len(supply) else [first]


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
    surplus = present & (state.supply > state.demand * (1 + 1e-9)) & _has_open_output(state)
    single = present & needed & ((state.makers == 1) | (np.nan_to_num(state.hhi) > CONCENTRATED))
    conditions = [
        needed & ~present,
        present & needed & ~no_figure & state.short,
        present & needed & (no_figure | no_demand),
        surplus,
        single,
    ]
    return np.asarray(np.select(conditions, range(len(conditions)), default=-1), dtype=np.intp)


def _open_links(state: RegionState) -> Flags:
    """By link: its input is made here, its output is of a common chain and made by nobody here."""
    graph = state.study.graph
    made_of = ~state.study.kind_in("kind", NOT_MADE_OF)
    useful = graph.consumed & made_of[graph.source]
    return useful & state.present[graph.source] & ~state.present[graph.target]


def _has_open_output(state: RegionState) -> Flags:
    graph = state.study.graph
    return np.bincount(graph.source[_open_links(state)], minlength=graph.size) > 0


def find_breaks(state: RegionState) -> Flags:
    """Tell which products are missing between a local input and a local output."""
    graph = state.study.graph
    fed = np.bincount(graph.target[_open_links(state)], minlength=graph.size) > 0
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
) -> pd.DataFrame:
    kind = classify(state)
    chosen = np.isin(kind, [GAP_KINDS.index(name) for name in kinds]) & wanted
    rows = np.flatnonzero(chosen)
    study = state.study
    frame = balance_frame(state, rows, draws=draws, seed=seed)
    supply = study.kind_in("kind", SUPPLY_KINDS)[rows]
    restricted = study.products["restricted"]
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
        restricted=restricted.notna().to_numpy(dtype=bool),
    )
    low, high = weigh(parts, weights)
    extra: dict[str, Any] = {
        "list": np.where(supply, "supply", "recruit"),
        "gap_kind": np.array(GAP_KINDS)[kind[rows]],
        "action": np.array([ACTIONS[k] for k in GAP_KINDS])[kind[rows]],
        "is_break": breaks[rows],
        "single_source": (state.present & state.needed & (state.makers == 1))[rows],
        "dependents": state.users[rows],
        "dependent_output_cny": output[rows],
        "open_outputs": _open_outputs(state, rows, kind),
        "restricted": restricted.iloc[rows].to_numpy(),
        "priority": low,
        "priority_high": high,
    } | {f"part_{name}": values for name, values in parts.items()}
    frame = frame.assign(**extra)
    frame = frame.sort_values(
        ["list", *SORTS[sort], "product_id"],
        ascending=[True, *(False for _ in SORTS[sort]), True],
        ignore_index=True,
    )
    frame.insert(1, "rank", frame.groupby("list").cumcount() + 1)
    return frame


def _open_outputs(state: RegionState, rows: Integers, kind: Integers) -> list[str | None]:
    """Name for each surplus the products that would use it and have no local maker."""
    graph = state.study.graph
    links = np.flatnonzero(_open_links(state))
    surplus = set(rows[kind[rows] == GAP_KINDS.index("surplus")].tolist())
    found: dict[int, list[str]] = {}
    for link in links.tolist():
        source = int(graph.source[link])
        if source in surplus:
            found.setdefault(source, []).append(graph.ids[int(graph.target[link])])
    return ["; ".join(sorted(found[row])) if row in found else None for row in rows.tolist()]


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
