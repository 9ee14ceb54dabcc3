"""How large a plant of each product is, and what a tonne of it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chaingraph.knowledge.facts import fact_at
from chaingraph.units import conversion_factor

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from chaingraph.dataset import Dataset
    from chaingraph.products import ProductGraph
    from chaingraph.quantity import Floats

BASES = ("fact", "fact_old", "data")
"""What a plant size rests on: a fact in force, an older one, plants of the data.

Words in the vocabulary ``plant_size_basis``.
"""


class Plants(NamedTuple):
    """Sizes of the plants of each product in the data: 10%, 50% and 90% points; nan where few are known."""

    low: Floats
    median: Floats
    high: Floats


class PlantSize(NamedTuple):
    """Plants of each product as they are built, by product position; units a year.

    Attributes
    ----------
    small, typical, large
        Of a fact: its low end, its value, its high end; of the data: their 10%, 50% and 90% points.
    basis
        One of ``BASES``; empty where no size is known.
    date, source
        Of the fact; empty otherwise.
    """

    small: Floats
    typical: Floats
    large: Floats
    basis: NDArray[np.str_]
    date: tuple[str, ...]
    source: tuple[str, ...]


def read_sizes(ds: Dataset, graph: ProductGraph, plants: Plants) -> PlantSize:
    """Return the plant size of each product: facts before the plants of the data.

    A fact says what is built today, the data also hold what was built long ago. One older than 24 months
    stands where nothing newer is known, and its basis says so; none counts from after the date.

    Parameters
    ----------
    plants
        Sizes of the data, nan where fewer than three figures are known.
    """
    fresh = fact_at(ds, graph, "plant_size")
    old = fact_at(ds, graph, "plant_size", max_age=None)
    known, stale, data = (~np.isnan(value) for value in (fresh.value, old.value, plants.median))
    return PlantSize(
        np.select([known, stale], [fresh.low, old.low], plants.low),
        np.select([known, stale], [fresh.value, old.value], plants.median),
        np.select([known, stale], [fresh.high, old.high], plants.high),
        np.select([known, stale, data], BASES, default=""),
        tuple(old.date),
        tuple(old.source),
    )


def unit_masses(ds: Dataset, graph: ProductGraph, products: pd.DataFrame) -> Floats:
    """Return the tonnes of one unit of each product; nan where not known.

    A unit of mass needs no fact; of others it is that of `product_facts` (measure ``mass``), of any date, since
    a good keeps its weight.

    Parameters
    ----------
    products
        In the order of the graph's positions.
    """
    mass = fact_at(ds, graph, "mass", dated=False).value
    units = products["unit"].fillna("").tolist()
    factor = {unit: conversion_factor(unit, "t") if unit else None for unit in set(units)}
    own = np.array(
        [np.nan if factor[unit] is None else factor[unit] for unit in units], dtype=float
    )
    return np.where(np.isnan(own), mass, own)


def tonne_prices(ds: Dataset, graph: ProductGraph, products: pd.DataFrame, price: Floats) -> Floats:
    """Return the price of one tonne of each product, CNY; nan where price or mass is not known.

    Parameters
    ----------
    products
        In the order of the graph's positions.
    price
        CNY for one unit.
    """
    mass = unit_masses(ds, graph, products)
    result = np.full(graph.size, np.nan)
    np.divide(price, mass, out=result, where=mass > 0)
    return result
