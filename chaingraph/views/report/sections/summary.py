"""摘要: what is known, what nobody looked at, how much; the lines of all pages, and their lists."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaingraph.analysis.summary import line_text, say_lines, site_name
from chaingraph.analysis.topics import TOPICS
from chaingraph.views.report import model
from chaingraph.views.report.model import Paragraph, Row, Section, Table, make_row
from chaingraph.views.wording import clean, clean_part

if TYPE_CHECKING:
    from chaingraph.analysis.summary import Line
    from chaingraph.views.report.context import Context


def build(context: Context) -> Section:
    """Return the section."""
    lines = say_lines(context.summary, context.lang)
    return Section(
        "summary", context.say("section-summary"), tuple(_paragraph(line) for line in lines),
        (_counts(context),) if context.summary.topics else (),
    )  # fmt: skip


def _paragraph(line: Line) -> Paragraph:
    parts = tuple((clean_part(p.text), f"topic-{p.topic}" if p.topic else "") for p in line)
    linked = any(key for _, key in parts)
    return Paragraph(clean(line_text(line)), parts=parts if linked else ())


def _counts(context: Context) -> Table:
    """Return the counts of the first lines, each with its list and what it is worth."""
    summary = context.summary
    rows = [_row(context, topic) for topic in TOPICS if summary.count(topic)]
    if summary.doubts:
        sites = [site_name(summary.plants, d.enterprise_id, context.lang) for d in summary.doubts]
        value = math.fsum(doubt.value for doubt in summary.doubts if doubt.value > 0)
        rows.append(
            make_row(
                (
                    model.text(context.term("topic", "running")), model.count(len(sites)),
                    model.text(context.listed(sites)), model.money(math.nan), model.money(value),
                    model.money(math.nan), model.percent(math.nan),
                ),
                context.sources.cite(_running_sources(context)), key="topic-running",
            )
        )  # fmt: skip
    columns = (
        context.column("topic", width=20),
        context.column("count", "count", 8),
        context.column("products", width=70),
        context.column("gap-value-low", "money", 12, unit="money"),
        context.column("gap-value", "money", 12, unit="money"),
        context.column("gap-value-high", "money", 12, unit="money"),
        context.column("sourced", "percent", 12),
    )
    mean = context.sourced(context.products)
    return Table(
        "counts", context.say("table-counts"), columns, tuple(rows),
        context.say("note-counts") + context.basis(mean, "basis-mean"),
        model.known_share(mean),
    )  # fmt: skip


def _running_sources(context: Context) -> list[str]:
    keys = {doubt.enterprise_id for doubt in context.summary.doubts}
    return [plant.source_url for plant in context.summary.plants if plant.enterprise_id in keys]


def _row(context: Context, topic: str) -> Row:
    summary = context.summary
    ids = summary.topics.get(topic, ())
    facts = [context.facts.by_id[product] for product in ids]
    low, point, high = summary.worth.get(topic, (math.nan,) * 3)
    cells = (
        model.text(context.term("topic", topic)),
        model.count(len(ids)),
        model.text(context.listed(clean(fact.name(context.lang)) for fact in facts)),
        model.money(low),
        model.money(point),
        model.money(high),
        model.percent(model.mean_known(context.sourced_demand(fact) for fact in facts)),
    )
    return make_row(cells, context.cite_products(facts), key=f"topic-{topic}")
