"""What an answer would change: the gaps of a region once something about it is known exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from chaingraph.allocation import OwnUse, allocate
from chaingraph.analysis.state import by_product_supply
from chaingraph.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.allocation import Recipe
    from chaingraph.analysis.state import RegionState
    from chaingraph.quantity import Flags, Floats, Integers

_TINY: Final = 1e-6
"""Share of an interval below which nothing is removed: rounding of the linear programmes."""


class Effect(NamedTuple):
    """What hangs on an answer.

    Attributes
    ----------
    products
        Positions of the products whose gap it narrows, the most worth first.
    share
        By product: share of the interval that the answer removes.
    value
        CNY a year; nan where no price is known.
    endless
        Whether some of these gaps have no bound yet: `value` is then the least.
    before
        The interval before, by product.
    """

    products: Integers
    share: Floats
    value: float
    endless: bool
    before: Quantity


def measure_effect(
    state: RegionState,
    outcomes: Sequence[Quantity],
    *,
    direct: Sequence[int] = (),
    needs: Integers | None = None,
) -> Effect:
    r"""Return what hangs on an answer, given the gaps after each way it may turn out.

    With the interval :math:`[l, h]` that holds today's gap and all outcomes, and outcomes :math:`w` wide on
    average (each is taken as likely as the others, since nothing is known of them), an answer removes
    :math:`s = 1 - \bar w / (h - l)` of it and is worth :math:`p\,h\,s` with the price p. Where h is
    endless, an answer that gives it an end, or that is about the product itself, is worth the least
    demand times the price.

    Parameters
    ----------
    state
        The region.
    outcomes
        Gaps by product, one entry a way the answer may turn out.
    direct
        Positions of the products that the question is about.
    needs
        By product: the position of the alternative that stands for its need. Of one need the value counts
        once; None: each product is a need of its own.
    """
    before = state.gap
    for outcome in outcomes:
        before = before.hull(outcome)
    wide = _width(before)
    endless = np.isinf(before.high)
    left = np.mean([np.where(endless, 0.0, _width(outcome)) for outcome in outcomes], axis=0)
    share = np.divide(wide - left, wide, out=np.zeros(len(wide)), where=~endless & (wide > 0))
    share = np.where(share > _TINY, np.minimum(share, 1.0), 0.0)
    ended = endless & np.any([np.isfinite(outcome.high) for outcome in outcomes], axis=0)
    asked = np.zeros(len(wide), dtype=bool)
    asked[list(direct)] = True
    bounded = ended | (endless & asked)
    share = np.where(ended, 1.0, share)
    worth = np.where(bounded, state.demand.low, np.where(endless, 0.0, before.high) * share)
    hit = np.flatnonzero((share > 0) | (asked & (state.demand.high > 0)))
    price = state.study.price[hit]
    money = worth[hit] * price
    some_endless = bool(bounded[hit].any())
    need = hit if needs is None else needs[hit]
    most = _most_of_needs(money, need, len(wide))
    value = float(np.nansum(most)) if (~np.isnan(most)).any() else float("nan")
    if value <= 0:  # of what has no bound and no least demand nothing can be said
        value = float("nan")
    # the alternative that stands for a need comes before the others
    order = np.lexsort((hit, -share[hit], hit != need, -np.nan_to_num(most[need])))
    return Effect(hit[order], share, value, some_endless, before)


def _most_of_needs(money: Floats, need: Integers, size: int) -> Floats:
    """Return by position what hangs on each need: the most of its alternatives; nan where nothing is known."""
    most = np.full(size, np.nan)
    np.fmax.at(most, need, money)
    return most


def _width(amount: Quantity) -> Floats:
    return np.where(np.isinf(amount.high), np.inf, amount.high - amount.low)


def gap_if_exact(state: RegionState, products: Sequence[int]) -> Quantity:
    """Return the gaps once the capacities of some products are known: their point, else their least."""
    capacity = state.capacity
    known = np.where(np.isnan(capacity.point), capacity.low, capacity.point)
    return _redone(state, Quantity.known(known).where(_flags(state, products), capacity), products)


def gap_if_loaded(state: RegionState, products: Sequence[int]) -> Quantity:
    """Return the gaps once the loads of some products are known: their point."""
    load = state.study.load_of(state.region)
    exact = Quantity.known(load.point).where(_flags(state, products), load)
    return _redone(state, state.capacity, products, load=exact)


def gap_if_running(state: RegionState, more: Floats) -> Quantity:
    """Return the gaps once it is known that plants run: `more` capacity by product that surely does."""
    capacity = state.capacity
    low = np.minimum(capacity.low + more, np.fmax(capacity.point, capacity.low))
    sure = Quantity(low, capacity.point, capacity.high, capacity.reasons)
    return _redone(state, sure, np.flatnonzero(more > 0).tolist())


def gap_if_chosen(state: RegionState, group: int) -> Quantity:
    """Return the gaps once it is known which alternatives a group takes: those of the point."""
    recipe = state.study.recipe
    links = recipe.members.link[recipe.members.group == group]
    share = np.zeros(len(recipe.single))
    share[links] = state.share[links]
    mine = np.zeros(len(recipe.single), dtype=bool)
    mine[links] = True
    fixed = replace(
        recipe,
        single=recipe.single | (share > 0),
        weight=np.where(mine, share, recipe.weight),
        member=recipe.member & ~mine,
    )
    return _redone(state, state.capacity, (), recipe=fixed)


def _flags(state: RegionState, products: Sequence[int]) -> Flags:
    flags = np.zeros(state.study.product_graph.size, dtype=bool)
    flags[list(products)] = True
    return flags


def _redone(
    state: RegionState,
    capacity: Quantity,
    products: Sequence[int],
    *,
    load: Quantity | None = None,
    recipe: Recipe | None = None,
) -> Quantity:
    """Allocate again with other capacities or loads of some products, or another recipe; return the gaps."""
    study = state.study
    before = study.load_of(state.region)
    now = load or before
    changed = _flags(state, products)
    output = (capacity * now).where(changed, state.output)
    supply = capacity * study.loads.availability + by_product_supply(study, output)
    return allocate(
        recipe or study.recipe, output=output, supply=supply,
        own=_own_use(state, capacity, before, now), wanted=study.wanted,
        national=study.nation.capacity, value=study.price,
    ).gap  # fmt: skip


def _own_use(state: RegionState, capacity: Quantity, before: Quantity, now: Quantity) -> OwnUse:
    """Return own use within sites at other loads; sure where both ends of a link surely run now."""
    graph, own = state.study.product_graph, state.own
    old, new = before.take(graph.target), now.take(graph.target)
    low, point, high = (
        getattr(own.output, name) * _ratio(getattr(new, name), getattr(old, name))
        for name in ("low", "point", "high")
    )
    certain = own.certain * _ratio(new.high, old.high)
    risen = capacity.low > state.capacity.low
    sure = (capacity.low >= capacity.point) & (capacity.point > 0)
    runs = sure[graph.source] & sure[graph.target]
    runs &= risen[graph.source] | risen[graph.target]
    full = high * _ratio(new.low, new.high)
    low = np.where(runs, np.fmax(low, full), low)
    certain = np.where(runs, high, certain)
    low, high = np.minimum(low, high), np.maximum(high, point)
    return OwnUse(Quantity(low, point, high, own.output.reasons), np.minimum(certain, high))


def _ratio(now: Floats, before: Floats) -> Floats:
    return np.divide(now, before, out=np.ones(len(now)), where=before > 0)
