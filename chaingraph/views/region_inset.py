"""The far side of a region map: suppliers and targets elsewhere, and the list of ties."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING

from chaingraph.views.region_view import fit_view, write_name
from chaingraph.views.svg import (
    INK,
    PAPER,
    PLAIN,
    QUIET,
    RULE,
    Box,
    Drawing,
    figure_word,
    join_names,
    region_name,
)

if TYPE_CHECKING:
    from chaingraph.views.region_map import RegionMap
    from chaingraph.words import Language

_TIES = 13


def draw_inset(drawing: Drawing, drawn: RegionMap, frame: Box, lang: Language) -> None:
    """Draw the frame of far places: all sites of the data as points, suppliers and targets by name."""
    here = [site for site in drawn.sites if site.placed]
    centre = (sum(s.lat for s in here) / len(here), sum(s.lon for s in here) / len(here))
    far = [t for t in drawn.ties if not t.local_id and not math.isnan(t.lat)]
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
    for x, y, target in sorted(places):
        dashes = {"stroke_dasharray": "5 4"} if target else {}
        colour = "#C4420B" if target else "#0B4F8A"
        drawing.add(
            "line", x1=home[0], y1=home[1], x2=x, y2=y, stroke=colour, stroke_width=1.2, **dashes
        )
        if target:
            drawing.add(
                "polygon", points=f"{x},{y - 6} {x + 6},{y} {x},{y + 6} {x - 6},{y}", fill=colour
            )
        else:
            drawing.add("circle", cx=x, cy=y, r=4, fill=colour)
    drawing.add("circle", cx=home[0], cy=home[1], r=6, fill=INK)
    taken.append(Box(home[0] - 6, home[1] - 6, home[0] + 6, home[1] + 6))
    inner = Box(frame.left + 3, frame.top + 22, frame.right - 3, frame.bottom - 3)
    write_name(drawing, region_name(drawn.facts, lang), (*home, 9), (taken, inner), INK)
    for (x, y, _), names in sorted(places.items()):
        write_name(drawing, join_names(sorted(set(names)), lang, 2), (x, y, 7), (taken, inner), INK)


def draw_ties(
    drawing: Drawing, drawn: RegionMap, above: Box, bottom: float, lang: Language
) -> None:
    """List the ties below the inset, as many as fit."""
    y = above.bottom + 20
    lines = tie_lines(drawn, lang)
    heading = figure_word("suppliers" if lines else "no-suppliers", lang)
    drawing.text(above.left, y, heading, size=PLAIN, bold=True, width=above.right - above.left)
    most = min(_TIES, int((bottom - y) // 17) - 1)
    for line in lines[:most]:
        y += 17
        drawing.text(above.left, y, line, width=above.right - above.left)
    if len(lines) > most:
        drawing.text(
            above.left, y + 17, figure_word("ties-more", lang, count=len(lines) - most), fill=QUIET
        )


def tie_lines(drawn: RegionMap, lang: Language) -> list[str]:
    """Return one line a supplier and product: whom it serves, since or in which year."""
    codes = {site.enterprise_id: site.code for site in drawn.sites}
    found: dict[tuple[bool, str, str], list[tuple[str, str]]] = defaultdict(list)
    for tie in drawn.ties:
        found[tie.target, tie.name(lang), tie.product_id].append((codes[tie.customer_id], tie.year))
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
