"""The backtest: how often the ranking named, before the fact, the groups that came."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import pandas as pd

from chaingraph.analysis.content import home_chains
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import open_study
from chaingraph.dataset import checked_date, last_day
from chaingraph.errors import OptionError
from chaingraph.recruit.arrivals import PRODUCT_FEATURES, PRODUCT_TABLE
from chaingraph.recruit.choices import gather_occasions, yearly
from chaingraph.recruit.contest import MODEL, SHIPPED, queries, rank_groups
from chaingraph.recruit.contest_cities import JOINT, rank_newcomers, rank_products_lacked
from chaingraph.recruit.entries import list_entries
from chaingraph.recruit.exposure import gather_exposure
from chaingraph.recruit.features import FEATURES, GROUP_FEATURES
from chaingraph.recruit.scoring import default_weights, weights_text
from chaingraph.recruit.tally import (
    FATES,
    best_rule,
    city_table,
    compare,
    gap_table,
    group_table,
)
from chaingraph.recruit.trial import Trial
from chaingraph.recruit.weights import weight_lines
from chaingraph.results import Result
from chaingraph.words import Language, term

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from chaingraph.dataset import Dataset
    from chaingraph.recruit.choices import Occasion

_Notes = tuple[tuple[str, dict[str, Any]], ...]
_LANGS: Final[tuple[tuple[str, Language], ...]] = (("", "en"), ("_zh", "zh"))
PAST_YEARS: Final = 10
WALK_YEARS: Final = 7
"""Years at least whose arrivals the weights of a year of the walk are fitted on."""
Split = Literal["walk", "time", "city", "all"]
SPLITS: Final = get_args(Split)
_ENDS: Final = ("", "_low", "_high")
SHOWN: Final = (
    "split", "method", "hits_10", *(f"hits_10_ratio{end}" for end in _ENDS), "outside_10",
    "outside_10_ratio", "local_3", "mrr", *(f"mrr_ratio{end}" for end in _ENDS), "positives",
)  # fmt: skip
CITIES_SHOWN: Final = (
    "method", "arrivals_per_ten", "arrivals_per_ten_all", "groups_10",
    *(f"calls_ratio{end}" for end in _ENDS), "groups_20", *(f"calls_20_ratio{end}" for end in _ENDS),
    "outside_20", "arrivals",
)  # fmt: skip
GAPS_SHOWN: Final = (
    "method", "gaps", "gaps_filled", "gaps_found", "found_per_thousand", "found_of_filled",
    "calls_per_arrival",
)  # fmt: skip
PRODUCTS_SHOWN: Final = (
    "split", "method", "mrr", *(f"mrr_ratio{end}" for end in _ENDS), "hits_10",
    *(f"hits_10_ratio{end}" for end in _ENDS), "hits_20", "positives",
)  # fmt: skip
CURVE_SHOWN: Final = (
    "training_cities", "training_entries", "mrr", "mrr_low", "mrr_high", "positives",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Backtest:
    """What a backtest found.

    Attributes
    ----------
    ranking
        Groups per gap: one row a split, chain and method.
    gaps
        What ten names a gap are worth over all gaps that planners would have been shown.
    cities
        Groups per city, with whatever product: what ten and twenty calls are worth.
    products
        Products per city: which of those that it lacked came.
    weights
        The weights that the entries up to the end of the horizon give, of groups and of products.
    learning
        How the city split's figure grows with the cities that are fitted on.
    """

    ranking: Result
    gaps: Result
    cities: Result
    products: Result
    weights: Result
    learning: Result

    def weights_file(self) -> str:
        """Return the fitted weights as a file that :func:`rank_targets` takes.

        Green power keeps the judged weight of the file in the package: too few places have a figure.
        """
        frame, params = self.weights.frame, self.weights.params
        product = (frame["feature_of"] == "product").to_numpy(dtype=bool)
        weights, errors = _by_name(frame[~product])
        weights |= {"green_power": default_weights()["green_power"]}
        errors |= {"green_power": float("nan")}
        about = (
            f"Fitted by 'chaingraph backtest {params['dataset']} --cutoff {params['cutoff']} "
            f"--horizon {params['horizon']} --weights-out FILE'\n(version {params['version']}, ridge "
            f"{params['ridge']:g}, seed {params['seed']}); green_power is judged: too few places have a figure."
        )
        lines = weight_lines(PRODUCT_TABLE, *_by_name(frame[product]))
        return weights_text(weights, errors, about) + "\n" + "\n".join(lines) + "\n"

    @property
    def results(self) -> list[Result]:
        """All that hold anything, in the order shown; of the ranking only what is of all chains."""
        frame = self.ranking.frame
        whole = frame[frame["content_of"] == "all"].reset_index(drop=True)
        others = (self.gaps, self.cities, self.products, self.weights, self.learning)
        return [
            replace(self.ranking, frame=whole), *(one for one in others if not one.frame.empty)
        ]  # fmt: skip


def _by_name(frame: pd.DataFrame) -> tuple[dict[str, float], dict[str, float]]:
    """Return weights and standard errors by feature."""
    names = [str(name) for name in frame["feature"]]
    weights, errors = (frame[name].astype(float) for name in ("weight", "standard_error"))
    return dict(zip(names, weights, strict=True)), dict(zip(names, errors, strict=True))


def backtest(
    ds: Dataset,
    *,
    cutoff: str | None = None,
    horizon: str = "3y",
    split: Split = "walk",
    ridge: float = 1.0,
    draws: int = 1000,
    seed: int = 0,
    progress: Callable[[str], None] | None = None,
    lang: Language | None = None,
) -> Backtest:
    r"""Rank with what was known at a date, and compare with who came after it.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities, and profits from projects and supplies.
    cutoff
        ``YYYY`` or ``YYYY-MM``; the horizon before the dataset's own date by default. The dataset is
        frozen there (:func:`chaingraph.recruit.entries.freeze`).
    horizon
        Years after the cut-off in which entries count, ``"3y"``.
    split
        What stands in the ranking, see Returns; ``"walk"`` alone is free of the future and large.
        ``"all"`` adds the learning curve.
    ridge
        Penalty of the fitted weights.
    draws, seed
        Draws of the bootstrap over cities and products; seed of everything that is drawn.
    progress
        Told each cut-off and split when its turn comes; a minute or two in all.
    lang
        ``zh`` or ``en``; the dataset's own by default.

    Returns
    -------
    Backtest
        `ranking`: one row a `split` (*walk*: windows of one year from ten years before the cut-off to the
        end of the horizon, the years from the eighth on each tested with weights fitted on the years before it
        alone; *time*: fitted on the ten years before the cut-off, tested on the horizon; *city*: all those
        years, ten folds of cities, each tested with weights fitted on the other cities), `content_of` (a
        chain, or all) and `method` (shipped_weights: as :func:`rank_targets` has them; model: fitted
        weights; equal_weights: all that tells candidates apart at weight 1; and the rules of
        :func:`chaingraph.recruit.rules.rule_scores`); columns as
        :func:`chaingraph.recruit.tally.group_table` has them. Of newcomers, `reachable` were
        candidates, `no_candidate` known but none, `unknown` in no row before.
        `gaps`, `cities`: see :func:`chaingraph.recruit.tally.gap_table` and
        :func:`chaingraph.recruit.tally.city_table`, always of the walk. `products` of the walk, of
        cities, or both;
        `weights`, `learning`: see :class:`Backtest`.

    Raises
    ------
    OptionError
        For a cut-off outside the data, a horizon or a split that is none, or data without dated entries.

    Notes
    -----
    A *query* is a city and a product (or a broad family as a project names it) that at least one group
    newly came to in the window; its candidates are those of :func:`rank_targets`. An entry whose group
    was no candidate counts as missed by every method. Weights of groups are fitted on the choice of a
    group within each query, all candidates being alternatives; those that all candidates of a gap share
    on the choice of the product. Intervals are percentiles of resamples of cities and of products
    together (the pigeonhole bootstrap, Owen 2007); ratios are of the same draws. Figures of tied
    candidates are averaged over 20 drawn orders.
    What cannot be frozen: today's names of groups, capacities of a phase as known today, and plants
    closed since without an `until`, which are missing before too.

    Examples
    --------
    >>> import chaingraph as cg
    >>> found = cg.backtest(cg.load_dataset("toy"), cutoff="2019-12", draws=10)
    >>> found.ranking.frame["method"].unique().tolist()[:2]
    ['shipped_weights', 'model']
    """
    asked = _read(ds, cutoff, horizon, split)
    tell = progress or (lambda _: None)
    windows = yearly(asked.begin, asked.end)
    everywhere = gather_occasions(ds, windows, progress)
    past = np.array([occasion.cutoff < asked.cutoff for occasion in everywhere], dtype=bool)
    if not len(past) or past.all():
        raise asked.outside
    params = {
        "dataset": ds.name, "version": ds.version, "cutoff": asked.cutoff, "horizon": horizon,
        "split": split, "ridge": ridge, "draws": draws, "seed": seed,
    }  # fmt: skip
    trial = Trial(everywhere, _chains(ds), ridge, seed)
    exposure = gather_exposure(ds, [date for date, _ in windows[WALK_YEARS:]], progress)
    numbers = trial.since(windows[WALK_YEARS:])
    walk = [everywhere[number] for number in numbers]
    tell("walk")
    own = trial.walked(trial.targets, numbers)
    of_products = trial.walked(trial.products, numbers)
    walked = trial.rank(own, numbers)
    ranked, lacked = {}, {}
    if split in ("time", "all"):
        tell("time")
        ahead = gather_occasions(ds, [(asked.cutoff, asked.end)], progress)
        before = trial.targets.fit(np.flatnonzero(past), ridge)
        ranked["time"] = rank_groups(ahead, [before] * len(ahead), trial.chains, seed)
    if split in ("city", "all"):
        tell("city")
        ranked["city"] = trial.rank(trial.crossed(trial.targets))
        lacked["city"] = rank_products_lacked(everywhere, trial.crossed(trial.products), seed)
    if split in ("walk", "all"):
        ranked["walk"] = walked
    if split != "city":
        lacked["walk"] = rank_products_lacked(walk, of_products, seed)
    came = city_table(rank_newcomers(walk, own, of_products), exposure, "walk", draws, seed)
    shown = gap_table(walked, exposure, _members(walked, walk), "walk")
    curve = trial.curve(draws) if split == "all" else pd.DataFrame()
    results = {
        "backtest": (_joined(ranked, draws, seed), SHOWN, _verdicts(ranked, draws, seed)),
        "backtest_gaps": (shown, GAPS_SHOWN, _rarity(walked, shown)),
        "backtest_cities": (came, CITIES_SHOWN, _calls(came)),
        "backtest_products": (_joined(lacked, draws, seed), PRODUCTS_SHOWN, ()),
        "weights": _weights(trial),
        "learning_curve": (curve, CURVE_SHOWN, ()),
    }
    spoken = read_lang(ds, lang)
    return Backtest(*(
        Result(kind, frame, params, spoken, columns, notes)
        for kind, (frame, columns, notes) in results.items()
    ))  # fmt: skip


@dataclass(frozen=True)
class _Asked:
    cutoff: str
    begin: str
    end: str
    outside: OptionError


def _read(ds: Dataset, cutoff: str | None, horizon: str, split: str) -> _Asked:
    """Check cut-off and horizon against the entries that the data have."""
    found = re.fullmatch(r"([1-9]\d?)\s*y?", horizon.strip())
    if not found:
        raise OptionError("bad-horizon", value=horizon)
    if split not in SPLITS:
        raise OptionError("bad-split", value=split, choices=", ".join(SPLITS))
    if cutoff is not None:
        cutoff = checked_date(cutoff)
    entries = list_entries(ds, open_study(ds).product_graph)
    if entries.empty:
        raise OptionError("no-entries", dataset=ds.name)
    if cutoff is None:
        cutoff = _years_on(ds.as_of or max(entries["date"], key=last_day), -int(found[1]))
    dates = sorted(entries["date"], key=last_day)
    first, last = dates[0], dates[-1]
    outside = OptionError("cutoff-outside", value=cutoff, first=first, last=last)
    if not last_day(first) <= last_day(cutoff) < last_day(last):
        raise outside
    begin, end = _years_on(cutoff, -PAST_YEARS), _years_on(cutoff, int(found[1]))
    return _Asked(cutoff, begin, end, outside)


def _years_on(date: str, years: int) -> str:
    """Return the same day some years later."""
    return f"{int(date[:4]) + years}{date[4:].replace('-02-29', '-02-28')}"


def _chains(ds: Dataset) -> list[str]:
    """Return the chain of each product by position: the first that it is an output of."""
    return [min(names) if names else "" for names in home_chains(open_study(ds))]


def _joined(tables: Mapping[str, pd.DataFrame], draws: int, seed: int) -> pd.DataFrame:
    """Put the tables of several splits below each other."""
    found = [group_table(table, split, draws, seed) for split, table in tables.items()]
    return pd.concat(found, ignore_index=True)


def _members(ranked: pd.DataFrame, occasions: Sequence[Occasion]) -> list[frozenset[int]]:
    """Return of each row the positions of the products that its query is about."""
    if ranked.empty:
        return []
    known: dict[tuple[str, str, str], frozenset[int]] = {}
    for occasion in occasions:
        for product, members, _ in queries(occasion):
            key = (occasion.cutoff, occasion.city, product)
            known[key] = known.get(key, frozenset()) | frozenset(members)
    keys = zip(ranked["cutoff"], ranked["city"], ranked["product_id"], strict=True)
    return [known[key] for key in keys]


def _verdicts(ranked: Mapping[str, pd.DataFrame], draws: int, seed: int) -> _Notes:
    """Say of each split how targets do beside the best simple rules, of the last what could be found."""
    notes: list[tuple[str, dict[str, Any]]] = []
    for split, table in ranked.items():
        methods = {str(name): part for name, part in table.groupby("method", sort=False)}
        rule = best_rule(methods, "hits_10")
        figures: dict[str, Any] = compare(table, SHIPPED, rule, "hits_10", draws, seed)
        beside = compare(table, MODEL, SHIPPED, "hits_10", draws, seed)
        figures |= {f"fitted_{name}": value for name, value in beside.items()}
        figures["share"] = float(methods[SHIPPED]["hits_10"].mean())
        figures |= _both("rule", "method", rule) | _both("split", "split", split)
        if not np.isnan(figures["ratio"] + figures["fitted_ratio"]):
            notes.append(("backtest-verdict", figures))
    own = table[table["method"] == SHIPPED]
    counts = {name: int(own[name].sum()) for name in FATES}
    shares = {f"{name}_share": counts[name] / max(1, counts["positives"]) for name in FATES}
    return (*notes, ("backtest-reach", counts | shares))


def _both(name: str, kind: str, word: str) -> dict[str, Any]:
    """Return a word of a vocabulary in every language, for a note."""
    return {f"{name}{end}": term(kind, word, lang) for end, lang in _LANGS}


def _rarity(walked: pd.DataFrame, shown: pd.DataFrame) -> _Notes:
    """Say how many of those who came filled a gap that a planner was shown."""
    if walked.empty or shown.empty:
        return ()
    came = int(walked.loc[walked["method"] == SHIPPED, "positives"].sum())
    first = shown.iloc[0]
    return (
        (
            "backtest-rarity",
            {"filled": int(first["gaps_filled"]), "count": int(first["gaps"]), "came": came},
        ),
    )


def _calls(came: pd.DataFrame) -> _Notes:
    """Say how many calls it takes to meet one who comes."""
    if came.empty:
        return ()
    best = came.iloc[came["arrivals_per_ten"].argmax()]
    ours = came[came["method"] == JOINT].iloc[0]
    figures = {
        "calls": _calls_for(ours["arrivals_per_ten"]),
        "calls_all": _calls_for(ours["arrivals_per_ten_all"]),
        "best_calls": _calls_for(best["arrivals_per_ten"]),
        "occasions": int(ours["occasions"]), "city_years": int(ours["city_years"]),
        "arrivals": int(ours["arrivals"]), "reachable": int(ours["reachable"]),
    }  # fmt: skip
    if not all(np.isfinite(value) for value in figures.values()):
        return ()
    return (("backtest-calls", figures | _both("best", "method", str(best["method"]))),)


def _calls_for(per_ten: float) -> float:
    """Return how many names are called for one who comes."""
    return 10 / per_ten if per_ten > 0 else float("nan")


def _weights(trial: Trial) -> tuple[pd.DataFrame, tuple[str, ...], _Notes]:
    """Return the weights that all entries give: of what tells candidates apart, of gaps, of products."""
    every = range(len(trial.occasions))
    groups, places = trial.targets.fits(every, trial.ridge)
    products = trial.products.choices.fit(every, trial.ridge)
    kinds = [("group" if name in GROUP_FEATURES else "place") for name in FEATURES]
    frame = pd.DataFrame(
        {
            "feature": pd.array([*FEATURES, *PRODUCT_FEATURES], dtype="str"),
            "feature_of": kinds + ["product"] * len(PRODUCT_FEATURES),
            "weight": np.concatenate([groups.weights, places.weights, products.weights]),
            "standard_error": np.concatenate([groups.errors, places.errors, products.errors]),
        }
    )
    notes: list[tuple[str, dict[str, Any]]] = []
    for of, fit in (("group", groups), ("product", products)):
        if fit.null:
            share = 1 - fit.likelihood / fit.null
            said: dict[str, Any] = {"choices": round(fit.choices), "share": share}
            said |= _both("of", "feature_of", of)
            notes.append(("fit-notes", said))
    return frame, (), tuple(notes)
