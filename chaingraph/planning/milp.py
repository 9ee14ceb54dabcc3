"""The programme as a mixed-integer linear programme, solved by HiGHS as SciPy brings it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from chaingraph.errors import OptionError
from chaingraph.planning.instance import Starts, effect, savings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.planning.instance import Effect, Instance
    from chaingraph.quantity import Floats, Integers

GAP: Final = 1e-4
"""Relative distance from the proven bound at which the solver may stop."""
SECONDS: Final = 60.0
"""Time after which the best that was found stands."""
_TIE: Final = 1e-6
"""What starting a plant costs, 100 m CNY, for each place in the order: equal plans come out the same."""
_INFEASIBLE: Final = 2
_TINY: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Solution:
    """What a programme starts and what that does.

    Attributes
    ----------
    starts, effect
        Plants and sizes by candidate and year; what they do.
    bound
        No programme is worth more, 100 m CNY.
    gap
        How far the worth may lie below that, as a share.
    seconds
        Time the solver took; never part of a saved plan.
    """

    starts: Starts
    effect: Effect
    bound: float
    gap: float
    seconds: float = 0.0

    @property
    def value(self) -> float:
        """What the programme is worth, discounted, 100 m CNY."""
        return self.effect.value


class _Model(NamedTuple):
    """The programme in the solver's arrays: minimise c v with low <= A v <= high."""

    cost: Floats
    rows: Any
    low: Floats
    high: Floats
    least: Floats
    most: Floats
    whole: Integers
    constant: float
    budget_rows: dict[tuple[str, int | None], int]


class _Rows:
    """Rows of a sparse matrix, put down one by one."""

    def __init__(self) -> None:
        self.row: list[Any] = []
        self.column: list[Any] = []
        self.value: list[Any] = []
        self.low: list[float] = []
        self.high: list[float] = []

    def add(self, columns: Any, values: Any, low: float, high: float) -> int:
        """Add a row and return its number."""
        places = np.asarray(columns, dtype=np.intp)
        number = len(self.low)
        self.row.append(np.full(len(places), number))
        self.column.append(places)
        self.value.append(np.broadcast_to(np.asarray(values, dtype=float), places.shape))
        self.low.append(low)
        self.high.append(high)
        return number

    def matrix(self, width: int) -> Any:
        """Return the rows as a compressed matrix."""
        from scipy.sparse import coo_array

        if not self.low:
            return coo_array((0, width)).tocsr()
        parts = (np.concatenate(part) for part in (self.value, self.row, self.column))
        value, row, column = parts
        return coo_array((value, (row, column)), shape=(len(self.low), width)).tocsr()


def solve(instance: Instance, *, gap: float = GAP, seconds: float = SECONDS) -> Solution:
    """Return the best programme.

    Equal plants of one product are counted, not told apart: n plants of between `small` and `large` each
    can have any total between n times the one and n times the other, so that nothing is lost and no
    solution has a twin.

    Parameters
    ----------
    instance
        The question.
    gap
        Relative distance from the bound at which to stop.
    seconds
        Time after which the best found so far stands.

    Raises
    ------
    OptionError
        Where no programme keeps to the budgets: names each budget that could be raised, and to what.

    Examples
    --------
    >>> from chaingraph.planning.toy import part_size
    >>> found = solve(part_size())
    >>> float(found.starts.total[0]), found.value
    (70.0, 70.0)
    """
    found = _run(instance, _build(instance), gap, seconds)
    if found is None:
        raise infeasible(instance)
    return found


def solve_lasting(instance: Instance) -> tuple[Instance, Solution]:
    """Return the best programme of plants that pay for themselves, and the question without the others.

    A plant may save in its first years, at part of its capacity, and lose from then on; or lose at market
    prices what the plant that feeds it gains. Nobody would build either. What is decided stays.
    """
    while True:
        found = solve(instance)
        closes, takes = savings(instance, found.starts.total)
        losing = (found.starts.total > _TINY) & (closes - takes <= _TINY) & (instance.must <= 0)
        if not losing.any():
            return instance, found
        most = np.where(losing, 0.0, instance.most)
        instance = replace(instance, most=most, small=np.where(losing, 0.0, instance.small))


def infeasible(instance: Instance) -> OptionError:
    """Return the failure that names what stands in the way of a programme, and the least that would do.

    Each bound is raised alone, the others staying as they are, to the least amount with which there is a
    programme; where none of them alone is enough, all are raised together.
    """
    needs: list[Any] = []
    bounds = instance.bounds
    singles = [[bound] for bound in bounds]
    for chosen in [*singles, *([bounds] if len(bounds) > 1 else [])]:
        if needs and len(chosen) > 1:
            break
        least = _least(instance, [(name, year) for name, year, _ in chosen])
        if least is None:
            continue
        for name, year, amount in chosen:
            wanted = least[name, year]
            if wanted > amount + _TINY:
                needs.append(_need(name, year, amount, wanted))
    if not needs:
        return OptionError("plan-no-room")
    return OptionError("plan-infeasible", needs=_joined(needs))


def _need(name: str, year: int | None, amount: float, wanted: float) -> Any:
    from chaingraph.words import Phrase

    key = "plan-need-total" if year is None else "plan-need-year"
    shown = {
        "budget": name,
        "year": (year or 0) + 1,
        "amount": _figure(amount),
        "least": _figure(wanted, up=True),
    }
    return Phrase(key, tuple((k, v) for k, v in shown.items() if k != "year" or year is not None))


def _joined(parts: Sequence[Any]) -> Any:
    from chaingraph.words import Phrase

    said = parts[-1]
    for part in reversed(parts[:-1]):
        said = Phrase("plan-needs", (("first", part), ("rest", said)))
    return said


def _figure(amount: float, *, up: bool = False) -> str:
    """Return an amount with two digits after the point at most; a least one is never rounded down."""
    figure = np.ceil(round(amount * 100, 6)) / 100 if up else round(amount, 2)
    return f"{figure:,.2f}".rstrip("0").rstrip(".")


def _least(
    instance: Instance, raised: list[tuple[str, int | None]]
) -> dict[tuple[str, int | None], float] | None:
    """Return what some bounds must at least be, the rest as they are; None where no amount helps."""
    model = _build(instance)
    amounts = {(name, year): amount for name, year, amount in instance.bounds}
    width = len(model.cost)
    extra = len(raised)
    from scipy.sparse import coo_array, hstack

    rows = [model.budget_rows[key] for key in raised]
    scale = np.array([max(1.0, abs(amounts[key])) for key in raised])
    slack = coo_array((-scale, (rows, range(extra))), shape=(model.rows.shape[0], extra))
    relaxed = model._replace(
        cost=np.concatenate([np.zeros(width), np.ones(extra)]),
        rows=hstack([model.rows, slack]).tocsr(),
        least=np.concatenate([model.least, np.zeros(extra)]),
        most=np.concatenate([model.most, np.full(extra, np.inf)]),
        whole=np.concatenate([model.whole, np.zeros(extra, dtype=np.intp)]),
    )
    result = _highs(relaxed, 1e-6, SECONDS)
    if result.x is None:
        return None
    over = result.x[width:] * scale
    return {key: amounts[key] + float(more) for key, more in zip(raised, over, strict=True)}


def _highs(model: _Model, gap: float, seconds: float) -> Any:
    from scipy.optimize import Bounds, LinearConstraint, milp

    options: Any = {"mip_rel_gap": gap, "time_limit": seconds, "presolve": True}
    bounds = Bounds(model.least, model.most)
    constraints = LinearConstraint(model.rows, model.low, model.high)
    return milp(
        model.cost, integrality=model.whole, bounds=bounds, constraints=constraints, options=options
    )


def _run(instance: Instance, model: _Model, gap: float, seconds: float) -> Solution | None:
    from time import perf_counter

    start = perf_counter()
    count, years = len(instance.products), instance.years
    if not count:
        nothing = Starts.none(instance)
        return Solution(nothing, effect(instance, nothing.size), 0.0, 0.0)
    result = _highs(model, gap, seconds)
    if result.x is None:
        if result.status == _INFEASIBLE:
            return None
        raise OptionError("plan-unsolved", seconds=seconds)
    many = count * years
    result.x = _polished(model, result.x)
    plants = np.rint(result.x[:many]).astype(np.intp).reshape(count, years)
    size = result.x[many : 2 * many].reshape(count, years) * instance.large[:, None]
    starts = _cleaned(instance, plants, size)
    found = effect(instance, starts.size)
    bound = max(found.value, model.constant - float(result.mip_dual_bound or result.fun))
    missing = (bound - found.value) / max(abs(found.value), _TINY)
    return Solution(starts, found, bound, max(0.0, missing), perf_counter() - start)


def _polished(model: _Model, found: Floats) -> Floats:
    """Return a solution with the best sizes for its plants: of equal ones the smallest.

    The solver stops within its gap; with the plants fixed what is left is a linear programme.
    """
    fixed = model.whole > 0
    plants = np.rint(found[fixed])
    least, most = model.least.copy(), model.most.copy()
    least[fixed] = most[fixed] = plants
    exact = _highs(
        model._replace(least=least, most=most, whole=np.zeros_like(model.whole)), GAP, SECONDS
    )
    return found if exact.x is None else np.asarray(exact.x, dtype=float)


def _cleaned(instance: Instance, plants: Integers, size: Floats) -> Starts:
    """Return starts without the solver's dust: sizes to nine digits, within those of the plants."""
    digits = np.where(size > 0, 9 - np.ceil(np.log10(np.maximum(size, _TINY))), 0)
    factor = 10.0**digits
    size = np.rint(size * factor) / factor
    size = np.clip(size, plants * instance.small[:, None], plants * instance.large[:, None])
    return Starts(plants, np.where(plants > 0, size, 0.0))


def _build(instance: Instance) -> _Model:
    """Return the programme in the solver's arrays.

    The variables are, by candidate and year, the plants started and their size in largest plants; for
    every good whose purchases may end, what is bought by year in 100 m CNY; and whether a product's plants
    have their least size.
    """
    count, years, horizon = len(instance.products), instance.years, instance.horizon
    many = count * years
    rows = _Rows()
    plant = np.arange(many).reshape(count, years)
    size = plant + many
    tracked, unit = _tracked(instance)
    place = {good: number for number, good in enumerate(tracked.tolist())}
    sized = _sized(instance)
    width = 2 * many + len(tracked) * horizon + len(sized)
    cost = np.zeros(width)
    cost[:many] = _TIE * (1 + np.arange(many) / max(1, many))
    running = instance.running
    # what is always bought costs what it costs: no variable of its own
    always = np.ones(len(instance.goods), dtype=bool)
    always[tracked] = False
    paid = (instance.price * always) @ instance.takes  # 100 m CNY a unit of output
    worth = running @ instance.discount
    cost[many : 2 * many] = ((paid * instance.large)[:, None] * worth + _TIE).ravel()
    bought = np.arange(2 * many, width - len(sized)).reshape(len(tracked), horizon)
    least_size = np.arange(width - len(sized), width)
    for good, number in place.items():
        cost[bought[number]] = instance.price[good] / unit[number] * instance.discount
    _bought_rows(instance, rows, tracked, unit, bought, running, size)
    _size_rows(instance, rows, plant, size)
    _local_rows(instance, rows, size)
    _fitting_rows(instance, rows, plant, size, dict(zip(sized, least_size.tolist(), strict=True)))
    budget_rows = _budget_rows(instance, rows, plant, size)
    _user_rows(instance, rows, plant)
    least, most = np.zeros(width), np.full(width, np.inf)
    most[:many] = np.repeat(instance.plants, years)
    whole = np.zeros(width, dtype=np.intp)
    whole[:many] = 1
    most[least_size], whole[least_size] = 1.0, 1
    before = np.maximum(0.0, instance.net)[tracked] @ instance.price[tracked]
    constant = float(before * instance.discount.sum())
    return _Model(
        cost, rows.matrix(width), np.array(rows.low), np.array(rows.high), least, most, whole,
        constant, budget_rows,
    )  # fmt: skip


def _tracked(instance: Instance) -> tuple[Integers, Floats]:
    """Return the goods whose purchases may end, and the size of a unit that keeps their figures near 1."""
    candidate = np.zeros(len(instance.goods), dtype=bool)
    candidate[instance.own] = True
    ends = (candidate | (instance.net < 0)) & (instance.price > 0)
    tracked = np.flatnonzero(ends)
    return tracked, np.where(instance.price[tracked] > 0, instance.price[tracked], 1.0)


def _bought_rows(
    instance: Instance, rows: _Rows, tracked: Integers, unit: Floats, bought: Integers,
    running: Floats, size: Integers,
) -> None:  # fmt: skip
    """Say of every good and year: what is bought is at least what is taken beyond what is made here."""
    by_good: dict[int, Integers] = {}
    for good in tracked.tolist():
        by_good[good] = np.flatnonzero((instance.takes[good] != 0) | (instance.own == good))
    for number, good in enumerate(tracked.tolist()):
        users = by_good[good]
        per_unit = instance.takes[good, users] - (instance.own[users] == good)
        per_unit = per_unit * instance.large[users] * unit[number]
        for year in range(instance.horizon):
            share = running[users, :, year] * per_unit[:, None]
            columns, values = size[users][share != 0], share[share != 0]
            rows.add(
                np.concatenate([[bought[number, year]], columns]),
                np.concatenate([[1.0], -values]),
                float(instance.net[good] * unit[number]), np.inf,
            )  # fmt: skip


def _size_rows(instance: Instance, rows: _Rows, plant: Integers, size: Integers) -> None:
    """Say that plants have the size of plants, that there are not too many, and what is decided."""
    for i in range(len(instance.products)):
        small = float(instance.small[i] / instance.large[i])
        for year in range(instance.years):
            pair = [size[i, year], plant[i, year]]
            rows.add(pair, [1.0, -1.0], -np.inf, 0.0)
            if small > 0:
                rows.add(pair, [1.0, -small], 0.0, np.inf)
        if instance.years > 1:
            rows.add(plant[i], 1.0, 0.0, float(instance.plants[i]))
        low, high = instance.must[i] / instance.large[i], instance.most[i] / instance.large[i]
        if low > 0 or np.isfinite(high):
            rows.add(size[i], 1.0, float(low), float(high))


def _local_rows(instance: Instance, rows: _Rows, size: Integers) -> None:
    """Say of every candidate and year: enough of what stands is used here, or by neighbours."""
    full = instance.full
    for i in range(len(instance.products)):
        if instance.free[i] or instance.local_use <= 0:
            continue
        good = instance.own[i]
        room = max(0.0, float(instance.net[good])) + float(instance.near[i])
        users = np.flatnonzero(instance.takes[good] != 0)
        scale = 1.0 / float(instance.large[i])
        lag = int(instance.lag[i])
        for year in range(lag, lag + instance.years):
            mine = size[i, : year - lag + 1]
            columns, values = [mine], [np.full(len(mine), instance.local_use * full)]
            for user in users.tolist():
                theirs = size[user, : max(0, year - int(instance.lag[user]) + 1)]
                taken = instance.takes[good, user] * instance.large[user] * full * scale
                columns.append(theirs)
                values.append(np.full(len(theirs), -taken))
            rows.add(np.concatenate(columns), np.concatenate(values), -np.inf, room * scale)


def _sized(instance: Instance) -> list[int]:
    """Return the candidates whose plants could be larger than what they are for, to be run in sooner."""
    if len(instance.ramp) == 1:
        return []
    could = (instance.small < instance.large) | (instance.plants > 1)
    return np.flatnonzero(could & ~instance.free).tolist()


def _fitting_rows(
    instance: Instance, rows: _Rows, plant: Integers, size: Integers, least: dict[int, int]
) -> None:
    """Say that plants make, run in, no more than is wanted here, but for one of the least size.

    Otherwise plants would be built too large because they close a gap in their first year at four
    tenths of their capacity.
    """
    everything = 2.0 * float(instance.plants.max(initial=1))
    for i, whether in least.items():
        good, large = instance.own[i], float(instance.large[i])
        small = float(instance.small[i]) / large
        room = max(0.0, float(instance.net[good])) / (instance.full * large)
        users = np.flatnonzero(instance.takes[good] != 0)
        columns, values = [size[i]], [np.ones(instance.years)]
        for user in users.tolist():
            taken = instance.takes[good, user] * instance.large[user] / large
            columns.append(size[user])
            values.append(np.full(instance.years, -taken))
        rows.add(
            np.concatenate([*columns, [whether]]), np.concatenate([*values, [-small]]),
            -np.inf, room,
        )  # fmt: skip
        rows.add(
            np.concatenate([size[i], plant[i], [whether]]),
            np.concatenate(
                [np.ones(instance.years), np.full(instance.years, -small), [everything]]
            ), -np.inf, everything,
        )  # fmt: skip


def _budget_rows(
    instance: Instance, rows: _Rows, plant: Integers, size: Integers
) -> dict[tuple[str, int | None], int]:
    """Say of every budget, in all and a year, that no more is used; return the number of each row."""
    found: dict[tuple[str, int | None], int] = {}
    for name, year, amount in instance.bounds:
        chosen = slice(None) if year is None else slice(year, year + 1)
        if name == "count":
            columns, values = plant[:, chosen].ravel(), np.ones(plant[:, chosen].size)
        else:
            each = np.repeat(instance.cost(name) * instance.large, plant[:, chosen].shape[1])
            columns, values = size[:, chosen].ravel(), each
        found[name, year] = rows.add(columns, values, -np.inf, amount)
    return found


def _user_rows(instance: Instance, rows: _Rows, plant: Integers) -> None:
    """Say what the user said: after, together."""
    for later, earlier in instance.after:
        for year in range(instance.years):
            gone = plant[earlier, :year]
            most = float(instance.plants[later])
            rows.add(
                np.concatenate([plant[later, : year + 1], gone]),
                np.concatenate([np.ones(year + 1), np.full(year, -most)]), -np.inf, 0.0,
            )  # fmt: skip
    for pair in instance.together:
        for one, other in (pair, pair[::-1]):
            most = float(instance.plants[one])
            for year in range(instance.years):
                span = slice(0, year + 1)
                rows.add(
                    np.concatenate([plant[one, span], plant[other, span]]),
                    np.concatenate([np.ones(year + 1), np.full(year + 1, -most)]), -np.inf, 0.0,
                )  # fmt: skip


def with_budget(instance: Instance, name: str, amount: float | None) -> Instance:
    """Return the question with another amount of a budget; None: without it, in all and a year."""
    if amount is None:
        budget = {k: v for k, v in instance.budget.items() if k != name}
        each = {k: v for k, v in instance.per_year.items() if k != name}
        return replace(instance, budget=budget, per_year=each)
    return replace(instance, budget={**instance.budget, name: amount})
