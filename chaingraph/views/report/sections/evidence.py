"""证据与来源: how much of each table is sourced, how old it is, and the numbered sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaingraph.analysis.overview import describe_dataset
from chaingraph.views.report import model
from chaingraph.views.report.model import Column, Paragraph, Section, Table, make_row, phrase

if TYPE_CHECKING:
    from chaingraph.views.report.context import Context, Sources
    from chaingraph.words import Language


def build(context: Context) -> Section:
    """Return the section; it comes after all that cite sources."""
    lead = Paragraph(context.say("lead-evidence", count=len(context.sources.numbers)))
    return Section(
        "evidence", context.say("section-evidence"), (lead,),
        (_tables(context), sources_table(context.sources, context.lang)),
    )  # fmt: skip


def _tables(context: Context) -> Table:
    frame = describe_dataset(context.ds, lang=context.lang).frame
    columns = (
        context.column("table", width=22),
        context.column("rows", "count", 10),
        context.column("sourced-rows", "percent", 14),
        context.column("with-figure", "percent", 14),
        context.column("oldest", width=12),
        context.column("newest", width=12),
    )
    rows = tuple(
        make_row((
            model.text(row["table_title"]), model.count(row["rows"]),
            model.percent(row["sourced"]), model.percent(row["with_figure"]),
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


def sources_table(sources: Sources, lang: Language) -> Table:
    """Return the numbered sources as a table that links lead to."""
    columns = (
        Column("number", phrase("col-number", lang), "", "count", 8),
        Column("address", phrase("col-address", lang), width=90),
        Column("cited", phrase("col-cited", lang), "", "count", 10),
    )
    rows = tuple(
        make_row((model.count(number), model.text(address), model.count(sources.cited[number])))
        for address, number in sources.numbers.items()
    )
    return Table("sources", phrase("table-sources", lang), columns, rows,
                 phrase("basis-sources", lang), cited=False)  # fmt: skip
