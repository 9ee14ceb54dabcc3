"""How good a ranking is: hits, reciprocal rank, average precision, and intervals over cities and products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.products import Floats, Integers

TOPS: Final = (1, 5, 10, 20)


def ranks(scores: Floats, order: Floats) -> Integers:
    """Return the rank of each score, 1 for the highest; ties in a given (drawn) order.

    Examples
    --------
    >>> import numpy as np
    >>> ranks(np.array([0.5, 0.9, 0.5]), np.array([0.7, 0.1, 0.2])).tolist()
    [3, 1, 2]
    """
    place = np.lexsort((order, -np.asarray(scores, dtype=float)))
    result = np.empty(len(place), dtype=np.intp)
    result[place] = np.arange(1, len(place) + 1)
    return result


def reciprocal_rank(rank: Integers) -> float:
    """Return 1 / rank of the best placed hit, 0 where there is none (Voorhees 1999)."""
    return 1.0 / float(rank.min()) if len(rank) else 0.0


def average_precision(rank: Integers, positives: int) -> float:
    """Return the area under the precision-recall curve: the mean precision at each hit.

    Hits that no candidate stood for (`positives` above the ranks given) count as never found.

    Examples
    --------
    >>> import numpy as np
    >>> average_precision(np.array([1, 3]), 2)
    0.8333333333333333
    """
    if not positives:
        return 0.0
    found = np.sort(rank)
    return float(np.sum(np.arange(1, len(found) + 1) / found)) / positives


def hits_at(rank: Integers, positives: int, top: int) -> float:
    """Return the share of positives among the first `top` candidates."""
    return float(np.sum(rank <= top)) / positives if positives else 0.0


def expected_hits(scores: Floats, hits: Integers, top: int) -> Floats:
    """Return for each hit the chance that it stands among the first `top`, ties in any order alike.

    Examples
    --------
    >>> import numpy as np
    >>> expected_hits(np.array([0.9, 0.5, 0.5, 0.5]), np.array([0, 2]), 2).round(3).tolist()
    [1.0, 0.333]
    """
    ordered = np.sort(scores)
    above = len(scores) - np.searchsorted(ordered, scores[hits], side="right")
    alike = len(scores) - np.searchsorted(ordered, scores[hits], side="left") - above
    return np.asarray(np.clip((top - above) / np.maximum(1, alike), 0.0, 1.0), dtype=float)


def resample(clusters: Sequence[Integers], *, draws: int, seed: int) -> Floats:
    """Return how often each observation stands in each draw of the pigeonhole bootstrap.

    Parameters
    ----------
    clusters
        Of each way in which observations hang together (city, product): the number of each
        observation's cluster, 0 and up.
    draws, seed
        How many resamples, and their seed.

    Returns
    -------
    numpy.ndarray
        One row a draw, one column an observation.

    Notes
    -----
    The clusters of each way are drawn with replacement, independently; an observation counts as often
    as all its clusters were drawn, multiplied (Owen 2007, The pigeonhole bootstrap, Annals of Applied
    Statistics 1: 386-411). Intervals are a little too wide rather than too narrow. With one way it is the
    usual bootstrap over clusters.

    Examples
    --------
    >>> import numpy as np
    >>> city, product = np.array([0, 0, 1]), np.array([0, 1, 1])
    >>> resample([city, product], draws=4, seed=0).shape
    (4, 3)
    """
    rng = np.random.default_rng(seed)
    times = np.ones((draws, len(clusters[0])))
    for cluster in clusters:
        count = int(cluster.max(initial=-1)) + 1
        if count:
            drawn = rng.multinomial(count, np.full(count, 1.0 / count), size=draws)
            times *= drawn[:, cluster]
    return times


def drawn_ratio(times: Floats, top: Floats, bottom: Floats) -> Floats:
    """Return in each draw the sum of one series over the sum of another; nan where that is 0."""
    above, below = times @ top, times @ bottom
    ratio = np.divide(above, below, out=np.full(len(times), np.nan), where=below > 0)
    return np.asarray(ratio, dtype=float)


def interval(draws: Floats) -> tuple[float, float]:
    """Return the middle 95% of draws."""
    if not len(draws) or np.isnan(draws).all():
        return float("nan"), float("nan")
    low, high = np.nanpercentile(draws, [2.5, 97.5])
    return float(low), float(high)


def folds(names: list[str], count: int, seed: int) -> dict[str, int]:
    """Deal names into folds of equal size at random, the same way for the same seed."""
    order = np.random.default_rng(seed).permutation(len(names))
    return {names[int(place)]: number % count for number, place in enumerate(order)}
