"""Regions: what picks the rows of a place.

A :class:`Region` is handed on as what it is; its name is only shown. Two parks of one name in two
cities are two regions, and ``region.mask(frame)`` tells which rows of any frame with the columns
`province`, `city`, `county` and `park` lie in one. :mod:`chaingraph.gazetteer` finds them by name.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import narwhals as nw
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Point = tuple[float, float]

WHOLE: Final = "*"
"""Name of all sites of a dataset as one region."""
SIGN: Final = re.compile(r"\s+([+&-])\s+")
"""What stands between the names of joined regions."""
_EARTH_KM: Final = 6371.0


class _Pick(Protocol):
    """What picks the rows that lie in a region."""

    def mask(self, frame: pd.DataFrame) -> Flags:
        """Tell which rows of a pandas frame lie in it."""
        ...

    def test(self, columns: Sequence[str]) -> Any:
        """Return the same as an expression over a narwhals frame with these columns, never null."""
        ...


def _always(columns: Sequence[str]) -> Any:
    """Return an expression that is true of every row: frames filter by columns, not by a literal."""
    empty = nw.col(columns[0]).is_null()
    return empty | ~empty


@dataclass(frozen=True)
class Named:
    """Rows with one of some names in each of some columns; without a column every row.

    A frame that lacks a column says of no row that it lies there.
    """

    where: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def mask(self, frame: pd.DataFrame) -> Flags:
        """Tell which rows of a pandas frame lie in it."""
        result = np.ones(len(frame), dtype=bool)
        for column, names in self.where:
            if column not in frame:
                return np.zeros(len(frame), dtype=bool)
            result &= frame[column].isin(names).to_numpy(dtype=bool)
        return result

    def test(self, columns: Sequence[str]) -> Any:
        """Return the same as an expression."""
        result = _always(columns)
        for column, names in self.where:
            if column not in columns:
                return ~_always(columns)
            result &= nw.col(column).fill_null("").is_in(list(names))
        return result


@dataclass(frozen=True)
class Circle:
    """Rows within some km of a point by their own coordinates, else by the centre of their city."""

    lat: float
    lon: float
    km: float
    cities: tuple[str, ...]

    @property
    def _limit(self) -> float:
        """The haversine of the radius: nothing is further away than half round the earth."""
        return math.sin(min(self.km / _EARTH_KM, math.pi) / 2) ** 2

    def mask(self, frame: pd.DataFrame) -> Flags:
        """Tell which rows of a pandas frame lie in it."""
        own = np.zeros(len(frame), dtype=bool)
        if "city" in frame:
            own = frame["city"].isin(self.cities).to_numpy(dtype=bool)
        if not {"lat", "lon"} <= set(frame.columns):
            return own
        lat, lon = (np.radians(frame[name].to_numpy(dtype=float)) for name in ("lat", "lon"))
        near = haversine(lat, lon, (self.lat, self.lon)) <= self._limit
        return np.where(np.isnan(lat) | np.isnan(lon), own, near)

    def test(self, columns: Sequence[str]) -> Any:
        """Return the same as an expression."""
        own = ~_always(columns)
        if "city" in columns:
            own = nw.col("city").fill_null("").is_in(list(self.cities))
        if not {"lat", "lon"} <= set(columns):
            return own
        lat, lon = (nw.col(name).cast(nw.Float64()) for name in ("lat", "lon"))
        known = ~lat.is_null() & ~lon.is_null()
        known &= ~lat.fill_null(math.nan).is_nan() & ~lon.fill_null(math.nan).is_nan()
        phi = math.radians(self.lat)
        north = ((lat - self.lat) * (math.pi / 360)).sin()
        east = ((lon - self.lon) * (math.pi / 360)).sin()
        scale = (lat * (math.pi / 180)).cos() * math.cos(phi)
        near = (north * north + scale * east * east) <= self._limit
        return nw.when(known).then(near.fill_null(value=False)).otherwise(own)


def haversine(lat: Any, lon: Any, point: Point) -> Any:
    """Return the haversine of the angle between places, in radians, and a point, in degrees."""
    phi, there = math.radians(point[0]), math.radians(point[1])
    around = np.sin((lon - there) / 2) ** 2
    return np.sin((lat - phi) / 2) ** 2 + np.cos(lat) * math.cos(phi) * around


def distances(lat: Floats, lon: Floats, point: Point) -> Floats:
    r"""Return great-circle distances in km of places to a point, all in degrees (sphere of 6,371 km).

    .. math:: 2 R \arcsin \sqrt{\sin^2(\Delta\phi/2) + \cos\phi_1 \cos\phi_2 \sin^2(\Delta\lambda/2)}

    Examples
    --------
    >>> import numpy as np
    >>> kunming = np.array([25.04]), np.array([102.72])
    >>> float(distances(*kunming, (25.49, 103.80)).round()[0])
    120.0
    """
    arc = haversine(np.radians(lat), np.radians(lon), point)
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(np.minimum(arc, 1.0))), dtype=float)


@dataclass(frozen=True)
class AnyOf:
    """Rows that one of several picks takes."""

    members: frozenset[_Pick]

    def mask(self, frame: pd.DataFrame) -> Flags:
        """Tell which rows of a pandas frame lie in it."""
        return np.asarray(np.any([pick.mask(frame) for pick in self.members], axis=0), dtype=bool)

    def test(self, columns: Sequence[str]) -> Any:
        """Return the same as an expression."""
        first, *others = (pick.test(columns) for pick in self.members)
        for other in others:
            first |= other
        return first


@dataclass(frozen=True)
class AllOf:
    """Rows that each of several picks takes."""

    members: frozenset[_Pick]

    def mask(self, frame: pd.DataFrame) -> Flags:
        """Tell which rows of a pandas frame lie in it."""
        return np.asarray(np.all([pick.mask(frame) for pick in self.members], axis=0), dtype=bool)

    def test(self, columns: Sequence[str]) -> Any:
        """Return the same as an expression."""
        first, *others = (pick.test(columns) for pick in self.members)
        for other in others:
            first &= other
        return first


@dataclass(frozen=True)
class Without:
    """Rows that one pick takes and another does not."""

    pick: _Pick
    other: _Pick

    def mask(self, frame: pd.DataFrame) -> Flags:
        """Tell which rows of a pandas frame lie in it."""
        return np.asarray(self.pick.mask(frame) & ~self.other.mask(frame), dtype=bool)

    def test(self, columns: Sequence[str]) -> Any:
        """Return the same as an expression."""
        return self.pick.test(columns) & ~self.other.test(columns)


@dataclass(frozen=True)
class Region:
    """A place, or places joined: ``a | b`` both, ``a - b`` the rest of a, ``a & b`` what is in both.

    Regions are equal where the same conditions pick their sites, whatever they were asked for by.

    Attributes
    ----------
    name
        As it is shown: the bare name, a path where other places share it (``"甲省/甲市/新区"``), and
        of joined regions what :func:`region` reads again (``"甲市 + 乙市"``, ``"甲市 ~ 200 km"``).
    path
        The place and all it lies in, as far as known, from the province down; empty of joined ones.
    level
        ``province``, ``city``, ``county`` or ``park``; None of joined ones and of the whole dataset.
    pick
        What picks its rows.

    Examples
    --------
    >>> import chaingraph as cg
    >>> ds = cg.load_dataset("toy")
    >>> both = cg.region(ds, "甲市") | cg.region(ds, "乙市")
    >>> both.name, int(both.mask(ds.enterprises).sum())
    ('甲市 + 乙市', 7)
    """

    name: str = field(compare=False)
    path: tuple[str, ...] = field(default=(), compare=False)
    level: str | None = field(default=None, compare=False)
    pick: _Pick = Named()

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole dataset."""
        return self.pick == Named()

    @property
    def is_plain(self) -> bool:
        """Whether the bare name in the column of its level picks its sites."""
        return self.pick == Named(((self.level or "", (self.name,)),))

    def mask(self, frame: pd.DataFrame) -> Flags:
        """Tell which rows of a pandas frame lie in the region."""
        return self.pick.mask(frame)

    def filter(self, frame: Any) -> Any:
        """Return the rows of a narwhals frame, lazy or not, that lie in the region."""
        if self.is_whole:
            return frame
        return frame.filter(self.pick.test(frame.collect_schema().names()))

    def __or__(self, other: Region) -> Region:
        """Return both regions as one."""
        if self == other or self.is_whole:
            return self
        if other.is_whole:
            return other
        members = _members(self.pick, AnyOf) | _members(other.pick, AnyOf)
        return Region(f"{self.name} + {other.operand}", pick=AnyOf(members))

    def __and__(self, other: Region) -> Region:
        """Return what lies in both regions."""
        if self == other or other.is_whole:
            return self
        if self.is_whole:
            return other
        members = _members(self.pick, AllOf) | _members(other.pick, AllOf)
        return Region(f"{self.name} & {other.operand}", pick=AllOf(members))

    def __sub__(self, other: Region) -> Region:
        """Return the region without another."""
        return Region(f"{self.name} - {other.operand}", pick=Without(self.pick, other.pick))

    @property
    def operand(self) -> str:
        """The name as it can follow a sign; signs are read from the left."""
        return f"({self.name})" if SIGN.search(self.name) else self.name

    def __str__(self) -> str:
        """Return the name."""
        return self.name


def _members(pick: _Pick, kind: type[AnyOf | AllOf]) -> frozenset[_Pick]:
    return pick.members if isinstance(pick, kind) else frozenset([pick])
