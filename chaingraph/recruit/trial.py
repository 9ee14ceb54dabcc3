"""The trial: all occasions of the past, what weights are fitted on, and how they are split."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.recruit.contest import METHODS, MODEL, group_choices, rank_groups
from chaingraph.recruit.contest_cities import product_choices
from chaingraph.recruit.features import FEATURES
from chaingraph.recruit.metrics import drawn_ratio, folds, interval, resample

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.products import Flags, Floats, Integers
    from chaingraph.recruit.choices import Occasion
    from chaingraph.recruit.logit import Fit

FOLDS: Final = 10
CURVE: Final = (0.1, 0.25, 0.5, 0.75, 1.0)


class TargetWeights:
    """What the weights of targets are fitted on: the choice of a group, and that of a product."""

    def __init__(self, occasions: Sequence[Occasion]) -> None:
        self.groups = group_choices(occasions)
        self.places = product_choices(occasions, shared=True)

    def fits(self, keep: Sequence[int] | Integers, ridge: float) -> tuple[Fit, Fit]:
        """Fit on some occasions: weights of what tells candidates apart, and of what they share."""
        return self.groups.fit(keep, ridge), self.places.fit(keep, ridge)

    def fit(self, keep: Sequence[int] | Integers, ridge: float) -> Floats:
        """Return the weights of all features."""
        return np.concatenate([fit.weights for fit in self.fits(keep, ridge)])


class ProductWeights:
    """What the weights of products are fitted on."""

    def __init__(self, occasions: Sequence[Occasion]) -> None:
        self.choices = product_choices(occasions)

    def fit(self, keep: Sequence[int] | Integers, ridge: float) -> Floats:
        """Return the weights of the product features, fitted on some occasions."""
        return self.choices.fit(keep, ridge).weights


class Trial:
    """All occasions, sorted by cut-off and city, and what is ranked on them."""

    def __init__(
        self, occasions: Sequence[Occasion], chains: Sequence[str], ridge: float, seed: int
    ) -> None:
        self.occasions, self.chains, self.ridge, self.seed = occasions, chains, ridge, seed
        self.targets, self.products = TargetWeights(occasions), ProductWeights(occasions)
        self.cutoffs = np.array([occasion.cutoff for occasion in occasions], dtype=object)
        deal = folds(sorted({occasion.city for occasion in occasions}), FOLDS, seed)
        self.fold = np.array([deal[occasion.city] for occasion in occasions], dtype=np.intp)

    def since(self, windows: Sequence[tuple[str, str]]) -> list[int]:
        """Return the numbers of the occasions of some windows."""
        dates = {cutoff for cutoff, _ in windows}
        return [number for number, cutoff in enumerate(self.cutoffs) if cutoff in dates]

    def crossed(
        self, fitted: TargetWeights | ProductWeights, use: Flags | None = None
    ) -> list[Floats]:
        """Return for each occasion the weights fitted without its city, on some of the others."""
        kept = np.ones(len(self.fold), dtype=bool) if use is None else use
        found = [
            fitted.fit(np.flatnonzero(kept & (self.fold != fold)), self.ridge)
            for fold in range(FOLDS)
        ]
        return [found[fold] for fold in self.fold]

    def walked(
        self, fitted: TargetWeights | ProductWeights, numbers: Sequence[int]
    ) -> list[Floats]:
        """Return for some occasions the weights fitted on the years before each."""
        found = {
            year: fitted.fit(np.flatnonzero(self.cutoffs < year), self.ridge)
            for year in sorted({self.cutoffs[number] for number in numbers})
        }
        return [found[self.cutoffs[number]] for number in numbers]

    def rank(self, weights: Sequence[Floats], numbers: Sequence[int] | None = None) -> pd.DataFrame:
        """Rank the queries of some occasions, of all by default, by all methods."""
        some = list(range(len(self.occasions))) if numbers is None else list(numbers)
        own = [self.occasions[number] for number in some]
        model = rank_groups(own, weights, self.chains, self.seed, (MODEL,))
        if model.empty:
            return model
        dates = set(self.cutoffs[some])
        rules = self.rules[self.rules["cutoff"].isin(dates)]
        found = pd.concat([model, rules], ignore_index=True)
        place = found["method"].map(METHODS.index)
        return found.iloc[place.argsort(kind="stable")].reset_index(drop=True)

    @cached_property
    def rules(self) -> pd.DataFrame:
        """All queries ranked by what needs no fit."""
        nothing = [np.zeros(len(FEATURES))] * len(self.occasions)
        return rank_groups(
            self.occasions,
            nothing,
            self.chains,
            self.seed,
            [method for method in METHODS if method != MODEL],
        )

    def curve(self, draws: int) -> pd.DataFrame:
        """Repeat the city split with a part of the cities to fit on."""
        names = np.array([occasion.city for occasion in self.occasions], dtype=object)
        order = np.random.default_rng(self.seed).permutation(sorted(set(names)))
        rows: list[dict[str, Any]] = []
        for share in CURVE:
            kept = set(order[: max(1, round(share * len(order)))])
            use = np.isin(names, sorted(kept))
            weights = self.crossed(self.targets, use)
            own = rank_groups(self.occasions, weights, self.chains, self.seed, (MODEL,))
            codes = [pd.factorize(own[name], sort=True)[0] for name in ("city", "product_id")]
            times = resample(codes, draws=draws, seed=self.seed)
            low, high = interval(drawn_ratio(times, own["mrr"].to_numpy(), np.ones(len(own))))
            rows.append(
                {
                    "training_cities": len(kept) * (FOLDS - 1) // FOLDS,
                    "training_entries": np.mean([self._entries(use, f) for f in range(FOLDS)]),
                    "mrr": own["mrr"].mean(),
                    "mrr_low": low,
                    "mrr_high": high,
                    "positives": int(own["positives"].sum()),
                }
            )
        return pd.DataFrame(rows)

    def _entries(self, use: Flags, fold: int) -> float:
        """Count the entries that weights are fitted on without a fold."""
        groups = self.targets.groups
        kept = np.isin(groups.occasion, np.flatnonzero(use & (self.fold != fold)))
        return float(groups.chosen[kept].sum())
