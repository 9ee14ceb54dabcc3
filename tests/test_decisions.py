"""What is known of a product in a region, and what that calls for: every level, rule and threshold."""

from __future__ import annotations

import numpy as np
import pytest

import chaingraph as cg
from chaingraph.analysis.decide import decision_table
from chaingraph.knowledge.evidence import LEVELS

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
        self.place = {name: self.state.study.graph.find(name) for name, *_ in products}

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
