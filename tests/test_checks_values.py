"""Rules about single cells, and the parsing of cells."""

from __future__ import annotations

import pytest

from chaingraph.checks import run_checks
from chaingraph.checks.values import first_day, matches_date, parse_boolean, parse_number
from tests.helpers_raw import Case, assert_case, raw_dataset

PRODUCT = "product_id,name_zh,unit,price_cny\n"

CASES: dict[str, Case] = {
    "required-value": (
        {"products": "product_id,name_zh\na,\n"},
        {"products": "product_id,name_zh\na,甲\n"},
    ),
    "not-a-number": (
        {"products": PRODUCT + 'a,甲,t,"1,200"\n'},
        {"products": PRODUCT + "a,甲,t,1200\n"},
    ),
    "not-finite": (
        {"products": PRODUCT + "a,甲,t,nan\n"},
        {"products": PRODUCT + "a,甲,t,\n"},
    ),
    "below-minimum": (
        {"products": PRODUCT + "a,甲,t,-1\n"},
        {"products": PRODUCT + "a,甲,t,0\n"},
    ),
    "above-maximum": (
        {"inputs": "input_id,output_id,share\na,b,1.2\n"},
        {"inputs": "input_id,output_id,share\na,b,1\n"},
    ),
    "not-in-list": (
        {"products": "product_id,name_zh,kind\na,甲,materials\n"},
        {"products": "product_id,name_zh,kind\na,甲,material\n"},
    ),
    "bad-date": (
        {"products": "product_id,name_zh,price_as_of\na,甲,2023-02-30\n"},
        {"products": "product_id,name_zh,price_as_of\na,甲,2023-02-28\n"},
    ),
    "bad-id": (
        {"products": "product_id,name_zh\n磷酸铁锂,甲\n"},
        {"products": "product_id,name_zh\nlfp,甲\n"},
    ),
    "control-character": (
        {"products": "product_id,name_zh\na,甲\x1b[2J\n"},
        {"products": "product_id,name_zh\na,甲\n"},
    ),
    "not-boolean": (
        {"enterprises": "enterprise_id,name_zh,anchor\ne,甲厂,是\n"},
        {"enterprises": "enterprise_id,name_zh,anchor\ne,甲厂,1\n"},
    ),
    "credit-code": (
        {"enterprises": "enterprise_id,name_zh,credit_code\ne,甲厂,91350100M000100Y44\n"},
        {"enterprises": "enterprise_id,name_zh,credit_code\ne,甲厂,91350100m000100y43\n"},
    ),
    "alias-target": (
        {"aliases": "alias_zh,decision\n甲厂,same\n"},
        {"aliases": "alias_zh,decision\n甲厂,new\n"},
    ),
    "implausible-date": (
        {"products": "product_id,name_zh,price_as_of\na,甲,0223\n"},
        {"products": "product_id,name_zh,price_as_of\na,甲,2023\n"},
    ),
}


@pytest.mark.parametrize("rule", CASES)
def test_rule_finds_its_case_and_not_its_neighbour(rule: str) -> None:
    """Each rule reports the wrong cell and lets the right one pass."""
    assert_case(rule, CASES[rule])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12500", 12500.0),
        ("-0.5", -0.5),
        ("+.5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("1.5E-3", 0.0015),
        ("0", 0.0),
    ],
)
def test_plain_numbers_are_read(text: str, number: float) -> None:
    """Decimal and scientific notation."""
    assert parse_number(text) == number


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " 1",
            "1 ",
            "1,000",
            "1_000",
            "\uff11\uff12",
            "١٢",
            "1万",
            "5%",
            "0x10",
            "1e999",
            "-1e999",
        ),
        *("nan", "NaN", "inf", "-Infinity", "1e", "e5", ".", "--1", "1.2.3", "1\n", "一百", "½"),
    ],
)
def test_other_texts_are_no_numbers(text: str) -> None:
    """What Python's float would take, or a person would write, is refused."""
    assert parse_number(text) is None


@pytest.mark.parametrize(
    "text", ["2023", "2023-02", "2023-02-28", "2024-02-29", "1999-12-31", "0001"]
)
def test_partial_dates_are_known(text: str) -> None:
    """Years, months and days that exist."""
    assert matches_date(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "23",
            "2023-2",
            "2023-13",
            "2023-00",
            "2023-02-29",
            "2023-04-31",
            "2023/02",
            "202302",
        ),
        *(
            "2023-02-",
            "2023年",
            "\uff12\uff10\uff12\uff13",
            "0000",
            "2023-02-28T00:00",
            "2023 ",
            "2023\n",
        ),
    ],
)
def test_other_texts_are_no_dates(text: str) -> None:
    """Days that do not exist, and other spellings."""
    assert not matches_date(text)


def test_booleans_are_those_of_the_schema() -> None:
    """Only the texts that the schema lists."""
    assert [parse_boolean(text) for text in ("1", "true", "0", "False")] == [
        True,
        True,
        False,
        False,
    ]
    assert [parse_boolean(text) for text in ("1.0", "0.0")] == [
        True,
        False,
    ]  # as pandas writes flags
    assert [parse_boolean(text) for text in ("", "yes", "是", "tRUE", "2.0")] == [None] * 5


def test_first_day_makes_dates_compare() -> None:
    """A year begins with its first day, a month with its own."""
    assert first_day("2021") == "2021-01-01"
    assert first_day("2021-07") == "2021-07-01"
    assert first_day("2021-07-15") == "2021-07-15"


def test_overflowing_number_is_not_finite() -> None:
    """A number too large for a float is named as such."""
    raw = raw_dataset(products=PRODUCT + "a,甲,t,1e999\n")
    assert [finding.rule for finding in run_checks(raw, at_load=True)] == ["not-finite"]


def test_word_close_to_one_of_the_list_is_suggested() -> None:
    """The message holds the choices, the remedy the closest one."""
    raw = raw_dataset(products="product_id,name_zh,kind\na,甲,materials\n")
    finding = run_checks(raw, at_load=True)[0]
    assert "material, component" in finding.text("en")
    assert "material" in finding.remedy("zh")


def test_broken_cell_is_reported_once() -> None:
    """A coefficient that is no number is not judged by ranges, units or mass too."""
    raw = raw_dataset(
        products="product_id,name_zh,unit\na,甲,t\nb,乙,t\n",
        inputs="input_id,output_id,coefficient,low,high,unit\na,b,1.2万,1,2,t/t\n",
    )
    assert [finding.rule for finding in run_checks(raw)] == ["not-a-number"]


def test_broken_ids_are_not_dangling_too() -> None:
    """An id that is no id is not looked up."""
    raw = raw_dataset(products="product_id,name_zh\na,甲\n", inputs="input_id,output_id\na b,a\n")
    assert [finding.rule for finding in run_checks(raw)] == ["bad-id"]


def test_long_value_is_clipped() -> None:
    """A cell of thousands of characters does not flood the message."""
    raw = raw_dataset(products=PRODUCT + f"a,甲,t,{'x' * 5000}\n")
    assert len(run_checks(raw)[0].value) == 100
