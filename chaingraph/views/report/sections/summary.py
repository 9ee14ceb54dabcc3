"""摘要: what is there, what is missing, how much, who says so."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any

from chaingraph.results import shown_number
from chaingraph.views.palette import LEGEND
from chaingraph.views.report import model
from chaingraph.views.report.model import CNY_100M, Paragraph, Row, Section, Table, make_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.views.facts import Fact
    from chaingraph.views.report.context import Context
    from chaingraph.views.report.model import Cell

TOP = 5


def build(context: Context) -> Section:
    """Return the section."""
    paragraphs = [Paragraph(_standing_sentence(context))]
    if any(fact.standing != "absent" for fact in context.products):  # else nothing can be told
        paragraphs.append(Paragraph(_gap_sentence(context)))
    unknown = _unknown_sentence(context)
    if unknown:
        paragraphs.append(Paragraph(unknown))
    top = context.list_rows("recruit").head(TOP)
    if len(top):
        paragraphs.append(Paragraph(context.say("top-gaps", count=len(top))))
    paragraphs += [_item(context, row) for row in top.to_dict("records")]
    return Section(
        "summary", context.say("section-summary"), tuple(paragraphs), (_figures(context),)
    )


def _standing_sentence(context: Context) -> str:
    counts = Counter(fact.standing for fact in context.products)
    chains = context.listed(context.term("chain", chain) for chain in context.chains)
    parts = [
        context.say("part-count", name=context.term("standing", name), count=counts[name])
        for name in LEGEND
        if counts[name]
    ]
    if not parts:
        return context.say("nothing-local", at=context.at, region=context.region)
    return context.say(
        "summary-standing" if chains else "summary-standing-no-chain",
        at=context.at, region=context.region, chains=chains,
        count=len(context.products), parts=context.listed(parts),
    )  # fmt: skip


def _gap_sentence(context: Context) -> str:
    recruit, supply = context.list_rows("recruit"), context.list_rows("supply")
    if not len(recruit) + len(supply):
        return context.say("no-gaps")
    actions = Counter(recruit["action"]) if len(recruit) else Counter()
    parts = [
        context.say("part-count", name=context.term("action", name), count=actions[name])
        for name in ("fill", "strengthen", "extend", "secure", "survey")
        if actions[name]
    ]
    total, share = context.gap_value(recruit["product_id"].tolist() if len(recruit) else [])
    sentence = context.say(
        "summary-gaps", recruit=len(recruit), parts=context.listed(parts) or "-", supply=len(supply)
    )
    if total > 0:
        sentence += context.say(
            "summary-value", value=shown_number(total / CNY_100M), share=f"{share:.0%}"
        )
    return sentence


def _unknown_sentence(context: Context) -> str:
    unpriced, no_demand, no_capacity = _unknowns(context)
    if not unpriced + no_demand + no_capacity:
        return ""
    return context.say(
        "summary-unknown", unpriced=unpriced, no_demand=no_demand, no_capacity=no_capacity
    )


def _unknowns(context: Context) -> tuple[int, int, int]:
    """Return the short products without a price, those without a demand figure, makers without one."""
    facts = context.products
    short = [
        f
        for f in facts
        if f.standing in {"missing", "missing_likely", "unseen", "weak", "building"}
    ]
    return (
        sum(math.isnan(f.price_cny) for f in short if f.standing != "building"),
        sum(math.isnan(f.demand) for f in short),
        sum(f.makers > 0 and math.isnan(f.capacity) for f in facts),
    )


def _item(context: Context, row: dict[Any, Any]) -> Paragraph:
    """Return the sentence on one of the first gaps: what, how much, who takes it, who makes it."""
    fact = context.facts.by_id[str(row["product_id"])]
    parts = [
        context.say(
            "item-head", name=model.clean(fact.name(context.lang)),
            kind=context.term("gap_kind", str(row["gap_kind"])),
            action=context.term("action", str(row["action"])), reason=context.reason(fact),
        )
    ]  # fmt: skip
    if fact.gap_value_cny > 0:
        parts.append(context.say("item-value", value=model.money(fact.gap_value_cny).text))
    takers = context.takers(fact)
    if takers:
        parts.append(context.say("item-takers", names=context.short_names(takers)))
    if fact.elsewhere:
        parts.append(
            context.say(
                "item-elsewhere",
                names=context.short_names(fact.elsewhere, total=False),
                count=fact.elsewhere_count,
            )
        )
    if fact.restricted:
        parts.append(
            context.say("item-restricted", text=model.clean(fact.restriction(context.lang)))
        )
    return Paragraph("".join(parts), context.cite_product(fact, price=True), item=True)


def _figures(context: Context) -> Table:
    """Return the key figures as a table."""
    facts = context.products
    lists = {
        name: [context.facts.by_id[str(i)] for i in rows["product_id"]] if len(rows) else []
        for name in ("recruit", "supply")
        for rows in (context.list_rows(name),)
    }
    makers = {m.group_zh or m.enterprise_id for f in facts for m in context.counted(f.local)}
    made = [fact for fact in facts if fact.makers]
    rows = [_row(context, context.say("figure-products"), model.count(len(facts)), facts)]
    for name in LEGEND:
        own = [fact for fact in facts if fact.standing == name]
        rows.append(
            _row(context, context.term("standing", name), model.count(len(own)), own, standing=name)
        )
    title = context.say("figure-makers")
    rows.append(_row(context, title, model.count(len(makers)), made, unit="makers"))
    for name, own in lists.items():
        total, share = context.gap_value([fact.product_id for fact in own])
        value = model.money(total) if total > 0 else model.text(None)
        priced = [fact for fact in own if fact.gap_value_cny > 0]
        rows += [
            _row(context, context.say(f"figure-{name}-count"), model.count(len(own)), own),
            _row(context, context.say(f"figure-{name}-value"), value, priced, unit="money",
                 share=share),
        ]  # fmt: skip
    columns = (
        context.column("figure", width=34),
        context.column("value", "number", 14),
        context.column("unit", width=16),
        context.column("sourced", "percent", 14),
    )
    mean = context.sourced(facts)
    return Table(
        "figures", context.say("table-figures"), columns, tuple(rows),
        context.basis(mean, "basis-mean"), None if math.isnan(mean) else mean, marked="figure",
    )  # fmt: skip


def _row(
    context: Context, title: str, value: Cell, facts: Sequence[Fact], *,
    unit: str = "products", share: float | None = None, standing: str = "",
) -> Row:  # fmt: skip
    """Return a key figure with how much of it is sourced, and the sources of its products."""
    sourced = context.sourced(facts) if share is None else share
    cells = (
        model.text(title),
        value,
        model.text(context.say(f"unit-{unit}")),
        model.percent(sourced),
    )
    return make_row(cells, context.cite_products(facts), standing)
