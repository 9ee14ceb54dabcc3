"""Which row of one state of a table is which row of another, and which cells differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.schema import table_spec
from chaingraph.tables import ORIGIN
from chaingraph.writers.csv_folder import cell_text, column_order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Positions = NDArray[np.intp]

_KEYS: Final[dict[str, tuple[str, ...]]] = {
    "capacities": ("enterprise_id", "product_id", "scope"),
    "supplies": ("supplier_group", "customer_group", "product_id"),
    "indicators": ("region", "indicator", "product_id", "year", "kind"),
    "plan_targets": ("plan", "task"),
    "aliases": ("alias_zh", "place", "credit_code"),
}
"""What names a row of a table without a primary key; several rows may share it."""

_TIES: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "capacities": (("since", "status", "capacity"), ("since", "status"), ("since",), ("status",)),
    "supplies": (("year",),),
    "plan_targets": (("target", "target_year"), ("target_year",)),
}
"""What tells rows of one key apart, the strictest first."""

PROVENANCE: Final = frozenset({"source_url", "as_of", "note", "price_as_of", "date_quality"})
"""Columns that say where a row comes from: their change moves no figure."""

_CLOSE: Final = 1e-9


class Pairs(NamedTuple):
    """Rows of two tables that are the same thing, by position.

    Attributes
    ----------
    before, after
        Positions of the rows of both, in the order of `before`; entry by entry the same thing.
    gone
        Positions in the first table of rows that the second has not.
    added
        Positions in the second table of rows that the first has not.
    """

    before: Positions
    after: Positions
    gone: Positions
    added: Positions


def row_key(name: str) -> tuple[str, ...]:
    """Return the columns that name a row of a table.

    Examples
    --------
    >>> row_key("inputs"), row_key("capacities")
    (('input_id', 'output_id'), ('enterprise_id', 'product_id', 'scope'))
    """
    return table_spec(name).primary_key or _KEYS[name]


def pair_rows(before: pd.DataFrame, after: pd.DataFrame, name: str) -> Pairs:
    """Tell which row of one state of a table is which row of another.

    Parameters
    ----------
    before, after
        Both states, with the columns of the schema.
    name
        Name of the table.

    Returns
    -------
    Pairs
        By key. Where several rows share one (phases of a plant), those that agree in most of what tells
        them apart come together first (start, status and figure; start and status; start; status), what
        is left in its order.

    Examples
    --------
    >>> table = {"enterprise_id": "a", "product_id": "p", "scope": "site", "status": "operating"}
    >>> old = pd.DataFrame([table | {"since": "2020", "capacity": 1.0}])
    >>> new = pd.DataFrame([table | {"since": y, "capacity": c} for y, c in (("2024", 3.0), ("2020", 2.0))])
    >>> pairs = pair_rows(old, new, "capacities")
    >>> pairs.before.tolist(), pairs.after.tolist(), pairs.added.tolist()
    ([0], [1], [0])
    """
    key = row_key(name)
    left, right = np.arange(len(before)), np.arange(len(after))
    found: list[tuple[Positions, Positions]] = []
    for ties in (*_TIES.get(name, ()), ()):
        columns = [c for c in (*key, *ties) if c in before and c in after]
        pairs = _meet(before.iloc[left], after.iloc[right], columns)
        if pairs is None:
            continue
        found.append((left[pairs[0]], right[pairs[1]]))
        left, right = np.delete(left, pairs[0]), np.delete(right, pairs[1])
    old = np.concatenate([pair[0] for pair in found] or [np.array([], dtype=np.intp)])
    new = np.concatenate([pair[1] for pair in found] or [np.array([], dtype=np.intp)])
    order = np.argsort(old, kind="stable")
    return Pairs(old[order].astype(np.intp), new[order].astype(np.intp), left, right)


def _meet(
    before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str]
) -> tuple[Positions, Positions] | None:
    """Return the positions of rows that agree in some columns: the n-th of one with the n-th of the other."""
    if not len(before) or not len(after) or not columns:
        return None
    both = []
    for frame in (before, after):
        keys = pd.DataFrame({c: _comparable(frame[c]) for c in columns})
        both.append(keys.assign(nth_=keys.groupby(list(columns)).cumcount()))
    for place, keys in enumerate(both):
        both[place] = keys.assign(**{f"row_{place}": np.arange(len(keys))})
    met = both[0].merge(both[1], on=[*columns, "nth_"], how="inner")
    return met["row_0"].to_numpy(dtype=np.intp), met["row_1"].to_numpy(dtype=np.intp)


def _comparable(cells: pd.Series[Any]) -> NDArray[np.object_]:
    """Return cells as texts that are equal where the cells are; figures to twelve digits."""
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        figures = cells.to_numpy(dtype=float)
        texts = ["" if np.isnan(figure) else f"{figure:.12g}" for figure in figures.tolist()]
    else:
        codes, values = pd.factorize(cells)  # each text is made once, however often it stands
        texts = [*(cell_text(value).strip() for value in values.tolist()), ""]
        return np.array(texts, dtype=object)[codes]
    return np.array(texts, dtype=object)


def differing(before: pd.Series[Any], after: pd.Series[Any]) -> Flags:
    """Tell row by row whether the cells of two columns differ; unknown equals unknown.

    Figures that agree to nine digits are equal: a unit's conversion is no change.

    Examples
    --------
    >>> differing(pd.Series([1.0, float("nan")]), pd.Series([1.0 + 1e-12, 2.0])).tolist()
    [False, True]
    """
    figures = [
        pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells)
        for cells in (before, after)
    ]
    if all(figures):
        old, new = before.to_numpy(dtype=float), after.to_numpy(dtype=float)
        return np.asarray(~np.isclose(old, new, rtol=_CLOSE, atol=0, equal_nan=True), dtype=bool)
    cells = [side.to_numpy(dtype=object, copy=True) for side in (before, after)]
    for values, side in zip(cells, (before, after), strict=True):
        values[side.isna().to_numpy(dtype=bool)] = None
    at = np.flatnonzero(cells[0] != cells[1])  # only these need their texts
    unlike = np.zeros(len(before), dtype=bool)
    unlike[at] = _comparable(before.iloc[at]) != _comparable(after.iloc[at])
    return unlike


def changed_cells(
    before: pd.DataFrame, after: pd.DataFrame, pairs: Pairs, name: str
) -> pd.DataFrame:
    """Return the cells in which paired rows differ.

    Returns
    -------
    pandas.DataFrame
        Sorted by row: `row` (position in `before`), `row_after`, `column`, `before`, `after` (texts;
        empty where unknown). Columns that only one state has count as unknown in the other.

    Examples
    --------
    >>> old, new = (pd.DataFrame({"unit_id": ["u"], "name_zh": [name]}) for name in "ab")
    >>> changed_cells(old, new, pair_rows(old, new, "units"), "units").to_numpy().tolist()
    [[0, 0, 'name_zh', 'a', 'b']]
    """
    old, new = before.iloc[pairs.before], after.iloc[pairs.after]
    names = [*column_order(before, name)]
    names += [c for c in column_order(after, name) if c not in names]
    empty = pd.Series(pd.array([None] * len(old), dtype="str"))
    blocks = []
    for place, column in enumerate(c for c in names if c != ORIGIN):
        left = old[column].reset_index(drop=True) if column in old else empty
        right = new[column].reset_index(drop=True) if column in new else empty
        at = np.flatnonzero(differing(left, right))
        if len(at):
            texts = {
                side: [cell_text(cell) for cell in cells.iloc[at].tolist()]
                for side, cells in (("before", left), ("after", right))
            }
            rows = {"row": pairs.before[at], "row_after": pairs.after[at], "place": place}
            blocks.append(pd.DataFrame(rows | {"column": column} | texts))
    columns = ["row", "row_after", "column", "before", "after"]
    if not blocks:
        return pd.DataFrame({c: pd.Series(dtype="int64" if "row" in c else "str") for c in columns})
    cells = pd.concat(blocks, ignore_index=True).sort_values(["row", "place"], ignore_index=True)
    return cells[columns]


def row_label(row: Mapping[str, object], name: str) -> str:
    """Return what names a row, as text.

    Examples
    --------
    >>> row_label({"input_id": "lfp", "output_id": "cell_lfp"}, "inputs")
    'lfp / cell_lfp'
    """
    return " / ".join(text for c in row_key(name) if (text := cell_text(row.get(c))))


def pair_by(
    before: pd.DataFrame, after: pd.DataFrame, columns: Sequence[str]
) -> tuple[Positions, Positions]:
    """Return the positions of rows of two states that agree in all of some columns.

    Examples
    --------
    >>> old, new = (pd.DataFrame({"unit_id": ids}) for ids in (["a", "b"], ["b", "c"]))
    >>> [found.tolist() for found in pair_by(old, new, ["unit_id"])]
    [[1], [0]]
    """
    met = _meet(before, after, columns)
    none = np.array([], dtype=np.intp)
    return (none, none) if met is None else met
