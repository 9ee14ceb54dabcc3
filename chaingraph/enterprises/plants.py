"""Plants: how large those of a product are, what they make for themselves, which stand in a region."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.engines import collect, collect_coded, read_frame, same_engine
from chaingraph.enterprises.local import WATCHED
from chaingraph.enterprises.sites import LEVELS, located, real_firms, sites_in
from chaingraph.enterprises.standing import known_starts, site_rows, stand

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Unpack

    from chaingraph.enterprises.sites import Where
    from chaingraph.enterprises.standing import Reading

ENOUGH_PLANTS: Final = 3
"""Plants of a product below which their sizes say nothing of the next one."""
_ROUNDING: Final = 1e-9
_SITE: Final = ("name_zh", "name_en", *LEVELS, "lat", "lon", "anchor")
_ROW: Final = (
    "enterprise_id", "product_id", "status", "since", "phase", "figure", "effective", "bare", "counted",
    "stale", "capacity", "as_of", "source_url", "note",
)  # fmt: skip
_PERCENTILES: Final = {"small": 0.1, "typical": 0.5, "large": 0.9}


def plant_sizes(enterprises: Any, capacities: Any, **reading: Unpack[Reading]) -> pd.DataFrame:
    """Return how large the running plants of each product are, anywhere in the data.

    A plant is what one site runs of one product at the date, phases added up. A site of which a phase
    has no figure is left out, and so is an enterprise that stands for no real firm.

    Parameters
    ----------
    enterprises, capacities
        Native frames; or capacity rows that have been read, see :func:`chaingraph.enterprises.stand`.
    **reading
        `at`: date, read as its last day; empty: no row is left out for its date.

    Returns
    -------
    pandas.DataFrame
        Products with three plants or more, sorted: `product_id`, `plants` (their number), `small`,
        `typical`, `large` (10th, 50th and 90th percentile of their capacity by nearest rank: the smallest
        plant that this share of them does not exceed; units a year).
    """
    rows = stand(capacities, **reading).running()
    sizes = rows.select("enterprise_id", "product_id", "figure", "bare")
    sizes = sizes.group_by("enterprise_id", "product_id").agg(
        nw.col("figure").sum(), nw.col("bare").max()
    )
    sizes = sizes.filter((nw.col("bare") == 0) & (nw.col("figure") > 0))
    sites = read_frame(enterprises)
    sites = sites.filter(real_firms(sites)).select("enterprise_id")
    sizes = sizes.join(sites, on="enterprise_id", how="inner").select("product_id", "figure")
    if isinstance(sizes, nw.DataFrame):  # in memory one sort does what windows do
        return _sorted_sizes(sizes)
    sizes = sizes.with_columns(
        plants=nw.len().over("product_id"),
        place=nw.col("figure").rank("ordinal").over("product_id"),
    )
    sizes = sizes.filter(nw.col("plants") >= ENOUGH_PLANTS).with_columns(
        place=nw.col("place").cast(nw.Float64()), plants_=nw.col("plants").cast(nw.Float64())
    )
    parts = {}
    for name, share in _PERCENTILES.items():
        # a plant that stands, not a figure between two: the sizes are spread over powers of ten
        rank = nw.col("plants_") * share - _ROUNDING
        chosen = (nw.col("place") >= rank) & (nw.col("place") < rank + 1)
        parts[name] = nw.when(chosen).then(nw.col("figure")).otherwise(0.0)
    sizes = sizes.with_columns(**parts)
    found = collect(
        sizes.group_by("product_id").agg(nw.col("plants").max(), nw.col(*_PERCENTILES).sum())
    )
    found["plants"] = found["plants"].astype("int64")
    return found.sort_values("product_id", ignore_index=True)


def _sorted_sizes(sizes: Any) -> pd.DataFrame:
    """Return the percentiles of :func:`plant_sizes` of plants in memory: `product_id`, `figure`."""
    numbers, [(code, products)] = collect_coded(sizes, ["product_id"])
    figure = np.asarray(numbers["figure"], dtype=float)
    figure = figure[np.lexsort((figure, code))]
    count = np.bincount(code, minlength=len(products))
    first = np.cumsum(count) - count
    enough = np.flatnonzero(count >= ENOUGH_PLANTS)
    columns = {"product_id": pd.array(products[enough], dtype="str"), "plants": count[enough]}
    for name, share in _PERCENTILES.items():
        rank = np.ceil(count[enough] * share - _ROUNDING).astype(np.intp)
        columns[name] = figure[first[enough] + np.maximum(rank, 1) - 1]
    return pd.DataFrame(columns)


class OwnPairs(NamedTuple):
    """Sites that make both ends of a link: one entry a site and link, sorted by region and site, in codes.

    Attributes
    ----------
    regions, enterprises, products
        Names, sorted.
    region, enterprise, output, input
        Position of each entry's region, site and the two products in those names.
    k_output, k_input
        What the site makes of each, units a year: the known figures that count, phases added up.
    k_output_low, k_input_low
        The part of it that surely runs; see :func:`standing_rows`.
    """

    regions: NDArray[np.object_]
    enterprises: NDArray[np.object_]
    products: NDArray[np.object_]
    region: NDArray[np.intp]
    enterprise: NDArray[np.intp]
    output: NDArray[np.intp]
    input: NDArray[np.intp]
    k_output: NDArray[np.float64]
    k_input: NDArray[np.float64]
    k_output_low: NDArray[np.float64]
    k_input_low: NDArray[np.float64]


def no_pairs() -> OwnPairs:
    """Return that no site makes both ends of a link."""
    names, codes, amounts = np.array([], dtype=object), np.zeros(0, dtype=np.intp), np.zeros(0)
    return OwnPairs(
        regions=names, enterprises=names, products=names, region=codes, enterprise=codes,
        output=codes, input=codes, k_output=amounts, k_input=amounts, k_output_low=amounts,
        k_input_low=amounts,
    )  # fmt: skip


def own_pairs(
    enterprises: Any,
    capacities: Any,
    links: pd.DataFrame,
    *,
    level: str | None,
    where: Where | None = None,
    **reading: Unpack[Reading],
) -> OwnPairs:
    """Return the sites that make both an input and the output that takes it.

    Parameters
    ----------
    enterprises, capacities
        Native frames; or capacity rows that have been read, see :func:`chaingraph.enterprises.stand`.
    links
        The links that count, consumed ones: `input_id`, `output_id`.
    level, where
        As in :func:`local_rows`.
    **reading
        `at`, `statuses`, `signs`, `stale` as in :func:`standing_rows`.

    Notes
    -----
    Which pairs there are is found first, on the rows as they are: the outputs take up the links, and what
    remains are those whose input the site makes too. Few do, so only their figures are added up.
    """
    standing = stand(capacities, **reading)
    frame = standing.capacities
    rows = (
        standing.counted()
        .filter(nw.col("effective") > 0)
        .select("enterprise_id", "product_id", "effective", "effective_low")
    )
    sites = sites_in(enterprises, where)
    if level:
        sites = sites.filter(~nw.col(level).is_null())
    sites = sites.select("enterprise_id", region=nw.col(level) if level else nw.lit(""))
    if where is not None:
        rows = rows.join(sites.select("enterprise_id"), on="enterprise_id", how="inner")
    if isinstance(rows, nw.DataFrame) and len(rows.select("enterprise_id").unique()) == len(rows):
        return no_pairs()  # no site has two rows
    known = links[["input_id", "output_id"]].dropna().drop_duplicates().astype("str")
    ends = rows.select("enterprise_id", "product_id")
    taken = ends.rename({"product_id": "output_id"}).join(
        same_engine(known, frame), on="output_id", how="inner"
    )
    made = ends.rename({"product_id": "input_id"})
    pairs = taken.join(made, on=["enterprise_id", "input_id"], how="semi").unique()
    found = collect(pairs.join(sites, on="enterprise_id", how="inner"))
    both = [
        found[["enterprise_id", name]].set_axis(["enterprise_id", "product_id"], axis=1)
        for name in ("output_id", "input_id")
    ]
    touched = same_engine(pd.concat(both).drop_duplicates().astype("str"), frame)
    sums = rows.join(touched, on=["enterprise_id", "product_id"], how="inner")
    sums = sums.group_by("enterprise_id", "product_id").agg(
        nw.col("effective", "effective_low").sum()
    )
    return _coded_pairs(found, collect(sums))


def _coded_pairs(found: pd.DataFrame, sums: pd.DataFrame) -> OwnPairs:
    """Return pairs of sites with the sums of their ends, in codes."""
    for name in ("output", "input"):
        ends = {"effective": f"k_{name}", "effective_low": f"k_{name}_low"}
        own = sums.rename(columns={"product_id": f"{name}_id", **ends})
        keys = ["enterprise_id", f"{name}_id"]
        found = found.merge(own, on=keys, how="left", validate="many_to_one")
    found = found.sort_values(["region", "enterprise_id", "output_id", "input_id"])
    products = np.unique(np.asarray([*found["output_id"], *found["input_id"]], dtype=object))
    names = [
        np.unique(found[column].to_numpy(dtype=object), return_inverse=True)
        for column in ("region", "enterprise_id")
    ]
    return OwnPairs(
        names[0][0], names[1][0], products, names[0][1], names[1][1],
        np.searchsorted(products, found["output_id"].to_numpy(dtype=object)),
        np.searchsorted(products, found["input_id"].to_numpy(dtype=object)),
        *(
            found[name].to_numpy(dtype=float)
            for name in ("k_output", "k_input", "k_output_low", "k_input_low")
        ),
    )  # fmt: skip


def plant_rows(
    enterprises: Any, capacities: Any, *, where: Where | None, **reading: Unpack[Reading]
) -> pd.DataFrame:
    """Return the capacity rows of a region's sites that stand at a date, those told beside too.

    Parameters
    ----------
    enterprises, capacities
        Native frames; or capacity rows that have been read, see :func:`chaingraph.enterprises.stand`.
    where
        A region, or column -> names that a site must have one of.
    **reading
        `at`, `statuses`, `signs`, `stale` as in :func:`standing_rows`; construction, plans and what is
        idle are there, counted or not.

    Returns
    -------
    pandas.DataFrame
        One row a row of capacities, sorted: `enterprise_id`, `product_id`, `status`, `since`, `phase`,
        `figure`, `effective`, `bare`, `counted`, `stale`, `capacity` as the row gives it, `as_of`,
        `source_url`, `note`, and of the site `group`, its names, place, coordinates and whether it is
        an anchor, as far as the tables have them.
    """
    rows = known_starts(site_rows(stand(capacities, **reading).rows(WATCHED)))
    there = set(rows.collect_schema().names())
    columns = [name for name in _ROW if name in there]
    sites = sites_in(enterprises, where)
    known = set(sites.collect_schema().names())
    site = [name for name in _SITE if name in known]
    plants = collect(located(rows, sites, site).select(*columns, "group", *site))
    return plants.sort_values(columns, ignore_index=True)
