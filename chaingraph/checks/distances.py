"""Rules about coordinates: not farther from the stated city than a site of it can be."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.checks.registry import check
from chaingraph.places import is_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

_EARTH_KM: Final = 6371.0
_FAR_KM: Final = 300.0
_FAR_PROVINCE_KM: Final = 400.0
_FAR_SPACINGS: Final = 2.0
_NEARER: Final = 8.0
_KM_A_DEGREE: Final = 111.0
_SEAT: Final = re.compile(r"[0-9]{4}00")
_PROVINCE: Final = re.compile(r"[0-9]{2}0000")
_MUNICIPALITIES: Final = ("11", "12", "31", "50")


class _Place(NamedTuple):
    """A region with the coordinates of its seat."""

    name: str
    code: str
    lat: float
    lon: float

    @property
    def is_city(self) -> bool:
        """Whether it is a prefecture or a municipality, not a county."""
        municipal = self.code[:2] in _MUNICIPALITIES
        return bool((_PROVINCE if municipal else _SEAT).fullmatch(self.code))

    def distance(self, lat: float, lon: float) -> float:
        """Return kilometres along the great circle (haversine)."""
        north, south = math.radians(lat), math.radians(self.lat)
        east = math.radians(lon - self.lon)
        half = (
            math.sin((north - south) / 2) ** 2
            + math.cos(north) * math.cos(south) * math.sin(east / 2) ** 2
        )
        return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


@check("coordinates-far")
def check_distances(tables: Tables) -> Iterator[Finding]:
    """Report coordinates far from their city's seat and close to another city's.

    Notes
    -----
    There are no boundaries in the data, only the seats of cities. With d the distance to the stated
    city's seat, n that to the nearest seat of another city, and s the distance of the stated seat to
    its nearest neighbour, a site is reported where ``d > max(300 km, 2 s)`` and ``d > 8 n``. In the
    bundled data (1010 coordinates) the sites nearer to another city than to their own are at most
    220 km from their own, and at most 6.4 times nearer to the other (Shuifu of Zhaotong beside Yibin).
    Known true cases bound the rest: Mengxi of Ordos lies 253 km from its seat and 21 km from Wuhai;
    Wushan of Chongqing 335 and 97. Cities below a prefecture (Shihezi, Jiyuan) lie inside the land of
    others and are no other city here. Where only the province is known, d is the distance to its
    nearest seat and must exceed 400 km.
    """
    places = _places(tables)
    cities = [place for place in places.values() if place.is_city]
    provinces = _province_codes(tables)
    for name in ("enterprises", "parks") if len(cities) > 1 else ():
        columns = (tables.texts(name, column) for column in ("city", "province"))
        numbers = (tables.numbers(name, column) for column in ("lat", "lon"))
        for row, (city, province, lat, lon) in enumerate(zip(*columns, *numbers, strict=True)):
            own = places.get(city)
            if lat is None or lon is None or (own and _surely_near(own, lat, lon)):
                continue
            code = "" if own or not is_unknown(city) else provinces.get(province, "")
            far = _far(own, code, cities, lat, lon)
            if far is not None:
                distance, beside, near = far
                yield tables.finding(
                    "coordinates-far",
                    name,
                    row,
                    "lat",
                    lat=f"{lat:g}",
                    lon=f"{lon:g}",
                    city=own.name if own else province,
                    distance=round(distance),
                    near=near,
                    beside=round(beside),
                )


def _far(
    own: _Place | None, code: str, cities: list[_Place], lat: float, lon: float
) -> tuple[float, float, str] | None:
    """Return the distances to the stated and to the nearer place, and that one's name."""
    if own:
        stated, limit = [own], _FAR_KM
    else:
        stated = [place for place in cities if code and place.code.startswith(code)]
        limit = _FAR_PROVINCE_KM
    if not stated:
        return None
    distance = min(place.distance(lat, lon) for place in stated)
    others = [place for place in cities if place not in stated]
    if distance <= limit or not others:
        return None
    near = min(others, key=lambda place: (place.distance(lat, lon), place.name))
    beside = near.distance(lat, lon)
    if own:
        spacing = min(place.distance(own.lat, own.lon) for place in others)
        limit = _FAR_SPACINGS * spacing
    return (distance, beside, near.name) if distance > max(_NEARER * beside, limit) else None


def _surely_near(place: _Place, lat: float, lon: float) -> bool:
    """Tell without trigonometry that a point lies within the limit."""
    away = math.hypot(lat - place.lat, lon - place.lon)
    return away * _KM_A_DEGREE < _FAR_KM


def _places(tables: Tables) -> dict[str, _Place]:
    """Return cities and counties by name; names that stand for two places are left out."""
    columns = (tables.texts("regions", name) for name in ("name_zh", "adcode"))
    numbers = (tables.numbers("regions", name) for name in ("lat", "lon"))
    found: dict[str, _Place] = {}
    twice: set[str] = set()
    for name, code, lat, lon in zip(*columns, *numbers, strict=True):
        is_province = _PROVINCE.fullmatch(code) and code[:2] not in _MUNICIPALITIES
        if not name or lat is None or lon is None or is_province:
            continue
        if name in found:
            twice.add(name)
        found[name] = _Place(name, code, lat, lon)
    return {name: place for name, place in found.items() if name not in twice}


def _province_codes(tables: Tables) -> dict[str, str]:
    """Return the two digits of each province by its name."""
    columns = (tables.texts("regions", name) for name in ("name_zh", "adcode"))
    return {
        name: code[:2] for name, code in zip(*columns, strict=True) if _PROVINCE.fullmatch(code)
    }
