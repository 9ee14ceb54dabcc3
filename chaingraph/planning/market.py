"""Who else would take what a new plant makes: the region alone, its province, or so many km around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chaingraph.analysis.neighbours import around_region, nothing_around
from chaingraph.errors import OptionError

if TYPE_CHECKING:
    from chaingraph.analysis.state import RegionState
    from chaingraph.quantity import Flags, Floats

REGION, PROVINCE, NATION = "region", "province", "nation"
WIDER: Final[tuple[str | float, ...]] = (REGION, PROVINCE, 500.0, 1000.0, NATION)
"""Markets that are tried in turn where a gap is too small for a plant."""
_FARTHEST: Final = 10_000.0


def read_market(market: Any) -> str | float:
    """Return a market as it was asked for: ``region``, ``province``, or km by road.

    Raises
    ------
    OptionError
        For anything else, or km that are not between 0 and 10,000.

    Examples
    --------
    >>> read_market("province"), read_market("300 km"), read_market(50)
    ('province', 300.0, 50.0)
    """
    if market in {REGION, PROVINCE}:
        return str(market)
    text = str(market).strip().casefold().removesuffix("公里").removesuffix("km").strip()
    try:
        km = float(text)
    except ValueError:
        km = np.nan
    if isinstance(market, bool) or not 0 < km <= _FARTHEST:
        raise OptionError("bad-market", value=market)
    return km


def neighbours_lack(state: RegionState, market: str | float) -> Floats:
    """Return by product what the neighbours of a region lack and would take, units a year.

    What users there are known to lack, less what makers there have left over, in the same market: a plant
    that stands idle next door comes before one that is new. Of known makers only; where a figure is not
    known, the least counts.
    """
    unmet, spare = _around(state, market)
    return np.asarray(np.maximum(0.0, unmet - spare))


def neighbours_spare(state: RegionState, market: str | float) -> Floats:
    """Return by product what known makers of a market outside a region have left over, units a year."""
    unmet, spare = _around(state, market)
    return np.asarray(np.maximum(0.0, spare - unmet))


def _around(state: RegionState, market: str | float) -> tuple[Floats, Floats]:
    """Return what users in a market outside the region lack, and what makers there have left over."""
    study = state.study
    size = study.product_graph.size
    if market == REGION or nothing_around(study.gazetteer, state.region) is not None:
        return np.zeros(size), np.zeros(size)
    cities = study.neighbours.cities
    around = around_region(study.neighbours, state.region)
    counts = ~state.region.mask(cities)
    if market == PROVINCE:
        own = set(cities.loc[~counts, "province"]) | set(state.region.path[:1])
        counts &= cities["province"].isin(own).to_numpy()
    elif market != NATION:
        with np.errstate(invalid="ignore"):
            counts &= around.km <= float(market)
    return _sum(around.unmet, counts, size), _sum(around.spare, counts, size)


def _sum(cells: Any, counts: Flags, size: int) -> Floats:
    chosen = counts[cells.city]
    amount = np.where(np.isnan(cells.amount.point), cells.amount.low, cells.amount.point)
    return np.bincount(cells.product[chosen], amount[chosen], size).astype(float)
