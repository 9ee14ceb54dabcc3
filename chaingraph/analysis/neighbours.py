"""What lies around a region: every city's known makers, what they take and what they could make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph.analysis.reach import DETOUR, Around
from chaingraph.enterprises import local_rows
from chaingraph.errors import OptionError
from chaingraph.knowledge.facts import NATION
from chaingraph.knowledge.statements import CLEARLY, FRESH_TOTAL
from chaingraph.products import positions
from chaingraph.quantity import Quantity
from chaingraph.regions import distances

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

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


@dataclass(frozen=True, eq=False)
class Neighbours:
    """All cities with known makers, once for every region of a given.

    Attributes
    ----------
    given
        What they were read with.
    cities
        One row a city: `province`, `city`, `lat`, `lon`; nan where its place is not known.
    capacity, capacity_low
        By city and product, units a year: known figures, or what a total of the city says above
        them; of those what surely runs.
    makers
        By city and product: makers that are known; one where only a total tells of any.
    unmet, spare
        By city and product, units a year: what known makers take beyond what they could make, and what
        they could make beyond that; see :func:`balance_of`.
    """

    given: Premises
    cities: pd.DataFrame
    capacity: Floats
    capacity_low: Floats
    makers: Floats
    unmet: Quantity
    spare: Quantity


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
    capacity, low, makers = _by_city(given, code, rows)
    said, heard = _totals(given, code)
    beyond = said > capacity * (1 + CLEARLY)
    capacity, low = np.where(beyond, said, capacity), np.where(beyond, said, low)
    makers = np.maximum(makers, heard)
    return Neighbours(given, cities, capacity, low, makers, *left_over(given, low, capacity))


def left_over(given: Premises, low: Floats, capacity: Floats) -> tuple[Quantity, Quantity]:
    """Return what makers of some capacities take beyond what they could make, and the reverse."""
    demand, supply = balance_of(given, low, capacity)
    return demand.minus(supply), supply.minus(demand)


def _by_city(
    given: Premises, code: dict[str, int], rows: LocalRows
) -> tuple[Floats, Floats, Floats]:
    """Lay a pass over cities out by city and product: capacity, what surely runs, makers."""
    city = np.array([code.get(name, -1) for name in rows.regions.tolist()], dtype=np.intp)
    city, place = city[rows.region], positions(given.graph, rows.products)[rows.product]
    known = (city >= 0) & (place >= 0)

    def laid_out(name: str) -> Floats:
        matrix = np.zeros((len(code), given.graph.size))
        matrix[city[known], place[known]] = rows.numbers[name][known]
        return matrix

    return laid_out("capacity"), laid_out("capacity_low"), laid_out("makers")


def _totals(given: Premises, code: dict[str, int]) -> tuple[Floats, Flags]:
    """Return what totals say that cities make: the capacity, else the output, of the latest year; nan: none.

    A total older than 36 months tells only that something is made.
    """
    shape = len(code), given.graph.size
    said = {name: np.full(shape, np.nan) for name in ("output", "capacity")}
    heard = np.zeros(shape, dtype=bool)
    for total in sorted(given.statements.totals, key=lambda total: total.year):
        made = total.measure in said and total.status != "with_construction" and total.value > 0
        if total.enterprise or total.place in NATION or not made:
            continue
        city = code.get(_city_of(given, total.place), -1)
        if city < 0:
            continue
        heard[city, total.product] = True
        fresh = given.statements.age(total.year) <= FRESH_TOTAL
        said[total.measure][city, total.product] = total.value if fresh else np.nan
    return np.where(np.isnan(said["capacity"]), said["output"], said["capacity"]), heard


def _city_of(given: Premises, place: str) -> str:
    """Return the city that a cell names; empty where it names none, or several."""
    try:
        found = given.gazetteer.look_up(place)
    except OptionError:
        return ""
    return found.path[-1] if found is not None and found.path else ""


def balance_of(given: Premises, low: Floats, capacity: Floats) -> tuple[Quantity, Quantity]:
    r"""Return what makers of some capacities take and what they could make, by city and product.

    :math:`d_i = \sum_j a_{ij} s_{ij} k_j l_j`, with loads l where nothing nearer is known and shares s of
    alternatives in the mix of the nation; :math:`s_i = k_i v_i` with availability v, and by-products.
    The ends are those of loads, coefficients and of what surely runs.

    Parameters
    ----------
    low, capacity
        By city and product, units a year: what surely runs, and all known figures.
    """
    graph, loads = given.graph, given.loads
    free = np.isnan(loads.fixed)
    output = [
        amount * np.where(free, load, loads.fixed)
        for amount, load in (
            (low, loads.nation.low), (capacity, loads.nation.point), (capacity, loads.nation.high)
        )
    ]  # fmt: skip
    units = [
        np.where(graph.quantified, np.nan_to_num(amount), 0.0) * given.frozen_share
        for amount in (graph.low, graph.coefficient, graph.high)
    ]
    taken = [
        _along(run, graph.target, graph.source, unit)
        for run, unit in zip(output, units, strict=True)
    ]
    links = given.by_product_links
    carrier = graph.coefficient[links]
    arising = np.divide(1.0, carrier, out=np.zeros(len(links)), where=carrier > 0)
    made = [
        amount * loads.availability + _along(run, graph.source[links], graph.target[links], arising)
        for amount, run in zip((low, capacity, capacity), output, strict=True)
    ]
    return Quantity.of(*taken), Quantity.of(*made)


def _along(amounts: Floats, start: Integers, end: Integers, unit: Floats) -> Floats:
    """Return amounts by city and product carried along links: from their start to their end, times a unit."""
    result = np.zeros_like(amounts)
    live = np.asarray(amounts.any(axis=0))
    links = np.flatnonzero((unit > 0) & live[start])
    if not len(links):
        return result
    links = links[np.argsort(end[links], kind="stable")]
    first = np.flatnonzero(np.diff(end[links], prepend=-1))
    carried = amounts[:, start[links]] * unit[links]
    result[:, end[links][first]] = np.add.reduceat(carried, first, axis=1)
    return result


def around_region(near: Neighbours, region: Region) -> Around:
    """Return what lies around a region: the cities outside it, and what of a city it does not hold."""
    given, cities = near.given, near.cities
    inside = region.mask(cities)
    names = tuple(cities["city"].tolist())
    unmet, spare, makes = near.unmet, near.spare, near.makers > 0
    km = _road(given, region, cities)
    if _is_of_cities(given.gazetteer, region, dict(zip(names, inside.tolist(), strict=True))):
        km = np.where(inside, np.nan, km)
    else:
        code = {name: number for number, name in enumerate(names)}
        capacity, low, makers = _by_city(given, code, _part(given, region))
        held = np.flatnonzero((makers > 0).any(axis=1))
        left, sure = _rest(near.capacity, capacity), _rest(near.capacity_low, low)
        own = left_over(given, sure[held], left[held])
        unmet, spare = (
            _with_rows(whole, held, part) for whole, part in zip((unmet, spare), own, strict=True)
        )
        makes = (near.makers > makers) | (left > 0)
    return Around(names, km, unmet, spare, makes)


def nothing_around(places: Gazetteer, region: Region, size: int) -> Around | None:
    """Return that nothing lies around a region which holds every city that is known; None for any other."""
    inside = region.mask(places.cities)
    named = dict(zip(places.cities["city"].tolist(), inside.tolist(), strict=True))
    if not inside.all() or not _is_of_cities(places, region, named):
        return None
    nobody = Quantity.of(*np.zeros((3, 0, size)))
    return Around((), np.zeros(0), nobody, nobody, np.zeros((0, size), dtype=bool))


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


def _rest(whole: Floats, part: Floats) -> Floats:
    """Return what is left of amounts, with nothing where only rounding is."""
    rest = whole - part
    return np.where(rest > _TINY * whole, rest, 0.0)


def _with_rows(whole: Quantity, rows: Integers, part: Quantity) -> Quantity:
    """Return amounts by city and product with those of some cities in their place."""
    columns: list[NDArray[Any]] = []
    for name in ("low", "point", "high", "reasons"):
        column = getattr(whole, name).copy()
        column[rows] = getattr(part, name)
        columns.append(column)
    return Quantity(*columns)


def _road(given: Premises, region: Region, cities: pd.DataFrame) -> Floats:
    """Return the kilometres by road from each city to a region; nan where either place is not known."""
    try:
        centre = given.gazetteer.centre(region)
    except OptionError:
        return np.full(len(cities), np.nan)
    lat, lon = (cities[name].to_numpy(dtype=float) for name in ("lat", "lon"))
    return DETOUR * distances(lat, lon, centre)
