"""Intervals of demand against the triangular distribution's own formulas."""

from __future__ import annotations

import numpy as np
import pytest

import chaingraph as cg
from chaingraph.analysis.uncertainty import centred_mode, triangular

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
    return frame.loc["p", ["demand_likely_low", "demand_likely_high"]].astype(float).tolist()


def test_a_mode_that_makes_the_mean_the_coefficient():
    assert centred_mode(*np.array([[1.0], [2.0], [4.0]])) == pytest.approx([1.0])
    assert centred_mode(*np.array([[1.0], [2.5], [4.0]])) == pytest.approx([2.5])
    assert centred_mode(*np.array([[1.0], [1.0], [4.0]])) == pytest.approx(
        [1.0]
    )  # as near as it goes


def test_interval_of_one_link_is_centred_on_the_coefficient(build):
    # Demand is 10 X, X triangular on (1, 1, 4), whose mean is the coefficient, 2.
    # F(x) = 1 - (4 - x)^2 / 9: 5% at 4 - 3 sqrt(0.95) = 1.0760; 95% at 4 - 3 sqrt(0.05) = 3.3292.
    low, high = interval(one_link(build, supply=30))
    assert low == pytest.approx(10 * (4 - 3 * 0.95**0.5), rel=0.01)
    assert high == pytest.approx(10 * (4 - 3 * 0.05**0.5), rel=0.01)


def test_a_coefficient_at_its_low_end_lies_in_its_own_interval(build):
    """Drawn around it, not above it: the figure is never outside what is likely."""
    links = [("p", "q", 2.0, {"low": 2.0, "high": 3.0})]
    low, high = interval(build("p q", links, [("s", "p", 20), ("t", "q", 10)]))
    assert low <= 20 <= high


def test_no_other_row_moves_an_interval(build):
    links = [("p", "q", 2.0, {"low": 1.0, "high": 4.0})]
    makers = [("s", "p", 20), ("t", "q", 10)]
    alone = interval(build("p q", links, makers), draws=50)
    more = build(
        "p q a b",
        [("a", "b", 1.0, {"low": 0.5, "high": 2.0}), *links],
        [*makers, ("u", "b", 0.0001)],
    )
    assert interval(more, draws=50) == alone


def test_goal_is_certain(build):
    low, high = interval(one_link(build, supply=130), goal={"p": 100})
    assert low == pytest.approx(110.8, rel=0.01)
    assert high == pytest.approx(133.3, rel=0.01)


def test_product_that_only_the_goal_wants(build):
    assert interval(build("p", [], [("s", "p", 5)]), goal={"p": 4}) == [4, 4]


def test_coefficient_without_range_is_certain(build):
    ds = build("p q", [("p", "q", 2)], [("s", "p", 20), ("t", "q", 10)])
    assert interval(ds, draws=10) == [20, 20]


def test_same_seed_same_figures_and_another_seed_others(build):
    ds = one_link(build, supply=20)
    assert interval(ds, draws=50, seed=3) == interval(ds, draws=50, seed=3)
    assert interval(ds, draws=50, seed=3) != interval(ds, draws=50, seed=4)


def test_no_draws_no_columns(build):
    ds = one_link(build, supply=20)
    columns = cg.find_gaps(ds, draws=0).frame.columns
    assert not {"demand_likely_low", "demand_likely_high", "probability_short"} & set(columns)
    with pytest.raises(cg.OptionError, match="-1 draws cannot be used"):
        cg.find_gaps(ds, draws=-1)


def test_all_of_qujing_lies_within_its_ranges(qujing):
    frame = cg.calculate_balance(qujing, draws=200).frame
    known = frame.dropna(subset=["demand_likely_low"])
    assert len(known) > 40
    assert (known["demand_likely_low"] <= known["demand_likely_high"]).all()
    assert (known["demand_low"] <= known["demand"]).all()
    assert (known["demand"] <= known["demand_high"]).all()
