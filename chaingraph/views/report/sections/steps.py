"""分年推进: the plan by year, each with a headline and a standard that can be measured."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from chaingraph.planning.effect import time_line
from chaingraph.views.report import model
from chaingraph.views.report.model import Paragraph, Section, Table, make_row
from chaingraph.views.report.sections.plan import plan_years, project_name

if TYPE_CHECKING:
    from chaingraph.planning.effect import Effect
    from chaingraph.views.report.context import Context
    from chaingraph.words import Language

_HEADED = 3
_HELD = {
    "starts": "starts", "running": "running", "coverage": "plan_coverage", "content": "plan_content",
    "bought": "bought_cny", "fall_low": "fall_cny_low", "fall": "fall_cny", "fall_high": "fall_cny_high",
    "output": "output_cny", "spent": "investment_cny", "power": "power_mw",
}  # fmt: skip
"""What is shown of a year -> column of the plan's steps."""
_MAY_LACK = (
    "starting",
    "plan-coverage",
    "plan-content",
    "bought",
    "fall",
    "fall-drawn",
    "adds",
    "power",
)
"""Columns that are left out where no year says anything, as of a plan by hand."""


def build(context: Context) -> Section | None:
    """Return the section, none without a plan or without a project in it."""
    effect = context.effect
    if effect is None or not effect.projects:
        return None
    rows = _saved(context, effect) or _counted(context, effect)
    title = context.say("section-steps")
    lead = [
        Paragraph(context.say("step", year=row["year"], headline=row["headline"], standard=row["standard"]),
                  item=True)
        for row in rows if row["headline"]
    ]  # fmt: skip
    if not len(effect.saved.steps):
        lead.append(Paragraph(context.say("steps-by-hand")))
    else:
        lead.append(Paragraph(context.say("steps-basis", statuses=_statuses(context, effect))))
    return Section("steps", title, tuple(lead), (_table(context, effect, rows),), wide=True)


def _statuses(context: Context, effect: Effect) -> str:
    """Return which capacities the plan took as there."""
    given = effect.saved.params.get("statuses")
    names = list(given) if isinstance(given, dict) else []
    return "+".join(context.term("status", str(name)) for name in names) or "-"


def _saved(context: Context, effect: Effect) -> list[dict[str, Any]]:
    """Return the years as the plan's own file has them."""
    return [_year(row, context.lang) for row in effect.saved.steps.to_dict("records")]


def _year(row: dict[Any, Any], lang: Language) -> dict[str, Any]:
    held = {name: row.get(column) for name, column in _HELD.items()}
    return held | {
        "year": str(row.get("plan_year", "")), "starting": row.get(f"starts_{lang}"),
        "headline": _text(row.get(f"headline_{lang}")), "standard": _text(row.get(f"standard_{lang}")),
    }  # fmt: skip


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _counted(context: Context, effect: Effect) -> list[dict[str, Any]]:
    """Return the years of a plan by hand: what can be counted from its projects, the rest unknown."""
    bars = time_line(effect)
    first = min(bar.started for bar in bars) // 12
    last = max(bar.full for bar in bars) // 12
    years = plan_years(effect)
    found: list[dict[str, Any]] = []
    for number, year in enumerate(range(first, last + 1)):
        begun = [bar for bar in bars if bar.started // 12 == year]
        money = [bar.project.investment for bar in begun]
        spent = sum(m for m in money if m is not None) if None not in money else math.nan
        running = sum(bar.running // 12 <= year for bar in bars)
        row: dict[str, Any] = {
            "year": str(year), "starts": len(begun), "running": running, "spent": spent,
            "starting": context.listed(project_name(context, bar.project) for bar in begun),
            "headline": "", "standard": "",
        }  # fmt: skip
        if str(year) <= (years[-1] if years else ""):
            row["headline"] = context.say(
                f"step-{min(number + 1, _HEADED)}", starts=len(begun), running=running
            )
            all_begun = sum(bar.started // 12 <= year for bar in bars)
            row["standard"] = context.say(
                "step-standard", year=year, starts=all_begun, running=running
            )
        found.append(row)
    return found


def _table(context: Context, effect: Effect, rows: list[dict[str, Any]]) -> Table:
    columns: tuple[model.Column, ...] = (
        context.column("year", width=7),
        context.column("starts", "count", 6),
        context.column("starting", width=30),
        context.column("running", "count", 7),
        context.column("plan-coverage", "percent", 9),
        context.column("plan-content", "percent", 9),
        context.column("bought", "number", 9, unit="money"),
        context.column("fall", "number", 9, unit="money"),
        context.column("fall-drawn", "number", 12, unit="money"),
        context.column("adds", "number", 9, unit="money"),
        context.column("spent", "number", 9, unit="sum"),
        context.column("power", "number", 7, unit="mw"),
        context.column("standard", width=40),
    )
    facts = [context.facts.by_id[i] for i in dict.fromkeys(p.product_id for p in effect.projects)]
    lines = tuple(
        make_row((
            model.text(row["year"]),
            _count(row.get("starts")),
            model.text(row.get("starting")),
            _count(row.get("running")),
            model.percent(_known(row.get("coverage"))),
            model.percent(_known(row.get("content"))),
            *(model.number(_known(row.get(name))) for name in ("bought", "fall")),
            _drawn(_known(row.get("fall_low")), _known(row.get("fall_high"))),
            *(model.number(_known(row.get(name))) for name in ("output", "spent", "power")),
            model.text(row["standard"]),
        )) for row in rows
    )  # fmt: skip
    share = model.mean_known(context.sourced_demand(fact) for fact in facts)
    columns, lines = model.without_blank(columns, lines, _MAY_LACK)
    return Table("steps", context.say("section-steps"), columns, lines,
                 context.basis(share, "basis-mean"), model.known_share(share), cited=False)  # fmt: skip


def _known(value: object) -> float:
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    )


def _count(value: object) -> model.Cell:
    figure = _known(value)
    return model.text(None) if math.isnan(figure) else model.count(figure)


def _drawn(low: float, high: float) -> model.Cell:
    if math.isnan(low) or math.isnan(high):
        return model.text(None)
    ends = [model.number(end).text for end in (low, high)]
    return model.Cell(None, "–".join(dict.fromkeys(ends)))
