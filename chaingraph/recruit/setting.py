"""The setting of a date: which places make what, and how products cluster in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from chaingraph.analysis.relatedness import density, proximity, rca
from chaingraph.groups import city_products
from chaingraph.recruit.evidence import city_points, coded, kinds_apart
from chaingraph.recruit.proof import MAKES
from chaingraph.regions import distances

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.products import Flags, Floats, Integers
    from chaingraph.recruit.candidates import Place
    from chaingraph.recruit.evidence import Evidence

NEIGHBOUR_KM: Final = 300.0
"""Cities this near count as neighbours: a day's return trip of a lorry."""


@dataclass(frozen=True, eq=False)
class Setting:
    """All cities of the evidence at one date.

    Attributes
    ----------
    points
        Where places lie, by name.
    cities
        Names, sorted.
    presence
        City by product: whether somebody makes it there.
    wanted
        Positions of the products whose relatedness is asked for.
    """

    evidence: Evidence
    points: Mapping[str, tuple[float, float]]
    cities: tuple[str, ...]
    presence: Flags
    wanted: Integers

    @cached_property
    def proximity(self) -> Floats:
        """Product by wanted product: how often cities have both (phi, see relatedness)."""
        return proximity(self.presence, diagonal="zero", columns=self.wanted)

    @cached_property
    def where(self) -> Floats:
        """Latitude and longitude of each city; nan where unknown."""
        unknown = (np.nan, np.nan)
        rows = [self.points.get(city, unknown) for city in self.cities]
        return np.array(rows, dtype=float).reshape(-1, 2)

    @cached_property
    def arrivals(self) -> Floats:
        """By product: arrivals of groups in cities with it in the last three years."""
        held = self.evidence.holdings
        count = np.bincount(held.product, held.recent, self.evidence.study.product_graph.size)
        return np.asarray(count, dtype=float)

    @cached_property
    def cities_with(self) -> Integers:
        """By product: number of cities that make it."""
        return np.asarray(self.presence.sum(axis=0), dtype=np.intp)

    @cached_property
    def links(self) -> Flags:
        """By link of the product graph: consumed, of a kind that makes a chain."""
        graph = self.evidence.study.product_graph
        return np.asarray(graph.consumed & ~kinds_apart(self.evidence.study)[graph.source])

    def users(self, made: Flags) -> Floats:
        """By product: how many of some products it goes into."""
        graph = self.evidence.study.product_graph
        links = self.links & made[graph.target]
        return np.bincount(graph.source[links], minlength=graph.size).astype(float)

    def inputs_met(self, made: Flags) -> Floats:
        """By product: share of its inputs that are among some products; nan without inputs."""
        graph = self.evidence.study.product_graph
        own = np.bincount(graph.target[self.links], minlength=graph.size)
        met = np.bincount(graph.target[self.links & made[graph.source]], minlength=graph.size)
        share = np.divide(met, own, out=np.full(graph.size, np.nan), where=own > 0)
        return np.asarray(share, dtype=float)

    def neighbours(self, place: Place) -> Flags:
        """By product: whether a city within 300 km of a place, outside it, makes it."""
        km = distances(self.where[:, 0], self.where[:, 1], place.point)
        columns = place.evidence.columns
        inside = set(columns["city"][place.inside].tolist())
        near = (km <= NEIGHBOUR_KM) & ~np.isin(self.cities, sorted(inside))
        return np.asarray(self.presence[near].any(axis=0), dtype=bool)

    @cached_property
    def _advantage(self) -> tuple[Flags, Floats]:
        """City by product: whether its makers are overrepresented (RCA >= 1); and phi of that."""
        columns = self.evidence.columns
        code = {city: number for number, city in enumerate(self.cities)}
        rows = np.array([code.get(city, -1) for city in columns["city"].tolist()], dtype=np.intp)
        rows[columns["total"].astype(bool) | ~self.evidence.makes] = -1
        size = self.evidence.study.product_graph.size
        keys = np.unique((rows * size * len(self.evidence.groups)
                          + columns["product"] * len(self.evidence.groups)
                          + columns["group"])[rows >= 0].astype(np.int64))  # fmt: skip
        makers = np.bincount(keys // len(self.evidence.groups), minlength=len(self.cities) * size)
        with np.errstate(invalid="ignore"):
            strong = rca(makers.reshape(len(self.cities), size).astype(float)) >= 1
        return strong, proximity(strong, diagonal="zero")

    def rca_density(self, city: str) -> Floats:
        """By product: density of a city, counted over the products it has an RCA of 1 or more in."""
        strong, phi = self._advantage
        size = self.evidence.study.product_graph.size
        own = strong[self.cities.index(city)] if city in self.cities else np.zeros(size, dtype=bool)
        return np.asarray(np.nan_to_num(density(own[np.newaxis, :], phi)[0]), dtype=float)

    def density(self, place: Place) -> Floats:
        """By product: density omega of a place around it, 0 to 1; nan where nothing is near it."""
        result = np.full(self.evidence.study.product_graph.size, np.nan)
        result[self.wanted] = density(place.products[np.newaxis, :], self.proximity)[0]
        return result


def open_setting(evidence: Evidence, wanted: Integers) -> Setting:
    """Lay out which cities make what: plants that stand, and events that prove it."""
    study = evidence.study
    ds, index = study.dataset, pd.Index(study.product_graph.ids)
    made = city_products(ds.enterprises, study.standing, categories=True)
    told = evidence.projects
    if len(told):
        proven = told[(told["proof"] == MAKES) & ~told["broad"]]
        made = pd.concat([made, proven[["city", "product_id"]]])
    code, ids = coded(made["product_id"])
    product = index.get_indexer(pd.Index(ids))[code]
    city, names = coded(made["city"])
    named = (product >= 0) & ~np.isin(names, ["", "unknown"])[city]
    cities, code = np.unique(city[named], return_inverse=True)
    presence = np.zeros((len(cities), study.product_graph.size), dtype=bool)
    presence[code, product[named]] = True
    cities = names[cities]
    return Setting(evidence, city_points(ds), tuple(cities.tolist()), presence, wanted)
