"""Reader of a folder of UTF-8 CSV files, one a table."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from chaingraph.checks import Finding
from chaingraph.errors import closest
from chaingraph.rawtables import RawTable
from chaingraph.readers.datapackage import read_package
from chaingraph.schema import TABLE_NAMES, table_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from chaingraph.rawtables import Package

__all__ = ["can_read", "check_header", "fill_table", "read", "read_csv", "read_package", "unknown"]


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
        if file.stem not in TABLE_NAMES:
            findings.append(unknown(shown, file.stem, file.name))
            continue
        table, found = read_csv(file.read_bytes(), file.stem, package.name, shown)
        findings += found
        if table is not None:
            tables[file.stem] = table
    return tables, findings


def unknown(shown: str, name: str, file: str) -> Finding:
    """Return the finding that a file or sheet is no table."""
    near = ", ".join(closest(name, TABLE_NAMES)) or ", ".join(TABLE_NAMES)
    return Finding("unknown-table", file=shown, params={"file": file, "suggestions": near})


def read_csv(
    data: bytes, name: str, package: str, shown: str
) -> tuple[RawTable | None, list[Finding]]:
    """Return the raw table of a CSV file's bytes, None where it cannot be read."""

    def finding(rule: str, line: int | None = None, column: str = "", **params: object) -> Finding:
        return Finding(rule, table=name, file=shown, line=line, column=column, params=params)

    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        return None, [finding("file-encoding", line, file=shown, detail=f"byte {error.start}")]
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        return None, [finding("file-encoding", line, file=shown, detail="a NUL byte")]
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        if not any(header):
            return None, [finding("file-empty", file=shown)]
        findings = check_header(header, name, finding)
        if any(found.severity == "error" for found in findings):
            return None, findings
        table, found = fill_table(_numbered(reader), header, (name, package, shown), finding)
        return table, findings + found
    except csv.Error as error:
        return None, [finding("file-broken", reader.line_num, file=shown, detail=str(error))]


def check_header(
    header: Sequence[str], name: str, finding: Callable[..., Finding]
) -> list[Finding]:
    """Return what is wrong with the header row."""
    spec = table_spec(name)
    missing = [f.name for f in spec.fields if f.required and f.name not in header]
    unknown = [cell for cell in header if cell not in spec.by_name]
    found = [
        finding("duplicate-column", 1, cell)
        for cell in sorted({c for c in header if c and header.count(c) > 1})
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
    rows: list[list[str]] = []
    for line, row in numbered:
        if len(row) == width:
            rows.append(row)
            table.line.append(line)
        elif any(cell.strip() for cell in row):
            findings.append(finding("ragged-row", line, expected=width, found=len(row)))
    if not rows:
        findings.append(finding("no-rows", file=shown))
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    table.columns = {
        name: [cell.strip() for cell in cells]
        for name, cells in zip(header, columns, strict=True)
        if name
    }
    table.package = [package] * len(rows)
    table.file = [shown] * len(rows)
    return table, findings
