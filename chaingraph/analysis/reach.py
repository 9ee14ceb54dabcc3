"""Is a gap large enough for a plant here? How far a product travels, and what is wanted in that reach.

Arrays by product position; one entry a city and product for what lies around, where there is any. "No maker
known" elsewhere is as little proof as it is here, so the market and the spare supply are those of known makers.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from chaingraph.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chaingraph.analysis.sizes import PlantSize
    from chaingraph.quantity import Flags, Floats, Integers

    Words = NDArray[np.str_]

FREIGHT_SHARE: Final = 0.1
"""Share of its price that a product may cost on the road before makers nearer by win. A judgement: stone,
clay and glass, hauled under 100 km on average, stand at 0.27 in the commodity flow survey of the USA
(https://transportgeography.org), goods that cross a country far below 0.1."""
TARIFF: Final = 0.46
"""CNY for one tonne and kilometre on the road: the monitored rate at 500 to 600 km in 2014
(https://public.9t56.com); rail costs about a third of it."""
LOCAL_KM: Final = 150.0
NATIONAL_KM: Final = 1000.0
"""Reach below the first is local, from the second on national: then freight does not decide the place."""
DETOUR: Final = 1.3
"""Kilometres of road for one along the great circle."""
USED_IN_REACH: Final = 0.5
"""Share of a small plant's output that its reach must take for the plant to stand on it."""

CLASSES: Final = ("local", "regional", "national", "unknown")
VERDICTS: Final = (
    "alone", "alone_if", "neighbours", "contract", "contract_only", "own_plant", "unknown",
)  # fmt: skip
"""What size and reach say of a gap; words in the vocabulary ``size_verdict``."""


@dataclass(frozen=True, eq=False)
class Spots:
    """Cities and products, one entry a pair, sorted by product."""

    city: Integers
    product: Integers

    @cached_property
    def first(self) -> Integers:
        """The first entry of each product that has any."""
        return np.flatnonzero(np.diff(self.product, prepend=-1))

    @cached_property
    def products(self) -> Integers:
        """The products that have any."""
        return self.product[self.first]

    @cached_property
    def short_city(self) -> NDArray[np.int32]:
        """The cities in half the memory: what is read a million times for every region."""
        return self.city.astype(np.int32)


@dataclass(frozen=True, eq=False)
class Cells(Spots):
    """Amounts of cities and products where there is any, one entry a pair, sorted by product."""

    amount: Quantity

    @cached_property
    def count(self) -> Integers:
        """The number of entries of each product that has any."""
        return np.diff(self.first, append=len(self.product))

    @cached_property
    def short(self) -> list[NDArray[np.float32]]:
        """The amounts in single precision: low, point, high."""
        ends = (self.amount.low, self.amount.point, self.amount.high)
        return [end.astype(np.float32) for end in ends]

    @classmethod
    def of(cls, table: Quantity) -> Cells:
        """Return the entries of a table by city and product."""
        product, city = np.nonzero(table.high.T > 0)
        ends = (end[city, product] for end in (table.low, table.point, table.high))
        return cls(city, product, Quantity.of(*ends))


class Around(NamedTuple):
    """What lies around a region.

    Attributes
    ----------
    cities
        Names.
    km
        By city: by road to the region; nan of its own cities, and where the place of either is not known.
    unmet, spare
        Units a year, of known makers: what a city's users take beyond what it could make, and what it could
        make beyond that.
    makes
        Where a maker is known.
    """

    cities: tuple[str, ...]
    km: Floats
    unmet: Cells
    spare: Cells
    makes: Spots

    @classmethod
    def nothing(cls) -> Around:
        """Return that nothing lies around."""
        spots = Spots(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))
        cells = Cells(spots.city, spots.product, Quantity.zeros(0))
        return cls((), np.zeros(0), cells, cells, spots)


@dataclass(frozen=True, eq=False)
class Reach:
    """Size and reach of each product's gap in a region, by product position.

    Attributes
    ----------
    tonne
        Price of one tonne, CNY; nan where price or mass is not known.
    km
        How far the product travels for its freight share; nan where `tonne` is.
    reach_class
        One of ``CLASSES``.
    market
        Wanted in reach and not served where it is wanted: the gap here and those around, each less the
        farther it lies; units a year.
    spare
        Supply in reach that its own cities do not take, as far as known, weighed the same.
    verdict
        One of ``VERDICTS``; empty where there is no gap.
    fill
        How many times the gap would fill a small plant; nan where either is not known.
    maker_km, maker
        The nearest known maker elsewhere, by road, and the number of its city; nan and -1 where none has a
        place.
    cities
        Names of cities by that number.
    """

    tonne: Floats
    km: Floats
    reach_class: Words
    market: Quantity
    spare: Floats
    verdict: Words
    fill: Floats
    maker_km: Floats
    maker: Integers
    cities: tuple[str, ...]

    @property
    def maker_city(self) -> Words:
        """The city of the nearest known maker elsewhere; empty where none has a place."""
        return np.array(["", *self.cities])[self.maker + 1]


def measure_reach(
    gap: Quantity,
    *,
    tonne: Floats,
    small: Floats,
    around: Around,
    utility: Flags,
    freight_share: float = FREIGHT_SHARE,
    tariff: float = TARIFF,
    used_in_reach: float = USED_IN_REACH,
) -> Reach:
    r"""Tell of each gap how far its product travels and whether a plant could live on that reach.

    A product of price :math:`p_t` a tonne travels :math:`R = \theta p_t / \tau` until freight eats the share
    :math:`\theta` of it. What lies d away counts :math:`W = e^{-d/R}`. With gaps :math:`(d_r - s_r)_+` and
    spare supply :math:`(s_r - d_r)_+` of the cities r around, the market in reach is
    :math:`M = g + \sum_r W_r (d_r - s_r)_+`, the spare supply :math:`S = \sum_r W_r (s_r - d_r)_+`. A
    small plant of q units a year, of which the share u must be used in reach, could stand

    - *alone*, where the least gap is at least :math:`u q`; *alone_if* the figure is, if the load holds;
    - with *neighbours*, where :math:`M - S` is;
    - where only M is, others in reach have the plant: a *contract* with them;
    - else there is nothing but a contract: *contract_only*.

    A utility of local reach is made at its users' (*own_plant*). Without a price, a mass or a plant size,
    and where the missing figure of the gap decides, it is *unknown*.

    Parameters
    ----------
    gap
        What is not served here, units a year.
    tonne
        CNY for one tonne; nan where unknown.
    small
        Units a year of a small plant; nan where unknown.
    around
        The cities.
    utility
        Products that are made on site as a rule.
    freight_share, tariff, used_in_reach
        :math:`\theta`, :math:`\tau` in CNY a tonne and km, and u.

    Returns
    -------
    Reach
        By product position.

    Examples
    --------
    >>> reach = measure_reach(
    ...     Quantity.of([29102.0], [36515.0], [77625.0]), tonne=np.array([75000.0]),
    ...     small=np.array([10000.0]), around=Around.nothing(), utility=np.array([False]),
    ... )
    >>> reach.verdict.tolist(), reach.reach_class.tolist(), reach.km.round().tolist()
    (['alone'], ['national'], [16304.0])
    """
    km = freight_share * tonne / tariff
    market = gap + Quantity.of(*_weighed(around.unmet, around.km, km, around.unmet.short))
    (spare,) = _weighed(around.spare, around.km, km, around.spare.short[1:2])
    unclear = np.isnan(km)
    market = Quantity.of(
        np.where(unclear, gap.low, market.low), np.where(unclear, np.nan, market.point),
        np.where(unclear, np.inf, market.high), gap.reasons,
    )  # fmt: skip
    spare = np.where(unclear, np.nan, spare)
    reach_class = classify(km)
    own = utility & (reach_class == "local")
    limit = used_in_reach * np.where((small > 0) & ~unclear, small, np.nan)
    maker_km, maker = nearest_maker(around, len(km))
    fill = np.divide(gap.point, small, out=np.full(len(km), np.nan), where=small > 0)
    return Reach(
        tonne, km, reach_class, market, spare, judge_size(gap, market, spare, limit, own=own),
        fill, maker_km, maker, around.cities,
    )  # fmt: skip


def classify(km: Floats) -> Words:
    """Return the class of each reach.

    Examples
    --------
    >>> classify(np.array([149.0, 150.0, 999.0, 1000.0, np.nan])).tolist()
    ['local', 'regional', 'regional', 'national', 'unknown']
    """
    conditions = [np.isnan(km), km < LOCAL_KM, km < NATIONAL_KM]
    return np.select(conditions, ["unknown", "local", "regional"], default="national")


def weigh(distance: NDArray[Any], km: NDArray[Any]) -> NDArray[Any]:
    """Return what a place so far away counts for a product that travels so far: ``exp(-d / R)``; unknown: 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        weight: NDArray[Any] = np.exp(-distance / km)
    weight[np.isnan(weight)] = 0.0
    return weight


def _weighed(
    cells: Cells, distance: Floats, km: Floats, amounts: Sequence[NDArray[np.float32]]
) -> list[Floats]:
    """Add amounts of the cells up by product, each with the weight of its city.

    In single precision, many times as fast: six digits are more than any reach is known to.
    """
    found = [np.zeros(len(km)) for _ in amounts]
    if len(cells.first):
        far = np.take(distance.astype(np.float32), cells.short_city)
        reach = np.repeat(km[cells.products].astype(np.float32), cells.count)
        weight = weigh(far, reach)
        for total, amount in zip(found, amounts, strict=True):
            total[cells.products] = np.add.reduceat(amount * weight, cells.first)
    return found


def judge_size(
    gap: Quantity, market: Quantity, spare: Floats, limit: Floats, *, own: Flags
) -> Words:
    """Return the verdict of each product; see :func:`measure_reach`.

    Parameters
    ----------
    gap, market, spare
        Units a year; of the spare supply the figure.
    limit
        What must be used in reach for a small plant to stand, units a year; nan where it, or the
        reach, is unknown.
    own
        Made at its users': a utility of local reach.
    """
    with np.errstate(invalid="ignore"):
        open_end = np.isnan(market.point) & (market.high >= limit)
        conditions = [
            ~(gap.high > 0),
            own,
            np.isnan(limit),
            gap.low >= limit,
            gap.point >= limit,
            market.point - spare >= limit,
            market.point >= limit,
            open_end,
        ]
    words = ["", "own_plant", "unknown", "alone", "alone_if", "neighbours", "contract", "unknown"]
    return np.select(conditions, words, default="contract_only")


def nearest_maker(around: Around, size: int) -> tuple[Floats, Integers]:
    """Return how far the nearest known maker of each product is, and its city's number; nan and -1 for none."""
    km, maker = np.full(size, np.nan), np.full(size, -1, dtype=np.intp)
    makes = around.makes
    if not len(makes.city):
        return km, maker
    order = np.argsort(around.km, kind="stable")  # unknown places come last
    rank = np.empty(len(order), dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    nearest = order[np.minimum.reduceat(np.take(rank, makes.short_city), makes.first)]
    known = ~np.isnan(around.km[nearest])
    made = makes.products[known]
    km[made], maker[made] = around.km[nearest[known]], nearest[known]
    return km, maker


def reach_columns(reach: Reach, sizes: PlantSize) -> dict[str, Any]:
    """Return size and reach as the columns of a result, by product position."""
    return {
        "plant_size": sizes.typical,
        "plant_size_small": sizes.small,
        "plant_size_basis": sizes.basis,
        "plant_fill": reach.fill,
        "reach": reach.km,
        "reach_class": reach.reach_class,
        "market_low": reach.market.low,
        "market": reach.market.point,
        "market_high": reach.market.high,
        "spare_in_reach": reach.spare,
        "size_verdict": reach.verdict,
        "nearest_maker_km": reach.maker_km,
        "nearest_maker_city": reach.maker_city,
    }
