"""Columns of the chain map: links that run to the left are reversed, bands are cut into columns."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

from chaingraph.loops import strong_components

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Arc = tuple[int, int]
    Arcs = Mapping[int, Sequence[int]]

_LOOP_LIMIT = 300
_PASSES = 6


def orient(bands: Sequence[int], arcs: Iterable[Arc]) -> list[bool]:
    """Return for each arc whether it is reversed, so that all run to the right without a cycle.

    Arcs into an earlier band are; inside a band, few arcs of each strongly connected component.
    """
    listed = list(arcs)
    after: list[list[int]] = [[] for _ in bands]
    before: list[list[int]] = [[] for _ in bands]
    for tail, head in listed:
        if bands[tail] == bands[head] and tail != head:
            after[tail].append(head)
            before[head].append(tail)
    part = [-1] * len(bands)
    rank = [0] * len(bands)
    for number, members in enumerate(strong_components(after)):
        for node in members:
            part[node] = number
        if len(members) > 1:
            inside = set(members)
            outs = {v: [u for u in after[v] if u in inside] for v in sorted(members)}
            ins = {v: [u for u in before[v] if u in inside] for v in sorted(members)}
            for place, node in enumerate(_least_feedback(outs, ins)):
                rank[node] = place
    return [
        bands[tail] > bands[head]
        or (bands[tail] == bands[head] and part[tail] == part[head] and rank[tail] >= rank[head])
        for tail, head in listed
    ]


def _least_feedback(outs: Arcs, ins: Arcs) -> list[int]:
    """Return the nodes of a component in an order with few arcs that run back.

    The greedy heuristic of Eades, Lin and Smyth [1]_; then, in components of up to 300 nodes, each
    node is moved to its best place while that helps.

    References
    ----------
    .. [1] P. Eades, X. Lin, W. Smyth, "A fast and effective heuristic for the feedback arc set
       problem", Information Processing Letters 47(6), 1993.
    """
    out, into = {v: len(outs[v]) for v in outs}, {v: len(ins[v]) for v in outs}
    alive = set(outs)
    heap = [(into[v] - out[v], v) for v in outs]
    heapify(heap)
    ends: list[int] = []
    left: list[int] = []
    right: list[int] = []
    while alive:
        node = ends.pop() if ends else heappop(heap)[1]
        if node not in alive:
            continue
        alive.remove(node)
        (right if out[node] == 0 else left).append(node)
        for count, neighbours in ((into, outs[node]), (out, ins[node])):
            for other in neighbours:
                count[other] -= 1
                if other in alive:
                    if count[other]:
                        heappush(heap, (into[other] - out[other], other))
                    else:
                        ends.append(other)
    order = left + right[::-1]
    if len(order) <= _LOOP_LIMIT:
        while _move_all(order, outs, ins):
            pass
    return order


def _move_all(order: list[int], outs: Arcs, ins: Arcs) -> bool:
    """Move each node to where fewest of its arcs run back; return whether that helped."""
    helped = False
    for node in sorted(order):
        targets, sources = set(outs[node]), set(ins[node])
        here = order.index(node)
        order.pop(here)
        back, costs = len(sources), [len(sources)]
        for other in order:
            back += (other in targets) - (other in sources)
            costs.append(back)
        least = min(costs)
        best = costs.index(least) if least < costs[here] else here
        helped |= best != here
        order.insert(best, node)
    return helped


def cut_columns(
    bands: Sequence[int], arcs: Sequence[Arc], *, max_rows: int
) -> tuple[list[int], list[int]]:
    """Return the column of each node and the band of each column.

    Parameters
    ----------
    bands
        Band of each node.
    arcs
        Arcs that run to the right or inside a band, without a cycle.
    max_rows
        Most nodes in a column.

    Notes
    -----
    Nodes take the columns of their band by list scheduling [1]_, longest path first, in columns as
    low as their least number allows. Then each node with more arcs on one side than on the other
    moves towards that side as far as arcs and room allow, which shortens the arcs. An arc never
    has both ends in one column. Nodes without arcs come last, where columns are low.

    References
    ----------
    .. [1] E. Coffman, R. Graham, "Optimal scheduling for two-processor systems", Acta Informatica
       1(3), 1972.
    """
    after: list[list[int]] = [[] for _ in bands]
    before: list[list[int]] = [[] for _ in bands]
    for tail, head in arcs:
        after[tail].append(head)
        before[head].append(tail)
    column = [0] * len(bands)
    spans: dict[int, range] = {}
    rows = 1
    for band in sorted(set(bands)):
        members = [v for v, own in enumerate(bands) if own == band]
        linked = [v for v in members if after[v] or before[v]]
        found = _schedule(linked, bands, after, before, max_rows)
        start = max((span.stop for span in spans.values()), default=0)
        width = max(1 + max(found.values(), default=0), -(-len(members) // max_rows))
        spans[band] = range(start, start + width)
        for node in linked:
            column[node] = start + found[node]
        heights = [sum(place == number for place in found.values()) for number in range(width)]
        rows = max(rows, *heights, -(-len(members) // width))
    _shorten(column, bands, spans, after, before, rows)
    height = [0] * sum(len(span) for span in spans.values())
    passing = height.copy()
    for node, place in enumerate(column):
        height[place] += bool(after[node] or before[node])
    for tail, head in arcs:
        for place in range(column[tail] + 1, column[head]):
            passing[place] += 1
    for node, band in enumerate(bands):
        if not after[node] and not before[node]:
            column[node] = min(spans[band], key=lambda place: (height[place], passing[place]))
            height[column[node]] += 1
    kept = sorted(set(column))
    band_of = {place: band for band, span in spans.items() for place in span}
    renumbered = {place: number for number, place in enumerate(kept)}
    return [renumbered[place] for place in column], [band_of[place] for place in kept]


def _schedule(
    members: Sequence[int],
    bands: Sequence[int],
    after: Sequence[Sequence[int]],
    before: Sequence[Sequence[int]],
    max_rows: int,
) -> dict[int, int]:
    """Return columns of a band's nodes: as few as `max_rows` allows, then as low as they can be."""
    outs = {v: [u for u in after[v] if bands[u] == bands[v]] for v in members}
    waiting = {v: sum(bands[u] == bands[v] for u in before[v]) for v in members}
    rest: dict[int, int] = {}
    for node in _topological(outs, waiting)[::-1]:
        rest[node] = 1 + max((rest[other] for other in outs[node]), default=0)
    priority = {v: (-rest[v], len(after[v]) - len(before[v]), v) for v in members}

    def fill(rows: int) -> dict[int, int]:
        left = dict(waiting)
        ready = [priority[v] for v in members if not left[v]]
        heapify(ready)
        found: dict[int, int] = {}
        number = 0
        while ready:
            chosen = [heappop(ready)[2] for _ in range(min(rows, len(ready)))]
            for node in chosen:
                found[node] = number
                for other in outs[node]:
                    left[other] -= 1
                    if not left[other]:
                        heappush(ready, priority[other])
            number += 1
        return found

    if not members:
        return {}
    best = fill(max_rows)
    width = 1 + max(best.values(), default=0)
    low, high = -(-len(members) // width), max_rows
    while low < high:
        middle = (low + high) // 2
        found = fill(middle)
        if max(found.values()) < width:
            best, high = found, middle
        else:
            low = middle + 1
    return best


def _topological(outs: Arcs, waiting: Mapping[int, int]) -> list[int]:
    left = dict(waiting)
    order = [v for v in outs if not left[v]]
    for node in order:
        for other in outs[node]:
            left[other] -= 1
            if not left[other]:
                order.append(other)
    return order


def _shorten(
    column: list[int],
    bands: Sequence[int],
    spans: Mapping[int, range],
    after: Sequence[Sequence[int]],
    before: Sequence[Sequence[int]],
    rows: int,
) -> None:
    """Move nodes towards the side with more arcs, into columns with fewer than `rows` nodes."""
    linked = [v for v in range(len(bands)) if after[v] or before[v]]
    height = [0] * sum(len(span) for span in spans.values())
    for node in linked:
        height[column[node]] += 1
    for number in range(_PASSES):
        moved = False
        for node in sorted(linked, key=lambda v: ((-1) ** number * column[v], v)):
            here, span = column[node], spans[bands[node]]
            pull = len(after[node]) - len(before[node])
            if pull > 0:
                stop = min((column[u] for u in after[node]), default=span.stop)
                ways = range(min(stop, span.stop) - 1, here, -1)
            elif pull < 0:
                stop = max((column[u] for u in before[node]), default=-1)
                ways = range(max(stop + 1, span.start), here)
            else:
                continue
            for place in ways:
                if height[place] < rows:
                    height[here] -= 1
                    height[place] += 1
                    column[node] = place
                    moved = True
                    break
        if not moved and number:
            break
