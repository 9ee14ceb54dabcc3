"""Figures of one indicator over years: which of them may be joined, how they grew, where they lead."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from chaingraph.planning.indicators_settings import indicator_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

_YEAR: Final = 4
_FAN: Final = 3
_REGRESSION: Final = 5


class Projection(NamedTuple):
    """Where a series leads in a year: low, middle, high; by which method; the chance of reaching a target."""

    low: float
    mid: float
    high: float
    method: str
    chance: float = math.nan


@dataclass(frozen=True)
class Series:
    """Yearly figures that may be joined: of one series, none a part of a year, nominal not mixed with real.

    Attributes
    ----------
    years, figures
        In order; of two figures of a year the one that stands later in the table.
    basis, source
        Of the last figure.
    derived
        Years whose figure the keeper computed.
    apart
        What was left out and why: (year, value, reason); reasons are ``series``, ``period``, ``basis``.
    """

    years: tuple[int, ...]
    figures: tuple[float, ...]
    basis: str = ""
    source: str = ""
    derived: tuple[int, ...] = ()
    apart: tuple[tuple[str, float, str], ...] = ()

    @property
    def last(self) -> float:
        """The last figure; nan where there is none."""
        return self.figures[-1] if self.figures else math.nan


def join_series(rows: Sequence[dict[str, str]], name: str = "") -> Series:
    """Return the yearly figures of a series; what is of another series, a part of a year or real is told apart.

    Parameters
    ----------
    rows
        Rows of the table ``indicators`` of one region and indicator, kind actual.
    name
        Name of the series; the target's own.

    Examples
    --------
    >>> row = {"year": "2021", "value": "10", "period": "year", "basis": "", "series": "", "source_url": ""}
    >>> half = row | {"year": "2022-06", "value": "6", "period": "ytd"}
    >>> join_series([row, half]).years, join_series([row, half]).apart
    ((2021,), (('2022-06', 6.0, 'period'),))
    """
    apart: list[tuple[str, float, str]] = []
    kept: dict[int, dict[str, str]] = {}
    for row in rows:
        if not row["value"]:
            continue
        reason = _why_apart(row, name)
        if reason:
            apart.append((row["year"], float(row["value"]), reason))
        else:
            kept[int(row["year"])] = row
    real = [year for year, row in kept.items() if row["basis"] == "real"]
    if real and len(real) < len(kept):
        for year in real:
            row = kept.pop(year)
            apart.append((row["year"], float(row["value"]), "basis"))
    years = tuple(sorted(kept))
    final = kept[years[-1]] if years else {}
    return Series(
        years, tuple(float(kept[y]["value"]) for y in years), final.get("basis", ""),
        final.get("source_url", ""), tuple(y for y in years if kept[y]["basis"] == "derived"), tuple(apart),
    )  # fmt: skip


def _why_apart(row: dict[str, str], name: str) -> str:
    if row["series"] != name:
        return "series"
    whole = len(row["year"]) == _YEAR and row["period"] in {"", "year"}
    return "" if whole and row["year"].isdigit() else "period"


def needed_change(last: float, target: float, years: int, *, share: bool) -> float:
    """Return the yearly change that leads from a figure to a target: growth, or points of a share.

    Growth :math:`g = (T/A)^{1/n} - 1`, points :math:`(T - A)/n`; nan where nothing can be told (A = 0, n < 1).

    Examples
    --------
    >>> round(needed_change(3802, 5000, 3, share=False), 4), needed_change(30.0, 34.0, 2, share=True)
    (0.0956, 2.0)
    """
    if years < 1 or math.isnan(last) or math.isnan(target):
        return math.nan
    if share:
        return (target - last) / years
    if last <= 0 or target <= 0:
        return math.nan
    return float((target / last) ** (1 / years) - 1)


def actual_change(series: Series, *, share: bool) -> float:
    """Return the yearly change over the last years (five at most); nan for fewer than two figures."""
    first = _first(series)
    if first is None:
        return math.nan
    place, years = first
    return needed_change(series.figures[place], series.last, years, share=share)


def _first(series: Series) -> tuple[int, int] | None:
    window = indicator_settings()["window_years"]
    for place, year in enumerate(series.years[:-1]):
        years = series.years[-1] - year
        if years <= window:
            return place, years
    return None


def project(
    series: Series, year: int, *, share: bool, target: float = math.nan
) -> Projection | None:
    """Return where a series leads in a year; None where one figure is all there is.

    Five figures or more: a line through the logarithms (of a share through the figures) with its t prediction
    interval of 80%; three or four: the lowest and highest yearly change seen; two: one line, no interval.

    Examples
    --------
    >>> grown = Series((2018, 2019, 2020, 2021, 2022), (100, 112, 118, 135, 146))
    >>> [round(v, 1) for v in project(grown, 2025, share=False)[:3]]
    [182.5, 194.1, 206.5]
    """
    count = len(series.years)
    if count < 2 or year <= series.years[-1]:  # noqa: PLR2004  a line needs two
        return None
    as_line = share or min(series.figures) <= 0
    if count >= _REGRESSION:
        return _regression(series, year, as_line=as_line, target=target)
    ahead = year - series.years[-1]
    pairs = list(zip(series.years, series.figures, strict=True))
    changes = [
        needed_change(a, b, later - earlier, share=as_line)
        for (earlier, a), (later, b) in pairwise(pairs)
    ]
    whole = needed_change(
        series.figures[0], series.last, series.years[-1] - series.years[0], share=as_line
    )

    def ends(change: float) -> float:
        return series.last + change * ahead if as_line else series.last * (1 + change) ** ahead

    if count < _FAN:
        return Projection(math.nan, ends(whole), math.nan, "line")
    return Projection(ends(min(changes)), ends(whole), ends(max(changes)), "fan")


def _regression(series: Series, year: int, *, as_line: bool, target: float) -> Projection:
    from scipy import stats

    x = np.array(series.years, dtype=float)
    y = np.array(series.figures, dtype=float)
    y = y if as_line else np.log(y)
    count = len(x)
    slope, level = np.polyfit(x - x.mean(), y, 1)
    rest = y - (level + slope * (x - x.mean()))
    error = math.sqrt(max(0.0, float(rest @ rest)) / (count - 2))
    spread = error * math.sqrt(
        1 + 1 / count + (year - x.mean()) ** 2 / float(((x - x.mean()) ** 2).sum())
    )
    mid = float(level + slope * (year - x.mean()))
    part = (1 + indicator_settings()["interval"]) / 2
    width = spread * float(stats.t.ppf(part, count - 2))
    chance = math.nan
    if not math.isnan(target) and (as_line or target > 0):
        wanted = target if as_line else math.log(target)
        tiny = spread < 1e-9  # noqa: PLR2004  figures on a line
        chance = (
            float(mid >= wanted) if tiny else float(stats.t.sf((wanted - mid) / spread, count - 2))
        )
    low, middle, high = (v if as_line else math.exp(v) for v in (mid - width, mid, mid + width))
    return Projection(low, middle, high, "regression", chance)


def state_of(ratio: float) -> str:
    """Return how actual change stands to needed change.

    Examples
    --------
    >>> [state_of(r) for r in (0.95, 0.94, 0.6, 0.59, 0, -0.1)]
    ['on_track', 'slower', 'slower', 'insufficient', 'insufficient', 'wrong_way']
    """
    settings: dict[str, Any] = indicator_settings()
    if ratio >= settings["on_track"]:
        return "on_track"
    if ratio >= settings["slower"]:
        return "slower"
    return "insufficient" if ratio >= 0 else "wrong_way"
