"""Rules about places: names that regions knows, coordinates in the country."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from chaingraph.checks.findings import Finding
from chaingraph.checks.registry import check
from chaingraph.checks.suggestions import Suggester
from chaingraph.checks.values import parse_number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.tables import Tables

_UNKNOWN: Final = frozenset({"", "unknown", "未知", "不详"})
_PLACED: Final = ("enterprises", "projects", "parks", "platforms")
_ADCODE: Final = re.compile(r"[0-9]{6}")
_COUNTRY: Final = "100000"
_LATITUDES: Final = (3.0, 54.0)
_LONGITUDES: Final = (73.0, 136.0)


@check("place-unknown")
def check_names(tables: Tables) -> Iterator[Finding]:
    """Report provinces and cities that the table of regions does not have."""
    known = set(tables.texts("regions", "name_zh")) - {""}
    if not known:
        return
    suggester = Suggester(known)
    for name in _PLACED:
        for column in ("province", "city"):
            cells = tables.texts(name, column)
            strange = set(cells) - known - _UNKNOWN
            for row, text in enumerate(cells if strange else ()):
                if text in strange:
                    near = suggester.near(text)
                    yield tables.finding("place-unknown", name, row, column, suggestions=near)


@check("focus-unknown")
def check_focus(tables: Tables) -> Iterator[Finding]:
    """Report a focus region that neither the regions nor the enterprises know."""
    focus = tables.raw.main.focus
    if not focus or not (tables.table("regions") or tables.table("enterprises")):
        return
    known = set(tables.texts("regions", "name_zh"))
    for column in ("province", "city", "county"):
        known |= set(tables.texts("enterprises", column))
    if focus not in known:
        near = Suggester(known - _UNKNOWN).near(focus)
        file = f"{tables.raw.main.name}/datapackage.json"
        yield Finding("focus-unknown", file=file, value=focus, params={"suggestions": near})


@check("region-parent-unknown")
def check_parents(tables: Tables) -> Iterator[Finding]:
    """Report regions whose region above is not in the table."""
    known = set(tables.texts("regions", "adcode")) | {"", _COUNTRY}
    for row, parent in enumerate(tables.texts("regions", "parent")):
        if parent not in known:
            yield tables.finding("region-parent-unknown", "regions", row, "parent")


def _regions_above(tables: Tables) -> dict[str, set[str]]:
    """Return for each region's name the names of the regions that it lies in, itself included."""
    codes, names = tables.texts("regions", "adcode"), tables.texts("regions", "name_zh")
    name_of = dict(zip(codes, names, strict=True))
    parent_of = dict(zip(codes, tables.texts("regions", "parent"), strict=True))
    above: dict[str, set[str]] = {}
    for code, name in zip(codes, names, strict=True):
        found = above.setdefault(name, set())
        seen: set[str] = set()
        step = code
        while step in name_of and step not in seen:
            seen.add(step)
            found.add(name_of[step])
            step = parent_of[step]
        if _ADCODE.fullmatch(code):
            found.add(name_of.get(f"{code[:2]}0000", name))
    return above


@check("place-mismatch")
def check_provinces(tables: Tables) -> Iterator[Finding]:
    """Report cities that do not lie in the province beside them."""
    above = _regions_above(tables)
    for name in _PLACED if above else ():
        provinces, cities = tables.texts(name, "province"), tables.texts(name, "city")
        for row, (province, city) in enumerate(zip(provinces, cities, strict=True)):
            if province in above and city in above and province not in above[city]:
                right = ", ".join(sorted(above[city] - {city})) or "-"
                yield tables.finding(
                    "place-mismatch", name, row, "city", province=province, right=right
                )


def _inside(lat: float, lon: float) -> bool:
    south, north = _LATITUDES
    west, east = _LONGITUDES
    return south <= lat <= north and west <= lon <= east


@check("half-coordinates", "coordinates-swapped", "coordinates-outside")
def check_coordinates(tables: Tables) -> Iterator[Finding]:
    """Report coordinates of which one is missing, and those outside China.

    A swapped pair breaks the range of latitudes too: it is named here all the same, as this says
    what to do.
    """
    for name in ("enterprises", "parks"):
        table = tables.table(name)
        provinces = tables.texts(name, "province")
        latitudes, longitudes = table.cells("lat"), table.cells("lon")
        for row, (north, east) in enumerate(zip(latitudes, longitudes, strict=True)):
            if bool(north) != bool(east):
                column = "lon" if north else "lat"
                yield tables.finding("half-coordinates", name, row, column)
            lat, lon = parse_number(north), parse_number(east)
            if lat is None or lon is None or not provinces[row] or _inside(lat, lon):
                continue
            swapped = _inside(lon, lat)
            broken = north in tables.problems(name, "lat") or east in tables.problems(name, "lon")
            if swapped or not broken:
                rule = "coordinates-swapped" if swapped else "coordinates-outside"
                yield tables.finding(rule, name, row, "lat", lat=north, lon=east)
