"""How much speaks for two names meaning one enterprise: points from 0 to 100."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import OSA, Indel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.matching.names import Name
    from chaingraph.places import Places

TAKEN: Final = 80.0
"""A match of this many points or more is taken."""
REVIEW: Final = 50.0
"""Below this there is no match; from here to `TAKEN` a person decides."""

_BRAND_WEIGHT: Final = 2.0
_NEAR: Final = 0.5
_SHORT_BRAND: Final = 2
_SHORTEST, _SHORT_TEXT = 3, 6
_UNLIKE: Final = 0.4
_SLIP: Final = 0.92
_OTHER_FORM: Final = 0.98
_SHORTENED: Final = 0.9
_GROUP_POINTS: Final = 72.0
_PLACE_COST: Final = {
    "county": 0.0, "city": 0.0, "province": 4.0, "county-other": 21.0, "none": 21.0,
    "city-other": 25.0, "province-other": 30.0, "name-other": 52.0, "site-other": 35.0,
}  # fmt: skip
"""What is taken off by how the places stand to each other, the best that can be said first."""
_ORDER: Final = tuple(_PLACE_COST)
_HERE: Final = frozenset({"county", "city"})
_ELSEWHERE: Final = frozenset({"city-other", "province-other"})
_CAPS: Final = {
    "brand": 79.0, "trade": 78.0, "branch": 72.0, "numbers": 70.0,
    "group": 79.0, "prefix": 79.0,
}  # fmt: skip
"""Most points where something speaks against one enterprise: always below `TAKEN`."""


@dataclass(frozen=True)
class Party:
    """One side of a comparison: an enterprise of the list or of the dataset.

    Attributes
    ----------
    names
        The name in its parts, and the other names that stand in it.
    spots
        Where it lies by the columns of its row; none where they say nothing.
    group
        Brand or parent as normal text; of the dataset only.
    """

    names: tuple[Name, ...]
    spots: Places
    group: str = ""


@dataclass(frozen=True)
class Score:
    """Points, and what they rest on."""

    points: float
    name: str
    place: str
    caps: tuple[str, ...] = ()
    exact: bool = False


def score_parties(listed: Party, known: Party, seen: frozenset[str] = frozenset()) -> Score:
    """Return how much speaks for two parties being one enterprise.

    Parameters
    ----------
    listed, known
        The enterprise of the list and that of the dataset.
    seen
        Pairs of letters that stand in names of the dataset, so that slips of the pen show.

    Returns
    -------
    Score
        Points, and the words for what they rest on.

    Notes
    -----
    ``points = min(100 * n - cost, cap)`` for the best pair of names. The likeness of names is

    ``n = (2 |b| B + |t| T) / (2 |b| + |t|)``

    with B the Indel likeness of the brands, T that of the words of trade, |b| and |t| their mean
    lengths: a letter of the brand counts twice. T is 0.9 where a short name leaves words of trade
    out. Names with the same core have n = 1 (0.98 with another legal form); a slip of the pen behind
    the brand has 0.92; brands that share less than half, or that have two letters and differ, make n at
    most 0.4 unless all else is the same.

    ``cost`` is what the places say against it: 0 the same city or county, 4 the same province, 21
    another county or nothing known, 25 another city, 30 another province, 35 the names name other
    places but the rows the same city, 52 the names name other places. So names that are equal letter
    by letter have 79 points without a place and 75 in another city: **name alone is never enough**.

    ``cap`` is 79 where brands differ in a letter or only the group is named, or two full legal
    names begin with different places, 78 where the trades
    differ, 72 where one is a branch, 70 where numbers in the names differ.

    Examples
    --------
    >>> import chaingraph as cg
    >>> from chaingraph.matching.names import NameReader
    >>> from chaingraph.matching.places import find_places
    >>> places = find_places(cg.load_dataset("qujing"))
    >>> names = NameReader(places)
    >>> known = Party((names.read("曲靖市德方纳米科技有限公司"),), places.read("云南省", "曲靖市"))
    >>> here = Party((names.read("德方纳米"),), places.read("", "曲靖市"))
    >>> round(score_parties(here, known).points)
    99
    >>> there = Party((names.read("德方纳米科技有限公司"),), places.read("", "昆明市"))
    >>> round(score_parties(there, known).points)
    75
    """
    best = None
    for mine in listed.names:
        for other in known.names:
            score = _pair(mine, other, _place(listed, mine, known, other), seen)
            if best is None or score.points > best.points:
                best = score
    if best is None:
        return Score(0.0, "other", "none")
    return _by_group(listed, known, best)


def _pair(mine: Name, other: Name, place: str, seen: frozenset[str]) -> Score:
    exact = mine.text == other.text
    likeness, kind, cap = (1.0, "same", "") if exact else _likeness(mine, other, seen)
    caps = (*((cap,) if cap else ()), *(() if exact else _site_caps(mine, other)))
    points = 100 * likeness - _PLACE_COST[place]
    most = min((_CAPS[cap] for cap in caps), default=100.0)
    return Score(max(0.0, min(points, most)), kind, place, caps, exact)


def _likeness(mine: Name, other: Name, seen: frozenset[str]) -> tuple[float, str, str]:
    """Return how like the names are, what that rests on, and the cap where something is against it."""
    if mine.core == other.core:
        return (1.0 if mine.form == other.form else _OTHER_FORM), "core", ""
    brands = Indel.normalized_similarity(mine.brand, other.brand)
    trades, cap = _trades(mine, other)
    brand_size = _BRAND_WEIGHT * (len(mine.brand) + len(other.brand)) / 2
    trade_size = (len(mine.trade) + len(other.trade)) / 2
    likeness = (brand_size * brands + trade_size * trades) / (brand_size + trade_size)
    if mine.brand == other.brand:
        return likeness, ("trade" if cap else "short"), cap
    typo = _one_letter(mine.core, other.core) and min(len(mine.core), len(other.core)) > _SHORTEST
    if typo and _is_slip(mine, other, seen):
        return _SLIP, "typo", ""
    if typo or (_one_letter(mine.text, other.text) and len(mine.text) > _SHORT_TEXT):
        return max(likeness, Indel.normalized_similarity(mine.core, other.core)), "near", "brand"
    whole = Indel.normalized_similarity(mine.core, other.core)
    if brands < _NEAR or min(len(mine.brand), len(other.brand)) <= _SHORT_BRAND:
        return min(likeness, whole, _UNLIKE), "other", "brand"
    return min(likeness, max(whole, likeness - 0.1)), "near", "brand"


def _one_letter(first: str, second: str) -> bool:
    """Tell whether two texts differ by a letter: wrong, too much, left out, or swapped with the next."""
    return OSA.distance(first, second, score_cutoff=1) == 1


def _is_slip(mine: Name, other: Name, seen: frozenset[str]) -> bool:
    """Tell whether one letter's difference is a slip of the pen and not the name of another firm.

    It is where two letters are swapped, or where the difference lies behind the brand and makes pairs
    of letters that no enterprise of the dataset has in its name: 科枝, but not 动力 for 电力.
    """
    if sorted(mine.core) == sorted(other.core):
        return (
            min(len(mine.brand), len(other.brand)) > _SHORT_BRAND or mine.core[:2] == other.core[:2]
        )
    brand = min(mine.brand, other.brand, key=len)
    if not mine.core.startswith(brand) or not other.core.startswith(brand):
        return False
    made = _letter_pairs(mine.core) - _letter_pairs(other.core)
    return not made & seen


def _letter_pairs(text: str) -> set[str]:
    return {text[start : start + 2] for start in range(len(text) - 1)}


def _trades(mine: Name, other: Name) -> tuple[float, str]:
    """Return how like the words of trade are, and the cap where they tell two firms apart."""
    a, b = mine.trade, other.trade
    if a == b:
        return 1.0, ""
    likeness = float(Indel.normalized_similarity(a, b))
    short = mine if len(a) < len(b) else other
    if short.is_short and _is_part(short.trade, max(a, b, key=len)):
        return max(likeness, _SHORTENED), ""
    return likeness, "trade"


def _is_part(short: str, long: str) -> bool:
    """Tell whether the letters of one text stand in another in their order."""
    rest = iter(long)
    return all(letter in rest for letter in short)


def _site_caps(mine: Name, other: Name) -> list[str]:
    caps = []
    marks = [name.branch for name in (mine, other) if name.branch]
    loose = any(name.is_short and "分" not in name.branch for name in (mine, other) if name.branch)
    if mine.branch != other.branch and not (len(marks) == 1 and loose):
        caps.append("branch")
    if mine.numbers != other.numbers:
        caps.append("numbers")
    full = mine.form and other.form and mine.places and other.places
    if full and not (mine.places <= other.places or mine.places >= other.places):
        caps.append("prefix")  # 云南恩捷 and 玉溪恩捷 are two firms in one city
    return caps


def _place(listed: Party, mine: Name, known: Party, other: Name) -> str:
    """Return how the places of two parties stand to each other: a word of ``_PLACE_COST``.

    The places in the names come first: 通威太阳能(成都) is not 通威太阳能(合肥). Then the columns of the
    rows, then the place in the listed name against the row of the dataset.
    """
    rows = _relation(listed.spots, known.spots)
    there = known.spots or other.spots
    seen = _relation(mine.spots, there)
    same = mine.text == other.text or mine.spots == other.spots
    named = "none" if same else _relation(mine.spots, other.spots or there)
    if named in _ELSEWHERE and seen not in _HERE:  # a list may name the site, the law the seat
        return "site-other" if rows in _HERE else "name-other"
    if rows != "none":
        return seen if rows == "city" and seen.startswith("county") else rows
    return "province" if same and seen in _ELSEWHERE else seen


@lru_cache(maxsize=100_000)
def _relation(first: Places, second: Places) -> str:
    """Return the best that can be said of two sets of places."""
    found = [_two(a, b) for a in first for b in second]
    return min(found, key=_ORDER.index, default="none")


def _two(first: Iterable[str], second: Iterable[str]) -> str:
    for level, (a, b) in reversed(list(enumerate(zip(first, second, strict=True)))):
        if a and a == b:
            return _agreement(level, first, second)
    pairs = list(zip(first, second, strict=True))
    levels = ("province-other", "city-other", "county-other")
    return next((levels[level] for level, (a, b) in enumerate(pairs) if a and b), "none")


def _agreement(level: int, first: Iterable[str], second: Iterable[str]) -> str:
    names = ("province", "city", "county")
    wider = ("province-other", "city-other", "county-other")
    for deeper, (a, b) in enumerate(zip(first, second, strict=True)):
        if a and b and a != b:
            return wider[deeper]
    return names[level]


def _by_group(listed: Party, known: Party, best: Score) -> Score:
    """Return a score for a list that names the group where the dataset has its site."""
    if best.points >= _GROUP_POINTS or not known.group:
        return best
    for name in listed.names:
        if not name.is_short or known.group not in {name.text, name.core, name.brand}:
            continue
        where = listed.spots or name.spots
        if _relation(where, known.spots) in _HERE:
            return Score(_GROUP_POINTS, "group", "city", ("group",))
    return best
