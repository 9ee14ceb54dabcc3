"""The contest of rankings: per gap and per product, model against simple rules, figures by query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.recruit.choices import BASELINES
from chaingraph.recruit.features import FEATURES, PLACE_FEATURES
from chaingraph.recruit.logit import Fit, fit_logit
from chaingraph.recruit.metrics import (
    TOPS,
    average_precision,
    hits_at,
    in_sample,
    ranks,
    reciprocal_rank,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.products import Floats, Integers
    from chaingraph.recruit.choices import Occasion

MEASURES: Final = ("mrr", "average_precision", *(f"hits_{top}" for top in TOPS))
SAMPLE: Final = 150
"""Alternatives kept of each occasion when weights are fitted."""
TIES: Final = 20
"""Drawn orders over which the figures of tied candidates are averaged."""
PRODUCT_RULES: Final = ("relatedness", "spread", "trend")


@dataclass(frozen=True, eq=False)
class Drawn:
    """Occasions stacked for fitting: the chosen candidates and a sample of the others."""

    features: Floats
    chosen: Floats
    occasion: Integers

    def fit(self, keep: Sequence[int] | Integers, ridge: float) -> Fit:
        """Fit the weights on some of the occasions."""
        rows = np.isin(self.occasion, keep)
        return fit_logit(
            self.features[rows].astype(float), self.chosen[rows], self.occasion[rows], ridge=ridge
        )


def draw_sample(occasions: Sequence[Occasion], seed: int) -> Drawn:
    """Stack the occasions on which a candidate was chosen, with a sample of the alternatives."""
    rng = np.random.default_rng(seed)
    features, chosen, numbers = [], [], []
    for number, occasion in enumerate(occasions):
        weight = occasion.chosen()
        if not weight.any():
            continue
        keep = in_sample(weight > 0, SAMPLE, rng)
        features.append(occasion.features[keep])
        chosen.append(weight[keep])
        numbers.append(np.full(int(keep.sum()), number, dtype=np.intp))
    if not features:
        return Drawn(np.empty((0, len(FEATURES))), np.empty(0), np.empty(0, dtype=np.intp))
    return Drawn(np.concatenate(features), np.concatenate(chosen), np.concatenate(numbers))


def rank_groups(
    occasions: Sequence[Occasion],
    weights: Sequence[Floats],
    chains: Sequence[str],
    seed: int,
    rules: Sequence[str] = BASELINES,
) -> pd.DataFrame:
    """Rank the candidates of every gap that somebody came to fill, by every method.

    Parameters
    ----------
    occasions, weights
        The occasions, and the weights that each is ranked with.
    chains
        Chain of each product, by position.
    seed
        Of the orders in which ties stand.
    rules
        The simple rules to rank by beside the model.

    Returns
    -------
    pandas.DataFrame
        One row a query (an occasion and product or family) and method: `city`, `chain`, `product_id`,
        `cutoff`, `method`, `positives` (entries), `reachable` (entries whose group was a candidate),
        `candidates` and the measures.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for occasion, weight in zip(occasions, weights, strict=True):
        model = occasion.scores(weight)
        for product_id, members, came in _queries(occasion):
            names, code, picked = occasion.candidates(members)
            orders = rng.random((TIES, len(names)))
            hits = np.flatnonzero(np.isin(names, came))
            query = {
                "city": occasion.city,
                "cutoff": occasion.cutoff,
                "chain": chains[members[0]],
                "product_id": product_id,
                "positives": len(came),
                "reachable": len(hits),
                "candidates": len(names),
            }
            columns = {"model": model[picked]}
            for name in rules:
                columns[name] = occasion.baselines[picked, BASELINES.index(name)]
            for method, values in columns.items():
                best = np.full(len(names), -np.inf)
                np.maximum.at(best, code, values)
                rows.append(query | {"method": method} | judged(best, hits, len(came), orders))
    return pd.DataFrame(rows)


def _queries(occasion: Occasion) -> list[tuple[str, tuple[int, ...], list[str]]]:
    """Gather the entries of one occasion by product or family."""
    found: dict[tuple[str, tuple[int, ...]], set[str]] = {}
    for product_id, members, group in occasion.entries:
        found.setdefault((product_id, members), set()).add(group)
    return [(name, members, sorted(came)) for (name, members), came in sorted(found.items())]


def judged(scores: Floats, hits: Integers, positives: int, orders: Floats) -> dict[str, float]:
    """Return every measure of one query, averaged over the drawn orders in which ties may stand."""
    tied = len(np.unique(scores)) < len(scores)
    drawn = [
        judge(ranks(scores, order)[hits], positives) for order in orders[: TIES if tied else 1]
    ]
    return {name: float(np.mean([figures[name] for figures in drawn])) for name in MEASURES}


def judge(rank: Integers, positives: int) -> dict[str, float]:
    """Return every measure of one query from the ranks of its hits."""
    figures = {
        "mrr": reciprocal_rank(rank),
        "average_precision": average_precision(rank, positives),
    }
    return figures | {f"hits_{top}": hits_at(rank, positives, top) for top in TOPS}


class Lacking(NamedTuple):
    """The products that a city lacks on one occasion, with the features that their makers share."""

    products: Integers
    features: Floats
    came: list[set[int]]


def lacking_products(occasion: Occasion) -> Lacking:
    """Return the products that nobody made in the city and that somebody makes, and those that came."""
    names = list(FEATURES)
    shared = [names.index(name) for name in PLACE_FEATURES]
    products, first = np.unique(occasion.product, return_index=True)
    absent = occasion.absent[products]
    came = [set(members) for _, members, _ in occasion.entries]
    came = [members for members in came if all(occasion.absent[p] for p in members)]
    unlike = {tuple(sorted(members)): members for members in came}
    table = occasion.features[first[absent]][:, shared].astype(float)
    return Lacking(products[absent], table, list(unlike.values()))


def draw_products(occasions: Sequence[Occasion]) -> Drawn:
    """Stack the products that each city lacked, with those that came, for fitting."""
    features, chosen, numbers = [np.empty((0, len(PLACE_FEATURES)))], [np.empty(0)], []
    for number, occasion in enumerate(occasions):
        lacking = lacking_products(occasion)
        weight = np.zeros(len(lacking.products))
        for members in lacking.came:
            hit = np.isin(lacking.products, sorted(members))
            weight[hit] += 1.0 / max(1, hit.sum())
        if weight.any():
            features.append(lacking.features)
            chosen.append(weight)
            numbers.append(np.full(len(weight), number, dtype=np.intp))
    stacked = np.concatenate(numbers) if numbers else np.empty(0, dtype=np.intp)
    return Drawn(np.concatenate(features), np.concatenate(chosen), stacked)


def rank_products(
    occasions: Sequence[Occasion], weights: Sequence[Floats], seed: int
) -> pd.DataFrame:
    """Rank the products that a city lacked by how soon they would come, against those that came.

    Parameters
    ----------
    occasions, weights
        The occasions, and the weights of the place features that each is ranked with.
    seed
        Of the orders in which ties stand.

    Returns
    -------
    pandas.DataFrame
        One row an occasion and method: `city`, `cutoff`, `method`, `positives` (products or families
        that came and that nobody made there), `reachable`, `candidates` and the measures.
    """
    rng = np.random.default_rng(seed)
    place = list(PLACE_FEATURES)
    rows = []
    for occasion, weight in zip(occasions, weights, strict=True):
        lacking = lacking_products(occasion)
        count = len(lacking.products)
        if not lacking.came or not count:
            continue
        orders = rng.random((TIES, count))
        columns = {"model": lacking.features @ weight, "random": np.zeros(count)}
        columns |= {rule: lacking.features[:, place.index(rule)] for rule in PRODUCT_RULES}
        columns["rca"] = occasion.rca[lacking.products]
        base = {"city": occasion.city, "cutoff": occasion.cutoff, "candidates": count}
        for method, values in columns.items():
            firsts = [_first_places(ranks(values, order), lacking) for order in orders]
            drawn = [judge(places, len(lacking.came)) for places in firsts]
            figures = {name: float(np.mean([d[name] for d in drawn])) for name in MEASURES}
            counts = {"positives": len(lacking.came), "reachable": len(firsts[0])}
            rows.append(base | counts | {"method": method} | figures)
    return pd.DataFrame(rows)


def _first_places(ranked: Integers, lacking: Lacking) -> Integers:
    """Return the rank of each product or family that came: the best of its members, each once."""
    found = [ranked[np.isin(lacking.products, sorted(members))] for members in lacking.came]
    return np.array(sorted({int(r.min()) for r in found if len(r)}), dtype=np.intp)
