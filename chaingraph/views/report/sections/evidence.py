"""证据与来源: how much of each table is sourced, how old it is, and the numbered sources."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from chaingraph.analysis.overview import describe_dataset
from chaingraph.views.report import model
from chaingraph.views.report.model import Paragraph, Section, Table, make_row

if TYPE_CHECKING:
    from chaingraph.views.report.context import Context


def build(context: Context) -> Section:
    """Return the section; it comes after all that cite sources."""
    lead = Paragraph(context.say("lead-evidence", count=len(context.sources.numbers)))
    return Section(
        "evidence", context.say("section-evidence"), (lead,),
        (_tables(context), _sources(context)),
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


def _sources(context: Context) -> Table:
    columns = (
        context.column("number", "count", 8),
        context.column("address", width=90),
        context.column("cited", "count", 10),
    )
    rows = tuple(
        make_row((model.count(number), model.text(address),
                  model.count(context.sources.cited[number])))
        for address, number in context.sources.numbers.items()
    )  # fmt: skip
    return Table("sources", context.say("table-sources"), columns, rows,
                 context.say("basis-sources"), cited=False)  # fmt: skip
