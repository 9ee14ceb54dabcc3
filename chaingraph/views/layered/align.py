"""Heights in the chain map: linked boxes near one another, none overlapping, whole pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chaingraph.views.layered.crossings import Integers

    Floats = NDArray[np.float64]

_LEAST_PITCH = 2
_PULL = np.array([1.0, 2.0, 8.0])
"""Pull of a piece of a link with 0, 1 or 2 way points as ends."""
_FEW = 20_000


@dataclass(frozen=True, eq=False)
class Stack:
    """Boxes and way points by column from the left, in each column from the top.

    Attributes
    ----------
    start
        First place of each column, then the number of places.
    is_box
        Whether there is a box, else a way point, at each place.
    tail, head
        Places of the ends of the pieces of links.
    """

    start: Integers
    is_box: NDArray[np.bool_]
    tail: Integers
    head: Integers


def align(stack: Stack, *, row_height: int) -> tuple[Integers, int]:
    """Return the y of each place and the height of the whole.

    Parameters
    ----------
    stack
        The ordered columns.
    row_height
        Least distance of two boxes.

    Notes
    -----
    In turn, each column takes the heights that come nearest to the weighted means of its
    neighbours under the least distances: after subtracting these, an isotonic regression [1]_.
    Pieces between way points weigh 8, to or from a box 2, between boxes 1, which keeps long links
    straight [2]_. The highest column, packed, sets the height.

    References
    ----------
    .. [1] R. Barlow, D. Bartholomew, J. Bremner, H. Brunk, "Statistical Inference under Order
       Restrictions", Wiley 1972.
    .. [2] E. Gansner, E. Koutsofios, S. North, K.-P. Vo, "A technique for drawing directed graphs",
       IEEE Trans. Software Engineering 19(3), 1993.
    """
    columns = len(stack.start) - 1
    size = np.where(stack.is_box, row_height, _pitch(stack, row_height))
    top = np.cumsum(size) - size
    column = np.repeat(np.arange(columns), np.diff(stack.start))
    total = np.bincount(column, size, columns).astype(np.int64)
    height = int(total.max(initial=0))
    base = top - top[stack.start[:-1]][column] + size // 2 if len(size) else top
    slack = height - total
    y = base + (slack // 2)[column]
    pull = _PULL[2 - stack.is_box[stack.tail] - stack.is_box[stack.head].astype(int)]
    sides = [
        _by_column(stack.start, own, other, pull)
        for own, other in ((stack.head, stack.tail), (stack.tail, stack.head))
    ]
    bounds = stack.start.tolist()
    for number in range(5 if len(size) <= _FEW else 3):
        turn = number % 2
        used = sides if number > 1 else [sides[turn]]
        for c in range(columns)[:: 1 - 2 * turn]:
            low, high = bounds[c], bounds[c + 1]
            moment, weight = np.zeros(high - low), np.full(high - low, 1e-6)
            for own, other, strength in (side[c] for side in used):
                moment += np.bincount(own, strength * y[other], high - low)
                weight += np.bincount(own, strength, high - low)
            moment += 1e-6 * y[low:high]
            free = _isotonic(moment / weight - base[low:high], weight)
            y[low:high] = base[low:high] + np.rint(np.clip(free, 0, slack[c])).astype(np.int64)
    return y, height


def _pitch(stack: Stack, row_height: int) -> int:
    """Return a distance of way points with which columns stay near the height of the boxes."""
    boxes = np.add.reduceat(stack.is_box, stack.start[:-1], dtype=np.int64)
    points = np.diff(stack.start) - boxes
    if not (points > 0).any():
        return _LEAST_PITCH
    room = row_height * (boxes.max() * 3 // 2 - boxes)[points > 0] // points[points > 0]
    return max(_LEAST_PITCH, min(int(room.min()), row_height // 4))


def _by_column(
    start: Integers, own: Integers, other: Integers, pull: Floats
) -> list[tuple[Integers, Integers, Floats]]:
    """Return for each column its ends of pieces, the places at the other ends and their pull."""
    order = np.argsort(own, kind="stable")
    own, other, pull = own[order], other[order], pull[order]
    cuts = np.searchsorted(own, start).tolist()
    return [
        (own[a:b] - first, other[a:b], pull[a:b])
        for a, b, first in zip(cuts[:-1], cuts[1:], start.tolist(), strict=False)
    ]


def _isotonic(wanted: Floats, weight: Floats) -> Floats:
    """Return the non-decreasing values nearest to the wanted ones, by pooling adjacent violators."""
    means: list[float] = []
    weights: list[float] = []
    counts: list[int] = []
    for value, mass in zip(wanted.tolist(), weight.tolist(), strict=True):
        mean, total, count = value, mass, 1
        while means and means[-1] >= mean:
            before = weights.pop()
            mean = (means.pop() * before + mean * total) / (before + total)
            total += before
            count += counts.pop()
        means.append(mean)
        weights.append(total)
        counts.append(count)
    return np.repeat(means, counts)
