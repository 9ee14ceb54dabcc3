"""Traces: from one product to all that goes into it, or to all that it goes into, with quantities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph.analysis.settings import MOST_UNITS, read_lang, read_product
from chaingraph.analysis.study import open_study, region_state
from chaingraph.errors import OptionError
from chaingraph.loops import strong_components
from chaingraph.products import (
    ROLES,
    goal_vector,
    product_graph,
    split_alternatives,
    walk,
)
from chaingraph.results import Call, Result
from chaingraph.solving import total_requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from chaingraph.analysis.state import RegionState
    from chaingraph.dataset import Dataset
    from chaingraph.products import Floats, ProductGraph, Step
    from chaingraph.regions import Region

SHOWN = (
    "depth", "input_id", "output_id", "name_zh", "name_en", "coefficient", "link_unit", "share",
    "quantity", "unit", "makers", "national_makers",
)  # fmt: skip
DIRECTIONS = ("up", "down")


def trace_product(
    ds: Dataset,
    product_id: str,
    *,
    direction: str = "up",
    depth: int | None = None,
    quantity: float = 1.0,
    region: str | Region | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    all_roles: bool = False,
    lang: str | None = None,
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
    state, graph, share, products = _ground(ds, region, at, statuses)
    product_id = read_product(products, product_id)
    start = graph.find(product_id)
    follow = np.ones(len(graph.source), dtype=bool) if all_roles else graph.consumed
    steps = walk(graph, start, up=direction == "up", depth=depth, used=follow & (share > 0))
    if direction == "up":
        moved = _taken(graph, start, quantity, share)
    else:
        moved = _passed_on(graph, start, quantity, share, state, steps)
    frame = _frame(graph, products, ds.inputs, steps, moved, share, state, direction)
    params: dict[str, Any] = {
        "dataset": ds.name, "version": ds.version, "at": at or ds.as_of, "product": product_id,
        "direction": direction, "quantity": quantity,
    }  # fmt: skip
    if state is not None:
        params["region"] = state.region.name
    shown = SHOWN if state is not None else SHOWN[:-2]
    return Result("trace", frame, params, read_lang(ds, lang), shown, call=call)


def _ground(
    ds: Dataset,
    region: str | Region | None,
    at: str | None,
    statuses: Mapping[str, float] | Iterable[str] | str,
) -> tuple[RegionState | None, ProductGraph, Floats, pd.DataFrame]:
    """Return the state of the region if the tables allow, the graph and the split of alternatives."""
    if ds.has("enterprises") and ds.has("capacities"):
        study = open_study(ds, at=at, statuses=statuses)
        state = region_state(study, region)
        return state, study.product_graph, state.share, study.products
    graph = product_graph(ds.products, ds.inputs)
    nothing = np.zeros(graph.size)
    share = split_alternatives(graph, local=nothing, present=nothing > 0, national=nothing)
    return None, graph, share, ds.products.sort_values("product_id", ignore_index=True)


def _taken(graph: ProductGraph, start: int, quantity: float, share: Floats) -> Floats:
    """By link: units of the input that the quantity of the start takes over it."""
    goal = goal_vector(graph, {graph.ids[start]: quantity})
    total = total_requirements(graph, goal, share).total
    flow = graph.amount * share * total[graph.target]
    return np.where(graph.quantified, flow, np.nan)


def _passed_on(
    graph: ProductGraph,
    start: int,
    quantity: float,
    share: Floats,
    state: RegionState | None,
    steps: list[Step],
) -> Floats:
    """By link: units of the output that the quantity can make, split by present use."""
    use = np.zeros(len(graph.source)) if state is None else state.flow
    made = np.full(len(graph.source), np.nan)
    # of each product what each of its needed inputs allows; alternatives are one input
    allowed: dict[int, dict[int, float]] = {}
    by_source: dict[int, list[int]] = {}
    for step in steps:
        by_source.setdefault(int(graph.source[step.link]), []).append(step.link)
    for source in _sources_first(graph, start, by_source):
        links = by_source[source]
        weight = use[links] if use[links].sum() > 0 else np.ones(len(links))
        at_hand = (
            quantity if source == start else min(allowed.get(source, {}).values(), default=0.0)
        )
        part = at_hand * weight / weight.sum()
        need = (graph.amount * share)[links]
        output = np.divide(part, need, out=np.full(len(links), np.nan), where=need > 0)
        made[links] = output
        for link, units in zip(links, output.tolist(), strict=True):
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
    graph: ProductGraph,
    products: pd.DataFrame,
    inputs: pd.DataFrame,
    steps: list[Step],
    moved: Floats,
    share: Floats,
    state: RegionState | None,
    direction: str,
) -> pd.DataFrame:
    links = np.array([step.link for step in steps], dtype=np.intp)
    ends = graph.source if direction == "up" else graph.target
    ids = np.array(graph.ids, dtype=object)
    frame = products.loc[
        ends[links], ["name_zh", "name_en", "chains", "stage", "kind", "unit"]
    ].reset_index(drop=True)
    frame = frame.rename(columns={"kind": "product_kind"})
    frame.insert(0, "depth", np.array([step.depth for step in steps], dtype=np.int64))
    frame.insert(1, "input_id", ids[graph.source[links]])
    frame.insert(2, "output_id", ids[graph.target[links]])
    frame.insert(3, "role", np.array(ROLES, dtype=object)[graph.role[links]])
    rows = inputs.iloc[graph.row[links]].reset_index(drop=True)
    frame = frame.assign(
        coefficient=graph.coefficient[links],
        low=graph.low[links],
        high=graph.high[links],
        link_unit=rows["unit"],
        alternative_group=rows["alternative_group"],
        share=share[links],
        quantity=moved[links],
    )
    if state is not None:
        frame["makers"] = state.makers[ends[links]]
        frame["national_makers"] = state.study.nation.makers[ends[links]]
    frame["source_url"] = rows["source_url"]
    order = np.lexsort((frame["output_id"], frame["input_id"], frame["depth"]))
    return frame.iloc[order].reset_index(drop=True)
