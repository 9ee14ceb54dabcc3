"""What is known of a product in a region, and what that calls for: every level, rule and threshold."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import Phase, given, settings

import chaingraph as cg
from chaingraph.analysis.decide import FACTS, decide, decision_table
from chaingraph.knowledge.evidence import CODE, LEVELS, MADE
from tests.test_properties import dataset, some_tables

AT = "2024-12"
FRESH, STALE = "2022-12", "2022-11"
"""24 months before the date, and 25."""


class Town:
    """Products that one local line takes, each with what is said of it; three far cities make each of them."""

    def __init__(self, build, cases, **options):
        """Take (product, evidence expected, what is said: rows of tables and `far`, the cities that make it)."""
        products, makers, sites, tables = [("end", "t", 1)], [("x", "end", 10)], {}, {}
        home = {"city": "here", "province": "P"}
        sites["x"] = home
        for name, _, said in cases:
            products.append((name, "t", 1, said.get("product", {})))
            for number in range(said.get("far", 3)):
                maker = f"{name}_{number}"
                makers.append((maker, name, 7))
                sites[maker] = {"city": f"far{number}", "province": "Q"}
            for number, (figure, more) in enumerate(said.get("rows", [])):
                maker = f"{name}_here{number}"
                makers.append((maker, name, figure, more))
                sites[maker] = home
            for row in said.get("surveys", []):
                tables.setdefault("surveys", []).append(survey(name) | row)
            for row in said.get("outputs", []):
                tables.setdefault("outputs", []).append(
                    {"region": "here", "product_id": name, "year": "2024", "measure": "output",
                     "value": 5, "unit": "t"} | row
                )  # fmt: skip
            for row in said.get("projects", []):
                number = len(tables.setdefault("projects", []))
                tables["projects"].append(
                    {"project_id": f"e{number}", "city": "here", "company_zh": f"F{number}",
                     "product_id": name, "event": "started", "date": "2024-06"} | row
                )  # fmt: skip
        links = [(name, "end", said.get("unit", 1)) for name, _, said in cases]
        ds = build(
            products, links, makers, sites=sites, as_of=AT, surveyed=False, **(tables | options)
        )
        self.state = cg.open_study(ds).state()
        self.place = {name: self.state.study.product_graph.find(name) for name, *_ in products}

    def levels(self):
        return {name: LEVELS[self.state.evidence.level[spot]] for name, spot in self.place.items()}

    def rules(self):
        rules = decision_table().rules
        return {name: rules[self.state.decisions.rule[at]].id for name, at in self.place.items()}

    def gap(self, name):
        part = self.state.gap.take([self.place[name]])
        return [float(part.low[0]), float(part.point[0]), float(part.high[0])]


def survey(product):
    return {
        "region": "here", "products": product, "method": "register", "as_of": AT, "result": "none",
    }  # fmt: skip


def rows(*figures, **more):
    return {"rows": [(figure, more) for figure in figures]}


def said(**row):
    return {"surveys": [row]}


def total(**row):
    return {"outputs": [row]}


def event(**row):
    return {"projects": [row]}


CASES = [
    # made here, by rows
    ("row", "rows", rows(5)),
    ("rows_two", "rows", rows(5, 6)),
    ("row_trial", "rows", rows(5, status="trial")),
    ("row_and_bare", "rows_part", rows(5, None)),
    ("row_and_some", "rows_part", rows(5) | said(result="some")),
    ("row_total_near", "rows", rows(100) | total(measure="capacity", value=105)),
    ("row_total_above", "rows_part", rows(100) | total(measure="capacity", value=105.1)),
    ("row_total_building", "rows", rows(100) | total(measure="capacity", value=150, status="with_construction")),
    ("row_listed", "rows", rows(5) | said(result="listed")),
    ("row_denied", "rows", rows(5) | said(result="none")),  # rows before statements
    ("bare", "rows_bare", rows(None)),
    ("bare_two", "rows_bare", rows(None, None)),
    # made here, by what is said
    ("total_output", "reported", total()),
    ("total_capacity", "reported", total(measure="capacity")),
    ("total_none", "unseen", total(value=0)),
    ("total_use", "unseen", total(measure="use")),
    ("some", "reported", said(result="some")),
    ("listed", "unseen", said(result="listed")),
    ("commissioned", "reported", event(event="commissioned")),
    ("full_output", "reported", event(event="full_output")),
    ("trial_event", "reported", event(event="trial")),
    ("head_office", "reported", rows(9, scope="group")),
    # under construction
    ("building", "building", rows(5, status="construction", since=FRESH)),
    ("building_old", "unseen", rows(5, status="construction", since=STALE)),
    ("building_seen", "building", rows(5, status="construction", since=STALE, last_confirmed=FRESH)),
    ("started", "building", event(date=FRESH)),
    ("started_old", "unseen", event(date=STALE)),
    ("resumed", "building", event(event="resumed")),
    ("cancelled", "unseen", {"projects": [
        {"company_zh": "K", "date": "2024-01"}, {"company_zh": "K", "event": "cancelled"},
    ]}),
    ("programme", "unseen", event(scope="programme")),
    # somebody looked
    *((f"none_{method}", "absent", said(method=method))
      for method in ("register", "statistics", "visit", "bureau_list")),
    ("none_web", "absent_likely", said(method="web_search")),
    ("none_document", "absent_likely", said(method="document")),
    ("none_fresh", "absent", said(as_of=FRESH)),
    ("none_old", "absent_likely", said(as_of=STALE)),
    ("all_and_no_row", "absent", said(result="all")),
    ("none_twice", "absent", {"surveys": [{"as_of": "2024-03"}, {"as_of": "2024-09", "method": "web_search"}]}),
    ("none_and_building", "building", said() | rows(5, status="construction", since="2024")),
    ("none_and_planned", "absent", said() | rows(5, status="planned", as_of="2024-06")),
    # a newer contrary statement wins; of one date what is made
    ("made_later", "reported", said(as_of="2024-03") | event(event="commissioned", date="2024-09")),
    ("none_later", "absent", said(as_of="2024-09") | event(event="commissioned", date="2024-03")),
    ("same_day", "reported", said(as_of="2024-06") | event(event="commissioned", date="2024-06")),
    ("some_later", "reported", {"surveys": [{"as_of": "2024-03"}, {"as_of": "2024-09", "result": "some"}]}),
    ("web_last", "absent_likely", {
        "surveys": [{"as_of": "2024-01"}, {"as_of": "2024-09", "method": "web_search"}],
        **event(event="commissioned", date="2024-03"),
    }),
    # announced
    ("planned", "announced", rows(5, status="planned", as_of="2024-06")),
    ("planned_fresh", "announced", rows(5, status="planned", as_of=FRESH)),
    ("planned_old", "unseen", rows(5, status="planned", as_of=STALE)),
    ("signed", "announced", event(event="signed", date=FRESH)),
    ("signed_old", "unseen", event(event="signed", date=STALE)),
    ("talks", "announced", event(event="talks", date="2023-12")),
    ("talks_old", "unseen", event(event="talks", date="2023-11")),
    # by how it is supplied, and how well it is collected
    ("utility", "utility", {"product": {"supply_mode": "utility"}}),
    ("utility_made", "rows", rows(5) | {"product": {"supply_mode": "utility"}}),
    ("flow", "flow", {"product": {"supply_mode": "flow"}}),
    ("nobody", "not_collected", {"far": 0}),
    ("grid_few", "not_collected", {"far": 4, "product": {"supply_mode": "grid"}}),
    ("grid_many", "unseen", {"far": 5, "product": {"supply_mode": "grid"}}),
    ("ore_few", "not_collected", {"far": 4, "product": {"kind": "resource"}}),
    ("ore_many", "unseen", {"far": 5, "product": {"kind": "resource"}}),
    ("one_city", "thin", {"far": 1}),
    ("two_cities", "thin", {"far": 2}),
    ("three_cities", "unseen", {"far": 3}),
]  # fmt: skip


@pytest.fixture(scope="module")
def town(build):
    return Town(build, CASES)


@pytest.mark.parametrize(("product", "level"), [case[:2] for case in CASES])
def test_evidence(town, product, level):
    assert town.levels()[product] == level


def test_every_level_is_among_the_cases():
    assert {level for _, level, _ in CASES} == set(LEVELS)


def test_what_a_level_other_than_of_rows_rests_on(town):
    evidence = town.state.evidence
    why = {name: evidence.why[spot] for name, spot in town.place.items()}
    assert {why[name] for name in ("total_output", "total_capacity")} == {"total"}
    assert {why[name] for name in ("some", "none_register", "none_web")} == {"survey"}
    assert (why["commissioned"], why["head_office"], why["row"]) == ("event", "head_office", "")
    date = {name: evidence.date[spot] for name, spot in town.place.items()}
    assert (date["none_fresh"], date["made_later"]) == (FRESH, "2024-09")


def test_only_absence_that_somebody_looked_for_is_called_missing(town):
    kinds = dict(
        zip(
            town.place,
            np.array(town.state.decisions.text("kind"))[list(town.place.values())],
            strict=True,
        )
    )
    levels = town.levels()
    assert {name for name, kind in kinds.items() if kind == "missing"} == {
        name for name, level in levels.items() if level == "absent"
    }
    assert {name for name, kind in kinds.items() if kind == "missing_likely"} == {
        name for name, level in levels.items() if level == "absent_likely"
    }


# --- places


REGIONS = [
    {"name_zh": "P", "level": "province", "adcode": "10"},
    {"name_zh": "here", "level": "prefecture", "adcode": "1001", "parent": "10"},
    {"name_zh": "north", "level": "county", "adcode": "100101", "parent": "1001"},
    {"name_zh": "south", "level": "county", "adcode": "100102", "parent": "1001"},
]
PLACES = [
    ("province", "absent", said(region="P")),
    ("other_province", "unseen", said(region="Q")),
    ("one_county", "unseen", said(region="north")),
    ("both_counties", "absent", {"surveys": [{"region": "north"}, {"region": "south"}]}),
    ("a_county_all", "unseen", {"surveys": [{"region": "north", "result": "all"}, {"region": "south", "result": "all"}]}),
    ("a_county_some", "reported", said(region="north", result="some")),
    ("province_some", "unseen", said(region="P", result="some")),
    ("country", "absent", said(region="*")),
    ("county_total", "unseen", total(region="north")),
]  # fmt: skip


def test_a_survey_speaks_of_what_lies_within_its_place(build):
    """A province's `none` holds for its cities; a county's only where every county says so."""
    town = Town(build, PLACES, regions=REGIONS)
    assert {name: town.levels()[name] for name, *_ in PLACES} == {
        name: level for name, level, _ in PLACES
    }


# --- rules


USED = [
    ("covered", "H7", rows(5, 5)),
    ("single", "H6", rows(10)),
    ("short_just_not", "H6", rows(9.5)),  # what lacks is 5% of the demand
    ("short_just", "H1", rows(9.49)),
    ("bare", "H3", rows(None) | {"far": 1}),  # two plants say nothing of the size of a third
    ("bare_small", "H1", rows(None)),  # three others make 7, so 3 of 10 lack
    ("total", "H3", event(event="commissioned")),
    ("top_70", "H7", rows(7, 3)),
    ("top_71", "H6", rows(7.1, 2.9)),
    ("coming", "A2", rows(5, status="construction", since="2024")),
    ("absent", "A3", said()),
    ("likely", "A4", said(method="web_search")),
    ("announced", "A5", event(event="signed")),
    ("utility", "A6", {"product": {"supply_mode": "utility"}}),
    ("flow", "A7", {"product": {"supply_mode": "flow"}}),
    ("nobody", "A8", {"far": 0}),
    ("thin", "A9", {"far": 1}),
    ("unseen", "A10", {}),
    ("not_wanted", "A1", {"unit": 0}),
]


def test_rules_of_what_one_line_takes(build):
    town = Town(build, USED)
    assert {name: town.rules()[name] for name, *_ in USED} == {name: rule for name, rule, _ in USED}


def rule_of(build, product, products, links, makers, **options):
    state = cg.open_study(build(products, links, makers, **options)).state()
    rules = decision_table().rules
    return rules[state.decisions.rule[state.study.product_graph.find(product)]].id


def test_rule_of_an_open_choice(build):
    """With 60 of 100 of either, each may lack 40 and none must."""
    either = {"alternative_group": "g"}
    links = [("a", "end", 1, either), ("b", "end", 1, either)]
    makers = [("x", "end", 100), ("m", "a", 60), ("n", "b", 30)]
    assert rule_of(build, "a", "a b end", links, makers) == "H2"


def test_rule_of_what_a_site_takes_itself(build):
    links, makers = [("wafer", "cell", 1)], [("s", "wafer", 10), ("s", "cell", 10)]
    assert rule_of(build, "wafer", "wafer cell", links, makers) == "H4"


@pytest.mark.parametrize(("taken", "rule"), [(89.9, "H5"), (90, "H6")])
def test_what_is_spare_could_feed_a_product_that_nobody_makes_here(build, taken, rule):
    links = [("foil", "cell", 1), ("foil", "film", 1)]
    makers = [("m", "foil", 100), ("x", "cell", taken)]
    assert rule_of(build, "foil", "foil cell film", links, makers) == rule


@pytest.mark.parametrize(("load", "mark"), [(0.49, "idle_nation"), (0.5, "")])
def test_what_the_nation_leaves_idle_is_not_advised(build, load, mark):
    """The user runs in trial: it surely takes nothing, so nothing here speaks for more."""
    makers = [("x", "end", 10, {"status": "trial"}), ("m", "p", 5), ("n", "p", 5), ("o", "p", 5)]
    sites = {name: {"city": f"far_{name}"} for name in "mno"}
    fact = {
        "product_id": "p",
        "measure": "load",
        "value": load,
        "date": "2024",
        "source_url": "https://example.org",
    }
    ds = build(
        "p end", [("p", "end", 1)], makers, sites=sites, as_of=AT, surveyed=False, load=None, product_facts=[fact]
    )  # fmt: skip
    row = cg.find_gaps(ds, draws=0).frame.set_index("product_id").loc["p"]
    assert row["gap_kind"] == "unseen"
    assert (row["mark"] or "") == mark
    assert (row["verb"] == "not_advised") == bool(mark)


def test_ages_of_a_total(build):
    """A total of up to 36 months counts, one of 37 tells only that something is made."""
    cases = [
        ("fresh", "", total(measure="capacity", value=4, year="2021-12")),
        ("old", "", total(measure="capacity", value=4, year="2021-11")),
    ]
    town = Town(build, cases)
    assert town.gap("fresh") == [6, 6, 6]
    assert town.rules()["fresh"] == "H1"
    low, point, high = town.gap("old")
    assert (low, high) == (0, 10)
    assert np.isnan(point)
    assert town.rules()["old"] == "H3"


# --- the table has no hole


OTHER = {
    "building": "A2", "absent": "A3", "absent_likely": "A4", "announced": "A5", "utility": "A6",
    "flow": "A7", "not_collected": "A8", "thin": "A9", "unseen": "A10",
}  # fmt: skip


def expected(level, fact):
    """Return the rule as the table is written down: which state of a product calls for what."""
    if level not in MADE:
        return OTHER[level] if fact["need"] else "A1"
    if fact["need"] and fact["sure"]:
        return "H1"
    if fact["need"] and fact["may"]:
        return "H2" if fact["eo"] else "H3"
    if fact["own"] and not fact["spare"]:
        return "H4"
    if fact["spare"] and fact["down"]:
        return "H5"
    return "H6" if fact["need"] and fact["one"] and not fact["own"] else "H7"


def test_one_rule_fits_every_state():
    """Of all 13 levels and all facts that can hold together the first rule that fits is the one written down."""
    states = []
    for level, *values in itertools.product(LEVELS, *([False, True] for _ in FACTS)):
        fact = dict(zip(FACTS, values, strict=True))
        sizes = fact["sure"] + fact["may"] + fact["none"]
        possible = sizes == 1 if fact["need"] else not (fact["sure"] or fact["may"] or fact["own"])
        if possible and not (fact["eo"] and not fact["may"]):
            states.append((level, fact))
    level = np.array([CODE[name] for name, _ in states])
    facts = {name: np.array([fact[name] for _, fact in states]) for name in FACTS}
    chosen = decide(level, facts, np.zeros(len(states), dtype=bool)).rule
    assert (chosen >= 0).all()
    rules = [rule.id for rule in decision_table().rules]
    assert [rules[number] for number in chosen.tolist()] == [expected(*state) for state in states]
    assert {rules[number] for number in chosen.tolist()} == set(rules)


def test_words_of_the_table_are_of_its_lists():
    table = decision_table()
    for rule in table.rules:
        assert rule.kind in {*table.kinds, ""}
        for words in ({"verb": rule.verb, "then": rule.then, "list": rule.list}, rule.assured):
            assert {words.get("verb", ""), words.get("then", "")} <= {*table.verbs, "size", ""}
            assert words.get("list", "") in {*table.lists, ""}
    assert set(table.size.values()) <= set(table.verbs)
    assert {*table.marked, *table.revived} <= {rule.id for rule in table.rules}


@settings(max_examples=8, deadline=None, derandomize=True, phases=[Phase.generate])
@given(some_tables())
def test_nothing_is_missing_where_nobody_looked(tables):
    frame = cg.find_gaps(dataset(tables), region="*", draws=0).frame
    assert not frame["gap_kind"].isin(["missing", "missing_likely"]).any()
    assert not frame["evidence"].isin(["absent", "absent_likely"]).any()
