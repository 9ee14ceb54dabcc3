"""What tells which product comes to a region next: five counts, and the score that they make."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from chaingraph.dataset import last_day
from chaingraph.errors import OptionError
from chaingraph.recruit.evidence import kinds_apart, related_links
from chaingraph.recruit.weights import FITTED, check_weights, fitted_tables, load_weights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.products import Flags, Floats, Integers
    from chaingraph.recruit.candidates import Place
    from chaingraph.recruit.evidence import Evidence
    from chaingraph.recruit.setting import Setting

MEMORY_YEARS: Final = 1.5
"""An arrival of a year and a half ago tells 1/e of what one of today does."""
_MONTHS, _DAYS = 12, 31
PRODUCT_FEATURES: Final = ("common", "recent", "province", "kin", "users")
"""Names of the features, in the order of the columns of :func:`product_features`."""


def product_counts(evidence: Evidence, place: Place, setting: Setting) -> dict[str, Floats]:
    r"""Return by product what is counted of it: one array each of :data:`PRODUCT_FEATURES`.

    Parameters
    ----------
    evidence, place, setting
        Of all products, seen from a region, at one date.

    Returns
    -------
    dict
        `common`: cities that make it; `recent`: :math:`\sum e^{-a / 1.5}` over the arrivals of groups in
        cities with it, of age :math:`a` years; `province`: other cities of the region's provinces that
        make it; `kin`: groups here that make a neighbour of it in the graph; `users`: products made here
        that take it.
    """
    return {
        "common": setting.cities_with.astype(float),
        "recent": _recent(evidence),
        "province": _in_province(evidence, place, setting),
        "kin": kin_here(evidence, place).sum(axis=0).astype(float),
        "users": setting.users(place.products),
    }


def product_features(counts: Mapping[str, Floats]) -> Floats:
    """Return ln(1 + n) of each count: one row a product, one column a feature."""
    return np.column_stack([np.log1p(counts[name]) for name in PRODUCT_FEATURES])


def _recent(evidence: Evidence) -> Floats:
    """Add up the arrivals with each product, older ones for less."""
    rows, size = evidence.rows, evidence.study.product_graph.size
    as_of = evidence.study.dataset.as_of
    began = rows[rows["began"].notna() & ~rows["total"]]
    if not as_of or began.empty:
        return np.zeros(size)
    first = began.groupby(["product", "group", "city"], as_index=False)["began"].min()
    age = _years(as_of) - first["began"].map(_years).to_numpy(dtype=float)
    told = np.exp(-np.maximum(0.0, age) / MEMORY_YEARS)
    return np.bincount(first["product"].to_numpy(dtype=np.intp), told, size).astype(float)


def _years(date: str) -> float:
    """Return a date's last day as years, months of equal length."""
    year, month, day = last_day(date).split("-")
    return int(year) + int(month) / _MONTHS + int(day) / _MONTHS / _DAYS


def _in_province(evidence: Evidence, place: Place, setting: Setting) -> Floats:
    """Count the cities of the region's provinces, outside it, that make each product."""
    columns = evidence.columns
    there = np.isin(columns["province"].astype(str), list(place.provinces)) & ~place.inside
    inside = set(columns["city"][place.inside].tolist())
    cities = sorted(set(columns["city"][there].tolist()) - inside)
    return np.asarray(setting.presence[np.isin(setting.cities, cities)].sum(axis=0), dtype=float)


def kin_here(evidence: Evidence, place: Place) -> Flags:
    """Tell which groups of a region (rows) make a neighbour of each product there (columns)."""
    study, held = evidence.study, evidence.holdings
    size = study.product_graph.size
    names, row = np.unique(held.group[place.made], return_inverse=True)
    made = np.zeros((len(names), size), dtype=bool)
    made[row.reshape(-1), held.product[place.made]] = True
    one, other = related_links(study.product_graph, kinds_apart(study))
    kin = np.zeros((len(names), size), dtype=bool)
    for group in range(len(names)):
        kin[group, one[made[group, other]]] = True
    return kin


def arrival_chances(
    products: Floats, product: Integers, group: Integers, scores: Floats
) -> tuple[Floats, Integers]:
    r"""Return by group how likely the next newcomer with a product nobody makes here is that group.

    Parameters
    ----------
    products
        By product: the score of the product.
    product, group, scores
        By candidate: position of its product, code of its group (0 and up), score within the gap.

    Returns
    -------
    tuple
        By group the chance, and the candidate that it is most likely to come as.

    Notes
    -----
    :math:`P(g) = \sum_p P(p) P(g \mid p)`, both conditional logits (McFadden 1974):
    :math:`P(p) \propto e^{v_p}` over the products that have a candidate, :math:`P(g \mid p) \propto
    e^{u_{pg}}` over the candidates of a product. It orders groups; what is in no list has no share in it.

    Examples
    --------
    >>> import numpy as np
    >>> chance, best = arrival_chances(
    ...     np.zeros(2), np.array([0, 0, 1]), np.array([0, 1, 1]), np.zeros(3))
    >>> chance.tolist(), best.tolist()
    ([0.25, 0.75], [0, 2])
    """
    if not len(product):
        return np.empty(0), np.empty(0, dtype=np.intp)
    some, code = np.unique(product, return_inverse=True)
    first = _shares(products[some], np.zeros(len(some), dtype=np.intp))
    chance = first[code.reshape(-1)] * _shares(scores, code.reshape(-1))
    order = np.lexsort((np.arange(len(chance)), -chance, group))
    best = order[np.searchsorted(group[order], np.arange(int(group.max()) + 1))]
    return np.bincount(group, chance).astype(float), best.astype(np.intp)


def _shares(scores: Floats, within: Integers) -> Floats:
    """Return e^score over the sum of e^score of its choice."""
    top = np.full(int(within.max()) + 1, -np.inf)
    np.maximum.at(top, within, scores)
    power = np.exp(scores - top[within])
    return np.asarray(power / np.bincount(within, power)[within], dtype=float)


PRODUCT_TABLE: Final = "products"


@cache
def default_product_weights() -> dict[str, float]:
    """Return the fitted weights of the table ``[products]`` in ``weights.toml``."""
    return check_weights(fitted_tables(), PRODUCT_TABLE, PRODUCT_FEATURES, FITTED)


def read_product_weights(weights: Mapping[str, float] | str | Path | None) -> dict[str, float]:
    """Return the weight of every product feature; those not named keep their fitted weight.

    Parameters
    ----------
    weights
        None, ``{"recent": 1.0}``, or the path of a TOML file; one without a table ``[products]`` changes
        none.

    Raises
    ------
    FileProblemError
        For a file that is not there or no TOML.
    OptionError
        For an unknown feature or a weight that is negative or no number.

    Examples
    --------
    >>> read_product_weights({"kin": 2})["kin"]
    2.0
    """
    given: dict[str, float] = {}
    if isinstance(weights, str | Path):
        loaded = load_weights(Path(weights))
        if PRODUCT_TABLE in loaded:
            given = check_weights(loaded, PRODUCT_TABLE, PRODUCT_FEATURES, str(weights))
    elif weights is not None:
        given = check_weights({PRODUCT_TABLE: weights}, PRODUCT_TABLE, PRODUCT_FEATURES, "weights")
    merged = default_product_weights() | given
    if not sum(merged.values()) > 0:
        raise OptionError("no-weights")
    return {name: merged.get(name, 0.0) for name in PRODUCT_FEATURES}
