"""Reader of a folder of UTF-8 CSV files, one a table."""

from __future__ import annotations

import codecs
import csv
import errno
import io
import stat
from collections import Counter
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from chaingraph.checks import Finding
from chaingraph.errors import closest
from chaingraph.rawtables import Filler, RawTable
from chaingraph.readers.datapackage import read_package
from chaingraph.schema import TABLE_NAMES, table_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chaingraph.rawtables import Package

__all__ = ["can_read", "check_header", "fill_table", "read", "read_csv", "read_package", "unknown"]

MOST_COLUMNS: Final = 500
_PIECE: Final = 1 << 20


def can_read(path: Path) -> bool:
    """Tell whether the path is a folder (an empty one is a dataset without tables)."""
    return path.is_dir()


def read(path: Path, package: Package) -> tuple[dict[str, RawTable], list[Finding]]:
    """Return the raw tables of the folder by name, and what is wrong with the files."""
    tables: dict[str, RawTable] = {}
    findings: list[Finding] = []
    files = [file for file in path.iterdir() if file.suffix.casefold() == ".csv"]
    for file in sorted(files):
        shown = f"{package.name}/{file.name}"
        refuse_pipe(file)
        if file.stem not in TABLE_NAMES:
            findings.append(unknown(shown, file.stem, file.name))
            continue
        table, found = read_csv(file, file.stem, package.name, shown)
        findings += found
        if table is not None:
            tables[file.stem] = table
    return tables, findings


def refuse_pipe(path: Path) -> None:
    """Refuse what is no file and no folder: reading a pipe would wait for ever."""
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.ESPIPE, "it is no file", str(path))


def unknown(shown: str, name: str, file: str) -> Finding:
    """Return the finding that a file or sheet is no table."""
    near = ", ".join(closest(name, TABLE_NAMES)) or ", ".join(TABLE_NAMES)
    return Finding("unknown-table", file=shown, params={"file": file, "suggestions": near})


def read_csv(
    source: bytes | Path, name: str, package: str, shown: str
) -> tuple[RawTable | None, list[Finding]]:
    """Return the raw table of a CSV file or of its bytes, None where it cannot be read.

    The file is read twice, a piece at a time: what it takes in memory is its table.
    """

    def finding(rule: str, line: int | None = None, column: str = "", **params: object) -> Finding:
        return Finding(rule, table=name, file=shown, line=line, column=column, params=params)

    with _opened(source) as stream:
        wrong = find_broken_byte(stream)
    if wrong is not None:
        return None, [finding("file-encoding", wrong[0], file=shown, detail=wrong[1])]
    with (
        _opened(source) as stream,
        io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as lines,
    ):
        return _read_table(lines, (name, package, shown), finding)


def _opened(source: bytes | Path) -> IO[bytes]:
    return source.open("rb") if isinstance(source, Path) else io.BytesIO(source)


def find_broken_byte(stream: IO[bytes]) -> tuple[int, str] | None:
    """Return the line of the first byte that is not text in UTF-8, and what it is; else None."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    before, lines, nul = 0, 1, 0
    while True:
        piece = stream.read(_PIECE)
        kept = len(decoder.getstate()[0])  # the start of a character that the piece before ended in
        try:
            decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            place = before - kept + error.start
            return lines + piece.count(b"\n", 0, max(0, error.start - kept)), f"byte {place}"
        if not piece:
            return (nul, "a NUL byte") if nul else None
        if not nul and b"\0" in piece:
            nul = lines + piece.count(b"\n", 0, piece.index(b"\0"))
        before += len(piece)
        lines += piece.count(b"\n")


def _read_table(
    lines: IO[str], place: tuple[str, str, str], finding: Callable[..., Finding]
) -> tuple[RawTable | None, list[Finding]]:
    """Return the table of a file whose encoding is known to be right."""
    name, _, shown = place
    reader = csv.reader(lines, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not any(header):
            return None, [finding("file-empty", file=shown)]
        findings = check_header(header, name, finding)
        if any(found.severity == "error" for found in findings):
            return None, findings
        table, found = fill_table(_numbered(reader), header, place, finding)
        return table, findings + found
    except csv.Error as error:
        return None, [finding("file-broken", reader.line_num, file=shown, detail=str(error))]


def check_header(
    header: Sequence[str], name: str, finding: Callable[..., Finding]
) -> list[Finding]:
    """Return what is wrong with the header row."""
    if len(header) > MOST_COLUMNS:
        most = {"found": f"{len(header):,}", "most": f"{MOST_COLUMNS:,}"}
        return [finding("columns-too-many", 1, **most)]
    spec = table_spec(name)
    missing = [f.name for f in spec.fields if f.required and f.name not in header]
    unknown = [cell for cell in header if cell not in spec.by_name]
    found = [
        finding("duplicate-column", 1, cell)
        for cell, count in sorted(Counter(header).items())
        if cell and count > 1
    ]
    if missing:
        near = {m: closest(m, unknown, 1) for m in missing}
        hints = ", ".join(f"{hit[0]} -> {m}" for m, hit in near.items() if hit) or "-"
        found.append(finding("missing-column", 1, columns=", ".join(missing), suggestions=hints))
    for cell in unknown:
        near_names = ", ".join(closest(cell, spec.field_names)) or "-"
        found.append(finding("unknown-column", 1, cell, suggestions=near_names))
    return found


def _numbered(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Return rows with the line on which each begins."""
    start = reader.line_num + 1
    for row in reader:
        yield start, row
        start = reader.line_num + 1


def fill_table(
    numbered: Iterable[tuple[int, list[str]]],
    header: Sequence[str],
    place: tuple[str, str, str],
    finding: Callable[..., Finding],
) -> tuple[RawTable, list[Finding]]:
    """Fill a raw table row by row; short and long rows are findings and left out."""
    name, package, shown = place
    table = RawTable(name)
    findings: list[Finding] = []
    width = len(header)
    filler = Filler(table, header, package, shown)
    for line, row in numbered:
        if width > 1 and not any(cell.strip() for cell in row):
            continue  # a row of commas: a spreadsheet saved it
        if len(row) == width:
            if row[0].strip() == header[0] and [cell.strip() for cell in row] == list(header):
                findings.append(finding("header-again", line))
                continue
            filler.add(line, row)
        elif any(cell.strip() for cell in row):
            findings.append(finding("ragged-row", line, expected=width, found=len(row)))
    filler.flush()
    if not len(table):
        findings.append(finding("no-rows", file=shown))
    return table, findings
