"""How a region stands with each product: strong, building, weak, missing, no data, absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chaingraph.analysis.state import RegionState

STANDINGS = ("strong", "building", "weak", "missing", "nodata", "absent")


def standing(state: RegionState) -> NDArray[np.str_]:
    """Return the standing of each product.

    - strong: made here and not short;
    - weak: made here, and less than what is taken here;
    - building: nobody makes it yet, capacity is under construction;
    - missing: taken here and nobody makes it;
    - nodata: made here, figures unknown;
    - absent: neither made nor taken here.
    """
    no_figure = state.present & (state.unquantified > 0) & (state.capacity <= 0)
    building = ~state.present & (state.construction > 0)
    conditions = [no_figure, state.present & state.short, state.present, building, state.needed]
    names = ["nodata", "weak", "strong", "building", "missing"]
    return np.select(conditions, names, default="absent")
