"""What a report is before it has a format: sections of paragraphs, tables and figures.

Every figure is turned into text once, here. HTML, Excel, Word, Markdown and JSON show that text, so
that no figure can differ between them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from chaingraph.results import shown_number
from chaingraph.views.wording import clean, phrase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chaingraph.words import Language

SCHEMA_VERSION = "1"
CNY_100M = 1e8

Kind = Literal["text", "count", "number", "percent", "money"]
Place = Literal["all", "pages", "workbook"]


class Cell(NamedTuple):
    """A value and how every format shows it."""

    value: str | float | None
    text: str


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes
    ----------
    unit
        Unit of all its figures; empty where each row names its own in a column `unit`.
    width
        Width in half-width characters (a Chinese character counts two).
    """

    key: str
    title: str
    unit: str = ""
    kind: Kind = "text"
    width: int = 10

    @property
    def header(self) -> str:
        """Title and unit."""
        return f"{self.title} ({self.unit})" if self.unit else self.title

    @property
    def is_figure(self) -> bool:
        """Whether its cells are figures, which stand to the right."""
        return self.kind != "text"


@dataclass(frozen=True)
class Row:
    """A row: its cells, the numbers of its sources, the standing that colours a cell, what links lead to it."""

    cells: tuple[Cell, ...]
    notes: tuple[int, ...] = ()
    standing: str = ""
    key: str = ""


@dataclass(frozen=True)
class Table:
    """A table with its caption.

    Attributes
    ----------
    title
        Empty: a page shows it without a caption.
    basis
        Sentence: as of which date, and how much of the figures rests on rows with a source.
    sourced
        That share, 0 to 1; None where it can't be told, or where the table holds no figures of its own.
    cited
        Whether rows carry source numbers (then a row without one is general knowledge).
    marked
        Key of the column whose cells get the colour and mark of the row's standing.
    direct
        Whether source numbers on a page open the source itself, not the list of sources.
    place
        ``pages``: not in a workbook; ``workbook``: only there (JSON holds all).
    apart
        Whether it has a sheet of its own in a workbook, named by its title.
    roomy
        Whether its rows leave room to write by hand.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    basis: str = ""
    sourced: float | None = None
    cited: bool = True
    marked: str = ""
    direct: bool = False
    place: Place = "all"
    apart: bool = False
    roomy: bool = False
    number: int = 0


@dataclass(frozen=True)
class Figure:
    """A drawing with its caption; `alt` says it in words, `latin` is it in English letters."""

    key: str
    title: str
    svg: str
    alt: str
    basis: str = ""
    sourced: float | None = None
    notes: tuple[int, ...] = ()
    latin: str = ""
    number: int = 0


@dataclass(frozen=True)
class Paragraph:
    """A paragraph, or an item of a list, with its sources.

    Attributes
    ----------
    parts
        The text in pieces, each with the key of the row that it links to on a page, or none.
    """

    text: str
    notes: tuple[int, ...] = ()
    item: bool = False
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Section:
    """A section. `sheet`: whether its tables make a sheet of a workbook; `wide`: landscape paper."""

    key: str
    title: str
    paragraphs: tuple[Paragraph, ...] = ()
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    sheet: bool = True
    wide: bool = False

    @property
    def page_tables(self) -> tuple[Table, ...]:
        """The tables that a page, a document and Markdown show."""
        return tuple(table for table in self.tables if table.place != "workbook")

    @property
    def sheet_tables(self) -> tuple[Table, ...]:
        """The tables of the section's sheet of a workbook."""
        return tuple(table for table in self.tables if table.place != "pages")


@dataclass(frozen=True)
class Report:
    """A report in one language.

    Attributes
    ----------
    meta
        Label and text of what was asked: dataset, version, date, region, statuses.
    sources
        Addresses; a note `n` means the n-th.
    as_of
        Date of the data, ``YYYY``, ``YYYY-MM``, ``YYYY-MM-DD`` or empty.
    contents
        Whether a document begins with a list of its sections.
    sheet
        Whether a document is a sheet to fill in: landscape paper, small title, rows with room to write.
    pages
        Whether each section stands on a page of its own, without a number and without a title page.
    """

    title: str
    subtitle: str
    lang: Language
    meta: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    sources: tuple[str, ...]
    as_of: str
    program: str
    contents: bool = True
    sheet: bool = False
    pages: bool = False

    def say(self, key: str, **params: object) -> str:
        """Return a phrase in the report's language."""
        return phrase(key, self.lang, **params)

    @property
    def tables(self) -> Iterator[Table]:
        """All tables, in order."""
        return (table for section in self.sections for table in section.tables)

    @property
    def figures(self) -> Iterator[Figure]:
        """All figures, in order."""
        return (figure for section in self.sections for figure in section.figures)

    def sources_text(self, row: Row) -> str:
        """Return the source numbers of a row as text, or that it is general knowledge."""
        return numbers_text(row.notes) or self.say("general")


def text(value: object) -> Cell:
    """Return a cell of text; nothing is shown as a dash."""
    line = "" if value is None or (isinstance(value, float) and math.isnan(value)) else clean(value)
    return Cell(line, line) if line else Cell(None, "-")


def count(value: float) -> Cell:
    """Return a cell of a whole number."""
    return Cell(int(value), f"{int(value):,}")


def number(value: float) -> Cell:
    """Return a cell of a quantity."""
    if math.isnan(value):
        return Cell(None, "-")
    return Cell(None, "∞") if math.isinf(value) else Cell(float(value), shown_number(float(value)))


def mean_known(shares: Iterable[float]) -> float:
    """Return the mean of the shares that are known; nan where none is."""
    known = [share for share in shares if not math.isnan(share)]
    return sum(known) / len(known) if known else math.nan


def known_share(share: float) -> float | None:
    """Return a share as tables hold it: None where it is unknown."""
    return None if math.isnan(share) else share


def percent(value: float) -> Cell:
    """Return a cell of a ratio, shown in per cent."""
    return Cell(None, "-") if math.isnan(value) else Cell(float(value), f"{float(value):.0%}")


def percent_between(low: float, point: float, high: float) -> Cell:
    """Return a cell of a ratio: its figure, else its ends."""
    if math.isnan(point) and low < high:
        return Cell(None, f"{float(low):.0%}–{float(high):.0%}")
    return percent(point)


def money(value: float) -> Cell:
    """Return a cell of CNY, in hundred millions."""
    return number(float(value) / CNY_100M)


def runs(numbers: Iterable[int]) -> list[str]:
    """Return numbers as runs.

    Examples
    --------
    >>> runs([4, 1, 2, 3, 7, 8])
    ['1-4', '7', '8']
    """
    found: list[list[int]] = []
    for value in sorted(set(numbers)):
        if found and value == found[-1][1] + 1:
            found[-1][1] = value
        else:
            found.append([value, value])
    texts: list[str] = []
    for first, last in found:
        short = last - first < 2  # noqa: PLR2004  two numbers need no dash
        texts += map(str, range(first, last + 1)) if short else [f"{first}-{last}"]
    return texts


def numbers_text(numbers: Iterable[int]) -> str:
    """Return source numbers in brackets, nothing for none.

    Examples
    --------
    >>> numbers_text([1, 2, 3, 9])
    '[1-3, 9]'
    """
    found = runs(numbers)
    return f"[{', '.join(found)}]" if found else ""


def make_row(
    cells: Sequence[Cell], notes: Iterable[int] = (), standing: str = "", key: str = ""
) -> Row:
    """Return a row of some cells with its sources."""
    return Row(tuple(cells), tuple(sorted(set(notes))), standing, key)


def without_blank(
    columns: Sequence[Column], rows: Iterable[Row], may_lack: Iterable[str]
) -> tuple[tuple[Column, ...], tuple[Row, ...]]:
    """Return columns and rows without those columns of some keys in which no row says anything."""
    listed, lacking = list(rows), set(may_lack)
    kept = [
        place for place, column in enumerate(columns)
        if column.key not in lacking or any(row.cells[place].text not in {"", "-"} for row in listed)
    ]  # fmt: skip
    shorter = (replace(row, cells=tuple(row.cells[place] for place in kept)) for row in listed)
    return tuple(columns[place] for place in kept), tuple(shorter)
