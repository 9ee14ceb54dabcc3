"""Three ways: what a list says now and said before, against what the dataset says, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chaingraph.checks.values import first_day
from chaingraph.codes import clean_code, is_credit_code
from chaingraph.schema import table_spec
from chaingraph.updates.ledger import THEIRS, Entry
from chaingraph.updates.rows import PROVENANCE, pair_rows, row_key, row_label
from chaingraph.updates.states import is_unit, same_cell, written_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaingraph.updates.ledger import Ledger
    from chaingraph.updates.rows import Pairs
    from chaingraph.updates.states import Rows

    Namer = Callable[[Mapping[str, object], str], tuple[str, str]]
    Renamed = Callable[[dict[str, str], str, str], None]


@dataclass(frozen=True)
class Asked:
    """What a merge was asked for.

    Attributes
    ----------
    date
        Date of the list; empty where nobody says one.
    close
        Whether capacities that vanished from the list end at its date.
    corrections
        Whether changed figures were wrong before, so that no past is kept of them.
    said_by
        The note of a new row for which the list has none.
    known
        Date of the dataset before.
    late
        Whether the list before is of a later time: then nothing has vanished, and only what is
        asked of a date (figures, states) can be news.
    """

    date: str
    close: bool = False
    corrections: bool = False
    said_by: str = ""
    known: str = ""
    late: bool = False


@dataclass(eq=False)
class Sides:
    """One table: the dataset's rows, the list's, those of the list before, and how they pair.

    `mine` and `earlier` give for a row of the list the row of the dataset and of the list before.
    """

    name: str
    ours: Rows
    theirs: Rows
    base: Rows | None
    ledger: Ledger
    asked: Asked
    namer: Namer
    renamed: Renamed
    mine: dict[int, int] = field(default_factory=dict)
    earlier: dict[int, int] = field(default_factory=dict)
    added: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)

    def entry(self, o: int | None, t: int | None, column: str = "") -> Entry:
        """Return a line of the view on a cell, or on a row."""
        b = self.earlier.get(t) if t is not None else None
        record = self.ours.record(o) if o is not None else self.theirs.record(t or 0)
        shown = [
            rows.shown(place, column) if rows is not None and column else ""
            for rows, place in ((self.base, b), (self.ours, o), (self.theirs, t))
        ]
        return Entry(
            self.name, row_label(record, self.name), self.namer(record, self.name), column,
            base=shown[0], ours=shown[1], theirs=shown[2],
            ours_where=self.ours.where(o) if o is not None else "",
            theirs_where=self.theirs.where(t) if t is not None else "",
        )  # fmt: skip

    def judge(self, o: int, t: int, column: str) -> str:
        """Return what is to become of a cell of paired rows; empty where nothing.

        ``kept``: only the dataset changed it; ``changed``: only the list did; ``conflict``: both, to
        different ends; ``filled``: the dataset had nothing; ``differs``: nothing is known of before.
        """
        theirs, ours = self.theirs.cells(column)[t], self.ours.cells(column)[o]
        if not theirs or same_cell(self.name, column, ours, theirs):
            return ""
        b = self.earlier.get(t)
        base = self.base.cells(column)[b] if self.base is not None and b is not None else ""
        if base and same_cell(self.name, column, base, theirs):
            return "kept"
        if not ours:
            return "conflict" if base else "filled"
        if base:
            return "changed" if same_cell(self.name, column, ours, base) else "conflict"
        return "differs"

    def take(self, o: int, t: int, column: str) -> None:
        """Write a cell of the list into the dataset."""
        text = written_for(self.ours, o, self.theirs, t, column)
        self.ledger.write(self.name, o, column, text)

    def hold(self, t: int, column: str) -> None:
        """Keep what the list said before of a cell: what it says now is still open."""
        b = self.earlier.get(t)
        text = "" if self.base is None or b is None else self.base.cells(column)[b]
        self.ledger.hold(self.name, t, column, text)

    def here(self, o: int) -> bool:
        """Tell whether a row may be changed: it is the folder's own, or a row of it can stand in its place."""
        return self.ours.own[o] or bool(table_spec(self.name).primary_key)


def pair_sides(sides: Sides, pair: Callable[[Rows, Rows, str], Pairs] | None = None) -> None:
    """Find out which rows are the same: of the list, of the dataset, of the list before."""
    name, theirs, base = sides.name, sides.theirs, sides.base
    if pair is None:
        found = pair_rows(sides.ours.frame, theirs.frame, name)
    else:
        found = pair(sides.ours, theirs, sides.asked.date)
    sides.mine = dict(zip(found.after.tolist(), found.before.tolist(), strict=True))
    sides.added = found.added.tolist()
    if base is not None:
        before = pair_rows(base.frame, theirs.frame, name)
        sides.earlier = dict(zip(before.after.tolist(), before.before.tolist(), strict=True))
        if pair is None:
            held = pair_rows(sides.ours.frame, base.frame, name)
        else:
            held = pair(sides.ours, base, sides.asked.date)
        mine = dict(zip(held.after.tolist(), held.before.tolist(), strict=True))
        if sides.asked.late:
            return
        told = set(sides.mine.values())
        gone = [mine[b] for b in before.gone.tolist() if b in mine]
        sides.gone = sorted(row for row in gone if row not in told)


def merge_added(sides: Sides, add: Callable[[Sides, int], None]) -> None:
    """Add the rows that the dataset has not, unless it took them out itself."""
    for t in sides.added:
        b = sides.earlier.get(t)
        if b is None:
            add(sides, t)
        elif not _says_otherwise(sides, t, b):
            sides.ledger.tell(_row_entry(sides, t), "kept")
        elif sides.ledger.settle(_row_entry(sides, t), "gone") == THEIRS:
            add(sides, t)
        elif sides.ledger.entries[-1].outcome == "conflict":
            for column in sides.theirs.raw.columns:
                if column not in row_key(sides.name):
                    sides.hold(t, column)


def _says_otherwise(sides: Sides, t: int, b: int) -> bool:
    """Tell whether the list says something else of a row than before."""
    if sides.base is None:
        return True
    for column in sides.theirs.raw.columns:
        now, before = sides.theirs.cells(column)[t], sides.base.cells(column)[b]
        if now and column not in PROVENANCE and not same_cell(sides.name, column, before, now):
            return True
    return False


def _row_entry(sides: Sides, t: int) -> Entry:
    entry = sides.entry(None, t)
    entry.theirs = described(sides.theirs, t)
    return entry


def described(rows: Rows, row: int) -> str:
    """Return what a row says, in short: its filled cells but for keys and sources."""
    if rows.name == "capacities":
        columns = ["capacity", "status", "since", "until"]
    else:
        skipped = {*row_key(rows.name), *PROVENANCE, "name_zh", "name_en"}
        columns = [c for c in rows.raw.columns if c not in skipped]
    cells = (rows.shown(row, c) for c in columns)
    return ", ".join(cell for cell in cells if cell)


def with_source(sides: Sides, cells: dict[str, str]) -> dict[str, str]:
    """Let a new row that names no source say which list it is from."""
    if not cells.get("source_url") and not cells.get("note") and sides.asked.said_by:
        cells["note"] = sides.asked.said_by
    return cells


def add_row(sides: Sides, t: int) -> None:
    """Add a row of the list as it is written; an enterprise without a source has the list as one."""
    cells = sides.theirs.written(t)
    if sides.name == "enterprises":
        with_source(sides, cells)
    sides.ledger.add(sides.name, cells)
    sides.ledger.tell(_row_entry(sides, t), "added")


def merge_paired(sides: Sides, skip: Callable[[Sides, int, int], set[str]] | None = None) -> None:
    """Merge the cells of paired rows; `skip` handles some columns of a row itself and names them."""
    key = set(row_key(sides.name))
    columns = [c for c in sides.theirs.raw.columns if c not in key and not is_unit(sides.name, c)]
    for t, o in sorted(sides.mine.items(), key=lambda pair: pair[1]):
        done = skip(sides, o, t) if skip is not None else set()
        for column in columns:
            if column not in done:
                judged = sides.judge(o, t, column)
                if judged and not (judged == "changed" and sides.asked.late):
                    merge_cell(sides, o, t, column, judged)


def merge_cell(sides: Sides, o: int, t: int, column: str, judged: str) -> None:
    """Do with one cell what was judged."""
    if judged == "differs":
        judged = _without_base(sides, o, t, column)
    if judged in {"changed", "filled"} and _ends_too_early(sides, o, t, column):
        judged = "differs"
    ledger, entry = sides.ledger, sides.entry(o, t, column)
    if judged == "kept":
        if not (sides.name == "capacities" and column in {"since", "as_of"}):
            ledger.tell(entry, "kept")
    elif judged and not sides.here(o):
        _leave_elsewhere(sides, entry, (o, t), judged)
    elif judged in {"changed", "filled"}:
        _take(sides, o, t, column)
        closed = sides.name == "capacities" and column == "until"
        ledger.tell(entry, "closed" if closed else judged)
    elif judged:
        choice = ledger.settle(entry, "both" if judged == "conflict" else "differs")
        if choice == THEIRS:
            _take(sides, o, t, column)
        elif not choice:
            sides.hold(t, column)


def _ends_too_early(sides: Sides, o: int, t: int, column: str) -> bool:
    """Tell whether a capacity would end before it begins if a date of the list were taken."""
    if sides.name != "capacities" or column not in {"since", "until"}:
        return False
    since, until = (
        (sides.theirs if c == column else sides.ours).cells(c)[t if c == column else o]
        for c in ("since", "until")
    )
    return bool(since and until) and first_day(until) <= first_day(since)


def _leave_elsewhere(sides: Sides, entry: Entry, rows: tuple[int, int], judged: str) -> None:
    """Name a cell of a row that stands in an extended dataset; only another value is a conflict."""
    o, t = rows
    if judged == "filled" or entry.column in PROVENANCE:
        sides.ledger.tell(entry, "elsewhere")
        return
    choice = sides.ledger.settle(entry, "extended" if sides.name == "capacities" else "elsewhere")
    if choice == THEIRS:
        _take(sides, o, t, entry.column)
    elif not choice:
        sides.hold(t, entry.column)


def _take(sides: Sides, o: int, t: int, column: str) -> None:
    sides.take(o, t, column)
    if sides.name == "enterprises" and column == "name_zh":
        old = sides.ours.raw.cells("name_zh")[o]
        sides.renamed(sides.theirs.written(t), old, sides.ours.raw.cells("enterprise_id")[o])


def _without_base(sides: Sides, o: int, t: int, column: str) -> str:
    """Return what becomes of a cell that differs where nothing is known of before.

    Of two dates of a source the later counts; a firm with the same credit code has a new name; the start
    of a plant is not that of its present state; another note contradicts nothing.
    """
    if column == "as_of":
        later = sides.theirs.cells(column)[t] > sides.ours.cells(column)[o]
        return "changed" if later and not _counts_from_source(sides, o) else ""
    if column == "note" or (
        sides.name == "capacities" and column == "since" and _starts_plant(sides, o, t)
    ):
        return ""
    if sides.name == "enterprises" and column == "name_zh":
        codes = [
            clean_code(rows.cells("credit_code")[row])
            for rows, row in ((sides.ours, o), (sides.theirs, t))
        ]
        if codes[0] == codes[1] and is_credit_code(codes[0]):
            return "changed"
    return "differs"


def _starts_plant(sides: Sides, o: int, t: int) -> bool:
    """Tell whether a start of the list is that of an earlier state that led to the present one."""
    ours, start, since = sides.ours, sides.theirs.cells("since")[t], sides.ours.cells("since")[o]
    keys = [ours.raw.cells(column) for column in ("enterprise_id", "product_id")]
    return any(
        ours.cells("since")[row] == start and until and first_day(until) <= first_day(since)
        for row, until in enumerate(ours.cells("until"))
        if all(key[row] == key[o] for key in keys)
    )


def _counts_from_source(sides: Sides, o: int) -> bool:
    """Tell whether a capacity counts from the date of its source: planned, start unknown."""
    if sides.name != "capacities":
        return False
    return sides.ours.cells("status")[o] == "planned" and not sides.ours.cells("since")[o]


def count_unlisted(sides: Sides) -> None:
    """Count the own rows that the list does not name."""
    told = {*sides.mine.values(), *sides.gone}
    own: list[Any] = [row for row, here in enumerate(sides.ours.own) if here and row not in told]
    sides.ledger.unlisted[sides.name] += len(own)
