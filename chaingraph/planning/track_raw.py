"""A returned workbook, read only: every cell as typed, with formula and comment; the ledger of all."""

from __future__ import annotations

import datetime as dt
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph.errors import FileProblemError
from chaingraph.sheets.grid import Grid, letters
from chaingraph.sheets.grids import open_grids

if TYPE_CHECKING:
    from collections.abc import Iterator

LEDGER_COLUMNS: Final = ("sheet", "cell", "row", "column", "kind", "content")
_PARTS: Final = {
    "xl/media/": "pictures", "xl/charts/chart": "charts", "xl/threadedComments/": "threads",
    "xl/pivotTables/": "pivots", "xl/embeddings/": "embedded", "xl/externalLinks/externalLink": "links",
    "xl/diagrams/": "diagrams", "xl/ctrlProps/": "controls",
}  # fmt: skip
_LONGEST: Final = 32_000


@dataclass
class RawSheet:
    """One sheet as it was returned; rows and columns count from 1.

    Attributes
    ----------
    typed
        What a cell holds; of a formula the value that the file keeps.
    shown
        The same as a person sees it: a date without the day that its layout hides, a number with its %.
    formulas, comments
        Texts by place.
    formats, widths, merged, hidden
        As they stand.
    rules
        Drop-downs and conditional colours that the sheet has.
    """

    title: str
    typed: dict[tuple[int, int], Any] = field(default_factory=dict)
    shown: dict[tuple[int, int], Any] = field(default_factory=dict)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    comments: dict[tuple[int, int], str] = field(default_factory=dict)
    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    hidden: bool = False
    hidden_rows: int = 0
    rules: int = 0
    broken: dict[tuple[int, int], str] = field(default_factory=dict)

    def place(self, row: int, column: int) -> str:
        """Return the name of a cell as Excel writes it."""
        return f"{letters(column - 1)}{row}"

    def rows(self) -> list[int]:
        """Return the numbers of the rows that hold anything."""
        return sorted({row for row, _ in (*self.typed, *self.formulas)})


@dataclass
class RawBook:
    """A returned file: its sheets, how it was read, and which parts of it no reader here understands."""

    path: Path
    sheets: list[RawSheet]
    read_as: str = ""
    parts: dict[str, int] = field(default_factory=dict)

    def ledger(self) -> pd.DataFrame:
        """Return every typed cell, formula and comment: one row each, in the order of the file.

        Returns
        -------
        pandas.DataFrame
            `sheet`, `cell` (C17), `row`, `column` (from 1), `kind` (text, number, date, flag, formula,
            comment), `content`: the text, figures with all digits, dates as 2026-03-01.
        """
        return pd.DataFrame(list(self._entries()), columns=list(LEDGER_COLUMNS))

    def _entries(self) -> Iterator[tuple[str, str, int, int, str, str]]:
        for sheet in self.sheets:
            places = {*sheet.typed, *sheet.formulas, *sheet.comments}
            for row, column in sorted(places):
                at = (sheet.title, sheet.place(row, column), row, column)
                if (row, column) in sheet.formulas:
                    yield *at, "formula", sheet.formulas[row, column]
                elif (row, column) in sheet.typed:
                    value = sheet.typed[row, column]
                    yield *at, kind_of(value), plain_text(value)
                if (row, column) in sheet.comments:
                    yield *at, "comment", sheet.comments[row, column]


def kind_of(value: Any) -> str:
    """Return what a raw value is: text, number, date or flag."""
    if isinstance(value, bool):
        return "flag"
    if isinstance(value, int | float):
        return "number"
    return "date" if isinstance(value, dt.date | dt.time | dt.timedelta) else "text"


def plain_text(value: Any) -> str:
    """Return a raw value as text, with all its digits; a day without a clock time as a date.

    Examples
    --------
    >>> plain_text(12.0), plain_text(0.1), plain_text(dt.datetime(2026, 3, 1)), plain_text(True)
    ('12', '0.1', '2026-03-01', 'TRUE')
    """
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ")
    return repr(value) if isinstance(value, float) else str(value)


def read_raw(path: str | Path) -> RawBook:
    """Read a returned list without touching it: an ``.xlsx`` file, or a CSV file of one sheet.

    Raises
    ------
    FileProblemError
        Where it cannot be read: missing, damaged, locked, with macros, or of another program.
    """
    place = Path(path)
    grids, problems = open_grids(place)
    if place.is_dir() or not grids:
        first = next((p for p in problems if p.severity == "error"), None)
        said = {"detail": "-", "detail_zh": "-"}
        if first is not None:
            said = {
                "detail": f"{first.text('en')}. {first.remedy('en')}".strip(". "),
                "detail_zh": f"{first.text('zh')}。{first.remedy('zh')}".strip("。"),
            }
        raise FileProblemError("track-unreadable", path=place, **said)
    encodings = [str(p.params["encoding"]) for p in problems if p.rule == "read-as"]
    if place.suffix.casefold() != ".xlsx" and encodings:
        return RawBook(place, [_of_text(grid) for grid in grids], encodings[0])
    return _of_workbook(place, grids)


def _of_text(grid: Grid) -> RawSheet:
    sheet = RawSheet(grid.title)
    for number, cells in zip(grid.numbers, grid.rows, strict=True):
        for column, value in enumerate(cells, 1):
            if value not in {None, ""}:
                sheet.typed[number, column] = sheet.shown[number, column] = value
    return sheet


def _of_workbook(path: Path, grids: list[Grid]) -> RawBook:
    import openpyxl

    with warnings.catch_warnings(), path.open("rb") as stream:
        warnings.simplefilter("ignore")
        typed = openpyxl.load_workbook(stream, data_only=False, keep_links=False)
    with warnings.catch_warnings(), path.open("rb") as stream:
        warnings.simplefilter("ignore")
        kept = openpyxl.load_workbook(stream, data_only=True, keep_links=False)
    by_title = {grid.sheet: grid for grid in grids}
    sheets = [
        _sheet(sheet, kept[sheet.title], by_title[sheet.title])
        for sheet in typed.worksheets
        if sheet.title in by_title
    ]
    return RawBook(path, sheets, parts=_other_parts(path))


def _sheet(told: Any, kept: Any, grid: Grid) -> RawSheet:
    sheet = RawSheet(told.title, hidden=told.sheet_state != "visible")
    for cell in told._cells.values():  # noqa: SLF001  only the cells that are there
        place = cell.row, cell.column
        if cell.comment is not None and cell.comment.text:
            sheet.comments[place] = cell.comment.text[:_LONGEST]
        if cell.value is None:
            continue
        value: Any = cell.value
        if cell.data_type == "f":
            sheet.formulas[place] = str(getattr(value, "text", None) or value)
            value = kept.cell(*place).value
        if value is None:
            continue
        sheet.typed[place] = value
        sheet.formats[place] = str(cell.number_format or "General")
    _add_shown(sheet, grid)
    sheet.merged = [(a + 1, b + 1, c + 1, d + 1) for a, b, c, d in grid.merged]
    sheet.hidden_rows = sum(1 for d in told.row_dimensions.values() if d.hidden)
    for letter, dimension in told.column_dimensions.items():
        if dimension.width and dimension.customWidth:
            sheet.widths[openpyxl_column(letter)] = float(dimension.width)
    sheet.rules = len(told.conditional_formatting) + len(told.data_validations.dataValidation)
    return sheet


def _add_shown(sheet: RawSheet, grid: Grid) -> None:
    """Add what a person sees, and the cells that do not show as they should."""
    for (row, column), rule in grid.broken.items():
        sheet.broken[row + 1, column + 1] = rule
    for row, cells in enumerate(grid.rows, 1):
        for column, shown in enumerate(cells, 1):
            if shown is not None:
                sheet.shown[row, column] = shown


def openpyxl_column(letter: str) -> int:
    """Return the number of a column from its letters."""
    from openpyxl.utils import column_index_from_string

    return int(column_index_from_string(letter))


def _other_parts(path: Path) -> dict[str, int]:
    """Return how many parts of each kind a workbook has that are not carried over."""
    import zipfile

    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        drawn = [
            name for name in names if name.startswith("xl/drawings/drawing") and "_rels" not in name
        ]
        shapes = sum(1 for name in drawn if b"Anchor>" in archive.read(name))
    found: dict[str, int] = {}
    for start, kind in _PARTS.items():
        count = sum(1 for name in names if name.startswith(start) and "_rels" not in name)
        if count:
            found[kind] = count
    if shapes and not (found.get("pictures") or found.get("charts")):
        found["drawings"] = shapes
    return found
