"""Sites: where they lie, whom they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import narwhals as nw

from chaingraph.engines import collect, read_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from chaingraph.regions import Region

    Where = Mapping[str, Sequence[str]] | Region

Level = Literal["province", "city", "county", "park"]
LEVELS: Final = get_args(Level)


def located(rows: Any, enterprises: Any, columns: Sequence[str]) -> Any:
    """Join capacity rows with columns of their sites and the group each belongs to (:func:`owner`).

    Returns
    -------
    narwhals frame
        `rows` with `columns` of the enterprises and `group`: `group_zh`, else the enterprise's id.
    """
    sites = enterprises.select("enterprise_id", *columns, group=owner())
    return rows.join(sites, on="enterprise_id", how="inner")


def owner() -> Any:
    """Return whom each site belongs to as an expression: `group_zh`, else the enterprise's id."""
    alone = nw.when(nw.col("group_zh").is_null()).then(nw.col("enterprise_id"))
    return alone.otherwise(nw.col("group_zh"))


def real_firms(sites: Any) -> Any:
    """Return the condition that a row of a narwhals frame of enterprises stands for a real firm."""
    if "placeholder" not in sites.collect_schema().names():
        return ~nw.col("enterprise_id").is_null()
    return ~nw.col("placeholder").cast(nw.Boolean()).fill_null(value=False)


def sites_in(enterprises: Any, where: Where | None) -> Any:
    """Return the enterprises that lie in a region, or in one of the places of each column."""
    sites = read_frame(enterprises)
    if where is not None and not isinstance(where, Mapping):
        return where.filter(sites)
    for column, names in (where or {}).items():
        sites = sites.filter(nw.col(column).is_in(list(names)))
    return sites


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
