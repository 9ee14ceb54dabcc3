"""Every gap that a planner would have been shown at a date: the base of what a list of targets is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaingraph.analysis.gaps import UNMET, gaps_of
from chaingraph.analysis.study import open_study
from chaingraph.recruit.entries import freeze
from chaingraph.recruit.unlisted import unlisted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chaingraph.dataset import Dataset


@dataclass(frozen=True, eq=False)
class Exposure:
    """What planners would have been shown.

    Attributes
    ----------
    gaps
        Of each cut-off and city with a known maker of anything: the positions of the products that are
        gaps of the list *recruit* there and that targets are listed for.
    """

    gaps: Mapping[tuple[str, str], frozenset[int]]

    @property
    def cities(self) -> int:
        """Number of cities and years."""
        return len(self.gaps)

    @property
    def count(self) -> int:
        """Number of gaps of all cities and years."""
        return sum(len(products) for products in self.gaps.values())


def gather_exposure(
    ds: Dataset, cutoffs: Sequence[str], progress: Callable[[str], None] | None = None
) -> Exposure:
    """Find the gaps of every city as known at some dates.

    Parameters
    ----------
    ds
        The dataset, as known today.
    cutoffs
        Dates; the dataset is frozen at each.
    progress
        Told each cut-off when its turn comes.
    """
    found: dict[tuple[str, str], frozenset[int]] = {}
    for cutoff in cutoffs:
        if progress:
            progress(cutoff)
        frozen = freeze(ds, cutoff)
        if not len(frozen.capacities):
            continue
        study = open_study(frozen)
        graph, without = study.product_graph, unlisted(study) != ""
        frame, names = gaps_of(study, study.states("city"))
        shown: dict[str, set[int]] = {name: set() for name in names}
        if len(frame):
            kept = frame[(frame["list"] == "recruit") & frame["gap_kind"].isin(UNMET)]
            for city, product in zip(kept["region"], kept["product_id"], strict=True):
                position = graph.position[product]
                if not without[position]:
                    shown[city].add(position)
        found |= {(cutoff, city): frozenset(products) for city, products in shown.items()}
    return Exposure(found)
