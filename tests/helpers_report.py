"""Reading reports back from each of their formats."""

from __future__ import annotations

import io
import json
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import docx
import openpyxl

import chaingraph as cg
from chaingraph.views.drawing.palette import STYLES
from chaingraph.views.report.build import build_report, render_report
from tests.helpers_cli import refuse

if TYPE_CHECKING:
    from chaingraph.views.report.model import Report

    Tables = list[list[list[str]]]

MARKS = tuple(style.mark for style in STYLES.values())


@cache
def report(name: str, lang: str) -> Report:
    """Return the report on a bundled dataset, built once."""
    return build_report(cg.load_dataset(name), lang=lang)


@cache
def rendered(name: str, lang: str, format_: str):
    """Return that report in a format."""
    return render_report(report(name, lang), format_)


def plain(text: str) -> str:
    """Return a cell's text without the mark of a standing and without its unit's line break."""
    text = " ".join(text.split())
    return text[2:] if text[:1] in MARKS and text[1:2] == " " else text


class Page(HTMLParser):
    """Tables, links, ids and elements of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: Tables = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []
        self.cell: list[str] | None = None
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        own = dict(attrs)
        self.elements.add(tag)
        self.attributes |= set(own)
        if "id" in own:
            self.ids.append(own["id"] or "")
        if tag == "a":
            self.links.append(own.get("href") or "")
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in {"td", "th"}:
            self.cell = []

    def handle_endtag(self, tag):
        if tag in {"td", "th"} and self.cell is not None:
            self.tables[-1][-1].append(plain("".join(self.cell)))
            self.cell = None

    def handle_data(self, data):
        self.text.append(data)
        if self.cell is not None:
            self.cell.append(data)


def from_html(text: str) -> Tables:
    return [table[1:] for table in Page(text).tables]


def from_json(text: str) -> Tables:
    loaded = json.loads(text, parse_constant=refuse)
    return [
        [row["shown"] for row in table["rows"]]
        for section in loaded["sections"]
        for table in section["tables"]
    ]


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def from_markdown(text: str) -> Tables:
    tables: Tables = []
    inside = False
    for line in text.splitlines():
        if not line.startswith("| "):
            inside = False
            continue
        cells = re.split(r"(?<!\\) \| ", line.removeprefix("| ").removesuffix(" |"))
        if not inside:
            tables.append([])
            inside = True
        tables[-1].append([unescaped(cell) for cell in cells])
    return [table[2:] for table in tables]


def from_document(data: bytes) -> Tables:
    found = docx.Document(io.BytesIO(data))
    space = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
    return [
        [
            [
                plain("".join(t.text or "" for t in cell.iter(f"{space}t")))
                for cell in row.iter(f"{space}tc")
            ]
            for row in list(table._tbl.iter(f"{space}tr"))[1:]
        ]
        for table in found.tables
    ]


def shown(cell) -> str:
    """Return a cell of a workbook as Excel shows it."""
    value, look = cell.value, cell.number_format
    if value is None:
        return ""
    if isinstance(value, str):
        return plain(value)
    mantissa, exponent, _ = look.partition("E")
    places = len(mantissa.rstrip("%").partition(".")[2])
    if exponent:
        return f"{value:.{places}e}"
    if look.endswith("%"):
        return f"{value:.{places}%}"
    # a half goes up there, by the digits that the file holds
    decimal = Decimal(repr(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{decimal:,.{places}f}"


def from_workbook(data: bytes, report: Report) -> dict[str, list[list[str]]]:
    """Return the rows of each table that has a sheet, by the table's key."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    found = {}
    for section in report.sections:
        if not section.sheet:
            continue
        sheet = book[section.title]
        for table in section.sheet_tables:
            caption = f"{report.say('table', number=table.number)} {table.title}"
            top = next(r for r in range(1, sheet.max_row + 1) if sheet.cell(r, 1).value == caption)
            found[table.key] = [
                [shown(sheet.cell(top + 3 + i, 1 + j)) for j in range(len(table.columns))]
                for i in range(len(table.rows))
            ]
    return found
