"""Totals that somebody stated, set against the rows that stood at their date."""

from __future__ import annotations

import numpy as np
import pytest

import chaingraph as cg
from chaingraph.analysis.reconcile import NEAR, VERDICTS
from chaingraph.words import vocabulary
from tests.helpers_cli import failure, run

MAKERS = [
    ("m", "a", 100, {"since": "2020"}),
    ("n", "a", 50, {"status": "construction", "as_of": "2023-06"}),
    ("late", "a", 70, {"since": "2024-06"}),
]


def total(**more):
    return {
        "region": "here",
        "product_id": "a",
        "year": "2023-12",
        "measure": "capacity",
        "value": 100,
        "unit": "t",
    } | more


def verdicts(build, *outputs, makers=MAKERS, **tables):
    ds = build("a b", [], makers, as_of="2024-12", outputs=list(outputs), **tables)
    return cg.reconcile(ds).frame


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (100, "operating"),
        (100 * (1 + NEAR), "operating"),
        (100 * (1 - NEAR), "operating"),
        (100 * (1 + NEAR) + 0.1, "neither"),
        (100 * (1 - NEAR) - 0.1, "neither"),
        (150 * (1 - NEAR), "with_construction"),
        (150 * (1 + NEAR), "with_construction"),
        (150 * (1 + NEAR) + 0.1, "neither"),
    ],
)
def test_a_capacity_within_5_percent_of_a_sum_is_that_sum(build, value, verdict):
    frame = verdicts(build, total(value=value))
    assert frame["total_verdict"].tolist() == [verdict]


def test_rows_are_those_of_the_total_s_own_date(build):
    early, late = verdicts(build, total(), total(year="2024-12")).to_dict("records")
    assert (early["operating_sum"], early["with_construction_sum"]) == (100, 150)
    assert (late["operating_sum"], late["with_construction_sum"]) == (170, 220)
    assert early["difference"] == 0
    assert late["said_ratio"] == pytest.approx(100 / 170)


def test_the_difference_is_to_what_the_total_says_it_covers(build):
    row = verdicts(build, total(value=160, status="with_construction")).iloc[0]
    assert row["difference"] == 10
    assert row["said_of"] == "with_construction"


@pytest.mark.parametrize(("value", "verdict"), [(60, "within"), (105, "within"), (105.1, "above")])
def test_an_output_may_be_up_to_the_capacity(build, value, verdict):
    frame = verdicts(build, total(measure="output", value=value))
    assert frame["total_verdict"].tolist() == [verdict]


def test_without_rows_there_is_nothing_to_compare(build):
    frame = verdicts(build, total(product_id="b"), total(product_id="b", measure="output"))
    assert frame["total_verdict"].tolist() == ["no_rows", "no_rows"]
    assert np.isnan(frame["said_ratio"]).all()


def test_totals_of_enterprises_other_places_and_use_are_no_matter(build):
    frame = verdicts(
        build,
        total(region="", enterprise_id="m"),
        total(region="elsewhere"),
        total(measure="use"),
        sites={"x": {"city": "elsewhere"}},
    )
    assert len(frame) == 0


def test_indicators_of_a_product_count_once_and_in_its_unit(build):
    ten_thousand = {
        "region": "here", "indicator": "capacity_a", "year": "2023-12", "value": 0.01,
        "unit": "10000 t/a", "kind": "actual", "product_id": "a",
    }  # fmt: skip
    alone = verdicts(build, total(product_id="b"), indicators=[ten_thousand])
    assert alone.loc[alone["product_id"] == "a", "said"].tolist() == [100]
    assert alone.loc[alone["product_id"] == "a", "table"].tolist() == ["indicators"]
    both = verdicts(build, total(), indicators=[ten_thousand])
    assert both["table"].tolist() == ["outputs"]
    others = [ten_thousand | {"kind": "target"}, ten_thousand | {"unit": "GWh/a"}]
    for other in others:
        assert len(verdicts(build, total(), indicators=[other | {"value": 3}])) == 1


FAMILY = {
    "region": "here", "indicator": "capacity_family", "year": "2023-12", "value": 0.016,
    "unit": "10000 t/a", "kind": "actual", "note": "products=b;a covers=with_construction; told",
}  # fmt: skip


def test_an_indicator_of_several_products_is_held_against_their_sum(build):
    makers = [*MAKERS, ("m", "b", 10, {"since": "2021"})]
    row = verdicts(build, indicators=[FAMILY], makers=makers).iloc[0]
    assert (row["product_id"], row["said"]) == ("a;b", 160)
    assert (row["operating_sum"], row["with_construction_sum"]) == (110, 160)
    assert (row["difference"], row["total_verdict"]) == (0, "with_construction")
    plain = FAMILY | {"note": "products=a;b"}
    assert verdicts(build, indicators=[plain], makers=makers).iloc[0]["difference"] == 50
    for other in ({"note": "products=a;nobody"}, {"note": ""}, {"unit": "GWh/a"}):
        assert len(verdicts(build, indicators=[FAMILY | other], makers=makers)) == 0


def test_places_in_a_region_are_held_against_their_own_rows(build):
    sites = {
        "m": {"park": "Zone"}, "n": {"park": "Zone west"}, "late": {"park": "Other"},
        "far": {"city": "elsewhere", "park": "Zone far"},
    }  # fmt: skip
    makers = [*MAKERS, ("far", "a", 1000, {"since": "2020"})]
    frame = verdicts(
        build, total(value=170, year="2024-12"), total(region="Zone", year="2024-12"),
        total(region="elsewhere"), makers=makers, sites=sites,
    )  # fmt: skip
    assert frame["region"].tolist() == ["here", "Zone"]
    assert frame["operating_sum"].tolist() == [170, 100]
    assert frame["with_construction_sum"].tolist() == [220, 150]


def test_who_is_asked_stands_where_a_total_does_not_fit(build):
    totals = [total(), total(value=60, measure="output"), total(year="2022-12", value=160)]
    frame = verdicts(build, *totals, total(value=900, measure="output", year="2024"))
    assert frame["total_verdict"].tolist() == ["neither", "operating", "within", "above"]
    assert frame["whom_en"].fillna("").tolist() == [
        "here bureau of industry and information technology", "", "", "here bureau of statistics",
    ]  # fmt: skip
    assert frame["whom_zh"].iloc[-1] == "here统计局"


def test_qujing_shows_what_its_keepers_know(qujing):
    frame = cg.reconcile(qujing).frame
    zone = frame[frame["region"] == "曲靖经济技术开发区"]
    assert set(zone["product_id"]) == {"lfp", "wafer"}
    assert set(zone["total_verdict"]) >= {"operating"}
    frame = frame[frame["region"] == "曲靖市"].set_index(["product_id", "year"])
    assert "cell_bc;cell_hjt;cell_perc;cell_topcon" in frame.index.get_level_values(0)
    doubtful = frame["total_verdict"].isin(["neither", "above", "no_rows"])
    assert (frame["whom_zh"].notna() == doubtful).all()
    assert frame.loc[("primary_aluminium", "2023-08"), "total_verdict"] == "operating"
    assert frame.loc[("artificial_graphite", "2023-08"), "total_verdict"] == "with_construction"
    assert frame.loc[("prebaked_anode", "2023-08"), "total_verdict"] == "neither"
    other = cg.reconcile(qujing, "云南省")
    assert other.params["region"] == "云南省"
    state = cg.open_study(qujing).state("云南省")
    assert cg.reconcile(state).frame.equals(other.frame)


def test_words():
    assert set(vocabulary("total_verdict")) == set(VERDICTS)


def test_the_command():
    shown = run("check", "qujing", "--reconcile", "--lang", "en").stdout
    assert "Totals against rows" in shown
    assert "matches neither" in shown
    assert "云南省" in run("check", "qujing", "--reconcile", "-r", "云南省").stdout
    assert "--reconcile" in failure("check", "toy", "--region", "甲市", status=2)
