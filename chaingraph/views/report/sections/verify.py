"""来源级别与待核实: on which grades of source the gap value rests, and what to verify first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaingraph.analysis.sources import (
    GRADE_COLUMNS,
    GRADES,
    grade_result,
    list_unverified,
    parts_of,
)
from chaingraph.views.report import model
from chaingraph.views.report.model import Column, Paragraph, Row, Section, Table, make_row

if TYPE_CHECKING:
    from chaingraph.views.report.context import Context

_FIRST = 25
"""Rows on a page; the workbook holds all."""


def build(context: Context) -> Section | None:
    """Return the section, none where no gap has a price."""
    state = context.facts.state
    graded = grade_result(state, chain=context.chain, lang=context.lang)
    records = [row for row in graded.frame.to_dict("records") if row["rows"]]
    if not records:
        return None
    todo = list_unverified(state, chain=context.chain, lang=context.lang).frame.to_dict("records")
    told = {name: f"{share:.0%}" for name, share in graded.notes[0][1].items()}
    lead = context.say(
        "lead-verify" if todo else "lead-verified", **told, count=len(todo),
        first=min(_FIRST, len(todo)),
    )  # fmt: skip
    tables = (_graded(context, records), *(_todo(context, todo) if todo else ()))
    return Section("verify", context.say("section-verify"), (Paragraph(lead),), tables, wide=True)


def grade_column(context: Context, grade: str) -> Column:
    """Return the column of the share of a grade, none being rows without an address."""
    named = context.say("col-none") if grade == "none" else context.term("source_grade", grade)
    return Column(f"grade-{grade}", named, kind="percent", width=10)


def _graded(context: Context, records: list[dict[Any, Any]]) -> Table:
    columns = (
        context.column("carrier", width=18),
        context.column("carried", "money", 12, unit="money"),
        context.column("firm", "percent", 12),
        context.column("solid", "percent", 12),
        *(grade_column(context, grade) for grade in GRADES),
    )
    parts = parts_of(context.facts.state, context.chain).dropna(subset=["source_url"])
    rows = []
    for row in records:
        own = parts if row["carrier"] == "all" else parts[parts["carrier"] == row["carrier"]]
        cells = (
            model.text(context.term("carrier", row["carrier"])), model.money(row["carried_cny"]),
            *(model.percent(row[name]) for name in ("firm_share", "solid_share", *GRADE_COLUMNS)),
        )  # fmt: skip
        rows.append(make_row(cells, context.sources.cite(own["source_url"])))
    return Table(
        "graded", context.say("table-graded"), columns, tuple(rows),
        context.say("basis-graded", at=context.at), 1 - records[-1]["grade_none"],
    )  # fmt: skip


def _todo(context: Context, records: list[dict[Any, Any]]) -> tuple[Table, Table]:
    columns = (
        context.column("rank", "count", 6),
        context.column("carrier", width=14),
        context.column("what", width=30),
        context.column("for", width=26),
        context.column("grade", width=12),
        context.column("carried", "money", 12, unit="money"),
        context.column("carried-share", "percent", 8),
    )
    title, basis = context.say("table-verify"), context.say("basis-graded", at=context.at)
    rows = tuple(_row(context, record) for record in records)
    named = sum(row["carried_cny"] for row in records if isinstance(row["source_grade"], str))
    sourced = named / sum(row["carried_cny"] for row in records)
    return (
        Table("verify", title, columns, rows[:_FIRST], basis, sourced, place="pages"),
        Table("verify-all", title, columns, rows, basis, sourced, place="workbook"),
    )


def _row(context: Context, record: dict[Any, Any]) -> Row:
    grade, source = record["source_grade"], record["source_url"]
    cells = (
        model.count(record["rank"]),
        model.text(context.term("carrier", record["carrier"])),
        model.text(record[f"name_{context.lang}"]),
        model.text(record[f"use_{context.lang}"]),
        model.text(
            context.term("source_grade", grade)
            if isinstance(grade, str)
            else context.say("general")
        ),
        model.money(float(record["carried_cny"])),
        model.percent(float(record["carried_share"])),
    )
    return make_row(cells, context.sources.cite([source] if isinstance(source, str) else []))
