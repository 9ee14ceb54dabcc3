"""What lies around a region: every city's known makers, what they take and what they could make."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chaingraph.analysis.reach import DETOUR, Around, Cells, Spots
from chaingraph.enterprises import local_rows
from chaingraph.errors import OptionError
from chaingraph.knowledge.facts import NATION
from chaingraph.knowledge.statements import CLEARLY, FRESH_TOTAL
from chaingraph.products import positions
from chaingraph.quantity import Quantity, stacked
from chaingraph.regions import distances

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from chaingraph.analysis.loads import Loads
    from chaingraph.dataset import Dataset
    from chaingraph.enterprises import LocalRows, Standing
    from chaingraph.gazetteer import Gazetteer
    from chaingraph.knowledge.statements import Statements
    from chaingraph.products import ProductGraph
    from chaingraph.quantity import Flags, Floats, Integers
    from chaingraph.regions import Region

_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Premises:
    """What cities are read with, as their study holds it."""

    dataset: Dataset
    graph: ProductGraph
    standing: Standing
    statements: Statements
    loads: Loads
    frozen_share: Floats
    by_product_links: Integers
    gazetteer: Gazetteer


class Makers(NamedTuple):
    """What known makers of cities have: one entry a city and product with any, sorted by product, then city.

    Attributes
    ----------
    city, product
        Numbers of both.
    capacity, capacity_low
        Units a year: known figures, or what a total of the city says above them; of those what surely runs.
    makers
        How many are known; one where only a total tells of any.
    """

    city: Integers
    product: Integers
    capacity: Floats
    capacity_low: Floats
    makers: Floats


@dataclass(frozen=True, eq=False)
class Neighbours:
    """All cities with known makers, once for every region of a given.

    Attributes
    ----------
    given
        What they were read with.
    cities
        One row a city: `province`, `city`, `lat`, `lon`; nan where its place is not known.
    known
        What their makers have.
    unmet, spare
        Units a year: what known makers take beyond what they could make, and what they could make
        beyond that; see :func:`left_over`.
    """

    given: Premises
    cities: pd.DataFrame
    known: Makers
    unmet: Cells
    spare: Cells

    @cached_property
    def makes(self) -> Spots:
        """Where a maker is known."""
        some = self.known.makers > 0
        return Spots(self.known.city[some], self.known.product[some])


def read_neighbours(given: Premises, rows: LocalRows) -> Neighbours:
    """Return every city with what its known makers take and could make.

    Makers without a figure are known to be there and add no amount. Sites that name no city lie nowhere.

    Parameters
    ----------
    given
        What they are read with.
    rows
        What counts by city and product.
    """
    cities = given.gazetteer.cities
    code = {name: number for number, name in enumerate(cities["city"].tolist())}
    known = _with_totals(given, code, _by_city(given, code, rows))
    return Neighbours(given, cities, known, *left_over(given, known, len(cities)))


def _by_city(given: Premises, code: dict[str, int], rows: LocalRows) -> Makers:
    """Return a pass over cities."""
    city = np.array([code.get(name, -1) for name in rows.regions.tolist()], dtype=np.intp)
    city, place = city[rows.region], positions(given.graph, rows.products)[rows.product]
    known = np.flatnonzero((city >= 0) & (place >= 0))
    known = known[np.lexsort((city[known], place[known]))]
    numbers = (
        rows.numbers[name][known].astype(float) for name in ("capacity", "capacity_low", "makers")
    )
    return Makers(city[known], place[known], *numbers)


def _with_totals(given: Premises, code: dict[str, int], known: Makers) -> Makers:
    """Return what makers have where totals of their cities say clearly more, or tell of any."""
    said = _totals(given, code)
    if not said:
        return known
    size = len(code)
    own = known.product * size + known.city
    every = np.union1d(own, np.array(list(said), dtype=np.intp))
    total = np.array([said.get(key, np.nan) for key in every.tolist()])
    heard = np.array([key in said for key in every.tolist()], dtype=float)
    place = np.searchsorted(every, own)
    columns = []
    for values in known[2:]:
        column = np.zeros(len(every))
        column[place] = values
        columns.append(column)
    capacity, low, makers = columns
    beyond = total > capacity * (1 + CLEARLY)
    return Makers(
        every % size, every // size, np.where(beyond, total, capacity),
        np.where(beyond, total, low), np.maximum(makers, heard),
    )  # fmt: skip


def _totals(given: Premises, code: dict[str, int]) -> dict[int, float]:
    """Return what totals say that cities make: the capacity, else the output, of the latest year.

    By product and city, as one number; nan: not how much. A total older than 36 months tells only that
    something is made.
    """
    said: dict[str, dict[int, float]] = {"output": {}, "capacity": {}}
    for total in sorted(given.statements.totals, key=lambda total: total.year):
        made = total.measure in said and total.status != "with_construction" and total.value > 0
        if total.enterprise or total.place in NATION or not made:
            continue
        city = code.get(_city_of(given, total.place), -1)
        if city < 0:
            continue
        fresh = given.statements.age(total.year) <= FRESH_TOTAL
        said[total.measure][total.product * len(code) + city] = total.value if fresh else np.nan
    output, capacity = said["output"], said["capacity"]
    return output | {
        key: value for key, value in capacity.items() if key not in output or value >= 0
    }


def _city_of(given: Premises, place: str) -> str:
    """Return the city that a cell names; empty where it names none, or several."""
    try:
        found = given.gazetteer.look_up(place)
    except OptionError:
        return ""
    return found.path[-1] if found is not None and found.path else ""


def left_over(given: Premises, known: Makers, cities: int) -> tuple[Cells, Cells]:
    r"""Return what makers take beyond what they could make, and what they could make beyond that.

    :math:`d_i = \sum_j a_{ij} s_{ij} k_j l_j`, with loads l where nothing nearer is known and shares s of
    alternatives in the mix of the nation; :math:`s_i = k_i v_i` with availability v, and by-products.
    The ends are those of loads, coefficients and of what surely runs.

    Parameters
    ----------
    known
        What they have.
    cities
        How many cities there are.
    """
    demand, supply = balance_of(given, known, cities)
    some = np.flatnonzero((demand.high > 0) | (supply.high > 0))
    demand, supply = demand.take(some), supply.take(some)

    def cells(rest: Quantity) -> Cells:
        left = np.flatnonzero(rest.high > 0)
        return Cells(some[left] % cities, some[left] // cities, rest.take(left))

    return cells(demand.minus(supply)), cells(supply.minus(demand))


def balance_of(given: Premises, known: Makers, cities: int) -> tuple[Quantity, Quantity]:
    """Return what makers take and what they could make, by product and city in one row."""
    graph, loads = given.graph, given.loads
    free, product = np.isnan(loads.fixed), known.product
    shape = graph.size, cities
    runs = [
        amount * np.where(free, load, loads.fixed)[product]
        for amount, load in (
            (known.capacity_low, loads.nation.low),
            (known.capacity, loads.nation.point),
            (known.capacity, loads.nation.high),
        )
    ]
    units = [
        np.where(graph.quantified, np.nan_to_num(amount), 0.0) * given.frozen_share
        for amount in (graph.low, graph.coefficient, graph.high)
    ]
    taken = _along(known, runs, (graph.target, graph.source), units, shape)
    links = given.by_product_links
    carrier = graph.coefficient[links]
    arising = np.divide(1.0, carrier, out=np.zeros(len(links)), where=carrier > 0)
    made = _along(known, runs, (graph.source[links], graph.target[links]), [arising] * 3, shape)
    place = product * cities + known.city
    for whole, amount in zip(
        made, (known.capacity_low, known.capacity, known.capacity), strict=True
    ):
        whole[place] += amount * loads.availability[product]
    return Quantity.of(*taken), Quantity.of(*made)


def _along(
    known: Makers,
    runs: Sequence[Floats],
    ends: tuple[Integers, Integers],
    units: Sequence[Floats],
    shape: tuple[int, int],
) -> list[Floats]:
    """Return outputs carried along links times a unit each, by product and city in one row.

    Each entry of the makers meets the links of its product only: a city makes few of all products.

    Parameters
    ----------
    runs, units
        Of each bound: by entry and by link.
    ends
        By link: the product that runs, and the one that it is carried to.
    shape
        How many products and cities there are.
    """
    start, end = ends
    live = np.flatnonzero(np.max(units, axis=0) > 0) if len(start) else np.zeros(0, dtype=np.intp)
    live = live[np.argsort(start[live], kind="stable")]
    first = np.searchsorted(start[live], known.product, side="left")
    count = np.searchsorted(start[live], known.product, side="right") - first
    entry = np.repeat(np.arange(len(count)), count)
    link = live[np.arange(len(entry)) + np.repeat(first - np.cumsum(count) + count, count)]
    place = end[link] * shape[1] + known.city[entry]
    return [
        np.bincount(place, run[entry] * unit[link], shape[0] * shape[1]).astype(float, copy=False)
        for run, unit in zip(runs, units, strict=True)
    ]


def around_region(near: Neighbours, region: Region) -> Around:
    """Return what lies around a region: the cities outside it, and what of a city it does not hold."""
    given, cities = near.given, near.cities
    inside = region.mask(cities)
    names = tuple(cities["city"].tolist())
    km = _road(given, region, cities)
    if _is_of_cities(given.gazetteer, region, dict(zip(names, inside.tolist(), strict=True))):
        return Around(names, np.where(inside, np.nan, km), near.unmet, near.spare, near.makes)
    code = {name: number for number, name in enumerate(names)}
    part = _by_city(given, code, _part(given, region))
    held = np.isin(np.arange(len(names)), part.city[part.makers > 0])
    rest = _rest(near.known, part, len(names))
    of_held = held[rest.city]
    of_held_cities = Makers(*(values[of_held] for values in rest))  # type: ignore[arg-type]
    own = left_over(given, of_held_cities, len(names))
    unmet, spare = (
        _in_place(whole, mine, held)
        for whole, mine in zip((near.unmet, near.spare), own, strict=True)
    )
    left = (rest.makers > 0) | (rest.capacity > 0)
    return Around(names, km, unmet, spare, Spots(rest.city[left], rest.product[left]))


def nothing_around(places: Gazetteer, region: Region) -> Around | None:
    """Return that nothing lies around a region which holds every city that is known; None for any other."""
    inside = region.mask(places.cities)
    named = dict(zip(places.cities["city"].tolist(), inside.tolist(), strict=True))
    return Around.nothing() if inside.all() and _is_of_cities(places, region, named) else None


def _part(given: Premises, region: Region) -> LocalRows:
    """Return what counts of a region by city and product."""
    sites = given.dataset.enterprises
    return local_rows(sites, given.standing, level="city", where=region, watched=False)


def _is_of_cities(places: Gazetteer, region: Region, inside: dict[str, bool]) -> bool:
    """Tell whether a region holds its cities whole, so that what it holds need not be read again."""
    if region.level is None and not region.is_whole:
        return False
    sites = places.sites
    here = region.mask(sites)
    of_city = np.array([inside.get(name, False) for name in sites["city"].tolist()])
    return bool((here == of_city)[(sites["city"] != "").to_numpy()].all())


def _rest(whole: Makers, part: Makers, cities: int) -> Makers:
    """Return what is left of makers without some of them, with nothing where only rounding is."""
    keys = whole.product * cities + whole.city
    place = np.searchsorted(keys, part.product * cities + part.city)
    columns = []
    for all_, some in zip(whole[2:], part[2:], strict=True):
        rest = all_.copy()
        rest[place] -= some
        columns.append(np.where(rest > _TINY * all_, rest, 0.0))
    return Makers(whole.city, whole.product, *columns)


def _in_place(whole: Cells, part: Cells, held: Flags) -> Cells:
    """Return amounts of cities with those of some cities in their place."""
    kept = np.flatnonzero(~held[whole.city])
    city = np.concatenate([whole.city[kept], part.city])
    product = np.concatenate([whole.product[kept], part.product])
    order = np.argsort(product, kind="stable")
    amount = stacked([whole.amount.take(kept), part.amount]).take(order)
    return Cells(city[order], product[order], amount)


def _road(given: Premises, region: Region, cities: pd.DataFrame) -> Floats:
    """Return the kilometres by road from each city to a region; nan where either place is not known."""
    try:
        centre = given.gazetteer.centre(region)
    except OptionError:
        return np.full(len(cities), np.nan)
    lat, lon = (cities[name].to_numpy(dtype=float) for name in ("lat", "lon"))
    return DETOUR * distances(lat, lon, centre)
