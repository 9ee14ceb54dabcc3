"""Tables as they stand in their files: text cells, each row with its file and line."""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableSequence, Sequence
    from pathlib import Path

BLOCK: Final = 256
"""Rows that a table is filled with at a time: so few that the collector of garbage, which would look
through the whole table again and again, is not called."""
_MANY: Final = 100_000
_EXACT: Final = 1e15
"""Below this a float without a fraction is written as the integer that it is."""


FLOAT_YEAR: Final = r"^[0-9]{4}\.0$"
"""A year as programs write it that made floats of a column with blanks."""


def bare_year(text: str) -> str:
    """Return a date without blanks around it, of a year as a float the year.

    Examples
    --------
    >>> bare_year("2023.0"), bare_year(" 2023-06 ")
    ('2023', '2023-06')
    """
    bare = text.strip()
    return bare[:4] if re.match(FLOAT_YEAR, bare) else bare


def value_text(value: Any) -> str:
    """Return a value as the cell of a CSV file has it: empty where unknown, numbers as short as they read back.

    Examples
    --------
    >>> value_text(2594.0), value_text(0.1), value_text(True), value_text(float("nan"))
    ('2594', '0.1', '1', '')
    >>> value_text(datetime(2023, 6, 30)), value_text(date(2023, 6, 30))
    ('2023-06-30', '2023-06-30')
    """
    if isinstance(value, str):
        return value
    if value is None or type(value).__name__ == "NAType" or value != value:  # noqa: PLR0124  nan
        return ""
    if type(value).__module__ == "numpy":
        value = value.item()
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        whole = value.is_integer() and abs(value) < _EXACT
        return str(int(value)) if whole else repr(float(value))
    if isinstance(value, datetime):
        midnight = not (value.hour or value.minute or value.second or value.microsecond)
        return value.date().isoformat() if midnight else value.isoformat(" ")
    return value.isoformat() if isinstance(value, date) else str(value)


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
    line: MutableSequence[int] = field(default_factory=lambda: array("q"))

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
        self.line.extend(other.line)

    def drop(self, rows: Iterable[int]) -> None:
        """Take rows out, by position."""
        gone = set(rows)
        keep = [i for i in range(len(self)) if i not in gone]
        self.columns = {name: [cells[i] for i in keep] for name, cells in self.columns.items()}
        self.package = [self.package[i] for i in keep]
        self.file = [self.file[i] for i in keep]
        self.line = array("q", [self.line[i] for i in keep])


class _Texts(dict[str, str]):
    """Cell -> its text without blanks around it, one object however often it stands."""

    def __missing__(self, cell: str) -> str:
        text = self[cell] = cell.strip()
        return text


class Filler:
    """Fills a table with rows so that it takes little memory: equal cells of a column are one text.

    Parameters
    ----------
    table
        The table, without rows.
    header
        Names of the columns; one without a name is left out.
    package, file
        Where the rows stand.
    """

    def __init__(self, table: RawTable, header: Sequence[str], package: str, file: str) -> None:
        self.table, self._package, self._file = table, package, file
        self._columns: list[list[str]] = [[] for _ in header]
        self._seen: list[_Texts | None] = [_Texts() for _ in header]
        self._rows: list[Sequence[str]] = []
        table.columns = {
            name: cells for name, cells in zip(header, self._columns, strict=True) if name
        }

    def add(self, line: int, row: Sequence[str]) -> None:
        """Add a row as wide as the header."""
        self._rows.append(row)
        self.table.line.append(line)
        if len(self._rows) == BLOCK:
            self.flush()

    def flush(self) -> None:
        """Put the rows that were added into the table."""
        height = len(self._rows)
        if not height:
            return
        for place, cells in enumerate(zip(*self._rows, strict=True)):
            column, seen = self._columns[place], self._seen[place]
            if seen is None:
                column += [cell.strip() for cell in cells]
                continue
            column.extend(map(seen.__getitem__, cells))
            if len(seen) > _MANY and 2 * len(seen) > len(column):  # most cells differ
                self._seen[place] = None
        self.table.package += [self._package] * height
        self.table.file += [self._file] * height
        self._rows.clear()


@dataclass(frozen=True)
class EnginePart:
    """A table of one folder that an engine holds and that stays there.

    Attributes
    ----------
    frame
        The engine's own frame, or a pandas frame too large to be read row by row.
    package, file
        Where it stands.
    rows
        How many rows it has; None where counting them would be a job of its own.
    is_read
        Whether its rows stand among the raw tables too, so that every rule looks at each of them.
    """

    frame: Any
    package: str
    file: str
    rows: int | None
    is_read: bool


@dataclass
class RawDataset:
    """The packages of a dataset (the named one last) and their tables.

    `parts` holds, by table, what stays in an engine; `own` the columns of frames that are the user's, as
    they were.
    """

    packages: list[Package]
    tables: dict[str, RawTable]
    parts: dict[str, list[EnginePart]] = field(default_factory=dict)
    own: dict[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """Names of the tables."""
        return [*self.tables, *(name for name in self.parts if name not in self.tables)]

    @property
    def rows(self) -> int:
        """Number of rows of all tables, as far as they are counted."""
        held = sum(len(table) for table in self.tables.values())
        engine = [part for parts in self.parts.values() for part in parts if not part.is_read]
        return held + sum(part.rows or 0 for part in engine)

    @property
    def main(self) -> Package:
        """The package that was asked for."""
        return self.packages[-1]
