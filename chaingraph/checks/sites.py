"""Rules about enterprises that stand in the table twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaingraph.checks.registry import check
from chaingraph.codes import clean_code
from chaingraph.names import bare_name
from chaingraph.places import is_unknown, short_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

_SHORTEST_CORE: Final = 4


class _Sites:
    """What the rows of enterprises say of name and place."""

    def __init__(self, tables: Tables) -> None:
        cells = {
            column: tables.texts("enterprises", column)
            for column in ("name_zh", "province", "city", "county", "park", "lat", "lon")
        }
        self.names = [bare_name(text) if text else "" for text in cells["name_zh"]]
        self.cities = cells["city"]
        self._coordinates = list(zip(cells["lat"], cells["lon"], strict=True))
        self._levels = [cells[column] for column in ("city", "county", "park")]
        pairs = zip(self.names, cells["province"], self.cities, strict=True)
        self._split = [_without_places(name, province, city) for name, province, city in pairs]

    def differ(self, one: int, other: int) -> bool:
        """Tell whether two rows name different places, in their columns or in their names."""
        pairs = ((level[one], level[other]) for level in self._levels)
        left, right = self._split[one][1], self._split[other][1]
        return not (left <= right or right <= left) or any(
            here != there and not is_unknown(here) and not is_unknown(there)
            for here, there in pairs
        )

    def keys(self, row: int) -> Iterator[tuple[str, ...]]:
        """Yield under what a row may meet its twin."""
        if self.names[row] and not is_unknown(self.cities[row]):
            yield "city", self.cities[row], self.names[row]
        core = self._split[row][0]
        if len(core) >= _SHORTEST_CORE and all(self._coordinates[row]):
            yield "place", *self._coordinates[row], core


def _without_places(name: str, *places: str) -> tuple[str, frozenset[str]]:
    """Return a name without these places, and which of them it names."""
    found = set()
    for place in places:
        short = short_place(place)
        if not is_unknown(place) and short and short in name:
            name = name.replace(place, "").replace(short, "")
            found.add(short)
    return name, frozenset(found)


@check("duplicate-site", "duplicate-code")
def check_sites(tables: Tables) -> Iterator[Finding]:
    """Report enterprises that seem to be another row's, by code, name and city, or name and place.

    Two rows with one name are two plants of one firm where they name different cities, counties or
    parks. One code belongs to one firm: with two names, or twice in one place, one row is wrong. Equal
    coordinates say something only where the names are equal too, but for a province or city that one
    of them leaves out, and are long enough to hold more than a trade: the Yunnan and the Yuxi firm
    of one brand are two.
    """
    sites = _Sites(tables)
    ids = tables.texts("enterprises", "enterprise_id")
    by_code: dict[str, list[int]] = {}
    by_key: dict[tuple[str, ...], list[int]] = {}
    for row, cell in enumerate(tables.texts("enterprises", "credit_code")):
        rule, twin = "duplicate-code", None
        if code := clean_code(cell) if cell else "":
            twin = _twin(sites, row, by_code.setdefault(code, []), same_name=False)
            by_code[code].append(row)
        for key in sites.keys(row):
            earlier = by_key.setdefault(key, [])
            if twin is None:
                rule, twin = "duplicate-site", _twin(sites, row, earlier, same_name=True)
            earlier.append(row)
        if twin is not None:
            first = tables.place("enterprises", twin)
            column = "credit_code" if rule == "duplicate-code" else "name_zh"
            yield tables.finding(
                rule, "enterprises", row, column, site=ids[row], other=ids[twin], first=first
            )


def _twin(sites: _Sites, row: int, earlier: list[int], *, same_name: bool) -> int | None:
    """Return the first earlier row that is the same site, or the same code under another name."""
    for other in earlier:
        named_alike = same_name or sites.names[row] == sites.names[other]
        if not named_alike or not sites.differ(row, other):
            return other
    return None
