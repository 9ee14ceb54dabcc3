"""Writer of an Excel workbook: one sheet a table, a first sheet for what the card says.

The strict format that :mod:`chaingraph.readers.excel` reads: row 1 holds the schema's column names.
"""

from __future__ import annotations

import io
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph.errors import DataError
from chaingraph.files import write_file
from chaingraph.schema import table_spec
from chaingraph.writers.csv_folder import cell_text, column_order, data_package
from chaingraph.writers.frames import NO_XML, Written, export_frames, refuse_cells

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from chaingraph.dataset import Dataset

CARD_SHEET: Final = "datapackage"
LONGEST_CELL: Final = 32_767
MOST_ROWS: Final = 1_048_575  # below the header
_MOST_COLUMNS = 16_384
_NARROWEST, _WIDEST, _LOOKED_AT = 8, 48, 200
_HINT_TITLE, _HINT_TEXT = 32, 255
_LARGEST, _LARGEST_COUNT = 1e307, 2**53  # beyond these Excel keeps no exact number
_TEXT_FORMAT = 49  # Excel's own format of text: an edited 002594 stays 002594
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_FIRST_DAY = "2000-01-01"
_SKIPPED = ("profile", "resources")


class _Exact(float):
    """A number that is written with all its digits; xlsxwriter rounds to 16."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        """Return the shortest text that reads back to the same number."""
        del spec
        return float.__repr__(self)


def write(ds: Dataset, path: str | Path) -> list[Written]:
    """Write a dataset as one workbook; return the file.

    Numbers are numbers; all else is text, so that Excel neither turns an id into a number nor runs a
    name that begins as a formula does.
    """
    frames = export_frames(ds)
    refuse_cells(frames, NO_XML)
    for name, frame in frames.items():
        _refuse_size(frame, name)
    data = to_workbook(frames, data_package(ds, frames, {}), ds.as_of)
    return [Written(write_file(path, data), sum(len(frame) for frame in frames.values()))]


def to_workbook(
    frames: Mapping[str, pd.DataFrame], card: Mapping[str, Any], as_of: str = ""
) -> bytes:
    """Return tables and card as the bytes of an .xlsx file, stamped with the data's own date."""
    import xlsxwriter

    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, _OPTIONS)
    year, month, day = (*map(int, (as_of or _FIRST_DAY).split("-")), 1, 1)[:3]
    created = datetime(max(year, 1980), month, day)  # noqa: DTZ001  no zone: a stamp, no moment
    book.set_properties({"title": card["title_zh"] or card["name"], "created": created})
    looks = {
        "head": book.add_format({"bold": True, "bg_color": "#0B4F8A", "font_color": "#FFFFFF"}),
        "text": book.add_format({"num_format": _TEXT_FORMAT}),
    }
    _write_card(book, card, looks)
    for name, frame in frames.items():
        _write_table(book.add_worksheet(name), frame, name, looks)
    book.close()
    return file.getvalue()


def card_rows(card: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return a card as pairs of key and text; a list has one pair an item.

    Examples
    --------
    >>> card_rows({"name": "x", "chains": ["a", "b"], "weaknesses": {"en": ["few"]}})
    [('name', 'x'), ('chains', 'a'), ('chains', 'b'), ('weaknesses.en', 'few')]
    """
    rows = []
    for key, value in card.items():
        if key in _SKIPPED:
            continue
        inner = {f"{key}.{k}": v for k, v in value.items()} if isinstance(value, dict) else {}
        for name, held in (inner or {key: value}).items():
            items = held if isinstance(held, list) else [held]
            rows += [(name, item if isinstance(item, str) else _json(item)) for item in items]
    return rows


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _write_card(book: Workbook, card: Mapping[str, Any], looks: Mapping[str, Format]) -> None:
    sheet = book.add_worksheet(CARD_SHEET)
    sheet.write_string(0, 0, "key", looks["head"])
    sheet.write_string(0, 1, "value", looks["head"])
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 80)
    for line, (key, value) in enumerate(card_rows(card), 1):
        if len(value) > LONGEST_CELL:
            raise DataError(
                "cell-too-long", table=CARD_SHEET, column=key, row=line, most=LONGEST_CELL
            )
        sheet.write_string(line, 0, key, looks["text"])
        sheet.write_string(line, 1, value, looks["text"])


def _write_table(
    sheet: Worksheet, frame: pd.DataFrame, name: str, looks: Mapping[str, Format]
) -> None:
    """Write a table: names in row 1, the column's meaning as a hint on its name."""
    fields = table_spec(name).by_name
    sheet.freeze_panes(1, 1)
    for place, column in enumerate(column_order(frame, name)):
        head = str(column)
        sheet.write_string(0, place, head, looks["head"])
        if column in fields:
            field = fields[column]
            hint = {
                "validate": "any",
                "input_title": f"{field.title_zh} {field.title_en}"[:_HINT_TITLE],
                "input_message": field.description[:_HINT_TEXT],
            }
            sheet.data_validation(0, place, 0, place, hint)
        texts = _write_column(sheet, place, frame[column].tolist(), looks["text"])
        width = max(map(_width, [head, *texts[:_LOOKED_AT]]))
        sheet.set_column(place, place, min(max(width, _NARROWEST), _WIDEST) + 2)
    if len(frame):
        sheet.autofilter(0, 0, len(frame), max(0, len(column_order(frame, name)) - 1))


def _write_column(sheet: Worksheet, place: int, cells: list[Any], look: Format) -> list[str]:
    """Write the cells below the header; return them as texts."""
    texts = [cell_text(cell) for cell in cells]
    for line, (cell, text) in enumerate(zip(cells, texts, strict=True), 1):
        if not text:
            continue
        if _is_number(cell):
            sheet.write_number(line, place, _Exact(cell))
        else:
            sheet.write_string(line, place, text, look)
    return texts


def _is_number(cell: Any) -> bool:
    """Tell whether a cell is a number that Excel keeps exactly."""
    if isinstance(cell, float):
        return abs(cell) <= _LARGEST
    return isinstance(cell, int) and abs(cell) <= _LARGEST_COUNT


def _width(text: str) -> int:
    from wcwidth import wcswidth

    first = text.partition("\n")[0][: _WIDEST + 1]
    return max(wcswidth(first), len(first))


def _refuse_size(frame: pd.DataFrame, name: str) -> None:
    """Refuse what does not fit into a sheet.

    Raises
    ------
    DataError
        For more rows, columns or characters in a cell than Excel has room for.
    """
    if len(frame) > MOST_ROWS or len(frame.columns) > _MOST_COLUMNS:
        raise DataError("sheet-too-large", table=name, rows=len(frame), most=MOST_ROWS)
    for column in column_order(frame, name):
        if pd.api.types.is_numeric_dtype(frame[column]):
            continue
        for row, cell in enumerate(frame[column].tolist(), 1):
            # Excel counts in UTF-16: a character beyond the first plane counts two
            if isinstance(cell, str) and len(cell.encode("utf-16-le")) > 2 * LONGEST_CELL:
                raise DataError(
                    "cell-too-long", table=name, column=column, row=row, most=LONGEST_CELL
                )
