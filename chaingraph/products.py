"""The product graph: who goes into what, as arrays that compute, traversed and solved."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chaingraph.errors import LoopError, unknown_name
from chaingraph.loops import find_loops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from chaingraph.loops import Loop

    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]
    Flags = NDArray[np.bool_]

ROLES = ("consumed", "capital", "byproduct", "service")
CONSUMED = 0
NOT_MADE_OF = frozenset({"energy", "resource", "equipment", "service", "auxiliary"})
"""Kinds that do not make a chain: they go into nearly everything."""


@dataclass(frozen=True, eq=False)
class ProductGraph:
    """Products by position and the links between them, sorted by output and input.

    Attributes
    ----------
    ids
        Product ids by position.
    source, target
        Position of input and output of each link.
    coefficient, low, high
        Units of input for one unit of output; nan where unknown. `low` and `high` equal the
        coefficient where not given.
    role
        Position in ``ROLES``.
    group
        Number of the alternative group of each link, -1 for none.
    given_share
        Share of the group that the data state, nan where they don't.
    row
        Position of the link's row in the inputs table.
    """

    ids: tuple[str, ...]
    source: Integers
    target: Integers
    coefficient: Floats
    low: Floats
    high: Floats
    role: Integers
    group: Integers
    given_share: Floats
    row: Integers

    @cached_property
    def position(self) -> dict[str, int]:
        """Product id -> position."""
        return {name: i for i, name in enumerate(self.ids)}

    @property
    def size(self) -> int:
        """Number of products."""
        return len(self.ids)

    def find(self, product_id: str) -> int:
        """Return the position of a product.

        Raises
        ------
        UnknownNameError
            Where there is no such product.
        """
        if product_id not in self.position:
            raise unknown_name("product", product_id, self.ids)
        return self.position[product_id]

    @cached_property
    def consumed(self) -> Flags:
        """Whether each link is consumed every year (the only role that enters a balance)."""
        return np.asarray(self.role == CONSUMED)

    @cached_property
    def quantified(self) -> Flags:
        """Whether each link is consumed and has a coefficient."""
        return np.asarray(self.consumed & ~np.isnan(self.coefficient))

    @cached_property
    def amount(self) -> Floats:
        """Coefficient of each consumed link, 0 for all other links and unknown coefficients."""
        return np.where(self.quantified, np.nan_to_num(self.coefficient), 0.0)


def product_graph(products: pd.DataFrame, inputs: pd.DataFrame) -> ProductGraph:
    """Build the product graph of a products and an inputs table.

    Links are sorted by (output, input), so that row order never changes a result.

    Examples
    --------
    >>> import chaingraph as cg
    >>> ds = cg.load_dataset("toy")
    >>> graph = product_graph(ds.products, ds.inputs)
    >>> graph.size, len(graph.source)
    (11, 11)
    """
    import pandas

    ids = tuple(sorted(products["product_id"].tolist()))
    index = pandas.Index(ids)
    source = index.get_indexer(inputs["input_id"])
    target = index.get_indexer(inputs["output_id"])
    order = np.lexsort((source, target))
    order = order[(source[order] >= 0) & (target[order] >= 0)]
    coefficient = inputs["coefficient"].to_numpy(dtype=float)[order]
    roles = pandas.Index(ROLES).get_indexer(pandas.Index(inputs["role"]))[order]
    shares = inputs["share"].to_numpy(dtype=float)[order]

    def bound(column: str) -> Floats:
        values = inputs[column].to_numpy(dtype=float)[order]
        return np.asarray(np.where(np.isnan(values), coefficient, values), dtype=float)

    return ProductGraph(
        ids=ids,
        source=source[order].astype(np.intp),
        target=target[order].astype(np.intp),
        coefficient=coefficient,
        low=bound("low"),
        high=bound("high"),
        role=roles.astype(np.intp),
        group=_group_numbers(inputs["alternative_group"], target[order], roles, order),
        given_share=shares,
        row=order.astype(np.intp),
    )


def _group_numbers(names: pd.Series[Any], target: Integers, roles: Any, order: Any) -> Integers:
    """Return a number for each alternative group of consumed links: one an (output, name)."""
    import pandas

    codes, _ = pandas.factorize(names.to_numpy(dtype=object)[order], sort=True)
    grouped = (codes >= 0) & (roles == CONSUMED)
    numbers = np.full(len(codes), -1, dtype=np.intp)
    keys = target[grouped].astype(np.int64) * (int(codes.max(initial=0)) + 1) + codes[grouped]
    numbers[grouped] = np.unique(keys, return_inverse=True)[1]
    return numbers


def split_alternatives(
    graph: ProductGraph, *, local: Floats, present: Flags, national: Floats
) -> Floats:
    r"""Return each link's share of its alternative group; 1 for links without a group.

    A stated share stands. Without one, a group is split by what its members could serve,
    :math:`w_i = k_i / a_{ij}` (units of output, so that members of different units compare), with local
    capacity :math:`k` where any is known, else equally among members made locally, else with national
    capacity, else equally.

    Parameters
    ----------
    local, national
        Capacity of each product, units a year.
    present
        Whether the product has a local maker.
    """
    share = np.ones(len(graph.source))
    members = graph.group >= 0
    if not members.any():
        return share
    group = graph.group[members]
    source = graph.source[members]
    count = int(group.max()) + 1
    coefficient = graph.coefficient[members]
    per_unit = np.where(coefficient > 0, coefficient, 1.0)

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(group, values, count)[group], dtype=float)

    stated = graph.given_share[members]
    options = [
        np.nan_to_num(stated),
        local[source] / per_unit,
        present[source].astype(float),
        national[source] / per_unit,
        np.ones(len(group)),
    ]
    result = np.zeros(len(group))
    open_ = np.ones(len(group), dtype=bool)
    for weight in options:
        sums = total(weight)
        now = open_ & (sums > 0)
        result[now] = weight[now] / sums[now]
        open_ &= ~now
    share[members] = result
    return share


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
        Where a loop takes more than it gives (spectral radius of its part of A is 1 or more).

    Notes
    -----
    The Leontief inverse applied to y [1]_ as a Neumann series, in topological order where there are
    many products or goals: then only loops are iterated. The residual is the largest
    :math:`|y + Ax - x| / |x|` of any product: each counts in its own unit, so that pieces by the
    billion never drown the tonnes.

    References
    ----------
    .. [1] R. Miller and P. Blair, "Input-Output Analysis", 2nd ed., Cambridge, 2009, section 2.4.
    """
    for loop in loops_of(graph, share):
        if loop.takes_more_than_it_gives:
            radius = f"{loop.spectral_radius:.4g}"
            raise LoopError("gaining-loop", members=" -> ".join(loop.members), radius=radius)
    used = graph.amount * share != 0
    links = Links(graph.source[used], graph.target[used], (graph.amount * share)[used])
    if goal.ndim == 1 and graph.size <= _SMALL:  # spares the import of scipy
        multiply = partial(_bincounted, links)
        solved = _fixed_point(multiply, goal.astype(float), tolerance, limit)
        if solved.residual <= tolerance:
            return solved
    return _solved_by_levels(graph.size, links, goal.astype(float), tolerance, limit)


class Links(NamedTuple):
    """Entries of A that are not zero: row, column, value."""

    source: Integers
    target: Integers
    values: Floats


def _bincounted(links: Links, x: Floats) -> Floats:
    return np.bincount(links.source, links.values * x[links.target], len(x))


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
    level = np.zeros(size, dtype=np.intp)
    while True:
        following = level.copy()
        np.maximum.at(following, source, level[target] + 1)
        if (following == level).all():
            return level
        level = following


def _solved_by_levels(
    size: int, links: Links, goal: Floats, tolerance: float, limit: int
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
    given = goal[order]
    total, rounds = np.zeros(given.shape), 0
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


class Step(NamedTuple):
    """One link met on a walk from a product, with its distance from the start."""

    depth: int
    link: int


def walk(
    graph: ProductGraph,
    start: int,
    *,
    up: bool,
    depth: int | None = None,
    used: Flags | None = None,
) -> list[Step]:
    """Return the links reached from a product, nearest first, each once.

    Parameters
    ----------
    start
        Position of the product.
    up
        True: towards inputs; False: towards outputs.
    depth
        How many links far; None: to the end.
    used
        Which links to follow; None: the consumed ones.
    """
    follow = graph.consumed if used is None else used
    here, there = (graph.target, graph.source) if up else (graph.source, graph.target)
    order = np.argsort(here, kind="stable")
    order = order[follow[order]]
    first = np.searchsorted(here[order], np.arange(graph.size + 1))
    seen = {start}
    frontier = [start]
    steps: list[Step] = []
    level = 0
    while frontier and (depth is None or level < depth):
        level += 1
        following: list[int] = []
        for node in frontier:
            for link in order[first[node] : first[node + 1]].tolist():
                steps.append(Step(level, link))
                other = int(there[link])
                if other not in seen:
                    seen.add(other)
                    following.append(other)
        frontier = following
    return steps


def goal_vector(graph: ProductGraph, goal: Mapping[str, float]) -> Floats:
    """Return a goal as a vector over the products.

    Raises
    ------
    UnknownNameError
        Where the goal names a product that is not there.
    """
    vector = np.zeros(graph.size)
    for product_id, quantity in goal.items():
        vector[graph.find(product_id)] += quantity
    return vector


def reachable(graph: ProductGraph, start: int, *, up: bool, used: Flags) -> set[int]:
    """Return the positions of all products that a walk from one product reaches, without it."""
    there = graph.source if up else graph.target
    found = {int(there[step.link]) for step in walk(graph, start, up=up, used=used)}
    return found - {start}


def positions(graph: ProductGraph, names: Iterable[str]) -> Integers:
    """Return the positions of products, -1 for those that are not there."""
    return np.array([graph.position.get(name, -1) for name in names], dtype=np.intp)
