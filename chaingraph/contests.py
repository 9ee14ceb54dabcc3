"""Open groups that compete for the same local supply: small linear programmes, many at once.

Of equal optima the one with the least maximal load of the suppliers is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chaingraph.simplex import Dictionaries, maximise, start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from chaingraph.quantity import Flags, Floats, Integers

    Grid = NDArray[np.float64]

_DUST = 1e-6
"""What rounding leaves of nothing, as a share of the output."""


_NOTHING = 1e-12
"""A supply below it is none."""


class Contest(NamedTuple):
    """Members of groups that want the same supply.

    Attributes
    ----------
    group, product
        By member: its group and its input.
    unit
        By member: units of the input for one of the output.
    room
        By member: what is left of the supply of its input, the same for all members of one input.
    output, worth
        By group, of all groups: units of output that need a member; weight of one.
    """

    group: Integers
    product: Integers
    unit: Floats
    room: Floats
    output: Floats
    worth: Floats


class Extremes(NamedTuple):
    """The most, or the least, that answers with the least gap can come to.

    Attributes
    ----------
    member
        By member: units of output that its group takes of it, bought outside included.
    lack
        By group: units of output that nobody here serves.
    total, bought
        By input, of all its members at once: units of it taken, and bought outside.
    """

    member: Floats
    lack: Floats
    total: dict[int, float]
    bought: dict[int, float]


def share_out(contest: Contest) -> Floats:
    """Return how much output each member serves: the most in worth, then at the least maximal load."""
    served = np.zeros(len(contest.group))
    for batch in _batches(contest):
        rows, limit = _programmes(batch, batch.room)
        # one variable more: how far below its room the fullest supplier stays, as a share of it
        spare = np.zeros((*limit.shape, 1))
        spare[:, batch.group_count :, 0] = limit[:, batch.group_count :]
        ceiling = np.zeros((len(rows), 1, batch.width + 1))
        ceiling[:, 0, -1] = 1.0
        rows = np.concatenate([np.concatenate([rows, spare], axis=2), ceiling], axis=1)
        limit = np.concatenate([limit, np.ones((len(limit), 1))], axis=1)
        worth = np.concatenate([batch.worth, np.zeros((len(rows), 1))], axis=1)
        even = np.zeros_like(worth)
        even[:, -1] = 1.0
        share = maximise(maximise(start(rows, limit), worth), even).answer[:, :-1]
        answer = np.where(share > _DUST, share, 0.0) * batch.output
        served[batch.place[batch.real]] = answer[batch.real]
    return served


def find_extremes(contest: Contest, *, own: Floats, largest: bool) -> Extremes:
    """Return the extremes among the answers with the least gap.

    Parameters
    ----------
    contest
        The contest with the supplies of all others at this corner.
    own
        By member: the other end of the supply of its input; both are tried for its own extreme.
    largest
        The most a group can take of the member, bought outside included, and the most it can lack; else the
        least.
    """
    member, lack = np.zeros(len(contest.group)), np.zeros(len(contest.output))
    total: dict[int, float] = {}
    bought: dict[int, float] = {}
    for batch in _batches(contest):
        of_group, group = np.nonzero(batch.groups >= 0)
        of_product, product = np.nonzero(batch.products >= 0)
        of_member, column = np.nonzero(batch.real)
        asked = (
            _lack_of_groups(batch, of_group, group, largest=largest),
            _bought(batch, of_product, product, largest=largest),
            _taken_of_products(batch, of_product, product, largest=largest),
            _taken_of_members(batch, of_member, column, largest=largest),
        )
        values = _answered(_at_best(batch, own), asked)
        lack[batch.groups[of_group, group]] = values[0]
        names = batch.products[of_product, product].tolist()
        bought |= dict(zip(names, values[1].tolist(), strict=True))
        total |= dict(zip(names, values[2].tolist(), strict=True))
        member[batch.place[of_member, column]] = values[3]
    return Extremes(np.maximum(member, 0.0), lack, total, bought)


class _Asked(NamedTuple):
    """Goals of programmes: a value is `base + factor` times the least that a cost can be.

    Attributes
    ----------
    part
        Whose programme.
    product
        The input whose own other supply is tried too, by part; None: of none.
    cost
        By column.
    base, factor
        Of the value.
    whole
        The most that it could be: what is dust beside it is nothing.
    """

    part: Integers
    product: Integers | None
    cost: Grid
    base: Floats
    factor: float
    whole: Floats


def _lack_of_groups(batch: _Batch, part: Integers, group: Integers, *, largest: bool) -> _Asked:
    """Ask what is not served of a group: all but the least, or the most, that is."""
    served = np.where(
        batch.real[part] & (batch.group[part] == group[:, None]), batch.output[part], 0.0
    )
    whole, sign = served.max(axis=1, initial=0.0), 1.0 if largest else -1.0
    return _Asked(part, None, sign * served, whole, -sign, whole)


def _could_take(batch: _Batch, part: Integers, product: Integers) -> Grid:
    """Return by column what the member's group would take of an input, could it take nothing else."""
    units = batch.units[part[:, None], batch.group[part], product[:, None]]
    return np.where(batch.real[part], units * batch.output[part], 0.0)


def _of_it(batch: _Batch, part: Integers, product: Integers) -> Flags:
    return np.asarray(batch.real[part] & (batch.product[part] == product[:, None]))


def _bought(batch: _Batch, part: Integers, product: Integers, *, largest: bool) -> _Asked:
    """Ask what all users of an input lack, in units of it."""
    served = _could_take(batch, part, product)
    whole = np.where(_of_it(batch, part, product), served, 0.0).sum(axis=1)
    sign = 1.0 if largest else -1.0
    return _Asked(part, None, sign * served, whole, -sign, whole)


def _taken_of_products(
    batch: _Batch, part: Integers, product: Integers, *, largest: bool
) -> _Asked:
    """Ask what all users of an input take of it: at most all that others do not serve."""
    served, mine = _could_take(batch, part, product), _of_it(batch, part, product)
    whole = np.where(mine, served, 0.0).sum(axis=1)
    if largest:
        return _Asked(part, product, np.where(mine, 0.0, served), whole, -1.0, whole)
    return _Asked(part, product, np.where(mine, served, 0.0), np.zeros(len(part)), 1.0, whole)


def _taken_of_members(batch: _Batch, part: Integers, column: Integers, *, largest: bool) -> _Asked:
    """Ask what its group takes of a member: at most all that its other members do not serve."""
    itself = np.arange(batch.width) == column[:, None]
    mates = batch.real[part] & (batch.group[part] == batch.group[part, column][:, None])
    cost = np.where(mates & ~itself if largest else itself, batch.output[part], 0.0)
    whole, product = batch.output[part, column], batch.product[part, column]
    if largest:
        return _Asked(part, product, cost, whole, -1.0, whole)
    return _Asked(part, product, cost, np.zeros(len(part)), 1.0, whole)


class _AtBest(NamedTuple):
    """Programmes at their least gap: one a part, then those with a product's own other supply.

    `other` holds for each part and product which of them has that supply; the part's own where it is the same.
    """

    programmes: Dictionaries
    other: Integers


def _at_best(batch: _Batch, own: Floats) -> _AtBest:
    differs = batch.first_of(own) != batch.first_of(batch.contest.room)
    part, number = np.nonzero(differs & (batch.products >= 0))
    mine = batch.product[part] == number[:, None]
    room = np.where(mine, own[batch.place[part]], batch.room[part])
    rows, limit = (
        np.concatenate(pair)
        for pair in zip(
            _programmes(batch, batch.room), _programmes(batch.take(part), room), strict=True
        )
    )
    worth = np.concatenate([batch.worth, batch.worth[part]])
    other = np.broadcast_to(np.arange(len(batch.place))[:, None], batch.products.shape).copy()
    other[part, number] = len(batch.place) + np.arange(len(part))
    return _AtBest(maximise(start(rows, limit), worth), other)


def _answered(at_best: _AtBest, asked: Sequence[_Asked]) -> list[Floats]:
    """Return the values that are asked for, all from one pass over the programmes."""
    at = [goals.part for goals in asked]
    costs = [goals.cost for goals in asked]
    again: list[tuple[int, Integers]] = []
    for number, goals in enumerate(asked):
        if goals.product is not None:
            # more of its own may serve another group and leave less, or more, of it to be taken
            other = at_best.other[goals.part, goals.product]
            new = np.flatnonzero(other != goals.part)
            again.append((number, new))
            at.append(other[new])
            costs.append(goals.cost[new])
    found = _least(at_best.programmes, np.concatenate(at), np.concatenate(costs))
    parts = np.split(found, np.cumsum([len(part) for part in at])[:-1])
    for (number, new), least in zip(again, parts[len(asked) :], strict=True):
        parts[number][new] = np.minimum(parts[number][new], least)
    values = []
    for goals, least in zip(asked, parts, strict=False):
        value = goals.base + goals.factor * least
        values.append(np.where(value > _DUST * goals.whole, value, 0.0))
    return values


def _least(programmes: Dictionaries, at: Integers, cost: Grid) -> Floats:
    """Return the least of each cost among the best answers of its programme."""
    scale = np.abs(cost).max(axis=1, initial=0.0)
    scale = np.where(scale > 0, scale, 1.0)
    found = np.empty(len(at))
    step = max(1, _FLOATS // programmes.table[0].size)
    for first in range(0, len(at), step):
        part = slice(first, first + step)
        goal = -cost[part] / scale[part, None]
        found[part] = -maximise(programmes.take(at[part]), goal).value
    return found * scale


_FLOATS = 4_000_000
"""Figures of programmes that are worked on at once."""


@dataclass(frozen=True, eq=False)
class _Batch:
    """Parts of a contest with about as many members, side by side.

    Attributes
    ----------
    place
        By part and column: the member; -1 beyond the last.
    group, product
        By part and column: number of the group and of the input within the part.
    groups, products
        By part and number within it: the group and the input; -1 beyond the last.
    """

    contest: Contest
    place: Integers
    group: Integers
    product: Integers
    groups: Integers
    products: Integers

    @property
    def width(self) -> int:
        return int(self.place.shape[1])

    @property
    def group_count(self) -> int:
        return int(self.groups.shape[1])

    @cached_property
    def real(self) -> Flags:
        """By part and column: whether a member stands there."""
        return self.place >= 0

    @cached_property
    def output(self) -> Grid:
        """By part and column: output of the member's group."""
        output = np.maximum(self.contest.output[self.contest.group[self.place]], 0.0)
        return np.where(self.real, output, 0.0)

    @cached_property
    def unit(self) -> Grid:
        return np.where(self.real, self.contest.unit[self.place], 0.0)

    @cached_property
    def room(self) -> Grid:
        return self.contest.room[self.place]

    @cached_property
    def worth(self) -> Grid:
        """By part and column: worth of the whole output of the member's group, the largest 1."""
        worth = self.contest.worth[self.contest.group[self.place]] * self.output
        most = worth.max(axis=1, keepdims=True)
        share: Grid = np.divide(worth, most, out=np.zeros_like(worth), where=most > 0)
        return share

    @cached_property
    def units(self) -> Grid:
        """By part, group and input: units of the input for one of the group's output."""
        table = np.zeros((len(self.place), self.groups.shape[1], self.products.shape[1]))
        part, column = np.nonzero(self.real)
        table[part, self.group[part, column], self.product[part, column]] = self.unit[part, column]
        return table

    def first_of(self, values: Floats) -> Grid:
        """Return by part and input the value of its members, which have the same."""
        table = np.zeros(self.products.shape)
        part, column = np.nonzero(self.real)
        table[part, self.product[part, column]] = values[self.place[part, column]]
        return table

    def take(self, parts: Integers) -> _Batch:
        """Return some parts, each as often as asked."""
        return _Batch(
            self.contest, self.place[parts], self.group[parts], self.product[parts],
            self.groups[parts], self.products[parts],
        )  # fmt: skip


def _programmes(batch: _Batch, room: Grid) -> tuple[Grid, Grid]:
    """Return rows and limits by part, in shares of the groups' outputs and of the supplies.

    Parameters
    ----------
    room
        By part and column: supply of the member's input.
    """
    count, height = len(batch.place), batch.group_count
    part, column = np.nonzero(batch.real)
    rows = np.zeros((count, height + batch.products.shape[1], batch.width))
    limit = np.ones(rows.shape[:2])
    output, supply = batch.output[part, column], room[part, column]
    rows[part, batch.group[part, column], column] = 1.0
    limit[part, batch.group[part, column]] = np.where(output > 0, 1.0, 0.0)
    used = batch.unit[part, column] * output
    some = supply > _NOTHING
    line = height + batch.product[part, column]
    rows[part, line, column] = np.where(some, used / np.where(some, supply, 1.0), used > 0)
    limit[part, line] = np.where(some, 1.0, 0.0)
    return rows, limit


def _batches(contest: Contest) -> Iterator[_Batch]:
    """Yield the contests that are connected by groups and inputs, those of about one size together."""
    groups, group = np.unique(contest.group, return_inverse=True)
    products, product = np.unique(contest.product, return_inverse=True)
    part_of_group = _connected(group, product, len(groups), len(products))
    part = part_of_group[group]
    members = _Ranked.of(part)
    of_group = _Ranked.of(part_of_group)
    part_of_product = np.zeros(len(products), dtype=np.intp)
    part_of_product[product] = part
    of_product = _Ranked.of(part_of_product)
    size = np.searchsorted(_WIDTHS, members.size)
    for number in np.unique(size).tolist():
        parts = np.flatnonzero(size == number)
        place = members.grid(parts)
        yield _Batch(
            contest, place,
            np.where(place >= 0, of_group.rank[group[place]], 0),
            np.where(place >= 0, of_product.rank[product[place]], 0),
            _named(groups, of_group.grid(parts)), _named(products, of_product.grid(parts)),
        )  # fmt: skip


_WIDTHS = 4 * 2 ** np.arange(30)
"""Largest numbers of members of the parts that are worked on side by side."""


def _named(numbers: Integers, grid: Integers) -> Integers:
    return np.where(grid >= 0, numbers[grid], -1)


class _Ranked(NamedTuple):
    """Things by the part that they belong to: their rank in it, and how many each part has."""

    order: Integers
    first: Integers
    rank: Integers
    size: Integers

    @classmethod
    def of(cls, part: Integers) -> _Ranked:
        order = np.argsort(part, kind="stable")
        count = np.bincount(part)
        first = np.cumsum(count) - count
        rank = np.empty(len(part), dtype=np.intp)
        rank[order] = np.arange(len(part)) - first[part[order]]
        return cls(order, first, rank, count)

    def grid(self, parts: Integers) -> Integers:
        """Return by part and rank the thing; -1 beyond the last."""
        rank = np.arange(self.size[parts].max())
        place = self.first[parts][:, None] + rank
        inside = rank < self.size[parts][:, None]
        return np.where(inside, self.order[np.where(inside, place, 0)], -1)


def _connected(group: Integers, product: Integers, groups: int, products: int) -> Integers:
    """Return by group the number of the part that it is connected with through inputs."""
    label = np.arange(groups)
    while True:
        of_product = np.full(products, groups)
        np.minimum.at(of_product, product, label[group])
        spread = label.copy()
        np.minimum.at(spread, group, of_product[product])
        if np.array_equal(spread, label):
            return np.unique(label, return_inverse=True)[1]
        label = spread
