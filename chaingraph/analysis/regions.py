"""Regions: from a name to the sites that lie in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from chaingraph.analysis.settings import read_lang
from chaingraph.enterprises import LEVELS, region_names
from chaingraph.errors import OptionError, UnknownNameError, unknown_name
from chaingraph.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.dataset import Dataset

_NAMESAKES = ("county", "park")
WHOLE = "*"
"""Asks for all sites of the dataset as one region."""


@dataclass(frozen=True)
class Region:
    """A place by name and the columns of the enterprises table that pick its sites."""

    name: str
    level: str | None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def find_region(ds: Dataset, name: str | None = None) -> Region:
    """Return the region of a name: province, city, county or park, the widest that fits.

    Parameters
    ----------
    ds
        The dataset.
    name
        Official name (``"曲靖市"``), a path that tells namesakes apart (``"云南省/曲靖市/麒麟区"``), an
        English name or code of the regions table, ``"*"`` for the whole dataset; None: the dataset's
        focus, or the whole dataset where no enterprise has a place.

    Returns
    -------
    Region
        The region's name and the columns of the enterprises table that pick its sites.

    Raises
    ------
    UnknownNameError
        Where no enterprise and no row of the regions table has that name.
    OptionError
        Where a region is needed and none is given, or a county's name stands in several cities.

    Examples
    --------
    >>> import chaingraph as cg
    >>> find_region(cg.load_dataset("toy"), "Jia").name
    '甲市'
    """
    if name == WHOLE:
        return Region(WHOLE, None)
    places = region_names(ds.enterprises)
    if name is None:
        name = ds.focus or None
    if name is None:
        named = [city for city in places["city"] if city and city != "unknown"]
        if not named:
            return Region(WHOLE, None)
        top = places[places["city"].isin(named)].groupby("city")["enterprises"].sum()
        order = sorted(top.index, key=lambda city: (-top[city], city))
        raise OptionError("region-needed", suggestions=", ".join(order[:5]))
    return _named_region(ds, name, places)


def _named_region(ds: Dataset, name: str, places: pd.DataFrame) -> Region:
    official = [part.strip() for part in name.split("/") if part.strip()]
    official = [_official(ds, part) for part in official]
    last = official[-1] if official else ""
    inside = places
    for part in official[:-1]:
        hit = inside[list(LEVELS)].isin([part]).any(axis=1)
        inside = inside[hit]
    for depth, level in enumerate(LEVELS):
        rows = inside[inside[level] == last]
        if not last or rows.empty:
            continue
        above = [*LEVELS[:depth]]
        if level == "county" and len(rows[["province", "city"]].drop_duplicates()) > 1:
            paths = sorted("/".join(row) for row in rows[above].drop_duplicates().to_numpy())
            raise OptionError(
                "ambiguous-region", value=last, paths=", ".join(f"{p}/{last}" for p in paths)
            )
        where = {level: (last,)}
        for upper in above:
            values = tuple(sorted(set(rows[upper]) - {""}))
            if len(official) > 1 and values:
                where[upper] = values
        return Region(last, level, where)
    if last in _listed(ds):
        return Region(last, _listed(ds)[last], {_listed(ds)[last]: (last,)})
    raise _unknown(ds, name, places)


def _listed(ds: Dataset) -> dict[str, str]:
    """Return the names of the regions table with the column they would stand in."""
    if not ds.has("regions"):
        return {}
    levels = {"province": "province", "municipality": "province", "county": "county"}
    frame = ds.table("regions")
    return {
        name: levels.get(level, "city")
        for name, level in zip(frame["name_zh"], frame["level"], strict=True)
    }


def _official(ds: Dataset, name: str) -> str:
    """Return the official name behind an English name, a code or a name without its suffix."""
    if not ds.has("regions"):
        return name
    frame = ds.table("regions")
    for column in ("name_zh", "name_en", "adcode"):
        cells = frame[column].fillna("").astype("str")
        hit = frame.loc[cells.str.casefold() == name.casefold(), "name_zh"]
        if len(hit) == 1:
            return str(hit.iloc[0])
    short = frame.loc[frame["name_zh"].isin([name + "市", name + "省", name + "区", name + "县"])]
    return str(short["name_zh"].iloc[0]) if len(short) == 1 else name


def _unknown(ds: Dataset, name: str, places: pd.DataFrame) -> UnknownNameError:
    names = {cell for level in LEVELS for cell in places[level]} | set(_listed(ds))
    return unknown_name("region", name, names - {"", "unknown"})


def find_regions(ds: Dataset, names: Iterable[str] | str | None) -> list[Region]:
    """Return regions of several names, of a level (``"city"``: every city with a site), or of one.

    Examples
    --------
    >>> import chaingraph as cg
    >>> [region.name for region in find_regions(cg.load_dataset("toy"), "city")]
    ['丙市', '乙市', '甲市']
    """
    if isinstance(names, str) and names in LEVELS:
        return _regions_of_level(region_names(ds.enterprises), names)
    if names is None or isinstance(names, str):
        return [find_region(ds, names)]
    return [find_region(ds, name) for name in names]


def _regions_of_level(places: pd.DataFrame, level: str) -> list[Region]:
    """Return every region of a level; namesakes in different places under their paths."""
    above = list(LEVELS[: LEVELS.index(level)])
    named = places[~places[level].isin(["", "unknown"])]
    regions = []
    for name, rows in named.groupby(level, sort=True):
        spots = rows[above].drop_duplicates() if level in _NAMESAKES else rows.head(1)
        if len(spots) == 1:
            regions.append(Region(str(name), level, {level: (str(name),)}))
            continue
        for spot in sorted(spots.itertuples(index=False, name=None)):
            where = {level: (str(name),)} | {c: (v,) for c, v in zip(above, spot, strict=True) if v}
            regions.append(Region("/".join([*filter(None, spot), str(name)]), level, where))
    return regions


def list_regions(
    ds: Dataset, *, level: str = "city", region: str | None = None, lang: str | None = None
) -> Result:
    """List the regions of a dataset that have enterprises, most sites first.

    Parameters
    ----------
    ds
        The dataset.
    level
        ``province``, ``city``, ``county`` or ``park``.
    region
        Only those inside this region.
    lang
        ``zh`` or ``en``; the dataset's own by default.

    Returns
    -------
    Result
        `region`, `level`, `enterprises` (number of sites).

    Raises
    ------
    OptionError
        For an unknown level.
    UnknownNameError
        For an unknown region.

    Examples
    --------
    >>> import chaingraph as cg
    >>> list_regions(cg.load_dataset("toy")).frame["region"].tolist()
    ['甲市', '丙市', '乙市']
    """
    if level not in LEVELS:
        raise OptionError("bad-level", value=level, choices=", ".join(LEVELS))
    places = region_names(ds.enterprises)
    if region:
        for column, names in find_region(ds, region).where.items():
            places = places[places[column].isin(names)]
    rows = []
    for place in _regions_of_level(places, level):
        inside = places
        for column, names in place.where.items():
            inside = inside[inside[column].isin(names)]
        rows.append((place.name, level, int(inside["enterprises"].sum())))
    frame = pd.DataFrame(rows, columns=["region", "level", "enterprises"])
    frame = frame.sort_values(["enterprises", "region"], ascending=[False, True], ignore_index=True)
    params = {"dataset": ds.name, "version": ds.version, "level": level}
    if region:
        params["region"] = region
    return Result("regions", frame, params, read_lang(ds, lang))
