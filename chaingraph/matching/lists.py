"""Lists of enterprises as bureaus keep them: Excel or CSV, with headers in their own words."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
import zipfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from xml.etree.ElementTree import ParseError

from chaingraph import words
from chaingraph.codes import clean_code, clean_stock_code
from chaingraph.errors import DataError, FileProblemError, OptionError, closest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HEADERS: Final[dict[str, list[str]]] = json.loads(
    resources.files(__package__).joinpath("headers.json").read_text("utf-8")
)
"""Field -> headers that mean it; of two columns that mean one field, the first word listed counts."""

_HEADER_ROWS: Final = 10
_MOST_COLUMNS: Final = 200
_DELIMITERS: Final = (",", "\t", ";")
_SHOWN: Final = 12
_BAD_BOOK: Final = (zipfile.BadZipFile, KeyError, ValueError, TypeError, ParseError, EOFError)
Table = list[tuple[int, list[str]]]
"""Rows that are not blank, each with its number in the file."""


@dataclass(frozen=True)
class ListRow:
    """One enterprise of a list, as the list writes it.

    Attributes
    ----------
    list_row
        Number of the row in the file, the header's included.
    name, credit_code, stock_code, province, city, county
        Cells; empty where the list has nothing.
    """

    list_row: int
    name: str
    credit_code: str = ""
    stock_code: str = ""
    province: str = ""
    city: str = ""
    county: str = ""

    @property
    def place(self) -> str:
        """The place as one text."""
        parts = dict.fromkeys(part for part in (self.province, self.city, self.county) if part)
        return "/".join(parts)


def as_row(record: Mapping[str, Any], number: int) -> ListRow:
    """Return a mapping of the fields of a list row as a row, its codes as they are compared."""
    cells = {field: _cell_text(record.get(field)) for field in HEADERS}
    cells["credit_code"] = clean_code(cells["credit_code"])
    cells["stock_code"] = clean_stock_code(cells["stock_code"])
    return ListRow(int(record.get("list_row", number)), **cells)


def read_enterprise_list(
    path: str | Path, *, columns: Mapping[str, str] | None = None
) -> list[dict[str, str | int]]:
    r"""Read a list of enterprises from an Excel workbook or a CSV file.

    Parameters
    ----------
    path
        An ``.xlsx`` workbook (the first sheet with a column of names is read) or a ``.csv`` file in
        UTF-8 or GB 18030. The header may stand below a title, within the first ten rows.
    columns
        Field -> header, where a header is not among the known words, e.g. ``{"name": "户名"}``. Fields
        are name, credit_code, stock_code, province, city, county.

    Returns
    -------
    list of dict
        One a row that has a name: `list_row` (its number in the file) and the fields as text.

    Raises
    ------
    FileProblemError
        Where the file cannot be read, or is neither a workbook nor CSV.
    DataError
        Where the file has no rows, or no column of names.
    OptionError
        Where `columns` names a field or a header that does not exist.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "list.csv"
    >>> _ = file.write_text("序号,单位名称,县区\n1,甲市电芯,西区\n", encoding="gb18030")
    >>> read_enterprise_list(file)[0]["name"], read_enterprise_list(file)[0]["county"]
    ('甲市电芯', '西区')
    """
    asked = dict(columns or {})
    for field in asked:
        if field not in HEADERS:
            raise OptionError("match-bad-field", value=field, choices=", ".join(HEADERS))
    file = Path(path)
    sheets = read_sheets(file)
    if any(_is_review(table) for table in sheets.values()):
        raise DataError("match-is-review", path=file)
    if not any(sheets.values()):
        raise DataError("match-empty", path=file)
    for table in sheets.values():
        found = _find_header(table, asked)
        if found:
            return _records(table, *found, file)
    headers = _seen_headers(sheets)
    for field, header in asked.items():
        if _plain(header) not in map(_plain, headers):
            near = ", ".join(closest(header, headers) or headers[:_SHOWN]) or "-"
            raise OptionError("match-no-column", field=field, value=header, suggestions=near)
    raise DataError("match-no-name", path=file, headers=", ".join(headers[:_SHOWN]) or "-")


def _records(
    table: Table, line: int, places: Mapping[str, int], file: Path
) -> list[dict[str, str | int]]:
    records: list[dict[str, str | int]] = []
    for number, cells in table[line + 1 :]:
        record: dict[str, str | int] = {"list_row": number}
        for field in HEADERS:
            place = places.get(field)
            record[field] = cells[place] if place is not None and place < len(cells) else ""
        if record["name"] or record["credit_code"]:
            records.append(record)
    if not records:
        raise DataError("match-empty", path=file)
    return records


def _find_header(table: Table, asked: Mapping[str, str]) -> tuple[int, dict[str, int]] | None:
    """Return the line of the header and the place of each field, None where no line is a header."""
    for line, (_, cells) in enumerate(table[:_HEADER_ROWS]):
        plain = [_plain(cell) for cell in cells]
        places = {}
        for field, synonyms in HEADERS.items():
            wanted = [asked[field]] if field in asked else synonyms
            place = next((plain.index(w) for w in map(_plain, wanted) if w in plain), None)
            if place is not None:
                places[field] = place
        if "name" in places and set(asked) <= set(places) and (len(table) > line + 1 or line == 0):
            return line, places
    return None


def _is_review(table: Table) -> bool:
    """Tell whether a sheet is of a workbook that decisions go into, not of a list."""
    header = table[0][1] if table else []
    return all(
        any(words.column(name).title(lang) in header for lang in words.LANGUAGES)
        for name in ("choice", "name_in_list", "runner_up")
    )


def _seen_headers(sheets: Mapping[str, Table]) -> list[str]:
    """Return the cells of the widest of the first rows: what a reader takes for the header."""
    rows = [cells for table in sheets.values() for _, cells in table[:_HEADER_ROWS]]
    widest = max(rows, key=lambda cells: sum(map(bool, cells)), default=[])
    return [cell for cell in widest if cell]


def _plain(header: str) -> str:
    """Return a header as it is compared: half-width, lower case, no blanks, no star, no bracket."""
    text = unicodedata.normalize("NFKC", header).casefold()
    return "".join(text.split()).strip("*:")


def read_sheets(path: Path) -> dict[str, Table]:
    """Return the rows of every sheet of a workbook, or of a CSV file, by the sheet's name.

    Raises
    ------
    FileProblemError
        Where the file cannot be read, or is neither a workbook nor CSV.
    """
    if not path.exists():
        raise FileProblemError("no-such-path", path=path)
    suffix = path.suffix.casefold()
    if suffix not in {".xlsx", ".xlsm", ".csv", ".txt"} or path.is_dir():
        raise FileProblemError("match-not-a-list", path=path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise FileProblemError(
            "unreadable-path", path=path, detail=error.strerror or error
        ) from error
    if suffix in {".csv", ".txt"}:
        return {path.stem: _csv_rows(data, path)}
    return _book_rows(data, path)


def _book_rows(data: bytes, path: Path) -> dict[str, Table]:
    import openpyxl

    try:
        book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, read_only=True)
        return {
            sheet.title: _filled(sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True))
            for sheet in book.worksheets
        }
    except _BAD_BOOK as error:
        raise FileProblemError("match-unreadable", path=path, detail="no workbook") from error


def _csv_rows(data: bytes, path: Path) -> Table:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise FileProblemError("match-unreadable", path=path, detail="UTF-8, GB 18030")
    if "\0" in text:
        raise FileProblemError("match-unreadable", path=path, detail="NUL")
    start = "\n".join(text.splitlines()[:_HEADER_ROWS])
    delimiter = max(_DELIMITERS, key=start.count)
    try:
        return _filled(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise FileProblemError("match-unreadable", path=path, detail=error) from error


def _filled(rows: Any) -> Table:
    table: Table = []
    for number, row in enumerate(rows, 1):
        cells = [_cell_text(cell) for cell in row]
        if any(cells):
            table.append((number, cells))
    return table


def _cell_text(cell: Any) -> str:
    """Return a cell as text: a whole number without its point, blanks and line ends as one blank."""
    if cell is None or cell != cell:  # noqa: PLR0124  nan
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(str(cell).split())


def texts(record: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Return some cells of a record as text."""
    return [_cell_text(record.get(name)) for name in names]
