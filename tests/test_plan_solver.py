"""The programme's solver on questions that were worked out by hand; golden answers of the design, G1 to G7b."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from chaingraph.errors import OptionError
from chaingraph.planning import greedy, ladder, milp
from chaingraph.planning.draws import draw_outcomes, interval
from chaingraph.planning.instance import (
    Starts,
    effect,
    is_allowed,
    keeps_local_use,
    local_use,
    savings,
    used_of,
)
from chaingraph.planning.toy import part_size, question, random_question
from tests.test_properties import examples

MONEY = "investment_cny_100m"


def pair(budget: float, **changes):
    """G1: A takes half a unit of B, which nobody makes; C stands alone."""
    plants = [
        {"name": "a", "gap": 100, "price": 1, "small": 100, "large": 100, "invest": 0.5, "takes": {"b": 0.5}},
        {"name": "b", "gap": 0, "price": 1.6, "small": 50, "large": 50, "invest": 0.8},
        {"name": "c", "gap": 35, "price": 1, "small": 35, "large": 35, "invest": 50 / 35},
    ]  # fmt: skip
    return question(plants, budget={MONEY: budget}, **changes)


def enumerated(instance) -> float:
    """Return the best value by trying every number of plants, sizes by a linear programme each."""
    count, years = len(instance.products), instance.years
    best = 0.0
    choices = [range(int(most) + 1) for most in np.repeat(instance.plants, years)]
    for flat in itertools.product(*choices):
        plants = np.array(flat).reshape(count, years)
        if (plants.sum(axis=1) > instance.plants).any():
            continue
        if "count" in instance.budget and plants.sum() > instance.budget["count"]:
            continue
        if "count" in instance.per_year and (plants.sum(axis=0) > instance.per_year["count"]).any():
            continue
        value = _sized(instance, plants)
        best = max(best, value if value is not None else 0.0)
    return best


def _sized(instance, plants):
    """Return the best value of given plants: a linear programme written straight from the definition."""
    count, years, horizon = len(instance.products), instance.years, instance.horizon
    many, goods = count * years, len(instance.goods)
    width = many + goods * horizon
    cost = np.zeros(width)
    cost[many:] = (instance.price[:, None] * instance.discount).ravel()
    rows, limits = [], []
    for g, t in itertools.product(range(goods), range(horizon)):
        row = np.zeros(width)
        row[many + g * horizon + t] = -1.0
        for i, s in itertools.product(range(count), range(years)):
            made = instance.running[i, s, t]
            row[i * years + s] += made * (instance.takes[g, i] - (instance.own[i] == g))
        rows.append(row)
        limits.append(-instance.net[g])
    for i in range(count):
        for t in range(int(instance.lag[i]), int(instance.lag[i]) + years):
            row = np.zeros(width)
            row[i * years : i * years + t - int(instance.lag[i]) + 1] += (
                instance.local_use * instance.full
            )
            for j in range(count):
                last = max(0, t - int(instance.lag[j]) + 1)
                row[j * years : j * years + min(years, last)] -= (
                    instance.takes[instance.own[i], j] * instance.full
                )
            rows.append(row)
            limits.append(max(0.0, instance.net[instance.own[i]]) + instance.near[i])
    if MONEY in instance.budget:
        row = np.zeros(width)
        row[:many] = np.repeat(instance.use[MONEY], years)
        rows.append(row)
        limits.append(instance.budget[MONEY])
    bounds = [
        (plants[i, s] * instance.small[i], plants[i, s] * instance.large[i])
        for i in range(count)
        for s in range(years)
    ] + [(0, None)] * (goods * horizon)
    found = linprog(cost, A_ub=np.array(rows), b_ub=limits, bounds=bounds)
    if found.status != 0:
        return None
    before = np.maximum(0.0, instance.net) @ instance.price * instance.discount.sum()
    return before - found.fun


@pytest.mark.parametrize(
    ("budget", "built", "value"),
    [(90, [100, 50, 0], 100), (85, [0, 0, 35], 35), (140, [100, 50, 35], 135)],
)
def test_a_pair_is_seen_where_one_alone_is_worth_less(budget, built, value):
    instance = pair(budget)
    found = milp.solve(instance)
    assert found.starts.total.tolist() == built
    assert found.value == pytest.approx(value)
    assert found.gap < 1e-6
    assert enumerated(instance) == pytest.approx(value)
    assert is_allowed(instance, found.starts)


def test_greedy_sees_no_pair_and_is_never_better():
    assert greedy.choose_greedily(pair(90)).value == pytest.approx(35)
    assert greedy.choose_greedily(pair(140)).value == pytest.approx(135)


def test_the_fall_is_the_value_added_where_all_is_used_here():
    instance = pair(140)
    found = milp.solve(instance)
    made = found.starts.total
    added = (instance.price[instance.own] - instance.price @ instance.takes) @ made
    assert found.effect.fall[-1] == pytest.approx(added) == pytest.approx(135)
    assert np.nanmin(local_use(instance, made)) == pytest.approx(1)


def too_large(**changes):
    """G2: a gap of 10 for plants of 30 to 40, of which half must be used here."""
    return question(
        [{"name": "b", "gap": 10, "price": 2, "small": 30, "large": 40, "invest": 1}], **changes
    )


def test_a_gap_too_small_for_a_plant_gets_none_unless_a_user_or_neighbours_come():
    assert milp.solve(too_large()).starts.total.tolist() == [0]
    user = {"name": "u", "gap": 20, "price": 5, "small": 20, "large": 20, "takes": {"b": 0.3}}
    plant = {"name": "b", "gap": 10, "price": 2, "small": 30, "large": 40}
    both = question([plant, user])
    assert milp.solve(both).value == pytest.approx(120) == pytest.approx(enumerated(both))
    assert milp.solve(both).starts.total.tolist() == [30, 20]


@pytest.mark.parametrize(("near", "size"), [(4.99, 0), (5.01, 30)])
def test_what_neighbours_lack_counts_for_the_local_use(near, size):
    instance = replace(too_large(), near=np.array([near]))
    assert milp.solve(instance).starts.total.tolist() == [size]


@pytest.mark.parametrize(("share", "size"), [(0.34, 0), (0.33, 30)])
def test_the_least_local_use_on_both_sides(share, size):
    assert milp.solve(too_large(local_use=share)).starts.total.tolist() == [size]


def by_year(**changes):
    plants = [
        {"name": "small", "gap": 40, "price": 1, "small": 40, "large": 40, "lag": 1},
        {"name": "large", "gap": 60, "price": 1, "small": 60, "large": 60, "lag": 1},
    ]
    return question(plants, **({"years": 3, "per_year": {"count": 1}} | changes))


def test_the_larger_gap_comes_first_where_one_starts_a_year():
    found = milp.solve(by_year())
    assert found.starts.plants.tolist() == [[0, 1, 0], [1, 0, 0]]
    assert found.value == pytest.approx(160) == pytest.approx(enumerated(by_year()))


def test_after_and_together():
    after = by_year(after=((1, 0),))
    found = milp.solve(after)
    assert found.starts.plants.tolist() == [[1, 0, 0], [0, 1, 0]]
    assert found.value == pytest.approx(140)
    alone = by_year(after=((1, 0),), per_year={}, budget={"count": 1})
    assert milp.solve(alone).starts.plants.sum(axis=1).tolist() == [1, 0]
    together = by_year(together=((0, 1),))
    assert milp.solve(together).starts.plants.sum() == 0  # never two in a year
    both = milp.solve(by_year(together=((0, 1),), per_year={"count": 2}))
    assert both.starts.plants.tolist() == [[1, 0, 0], [1, 0, 0]]
    assert is_allowed(by_year(together=((0, 1),), per_year={"count": 2}), both.starts)
    assert not is_allowed(by_year(together=((0, 1),), per_year={"count": 2}), found.starts)


def test_what_does_not_fit_names_the_budget_and_the_least_amount():
    decided = {
        "name": "a",
        "gap": 60,
        "price": 1,
        "small": 60,
        "large": 60,
        "invest": 1,
        "must": 60,
    }
    with pytest.raises(
        OptionError, match="investment_cny_100m is 50, it must be at least 60"
    ) as caught:
        milp.solve(question([decided], budget={MONEY: 50}))
    assert caught.value.text("zh") == "所定事项放不下：investment_cny_100m 现为 50，至少须 60"
    with pytest.raises(OptionError, match="count of year 1 is 0, it must be at least 1"):
        milp.solve(question([decided], per_year={"count": 0}))
    both = question([decided], budget={MONEY: 50, "count": 0})
    with pytest.raises(OptionError, match="at least 60; or count is 0, it must be at least 1"):
        milp.solve(both)
    with pytest.raises(OptionError, match="no amount of any budget would do"):
        milp.solve(question([decided | {"most": 10}]))


def test_part_of_a_plant_fits_the_budget():
    assert milp.solve(part_size()).starts.total.tolist() == [70]
    assert milp.solve(part_size(19)).starts.total.tolist() == [0]
    assert milp.solve(part_size(20)).starts.total.tolist() == [20]


def test_what_opens_more_than_it_closes_is_not_built_and_ore_is_charged():
    plant = {"name": "a", "gap": 50, "price": 1.1, "small": 50, "large": 50, "takes": {"x": 1.2}}
    assert milp.solve(question([plant], bought={"x": 1})).starts.total.tolist() == [0]
    ore = part_size()
    plant = {
        "name": "a",
        "gap": 100,
        "price": 1,
        "small": 20,
        "large": 100,
        "invest": 1,
        "takes": {"ore": 0.6},
    }
    found = milp.solve(question([plant], bought={"ore": 1}, budget=ore.budget))
    assert found.starts.total.tolist() == [70]
    assert found.value == pytest.approx(28)


def test_local_surplus_costs_nothing_until_it_is_gone():
    plant = {"name": "a", "gap": 100, "price": 1, "small": 100, "large": 100, "takes": {"x": 0.9}}
    instance = question([plant], bought={"x": 1})
    instance = replace(instance, net=np.array([100.0, -50.0]))
    found = milp.solve(instance)
    assert found.value == pytest.approx(60)
    assert found.effect.bought[1].tolist() == [40.0]


def test_plants_are_no_larger_than_what_is_wanted_only_to_be_run_in_sooner():
    plant = {"name": "a", "gap": 90, "price": 1, "small": 10, "large": 300}
    ramped = question([plant], years=1, tail=2, ramp=(0.4, 0.7, 0.9))
    assert milp.solve(ramped).starts.total.tolist() == pytest.approx([100])
    least = question([plant | {"small": 150}], years=1, tail=2, ramp=(0.4, 0.7, 0.9))
    assert milp.solve(least).starts.total.tolist() == [150]
    several = question(
        [plant | {"gap": 170, "small": 60, "large": 60, "plants": 5}], years=1, tail=2, ramp=(0.4, 0.7, 1.0)
    )  # fmt: skip
    assert milp.solve(several).starts.total.tolist() == [180]
    many = replace(several, large=np.array([61.0]))
    found = milp.solve(many)
    assert found.starts.total.tolist() == [180]
    assert is_allowed(many, found.starts)
    four = Starts(np.array([[4]]), np.array([[240.0]]))
    assert not is_allowed(many, four)


def test_what_saves_only_while_it_is_run_in_is_left_out():
    plant = {"name": "a", "gap": 50, "price": 1, "small": 100, "large": 100, "takes": {"x": 0.6}}
    instance = question([plant], bought={"x": 1}, tail=2, ramp=(0.4, 0.7, 1.0))
    assert milp.solve(instance).value == pytest.approx(16 + 8 - 10)
    left, lasting = milp.solve_lasting(instance)
    assert lasting.starts.total.tolist() == [0]
    assert left.most.tolist() == [0]


def test_a_plant_that_loses_at_market_prices_is_not_built_to_feed_another():
    salt = {
        "name": "salt",
        "gap": 100,
        "price": 1,
        "small": 10,
        "large": 300,
        "takes": {"ore": 0.4},
    }
    other = {
        "name": "other",
        "gap": 50,
        "price": 1,
        "small": 100,
        "large": 100,
        "takes": {"salt": 0.9},
    }
    instance = question([salt, other], bought={"ore": 1})
    assert milp.solve(instance).starts.total.tolist() == [190, 100]
    _, lasting = milp.solve_lasting(instance)
    assert lasting.starts.total.tolist() == [100, 0]
    closes, takes = savings(instance, np.array([190.0, 100.0]))
    assert (closes - takes).tolist() == pytest.approx([190 - 76, 50 - 90])
    assert (closes - takes).sum() == pytest.approx(milp.solve(instance).effect.fall[-1])


def test_the_last_year_stands_for_more():
    one = question([{"name": "a", "gap": 1, "price": 1, "small": 1, "large": 1}], tail=1, rate=0.1)
    more = replace(one, steady=3)
    assert one.discount.tolist() == pytest.approx([1 / 1.1, 1 / 1.1**2])
    assert more.discount.tolist() == pytest.approx([1 / 1.1, sum(1.1**-t for t in (2, 3, 4))])


def random_small(seed: int, *, ramped: bool = False):
    draw = random.Random(seed)  # noqa: S311  no secret
    names = "abc"
    plants = []
    for number, name in enumerate(names):
        small = draw.uniform(5, 40)
        takes = {other: draw.uniform(0, 0.6) for other in names[:number] if draw.random() < 0.6}
        if draw.random() < 0.5:
            takes["ore"] = draw.uniform(0, 0.5)
        plants.append({
            "name": name, "gap": draw.choice([0.0, draw.uniform(5, 60)]), "price": draw.uniform(0.5, 3),
            "small": small, "large": small * draw.uniform(1, 2), "invest": draw.uniform(0.2, 2), "takes": takes,
            "plants": draw.choice([1, 2]), "lag": draw.choice([0, 1]),
        })  # fmt: skip
    years = draw.choice([1, 2])
    changes: dict[str, object] = (
        {"per_year": {"count": draw.choice([1, 2])}} if draw.random() < 0.5 else {}
    )
    if ramped:
        changes |= {"ramp": (0.4, 0.8, 1.0), "tail": 3}
    return question(
        plants, bought={"ore": 1.0}, years=years, rate=0.05, budget={MONEY: draw.uniform(10, 120)},
        local_use=draw.choice([0.0, 0.5, 0.8]), **({"tail": 1} | changes),
    )  # fmt: skip


@examples(12, shrink=False)
@given(st.integers(0, 10_000))
def test_the_solver_agrees_with_trying_everything(seed):
    instance = random_small(seed)
    found = milp.solve(instance, gap=1e-9)
    assert found.value == pytest.approx(enumerated(instance), rel=1e-5, abs=1e-4)
    assert is_allowed(instance, found.starts)
    assert found.bound >= found.value - 1e-9
    checked = greedy.choose_greedily(instance)
    assert checked.value <= found.value + 1e-4
    assert is_allowed(instance, checked.starts)
    assert effect(instance, checked.starts.size).value == pytest.approx(checked.value)


@examples(12, shrink=False)
@given(st.integers(0, 10_000))
def test_what_is_run_in_keeps_every_rule_and_greedy_is_never_better(seed):
    instance = random_small(seed, ramped=True)
    found = milp.solve(instance, gap=1e-9)
    assert is_allowed(instance, found.starts)
    checked = greedy.choose_greedily(instance)
    assert is_allowed(instance, checked.starts)
    assert checked.value <= found.value + 1e-3
    _, lasting = milp.solve_lasting(instance)
    closes, takes = savings(instance, lasting.starts.total)
    assert (closes - takes >= 0).all()
    assert lasting.value <= found.value + 1e-3


def test_more_money_is_never_worth_less():
    values = [
        milp.solve(milp.with_budget(random_small(3), MONEY, b)).value for b in (0, 20, 60, 200)
    ]
    assert values == sorted(values)
    free = ladder.without_budgets(random_small(3))
    assert free.value >= values[-1] - 1e-3


def test_the_ladder_climbs_from_nothing_to_no_budget():
    instance = pair(90)
    rungs = list(ladder.climb(instance, milp.solve(instance), ladder.without_budgets(instance)))
    amounts = [rung.amount for rung in rungs]
    assert amounts == [22.5, 45.0, 67.5, 90.0, 112.5, 135.0, np.inf]
    values = [rung.solution.value for rung in rungs]
    assert values == pytest.approx([0, 0, 35, 100, 100, 100, 135])
    plenty = pair(1000)
    rungs = list(ladder.climb(plenty, milp.solve(plenty), ladder.without_budgets(plenty)))
    assert [rung.amount for rung in rungs] == [35.0, 70.0, 105.0, 140.0, 1000, np.inf]


def test_stability_is_the_same_every_time_and_tells_the_sure_from_the_doubtful():
    plants = [
        {"name": "sure", "gap": 10, "price": 9, "small": 10, "large": 10, "invest": 1, "takes": {"ore": 1}},
        {"name": "thin", "gap": 10, "price": 1.02, "small": 10, "large": 10, "invest": 1, "takes": {"ore": 1}},
    ]  # fmt: skip
    instance = question(plants, bought={"ore": 1.0})
    first, second = (ladder.measure_stability(instance, 20, seed=1) for _ in range(2))
    assert first.chosen.tolist() == second.chosen.tolist()
    assert first.chosen[0] == 1
    assert 0.1 < first.chosen[1] < 0.9
    assert ladder.measure_stability(instance, 20, seed=2).chosen.tolist() != first.chosen.tolist()


def test_without_a_product_something_else_enters():
    plants = [
        {"name": "best", "gap": 10, "price": 3, "small": 10, "large": 10, "invest": 1},
        {"name": "next", "gap": 10, "price": 2, "small": 10, "large": 10, "invest": 1},
    ]
    instance = question(plants, budget={MONEY: 10})
    found = milp.solve(instance)
    assert found.starts.total.tolist() == [10, 0]
    without = ladder.leave_out(instance, found, 0)
    assert without.loss == pytest.approx(10)
    assert without.instead.tolist() == [1]
    decided = replace(instance, must=np.array([10.0, 0.0]))
    assert ladder.leave_out(decided, found, 0) is None


def test_draws_stay_below_the_plan_and_are_the_same_every_time():
    instance = by_year(tail=2)
    starts = milp.solve(instance).starts
    ends = (np.array([0.5, 0.5]), np.array([2.0, 2.0]))
    drawn = draw_outcomes(instance, starts, ends, draws=300, seed=3)
    again = draw_outcomes(instance, starts, ends, draws=300, seed=3)
    assert drawn.fall.tolist() == again.fall.tolist()
    assert drawn.closed.max() == pytest.approx(100)
    share = float((drawn.closed > 0).mean())
    assert 0.6 < share < 0.9  # two plants that come with a chance of 0.3 to 0.7 each
    assert drawn.investment.sum(axis=1).max() <= 200
    known = drawn.done[~np.isnan(drawn.done)]
    assert known.min() >= 2
    assert known.max() <= 4
    low, middle, high = interval(drawn.fall[:, -1])
    assert low <= middle <= high <= 100 + 1e-9
    assert np.isnan(interval(np.array([np.nan]))).all()


def test_nothing_to_choose_from_is_no_failure():
    empty = question([])
    found = milp.solve(empty)
    assert found.value == 0
    assert greedy.choose_greedily(empty).value == 0


def test_the_checker_sees_what_is_wrong():
    instance = part_size()
    assert is_allowed(instance, Starts(np.array([[1]]), np.array([[70.0]])))
    assert not is_allowed(instance, Starts(np.array([[1]]), np.array([[71.0]])))
    assert not is_allowed(instance, Starts(np.array([[1]]), np.array([[19.0]])))
    assert not is_allowed(instance, Starts(np.array([[2]]), np.array([[70.0]])))
    assert not keeps_local_use(too_large(), np.array([[30.0]]))
    assert used_of(instance, Starts(np.array([[1]]), np.array([[70.0]])), MONEY).tolist() == [70]


def test_hundreds_of_products_are_solved_to_one_per_cent():
    instance = random_question(150, seed=4)
    found = milp.solve(instance, gap=0.01)
    assert found.gap <= 0.01
    assert is_allowed(instance, found.starts)
    assert found.value > greedy.choose_greedily(random_question(20, seed=4)).value
