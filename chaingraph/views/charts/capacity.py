"""Capacity over time: one small panel a product, what operates and what is built."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from chaingraph.analysis.regions import place_name
from chaingraph.analysis.study import as_study
from chaingraph.dataset import last_day
from chaingraph.enterprises import RUNNING, maker_rows, site_rows
from chaingraph.gazetteer import find_region
from chaingraph.results import shown_number
from chaingraph.views.drawing.palette import STYLES
from chaingraph.views.drawing.svg import (
    INK,
    MARGIN,
    PLAIN,
    QUIET,
    Box,
    Drawing,
    nice_ticks,
    sentence_svg,
    shorten,
    text_width,
)
from chaingraph.views.wording import figure_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.analysis.basis import Basis
    from chaingraph.dataset import Dataset
    from chaingraph.regions import Region
    from chaingraph.words import Language

_FROM = 2000.0
_PANEL_WIDE, _PANEL_HIGH, _PER_ROW = 302.0, 178.0, 4
_TICK = 11.0


class Steps(NamedTuple):
    """Capacity of a product over time: points (year, units) of what operates and of that with what is built."""

    product_id: str
    operating: list[tuple[float, float]]
    building: list[tuple[float, float]]
    unknown_start: int
    unknown_size: int
    rows: int
    sourced: int


def capacity_steps(
    source: Dataset | Basis, region: str | Region | None, products: Sequence[str]
) -> list[Steps]:
    """Return the capacity of products over time up to the dataset's date, from `since` and `until`.

    A row without a start counts from the beginning, as every analysis counts it. Of what is built only
    rows count that stand at the date: not begun since, not long unseen.
    """
    study = as_study(source)
    ds = study.dataset
    place = find_region(ds, region)
    rows = maker_rows(
        ds.enterprises, ds.capacities, products=products, where=place, at=None,
        statuses={"operating": 1.0},
    )  # fmt: skip
    rows = site_rows(rows[rows["status"].isin([*RUNNING, "construction"])])
    day = last_day(ds.as_of) if ds.as_of else "9999"
    rows = rows[rows["since"].isna() | (rows["since"] <= day)]
    now = study.maker_rows
    rows = rows[
        (rows["status"] != "construction") | _standing(rows, now[~now["stale"].astype(bool)])
    ]
    end = _year(ds.as_of, late=True) if ds.as_of else _last_year(rows)
    return [_steps(p, rows[rows["product_id"] == p], end) for p in dict.fromkeys(products)]


_KEYS = ["enterprise_id", "product_id", "status", "since", "capacity"]


def _standing(rows: pd.DataFrame, now: pd.DataFrame) -> pd.Series[bool]:
    """Tell which rows are among those that stand."""
    known = set(now[_KEYS].astype("str").itertuples(index=False, name=None))
    found = [key in known for key in rows[_KEYS].astype("str").itertuples(index=False, name=None)]
    return pd.Series(found, index=rows.index, dtype=bool)


def _last_year(rows: pd.DataFrame) -> float:
    dates = [*rows["since"].dropna(), *rows["until"].dropna()]
    return max((_year(str(date)) for date in dates), default=_FROM) + 1


def _year(date: str, *, late: bool = False) -> float:
    """Return a partial date as a year with a fraction: its first day, or the day after its last."""
    parts = [int(part) for part in date.split("-")]
    months = (parts[1] - 1) / 12 if len(parts) > 1 else 0.0
    days = (parts[2] - 1) / 366 if len(parts) > 2 else 0.0  # noqa: PLR2004  year, month, day
    after = {1: 1.0, 2: 1 / 12, 3: 1 / 366}[len(parts)]
    return parts[0] + months + days + (after if late else 0.0)


def _steps(product_id: str, rows: pd.DataFrame, end: float) -> Steps:
    known = rows[rows["capacity"].notna()]
    changes: dict[str, list[tuple[float, float]]] = {"operating": [], "construction": []}
    for row in known.to_dict("records"):
        since, until, size = row["since"], row["until"], float(row["capacity"])
        own = changes["construction" if row["status"] == "construction" else "operating"]
        own.append((_year(since) if isinstance(since, str) else -math.inf, size))
        if isinstance(until, str) and _year(until) < end:
            own.append((_year(until), -size))
    both = changes["operating"] + changes["construction"]
    return Steps(
        product_id,
        _levels(changes["operating"], end),
        _levels(both, end) if changes["construction"] else [],
        int(known["since"].isna().sum()),
        int(rows["capacity"].isna().sum()),
        len(rows),
        int(rows["source_url"].notna().sum()),
    )


def _levels(changes: Sequence[tuple[float, float]], end: float) -> list[tuple[float, float]]:
    """Return the level after each change, the last one again at the end."""
    level, points = 0.0, []
    for when in sorted({year for year, _ in changes}):
        level += math.fsum(size for year, size in changes if year == when)
        points.append((when, max(0.0, level)))
    return [*points, (end, points[-1][1])] if points else []


def capacity_over_time(
    source: Dataset | Basis, region: str | Region | None, products: Sequence[str], lang: Language
) -> str:
    """Draw the capacity of products over time, one panel each in its own unit.

    Parameters
    ----------
    source
        The dataset, or an open study of it; its date ends the time axis.
    region
        A region or its name, the focus by default.
    products
        Product ids.
    lang
        Language of the labels.

    Returns
    -------
    str
        SVG text; a sentence in place of the chart where no capacity is known.

    Raises
    ------
    UnknownNameError
        For a region that is not there.
    """
    study = as_study(source)
    ds = study.dataset
    steps = capacity_steps(study, region, products)
    place = find_region(ds, region).name
    title = f"{place_name(ds, place, lang)} · {figure_word('capacity-title', lang)}"
    subtitle = figure_word("capacity-subtitle", lang, at=ds.as_of or "-")
    drawn = [s for s in steps if s.operating or s.building]
    if not drawn:
        return sentence_svg(title, subtitle, figure_word("capacity-none", lang), "capacity")
    table = ds.products.set_index("product_id")
    dated = [y for s in drawn for y, _ in (*s.operating, *s.building) if math.isfinite(y)]
    first, last = math.floor(min(dated)), max(dated)
    first = max(min(first, math.floor(last) - 4), math.floor(last) - 12)
    drawing = Drawing()
    y = drawing.heading(title, subtitle) + 6
    for number, step in enumerate(drawn):
        left = MARGIN + (number % _PER_ROW) * (_PANEL_WIDE + 13)
        top = y + (number // _PER_ROW) * (_PANEL_HIGH + 14)
        box = Box(left, top, left + _PANEL_WIDE, top + _PANEL_HIGH)
        row = table.loc[step.product_id]
        _panel(drawing, step, box, (first, last), _names(row, lang))
    bottom = y + math.ceil(len(drawn) / _PER_ROW) * (_PANEL_HIGH + 14)
    rows, sourced = sum(s.rows for s in drawn), sum(s.sourced for s in drawn)
    unknown, unsized = sum(s.unknown_start for s in drawn), sum(s.unknown_size for s in drawn)
    notes = [figure_word("capacity-reading", lang)]
    notes += [figure_word("capacity-unknown", lang, count=unknown)] if unknown else []
    notes += [figure_word("capacity-unsized", lang, count=unsized)] if unsized else []
    notes.append(figure_word("sourced-capacity", lang, count=sourced, total=rows))
    drawing.notes(notes, bottom + 10)
    return drawing.close(title, subtitle, "capacity")


def _names(row: Any, lang: Language) -> tuple[str, str]:
    cells = [row["name_zh"], row["name_en"]]
    texts = [
        str(cell) for cell in (cells if lang == "zh" else cells[::-1]) if isinstance(cell, str)
    ]
    unit = row["unit"] if isinstance(row["unit"], str) else ""
    return (texts or [str(row.name)])[0], unit


def _panel(
    drawing: Drawing, step: Steps, box: Box, span: tuple[int, float], names: tuple[str, str]
) -> None:  # fmt: skip
    """Draw one product: name and unit, axes, the line of what operates, the dashed one with what is built."""
    name, unit = names
    levels = [v for _, v in (*step.operating, *step.building)]
    ticks = nice_ticks(max(levels), 3)
    labels = [shown_number(tick) for tick in ticks]
    inner = max(text_width(label, _TICK) for label in labels) + 8
    outer = max(
        text_width(shown_number(p[-1][1]), 12, bold=True)
        for p in (step.operating, step.building)
        if p
    )
    plot = Box(box.left + inner, box.top + 26, box.right - outer - 14, box.bottom - 22)
    tail = f" ({unit})" if unit else ""
    room = box.right - box.left - 6
    head = shorten(name, PLAIN, max(room / 2, room - text_width(tail, PLAIN, bold=True)), bold=True)
    drawing.text(box.left, box.top + 12, head + tail, size=PLAIN, bold=True, width=room)

    def at(year: float, value: float) -> tuple[float, float]:
        share = (max(year, span[0]) - span[0]) / (span[1] - span[0])
        return (
            plot.left + share * (plot.right - plot.left),
            plot.bottom - value / ticks[-1] * (plot.bottom - plot.top),
        )

    for tick, label in zip(ticks, labels, strict=True):
        y = at(span[0], tick)[1]
        drawing.add("line", x1=plot.left, y1=y, x2=plot.right, y2=y, stroke="#E3E6E9")
        drawing.text(plot.left - 5, y + 4, label, size=_TICK, anchor="end", fill=QUIET)
    years = range(span[0], math.ceil(span[1]))
    gap = max(1, math.ceil(len(years) / 5))
    for year in years[::gap]:
        x = at(year, 0)[0]
        drawing.add("line", x1=x, y1=plot.bottom, x2=x, y2=plot.bottom + 4, stroke=QUIET)
        drawing.text(x, plot.bottom + 16, str(year), size=_TICK, anchor="middle", fill=QUIET)
    for points, stroke, dashes in (
        (step.building, "#1F5F80", "5 4"),
        (step.operating, STYLES["strong"].fill, ""),
    ):
        if points:
            before = [p for p in points if p[0] <= span[0]][-1:]
            later = [at(*p) for p in points if p[0] > span[0]]
            start = [at(*p) for p in before] or [(later[0][0], plot.bottom)]
            path = "M{:.2f} {:.2f}".format(*start[0]) + "".join(
                f"H{x:.2f}V{y:.2f}" for x, y in later
            )
            drawing.add(
                "path", d=path, fill="none", stroke=stroke, stroke_width=1.8 if dashes else 2.4,
                data_id=step.product_id, data_part="construction" if dashes else "operating",
                data_value=f"{points[-1][1]:.12g}", **({"stroke_dasharray": dashes} if dashes else {}),
            )  # fmt: skip
    _ends(drawing, step, plot, at(span[1], 0)[0], ticks[-1])


def _ends(drawing: Drawing, step: Steps, plot: Box, x: float, highest: float) -> None:
    """Write the last figures beside the ends of the lines, apart from each other."""
    ends = []
    if step.operating:
        ends.append((step.operating[-1][1], True))
    if step.building and (not step.operating or step.building[-1][1] > step.operating[-1][1]):
        ends.append((step.building[-1][1], False))
    last = math.inf
    for value, solid in ends:
        y = plot.bottom - value / highest * (plot.bottom - plot.top) + 4
        y = min(y, last - 14)
        last = y
        drawing.text(x + 5, y, shown_number(value), bold=solid, fill=INK if solid else "#1F5F80")
