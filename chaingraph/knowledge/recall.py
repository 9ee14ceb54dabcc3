"""How much of the nation's makers the rows know: known capacity over a total of the nation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from chaingraph.knowledge.facts import MAX_AGE, fact_at, is_of_nation

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset
    from chaingraph.knowledge.statements import Statements, Total
    from chaingraph.products import ProductGraph
    from chaingraph.quantity import Floats

STATED: Final = "stated"
AT_MOST: Final = "output"
"""The basis over which a share is an upper bound: plants seldom run full."""
RECALL_BASES: Final = (STATED, "capacity", AT_MOST)
"""What a recall rests on, the first that is in force; words in the vocabulary ``recall_basis``."""


class Recall(NamedTuple):
    """The share of the nation's capacity that rows in force know, by product position.

    Attributes
    ----------
    share
        0 to 1; nan where nothing tells. Over an output it is an upper bound.
    basis
        ``stated`` (in product_facts), ``capacity`` or ``output`` (of the nation); empty where nothing tells.
    total
        Units a year that the share is of; nan where it is stated, or nothing tells.
    year, source
        Of the fact or the total.
    """

    share: Floats
    basis: list[str]
    total: Floats
    year: list[str]
    source: list[str]


def read_recall(ds: Dataset, graph: ProductGraph, statements: Statements, known: Floats) -> Recall:
    """Return the recall of the collection by product: as stated, else known capacity over the nation's total.

    A total counts that is not after the date and at most 24 months older: of capacities that run the
    latest, else of outputs. A product that no row names is known to 0; where makers are known and no
    figure of them, nothing is.

    Parameters
    ----------
    known
        Capacity of all running makers of the data by product, units a year: 0 without makers, nan
        where none has a figure.
    """
    size = graph.size
    share, total = np.full(size, np.nan), np.full(size, np.nan)
    basis, year, source = [""] * size, [""] * size, [""] * size
    for name in reversed(RECALL_BASES[1:]):  # what stands first is laid over the others
        for place, found in _latest(statements, name).items():
            if np.isnan(known[place]):
                continue
            share[place] = min(1.0, known[place] / found.value)
            basis[place], total[place] = name, found.value
            year[place], source[place] = found.year, found.source
    fact = fact_at(ds, graph, "recall")
    for place in np.flatnonzero(~np.isnan(fact.value)).tolist():
        share[place], basis[place], total[place] = fact.value[place], STATED, np.nan
        year[place], source[place] = fact.date[place], fact.source[place]
    return Recall(share, basis, total, year, source)


def _latest(statements: Statements, measure: str) -> dict[int, Total]:
    """Return the latest total of the nation in force of each product."""
    found: dict[int, Total] = {}
    for total in statements.totals:
        if total.measure != measure or not is_of_nation(total.place, total.enterprise):
            continue
        building = total.status == "with_construction"
        if building or not total.value > 0 or statements.age(total.year) > MAX_AGE:
            continue
        if total.product not in found or total.year >= found[total.product].year:
            found[total.product] = total
    return found
