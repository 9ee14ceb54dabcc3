"""The state of a region as one networkx graph: products, the plants that make them, ties, targets."""

from __future__ import annotations

import math
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from chaingraph.analysis.choices import group_lines
from chaingraph.analysis.decide import decision_table
from chaingraph.analysis.standing import shown_capacity, standing
from chaingraph.enterprises import STATUSES, WATCHED, plant_rows
from chaingraph.errors import OptionError
from chaingraph.events import known_events
from chaingraph.knowledge.evidence import LEVELS as EVIDENCE
from chaingraph.products import CONSUMED, ROLES, ProductGraph, product_graph, split_alternatives
from chaingraph.quantity import Quantity, reason_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import networkx as nx
    import pandas as pd

    from chaingraph.analysis.state import RegionState
    from chaingraph.dataset import Dataset
    from chaingraph.quantity import Floats, Integers
    from chaingraph.results import Result

NODE_KINDS: Final = ("product", "enterprise", "group", "plant")
EDGE_KINDS: Final = ("input", "produces", "member", "supplies", "candidate")
_PRODUCT: Final = (
    "name_zh", "name_en", "unit", "chains", "stage", "kind", "restricted", "restricted_zh", "source_url",
)  # fmt: skip
_SITE: Final = ("name_zh", "name_en", "province", "city", "county", "park", "lat", "lon")
_OF_SITE: Final = (*_SITE, "group", "anchor")
_AMOUNTS: Final = ("capacity", "supply", "merchant", "own_use", "demand", "gap")
_BALANCED: Final = ("covered", "made", "")
"""Kinds that call for nothing: no row of the gaps."""
_LINK: Final = ("unit", "alternative_group", "source_url")
_CANDIDATE: Final = (
    "rank", "score", "score_low", "score_high", "target_list", "makes_it", "distance_km", "plant",
    "closes", "reasons_zh", "reasons_en",
)  # fmt: skip


def region_graph(state: RegionState) -> nx.DiGraph[Any]:
    """Return the graph of a state that pages and traces read: built once, frozen, not to be changed.

    Callers outside get a copy of it, see :meth:`chaingraph.Study.graph`.
    """
    return _kept(state, build_region_graph)


def bare_graph(ds: Dataset) -> nx.DiGraph[Any]:
    """Return the graph of the products of a dataset without makers: built once, frozen."""
    return _kept(ds, build_product_graph)


def _kept(source: Any, build: Callable[[Any], nx.DiGraph[Any]]) -> nx.DiGraph[Any]:
    import networkx as nx

    if source not in _KEPT:
        _KEPT[source] = nx.freeze(build(source))
    return _KEPT[source]


_KEPT: WeakKeyDictionary[Any, nx.DiGraph[Any]] = WeakKeyDictionary()
"""The graph of each state, or dataset without makers, that somebody holds: it goes with that."""


def build_region_graph(state: RegionState, *, targets: Result | None = None) -> nx.DiGraph[Any]:
    """Build the graph of a region's state; see :meth:`chaingraph.Study.graph`."""
    import networkx as nx

    study = state.study
    ds = study.dataset
    graph: nx.DiGraph[Any] = nx.DiGraph(
        dataset=ds.name, version=ds.version, as_of=ds.as_of, region=state.region.name
    )
    _add_products(graph, study.product_graph.ids, _products(state))
    told = {"active": state.active.tolist(), **_ends("quantity", _taken(state))}
    _add_links(graph, study.product_graph, ds.inputs, state.share, told)
    _add_sites(graph, state, plant_rows(ds.enterprises, study.standing, where=state.region))
    _add_added(graph, state)
    if targets is not None:
        _add_candidates(graph, state, targets)
    _add_ties(graph, state)
    return graph


def build_product_graph(ds: Dataset) -> nx.DiGraph[Any]:
    """Build the graph of a dataset without makers: products and the links between them."""
    import networkx as nx

    links = product_graph(ds.products, ds.inputs)
    nothing = np.zeros(links.size)
    share = split_alternatives(links, local=nothing, present=nothing > 0, national=nothing)
    products = ds.products.sort_values("product_id", ignore_index=True)
    graph: nx.DiGraph[Any] = nx.DiGraph(dataset=ds.name, version=ds.version, as_of=ds.as_of)
    _add_products(graph, links.ids, _attributes(_texts(products)))
    _add_links(graph, links, ds.inputs, share, {})
    return graph


def copied_graph(graph: nx.DiGraph[Any]) -> nx.DiGraph[Any]:
    """Return a graph that shares nothing with the kept one that could be changed."""
    import networkx as nx

    copy: nx.DiGraph[Any] = nx.DiGraph(**graph.graph)
    copy.add_nodes_from((node, dict(data)) for node, data in graph.nodes(data=True))
    copy.add_edges_from(
        (start, end, _own(data) if "rows" in data else dict(data))
        for start, end, data in graph.edges(data=True)
    )
    return copy


def _own(data: Mapping[str, Any]) -> dict[str, Any]:
    return {**data, "rows": [dict(row) for row in data["rows"]]}


def _present(data: Mapping[Any, Any]) -> dict[str, Any]:
    """Return attributes as plain values, without what is unknown or empty."""
    plain: dict[str, Any] = {}
    for name, value in data.items():
        cell = value.item() if isinstance(value, np.generic) else value
        unknown = cell is None or (isinstance(cell, float) and math.isnan(cell))
        if not unknown and cell != "" and str(cell) != "<NA>":
            plain[name] = cell
    return plain


def _attributes(columns: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Return the attributes of each row of columns of plain values, without what is unknown or empty."""
    rows: list[dict[str, Any]] = [{} for _ in next(iter(columns.values()), ())]
    for name, cells in columns.items():
        for row, cell in zip(rows, cells, strict=True):
            if cell is not None and cell != "" and cell == cell:  # noqa: PLR0124  nan is no other
                row[name] = cell
    return rows


def _cells(column: pd.Series[Any]) -> list[Any]:
    """Return a column as plain values, None where it is empty."""
    pairs = zip(column.tolist(), column.notna().tolist(), strict=True)
    return [cell if here else None for cell, here in pairs]


def _ends(name: str, amount: Quantity) -> dict[str, Any]:
    """Return the columns of an amount: its least, its figure, its most."""
    columns = {f"{name}_low": amount.low, name: amount.point, f"{name}_high": amount.high}
    return {column: values.tolist() for column, values in columns.items()}


# --- products and what goes into them


def _texts(products: pd.DataFrame) -> dict[str, list[Any]]:
    return {
        ("product_kind" if name == "kind" else name): _cells(products[name])
        for name in _PRODUCT
        if name in products
    }


def _add_products(
    graph: nx.DiGraph[Any], ids: Sequence[str], attributes: list[dict[str, Any]]
) -> None:
    graph.add_nodes_from(
        (("product", name), {"node_kind": "product", **data})
        for name, data in zip(ids, attributes, strict=True)
    )


def _products(state: RegionState) -> list[dict[str, Any]]:
    """Return the attributes of each product, in the order of positions."""
    study, advice, decisions = state.study, state.advice, state.decisions
    kinds = decisions.text("kind").tolist()
    columns: dict[str, Any] = {
        **_texts(study.products),
        "evidence": [EVIDENCE[code] for code in state.evidence.level.tolist()],
        "evidence_date": state.evidence.date.tolist(),
        "why": state.evidence.why.tolist(),
        "standing": standing(state).tolist(),
        "gap_kind": kinds,
        "decision": [decision_table().rules[rule].id for rule in decisions.rule.tolist()],
        "action": decisions.text("action").tolist(),
        "verb": advice.verb.tolist(),
        "then": advice.then.tolist(),
        "mark": advice.mark.tolist(),
        "list": _lists(state, kinds),
        "made": state.present.tolist(),
        "needed": state.needed.tolist(),
        "makers": state.makers.tolist(),
        "makers_unquantified": state.unquantified.tolist(),
        "maker_cities": study.maker_cities.tolist(),
        "users": state.users.tolist(),
        "known_capacity": shown_capacity(state).tolist(),
        "coverage": state.coverage.tolist(),
        "construction": state.construction.tolist(),
        "planned": state.rows.planned.tolist(),
        "national_makers": study.nation.makers.tolist(),
        "national_capacity": study.nation.capacity.tolist(),
        "price_cny": study.price.tolist(),
        "collection_recall": study.recall.share.tolist(),
        "recall_basis": study.recall.basis,
        "recall_year": study.recall.year,
        "national_total": study.recall.total.tolist(),
    }
    for name in _AMOUNTS:
        columns |= _ends(name, getattr(state, name))
    columns |= _ends("gap_value_cny", state.gap_value)
    differs = state.gap.low < state.gap.high
    bits = np.where(differs, state.gap.reasons, 0).tolist()
    columns["reasons"] = ["; ".join(reason_names(bit)) for bit in bits]
    return _attributes(columns)


def _lists(state: RegionState, kinds: list[str]) -> list[str]:
    """Return the list of each product; alternatives for one need are on that of the first of them."""
    lists = state.advice.list.copy()
    rows = np.flatnonzero([kind not in _BALANCED for kind in kinds])
    lists[rows] = lists[rows][group_lines(state, rows).leader]
    named: list[str] = lists.tolist()
    return named


def _add_links(
    graph: nx.DiGraph[Any],
    links: ProductGraph,
    inputs: pd.DataFrame,
    share: Floats,
    told: Mapping[str, list[Any]],
) -> None:
    """Add the links between products, with what else is told of each."""
    rows = inputs.iloc[links.row]
    columns: dict[str, Any] = {
        "role": [ROLES[number] for number in links.role.tolist()],
        "coefficient": links.coefficient.tolist(),
        "low": links.low.tolist(),
        "high": links.high.tolist(),
        "share": np.where(links.consumed, share, np.nan).tolist(),
        **{name: _cells(rows[name]) for name in _LINK if name in rows},
        **told,
    }
    nodes = [("product", name) for name in links.ids]
    ends = zip(links.source.tolist(), links.target.tolist(), strict=True)
    graph.add_edges_from(
        (nodes[source], nodes[target], {"edge_kind": "input", **data})
        for (source, target), data in zip(ends, _attributes(columns), strict=True)
    )


def _taken(state: RegionState) -> Quantity:
    """Return what is taken over each link, units of the input a year; unknown for what is not consumed."""
    flow = state.allocation.flow
    nothing = np.full(len(flow), np.nan)
    blank = Quantity(nothing, nothing, nothing, flow.reasons)
    return flow.where(state.study.product_graph.consumed, blank)


def input_links(graph: nx.DiGraph[Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield input, output and attributes of each link between products, by output, then input."""
    found = [
        (end[1], start[1], data)
        for start, ends in graph.adjacency()
        for end, data in ends.items()
        if data["edge_kind"] == "input"
    ]
    for output, source, data in sorted(found, key=itemgetter(0, 1)):
        yield source, output, data


class Links(NamedTuple):
    """The links of a graph as arrays that compute.

    Attributes
    ----------
    arrays
        Products by position, in the order of ids, and links as :func:`input_links` yields them.
    share
        By link: share of its alternative group as it is settled, 1 for links without a group.
    taken
        By link: units of the input taken a year as far as known: the figure, else the least.
    edges
        Attributes of each link.
    """

    arrays: ProductGraph
    share: Floats
    taken: Floats
    edges: list[dict[str, Any]]


class _Order(NamedTuple):
    """Which products and links a graph has, in order: ids, ends by position, and the links' attributes."""

    ids: tuple[str, ...]
    source: Integers
    target: Integers
    found: list[tuple[str, str, dict[str, Any]]]


_ORDERS: WeakKeyDictionary[nx.DiGraph[Any], _Order] = WeakKeyDictionary()
"""The order of each frozen graph: it can lose no link and get none."""


def _order_of(graph: nx.DiGraph[Any]) -> _Order:
    import networkx as nx

    if graph in _ORDERS:
        return _ORDERS[graph]
    ids = tuple(sorted(node[1] for node, _ in of_kind(graph, "product")))
    place = {name: number for number, name in enumerate(ids)}
    found = list(input_links(graph))
    source = np.array([place[source] for source, *_ in found], dtype=np.intp)
    target = np.array([place[output] for _, output, _ in found], dtype=np.intp)
    order = _Order(ids, source, target, found)
    if nx.is_frozen(graph):
        _ORDERS[graph] = order
    return order


def read_links(graph: nx.DiGraph[Any]) -> Links:
    """Read the links between products off a graph."""
    ids, source, target, found = _order_of(graph)
    edges = [data for *_, data in found]
    role = np.array([ROLES.index(data["role"]) for data in edges], dtype=np.intp)
    groups: dict[tuple[str, str], int] = {}
    number = [
        groups.setdefault((output, data["alternative_group"]), len(groups))
        if "alternative_group" in data and data["role"] == ROLES[CONSUMED]
        else -1
        for _, output, data in found
    ]
    arrays = ProductGraph(
        ids=ids,
        source=source,
        target=target,
        coefficient=_numbers(edges, "coefficient"),
        low=_numbers(edges, "low"),
        high=_numbers(edges, "high"),
        role=role,
        group=np.array(number, dtype=np.intp),
        given_share=np.full(len(edges), np.nan),
        row=np.arange(len(edges), dtype=np.intp),
    )
    taken = np.array([known_quantity(data) for data in edges], dtype=float)
    return Links(arrays, _numbers(edges, "share", unknown=1.0), taken, edges)


def _numbers(
    records: Sequence[Mapping[str, Any]], name: str, *, unknown: float = math.nan
) -> Floats:
    return np.array([record.get(name, unknown) for record in records], dtype=float)


def known_quantity(link: Mapping[str, Any]) -> float:
    """Return what is taken over a link as far as known: the figure, else the least; 0 where neither is."""
    known = link.get("quantity", link.get("quantity_low", 0.0))
    return float(known) if math.isfinite(known) else 0.0


# --- who makes them


def _add_sites(graph: nx.DiGraph[Any], state: RegionState, plants: pd.DataFrame) -> None:
    """Add the sites of the region, whom they belong to, and an edge for each product of each."""
    place = state.study.product_graph.position
    load = _ends("load", state.study.load_of(state.region))
    records = _attributes({str(name): _cells(plants[name]) for name in plants})
    for enterprise, rows in _grouped(records, "enterprise_id"):
        site, first = ("enterprise", enterprise), rows[0]
        told = {name: first[name] for name in _SITE if name in first}
        anchor, group = bool(first.get("anchor", False)), first["group"]
        graph.add_node(site, node_kind="enterprise", anchor=anchor, group=group, **told)
        if group != enterprise:
            graph.add_node(("group", group), node_kind="group", name_zh=group)
            graph.add_edge(("group", group), site, edge_kind="member")
        for product, part in _grouped(rows, "product_id"):
            if product not in place:
                continue
            data = _produced(part)
            data |= {name: values[place[product]] for name, values in load.items()}
            graph.add_edge(site, ("product", product), edge_kind="produces", **_present(data))
        _describe_site(graph, site)


def _grouped(
    records: list[dict[str, Any]], column: str
) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the records of each value of a column that they are sorted by."""
    for name, rows in groupby(records, key=lambda record: record[column]):
        yield str(name), list(rows)


def _produced(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a site makes of one product: by its foremost status, and all rows."""
    fresh = [row for row in rows if not row["stale"]]
    shown = fresh or rows
    status = min((row["status"] for row in shown), key=STATUSES.index)
    figures = [row["figure"] for row in shown if row["status"] == status and not row["bare"]]
    beside: dict[str, list[float]] = {}
    for row in fresh:
        if row["status"] != status and row["status"] in WATCHED:
            beside.setdefault(row["status"], []).append(row["figure"])
    return {
        "status": status,
        "capacity": math.fsum(figures) if figures else None,
        "effective": math.fsum(row["effective"] for row in rows),
        **{name: math.fsum(figures) for name, figures in sorted(beside.items())},
        "stale": not fresh,
        "rows": [{n: cell for n, cell in row.items() if n not in _OF_SITE} for row in rows],
    }


def _describe_site(graph: nx.DiGraph[Any], site: tuple[str, str]) -> None:
    """Say of a site what its foremost product is: that which is worth most, then by status and name."""
    edges = [(end, data) for _, end, data in graph.out_edges(site, data=True)]
    if not edges:
        return

    def order(edge: tuple[Any, dict[str, Any]]) -> tuple[int, float, str]:
        end, data = edge
        price = graph.nodes[end].get("price_cny", 0.0)
        return STATUSES.index(data["status"]), -data.get("capacity", 0.0) * price, end[1]

    (_, product), data = min(edges, key=order)
    foremost = {"status": data["status"], "main_product": product, "load": data.get("load")}
    graph.nodes[site].update(_present(foremost))


def _add_added(graph: nx.DiGraph[Any], state: RegionState) -> None:
    """Add what was put on top of the data as plants: one node and edge a row."""
    for number, (product, capacity) in enumerate(state.added, start=1):
        node = ("plant", f"added_{number}")
        graph.add_node(node, node_kind="plant", status="added")
        graph.add_edge(
            node, ("product", product), edge_kind="produces", status="added", capacity=capacity,
            effective=capacity, stale=False, rows=[],
        )  # fmt: skip


# --- whom they deal with, and who could come


def _add_candidates(graph: nx.DiGraph[Any], state: RegionState, targets: Result) -> None:
    """Add an edge from each gap to the groups ranked for it."""
    frame = targets.frame
    if not {"product_id", "group_zh"} <= set(frame.columns):
        raise OptionError("no-ranked-targets")
    named = targets.params.get("region", state.region.name)
    if named != state.region.name:
        raise OptionError("state-elsewhere", region=named)
    columns = [name for name in _CANDIDATE if name in frame]
    for record in frame[["product_id", "group_zh", *columns]].to_dict("records"):
        group = ("group", str(record["group_zh"]))
        if group not in graph:
            graph.add_node(group, node_kind="group", name_zh=group[1])
        data = _present({name: record[name] for name in columns})
        gap = ("product", record["product_id"])
        graph.add_edge(gap, group, edge_kind="candidate", **data)


def _add_ties(graph: nx.DiGraph[Any], state: RegionState) -> None:
    """Add the ties between groups of the graph that are known at the date."""
    ds = state.study.dataset
    if not ds.has("supplies"):
        return
    groups = {data["group"]: node for node, data in of_kind(graph, "enterprise")}
    groups |= {node[1]: node for node, _ in of_kind(graph, "group")}
    for record in known_events(ds, "supplies").to_dict("records"):
        ends = record["supplier_group"], record["customer_group"]
        if not set(ends) <= set(groups):
            continue
        edge = groups[ends[0]], groups[ends[1]]
        if not graph.has_edge(*edge):
            graph.add_edge(*edge, edge_kind="supplies", rows=[], products="")
        data = graph.edges[edge]
        data["rows"].append(_present(record))
        known = {row["product_id"] for row in data["rows"] if "product_id" in row}
        data["products"] = "; ".join(sorted(known))


def of_kind(graph: nx.DiGraph[Any], kind: str) -> Iterable[tuple[Any, dict[str, Any]]]:
    """Return the nodes of one kind with their attributes."""
    return ((node, data) for node, data in graph.nodes(data=True) if data["node_kind"] == kind)


# --- for files


def flat_graph(graph: nx.DiGraph[Any]) -> nx.DiGraph[Any]:
    """Return a graph as files hold it: texts for nodes, and texts, numbers and flags as attributes.

    Nodes are called ``product:lfp`` and have a `label`; of the rows of an edge only their number stays.
    """
    import networkx as nx

    flat: nx.DiGraph[Any] = nx.DiGraph(**{k: v for k, v in graph.graph.items() if v != ""})
    for node, data in graph.nodes(data=True):
        label = data.get("name_zh") or data.get("name_en") or node[1]
        flat.add_node(":".join(node), label=label, **_plain(data))
    for start, end, data in graph.edges(data=True):
        flat.add_edge(":".join(start), ":".join(end), **_plain(data))
    return flat


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes without lists."""
    return {
        name: len(value) if isinstance(value, list) else value
        for name, value in data.items()
        if value != ""
    }
