"""Files as planners keep them that must load to the right figures."""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

import chaingraph as cg
from tests.helpers_intake import (
    GOOD,
    HEADER,
    archive,
    column,
    imported,
    repacked,
    rules,
    text,
    workbook,
)

CSV = "企业名称,所在市,产品名称,产能(万吨/年),状态\n甲厂,甲市,金属,1.2,已投产\n"


def one(place, header, row, **options):
    """Import one row below a header; there must be no error."""
    done = imported(workbook(place, [header, row]), **options)
    assert rules(done) == []
    return done


def test_a_wide_sheet_becomes_enterprises_and_capacities(tmp_path):
    done = imported(workbook(tmp_path, [HEADER, GOOD]), region="甲市", as_of="2024-12")
    assert rules(done) == []
    row = done.tables["capacities"].iloc[0]
    assert (row["product_id"], row["capacity"], row["unit"]) == ("metal", 12000.0, "t")
    assert (row["status"], row["since"]) == ("operating", "2022-06")
    assert column(done, "name_zh", "enterprises") == ["甲厂"]
    ds = cg.load_dataset(done.folder)
    assert (ds.focus, ds.as_of, ds.packages[-1].extends) == ("甲市", "2024-12", ("toy",))


@pytest.mark.parametrize(
    ("codec", "shown"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 BOM"), ("utf-16", "UTF-16"),
     ("utf-16-le", "UTF-16"), ("gb18030", "GB18030"), ("gbk", "GB18030")],
)  # fmt: skip
def test_encodings(tmp_path, codec, shown):
    done = imported(text(tmp_path, CSV, codec=codec))
    assert column(done, "capacity") == [12000.0]
    assert column(done, "name_zh", "enterprises") == ["甲厂"]
    assert f"read as {shown}," in " ".join(done.problems.frame["message"])


@pytest.mark.parametrize(("mark", "shown"), [("\t", "tab"), (";", "semicolon"), ("|", "bar")])
def test_delimiters(tmp_path, mark, shown):
    done = imported(text(tmp_path, CSV.replace(",", mark)))
    assert column(done, "capacity") == [12000.0]
    assert f"separated by {shown}" in " ".join(done.problems.frame["message"])


def test_titles_above_totals_blank_rows_footnotes_sections_and_row_numbers(tmp_path):
    rows = [
        ["甲市企业产能情况表"], [], ["填报单位：甲市工信局"],
        ["序号", *HEADER], ["一、电池产业链"], [1, *GOOD], [],
        ["序号", *HEADER], [2, "乙厂", "甲市", "箔材", 3, "在建", None],
        ["小计", None, None, None, 4.2], ["合 计", None, None, None, 4.2], ["注：数据截至2024年"],
    ]  # fmt: skip
    done = imported(workbook(tmp_path, rows, merged=["A1:G1"]))
    assert rules(done) == []
    assert column(done, "capacity") == [12000.0, 30000.0]
    found = {rule for rule, _ in rules(done, "info")}
    assert found == {"total-row", "blank-rows", "footnote-rows", "header-rows", "section-rows"}
    assert done.understood.frame["header_row"].unique().tolist() == [4]


def test_two_row_merged_headers_with_a_status_each(tmp_path):
    rows = [
        ["企业名称", "所在地", None, "产品名称", "产能(万吨/年)", None],
        [None, "市", "县", None, "现有", "在建"],
        ["甲厂", "甲市", "东区", "金属", 1.2, 0.5],
    ]
    merged = ["A1:A2", "B1:C1", "D1:D2", "E1:F1"]
    done = imported(workbook(tmp_path, rows, merged=merged))
    assert rules(done) == []
    assert column(done, "capacity") == [12000.0, 5000.0]
    assert column(done, "status") == ["operating", "construction"]
    assert column(done, "county", "enterprises") == ["东区"]


def test_names_merged_over_their_rows(tmp_path):
    rows = [HEADER, GOOD, [None, None, "箔材", 2, "在建", None]]
    done = imported(workbook(tmp_path, rows, merged=["A2:A3", "B2:B3"]))
    assert column(done, "enterprise_id") == column(done, "enterprise_id", "enterprises") * 2
    assert column(done, "capacity") == [12000.0, 20000.0]


@pytest.mark.parametrize(
    ("written", "capacity", "rule"),
    [
        ("１.２", 12000, ""), ("1,200", 12e6, ""), (" 1.2 ", 12000, ""), ("1.2万吨", 12000, ""),
        ("12000吨", 12000, ""), ("1.2 万吨/年", 12000, ""), ("12kt", 12000, ""),
        ("约30", 300000, "hedge-about"), ("30左右", 300000, "hedge-about"),
        ("超30", 300000, "hedge-over"), ("≥30", 300000, "hedge-over"),
        ("30余", 300000, "hedge-over"), ("≤30", 300000, "hedge-under"),
        ("10-12", 100000, "range-lower-end"), ("10~12万吨", 100000, "range-lower-end"),
        ("10万吨—12万吨", 100000, "range-lower-end"), ("0.1", 1000, ""), ("1e2", 1e6, ""),
        ("暂无", None, ""), ("—", None, ""), (None, None, ""),
    ],
)  # fmt: skip
def test_figures(tmp_path, written, capacity, rule):
    done = one(tmp_path, HEADER, [*GOOD[:3], written, *GOOD[4:]])
    assert (column(done, "capacity") if capacity else [None]) == [capacity]
    assert [found for found, _ in rules(done, "warning")] == ([rule] if rule else [])
    if rule:
        assert written in column(done, "note")[0]


@pytest.mark.parametrize(
    ("product", "header", "written", "capacity", "unit"),
    [
        ("电芯", "产能(GWh)", 2, 2.0, "GWh"), ("电芯", "产能（亿Wh）", 20, 2.0, "GWh"),
        ("电芯", "产能[MWh/年]", 500, 0.5, "GWh"), ("壳体", "产能(万只)", 3, 30000.0, "pcs"),
        ("壳体", "产能/亿片", 1, 1e8, "pcs"), ("卷绕机", "产能(台)", 40, 40.0, "set"),
        ("电力", "产能(亿千瓦时)", 1, 1e5, "MWh"), ("电力", "产能(万度)", 1, 10.0, "MWh"),
    ],
)  # fmt: skip
def test_units(tmp_path, product, header, written, capacity, unit):
    done = one(tmp_path, ["企业名称", "所在市", "产品", header], ["甲厂", "甲市", product, written])
    assert column(done, "capacity") == [capacity]
    assert column(done, "unit") == [unit]


def test_units_in_a_column_and_in_a_line_above(tmp_path):
    done = one(
        tmp_path,
        ["企业名称", "所在市", "产品", "产能", "单位"],
        ["甲厂", "甲市", "金属", 2, "万吨"],
    )
    assert column(done, "capacity") == [20000.0]
    rows = [["单位：万吨"], ["企业名称", "所在市", "产品", "产能"], ["甲厂", "甲市", "金属", 2]]
    (tmp_path / "b").mkdir()
    assert column(imported(workbook(tmp_path / "b", rows)), "capacity") == [20000.0]


@pytest.mark.parametrize(
    ("written", "since"),
    [
        (dt.datetime.combine(dt.date(2022, 6, 15), dt.time()), "2022-06-15"), ("2022年6月", "2022-06"), ("2022.6", "2022-06"),
        ("2022-06", "2022-06"), ("2022/6/15", "2022-06-15"), (202206, "2022-06"), (2022, "2022"),
        (44727, "2022-06-15"), (2022.6, "2022-06"), ("2022年底", "2022-12"), ("-", None),
    ],
)  # fmt: skip
def test_dates(tmp_path, written, since):
    done = one(tmp_path, HEADER, [*GOOD[:5], written])
    assert (column(done, "since") if since else [None]) == [since]


def test_a_date_shown_as_a_month_is_a_month(tmp_path):
    def change(book):
        book.active["F2"].number_format = 'yyyy"年"m"月"'

    row = [*GOOD[:5], dt.datetime.combine(dt.date(2022, 6, 1), dt.time())]
    done = imported(workbook(tmp_path, [HEADER, row], change=change))
    assert column(done, "since") == ["2022-06"]


def test_what_a_number_format_shows(tmp_path):
    header = ["企业编号", "企业名称", "所在市", "证券代码", "产品", "产能"]

    def change(book):
        book.active["D2"].number_format = "000000"
        book.active["F2"].number_format = '0.0"万吨"'

    done = imported(
        workbook(tmp_path, [header, [12.0, "甲厂", "甲市", 963, "金属", 1.2]], change=change)
    )
    assert column(done, "enterprise_id") == ["12"]
    assert column(done, "stock_code", "enterprises") == ["000963"]
    assert column(done, "capacity") == [12000.0]


@pytest.mark.parametrize(
    ("word", "status"),
    [("在产", "operating"), ("投产", "operating"), ("运营", "operating"), ("在建", "construction"),
     ("规划", "planned"), ("拟建", "planned"), ("停产", "suspended"), ("关停", "closed"),
     ("operating", "operating"), ("", None)],
)  # fmt: skip
def test_statuses(tmp_path, word, status):
    done = one(tmp_path, HEADER, [*GOOD[:4], word, None])
    assert (column(done, "status") if status else [None]) == [status]


def test_a_workbook_of_many_sheets(tmp_path):
    path = workbook(
        tmp_path,
        [["企业名称", "统一社会信用代码", "市", "是否链主"], ["甲厂", "91350100M000100Y43", "甲市", "√"]],
        title="企业名单",
        产能=[["企业名称", "产品", "产能", "单位"], ["甲厂", "新料", "1.5", "万吨"]],
        产品=[["产品名称", "单位", "所属产业链", "价格(元/吨)"], ["新料", "吨", "电池、光伏", 500]],
        单耗=[["产品名称", "原料", "单耗(kg/t)"], ["新料", "矿石", "900-1100"]],
        项目=[["项目名称", "投资企业", "签约时间", "总投资(万元)", "产品", "产能(万吨)"],
            ["新料二期", "甲厂", "2024.6", 25000, "新料", 3]],
        说明=[["填表说明"], ["请如实填写"]],
    )  # fmt: skip
    done = imported(path)
    assert rules(done) == []
    assert column(done, "enterprise_id") == ["91350100M000100Y43"]
    assert column(done, "anchor", "enterprises") == ["1"]
    assert column(done, "capacity") == [15000.0]
    made = column(done, "product_id", "products")[0]
    assert (column(done, "product_id"), column(done, "unit", "products")) == ([made], ["吨"])
    assert column(done, "chains", "products") == ["battery;photovoltaic"]
    figures = [column(done, name, "inputs")[0] for name in ("low", "coefficient", "high")]
    assert figures == [0.9, 1.0, 1.1]
    assert column(done, "investment_cny_100m", "projects") == [2.5]
    assert column(done, "capacity", "projects") == [30000.0]
    assert column(done, "enterprise_id", "projects") == ["91350100M000100Y43"]
    assert ("sheet-not-understood", "") in rules(done, "warning")


def test_a_folder_a_zip_and_parquet(tmp_path):
    for name in ("f", "z", "p"):
        (tmp_path / name).mkdir()
    text(tmp_path / "f", CSV, "产能.csv", "gb18030")
    (tmp_path / "f" / "图.png").write_bytes(b"x")
    done = cg.import_file(tmp_path / "f", dry_run=True, extends=["toy"])
    assert column(done, "capacity") == [12000.0]
    assert ("file-ignored", "") in rules(done, "info")
    zipped = archive(tmp_path / "z", 产能__csv=CSV.encode("gb18030"), __MACOSX="x")
    assert column(imported(zipped), "capacity") == [12000.0]
    frame = pd.DataFrame(
        {"企业名称": ["甲厂"], "所在市": ["甲市"], "产品": ["金属"], "产能(吨)": [12000.0]}
    )
    frame.to_parquet(tmp_path / "p" / "产能.parquet")
    assert column(imported(tmp_path / "p" / "产能.parquet"), "capacity") == [12000.0]


@pytest.mark.parametrize("name", ["toy", "qujing"])
def test_the_own_tables_come_back_as_they_are(tmp_path, name):
    ds = cg.load_dataset(name)
    own = ds.packages[-1]
    target = tmp_path / "copy"
    done = cg.import_file(own.path, target, extends=own.extends, region=own.focus, as_of=ds.as_of)
    assert rules(done) == []
    copy = cg.load_dataset(target)
    assert set(copy.tables) == set(ds.tables)
    for table in ds.tables:
        left, right = (d.table(table).drop(columns="origin") for d in (ds, copy))
        if table == "parks":  # lists are written without blanks
            left, right = (f.drop(columns="leading_industries") for f in (left, right))
        if table == "projects":  # companies known by exact name get their ids
            known = left["enterprise_id"].notna()
            assert (left["enterprise_id"] == right["enterprise_id"])[known].all()
            left, right = (f.drop(columns="enterprise_id") for f in (left, right))
        pd.testing.assert_frame_equal(left, right[left.columns])


def test_a_folder_named_as_what_it_extends(tmp_path):
    path = workbook(tmp_path, [HEADER, GOOD])
    done = cg.import_file(path, tmp_path / "toy", extends=["toy"])
    assert len(cg.load_dataset(done.folder).products) == 11


def test_hidden_sheets_stay_out_unless_named(tmp_path):
    def change(book):
        book["旧表"].sheet_state = "hidden"

    old = [HEADER, ["旧厂", *GOOD[1:]]]
    path = workbook(tmp_path, [HEADER, GOOD], change=change, 旧表=old)
    done = cg.import_file(path, dry_run=True, extends=["toy"])
    assert column(done, "name_zh", "enterprises") == ["甲厂"]
    assert ("hidden-sheet", "") in rules(done, "warning", "info")
    both = cg.import_file(path, dry_run=True, extends=["toy"], sheets={"旧表": "capacities"})
    assert column(both, "name_zh", "enterprises") == ["甲厂", "旧厂"]


def test_saved_results_of_formulas_are_values(tmp_path):
    def with_value(_, data):
        for empty in (b"<v></v>", b"<v/>", b"<v />"):
            data = data.replace(b"<f>1+0.2</f>" + empty, b"<f>1+0.2</f><v>1.2</v>")
        return data

    path = workbook(tmp_path, [HEADER, [*GOOD[:3], "=1+0.2", *GOOD[4:]]])
    assert column(imported(repacked(path, with_value)), "capacity") == [12000.0]


def test_what_the_dataset_knows_is_not_lost(tmp_path):
    known = cg.load_dataset("toy").enterprises.iloc[0]
    row = [known["name_zh"], known["city"], "箔材", 2, "在产", None]
    done = one(tmp_path, HEADER, row)
    assert column(done, "enterprise_id") == [known["enterprise_id"]]
    assert "enterprises" not in done.tables
    assert ("known-rows", "") in rules(done, "info")
    kept = cg.load_dataset(done.folder).enterprises.set_index("enterprise_id")
    assert kept.loc[known["enterprise_id"], "lat"] == known["lat"]


def test_english_headers(tmp_path):
    header = ["Company Name", "City", "Product", "Annual capacity (t/a)", "Status", "Start date"]
    done = one(tmp_path, header, ["A", "甲市", "Metal", "12,000", "Under construction", "2024-06"])
    assert column(done, "capacity") == [12000.0]
    assert column(done, "status") == ["construction"]


def test_a_region_stands_for_missing_places(tmp_path):
    done = one(tmp_path, ["企业名称", "产品", "产能(吨)"], ["甲厂", "金属", 5], region="甲市")
    assert column(done, "city", "enterprises") == ["甲市"]
    assert [rule for rule, _ in rules(done, "warning")] == ["region-filled"]


def test_enterprises_without_figures_and_with_several_products(tmp_path):
    rows = [["企业名称", "市", "主要产品"], ["甲厂", "甲市", "金属、箔材"], ["乙厂", "甲市", None]]
    done = imported(workbook(tmp_path, rows, title="企业"))
    assert column(done, "product_id") == ["metal", "foil"]
    assert len(done.tables["enterprises"]) == 2
    assert [rule for rule, _ in rules(done, "warning")] == ["enterprise-only"]


def test_the_region_fills_what_a_list_leaves_out_of_a_place(tmp_path):
    """A county alone lies in the region; one that is known elsewhere, another province or city do not."""
    header = ["企业名称", "省", "市", "县(市、区)", "产品名称", "产能(吨)"]
    places = [("", "", "袁州区"), ("", "", "丰城市"), ("江西省", "", ""), ("", "", ""), ("", "吉安市", ""),
              ("云南省", "", ""), ("", "", "麒麟区"), ("", "", "胡杨河市")]  # fmt: skip
    lines = [[f"第{n}材料厂", *place, "电池级碳酸锂", n + 1] for n, place in enumerate(places)]
    done = imported(workbook(tmp_path, [header, *lines]), extends=["battery"], region="宜春市")
    sites = done.tables["enterprises"].fillna("")
    here = ("江西省", "宜春市")
    assert list(sites[["province", "city"]].itertuples(index=False, name=None)) == [
        here, here, here, here, ("江西省", "吉安市"), ("云南省", ""), ("云南省", "曲靖市"),
        ("新疆维吾尔自治区", "胡杨河市"),
    ]  # fmt: skip


def read(path, **options):
    """Import on top of the toy's products, and write nothing."""
    return cg.import_file(path, **({"extends": ["toy"], "dry_run": True, "lang": "en"} | options))


def test_the_title_or_the_name_of_a_file_gives_the_date(tmp_path):
    titled = workbook(
        tmp_path, [["甲市企业产能表（2025年1月）"], ["填报日期：2025年3月2日"], HEADER, GOOD]
    )
    done = read(titled)
    assert done.as_of == "2025-01"
    assert ("list-date", "") in rules(done, "warning")
    assert read(titled, as_of="2024-12").as_of == "2024-12"
    assert ("list-date", "") not in rules(read(titled, as_of="2024-12"), "warning")
    named = workbook(tmp_path, [HEADER, GOOD], name="产能202502.xlsx")
    assert read(named).as_of == "2025-02"
    twice = workbook(tmp_path, [["2024年1月至2025年1月"], HEADER, GOOD], name="b.xlsx")
    assert read(twice).as_of == ""
    cg.import_file(titled, tmp_path / "city", extends=["toy"])
    assert cg.load_dataset(tmp_path / "city").as_of == "2025-01"


def test_when_a_plant_is_to_start_is_not_when_it_began(tmp_path):
    rows = [[*GOOD[:4], state, "2026-06"] for state in ("在建", "规划", "已投产")]
    for place, row in enumerate(rows):
        row[0] = f"{row[0]}{place}"
    frame = read(workbook(tmp_path, [HEADER, *rows])).tables["capacities"]
    assert frame["since"].fillna("").tolist() == ["", "", "2026-06"]
    assert frame["note"].fillna("").tolist() == ["投产时间: 2026-06"] * 2 + [""]
    header = [*HEADER[:-1], "起始时间"]
    begun = read(workbook(tmp_path, [header, rows[0]], name="b.xlsx"))
    assert begun.tables["capacities"]["since"].tolist() == ["2026-06"]


def test_one_column_says_the_whole_place(tmp_path):
    header = ["企业名称", "所在地", "产品名称", "产能(万吨/年)", "状态"]
    places = ["甲市", "甲省甲市西区某镇", "甲市·西区"]
    rows = [[f"{n}厂", place, "金属", 1, "在产"] for n, place in enumerate(places)]
    frame = read(workbook(tmp_path, [header, *rows])).tables["enterprises"].fillna("")
    assert frame["city"].tolist() == ["甲市", "甲市", "甲市"]
    assert frame["county"].tolist() == ["", "西区", "西区"]
    done = read(workbook(tmp_path, [header, ["厂", "城北", "金属", 1, "在产"]], name="b.xlsx"))
    assert ("place-not-known", "B2") in rules(done, "error")
