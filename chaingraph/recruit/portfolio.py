"""Portfolios: what else groups make, and which products are found in the same hands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.groups import all_hands
from chaingraph.products import positions
from chaingraph.recruit.evidence import coded, distinct, ranges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.analysis.basis import Basis
    from chaingraph.groups import Hands
    from chaingraph.products import Flags, Floats, Integers
    from chaingraph.recruit.evidence import Evidence

FEW_GROUPS: Final = 3.0
"""What stands beside the number of groups of a product, so that two of two prove less than twenty of thirty."""


@dataclass(frozen=True, eq=False)
class Portfolios:
    """What every group makes or intends to, at a date: one entry a group and product, sorted by both.

    Attributes
    ----------
    groups
        Names, sorted; codes are positions among them.
    group, product
        Code of the group, position of the product.
    """

    study: Basis
    groups: pd.Index[Any]
    group: Integers
    product: Integers

    @cached_property
    def first(self) -> Integers:
        """Where the entries of each group begin (one more than there are groups)."""
        return np.searchsorted(self.group, np.arange(len(self.groups) + 1))

    @cached_property
    def owners(self) -> Floats:
        """By product: number of groups."""
        return np.bincount(self.product, minlength=self.study.product_graph.size).astype(float)

    @cached_property
    def _by_product(self) -> tuple[Integers, Integers]:
        """The groups of all products, one product after the other, and where each product's begin."""
        first = np.append(0, np.cumsum(self.owners)).astype(np.intp)
        return self.group[np.argsort(self.product, kind="stable")], first

    def _entries(self, groups: Integers) -> tuple[Integers, Integers]:
        """Return the entries of some groups, one group after the other, and where each group's begin."""
        begin, count = self.first[groups], np.diff(self.first)[groups]
        return ranges(begin, count), np.cumsum(count) - count

    def joint(self, product: int) -> Floats:
        """Return by other product q the share n(p and q) / (n(q) + 3) of its groups that have p as well."""
        groups, first = self._by_product
        entries, _ = self._entries(groups[first[product] : first[product + 1]])
        both = np.bincount(self.product[entries], minlength=len(self.owners))
        share = both / (self.owners + FEW_GROUPS)
        share[product] = 0.0
        return np.asarray(share, dtype=float)

    def nearness(self, product: Integers, group: Integers) -> Floats:
        """Return for pairs of a product and a group (-1: none) the largest share of what the group has."""
        found = np.zeros(len(product))
        for place, rows in _by_value(product, group >= 0):
            entries, begin = self._entries(group[rows])
            found[rows] = np.maximum.reduceat(self.joint(place)[self.product[entries]], begin)
        return found

    def best_neighbour(self, product: int, group: int) -> int:
        """Return the product of a group that is most often in one hand with a product, -1 where none is."""
        own = self.product[self.first[group] : self.first[group + 1]]
        share = self.joint(product)[own]
        return int(own[np.argmax(share)]) if len(own) and share.max() > 0 else -1

    @cached_property
    def in_chains(self) -> Integers:
        """Group by chain: number of the group's products in the chain."""
        matrix = self.study.chain_matrix
        counts = np.zeros((len(self.groups), matrix.shape[1]), dtype=np.intp)
        for chain in range(matrix.shape[1]):
            members = self.group[matrix[:, chain][self.product]]
            counts[:, chain] = np.bincount(members, minlength=len(self.groups))
        return counts

    def chain_share(self, product: Integers, group: Integers) -> Floats:
        """Return for pairs the share of the group's product-chain memberships in the product's chains."""
        own, total = np.zeros(len(product)), self.in_chains.sum(axis=1)
        for place, rows in _by_value(product, group >= 0):
            chains = np.flatnonzero(self.study.chain_matrix[place])
            own[rows] = self.in_chains[:, chains].sum(axis=1)[group[rows]]
        all_own = np.where(group >= 0, total[group], 0) if len(total) else np.zeros(len(product))
        return np.divide(own, all_own, out=np.zeros(len(product)), where=all_own > 0)


def _by_value(values: Integers, chosen: Flags) -> Iterator[tuple[int, Integers]]:
    """Yield each value that stands somewhere in chosen rows, and these rows."""
    rows = np.flatnonzero(chosen)
    rows = rows[np.argsort(values[rows], kind="stable")]
    cuts = np.flatnonzero(np.diff(values[rows])) + 1
    for part in np.split(rows, cuts) if len(rows) else []:
        yield int(values[part[0]]), part


def gather_portfolios(evidence: Evidence, hands: Hands | None = None) -> Portfolios:
    """Read what every group of the evidence's dataset makes, builds, plans or has announced, at its date.

    Parameters
    ----------
    evidence
        What is known of the makers of some products; its dataset and date are those of the portfolios.
    hands
        Who makes what in the whole dataset, where it has been read: :func:`chaingraph.groups.all_hands`.
    """
    study, told = evidence.study, evidence.projects
    if hands is None:
        hands = all_hands(study.dataset.enterprises, study.standing)
    size, groups = study.product_graph.size, hands.groups
    place = positions(study.product_graph, hands.products)[hands.product]
    kept = hands.real & (place >= 0)
    code, place = hands.group[kept].astype(np.int64), place[kept]
    if len(told):
        close = ~told["broad"].to_numpy(dtype=bool)
        own, names = coded(told.loc[close, "group"])
        also = positions(study.product_graph, told.loc[close, "product_id"])
        groups = np.array(sorted({*groups.tolist(), *names.tolist()}), dtype=object)
        code = np.searchsorted(groups, hands.groups)[code]
        code = np.append(code, np.searchsorted(groups, names)[own][also >= 0])
        place = np.append(place, also[also >= 0])
    keys = distinct(code * size + place)
    group = keys // size
    there, code = np.unique(group, return_inverse=True)
    return Portfolios(
        study, pd.Index(groups[there]), code.astype(np.intp), (keys % size).astype(np.intp)
    )
