"""Tables of the backtest: averages over queries, intervals, and ratios to the best simple rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.recruit.contest import EQUAL, FROM_OUTSIDE, MEASURES, MODEL, SHIPPED
from chaingraph.recruit.contest_cities import CALLS, JOINT
from chaingraph.recruit.metrics import drawn_ratio, interval, resample

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.products import Floats, Integers
    from chaingraph.recruit.exposure import Exposure

OURS: Final = (SHIPPED, MODEL, EQUAL, JOINT)
"""Methods that are no simple rules."""
COMPARED: Final = {
    "mrr": "mrr", "hits_10": "hits_10", "outside_hits": "outside_10", "local_hits": "local_3",
}  # fmt: skip
"""Measures of which the ratio to the best simple rule by it is given, and what its columns are called."""
FATES: Final = ("positives", "reachable", "no_candidate", "unknown")


def group_table(queries: pd.DataFrame, split: str, draws: int, seed: int) -> pd.DataFrame:
    """Average the measures of queries, of all and by chain.

    Returns
    -------
    pandas.DataFrame
        One row a `content_of` (all, or a chain) and `method`: the measures; `outside_10` and `local_3`,
        the share of newcomers from outside among the first ten names from outside, of those here already
        among the first three of these; the ratios of all four to the best simple rule by each (`mrr_ratio`,
        `hits_10_ratio`, `outside_10_ratio`, `local_3_ratio`; `best_rule` is that of the second); ends of
        the 95% intervals of all; counts.
        Intervals and ratios are of the same draws, over cities and products together.
    """
    if queries.empty:
        return pd.DataFrame()
    parts = [("all", queries)]
    if "chain" in queries:
        parts += [(str(name), part) for name, part in queries.groupby("chain") if name]
    return pd.concat([_content(part, split, name, draws, seed) for name, part in parts])


def _content(
    queries: pd.DataFrame, split: str, content: str, draws: int, seed: int
) -> pd.DataFrame:
    methods = {str(name): part for name, part in queries.groupby("method", sort=False)}
    first = next(iter(methods.values()))
    ways = [_codes(first, name) for name in ("city", "product_id") if name in first]
    times = resample(ways, draws=draws, seed=seed)
    ones = np.ones(len(first))
    best = {name: best_rule(methods, name) for name in COMPARED if name in first}
    rows = []
    for method, own in methods.items():
        row: dict[str, Any] = {"split": split, "content_of": content, "method": method}
        for name in MEASURES:
            row |= _figure(name, own[name].to_numpy(dtype=float), ones, times)
        if "outside_hits" in own:
            row |= _figure(
                "outside_10", _floats(own, "outside_hits"), _floats(own, "outside"), times
            )
            row |= _figure("local_3", _floats(own, "local_hits"), _floats(own, "local"), times)
        for name, rule in best.items():
            base = _floats(methods[rule], name) if rule else np.full(len(own), np.nan)
            row |= _figure(f"{COMPARED[name]}_ratio", _floats(own, name), base, times)
        row["best_rule"] = best["hits_10"]
        row |= {name: int(own[name].sum()) for name in FATES if name in own}
        rows.append(row | {"queries": len(own), "cities": int(ways[0].max()) + 1})
    return pd.DataFrame(rows)


def best_rule(methods: Mapping[str, pd.DataFrame], measure: str) -> str:
    """Return the simple rule that is best by a measure; empty where there is none."""
    rules = [name for name in methods if name not in OURS]
    return max(rules, key=lambda name: (methods[name][measure].mean(), name), default="")


def _codes(frame: pd.DataFrame, column: str) -> Integers:
    return np.asarray(pd.factorize(frame[column], sort=True)[0], dtype=np.intp)


def _floats(frame: pd.DataFrame, column: str) -> Floats:
    return frame[column].to_numpy(dtype=float)


def _figure(name: str, top: Floats, bottom: Floats, times: Floats) -> dict[str, float]:
    """Return the sum of one series over another's, and the ends of its interval."""
    total = float(bottom.sum())
    low, high = interval(drawn_ratio(times, top, bottom))
    value = float(top.sum()) / total if total > 0 else float("nan")
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def compare(
    queries: pd.DataFrame, one: str, other: str, measure: str, draws: int, seed: int
) -> dict[str, float]:
    """Return how much one method is better than another by a measure: ratio, low, high."""
    methods = {str(name): part for name, part in queries.groupby("method", sort=False)}
    ways = [_codes(methods[one], name) for name in ("city", "product_id")]
    times = resample(ways, draws=draws, seed=seed)
    figure = _figure(
        "ratio", _floats(methods[one], measure), _floats(methods[other], measure), times
    )
    return {"ratio": figure["ratio"], "low": figure["ratio_low"], "high": figure["ratio_high"]}


def city_table(
    newcomers: pd.DataFrame, exposure: Exposure, split: str, draws: int, seed: int
) -> pd.DataFrame:
    """Say what a list of ten or twenty groups for a whole city is worth.

    Returns
    -------
    pandas.DataFrame
        One row a method: `groups_10` and `groups_20`, the share of the groups that came in a year with
        something nobody made there among so many names; `outside_20`, of those new to the city;
        `calls_ratio` and `calls_20_ratio`, of both to the best simple rule by each;
        intervals over cities and products together;
        `arrivals_per_ten`, groups met in ten calls where anybody came at all, and `arrivals_per_ten_all`
        in every city with a known maker; `arrivals`, `reachable`, `occasions` (cities and years in which
        anybody came), `city_years` (all).
    """
    if newcomers.empty:
        return pd.DataFrame()
    methods = {str(name): part for name, part in newcomers.groupby("method", sort=False)}
    first = next(iter(methods.values()))
    times = resample([_codes(first, n) for n in ("city", "product_id")], draws=draws, seed=seed)
    ones = np.ones(len(first))
    outside = (~first["local"].to_numpy(dtype=bool)).astype(float)
    occasions = len(first.drop_duplicates(["city", "cutoff"]))
    short, long = (f"calls_{top}" for top in CALLS)
    base, base_long = best_rule(methods, short), best_rule(methods, long)
    rows = []
    for method, own in methods.items():
        row: dict[str, Any] = {"split": split, "method": method}
        hits = _floats(own, short)
        row |= _figure("groups_10", hits, ones, times)
        row |= _figure("groups_20", _floats(own, long), ones, times)
        row |= _figure("outside_20", _floats(own, long) * outside, outside, times)
        nothing = np.full(len(own), np.nan)
        ruled = _floats(methods[base], short) if base else nothing
        row |= _figure("calls_ratio", hits, ruled, times)
        ruled = _floats(methods[base_long], long) if base_long else nothing
        row |= _figure("calls_20_ratio", _floats(own, long), ruled, times)
        row |= {
            "best_rule": base,
            "arrivals_per_ten": hits.sum() / occasions,
            "arrivals_per_ten_all": _per(hits.sum(), exposure.cities),
            "arrivals": len(own),
            "reachable": int(own["reachable"].sum()),
            "occasions": occasions,
            "city_years": exposure.cities,
        }
        rows.append(row)
    return pd.DataFrame(rows)


def _per(count: float, total: float) -> float:
    return count / total if total else float("nan")


def gap_table(
    queries: pd.DataFrame,
    exposure: Exposure,
    members: Sequence[frozenset[int]],
    split: str,
) -> pd.DataFrame:
    """Say what ten names for each gap are worth over all gaps that a planner would be shown.

    Parameters
    ----------
    queries
        As ranked, with all methods of a query beside each other.
    exposure
        The gaps of every city and year.
    members
        By row of `queries`: positions of the products that the query is about.
    split
        Name of the split.

    Returns
    -------
    pandas.DataFrame
        One row a method: `gaps` (of all cities and years), `gaps_filled` (somebody came within the year),
        `gaps_found` (one of them stood among the first ten names), `found_per_thousand` gaps,
        `found_of_filled`, `calls_per_arrival` (names to call for one who comes within the year).
    """
    if queries.empty or not exposure.count:
        return pd.DataFrame()
    shown = [
        bool(exposure.gaps.get((cutoff, city), frozenset()) & products)
        for cutoff, city, products in zip(queries["cutoff"], queries["city"], members, strict=True)
    ]
    rows = []
    for method, own in queries.groupby("method", sort=False):
        kept = own[pd.Series(shown, index=queries.index)[own.index]]
        found = float(kept["found"].sum())
        rows.append(
            {
                "split": split,
                "method": method,
                "gaps": exposure.count,
                "gaps_filled": len(kept),
                "gaps_found": found,
                "found_per_thousand": _per(1000 * found, exposure.count),
                "found_of_filled": _per(found, len(kept)),
                "calls_per_arrival": _per(FROM_OUTSIDE * exposure.count, found),
            }
        )
    return pd.DataFrame(rows)
