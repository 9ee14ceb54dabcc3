"""The page of a chain map: data, words and drawing put into one file."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

from chaingraph import words
from chaingraph.analysis.summary import product_name, say_lines, site_name
from chaingraph.version import __version__
from chaingraph.views.chainmap.boxes import add_targets, product_box, shown_coverage, statuses
from chaingraph.views.chainmap.network import network_options, network_view, vis_bundle
from chaingraph.views.chainmap.pictures import BOX_HEIGHT, BOX_WIDTH, both, home_chain, stage_of
from chaingraph.views.drawing.palette import HATCH, STAGES, STYLES
from chaingraph.views.facts.products import figure
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.analysis.summary import Summary
    from chaingraph.results import Result
    from chaingraph.views.chainmap.pictures import Picture
    from chaingraph.views.facts.products import Facts
    from chaingraph.words import Language

TABLE_COLUMNS = (
    "product", "stage", "standing", "makers", "capacity", "construction", "demand", "unit", "coverage",
)  # fmt: skip


def render_page(
    facts: Facts,
    pictures: list[Picture],
    extra: list[dict[str, Any]],
    titles: dict[str, str],
    lang: Language,
    *,
    summary: Summary,
    targets: Result | None = None,
) -> str:
    """Return the page of some pictures, with the first lines, and whom to recruit in the panels of gaps."""
    import jinja2

    shown = sorted({n[0] for p in pictures for n in p.nodes if n[0] in facts.by_id})
    sources: dict[str, int] = {}
    boxes = [product_box(facts, facts.by_id[i], sources) for i in shown]
    add_targets(boxes, facts, targets, sources)
    ds = facts.state.study.dataset
    said = {
        text: about_page(facts, key)
        for text, key in (("footer", "page-footer"), ("subtitle", "page-subtitle"))
    }
    own = {c for i in shown for c in facts.by_id[i].chains}
    data = {
        "lang": lang,
        "title": titles,
        "file": "chain-map",
        **said,
        "words": {
            lg: {k: words.term("page", k, lg) for k in words.vocabulary("page")} for lg in LANGUAGES
        },
        "statuses": statuses(),
        "hatch": HATCH,
        "states": {name: dict(texts) for name, texts in words.vocabulary("status").items()},
        "lists": {name: dict(texts) for name, texts in words.vocabulary("target_list").items()},
        "relations": {name: dict(texts) for name, texts in words.vocabulary("relation").items()},
        "chains": [{"key": c, **both("chain", c)} for c in ds.chains if c in own],
        "boxes": boxes + extra,
        "views": [network_view(picture) for picture in pictures],
        "sources": list(sources),
        "box": [BOX_WIDTH, BOX_HEIGHT],
        "options": network_options(),
    }
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page: str = environment.get_template("chain_map.html").render(
        html_lang="zh-CN" if lang == "zh" else "en",
        lang=lang,
        title=titles[lang],
        subtitle=said["subtitle"][lang],
        footer=said["footer"][lang],
        version=__version__,
        css=_template("chain_map.css"),
        script=_template("chain_map.js"),
        bundle=vis_bundle(),
        noscript=words.term("page", "noscript", lang),
        words={k: words.term("page", k, lang) for k in words.vocabulary("page")},
        columns=TABLE_COLUMNS,
        rows=[_row(facts, product_id) for product_id in _table_order(facts, shown)],
        lines={lg: say_lines(summary, lg) for lg in LANGUAGES},
        lines_title=both("page", "first_lines"),
        topics=_topics(summary),
        data=data,
    )
    return page


def about_page(facts: Facts, key: str) -> dict[str, str]:
    """Return a sentence that says of which data, when and of what a page is, in every language."""
    ds = facts.state.study.dataset
    return {
        lg: words.message(
            key, lg, dataset=ds.title(lg), version=ds.version, at=ds.as_of or "-", program=__version__,
            statuses=counted_statuses(facts, lg),
        )
        for lg in LANGUAGES
    }  # fmt: skip


def counted_statuses(facts: Facts, lang: Language) -> str:
    """Return which statuses count, with their part where it is not whole."""
    return "+".join(
        words.term("status", status, lang) + ("" if part == 1 else f"={part:g}")
        for status, part in facts.state.study.statuses.items()
    )


def _topics(summary: Summary) -> dict[str, dict[str, str]]:
    """Return the lists that counts of the first lines lead to, in both languages."""
    found: dict[str, dict[str, str]] = {topic: both("topic", topic) for topic in summary.topics}
    if summary.doubts:
        found["running"] = both("topic", "running")
    for lg in LANGUAGES:
        between = "、" if lg == "zh" else ", "
        for topic, ids in summary.topics.items():
            names = (product_name(summary.state, product, lg) for product in ids)
            found[topic][f"names_{lg}"] = between.join(names)
        if summary.doubts:
            sites = (site_name(summary.plants, doubt.enterprise_id, lg) for doubt in summary.doubts)
            found["running"][f"names_{lg}"] = between.join(sites)
    return found


def _table_order(facts: Facts, shown: Sequence[str]) -> list[str]:
    chains = facts.state.study.dataset.chains
    return sorted(
        shown, key=lambda i: (home_chain(facts.by_id[i], chains), stage_of(facts.by_id[i]), i)
    )


def _row(facts: Facts, product_id: str) -> dict[str, Any]:
    """Return one row of the table below the map."""
    fact = facts.by_id[product_id]
    stage = STAGES[stage_of(fact)] if fact.stage in STAGES else ""
    row: dict[str, Any] = {
        "id": product_id,
        "mark": STYLES[fact.standing].mark,
        "makers": fact.makers,
        "capacity": figure(fact.capacity),
        "construction": figure(fact.construction),
        "demand": figure(fact.demand),
        "unit": fact.unit,
        "coverage": shown_coverage(fact) or "-",
    }
    for lang in LANGUAGES:
        row[lang] = fact.name(lang)
        row[f"stage_{lang}"] = words.term("stage", stage, lang) if stage else "-"
        row[f"standing_{lang}"] = words.term("standing", fact.standing, lang)
    return row


def _template(name: str) -> str:
    path = resources.files("chaingraph.views").joinpath("templates", name)
    return path.read_text(encoding="utf-8")
