"""Long links of a layered drawing, moved as a whole to where they cross fewest others."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.views.layered.crossings import Integers, Layered

_REACH = 48


class Routes:
    """A drawing under change: places in the layers, and counts of edges for each two layers.

    ``tables[k][i, j]`` is the number of edges from the first i places of layer k to the first j
    places of layer k + 1. So an edge from above place i to above place j of these layers crosses
    ``tables[k][i, -1] + tables[k][-1, j] - 2 * tables[k][i, j]`` others.
    """

    def __init__(self, graph: Layered, slot: Integers) -> None:
        """Count the edges of a drawing."""
        self.graph = graph
        self.layer = graph.layer.tolist()
        self.place = (slot - graph.start[graph.layer]).tolist()
        order = np.empty_like(slot)
        order[slot] = np.arange(len(slot))
        bounds = graph.start.tolist()
        self.order = [order[a:b].tolist() for a, b in pairwise(bounds)]
        tail, head = slot[graph.tail], slot[graph.head]
        of_layer = graph.layer[graph.tail]
        self.tables = []
        for number, (low, middle, high) in enumerate(
            zip(bounds, bounds[1:], bounds[2:], strict=False)
        ):
            table = np.zeros((middle - low + 1, high - middle + 1), dtype=np.int32)
            some = of_layer == number
            np.add.at(table, (tail[some] - low + 1, head[some] - middle + 1), 1)
            self.tables.append(table.cumsum(0, dtype=np.int32).cumsum(1, dtype=np.int32))

    @property
    def slot(self) -> Integers:
        """Places, numbered through the layers."""
        return np.asarray(self.graph.start[self.graph.layer] + np.array(self.place))

    def move(self, nodes: list[int], first: int, last: int, *, down: bool) -> int:
        """Move the nodes first to last - 1 of a way to the best places; return the crossings taken.

        The least sum of crossings over all ways is a shortest path: for each gap of each layer, the
        least cost of a way that comes there. The nodes before and after stay.
        """
        start = self.layer[nodes[0]]
        for number, (tail, head) in enumerate(pairwise(nodes), start):
            self.tables[number][self.place[tail] + 1 :, self.place[head] + 1 :] -= 1
        gaps, taken = self._best_way(nodes, first, last, down=down)
        for node, gap in zip(nodes[first:last], gaps, strict=True):
            here = self.place[node]
            self._shift(node, here, gap if gap <= here else gap - 1)
        for number, (tail, head) in enumerate(pairwise(nodes), start):
            self.tables[number][self.place[tail] + 1 :, self.place[head] + 1 :] += 1
        return taken

    def _best_way(
        self, nodes: list[int], first: int, last: int, *, down: bool
    ) -> tuple[list[int], int]:
        chain, start = nodes[first:last], self.layer[nodes[first]]
        spots = [self.place[node] for node in chain]
        lows = [max(0, spot - _REACH) for spot in spots]
        highs = [min(len(self.order[start + i]), spot + _REACH) + 1 for i, spot in enumerate(spots)]
        window = slice(lows[0], highs[0])
        if first:
            table, spot = self.tables[start - 1], self.place[nodes[0]]
            upper, lower = table[spot, window], table[spot + 1, window]
            cost = table[spot, -1] + table[-1, window] - upper - lower
        else:
            cost = np.zeros(highs[0] - lows[0], dtype=np.int32)
        now = int(cost[spots[0] - lows[0]])
        steps = []
        for i in range(1, len(chain)):
            table, after = self.tables[start + i - 1], slice(lows[i], highs[i])
            step = table[window, after] * -2
            step += (table[window, -1] + cost)[:, None]
            steps.append(step)
            cost = np.minimum.reduce(step, axis=0) + table[-1, after]
            here, there = spots[i - 1], spots[i]
            now += int(table[here, -1] + table[-1, there] - 2 * table[here, there])
            window = after
        if last < len(nodes):
            table, spot = self.tables[start + len(chain) - 1], self.place[nodes[-1]]
            ending = table[window, -1] - table[window, spot + 1] + table[-1, spot]
            ending = ending - table[window, spot]
            cost = cost + ending
            now += int(ending[spots[-1] - lows[-1]])
        gap = len(cost) - 1 - int(cost[::-1].argmin()) if down else int(cost.argmin())
        taken = now - int(cost[gap])
        gaps = [gap]
        for step in reversed(steps):
            gaps.append(int(step[:, gaps[-1]].argmin()))
        return [low + gap for low, gap in zip(lows, reversed(gaps), strict=True)], taken

    def _shift(self, node: int, here: int, target: int) -> None:
        """Put a node without edges in the tables to another place of its layer."""
        if here == target:
            return
        layer = self.layer[node]
        order = self.order[layer]
        order.insert(target, order.pop(here))
        low, high = min(here, target), max(here, target) + 1
        for place in range(low, high):
            self.place[order[place]] = place
        new = slice(low + 1, high)
        old = slice(low + 2, high + 1) if target > here else slice(low, high - 1)
        if layer < len(self.tables):
            table = self.tables[layer]
            table[new] = table[old].copy()
        if layer:
            table = self.tables[layer - 1]
            table[:, new] = table[:, old].copy()


def find_ways(graph: Layered) -> Iterator[tuple[list[int], int, int]]:
    """Yield the ways through nodes with at most one edge on each side, and where these begin and end.

    A way has its fixed ends before and after them, unless it ends by itself.
    """
    before, after = graph.sides
    thin = ((before.degree <= 1) & (after.degree <= 1)).tolist()
    ups, downs = before.degree.tolist(), after.degree.tolist()
    up = [int(before.other[i]) if n else -1 for i, n in zip(before.first, ups, strict=False)]
    down = [int(after.other[i]) if n else -1 for i, n in zip(after.first, downs, strict=False)]
    for node in range(graph.size):
        if not thin[node] or (up[node] >= 0 and thin[up[node]]):
            continue
        way = [up[node]] if up[node] >= 0 else []
        first, here = len(way), node
        while here >= 0 and thin[here]:
            way.append(here)
            here = down[here]
        last = len(way)
        yield ([*way, here] if here >= 0 else way), first, last


def table_cells(graph: Layered) -> int:
    """Return how many counts the tables of a graph hold."""
    width = np.diff(graph.start) + 1
    return int((width[:-1] * width[1:]).sum())


def reroute(graph: Layered, slot: Integers, *, down: bool = False) -> tuple[Integers, int]:
    """Move every long link to its best way, one after another; return the slots and what it took.

    A link is taken out and put back where it crosses fewest others with all else held, by a shortest
    path as in the insertion of an edge into a plane drawing [1]_; here within 48 places of where it
    was. With `down` the links come in the opposite order, and of equal ways the lower one is taken.

    References
    ----------
    .. [1] C. Gutwenger, P. Mutzel, R. Weiskircher, "Inserting an edge into a planar graph",
       Algorithmica 41(4), 2005.
    """
    routes = Routes(graph, slot)
    ways = list(find_ways(graph))
    taken = sum(
        routes.move(nodes, first, last, down=down)
        for nodes, first, last in (reversed(ways) if down else ways)
    )
    return routes.slot, taken
