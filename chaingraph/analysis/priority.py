"""The priority of a gap: six parts, each between 0 and 1, each shown."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from chaingraph.errors import OptionError, closest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.analysis.state import RegionState
    from chaingraph.products import Flags, Floats, Integers

_STAGES_DOWN = 3
PARTS = ("value", "output", "break", "inputs", "cross", "open")


@cache
def default_weights() -> dict[str, float]:
    """Return the weights of the parts as they stand in ``priority.json`` beside this module."""
    text = resources.files(__package__).joinpath("priority.json").read_text(encoding="utf-8")
    loaded: dict[str, float] = json.loads(text)["weights"]
    return loaded


def read_weights(weights: Mapping[str, float] | None) -> dict[str, float]:
    """Return the weights of all parts, summing to 1; parts not named keep their default.

    Raises
    ------
    OptionError
        For an unknown part, a negative weight, or no weight at all.
    """
    given = dict(weights or {})
    for part, weight in given.items():
        if part not in PARTS:
            near = ", ".join(closest(part, PARTS) or PARTS)
            raise OptionError("bad-weight-name", value=part, suggestions=near)
        if not weight >= 0:
            raise OptionError("bad-weight", value=weight, part=part)
    merged = default_weights() | given
    total = sum(merged.values())
    if total <= 0:
        raise OptionError("bad-weight", value=0, part="all")
    return {part: merged[part] / total for part in PARTS}


def output_at_stake(state: RegionState) -> Floats:
    """Return the yearly output value of the local products that each product goes into, in CNY.

    Outputs run at their load; what is not known of them is left out.

    A local product without a price or figure stands for what it goes into itself, three stages down;
    where nothing is known the value is nan.
    """
    study, graph = state.study, state.study.product_graph
    own = np.nan_to_num(state.output.best() * study.price, posinf=0.0)
    source, target = graph.source[state.active], graph.target[state.active]
    total: Floats = np.zeros(graph.size)
    for _ in range(_STAGES_DOWN):
        value = np.where(own > 0, own, total)[target]
        total = np.bincount(source, value, graph.size).astype(float)
    return np.where(total > 0, total, np.nan)


def local_inputs(state: RegionState) -> Floats:
    """Return the share of each product's own inputs that have a local maker; nan without inputs.

    An alternative group counts as one input and is there when any member is.
    """
    graph = state.study.product_graph
    here = state.present[graph.source]
    single = graph.consumed & (graph.group < 0)
    count = np.bincount(graph.target[single], minlength=graph.size).astype(float)
    met = np.bincount(graph.target[single & here], minlength=graph.size).astype(float)
    grouped = np.flatnonzero(graph.group >= 0)
    if len(grouped):
        numbers, first = np.unique(graph.group[grouped], return_index=True)
        any_here = np.bincount(graph.group[grouped], here[grouped], len(numbers)) > 0
        owner = graph.target[grouped][first]
        count += np.bincount(owner, minlength=graph.size)
        met += np.bincount(owner[any_here], minlength=graph.size)
    share = np.divide(met, count, out=np.full(graph.size, np.nan), where=count > 0)
    return np.asarray(share, dtype=float)


def chains_served(state: RegionState, matrix: Flags) -> Integers:
    """Return how many chains the local users of each product belong to."""
    link, number = state.study.tags_of_users
    served = np.zeros(matrix.shape, dtype=bool)
    served.reshape(-1)[number[state.active[link]]] = True
    return np.asarray(np.count_nonzero(served, axis=1), dtype=np.intp)


def priority_parts(
    rows: Integers,
    *,
    value: Floats,
    output: Floats,
    is_break: Flags,
    inputs: Floats,
    chains: Integers,
    chain_count: int,
    restricted: Flags,
) -> dict[str, Floats]:
    r"""Return the parts of the priority of some gaps, 0 to 1, nan where unknown.

    Each is on a fixed scale, so that no other row changes it and regions compare.

    - value: :math:`(\log_{10} v - 6) / 4` of the certain gap value in CNY a year, from 1 million (0) to
      10 billion (1);
    - output: the same of the output value of the local products that rest on what is not served;
    - break: 1 where it is missing between a local input and a local output;
    - inputs: share of its own inputs that have a local maker;
    - cross: chains served beyond the first, of the other chains that there are;
    - open: 0 where a cap, quota or approval stands in the way, else 1.
    """
    others = max(1, chain_count - 1)
    return {
        "value": log_scale(value)[rows],
        "output": log_scale(output)[rows],
        "break": is_break[rows].astype(float),
        "inputs": inputs[rows],
        "cross": np.maximum(0, chains[rows] - 1) / others,
        "open": 1.0 - restricted[rows].astype(float),
    }


SMALLEST, LARGEST = 1e6, 1e10
"""Yearly values, in CNY, at the ends of the scale: a small supply contract, and a whole industry of a city."""


def log_scale(values: Floats) -> Floats:
    """Return values on a scale from 1 million (0) to 10 billion CNY (1); nan stays.

    Examples
    --------
    >>> log_scale(np.array([1e6, 1e8, 1e10, 5e10, 0.0])).tolist()
    [0.0, 0.5, 1.0, 1.0, 0.0]
    """
    steps = np.log10(LARGEST / SMALLEST)
    with np.errstate(divide="ignore"):
        scale = np.log10(np.asarray(values) / SMALLEST) / steps
    return np.asarray(np.clip(scale, 0.0, 1.0))


def weigh(parts: Mapping[str, Floats], weights: Mapping[str, float]) -> tuple[Floats, Floats]:
    """Return the lowest and highest priority: unknown parts at 0 and at 1."""
    low = sum((weights[p] * np.nan_to_num(parts[p], nan=0.0) for p in PARTS), start=np.zeros(1))
    high = sum((weights[p] * np.nan_to_num(parts[p], nan=1.0) for p in PARTS), start=np.zeros(1))
    return np.asarray(low), np.asarray(high)
