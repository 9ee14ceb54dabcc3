"""What more money, other prices or a plan without one of its products come to: by solving again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from chaingraph.errors import OptionError
from chaingraph.planning.instance import used_of
from chaingraph.planning.milp import solve, with_budget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.planning.instance import Instance
    from chaingraph.planning.milp import Solution
    from chaingraph.quantity import Floats, Integers

MONEY: Final = "investment_cny_100m"
STEPS: Final = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5)
"""Rungs of the ladder as shares of the budget."""
ROUGH: Final = 1e-3
"""Relative gap at which solving again stops."""
PRICE_SPREAD: Final = 0.25
COST_SPREAD: Final = 0.35
"""Standard deviation of the logarithm of prices and of investment a unit: about the quartiles of the data."""
_TINY: Final = 1e-9


class Rung(NamedTuple):
    """One budget of the ladder.

    Attributes
    ----------
    amount
        The budget; infinite for none.
    solution
        The best programme under it; None where what is decided does not fit.
    """

    amount: float
    solution: Solution | None


def climb(instance: Instance, chosen: Solution, unbounded: Solution) -> Iterator[Rung]:
    """Yield programmes under smaller and larger budgets of investment, the last one without any budget.

    Rungs are shares of the budget, or of what the best programme without one takes where that is less.
    Amounts a year stay as they are.
    """
    top = instance.budget.get(MONEY)
    needed = float(used_of(instance, unbounded.starts, MONEY).sum())
    base = needed if top is None or top > needed else top
    steps = STEPS if top is not None and base == top else tuple(s for s in STEPS if s <= 1)
    rungs = {round(base * step, 2) for step in steps} | ({top} if top is not None else set())
    for amount in sorted(rungs) if base > 0 else ():
        if top is not None and amount == top:
            yield Rung(amount, chosen)
            continue
        try:
            yield Rung(amount, solve(with_budget(instance, MONEY, amount), gap=ROUGH))
        except OptionError:
            yield Rung(amount, None)
    yield Rung(np.inf, unbounded)


def without_budgets(instance: Instance) -> Solution:
    """Return the best programme if nothing bounded it but prices, sizes, restrictions and local use."""
    return solve(replace(instance, budget={}, per_year={}), gap=ROUGH)


class Stability(NamedTuple):
    """How a programme holds where prices and costs are other than known.

    Attributes
    ----------
    chosen
        By candidate: share of the draws in which it is started.
    size
        By candidate: its median size where it is; nan where it never is.
    value
        By draw: what the best programme is worth, 100 m CNY.
    """

    chosen: Floats
    size: Floats
    value: Floats


def measure_stability(instance: Instance, draws: int, seed: int) -> Stability:
    """Solve again with prices and investment drawn around what is known, the same question else."""
    draw = np.random.default_rng([seed, 14])
    count = len(instance.products)
    size = np.zeros((draws, count))
    value = np.zeros(draws)
    for number in range(draws):
        price = instance.price * draw.lognormal(0.0, PRICE_SPREAD, len(instance.price))
        cost = instance.use[MONEY] * draw.lognormal(0.0, COST_SPREAD, count)
        other = replace(instance, price=price, use={**instance.use, MONEY: cost})
        try:
            found = solve(other, gap=ROUGH)
        except OptionError:  # what is decided costs more than there is
            continue
        size[number], value[number] = found.starts.total, found.value
    started = size > _TINY
    median = [
        np.median(size[started[:, i], i]) if started[:, i].any() else np.nan for i in range(count)
    ]
    return Stability(started.mean(axis=0), np.array(median), value)


class Without(NamedTuple):
    """A programme that must do without one of its products.

    Attributes
    ----------
    loss
        What it is worth less, 100 m CNY.
    instead
        Candidates that enter.
    """

    loss: float
    instead: Integers


def leave_out(instance: Instance, chosen: Solution, candidate: int) -> Without | None:
    """Return what a programme without a candidate comes to; None where it was decided upon."""
    if instance.must[candidate] > 0:
        return None
    most = instance.most.copy()
    most[candidate] = 0.0
    small = instance.small.copy()
    small[candidate] = 0.0
    other = solve(replace(instance, most=most, small=small), gap=ROUGH)
    enters = (other.starts.total > _TINY) & (chosen.starts.total <= _TINY)
    return Without(max(0.0, chosen.value - other.value), np.flatnonzero(enters))
