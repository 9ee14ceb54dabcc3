"""What chaingraph is measured against: the relational pass by hand, and ecomplexity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS = (
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
SITE_COLUMNS = ("enterprise_id", "group_zh", "city")
STATUSES = ("operating", "construction")
SAME_SIZE = 0.2
"""A running row whose figure differs by no more is the start of construction at its site."""


def scan_polars(folder: Path) -> tuple[Any, Any]:
    """Return enterprises and capacities as lazy polars frames."""
    import polars as pl

    return tuple(
        pl.scan_parquet(str(folder / f"{t}.parquet/*.parquet"))
        for t in ("enterprises", "capacities")
    )


def polars_pass(enterprises: Any, capacities: Any, day: str) -> Any:
    """Capacity, construction, makers, HHI and sourced capacity by city and product, native polars."""
    import polars as pl

    col = pl.col
    start = (
        pl.when(col("since").is_null() & (col("status") == "planned"))
        .then("as_of")
        .otherwise("since")
    )
    operating = col("status") == "operating"
    capacity = col("capacity").fill_null(0.0)
    rows = capacities.filter(
        col("status").is_in(STATUSES),
        col("scope") != "group",
        start.is_null() | (start <= day),
        col("until").is_null() | (col("until") > day),
    )
    keys = ["enterprise_id", "product_id"]
    building = rows.filter(~operating & col("until").is_null())
    pairs = building.join(rows.filter(operating), on=keys, suffix="_running")
    alike = (col("capacity_running") - col("capacity")).abs() <= SAME_SIZE * col("capacity")
    ran = pl.coalesce("since_running", "as_of_running") + "-31"
    before = (ran < col("since")).fill_null(value=False)
    own = [*keys, "since", "capacity", "status"]
    begun = pairs.filter(alike & ~before).select(own).unique()
    rows = rows.join(begun, on=own, how="anti", nulls_equal=True).select(
        "enterprise_id",
        "product_id",
        effective=pl.when(operating).then(capacity).otherwise(0.0),
        construction=pl.when(operating).then(0.0).otherwise(capacity),
        counted=operating.cast(pl.Int8),
        known=(operating & col("capacity").is_not_null()).cast(pl.Int8),
        sourced=pl.when(operating & col("source_url").is_not_null()).then(capacity).otherwise(0.0),
    )
    sites = enterprises.filter(col("city").is_not_null()).select(
        "enterprise_id", region="city", group=pl.coalesce("group_zh", "enterprise_id")
    )
    makers = (
        rows.join(sites, on="enterprise_id")
        .group_by("region", "product_id", "group")
        .agg(col("effective", "construction", "sourced").sum(), col("counted", "known").max())
    )
    total, square = col("effective").sum(), (col("effective") ** 2).sum()
    return (
        makers.group_by("region", "product_id")
        .agg(
            capacity=total,
            construction=col("construction").sum(),
            makers=col("counted").cast(pl.Int64).sum(),
            makers_unquantified=(col("counted") - col("known")).cast(pl.Int64).sum(),
            hhi=pl.when(total > 0).then(square / total**2),
            sourced_capacity=col("sourced").sum(),
        )
        .sort("region", "product_id")
        .collect(engine="streaming")
    )


def pandas_pass(enterprises: Any, capacities: Any, day: str) -> Any:
    """As :func:`polars_pass` over pandas frames, vectorised."""
    import numpy as np

    rows = capacities[list(COLUMNS)]
    rows = rows[rows["status"].isin(STATUSES) & (rows["scope"] != "group")]
    start = rows["since"].where(
        ~(rows["since"].isna() & (rows["status"] == "planned")), rows["as_of"]
    )
    rows = rows[(start.isna() | (start <= day)) & (rows["until"].isna() | (rows["until"] > day))]
    keys = ["enterprise_id", "product_id"]
    running = rows["status"] == "operating"
    building = rows[~running & rows["until"].isna()].reset_index(names="row")
    pairs = building.merge(rows[running], on=keys, suffixes=("", "_running"))
    alike = (pairs["capacity_running"] - pairs["capacity"]).abs() <= SAME_SIZE * pairs["capacity"]
    ran = pairs["since_running"].fillna(pairs["as_of_running"]) + "-31"
    rows = rows.drop(index=pairs.loc[alike & ~(ran < pairs["since"]), "row"].unique())
    operating = (rows["status"] == "operating").to_numpy()
    capacity = rows["capacity"].fillna(0.0).to_numpy()
    slim = rows[["enterprise_id", "product_id"]].assign(
        effective=np.where(operating, capacity, 0.0),
        construction=np.where(operating, 0.0, capacity),
        counted=operating.astype(np.int64),
        known=(operating & rows["capacity"].notna().to_numpy()).astype(np.int64),
        sourced=np.where(operating & rows["source_url"].notna().to_numpy(), capacity, 0.0),
    )
    sites = enterprises[list(SITE_COLUMNS)].dropna(subset=["city"])
    sites = sites.assign(group=sites["group_zh"].fillna(sites["enterprise_id"]))
    sites = sites[["enterprise_id", "city", "group"]].rename(columns={"city": "region"})
    joined = slim.merge(sites, on="enterprise_id")
    sums = {
        "effective": "sum",
        "construction": "sum",
        "sourced": "sum",
        "counted": "max",
        "known": "max",
    }
    makers = joined.groupby(["region", "product_id", "group"], sort=False, as_index=False).agg(sums)
    makers["square"] = makers["effective"] ** 2
    makers["makers_unquantified"] = makers["counted"] - makers["known"]
    names = ["effective", "construction", "counted", "makers_unquantified", "square", "sourced"]
    result = makers.groupby(["region", "product_id"], as_index=False)[names].sum()
    total = result["effective"]
    result["hhi"] = result["square"] / (total**2).where(total > 0)
    result = result.rename(
        columns={"effective": "capacity", "counted": "makers", "sourced": "sourced_capacity"}
    )
    return result.drop(columns="square")


def ecomplexity_pass(rows: Any) -> Any:
    """RCA, density, ECI and PCI by the PyPI package, without its slowest check."""
    import warnings

    from ecomplexity import ecomplexity

    names = {"time": "year", "loc": "region", "prod": "product", "val": "amount"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ecomplexity(rows, names, check_logsupermodularity=False, verbose=False)
