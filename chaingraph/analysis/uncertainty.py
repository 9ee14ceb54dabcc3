"""Intervals of demand and the probability of being short, from the ranges of the coefficients."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chaingraph.errors import OptionError

if TYPE_CHECKING:
    from chaingraph.analysis.state import RegionState
    from chaingraph.products import Floats

MOST_DRAWS = 100_000
LOW, HIGH = 0.05, 0.95


class Interval(NamedTuple):
    """Demand between its 5% and 95% points, and how often it is above the supply."""

    low: Floats
    high: Floats
    probability_short: Floats


def triangular(uniform: Floats, low: Floats, mode: Floats, high: Floats) -> Floats:
    r"""Return the triangular quantiles of uniform draws; a width of zero gives the mode.

    Inverse of the triangular distribution function: with :math:`c = (m-l)/(h-l)`,
    :math:`l + \\sqrt{u (h-l)(m-l)}` below c and :math:`h - \\sqrt{(1-u)(h-l)(h-m)}` above.
    """
    width = high - low
    safe = np.where(width > 0, width, 1.0)
    turn = (mode - low) / safe
    rising = low + np.sqrt(uniform * width * (mode - low))
    falling = high - np.sqrt((1 - uniform) * width * (high - mode))
    return np.where(width > 0, np.where(uniform < turn, rising, falling), mode)


def demand_interval(state: RegionState, *, draws: int, seed: int) -> Interval:
    """Draw all coefficients and measure each product's demand.

    Each link draws its own seeded sequence in the order of (output, input), so that row order never
    matters; the shares of alternatives stay as they are. Demand of the goal is certain.

    Parameters
    ----------
    state
        The region.
    draws
        Number of draws, 1 or more.
    seed
        Seed of the generator.

    Raises
    ------
    OptionError
        For fewer than one draw or more than 100,000, or a seed below zero.
    """
    if not 1 <= draws <= MOST_DRAWS:
        raise OptionError("bad-draws", value=draws)
    if seed < 0:
        raise OptionError("bad-seed", value=seed)
    graph = state.study.graph
    links = np.flatnonzero(state.flow > 0)
    products = np.unique(graph.source[links])
    place = np.searchsorted(products, graph.source[links])
    generator = np.random.default_rng(seed)
    uniform = generator.random((len(links), draws))
    mode = graph.coefficient[links, None]
    low = np.minimum(graph.low[links, None], mode)
    high = np.maximum(graph.high[links, None], mode)
    per_unit = (state.flow[links] / graph.coefficient[links])[:, None]
    flows = triangular(uniform, low, mode, high) * per_unit
    order = np.argsort(place, kind="stable")
    first = np.searchsorted(place[order], np.arange(len(products)))
    demand = np.add.reduceat(flows[order], first, axis=0) if len(links) else flows
    demand = demand + state.study.wanted[products][:, None]
    supply = state.supply[products][:, None]
    result = [np.full(graph.size, np.nan) for _ in range(3)]
    if len(links):
        result[0][products], result[1][products] = np.quantile(demand, [LOW, HIGH], axis=1)
        result[2][products] = (demand > supply * (1 + 1e-9)).mean(axis=1)
    wanted = state.study.wanted
    only_goal = (wanted > 0) & np.isnan(result[0])
    result[0][only_goal] = result[1][only_goal] = wanted[only_goal]
    result[2][only_goal] = (wanted > state.supply * (1 + 1e-9))[only_goal]
    unknown = (state.unquantified > 0) & (state.capacity <= 0)
    result[2][unknown] = np.nan
    return Interval(*result)
