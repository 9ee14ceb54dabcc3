"""Kinds of trouble in bureaus' lists, in words and layouts of our own: each read, or asked about."""

from __future__ import annotations

import pytest

from chaingraph.sheets.dates import read_date
from chaingraph.sheets.headers import match_header
from chaingraph.sheets.measures import factor_to
from chaingraph.sheets.states import read_state
from tests.helpers_intake import column, imported, rules, workbook

NAMES = ["企业名称", "所在市", "产品名称"]
FIRM = ["甲厂", "甲市", "金属"]


@pytest.mark.parametrize(
    ("header", "target", "unit", "year"),
    [
        ("2024年末有效产能（万吨/年）", "capacity", "万吨/年", "2024"),
        ("批准产能(单位：万吨)", "capacity", "万吨", ""),
        ("已建成年产能 万吨", "capacity@operating", "万吨", ""),
        ("在建生产能力（吨）", "capacity@construction", "吨", ""),
        ("产线能力（万吨/年）", "capacity", "万吨/年", ""),
        ("厂区地址", "enterprises.place", "", ""), ("所在国家", "enterprises.place", "", ""),
        ("通讯地址", "enterprises.place", "", ""), ("完成时间", "tasks.due", "", ""),
        ("海外产能（万吨）", "", "", ""), ("产能利用率", "", "", ""), ("规模", "", "", ""),
    ],
)  # fmt: skip
def test_headers_by_what_they_are_made_of(header, target, unit, year):
    found = match_header("capacities", header)
    assert (found.target, found.unit, found.year) == (target, unit, year)


def test_where_a_firm_stands_goes_before_where_it_is_registered():
    ranks = [match_header("capacities", text).rank for text in ("所在地", "厂区地址", "通讯地址")]
    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize(
    ("words", "status", "more"),
    [
        ("投产运营", "operating", False), ("停产检修", "suspended", False), ("部分投产", "operating", True),
        ("已签约未开工", "planned", False), ("在建（2025年投产）", "construction", True),
        ("计划2026年投产", "planned", True), ("即将投产", "construction", False), ("尚未开工", "planned", False),
        ("已达产达效", "operating", False), ("试生产阶段", "trial", False),
        ("under development", "planned", False), ("2023年6月投产", "operating", True),
    ],
)  # fmt: skip
def test_states_in_several_words(words, status, more):
    assert read_state("capacities", "status", words) == (status, more)


@pytest.mark.parametrize(
    "words", ["建成未投产", "一期投产，二期在建", "在产（部分停产）", "检修", "工况良好", "未投产"]
)
def test_states_that_say_two_things_or_none_are_asked_about(words):
    assert read_state("capacities", "status", words) is None


@pytest.mark.parametrize(
    ("written", "date", "rule"),
    [
        ("22Q4", "2022-12", "date-vague"), ("“十三五”末", "2020-12", "date-vague"),
        ("十四五初期", "2021-12", "date-vague"), ("十五五前期", "2026-12", "date-vague"),
        ("2023年年中", "2023-06", "date-vague"), ("2023年内", "2023-12", "date-vague"),
        ("2023年春季", "2023-05", "date-vague"), ("FY2023", "2023", "date-vague"),
        ("2021年6-8月", "2021-08", "date-vague"), ("二〇二一年十二月", "2021-12", ""),
        ("2022年6月(一期)", "2022-06", "date-words"), ("二期2024年6月", "2024-06", "date-words"),
    ],
)  # fmt: skip
def test_dates_of_more_kinds(written, date, rule):
    assert read_date(written) == (date, rule)


def test_ten_thousand_kilograms():
    assert factor_to("万千克", "t") == factor_to("万公斤", "t") == 10
    assert factor_to("万千吨", "t") is None


@pytest.mark.parametrize(
    ("rows", "merged", "found"),
    [
        ([["企业", None, "产品产能（吨）", None, None], ["名称", "所在市", "产品", "已投产", "在建"], [*FIRM, 2, 3]],
         ["A1:B1", "C1:E1"], [2, 3]),
        ([["企业名称", "所在市", "各产品产能（吨）", None], [None, None, "金属", "箔材"], ["甲厂", "甲市", 2, 1]],
         ["A1:A2", "B1:B2", "C1:D1"], [2, 1]),
        ([["企业名称", "所在市", "金属", None], [None, None, "产能（吨）", "产量（吨）"], ["甲厂", "甲市", 2, 1]],
         ["A1:A2", "B1:B2", "C1:D1"], [2]),
        ([["（单位 万吨）"], [*NAMES, "设计产能"], [*FIRM, 2]], [], [20000]),
        ([["企业名称", "所在市", "产能(吨)"], ["一、金属"], ["甲厂", "甲市", 5], ["二、箔材"], ["乙厂", "甲市", 7]],
         [], [5, 7]),
        ([[*NAMES, "产能(吨)"], [*FIRM, 5], ["注：1. 设计产能"], ["2. 数据截至年底。"], ["甲市工业和信息化局"],
          ["2024年12月30日"]], [], [5]),
        ([[*NAMES, "产能(吨)"], [*FIRM, 5], ["填报单位（盖章）", None, "填报日期"]], [], [5]),
        ([[*NAMES, "产能(吨)"], [*FIRM, 5], [], [*NAMES, "产能(万吨)", "状态"], ["乙厂", "甲市", "箔材", 1, "在建"]],
         [], [5, 10000]),
        ([[*NAMES, "产能(吨)"], ["甲厂", "甲市", "金属/箔材", "5/7"]], [], [5, 7]),
        ([[*NAMES, "产能(吨)"], ["甲厂", "甲市", "金属\n箔材", "5\n7"]], [], [5, 7]),
        ([[*NAMES, "产能(吨)"], ["甲厂", "甲市", "金\n属", 5]], [], [5]),
    ],
)  # fmt: skip
def test_layouts_of_more_kinds(tmp_path, rows, merged, found):
    done = imported(workbook(tmp_path, rows, merged=merged), as_of="2024-12")
    assert (done.errors, column(done, "capacity")) == (0, found), rules(done)
    assert len(done.tables["enterprises"]) == len(
        {row[0] for row in rows if row and "厂" in str(row[0])}
    )


def test_output_under_a_product_goes_home(tmp_path):
    rows = [
        ["企业名称", "所在市", "金属", None],
        [None, None, "产能（吨）", "产量（吨）"],
        ["甲厂", "甲市", 2, 1],
    ]
    done = imported(workbook(tmp_path, rows, merged=["C1:D1"]), as_of="2024-12")
    assert column(done, "value", "outputs") == [1]


def test_a_band_with_a_count_says_where(tmp_path):
    rows = [["企业名称", "产品名称", "产能(吨)"], ["一", "西区（1家）"], ["甲厂", "金属", 5]]
    done = imported(workbook(tmp_path, rows), region="甲市")
    assert column(done, "county", "enterprises") == ["西区"]


def test_figures_under_an_unknown_head_are_not_lost(tmp_path):
    done = imported(workbook(tmp_path, [[*NAMES, "海外产能（吨）"], [*FIRM, 5]]))
    assert rules(done) == [("figure-lost", "D1")]


def test_a_list_of_projects_without_dates(tmp_path):
    rows = [
        ["项目名称", "建设单位", "所在市", "总投资（亿元）", "建设规模", "进展情况"],
        ["金属项目", "甲厂", "甲市", 12, "年产金属5万吨", "主体已开工"],
    ]
    path = workbook(tmp_path, rows, title="重点项目")
    assert rules(imported(path, as_of="2024-12")) == [("not-a-choice", "F2")]
    rows[1][-1] = "已开工建设"
    done = imported(workbook(tmp_path, rows, title="重点项目"), as_of="2024-12")
    found = done.tables["projects"].iloc[0]
    assert (found["event"], found["date"], found["date_quality"]) == ("started", "2024-12", "seen")
    assert (found["city"], found["product_id"], found["capacity"]) == ("甲市", "metal", 50000)


MESSY = [
    ["甲市重点企业产能情况表"],
    [None, None, None, None, None, None, "单位：万吨、亿元"],
    ["序号", "企业\n名称", "主要\n产品", "产能情况（万吨/年）", None, "2024年产值", "建成投产\n时间"],
    [None, None, None, "设计", "在建", None, None],
    ["一", "西区（2家）"],
    [1, "甲厂", "金属", 5, None, 30, "2022年上半年"],
    [2, "乙厂", "箔材", "一期2，二期3", None, None, "“十四五”期间"],
    [None, "小计", None, 10],
    ["二", "东区"],
    [3, "丙厂", "金属、箔材", "金属1万吨，箔材4万吨", 2, None, "22Q4"],
    [None, "全市", None, 15],
    ["注：产能为设计产能。"],
    ["2. 数据截至2024年12月。"],
    ["填表人：某", None, "审核人：某"],
]  # fmt: skip


def test_a_messy_workbook_of_a_bureau(tmp_path):
    merged = ["A1:G1", "D3:E3", *(f"{c}3:{c}4" for c in "ABCFG")]
    rows = [list(row) for row in MESSY]
    rows[9][4] = None
    done = imported(workbook(tmp_path, rows, merged=merged), region="甲市", as_of="2024-12")
    assert done.errors == 0, rules(done)
    assert column(done, "name_zh", "enterprises") == ["甲厂", "乙厂", "丙厂"]
    assert column(done, "county", "enterprises") == ["西区", "西区", "东区"]
    found = list(zip(column(done, "product_id"), column(done, "capacity"), strict=True))
    assert found == [
        ("metal", 50000), ("foil", 20000), ("foil", 30000), ("metal", 10000), ("foil", 40000),
    ]  # fmt: skip
    assert column(done, "since") == ["2022-06", None, None, "2022-12", "2022-12"]
    assert column(done, "value", "outputs") == [3e9]
