"""One grid: a sheet as rows of raw cells, each with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from chaingraph.sheets.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.words import Language

MOST_ROWS: Final = 200_000
MOST_COLUMNS: Final = 500
_ALPHABET: Final = 26


@dataclass(frozen=True)
class Template:
    """What a workbook made by ``chaingraph init`` says of itself.

    Attributes
    ----------
    extends, region, as_of, lang
        What it was made for.
    sheets
        Title of a sheet -> its table; empty for the sheets that hold no data.
    examples
        Table -> target of a column -> text of the example row.
    """

    extends: tuple[str, ...] = ()
    region: str = ""
    as_of: str = ""
    lang: Language = "zh"
    sheets: Mapping[str, str] = field(default_factory=dict)
    examples: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass
class Grid:
    """One sheet, CSV file or Parquet file.

    Attributes
    ----------
    file, sheet
        Where it stands; `sheet` is empty where the file holds one table only.
    rows, numbers
        Raw cells (str, int, float, bool, date, None) and the number of each row in the file.
    merged
        Merged ranges by position: first row, first column, last row, last column.
    typed
        Whether the file itself tells numbers from texts.
    template
        What the workbook says of itself where ``chaingraph init`` made it.
    left
        Numbers of the rows that still hold a part of the template's example.
    part
        Which of several tables that stand on the sheet one below the other, from 0.
    """

    file: str
    sheet: str
    rows: list[list[Any]]
    numbers: list[int]
    hidden: bool = False
    typed: bool = True
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    broken: dict[tuple[int, int], str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    template: Template | None = None
    left: set[int] = field(default_factory=set)
    part: int = 0

    @property
    def title(self) -> str:
        """The name that says what is in it: of the sheet, else of the file without suffix."""
        return self.sheet or PurePath(self.file).stem

    def cell(self, row: int, column: int) -> str:
        """Return the place of a cell as Excel names it (C17)."""
        return f"{letters(column)}{self.numbers[row]}"

    def tell(self, rule: str, row: int | None = None, column: int | None = None,
             value: str = "", **params: object) -> None:  # fmt: skip
        """Keep a problem of a place in this grid."""
        number = None if row is None else self.numbers[row]
        cell = "" if row is None else str(number) if column is None else self.cell(row, column)
        if row is None and column is not None:
            cell = letters(column)
        self.problems.append(Problem(rule, self.file, self.sheet, cell, value, params, number))


def letters(column: int) -> str:
    """Return the letters of a column, counted from 0.

    Examples
    --------
    >>> letters(0), letters(25), letters(26), letters(701)
    ('A', 'Z', 'AA', 'ZZ')
    """
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, _ALPHABET)
        name = chr(ord("A") + rest) + name
    return name
