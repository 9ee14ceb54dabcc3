"""A what-if on an open state against the dataset read anew with the same rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chaingraph as cg
from tests.conftest import build_dataset
from tests.test_properties import examples

PRODUCTS = "abcdef"
ENDS = ("low", "point", "high")


@st.composite
def economies(draw):
    """Draw a chain without choices in which each site makes one product, and capacity to be added."""
    inputs = [
        (one, other, draw(st.sampled_from([0.5, 1.0, 2.5])), {"low": 0.5, "high": 3.0})
        for i, one in enumerate(PRODUCTS)
        for other in PRODUCTS[i + 1 :]
        if draw(st.booleans())
    ]
    makers = [
        (f"s{number}", draw(st.sampled_from(PRODUCTS)), draw(st.integers(1, 40)))
        for number in range(draw(st.integers(1, 6)))
    ]
    added = draw(
        st.lists(st.tuples(st.sampled_from(PRODUCTS), st.integers(1, 60)), min_size=1, max_size=3)
    )
    return inputs, makers, added, draw(st.sampled_from([0.4, 1.0]))


@examples(5)
@given(economies())
def test_a_what_if_equals_the_whole_read_anew(economy):
    inputs, makers, added, load = economy
    more = [{"product_id": product, "capacity": capacity} for product, capacity in added]
    quick = cg.open_study(build_dataset(" ".join(PRODUCTS), inputs, makers), load=load).state()
    quick = quick.with_capacity(more)
    new = [(f"n{number}", product, capacity) for number, (product, capacity) in enumerate(added)]
    whole = cg.open_study(
        build_dataset(" ".join(PRODUCTS), inputs, [*makers, *new]), load=load
    ).state()
    for name in ("capacity", "output", "supply", "demand", "merchant", "gap"):
        for end in ENDS:
            ours, theirs = (getattr(getattr(state, name), end) for state in (quick, whole))
            assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9), (name, end)
    assert quick.makers.tolist() == whole.makers.tolist()
    assert quick.rows.hhi == pytest.approx(whole.rows.hhi, nan_ok=True)
    assert quick.rows.top_share == pytest.approx(whole.rows.top_share, nan_ok=True)
    assert quick.evidence.level.tolist() == whole.evidence.level.tolist()
    assert quick.decisions.text("kind").tolist() == whole.decisions.text("kind").tolist()


def test_nothing_added_changes_nothing(qujing):
    state = cg.open_study(qujing).state()
    same = state.with_capacity([{"product_id": "foil_stock", "capacity": 0.0}])
    for name in ("demand", "merchant", "gap"):
        for end in ENDS:
            before, after = (getattr(getattr(one, name), end) for one in (state, same))
            assert np.allclose(before, after, equal_nan=True), (name, end)


def test_what_is_added_and_taken_away_again(toy):
    state = cg.open_study(toy).state()
    there = state.with_rows("capacities", [{"product_id": "foil", "capacity": 300.0}])
    back = there.with_capacity([{"product_id": "foil", "capacity": -300.0}])
    assert np.allclose(back.gap.point, state.gap.point, equal_nan=True)
    with pytest.raises(cg.OptionError, match="'inputs' can't be added to a state"):
        state.with_rows("inputs", [])
