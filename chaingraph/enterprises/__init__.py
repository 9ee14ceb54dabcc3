"""Relational work over enterprise-level rows, in narwhals: pandas, polars, DuckDB, PySpark alike.

Rows are only filtered, joined and aggregated here; what is collected is as small as (region, product).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaingraph.enterprises.local import (
    LOCAL_COLUMNS,
    WATCHED,
    LocalRows,
    local_capacity,
    local_rows,
)
from chaingraph.enterprises.makers import (
    count_undated,
    day_told,
    group_capacity,
    latest_totals,
    made_by,
    maker_rows,
    national_capacity,
)
from chaingraph.enterprises.plants import (
    ENOUGH_PLANTS,
    OwnPairs,
    own_pairs,
    plant_rows,
    plant_sizes,
)
from chaingraph.enterprises.sites import LEVELS, located, owner, region_names, sites_in
from chaingraph.enterprises.standing import (
    CAPACITY_COLUMNS,
    OPEN,
    RUNNING,
    STATUSES,
    Reading,
    Stale,
    Standing,
    capacity_columns,
    counted_statuses,
    full_date,
    site_rows,
    stale_before,
    stand,
    standing_rows,
    start_unknown,
    valid_rows,
)

if TYPE_CHECKING:
    from chaingraph.enterprises.sites import Where as Where

__all__ = [
    "CAPACITY_COLUMNS",
    "ENOUGH_PLANTS",
    "LEVELS",
    "LOCAL_COLUMNS",
    "OPEN",
    "RUNNING",
    "STATUSES",
    "WATCHED",
    "LocalRows",
    "OwnPairs",
    "Reading",
    "Stale",
    "Standing",
    "capacity_columns",
    "count_undated",
    "counted_statuses",
    "day_told",
    "full_date",
    "group_capacity",
    "latest_totals",
    "local_capacity",
    "local_rows",
    "located",
    "made_by",
    "maker_rows",
    "national_capacity",
    "own_pairs",
    "owner",
    "plant_rows",
    "plant_sizes",
    "region_names",
    "site_rows",
    "sites_in",
    "stale_before",
    "stand",
    "standing_rows",
    "start_unknown",
    "valid_rows",
]
