"""Frames handed in by a user: brought to the schema's columns and checked without reading them row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.checks import Finding
from chaingraph.engines import read_frame
from chaingraph.errors import OptionError, closest
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.tables import DEFAULTS, ORIGIN, empty_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.schema import Field

_BIG = ("enterprises", "capacities")
_FEW = 5_000  # names that may be searched for a similar one
_AS_IT_IS: Final = object()


def checked_frames(frames: Mapping[str, Any], name: str) -> tuple[dict[str, Any], list[Finding]]:
    """Return the frames with all columns of the schema, and what is wrong with them.

    Missing columns are filled with nothing (or the schema's default); columns of the user's own stay.

    Raises
    ------
    OptionError
        Where a table is unknown, or a small table is not a pandas frame.
    """
    for table in frames:
        if table not in TABLE_NAMES:
            near = ", ".join(closest(table, TABLE_NAMES) or TABLE_NAMES)
            raise OptionError("unknown-table-name", value=table, suggestions=near)
    if "products" not in frames:
        return {}, [Finding("missing-table", file=name, params={"table": "products"})]
    tables: dict[str, Any] = {}
    findings: list[Finding] = []
    for table, frame in frames.items():
        if isinstance(frame, pd.DataFrame):
            tables[table], found = _pandas_table(table, frame, name)
        elif table in _BIG:
            tables[table], found = _lazy_table(table, frame, name)
        else:
            raise OptionError("table-not-pandas", table=table)
        findings += found
    tables.setdefault("inputs", empty_table("inputs"))
    if not findings:
        findings += _dangling(tables, name)
    return tables, findings


def _missing(table: str, columns: list[str], name: str) -> list[Finding]:
    keys = {"products": ("product_id",), "enterprises": ("enterprise_id",)}
    spec = table_spec(table)
    needed = keys.get(table, tuple(f.name for f in spec.fields if f.required))
    gone = [column for column in needed if column not in columns]
    if not gone:
        return []
    near = ", ".join(f"{hit} -> {g}" for g in gone for hit in closest(g, columns, 1)) or "-"
    params: dict[str, object] = {"columns": ", ".join(gone), "suggestions": near}
    return [Finding("missing-column", table, f"{name}/{table}", params=params)]


def _pandas_table(table: str, frame: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[Finding]]:
    spec = table_spec(table)
    found = _missing(table, list(frame.columns), name)
    if found:
        return frame, found
    columns: dict[str, Any] = {}
    defaults = DEFAULTS.get(table, {})
    for field in spec.fields:
        if field.name not in frame:
            kind = {"number": np.nan, "boolean": False}.get(field.type, defaults.get(field.name))
            dtype: Any = {"number": "float64", "boolean": "bool"}.get(field.type, "str")
            columns[field.name] = pd.Series([kind] * len(frame), dtype=dtype)
            continue
        values = frame[field.name].reset_index(drop=True)
        if field.type == "number":
            found += _number_findings(values, field.name, table, name)
            columns[field.name] = pd.to_numeric(values, errors="coerce").astype("float64")
        elif field.type == "boolean":
            columns[field.name] = values.fillna(value=False).astype(bool)
        else:
            texts = values.astype("str")
            default = defaults.get(field.name)
            columns[field.name] = texts.fillna(default) if default else texts
    for own in frame.columns:
        if own not in spec.by_name:
            columns[own] = frame[own].reset_index(drop=True)
    typed = pd.DataFrame(columns)
    if ORIGIN not in typed:
        lines = pd.Series(np.arange(1, len(typed) + 1)).astype("str")
        typed[ORIGIN] = f"{name}/{table}:" + lines
    return typed, found + _key_findings(typed, table, name)


def _number_findings(values: pd.Series[Any], column: str, table: str, name: str) -> list[Finding]:
    numbers = pd.to_numeric(values, errors="coerce").astype("float64")
    place = (table, f"{name}/{table}")
    found = []
    for rule, bad in (
        ("not-a-number", numbers.isna() & values.notna()),
        ("not-finite", np.isinf(numbers)),
    ):
        found += [
            Finding(
                rule, *place, line=row + 1, column=column, value=str(values.iloc[row]), row=row
            )
            for row in np.flatnonzero(np.asarray(bad))[:20].tolist()
        ]  # fmt: skip
    field = table_spec(table).by_name[column]
    if field.minimum is not None:
        low = (numbers < field.minimum).to_numpy()
        for row in np.flatnonzero(low)[:20].tolist():
            found.append(
                Finding(
                    "below-minimum", *place, line=row + 1, column=column,
                    value=str(values.iloc[row]), row=row, params={"minimum": field.minimum},
                )
            )  # fmt: skip
    return found


def _key_findings(typed: pd.DataFrame, table: str, name: str) -> list[Finding]:
    key = list(table_spec(table).primary_key)
    if not key:
        return []
    found = []
    for column in (key[i] for i in table_spec(table).key_needs):
        found += [
            Finding("required-value", table, f"{name}/{table}", row + 1, column, row=row)
            for row in np.flatnonzero(typed[column].isna().to_numpy())[:20].tolist()
        ]
    twice = np.flatnonzero(typed.duplicated(key).to_numpy())[:20].tolist()
    for row in twice:
        value = ", ".join(str(typed[column].iloc[row]) for column in key)
        same = (typed[key] == typed[key].iloc[row]).all(axis=1)
        first = int(np.flatnonzero(same.to_numpy())[0]) + 1
        params: dict[str, object] = {"first": f"{name}/{table}:{first}"}
        place = (table, f"{name}/{table}", row + 1, key[0])
        found.append(Finding("duplicate-key", *place, value=value, row=row, params=params))
    return found


def _lazy_table(table: str, native: Any, name: str) -> tuple[Any, list[Finding]]:
    frame = read_frame(native)
    schema = frame.collect_schema()
    found = _missing(table, list(schema.names()), name)
    if found:
        return native, found
    fresh = []
    defaults = DEFAULTS.get(table, {})
    for field in table_spec(table).fields:
        if field.name not in schema:
            fresh.append(_empty_column(field, defaults.get(field.name)))
            continue
        changed = _typed_column(field, schema[field.name], defaults.get(field.name))
        if changed is None:
            place = (table, f"{name}/{table}")
            value = str(schema[field.name])
            found.append(Finding("not-a-number", *place, column=field.name, value=value))
        elif changed is not _AS_IT_IS:
            fresh.append(changed.alias(field.name))
    return (frame.with_columns(*fresh) if fresh else frame).to_native(), found


def _empty_column(field: Field, default: str | None) -> Any:
    """Return a column without values, or of the schema's default, as an expression."""
    if field.type == "boolean":
        return nw.lit(value=False).alias(field.name)
    kind = nw.Float64() if field.type == "number" else nw.String()
    return (nw.lit(default) if default else nw.lit(None, dtype=kind)).alias(field.name)


def _typed_column(field: Field, dtype: Any, default: str | None) -> Any:
    """Return a lazy column brought to the schema's type, None where it cannot be."""
    column = nw.col(field.name)
    empty = isinstance(dtype, nw.Unknown)  # polars' type of a column of nulls
    if field.type == "number":
        if not (empty or dtype.is_numeric()):
            return None
        return _AS_IT_IS if isinstance(dtype, nw.Float64) else column.cast(nw.Float64())
    if field.type == "boolean":
        return column.cast(nw.Boolean()).fill_null(value=False)
    if isinstance(dtype, nw.Date | nw.Datetime):
        return column.dt.to_string("%Y-%m-%d")
    text = column if isinstance(dtype, nw.String) else column.cast(nw.String())
    if default:
        return text.fill_null(default)
    return _AS_IT_IS if isinstance(dtype, nw.String) else text


def _product_columns(table: str) -> list[str]:
    """Return the columns of a table that hold one product id."""
    spec = table_spec(table)
    return [
        key.field
        for key in spec.foreign_keys
        if key.table == "products" and spec.by_name[key.field].format != "semicolon-list"
    ]


def _dangling(tables: Mapping[str, Any], name: str) -> list[Finding]:
    """Return ids of small pandas tables that point nowhere."""
    known = set(tables["products"]["product_id"])
    found = []
    for table, frame in tables.items():
        if not isinstance(frame, pd.DataFrame):
            continue
        for column in _product_columns(table):
            cells = frame[column]
            bad = (~cells.isin(known) & cells.notna()).to_numpy()
            for row in np.flatnonzero(bad)[:20].tolist():
                value = str(cells.iloc[row])
                near = ", ".join(closest(value, known)) if len(known) < _FEW else ""
                params: dict[str, object] = {
                    "table": "products", "target": "product_id", "suggestions": near or "-",
                }  # fmt: skip
                place = (table, f"{name}/{table}", row + 1, column)
                found.append(Finding("dangling-id", *place, value=value, row=row, params=params))
    return found
