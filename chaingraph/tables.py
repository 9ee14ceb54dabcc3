"""From text cells to typed frames: numbers, flags, defaults, units of the products."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.amounts import fact_factor, fact_unit, total_factor, total_unit
from chaingraph.checks.values import TRUE_TEXTS
from chaingraph.schema import table_spec
from chaingraph.units import conversion_factor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chaingraph.rawtables import Package, RawDataset, RawTable

    Convert = Callable[[pd.DataFrame, dict[str, Any]], pd.DataFrame]

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

    Where two folders define the same key, the later folder's row stands. Figures are converted to the
    products' units: capacities, coefficients, prices, totals, facts, sizes of projects (those that
    do not convert stay as they are). The home chain of a product without one is that of its folder's
    card, where that names one chain. `consume` empties the raw tables on the way, so that large ones
    are not held twice.
    """
    frames = {name: _typed(table, consume=consume) for name, table in raw.tables.items()}
    frames.setdefault("inputs", empty_table("inputs"))
    for name, frame in frames.items():
        key = list(table_spec(name).primary_key)
        if key and len(raw.packages) > 1:
            frames[name] = frame.drop_duplicates(key, keep="last").reset_index(drop=True)
    units = dict(zip(frames["products"]["product_id"], frames["products"]["unit"], strict=True))
    for name, convert in _BY_PRODUCT.items():
        if name in frames:
            frames[name] = convert(frames[name], units)
    frames["products"] = _with_home_chains(_convert_prices(frames["products"]), raw.packages)
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
            flags = (c in TRUE_TEXTS for c in cells)
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


def _told(frame: pd.DataFrame, *columns: str) -> Iterable[tuple[str, ...]]:
    """Return columns of texts row by row, empty where unknown."""
    texts = [frame[name].astype(object).where(frame[name].notna(), "").tolist() for name in columns]
    return zip(*texts, strict=True)


def _convert_outputs(frame: pd.DataFrame, units: dict[str, Any]) -> pd.DataFrame:
    """Return totals in the product's unit, revenue in CNY."""
    targets, factors = [], []
    for product, measure, unit, note in _told(frame, "product_id", "measure", "unit", "note"):
        target = total_unit(measure, _known(units.get(product)) or "")
        factor = total_factor(unit, target, note)
        targets.append((target or unit or None) if factor is not None else unit)
        factors.append(1.0 if factor is None else factor)
    return frame.assign(
        value=frame["value"] * np.array(factors, dtype=float), unit=pd.array(targets, dtype="str")
    )


def _convert_facts(frame: pd.DataFrame, units: dict[str, Any]) -> pd.DataFrame:
    """Return facts in the unit that their measure is kept in."""
    targets, factors = [], []
    for product, measure, unit in _told(frame, "product_id", "measure", "unit"):
        own = _known(units.get(product)) or ""
        factor = fact_factor(measure, unit, own)
        targets.append((fact_unit(measure, own) or None) if factor is not None else unit)
        factors.append(1.0 if factor is None else factor)
    scale = np.array(factors, dtype=float)
    converted = {name: frame[name] * scale for name in ("value", "low", "high")}
    return frame.assign(**converted, unit=pd.array(targets, dtype="str"))


def _convert_projects(frame: pd.DataFrame, units: dict[str, Any]) -> pd.DataFrame:
    """Return sizes of projects in the product's unit; of families and odd units as they are."""
    targets, factors = [], []
    for product, unit in _told(frame, "product_id", "unit"):
        target = _known(units.get(product))
        factor = conversion_factor(unit, target) if unit and target else None
        targets.append(target if factor is not None else unit or None)
        factors.append(1.0 if factor is None else factor)
    scale = np.array(factors, dtype=float)
    return frame.assign(capacity=frame["capacity"] * scale, unit=pd.array(targets, dtype="str"))


_BY_PRODUCT: Final[dict[str, Convert]] = {
    "capacities": _convert_capacities,
    "inputs": _convert_inputs,
    "outputs": _convert_outputs,
    "product_facts": _convert_facts,
    "projects": _convert_projects,
}
"""Tables whose figures stand in units of the products, and what converts them."""


def _with_home_chains(products: pd.DataFrame, packages: Iterable[Package]) -> pd.DataFrame:
    """Return the products with the chain of their folder's card, where they name none of their own."""
    own = {package.name: package.chains[0] for package in packages if len(package.chains) == 1}
    if not own:
        return products
    folders = products[ORIGIN].str.partition("/")[0]
    return products.assign(home_chain=products["home_chain"].fillna(folders.map(own)).astype("str"))
