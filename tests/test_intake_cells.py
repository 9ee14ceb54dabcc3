"""Figures and dates: whatever way they are written, they read back; nothing else is a figure."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaingraph.checks import matches_date, parse_number
from chaingraph.intake.keys import Enterprises, Products
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.sheets.dates import read_date
from chaingraph.sheets.delimited import decode
from chaingraph.sheets.figures import Wanted, read_figure
from chaingraph.sheets.grid import letters
from chaingraph.sheets.headers import match_header
from chaingraph.sheets.measures import Written, factor_to, known_unit
from chaingraph.sheets.numbers import Number, number_text, read_number
from chaingraph.sheets.problems import Refusal
from chaingraph.units import conversion_factor

FULL = str.maketrans("0123456789.,-", "０１２３４５６７８９．，－")
amounts = st.decimals(0, 10**9, places=3).map(lambda d: d.normalize())
UNITS = ["", "吨", "万吨", "GWh", "MW", "台", "亿平方米", "万吨/年", "t/a", "㎡"]


def plain(amount):
    return format(amount, "f")


@given(amounts, st.sampled_from(UNITS), st.booleans(), st.booleans())
def test_figures_read_back(amount, unit, full, grouped):
    text = f"{amount:,f}" if grouped else plain(amount)
    written = (text.translate(FULL) if full else text) + unit
    found = read_number(written)
    assert isinstance(found, Number)
    assert found.value == Fraction(plain(amount))
    assert found.unit == unit.replace("㎡", "m2")
    assert (found.hedge, found.scale, found.high) == ("", "", None)


@given(amounts, st.sampled_from([("万", 10**4), ("亿", 10**8)]))
def test_words_for_powers_of_ten(amount, scale):
    assert read_number(plain(amount) + scale[0]).value == Fraction(plain(amount)) * scale[1]


@given(amounts, amounts, st.sampled_from("-~—至"), st.sampled_from(UNITS))
def test_ranges_keep_both_ends(one, other, mark, unit):
    low, high = sorted([one, other])
    found = read_number(f"{plain(low)}{mark}{plain(high)}{unit}")
    if low == high:
        assert found == Refusal("range-not-ascending", {})
    else:
        assert (found.value, found.high) == (Fraction(plain(low)), Fraction(plain(high)))


@given(st.floats(0, 1e15, allow_nan=False).map(lambda x: float(f"{x:.12g}")))
def test_number_text_is_the_number(value):
    text = number_text(Fraction(repr(value)))
    assert parse_number(text) == value
    assert read_number(text).value == Fraction(repr(value))


@settings(max_examples=500)
@given(st.text("0123456789.,-~万亿约 吨GWh%至+/e年m2", max_size=14))
def test_no_text_breaks_the_reader_or_loses_digits(text):
    found = read_number(text)
    if isinstance(found, Number) and not found.scale and not {"e", "m"} & set(text):
        digits = [c for c in str(text) if c.isdigit()]
        kept = "".join(digits).lstrip("0")
        assert digits
        if found.high is None and "." not in text:
            assert str(abs(found.value)) == (kept or "0")


@settings(max_examples=300)
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    assert read_number(text) is None or isinstance(read_number(text), Number | Refusal)
    found = read_date(text)
    assert found is None or isinstance(found, Refusal) or matches_date(found[0])
    for table in TABLE_NAMES:
        assert match_header(table, text).header == " ".join(text.split())


FORMS = [
    "{y}-{m:02d}-{d:02d}", "{y}年{m}月{d}日", "{y}/{m}/{d}", "{y}.{m}.{d}", "{y}{m:02d}{d:02d}",
    "{y}-{m:02d}-{d:02d} 00:00:00", "{y}年{m:02d}月{d:02d}日",
]  # fmt: skip


@given(st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31)), st.sampled_from(FORMS))
def test_days_read_back(day, form):
    assert read_date(form.format(y=day.year, m=day.month, d=day.day)) == (day.isoformat(), "")
    assert read_date(day) == (day.isoformat(), "")


@given(st.integers(1900, 2100), st.integers(1, 12),
       st.sampled_from(["{y}-{m:02d}", "{y}年{m}月", "{y}.{m}", "{y}/{m}", "{y}{m:02d}", "{y}年{m}月份"]))  # fmt: skip
def test_months_read_back(year, month, form):
    assert read_date(form.format(y=year, m=month)) == (f"{year}-{month:02d}", "")


@given(st.dates(dt.date(1981, 1, 1), dt.date(2099, 12, 31)))
def test_excel_counts_days(day):
    serial = (day - dt.date(1899, 12, 30)).days
    assert read_date(serial) == read_date(float(serial)) == (day.isoformat(), "date-serial")


@given(st.integers(1900, 2100), st.integers(1, 12))
def test_months_that_excel_kept_as_numbers(year, month):
    found = read_date(float(f"{year}.{month}"))
    if month in {1, 10}:
        assert found.rule == "date-january-or-october"
    else:
        assert found == (f"{year}-{month:02d}", "")
    in_csv = read_date(f"{year}.{month}", typed=False)
    assert (
        in_csv.rule == "date-january-or-october"
        if month == 1
        else in_csv[0] == f"{year}-{month:02d}"
    )


@pytest.mark.parametrize(
    ("unit", "target", "factor"),
    [("万吨/年", "t", 10**4), ("亿Wh", "GWh", Fraction(1, 10)), ("kt/a", "t", 1000), ("gwh", "MWh", 1000),
     ("亿平米", "Mm2", 100), ("万㎡", "m2", 10**4), ("台", "set", 1), ("亿片", "pcs", 10**8), ("万元", "100m CNY", Fraction(1, 10**4)),
     ("元/吨", "CNY/t", 1), ("元/kWh", "CNY/GWh", 10**6), ("kg/kWh", "t/GWh", 1000), ("mt", "t", None),
     ("吨/天", "t", None), ("吨/月", "t", None), ("万", "t", None), ("桶", "t", None), ("GW", "GWh", None)],
)  # fmt: skip
def test_units(unit, target, factor):
    assert factor_to(unit, target) == factor


@given(
    st.sampled_from(["t", "万吨", "GWh", "MW", "台", "亿平方米", "公里"]),
    st.sampled_from(["t", "kg", "MWh", "GW", "set", "m2", "km"]),
)
def test_units_agree_with_the_package(unit, target):
    found, known = factor_to(unit, target), conversion_factor(unit, target)
    assert (found is None) == (known is None)
    assert known is None or float(found) == known
    assert known_unit(unit).name == unit


@given(
    st.text("企业名称abc,;\n产能甲乙", min_size=1, max_size=60),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
)
def test_texts_survive_their_encoding(text, codec):
    whole = f"企业名称,产能\n{text}"
    assert decode(whole.encode(codec))[0] == whole


@pytest.mark.parametrize("table", TABLE_NAMES)
def test_every_name_and_title_of_the_schema_is_a_header(table):
    for field in table_spec(table).fields:
        assert match_header(table, field.name).target == field.name
        assert match_header(table, f" {field.title_zh}* ").field in {field.name, "row_number"}


def test_column_letters():
    assert [letters(at) for at in (0, 25, 26, 51, 52, 16383)] == ["A", "Z", "AA", "AZ", "BA", "XFD"]


def test_products_by_exact_name_only():
    products = Products()
    products.add("a", "t", ["磷酸铁(无水)", "Iron"])
    products.add("b", "t", ["磷酸铁锂", "LFP"])
    assert [products.find(name) for name in ("磷酸铁（无水）", "磷酸铁", " lfp ", "a")] == [
        "a",
        "a",
        "b",
        "a",
    ]
    assert products.find("磷酸铁钠").params["suggestions"].startswith("磷酸铁")
    products.add("c", "t", ["磷酸铁(含水)"])
    assert products.find("磷酸铁").rule == "product-ambiguous"
    assert products.find_all("磷酸铁锂、Iron") == ["b", "a"]


def test_sites_of_one_legal_entity():
    known = Enterprises()
    first = known.key("甲厂", "甲市", "X")
    assert (first, known.key("甲厂", "甲市")) == ("X", "X")
    second = known.key("甲厂二部", "乙市", "X")
    assert second.startswith("e_")
    assert known.key("甲厂二部", "", "X") == second
    assert known.key("甲厂", "甲市", "Y") == "Y"


@pytest.mark.parametrize(
    ("table", "name", "raw", "text"),
    [
        ("projects", "land_mu", "357", "357"),
        ("projects", "land_mu", "2公顷", "30"),
        ("parks", "free_land_mu", "0.5 km2", "750"),
        ("parks", "power_mw", "20万千瓦", "200"),
        ("parks", "power_mw", 50, "50"),
        ("surveys", "makers", 2, "2"),
        ("surveys", "makers", "2家", "2"),
        ("stages", "position", "3", "3"),
        ("milestones", "percent", "40", "40"),
    ],
)
def test_a_column_that_names_its_unit_or_counts_takes_plain_numbers(table, name, raw, text):
    found = read_figure(raw, Wanted(table_spec(table).by_name[name]))
    assert (found.text, found.unit) == (text, "")


def test_land_is_no_mass():
    wanted = Wanted(table_spec("projects").by_name["land_mu"], written=Written(header="吨"))
    assert read_figure("3", wanted) == Refusal("unit-mismatch", {"unit": "吨", "expected": "亩"})
