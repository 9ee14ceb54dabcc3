"""The gazetteer: which region a name, a path or a code means, and how places lie to each other."""

from __future__ import annotations

import math
import re
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from chaingraph.engines import collect, read_frame
from chaingraph.enterprises import LEVELS, region_names
from chaingraph.errors import OptionError, closest, unknown_name
from chaingraph.groups import mean_points
from chaingraph.places import Place, PlaceBook
from chaingraph.regions import SIGN, WHOLE, Circle, Named, Region

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.dataset import Dataset
    from chaingraph.regions import Point

_Path: TypeAlias = "tuple[str, ...]"
"""A place as the names of its levels."""
Relation = Literal["same", "inside", "around", "apart"]
Asked: TypeAlias = "str | Region | Iterable[str | Region] | None"
"""Regions or names; ``province``, ``city``, ``county`` or ``park``: every one with a site; None: the focus."""
_UPPER: Final = ("province", "city")
"""What tells namesakes apart: a park may lie in several counties of its city and is still one."""
_NAMESAKES: Final = ("county", "park")
_AROUND: Final = re.compile(r"(?P<place>.+?)\s+~\s+(?P<km>\S+)\s*km", re.IGNORECASE)


class Gazetteer:
    """The places that a dataset knows: those of its sites, and those of its regions table.

    A name, a path, an English name or a code leads to a :class:`Region`. Read once a dataset by
    :func:`gazetteer`.

    Attributes
    ----------
    sites
        Every place that sites name: one row a (province, city, county, park), with the number of
        `enterprises`; empty where a site does not say.
    """

    def __init__(self, ds: Dataset) -> None:
        """Read the places of a dataset's sites; its regions table when it is first asked for."""
        self._enterprises = ds.enterprises
        self.sites = self._places()
        self._table = ds.table("regions") if ds.has("regions") else None
        self._found: dict[str, Region | None] = {}
        self._sets: dict[Region, int] = {}
        self._cell_sets: dict[str, int | None] = {}

    def _places(self, within: Region | None = None) -> pd.DataFrame:
        """Return the places that the sites in a region name."""
        sites = read_frame(self._enterprises)
        chosen = sites if within is None else within.filter(sites)
        return region_names(chosen.to_native()).replace({"city": {"unknown": ""}})

    @cached_property
    def book(self) -> PlaceBook:
        """The names of places and what they mean: those of the dataset, over those of the country."""

        def texts(table: str, column: str) -> list[str]:
            if table == "enterprises":
                return list(self.sites[column])
            if table == "regions" and self._table is not None:
                return [str(cell) for cell in self._table[column].fillna("")]
            return []

        return PlaceBook.of(texts)

    @cached_property
    def _listed(self) -> dict[tuple[str, ...], Point]:
        """Places of the regions table, by level with all that they lie in, and where each is."""
        if self._table is None:
            return {}
        cells = zip(*(self._table[name].tolist() for name in ("adcode", "lat", "lon")), strict=True)
        return {(*self.book.codes[code], ""): (lat, lon) for code, lat, lon in cells}

    @cached_property
    def _paths(self) -> list[_Path]:
        """Every place: the names of the levels down to its own; and one for all the rest."""
        spots = {*self.sites[list(LEVELS)].itertuples(index=False, name=None), *self._listed}
        # a municipality is province and city in one: no row of the province alone
        municipal = {spot[0] for spot in spots if spot[0] == spot[1]}
        found = {("",) * len(LEVELS), *spots}
        for spot in spots:
            for depth in range(2 if spot[0] in municipal else 1, len(LEVELS)):
                found.add((*spot[:depth], *("",) * (len(LEVELS) - depth)))
        return sorted(found)

    @cached_property
    def _rows(self) -> pd.DataFrame:
        """One row a place, by the columns of the levels; plain texts are the quickest to look for."""
        return pd.DataFrame(self._paths, columns=list(LEVELS), dtype=object)

    @cached_property
    def _called(self) -> dict[tuple[str, str], list[_Path]]:
        """The places of a level's name, and what lies in them."""
        found: dict[tuple[str, str], list[_Path]] = {}
        for path in self._paths:
            for key in zip(LEVELS, path, strict=True):
                found.setdefault(key, []).append(path)
        return found

    @property
    def names(self) -> set[str]:
        """All names of places."""
        return {name for path in self._paths for name in path} - {""}

    def find(self, name: str) -> Region:
        """Return the region of a name, path or code, or of several joined by signs.

        Raises
        ------
        UnknownNameError
            Where no site and no row of the regions table has that name.
        OptionError
            Where a county's or park's name stands in several cities.
        """
        found = self.look_up(name)
        if found is not None:
            return found
        steps = _split(name)
        if len(steps) > 1:
            signs = {"+": Region.__or__, "-": Region.__sub__, "&": Region.__and__}
            joined = self.find(steps[0])
            for sign, text in zip(steps[1::2], steps[2::2], strict=True):
                joined = signs[sign](joined, self.find(text))
            return joined
        if around := _AROUND.fullmatch(steps[0]):
            return self.near(self.find(_unbracketed(around["place"])), around["km"])
        near = closest(name, self.names)
        raise unknown_name("region", name, self.names if near else self.book.names)

    def look_up(self, name: str) -> Region | None:
        """Return the region of a name, path or code; None where no place is called so.

        Raises
        ------
        OptionError
            Where a county's or park's name stands in several cities.
        """
        if name not in self._found:
            self._found[name] = Region(WHOLE) if name == WHOLE else self._look_up(name)
        return self._found[name]

    def _look_up(self, name: str) -> Region | None:
        parts = [self._official(part.strip()) for part in name.split("/") if part.strip()]
        if not parts:
            return None
        *above, last = parts
        for level in LEVELS:
            called = self._called.get((level, last), [])
            spots = _spots([path for path in called if set(above) <= set(path)], level)
            if not spots:
                continue
            if level == "county":  # namesakes without a site are namesakes all the same
                country = [
                    p for p in self.book.named(last) if p.level == level and set(above) <= set(p)
                ]
                spots = _spots([*spots, *country], level)
            if len(spots) > 1 and level in _NAMESAKES:
                paths = ["/".join([*dict.fromkeys(filter(None, spot)), last]) for spot in spots]
                raise OptionError("ambiguous-region", value=last, paths=", ".join(paths))
            county = [
                part for part in above if level == "park" and ("county", part) in self._called
            ]
            return self._place(level, last, spots[0], county[-1] if county else "")
        return self._read(name)

    def _read(self, name: str) -> Region | None:
        """Return the region of names one behind the other, or of a place where no site is."""
        if SIGN.search(name) or _AROUND.fullmatch(name.strip()):
            return None
        reading = self.book.read(name)
        if reading.kind == "several":
            paths = ", ".join(place.says() for place in reading.places)
            raise OptionError("ambiguous-region", value=name, paths=paths)
        if reading.kind != "found" or reading.rest or reading.said == "strange":
            return None
        return self.at(reading.place)

    def at(self, place: Place) -> Region:
        """Return the region of a place."""
        upper = place[: min(len(_UPPER), LEVELS.index(place.level))]
        return self._place(place.level, place.name, upper)

    def _place(self, level: str, name: str, spot: tuple[str, ...], county: str = "") -> Region:
        """Return the region of a name in a spot, picked by as few columns as tell it from others."""
        alone = len(_spots(self._called.get((level, name), []), level)) == 1
        upper = dict(zip(_UPPER, spot, strict=False)) | {"county": county}
        where = {level: name}
        if level in _NAMESAKES:
            needed = upper if not alone else {"county": county}
            where |= {column: text for column, text in needed.items() if text}
        path = tuple(text for column in LEVELS if (text := upper.get(column)) and column != level)
        pick = Named(tuple((column, (where[column],)) for column in LEVELS if column in where))
        namesakes = level == "county" and len(self.book.named(name)) > 1
        shown = "/".join([*dict.fromkeys(path), name]) if len(where) > 1 or namesakes else name
        return Region(shown, (*path, name), level, pick)

    def _official(self, name: str) -> str:
        """Return the official name behind an English name, a code or a shorter name; of namesakes none."""
        if any((level, name) in self._called for level in LEVELS):
            return name
        found = {place.name for place in self.book.named(name)}
        return found.pop() if len(found) == 1 else name

    def of_level(self, level: str, within: Region | None = None) -> dict[Region, int]:
        """Return every region of a level that has sites, or has some in a region, with their number."""
        rows = self.sites if within is None else self._places(within)
        named = rows[rows[level] != ""].groupby(level, sort=True)
        found: dict[Region, int] = {}
        for name, own in named:
            spots = _spots(own[list(LEVELS)].itertuples(index=False, name=None), level)
            for spot in spots if level in _NAMESAKES else spots[:1]:
                place = self._place(level, str(name), spot)
                found[place] = int(rows["enterprises"][place.mask(rows)].sum())
        return found

    def near(self, place: Region, km: float | str) -> Region:
        """Return what lies within some km of a place; see :func:`near`."""
        try:
            reach = float(km)
        except ValueError:
            reach = math.nan
        if not 0 < reach < math.inf:
            raise OptionError("bad-distance", value=km)
        lat, lon = self.centre(place)
        limit = Circle(lat, lon, reach, ())
        points = self.cities
        inside = limit.mask(points)
        cities = tuple(sorted(set(points["city"][inside])))
        bracketed = f"({place.name})" if " " in place.name else place.name
        return Region(f"{bracketed} ~ {reach:g} km", pick=Circle(lat, lon, reach, cities))

    @cached_property
    def cities(self) -> pd.DataFrame:
        """Where cities are: as the regions table says, else the mean of their sites.

        One row a city that either names, sorted: `province` (empty where not known), `city`, `lat`, `lon`.
        """
        listed = {
            spot[:2]: at for spot, at in self._listed.items() if spot[1] and not any(spot[2:])
        }
        named = zip(self.sites["province"], self.sites["city"], strict=True)
        above = {city: province for province, city in sorted(named) if city}
        above |= {city: province for province, city in listed}
        means = mean_points(self._enterprises, "city").itertuples(index=False, name=None)
        points = {str(name): (lat, lon) for name, lat, lon in means}
        points |= {city: at for (_, city), at in listed.items()}
        nowhere = (math.nan, math.nan)
        rows = [(above[name], name, *points.get(name, nowhere)) for name in sorted(above)]
        frame = pd.DataFrame(rows, columns=["province", "city", "lat", "lon"])
        return frame.astype({"lat": "float64", "lon": "float64"})

    @cached_property
    def _centres(self) -> dict[str, Point]:
        """The cities whose place is known."""
        known = self.cities.dropna(subset=["lat", "lon"])
        columns = (known[name].tolist() for name in ("city", "lat", "lon"))
        return {city: (lat, lon) for city, lat, lon in zip(*columns, strict=True)}

    def centre(self, place: Region) -> Point:
        """Return where a region is: as the regions table says, else the mean of its sites.

        Raises
        ------
        OptionError
            Where neither is known.
        """
        wanted = tuple(dict.fromkeys(place.path))
        for spot, point in self._listed.items():
            known = not any(math.isnan(value) for value in point)
            if wanted and known and tuple(dict.fromkeys(filter(None, spot))) == wanted:
                return point
        if place.level == "city" and place.is_plain and place.name in self._centres:
            return self._centres[place.name]
        sites = place.filter(read_frame(self._enterprises)).select("lat", "lon")
        means = collect(sites).astype("float64").dropna().mean()
        if means.notna().all():
            return float(means["lat"]), float(means["lon"])
        raise OptionError("no-centre", region=place.name)

    def relation(self, region: Region, text: str | Region) -> Relation:
        """Return how a place, as a row of data names it, lies to a region.

        Parameters
        ----------
        region
            The region looked from.
        text
            Official name, path, English name or code; empty or ``"*"``: everything.

        Returns
        -------
        str
            ``same``; ``inside``: the place is a part of the region; ``around``: the region is a part
            of the place; ``apart``: neither, also where they overlap, where the name is that of
            several places and where it is unknown. A place that only its path tells (a county that
            no row names) is inside of what its path is inside of.

        Examples
        --------
        >>> import chaingraph as cg
        >>> ds = cg.load_dataset("toy")
        >>> jia = cg.region(ds, "甲市")
        >>> [gazetteer(ds).relation(jia, name) for name in ("Jia", "乙市", "*", "?")]
        ['same', 'apart', 'around', 'apart']
        """
        mine = self._set(region)
        its = self._set(text) if isinstance(text, Region) else self._cell_set(text)
        if not its:
            parent = self._parent(text)
            inside = parent and self.relation(region, parent) in {"same", "inside"}
            return "inside" if inside else "apart"
        if mine and mine == its:
            return "same"
        if its and not its & ~mine:
            return "inside"
        return "around" if mine and not mine & ~its else "apart"

    def overlap(self, one: Region, other: Region) -> bool:
        """Tell whether a place lies in both regions."""
        return bool(self._set(one) & self._set(other))

    def _parent(self, text: str | Region) -> str:
        """Return what a place lies in that no row of the dataset has."""
        found = text if isinstance(text, Region) else self._cell_region(text)
        return "/".join(found.path[:-1]) if found is not None else str(text).rpartition("/")[0]

    def _cell_region(self, text: str) -> Region | None:
        """Return the region of a cell; None for no place or one of several."""
        try:
            return self.look_up(text.strip() or WHOLE)
        except OptionError:
            return None

    def _cell_set(self, text: str) -> int | None:
        """Return the places that lie in what a cell names; None for no place or one of several."""
        if text not in self._cell_sets:
            found = self._cell_region(text)
            self._cell_sets[text] = None if found is None else self._set(found)
        return self._cell_sets[text]

    def _set(self, region: Region) -> int:
        """Return the places that lie in a region as the bits of a number."""
        if region not in self._sets:
            bits = np.packbits(region.mask(self._rows))
            self._sets[region] = int.from_bytes(bits.tobytes(), "big")
        return self._sets[region]


def _spots(paths: Iterable[_Path], level: str) -> list[tuple[str, ...]]:
    """Return where some places lie, province and city; what is less exact is left out."""
    upper = min(len(_UPPER), LEVELS.index(level))
    spots = {path[:upper] for path in paths}
    return sorted(
        spot for spot in spots
        if not any(
            spot != other and all(a in {"", b} for a, b in zip(spot, other, strict=True))
            for other in spots
        )
    )  # fmt: skip


def _split(text: str) -> list[str]:
    """Return the operands and signs of joined regions, in their order; brackets stay together.

    Examples
    --------
    >>> _split("a + (b - c)"), _split("a-b")
    (['a', '+', 'b - c'], ['a-b'])
    """
    parts, start = [], 0
    for sign in SIGN.finditer(text):
        before = text[: sign.start()]
        if before.count("(") == before.count(")"):
            parts += [_unbracketed(text[start : sign.start()]), sign[1]]
            start = sign.end()
    return [*parts, _unbracketed(text[start:]) if parts else text.strip()]


def _unbracketed(text: str) -> str:
    """Return a text without the brackets around it."""
    inner = text.strip()
    return inner[1:-1] if inner.startswith("(") and inner.endswith(")") else inner


_READ: Final[WeakKeyDictionary[Dataset, Gazetteer]] = WeakKeyDictionary()


def gazetteer(ds: Dataset) -> Gazetteer:
    """Return the places that a dataset knows; read once a dataset, which never changes.

    Examples
    --------
    >>> import chaingraph as cg
    >>> sorted(gazetteer(cg.load_dataset("toy")).look_up("Jia").path)
    ['甲市', '甲省']
    """
    if ds not in _READ:
        _READ[ds] = Gazetteer(ds)
    return _READ[ds]


def region(ds: Dataset, name: str | Region | None = None) -> Region:
    """Return the region of a name: province, city, county or park, the widest that fits.

    Parameters
    ----------
    ds
        The dataset.
    name
        Official name (``"曲靖市"``), a path that tells namesakes apart (``"云南省/曲靖市/麒麟区"``), an
        English name or code of the regions table; several joined by signs with blanks around them,
        read from the left (``"曲靖市 + 昆明市"``, ``"云南省 - 曲靖市"``, ``"曲靖市 ~ 200 km"``);
        ``"*"`` for the whole dataset; None: the dataset's focus, or the whole dataset where no
        enterprise has a place; a region is returned as it is.

    Returns
    -------
    Region
        What picks its sites, with the name to show.

    Raises
    ------
    UnknownNameError
        Where no enterprise and no row of the regions table has that name.
    OptionError
        Where a region is needed and none is given, or the name of a county or park stands in several
        cities.

    Examples
    --------
    >>> import chaingraph as cg
    >>> cg.region(cg.load_dataset("toy"), "Jia").name
    '甲市'
    """
    if isinstance(name, Region):
        return name
    places = gazetteer(ds)
    if name or ds.focus:
        return places.find(name or ds.focus)
    named = places.sites[places.sites["city"] != ""]
    if named.empty:
        return Region(WHOLE)
    top = named.groupby("city")["enterprises"].sum()
    order = sorted(top.index, key=lambda city: (-top[city], city))
    raise OptionError("region-needed", suggestions=", ".join(order[:5]))


find_region = region


def find_regions(ds: Dataset, asked: Asked) -> list[Region]:
    """Return regions of several names, of a level (``"city"``: every city with a site), or of one.

    Each region is returned once, however often it is named.

    Examples
    --------
    >>> import chaingraph as cg
    >>> [region.name for region in find_regions(cg.load_dataset("toy"), "city")]
    ['丙市', '乙市', '甲市']
    """
    if isinstance(asked, str) and asked in LEVELS:
        return list(gazetteer(ds).of_level(asked))
    if asked is None or isinstance(asked, str | Region):
        return [region(ds, asked)]
    return list(dict.fromkeys(region(ds, name) for name in asked))


def one_place(ds: Dataset, name: str) -> str:
    """Return the official name of one place of a dataset, its focus or one that its rows or regions name.

    Raises
    ------
    UnknownNameError
        Where it is neither; places joined by signs are none.
    OptionError
        Where a county's or park's name stands in several cities.

    Examples
    --------
    >>> import chaingraph as cg
    >>> one_place(cg.load_dataset("toy"), "甲市")
    '甲市'
    """
    known = gazetteer(ds)
    found = known.look_up(name)
    if found is None:
        if name == ds.focus:
            return name
        raise unknown_name("region", name, known.names)
    return name if "/" in name or name == WHOLE else found.name


def near(ds: Dataset, place: str | Region | None = None, *, km: float) -> Region:
    """Return the region of all sites within some km of a place, as the crow flies.

    Parameters
    ----------
    ds
        The dataset.
    place
        A region or its name, as in :func:`region`; its centre is that of the regions table, else the
        mean of its sites.
    km
        Radius of the circle.

    Returns
    -------
    Region
        A site lies in it by its own coordinates; one without any, and rows of tables that have none,
        by the centre of their city.

    Raises
    ------
    UnknownNameError, OptionError
        For a place that is not there or whose centre is not known, and a radius that is no distance.

    Examples
    --------
    >>> import chaingraph as cg
    >>> ds = cg.load_dataset("toy")
    >>> cg.near(ds, "甲市", km=50).name
    '甲市 ~ 50 km'
    """
    return gazetteer(ds).near(region(ds, place), km)
