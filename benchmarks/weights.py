"""Fitted weights against equal ones: each year ranked with what the years before it give.

Run ``python benchmarks/weights.py [DATASET]`` (some minutes). Every year from 2018 on is ranked with a
conditional logit fitted on the years before, with all group features at weight 1, with four of them at
weight 1, and by simple rules. Printed: entries, those whose group was a candidate at all, and by method the
mean reciprocal rank and the share of newcomers among the first ten names of their gap.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

import chaingraph as cg
from chaingraph.recruit import contest
from chaingraph.recruit.choices import gather_occasions, yearly
from chaingraph.recruit.features import FEATURES, GROUP_FEATURES
from chaingraph.recruit.logit import fit_logit

FIRST, BEGIN, END = "2012-12", "2018", "2025-12"
FOUR = ("maker", "momentum", "present", "closeness")


def weights_of(names: tuple[str, ...]) -> np.ndarray:
    """Return weight 1 for some features, 0 for the others."""
    return np.array([float(name in names) for name in FEATURES])


def measure(dataset: str) -> pd.DataFrame:
    """Return one row a method: `mrr`, `first_ten`."""
    contest.SAMPLE = 10**9  # all alternatives
    occasions = gather_occasions(cg.load_dataset(dataset), yearly(FIRST, END))
    years = np.array([occasion.cutoff[:4] for occasion in occasions])
    drawn = contest.draw_sample(occasions, 0)
    columns = [i for i, name in enumerate(FEATURES) if name in GROUP_FEATURES]
    tested = np.flatnonzero(years >= BEGIN)
    fitted = {}
    for year in sorted(set(years[tested])):
        rows = np.isin(drawn.occasion, np.flatnonzero(years < year))
        fit = fit_logit(
            drawn.features[rows][:, columns].astype(float),
            drawn.chosen[rows],
            drawn.occasion[rows],
        )
        fitted[year] = np.zeros(len(FEATURES))
        fitted[year][columns] = fit.weights
    chosen = [occasions[i] for i in tested]
    given = {
        "fitted": [fitted[year] for year in years[tested]],
        "equal, nine": [weights_of(tuple(GROUP_FEATURES))] * len(chosen),
        "equal, four": [weights_of(FOUR)] * len(chosen),
    }
    chains = [""] * (1 + max(int(o.product.max(initial=0)) for o in chosen))
    found = {}
    for name, weights in given.items():
        rules = contest.BASELINES if not found else ()
        table = contest.rank_groups(chosen, weights, chains, 0, rules=rules)
        for method, own in table.groupby("method"):
            found[name if method == "model" else str(method)] = own
    first = found["fitted"]
    reach = first["reachable"].sum() / first["positives"].sum()
    print(f"entries {first['positives'].sum()}, candidates {reach:.0%}")
    rows = [(name, own["mrr"].mean(), own["hits_10"].mean()) for name, own in found.items()]
    return pd.DataFrame(rows, columns=["method", "mrr", "first_ten"])


if __name__ == "__main__":
    print(measure(sys.argv[1] if len(sys.argv) > 1 else "qujing").round(4).to_string(index=False))
