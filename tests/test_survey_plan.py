"""Whom to ask what: each kind of question, its worth, its addressee, against hand numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.analysis.answers import measure_effect
from chaingraph.analysis.questions import ASKS, BUREAUS, interval_text
from chaingraph.quantity import Quantity
from chaingraph.words import vocabulary

CHAIN = ([("a", "t", 10.0), ("b", "t", 100.0)], [("a", "b", 2.0)])


def asked(ds, **options):
    """Return the questions as ask -> row; a kind may be asked once."""
    frame = cg.plan_survey(ds, **options).frame
    rows = frame.to_dict("records")
    assert len({row["ask"] for row in rows}) == len(rows)
    return {row["ask"]: row for row in rows}


def test_nothing_is_asked_where_all_is_known(build):
    assert len(cg.plan_survey(build(*CHAIN, [("m", "b", 50)]))) == 0


def test_whether_a_maker_exists_counts_both_answers_alike(build):
    """Gap 100 for sure if nobody makes it, 0 if somebody does: either answer removes all."""
    row = asked(build(*CHAIN, [("m", "b", 50)], surveyed=False))["exists"]
    assert (row["interval_before"], row["interval_after"]) == ("0–100", "100 | 0")
    assert row["answer_value_cny"] == pytest.approx(10 * 100)
    assert row["removed"] == 1
    assert (row["whom_zh"], row["bureau"]) == ("here工业和信息化局", "industry")
    assert "b" in row["why_en"]


def test_an_assumed_load_is_asked_of_the_makers(build):
    """Half to full load: the gap is 50 to 100; at 75% it is 75, so the answer removes all of 50/50."""
    rows = asked(build(*CHAIN, [("m", "b", 50)], load=None))
    row = rows["load"]
    assert (row["interval_before"], row["interval_after"]) == ("50–100", "75")
    assert row["answer_value_cny"] == pytest.approx(10 * 100)
    assert row["whom_zh"] == "m"
    assert "50%–100%" in row["why_zh"]


def test_of_two_users_each_load_removes_its_part(build):
    ds = build(
        [("a", "t", 10.0), ("b", "t", 1.0), ("c", "t", 1.0)],
        [("a", "b", 1.0), ("a", "c", 1.0)],
        [("m", "b", 300), ("n", "c", 100)],
        load=None,
    )
    frame = cg.plan_survey(ds).frame
    assert frame["product_id"].tolist() == ["b", "c"]
    # the gap is 200 to 400: b's load removes 150 of 200, c's 50
    assert frame["removed"].tolist() == [0.75, 0.25]
    assert frame["answer_value_cny"].tolist() == pytest.approx([3000, 1000])


def test_makers_without_a_figure_are_asked_by_name(build):
    ds = build(*CHAIN, [("m", "b", 50), ("n", "a", float("nan"))])
    row = asked(ds)["figure"]
    assert row["whom_zh"] == "n"
    assert pd.isna(row["bureau"])
    assert (row["interval_before"], row["interval_after"]) == ("0–100", "100")


def test_more_than_three_makers_are_counted(build):
    makers = [("m", "b", 50), *((f"n{i}", "a", float("nan")) for i in range(4))]
    row = asked(build(*CHAIN, makers))["figure"]
    assert row["whom_zh"].endswith("等4家")
    assert row["asked_makers"].count(";") == 3
    three = asked(build(*CHAIN, makers[:-1]))["figure"]
    assert "等" not in three["whom_zh"]


def test_firms_that_nobody_named_are_asked_for_at_the_bureau(build):
    sites = {"n": {"placeholder": 1}}
    row = asked(build(*CHAIN, [("m", "b", 50), ("n", "a", float("nan"))], sites=sites))["figure"]
    assert row["bureau"] == "industry"
    assert row["question_en"].startswith("Please ask the makers: ")


def test_a_site_that_no_page_says_to_run_is_asked(build):
    ds = build(*CHAIN, [("m", "b", 50, {"note": "general knowledge"})])
    row = asked(ds)["runs"]
    assert (row["interval_before"], row["interval_after"]) == ("0–100", "100")
    assert row["answer_value_cny"] == pytest.approx(1000)


def test_an_open_choice_is_asked_of_those_who_choose(build):
    ds = build(
        [("a", "t", 10.0), ("c", "t", 20.0), ("b", "t", 1.0)],
        [
            ("a", "b", 1.0, {"alternative_group": "x"}),
            ("c", "b", 1.0, {"alternative_group": "x"}),
        ],
        [("m", "b", 50)],
    )
    row = asked(ds)["choice"]
    # one need of 50 t, that could be all of c at 20 CNY: counted once, not as a and c
    assert 0 < row["answer_value_cny"] <= 50 * 20
    assert row["whom_zh"] == "m"


def test_building_not_seen_for_long_is_asked_about(build):
    old = {"status": "construction", "as_of": "2021-01"}
    ds = build(
        *CHAIN, [("m", "b", 50), ("n", "a", 40, old)], as_of="2024-12", surveyed=False
    )  # fmt: skip
    row = asked(ds)["construction"]
    assert row["whom_zh"] == "n"
    assert "24" in row["why_en"]
    # with the plant the gap is 60, without it 100: an answer removes all of the 40 between
    assert (row["interval_before"], row["interval_after"]) == ("60–100", "100 | 60")
    assert row["answer_value_cny"] == pytest.approx(10 * 100)


@pytest.mark.parametrize(("users", "asked_for"), [(50.0, True), (float("nan"), False)])
def test_a_plant_of_known_size_says_nothing_of_a_gap_without_end(build, users, asked_for):
    """A gap of 100 may be closed by the 30 that are built; one without end stays without end."""
    fresh = {"status": "construction", "as_of": "2024-06"}
    makers = [("m", "b", users), ("n", "a", 30, fresh)]
    ds = build(*CHAIN, makers, as_of="2024-12", surveyed=False)
    asks = set(cg.plan_survey(ds).frame["ask"])
    assert ("construction" in asks) is asked_for


def test_building_that_is_not_stale_is_no_question_of_old_news(build):
    fresh = {"status": "construction", "as_of": "2024-01"}
    ds = build(*CHAIN, [("m", "b", 50), ("n", "a", 40, fresh)], as_of="2024-12", surveyed=False)
    row = asked(ds)["construction"]
    assert "24" not in row["why_en"].replace("2024", "")


def test_what_is_used_per_unit_is_asked_where_no_coefficient_is_known(build):
    ds = build(CHAIN[0], [("a", "b", float("nan"))], [("m", "b", 50)])
    row = asked(ds)["coefficient"]
    assert row["no_bound"]
    assert np.isnan(row["answer_value_cny"])
    assert row["interval_before"] == "?"


def test_a_total_is_asked_of_the_bureau_of_statistics(build):
    some = [
        {"region": "here", "products": "a", "method": "document", "as_of": "2024", "result": "some"}
    ]
    row = asked(build(*CHAIN, [("m", "b", 50)], surveys=some, as_of="2024-12"))["total"]
    assert row["bureau"] == "statistics"
    assert row["interval_after"] == "100"


@pytest.mark.parametrize(
    ("kind", "bureau"), [("energy", "energy"), ("resource", "resources"), ("material", "industry")]
)
def test_the_bureau_follows_from_the_kind_of_product(build, kind, bureau):
    products = [("a", "t", 10.0, {"kind": kind}), ("b", "t", 1.0)]
    row = asked(build(products, [("a", "b", 2.0)], [("m", "b", 50)], surveyed=False))["exists"]
    assert row["bureau"] == bureau


def test_a_resource_that_is_burnt_is_a_matter_of_energy(build):
    products = [("a", "t", 10.0, {"kind": "resource"}), ("b", "t", 1.0, {"kind": "energy"})]
    row = asked(build(products, [("a", "b", 2.0)], [("m", "b", 50)], surveyed=False))["exists"]
    assert row["bureau"] == "energy"


def test_units_and_contacts_of_the_dataset_are_named(build):
    units = [{"unit_id": "u", "name_zh": "某市工业和信息化局", "region": "here", "contact": "0874"}]
    ds = build(*CHAIN, [("m", "b", 50)], surveyed=False, units=units)
    row = asked(ds)["exists"]
    assert (row["whom_zh"], row["contact"]) == ("某市工业和信息化局", "0874")
    contacts = [
        {"group_zh": "某集团", "product_id": "a", "region": "here", "contact": "张三", "phone": "1"}
    ]
    ds = build(*CHAIN, [("m", "b", 50)], surveyed=False, units=units, contacts=contacts)
    assert asked(ds)["exists"]["contact"] == "张三 1"


def test_questions_without_a_price_come_last(build):
    ds = build(
        [("a", "t"), ("c", "t", 1.0), ("b", "t", 1.0)],
        [("a", "b", 2.0), ("c", "b", 0.001)],
        [("m", "b", 50)],
        surveyed=False,
    )
    result = cg.plan_survey(ds)
    assert result.frame["interval_of"].tolist() == ["c", "a"]
    assert result.frame["rank"].tolist() == [1, 2]
    assert any("no price" in text for text in result.sentences("en"))
    assert len(cg.plan_survey(ds, limit=1)) == 1
    assert len(cg.plan_survey(ds, limit=0)) == 0
    with pytest.raises(cg.OptionError, match="-1"):
        cg.plan_survey(ds, limit=-1)


def test_an_effect_never_removes_more_than_all(build):
    state = cg.open_study(build(*CHAIN, [("m", "b", 50)], load=None)).state()
    size = len(state.gap.low)
    wider = Quantity.of(np.zeros(size), np.zeros(size), state.gap.high * 3)
    assert len(measure_effect(state, [wider]).products) == 0
    none = Quantity.zeros(size)
    assert measure_effect(state, [none]).share.max() == 1


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [(0, 0, "0"), (5, 9, "5–9"), (0, np.inf, "?"), (3, np.inf, "≥ 3"), (0, 9, "0–9")],
)
def test_intervals_need_no_language(low, high, text):
    assert interval_text(low, high) == text


def test_words_of_the_vocabularies():
    assert set(vocabulary("ask")) == set(ASKS)
    assert set(vocabulary("bureau")) == set(BUREAUS)


def test_gaps_that_were_found_settle_products_and_assumptions():
    ds = cg.load_dataset("toy")
    gaps = cg.find_gaps(ds, load=0.5, draws=0)
    plan = cg.plan_survey(gaps)
    assert plan.params["load"] == gaps.params["load"]
    assert len(cg.plan_survey(gaps.__class__(
        "gaps", gaps.frame.head(0), gaps.params, gaps.lang))) == 0  # fmt: skip
    with pytest.raises(cg.OptionError, match="乙市"):
        cg.plan_survey(gaps, region="乙市")
    with pytest.raises(cg.OptionError, match="gap_kind"):
        cg.plan_survey(cg.list_regions(ds))


def test_the_plan_of_qujing_asks_first_what_answers_most(qujing):
    state = cg.open_study(qujing).state()
    assert state.facts
    frame = cg.plan_survey(state).frame
    value = frame["answer_value_cny"]
    known = value[value.notna()]
    assert known.is_monotonic_decreasing
    assert value.iloc[: len(known)].notna().all()
    assert set(frame["ask"]) <= set(ASKS)
    assert frame["removed"].between(0, 1).all()
    first = frame.head(10)
    assert {"lfp", "lithium_carbonate", "alumina", "electricity"} <= set(first["product_id"])
    assert (frame["bureau"].isna() == frame["asked_makers"].notna()).all()


def test_a_region_that_is_not_the_focus(qujing):
    plan = cg.plan_survey(qujing, region="昆明市")
    assert len(plan)
    assert "昆明市" in plan.frame["question_zh"].iloc[0] + plan.frame["whom_zh"].str.cat()
