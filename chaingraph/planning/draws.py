"""What may come of a plan: plants that never come, come late, cost more, take more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from chaingraph.planning.instance import effect

if TYPE_CHECKING:
    from chaingraph.planning.instance import Instance, Starts
    from chaingraph.quantity import Floats

COMES: Final = (0.3, 0.7)
"""Chance that a project is built, drawn anew each time between these. Of projects begun in 2016 to 2020, 42%
are seen running in the data (a lower bound); a share of 32% landed in Yunnan in 2015."""
MONTHS: Final = (9.0, 14.0, 22.0)
"""Months from the start to commissioning: quartiles and median of 56 projects of the data of 1.1.0."""
DRAWS: Final = 1000
_YEAR: Final = 12.0
_CNY_100M: Final = 1e8


class Drawn(NamedTuple):
    """Draws of a plan, one entry each; money in 100 m CNY.

    Attributes
    ----------
    closed, opened
        Purchases that end, that come anew, a year once all that comes has run in.
    fall
        Draws by year: the fall of what is bought outside.
    investment
        Draws by year of start: what is spent on what comes.
    done
        Year of the plan, from 1, in which the last plant that comes has run for its first year; nan where none
        comes.
    """

    closed: Floats
    opened: Floats
    fall: Floats
    investment: Floats
    done: Floats


def draw_outcomes(
    instance: Instance,
    starts: Starts,
    ends: tuple[Floats, Floats],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Drawn:
    """Draw what a plan may come to.

    Parameters
    ----------
    instance, starts
        The question and what is started.
    ends
        By candidate: low and high investment a unit, 100 m CNY.
    draws, seed
        How many; the seed makes them the same every time.

    Notes
    -----
    Each product's plants of one year come or do not, together. They are late by what their months exceed
    the median, in whole years. Investment is drawn evenly between its quartiles; what a unit takes by a
    tenth up or
    down.
    """
    draw = np.random.default_rng([seed, 41])
    count, years = starts.size.shape
    horizon, tail = instance.horizon, instance.tail
    closed, opened, done = np.zeros(draws), np.zeros(draws), np.full(draws, np.nan)
    fall, spent = np.zeros((draws, horizon)), np.zeros((draws, years))
    low, high = (np.nan_to_num(end) for end in ends)
    lag = instance.lag[:, None] + np.arange(years)[None, :]
    longest = 3
    wide = replace(instance, years=years + longest, tail=tail + longest)
    for number in range(draws):
        chance = draw.uniform(*COMES)
        comes = draw.random((count, years)) < chance
        months = _months(draw.random((count, years)))
        late = np.clip(np.rint((months - MONTHS[1]) / _YEAR), 0, longest).astype(np.intp)
        cost = low + (high - low) * draw.random(count)
        takes = instance.takes * draw.uniform(0.9, 1.1, instance.takes.shape)
        size = np.where(comes, starts.size, 0.0)
        spent[number] = cost @ size
        moved = np.zeros((count, years + longest))
        np.add.at(moved, (np.arange(count)[:, None], np.arange(years)[None, :] + late), size)
        # a late plant is one that starts later: the question is asked over more years
        result = effect(replace(wide, takes=takes), moved)
        fall[number] = result.fall[:horizon]
        change = (result.bought[:, -1] - result.before) * instance.price
        closed[number] = np.abs(change[change < 0]).sum()
        opened[number] = change[change > 0].sum()
        if (size > 0).any():
            done[number] = float((lag + late + 1)[size > 0].max())
    return Drawn(closed, opened, fall, spent, done)


def _months(share: Floats) -> Floats:
    """Return months at a share of the projects: straight between the quartiles, as far again beyond them."""
    low, middle, high = MONTHS
    points = (0.0, 0.25, 0.5, 0.75, 1.0)
    return np.interp(share, points, (2 * low - middle, low, middle, high, 2 * high - middle))


def interval(values: Floats) -> tuple[float, float, float]:
    """Return the 10%, 50% and 90% points; nan where there is nothing."""
    known = values[~np.isnan(values)]
    if not len(known):
        return (float("nan"),) * 3
    low, middle, high = np.percentile(known, (10, 50, 90)).tolist()
    return low, middle, high
