"""The tables of a raw dataset as the rules see them: sound cells only, parsed once."""

from __future__ import annotations

from functools import cache, cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.characters import shown
from chaingraph.checks.findings import Finding
from chaingraph.checks.values import Problem, cell_problem, is_ruled, parse_number
from chaingraph.rawtables import RawTable
from chaingraph.schema import TABLE_NAMES, TableSpec, table_schema, table_spec
from chaingraph.units import conversion_factor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.rawtables import RawDataset

_LONGEST_VALUE: Final = 100

factor = cache(conversion_factor)


class Reference(NamedTuple):
    """A column whose cells are ids of another table."""

    column: str
    table: str
    target: str


def references(name: str) -> list[Reference]:
    """Return where the ids of a table point (a key's fields may be one name or a list of one)."""
    found = []
    for key in table_schema(name).get("foreignKeys", ()):
        here, there = key["fields"], key["reference"]["fields"]
        column = here if isinstance(here, str) else here[0]
        target = there if isinstance(there, str) else there[0]
        found.append(Reference(column, key["reference"]["resource"], target))
    return found


def key_column(name: str) -> str:
    """Return the first key column of a table; its first column where it has no key."""
    spec = table_spec(name)
    return spec.primary_key[0] if spec.primary_key else spec.field_names[0]


class Tables:
    """Read-only view of a raw dataset.

    A cell that breaks a value rule is reported by that rule alone: `texts` and `numbers` hold
    nothing in its place, so that no later rule judges it again.
    """

    def __init__(self, raw: RawDataset) -> None:
        self.raw = raw
        self._problems: dict[tuple[str, str], dict[str, Problem]] = {}
        self._texts: dict[tuple[str, str], list[str]] = {}
        self._numbers: dict[tuple[str, str], list[float | None]] = {}

    def specs(self) -> Iterator[TableSpec]:
        """Yield the declarations of the tables that the dataset has."""
        return (table_spec(name) for name in TABLE_NAMES if name in self.raw.tables)

    def table(self, name: str) -> RawTable:
        """Return a table; an empty one where the dataset has none of the name."""
        return self.raw.tables.get(name) or RawTable(name)

    def has(self, table: str, *columns: str) -> bool:
        """Tell whether a table has rows and all of these columns."""
        held = self.table(table)
        return len(held) > 0 and all(name in held.columns for name in columns)

    def problems(self, table: str, column: str) -> dict[str, Problem]:
        """Return the cells of a column that break a value rule, by their text."""
        key = (table, column)
        if key not in self._problems:
            field = table_spec(table).by_name[column]
            cells = set(self.table(table).columns.get(column, ()))
            if not is_ruled(field):  # nearly all texts are sound, and told so at once
                cells = {text for text in cells if not text.isprintable()}
            found = ((text, cell_problem(field, text)) for text in cells if text)
            self._problems[key] = {text: problem for text, problem in found if problem}
        return self._problems[key]

    def texts(self, table: str, column: str) -> list[str]:
        """Return the cells of a column, empty where they break a value rule."""
        key = (table, column)
        if key not in self._texts:
            cells = self.table(table).cells(column)
            bad = self.problems(table, column)
            self._texts[key] = ["" if text in bad else text for text in cells] if bad else cells
        return self._texts[key]

    def numbers(self, table: str, column: str) -> list[float | None]:
        """Return the numbers of a column, None where empty or broken."""
        key = (table, column)
        if key not in self._numbers:
            cells = self.texts(table, column)
            parsed = {text: parse_number(text) for text in set(cells)}
            self._numbers[key] = [parsed[text] for text in cells]
        return self._numbers[key]

    def broken_rows(self, table: str, *columns: str) -> set[int]:
        """Return the rows in which a cell of these columns breaks a value rule."""
        rows: set[int] = set()
        for column in columns:
            bad = self.problems(table, column)
            cells = self.table(table).cells(column) if bad else ()
            rows |= {row for row, text in enumerate(cells) if text in bad}
        return rows

    @cached_property
    def product_units(self) -> dict[str, str]:
        """Product id -> its unit, empty where it has none; the first one given counts."""
        units: dict[str, str] = {}
        ids, cells = self.texts("products", "product_id"), self.texts("products", "unit")
        for product, unit in zip(ids, cells, strict=True):
            if product and not units.get(product):
                units[product] = unit
        return units

    @cached_property
    def roles(self) -> list[str]:
        """Role of each row of inputs: consumed where the cell is empty, empty where it is wrong."""
        broken = self.broken_rows("inputs", "role")
        cells = self.table("inputs").cells("role")
        return ["" if row in broken else text or "consumed" for row, text in enumerate(cells)]

    @cached_property
    def input_units(self) -> list[str]:
        """Unit of each coefficient by its two products; empty where one of them has none."""
        units = self.product_units
        inputs, outputs = self.texts("inputs", "input_id"), self.texts("inputs", "output_id")
        pairs = zip(map(units.get, inputs), map(units.get, outputs), strict=True)
        return [f"{above}/{below}" if above and below else "" for above, below in pairs]

    @cached_property
    def coefficients(self) -> list[float | None]:
        """Coefficients in the units of their products; None where empty or in another unit."""
        numbers, units = self.numbers("inputs", "coefficient"), self.texts("inputs", "unit")
        found = []
        for number, unit, expected in zip(numbers, units, self.input_units, strict=True):
            if number is None or not unit or not expected or unit == expected:
                found.append(number)
            else:
                scale = factor(unit, expected)
                found.append(None if scale is None else number * scale)
        return found

    @cached_property
    def input_groups(self) -> dict[tuple[str, str], list[int]]:
        """(output id, alternative group) -> rows of inputs."""
        groups: dict[tuple[str, str], list[int]] = {}
        outputs = self.texts("inputs", "output_id")
        names = self.texts("inputs", "alternative_group")
        for row, (output, name) in enumerate(zip(outputs, names, strict=True)):
            if output and name:
                groups.setdefault((output, name), []).append(row)
        return groups

    def place(self, table: str, row: int) -> str:
        """Return where a row stands, as file:line."""
        held = self.table(table)
        return f"{held.file[row]}:{held.line[row]}"

    def finding(
        self,
        rule: str,
        table: str,
        row: int,
        column: str = "",
        value: str | None = None,
        /,
        **params: object,
    ) -> Finding:
        """Return a finding about a row; its value is the cell of the column unless given."""
        held = self.table(table)
        if value is None:
            cells = held.columns.get(column)
            value = "" if cells is None else cells[row]
        if len(value) > _LONGEST_VALUE:
            value = value[: _LONGEST_VALUE - 1] + "…"
        place = (held.file[row], held.line[row], column, shown(value), row)
        return Finding(rule, table, *place, params)
