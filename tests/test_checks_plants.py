"""Rules about plants: their size, their place, the same one twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaingraph.checks import RULE_CHECKS, Finding, run_checks
from tests.helpers_raw import Case, assert_case, raw_dataset, rules_of

if TYPE_CHECKING:
    from random import Random

PRODUCTS = "product_id,name_zh,unit\na,甲,t\nb,乙,GWh\nc,丙,box\n"
CAPACITY = "enterprise_id,product_id,capacity,unit,scope\n"
SITE = "enterprise_id,name_zh,province,city,county,lat,lon,credit_code\n"
REGIONS = (
    "adcode,name_zh,parent,lat,lon\n530000,云南省,100000,25.04,102.71\n"
    "530300,曲靖市,530000,25.49,103.8\n530100,昆明市,530000,25.04,102.71\n"
    "510000,四川省,100000,30.66,104.06\n511500,宜宾市,510000,28.76,104.64\n"
    "150000,内蒙古自治区,100000,40.82,111.67\n150700,呼伦贝尔市,150000,49.22,119.76\n"
    "150600,鄂尔多斯市,150000,39.6,109.8\n150300,乌海市,150000,39.66,106.79\n"
    "232700,大兴安岭地区,100000,50.42,124.12\n654200,塔城地区,100000,46.75,82.98\n"
    "659001,石河子市,100000,44.3,86.04\n650200,克拉玛依市,100000,45.58,84.89\n"
    "500000,重庆市,100000,29.56,106.55\n422800,恩施州,100000,30.27,109.49\n"
)
USUAL = (50_000, 80_000, 100_000, 100_000, 150_000)
CODE = "91350100M000100Y43"


def _sizes(*last: str, usual: tuple[float, ...] = USUAL) -> dict[str, str]:
    rows = [f"e{number},a,{size},t," for number, size in enumerate(usual)]
    names = [f"e{number},第{number}厂" for number in range(12)]
    return {
        "products": PRODUCTS,
        "enterprises": "enterprise_id,name_zh\n" + "\n".join(names),
        "capacities": CAPACITY + "\n".join([*rows, *last]),
    }


def _sites(*rows: str) -> dict[str, str]:
    return {"enterprises": SITE + "\n".join(rows), "regions": REGIONS}


CASES: dict[str, Case] = {
    "unusual-capacity": (_sizes("e9,a,500,t,"), _sizes("e9,a,5000,t,")),
    "unit-slip": (_sizes("e9,a,10,t,"), _sizes("e9,a,10,万吨,")),
    "coordinates-far": (
        _sites("e,甲厂,云南省,曲靖市,,28.75,104.6,"),
        _sites("e,甲厂,四川省,宜宾市,,28.75,104.6,"),
    ),
    "duplicate-site": (
        _sites("e,甲材料有限公司,云南省,曲靖市,,,,", "f,甲材料(集团)有限公司,云南省,曲靖市,,,,"),
        _sites("e,甲材料有限公司,云南省,曲靖市,,,,", "f,甲材料有限公司,云南省,昆明市,,,,"),
    ),
    "duplicate-code": (
        _sites(f"e,甲厂,云南省,曲靖市,,,,{CODE}", f"f,乙厂,云南省,昆明市,,,,{CODE}"),
        _sites(f"e,甲厂,云南省,曲靖市,,,,{CODE}", f"f,甲厂,云南省,昆明市,,,,{CODE}"),
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_rule_finds_its_case_and_not_its_neighbour(rule: str) -> None:
    """Each rule reports the wrong row and lets the right one pass."""
    assert_case(rule, CASES[rule])


def _only(tables: dict[str, str]) -> Finding:
    found = [finding for finding in run_checks(raw_dataset(tables)) if finding.severity != "info"]
    assert len(found) == 1
    return found[0]


def test_the_usual_range_and_the_number_of_plants_are_named() -> None:
    """Three times the median to both sides, from five plants."""
    finding = _only(_sizes("e9,a,500,t,"))
    assert finding.rule == "unusual-capacity"
    assert "5 other plants have about 32000 to 320000 t" in finding.text("en")
    assert "另有 5 家" in finding.text("zh")


@pytest.mark.parametrize(
    ("figure", "unit", "suggested"),
    [(10, "t", "万吨"), (1e8, "t", "kg"), (80_000, "万吨", "t"), (100, "t", "kt"), (100_000, "kg", "t"), (100, "kg", "kt")],
)  # fmt: skip
def test_a_slip_of_the_unit_is_that_and_nothing_else(
    figure: float, unit: str, suggested: str
) -> None:
    """The unit under which the figure would be most usual."""
    finding = _only(_sizes(f"e9,a,{figure:g},{unit},"))
    assert (finding.rule, finding.params["suggested"]) == ("unit-slip", suggested)
    assert suggested in finding.remedy("zh")


@pytest.mark.parametrize(("figure", "unit", "suggested"), [(8000, "GWh", "MWh"), (8, "MWh", "GWh"), (0.005, "MWh", "TWh"), (2e7, "GWh", "kWh")])  # fmt: skip
def test_slips_of_energy(figure: float, unit: str, suggested: str) -> None:
    """Thousands and millions, not tens of thousands."""
    tables = _sizes(f"e9,b,{figure},{unit},", usual=())
    tables["capacities"] += "".join(
        f"\ne{n},b,{size},GWh," for n, size in enumerate((4, 8, 10, 12, 20))
    )
    finding = _only(tables)
    assert (finding.rule, finding.params.get("suggested")) == ("unit-slip", suggested)


def test_a_unit_of_ones_own_can_only_be_unusual() -> None:
    """Nothing converts: no unit is suggested."""
    tables = _sizes("e9,c,1,box,", usual=())
    tables["capacities"] += "".join(f"\ne{n},c,{size},box," for n, size in enumerate(USUAL))
    assert rules_of(raw_dataset(tables)) == ["unusual-capacity"]


@pytest.mark.parametrize(
    "tables",
    [
        _sizes("e9,a,10,t,", usual=USUAL[:4]),  # four other plants are too few
        _sizes("e9,a,10,t,", "e0,a,9,t,", usual=(50_000,)),
        _sizes("e9,a,100000000,t,group"),  # a group's total is no plant
        _sizes("e9,a,,t,"),
        _sizes("e9,a,5,GWh,"),  # another rule's
        _sizes("e9,a,1001,t,"),  # a hundredth, but for a little
        _sizes("e9,a,500,t,", usual=(500, 3_000, 20_000, 150_000, 1_000_000)),  # all sizes occur
        _sizes("e0,a,10,t,", "e1,a,10,t,", usual=USUAL[:4]),  # rows of plants, not plants, count
    ],
)  # fmt: skip
def test_sizes_that_pass(tables: dict[str, str]) -> None:
    """Too few plants, totals, unknown figures, products of all sizes."""
    assert not {"unusual-capacity", "unit-slip"} & set(rules_of(raw_dataset(tables)))


def test_many_rows_of_one_plant_are_one_plant() -> None:
    """Its own rows do not vouch for it."""
    tables = _sizes(*(f"e9,a,{size},t," for size in (10, 11, 12, 13, 14, 15, 16)))
    assert rules_of(raw_dataset(tables)) == ["unit-slip"] * 7


@pytest.mark.parametrize(
    "row",
    [
        "e,甲厂,内蒙古自治区,鄂尔多斯市,,39.85,106.85,",  # Mengxi: 253 km, beside Wuhai
        "e,甲厂,内蒙古自治区,呼伦贝尔市,,50.4,124.1,",  # Oroqen around the seat of Daxing'anling
        "e,甲厂,,塔城地区,,44.33,85.62,",  # Shawan beside Shihezi
        "e,甲厂,重庆市,重庆市,,31.07,109.88,",  # Wushan: 335 km, 97 from Enshi
        "e,甲厂,云南省,unknown,,28.75,104.6,",  # 340 km from Kunming: it may be Zhaotong's
        "e,甲厂,内蒙古自治区,,,50.4,124.1,",
        "e,甲厂,未来省,,,28.75,104.6,",
        "e,甲厂,云南省,未来市,,28.75,104.6,",
        "e,甲厂,云南省,曲靖市,,,,",
    ],
)
def test_places_that_may_be_far_from_their_seat(row: str) -> None:
    """Sites of wide prefectures near another's seat are true; unknown cities say nothing."""
    assert "coordinates-far" not in rules_of(raw_dataset(_sites(row)))


def test_parks_are_looked_at_and_the_distance_is_told() -> None:
    """Kilometres to the stated and to the nearer city."""
    parks = "park_id,name_zh,province,city,lat,lon\np,园区,云南省,曲靖市,28.75,104.6\n"
    finding = _only({"parks": parks, "regions": REGIONS})
    assert finding.rule == "coordinates-far"
    assert "371 km from 曲靖市, but 4 km from 宜宾市" in finding.text("en")


@pytest.mark.parametrize("city", ["", "unknown"])
def test_a_province_without_a_city_is_looked_at_too(city: str) -> None:
    """The nearest of its seats counts."""
    finding = _only(_sites(f"e,甲厂,云南省,{city},,45.58,84.9,"))
    assert finding.rule == "coordinates-far"
    assert "from 云南省, but 1 km from 克拉玛依市" in finding.text("en")


def test_a_table_of_one_city_judges_nothing() -> None:
    """Without another city nothing is nearer."""
    regions = "adcode,name_zh,parent,lat,lon\n530300,曲靖市,530000,25.49,103.8\n"
    tables = {"enterprises": SITE + "e,甲厂,,曲靖市,,28.75,104.6,", "regions": regions}
    assert "coordinates-far" not in rules_of(raw_dataset(tables))


@pytest.mark.parametrize(
    ("one", "other", "rule"),
    [
        # names that differ in form, width and blanks only
        ("e,甲（曲靖）材料有限公司,,曲靖市,,,,", "f,甲(曲靖) 材料有限责任公司,,曲靖市,麒麟区,,,", "duplicate-site"),
        # the same place on the map, the city left out of one name
        ("e,曲靖甲新材料有限公司,云南省,曲靖市,,25.1,103.2,", "f,甲新材料有限公司,云南省,曲靖市,,25.1,103.2,", "duplicate-site"),
        ("e,曲靖甲新材料有限公司,云南省,unknown,,25.1,103.2,", "f,曲靖甲新材料公司,云南省,,,25.1,103.2,", "duplicate-site"),
        # two firms of one brand at one place
        ("e,云南甲新材料有限公司,云南省,曲靖市,,25.1,103.2,", "f,曲靖甲新材料有限公司,云南省,曲靖市,,25.1,103.2,", ""),
        # nothing but a trade is left
        ("e,曲靖铝业有限公司,云南省,曲靖市,,25.1,103.2,", "f,铝业公司,云南省,曲靖市,,25.1,103.2,", ""),
        # two plants of one firm
        ("e,甲材料有限公司,,曲靖市,麒麟区,,,", "f,甲材料有限公司,,曲靖市,沾益区,,,", ""),
        ("e,甲材料有限公司,,,,,,", "f,甲材料有限公司,,,,,,", ""),
        ("e,甲制焦有限公司,,曲靖市,,25.1,103.2,", "f,甲制氨有限公司,,曲靖市,,25.1,103.2,", ""),
        # codes: one place, or two names; a code in other letters is the same
        (f"e,甲厂,,曲靖市,,,,{CODE}", f"f,甲厂,,曲靖市,,,,{CODE}", "duplicate-code"),
        (f"e,甲厂,,曲靖市,,,,{CODE}", f"f,乙厂,,昆明市,,,,{CODE.lower()}", "duplicate-code"),
        (f"e,甲厂,,曲靖市,麒麟区,,,{CODE}", f"f,甲厂,,曲靖市,沾益区,,,{CODE}", ""),
    ],
)  # fmt: skip
def test_the_same_plant_twice(one: str, other: str, rule: str) -> None:
    """Each pair is reported once, at its second row, or not at all."""
    found = run_checks(raw_dataset(enterprises=SITE + f"{one}\n{other}\n"))
    assert [finding.rule for finding in found] == ([rule] if rule else [])
    if rule:
        assert (found[0].line, found[0].params["other"]) == (3, "e")


def test_the_new_rules_do_not_delay_a_load() -> None:
    """Functions that find no error are not run at load."""
    for entry in RULE_CHECKS:
        if set(entry.rules) & set(CASES):
            assert not entry.finds_errors


@settings(max_examples=40)
@given(
    st.lists(st.floats(1, 1e9).map(lambda x: float(f"{x:.3g}")), min_size=6, max_size=12),
    st.randoms(use_true_random=False),
)
def test_order_and_units_of_the_rows_do_not_matter(sizes: list[float], random: Random) -> None:
    """The same plants in another order, and in kt instead of t, break the same rules."""

    def reported(rows: list[tuple[int, float]], unit: str, scale: float) -> list[int]:
        cells = [f"e{number},a,{size / scale!r},{unit}," for number, size in rows]
        tables = {"products": PRODUCTS, "capacities": CAPACITY + "\n".join(cells)}
        found = run_checks(raw_dataset(tables))
        hits = [rows[x.row or 0][0] for x in found if x.rule in {"unusual-capacity", "unit-slip"}]
        return sorted(hits)

    rows = list(enumerate(sizes))
    shuffled = random.sample(rows, len(rows))
    assert reported(rows, "t", 1.0) == reported(shuffled, "t", 1.0)
    assert reported(rows, "t", 1.0) == reported(rows, "kt", 1000.0)


def test_three_of_a_kind_are_two_findings() -> None:
    """Every row after the first names the first."""
    rows = "\n".join(f"{name},甲材料有限公司,,曲靖市,,,," for name in "efg")
    found = run_checks(raw_dataset(enterprises=SITE + rows))
    assert [(finding.line, finding.params["other"]) for finding in found] == [(3, "e"), (4, "e")]
