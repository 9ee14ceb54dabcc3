"""Did you mean: names close to one that nobody knows, at a bounded cost."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from typing import TYPE_CHECKING, Final

from chaingraph import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_NAMES: Final = 50
_NEIGHBOURS: Final = 250


class Suggester:
    """Suggest known names for the first 50 unknown ones.

    Among many names only the neighbours of the unknown one are compared, in alphabetical order
    read forwards and backwards: a mistyped name shares its beginning or its end with the right one.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = names
        self._answers: dict[str, str] = {}

    @cached_property
    def _forward(self) -> list[str]:
        return sorted(set(self._names))

    @cached_property
    def _backward(self) -> list[str]:
        return sorted(known[::-1] for known in self._forward)

    def near(self, name: str) -> str:
        """Return up to three known names, comma-separated; ``-`` where none is close."""
        if name not in self._answers:
            if len(self._answers) >= _MOST_NAMES:
                return "-"
            self._answers[name] = ", ".join(errors.closest(name, self._choices(name))) or "-"
        return self._answers[name]

    def _choices(self, name: str) -> list[str]:
        if len(self._forward) <= 4 * _NEIGHBOURS:
            return self._forward
        ends = _around(self._backward, name[::-1])
        return [*_around(self._forward, name), *(known[::-1] for known in ends)]


def _around(names: list[str], name: str) -> list[str]:
    place = bisect_left(names, name)
    return names[max(0, place - _NEIGHBOURS) : place + _NEIGHBOURS]
