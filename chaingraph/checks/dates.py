"""Rules about dates that lie after what the data can know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaingraph.checks.registry import check
from chaingraph.checks.values import first_day, last_day, matches_date

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

_YEARS_YOUNGER: Final = 2
_PAST: Final = frozenset({"", "operating", "trial", "suspended", "cancelled", "closed"})


@check("date-ahead")
def check_future(tables: Tables) -> Iterator[Finding]:
    """Report dates of what is said to have happened that lie after what the data knows.

    The measure is the `as_of` of the card of the row's folder, no clock; folders without one are
    left out. A row may be younger than its card where its own `as_of` says so, by two years at most
    (the youngest row of the bundled data is 13 months younger). Projects have no date of their
    own: for them the youngest capacity's counts. What is planned or in construction may lie ahead.
    """
    cards = {
        package.name: package.as_of
        for package in tables.raw.packages
        if matches_date(package.as_of)
    }
    if not cards:
        return
    latest = {name: _later(date) for name, date in cards.items()}
    seen = tables.texts("capacities", "as_of")
    folders = tables.table("capacities").package
    starts, states = tables.texts("capacities", "since"), tables.texts("capacities", "status")
    broken = tables.broken_rows("capacities", "status")
    youngest = ""
    for row, folder in enumerate(folders):
        if folder not in cards:
            continue
        date, start = seen[row], starts[row]
        if date and first_day(date) > last_day(latest[folder]):
            yield tables.finding("date-ahead", "capacities", row, "as_of", known=cards[folder])
            continue
        youngest = max(youngest, date)
        if start and states[row] in _PAST and row not in broken:
            known = max(cards[folder], date, key=last_day) if date else cards[folder]
            if first_day(start) > last_day(known):
                yield tables.finding("date-ahead", "capacities", row, "since", known=known)
    yield from _projects(tables, cards, youngest)


def _projects(tables: Tables, cards: dict[str, str], youngest: str) -> Iterator[Finding]:
    folders, states = tables.table("projects").package, tables.texts("projects", "status")
    for row, date in enumerate(tables.texts("projects", "date")):
        if not date or states[row] not in _PAST - {""} or folders[row] not in cards:
            continue
        card = cards[folders[row]]
        known = max(card, youngest, key=last_day) if youngest else card
        if first_day(date) > last_day(known):
            yield tables.finding("date-ahead", "projects", row, "date", known=known)


def _later(date: str) -> str:
    return f"{int(date[:4]) + _YEARS_YOUNGER:04d}{date[4:]}"
