"""Amounts as intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaingraph.quantity import BIT, REASONS, Quantity, reason_names, shown, stacked, times

ENDS = st.floats(0, 1e6, allow_nan=False)


@st.composite
def quantities(draw):
    low, point, high = sorted(draw(st.tuples(ENDS, ENDS, ENDS)))
    return Quantity.of([low], [point], [high])


def holds(quantity, value):
    slack = 1e-9 * max(1.0, abs(value))
    return quantity.low[0] - slack <= value <= quantity.high[0] + slack


@given(quantities(), quantities(), st.floats(0, 1), st.floats(0, 1))
def test_arithmetic_holds_every_pair_of_values(a, b, s, t):
    x = a.low[0] + s * (a.high[0] - a.low[0])
    y = b.low[0] + t * (b.high[0] - b.low[0])
    assert holds(a + b, x + y)
    assert holds(a - b, x - y)
    assert holds(a * b, x * y)
    assert holds(a.minus(b), max(0.0, x - y))
    assert holds(a.hull(b), x)
    assert holds(a.hull(b), y)


def test_nothing_takes_nothing_of_what_is_unknown():
    product = Quantity.zeros(1) * Quantity.unknown(1, "maker_no_figure")
    assert (product.low[0], product.point[0], product.high[0]) == (0, 0, 0)
    assert product.reasons[0] == 0
    assert times(np.array([0.0, 2.0]), np.array([np.inf, 3.0])).tolist() == [0.0, 6.0]


def test_infinite_less_infinite_is_anything():
    rest = Quantity.unknown(1) - Quantity.unknown(1)
    assert (rest.low[0], rest.high[0]) == (-np.inf, np.inf)
    assert Quantity.unknown(1).minus(Quantity.unknown(1)).low[0] == 0


def test_the_figure_is_given_where_the_ends_meet():
    gap = Quantity.of([5.0], [np.nan], [9.0]).minus(Quantity.known([9.0]))
    assert gap.point[0] == 0


def test_reasons_are_kept_and_named():
    quantity = Quantity.known([1.0, 2.0]).because("either_or", np.array([True, False]))
    total = (quantity + Quantity.unknown(2, "user_unknown")).sum()
    assert quantity.has("either_or").tolist() == [True, False]
    assert reason_names(int(total.reasons[0])) == ("either_or", "user_unknown")
    assert len(set(BIT.values())) == len(REASONS)


def test_amounts_are_added_up_by_place():
    parts = Quantity.of([1, 2, 4], [1, np.nan, 4], [1, 3, np.inf]).because("by_product")
    total = parts.gathered(np.array([0, 0, 2]), 3)
    assert total.low.tolist() == [3, 0, 4]
    assert np.isnan(total.point[0])
    assert total.high.tolist() == [4, 0, np.inf]
    assert total.reasons.tolist() == [BIT["by_product"], 0, BIT["by_product"]]


def test_the_point_stays_inside_after_rounding():
    moved = Quantity.of([2.0, 0.0], [1.0, np.nan], [3.0, 5.0]).with_point_inside()
    assert moved.low.tolist() == [1.0, 0.0]
    assert np.isnan(moved.point[1])


@pytest.mark.parametrize(
    ("ends", "text"),
    [
        ((5, 5, 5), "5"),
        ((0, np.nan, np.inf), "unknown"),
        ((0, np.nan, 900), "at most 900"),
        ((100, np.nan, np.inf), "at least 100"),
        ((29102, 36515, 77625), "29,102 to 77,625 (36,515)"),
        ((0, 3, np.inf), "at least 0 (3)"),
    ],
)
def test_amounts_in_words(ends, text):
    assert shown(*map(float, ends)) == text


def test_quantities_are_put_in_a_row():
    row = stacked([Quantity.known([1.0]), Quantity.unknown(1)])
    assert (len(row), row.is_known.tolist(), row.is_exact.tolist()) == (
        2,
        [True, False],
        [True, False],
    )
    assert len(stacked([])) == 0
    assert str(row.where(np.array([True, True]), row).take([0])) == "1"
    assert row.best().tolist() == [1.0, 0.0]
