"""Portfolios: what else groups make, and which products are found in the same hands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.groups import group_products
from chaingraph.products import positions

if TYPE_CHECKING:
    from chaingraph.analysis.basis import Basis
    from chaingraph.products import Floats, Integers
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

    def joint(self, product: int) -> Floats:
        """Return by other product q the share n(p and q) / (n(q) + 3) of its groups that have p as well."""
        has = np.zeros(len(self.groups), dtype=bool)
        has[self.group[self.product == product]] = True
        both = np.bincount(self.product[has[self.group]], minlength=len(self.owners))
        share = both / (self.owners + FEW_GROUPS)
        share[product] = 0.0
        return np.asarray(share, dtype=float)

    def nearness(self, product: Integers, group: Integers) -> Floats:
        """Return for pairs of a product and a group (-1: none) the largest share of what the group has."""
        found = np.zeros(len(product))
        for place in np.unique(product).tolist():
            rows = np.flatnonzero((product == place) & (group >= 0))
            best = self._largest(self.joint(place))
            found[rows] = best[group[rows]]
        return found

    def _largest(self, share: Floats) -> Floats:
        """Return by group the largest of its products' values."""
        if not len(self.product):
            return np.zeros(len(self.groups))
        best: Floats = np.maximum.reduceat(share[self.product], self.first[:-1])
        return best

    def best_neighbour(self, product: int, group: int) -> int:
        """Return the product of a group that is most often in one hand with a product, -1 where none is."""
        own = self.product[self.first[group] : self.first[group + 1]]
        share = self.joint(product)[own]
        return int(own[np.argmax(share)]) if len(own) and share.max() > 0 else -1

    @cached_property
    def in_chains(self) -> Floats:
        """Group by chain: number of the group's products in the chain."""
        matrix = self.study.chain_matrix
        counts = [
            np.bincount(self.group, matrix[self.product, chain], len(self.groups))
            for chain in range(matrix.shape[1])
        ]
        return np.column_stack(counts) if counts else np.zeros((len(self.groups), 0))

    def chain_share(self, product: Integers, group: Integers) -> Floats:
        """Return for pairs the share of the group's product-chain memberships in the product's chains."""
        counts = self.in_chains[group]
        own = (counts * self.study.chain_matrix[product]).sum(axis=1)
        total = counts.sum(axis=1)
        share = np.divide(own, total, out=np.zeros(len(product)), where=total > 0)
        return np.asarray(np.where(group >= 0, share, 0.0), dtype=float)


def gather_portfolios(evidence: Evidence) -> Portfolios:
    """Read what every group of the evidence's dataset makes, builds, plans or has announced, at its date."""
    study, told = evidence.study, evidence.projects
    made = group_products(study.dataset.enterprises, study.standing)
    if len(told):
        made = pd.concat([made, told.loc[~told["broad"], ["group", "product_id"]]])
    place = positions(study.product_graph, made["product_id"])
    kept = place >= 0
    size = study.product_graph.size
    code, groups = pd.factorize(made["group"].to_numpy(dtype=object)[kept], sort=True)
    keys = np.unique(code.astype(np.int64) * size + place[kept])
    return Portfolios(
        study, pd.Index(groups), (keys // size).astype(np.intp), (keys % size).astype(np.intp)
    )
