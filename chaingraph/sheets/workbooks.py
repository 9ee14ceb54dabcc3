"""Excel workbooks: values as they are displayed, no macros, no formulas run, nothing fetched."""

from __future__ import annotations

import datetime as dt
import re
import warnings
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chaingraph.sheets.archives import has_macros, holds_formulas, read_member, unfit_part
from chaingraph.sheets.grid import MOST_COLUMNS, MOST_ROWS, Grid, letters
from chaingraph.sheets.problems import FileRefusalError

if TYPE_CHECKING:
    import zipfile
    from pathlib import Path

LONGEST_CELL: Final = 32_767  # what Excel takes
_LITERAL: Final = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|_.|\*.')
_SCALED: Final = re.compile(r"[0#?],+(?![0#?])|!\.|\\\.")
_PLACES: Final = re.compile(r"0{2,}")


class _Parts(NamedTuple):
    formulas: bool
    external: bool


def read_workbook(file: Path, archive: zipfile.ZipFile, name: str) -> list[Grid]:
    """Return the worksheets of a workbook as grids.

    Raises
    ------
    FileRefusalError
        Where it has macros, is damaged or does not stay within the limits.
    """
    parts = _inspect(archive)
    values = _load(file, values=True)
    formulas = _load(file, values=False) if parts.formulas else None
    grids = []
    for sheet in values.worksheets:
        beside = formulas[sheet.title] if formulas is not None else None
        try:
            grid = _grid(sheet, beside, name)
        except FileRefusalError:
            raise
        except Exception as error:  # a damaged part shows itself anywhere
            raise FileRefusalError(
                "workbook-broken", sheet=sheet.title, detail=_brief(error)
            ) from error
        if parts.external:
            grid.tell("external-links")
        grids.append(grid)
    return grids


def _inspect(archive: zipfile.ZipFile) -> _Parts:
    """Look through the parts of a workbook before a parser sees them."""
    names = archive.namelist()
    if has_macros(names):
        raise FileRefusalError("workbook-macros")
    formulas = False
    for member in archive.infolist():
        if not member.filename.casefold().endswith((".xml", ".rels", ".vml")):
            continue
        data = read_member(archive, member)
        unfit = unfit_part(member.filename, data)
        if unfit:
            raise FileRefusalError("workbook-broken", detail=unfit)
        formulas |= holds_formulas(member.filename, data)
    return _Parts(formulas, any("externallinks/" in n.casefold() for n in names))


def _load(file: Path, *, values: bool) -> Any:
    import openpyxl

    try:
        with warnings.catch_warnings(), file.open("rb") as stream:
            warnings.simplefilter("ignore")
            return openpyxl.load_workbook(stream, data_only=values, keep_links=False)
    except Exception as error:  # the library raises whatever a part led it to
        raise FileRefusalError("workbook-broken", detail=_brief(error)) from error


def _brief(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__} {text}"[:160].strip()


def _grid(sheet: Any, formulas: Any, name: str) -> Grid:
    """Return the filled part of a worksheet; far-away formatted cells do not count."""
    filled = [cell for cell in sheet._cells.values() if cell.value is not None]  # noqa: SLF001
    empty = _formulas_without_value(sheet, formulas)
    height = max((*(cell.row for cell in filled), *(row for row, _ in empty)), default=0)
    width = max((*(cell.column for cell in filled), *(column for _, column in empty)), default=0)
    if height > MOST_ROWS:
        raise FileRefusalError("too-many-rows", sheet=sheet.title, limit=f"{MOST_ROWS:,}")
    if width > MOST_COLUMNS:
        raise FileRefusalError("too-many-columns", sheet=sheet.title, limit=f"{MOST_COLUMNS:,}")
    rows: list[list[Any]] = [[None] * width for _ in range(height)]
    grid = Grid(name, sheet.title, rows, list(range(1, height + 1)))
    grid.hidden = sheet.sheet_state != "visible"
    grid.merged = [
        (r.min_row - 1, r.min_col - 1, r.max_row - 1, r.max_col - 1)
        for r in sorted(sheet.merged_cells.ranges, key=lambda r: (r.min_row, r.min_col))
    ]
    for cell in filled:
        value, rule = _displayed(cell)
        rows[cell.row - 1][cell.column - 1] = value
        if rule:
            grid.broken[cell.row - 1, cell.column - 1] = rule
    for row, column in empty:
        grid.broken[row - 1, column - 1] = "formula-without-value"
    hidden = [n for n, d in sheet.row_dimensions.items() if d.hidden and n <= height]
    if hidden:
        grid.tell("hidden-rows", count=len(hidden))
    _tell_hidden_columns(sheet, grid, width)
    return grid


def _tell_hidden_columns(sheet: Any, grid: Grid, width: int) -> None:
    """Report the hidden columns that hold something; one entry may stand for several columns."""
    hidden = {
        place
        for entry in sheet.column_dimensions.values()
        if entry.hidden and entry.min
        for place in range(entry.min - 1, min(entry.max, width))
    }
    held = [
        letters(place) for place in sorted(hidden) if any(r[place] is not None for r in grid.rows)
    ]
    if held and not grid.hidden:
        grid.tell("hidden-columns", columns=", ".join(held))


def _formulas_without_value(sheet: Any, formulas: Any) -> list[tuple[int, int]]:
    """Return the cells with a formula whose result the file does not hold."""
    if formulas is None:
        return []
    return [
        (cell.row, cell.column)
        for cell in formulas._cells.values()  # noqa: SLF001
        if cell.data_type == "f" and sheet.cell(cell.row, cell.column).value is None
    ]


def _displayed(cell: Any) -> tuple[Any, str]:
    """Return the value of a cell as a person sees it, and the rule that it breaks, if any."""
    value = cell.value
    if cell.data_type == "e":
        return str(value), "excel-error"
    if isinstance(value, str):
        return (value, "") if len(value) <= LONGEST_CELL else (value[:50], "cell-too-long")
    layout = str(cell.number_format or "").split(";")[0]
    if isinstance(value, dt.datetime | dt.date):
        return _as_precise(value, layout), ""
    if isinstance(value, dt.time | dt.timedelta):
        return str(value), "time-of-day"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value, ""
    return _with_layout(value, layout)


def _as_precise(value: dt.date, layout: str) -> Any:
    """Return a date with the parts that its layout shows: 2024年6月 is no day."""
    shown = _LITERAL.sub("", layout).casefold()
    if "y" not in shown or "d" in shown or "h" in shown:
        return value
    return f"{value:%Y-%m}" if "m" in shown else f"{value:%Y}"


def _with_layout(value: float, layout: str) -> tuple[Any, str]:
    """Return a number with what its layout adds on the screen: a unit, a %, leading zeros."""
    literal = "".join(a or b for a, b in _LITERAL.findall(layout)).strip()
    bare = _LITERAL.sub("", layout)
    if _SCALED.search(layout):
        return value, "scaled-layout"
    if "%" in bare:
        return f"{_times_100(value)}%", ""
    whole = float(value).is_integer()
    if whole and _PLACES.fullmatch(bare) and value >= 0:
        return f"{int(value):0{len(bare)}d}", ""
    if any(char.isalpha() for char in literal):
        number = str(int(value)) if whole else repr(value)
        return f"{number}{literal}", ""
    return value, ""


def _times_100(value: float) -> str:
    from decimal import Decimal

    return format((Decimal(repr(value)) * 100).normalize(), "f")
