"""Grids: the sheets of a file as rows of raw cells, each with its place."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

from chaingraph.errors import FileProblemError, MissingLibraryError, file_problem
from chaingraph.sheets import archives, delimited
from chaingraph.sheets.grid import MOST_COLUMNS, MOST_ROWS, Grid
from chaingraph.sheets.problems import FileRefusalError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_FILE: Final = 200_000_000
TEXT_SUFFIXES: Final = (".csv", ".tsv", ".txt")
_OLD: Final = b"\xd0\xcf\x11\xe0"
_DOCUMENTS: Final = (b"<html", b"<!doctype", b"<table", b"<?xml", b"<meta", b"{\\rtf", b"%pdf")
"""How pages and documents begin, whatever the name of the file says."""
_ZIP: Final = b"PK\x03\x04"


def open_grids(path: str | Path) -> tuple[list[Grid], list[Problem]]:
    r"""Return the grids of a file, a folder or a zip, and what was not read.

    Raises
    ------
    FileProblemError
        Where the path does not exist or cannot be read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "企业.csv"
    >>> _ = file.write_text("企业名称,城市\n甲厂,宜春市\n", encoding="gb18030")
    >>> grids, problems = open_grids(file)
    >>> grids[0].rows[1], problems[0].params["encoding"]
    (['甲厂', '宜春市'], 'GB18030')
    """
    place = Path(path)
    grids: list[Grid] = []
    problems: list[Problem] = []
    try:
        if place.is_dir():
            for file in sorted(place.iterdir()):
                _add_member(file, grids, problems)
        else:
            _add(place, place.name, grids, problems)
    except FileNotFoundError as error:
        raise FileProblemError("no-such-path", path=place) from error
    except OSError as error:
        raise file_problem("unreadable-path", place, error) from error
    return grids, problems


def _add_member(file: Path, grids: list[Grid], problems: list[Problem]) -> None:
    suffix = file.suffix.casefold()
    if file.name.startswith((".", "~$")) or file.is_dir() or file.name == "datapackage.json":
        return
    if suffix in {*TEXT_SUFFIXES, ".xlsx", ".parquet"}:
        _add(file, file.name, grids, problems)
    else:
        problems.append(Problem("file-ignored", file.name))


def _add(file: Path, name: str, grids: list[Grid], problems: list[Problem]) -> None:
    """Read one file; what it refuses becomes a problem of that file."""
    try:
        grids += _read(file, name, problems)
    except FileRefusalError as refusal:
        problems.append(
            Problem(refusal.rule, name, refusal.sheet, refusal.cell, params=refusal.params)
        )


def _read(file: Path, name: str, problems: list[Problem]) -> list[Grid]:
    size = file.stat().st_size
    if size > LARGEST_FILE:
        raise FileRefusalError("file-too-large", detail=f"{size:,} bytes")
    if size == 0:
        raise FileRefusalError("file-empty")
    with file.open("rb") as stream:
        head = stream.read(512)
    suffix = file.suffix.casefold()
    named = file.suffix.casefold() in {".xlsx", ".zip", *TEXT_SUFFIXES}
    if named and head.lstrip(b"\xef\xbb\xbf \r\n\t").lower().startswith(_DOCUMENTS):
        raise FileRefusalError("not-a-table")
    if head.startswith(_OLD):
        raise FileRefusalError("old-or-locked")
    if suffix in {".xls", ".et", ".xlsm", ".xlsb", ".xltx", ".xltm", ".ods", ".numbers"}:
        raise FileRefusalError("old-or-other", detail=suffix)
    if head.startswith(b"PAR1") or suffix == ".parquet":
        return [_parquet(file, name)]
    if head.startswith(_ZIP) or suffix in {".xlsx", ".zip"}:
        return _zipped(file, name, problems)
    if suffix in TEXT_SUFFIXES:
        return [_text(file.read_bytes(), name, problems)]
    raise FileRefusalError("old-or-other", detail=suffix or "-")


def _zipped(file: Path, name: str, problems: list[Problem]) -> list[Grid]:
    with archives.open_zip(file) as archive:
        names = archive.namelist()
        if "[Content_Types].xml" in names and any(n.startswith("xl/") for n in names):
            from chaingraph.sheets.workbooks import read_workbook

            return read_workbook(file, archive, name)
        if file.suffix.casefold() == ".xlsx":
            raise FileRefusalError("workbook-broken", detail="no workbook inside")
        return list(_members(archive, problems, name))


def _members(archive: Any, problems: list[Problem], name: str) -> Iterator[Grid]:
    for member in archive.infolist():
        shown = archives.shown_name(member)
        base = PurePath(shown).name
        if member.is_dir() or base.startswith((".", "~$")) or shown.startswith("__MACOSX/"):
            continue
        if PurePath(shown).suffix.casefold() not in TEXT_SUFFIXES:
            if base != "datapackage.json":
                problems.append(Problem("file-ignored", f"{name}/{shown}"))
            continue
        try:
            yield _text(archives.read_member(archive, member), f"{name}/{shown}", problems)
        except FileRefusalError as refusal:
            params = refusal.params
            problems.append(
                Problem(refusal.rule, f"{name}/{shown}", "", refusal.cell, params=params)
            )


def _text(data: bytes, name: str, problems: list[Problem]) -> Grid:
    found = delimited.read_text(data)
    if len(found.rows) > MOST_ROWS:
        raise FileRefusalError("too-many-rows", limit=f"{MOST_ROWS:,}")
    how: dict[str, object] = {"encoding": found.encoding, "delimiter": found.delimiter}
    problems.append(Problem("read-as", name, params=how))
    if not found.whole:
        problems.append(Problem("no-last-line-end", name, cell=str(found.lines[-1])))
    rows: list[list[Any]] = [list(row) for row in found.rows]
    return Grid(name, "", rows, found.lines, typed=False)


def _parquet(file: Path, name: str) -> Grid:
    if importlib.util.find_spec("pyarrow") is None:
        raise MissingLibraryError("missing-library", library="pyarrow", extra="big")
    library: Any = importlib.import_module("pyarrow.parquet")
    try:
        source = library.ParquetFile(file)
        count, width = source.metadata.num_rows, source.metadata.num_columns
        few = count <= MOST_ROWS and width <= MOST_COLUMNS
        table: Any = source.read() if few else None
        columns = [column.to_pylist() for column in table.columns] if few else []
    except Exception as error:  # the library's errors share no base class
        detail = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileRefusalError("parquet-broken", detail=detail) from error
    if table is None:
        raise FileRefusalError("too-many-rows", limit=f"{MOST_ROWS:,}")
    body = [[_plain(value) for value in row] for row in zip(*columns, strict=True)]
    return Grid(name, "", [list(table.column_names), *body], list(range(1, count + 2)))


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124  nan
