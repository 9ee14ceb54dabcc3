r"""What changes where makers, loads or recipes change and the choice between alternatives does not.

A what-if compares two states of a region. Were alternatives split anew in the second, one small plant of one
of them would draw the whole demand over to it; so the shares of the first stand, and

.. math::

    f_{ij}' = f_{ij} + a_{ij} s_{ij} (o_j' - o_j) + (a_{ij}' - a_{ij}) s_{ij} o_j'

with flow f, coefficient a, frozen share s and output o of the user j. What has not changed keeps its figures to
the last bit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chaingraph.allocation import merchant_supply, own_flow, settled
from chaingraph.quantity import Quantity, times

if TYPE_CHECKING:
    from chaingraph.allocation import Allocation, OwnUse, Recipe
    from chaingraph.quantity import Flags, Floats

_DIGITS = 12
"""Digits of a sum that are told from its rounding: a difference of two sums has no more."""
_ENDS = ("low", "point", "high")


class Making(NamedTuple):
    """What a region makes and takes itself: by product its output, supply and goal, by link own use."""

    recipe: Recipe
    output: Quantity
    supply: Quantity
    own: OwnUse
    wanted: Floats


def told_difference(now: Floats, before: Floats) -> Floats:
    """Return a difference of two sums without the rounding of either.

    Examples
    --------
    >>> import numpy as np
    >>> float(told_difference(np.array([71987.3 + 1000.1]), np.array([71987.3]))[0])
    1000.1
    """
    difference = now - before
    size = np.maximum(np.abs(now), np.abs(before))
    some = (size > 0) & (difference != 0) & np.isfinite(difference)
    places = _DIGITS - np.ceil(np.log10(size, out=np.zeros(len(size)), where=some))
    scale = 10.0 ** np.clip(places, -_DIGITS, 2 * _DIGITS)
    return np.where(some, np.round(difference * scale) / scale, difference)


def same(first: Quantity, second: Quantity) -> Flags:
    """Tell where two amounts are the same, end by end and to the last bit; unknown is as unknown."""
    alike = np.ones(len(first), dtype=bool)
    for name in _ENDS:
        one, other = getattr(first, name), getattr(second, name)
        alike &= (one == other) | (np.isnan(one) & np.isnan(other))
    return alike


def lesser(first: Quantity, second: Quantity) -> Quantity:
    """Return the lesser of two amounts, end by end; the first where they are the same."""
    less = Quantity(
        np.minimum(first.low, second.low), np.minimum(first.point, second.point),
        np.minimum(first.high, second.high), first.reasons | second.reasons,
    )  # fmt: skip
    return first.where(same(first, less), less)


def move_allocation(old: Allocation, before: Making, after: Making) -> Allocation:
    """Return who is served by whom after a change, shares of open choices as they were.

    Parameters
    ----------
    old
        The answer before.
    before, after
        What is made and taken, of the same products and links. A group that states its shares only
        afterwards takes those.

    Returns
    -------
    Allocation
        Demand, own use, merchant supply, gap, flow and shares after it; the output that open groups
        need stays as told before.
    """
    recipe, graph = after.recipe, after.recipe.graph
    source, size = graph.source, graph.size
    restated = (recipe.single != before.recipe.single) | (recipe.member != before.recipe.member)
    restated |= recipe.single & (recipe.weight != before.recipe.weight)
    share = np.where(restated, np.where(recipe.single, recipe.weight, 0.0), old.share)
    flow = _moved_flow(old, before, after, share, restated)
    inside = own_flow(recipe, after.own)
    own_use = inside.gathered(source, size)
    merchant = merchant_supply(after.supply, own_use, inside, after.own, source, size)
    demand = flow.gathered(source, size) + Quantity.known(after.wanted)
    links = same(flow, old.flow)
    untouched = np.bincount(source, ~links, size) == 0
    demand = old.demand.where(untouched & (before.wanted == after.wanted), demand)
    bought = Quantity(
        demand.low - own_use.low, demand.point - own_use.point, demand.high - own_use.high,
        demand.reasons,
    ).clipped()  # fmt: skip
    gap = bought.minus(merchant).because("own_use_first", own_use.high > 0)
    kept = same(demand, old.demand) & same(merchant, old.merchant) & same(own_use, old.own_use)
    return replace(
        old, demand=demand, own_use=own_use, merchant=merchant,
        gap=old.gap.where(kept, settled(gap)), share=share, flow=flow,
    )  # fmt: skip


def _moved_flow(
    old: Allocation, before: Making, after: Making, share: Floats, restated: Flags
) -> Quantity:
    """Return flows by link with shares as they stand: what changes is what the changed outputs take."""
    recipe, graph = after.recipe, after.recipe.graph
    active = recipe.single | recipe.member
    frozen = np.where(active, share, 0.0)
    unit, unit_before = recipe.coefficient, before.recipe.coefficient
    made, made_before = after.output.take(graph.target), before.output.take(graph.target)
    inside = _own_change(before, after, share)
    ends = []
    for name in _ENDS:
        flow, taken = getattr(old.flow, name), getattr(unit, name)
        with np.errstate(invalid="ignore"):  # without bound before and after: no change to tell
            step = getattr(made, name) - getattr(made_before, name)
            recoded = taken - getattr(unit_before, name)
        if name != "point":
            step, recoded = np.nan_to_num(step), np.nan_to_num(recoded)
        unknown = np.isnan(taken) & np.isnan(getattr(unit_before, name))
        recoded = np.where(unknown, 0.0, recoded)
        more = times(times(taken, frozen), step)
        more = more + times(times(recoded, frozen), getattr(made, name)) + getattr(inside, name)
        moved = np.where(np.isinf(flow), flow, np.where(more == 0, flow, flow + more))
        whole = times(times(taken, frozen), getattr(made, name))
        ends.append(np.where(restated, whole, moved))
    low, point, high = ends
    changed = restated | ~((point == old.flow.point) | np.isnan(point))
    reasons = old.flow.reasons | np.where(changed, unit.reasons, 0)
    low, high = np.fmin(low, high), np.fmax(low, high)
    return Quantity(
        low, point, high, np.where(restated, unit.reasons | made.reasons, reasons)
    ).clipped()


def _own_change(before: Making, after: Making, share: Floats) -> Quantity:
    """Return what flows of open groups change by since sites serve more or less of them themselves.

    A site's own input serves it wholly, the rest by shares: the members lose their share of what a
    site now makes for itself. Of single choices all is taken anyway, by whomever it is served.
    """
    recipe, graph = after.recipe, after.recipe.graph
    if all((getattr(after.own.output, n) == getattr(before.own.output, n)).all() for n in _ENDS):
        return Quantity.zeros(len(graph.source))
    member = recipe.member & before.recipe.member
    groups = np.where(member, graph.group, -1) + 1
    count = int(groups.max(initial=0)) + 1
    ends = []
    for name in _ENDS:
        step = getattr(after.own.output, name) - getattr(before.own.output, name)
        step = np.where(member, np.nan_to_num(step), 0.0)
        whole = np.bincount(groups, step, count)[groups]
        ends.append(times(np.nan_to_num(recipe.graph.coefficient), step - share * whole) * member)
    return Quantity(ends[0], ends[1], ends[2], np.zeros(len(groups), dtype=np.intp))
