"""Facts of products that change with time: which of a series is in force at a date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

import numpy as np
import pandas as pd

from chaingraph.dataset import last_day
from chaingraph.knowledge.dates import month_number, month_numbers
from chaingraph.products import positions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from chaingraph.dataset import Dataset
    from chaingraph.products import ProductGraph
    from chaingraph.quantity import Flags, Floats

NATION: Final = frozenset({"", "中国", "全国", "China", "100000"})
"""How a table names the whole country; an empty region means it too."""
MAX_AGE: Final = 24
"""Months after which a load, an availability, a recall is no longer in force."""
PriceRule = Literal["at", "latest"]
"""Which price counts: the nearest to the date, or the newest."""
PRICE_RULES: Final = get_args(PriceRule)
PRICE_WINDOW: Final = 12
"""Months on either side of a date within which a price is one of the date."""


def is_of_nation(place: str, enterprise: str = "") -> bool:
    """Whether a total is of the whole country: of no enterprise, with a region that names the country.

    Totals name their region: an empty one is not the nation's, as it is in a fact.
    """
    return bool(place) and place in NATION and not enterprise


class Fact(NamedTuple):
    """One measure of every product: its value in force, with its range, date and source.

    Attributes
    ----------
    value, low, high
        By product position; nan where nothing is in force.
    date, source
        By product position; empty where nothing is in force.
    """

    value: Floats
    low: Floats
    high: Floats
    date: list[str]
    source: list[str]


def no_fact(size: int) -> Fact:
    """Return that nothing is known of any product."""
    empty = np.full(size, np.nan)
    return Fact(empty, empty.copy(), empty.copy(), [""] * size, [""] * size)


def fact_at(
    ds: Dataset,
    graph: ProductGraph,
    measure: str,
    *,
    places: Callable[[str], int] | None = None,
    max_age: int | None = MAX_AGE,
    dated: bool = True,
) -> Fact:
    """Return the value in force of each product at the dataset's date.

    In force is the latest row that is not after the date, nor more than `max_age` months older; of two
    regions the nearer one's.

    Parameters
    ----------
    measure
        A measure of the table product_facts.
    places
        How near a row's region is: 0 the region itself, larger farther, negative: says nothing of
        it. None: only rows of the nation.
    max_age
        Months; None: any age.
    dated
        False: what does not change with time, so that the latest row counts whatever the date.
    """
    result = no_fact(graph.size)
    if not ds.has("product_facts"):
        return result
    frame = ds.table("product_facts")
    rows = frame[frame["measure"] == measure]
    if ds.as_of and dated:
        rows = rows[rows["date"].fillna("") <= last_day(ds.as_of)]
        if max_age is not None and len(rows):
            age = month_number(ds.as_of, late=True) - month_numbers(rows["date"], late=True)
            rows = rows[~(age > max_age)]
    if rows.empty:
        return result
    cells = rows["region"].fillna("").tolist()
    near = np.array([_nearness(cell, places) for cell in cells])
    rows = rows.assign(near_=near, place_=positions(graph, rows["product_id"]))
    rows = rows[(rows["near_"] >= 0) & (rows["place_"] >= 0)]
    rows = rows.sort_values(["near_", "date", "source_url"], ascending=[False, True, False])
    return _filled(result, rows)


def _nearness(cell: str, places: Callable[[str], int] | None) -> int:
    if cell in NATION:
        return len(NATION)
    return -1 if places is None else places(cell)


def _filled(fact: Fact, rows: pd.DataFrame) -> Fact:
    """Return a fact with the last row of each product."""
    last = rows.drop_duplicates("place_", keep="last")
    place = last["place_"].to_numpy(dtype=np.intp)
    value = last["value"].to_numpy(dtype=float)
    fact.value[place] = value
    for column, array in (("low", fact.low), ("high", fact.high)):
        given = last[column].to_numpy(dtype=float)
        array[place] = np.where(np.isnan(given), value, given)
    for spot, date, source in zip(
        place.tolist(), last["date"].fillna(""), last["source_url"].fillna(""), strict=True
    ):
        fact.date[spot], fact.source[spot] = date, source
    return fact


class Prices(NamedTuple):
    """Prices in force: CNY a unit, of when, whether they are of the date, and on which page."""

    value: Floats
    date: list[str]
    of_date: Flags
    source: list[str]


def prices_at(ds: Dataset, graph: ProductGraph, *, latest: bool = False) -> Prices:
    """Return the price of each product nearest to the dataset's date, of two as near the older one.

    Prices stand in `product_facts` (measure ``price``, rows of the nation) and, one each, in the table
    of products. One more than 12 months off is used and marked.

    Parameters
    ----------
    latest
        The latest price of each product instead.
    """
    products = ds.products
    own = pd.DataFrame(
        {
            "product_id": products["product_id"],
            "value": products["price_cny"],
            "date": products["price_as_of"].fillna(""),
            "source_url": products["source_url"],
        }
    )
    frames = [own]
    if ds.has("product_facts"):
        facts = ds.table("product_facts")
        national = facts["region"].fillna("").isin(NATION)
        rows = facts[(facts["measure"] == "price") & national]
        columns = ["product_id", "value", "date", "source_url"]
        frames.append(rows[columns].assign(date=rows["date"].fillna("")))
    rows = pd.concat([frame for frame in frames if len(frame)], ignore_index=True)
    rows = rows[rows["value"].notna()]
    month = month_numbers(rows["date"], late=True)
    at = month_number(ds.as_of, late=True)
    distance = np.abs(month - at)
    if latest or np.isnan(at):
        distance = -np.nan_to_num(month)
    rows = rows.assign(
        place_=positions(graph, rows["product_id"]),
        distance_=np.where(np.isnan(distance), np.inf, distance), month_=month,
    )  # fmt: skip
    rows = rows[rows["place_"] >= 0].sort_values(["distance_", "month_", "value"])
    first = rows.drop_duplicates("place_")
    place = first["place_"].to_numpy(dtype=np.intp)
    value = np.full(graph.size, np.nan)
    value[place] = first["value"].to_numpy(dtype=float)
    dates, sources = [""] * graph.size, [""] * graph.size
    cells = (place.tolist(), first["date"].tolist(), first["source_url"].fillna("").tolist())
    for spot, date, source in zip(*cells, strict=True):
        dates[spot], sources[spot] = date, source
    near = np.ones(graph.size, dtype=bool)
    if not np.isnan(at):
        away = np.abs(first["month_"].to_numpy(dtype=float) - at)
        near[place] = ~(away > PRICE_WINDOW) | np.isnan(away)
    return Prices(value, dates, near, sources)


class LocalPrice(NamedTuple):
    """What a place pays for a unit: CNY, its range, the month and the page; nan and empty where not known."""

    low: float
    high: float
    date: str = ""
    source: str = ""


def price_range(ds: Dataset, graph: ProductGraph, prices: Prices) -> tuple[Floats, Floats]:
    """Return the least and the most of each price in force, CNY a unit: as its row gives them, else the price.

    Parameters
    ----------
    prices
        The prices in force, as of :func:`prices_at`.
    """
    low, high = prices.value.copy(), prices.value.copy()
    if not ds.has("product_facts"):
        return low, high
    rows = fact_rows(ds, ["price"])
    place = positions(graph, rows["product_id"])
    columns = [rows[name].to_numpy(dtype=float) for name in ("value", "low", "high")]
    for spot, date, value, least, most in zip(
        place.tolist(), rows["date"].fillna("").tolist(), *columns, strict=True
    ):
        if spot >= 0 and (date, value) == (prices.date[spot], prices.value[spot]):
            low[spot] = value if np.isnan(least) else least
            high[spot] = value if np.isnan(most) else most
    return low, high


def price_of_place(ds: Dataset, product_id: str, path: Sequence[str]) -> LocalPrice:
    """Return what a place pays for a product: the price of the place itself, else of the nearest that holds it.

    Of the rows of one place the one nearest to the dataset's date counts, of two as near the older one;
    a price of the nation is none of a place.

    Parameters
    ----------
    path
        The place and what it lies in, from the province down.
    """
    unknown = LocalPrice(np.nan, np.nan)
    if not (ds.has("product_facts") and path):
        return unknown
    frame = ds.table("product_facts")
    chosen = (frame["measure"] == "price") & (frame["product_id"] == product_id)
    rows = frame[chosen & frame["region"].isin(list(path)) & frame["value"].notna()]
    if rows.empty:
        return unknown
    month = month_numbers(rows["date"].fillna(""), late=True)
    at = month_number(ds.as_of, late=True)
    away = -np.nan_to_num(month) if np.isnan(at) else np.abs(month - at)
    depth = [len(path) - list(path).index(name) for name in rows["region"]]
    rows = rows.assign(
        depth_=depth, away_=np.where(np.isnan(away), np.inf, away), month_=month
    ).sort_values(["depth_", "away_", "month_", "value"])
    row = rows.iloc[0]
    ends = [row["value"] if np.isnan(row[name]) else row[name] for name in ("low", "high")]
    texts = [row[name] if isinstance(row[name], str) else "" for name in ("date", "source_url")]
    return LocalPrice(float(ends[0]), float(ends[1]), *texts)


def fact_rows(ds: Dataset, measures: Collection[str]) -> pd.DataFrame:
    """Return the rows of some measures, those of the nation only, in the order of the table."""
    frame: pd.DataFrame = ds.table("product_facts")
    national = frame["region"].fillna("").isin(NATION)
    return frame[frame["measure"].isin(list(measures)) & national]
