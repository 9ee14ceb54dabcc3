"""How a region stands with each product, as colours of maps and charts say it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chaingraph.analysis.state import RegionState
    from chaingraph.quantity import Floats

STANDINGS: Final = (
    "strong", "weak", "open", "building", "missing", "missing_likely", "unseen", "not_assessed",
    "on_site", "flow", "absent",
)  # fmt: skip
"""In the order of legends; words in the vocabulary ``standing``."""
LACKING: Final = ("weak", "missing")
"""Known for sure to lack: the only ones that are drawn in red."""
UNCLEAR: Final = ("unseen", "not_assessed")
"""Nobody looked well enough: hatched in grey, never 0% covered."""
TOLD: Final = ("strong", "weak", "open", "missing")
"""Of which a coverage may be shown: made here, or known not to be."""


def standing(state: RegionState) -> NDArray[np.str_]:
    """Return the standing of each product.

    - strong: made here and not known to be short;
    - weak: made here, and surely less than what is taken here;
    - open: made here, whether enough cannot be told, or how much is not known at all;
    - building: no maker yet, capacity is under construction;
    - missing: taken here, somebody looked and found no maker;
    - missing_likely: taken here, probably made by nobody here;
    - unseen: taken here, the data name no maker, or only an announced one;
    - not_assessed: taken here, the data hardly collect makers of it anywhere;
    - on_site, flow: taken here, made at its users', or an end-of-life flow;
    - absent: neither made nor taken here.
    """
    evidence, facts = state.evidence, state.facts
    need, made = facts["need"], state.present
    unclear = facts["may"] | np.isnan(shown_capacity(state))
    known = {
        "weak": made & facts["sure"],
        "open": made & unclear,
        "strong": made,
        "building": evidence.is_any("building"),
        "missing": need & evidence.is_any("absent"),
        "missing_likely": need & evidence.is_any("absent_likely"),
        "unseen": need & evidence.is_any("unseen", "announced"),
        "not_assessed": need & evidence.is_any("thin", "not_collected"),
        "on_site": need & evidence.is_any("utility"),
        "flow": need & evidence.is_any("flow"),
    }
    return np.select(list(known.values()), list(known), default="absent")


def shown_capacity(state: RegionState) -> Floats:
    """Return the known capacities, missing where makers are known and none of their figures is."""
    known = np.where(state.totals.stale, 0.0, np.nan_to_num(state.totals.made))
    figure = np.maximum(state.rows.capacity, known)
    return np.where(state.present & (figure <= 0), np.nan, figure)
