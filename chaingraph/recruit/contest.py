"""The contest of rankings within gaps: model against simple rules, figures by query."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.recruit.features import FEATURES, GROUP_FEATURES
from chaingraph.recruit.lists import LOCAL
from chaingraph.recruit.logit import Fit, fit_logit
from chaingraph.recruit.metrics import (
    TOPS,
    average_precision,
    expected_hits,
    hits_at,
    ranks,
    reciprocal_rank,
)
from chaingraph.recruit.rules import RULES
from chaingraph.recruit.scoring import default_weights

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from chaingraph.products import Flags, Floats, Integers
    from chaingraph.recruit.choices import Occasion

MEASURES: Final = ("mrr", "average_precision", *(f"hits_{top}" for top in TOPS))
TIES: Final = 20
"""Drawn orders over which the figures of tied candidates are averaged."""
FROM_OUTSIDE: Final = 10
"""Names of a gap's list of groups from outside."""
FROM_HERE: Final = 3
"""Names of a gap's list of groups that are here already with something else."""
SHIPPED: Final = "shipped_weights"
MODEL: Final = "model"
EQUAL: Final = "equal_weights"
METHODS: Final = (SHIPPED, MODEL, EQUAL, *RULES)
_OF_GROUPS: Final = tuple(list(FEATURES).index(name) for name in GROUP_FEATURES)


@dataclass(frozen=True, eq=False)
class Choices:
    """Choices stacked for fitting: one row an alternative.

    Attributes
    ----------
    features, chosen
        Of each alternative, see :func:`chaingraph.recruit.logit.fit_logit`.
    choice
        Number of the choice that it was an alternative of.
    occasion
        Number of the occasion that the choice was made on.
    """

    features: Floats
    chosen: Floats
    choice: Integers
    occasion: Integers

    def fit(self, keep: Sequence[int] | Integers, ridge: float) -> Fit:
        """Fit the weights on the choices of some occasions."""
        rows = np.isin(self.occasion, keep)
        return fit_logit(
            self.features[rows].astype(float), self.chosen[rows], self.choice[rows], ridge=ridge
        )


def stack_choices(parts: Sequence[tuple[int, Floats, Floats]], width: int) -> Choices:
    """Stack choices, each given as its occasion's number, features and chosen weights of all alternatives."""
    sizes = np.array([len(chosen) for _, _, chosen in parts], dtype=np.intp)
    numbers = np.array([number for number, _, _ in parts], dtype=np.intp)
    return Choices(
        features=np.concatenate([np.empty((0, width)), *(table for _, table, _ in parts)]),
        chosen=np.concatenate([np.empty(0), *(chosen for _, _, chosen in parts)]),
        choice=np.repeat(np.arange(len(parts)), sizes),
        occasion=np.repeat(numbers, sizes),
    )


def group_choices(occasions: Sequence[Occasion]) -> Choices:
    """Stack the choices of a group for a gap: all candidates of every query that one of them won.

    The features are those that tell the candidates of a gap apart (``GROUP_FEATURES``); the entry of a
    family is shared out over its products.
    """
    parts = []
    for number, occasion in enumerate(occasions):
        for _, members, came in queries(occasion):
            rows = occasion.rows_of(members)
            hit = np.isin(occasion.group[rows].astype(str), came)
            if hit.any():
                _, code, count = np.unique(
                    occasion.group[rows].astype(str), return_inverse=True, return_counts=True
                )
                chosen = hit / count[code.reshape(-1)]
                parts.append((number, occasion.features[rows][:, _OF_GROUPS], chosen))
    return stack_choices(parts, len(_OF_GROUPS))


def queries(occasion: Occasion) -> Iterator[tuple[str, tuple[int, ...], list[str]]]:
    """Gather the entries of one occasion by product or family: its id, its products, who came."""
    found: dict[tuple[str, tuple[int, ...]], set[str]] = {}
    for product_id, members, group in occasion.entries:
        found.setdefault((product_id, members), set()).add(group)
    for (name, members), came in sorted(found.items()):
        yield name, members, sorted(came)


def shipped_weights() -> Floats:
    """Return the weights that targets are ranked with where none are given."""
    return np.array([default_weights()[name] for name in FEATURES])


def equal_weights() -> Floats:
    """Return weight 1 for all that tells the candidates of a gap apart, 0 for what they share."""
    return np.array([float(name in GROUP_FEATURES) for name in FEATURES])


def rank_groups(
    occasions: Sequence[Occasion],
    weights: Sequence[Floats],
    chains: Sequence[str],
    seed: int,
    methods: Sequence[str] = METHODS,
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
    methods
        The weights of the package, fitted ones, all features at weight 1, and simple rules to rank by.

    Returns
    -------
    pandas.DataFrame
        One row a query (an occasion and product or family) and method: `city`, `chain`, `product_id`,
        `cutoff`, `method`, `positives` (entries), of which `reachable` (a candidate), `no_candidate`
        (known, but none), `unknown` (in no row before), `local` (in the city with something else before),
        `outside`; `candidates`; the measures; `outside_hits` and `local_hits` (newcomers among the first
        ten names from outside, the first three of those here), `found` (whether the first ten names hold
        any newcomer).
    """
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for occasion, weight in zip(occasions, weights, strict=True):
        scores = {
            SHIPPED: occasion.scores(shipped_weights()),
            MODEL: occasion.scores(weight),
            EQUAL: occasion.scores(equal_weights()),
        }
        for product_id, members, came in queries(occasion):
            names, code, picked = occasion.candidates(members)
            orders = rng.random((TIES, len(names)))
            here = np.zeros(len(names), dtype=bool)
            here[code[occasion.listed[picked] == LOCAL]] = True
            hits = np.flatnonzero(np.isin(names, came))
            query = {
                "city": occasion.city,
                "cutoff": occasion.cutoff,
                "chain": chains[members[0]],
                "product_id": product_id,
                "candidates": len(names),
            } | _fates(occasion, came, len(hits), names[here])
            for method in methods:
                values = (
                    scores[method][picked]
                    if method in scores
                    else occasion.rules[picked, RULES.index(method)]
                )
                best = np.full(len(names), -np.inf)
                np.maximum.at(best, code, values)
                figures = judged(best, hits, len(came), orders)
                rows.append(query | {"method": method} | figures | _lists(best, hits, here))
    return pd.DataFrame(rows)


def _fates(
    occasion: Occasion, came: Sequence[str], reachable: int, listed_here: Sequence[str]
) -> dict[str, int]:
    """Count the newcomers of a query by what was known of them before."""
    known = len(occasion.known.intersection(came))
    local = len(occasion.local.union(listed_here).intersection(came))
    return {
        "positives": len(came),
        "reachable": reachable,
        "no_candidate": max(0, known - reachable),
        "unknown": len(came) - max(known, reachable),
        "local": local,
        "outside": len(came) - local,
    }


def _lists(scores: Floats, hits: Integers, here: Flags) -> dict[str, float]:
    """Count the newcomers that two lists hold: groups from outside, and those here already."""
    found = {}
    for name, members, top in (
        ("outside_hits", ~here, FROM_OUTSIDE),
        ("local_hits", here, FROM_HERE),
    ):
        place = np.cumsum(members) - 1
        own = place[hits[members[hits]]]
        found[name] = float(expected_hits(scores[members], own, top).sum())
    return found


def judged(scores: Floats, hits: Integers, positives: int, orders: Floats) -> dict[str, float]:
    """Return every measure of one query, averaged over the drawn orders in which ties may stand."""
    if not len(hits):
        return judge(np.empty(0, dtype=np.intp), positives)
    tied = len(np.unique(scores)) < len(scores)
    drawn = [
        judge(ranks(scores, order)[hits], positives) for order in orders[: TIES if tied else 1]
    ]
    return {name: float(np.mean([figures[name] for figures in drawn])) for name in drawn[0]}


def judge(rank: Integers, positives: int) -> dict[str, float]:
    """Return every measure of one query from the ranks of its hits."""
    figures = {
        "mrr": reciprocal_rank(rank),
        "average_precision": average_precision(rank, positives),
        "found": float(len(rank) > 0 and rank.min() <= FROM_OUTSIDE),
    }
    return figures | {f"hits_{top}": hits_at(rank, positives, top) for top in TOPS}
