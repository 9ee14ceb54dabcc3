"""Rules about capacities in time, places and sources."""

from __future__ import annotations

import pytest

from chaingraph.checks import run_checks
from tests.helpers_raw import Case, assert_case, raw_dataset, rules_of

PRODUCTS = "product_id,name_zh,unit\na,甲,t\n"
MAKER = "enterprise_id,name_zh,province,city,lat,lon\n"
CAPACITY = "enterprise_id,product_id,capacity,unit,status,scope,since,until\n"
REGIONS = (
    "adcode,name_zh,parent\n530000,云南省,100000\n530300,曲靖市,530000\n"
    "520000,贵州省,100000\n110000,北京市,100000\n"
)
SOURCED = "product_id,name_zh,source_url,note\n"


def _capacities(*rows: str) -> dict[str, str]:
    return {
        "products": PRODUCTS,
        "enterprises": MAKER + "e,甲厂,,,,\n",
        "capacities": CAPACITY + "".join(row + "\n" for row in rows),
    }


def _maker(row: str) -> dict[str, str]:
    return {"enterprises": MAKER + row + "\n", "regions": REGIONS}


CASES: dict[str, Case] = {
    "date-order": (
        _capacities("e,a,5,t,,,2021,2020-06"),
        _capacities("e,a,5,t,,,2020-06,2021"),
    ),
    "duplicate-capacity": (
        _capacities("e,a,5,t,,,2020,", "e,a,5,t,,,2022,"),
        _capacities("e,a,5,t,,,2020,2022", "e,a,5,t,,,2022,"),
    ),
    "place-unknown": (_maker("e,甲厂,云南,曲靖市,,"), _maker("e,甲厂,云南省,曲靖市,,")),
    "place-mismatch": (_maker("e,甲厂,贵州省,曲靖市,,"), _maker("e,甲厂,云南省,曲靖市,,")),
    "coordinates-swapped": (
        _maker("e,甲厂,云南省,曲靖市,103.8,25.49"),
        _maker("e,甲厂,云南省,曲靖市,25.49,103.8"),
    ),
    "coordinates-outside": (
        _maker("e,甲厂,云南省,曲靖市,25.49,10.38"),
        _maker("e,甲厂,,,25.49,10.38"),
    ),
    "half-coordinates": (
        _maker("e,甲厂,云南省,曲靖市,25.49,"),
        _maker("e,甲厂,云南省,曲靖市,,"),
    ),
    "region-parent-unknown": (
        {"regions": "adcode,name_zh,parent\n530300,曲靖市,530000\n"},
        {"regions": "adcode,name_zh,parent\n530000,云南省,100000\n"},
    ),
    "no-source": (
        {"products": SOURCED + "a,甲,,price approximate\n"},
        {"products": SOURCED + "a,甲,,General knowledge; price approximate\n"},
    ),
    "source-no-address": (
        {"products": SOURCED + "a,甲,曲靖日报,\n"},
        {"products": SOURCED + "a,甲,https://example.org/a?b=1,\n"},
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_rule_finds_its_case_and_not_its_neighbour(rule: str) -> None:
    """Each rule reports the wrong row and lets the right one pass."""
    assert_case(rule, CASES[rule])


def test_focus_must_be_known() -> None:
    """A focus under a short name gets the official one suggested."""
    finding = run_checks(raw_dataset(regions=REGIONS, focus="曲靖"))[0]
    assert finding.rule == "focus-unknown"
    assert "曲靖市" in finding.remedy("zh")
    assert not run_checks(raw_dataset(regions=REGIONS, focus="曲靖市"))
    assert not run_checks(raw_dataset(products=PRODUCTS, focus="曲靖"))[1:]


@pytest.mark.parametrize(
    "second",
    ["e,a,6,t,,,2022,", "e,a,5,t,planned,,2022,", "e,a,5,t,,group,2022,", "e,a,5,kt,,,2022,"],
)
def test_capacities_that_differ_are_two(second: str) -> None:
    """Another size, state, scope or unit is another capacity."""
    raw = raw_dataset(_capacities("e,a,5,t,,,2020,", second))
    assert not run_checks(raw)


@pytest.mark.parametrize(
    "second", ["e,a,5000,kg,,,2022,", "e,a,5,t,operating,site,2022,", "e,a,5.0,t,,,,2021"]
)
def test_capacities_that_are_equal_in_other_words_count_twice(second: str) -> None:
    """Converted units and defaults written out do not hide a double count."""
    raw = raw_dataset(_capacities("e,a,5,t,,,2020,", second))
    assert rules_of(raw) == ["duplicate-capacity"]


def test_equal_rows_are_reported_once() -> None:
    """A row that equals another one in every cell is a duplicate row, not two findings."""
    raw = raw_dataset(_capacities("e,a,5,t,,,2020,", "e,a,5,t,,,2020,"))
    assert rules_of(raw) == ["duplicate-row"]


def test_end_on_the_first_day_is_no_time_at_all() -> None:
    """A state that ends as it begins never holds."""
    assert rules_of(raw_dataset(_capacities("e,a,5,t,,,2021,2021-01")), at_load=True) == [
        "date-order"
    ]


def test_broken_date_is_not_put_in_order() -> None:
    """A date that is none is reported as such only."""
    assert rules_of(raw_dataset(_capacities("e,a,5,t,,,2021,2020年"))) == ["bad-date"]


@pytest.mark.parametrize("city", ["unknown", "未知", ""])
def test_unknown_city_is_allowed(city: str) -> None:
    """A city may be unknown."""
    assert not run_checks(raw_dataset(_maker(f"e,甲厂,云南省,{city},,")))


def test_municipality_lies_in_itself() -> None:
    """A municipality is its own province."""
    assert not run_checks(raw_dataset(_maker("e,甲厂,北京市,北京市,,")))


def test_province_is_known_by_the_code_where_the_parent_is_empty() -> None:
    """The first two digits of the code are the province's."""
    regions = "adcode,name_zh\n530000,云南省\n530300,曲靖市\n520000,贵州省\n"
    raw = raw_dataset(enterprises=MAKER + "e,甲厂,贵州省,曲靖市,,\n", regions=regions)
    finding = run_checks(raw)[0]
    assert (finding.rule, finding.params["right"]) == ("place-mismatch", "云南省")


def test_regions_above_each_other_do_not_hang() -> None:
    """Two regions that name each other as parent are walked once."""
    regions = "adcode,name_zh,parent\nx,甲区,y\ny,乙区,x\n"
    assert not run_checks(raw_dataset(regions=regions))


def test_swapped_coordinates_are_named_beside_the_range() -> None:
    """A latitude of 103.8 breaks its range; the warning says why."""
    rules = rules_of(raw_dataset(_maker("e,甲厂,云南省,曲靖市,103.8,25.49")))
    assert rules == ["above-maximum", "coordinates-swapped"]


@pytest.mark.parametrize("note", ["常识", "一般知识,待核", "无网址", "a story without an address"])
def test_note_may_say_that_there_is_no_source(note: str) -> None:
    """In Chinese as in English."""
    assert "no-source" not in rules_of(raw_dataset(products=SOURCED + f'a,甲,,"{note}"\n'))


def test_tables_without_a_source_column_are_not_asked() -> None:
    """A planner's own sheet without sources is not flooded."""
    assert "no-source" not in rules_of(raw_dataset(products=PRODUCTS))


@pytest.mark.parametrize(
    "address",
    [
        "http://example.org",
        "https://a.example.org:8080/x",
        "https://example.org./x",
        "HTTP://例.中国/页",
    ],
)
def test_addresses_pass(address: str) -> None:
    """Ports, trailing dots, and names in Chinese."""
    assert "source-no-address" not in rules_of(raw_dataset(products=SOURCED + f"a,甲,{address},\n"))


@pytest.mark.parametrize(
    "address",
    [
        *("example.org/x", "ftp://example.org", "https://", "https://localhost"),
        *("http://a.b/c d", "javascript:alert(1)"),
    ],
)
def test_other_texts_are_no_addresses(address: str) -> None:
    """Other schemes, no host, blanks inside."""
    assert "source-no-address" in rules_of(raw_dataset(products=SOURCED + f"a,甲,{address},\n"))
