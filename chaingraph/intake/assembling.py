"""Assembling: the records of all sheets as tables, checked together with what they extend."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from chaingraph.checks import run_checks
from chaingraph.intake.places import PLACES, fill_place, likely_place
from chaingraph.overriding import replaced
from chaingraph.rawtables import RawDataset, RawTable
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.sheets.measures import known_unit
from chaingraph.sheets.problems import Problem
from chaingraph.units import conversion_factor

if TYPE_CHECKING:
    from chaingraph.checks import Finding
    from chaingraph.intake.sheets import Record
    from chaingraph.places import Place, PlaceBook

    Said = tuple[Record, dict[str, str]]
from chaingraph.rawtables import Package

_NOT_HERE: Final = {"no-source", "unit-assumed", "missing-target-table", "focus-unknown"}
_NAMED: Final = ("product_id", "chains", "stage")
_SITE: Final = ("province", "city")


@dataclass
class Assembly:
    """The tables of an import, and the record behind each of their rows."""

    package: Package
    base: RawDataset
    records: dict[str, list[Record]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    enterprises: dict[str, Record] = field(default_factory=dict)
    said: dict[str, list[Said]] = field(default_factory=dict)

    def add(self, records: list[Record]) -> None:
        """Add records; those of one enterprise become one."""
        for record in records:
            if record.table == "enterprises":
                self._add_enterprise(record)
            else:
                self.records.setdefault(record.table, []).append(record)

    def _add_enterprise(self, record: Record) -> None:
        held = self.records.setdefault("enterprises", [])
        key = record.values["enterprise_id"]
        first = self.enterprises.setdefault(key, record)
        if first is record:
            held.append(record)
            return
        for name, text in record.values.items():
            other = first.values.get(name)
            if other is None:
                first.values[name] = text
            elif other != text and name != "note":
                self._tell_conflict(record, name, text, other)

    def _tell_conflict(self, record: Record, name: str, text: str, other: str) -> None:
        cell = record.places.get(name, str(record.line))
        title = table_spec("enterprises").by_name[name].title_zh
        params: dict[str, object] = {
            "header": title, "other": other, "enterprise": record.values["enterprise_id"],
        }  # fmt: skip
        rule = "enterprise-names" if name == "name_zh" else "enterprise-conflict"
        self.problems.append(
            Problem(rule, record.file, record.sheet, cell, text, params, record.line)
        )

    def take_once(self) -> None:
        """Take a capacity that stands twice once; refuse two figures for one plant."""
        kept: list[Record] = []
        plants: dict[tuple[str, str], list[Record]] = {}
        for record in self.records.get("capacities", []):
            key = (record.values.get("enterprise_id", ""), record.values.get("product_id", ""))
            same = next((r for r in plants.get(key, []) if _says_same(r, record)), None)
            if same is None:
                kept.append(record)
                plants.setdefault(key, []).append(record)
                continue
            figures = [r.values.get("capacity", "") for r in (same, record)]
            other = f"{same.sheet} {same.places.get('capacity', same.line)}".strip()
            params: dict[str, object] = {
                "other": other,
                "figures": " / ".join(f or "-" for f in figures),
            }
            rule = "row-repeated" if "" in figures or figures[0] == figures[1] else "figures-differ"
            cell = record.places.get("capacity", str(record.line))
            said = Problem(rule, record.file, record.sheet, cell, figures[1], params, record.line)
            if said not in self.problems:
                self.problems.append(said)
            if rule == "row-repeated":
                same.values = {**record.values, **{k: v for k, v in same.values.items() if v}}
            else:
                kept.append(record)
        if "capacities" in self.records:
            self.records["capacities"] = kept

    def remember(self) -> None:
        """Keep what the file says, before anything is filled in or left out."""
        self.said = {
            table: [(record, dict(record.values)) for record in records]
            for table, records in self.records.items()
        }

    def fill_region(self, region: str, here: Place, book: PlaceBook, file: str) -> None:
        """Give enterprises and projects of which no city is said the region, and what it lies in.

        A park that is not known by name is taken for one of the region, as on the list of a bureau.
        """
        if not region:
            return
        here = here if here.path else likely_place(region)
        placed = self._placed()
        filled = 0
        for record in self.records.get("enterprises", []):
            if record.values.get("enterprise_id", "") in placed:
                continue
            more = fill_place(record.values, here, book)
            record.values |= more
            filled += bool(more)
        for record in self.records.get("projects", []):
            if any(record.values.get(level) for level in _SITE):
                continue
            if book.read(record.values.get("park", ""), within=here).kind in {"unknown", "nothing"}:
                more = fill_place(record.values, here, book)
                record.values |= {level: more[level] for level in _SITE if level in more}
        if filled:
            params: dict[str, object] = {"count": filled}
            self.problems.append(Problem("region-filled", file, value=region, params=params))

    def _placed(self) -> set[str]:
        """Return the enterprises of the extended datasets that have a place."""
        table = self.base.tables.get("enterprises")
        if table is None:
            return set()
        cells = [table.cells(place) for place in PLACES]
        ids = zip(table.cells("enterprise_id"), *cells, strict=True)
        return {site for site, *places in ids if any(places)}

    def named_products(self) -> list[tuple[str, str, str]]:
        """Return id, chains and stage of the products of the file and of the extended datasets."""
        own = [record.values for record in self.records.get("products", [])]
        said = [tuple(values.get(name, "") for name in _NAMED) for values in own]
        table = self.base.tables.get("products")
        if table is not None:
            said += zip(*(table.cells(name) for name in _NAMED), strict=True)
        return [(product, chains, stage) for product, chains, stage in said]

    def complete(self) -> None:
        """Look up the keys of the extended datasets; a row that says more is completed by theirs."""
        for table, records in self.records.items():
            key = table_spec(table).primary_key
            if not key or table not in self.base.tables:
                continue
            rows = _rows_by_key(self.base.tables[table], key)
            kept = []
            for record in records:
                below = rows.get(tuple(record.values.get(name, "") for name in key))
                if below is None:
                    kept.append(record)
                elif table == "products" or self._says_more(record, below, key):
                    known = {k: v for k, v in below.items() if v}
                    note = {"note": known["note"]} if "note" in known else {}
                    record.values = known | record.values | note
                    kept.append(record)
            if len(kept) < len(records):
                params: dict[str, object] = {"count": len(records) - len(kept)}
                spec = table_spec(table)
                self.problems.append(
                    Problem("known-rows", records[0].file, records[0].sheet, value=spec.title_zh,
                            params=params)
                )  # fmt: skip
            self.records[table] = kept

    def _says_more(self, record: Record, below: dict[str, str], key: tuple[str, ...]) -> bool:
        """Tell whether a row fills or changes a cell of the row known below; report what it changes."""
        spec = table_spec(record.table)
        said = {k: v for k, v in record.values.items() if v and k not in {"note", *key}}
        other = [
            spec.by_name[k].title_zh for k, v in said.items() if below.get(k) not in {v, "", None}
        ]
        if other:
            name = " ".join(record.values.get(part, "") for part in key)
            params: dict[str, object] = {"columns": "、".join(other)}
            cell = record.places.get(key[0], str(record.line))
            self.problems.append(
                Problem("known-differs", record.file, record.sheet, cell, name, params, record.line)
            )
        return any(below.get(k, "") != v for k, v in said.items())

    def tables(self) -> dict[str, RawTable]:
        """Return the tables of the import alone, with the columns that have a cell."""
        rows = {name: [(r, r.values) for r in records] for name, records in self.records.items()}
        return self._tables(rows)

    def told(self) -> dict[str, RawTable]:
        """Return the tables as the file says them, rows known to an extended dataset included."""
        return self._tables(self.said)

    def _tables(self, rows: dict[str, list[Said]]) -> dict[str, RawTable]:
        found: dict[str, RawTable] = {}
        for name in TABLE_NAMES:
            held = rows.get(name)
            if not held:
                continue
            table = RawTable(name)
            for column in table_spec(name).fields:
                cells = [values.get(column.name, "") for _, values in held]
                if column.required or any(cells):
                    table.columns[column.name] = cells
            name_here = f"{self.package.name} *"  # an extended package may have the same name
            table.package = [name_here] * len(held)
            table.file = [record.file for record, _ in held]
            table.line = [record.line for record, _ in held]
            found[name] = table
        return found

    def check(self) -> list[tuple[Problem, Record | None]]:
        """Return what the checks of datasets find in the own rows, at their place in the source."""
        own = self.tables()
        tables: dict[str, RawTable] = {}
        offsets: dict[str, int] = {}
        for name in dict.fromkeys([*self.base.tables, *own]):
            tables[name] = RawTable(name)
            if name in self.base.tables:
                tables[name].append(self.base.tables[name])
            if name in own:
                tables[name].append(own[name])
                tables[name].drop(replaced(tables[name]))
            offsets[name] = len(tables[name]) - len(own.get(name, ()))
        raw = RawDataset([*self.base.packages[:-1], self.package], tables)
        found: list[tuple[Problem, Record | None]] = []
        for finding in run_checks(raw):
            if finding.rule in _NOT_HERE or finding.severity == "info":
                continue
            if finding.row is None:
                found.append((_located(finding, None), None))
            elif finding.row >= offsets.get(finding.table, 0):
                record = self.records[finding.table][finding.row - offsets[finding.table]]
                found.append((_located(finding, record), record))
        return found

    def drop(self, gone: list[Record]) -> None:
        """Take records out."""
        ids = {id(record) for record in gone}
        for table, records in self.records.items():
            self.records[table] = [record for record in records if id(record) not in ids]
        for table, said in self.said.items():
            self.said[table] = [pair for pair in said if id(pair[0]) not in ids]


_OF_PLANT: Final = ("status", "since", "until", "phase", "scope", "as_of", "included_in")
"""What tells rows of one plant and product apart that are not the same."""


def _says_same(one: Record, other: Record) -> bool:
    """Tell whether two rows speak of the same capacity: nothing that both say tells them apart.

    A note tells rows of one sheet apart (一期, 二期); on another sheet the same row may stand without it.
    """
    if (one.file, one.sheet, one.line) == (other.file, other.sheet, other.line):
        return False
    names = (
        _OF_PLANT
        if _figure(one) == _figure(other) and one.sheet != other.sheet
        else (*_OF_PLANT, "note")
    )
    pairs = [(one.values.get(name, ""), other.values.get(name, "")) for name in names]
    if one.sheet == other.sheet:
        return all(a == b for a, b in pairs)
    return all(a == b or not a or not b for a, b in pairs)


def _figure(record: Record) -> str:
    return record.values.get("capacity", "")


def _rows_by_key(table: RawTable, key: tuple[str, ...]) -> dict[tuple[str, ...], dict[str, str]]:
    columns = [table.cells(name) for name in key]
    return {
        values: {name: cells[row] for name, cells in table.columns.items()}
        for row, values in enumerate(zip(*columns, strict=True))
    }


def _located(finding: Finding, record: Record | None) -> Problem:
    """Return a finding as a problem of the source file."""
    if finding.rule == "unit-slip" and record is not None:
        finding = _as_written(finding, record)
    texts: Any = (finding.severity, finding.text("en"), finding.text("zh"),
                  finding.remedy("en"), finding.remedy("zh"))  # fmt: skip
    if record is None:
        return Problem(finding.rule, finding.file or finding.table, foreign=texts)
    cell = record.places.get(finding.column, str(record.line))
    return Problem(
        finding.rule, record.file, record.sheet, cell, finding.value, row=record.line, foreign=texts
    )


def _as_written(finding: Finding, record: Record) -> Finding:
    """Return a slip of the unit with the unit that is to stand where the list has its own.

    The rule speaks of the converted figure: 5 MWh is 0.005 GWh, usual in TWh; in the list GWh is meant.
    """
    said, held = str(finding.params.get("suggested", "")), str(finding.params.get("unit", ""))
    slip = conversion_factor(said, held)
    written = known_unit(record.written) if record.written else None
    if slip is None or written is None:
        return finding
    for name in _UNITS_MEANT:
        unit = known_unit(name)
        times = None if unit is None else conversion_factor(unit.name, written.name)
        if unit is not None and times is not None:
            share = Fraction(repr(times)) * unit.factor / written.factor
            if math.isclose(float(share), slip, rel_tol=1e-9):
                return replace(finding, params={**finding.params, "suggested": name})
    return replace(finding, rule="unusual-capacity")


_UNITS_MEANT: Final = (
    *("kg", "t", "kt", "万吨", "百万吨", "亿吨"),
    *("kWh", "MWh", "GWh", "TWh", "万千瓦时"),
    *("kW", "MW", "GW", "TW"),
    *("m2", "1000m2", "万平方米", "Mm2", "亿平方米"),
    *("m3", "1000m3", "万立方米", "亿立方米"),
    *("件", "千件", "万件", "亿件"),
)
"""Units that a list may have meant, each kind from the smallest."""
