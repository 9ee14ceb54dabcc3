"""责任清单: who answers for what until when; offices are those of the data, the rest is left blank."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from chaingraph.planning.responsibility import build_responsibility
from chaingraph.views.report import model
from chaingraph.views.report.model import Cell, Paragraph, Section, Table, make_row
from chaingraph.views.wording import clean

if TYPE_CHECKING:
    from chaingraph.views.report.context import Context
    from chaingraph.views.report.model import Column, Row

FIRST = 12
"""Surveys that a page shows; a workbook has all."""


def build(context: Context) -> Section | None:
    """Return the section; a sentence where nothing is to be answered for."""
    if not context.ds.has("capacities"):  # structure alone: nobody has anything to answer for
        return None
    title = context.say("section-responsibility")
    plan = None if context.effect is None else context.effect.saved
    result = build_responsibility(context.facts.state, plan=plan, lang=context.lang)
    frame = result.frame
    if context.chain:
        inside = {fact.product_id for fact in context.inside}
        frame = frame[frame["product_id"].isna() | frame["product_id"].isin(inside)]
    if frame.empty:
        return Section(
            "responsibility", title, (Paragraph(context.say("none-responsibility")),), sheet=False
        )
    rows = sorted(frame.to_dict("records"), key=_is_survey)  # stable: otherwise in their own order
    surveys = sum(map(_is_survey, rows))
    shown = rows[: len(rows) - max(0, surveys - FIRST)]
    offices = dict.fromkeys(str(row["lead_unit"]) for row in rows if row["lead_unit"])
    blank = sum(not row["lead_unit"] for row in rows)
    lead = [
        Paragraph(context.say("lead-responsibility", count=len(rows), blank=blank, surveys=surveys,
                              first=min(FIRST, surveys))),
        Paragraph(context.say("offices", count=len(offices), names=context.listed(map(clean, offices)))
                  if offices else context.say("no-offices")),
    ]  # fmt: skip
    share = _sourced(context, rows)
    basis = context.basis(share, "basis-mean")
    tables = (
        Table("responsibility", title, _columns(context), tuple(_row(context, row) for row in shown), basis,
              model.known_share(share), place="pages", roomy=True),
        Table("responsibility-all", title, _columns(context, whole=True),
              tuple(_row(context, row, whole=True) for row in rows), basis, model.known_share(share),
              place="workbook"),
    )  # fmt: skip
    return Section("responsibility", title, tuple(lead), tables, wide=True)


def _is_survey(row: dict[Any, Any]) -> bool:
    """Tell whether a task is a survey that no project of a plan begins with."""
    return row["task_kind"] == "survey" and not row["project_id"]


def _columns(context: Context, *, whole: bool = False) -> tuple[Column, ...]:
    return (
        context.column("task-id", width=10),
        context.column("task-kind", width=8),
        *((context.column("chain", width=12),) if whole else ()),
        context.column("task", width=26),
        context.column("target", "number", 9),
        context.column("unit", width=8),
        context.column("work-standard", width=30),
        context.column("begin", width=8),
        context.column("due", width=8),
        context.column("lead-unit", width=16),
        context.column("person", width=9),
        *((context.column("park", width=16), context.column("assessment", width=24),
           context.column("task-basis", width=30)) if whole else ()),
    )  # fmt: skip


def _row(context: Context, row: dict[Any, Any], *, whole: bool = False) -> Row:
    fact = context.facts.by_id.get(str(row["product_id"]))
    basis = str(row["basis"] or "")
    address = basis[basis.find("http") :] if "http" in basis else ""
    notes = context.sources.cite([address]) if fact is None else context.cite_product(fact)
    target = row["target"]
    more = (row["park"], row["assessment"], row["basis"])
    return make_row((
        model.text(row["task_id"]),
        model.text(context.term("task_kind", row["task_kind"])),
        *((model.text(row["chain"]),) if whole else ()),
        model.text(row["task_zh"]),
        model.number(math.nan if target is None else float(target)),
        model.text(row["unit"]),
        model.text(row["standard"]),
        model.text(row["start"]),
        model.text(row["due"]),
        _to_fill(row["lead_unit"]),
        _to_fill(row["person"]),
        *(map(model.text, more) if whole else ()),
    ), notes)  # fmt: skip


def _to_fill(value: object) -> Cell:
    """Return a name, or a blank to write in."""
    return model.text(value) if value else Cell(None, "")


def _sourced(context: Context, rows: list[dict[Any, Any]]) -> float:
    """Return how much of what is listed rests on rows with a source: of a product its demand, else a page."""
    shares = []
    for row in rows:
        fact = context.facts.by_id.get(str(row["product_id"]))
        own = context.sourced_demand(fact) if fact else float("http" in str(row["basis"] or ""))
        shares.append(own)
    return model.mean_known(shares)
