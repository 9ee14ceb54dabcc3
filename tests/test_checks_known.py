"""Rules about totals, facts of products and surveys."""

from __future__ import annotations

import pytest

from tests.helpers_raw import Case, assert_case, raw_dataset, rules_of

PRODUCTS = "product_id,name_zh,unit,chains,stage\na,甲,t,x,upstream\nb,乙,MWh,x;y,\n"
SITES = "enterprise_id,name_zh,group_zh,city\ns,甲厂,甲集团,甲市\n"
OUTPUTS = "region,enterprise_id,group_zh,product_id,year,measure,value,unit,note\n"
FACTS = "product_id,measure,value,low,high,unit,date\n"
SURVEYS = "region,products,method,as_of,result\n"


def totals(row: str) -> dict[str, str]:
    return {"products": PRODUCTS, "enterprises": SITES, "outputs": f"{OUTPUTS}{row}\n"}


def facts(row: str) -> dict[str, str]:
    return {"products": PRODUCTS, "product_facts": f"{FACTS}{row}\n"}


def surveys(row: str) -> dict[str, str]:
    return {"products": PRODUCTS, "surveys": f"{SURVEYS}{row}\n"}


CASES: dict[str, Case] = {
    "total-whom": (totals("甲市,s,,a,2023,output,5,t,"), totals(",s,,a,2023,output,5,t,")),
    "total-unit": (totals("甲市,,,a,2023,output,5,GWh,"), totals("甲市,,,a,2023,output,5,kt,")),
    "total-hours": (
        totals("甲市,,,b,2023,capacity,5,MW,hours=soon"),
        totals("甲市,,,b,2023,capacity,5,MW,hours=3500 by the grid"),
    ),
    "fact-unit": (facts("a,price,5,,,USD/t,2024"), facts("a,price,5,,,CNY/kg,2024")),
    "fact-range": (facts("a,load,1.51,,,,2024"), facts("a,load,1.5,,,,2024")),
    "fact-order": (facts("a,plant_size,5,6,7,t,2024"), facts("a,plant_size,6,6,7,t,2024")),
    "survey-products": (
        surveys("甲市,chain:z,visit,2024,none"),
        surveys("甲市,chain:y,visit,2024,none"),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_rule_finds_its_case_and_not_its_neighbour(rule: str) -> None:
    """Each rule reports the wrong row and lets the right one pass."""
    assert_case(rule, CASES[rule])


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        (",,,a,2023,output,5,t,", True),
        (",,甲集团,a,2023,output,5,t,", False),
        ("甲市,,甲集团,a,2023,output,5,t,", True),
        (",s,,,2023,revenue,5,亿元,", False),
        ("甲市,,,,2023,revenue,5,亿元,", True),
        (",s,,,2023,output,5,t,", True),
    ],
)
def test_a_total_is_of_one_body_and_one_product(row: str, *, wrong: bool) -> None:
    """Only the revenue of an enterprise needs no product."""
    assert ("total-whom" in rules_of(raw_dataset(totals(row)))) is wrong


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("a,availability,1,,,,2024", ""), ("a,availability,1.01,,,,2024", "fact-range"),
        ("a,load,45,,,%,2024", ""), ("a,load,151,,,%,2024", "fact-range"),
        ("a,recall,0.5,0.4,1.1,,2024", "fact-range"), ("a,land,5,,,公顷,2024", ""),
        ("a,land,5,,,m2,2024", "fact-unit"), ("a,build_time,2,,,年,2024", ""),
        ("a,mass,5,,,kg/t,2024", ""), ("a,mass,5,,,kg,2024", "fact-unit"),
        ("a,price,5,,4,CNY/t,2024", "fact-order"),
    ],
)  # fmt: skip
def test_facts_have_the_unit_and_the_range_of_their_measure(row: str, rule: str) -> None:
    """Shares may stand in per cent; land and time have units of their own."""
    found = {name for name in rules_of(raw_dataset(facts(row))) if name.startswith("fact-")}
    assert found == ({rule} if rule else set())


@pytest.mark.parametrize("named", ["a", "a; b", "chain:x", "stage:upstream", "*", "b;chain:y;"])
def test_a_survey_names_products_chains_and_stages(named: str) -> None:
    """Several may be named, with blanks around them."""
    raw = raw_dataset(surveys(f"甲市,{named},visit,2024,none"))
    assert "survey-products" not in rules_of(raw)


def test_a_survey_names_what_it_does_not_find() -> None:
    """All strange names stand in one finding."""
    raw = raw_dataset(surveys("甲市,c;a;stage:end,visit,2024,none"))
    assert rules_of(raw).count("survey-products") == 1
