"""Groups that want the same supply: many small programmes side by side, against HiGHS one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from chaingraph import contests, simplex
from chaingraph.contests import Contest, Extremes, find_extremes, share_out
from chaingraph.simplex import maximise, start
from tests.test_properties import examples

Rows = np.ndarray[Any, np.dtype[np.float64]]


def highs(cost: Rows, rows: Rows, limit: Rows, **equal: Any) -> float:
    """Return the least of a cost, by HiGHS through scipy."""
    answer = linprog(cost, A_ub=rows, b_ub=limit, method="highs", **equal)
    assert answer.success, answer.message
    return float(answer.fun)


def programmes(seed: int, count: int = 40) -> tuple[Rows, Rows, Rows, Rows]:
    """Return rows, limits and two goals of bounded programmes, some of them degenerate."""
    rng = np.random.default_rng(seed)
    shape = (count, 6, 7)
    rows = np.where(rng.random(shape) < 0.5, rng.random(shape) * 10 ** rng.uniform(-2, 2, shape), 0)
    rows[:, 0] = 1.0
    limit = np.where(rng.random((count, 6)) < 0.2, 0.0, 1.0)
    first = rng.integers(0, 4, (count, 7)).astype(float)
    return rows, limit, first, rng.standard_normal((count, 7))


@pytest.mark.parametrize("seed", range(4))
def test_the_best_of_each_programme_is_that_of_highs(seed: int) -> None:
    rows, limit, first, _ = programmes(seed)
    found = maximise(start(rows, limit), first)
    best = [-highs(-goal, *one) for goal, *one in zip(first, rows, limit, strict=True)]
    assert found.value == pytest.approx(best, abs=1e-9)
    assert (np.einsum("nij,nj->ni", rows, found.answer) <= limit + 1e-9).all()
    assert np.einsum("nj,nj->n", first, found.answer) == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_a_second_goal_is_looked_for_among_the_best_for_the_first(seed: int) -> None:
    rows, limit, first, second = programmes(seed)
    at_best = maximise(start(rows, limit), first)
    found = maximise(at_best, second)
    assert np.einsum("nj,nj->n", first, found.answer) == pytest.approx(at_best.value, abs=1e-9)
    for number in range(len(rows)):
        equal = {"A_eq": first[[number]], "b_eq": at_best.value[[number]]}
        some = equal if first[number].any() else {}
        best = -highs(-second[number], rows[number], limit[number], **some)
        assert found.value[number] == pytest.approx(best, abs=1e-6)


def test_a_programme_that_goes_in_circles_ends() -> None:
    # E. M. L. Beale, Cycling in the dual simplex algorithm, 1955: the largest gain goes in circles, the best is 1/20
    goal = np.array([[0.75, -150.0, 0.02, -6.0]])
    rows = np.array([[[0.25, -60.0, -0.04, 9.0], [0.5, -90.0, -0.02, 3.0], [0.0, 0.0, 1.0, 0.0]]])
    found = maximise(start(rows, np.array([[0.0, 0.0, 1.0]])), goal)
    assert found.value.tolist() == pytest.approx([0.05])


def test_the_rule_that_ends_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, limit, first, _ = programmes(9)
    greedy = maximise(start(rows, limit), first).value
    monkeypatch.setattr(simplex, "_GREEDY", 0)
    assert maximise(start(rows, limit), first).value == pytest.approx(greedy, abs=1e-9)


# --- contests


def contest(seed: int) -> tuple[Contest, Rows]:
    """Return groups that want the same few inputs, and the other end of the supplies."""
    rng = np.random.default_rng(seed)
    groups, products = int(rng.integers(2, 9)), int(rng.integers(2, 8))
    pairs = [
        (group, product)
        for group in range(groups)
        for product in rng.choice(products, min(products, rng.integers(2, 4)), replace=False)
    ]
    group, product = np.array(pairs).T
    room = np.where(rng.random(products) < 0.3, 0.0, rng.lognormal(5, 2, products))
    other = np.where(rng.random(products) < 0.2, np.inf, room * rng.uniform(1, 2, products) + 5)
    return Contest(
        group, product, rng.lognormal(0, 1, len(group)), room[product],
        rng.lognormal(5, 2, groups) * (rng.random(groups) > 0.1), rng.lognormal(3, 1.5, groups),
    ), other[product]  # fmt: skip


class Plain:
    """A contest as one programme after the other, written down as the docstrings say it."""

    def __init__(self, wanted: Contest, room: Rows) -> None:
        groups, products = np.unique(wanted.group), np.unique(wanted.product)
        by_group = (wanted.group == groups[:, None]).astype(float)
        by_product = np.where(wanted.product == products[:, None], wanted.unit, 0.0)
        supply = np.array([room[wanted.product == product][0] for product in products])
        bounded = np.isfinite(supply)
        self.rows = np.vstack([by_group, by_product[bounded]])
        self.limit = np.concatenate([wanted.output[groups], supply[bounded]])
        self.worth = wanted.worth[wanted.group]
        self.best = -highs(-self.worth, self.rows, self.limit)

    def least(self, cost: Rows) -> float:
        """Return the least of a cost among the answers with the least gap."""
        if self.best <= 0:
            return 0.0
        return highs(cost, self.rows, self.limit, A_eq=[self.worth / self.best], b_eq=[1.0])


def plainly(wanted: Contest, own: Rows, *, largest: bool) -> Extremes:
    """Return the extremes of a contest, a programme each."""
    floor = Plain(wanted, wanted.room)
    count = len(wanted.group)
    member, lack = np.zeros(count), np.zeros(len(wanted.output))
    total, bought = {}, {}
    for group in np.unique(wanted.group):
        served = (wanted.group == group).astype(float)
        least = floor.least(served if largest else -served)
        lack[group] = wanted.output[group] - (least if largest else -least)
    for product in np.unique(wanted.product):
        of_it = wanted.product == product
        unit = np.zeros(len(wanted.output))
        unit[wanted.group[of_it]] = wanted.unit[of_it]
        served, whole = unit[wanted.group], float(unit @ wanted.output)
        least = floor.least(served if largest else -served)
        bought[int(product)] = whole - (least if largest else -least)
        both = floor, Plain(wanted, np.where(of_it, own, wanted.room))
        cost = np.where(of_it, 0.0, served) if largest else np.where(of_it, wanted.unit, 0.0)
        least = min(one.least(cost) for one in both)
        total[int(product)] = whole - least if largest else least
        for place in np.flatnonzero(of_it):
            one = np.arange(count) == place
            mates = (wanted.group == wanted.group[place]) & ~one
            least = min(side.least((mates if largest else one).astype(float)) for side in both)
            member[place] = wanted.output[wanted.group[place]] - least if largest else least
    return Extremes(member, lack, total, bought)


@pytest.mark.parametrize("largest", [True, False], ids=["most", "least"])
@pytest.mark.parametrize("seed", range(8))
def test_extremes_are_those_of_one_programme_each(seed: int, largest: bool) -> None:  # noqa: FBT001
    wanted, other = contest(seed)
    wide = wanted._replace(room=other)
    asked, own = (wanted, other) if largest else (wide, wanted.room)
    found = find_extremes(asked, own=own, largest=largest)
    expected = plainly(asked, own, largest=largest)
    scale = float(max(wanted.output.max() * wanted.unit.max(), 1.0))
    assert found.member == pytest.approx(expected.member, abs=1e-5 * scale)
    assert found.lack == pytest.approx(expected.lack, abs=1e-5 * scale)
    assert found.total == pytest.approx(expected.total, abs=1e-5 * scale)
    assert found.bought == pytest.approx(expected.bought, abs=1e-5 * scale)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_shared_out_serves_the_most_at_the_least_load(seed: int) -> None:
    wanted, _ = contest(seed)
    served = share_out(wanted)
    plain = Plain(wanted, wanted.room)
    assert wanted.worth[wanted.group] @ served == pytest.approx(plain.best, rel=1e-5)
    assert (plain.rows @ served <= plain.limit * (1 + 1e-9) + 1e-9).all()
    supply = plain.limit[len(np.unique(wanted.group)) :]
    taken = plain.rows[len(np.unique(wanted.group)) :] @ served
    load = (taken[supply > 0] / supply[supply > 0]).max(initial=0.0)
    # the least maximal load t, as a programme of its own: what suppliers give is at most t of what they have
    tight = np.where(np.arange(len(plain.limit)) < len(np.unique(wanted.group)), 0, plain.limit)
    rows = np.column_stack([plain.rows, -tight])
    least = highs(
        np.append(np.zeros(len(served)), 1.0), rows, np.where(tight > 0, 0.0, plain.limit),
        A_eq=[np.append(plain.worth / max(plain.best, 1.0), 0.0)],
        b_eq=[plain.best / max(plain.best, 1.0)],
    )  # fmt: skip
    assert load == pytest.approx(min(least, 1.0), abs=1e-5)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
@examples(25)
def test_neither_order_nor_another_contest_moves_an_extreme(seed: int, beside: int) -> None:
    wanted, own = contest(seed)
    other, own_other = contest(beside)
    order = np.random.default_rng(seed).permutation(len(wanted.group) + len(other.group))
    both = Contest(
        np.concatenate([wanted.group, other.group + len(wanted.output)])[order],
        np.concatenate([wanted.product, other.product + 100])[order],
        np.concatenate([wanted.unit, other.unit])[order],
        np.concatenate([wanted.room, other.room])[order],
        np.concatenate([wanted.output, other.output]),
        np.concatenate([wanted.worth, other.worth]),
    )
    alone = find_extremes(wanted, own=own, largest=True)
    whole = find_extremes(both, own=np.concatenate([own, own_other])[order], largest=True)
    place = np.argsort(order)[: len(wanted.group)]
    assert whole.member[place] == pytest.approx(alone.member, rel=1e-6, abs=1e-6)
    assert whole.lack[: len(wanted.output)] == pytest.approx(alone.lack, rel=1e-6, abs=1e-6)
    assert {k: v for k, v in whole.total.items() if k < 100} == pytest.approx(alone.total)


def test_large_contests_are_worked_on_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, own = contest(3)
    whole = find_extremes(wanted, own=own, largest=True)
    monkeypatch.setattr(contests, "_FLOATS", 1)
    pieces = find_extremes(wanted, own=own, largest=True)
    assert (pieces.member == whole.member).all()
    assert pieces.total == whole.total


def pair(worth: tuple[float, float], room: float) -> Contest:
    """Return two outputs of 10 that can take `a`, of which there is some, or what nobody makes here."""
    return Contest(
        np.array([0, 0, 1, 1]), np.array([0, 1, 0, 2]), np.ones(4),
        np.array([room, 0.0, room, 0.0]), np.array([10.0, 10.0]), np.array(worth),
    )  # fmt: skip


def test_of_two_that_want_the_same_the_dearer_is_served() -> None:
    assert share_out(pair((2.0, 1.0), 12.0)).tolist() == pytest.approx([10, 0, 2, 0])
    assert share_out(pair((1.0, 2.0), 12.0)).tolist() == pytest.approx([2, 0, 10, 0])


def test_of_two_of_one_worth_either_may_lack() -> None:
    most = find_extremes(pair((1.0, 1.0), 12.0), own=np.full(4, 12.0), largest=True)
    least = find_extremes(pair((1.0, 1.0), 12.0), own=np.full(4, 12.0), largest=False)
    assert most.lack.tolist() == pytest.approx([8, 8])
    assert least.lack.tolist() == pytest.approx([0, 0])


def test_what_rounding_leaves_is_nothing() -> None:
    dust = contests._DUST * 10.0
    for lacking, said in ((dust * 0.5, 0.0), (dust * 2.0, dust * 2.0)):
        found = find_extremes(pair((1.0, 1.0), 20.0 - lacking), own=np.full(4, 20.0), largest=True)
        assert found.lack.tolist() == pytest.approx([said, said], rel=1e-3)
    for output, said in ((dust * 0.5, 0.0), (dust * 2.0, dust * 2.0)):
        served = share_out(pair((2.0, 1.0), 10.0 + output))
        assert served[2] == pytest.approx(said, rel=1e-3)


def test_a_supply_of_nothing_serves_nobody() -> None:
    for room, said in ((contests._NOTHING * 0.5, 0.0), (0.0, 0.0)):
        assert share_out(pair((1.0, 1.0), room)).tolist() == [0, 0, said, 0]
