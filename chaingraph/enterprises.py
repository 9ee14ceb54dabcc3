"""Relational work over enterprise-level rows, in narwhals: pandas, polars, DuckDB, PySpark alike.

Rows are only filtered, joined and aggregated here; what is collected is as small as (region, product).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import pandas as pd

from chaingraph.dataset import last_day
from chaingraph.errors import MissingLibraryError, OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVELS: Final = ("province", "city", "county", "park")
STATUSES: Final = ("operating", "construction", "planned", "suspended", "closed")

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


def read_frame(native: Any) -> Any:
    """Return a native frame as a narwhals frame, lazy or not.

    Raises
    ------
    OptionError
        For pyarrow tables, on which window sums were seen on wrong rows.
    """
    frame = nw.from_native(native)
    if frame.implementation.is_pyarrow():
        raise OptionError("no-pyarrow")
    return frame


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
        status is not counted), `sourced` (effective capacity of rows with a source).
    """
    frame = capacities
    if at:
        day = last_day(at)
        start = nw.when(nw.col("since").is_null() & (nw.col("status") == "planned")).then(
            nw.col("as_of")
        )
        frame = frame.with_columns(start_=start.otherwise(nw.col("since")))
        frame = frame.filter(
            (nw.col("start_").is_null() | (nw.col("start_") <= day))
            & (nw.col("until").is_null() | (nw.col("until") > day))
        )
    frame = frame.filter(nw.col("status").is_in([*statuses, *watch]))
    factor = nw.lit(0.0)
    for status, weight in statuses.items():
        factor = nw.when(nw.col("status") == status).then(nw.lit(float(weight))).otherwise(factor)
    frame = frame.with_columns(
        counted=nw.when(nw.col("status").is_in(list(statuses))).then(1).otherwise(0),
        given_=nw.col("capacity").fill_null(0.0),
        has_figure_=nw.when(nw.col("capacity").is_null()).then(0).otherwise(1),
        has_source_=nw.when(nw.col("source_url").is_null()).then(0.0).otherwise(1.0),
        building_=nw.when(nw.col("status") == "construction").then(1.0).otherwise(0.0),
        factor_=factor,
    )
    return frame.with_columns(
        effective=nw.col("given_") * nw.col("factor_"),
        known=nw.col("counted") * nw.col("has_figure_"),
        construction=nw.col("given_") * nw.col("building_") * (1 - nw.col("counted")),
        sourced=nw.col("given_") * nw.col("factor_") * nw.col("has_source_"),
    )


def located(rows: Any, enterprises: Any, columns: Sequence[str]) -> Any:
    """Join capacity rows with columns of their sites and the group each belongs to.

    Returns
    -------
    narwhals frame
        `rows` with `columns` of the enterprises and `group`: `group_zh`, else the enterprise's id.
    """
    owner = nw.when(nw.col("group_zh").is_null()).then(nw.col("enterprise_id"))
    sites = enterprises.with_columns(group=owner.otherwise(nw.col("group_zh"))).select(
        "enterprise_id", "group", *columns
    )
    return rows.join(sites, on="enterprise_id", how="inner")


def local_capacity(
    enterprises: Any,
    capacities: Any,
    *,
    level: str | None,
    where: Mapping[str, Sequence[str]] | None = None,
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
        Column -> names that a site must have one of.
    at, statuses
        As in :func:`in_force`.

    Returns
    -------
    pandas.DataFrame
        Sorted by region and product: `capacity` and `construction` (units a year), `makers`,
        `makers_unquantified` (makers without any figure), `hhi` (sum of squared capacity shares of
        the makers, 0 to 1), `sourced_capacity` (units a year that rest on rows with a source).
    """
    rows = in_force(read_frame(capacities), at=at, statuses=statuses, watch=["construction"])
    rows = rows.filter(nw.col("scope") != "group")
    sites = read_frame(enterprises)
    for column, names in (where or {}).items():
        sites = sites.filter(nw.col(column).is_in(list(names)))
    sites = sites.with_columns(region=nw.col(level) if level else nw.lit(""))
    joined = located(rows, sites, ["region"])
    if level:
        joined = joined.filter(~nw.col("region").is_null())
    makers = joined.group_by("region", "product_id", "group").agg(
        nw.col("effective", "construction", "sourced").sum(), nw.col("counted", "known").max()
    )
    makers = makers.with_columns(
        square=nw.col("effective") * nw.col("effective"),
        unquantified=nw.col("counted") - nw.col("known"),
    )
    columns = ("effective", "construction", "counted", "unquantified", "square", "sourced")
    result = collect(makers.group_by("region", "product_id").agg(nw.col(*columns).sum()))
    result = result.rename(
        columns={
            "effective": "capacity",
            "counted": "makers",
            "unquantified": "makers_unquantified",
            "sourced": "sourced_capacity",
        }
    )
    total = result["capacity"].to_numpy(dtype=float)
    square = result["square"].to_numpy(dtype=float)
    positive = total > 0
    hhi = (square / (total * total + ~positive)).astype(float)
    hhi[~positive] = float("nan")
    result = result.assign(
        hhi=hhi,
        makers=result["makers"].astype("int64"),
        makers_unquantified=result["makers_unquantified"].astype("int64"),
    )
    return result[list(LOCAL_COLUMNS)].sort_values(["region", "product_id"], ignore_index=True)


def national_capacity(
    enterprises: Any, capacities: Any, *, at: str, statuses: Mapping[str, float]
) -> pd.DataFrame:
    """Aggregate all makers of the data to one row a product.

    A group's capacity is the larger of its company total and the sum of its sites.

    Returns
    -------
    pandas.DataFrame
        Sorted by product: `capacity` (units a year), `makers`, `hhi` (0 to 1).
    """
    rows = in_force(read_frame(capacities), at=at, statuses=statuses)
    rows = rows.with_columns(
        total_=nw.when(nw.col("scope") == "group").then(nw.col("effective")).otherwise(0.0),
        site_=nw.when(nw.col("scope") == "group").then(0.0).otherwise(nw.col("effective")),
    )
    makers = (
        located(rows, read_frame(enterprises), [])
        .group_by("product_id", "group")
        .agg(nw.col("total_", "site_").sum())
    )
    larger = nw.when(nw.col("total_") > nw.col("site_")).then(nw.col("total_"))
    makers = makers.with_columns(capacity=larger.otherwise(nw.col("site_")), maker=nw.lit(1))
    makers = makers.with_columns(square=nw.col("capacity") * nw.col("capacity"))
    result = collect(makers.group_by("product_id").agg(nw.col("capacity", "maker", "square").sum()))
    result = result.assign(
        hhi=result["square"] / (result["capacity"] ** 2).where(result["capacity"] > 0),
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
    where: Mapping[str, Sequence[str]] | None = None,
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
    sites = read_frame(enterprises)
    for column, names in (where or {}).items():
        sites = sites.filter(nw.col(column).is_in(list(names)))
    wanted = ["name_zh", "name_en", "group_zh", *LEVELS, "lat", "lon", "anchor"]
    result = collect(located(rows, sites, wanted))
    inner = [name for name in result.columns if name.endswith("_") or name in {"known", "sourced"}]
    keys = ["product_id", "enterprise_id", "status", "since", "capacity"]
    return result.drop(columns=inner).sort_values(keys, ignore_index=True)


def region_names(enterprises: Any) -> pd.DataFrame:
    """Return every place that enterprises name: one row a (province, city, county, park), counted.

    Returns
    -------
    pandas.DataFrame
        `province`, `city`, `county`, `park`, `enterprises` (number of sites).
    """
    frame = read_frame(enterprises).with_columns(enterprises=nw.lit(1))
    frame = frame.with_columns(*(nw.col(name).fill_null("") for name in LEVELS))
    result = collect(frame.group_by(*LEVELS).agg(nw.col("enterprises").sum()))
    return result.sort_values(list(LEVELS), ignore_index=True)


def collect(frame: Any) -> pd.DataFrame:
    """Return a narwhals frame as pandas, in whatever engine it lives."""
    native = frame.to_native()
    if isinstance(native, pd.DataFrame):
        return native.reset_index(drop=True)
    kind = frame.implementation
    if kind.is_polars():
        eager = native.collect(engine="streaming") if hasattr(native, "collect") else native
        return pd.DataFrame({name: eager[name].to_numpy() for name in eager.columns})
    if kind.is_duckdb():
        columns = native.fetchnumpy()
        return pd.DataFrame({name: columns[name] for name in native.columns})
    if kind.is_pyspark() or kind.is_spark_like():
        rows = native.collect()
        names = native.columns
        return pd.DataFrame({name: [row[i] for row in rows] for i, name in enumerate(names)})
    raise MissingLibraryError("unknown-engine", library=str(kind))
