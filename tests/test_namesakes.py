"""Two regions of one name: pages never mix them, and every door takes the path that tells them apart."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.analysis import basis
from chaingraph.analysis import study as states
from chaingraph.analysis.study import as_state, as_states, as_study
from chaingraph.recruit.candidates import find_place
from chaingraph.recruit.ranking import open_view
from chaingraph.recruit.reasons import Facts
from chaingraph.regions import Region
from chaingraph.views.charts.capacity import capacity_over_time, capacity_steps
from chaingraph.views.drawing.svg import place_name
from chaingraph.views.facts.targets import choose_targets, read_rows
from chaingraph.views.report.build import render_report
from tests.helpers_cli import run

PRODUCTS = [(name, "t", 10.0) for name in "abcd"]
INPUTS = [("a", "b", 1.0), ("c", "d", 1.0)]
PARK = {"province": "甲省", "city": "甲市", "park": "工业园"}
OTHER = PARK | {"province": "乙省", "city": "乙市"}
FAR = {"province": "丙省", "city": "丙市"}
SITES = {
    "one": PARK | {"name_zh": "一厂", "anchor": 0},
    "two": OTHER | {"name_zh": "二厂", "anchor": 0},
    "three": OTHER | {"name_zh": "三厂", "anchor": 1},
    "four": FAR | {"name_zh": "四厂", "anchor": 0},
    "five": FAR | {"name_zh": "五厂", "anchor": 0},
}
MAKERS = [
    ("one", "b", 10), ("two", "a", 5), ("three", "d", 20), ("four", "c", 100), ("five", "a", 100),
]  # fmt: skip
LOOKED = [
    {"region": place, "products": "*", "method": "register", "as_of": "2024-06", "result": "all"}
    for place in ("甲省", "乙省")
]
"""Somebody looked at all that is made in both provinces."""


@pytest.fixture(scope="module")
def parks(build):
    """Park 工业园 of 甲市 makes b and lacks a; the one of 乙市 makes a and d and lacks c."""
    return build(PRODUCTS, INPUTS, MAKERS, sites=SITES, focus="", as_of="2024-12", surveys=LOOKED)


@pytest.fixture(scope="module")
def counties(build):
    """The same with a county 新区 in place of the park."""
    sites = {
        name: {("county" if key == "park" else key): "新区" if key == "park" else value
               for key, value in site.items()}
        for name, site in SITES.items()
    }  # fmt: skip
    return build(PRODUCTS, INPUTS, MAKERS, sites=sites, focus="", as_of="2024-12", surveys=LOOKED)


@pytest.mark.parametrize("case", ["parks", "counties"])
def test_targets_are_those_of_the_regions_own_gaps(case, request):
    ds = request.getfixturevalue(case)
    name = "工业园" if case == "parks" else "新区"
    for city, lacking in (("甲省/甲市", {"a"}), ("乙省/乙市", {"c"})):
        path = f"{city}/{name}"
        gaps = cg.find_gaps(ds, region=path)
        recruit = set(gaps.frame.loc[gaps.frame["gap_kind"] == "missing", "product_id"])
        assert recruit == lacking
        assert set(gaps.frame["region"]) == {path}
        found = choose_targets(cg.open_study(ds).state(path), asked=None)
        assert {row.product_id for row in read_rows(found) if row.gap_kind == "missing"} == lacking


@pytest.mark.parametrize("case", ["parks", "counties"])
def test_pages_show_the_region_asked_for(case, request):
    ds = request.getfixturevalue(case)
    name = "工业园" if case == "parks" else "新区"
    path = f"甲省/甲市/{name}"
    text = str(render_report(cg.build_report(ds, region=path), "md"))
    assert "五厂" in text
    assert "四厂" not in text
    assert "三厂" not in text
    page = cg.build_chain_map(ds, region=path, lang="zh")
    assert page.title.startswith(path)
    data = json.loads(re.search(r'id="data">(.*?)</script>', page.page, re.DOTALL)[1])
    first = [box["t"][0]["zh"] for box in data["boxes"] if "t" in box]
    assert first == ["五厂"]
    assert "五厂" in cg.build_figure(ds, figure="region", region=path).page
    for figure in ("flow", "charts"):
        assert path in cg.build_figure(ds, figure=figure, region=path).page
    for call in (cg.build_report, cg.build_chain_map):
        with pytest.raises(cg.OptionError, match=f"several regions are called '{name}'"):
            call(ds, region=name)


def test_capacity_over_time_is_that_of_the_region_asked_for(parks):
    (step,) = capacity_steps(parks, cg.region(parks, "乙市/工业园"), ["d"])
    assert step.operating[-1][1] == 20
    (step,) = capacity_steps(parks, "甲市/工业园", ["d"])
    assert step.operating == []
    assert "乙省/乙市/工业园" in capacity_over_time(parks, "乙市/工业园", ["d"], "zh")


def test_the_lists_of_a_park_level_keep_them_apart(parks):
    frame = cg.calculate_balance(parks, region="park").frame
    capacity = frame.set_index(["region", "product_id"])["capacity"]
    assert capacity["甲省/甲市/工业园", "b"] == 10
    assert capacity["乙省/乙市/工业园", "d"] == 20
    asked = cg.calculate_balance(parks, region=["乙市/工业园", "甲市/工业园"]).frame
    assert (
        asked.set_index(["region", "product_id"])["capacity"]
        .sort_index()
        .equals(capacity.sort_index())
    )


def test_a_region_named_twice_gives_one_block(qujing):
    once = cg.find_gaps(qujing, region=["曲靖市"], draws=0).frame
    twice = cg.find_gaps(qujing, region=["曲靖市", "Qujing", "530300"], draws=0).frame
    assert once.equals(twice)


def test_joined_regions_add_up_as_one(qujing):
    both = cg.region(qujing, "曲靖市") | cg.region(qujing, "昆明市")
    balance = cg.calculate_balance(qujing, region=both).frame.set_index("product_id")
    parts = cg.calculate_balance(qujing, region=["曲靖市", "昆明市"]).frame
    total = parts.groupby("product_id")["capacity"].sum()
    assert set(balance["region"]) == {"曲靖市 + 昆明市"}
    # totals said of one city are no totals of both
    known = balance["capacity"].dropna().drop("prebaked_anode")
    assert known.to_dict() == pytest.approx(total[known.index].to_dict())


# --- one study ---


@pytest.fixture
def opened(monkeypatch):
    """Return a counter of the studies that are opened and of the sites that are joined."""
    states._OPEN.clear()  # else what another test opened stands in for it
    counts = {"studies": 0, "joins": 0}

    def counting(home, name, key):
        real = getattr(home, name)

        def called(*args, **kwargs):
            counts[key] += 1
            return real(*args, **kwargs)

        monkeypatch.setattr(home, name, called)

    counting(states, "read_nation", "studies")
    counting(states, "local_rows", "joins")
    counting(basis, "local_rows", "joins")
    return counts


@pytest.mark.parametrize(
    "call",
    [
        cg.build_report,
        cg.build_chain_map,
        lambda ds: cg.build_figure(ds, figure="region"),
        lambda ds: cg.build_figure(ds, figure="charts"),
        lambda ds: cg.build_figure(ds, figure="flow"),
    ],
    ids=["report", "map", "region", "charts", "flow"],
)
def test_a_page_opens_one_study_and_joins_sites_once(toy, opened, call):
    call(toy)
    assert opened == {"studies": 1, "joins": 1}


def test_an_open_study_or_state_stands_for_its_dataset(toy, opened):
    study = cg.open_study(toy, at="2021-12", statuses=["operating", "construction"])
    state = study.state("甲市")
    options = {"at": "2021-12", "statuses": ["operating", "construction"], "region": "甲市"}
    counts = dict(opened)
    for call in (
        cg.find_gaps, cg.calculate_balance, cg.find_anchors, cg.find_cross_chain,
        cg.measure_local_content, cg.rank_targets,
        lambda source, **more: cg.explain_product(source, "foil", **more),
        lambda source, **more: cg.explain_target(source, "foil", "光箔", **more),
    ):  # fmt: skip
        one, two = call(study, region="甲市"), call(state)
        assert one.frame.equals(two.frame)
        assert one.params == two.params
        assert opened["studies"] == counts["studies"]
        fresh = call(toy, **options)
        assert fresh.frame.equals(two.frame)
        counts = dict(opened)


def test_a_state_of_another_region_than_the_focus_answers_for_its_own(toy):
    study = cg.open_study(toy)
    for call in (cg.find_gaps, cg.calculate_balance):
        asked = call(study, region="乙市").frame
        assert call(study.state("乙市")).frame.equals(asked)
        assert set(asked["region"]) == {"乙市"}


@pytest.mark.parametrize(
    ("option", "value"),
    [("at", "2020"), ("statuses", "planned"), ("load", 0.7), ("goal", {"cell": 3})],
)
def test_an_open_study_takes_no_other_assumptions(toy, option, value):
    study = cg.open_study(toy, at="2021-12", load=0.5, goal={"cell": 2})
    with pytest.raises(cg.OptionError, match=f"open under another '{option}'"):
        as_study(study, **{option: value})
    with pytest.raises(cg.OptionError, match=f"open under another '{option}'"):
        cg.find_gaps(study.state("甲市"), **{option: value})


@pytest.mark.parametrize(
    "same",
    [
        {"at": "2021-12", "statuses": "operating", "load": 0.5, "goal": {"cell": 2}},
        {"at": None, "statuses": {"operating": 1}, "load": "actual", "goal": None},
        {"load": 0.5},
    ],
)
def test_an_open_study_takes_its_own_assumptions_and_defaults(toy, same):
    study = cg.open_study(toy, at="2021-12", load=0.5, goal={"cell": 2})
    assert as_study(study, **same) is study


def test_a_state_is_that_of_its_region(toy):
    state = cg.open_study(toy).state("甲市")
    assert as_state(state, "Jia") is state
    assert as_states(state, ["甲市"])[1] == [state]
    with pytest.raises(cg.OptionError, match="the state of 甲市"):
        cg.find_gaps(state, region="乙市")
    with pytest.raises(cg.OptionError, match="the state of 甲市"):
        cg.find_gaps(state, region=["甲市", "乙市"])


# --- gaps settle what targets are ranked for ---


def test_gaps_bring_their_region_and_assumptions(toy):
    settled = {"at": "2021-12", "statuses": ["operating", "construction"], "goal": {"foil": 5000}}
    gaps = cg.find_gaps(toy, load={"cell": 0.5}, **settled)
    targets = cg.rank_targets(toy, gaps)
    assert {name: targets.params[name] for name in ("at", "statuses", "load", "goal")} == {
        "at": "2021-12", "statuses": {"operating": 1, "construction": 1},
        "load": {"cell": 0.5}, "goal": {"foil": 5000},
    }  # fmt: skip
    wanted = gaps.frame.assign(gap=-gaps.frame["balance"]).set_index("product_id")["gap"]
    found = targets.frame.drop_duplicates("product_id").set_index("product_id")["gap"]
    assert found["foil"] == pytest.approx(wanted["foil"])
    same = cg.rank_targets(toy, gaps, region="Jia", at="2021-12", statuses=settled["statuses"])
    assert same.frame.equals(targets.frame)
    study = cg.open_study(toy, load={"cell": 0.5}, **settled)
    assert cg.rank_targets(study, gaps).frame.equals(targets.frame)
    assert cg.rank_targets(study.state("甲市"), gaps).frame.equals(targets.frame)


@pytest.mark.parametrize("option", [{"at": "2020"}, {"statuses": "planned"}])
def test_gaps_found_otherwise_are_refused(toy, option):
    gaps = cg.find_gaps(toy, at="2021-12", draws=0)
    with pytest.raises(cg.OptionError, match="found at another date"):
        cg.rank_targets(toy, gaps, **option)
    with pytest.raises(cg.OptionError, match="found at another date"):
        cg.rank_targets(cg.open_study(toy, **option), gaps)


def test_gaps_of_one_region_are_never_ranked_for_another(qujing):
    gaps = cg.find_gaps(qujing, region="昆明市", draws=0)
    with pytest.raises(cg.OptionError, match="those of 昆明市, not of 曲靖市"):
        cg.rank_targets(qujing, gaps, region="曲靖市")
    with pytest.raises(cg.OptionError, match="those of 昆明市, not of 曲靖市"):
        cg.rank_targets(cg.open_study(qujing).state(), gaps)
    assert set(cg.rank_targets(qujing, gaps, limit=1).frame["region"]) == {"昆明市"}
    several = cg.find_gaps(qujing, region=["昆明市", "曲靖市"], draws=0)
    ranked = cg.rank_targets(qujing, several, region="昆明市", limit=1)
    alone = cg.rank_targets(qujing, gaps, limit=1)
    assert ranked.frame.equals(alone.frame)
    with pytest.raises(cg.OptionError, match="not of 昭通市"):
        cg.rank_targets(qujing, several, region="昭通市")


def test_gaps_of_a_joined_region_are_ranked_for_it(qujing):
    both = cg.region(qujing, "曲靖市 + 昆明市")
    gaps = cg.find_gaps(qujing, region=both, draws=0)
    assert set(cg.rank_targets(qujing, gaps, limit=1).frame["region"]) == {both.name}


# --- places without a site ---


def empty_places(ds):
    named = set(ds.enterprises["province"]) | set(ds.enterprises["city"])
    named |= set(ds.enterprises["county"].dropna())
    return [name for name in ds.table("regions")["name_zh"] if name not in named]


def test_every_listed_place_without_a_site_can_be_ranked_for(qujing):
    places = empty_places(qujing)
    assert len(places) > 100
    state = cg.open_study(qujing).state()
    graph = state.study.product_graph
    view = open_view(state, [graph.find("lfp")])
    evidence = view.field.evidence
    for name in places:
        place = find_place(evidence, cg.region(qujing, name), view.setting.points)
        facts = Facts(
            replace(view, place=place), state, np.array([0]), pd.DataFrame(), np.array([False])
        )
        own = place.inside & (evidence.columns["group"] == facts.group[0])
        assert facts.local_rows(0).tolist() == np.flatnonzero(own).tolist(), name


@pytest.mark.parametrize("place", ["承德市", "Sansha", "469001"])
def test_the_command_ranks_for_a_place_without_a_site(qujing, place):
    assert cg.region(qujing, place).mask(qujing.enterprises).sum() == 0
    told = run("targets", "qujing", "--gap", "lfp", "--region", place, "--top", "1").stdout
    assert cg.region(qujing, place).name in told


def test_english_names_stand_for_every_part_of_a_shown_name(toy):
    assert place_name(toy, "甲市", "en") == "Jia"
    assert place_name(toy, "甲省/甲市/新区", "en").endswith("/Jia/新区")
    assert place_name(toy, "甲市 + (乙市 ~ 20 km)", "en") == "Jia + (Yi ~ 20 km)"
    assert place_name(toy, "甲市 + 乙市", "zh") == "甲市 + 乙市"


def test_a_whole_region_needs_no_name(toy):
    assert as_state(toy, "*").region == Region("*")
