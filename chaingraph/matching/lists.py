"""Lists of enterprises as bureaus keep them: Excel or CSV, with headers in their own words."""

from __future__ import annotations

import contextlib
import csv
import warnings
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from chaingraph import words
from chaingraph.codes import clean_code, clean_stock_code
from chaingraph.errors import DataError, FileProblemError, OptionError, closest, file_problem
from chaingraph.readers import excel
from chaingraph.readers.csv_folder import refuse_pipe
from chaingraph.sheets import archives
from chaingraph.sheets.delimited import delimiter_of
from chaingraph.sheets.synonyms import folded, headers, synonyms
from chaingraph.sheets.texts import DamagedTextError, decode, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_FIELDS: Final = {
    "name": ("name_zh",), "credit_code": ("credit_code",), "stock_code": ("stock_code",),
    "province": ("province",), "city": ("place", "city"), "county": ("county",),
}  # fmt: skip
"""Field of a list -> columns of the enterprises whose header words mean it."""


def _header_words() -> dict[str, list[str]]:
    """Return field -> headers that mean it, out of the one vocabulary of sheets."""
    found = {}
    for field, columns in _FIELDS.items():
        known = [(match.rank, word) for word, match in headers("enterprises").items()
                 if match.target in columns]  # fmt: skip
        more = synonyms()["list_only"].get(field, [])
        found[field] = list(dict.fromkeys([*(word for _, word in sorted(known, key=_rank)), *more]))
    return found


def _rank(entry: tuple[int, str]) -> tuple[bool, int]:
    """Return the order of a header word: the schema's own name of a column last, people do not write it."""
    return entry[0] == 0, entry[0]


HEADERS: Final[dict[str, list[str]]] = _header_words()
"""Field -> headers that mean it; of two columns that mean one field, the first word listed counts."""

MOST_ROWS: Final = 1_000_000
LARGEST_FILE: Final = 200_000_000
_HEADER_ROWS: Final = 10
_MOST_COLUMNS: Final = 200
_SHOWN: Final = 12
_SHORT: Final = 12
_INEXACT: Final = 1e15
_LAST_ROW: Final = 1_048_576
_MANY: Final = 50_000
Table = list[tuple[int, list[str]]]
"""Rows that are not blank, each with its number in the file."""


class NoValue(str):
    """The empty text of a cell that shows something and has no value: an error, a formula never run."""

    shown: str
    where: tuple[str, str]
    __slots__ = ("shown", "where")

    def __new__(cls, shown: object, where: tuple[str, str]) -> Self:
        """Return the text of a cell with what it shows, and its sheet and place."""
        text = super().__new__(cls, "")
        text.shown, text.where = str(shown)[:80], where
        return text


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


_TELLING: Final = ("name", "credit_code", "stock_code")


def checked_row(record: object, number: int) -> ListRow:
    """Return a mapping as a row.

    Raises
    ------
    OptionError
        Where it is no mapping, or no key is a name or a code: all rows would be new.
    """
    if not isinstance(record, Mapping):
        raise OptionError("match-bad-row", value=str(record)[:40], number=number)
    row = as_row(record, number)
    said = row.name or row.credit_code or row.stock_code
    if not said and not any(field in record for field in _TELLING):
        keys = ", ".join(map(str, record)) or "-"
        raise OptionError("match-bad-row", value=keys, number=number)
    return row


def as_row(record: Mapping[str, Any], number: int) -> ListRow:
    """Return a mapping of the fields of a list row as a row, its codes as they are compared.

    Keys are fields, or headers as people write them (企业名称, 城市).
    """
    cells = {field: _cell_text(record.get(field)) for field in HEADERS}
    strange = {folded(key): key for key in record if key not in {*HEADERS, "list_row"}}
    for field, known in HEADERS.items() if strange else ():
        key = next((strange[w] for w in map(folded, known) if w in strange), None)
        if not cells[field] and key is not None:
            cells[field] = _cell_text(record[key])
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
        UTF-8 or GB 18030. The header may stand below a title, within the first ten rows. At most
        1,000,000 rows and 200 MB are read, which takes about 1 GB of memory.
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
        Where the file cannot be read, is neither a workbook nor CSV, or is too long.
    DataError
        Where the file has no rows, no column of names, or a cell that shows an error or a formula
        without a result.
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
        if folded(header) not in map(folded, headers):
            near = ", ".join(closest(header, headers) or headers[:_SHOWN]) or "-"
            raise OptionError("match-no-column", field=field, value=header, suggestions=near)
    raise DataError("match-no-name", path=file, headers=", ".join(headers[:_SHOWN]) or "-")


def _records(
    table: Table, line: int, places: Mapping[str, int], file: Path
) -> list[dict[str, str | int]]:
    records: list[dict[str, str | int]] = []
    for number, cells in table[line + 1 :]:
        if cells == table[line][1]:
            continue  # the header once more, as on a second page
        record: dict[str, str | int] = {"list_row": number}
        for field in HEADERS:
            place = places.get(field)
            cell = cells[place] if place is not None and place < len(cells) else ""
            if isinstance(cell, NoValue):
                sheet, where = cell.where
                raise DataError(
                    "match-no-value", path=file, sheet=sheet, cell=where, shown=cell.shown
                )
            record[field] = cell
        if record["name"] or record["credit_code"]:
            records.append(record)
    if not records:
        raise DataError("match-empty", path=file)
    return records


def _find_header(table: Table, asked: Mapping[str, str]) -> tuple[int, dict[str, int]] | None:
    """Return the line of the header and the place of each field, None where no line is a header."""
    for line, (_, cells) in enumerate(table[:_HEADER_ROWS]):
        plain = [folded(cell) for cell in cells]
        places = {}
        for field, known in HEADERS.items():
            wanted = [asked[field]] if field in asked else known
            place = next((plain.index(w) for w in map(folded, wanted) if w in plain), None)
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
        refuse_pipe(path)
        if path.stat().st_size > LARGEST_FILE:
            raise _too_long(path)
        if suffix in {".csv", ".txt"}:
            return {path.stem: _csv_rows(path.read_bytes(), path)}
        return _book_rows(path)
    except OSError as error:
        if isinstance(error, FileProblemError):
            raise
        raise file_problem("unreadable-path", path, error) from error


def _too_long(path: Path) -> FileProblemError:
    size = LARGEST_FILE // 1_000_000
    return FileProblemError("match-too-long", path=path, rows=f"{MOST_ROWS:,}", size=size)


def _book_rows(path: Path) -> dict[str, Table]:
    import openpyxl

    wrong = excel.refused(path)
    if wrong and wrong[0].rule != "workbook-broken":
        detail, detail_zh = (f"{wrong[0].text(lang)}" for lang in ("en", "zh"))
        detail, detail_zh = (
            f"{detail}. {wrong[0].remedy()}",
            f"{detail_zh}。{wrong[0].remedy('zh')}",
        )
        detail, detail_zh = detail.rstrip("."), detail_zh.rstrip("。")
        raise FileProblemError("match-refused", path=path, detail=detail, detail_zh=detail_zh)
    if wrong:
        raise FileProblemError("match-unreadable", path=path, detail=wrong[0].params["detail"])
    try:
        with warnings.catch_warnings(), path.open("rb") as stream, path.open("rb") as other:
            warnings.simplefilter("ignore")  # of parts that are not read
            values = openpyxl.load_workbook(
                stream, data_only=True, read_only=True, keep_links=False
            )
            beside = (
                openpyxl.load_workbook(other, read_only=True, keep_links=False)
                if _has_formulas(path)
                else values
            )
            with contextlib.closing(values), contextlib.closing(beside):
                return {
                    sheet.title: _filled(_sheet_rows(sheet, beside[sheet.title]), path)
                    for sheet in values.worksheets
                }
    except OSError:
        raise
    except Exception as error:  # a broken part shows itself in many ways
        raise FileProblemError(
            "match-unreadable", path=path, detail=words.Phrase("not-a-workbook")
        ) from error


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return any(
            archives.holds_formulas(name, archives.read_entry(archive, name))
            for name in archive.namelist()
        )


def _sheet_rows(sheet: Any, beside: Any) -> Iterator[Sequence[Any]]:
    """Return the rows of a worksheet; cells that show what is no value are marked.

    `beside` is the sheet with its formulas, the same sheet where it has none.
    """
    sheet.reset_dimensions()  # what a file says of its size need not be so
    beside.reset_dimensions()
    if beside is sheet:
        for row in sheet.iter_rows():
            yield [_value(cell, cell, sheet.title) for cell in row[:_MOST_COLUMNS]]
        return
    for row, formulas in zip(sheet.iter_rows(), beside.iter_rows(), strict=True):
        both = zip(row[:_MOST_COLUMNS], formulas[:_MOST_COLUMNS], strict=True)
        yield [_value(*cells, sheet.title) for cells in both]


def _value(cell: Any, formula: Any, sheet: str) -> Any:
    value = cell.value
    if value is not None and cell.data_type == "e":
        return NoValue(value, (sheet, cell.coordinate))
    if value is None and formula.value is not None and formula.data_type == "f":
        return NoValue(formula.value, (sheet, formula.coordinate))
    if (
        isinstance(value, int | float) and abs(value) >= _INEXACT
    ):  # a code whose last digits are lost
        return NoValue(value, (sheet, cell.coordinate))
    return value


def _csv_rows(data: bytes, path: Path) -> Table:
    try:
        text, _ = decode(data)
    except DamagedTextError as error:
        detail = words.Phrase("at-row", (("row", error.line), ("detail", error.detail)))
        raise FileProblemError("match-unreadable", path=path, detail=detail) from error
    reader = csv.reader(lines_of(text), delimiter=delimiter_of(text), strict=True)
    try:
        return _filled(reader, path)
    except csv.Error as error:
        detail = words.Phrase("at-row", (("row", reader.line_num), ("detail", error)))
        raise FileProblemError("match-unreadable", path=path, detail=detail) from error


def _filled(rows: Iterable[Sequence[Any]], path: Path) -> Table:
    """Return the rows that are not blank; short texts that stand often are one object."""
    table: Table = []
    seen: dict[str, str] = {}
    for number, row in enumerate(rows, 1):
        if number > _LAST_ROW:
            raise _too_long(path)
        cells = [_cell_text(cell) for cell in row]
        while cells and not cells[-1] and type(cells[-1]) is str:
            cells.pop()
        if not cells:
            continue
        if len(table) == MOST_ROWS:
            raise _too_long(path)
        for place, cell in enumerate(cells):
            if type(cell) is str and len(cell) <= _SHORT:
                if len(seen) < _MANY:
                    seen.setdefault(cell, cell)
                cells[place] = seen.get(cell, cell)
        table.append((number, cells))
    return table


def _cell_text(cell: Any) -> str:
    """Return a cell as text: a whole number without its point, blanks and line ends as one blank."""
    if cell is None or cell != cell:  # noqa: PLR0124  nan
        return ""
    if isinstance(cell, NoValue):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return " ".join(str(cell).split())


def texts(record: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Return some cells of a record as text."""
    return [_cell_text(record.get(name)) for name in names]
