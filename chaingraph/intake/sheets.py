"""Sheets: a grid with a known layout becomes records of the schema's tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chaingraph.checks import parse_number
from chaingraph.intake.places import PLACE, band_place
from chaingraph.places import Place
from chaingraph.schema import table_spec
from chaingraph.sheets.cells import Reading, plain_text, read_cell, read_credit_code
from chaingraph.sheets.figures import Wanted, read_figure
from chaingraph.sheets.headers import ROW_NUMBER
from chaingraph.sheets.measures import MONEY_100M, Written, factor_to
from chaingraph.sheets.problems import Refusal, cut, shown
from chaingraph.sheets.rows import data_rows, is_figure

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chaingraph.intake.keys import Enterprises, Products
    from chaingraph.places import PlaceBook
    from chaingraph.sheets.figures import Figure
    from chaingraph.sheets.grid import Grid
    from chaingraph.sheets.headers import Column, Layout

    Maker = Callable[["Sheet", "Row"], None]

_NAMES = {
    "inputs": {"input_id", "output_id"}, "capacities": {"product_id"}, "supplies": {"product_id"},
    "projects": {"product_id"}, "indicators": {"product_id"}, "products": {"product_id"},
    "outputs": {"product_id"}, "product_facts": {"product_id"}, "contacts": {"product_id"},
    "tasks": {"product_id"}, "aliases": {"product_id"},
}  # fmt: skip
"""Columns of ids that may hold names instead."""


@dataclass
class Tally:
    """What became of the cells of one column."""

    read: int = 0
    changed: int = 0
    refused: int = 0
    example: str = ""

    def count(self, before: object, after: str) -> None:
        """Count one cell that was taken."""
        self.read += 1
        if shown(before) != cut(after):
            self.changed += 1
            self.example = self.example or f"{shown(before)} → {cut(after) or '-'}"


@dataclass
class Known:
    """What rows may refer to: products and enterprises of the file and of what it extends, and places.

    `here` is the region under study, `as_of` the date of the list.
    """

    products: Products
    enterprises: Enterprises
    extended: Enterprises
    book: PlaceBook
    here: Place = field(default_factory=Place)
    as_of: str = ""

    def product(self, text: str) -> str:
        """Return the id of the product that a text names and no other; nothing for another text."""
        return self.products.known(text)


@dataclass
class Record:
    """One row of a table: texts by column, and where it came from."""

    table: str
    values: dict[str, str]
    file: str
    line: int
    sheet: str
    places: dict[str, str] = field(default_factory=dict)
    written: str = ""


@dataclass
class Row:
    """One row of a sheet while it is read: texts of the plain columns, figures still to come."""

    position: int
    cells: list[Any]
    texts: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    failed: bool = False
    label_unit: str = ""
    heading: str = ""


class Sheet:
    """Reader of one sheet."""

    def __init__(self, grid: Grid, layout: Layout, known: Known) -> None:
        self.grid, self.layout, self.known = grid, layout, known
        self.tallies: dict[int, Tally] = {column.at: Tally() for column in layout.columns}
        self.records: list[Record] = []
        self.failed_lines: set[int] = set()
        taken = [c for c in layout.columns if c.target and c.target != ROW_NUMBER and not c.refused]
        self.figures = [c for c in taken if is_figure(layout, c)]
        self.plain = [c for c in taken if not is_figure(layout, c)]

    def read(self, make: Maker) -> None:
        """Read all rows into `records`; what is refused becomes problems of the grid.

        `make` turns a row of this sheet's table into records.
        """
        bands = {position for position, _ in self._bands}
        for position, cells, heading in data_rows(self.grid, self.layout, self._is_heading, bands):
            left = self.grid.numbers[position] in self.grid.left
            row = Row(position, cells, failed=left, heading=heading)
            for column in self.plain:
                self._read_plain(row, column)
            make(self, row)
            if row.failed:
                self.failed_lines.add(self.grid.numbers[position])
        if not self.records and not self.failed_lines and self.grid.template is None:
            self.grid.tell("no-data-rows")

    def _is_heading(self, text: str) -> bool:
        """Tell whether a text alone in a row is a place or a product: it says so of the rows below."""
        if self.known.product(text):
            return True
        known = self.known
        return text.endswith(_LEVELS) and bool(known.book.read_label(text, within=known.here).path)

    def heading_product(self, row: Row) -> str:
        """Return the product that the heading above a row names."""
        return self.known.product(row.heading) if row.heading else ""

    def _read_plain(self, row: Row, column: Column) -> None:
        raw = row.cells[column.at]
        rule = self.grid.broken.get((row.position, column.at))
        if rule and rule not in {"merged-figure", "scaled-layout"}:
            self.refuse(row, column, Refusal(rule, {}))
            return
        if raw is None or (isinstance(raw, str) and not raw.strip()):
            return
        reading = self._plain(column, raw)
        if isinstance(reading, Refusal):
            self.refuse(row, column, reading)
            return
        row.texts[column.target] = reading.text
        if reading.rule == "date-period":  # “十四五”期间 is no date, and is kept in words
            row.notes.append(f"{column.header}: {shown(raw)}")
        self.tallies[column.at].count(raw, reading.text)
        if reading.rule:
            self.mention(row, column, reading.rule, **{"taken": reading.text} | reading.params)

    def _plain(self, column: Column, raw: object) -> Reading | Refusal:
        if column.field == "credit_code":
            return read_credit_code(raw)
        table = column.table or self.layout.table
        if column.field in {PLACE, CONTENT}:
            text = plain_text(raw)
            return text if isinstance(text, Refusal) else Reading(text)
        wanted = table_spec(table).by_name[column.field]
        if column.field in _NAMES.get(self.layout.table, ()):  # an id or a name: keys decide
            wanted = table_spec("products").by_name["name_zh"]
            table = "products"
        return read_cell(table, wanted, raw, typed=self.grid.typed)

    @cached_property
    def _bands(self) -> list[tuple[int, Place]]:
        """Rows that name a place for those below them, by position; and the sheet's own name."""
        known = self.known
        rows = enumerate(self.grid.rows[self.layout.last + 1 :], self.layout.last + 1)
        found = ((position, band_place(cells, known.book, known.here)) for position, cells in rows)
        named = known.book.read_label(self.grid.sheet, within=known.here)
        return [(-1, named), *((position, place) for position, place in found if place.path)]

    def place_around(self, row: Row) -> Place:
        """Return the place of the band that a row stands under, else that of the sheet's name."""
        return next(place for position, place in reversed(self._bands) if position < row.position)

    def column(self, target: str) -> Column | None:
        """Return the column of a target."""
        return self.layout.column(target)

    def refuse(self, row: Row, column: Column | None, refusal: Refusal, value: str = "") -> None:
        """Report a cell that has no value; its row counts as failed."""
        row.failed = True
        if column is not None:
            self.tallies[column.at].refused += 1
        self._tell(row, column, refusal.rule, value, refusal.params)

    def mention(self, row: Row, column: Column | None, rule: str, **params: object) -> None:
        """Report a cell that was taken on a condition."""
        self._tell(row, column, rule, "", params)

    def _tell(self, row: Row, column: Column | None, rule: str, value: str,
              params: dict[str, object]) -> None:  # fmt: skip
        at = None if column is None else column.at
        text = value or (shown(row.cells[column.at]) if column is not None else "")
        header = column.header if column is not None else ""
        self.grid.tell(rule, row.position, at, text, **({"header": header} | params))

    def figure(
        self, row: Row, column: Column, unit: str = "", *, part: str | None = None
    ) -> Figure | None:
        """Return the figure of a cell or a part of it, None where it is unknown or refused (then reported)."""
        raw = row.cells[column.at] if part is None else part
        rule = self.grid.broken.get((row.position, column.at))
        if rule:
            self.refuse(row, column, Refusal(rule, {}))
            return None
        table = column.table or self.layout.table
        wanted = table_spec(table).by_name[column.field]
        written = self._written(row, column, unit)
        lenient = column.rule == "exact"
        found = read_figure(raw, Wanted(wanted, unit, written, lenient))
        if isinstance(found, Refusal):
            self.refuse(row, column, found)
            return None
        if found is None:
            if shown(raw):
                self.tallies[column.at].count(raw, "")
            return None
        around = written.column or written.header
        before = shown(raw) if any(c.isalpha() for c in shown(raw)) else f"{shown(raw)}{around}"
        if parse_number(shown(raw)) == float(found.text):
            self.tallies[column.at].count(raw, shown(raw))
        else:
            self.tallies[column.at].count(before, f"{found.text}{found.unit}")
        for said, params in found.rules:
            self.mention(row, column, said, **params)
        if found.note:
            row.notes.append(found.note)
        return found

    def _written(self, row: Row, column: Column, unit: str = "") -> Written:
        units = self.column("unit") if column.field in _UNIT_COLUMN else None
        if column.field == "price_cny":
            units = self.column("price_unit")
        beside = shown(row.cells[units.at]) if units is not None else ""
        around = column.unit
        if column.field == "capacity" and not beside:
            around = around or row.label_unit
        money, slash, _ = beside.partition("/")
        if column.field == "price_cny" and slash and factor_to(money, around) == 1:
            around = ""  # yuan, and yuan a tonne
        above = _above(self.layout.above, column.field, unit)
        return Written(beside, around, above)

    def emit(
        self,
        row: Row,
        table: str,
        values: dict[str, str],
        targets: Sequence[str],
        written: str = "",
    ) -> None:
        """Keep a record; `targets` says which columns of the sheet its cells came from."""
        if row.failed:
            return
        kept = {name: text for name, text in values.items() if text}
        if row.notes and table != "enterprises":
            kept["note"] = "; ".join([*filter(None, [kept.get("note", "")]), *row.notes])
        places = {}
        for target in targets:
            column = self.column(target)
            if column is not None:
                places[column.field] = self.grid.cell(row.position, column.at)
        line = self.grid.numbers[row.position]
        if table == "capacities":
            beside = self.column("unit")
            written = (shown(row.cells[beside.at]) if beside is not None else "") or written
        record = Record(table, kept, self.grid.file, line, self.grid.sheet, places, written)
        self.records.append(record)


_LEVELS = ("省", "市", "州", "盟", "县", "区", "旗")
"""Ends of places: a firm's short name may begin with a place, it does not end so."""
CONTENT = "content"
"""Column of a list of projects that says in words what is built (建设规模及内容)."""
_UNIT_COLUMN = frozenset({"capacity", "coefficient", "low", "high", "target", "value"})


def _above(units: str, name: str, unit: str) -> str:
    """Return which of the units above a table (万吨、亿元) a column is in."""
    if name not in {"capacity", "investment_cny_100m"}:
        return ""
    held = units.split("、") if units else []
    money = [text for text in held if factor_to(text, MONEY_100M) is not None]
    if name == "investment_cny_100m":
        return next(iter(money), "")
    rest = [text for text in held if text not in money]
    fitting = [text for text in rest if unit and factor_to(text, unit) is not None]
    return next(iter(fitting), "") or (rest[0] if len(rest) == 1 else "")
