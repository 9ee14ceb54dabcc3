"""Rules that hold surveys, totals and prices against the rows of sites, against events and each other."""

from __future__ import annotations

import math
import re
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.amounts import total_factor, total_unit
from chaingraph.checks.keys import members
from chaingraph.checks.known import surveyed_names
from chaingraph.checks.registry import check
from chaingraph.checks.suggestions import Suggester
from chaingraph.checks.tables import factor
from chaingraph.checks.values import first_day, last_day, matches_date
from chaingraph.places import Place, PlaceBook
from chaingraph.schema import table_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

LEVELS: Final = ("province", "city", "county", "park")
NATION: Final = frozenset({"全国", "中国", "100000"})
RUNNING: Final = frozenset({"", "operating", "trial"})
_REGIONAL: Final = ("surveys", "outputs", "product_facts")
_ADCODE: Final = re.compile(r"[0-9]{6}")
_SAID_MADE: Final = frozenset({"commissioned", "full_output"})
_ROUNDING: Final = 0.01
"""Share by which sites may exceed a total, for figures are rounded."""
_FITS: Final = 0.05
"""Share by which a total may differ from its sites and still be taken as their sum."""
_MOST_LOAD: Final = 1.5
_MONTHS: Final = 12
"""Months within which two looks, or a price and a date, speak of the same time."""

Parts = tuple[str, ...]


class _Row(NamedTuple):
    """A row of capacities: where it stands, what it makes, how much in the unit of the product."""

    row: int
    site: str
    product: str
    status: str
    size: float | None


class _Places:
    """Where the sites of a dataset stand, and the rows of capacities by product."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables

    def _columns(self, table: str) -> list[Parts]:
        """Return the places of each row of a table; a park lies in the county of its row."""
        known = table_spec(table).by_name
        empty = [""] * len(self.tables.table(table))
        names = ["name_zh" if table == "parks" and n == "park" else n for n in LEVELS]
        columns = [self.tables.texts(table, n) if n in known else empty for n in names]
        return list(zip(*columns, strict=True))

    @cached_property
    def of_site(self) -> dict[str, Parts]:
        """Enterprise id -> the places that it lies in, from the province down."""
        ids = self.tables.texts("enterprises", "enterprise_id")
        return dict(zip(ids, self._columns("enterprises"), strict=True))

    @cached_property
    def group_of(self) -> dict[str, str]:
        """Enterprise id -> its group."""
        names = ("enterprise_id", "group_zh")
        return dict(zip(*(self.tables.texts("enterprises", name) for name in names), strict=True))

    @cached_property
    def of_project(self) -> list[Parts]:
        """Return the places of each row of projects, with those of its site."""
        sites = self.tables.texts("projects", "enterprise_id")
        rows = zip(sites, self._columns("projects"), strict=True)
        return [(*places, *self.of_site.get(site, ())) for site, places in rows]

    @cached_property
    def codes(self) -> dict[str, Parts]:
        """Code of a region -> its name, that of a county with the region above."""
        names = ("adcode", "name_zh", "level", "parent")
        rows = list(zip(*(self.tables.texts("regions", name) for name in names), strict=True))
        name_of = {code: name for code, name, _, _ in rows}
        return {
            code: (name_of[parent], name) if level == "county" and parent in name_of else (name,)
            for code, name, level, parent in rows
        }

    @cached_property
    def above(self) -> dict[str, set[str]]:
        """Name of a place -> the cities that places of this name lie in."""
        found: dict[str, set[str]] = {}
        for places in [*self.of_site.values(), *self._columns("parks")]:
            for level, name in zip(LEVELS, places, strict=True):
                if name:
                    found.setdefault(name, set())
                    if level in {"county", "park"} and places[1]:
                        found[name].add(places[1])
        for names in self.codes.values():
            found.setdefault(names[-1], set()).update(names[:-1])
        for places in self.of_project:
            for name in filter(None, places):
                found.setdefault(name, set())
        return found

    def parts(self, text: str) -> Parts:
        """Return the names that a region is told by, none where it cannot be used."""
        if _ADCODE.fullmatch(text):
            return self.codes.get(text, ())
        names = tuple(part.strip() for part in text.split("/"))
        if any(name not in self.above for name in names):
            reading = self.book.read(text)
            place = Place() if reading.said == "strange" or reading.rest else reading.place
            return (place.city, place.county) if place.county and place.city else place.path[-1:]
        return () if len(names) == 1 and self.cities_of(text) else names

    @cached_property
    def book(self) -> PlaceBook:
        """The one gazetteer, with the places of the dataset."""
        return PlaceBook.of(self.tables.texts)

    def cities_of(self, text: str) -> list[str]:
        """Return what tells the places of a name apart where there are several; nothing for one."""
        country = {
            p.city for p in self.book.named(text) if p.level == "county" and p.county == text
        }
        several = self.above.get(text, set()) | (country if text in self.above else set())
        return sorted(several) if len(several) > 1 else []

    @cached_property
    def makers(self) -> dict[str, list[_Row]]:
        """Product -> the rows of sites that make it; not the totals of companies."""
        tables = self.tables
        names = ("enterprise_id", "product_id", "unit", "status", "scope")
        columns = [tables.texts("capacities", name) for name in names]
        sizes = tables.numbers("capacities", "capacity")
        broken = tables.broken_rows("capacities", "status", "scope", "capacity")
        found: dict[str, list[_Row]] = {}
        for row, (site, product, unit, status, scope) in enumerate(zip(*columns, strict=True)):
            if row in broken or scope == "group":
                continue
            expected, number = tables.product_units.get(product, ""), sizes[row]
            scale = factor(unit, expected) if unit and expected else 1.0
            size = None if number is None or scale is None else number * scale
            found.setdefault(product, []).append(_Row(row, site, product, status, size))
        return found

    def within(self, product: str, parts: Parts) -> list[_Row]:
        """Return the rows of a product whose sites lie in a region."""
        rows = self.makers.get(product, ())
        return [row for row in rows if set(parts) <= set(self.of_site.get(row.site, ()))]

    def known_by(self, row: int, date: str) -> bool:
        """Tell whether a row surely held at a date: said or begun by then, and not ended."""
        texts = {n: self.tables.texts("capacities", n)[row] for n in ("since", "until", "as_of")}
        day = last_day(date)
        begun = texts["since"] or texts["as_of"]
        late = not begun or first_day(begun) > day
        return not late and not (texts["until"] and first_day(texts["until"]) <= day)

    def in_force(self, row: int, date: str) -> bool:
        """Tell whether a row may have held at a date: nothing says that it began later or had ended."""
        since, until = (self.tables.texts("capacities", n)[row] for n in ("since", "until"))
        late = since and first_day(since) > last_day(date)
        return not late and not (until and first_day(until) <= first_day(date))


@check("region-unknown", "region-ambiguous")
def check_regions(tables: Tables) -> Iterator[Finding]:
    """Report regions of surveys, totals and facts that no site, park or region has, or several have.

    A county or park of a name that lies in several cities is told by CITY/NAME or by its code.
    """
    if not any(any(tables.texts(name, "region")) for name in _REGIONAL):
        return
    places = _Places(tables)
    if not places.above:
        return
    suggester = Suggester(places.above)
    for name in _REGIONAL:
        for row, text in enumerate(tables.texts(name, "region")):
            if not text or text in NATION or places.parts(text):
                continue
            several = places.cities_of(text) or [p.says() for p in places.book.named(text)]
            if several:
                cities = ", ".join(several)
                yield tables.finding("region-ambiguous", name, row, "region", cities=cities)
            else:
                near = suggester.near(text)
                yield tables.finding("region-unknown", name, row, "region", suggestions=near)


class _Survey(NamedTuple):
    """A survey whose cells are sound."""

    row: int
    parts: Parts
    products: set[str]
    as_of: str
    result: str
    makers: float | None


def _surveys(tables: Tables, places: _Places) -> list[_Survey]:
    named = surveyed_names(tables)
    columns = [tables.texts("surveys", n) for n in ("region", "products", "as_of", "result")]
    makers = tables.numbers("surveys", "makers")
    found = []
    for row, (region, products, as_of, result) in enumerate(zip(*columns, strict=True)):
        parts = places.parts(region)
        if parts and as_of and result:
            meant = set().union(*(named.get(name, set()) for name in members(products)))
            found.append(_Survey(row, parts, meant, as_of, result, makers[row]))
    return found


@check("survey-count")
def check_survey_counts(tables: Tables) -> Iterator[Finding]:
    """Report surveys whose number of makers is another than their result says."""
    results = tables.texts("surveys", "result")
    counts = tables.numbers("surveys", "makers")
    for row, (result, makers) in enumerate(zip(results, counts, strict=True)):
        if makers is None or result not in {"none", "some", "listed"}:
            continue
        if (result == "none") != (makers == 0):
            yield tables.finding("survey-count", "surveys", row, "result", makers=f"{makers:g}")


@check("survey-none-made", "survey-all-lacks", "surveys-contradict")
def check_surveys(tables: Tables) -> Iterator[Finding]:
    """Report surveys that rows, events or other surveys of the time contradict."""
    if not len(tables.table("surveys")):
        return
    places = _Places(tables)
    surveys = _surveys(tables, places)
    for survey in surveys:
        if survey.result == "none":
            yield from _made_all_the_same(tables, places, survey)
        elif survey.result == "all":
            yield from _not_listed(tables, places, survey)
    yield from _contradictions(tables, surveys)


def _made_all_the_same(tables: Tables, places: _Places, survey: _Survey) -> Iterator[Finding]:
    for product in sorted(survey.products):
        rows = [
            row for row in places.within(product, survey.parts)
            if row.status in RUNNING and places.known_by(row.row, survey.as_of)
        ]  # fmt: skip
        if rows:
            yield tables.finding(
                "survey-none-made", "surveys", survey.row, "result", product=product,
                site=rows[0].site, first=tables.place("capacities", rows[0].row),
            )  # fmt: skip


def _not_listed(tables: Tables, places: _Places, survey: _Survey) -> Iterator[Finding]:
    columns = [tables.texts("projects", n) for n in ("date", "event", "product_id", "product_ids")]
    told: dict[str, int] = {}
    for row, (date, event, product, products) in enumerate(zip(*columns, strict=True)):
        if event not in _SAID_MADE or not date or first_day(date) > last_day(survey.as_of):
            continue
        if not set(survey.parts) <= set(places.of_project[row]):
            continue
        for made in {product, *members(products)} & survey.products:
            if not places.within(made, survey.parts):
                told.setdefault(made, row)
    for product, row in sorted(told.items()):
        yield tables.finding(
            "survey-all-lacks", "surveys", survey.row, "result", product=product,
            first=tables.place("projects", row),
        )  # fmt: skip


def _contradictions(tables: Tables, surveys: Iterable[_Survey]) -> Iterator[Finding]:
    """Yield the later row of each pair of which one found nobody and the other somebody."""
    for first, second in combinations(surveys, 2):
        both = first.products & second.products
        empty = [survey.result == "none" for survey in (first, second)]
        if not both or first.parts != second.parts or empty[0] == empty[1]:
            continue
        other = second if empty[0] else first
        found = other.result in {"some", "listed"} or (other.makers or 0) > 0
        if found and months_apart(first.as_of, second.as_of) <= _MONTHS:
            yield tables.finding(
                "surveys-contradict", "surveys", second.row, "result",
                product=", ".join(sorted(both)[:3]), first=tables.place("surveys", first.row),
            )  # fmt: skip


def months_apart(first: str, second: str) -> int:
    """Return the months between two partial dates at their nearest; a year is any of its months.

    Examples
    --------
    >>> months_apart("2024-12", "2025-12"), months_apart("2024", "2025-12"), months_apart("2024", "2024-05")
    (12, 12, 0)
    """
    (low, high), (lower, higher) = _span(first), _span(second)
    return max(lower - high, low - higher, 0)


def _span(date: str) -> tuple[int, int]:
    start, end = first_day(date), last_day(date)
    return tuple(int(day[:4]) * 12 + int(day[5:7]) for day in (start, end))  # type: ignore[return-value]


@check("total-below-sites", "total-fits-neither", "output-above-capacity")
def check_totals(tables: Tables) -> Iterator[Finding]:
    """Report totals that their sites exceed or do not make up, and outputs that no plant could give.

    Sites count that surely ran at the date of the total. An output is held against the capacities of
    its enterprise, or against a capacity total of the same body, product and year: what is known of the
    sites of a city is seldom all of them.
    """
    if not len(tables.table("outputs")):
        return
    places = _Places(tables)
    names = ("region", "enterprise_id", "group_zh", "product_id", "year", "measure", "unit")
    columns = [tables.texts("outputs", name) for name in names]
    notes, states = tables.table("outputs").cells("note"), tables.texts("outputs", "status")
    values = tables.numbers("outputs", "value")
    capacities: dict[tuple[str, ...], float] = {}
    outputs = []
    for row, (*body, product, year, measure, unit) in enumerate(zip(*columns, strict=True)):
        scale = total_factor(unit, total_unit(measure, tables.product_units.get(product, "")),
                             notes[row])  # fmt: skip
        value = values[row]
        if value is None or scale is None or not product or not year:
            continue
        key = (*body, product, year[:4])
        if measure == "output":
            outputs.append((row, body, key, value * scale))
        elif measure == "capacity":
            capacities[key] = max(capacities.get(key, 0.0), value * scale)
            rows = _rows_of(places, product, body)
            yield from _judge_total(tables, places, row, (value * scale, states[row]), rows)
    for row, body, key, value in outputs:
        most = capacities.get(key)
        if most is None and body[1]:
            most = _capacity_of(places, _rows_of(places, key[3], body), key[4])
        if most and value > most * _MOST_LOAD:
            unit = tables.product_units.get(key[3], "")
            yield tables.finding(
                "output-above-capacity", "outputs", row, "value", product=key[3], unit=unit,
                output=f"{value:.12g}", capacity=f"{most:.12g}",
            )  # fmt: skip


def _rows_of(places: _Places, product: str, body: Iterable[str]) -> list[_Row]:
    """Return the rows of sites that a total covers."""
    region, site, group = body
    if site:
        return [row for row in places.makers.get(product, ()) if row.site == site]
    if group:
        rows = places.makers.get(product, ())
        return [row for row in rows if places.group_of.get(row.site) == group]
    parts = places.parts(region)
    return places.within(product, parts) if parts else []


def _capacity_of(places: _Places, rows: Iterable[_Row], year: str) -> float | None:
    """Return the capacity that may have run in a year; None where a row has no figure."""
    held = [r.size for r in rows if r.status in RUNNING and places.in_force(r.row, year)]
    known = [size for size in held if size is not None]
    return math.fsum(known) if known and len(known) == len(held) else None


def _judge_total(
    tables: Tables, places: _Places, row: int, told: tuple[float, str], rows: Iterable[_Row]
) -> Iterator[Finding]:
    total, status = told
    inside = tables.texts("capacities", "included_in")
    date = tables.texts("outputs", "year")[row]
    held = [r for r in rows if r.size and not inside[r.row] and places.known_by(r.row, date)]
    running = math.fsum(r.size or 0.0 for r in held if r.status in RUNNING)
    building = math.fsum(r.size or 0.0 for r in held if r.status == "construction")
    product = tables.texts("outputs", "product_id")[row]
    params: dict[str, object] = {
        "product": product, "unit": tables.product_units.get(product, ""),
        "total": f"{total:.12g}", "sites": f"{running:.12g}", "both": f"{running + building:.12g}",
    }  # fmt: skip
    if running > total * (1 + _ROUNDING):
        yield tables.finding("total-below-sites", "outputs", row, "value", **params)
    elif running or building:
        sums = (
            (running + building,)
            if status == "with_construction"
            else (running, running + building)
        )
        if all(abs(total - held_by) > _FITS * total for held_by in sums):
            yield tables.finding("total-fits-neither", "outputs", row, "value", **params)


@check("price-far")
def check_price_dates(tables: Tables) -> Iterator[Finding]:
    """Report products whose nearest price is more than 12 months off the date of the dataset."""
    at = tables.raw.main.as_of
    if not matches_date(at):
        return
    dates: dict[str, list[str]] = {}
    facts = [tables.texts("product_facts", n) for n in ("product_id", "measure", "date")]
    for product, measure, date in zip(*facts, strict=True):
        if measure == "price" and date:
            dates.setdefault(product, []).append(date)
    ids, said = (tables.texts("products", n) for n in ("product_id", "price_as_of"))
    prices = tables.numbers("products", "price_cny")
    for row, product in enumerate(ids):
        known = [*dates.get(product, ()), *([said[row]] if said[row] and prices[row] else [])]
        nearest = min(known, key=lambda date: months_apart(date, at), default="")
        if nearest and months_apart(nearest, at) > _MONTHS:
            yield tables.finding("price-far", "products", row, "price_as_of", product=product,
                                 nearest=nearest, at=at)  # fmt: skip
