"""What regions make, by region and product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.engines import collect_coded, is_empty
from chaingraph.enterprises.sites import located, real_firms, sites_in
from chaingraph.enterprises.standing import stand

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from typing_extensions import Unpack

    from chaingraph.enterprises.sites import Where
    from chaingraph.enterprises.standing import Reading, Stale

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
WATCHED: Final = ("construction", "planned", "suspended")
"""Statuses that are told beside the capacity, where they are not counted in it."""
_AMOUNTS: Final = ("effective", "effective_low", "sourced")
_FLAGS: Final = ("counted", "known", "lacking")
_SUMS: Final = (*_AMOUNTS, "counted", "unquantified", "partial", "square", "bare", "stale")
_KEYS: Final = ("region", "product_id")


class LocalRows(NamedTuple):
    """What regions make: one entry a region and product, sorted by both, in codes.

    Attributes
    ----------
    regions, products
        Names, sorted.
    region, product
        Position of each entry's region and product in those names.
    numbers
        By name, one figure an entry, in units a year or a count. Of what counts: `capacity` (sum of
        the known figures), `capacity_low` (0 for rows in trial and rows of general knowledge),
        `sourced_capacity`, `makers` (groups), `makers_unquantified` (without any figure),
        `makers_partial` (with a figure, but not for every phase), `rows_bare` (rows without a
        figure), `hhi` and `top_share` of the makers by their known figures (what has no real firm is
        of many small ones), `figures_known` (0/1: no figure is lacking). Beside it, where the status
        is not counted: `construction`, `planned`, `suspended` (known figures), `construction_rows`,
        `planned_rows`, `suspended_rows`, `construction_bare` (rows without a figure). `stale_rows`:
        rows of construction and plans left out as stale, in none of these figures.
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
    watched: bool = True,
    **reading: Unpack[Reading],
) -> LocalRows:
    """Aggregate the sites of regions as :func:`local_capacity` does, with codes for names.

    What counts and what is only told beside it are two passes: the first is most of the rows and needs
    few columns, the second needs many and is few rows; without `watched` it is not made, and its
    columns hold nothing. `capacities` may be rows that have been read: see
    :func:`chaingraph.enterprises.stand`.
    """
    standing = stand(capacities, **reading)
    sites = sites_in(enterprises, where)
    if level:
        sites = sites.filter(~nw.col(level).is_null())
    sites = sites.select(
        "enterprise_id",
        "group_zh",
        region=nw.col(level) if level else nw.lit(""),
        real=nw.when(real_firms(sites)).then(1.0).otherwise(0.0),
    )
    beside = [status for status in WATCHED if watched and status not in standing.wanted]
    passes = [_counted_sums(standing.counted(), sites)]
    if beside:
        others = standing.beside(beside)
        if not is_empty(others):
            passes.append(_watched_sums(others, sites, beside, dropping=standing.stale == "drop"))
    return _merged([collect_coded(frame, _KEYS) for frame in passes])


def _counted_sums(rows: Any, sites: Any) -> Any:
    """Return the sums of what counts by region and product, by way of its makers."""
    lacking = nw.col("counted") * nw.col("bare")
    rows = rows.select(
        "enterprise_id", "product_id", *_AMOUNTS, "counted", "known", lacking=lacking, bare=lacking,
        stale=nw.col("stale") * (1 - nw.col("counted")),
    )  # fmt: skip
    makers = located(rows, sites, ["region", "real"]).group_by(*_KEYS, "group")
    makers = makers.agg(nw.col(*_AMOUNTS, "bare", "stale").sum(), nw.col(*_FLAGS, "real").max())
    makers = makers.with_columns(
        square=nw.col("effective") * nw.col("effective") * nw.col("real"),
        top=nw.col("effective") * nw.col("real"),
        unquantified=nw.col("counted") - nw.col("known"),
        partial=nw.col("known") * nw.col("lacking"),
    )
    return makers.group_by(*_KEYS).agg(nw.col(*_SUMS).sum(), nw.col("top").max())


def _watched_sums(rows: Any, sites: Any, statuses: Sequence[str], *, dropping: bool) -> Any:
    """Return the sums of what is told beside the capacity, by region and product."""
    rows = rows.with_columns(here_=1 - nw.col("stale") if dropping else nw.lit(1))
    counts = {
        f"{status}_rows": nw.when(nw.col("status") == status).then(nw.col("here_")).otherwise(0)
        for status in statuses
    }
    rows = rows.with_columns(**counts)
    columns = {status: nw.col("figure") * nw.col(f"{status}_rows") for status in statuses}
    if "construction" in statuses:
        columns["construction_bare"] = nw.col("bare") * nw.col("construction_rows")
    columns["stale_rows"] = nw.col("stale") if dropping else nw.lit(0)
    rows = rows.select("enterprise_id", "product_id", *counts, **columns)
    sums = located(rows, sites, ["region"]).group_by(*_KEYS)
    return sums.agg(nw.col(*counts, *columns).sum())


_Coded = tuple[dict[str, Any], list[tuple["NDArray[np.intp]", "NDArray[np.object_]"]]]


def _merged(passes: Sequence[_Coded]) -> LocalRows:
    """Put the sums of the passes side by side, one entry a region and product of any of them."""
    regions, region = _common_codes([keys[0] for _, keys in passes])
    products, product = _common_codes([keys[1] for _, keys in passes])
    size = max(1, len(products))
    entries = [r.astype(np.int64) * size + p for r, p in zip(region, product, strict=True)]
    orders = [np.argsort(entry) for entry in entries]
    entries = [entry[order] for entry, order in zip(entries, orders, strict=True)]
    whole = np.sort(np.concatenate(entries), kind="stable")  # of sorted parts: they are merged
    whole = whole[np.diff(whole, prepend=-1) > 0]
    sums: dict[str, NDArray[Any]] = {}
    for (numbers, _), entry, order in zip(passes, entries, orders, strict=True):
        place = np.searchsorted(whole, entry)
        for name, values in numbers.items():
            sums[name] = np.zeros(len(whole))
            sums[name][place] = np.asarray(values)[order]
    return LocalRows(regions, products, whole // size, whole % size, _local_numbers(sums))


def _common_codes(
    keys: Sequence[tuple[NDArray[np.intp], NDArray[np.object_]]],
) -> tuple[NDArray[np.object_], list[NDArray[np.intp]]]:
    """Return the sorted names of several coded columns, and each column in codes of those."""
    names = np.array(sorted(set().union(*(own.tolist() for _, own in keys))), dtype=object)
    return names, [np.searchsorted(names, own)[codes] for codes, own in keys]


def _local_numbers(sums: Mapping[str, Any]) -> dict[str, NDArray[Any]]:
    """Return the columns of a local table from its sums."""
    total = sums["effective"]
    positive = total > 0
    shares = {name: np.full(len(total), np.nan) for name in ("square", "top")}
    shares["square"][positive] = sums["square"][positive] / total[positive] ** 2
    shares["top"][positive] = sums["top"][positive] / total[positive]
    nothing = np.zeros(len(total))

    def count(name: str) -> NDArray[Any]:
        return np.asarray(sums.get(name, nothing)).astype(np.int64)

    makers = count("counted")
    return {
        "capacity": total,
        "capacity_low": sums["effective_low"],
        "construction": sums.get("construction", nothing),
        "makers": makers,
        "makers_unquantified": count("unquantified"),
        "makers_partial": count("partial"),
        "rows_bare": count("bare"),
        "hhi": shares["square"],
        "top_share": shares["top"],
        "figures_known": np.where((makers > 0) & (sums["bare"] <= 0), 1, 0),
        "sourced_capacity": sums["sourced"],
        "construction_rows": count("construction_rows"),
        "construction_bare": count("construction_bare"),
        "stale_rows": np.asarray(sums["stale"] + sums.get("stale_rows", 0)).astype(np.int64),
        "planned": sums.get("planned", nothing),
        "planned_rows": count("planned_rows"),
        "suspended": sums.get("suspended", nothing),
        "suspended_rows": count("suspended_rows"),
    }


def local_capacity(
    enterprises: Any,
    capacities: Any,
    *,
    level: str | None,
    where: Where | None = None,
    at: str,
    statuses: Mapping[str, float],
    signs: pd.DataFrame | None = None,
    stale: Stale = "drop",
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
    at, statuses, signs, stale
        As in :func:`standing_rows`.

    Returns
    -------
    pandas.DataFrame
        What is made or under construction, sorted by region and product: `capacity` and
        `construction` (units a year), `makers`, `makers_unquantified` (makers without any figure),
        `hhi` (sum of squared capacity shares of the makers, 0 to 1), `sourced_capacity` (units a year
        that rest on rows with a source).
    """
    rows = local_rows(
        enterprises, capacities, level=level, where=where, at=at, statuses=statuses,
        signs=signs, stale=stale,
    )  # fmt: skip
    made = (rows.numbers["makers"] > 0) | (rows.numbers["construction_rows"] > 0)
    names = {
        "region": pd.array(rows.regions, dtype="str").take(rows.region[made]),
        "product_id": pd.array(rows.products, dtype="str").take(rows.product[made]),
    }
    numbers = {name: values[made] for name, values in rows.numbers.items()}
    return pd.DataFrame(names | numbers, columns=list(LOCAL_COLUMNS))
