"""The score: a sum of weighted features, its weights, its range, and how firm a rank is."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

import numpy as np

from chaingraph.errors import OptionError
from chaingraph.recruit.features import FEATURES, PLACE_FEATURES, filled
from chaingraph.recruit.lists import LAST
from chaingraph.recruit.weights import FITTED, check_weights, fitted_tables, load_weights

if TYPE_CHECKING:
    from chaingraph.products import Floats, Integers

Method = Literal["logit", "topsis"]
METHODS: Final = get_args(Method)
TABLE: Final = "weights"
DRAWS: Final = 100
"""Draws of weights and evidence behind an interval of ranks."""
NAMES: Final = 10
"""How many names of a list are read together."""
POOL: Final = 40
"""Candidates of a list, the first ones, whose ranks are drawn: who stands behind them is behind them all."""
ENDS: Final = (0.05, 0.95)
"""Quantiles of the drawn ranks that are shown."""
LOOSE: Final = 0.25
"""Standard error of a weight that was given, not fitted, as a share of it."""
TIE: Final = 1e-9
"""Scores nearer than this are equal."""
_MOST: Final = 1e6
COUNTED: Final = ("record", "momentum", "ties")
"""Features of what was counted, n / (n + 1): how many were seen is partly chance."""


def _shipped() -> dict[str, dict[str, float]]:
    """Return the weights and their errors of the file that lies beside this module."""
    loaded = fitted_tables()
    weights = check_weights(loaded, TABLE, FEATURES, FITTED)
    return {"weights": weights, "errors": loaded.get("errors", {})}


def default_weights() -> dict[str, float]:
    """Return the weights that lie beside this module in ``weights.toml``."""
    return dict(_shipped()["weights"])


def weight_errors(weights: Mapping[str, float]) -> dict[str, float]:
    """Return the standard error of each weight: that of the fit, else a quarter of the weight."""
    fitted, errors = _shipped()["weights"], _shipped()["errors"]
    return {
        name: errors[name] if name in errors and fitted.get(name) == weight else LOOSE * weight
        for name, weight in weights.items()
    }


def read_weights(weights: Mapping[str, float] | str | Path | None) -> dict[str, float]:
    """Return the weight of every feature; those not named keep their fitted weight.

    Parameters
    ----------
    weights
        None, ``{"ties": 2.0}``, or the path of a TOML file with a table ``[weights]``.

    Raises
    ------
    FileProblemError
        For a file that is not there or no TOML.
    OptionError
        For an unknown feature or a weight that is negative or no number.

    Examples
    --------
    >>> read_weights({"ties": 2})["ties"]
    2.0
    """
    if weights is None:
        given: dict[str, float] = {}
    elif isinstance(weights, Mapping):
        given = check_weights({TABLE: weights}, TABLE, FEATURES, "weights")
    else:
        given = check_weights(load_weights(Path(weights)), TABLE, FEATURES, str(weights))
    merged = default_weights() | given if weights is not None else default_weights()
    if not sum(merged.values()) > 0:
        raise OptionError("no-weights")
    return {name: merged.get(name, 0.0) for name in FEATURES}


def weights_text(weights: Mapping[str, float], errors: Mapping[str, float], about: str) -> str:
    """Return a weights file: comments, the weights, their standard errors beside them."""
    lines = ["# Weights of the ranking of targets, one a feature; see chaingraph.recruit.features."]
    lines += [f"# {line}" for line in about.splitlines()]
    lines += [
        "# Below them their standard errors; none where a weight is judged or at its bound of 0.",
        "",
    ]
    lines.append("[weights]")
    lines += [f"{name} = {weights.get(name, 0.0):.3f}" for name in FEATURES]
    lines += ["", "[errors]"]
    known = {name: errors.get(name, float("nan")) for name in FEATURES}
    lines += [f"{name} = {error:.3f}" for name, error in known.items() if not np.isnan(error)]
    return "\n".join(lines) + "\n"


def score(parts: Mapping[str, Floats], weights: Mapping[str, float]) -> tuple[Floats, ...]:
    r"""Return the score of each candidate, and its lowest and highest value.

    :math:`\sum_k w_k f_k / \sum_k w_k`, between 0 and 1. An unknown feature stands at a quarter of the
    scale (see :func:`chaingraph.recruit.features.filled`), for the ends of the range at 0 and at 1.
    """
    total = sum(weights.values())
    ends = []
    for fill in (filled, np.nan_to_num, lambda values: np.nan_to_num(values, nan=1.0)):
        values = [weights[name] * fill(values) for name, values in parts.items()]
        ends.append(np.asarray(sum(values) / total, dtype=float))
    return tuple(ends)


def entropy_weights(table: Floats) -> Floats:
    r"""Return entropy weights: features that tell candidates apart weigh more (Shannon 1948).

    With :math:`p_{ik} = x_{ik} / \sum_i x_{ik}` and :math:`e_k = -\sum_i p_{ik} \ln p_{ik} / \ln n`,
    :math:`w_k = (1 - e_k) / \sum_k (1 - e_k)`; equal weights where nothing tells them apart.
    """
    count, width = table.shape
    sums = table.sum(axis=0)
    share = np.divide(table, sums, out=np.full(table.shape, 1.0 / max(1, count)), where=sums > 0)
    logs = np.log(share, out=np.zeros(table.shape), where=share > 0)
    entropy = -(share * logs).sum(axis=0) / np.log(max(2, count))
    spread = np.maximum(0.0, 1.0 - entropy)
    if count < len(METHODS) or spread.sum() <= 0:
        return np.full(width, 1.0 / width)
    return np.asarray(spread / spread.sum(), dtype=float)


def topsis(table: Floats, weights: Floats) -> Floats:
    """Return the closeness to the ideal candidate, 0 to 1 (TOPSIS, Hwang and Yoon 1981).

    Columns are divided by their length and weighted; closeness is the distance to the worst values
    over the sum of the distances to the worst and to the best.

    Examples
    --------
    >>> import numpy as np
    >>> topsis(np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]), np.array([0.5, 0.5])).round(3).tolist()
    [0.414, 1.0, 0.0]
    """
    length = np.sqrt((table**2).sum(axis=0))
    scaled = np.divide(table, length, out=np.zeros(table.shape), where=length > 0) * weights
    best, worst = scaled.max(axis=0), scaled.min(axis=0)
    to_best = np.sqrt(((scaled - best) ** 2).sum(axis=1))
    to_worst = np.sqrt(((scaled - worst) ** 2).sum(axis=1))
    both = to_best + to_worst
    middle = np.full(len(table), 0.5)
    return np.asarray(np.divide(to_worst, both, out=middle, where=both > 0), dtype=float)


def rank_within(scores: Floats, gap: Integers, tier: Integers | None = None) -> Integers:
    """Return the rank of each score within its gap, 1 for the highest; ties in the order given.

    Parameters
    ----------
    scores
        One a candidate, any range.
    gap
        Number of each candidate's gap, in rising order.
    tier
        Of each candidate: within a gap, all of a lower one come first, whatever their scores.
    """
    cuts = np.searchsorted(gap, np.arange(int(gap.max(initial=-1)) + 2))
    ranks = np.empty(len(scores), dtype=np.intp)
    for first, last in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        count = last - first
        own = -scores[first:last]
        order = np.argsort(own)  # many times faster than what keeps the order of ties
        ordered = own[order]
        place = np.zeros(count, dtype=np.int64)
        np.cumsum(ordered[1:] != ordered[:-1], out=place[1:])
        if tier is not None:
            place += tier[first:last][order] * count
        place = np.sort(place * count + order)  # ties in the order given
        ranks[first:last][place % count] = np.arange(1, count + 1)
    return ranks


def in_tens(place: Integers, tier: Integers) -> Integers:
    """Return tiers within tens: of ten names those of a lower tier come first, then the next ten.

    Parameters
    ----------
    place
        Of each candidate in its list, from 1, as it contends for it.
    tier
        Of each candidate, 0 and up.

    Examples
    --------
    >>> import numpy as np
    >>> in_tens(np.array([1, 10, 11]), np.array([1, 0, 0])).tolist()
    [1, 0, 3]
    """
    return np.asarray((place - 1) // NAMES * (LAST + 1) + tier, dtype=np.intp)


def tied_ranks(scores: Floats, gap: Integers, tier: Integers) -> Integers:
    """Return ranks in which equal scores of a tier share the best of their places (1, 2, 2, 4).

    Examples
    --------
    >>> import numpy as np
    >>> tied_ranks(np.array([3.0, 5.0, 3.0, 1.0]), np.zeros(4, dtype=int), np.zeros(4, dtype=int)).tolist()
    [2, 1, 2, 4]
    """
    ranks = rank_within(scores, gap, tier)
    order = np.lexsort((ranks, gap))
    same = np.zeros(len(order), dtype=bool)
    one, other = order[1:], order[:-1]
    same[1:] = (gap[one] == gap[other]) & (tier[one] == tier[other])
    same[1:] &= np.isclose(scores[one], scores[other], rtol=0.0, atol=TIE)
    start = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
    tied = np.empty(len(order), dtype=np.intp)
    tied[order] = ranks[order][start]
    return tied


def drawn_ranks(
    parts: Mapping[str, Floats],
    weights: Mapping[str, float],
    gap: Integers,
    tier: Integers,
    *,
    seed: int = 0,
) -> tuple[Integers, Integers]:
    """Return the ends of the interval of each candidate's rank over draws of weights and evidence.

    Weights are drawn from a normal distribution with their standard errors, cut at 0. What is not known
    of a candidate lies anywhere between 0 and 1, what was counted (cities, arrivals, partners) is drawn
    as Poisson. Nine of ten drawn ranks lie within the interval. The draws of a list are its own: no other
    list changes them. Who stands behind the first 40 of a list keeps its rank.
    The features that all candidates of a gap share move them all alike, so they are left out.
    """
    base = sum(
        (weights[name] * filled(values) for name, values in parts.items()), np.zeros(len(gap))
    )
    ranks = rank_within(base, gap, tier)
    best, worst = ranks.copy(), ranks.copy()
    own = [name for name in parts if name not in PLACE_FEATURES]
    errors = weight_errors({name: weights[name] for name in own})
    order = np.lexsort((ranks, gap))
    bounds = np.searchsorted(gap[order], np.arange(int(gap.max(initial=-1)) + 2))
    for first, last in pairwise(bounds.tolist()):
        rows = order[first : min(last, first + POOL)]
        if len(rows) > 1:
            rng = np.random.default_rng(seed)
            sums = np.zeros((len(rows), DRAWS))
            for name in own:
                weight = rng.normal(weights[name], errors[name], DRAWS)
                sums += np.maximum(0.0, weight) * _drawn(name, parts[name][rows], rng)
            low, high = _quantiles(sums, tier[rows])
            best[rows] = np.minimum(ranks[rows], low)
            worst[rows] = np.maximum(ranks[rows], high)
    return best, worst


def _drawn(name: str, values: Floats, rng: np.random.Generator) -> Floats:
    """Return draws of a feature, one row a candidate; what is known and was not counted stays."""
    drawn = np.repeat(values[:, np.newaxis], DRAWS, axis=1)
    unknown = np.isnan(values)
    drawn[unknown] = rng.random((int(unknown.sum()), DRAWS))
    if name in COUNTED:
        count = drawn / np.maximum(1.0 - drawn, TIE)
        seen = rng.poisson(np.minimum(count, _MOST))
        drawn = seen / (seen + 1.0)
    return np.asarray(drawn, dtype=float)


def _quantiles(sums: Floats, tier: Integers) -> tuple[Integers, Integers]:
    """Return the ends of the ranks of each row over the columns; lower tiers come first in each."""
    level = sums - tier[:, np.newaxis] * (np.ptp(sums, axis=0) + 1.0)
    order = np.argsort(-level, axis=0, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, len(level) + 1)[:, np.newaxis], axis=0)
    low, high = np.quantile(ranks, ENDS, axis=1, method="nearest")
    return low.astype(np.intp), high.astype(np.intp)
