"""Who is served by whom in a region: own use first, single choices next, open choices with the least gap.

All amounts are :class:`Quantity`. Alternatives without a stated share form an *open group* of their output:
its makers may switch between the members at once, so the split is chosen that leaves the least to be
bought outside, and the ends say what the other choices would mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chaingraph.quantity import Quantity, times

if TYPE_CHECKING:
    from chaingraph.products import Flags, Floats, Integers, ProductGraph

_TINY = 1e-7
"""Share of an amount below which what is left of it is rounding of the solver."""


@dataclass(frozen=True, eq=False)
class Recipe:
    """What one unit of each output takes, once for all regions of a study.

    Attributes
    ----------
    graph
        The product graph.
    single
        By link: consumed, of one choice or of a stated share.
    weight
        By link: that share, 1 for links without a group.
    member
        By link: consumed and a member of an open group.
    """

    graph: ProductGraph
    single: Flags
    weight: Floats
    member: Flags

    @cached_property
    def coefficient(self) -> Quantity:
        """By link: units of the input for one of the output; from 0 without end where not known."""
        graph = self.graph
        missing = np.isnan(graph.coefficient)
        point = graph.coefficient
        low = np.minimum(np.where(missing, 0.0, graph.low), np.where(missing, 0.0, point))
        high = np.where(missing, np.inf, np.fmax(graph.high, point))
        return Quantity.of(low, point, high).because("coefficient_missing", missing)

    @cached_property
    def members(self) -> Members:
        """The links of open groups, sorted by group."""
        links = np.flatnonzero(self.member)
        links = links[np.argsort(self.graph.group[links], kind="stable")]
        numbers, group = np.unique(self.graph.group[links], return_inverse=True)
        first = np.searchsorted(group, np.arange(len(numbers)))
        owner = self.graph.target[links][first] if len(links) else np.zeros(0, dtype=np.intp)
        return Members(links, group.astype(np.intp), self.graph.source[links], owner)


class Members(NamedTuple):
    """Links of open groups: their link, the number of their group, their input; the groups' outputs."""

    link: Integers
    group: Integers
    product: Integers
    owner: Integers


def read_recipe(graph: ProductGraph) -> Recipe:
    """Tell which links have one choice, a stated share, or an open choice.

    A group whose members are all the same product, or that has a single member, is no choice. In a
    group with a stated share the members without one have none.
    """
    weight = np.ones(len(graph.source))
    grouped = graph.consumed & (graph.group >= 0)
    single = graph.consumed & ~grouped
    if grouped.any():
        group = graph.group[grouped]
        count = int(group.max()) + 1
        size = np.bincount(group, minlength=count)
        stated = np.bincount(group, ~np.isnan(graph.given_share[grouped]), count) > 0
        total = np.bincount(group, np.nan_to_num(graph.given_share[grouped]), count)
        links = np.flatnonzero(grouped)
        fixed = stated[group] | (size[group] == 1)
        share = np.nan_to_num(graph.given_share[links])
        scale = np.where(total[group] > 0, total[group], 1.0)
        weight[links] = np.where(stated[group], share / scale, 1.0)
        single[links[fixed]] = True
    member = grouped & ~single
    return Recipe(graph, single & (weight > 0), weight, member)


class OwnUse(NamedTuple):
    """What sites make and take themselves, by link, in units of the output a year.

    `output` is how much of the output is served inside the same site, `certain` the part of it whose
    input plant surely runs.
    """

    output: Quantity
    certain: Floats


@dataclass(frozen=True, eq=False)
class Allocation:
    """The answer for one region: arrays by product, by link or by open group where said.

    Attributes
    ----------
    demand
        Taken by local makers and the goal, own use within sites included.
    own_use
        The part of it that sites make themselves.
    merchant
        Supply left for others after own use.
    gap
        What of the demand is not served here.
    share
        By link: share of its group at the point; where that is unknown the national mix, else equal.
    flow
        By link: units of the input taken.
    group_gap
        By open group: units of the output that no member made here serves.
    group_output
        By open group: units of the output that need one of the members, own use left out.
    """

    demand: Quantity
    own_use: Quantity
    merchant: Quantity
    gap: Quantity
    share: Floats
    flow: Quantity
    group_gap: Quantity
    group_output: Quantity


def allocate(
    recipe: Recipe,
    *,
    output: Quantity,
    supply: Quantity,
    own: OwnUse,
    wanted: Floats,
    national: Floats,
    value: Floats,
    lean: bool = False,
) -> Allocation:
    r"""Set what a region makes against what its makers take.

    Own use first: output j of a site that makes input i is served inside, :math:`f_j` of it. Single
    choices next: :math:`d_i = \sum_j a_{ij} s_{ij} (o_j - f_j) + y_i` with stated shares s and goal y.
    Open groups then share what is left, :math:`R_i = (s_i - d_i)_+`: with capabilities
    :math:`c_i = R_i / a_i` in units of the output o of the group, members serve
    :math:`y_i = o c_i / \max(o, \sum c)`, so that all run at one load where there is enough, and the
    remainder :math:`(o - \sum c)_+` is bought in the national mix. Where groups compete for one local
    member a linear programme finds the least gap, and among the optima the one with the least maximal load.

    Ends are worst cases among least-gap answers. Of a member: most where the output is high, its own
    supply high and that of the others low; least in the mirror. Of its gap: most where all supply is low; 0 at
    least, since another member may be bought. Of a group: :math:`(o - \sum c)_+` at both corners.

    Parameters
    ----------
    recipe
        What each output takes.
    output
        By product: what local makers run at, units a year.
    supply
        By product: what they could make, by-products included.
    own
        Own use by link.
    wanted
        By product: final demand.
    national
        By product: capacity of the nation, for the mix of what is bought; nan or 0 where unknown.
    value
        By product: price, for the weight of a group; nan where unknown.
    lean
        Of what alternatives take points only: their ends are not worked out.

    Returns
    -------
    Allocation
        Demand, own use, merchant supply, gap and shares.
    """
    graph = recipe.graph
    source, target, size = graph.source, graph.target, graph.size
    coefficient = recipe.coefficient
    left = _left(output.take(target), own)
    single = recipe.single
    direct = (coefficient * recipe.weight * left) * single.astype(float)
    inside = own_flow(recipe, own)
    demand = direct.gathered(source, size) + Quantity.known(wanted)
    own_use = inside.gathered(source, size)
    merchant = merchant_supply(supply, own_use, inside, own, source, size)
    gap = _shortfall(demand, merchant)
    share = np.where(recipe.member, 0.0, recipe.weight)
    flow = direct + inside
    group_gap = group_output = Quantity.zeros(0)
    if len(recipe.members.link):
        split = _split_groups(recipe, left, demand, merchant, national, value, lean=lean)
        members = recipe.members
        demand = demand + split.total
        gap = gap + split.bought
        share[members.link] = split.share
        flow = _placed(flow, members.link, split.taken)
        group_gap, group_output = split.group_gap, split.group_output
    gap = gap.because("own_use_first", own_use.high > 0)
    return Allocation(
        demand=(demand + own_use).with_point_inside(),
        own_use=own_use,
        merchant=merchant,
        gap=settled(gap),
        share=share,
        flow=flow,
        group_gap=group_gap,
        group_output=group_output,
    )


def _left(output: Quantity, own: OwnUse) -> Quantity:
    """Return by link the output that is not served inside its site, end by end: one load for both."""
    low, high = np.maximum(0.0, output.low - own.output.low), output.high - own.certain
    point = output.point - own.output.point
    return Quantity(
        low, np.maximum(0.0, point), np.maximum(np.maximum(0.0, high), low), output.reasons
    )


def own_flow(recipe: Recipe, own: OwnUse) -> Quantity:
    """Return by link what sites take of their own input."""
    known = np.nan_to_num(recipe.graph.coefficient)
    weight = np.where(recipe.single, recipe.weight, 1.0)
    return own.output * known * weight


def merchant_supply(
    supply: Quantity,
    own_use: Quantity,
    inside: Quantity,
    own: OwnUse,
    source: Integers,
    size: int,
) -> Quantity:
    """Return what is left for others: at the low end own use runs high, at the high end low."""
    ratio = np.divide(
        own.certain, own.output.high, out=np.zeros(len(own.certain)), where=own.output.high > 0
    )
    certain = np.bincount(source, inside.high * ratio, size)
    low = np.maximum(0.0, supply.low - certain)
    point = np.maximum(0.0, supply.point - own_use.point)
    high = np.maximum(0.0, supply.high - own_use.low)
    return Quantity(np.minimum(low, high), point, high, supply.reasons)


def _shortfall(demand: Quantity, supply: Quantity) -> Quantity:
    """Return what of a demand is not served; where nothing is taken nothing is short."""
    gap = demand.minus(supply)
    none = demand.high <= 0
    return Quantity.zeros(len(gap.low)).where(none, gap)


def settled(gap: Quantity) -> Quantity:
    """Return gaps with the figure inside their ends, and equal to them where they meet."""
    point = np.where(gap.low == gap.high, gap.low, gap.point)
    point = np.where(np.isnan(point), point, np.clip(point, gap.low, gap.high))
    return Quantity(gap.low, point, gap.high, gap.reasons)


def _placed(flow: Quantity, links: Integers, taken: Quantity) -> Quantity:
    """Return flows by link with those of open groups added."""
    columns = []
    for name in ("low", "point", "high"):
        values = getattr(flow, name).copy()
        values[links] += getattr(taken, name)
        columns.append(values)
    bits = flow.reasons.copy()
    bits[links] |= taken.reasons
    return Quantity(columns[0], columns[1], columns[2], bits)


class _Split(NamedTuple):
    """What is taken by member and by product, what of it is bought by product; what is left over by group."""

    taken: Quantity
    total: Quantity
    bought: Quantity
    share: Floats
    group_gap: Quantity
    group_output: Quantity


def _split_groups(
    recipe: Recipe,
    left: Quantity,
    first: Quantity,
    merchant: Quantity,
    national: Floats,
    value: Floats,
    *,
    lean: bool,
) -> _Split:
    """Split what open groups need; `first` is what single choices take of each product before."""
    members, size = recipe.members, recipe.graph.size
    count = len(members.owner)
    need = left.take(members.link)
    whole = _group_need(need, members)
    unit = recipe.coefficient.take(members.link)
    room = _room(merchant.take(members.product), first.take(members.product))
    worth = _worth(value[members.owner])
    contest = contested(members.group, members.product, room.high, whole.high)

    able = _capability(room.point, unit.point, room.high)
    unknown = np.isnan(able)
    served = _share_out(whole.point, np.nan_to_num(able), members.group)
    if contest.any():
        served = _contest_point(
            members, contest, whole.point, unit.point, room.point, worth, served
        )
    remainder = np.maximum(0.0, whole.point - np.bincount(members.group, served, count))
    remainder = np.where(remainder <= _TINY * whole.point, 0.0, remainder)
    mix = _national_mix(recipe, national)
    no_mix = _any(np.isnan(mix), members.group, count) & (remainder > 0)
    vague = (_any(unknown, members.group, count) & (whole.high > 0)) | no_mix
    vague |= np.isnan(whole.point)
    outside = np.where(
        remainder[members.group] > 0, remainder[members.group] * np.nan_to_num(mix), 0.0
    )
    amount = np.where(vague[members.group], np.nan, served + outside)
    outside = np.where(vague[members.group], np.nan, outside)
    taken, bought = times(amount, unit.point), times(outside, unit.point)
    share = _frozen(amount, whole.point, mix, members)
    remainder = np.where(vague, np.nan, remainder)
    if lean:
        flow, lack = Quantity.known(taken), Quantity.known(bought)
        of_product = flow.gathered(members.product, size), lack.gathered(members.product, size)
        return _Split(flow, *of_product, share, Quantity.known(remainder), whole)

    ends = _ends(members, whole, unit, room)
    if contest.any():
        ends = _contest_ends(members, contest, whole, unit, room, worth, ends)
    own_bits = need.reasons | unit.reasons | room.reasons
    # what is vague of one alternative leaves open how much of the others is taken
    bits = _or(own_bits, members.group, count)[members.group]
    flow = Quantity(ends.low, taken, ends.high, bits)
    lack = Quantity(np.zeros(len(bought)), bought, ends.bought, bits)
    open_choice = (whole.high > 0)[members.group]
    flow = flow.because("either_or", open_choice & (flow.low < flow.high)).with_point_inside()
    lack = lack.because("either_or", open_choice & (lack.high > 0)).with_point_inside()
    gap = Quantity(ends.group_low, remainder, ends.group_high, _or(own_bits, members.group, count))
    return _Split(
        flow,
        _narrowed(flow.gathered(members.product, size), ends.total_low, ends.total_high),
        _narrowed(lack.gathered(members.product, size), {}, ends.total_bought),
        share,
        settled(gap.with_point_inside()),
        whole,
    )


def _narrowed(total: Quantity, low: dict[int, float], high: dict[int, float]) -> Quantity:
    """Return totals by product with the ends that contests give: members can't all be at their ends."""
    least, most = total.low.copy(), total.high.copy()
    for product, value in low.items():
        least[product] = max(least[product], value)
    for product, value in high.items():
        most[product] = min(most[product], value)
    return Quantity(least, total.point, most, total.reasons).with_point_inside()


def _group_need(need: Quantity, members: Members) -> Quantity:
    """Return the output of each group that needs a member from others: what no own member serves."""
    count = len(members.owner)
    start = np.searchsorted(members.group, np.arange(count))
    return Quantity(
        np.minimum.reduceat(need.low, start),
        np.minimum.reduceat(need.point, start),
        np.minimum.reduceat(need.high, start),
        need.reasons[start],
    )


def _room(merchant: Quantity, first: Quantity) -> Quantity:
    """Return what single choices leave of a supply."""
    return merchant.minus(first)


def _worth(value: Floats) -> Floats:
    """Return the weight of a unit of each group's output: its price where all have one, else 1."""
    return np.where(np.isnan(value) | (value <= 0), 1.0, value)


def _any(flags: Flags, group: Integers, count: int) -> Flags:
    return np.asarray(np.bincount(group, flags, count) > 0)


def _or(bits: Integers, group: Integers, count: int) -> Integers:
    result = np.zeros(count, dtype=np.intp)
    np.bitwise_or.at(result, group, bits)
    return result


def _capability(room: Floats, unit: Floats, most: Floats) -> Floats:
    """Return how many units of output a supply serves; 0 where nobody makes it, nan where not known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        able = room / unit
    return np.where(most <= 0, 0.0, able)


def _share_out(output: Floats, able: Floats, group: Integers) -> Floats:
    """Return what each member serves: all it can, or where that is more than enough at one load."""
    count = len(output)
    endless = np.isinf(able)
    finite = np.where(endless, 0.0, able)
    total = np.bincount(group, finite, count)
    need = np.nan_to_num(output)
    load = np.divide(need, total, out=np.ones(count), where=total > need)
    served = finite * load[group]
    many = np.bincount(group, endless, count)
    if many.any():  # makers of unlimited supply serve it all, in equal parts
        part = np.where(endless, need[group] / np.maximum(many, 1)[group], 0.0)
        served = np.where((many > 0)[group], part, served)
    return np.asarray(served)


def _national_mix(recipe: Recipe, national: Floats) -> Floats:
    """Return each member's share of what a group buys outside, by national capability; nan if not known."""
    members = recipe.members
    count = len(members.owner)
    unit = recipe.graph.coefficient[members.link]
    capacity = national[members.product]
    with np.errstate(divide="ignore", invalid="ignore"):
        weight = np.where(capacity > 0, capacity / unit, 0.0)
    hidden = _any(np.isnan(capacity) | np.isnan(weight), members.group, count)
    total = np.bincount(members.group, np.nan_to_num(weight), count)
    scale = np.where(hidden | (total <= 0), np.nan, total)
    return np.asarray(weight / scale[members.group])


def _frozen(amount: Floats, output: Floats, mix: Floats, members: Members) -> Floats:
    """Return the shares that stand: of the point, else of the national mix, else equal."""
    size = np.bincount(members.group, minlength=len(output))[members.group]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = amount / output[members.group]
    share = np.where(np.isfinite(share), share, mix)
    return np.where(np.isnan(share), 1.0 / size, share)


class _Ends(NamedTuple):
    """Ends of the demand for each member and of what is bought of it; of what a group lacks."""

    low: Floats
    high: Floats
    bought: Floats
    group_low: Floats
    group_high: Floats
    total_low: dict[int, float]
    total_high: dict[int, float]
    total_bought: dict[int, float]


def _ends(members: Members, whole: Quantity, unit: Quantity, room: Quantity) -> _Ends:
    """Return the worst cases among least-gap answers, where no two groups want the same supply."""
    group, count = members.group, len(members.owner)
    missing = np.isinf(unit.high)
    with np.errstate(divide="ignore", invalid="ignore"):
        most_high, most_low = room.high / unit.high, room.low / unit.high
        least_high, least_low = room.high / unit.low, room.low / unit.low
    most_high = np.where(missing | (room.high <= 0), 0.0, most_high)
    most_low = np.where(missing | (room.low <= 0), 0.0, most_low)
    least_high = np.where(room.high <= 0, 0.0, least_high)
    least_low = np.where(missing | (room.low <= 0), 0.0, least_low)
    output_high, output_low = whole.high[group], whole.low[group]

    others = np.bincount(group, most_low, count)[group] - most_low
    serves = np.minimum(output_high, most_high)
    spare = np.maximum(0.0, _less(output_high, most_high + others))
    high = times(serves + spare, unit.high)

    rivals = _sum_of_others(least_high, group, count)
    low = times(np.minimum(least_low, np.maximum(0.0, output_low - rivals)), unit.low)

    lack = np.maximum(0.0, _less(whole.high, np.bincount(group, most_low, count).astype(float)))
    lack = np.where(lack <= _TINY * np.where(np.isinf(whole.high), 0.0, whole.high), 0.0, lack)
    bought = times(lack[group], unit.high)
    bought = np.where(missing & (output_high > 0), np.inf, bought)
    high = np.where(missing & (output_high > 0), np.inf, high)
    total = np.bincount(group, np.where(np.isinf(least_high), 0.0, least_high), count)
    endless = _any(np.isinf(least_high), group, count)
    floor = np.where(endless, 0.0, np.maximum(0.0, whole.low - total))
    floor = np.where(floor <= _TINY * whole.low, 0.0, floor)
    return _Ends(low, high, bought, floor, lack, {}, {}, {})


def _less(values: Floats, taken: Floats) -> Floats:
    """Subtract; from what has no end nothing can be taken."""
    return np.where(np.isinf(values), np.inf, values - np.where(np.isinf(values), 0.0, taken))


def _sum_of_others(values: Floats, group: Integers, count: int) -> Floats:
    """Return for each member the sum of the other members' values, infinite ones apart."""
    endless = np.isinf(values)
    finite = np.where(endless, 0.0, values)
    rest = np.bincount(group, finite, count)[group] - finite
    many = np.bincount(group, endless, count)[group] - endless
    return np.where(many > 0, np.inf, rest)


def contested(group: Integers, product: Integers, room: Floats, output: Floats) -> Flags:
    """Tell which members lie in groups that want the same local supply as another group.

    Parameters
    ----------
    group, product, room
        By member: its group, its input and what is left of the local supply at most.
    output
        By group: its output at most.
    """
    wants = (room > 0) & (output[group] > 0)
    if not wants.any():
        return np.zeros(len(group), dtype=bool)
    asked = np.bincount(product[wants])
    shared = np.zeros(len(group), dtype=bool)
    shared[wants] = asked[product[wants]] > 1
    if not shared.any():
        return shared
    hot = np.bincount(group, shared, len(output)) > 0
    grown = True
    while grown:  # groups that share a member with a contested one are in the contest
        products = np.unique(product[wants & hot[group]])
        wider = np.bincount(group, wants & np.isin(product, products), len(output)) > 0
        grown = bool((wider & ~hot).any())
        hot |= wider
    return np.asarray(hot[group])


def _contest_point(
    members: Members,
    rows: Flags,
    output: Floats,
    unit: Floats,
    room: Floats,
    worth: Floats,
    served: Floats,
) -> Floats:
    """Return what members serve where groups compete: the least gap, then the least maximal load."""
    from chaingraph.contests import Contest, share_out

    chosen = np.flatnonzero(rows)
    clear = ~(np.isnan(unit[chosen]) | np.isnan(room[chosen]))
    contest = Contest(
        members.group[chosen], members.product[chosen], np.where(clear, unit[chosen], 1.0),
        np.where(clear, room[chosen], 0.0), np.nan_to_num(output), worth,
    )  # fmt: skip
    result = served.copy()
    result[chosen] = share_out(contest)
    return result


def _contest_ends(
    members: Members,
    rows: Flags,
    whole: Quantity,
    unit: Quantity,
    room: Quantity,
    worth: Floats,
    ends: _Ends,
) -> _Ends:
    """Return the ends with those of contested groups from linear programmes."""
    from chaingraph.contests import Contest, find_extremes

    chosen = np.flatnonzero(rows)
    group, product = members.group[chosen], members.product[chosen]
    part, cost = room.take(chosen), unit.take(chosen)
    missing = np.isinf(cost.high)
    dear, cheap = np.where(missing, 1.0, cost.high), np.where(missing, 1.0, cost.low)
    closed = np.where(missing, 0.0, part.low)
    # a group without end takes all that it can get: more would change nothing for the others
    able = np.bincount(group, closed / dear, len(whole.high))
    unbounded = np.isinf(whole.high)
    most = find_extremes(
        Contest(group, product, dear, closed, np.where(unbounded, able + 1.0, whole.high), worth),
        own=np.where(missing, 0.0, part.high), largest=True,
    )  # fmt: skip
    wide = np.where(missing & (part.high > 0), np.inf, part.high)
    least = find_extremes(
        Contest(group, product, cheap, wide, whole.low, worth),
        own=closed, largest=False,
    )  # fmt: skip
    low, high, bought = ends.low.copy(), ends.high.copy(), ends.bought.copy()
    low[chosen] = times(least.member, np.where(missing, 0.0, cost.low))
    endless = (missing & (whole.high[group] > 0)) | unbounded[group]
    high[chosen] = np.where(endless, np.inf, times(most.member, dear))
    bought[chosen] = np.where(endless, np.inf, times(most.lack[group], dear))
    hot = np.unique(group)
    group_low, group_high = ends.group_low.copy(), ends.group_high.copy()
    group_low[hot] = least.lack[hot]
    group_high[hot] = np.where(unbounded[hot], np.inf, most.lack[hot])
    endless_products = set(product[missing | unbounded[group]].tolist())
    total_high = {p: v for p, v in most.total.items() if p not in endless_products}
    total_bought = {p: v for p, v in most.bought.items() if p not in endless_products}
    vague_products = set(product[missing].tolist())
    total_low = {p: v for p, v in least.total.items() if p not in vague_products}
    return _Ends(low, high, bought, group_low, group_high, total_low, total_high, total_bought)
