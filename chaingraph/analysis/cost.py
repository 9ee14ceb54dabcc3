"""Delivered cost: what the inputs of a product cost at a place, and at its buyers' gate here.

Only what the data price is added up: goods, their freight from the nearest known maker, grid energy at the
tariff of the place, and the freight of the product to the region. What is not known is left out and named;
the share of the parts that are known stands beside every figure. Labour, capital, tax and margins are no part
of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph import words
from chaingraph.analysis.balance import study_params
from chaingraph.analysis.reach import DETOUR, TARIFF
from chaingraph.analysis.settings import read_lang, read_product
from chaingraph.analysis.sizes import unit_masses
from chaingraph.analysis.study import as_state
from chaingraph.enterprises import site_rows
from chaingraph.errors import OptionError
from chaingraph.groups import placeholders
from chaingraph.knowledge.facts import price_of_place, price_range
from chaingraph.regions import distances
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from chaingraph.analysis.basis import Basis
    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Source
    from chaingraph.knowledge.facts import LocalPrice
    from chaingraph.quantity import Flags, Floats
    from chaingraph.regions import Point, Region
    from chaingraph.words import Language

PLACES: Final = 3
"""Places of makers that a region is compared with: those of the three largest."""
PARTS: Final = ("goods", "freight", "power", "delivery")
"""What a cost is made of; words in the vocabulary ``cost_part``."""
SHOWN: Final = (
    "product_id", "name_zh", "name_en", "place_rank", "place", "group_zh", "km", "cost_low", "cost_high",
    "unit", "parts_known", "parts", "advantage_low", "advantage_high", "parts_compared",
)  # fmt: skip
SHOWN_PARTS: Final = (
    "name_zh", "name_en", "place", "input_zh", "input_en", "cost_part", "coefficient", "price_low",
    "price_high", "km", "cost_low", "cost_high", "source_url",
)  # fmt: skip


class Ends(NamedTuple):
    """The least and the most of an amount; nan where it is not known."""

    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether it is known."""
        return not (np.isnan(self.low) or np.isnan(self.high))

    def __add__(self, other: tuple[float, ...]) -> Ends:  # type: ignore[override]
        """Return the sum of two amounts."""
        return Ends(self.low + other[0], self.high + other[1])

    def minus(self, other: Ends) -> Ends:
        """Return the least and the most that this lies above another."""
        return Ends(self.low - other.high, self.high - other.low)

    def times(self, other: Ends) -> Ends:
        """Return the product of two amounts."""
        ends = [a * b for a in self for b in other]
        return Ends(min(ends), max(ends)) if self.known and other.known else UNKNOWN


UNKNOWN: Final = Ends(np.nan, np.nan)
NOTHING: Final = Ends(0.0, 0.0)


@dataclass(frozen=True, eq=False)
class Place:
    """Where a product is, or could be, made.

    Attributes
    ----------
    name, group
        The region or city, and the maker there; empty for the region itself.
    capacity
        Of that maker there, units a year; nan for the region itself.
    path
        The place and what it lies in, from the province down.
    point
        Latitude and longitude; None where not known.
    made
        By product position: whether it is made in the place itself.
    source
        Of the maker's largest row.
    """

    name: str
    group: str
    capacity: float
    path: tuple[str, ...]
    point: Point | None
    made: Flags
    source: str = ""


class Part(NamedTuple):
    """One part of a cost: which choice of which input, at what a unit."""

    choice: int
    link: int
    kind: str
    amount: Ends
    each: Ends
    km: float
    date: str
    source: str

    @property
    def cost(self) -> Ends:
        """CNY for a unit of the product."""
        return self.amount.times(self.each)


@dataclass(frozen=True, eq=False)
class Costs:
    """The parts of a product's cost at each place, the region first; parts stand in the same order at all."""

    product: int
    places: tuple[Place, ...]
    parts: tuple[tuple[Part, ...], ...]
    kilometres: tuple[float, ...]

    def choices(self, place: int) -> dict[tuple[int, str], list[Part]]:
        """Return the parts of a place by choice and kind: several where an input stands for others."""
        found: dict[tuple[int, str], list[Part]] = {}
        for part in self.parts[place]:
            found.setdefault((part.choice, part.kind), []).append(part)
        return found

    def known(self, place: int) -> dict[tuple[int, str], Ends]:
        """Return the costs of a place that are known: of a choice the cheapest and the dearest."""
        return {
            key: Ends(min(p.cost.low for p in own), max(p.cost.high for p in own))
            for key, own in self.choices(place).items()
            if all(part.cost.known for part in own)
        }

    def advantage(self, place: int) -> tuple[Ends, int]:
        """Return how much more it costs there than here, of the parts known at both, and how many they are.

        The same amount of each input is taken at both, so that a price that holds everywhere falls out.
        """
        shared = sorted(self.known(0).keys() & self.known(place).keys())
        here, there = self.choices(0), self.choices(place)
        total = NOTHING
        for key in shared:
            pairs = zip(here[key], there[key], strict=True)
            each = [a.amount.times(_apart(a, b)) for a, b in pairs]
            total += Ends(min(end.low for end in each), max(end.high for end in each))
        return (total if shared else UNKNOWN), len(shared)


def _apart(here: Part, there: Part) -> Ends:
    """Return how much more a unit costs there; a price of the nation is the same one at both."""
    return NOTHING if here.kind == "goods" else there.each.minus(here.each)


@dataclass(frozen=True, eq=False)
class CostBasis:
    """What delivered costs of a study are reckoned with."""

    state: RegionState
    road_tariff: float

    @property
    def study(self) -> Basis:
        """The study of the state."""
        return self.state.study

    @cached_property
    def mass(self) -> Floats:
        """Tonnes of a unit of each product."""
        study = self.study
        return unit_masses(study.dataset, study.product_graph, study.products)

    @cached_property
    def price(self) -> tuple[Floats, Floats]:
        """The least and the most of each product's price in force, CNY a unit."""
        return price_range(self.study.dataset, self.study.product_graph, self.study.prices)

    @cached_property
    def here(self) -> Place:
        """The region itself."""
        state, study = self.state, self.study
        try:
            point: Point | None = study.gazetteer.centre(state.region)
        except OptionError:
            point = None
        return Place(state.region.name, "", np.nan, state.region.path, point, state.present)

    @cached_property
    def city_points(self) -> tuple[Floats, Floats]:
        """Latitude and longitude of the cities with known makers."""
        cities = self.study.neighbours.cities
        return cities["lat"].to_numpy(dtype=float), cities["lon"].to_numpy(dtype=float)

    @cached_property
    def unnamed(self) -> frozenset[str]:
        """Sites that stand for makers unknown."""
        return placeholders(self.study.dataset.enterprises)

    def places(self, product: int, count: int) -> list[Place]:
        """Return where the largest makers elsewhere make it, each maker's largest city, largest first."""
        rows = self.study.maker_rows
        own = rows[
            (rows["product_id"] == self.study.product_graph.ids[product]) & (rows["counted"] > 0)
        ]
        own = site_rows(own)
        own = own[~self.state.region.mask(own) & ~own["enterprise_id"].isin(self.unnamed)]
        own = own[(own["effective"] > 0) & own["city"].notna()]
        own = own.assign(maker=own["group_zh"].fillna(own["name_zh"]).fillna(own["enterprise_id"]))
        sums = own.groupby(["maker", "city"], as_index=False)["effective"].sum()
        sums = sums.sort_values(["effective", "maker", "city"], ascending=[False, True, True])
        first = sums.drop_duplicates("maker").head(count)
        return [
            self._place(own[(own["maker"] == maker) & (own["city"] == city)], maker, city, size)
            for maker, city, size in first[["maker", "city", "effective"]].itertuples(index=False)
        ]

    def _place(self, rows: pd.DataFrame, maker: str, city: str, size: float) -> Place:
        largest = rows.sort_values(["effective", "enterprise_id"], ascending=[False, True]).iloc[0]
        point = float(largest["lat"]), float(largest["lon"])
        near, names = self.study.neighbours, self.study.neighbours.cities["city"].tolist()
        number = names.index(city) if city in names else -1
        if np.isnan(point).any() and number >= 0:
            point = float(self.city_points[0][number]), float(self.city_points[1][number])
        made = np.zeros(self.study.product_graph.size, dtype=bool)
        made[near.makes.product[near.makes.city == number]] = True
        path = tuple(
            v for v in (largest["province"], city, largest["county"]) if isinstance(v, str)
        )
        source = largest["source_url"] if isinstance(largest["source_url"], str) else ""
        known = None if np.isnan(point).any() else point
        return Place(city, maker, float(size), path, known, made, source)

    def haul(self, product: int, place: Place) -> float:
        """Return the kilometres by road from the nearest known maker to a place; 0 where made there."""
        if place.made[product]:
            return 0.0
        makes = self.study.neighbours.makes
        cities = makes.city[makes.product == product]
        if place.point is None or not len(cities):
            return np.nan
        lat, lon = (values[cities] for values in self.city_points)
        away = DETOUR * distances(lat, lon, place.point)
        return float(np.nanmin(away)) if not np.isnan(away).all() else np.nan

    def local_price(self, product: int, place: Place) -> LocalPrice:
        """Return the price that a place pays for what its grid brings."""
        study = self.study
        return price_of_place(study.dataset, study.product_graph.ids[product], place.path)

    def freight(self, product: int, km: float) -> Ends:
        """Return CNY for hauling one unit so far: tariff times tonnes times kilometres."""
        return _point(0.0 if km == 0 else self.road_tariff * self.mass[product] * km)


def _point(value: float) -> Ends:
    return UNKNOWN if np.isnan(value) else Ends(float(value), float(value))


def reckon_costs(basis: CostBasis, product: int, count: int = PLACES) -> Costs:
    r"""Return the parts of a product's delivered cost, here and where its largest makers are.

    .. math:: c_j(r) = \sum_i a_{ij} s_{ij} (p_i + \tau m_i d_i(r)) + \sum_e a_{ej} t_e(r) + \tau m_j d_j(r)

    with coefficients a (their range), stated shares s, prices p of the nation, the road tariff
    :math:`\tau`, tonnes a unit m, kilometres :math:`d_i(r)` by road from the nearest known maker of i to r,
    tariffs :math:`t_e(r)` of what the grid brings (power, gas) at r, and :math:`d_j(r)` from r to the region.
    """
    here = basis.here
    places = (here, *basis.places(product, count))
    away = tuple(_kilometres(place, here) for place in places)
    parts = tuple(
        (*_input_parts(basis, product, place), _delivery(basis, product, km))
        for place, km in zip(places, away, strict=True)
    )
    return Costs(product, places, parts, away)


def _kilometres(place: Place, here: Place) -> float:
    if place is here:
        return 0.0
    if place.point is None or here.point is None:
        return np.nan
    lat, lon = (np.array([value]) for value in place.point)
    return float(DETOUR * distances(lat, lon, here.point)[0])


def _delivery(basis: CostBasis, product: int, km: float) -> Part:
    return Part(-1, -1, "delivery", Ends(1.0, 1.0), basis.freight(product, km), km, "", "")


def _input_parts(basis: CostBasis, product: int, place: Place) -> Iterator[Part]:
    """Yield the parts of each input; members of an open group share a choice."""
    study, recipe = basis.study, basis.study.recipe
    graph = study.product_graph
    grid = study.modes["grid"]
    chosen = recipe.single | recipe.member
    for link in np.flatnonzero(chosen & (graph.target == product)).tolist():
        source = int(graph.source[link])
        weight = recipe.weight[link] if recipe.single[link] else 1.0
        amount = _amount(basis, link, float(weight))
        choice = -2 - int(graph.group[link]) if recipe.member[link] else link
        if grid[source]:
            local = basis.local_price(source, place)
            each = Ends(local.low, local.high)
            yield Part(choice, link, "power", amount, each, np.nan, local.date, local.source)
            continue
        low, high = basis.price
        each = Ends(float(low[source]), float(high[source]))
        prices = study.prices
        yield Part(
            choice, link, "goods", amount, each, np.nan, prices.date[source], prices.source[source]
        )
        km = basis.haul(source, place)
        yield Part(choice, link, "freight", amount, basis.freight(source, km), km, "", "")


def _amount(basis: CostBasis, link: int, weight: float) -> Ends:
    graph = basis.study.product_graph
    if np.isnan(graph.coefficient[link]):
        return UNKNOWN
    ends = (graph.low[link], graph.coefficient[link], graph.high[link])
    return Ends(weight * float(np.nanmin(ends)), weight * float(np.nanmax(ends)))


def delivered_cost(
    ds: Source,
    products: Sequence[str] | str,
    *,
    region: str | Region | None = None,
    places: int = PLACES,
    road_tariff: float = TARIFF,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    lang: Language | None = None,
) -> Result:
    r"""Say what the known inputs of a product cost here, and where its largest makers are.

    Parameters
    ----------
    ds
        The dataset, an open study or a region's state; needs inputs, enterprises and capacities.
    products
        Products by id or name.
    region
        Where it would be made and is wanted; the focus by default.
    places
        How many makers elsewhere, largest known capacity first, each at its largest city.
    road_tariff
        CNY a tonne and kilometre; see :data:`chaingraph.analysis.reach.TARIFF`.
    at, statuses, load, lang
        As in :func:`find_gaps`.

    Returns
    -------
    Result
        One row a product and place, the region first: `region`, `product_id`, names, `unit`, `place_rank`
        (0: the region), `place`, `group_zh` (the maker there), `group_capacity` (its capacity there, units a
        year), `km` (by road to the region), `goods_low`/`_high`, `freight_low`/`_high` (of inputs),
        `power_low`/`_high`, `delivery_low`/`_high` (of the product to the region), `cost_low`,
        `cost_high` (their sum; missing where no good and no power is priced), all in CNY for a unit of the
        product; `parts_known` of `parts`, `priced_share`;
        `left_out_zh`, `left_out_en` (what is not known); `advantage_low`, `advantage_high` (how much
        more it costs there than here, of the `parts_compared` known at both); `price_cny`, `sources`.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError
        For names, options and tables that cannot be used.

    Notes
    -----
    .. math:: c_j(r) = \sum_i a_{ij} s_{ij} (p_i + \tau m_i d_i(r)) + \sum_e a_{ej} t_e(r) + \tau m_j d_j(r)

    Goods cost what they cost the nation, and travel from the nearest known maker by road (great circle times
    1.3, at the monitored road rate). Of an open choice the range holds the cheapest and the dearest. Power
    and gas count where a tariff of the place, or of what it lies in, is in `product_facts` (price with a
    region); the nation's average says nothing of a place and is left out. By-products, equipment, labour
    and capital are not counted: it is no full cost, and only the difference between places is an argument.
    Delivered price as a ground of location: Isard (1956), Location and Space-Economy, chapter 5.

    Examples
    --------
    >>> import chaingraph as cg
    >>> found = cg.delivered_cost(cg.load_dataset("toy"), "foil").frame
    >>> found[["place", "parts_known", "parts"]].to_numpy().tolist()[0]
    ['甲市', 3, 3]
    """
    call = Call.of(delivered_cost, locals())
    basis, chosen = _open(
        ds, products, region, places, road_tariff, at=at, statuses=statuses, load=load
    )
    rows = [
        row for product in chosen for row in cost_rows(basis, reckon_costs(basis, product, places))
    ]
    return _result("delivered_cost", basis, rows, SHOWN, places, lang, call)


def explain_delivered_cost(
    ds: Source,
    products: Sequence[str] | str,
    *,
    region: str | Region | None = None,
    places: int = PLACES,
    road_tariff: float = TARIFF,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    lang: Language | None = None,
) -> Result:
    """Show every part of a delivered cost, with its price, distance, date and source.

    Parameters
    ----------
    ds, products, region, places, road_tariff, at, statuses, load, lang
        As in :func:`delivered_cost`.

    Returns
    -------
    Result
        One row a product, place and part: `region`, `product_id`, names, `place_rank`, `place`,
        `input_id` (empty of the product's own freight) with `input_zh` and `input_en`, `cost_part` (goods,
        freight, power, delivery), `alternative_group`, `coefficient_low`, `coefficient`,
        `coefficient_high` (units of the input for one of the product, stated shares included),
        `price_low`, `price_high` (CNY for a unit of the input, or for hauling it), `km`, `cost_low`,
        `cost_high` (CNY for a unit of the product; missing: not known), `date`, `source_url`.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError
        For names, options and tables that cannot be used.

    Examples
    --------
    >>> import chaingraph as cg
    >>> found = cg.explain_delivered_cost(cg.load_dataset("toy"), "foil", places=1).frame
    >>> found[["place", "cost_part"]].to_numpy().tolist()[:2]
    [['甲市', 'goods'], ['甲市', 'freight']]
    """
    call = Call.of(explain_delivered_cost, locals())
    basis, chosen = _open(
        ds, products, region, places, road_tariff, at=at, statuses=statuses, load=load
    )
    rows = [
        row for product in chosen for row in part_rows(basis, reckon_costs(basis, product, places))
    ]
    return _result("delivered_cost_parts", basis, rows, SHOWN_PARTS, places, lang, call)


def _open(
    ds: Source,
    products: Sequence[str] | str,
    region: str | Region | None,
    places: int,
    road_tariff: float,
    **assumptions: Any,
) -> tuple[CostBasis, list[int]]:
    if places < 0:
        raise OptionError("bad-limit", value=places)
    if not (np.isfinite(road_tariff) and road_tariff >= 0):
        raise OptionError("bad-road-tariff", value=road_tariff)
    state = as_state(ds, region, **assumptions)
    names = [products] if isinstance(products, str) else list(products)
    ids = dict.fromkeys(read_product(state.study.dataset, name) for name in names)
    chosen = [state.study.product_graph.find(name) for name in ids]
    return CostBasis(state, float(road_tariff)), chosen


_EMPTY: Final = {"delivered_cost": SHOWN, "delivered_cost_parts": SHOWN_PARTS}


def _result(
    kind: str, basis: CostBasis, rows: list[dict[str, Any]], shown: tuple[str, ...], places: int,
    lang: Language | None, call: Call,
) -> Result:  # fmt: skip
    study = basis.study
    frame = pd.DataFrame(rows, columns=list(rows[0]) if rows else list(_EMPTY[kind]))
    params = study_params(study, [basis.state.region.name], None) | {
        "places": places, "road_tariff": basis.road_tariff,
    }  # fmt: skip
    notes = (("note-delivered-cost", {"tariff": basis.road_tariff}),)
    return Result(kind, frame, params, read_lang(study.dataset, lang), shown, notes, call=call)


def cost_rows(basis: CostBasis, costs: Costs) -> Iterator[dict[str, Any]]:
    """Yield one row a place: see :func:`delivered_cost`."""
    study, product = basis.study, costs.product
    for rank, place in enumerate(costs.places):
        known, parts = costs.known(rank), costs.choices(rank)
        sums = {
            name: _sum(end for (_, kind), end in known.items() if kind == name) for name in PARTS
        }
        total = _sum(known.values())
        ahead, compared = costs.advantage(rank) if rank else (UNKNOWN, 0)
        row: dict[str, Any] = {
            "region": basis.state.region.name,
            "product_id": study.product_graph.ids[product],
            "name_zh": study.names_zh[product],
            "name_en": study.names_en[product],
            "unit": study.products["unit"].iloc[product],
            "place_rank": rank,
            "place": place.name,
            "group_zh": place.group or None,
            "group_capacity": place.capacity,
            "km": costs.kilometres[rank],
        }
        for name, ends in {
            **sums,
            "cost": total if any(kind in {"goods", "power"} for _, kind in known) else UNKNOWN,
        }.items():
            row |= {f"{name}_low": ends.low, f"{name}_high": ends.high}
        pages = dict.fromkeys(
            part.source for part in costs.parts[rank] if part.source and part.cost.known
        )
        row |= {
            "parts_known": len(known),
            "parts": len(parts),
            "priced_share": len(known) / len(parts),
            "left_out_zh": _left_out(study, parts, known, "zh"),
            "left_out_en": _left_out(study, parts, known, "en"),
            "advantage_low": ahead.low,
            "advantage_high": ahead.high,
            "parts_compared": compared,
            "price_cny": float(study.price[product]),
            "sources": " ".join(pages) or None,
        }
        yield row


def _sum(ends: Iterable[Ends]) -> Ends:
    """Return a sum; not known where nothing is."""
    found = list(ends)
    return Ends(sum(e.low for e in found), sum(e.high for e in found)) if found else UNKNOWN


def _left_out(
    study: Basis,
    parts: Mapping[tuple[int, str], Sequence[Part]],
    known: Mapping[tuple[int, str], Ends],
    lang: Language,
) -> str | None:
    """Name what of a cost is not known: inputs with their part."""
    names = study.names_zh if lang == "zh" else study.names_en
    told: dict[str, list[str]] = {}
    for key, own in parts.items():
        if key not in known:
            what = [names[int(study.product_graph.source[p.link])] for p in own if p.link >= 0]
            told.setdefault(key[1], []).append("/".join(dict.fromkeys(what)))
    comma, stop, colon = ("、", "；", "：") if lang == "zh" else (", ", "; ", ": ")
    lines = []
    for kind, inputs in told.items():
        word = words.term("cost_part", kind, lang)
        named = comma.join(filter(None, inputs))
        lines.append(f"{word}{colon}{named}" if named else word)
    return stop.join(lines) or None


def part_rows(basis: CostBasis, costs: Costs) -> Iterator[dict[str, Any]]:
    """Yield one row a place and part: see :func:`explain_delivered_cost`."""
    study = basis.study
    graph, table = study.product_graph, study.dataset.inputs
    for rank, place in enumerate(costs.places):
        for part in costs.parts[rank]:
            row = table.iloc[int(graph.row[part.link])] if part.link >= 0 else None
            group = None if row is None else row["alternative_group"]
            middle = 1.0 if row is None else float(graph.coefficient[part.link])
            if row is not None and study.recipe.single[part.link]:
                middle *= float(study.recipe.weight[part.link])
            yield {
                "region": basis.state.region.name,
                "product_id": graph.ids[costs.product],
                "name_zh": study.names_zh[costs.product],
                "name_en": study.names_en[costs.product],
                "place_rank": rank,
                "place": place.name,
                "input_zh": None if row is None else study.names_zh[int(graph.source[part.link])],
                "input_en": None if row is None else study.names_en[int(graph.source[part.link])],
                "input_id": None if row is None else row["input_id"],
                "cost_part": part.kind,
                "alternative_group": group if isinstance(group, str) else None,
                "coefficient_low": part.amount.low,
                "coefficient": middle,
                "coefficient_high": part.amount.high,
                "price_low": part.each.low,
                "price_high": part.each.high,
                "km": part.km,
                "cost_low": part.cost.low,
                "cost_high": part.cost.high,
                "date": part.date or None,
                "source_url": part.source or None,
            }
