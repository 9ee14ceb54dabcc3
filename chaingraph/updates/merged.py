"""The view of a merge: all three sides of what differs, what becomes of it, and what to do next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph import words
from chaingraph.results import Result
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.updates.bases import LATE, OTHER
from chaingraph.updates.ledger import OUTCOMES
from chaingraph.updates.rows import PROVENANCE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chaingraph.dataset import Dataset
    from chaingraph.updates.ledger import Entry, Ledger
    from chaingraph.updates.listing import Listing
    from chaingraph.words import Language

    Note = tuple[str, Mapping[str, Any]]

_COLUMNS: Final = (
    "table", "row_key", "row_zh", "row_en", "column", "value_base", "value_ours", "value_theirs",
    "outcome", "conflict_kind", "to_do_zh", "to_do_en", "enterprise_id", "ours_origin", "list_origin",
    "conflict",
)  # fmt: skip
_SHOWN: Final = (
    "table", "row_zh", "row_en", "column", "value_base", "value_ours", "value_theirs", "outcome",
)  # fmt: skip
_SHOWN_CONFLICTS: Final = (
    "table", "row_zh", "row_en", "column", "value_base", "value_ours", "value_theirs",
    "conflict_kind", "ours_origin", "list_origin", "to_do_zh", "to_do_en",
)  # fmt: skip
_SIDES: Final = ("value_base", "value_ours", "value_theirs")
_WORDED: Final = frozenset({"status", "scope", "role"})
"""Columns of codes that have a vocabulary of their own name."""
_COUNTS: Final = {
    "added": "rows_added", "changed": "cells_taken", "filled": "cells_filled",
    "closed": "rows_closed", "vanished": "rows_vanished", "kept": "cells_kept",
    "elsewhere": "cells_elsewhere", "decided": "rows_decided", "conflict": "conflicts",
}  # fmt: skip


def show_merge(
    ledger: Ledger,
    ds: Dataset,
    listing: Listing,
    written: Path | None,
    states: Mapping[str, bool],
    lang: Language,
) -> tuple[Result, Result, Result]:
    """Return the counts with the sentences, the view, and the conflicts.

    `states` says whether it was a dry run, nothing changed, conflicts or errors stand in the way,
    conflicts were left, whether nothing is known of what the list said before, and why not.
    """
    entries = sorted(ledger.entries, key=_order)
    params = {"dataset": ds.name, "new": listing.name, "at": listing.date}
    frame = _frame(entries)
    clash = frame["conflict_kind"].notna().to_numpy()
    conflicts = Result(
        "merge_conflicts", frame[clash].reset_index(drop=True), params, lang, _SHOWN_CONFLICTS
    )
    changes = Result("merge", frame, params, lang, _SHOWN)
    notes = _notes(ledger, listing, written, states)
    shown = Result("merge_counts", _count(ledger, entries, listing), params, lang, (), notes)
    return shown, changes, conflicts


def _order(entry: Entry) -> tuple[bool, int]:
    """Return what a line is sorted by: sources and notes last, for they move no figure."""
    return entry.column in PROVENANCE and not entry.kind, TABLE_NAMES.index(entry.table)


def _frame(entries: list[Entry]) -> pd.DataFrame:
    columns: dict[str, list[str]] = {
        "table": [e.table for e in entries],
        "row_key": [e.key for e in entries],
        "row_zh": [e.names[0] for e in entries],
        "row_en": [e.names[1] for e in entries],
        "column": [e.column for e in entries],
        "value_base": [e.base for e in entries],
        "value_ours": [e.ours for e in entries],
        "value_theirs": [e.theirs for e in entries],
        "outcome": [e.outcome for e in entries],
        "conflict_kind": [e.kind for e in entries],
        "to_do_zh": [_to_do(e, "zh") for e in entries],
        "to_do_en": [_to_do(e, "en") for e in entries],
        "enterprise_id": [e.candidate for e in entries],
        "ours_origin": [e.ours_where for e in entries],
        "list_origin": [e.theirs_where for e in entries],
        "conflict": [e.conflict for e in entries],
    }
    return pd.DataFrame(
        {c: pd.array([cell or None for cell in columns[c]], dtype="str") for c in _COLUMNS}
    )


def worded(row: Mapping[str, Any], lang: Language) -> dict[str, Any]:
    """Return a line of the view with words of a language for the names of tables, columns, states."""
    spec = table_spec(str(row["table"]))
    shown = dict(row) | {"table": spec.title(lang)}
    name = row.get("column")
    field = spec.by_name.get(name) if isinstance(name, str) else None
    if field is not None:
        shown["column"] = field.title(lang)
    for side in _SIDES:
        text = shown.get(side)
        if isinstance(text, str) and field is None and spec.name == "capacities":
            parts = [_said("status", part, lang) for part in text.split(", ")]
            shown[side] = ("，" if lang == "zh" else ", ").join(parts)
        elif isinstance(text, str) and field is not None and field.name in _WORDED:
            shown[side] = words.term(field.name, text, lang)
    return shown


def _said(vocabulary: str, text: str, lang: Language) -> str:
    """Return the word for a code, other texts as they are."""
    codes = words.vocabulary(vocabulary)
    return codes[text][lang] if text in codes else text


def in_words(result: Result) -> Result:
    """Return a view or the counts of a merge as a reader wants it on the screen."""
    records: list[Any] = result.frame.to_dict("records")
    rows = [worded(row, result.lang) for row in records]
    columns = {
        str(name): pd.array([row[str(name)] for row in rows], dtype=kind)
        for name, kind in result.frame.dtypes.items()
    }
    return replace(result, frame=pd.DataFrame(columns))


def _to_do(entry: Entry, lang: Language) -> str:
    if not entry.kind:
        return ""
    reason = entry.reason[0 if lang == "zh" else 1] or "-"
    enterprise = (entry.ours if entry.kind == "enterprise" else "") or entry.candidate or "-"
    return words.message(
        f"merge-do-{entry.kind}", lang, reason=reason, enterprise=enterprise,
        place=entry.ours_where or "-",
    )  # fmt: skip


def _count(ledger: Ledger, entries: list[Entry], listing: Listing) -> pd.DataFrame:
    named = {entry.table for entry in entries} | set(listing.tables)
    tables = [name for name in TABLE_NAMES if name in named]
    counts: dict[str, Any] = {"table": pd.array(tables, dtype="str")}
    for outcome in OUTCOMES:
        counts[_COUNTS[outcome]] = pd.Series(
            [sum(e.table == n and e.outcome == outcome for e in entries) for n in tables],
            dtype="int64",
        )
    counts["rows_unlisted"] = pd.Series([ledger.unlisted[name] for name in tables], dtype="int64")
    return pd.DataFrame(counts)


def _notes(
    ledger: Ledger, listing: Listing, written: Path | None, states: Mapping[str, bool]
) -> tuple[Note, ...]:
    found: list[Note] = []
    outcomes = [entry.outcome for entry in ledger.entries]
    ended = sum(e.outcome == "closed" and e.table == "capacities" for e in ledger.entries)
    date = {"date": listing.date}
    found += [(f"merge-{unfit}-list", date) for unfit in (LATE, OTHER) if states[unfit]]
    if states["first"] and not (states[LATE] or states[OTHER] or listing.errors):
        found.append(("merge-first", {}))
    if ended:
        found.append(("merge-past", {"count": ended, "date": listing.date}))
    if vanished := outcomes.count("vanished"):
        found.append(("merge-vanished", {"count": vanished}))
    if elsewhere := outcomes.count("elsewhere"):
        found.append(("merge-elsewhere", {"count": elsewhere}))
    if ledger.placed:
        found.append(("merge-placed", {"count": ledger.placed}))
    return (*found, _ending(ledger, written, states))


def _ending(ledger: Ledger, written: Path | None, states: Mapping[str, bool]) -> Note:
    """Return the last sentence: what was written, or why not, and what to run next."""
    if written is not None and ledger.open:
        return "merge-left", {"path": written, "count": ledger.open}
    if written is not None:
        return "merge-written", {"path": written}
    if ledger.open and not states["left"]:
        return "merge-open", {"count": ledger.open}
    if states["blocked"]:
        return "merge-blocked", {}
    return ("merge-same", {}) if states["same"] else ("merge-dry", {})
