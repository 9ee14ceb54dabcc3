"""Conditional logit equal to statsmodels and by hand; measures equal to scikit-learn; intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.metrics import average_precision_score, label_ranking_average_precision_score
from statsmodels.discrete.conditional_models import ConditionalLogit

from chaingraph.recruit.logit import fit_logit
from chaingraph.recruit.metrics import (
    average_precision,
    drawn_ratio,
    expected_hits,
    folds,
    hits_at,
    interval,
    ranks,
    reciprocal_rank,
    resample,
)

QUICK = settings(max_examples=60, deadline=None, derandomize=True)


def drawn(seed, weights, occasions=150, size=6):
    """Return alternatives, choices by a logit of given weights, and the occasion of each."""
    rng = np.random.default_rng(seed)
    x = rng.random((occasions * size, len(weights)))
    utility = x @ weights + rng.gumbel(size=len(x))
    chosen = np.zeros(len(x))
    best = utility.reshape(occasions, size).argmax(axis=1)
    chosen[np.arange(occasions) * size + best] = 1
    return x, chosen, np.repeat(np.arange(occasions), size)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_weights_errors_and_likelihood_equal_statsmodels(seed):
    x, chosen, occasion = drawn(seed, np.array([2.0, -1.0, 0.3]))
    order = np.random.default_rng(seed).permutation(len(x))
    ours = fit_logit(x[order], chosen[order], occasion[order], ridge=0, monotone=False)
    theirs = ConditionalLogit(chosen, x, groups=occasion).fit(method="newton", disp=False)
    np.testing.assert_allclose(ours.weights, theirs.params, rtol=1e-6)
    np.testing.assert_allclose(ours.errors, theirs.bse, rtol=1e-5)
    assert ours.likelihood == pytest.approx(theirs.llf, rel=1e-9)
    assert ours.null == pytest.approx(-150 * np.log(6))
    assert ours.choices == 150


def test_one_feature_by_hand():
    # chosen on 3 of 4 occasions: odds of 3 to 1, information 4 x 3/4 x 1/4
    x = np.array([[1.0], [0.0]] * 4)
    fit = fit_logit(x, np.array([1, 0, 1, 0, 1, 0, 0, 1.0]), np.repeat(range(4), 2), ridge=0)
    assert fit.weights[0] == pytest.approx(np.log(3))
    assert fit.errors[0] == pytest.approx(1 / np.sqrt(0.75))
    assert fit.likelihood == pytest.approx(3 * np.log(0.75) + np.log(0.25))
    assert fit.null == pytest.approx(4 * np.log(0.5))


def test_no_weight_falls_below_0_and_the_others_are_the_best_without_it():
    x, chosen, occasion = drawn(4, np.array([2.0, -3.0, 0.5]))
    bound = fit_logit(x, chosen, occasion, ridge=0)
    assert bound.weights[1] == 0
    assert np.isnan(bound.errors[1])
    alone = fit_logit(x[:, [0, 2]], chosen, occasion, ridge=0, monotone=False)
    np.testing.assert_allclose(bound.weights[[0, 2]], alone.weights, rtol=1e-6)
    np.testing.assert_allclose(bound.errors[[0, 2]], alone.errors, rtol=1e-6)


@pytest.mark.parametrize("monotone", [True, False])
@pytest.mark.parametrize("ridge", [0.1, 1.0, 30.0])
def test_the_penalised_optimum_is_that_of_a_general_optimiser(ridge, monotone):
    x, chosen, occasion = drawn(5, np.array([1.0, -1.0, 3.0, 0.0]), occasions=60)

    def loss(w):
        u = (x @ w).reshape(60, 6)
        likelihood = chosen @ (x @ w) - np.log(np.exp(u).sum(axis=1)).sum()
        return ridge * w @ w / 2 - likelihood

    bounds = [(0, None)] * 4 if monotone else None
    best = minimize(loss, np.full(4, 0.1), method="L-BFGS-B", bounds=bounds, tol=1e-14)
    fit = fit_logit(x, chosen, occasion, ridge=ridge, monotone=monotone)
    assert loss(fit.weights) <= best.fun + 1e-8
    np.testing.assert_allclose(fit.weights, best.x, atol=1e-3)


def test_a_choice_shared_by_two_alternatives_counts_half_for_each():
    x, chosen, occasion = drawn(6, np.array([1.0, 2.0]), occasions=40)
    other = np.roll(chosen.reshape(40, 6), 1, axis=1).ravel()
    shared = fit_logit(x, (chosen + other) / 2, occasion)
    twice = fit_logit(
        np.r_[x, x], np.r_[chosen, other] / 2, np.r_[occasion, occasion + 40]
    )  # fmt: skip
    np.testing.assert_allclose(shared.weights, twice.weights, rtol=1e-6)
    assert shared.choices == pytest.approx(40)


def test_nothing_to_fit_gives_no_weights():
    fit = fit_logit(np.empty((0, 3)), np.empty(0), np.empty(0, dtype=int))
    assert fit.weights.tolist() == [0, 0, 0]
    assert np.isnan(fit.errors).all()
    assert fit.choices == 0


def test_a_perfect_feature_stays_finite_under_the_penalty():
    x = np.array([[1.0], [0.0]] * 30)
    fit = fit_logit(x, np.array([1.0, 0.0] * 30), np.repeat(range(30), 2), ridge=1.0)
    assert 1 < fit.weights[0] < 10
    assert fit.steps < 100


# --- measures ---


@QUICK
@given(
    st.lists(
        st.tuples(st.floats(-9, 9), st.booleans()),
        min_size=1,
        max_size=40,
        unique_by=lambda c: c[0],
    )
)
def test_measures_equal_scikit_learn(cells):
    scores, hits = np.array([c[0] for c in cells]), np.array([c[1] for c in cells])
    rank = ranks(scores, np.arange(len(scores), dtype=float))
    assert sorted(rank.tolist()) == list(range(1, len(cells) + 1))
    if hits.any():
        expected = average_precision_score(hits, scores)
        assert average_precision(rank[hits], int(hits.sum())) == pytest.approx(expected)
        best = np.zeros((1, len(cells)), dtype=int)
        best[0, np.flatnonzero(hits)[scores[hits].argmax()]] = 1
        one = (
            label_ranking_average_precision_score(best, scores[np.newaxis, :])
            if len(cells) > 1
            else 1
        )
        assert reciprocal_rank(rank[hits]) == pytest.approx(one)
    else:
        assert average_precision(rank[hits], 0) == reciprocal_rank(rank[hits]) == 0


def test_measures_by_hand():
    rank = np.array([2, 5, 30])
    assert reciprocal_rank(rank) == 1 / 2
    assert average_precision(rank, 4) == pytest.approx(
        (1 / 2 + 2 / 5 + 3 / 30) / 4
    )  # one never found
    assert [hits_at(rank, 4, top) for top in (1, 5, 10, 20, 30)] == [0, 0.5, 0.5, 0.5, 0.75]
    assert ranks(np.array([1.0, 1.0, 2.0]), np.array([0.9, 0.1, 0.5])).tolist() == [3, 2, 1]


# --- intervals ---


def means(values, clusters, *, draws, seed):
    """Return the mean of values in each draw."""
    return drawn_ratio(resample(clusters, draws=draws, seed=seed), values, np.ones(len(values)))


def test_whole_clusters_are_drawn():
    values, cluster = np.array([0.0, 1.0, 1.0, 1.0]), np.array([0, 1, 1, 1])
    found = means(values, [cluster], draws=400, seed=3)
    assert set(found.round(9)) == {0.0, 0.75, 1.0}  # both of one, one of each, both of the other
    assert np.mean(found == 0.75) == pytest.approx(0.5, abs=0.1)


def test_draws_are_those_of_the_seed_and_their_interval_holds_the_mean():
    values = np.random.default_rng(1).random(200)
    cluster = np.arange(200) % 50
    one, two = (means(values, [cluster], draws=500, seed=7) for _ in range(2))
    assert (one == two).all()
    assert (one != means(values, [cluster], draws=500, seed=8)).any()
    low, high = interval(one)
    assert low < values.mean() < high
    error = np.std([values[cluster == c].mean() for c in range(50)], ddof=1) / np.sqrt(50)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_two_ways_of_hanging_together_widen_the_interval_as_owen_has_it():
    """Rows and columns that each shift all their cells: the variance is that of both together."""
    rng = np.random.default_rng(4)
    rows, columns = np.divmod(np.arange(40 * 40), 40)
    values = rng.normal(size=40)[rows] + rng.normal(size=40)[columns]
    one = means(values, [rows], draws=800, seed=1)
    both = means(values, [rows, columns], draws=800, seed=1)
    expected = (
        values.reshape(40, 40).mean(axis=1).var() / 40
        + values.reshape(40, 40).mean(axis=0).var() / 40
    )
    assert both.var() == pytest.approx(expected, rel=0.2)
    assert one.var() < 0.75 * both.var()
    times = resample([rows, columns], draws=50, seed=2)
    assert (times.reshape(50, 40, 40).sum(axis=(1, 2)) == 40 * 40).all()


def test_one_cluster_has_no_spread_and_none_has_no_interval():
    assert set(means(np.array([1.0, 3.0]), [np.zeros(2, dtype=int)], draws=9, seed=0)) == {2}
    empty = means(np.empty(0), [np.empty(0, dtype=int)], draws=9, seed=0)
    assert np.isnan(interval(empty)).all()


@pytest.mark.parametrize(
    ("top", "expected"), [(1, 0.0), (2, 1 / 3), (3, 2 / 3), (4, 1.0), (9, 1.0)]
)
def test_tied_names_share_the_places_that_are_left(top, expected):
    scores = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    assert expected_hits(scores, np.array([2]), top)[0] == pytest.approx(expected)
    rng = np.random.default_rng(0)
    orders = [ranks(scores, rng.random(5))[2] <= top for _ in range(600)]
    assert np.mean(orders) == pytest.approx(expected, abs=0.07)


def test_folds_are_even_and_those_of_the_seed():
    names = [f"c{i}" for i in range(23)]
    deal = folds(names, 10, 1)
    assert sorted(deal) == sorted(names)
    assert set(np.bincount(list(deal.values())).tolist()) == {2, 3}
    assert deal == folds(names, 10, 1)
    assert deal != folds(names, 10, 2)
