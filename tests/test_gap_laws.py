"""Laws of the gaps of whole datasets, on small ones drawn at random, and the doors through which one comes in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import chaingraph as cg
from tests.test_properties import dataset, examples, rounded, some_tables

if TYPE_CHECKING:
    from tests.test_properties import Tables

ENDS = ("demand_low", "demand_high", "gap_low", "gap_high")
SITE = {"enterprise_id": "new", "city": "here", "group_zh": None, "anchor": False}


def gaps_of(tables: Tables, **options: Any) -> pd.DataFrame:
    return cg.find_gaps(dataset(tables), region="*", draws=0, **options).frame


def ends(tables: Tables) -> pd.DataFrame:
    frame = cg.calculate_balance(dataset(tables), region="*").frame.set_index("product_id")
    return frame[list(ENDS)].astype(float)


@examples(4, shrink=False)
@given(some_tables(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_gap(tables, random):
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in tables.items()}
    pd.testing.assert_frame_equal(gaps_of(shuffled), gaps_of(tables), rtol=1e-9)


@examples(4, shrink=False)
@given(some_tables())
def test_rows_of_something_else_change_no_gap(tables):
    """A product that nothing here takes or gives, with its maker, its survey and its price."""
    other = {"product_id": "zz", "unit": "t", "price_cny": 3.0, "kind": "material", "chains": "x"}
    maker = tables["capacities"][0] | {"enterprise_id": "new", "product_id": "zz", "capacity": 4.0}
    more = tables | {
        "products": [*tables["products"], other],
        "enterprises": [*tables["enterprises"], SITE],
        "capacities": [*tables["capacities"], maker],
        "surveys": [
            {
                "region": "here",
                "products": "zz",
                "method": "visit",
                "as_of": "2024",
                "result": "all",
            }
        ],
    }
    after = gaps_of(more)
    after = after[after["product_id"] != "zz"].reset_index(drop=True)
    pd.testing.assert_frame_equal(after, gaps_of(tables), rtol=1e-9)


def has_figures(tables: Tables) -> Tables:
    """Return tables without makers of no figure, whose size would be read from the plants of others."""
    rows = [row for row in tables["capacities"] if row["capacity"] is not None]
    return tables | {"capacities": rows}


@examples(4, shrink=False)
@given(some_tables(), rounded(0.05, 50))
def test_another_maker_that_takes_nothing_raises_no_end_of_a_gap(tables, capacity):
    """The first product has no inputs; what more of it is made takes nothing."""
    tables = has_figures(tables)
    assume(tables["capacities"])
    maker = tables["capacities"][0] | {
        "enterprise_id": "new", "product_id": "a", "capacity": capacity, "status": "operating",
        "scope": "site", "since": None, "until": None,
    }  # fmt: skip
    more = {
        "enterprises": [*tables["enterprises"], SITE],
        "capacities": [*tables["capacities"], maker],
    }
    before, after = ends(tables), ends(tables | more)
    after = after.reindex(before.index)
    for column in ("gap_low", "gap_high"):
        assert (after[column] <= before[column] * (1 + 1e-6) + 1e-6).all(), column


@examples(4, shrink=False)
@given(some_tables(), rounded(0.05, 50), st.data())
def test_filling_an_unknown_widens_nothing(tables, figure, data):
    empty = [i for i, row in enumerate(tables["capacities"]) if row["capacity"] is None]
    assume(empty)
    number = data.draw(st.sampled_from(empty))
    row = tables["capacities"][number]
    same = [other for other in tables["capacities"] if other["product_id"] == row["product_id"]]
    assume(len(same) < 4)  # of three plants the size of the empty one would have been guessed
    rows = list(tables["capacities"])
    rows[number] = row | {"capacity": figure}
    before, after = ends(tables), ends(tables | {"capacities": rows})
    before = before.reindex(after.index).fillna(0.0)
    for low, high in (ENDS[:2], ENDS[2:]):
        slack = 1e-6 * (1 + after[low])
        assert (after[low] >= before[low] - slack).all(), low
        with np.errstate(invalid="ignore"):
            assert (after[high] <= before[high] + slack).all(), high


@pytest.mark.parametrize("door", ["folder", "workbook", "frames"])
def test_gaps_are_the_same_through_every_door(toy, door, tmp_path):
    if door == "folder":
        ds = cg.load_dataset(cg.save_dataset(toy, tmp_path / "toy"))
    elif door == "workbook":
        cg.export_dataset(toy, tmp_path / "toy.xlsx")
        ds = cg.load_dataset(tmp_path / "toy.xlsx")
    else:
        ds = cg.dataset_from_frames(
            {name: toy.table(name) for name in toy.tables}, focus=toy.focus, as_of=toy.as_of
        )
    found, expected = (cg.find_gaps(source, draws=20).frame for source in (ds, toy))
    pd.testing.assert_frame_equal(found, expected)
