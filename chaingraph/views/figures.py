"""Pages of still figures: one HTML file without scripts that opens offline and prints as vectors."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph import words
from chaingraph.analysis.balance import chain_filter
from chaingraph.analysis.content import measure_local_content
from chaingraph.analysis.settings import read_chain, read_lang
from chaingraph.analysis.study import open_study, region_state
from chaingraph.results import Result
from chaingraph.version import __version__
from chaingraph.views.charts.bars import anchor_content_bars, coverage_bars
from chaingraph.views.charts.capacity import capacity_over_time, capacity_steps
from chaingraph.views.drawing.svg import region_name
from chaingraph.views.facts.products import gather_facts, with_enterprises
from chaingraph.views.facts.targets import FIRST_GAPS, choose_targets
from chaingraph.views.flow.build import build_flow
from chaingraph.views.flow.drawing import flow_svg
from chaingraph.views.saved import SavedPage
from chaingraph.views.sitemap.build import build_region_map
from chaingraph.views.sitemap.drawing import region_map_svg
from chaingraph.views.tables import (
    capacity_table,
    content_table,
    coverage_table,
    flow_tables,
    map_tables,
)
from chaingraph.views.wording import FigureError, figure_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from chaingraph.analysis.state import RegionState
    from chaingraph.dataset import Dataset
    from chaingraph.regions import Region
    from chaingraph.views.facts.products import Facts
    from chaingraph.views.tables import FigureTable
    from chaingraph.words import Language

FIGURES = ("flow", "region", "charts")
_PANELS = 12


@dataclass(frozen=True)
class FigurePage(SavedPage):
    """A page of figures; in a notebook it shows the drawings."""

    drawings: tuple[str, ...]

    def _repr_html_(self) -> str:
        return "".join(self.drawings)


def save_figure(ds: Dataset, path: str | Path, **options: Any) -> Path:
    """Write a figure of a region as one HTML file that asks for nothing from outside.

    Parameters
    ----------
    ds
        The dataset.
    path
        The file to write.
    **options
        As for :func:`build_figure`.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    UnknownNameError, OptionError
        For names and options that cannot be used.
    FileProblemError
        Where a file cannot be read or written; an existing one stays.

    Examples
    --------
    >>> import tempfile, pathlib, chaingraph as cg
    >>> page = pathlib.Path(tempfile.mkdtemp()) / "flow.html"
    >>> save_figure(cg.load_dataset("toy"), page, figure="flow").stat().st_size > 5_000
    True
    """
    return build_figure(ds, **options).save(path)


def build_figure(
    ds: Dataset,
    *,
    figure: str,
    region: str | Region | None = None,
    chain: str | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    boundary: str | Path | None = None,
    boundary_note: str | None = None,
    targets: Result | Sequence[str] | bool | None = None,
    lang: Language | None = None,
) -> FigurePage:
    """Build a page with a figure of a region and the same numbers as tables.

    Parameters
    ----------
    ds
        The dataset. Where it has no enterprises the figure says so in a sentence.
    figure
        ``flow`` (material flow), ``region`` (map of the sites) or ``charts`` (coverage, capacity over
        time, local content of anchors).
    region, chain, at, statuses, lang
        As in :func:`chaingraph.find_gaps`.
    boundary, boundary_note
        Only with ``region``: a GeoJSON file drawn underneath, and where it comes from.
    targets
        Only with ``region``: a result of :func:`chaingraph.rank_targets`, or groups or enterprise ids
        to link to the region; None ranks the targets of its first gaps; False leaves them out.

    Returns
    -------
    FigurePage
        The page; ``save(path)`` writes it.

    Raises
    ------
    UnknownNameError, OptionError
        For names and options that cannot be used.
    FileProblemError
        Where the boundary file cannot be read.

    Examples
    --------
    >>> import chaingraph as cg
    >>> build_figure(cg.load_dataset("toy"), figure="flow", lang="en").title
    'Jia · Material flow'
    """
    if figure not in FIGURES:
        raise FigureError("bad-figure", value=figure, choices=", ".join(FIGURES))
    if figure != "region" and boundary is not None:
        raise FigureError("boundary-not-here", figure=figure)
    read_chain(ds, chain)
    chosen = read_lang(ds, lang)
    study = open_study(with_enterprises(ds), at=at, statuses=statuses)
    state = region_state(study, region)
    facts = gather_facts(state)
    if figure == "flow":
        flow = build_flow(facts, chain)
        drawings, tables = [flow_svg(flow, chosen)], flow_tables(flow, chosen)
    elif figure == "region":
        drawn = build_region_map(
            facts, boundary=boundary, boundary_note=boundary_note, chain=chain,
            targets=_targets(state, asked=targets, chain=chain),
        )  # fmt: skip
        drawings, tables = [region_map_svg(drawn, chosen)], map_tables(drawn, chosen)
    else:
        drawings, tables = _charts(facts, chain, chosen)
    name = {"flow": "flow-title", "region": "map-title", "charts": "charts-title"}[figure]
    parts = [region_name(facts, chosen), *([words.term("chain", chain, chosen)] if chain else [])]
    title = " · ".join([*parts, figure_word(name, chosen)])
    return FigurePage(title, _page(facts, title, drawings, tables, chosen), tuple(drawings))


def _targets(
    state: RegionState, *, asked: Result | Sequence[str] | bool | None, chain: str | None
) -> Result | Sequence[str]:
    """Return what a region map links: names as they are given, else targets that are ranked."""
    if asked is None or isinstance(asked, bool | Result):
        found = choose_targets(state, asked=asked, chain=chain, first=FIRST_GAPS)
        return () if found is None else found
    return asked


def _charts(facts: Facts, chain: str | None, lang: Language) -> tuple[list[str], list[FigureTable]]:
    study, region = facts.state.study, facts.state.region
    ids = _largest(facts, chain)
    content = measure_local_content(facts.state, by="anchor", lang=lang)
    drawings = [
        coverage_bars(facts, lang, chain),
        capacity_over_time(study, region, ids, lang),
        anchor_content_bars(content, lang, facts=facts),
    ]
    steps = capacity_steps(study, region, ids)
    tables = coverage_table(facts, chain, lang) + capacity_table(facts, steps, lang)
    return drawings, tables + content_table(content, lang)


def _largest(facts: Facts, chain: str | None) -> list[str]:
    """Return the products made or built here with a known size, those of most money first."""
    inside = chain_filter(facts.state.study, chain)
    made = [
        f for f in facts.products if inside[f.position] and (f.capacity > 0 or f.construction > 0)
    ]

    def worth(fact: Any) -> float:
        value = max(fact.construction, np.nan_to_num(fact.capacity)) * fact.price_cny
        return float(value) if value > 0 else 0.0

    return [f.product_id for f in sorted(made, key=lambda f: (-worth(f), f.product_id))[:_PANELS]]


def _page(
    facts: Facts, title: str, drawings: list[str], tables: list[FigureTable], lang: Language
) -> str:
    import jinja2
    from markupsafe import Markup

    ds = facts.state.study.dataset
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = resources.files("chaingraph.views").joinpath("templates", "figure.html")
    page: str = environment.from_string(template.read_text(encoding="utf-8")).render(
        html_lang="zh-CN" if lang == "zh" else "en",
        version=__version__,
        title=title,
        drawings=[Markup(drawing) for drawing in drawings],  # noqa: S704  escaped by svg.tag
        tables=tables,
        footer=figure_word(
            "footer", lang, dataset=ds.title(lang), version=ds.version, at=ds.as_of or "-",
            program=__version__, statuses="+".join(
                words.term("status", s, lang) + ("" if f == 1 else f"={f:g}")
                for s, f in facts.state.study.statuses.items()
            ),
        ),
    )  # fmt: skip
    return page
