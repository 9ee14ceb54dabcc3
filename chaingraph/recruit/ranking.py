"""Ranking: all candidates of some gaps of a region, measured, scored and put in order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from chaingraph.groups import all_hands
from chaingraph.recruit.candidates import around, find_place, open_field
from chaingraph.recruit.evidence import gather_evidence
from chaingraph.recruit.features import FEATURES, GROUP_FEATURES, View, filled, measure
from chaingraph.recruit.lists import LAST, LISTS, NONE, SUPPLIER, contending, tiers, which_list
from chaingraph.recruit.portfolio import gather_portfolios
from chaingraph.recruit.scoring import (
    POOL,
    drawn_ranks,
    entropy_weights,
    in_tens,
    rank_within,
    score,
    tied_ranks,
    topsis,
)
from chaingraph.recruit.setting import open_setting
from chaingraph.recruit.shortage import green_share, lacking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.analysis.state import RegionState
    from chaingraph.products import Flags, Floats, Integers
    from chaingraph.recruit.candidates import Field

_FAR: Final = 1e6


@dataclass(frozen=True, eq=False)
class Ranking:
    """Scores of all candidates of some gaps, before anything is shown.

    Attributes
    ----------
    view
        What they were measured in; its field may lack pairs that stand behind all that are asked for.
    rows
        The pairs of the field that stand in a list, sorted by gap, list and place; all other arrays
        follow them.
    listed
        The list of each, by number among :data:`chaingraph.recruit.lists.LISTS`.
    place
        From 1 in each list.
    rank
        As the place, but equal scores share the best of their places.
    best, worst
        Ends of the interval of the rank; of suppliers, who are ordered by distance, the place.
    """

    state: RegionState
    view: View
    weights: dict[str, float]
    rows: Integers
    listed: Integers
    place: Integers
    rank: Integers
    best: Integers
    worst: Integers
    scores: tuple[Floats, ...]
    parts: dict[str, Floats]


def rank_field(
    state: RegionState,
    products: Sequence[int],
    weights: dict[str, float],
    method: str,
    contracts: Sequence[int] = (),
    most: Sequence[int] = (),
) -> Ranking:
    """Score and rank the candidates of some products for one region; see :func:`rank_view`."""
    return rank_view(state, open_view(state, products), weights, method, contracts, most)


def open_view(state: RegionState, products: Sequence[int]) -> View:
    """Read what bears on the candidates of some products: their makers, the region, its neighbours."""
    study = state.study
    wanted = np.unique(np.asarray(products, dtype=np.intp))
    needed = np.unique(around(study, wanted)[1])
    ids = [study.product_graph.ids[p] for p in needed.tolist()]
    evidence = gather_evidence(study, ids, state.region)
    hands = all_hands(study.dataset.enterprises, study.standing)
    setting = open_setting(evidence, wanted, hands)
    place = find_place(evidence, state.region, setting.points)
    green = green_share(study.dataset, place)
    field = open_field(evidence, wanted).with_groups(place.known_groups)
    portfolios = gather_portfolios(evidence, hands)
    return View(field, place, setting, lacking(state), green, portfolios)


def rank_view(
    state: RegionState,
    view: View,
    weights: dict[str, float],
    method: str,
    contracts: Sequence[int] = (),
    most: Sequence[int] = (),
) -> Ranking:
    """Score and rank the candidates that a view holds.

    Parameters
    ----------
    contracts
        Positions of the products whose suppliers are listed.
    most
        How many of each list are asked for, 0: all; nothing: all of all lists. Those who stand behind
        all of these, whatever their score, are not measured: of a registry they are nearly all.
    """
    bought = np.zeros(state.study.product_graph.size, dtype=bool)
    bought[list(contracts)] = True
    listed = which_list(view, bought)
    tier = tiers(view, listed)
    chosen = contending(view, listed, tier)
    if most and method == "logit":  # by TOPSIS every candidate has a say in what features weigh
        kept = np.flatnonzero(_asked_for(view.field, listed, chosen, most))
        view = replace(view, field=view.field.take(kept))
        listed, tier, chosen = listed[kept], tier[kept], chosen[kept]
    field = view.field
    rows = np.flatnonzero(listed != NONE)
    rows = rows[np.lexsort((listed[rows], field.gap[rows]))]
    chosen, tier, listed = chosen[rows], tier[rows], listed[rows]
    parts = {name: values[rows] for name, values in measure(view).items()}
    gap = field.gap[rows] * len(LISTS) + listed
    if method == "topsis":
        weights = dict.fromkeys(FEATURES, 1.0)
        scores = _closeness(parts, gap)
        best = worst = rank_within(scores[0], gap, chosen)
    else:
        scores = score(parts, weights)
        best, worst = drawn_ranks(parts, weights, gap, chosen)
    supplied = listed == SUPPLIER
    nearest = -np.nan_to_num(field.of_own(view.place.nearest)[rows], nan=_FAR)
    ordered = np.where(supplied, nearest, scores[0])
    tier = in_tens(rank_within(ordered, gap, chosen), tier)
    place, rank = rank_within(ordered, gap, tier), tied_ranks(ordered, gap, tier)
    best, worst = np.where(supplied, rank, best), np.where(supplied, rank, worst)
    best, worst = np.minimum(best, rank), np.maximum(worst, place)
    order = np.empty(len(place), dtype=np.intp)
    order[np.searchsorted(gap, gap) + place - 1] = np.arange(len(place))
    rows = rows[order]
    return Ranking(
        state=state,
        view=view,
        weights=weights,
        rows=rows,
        listed=listed[order],
        place=place[order],
        rank=rank[order],
        best=best[order],
        worst=worst[order],
        scores=tuple(values[order] for values in scores),
        parts={name: values[order] for name, values in parts.items()},
    )


def _asked_for(field: Field, listed: Integers, tier: Integers, most: Sequence[int]) -> Flags:
    """Tell which pairs may be among the first of their list, or bear on how firm the ranks of these are."""
    there = np.flatnonzero(listed != NONE)
    place = field.gap[there] * len(LISTS) + listed[there]
    shape = len(field.gaps) * len(LISTS), LAST + 1
    size = np.bincount(place * shape[1] + tier[there], minlength=shape[0] * shape[1]).reshape(shape)
    before = np.cumsum(size, axis=1) - size
    enough = np.array([max(count, POOL) if count else field.size for count in most])
    kept = np.zeros(field.size, dtype=bool)
    kept[there] = before[place, tier[there]] < enough[listed[there]]
    return kept


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
