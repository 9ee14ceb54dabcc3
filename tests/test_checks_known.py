"""Rules about totals, facts of products and surveys."""

from __future__ import annotations

import pytest

from chaingraph.rawtables import Package
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


def counted(row: str) -> dict[str, str]:
    return {"products": PRODUCTS, "surveys": f"region,products,method,as_of,result,makers\n{row}\n"}


def look(rows: str, *, made: str = "", events: str = "", told: str = "") -> dict[str, str]:
    """Return a city with what surveys, capacities, events and totals say of it."""
    places = (
        "enterprise_id,name_zh,group_zh,city,county\ns,甲厂,甲集团,甲市,新区\nt,丙厂,,丙市,新区\n"
    )
    tables = {"products": PRODUCTS, "enterprises": places, "surveys": f"{SURVEYS}{rows}\n"}
    if made:
        head = "enterprise_id,product_id,capacity,status,as_of,since,until\n"
        tables["capacities"] = f"{head}{made}\n"
    if events:
        tables["projects"] = f"project_id,date,event,city,product_id\n{events}\n"
    if told:
        tables["outputs"] = f"{OUTPUTS}{told}\n"
    return tables


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
    "region-unknown": (
        look("乙市,a,visit,2024,some"),
        look("甲市,a,visit,2024,some"),
    ),
    "region-ambiguous": (
        look("新区,a,visit,2024,some"),
        look("甲市/新区,a,visit,2024,some"),
    ),
    "survey-none-made": (
        look("甲市,a,visit,2024-05,none", made="s,a,5,,2024-05,,"),
        look("甲市,a,visit,2024-05,none", made="s,a,5,,2024-06,,"),
    ),
    "survey-all-lacks": (
        look("甲市,a,visit,2024-05,all", events="p,2024-05,commissioned,甲市,a"),
        look("甲市,a,visit,2024-05,all", events="p,2024-06,commissioned,甲市,a"),
    ),
    "survey-count": (
        counted("甲市,a,visit,2024,none,1"),
        counted("甲市,a,visit,2024,none,0"),
    ),
    "surveys-contradict": (
        look("甲市,a,visit,2023-05,none\n甲市,*,statistics,2024-05,some"),
        look("甲市,a,visit,2023-05,none\n甲市,*,statistics,2024-06,some"),
    ),
    "total-below-sites": (
        look("", made="s,a,102,,2023,,", told="甲市,,,a,2023,capacity,100,t,"),
        look("", made="s,a,101,,2023,,", told="甲市,,,a,2023,capacity,100,t,"),
    ),
    "total-fits-neither": (
        look("", made="s,a,94,,2023,,", told="甲市,,,a,2023,capacity,100,t,"),
        look("", made="s,a,95,,2023,,", told="甲市,,,a,2023,capacity,100,t,"),
    ),
    "output-above-capacity": (
        look("", made="s,a,100,,2023,,", told=",s,,a,2023,output,151,t,"),
        look("", made="s,a,100,,2023,,", told=",s,,a,2023,output,150,t,"),
    ),
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


@pytest.mark.parametrize(
    ("made", "wrong"),
    [
        ("s,a,5,,2024-05,,", True), ("s,a,5,trial,2024-05,,", True), ("s,a,,,2020,,", True),
        ("s,a,5,,2025,2024-01,", True), ("s,a,5,construction,2024-05,,", False),
        ("s,a,5,,,,", False), ("s,a,5,,2020,,2024-05", False), ("s,a,5,,2020,,2024-06", True),
        ("t,a,5,,2020,,", False), ("s,b,5,,2020,,", False),
    ],
)  # fmt: skip
def test_a_survey_that_found_nobody_is_held_against_rows_known_by_then(
    made: str, *, wrong: bool
) -> None:
    """Running rows only, in the region, said or begun by the day and not ended."""
    raw = raw_dataset(look("甲市,a,visit,2024-05,none", made=made))
    assert ("survey-none-made" in rules_of(raw)) is wrong


@pytest.mark.parametrize(
    ("event", "made", "wrong"),
    [
        ("p,2023,commissioned,甲市,a", "", True), ("p,2023,full_output,甲市,a", "", True),
        ("p,2023,started,甲市,a", "", False), ("p,2023,commissioned,丙市,a", "", False),
        ("p,2023,commissioned,甲市,b", "", False),
        ("p,2023,commissioned,甲市,a", "s,a,,planned,,,", False),
    ],
)  # fmt: skip
def test_a_survey_that_lists_all_is_held_against_events(
    event: str, made: str, *, wrong: bool
) -> None:
    """A row of any status will do: the maker is known."""
    raw = raw_dataset(look("甲市,a,visit,2024-05,all", made=made, events=event))
    assert ("survey-all-lacks" in rules_of(raw)) is wrong


@pytest.mark.parametrize(
    ("other", "wrong"),
    [
        ("甲市,a,visit,2024,some", True), ("甲市,a,visit,2024,listed", True),
        ("甲市,a,visit,2024,all", False), ("甲市,a,visit,2024,none", False),
        ("丙市,a,visit,2024,some", False), ("甲市,b,visit,2024,some", False),
    ],
)  # fmt: skip
def test_surveys_of_one_place_and_time_agree(other: str, *, wrong: bool) -> None:
    """All without a maker is as good as none."""
    raw = raw_dataset(look(f"甲市,a,statistics,2024-03,none\n{other}"))
    assert ("surveys-contradict" in rules_of(raw)) is wrong


@pytest.mark.parametrize(
    ("made", "told", "rule"),
    [
        ("s,a,40,,2023,,\ns,a,60,construction,2023,,", "甲市,,,a,2023,capacity,100,t,", ""),
        ("s,a,40,,2023,,", "甲市,,,a,2023,capacity,0.1,kt,", "total-fits-neither"),
        ("s,a,200,,2024,,", "甲市,,,a,2023,capacity,100,t,", ""),
        ("s,a,200,,2023,,", ",,甲集团,a,2023,capacity,100,t,", "total-below-sites"),
        ("t,a,200,,2023,,", ",,甲集团,a,2023,capacity,100,t,", ""),
        ("s,a,200,,2023,,", ",s,,a,2023,capacity,100,t,", "total-below-sites"),
        ("s,a,200,construction,2023,,", "甲市,,,a,2023,capacity,100,t,", "total-fits-neither"),
        ("s,a,100,,2023,,\ns,a,,,2023,,", ",s,,a,2023,output,900,t,", ""),
        ("s,a,10,,2023,,", "甲市,,,a,2023,output,900,t,", ""),
        ("t,a,1,,2023,,", "甲市,,,a,2023,capacity,100,t,\n甲市,,,a,2023,output,151,t,",
         "output-above-capacity"),
        ("t,a,1,,2023,,", "甲市,,,a,2022,capacity,100,t,\n甲市,,,a,2023,output,151,t,", ""),
    ],
)  # fmt: skip
def test_totals_are_held_against_what_they_cover(made: str, told: str, rule: str) -> None:
    """Sites known by the date; a city's output only against a total, as sites are seldom all known."""
    found = set(rules_of(raw_dataset(look("", made=made, told=told))))
    judged = {"total-below-sites", "total-fits-neither", "output-above-capacity"}
    assert found & judged == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("date", "fact", "far"),
    [
        ("2023-11", "", True), ("2023-12", "", False), ("2025-12", "", False), ("2026-01", "", True),
        ("2023", "", False), ("2020", "2024-06", False), ("", "2022", True), ("", "", False),
    ],
)  # fmt: skip
def test_prices_lie_within_a_year_of_the_date(date: str, fact: str, *, far: bool) -> None:
    """The nearest one counts; a year may mean any of its months."""
    products = f"product_id,name_zh,unit,price_cny,price_as_of\na,甲,t,5,{date}\n"
    tables = {"products": products}
    if fact:
        tables["product_facts"] = f"{FACTS}a,price,5,,,CNY/t,{fact}\n"
    raw = raw_dataset(tables)
    raw.packages[-1] = Package("city", None, as_of="2024-12")
    assert ("price-far" in rules_of(raw)) is far


@pytest.mark.parametrize(
    ("region", "rule"),
    [
        ("甲市", ""), ("新区", "region-ambiguous"), ("丙市/新区", ""), ("530300", ""),
        ("530301", "region-unknown"), ("全国", ""), ("戊市", "region-unknown"), ("己县", ""),
    ],
)  # fmt: skip
def test_regions_of_totals_are_found(region: str, rule: str) -> None:
    """By name, by code, by a path; the nation always."""
    tables = look("", told=f"{region},,,a,2023,output,5,t,")
    tables["regions"] = (
        "adcode,name_zh,level,parent\n530300,曲靖市,prefecture,\n530399,己县,county,530300\n"
    )
    found = {name for name in rules_of(raw_dataset(tables)) if name.startswith("region-")}
    assert found - {"region-parent-unknown"} == ({rule} if rule else set())


@pytest.mark.parametrize(
    ("result", "makers", "wrong"),
    [("some", "0", True), ("listed", "0", True), ("some", "1", False), ("all", "0", False),
     ("none", "", False)],
)  # fmt: skip
def test_the_makers_of_a_survey_go_with_its_result(
    result: str, makers: str, *, wrong: bool
) -> None:
    raw = raw_dataset(counted(f"甲市,a,visit,2024,{result},{makers}"))
    assert ("survey-count" in rules_of(raw)) is wrong
