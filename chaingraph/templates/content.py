"""What a template is made for: the datasets that it extends, its region, products and places."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from chaingraph.errors import OptionError, closest
from chaingraph.intake.cards import read_base
from chaingraph.intake.keys import Products
from chaingraph.intake.places import book_of, official_region
from chaingraph.loading import find_folder
from chaingraph.rawtables import RawDataset, RawTable
from chaingraph.schema import TABLE_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.words import Language

DEFAULT_TABLES: Final = (
    "enterprises", "capacities", "outputs", "surveys", "supplies", "projects", "parks", "units",
    "platforms", "plan_targets", "indicators",
)  # fmt: skip
ALONE: Final = ("products", "inputs")
STAGES: Final = ("upstream", "midstream", "downstream")
PLACES: Final = ("province", "city", "county")
_PLACES_OF: Final = "battery"
_LEVEL_OF: Final = {"province": "province", "municipality": "province", "county": "county"}
_NOWHERE: Final = frozenset({"", "unknown"})


@cache
def texts() -> dict[str, Any]:
    """Return the contents of ``texts.json``."""
    text = resources.files(__package__).joinpath("texts.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def said(lang: Language, *keys: str) -> Any:
    """Return an entry of ``texts.json`` in a language."""
    entry: Any = texts()
    for key in keys:
        entry = entry[key]
    return entry[lang]


@dataclass(frozen=True)
class Place:
    """A region: its official name, its level, and what lies above it."""

    name: str
    level: str
    row: dict[str, str]


@dataclass(frozen=True)
class Content:
    """What a template is made for."""

    lang: Language
    extends: tuple[str, ...]
    written: tuple[str, ...]
    region: str
    as_of: str
    tables: tuple[str, ...]
    base: RawDataset
    places: tuple[Place, ...]
    products: Products

    @property
    def catalogue(self) -> list[dict[str, str]]:
        """The products of the extended datasets: by chain and stage, those of one chain first."""
        order = {chain: place for place, chain in enumerate(self.extends)}

        def place(row: dict[str, str]) -> tuple[int, int, int]:
            chains = row.get("chains", "").split(";")
            stage = row.get("stage", "")
            first = min(order.get(chain, len(order)) for chain in chains)
            return first, STAGES.index(stage) if stage in STAGES else len(STAGES), len(chains)

        return sorted(rows_of(self.base.tables.get("products")), key=place)

    def label(self, product: str) -> str:
        """Return a product as the drop-downs name it."""
        return self.products.label(product, english=self.lang == "en")

    def above(self) -> dict[str, str]:
        """Return province, city and county of the region under study, as far as they are known."""
        here = next((p for p in self.places if p.name == self.region), None)
        by_code = {p.row.get("adcode", ""): p for p in self.places if p.row.get("adcode")}
        found: dict[str, str] = {}
        while here is not None and here.level not in found:
            found[here.level] = here.name
            found |= {level: here.row[level] for level in PLACES if here.row.get(level)}
            here = by_code.get(here.row.get("parent", ""))
        return {level: found[level] for level in PLACES if level in found}

    def names(self, level: str) -> list[str]:
        """Return the names of a level, those of the region under study first."""
        names = list(dict.fromkeys(p.name for p in self.places if p.level == level))
        first = self.above()
        near = [first[level]] if level in first else []
        if level == "county":
            near += [p.name for p in self.places if p.level == level and _lies_in(p, first)]
        elif level == "city":
            near += self._cities_of(first.get("province", ""))
        return list(dict.fromkeys([*near, *names]))

    def _cities_of(self, province: str) -> list[str]:
        codes = {p.row.get("adcode") for p in self.places if p.name == province}
        return [
            p.name for p in self.places
            if p.level == "city" and province
            and (p.row.get("parent") in codes or p.row.get("province") == province)
        ]  # fmt: skip


def _lies_in(place: Place, above: dict[str, str]) -> bool:
    city = above.get("city", "")
    return bool(city) and place.row.get("city") == city


def rows_of(table: RawTable | None) -> list[dict[str, str]]:
    """Return the rows of a raw table as mappings."""
    if table is None:
        return []
    return [
        {name: cells[row] for name, cells in table.columns.items()} for row in range(len(table))
    ]


def make_content(
    extends: Sequence[str], written: Sequence[str], *, region: str, as_of: str, lang: Language,
    tables: Sequence[str] | None,
) -> Content:  # fmt: skip
    """Return what a template is made for, names checked.

    Raises
    ------
    UnknownNameError
        Where a dataset or the region is not known.
    OptionError
        Where a table is none.
    """
    base = read_base(extends)
    places = _places(base)
    products = Products()
    products.add_table(base.tables.get("products", RawTable("products")))
    products.add_aliases(base.tables.get("aliases", RawTable("aliases")))
    return Content(
        lang, tuple(extends), tuple(written), _known_region(region, base), as_of,
        _tables(tables, alone=not extends), base, places, products,
    )  # fmt: skip


def _tables(asked: Sequence[str] | None, *, alone: bool) -> tuple[str, ...]:
    if asked is None:
        wanted = {*DEFAULT_TABLES, *(ALONE if alone else ())}
        return tuple(name for name in ("products", "inputs", *DEFAULT_TABLES) if name in wanted)
    for name in asked:
        if name not in TABLE_NAMES:
            near = ", ".join(closest(name, TABLE_NAMES)) or ", ".join(TABLE_NAMES)
            raise OptionError("import-no-table", table=name, choices=near)
    if not asked:
        raise OptionError("import-no-table", table="", choices=", ".join(TABLE_NAMES))
    return tuple(name for name in TABLE_NAMES if name in set(asked))


def _places(base: RawDataset) -> tuple[Place, ...]:
    """Return the places of the regions tables and those where enterprises of the datasets stand."""
    regions = rows_of(base.tables.get("regions"))
    if find_folder(_PLACES_OF).resolve() not in {package.path for package in base.packages}:
        known = {row.get("adcode", "") for row in regions}
        bundled = rows_of(read_base([_PLACES_OF]).tables.get("regions"))
        regions += [row for row in bundled if row.get("adcode", "") not in known]
    found = [
        Place(row["name_zh"], _LEVEL_OF.get(row.get("level", ""), "city"), row)
        for row in regions if row.get("name_zh")
    ]  # fmt: skip
    cities = {place.row.get("adcode"): place.name for place in found if place.level == "city"}
    for place in found:
        if place.level == "county" and place.row.get("parent") in cities:
            place.row["city"] = cities[place.row["parent"]]
    seen = {(place.level, place.name) for place in found}
    for row in rows_of(base.tables.get("enterprises")):
        for level in PLACES:
            name = row.get(level, "")
            if name not in _NOWHERE and (level, name) not in seen:
                seen.add((level, name))
                upper = PLACES[: PLACES.index(level)]
                found.append(Place(name, level, {k: row.get(k, "") for k in upper}))
    return tuple(found)


def _known_region(region: str, base: RawDataset) -> str:
    """Return the official name of a region under study; the battery dataset's regions are known to all."""
    tables = dict(base.tables)
    if "regions" not in tables:
        tables["regions"] = read_base([_PLACES_OF]).tables["regions"]
    return official_region(region, RawDataset(base.packages, tables), book_of(tables))
