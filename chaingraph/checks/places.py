"""Rules about places: names that regions knows, coordinates in the country."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaingraph.checks.findings import Finding
from chaingraph.checks.registry import check
from chaingraph.checks.suggestions import Suggester
from chaingraph.checks.values import parse_number
from chaingraph.places import LEVELS, PlaceBook, is_unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.tables import Tables

_PLACED: Final = ("enterprises", "projects", "parks", "platforms")
_COUNTRY: Final = "100000"
_LATITUDES: Final = (3.0, 54.0)
_LONGITUDES: Final = (73.0, 136.0)


def _listed(tables: Tables) -> PlaceBook:
    """Return the places of the regions table over those of the country: not what the rows to check say."""
    return PlaceBook.of(lambda table, name: tables.texts(table, name) if table == "regions" else [])


@check("place-unknown")
def check_names(tables: Tables) -> Iterator[Finding]:
    """Report provinces and cities that the table of regions does not have."""
    if not any(tables.texts("regions", "name_zh")):
        return
    known = _listed(tables).names
    suggester = Suggester(known)
    for name in _PLACED:
        for column in ("province", "city"):
            cells = tables.texts(name, column)
            strange = {text for text in set(cells) - known if not is_unknown(text)}
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
    for column in LEVELS:
        known |= set(tables.texts("enterprises", column))
    if focus not in known and focus != PlaceBook.of(tables.texts).read(focus).place.says():
        near = Suggester({name for name in known if not is_unknown(name)}).near(focus)
        file = f"{tables.raw.main.name}/datapackage.json"
        yield Finding("focus-unknown", file=file, value=focus, params={"suggestions": near})


@check("region-parent-unknown")
def check_parents(tables: Tables) -> Iterator[Finding]:
    """Report regions whose region above is not in the table."""
    known = set(tables.texts("regions", "adcode")) | {"", _COUNTRY}
    for row, parent in enumerate(tables.texts("regions", "parent")):
        if parent not in known:
            yield tables.finding("region-parent-unknown", "regions", row, "parent")


@check("place-mismatch")
def check_provinces(tables: Tables) -> Iterator[Finding]:
    """Report cities that do not lie in the province beside them."""
    if not any(tables.texts("regions", "name_zh")):
        return
    book = _listed(tables)
    for name in _PLACED:
        provinces, cities = tables.texts(name, "province"), tables.texts(name, "city")
        for row, (province, city) in enumerate(zip(provinces, cities, strict=True)):
            if not province or province not in book.names:
                continue
            above = {name for place in book.named(city) if city in place for name in place.path}
            if above and province not in above:
                right = ", ".join(sorted(above - {city})) or "-"
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
