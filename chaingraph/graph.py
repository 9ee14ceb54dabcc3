"""The whole typed graph in networkx, and back to tables without loss."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import narwhals as nw
import pandas as pd

from chaingraph.engines import collect, read_frame
from chaingraph.enterprises import site_rows, standing_rows
from chaingraph.errors import OptionError
from chaingraph.rawtables import value_text
from chaingraph.tables import ORIGIN, empty_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    import networkx as nx

    from chaingraph.dataset import Dataset

GraphLevel = Literal["enterprise", "product"]
GRAPH_LEVELS = get_args(GraphLevel)
_NODE_TABLES = {
    "product": ("products", "product_id"),
    "enterprise": ("enterprises", "enterprise_id"),
}
_ROWS = "rows"
GEXF_WORDS: Final = frozenset(
    {"id", "pid", "start", "end", "spells", "slices", "viz", "parents", "weight", "type", "key"}
)
"""Attribute names that mean something to GEXF; a column of that name gets an underscore."""


def build_graph(
    ds: Dataset, *, level: GraphLevel = "enterprise", flat: bool = False
) -> nx.DiGraph[Any]:
    """Build the directed graph of enterprises and products.

    Parameters
    ----------
    ds
        The dataset; only products are needed.
    level
        ``product``: products and the links between them; ``enterprise``: enterprises too.
    flat
        Name nodes by texts (``product:foil``), each with a `label`, and give every attribute one plain
        type, lists as JSON: so that :func:`networkx.write_graphml` and :func:`networkx.write_gexf` take it.

    Returns
    -------
    networkx.DiGraph
        Nodes are tuples ``("product", id)``, ``("enterprise", id)`` and, for groups that supply or are
        supplied, ``("group", name)``; each has `node_kind` and every column of its table. Edges have
        `edge_kind`: ``input`` (product -> product, the columns of inputs), ``produces``
        (enterprise -> product; `rows` is a list, one mapping of the capacities' columns a phase,
        whatever its date or status is; `capacity` what the site's rows add up to that run at the
        dataset's date, None where no figure is known), ``member`` (group -> enterprise) and
        ``supplies`` (group -> group; `rows` of supplies). Missing values are left out.

    Raises
    ------
    OptionError
        For an unknown level.

    Examples
    --------
    >>> import chaingraph as cg
    >>> graph = build_graph(cg.load_dataset("toy"))
    >>> graph.edges[("product", "foil"), ("product", "cell")]["coefficient"]
    500.0
    >>> import networkx as nx
    >>> nx.has_path(graph, ("enterprise", "metal_jia"), ("product", "pack"))
    True
    >>> flat = build_graph(cg.load_dataset("toy"), flat=True)
    >>> flat.edges["product:foil", "product:cell"]["coefficient"], len("".join(nx.generate_graphml(flat))) > 0
    (500.0, True)
    """
    import networkx as nx

    if level not in GRAPH_LEVELS:
        raise OptionError("bad-level", value=level, choices=", ".join(GRAPH_LEVELS))
    graph: nx.DiGraph[Any] = nx.DiGraph(
        dataset=ds.name, as_of=ds.as_of, focus=ds.focus, language=ds.language, level=level
    )
    for row in _records(ds.products):
        graph.add_node(("product", row["product_id"]), node_kind="product", **row)
    for row in _records(ds.inputs):
        ends = ("product", row["input_id"]), ("product", row["output_id"])
        graph.add_edge(*ends, edge_kind="input", **row)
    if level == "enterprise":
        _add_enterprises(graph, ds)
        _add_supplies(graph, ds)
    return flat_graph(named_graph(graph), GEXF_WORDS) if flat else graph


def named_graph(whole: nx.DiGraph[Any]) -> nx.DiGraph[Any]:
    """Return a graph of :func:`build_graph` as files hold it.

    Nodes are texts such as ``product:lfp``, with a `label`; what is unknown is left out. Nodes and
    edges stand in order of their names. `rows` of an edge stay lists.

    Examples
    --------
    >>> import chaingraph as cg
    >>> named_graph(build_graph(cg.load_dataset("toy"))).edges["product:foil", "product:cell"]["coefficient"]
    500.0
    """
    import networkx as nx

    graph: nx.DiGraph[Any] = nx.DiGraph(**{k: v for k, v in whole.graph.items() if v != ""})
    for node, data in sorted(whole.nodes(data=True), key=lambda item: item[0]):
        label = data.get("name_zh") or data.get("name_en") or node[1]
        graph.add_node(":".join(node), **{"label": label, **_present(data)})
    for start, end, data in sorted(whole.edges(data=True), key=lambda item: item[:2]):
        graph.add_edge(":".join(start), ":".join(end), **_present(data))
    return graph


def _present(data: dict[str, Any]) -> dict[str, Any]:
    return {
        str(name): value if isinstance(value, bool | int | float | list) else cell_text(value)
        for name, value in data.items()
        if value is not None and name != ORIGIN
    }


def cell_text(value: Any) -> str:
    """Return a cell as text: empty where unknown, numbers as short as they read back, one kind of line end."""
    return value_text(value).replace("\r\n", "\n").replace("\r", "\n")


def flat_graph(graph: nx.DiGraph[Any], words: frozenset[str] = frozenset()) -> nx.DiGraph[Any]:
    """Return a graph whose attributes are of one plain type each, lists as JSON text.

    Names of attributes that are in `words` get an underscore behind.
    """
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


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as mappings of plain values without the missing ones."""
    names = list(frame.columns)
    columns = [frame[name].tolist() for name in names]
    present = [frame[name].notna().tolist() for name in names]
    return [
        {
            name: column[i]
            for name, column, here in zip(names, columns, present, strict=True)
            if here[i]
        }
        for i in range(len(frame))
    ]


def _add_enterprises(graph: nx.DiGraph[Any], ds: Dataset) -> None:
    if ds.has("enterprises"):
        for row in _records(collect(read_frame(ds.enterprises))):
            node = ("enterprise", row["enterprise_id"])
            graph.add_node(node, node_kind="enterprise", **row)
            if "group_zh" in row:
                group = ("group", row["group_zh"])
                graph.add_node(group, node_kind="group", name_zh=row["group_zh"])
                graph.add_edge(group, node, edge_kind="member")
    if not ds.has("capacities"):
        return
    capacities = read_frame(ds.capacities)
    for row in _records(collect(capacities)):
        ends = ("enterprise", row["enterprise_id"]), ("product", row["product_id"])
        for end in ends:
            if end not in graph:
                graph.add_node(end, node_kind=end[0])
        if not graph.has_edge(*ends):
            graph.add_edge(*ends, edge_kind="produces", capacity=None, rows=[])
        graph.edges[ends][_ROWS].append(row)
    standing = standing_rows(site_rows(capacities), at=ds.as_of, statuses={"operating": 1.0})
    known = collect(
        standing.filter(nw.col("known") == 1)
        .group_by("enterprise_id", "product_id")
        .agg(nw.col("effective").sum())
    )
    columns = (known[name].tolist() for name in ("enterprise_id", "product_id", "effective"))
    for enterprise, product, capacity in zip(*columns, strict=True):
        graph.edges[("enterprise", enterprise), ("product", product)]["capacity"] = capacity


def _add_supplies(graph: nx.DiGraph[Any], ds: Dataset) -> None:
    if not ds.has("supplies"):
        return
    for row in _records(ds.table("supplies")):
        ends = ("group", row["supplier_group"]), ("group", row["customer_group"])
        for end in ends:
            if end not in graph:
                graph.add_node(end, node_kind="group", name_zh=end[1])
        if not graph.has_edge(*ends):
            graph.add_edge(*ends, edge_kind="supplies", rows=[])
        graph.edges[ends][_ROWS].append(row)


def graph_to_tables(graph: nx.DiGraph[Any]) -> dict[str, pd.DataFrame]:
    """Return the tables behind a graph of :func:`build_graph`, columns typed, rows in key order.

    Parameters
    ----------
    graph
        A graph of :func:`build_graph`, of either level; nodes and edges may have been taken out.

    Returns
    -------
    dict
        Table name -> frame: products and inputs, and what the graph has of enterprises, capacities and
        supplies, with the columns of the schema and those of the user's own.

    Examples
    --------
    >>> import chaingraph as cg
    >>> tables = graph_to_tables(build_graph(cg.load_dataset("toy")))
    >>> sorted(tables), len(tables["capacities"])
    (['capacities', 'enterprises', 'inputs', 'products', 'supplies'], 11)
    """
    rows: dict[str, list[dict[str, Any]]] = {"products": [], "inputs": []}
    for _, data in graph.nodes(data=True):
        if data["node_kind"] in _NODE_TABLES:
            table, key = _NODE_TABLES[data["node_kind"]]
            row = {name: value for name, value in data.items() if name != "node_kind"}
            if key in row:
                rows.setdefault(table, []).append(row)
    for *_, data in graph.edges(data=True):
        kind = data["edge_kind"]
        if kind == "input":
            rows["inputs"].append({k: v for k, v in data.items() if k != "edge_kind"})
        elif kind in {"produces", "supplies"}:
            table = "capacities" if kind == "produces" else "supplies"
            rows.setdefault(table, []).extend(data[_ROWS])
    return {table: _typed(table, found) for table, found in sorted(rows.items())}


def _typed(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    model = empty_table(table)
    extra = sorted({name for row in rows for name in row} - set(model.columns))
    columns: dict[str, Any] = {}
    for name in [*model.columns, *extra]:
        values = [row.get(name) for row in rows]
        kind = model[name].dtype if name in model else None
        columns[name] = pd.Series(values, dtype=kind)
    frame = pd.DataFrame(columns)
    return frame.sort_values(list(frame.columns), ignore_index=True)
