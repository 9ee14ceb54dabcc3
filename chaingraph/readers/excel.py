"""Reader of an Excel workbook with one sheet a table, row 1 the schema's column names.

The strict format that :mod:`chaingraph.writers.excel` writes. Only values are read: a formula, an Excel error
or merged cells are refused by name, since what they show need not be what the file holds.
"""

from __future__ import annotations

import json
import re
import warnings
import zipfile
import zlib
from typing import TYPE_CHECKING, Any, Final

from chaingraph.checks import Finding
from chaingraph.rawtables import Package, value_text
from chaingraph.readers import csv_folder, datapackage
from chaingraph.schema import TABLE_NAMES
from chaingraph.sheets import archives
from chaingraph.words import Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chaingraph.rawtables import RawTable

    Report = Callable[..., Finding]

CARD_SHEET: Final = "datapackage"
_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".xltx", ".xltm", ".et", ".ett", ".ods"})
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_LOCKED = "EncryptedPackage".encode("utf-16-le")
_RETURN = "_x000D_"  # how Excel writes a carriage return
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="([A-Z0-9:]+)"')
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    EOFError,
    RuntimeError,
    ValueError,
)
_NAMED = 20
_LISTS = frozenset({"extends", "chains", "accepted", "licenses", "weaknesses.en", "weaknesses.zh"})
_OBJECTS = frozenset({"accepted", "licenses"})
_MOST_ROWS = 1_048_576


def can_read(path: Path) -> bool:
    """Tell whether the path is a file named as a workbook, of a kind that is read or refused."""
    return path.suffix.casefold() in _SUFFIXES and path.is_file()


def read_package(path: Path) -> tuple[Package, list[Finding]]:
    """Return what the sheet `datapackage` says, and what is wrong with it."""
    fallback = Package(name=path.stem, path=path)
    if refused(path):
        return fallback, []  # said by `read`
    try:
        card = _with_book(path, _card)
    except Exception:  # noqa: BLE001  said by `read`
        return fallback, []
    package, found = datapackage.package_of(card, path, fallback.name)
    return package, [
        Finding(f.rule, file=f"{path.name}/{CARD_SHEET}", params=f.params) for f in found
    ]


def read(path: Path, package: Package) -> tuple[dict[str, RawTable], list[Finding]]:
    """Return the raw tables of the workbook by name, and what is wrong with its sheets."""
    wrong = refused(path)
    if wrong:
        return {}, wrong

    def tables(book: Any, merged: dict[str, list[str]]) -> Any:
        return _tables(book, merged, path, package)

    try:
        found: tuple[dict[str, RawTable], list[Finding]] = _with_book(path, tables)
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  a broken part shows itself in many ways
        return {}, [_finding(path, "workbook-broken", detail=_first(error))]
    return found


def _first(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def _finding(path: Path, rule: str, **params: object) -> Finding:
    return Finding(rule, file=path.name, params=params)


def refused(path: Path) -> list[Finding]:
    """Return why a workbook is not opened: no zip, locked, macros, an attack."""
    with path.open("rb") as stream:
        start = stream.read(len(_OLE))
        if start == _OLE:
            locked = _LOCKED in stream.read()
            return [_finding(path, "workbook-locked" if locked else "workbook-old")]
    suffix = path.suffix.casefold()
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            if archives.has_macros(names) or suffix in {".xlsm", ".xltm"}:
                return [_finding(path, "workbook-macros")]
            if suffix != ".xlsx":
                return [_finding(path, "workbook-old")]
            attacks = list(archives.problems(archive))
            if attacks:
                return [_finding(path, danger.rule, **danger.params) for danger in attacks]
            unfit = _unfit(archive)
            return [_finding(path, "workbook-broken", detail=unfit)] if unfit else []
    except _BROKEN as error:
        return [_finding(path, "workbook-broken", detail=_why(path, error))]


def _why(path: Path, error: Exception) -> str | Phrase:
    """Return why a file is no workbook: in words where that is of every day, else as the reader says."""
    if not path.stat().st_size:
        return Phrase("no-content")
    return Phrase("not-a-zip") if isinstance(error, zipfile.BadZipFile) else _first(error)


def _unfit(archive: zipfile.ZipFile) -> str:
    """Return what is wrong with the XML parts of a workbook before a parser sees them."""
    for entry in archive.infolist():
        if entry.filename.casefold().endswith((".xml", ".rels", ".vml")):
            unfit = archives.unfit_part(entry.filename, archives.read_entry(archive, entry))
            if unfit:
                return unfit
    return ""


def _with_book(path: Path, use: Callable[[Any, dict[str, list[str]]], Any]) -> Any:
    """Open a workbook, hand it on with the merged cells of each sheet, close it."""
    from openpyxl import load_workbook

    with warnings.catch_warnings():  # of parts that are not read
        warnings.simplefilter("ignore")
        with path.open("rb") as stream:  # closed even where the library fails half-way
            book = load_workbook(stream, read_only=True, data_only=False, keep_links=False)
            try:
                return use(book, _merged(path))
            finally:
                book.close()


def _merged(path: Path) -> dict[str, list[str]]:
    """Return the merged ranges of each sheet."""
    from openpyxl.reader.workbook import WorkbookParser

    found: dict[str, list[str]] = {}
    with zipfile.ZipFile(path) as archive:
        parser = WorkbookParser(archive, "xl/workbook.xml", keep_links=False)
        if parser.workbook_part_name not in archive.namelist():
            return {}
        parser.parse()
        for sheet, relation in parser.find_sheets():
            if relation.target in archive.namelist():
                ranges = _MERGED.findall(archives.read_entry(archive, relation.target))
                found[sheet.name] = [text.decode() for text in ranges]
    return found


def _tables(
    book: Any, merged: dict[str, list[str]], path: Path, package: Package
) -> tuple[dict[str, RawTable], list[Finding]]:
    tables: dict[str, RawTable] = {}
    findings: list[Finding] = []
    for sheet in book.worksheets:
        name = sheet.title.strip().casefold()
        shown = f"{path.name}/{sheet.title}"
        if name == CARD_SHEET:
            continue
        if name not in TABLE_NAMES:
            findings.append(csv_folder.unknown(shown, name, sheet.title))
            continue
        if sheet.sheet_state != "visible":
            findings.append(Finding("sheet-hidden", name, shown, params={"sheet": sheet.title}))
        ranges = merged.get(sheet.title, [])
        if ranges:
            shown_ranges = ", ".join(ranges[:5]) + (" ..." if len(ranges) > 5 else "")  # noqa: PLR2004
            findings.append(Finding("sheet-merged", name, shown, params={"cells": shown_ranges}))
        table, found = _table(sheet, name, package.name, shown)
        findings += found
        if table is not None:
            tables[name] = table
    return tables, findings


def _table(
    sheet: Any, name: str, package: str, shown: str
) -> tuple[RawTable | None, list[Finding]]:
    def finding(rule: str, line: int | None = None, column: str = "", **params: object) -> Finding:
        return Finding(rule, table=name, file=shown, line=line, column=column, params=params)

    problems: list[Finding] = []
    rows = _rows(sheet, problems, finding)
    header = [cell.strip() for cell in next(rows, (1, []))[1]]
    while header and not header[-1]:
        header.pop()
    if not header:
        return None, [*problems, finding("file-empty", file=shown)]
    findings = csv_folder.check_header(header, name, finding)
    if any(found.severity == "error" for found in findings):
        return None, findings
    padded = ((line, _padded(cells, len(header))) for line, cells in rows)
    table, found = csv_folder.fill_table(
        ((line, cells) for line, cells in padded if any(cells)),
        header,
        (name, package, shown),
        finding,
    )
    for problem in problems:  # only columns of the table are named by their header
        findings.append(problem)
    return table, findings + found


def _padded(cells: list[str], width: int) -> list[str]:
    """Return a row as wide as the header where only empty cells are missing or surplus."""
    while len(cells) > width and not cells[-1].strip():
        cells.pop()
    return cells + [""] * (width - len(cells))


def _rows(sheet: Any, problems: list[Finding], finding: Report) -> Iterator[tuple[int, list[str]]]:
    """Return rows as texts with their numbers; note cells that hold no plain value."""
    sheet.reset_dimensions()  # what a file says of its size need not be so
    for line, row in enumerate(sheet.iter_rows(), 1):
        if line > _MOST_ROWS:
            raise ValueError("a row number above the last row of a sheet")
        texts = []
        for cell in row:
            value = cell.value
            rule = {"f": "cell-formula", "e": "cell-error"}.get(
                "" if value is None else cell.data_type, ""
            )
            if rule and len(problems) < _NAMED:
                problems.append(finding(rule, line, cell.column_letter, text=_shown(value)))
            texts.append("" if rule else cell_text(value))
        yield line, texts


def _shown(value: Any) -> str:
    return str(getattr(value, "text", value))[:80]


def cell_text(value: Any) -> str:
    """Return a value of a cell as the CSV file of the table would have it.

    Examples
    --------
    >>> from datetime import datetime
    >>> cell_text(2594.0), cell_text(0.1), cell_text(True), cell_text(datetime(2023, 6, 30))
    ('2594', '0.1', '1', '2023-06-30')
    """
    if not isinstance(value, str):
        return value_text(value)
    return value.replace(_RETURN, "\r").replace("\r\n", "\n").replace("\r", "\n")


def _card(book: Any, merged: dict[str, list[str]]) -> dict[str, Any]:
    """Return the card of the sheet `datapackage`; an empty one where there is no such sheet."""
    del merged
    card: dict[str, Any] = {}
    for sheet in book.worksheets:
        if sheet.title.strip().casefold() != CARD_SHEET:
            continue
        sheet.reset_dimensions()
        for row in sheet.iter_rows(min_row=2):
            key, value, *_ = [*(cell_text(cell.value).strip() for cell in row), "", ""]
            if key and value:
                _put(card, key, _object(value) if key in _OBJECTS else value)
    return card


def _put(card: dict[str, Any], key: str, value: Any) -> None:
    outer, dot, inner = key.partition(".")
    place, name = (card.setdefault(outer, {}), inner) if dot else (card, key)
    if not isinstance(place, dict):
        return
    if key in _LISTS:
        items = (
            [part.strip() for part in value.split(";")] if key in {"extends", "chains"} else [value]
        )
        place.setdefault(name, []).extend(item for item in items if item)
    else:
        place[name] = value


def _object(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
