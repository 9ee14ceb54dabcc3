"""Where enterprises lie of which a list says only a part: the region of the import fills the rest."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from chaingraph.errors import unknown_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.rawtables import RawDataset, RawTable

PLACES: Final = ("province", "city", "county")
_LEVELS: Final = {"province": "province", "municipality": "province", "county": "county"}
_SUFFIXES: Final = ("市", "省", "区", "县", "州", "盟")
_COUNTIES: Final = ("县", "区", "旗")
PLACE: Final = "place"
"""Column of a sheet that says province, city and county in one cell (所在地)."""
_LEVEL_WORD: Final = re.compile(r"(?<=..)(?:省|市|县|区)$")
_COUNTY: Final = re.compile(r"(?P<name>\w{1,7}?(?:县|区|市|旗))")
_NO_COUNTY: Final = re.compile(r"(?:开发|高新|经开|保税|新|园|工业|示范|矿|库|小|社)区$")
_PREFECTURES: Final = 300
"""How many regions a table holds at least that has all prefectures: another 市 is a county's."""
_GAPS: Final = re.compile(r"[\s/·,,、;\-]+")


def official_region(region: str, base: RawDataset, listed: Sequence[Mapping[str, str]]) -> str:
    """Return the official name of a region under study.

    Parameters
    ----------
    region
        Its name with or without the word for its level, its English name or its code; or a place that an
        enterprise lies in.
    base
        What the import extends; where it has no table of regions any name will do.
    listed
        The enterprises of the file, which may lie in places of their own.

    Raises
    ------
    UnknownNameError
        Where there is no such place; the closest names are given.
    """
    table = base.tables.get("regions")
    if not region or table is None:
        return region
    names: dict[str, set[str]] = {}
    columns = (table.cells(column) for column in ("name_zh", "name_en", "adcode"))
    for cells in zip(*columns, strict=True):
        for text in cells:
            names.setdefault(text, set()).add(cells[0])
    sites = base.tables.get("enterprises")
    for level in (*PLACES, "park"):
        held = sites.cells(level) if sites is not None else []
        own = (row.get(level, "") for row in listed)
        for text in {*held, *own} - names.keys():
            names[text] = {text}
    return named_region(region, names)


def named_region(region: str, names: Mapping[str, set[str]]) -> str:
    """Return the official name of a region.

    Parameters
    ----------
    region
        Its name with or without the word for its level, in any case; or another name or code of it.
    names
        What is known: a name or code -> the official names of the places that it may mean.

    Raises
    ------
    UnknownNameError
        Where there is no such place, or several; the closest names, or these, are given.

    Examples
    --------
    >>> named_region("宜春", {"宜春市": {"宜春市"}, "Yichun": {"宜春市"}})
    '宜春市'
    """
    plain = region.strip()
    folded: dict[str, set[str]] = {}
    for text, places in names.items():
        if text:
            folded.setdefault(text.casefold(), set()).update(places)
    found = folded.get(plain.casefold(), set())
    found = found or set().union(*(folded.get(plain + suffix, set()) for suffix in _SUFFIXES))
    if len(found) == 1:
        return next(iter(found))
    raise unknown_name(
        "region", plain, found or [text for text in names if not text.isdigit() and text]
    )


class Regions:
    """The regions that are known: what each lies in; `enterprises` name more of them."""

    def __init__(self, table: RawTable | None, enterprises: RawTable | None = None) -> None:
        self._above: dict[str, list[dict[str, str]]] = {}
        self._named: dict[str, list[dict[str, str]]] = {}
        if table is not None:
            self._add_regions(table)
        for name, found in self._above.items():
            for place in found:
                self._name(name, place)
        if enterprises is not None:
            columns = [enterprises.cells(level) for level in PLACES]
            for cells in sorted(set(zip(*columns, strict=True))):
                for depth, name in enumerate(cells):
                    place = dict(zip(PLACES, cells[: depth + 1], strict=False))
                    if all(place.values()):
                        self._name(name, place)

    def _add_regions(self, table: RawTable) -> None:
        columns = (table.cells(name) for name in ("adcode", "name_zh", "level", "parent"))
        rows = {
            code: (name, level, parent) for code, name, level, parent in zip(*columns, strict=True)
        }
        for code, (name, _, _) in rows.items():
            found: dict[str, str] = {}
            step = code
            while step in rows and len(found) < len(PLACES):
                own, level, step = rows[step]
                found.setdefault(_LEVELS.get(level, "city"), own)
            self._above.setdefault(name, []).append(found)

    def _name(self, name: str, place: dict[str, str]) -> None:
        """Let a place be read under its name, and without the word for its level."""
        for text in {name, _LEVEL_WORD.sub("", name)}:
            held = self._named.setdefault(text, [])
            if place not in held:
                held.append(place)

    def read(self, text: str) -> dict[str, str]:
        """Return what a text says of a place: province, city, county; nothing where it is not clear.

        Examples
        --------
        >>> from chaingraph.rawtables import RawTable
        >>> sites = RawTable("enterprises", {
        ...     "province": ["江西省"], "city": ["宜春市"], "county": ["丰城市"]}, [""], [""], [0])
        >>> regions = Regions(None, sites)
        >>> regions.read("丰城"), regions.read("宜春市袁州区彬江镇"), regions.read("城北")
        ({'province': '江西省', 'city': '宜春市', 'county': '丰城市'}, \
{'province': '江西省', 'city': '宜春市', 'county': '袁州区'}, {})
        """
        rest, found = _GAPS.sub("", unicodedata.normalize("NFKC", text)), dict[str, str]()
        while name := next(
            (rest[:n] for n in range(len(rest), 1, -1) if rest[:n] in self._named), ""
        ):
            fitting = [
                place for place in self._named[name]
                if all(found.get(level, place[level]) == place[level] for level in place)
            ]  # fmt: skip
            if len(fitting) != 1:
                return {}
            found |= fitting[0]
            rest = rest[len(name) :]
        match = _COUNTY.match(rest)
        name = "" if match is None else match["name"]
        own = "city" in found or len(self._above) > _PREFECTURES or not name.endswith("市")
        if name and own and "county" not in found and not _NO_COUNTY.search(name):
            found["county"] = name
        return found

    def known(self, name: str) -> dict[str, str]:
        """Return a place by name with all that it lies in; nothing for a name of no place or of several."""
        found = self._above.get(name, [])
        return found[0] if len(found) == 1 else {}

    def place(self, name: str) -> dict[str, str]:
        """Return a place by name with all that it lies in; of a name that is not known its likely level."""
        return self.known(name) or {"county" if name.endswith(_COUNTIES) else "city": name}


def fill_place(values: Mapping[str, str], region: str, regions: Regions) -> dict[str, str]:
    """Return the cells that the region of an import fills of an enterprise: none where its city is known.

    Examples
    --------
    >>> regions = Regions(None)
    >>> fill_place({"county": "袁州区"}, "宜春市", regions), fill_place({"city": "吉安市"}, "宜春市", regions)
    ({'city': '宜春市'}, {})
    """
    place = regions.place(region)
    given = {name: values[name] for name in PLACES if values.get(name)}
    if "city" in given:
        return {}
    county = given.get("county", "")
    known = regions.known(county)
    if known:
        place = known
    elif county and place.get("county", county) != county:
        return {}
    if any(place.get(name, text) != text for name, text in given.items()):
        return {}
    return {name: text for name, text in place.items() if not given.get(name)}
