"""Answers that were wrong once, on the bundled data and on small ones; see also the golden cases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import chaingraph as cg

INF = float("inf")


@pytest.fixture(scope="module")
def frozen():
    """Return the study of the data as they were, at full load: what was wrong of them stays to be seen."""
    ds = cg.load_dataset(Path(__file__).parent / "data" / "datasets_1_1_0" / "qujing")
    return cg.open_study(ds, load="full")


def balance_of(source, region=None, **options):
    return cg.calculate_balance(source, region=region, **options).frame.set_index("product_id")


# --- unknown is not zero


@pytest.mark.parametrize(
    ("region", "members"),
    [("呼和浩特市", ["polysilicon", "granular_silicon"]), ("常州市", ["cell_lfp", "cell_ncm"])],
)
def test_a_maker_without_a_figure_is_no_reason_to_charge_its_rival(frozen, region, members):
    """Of the alternatives some makers have no figure: from nothing to all of the need, each of them."""
    frame = balance_of(frozen, region).loc[members]
    assert frame["evidence"].eq("rows_bare").any()
    assert frame["demand"].isna().all()
    assert (frame["demand_low"] < frame["demand_high"]).all()
    assert frame["gap_low"].eq(0).all()


def test_users_without_a_figure_leave_no_surplus(frozen):
    """A product of whose users one has no figure is neither in surplus, single nor covered."""
    frame = cg.find_gaps(frozen, region=["曲靖市", "常州市", "宜宾市"], draws=0).frame
    vague = frame[(frame["users_unquantified"] > 0) & frame["demand_high"].eq(INF)]
    assert len(vague)
    assert not vague["gap_kind"].isin(["surplus", "single", "captive"]).any()


# --- what a site makes for itself


def test_a_smelter_with_its_own_refinery_lacks_no_alumina(frozen):
    """文山: 1.4 Mt of alumina and a smelter that takes 0.965 Mt at one site."""
    found = cg.find_anchors(frozen, region="文山壮族苗族自治州", anchor="yunlv_wenshan").frame
    row = found.set_index("product_id").loc["alumina"]
    assert row[["demand", "own_use", "gap"]].tolist() == pytest.approx([965_000, 965_000, 0])
    merchant = balance_of(frozen, "文山壮族苗族自治州").loc["alumina", "merchant"]
    assert merchant == pytest.approx(435_000)


def test_what_a_site_takes_of_itself_is_not_single(frozen):
    kinds = cg.find_gaps(frozen, draws=0).frame.set_index("product_id")["gap_kind"]
    assert kinds[["mono_ingot", "squared_ingot"]].eq("captive").all()


# --- a figure lies within its own interval


@pytest.mark.parametrize("name", ["qujing", "toy"])
def test_no_figure_lies_outside_its_interval(name, request):
    frame = balance_of(request.getfixturevalue(name), draws=200)
    for low, point, high in (
        ("demand_low", "demand", "demand_high"),
        ("demand_likely_low", "demand", "demand_likely_high"),
        ("gap_low", "gap", "gap_high"),
        ("gap_value_cny_low", "gap_value_cny", "gap_value_cny_high"),
    ):
        some = frame[[low, point, high]].dropna()
        assert len(some)
        slack = 1e-9 * some[point]
        assert (some[low] <= some[point] + slack).all(), point
        assert (some[point] <= some[high] + slack).all(), point
    assert frame["coverage"].dropna().between(0, 1).all()


def test_likely_intervals_hang_on_no_other_row(build):
    """A tenth of a gram of something else leaves the draws of a product as they are."""
    links = [("a", "end", 10, {"low": 6, "high": 17}), ("b", "other", 1, {"low": 0.5, "high": 2})]
    alone = balance_of(build("a b end other", links, [("x", "end", 1)]), draws=200)
    makers = [("x", "end", 1), ("y", "other", 0.0001)]
    both = balance_of(build("a b end other", links, makers), draws=200)
    likely = ["demand_likely_low", "demand_likely_high"]
    assert both.loc["a", likely].tolist() == alone.loc["a", likely].tolist()


# --- namesakes


def test_a_park_that_two_cities_have_is_not_one(build):
    sites = {
        "one": {"province": "X", "city": "A", "park": "高新区"},
        "two": {"province": "Y", "city": "B", "park": "高新区"},
    }
    ds = build(
        "b", [], [("one", "b", 100), ("two", "b", 900)], sites=sites, focus="", surveyed=False
    )
    with pytest.raises(cg.OptionError, match="several regions are called '高新区'"):
        cg.calculate_balance(ds, region="高新区")
    assert balance_of(ds, "A/高新区").loc["b", "capacity"] == 100
    assert balance_of(ds, "B/高新区").loc["b", "capacity"] == 900


# --- company totals


@pytest.mark.parametrize("second", ["head", "branch"])
def test_of_two_totals_of_a_company_the_later_counts(build, second):
    """500 since 2022 and 800 since 2024, of one head office or of two of the same group: 800."""
    sites = {name: {"group_zh": "G", "city": name} for name in ("head", "branch")}
    makers = [
        ("head", "p", 500, {"scope": "group", "since": "2022"}),
        (second, "p", 800, {"scope": "group", "since": "2024"}),
        ("x", "end", 1),
    ]
    ds = build("p end", [("p", "end", 1)], makers, sites=sites, as_of="2024-12")
    assert balance_of(ds).loc["p", "national_capacity"] == 800
    before = balance_of(ds, at="2023-06")
    assert before.loc["p", "national_capacity"] == 500


# --- the date


def test_undated_rows_are_said_however_the_date_is_asked_for(toy):
    asked = cg.find_gaps(toy, at="2019", draws=0)
    assert asked.sentences("en") == cg.find_gaps(toy.at("2019"), draws=0).sentences("en")
    state = cg.open_study(toy, at="2019").state()
    assert asked.sentences("en") == cg.find_gaps(state, draws=0).sentences("en")
    assert "1 capacity rows have no start and count at every date" in asked.sentences("en")
    assert np.array_equal(
        asked.frame["gap"], cg.find_gaps(toy.at("2019"), draws=0).frame["gap"], equal_nan=True
    )
