"""Writers of network files: GraphML, GEXF and JSON node-link, from the whole graph."""

from __future__ import annotations

import io
import json
import math
from typing import TYPE_CHECKING, Any, Final

from chaingraph.files import write_file
from chaingraph.graph import build_graph
from chaingraph.writers.csv_folder import cell_text
from chaingraph.writers.frames import NO_TEXT, NO_XML, Written, export_frames, refuse_cells

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import networkx as nx

    from chaingraph.dataset import Dataset

GRAPH_TABLES: Final = ("products", "inputs", "enterprises", "capacities", "supplies")
"""Tables that a graph holds; the others have no place in a network file."""
_FIRST_DAY = "2000-01-01"
_GEXF_WORDS: Final = frozenset(
    {"id", "pid", "start", "end", "spells", "slices", "viz", "parents", "weight", "type", "key"}
)
"""Attribute names that mean something to GEXF; a column of that name gets an underscore."""


def named_graph(ds: Dataset) -> nx.DiGraph[Any]:
    """Return the graph of a dataset as files hold it.

    Nodes are texts such as ``product:lfp``, with a `label`; what is unknown is left out. Nodes and
    edges stand in order of their names. `rows` of an edge stay lists.

    Examples
    --------
    >>> import chaingraph as cg
    >>> graph = named_graph(cg.load_dataset("toy"))
    >>> graph.edges["product:foil", "product:cell"]["coefficient"]
    500.0
    """
    import networkx as nx

    whole = build_graph(ds)
    graph: nx.DiGraph[Any] = nx.DiGraph(**{k: v for k, v in whole.graph.items() if v != ""})
    for node, data in sorted(whole.nodes(data=True), key=lambda item: item[0]):
        label = data.get("name_zh") or data.get("name_en") or node[1]
        graph.add_node(_name(node), **{"label": label, **_present(data)})
    for start, end, data in sorted(whole.edges(data=True), key=lambda item: item[:2]):
        graph.add_edge(_name(start), _name(end), **_present(data))
    return graph


def _name(node: tuple[str, str]) -> str:
    return f"{node[0]}:{node[1]}"


def _present(data: dict[str, Any]) -> dict[str, Any]:
    return {
        str(name): value if isinstance(value, bool | int | float | list) else cell_text(value)
        for name, value in data.items()
        if value is not None and name != "origin"
    }


def write_graphml(ds: Dataset, path: str | Path) -> list[Written]:
    """Write the graph as GraphML; the `rows` of an edge are JSON text."""
    return write_graph(ds, named_graph(ds), path, "graphml")


def write_gexf(ds: Dataset, path: str | Path) -> list[Written]:
    """Write the graph as GEXF 1.2, dated as the data; the `rows` of an edge are JSON text."""
    return write_graph(ds, named_graph(ds), path, "gexf")


def write_json(ds: Dataset, path: str | Path) -> list[Written]:
    """Write the graph as JSON that :func:`networkx.node_link_graph` reads."""
    return write_graph(ds, named_graph(ds), path, "json")


def write_graph(ds: Dataset, graph: nx.DiGraph[Any], path: str | Path, kind: str) -> list[Written]:
    """Write a graph of a dataset, nodes named by texts, as ``graphml``, ``gexf`` or ``json``.

    Figures without bound stand as ``inf`` in GraphML, ``INF`` in GEXF and null in JSON.
    """
    refuse_cells(_graph_frames(ds), NO_TEXT if kind == "json" else NO_XML)
    data = {"graphml": _graphml, "gexf": _gexf, "json": _node_link}[kind](ds, graph)
    return [Written(write_file(path, data), graph.number_of_nodes(), graph.number_of_edges())]


def _graphml(ds: Dataset, graph: nx.DiGraph[Any]) -> bytes:
    import networkx as nx

    del ds
    file = io.BytesIO()
    nx.write_graphml_xml(_flat(graph), file, prettyprint=True)
    return file.getvalue()


def _gexf(ds: Dataset, graph: nx.DiGraph[Any]) -> bytes:
    from networkx.readwrite.gexf import GEXFWriter

    graph = _flat(graph, words=_GEXF_WORDS)
    writer = GEXFWriter(encoding="utf-8", prettyprint=True, version="1.2draft")
    writer.add_graph(graph)
    for meta in writer.xml.iter("meta"):
        meta.set(
            "lastmodifieddate", (ds.as_of or _FIRST_DAY) + _FIRST_DAY[len(ds.as_of or _FIRST_DAY) :]
        )
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def _node_link(ds: Dataset, graph: nx.DiGraph[Any]) -> bytes:
    import networkx as nx

    del ds
    plain: nx.DiGraph[Any] = nx.DiGraph(**graph.graph)
    plain.add_nodes_from((node, _bounded(cells)) for node, cells in graph.nodes(data=True))
    plain.add_edges_from((a, b, _bounded(cells)) for a, b, cells in graph.edges(data=True))
    data = nx.node_link_data(plain, edges="edges")
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False, default=cell_text)
    return (text + "\n").encode()


def _bounded(cells: dict[str, Any]) -> dict[str, Any]:
    """Return attributes with None for what is without bound: JSON has no word for it."""
    return {
        name: None if isinstance(value, float) and math.isinf(value) else value
        for name, value in cells.items()
    }


def _graph_frames(ds: Dataset) -> dict[str, Any]:
    frames = export_frames(ds)
    return {name: frames[name] for name in GRAPH_TABLES if name in frames}


def _flat(graph: nx.DiGraph[Any], *, words: frozenset[str] = frozenset()) -> nx.DiGraph[Any]:
    """Return a graph whose attributes are of one plain type each, lists as JSON text."""
    import networkx as nx

    flat: nx.DiGraph[Any] = nx.DiGraph(**graph.graph)
    nodes = _of_one_type([data for _, data in graph.nodes(data=True)], words)
    edges = _of_one_type([data for *_, data in graph.edges(data=True)], words)
    flat.add_nodes_from(zip(graph.nodes, nodes, strict=True))
    for (start, end), data in zip(graph.edges, edges, strict=True):
        flat.add_edge(start, end, **data)
    return flat


def _of_one_type(items: Iterable[dict[str, Any]], words: frozenset[str]) -> list[dict[str, Any]]:
    """Return attributes with one type a name: text where types are mixed."""
    plain = [
        {
            f"{name}_" if name in words else name: _json(value)
            if isinstance(value, list)
            else value
            for name, value in item.items()
        }
        for item in items
    ]
    kinds: dict[str, set[type]] = {}
    for item in plain:
        for name, value in item.items():
            kinds.setdefault(name, set()).add(type(value))
    mixed = {name for name, found in kinds.items() if len(found) > 1}
    return [
        {name: cell_text(value) if name in mixed else value for name, value in item.items()}
        for item in plain
    ]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=cell_text)
