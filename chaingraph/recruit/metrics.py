"""How good a ranking is: hits, reciprocal rank, average precision, and intervals over cities."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chaingraph.products import Flags, Floats, Integers

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


def bootstrap(
    values: NDArray[np.float64], cluster: Integers, *, draws: int, seed: int
) -> NDArray[np.float64]:
    """Return the mean of values over resampled clusters: one row a draw, one column a series.

    Cities, not single entries, are drawn with replacement: the entries of one city hang together.

    Parameters
    ----------
    values
        One row an observation, one column a series.
    cluster
        Number of each observation's cluster, 0 and up.
    draws, seed
        How many resamples, and their seed.
    """
    count = int(cluster.max(initial=-1)) + 1
    if not count:
        return np.full((draws, values.shape[1]), np.nan)
    sums = np.zeros((count, values.shape[1]))
    np.add.at(sums, cluster, values)
    sizes = np.bincount(cluster, minlength=count).astype(float)
    rng = np.random.default_rng(seed)
    times = rng.multinomial(count, np.full(count, 1.0 / count), size=draws).astype(float)
    return np.asarray((times @ sums) / (times @ sizes)[:, np.newaxis], dtype=float)


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


def in_sample(chosen: Flags, size: int, rng: np.random.Generator) -> Flags:
    """Keep all that was chosen and a uniform sample of about `size` others."""
    share = min(1.0, size / max(1, len(chosen)))
    return np.asarray(chosen | (rng.random(len(chosen)) < share), dtype=bool)
