"""Relational work over enterprise-level rows, in narwhals: pandas, polars, DuckDB, PySpark alike.

Rows are only filtered, joined and aggregated here; what is collected is as small as (region, product).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.dataset import last_day
from chaingraph.engines import collect, collect_coded, read_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chaingraph.regions import Region

    Where = Mapping[str, Sequence[str]] | Region

LEVELS: Final = ("province", "city", "county", "park")
STATUSES: Final = (
    "operating", "trial", "construction", "planned", "suspended", "cancelled", "closed",
)  # fmt: skip

LOCAL_COLUMNS: Final = (
    "region",
    "product_id",
    "capacity",
    "construction",
    "makers",
    "makers_unquantified",
    "hhi",
    "sourced_capacity",
)
CAPACITY_COLUMNS: Final = (
    "enterprise_id",
    "product_id",
    "capacity",
    "status",
    "scope",
    "since",
    "until",
    "as_of",
    "source_url",
)


def in_force(
    capacities: Any, *, at: str, statuses: Mapping[str, float], watch: Sequence[str] = ()
) -> Any:
    """Return the capacity rows in force at a date, with what counts of them.

    A row is in force from the first day of `since` up to, not including, the first day of `until`; an
    empty `since` is an unknown start and counts. A planned row without `since` counts from its `as_of`.

    Parameters
    ----------
    capacities
        narwhals frame of the capacities.
    at
        Date, read as its last day; empty: no row is left out for its date.
    statuses
        Status -> commitment factor.
    watch
        Further statuses whose rows are kept with `counted` 0.

    Returns
    -------
    narwhals frame
        The rows, with `counted` (0/1: status chosen), `effective` (capacity times factor), `known`
        (0/1: counted and capacity given), `construction` (capacity under construction, where that
        status is not counted), `sourced` (effective capacity of rows with a source). A capacity of
        NaN is unknown, as a null is.
    """
    kept = [*statuses, *(status for status in watch if status not in statuses)]
    frame = capacities.filter(_valid_at(at, kept) & nw.col("status").is_in(kept))
    frame = frame.with_columns(
        given_=nw.col("capacity").cast(nw.Float64()), factor_=_factor(statuses)
    )
    frame = frame.with_columns(no_figure_=nw.col("given_").is_null() | nw.col("given_").is_nan())
    frame = frame.with_columns(
        given_=nw.when(nw.col("no_figure_")).then(0.0).otherwise(nw.col("given_")),
        counted=nw.when(nw.col("status").is_in(list(statuses))).then(1).otherwise(0),
    )
    uncounted = set(kept) - set(statuses)
    building = nw.when(nw.col("status") == "construction").then(nw.col("given_")).otherwise(0.0)
    return frame.with_columns(
        effective=nw.col("given_") * nw.col("factor_"),
        known=nw.when(nw.col("no_figure_")).then(0).otherwise(nw.col("counted")),
        construction=building if "construction" in uncounted else nw.lit(0.0),
        sourced=nw.when(nw.col("source_url").is_null())
        .then(0.0)
        .otherwise(nw.col("given_") * nw.col("factor_")),
    )


def _valid_at(at: str, kept: Sequence[str]) -> Any:
    """Return the condition that a row is in force at a date."""
    if not at:
        return nw.lit(value=True)
    day = last_day(at)
    unknown_start = nw.col("since").is_null()
    if "planned" in kept:
        planned_later = (nw.col("status") == "planned") & ~nw.col("as_of").is_null()
        unknown_start &= ~planned_later | (nw.col("as_of") <= day)
    begun = (nw.col("since") <= day) | unknown_start
    return begun & (nw.col("until").is_null() | (nw.col("until") > day))


def valid_rows(capacities: Any, *, at: str) -> Any:
    """Return the rows of a narwhals frame of capacities in force at a date (empty: all), of every status."""
    return capacities.filter(_valid_at(at, STATUSES)) if at else capacities


def _factor(statuses: Mapping[str, float]) -> Any:
    """Return the commitment factor of each row as an expression."""
    factor: Any = nw.lit(0.0)
    for status, weight in statuses.items():
        factor = nw.when(nw.col("status") == status).then(nw.lit(float(weight))).otherwise(factor)
    return factor


def located(rows: Any, enterprises: Any, columns: Sequence[str]) -> Any:
    """Join capacity rows with columns of their sites and the group each belongs to (:func:`owner`).

    Returns
    -------
    narwhals frame
        `rows` with `columns` of the enterprises and `group`: `group_zh`, else the enterprise's id.
    """
    sites = enterprises.with_columns(group=owner()).select("enterprise_id", "group", *columns)
    return rows.join(sites, on="enterprise_id", how="inner")


def owner() -> Any:
    """Return whom each site belongs to as an expression: `group_zh`, else the enterprise's id."""
    alone = nw.when(nw.col("group_zh").is_null()).then(nw.col("enterprise_id"))
    return alone.otherwise(nw.col("group_zh"))


class LocalRows(NamedTuple):
    """What regions make: one entry a region and product, sorted by both, in codes.

    Attributes
    ----------
    regions, products
        Names, sorted.
    region, product
        Position of each entry's region and product in those names.
    numbers
        The columns of :func:`local_capacity` after the first two.
    """

    regions: NDArray[np.object_]
    products: NDArray[np.object_]
    region: NDArray[np.intp]
    product: NDArray[np.intp]
    numbers: dict[str, NDArray[Any]]


def local_rows(
    enterprises: Any,
    capacities: Any,
    *,
    level: str | None,
    where: Where | None = None,
    at: str,
    statuses: Mapping[str, float],
) -> LocalRows:
    """Aggregate the sites of regions as :func:`local_capacity` does, with codes for names."""
    rows = read_frame(capacities).select(*CAPACITY_COLUMNS)
    rows = rows.filter(nw.col("scope").is_null() | (nw.col("scope") != "group"))
    rows = in_force(rows, at=at, statuses=statuses, watch=["construction"])
    sites = sites_in(enterprises, where)
    if level:
        sites = sites.filter(~nw.col(level).is_null())
    sites = sites.with_columns(region=nw.col(level) if level else nw.lit(""))
    amounts, flags = ("effective", "construction", "sourced"), ("counted", "known")
    rows = rows.select("enterprise_id", "product_id", *amounts, *flags)
    makers = (
        located(rows, sites, ["region"])
        .group_by("region", "product_id", "group")
        .agg(nw.col(*amounts).sum(), nw.col(*flags).max())
        .with_columns(
            square=nw.col("effective") * nw.col("effective"),
            unquantified=nw.col("counted") - nw.col("known"),
        )
    )
    sums = nw.col(*amounts, "counted", "unquantified", "square").sum()
    numbers, keys = collect_coded(
        makers.group_by("region", "product_id").agg(sums), ("region", "product_id")
    )
    (region, regions), (product, products) = keys
    order = np.argsort(region.astype(np.int64) * max(1, len(products)) + product)
    ordered = {name: values[order] for name, values in numbers.items()}
    return LocalRows(regions, products, region[order], product[order], _local_numbers(ordered))


def _local_numbers(sums: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return the columns of a local table from its sums."""
    total = sums["effective"].astype(float)
    positive = total > 0
    hhi = np.full(len(total), np.nan)
    hhi[positive] = sums["square"].astype(float)[positive] / total[positive] ** 2
    return {
        "capacity": total,
        "construction": sums["construction"].astype(float),
        "makers": sums["counted"].astype(np.int64),
        "makers_unquantified": sums["unquantified"].astype(np.int64),
        "hhi": hhi,
        "sourced_capacity": sums["sourced"].astype(float),
    }


def local_capacity(
    enterprises: Any,
    capacities: Any,
    *,
    level: str | None,
    where: Where | None = None,
    at: str,
    statuses: Mapping[str, float],
) -> pd.DataFrame:
    """Aggregate the sites of regions to one row a region and product.

    Group rows (company totals) never enter. A maker is a group, or a site that has none.

    Parameters
    ----------
    enterprises, capacities
        Native frames.
    level
        Column that names the region (``"city"``); None: everything is one region, ``""``.
    where
        A region, or column -> names that a site must have one of.
    at, statuses
        As in :func:`in_force`.

    Returns
    -------
    pandas.DataFrame
        Sorted by region and product: `capacity` and `construction` (units a year), `makers`,
        `makers_unquantified` (makers without any figure), `hhi` (sum of squared capacity shares of
        the makers, 0 to 1), `sourced_capacity` (units a year that rest on rows with a source).
    """
    rows = local_rows(enterprises, capacities, level=level, where=where, at=at, statuses=statuses)
    names = {
        "region": pd.array(rows.regions, dtype="str").take(rows.region),
        "product_id": pd.array(rows.products, dtype="str").take(rows.product),
    }
    return pd.DataFrame(names | rows.numbers, columns=list(LOCAL_COLUMNS))


def sites_in(enterprises: Any, where: Where | None) -> Any:
    """Return the enterprises that lie in a region, or in one of the places of each column."""
    sites = read_frame(enterprises)
    if where is not None and not isinstance(where, Mapping):
        return where.filter(sites)
    for column, names in (where or {}).items():
        sites = sites.filter(nw.col(column).is_in(list(names)))
    return sites


def group_capacity(
    enterprises: Any,
    capacities: Any,
    *,
    products: Sequence[str] | None = None,
    at: str,
    statuses: Mapping[str, float],
    named: bool = False,
) -> Any:
    """Aggregate all makers of the data to one row a product and group.

    Parameters
    ----------
    enterprises, capacities
        Native frames.
    products
        Only these products; None: all.
    at, statuses
        As in :func:`in_force`.
    named
        Say more of each: `shown`, its `group_zh`, else the name of its site, and `known`.

    Returns
    -------
    narwhals frame
        `product_id`, `group`, `capacity` (units a year: the larger of the company total and the sum
        of the sites), and where asked `shown` and `known` (0/1: some figure is given).
    """
    rows = read_frame(capacities).select(*CAPACITY_COLUMNS)
    if products is not None:
        rows = rows.filter(nw.col("product_id").is_in(list(products)))
    rows = in_force(rows, at=at, statuses=statuses).select(
        "enterprise_id",
        "product_id",
        *(["known"] if named else []),
        total_=nw.when(nw.col("scope") == "group").then(nw.col("effective")).otherwise(0.0),
        site_=nw.when(nw.col("scope") == "group").then(0.0).otherwise(nw.col("effective")),
    )
    sites = located(rows, read_frame(enterprises), ["group_zh", "name_zh"] if named else [])
    largest = []
    if named:
        alone = nw.when(nw.col("group_zh").is_null()).then(nw.col("name_zh"))
        sites = sites.with_columns(shown=alone.otherwise(nw.col("group")))
        largest = [nw.col("known", "shown").max()]
    makers = sites.group_by("product_id", "group").agg(nw.col("total_", "site_").sum(), *largest)
    larger = nw.when(nw.col("total_") > nw.col("site_")).then(nw.col("total_"))
    return makers.with_columns(capacity=larger.otherwise(nw.col("site_")))


def national_capacity(
    enterprises: Any, capacities: Any, *, at: str, statuses: Mapping[str, float]
) -> pd.DataFrame:
    """Aggregate all makers of the data to one row a product.

    A group's capacity is that of :func:`group_capacity`.

    Returns
    -------
    pandas.DataFrame
        Sorted by product: `capacity` (units a year), `makers`, `hhi` (0 to 1).
    """
    makers = group_capacity(enterprises, capacities, at=at, statuses=statuses)
    makers = makers.with_columns(maker=nw.lit(1))
    makers = makers.with_columns(square=nw.col("capacity") * nw.col("capacity"))
    result = collect(makers.group_by("product_id").agg(nw.col("capacity", "maker", "square").sum()))
    capacity = result["capacity"].astype("float64")
    result = result.assign(
        capacity=capacity,
        hhi=result["square"].astype("float64") / (capacity**2).where(capacity > 0),
        makers=result["maker"].astype("int64"),
    )
    return result[["product_id", "capacity", "makers", "hhi"]].sort_values(
        "product_id", ignore_index=True
    )


def maker_rows(
    enterprises: Any,
    capacities: Any,
    *,
    products: Sequence[str] | None = None,
    where: Where | None = None,
    at: str,
    statuses: Mapping[str, float],
) -> pd.DataFrame:
    """Return the capacity rows of makers with their sites: the rows behind a figure.

    Returns
    -------
    pandas.DataFrame
        One row a phase, sorted by product, enterprise and start: the columns of both tables
        (`source_url` and `note` are those of the capacity row) and `effective`, `counted`.
    """
    rows = in_force(
        read_frame(capacities), at=at, statuses=statuses, watch=["construction", "planned"]
    )
    if products is not None:
        rows = rows.filter(nw.col("product_id").is_in(list(products)))
    sites = sites_in(enterprises, where)
    wanted = ["name_zh", "name_en", "group_zh", *LEVELS, "lat", "lon", "anchor"]
    result = collect(located(rows, sites, wanted))
    inner = [name for name in result.columns if name.endswith("_") or name in {"known", "sourced"}]
    keys = ["product_id", "enterprise_id", "status", "since", "capacity", "until", "source_url"]
    return result.drop(columns=inner).sort_values(keys, ignore_index=True)


def count_undated(
    enterprises: Any,
    capacities: Any,
    *,
    where: Where,
    statuses: Mapping[str, float],
) -> int:
    """Return how many capacity rows of sites have no start, so that they count at every date."""
    rows = read_frame(capacities).filter(
        nw.col("since").is_null(),
        nw.col("status").is_in(list(statuses)),
        nw.col("scope") != "group",
    )
    sites = sites_in(enterprises, where)
    joined = rows.select("enterprise_id").join(
        sites.select("enterprise_id"), on="enterprise_id", how="inner"
    )
    return int(
        collect(joined.with_columns(one=nw.lit(1)).select(nw.col("one").sum()))["one"]
        .fillna(0)
        .iloc[0]
    )


def region_names(enterprises: Any) -> pd.DataFrame:
    """Return every place that enterprises name: one row a (province, city, county, park), counted.

    Returns
    -------
    pandas.DataFrame
        `province`, `city`, `county`, `park`, `enterprises` (number of sites).
    """
    frame = read_frame(enterprises).select(
        *(nw.col(name).fill_null("") for name in LEVELS), enterprises=nw.lit(1)
    )
    result = collect(frame.group_by(*LEVELS).agg(nw.col("enterprises").sum()))
    result["enterprises"] = result["enterprises"].astype("int64")
    return result.sort_values(list(LEVELS), ignore_index=True)
