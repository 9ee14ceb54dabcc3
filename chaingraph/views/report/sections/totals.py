"""对账: totals that somebody published of the region and the places in it, against the rows of sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaingraph.analysis.reconcile import reconcile
from chaingraph.dataset import last_day
from chaingraph.views.report import model
from chaingraph.views.report.model import Paragraph, Row, Section, Table, make_row

if TYPE_CHECKING:
    from chaingraph.views.report.context import Context

_OPEN = ("neither", "above", "no_rows")


def build(context: Context) -> Section | None:
    """Return the section, none where no total is known that rows can be held against."""
    inside = {fact.product_id for fact in context.inside}
    day = last_day(context.ds.as_of) if context.ds.as_of else "~"
    frame = reconcile(context.facts.state, lang=context.lang).frame
    rows = [
        row
        for row in frame.to_dict("records")
        if row["year"] <= day and inside & set(row["product_id"].split(";"))
    ]
    if not rows:
        return None
    columns = (
        context.column("place", width=16),
        context.column("product", width=26),
        context.column("total-date", width=9),
        context.column("covers", width=12),
        context.column("unit", width=8),
        context.column("said", "number", 12),
        context.column("operating-sum", "number", 12),
        context.column("whole-sum", "number", 12),
        context.column("difference", "number", 12),
        context.column("verdict", width=16),
        context.column("whom", width=26),
    )
    title = context.say("section-totals")
    mean = model.mean_known(float(isinstance(row["source_url"], str)) for row in rows)
    table = Table(
        "totals", title, columns, tuple(_row(context, row) for row in rows),
        context.basis(mean, "basis-mean"), model.known_share(mean), marked="verdict",
    )  # fmt: skip
    doubtful = sum(row["total_verdict"] in _OPEN for row in rows)
    lead = Paragraph(context.say("lead-totals", count=len(rows), open=doubtful))
    return Section("totals", title, (lead,), (table,), wide=True)


def _row(context: Context, row: dict[Any, Any]) -> Row:
    covers = row["said_of"] if row["measure"] == "capacity" else row["measure"]
    vocabulary = "said_of" if row["measure"] == "capacity" else "measure"
    cells = (
        model.text(row["region"]),
        model.text(row[f"name_{context.lang}"]),
        model.text(row["year"]),
        model.text(context.term(vocabulary, covers) if isinstance(covers, str) else ""),
        model.text(row["unit"]),
        *(
            model.number(float(row[name]))
            for name in ("said", "operating_sum", "with_construction_sum", "difference")
        ),
        model.text(context.term("total_verdict", row["total_verdict"])),
        model.text(row[f"whom_{context.lang}"]),
    )
    source = row["source_url"]
    return make_row(cells, context.sources.cite([source] if isinstance(source, str) else []))
