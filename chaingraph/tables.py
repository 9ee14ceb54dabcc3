"""From text cells to typed frames: numbers, flags, defaults, units of the products."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chaingraph.schema import table_spec
from chaingraph.units import conversion_factor

if TYPE_CHECKING:
    from chaingraph.rawtables import RawDataset, RawTable

_DEFAULTS = {
    "inputs": {"role": "consumed"},
    "capacities": {"status": "operating", "scope": "site"},
}
ORIGIN = "origin"
"""Column of every table that says where a row stands: dataset/file:line."""


def typed_tables(raw: RawDataset) -> dict[str, pd.DataFrame]:
    """Return the frames of a checked raw dataset, products and inputs always among them.

    Where two folders define the same key, the later folder's row stands. Capacities and
    coefficients are converted to the products' units.
    """
    frames = {name: _typed(table) for name, table in raw.tables.items()}
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


def _typed(table: RawTable) -> pd.DataFrame:
    spec = table_spec(table.name)
    height = len(table)
    defaults = _DEFAULTS.get(table.name, {})
    columns: dict[str, Any] = {}
    for column in [*spec.field_names, *(c for c in table.columns if c not in spec.by_name)]:
        cells = table.cells(column)
        field = spec.by_name.get(column)
        if field is not None and field.type == "number":
            columns[column] = np.array([float(c) if c else np.nan for c in cells], dtype=float)
        elif field is not None and field.type == "boolean":
            columns[column] = np.array([c.casefold() in {"1", "true"} for c in cells], dtype=bool)
        else:
            blank = defaults.get(column)
            columns[column] = pd.array([c or blank for c in cells], dtype="str")
    origin = [f"{file}:{line}" for file, line in zip(table.file, table.line, strict=True)]
    columns[ORIGIN] = pd.array(origin, dtype="str")
    return pd.DataFrame(columns, index=pd.RangeIndex(height))


def _factors(units: list[Any], targets: list[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the conversion factor of each row; 1 where either side is unknown."""
    known: dict[tuple[Any, Any], float] = {}
    for pair in set(zip(units, targets, strict=True)):
        unit, target = pair
        factor = (
            conversion_factor(unit, target)
            if isinstance(unit, str) and isinstance(target, str)
            else 1.0
        )
        known[pair] = 1.0 if factor is None else factor
    return np.array([known[pair] for pair in zip(units, targets, strict=True)], dtype=float)


def _convert_capacities(frame: pd.DataFrame, units: dict[str, Any]) -> pd.DataFrame:
    targets = [units.get(p) for p in frame["product_id"]]
    factors = _factors(list(frame["unit"]), targets)
    return frame.assign(capacity=frame["capacity"] * factors, unit=pd.array(targets, dtype="str"))


def _convert_inputs(frame: pd.DataFrame, units: dict[str, Any]) -> pd.DataFrame:
    pairs = zip(frame["input_id"], frame["output_id"], strict=True)
    targets = [
        f"{units[i]}/{units[o]}"
        if isinstance(units.get(i), str) and isinstance(units.get(o), str)
        else None
        for i, o in pairs
    ]
    factors = _factors(list(frame["unit"]), targets)
    converted = {c: frame[c] * factors for c in ("coefficient", "low", "high")}
    return frame.assign(**converted, unit=pd.array(targets, dtype="str"))


def _convert_prices(frame: pd.DataFrame) -> pd.DataFrame:
    targets = [f"CNY/{unit}" if isinstance(unit, str) else None for unit in frame["unit"]]
    factors = _factors(list(frame["price_unit"]), targets)
    shown = pd.Series(pd.array(targets, dtype="str")).where(frame["price_cny"].notna())
    return frame.assign(price_cny=frame["price_cny"] * factors, price_unit=shown)
