"""企业: the local makers, what each makes, since when, says who."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaingraph.views.report import model
from chaingraph.views.report.model import Paragraph, Row, Section, Table, make_row
from chaingraph.views.wording import clean

if TYPE_CHECKING:
    from chaingraph.views.facts.products import Fact, Maker
    from chaingraph.views.report.context import Context


def build(context: Context) -> Section:
    """Return the section."""
    title = context.say("section-enterprises")
    pairs = sorted(
        ((fact, maker) for fact in context.inside for maker in fact.local),
        key=lambda pair: (not pair[1].anchor, pair[1].enterprise_id, pair[0].product_id,
                          pair[1].status, pair[1].since),
    )  # fmt: skip
    if not pairs:
        return Section("enterprises", title, (Paragraph(context.say("none-enterprises")),))
    sourced = sum(bool(maker.source_url) for _, maker in pairs) / len(pairs)
    columns = (
        context.column("enterprise", width=34),
        context.column("group", width=16),
        context.column("stock-code", width=10),
        context.column("place", width=18),
        context.column("anchor", width=6),
        context.column("product", width=22),
        context.column("maker-capacity", "number", 13),
        context.column("unit", width=10),
        context.column("status", width=8),
        context.column("since", width=11),
        context.column("as-of", width=11),
    )
    codes = _stock_codes(context)
    rows = tuple(_row(context, fact, maker, codes) for fact, maker in pairs)
    table = Table("enterprises", title, columns, rows,
                  context.basis(sourced, "basis-rows"), sourced)  # fmt: skip
    sites = len({maker.enterprise_id for _, maker in pairs})
    lead = Paragraph(context.say("lead-enterprises", sites=sites, rows=len(pairs)))
    return Section("enterprises", title, (lead,), (table,), wide=True)


def _row(context: Context, fact: Fact, maker: Maker, codes: dict[str, str]) -> Row:
    cells = (
        model.text(context.maker_name(maker)),
        model.text(maker.group_zh),
        model.text(codes.get(maker.enterprise_id)),
        model.text(maker.place),
        model.text(context.say("yes") if maker.anchor else None),
        model.text(fact.name(context.lang)),
        model.number(maker.capacity),
        model.text(context.say("per-year", unit=clean(fact.unit))),
        model.text(context.term("status", maker.status)),
        model.text(maker.since),
        model.text(maker.as_of),
    )
    return make_row(cells, context.sources.cite([maker.source_url]))


def _stock_codes(context: Context) -> dict[str, str]:
    """Return the stock codes of the sites, text as they are."""
    if not context.ds.has("enterprises"):
        return {}
    frame = context.ds.enterprises
    if not hasattr(frame, "iloc") or "stock_code" not in frame.columns:
        return {}
    known = frame[frame["stock_code"].notna()]
    return dict(zip(known["enterprise_id"].tolist(), known["stock_code"].astype(str), strict=True))
