"""The product graph: who goes into what, as arrays that compute and are traversed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chaingraph.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

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
    def is_by_product(self) -> Flags:
        """Whether the output of each link arises when its input is made."""
        return np.asarray(self.role == ROLES.index("byproduct"))

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


def positions(graph: ProductGraph, names: Iterable[str]) -> Integers:
    """Return the positions of products, -1 for those that are not there."""
    return np.array([graph.position.get(name, -1) for name in names], dtype=np.intp)
