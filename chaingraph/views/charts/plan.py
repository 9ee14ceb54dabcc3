"""Drawings of a plan: its projects on a time line (Gantt), and its chains before and after."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from chaingraph import words
from chaingraph.planning.effect import MOST_YEARS, STAGES
from chaingraph.views.drawing.palette import HATCH
from chaingraph.views.drawing.svg import (
    INK,
    MARGIN,
    PLAIN,
    QUIET,
    RULE,
    SMALL,
    WIDTH,
    Box,
    Drawing,
    nice_ticks,
    sentence_svg,
)
from chaingraph.views.wording import figure_word

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from chaingraph.planning.effect import Bar
    from chaingraph.words import Language

_BUILD, _RUN, _SURVEY, _AS_OF = "#5AAED6", "#0B4F8A", "#E7EAED", "#C4420B"
_LABEL, _AFTER, _ROW, _BAR = 330.0, 130.0, 30.0, 18.0
_STAGE_FILL: Final = {"today": "#9AA5B1", "coming": "#5AAED6", "planned": "#0B4F8A"}
_CNY: Final = 1e8
_PALE: Final = 0.5
"""Share of ink up to which letters on it are dark."""


def years_of(bars: Sequence[Bar], as_of: str) -> range:
    """Return the years of a time line: from the data's or the first start, until all has run in."""
    begun = min(bar.started for bar in bars) // 12
    known = _known(as_of) // 12 if as_of else begun
    first = min(known, begun)
    first = max(first, begun - 1)
    last = max(bar.full for bar in bars) // 12
    return range(first, min(last, first + MOST_YEARS - 1) + 1)


def _known(as_of: str) -> int:
    """Return the first month after the data, counted from year 0."""
    return int(as_of[:4]) * 12 + (int(as_of[5:7]) if len(as_of) > len("2026") else 12)


def draw_time_line(
    bars: Sequence[Bar],
    names: Mapping[str, str],
    *,
    ramp: Sequence[float],
    as_of: str,
    title: str,
    lang: Language,
) -> str:
    """Draw the projects of a plan by year: survey first, building, running in, at full output.

    Parameters
    ----------
    bars
        What :func:`chaingraph.planning.effect.time_line` gave.
    names
        Key of a project -> its name with size.
    ramp
        Share of capacity in the first, second, later years.
    as_of
        Date of the data, marked where it lies on the line.
    title, lang
        Title and language.

    Returns
    -------
    str
        SVG text; a sentence where there is no project.
    """
    subtitle = figure_word("plan-subtitle", lang, at=as_of or "-")
    if not bars:
        return sentence_svg(title, subtitle, figure_word("plan-no-projects", lang), "plan")
    years = years_of(bars, as_of)
    drawing = Drawing()
    top = _time_legend(drawing, drawing.heading(title, subtitle), ramp, lang) + 26
    left, wide = MARGIN + _LABEL, WIDTH - 2 * MARGIN - _LABEL - _AFTER
    month = wide / (12 * len(years))
    start = years[0] * 12
    bottom = top + _ROW * len(bars)
    for number, year in enumerate(years):
        x = left + number * 12 * month
        drawing.add("line", x1=x, y1=top - 4, x2=x, y2=bottom, stroke=RULE, stroke_width=1)
        drawing.text(x + 6 * month, top - 9, str(year), size=PLAIN, anchor="middle", bold=True)
    edge = left + wide
    drawing.add("line", x1=edge, y1=top - 4, x2=edge, y2=bottom, stroke=RULE, stroke_width=1)
    for number, bar in enumerate(bars):
        y = top + number * _ROW
        drawing.add("line", x1=MARGIN, y1=y + _ROW, x2=WIDTH - MARGIN, y2=y + _ROW, stroke=RULE,
                    stroke_width=0.5)  # fmt: skip
        drawing.text(MARGIN, y + 20, names[bar.project.key], size=PLAIN, width=_LABEL - 10)
        _bar(drawing, bar, (left, edge, y, month, start), ramp, as_of)
        drawing.text(edge + 8, y + 20, _spent(bar, lang), size=SMALL, fill=QUIET, width=_AFTER - 8)
    if as_of:
        x = left + (_known(as_of) - start) * month
        if left <= x <= edge:
            drawing.add("path", d=f"M{x:.1f} {top - 4:.1f}V{bottom:.1f}", stroke=_AS_OF,
                        stroke_width=2, fill="none")  # fmt: skip
            said = figure_word("plan-as-of", lang, at=as_of)
            drawing.text(
                min(max(x, left + 40), edge - 40), bottom + 16, said, fill=_AS_OF, anchor="middle"
            )
    drawing.bottom = max(drawing.bottom, bottom + 20)
    return drawing.close(title, subtitle, "plan")


def _bar(
    drawing: Drawing,
    bar: Bar,
    room: tuple[float, float, float, float, int],
    ramp: Sequence[float],
    as_of: str,
) -> None:
    """Draw one project: hatched survey, pale building, darker and darker running."""
    left, edge, y, month, start = room
    above = y + (_ROW - _BAR) / 2

    def place(at: int) -> float:
        return min(max(left + (at - start) * month, left), edge)

    if bar.survey:
        one = place(max(bar.started - 12, _known(as_of) if as_of else 0))
        other = place(bar.started)
        if other - one > 1:
            drawing.hatched(Box(one, above, other, above + _BAR), _SURVEY, HATCH)
        if other - one > 1.5 * PLAIN:
            drawing.text((one + other) / 2, above + 14, "？", size=PLAIN, anchor="middle")
    one, other = place(bar.started), place(bar.running)
    if other > one:
        drawing.add("rect", x=one, y=above, width=other - one, height=_BAR, fill=_BUILD)
    for number, share in enumerate(ramp):
        begun = bar.running + 12 * number
        one = place(begun)
        other = place(begun + 12) if number < len(ramp) - 1 else edge
        if other - one <= 1:
            continue
        shade = 0.35 + 0.65 * share
        drawing.add("rect", x=one, y=above, width=other - one, height=_BAR, fill=_RUN,
                    fill_opacity=round(shade, 2))  # fmt: skip
        if other - one > 30:  # noqa: PLR2004  room for three digits and a sign
            drawing.text(one + min(other - one, 12 * month) / 2, above + 14, f"{share:.0%}", size=SMALL,
                         anchor="middle", fill="#FFFFFF" if shade > _PALE else INK)  # fmt: skip


def _spent(bar: Bar, lang: Language) -> str:
    money = bar.project.investment
    return figure_word("plan-no-money", lang) if money is None else figure_word(
        "plan-money", lang, value=f"{money:,.1f}"
    )  # fmt: skip


def _time_legend(drawing: Drawing, y: float, ramp: Sequence[float], lang: Language) -> float:
    x = MARGIN
    shares = " / ".join(f"{share:.0%}" for share in ramp)
    for key, fill in (("plan-survey", ""), ("plan-build", _BUILD), ("plan-run", _RUN)):
        box = Box(x, y + 2, x + 22, y + 15)
        if fill:
            drawing.add("rect", x=box.left, y=box.top, width=22, height=13, fill=fill)
        else:
            drawing.hatched(box, _SURVEY, HATCH)
        said = drawing.text(x + 28, y + 13, figure_word(key, lang, ramp=shares), size=SMALL)
        x = said.right + 26
    return y + 16


def draw_before_after(frame: pd.DataFrame, *, title: str, subtitle: str, lang: Language) -> str:
    """Draw what chains buy outside today, with what is under construction, and with the plan.

    Parameters
    ----------
    frame
        What :func:`chaingraph.planning.effect.compare_chains` gave.
    title, subtitle, lang
        Title, subtitle and language.

    Returns
    -------
    str
        SVG text; a bar ends where the figure surely is, and is pale up to where it may be.
    """
    rows = frame[(frame["measure"] == "purchases") & frame["today_high"].notna()]
    if rows.empty:
        return sentence_svg(title, subtitle, figure_word("plan-no-purchases", lang), "before-after")
    drawing = Drawing()
    y = drawing.heading(title, subtitle) + 4
    x = MARGIN
    for stage, fill in _STAGE_FILL.items():
        drawing.add("rect", x=x, y=y + 2, width=22, height=13, fill=fill)
        x = drawing.text(x + 28, y + 13, figure_word(f"plan-{stage}", lang), size=SMALL).right + 26
    y += 30
    label, room = 150.0, 250.0
    most = max(float(rows[f"{stage}_high"].max()) for stage in STAGES) / _CNY
    ticks = nice_ticks(most)
    left, wide = MARGIN + label, WIDTH - 2 * MARGIN - label - room
    scale = wide / ticks[-1]
    bottom = y + len(rows) * 66 - 8
    for tick in ticks:
        at = left + tick * scale
        drawing.add("line", x1=at, y1=y, x2=at, y2=bottom, stroke=RULE, stroke_width=1)
        drawing.text(at, bottom + 16, f"{tick:g}", size=SMALL, anchor="middle", fill=QUIET)
    for row in rows.to_dict("records"):
        drawing.text(MARGIN, y + 34, words.term("chain", row["chain"], lang), size=PLAIN, bold=True,
                     width=label - 8)  # fmt: skip
        for number, stage in enumerate(STAGES):
            low, high = (row[f"{stage}_{end}"] / _CNY for end in ("low", "high"))
            above = y + number * 18
            if not math.isfinite(high):
                continue
            drawing.add("rect", x=left, y=above, width=max(high * scale, 0.5), height=15,
                        fill=_STAGE_FILL[stage], fill_opacity=0.35)  # fmt: skip
            drawing.add("rect", x=left, y=above, width=max(low * scale, 0.5), height=15,
                        fill=_STAGE_FILL[stage])  # fmt: skip
            said = f"{low:,.1f}" if high - low < 0.05 else f"{low:,.1f}–{high:,.1f}"  # noqa: PLR2004
            drawing.text(left + high * scale + 6, above + 12, said, size=SMALL)
        y += 66
    drawing.bottom = max(drawing.bottom, bottom + 18)
    return drawing.close(title, subtitle, "before-after")
