"""Crossings of a layered drawing: exact counts, barycentre sweeps, transposition, sifting."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from numpy.typing import NDArray

    Integers = NDArray[np.int64]


class _Side(NamedTuple):
    """Edges by the node of one side: neighbours of node v are ``other[first[v]:first[v + 1]]``."""

    own: Integers
    other: Integers
    first: Integers
    degree: Integers


@dataclass(frozen=True, eq=False)
class Layered:
    """A proper layered graph: every edge leads from a layer to the next one.

    Attributes
    ----------
    start
        First node of each layer, then the number of nodes; layers hold consecutive numbers.
    tail, head
        Ends of each edge.
    """

    start: Integers
    tail: Integers
    head: Integers

    @property
    def size(self) -> int:
        """Number of nodes."""
        return int(self.start[-1])

    @cached_property
    def layer(self) -> Integers:
        """Layer of each node."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))

    @cached_property
    def sides(self) -> tuple[_Side, _Side]:
        """Edges towards the layer before and towards the layer after."""
        return self._side(self.head, self.tail), self._side(self.tail, self.head)

    def _side(self, own: Integers, other: Integers) -> _Side:
        order = np.lexsort((other, own))
        degree = np.bincount(own, minlength=self.size).astype(np.int64)
        first = np.concatenate(([0], np.cumsum(degree))).astype(np.int64)
        return _Side(own[order], other[order], first, degree)


def crossing_count(
    orders: Sequence[Sequence[Hashable]], links: Iterable[tuple[Hashable, Hashable]]
) -> int:
    """Return the number of edge crossings of a proper layered drawing.

    Parameters
    ----------
    orders
        The nodes of each layer from top to bottom.
    links
        Edges, each from a layer to the next one.

    Raises
    ------
    KeyError
        For an edge with an unknown end.
    ValueError
        For an edge that does not lead from a layer to the next one.

    Notes
    -----
    Edges cross where their ends are in opposite orders; edges with a common end do not cross.

    Examples
    --------
    >>> crossing_count([["a", "b"], ["c", "d"]], [("a", "d"), ("b", "c")])
    1
    """
    names = [name for order in orders for name in order]
    number = {name: i for i, name in enumerate(names)}
    start = np.cumsum([0, *(len(order) for order in orders)])
    pairs = [(number[a], number[b]) for a, b in links]
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    graph = Layered(start.astype(np.int64), ends[:, 0], ends[:, 1])
    if (graph.layer[graph.head] != graph.layer[graph.tail] + 1).any():
        raise ValueError("an edge must lead from a layer to the next one")
    return count_crossings(graph, np.arange(graph.size))


def count_crossings(graph: Layered, slot: Integers) -> int:
    """Return the number of crossings where node v lies at ``slot[v]`` (numbered through the layers).

    The accumulator tree of Barth, Jünger and Mutzel [1]_, level by level instead of edge by edge: at
    each level of the tree, every edge that goes left meets those before it in its subtree that went
    right. O(E log V) in O(log V) array operations.

    References
    ----------
    .. [1] W. Barth, M. Jünger, P. Mutzel, "Simple and efficient bilayer cross counting", Graph
       Drawing 2002, LNCS 2528.
    """
    if not len(graph.tail):
        return 0
    key = np.sort(slot[graph.tail] * graph.size + slot[graph.head])
    value = key % graph.size
    layer = np.searchsorted(graph.start, value, side="right") - 1
    value -= graph.start[layer]
    levels = int(np.diff(graph.start).max() - 1).bit_length()
    value += layer << levels
    total = 0
    place = np.arange(len(value))
    for level in range(levels - 1, -1, -1):
        right = (value >> level) & 1
        subtree = value >> (level + 1)
        opens = np.concatenate(([True], subtree[1:] != subtree[:-1]))
        before = np.cumsum(right) - right
        origin = np.maximum.accumulate(np.where(opens, place, 0))
        rights = before - before[origin]
        total += int(rights[right == 0].sum())
        if level:
            lefts = place - origin - rights
            closes = np.concatenate((np.flatnonzero(opens)[1:], [len(value)])) - 1
            size = lefts[closes] + 1 - right[closes]
            which = np.cumsum(opens) - 1
            target = origin + np.where(right == 1, size[which] + rights, lefts)
            moved = np.empty_like(value)
            moved[target] = value
            value = moved
    return total


def _inverse(slot: Integers) -> Integers:
    order = np.empty_like(slot)
    order[slot] = np.arange(len(slot))
    return order


def sweep(graph: Layered, slot: Integers, *, forward: bool, flip: bool = False) -> Integers:
    """Sort each layer by the mean place of its neighbours in the layer dealt with before.

    The barycentre method [1]_. Nodes without such neighbours keep their places; equal means keep
    their order, or change it with `flip`.

    References
    ----------
    .. [1] K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system
       structures", IEEE Trans. Systems, Man, and Cybernetics 11(2), 1981.
    """
    side = graph.sides[0 if forward else 1]
    slot = slot.copy()
    order = _inverse(slot)
    layers = range(1, len(graph.start) - 1) if forward else range(len(graph.start) - 3, -1, -1)
    bounds, firsts = graph.start.tolist(), side.first[graph.start].tolist()
    for layer in layers:
        low, high = bounds[layer], bounds[layer + 1]
        some = slice(firsts[layer], firsts[layer + 1])
        total = np.bincount(side.own[some] - low, slot[side.other[some]], high - low)
        degree = side.degree[low:high]
        mean = total / np.maximum(degree, 1)
        movable = degree[order[low:high] - low] > 0
        places = low + np.flatnonzero(movable)
        nodes = order[places]
        if flip:
            nodes = nodes[::-1]
        order[places] = nodes[np.argsort(mean[nodes - low], kind="stable")]
        slot[order[low:high]] = np.arange(low, high)
    return slot


def _swap_gain(side: _Side, slot: Integers, upper: Integers, lower: Integers) -> Integers:
    """Return for pairs of neighbours how many crossings on one side a swap takes away."""
    width = side.degree[lower]
    pairs = side.degree[upper] * width
    which = np.repeat(np.arange(len(upper)), pairs)
    running = np.arange(len(which)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    quotient, rest = np.divmod(running, width[which])
    first = slot[side.other[side.first[upper][which] + quotient]]
    second = slot[side.other[side.first[lower][which] + rest]]
    gain = np.bincount(which, np.sign(first - second), len(upper))
    return gain.astype(np.int64)


def transpose(graph: Layered, slot: Integers, *, rounds: int) -> tuple[Integers, int]:
    """Swap neighbours while that takes crossings away; return the slots and the crossings taken.

    The transposition of Gansner et al. [1]_, for every second pair of every second layer at a time:
    such swaps do not touch one another.

    References
    ----------
    .. [1] E. Gansner, E. Koutsofios, S. North, K.-P. Vo, "A technique for drawing directed graphs",
       IEEE Trans. Software Engineering 19(3), 1993.
    """
    order = _inverse(slot)
    slot = slot.copy()
    inner = np.flatnonzero(graph.layer[:-1] == graph.layer[1:])
    parity = 2 * (graph.layer[inner] % 2) + (inner - graph.start[graph.layer[inner]]) % 2
    batches = [inner[parity == number] for number in range(4)]
    taken = 0
    for _ in range(rounds):
        before = taken
        for batch in batches:
            upper, lower = order[batch], order[batch + 1]
            gain = _swap_gain(graph.sides[0], slot, upper, lower)
            gain += _swap_gain(graph.sides[1], slot, upper, lower)
            chosen = gain > 0
            if chosen.any():
                places = batch[chosen]
                order[places], order[places + 1] = lower[chosen], upper[chosen]
                slot[lower[chosen]], slot[upper[chosen]] = places, places + 1
                taken += int(gain[chosen].sum())
        if taken == before:
            break
    return slot, taken


def relax(graph: Layered, slot: Integers, *, rounds: int) -> Integers:
    """Sort every second layer, then the others, by the mean place of the neighbours on both sides.

    Places are taken as shares of their layer's length. This straightens long rows of dummy nodes,
    which one-sided sweeps leave where they are.
    """
    width = np.diff(graph.start)[graph.layer]
    degree = graph.sides[0].degree + graph.sides[1].degree
    divisor = np.maximum(degree, 1)
    order = _inverse(slot)
    slot = slot.copy()
    for number in range(2 * rounds):
        share = (slot - graph.start[graph.layer] + 0.5) / width
        total = np.zeros(graph.size)
        for side in graph.sides:
            total += np.bincount(side.own, share[side.other], graph.size)
        still = (graph.layer % 2 != number % 2) | (degree == 0)
        key = graph.layer + np.where(still, share, total / divisor)
        order = order[np.argsort(key[order], kind="stable")]
        slot[order] = np.arange(graph.size)
    return slot


def _crossing_matrix(side: _Side, layer: slice, slot: Integers, block: slice) -> Integers:
    """Return the crossings on one side between each two places of a block, the first one above."""
    count = block.stop - block.start
    row = slot[side.own[layer]] - block.start
    place = slot[side.other[layer]]
    inside = (row >= 0) & (row < count)
    if not inside.all():
        row, place = row[inside], place[inside]
    matrix = np.zeros((count, count), dtype=np.int64)
    if not len(row):
        return matrix
    order = place.argsort()
    row, place = row[order], place[order]
    above = np.zeros((len(row) + 1, count), dtype=np.int64)
    above[np.arange(1, len(row) + 1), row] = 1
    np.add.accumulate(above, axis=0, out=above)
    above = above[place.searchsorted(place)]
    order = row.argsort()
    row = row[order]
    opens = np.flatnonzero(np.concatenate(([True], row[1:] != row[:-1])))
    matrix[row[opens]] = np.add.reduceat(above[order], opens, axis=0)
    return matrix


def _sift_block(balance: Integers, *, down: bool) -> tuple[Integers, int]:
    """Move each node of a block to its best place; return the new order and the crossings taken.

    ``balance[u, v]`` is by how much u above v has more crossings than v above u; a node that moves
    down past others gains the sum of its balance with them. Of equal places it takes the last one
    with `down`, else the first one.
    """
    count = len(balance)
    order = np.arange(count)
    gain = np.zeros((count, count + 1), dtype=np.int64)
    np.cumsum(balance, axis=1, out=gain[:, 1:])
    chosen = count - gain[:, ::-1].argmax(axis=1) if down else gain.argmax(axis=1)
    row = np.zeros(count + 1, dtype=np.int64)
    sums = row[1:]
    taken = 0
    for node in np.flatnonzero((chosen != order) & (chosen != order + 1)).tolist():
        np.add.accumulate(balance[node].take(order), out=sums)
        here = int((order == node).argmax())
        best = count - int(row[::-1].argmax()) if down else int(row.argmax())
        taken += int(row[best] - row[here])
        if best <= here:
            order[best + 1 : here + 1] = order[best:here].copy()
            order[best] = node
        else:
            order[here : best - 1] = order[here + 1 : best].copy()
            order[best - 1] = node
    return order, taken


def sift(
    graph: Layered, slot: Integers, *, window: int, shift: int = 0, down: bool = False
) -> tuple[Integers, int]:
    """Move each node to its best place among up to `window` neighbours in its layer.

    Sifting [1]_ with both neighbouring layers held, from the crossing numbers of a block of nodes.
    Of equally good places a node takes the first one, the layers dealt with from the left; or, with
    `down`, the last one, from the right. So a row of dummy nodes, which no single move makes better,
    goes along as a whole. Returns the slots and the crossings taken away.

    References
    ----------
    .. [1] C. Matuszewski, R. Schönfeld, P. Molitor, "Using sifting for k-layer straightline crossing
       minimization", Graph Drawing 1999, LNCS 1731.
    """
    order, slot, taken = _inverse(slot), slot.copy(), 0
    bounds = graph.start.tolist()
    firsts = [side.first[graph.start].tolist() for side in graph.sides]
    layers = range(len(bounds) - 1)
    for layer in reversed(layers) if down else layers:
        low, high = bounds[layer], bounds[layer + 1]
        edges = [slice(first[layer], first[layer + 1]) for first in firsts]
        cuts = [*range(low - shift, high, window), high]
        for begin, end in pairwise(cuts):
            block = slice(max(begin, low), end)
            if block.stop - block.start < 2:  # noqa: PLR2004
                continue
            crossings = _crossing_matrix(graph.sides[0], edges[0], slot, block)
            crossings += _crossing_matrix(graph.sides[1], edges[1], slot, block)
            chosen, less = _sift_block(crossings - crossings.T, down=down)
            nodes = order[block][chosen]
            order[block] = nodes
            slot[nodes] = np.arange(block.start, block.stop)
            taken += less
    return slot, taken
