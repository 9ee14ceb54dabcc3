"""Intervals of demand against the triangular distribution's own formulas."""

from __future__ import annotations

import numpy as np
import pytest

import chaingraph as cg
from chaingraph.analysis.uncertainty import triangular

COUNT = 20_001
GRID = (np.arange(COUNT) + 0.5) / COUNT


@pytest.mark.parametrize(("low", "mode", "high"), [(1, 2, 4), (0, 0, 3), (2, 5, 5), (3, 3, 3)])
def test_quantiles_have_the_mean_and_bounds_of_the_distribution(low, mode, high):
    values = triangular(GRID, np.float64(low), np.float64(mode), np.float64(high))
    assert values.mean() == pytest.approx((low + mode + high) / 3, rel=1e-6)
    assert values.min() >= low
    assert values.max() <= high
    assert (np.diff(values) >= 0).all()


def test_quantile_at_the_mode():
    # F(mode) = (mode - low) / (high - low)
    assert triangular(np.array([1 / 3]), *np.array([1.0, 2.0, 4.0])) == pytest.approx([2.0])


def one_link(build, *, supply, capacity=10, low=1.0, high=4.0):
    links = [("p", "q", 2.0, {"low": low, "high": high})]
    return build("p q", links, [("s", "p", supply), ("t", "q", capacity)])


def interval(ds, **options):
    frame = cg.calculate_balance(ds, **({"draws": 20_000} | options)).frame.set_index("product_id")
    return frame.loc["p", ["demand_low", "demand_high", "probability_short"]].astype(float).tolist()


def test_interval_and_probability_of_one_link(build):
    # Demand is 10 X with X triangular on (1, 2, 4). P(X > 3) = (4-3)^2 / ((4-1)(4-2)) = 1/6.
    # 5% point: 1 + sqrt(0.05 x 3 x 1) = 1.3873; 95% point: 4 - sqrt(0.05 x 3 x 2) = 3.4523.
    low, high, short = interval(one_link(build, supply=30))
    assert low == pytest.approx(10 * (1 + 0.15**0.5), rel=0.01)
    assert high == pytest.approx(10 * (4 - 0.30**0.5), rel=0.01)
    assert short == pytest.approx(1 / 6, abs=0.01)


@pytest.mark.parametrize(
    ("supply", "probability"),
    [(9.9, 1.0), (15, 1 - 0.25 / 3), (20, 2 / 3), (25, 2.25 / 6), (40, 0.0)],
)
def test_probability_short_in_closed_form(build, supply, probability):
    assert interval(one_link(build, supply=supply))[2] == pytest.approx(probability, abs=0.012)


def test_goal_is_certain(build):
    low, high, short = interval(one_link(build, supply=130), goal={"p": 100})
    assert low == pytest.approx(113.9, rel=0.01)
    assert high == pytest.approx(134.5, rel=0.01)
    assert short == pytest.approx(1 / 6, abs=0.01)


@pytest.mark.parametrize(("supply", "short"), [(5, 0), (3, 1)])
def test_product_that_only_the_goal_wants(build, supply, short):
    assert interval(build("p", [], [("s", "p", supply)]), goal={"p": 4}) == [4, 4, short]


def test_coefficient_without_range_is_certain(build):
    ds = build("p q", [("p", "q", 2)], [("s", "p", 20), ("t", "q", 10)])
    assert interval(ds, draws=10) == [20, 20, 0]


def test_no_probability_for_makers_without_a_figure(build):
    low, high, short = interval(one_link(build, supply=None), draws=50)
    assert low < high
    assert str(short) == "nan"


def test_same_seed_same_figures_and_another_seed_others(build):
    ds = one_link(build, supply=20)
    assert interval(ds, draws=50, seed=3) == interval(ds, draws=50, seed=3)
    assert interval(ds, draws=50, seed=3) != interval(ds, draws=50, seed=4)


def test_no_draws_no_columns(build):
    ds = one_link(build, supply=20)
    columns = cg.find_gaps(ds, draws=0).frame.columns
    assert not {"demand_low", "demand_high", "probability_short"} & set(columns)
    with pytest.raises(cg.OptionError, match="-1 draws cannot be used"):
        cg.find_gaps(ds, draws=-1)


def test_all_of_qujing_lies_within_its_ranges(qujing):
    frame = cg.calculate_balance(qujing, draws=200).frame
    known = frame.dropna(subset=["demand_low"])
    assert len(known) > 50
    assert (known["demand_low"] <= known["demand_high"]).all()
    assert known["probability_short"].dropna().between(0, 1).all()
    none_made = known[known["makers"] == 0]
    assert (none_made["probability_short"] == 1).all()
