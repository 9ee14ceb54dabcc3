"""Large tables of any engine: brought to the schema's columns, checked and converted by expressions.

Nothing here reads rows one by one: a table of ten million rows is asked a few small questions (how many
cells break a rule, which words, units and dates occur), and converted where an answer says that it must be.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.checks import Finding
from chaingraph.checks.suggestions import Suggester
from chaingraph.checks.values import TRUE_TEXTS, cell_problem
from chaingraph.engines import collect, read_frame
from chaingraph.errors import closest
from chaingraph.rawtables import value_text
from chaingraph.schema import table_spec
from chaingraph.tables import DEFAULTS, ORIGIN
from chaingraph.units import conversion_factor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaingraph.schema import Field

LARGE: Final = ("enterprises", "capacities")
"""Tables that may be of any engine, and may be large."""

_AS_IT_IS: Final = object()
_MOST: Final = 20
_NUMBER_RULES: Final = ("below-minimum", "above-maximum", "not-finite")


def checked_relation(
    table: str, native: Any, name: str, units: Mapping[str, str]
) -> tuple[Any, list[Finding]]:
    """Return a large table with all columns of the schema, in the products' units, and what is wrong.

    Parameters
    ----------
    table
        One of ``LARGE``.
    native
        A frame that narwhals knows, lazy or not.
    name
        Name of the dataset.
    units
        Product id -> unit, empty where it has none.

    Returns
    -------
    frame
        Of the same engine, lazy where it was.
    findings
        All of a whole table: which row it is would cost a pass over all of them. Ids of enterprises
        are not looked up, keys that stand twice and the order of dates not looked for.
    """
    frame = read_frame(native)
    present = frame.collect_schema()
    found = missing_columns(table, list(present.names()), name)
    if found:
        return native, found
    fresh = []
    defaults = DEFAULTS.get(table, {})
    for field in table_spec(table).fields:
        default = defaults.get(field.name)
        if field.name not in present:
            fresh.append(_empty_column(field, default))
            continue
        changed = _typed_column(field, present[field.name], default)
        if changed is None:
            value = str(present[field.name])
            found.append(_finding("not-a-number", table, name, field.name, value))
        elif changed is not _AS_IT_IS:
            fresh.append(changed.alias(field.name))
    typed = frame.with_columns(*fresh) if fresh else frame
    if not found:
        asked = [field for field in table_spec(table).fields if field.name in present.names()]
        found += _cells(typed, asked, table, name)
        words, pairs = _words(typed, asked, table, name)
        found += words
        if table == "capacities":
            found += _products(pairs, units, name)
            typed = typed if found else _converted(typed, pairs, units)
    return typed.to_native(), found


def needed_columns(table: str) -> tuple[str, ...]:
    """Return the columns that a frame must have.

    Examples
    --------
    >>> needed_columns("enterprises"), needed_columns("capacities")
    (('enterprise_id',), ('enterprise_id', 'product_id'))
    """
    keys = {"products": ("product_id",), "enterprises": ("enterprise_id",)}
    return keys.get(table, tuple(f.name for f in table_spec(table).fields if f.required))


def missing_columns(table: str, columns: Sequence[str], name: str) -> list[Finding]:
    """Return the finding that a frame lacks a needed column.

    Names of products and enterprises may be missing in frames, as they take part in no analysis.
    """
    gone = [column for column in needed_columns(table) if column not in columns]
    if not gone:
        return []
    near = ", ".join(f"{hit} -> {g}" for g in gone for hit in closest(g, columns, 1)) or "-"
    params: dict[str, object] = {"columns": ", ".join(gone), "suggestions": near}
    return [Finding("missing-column", table, f"{name}/{table}", params=params)]


def _finding(
    rule: str, table: str, name: str, column: str, value: str = "", /, **params: object
) -> Finding:
    return Finding(rule, table, f"{name}/{table}", column=column, value=value, params=params)


def _empty_column(field: Field, default: str | None) -> Any:
    """Return a column without values, or of the schema's default, as an expression."""
    if field.type == "boolean":
        return nw.lit(value=False).alias(field.name)
    kind = nw.Float64() if field.type == "number" else nw.String()
    return (nw.lit(default) if default else nw.lit(None, dtype=kind)).alias(field.name)


def _typed_column(field: Field, dtype: Any, default: str | None) -> Any:
    """Return a column brought to the schema's type, None where it cannot be."""
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


def _cells(frame: Any, fields: Iterable[Field], table: str, name: str) -> list[Finding]:
    """Report needed cells that are empty and numbers that are out of their range, by one question."""
    asked: dict[str, tuple[Field, str]] = {}
    questions = []
    needed = needed_columns(table)  # what else a folder must say frames may leave open
    for field in fields:
        column = nw.col(field.name)
        conditions = {"required-value": column.is_null()} if field.name in needed else {}
        if field.type == "number":
            conditions["not-finite"] = (column == float("inf")) | (column == float("-inf"))
            if field.minimum is not None:
                conditions["below-minimum"] = column < field.minimum
            if field.maximum is not None:
                # a NaN is above all numbers for some engines, and unknown for all of us
                conditions["above-maximum"] = (column > field.maximum) & ~column.is_nan()
        for rule, condition in conditions.items():
            label = f"asked_{len(asked)}"
            asked[label] = field, rule
            questions.append(condition.cast(nw.Int64()).sum().alias(label))
    if not questions:
        return []
    counts = collect(frame.select(*questions)).iloc[0]
    found = []
    for label, (field, rule) in asked.items():
        if counts[label] > 0:
            limits = {"minimum": field.minimum, "maximum": field.maximum}
            params: dict[str, object] = {k: f"{v:g}" for k, v in limits.items() if v is not None}
            value = f"{int(counts[label])} cells"
            found.append(_finding(rule, table, name, field.name, value, **params))
    return found


def _words(
    frame: Any, fields: Sequence[Field], table: str, name: str
) -> tuple[list[Finding], pd.DataFrame]:
    """Report words outside closed lists and dates that are none; return which product has which unit."""
    closed = [field for field in fields if field.enum]
    pair = ["product_id", "unit"] if table == "capacities" else []
    held = [column for column in pair if any(field.name == column for field in fields)]
    found: list[Finding] = []
    pairs = pd.DataFrame(columns=pair)
    if closed or held:
        columns = [*(field.name for field in closed), *held]
        words = _distinct(frame, columns)
        pairs = words[held].drop_duplicates().reindex(columns=pair)
        for field in closed:
            found += _unfit(field, words[field.name].dropna().unique().tolist(), table, name)
    for field in fields:
        if field.format == "partial-date":
            dates = _distinct(frame, [field.name])[field.name]
            found += _unfit(field, dates.dropna().tolist(), table, name)
    return found, pairs


def _distinct(frame: Any, columns: Sequence[str]) -> pd.DataFrame:
    """Return the distinct rows of some columns; by groups, as `unique` numbers all rows on DuckDB."""
    return collect(frame.group_by(*columns).agg(rows_=nw.len()).select(*columns))


def _unfit(field: Field, texts: Iterable[str], table: str, name: str) -> list[Finding]:
    bad = [(text, cell_problem(field, text)) for text in sorted(texts) if text]
    return [
        _finding(problem.rule, table, name, field.name, text, **problem.params)
        for text, problem in bad
        if problem is not None
    ][:_MOST]


def _products(pairs: pd.DataFrame, units: Mapping[str, str], name: str) -> list[Finding]:
    """Report products that the dataset does not have, and units that do not convert to theirs."""
    found = []
    suggester = Suggester(units)
    table = "capacities"
    for product in sorted(set(pairs["product_id"].dropna()) - set(units))[:_MOST]:
        target: dict[str, object] = {"table": "products", "target": "product_id"}
        near = suggester.near(product)
        found.append(
            _finding("dangling-id", table, name, "product_id", product, **target, suggestions=near)
        )
    for product, unit in pairs.dropna().itertuples(index=False):
        expected = units.get(product, "")
        if expected and unit and conversion_factor(unit, expected) is None:
            params: dict[str, object] = {"product": product, "expected": expected}
            found.append(_finding("unit-mismatch", table, name, "unit", unit, **params))
    return found


def _converted(frame: Any, pairs: pd.DataFrame, units: Mapping[str, str]) -> Any:
    """Return capacities in the units of their products, which are named beside them."""
    products: dict[str, set[str]] = {}
    scaled: dict[tuple[str, float], list[str]] = {}
    other = False
    for product, unit in pairs.itertuples(index=False):
        expected = units.get(product, "")
        given = unit if isinstance(unit, str) else ""
        other = other or given != expected
        if expected:
            products.setdefault(expected, set()).add(product)
        factor = conversion_factor(given, expected) if given and expected else 1.0
        if factor not in {None, 1.0}:
            scaled.setdefault((given, float(factor or 1.0)), []).append(product)
    if not other:
        return frame
    capacity = nw.col("capacity")
    for (unit, factor), members in scaled.items():
        rows = (nw.col("unit") == unit) & nw.col("product_id").is_in(members)
        capacity = nw.when(rows).then(nw.col("capacity") * factor).otherwise(capacity)
    shown: Any = nw.lit(None, dtype=nw.String())
    for unit, held in products.items():
        rows = nw.col("product_id").is_in(sorted(held))
        shown = nw.when(rows).then(nw.lit(unit)).otherwise(shown)
    return frame.with_columns(capacity=capacity, unit=shown)


def pandas_columns(table: str, frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a large pandas table with numbers and texts as such, so that expressions hold on it."""
    columns: dict[str, Any] = {}
    for field in table_spec(table).fields:
        if field.name not in frame:
            continue
        values = frame[field.name].reset_index(drop=True)
        if field.type == "number":
            numbers = pd.to_numeric(values, errors="coerce").astype("float64")
            wrong = (numbers.isna() & values.notna()).to_numpy()
            columns[field.name] = values if wrong.any() else numbers
        elif field.type == "boolean":
            columns[field.name] = values.map(value_text).isin(TRUE_TEXTS)
        elif pd.api.types.is_datetime64_any_dtype(values):
            columns[field.name] = values
        else:
            columns[field.name] = values.astype("str")
    for own in frame.columns:
        if own not in columns:
            columns[own] = frame[own].reset_index(drop=True)
    typed = pd.DataFrame(columns)
    if ORIGIN not in typed:
        lines = pd.Series(np.arange(1, len(typed) + 1)).astype("str")
        typed[ORIGIN] = f"{name}/{table}:" + lines
    return typed
