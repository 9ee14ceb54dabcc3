"""History: a capacity that changed ends at the list's date, and its new state begins there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from chaingraph.checks.values import first_day
from chaingraph.dataset import last_day
from chaingraph.errors import OptionError
from chaingraph.updates.ledger import THEIRS
from chaingraph.updates.rows import Pairs, pair_by, pair_rows
from chaingraph.updates.states import same_cell
from chaingraph.updates.threeway import merge_cell, with_source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from chaingraph.updates.states import Rows
    from chaingraph.updates.threeway import Sides

_TABLE: Final = "capacities"
FIGURES: Final = ("capacity", "status")
"""Cells whose change makes a new state."""
_SOURCE: Final = ("as_of", "source_url", "note")
_KEY: Final = ["enterprise_id", "product_id", "scope"]
_ALL: Final = [*_KEY, "since", "until", "status", "capacity"]


def pair_capacities(ours: Rows, theirs: Rows, date: str) -> Pairs:
    """Tell which capacity of a list is which of the dataset: of several states the one in force.

    Rows that are the same in all come together first, then those of the same start, then those in
    force at the date of the list (of several phases those of the same note, such as 一期, then those of
    the same figure and status), then those that begin later. A state that ended before is
    never taken for what a list calls by the same name today.
    """
    left, right = np.arange(len(ours)), np.arange(len(theirs))
    found: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []

    def meet(mine: NDArray[np.bool_], other: NDArray[np.bool_], columns: list[str] | None) -> None:
        nonlocal left, right
        a, b = left[mine[left]], right[other[right]]
        first, second = ours.frame.iloc[a], theirs.frame.iloc[b]
        if columns is None:
            pairs = pair_rows(first, second, _TABLE)
            met = (pairs.before, pairs.after)
        else:
            met = pair_by(first, second, columns)
        found.append((a[met[0]], b[met[1]]))
        left, right = np.setdiff1d(left, a[met[0]]), np.setdiff1d(right, b[met[1]])

    every, whole = np.ones(len(ours), dtype=bool), np.ones(len(theirs), dtype=bool)
    over, ended = _over(ours, date), _over(theirs, date)
    begun = np.array(
        [not s or not date or first_day(s) <= last_day(date) for s in ours.cells("since")],
        dtype=bool,
    )
    meet(every, whole, _ALL)
    meet(every, ended, [*_KEY, "since"])
    dated = np.array([bool(since) for since in theirs.cells("since")], dtype=bool)
    for count in (2, 1, 0):
        meet(~over, ~ended & dated, [*_KEY, "since", *("status", "capacity")[:count]])
    named, called = (np.array([bool(n) for n in rows.cells("note")], dtype=bool)
                     for rows in (ours, theirs))  # fmt: skip
    meet(~over & begun & named, ~ended & called, [*_KEY, "note"])
    meet(~over & begun, ~ended, [*_KEY, *FIGURES])
    meet(~over & begun, ~ended, None)
    meet(~over, ~ended, None)
    old = np.concatenate([pair[0] for pair in found]).astype(np.intp)
    new = np.concatenate([pair[1] for pair in found]).astype(np.intp)
    order = np.argsort(old, kind="stable")
    return Pairs(old[order], new[order], left.astype(np.intp), right.astype(np.intp))


def _over(rows: Rows, date: str) -> NDArray[np.bool_]:
    """Tell of each row whether its state has ended at a date."""
    return np.array(
        [bool(u) and (not date or first_day(u) <= last_day(date)) for u in rows.cells("until")],
        dtype=bool,
    )


def needed_date(date: str) -> str:
    """Return the date of the list, or say that one is needed."""
    if not date:
        raise OptionError("merge-needs-date")
    return date


def add_capacity(sides: Sides, t: int) -> None:
    """Add a capacity of the list; one without a start begins at the list's date, so the past stays."""
    cells = sides.theirs.written(t)
    entry = sides.entry(None, t)
    parts = [sides.theirs.shown(t, c) for c in ("capacity", "status", "since", "until")]
    entry.theirs = ", ".join(part for part in parts if part)
    if not cells.get("since"):
        date, until = needed_date(sides.asked.date), cells.get("until", "")
        if not until or first_day(until) > first_day(date):
            cells["since"] = date
    sides.ledger.add(_TABLE, _with_source(sides, cells))
    sides.ledger.tell(entry, "added")


def _with_source(sides: Sides, cells: dict[str, str]) -> dict[str, str]:
    """Return a new row with the date of its source, and the list as its source where it names none."""
    if sides.asked.date:
        cells.setdefault("as_of", sides.asked.date)
    return with_source(sides, cells)


def merge_figures(sides: Sides, o: int, t: int) -> set[str]:
    """Merge figure and status of a paired capacity; return the columns that are done.

    Where one of them changed, the old state ends and a new row holds the new one, or the cells are
    overwritten: with corrections, or where the old state begins at the same date.
    """
    judged = {column: sides.judge(o, t, column) for column in FIGURES}
    phases = _phases(sides, o) if judged["capacity"] == "differs" else []
    if phases and _adds_up(sides, phases, t):
        judged["capacity"] = ""
    new = [column for column, found in judged.items() if found not in {"", "kept"}]
    for column, found in judged.items():
        if found == "kept":
            merge_cell(sides, o, t, column, found)
    if not new:
        return set(FIGURES)
    kind = _clash(sides, o, t, judged, phased=bool(phases))
    if kind == "phases":
        taken = _open_phases(sides, o, t, new, phases)
    elif kind:
        taken = _open(sides, o, t, new, kind)
    else:
        taken = new
        for column in new:
            found = "filled" if judged[column] == "filled" else "changed"
            sides.ledger.tell(sides.entry(o, t, column), found)
    done = {*FIGURES, "since", *_SOURCE}
    return done | (_write(sides, o, t, taken) if taken else set())


def _write(sides: Sides, o: int, t: int, columns: list[str]) -> set[str]:
    """Write new figures into the row, or into a new one after it; then all other cells are there too."""
    start, since = _start(sides, o, t), sides.ours.cells("since")[o]
    if sides.asked.corrections or (since and first_day(since) >= first_day(needed_date(start))):
        _overwrite(sides, o, t, columns)
        return set()
    _succeed(sides, o, t, columns, needed_date(start))
    return {*sides.theirs.raw.columns}


def _clash(sides: Sides, o: int, t: int, judged: Mapping[str, str], *, phased: bool) -> str:
    """Return why new figures cannot just be taken; nothing where they can."""
    if "conflict" in judged.values():
        return "both"
    if not sides.asked.corrections and _is_older(sides, o, t):
        return "older"
    if phased and judged["capacity"]:
        return "phases"
    return "" if sides.ours.own[o] else "extended"


def _phases(sides: Sides, o: int) -> list[int]:
    """Return the states in force of a capacity where the list names fewer of them; else none."""
    mine, listed = _grouped(sides.ours, sides.asked.date), _grouped(sides.theirs, sides.asked.date)
    key = tuple(sides.ours.record(o)[c] for c in _KEY)
    found = mine.get(key, [])
    return found if len(found) > max(1, len(listed.get(key, []))) else []


def _grouped(rows: Rows, date: str) -> dict[tuple[object, ...], list[int]]:
    """Return the rows in force of each capacity; found once."""
    if not rows.groups:
        over = _over(rows, date)
        for row in range(len(rows)):
            key = tuple(rows.record(row)[c] for c in _KEY)
            rows.groups.setdefault(key, []).extend([] if over[row] else [row])
    return rows.groups


def _open_phases(sides: Sides, o: int, t: int, columns: list[str], phases: list[int]) -> list[str]:
    """Add one figure for several phases as a conflict; where the list is to count, all of them end."""
    entry = sides.entry(o, t, "capacity")
    counted = _of_status(sides, phases, t)
    entry.ours = " + ".join(sides.ours.shown(row, "capacity") or "?" for row in counted)
    choice = sides.ledger.settle(entry, "phases")
    if choice != THEIRS:
        if not choice:
            for column in columns:
                sides.hold(t, column)
        return []
    start = needed_date(_start(sides, o, t))
    for row in counted:
        since = sides.ours.cells("since")[row]
        if row != o and not (since and first_day(since) >= first_day(start)):
            end = sides.entry(row, None, "until")
            end.theirs = start
            sides.ledger.tell(end, "closed")
            sides.ledger.write(_TABLE, row, "until", start)
    return columns


def _of_status(sides: Sides, phases: list[int], t: int) -> list[int]:
    """Return the phases of the status that the list speaks of."""
    status = sides.theirs.cells("status")[t] or "operating"
    return [row for row in phases if sides.ours.cells("status")[row] == status]


def _adds_up(sides: Sides, phases: list[int], t: int) -> bool:
    """Tell whether a figure of the list is the sum of the phases of its status."""
    known = _of_status(sides, phases, t)
    total = sides.ours.frame["capacity"].iloc[known].sum()
    return same_cell(_TABLE, "capacity", f"{total:.12g}", sides.theirs.cells("capacity")[t])


def _open(sides: Sides, o: int, t: int, columns: list[str], kind: str) -> list[str]:
    """Add the figures as conflicts; return those that are decided for the list."""
    taken = []
    for column in columns:
        choice = sides.ledger.settle(sides.entry(o, t, column), kind)
        if choice == THEIRS:
            taken.append(column)
        elif not choice:
            sides.hold(t, column)
    return taken


def _is_older(sides: Sides, o: int, t: int) -> bool:
    """Tell whether the list speaks of a time before the state of the dataset."""
    said = sides.theirs.cells("as_of")[t] or sides.asked.date
    known = sides.ours.cells("as_of")[o] or sides.asked.known
    if said and known and last_day(said) < first_day(known):
        return True
    since, start = sides.ours.cells("since")[o], _start(sides, o, t)
    return bool(since and start) and first_day(since) > last_day(start)


def _start(sides: Sides, o: int, t: int) -> str:
    """Return since when the new state holds: as the list says, else the list's date.

    A start that the list named before, or that lies before what the dataset knows of the old state,
    is the start of the plant and not of the new state.
    """
    own = sides.theirs.cells("since")[t]
    b = sides.earlier.get(t)
    before = sides.base.cells("since")[b] if sides.base is not None and b is not None else ""
    known = [sides.ours.cells("since")[o], sides.ours.cells("as_of")[o] or sides.asked.known]
    if own and own != before and all(first_day(own) > first_day(k) for k in known if k):
        return own
    return sides.asked.date


def _overwrite(sides: Sides, o: int, t: int, columns: list[str]) -> None:
    """Write the new figures into the row itself, with their source."""
    ledger = sides.ledger
    for column in columns:
        sides.take(o, t, column)
    said = sides.theirs.written(t)
    said.setdefault("as_of", sides.asked.date)
    since, start = sides.ours.cells("since")[o], _start(sides, o, t)
    later = since and start and first_day(since) > first_day(start)
    said["since"] = start if later else ""
    for column in ("since", *_SOURCE):
        text = said.get(column, "")
        if text and text != sides.ours.cells(column)[o]:
            entry = sides.entry(o, t, column)
            entry.theirs = text
            ledger.tell(entry, "changed")
            ledger.write(_TABLE, o, column, text)


def _succeed(sides: Sides, o: int, t: int, columns: list[str], start: str) -> None:
    """End the old state and add the new one."""
    ours, theirs, ledger = sides.ours, sides.theirs, sides.ledger
    old, said = ours.written(o), theirs.written(t)
    new = {c: text for c, text in old.items() if c not in {"until", *_SOURCE}}
    if "capacity" in columns:
        new |= {
            "capacity": said["capacity"],
            "unit": said.get("unit", "") or _product_unit(sides, t),
        }
    elif not said.get("source_url") and not said.get("note"):
        new |= {c: old[c] for c in ("source_url", "note") if c in old}
    if "status" in columns:
        new["status"] = said["status"]
    new |= {c: said[c] for c in said if c in _SOURCE or c not in {*new, "unit", *FIGURES}}
    new["since"] = start
    until = said.get("until") or old.get("until", "")
    if until and first_day(until) > first_day(start):
        new["until"] = until
    else:
        new.pop("until", None)
    ledger.add(_TABLE, {c: text for c, text in _with_source(sides, new).items() if text})
    ledger.write(_TABLE, o, "until", start)
    entry = sides.entry(o, t, "until")
    entry.theirs = start
    ledger.tell(entry, "closed")


def _product_unit(sides: Sides, t: int) -> str:
    return sides.theirs.unit_of(t, "capacity")


def close_vanished(sides: Sides) -> None:
    """Name the rows that the list had before and has no more; end capacities where asked."""
    firms = sides.ours.raw.cells("enterprise_id")
    over = _over(sides.ours, sides.asked.date) if sides.name == _TABLE else np.zeros(len(firms))
    for o in sides.gone:
        if firms[o] in sides.ledger.unsure or over[o]:
            continue
        entry = sides.entry(o, None)
        if sides.name != _TABLE or not sides.asked.close:
            sides.ledger.tell(entry, "vanished")
            continue
        date = needed_date(sides.asked.date)
        entry.column = "until"
        entry.ours, entry.theirs = sides.ours.cells("until")[o], date
        since = sides.ours.cells("since")[o]
        if not sides.ours.own[o] and sides.ledger.settle(entry, "extended") != THEIRS:
            continue
        if since and first_day(since) >= first_day(date):
            entry.column = entry.theirs = ""
            sides.ledger.tell(entry, "vanished")
        else:
            sides.ledger.write(_TABLE, o, "until", date)
            if sides.ours.own[o]:
                sides.ledger.tell(entry, "closed")
