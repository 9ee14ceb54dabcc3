"""Likely intervals of demand, from the ranges of the coefficients."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chaingraph.analysis.settings import read_count

if TYPE_CHECKING:
    from chaingraph.analysis.state import RegionState
    from chaingraph.quantity import Floats, Integers

MOST_DRAWS = 100_000
LOW, HIGH = 0.05, 0.95


class Interval(NamedTuple):
    """Demand between its 5% and 95% points."""

    low: Floats
    high: Floats


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


def centred_mode(low: Floats, mean: Floats, high: Floats) -> Floats:
    """Return the mode that makes the mean of a triangle the coefficient, as near as the ends allow.

    The mean of a triangle is (l + m + h) / 3, so that a coefficient taken as the mode would be
    off the middle of its own draws wherever its range is lopsided.
    """
    return np.clip(3 * mean - low - high, low, high)


def draw_coefficients(state: RegionState, *, draws: int, seed: int) -> tuple[Integers, Floats]:
    """Draw the coefficient of every link that is taken here.

    Each link has its own sequence, seeded by (seed, input, output), so that no other row changes it.
    Draws are shifted to have the coefficient as their mean where the range is too lopsided for a triangle.

    Returns
    -------
    links : array of int
        Positions of the links.
    draws : array
        One row a link, one column a draw, units of the input for one of the output.
    """
    draws = read_count(draws, "bad-draws", least=1, most=MOST_DRAWS)
    seed = read_count(seed, "bad-seed", least=0)
    graph = state.study.product_graph
    links = np.flatnonzero((state.flow > 0) & graph.quantified)
    uniform = np.empty((len(links), draws))
    for row, link in enumerate(links.tolist()):
        names = f"{graph.ids[graph.source[link]]}\0{graph.ids[graph.target[link]]}"
        key = np.frombuffer(names.encode(), dtype=np.uint8)
        uniform[row] = np.random.default_rng([seed, *key.tolist()]).random(draws)
    mean = graph.coefficient[links, None]
    low = np.minimum(graph.low[links, None], mean)
    high = np.maximum(graph.high[links, None], mean)
    mode = centred_mode(low, mean, high)
    drawn = triangular(uniform, low, mode, high)
    return links, drawn + (mean - (low + mode + high) / 3)


def demand_interval(state: RegionState, *, draws: int, seed: int) -> Interval:
    """Draw all coefficients and measure each product's demand; shares and loads stay as they are.

    Parameters
    ----------
    state
        The region.
    draws
        Number of draws, 1 or more.
    seed
        Seed of the draws.

    Raises
    ------
    OptionError
        For fewer than one draw or more than 100,000, or a seed below zero.
    """
    graph, wanted = state.study.product_graph, state.study.wanted
    low, high = np.full(graph.size, np.nan), np.full(graph.size, np.nan)
    products, demand = demand_draws(state, draws=draws, seed=seed)
    if len(products):
        low[products], high[products] = np.quantile(demand, [LOW, HIGH], axis=1)
    only_goal = (wanted > 0) & np.isnan(low)
    low[only_goal] = high[only_goal] = wanted[only_goal]
    unknown = np.isnan(state.demand.point)
    low[unknown] = high[unknown] = np.nan
    return Interval(low, high)


def demand_draws(state: RegionState, *, draws: int, seed: int) -> tuple[Integers, Floats]:
    """Draw the demand of every product that makers here take in known amounts.

    Returns
    -------
    products : array of int
        Their positions.
    demand : array
        One row a product, one column a draw, units a year.
    """
    graph, wanted = state.study.product_graph, state.study.wanted
    links, drawn = draw_coefficients(state, draws=draws, seed=seed)
    products = np.unique(graph.source[links])
    if not len(links):
        return products, np.zeros((0, drawn.shape[1]))
    place = np.searchsorted(products, graph.source[links])
    flows = drawn * (state.flow[links] / graph.coefficient[links])[:, None]
    order = np.argsort(place, kind="stable")
    first = np.searchsorted(place[order], np.arange(len(products)))
    return products, np.add.reduceat(flows[order], first, axis=0) + wanted[products][:, None]
