"""A dataset under one set of assumptions: what is worked out once and handed on to every region."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chaingraph.allocation import read_recipe
from chaingraph.analysis.loads import region_load
from chaingraph.analysis.neighbours import Premises, read_neighbours
from chaingraph.analysis.sizes import Plants, read_sizes, tonne_prices
from chaingraph.enterprises import (
    local_rows,
    maker_rows,
    national_capacity,
    plant_sizes,
    stand,
)
from chaingraph.gazetteer import Gazetteer, gazetteer
from chaingraph.knowledge.facts import NATION
from chaingraph.knowledge.recall import read_recall
from chaingraph.knowledge.statements import SAME
from chaingraph.products import NOT_MADE_OF, goal_vector, positions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from chaingraph.allocation import Recipe
    from chaingraph.analysis.loads import Loads
    from chaingraph.analysis.neighbours import Neighbours
    from chaingraph.analysis.sizes import PlantSize
    from chaingraph.dataset import Dataset
    from chaingraph.enterprises import LocalRows, Stale, Standing
    from chaingraph.knowledge.facts import Prices
    from chaingraph.knowledge.recall import Recall
    from chaingraph.knowledge.statements import Statements, Total
    from chaingraph.products import ProductGraph
    from chaingraph.quantity import Flags, Floats, Integers, Quantity
    from chaingraph.regions import Region

RUNNING: Final = {"operating": 1.0}
"""Statuses of makers that run; trial running counts as operating does."""
MODES = ("trade", "utility", "flow", "grid", "resource", "service")
"""How a product is supplied; where a product does not say, by its kind."""
_BY_KIND = {"resource": "resource", "energy": "grid", "service": "service"}


@dataclass(frozen=True, eq=False)
class Nation:
    """What all makers of the data can make, by product position.

    Attributes
    ----------
    capacity
        Known figures, units a year; nan where makers are known and no figure is.
    makers
        Number of makers.
    hhi
        Concentration over groups; nan without a figure.
    """

    capacity: Floats
    makers: Integers
    hhi: Floats


def read_nation(ds: Dataset, graph: ProductGraph, standing: Standing) -> Nation:
    """Return what all makers of the data can make, as the rows stand."""
    rows = national_capacity(ds.enterprises, standing)
    place = positions(graph, rows["product_id"])
    size = graph.size
    return Nation(
        spread(size, place, rows["capacity"], 0.0),
        spread(size, place, rows["makers"], 0.0).astype(np.intp),
        spread(size, place, rows["hhi"], np.nan),
    )


@dataclass(frozen=True, eq=False)
class Basis:
    """What holds for every region of a dataset under one set of assumptions, worked out once."""

    dataset: Dataset
    product_graph: ProductGraph
    statuses: dict[str, float]
    stale: Stale
    standing: Standing
    loads: Loads
    goal: dict[str, float]
    explode: bool
    prices: Prices
    price_rule: str
    statements: Statements
    nation: Nation
    bounds: bool = True
    asked: dict[str, Any] = field(default_factory=dict)
    frozen_at: Any = None
    """Of a scenario: the study of its base, whose shares of open choices stand; else None."""

    # --- products

    @cached_property
    def products(self) -> pd.DataFrame:
        """The products in the order of the graph's positions."""
        return self.dataset.products.sort_values("product_id", ignore_index=True)

    @cached_property
    def price(self) -> Floats:
        """CNY for one unit of each product in force at the date; nan where unknown."""
        return self.prices.value

    @cached_property
    def names_zh(self) -> list[str]:
        """Chinese name of each product, else the English one, else its id."""
        return self._names("name_zh", "name_en")

    @cached_property
    def names_en(self) -> list[str]:
        """English name of each product, else the Chinese one, else its id."""
        return self._names("name_en", "name_zh")

    def _names(self, *columns: str) -> list[str]:
        cells = [self.products[name].tolist() for name in (*columns, "product_id")]
        return [
            next(str(name) for name in found if isinstance(name, str))
            for found in zip(*cells, strict=True)
        ]

    @cached_property
    def sourced_link(self) -> Flags:
        """Whether each link's row names a source."""
        urls = self.dataset.inputs["source_url"].notna().to_numpy()
        return np.asarray(urls[self.product_graph.row])

    @cached_property
    def wanted(self) -> Floats:
        """Final demand of the goal, units a year."""
        return goal_vector(self.product_graph, self.goal)

    @cached_property
    def modes(self) -> dict[str, Flags]:
        """Supply mode -> products: their own, else by kind; the rest is traded."""
        given = self.products["supply_mode"].fillna("").tolist()
        kinds = self.products["kind"].fillna("").tolist()
        mode = np.array(
            [own or _BY_KIND.get(kind, "trade") for own, kind in zip(given, kinds, strict=True)]
        )
        return {name: np.asarray(mode == name) for name in MODES}

    @cached_property
    def _kinds(self) -> dict[tuple[str, tuple[str, ...]], Flags]:
        return {}

    def kind_in(self, column: str, values: Iterable[str]) -> Flags:
        """Tell for each product whether a column holds one of some values; looked up once."""
        key = (column, tuple(sorted(values)))
        if key not in self._kinds:
            self._kinds[key] = self.products[column].isin(key[1]).to_numpy(dtype=bool)
        return self._kinds[key]

    @cached_property
    def chain_tags(self) -> list[set[str]]:
        """Chains that each product is tagged with."""
        cells = self.products["chains"].fillna("").tolist()
        return [{part.strip() for part in cell.split(";")} - {""} for cell in cells]

    @cached_property
    def chain_names(self) -> list[str]:
        """All chains that products are tagged with, sorted: the columns of the chain matrix."""
        return sorted(set().union(*self.chain_tags))

    @cached_property
    def chain_matrix(self) -> Flags:
        """Product by chain: whether the product is tagged with the chain."""
        place = {name: i for i, name in enumerate(self.chain_names)}
        matrix = np.zeros((len(self.chain_tags), len(place)), dtype=bool)
        for row, tags in enumerate(self.chain_tags):
            matrix[row, [place[tag] for tag in tags]] = True
        return matrix

    @cached_property
    def tags_of_users(self) -> tuple[Integers, Integers]:
        """Pairs of a link and a chain of its output, as the link's and the (input, chain)'s number."""
        graph, matrix = self.product_graph, self.chain_matrix
        link, chain = np.nonzero(matrix[graph.target])
        return link, np.asarray(graph.source[link] * matrix.shape[1] + chain, dtype=np.intp)

    @cached_property
    def chain_links(self) -> Flags:
        """By link: consumed, from a kind that makes a chain, within one chain (if any is named)."""
        graph, matrix = self.product_graph, self.chain_matrix
        makes = ~self.kind_in("kind", NOT_MADE_OF)
        common = (matrix[graph.source] & matrix[graph.target]).any(axis=1)
        return np.asarray(graph.consumed & makes[graph.source] & (common | (matrix.shape[1] == 0)))

    @cached_property
    def by_product_links(self) -> Integers:
        """Links carrier -> by-product, without flows: what use gives back arises years later, elsewhere."""
        later = self.modes["flow"][self.product_graph.target]
        return np.flatnonzero(self.product_graph.is_by_product & ~later)

    # --- how much of the nation the rows know

    @cached_property
    def recall(self) -> Recall:
        """The share of the nation's capacity that running rows know, whatever statuses count."""
        known = self.nation
        if self.statuses != RUNNING:
            running = stand(
                self.dataset.capacities, at=self.standing.at, statuses=RUNNING,
                signs=self.standing.signs, stale=self.stale,
            )  # fmt: skip
            known = read_nation(self.dataset, self.product_graph, running)
        return read_recall(self.dataset, self.product_graph, self.statements, known.capacity)

    # --- the recipe, and choices where nothing nearer is known

    @cached_property
    def recipe(self) -> Recipe:
        """What one unit of each output takes."""
        return read_recipe(self.product_graph)

    @cached_property
    def frozen_share(self) -> Floats:
        """By link: share of its open group by national capability, else equal; of others their own."""
        if self.frozen_at is not None:
            stands: Floats = self.frozen_at.frozen_share
            same = self.recipe.single == self.frozen_at.recipe.single
            return np.where(same, stands, np.where(self.recipe.single, self.recipe.weight, 0.0))
        recipe, graph = self.recipe, self.product_graph
        share = np.where(recipe.single, recipe.weight, 0.0)
        members = recipe.members
        if not len(members.link):
            return share
        count = len(members.owner)
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = self.nation.capacity[members.product] / graph.coefficient[members.link]
        weight = np.where(np.isfinite(weight), weight, 0.0)
        total = np.bincount(members.group, weight, count)[members.group]
        size = np.bincount(members.group, minlength=count)[members.group]
        mix = np.divide(weight, total, out=1.0 / size, where=total > 0)
        share[members.link] = mix
        return share

    # --- the nation and the places

    @cached_property
    def plants(self) -> Plants:
        """Plant sizes of the data: where three or more figures are known."""
        ds = self.dataset
        rows = plant_sizes(ds.enterprises, self.standing)
        place = positions(self.product_graph, rows["product_id"])
        ends = (
            spread(self.product_graph.size, place, rows[name], np.nan)
            for name in ("small", "typical", "large")
        )
        return Plants(*ends)

    @cached_property
    def sizes(self) -> PlantSize:
        """How large a plant of each product is: facts, else the plants of the data."""
        return read_sizes(self.dataset, self.product_graph, self.plants)

    @cached_property
    def tonne(self) -> Floats:
        """CNY for one tonne of each product; nan where price or mass is not known."""
        return tonne_prices(self.dataset, self.product_graph, self.products, self.price)

    @property
    def site_signs(self) -> pd.DataFrame | None:
        """The events of sites that tell whether building goes on."""
        return self.standing.signs

    @cached_property
    def maker_rows(self) -> pd.DataFrame:
        """The capacity rows of all makers with their sites; what counts of them stands in `counted`."""
        return maker_rows(self.dataset.enterprises, self.standing)

    @cached_property
    def city_rows(self) -> LocalRows:
        """What counts by city and product, from one pass over the enterprises."""
        return local_rows(self.dataset.enterprises, self.standing, level="city", watched=False)

    @cached_property
    def watched_city_rows(self) -> LocalRows:
        """The same with what is told beside it: it stands for :attr:`city_rows` where that was not read yet."""
        rows = local_rows(self.dataset.enterprises, self.standing, level="city")
        self.__dict__.setdefault("city_rows", rows)
        return rows

    @cached_property
    def maker_cities(self) -> Integers:
        """Number of cities with a maker of each product."""
        rows = self.city_rows
        place = positions(self.product_graph, rows.products)[rows.product]
        made = (rows.numbers["makers"] > 0) & (place >= 0)
        return np.bincount(place[made], minlength=self.product_graph.size)

    @cached_property
    def neighbours(self) -> Neighbours:
        """Every city with known makers, for what lies around a region."""
        premises = Premises(
            self.dataset, self.product_graph, self.standing, self.statements, self.loads, self.frozen_share,
            self.by_product_links, self.gazetteer,
        )  # fmt: skip
        return read_neighbours(premises, self.city_rows)

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """The places that the dataset knows."""
        return gazetteer(self.dataset)

    def relation(self, region: Region) -> Callable[[str], str]:
        """Return how a row's place lies to a region; each place is looked up once."""
        seen: dict[str, str] = {}

        def lies(place: str) -> str:
            if place not in seen:
                seen[place] = self.gazetteer.relation(region, "*" if place in NATION else place)
            return seen[place]

        return lies

    def counties(self, region: Region) -> frozenset[str]:
        """Return the counties of a city that the table of regions lists, by the names that rows use."""
        if region.level != "city" or not self.dataset.has("regions"):
            return frozenset()
        table = self.dataset.table("regions")
        codes = table.loc[table["name_zh"] == region.path[-1], "adcode"]
        below = table[(table["level"] == "county") & table["parent"].isin(codes)]
        return frozenset(below["name_zh"])

    def load_of(self, region: Region) -> Quantity:
        """Return the loads of a region: asked for, of its own totals, of the nation, or assumed."""
        known = self._load_of_last
        if region not in known:
            relation = self.relation(region)
            known.clear()  # of many regions they would fill the memory
            known[region] = region_load(
                self.loads, self.statements, lambda total: _is_of(total, relation)
            )
        return known[region]

    @cached_property
    def _load_of_last(self) -> dict[Region, Quantity]:
        return {}


def _is_of(total: Total, relation: Callable[[str], str]) -> bool:
    return bool(total.place) and not total.enterprise and relation(total.place) == SAME


def spread(size: int, place: Integers, values: Any, empty: float) -> Floats:
    """Lay values out by product position."""
    result = np.full(size, empty)
    known = place >= 0
    result[place[known]] = np.asarray(values, dtype=float)[known]
    return result
