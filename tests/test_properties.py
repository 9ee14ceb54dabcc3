"""Properties that hold for every dataset, on small ones drawn at random."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

import chaingraph as cg

if TYPE_CHECKING:
    from collections.abc import Callable


FULL = os.environ.get("CHAINGRAPH_TESTS") == "full"


def examples(count: int, *, shrink: bool = True) -> Callable[[Callable[..., None]], Any]:
    """Test a law on some examples, where all tests are asked for on three times as many.

    An analysis takes about 0.1 s, whatever its size. Without `shrink` a failing case stands there in full:
    where programmes are solved making it smaller would take minutes.
    """
    chosen = settings(
        max_examples=3 * count if FULL else count,
        deadline=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if shrink else [])],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    return lambda law: pytest.mark.law(chosen(law))


NAMES = "abcdefg"
KINDS = ("material", "resource", "energy", "component", "equipment")
STATUSES = ("operating", "operating", "operating", "construction", "planned")

Tables = dict[str, list[dict[str, Any]]]


def dataset(tables: Tables) -> cg.Dataset:
    """Return the dataset of some rows, all places and dates known."""
    columns = {
        "inputs": ["input_id", "output_id", "coefficient"],
        "enterprises": ["enterprise_id", "city"],
        "capacities": ["enterprise_id", "product_id"],
    }
    frames = {
        name: pd.DataFrame(rows) if rows else pd.DataFrame(columns=columns[name], dtype="str")
        for name, rows in tables.items()
    }
    return cg.dataset_from_frames(frames, focus="here", as_of="2024-12")


def rounded(low: float, high: float) -> st.SearchStrategy[float]:
    return st.integers(int(low * 20), int(high * 20)).map(lambda number: number / 20)


@st.composite
def some_tables(draw: Callable[..., Any], *, until: bool = True, groups: bool = True) -> Tables:
    """Draw a dataset: links point forward, so that no loop arises; half of them in alternatives."""
    count = draw(st.integers(2, len(NAMES)))
    products = [
        {
            "product_id": name,
            "unit": "t",
            "price_cny": draw(st.one_of(st.none(), rounded(0.05, 9))),
            "kind": draw(st.sampled_from(KINDS)),
            "chains": draw(st.sampled_from(["x", "y", "x;y"])),
        }
        for name in NAMES[:count]
    ]
    inputs = []
    for i in range(count):
        for j in range(i + 1, count):
            if not draw(st.booleans()):
                continue
            mode = draw(st.one_of(st.none(), rounded(0.05, 3)))
            spread = draw(st.sampled_from([0.0, 0.1, 0.5]))
            known = mode is not None
            inputs.append(
                {
                    "input_id": NAMES[i], "output_id": NAMES[j], "coefficient": mode,
                    "low": mode * (1 - spread) if known else None,
                    "high": mode * (1 + spread) if known else None,
                    "alternative_group": draw(st.sampled_from([None, None, "g"])) if groups else None,
                    "source_url": draw(st.sampled_from([None, "https://example.org"])),
                }
            )  # fmt: skip
    sites = [
        {
            "enterprise_id": f"s{i}",
            "city": draw(st.sampled_from(["here", "here", "away"])),
            "group_zh": draw(st.sampled_from([None, "G", "H"])),
            "anchor": draw(st.booleans()),
        }
        for i in range(draw(st.integers(1, 5)))
    ]
    makers = [
        {
            "enterprise_id": draw(st.sampled_from(sites))["enterprise_id"],
            "product_id": draw(st.sampled_from(products))["product_id"],
            "capacity": draw(st.one_of(st.none(), rounded(0.05, 50))),
            "status": draw(st.sampled_from(STATUSES)),
            "scope": draw(st.sampled_from(["site", "site", "group"])),
            "since": draw(st.sampled_from([None, "2020", "2023-06"])),
            "until": draw(st.sampled_from([None, None, "2024"])) if until else None,
        }
        for _ in range(draw(st.integers(1, 8)))
    ]
    return {"products": products, "inputs": inputs, "enterprises": sites, "capacities": makers}


def here(ds: cg.Dataset, **options: Any) -> pd.DataFrame:
    return cg.calculate_balance(ds, region="*", **options).frame.set_index("product_id")


def analyses(ds: cg.Dataset) -> list[cg.Result]:
    region = {"region": "here"} if (ds.enterprises["city"] == "here").any() else {"region": "*"}
    return [
        cg.find_gaps(ds, draws=20, **region),
        cg.calculate_requirements(ds, {"b": 3.0}, **region),
        cg.trace_product(ds, "b", **region),
        cg.explain_product(ds, "a", **region),
        cg.measure_local_content(ds, by="anchor", **region),
    ]


@examples(3)
@given(some_tables(), st.randoms(use_true_random=False))
def test_row_order_never_matters(tables, random):
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in tables.items()}
    for found, expected in zip(analyses(dataset(shuffled)), analyses(dataset(tables)), strict=True):
        kept = [
            name for name in expected.frame.columns if name != "origin"
        ]  # says where a row stands
        pd.testing.assert_frame_equal(found.frame[kept], expected.frame[kept], rtol=1e-12)
        assert found.sentences("en") == expected.sentences("en")


@pytest.mark.slow
@examples(4)
@given(some_tables(), st.sampled_from(NAMES), rounded(0.05, 50))
def test_another_maker_never_lowers_coverage(tables, name, capacity):
    assume(name in {row["product_id"] for row in tables["products"]})
    before = here(dataset(tables))
    site = {"enterprise_id": "new", "city": "here", "group_zh": None, "anchor": False}
    maker = tables["capacities"][0] | {
        "enterprise_id": "new", "product_id": name, "capacity": capacity, "status": "operating",
        "scope": "site", "since": None, "until": None,
    }  # fmt: skip
    more = {
        "enterprises": [*tables["enterprises"], site],
        "capacities": [*tables["capacities"], maker],
    }
    after = here(dataset(tables | more))
    assert after.loc[name, "makers"] == (before["makers"].get(name, 0) + 1)
    if name in before.index and before.loc[name, "coverage"] >= 0 and after.loc[name, "demand"] > 0:
        assert after.loc[name, "coverage"] >= before.loc[name, "coverage"] - 1e-12


@pytest.mark.slow
@examples(3)
@given(some_tables(), st.sampled_from([0.5, 2.0, 1000.0]))
def test_scaling_all_capacities_scales_demand_and_leaves_coverage(tables, factor):
    scaled = [
        row | {"capacity": None if row["capacity"] is None else row["capacity"] * factor}
        for row in tables["capacities"]
    ]
    before, after = here(dataset(tables)), here(dataset(tables | {"capacities": scaled}))
    assert after.index.tolist() == before.index.tolist()
    for column in ("demand", "capacity", "balance", "construction"):
        np.testing.assert_allclose(after[column], before[column] * factor, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(after["coverage"], before["coverage"], rtol=1e-9)


@pytest.mark.slow
@examples(4)
@given(some_tables(), st.data())
def test_splitting_a_site_of_a_group_changes_nothing(tables, data):
    number = data.draw(st.integers(0, len(tables["capacities"]) - 1))
    row = tables["capacities"][number]
    assume(row["capacity"] is not None and row["scope"] == "site")
    # a site that makes its own input serves itself first, an operating row ends a phase of like size
    # there, and figures of others give plants their size
    mine = [r for r in tables["capacities"] if r["enterprise_id"] == row["enterprise_id"]]
    assume(len(mine) == 1)
    assume(all(r["capacity"] is not None for r in tables["capacities"]))
    owner = next(s for s in tables["enterprises"] if s["enterprise_id"] == row["enterprise_id"])
    group = owner["group_zh"] or owner["enterprise_id"]
    half = row | {"capacity": row["capacity"] / 2}
    rows = [*tables["capacities"][:number], *tables["capacities"][number + 1 :]]
    rows += [half, half | {"enterprise_id": "twin"}]
    twin = owner | {"enterprise_id": "twin", "group_zh": group}
    after = here(
        dataset(tables | {"capacities": rows, "enterprises": [*tables["enterprises"], twin]})
    )
    before = here(dataset(tables))
    # rows that are too old to count are counted themselves: of two halves there are two
    stale = here(dataset(tables | {"capacities": [row]}))["stale_rows"].get(row["product_id"], 0)
    if stale:
        before.loc[row["product_id"], "stale_rows"] += stale
    pd.testing.assert_frame_equal(after, before, rtol=1e-12)


@pytest.mark.slow
@examples(3)
@given(some_tables(until=False))
def test_capacity_never_falls_with_the_date_where_nothing_ends(tables):
    ds = dataset(tables)
    total = pd.Series(0.0, index=list(NAMES))
    for at in ("2019", "2020-01", "2023-06"):
        following = here(ds, at=at)["capacity"].reindex(total.index).fillna(0)
        assert (following >= total).all()
        total = following


@examples(2)
@given(some_tables())
def test_shares_and_contents_lie_between_none_and_all(tables):
    ds = dataset(tables)
    for by in ("chain", "anchor"):
        content = cg.measure_local_content(ds, by=by, region="*").frame["local_content"].dropna()
        assert content.between(0, 1 + 1e-12).all()
    frame = here(ds)
    for column in ("coverage", "sourced_share", "hhi"):
        assert frame[column].dropna().between(0, 1 + 1e-12).all(), column


@examples(3)
@given(some_tables())
def test_priority_lies_below_its_upper_end(tables):
    frame = cg.find_gaps(dataset(tables), region="*", draws=0).frame
    assert (frame["priority"] <= frame["priority_high"]).all()
    assert frame["priority_high"].between(0, 1 + 1e-12).all()
    assert not frame["product_id"].duplicated().any()


@examples(3)
@given(some_tables(groups=False))  # alternatives are split by capacity over coefficient
def test_interval_lies_between_the_ends_of_the_coefficients(tables):
    frame = here(dataset(tables), draws=50)
    known = frame["demand_likely_low"].notna()
    assert (frame["demand_likely_low"] <= frame["demand_likely_high"])[known].all()
    assert (frame["demand_likely_low"] >= frame["demand_low"] * (1 - 1e-9))[known].all()
    assert (frame["demand_likely_high"] <= frame["demand_high"] * (1 + 1e-9))[known].all()


@pytest.mark.slow
@examples(3)
@given(some_tables(), rounded(0.05, 9), rounded(0.05, 9))
def test_requirements_of_two_goals_add_up(tables, first, second):
    ds = dataset(tables)

    def required(goal):
        frame = cg.calculate_requirements(ds, goal, region="*").frame
        return frame.set_index("product_id")["required"].reindex(list(NAMES)).fillna(0)

    both = required({"a": first, "b": second})
    np.testing.assert_allclose(both, required({"a": first}) + required({"b": second}), rtol=1e-9)


@examples(3)
@given(some_tables())
def test_requirements_solve_their_equation(tables):
    ds = dataset(tables)
    last = tables["products"][-1]["product_id"]
    frame = cg.calculate_requirements(ds, {last: 2.0}, region="*").frame
    required = frame.set_index("product_id")["required"]
    trace = cg.trace_product(ds, last, quantity=2.0, region="*").frame
    taken = trace.groupby("input_id")["quantity"].sum()
    assert required[last] == pytest.approx(2.0)
    for product, units in required.drop(last).items():
        assert taken[product] == pytest.approx(units)


@pytest.mark.slow
@examples(2)
@given(some_tables())
def test_nothing_is_changed_by_looking_at_it(tables):
    ds = dataset(tables)
    before = {name: ds.table(name).copy(deep=True) for name in tables}
    analyses(ds)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(ds.table(name), frame)
