"""What a trader knows of places and products, set against what the bundled data answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chaingraph.knowledge.evidence import LEVELS, MADE

if TYPE_CHECKING:
    from chaingraph.analysis.study import Study

PAIRS = Path(__file__).parent / "data" / "sanity_pairs.csv"
FIRST = 51
"""The pairs at the head of the list, that a prototype was measured on."""
ABSENT = ("absent", "absent_likely")


def sanity_table(study: Study) -> pd.DataFrame:
    """Return each pair with the answer: `level`, `kind`, and whether it is `right` or the `opposite`.

    Right is what says the truth for sure or likely; open answers are neither right nor the opposite.
    """
    pairs = pd.read_csv(PAIRS, dtype="str").fillna("")
    level, kind = np.full(len(pairs), "", dtype="U16"), np.full(len(pairs), "", dtype="U16")
    for state in study.states(sorted(set(pairs["region"]))):
        kinds = state.decisions.text("kind")
        for row in np.flatnonzero(pairs["region"] == state.region.name).tolist():
            place = study.product_graph.find(pairs["product_id"][row])
            level[row], kind[row] = LEVELS[state.evidence.level[place]], kinds[place]
    made, absent = np.isin(level, MADE), np.isin(level, ABSENT)
    absent |= np.isin(kind, ["missing", "missing_likely"])
    truth = pairs["truth"].to_numpy()
    right = np.select(
        [truth == "made", truth == "not_made"], [made, absent], default=made | (level == "utility")
    )
    opposite = np.where(truth == "not_made", made, absent)
    return pairs[["region", "product_id", "truth"]].assign(
        level=level, kind=kind, right=right, opposite=opposite
    )
