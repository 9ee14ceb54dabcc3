"""The chain map: one HTML file that opens offline, answers what is there, what is missing, says who."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph import words
from chaingraph.analysis.balance import chain_filter
from chaingraph.analysis.gaps import find_gaps
from chaingraph.analysis.settings import read_chain, read_lang, read_product
from chaingraph.analysis.study import open_study, region_state
from chaingraph.analysis.summary import summarise
from chaingraph.errors import OptionError
from chaingraph.views.chainmap.anchors import anchor_id, draw_anchor
from chaingraph.views.chainmap.page import render_page
from chaingraph.views.chainmap.pictures import (
    DETAIL_LIMIT,
    Picture,
    both,
    draw_overview,
    draw_products,
    group_box,
    make_groups,
    neighbours,
)
from chaingraph.views.facts.products import Facts, choose_products, gather_facts, with_enterprises
from chaingraph.views.facts.targets import MAPPED_GAPS, choose_targets
from chaingraph.views.saved import SavedPage
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from chaingraph.analysis.study import Study
    from chaingraph.dataset import Dataset
    from chaingraph.regions import Region
    from chaingraph.results import Result
    from chaingraph.words import Language

MOST_BOXES = 3_000
MOST_LINKS = 10_000
"""Links of a map; twice as many take half a minute and 700 MB."""


@dataclass(frozen=True)
class ChainMap(SavedPage):
    """A chain map as a page; in a notebook it shows itself."""

    crossings: int


def save_chain_map(ds: Dataset, path: str | Path, **options: Any) -> Path:
    """Write a region's chain map as one HTML file that asks for nothing from outside.

    Parameters
    ----------
    ds
        The dataset.
    path
        The file to write.
    **options
        As for :func:`build_chain_map`.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    UnknownNameError, OptionError
        For names and options that cannot be used.
    FileProblemError
        Where the file cannot be written; an existing one stays.

    Examples
    --------
    >>> import tempfile, pathlib, chaingraph as cg
    >>> page = pathlib.Path(tempfile.mkdtemp()) / "map.html"
    >>> cg.save_chain_map(cg.load_dataset("toy"), page).stat().st_size > 100_000
    True
    """
    return build_chain_map(ds, **options).save(path)


def build_chain_map(
    ds: Dataset,
    *,
    region: str | Region | None = None,
    chain: str | None = None,
    around: str | None = None,
    depth: int = 2,
    anchor: str | None = None,
    all_products: bool = False,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    targets: Result | bool | None = None,
    force: bool = False,
    lang: Language | None = None,
) -> ChainMap:
    """Build the chain map of a region.

    Parameters
    ----------
    ds
        The dataset. Without enterprises and capacities every box is without data.
    region, chain, at, statuses, lang
        As in :func:`chaingraph.find_gaps`. Without a chain, all chains of the dataset.
    around, depth
        Only the products within `depth` links of this one.
    anchor
        Only this enterprise: what it takes, who supplies it, what it lacks locally.
    all_products
        Products too that are neither made nor taken in the region.
    targets
        A result of :func:`chaingraph.rank_targets` on the region; None ranks the targets of the first
        30 gaps that are drawn, three of which stand in a gap's panel; False leaves them out.
    force
        Draw more than 3,000 boxes all the same; more than 10,000 links are never drawn.

    Returns
    -------
    ChainMap
        The page; ``save(path)`` writes it, a notebook shows it.

    Raises
    ------
    UnknownNameError, OptionError
        For names and options that cannot be used, an empty selection, too many boxes.

    Examples
    --------
    >>> import chaingraph as cg
    >>> cg.build_chain_map(cg.load_dataset("toy"), lang="en").title
    '甲市 · industry chain map'
    """
    if around is not None and anchor is not None:
        raise OptionError("one-of", first="--around", second="--anchor")
    if depth < 1:
        raise OptionError("bad-depth", value=depth)
    study = open_study(with_enterprises(ds), at=at, statuses=statuses)
    state = region_state(study, region)
    around = None if around is None else read_product(study.dataset, around)
    chain = read_chain(study.dataset, chain)
    facts = gather_facts(state)
    anchor = None if anchor is None else anchor_id(facts, anchor)
    chosen = read_lang(ds, lang)
    extra: list[dict[str, Any]] = []
    if anchor is not None:
        pictures, extra = draw_anchor(facts, anchor)
    else:
        inside = chain_filter(study, chain)
        if around is not None:
            near = neighbours(facts, around, depth)
            inside = inside & np.array([i in near for i in study.product_graph.ids], dtype=bool)
        ids = choose_products(facts, inside, whole=all_products or around is not None)
        if not ids:
            raise OptionError("empty-selection")
        if len(ids) > MOST_BOXES and not force:
            raise OptionError("too-many-boxes", count=len(ids), limit=MOST_BOXES)
        _refuse_links(study, ids)
        pictures, extra = _pictures(facts, ids, chain)
    topic = _topic(facts, chain, around, anchor)
    drawn = {node[0] for picture in pictures for node in picture.nodes}
    gaps = find_gaps(state, chain=chain, draws=0)
    found = choose_targets(state, asked=targets, gaps=gaps, products=drawn, first=MAPPED_GAPS)
    summary = summarise(state, gaps.frame, chain=chain)
    page = render_page(facts, pictures, extra, topic, chosen, summary=summary, targets=found)
    return ChainMap(topic[chosen], page, max(p.crossings for p in pictures))


def _refuse_links(study: Study, ids: Sequence[str]) -> None:
    """Refuse a map with more links than a page can lay out in memory; forcing it would end the program."""
    table = study.dataset.inputs
    count = int((table["input_id"].isin(ids) & table["output_id"].isin(ids)).sum())
    if count > MOST_LINKS:
        raise OptionError("too-many-links", count=f"{count:,}", limit=f"{MOST_LINKS:,}")


def _pictures(
    facts: Facts, ids: Sequence[str], chain: str | None
) -> tuple[list[Picture], list[dict[str, Any]]]:
    """Return one picture, or above 80 boxes an aggregated one, one a chain, one a group, and all."""
    if len(ids) <= DETAIL_LIMIT:
        return [draw_products("map", both("page", "all_boxes"), facts, ids)], []
    chains = [chain] if chain else list(facts.state.study.dataset.chains)
    groups = make_groups(facts, ids, chains)
    pictures = [draw_overview(facts, groups, chains)]
    if len(chains) > 1:
        for name in chains:
            own = [i for i in ids if name in facts.by_id[i].chains]
            if own:
                pictures.append(draw_products(f"chain/{name}", both("chain", name), facts, own))
    pictures.append(draw_products("all", both("page", "all_boxes"), facts, ids))
    boxes = []
    for group in groups:
        titles: dict[str, str] = {
            lang: " · ".join(
                part
                for part in (
                    words.term("chain", group.chain, lang) if group.chain else "",
                    words.term("stage", group.stage, lang),
                    group.titles[lang],
                )
                if part
            )
            for lang in LANGUAGES
        }
        members = _with_neighbours(facts, group.members, ids)
        pictures.append(draw_products(f"in/{group.key}", titles, facts, members, tab=False))
        boxes.append(group_box(group, facts))
    return pictures, boxes


def _with_neighbours(facts: Facts, members: Sequence[str], ids: Sequence[str]) -> list[str]:
    """Return a group's members and, while they fit, the products that they are linked to."""
    own, inside = set(members), set(ids)
    near = sorted(
        {
            other
            for link in facts.links
            if link.role == "consumed" and link.active
            for mine, other in (
                (link.input_id, link.output_id),
                (link.output_id, link.input_id),
            )
            if mine in own and other in inside and other not in own
        }
    )
    return [*members, *near[: max(0, DETAIL_LIMIT - len(members))]]


def _topic(
    facts: Facts, chain: str | None, around: str | None, anchor: str | None
) -> dict[str, str]:
    """Return the page's title in both languages."""
    titles: dict[str, str] = {}
    for lang in LANGUAGES:
        region = facts.state.region.name
        parts = [words.term("page", "whole", lang) if region == "*" else region]
        if chain:
            parts.append(words.term("chain", chain, lang))
        if around:
            parts.append(facts.by_id[around].name(lang))
        if anchor:
            parts.append(anchor_name(facts, anchor, lang))
        parts.append(words.term("page", "map", lang))
        titles[lang] = " · ".join(parts)
    return titles


def anchor_name(facts: Facts, anchor: str, lang: Language) -> str:
    """Return the name of an enterprise, from its rows."""
    for fact in facts.products:
        for maker in (*fact.local, *fact.elsewhere):
            if maker.enterprise_id == anchor:
                return (maker.name_zh if lang == "zh" else maker.name_en) or maker.name_zh
    return anchor
