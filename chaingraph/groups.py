"""Relational work by group: who makes what where, in narwhals as all work over enterprise rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import narwhals as nw

from chaingraph.dataset import last_day
from chaingraph.enterprises import LEVELS, collect, in_force, located, read_frame

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

HELD: Final = ("operating", "construction")
"""Statuses of a plant that stands or is being built: proof that its owner makes the product."""
_COLUMNS: Final = (
    "enterprise_id", "product_id", "capacity", "status", "scope", "since", "until", "as_of",
    "source_url",
)  # fmt: skip
_KEYS: Final = ("product_id", "group", "enterprise_id", "scope", *LEVELS, "lat", "lon")


def site_rows(
    enterprises: Any,
    capacities: Any,
    *,
    products: Sequence[str] | None = None,
    where: Mapping[str, Sequence[str]] | None = None,
    at: str,
    statuses: Mapping[str, float],
) -> pd.DataFrame:
    """Return who makes what where: one row a product and site, phases added up.

    Parameters
    ----------
    enterprises, capacities
        Native frames.
    products
        Only these products; None: all.
    where
        Column -> names that a site must have one of.
    at, statuses
        As in :func:`chaingraph.enterprises.in_force`.

    Returns
    -------
    pandas.DataFrame
        Sorted by product, group and site: `product_id`, `group` (`group_zh`, else the enterprise's
        id), `enterprise_id`, `scope` (a company total is `group`), place and coordinates, `capacity`
        (units a year of the statuses that count; missing without a figure), `since` (first start that
        is known, else missing). Plants that operate or are under construction.
    """
    watch = [status for status in HELD if status not in statuses]
    rows = read_frame(capacities).select(*_COLUMNS)
    if products is not None:
        rows = rows.filter(nw.col("product_id").is_in(list(products)))
    rows = in_force(rows, at=at, statuses=statuses, watch=watch).select(
        "enterprise_id", "product_id", "since", "effective", "known",
        scope=nw.col("scope").fill_null("site"),
    )  # fmt: skip
    sites = read_frame(enterprises)
    for column, names in (where or {}).items():
        sites = sites.filter(nw.col(column).is_in(list(names)))
    joined = located(rows, sites, [*LEVELS, "lat", "lon"]).with_columns(
        nw.col(*LEVELS).fill_null("")
    )
    found = collect(
        joined.group_by("product_id", "group", "enterprise_id", "scope").agg(
            nw.col("effective").sum(),
            nw.col("known").max(),
            nw.col("since").min(),
            nw.col(*LEVELS, "lat", "lon").max(),
        )
    )
    found["capacity"] = found["effective"].astype("float64").where(found["known"] > 0)
    found = found.sort_values(list(_KEYS[:4]), ignore_index=True)
    return found[[*_KEYS, "capacity", "since"]]


def known_by(capacities: Any, day: str) -> Any:
    """Return the capacity rows that were known at a day: begun by then, or seen by then if undated.

    Parameters
    ----------
    capacities
        Native frame.
    day
        Date, read as its last day. A row counts where `since` is on or before it; without `since`,
        where `as_of` (when a page said so) is. A row with neither proves nothing of that day.
    """
    last = last_day(day)
    begun = ~nw.col("since").is_null() & (nw.col("since") <= last)
    seen = nw.col("since").is_null() & ~nw.col("as_of").is_null() & (nw.col("as_of") <= last)
    return read_frame(capacities).filter(begun | seen).to_native()


def sites_of(enterprises: Any, capacities: Any) -> Any:
    """Return the enterprises that have a capacity row."""
    makers = read_frame(capacities).select("enterprise_id").unique()
    return read_frame(enterprises).join(makers, on="enterprise_id", how="semi").to_native()


def rows_of_groups(
    enterprises: Any,
    capacities: Any,
    groups: Sequence[str],
    *,
    at: str,
    statuses: Mapping[str, float],
) -> pd.DataFrame:
    """Return the capacity rows of some groups with names, places and sources: what reasons rest on.

    Returns
    -------
    pandas.DataFrame
        Sorted by group, product, site and start: `group`, the columns of the capacity row, and name
        and place of the site.
    """
    watch = [status for status in HELD if status not in statuses]
    sites = read_frame(enterprises)
    owner = nw.when(nw.col("group_zh").is_null()).then(nw.col("enterprise_id"))
    sites = sites.filter(owner.otherwise(nw.col("group_zh")).is_in(list(groups)))
    rows = in_force(read_frame(capacities), at=at, statuses=statuses, watch=watch)
    found = collect(located(rows, sites, ["name_zh", "name_en", *LEVELS, "lat", "lon"]))
    inner = [name for name in found.columns if name.endswith("_") or name in {"sourced", "counted"}]
    keys = ["group", "product_id", "enterprise_id", "status", "since"]
    return found.drop(columns=inner).sort_values(keys, ignore_index=True)
