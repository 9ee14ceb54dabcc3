"""Writers of network files: GraphML, GEXF and JSON node-link, from the whole graph."""

from __future__ import annotations

import io
import json
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
    import networkx as nx

    refuse_cells(_graph_frames(ds), NO_XML)
    graph = _flat(named_graph(ds))
    file = io.BytesIO()
    nx.write_graphml_xml(graph, file, prettyprint=True)
    return _write(path, file.getvalue(), graph)


def write_gexf(ds: Dataset, path: str | Path) -> list[Written]:
    """Write the graph as GEXF 1.2, dated as the data; the `rows` of an edge are JSON text."""
    from networkx.readwrite.gexf import GEXFWriter

    refuse_cells(_graph_frames(ds), NO_XML)
    graph = _flat(named_graph(ds), words=_GEXF_WORDS)
    writer = GEXFWriter(encoding="utf-8", prettyprint=True, version="1.2draft")
    writer.add_graph(graph)
    for meta in writer.xml.iter("meta"):
        meta.set(
            "lastmodifieddate", (ds.as_of or _FIRST_DAY) + _FIRST_DAY[len(ds.as_of or _FIRST_DAY) :]
        )
    file = io.BytesIO()
    writer.write(file)
    return _write(path, file.getvalue(), graph)


def write_json(ds: Dataset, path: str | Path) -> list[Written]:
    """Write the graph as JSON that :func:`networkx.node_link_graph` reads."""
    import networkx as nx

    refuse_cells(_graph_frames(ds), NO_TEXT)
    graph = named_graph(ds)
    data = nx.node_link_data(graph, edges="edges")
    text = json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False, default=cell_text)
    return _write(path, (text + "\n").encode(), graph)


def _write(path: str | Path, data: bytes, graph: nx.DiGraph[Any]) -> list[Written]:
    target = write_file(path, data)
    return [Written(target, graph.number_of_nodes(), graph.number_of_edges())]


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
