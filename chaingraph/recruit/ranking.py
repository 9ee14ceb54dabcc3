"""Ranking: all candidates of some gaps of a region, measured, scored and put in order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chaingraph.recruit.candidates import Field, around, find_place, open_field
from chaingraph.recruit.evidence import gather_evidence, medians
from chaingraph.recruit.features import FEATURES, GROUP_FEATURES, View, filled, measure
from chaingraph.recruit.scoring import entropy_weights, rank_within, score, shaken_ranks, topsis
from chaingraph.recruit.setting import open_setting
from chaingraph.recruit.shortage import green_share, lacking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.analysis.state import RegionState
    from chaingraph.products import Flags, Floats, Integers


@dataclass(frozen=True, eq=False)
class Ranking:
    """Scores of all candidates of some gaps, before anything is shown.

    Attributes
    ----------
    rows
        The pairs of the field that are newcomers here, sorted by gap and rank; all other arrays
        follow them.
    """

    state: RegionState
    view: View
    weights: dict[str, float]
    rows: Integers
    rank: Integers
    best: Integers
    worst: Integers
    scores: tuple[Floats, ...]
    parts: dict[str, Floats]


def rank_field(
    state: RegionState, products: Sequence[int], weights: dict[str, float], method: str
) -> Ranking:
    """Score and rank all candidates of some products for one region."""
    return rank_view(state, open_view(state, products), weights, method)


def open_view(state: RegionState, products: Sequence[int]) -> View:
    """Read what bears on the candidates of some products: their makers, the region, its neighbours."""
    study = state.study
    wanted = np.unique(np.asarray(products, dtype=np.intp))
    needed = np.unique(around(study, wanted)[1])
    ids = [study.product_graph.ids[p] for p in needed.tolist()]
    evidence = gather_evidence(study, ids, state.region)
    setting = open_setting(evidence, wanted)
    place = find_place(evidence, state.region, setting.points)
    green = green_share(study.dataset, place)
    return View(open_field(evidence, wanted), place, setting, lacking(state), green)


def rank_view(state: RegionState, view: View, weights: dict[str, float], method: str) -> Ranking:
    """Score and rank the candidates that a view holds."""
    field = view.field
    rows = np.flatnonzero(~_local_makers(state, field))
    parts = {name: values[rows] for name, values in measure(view).items()}
    gap, tier = field.gap[rows], view.place.tier(field)[rows]
    if method == "topsis":
        weights = dict.fromkeys(FEATURES, 1.0)
        scores = _closeness(parts, gap)
        best = worst = rank_within(scores[0], gap, tier)
    else:
        scores = score(parts, weights)
        best, worst = shaken_ranks(parts, weights, gap, tier)
    rank = rank_within(scores[0], gap, tier)
    order = np.empty(len(rank), dtype=np.intp)
    order[np.searchsorted(gap, gap) + rank - 1] = np.arange(len(rank))
    return Ranking(
        state=state,
        view=view,
        weights=weights,
        rows=rows[order],
        rank=rank[order],
        best=best[order],
        worst=worst[order],
        scores=tuple(values[order] for values in scores),
        parts={name: values[order] for name, values in parts.items()},
    )


def _local_makers(state: RegionState, field: Field) -> Flags:
    """Tell which pairs have a plant of the product here, standing or being built."""
    evidence = field.evidence
    building = (evidence.columns["scope"] != "project") & (evidence.columns["event"] == "started")
    inside = evidence.inside(state.region) & (evidence.makes | building)
    flags = np.zeros(len(evidence.holdings.product), dtype=bool)
    flags[evidence.columns["holding"][inside]] = True
    return np.asarray(field.of_own(flags.astype(float), 0.0) > 0, dtype=bool)


def _closeness(parts: Mapping[str, Floats], gap: Integers) -> tuple[Floats, ...]:
    """Return TOPSIS closeness within each gap, with unknown features at a quarter, 0 and 1."""
    found = []
    for fill in (filled, np.nan_to_num, lambda values: np.nan_to_num(values, nan=1.0)):
        table = np.column_stack([fill(parts[name]) for name in GROUP_FEATURES])
        result = np.zeros(len(gap))
        for number in np.unique(gap):
            own = gap == number
            result[own] = topsis(table[own], entropy_weights(table[own]))
        found.append(result)
    low, high = np.minimum(*found[1:]), np.maximum(*found[1:])
    return found[0], np.minimum(low, found[0]), np.maximum(high, found[0])


def typical_plant(view: View) -> Floats:
    """Return by product the median of the groups' typical plants; nan where none has a figure."""
    held = view.field.evidence.holdings
    return medians(held.product, held.typical, view.field.evidence.study.product_graph.size)
