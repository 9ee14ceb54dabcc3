"""What stands in a responsibility list: made anew, or read back with all that people added."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph.planning import track_words
from chaingraph.planning.responsibility_plan import month_after

if TYPE_CHECKING:
    from chaingraph.results import Result
    from chaingraph.words import Language

FEWEST_MONTHS: Final = 12
MOST_MONTHS: Final = 36
_MONTH: Final = 7


@dataclass
class Row:
    """One row of a sheet: cells by column, a user's own columns by ``+`` and their header, comments by column.

    `at` is its number in the file; `light` what the file's formula last showed.
    """

    cells: dict[str, Any]
    comments: dict[str, str] = field(default_factory=dict)
    at: int = 0
    light: str = ""


@dataclass
class Loose:
    """A cell that has no place in our sheets: where it stood, and what it says."""

    sheet: str
    cell: str
    value: Any
    why: str = ""


@dataclass
class OwnSheet:
    """A sheet that a user added: its cells by row and column (from 1), merged ranges, widths, comments."""

    title: str
    cells: dict[tuple[int, int], Any] = field(default_factory=dict)
    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    comments: dict[tuple[int, int], str] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    formats: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden: bool = False


@dataclass
class ListBook:
    """The content of a responsibility list.

    Attributes
    ----------
    about
        What the first page says: dataset, version, at, region, plan, past, elsewhere; and what people fill in:
        ``day`` and ``contact``.
    rows
        Rows by sheet: list, months, projects, issues.
    months
        Headers of the sheet of months, as ``2026-01``.
    own_columns
        Headers that users added, by sheet.
    units
        Offices that may be chosen, with their source.
    loose, sheets
        What people wrote elsewhere; their own sheets.
    """

    lang: Language
    about: dict[str, Any]
    rows: dict[str, list[Row]]
    months: list[str] = field(default_factory=list)
    own_columns: dict[str, list[str]] = field(default_factory=dict)
    units: list[tuple[str, str]] = field(default_factory=list)
    loose: list[Loose] = field(default_factory=list)
    sheets: list[OwnSheet] = field(default_factory=list)

    def blanks(self, column: str) -> int:
        """Return how many tasks have nothing in a column."""
        return sum(1 for row in self.rows["list"] if row.cells.get(column) in {None, ""})


def book_of(listed: Result, lang: Language | None = None) -> ListBook:
    """Return the content of a new list from what :func:`chaingraph.build_responsibility` gave.

    Examples
    --------
    >>> import chaingraph as cg
    >>> book = book_of(cg.build_responsibility(cg.load_dataset("toy")))
    >>> len(book.rows["list"]), book.months[0], book.blanks("person")
    (8, '2025-01', 8)
    """
    params = listed.params
    known = {column.name for column in track_words.columns("list")}
    tasks = [
        Row({k: v for k, v in record.items() if k in known and not _empty(v)})
        for record in listed.frame.to_dict("records")
    ]
    at = str(params["at"] or "")
    about = {
        "dataset": params["dataset"], "version": params.get("version") or "", "at": at,
        "region": params["region"], "plan": params.get("plan") or "",
        "past": params.get("targets_past", 0), "elsewhere": params.get("targets_elsewhere", 0),
        "kinds": listed.frame["task_kind"].value_counts(sort=False).to_dict(),
    }  # fmt: skip
    months = [Row({"task_id": r.cells["task_id"], "task_zh": r.cells["task_zh"]}) for r in tasks]
    projects = [Row({k: v for k, v in p.items() if not _empty(v)}) for p in params["projects"]]
    rows = {"list": tasks, "months": months, "projects": projects, "issues": []}
    dues = [str(r.cells["due"])[:_MONTH] for r in tasks if r.cells.get("due")]
    return ListBook(
        lang or listed.lang, about, rows, month_span(at, dues), units=list(params["units"])
    )


def month_span(at: str, dues: list[str]) -> list[str]:
    """Return the months of a list: from the one after the data's date to the last due, 12 to 36.

    Examples
    --------
    >>> len(month_span("2025-12", [])), month_span("2025-12", ["2027-06"])[-1]
    (12, '2027-06')
    >>> len(month_span("2025", ["2040"]))
    36
    """
    first = month_after(at or "2000-12", 1)
    span = [first]
    last = max((due if len(due) == _MONTH else f"{due}-12" for due in dues), default=first)
    while len(span) < FEWEST_MONTHS or (span[-1] < last and len(span) < MOST_MONTHS):
        span.append(month_after(span[-1], 1))
    return span


def _empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and pd.isna(value))
