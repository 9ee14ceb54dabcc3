"""Conditional logit: which of several alternatives was chosen, fitted by penalised likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chaingraph.products import Floats, Integers

_STEPS: Final = 100
_SMALL: Final = 1e-9


class Fit(NamedTuple):
    """Weights of a conditional logit.

    Attributes
    ----------
    weights
        One a feature.
    errors
        Standard errors; nan for a weight at its bound of 0.
    likelihood
        Log-likelihood, without the penalty.
    null
        Log-likelihood of equal chances.
    choices
        Number of choices that were fitted.
    steps
        Newton steps taken.
    """

    weights: Floats
    errors: Floats
    likelihood: float
    null: float
    choices: float
    steps: int


def fit_logit(
    features: NDArray[np.float64],
    chosen: Floats,
    occasion: Integers,
    *,
    ridge: float = 1.0,
    monotone: bool = True,
) -> Fit:
    r"""Fit a conditional logit (McFadden 1974) with a ridge penalty.

    Parameters
    ----------
    features
        One row an alternative, one column a feature.
    chosen
        Weight of each alternative's being chosen: 1, a fraction where one choice falls on several
        alternatives alike (a broad family of products), or 0.
    occasion
        Number of the occasion that each alternative belongs to.
    ridge
        Penalty :math:`\lambda \lVert w \rVert^2 / 2`.
    monotone
        Keep every weight at 0 or above, so that more of a good thing never counts against a candidate.

    Returns
    -------
    Fit
        Weights, standard errors, likelihoods.

    Notes
    -----
    Maximises :math:`\sum_i y_i (u_i - \log \sum_{j \in C_i} e^{u_j}) - \lambda \lVert w \rVert^2 / 2`
    with :math:`u = X w`. The errors are the root of the diagonal of the inverse of the penalised
    information, over the weights that are not at their bound. Alternatives of an occasion may be a
    uniform sample of all there are: the weights stay consistent (McFadden 1978).

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[1.0], [0.0]] * 4)
    >>> fit = fit_logit(x, np.array([1, 0, 1, 0, 1, 0, 0, 1.0]), np.repeat(range(4), 2), ridge=0)
    >>> bool(np.isclose(fit.weights[0], np.log(3)))
    True
    """
    order = np.argsort(occasion, kind="stable")
    problem = _Problem(
        np.asarray(features, dtype=float)[order],
        np.asarray(chosen, dtype=float)[order],
        np.flatnonzero(np.r_[True, np.diff(np.asarray(occasion)[order]) != 0]),
        ridge,
    )
    weights, steps = _climb(problem, monotone=monotone)
    weights = np.where(np.abs(weights) < _SMALL, 0.0, weights)
    free = weights > 0 if monotone else np.ones(len(weights), dtype=bool)
    errors = np.full(len(weights), np.nan)
    if free.any():
        inverse = np.linalg.pinv(problem.information(weights)[np.ix_(free, free)])
        errors[free] = np.sqrt(np.maximum(np.diag(inverse), 0.0))
    return Fit(
        weights=weights,
        errors=errors,
        likelihood=problem.likelihood(weights),
        null=problem.likelihood(np.zeros(len(weights))),
        choices=float(problem.chosen.sum()),
        steps=steps,
    )


@dataclass(frozen=True, eq=False)
class _Problem:
    """Alternatives sorted by occasion, and where each occasion begins."""

    x: Floats
    chosen: Floats
    first: Integers
    ridge: float

    @property
    def sizes(self) -> Integers:
        return np.asarray(np.diff(np.r_[self.first, len(self.x)]), dtype=np.intp)

    @property
    def made(self) -> Floats:
        """Choices made on each occasion."""
        return np.asarray(np.add.reduceat(self.chosen, self.first), dtype=float)

    def likelihood(self, w: Floats) -> float:
        if not len(self.x):
            return 0.0
        u = self.x @ w
        top = np.maximum.reduceat(u, self.first)
        total = np.add.reduceat(np.exp(u - np.repeat(top, self.sizes)), self.first)
        return float(self.chosen @ u - self.made @ (np.log(total) + top))

    def aim(self, w: Floats) -> float:
        return self.likelihood(w) - self.ridge * float(w @ w) / 2

    def chance(self, w: Floats) -> Floats:
        """Chance of each alternative on its occasion."""
        u = self.x @ w
        power = np.exp(u - np.repeat(np.maximum.reduceat(u, self.first), self.sizes))
        return np.asarray(power / np.repeat(np.add.reduceat(power, self.first), self.sizes))

    def slope(self, w: Floats) -> Floats:
        expected = np.repeat(self.made, self.sizes) * self.chance(w)
        return np.asarray(self.x.T @ (self.chosen - expected) - self.ridge * w)

    def information(self, w: Floats) -> Floats:
        """Return the penalised information: the negative of the second derivative."""
        chance = self.chance(w)
        mean = np.add.reduceat(self.x * chance[:, np.newaxis], self.first, axis=0)
        centred = self.x - np.repeat(mean, self.sizes, axis=0)
        weight = chance * np.repeat(self.made, self.sizes)
        square = (centred * weight[:, np.newaxis]).T @ centred
        return np.asarray(square + self.ridge * np.eye(len(w)))


def _climb(problem: _Problem, *, monotone: bool) -> tuple[Floats, int]:
    """Maximise by Newton steps over the weights that are free; those at 0 that would fall stay."""
    w = np.zeros(problem.x.shape[1])
    if not len(problem.x):
        return w, 0
    best = problem.aim(w)
    for step in range(_STEPS):
        slope = problem.slope(w)
        free = (w > 0) | (slope > 0) if monotone else np.ones(len(w), dtype=bool)
        if not free.any() or float(np.abs(slope[free]).max()) < _SMALL:
            return w, step
        inside = np.ix_(free, free)
        move = np.zeros(len(w))
        move[free] = np.linalg.pinv(problem.information(w)[inside]) @ slope[free]
        length, value, there = 1.0, -np.inf, w
        while value < best and length > _SMALL:
            there = np.maximum(0.0, w + length * move) if monotone else w + length * move
            value, length = problem.aim(there), length / 2
        if value - best <= _SMALL * abs(best) * _SMALL:
            return (there if value >= best else w), step
        w, best = there, value
    return w, _STEPS
