"""One region under several assumptions, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.knowledge.evidence import LEVELS as EVIDENCE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.analysis.state import RegionState

SHOWN: Final = (
    "scenario", "region", "product_id", "name_zh", "name_en", "unit", "gap_kind", "demand_low", "demand",
    "demand_high", "gap_low", "gap", "gap_high",
)  # fmt: skip
_AMOUNTS: Final = ("capacity", "supply", "demand", "gap")
_PRODUCT: Final = ("product_id", "name_zh", "name_en", "unit")


def compared_states(states: Iterable[tuple[str, RegionState]]) -> pd.DataFrame:
    """Return what each scenario says of each product that any of them has something to say of.

    Parameters
    ----------
    states
        Name of the scenario and the state of a region in it; of one region in each scenario.
    """
    listed = list(states)
    seen: dict[str, Any] = {}
    for _, state in listed:
        here = state.present | state.needed | (state.rows.construction_rows > 0)
        seen[state.region.name] = here | seen.get(state.region.name, False)
    parts = []
    for name, state in listed:
        rows = np.flatnonzero(seen[state.region.name])
        products = state.study.products.iloc[rows]
        columns: dict[str, Any] = {"scenario": name, "region": state.region.name}
        columns |= {column: products[column].array for column in _PRODUCT}
        columns["evidence"] = [EVIDENCE[code] for code in state.evidence.level[rows].tolist()]
        kinds = state.decisions.text("kind")
        columns["gap_kind"] = pd.array([kinds[row] or None for row in rows.tolist()], dtype="str")
        for amount in _AMOUNTS:
            found = getattr(state, amount).take(rows)
            ends = (("_low", found.low), ("", found.point), ("_high", found.high))
            columns |= {f"{amount}{end}": values for end, values in ends}
        value = state.gap_value.take(rows)
        columns["gap_value_cny"] = value.point
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
