"""From text cells to typed frames: numbers, flags, defaults, units of the products."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.schema import table_spec
from chaingraph.units import conversion_factor

if TYPE_CHECKING:
    from chaingraph.rawtables import RawDataset, RawTable

    Codes = np.ndarray[Any, np.dtype[np.intp]]

DEFAULTS: Final[dict[str, dict[str, str]]] = {
    "inputs": {"role": "consumed"},
    "capacities": {"status": "operating", "scope": "site"},
    "outputs": {"status": "operating"},
}
"""Table -> column -> what an empty cell means."""
_BLOCK: Final = 100_000
ORIGIN = "origin"
"""Column of every table that says where a row stands: dataset/file:line."""


def typed_tables(raw: RawDataset, *, consume: bool = False) -> dict[str, pd.DataFrame]:
    """Return the frames of a checked raw dataset, products and inputs always among them.

    Where two folders define the same key, the later folder's row stands. Capacities and
    coefficients are converted to the products' units. `consume` empties the raw tables on the way, so
    that large ones are not held twice.
    """
    frames = {name: _typed(table, consume=consume) for name, table in raw.tables.items()}
    frames.setdefault("inputs", empty_table("inputs"))
    for name, frame in frames.items():
        key = list(table_spec(name).primary_key)
        if key and len(raw.packages) > 1:
            frames[name] = frame.drop_duplicates(key, keep="last").reset_index(drop=True)
    units = dict(zip(frames["products"]["product_id"], frames["products"]["unit"], strict=True))
    if "capacities" in frames:
        frames["capacities"] = _convert_capacities(frames["capacities"], units)
    frames["inputs"] = _convert_inputs(frames["inputs"], units)
    frames["products"] = _convert_prices(frames["products"])
    return frames


def empty_table(name: str) -> pd.DataFrame:
    """Return a table without rows, with all its columns typed."""
    spec = table_spec(name)
    return pd.DataFrame(
        {f.name: pd.Series(dtype=_dtype(f.type)) for f in spec.fields}
        | {ORIGIN: pd.Series(dtype="str")}
    )


def _dtype(kind: str) -> Any:
    return {"number": "float64", "boolean": "bool"}.get(kind, "str")


def _typed(table: RawTable, *, consume: bool) -> pd.DataFrame:
    spec = table_spec(table.name)
    height = len(table)
    defaults = DEFAULTS.get(table.name, {})
    columns: dict[str, Any] = {}
    for column in [*spec.field_names, *(c for c in table.columns if c not in spec.by_name)]:
        cells = table.cells(column)
        field = spec.by_name.get(column)
        if field is not None and field.type == "number":
            numbers = (float(c) if c else math.nan for c in cells)
            columns[column] = np.fromiter(numbers, dtype=float, count=height)
        elif field is not None and field.type == "boolean":
            flags = (c.casefold() in {"1", "true"} for c in cells)
            columns[column] = np.fromiter(flags, dtype=bool, count=height)
        else:
            blank = defaults.get(column)
            columns[column] = pd.array([c or blank for c in cells], dtype="str")
        if consume:
            cells.clear()
    columns[ORIGIN] = _origin(table)
    if consume:
        table.columns, table.package, table.file = {}, [], []
    return pd.DataFrame(columns, index=pd.RangeIndex(height), copy=False)


def _origin(table: RawTable) -> Any:
    """Return where each row stands, made a block at a time: the texts differ in every row."""
    blocks = []
    for start in range(0, max(len(table), 1), _BLOCK):
        files, lines = table.file[start : start + _BLOCK], table.line[start : start + _BLOCK]
        texts = [f"{file}:{line}" for file, line in zip(files, lines, strict=True)]
        blocks.append(pd.Series(pd.array(texts, dtype="str")))
    return pd.concat(blocks, ignore_index=True) if len(blocks) > 1 else blocks[0]


def _coded(values: Any) -> tuple[Codes, list[Any]]:
    """Return a column as places in a list of its values; unknown is the last one, at -1."""
    codes, known = pd.factorize(values)
    return codes, [*known, None]


def _picked(codes: Codes, values: list[Any]) -> Any:
    """Return the text column of places in a list."""
    held = np.empty(len(values), dtype=object)
    held[:] = values
    return pd.array(held[codes], dtype="str")


def _factors(units: Any, targets: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the conversion factor of each row; 1 where either side is unknown."""
    unit_codes, known_units = _coded(units)
    target_codes, known_targets = _coded(targets)
    pairs, used = pd.factorize((unit_codes + 1) * len(known_targets) + (target_codes + 1))
    found = []
    for pair in used.tolist():
        unit, target = divmod(pair, len(known_targets))
        found.append(_factor(known_units[unit - 1], known_targets[target - 1]))
    return np.array(found, dtype=float)[pairs] if found else np.ones(len(unit_codes))


def _factor(unit: Any, target: Any) -> float:
    if unit is None or target is None:
        return 1.0
    factor = conversion_factor(unit, target)
    return 1.0 if factor is None else factor


def _convert_capacities(frame: pd.DataFrame, units: dict[str, Any]) -> pd.DataFrame:
    codes, products = _coded(frame["product_id"])
    targets = _picked(codes, [_known(units.get(product)) for product in products])
    return frame.assign(capacity=frame["capacity"] * _factors(frame["unit"], targets), unit=targets)


def _known(unit: Any) -> str | None:
    return unit if isinstance(unit, str) else None


def _convert_inputs(frame: pd.DataFrame, units: dict[str, Any]) -> pd.DataFrame:
    pairs = zip(frame["input_id"], frame["output_id"], strict=True)
    targets = [
        f"{units[i]}/{units[o]}"
        if isinstance(units.get(i), str) and isinstance(units.get(o), str)
        else None
        for i, o in pairs
    ]
    factors = _factors(frame["unit"], pd.array(targets, dtype="str"))
    converted = {c: frame[c] * factors for c in ("coefficient", "low", "high")}
    return frame.assign(**converted, unit=pd.array(targets, dtype="str"))


def _convert_prices(frame: pd.DataFrame) -> pd.DataFrame:
    targets = [f"CNY/{unit}" if isinstance(unit, str) else None for unit in frame["unit"]]
    factors = _factors(frame["price_unit"], pd.array(targets, dtype="str"))
    shown = pd.Series(pd.array(targets, dtype="str")).where(frame["price_cny"].notna())
    return frame.assign(price_cny=frame["price_cny"] * factors, price_unit=shown)
