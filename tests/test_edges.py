"""Named constants and choices that a slip could move unseen: each is tested on both of its sides."""

from __future__ import annotations

import math

import pytest

import chaingraph as cg
from chaingraph.analysis.study import open_study, region_state
from chaingraph.intake.places import fill_place, likely_place
from chaingraph.matching.known import Known
from chaingraph.matching.lists import as_row
from chaingraph.matching.match import _by_code, _by_name, _by_stock
from chaingraph.matching.score import TAKEN, Score
from chaingraph.places import country
from chaingraph.views.facts.targets import choose_targets
from chaingraph.views.report.build import build_report
from tests.helpers_recruit import DEGREE, SITES, TABLES, features_of, hand_dataset
from tests.test_matching_match import CODE
from tests.test_matching_match import SITES as LISTED
from tests.test_matching_match import dataset as listed_dataset

TIE = 5.0
"""Points by which a match is ahead, as the help of `match` says."""


# --- dates


@pytest.mark.parametrize(("date", "of_date"), [("2023-12", True), ("2023-11", False)])
def test_a_price_is_of_the_date_within_twelve_months(build, date, of_date):
    fact = {"product_id": "x", "measure": "price", "value": 5.0, "date": date}
    ds = build("x", [], [("m", "x", 1)], as_of="2024-12", product_facts=[fact])
    prices = cg.open_study(ds).prices
    assert (prices.value.tolist(), prices.of_date.tolist()) == ([5.0], [of_date])
    frame = cg.calculate_balance(ds).frame
    assert frame[["price_date", "price_far"]].to_numpy().tolist() == [[date, not of_date]]


# --- unknown is not zero


def test_a_maker_without_a_figure_leaves_coverage_known_where_plants_have_a_size(build):
    """Three plants of 100 t elsewhere: the one here without a figure is taken to be like them."""
    makers = [
        ("bare", "x", None),
        ("user", "y", 200),
        ("p", "x", 100),
        ("q", "x", 100),
        ("r", "x", 100),
    ]
    away = {name: {"city": "there"} for name in "pqr"}
    ds = build("x y", [("x", "y", 1)], makers, sites=away)
    state = cg.open_study(ds).state()
    place = state.study.product_graph.find("x")
    assert state.unquantified[place] == 1
    assert state.coverage[place] == 0.5


@pytest.mark.parametrize(
    ("capacities", "expected"),
    [
        ([], 0.0),
        ([None], math.nan),
        ([None, None], math.nan),
        ([None, 7.0], 7.0),
        ([7.0], 7.0),
    ],
)
def test_a_national_capacity_is_unknown_where_no_maker_has_a_figure(build, capacities, expected):
    makers = [(f"far{number}", "i", figure) for number, figure in enumerate(capacities)]
    sites = {name: {"city": "there"} for name, *_ in makers}
    ds = build("i p", [("i", "p", 2.0)], [("user", "p", 1.0), *makers], sites=sites)
    frame = cg.calculate_balance(ds).frame.set_index("product_id")
    assert frame.loc["i", "national_capacity"] == pytest.approx(expected, nan_ok=True)
    assert frame.loc["i", "national_makers"] == len(makers)


# --- distances


def features_at(km):
    """Return the features of a maker whose city lies so far to the north of the region."""
    lat = 30 + km / DEGREE
    sites = {
        name: site | ({"lat": lat} if site["city"] == "east" else {})
        for name, site in SITES.items()
    }
    regions = [
        row | ({"lat": lat} if row["name_zh"] == "east" else {}) for row in TABLES["regions"]
    ]
    return features_of(hand_dataset(sites=sites, regions=regions))["Smallco"]


@pytest.mark.parametrize(("km", "pull"), [(299.9, 1 / 4), (300.1, 0.0)])
def test_cities_count_as_neighbours_up_to_300_km(km, pull):
    """The cells of the east take the foil; no other city around does."""
    assert features_at(km)["nearby_pull"] == pytest.approx(pull)


def test_closeness_is_one_half_at_the_least_reach():
    assert features_at(100)["closeness"] == pytest.approx(1 / 2)


# --- ties of a match


def scores(ahead):
    best = TAKEN + 10
    return [(number, Score(best - number * ahead, "", "city")) for number in (0, 1)]


@pytest.mark.parametrize(("ahead", "decision"), [(TIE, "taken"), (TIE - 0.01, "review")])
def test_a_name_is_taken_where_it_is_5_points_ahead(ahead, decision):
    assert _by_name(as_row({}, 1), scores(ahead)).decision == decision


@pytest.mark.parametrize(("ahead", "decision"), [(TIE, "code"), (TIE - 0.01, "review")])
def test_a_site_of_a_code_is_chosen_where_it_is_5_points_ahead(ahead, decision):
    assert _by_code(as_row({"credit_code": CODE}, 1), [0, 1], scores(ahead)).decision == decision


@pytest.mark.parametrize(("ahead", "decision"), [(TIE, "stock_code"), (TIE - 0.01, "review")])
def test_a_site_of_a_stock_code_is_chosen_where_it_is_5_points_ahead(ahead, decision):
    numbers = [n for n, site in enumerate(LISTED) if site.get("stock_code") == "601012"][:2]
    ranked = [(number, score) for number, (_, score) in zip(numbers, scores(ahead), strict=True)]
    row = as_row({"stock_code": "601012", "city": "西安市"}, 1)
    undecided = _by_name(row, scores(0))
    assert undecided.decision == "review"
    assert _by_stock(Known(listed_dataset()), row, ranked, undecided).decision == decision


# --- what a page is asked for


@pytest.fixture(scope="module")
def recruiting():
    """Return the state of the chain by hand; metal, film and foil are to recruit."""
    return region_state(open_study(hand_dataset()), None)


@pytest.mark.parametrize("products", [["foil"], ["metal", "foil"], []])
def test_targets_are_of_the_products_asked_for(recruiting, products):
    every = choose_targets(recruiting, asked=None)
    assert every is not None
    assert len(set(every.frame["product_id"])) > 1
    shown = choose_targets(recruiting, asked=None, products=products)
    assert shown is not None
    assert set(shown.frame.get("product_id", [])) == set(products) & {*every.frame["product_id"]}


@pytest.mark.parametrize("region", ["甲市", "乙市"])
def test_charts_of_a_report_are_of_its_region(toy, region):
    """By local content of chains and anchors and by capacity: of one region, not of the focus."""
    assert toy.focus == "甲市"
    found = build_report(toy, region=region, lang="zh")
    charts = next(section for section in found.sections if section.key == "charts")
    for table in charts.tables:
        by = table.key.removeprefix("content-")
        content = cg.measure_local_content(toy, by=by, region=region).frame
        keys = [column.key for column in table.columns]
        for title, column in (("local-content", "local_content"), ("inputs", "inputs")):
            shown = [row.cells[keys.index(title)].value for row in table.rows]
            assert shown == pytest.approx(content[column].tolist(), nan_ok=True)
    drawn = {figure.key: figure.svg for figure in charts.figures}
    assert f"{region}" in drawn["capacity"]
    other = next(name for name in ("甲市", "乙市") if name != region)
    assert other not in drawn["capacity"]


# --- banners are counties


@pytest.mark.parametrize(
    ("name", "level"),
    [("伊金霍洛旗", "county"), ("莫力达瓦达斡尔族自治旗", "county"), ("安宁县", "county"),
     ("袁州区", "county"), ("包头市", "city"), ("锡林郭勒盟", "city")],
)  # fmt: skip
def test_the_likely_level_of_a_place_by_its_last_letter(name, level):
    assert likely_place(name).cells == {level: name}
    assert fill_place({}, likely_place(name), country()) == {level: name}


@pytest.mark.parametrize("name", ["达拉特旗", "无名县"])
def test_a_county_is_read_behind_its_city(name):
    assert country().read(f"鄂尔多斯市{name}").place == ("内蒙古自治区", "鄂尔多斯市", name)
