"""Which light a task shows: in figures, and as the formula that a workbook holds; both from one rule set."""

from __future__ import annotations

import calendar
import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaingraph.planning import track_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaingraph.planning.track_rules import Band, RuleSet
    from chaingraph.words import Language

_YEAR: Final = 4
_MONTH: Final = 7
_STAGES: Final = {"contact": "-1", "sign": "-2", "start": "-3", "commission": "-4", "full": "-5"}
"""Ends of the ids of a project's tasks: the only thing a formula can tell the kind by."""
_LETTERS: Final = {"survey": "S", "recruit": "R", "assure": "A", "target": "T"}


@dataclass(frozen=True)
class Standing:
    """How a task stands at a day.

    Attributes
    ----------
    light
        red, yellow, green, ``green*`` (not stated in the source), blue, black; done, unreported, early (not
        due to begin, or no schedule before the due date), undated, cancelled.
    expected, counted
        Scheduled and counted progress, per cent; None where unknown.
    behind
        Points behind schedule; None where one of both is unknown.
    days_late
        Days past the due date of a task that is not done; 0 else.
    band
        The line of the rule set that gave the colour.
    """

    light: str
    expected: float | None
    counted: float | None
    behind: float | None
    days_late: int = 0
    band: Band | None = None


def first_day(date: str) -> dt.date:
    """Return the first day of a partial date.

    Examples
    --------
    >>> first_day("2026-03"), final_day("2026-02"), final_day("2026")
    (datetime.date(2026, 3, 1), datetime.date(2026, 2, 28), datetime.date(2026, 12, 31))
    """
    year, month, day = (*map(int, date.split("-")), 1, 1)[:3]
    return dt.date(year, month, day)


def final_day(date: str) -> dt.date:
    """Return the last day of a partial date."""
    if len(date) > _MONTH:
        return first_day(date)
    year, month = int(date[:_YEAR]), int(date[5:_MONTH] or 12)
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def task_kind(task_id: str) -> str:
    """Return the kind of a task by its id; empty for ids of others.

    Examples
    --------
    >>> task_kind("P52AB8E-3"), task_kind("S5F4131"), task_kind("u1")
    ('start', 'survey', '')
    """
    if task_id.startswith("P"):
        return next((kind for kind, end in _STAGES.items() if task_id.endswith(end)), "")
    return next((k for k, letter in _LETTERS.items() if task_id.startswith(letter)), "")


def scheduled(start: dt.date | None, due: dt.date | None, day: dt.date) -> float | None:
    """Return scheduled progress: linear from start to due, per cent; None where no schedule is known.

    Examples
    --------
    >>> year = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
    >>> [scheduled(*year, dt.date(2026, month, 1)) for month in (1, 7)], scheduled(None, None, year[0])
    ([0.0, 50.0], None)
    """
    if due is None:
        return None
    if day >= due:
        return 100.0
    if start is None:
        return None
    return 0.0 if day < start else float(round(100 * (day - start).days / (due - start).days))


def months_between(earlier: dt.date, later: dt.date) -> int:
    """Return how many months lie between the months of two days."""
    return (later.year - earlier.year) * 12 + later.month - earlier.month


def judge(
    task_id: str,
    rules: RuleSet,
    day: dt.date,
    *,
    start: dt.date | None = None,
    due: dt.date | None = None,
    progress: float | None = None,
    state: str = "",
    moved: dt.date | None = None,
) -> Standing:
    """Return how a task stands at a day under a rule set.

    Parameters
    ----------
    task_id
        Its id, which tells its kind.
    day
        The day.
    start, due
        First and last day of its schedule.
    progress
        Reported progress, per cent.
    state
        A key of the states: open, running, done, paused, cancelled.
    moved
        Any day of the month in which progress last changed.
    """
    expected = scheduled(start, due, day)
    counted = 100.0 if state == "done" else progress
    behind = None if expected is None or counted is None else expected - counted
    finished = counted is not None and counted >= 100  # noqa: PLR2004  per cent
    late = (day - due).days if due is not None and day > due and not finished else 0

    def standing(light: str, band: Band | None = None) -> Standing:
        return Standing(light, expected, counted, behind, late, band)

    if state == "cancelled":
        return standing("cancelled")
    if finished:
        return standing("done")
    begun = start is None or day >= start
    since = moved or start
    values = {
        "months_late": months_between(due, day) if due is not None else None,
        "points_behind": behind if begun else None,
        "percent_behind": 100 * behind / expected if begun and expected and behind is not None else None,
        "months_still": months_between(since, day) if since is not None and begun else None,
    }  # fmt: skip
    kind = task_kind(task_id)
    for band in rules.bands:
        value = values[band.measure]
        if (
            value is not None
            and (not band.applies_to or kind in band.applies_to)
            and band.holds(value)
        ):
            return standing(band.colour if band.stated else f"{band.colour}*", band)
    if start is None and due is None:
        return standing("undated")
    if begun and expected and counted is None:
        return standing("unreported")
    return standing("early")


def light_formula(
    rules: RuleSet, cells: Mapping[str, str], said: Callable[[str], str], lang: Language
) -> str:
    """Return the formula of a light: the same questions in the same order as :func:`judge`.

    Parameters
    ----------
    cells
        Addresses: task_id, start, due, state, expected, counted, moved.
    said
        Text of a light by its key.
    """
    t, h, i = cells["task_id"], cells["start"], cells["due"]
    e, c, m = cells["expected"], cells["counted"], cells["moved"]
    cancelled, done = (track_words.name("states", k, lang) for k in ("cancelled", "done"))
    begun = f"OR(NOT(ISNUMBER({h})),CountDay>={h})"
    inner = (
        f'IF(AND(NOT(ISNUMBER({h})),NOT(ISNUMBER({i}))),"{said("undated")}",'
        f'IF(AND({begun},N({e})>0,NOT(ISNUMBER({c}))),"{said("unreported")}","{said("early")}"))'
    )
    since = f"IF(ISNUMBER({m}),{m},{h})"
    values = {
        "months_late": (f"ISNUMBER({i})", _months(i)),
        "points_behind": (f"AND({begun},ISNUMBER({e}),ISNUMBER({c}))", f"(N({e})-N({c}))"),
        "percent_behind": (
            f"AND({begun},N({e})>0,ISNUMBER({c}))", f"(100*(N({e})-N({c}))/MAX(N({e}),1E-9))"
        ),
        "months_still": (f"AND({begun},ISNUMBER({since}))", _months(since)),
    }  # fmt: skip
    for band in reversed(rules.bands):
        guard, value = values[band.measure]
        asked = [guard, *_ends(band, value)]
        if band.applies_to:
            asked.append(_is_kind(t, band.applies_to))
        light = band.colour if band.stated else f"{band.colour}*"
        inner = f'IF(AND({",".join(asked)}),"{said(light)}",{inner})'
    return (
        f'=IF({t}="","",IF({cells["state"]}="{cancelled}","{said("cancelled")}",'
        f'IF(OR({cells["state"]}="{done}",N({c})>=100),"{said("done")}",{inner})))'
    )


def _months(cell: str) -> str:
    return f"((YEAR(CountDay)-YEAR({cell}))*12+MONTH(CountDay)-MONTH({cell}))"


def _ends(band: Band, value: str) -> list[str]:
    asked = []
    if not math.isinf(band.low):
        asked.append(f"{value}{'>=' if band.low_inclusive else '>'}{band.low:g}")
    if not math.isinf(band.high):
        asked.append(f"{value}{'<=' if band.high_inclusive else '<'}{band.high:g}")
    return asked


def _is_kind(cell: str, kinds: tuple[str, ...]) -> str:
    asked = [
        f'AND(LEFT({cell},1)="P",RIGHT({cell},2)="{_STAGES[kind]}")' if kind in _STAGES
        else f'LEFT({cell},1)="{_LETTERS[kind]}"'
        for kind in kinds
    ]  # fmt: skip
    return f"OR({','.join(asked)})"
