"""Writers of network files: GraphML, GEXF and JSON node-link, from the whole graph."""

from __future__ import annotations

import io
import json
import math
from typing import TYPE_CHECKING, Any, Final

from chaingraph.files import write_file
from chaingraph.graph import GEXF_WORDS, build_graph, cell_text, flat_graph, named_graph
from chaingraph.writers.frames import NO_TEXT, NO_XML, Written, export_frames, refuse_cells

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx

    from chaingraph.dataset import Dataset

GRAPH_TABLES: Final = ("products", "inputs", "enterprises", "capacities", "supplies")
"""Tables that a graph holds; the others have no place in a network file."""
_FIRST_DAY = "2000-01-01"


def write_graphml(ds: Dataset, path: str | Path) -> list[Written]:
    """Write the graph as GraphML; the `rows` of an edge are JSON text."""
    return write_graph(ds, named_graph(build_graph(ds)), path, "graphml")


def write_gexf(ds: Dataset, path: str | Path) -> list[Written]:
    """Write the graph as GEXF 1.2, dated as the data; the `rows` of an edge are JSON text."""
    return write_graph(ds, named_graph(build_graph(ds)), path, "gexf")


def write_json(ds: Dataset, path: str | Path) -> list[Written]:
    """Write the graph as JSON that :func:`networkx.node_link_graph` reads."""
    return write_graph(ds, named_graph(build_graph(ds)), path, "json")


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
    nx.write_graphml_xml(flat_graph(graph), file, prettyprint=True)
    return file.getvalue()


def _gexf(ds: Dataset, graph: nx.DiGraph[Any]) -> bytes:
    from networkx.readwrite.gexf import GEXFWriter

    graph = flat_graph(graph, GEXF_WORDS)
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
