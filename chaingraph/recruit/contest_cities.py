"""The contest for a whole city: which products come next, and which groups at all, with any product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.recruit.arrivals import PRODUCT_FEATURES, arrival_chances
from chaingraph.recruit.contest import (
    EQUAL,
    MEASURES,
    MODEL,
    SHIPPED,
    TIES,
    equal_weights,
    judge,
    queries,
    shipped_weights,
    stack_choices,
)
from chaingraph.recruit.features import FEATURES, PLACE_FEATURES
from chaingraph.recruit.metrics import expected_hits, ranks
from chaingraph.recruit.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.products import Floats, Integers
    from chaingraph.recruit.choices import Occasion
    from chaingraph.recruit.contest import Choices

CALLS: Final = (10, 20)
"""Lengths of a city's list of groups to call."""
JOINT: Final = "joint"
CITY_METHODS: Final = (JOINT, SHIPPED, MODEL, EQUAL, *RULES)
PRODUCT_RULES: Final = ("popularity", "trend", "relatedness")
"""Rules for products: cities with it, arrivals in three years, density."""
PRODUCT_METHODS: Final = (MODEL, EQUAL, "random", *PRODUCT_RULES, "rca")
_RULE_FEATURES: Final = {"popularity": "spread", "trend": "trend", "relatedness": "relatedness"}
_PLACE: Final = tuple(list(FEATURES).index(name) for name in PLACE_FEATURES)


class Lacking(NamedTuple):
    """The products that a city lacks on one occasion, and those that came.

    Attributes
    ----------
    products
        Positions of the products that nobody made in the city and that have candidates.
    features
        Their features, in the order of ``PRODUCT_FEATURES``.
    shared
        The features that all candidates of a product share, in the order of ``PLACE_FEATURES``.
    came
        Products or families that came, each once.
    """

    products: Integers
    features: Floats
    shared: Floats
    came: list[set[int]]


def lacking_products(occasion: Occasion) -> Lacking:
    """Return the products that nobody made in the city and that somebody makes, and those that came."""
    products, first = np.unique(occasion.product, return_index=True)
    absent = occasion.absent[products]
    came = [set(members) for _, members, _ in occasion.entries]
    came = [members for members in came if all(occasion.absent[p] for p in members)]
    return Lacking(
        products[absent],
        occasion.arrivals[products[absent]],
        occasion.features[first[absent]][:, _PLACE].astype(float),
        _apart(came),
    )


def _apart(came: list[set[int]]) -> list[set[int]]:
    """Leave out what came twice, and families of which a product came by itself."""
    kept: list[set[int]] = []
    for members in sorted(came, key=lambda some: (len(some), sorted(some))):
        if not any(own <= members for own in kept):
            kept.append(members)
    return kept


def product_choices(occasions: Sequence[Occasion], *, shared: bool = False) -> Choices:
    """Stack the choices of a product: all that each city lacked, with those that came.

    Parameters
    ----------
    occasions
        The occasions.
    shared
        With the place features of targets (``PLACE_FEATURES``) instead of those of products.
    """
    parts = []
    for number, occasion in enumerate(occasions):
        lacking = lacking_products(occasion)
        weight = np.zeros(len(lacking.products))
        for members in lacking.came:
            hit = np.isin(lacking.products, sorted(members))
            weight[hit] += 1.0 / max(1, hit.sum())
        if weight.any():
            parts.append((number, lacking.shared if shared else lacking.features, weight))
    return stack_choices(parts, len(PLACE_FEATURES if shared else PRODUCT_FEATURES))


def rank_products_lacked(
    occasions: Sequence[Occasion], weights: Sequence[Floats], seed: int
) -> pd.DataFrame:
    """Rank the products that a city lacked by how soon they would come, against those that came.

    Parameters
    ----------
    occasions, weights
        The occasions, and the weights of the product features that each is ranked with.
    seed
        Of the orders in which ties stand.

    Returns
    -------
    pandas.DataFrame
        One row an occasion and method: `city`, `cutoff`, `method`, `positives` (products or families
        that came and that nobody made there), `reachable`, `candidates` and the measures.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for occasion, weight in zip(occasions, weights, strict=True):
        lacking = lacking_products(occasion)
        count = len(lacking.products)
        if not lacking.came or not count:
            continue
        orders = rng.random((TIES, count))
        place = list(PLACE_FEATURES)
        columns = {
            MODEL: lacking.features @ weight,
            EQUAL: lacking.features.sum(axis=1),
            "random": np.zeros(count),
        }
        for rule in PRODUCT_RULES:
            columns[rule] = lacking.shared[:, place.index(_RULE_FEATURES[rule])]
        columns["rca"] = occasion.rca[lacking.products]
        base = {"city": occasion.city, "cutoff": occasion.cutoff, "candidates": count}
        known = set(lacking.products.tolist())
        reachable = sum(bool(members & known) for members in lacking.came)
        for method, values in columns.items():
            firsts = [_first_places(ranks(values, order), lacking) for order in orders]
            drawn = [judge(places, len(lacking.came)) for places in firsts]
            figures = {name: float(np.mean([d[name] for d in drawn])) for name in MEASURES}
            counts = {"positives": len(lacking.came), "reachable": reachable}
            rows.append(base | counts | {"method": method} | figures)
    return pd.DataFrame(rows)


def _first_places(ranked: Integers, lacking: Lacking) -> Integers:
    """Return the rank of each product or family that came: the best of its members, each once."""
    found = [ranked[np.isin(lacking.products, sorted(members))] for members in lacking.came]
    return np.array(sorted({int(r.min()) for r in found if len(r)}), dtype=np.intp)


def rank_newcomers(
    occasions: Sequence[Occasion],
    weights: Sequence[Floats],
    product_weights: Sequence[Floats],
    methods: Sequence[str] = CITY_METHODS,
) -> pd.DataFrame:
    """Rank the groups that might come to a city with any product that nobody makes there.

    Each group stands once, at its best product. *joint* goes by the chances of
    :func:`chaingraph.recruit.arrivals.arrival_chances`, with the weights of targets that the package has;
    the others are scores of targets, across gaps.

    Returns
    -------
    pandas.DataFrame
        One row an occasion, group that came and method: `city`, `cutoff`, `product_id` (the first that it
        came with), `local`, `reachable`, and `calls_10`, `calls_20`: the chance, ties in any order, that
        the group stands among so many names.
    """
    rows = []
    for occasion, weight, product_weight in zip(occasions, weights, product_weights, strict=True):
        came: dict[str, str] = {}
        for product_id, members, groups in queries(occasion):
            if all(occasion.absent[p] for p in members):
                for group in groups:
                    came.setdefault(group, product_id)
        if not came:
            continue
        picked = np.flatnonzero(occasion.absent[occasion.product])
        names, code = np.unique(occasion.group[picked].astype(str), return_inverse=True)
        arrived = sorted(came)
        place = np.searchsorted(names, arrived)
        reachable = np.isin(arrived, names)
        base = [
            {"city": occasion.city, "cutoff": occasion.cutoff, "product_id": came[group],
             "group": group, "local": group in occasion.local, "reachable": bool(known)}
            for group, known in zip(arrived, reachable, strict=True)
        ]  # fmt: skip
        for method in methods:
            best = _across(occasion, method, (weight, product_weight), picked, code.reshape(-1))
            found = np.zeros((len(CALLS), len(arrived)))
            if len(names):
                for line, top in enumerate(CALLS):
                    found[line, reachable] = expected_hits(best, place[reachable], top)
            for number, row in enumerate(base):
                calls = {f"calls_{top}": found[i, number] for i, top in enumerate(CALLS)}
                rows.append(row | {"method": method} | calls)
    return pd.DataFrame(rows)


def _across(
    occasion: Occasion,
    method: str,
    weights: tuple[Floats, Floats],
    picked: Integers,
    code: Integers,
) -> Floats:
    """Return what a method ranks the groups of a city by, whatever their product."""
    if method == JOINT:
        scores = occasion.features[picked].astype(float) @ shipped_weights()
        products = occasion.arrivals @ weights[1]
        return arrival_chances(products, occasion.product[picked], code, scores)[0]
    own = {SHIPPED: shipped_weights(), MODEL: weights[0], EQUAL: equal_weights()}
    if method in own:
        values = occasion.scores(own[method])[picked]
    else:
        values = occasion.rules[picked, RULES.index(method)]
    best = np.full(int(code.max(initial=-1)) + 1, -np.inf)
    np.maximum.at(best, code, values)
    return best
