"""Where enterprises lie of which a list says only a part: the region of the import fills the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.rawtables import RawTable

PLACES: Final = ("province", "city", "county")
_LEVELS: Final = {"province": "province", "municipality": "province", "county": "county"}
_COUNTIES: Final = ("县", "区", "旗")


class Regions:
    """The regions that are known: what each lies in."""

    def __init__(self, table: RawTable | None) -> None:
        self._above: dict[str, list[dict[str, str]]] = {}
        if table is None:
            return
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
