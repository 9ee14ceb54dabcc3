"""The plants of a region: which rows of which sites stand at a date, one row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaingraph.engines import collect, read_frame
from chaingraph.enterprises.local import WATCHED
from chaingraph.enterprises.sites import LEVELS, located, sites_in
from chaingraph.enterprises.standing import (
    capacity_columns,
    counted_statuses,
    site_rows,
    standing_rows,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from chaingraph.enterprises.sites import Where
    from chaingraph.enterprises.standing import Stale

_SITE: Final = ("name_zh", "name_en", *LEVELS, "lat", "lon", "anchor")
_ROW: Final = (
    "enterprise_id", "product_id", "status", "since", "phase", "figure", "effective", "bare", "counted",
    "stale", "source_url",
)  # fmt: skip


def plant_rows(
    enterprises: Any,
    capacities: Any,
    *,
    where: Where | None,
    at: str,
    statuses: Mapping[str, float],
    signs: pd.DataFrame | None = None,
    stale: Stale = "drop",
) -> pd.DataFrame:
    """Return the capacity rows of a region's sites that stand at a date, those told beside too.

    Parameters
    ----------
    enterprises, capacities
        Native frames.
    where
        A region, or column -> names that a site must have one of.
    at, statuses, signs, stale
        As in :func:`standing_rows`; construction, plans and what is idle are there, counted or not.

    Returns
    -------
    pandas.DataFrame
        One row a row of capacities, sorted: `enterprise_id`, `product_id`, `status`, `since`, `phase`,
        `figure`, `effective`, `bare`, `counted`, `stale`, `source_url`, and of the site `group`, its
        names, place, coordinates and whether it is an anchor, as far as the tables have them.
    """
    frame = read_frame(capacities)
    beside = [status for status in WATCHED if status not in counted_statuses(statuses)]
    rows = standing_rows(
        site_rows(frame.select(*capacity_columns(frame))),
        at=at, statuses=statuses, signs=signs, stale=stale, watch=beside,
    )  # fmt: skip
    sites = sites_in(enterprises, where)
    there = set(sites.collect_schema().names())
    found = located(rows, sites, [name for name in _SITE if name in there])
    columns = [name for name in _ROW if name in found.collect_schema().names()]
    kept = [*columns, "group", *(name for name in _SITE if name in there)]
    plants = collect(found.select(*kept))
    return plants.sort_values([name for name in columns if name != "source_url"], ignore_index=True)
