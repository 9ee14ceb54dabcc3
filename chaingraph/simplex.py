"""Many small linear programmes at once: the simplex method on dictionaries, one array step for all of them.

Each programme is ``maximise cost @ x`` over ``rows @ x <= limit``, x at least 0, with limits of at least 0, so
that x = 0 is a first answer. Several goals are taken in order: what is best for a later one is looked for
among the answers that are best for all before, since a column that would cost one of those is closed.

Dictionaries and the rule that ends: V. Chvatal, Linear Programming, 1983, chapters 2 and 3; R. G. Bland, New
finite pivoting rules for the simplex method, Mathematics of Operations Research 2(2), 1977.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chaingraph.quantity import Flags, Floats, Integers

_NOISE = 1e-10
"""Gains and pivots below it are rounding: programmes come scaled to figures about 1."""
_GREEDY = 3
"""Rounds a row and column before the rule that ends: the largest gain is quicker and can go in circles."""


class Dictionaries(NamedTuple):
    """Programmes of one shape, each with its last answer.

    Attributes
    ----------
    table
        By programme, row and column: coefficients; the last column holds the values of the basic
        variables, the last row the goal: what it loses by a unit of each column, and its value.
    basic, free
        By programme: number of the variable of each row, of each column; slacks come after the variables.
    open
        By programme and column: may enter without loss to the goals before.
    """

    table: NDArray[np.float64]
    basic: NDArray[np.intp]
    free: NDArray[np.intp]
    open: NDArray[np.bool_]

    def take(self, places: Integers) -> Dictionaries:
        """Return copies of some programmes, each as often as asked."""
        return Dictionaries(
            self.table[places], self.basic[places], self.free[places], self.open[places]
        )

    @property
    def value(self) -> Floats:
        """By programme: the goal's value."""
        return self.table[:, -1, -1]

    @property
    def answer(self) -> NDArray[np.float64]:
        """By programme and variable: its value."""
        count, size = self.free.shape
        found = np.zeros((count, size + self.basic.shape[1]))
        np.put_along_axis(found, self.basic, np.maximum(self.table[:, :-1, -1], 0.0), axis=1)
        return found[:, :size]


def start(rows: NDArray[np.float64], limit: NDArray[np.float64]) -> Dictionaries:
    """Return programmes with x = 0.

    Parameters
    ----------
    rows
        By programme, row and variable.
    limit
        By programme and row; at least 0.
    """
    count, height, width = rows.shape
    table = np.zeros((count, height + 1, width + 1))
    table[:, :-1, :-1] = rows
    table[:, :-1, -1] = limit
    free = np.broadcast_to(np.arange(width), (count, width)).copy()
    basic = np.broadcast_to(width + np.arange(height), (count, height)).copy()
    return Dictionaries(table, basic, free, np.ones((count, width), dtype=bool))


def maximise(programmes: Dictionaries, cost: NDArray[np.float64]) -> Dictionaries:
    """Return the programmes at an answer that is best for a goal, the ways that would cost it closed.

    Parameters
    ----------
    programmes
        As :func:`start` or this gave them; not changed.
    cost
        By programme and variable; no goal may be without end.
    """
    table = programmes.table.copy()
    basic, free = programmes.basic.copy(), programmes.free.copy()
    _set_goal(table, basic, free, cost)
    height, width = basic.shape[1], free.shape[1]
    left = np.arange(len(table))
    for turn in range(_LAST * (height + width)):
        chosen, column = _entering(
            table, free, programmes.open, left, greedy=turn < _GREEDY * (height + width)
        )
        left = left[chosen]
        if not len(left):
            break
        _pivot(table, basic, free, left, column)
    kept = programmes.open & ~(table[:, -1, :-1] > _NOISE)
    return Dictionaries(table, basic, free, kept)


_LAST = 60
"""Rounds a row and column at most: a stop for rounding; the rule ends long before."""


def _set_goal(
    table: NDArray[np.float64],
    basic: NDArray[np.intp],
    free: NDArray[np.intp],
    cost: NDArray[np.float64],
) -> None:
    """Write the last row: the goal in terms of the columns."""
    wide = np.concatenate([cost, np.zeros((len(cost), basic.shape[1]))], axis=1)
    of_rows = np.take_along_axis(wide, basic, axis=1)
    table[:, -1] = np.matmul(of_rows[:, None, :], table[:, :-1])[:, 0]
    table[:, -1, :-1] -= np.take_along_axis(wide, free, axis=1)


def _entering(
    table: NDArray[np.float64],
    free: NDArray[np.intp],
    allowed: Flags,
    left: Integers,
    *,
    greedy: bool,
) -> tuple[Integers, Integers]:
    """Return which of the programmes that are left gain by a column, and the column of each."""
    loss = table[left, -1, :-1]
    gains = allowed[left] & (loss < -_NOISE)
    order = loss if greedy else free[left]
    column = np.where(gains, order, np.inf).argmin(axis=1)
    chosen = np.flatnonzero(gains.any(axis=1))
    return chosen, column[chosen]


def _pivot(
    table: NDArray[np.float64],
    basic: NDArray[np.intp],
    free: NDArray[np.intp],
    left: Integers,
    column: Integers,
) -> None:
    """Let a column of each programme enter for the row that stops it; of equal rows the first variable's."""
    part = table[left]
    each = np.arange(len(left))
    entering = part[each, :, column]
    stops = entering[:, :-1] > _NOISE
    ratio = np.where(
        stops, np.maximum(part[:, :-1, -1], 0.0) / np.where(stops, entering[:, :-1], 1.0), np.inf
    )
    near = ratio <= ratio.min(axis=1, keepdims=True) * (1 + _NOISE)
    row = np.where(near & stops, basic[left], np.iinfo(np.intp).max).argmin(axis=1)
    pivot = entering[each, row]
    line = part[each, row] / pivot[:, None]
    line[each, column] = 1.0 / pivot
    part[each, :, column] = 0.0
    part -= entering[:, :, None] * line[:, None, :]
    part[each, row] = line
    table[left] = part
    leaving = basic[left, row]
    basic[left, row] = free[left, column]
    free[left, column] = leaving
