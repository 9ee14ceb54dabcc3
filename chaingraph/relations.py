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
from chaingraph.checks.values import FALSE_TEXTS, TRUE_TEXTS, cell_problem, first_day
from chaingraph.engines import collect, in_engine, read_frame, same_engine
from chaingraph.errors import closest
from chaingraph.rawtables import FLOAT_YEAR, bare_year, value_text
from chaingraph.schema import table_spec
from chaingraph.tables import DEFAULTS, ORIGIN
from chaingraph.units import conversion_factor

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaingraph.schema import Field

LARGE: Final = ("enterprises", "capacities")
"""Tables that may be of any engine, and may be large."""

_LAYER_KEYS: Final = {
    "enterprises": ["enterprise_id"],
    "capacities": ["enterprise_id", "product_id", "scope"],
}
_MOST: Final = 20
_NUMBER_TEXT: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_OF_TYPE: Final = {"number": "not-a-number", "boolean": "not-boolean"}


def checked_relation(
    table: str, native: Any, file: str, units: Mapping[str, str], *, strict: bool = False
) -> tuple[Any, list[Finding]]:
    """Return a large table with all columns of the schema, in the products' units, and what is wrong.

    Parameters
    ----------
    table
        One of ``LARGE``.
    native
        A frame that narwhals knows, lazy or not.
    file
        Where it stands, as findings name it.
    units
        Product id -> unit, empty where it has none.
    strict
        Ask for every column and cell that a folder must have, not only for keys.

    Returns
    -------
    frame
        Of the same engine, lazy where it was.
    findings
        All of a whole table: which row it is would cost a pass over all of them. Ids of enterprises
        are not looked up, keys that stand twice and the order of dates not looked for: see
        :func:`deep_findings`.
    """
    frame = read_frame(native)
    present = frame.collect_schema()
    found = missing_columns(table, list(present.names()), file, strict=strict)
    if found:
        return native, found
    fields = [field for field in table_spec(table).fields if field.name in present.names()]
    found = _unreadable(frame, fields, present, table, file)
    if found:
        return native, found
    defaults = DEFAULTS.get(table, {})
    fresh = []
    for field in table_spec(table).fields:
        default = defaults.get(field.name)
        if field.name not in present:
            fresh.append(_empty_column(field, default))
        else:
            changed = _typed_column(field, present[field.name], default)
            fresh += [] if changed is None else [changed.alias(field.name)]
    typed = frame.with_columns(*fresh) if fresh else frame
    needed = [field.name for field in fields if field.required] if strict else needed_columns(table)
    typed, words, pairs = _words(typed, fields, table, file)
    found = _cells(typed, fields, needed, table, file) + words
    if table == "capacities":
        found += _products(pairs, units, file)
        typed = typed if found else _converted(typed, pairs, units)
    return typed.to_native(), found


def deep_findings(
    table: str, native: Any, file: str, sites: Sequence[Any] | None = None
) -> list[Finding]:
    """Return what only passes over all rows find: keys that stand twice, unknown sites, dates out of order.

    Parameters
    ----------
    table, native, file
        As for :func:`checked_relation`, whose frame it takes.
    sites
        All frames of enterprises, for a table of capacities; None where the dataset has no such table.
    """
    frame = read_frame(native)
    if table == "enterprises":
        groups = frame.group_by("enterprise_id").agg(rows_=nw.len()).filter(nw.col("rows_") > 1)
        twice = collect(groups.select("enterprise_id").head(_MOST))["enterprise_id"].tolist()
        return [
            _finding("duplicate-key", table, file, "enterprise_id", str(name), first=file)
            for name in sorted(map(str, twice))
        ]
    named = frame.select("enterprise_id").unique()
    for held in sites or ():
        known = read_frame(held).select("enterprise_id").unique()
        if known.implementation is not named.implementation:
            texts = collect(known)["enterprise_id"].astype("str")
            known = same_engine(pd.DataFrame({"enterprise_id": texts}), named)
        named = named.join(known, on="enterprise_id", how="anti")
    gone = [] if sites is None else collect(named.head(_MOST))["enterprise_id"].dropna().tolist()
    target: dict[str, object] = {
        "table": "enterprises",
        "target": "enterprise_id",
        "suggestions": "-",
    }
    found = [
        _finding("dangling-id", table, file, "enterprise_id", str(name), **target)
        for name in sorted(map(str, gone))
    ]
    pairs = _distinct(frame, ["since", "until"]).dropna()
    wrong = [
        (since, until)
        for since, until in pairs.itertuples(index=False)
        if since and until and first_day(until) <= first_day(since)
    ]
    return found + [
        _finding("date-order", table, file, "until", until, since=since)
        for since, until in sorted(wrong)[:_MOST]
    ]


def stacked(table: str, layers: Sequence[Any]) -> Any:
    """Return the rows of several folders as one frame, a later folder's in the place of an earlier one's.

    Parameters
    ----------
    table
        One of ``LARGE``.
    layers
        Typed frames, what is extended first; those in pandas come to the engine of the others.

    Notes
    -----
    As :mod:`chaingraph.overriding` does row by row: a site stands for a site, and all phases that a
    folder gives of a site, product and scope for all that others give of them.
    """
    like = next((frame for frame in layers if not isinstance(frame, pd.DataFrame)), layers[0])
    keys = _LAYER_KEYS[table]
    frames = [
        read_frame(in_engine(frame, like) if isinstance(frame, pd.DataFrame) else frame)
        for frame in layers
    ]
    names = [field.name for field in table_spec(table).fields]
    if all(ORIGIN in frame.collect_schema().names() for frame in frames):
        names.append(ORIGIN)
    whole = frames[0].select(names)
    for frame in frames[1:]:
        own = frame.select(names)
        whole = nw.concat(
            [whole.join(own.select(keys).unique(), on=keys, how="anti"), own], how="vertical"
        )
    native = whole.to_native()
    return native.reset_index(drop=True) if isinstance(native, pd.DataFrame) else native


def needed_columns(table: str) -> tuple[str, ...]:
    """Return the columns that a frame must have.

    Examples
    --------
    >>> needed_columns("enterprises"), needed_columns("capacities")
    (('enterprise_id',), ('enterprise_id', 'product_id'))
    """
    keys = {"products": ("product_id",), "enterprises": ("enterprise_id",)}
    return keys.get(table, tuple(f.name for f in table_spec(table).fields if f.required))


def missing_columns(
    table: str, columns: Sequence[str], file: str, *, strict: bool = False
) -> list[Finding]:
    """Return the finding that a frame lacks a needed column.

    Names of products and enterprises may be missing in frames, as they take part in no analysis, not
    in folders (`strict`).
    """
    required = tuple(field.name for field in table_spec(table).fields if field.required)
    needed = required if strict else needed_columns(table)
    gone = [column for column in needed if column not in columns]
    if not gone:
        return []
    near = ", ".join(f"{hit} -> {g}" for g in gone for hit in closest(g, columns, 1)) or "-"
    params: dict[str, object] = {"columns": ", ".join(gone), "suggestions": near}
    return [Finding("missing-column", table, file, params=params)]


def _finding(
    rule: str, table: str, file: str, column: str, value: str = "", /, **params: object
) -> Finding:
    return Finding(rule, table, file, column=column, value=value, params=params)


def _empty_column(field: Field, default: str | None) -> Any:
    """Return a column without values, or of the schema's default, as an expression."""
    if field.type == "boolean":
        return nw.lit(value=False).alias(field.name)
    kind = nw.Float64() if field.type == "number" else nw.String()
    return (nw.lit(default) if default else nw.lit(None, dtype=kind)).alias(field.name)


def _unreadable(
    frame: Any, fields: Iterable[Field], types: Any, table: str, file: str
) -> list[Finding]:
    """Report texts that are no numbers, flags that are none, and columns of lists and bytes."""
    found, questions = [], {}
    for field in fields:
        dtype, column = types[field.name], nw.col(field.name)
        text = isinstance(dtype, nw.String)
        empty = isinstance(dtype, nw.Unknown)  # polars' type of a column of nulls
        if isinstance(dtype, nw.List | nw.Struct | nw.Array | nw.Binary):
            found.append(_finding("not-plain", table, file, field.name, str(dtype)))
        elif field.type == "number" and text:
            trimmed = column.str.strip_chars()
            questions[field.name] = ~trimmed.str.contains(_NUMBER_TEXT) & (trimmed != "")
        elif field.type == "number" and not (empty or dtype.is_numeric()):
            found.append(_finding("not-a-number", table, file, field.name, str(dtype)))
        elif field.type == "boolean" and text:
            known = [*TRUE_TEXTS, *FALSE_TEXTS, ""]
            questions[field.name] = ~column.str.strip_chars().is_in(known)
        elif field.type == "boolean" and dtype.is_numeric():
            number = column.cast(nw.Float64())
            questions[field.name] = ~(number.is_in([0.0, 1.0]) | number.is_nan())
        elif field.type == "boolean" and not (empty or isinstance(dtype, nw.Boolean)):
            found.append(_finding("not-boolean", table, file, field.name, str(dtype)))
    if found or not questions:
        return found
    rules = {field.name: _OF_TYPE[field.type] for field in fields if field.name in questions}
    counts = collect(
        frame.select(*(
            question.fill_null(value=False).cast(nw.Int64()).sum().alias(name)
            for name, question in questions.items()
        ))
    ).iloc[0]  # fmt: skip
    return [
        _finding(rule, table, file, name, f"{int(counts[name])} cells")
        for name, rule in rules.items()
        if counts[name] > 0
    ]


def _typed_column(field: Field, dtype: Any, default: str | None) -> Any:
    """Return a column brought to the schema's type, None where it is so already."""
    column = nw.col(field.name)
    text = isinstance(dtype, nw.String)
    if field.type == "number":
        if text:
            return _trimmed(column).cast(nw.Float64())
        return None if isinstance(dtype, nw.Float64) else column.cast(nw.Float64())
    if field.type == "boolean":
        flags = column.cast(nw.Boolean())
        if text:
            flags = column.str.strip_chars().is_in(list(TRUE_TEXTS))
        elif dtype.is_numeric():
            flags = column.cast(nw.Float64()) == 1.0
        return flags.fill_null(value=False)
    shown = column if text else column.cast(nw.String())
    if isinstance(dtype, nw.Date | nw.Datetime):
        shown = column.dt.to_string("%Y-%m-%d")
    elif dtype.is_float():  # what a column of whole numbers with blanks becomes: 2023.0
        number = nw.when(~column.is_nan()).then(column)
        whole = nw.when(number.round(0) == number).then(number)
        plain = whole.cast(nw.Int64()).cast(nw.String())
        shown = nw.when(whole.is_null()).then(number.cast(nw.String())).otherwise(plain)
    if default:
        return shown.fill_null(default)
    return None if text else shown


def _trimmed(column: Any) -> Any:
    """Return texts without blanks around them, null where nothing is left."""
    bare = column.str.strip_chars()
    return nw.when(bare != "").then(bare)


def _cells(
    frame: Any, fields: Iterable[Field], needed: Sequence[str], table: str, file: str
) -> list[Finding]:
    """Report needed cells that are empty and numbers that are out of their range, by one question."""
    asked: dict[str, tuple[Field, str]] = {}
    questions = []
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
            found.append(_finding(rule, table, file, field.name, value, **params))
    return found


def _year_text(column: Any) -> Any:
    """Return dates as texts, of a year as a float (2023.0) the year."""
    bare = _trimmed(column)
    return nw.when(bare.str.contains(FLOAT_YEAR)).then(bare.str.head(4)).otherwise(bare)


def _words(
    frame: Any, fields: Sequence[Field], table: str, file: str
) -> tuple[Any, list[Finding], pd.DataFrame]:
    """Trim words, dates and ids; report those that are none; return which product has which unit."""
    closed = [field.name for field in fields if field.enum]
    dated = [field.name for field in fields if field.format == "partial-date"]
    pair = ["product_id", "unit"] if table == "capacities" else []
    held = [column for column in pair if any(field.name == column for field in fields)]
    together = [*closed, *held]
    words = [_distinct(frame, together)] if together else []
    words += [_distinct(frame, [name]) for name in dated]
    defaults = DEFAULTS.get(table, {})
    loose = {
        name
        for part in words
        for name in part.columns
        if any(
            not text or text != (bare_year(text) if name in dated else text.strip())
            for text in part[name].dropna().unique().tolist()
        )
    }
    if _loose_ids(frame):
        loose.add("enterprise_id")
    if loose:
        trimmed = {
            name: _year_text(nw.col(name)) if name in dated else _trimmed(nw.col(name))
            for name in sorted(loose)
        }
        filled = {
            name: text.fill_null(defaults[name]) if name in defaults else text
            for name, text in trimmed.items()
        }
        frame = frame.with_columns(**filled)
    found: list[Finding] = []
    for field in fields:
        for part in words:
            if field.name in part and field.name not in held:
                bare = bare_year if field.name in dated else str.strip
                texts = {bare(text) for text in part[field.name].dropna().unique().tolist()}
                found += _unfit(field, texts, table, file)
    pairs = pd.DataFrame(columns=pair)
    if held:
        known = words[0][held].apply(lambda texts: texts.astype("object").str.strip())
        pairs = known.mask(known == "", None).drop_duplicates().reindex(columns=pair)
    return frame, found, pairs


def _loose_ids(frame: Any) -> bool:
    """Tell whether ids of enterprises have blanks around them, or are empty texts."""
    ids = nw.col("enterprise_id")
    loose = (ids.str.starts_with(" ") | ids.str.ends_with(" ") | (ids == "")).fill_null(value=False)
    return bool(collect(frame.select(rows_=loose.cast(nw.Int64()).sum()))["rows_"].iloc[0])


def _distinct(frame: Any, columns: Sequence[str]) -> pd.DataFrame:
    """Return the distinct rows of some columns; by groups, as `unique` numbers all rows on DuckDB."""
    return collect(frame.group_by(*columns).agg(rows_=nw.len()).select(*columns))


def _unfit(field: Field, texts: Iterable[str], table: str, file: str) -> list[Finding]:
    bad = [(text, cell_problem(field, text)) for text in sorted(texts) if text]
    return [
        _finding(problem.rule, table, file, field.name, text, **problem.params)
        for text, problem in bad
        if problem is not None
    ][:_MOST]


def _products(pairs: pd.DataFrame, units: Mapping[str, str], file: str) -> list[Finding]:
    """Report products that the dataset does not have, and units that do not convert to theirs."""
    found = []
    suggester = Suggester(units)
    table = "capacities"
    for product in sorted(set(pairs["product_id"].dropna()) - set(units))[:_MOST]:
        target: dict[str, object] = {"table": "products", "target": "product_id"}
        near = suggester.near(product)
        found.append(
            _finding("dangling-id", table, file, "product_id", product, **target, suggestions=near)
        )
    for product, unit in pairs.dropna().itertuples(index=False):
        expected = units.get(product, "")
        if expected and unit and conversion_factor(unit, expected) is None:
            params: dict[str, object] = {"product": product, "expected": expected}
            found.append(_finding("unit-mismatch", table, file, "unit", unit, **params))
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


def pandas_columns(table: str, frame: pd.DataFrame, file: str) -> pd.DataFrame:
    """Return a large pandas table with numbers and texts as such, so that expressions hold on it."""
    columns: dict[str, Any] = {}
    for field in table_spec(table).fields:
        if field.name not in frame:
            continue
        values = frame[field.name].reset_index(drop=True)
        if not isinstance(values.dtype, np.dtype) or values.dtype == object:
            plain = values.dtype == object or isinstance(values.dtype, pd.CategoricalDtype)
            values = values.map(value_text).astype("str") if plain else values
        if field.type == "number":
            columns[field.name] = _numbers(values)
        elif field.type == "boolean":
            texts = values.map(value_text).str.strip()
            flags = texts.isin([*TRUE_TEXTS, *FALSE_TEXTS, ""]).all()
            columns[field.name] = texts.isin(TRUE_TEXTS) if flags else texts.astype("str")
        elif pd.api.types.is_datetime64_any_dtype(values):
            columns[field.name] = values
        else:
            columns[field.name] = _texts(values)
    for own in frame.columns:
        if own not in columns:
            columns[own] = frame[own].reset_index(drop=True)
    typed = pd.DataFrame(columns)
    if ORIGIN not in typed:
        lines = pd.Series(np.arange(1, len(typed) + 1)).astype("str")
        typed[ORIGIN] = f"{file}:" + lines
    return typed


def _texts(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as texts; of whole numbers that blanks made floats of (2023.0), the numbers."""
    if values.dtype.kind != "f":
        return values.astype("str")
    codes, known = pd.factorize(values)
    texts = pd.Series([*(value_text(value) for value in known.tolist()), None], dtype="str")
    return texts.iloc[codes].reset_index(drop=True)


def _numbers(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as numbers, texts where one of them is none."""
    if values.dtype.kind in "ifu":
        return values.astype("float64")
    texts = values.map(value_text).str.strip()
    numbers = pd.to_numeric(texts.where(texts != ""), errors="coerce").astype("float64")
    wrong = (numbers.isna() & (texts != "")).any()
    return texts.astype("str") if wrong else numbers
