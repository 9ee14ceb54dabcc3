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
    from collections.abc import Iterator

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
        at_best = _at_best(batch, own)
        part, number = np.nonzero(batch.groups >= 0)
        inside = np.where(batch.group[part] == number[:, None], batch.output[part], 0.0)
        whole = inside.max(axis=1, initial=0.0)
        lack[batch.groups[part, number]] = _lacking(at_best, part, inside, whole, largest=largest)

        part, number = np.nonzero(batch.products >= 0)
        products = batch.products[part, number].tolist()
        # what each member's group would take of the product, could it take nothing else
        weight = batch.units[part[:, None], batch.group[part], number[:, None]]
        served = np.where(batch.real[part], weight * batch.output[part], 0.0)
        of_it = batch.real[part] & (batch.product[part] == number[:, None])
        whole = np.where(of_it, served, 0.0).sum(axis=1)
        values = _lacking(at_best, part, served, whole, largest=largest)
        bought |= dict(zip(products, values.tolist(), strict=True))
        taken = np.where(of_it, 0.0 if largest else served, served if largest else 0.0)
        values = _taken(at_best, part, number, taken, whole, largest=largest)
        total |= dict(zip(products, values.tolist(), strict=True))

        part, place = np.nonzero(batch.real)
        itself = np.arange(batch.width) == place[:, None]
        mates = batch.group[part] == batch.group[part, place][:, None]
        chosen = mates & ~itself if largest else itself
        taken = np.where(chosen & batch.real[part], batch.output[part], 0.0)
        member[batch.place[part, place]] = _taken(
            at_best, part, batch.product[part, place], taken, batch.output[part, place],
            largest=largest,
        )  # fmt: skip
    return Extremes(np.maximum(member, 0.0), lack, total, bought)


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


def _lacking(
    at_best: _AtBest, part: Integers, served: Grid, whole: Floats, *, largest: bool
) -> Floats:
    """Return the most or least that is not served of a whole: the least or most served."""
    least = _least(at_best.programmes, part, served if largest else -served)
    left = whole - (least if largest else -least)
    return np.where(left > _DUST * whole, left, 0.0)


def _taken(
    at_best: _AtBest,
    part: Integers,
    product: Integers,
    cost: Grid,
    whole: Floats,
    *,
    largest: bool,
) -> Floats:
    """Return the most that is taken of a member, all that the others (the cost) do not serve; or the least."""
    # more of its own may serve another group and leave less, or more, of it to be taken
    least = _least(at_best.programmes, part, cost)
    other = at_best.other[part, product]
    new = np.flatnonzero(other != part)
    least[new] = np.minimum(least[new], _least(at_best.programmes, other[new], cost[new]))
    value = whole - least if largest else least
    return np.where(value > _DUST * whole, value, 0.0)


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
        return self.place.shape[1]

    @property
    def group_count(self) -> int:
        return self.groups.shape[1]

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
        return np.divide(worth, most, out=np.zeros_like(worth), where=most > 0)

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
    size = np.searchsorted(_WIDTHS, members.count)
    for number in np.unique(size).tolist():
        parts = np.flatnonzero(size == number)
        place = members.grid(parts)
        yield _Batch(
            contest, place,
            np.where(place >= 0, of_group.rank[group[place]], 0),
            np.where(place >= 0, of_product.rank[product[place]], 0),
            _named(groups, of_group.grid(parts)), _named(products, of_product.grid(parts)),
        )  # fmt: skip


_WIDTHS = np.unique(np.ceil(4 * 1.4 ** np.arange(40)).astype(np.intp))
"""Largest numbers of members of the parts that are worked on side by side."""


def _named(numbers: Integers, grid: Integers) -> Integers:
    return np.where(grid >= 0, numbers[grid], -1)


class _Ranked(NamedTuple):
    """Things by the part that they belong to: their rank in it, and how many each part has."""

    order: Integers
    first: Integers
    rank: Integers
    count: Integers

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
        rank = np.arange(self.count[parts].max())
        place = self.first[parts][:, None] + rank
        inside = rank < self.count[parts][:, None]
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
