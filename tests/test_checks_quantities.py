"""Rules about units and figures."""

from __future__ import annotations

import pytest

from chaingraph.checks import run_checks
from tests.helpers_raw import Case, assert_case, raw_dataset, rules_of

PRODUCTS = "product_id,name_zh,unit\na,甲,t\nb,乙,GWh\nc,丙,\n"
MAKER = "enterprise_id,name_zh\ne,甲厂\n"
CAPACITY = "enterprise_id,product_id,capacity,unit\n"
INPUT = "input_id,output_id,coefficient,low,high,unit\n"
PRICE = "product_id,name_zh,unit,price_cny,price_unit\n"
PROJECT = "project_id,date,product_id,product_ids,capacity,unit\n"


def _capacity(row: str) -> dict[str, str]:
    return {"products": PRODUCTS, "enterprises": MAKER, "capacities": CAPACITY + row}


def _input(row: str) -> dict[str, str]:
    return {"products": PRODUCTS, "inputs": INPUT + row}


CASES: dict[str, Case] = {
    "unit-mismatch": (_capacity("e,a,5,GWh\n"), _capacity("e,a,5,万吨\n")),
    "project-unit": (
        {"products": PRODUCTS, "projects": PROJECT + "p,2022,a,,5,GW\n"},
        {"products": PRODUCTS, "projects": PROJECT + "p,2022,a,,5,kt\n"},
    ),
    "unit-missing": (_capacity("e,c,5,t\n"), _capacity("e,c,,t\n")),
    "unit-assumed": (_capacity("e,a,5,\n"), _capacity("e,a,,\n")),
    "coefficient-unit": (_input("a,b,2000,,,t/t\n"), _input("a,b,2,,,kg/kWh\n")),
    "price-unit": (
        {"products": PRICE + "a,甲,t,900,USD/t\n"},
        {"products": PRICE + "a,甲,t,0.9,元/kg\n"},
    ),
    "range-order": (
        _input("a,b,2000,2100,2200,t/GWh\n"),
        _input("a,b,2000,2000,2200,t/GWh\n"),
    ),
    "zero-figure": (_capacity("e,a,0,t\n"), _capacity("e,a,,t\n")),
}


@pytest.mark.parametrize("rule", CASES)
def test_rule_finds_its_case_and_not_its_neighbour(rule: str) -> None:
    """Each rule reports the wrong figure and lets the right one pass."""
    assert_case(rule, CASES[rule])


@pytest.mark.parametrize(
    "row",
    [
        "a,b,2000,,1900,t/GWh\n",
        "a,b,,2,1,t/GWh\n",
        "a,b,1,2,,t/GWh\n",
    ],
)
def test_range_is_judged_by_what_is_there(row: str) -> None:
    """Two of the three figures suffice to be out of order."""
    assert rules_of(raw_dataset(_input(row)), at_load=True) == ["range-order"]


@pytest.mark.parametrize("row", ["a,b,2000,,,t/GWh\n", "a,b,,1,,t/GWh\n", "a,b,,1,2,t/GWh\n"])
def test_range_with_gaps_may_be_in_order(row: str) -> None:
    """Empty cells are not compared."""
    assert not run_checks(raw_dataset(_input(row)), at_load=True)


def test_unit_missing_counts_inputs_and_outputs() -> None:
    """A coefficient of a product without a unit is reported once, at the product."""
    raw = raw_dataset(_input("a,c,2,,,t/t\nc,b,2,,,t/GWh\n"))
    findings = run_checks(raw, at_load=True)
    assert [(found.rule, found.table, found.line) for found in findings] == [
        ("unit-missing", "products", 4)
    ]
    assert "city/inputs.csv:3" in findings[0].text("en")


def test_structure_alone_needs_no_units() -> None:
    """Products and links without figures pass."""
    raw = raw_dataset(
        products="product_id,name_zh\na,甲\nb,乙\n", inputs="input_id,output_id\na,b\n"
    )
    assert not run_checks(raw)


@pytest.mark.parametrize(
    ("tables", "assumed"),
    [
        (_capacity("e,b,5,\n"), "GWh"),
        (_input("a,b,2000,,,\n"), "t/GWh"),
        ({"products": PRICE + "a,甲,t,900,\n"}, "CNY/t"),
    ],
)
def test_assumed_unit_is_named(tables: dict[str, str], assumed: str) -> None:
    """The message says in which unit the figure is read."""
    found = [x for x in run_checks(raw_dataset(tables)) if x.rule == "unit-assumed"]
    assert len(found) == 1
    assert assumed in found[0].text("zh")


def test_unit_of_ones_own_fits_itself() -> None:
    """A unit that no table knows is equal to itself and to nothing else."""
    products = "product_id,name_zh,unit\na,甲,炉\n"
    good = raw_dataset(products=products, enterprises=MAKER, capacities=CAPACITY + "e,a,5,炉\n")
    bad = raw_dataset(products=products, enterprises=MAKER, capacities=CAPACITY + "e,a,5,t\n")
    assert not run_checks(good)
    assert rules_of(bad) == ["unit-mismatch"]


def test_family_of_a_project_has_no_unit() -> None:
    """A broad family is not compared with a unit."""
    raw = raw_dataset(products=PRODUCTS, projects=PROJECT + "p,2022,cathode,a,5,GW\n")
    assert "project-unit" not in rules_of(raw)
