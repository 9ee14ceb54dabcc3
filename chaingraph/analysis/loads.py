"""How hard plants run: load on the demand side, availability on the supply side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from chaingraph.analysis.settings import by_product_id, read_number
from chaingraph.errors import OptionError
from chaingraph.knowledge.facts import fact_at, is_of_nation
from chaingraph.knowledge.statements import FRESH
from chaingraph.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaingraph.dataset import Dataset
    from chaingraph.knowledge.statements import Statements, Total
    from chaingraph.products import ProductGraph
    from chaingraph.quantity import Floats

Load = float | Literal["actual", "full"] | Mapping[str, float]
"""How hard makers run: a figure for all, by the data, at full load, or figures by product."""
ASSUMED: Final = (0.5, 0.75, 1.0)
"""Load of a plant of which nothing is known: half, three quarters, full. A judgement, not data."""
MOST: Final = 1.5
"""Nameplates are beaten by half at most."""
ACTUAL, FULL = "actual", "full"
EVERY: Final = "*"
"""All products but those that are named."""


@dataclass(frozen=True, eq=False)
class Loads:
    """What was asked of the loads, and what they are where nothing nearer is known.

    Attributes
    ----------
    asked
        As it was asked: ``actual``, ``full`` or figures by product.
    fixed
        By product: the load that was asked for; nan where the data decide.
    nation
        By product: of the nation, else assumed.
    availability
        By product: share of the capacity that could run.
    """

    asked: str | dict[str, float]
    fixed: Floats
    nation: Quantity
    availability: Floats


def read_load(load: Load, ds: Dataset) -> str | dict[str, float]:
    """Return what is asked of the loads: ``actual``, ``full``, or figures by product id.

    Parameters
    ----------
    load
        ``"actual"``: from the data, else assumed; ``"full"``: 1; one figure for all; or figures of
        some products (ids, names, or what the trade calls them), the others that of ``"*"``, without it
        as in ``"actual"``.

    Raises
    ------
    OptionError
        For another word, a figure that is not between 0 and 1.5, or a product named twice.
    UnknownNameError
        For a product that is not there.

    Examples
    --------
    >>> import chaingraph as cg
    >>> read_load({"电芯": 0.5}, cg.load_dataset("toy"))
    {'cell': 0.5}
    """
    if isinstance(load, str):
        if load not in {ACTUAL, FULL}:
            raise OptionError("bad-load", value=load)
        return load
    if hasattr(load, "items"):
        named = dict(load.items())
        whole = {EVERY: named.pop(EVERY)} if EVERY in named else {}
        pairs = whole | by_product_id(ds, named)
    else:
        pairs = {EVERY: load}
    figures = {name: _figure(value) for name, value in pairs.items()}
    return FULL if figures == {EVERY: 1.0} else figures


def _figure(value: object) -> float:
    figure = read_number(value)
    if figure is None or not 0 <= figure <= MOST:
        raise OptionError("bad-load", value=value)
    return figure


def read_loads(
    ds: Dataset, graph: ProductGraph, statements: Statements, load: str | dict[str, float]
) -> Loads:
    """Return the loads of a study before any region is looked at."""
    fixed = np.full(graph.size, np.nan)
    if load == FULL:
        fixed[:] = 1.0
    elif isinstance(load, dict):
        if EVERY in load:
            fixed[:] = load[EVERY]
        for product_id, figure in load.items():
            if product_id != EVERY:
                fixed[graph.find(product_id)] = figure
    availability = np.nan_to_num(fact_at(ds, graph, "availability").value, nan=1.0)
    return Loads(load, fixed, _nation(ds, graph, statements), availability)


def _nation(ds: Dataset, graph: ProductGraph, statements: Statements) -> Quantity:
    low, point, high = (np.full(graph.size, figure) for figure in ASSUMED)
    known = np.zeros(graph.size, dtype=bool)
    for place, load in total_loads(statements, _of_nation).items():
        low[place] = point[place] = high[place] = load
        known[place] = True
    fact = fact_at(ds, graph, "load")
    given = ~np.isnan(fact.value)
    low, point = np.where(given, fact.low, low), np.where(given, fact.value, point)
    high = np.where(given, fact.high, high)
    return Quantity.of(low, point, high).because("load_assumed", ~(known | given))


def _of_nation(total: Total) -> bool:
    return is_of_nation(total.place, total.enterprise)


def total_loads(statements: Statements, chosen: Callable[[Total], bool]) -> dict[int, float]:
    """Return output over capacity of one body and year, by product, of the latest year that has both."""
    figures: dict[tuple[int, str], dict[str, float]] = {}
    for total in statements.totals:
        if chosen(total) and total.status != "with_construction":
            figures.setdefault((total.product, total.year[:4]), {})[total.measure] = total.value
    loads: dict[int, float] = {}
    for (place, year), pair in sorted(figures.items()):
        capacity = pair.get("capacity", 0.0)
        if "output" in pair and capacity > 0 and statements.age(year) <= FRESH:
            loads[place] = min(MOST, pair["output"] / capacity)
    return loads


def region_load(loads: Loads, statements: Statements, chosen: Callable[[Total], bool]) -> Quantity:
    """Return the loads of a region: asked for, else of its own totals, else of the nation, else assumed."""
    low, point, high = loads.nation.low, loads.nation.point, loads.nation.high
    assumed = loads.nation.has("load_assumed")
    own = total_loads(statements, chosen) if statements.totals else {}
    if own:
        low, point, high, assumed = low.copy(), point.copy(), high.copy(), assumed.copy()
        for place, load in own.items():
            low[place] = point[place] = high[place] = load
            assumed[place] = False
    free = np.isnan(loads.fixed)
    low, point, high = (np.where(free, end, loads.fixed) for end in (low, point, high))
    return Quantity.of(low, point, high).because("load_assumed", assumed & free)
