"""The numbers of figures as tables: for screen readers, print, and checking."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from chaingraph import words
from chaingraph.results import shown_number
from chaingraph.views.charts.bars import content_name, content_text, covered
from chaingraph.views.drawing.svg import money
from chaingraph.views.facts.products import figure
from chaingraph.views.flow.model import COLLECTED
from chaingraph.views.wording import figure_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.results import Result
    from chaingraph.views.charts.capacity import Steps
    from chaingraph.views.facts.products import Facts
    from chaingraph.views.flow.model import Flow
    from chaingraph.views.sitemap.build import RegionMap
    from chaingraph.words import Language

_NUMBERS = {
    "quantity", "value", "local", "brought", "unknown", "share", "makers", "lat", "lon", "demand",
    "capacity", "operating", "building", "inputs", "unpriced", "total", "year",
    "rank", "distance",
}  # fmt: skip


class Head(NamedTuple):
    """Title of a column, and whether it holds numbers."""

    text: str
    number: bool


class FigureTable(NamedTuple):
    """A table below a figure."""

    title: str
    header: tuple[Head, ...]
    rows: list[list[str]]


def _table(key: str, columns: str, rows: list[list[str]], lang: Language) -> FigureTable:
    header = tuple(
        Head(figure_word(f"head-{name}", lang), name in _NUMBERS) for name in columns.split()
    )
    return FigureTable(figure_word(f"table-{key}", lang), header, rows)


def flow_tables(flow: Flow, lang: Language) -> list[FigureTable]:
    """Return the links drawn, cut and not valued."""
    by_id = flow.facts.by_id

    def name(key: str) -> str:
        return figure_word(COLLECTED[key], lang) if key in COLLECTED else by_id[key].name(lang)

    rows = [
        [name(k.source), name(k.target), figure(k.quantity), k.unit, money(k.value.total),
         *(money(v) for v in k.value)]
        for k in flow.links
    ]  # fmt: skip
    columns = "input output quantity unit value local brought unknown"
    tables = [_table("flow", columns, rows, lang)] if rows else []
    cut = [
        [
            name(k.source),
            name(k.target),
            figure(k.quantity),
            k.unit,
            money(k.value.total or math.nan),
        ]
        for k in flow.cut
    ]
    if cut:
        tables.append(_table("cut", "input output quantity unit value", cut, lang))
    unvalued = [
        [name(u.source), name(u.target), figure(u.quantity), by_id[u.source].unit,
         figure_word("no-price" if u.quantity > 0 else "no-quantity", lang)]
        for u in flow.unvalued
    ]  # fmt: skip
    if unvalued:
        tables.append(_table("unvalued", "input output quantity unit reason", unvalued, lang))
    return tables


def map_tables(drawn: RegionMap, lang: Language) -> list[FigureTable]:
    """Return the sites, the parks and the ties of a map."""
    facts = drawn.facts.by_id
    between = "、" if lang == "zh" else ", "
    sites = [
        [s.code, s.name(lang), words.term("chain", s.chain, lang) if s.chain else "-",
         words.term("status", s.status, lang), between.join(facts[p].name(lang) for p in s.products),
         money(s.value), _degrees(s.lat), _degrees(s.lon)]
        for s in drawn.sites
    ]  # fmt: skip
    tables = (
        [_table("sites", "code site chain status products value lat lon", sites, lang)]
        if sites
        else []
    )
    parks = [
        [(p.name_zh if lang == "zh" else p.name_en) or p.name_zh, _degrees(p.lat), _degrees(p.lon)]
        for p in drawn.parks
    ]
    if parks:
        tables.append(_table("parks", "park lat lon", parks, lang))
    served = {s.enterprise_id: f"{s.code} {s.name(lang)}" for s in drawn.sites}
    ties = [
        [t.name(lang), "-" if t.target else served[t.customer_id],
         facts[t.product_id].name(lang) if t.product_id in facts else "-", t.year or "-",
         figure_word("is-target" if t.target else "is-local" if t.local_id else "is-away", lang)]
        for t in drawn.ties if not t.rank
    ]  # fmt: skip
    if ties:
        tables.append(_table("ties", "supplier site product year kind", ties, lang))
    targets = [
        [facts[t.product_id].name(lang) if t.product_id in facts else t.product_id, str(t.rank),
         t.name(lang), t.place or "-", _km(t.distance_km)]
        for t in drawn.ties if t.rank
    ]  # fmt: skip
    if targets:
        tables.append(_table("targets", "product rank group nearest distance", targets, lang))
    return tables


def _km(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:,.0f}"


def _degrees(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2f}"


def coverage_table(facts: Facts, chain: str | None, lang: Language) -> list[FigureTable]:
    """Return all needed products, not only those with a bar."""
    shown, _ = covered(facts, chain, len(facts.products) or 1)
    rows = [
        [f.name(lang), words.term("standing", f.standing, lang), figure(f.capacity), figure(f.demand),
         f.unit, "-" if math.isnan(f.coverage) else f"{f.coverage:.0%}"]
        for f in shown
    ]  # fmt: skip
    return (
        [_table("coverage", "product standing capacity demand unit share", rows, lang)]
        if rows
        else []
    )


def capacity_table(facts: Facts, steps: Sequence[Steps], lang: Language) -> list[FigureTable]:
    """Return every step of the capacity lines."""
    rows = []
    for step in steps:
        operating, building = dict(step.operating), dict(step.building)
        for when in sorted({*operating, *building}):
            date = figure_word("unknown-start", lang) if math.isinf(when) else _month(when)
            fact = facts.by_id[step.product_id]
            cells = [_shown(operating, when), _shown(building, when)]
            rows.append([fact.name(lang), date, *cells, fact.unit])
    return [_table("capacity", "product date operating building unit", rows, lang)] if rows else []


def _shown(levels: dict[float, float], when: float) -> str:
    before = [year for year in levels if year <= when]
    return shown_number(levels[max(before)]) if before else "-"


def _month(year: float) -> str:
    whole = math.floor(year + 1e-9)
    return f"{whole}-{math.floor((year - whole) * 12 + 1e-6) + 1:02d}"


def content_table(result: Result, lang: Language) -> list[FigureTable]:
    """Return the local content of anchors."""
    rows = [
        [content_name(row, lang)[1], content_text(row, lang),
         money(row["local_value_cny"]), money(row["input_value_cny"]), str(row["inputs"]), str(row["unpriced"])]
        for row in result.frame.to_dict("records")
    ]  # fmt: skip
    return [_table("content", "site share local total inputs unpriced", rows, lang)] if rows else []
