"""A place: province, city and county by their official names; and what a text was read as."""

from __future__ import annotations

from typing import Literal, NamedTuple

from chaingraph.places.names import LEVELS


class Place(NamedTuple):
    """Where something lies, by official names; empty where it is not known.

    A municipality is province and city in one; a county that its province runs by itself (仙桃市) stands
    as the city, as there is none above it.

    Examples
    --------
    >>> Place("云南省", "曲靖市").contains(Place("云南省", "曲靖市", "麒麟区"))
    True
    """

    province: str = ""
    city: str = ""
    county: str = ""

    @property
    def level(self) -> str:
        """``province``, ``city`` or ``county``; empty of no place."""
        if self.county:
            return "county"
        if self.city and self.city != self.province:
            return "city"
        return "province" if self.province else ""

    @property
    def name(self) -> str:
        """The place's own name."""
        return self.county or self.city or self.province

    @property
    def path(self) -> tuple[str, ...]:
        """The place and what it lies in, from above, each name once."""
        return tuple(dict.fromkeys(filter(None, self)))

    def says(self, text: str = "/") -> str:
        """Return the path as one text."""
        return text.join(self.path)

    @property
    def cells(self) -> dict[str, str]:
        """The columns of the place that say something."""
        return {level: name for level, name in zip(LEVELS, self, strict=True) if name}

    def meet(self, other: Place) -> Place | None:
        """Return what two places that may be one say together, or None where they are two."""
        if any(a and b and a != b for a, b in zip(self, other, strict=True)):
            return None
        return Place(*(a or b for a, b in zip(self, other, strict=True)))

    def contains(self, other: Place) -> bool:
        """Tell whether another place is this one or lies in it."""
        return all(a in {"", b} for a, b in zip(self, other, strict=True))


Places = frozenset[Place]
"""The places that a text may mean; none: it names no place."""
Kind = Literal["found", "nothing", "unknown", "several", "apart"]


class Reading(NamedTuple):
    """What a text was read as.

    Attributes
    ----------
    kind
        ``found``; ``nothing``: the text says nothing of a place; ``unknown``: nobody knows such a place;
        ``several``: it may be any of `places`; ``apart``: its parts do not lie in each other.
    place
        The place found; empty otherwise.
    places
        What it may mean.
    said
        How it was taken: ``within`` for the only one in the region under study, ``renamed`` for a name
        under another level (沾益县 for 沾益区), ``strange`` for a county that no list has.
    rest
        What stands behind the place: a road, a park.
    """

    kind: Kind
    place: Place = Place()
    places: tuple[Place, ...] = ()
    said: str = ""
    rest: str = ""
