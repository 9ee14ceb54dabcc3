"""How much is known of whether a region makes a product: thirteen levels, the first that fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from chaingraph.knowledge.dates import month_numbers
from chaingraph.knowledge.statements import (
    AROUND,
    CLEARLY,
    FRESH,
    FRESH_TALKS,
    FRESH_TOTAL,
    HARD,
    INSIDE,
    SAME,
    Statements,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from chaingraph.quantity import Flags, Floats, Integers

    Texts = NDArray[np.str_]

LEVELS: Final = (
    "rows",
    "rows_part",
    "rows_bare",
    "reported",
    "building",
    "absent",
    "absent_likely",
    "announced",
    "utility",
    "flow",
    "not_collected",
    "thin",
    "unseen",
)
"""Levels in the order in which they are tried; words in the vocabulary ``evidence``."""
MADE: Final = ("rows", "rows_part", "rows_bare", "reported")
"""Levels that say: made here."""
CODE: Final = {name: i for i, name in enumerate(LEVELS)}
_RARE: Final = 2
"""Cities with a maker up to which the collection of a product is thin."""
_COLLECTED: Final = 5
"""Cities with a maker from which on the collection of a grid or resource product says something."""


class Made(NamedTuple):
    """What capacity rows of a region say, by product position.

    Attributes
    ----------
    makers, rows_bare, partial
        Makers; rows without a figure; makers some of whose phases have none.
    building, planned
        Rows under construction, and planned, that are not stale.
    by_product
        Whether it arises with something made here.
    """

    makers: Integers
    unquantified: Integers
    rows_bare: Integers
    building: Integers
    planned: Integers
    by_product: Flags
    by_product_vague: Flags


@dataclass(frozen=True, eq=False)
class Totals:
    """Totals of a region, by product position; nan where none is given.

    Attributes
    ----------
    capacity, with_construction
        Capacity of all makers that run; of those and what they build.
    output, use
        Units made, and taken, in the year.
    year, source
        Of the figure that counts: capacity, else output.
    stale
        Whether it is older than 36 months: it tells only that something is made.
    """

    capacity: Floats
    with_construction: Floats
    output: Floats
    use: Floats
    year: Texts
    source: Sequence[str]
    stale: Flags

    @property
    def made(self) -> Floats:
        """The total that makers here run or could run at: capacity, else output; nan where none."""
        return np.where(np.isnan(self.capacity), self.output, self.capacity)


@dataclass(frozen=True, eq=False)
class Evidence:
    """The levels of a region.

    Attributes
    ----------
    level
        By product: position in ``LEVELS``.
    date, source
        By product: of the statement that the level rests on, where it is no capacity row.
    complete
        By product: a survey says that the rows here are all.
    why
        By product: what a level other than of rows rests on: survey, total, event, head_office.
    """

    level: Integers
    date: Texts
    source: Sequence[str]
    complete: Flags
    why: Texts

    def is_any(self, *names: str) -> Flags:
        """Whether the level is one of some."""
        fits = np.zeros(len(LEVELS), dtype=bool)
        fits[[CODE[name] for name in names]] = True
        return fits[self.level]


class Signs(NamedTuple):
    """Statements about a region, by product position: whether, of when, and the page."""

    reported: Texts
    reported_why: Texts
    building: Flags
    announced: Flags
    suspended: Flags
    absent: Texts
    absent_soft: Texts
    some: Flags
    complete: Flags

    @property
    def absent_last(self) -> Texts:
        """When somebody looked last and found none."""
        return np.where(self.absent > self.absent_soft, self.absent, self.absent_soft)


def read_totals(statements: Statements, relation: Callable[[str], str], size: int) -> Totals:
    """Return the totals of a region: of each measure the latest year."""
    found = {name: np.full(size, np.nan) for name in ("capacity", "building", "output", "use")}
    years = {name: _no_texts(size) for name in found}
    pages = {name: [""] * size for name in found}
    for total in statements.totals:
        if not total.place or relation(total.place) != SAME:
            continue
        name = total.measure
        if name == "capacity" and total.status == "with_construction":
            name = "building"
        if name not in found or total.year < years[name][total.product]:
            continue
        found[name][total.product] = total.value
        years[name][total.product] = total.year
        pages[name][total.product] = total.source
    year = np.where(years["capacity"] != "", years["capacity"], years["output"])
    page = [a or b for a, b in zip(pages["capacity"], pages["output"], strict=True)]
    age, dated = np.full(size, np.nan), np.flatnonzero(year != "")
    age[dated] = statements.month - month_numbers(year[dated].tolist(), late=True)
    return Totals(
        found["capacity"], found["building"], found["output"], found["use"], year, page,
        np.asarray(age > FRESH_TOTAL),
    )  # fmt: skip


def _no_texts(size: int) -> Texts:
    """Return empty texts, each wide enough for a date or a reason."""
    return np.full(size, "", dtype=f"U{_WIDEST}")


_WIDEST: Final = max(len("YYYY-MM-DD"), len("head_office"))


def no_signs(size: int) -> Signs:
    """Return that nothing is said of any product."""
    return Signs(
        reported=_no_texts(size),
        reported_why=_no_texts(size),
        building=np.zeros(size, dtype=bool),
        announced=np.zeros(size, dtype=bool),
        suspended=np.zeros(size, dtype=bool),
        absent=_no_texts(size),
        absent_soft=_no_texts(size),
        some=np.zeros(size, dtype=bool),
        complete=np.zeros(size, dtype=bool),
    )


def read_signs(
    statements: Statements,
    relation: Callable[[str], str],
    mask: Callable[[pd.DataFrame], Flags],
    totals: Totals,
    counties: Callable[[], frozenset[str]],
) -> Signs:
    """Return what is said of a region's products beside capacity rows."""
    size = len(totals.capacity)
    signs = no_signs(size)
    _of_totals(signs, totals)
    _of_surveys(signs, statements, relation, counties)
    if len(statements.events):
        _of_events(signs, statements, statements.events[mask(statements.events)])
    if len(statements.head_offices):
        offices = statements.head_offices[mask(statements.head_offices)]
        _of_head_offices(signs, offices["place"].to_numpy(), offices["as_of"])
    return signs


def _report(signs: Signs, place: int, date: str, why: str) -> None:
    if not signs.reported_why[place] or date > signs.reported[place]:
        signs.reported[place], signs.reported_why[place] = date, why


def _of_head_offices(signs: Signs, places: Integers, dates: pd.Series[str]) -> None:
    """Report what companies whose head office is here make somewhere: of each product the newest."""
    said = dates.fillna("").to_numpy(dtype=signs.reported.dtype)
    order = np.lexsort((said, places))
    places, said = places[order], said[order]
    last = (np.diff(places, append=-1) != 0) & (places >= 0)
    places, said = places[last], said[last]
    new = (signs.reported_why[places] == "") | (said > signs.reported[places])
    signs.reported[places[new]] = said[new]
    signs.reported_why[places[new]] = "head_office"


def _of_totals(signs: Signs, totals: Totals) -> None:
    for place in np.flatnonzero(totals.made > 0).tolist():
        _report(signs, place, totals.year[place], "total")


def _of_surveys(
    signs: Signs,
    statements: Statements,
    relation: Callable[[str], str],
    counties: Callable[[], frozenset[str]],
) -> None:
    parts: dict[int, set[str]] = {}
    for said in statements.surveys:
        near = relation(said.place)
        products = np.flatnonzero(said.products).tolist()
        if said.result == "some" and near in {SAME, INSIDE}:
            for place in products:
                signs.some[place] = True
                _report(signs, place, said.date, "survey")
        elif said.result in {"none", "all"} and near in {SAME, AROUND}:
            for place in products:
                _deny(signs, place, said.date, said.method, statements)
                signs.complete[place] |= said.result == "all"
        elif said.result == "none" and near == INSIDE:
            for place in products:
                parts.setdefault(place, set()).add(said.place)
                if parts[place] >= (every := counties()) and every:
                    _deny(signs, place, said.date, said.method, statements)


def _deny(signs: Signs, place: int, date: str, method: str, statements: Statements) -> None:
    """Note that somebody looked and found none beyond the rows: hard and fresh, or only likely."""
    settled = method in HARD and statements.age(date) <= FRESH
    dates = signs.absent if settled else signs.absent_soft
    dates[place] = max(str(dates[place]), date or "0")


def _of_events(signs: Signs, statements: Statements, events: pd.DataFrame) -> None:
    """Read the newest event of each site and product here."""
    who = events["enterprise_id"].where(events["enterprise_id"] != "", events["company_zh"])
    last = events.assign(who=who).drop_duplicates(["who", "place"], keep="last")
    columns = (last[name].tolist() for name in ("place", "event", "date", "status", "scope"))
    for place, event, date, status, scope in zip(*columns, strict=True):
        state = EVENT_STATES.get(event) or _STATUS_STATES.get(status, "")
        age = statements.age(date)
        if state == "made":
            _report(signs, place, date, "event")
        elif scope == "programme":
            continue
        elif state == "building" and age <= FRESH:
            signs.building[place] = True
        elif state == "announced" and age <= (FRESH_TALKS if event == "talks" else FRESH):
            signs.announced[place] = True
        elif state == "suspended":
            signs.suspended[place] = True


EVENT_STATES: Final = {
    "commissioned": "made",
    "full_output": "made",
    "resumed": "building",
    "started": "building",
    "trial": "made",
    "signed": "announced",
    "announced": "announced",
    "approved": "announced",
    "talks": "announced",
    "suspended": "suspended",
    "cancelled": "ended",
    "superseded": "ended",
}
"""What an event says of a product at its place."""
_STATUS_STATES: Final = {
    "operating": "made",
    "construction": "building",
    "planned": "announced",
}
"""What `seen` saw: by the status of the row."""


def judge(
    made: Made,
    signs: Signs,
    totals: Totals,
    *,
    known: Floats,
    cities: Integers,
    modes: dict[str, Flags],
) -> Evidence:
    """Return the level of each product.

    Parameters
    ----------
    made, signs, totals
        What rows and statements say.
    known
        Capacity of the rows with a figure, to be set against the totals.
    cities
        Number of cities with a maker anywhere in the data.
    modes
        Products by supply mode.
    """
    here = (made.makers > 0) | made.by_product
    beyond = totals.made > known * (1 + CLEARLY)
    bare_all = (made.makers > 0) & (made.unquantified >= made.makers) & (known <= 0)
    bare_all |= (made.makers == 0) & made.by_product_vague
    part = (made.rows_bare > 0) | (made.unquantified > 0) | beyond | signs.some
    part |= made.by_product_vague
    reported = signs.reported_why != ""
    denied = signs.absent_last != ""
    newer = signs.absent_last > signs.reported
    # a later web search that finds none either takes nothing from a register that says so
    settled = signs.absent > signs.reported
    building = (made.building > 0) | signs.building
    scarce = (modes["grid"] | modes["resource"]) & (cities < _COLLECTED)
    conditions = [
        here & ~part & ~bare_all,
        here & ~bare_all,
        here,
        reported & ~(denied & newer),
        building,
        denied & settled,
        denied,
        (made.planned > 0) | signs.announced,
        modes["utility"],
        modes["flow"],
        (cities == 0) | scarce,
        cities <= _RARE,
    ]
    level = np.select(conditions, range(len(conditions)), default=CODE["unseen"])
    level = level.astype(np.intp)
    date = _no_texts(len(level))
    for dates in (signs.absent_soft, signs.absent, signs.reported):
        date = np.where((dates != "") & (dates != "0"), dates, date)
    evidence = Evidence(level, date, totals.source, signs.complete, _no_texts(len(level)))
    evidence.why[evidence.is_any("absent", "absent_likely")] = "survey"
    by_report = evidence.is_any("reported")
    evidence.why[by_report] = signs.reported_why[by_report]
    return evidence
