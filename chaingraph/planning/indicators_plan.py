"""Output of chains: what makers here could make, what of it goes to each other, and what a plan would add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chaingraph.analysis.content import home_chains
from chaingraph.planning.indicators_settings import indicator_settings
from chaingraph.planning.responsibility_plan import month_after

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chaingraph.analysis.state import RegionState
    from chaingraph.planning.responsibility_plan import Project

_YEAR = 12.0


def chain_output(state: RegionState, chain: str) -> dict[str, Any]:
    r"""Return the output of a chain at full use, gross and net of what its makers buy from each other.

    Gross :math:`\sum_j K_j p_j` over the products whose home chain it is; sold here
    :math:`\sum_j \min(K_j, D_j) p_j` with the demand of makers at full use. CNY a year; products made here
    without a price are counted, not guessed.
    """
    study = state.study
    inside = np.array([chain in chains for chains in home_chains(study)], dtype=bool)
    known = np.nan_to_num(state.rows.capacity)
    made = inside & state.present
    priced = made & ~np.isnan(study.price) & (known > 0)
    price = np.where(priced, study.price, 0.0)
    gross = float((known * price).sum())
    sold = float((np.minimum(known, np.nan_to_num(state.demand_full)) * price).sum())
    coming = float(
        (
            np.nan_to_num(state.construction)
            * np.where(inside & ~np.isnan(study.price), study.price, 0)
        ).sum()
    )
    return {
        "full_output_cny": gross,
        "sold_here_cny": sold,
        "net_output_cny": gross - sold,
        "coming_output_cny": coming,
        "made_products": int(made.sum()),
        "unpriced_products": int((made & ~priced).sum()),
    }


def plan_output(
    state: RegionState, projects: Sequence[Project], years: Sequence[int], *, draws: int, seed: int
) -> tuple[pd.DataFrame, list[str]]:
    """Return what a plan adds to the output of each chain and year, as an interval; and projects left out.

    Draws of landing (a project comes or not), delay, utilisation and price: see
    ``planning/indicators.json``. Net
    takes out what a new plant buys from makers here (its inputs times their coverage).

    Returns
    -------
    pandas.DataFrame
        `chain`, `year`, `added_low`, `added`, `added_high`, `net_low`, `net`, `net_high`: the 10, 50 and
        90% points, CNY a year.
    """
    study, ids = state.study, state.study.product_graph.ids
    homes = home_chains(study)
    local = _local_cost(state)
    left, parts = [], []
    for project in projects:
        place = ids.index(project.product_id)
        price = float(study.price[place])
        if not project.size or np.isnan(price):
            left.append(project.key)
            continue
        parts.append((place, project.size * price, project.commissioned))
    columns = ["chain", "year", "added_low", "added", "added_high", "net_low", "net", "net_high"]
    if not parts:
        return pd.DataFrame({name: pd.Series(dtype="object") for name in columns}), left
    drawn = _draws(len(parts), draws, seed)
    rows = []
    for chain in study.dataset.chains:
        inside = [n for n, (place, _, _) in enumerate(parts) if chain in homes[place]]
        for year in years if inside else ():
            gross = np.zeros(draws)
            net = np.zeros(draws)
            for n in inside:
                place, value, ready = parts[n]
                out = (
                    value
                    * _running(ready, year, drawn["delay"][n])
                    * drawn["use"][n]
                    * drawn["comes"][n]
                    * drawn["price"][n]
                )
                gross += out
                net += out * (1 - local[place])
            ends = [
                float(v)
                for v in (*np.quantile(gross, (0.1, 0.5, 0.9)), *np.quantile(net, (0.1, 0.5, 0.9)))
            ]
            rows.append([chain, str(year), *ends])
    return pd.DataFrame(rows, columns=columns), left


def _draws(count: int, draws: int, seed: int) -> dict[str, NDArray[np.float64]]:
    """Return draws by project: whether it comes, months of delay, utilisation, price factor."""
    ranges = indicator_settings()["draws"]
    rng = np.random.default_rng(seed)
    low, middle, high = ranges["months_start_to_commission"]
    shape = (count, draws)
    landing = rng.uniform(float(ranges["landing"][0]), float(ranges["landing"][1]), size=draws)
    return {
        "comes": (rng.random(shape) < landing).astype(float),
        "delay": rng.triangular(low, middle, high, size=shape) - middle,
        "use": rng.uniform(float(ranges["utilisation"][0]), float(ranges["utilisation"][1]), size=shape),
        "price": rng.uniform(1 - ranges["price"], 1 + ranges["price"], size=shape),
    }  # fmt: skip


def _running(ready: str, year: int, delay: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of a year that a plant runs: from the month after its commissioning and its delay."""
    first = month_after(ready, 1)
    months = (year - int(first[:4])) * 12 + 13 - int(first[5:7])
    return np.clip((months - delay) / _YEAR, 0.0, 1.0)


def _local_cost(state: RegionState) -> NDArray[np.float64]:
    """Return for each product the share of its price that its inputs from makers here cost, 0 to 1."""
    study, graph = state.study, state.study.product_graph
    coverage = np.nan_to_num(np.minimum(state.coverage, 1.0))
    amount = np.nan_to_num(graph.amount * state.share)
    price = np.nan_to_num(study.price)
    spent = np.bincount(
        graph.target, amount * price[graph.source] * coverage[graph.source], graph.size
    ).astype(float)
    own = np.where(price > 0, price, np.inf)
    cost: NDArray[np.float64] = np.clip(spent / own, 0.0, 1.0)
    return cost
