"""Places in sheets: what the cells, the sheet's name and the bands of rows say, by the one gazetteer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaingraph.errors import OptionError, closest, unknown_name
from chaingraph.places import LEVELS, Place, PlaceBook
from chaingraph.sheets.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaingraph.places import Reading
    from chaingraph.rawtables import RawDataset, RawTable

PLACES: Final = LEVELS
PLACE: Final = "place"
"""Column of a sheet that says province, city and county in one cell (所在地), or an address."""
_COUNTIES: Final = ("县", "区", "旗")


def book_of(tables: Mapping[str, RawTable], regions: Iterable[Mapping[str, str]] = ()) -> PlaceBook:
    """Return the places that raw tables know, and more rows of regions, over those of the country."""
    more = list(regions)

    def texts(table: str, column: str) -> list[str]:
        found = tables.get(table)
        cells = [] if found is None else list(found.cells(column))
        return cells + [row.get(column, "") for row in more] if table == "regions" else cells

    return PlaceBook.of(texts)


def place_of(region: str, book: PlaceBook) -> Place:
    """Return the place that a region under study is; no place where it is a park, or several joined.

    Raises
    ------
    OptionError
        Where it may be several; they are named.

    Examples
    --------
    >>> from chaingraph.places import country
    >>> place_of("宜春", country()).says()
    '江西省/宜春市'
    """
    if not region.strip():
        return Place()
    reading = book.read(region)
    if reading.kind == "several":
        paths = ", ".join(place.says() for place in reading.places)
        raise OptionError("ambiguous-region", value=region, paths=paths)
    clean = reading.kind == "found" and not reading.rest and reading.said != "strange"
    return reading.place if clean else Place()


def official_region(
    region: str, base: RawDataset, book: PlaceBook, listed: Sequence[Mapping[str, str]] = ()
) -> str:
    """Return the official name of a region under study, with what it lies in where others share it.

    Parameters
    ----------
    region
        Its name with or without the word for its level, its English name or its code, several one behind
        the other; or a place that an enterprise lies in.
    base
        What the import extends; where it has no table of regions any name will do.
    book
        The places it knows.
    listed
        The enterprises of the file, which may lie in places of their own.

    Raises
    ------
    UnknownNameError
        Where there is no such place; the closest names are given.
    OptionError
        Where there are several.
    """
    held = base.tables.get("enterprises")
    parks = set(held.cells("park") if held is not None else [])
    parks |= {row.get(level, "") for row in listed for level in (*PLACES, "park")}
    if not region.strip() or region.strip() in parks:
        return region.strip()
    place = place_of(region, book)
    if place.path:
        return place.says() if len(book.named(place.name)) > 1 else place.name
    if base.tables.get("regions") is None:
        return region
    raise unknown_name("region", region.strip(), book.names | parks - {""})


def fill_place(values: Mapping[str, str], here: Place, book: PlaceBook) -> dict[str, str]:
    """Return the cells that the region of an import fills: none where the city is known.

    Examples
    --------
    >>> from chaingraph.places import country
    >>> yichun = Place("江西省", "宜春市")
    >>> fill_place({"county": "袁州区"}, yichun, country()), fill_place({"city": "吉安市"}, yichun, country())
    ({'province': '江西省', 'city': '宜春市'}, {})
    >>> fill_place({"county": "蒙自市"}, yichun, country())
    {'province': '云南省', 'city': '红河哈尼族彝族自治州'}
    """
    given = Place(*(values.get(level, "") for level in PLACES))
    if given.city:
        return {}
    known = [p for p in book.named(given.county) if given.county and p.meet(given)]
    inner = [place for place in known if here.meet(place)]
    found = (inner or known)[0].meet(given) if len(inner or known) == 1 else here.meet(given)
    if found is None or (len(known) > 1 and len(inner) != 1):
        return {}
    return {level: text for level, text in found.cells.items() if not values.get(level)}


def likely_place(name: str) -> Place:
    """Return the place of a region that nobody knows: a county or a city by its last letter.

    Examples
    --------
    >>> likely_place("假县").level, likely_place("甲市").level
    ('county', 'city')
    """
    if not name:
        return Place()
    return Place(county=name) if name.endswith(_COUNTIES) else Place(city=name)


def refusal_of(reading: Reading, book: PlaceBook, text: str) -> Refusal:
    """Return why a cell says no place that can be taken."""
    paths = ", ".join(place.says() for place in reading.places)
    if reading.kind == "several":
        return Refusal("place-several", {"paths": paths})
    if reading.kind == "apart":
        return Refusal("place-apart", {"paths": paths})
    return Refusal("place-not-known", {"suggestions": ", ".join(closest(text, book.names)) or "-"})


def band_place(cells: Iterable[Any], book: PlaceBook, here: Place) -> Place:
    """Return the place that a row with nothing but a heading names for the rows below; else no place.

    Examples
    --------
    >>> from chaingraph.places import country
    >>> band_place(["一", "麒麟区", None, None], country(), Place("云南省", "曲靖市")).county
    '麒麟区'
    >>> band_place(["麒麟区", "磷酸铁锂", 5], country(), Place()).path
    ()
    """
    texts = [str(cell).strip() for cell in cells if cell is not None and str(cell).strip()]
    if not texts or len(set(texts)) > 2:  # noqa: PLR2004  a number and a heading
        return Place()
    number, label = (texts[0], texts[-1]) if len(set(texts)) > 1 else ("", texts[0])
    if number.strip("()（）、.．") not in _NUMBERS:
        return Place()
    return book.read_label(label, within=here)


_NUMBERS: Final = frozenset(["", *"一二三四五六七八九十", "十一", "十二", *map(str, range(1, 31))])
