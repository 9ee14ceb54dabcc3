"""Total requirements over the product graph: fixed point, levels, loops."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chaingraph.errors import LoopError
from chaingraph.loops import find_loops

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaingraph.loops import Loop
    from chaingraph.products import Floats, Integers, ProductGraph


def loops_of(graph: ProductGraph, share: Floats) -> list[Loop]:
    """Return the loops among consumed links with coefficients, largest spectral radius first."""
    if graph.size > _SMALL:
        return _large_loops(graph, share)
    used = graph.quantified & (share > 0)
    values = graph.amount[used] * share[used]
    return find_loops(graph.ids, graph.source[used], graph.target[used], values)


_SMALL = 2_000


def _large_loops(graph: ProductGraph, share: Floats) -> list[Loop]:
    """As :func:`loops_of`, with scipy's components, after products in no loop are put aside."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    used = graph.quantified & (share > 0)
    source, target = graph.source[used], graph.target[used]
    matrix = csr_array((np.ones(len(source)), (source, target)), shape=(graph.size, graph.size))
    _, label = connected_components(matrix, directed=True, connection="strong")
    inside = np.bincount(label, minlength=graph.size)[label] > 1
    inside[source[source == target]] = True
    keep = inside[source] & inside[target]
    place = np.cumsum(inside) - 1
    names = [graph.ids[i] for i in np.flatnonzero(inside).tolist()]
    values = (graph.amount[used] * share[used])[keep]
    return find_loops(names, place[source[keep]], place[target[keep]], values)


_QUICK = 1_000
"""Rounds after which a single goal's loops are looked at."""


class Requirements(NamedTuple):
    """Total requirements of a goal and how well they solve their equation."""

    total: Floats
    residual: float
    rounds: int


def total_requirements(
    graph: ProductGraph,
    goal: Floats,
    share: Floats,
    *,
    tolerance: float = 1e-10,
    limit: int = 20_000,
) -> Requirements:
    r"""Solve x = y + A x by fixed point: everything that a goal takes, directly and indirectly.

    Without loops the result is exact. A loop that gives hardly more than it takes needs more rounds
    than `limit`: then its equation is factorised.

    Parameters
    ----------
    goal
        Final demand y by product, one dimension, or one column a region.
    share
        Share of each link in its alternative group.

    Raises
    ------
    LoopError
        Where the goal needs a loop that takes more than it gives (spectral radius 1 or more).

    Notes
    -----
    The Leontief inverse applied to y [1]_ as a Neumann series, in topological order where there are
    many goals: then only loops are iterated. The residual is the largest
    :math:`|y + Ax - x| / |x|` of any product: each counts in its own unit, so that pieces by the
    billion never drown the tonnes.

    References
    ----------
    .. [1] R. Miller and P. Blair, "Input-Output Analysis", 2nd ed., Cambridge, 2009, section 2.4.
    """
    amount = graph.amount * share
    used = amount != 0
    source, target, amount = links = graph.source[used], graph.target[used], amount[used]
    if goal.ndim == 1:  # a single goal is not worth the order; from a bad loop no sum converges
        solved = _fixed_point(
            lambda x: np.bincount(source, amount * x[target], len(x)).astype(float),
            goal.astype(float), tolerance, min(limit, _QUICK),
        )  # fmt: skip
        if solved.residual <= tolerance:
            return solved
    for loop in loops_of(graph, share):
        if loop.takes_more_than_it_gives:
            radius = f"{loop.spectral_radius:.4g}"
            raise LoopError("gaining-loop", members=" -> ".join(loop.members), radius=radius)
    return _solved_by_levels(graph.size, links, goal.astype(float), tolerance, limit)


def _fixed_point(
    multiply: Callable[[Floats], Floats], goal: Floats, tolerance: float, limit: int
) -> Requirements:
    """Add A y, A A y, ... to y until the next term adds nothing that counts."""
    total, term = goal, goal
    rounds, residual = 0, 0.0
    while rounds < limit:
        term = multiply(term)
        total = total + term
        rounds += 1
        residual = _relative(term, total)
        if residual <= tolerance:
            break
    return Requirements(total, residual, rounds)


def _relative(difference: Floats, total: Floats) -> float:
    """Return the largest difference in units of its own total."""
    size = np.maximum(np.abs(total), np.finfo(float).tiny)
    np.divide(difference, size, out=size)
    return float(max(size.max(initial=0.0), -size.min(initial=0.0)))


def _levels(size: int, source: Integers, target: Integers) -> Integers:
    """Return how many links away each node is, at the longest, from nodes that no link leaves."""
    level, before = np.zeros(size, dtype=np.intp), None
    while before is None or (level != before).any():
        before = level.copy()
        np.maximum.at(level, source, before[target] + 1)
    return level


def _solved_by_levels(
    size: int, links: tuple[Integers, Integers, Floats], goal: Floats, tolerance: float, limit: int
) -> Requirements:
    """Solve from the products that nothing uses down, so that only loops are iterated."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    source, target, values = links
    matrix = csr_array((values, (source, target)), shape=(size, size))
    count, loop = connected_components(matrix, directed=True, connection="strong")
    across = loop[source] != loop[target]
    level = _levels(count, loop[source[across]], loop[target[across]])[loop]
    order = np.argsort(level, kind="stable")
    place = np.argsort(order)
    matrix = csr_array((values, (place[source], place[target])), shape=(size, size))
    edges = np.searchsorted(level[order], np.arange(int(level.max(initial=0)) + 2))
    given, total, rounds = goal[order], np.zeros(goal.shape), 0
    for first, last in pairwise(edges.tolist()):
        rows = matrix[first:last]
        part = given[first:last] + rows @ total
        rounds = max(rounds, _close_loops(rows[:, first:last], part, tolerance, limit))
        total[first:last] = part
    residual = _relative(given + matrix @ total - total, total)
    return Requirements(total[place], residual, rounds)


def _close_loops(inner: Any, part: Floats, tolerance: float, limit: int) -> int:
    """Solve the loops of one level in place; return the rounds, 0 where it had to be factorised."""
    if inner.nnz == 0:
        return 1
    members = np.flatnonzero(np.diff(inner.indptr))
    loops = inner[members][:, members]
    solved = _fixed_point(lambda x: loops @ x, part[members], tolerance, limit)
    if solved.residual <= tolerance:
        part[members] = solved.total
        return solved.rounds
    from scipy.sparse import eye_array
    from scipy.sparse.linalg import spsolve

    part[members] = spsolve((eye_array(len(members)) - loops).tocsc(), part[members])
    return 0
