"""The drawing of a region map: sites, parks, ties, scale, north, and the list of all sites."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chaingraph import words
from chaingraph.views.drawing.svg import (
    INK,
    MARGIN,
    PAPER,
    PLAIN,
    QUIET,
    RULE,
    WIDTH,
    Box,
    Drawing,
    join_names,
    money,
    nice_ticks,
    region_name,
    sentence_svg,
    shortest,
    tag,
    text_width,
)
from chaingraph.views.facts.targets import TARGETS_EACH
from chaingraph.views.sitemap.boundary import clip_ring
from chaingraph.views.sitemap.frames import View, fit_view, write_name
from chaingraph.views.sitemap.inset import TARGET, draw_inset, draw_ties, target_mark
from chaingraph.views.wording import figure_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chaingraph.views.sitemap.build import RegionMap, Site, Tie
    from chaingraph.words import Language

CHAIN_COLOURS = (
    ("#0B4F8A", PAPER), ("#E69F00", INK), ("#8ED1C4", INK),
    ("#A0457E", PAPER), ("#6B4E00", PAPER), ("#C9D66B", INK),
)  # fmt: skip
"""Fill and text of chains: apart in lightness too; the letter in the circle says it in grey print."""
_ROOMY = 120
_NO_CHAIN = ("#D9D9D9", INK)
_WIDE, _HIGH, _INSET = 812.0, 548.0, 300.0
_LARGEST, _LEAST = 27.0, 12.0
_CODE = 11.0
_KM = 111.32


class Spot(NamedTuple):
    """Where a site's circle stands, and where the site is."""

    site: Site
    x: float
    y: float
    radius: float
    home: tuple[float, float]


def region_map_svg(drawn: RegionMap, lang: Language) -> str:
    """Draw a region map; a sentence in its place where no site has coordinates."""
    title, subtitle = map_titles(drawn, lang)
    placed = [site for site in drawn.sites if site.placed]
    if not placed:
        key = "map-none" if not drawn.sites else "map-unplaced"
        return sentence_svg(
            title, subtitle, figure_word(key, lang, count=len(drawn.sites)), "region"
        )
    drawing = Drawing()
    top = _legend(drawing, drawn, drawing.heading(title, subtitle), lang)
    frame = Box(MARGIN, top, MARGIN + _WIDE, top + _HIGH)
    view = fit_view(frame, [*((s.lat, s.lon) for s in placed), *_outline(drawn)])
    spots = _pack(placed, view)
    _ground(drawing, drawn, view)
    _local_ties(drawing, drawn, spots)
    _furniture(drawing, view, lang)
    _labels(drawing, drawn, view, spots, lang)
    _circles(drawing, spots, lang)
    right = Box(frame.right + 20, top, WIDTH - MARGIN, top + _INSET)
    draw_inset(drawing, drawn, right, lang)
    draw_ties(drawing, drawn, right, frame.bottom, lang)
    y = _site_list(drawing, drawn, frame.bottom + 26, lang)
    drawing.notes(map_notes(drawn, lang), y + 6)
    return drawing.close(title, subtitle, "region")


def _outline(drawn: RegionMap) -> list[tuple[float, float]]:
    if drawn.boundary is None:
        return []
    west, south, east, north = drawn.boundary.limits
    return [(south, west), (north, east)]


def map_titles(drawn: RegionMap, lang: Language) -> tuple[str, str]:
    """Return title and subtitle of a region map."""
    largest = max((s.value for s in drawn.sites if s.value > 0), default=float("nan"))
    subtitle = figure_word(
        "map-subtitle",
        lang,
        at=drawn.facts.state.study.dataset.as_of or "-",
        largest=money(largest),
    )
    return f"{region_name(drawn.facts, lang)} · {figure_word('map-title', lang)}", subtitle


def map_notes(drawn: RegionMap, lang: Language) -> list[str]:
    """Return the sentences that a reader of the map must know."""
    notes = [figure_word("map-approximate", lang)]
    if drawn.boundary is not None:
        notes.append(figure_word("map-boundary", lang, note=drawn.boundary.note))
    away = [site.name(lang) for site in drawn.sites if not site.placed]
    if away:
        notes.append(
            figure_word("map-no-place", lang, count=len(away), names=join_names(away, lang))
        )
    if any(not tie.target for tie in drawn.ties):
        notes.append(figure_word("map-ties", lang))
    if any(tie.rank for tie in drawn.ties):
        gaps = len({tie.product_id for tie in drawn.ties if tie.rank})
        notes.append(figure_word("map-targets", lang, gaps=gaps, each=TARGETS_EACH))
    solid = sum(site.sourced for site in drawn.sites)
    notes.append(figure_word("sourced-rows", lang, count=solid, total=len(drawn.sites)))
    return notes


def _colour(drawn_letter: str) -> tuple[str, str]:
    number = ord(drawn_letter[0]) - ord("A")
    return CHAIN_COLOURS[number] if number < len(CHAIN_COLOURS) else _NO_CHAIN


def _legend(drawing: Drawing, drawn: RegionMap, y: float, lang: Language) -> float:
    x = MARGIN
    used = {site.code[0] for site in drawn.sites}
    entries = [
        (letter, words.term("chain", chain, lang)) for chain, letter in drawn.letters.items()
    ]
    entries.append(("Z", figure_word("no-chain", lang)))
    for letter, word in [entry for entry in entries if entry[0] in used]:
        fill, ink = _colour(letter)
        drawing.add("circle", cx=x + 9, cy=y + 3, r=9, fill=fill, stroke=INK, stroke_width=0.8)
        drawing.text(x + 9, y + 7, letter, size=_CODE, anchor="middle", bold=True, fill=ink)
        drawing.text(x + 24, y + 8, word, size=PLAIN)
        x += 24 + text_width(word, PLAIN) + 22
    x += 14
    for status in ("operating", "construction", "planned"):
        _circle(drawing, x + 9, y + 3, 9, status, "#9AA5B1")
        word = words.term("status", status, lang)
        drawing.text(x + 24, y + 8, word, size=PLAIN)
        x += 24 + text_width(word, PLAIN) + 22
    if any(tie.target and tie.far for tie in drawn.ties):
        drawing.add("line", x1=x, y1=y + 3, x2=x + 26, y2=y + 3, stroke=TARGET, stroke_width=1.2,
                    stroke_dasharray="5 3")  # fmt: skip
        target_mark(drawing, x + 28, y + 3)
        drawing.text(x + 39, y + 8, figure_word("legend-target", lang), size=PLAIN)
    return y + 22


def _circle(
    drawing: Drawing, x: float, y: float, r: float, status: str, fill: str, **more: str
) -> None:
    look: dict[str, float | str] = {"stroke": INK, "stroke_width": 0.8}
    if status != "operating":
        look = {"stroke": INK, "stroke_width": 1.6}
    if status == "construction":
        look["stroke_dasharray"] = "4 3"
    shown = PAPER if status == "planned" else fill
    drawing.add("circle", cx=x, cy=y, r=r, fill=shown, **look, **more)


def _pack(sites: Sequence[Site], view: View) -> list[Spot]:
    """Return the circles, large ones first at their places, the rest as near to theirs as is free.

    Above 120 sites all circles shrink together, so that there is room for every one.
    """
    largest = max((s.value for s in sites if s.value > 0), default=1.0)
    shrunk = min(1.0, math.sqrt(_ROOMY / max(1, len(sites))))
    spots: list[Spot] = []
    sized = [(site, shrunk * _radius(site.value, largest)) for site in sites]
    taken = np.empty((len(sized), 3))
    for site, radius in sorted(sized, key=lambda pair: (-pair[1], pair[0].code)):
        home = view.at(site.lat, site.lon)
        x, y = _free_place(home, radius, taken[: len(spots)], view.frame)
        taken[len(spots)] = x, y, radius
        spots.append(Spot(site, x, y, radius, home))
    return spots


def _radius(value: float, largest: float) -> float:
    return max(_LEAST, _LARGEST * math.sqrt(value / largest)) if value > 0 else _LEAST


def _free_place(
    home: tuple[float, float], radius: float, taken: NDArray[np.float64], frame: Box
) -> tuple[float, float]:
    """Return the first place on growing rings around home that no circle touches."""
    room = radius + 2
    for ring in range(400):
        reach = 2.5 * ring
        count = max(1, round(2 * math.pi * reach / 6))
        turns = [2 * math.pi * step / count for step in range(count)]
        places = np.array(
            [(home[0] + reach * math.cos(t), home[1] + reach * math.sin(t)) for t in turns]
        )
        x, y = places[:, :1], places[:, 1:]
        free = (x >= frame.left + room) & (x <= frame.right - room)
        free &= (y >= frame.top + room) & (y <= frame.bottom - room)
        apart = np.hypot(x - taken[:, 0], y - taken[:, 1]) >= taken[:, 2] + room
        hits = np.flatnonzero(free[:, 0] & apart.all(axis=1))
        if len(hits):
            return float(places[hits[0], 0]), float(places[hits[0], 1])
    return home


def _ground(drawing: Drawing, drawn: RegionMap, view: View) -> None:
    frame = view.frame
    drawing.add("rect", x=frame.left, y=frame.top, width=frame.right - frame.left,
                height=frame.bottom - frame.top, fill=PAPER, stroke=RULE)  # fmt: skip
    for ring in drawn.boundary.rings if drawn.boundary else ():
        points = clip_ring([view.at(lat, lon) for lon, lat in ring], *frame)
        if points:
            path = "L".join(f"{shortest(x)} {shortest(y)}" for x, y in points)
            drawing.add("path", d=f"M{path}Z", fill="#EDF1F4", stroke="#8A949E", data_boundary="1")


def _local_ties(drawing: Drawing, drawn: RegionMap, spots: Sequence[Spot]) -> None:
    by_id = {spot.site.enterprise_id: spot for spot in spots}
    for tie in drawn.ties:
        source, target = by_id.get(tie.local_id), by_id.get(tie.customer_id)
        if tie.target or source is None or target is None:
            continue
        _arrow(drawing, (source.x, source.y), (target.x, target.y), target.radius, tie)


def _arrow(
    drawing: Drawing, start: tuple[float, float], end: tuple[float, float], gap: float, tie: Tie
) -> None:
    length = math.hypot(end[0] - start[0], end[1] - start[1])
    if length <= gap + 8:
        return
    dx, dy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    tip = (end[0] - dx * (gap + 1), end[1] - dy * (gap + 1))
    back = (tip[0] - 9 * dx, tip[1] - 9 * dy)
    drawing.add("line", x1=start[0], y1=start[1], x2=back[0], y2=back[1], stroke="#1A1A1A",
                stroke_width=1.6, data_supplier=tie.supplier, data_customer=tie.customer_id)  # fmt: skip
    corners = [
        tip,
        (back[0] - 4.5 * dy, back[1] + 4.5 * dx),
        (back[0] + 4.5 * dy, back[1] - 4.5 * dx),
    ]
    drawing.add("polygon", points=" ".join(f"{x:.2f},{y:.2f}" for x, y in corners), fill=INK)


def _circles(drawing: Drawing, spots: Sequence[Spot], lang: Language) -> None:
    for spot in spots:
        if math.hypot(spot.x - spot.home[0], spot.y - spot.home[1]) > spot.radius:
            drawing.add("line", x1=spot.home[0], y1=spot.home[1], x2=spot.x, y2=spot.y,
                        stroke="#8A949E", stroke_width=0.8)  # fmt: skip
    for spot in spots:
        site = spot.site
        fill, ink = _colour(site.code)
        if site.status == "planned":
            ink = INK
        value = "" if math.isnan(site.value) else f"{site.value:.12g}"
        look = {"data_id": site.enterprise_id, "data_value": value, "data_status": site.status}
        _circle(drawing, spot.x, spot.y, spot.radius, site.status, fill, **look)
        drawing.parts[-1] = tag("g", tag("title", site.name(lang)), drawing.parts[-1])
        drawing.text(
            spot.x, spot.y + 4, site.code, size=_CODE, anchor="middle", bold=True, fill=ink
        )


def _furniture(drawing: Drawing, view: View, lang: Language) -> None:
    """Draw scale bar, north arrow and the word on coordinates."""
    frame = view.frame
    per_km = view.north_scale / _KM
    length = nice_ticks(150 / per_km, 1)[-1]
    while length * per_km > 170:  # noqa: PLR2004  a bar of that length at most
        length /= 2
    x, y = frame.left + 16, frame.bottom - 16
    drawing.add("path", d=f"M{x} {y - 6}V{y}H{x + length * per_km:.2f}V{y - 6}", fill="none",
                stroke=INK, stroke_width=1.5, data_km=f"{length:g}")  # fmt: skip
    drawing.text(x, y - 10, f"{length:g} km")
    x, y = frame.right - 24, frame.top + 16
    drawing.add(
        "polygon", points=f"{x},{y} {x - 7},{y + 22} {x},{y + 17} {x + 7},{y + 22}", fill=INK
    )
    drawing.text(x, y + 37, figure_word("north", lang), anchor="middle", bold=True)
    drawing.text(frame.right - 10, frame.bottom - 12, figure_word("approximate", lang),
                 anchor="end", fill=QUIET)  # fmt: skip


def _labels(
    drawing: Drawing, drawn: RegionMap, view: View, spots: Sequence[Spot], lang: Language
) -> None:
    """Name parks, then sites, where a name stands clear of everything."""
    taken = [Box(s.x - s.radius, s.y - s.radius, s.x + s.radius, s.y + s.radius) for s in spots]
    frame = view.frame
    inner = Box(frame.left + 4, frame.top + 4, frame.right - 4, frame.bottom - 4)
    for park in drawn.parks:
        x, y = view.at(park.lat, park.lon)
        if not (inner.left < x < inner.right and inner.top < y < inner.bottom):
            continue
        name = (park.name_zh if lang == "zh" else park.name_en) or park.name_zh
        for reach in (8, 22, 40, 60, 80):
            if write_name(drawing, name, (x, y, reach), (taken, inner), QUIET, leader=reach > 8):  # noqa: PLR2004
                break
        drawing.add("rect", x=x - 3, y=y - 3, width=6, height=6, fill=QUIET)
    for spot in spots:
        write_name(
            drawing, spot.site.name(lang), (spot.x, spot.y, spot.radius + 3), (taken, inner), INK
        )


def _site_list(drawing: Drawing, drawn: RegionMap, y: float, lang: Language) -> float:
    """List all sites in three columns; return where the next thing may begin."""
    drawing.text(MARGIN, y, figure_word("site-list", lang), size=PLAIN, bold=True)
    y += 20
    rows = math.ceil(len(drawn.sites) / 3)
    wide = (WIDTH - 2 * MARGIN) / 3
    facts = drawn.facts.by_id
    for number, site in enumerate(drawn.sites):
        x = MARGIN + wide * (number // rows)
        line = y + 18 * (number % rows)
        drawing.text(x, line, site.code, bold=True)
        parts = [site.name(lang)]
        parts += [] if math.isnan(site.value) else [money(site.value)]
        parts += [] if site.status == "operating" else [words.term("status", site.status, lang)]
        parts += [facts[i].name(lang) for i in site.products[:1]]
        drawing.text(x + 34, line, " · ".join(parts), width=wide - 46)
    return y + 18 * rows
