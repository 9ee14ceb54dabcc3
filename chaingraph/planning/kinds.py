"""The kinds of changes that a scenario may make, and the keys of each: data, not code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

SCHEMA: Final = 1
"""Version of the scenario files that this reads and writes."""


class Key(NamedTuple):
    """A key of a change: what kind of value it takes, and whether it must be there.

    Kinds: ``text``; ``size`` (a figure above zero), ``factor`` (0 to 1.5), ``part`` (above 0, up to 1),
    ``months`` and ``days`` (whole numbers from 1), ``amount`` (a figure of zero or more), ``date`` (2026,
    2026-06 or 2026-06-30), ``shares`` (product = share).
    """

    kind: str
    needed: bool = False


_NOTE: Final = {"note": Key("text"), "source_url": Key("text")}
CHANGES: Final[dict[str, dict[str, Key]]] = {
    "build": {
        "product": Key("text", needed=True), "size": Key("size", needed=True), "unit": Key("text"),
        "from": Key("date"), "region": Key("text"), "park": Key("text"), "id": Key("text"),
        "name": Key("text"), **_NOTE,
    },
    "close": {
        "site": Key("text", needed=True), "product": Key("text"), "part": Key("part"),
        "from": Key("date"), **_NOTE,
    },
    "resize": {
        "site": Key("text", needed=True), "product": Key("text", needed=True),
        "size": Key("size", needed=True), "unit": Key("text"), "from": Key("date"), **_NOTE,
    },
    "convert": {
        "site": Key("text", needed=True), "product": Key("text", needed=True),
        "to": Key("text", needed=True), "part": Key("part"), "yield": Key("size"),
        "from": Key("date"), **_NOTE,
    },
    "delay": {
        "site": Key("text", needed=True), "product": Key("text"), "months": Key("months", needed=True),
        **_NOTE,
    },
    "use": {
        "product": Key("text", needed=True), "utilisation": Key("factor", needed=True),
        "from": Key("date"), **_NOTE,
    },
    "share": {
        "output": Key("text", needed=True), "shares": Key("shares", needed=True), "from": Key("date"),
        **_NOTE,
    },
    "recipe": {
        "output": Key("text", needed=True), "input": Key("text", needed=True),
        "coefficient": Key("amount", needed=True), "from": Key("date"), **_NOTE,
    },
    "price": {
        "product": Key("text", needed=True), "cny": Key("amount", needed=True), "from": Key("date"),
        **_NOTE,
    },
    "demand": {
        "product": Key("text", needed=True), "size": Key("size", needed=True), "unit": Key("text"),
        "from": Key("date"), **_NOTE,
    },
    "allow": {
        "product": Key("text", needed=True), "quota": Key("size"), "unit": Key("text"),
        "from": Key("date"), **_NOTE,
    },
    "outage": {
        "site": Key("text"), "product": Key("text"), "province": Key("text"), "part": Key("part"),
        "days": Key("days"), **_NOTE,
    },
}  # fmt: skip
"""Kind of a change -> its keys."""
OUTSIDE: Final = ("outage",)
"""Kinds that no table holds: the command ``stress`` reads them."""


@dataclass(frozen=True)
class Change:
    """One change of a scenario: what it does, its values by key, and where it stands.

    Attributes
    ----------
    do
        A key of ``CHANGES``.
    values
        Its keys and values, checked; dates as text.
    where
        For messages: ``plan.toml:12``, or the number of the change.
    """

    do: str
    values: dict[str, Any]
    where: str = ""

    def __getitem__(self, key: str) -> Any:
        """Return a value; None where it is not given."""
        return self.values.get(key)

    @property
    def start(self) -> str:
        """The date from which it holds; empty where it holds at once."""
        return str(self.values.get("from", ""))


@dataclass(frozen=True)
class Scenario:
    """An ordered list of changes of a dataset's tables.

    Attributes
    ----------
    name
        As it is shown.
    changes
        In the order in which they are made.
    note
        What it is about.
    """

    name: str
    changes: tuple[Change, ...] = ()
    note: str = ""

    def __add__(self, other: Scenario) -> Scenario:
        """Return the changes of both, this one's first."""
        name = " + ".join(part for part in (self.name, other.name) if part)
        return Scenario(name, self.changes + other.changes, self.note or other.note)

    @property
    def dates(self) -> tuple[str, ...]:
        """The years in which something begins, in order."""
        return tuple(sorted({change.start[:4] for change in self.changes if change.start}))

    def only(self, *kinds: str) -> Scenario:
        """Return it with the changes of some kinds only, such as those that ``stress`` reads."""
        kept = tuple(change for change in self.changes if change.do in kinds)
        return Scenario(self.name, kept, self.note)
