"""Keys: ids for rows that have names only; exact names only, never the most similar one."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from chaingraph.errors import closest
from chaingraph.sheets.problems import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.rawtables import RawTable

_SEPARATORS: Final = re.compile(r"\s*[;；、，,/\n]\s*")
_REMARK: Final = re.compile(r"[(（][^()（）]*[)）]$")
_HASH: Final = 12


def normal_name(text: str) -> str:
    """Return a name as it is compared: half-width, no blanks, small letters, one kind of bracket.

    Examples
    --------
    >>> normal_name("电池级 碳酸锂（Li2CO3）")
    '电池级碳酸锂(li2co3)'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).casefold()


def made_id(prefix: str, *parts: str) -> str:
    """Return a stable id for what has no id of its own.

    Examples
    --------
    >>> made_id("e", "甲厂", "宜春市") == made_id("e", " 甲 厂 ", "宜春市")
    True
    """
    joined = "|".join(normal_name(part) for part in parts)
    return f"{prefix}_{hashlib.sha256(joined.encode()).hexdigest()[:_HASH]}"


@dataclass
class Products:
    """The products known by id and by every name that means one of them and no other."""

    units: dict[str, str] = field(default_factory=dict)
    names: dict[str, set[str]] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    titles: dict[str, list[str]] = field(default_factory=dict)
    label_units: dict[str, str] = field(default_factory=dict)
    aliases: dict[str, set[str]] = field(default_factory=dict)

    def add(self, product: str, unit: str, names: Iterable[str]) -> None:
        """Add a product under its id and its names."""
        if not product:
            return
        self.units.setdefault(product, unit)
        own = [name for name in names if name]
        short = [_REMARK.sub("", name).strip() for name in own]
        for name in (product, *own, *short):
            if normal_name(name):
                self.names.setdefault(normal_name(name), set()).add(product)
                self.written.setdefault(normal_name(name), name)
        self.titles.setdefault(product, own)
        for name in own if unit else ():
            for label in (f"{name} ({unit})", f"{name} ({unit}) [{product}]"):
                self.label_units.setdefault(normal_name(label), unit)
                self.names.setdefault(normal_name(label), set()).add(product)
        for name in own if not unit else ():
            self.names.setdefault(normal_name(f"{name} [{product}]"), set()).add(product)

    def add_table(self, table: RawTable) -> None:
        """Add the rows of a products table."""
        columns = [table.cells(name) for name in ("product_id", "unit", "name_zh", "name_en")]
        for product, unit, name_zh, name_en in zip(*columns, strict=True):
            self.add(product, unit, (name_zh, name_en))

    def add_alias(self, alias: str, product: str) -> None:
        """Add what the trade calls a product; a word for a family is said of each of its members."""
        if product in self.units and normal_name(alias):
            self.aliases.setdefault(normal_name(alias), set()).add(product)
            self.written.setdefault(normal_name(alias), alias)

    def add_aliases(self, table: RawTable) -> None:
        """Add the rows of an aliases table that speak of products."""
        for alias, product in zip(table.cells("alias_zh"), table.cells("product_id"), strict=True):
            self.add_alias(alias, product)

    def called(self, product: str) -> list[str]:
        """Return what the trade calls a product, as it is written; words for its family too."""
        return [self.written[key] for key, members in self.aliases.items() if product in members]

    def known(self, text: str) -> str:
        """Return the id of the one product that a text names, by id, name or alias; else nothing."""
        found = self._meant(text)
        return next(iter(found)) if len(found) == 1 else ""

    def _meant(self, text: str) -> set[str]:
        """Return the products that a text may mean; their own names go before what the trade calls them."""
        if text in self.units:
            return {text}
        plain = normal_name(text)
        return self.names.get(plain) or self.aliases.get(plain, set())

    def find(self, text: str) -> str | Refusal:
        """Return the id of a product by id or exact name, or why there is none; its own names go first."""
        found = self._meant(text)
        if len(found) == 1:
            return next(iter(found))
        if found:
            named = ((self.titles.get(product) or [product])[0] for product in sorted(found))
            said = ", ".join(f"{n} [{p}]" for n, p in zip(named, sorted(found), strict=True))
            return Refusal("product-ambiguous", {"products": said})
        near = [self.written[name] for name in closest(normal_name(text), self.written)]
        return Refusal("product-unknown", {"suggestions": ", ".join(near) or "-"})

    def label(self, product: str, *, english: bool = False) -> str:
        """Return a text that names a product and its unit, and that :meth:`find` takes for it only."""
        own = self.titles.get(product) or [product]
        name, unit = own[-1 if english else 0], self.units.get(product, "")
        text = f"{name} ({unit})" if unit else name
        return text if self.find(text) == product else f"{text} [{product}]"

    def label_unit(self, text: str) -> str:
        """Return the unit that a label of a product names; empty for a name or an id."""
        plain = normal_name(text)
        return "" if plain in self.written else self.label_units.get(plain, "")

    def find_all(self, text: str) -> list[str] | Refusal:
        """Return the ids of one product, or of several named in one cell."""
        whole = self.find(text)
        if isinstance(whole, str):
            return [whole]
        parts = [part for part in _SEPARATORS.split(text) if part]
        if len(parts) == 1:
            return whole
        ids = []
        for part in parts:
            found = self.find(part)
            if isinstance(found, Refusal):
                return whole
            ids.append(found)
        return list(dict.fromkeys(ids))


@dataclass
class Enterprises:
    """The enterprises known by credit code, and by name and city."""

    cities: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    by_code: dict[str, set[str]] = field(default_factory=dict)
    by_name: dict[str, set[str]] = field(default_factory=dict)
    counties: dict[str, str] = field(default_factory=dict)

    def add(
        self, enterprise: str, name: str, city: str = "", code: str = "", county: str = ""
    ) -> None:
        """Add an enterprise, or what more is said of a known one."""
        if county:
            self.counties.setdefault(enterprise, county)
        if city or enterprise not in self.cities:
            self.cities[enterprise] = city
        if code:
            self.by_code.setdefault(code, set()).add(enterprise)
        if name:
            self.names.setdefault(enterprise, normal_name(name))
            self.by_name.setdefault(normal_name(name), set()).add(enterprise)

    def add_table(self, table: RawTable) -> None:
        """Add the rows of an enterprises table."""
        columns = [
            table.cells(name) for name in ("enterprise_id", "name_zh", "city", "credit_code")
        ]
        for enterprise, name, city, code in zip(*columns, strict=True):
            self.add(enterprise, name, city, code)

    def _near(self, enterprises: set[str], city: str, county: str = "") -> set[str]:
        """Return those of the city, or of no known city; of the file itself those of the county, too."""
        place = normal_name(city)
        return {
            e for e in enterprises
            if (not place or not self.cities[e] or normal_name(self.cities[e]) == place)
            and (not county or self.counties.get(e, county) == county)
        }  # fmt: skip

    def find(
        self, name: str, city: str = "", code: str = "", county: str = ""
    ) -> str | Refusal | None:
        """Return the id of an enterprise, None where it is new, a refusal where two fit.

        Sites of one legal entity share its code: the city, then the name tells them apart.
        """
        plain = normal_name(name)
        fitting = self._near(self.by_code.get(code, set()), city, county)
        if len(fitting) > 1:
            fitting = {e for e in fitting if self.names.get(e) == plain} or fitting
        if not fitting and name:
            fitting = self._near(self.by_name.get(plain, set()), city, county)
            if code:  # of the same name, but known under another code
                fitting = {
                    e for e in fitting
                    if not any(e in others for c, others in self.by_code.items() if c != code)
                }  # fmt: skip
        if len(fitting) > 1:
            return Refusal("enterprise-ambiguous", {"enterprises": ", ".join(sorted(fitting))})
        return next(iter(fitting), None)

    def key(self, name: str, city: str = "", code: str = "", county: str = "") -> str | Refusal:
        """Return the id of an enterprise, made from its credit code or its name and city if new.

        One name in two counties of a file is two sites.
        """
        found = self.find(name, city, code, county)
        if found is None:
            taken = code in self.cities
            found = code if code and not taken else made_id("e", name, city, code)
            if found in self.cities and county:
                found = made_id("e", name, city, code, county)
        if isinstance(found, str):
            self.add(found, name, city, code, county)
        return found
