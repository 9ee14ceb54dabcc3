"""Traces: from one product to all that goes into it, or to all that it goes into, with quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from chaingraph.analysis.region_graph import bare_graph, read_links, region_graph
from chaingraph.analysis.settings import MOST_UNITS, read_lang, read_product
from chaingraph.analysis.study import open_study, region_state
from chaingraph.errors import OptionError
from chaingraph.loops import strong_components
from chaingraph.products import goal_vector, walk
from chaingraph.results import Call, Result
from chaingraph.solving import total_requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import networkx as nx
    import pandas as pd

    from chaingraph.analysis.region_graph import Links
    from chaingraph.analysis.state import RegionState
    from chaingraph.dataset import Dataset
    from chaingraph.products import Floats, ProductGraph, Step
    from chaingraph.regions import Region
    from chaingraph.words import Language

SHOWN = (
    "depth", "input_id", "output_id", "name_zh", "name_en", "coefficient", "link_unit", "share",
    "quantity", "unit", "makers", "national_makers",
)  # fmt: skip
Direction = Literal["up", "down"]
DIRECTIONS = get_args(Direction)


def trace_product(
    ds: Dataset,
    product_id: str,
    *,
    direction: Direction = "up",
    depth: int | None = None,
    quantity: float = 1.0,
    region: str | Region | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    all_roles: bool = False,
    lang: Language | None = None,
) -> Result:
    r"""Follow the links of a product up to its inputs or down to its users, each link once.

    Parameters
    ----------
    ds
        The dataset; links are enough. With enterprises and capacities makers are counted.
    product_id
        Where to start: an id, or a Chinese or English name.
    direction
        ``up``: what goes into it; ``down``: what it goes into.
    depth
        How many links far; None: to the end.
    quantity
        Units of the product to trace.
    region, at, statuses
        Whose makers are counted; see :func:`calculate_balance`.
    all_roles
        Follow equipment, by-products and services too, not only what is consumed.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Result
        One row a link, nearest first: `depth`, `input_id`, `output_id`, `role`, names, kind and `unit`
        of the product reached, `coefficient` with `low`, `high` and `link_unit`, `share` of its
        alternative group, `makers` (local), `national_makers`. `quantity`: upwards the units of the
        input that the traced quantity takes over this link, directly and indirectly; downwards the
        units of the output that can be made over this link if the quantity is passed on by the
        region's present use (equally where none is made); a product that gets it over several inputs
        takes the most that one of them allows (alternatives add up). Missing where a figure is unknown.

    Raises
    ------
    UnknownNameError, OptionError, LoopError
        For a product, direction or quantity that cannot be used; a loop that takes more than it gives.

    Examples
    --------
    >>> import chaingraph as cg
    >>> trace = trace_product(cg.load_dataset("toy"), "foil", direction="up").frame
    >>> trace[["depth", "input_id", "quantity"]].to_numpy().tolist()
    [[1, 'metal', 1.1], [2, 'ore', 2.2], [2, 'power', 5.5]]
    """
    call = Call.of(trace_product, locals())
    if direction not in DIRECTIONS:
        raise OptionError("bad-direction", value=direction, choices=", ".join(DIRECTIONS))
    if not 0 < quantity <= MOST_UNITS:
        raise OptionError("bad-goal", value=f"{product_id}={quantity}")
    if depth is not None and depth < 1:
        raise OptionError("bad-depth", value=depth)
    state = _state(ds, region, at, statuses)
    graph = bare_graph(ds) if state is None else region_graph(state)
    links = read_links(graph)
    start = links.arrays.find(read_product(ds, product_id))
    up = direction == "up"
    follow = links.arrays.consumed | all_roles
    steps = walk(links.arrays, start, up=up, depth=depth, used=follow & (links.share > 0))
    moved = _taken(links, start, quantity) if up else _passed_on(links, start, quantity, steps)
    frame = _frame(ds, graph, links, steps, moved, up=up, counted=state is not None)
    params: dict[str, Any] = {
        "dataset": ds.name, "version": ds.version, "at": at or ds.as_of,
        "product": links.arrays.ids[start], "direction": direction, "quantity": quantity,
    }  # fmt: skip
    if state is not None:
        params["region"] = state.region.name
    shown = SHOWN if state is not None else SHOWN[:-2]
    return Result("trace", frame, params, read_lang(ds, lang), shown, call=call)


def _state(
    ds: Dataset,
    region: str | Region | None,
    at: str | None,
    statuses: Mapping[str, float] | Iterable[str] | str,
) -> RegionState | None:
    """Return the state of the region if the tables allow."""
    if ds.has("enterprises") and ds.has("capacities"):
        return region_state(open_study(ds, at=at, statuses=statuses), region)
    return None


def _taken(links: Links, start: int, quantity: float) -> Floats:
    """By link: units of the input that the quantity of the start takes over it."""
    graph, share = links.arrays, links.share
    goal = goal_vector(graph, {graph.ids[start]: quantity})
    total = total_requirements(graph, goal, share).total
    flow = graph.amount * share * total[graph.target]
    return np.where(graph.quantified, flow, np.nan)


def _passed_on(links: Links, start: int, quantity: float, steps: list[Step]) -> Floats:
    """By link: units of the output that the quantity can make, split by present use."""
    graph, share, use = links.arrays, links.share, links.taken
    made = np.full(len(graph.source), np.nan)
    # of each product what each of its needed inputs allows; alternatives are one input
    allowed: dict[int, dict[int, float]] = {}
    by_source: dict[int, list[int]] = {}
    for step in steps:
        by_source.setdefault(int(graph.source[step.link]), []).append(step.link)
    for source in _sources_first(graph, start, by_source):
        out = by_source[source]
        weight = use[out] if use[out].sum() > 0 else np.ones(len(out))
        at_hand = (
            quantity if source == start else min(allowed.get(source, {}).values(), default=0.0)
        )
        part = at_hand * weight / weight.sum()
        need = (graph.amount * share)[out]
        output = np.divide(part, need, out=np.full(len(out), np.nan), where=need > 0)
        made[out] = output
        for link, units in zip(out, output.tolist(), strict=True):
            target, group = int(graph.target[link]), int(graph.group[link])
            if not np.isfinite(units) or target == start:
                continue
            inputs = allowed.setdefault(target, {})
            key = group if group >= 0 else -1 - link
            inputs[key] = inputs.get(key, 0.0) + units
    for link in np.flatnonzero(np.isfinite(made)).tolist():
        inputs = allowed.get(int(graph.target[link]), {})
        own = inputs.get(int(graph.group[link]) if graph.group[link] >= 0 else -1 - link, 0.0)
        if own > 0:
            made[link] *= min(inputs.values()) / own
    return made


def _sources_first(graph: ProductGraph, start: int, links: Mapping[int, list[int]]) -> list[int]:
    """Return the products that pass something on, each after all that it gets something from."""
    targets = {source: graph.target[out].tolist() for source, out in links.items()}
    nodes = sorted({*targets, *(node for ends in targets.values() for node in ends)})
    place = {node: i for i, node in enumerate(nodes)}
    parts = strong_components([[place[t] for t in targets.get(node, ())] for node in nodes])
    order = [nodes[i] for part in reversed(parts) for i in reversed(part)]
    return sorted((node for node in order if node in links), key=lambda node: node != start)


def _frame(
    ds: Dataset,
    graph: nx.DiGraph[Any],
    links: Links,
    steps: list[Step],
    moved: Floats,
    *,
    up: bool,
    counted: bool,
) -> pd.DataFrame:
    """Return one row a link that was met: what its edge says and the node reached, makers if counted."""
    import pandas as pd

    arrays, ids = links.arrays, links.arrays.ids
    chosen = np.array([step.link for step in steps], dtype=np.intp)
    ends = (arrays.source if up else arrays.target)[chosen].tolist()
    nodes = [graph.nodes["product", ids[end]] for end in ends]
    edges = [links.edges[link] for link in chosen.tolist()]

    def texts(records: list[dict[str, Any]], name: str, like: pd.Series[Any]) -> pd.Series[Any]:
        return pd.Series([record.get(name) for record in records], dtype=like.dtype)

    columns: dict[str, Any] = {
        "depth": np.array([step.depth for step in steps], dtype=np.int64),
        "input_id": np.array([ids[i] for i in arrays.source[chosen].tolist()], dtype=object),
        "output_id": np.array([ids[j] for j in arrays.target[chosen].tolist()], dtype=object),
        "role": np.array([edge["role"] for edge in edges], dtype=object),
    }
    for name in ("name_zh", "name_en", "chains", "stage", "kind", "unit"):
        shown = "product_kind" if name == "kind" else name
        columns[shown] = texts(nodes, shown, ds.products[name])
    columns |= {
        "coefficient": arrays.coefficient[chosen],
        "low": arrays.low[chosen],
        "high": arrays.high[chosen],
        "link_unit": texts(edges, "unit", ds.inputs["unit"]),
        "alternative_group": texts(edges, "alternative_group", ds.inputs["alternative_group"]),
        "share": links.share[chosen],
        "quantity": moved[chosen],
    }
    if counted:
        for name in ("makers", "national_makers"):
            columns[name] = np.array([node[name] for node in nodes], dtype=np.intp)
    columns["source_url"] = texts(edges, "source_url", ds.inputs["source_url"])
    frame = pd.DataFrame(columns)
    order = np.lexsort((frame["output_id"], frame["input_id"], frame["depth"]))
    return frame.iloc[order].reset_index(drop=True)
