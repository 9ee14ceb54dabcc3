"""Relational work by group: who makes what where, in narwhals as all work over enterprise rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from chaingraph.dataset import last_day
from chaingraph.engines import collect, read_frame
from chaingraph.enterprises import (
    LEVELS,
    OPEN,
    RUNNING,
    full_date,
    latest_totals,
    located,
    owner,
    site_rows,
    sites_in,
    stand,
)
from chaingraph.enterprises.sites import real_firms

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from typing_extensions import Unpack

    from chaingraph.enterprises import Reading, Standing, Where
    from chaingraph.regions import Region

MAKING: Final = (*RUNNING, "suspended")
"""Statuses of a plant that stands: proof that its owner makes the product."""
INTENDED: Final = OPEN
"""Statuses of a plant that its owner is building or plans: it intends to make the product."""
_KEYS: Final = ("product_id", "group", "enterprise_id", "scope", "status", *LEVELS, "lat", "lon")


def makers_by_site(
    enterprises: Any,
    capacities: Any,
    *,
    products: Sequence[str] | None = None,
    where: Where | None = None,
    besides: Region | None = None,
    categories: bool = False,
    **reading: Unpack[Reading],
) -> pd.DataFrame:
    """Return who makes what where, or intends to: one row a product, site and `status`, phases added up.

    Parameters
    ----------
    enterprises, capacities
        Native frames; or capacity rows that have been read, see :func:`chaingraph.enterprises.stand`.
    products
        Only these products; None: all.
    where
        A region, or column -> names that a site must have one of.
    besides
        With `products`: and all products of the sites of this region.
    categories
        Texts of another engine than pandas as categories, see :func:`chaingraph.engines.collect`.
    **reading
        `at`, `statuses`, `signs`, `stale` as in :func:`chaingraph.enterprises.standing_rows`.

    Returns
    -------
    pandas.DataFrame
        Sorted by product, group and site: `product_id`, `group` (`group_zh`, else the enterprise's
        id), `enterprise_id`, `scope` (a company total is `group`), `status` (`operating` for all of
        :data:`MAKING`, else that of :data:`INTENDED`), place and coordinates, `capacity`
        (units a year of the statuses that count; missing without a figure), `since` (first start that
        is known, else missing). Company totals are the latest ones, see
        :func:`chaingraph.enterprises.latest_totals`.
    """
    standing, sites = stand(capacities, **reading), sites_in(enterprises, where)
    rows = _made_at(standing.of(products), sites)
    if products is not None and besides is not None:
        local = besides.filter(sites)
        others = standing.of(None, but=products).at_sites(local)
        rows = nw.concat([rows, _made_at(others, local)])
    found = collect(rows, categories=categories)
    found["capacity"] = found["effective"].astype("float64").where(found["known"] > 0)
    found = found.sort_values(list(_KEYS[:5]), ignore_index=True)
    return found[[*_KEYS, "capacity", "since"]]


def _made_at(standing: Standing, sites: Any) -> Any:
    """Return what some sites make or intend to, phases added up, and the latest totals of companies."""
    rows = _fresh(standing, standing.told((*MAKING, *INTENDED))).select(
        "enterprise_id", "product_id", "scope", "since", "as_of", "effective", "known",
        status=nw.when(nw.col("status").is_in(list(INTENDED))).then(nw.col("status"))
        .otherwise(nw.lit(MAKING[0])),
    )  # fmt: skip
    wanted = ["product_id", "group", "enterprise_id", "status"]
    totals = latest_totals(located(rows.filter(nw.col("scope") == "group"), sites, []))
    totals = totals.group_by(*wanted).agg(nw.col("effective", "known").max(), nw.col("since").min())
    plants = located(site_rows(rows), sites, []).group_by(*wanted)
    plants = plants.agg(nw.col("effective").sum(), nw.col("known").max(), nw.col("since").min())
    order = [*wanted, "effective", "known", "since", "scope"]
    rows = nw.concat(
        [
            plants.with_columns(scope=nw.lit("site")).select(*order),
            totals.with_columns(scope=nw.lit("group")).select(*order),
        ]
    )
    places = sites.select(
        "enterprise_id", *(nw.col(level).fill_null("") for level in LEVELS), "lat", "lon"
    )
    return rows.join(places, on="enterprise_id", how="inner")


def _fresh(standing: Standing, rows: Any) -> Any:
    """Return rows without those of construction and plans that are stale, where these do not count."""
    return rows if standing.stale == "keep" else rows.filter(nw.col("stale") == 0)


def city_products(
    enterprises: Any, capacities: Any, *, categories: bool = False, **reading: Unpack[Reading]
) -> pd.DataFrame:
    """Return which cities make what: one row a `city` and `product_id`, sorted.

    Plants that stand, see :data:`MAKING`; company totals lie nowhere. `categories` as in
    :func:`makers_by_site`.
    """
    standing = stand(capacities, **reading)
    rows = site_rows(standing.told(MAKING)).filter(nw.col("status").is_in(list(MAKING)))
    rows = rows.select("enterprise_id", "product_id")
    sites = read_frame(enterprises).select("enterprise_id", "city")
    sites = sites.filter(~nw.col("city").is_null())
    joined = rows.join(sites, on="enterprise_id", how="inner").select("city", "product_id")
    found = collect(joined.unique(), categories=categories)
    return found.sort_values(["city", "product_id"], ignore_index=True)


def group_products(enterprises: Any, capacities: Any, **reading: Unpack[Reading]) -> pd.DataFrame:
    """Return what groups make or intend to make: one row a `group` and `product_id`, sorted.

    Plants that stand, are being built or planned, see :data:`MAKING` and :data:`INTENDED`, and company
    totals; sites that stand for makers unknown are left out.
    """
    standing = stand(capacities, **reading)
    statuses = (*MAKING, *INTENDED)
    rows = _fresh(standing, standing.told(statuses)).filter(nw.col("status").is_in(list(statuses)))
    sites = read_frame(enterprises)
    sites = sites.filter(real_firms(sites))
    found = located(rows.select("enterprise_id", "product_id").unique(), sites, [])
    found = collect(found.select("group", "product_id").unique())
    return found.sort_values(["group", "product_id"], ignore_index=True)


def group_called(enterprises: Any, name: str) -> str | None:
    """Return the group of a name: itself where sites carry it, else the site without a group so called."""
    sites = read_frame(enterprises)
    if len(collect(sites.filter(nw.col("group_zh") == name).select("enterprise_id").head(1))):
        return name
    alone = sites.filter(nw.col("group_zh").is_null())
    named = (nw.col("name_zh") == name) | (nw.col("enterprise_id") == name)
    found = collect(alone.filter(named).select("enterprise_id"))["enterprise_id"].tolist()
    return str(found[0]) if len(found) == 1 else None


def known_by(capacities: Any, day: str) -> Any:
    """Return the capacity rows that were known at a day: begun by then, or seen by then if undated.

    Parameters
    ----------
    capacities
        Native frame.
    day
        Date, read as its last day. A row counts where `since` is on or before it; without `since`,
        where `as_of` (when a page said so) is. A year or month means its last day here too: what
        began in 2021 is known at 2021-12, not at 2021-06. A row with neither proves nothing.
    """
    last = last_day(day)
    begun = ~nw.col("since").is_null() & (full_date(nw.col("since")) <= last)
    seen = (
        nw.col("since").is_null()
        & ~nw.col("as_of").is_null()
        & (full_date(nw.col("as_of")) <= last)
    )
    return read_frame(capacities).filter(begun | seen).to_native()


def sites_of(enterprises: Any, capacities: Any) -> Any:
    """Return the enterprises that have a capacity row."""
    makers = read_frame(capacities).select("enterprise_id").unique()
    return read_frame(enterprises).join(makers, on="enterprise_id", how="semi").to_native()


def placeholders(enterprises: Any) -> frozenset[str]:
    """Return the ids of enterprises that stand for several or unknown ones: they count, nobody calls them."""
    sites = read_frame(enterprises)
    if "placeholder" not in sites.collect_schema().names():
        return frozenset()
    rows = sites.filter(nw.col("placeholder").cast(nw.Boolean())).select("enterprise_id")
    return frozenset(collect(rows)["enterprise_id"].tolist())


def mean_points(enterprises: Any, level: str) -> pd.DataFrame:
    """Return the mean coordinates of the sites of each place of a level, sorted by its name."""
    known = ~nw.col("lat").is_null() & ~nw.col("lon").is_null() & ~nw.col(level).is_null()
    sites = read_frame(enterprises).filter(known)
    sites = sites.filter(~nw.col("lat").is_nan() & ~nw.col("lon").is_nan())
    means = sites.group_by(level).agg(nw.col("lat").mean(), nw.col("lon").mean())
    return collect(means).sort_values(level, ignore_index=True)


def rows_of_groups(
    enterprises: Any,
    capacities: Any,
    groups: Sequence[str],
    *,
    categories: bool = False,
    **reading: Unpack[Reading],
) -> pd.DataFrame:
    """Return the capacity rows of some groups with names, places and sources: what reasons rest on.

    `categories` as in :func:`makers_by_site`.

    Returns
    -------
    pandas.DataFrame
        Sorted by group, product, site and start: `group`, the columns of the capacity row, and name
        and place of the site.
    """
    sites = read_frame(enterprises)
    sites = sites.filter(owner().is_in(list(groups)))
    standing = stand(capacities, **reading).at_sites(sites)
    rows = _fresh(standing, standing.rows((*MAKING, *INTENDED))).drop(
        "counted", "bare", "figure", "effective_low", "stale"
    )
    wanted = ["name_zh", "name_en", *LEVELS, "lat", "lon"]
    found = collect(located(rows, sites, wanted), categories=categories)
    keys = ["group", "product_id", "enterprise_id", "status", "since"]
    return found.sort_values(keys, ignore_index=True)
