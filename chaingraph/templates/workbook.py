"""The template as one Excel workbook: notes, a sheet a table, the catalogue, the lists, the mark."""

from __future__ import annotations

import io
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.schema import table_spec
from chaingraph.sheets.grid import Template
from chaingraph.sheets.problems import shown
from chaingraph.sheets.template import MARK_SHEET, mark_rows
from chaingraph.templates.columns import Column, columns_of, word_of
from chaingraph.templates.content import said
from chaingraph.templates.examples import example_rows
from chaingraph.templates.lists import make_lists
from chaingraph.templates.notes import NotesSheet, description

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from chaingraph.templates.content import Content

ROWS: Final = 400
"""Rows to fill in, the example's with them."""

HEAD: Final = 2
"""Position of the header row; title and legend stand above it, the example below it."""

FONT: Final = {"zh": "微软雅黑", "en": "Calibri"}
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_LISTED: Final = 2
"""Position of the first product of the catalogue."""

_PAGE: Final = 270
_STAMP: Final = datetime(2000, 1, 1)  # noqa: DTZ001  no clock: two runs write the same bytes
_TEXT: Final = 49
_HINT_TITLE, _HINT_TEXT = 32, 255
_CATALOGUE: Final = {
    "label": 40, "product_id": 28, "name_zh": 36, "name_en": 48, "unit": 10, "chains": 30, "stage": 10,
    "kind": 12,
}  # fmt: skip


def to_workbook(content: Content, path: Path) -> bytes:
    """Return the template as the bytes of an .xlsx file that is to lie at `path`."""
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, _OPTIONS)
    book.set_properties({"title": path.stem, "created": _STAMP})
    _Writer(book, content, path).write()
    book.close()
    return file.getvalue()


class _Writer:
    """Writes the sheets of one template."""

    def __init__(self, book: Workbook, content: Content, path: Path) -> None:
        self.book, self.content, self.path = book, content, path
        self.lang = content.lang
        self.comma = "、" if content.lang == "zh" else ", "
        self.examples = example_rows(content)
        self.columns = {table: columns_of(table, self.lang) for table in content.tables}
        self.titles = {table: table_spec(table).title(self.lang) for table in content.tables}
        self.helpers = {
            name: said(self.lang, "helpers", name) for name in ("notes", "catalogue", "lists")
        }
        self.ranges: dict[str, str] = {}
        base: dict[str, Any] = {"font_name": FONT[self.lang], "font_size": 10, "valign": "vcenter"}
        self.base = base | {"border": 1, "border_color": "#C5CCD3"}
        wrap = {"text_wrap": True, "bold": True}
        example = {"italic": True, "font_color": "#808080", "bg_color": "#F4F4F4"}
        self.looks: dict[str, Format] = {
            name: book.add_format(look)
            for name, look in {
                "plain": base,
                "title": base | {"bold": True, "font_size": 13, "font_color": "#0B4F8A"},
                "legend": base | {"font_color": "#5B6770"},
                "needed": self.base | wrap | {"bg_color": "#0B4F8A", "font_color": "#FFFFFF"},
                "optional": self.base | wrap | {"bg_color": "#D6E4F0", "font_color": "#1F2D3D"},
                "text": self.base | {"num_format": _TEXT},
                "figure": self.base | {"align": "right", "indent": 1},
                "example_text": self.base | example | {"num_format": _TEXT},
                "example_figure": self.base | example | {"align": "right", "indent": 1},
            }.items()
        }

    def write(self) -> None:
        """Write all sheets, those of the notes first."""
        sheets = {name: self.book.add_worksheet(title) for name, title in self._order()}
        self._place_lists(sheets)
        NotesSheet(self.book, sheets["notes"], self.content, self.path, self.titles).write()
        for table in self.content.tables:
            self._table(sheets[table], table)
        if "catalogue" in sheets:
            self._catalogue(sheets["catalogue"])
        self._lists(sheets["lists"])
        self._mark(sheets[MARK_SHEET])
        sheets["notes"].activate()

    def _order(self) -> list[tuple[str, str]]:
        catalogue = ["catalogue"] if self.content.catalogue else []
        return [
            ("notes", self.helpers["notes"]),
            *self.titles.items(),
            *((name, self.helpers[name]) for name in [*catalogue, "lists"]),
            (MARK_SHEET, MARK_SHEET),
        ]

    def _place_lists(self, sheets: Mapping[str, Worksheet]) -> None:
        """Say where each list stands: on the sheet of lists, in the catalogue, or as it is typed."""
        self.lists = make_lists(self.content)
        for place, (name, items) in enumerate(self.lists.items()):
            if items:
                self.ranges[name] = self._range(self.helpers["lists"], place, 1, len(items))
        if "catalogue" in sheets:
            count = len(self.content.catalogue)
            self.ranges["product"] = self._range(self.helpers["catalogue"], 0, _LISTED, count)
        elif "products" in self.columns:
            self.ranges["product"] = self._typed("products", "name_zh")
        for table, columns in self.columns.items():
            for column in columns:
                self.ranges.setdefault(
                    f"{table}.{column.target}", self._typed(table, column.target)
                )

    def _range(self, title: str, place: int, first: int, count: int) -> str:
        from xlsxwriter.utility import quote_sheetname, xl_range_abs

        area = xl_range_abs(first, place, first + count - 1, place)
        return f"={quote_sheetname(title)}!{area}"

    def _typed(self, table: str, target: str) -> str:
        """Return the range below the header of a column: the example's row may be overwritten."""
        place = [column.target for column in self.columns[table]].index(target)
        return self._range(self.titles[table], place, HEAD + 1, ROWS)

    def _table(self, sheet: Worksheet, table: str) -> None:
        columns = self.columns[table]
        title = f"{self.titles[table]}    {description(self.content, table)}"
        sheet.write_string(0, 0, title, self.looks["title"])
        sheet.write_string(1, 0, said(self.lang, "legend"), self.looks["legend"])
        sheet.set_row(0, 24)
        sheet.set_row(HEAD, 32)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width, self.looks["plain"])
            look = self.looks["needed" if column.needed else "optional"]
            sheet.write_string(HEAD, place, column.header, look)
            self._example(sheet, place, column, self.examples[table].get(column.target, ""))
            kind = "figure" if column.field.type == "number" else "text"
            for line in range(HEAD + 2, HEAD + 1 + ROWS):
                sheet.write_blank(line, place, None, self.looks[kind])
            self._validate(sheet, place, column)
        sheet.freeze_panes(HEAD + 1, 1)
        first = table in {"products", "inputs", "enterprises", "capacities"}
        sheet.set_tab_color("#0B4F8A" if first else "#9DBCD8")
        _print_setup(sheet, HEAD, sum(column.width for column in columns))

    def _example(self, sheet: Worksheet, place: int, column: Column, value: Any) -> None:
        kind = "example_figure" if column.field.type == "number" else "example_text"
        if value == "":
            sheet.write_blank(HEAD + 1, place, None, self.looks[kind])
        elif isinstance(value, str):
            sheet.write_string(HEAD + 1, place, value, self.looks[kind])
        else:
            sheet.write_number(HEAD + 1, place, value, self.looks[kind])

    def _validate(self, sheet: Worksheet, place: int, column: Column) -> None:
        """Set the hint on the header and the rows, and what may be chosen in the rows."""
        hint = {
            "input_title": column.header[:_HINT_TITLE], "input_message": column.hint[:_HINT_TEXT],
        }  # fmt: skip
        sheet.data_validation(HEAD, place, HEAD, place, {"validate": "any", **hint})
        area = (HEAD + 1, place, HEAD + ROWS, place)
        source: Any = list(column.words) or self.ranges.get(column.source, "")
        if not source:
            sheet.data_validation(*area, {"validate": "any", **hint})
            return
        sheet.data_validation(*area, {
            "validate": "list", "source": source, **hint,
            "error_type": "stop" if column.closed else "information",
            "error_title": column.header[:_HINT_TITLE],
            "error_message": said(self.lang, "stop" if column.closed else "warning"),
        })  # fmt: skip

    def _catalogue(self, sheet: Worksheet) -> None:
        rows = self.content.catalogue
        text = said(self.lang, "catalogue", "title").format(count=len(rows))
        sheet.write_string(0, 0, text, self.looks["title"])
        sheet.set_row(0, 24)
        for place, (name, width) in enumerate(_CATALOGUE.items()):
            sheet.set_column(place, place, width)
            header = said(self.lang, "catalogue", name)
            sheet.write_string(_LISTED - 1, place, header, self.looks["optional"])
        for line, row in enumerate(rows, _LISTED):
            cells = row | {"label": self.content.label(row["product_id"])}
            for name in ("stage", "kind"):
                if row.get(name):
                    cells[name] = word_of("products", name, row[name], self.lang)
            chains = row.get("chains", "").split(";")
            cells["chains"] = self.comma.join(words.term("chain", c, self.lang) for c in chains)
            for place, name in enumerate(_CATALOGUE):
                sheet.write_string(line, place, cells.get(name, ""), self.looks["text"])
        sheet.autofilter(_LISTED - 1, 0, _LISTED - 1 + len(rows), len(_CATALOGUE) - 1)
        sheet.freeze_panes(_LISTED, 1)
        _print_setup(sheet, _LISTED - 1, 0)

    def _lists(self, sheet: Worksheet) -> None:
        for place, (name, items) in enumerate(self.lists.items()):
            sheet.set_column(place, place, 18)
            sheet.write_string(0, place, name, self.looks["optional"])
            for line, item in enumerate(items, 1):
                sheet.write_string(line, place, item, self.looks["text"])
        sheet.hide()

    def _mark(self, sheet: Worksheet) -> None:
        mark = Template(
            self.content.written, self.content.region, self.content.as_of, self.lang,
            dict.fromkeys(self.helpers.values(), "")
            | {title: table for table, title in self.titles.items()},
            {
                table: {target: shown(value) if not isinstance(value, str) else value
                        for target, value in row.items()}
                for table, row in self.examples.items()
            },
        )  # fmt: skip
        _write_rows(sheet, mark_rows(mark), self.looks["text"])
        sheet.hide()


def _write_rows(sheet: Worksheet, rows: Sequence[Sequence[str]], look: Format) -> None:
    for line, row in enumerate(rows):
        for place, text in enumerate(row):
            sheet.write_string(line, place, text, look)


def _print_setup(sheet: Worksheet, head: int, width: int) -> None:
    """Set A4 across, as many pages wide as the columns need to be read, the first column on each."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.fit_to_pages(1 + width // _PAGE, 0)
    sheet.repeat_columns(0)
    sheet.repeat_rows(0, head)
    sheet.set_footer("&C&P / &N")
