"""Frames of any engine (pandas, polars, DuckDB, PySpark) read through narwhals, and back to pandas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.errors import MissingLibraryError, OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def is_empty(frame: Any) -> bool:
    """Tell whether a narwhals frame in memory has no rows; of a lazy one nobody can tell before it is asked.

    A step over no rows costs as much as one over some thousand: passes leave it out.
    """
    return isinstance(frame, nw.DataFrame) and len(frame) == 0


def read_frame(native: Any) -> Any:
    """Return a native frame as a narwhals frame, lazy or not.

    Raises
    ------
    OptionError
        For pyarrow tables, on which window sums were seen on wrong rows.
    """
    frame = nw.from_native(native)
    if frame.implementation.is_pyarrow():
        raise OptionError("no-pyarrow")
    return frame


def same_engine(small: pd.DataFrame, like: Any) -> Any:
    """Return a small pandas frame of texts as a narwhals frame that joins with another one.

    Parameters
    ----------
    small
        Texts without missing cells.
    like
        Narwhals frame, of any engine; it stays as it is.
    """
    native, kind = like.to_native(), like.implementation
    if isinstance(native, pd.DataFrame):
        return nw.from_native(small)
    columns = {str(name): small[name].to_numpy(dtype=object) for name in small}
    if kind.is_polars():
        import polars

        eager = polars.DataFrame(columns, schema=dict.fromkeys(columns, polars.String))
        return nw.from_native(eager.lazy() if hasattr(native, "collect") else eager)
    if kind.is_duckdb():
        # relations join within one connection only; DuckDB finds the columns by their name here
        return nw.from_native(native.query("chaingraph_small", "select * from columns"))
    if kind.is_spark_like():
        from pyspark.sql import types

        fields = [types.StructField(name, types.StringType()) for name in columns]
        rows = list(zip(*columns.values(), strict=True))
        made = native.sparkSession.createDataFrame(rows, types.StructType(fields))
        return nw.from_native(made)
    raise MissingLibraryError("unknown-engine", library=str(kind))


def collect(frame: Any, *, categories: bool = False) -> pd.DataFrame:
    """Return a narwhals frame as pandas, in whatever engine it lives: texts, floats, integers, flags.

    Parameters
    ----------
    frame
        narwhals frame.
    categories
        Texts of another engine as sorted categories: that spares the making of millions of Python texts,
        and they sort and group as numbers do. Those of pandas stay as they are.
    """
    native = frame.to_native()
    if isinstance(native, pd.DataFrame):
        return native.reset_index(drop=True)
    schema = frame.collect_schema()
    columns = _fetched(frame)
    found = {}
    for name in schema.names():
        values = columns.pop(name)  # let go of one by one: a large result is held once only
        if categories and isinstance(schema[name], nw.String):
            found[name] = _category(values)
        else:
            found[name] = _column(values, schema[name])
    return pd.DataFrame(found, copy=False)


def _category(values: Any) -> Any:
    """Return fetched texts as sorted categories."""
    codes, names = _codes(values)
    return pd.Categorical.from_codes(
        np.asarray(codes, dtype=np.int32), categories=pd.Index(names, dtype=object)
    )


def _fetched(frame: Any) -> dict[str, Any]:
    """Return the columns of a frame of another engine, as the engine hands them out."""
    native, kind = frame.to_native(), frame.implementation
    if kind.is_polars():
        eager = native.collect(engine="streaming") if hasattr(native, "collect") else native
        return {name: eager[name] for name in eager.columns}
    if kind.is_duckdb():
        columns: dict[str, Any] = native.fetchnumpy()
        return columns
    if kind.is_spark_like():
        rows = native.collect()
        return {name: [row[i] for row in rows] for i, name in enumerate(native.columns)}
    raise MissingLibraryError("unknown-engine", library=str(kind))


def append_rows(native: Any, rows: pd.DataFrame) -> Any:
    """Return a frame of any engine with rows of pandas below its own; columns that these lack are empty.

    The frame stays lazy, and of its engine's connection or session.
    """
    frame = read_frame(native)
    schema = frame.collect_schema()
    kind = frame.implementation
    records = [
        {name: _plain(row.get(name)) for name in schema.names()} for row in rows.to_dict("records")
    ]
    if kind.is_polars():
        import polars

        held = native.lazy().collect_schema()
        more = polars.DataFrame(records, schema=dict(held.items()), strict=False)
        eager = not hasattr(native, "collect")
        return polars.concat([native, more if eager else more.lazy()])
    if kind.is_duckdb():
        if not records:
            return native
        told = ", ".join(f"({', '.join(map(_literal, row.values()))})" for row in records)
        types = dict(zip(native.columns, native.types, strict=True))
        casts = ", ".join(
            f"cast({_quoted(f'column{i}')} as {types[name]}) as {_quoted(name)}"
            for i, name in enumerate(schema.names())
        )
        names = ", ".join(f"column{i}" for i in range(len(types)))
        below = f"select {casts} from (values {told}) t({names})"  # noqa: S608  quoted
        return native.query("held", f"select * from held union all {below}")  # noqa: S608
    if kind.is_spark_like():
        session = native.sparkSession
        values = [tuple(row.values()) for row in records]
        return native.unionByName(session.createDataFrame(values, native.schema))
    return pd.concat([native, rows], ignore_index=True)


def _plain(value: Any) -> Any:
    """Return a cell of pandas as a plain value, None where it is unknown."""
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124  nan
        return None
    return value.item() if isinstance(value, np.generic) else value


def _literal(value: Any) -> str:
    """Return a value as SQL writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _column(values: Any, dtype: Any) -> Any:
    """Return fetched values as pandas would hold them; what is no number, text or flag stays."""
    if hasattr(values, "to_numpy"):
        values = values.to_numpy()
    if isinstance(values, np.ma.MaskedArray):
        gone = np.ma.getmaskarray(values)
        values = values.data.astype(object if gone.any() else values.dtype)
        values[gone] = None
    if dtype.is_float() or dtype.is_decimal():
        return np.asarray(values, dtype="float64")
    if dtype.is_integer():
        numbers = pd.Series(values)
        return numbers.astype("float64" if numbers.isna().any() else "int64").to_numpy()
    return pd.Series(values, dtype="str") if isinstance(dtype, nw.String) else values


def cell_texts(frame: pd.DataFrame, name: str) -> list[str]:
    """Return a column of texts as a list, empty where a cell or the column is."""
    if name not in frame:
        return [""] * len(frame)
    cells: list[str] = frame[name].astype("object").fillna("").tolist()
    return cells


def collect_coded(
    frame: Any, keys: Sequence[str]
) -> tuple[dict[str, Any], list[tuple[NDArray[np.intp], NDArray[np.object_]]]]:
    """Return the numbers of a narwhals frame, and each text key as codes and sorted names.

    Codes spare the making of millions of Python texts; that is what a large result would cost most.
    """
    native = frame.to_native()
    if isinstance(native, pd.DataFrame):
        columns: dict[str, Any] = {name: native[name] for name in native.columns}
    else:
        columns = _fetched(frame)
    schema = frame.collect_schema()
    coded = [_codes(columns.pop(key)) for key in keys]
    return {name: _column(values, schema[name]) for name, values in columns.items()}, coded


def _codes(values: Any) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
    """Return the position of each text among the sorted distinct texts (-1: none), and those."""
    if type(values).__module__.startswith("polars"):
        import polars

        names = values.drop_nulls().unique().sort()
        codes = values.cast(polars.Enum(names)).to_physical()
        known = codes.cast(polars.Int64).fill_null(-1).to_numpy()
        return known.astype(np.intp, copy=False), np.array(names.to_list(), dtype=object)
    found, texts = pd.factorize(pd.Series(values, dtype="str"), sort=True)
    return found, np.asarray(texts, dtype=object)
