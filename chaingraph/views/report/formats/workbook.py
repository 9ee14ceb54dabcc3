"""A report as an Excel workbook: a sheet a section, filters, print-ready."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chaingraph.views.drawing.palette import HATCH, STYLES
from chaingraph.views.report.formats.text import is_address
from chaingraph.views.report.model import numbers_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from chaingraph.views.report.model import Cell, Column, Report, Row, Section, Table

FONT = {"zh": "微软雅黑", "en": "Calibri"}
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME, _MOST_LINKS, _LONGEST_ADDRESS = 31, 60_000, 2_000
_LINE = 14.5
_READABLE, _SOURCES, _MANY = 96, 18, 6
_MOST_LINES = 28
_A4 = 9
_BORDER = "#C5CCD3"
FIRST_DAY = "2000-01-01"


def created(as_of: str) -> datetime:
    """Return the date that a file is stamped with: the data's own, so that two runs agree.

    Examples
    --------
    >>> created("2024-12").isoformat()
    '2024-12-01T00:00:00'
    """
    year, month, day = (*map(int, (as_of or FIRST_DAY).split("-")), 1, 1)[:3]
    return datetime(max(year, 1980), month, day)  # noqa: DTZ001  no zone: a stamp, not a moment


def to_workbook(report: Report) -> bytes:
    """Return a report as the bytes of an .xlsx file.

    Parameters
    ----------
    report
        The report.

    Returns
    -------
    bytes
        The file. No cell holds a formula; figures are numbers, shown as the report shows them.
    """
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, _OPTIONS)
    book.set_properties({
        "title": report.title, "subject": report.subtitle, "author": report.program,
        "comments": "; ".join(f"{label}: {value}" for label, value in report.meta),
        "created": created(report.as_of),
    })  # fmt: skip
    writer = _Writer(book, report)
    for section in report.sections:
        if section.sheet:
            writer.section(section)
    book.close()
    return file.getvalue()


def sheet_name(title: str, taken: set[str]) -> str:
    """Return a name that Excel takes for a sheet and that no other sheet has."""
    name = _NOT_IN_NAMES.sub(" ", title).strip()[:_LONGEST_NAME] or "-"
    number = 2
    while name.casefold() in taken:
        ending = f" {number}"
        name = name[: _LONGEST_NAME - len(ending)] + ending
        number += 1
    taken.add(name.casefold())
    return name


class _Writer:
    """Writes sections into a workbook, each look made once."""

    def __init__(self, book: Workbook, report: Report) -> None:
        self.book, self.report = book, report
        self.looks: dict[tuple[tuple[str, Any], ...], Format] = {}
        self.taken: set[str] = set()

    def look(self, **properties: Any) -> Format:
        """Return the format of some properties."""
        base = {"font_name": FONT[self.report.lang], "font_size": 10, "valign": "top"}
        key = tuple(sorted((base | properties).items()))
        if key not in self.looks:
            self.looks[key] = self.book.add_format(dict(key))
        return self.looks[key]

    @cached_property
    def head(self) -> Format:
        """The look of column headers."""
        return self.look(bold=True, bg_color="#0B4F8A", font_color="#FFFFFF", text_wrap=True,
                         border=1, border_color=_BORDER, valign="vcenter")  # fmt: skip

    def section(self, section: Section) -> None:
        """Write a section: its main table first below the title, the words above it; others apart."""
        alone = tuple(table for table in section.sheet_tables if table.apart)
        shared = tuple(table for table in section.sheet_tables if not table.apart)
        self._sheet(replace(section, tables=shared))
        for table in alone:
            self._sheet(replace(section, title=table.title, paragraphs=(), tables=(table,)))

    def _sheet(self, section: Section) -> None:
        sheet = self.book.add_worksheet(sheet_name(section.title, self.taken))
        sheet.hide_gridlines(2)
        self._paper(sheet, section)
        widths = _widths(section, self.report)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width + 1)
        line = self._words(sheet, section, widths)
        filtered = len(section.sheet_tables) == 1
        for table in section.sheet_tables:
            line = self._table(sheet, table, line, widths, filtered=filtered) + 1

    def _paper(self, sheet: Worksheet, section: Section) -> None:
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
        safe = self.report.title.replace("&", "&&")
        sheet.set_header(f"&L{safe[:100]}&R{section.title.replace('&', '&&')}")
        sheet.set_footer(f"&L{self.report.subtitle.replace('&', '&&')[:100]}&R&P / &N")

    def _words(self, sheet: Worksheet, section: Section, widths: list[int]) -> int:
        """Write title, date and paragraphs; return the first free line."""
        sheet.write_string(0, 0, f"{self.report.title} - {section.title}",
                           self.look(bold=True, font_size=14, valign="vcenter"))  # fmt: skip
        sheet.set_row(0, 24)
        sheet.write_string(1, 0, self.report.subtitle, self.look(font_color="#4A5560"))
        look = self.look(text_wrap=True)
        across = 1
        while across < len(widths) and sum(widths[:across]) < _READABLE:
            across += 1
        for line, paragraph in enumerate(section.paragraphs, 2):
            mark = "• " if paragraph.item else ""
            text = f"{mark}{paragraph.text}{numbers_text(paragraph.notes)}"
            if across > 1:
                sheet.merge_range(line, 0, line, across - 1, "", look)
            sheet.write_string(line, 0, text, look)
            sheet.set_row(line, _height([text], [sum(widths[:across])]))
        return 2 + len(section.paragraphs) + 1

    def _table(
        self, sheet: Worksheet, table: Table, line: int, widths: list[int], *, filtered: bool
    ) -> int:
        """Write a table; return the first free line."""
        caption = f"{self.report.say('table', number=table.number)} {table.title}"
        sheet.write_string(line, 0, caption, self.look(bold=True, font_size=11))
        if table.basis:
            sheet.write_string(line + 1, 0, table.basis, self.look(font_color="#4A5560"))
        top = line + 2
        headers = [column.header for column in table.columns]
        if table.cited:
            headers.append(self.report.say("sources"))
        for place, title in enumerate(headers):
            sheet.write_string(top, place, title, self.head)
        sheet.set_row(top, max(22, _height(headers, widths)))
        for number, row in enumerate(table.rows, 1):
            self._row(sheet, table, row, top + number)
            texts = [*(cell.text for cell in row.cells), self.report.sources_text(row)]
            sheet.set_row(top + number, _height(texts, widths))
        last = top + len(table.rows)
        if filtered:
            sheet.freeze_panes(top + 1, 2 if len(headers) > _MANY else 1)
            sheet.repeat_rows(top)
            if table.rows:
                sheet.autofilter(top, 0, last, len(headers) - 1)
        return last + 1

    def _row(self, sheet: Worksheet, table: Table, row: Row, line: int) -> None:
        for place, (column, cell) in enumerate(zip(table.columns, row.cells, strict=True)):
            properties: dict[str, Any] = {"border": 1, "border_color": _BORDER}
            text = cell.text
            if column.key == table.marked and row.standing:
                style = STYLES[row.standing]
                properties |= {"bg_color": style.fill, "font_color": style.text}
                if style.hatch:
                    properties |= {"pattern": _HATCHED, "fg_color": HATCH}
                text = f"{style.mark} {text}"
            if not column.is_figure:
                link = str(cell.value) if column.key.startswith("address") else ""
                self._text(sheet, line, place, text, properties, link=link)
            elif cell.value is None or isinstance(cell.value, str):
                sheet.write_string(line, place, text, self.look(align="right", **properties))
            else:
                look = self.look(num_format=number_format(cell, column), **properties)
                sheet.write_number(line, place, exact(cell), look)
        if table.cited:
            look = self.look(border=1, border_color=_BORDER, text_wrap=True)
            text = self.report.sources_text(row)
            sheet.write_string(line, len(table.columns), text, look)

    def _text(
        self, sheet: Worksheet, line: int, place: int, text: str, properties: Mapping[str, Any], *,
        link: str,
    ) -> None:  # fmt: skip
        if is_address(link) and len(link) <= _LONGEST_ADDRESS and line < _MOST_LINKS:
            look = self.look(font_color="#0B4F8A", underline=1, text_wrap=True, **properties)
            sheet.write_url(line, place, link, look, string=text)
            return
        # 49 is the format of text: a code such as 002594 stays as it is when somebody edits it
        look = self.look(num_format=49, text_wrap=True, indent=1, **properties)
        sheet.write_string(line, place, text, look)


_HATCHED = 14
"""Excel's thin diagonal lines."""


def number_format(cell: Cell, column: Column) -> str:
    """Return the Excel format that shows a figure as the report does."""
    mantissa, exponent, _ = cell.text.partition("e")
    places = len(mantissa.rstrip("%").partition(".")[2])
    decimals = f".{'0' * places}" if places else ""
    if exponent:
        return f"0{decimals}E+00"
    return f"0{decimals}%" if column.kind == "percent" else f"#,##0{decimals}"


def exact(cell: Cell) -> float:
    """Return the value of a figure; what is shown where Excel would round it the other way.

    Excel rounds half up, from 15 digits.

    Examples
    --------
    >>> from chaingraph.views.report.model import Cell
    >>> exact(Cell(10.149999999999999, "10.1")), exact(Cell(6.254, "6.25"))
    (10.1, 6.254)
    """
    if not isinstance(cell.value, float) or "e" in cell.text:
        return float(cell.value or 0)
    percent = cell.text.endswith("%")
    shown = Decimal(cell.text.rstrip("%").replace(",", ""))
    value = Decimal(f"{cell.value:.15g}") * (100 if percent else 1)
    same = value.quantize(shown, rounding=ROUND_HALF_UP) == shown
    return cell.value if same else float(shown / (100 if percent else 1))


def _cells_wide(text: str) -> int:
    """Return how many half-width characters a text takes; a Chinese character counts two."""
    from wcwidth import wcswidth

    return max(wcswidth(text), len(text))


def _height(texts: Sequence[str], widths: Sequence[int]) -> float:
    """Return the height of a row whose texts wrap at the widths of their columns."""
    lines = (-(-_cells_wide(text) // width) for text, width in zip(texts, widths, strict=False))
    return _LINE * min(_MOST_LINES, max(1, *lines))


def _widths(section: Section, report: Report) -> list[int]:
    """Return the widths of a sheet's columns: the widest text of any table, within its bounds."""
    widths: dict[int, int] = {}
    for table in section.sheet_tables:
        for place, column in enumerate(table.columns):
            wanted = max((_cells_wide(row.cells[place].text) for row in table.rows), default=0)
            wanted = max(wanted + 3 * (column.key == table.marked), _cells_wide(column.title))
            widths[place] = max(min(wanted, max(column.width, 6)), widths.get(place, 0))
        if table.cited:
            wanted = max((_cells_wide(report.sources_text(row)) for row in table.rows), default=0)
            place = len(table.columns)
            most = _SOURCES if place > _MANY else 2 * _SOURCES
            widths[place] = max(min(wanted, most), 8, widths.get(place, 0))
    return [widths[place] for place in sorted(widths)] if section.sheet_tables else [_READABLE]
