"""What moved in capacities: plants that came, went, started, stopped, grew or shrank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chaingraph.updates.causes import unit_factor
from chaingraph.updates.rows import differing, pair_rows
from chaingraph.writers.csv_folder import cell_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.dataset import Dataset
    from chaingraph.regions import Region
    from chaingraph.updates.rows import Flags
    from chaingraph.updates.table_changes import Names, Read

MOVES = ("added", "started", "raised", "known", "restated", "unknown", "cut", "stopped", "gone")
"""In the order in which a reader wants them: more supply first."""
_STANDING = {
    "closed": 0, "cancelled": 0, "suspended": 1, "planned": 2, "construction": 3, "trial": 4,
    "operating": 5,
}  # fmt: skip
_PLACES = ("province", "city", "county", "park")


def find_moves(
    before: Dataset,
    after: Dataset,
    *,
    read: Read,
    names: Names,
    region: Region,
) -> pd.DataFrame:
    """Return the capacity rows that differ in figure or status.

    Parameters
    ----------
    before, after
        Both states; they need enterprises and capacities.
    read
        How a table of a state is read.
    names
        Names of enterprises and products.
    region
        The region; of the phases of others `inside` is false.

    Returns
    -------
    pandas.DataFrame
        One row a phase: those inside first, then by product and size of the change.
    """
    units = [_units(ds, read) for ds in (before, after)]
    old = _in_units(_rows(before, read), units[0], units[0] | units[1])
    new = _in_units(_rows(after, read), units[1], units[1])
    pairs = pair_rows(old, new, "capacities")
    moved = _differ(old.iloc[pairs.before], new.iloc[pairs.after])
    both = [
        frame.iloc[places[moved]].to_dict("records")
        for frame, places in ((old, pairs.before), (new, pairs.after))
    ]
    records = [_record(*phases) for phases in zip(*both, strict=True)]
    records += [_record(row, None) for row in old.iloc[pairs.gone].to_dict("records")]
    records += [_record(None, row) for row in new.iloc[pairs.added].to_dict("records")]
    inside = region.mask(pd.DataFrame(records, columns=list(_PLACES)))
    for record, here in zip(records, inside.tolist(), strict=True):
        record["inside"] = here
        record["enterprise_zh"], record["enterprise_en"] = names.both(record["enterprise_id"])
        record["name_zh"], record["name_en"] = names.both(record["product_id"])
    records.sort(key=_order)
    return move_frame(records)


def _rows(ds: Dataset, read: Read) -> pd.DataFrame:
    """Return the capacities of a state with the places of their sites; an absent table has no rows."""
    rows = read(ds, "capacities")
    places = read(ds, "enterprises")[["enterprise_id", *_PLACES]]
    return rows.merge(places.drop_duplicates("enterprise_id"), on="enterprise_id", how="left")


def _units(ds: Dataset, read: Read) -> dict[str, Any]:
    """Return the unit of each product of a state, in which its capacities stand."""
    products = read(ds, "products")
    pairs = zip(products["product_id"], products["unit"], strict=True)
    return {product: unit for product, unit in pairs if isinstance(unit, str)}


def _in_units(
    rows: pd.DataFrame, own: Mapping[str, Any], wanted: Mapping[str, Any]
) -> pd.DataFrame:
    """Return capacities in the units of the later state; unknown where they do not convert."""
    factors = {
        product: unit_factor(unit, wanted[product])
        for product, unit in own.items()
        if unit != wanted[product]
    }
    factor = np.array([factors.get(product, 1.0) for product in rows["product_id"].tolist()])
    unit = rows["product_id"].map(wanted).fillna(rows["unit"])
    return rows.assign(capacity=rows["capacity"] * factor, unit=unit)


def _differ(old: pd.DataFrame, new: pd.DataFrame) -> Flags:
    """Tell row by row whether phases differ in figure or status."""
    unlike = [differing(old[name], new[name]) for name in ("capacity", "status")]
    return unlike[0] | unlike[1]


def _record(old: Mapping[Any, Any] | None, new: Mapping[Any, Any] | None) -> dict[str, Any]:
    row = new if new is not None else old
    if row is None:
        raise ValueError("a phase has at least one state")
    texts = (
        "enterprise_id", "product_id", *_PLACES, "unit", "scope", "since", "source_url", "origin",
    )  # fmt: skip
    record: dict[str, Any] = {name: cell_text(row.get(name)) for name in texts}
    for side, state in (("before", old), ("after", new)):
        record[f"capacity_{side}"] = np.nan if state is None else float(state["capacity"])
        record[f"status_{side}"] = "" if state is None else cell_text(state["status"])
    record["move"] = _move(record)
    figures = [record["capacity_before"], record["capacity_after"]]
    if "" in (record["status_before"], record["status_after"]):  # came or went: all of it
        figures = [0.0 if not record[f"status_{s}"] else record[f"capacity_{s}"]
                   for s in ("before", "after")]  # fmt: skip
    record["capacity_change"] = figures[1] - figures[0]
    return record


def _move(record: Mapping[str, Any]) -> str:
    old, new = record["status_before"], record["status_after"]
    if not old or not new:
        return "gone" if old else "added"
    if old != new:
        up = _STANDING.get(new, 0) - _STANDING.get(old, 0)
        if new == "operating":
            return "started"
        return "stopped" if old == "operating" and up < 0 else "restated"
    was, now = record["capacity_before"], record["capacity_after"]
    if np.isnan(was) or np.isnan(now):
        return "unknown" if np.isnan(now) else "known"
    return "raised" if now > was else "cut"


def _order(record: Mapping[str, Any]) -> tuple[Any, ...]:
    change = record["capacity_change"]
    size = 0.0 if np.isnan(change) else -abs(change)
    return (
        not record["inside"], record["product_id"], MOVES.index(record["move"]), size,
        record["enterprise_id"], record["since"],
    )  # fmt: skip


def move_frame(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Return records of capacities as a frame with all columns; none gives an empty one."""
    texts = (
        "move", "enterprise_id", "enterprise_zh", "enterprise_en", "province", "city", "product_id",
        "name_zh", "name_en", "scope", "status_before", "status_after",
    )  # fmt: skip
    data: dict[str, Any] = {name: _texts(records, name) for name in texts}
    for name in ("capacity_before", "capacity_after", "capacity_change"):
        data[name] = np.array([record[name] for record in records], dtype=float)
    data["inside"] = np.array([record["inside"] for record in records], dtype=bool)
    data |= {name: _texts(records, name) for name in ("unit", "since", "source_url", "origin")}
    return pd.DataFrame(data)


def _texts(records: list[dict[str, Any]], name: str) -> Any:
    return pd.array([record[name] or None for record in records], dtype="str")
