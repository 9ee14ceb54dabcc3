"""What one site takes: of its own making, from others here, and from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chaingraph.analysis.own_use import own_use
from chaingraph.products import positions

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from chaingraph.analysis.state import RegionState
    from chaingraph.quantity import Flags, Floats


class Intake(NamedTuple):
    """What a site takes of each product, by product position; units a year, of known figures.

    Attributes
    ----------
    taken
        Whether a product goes into what the site makes.
    made
        Whether the site makes it.
    demand, inside
        Taken in all, and of its own making.
    served_low, served, served_high
        Share of the demand that is made here: its own, and of what it buys as much as all users get.
        Of the share nan where it can't be told, between ends that always hold.
    unsure
        A part of the demand is not known: an output without figure, a link without coefficient.
    """

    taken: Flags
    made: Flags
    demand: Floats
    inside: Floats
    served_low: Floats
    served: Floats
    served_high: Floats
    unsure: Flags


def site_intake(state: RegionState, own: pd.DataFrame) -> Intake:
    """Return what one site takes.

    Parameters
    ----------
    state
        The region.
    own
        The capacity rows of the site that count: `product_id`, `capacity`, `effective`.
    """
    study, graph = state.study, state.study.product_graph
    place = positions(graph, own["product_id"])
    output = np.zeros(graph.size)
    np.add.at(output, place, own["effective"].fillna(0).to_numpy(dtype=float))
    everything = np.arange(graph.size)
    made = np.isin(everything, place)
    vague = np.isin(everything, place[own["capacity"].isna().to_numpy(dtype=bool)])
    load = study.load_of(state.region)
    links = graph.consumed & (state.share > 0) & made[graph.target]
    flow = np.where(links, graph.amount * state.share * (output * load.point)[graph.target], 0.0)
    pairs = _pairs(state, output)
    served = own_use(study.recipe, pairs, load).output.point
    # in an open group the site's own member serves it whatever the region's split is
    inside_flow = graph.amount * served
    flow = _own_first(state, flow, inside_flow, output * load.point)
    demand = np.bincount(graph.source, flow, graph.size).astype(float)
    inside = np.minimum(np.bincount(graph.source, inside_flow, graph.size), demand)
    open_end = links & (np.isnan(graph.coefficient) | vague[graph.target])
    low, point, high = (_served(demand, inside, share) for share in _shares(state))
    return Intake(
        np.bincount(graph.source[links], minlength=graph.size) > 0,
        made,
        demand,
        inside,
        low,
        point,
        high,
        np.bincount(graph.source[open_end], minlength=graph.size) > 0,
    )


def _pairs(state: RegionState, output: Floats) -> dict[str, NDArray[Any]]:
    graph = state.study.product_graph
    both = graph.quantified & (output[graph.source] > 0) & (output[graph.target] > 0)
    links = np.flatnonzero(both)
    source, target = graph.source[links], graph.target[links]
    return {
        "site": np.zeros(len(links), dtype=np.intp), "input": source, "output": target,
        "k_input": output[source], "k_output": output[target],
        "k_input_low": output[source], "k_output_low": output[target],
    }  # fmt: skip


def _own_first(state: RegionState, flow: Floats, inside: Floats, output: Floats) -> Floats:
    """Return flows with the own members of open groups first; the rest follows the region's split."""
    recipe, graph = state.study.recipe, state.study.product_graph
    members = recipe.members
    if not len(members.link) or not (inside[members.link] > 0).any():
        return flow
    count = len(members.owner)
    unit = graph.amount[members.link]
    served = np.divide(inside[members.link], unit, out=np.zeros(len(unit)), where=unit > 0)
    whole = output[members.owner]
    rest = np.maximum(0.0, whole - np.bincount(members.group, served, count))
    scale = np.divide(rest, whole, out=np.zeros(count), where=whole > 0)
    result = flow.copy()
    result[members.link] = inside[members.link] + flow[members.link] * scale[members.group]
    return result


def _shares(state: RegionState) -> tuple[Floats, Floats, Floats]:
    """Return the least, the best and the most of what users buy from others that is served here."""
    ends = state.merchant_coverage_ends
    return ends.low, ends.point, ends.high


def _served(demand: Floats, inside: Floats, share: Floats) -> Floats:
    bought = demand - inside
    # times unknown is unknown, but nothing bought is nothing
    local = inside + np.where(bought > 0, bought * share, 0.0)
    share = np.divide(local, demand, out=np.full(len(demand), np.nan), where=demand > 0)
    return np.asarray(share, dtype=float)
