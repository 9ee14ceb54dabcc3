"""What rows of the bundled data may say: totals, pages, prices, units, bounds, parts, families.

Each rule is a function of `helpers_data`, held to bad rows here too, so that a rule that sees nothing fails.
"""

from __future__ import annotations

import csv

import pytest

import chaingraph as cg
from tests.helpers_data import (
    CHAINS,
    CITY_AND_CHAINS,
    CONFIRMED_SINCE,
    FOLDERS,
    REPOSITORY,
    far_prices,
    made_by_family,
    rows_of,
    table,
    unnamed_container,
    without_page,
    wrong_unit,
)

MISFITS = REPOSITORY / "tests" / "data" / "misfits.csv"
DOUBTFUL = ["neither", "above", "no_rows"]
UNITS = {row["product_id"]: row["unit"] for row in rows_of("products")}
FOCUS = {row["enterprise_id"] for row in rows_of("enterprises") if row["city"] == "曲靖市"}


@pytest.fixture(scope="module")
def misfits():
    """Totals known not to fit the rows: by place, products, date and measure, the bounds of total over rows."""
    with MISFITS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, strict=True))
    assert all(row["reason"] for row in rows)
    assert all(bool(row["low"]) == bool(row["high"]) for row in rows)
    return {
        tuple(row[name] for name in ("region", "products", "year", "measure")): row for row in rows
    }


@pytest.fixture(scope="module")
def totals(qujing):
    """Return the totals of a city and of its province against the rows, each worked out once."""
    return {region: cg.reconcile(qujing, region).frame for region in ("曲靖市", "云南省")}


@pytest.mark.parametrize("region", ["曲靖市", "云南省"])
def test_a_total_fits_the_rows_or_is_known_not_to_and_says_whom_to_ask(totals, misfits, region):
    frame = totals[region]
    doubtful = frame[frame["total_verdict"].isin(DOUBTFUL)]
    found = set()
    for total in doubtful.to_dict("records"):
        key = tuple(total[name] for name in ("region", "product_id", "year", "measure"))
        assert key in misfits, f"a new misfit: mend the rows or give its reason in {MISFITS.name}"
        assert total["region"] in total["whom_zh"], key
        low, high = misfits[key]["low"], misfits[key]["high"]
        assert bool(low) == (total["total_verdict"] != "no_rows"), key
        assert not low or float(low) <= total["said_ratio"] <= float(high), key
        found.add(key)
    here = {key for key in misfits if key[0] in set(frame["region"])}
    assert here == found, "these fit by now: take them out"


def test_most_totals_of_the_city_fit(totals):
    frame = totals["曲靖市"]
    fitting = frame[~frame["total_verdict"].isin(DOUBTFUL)]
    assert len(fitting) >= len(frame) / 2
    assert {"lfp", "primary_aluminium", "wafer"} <= set(fitting["product_id"])


@pytest.mark.parametrize("folder", CHAINS)
def test_no_row_runs_without_a_page_or_the_word_that_it_has_none(folder):
    rows = table(folder, "capacities")
    bad = [row for row in rows if without_page(row, focus=row["enterprise_id"] in FOCUS)]
    assert bad == []


RUNS = {"status": "operating", "source_url": "", "note": "", "last_confirmed": ""}


@pytest.mark.parametrize(
    ("more", "focus", "bad"),
    [
        ({}, False, True),
        ({"source_url": "https://a.cn"}, False, False),
        ({"note": "general knowledge"}, False, False),
        ({"note": "running not confirmed"}, False, False),
        ({"status": "trial"}, False, True),
        ({"status": "construction"}, False, False),
        ({"source_url": "https://a.cn"}, True, True),
        ({"note": "general knowledge"}, True, True),
        ({"note": "running not confirmed: no page later than 2022"}, True, False),
        ({"last_confirmed": "2024-12"}, True, True),
        ({"last_confirmed": CONFIRMED_SINCE}, True, False),
        ({"status": "closed"}, True, False),
    ],
)
def test_what_a_running_row_needs(more, focus, bad):
    assert without_page(RUNS | more, focus=focus) == bad


def accepted_far(folder):
    card = cg.check_dataset(folder)[0].main
    return {entry.key for entry in card.accepted if entry.rule == "price-far"}


def test_no_price_lies_far_from_the_date_without_a_mark(qujing):
    marked = {key for folder in CITY_AND_CHAINS for key in accepted_far(folder)}
    args = list(rows_of("products")), list(rows_of("product_facts")), qujing.as_of
    assert far_prices(*args, marked) == {}
    assert marked <= set(far_prices(*args)), "these have a price near the date by now"


@pytest.mark.parametrize("at", ["2024-12", "2025-12"])
def test_the_mark_of_a_price_is_on_those_that_lie_far_from_the_date(qujing, at):
    frame = cg.calculate_balance(qujing, at=at).frame.set_index("product_id")
    priced = frame[frame["price_cny"].notna()]
    nation = [row for row in rows_of("product_facts") if not row["region"]]
    far = far_prices(rows_of("products"), nation, at)
    assert len(priced) > 40
    assert set(priced.index[priced["price_far"]]) == set(far) & set(priced.index)


@pytest.mark.parametrize(
    ("dates", "table_date", "far"),
    [
        (["2023-12"], "", {}),
        (["2023-11"], "", {"a": "2023-11"}),
        (["2025-12"], "", {}),
        (["2026-01"], "", {"a": "2026-01"}),
        (["2020", "2025-01"], "2018", {}),
        ([], "2018", {"a": "2018"}),
        ([], "2024", {}),
    ],
)
def test_twelve_months_are_near(dates, table_date, far):
    products = [
        {"product_id": "a", "price_cny": "1" if table_date else "", "price_as_of": table_date}
    ]
    facts = [{"product_id": "a", "measure": "price", "date": date} for date in dates]
    facts.append({"product_id": "a", "measure": "load", "date": "2024-12"})
    assert far_prices(products, facts, "2024-12") == far
    assert far_prices(products, facts, "2024-12", ["a"]) == {}


@pytest.mark.parametrize("name", ["capacities", "outputs", "product_facts", "projects"])
def test_units_are_those_of_the_product(name):
    wrong = [(row, unit) for row in rows_of(name) if (unit := wrong_unit(row, UNITS))]
    assert wrong == []


@pytest.mark.parametrize(
    ("row", "unit"),
    [
        ({"product_id": "wafer", "unit": "MW"}, "GW"),
        ({"product_id": "wafer", "unit": "GW"}, ""),
        ({"product_id": "wafer", "unit": "GW", "measure": "price"}, "CNY/GW"),
        ({"product_id": "wafer", "unit": "t", "measure": "mass"}, "t/GW"),
        ({"product_id": "lfp", "unit": "t", "measure": "load"}, "none"),
        ({"product_id": "lfp", "unit": "", "measure": "load"}, ""),
        ({"product_id": "", "unit": "t", "measure": "revenue"}, "CNY"),
        ({"project_id": "p", "product_id": "lfp", "unit": "", "capacity": "1"}, "t"),
        ({"project_id": "p", "product_id": "lfp", "unit": "", "capacity": ""}, ""),
        (
            {"project_id": "p", "product_id": "cells", "product_ids": "cell_topcon;cell_hjt",
             "unit": "GWh", "capacity": "1"},
            "GW",
        ),
        (
            {"project_id": "p", "product_id": "all", "product_ids": "lfp;cell_hjt", "unit": "t",
             "capacity": "1"},
            "one that all members have",
        ),
    ],
)  # fmt: skip
def test_which_unit_is_wrong(row, unit):
    assert wrong_unit(row, UNITS) == unit


@pytest.mark.parametrize("folder", CHAINS)
def test_a_basis_of_a_start_has_a_start(folder):
    rows = table(folder, "capacities")
    assert [row for row in rows if row["since_basis"] and not row["since"]] == []
    assert any(row["since_basis"] for row in rows)


@pytest.mark.parametrize("folder", CHAINS)
def test_a_start_seen_on_a_page_is_not_after_the_page(folder):
    """By the age of a page: the plant ran when the page was written, so the bound is its date at the latest."""
    for row in table(folder, "capacities"):
        if row["since_basis"] == "as_of" and row["as_of"]:
            size = min(len(row["since"]), len(row["as_of"]))
            assert row["since"][:size] <= row["as_of"][:size], row


def test_what_lies_in_another_site_lies_in_a_row_of_the_same_product():
    rows = list(rows_of("capacities"))
    assert [row for row in rows if unnamed_container(row, rows)] == []
    assert any(row["included_in"] for row in rows)


PART = {"enterprise_id": "part", "product_id": "a", "status": "operating", "included_in": "whole"}


@pytest.mark.parametrize(
    ("whole", "bad"),
    [
        ({}, False),
        ({"enterprise_id": "other"}, True),
        ({"product_id": "b"}, True),
        ({"status": "planned"}, True),
        ({"included_in": "third"}, True),
    ],
)
def test_a_container_has_to_be_there(whole, bad):
    other = PART | {"enterprise_id": "whole", "included_in": ""} | whole
    assert unnamed_container(PART, [PART, other]) == bad
    own = PART | {"included_in": "part"}
    assert unnamed_container(own, [own, other])


def test_a_broad_family_is_no_product_that_somebody_makes():
    """Capacities, totals, facts and surveys name products; a family stands in projects, with its members."""
    for name in ("capacities", "outputs", "product_facts"):
        assert {row["product_id"] for row in rows_of(name)} - {""} <= set(UNITS), name
    surveyed = {part for row in rows_of("surveys") for part in row["products"].split(";")}
    assert {part for part in surveyed if ":" not in part and part != "*"} <= set(UNITS)
    families = [row for row in rows_of("projects") if row["product_id"] not in {"", *UNITS}]
    assert families
    assert all(set(row["product_ids"].split(";")) <= set(UNITS) for row in families)


def test_no_product_counts_as_made_by_the_word_of_a_family(qujing):
    """What only events of a family name is not reported as made by an event."""
    commissioned = [
        row for row in rows_of("projects") if row["event"] in {"commissioned", "full_output"}
    ]
    only = made_by_family(commissioned)
    exact = {(r["city"], r["product_id"]) for r in rows_of("projects")}
    study = cg.open_study(qujing)
    cities = [city for city in only if city in set(qujing.table("regions")["name_zh"])]
    assert len(cities) > 20
    for state in study.states(sorted(cities)):
        for _, product in only[state.region.name]:
            place = study.product_graph.find(product)
            why = str(state.evidence.why[place])
            assert why != "event" or (state.region.name, product) in exact, (
                state.region.name,
                product,
            )


def test_only_what_a_family_alone_names_is_of_the_family():
    event = {"city": "here", "group_zh": "g", "product_id": "cells", "product_ids": "a;b"}
    named = event | {"product_id": "a", "product_ids": ""}
    assert made_by_family([event]) == {"here": {("g", "a"), ("g", "b")}}
    assert made_by_family([event, named]) == {"here": {("g", "b")}}
    assert made_by_family([named]) == {}


def test_all_bundled_folders_are_read_here():
    assert set(FOLDERS) == {*CITY_AND_CHAINS, "toy"}
