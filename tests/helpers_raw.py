"""Raw datasets for tests, from literal CSV texts or from folders of CSV files."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

from chaingraph.checks import run_checks
from chaingraph.rawtables import Package, RawDataset, RawTable
from chaingraph.schema import TABLE_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from chaingraph.rawtables import Accepted

Texts = dict[str, str]


def read_table(name: str, package: str, lines: Iterable[str]) -> RawTable:
    """Read one CSV text; blanks around cells and lines do not count."""
    reader = csv.reader(lines)
    header = [cell.strip() for cell in next(reader)]
    table = RawTable(name, {column: [] for column in header})
    for row in reader:
        if not row:
            continue
        for column, cell in zip(header, row, strict=True):
            table.columns[column].append(cell.strip())
        table.package.append(package)
        table.file.append(f"{package}/{name}.csv")
        table.line.append(reader.line_num)
    return table


def add_table(raw: RawDataset, table: RawTable) -> None:
    """Add a table to a dataset, below the rows it has of the same name."""
    if table.name in raw.tables:
        raw.tables[table.name].append(table)
    else:
        raw.tables[table.name] = table


def raw_packages(
    packages: dict[str, Texts], *, accepted: Sequence[Accepted] = (), focus: str = ""
) -> RawDataset:
    """Build a dataset of several packages; the last one is the main one."""
    main = list(packages)[-1]
    raw = RawDataset([], {})
    for package, tables in packages.items():
        extra = {"accepted": tuple(accepted), "focus": focus} if package == main else {}
        raw.packages.append(Package(package, None, **extra))  # type: ignore[arg-type]
        for name, text in tables.items():
            lines = [line.strip() for line in text.strip().splitlines()]
            add_table(raw, read_table(name, package, lines))
    return raw


def raw_dataset(
    tables: Texts | None = None,
    /,
    *,
    accepted: Sequence[Accepted] = (),
    focus: str = "",
    **more: str,
) -> RawDataset:
    """Build a dataset of one package called ``city`` from CSV texts by table."""
    return raw_packages({"city": {**(tables or {}), **more}}, accepted=accepted, focus=focus)


def read_folders(*folders: Path) -> RawDataset:
    """Read folders of CSV files together."""
    raw = RawDataset([], {})
    for folder in folders:
        raw.packages.append(Package(folder.name, folder))
        for name in TABLE_NAMES:
            path = folder / f"{name}.csv"
            if path.is_file():
                with path.open(encoding="utf-8-sig", newline="") as lines:
                    add_table(raw, read_table(name, folder.name, lines))
    return raw


Case = tuple[Texts, Texts]
"""Tables that break a rule, and tables close to them that do not."""


def rules_of(raw: RawDataset, *, at_load: bool = False) -> list[str]:
    """Return the rules of the findings that matter to a test: all but products nobody uses."""
    found = [finding.rule for finding in run_checks(raw, at_load=at_load)]
    return sorted(rule for rule in found if rule != "isolated-product")


def assert_case(rule: str, case: Case) -> None:
    """Check that a rule reports the first tables of a case and lets the second ones pass."""
    bad, good = ([finding.rule for finding in run_checks(raw_dataset(tables))] for tables in case)
    assert bad.count(rule) == (2 if rule in {"isolated-product", "group-single"} else 1)
    assert rule not in good
