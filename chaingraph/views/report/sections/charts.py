"""图表: coverage, capacity over time, local content of chains and anchors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaingraph.analysis.content import measure_local_content
from chaingraph.views.charts.bars import (
    anchor_content_bars,
    capacity_over_time,
    content_text,
    coverage_bars,
)
from chaingraph.views.report import model
from chaingraph.views.report.model import Figure, Section, Table, make_row
from chaingraph.views.wording import clean

if TYPE_CHECKING:
    from chaingraph.results import Result
    from chaingraph.views.facts.products import Fact
    from chaingraph.views.report.context import Context
    from chaingraph.words import Language

LARGEST = 10


def build(context: Context) -> Section | None:
    """Return the section, none where there is nothing to compare."""
    made = [fact for fact in context.products if fact.makers]
    if not made:
        return None
    figures = [_coverage(context), _capacity(context, made)]
    tables = []
    for by in ("chain", "anchor"):
        result = measure_local_content(context.facts.state, by=by, lang=context.lang)
        if by == "chain" and context.chain:
            result = _only(result, context.chain)
        if len(result):
            tables.append(_content(context, result, by))
            if by == "anchor":
                figures.append(_anchors(context, result, tables[-1]))
    return Section(
        "charts", context.say("section-charts"), (), tuple(tables),
        tuple(figure for figure in figures if figure is not None), sheet=True,
    )  # fmt: skip


def _only(result: Result, chain: str) -> Result:
    from dataclasses import replace

    frame = result.frame
    return replace(result, frame=frame[frame["content_of"] == chain].reset_index(drop=True))


def _coverage(context: Context) -> Figure | None:
    facts = [f for f in context.products if not math.isnan(f.coverage)]
    if not facts:
        return None
    mean = model.mean_known(context.sourced_demand(fact) for fact in facts)
    title = context.say("figure-coverage", region=context.region)
    parts = context.listed(
        f"{clean(f.name(context.lang))} {f.coverage:.0%}"
        for f in sorted(facts, key=lambda f: (-f.coverage, f.product_id))[:LARGEST]
    )
    notes = {n for f in facts for n in context.cite_product(f)}

    def drawn(lang: Language) -> str:
        return coverage_bars(context.facts, lang, context.chain)

    alt = context.say("alt-chart", title=title, parts=parts)
    return Figure(
        "coverage", title, drawn(context.lang), alt, context.basis(mean, "basis-mean"),
        model.known_share(mean),
        tuple(sorted(notes)), context.latin(drawn),
    )  # fmt: skip


def _capacity(context: Context, made: list[Fact]) -> Figure | None:
    known = [fact for fact in made if fact.capacity > 0]
    largest = sorted(known, key=lambda f: (-_worth(f), -f.capacity, f.product_id))[:LARGEST]
    if not largest:
        return None
    ids = [fact.product_id for fact in largest]
    makers = [maker for fact in largest for maker in fact.local]
    sourced = sum(bool(maker.source_url) for maker in makers) / len(makers) if makers else None
    title = context.say("figure-capacity", region=context.region, count=len(ids))
    parts = context.listed(
        f"{clean(f.name(context.lang))} {model.number(f.capacity).text} {f.unit}" for f in largest
    )
    state = context.facts.state

    def drawn(lang: Language) -> str:
        return capacity_over_time(state.study, state.region, ids, lang)

    return Figure("capacity", title, drawn(context.lang),
                  context.say("alt-chart", title=title, parts=parts),
                  context.basis(sourced, "basis-makers"), sourced,
                  context.sources.cite(maker.source_url for maker in makers), context.latin(drawn))  # fmt: skip


def _worth(fact: Fact) -> float:
    """Return what a product's capacity is worth a year, 0 without a price."""
    return 0.0 if math.isnan(fact.price_cny) else fact.capacity * fact.price_cny


def _anchors(context: Context, result: Result, table: Table) -> Figure:
    title = context.say("figure-anchors", region=context.region)
    names = "name_zh" if context.lang == "zh" else "name_en"
    parts = context.listed(
        f"{clean(row[names])} {content_text(row, context.lang)}"
        for row in result.frame.to_dict("records")
    )

    def drawn(lang: Language) -> str:
        return anchor_content_bars(result, lang, facts=context.facts)

    return Figure(
        "anchors",
        title,
        drawn(context.lang),
        context.say("alt-chart", title=title, parts=parts),
        table.basis,
        table.sourced,
        tuple(sorted({number for row in table.rows for number in row.notes})),
        context.latin(drawn),
    )


def _content(context: Context, result: Result, by: str) -> Table:
    """Return the table of local content rates by chain or anchor."""
    columns = (
        context.column(f"of-{by}", width=34),
        context.column("inputs", "count", 9),
        context.column("inputs-local", "count", 9),
        context.column("input-value", "money", 13, unit="money"),
        context.column("local-value", "money", 13, unit="money"),
        context.column("local-content-low", "percent", 10),
        context.column("local-content", "percent", 10),
        context.column("local-content-high", "percent", 10),
        context.column("unpriced", "count", 12),
        context.column("unpriced-inputs", width=40),
    )
    names = "name_zh" if context.lang == "zh" else "name_en"
    rows, shares = [], []
    for row in result.frame.to_dict("records"):
        label = context.term("chain", row["content_of"]) if by == "chain" else row[names]
        unpriced = [i for i in str(row["unpriced_inputs"]).split("; ") if i in context.facts.by_id]
        notes, share = _behind(context, row, by)
        shares.append(share)
        rows.append(
            make_row((
                model.text(label), model.count(row["inputs"]), model.count(row["inputs_local"]),
                model.money(row["input_value_cny"]), model.money(row["local_value_cny"]),
                model.percent(row["local_content_low"]), model.percent(row["local_content"]),
                model.percent(row["local_content_high"]), model.count(row["unpriced"]),
                model.text(context.product_names(unpriced, 8)),
            ), notes)
        )  # fmt: skip
    mean = model.mean_known(shares)
    return Table(f"content-{by}", context.say(f"table-content-{by}"), columns, tuple(rows),
                 context.basis(mean, "basis-links"), model.known_share(mean))  # fmt: skip


def _behind(context: Context, row: dict[object, object], by: str) -> tuple[tuple[int, ...], float]:
    """Return the sources of the links and makers behind a rate, and the share of sourced links."""
    outputs = {
        fact.product_id
        for fact in context.facts.products
        for maker in context.counted(fact.local)
        if (row.get("content_of") in fact.chains if by == "chain"
            else maker.enterprise_id == row.get("enterprise_id"))
    }  # fmt: skip
    causes = [c for f in context.facts.products for c in f.causes if c.output_id in outputs]
    makers = [
        maker
        for product_id in sorted(outputs)
        for maker in context.counted(context.facts.by_id[product_id].local)
        if by == "chain" or maker.enterprise_id == row.get("enterprise_id")
    ]
    notes = context.sources.cite(
        [*(cause.source_url for cause in causes), *(maker.source_url for maker in makers)]
    )
    share = sum(bool(c.source_url) for c in causes) / len(causes) if causes else math.nan
    return notes, share
