"""A chain map as one HTML file that opens offline: products in stage columns, a table below."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph import words
from chaingraph.analysis.balance import chain_filter, unknown_capacity, unknown_demand
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.standing import standing
from chaingraph.analysis.state import RegionState, open_study, region_state
from chaingraph.errors import OptionError
from chaingraph.files import write_file
from chaingraph.results import shown_number
from chaingraph.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from chaingraph.dataset import Dataset
    from chaingraph.products import Integers
    from chaingraph.words import Language

PALETTE = {
    "strong": ("#0B4F8A", "#FFFFFF", "●"),
    "building": ("#5AAED6", "#1A1A1A", "◎"),
    "weak": ("#F2C14E", "#1A1A1A", "△"),
    "missing": ("#C4420B", "#FFFFFF", "×"),
    "nodata": ("#D9D9D9", "#1A1A1A", "－"),
    "absent": ("#FFFFFF", "#1A1A1A", "○"),
}
STAGES = ("upstream", "midstream", "downstream")
_COLUMN, _ROW, _PER_COLUMN = 260, 64, 18


def save_view(
    ds: Dataset,
    path: str | Path,
    *,
    region: str | None = None,
    chain: str | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    lang: str | None = None,
) -> Path:
    """Write a region's chain map as one HTML file that asks for nothing from outside.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities.
    path
        The file to write.
    region, chain, at, statuses, lang
        As in :func:`chaingraph.find_gaps`.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError
        For names, options and tables that cannot be used.
    FileProblemError
        Where the file cannot be written; an existing one stays.

    Examples
    --------
    >>> import tempfile, pathlib, chaingraph as cg
    >>> page = pathlib.Path(tempfile.mkdtemp()) / "map.html"
    >>> cg.save_view(cg.load_dataset("toy"), page).stat().st_size > 100_000
    True
    """
    study = open_study(ds, at=at, statuses=statuses)
    state = region_state(study, region)
    chosen = read_lang(ds, lang)
    shown = np.flatnonzero(chain_filter(study, chain))
    if not len(shown):
        raise OptionError("empty-selection")
    return write_file(path, render_page(state, shown, chain, chosen))


def render_page(state: RegionState, shown: Integers, chain: str | None, lang: Language) -> str:
    """Return the page of some products of a region."""
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template), autoescape=True, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    rows = _rows(state, shown, lang)
    study = state.study
    title = f"{state.region.name} {words.term('chain', chain, lang) if chain else ''}".strip()
    counts = {name: sum(row["standing"] == name for row in rows) for name in PALETTE}
    legend = [
        {"name": words.term("standing", name, lang), "mark": mark, "fill": fill, "text": text,
         "count": counts[name]}
        for name, (fill, text, mark) in PALETTE.items()
    ]  # fmt: skip
    return environment.get_template("page.html").render(
        lang="zh-CN" if lang == "zh" else "en",
        title=f"{title} · {words.term('result', 'map', lang)}",
        legend=legend,
        rows=rows,
        words={key: words.term("page", key, lang) for key in words.vocabulary("page")},
        network=_network(state, shown, rows),
        bundle=_bundle(),
        footer=words.message(
            "page-footer", lang, dataset=study.dataset.title(lang), version=study.dataset.version,
            at=study.dataset.as_of, program=__version__,
        ),
    )  # fmt: skip


def _template(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _bundle() -> str:
    """Return vis-network as pyvis ships it, safe inside a script element."""
    path = resources.files("pyvis").joinpath("templates", "lib", "vis-9.1.2")
    script = path.joinpath("vis-network.min.js").read_text(encoding="utf-8")
    return script.replace("</script", "<\\/script")


def _rows(state: RegionState, shown: Integers, lang: Language) -> list[dict[str, Any]]:
    """Return what the page says of each product."""
    study = state.study
    standings = standing(state)
    demand, capacity = unknown_demand(state), unknown_capacity(state)
    products = study.products
    rows = []
    for i in shown.tolist():
        product = products.iloc[i]
        name = product["name_zh"] if lang == "zh" else product["name_en"]
        name = name if isinstance(name, str) else study.graph.ids[i]
        coverage = state.coverage[i]
        rows.append(
            {
                "position": i,
                "product_id": study.graph.ids[i],
                "name": name,
                "stage": product["stage"] if isinstance(product["stage"], str) else "",
                "standing": str(standings[i]),
                "standing_word": words.term("standing", str(standings[i]), lang),
                "mark": PALETTE[str(standings[i])][2],
                "unit": product["unit"] if isinstance(product["unit"], str) else "",
                "makers": int(state.makers[i]),
                "capacity": _figure(capacity[i]),
                "demand": _figure(demand[i]),
                "coverage": "-" if np.isnan(coverage) else f"{coverage:.0%}",
            }
        )
    order = {stage: number for number, stage in enumerate(STAGES)}
    return sorted(rows, key=lambda row: (order.get(row["stage"], 1), row["product_id"]))


def _figure(value: float) -> str:
    return "-" if np.isnan(value) else shown_number(float(value))


def _network(state: RegionState, shown: Integers, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return nodes, edges and groups for the page, built by pyvis with fixed positions."""
    from pyvis.network import Network

    graph = state.study.graph
    network = Network(directed=True, cdn_resources="in_line")
    x = 0
    for stage in (*STAGES, ""):
        column = [row for row in rows if row["stage"] == stage]
        for number, row in enumerate(column):
            network.add_node(
                row["product_id"],
                label=f"{row['mark']} {row['name']}",
                group=row["standing"],
                x=x + _COLUMN * (number // _PER_COLUMN),
                y=_ROW * (number % _PER_COLUMN),
                physics=False,
            )
        x += _COLUMN * (1 + max(0, len(column) - 1) // _PER_COLUMN) + (
            _COLUMN // 2 if column else 0
        )
    inside = set(shown.tolist())
    for source, target, used in zip(
        graph.source.tolist(), graph.target.tolist(), graph.consumed.tolist(), strict=True
    ):
        if used and source in inside and target in inside:
            network.add_edge(graph.ids[source], graph.ids[target])
    nodes, edges, *_ = network.get_network_data()
    kept = ("id", "label", "group", "x", "y")
    groups = {
        name: {"color": {"background": fill, "border": "#1A1A1A"}, "font": {"color": text}}
        for name, (fill, text, _) in PALETTE.items()
    }
    return {
        "nodes": [{key: node[key] for key in kept if key in node} for node in nodes],
        "edges": [{"from": edge["from"], "to": edge["to"]} for edge in edges],
        "groups": groups,
    }
