"""Tables as they stand in their files: text cells, each row with its file and line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class Package:
    """What a folder's ``datapackage.json`` says, with defaults for what it does not say."""

    name: str
    path: Path | None
    title_en: str = ""
    title_zh: str = ""
    version: str = ""
    as_of: str = ""
    language: str = "zh"
    licence: str = ""
    focus: str = ""
    extends: tuple[str, ...] = ()
    chains: tuple[str, ...] = ()
    accepted: tuple[Accepted, ...] = ()
    description: str = ""
    weaknesses_en: tuple[str, ...] = ()
    weaknesses_zh: tuple[str, ...] = ()


@dataclass(frozen=True)
class Accepted:
    """A finding that the keepers of a dataset looked at and accept, with their reason.

    `key` is the value of the table's first key column in the row of the finding.
    """

    rule: str
    table: str
    key: str
    reason: str


@dataclass
class RawTable:
    """One table over all folders of a dataset: text columns of equal length.

    `package`, `file` and `line` say for each row where it stands. A cell is a stripped string; an
    absent column is simply not in `columns`.
    """

    name: str
    columns: dict[str, list[str]] = field(default_factory=dict)
    package: list[str] = field(default_factory=list)
    file: list[str] = field(default_factory=list)
    line: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.line)

    def cells(self, column: str) -> list[str]:
        """Return a column's cells; empty strings where the file has no such column."""
        return self.columns.get(column) or [""] * len(self)

    def append(self, other: RawTable) -> None:
        """Add the rows of another folder's table of the same name below these."""
        height = len(self)
        for name in [*self.columns, *(n for n in other.columns if n not in self.columns)]:
            own = self.columns.get(name)
            if own is None:
                own = self.columns[name] = [""] * height
            own.extend(other.cells(name))
        self.package += other.package
        self.file += other.file
        self.line += other.line

    def drop(self, rows: Iterable[int]) -> None:
        """Take rows out, by position."""
        gone = set(rows)
        keep = [i for i in range(len(self)) if i not in gone]
        self.columns = {name: [cells[i] for i in keep] for name, cells in self.columns.items()}
        self.package = [self.package[i] for i in keep]
        self.file = [self.file[i] for i in keep]
        self.line = [self.line[i] for i in keep]


@dataclass
class RawDataset:
    """The packages of a dataset (the named one last) and their tables."""

    packages: list[Package]
    tables: dict[str, RawTable]

    @property
    def main(self) -> Package:
        """The package that was asked for."""
        return self.packages[-1]
