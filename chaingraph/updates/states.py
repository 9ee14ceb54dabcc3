"""States to merge: the rows of a dataset, of a list, of the list before; as written and typed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from chaingraph.rawtables import Package, RawDataset, RawTable
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.tables import DEFAULTS, typed_tables
from chaingraph.units import conversion_factor
from chaingraph.updates.rows import row_key
from chaingraph.writers.csv_folder import cell_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

_UNITS: Final = {
    "capacities": ("unit", ("capacity",)),
    "inputs": ("unit", ("coefficient", "low", "high")),
    "products": ("price_unit", ("price_cny",)),
    "outputs": ("unit", ("value",)),
    "product_facts": ("unit", ("value", "low", "high")),
    "projects": ("unit", ("capacity",)),
}
"""The unit column of a table whose figures are converted on loading, and those figures."""
_CLOSE: Final = 1e-9


@dataclass(eq=False)
class Rows:
    """Rows of one table: as written and typed, figures in the units of the dataset's products.

    Attributes
    ----------
    raw
        The cells as written, with file and line.
    frame
        The same rows typed.
    listed
        Whether it is a list: there an empty cell says nothing, not even the default.
    own
        Of each row whether it stands in the folder that is merged into.
    held
        Row -> column -> what is taken to be said there: of the list before, where a conflict is open.
    groups
        Rows of one thing, by its key, once somebody has looked.
    """

    name: str
    raw: RawTable
    frame: pd.DataFrame
    listed: bool = False
    own: list[bool] = field(default_factory=list)
    held: dict[int, dict[str, str]] = field(default_factory=dict)
    groups: dict[tuple[object, ...], list[int]] = field(default_factory=dict, repr=False)
    _cells: dict[str, list[str]] = field(default_factory=dict, repr=False)
    _values: dict[str, list[Any]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.raw)

    def cells(self, column: str) -> list[str]:
        """Return a column as texts that are equal where the cells mean the same."""
        if column not in self._cells:
            texts = self._texts(column)
            for row, cells in self.held.items():
                if column in cells and row < len(texts):
                    texts[row] = cells[column]
            self._cells[column] = texts
        return self._cells[column]

    def _texts(self, column: str) -> list[str]:
        written = self.raw.cells(column)
        spec = table_spec(self.name).by_name.get(column)
        if spec is None or column not in self.frame:
            return list(written)
        default = column in DEFAULTS.get(self.name, {}) and not self.listed
        typed = self._typed(column)
        return [_text(typed[row]) if text or default else "" for row, text in enumerate(written)]

    def record(self, row: int) -> dict[str, object]:
        """Return the typed cells by which a row is named."""
        names = (*row_key(self.name), "name_zh", "name_en")
        return {c: self._typed(c)[row] for c in names if c in self.frame}

    def _typed(self, column: str) -> list[Any]:
        if column not in self._values:
            self._values[column] = self.frame[column].tolist()
        return self._values[column]

    def written(self, row: int) -> dict[str, str]:
        """Return the filled cells of a row as written."""
        return {name: cells[row] for name, cells in self.raw.columns.items() if cells[row]}

    def where(self, row: int) -> str:
        """Return the file and line of a row."""
        line = self.raw.line[row]
        return f"{self.raw.file[row]}:{line}" if line else self.raw.file[row]

    def unit_of(self, row: int, column: str) -> str:
        """Return the unit that a figure is converted to; empty where it has none of its own."""
        named, figures = _UNITS.get(self.name, ("", ()))
        return cell_text(self._typed(named)[row]) if column in figures else ""

    def shown(self, row: int | None, column: str) -> str:
        """Return a cell as a reader wants it: a figure with its unit."""
        if row is None:
            return ""
        text, unit = self.cells(column)[row], self.unit_of(row, column)
        return f"{text} {unit}" if text and unit else text


def _text(cell: Any) -> str:
    if isinstance(cell, float):
        return "" if cell != cell else f"{cell:.12g}"  # noqa: PLR0124  nan
    return cell_text(cell).strip()


def is_unit(name: str, column: str) -> bool:
    """Tell whether a column is the unit of figures of its row and moves with them."""
    return column == "unit" and _UNITS.get(name, ("",))[0] == "unit"


def same_cell(name: str, column: str, first: str, second: str) -> bool:
    """Tell whether two cells of a column mean the same; figures to nine digits.

    Examples
    --------
    >>> same_cell("capacities", "capacity", "1", "1.0"), same_cell("capacities", "note", "1", "1.0")
    (True, False)
    """
    if first == second:
        return True
    spec = table_spec(name).by_name.get(column)
    if spec is None or spec.type != "number" or not first or not second:
        return False
    one, other = float(first), float(second)
    return abs(one - other) <= _CLOSE * max(abs(one), abs(other))


def written_for(ours: Rows, row: int, theirs: Rows, listed: int, column: str) -> str:
    """Return a cell of the list as it is written into a row of the dataset: in that row's unit."""
    text = theirs.raw.cells(column)[listed]
    named, figures = _UNITS.get(ours.name, ("", ()))
    if column == named:
        return cell_text(theirs.frame[column].iloc[listed])
    if column not in figures:
        return text
    unit, other = ours.raw.cells(named)[row], theirs.raw.cells(named)[listed]
    if unit == other:
        return text
    typed = float(theirs.frame[column].iloc[listed])
    factor = _own_factor(ours, row, column)
    if factor is None:
        target = theirs.unit_of(listed, column)
        factor = conversion_factor(target, unit) if unit and target else 1.0
    return cell_text(float(f"{typed * (1.0 if factor is None else factor):.12g}"))


def _own_factor(ours: Rows, row: int, column: str) -> float | None:
    """Return by what a figure of a row was multiplied on loading, turned round; None where it has none.

    Power that stands for energy and shares in per cent have no unit to be converted back to.
    """
    written, typed = ours.raw.cells(column)[row], float(ours.frame[column].iloc[row])
    figure = float(written) if written else 0.0
    return figure / typed if figure and typed else None


def typed_rows(
    tables: Mapping[str, RawTable], units: Mapping[str, str], *, listed: bool = True
) -> dict[str, Rows]:
    """Return the tables ready to be compared; `units` are those of the dataset's products."""
    package = Package("merge", None)
    own = tables.get("products", RawTable("products"))
    named = dict(zip(own.cells("product_id"), own.cells("unit"), strict=True)) | dict(units)
    columns = {"product_id": list(named), "unit": list(named.values())}
    blank = [""] * len(named)
    products = RawTable("products", columns, blank, list(blank), [0] * len(named))
    rest = {name: table for name, table in tables.items() if name != "products"}
    frames = typed_tables(RawDataset([package], rest | {"products": products}))
    if "products" in tables:
        frames |= {"products": typed_tables(RawDataset([package], {"products": own}))["products"]}
    return {
        name: Rows(name, tables[name], frames[name], listed, [True] * len(tables[name]))
        for name in TABLE_NAMES
        if name in tables
    }


def no_rows(name: str, *, listed: bool = True) -> Rows:
    """Return a table without rows."""
    raw = RawTable(name, {field.name: [] for field in table_spec(name).fields})
    return typed_rows({name: raw}, {}, listed=listed)[name]


def last_by_key(table: RawTable) -> RawTable:
    """Return a table of the columns given, of equal keys the last row only, as the loader takes it."""
    key = table_spec(table.name).primary_key
    if not key:
        return table
    places = {values: row for row, values in enumerate(zip(*map(table.cells, key), strict=True))}
    kept = set(places.values())
    table.drop([row for row in range(len(table)) if row not in kept])
    return table
