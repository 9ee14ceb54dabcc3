"""要问的: whom to ask what, why, and how much hangs on the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaingraph.views.report import model
from chaingraph.views.report.model import Paragraph, Row, Section, Table, make_row

if TYPE_CHECKING:
    from chaingraph.views.report.context import Context

_FIRST = 20
"""Questions on a page; the workbook holds all."""


def build(context: Context) -> Section | None:
    """Return the section, none where nothing is open."""
    asked = context.summary.asked.to_dict("records")
    if not asked:
        return None
    columns = (
        context.column("rank", "count", 6),
        context.column("whom", width=34),
        context.column("question", width=54),
        context.column("why", width=54),
        context.column("at-stake", "money", 12, unit="money"),
    )
    title = context.say("section-ask")
    mean = model.mean_known(
        context.sourced_demand(context.facts.by_id[name])
        for row in asked
        for name in str(row["product_id"]).split("; ")
    )
    rows = tuple(_row(context, number, row) for number, row in enumerate(asked, 1))
    basis = context.basis(mean, "basis-mean")
    page = Table(
        "ask", title, columns, rows[:_FIRST], basis, model.known_share(mean), place="pages"
    )
    every = Table("ask-all", title, columns, rows, basis, model.known_share(mean), place="workbook")
    lead = context.say("lead-ask", count=len(rows), first=min(_FIRST, len(rows)))
    return Section("ask", title, (Paragraph(lead),), (page, every), wide=True)


def _row(context: Context, number: int, row: dict[Any, Any]) -> Row:
    facts = [context.facts.by_id[name] for name in str(row["product_id"]).split("; ")]
    cells = (
        model.count(number),
        *(model.text(row[f"{name}_{context.lang}"]) for name in ("whom", "question", "why")),
        model.money(float(row["answer_value_cny"])),
    )
    return make_row(cells, context.cite_products(facts))
