"""区位图: where the local makers stand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaingraph.views.report.model import Figure, Paragraph, Section
from chaingraph.views.sitemap.build import build_region_map
from chaingraph.views.sitemap.drawing import region_map_svg

if TYPE_CHECKING:
    from chaingraph.views.report.context import Context


def build(context: Context) -> Section | None:
    """Return the section, none where no site has a place."""
    sites = {m.enterprise_id: m for f in context.inside for m in f.local}
    placed = [m for m in sites.values() if not math.isnan(m.lat) and not math.isnan(m.lon)]
    if not placed:
        return None
    targets = context.targets if context.targets is not None else ()
    drawn = build_region_map(context.facts, targets=targets)
    title = context.say("figure-places", region=context.region)
    sourced = sum(bool(maker.source_url) for maker in placed) / len(placed)
    figure = Figure(
        "places", title, region_map_svg(drawn, context.lang),
        context.say("alt-places", title=title, count=len(placed)),
        context.basis(sourced, "basis-makers"), sourced,
        context.sources.cite(maker.source_url for maker in placed),
        context.latin(lambda lang: region_map_svg(drawn, lang)),
    )  # fmt: skip
    lead = Paragraph(context.say("lead-places", placed=len(placed), count=len(sites)))
    return Section(
        "places", context.say("section-places"), (lead,), (), (figure,), sheet=False, wide=True
    )
