"""What a change of the data did to the gaps: opened, grown, now known, turned, shrunk, closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chaingraph.analysis.gaps import CERTAIN, UNMET
from chaingraph.updates.causes import find_causes, two_sides

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.analysis.state import RegionState
    from chaingraph.updates.causes import Side
    from chaingraph.updates.table_changes import Names

GAP_CHANGES = ("opened", "grown", "known", "quantified", "turned", "shrunk", "closed", "same")
"""In the order in which a meeting wants them."""
_UNKNOWN = "unquantified"
_LOOKED = ("not_assessed", "unseen", "missing_likely", "missing")
"""Kinds of a product that no row shows, by how well somebody has looked."""
_CLOSE = 1e-6
_SIDES = ("before", "after")
_FIGURES = ("demand", "capacity", "shortage", "coverage", "gap_value_cny")


def compare_gaps(
    before: tuple[pd.DataFrame, RegionState],
    after: tuple[pd.DataFrame, RegionState],
    names: Names,
    *,
    also: Iterable[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the gaps of a region in two states.

    Parameters
    ----------
    before, after
        Gaps and state of the region, of each.
    names
        Names of enterprises and products.
    also
        Ids of products that are told of too, gap or not.

    Returns
    -------
    changes, causes : pandas.DataFrame
        One row a product that is a gap in either state; and what moved it.
    """
    sides = two_sides(before[1], after[1])
    rows = [
        {row["product_id"]: row for row in frame.to_dict("records")}
        for frame in (before[0], after[0])
    ]
    asked = set(also)
    products = sorted({*rows[0], *rows[1], *asked})
    records = [_record(product, sides, rows) for product in products]
    for record in records:
        record["name_zh"], record["name_en"] = names.both(record["product_id"])
    records.sort(key=_order)
    moved = [
        str(r["product_id"]) for r in records
        if r["gap_change"] != "same" or r["product_id"] in asked
    ]  # fmt: skip
    return gap_frame(records), find_causes(*sides, moved, names)


def is_unmet(gaps: pd.DataFrame) -> pd.Series[bool]:
    """Tell which gaps were or are of a kind that may be bought outside."""
    return gaps["gap_kind_before"].isin(UNMET) | gaps["gap_kind_after"].isin(UNMET)


def _record(
    product: str, sides: tuple[Side, Side], rows: list[dict[Any, dict[Any, Any]]]
) -> dict[str, Any]:
    record: dict[str, Any] = {"product_id": product}
    for name, side, gaps in zip(_SIDES, sides, rows, strict=True):
        row: Mapping[Any, Any] = gaps.get(product, {})
        record[f"gap_kind_{name}"] = row.get("gap_kind")
        record[f"rank_{name}"] = row.get("rank", np.nan)
        for key, value in _figures(side, product).items():
            record[f"{key}_{name}"] = value
    last = rows[1].get(product) or rows[0].get(product) or {"unit": _unit(sides, product)}
    record |= {key: last.get(key) for key in ("unit", "list", "action", "verb")}
    record["coverage"] = record.pop("coverage_after")
    record["gap_change"] = _change(record)
    record["shortage_change"] = record["shortage_after"] - record["shortage_before"]
    return record


def _unit(sides: tuple[Side, Side], product: str) -> str | None:
    """Return the unit of a product that is no gap."""
    for side in reversed(sides):
        place = side.state.study.product_graph.position.get(product)
        if place is not None:
            unit = side.state.study.products["unit"].iloc[place]
            return unit if isinstance(unit, str) else None
    return None


def _figures(side: Side, product: str) -> dict[str, float]:
    """Return the figures of a product in a state; one that it does not have makes and takes nothing."""
    state = side.state
    place = state.study.product_graph.position.get(product)
    if place is None:
        return dict.fromkeys(("demand", "capacity", "shortage"), 0.0) | {
            "coverage": np.nan, "gap_value_cny": 0.0,
        }  # fmt: skip
    factor = side.factor[product]
    return {
        "demand": float(state.demand.point[place]) * factor,
        "capacity": float(state.supply.point[place]) * factor,
        "shortage": float(state.gap.point[place]) * factor,
        "coverage": float(state.coverage[place]),
        "gap_value_cny": float(state.gap_value.point[place]),
    }


def _change(record: Mapping[str, Any]) -> str:
    """Return what happened to a gap."""
    old, new = record["gap_kind_before"], record["gap_kind_after"]
    was, now = record["shortage_before"], record["shortage_after"]
    if old != new:
        return _turn(old, new, known=not np.isnan(now))
    if np.isnan(was) != np.isnan(now):
        return "turned" if np.isnan(now) else "quantified"
    if np.isnan(was) or np.isclose(was, now, rtol=_CLOSE, atol=0):
        return "same"
    return "grown" if now > was else "shrunk"


def _turn(old: str | None, new: str | None, *, known: bool) -> str:
    """Return what happened to a gap whose kind changed; where figures lack, a shortage is not gone."""
    if old in _LOOKED and new in _LOOKED:
        return "known" if _LOOKED.index(old) < _LOOKED.index(new) else "turned"
    if _UNKNOWN in (old, new) and (old in CERTAIN or new in CERTAIN):
        return "quantified" if new != _UNKNOWN and known else "turned"
    if old is None or (new in UNMET and old not in UNMET):
        return "opened"
    return "closed" if new is None or (old in UNMET and new not in UNMET) else "turned"


def _order(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """Order by change, recruitable ones first, then by the money and the tonnes that moved."""
    values = [np.nan_to_num(record[f"gap_value_cny_{side}"]) for side in _SIDES]
    return (
        GAP_CHANGES.index(record["gap_change"]), record["list"] != "recruit",
        -abs(values[1] - values[0]), -np.nan_to_num(abs(record["shortage_change"])),
        record["product_id"],
    )  # fmt: skip


def gap_frame(records: list[dict[str, Any]]) -> pd.DataFrame:
    """Return records of gaps as a frame with all columns; none gives an empty one."""
    texts = ("gap_change", "product_id", "name_zh", "name_en", "unit", "list", "action", "verb",
             "gap_kind_before", "gap_kind_after")  # fmt: skip
    data: dict[str, Any] = {
        name: pd.array([record[name] for record in records], dtype="str") for name in texts
    }
    figures = [f"{name}_{side}" for name in _FIGURES for side in _SIDES]
    figures[figures.index("coverage_after")] = "coverage"
    figures.insert(figures.index("shortage_after") + 1, "shortage_change")
    for name in [*figures, "rank_before", "rank_after"]:
        data[name] = np.array([record[name] for record in records], dtype=float)
    return pd.DataFrame(data)
