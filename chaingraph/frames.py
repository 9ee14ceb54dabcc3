"""Frames handed in by a user: read as the files of a folder are, by the same rules and conversions."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.checks import Finding, run_checks
from chaingraph.checks.tables import references
from chaingraph.engines import collect, count_rows, in_engine, read_frame
from chaingraph.errors import OptionError, closest
from chaingraph.rawtables import EnginePart, Package, RawDataset, RawTable, bare_year, value_text
from chaingraph.relations import (
    LARGE,
    checked_relation,
    deep_findings,
    missing_columns,
    needed_columns,
    pandas_columns,
    stacked,
)
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.tables import ORIGIN, typed_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MANY: Final = 200_000
"""Rows of enterprises or capacities above which a pandas frame is asked as a whole, not row by row."""
_MANY_IN_ENGINE: Final = 20_000
"""The same of frames of an engine, which was chosen for its speed: reading 100,000 rows costs a second."""
_NOT_PLAIN: Final = (bytes, bytearray, list, tuple, dict, set, np.ndarray, pd.DataFrame, pd.Series)
_OPEN: Final = frozenset({"bad-id", "self-loop", "gaining-loop", "missing-target-table"})
"""Rules of folders that frames need not keep."""


def checked_frames(
    frames: Mapping[str, Any], package: Package, *, added: Mapping[str, int] | None = None
) -> tuple[dict[str, Any], list[Finding]]:
    """Return the frames typed and converted as a folder's tables are, and what is wrong with them.

    Parameters
    ----------
    frames
        Table name -> frame; enterprises and capacities of any engine, all others pandas.
    package
        The card that the dataset will have.
    added
        Table -> how many of its last rows are new: of these, warnings and notes are wanted too, and
        nothing is left open that a folder must say.

    Returns
    -------
    tables
        All columns of the schema; those of the user's own as they were.
    findings
        What the rules say. Lines count the rows of a frame from 1.

    Raises
    ------
    OptionError
        Where a table is unknown, or a small table is not a pandas frame.
    """
    raw = RawDataset([package], {})
    findings = add_frames(raw, frames, package)
    if findings:
        return {}, findings
    if "products" not in raw.names:
        params: dict[str, object] = {"table": "products"}
        return {}, [Finding("missing-table", file=package.name, params=params)]
    return pass_gate(raw, strict=False, added=added)


def add_frames(
    raw: RawDataset,
    frames: Mapping[str, Any],
    package: Package,
    *,
    suffix: str = "",
    strict: bool = False,
) -> list[Finding]:
    """Add the frames of one folder, or those in hand, to a raw dataset.

    Small ones are read row by row, of whatever engine, so that every rule looks at each row; those of an
    engine stay there beside it. Large ones (over 20,000 rows in an engine, 200,000 in pandas, or on
    Spark) stay only there.

    Parameters
    ----------
    raw
        Gets the tables, below what it has of them.
    frames
        Table name -> frame.
    package
        The card of the folder.
    suffix
        Of its files.
    strict
        Ask for all columns that a folder must have.

    Returns
    -------
    list of Finding
        Columns that are missing or hold no plain values; such a table is not added.
    """
    refuse_names(frames)
    findings: list[Finding] = []
    for table, given in frames.items():
        frame = _as_table(table, given)
        pandas = isinstance(frame, pd.DataFrame)
        file = f"{package.name}/{table}{suffix}"
        if not pandas and table not in LARGE:
            raise OptionError("table-not-pandas", table=table)
        columns = frame.columns if pandas else read_frame(frame).collect_schema().names()
        found = missing_columns(table, list(columns), file, strict=strict)
        if found:
            findings += found
            continue
        rows = count_rows(frame)
        most = _MANY if pandas else _MANY_IN_ENGINE
        large = table in LARGE and (rows is None or rows > most)
        if not large:
            held = frame if pandas else collect(read_frame(frame))
            made, found = raw_table(table, held, package.name, file)
            findings += found
            if table in raw.tables:
                raw.tables[table].append(made)
                raw.own.pop(table, None)
            else:
                raw.tables[table] = made
                known = table_spec(table).by_name
                raw.own[table] = held[[c for c in held.columns if c not in known or c == ORIGIN]]
        if large or not pandas:
            kept = pandas_columns(table, frame, file) if pandas else frame
            part = EnginePart(kept, package.name, file, rows, is_read=not large)
            raw.parts.setdefault(table, []).append(part)
    return findings


def pass_gate(
    raw: RawDataset, *, strict: bool, added: Mapping[str, int] | None = None
) -> tuple[dict[str, Any], list[Finding]]:
    """Return the tables of a raw dataset, checked, typed and in the units of its products.

    Parameters
    ----------
    raw
        What the readers made of all folders, or :func:`add_frames` of frames in hand; emptied.
    strict
        Whether it comes of folders, which must say what frames in hand may leave open.
    added
        See :func:`checked_frames`.

    Returns
    -------
    tables
        Of the engine that holds them; empty where there are errors.
    findings
        Errors, and all findings about what was added.
    """
    held, findings = checked_parts(raw, strict=strict)
    findings += gate_findings(raw, at_load=not added, strict=strict, added=added)
    if any(finding.severity == "error" for finding in findings):
        return {}, findings
    return finished_tables(raw, held), findings


def checked_parts(
    raw: RawDataset, *, strict: bool, deep: bool = False
) -> tuple[dict[str, list[Any]], list[Finding]]:
    """Return what engines hold, by table, as the schema has it, and what is wrong with the large ones.

    `deep` looks at all rows for what loading leaves open: keys that stand twice, unknown sites.
    """
    products = raw.tables.get("products") or RawTable("products")
    ids, cells = products.cells("product_id"), products.cells("unit")
    units = dict(zip(ids, cells, strict=True))
    held: dict[str, list[Any]] = {}
    findings: list[Finding] = []
    for table, parts in raw.parts.items():
        for part in parts:
            typed, found = checked_relation(table, part.frame, part.file, units, strict=strict)
            held.setdefault(table, []).append(typed)
            findings += [] if part.is_read else found  # else each row is judged by itself
    errors = any(finding.severity == "error" for finding in findings)
    for table, parts in raw.parts.items() if deep and not errors else ():
        for part, typed in zip(parts, held[table], strict=True):
            if not part.is_read:
                findings += deep_findings(table, typed, part.file, _sites(raw, held))
    return held, findings


def _sites(raw: RawDataset, held: Mapping[str, list[Any]]) -> list[Any] | None:
    """Return all frames of enterprises; None where there is no such table."""
    if "enterprises" not in raw.names:
        return None
    table = raw.tables.get("enterprises") or RawTable("enterprises")
    rows = pd.DataFrame({"enterprise_id": pd.array(table.cells("enterprise_id"), dtype="str")})
    return [rows, *held.get("enterprises", ())]


def gate_findings(
    raw: RawDataset,
    *,
    at_load: bool,
    strict: bool,
    added: Mapping[str, int] | None = None,
) -> list[Finding]:
    """Return what the rules say of the tables that are read row by row."""
    asked = RawDataset(raw.packages, dict(raw.tables))
    large = {
        table: [part for part in parts if not part.is_read] for table, parts in raw.parts.items()
    }
    if large.get("enterprises"):
        asked.tables["enterprises"] = _known_sites(raw, large["enterprises"])
    found = run_checks(asked, at_load=at_load)
    height = len(raw.tables.get("enterprises", ()))
    if large.get("enterprises"):
        found = [f for f in found if f.table != "enterprises" or (f.row or 0) < height]
    if strict:
        return found
    products = raw.tables.get("products") or RawTable("products")
    unitless = "unit" not in products.columns
    first = {name: len(raw.tables[name]) - count for name, count in (added or {}).items()}

    def counts(finding: Finding) -> bool:
        if finding.row is not None and finding.row >= first.get(finding.table, finding.row + 1):
            return True
        if finding.severity != "error":
            return not added
        return not _left_open(finding, unitless=unitless)

    return [finding for finding in found if counts(finding)]


def finished_tables(raw: RawDataset, held: Mapping[str, list[Any]]) -> dict[str, Any]:
    """Return the typed tables of a raw dataset without errors, each in the engine that holds it."""
    folders = {name: list(table.package) for name, table in raw.tables.items() if name in held}
    own = {name: frame for name, frame in raw.own.items() if len(raw.tables[name]) == len(frame)}
    typed = typed_tables(raw, consume=True)
    tables: dict[str, Any] = {}
    for name in [*typed, *(name for name in held if name not in typed)]:
        parts = raw.parts.get(name, [])
        rows = typed.get(name)
        if not parts:
            tables[name] = _with_own(typed[name], own[name]) if name in own else typed[name]
        elif len(parts) == 1 and (
            rows is None or (parts[0].is_read and len(rows) == parts[0].rows)
        ):
            tables[name] = held[name][0]
        elif rows is not None and all(part.is_read for part in parts):
            tables[name] = in_engine(rows.drop(columns=ORIGIN), held[name][0])
        else:
            layers = _layers(raw, name, held[name], rows, folders.get(name, []))
            tables[name] = stacked(name, layers)
    return tables


def _layers(
    raw: RawDataset, name: str, held: Sequence[Any], rows: pd.DataFrame | None, folders: list[str]
) -> list[Any]:
    """Return the frames of a table that folders share, what is extended first."""
    parts = {
        part.package: frame
        for part, frame in zip(raw.parts[name], held, strict=True)
        if not part.is_read
    }
    found: list[Any] = []
    for package in raw.packages:
        mine = np.array([folder == package.name for folder in folders], dtype=bool)
        if package.name in parts:
            found.append(parts[package.name])
        elif rows is not None and mine.any():
            found.append(rows[mine].reset_index(drop=True))
    return found


def refuse_names(frames: Iterable[str]) -> None:
    """Refuse names of tables that no dataset has.

    Raises
    ------
    OptionError
        Names the first one, and the closest known.
    """
    for table in frames:
        if table not in TABLE_NAMES:
            near = ", ".join(closest(table, TABLE_NAMES) or TABLE_NAMES)
            raise OptionError("unknown-table-name", value=table, suggestions=near)


def refuse_keys(table: str, keys: Iterable[object], own: Sequence[str] = ()) -> None:
    """Refuse keys of records that neither the schema nor the user's own columns have.

    Raises
    ------
    OptionError
        Names the first one, and the closest known.
    """
    known = [*table_spec(table).field_names, *own, ORIGIN]
    for key in keys:
        if key not in known:
            near = ", ".join(closest(str(key), known) or known[:3])
            raise OptionError("unknown-column-key", table=table, name=key, suggestions=near)


def _as_table(table: str, rows: Any) -> Any:
    """Return what was handed in as a frame: records (mappings) become one, frames stay."""
    records = [rows] if isinstance(rows, Mapping) else rows
    if not isinstance(records, list | tuple):
        if isinstance(records, str | int | float) or records is None:
            raise OptionError("rows-unreadable", value=type(rows).__name__)
        return records
    for record in records:
        if not isinstance(record, Mapping):
            raise OptionError("rows-unreadable", value=type(record).__name__)
        refuse_keys(table, record)
    columns = dict.fromkeys(key for record in records for key in record)
    return pd.DataFrame(
        [dict(record) for record in records], columns=list(columns or needed_columns(table))
    )


def raw_table(
    name: str, frame: pd.DataFrame, package: str, file: str
) -> tuple[RawTable, list[Finding]]:
    """Return a frame as the text of a file, and which columns hold no plain values.

    A column that is empty throughout is as good as absent, as in a table that was typed before.
    """
    spec, needed = table_spec(name), needed_columns(name)
    table = RawTable(name)
    findings: list[Finding] = []
    own = [column for column in frame.columns if column not in spec.by_name and column != ORIGIN]
    for column in [*(field for field in spec.by_name if field in frame), *own]:
        values = frame[column].tolist()
        strange = next((value for value in values if isinstance(value, _NOT_PLAIN)), None)
        if strange is not None:
            if column in spec.by_name:
                kind = type(strange).__name__
                findings.append(Finding("not-plain", name, file, column=column, value=kind))
            continue
        field = spec.by_name.get(column)
        bare = bare_year if field is not None and field.format == "partial-date" else str.strip
        cells = [bare(value_text(value)) for value in values]
        if any(cells) or column in needed or not len(frame):
            table.columns[str(column)] = cells
    height = len(frame)
    table.package = [package] * height
    table.file, lines = _places(frame, file)
    table.line = array("q", lines)
    return table, findings


def _places(frame: pd.DataFrame, place: str) -> tuple[list[str], list[int]]:
    """Return file and line of each row: as its origin says, else its number in the frame."""
    origins = frame[ORIGIN].tolist() if ORIGIN in frame else [None] * len(frame)
    files, lines = [], []
    for number, origin in enumerate(origins, 1):
        file, _, line = origin.rpartition(":") if isinstance(origin, str) else ("", "", "")
        known = bool(file) and line.isdecimal()
        files.append(file if known else place)
        lines.append(int(line) if known else number)
    return files, lines


def _left_open(finding: Finding, *, unitless: bool) -> bool:
    """Tell whether a finding is of what a folder must say and frames need not.

    Frames come from other programs: their ids may be any text, names may be missing, and so may the
    table of the sites. Without any unit of a product there is nothing to convert: figures are then taken
    as they are. Loops that take more than they give are named by the analyses that solve them.
    """
    if finding.rule == "required-value":
        return finding.column not in needed_columns(finding.table)
    return finding.rule in _OPEN or (unitless and finding.rule == "unit-missing")


def _known_sites(raw: RawDataset, parts: Sequence[EnginePart]) -> RawTable:
    """Return the rows of enterprises, and below them the ids of large ones that small tables name."""
    named: set[str] = set()
    for table in raw.tables.values():
        for reference in references(table.name):
            if reference.table == "enterprises":
                named.update(table.cells(reference.column))
    cells: dict[str, None] = {}
    for part in parts:
        ids = read_frame(part.frame).select("enterprise_id")
        wanted = nw.col("enterprise_id").cast(nw.String()).is_in(sorted(named))
        among = collect(ids.filter(wanted).unique())["enterprise_id"].tolist()
        first = [] if among else collect(ids.head(1))["enterprise_id"].tolist()
        cells |= dict.fromkeys(map(value_text, [*first, *among]))
    below = RawTable(
        "enterprises", {"enterprise_id": list(cells)}, [raw.main.name] * len(cells), ["-"] * len(cells),
        array("q", range(1, len(cells) + 1)),
    )  # fmt: skip
    rows = RawTable("enterprises")
    for held in (raw.tables.get("enterprises"), below):
        if held is not None:
            rows.append(held)
    return rows


def _with_own(typed: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a typed table with the columns of the user's own as they were, not as the texts that rules read.

    Where its rows say that they stand is kept too.
    """
    kept = {name: frame[name].reset_index(drop=True) for name in frame.columns}
    if ORIGIN in kept:
        kept[ORIGIN] = kept[ORIGIN].where(kept[ORIGIN].notna(), typed[ORIGIN])
    return typed.assign(**kept) if kept else typed
