"""The ledger of a merge: what is done cell by cell, what is in conflict, what is to be written."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTCOMES: Final = (
    "added", "changed", "filled", "closed", "vanished", "kept", "elsewhere", "decided", "conflict",
)  # fmt: skip
"""What becomes of a cell or row."""
KINDS: Final = (
    "both",
    "differs",
    "older",
    "phases",
    "gone",
    "extended",
    "elsewhere",
    "enterprise",
    "id",
)
"""Why something is in conflict."""
OURS, THEIRS, SAME, NEW, SKIP = "ours", "theirs", "same", "new", "skip"
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "both": (OURS, THEIRS, SKIP),
    "differs": (OURS, THEIRS, SKIP),
    "older": (OURS, THEIRS, SKIP),
    "phases": (OURS, THEIRS, SKIP),
    "gone": (OURS, THEIRS, SKIP),
    "extended": (OURS, THEIRS, SKIP),
    "elsewhere": (OURS, SKIP),
    "enterprise": (SAME, NEW, SKIP),
    "id": (SAME, NEW, SKIP),
}
"""Kind of conflict -> what a person may decide."""
_LETTERS: Final = 12


@dataclass
class Entry:
    """One line of the view: a cell, or a row where `column` is empty."""

    table: str
    key: str
    names: tuple[str, str]
    column: str = ""
    base: str = ""
    ours: str = ""
    theirs: str = ""
    outcome: str = ""
    kind: str = ""
    ours_where: str = ""
    theirs_where: str = ""
    candidate: str = ""
    reason: tuple[str, str] = ("", "")
    conflict: str = ""


@dataclass
class Ledger:
    """Collects what a merge does; nothing is written before all of it is known.

    Attributes
    ----------
    decisions
        Conflict -> what a person decided.
    cells
        Table -> row of the dataset -> column -> text to write.
    rows
        Table -> rows to add.
    held
        Table -> row of the list -> column -> what the list is kept as having said, since its word is
        still open.
    unsure
        Enterprises of the dataset that one of the list may be: of them nothing can be said to have
        vanished.
    """

    decisions: Mapping[str, str]
    entries: list[Entry] = field(default_factory=list)
    cells: dict[str, dict[int, dict[str, str]]] = field(default_factory=dict)
    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    held: dict[str, dict[int, dict[str, str]]] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    unlisted: Counter[str] = field(default_factory=Counter)
    placed: int = 0
    _seen: Counter[str] = field(default_factory=Counter)

    def tell(self, entry: Entry, outcome: str) -> None:
        """Add a line."""
        entry.outcome = outcome
        self.entries.append(entry)

    def settle(self, entry: Entry, kind: str) -> str:
        """Add a conflict; return what a person decided on it, nothing where it is open."""
        entry.kind = kind
        said = (entry.table, entry.key, entry.column, kind, entry.base, entry.ours, entry.theirs)
        text = "|".join(map(repr, said))
        self._seen[text] += 1
        text = f"{text}|{self._seen[text]}"
        entry.conflict = hashlib.sha256(text.encode()).hexdigest()[:_LETTERS]
        choice = self.decisions.get(entry.conflict, "")
        chosen = choice if choice in CHOICES[kind] and choice != SKIP else ""
        if not chosen and entry.candidate:
            self.unsure.add(entry.candidate)
        outcome = {OURS: "kept", THEIRS: "changed", "": "conflict"}.get(chosen, "decided")
        self.tell(entry, outcome)
        return chosen

    def write(self, table: str, row: int, column: str, text: str) -> None:
        """Set a cell of the dataset."""
        self.cells.setdefault(table, {}).setdefault(row, {})[column] = text

    def add(self, table: str, row: dict[str, str]) -> None:
        """Add a row."""
        self.rows.setdefault(table, []).append(row)

    def hold(self, table: str, row: int, column: str, text: str) -> None:
        """Keep a cell of the list as having said something else: its word is still open."""
        self.held.setdefault(table, {}).setdefault(row, {})[column] = text

    @property
    def open(self) -> int:
        """Number of conflicts that nobody has decided."""
        return sum(entry.outcome == "conflict" for entry in self.entries)
