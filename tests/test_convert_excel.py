"""Workbooks: what is written, what is read, what is refused."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

import openpyxl
import pandas as pd
import pytest
import xlsxwriter

import chaingraph as cg
from chaingraph.schema import table_spec
from tests.helpers_cli import failure, rows, run
from tests.helpers_convert import HOSTILE, assert_same, empty_tables, hostile

PRODUCTS = [["product_id", "name_zh", "unit"], ["a", "甲", "t"], ["b", "乙", "t"]]


def book(place, name="city.xlsx", /, *, change=None, **sheets):
    """Write a workbook of literal sheets with openpyxl."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for title, lines in sheets.items():
        sheet = made.create_sheet(title)
        for line in lines:
            sheet.append(line)
    if change:
        change(made)
    path = place / name
    made.save(path)
    return path


def found(path, severity="info"):
    """Return rule, file, line, column of every finding at least this bad."""
    findings = cg.check_dataset(path)[1]
    worst = {"error": 0, "warning": 1, "info": 2}
    return [
        (f.rule, f.file, f.line, f.column)
        for f in findings
        if worst[f.severity] <= worst[severity] and f.rule != "isolated-product"
    ]


def test_the_sheets_are_the_tables_and_row_one_the_schema(tmp_path, qujing):
    cg.export_dataset(qujing, tmp_path / "x.xlsx")
    made = openpyxl.load_workbook(tmp_path / "x.xlsx")
    assert set(made.sheetnames) == {"datapackage", *qujing.tables}
    assert made.sheetnames[0] == "datapackage"
    for name in qujing.tables:
        sheet = made[name]
        header = [cell.value for cell in sheet[1]]
        assert header == [c for c in table_spec(name).field_names if c in qujing.table(name)]
        assert sheet.freeze_panes == "B2"
        assert sheet.max_row == len(qujing.table(name)) + 1
        assert not sheet.merged_cells.ranges
        assert all(8 <= sheet.column_dimensions[c.column_letter].width <= 51 for c in sheet[1])
        for field in table_spec(name).fields:
            cells = [
                cell
                for (cell,) in sheet.iter_rows(
                    2, min_col=header.index(field.name) + 1, max_col=header.index(field.name) + 1
                )
            ]
            kinds = {cell.data_type for cell in cells if cell.value is not None}
            assert kinds <= ({"s"} if field.type == "string" else {"n"}), field.name
            formats = {
                c.number_format for c in cells if c.value is not None and field.type == "string"
            }
            assert formats <= {"@"}
    assert made.properties.created == dt.datetime(2025, 12, 1)  # noqa: DTZ001


def test_pandas_reads_a_sheet_as_the_table(tmp_path, toy):
    cg.export_dataset(toy, tmp_path / "x.xlsx")
    for name in toy.tables:
        frame = toy.table(name).drop(columns="origin")
        kinds = {c: "str" for c in frame if frame[c].dtype == "str"}
        read = pd.read_excel(
            tmp_path / "x.xlsx", name, dtype=kinds, keep_default_na=False, na_values=[""]
        )
        for column in frame.columns:
            pd.testing.assert_series_equal(read[column], frame[column], check_dtype=False)


def test_hostile_cells_are_texts_and_come_back(tmp_path):
    ds = hostile()
    cg.export_dataset(ds, tmp_path / "x.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "x.xlsx")["products"]
    place = [cell.value for cell in sheet[1]].index("name_zh")
    cells = [row[place] for row in sheet.iter_rows(min_row=2)]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert [cell.value for cell in cells] == HOSTILE
    with zipfile.ZipFile(tmp_path / "x.xlsx") as archive:
        text = b"".join(archive.read(name) for name in archive.namelist())
    assert b"<f>" not in text
    assert b"hyperlink" not in text
    assert b"<script" not in text
    assert_same(ds, cg.load_dataset(tmp_path / "x.xlsx"))


def test_a_row_says_its_sheet_and_row(tmp_path, toy):
    cg.export_dataset(toy, tmp_path / "x.xlsx")
    ds = cg.load_dataset(tmp_path / "x.xlsx")
    assert ds.products["origin"].tolist()[:2] == ["x.xlsx/products:2", "x.xlsx/products:3"]
    assert ds.packages[-1].path == tmp_path / "x.xlsx"


def test_the_card_comes_back_whole(tmp_path, qujing):
    cg.export_dataset(qujing, tmp_path / "x.xlsx")
    copy = cg.load_dataset(tmp_path / "x.xlsx").packages[-1]
    card = cg.load_dataset(cg.save_dataset(qujing, tmp_path / "x")).packages[-1]
    for key in vars(card):
        if key != "path":
            assert getattr(copy, key) == getattr(card, key), key
    assert copy.weaknesses_zh
    assert copy.accepted


def test_analyses_run_on_a_workbook(tmp_path, toy):
    cg.export_dataset(toy, tmp_path / "x.xlsx")
    expected = rows("gaps", "toy")
    assert rows("gaps", tmp_path / "x.xlsx") == expected
    assert run("check", tmp_path / "x.xlsx").exit_code == 0


def test_empty_tables_come_back(tmp_path):
    cg.export_dataset(empty_tables(), tmp_path / "x.xlsx")
    assert_same(empty_tables(), cg.load_dataset(tmp_path / "x.xlsx"))


def test_numbers_dates_and_flags_become_the_schemas_texts(tmp_path):
    def change(made):
        made["enterprises"]["C2"].number_format = "yyyy-mm-dd"

    path = book(
        tmp_path, change=change,
        products=[["product_id", "name_zh", "unit", "hs_code", "price_cny", "price_as_of", "own"],
                  ["a", 2024, "t", 284290.0, 0.1, pd.Timestamp("2023-06-30"), True],
                  ["b", 1.5, "t", None, 5, dt.date(2023, 6, 1), dt.time(8, 30)]],
        enterprises=[["enterprise_id", "name_zh", "stock_code", "anchor"], [17, "戊", "000001", True]],
    )  # fmt: skip
    raw, _ = cg.check_dataset(path)
    columns = raw.tables["products"].columns
    assert columns["name_zh"] == ["2024", "1.5"]
    assert columns["hs_code"] == ["284290", ""]
    assert columns["price_cny"] == ["0.1", "5"]
    assert columns["price_as_of"] == ["2023-06-30", "2023-06-01"]
    assert columns["own"] == ["1", "08:30:00"]
    site = cg.load_dataset(path).enterprises.iloc[0]
    assert (site["enterprise_id"], site["stock_code"], bool(site["anchor"])) == (
        "17",
        "000001",
        True,
    )


def test_blank_rows_wide_rows_and_empty_columns(tmp_path):
    lines = [[*PRODUCTS[0], None, None], PRODUCTS[1], [], [None], [*PRODUCTS[2], None, " "]]
    path = book(tmp_path, products=lines)
    raw, _ = cg.check_dataset(path)
    assert list(raw.tables["products"].line) == [2, 5]
    assert raw.tables["products"].columns["product_id"] == ["a", "b"]
    wide = book(tmp_path, "wide.xlsx", products=[PRODUCTS[0], [*PRODUCTS[1], "x"]])
    assert ("ragged-row", "wide.xlsx/products", 2, "") in found(wide, "error")


BAD = {
    "formula": ([PRODUCTS[0], ["a", "=1+1", "t"]],
                "products:2:B: the cell holds the formula =1+1, not a value. Copy the cells"),
    "error": ([PRODUCTS[0], ["a", "#REF!", "t"]],
              "products:2:B: #REF! in the cell is an Excel error, not a value. Correct"),
    "no header": ([[], ["a", "甲"]], "products: the file is empty: it has no header row"),
    "renamed": ([["product_id", "name_zhh"], ["a", "甲"]], "products:1: required columns are missing"),
    "twice": ([[*PRODUCTS[0], "unit"], [*PRODUCTS[1], "t"]], "products:1:unit: column unit stands twice"),
    "number": ([[*PRODUCTS[0], "price_cny"], [*PRODUCTS[1], "约5"]],
               "products:2:price_cny: 约5 in price_cny is not a number"),
    "only header": ([PRODUCTS[0]], "products: the products table has no row"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_sheet_is_one_sentence(tmp_path, case):
    lines, sentence = BAD[case]
    text = failure("gaps", book(tmp_path, products=lines), status=1)
    assert text.startswith("chaingraph: dataset 'city' has ")
    assert sentence in text or case == "only header"
    assert rows("check", tmp_path / "city.xlsx", "--lang", "zh", status=1)[0]["message"]


def test_many_formulas_are_named_up_to_a_limit(tmp_path):
    path = book(tmp_path, products=[PRODUCTS[0], *([f"p{n}", "=1+1", "t"] for n in range(500))])
    assert sum(rule == "cell-formula" for rule, *_ in found(path)) == 20


def test_merged_cells_are_refused_and_hidden_sheets_read_and_noted(tmp_path):
    def merge(made):
        made["products"].merge_cells("C2:C3")

    path = book(tmp_path, change=merge, products=PRODUCTS)
    assert "products: cells are merged (C2:C3)" in failure("show", path, status=1)

    def hide(made):
        made.create_sheet("说明")
        made["products"].sheet_state = "hidden"

    path = book(tmp_path, "hidden.xlsx", change=hide, products=PRODUCTS)
    assert len(cg.load_dataset(path).products) == 2
    assert found(path) == [
        ("unknown-table", "hidden.xlsx/说明", None, ""),
        ("sheet-hidden", "hidden.xlsx/products", None, ""),
    ]


def test_no_products_sheet_and_a_bad_card(tmp_path):
    path = book(tmp_path, Tabelle1=[["x"]])
    assert "has an error: city: the dataset has no table products" in failure(
        "show", path, status=1
    )
    card = [["key", "value"], ["name", "my"], ["as_of", "soon"]]
    path = book(tmp_path, "card.xlsx", datapackage=card, products=PRODUCTS)
    assert "card.xlsx/datapackage: datapackage.json cannot be used" in failure(
        "show", path, status=1
    )
    card = [
        ["key", "value"],
        ["name", "my"],
        ["chains", "x;y"],
        ["title_zh", "我的"],
        ["as_of", 2024],
    ]
    path = book(tmp_path, "good.xlsx", datapackage=card, products=PRODUCTS)
    ds = cg.load_dataset(path)
    assert (ds.name, ds.chains, ds.title("zh"), ds.as_of) == ("my", ("x", "y"), "我的", "2024")


def test_a_workbook_may_extend_a_bundled_dataset(tmp_path):
    card = [["key", "value"], ["name", "my"], ["extends", "toy"], ["focus", "甲市"]]
    path = book(tmp_path, datapackage=card, products=[PRODUCTS[0], ["mine", "我", "t"]])
    assert len(cg.load_dataset(path).products) == 12


def repacked(path, name, /, *, drop=(), **parts):
    """Write a workbook again with parts replaced, added or left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part not in drop and part not in parts:
                new.writestr(part, old.read(part))
        for part, data in parts.items():
            new.writestr(part, data)
    target = path.parent / name
    target.write_bytes(out.getvalue())
    return target


SHEET = "xl/worksheets/sheet1.xml"


def test_files_that_are_no_workbook_are_one_sentence(tmp_path):
    good = book(tmp_path, products=PRODUCTS)
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500)
    data = good.read_bytes()
    cases = {
        "cut.xlsx": (data[: len(data) // 2], "cannot be read as an Excel workbook"),
        "empty.xlsx": (b"", "cannot be read as an Excel workbook"),
        "text.xlsx": (b"product_id,name_zh\n", "cannot be read as an Excel workbook"),
        "html.xls": (b"<html><table>", "cannot be read as an Excel workbook"),
        "old.xls": (ole, "not an .xlsx workbook, but of an older or another kind"),
        "old.xlsx": (ole, "not an .xlsx workbook, but of an older or another kind"),
        "kind.xlsb": (data, "not an .xlsx workbook, but of an older or another kind"),
        "macros.xlsm": (data, "holds macros and is not opened. Save it as .xlsx"),
        "locked.xlsx": (ole + "EncryptedPackage".encode("utf-16-le"), "protected with a password"),
    }  # fmt: skip
    for name, (content, sentence) in cases.items():
        path = tmp_path / name
        path.write_bytes(content)
        assert sentence in failure("gaps", path, status=1), name
        assert len(rows("check", path, "--severity", "error", "--lang", "zh", status=1)) <= 2, name


def test_broken_and_dangerous_parts_are_one_sentence(tmp_path):
    good = book(tmp_path, products=PRODUCTS)
    with zipfile.ZipFile(good) as archive:
        sheet = archive.read(SHEET)
    far = re.sub(rb'<row r="3"', b'<row r="99999999999"', sheet)
    cases = {
        "macros.xlsx": ({"xl/vbaProject.bin": b"x"}, "holds macros"),
        "climb.xlsx": ({"../evil.xml": b"x"}, "leads out of it"),
        "bomb.xlsx": ({"xl/media/x.bin": bytes(20_000_000)}, "times, to 19 MiB, when unpacked"),
        "sheet.xlsx": ({SHEET: sheet[: len(sheet) // 2]}, "cannot be read as an Excel workbook"),
        "book.xlsx": ({"xl/workbook.xml": b"<x/>"}, "has an error"),
        "far.xlsx": ({SHEET: far}, "a row number above the last row of a sheet"),
    }
    for name, (parts, sentence) in cases.items():
        path = repacked(good, name, **parts)
        assert sentence in failure("gaps", path, status=1), name
    gone = repacked(good, "gone.xlsx", drop=("xl/workbook.xml",))
    assert "cannot be read as an Excel workbook" in failure("gaps", gone, status=1)
    assert list(tmp_path.parent.rglob("evil.xml")) == []


def test_a_wrong_size_in_the_file_hides_no_cell(tmp_path):
    good = book(tmp_path, products=PRODUCTS)
    with zipfile.ZipFile(good) as archive:
        sheet = archive.read(SHEET)
    small = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', sheet)
    assert small != sheet
    path = repacked(good, "small.xlsx", **{SHEET: small})
    assert cg.load_dataset(path).products["unit"].tolist() == ["t", "t"]


def test_cached_values_of_formulas_are_no_data(tmp_path):
    path = tmp_path / "x.xlsx"
    made = xlsxwriter.Workbook(path)
    sheet = made.add_worksheet("products")
    for line, cells in enumerate(PRODUCTS):
        sheet.write_row(line, 0, cells)
    sheet.write_formula(1, 1, '=HYPERLINK("http://x","甲")', value="甲")
    made.close()
    assert ("cell-formula", "x.xlsx/products", 2, "B") in found(path)


def test_a_missing_workbook_and_other_engines(tmp_path, toy):
    assert failure("show", "gone.xlsx", status=1) == "chaingraph: no file or folder gone.xlsx"
    cg.export_dataset(toy, tmp_path / "x.xlsx")
    assert "needs a folder of Parquet files" in failure(
        "show", tmp_path / "x.xlsx", "--engine", "polars", status=2
    )
