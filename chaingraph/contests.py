"""Open groups that compete for the same local supply: small linear programmes, one a contest.

Solved with HiGHS through scipy. Of equal optima the one with the least maximal load of the suppliers is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from chaingraph.quantity import Flags, Floats, Integers

_SLACK = 1e-9
_DUST = 1e-6
"""What the solver leaves of nothing, as a share of the output."""


_NOTHING = 1e-12
"""Amounts below which a side of a programme is not scaled to 1."""


class Contest(NamedTuple):
    """Members of groups that want the same supply.

    Attributes
    ----------
    group, product
        By member: its group and its input.
    unit
        By member: units of the input for one of the output.
    room
        By member: what is left of the supply of its input, the same for all members of one input.
    output, worth
        By group, of all groups: units of output that need a member; weight of one.
    """

    group: Integers
    product: Integers
    unit: Floats
    room: Floats
    output: Floats
    worth: Floats


class Extremes(NamedTuple):
    """The most, or the least, that answers with the least gap can come to.

    Attributes
    ----------
    member
        By member: units of output that its group takes of it, bought outside included.
    lack
        By group: units of output that nobody here serves.
    total, bought
        By input, of all its members at once: units of it taken, and bought outside.
    """

    member: Floats
    lack: Floats
    total: dict[int, float]
    bought: dict[int, float]


class _Programme(NamedTuple):
    """Rows and right sides of `rows @ served <= limit`; the worth of a unit served, by member."""

    rows: NDArray[np.float64]
    limit: Floats
    supply: Flags
    worth: Floats


def share_out(contest: Contest) -> Floats:
    """Return how much output each member serves: the most in worth, then at the least maximal load."""
    served = np.zeros(len(contest.group))
    for part in _parts(contest):
        piece = _piece(contest, part)
        programme = _programme(piece)
        best = _solve(-programme.worth, programme.rows, programme.limit)
        answer = _even(programme, best)
        most = contest.output[piece.group]
        served[part] = np.where(answer > _DUST * most, answer, 0.0)
    return served


def find_extremes(contest: Contest, *, own: Floats, largest: bool) -> Extremes:
    """Return the extremes among the answers with the least gap.

    Parameters
    ----------
    contest
        The contest with the supplies of all others at this corner.
    own
        By member: the other end of the supply of its input; both are tried for its own extreme.
    largest
        The most a group can take of the member, bought outside included, and the most it can lack; else the
        least.
    """
    member, lack = np.zeros(len(contest.group)), np.zeros(len(contest.output))
    total: dict[int, float] = {}
    bought: dict[int, float] = {}
    for part in _parts(contest):
        piece = _piece(contest, part)
        floor = _least_gap(_programme(piece))
        for number in np.unique(piece.group).tolist():
            inside = (piece.group == number).astype(float)
            lack[number] = _lacking(floor, inside, contest.output[number], largest=largest)
        for product in np.unique(piece.product).tolist():
            of_it = piece.product == product
            groups = np.unique(piece.group[of_it])
            weight = np.zeros(len(contest.output))
            weight[piece.group[of_it]] = piece.unit[of_it]
            whole = float((weight * contest.output)[groups].sum())
            all_served = weight[piece.group]
            bought[product] = _lacking(floor, all_served, whole, largest=largest)
            room = np.where(of_it, own[part], piece.room)
            # more of its own may serve another group and leave less, or more, of it to be taken
            bounds = (_least_gap(_programme(piece._replace(room=room))), floor)
            for row in np.flatnonzero(of_it).tolist():
                one = np.zeros(len(part))
                one[row] = 1.0
                inside = (piece.group == piece.group[row]).astype(float)
                most = contest.output[piece.group[row]]
                member[part[row]] = _taken(bounds, one, inside - one, most, largest=largest)
            others = np.where(of_it, 0.0, all_served)
            own_part = np.where(of_it, piece.unit, 0.0)
            total[product] = _taken(bounds, own_part, others, whole, largest=largest)
    return Extremes(np.maximum(member, 0.0), lack, total, bought)


def _lacking(floor: _Programme, served: Floats, whole: float, *, largest: bool) -> float:
    """Return the most or least that is not served of a whole: the least or most served."""
    sign = 1.0 if largest else -1.0
    left = whole - float(served @ _solve(sign * served, floor.rows, floor.limit))
    return left if left > _DUST * whole else 0.0


def _taken(
    bounds: Sequence[_Programme], own: Floats, others: Floats, whole: float, *, largest: bool
) -> float:
    """Return the most that is taken of a member, all that the others do not serve; or the least."""
    cost = others if largest else own
    least = min(float(cost @ _solve(cost, bound.rows, bound.limit)) for bound in bounds)
    value = whole - least if largest else least
    return value if value > _DUST * whole else 0.0


def _parts(contest: Contest) -> Iterator[Integers]:
    """Yield the members of each contest that is connected by groups and inputs."""
    import networkx as nx

    ends = zip(contest.group.tolist(), contest.product.tolist(), strict=True)
    graph = nx.Graph([(("group", g), ("product", p)) for g, p in ends])
    for nodes in nx.connected_components(graph):
        groups = sorted(number for kind, number in nodes if kind == "group")
        yield np.flatnonzero(np.isin(contest.group, groups))


def _piece(contest: Contest, part: Integers) -> Contest:
    return Contest(
        contest.group[part], contest.product[part], contest.unit[part], contest.room[part],
        contest.output, contest.worth,
    )  # fmt: skip


def _programme(piece: Contest) -> _Programme:
    groups, products = np.unique(piece.group), np.unique(piece.product)
    first = [int(np.flatnonzero(piece.product == number)[0]) for number in products.tolist()]
    bounded = [place for place in first if np.isfinite(piece.room[place])]
    by_group = (piece.group == groups[:, None]).astype(float)
    by_product = np.array(
        [np.where(piece.product == piece.product[place], piece.unit, 0.0) for place in bounded]
    ).reshape(len(bounded), len(piece.group))
    # each row in shares of its right side, so that GWh and t weigh alike
    output = np.maximum(piece.output[groups], 0.0)
    rows = np.vstack([by_group, by_product])
    limit = np.concatenate([output, piece.room[bounded]])
    scale = np.where(limit > _NOTHING, limit, 1.0)
    supply = np.concatenate([np.zeros(len(groups), bool), np.ones(len(bounded), bool)])
    worth = piece.worth[piece.group] * np.ones(len(piece.group))
    return _Programme(rows / scale[:, None], limit / scale, supply, worth / worth.max())


def _least_gap(programme: _Programme) -> _Programme:
    """Return the programme of the answers that leave no more than the least gap."""
    best = float(programme.worth @ _solve(-programme.worth, programme.rows, programme.limit))
    scale = best if best > 0 else 1.0
    rows = np.vstack([programme.rows, -programme.worth[None, :] / scale])
    limit = np.append(programme.limit, -best / scale * (1 - _SLACK))
    return programme._replace(rows=rows, limit=limit)


def _even(programme: _Programme, best: Floats) -> Floats:
    """Return the answer as good as the best with the least maximal load of the suppliers."""
    if not programme.supply.any():
        return best
    floor = _least_gap(programme)
    load = np.zeros(len(floor.limit))
    load[: len(programme.limit)] = np.where(programme.supply, programme.limit, 0.0)
    limit = np.where(load > 0, 0.0, floor.limit)
    rows = np.column_stack([floor.rows, -load])
    cost = np.append(np.zeros(rows.shape[1] - 1), 1.0)
    return np.asarray(_solve(cost, rows, limit, most_load=1.0)[:-1])


def _solve(
    cost: Floats, rows: NDArray[np.float64], limit: Floats, *, most_load: float | None = None
) -> Floats:
    """Minimise `cost @ x` over `rows @ x <= limit`, x at least 0."""
    from scipy.optimize import linprog

    bounds: list[tuple[float, float | None]] = [(0.0, None)] * len(cost)
    if most_load is not None:
        bounds[-1] = (0.0, most_load)
    answer = linprog(cost, A_ub=rows, b_ub=limit, bounds=bounds, method="highs")
    if answer.x is None:  # pragma: no cover  the origin always fits, up to rounding
        return np.zeros(len(cost))
    kept: Floats = np.maximum(np.asarray(answer.x, dtype=float), 0.0)
    return kept
