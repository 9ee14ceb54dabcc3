"""Indicators: growth needed and made, what may be joined, where figures lead, what a plan adds; goldens of the design."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.planning.indicators_series import (
    Series,
    actual_change,
    join_series,
    needed_change,
    project,
    state_of,
)
from tests.helpers_cli import failure, run

YEARS = (2018, 2019, 2020, 2021, 2022)
ROW = {
    "year": "2021",
    "value": "10",
    "period": "year",
    "basis": "nominal",
    "series": "",
    "source_url": "",
    "note": "",
}


def test_needed_growth_and_points():
    assert needed_change(3802, 5000, 3, share=False) == pytest.approx(0.0956, abs=5e-5)
    assert needed_change(30, 34, 2, share=True) == 2
    for never in ((0, 5, 3), (5, 0, 3), (5, 6, 0), (math.nan, 1, 1)):
        assert math.isnan(needed_change(*never, share=False))


@pytest.mark.parametrize(
    ("ratio", "state"),
    [(0.95, "on_track"), (0.9499, "slower"), (0.6, "slower"), (0.5999, "insufficient"), (0.0, "insufficient"),
     (-0.0001, "wrong_way")],
)  # fmt: skip
def test_both_sides_of_every_threshold(ratio, state):
    assert state_of(ratio) == state


def test_goldens_of_the_projection():
    on_line = project(Series(YEARS, (100, 110, 121, 133.1, 146.41)), 2025, share=False)
    assert [round(v, 2) for v in on_line[:3]] == [194.87, 194.87, 194.87]
    around = project(Series(YEARS, (100, 112, 118, 135, 146)), 2025, share=False, target=194.1)
    assert [round(v, 1) for v in around[:3]] == [182.5, 194.1, 206.5]
    assert around.chance == pytest.approx(0.5, abs=0.01)
    assert project(Series(YEARS[:4], (100, 112, 118, 135)), 2025, share=False).method == "fan"
    assert (
        project(Series(YEARS, (100, 112, 118, 135, 146)), 2025, share=False).method == "regression"
    )


def test_few_points_give_no_more_than_they_hold():
    fan = project(Series((2020, 2021, 2022), (100, 110, 132)), 2023, share=False)
    assert [round(v, 2) for v in fan[:3]] == [145.2, 151.66, 158.4]
    line = project(Series((2021, 2022), (100, 110)), 2023, share=False)
    assert (round(line.mid, 6), line.method) == (121, "line")
    assert math.isnan(line.low)
    assert math.isnan(line.high)
    assert project(Series((2022,), (100,)), 2023, share=False) is None
    assert project(Series((2021, 2022), (100, 110)), 2022, share=False) is None


def test_a_projection_scales_with_its_figures():
    rng = np.random.default_rng(5)
    for count in (2, 3, 4, 5, 8):
        figures = tuple(float(v) for v in np.cumprod(rng.uniform(0.9, 1.3, count)) * 100)
        years = tuple(range(2010, 2010 + count))
        one = project(Series(years, figures), 2022, share=False)
        ten = project(Series(years, tuple(10 * v for v in figures)), 2022, share=False)
        assert np.allclose(np.array(ten[:3]), 10 * np.array(one[:3]), equal_nan=True)
        if count > 2:
            assert one.low <= one.mid <= one.high


def test_breaks_are_never_joined():
    rows = [
        ROW, ROW | {"year": "2022", "value": "12"}, ROW | {"year": "2023-06", "value": "7", "period": "ytd"},
        ROW | {"year": "2023-11", "value": "9", "period": ""},
        ROW | {"year": "2018", "value": "99", "series": "before the census"},
        ROW | {"year": "2020", "value": "8", "basis": "real"}, ROW | {"year": "2019", "value": "9", "basis": "derived"},
    ]  # fmt: skip
    series = join_series(rows)
    assert (series.years, series.figures, series.derived) == (
        (2019, 2021, 2022),
        (9, 10, 12),
        (2019,),
    )
    assert sorted(reason for _, _, reason in series.apart) == [
        "basis",
        "period",
        "period",
        "series",
    ]
    assert join_series(rows, "before the census").years == (2018,)


def test_growth_looks_back_five_years_at_most():
    series = Series((2010, 2017, 2022), (1, 100, 161.051))
    assert actual_change(series, share=False) == pytest.approx(0.1)
    assert math.isnan(actual_change(Series((2010, 2022), (1, 2)), share=False))
    assert actual_change(Series((2020, 2022), (30, 33)), share=True) == pytest.approx(1.5)


@pytest.fixture(scope="module")
def qujing():
    return cg.load_dataset("qujing")


@pytest.fixture(scope="module")
def found(qujing):
    return cg.measure_indicators(qujing)


def row(found, indicator):
    frame = found.targets.frame
    return frame[frame["indicator"] == indicator].iloc[0]


def test_the_targets_of_the_seed_are_rows(found):
    targets = found.targets.frame
    assert row(found, "industry_share_of_gdp")["target"] == 34
    assert row(found, "central_city_share_of_gdp")["target"] == 58
    assert (targets["target"] == 1000).sum() == 3
    assert (targets["target"] == 100).sum() == 6
    ensures = targets[targets["indicator_name"].str.contains("四个确保")]
    assert ensures["target_state"].tolist() == ["direction"] * 4
    assert ensures["missing_zh"].str.contains("全省平均").tolist() == [False, False, False, True]


def test_gdp_needs_what_the_design_says(found):
    gdp = row(found, "gdp")
    assert (gdp["last_value"], gdp["last_year"], gdp["target_year"]) == (3802, "2022", "2025")
    assert round(gdp["needed"], 4) == 0.0956
    assert gdp["target_state"] == "on_track"
    assert "2018: 2013.4 (series)" in gdp["apart"]
    assert "2023-06: 1773.83 (period)" in gdp["apart"]


def test_without_a_year_the_need_is_a_table(found):
    battery = row(found, "output_battery")
    assert battery["target_state"] == "no_year"
    assert np.allclose(
        battery[["needed_3", "needed_5", "needed_7"]].astype(float),
        [(1000 / 203.04) ** (1 / n) - 1 for n in (3, 5, 7)],
    )


def test_the_central_city_is_computed_from_its_districts(found, qujing):
    share = row(found, "central_city_share_of_gdp")
    assert math.isnan(share["last_value"])
    assert share["target_state"] == "overdue"
    assert "麒麟区" in share["missing_zh"]
    added = [
        {"region": place, "indicator": "gdp", "year": "2022", "value": value, "unit": "100m CNY", "kind": "actual"}
        for place, value in (("麒麟区", 1100.0), ("沾益区", 500.0), ("马龙区", 101.0))
    ]  # fmt: skip
    known = cg.measure_indicators(qujing.with_rows("indicators", pd.DataFrame(added)))
    computed = row(known, "central_city_share_of_gdp")
    assert computed["last_value"] == pytest.approx(100 * 1701 / 3802)
    assert computed["last_year"] == "2022"
    assert computed["needed"] == pytest.approx((58 - 100 * 1701 / 3802) / 2 / 100)


def test_what_cannot_be_measured_says_why(found):
    targets = found.targets.frame
    open_ones = targets[
        targets["target_state"].isin({"no_data", "overdue", "direction", "no_year", "one_figure"})
    ]
    assert open_ones["missing_zh"].notna().all()
    assert open_ones["missing_en"].notna().all()


def test_reached_and_past_are_said_in_words(qujing):
    rows = [
        {"region": "曲靖市", "indicator": "x", "year": "2022", "value": 5.0, "kind": "actual", "unit": "t"},
        {"region": "曲靖市", "indicator": "x", "year": "2030", "value": 5.0, "kind": "target", "unit": "t"},
        {"region": "曲靖市", "indicator": "y", "year": "2022", "value": 0.0, "kind": "actual", "unit": "t"},
        {"region": "曲靖市", "indicator": "y", "year": "2030", "value": 5.0, "kind": "target", "unit": "t"},
        {"region": "曲靖市", "indicator": "z", "year": "2024", "value": 1.0, "kind": "actual", "unit": "t"},
        {"region": "曲靖市", "indicator": "z", "year": "2024", "value": 5.0, "kind": "target", "unit": "t"},
    ]  # fmt: skip
    found = cg.measure_indicators(qujing.with_rows("indicators", pd.DataFrame(rows)))
    assert [row(found, name)["target_state"] for name in "xyz"] == [
        "reached",
        "from_zero",
        "overdue",
    ]


def test_chains_show_net_beside_gross_and_implied_use(found):
    chains = found.chains.frame.set_index("chain")
    assert set(chains.index) == {"battery", "photovoltaic", "aluminium"}
    assert (chains["net_output_cny"] <= chains["full_output_cny"]).all()
    assert np.allclose(
        chains["full_output_cny"] - chains["sold_here_cny"], chains["net_output_cny"]
    )
    known = chains["published_cny"] / chains["full_output_cny"]
    assert np.allclose(chains["implied_use"], known)
    assert [
        (0.2 <= use <= 1.1) == (sane == "yes")
        for use, sane in zip(known, chains["sane"], strict=True)
    ] == [True] * 3


PLAN = {
    "project": [
        {"product": "copper_foil", "size": 20000, "from": "2026-12"},
        {"product": "coke", "from": "2027"},
    ]
}


def test_a_plan_adds_an_interval_by_chain_and_year(qujing):
    found = cg.measure_indicators(qujing, plan=PLAN, draws=400)
    plan = found.plan.frame
    assert plan["chain"].unique().tolist() == ["battery"]
    assert (plan["added_low"] <= plan["added"]).all()
    assert (plan["added"] <= plan["added_high"]).all()
    assert (plan["net"] <= plan["added"]).all()
    assert plan["added_high"].is_monotonic_increasing  # more of the plant runs each year
    price = cg.open_study(qujing).products.set_index("product_id")
    assert len(price)
    battery = row(found, "output_battery")
    assert battery["reaches"] == "no"
    assert found.targets.notes[1][1]["names"] == "coke"
    again = cg.measure_indicators(qujing, plan=PLAN, draws=400).plan.frame
    assert plan.equals(again)
    assert not plan.equals(cg.measure_indicators(qujing, plan=PLAN, draws=400, seed=1).plan.frame)


def test_other_regions_and_little_data_work(qujing):
    assert (
        row(cg.measure_indicators(qujing, region="昆明市"), "gdp")["target_state"] == "one_figure"
    )
    toy = cg.measure_indicators(cg.load_dataset("toy"))
    assert (len(toy.targets), len(toy.plan)) == (0, 0)
    assert len(toy.chains) == 2


def test_the_command_and_its_wrong_inputs():
    assert "97" not in run("indicators", "toy").output[:5]
    whole = json.loads(run("indicators", "qujing", "-f", "json").output)
    assert {"rows", "chains", "plan"} <= set(whole)
    assert "draws must be" in failure("indicators", "toy", "--draws", "0", status=2)
    assert "no file or folder" in failure("indicators", "toy", "--plan", "nothing.toml", status=1)
