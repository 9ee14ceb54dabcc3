"""指标与目标: targets against figures, output of chains, what the plan adds to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chaingraph.planning.indicators import measure_indicators
from chaingraph.views.report import model
from chaingraph.views.report.model import Cell, Paragraph, Section, Table, make_row

if TYPE_CHECKING:
    from chaingraph.results import Result
    from chaingraph.views.report.context import Context
    from chaingraph.views.report.model import Column


_MAY_LACK = ("leads-to", "chance", "plan-adds", "reaches")
"""Columns that are left out where no target has anything to say there."""


def build(context: Context) -> Section | None:
    """Return the section; a sentence where the data hold no target of the region."""
    if not context.ds.has("capacities"):  # structure alone: nothing is measured
        return None
    title = context.say("section-indicators")
    plan = None if context.effect is None else context.effect.saved
    found = measure_indicators(context.facts.state, plan=plan, lang=context.lang)
    tables = [
        _targets(context, found.targets),
        _chains(context, found.chains),
        _adds(context, found.plan),
    ]
    kept = tuple(table for table in tables if table is not None)
    lead = [] if len(found.targets) else [Paragraph(context.say("none-indicators"))]
    lead += [
        Paragraph(_stopped(context, said))
        for part in found
        if len(part)
        for said in part.sentences(context.lang)
    ]
    if not kept:
        return Section("indicators", title, tuple(lead), sheet=False)
    return Section("indicators", title, tuple(lead), kept, wide=True)


def _stopped(context: Context, sentence: str) -> str:
    end = "。" if context.lang == "zh" else "."
    return context.marked(sentence if sentence.endswith(end) else sentence + end)


def _targets(context: Context, result: Result) -> Table | None:
    if not len(result):
        return None
    columns = (
        context.column("indicator", width=24),
        context.column("unit", width=8),
        context.column("last", "number", 9),
        context.column("last-year", width=7),
        context.column("aim", "number", 9),
        context.column("aim-year", width=7),
        context.column("needed", "percent", 15),
        context.column("actual", "percent", 8),
        context.column("state", width=10),
        context.column("leads-to", "number", 18),
        context.column("chance", "percent", 8),
        context.column("plan-adds", "number", 16),
        context.column("reaches", width=8),
        context.column("lacks", width=30),
    )
    rows, sourced = [], []
    for row in result.frame.to_dict("records"):
        source = row["source_url"] if isinstance(row["source_url"], str) else ""
        notes = context.sources.cite([source] if source.startswith("http") else [])
        sourced.append(float(bool(notes)))
        rows.append(make_row((
            model.text(row["indicator_name"]), model.text(row["unit"]),
            model.number(float(row["last_value"])), model.text(row["last_year"]),
            model.number(float(row["target"])), model.text(row["target_year"]),
            _needed(context, row), model.percent(float(row["actual"])),
            model.text(context.term("target_state", row["target_state"])),
            _ends(row, ("projection_low", "projection", "projection_high")),
            model.percent(float(row["chance"])),
            _ends(row, ("plan_low", "plan_adds", "plan_high")),
            model.text(context.term("reaches", row["reaches"]) if isinstance(row["reaches"], str) else None),
            model.text(row[f"missing_{context.lang}"]),
        ), notes))  # fmt: skip
    shown, lines = model.without_blank(columns, rows, _MAY_LACK)
    share = model.mean_known(sourced)
    return _table(context, "indicators", "section-indicators", shown, list(lines), share)


def _needed(context: Context, row: dict[Any, Any]) -> Cell:
    """Return the growth that a target needs; without a year what 3, 5 and 7 years would need."""
    spans = [(n, float(row[f"needed_{n}"])) for n in (3, 5, 7)]
    if row["target_state"] == "no_year" and all(value == value for _, value in spans):  # noqa: PLR0124
        said = [context.say("in-years", years=n, growth=f"{value:.0%}") for n, value in spans]
        return Cell(None, context.listed(said))
    return model.percent(float(row["needed"]))


def _ends(row: dict[Any, Any], names: tuple[str, str, str]) -> Cell:
    """Return a figure with its ends, where it has any."""
    low, middle, high = (model.number(float(row[name])).text for name in names)
    if middle == "-":
        return model.text(None)
    return Cell(None, middle if low == "-" else f"{middle} ({low}–{high})")


def _chains(context: Context, result: Result) -> Table | None:
    frame = result.frame
    if context.chain and len(frame):
        frame = frame[frame["chain"] == context.chain]
    if frame.empty:
        return None
    columns = (
        context.column("chain", width=14),
        *(context.column(name, "money", 11, unit="money")
          for name in ("full-output", "sold-here", "net-output", "coming-output")),
        context.column("made-products", "count", 8),
        context.column("unpriced-products", "count", 8),
        context.column("published", "money", 11, unit="money"),
        context.column("last-year", width=8),
        context.column("implied", "percent", 9),
    )  # fmt: skip
    rows = []
    money = ("full_output_cny", "sold_here_cny", "net_output_cny", "coming_output_cny")
    for row in frame.to_dict("records"):
        own = [f for f in context.products if f.makers and row["chain"] in f.chains]
        rows.append(make_row((
            model.text(context.term("chain", row["chain"])),
            *(model.money(float(row[name])) for name in money),
            model.count(row["made_products"]), model.count(row["unpriced_products"]),
            model.money(float(row["published_cny"])), model.text(row["published_year"]),
            model.percent(float(row["implied_use"])),
        ), context.cite_products(own)))  # fmt: skip
    share = model.mean_known(context.sourced_capacity(f) for f in context.products if f.makers)
    return _table(context, "chain-outputs", "table-chain-outputs", columns, rows, share)


def _adds(context: Context, result: Result) -> Table | None:
    frame = result.frame
    if context.chain and len(frame):
        frame = frame[frame["chain"] == context.chain]
    if frame.empty or context.effect is None:
        return None
    columns = (
        context.column("chain", width=14),
        context.column("year", width=8),
        *(context.column(name, "money", 11, unit="money")
          for name in ("adds-low", "adds", "adds-high", "net-low", "net", "net-high")),
    )  # fmt: skip
    ids = dict.fromkeys(p.product_id for p in context.effect.projects)
    facts = [context.facts.by_id[i] for i in ids]
    notes = context.cite_products(facts)
    names = ("added_low", "added", "added_high", "net_low", "net", "net_high")
    rows = [
        make_row((
            model.text(context.term("chain", row["chain"])), model.text(row["year"]),
            *(model.money(float(row[name])) for name in names),
        ), notes)
        for row in frame.to_dict("records")
    ]  # fmt: skip
    share = model.mean_known(context.sourced_demand(fact) for fact in facts)
    return _table(context, "plan-outputs", "table-plan-outputs", columns, rows, share)


def _table(
    context: Context,
    key: str,
    title: str,
    columns: tuple[Column, ...],
    rows: list[Any],
    share: float,
) -> Table:
    return Table(key, context.say(title), columns, tuple(rows), context.basis(share, "basis-mean"),
                 model.known_share(share))  # fmt: skip
