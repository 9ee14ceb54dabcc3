"""A new list over a returned one: new tasks in, what people typed kept, compared with what was issued."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from chaingraph.planning import track_words
from chaingraph.planning.track_book import ListBook, Row, book_of
from chaingraph.planning.track_raw import plain_text

if TYPE_CHECKING:
    from chaingraph.planning.track_reading import Returned
    from chaingraph.results import Result

_KEYS: Final = {"list": "task_id", "months": "task_id", "projects": "project_id"}
_TYPED: Final = ("day", "contact")


@dataclass(frozen=True)
class Conflict:
    """A cell of ours that both a user and the new data changed; the user's value stands."""

    sheet: str
    key: str
    column: str
    issued: str
    returned: str
    fresh: str


@dataclass
class Carried:
    """A list made anew over a returned one.

    Attributes
    ----------
    book
        Its content, for :func:`chaingraph.save_responsibility`.
    added
        Numbers of tasks that are new.
    ended
        Numbers of our tasks that the data give no reason for any more; they stay until somebody takes them out.
    conflicts
        Cells that both sides changed.
    """

    book: ListBook
    added: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)


def carry_list(returned: Returned, listed: Result) -> Carried:
    """Return a new list that holds all that people typed into an earlier one.

    What nobody touched is what the new data say; what a user changed stays as the user has it.

    Parameters
    ----------
    returned
        What :func:`chaingraph.read_tracking` read.
    listed
        What :func:`chaingraph.build_responsibility` gave of today's data.

    Returns
    -------
    Carried
        `book` for :func:`chaingraph.save_responsibility`; numbers of tasks that are new (`added`) or
        without a reason
        in today's data (`ended`; they stay); `conflicts`: cells that both sides changed, with all three values.

    Examples
    --------
    >>> import pathlib, tempfile, chaingraph as cg
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "list.xlsx"
    >>> listed = cg.build_responsibility(cg.load_dataset("toy"))
    >>> _ = cg.save_responsibility(listed, file)
    >>> done = carry_list(cg.read_tracking(file), listed)
    >>> len(done.book.rows["list"]), done.added, done.ended, done.conflicts
    (8, [], [], [])
    """
    fresh = book_of(listed, returned.lang)
    about = fresh.about | {k: v for k, v in returned.book.about.items() if k in _TYPED}
    months = sorted({*returned.book.months, *fresh.months})
    units = {**dict(fresh.units), **{k: v for k, v in returned.book.units if v}}
    for name, source in returned.book.units:
        units.setdefault(name, source)
    rows = {
        sheet: [replace(row, cells=dict(row.cells)) for row in held]
        for sheet, held in returned.book.rows.items()
    }
    book = replace(
        returned.book, about=about, months=months, rows=rows, units=sorted(units.items())
    )
    done = Carried(book)
    for sheet in _KEYS:
        _merge(sheet, fresh.rows[sheet], returned, done)
    return done


def _merge(sheet: str, fresh: list[Row], returned: Returned, done: Carried) -> None:
    """Put the new rows of a sheet over those that came back."""
    key = _KEYS[sheet]
    there = {str(row.cells.get(key)): row for row in done.book.rows[sheet]}
    given = [c.name for c in track_words.columns(sheet) if not c.fill and c.kind != "formula"]
    new = {str(row.cells[key]) for row in fresh}
    for row in fresh:
        number = str(row.cells[key])
        if number not in there:
            done.book.rows[sheet].append(row)
            if sheet == "list":
                done.added.append(number)
            continue
        held = there[number]
        for name in given:
            _settle(sheet, number, name, held, row, returned, done)
    issued = {place.partition("|")[0] for name, place in returned.issued if name == sheet}
    if sheet == "list":
        done.ended += [number for number in there if number in issued and number not in new]


def _settle(
    sheet: str, number: str, name: str, held: Row, row: Row, returned: Returned, done: Carried
) -> None:
    """Settle one cell three ways: issued, returned, of today's data."""
    was = returned.issued.get((sheet, f"{number}|{name}"), "")
    back, now = _text(held.cells.get(name)), _text(row.cells.get(name))
    if now in {back, was}:
        return
    if back != was:
        done.conflicts.append(Conflict(sheet, number, name, was, back, now))
        return
    if now:
        held.cells[name] = row.cells[name]
    else:
        held.cells.pop(name, None)


def _text(value: Any) -> str:
    return "" if value is None else plain_text(value)
