"""The programme that a person would put together one plant at a time: a check of the solver's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chaingraph.planning.instance import Starts, effect, fits_wants, keeps_local_use, used_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.planning.instance import Instance
    from chaingraph.quantity import Floats

_TINY = 1e-9


class Greedy(NamedTuple):
    """What choosing one plant at a time comes to.

    Attributes
    ----------
    starts, value
        What is started, what it is worth, 100 m CNY.
    """

    starts: Starts
    value: float


def choose_greedily(instance: Instance) -> Greedy:
    """Start one plant after the other, always the one that saves most for its investment.

    What is decided comes first. Plants that are worth something only together are not seen: that, and
    remainders too small for a plant, is what the solver gains.

    Examples
    --------
    >>> from chaingraph.planning.toy import part_size
    >>> choose_greedily(part_size()).value
    70.0
    """
    starts = Starts.none(instance)
    value = 0.0
    while True:
        best: tuple[float, int, int, float, float] | None = None
        for i, year, size in _moves(instance, starts):
            after = starts.size.copy()
            after[i, year] += size
            plants = starts.plants.copy()
            plants[i, year] += 1
            if not keeps_local_use(instance, after) or not fits_wants(
                instance, Starts(plants, after)
            ):
                continue
            worth = effect(instance, after).value
            gain, cost = worth - value, _spent(instance, i, size)
            decided = starts.total[i] < instance.must[i] - _TINY
            if not decided and gain <= _TINY:
                continue
            merit = np.inf if decided else gain / max(cost, _TINY)
            if best is None or merit > best[0] + _TINY:
                best = (merit, i, year, size, worth)
        if best is None:
            return Greedy(starts, value)
        _, i, year, size, value = best
        starts.plants[i, year] += 1
        starts.size[i, year] += size


def _spent(instance: Instance, i: int, size: float) -> float:
    """Return the investment of a plant where investment is bounded, else 1: then the gain alone counts."""
    name = "investment_cny_100m"
    if name not in instance.budget and name not in instance.per_year:
        return 1.0
    return float(instance.cost(name)[i]) * size


def _moves(instance: Instance, starts: Starts) -> Iterator[tuple[int, int, float]]:
    """Yield the plants that could come next: candidate, first year with room, size."""
    left = {
        (name, year): amount
        - float(used_of(instance, starts, name)[slice(None) if year is None else year].sum())
        for name, year, amount in instance.bounds
    }
    lacking = _lacking(instance, starts.total)
    for i in range(len(instance.products)):
        first = _first_year(instance, starts, i)
        if starts.plants[i].sum() >= instance.plants[i] or first is None:
            continue
        small, large = float(instance.small[i]), float(instance.large[i])
        large = min(large, float(instance.most[i]) - float(starts.total[i]))
        decided = float(instance.must[i] - starts.total[i])
        wanted = decided if decided > 0 else float(lacking[i])
        for year in range(first, instance.years):
            room = _room(instance, left, i, year)
            sizes = {min(large, room), min(max(small, wanted), large, room), min(small, room)}
            fits = [
                size for size in sorted(sizes, reverse=True) if size >= small - _TINY and size > 0
            ]
            yield from ((i, year, size) for size in fits)
            if fits:
                break


def _lacking(instance: Instance, total: Floats) -> Floats:
    """Return by candidate what would still be bought outside with all that is started run in."""
    made = total * instance.full
    change = instance.takes @ made
    own = instance.own
    return np.maximum(0.0, instance.net[own] + change[own] - made) / instance.full


def _room(
    instance: Instance, left: dict[tuple[str, int | None], float], i: int, year: int
) -> float:
    """Return the largest size that the budgets leave room for."""
    room = np.inf
    for (name, when), amount in left.items():
        if when is not None and when != year:
            continue
        if name == "count":
            room = room if amount >= 1 - _TINY else 0.0
            continue
        each = float(instance.cost(name)[i])
        if each > 0:
            room = min(room, amount / each)
    return float(max(0.0, room))


def _first_year(instance: Instance, starts: Starts, i: int) -> int | None:
    """Return the first year that is allowed; None: what belongs together is left to the solver."""
    if any(i in pair for pair in instance.together):
        return None
    first = 0
    for later, earlier in instance.after:
        if later == i:
            gone = np.flatnonzero(starts.plants[earlier])
            if not len(gone):
                return None
            first = max(first, int(gone[0]) + 1)
    return first
