"""Alternatives for one need: an open group stands as one line, its members beneath the first of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chaingraph.analysis.state import RegionState
    from chaingraph.quantity import Integers


class GroupLines(NamedTuple):
    """Of some rows of products: whom they stand beneath.

    Attributes
    ----------
    leader
        Place, among the rows, of the row that stands for the need; its own where it stands alone.
    choice
        For members of a need that is one line: the output and its alternatives, ``cell: lfp | ncm``.
    under
        Id of the product that a row stands beneath; None for those that stand for themselves.
    """

    leader: Integers
    choice: NDArray[np.object_]
    under: NDArray[np.object_]


def group_lines(state: RegionState, rows: Integers) -> GroupLines:
    """Return which of some rows are alternatives for one need.

    Rows belong together where all of their demand comes from the same open group of the region. The best
    known of them, then the one with the larger gap, stands for the need.
    """
    graph = state.study.product_graph
    place = np.full(graph.size, -1, dtype=np.intp)
    place[rows] = np.arange(len(rows))
    leader = np.arange(len(rows))
    choice: NDArray[Any] = np.full(len(rows), None, dtype=object)
    under: NDArray[Any] = np.full(len(rows), None, dtype=object)
    members = state.study.recipe.members
    if not len(members.link):
        return GroupLines(leader, choice, under)
    wants = (state.allocation.group_output.high > 0)[members.group]
    needs = np.bincount(members.product[wants], minlength=graph.size)
    direct = state.active & state.study.recipe.single
    alone = np.bincount(graph.source[direct], minlength=graph.size) == 0
    alone &= (needs == 1) & (state.study.wanted <= 0)
    listed = wants & alone[members.product] & (place[members.product] >= 0)
    value = np.nan_to_num(state.gap_value.point, nan=0.0)
    for group in np.unique(members.group[listed]).tolist():
        products = members.product[listed & (members.group == group)]
        if len(products) < 2:  # noqa: PLR2004  a choice takes two
            continue
        keys = [
            (int(state.evidence.level[p]), -value[p], graph.ids[p], p) for p in products.tolist()
        ]
        first = min(keys)[3]
        names = " | ".join(graph.ids[p] for p in sorted(products.tolist()))
        text = f"{graph.ids[members.owner[group]]}: {names}"
        for product in products.tolist():
            leader[place[product]] = place[first]
            choice[place[product]] = text
            under[place[product]] = None if product == first else graph.ids[first]
    return GroupLines(leader, choice, under)
