"""The state of a region: what it makes, what its makers would consume, link by link."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from chaingraph.analysis.settings import read_goal, read_statuses, read_utilisation
from chaingraph.dataset import checked_date
from chaingraph.enterprises import local_rows, national_capacity
from chaingraph.errors import OptionError
from chaingraph.gazetteer import find_regions
from chaingraph.products import (
    NOT_MADE_OF,
    goal_vector,
    positions,
    product_graph,
    split_alternatives,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from chaingraph.dataset import Dataset
    from chaingraph.enterprises import Where
    from chaingraph.gazetteer import Asked
    from chaingraph.products import Flags, Floats, Integers, ProductGraph
    from chaingraph.regions import Region

    Source: TypeAlias = "Dataset | Study | RegionState"

_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Nation:
    """What all makers of the data can make, by product position."""

    capacity: Floats
    makers: Integers
    hhi: Floats


@dataclass(frozen=True, eq=False)
class Study:
    """A dataset read under one set of assumptions, before any region is looked at."""

    dataset: Dataset
    graph: ProductGraph
    statuses: dict[str, float]
    utilisation: Floats
    goal: dict[str, float]
    nation: Nation

    @cached_property
    def products(self) -> pd.DataFrame:
        """The products in the order of the graph's positions."""
        return self.dataset.products.sort_values("product_id", ignore_index=True)

    @cached_property
    def price(self) -> Floats:
        """CNY for one unit of each product; nan where unknown."""
        return self.products["price_cny"].to_numpy(dtype=float)

    @cached_property
    def sourced_link(self) -> Flags:
        """Whether each link's row names a source."""
        urls = self.dataset.inputs["source_url"].notna().to_numpy()
        return np.asarray(urls[self.graph.row])

    @cached_property
    def wanted(self) -> Floats:
        """Final demand of the goal, units a year."""
        return goal_vector(self.graph, self.goal)

    @cached_property
    def _kinds(self) -> dict[tuple[str, tuple[str, ...]], Flags]:
        return {}

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
        graph, matrix = self.graph, self.chain_matrix
        link, chain = np.nonzero(matrix[graph.target])
        return link, np.asarray(graph.source[link] * matrix.shape[1] + chain, dtype=np.intp)

    @cached_property
    def chain_links(self) -> Flags:
        """By link: consumed, from a kind that makes a chain, within one chain (if any is named)."""
        graph, matrix = self.graph, self.chain_matrix
        makes = ~self.kind_in("kind", NOT_MADE_OF)
        common = (matrix[graph.source] & matrix[graph.target]).any(axis=1)
        return np.asarray(graph.consumed & makes[graph.source] & (common | (matrix.shape[1] == 0)))

    def state(self, region: str | Region | None = None) -> RegionState:
        """Return the state of one region, the focus by default."""
        return region_state(self, region)

    def kind_in(self, column: str, values: Iterable[str]) -> Flags:
        """Tell for each product whether a column holds one of some values; looked up once."""
        key = (column, tuple(sorted(values)))
        if key not in self._kinds:
            self._kinds[key] = self.products[column].isin(key[1]).to_numpy(dtype=bool)
        return self._kinds[key]


@dataclass(frozen=True, eq=False)
class RegionState:
    """One region of a study: arrays by product position, or by link where said.

    Attributes
    ----------
    capacity, construction
        k_i in units a year: of the statuses that count; under construction and not counted.
    makers, unquantified
        Number of makers; of those, without any figure.
    hhi
        Sum of squared capacity shares of the makers; nan without a figure.
    sourced
        Capacity that rests on rows with a source.
    share
        By link: share of its alternative group.
    flow
        By link: a_ij times share times k_j u_j, units of the input a year.
    """

    study: Study
    region: Region
    capacity: Floats
    construction: Floats
    makers: Integers
    unquantified: Integers
    hhi: Floats
    sourced: Floats
    share: Floats
    flow: Floats

    @cached_property
    def present(self) -> Flags:
        """Whether each product has a local maker."""
        return np.asarray(self.makers > 0)

    @cached_property
    def supply(self) -> Floats:
        """k_i u_i, units a year."""
        return self.capacity * self.study.utilisation

    @cached_property
    def demand(self) -> Floats:
        """d_i, what local makers and the goal would take of each product, units a year."""
        graph = self.study.graph
        return np.bincount(graph.source, self.flow, graph.size) + self.study.wanted

    @cached_property
    def active(self) -> Flags:
        """By link: consumed, in use, and its output is made here."""
        graph = self.study.graph
        return graph.consumed & (self.share > 0) & self.present[graph.target]

    @cached_property
    def open_links(self) -> Flags:
        """By link of a chain: its input is made here, its output by nobody here."""
        graph = self.study.graph
        here = self.present[graph.source] & ~self.present[graph.target]
        return np.asarray(self.study.chain_links & here, dtype=bool)

    @cached_property
    def users(self) -> Integers:
        """Number of local products that each product goes into."""
        graph = self.study.graph
        return np.bincount(graph.source[self.active], minlength=graph.size)

    @cached_property
    def users_unknown(self) -> Integers:
        """Number of those whose demand could not be quantified, or only in part."""
        graph = self.study.graph
        open_end = (self.unquantified > 0)[graph.target] | np.isnan(graph.coefficient)
        return np.bincount(graph.source[self.active & open_end], minlength=graph.size)

    @cached_property
    def needed(self) -> Flags:
        """Whether a local maker or the goal takes the product."""
        return np.asarray((self.users > 0) | (self.study.wanted > 0))

    @cached_property
    def balance(self) -> Floats:
        """b_i = k_i u_i - d_i, nan where nothing of a side is known."""
        unknown = (self.demand <= 0) & self.needed
        unknown |= (self.unquantified > 0) & (self.capacity <= 0)
        return np.where(unknown, np.nan, self.supply - self.demand)

    @cached_property
    def coverage(self) -> Floats:
        """min(1, k_i u_i / d_i), nan without a known demand or where the makers have no figure."""
        demand = self.demand
        ratio = np.divide(self.supply, demand, out=np.full(len(demand), np.nan), where=demand > 0)
        unknown = (self.unquantified > 0) & (self.capacity <= 0)
        return np.where(unknown, np.nan, np.minimum(1.0, ratio))

    @cached_property
    def short(self) -> Flags:
        """Whether a known demand is above the local supply."""
        return np.asarray((self.demand > 0) & (self.supply < self.demand * (1 - _TINY)))

    @cached_property
    def gap_value(self) -> Floats:
        """max(0, -b_i) times price, CNY a year; nan where price, demand or capacity is unknown."""
        unknown = (self.demand <= 0) & self.needed
        unknown |= (self.unquantified > 0) & (self.capacity <= 0) & self.needed
        missing = np.maximum(0.0, self.demand - self.supply)
        value = np.where(missing > 0, missing * self.study.price, 0.0)
        return np.where(unknown, np.nan, value)

    @cached_property
    def sourced_demand(self) -> Floats:
        """Share of each demand whose coefficient and makers rest on rows with a source."""
        graph, study = self.study.graph, self.study
        makers = np.divide(
            self.sourced, self.capacity, out=np.zeros(graph.size), where=self.capacity > 0
        )
        solid = self.flow * study.sourced_link * makers[graph.target]
        derived = np.bincount(graph.source, self.flow, graph.size)
        total = np.bincount(graph.source, solid, graph.size)
        share = np.divide(total, derived, out=np.full(graph.size, np.nan), where=derived > 0)
        return np.asarray(share, dtype=float)


def open_study(
    ds: Dataset,
    *,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    utilisation: float | Mapping[str, float] = 1.0,
    goal: Mapping[str, float] | None = None,
) -> Study:
    """Read a dataset under one set of assumptions, to ask many things of.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities (figures may be missing).
    at, statuses, utilisation, goal
        As in :func:`calculate_balance`.

    Returns
    -------
    Study
        It stands for the dataset in :func:`find_gaps`, :func:`rank_targets` and others, which then
        read nothing again.

    Raises
    ------
    MissingTableError
        Where the dataset has no enterprises or no capacities.

    Examples
    --------
    >>> import chaingraph as cg
    >>> study = cg.open_study(cg.load_dataset("toy"), utilisation=0.5)
    >>> len(cg.find_gaps(study)) >= len(cg.find_gaps(study, chain="cell"))
    True
    """
    if at is not None:
        ds = ds.at(at)
    factors = read_statuses(statuses)
    graph = product_graph(ds.products, ds.inputs)
    rows = national_capacity(ds.enterprises, ds.capacities, at=ds.as_of, statuses=factors)
    place = positions(graph, rows["product_id"])
    return Study(
        dataset=ds,
        graph=graph,
        statuses=factors,
        utilisation=read_utilisation(graph, utilisation, ds.products),
        goal=read_goal(goal, ds.products),
        nation=Nation(
            _spread(graph, place, rows["capacity"].fillna(0.0), 0.0),
            _spread(graph, place, rows["makers"], 0.0).astype(np.intp),
            _spread(graph, place, rows["hhi"], np.nan),
        ),
    )


def _spread(graph: ProductGraph, place: Integers, values: Any, empty: float) -> Floats:
    """Lay values out by product position."""
    result = np.full(graph.size, empty)
    known = place >= 0
    result[place[known]] = np.asarray(values, dtype=float)[known]
    return result


def region_states(study: Study, regions: Asked = None) -> Iterator[RegionState]:
    """Yield the state of each region, all from one pass over the enterprises.

    Parameters
    ----------
    study
        The dataset under its assumptions.
    regions
        Regions or names, a level, or None for the focus; see :func:`find_regions`.
    """
    ds = study.dataset
    for level, where, members in _passes(find_regions(ds, regions), whole=isinstance(regions, str)):
        rows = local_rows(
            ds.enterprises, ds.capacities, level=level, where=where,
            at=ds.as_of, statuses=study.statuses,
        )  # fmt: skip
        place = positions(study.graph, rows.products)[rows.product]
        code = {name: i for i, name in enumerate(rows.regions.tolist())}
        for region in members:
            here = code.get(region.name if level else "", -1)
            first, last = np.searchsorted(rows.region, [here, here + 1]).tolist()
            numbers = {name: values[first:last] for name, values in rows.numbers.items()}
            yield _state(study, region, place[first:last], numbers)


def _passes(asked: list[Region], *, whole: bool) -> list[tuple[str | None, Where, list[Region]]]:
    """Return the passes over the enterprises: one for regions of one level, else one a region."""
    level = asked[0].level if asked else None
    plain = all(region.level == level and region.is_plain for region in asked)
    if len(asked) > 1 and level is not None and plain:
        where = {} if whole else {level: [region.name for region in asked]}
        return [(level, where, asked)]
    return [(None, region, [region]) for region in asked]


def _state(
    study: Study, region: Region, place: Integers, rows: Mapping[str, NDArray[Any]]
) -> RegionState:
    graph = study.graph
    capacity = _spread(graph, place, rows["capacity"], 0.0)
    makers = _spread(graph, place, rows["makers"], 0.0).astype(np.intp)
    share = split_alternatives(
        graph, local=capacity, present=makers > 0, national=study.nation.capacity
    )
    output = capacity * study.utilisation
    return RegionState(
        study=study,
        region=region,
        capacity=capacity,
        construction=_spread(graph, place, rows["construction"], 0.0),
        makers=makers,
        unquantified=_spread(graph, place, rows["makers_unquantified"], 0.0).astype(np.intp),
        hhi=_spread(graph, place, rows["hhi"], np.nan),
        sourced=_spread(graph, place, rows["sourced_capacity"], 0.0),
        share=share,
        flow=graph.amount * share * output[graph.target],
    )


def region_state(study: Study, region: str | Region | None = None) -> RegionState:
    """Return the state of one region, the focus by default."""
    return next(region_states(study, region if region is None else [region]))


def as_study(source: Source, **assumptions: Any) -> Study:
    """Return the study of a dataset under some assumptions, or one that is open already.

    Parameters
    ----------
    source
        A dataset, an open study or the state of a region.
    assumptions
        `at`, `statuses`, `utilisation` and `goal` as :func:`open_study` takes them. What they default
        to asks nothing of an open study.

    Raises
    ------
    OptionError
        Where an open study reads its dataset under other assumptions.
    """
    study = source.study if isinstance(source, RegionState) else source
    if not isinstance(study, Study):
        return open_study(study, **assumptions)
    ds = study.dataset
    for name, value in assumptions.items():
        if name == "at":
            same = value is None or checked_date(value) == ds.as_of
        elif name == "statuses":
            same = value == "operating" or read_statuses(value) == study.statuses
        elif name == "goal":
            same = value is None or read_goal(value, ds.products) == study.goal
        else:
            asked = read_utilisation(study.graph, value, ds.products)
            plain = isinstance(value, int | float) and value == 1
            same = plain or np.array_equal(asked, study.utilisation)
        if not same:
            raise OptionError("study-open", option=name)
    return study


def as_states(
    source: Source, region: Asked, **assumptions: Any
) -> tuple[Study, Iterable[RegionState]]:
    """Return a study and the states of regions in it; the state of a region stands for itself.

    Raises
    ------
    OptionError
        Where what is open reads under other assumptions, or is the state of another region.
    """
    study = as_study(source, **assumptions)
    if not isinstance(source, RegionState):
        return study, region_states(study, region)
    if region is not None and find_regions(study.dataset, region) != [source.region]:
        raise OptionError("state-elsewhere", region=source.region.name)
    return study, [source]


def as_state(source: Source, region: str | Region | None = None, **assumptions: Any) -> RegionState:
    """Return the state of one region, the focus by default; see :func:`as_states`."""
    asked = region if region is None else [region]
    return next(iter(as_states(source, asked, **assumptions)[1]))
