"""What sites make and take themselves, link by link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph.allocation import OwnUse
from chaingraph.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from chaingraph.allocation import Recipe
    from chaingraph.quantity import Floats, Integers

COLUMNS = ("site", "input", "output", "k_input", "k_output", "k_input_low", "k_output_low")
"""Of pairs: sites that make both ends of a link, with their known capacities, units a year."""


def no_own_use(recipe: Recipe) -> OwnUse:
    """Return that no site takes what it makes."""
    size = len(recipe.graph.source)
    return OwnUse(Quantity.zeros(size), np.zeros(size))


def own_use(recipe: Recipe, pairs: Mapping[str, NDArray[Any]], load: Quantity) -> OwnUse:
    r"""Return by link how much output is served inside the site that makes its input.

    A site serves :math:`f = \min(1, k_i / \sum_j a_{ij} s_{ij} k_j)` of its outputs j from its own
    input i, at any load, since both ends run together. Members of an open group are taken in the order of
    their ids until the output is served.

    Parameters
    ----------
    pairs
        Arrays of the columns ``COLUMNS``; inputs and outputs as product positions.
    load
        By product.
    """
    if not len(pairs["site"]):
        return no_own_use(recipe)
    size = len(recipe.graph.source)
    full, low, certain = np.zeros(size), np.zeros(size), np.zeros(size)
    links = _links(recipe, pairs["input"], pairs["output"])
    for rows in _by_site(pairs["site"], links):
        served = _site(recipe, links[rows], {name: pairs[name][rows] for name in COLUMNS})
        np.add.at(full, links[rows], served)
        surely = pairs["k_input_low"][rows] > 0
        np.add.at(certain, links[rows], np.where(surely, served, 0.0))
        both = surely & (pairs["k_output_low"][rows] > 0)
        np.add.at(low, links[rows], np.where(both, served, 0.0))
    target = recipe.graph.target
    runs = load.take(target)
    output = Quantity(low * runs.low, full * runs.point, full * runs.high, runs.reasons)
    return OwnUse(output * (full > 0).astype(float), certain * runs.high)


def _links(recipe: Recipe, inputs: Integers, outputs: Integers) -> Integers:
    """Return the link of each pair, -1 for those that no consumed link with a coefficient joins."""
    graph = recipe.graph
    used = np.flatnonzero((recipe.single | recipe.member) & graph.quantified)
    keys = graph.target[used].astype(np.int64) * graph.size + graph.source[used]
    order = np.argsort(keys, kind="stable")
    asked = outputs.astype(np.int64) * graph.size + inputs
    place = np.searchsorted(keys[order], asked)
    inside = place < len(keys)
    hit = np.zeros(len(asked), dtype=bool)
    hit[inside] = keys[order][place[inside]] == asked[inside]
    result = np.full(len(asked), -1, dtype=np.intp)
    result[hit] = used[order][place[hit]]
    return result


def _by_site(site: Integers, links: Integers) -> list[Integers]:
    rows = np.flatnonzero(links >= 0)
    rows = rows[np.argsort(site[rows], kind="stable")]
    cuts = np.flatnonzero(np.diff(site[rows])) + 1
    return np.split(rows, cuts) if len(rows) else []


def _site(recipe: Recipe, links: Integers, pairs: Mapping[str, NDArray[Any]]) -> Floats:
    """Return the output that each pair of one site serves inside, at full capacity."""
    graph = recipe.graph
    unit = graph.coefficient[links] * np.where(recipe.single[links], recipe.weight[links], 1.0)
    need = unit * pairs["k_output"]
    single = recipe.single[links]
    served = np.zeros(len(links))
    left = dict(zip(pairs["input"].tolist(), pairs["k_input"].tolist(), strict=True))
    for product in sorted(left):
        mine = single & (pairs["input"] == product)
        total = float(need[mine].sum())
        share = min(1.0, left[product] / total) if total > 0 else 0.0
        served[mine] = pairs["k_output"][mine] * share
        left[product] -= total * share
    open_need: dict[int, float] = {}
    order = sorted(range(len(links)), key=lambda row: graph.ids[int(pairs["input"][row])])
    for row in order:
        if single[row] or unit[row] <= 0:
            continue
        group = int(graph.group[links[row]])
        want = open_need.setdefault(group, float(pairs["k_output"][row]))
        product = int(pairs["input"][row])
        part = min(want, left[product] / float(unit[row]))
        served[row] = part
        open_need[group] = want - part
        left[product] -= part * float(unit[row])
    return served
