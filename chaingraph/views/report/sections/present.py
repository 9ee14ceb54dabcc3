"""现状图: the map of each chain, and how many products stand how."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from chaingraph.views.chainmap.still import chain_svg
from chaingraph.views.drawing.palette import LEGEND, STAGES
from chaingraph.views.report import model
from chaingraph.views.report.model import Figure, Paragraph, Section, Table, make_row

if TYPE_CHECKING:
    from chaingraph.views.chainmap.still import Drawn
    from chaingraph.views.facts.products import Fact
    from chaingraph.views.report.context import Context


def build(context: Context) -> Section | None:
    """Return the section, none for a region that makes and takes nothing of a chain that others make."""
    makers = context.facts.state.study.maker_rows
    if not context.inside or (len(makers) and not context.products):
        return None
    figures = []
    for chain in context.chains or (None,):
        drawn = chain_svg(context.facts, _members(context, chain), chain)
        if drawn is None:
            continue
        figures.append(_figure(context, chain, drawn))
    tables = (_counts(context),) if context.products else ()
    legend = Paragraph(context.say("present-legend"))
    return Section("present", context.say("section-present"), (legend,), tables, tuple(figures),
                   sheet=False, wide=True)  # fmt: skip


def _members(context: Context, chain: str | None) -> list[Fact]:
    return [fact for fact in context.inside if chain is None or chain in fact.chains]


def _figure(context: Context, chain: str | None, drawn: Drawn) -> Figure:
    facts = [context.facts.by_id[i] for i in drawn.ids]
    counts = Counter(fact.standing for fact in facts)
    parts = [
        context.say("part-count", name=context.term("standing", name), count=counts[name])
        for name in (*LEGEND, "absent")
        if counts[name]
    ]
    name = context.term("chain", chain) if chain else ""
    title = context.say(
        "figure-chain" if chain else "figure-map", region=context.region, chain=name
    )
    missing = context.product_names((f.product_id for f in facts if f.standing == "missing"), 12)
    alt = context.say("alt-chain", title=title, count=len(facts), parts=context.listed(parts),
                      missing=missing or "-")  # fmt: skip
    makers = [maker for fact in facts for maker in context.counted(fact.local)]
    sourced = sum(bool(maker.source_url) for maker in makers) / len(makers) if makers else None
    notes = context.sources.cite(maker.source_url for maker in makers)
    return Figure(f"chain-{chain or 'all'}", title, drawn.svg[context.lang], alt,
                  context.basis(sourced, "basis-makers"), sourced, notes, drawn.svg["en"])  # fmt: skip


def _counts(context: Context) -> Table:
    """Return the number of products by chain, stage and standing."""
    rows = []
    for chain in context.chains or (None,):
        members = [f for f in _members(context, chain) if f.standing != "absent"]
        for stage in (*STAGES, ""):
            own = [f for f in members if (f.stage if f.stage in STAGES else "") == stage]
            if own:
                label = context.term("stage", stage) if stage else context.say("no-stage")
                rows.append((context.term("chain", chain) if chain else "-", label, own))
    rows.append((context.say("all-products"), "-", list(context.products)))
    columns = (
        context.column("chain", width=18),
        context.column("stage", width=12),
        *(model.Column(name, context.term("standing", name), kind="count", width=10)
          for name in LEGEND),
        context.column("total", "count", 10),
        context.column("sourced", "percent", 14),
    )  # fmt: skip
    mean = context.sourced(context.products)
    return Table(
        "standings",
        context.say("table-standings"),
        columns,
        tuple(
            make_row((
                model.text(chain), model.text(stage),
                *(model.count(sum(f.standing == name for f in own)) for name in LEGEND),
                model.count(len(own)), model.percent(context.sourced(own)),
            ), context.cite_products(own))
            for chain, stage, own in rows
        ),
        context.say("unit-note-products") + context.basis(mean, "basis-mean"),
        model.known_share(mean),
    )  # fmt: skip
