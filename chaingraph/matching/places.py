"""Places in names of enterprises and in the rows of lists, by the one gazetteer."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from chaingraph.engines import collect, read_frame
from chaingraph.places import LEVELS, Place, PlaceBook, Places, short_place
from chaingraph.places.names import place_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.dataset import Dataset

_NOT_PLACES: Final = re.compile(r"(?:开发|高新|经开|保税|合作|综改|工业|新)区$|[园镇乡]$")
_SHORTEST_COUNTY: Final = 3
"""A county without a site must be named in full: 和县 and 兴县 are words of names too."""


class FirmPlaces:
    """The places that names of enterprises name: of a dataset, provinces, cities, counties in full."""

    def __init__(self, book: PlaceBook) -> None:
        self.book = book
        self._words: dict[str, set[Place]] = {}
        for word, place, own in book.spelled():
            if word == place.name:
                allowed = own or place.level != "county" or len(word) >= _SHORTEST_COUNTY
            elif word == short_place(place.name):
                known = own or place.level != "county"
                spoken = word in place_words("words_too") or _NOT_PLACES.search(place.name)
                allowed = known and not spoken
            else:
                allowed = False
            if allowed:
                self._words.setdefault(word, set()).add(place)
        self._longest = max(map(len, self._words), default=0)
        self._read = lru_cache(maxsize=200_000)(self._read_cells)

    def spots(self, word: str) -> Places:
        """Return the places of a name; none where nobody knows it."""
        return frozenset(self._words.get(word, ()))

    def at_start(self, text: str) -> str:
        """Return the longest place with which a text begins."""
        for length in range(min(self._longest, len(text)), 1, -1):
            if text[:length] in self._words:
                return text[:length]
        return ""

    def at_end(self, text: str) -> str:
        """Return the longest place with which a text ends; counties by their official names only."""
        for length in range(min(self._longest, len(text)), 1, -1):
            word = text[-length:]
            found = self._words.get(word, ())
            if found and any(not place.county or word in place for place in found):
                return word
        return ""

    def join(self, words: Iterable[str]) -> Places:
        """Return where all these words together lie; where they differ, the last one counts."""
        found: Places = frozenset()
        for word in words:
            found = self.within(found, self.spots(word))
        return found

    @staticmethod
    def within(first: Places, second: Places) -> Places:
        """Return the places that both may mean; the second ones where there is none."""
        if not first or not second:
            return first | second
        both = {place for a in first for b in second if (place := a.meet(b))}
        return frozenset(both) or second

    def read(self, *cells: str) -> Places:
        """Return the places that the cells of a row mean, province first; what nobody knows as it stands.

        Examples
        --------
        >>> import chaingraph as cg
        >>> places = find_places(cg.load_dataset("toy"))
        >>> sorted(places.read("", "甲市西区"))
        [Place(province='甲省', city='甲市', county='西区')]
        """
        return self._read(cells)

    def _read_cells(self, cells: tuple[str, ...]) -> Places:
        texts = dict(zip(LEVELS, cells, strict=False))
        place, wrong = self.book.read_cells(texts)
        found: Places = frozenset({place} if place.path else ())
        for column, reading in wrong.items():
            meant = frozenset(reading.places) or {Place(**{column: texts[column].strip()})}
            found = self.within(found, frozenset(meant))
        return found


def find_places(ds: Dataset) -> FirmPlaces:
    """Return the places that a dataset's regions and enterprises name, and those of the country.

    Examples
    --------
    >>> import chaingraph as cg
    >>> find_places(cg.load_dataset("toy")).at_start("甲市西区某厂")
    '甲市'
    """
    return FirmPlaces(book_of_dataset(ds))


def book_of_dataset(ds: Dataset) -> PlaceBook:
    """Return the places that a dataset's regions and enterprises name, over those of the country.

    Examples
    --------
    >>> import chaingraph as cg
    >>> book_of_dataset(cg.load_dataset("toy")).read("甲市").place.says()
    '甲省/甲市'
    """
    frames = {"regions": ds.table("regions")} if ds.has("regions") else {}
    if ds.has("enterprises"):
        frames["enterprises"] = collect(read_frame(ds.enterprises))

    def texts(table: str, column: str) -> list[str]:
        frame = frames.get(table)
        if frame is None or column not in frame:
            return []
        return list(frame[column].fillna("").astype(str))

    return PlaceBook.of(texts)
