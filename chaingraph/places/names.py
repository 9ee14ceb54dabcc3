"""Names of places as people write them: without their level, without the peoples, or as no place at all."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

LEVELS: Final = ("province", "city", "county")
"""Columns of a place, from above; a park lies below and has no list of its own."""
_GAPS: Final = re.compile(r"[\s/\\·,，、;；:：\-—_()（）\[\]【】]+")
_NUMBERING: Final = re.compile(
    r"^(?:[(（]?[一二三四五六七八九十0-9]+[)）]?[、.．:：\s]+|[(（][一二三四五六七八九十0-9]+[)）])"
)


@cache
def place_words(name: str) -> tuple[str, ...]:
    """Return a list of ``words.json``."""
    text = resources.files(__package__).joinpath("words.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)[name])


def _one_of(name: str) -> str:
    return "|".join(map(re.escape, sorted(place_words(name), key=len, reverse=True)))


@cache
def _kind() -> re.Pattern[str]:
    peoples = _one_of("peoples")
    return re.compile(
        rf"^(?P<short>.{{2,}}?)(?:(?:(?:{peoples})族?)*(?P<own>自治[区州县旗])|(?P<kind>{_one_of('kinds')}))$"
    )


def short_place(name: str) -> str:
    """Return a place's name without the word for its level and without the peoples in it.

    Examples
    --------
    >>> short_place("曲靖市"), short_place("红河哈尼族彝族自治州"), short_place("郑州市"), short_place("兴县")
    ('曲靖', '红河', '郑州', '兴县')
    """
    found = _kind().match(name)
    return found["short"] if found else name


def spellings(name: str) -> set[str]:
    """Return the shorter ways in which a place's name is written, its own left out.

    Examples
    --------
    >>> sorted(spellings("红河哈尼族彝族自治州")), sorted(spellings("内蒙古自治区")), spellings("兴县")
    (['红河', '红河州', '红河自治州'], ['内蒙', '内蒙古', '内蒙古区'], set())
    """
    found = _kind().match(name)
    if found is None:
        return set()
    short = found["short"]
    texts = {short}
    if found["own"]:
        texts |= {short + found["own"], short + found["own"][-1]}
    if short == "内蒙古":
        texts |= {"内蒙"}
    return texts - {name}


def is_unknown(text: str) -> bool:
    """Tell whether a text says that a place is not known, or nothing at all.

    Examples
    --------
    >>> is_unknown(" 不详 "), is_unknown("Unknown"), is_unknown("曲靖")
    (True, True, False)
    """
    return text.strip().casefold() in place_words("unknown")


def plain_text(text: str) -> str:
    """Return a text without gaps, brackets and the country before it, half-width.

    Examples
    --------
    >>> plain_text("中国·云南省 / 曲靖市（麒麟区）")
    '云南省曲靖市麒麟区'
    """
    plain = _GAPS.sub("", unicodedata.normalize("NFKC", text)).casefold()
    return without_start(plain, (*place_words("before"), *place_words("nation")))


def without_start(text: str, words: Iterable[str]) -> str:
    """Return a text without the first of some words at its beginning, again and again."""
    ordered = sorted(words, key=len, reverse=True)
    while word := next((word for word in ordered if text.startswith(word)), ""):
        text = text[len(word) :]
    return text


def label_text(text: str) -> str:
    """Return what a heading names: without a number before it and what is said of the place behind it.

    Examples
    --------
    >>> label_text("一、麒麟区"), label_text("（二）沾益区企业名单"), label_text("曲靖市")
    ('麒麟区', '沾益区', '曲靖市')
    """
    plain = _NUMBERING.sub("", unicodedata.normalize("NFKC", text).strip()).strip()
    ends = sorted(place_words("after_label"), key=len, reverse=True)
    while word := next((w for w in ends if plain.endswith(w) and len(plain) > len(w)), ""):
        plain = plain[: -len(word)]
    return plain.strip()


@cache
def _english() -> re.Pattern[str]:
    return re.compile(rf"\s+(?:{_one_of('english_kinds')})$", re.IGNORECASE)


def english_text(text: str) -> str:
    """Return an English name without the word for its level.

    Examples
    --------
    >>> english_text("Qujing City"), english_text("Yunnan  Province")
    ('qujing', 'yunnan')
    """
    return _english().sub("", " ".join(text.split())).casefold()


@cache
def _road() -> re.Pattern[str]:
    return re.compile(rf"[东西南北中]?(?:{_one_of('roads')})")


def names_a_road(rest: str) -> bool:
    """Tell whether what stands behind a short name makes it a road, a village or a town of that name.

    Examples
    --------
    >>> names_a_road("路12号"), names_a_road("大道"), names_a_road("袁州区")
    (True, True, False)
    """
    return _road().match(rest) is not None


@cache
def _county() -> re.Pattern[str]:
    return re.compile(rf"(?P<name>\w{{1,11}}?(?:{_one_of('county_kinds')}))")


@cache
def _no_county() -> re.Pattern[str]:
    return re.compile(rf"(?:{_one_of('no_county')})区$")


def county_at_start(text: str) -> str:
    """Return what a text begins with if that is called as a county is; zones and quarters are none.

    Examples
    --------
    >>> county_at_start("袁州区彬江镇"), county_at_start("经济技术开发区"), county_at_start("测试路1号")
    ('袁州区', '', '')
    """
    found = _county().match(text)
    name = "" if found is None else found["name"]
    return "" if not name or _no_county().search(name) else name
