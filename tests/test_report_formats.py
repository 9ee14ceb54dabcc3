"""The five formats of a report: the same figures in each, the same bytes twice, print and typography."""

from __future__ import annotations

import io
import json
import re
import zipfile

import docx
import openpyxl
import pytest
from PIL import Image

import chaingraph as cg
from chaingraph.views.report.build import FORMATS, build_report, render_report
from chaingraph.views.report.formats.workbook import exact, number_format, sheet_name
from chaingraph.views.report.model import Cell, Column, numbers_text
from tests import helpers_report as back
from tests.helpers_report import rendered, report

CASES = [("toy", "en"), ("qujing", "zh")]


def model_rows(tables):
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in tables]


def page_tables(found):
    return [table for section in found.sections for table in section.page_tables]


def narrow(tables, found):
    """Cut rows down to the model's columns: the last one holds the sources."""
    return [
        [row[: len(table.columns)] for row in rows]
        for rows, table in zip(tables, page_tables(found), strict=True)
    ]


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_all_formats_carry_the_same_figures(name, lang):
    found = report(name, lang)
    every = list(found.tables)
    assert back.from_json(rendered(name, lang, "json")) == model_rows(every)
    expected = model_rows(page_tables(found))
    assert narrow(back.from_html(rendered(name, lang, "html")), found) == expected
    assert narrow(back.from_markdown(rendered(name, lang, "md")), found) == expected
    document = narrow(back.from_document(rendered(name, lang, "docx")), found)
    assert document == expected
    sheets = back.from_workbook(rendered(name, lang, "xlsx"), found)
    for table, rows in zip(every, model_rows(every), strict=True):
        if table.key in sheets:
            assert sheets[table.key] == rows, table.key
    assert {"counts", "known", "gaps", "balance", "enterprises", "sources"} <= set(sheets)


def compact(cell):
    """Return source numbers as runs: where each opens its source itself they stand one by one."""
    plain = re.fullmatch(r"\[(\d+(?:, \d+)*)\]", cell)
    return numbers_text(map(int, plain[1].split(", "))) if plain else cell


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_all_formats_carry_the_same_sources(name, lang):
    found = report(name, lang)
    shown = page_tables(found)
    expected = [
        [numbers_text(row.notes) or found.say("general") for row in table.rows]
        for table in shown if table.cited
    ]  # fmt: skip
    cited = [table.cited for table in shown]
    for tables in (
        back.from_html(rendered(name, lang, "html")),
        back.from_document(rendered(name, lang, "docx")),
    ):
        last = [[row[-1] for row in t] for t, has in zip(tables, cited, strict=True) if has]
        assert [[compact(cell) for cell in rows] for rows in last] == expected
    loaded = json.loads(rendered(name, lang, "json"))
    assert [source["address"] for source in loaded["sources"]] == list(found.sources)
    text = rendered(name, lang, "md")
    defined = set(re.findall(r"^\[\^(\d+)\]:", text, re.MULTILINE))
    assert defined == {str(n) for n in range(1, len(found.sources) + 1)}
    assert set(re.findall(r"\[\^(\d+)\](?!:)", text)) == defined


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_two_runs_give_the_same_bytes(name, lang):
    again = build_report(cg.load_dataset(name), lang=lang)
    assert again == report(name, lang)
    for format_ in FORMATS:
        assert render_report(again, format_) == rendered(name, lang, format_)


def test_the_page_is_one_file_that_asks_for_nothing():
    text = rendered("qujing", "zh", "html")
    page = back.Page(text)
    assert not page.elements & {
        "script",
        "link",
        "iframe",
        "object",
        "embed",
        "form",
        "img",
        "base",
    }
    assert "default-src 'none'" in text
    assert not re.search(r"url\(|@import|\ssrc=", text)
    inner = [link[1:] for link in page.links if link.startswith("#")]
    assert set(inner) <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert all(re.match(r"#|https?://", link) for link in page.links)
    keys = [section.key for section in report("qujing", "zh").sections]
    assert [link for link in inner if link in keys] == keys
    assert '<html lang="zh-CN">' in text
    assert text.count("<svg") == len(list(report("qujing", "zh").figures))


def test_the_workbook_filters_prints_and_holds_no_formula():
    book = openpyxl.load_workbook(io.BytesIO(rendered("qujing", "zh", "xlsx")))
    first = [
        "摘要", "已知情况", "要问的", "招商清单", "招商目标清单", "以商招商", "供应保障", "摸底清单",
        "协作清单", "责任清单",
    ]  # fmt: skip
    assert book.sheetnames[: len(first)] == first
    assert book.sheetnames[-3:] == ["企业", "证据与来源", "口径说明"]
    cells = [cell for sheet in book for line in sheet.iter_rows() for cell in line]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    for name in ("招商清单", "供需平衡", "企业"):
        sheet = book[name]
        assert sheet.auto_filter.ref
        assert sheet.freeze_panes
        assert sheet.print_title_rows
    for sheet in book:
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.page_setup.paperSize == 9
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
    codes = [cell for cell in cells if cell.value in {"300769", "601012", "002459"}]
    assert codes
    assert {cell.data_type for cell in codes} == {"s"}
    assert {cell.number_format for cell in codes} == {"@"}
    looks = {
        mark: {
            # the colour of a solid cell is its pattern's, behind hatching it is the ground's
            (
                kind := c.fill.patternType,
                (c.fill.fgColor if kind == "solid" else c.fill.bgColor).rgb,
            )
            for c in cells
            if str(c.value).startswith(mark)
        }
        for mark in ("× ", "？ ", "◎ ")
    }
    assert looks["× "] == {("solid", "FFC4420B")}  # in the list of what the colours mean
    assert looks["？ "] == {("lightUp", "FFE7EAED")}
    assert looks["◎ "] == {("solid", "FF5AAED6")}
    assert book.properties.created.isoformat() == "2025-12-01T00:00:00"
    links = [cell.hyperlink.target for cell in cells if cell.hyperlink]
    assert links
    assert all(link.startswith(("http://", "https://")) for link in links)


def test_the_document_has_chinese_fonts_and_a_real_picture():
    data = rendered("qujing", "zh", "docx")
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    styles = archive.read("word/styles.xml").decode()
    normal = styles[styles.index('w:styleId="Normal"') :][:1500]
    assert 'w:eastAsia="仿宋"' in normal
    assert 'w:ascii="Times New Roman"' in normal
    heading = styles[styles.index('w:styleId="Heading1"') :][:1500]
    assert 'w:eastAsia="黑体"' in heading
    assert "Theme=" not in heading.split("</w:style>")[0].replace("themeColor", "")
    found = docx.Document(io.BytesIO(data))
    assert found.core_properties.created.isoformat().startswith("2025-12-01")
    shapes = list(found.inline_shapes)
    assert len(shapes) == len(list(report("qujing", "zh").figures))
    for shape in shapes:
        part = found.part.related_parts[shape._inline.graphic.graphicData.pic.blipFill.blip.embed]
        picture = Image.open(io.BytesIO(part.blob))
        assert picture.size[0] / (shape.width / 914400) >= 200
        assert shape._inline.docPr.get("descr")
    body = archive.read("word/document.xml").decode()
    tables = len(found.tables)
    assert body.count("<w:tblHeader/>") == tables
    assert body.count("<w:cantSplit/>") == sum(len(t._tbl.tr_lst) for t in found.tables)
    assert {section.orientation for section in found.sections} == {0, 1}
    anchors = set(re.findall(r'w:anchor="([^"]+)"', body))
    marks = re.findall(r'<w:bookmarkStart [^>]*w:name="([^"]+)"', body)
    assert len(marks) == len(set(marks))
    assert anchors <= set(marks)
    captions = [p.text for p in found.paragraphs if p.style.name == "Caption"]
    assert len(captions) == tables + len(shapes)


@pytest.mark.parametrize(
    ("value", "text", "kind", "expected"),
    [
        (74520.4, "74,520", "number", "#,##0"),
        (6.254, "6.25", "number", "#,##0.00"),
        (0.0123456, "0.0123", "number", "#,##0.0000"),
        (1.23e-7, "1.23e-07", "number", "0.00E+00"),
        (0.75, "75%", "percent", "0%"),
    ],
)
def test_excel_shows_figures_as_the_report_does(value, text, kind, expected):
    assert number_format(Cell(value, text), Column("x", "x", kind=kind)) == expected
    assert exact(Cell(value, text)) == value


def test_a_figure_that_excel_would_round_the_other_way_is_written_as_shown():
    assert exact(Cell(0.125, "12%")) == 0.12
    assert exact(Cell(2.675, "2.67")) == 2.67


def test_names_of_sheets_are_legal_and_differ():
    taken: set[str] = set()
    names = [sheet_name(title, taken) for title in ("a/b[c]*", "A b c", "", "x" * 40, "x" * 40)]
    assert len({name.casefold() for name in names}) == 5
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)
