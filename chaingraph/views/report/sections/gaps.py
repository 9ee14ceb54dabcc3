"""缺口清单: what recruitment could fill, by priority."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chaingraph.views.chainmap.boxes import advised
from chaingraph.views.report import model
from chaingraph.views.report.model import Paragraph, Row, Section, Table, make_row
from chaingraph.views.wording import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.views.facts.products import Fact
    from chaingraph.views.report.context import Context
    from chaingraph.views.report.model import Column


def build(context: Context) -> Section | None:
    """Return the section, none where the data name nobody here: then nothing can be told."""
    return gap_section(context, "recruit", "gaps") if context.summary.plants else None


def gap_section(context: Context, name: str, key: str) -> Section:
    """Return the section of one list of gaps."""
    rows = context.list_rows(name).to_dict("records")
    title = context.say(f"section-{key}")
    if not rows:
        return Section(key, title, (Paragraph(context.say(f"none-{key}")),))
    ids = [str(row["product_id"]) for row in rows]
    total, share = context.gap_value(ids)
    lead = [Paragraph(context.say(f"lead-{key}", count=len(rows)))]
    if total > 0:
        value = model.money(total).text
        lead.append(
            Paragraph(context.say("gap-total", value=value, share=model.percent(share).text))
        )
    key_of_basis = "basis-value"
    if math.isnan(share):  # nothing of it has a price
        share = model.mean_known(context.sourced_demand(context.facts.by_id[i]) for i in ids)
        key_of_basis = "basis-mean"
    basis = context.basis(share, key_of_basis)
    columns, lines = _columns(context), [_row(context, row) for row in rows]
    every = Table(
        key,
        title,
        columns,
        tuple(lines),
        basis,
        model.known_share(share),
        marked="standing",
        place="workbook",
    )
    kept = [place for place, column in enumerate(columns) if column.key not in _WORKBOOK_ONLY]
    page = replace(
        every, key=f"{key}-page", place="pages", columns=tuple(columns[place] for place in kept),
        rows=tuple(replace(line, cells=tuple(line.cells[place] for place in kept)) for line in lines),
    )  # fmt: skip
    return Section(key, title, tuple(lead), (page, every), wide=True)


_WORKBOOK_ONLY = ("gap", "construction", "gap-value-low", "priority", "elsewhere")
"""Columns for which a page has no room."""


def _columns(context: Context) -> tuple[Column, ...]:
    return (
        context.column("rank", "count", 6),
        context.column("product", width=18),
        context.column("standing", width=9),
        context.column("gap", width=8),
        context.column("verb", width=14),
        context.column("unit", width=9),
        context.column("demand", "number", 10),
        context.column("gap-low", "number", 10),
        context.column("gap-amount", "number", 10),
        context.column("gap-high", "number", 10),
        context.column("construction", "number", 9),
        context.column("gap-value-low", "money", 8, unit="money"),
        context.column("gap-value", "money", 8, unit="money"),
        context.column("gap-value-high", "money", 8, unit="money"),
        context.column("size", width=14),
        context.column("priority", "number", 8),
        context.column("takers", width=18),
        context.column("elsewhere", width=26),
        context.column("remarks", width=26),
        context.column("sourced", "percent", 8),
    )


def _row(context: Context, row: dict[Any, Any]) -> Row:
    fact = context.facts.by_id[str(row["product_id"])]
    name, own, verdict = (
        fact.name(context.lang),
        not isinstance(row["under"], str),
        row["size_verdict"],
    )
    cells = (
        model.count(row["rank"]),
        model.text(name if own else context.say("alternative", name=name)),
        model.text(context.term("standing", fact.standing)),
        model.text(context.term("gap_kind", str(row["gap_kind"]))),
        model.text(advised(fact, context.lang)),
        model.text(context.say("per-year", unit=clean(fact.unit))),
        model.number(fact.demand),
        *(model.number(end) for end in fact.gap),
        model.number(fact.construction),
        *(model.money(end) for end in fact.gap_value),
        model.text(context.term("size_verdict", verdict) if isinstance(verdict, str) else None),
        model.number(float(row["priority"])),
        model.text(context.short_names(context.takers(fact))),
        model.text(_elsewhere(context, fact)),
        model.text(_remarks(context, fact, row)),
        model.percent(context.sourced_demand(fact)),
    )
    return make_row(cells, context.cite_product(fact, price=True), fact.standing)


def _elsewhere(context: Context, fact: Fact) -> str:
    """Say who makes it elsewhere, the largest first."""
    if not fact.elsewhere:
        return context.say("nobody-elsewhere")
    names = context.short_names(fact.elsewhere, total=False)
    return context.say("elsewhere", count=fact.elsewhere_count, names=names)


def _remarks(context: Context, fact: Fact, row: dict[Any, Any]) -> str:
    """Say what a recruiter must know: a break, a restriction, who could use a surplus."""
    parts = []
    if row["is_break"]:
        parts.append(context.say("remark-break"))
    if fact.restricted:
        parts.append(context.say("remark-restricted", text=clean(fact.restriction(context.lang))))
    if isinstance(row["open_outputs"], str) and row["open_outputs"]:
        ids: Sequence[str] = row["open_outputs"].split("; ")
        names = context.product_names([i for i in ids if i in context.facts.by_id])
        parts.append(context.say("remark-open", names=names))
    if row["users_unquantified"]:
        parts.append(context.say("remark-unquantified", count=int(row["users_unquantified"])))
    return context.say("joint").join(parts)
