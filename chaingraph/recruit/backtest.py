"""The backtest: how often the ranking named, before the fact, the groups that came."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.analysis.content import home_chains
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import open_study
from chaingraph.dataset import checked_date, last_day
from chaingraph.errors import OptionError
from chaingraph.recruit.choices import gather_occasions, yearly
from chaingraph.recruit.contest import (
    MEASURES,
    draw_products,
    draw_sample,
    rank_groups,
    rank_products,
)
from chaingraph.recruit.entries import list_entries
from chaingraph.recruit.features import FEATURES, GROUP_FEATURES
from chaingraph.recruit.metrics import bootstrap, folds, interval
from chaingraph.recruit.scoring import default_weights, weights_text
from chaingraph.results import Result
from chaingraph.words import term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.dataset import Dataset
    from chaingraph.products import Floats
    from chaingraph.recruit.choices import Occasion
    from chaingraph.recruit.contest import Drawn
    from chaingraph.recruit.logit import Fit
    from chaingraph.words import Language

FOLDS: Final = 10
PAST_YEARS: Final = 10
GOAL: Final = 1.5
CURVE: Final = (0.1, 0.25, 0.5, 0.75, 1.0)
SHOWN: Final = (
    "split", "content_of", "method", "mrr", "mrr_low", "mrr_high", "hits_1", "hits_5", "hits_10",
    "hits_20", "average_precision", "positives", "reachable", "queries",
)  # fmt: skip
PRODUCTS_SHOWN: Final = tuple(name for name in SHOWN if name not in {"split", "content_of"})
CURVE_SHOWN: Final = (
    "training_cities",
    "training_entries",
    "mrr",
    "mrr_low",
    "mrr_high",
    "positives",
)


@dataclass(frozen=True, eq=False)
class Backtest:
    """What a backtest found.

    Attributes
    ----------
    ranking
        Groups per gap: one row a split, chain and method.
    products
        Products per city: which of those that it lacked came.
    weights
        The weights that the entries up to the end of the horizon give.
    learning
        How the city split's figure grows with the cities that are fitted on.
    """

    ranking: Result
    products: Result
    weights: Result
    learning: Result

    def weights_file(self) -> str:
        """Return the fitted weights as a file that :func:`rank_targets` takes.

        Green power keeps the judged weight of the file in the package: too few places have a figure.
        """
        frame, params = self.weights.frame, self.weights.params
        names = frame["feature"].tolist()
        judged = default_weights()["green_power"]
        weights = dict(zip(names, frame["weight"], strict=True)) | {"green_power": judged}
        errors = dict(zip(names, frame["standard_error"], strict=True)) | {
            "green_power": float("nan")
        }
        about = (
            f"Fitted by 'chaingraph backtest {params['dataset']} --cutoff {params['cutoff']} "
            f"--horizon {params['horizon']} --weights-out FILE'\n(version {params['version']}, ridge "
            f"{params['ridge']:g}, seed {params['seed']}); green_power is judged: too few places have a figure."
        )
        return weights_text(weights, errors, about)

    @property
    def results(self) -> list[Result]:
        """All four, in the order in which they are shown."""
        return [self.ranking, self.products, self.weights, self.learning]


def backtest(
    ds: Dataset,
    *,
    cutoff: str,
    horizon: str = "3y",
    ridge: float = 1.0,
    draws: int = 1000,
    seed: int = 0,
    lang: Language | None = None,
) -> Backtest:
    r"""Rank with what was known at a date, and compare with who came after it.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities, and profits from projects and supplies.
    cutoff
        ``YYYY`` or ``YYYY-MM``. The dataset is frozen there (:func:`chaingraph.recruit.entries.freeze`).
    horizon
        Years after the cut-off in which entries count, ``"3y"``.
    ridge
        Penalty of the fitted weights.
    draws, seed
        Draws of the bootstrap over cities; seed of everything that is drawn.
    lang
        ``zh`` or ``en``; the dataset's own by default.

    Returns
    -------
    Backtest
        `ranking`: one row a `split` (*time*: fitted on the ten years before the cut-off, tested on the
        horizon; *city*: ten folds of cities, each tested with weights fitted on the other cities, yearly
        windows from ten years before the cut-off to the end of the horizon), `content_of` (a chain, or
        all) and `method` (model, random, largest_capacity, nearest, most_sites, popularity), with
        `mrr`, `average_precision`, `hits_1` ... `hits_20` and the ends of their 95% intervals,
        `positives` (entries), `reachable` (entries whose group was a candidate at all), `queries`.
        `products`, `weights`, `learning`: see :class:`Backtest`.

    Raises
    ------
    OptionError
        For a cut-off outside the data, a horizon that is none, or data without dated entries.

    Notes
    -----
    A *query* is a city and a product (or a broad family as a project names it) that at least one group
    newly came to in the window; its candidates are those of :func:`rank_targets`. An entry whose group
    was no candidate counts as missed by every method. Intervals are percentiles of 1,000 resamples of
    cities. Baselines rank by the group's share of the known capacity of the product, by distance to its
    nearest plant, by the number of its cities with the product, and by the number of cities it newly
    came to with anything in three years; figures of tied candidates are averaged over 20 drawn orders.
    What cannot be frozen: today's names of groups, capacities of a phase as known today, and plants
    closed since without an `until`, which are missing before too.

    Examples
    --------
    >>> import chaingraph as cg
    >>> found = cg.backtest(cg.load_dataset("toy"), cutoff="2019-12", draws=10)
    >>> found.ranking.frame["method"].unique().tolist()[:2]
    ['model', 'random']
    """
    asked = _read(ds, cutoff, horizon)
    chains = _chains(ds)
    everywhere = gather_occasions(ds, yearly(asked.begin, asked.end))
    past = [occasion for occasion in everywhere if occasion.cutoff < cutoff]
    ahead = gather_occasions(ds, [(cutoff, asked.end)])
    if not ahead or len(past) == len(everywhere):
        raise asked.outside
    lang_ = read_lang(ds, lang)
    params = {
        "dataset": ds.name, "version": ds.version, "cutoff": cutoff, "horizon": horizon,
        "ridge": ridge, "draws": draws, "seed": seed,
    }  # fmt: skip
    sample = draw_sample(everywhere, seed)
    before = draw_sample(past, seed).fit(range(len(past)), ridge)
    on_time = rank_groups(ahead, [before.weights] * len(ahead), chains, seed)
    split = _cross(everywhere, sample, ridge, seed)
    by_city = rank_groups(everywhere, split, chains, seed)
    ranking = pd.concat(
        [_table(on_time, "time", draws, seed), _table(by_city, "city", draws, seed)],
        ignore_index=True,
    )
    lacked = _cross(everywhere, draw_products(everywhere), ridge, seed)
    came = _table(rank_products(everywhere, lacked, seed), "city", draws, seed)
    final = sample.fit(range(len(everywhere)), ridge)
    curve = _curve(everywhere, sample, chains, ridge, draws, seed)
    notes = _verdict(by_city, draws, seed)
    return Backtest(
        ranking=Result("backtest", ranking, params, lang_, SHOWN, notes),
        products=Result("backtest_products", came, params, lang_, PRODUCTS_SHOWN),
        weights=_weight_table(final, params, lang_),
        learning=Result("learning_curve", curve, params, lang_, CURVE_SHOWN),
    )


@dataclass(frozen=True)
class _Asked:
    begin: str
    end: str
    outside: OptionError


def _read(ds: Dataset, cutoff: str, horizon: str) -> _Asked:
    """Check cut-off and horizon against the entries that the data have."""
    cutoff = checked_date(cutoff)
    found = re.fullmatch(r"([1-9]\d?)\s*y?", horizon.strip())
    if not found:
        raise OptionError("bad-horizon", value=horizon)
    entries = list_entries(ds, open_study(ds).product_graph)
    if entries.empty:
        raise OptionError("no-entries", dataset=ds.name)
    dates = sorted(entries["date"], key=last_day)
    first, last = dates[0], dates[-1]
    outside = OptionError("cutoff-outside", value=cutoff, first=first, last=last)
    if not last_day(first) <= last_day(cutoff) < last_day(last):
        raise outside
    year, rest = int(cutoff[:4]), cutoff[4:].replace("-02-29", "-02-28")
    return _Asked(f"{year - PAST_YEARS}{rest}", f"{year + int(found[1])}{rest}", outside)


def _chains(ds: Dataset) -> list[str]:
    """Return the chain of each product by position: the first that it is an output of."""
    return [min(names) if names else "" for names in home_chains(open_study(ds))]


def _cross(occasions: Sequence[Occasion], sample: Drawn, ridge: float, seed: int) -> list[Floats]:
    """Return for each occasion the weights fitted without its city."""
    deal = folds(sorted({occasion.city for occasion in occasions}), FOLDS, seed)
    number = np.array([deal[occasion.city] for occasion in occasions], dtype=np.intp)
    fitted = [sample.fit(np.flatnonzero(number != fold), ridge).weights for fold in range(FOLDS)]
    return [fitted[fold] for fold in number]


def _table(queries: pd.DataFrame, split: str, draws: int, seed: int) -> pd.DataFrame:
    """Average the measures of queries, of all and by chain, with intervals over cities."""
    if queries.empty:
        return pd.DataFrame()
    parts = [("all", queries)]
    if "chain" in queries:
        parts += [(str(name), part) for name, part in queries.groupby("chain") if name]
    rows = []
    for content, part in parts:
        for method in part["method"].unique():
            own = part[part["method"] == method]
            row: dict[str, Any] = {"split": split, "content_of": content, "method": method}
            cluster = pd.factorize(own["city"], sort=True)[0]
            values = own[list(MEASURES)].to_numpy(dtype=float)
            drawn = bootstrap(values, cluster, draws=draws, seed=seed)
            for place, name in enumerate(MEASURES):
                low, high = interval(drawn[:, place])
                row |= {name: values[:, place].mean(), f"{name}_low": low, f"{name}_high": high}
            counts = {name: int(own[name].sum()) for name in ("positives", "reachable")}
            rows.append(row | counts | {"queries": len(own), "cities": int(cluster.max()) + 1})
    return pd.DataFrame(rows)


def _verdict(
    queries: pd.DataFrame, draws: int, seed: int
) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Say by how much the model beats the best simple rule on the city split, and if that meets the goal."""
    if queries.empty:
        return ()
    wide = queries.pivot_table(
        index=["city", "cutoff", "product_id"], columns="method", values="mrr"
    )
    cluster = pd.factorize(wide.index.get_level_values(0), sort=True)[0]
    rules = [name for name in wide.columns if name != "model"]
    best = max(rules, key=lambda name: (wide[name].mean(), name))
    drawn = bootstrap(wide[["model", best]].to_numpy(dtype=float), cluster, draws=draws, seed=seed)
    model, rule = interval(drawn[:, 0]), interval(drawn[:, 1])
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = interval(drawn[:, 0] / drawn[:, 1])
    ratio = wide["model"].mean() / wide[best].mean() if wide[best].mean() > 0 else float("nan")
    met = ratio >= GOAL and model[0] > rule[1]
    figures: dict[str, Any] = {"ratio": ratio, "low": low, "high": high, "goal": GOAL}
    figures |= {"rule": term("method", best, "en"), "rule_zh": term("method", best, "zh")}
    key = "backtest-met" if met else "backtest-not-met"
    first = queries[queries["method"] == "model"]
    reach = {"reachable": int(first["reachable"].sum()), "count": int(first["positives"].sum())}
    told = ("backtest-reach", reach)
    return (told,) if np.isnan(ratio) else ((key, figures), told)


def _weight_table(fit: Fit, params: dict[str, Any], lang: Language) -> Result:
    frame = pd.DataFrame(
        {
            "feature": pd.array(list(FEATURES), dtype="str"),
            "feature_of": ["group" if name in GROUP_FEATURES else "place" for name in FEATURES],
            "weight": fit.weights,
            "standard_error": fit.errors,
        }
    )
    notes: tuple[tuple[str, dict[str, Any]], ...] = ()
    if fit.null:
        share = 1 - fit.likelihood / fit.null
        notes = (("fit-notes", {"choices": round(fit.choices), "share": share}),)
    return Result("weights", frame, params, lang, (), notes)


def _curve(
    occasions: Sequence[Occasion],
    sample: Drawn,
    chains: Sequence[str],
    ridge: float,
    draws: int,
    seed: int,
) -> pd.DataFrame:
    """Repeat the city split with a part of the cities to fit on."""
    deal = folds(sorted({occasion.city for occasion in occasions}), FOLDS, seed)
    fold = np.array([deal[occasion.city] for occasion in occasions], dtype=np.intp)
    names = np.array([occasion.city for occasion in occasions], dtype=object)
    order = np.random.default_rng(seed).permutation(sorted(set(names)))
    rows = []
    for share in CURVE:
        kept = set(order[: max(1, round(share * len(order)))])
        use = np.isin(names, sorted(kept))
        fitted = [sample.fit(np.flatnonzero(use & (fold != f)), ridge) for f in range(FOLDS)]
        weights = [fitted[f].weights for f in fold]
        own = rank_groups(occasions, weights, chains, seed, rules=())
        cluster = pd.factorize(own["city"], sort=True)[0]
        drawn = bootstrap(own[["mrr"]].to_numpy(dtype=float), cluster, draws=draws, seed=seed)
        low, high = interval(drawn[:, 0])
        rows.append(
            {
                "training_cities": len(kept) * (FOLDS - 1) // FOLDS,
                "training_entries": float(np.mean([fit.choices for fit in fitted])),
                "mrr": own["mrr"].mean(),
                "mrr_low": low,
                "mrr_high": high,
                "positives": int(own["positives"].sum()),
            }
        )
    return pd.DataFrame(rows)
