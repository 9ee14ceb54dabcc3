"""The question of a programme in numbers: what could be started, what it saves, takes, and may cost.

Nothing here knows a dataset: the same question can be made up by hand, drawn at random, or read from a region.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.quantity import Flags, Floats, Integers

BUDGETS: Final = ("investment_cny_100m", "power_mw", "land_mu", "count")
"""What a programme may be bounded by; the unit is part of the name. Words in the vocabulary ``budget``."""
LIFE: Final = 10
"""Years of running that the last start is counted for: a plant is not judged by its first years alone."""
RATE: Final = 0.08
"""Yearly discount of what is saved later. A convention of public investment appraisal, not data."""
_TINY: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Instance:
    """What a programme chooses from. Money is in 100 m CNY, amounts are units a year.

    Attributes
    ----------
    products
        What could be started: names, one a candidate.
    goods
        Everything that is bought, the candidates among it: names.
    own
        By candidate: its position among the goods.
    price
        By good: 100 m CNY a unit; 0 where it has none, so that it counts for nothing.
    net
        By good: what is bought outside before the programme; negative: what is left over here.
    takes
        Goods by candidates: units taken by one unit of output, shares of alternatives frozen.
    small, large
        By candidate: least and largest plant.
    plants
        By candidate: plants at most.
    use
        Budget -> by candidate what one unit of capacity uses of it; ``count`` is one a plant and is
        not among them. nan: unknown, counts for nothing and is said.
    near
        By candidate: what neighbours lack and would take.
    lag
        By candidate: years from the start to the first year of running.
    most, must
        By candidate: total size at most (a quota), at least.
    free
        By candidate: whether the least local use is not asked of it, since it was decided upon.
    years
        Years in which plants may be started.
    tail
        Years after them that count too, so that the last start is worth as much as the first.
    steady
        Years that the last of them stands for: plants go on as they run by then.
    ramp
        Share of the capacity that a plant makes in its first, second, ... year; the last one stays.
    local_use
        Share of a new plant's output that must be used here, or by neighbours where they count.
    budget, per_year
        Budget -> amount in all, amount a year.
    after, together
        Pairs of candidates: the first starts only in a year after the second's; both or none, in one year.
    """

    products: tuple[str, ...]
    goods: tuple[str, ...]
    own: Integers
    price: Floats
    net: Floats
    takes: Floats
    small: Floats
    large: Floats
    plants: Integers
    use: Mapping[str, Floats]
    near: Floats
    lag: Integers
    most: Floats
    must: Floats
    free: Flags
    years: int = 3
    tail: int = 3
    steady: int = 1
    ramp: tuple[float, ...] = (1.0,)
    local_use: float = 0.5
    rate: float = RATE
    budget: Mapping[str, float] = field(default_factory=dict)
    per_year: Mapping[str, float] = field(default_factory=dict)
    after: tuple[tuple[int, int], ...] = ()
    together: tuple[tuple[int, int], ...] = ()

    @property
    def horizon(self) -> int:
        """Years that count."""
        return self.years + self.tail

    @property
    def discount(self) -> Floats:
        """By year: what 1 saved then is worth at the start; of the last year also in those it stands for."""
        span = self.horizon + self.steady - 1
        worth = (1.0 + self.rate) ** -np.arange(1, span + 1, dtype=float)
        worth[self.horizon - 1] = worth[self.horizon - 1 :].sum()
        return np.asarray(worth[: self.horizon])

    @property
    def full(self) -> float:
        """Share of the capacity that a plant makes once it is run in."""
        return self.ramp[-1]

    @cached_property
    def running(self) -> Floats:
        """Candidates by start years by years: which share of its capacity a plant makes."""
        share = np.zeros((len(self.products), self.years, self.horizon))
        for i, lag in enumerate(self.lag.tolist()):
            for start in range(self.years):
                for year in range(start + lag, self.horizon):
                    share[i, start, year] = self.ramp[min(year - start - lag, len(self.ramp) - 1)]
        return share

    def cost(self, budget: str) -> Floats:
        """Return by candidate what a unit of capacity uses of a budget, the unknown as nothing."""
        return np.nan_to_num(self.use[budget])

    @property
    def bounds(self) -> list[tuple[str, int | None, float]]:
        """The budgets as (name, year or None for all, amount), in the order of ``BUDGETS``."""
        found: list[tuple[str, int | None, float]] = []
        for name in BUDGETS:
            if name in self.budget:
                found.append((name, None, self.budget[name]))
            if name in self.per_year:
                found += [(name, year, self.per_year[name]) for year in range(self.years)]
        return found


class Starts(NamedTuple):
    """What is started: by candidate and year the number of plants and their total size."""

    plants: Integers
    size: Floats

    @classmethod
    def none(cls, instance: Instance) -> Starts:
        """Return that nothing is started."""
        shape = (len(instance.products), instance.years)
        return cls(np.zeros(shape, dtype=np.intp), np.zeros(shape))

    @property
    def total(self) -> Floats:
        """By candidate: what is started in all."""
        return np.asarray(self.size.sum(axis=1))


class Effect(NamedTuple):
    """What starts do.

    Attributes
    ----------
    output
        Candidates by years: what they make.
    bought
        Goods by years: what is bought outside, units.
    before
        By good: what is bought outside without the programme.
    fall
        By year: fall of what the region buys outside, 100 m CNY.
    value
        The falls added up, discounted: what a programme is chosen by.
    """

    output: Floats
    bought: Floats
    before: Floats
    fall: Floats
    value: float


def effect(instance: Instance, size: Floats) -> Effect:
    r"""Return what starts of some sizes do, worked out straight from the question.

    Parameters
    ----------
    instance
        The question.
    size
        By candidate and start year.

    Notes
    -----
    :math:`m_{it} = \max(0, D_i - K_i + \sum_j A_{ij} Y_{jt} - Y_{it})` and
    :math:`J = \sum_t (1+r)^{-t} \sum_i p_i (m_{i0} - m_{it})`.
    """
    output = (size[:, :, None] * instance.running).sum(axis=1)
    change = instance.takes @ output
    np.subtract.at(change, instance.own, output)
    bought = np.maximum(0.0, instance.net[:, None] + change)
    before = np.maximum(0.0, instance.net)
    fall = np.asarray(instance.price @ (before[:, None] - bought), dtype=float)
    return Effect(output, bought, before, np.asarray(fall), float(fall @ instance.discount))


def local_use(instance: Instance, total: Floats) -> Floats:
    """Return by candidate which share of its output is used here once all runs; nan where none is built."""
    made = total * instance.full
    wanted = _wanted(instance, made)
    share = np.full(len(made), np.nan)
    np.divide(np.minimum(made, wanted), made, out=share, where=made > _TINY)
    return share


def savings(instance: Instance, total: Floats) -> tuple[Floats, Floats]:
    """Return by candidate what it closes and what it takes a year once run in, 100 m CNY at market prices.

    What it closes is what users here no longer buy; what is left over here anyway costs nothing, so that the
    differences add up to the fall of purchases.
    """
    made = total * instance.full
    used = np.nan_to_num(local_use(instance, total)) * made
    taken = instance.takes @ made
    spare = np.minimum(taken, np.maximum(0.0, -instance.net))
    paid = 1 - np.divide(spare, taken, out=np.zeros(len(taken)), where=taken > _TINY)
    closes = instance.price[instance.own] * used
    takes = ((instance.price * paid) @ instance.takes) * made
    return np.asarray(closes), np.asarray(takes)


def _wanted(instance: Instance, made: Floats) -> Floats:
    """Return what is wanted here of each candidate beyond what was made before, neighbours left out."""
    own = instance.own
    return np.asarray(np.maximum(0.0, instance.net[own] + (instance.takes @ made)[own]))


def used_of(instance: Instance, starts: Starts, budget: str) -> Floats:
    """Return by year what starts use of a budget."""
    if budget == "count":
        return np.asarray(starts.plants.sum(axis=0), dtype=float)
    return np.asarray(instance.cost(budget) @ starts.size)


def is_allowed(instance: Instance, starts: Starts, *, tolerance: float = 1e-6) -> bool:
    """Tell whether starts keep to sizes, budgets, least local use and the user's own rules."""
    plants, size = starts
    room = tolerance * (1.0 + np.abs(instance.large))
    ok = bool((size >= plants * instance.small[:, None] - room[:, None]).all())
    ok &= bool((size <= plants * instance.large[:, None] + room[:, None]).all())
    ok &= bool((plants.sum(axis=1) <= instance.plants).all())
    ok &= bool((starts.total <= instance.most + room).all())
    ok &= bool((starts.total >= instance.must - room).all())
    for name, year, amount in instance.bounds:
        used = used_of(instance, starts, name)
        taken = float(used.sum() if year is None else used[year])
        ok &= taken <= amount + tolerance * (1.0 + abs(amount))
    gone = plants.cumsum(axis=1)
    for later, earlier in instance.after:
        before = np.concatenate([[0], gone[earlier][:-1]])
        ok &= bool(((gone[later] == 0) | (before > 0)).all())
    for one, other in instance.together:
        ok &= bool(((gone[one] > 0) == (gone[other] > 0)).all())
    ok &= fits_wants(instance, starts, tolerance=tolerance)
    return ok and keeps_local_use(instance, size, tolerance=tolerance)


def standing(instance: Instance, size: Floats) -> Floats:
    """Return candidates by years: the capacity that stands, run in or not."""
    stands = np.zeros((len(instance.products), instance.horizon))
    for i, lag in enumerate(instance.lag.tolist()):
        for start in range(instance.years):
            stands[i, start + lag :] += size[i, start]
    return stands


def fits_wants(instance: Instance, starts: Starts, *, tolerance: float = 1e-6) -> bool:
    """Tell whether plants make, run in, no more than is wanted here, but for one of the least size.

    Asked where plants are run in: without it they would be too large, to close a gap in their first year.
    """
    if len(instance.ramp) == 1:
        return True
    room = tolerance * (1.0 + np.abs(instance.large))
    total, made = starts.total, starts.total * instance.full
    wanted = np.maximum(0.0, instance.net[instance.own]) + (instance.takes @ made)[instance.own]
    least = total <= starts.plants.sum(axis=1) * instance.small + room
    least &= made <= wanted + instance.small * instance.full + room
    return bool((least | instance.free | (made <= wanted + room)).all())


def keeps_local_use(instance: Instance, size: Floats, *, tolerance: float = 1e-6) -> bool:
    """Tell whether every new plant's output, run in, is used here as far as is asked, in every year."""
    made = standing(instance, size) * instance.full
    own = instance.own
    here = np.maximum(0.0, instance.net[own])[:, None] + (instance.takes @ made)[own]
    asked = instance.local_use * made
    room = tolerance * (1.0 + instance.large)[:, None]
    kept = (asked <= here + instance.near[:, None] + room) | (made <= _TINY)
    return bool((kept | instance.free[:, None]).all())
