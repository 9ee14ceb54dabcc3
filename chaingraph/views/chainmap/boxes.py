"""Boxes of a map as the page reads them: short keys, both languages, sources by number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from chaingraph import words
from chaingraph.analysis.settings import product_names
from chaingraph.spoken import say_about, say_money_ends
from chaingraph.views.drawing.palette import STYLES
from chaingraph.views.facts.products import figure
from chaingraph.views.facts.targets import TARGETS_EACH, name_group, read_rows
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from chaingraph.results import Result
    from chaingraph.views.facts.products import Fact, Facts, Maker
    from chaingraph.words import Language

_REASONS, _LINKS = 2, 3


def statuses() -> list[dict[str, Any]]:
    """Return the standings with their look and words, in the order of the legend."""
    return [
        {
            "key": name,
            "fill": style.fill,
            "text": style.text,
            "mark": style.mark,
            "line": style.line,
            "width": style.width,
            "dashes": list(style.dashes) or False,
            "hatch": int(style.hatch),
            **{lang: words.term("standing", name, lang) for lang in LANGUAGES},
            **{f"why_{lang}": words.term("standing_meaning", name, lang) for lang in LANGUAGES},
        }
        for name, style in STYLES.items()
    ]


def shown_coverage(fact: Fact) -> str:
    """Return the coverage as boxes show it, nothing where there is none."""
    return "" if math.isnan(fact.coverage) else f"{fact.coverage:.0%}"


def product_box(facts: Facts, fact: Fact, sources: dict[str, int]) -> dict[str, Any]:
    """Return the box of a product; new sources are added to `sources`."""
    box: dict[str, Any] = {
        "id": fact.product_id,
        "zh": fact.name("zh"),
        "en": fact.name("en"),
        "s": list(STYLES).index(fact.standing),
        "ch": list(fact.chains),
        "n": fact.makers,
        "cov": shown_coverage(fact),
        "why_zh": fact.reason_zh,
        "why_en": fact.reason_en,
        "u": fact.unit,
        "d": figure(fact.demand),
        "ev": {lang: words.term("evidence", fact.evidence, lang) for lang in LANGUAGES},
        "k": figure(fact.capacity),
        "local": [_maker(maker, fact.unit, sources) for maker in fact.local],
        "more": fact.elsewhere_count,
    }
    if called := product_names(facts.state.study.dataset).called(fact.product_id):
        box["called"] = called
    if fact.construction > 0:
        box["b"] = figure(fact.construction)
    if fact.gap_value.high > 0 and fact.standing != "strong":
        box["gap"] = {lang: say_money_ends(*fact.gap_value, lang) for lang in LANGUAGES}
    if fact.verb:
        box["do"] = {lang: advised(fact, lang) for lang in LANGUAGES}
    if fact.restricted:
        box["restricted"] = {lang: fact.restriction(lang) for lang in LANGUAGES}
    if fact.elsewhere:
        box["away"] = [_maker(maker, fact.unit, sources) for maker in fact.elsewhere]
    if fact.causes:
        box["causes"] = [
            {
                "id": cause.output_id,
                "q": figure(cause.quantity),
                "a": f"{figure(cause.coefficient)} {cause.link_unit}"
                + ("" if cause.share >= 1 else f" × {cause.share:.0%}"),
                "src": _source(cause.source_url, sources),
            }
            for cause in fact.causes
        ]
    if fact.missing_inputs and (fact.makers or fact.construction > 0):
        box["miss"] = [i for i in fact.missing_inputs if i in facts.by_id]
    return box


def advised(fact: Fact, lang: Language) -> str:
    """Return what to do about a product, first and then, and what speaks against more."""
    said = words.term("verb", fact.verb, lang)
    if fact.then:
        said = words.message(
            "first-then", lang, first=said, then=words.term("then", fact.then, lang)
        )
    if fact.mark:
        said = words.message("marked", lang, said=said, mark=words.term("mark", fact.mark, lang))
    return said


def add_targets(
    boxes: list[dict[str, Any]], facts: Facts, targets: Result | None, sources: dict[str, int]
) -> None:
    """Add to the boxes of gaps their first targets, each with its place and two reasons."""
    by_id = {box["id"]: box for box in boxes}
    for target in read_rows(targets, each=TARGETS_EACH) if targets is not None else ():
        if target.product_id in by_id:
            row: dict[str, Any] = {
                **{lang: name_group(facts, target.group, lang) for lang in LANGUAGES},
                "is": target.relation,
                "l": target.listed,
                "p": target.places(),
                **{f"why_{lang}": target.reasons(lang, _REASONS) for lang in LANGUAGES},
                "src": [_source(address, sources) for address in target.sources[:_LINKS]],
            }
            if not math.isnan(target.closes):
                row["c"] = figure(target.closes)
            if row["en"] == row["zh"]:
                del row["en"]
            by_id[target.product_id].setdefault("t", []).append(row)


def _maker(maker: Maker, unit: str, sources: dict[str, int]) -> dict[str, Any]:
    row = {
        "id": maker.enterprise_id,
        "zh": maker.name_zh,
        "en": maker.name_en,
        "at": maker.place,
        "k": {}
        if math.isnan(maker.capacity)
        else {
            lang: say_about(maker.capacity, maker.capacity, maker.capacity, unit, lang)
            for lang in LANGUAGES
        },
        "st": maker.status,
        "since": maker.since,
        "as_of": maker.as_of,
        "src": _source(maker.source_url, sources),
    }
    return {key: value for key, value in row.items() if value not in ("", {})}


def _source(address: str, sources: dict[str, int]) -> int:
    """Return the number of a source, -1 for none."""
    return sources.setdefault(address, len(sources)) if address else -1
