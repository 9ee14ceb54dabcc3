"""招商目标清单: whom to call for each gap, with what speaks for them and who says so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chaingraph import words
from chaingraph.recruit.sentences import shown_share
from chaingraph.views.facts.targets import FIRST_GAPS, TARGETS_EACH, read_rows
from chaingraph.views.report import model
from chaingraph.views.report.formats.text import is_address
from chaingraph.views.report.model import Cell, Paragraph, Row, Section, Table, make_row
from chaingraph.views.wording import clean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.views.facts.targets import Target
    from chaingraph.views.report.context import Context
    from chaingraph.views.report.model import Column

_LINKS = 3
_NO_MAKER = {"target-no-maker", "target-nobody"}


def build(context: Context) -> Section | None:
    """Return the section, none where targets are left out or nothing can be recruited."""
    result = context.targets
    if result is None or not (len(result) or result.notes):
        return None
    title = context.say("section-targets")
    every = read_rows(result)
    if not every:
        none = Paragraph(context.say("none-targets"))
        return Section("targets", title, (none, *_nobody(context)))
    first = read_rows(result, gaps=FIRST_GAPS, each=TARGETS_EACH)
    share = sum(bool(target.sources) for target in every) / len(every)
    counts = {"gaps": len({t.gap_rank for t in every}), "count": len(every)}
    shown = {"first": len({t.gap_rank for t in first}), "each": TARGETS_EACH}
    lead = (
        Paragraph(context.say("lead-targets", **counts, **shown)),
        Paragraph(context.say("targets-score")),
        *_nobody(context),
    )
    basis = context.basis(share, "basis-targets")
    tables = (
        Table("targets", title, _page_columns(context), tuple(_page_row(context, t) for t in first),
              basis, share, direct=True, place="pages"),
        Table("targets-all", title, _columns(context), tuple(_row(context, t) for t in every),
              basis, share, cited=False, place="workbook"),
    )  # fmt: skip
    return Section("targets", title, lead, tables, wide=True)


def _nobody(context: Context) -> list[Paragraph]:
    """Name the gaps that nobody makes elsewhere, and who comes nearest to it."""
    found = []
    for key, params in context.targets.notes if context.targets else ():
        if key in _NO_MAKER:
            name = context.product_names(i for i in [params["id"]] if i in context.facts.by_id)
            makers = ", ".join(map(context.group_name, params["makers"].split(", ")))
            said = words.message(key, context.lang, product=name, product_zh=name, makers=makers)
            found.append(Paragraph(context.marked(said), item=True))
    return found


def _page_columns(context: Context) -> tuple[Column, ...]:
    return (
        context.column("gap-rank", "count", 8),
        context.column("product", width=24),
        context.column("verb", width=12),
        context.column("list", width=12),
        context.column("target-rank", width=7),
        context.column("group", width=17),
        context.column("makes", width=10),
        context.column("plant", width=20),
        context.column("nearest", width=24),
        context.column("reasons", width=66),
    )


def _page_row(context: Context, target: Target) -> Row:
    """Return a target as a page shows it: figures with their units, what it needs first in front."""
    needs = context.marked(target.needs_first(context.lang))
    told = context.marked(target.reasons(context.lang))
    cells = (
        model.count(target.gap_rank),
        model.text(_gap(context, target)),
        model.text(_verb(context, target)),
        model.text(context.term("target_list", target.listed)),
        model.text(target.places()),
        *_who(context, target),
        model.text(_plant(context, target)),
        model.text(_nearest(context, target)),
        model.text(context.say("joint").join(part for part in (needs, told) if part)),
    )
    return make_row(cells, context.sources.cite(target.sources))


def _columns(context: Context) -> tuple[Column, ...]:
    return (
        context.column("gap-rank", "count", 6),
        context.column("product", width=20),
        context.column("gap", width=14),
        context.column("gap-quantity", "number", 12),
        context.column("unit", width=9),
        context.column("verb", width=12),
        context.column("list", width=14),
        context.column("target-rank", "count", 6),
        context.column("rank-range", width=8),
        context.column("group", width=18),
        context.column("makes", width=11),
        context.column("plant", "number", 12),
        context.column("plant-share", "percent", 9),
        context.column("score", "number", 8),
        context.column("score-range", width=11),
        context.column("closes", "number", 12),
        context.column("coverage-after", "percent", 9),
        context.column("nearest-site", width=22),
        context.column("distance", "number", 9, unit="km"),
        context.column("needs-first", width=24),
        context.column("reasons", width=58),
        *(model.Column(f"address-{n}", context.say("source-link", number=n), width=15)
          for n in range(1, _LINKS + 1)),
    )  # fmt: skip


def _row(context: Context, target: Target) -> Row:
    """Return a target as the workbook shows it: a column a figure, sources as links."""
    fact = context.facts.by_id.get(target.product_id)
    links = [*target.sources[:_LINKS], *[""] * _LINKS][:_LINKS]
    return make_row(
        (
            model.count(target.gap_rank),
            model.text(_name(context, target)),
            model.text(_kind(context, target)),
            model.number(target.gap),
            model.text(context.say("per-year", unit=clean(fact.unit)) if fact else None),
            model.text(_verb(context, target)),
            model.text(context.term("target_list", target.listed)),
            model.count(target.rank),
            model.text(target.places()),
            *_who(context, target),
            model.number(target.plant),
            model.percent(target.share),
            model.number(round(target.score, 2)),
            model.text(f"{target.low:.2f}\u2013{target.high:.2f}"),
            model.number(target.closes),
            model.percent(target.coverage_after),
            model.text(target.nearest_site),
            model.number(target.distance_km),
            model.text(context.marked(target.restricted[context.lang])),
            model.text(context.marked(target.reasons(context.lang))),
            *(_link(address) for address in links),
        )
    )


def _link(address: str) -> Cell:
    """Return a cell that shows where an address leads and holds all of it."""
    whole = model.text(address)
    host = urlsplit(whole.text).hostname if is_address(whole.text) else None
    return Cell(whole.value, clean(host)) if host else whole


def _who(context: Context, target: Target) -> Sequence[Cell]:
    makes = context.term("relation", target.relation)
    return (
        model.text(context.group_name(target.group)),
        model.text(makes),
    )


def _name(context: Context, target: Target) -> str:
    fact = context.facts.by_id.get(target.product_id)
    return clean(fact.name(context.lang) if fact else target.product_id)


def _kind(context: Context, target: Target) -> str:
    """Return the kind of a gap; of a surplus also of which product."""
    if target.serves:
        return context.say("target-serves", name=context.product_names([target.serves]))
    return context.term("gap_kind", target.gap_kind) if target.gap_kind else ""


def _gap(context: Context, target: Target) -> str:
    """Return a gap in one cell: product, kind, how much is short."""
    kind, amount = _kind(context, target), _amount(context, target, target.gap)
    state = context.say("target-state", kind=kind, amount=amount) if amount else kind
    name = _name(context, target)
    return context.say("target-gap", name=name, state=state) if state else name


def _verb(context: Context, target: Target) -> str:
    """Return what to do about the gap: now, and then."""
    said = context.term("verb", target.verb) if target.verb else ""
    if not (said and target.then):
        return said
    return words.message(
        "first-then", context.lang, first=said, then=context.term("then", target.then)
    )


def _plant(context: Context, target: Target) -> str:
    """Return a typical plant and what of it the gap would take."""
    amount = _amount(context, target, target.plant)
    if not amount or math.isnan(target.share):
        return amount
    return context.say("target-plant", amount=amount, share=shown_share(target.share))


def _amount(context: Context, target: Target, value: float) -> str:
    """Return a quantity with its unit; nothing where it is unknown."""
    fact = context.facts.by_id.get(target.product_id)
    if math.isnan(value) or fact is None:
        return ""
    unit = context.say("per-year", unit=clean(fact.unit))
    return f"{model.number(value).text} {unit}"


def _nearest(context: Context, target: Target) -> str:
    if math.isnan(target.distance_km):
        return target.nearest_site
    return context.say("target-nearest", km=f"{target.distance_km:,.0f}", site=target.nearest_site)
