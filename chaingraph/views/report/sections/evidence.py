"""证据与来源: on which grades of source each table rests, how old it is, and the numbered sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaingraph.analysis.overview import describe_dataset
from chaingraph.analysis.sources import source_grades
from chaingraph.views.report import model
from chaingraph.views.report.model import Column, Paragraph, Section, Table, make_row
from chaingraph.views.report.sections.verify import grade_column
from chaingraph.views.wording import phrase
from chaingraph.words import term

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.views.report.context import Context, Sources
    from chaingraph.words import Language

_WEAK = ("repost", "unknown", "none")
"""Grades to be verified, each in a column of its own; the others stand together."""


def build(context: Context) -> Section:
    """Return the section; it comes after all that cite sources."""
    lead = Paragraph(context.say("lead-evidence", count=len(context.sources.numbers)))
    return Section(
        "evidence", context.say("section-evidence"), (lead,),
        (_tables(context), sources_table(context.sources, context.lang, source_grades(context.ds))),
    )  # fmt: skip


def _tables(context: Context) -> Table:
    frame = describe_dataset(context.ds, lang=context.lang).frame
    columns = (
        context.column("table", width=22),
        context.column("rows", "count", 10),
        context.column("firm", "percent", 12),
        context.column("solid", "percent", 12),
        *(grade_column(context, grade) for grade in _WEAK),
        context.column("with-figure", "percent", 14),
        context.column("oldest", width=12),
        context.column("newest", width=12),
    )
    rows = tuple(
        make_row((
            model.text(row["table_title"]), model.count(row["rows"]),
            *(model.percent(row[name]) for name in ("firm_share", "solid_share")),
            *(model.percent(row[f"grade_{grade}"]) for grade in _WEAK),
            model.percent(row["with_figure"]),
            model.text(row["oldest"]), model.text(row["newest"]),
        ))
        for row in frame.to_dict("records")
    )  # fmt: skip
    total = float(frame["rows"].sum())
    solid = float((frame["rows"] * frame["sourced"].fillna(0)).sum())
    share = solid / total if total else math.nan
    return Table(
        "tables", context.say("table-tables"), columns, rows,
        context.basis(share, "basis-rows"), None if math.isnan(share) else share, cited=False,
    )  # fmt: skip


def sources_table(
    sources: Sources, lang: Language, grades: Mapping[str, str] | None = None
) -> Table:
    """Return the numbered sources as a table that links lead to, with their grades where they have one."""
    known = grades or {}
    columns = (
        Column("number", phrase("col-number", lang), "", "count", 8),
        Column("address", phrase("col-address", lang), width=80),
        *([Column("grade", phrase("col-grade", lang), width=12)] if known else ()),
        Column("cited", phrase("col-cited", lang), "", "count", 10),
    )
    rows = tuple(
        make_row((
            model.count(number), model.text(address),
            *([model.text(term("source_grade", known.get(address, "unknown"), lang))] if known else ()),
            model.count(sources.cited[number]),
        ))
        for address, number in sources.numbers.items()
    )  # fmt: skip
    return Table("sources", phrase("table-sources", lang), columns, rows,
                 phrase("basis-sources", lang), cited=False)  # fmt: skip
