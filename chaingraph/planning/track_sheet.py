"""One sheet of rows as it was returned: header by names, rows, a user's own columns, and what has no place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chaingraph.planning import track_words
from chaingraph.planning.responsibility_sheets import OWN
from chaingraph.planning.track_book import Loose, Row
from chaingraph.planning.track_cells import read_cell
from chaingraph.planning.track_raw import plain_text
from chaingraph.sheets.dates import read_date

if TYPE_CHECKING:
    from chaingraph.planning.track_book import ListBook
    from chaingraph.planning.track_raw import RawSheet
    from chaingraph.planning.track_words import Column
    from chaingraph.words import Language

_DEEPEST: Final = 15
_FEWEST: Final = 3
_MONTH: Final = re.compile(r"\d{4}-\d{2}")
_CALLS: Final = re.compile(r"[A-Z][A-Z.]+(?=\()")
SPECIAL: Final = ("DATEVALUE", "ISNUMBER")
"""Functions that a formula of ours calls; one without any of them is a user's."""


@dataclass(frozen=True)
class Finding:
    """What a person must know of one place of a returned list.

    Attributes
    ----------
    rule
        Key of the sentence.
    sheet, cell
        Where; the cell may be a row number or empty.
    value
        What stands there.
    taken
        What was made of it.
    """

    rule: str
    sheet: str
    cell: str
    value: str = ""
    taken: str = ""

    @property
    def place(self) -> str:
        """Sheet and cell."""
        return f"{self.sheet}!{self.cell}" if self.cell else self.sheet

    def text(self, lang: Language) -> str:
        """Return the sentence in a language."""
        return track_words.say(f"finding-{self.rule}", lang, value=self.value, taken=self.taken)


def find_header(sheet: RawSheet, key: str) -> int | None:
    """Return the row of headers of a sheet, None where no row has three of them."""
    known = track_words.headers(key)
    best, most = None, _FEWEST - 1
    for row in sheet.rows()[:_DEEPEST]:
        names = {
            known[track_words.folded(value)].name
            for (r, _), value in sheet.typed.items()
            if r == row and isinstance(value, str) and track_words.folded(value) in known
        }
        months = key == "months" and any(
            _month_of(v) for (r, _), v in sheet.typed.items() if r == row
        )
        if len(names) + months > most:
            best, most = row, len(names) + months
    return best


def best_sheet(sheet: RawSheet) -> str:
    """Return which of our tables a sheet of another title must be, by its headers; empty where none."""
    counted = {}
    for key in ("list", "projects", "issues", "months"):
        row = find_header(sheet, key)
        if row is None:
            continue
        known = track_words.headers(key)
        texts = [track_words.folded(v) for (r, _), v in sheet.typed.items() if r == row]
        names = {known[text].name for text in texts if text in known}
        share = len(names) / len([c for c in track_words.columns(key) if c.kind != "formula"])
        if share >= 0.5:  # noqa: PLR2004  half of the columns
            counted[key] = len(names)
    return max(counted, key=lambda key: counted[key], default="")


def _month_of(value: Any) -> str:
    """Return the month that a header names; empty where it names none."""
    if isinstance(value, int | float):
        return ""
    read = read_date(value)
    if not isinstance(read, tuple) or len(read) != 2:  # noqa: PLR2004
        return ""
    text = str(read[0])
    return text[:7] if _MONTH.match(text) else ""


class TableReading:
    """Reads one sheet into a book: rows, comments, own columns; all else becomes loose cells.

    Parameters
    ----------
    sheet, key
        The sheet, and which of our tables it is.
    book, findings
        What is filled.
    issued
        What was written into the list.
    """

    def __init__(
        self, sheet: RawSheet, key: str, book: ListBook, findings: list[Finding],
        issued: dict[tuple[str, str], str],
    ) -> None:  # fmt: skip
        self.sheet, self.key, self.book, self.findings, self.issued = (
            sheet,
            key,
            book,
            findings,
            issued,
        )
        self.columns: dict[int, str] = {}
        self.gone: set[str] = set()
        self.kinds: dict[str, Column] = {c.name: c for c in track_words.columns(key)}
        self.merged: dict[tuple[int, int], tuple[int, int]] = {}

    def read(self) -> None:
        """Read the sheet."""
        header = find_header(self.sheet, self.key)
        if header is None:
            for place in sorted({*self.sheet.typed}):
                self._loose(place, "why-no-header")
            return
        self._header(header)
        self._above(header)
        self._merged(header)
        for row in self.sheet.rows():
            if row > header:
                self._row(row)
        self._comments_elsewhere(header)

    def _header(self, header: int) -> None:
        """Match headers; those of nobody are a user's own columns, and so is a second one of a name."""
        sheet, known = self.sheet, track_words.headers(self.key)
        used: set[str] = set()
        width = max((c for _, c in (*sheet.typed, *sheet.formulas)), default=0)
        for column in range(1, width + 1):
            value = sheet.typed.get((header, column))
            text = track_words.folded(value) if value is not None else ""
            name = known[text].name if text in known else ""
            if not name and self.key == "months" and value is not None:
                name = _month_of(value)
                if name and name not in self.book.months:
                    self.book.months.append(name)
            if name and name not in used:
                self.columns[column] = name
                used.add(name)
            elif value is not None or any(
                (r, column) in sheet.typed and r > header for r in sheet.rows()
            ):
                self.columns[column] = self._own_column(value, column)
        self.book.months.sort()
        for name, kind in self.kinds.items():
            if name not in used and kind.kind != "formula":
                self.gone.add(name)
                self._tell("column-gone", "", kind.title(self.book.lang))

    def _own_column(self, value: Any, column: int) -> str:
        """Return a new own column, under a header that no other has."""
        heads = self.book.own_columns.setdefault(self.key, [])
        lang = self.book.lang
        letter = self.sheet.place(1, column).rstrip("0123456789")
        base = (
            plain_text(value)
            if value is not None
            else track_words.say("no-header", lang, column=letter)
        )
        titles = {k.title(lang) for k in self.kinds.values()} | set(self.book.months)
        head, number = base, 1
        while head in heads or head in titles:
            number += 1
            head = f"{base} ({number})"
        heads.append(head)
        if value is not None and head != base:
            self._tell("header-twice", self.sheet.place(1, column), base, head)
        return OWN + head

    def _above(self, header: int) -> None:
        for place in sorted(self.sheet.typed):
            if place[0] < header:
                self._loose(place, "why-above")

    def _merged(self, header: int) -> None:
        """Cells of a merged range below the header mean what its first cell says."""
        for first_row, first_column, last_row, last_column in self.sheet.merged:
            if last_row <= header:
                continue
            place = f"{self.sheet.place(first_row, first_column)}:{self.sheet.place(last_row, last_column)}"
            self._tell("merged", place)
            if first_column == last_column and self.columns.get(first_column) not in {
                "task_id",
                "project_id",
            }:
                for row in range(max(first_row, header) + 1, last_row + 1):
                    self.merged[row, first_column] = first_row, first_column

    def _row(self, number: int) -> None:
        """Read one row; one that holds nothing but our formulas is no row."""
        row = Row({}, at=number)
        for column, name in self.columns.items():
            self._cell(row, (number, column), name)
        typed = [name for name in row.cells if row.cells[name] not in {None, ""}]
        beyond = [p for p in self.sheet.typed if p[0] == number and p[1] not in self.columns]
        for place in sorted(beyond):
            self._loose(place, "why-no-header")
        if typed:
            self.book.rows[self.key].append(row)

    def _cell(self, row: Row, place: tuple[int, int], name: str) -> None:
        sheet = self.sheet
        kind = self.kinds.get(name)
        comment = sheet.comments.get(place)
        if kind is not None and kind.kind == "formula":
            if name == "light" and place in sheet.formulas:
                row.light = plain_text(sheet.typed.get(place, ""))
            self._our_formula(place, comment)
            return
        source = self.merged.get(place) if place not in sheet.typed else None
        at = source or place
        value = sheet.typed.get(at)
        formula = sheet.formulas.get(place)
        if comment:
            row.comments[name] = comment
        if formula is not None:
            self._their_formula(row, name, place, formula, value)
        if value is None or (isinstance(value, str) and not value.strip()):
            if isinstance(value, str) and value and source is None:
                self._loose(place, "why-blank")
            return
        if name.startswith(OWN):
            row.cells[name] = value
            return
        if place in sheet.broken:
            self._tell("broken", sheet.place(*place), plain_text(value))
        self._take(row, name, place, at)

    def _take(self, row: Row, name: str, place: tuple[int, int], at: tuple[int, int]) -> None:
        """Take what a cell says: as its column wants it, with what was typed beside where both differ."""
        sheet, kind = self.sheet, self.kinds.get(name)
        value = sheet.typed[at]
        typed_kind = kind.kind if kind else "percent"
        read = read_cell(typed_kind, value, sheet.shown.get(at, value), self.book.lang)
        row.cells[name] = read.value
        if read.rule:
            said = (
                track_words.say("kept-as-typed", self.book.lang)
                if not read.usable
                else plain_text(read.value)
            )
            self._tell(read.rule, sheet.place(*place), plain_text(value), said)
        shown = sheet.shown.get(at, value)
        if (
            read.usable
            and at == place
            and isinstance(shown, str)
            and plain_text(read.value) != shown
        ):
            note = track_words.say("typed-as", self.book.lang, value=shown)
            row.comments[name] = "\n".join(filter(None, (row.comments.get(name), note)))

    def _our_formula(self, place: tuple[int, int], comment: str | None) -> None:
        sheet = self.sheet
        formula = sheet.formulas.get(place)
        if formula is None and place in sheet.typed:
            self._loose(place, "why-over-formula")
            self._tell("over-formula", sheet.place(*place), plain_text(sheet.typed[place]))
        elif formula is not None and not set(SPECIAL) & set(_CALLS.findall(formula.upper())):
            self._loose(place, "why-over-formula", formula)
            self._tell("over-formula", sheet.place(*place), formula)
        if comment:
            self._loose(place, "why-comment", comment)

    def _their_formula(
        self, row: Row, name: str, place: tuple[int, int], formula: str, value: Any
    ) -> None:
        note = track_words.say("formula-was", self.book.lang, formula=formula)
        row.comments[name] = "\n".join(filter(None, (row.comments.get(name), note)))
        rule = "formula" if value is not None else "formula-empty"
        self._tell(
            rule, self.sheet.place(*place), formula, plain_text(value) if value is not None else ""
        )
        if value is None:
            row.cells[name] = f"'{formula}"

    def _comments_elsewhere(self, header: int) -> None:
        rows = {row.at for row in self.book.rows[self.key]}
        for place, text in sorted(self.sheet.comments.items()):
            if place[0] <= header or place[1] not in self.columns or place[0] not in rows:
                self._loose(place, "why-comment", text)

    def _loose(self, place: tuple[int, int], why: str, value: Any = None) -> None:
        held = (
            self.sheet.formulas.get(place) or self.sheet.typed.get(place)
            if value is None
            else value
        )
        reason = track_words.say(why, self.book.lang)
        self.book.loose.append(Loose(self.sheet.title, self.sheet.place(*place), held, reason))

    def _tell(self, rule: str, cell: str, value: str = "", taken: str = "") -> None:
        self.findings.append(Finding(rule, self.sheet.title, cell, value, taken))
