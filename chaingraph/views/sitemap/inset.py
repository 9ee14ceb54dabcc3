"""The far side of a region map: suppliers and targets elsewhere, and the list of ties."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from chaingraph.views.drawing.svg import (
    INK,
    PAPER,
    PLAIN,
    QUIET,
    RULE,
    Box,
    Drawing,
    join_names,
    region_name,
    shortest,
)
from chaingraph.views.sitemap.frames import fit_view, write_name
from chaingraph.views.wording import figure_word

if TYPE_CHECKING:
    from chaingraph.views.sitemap.build import RegionMap
    from chaingraph.words import Language

_TIES = 13
_BOW = 0.12
SUPPLIER, TARGET = "#0B4F8A", "#C4420B"


def draw_inset(drawing: Drawing, drawn: RegionMap, frame: Box, lang: Language) -> None:
    """Draw the frame of far places: all sites of the data as points, suppliers and targets by name."""
    here = [site for site in drawn.sites if site.placed]
    centre = (sum(s.lat for s in here) / len(here), sum(s.lon for s in here) / len(here))
    far = [tie for tie in drawn.ties if tie.far]
    view = fit_view(frame, [centre, *drawn.elsewhere, *((t.lat, t.lon) for t in far)], 0.04)
    drawing.add("rect", x=frame.left, y=frame.top, width=frame.right - frame.left,
                height=frame.bottom - frame.top, fill=PAPER, stroke=RULE)  # fmt: skip
    for lat, lon in drawn.elsewhere:
        x, y = view.at(lat, lon)
        drawing.add("circle", cx=x, cy=y, r=1.3, fill="#B8C0C8")
    home = view.at(*centre)
    drawing.text(frame.left + 8, frame.top + 17, figure_word("inset", lang), fill=QUIET)
    places: dict[tuple[float, float, bool], list[str]] = defaultdict(list)
    for tie in far:
        places[(*view.at(tie.lat, tie.lon), tie.target)].append(tie.name(lang))
    taken = [Box(x - 4, y - 4, x + 4, y + 4) for x, y, _ in places]
    for name, lat, lon in sorted({(t.name(lang), t.lat, t.lon) for t in far if t.target}):
        _target_link(drawing, home, view.at(lat, lon), name)
    for x, y, target in sorted(places):
        if target:
            target_mark(drawing, x, y)
            continue
        drawing.add("line", x1=home[0], y1=home[1], x2=x, y2=y, stroke=SUPPLIER, stroke_width=1.2)
        drawing.add("circle", cx=x, cy=y, r=4, fill=SUPPLIER)
    drawing.add("circle", cx=home[0], cy=home[1], r=6, fill=INK)
    taken.append(Box(home[0] - 6, home[1] - 6, home[0] + 6, home[1] + 6))
    inner = Box(frame.left + 3, frame.top + 22, frame.right - 3, frame.bottom - 3)
    for reach in (9, 24, 40):
        name = region_name(drawn.facts, lang)
        if write_name(drawing, name, (*home, reach), (taken, inner), INK, leader=reach > 9):  # noqa: PLR2004
            break
    for (x, y, _), names in sorted(places.items()):
        write_name(drawing, join_names(sorted(set(names)), lang, 2), (x, y, 7), (taken, inner), INK)


def _target_link(
    drawing: Drawing, home: tuple[float, float], end: tuple[float, float], name: str
) -> None:
    """Draw a thin curve from a target's site to the region."""
    dx, dy = end[0] - home[0], end[1] - home[1]
    one, other = (
        f"{shortest(home[0] + dx * part + dy * _BOW)} {shortest(home[1] + dy * part - dx * _BOW)}"
        for part in (0.3, 0.7)
    )
    drawing.add(
        "path", d=f"M{shortest(home[0])} {shortest(home[1])}C{one} {other} {shortest(end[0])} "
        f"{shortest(end[1])}", fill="none", stroke=TARGET, stroke_width=1, stroke_dasharray="5 3",
        data_target=name,
    )  # fmt: skip


def target_mark(drawing: Drawing, x: float, y: float) -> None:
    """Draw the mark of a target's site."""
    corners = f"{x:.2f},{y - 5:.2f} {x + 5:.2f},{y:.2f} {x:.2f},{y + 5:.2f} {x - 5:.2f},{y:.2f}"
    drawing.add("polygon", points=corners, fill=TARGET)


def draw_ties(
    drawing: Drawing, drawn: RegionMap, above: Box, bottom: float, lang: Language
) -> None:
    """List the ties below the inset, and the targets of each gap, as many as fit."""
    y = above.bottom + 20
    lines, targets = tie_lines(drawn, lang), target_lines(drawn, lang)
    heading = figure_word("suppliers" if lines else "no-suppliers", lang)
    most = min(_TIES, int((bottom - y) // 17) - 1)
    if not targets:
        _list(drawing, above, y, (heading, lines[:most], len(lines)), lang)
        return
    few = min(len(lines), most // 3)
    y = _list(drawing, above, y, (heading, lines[:few], len(lines)), lang) + 8
    most = max(1, int((bottom - y) // 17) - 1)
    heading = figure_word("targets", lang)
    _list(drawing, above, y, (heading, targets[:most], len(targets)), lang)


def _list(
    drawing: Drawing, above: Box, y: float, shown: tuple[str, list[str], int], lang: Language
) -> float:
    """Write a heading and some of a number of lines; return where the next thing may begin."""
    heading, lines, count = shown
    width = above.right - above.left
    drawing.text(above.left, y, heading, size=PLAIN, bold=True, width=width)
    for line in lines:
        y += 17
        drawing.text(above.left, y, line, width=width)
    if count > len(lines):
        y += 17
        more = figure_word("ties-more", lang, count=count - len(lines))
        drawing.text(above.left, y, more, fill=QUIET)
    return y + 17


def target_lines(drawn: RegionMap, lang: Language) -> list[str]:
    """Return one line a gap: its ranked targets with the distance of those elsewhere."""
    found: dict[str, list[str]] = defaultdict(list)
    for tie in drawn.ties:
        if tie.target and tie.rank:
            name, km = tie.name(lang), tie.distance_km
            away = tie.far and not math.isnan(km)
            key = "target-away" if away else "target-here"
            found[tie.product_id].append(figure_word(key, lang, name=name, km=f"{km:,.0f}"))
    facts = drawn.facts.by_id
    return [
        figure_word(
            "target-line", lang, product=facts[i].name(lang) if i in facts else i,
            names=join_names(names, lang),
        )
        for i, names in found.items()
    ]  # fmt: skip


def tie_lines(drawn: RegionMap, lang: Language) -> list[str]:
    """Return one line a supplier and product: whom it serves, since or in which year."""
    codes = {site.enterprise_id: site.code for site in drawn.sites}
    found: dict[tuple[bool, str, str], list[tuple[str, str]]] = defaultdict(list)
    for tie in drawn.ties:
        if not tie.rank:
            key = (tie.target, tie.name(lang), tie.product_id)
            found[key].append((codes[tie.customer_id], tie.year))
    lines = []
    for (target, supplier, product_id), served in sorted(found.items()):
        if target:
            lines.append(figure_word("tie-target", lang, supplier=supplier))
            continue
        years = sorted({year for _, year in served if year})
        facts = drawn.facts.by_id
        lines.append(
            figure_word(
                "tie", lang, supplier=supplier, year=years[-1] if years else "-",
                customers=join_names(sorted({code for code, _ in served}), lang),
                product=facts[product_id].name(lang) if product_id in facts else product_id,
            )
        )  # fmt: skip
    return lines
