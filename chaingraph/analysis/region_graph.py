"""The state of a region as one networkx graph: products, the plants that make them, ties, targets."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chaingraph.analysis.choices import group_lines
from chaingraph.analysis.decide import decision_table
from chaingraph.enterprises import STATUSES, WATCHED, plant_rows
from chaingraph.errors import OptionError
from chaingraph.events import known_events
from chaingraph.knowledge.evidence import LEVELS as EVIDENCE
from chaingraph.products import ROLES
from chaingraph.quantity import Quantity, reason_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import networkx as nx
    import pandas as pd

    from chaingraph.analysis.state import RegionState
    from chaingraph.results import Result

NODE_KINDS: Final = ("product", "enterprise", "group", "plant")
EDGE_KINDS: Final = ("input", "produces", "member", "supplies", "candidate")
_PRODUCT: Final = ("name_zh", "name_en", "unit", "chains", "stage", "kind", "restricted")
_SITE: Final = ("name_zh", "name_en", "province", "city", "county", "park", "lat", "lon")
_AMOUNTS: Final = ("capacity", "supply", "merchant", "own_use", "demand", "gap")
_BALANCED: Final = ("covered", "made", "")
"""Kinds that call for nothing: no row of the gaps."""
_LINK: Final = ("coefficient", "low", "high", "share")
_CANDIDATE: Final = (
    "rank", "score", "score_low", "score_high", "target_list", "makes_it", "distance_km", "plant",
    "closes", "reasons_zh", "reasons_en",
)  # fmt: skip


def build_region_graph(
    state: RegionState, *, flat: bool = False, targets: Result | None = None
) -> nx.DiGraph[Any]:
    """Build the graph of a region's state; see :meth:`chaingraph.Study.graph`."""
    import networkx as nx

    study = state.study
    ds = study.dataset
    graph: nx.DiGraph[Any] = nx.DiGraph(
        dataset=ds.name, version=ds.version, as_of=ds.as_of, region=state.region.name
    )
    for name, data in zip(study.product_graph.ids, _products(state), strict=True):
        graph.add_node(("product", name), node_kind="product", **data)
    _add_links(graph, state)
    plants = plant_rows(ds.enterprises, study.standing, where=state.region)
    _add_sites(graph, state, plants)
    _add_added(graph, state)
    if targets is not None:
        _add_candidates(graph, state, targets)
    _add_ties(graph, state)
    return flat_graph(graph) if flat else graph


def _present(data: Mapping[Any, Any]) -> dict[str, Any]:
    """Return attributes as plain values, without what is unknown or empty."""
    plain: dict[str, Any] = {}
    for name, value in data.items():
        cell = value.item() if isinstance(value, np.generic) else value
        unknown = cell is None or (isinstance(cell, float) and math.isnan(cell))
        if not unknown and cell != "" and str(cell) != "<NA>":
            plain[name] = cell
    return plain


def _ends(name: str, amount: Quantity) -> dict[str, Any]:
    """Return the columns of an amount: its least, its figure, its most."""
    columns = {f"{name}_low": amount.low, name: amount.point, f"{name}_high": amount.high}
    return {column: values.tolist() for column, values in columns.items()}


# --- products and what goes into them


def _products(state: RegionState) -> list[dict[str, Any]]:
    """Return the attributes of each product, in the order of positions."""
    study, advice, decisions = state.study, state.advice, state.decisions
    kinds = decisions.text("kind")
    columns: dict[str, Any] = {
        ("product_kind" if name == "kind" else name): study.products[name].tolist()
        for name in _PRODUCT
    }
    columns |= {
        "evidence": [EVIDENCE[code] for code in state.evidence.level.tolist()],
        "evidence_date": list(state.evidence.date),
        "gap_kind": kinds,
        "decision": [decision_table().rules[rule].id for rule in decisions.rule.tolist()],
        "action": decisions.text("action"),
        "verb": advice.verb.tolist(),
        "then": advice.then.tolist(),
        "mark": advice.mark.tolist(),
        "list": _lists(state, kinds),
        "made": state.present.tolist(),
        "needed": state.needed.tolist(),
        "makers": state.makers.tolist(),
        "makers_unquantified": state.unquantified.tolist(),
        "users": state.users.tolist(),
        "construction": state.construction.tolist(),
        "planned": state.rows.planned.tolist(),
        "national_makers": study.nation.makers.tolist(),
        "national_capacity": study.nation.capacity.tolist(),
        "price_cny": study.price.tolist(),
    }
    for name in _AMOUNTS:
        columns |= _ends(name, getattr(state, name))
    columns |= _ends("gap_value_cny", state.gap_value)
    differs = state.gap.low < state.gap.high
    bits = np.where(differs, state.gap.reasons, 0).tolist()
    columns["reasons"] = ["; ".join(reason_names(bit)) for bit in bits]
    names = list(columns)
    return [
        _present(dict(zip(names, cells, strict=True)))
        for cells in zip(*columns.values(), strict=True)
    ]


def _lists(state: RegionState, kinds: list[str]) -> list[str]:
    """Return the list of each product; alternatives for one need are on that of the first of them."""
    lists = state.advice.list.copy()
    rows = np.flatnonzero([kind not in _BALANCED for kind in kinds])
    lists[rows] = lists[rows][group_lines(state, rows).leader]
    named: list[str] = lists.tolist()
    return named


def _add_links(graph: nx.DiGraph[Any], state: RegionState) -> None:
    links, ids = state.study.product_graph, state.study.product_graph.ids
    rows = state.study.dataset.inputs.iloc[links.row]
    columns: dict[str, Any] = {
        "role": [ROLES[number] for number in links.role.tolist()],
        "coefficient": links.coefficient.tolist(),
        "low": links.low.tolist(),
        "high": links.high.tolist(),
        "share": np.where(links.consumed, state.share, np.nan).tolist(),
        **{
            name: rows[name].tolist()
            for name in ("unit", "alternative_group", "source_url")
            if name in rows
        },
        **_ends("quantity", _taken(state)),
    }
    names = list(columns)
    ends = zip(links.source.tolist(), links.target.tolist(), strict=True)
    for (source, target), cells in zip(ends, zip(*columns.values(), strict=True), strict=True):
        data = _present(dict(zip(names, cells, strict=True)))
        graph.add_edge(
            ("product", ids[source]), ("product", ids[target]), edge_kind="input", **data
        )


def _taken(state: RegionState) -> Quantity:
    """Return what is taken over each link, units of the input a year; unknown for what is not consumed."""
    flow = state.allocation.flow
    nothing = np.full(len(flow), np.nan)
    blank = Quantity(nothing, nothing, nothing, flow.reasons)
    return flow.where(state.study.product_graph.consumed, blank)


# --- who makes them


def _add_sites(graph: nx.DiGraph[Any], state: RegionState, plants: pd.DataFrame) -> None:
    """Add the sites of the region, whom they belong to, and an edge for each product of each."""
    position, load = state.study.product_graph.position, state.study.load_of(state.region)
    for enterprise, rows in plants.groupby("enterprise_id", sort=True):
        site = ("enterprise", str(enterprise))
        first = rows.iloc[0]
        place = {name: first[name] for name in _SITE if name in rows}
        anchor = bool("anchor" in rows and first["anchor"])
        graph.add_node(site, node_kind="enterprise", anchor=anchor, **_present(place))
        group = str(first["group"])
        if group != enterprise:
            graph.add_node(("group", group), node_kind="group", name_zh=group)
            graph.add_edge(("group", group), site, edge_kind="member")
        graph.nodes[site]["group"] = group
        for product, part in rows.groupby("product_id", sort=True):
            if product not in position:
                continue
            number = position[str(product)]
            data = _produced(part)
            amount = load.take([number])
            data |= {"load_low": float(amount.low[0]), "load_high": float(amount.high[0])}
            data |= {"load": float(amount.point[0])}
            graph.add_edge(site, ("product", str(product)), edge_kind="produces", **_present(data))
        _describe_site(graph, site)


def _produced(rows: pd.DataFrame) -> dict[str, Any]:
    """Return what a site makes of one product: by its foremost status, and all rows."""
    fresh = rows[rows["stale"] == 0]
    shown = fresh if len(fresh) else rows
    status = min(shown["status"], key=STATUSES.index)
    chosen = shown[shown["status"] == status]
    figures = chosen.loc[chosen["bare"] == 0, "figure"]
    beside = fresh[(fresh["status"] != status) & fresh["status"].isin(WATCHED)]
    records = rows.drop(columns=[name for name in (*_SITE, "group", "anchor") if name in rows])
    return {
        "status": status,
        "capacity": float(figures.sum()) if len(figures) else None,
        "effective": float(rows["effective"].sum()),
        **beside.groupby("status")["figure"].sum().to_dict(),
        "stale": not len(fresh),
        "rows": [_present(record) for record in records.to_dict("records")],
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
    groups = {data["group"]: node for node, data in _of_kind(graph, "enterprise")}
    groups |= {node[1]: node for node, _ in _of_kind(graph, "group")}
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


def _of_kind(graph: nx.DiGraph[Any], kind: str) -> Iterable[tuple[Any, dict[str, Any]]]:
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
