"""物质流: what goes into what, how much of it is made here."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaingraph.views.flow.build import build_flow
from chaingraph.views.flow.drawing import flow_svg
from chaingraph.views.report import model
from chaingraph.views.report.model import Figure, Paragraph, Row, Section, Table, make_row
from chaingraph.views.wording import clean

if TYPE_CHECKING:
    from chaingraph.views.facts.products import Cause, Fact
    from chaingraph.views.report.context import Context


def build(context: Context) -> Section | None:
    """Return the section, none where nothing local takes anything."""
    pairs = [
        (fact, cause)
        for fact in context.products
        for cause in fact.causes
        if context.chain is None or context.chain in context.facts.by_id[cause.output_id].chains
    ]
    if not pairs:
        return None
    known = [(f, c) for f, c in pairs if not math.isnan(c.quantity)]
    sourced = sum(bool(cause.source_url) for _, cause in pairs) / len(pairs)
    columns = (
        context.column("input", width=22),
        context.column("output", width=22),
        context.column("quantity", "number", 14),
        context.column("unit", width=10),
        context.column("coefficient", "number", 12),
        context.column("link-unit", width=14),
        context.column("share", "percent", 10),
        context.column("coverage", "percent", 10),
        context.column("link-takers", width=30),
    )
    table = Table(
        "flow", context.say("table-flow"), columns,
        tuple(_row(context, fact, cause) for fact, cause in pairs),
        context.basis(sourced, "basis-links"), sourced,
    )  # fmt: skip
    figures = (_figure(context, sourced, len(known)),) if known else ()
    lead = Paragraph(context.say("lead-flow", count=len(pairs), known=len(known)))
    return Section("flow", context.say("section-flow"), (lead,), (table,), figures, wide=True)


def _figure(context: Context, sourced: float, known: int) -> Figure:
    flow = build_flow(context.facts, context.chain)
    title = context.say("figure-flow", region=context.region)
    notes = context.sources.cite(c.source_url for f in context.products for c in f.causes)
    return Figure(
        "flow", title, flow_svg(flow, context.lang),
        context.say("alt-flow", title=title, count=known),
        context.basis(sourced, "basis-links"), sourced, notes, context.latin(lambda lang: flow_svg(flow, lang)),
    )  # fmt: skip


def _row(context: Context, fact: Fact, cause: Cause) -> Row:
    output = context.facts.by_id[cause.output_id]
    makers = context.counted(output.local)
    cells = (
        model.text(fact.name(context.lang)),
        model.text(output.name(context.lang)),
        model.number(cause.quantity),
        model.text(context.say("per-year", unit=clean(fact.unit))),
        model.number(cause.coefficient),
        model.text(cause.link_unit),
        model.percent(cause.share),
        model.percent(fact.coverage),
        model.text(context.short_names(makers)),
    )
    notes = context.sources.cite([cause.source_url, *(maker.source_url for maker in makers)])
    return make_row(cells, notes, fact.standing)
