"""已知: what is made here, at which load, how much of it the makers use themselves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaingraph.views.report import model
from chaingraph.views.report.model import Paragraph, Row, Section, Table, make_row
from chaingraph.views.wording import clean

if TYPE_CHECKING:
    from chaingraph.views.facts.products import Fact
    from chaingraph.views.report.context import Context

_MADE = ("strong", "weak", "open")


def build(context: Context) -> Section | None:
    """Return the section, none where nothing is known to be made here."""
    facts = [fact for fact in context.products if fact.standing in _MADE]
    if not facts:
        return None
    mean = model.mean_known(context.sourced_capacity(fact) for fact in facts)
    columns = (
        context.column("product", width=24),
        context.column("standing", width=12),
        context.column("evidence", width=14),
        context.column("makers", "count", 8),
        context.column("unit", width=10),
        context.column("capacity", "number", 12),
        context.column("load", "percent", 8),
        context.column("load-basis", width=8),
        context.column("output", "number", 12),
        context.column("own-use", "percent", 9),
        context.column("coverage", "percent", 9),
        context.column("sourced-capacity", "percent", 10),
    )
    title = context.say("section-known")
    load = context.facts.state.study.load_of(context.facts.state.region)
    assumed = load.has("load_assumed")
    rows = tuple(
        _row(context, f, float(load.point[f.position]), assumed=bool(assumed[f.position]))
        for f in facts
    )
    table = Table(
        "known",
        title,
        columns,
        rows,
        context.basis(mean, "basis-mean"),
        model.known_share(mean),
        marked="standing",
    )
    lead = Paragraph(
        context.say(
            "lead-known", count=len(facts), assumed=sum(bool(assumed[f.position]) for f in facts)
        )
    )
    return Section("known", title, (lead,), (table,), wide=True)


def _row(context: Context, fact: Fact, load: float, *, assumed: bool) -> Row:
    state = context.facts.state
    output = float(state.output.point[fact.position])
    own = float(state.own_use.point[fact.position])
    cells = (
        model.text(fact.name(context.lang)),
        model.text(context.term("standing", fact.standing)),
        model.text(context.term("evidence", fact.evidence)),
        model.count(fact.makers),
        model.text(context.say("per-year", unit=clean(fact.unit))),
        model.number(fact.capacity),
        model.percent(load if fact.makers else math.nan),
        model.text(
            context.say("load-assumed" if assumed else "load-known") if fact.makers else None
        ),
        model.number(output),
        model.percent(own / output if output > 0 and own > 0 else math.nan),
        model.percent(fact.coverage),
        model.percent(context.sourced_capacity(fact)),
    )
    return make_row(cells, context.cite_product(fact), fact.standing)
