"""Kinds of sheets that bureaus keep: each read as a person reads it, or refused in one sentence."""

from __future__ import annotations

import openpyxl
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.codes import is_identity_number
from chaingraph.matching.lists import HEADERS, as_row
from chaingraph.matching.review import read_decisions
from chaingraph.names import simplified
from chaingraph.sheets.dates import read_date
from chaingraph.sheets.figures import figure_parts
from chaingraph.sheets.headers import match_header
from tests.helpers_cli import run
from tests.helpers_intake import column, imported, rules, text, workbook

NAMES = ["企业名称", "所在市", "产品名称"]
FIRM = ["甲厂", "甲市", "金属"]


def capacities(done):
    return column(done, "capacity") if "capacities" in done.tables else []


@pytest.mark.parametrize(
    ("header", "target", "unit", "year"),
    [
        ("产能\n（万吨/年）", "capacity", "万吨/年", ""), ("核定产能（万吨）", "capacity", "万吨", ""),
        ("产能（万吨）（2024年）", "capacity", "万吨", "2024"), ("2024年产能（吨）", "capacity", "吨", "2024"),
        ("截至2024年底产能(t)", "capacity", "t", "2024"), ("年设计产能（吨/年）", "capacity", "吨/年", ""),
        ("实际产量(吨)", "outputs.value@output", "吨", ""), ("2023年产值（亿元）", "outputs.value@revenue", "亿元", "2023"),
        ("责任单位", "tasks.lead_unit", "", ""), ("产能状况", "", "", ""),
    ],
)  # fmt: skip
def test_headers(header, target, unit, year):
    found = match_header("capacities", header)
    assert (found.target, found.unit, found.year) == (target, unit, year)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([[*NAMES, "2023年产能(吨)", "2024年产能(吨)"], [*FIRM, 100, 200]], [200]),
        ([["企业名称", "所在市", "金属（吨）", "箔材（吨）"], ["甲厂", "甲市", 200, 100]], [200, 100]),
        ([["企业名称", "所在市", "产能（吨）", None], [None, None, "金属", "箔材"], ["甲厂", "甲市", 200, 100]], [200, 100]),
        ([[*NAMES, "产能情况（万吨/年）", None], [None, None, None, "设计", "在建"], [*FIRM, 1, 2]], [10000, 20000]),
        ([["企业", "所在", "产品", "产能"], ["名称", "市", "名称", "(吨)"], [*FIRM, 5]], [5]),
        ([["单位：万吨、亿元"], [*NAMES, "产能", "产值"], [*FIRM, 2, 3]], [20000]),
        ([[*NAMES, "产能(吨)"], [*FIRM, 5], ["乙厂", "甲市", "金属", 7], [None, None, None, 12]], [5, 7]),
        ([[*NAMES, "产能(吨)"], [*FIRM, 5], ["全市", None, "金属", 99]], [5]),
        ([[*NAMES, "产能(吨)"], ["一", "正极材料企业"], [*FIRM, 5]], [5]),
        ([[*NAMES, "产能(吨)"], [*FIRM, 5], ["其中：东区", None, None, 5], ["甲市", None, "金属", 5]], [5]),
        ([["企业名称", "所在市", "金属产能（吨）", "箔材产能（吨）"], ["甲厂", "甲市", 2, 1]], [2, 1]),
        ([[*NAMES, "产能(吨)"], [*FIRM, 5], ["填表人：某", None, "审核人：某", "2025.1"]], [5]),
        ([[*NAMES, "产能(万吨)"], [*FIRM, 5], [], [*NAMES, "产能(吨)"], ["乙厂", "甲市", "箔材", 7]], [50000, 7]),
        ([[*NAMES, "产能(吨)"], [*FIRM, "一期5万吨，二期10万吨"]], [50000, 100000]),
        ([[*NAMES, "产能(吨)"], ["甲厂", "甲市", "金属、箔材", "5吨、7吨"]], [5, 7]),
    ],
)  # fmt: skip
def test_layouts(tmp_path, rows, found):
    merged = ["D1:E1"] if rows[0][-1] is None else []
    merged = ["C1:D1"] if merged and len(rows[0]) == 4 else merged
    done = imported(workbook(tmp_path, rows, merged=merged), as_of="2024-12")
    assert (done.errors, capacities(done)) == (0, found), rules(done)


def test_a_firm_alone_in_its_row_is_no_heading(tmp_path):
    rows = [[*NAMES, "产能(吨)"], ["甲市测试材料有限公司"], [*FIRM, 5]]
    done = imported(workbook(tmp_path, rows))
    assert "甲市测试材料有限公司" in column(done, "name_zh", "enterprises")


@pytest.mark.parametrize(("third", "total"), [(12.0, True), (12.1, False)])
def test_a_sum_without_a_name_is_a_total(tmp_path, third, total):
    rows = [
        [*NAMES, "产能(吨)"],
        [*FIRM, 5],
        ["乙厂", "甲市", "金属", 7],
        ["3家", "", "金属", third],
    ]
    done = imported(workbook(tmp_path, rows))
    assert (("total-row", "4") in rules(done, "info")) == total


def test_a_table_that_lost_its_figures_is_not_written(tmp_path):
    done = imported(workbook(tmp_path, [[*NAMES, "产能状况说明"], [*FIRM, 5]]))
    assert rules(done) == [("figure-lost", "D1")]
    (tmp_path / "b").mkdir()
    years = imported(workbook(tmp_path / "b", [[*NAMES, "2023年", "2024年"], [*FIRM, 5, 6]]))
    assert rules(years) == [("figure-lost", "D1"), ("figure-lost", "E1")]


def test_nothing_left_is_not_written(tmp_path):
    rows = [[*NAMES, "产能(吨)"], ["甲厂", "甲市", "没有的产品", 5]]
    done = imported(workbook(tmp_path, rows), skip_bad_rows=True)
    assert done.errors == 1
    assert ("nothing-left", "") in rules(done)


def test_equal_rows_count_once_and_two_figures_are_a_conflict(tmp_path):
    head = [*NAMES, "产能(吨)"]
    once = imported(workbook(tmp_path, [head, [*FIRM, 5]], 县区=[head, [*FIRM, 5]]))
    assert (capacities(once), rules(once)) == ([5], [])
    (tmp_path / "b").mkdir()
    twice = imported(workbook(tmp_path / "b", [head, [*FIRM, 5]], 县区=[head, [*FIRM, 6]]))
    assert rules(twice) == [("figures-differ", "D2")]
    (tmp_path / "c").mkdir()
    phases = [[*head, "备注"], [*FIRM, 5, "一期"], [*FIRM, 6, "二期"]]
    assert capacities(imported(workbook(tmp_path / "c", phases))) == [5, 6]


def test_one_name_in_two_counties_is_two_sites(tmp_path):
    rows = [[*NAMES, "县区", "产能(吨)"], [*FIRM, "东区", 5], [*FIRM, "西区", 6]]
    done = imported(workbook(tmp_path, rows))
    assert column(done, "county", "enterprises") == ["东区", "西区"]


@pytest.mark.parametrize(
    ("written", "date", "rule"),
    [
        ("2023年上半年", "2023-06", "date-vague"), ("22年6月", "2022-06", "date-two-digits"),
        ("2023Q2", "2023-06", "date-vague"), ("2023年三季度", "2023-09", "date-vague"),
        ("2023年6月中旬", "2023-06", "date-vague"), ("预计2025年6月", "2025-06", "date-vague"),
        ("2025年底前", "2025-12", "date-vague"), ("H1 2024", "2024-06", "date-vague"),
        ("“十四五”期间", "", "date-period"), ("2021-2025", "", "date-period"), ("Jun-2023", "2023-06", ""),
    ],
)  # fmt: skip
def test_vague_dates(written, date, rule):
    assert read_date(written) == (date, rule)


@pytest.mark.parametrize(
    ("word", "status"),
    [("达产", "operating"), ("retired", "closed"), ("mothballed", "suspended"), ("announced", "planned"),
     ("竣工", "operating"), ("在业", None), ("吊销", "closed")],
)  # fmt: skip
def test_status_words(tmp_path, word, status):
    rows = [[*NAMES, "产能(吨)", "状态"], [*FIRM, 5, word]]
    done = imported(workbook(tmp_path, rows))
    found = column(done, "status") if "status" in done.tables["capacities"] else [None]
    assert found == [status]


def test_a_status_is_suggested_by_meaning(tmp_path):
    done = imported(workbook(tmp_path, [[*NAMES, "产能(吨)", "状态"], [*FIRM, 5, "某态"]]))
    assert "operating" in done.problems.frame["message"].iloc[0]


@pytest.mark.parametrize(
    ("number", "personal"),
    [("11010519491231002X", True), ("110105194912310021", False), ("91350100M000100Y43", False),
     ("110105194913310025", False)],
)  # fmt: skip
def test_identity_numbers(number, personal):
    assert is_identity_number(number) == personal


def test_a_damaged_character_costs_a_name_but_no_note(tmp_path):
    kept = imported(
        text(tmp_path, "企业名称,所在市,产品名称,产能(吨),备注\n甲厂,甲市,金属,5,见\ufffd件\n")
    )
    assert rules(kept, "warning") == [("damaged-kept", "E2")]
    (tmp_path / "b").mkdir()
    lost = imported(
        text(tmp_path / "b", "企业名称,所在市,产品名称,产能(吨)\n甲\ufffd厂,甲市,金属,5\n")
    )
    assert rules(lost) == [("damaged-character", "A2")]


def test_a_page_named_as_a_workbook_is_said_to_be_one(tmp_path):
    (tmp_path / "a.xlsx").write_text("<html><table><tr><td>企业</td></tr></table></html>", "utf-8")
    assert rules(imported(tmp_path / "a.xlsx")) == [("not-a-table", "")]


def test_stages_are_no_products(tmp_path):
    rows = [["企业名称", "所在市", "产业链环节", "主营业务"], ["甲厂", "甲市", "中游", "金属"]]
    done = imported(workbook(tmp_path, rows))
    assert column(done, "product_id") == ["metal"]


def test_what_bureaus_keep_goes_home(tmp_path):
    rows = [[*NAMES, "产能(吨)", "产量(吨)", "产值(亿元)", "责任单位", "联系人", "完成时限"],
            [*FIRM, 5, 4, 3, "县工信局", "张某", "2025年6月"]]  # fmt: skip
    done = imported(workbook(tmp_path, rows), as_of="2024-12")
    assert column(done, "value", "outputs") == [4, 3e8]
    assert column(done, "year", "outputs") == ["2024", "2024"]
    assert [column(done, n, "tasks")[0] for n in ("lead_unit", "person", "due")] == [
        "县工信局",
        "张某",
        "2025-06",
    ]
    (tmp_path / "b").mkdir()
    undated = imported(workbook(tmp_path / "b", rows), as_of="2024-06")
    assert "outputs" not in undated.tables  # half a year is no year


def test_a_list_of_projects_keeps_event_product_and_capacity(tmp_path):
    rows = [["项目名称", "建设单位", "建设规模及内容", "总投资（万元）", "签约时间", "开工时间"],
            ["金属项目", "甲厂", "年产5万吨金属", 120000, "2022年3月", "2023年3月"]]  # fmt: skip
    done = imported(workbook(tmp_path, rows, title="重点项目"), region="甲市", as_of="2024-12")
    row = done.tables["projects"].iloc[0]
    told = ("date", "event", "city", "product_id", "capacity", "investment_cny_100m")
    assert [row[name] for name in told] == ["2023-03", "started", "甲市", "metal", 50000, 12]


@pytest.mark.parametrize(
    ("where", "city", "park", "noted"),
    [
        ("麒麟区", "曲靖市", "麒麟区", False), ("花山工业园区", "曲靖市", "花山工业园区", False),
        ("经开区", "曲靖市", "经开区", False), ("昆明高新区", "昆明市", "昆明高新区", False),
        ("麒麟区翠峰路1号", "曲靖市", "麒麟区", True),
    ],
)  # fmt: skip
def test_the_site_of_a_project_is_a_county_a_park_or_an_address(tmp_path, where, city, park, noted):
    rows = [
        ["项目名称", "建设单位", "建设地点", "开工时间"],
        ["某项目", "甲厂", where, "2023年3月"],
    ]
    file = workbook(tmp_path, rows, title="重点项目")
    done = cg.import_file(file, dry_run=True, extends=["battery"], region="曲靖市", as_of="2024-12")
    row = done.tables["projects"].iloc[0]
    assert (row["city"], row["park"]) == (city, park)
    assert (where in str(row.get("note"))) == noted


def test_a_project_of_a_family_keeps_it_beside_what_it_builds(tmp_path):
    rows = [["项目名称", "建设单位", "产品", "开工时间"],
            ["年产5万吨磷酸铁锂项目", "甲厂", "pv_cell", "2023年3月"]]  # fmt: skip
    done = imported(workbook(tmp_path, rows, title="重点项目"), extends=["qujing"])
    assert column(done, "product_id", "projects") == ["pv_cell"]


def test_a_place_stands_over_the_products_below_it(tmp_path):
    rows = [["企业名称", "产品名称", "产能(万吨)"], ["麒麟区"], ["一、磷酸铁锂"], ["甲测试有限公司", None, 5],
            ["沾益区"], ["乙测试有限公司", "铁锂", 2], ["麒麟区", None, 7]]  # fmt: skip
    done = cg.import_file(workbook(tmp_path, rows), dry_run=True, extends=["battery"])
    assert column(done, "county", "enterprises") == ["麒麟区", "沾益区"]
    assert column(done, "product_id") == ["lfp", "lfp"]
    assert ("total-row", "7") in rules(done, "info")


def test_import_matches_what_it_extends(tmp_path):
    head = [*NAMES, "产能(GWh)"]
    done = imported(workbook(tmp_path, [head, ["甲市电芯有限公司", "甲市", "电芯", 1]]))
    assert column(done, "enterprise_id") == ["cell_jia"]
    assert [name for name, _ in rules(done, "warning")] == ["enterprise-matched"]


def test_what_is_open_stops_and_is_remembered_when_decided(tmp_path):
    file = workbook(
        tmp_path, [[*NAMES[:1], "产品名称", "产能(GWh)"], ["甲市电芯(二期)", "电芯", 1]]
    )
    first = cg.import_file(file, tmp_path / "out", extends=["toy"], region="甲市", lang="zh")
    assert rules(first) == [("enterprise-open", "A2")]
    review = tmp_path / "out-review.xlsx"
    book = openpyxl.load_workbook(review)
    sheet = book["待审核"] if "待审核" in book.sheetnames else book.worksheets[1]
    header = [cell.value for cell in sheet[1]]
    sheet.cell(
        2,
        header.index(next(h for h in header if "决定" in h or "选择" in h or "处理" in h)) + 1,
        "same",
    )
    book.save(review)
    decided = read_decisions(review, decided_on="2024-12-01")
    again = cg.import_file(
        file, tmp_path / "out", extends=["toy"], region="甲市", decisions=decided
    )
    assert again.errors == 0
    assert cg.load_dataset(again.folder).table("aliases")["alias_zh"].tolist() == ["甲市电芯(二期)"]


def test_the_marked_copy_says_why_at_the_cell_and_is_the_same_twice(tmp_path):
    rows = [[*NAMES, "产能(吨)"], ["甲厂", "甲市", "没有", 5], [*FIRM, "x"]]
    file = workbook(tmp_path, rows)
    first, second = tmp_path / "m.xlsx", tmp_path / "n.xlsx"
    for target in (first, second):
        cg.import_file(file, dry_run=True, extends=["toy"], marked=target)
    assert first.read_bytes() == second.read_bytes()
    sheet = openpyxl.load_workbook(first)["企业产能表"]
    assert "没有" in sheet["C2"].comment.text
    assert sheet["C2"].fill.fgColor.rgb.endswith("FFC7CE")
    assert sheet["D3"].comment is not None
    assert sheet["D2"].comment is None
    with pytest.raises(cg.errors.FileProblemError, match=r"another name|另起"):
        cg.import_file(file, dry_run=True, extends=["toy"], marked=file)


def test_a_long_list_of_errors_is_a_few_lines(tmp_path):
    rows = [[*NAMES, "产能(吨)"], *([f"厂{n}", "甲市", "没有", n] for n in range(1, 400))]
    done = cg.import_file(workbook(tmp_path, rows), dry_run=True, extends=["toy"])
    assert done.errors == 399
    assert len(done.causes.frame) < 5
    assert done.causes.frame["problems"].max() == 399
    shown = run("import", tmp_path / "a.xlsx", "--dry-run", "--extends", "toy", status=1).stdout
    assert len(shown.splitlines()) < 40


def test_merge_shows_what_import_shows(tmp_path):
    head = [*NAMES[:1], "产品名称", "产能", "单位"]
    base = workbook(tmp_path, [head, ["宜春测试甲材料有限公司", "磷酸铁锂", 2, "万吨"]])
    cg.import_file(base, tmp_path / "d", extends=["battery"], region="宜春市", as_of="2024-12")
    news = workbook(
        tmp_path, [head, ["宜春测试甲材料有限公司", "磷酸铁锂", 2, "吨"]], name="b.xlsx"
    )
    done = cg.merge_dataset(tmp_path / "d", news, as_of="2025-01", dry_run=True)
    assert "unit-slip" in done.problems.frame["rule"].tolist()


def test_a_slip_of_the_unit_names_the_unit_to_be_written(tmp_path):
    rows = [[*NAMES[:1], "产品名称", "产能", "单位"], ["宜春测试甲有限公司", "cell_lfp", 5, "MWh"]]
    done = cg.import_file(
        workbook(tmp_path, rows), dry_run=True, extends=["battery"], region="宜春市"
    )
    said = done.problems.frame.set_index("rule").loc["unit-slip", "message"]
    assert "GWh" in said
    assert "TWh" not in said


def test_lists_of_firms_use_the_same_words():
    assert {"法人单位名称", "生产企业", "公司简称"} <= set(HEADERS["name"])
    ds = cg.load_dataset("toy")
    frame = pd.DataFrame({"企业名称": ["甲市电芯"], "城市": ["甲市"]})
    assert cg.match_enterprises(ds, frame).frame["decision"].tolist() == ["taken"]
    with pytest.raises(cg.errors.OptionError, match="no name and no code"):
        cg.match_enterprises(ds, [{"x": 1}])
    assert as_row({"name": "甲"}, 3).list_row == 3


def test_traditional_script():
    assert simplified("寧德時代新能源科技股份有限公司") == "宁德时代新能源科技股份有限公司"


def test_parts_of_a_cell():
    assert [p.label for p in figure_parts("已建5万吨、在建3万吨")] == ["已建", "在建"]
    assert figure_parts("5万吨") == []
