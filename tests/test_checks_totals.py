"""Rules about totals of groups, and about dates that lie ahead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chaingraph.checks import Finding, run_checks
from tests.helpers_raw import Case, assert_case, raw_dataset, raw_packages, rules_of

PRODUCTS = "product_id,name_zh,unit\na,甲,t\nb,乙,t\n"
GROUP = "enterprise_id,name_zh,group_zh\nhead,总部,集团\ne,甲厂,集团\nf,乙厂,集团\ng,丙厂,别家\nh,丁厂,\n"
CAPACITY = "enterprise_id,product_id,capacity,unit,scope,status,since,until,as_of\n"
PROJECT = "project_id,date,status,product_id\n"
TOTAL = "head,a,100,t,group,,,,2022"


def _rows(*rows: str) -> dict[str, str]:
    return {
        "products": PRODUCTS,
        "enterprises": GROUP,
        "capacities": CAPACITY + "\n".join(rows),
    }


CASES: dict[str, Case] = {
    "group-below-sites": (
        _rows(TOTAL, "e,a,60,t,site,,,,2022", "f,a,50,t,site,,,,2022"),
        _rows(TOTAL, "e,a,60,t,site,,,,2022", "f,a,40,t,site,,,,2022"),
    ),
    "site-equals-group": (
        _rows(TOTAL, "e,a,100,t,site,,,,2022", "f,a,,t,site,,,,2022"),
        _rows(TOTAL, "e,a,100,t,site,,,,2022"),
    ),
    "group-at-site": (
        _rows(TOTAL, "head,a,20,t,site,,,,2022"),
        _rows(TOTAL, "head,a,20,t,site,planned,,,2022"),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_rule_finds_its_case_and_not_its_neighbour(rule: str) -> None:
    """Each rule reports the wrong row and lets the right one pass."""
    assert_case(rule, CASES[rule])


def _totals(*rows: str) -> list[Finding]:
    found = run_checks(raw_dataset(_rows(*rows)))
    names = {"group-below-sites", "site-equals-group", "group-at-site"}
    return [finding for finding in found if finding.rule in names]


def test_units_are_converted_and_the_sum_is_told() -> None:
    """60 t and 0.05 kt are 110 t."""
    finding = _totals(TOTAL, "e,a,60,t,,,,,2022", "f,a,0.05,kt,,,2021,,")[0]
    assert finding.params["total"] == "110"
    assert "2 rows of that time make 110 t" in finding.text("en")
    assert finding.line == 2


@pytest.mark.parametrize(
    "site",
    [
        "f,a,50,t,,,,,2023",  # seen later: it may have grown
        "f,a,50,t,,,2023-01,,2022",  # runs later
        "f,a,50,t,,,2010,2022-06,2022",  # ended within the year
        "f,a,50,t,,,,,",  # no date at all
        "f,a,50,t,,planned,,,2022",
        "f,a,50,t,,closed,,,2022",
        "f,b,50,t,,,,,2022",  # another product
        "g,a,50,t,,,,,2022",  # another group
        "h,a,50,t,,,,,2022",  # no group
        "f,a,40.5,t,,,,,2022",  # within a hundredth
        "f,a,50,GWh,,,,,2022",  # another rule's
    ],
)
def test_sites_that_do_not_contradict_a_total(site: str) -> None:
    """Only what surely ran at the total's date counts."""
    assert not _totals(TOTAL, "e,a,60,t,,,,,2022", site)


def test_a_total_without_a_date_or_figure_is_not_judged() -> None:
    """Nothing says what it covers."""
    sites = ("e,a,60,t,,,,,2022", "f,a,50,t,,,,,2022")
    assert not _totals("head,a,100,t,group,,,,", *sites)
    assert not _totals("head,a,,t,group,,,,2022", *sites)
    assert not _totals("head,a,100,t,group,planned,,,2022", *sites)


def test_equal_figures_are_one_finding_at_the_site() -> None:
    """Also where both stand at one enterprise, and where the sites make more than the total."""
    for rows in (
        (TOTAL, "head,a,0.1,kt,,,,,2022"),
        (TOTAL, "e,a,100,t,,,,,2022", "f,a,50,t,,,,,2022"),
    ):
        found = _totals(*rows)
        assert [(finding.rule, finding.line) for finding in found] == [("site-equals-group", 3)]


CARD = {"city": "2024-12"}


def _dated(as_of: str = "2024-12", **tables: str) -> list[Finding]:
    raw = raw_dataset(products=PRODUCTS, enterprises=GROUP, **tables)
    raw.packages[-1] = replace(raw.packages[-1], as_of=as_of)
    return [finding for finding in run_checks(raw) if finding.rule == "date-ahead"]


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("e,a,1,t,,,2025-01,,", "since"),
        ("e,a,1,t,,operating,2026,,", "since"),
        ("e,a,1,t,,closed,2025-06-01,,", "since"),
        ("e,a,1,t,,suspended,2025,,2024", "since"),
        ("e,a,1,t,,,2025-08,,2025-06", "since"),
        ("e,a,1,t,,planned,,,2042", "as_of"),
        ("e,a,1,t,,,,,2027-01", "as_of"),
    ],
)
def test_dates_of_capacities_that_lie_ahead(row: str, column: str) -> None:
    """What runs began before it was seen."""
    found = _dated(capacities=CAPACITY + row)
    assert [finding.column for finding in found] == [column]
    assert found[0].text("zh")


@pytest.mark.parametrize(
    "row",
    [
        "e,a,1,t,,,2024,,",
        "e,a,1,t,,,2024-12-31,,",
        "e,a,1,t,,construction,2027,,",
        "e,a,1,t,,planned,2030,,2025-01",
        "e,a,1,t,,,2025-08,,2025-08",  # the row is younger than the card
        "e,a,1,t,,,2025-08,,2025",
        "e,a,1,t,,,,,2026",  # two years at most
        "e,a,1,t,,,2020,2031,",  # a closing that is announced
        "e,a,1,t,,,soon,,",  # another rule's
    ],
)
def test_dates_that_may_be(row: str) -> None:
    """Plans, rows younger than the card, whole years."""
    assert not _dated(capacities=CAPACITY + row)


def test_projects_are_measured_by_the_youngest_capacity() -> None:
    """They have no date of their own."""
    projects = PROJECT + "p,2025-06,operating,a\nq,2025-06,planned,a\nr,2024-12,operating,a\n"
    assert [finding.line for finding in _dated(projects=projects)] == [2]
    seen = CAPACITY + "e,a,1,t,,,,,2025-07"
    assert not _dated(projects=projects, capacities=seen)
    wrong = CAPACITY + "e,a,1,t,,,,,2052-07"  # does not vouch for anything
    assert [finding.table for finding in _dated(projects=projects, capacities=wrong)] == [
        "capacities",
        "projects",
    ]


def test_folders_without_a_date_are_left_out() -> None:
    """Each folder is measured by its own card, none by the clock."""
    assert not _dated("", capacities=CAPACITY + "e,a,1,t,,,2099,,")
    assert not _dated("unknown", capacities=CAPACITY + "e,a,1,t,,,2099,,")
    chain = {
        "products": PRODUCTS,
        "enterprises": GROUP,
        "capacities": CAPACITY + "e,a,1,t,,,2025,,",
    }
    raw = raw_packages({"chain": chain, "city": {}})
    raw.packages[1] = replace(raw.packages[1], as_of="2024-12")
    assert "date-ahead" not in rules_of(raw)
    raw.packages[0] = replace(raw.packages[0], as_of="2024")
    assert "date-ahead" in rules_of(raw)
