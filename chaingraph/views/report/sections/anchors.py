"""以商招商: what each anchor lacks here, and which of its suppliers could follow it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chaingraph.analysis.anchors import find_anchors, split_anchors
from chaingraph.views.report import model
from chaingraph.views.report.model import Paragraph, Row, Section, Table, make_row
from chaingraph.views.wording import clean

if TYPE_CHECKING:
    from chaingraph.views.report.context import Context

_GAPS = 3


def build(context: Context) -> Section | None:
    """Return the section, none where no local site is known to lack anything."""
    rows = _rows(context)
    if not rows:
        return None
    mean = model.mean_known(
        context.sourced_demand(context.facts.by_id[str(row["product_id"])]) for row in rows
    )
    columns = (
        context.column("of-anchor", width=28),
        context.column("local-content", "percent", 9),
        context.column("product", width=22),
        context.column("anchor-gap", "number", 12),
        context.column("unit", width=9),
        context.column("gap-value", "money", 10, unit="money"),
        context.column("followers", width=34),
        context.column("other-makers", width=34),
    )
    title = context.say("section-anchors")
    table = Table(
        "anchors", title, columns, tuple(_row(context, row) for row in rows),
        context.basis(mean, "basis-mean"), model.known_share(mean),
    )  # fmt: skip
    sites = len({row["enterprise_id"] for row in rows})
    lead = Paragraph(context.say("lead-anchors", sites=sites, most=_GAPS))
    return Section("anchors", title, (lead,), (table,), wide=True)


def _rows(context: Context) -> list[dict[Any, Any]]:
    """Return the largest gaps of each anchor that recruitment can fill, of the chain asked for."""
    result = find_anchors(context.facts.state)
    if not len(result):
        return []
    if context.chain:
        inside = {fact.product_id for fact in context.inside}
        frame = result.frame[result.frame["product_id"].isin(sorted(inside))]
        result = replace(result, frame=frame)
    rows: list[dict[Any, Any]] = split_anchors(result, gaps=_GAPS)[-1].frame.to_dict("records")
    return rows


def _row(context: Context, row: dict[Any, Any]) -> Row:
    fact = context.facts.by_id[str(row["product_id"])]
    english = row["enterprise_en"] if isinstance(row["enterprise_en"], str) else None
    name = row["enterprise_zh"] if context.lang == "zh" or not english else english
    cells = (
        model.text(name),
        model.percent_between(
            row["local_content_low"], row["local_content"], row["local_content_high"]
        ),
        model.text(fact.name(context.lang)),
        model.number(float(row["gap"])),
        model.text(context.say("per-year", unit=clean(fact.unit))),
        model.money(row["gap_value_cny"]),
        model.text(_names(context, row[f"followers_{context.lang}"])),
        model.text(_names(context, row["other_makers"])),
    )
    outputs = set(str(row["outputs"]).split("; "))
    behind = [cause.source_url for cause in fact.causes if cause.output_id in outputs]
    if isinstance(row["followers_source"], str):
        behind = [*row["followers_source"].split("; "), *behind]
    return make_row(cells, context.sources.cite(behind))


def _names(context: Context, names: Any) -> str:
    """Return names that a result joins as the report joins them."""
    return context.listed(names.split("; ")) if isinstance(names, str) else ""
