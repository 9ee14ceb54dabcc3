"""供需平衡: local capacity against what local makers take, product by product."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaingraph.views.drawing.palette import STYLES
from chaingraph.views.report import model
from chaingraph.views.report.model import Paragraph, Row, Section, Table, make_row
from chaingraph.views.wording import clean

if TYPE_CHECKING:
    from chaingraph.views.facts.products import Fact
    from chaingraph.views.report.context import Context


def build(context: Context) -> Section | None:
    """Return the section, none where nothing is made or taken."""
    order = list(STYLES)
    facts = sorted(
        context.products,
        key=lambda f: (_chain_place(context, f), order.index(f.standing), f.product_id),
    )
    if not facts:
        return None
    mean = model.mean_known(
        share
        for fact in facts
        for share in (context.sourced_capacity(fact), context.sourced_demand(fact))
    )
    columns = (
        context.column("product", width=24),
        context.column("chain", width=18),
        context.column("standing", width=10),
        context.column("unit", width=10),
        context.column("makers", "count", 9),
        context.column("capacity", "number", 13),
        context.column("construction", "number", 12),
        context.column("demand", "number", 13),
        context.column("balance", "number", 13),
        context.column("coverage", "percent", 10),
        context.column("gap-value", "money", 12, unit="money"),
        context.column("sourced-capacity", "percent", 10),
        context.column("sourced-demand", "percent", 10),
    )
    table = Table(
        "balance", context.say("section-balance"), columns,
        tuple(_row(context, fact) for fact in facts),
        context.basis(mean, "basis-mean"), model.known_share(mean), marked="standing",
    )  # fmt: skip
    lead = Paragraph(context.say("lead-balance", count=len(facts)))
    return Section("balance", context.say("section-balance"), (lead,), (table,), wide=True)


def _chain_place(context: Context, fact: Fact) -> int:
    places = [i for i, chain in enumerate(context.chains) if chain in fact.chains]
    return places[0] if places else len(context.chains)


def _row(context: Context, fact: Fact) -> Row:
    state = context.facts.state
    cells = (
        model.text(fact.name(context.lang)),
        model.text(context.listed(context.term("chain", chain) for chain in fact.chains)),
        model.text(context.term("standing", fact.standing)),
        model.text(context.say("per-year", unit=clean(fact.unit))),
        model.count(fact.makers),
        model.number(fact.capacity),
        model.number(fact.construction),
        model.number(fact.demand),
        model.number(_balance(fact, float(state.balance[fact.position]))),
        model.percent(fact.coverage),
        model.money(fact.gap_value_cny),
        model.percent(context.sourced_capacity(fact)),
        model.percent(context.sourced_demand(fact)),
    )
    return make_row(cells, context.cite_product(fact, price=True), fact.standing)


def _balance(fact: Fact, balance: float) -> float:
    """Return the balance, unknown where the capacity or the demand is."""
    return math.nan if math.isnan(fact.capacity) or math.isnan(fact.demand) else balance
