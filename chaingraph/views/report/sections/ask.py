"""要问的: whom to ask what, why, and how much hangs on the answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaingraph.analysis.summary import say_question, say_whom
from chaingraph.views.report import model
from chaingraph.views.report.model import Paragraph, Row, Section, Table, make_row

if TYPE_CHECKING:
    from chaingraph.analysis.topics import Question
    from chaingraph.views.report.context import Context


_FIRST = 20
"""Questions on a page; the workbook holds all."""


def build(context: Context) -> Section | None:
    """Return the section, none where nothing is open."""
    questions = context.summary.questions
    if not questions:
        return None
    columns = (
        context.column("rank", "count", 6),
        context.column("question", width=40),
        context.column("whom", width=44),
        context.column("why", width=50),
        context.column("at-stake", "money", 12, unit="money"),
    )
    title = context.say("section-ask")
    shares = [s for q in questions if not math.isnan(s := _sourced(context, q))]
    mean = sum(shares) / len(shares) if shares else 0.0
    rows = tuple(_row(context, number, question) for number, question in enumerate(questions, 1))
    basis = context.basis(mean, "basis-mean")
    page = Table("ask", title, columns, rows[:_FIRST], basis, mean, place="pages")
    every = Table("ask-all", title, columns, rows, basis, mean, place="workbook")
    lead = Paragraph(context.say("lead-ask", count=len(rows), first=min(_FIRST, len(rows))))
    return Section("ask", title, (lead,), (page, every), wide=True)


def _sourced(context: Context, question: Question) -> float:
    fact = context.facts.by_id.get(question.key)
    return context.sourced_demand(fact) if fact is not None else math.nan


def _row(context: Context, number: int, question: Question) -> Row:
    summary, lang = context.summary, context.lang
    fact = context.facts.by_id.get(question.key)
    if fact is None:
        why = context.listed(context.term("unconfirmed", name) for name in question.why)
        plants = [plant for plant in summary.plants if plant.enterprise_id == question.key]
        notes = context.sources.cite(plant.source_url for plant in plants)
    else:
        why, notes = context.reason(fact), context.cite_product(fact, price=True)
    cells = (
        model.count(number),
        model.text(say_question(summary, question, lang)),
        model.text(say_whom(summary, question, lang)),
        model.text(why),
        model.money(question.value),
    )
    return make_row(cells, notes)
