"""Frames handed in by a user: read as the files of a folder are, by the same rules and conversions."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import pandas as pd

from chaingraph.checks import Finding, run_checks
from chaingraph.checks.tables import references
from chaingraph.engines import collect, read_frame
from chaingraph.errors import OptionError, closest
from chaingraph.rawtables import Package, RawDataset, RawTable, value_text
from chaingraph.relations import (
    LARGE,
    checked_relation,
    missing_columns,
    needed_columns,
    pandas_columns,
)
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.tables import ORIGIN, empty_table, typed_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MANY: Final = 200_000
"""Rows of enterprises or capacities above which a pandas frame is asked as a whole, not row by row."""
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
        All columns of the schema; those of the user's own as they were. Frames of another engine, and
        large ones, are checked and converted by expressions (:mod:`chaingraph.relations`).
    findings
        What the rules say. Lines count the rows of a frame from 1.

    Raises
    ------
    OptionError
        Where a table is unknown, or a small table is not a pandas frame.
    """
    refuse_names(frames)
    if "products" not in frames:
        params: dict[str, object] = {"table": "products"}
        return {}, [Finding("missing-table", file=package.name, params=params)]
    raw = RawDataset([package], {})
    large: dict[str, Any] = {}
    findings: list[Finding] = []
    for table, frame in frames.items():
        pandas = isinstance(frame, pd.DataFrame)
        if not pandas and table not in LARGE:
            raise OptionError("table-not-pandas", table=table)
        if not pandas:
            large[table] = frame
            continue
        missing = missing_columns(table, list(frame.columns), package.name)
        findings += missing
        if missing:
            continue
        if table in LARGE and len(frame) > _MANY:
            large[table] = pandas_columns(table, frame, package.name)
        else:
            raw.tables[table] = raw_table(table, frame, package.name)
    if findings:
        return {}, findings
    lazy, findings = _large_tables(large, raw, package.name)
    findings += _found(raw, large, added or {})
    if any(finding.severity == "error" for finding in findings):
        return {}, findings
    typed = typed_tables(raw)
    tables = {
        name: lazy[name] if name in lazy else _with_own(typed[name], frames[name])
        for name in frames
    }
    tables.setdefault("inputs", empty_table("inputs"))
    return tables, findings


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


def raw_table(name: str, frame: pd.DataFrame, package: str) -> RawTable:
    """Return the columns of the schema of a frame as the text of a file.

    A column that is empty throughout is as good as absent, as in a table that was typed before.
    """
    spec, needed = table_spec(name), needed_columns(name)
    table = RawTable(name)
    for field in spec.fields:
        if field.name not in frame:
            continue
        cells = [value_text(value).strip() for value in frame[field.name].tolist()]
        if any(cells) or field.name in needed or not len(frame):
            table.columns[field.name] = cells
    height = len(frame)
    table.package = [package] * height
    table.file, lines = _places(name, frame, package)
    table.line = array("q", lines)
    return table


def _places(name: str, frame: pd.DataFrame, package: str) -> tuple[list[str], list[int]]:
    """Return file and line of each row: as its origin says, else its number in the frame."""
    origins = frame[ORIGIN].tolist() if ORIGIN in frame else [None] * len(frame)
    files, lines = [], []
    for number, origin in enumerate(origins, 1):
        file, _, line = origin.rpartition(":") if isinstance(origin, str) else ("", "", "")
        known = bool(file) and line.isdecimal()
        files.append(file if known else f"{package}/{name}")
        lines.append(int(line) if known else number)
    return files, lines


def _large_tables(
    large: Mapping[str, Any], raw: RawDataset, name: str
) -> tuple[dict[str, Any], list[Finding]]:
    products = raw.tables["products"]
    ids, units = products.cells("product_id"), products.cells("unit")
    known = dict(zip(ids, units, strict=True))
    tables: dict[str, Any] = {}
    findings: list[Finding] = []
    for table, frame in large.items():
        tables[table], found = checked_relation(table, frame, name, known)
        findings += found
    return tables, findings


def _found(raw: RawDataset, large: Mapping[str, Any], added: Mapping[str, int]) -> list[Finding]:
    """Return what the rules say of the small tables, without what frames may leave open."""
    asked = RawDataset(raw.packages, dict(raw.tables))
    if "enterprises" in large:
        asked.tables["enterprises"] = _known_sites(raw, large["enterprises"])
    unitless = "unit" not in raw.tables["products"].columns
    first = {name: len(raw.tables[name]) - count for name, count in added.items()}

    def counts(finding: Finding) -> bool:
        if finding.row is not None and finding.row >= first.get(finding.table, finding.row + 1):
            return True
        wrong = finding.severity == "error" and finding.table not in large
        return wrong and not _left_open(finding, unitless=unitless)

    return [finding for finding in run_checks(asked, at_load=not added) if counts(finding)]


def _left_open(finding: Finding, *, unitless: bool) -> bool:
    """Tell whether a finding is of what a folder must say and frames need not.

    Frames come from other programs: their ids may be any text, names may be missing, and so may the
    table of the sites. Without any unit of a product there is nothing to convert: figures are then taken
    as they are. Loops that take more than they give are named by the analyses that solve them.
    """
    if finding.rule == "required-value":
        return finding.column not in needed_columns(finding.table)
    return finding.rule in _OPEN or (unitless and finding.rule == "unit-missing")


def _known_sites(raw: RawDataset, native: Any) -> RawTable:
    """Return the ids of a large table of enterprises that small tables name, and one in any case."""
    named: set[str] = set()
    for table in raw.tables.values():
        for reference in references(table.name):
            if reference.table == "enterprises":
                named.update(table.cells(reference.column))
    ids = read_frame(native).select("enterprise_id")
    first = collect(ids.head(1))["enterprise_id"].tolist()
    wanted = nw.col("enterprise_id").cast(nw.String()).is_in(sorted(named))
    among = collect(ids.filter(wanted).unique())["enterprise_id"].tolist()
    cells = list(dict.fromkeys([*map(value_text, first), *map(value_text, among)]))
    return RawTable(
        "enterprises", {"enterprise_id": cells}, [raw.main.name] * len(cells), ["-"] * len(cells),
        array("q", range(1, len(cells) + 1)),
    )  # fmt: skip


def _with_own(typed: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Return a typed table with the columns of the user's own, and where its rows say that they stand."""
    own = [name for name in frame.columns if name not in typed or name == ORIGIN]
    kept = {name: frame[name].reset_index(drop=True) for name in own}
    if ORIGIN in kept:
        kept[ORIGIN] = kept[ORIGIN].where(kept[ORIGIN].notna(), typed[ORIGIN])
    return typed.assign(**kept) if kept else typed
