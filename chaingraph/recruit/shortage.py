"""What the ranking must know or say of a region: what it lacks, green power, gaps that nobody makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chaingraph.products import walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.analysis.state import RegionState
    from chaingraph.dataset import Dataset
    from chaingraph.quantity import Floats
    from chaingraph.recruit.candidates import Place
    from chaingraph.recruit.features import View

GREEN_INDICATOR: Final = "clean_energy_generation_share"
_PERCENT: Final = 100.0
_NAMED: Final = 5


def lacking(state: RegionState) -> Floats:
    """Return by product the units a year that a region lacks: the gap, where it can't be told its least.

    Missing where nothing is taken, and where not even a least is known.
    """
    least = np.where(state.gap.low > 0, state.gap.low, np.nan)
    known = np.where(np.isnan(state.gap.point), least, state.gap.point)
    return np.where(state.demand.high > 0, known, np.nan)


def green_row(ds: Dataset, place: Place) -> Any:
    """Return the latest indicator row of clean power of a region, else of its province; else None."""
    return green_power(ds, (place.region.name, *place.provinces))


def green_power(ds: Dataset, names: Sequence[str]) -> Any:
    """Return the latest indicator row of clean power of the first of some places that has any; else None."""
    if not ds.has("indicators"):
        return None
    frame = ds.table("indicators")
    frame = frame[(frame["indicator"] == GREEN_INDICATOR) & frame["value"].notna()]
    for name in names:
        own = frame[frame["region"] == name]
        if len(own):
            return own.sort_values("year").iloc[-1]
    return None


def green_share(ds: Dataset, place: Place) -> float:
    """Return the share of a region's power from water, wind and sun, 0 to 1; nan where unknown."""
    row = green_row(ds, place)
    return float("nan") if row is None else min(1.0, float(row["value"]) / _PERCENT)


def missing_makers(view: View, products: Sequence[int]) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Name the gaps that nobody in the data makes elsewhere, and the nearest related makers of each."""
    field, study = view.field, view.field.evidence.study
    newcomers = view.place.newcomers(field)
    notes = []
    for product in products:
        own = (field.product == product) & newcomers
        if (own & field.maker).any():
            continue
        near = _related_makers(view, product)
        key = "target-no-maker" if near else "target-nobody"
        names = {"product": study.names_en[product], "product_zh": study.names_zh[product]}
        notes.append(
            (key, names | {"id": study.product_graph.ids[product], "makers": ", ".join(near)})
        )
    return tuple(notes)


def _related_makers(view: View, product: int) -> list[str]:
    """Name makers of the products fewest links away, nearest plant first."""
    field = view.field
    held, graph = field.evidence.holdings, field.evidence.study.product_graph
    used = view.setting.links
    steps = walk(graph, product, up=True, used=used) + walk(graph, product, up=False, used=used)
    for depth in sorted({step.depth for step in steps}):
        links = np.array([step.link for step in steps if step.depth == depth], dtype=np.intp)
        there = np.unique(np.r_[graph.source[links], graph.target[links]])
        rows = np.flatnonzero(np.isin(held.product, there[there != product]) & held.makes)
        if len(rows):
            km = np.nan_to_num(view.place.nearest[rows], nan=np.inf)
            names = field.evidence.groups[held.group[rows[np.lexsort((rows, km))]]].tolist()
            return list(dict.fromkeys(names))[:_NAMED]
    return []
