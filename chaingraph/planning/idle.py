"""Plants that stand idle here: they come before anything new (盘活)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chaingraph.enterprises import plant_rows

if TYPE_CHECKING:
    import pandas as pd

    from chaingraph.analysis.state import RegionState

_COLUMNS = (
    "enterprise_id",
    "name_zh",
    "name_en",
    "group",
    "product_id",
    "capacity",
    "as_of",
    "source_url",
    "note",
)
_TINY = 1e-9


def find_idle(state: RegionState) -> pd.DataFrame:
    """Return the suspended plants of a region's makers.

    Returns
    -------
    pandas.DataFrame
        `enterprise_id`, `name_zh`, `name_en`, `product_id`, `capacity` (units a year, missing where not
        known), `as_of`, `source_url`, `note`; and `gap`, what lacks here, `closes`, how much of it the plant
        would serve (missing where either is not known).
    """
    study = state.study
    plants = plant_rows(study.dataset.enterprises, study.standing, where=state.region)
    for name in _COLUMNS:
        if name not in plants:
            plants[name] = None
    plants = plants[(plants["status"] == "suspended") & plants["product_id"].notna()]
    rows = plants[list(_COLUMNS)].sort_values(["product_id", "enterprise_id"], ignore_index=True)
    place = [study.product_graph.find(product) for product in rows["product_id"]]
    left = state.gap.point.copy()
    gaps, closes = [], []
    for spot, capacity in zip(place, rows["capacity"].tolist(), strict=True):
        gaps.append(float(state.gap.point[spot]))
        makes = float(capacity) * float(study.loads.availability[spot])
        served = float(np.minimum(makes, left[spot]))  # unknown stays unknown
        closes.append(served)
        if served > 0:
            left[spot] -= served
    return rows.assign(gap=np.array(gaps, dtype=float), closes=np.array(closes, dtype=float))


def revived(state: RegionState, idle: pd.DataFrame) -> RegionState:
    """Return the region with those idle plants going again that serve something here."""
    rows = idle[(idle["closes"] > _TINY) & idle["capacity"].notna()]
    if rows.empty:
        return state
    return state.with_capacity(rows[["product_id", "capacity"]].to_dict("records"))
