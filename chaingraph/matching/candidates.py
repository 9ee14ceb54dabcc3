"""Candidates: the few enterprises of a dataset that a listed name may mean."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chaingraph.matching.score import Party

_MOST: Final = 30
"""Candidates compared for one listed name."""
_COMMON: Final = 400
"""Enterprises behind a key from which on it tells too little to be followed."""


class Candidates:
    """An index of enterprises by pairs of letters of their names, and by letters within a city.

    So a list is never compared with all enterprises: a name meets those that share a pair of letters
    with it, or a city and a letter of the brand; the rarest keys count most, and the first 30 are kept.
    """

    def __init__(self, parties: Iterable[Party]) -> None:
        self._places: dict[str, list[int]] = defaultdict(list)
        self._weights: dict[int, float] = {}
        self._size = 0
        for number, party in enumerate(parties):
            self._size += 1
            for key in set(_keys(party)):
                self._places[key].append(number)

    def find(self, party: Party) -> list[int]:
        """Return the positions of the enterprises to compare with, likeliest first."""
        found = {key: places for key in set(_keys(party)) if (places := self._places.get(key))}
        rare = [key for key, places in found.items() if len(places) <= _COMMON]
        if not rare and found:
            rare = [min(found, key=lambda key: (len(found[key]), key))]
        weights: dict[int, float] = {}
        for key in sorted(rare):
            weight = self._weight(len(found[key]))
            for number in found[key]:
                weights[number] = weights.get(number, 0.0) + weight
        return [n for _, n in heapq.nsmallest(_MOST, ((-w, n) for n, w in weights.items()))]

    def _weight(self, count: int) -> float:
        """Return how much a key tells that so many enterprises have."""
        weight = self._weights.get(count)
        if weight is None:
            weight = self._weights[count] = math.log(1 + self._size / count)
        return weight


def _keys(party: Party) -> Iterator[str]:
    cities = {spot.city for spot in party.spots if spot.city}
    for name in party.names:
        cities |= {spot.city for spot in name.spots if spot.city}
    texts = {name.core for name in party.names}
    if party.group:
        texts.add(party.group)
    texts |= {name.text for name in party.names if name.is_short}
    for text in texts:
        for start in range(len(text) - 1):
            pair = text[start : start + 2]
            yield pair
            for city in cities:
                yield f"{city}|{pair}"
    for name in party.names:
        for letter in set(name.brand):
            for city in cities:
                yield f"{city}|{letter}"
