"""A dataset with other rows: added, replaced or left out, checked and converted as a folder's are.

:class:`~chaingraph.dataset.Dataset` offers these as `with_rows`, `with_tables` and `drop`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.checks import Finding, refuse
from chaingraph.engines import append_rows, collect, read_frame
from chaingraph.errors import OptionError, closest
from chaingraph.frames import checked_frames, refuse_keys, refuse_names
from chaingraph.tables import ORIGIN

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset

_ADDED = "added"


def with_rows(ds: Dataset, table: str, rows: Any) -> Dataset:
    """Return a dataset with further rows (:meth:`Dataset.with_rows`)."""
    refuse_names([table])
    new = _as_frame(rows)
    if new.empty:
        return ds
    held = ds.tables.get(table)
    new = new.drop(columns=ORIGIN, errors="ignore")
    new[ORIGIN] = _origins(ds, table, held, len(new))
    _refuse_unknown(table, held, new)
    if held is None or isinstance(held, pd.DataFrame):
        both = new if held is None else pd.concat([held, new], ignore_index=True)
        tables = dict(ds.tables) | {table: both}
        typed, found = checked_frames(tables, ds.packages[-1], added={table: len(new)})
        refuse(found, ds.name)
        changed = typed[table]
    else:
        context = {n: ds.tables[n] for n in ("products", "enterprises") if ds.has(n)}
        typed, found = checked_frames(
            context | {table: new}, ds.packages[-1], added={table: len(new)}
        )
        refuse([*found, *_known_already(ds, table, held, new)], ds.name)
        changed = append_rows(held, typed[table])
    kept = (*ds.findings, *found)
    return replace(ds, tables=dict(ds.tables) | {table: changed}, findings=kept)


def with_tables(ds: Dataset, frames: Mapping[str, Any]) -> Dataset:
    """Return a dataset with other tables (:meth:`Dataset.with_tables`)."""
    refuse_names(frames)
    tables = {name: frame for name, frame in {**ds.tables, **frames}.items() if frame is not None}
    typed, found = checked_frames(tables, ds.packages[-1])
    refuse(found, ds.name)
    own = {name: typed[name] for name in typed if name in frames or name not in ds.tables}
    kept = {name: frame for name, frame in ds.tables.items() if name in tables}
    return replace(ds, tables=kept | own)


def drop(ds: Dataset, table: str, where: Any) -> Dataset:
    """Return a dataset without some rows (:meth:`Dataset.drop`)."""
    frame = ds.table(table)
    pandas = isinstance(frame, pd.DataFrame)
    if isinstance(where, Mapping):
        names = list(read_frame(frame).collect_schema().names())
        strange = [name for name in where if name not in names]
        if strange or not where:
            name = strange[0] if strange else ""
            near = ", ".join(closest(name, names) or names[:5])
            raise OptionError("drop-no-column", table=table, value=name, suggestions=near)
        kept = read_frame(frame).filter(~_matches(where)).to_native()
    elif pandas:
        mask = np.asarray(where)
        if mask.dtype != bool or mask.shape != (len(frame),):
            raise OptionError("drop-no-mask", table=table, count=len(frame))
        kept = frame[~mask]
    else:
        raise OptionError("drop-no-mask", table=table, count="-")
    return with_tables(ds, {table: kept.reset_index(drop=True) if pandas else kept})


def _matches(where: Mapping[str, Any]) -> Any:
    """Return the condition that each column holds one of its values, as an expression, never null."""
    tests = []
    for name, value in where.items():
        several = isinstance(value, Sequence | set | frozenset | np.ndarray | pd.Series)
        values = list(value) if several and not isinstance(value, str) else [value]
        unknown = [item for item in values if item is None or item != item]  # noqa: PLR0124  nan
        known = [item for item in values if item is not None and item == item]  # noqa: PLR0124
        test = nw.col(name).is_in(known).fill_null(value=False)
        tests.append(test | nw.col(name).is_null() if unknown else test)
    found = tests[0]
    for test in tests[1:]:
        found &= test
    return found


def _as_frame(rows: Any) -> pd.DataFrame:
    """Return rows as a pandas frame of their own."""
    if isinstance(rows, pd.DataFrame):
        return rows.reset_index(drop=True).copy()
    if isinstance(rows, Mapping):
        return pd.DataFrame([dict(rows)])
    if isinstance(rows, Sequence) and all(isinstance(row, Mapping) for row in rows):
        return pd.DataFrame([dict(row) for row in rows])
    try:
        return collect(read_frame(rows))
    except TypeError:
        raise OptionError("rows-unreadable", value=type(rows).__name__) from None


def _origins(ds: Dataset, table: str, held: Any, count: int) -> list[str]:
    """Return where added rows stand: they count on from those that were added before."""
    place = f"{ds.name}/{_ADDED} {table}"
    before = 0
    if held is not None:
        frame = read_frame(held)
        if ORIGIN in frame.collect_schema().names():
            mine = nw.col(ORIGIN).str.starts_with(f"{place}:").fill_null(value=False)
            before = len(collect(frame.filter(mine).select(ORIGIN)))
    return [f"{place}:{before + number}" for number in range(1, count + 1)]


def _known_already(ds: Dataset, table: str, held: Any, new: pd.DataFrame) -> list[Finding]:
    """Report sites that a table of another engine has already; capacities have no key."""
    if table != "enterprises":
        return []
    ids = new["enterprise_id"].astype("str").tolist()
    frame = read_frame(held).select("enterprise_id")
    twice = collect(frame.filter(nw.col("enterprise_id").is_in(ids)))["enterprise_id"].tolist()
    place = (table, f"{ds.name}/{_ADDED} {table}")
    return [
        Finding("duplicate-key", *place, column="enterprise_id", value=name, params={"first": name})
        for name in twice
    ]


def _refuse_unknown(table: str, held: Any, new: pd.DataFrame) -> None:
    """Refuse a key that neither the schema nor the table so far has: mostly a slip of spelling."""
    own = [] if held is None else list(read_frame(held).collect_schema().names())
    refuse_keys(table, new.columns, own)
