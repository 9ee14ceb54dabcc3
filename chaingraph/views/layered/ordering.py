"""The order of boxes and way points in their columns, by several means, as time allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chaingraph.views.layered.crossings import count_crossings, relax, sift, sweep, transpose
from chaingraph.views.layered.reroute import reroute, table_cells

if TYPE_CHECKING:
    from chaingraph.views.layered.crossings import Integers, Layered

_WINDOW = 64
_MOST_CELLS = 8_000_000


class _Effort(NamedTuple):
    """What is tried for graphs of up to some number of edges; rounds where links are not moved."""

    edges: float
    sweeps: int
    passes: int
    rounds: int


_EFFORTS = (
    _Effort(500, sweeps=4, passes=2, rounds=4),
    _Effort(1_500, sweeps=8, passes=3, rounds=4),
    _Effort(12_000, sweeps=6, passes=1, rounds=4),
    _Effort(60_000, sweeps=8, passes=0, rounds=4),
    _Effort(float("inf"), sweeps=6, passes=0, rounds=2),
)


def reduce_crossings(graph: Layered) -> Integers:
    """Return slots with few crossings; the smaller the graph, the more is tried.

    From the best order met in sweeps, passes move each long link as a whole and sift each node, from
    both ends in turn. In large graphs the order is transposed, then sifted only. Nothing depends on
    time or chance.
    """
    effort = next(e for e in _EFFORTS if len(graph.tail) <= e.edges)
    best, least = _settle(graph, sweeps=effort.sweeps)
    passes = effort.passes if table_cells(graph) <= _MOST_CELLS else 0
    if not passes:
        best, less = transpose(graph, best, rounds=30)
        least -= less
    for number in range(passes or effort.rounds):
        if not least:
            break
        down = number % 2 == 1
        if passes:
            best, less = reroute(graph, best, down=down)
            least -= less
        shift = number // 2 % 2 * (_WINDOW // 2)
        best, less = sift(graph, best, window=_WINDOW, shift=shift, down=down)
        least -= less
    return best


def _settle(graph: Layered, *, sweeps: int) -> tuple[Integers, int]:
    """Sweep forward and back, relaxing after each; return the best order met and its crossings."""
    slot = np.arange(graph.size)
    best, least = slot, count_crossings(graph, slot)
    for number in range(sweeps):
        slot = sweep(graph, slot, forward=number % 2 == 0, flip=number % 4 > 1)
        slot = relax(graph, slot, rounds=3)
        count = count_crossings(graph, slot)
        if count < least:
            best, least = slot, count
    return best, least
