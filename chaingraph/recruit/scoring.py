"""The score: a sum of weighted features, its weights, its range, and how firm a rank is."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np

from chaingraph.errors import FileProblemError, OptionError, closest, file_problem
from chaingraph.recruit.features import FEATURES, PLACE_FEATURES, filled

if TYPE_CHECKING:
    from chaingraph.products import Floats, Integers

Method = Literal["logit", "topsis"]
METHODS: Final = get_args(Method)
SHAKE: Final = 0.5
"""By how much each weight is moved, up and down, to see how firm a rank is."""


@cache
def default_weights() -> dict[str, float]:
    """Return the fitted weights that lie beside this module in ``weights.toml``."""
    text = resources.files(__package__).joinpath("weights.toml").read_text(encoding="utf-8")
    return _checked(tomllib.loads(text), "weights.toml")


def read_weights(weights: Mapping[str, float] | str | Path | None) -> dict[str, float]:
    """Return the weight of every feature; those not named keep their fitted weight.

    Parameters
    ----------
    weights
        None, ``{"ties": 2.0}``, or the path of a TOML file with a table ``[weights]``.

    Raises
    ------
    FileProblemError
        For a file that is not there or no TOML.
    OptionError
        For an unknown feature or a weight that is negative or no number.

    Examples
    --------
    >>> read_weights({"ties": 2})["ties"]
    2.0
    """
    if weights is None:
        given: dict[str, float] = {}
    elif isinstance(weights, Mapping):
        given = _checked({"weights": dict(weights)}, "weights")
    else:
        given = _checked(_load(Path(weights)), str(weights))
    merged = default_weights() | given if weights is not None else default_weights()
    if not sum(merged.values()) > 0:
        raise OptionError("no-weights")
    return {name: merged.get(name, 0.0) for name in FEATURES}


def _load(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise FileProblemError("weights-not-toml", file=path, detail=error) from None
    except OSError as error:
        raise file_problem("unreadable-path", path, error) from None
    except UnicodeDecodeError:
        raise FileProblemError("weights-not-text", file=path) from None


def _checked(loaded: Mapping[str, Any], file: str) -> dict[str, float]:
    table = loaded.get("weights")
    if not isinstance(table, dict):
        raise OptionError("weights-no-table", file=file)
    for name, value in table.items():
        if name not in FEATURES:
            near = ", ".join(closest(str(name), FEATURES) or FEATURES)
            raise OptionError("weights-unknown", file=file, value=name, suggestions=near)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value < np.inf:
            raise OptionError("weights-bad", file=file, name=name, value=value)
    return {str(name): float(value) for name, value in table.items()}


def weights_text(weights: Mapping[str, float], errors: Mapping[str, float], about: str) -> str:
    """Return a weights file: comments, the weights, their standard errors beside them."""
    lines = ["# Weights of the ranking of targets, one a feature; see chaingraph.recruit.features."]
    lines += [f"# {line}" for line in about.splitlines()]
    lines += [
        "# Beside each: its standard error; none where it is judged or at its bound of 0.",
        "",
    ]
    lines.append("[weights]")
    for name in FEATURES:
        error = errors.get(name, float("nan"))
        beside = "" if np.isnan(error) else f"  # {error:.3f}"
        lines.append(f"{name} = {weights.get(name, 0.0):.3f}{beside}")
    return "\n".join(lines) + "\n"


def score(parts: Mapping[str, Floats], weights: Mapping[str, float]) -> tuple[Floats, ...]:
    r"""Return the score of each candidate, and its lowest and highest value.

    :math:`\sum_k w_k f_k / \sum_k w_k`, between 0 and 1. An unknown feature stands at a quarter of the
    scale (see :func:`chaingraph.recruit.features.filled`), for the ends of the range at 0 and at 1.
    """
    total = sum(weights.values())
    ends = []
    for fill in (filled, np.nan_to_num, lambda values: np.nan_to_num(values, nan=1.0)):
        values = [weights[name] * fill(values) for name, values in parts.items()]
        ends.append(np.asarray(sum(values) / total, dtype=float))
    return tuple(ends)


def entropy_weights(table: Floats) -> Floats:
    r"""Return entropy weights: features that tell candidates apart weigh more (Shannon 1948).

    With :math:`p_{ik} = x_{ik} / \sum_i x_{ik}` and :math:`e_k = -\sum_i p_{ik} \ln p_{ik} / \ln n`,
    :math:`w_k = (1 - e_k) / \sum_k (1 - e_k)`; equal weights where nothing tells them apart.
    """
    count, width = table.shape
    sums = table.sum(axis=0)
    share = np.divide(table, sums, out=np.full(table.shape, 1.0 / max(1, count)), where=sums > 0)
    logs = np.log(share, out=np.zeros(table.shape), where=share > 0)
    entropy = -(share * logs).sum(axis=0) / np.log(max(2, count))
    spread = np.maximum(0.0, 1.0 - entropy)
    if count < len(METHODS) or spread.sum() <= 0:
        return np.full(width, 1.0 / width)
    return np.asarray(spread / spread.sum(), dtype=float)


def topsis(table: Floats, weights: Floats) -> Floats:
    """Return the closeness to the ideal candidate, 0 to 1 (TOPSIS, Hwang and Yoon 1981).

    Columns are divided by their length and weighted; closeness is the distance to the worst values
    over the sum of the distances to the worst and to the best.

    Examples
    --------
    >>> import numpy as np
    >>> topsis(np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]), np.array([0.5, 0.5])).round(3).tolist()
    [0.414, 1.0, 0.0]
    """
    length = np.sqrt((table**2).sum(axis=0))
    scaled = np.divide(table, length, out=np.zeros(table.shape), where=length > 0) * weights
    best, worst = scaled.max(axis=0), scaled.min(axis=0)
    to_best = np.sqrt(((scaled - best) ** 2).sum(axis=1))
    to_worst = np.sqrt(((scaled - worst) ** 2).sum(axis=1))
    both = to_best + to_worst
    middle = np.full(len(table), 0.5)
    return np.asarray(np.divide(to_worst, both, out=middle, where=both > 0), dtype=float)


def rank_within(scores: Floats, gap: Integers, tier: Integers | None = None) -> Integers:
    """Return the rank of each score within its gap, 1 for the highest; ties in the order given.

    Parameters
    ----------
    scores
        One a candidate, any range.
    gap
        Number of each candidate's gap, in rising order.
    tier
        Of each candidate: within a gap, all of a lower one come first, whatever their scores.
    """
    cuts = np.searchsorted(gap, np.arange(int(gap.max(initial=-1)) + 2))
    ranks = np.empty(len(scores), dtype=np.intp)
    for first, last in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        count = last - first
        own = -scores[first:last]
        order = np.argsort(own)  # many times faster than what keeps the order of ties
        ordered = own[order]
        place = np.zeros(count, dtype=np.int64)
        np.cumsum(ordered[1:] != ordered[:-1], out=place[1:])
        if tier is not None:
            place += tier[first:last][order] * count
        place = np.sort(place * count + order)  # ties in the order given
        ranks[first:last][place % count] = np.arange(1, count + 1)
    return ranks


def shaken_ranks(
    parts: Mapping[str, Floats],
    weights: Mapping[str, float],
    gap: Integers,
    tier: Integers | None = None,
) -> tuple[Integers, Integers]:
    """Return the best and the worst rank while each weight in turn moves by half, up and down.

    The features that all candidates of a gap share move them all alike, so they are left out.
    """
    base = sum(
        (weights[name] * filled(values) for name, values in parts.items()), np.zeros(len(gap))
    )
    best = worst = rank_within(base, gap, tier)
    for name, values in parts.items():
        if name in PLACE_FEATURES:
            continue
        for sign in (-SHAKE, SHAKE):
            moved = rank_within(base + sign * weights[name] * filled(values), gap, tier)
            best, worst = np.minimum(best, moved), np.maximum(worst, moved)
    return best, worst
