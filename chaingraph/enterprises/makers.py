"""Makers anywhere in the data: by group, by product, and the rows behind a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw

from chaingraph.engines import collect, is_empty, read_frame
from chaingraph.enterprises.sites import LEVELS, located, sites_in
from chaingraph.enterprises.standing import (
    counted_statuses,
    full_date,
    site_rows,
    stand,
    standing_rows,
    start_unknown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from typing_extensions import Unpack

    from chaingraph.enterprises.sites import Where
    from chaingraph.enterprises.standing import Reading


def latest_totals(rows: Any) -> Any:
    """Return of located capacity rows the company totals that are the latest of their kind.

    Totals of a group do not add up, wherever they are filed: of those with one product and status, the
    one that began last (without `since`: was seen last) takes the place of the others.
    """
    totals = rows.filter(nw.col("scope") == "group")
    kinds = ("product_id", "group", "status")
    if isinstance(totals, nw.DataFrame) and not totals.select(*kinds).is_duplicated().any():
        return totals  # one of each kind
    began = nw.when(nw.col("since").is_null()).then(nw.col("as_of")).otherwise(nw.col("since"))
    # as a number: the largest of texts is slow to find
    day = full_date(began).fill_null("0").str.replace_all("-", "", literal=True).cast(nw.Int64())
    totals = totals.with_columns(date_=day)
    keys = [*kinds, "date_"]
    newest = totals.group_by(*kinds).agg(nw.col("date_").max())
    return totals.join(newest, on=keys, how="inner").drop("date_")


def group_capacity(
    enterprises: Any,
    capacities: Any,
    *,
    products: Sequence[str] | None = None,
    named: bool = False,
    **reading: Unpack[Reading],
) -> Any:
    """Aggregate all makers of the data to one row a product and group.

    Parameters
    ----------
    enterprises, capacities
        Native frames; or capacity rows that have been read, see :func:`chaingraph.enterprises.stand`.
    products
        Only these products; None: all.
    named
        Say also how each is `shown`: its `group_zh`, else the name of its site.
    **reading
        `at`, `statuses`, `signs`, `stale` as in :func:`standing_rows`.

    Returns
    -------
    narwhals frame
        `product_id`, `group`, `capacity` (units a year: the larger of the latest company total, see
        :func:`latest_totals`, and the sum of the sites), `known` (0/1: some figure is given), `bare`
        (rows without a figure), and where asked `shown`.
    """
    rows = stand(capacities, **reading).of(products).counted(totals=True)
    rows = rows.filter(nw.col("counted") == 1).select(
        "enterprise_id", "product_id", "scope", "status", "since", "as_of",
        "effective", "known", "bare",
    )  # fmt: skip
    rows = located(rows, read_frame(enterprises), ["group_zh", "name_zh"] if named else [])
    keys = ["product_id", "group"]
    flags = ["known"]
    if named:
        alone = nw.when(nw.col("group_zh").is_null()).then(nw.col("name_zh"))
        rows = rows.with_columns(shown=alone.otherwise(nw.col("group")))
        flags.append("shown")
    wanted = [*keys, "site_", "total_", "bare", *flags]
    sites = site_rows(rows).with_columns(site_=nw.col("effective"), total_=nw.lit(0.0))
    parts = [sites.select(*wanted)]
    if not is_empty(rows.filter(nw.col("scope") == "group")):
        totals = latest_totals(rows).with_columns(site_=nw.lit(0.0), total_=nw.col("effective"))
        parts.append(totals.select(*wanted))
    makers = (nw.concat(parts) if len(parts) > 1 else parts[0]).group_by(*keys)
    makers = makers.agg(nw.col("site_", "bare").sum(), nw.col("total_", *flags).max())
    larger = nw.when(nw.col("total_") > nw.col("site_")).then(nw.col("total_"))
    makers = makers.with_columns(capacity=larger.otherwise(nw.col("site_")))
    return makers.drop("site_", "total_")


def national_capacity(
    enterprises: Any,
    capacities: Any,
    **reading: Unpack[Reading],
) -> pd.DataFrame:
    """Aggregate all makers of the data to one row a product.

    A group's capacity is that of :func:`group_capacity`.

    Returns
    -------
    pandas.DataFrame
        Sorted by product: `capacity` (units a year of the known figures; missing where no maker has
        one), `makers`, `makers_unquantified` (makers without any figure), `rows_bare` (rows without a
        figure), `hhi` (0 to 1).
    """
    makers = group_capacity(enterprises, capacities, **reading)
    makers = makers.with_columns(
        maker=nw.lit(1), unknown=1 - nw.col("known"), square=nw.col("capacity") * nw.col("capacity")
    )
    sums = ("capacity", "maker", "unknown", "bare", "square")
    result = collect(makers.group_by("product_id").agg(nw.col(*sums).sum()))
    count, unknown = (result[name].astype("int64") for name in ("maker", "unknown"))
    capacity = result["capacity"].astype("float64").where(unknown < count)
    result = result.assign(
        capacity=capacity,
        makers=count,
        makers_unquantified=unknown,
        rows_bare=result["bare"].astype("int64"),
        hhi=result["square"].astype("float64") / (capacity**2).where(capacity > 0),
    )
    columns = ["product_id", "capacity", "makers", "makers_unquantified", "rows_bare", "hhi"]
    return result[columns].sort_values("product_id", ignore_index=True)


def maker_rows(
    enterprises: Any,
    capacities: Any,
    *,
    products: Sequence[str] | None = None,
    where: Where | None = None,
    **reading: Unpack[Reading],
) -> pd.DataFrame:
    """Return the capacity rows of makers with their sites: the rows behind a figure.

    Parameters
    ----------
    enterprises, capacities
        Native frames; or capacity rows that have been read, see :func:`chaingraph.enterprises.stand`.
    products
        Only these products; None: all.
    where
        A region, or column -> names that a site must have one of.
    **reading
        `at`, `statuses`, `signs`, `stale` as in :func:`standing_rows`.

    Returns
    -------
    pandas.DataFrame
        One row a phase, sorted by product, enterprise and start: the columns of both tables
        (`source_url` and `note` are those of the capacity row) and `effective`, `effective_low`,
        `counted`, `stale` of :func:`standing_rows`. What is under construction or planned is among them.
    """
    rows = stand(capacities, **reading).of(products).rows(["construction", "planned"])
    sites = sites_in(enterprises, where)
    wanted = ["name_zh", "name_en", "group_zh", *LEVELS, "lat", "lon", "anchor"]
    result = collect(located(rows.drop("bare", "figure"), sites, wanted))
    keys = ["product_id", "enterprise_id", "status", "since", "capacity", "until", "source_url"]
    return result.sort_values(keys, ignore_index=True)


def made_by(capacities: Any, enterprises: Sequence[str], *, at: str) -> list[str]:
    """Return the products that some enterprises run plants of at a date, sorted."""
    rows = site_rows(read_frame(capacities))
    rows = rows.filter(nw.col("enterprise_id").is_in(list(enterprises)))
    rows = standing_rows(rows, at=at, statuses={"operating": 1.0})
    found = collect(rows.filter(nw.col("counted") == 1).select("product_id").unique())
    return sorted(found["product_id"])


def count_undated(
    enterprises: Any,
    capacities: Any,
    *,
    where: Where,
    statuses: Mapping[str, float],
) -> int:
    """Return how many capacity rows of sites have no start, so that they count at every date."""
    wanted = list(counted_statuses(statuses))
    rows = site_rows(read_frame(capacities))
    unknown = start_unknown(rows.collect_schema().names())
    rows = rows.filter(unknown, nw.col("status").is_in(wanted))
    sites = sites_in(enterprises, where).select("enterprise_id")
    joined = rows.select("enterprise_id").join(sites, on="enterprise_id", how="inner")
    found = collect(joined.with_columns(one=nw.lit(1)).select(nw.col("one").sum()))
    return int(found["one"].fillna(0).iloc[0])
