"""Loops of products and whether they give more than they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_DENSE_LIMIT = 400
_POWER_STEPS = 2_000


class Loop(NamedTuple):
    """A strongly connected component of the product graph; a single product that takes itself."""

    members: tuple[str, ...]
    spectral_radius: float

    @property
    def takes_more_than_it_gives(self) -> bool:
        """Whether no finite production can serve a demand from this loop."""
        return self.spectral_radius >= 1.0 - 1e-12


def strong_components(successors: Sequence[Sequence[int]]) -> list[list[int]]:
    """Return the strongly connected components, each after all that it points to.

    Tarjan's algorithm [1]_ without recursion. Read backwards, the list is a topological order of the
    condensed graph.

    References
    ----------
    .. [1] R. Tarjan, "Depth-first search and linear graph algorithms", SIAM J. Comput. 1(2), 1972.

    Examples
    --------
    >>> strong_components([[1], [2], [1]])
    [[2, 1], [0]]
    """
    count = len(successors)
    index = [-1] * count
    low = [0] * count
    on_stack = [False] * count
    stack: list[int] = []
    found: list[list[int]] = []
    clock = 0
    for root in range(count):
        if index[root] >= 0:
            continue
        work = [(root, 0)]
        while work:
            node, position = work.pop()
            if position == 0:
                index[node] = low[node] = clock
                clock += 1
                stack.append(node)
                on_stack[node] = True
            targets = successors[node]
            while position < len(targets):
                target = targets[position]
                position += 1
                if index[target] < 0:
                    work.append((node, position))
                    work.append((target, 0))
                    break
                if on_stack[target]:
                    low[node] = min(low[node], index[target])
            else:
                _close(node, index, low, stack, on_stack, found)
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
    return found


def _close(
    node: int,
    index: list[int],
    low: list[int],
    stack: list[int],
    on_stack: list[bool],
    found: list[list[int]],
) -> None:
    """Take a finished component off the stack where `node` is its root."""
    if low[node] != index[node]:
        return
    component: list[int] = []
    while True:
        member = stack.pop()
        on_stack[member] = False
        component.append(member)
        if member == node:
            break
    found.append(component)


def spectral_radius(
    size: int, rows: NDArray[np.intp], columns: NDArray[np.intp], values: NDArray[np.float64]
) -> float:
    """Return the largest modulus of the eigenvalues of a small or sparse non-negative matrix.

    Dense eigenvalues up to 400 rows; beyond, power iteration on I + A, which converges for every
    irreducible non-negative matrix (Perron and Frobenius).
    """
    if size <= _DENSE_LIMIT:
        dense = np.zeros((size, size))
        np.add.at(dense, (rows, columns), values)
        return float(np.abs(np.linalg.eigvals(dense)).max())
    vector = np.full(size, 1.0 / size)
    radius = 0.0
    for _ in range(_POWER_STEPS):
        product = vector + np.bincount(rows, values * vector[columns], size)
        total = float(product.sum())
        vector = product / total
        if abs(total - 1.0 - radius) <= 1e-13 * total:
            break
        radius = total - 1.0
    return radius


def find_loops(
    names: Sequence[str],
    rows: NDArray[np.intp],
    columns: NDArray[np.intp],
    values: NDArray[np.float64],
) -> list[Loop]:
    """Return the loops of a product graph, largest spectral radius first.

    Parameters
    ----------
    names
        Product ids by position.
    rows, columns, values
        Coefficients a_ij: units of input i (row) for one unit of output j (column).

    Examples
    --------
    >>> import numpy as np
    >>> loops = find_loops(["a", "b"], np.array([0, 1]), np.array([1, 0]), np.array([0.5, 0.5]))
    >>> loops[0].members, round(loops[0].spectral_radius, 6)
    (('a', 'b'), 0.5)
    """
    successors: list[list[int]] = [[] for _ in names]
    for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
        successors[row].append(column)
    component_of = np.full(len(names), -1, dtype=np.intp)
    own = set(rows[rows == columns].tolist())
    components = [part for part in strong_components(successors) if len(part) > 1 or part[0] in own]
    place = np.zeros(len(names), dtype=np.intp)
    for number, part in enumerate(components):
        component_of[part] = number
        place[part] = np.arange(len(part))
    inner = component_of[rows]
    inner[component_of[columns] != inner] = -1
    loops = []
    for number, part in enumerate(components):
        edges = inner == number
        radius = spectral_radius(
            len(part), place[rows[edges]], place[columns[edges]], values[edges]
        )
        loops.append(Loop(tuple(sorted(names[i] for i in part)), radius))
    return sorted(loops, key=lambda loop: (-loop.spectral_radius, loop.members))
