"""Names of enterprises, taken apart: place, brand, trade, legal form, site."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Final

from chaingraph.names import normal_text
from chaingraph.places import short_place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.matching.places import FirmPlaces
    from chaingraph.places import Places

_TRADES: Final = tuple(
    word
    for line in resources.files(__package__).joinpath("trades.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
    for word in line.split()
)
_TRADE: Final = "|".join(sorted(_TRADES, key=len, reverse=True))
_GENERIC: Final = re.compile(f"(?:{_TRADE}|[的与和])*+")
_BRAND: Final = re.compile(rf"(.{{2,}}?)((?:{_TRADE})*+)")
_FORMS: Final = (
    "股份有限责任公司",
    "有限责任公司",
    "股份有限公司",
    "有限公司",
    "股份公司",
    "总公司",
    "公司",
)
_FORM: Final = re.compile(rf"(?:集团)?(?:{'|'.join(_FORMS)})$|集团$|总厂$|(?<=.{{3}})厂$")
_INNER_FORM: Final = re.compile(rf"^(.{{2,}}?(?:集团)?(?:{'|'.join(_FORMS[:-1])}))(.+)$")
_BRANCH: Final = re.compile(
    r"(?:第?[一二三四五六七八九十0-9]*分公司|分厂|分部|分支机构|办事处|生产基地|基地|项目部?(?:公司)?|工厂|厂区)$"
)
_GROUP: Final = re.compile(r"集团")
_INSIDE: Final = re.compile(r"\(([^()]*)\)")
_FORMER: Final = re.compile(r"^(?:原名?|曾用名|前身|现为?|简称)[::]?")
_PARTNERS: Final = re.compile(r"\((?:有限合伙|普通合伙|特殊普通合伙|集团|筹|个体工商户)\)")
_JOINERS: Final = re.compile(r"[/|;；]")
_COUNT: Final = re.compile(
    r"[0-9]+|(?<=第)[一二三四五六七八九十]+|[一二三四五六七八九十](?=[期厂号])"
)
_SHORTEST_ALIAS: Final = 3
_NATION: Final = "中国"
_NOTES: Final = re.compile(r"项目|基地|产能|未查明|园区|工厂|大厦")


@dataclass(frozen=True)
class Name:
    """A name of an enterprise in its parts.

    Attributes
    ----------
    text
        The whole name: half-width, lower case, round brackets, no blanks.
    core
        What is left without legal form, places and site: brand and trade.
    brand, trade
        The core's distinctive beginning, and the words at its end that many names share.
    form
        The legal form as written, empty where the name has none: then it is a short name.
    places
        The places that the name names, by their short names.
    spots
        Where they lie; the site's where they are two.
    branch
        The word that makes it a site of its own (``分公司``, ``基地``) with what stands before it.
    numbers
        Figures in the name: a second plant is not the first.
    """

    text: str
    core: str
    brand: str
    trade: str
    form: str
    places: frozenset[str]
    spots: Places
    branch: str
    numbers: tuple[str, ...]

    @property
    def is_short(self) -> bool:
        """Whether the name is a short one, without its legal form."""
        return not self.form


def split_core(core: str) -> tuple[str, str]:
    """Return the brand and the words of trade behind it.

    Examples
    --------
    >>> split_core("德方纳米科技"), split_core("裕能新能源电池材料"), split_core("云南铝业")
    (('德方纳米', '科技'), ('裕能', '新能源电池材料'), ('云南', '铝业'))
    """
    found = None if core.startswith(_NATION) else _BRAND.fullmatch(core)
    return (found[1], found[2]) if found else (core, "")


def is_generic(core: str) -> bool:
    """Tell whether words say only what is made, so that no enterprise is known by them.

    Examples
    --------
    >>> is_generic("新能源科技"), is_generic("裕能新能源")
    (True, False)
    """
    return _GENERIC.fullmatch(core) is not None


class NameReader:
    """Takes names apart with the places of a dataset."""

    def __init__(self, places: FirmPlaces) -> None:
        self._places = places
        self._kept = lru_cache(maxsize=200_000)(self._read)

    def read(self, name: str) -> Name:
        """Return a name in its parts.

        Examples
        --------
        >>> import chaingraph as cg
        >>> from chaingraph.matching.places import find_places
        >>> reader = NameReader(find_places(cg.load_dataset("qujing")))
        >>> name = reader.read("通威太阳能（成都）有限公司")
        >>> name.brand, name.trade, name.form, sorted(spot.city for spot in name.spots)
        ('通威', '太阳能', '有限公司', ['成都市'])
        >>> reader.read("云南省曲靖市德方纳米科技有限责任公司").core
        '德方纳米科技'
        """
        return self._kept(normal_text(name))

    def all_names(self, name: str) -> list[Name]:
        """Return a name and the other names that stand in it: behind a stroke, in brackets."""
        text = normal_text(name)
        found = [] if _JOINERS.search(_INSIDE.sub("", text)) else [self._kept(text)]
        for other in _others(text):
            parsed = self._kept(other)
            if parsed not in found and len(parsed.core) > 1 and not is_generic(parsed.core):
                found.append(parsed)
        return found or [self._kept(text)]

    def _read(self, text: str) -> Name:
        words: list[str] = []
        bracketed: list[str] = []

        def inside(match: re.Match[str]) -> str:
            bracketed.extend(self._leading(match[1])[0])
            return ""

        plain = _INSIDE.sub(inside, _PARTNERS.sub("", text)) or text.strip("()")
        body, branch, site = self._branch(plain)
        form = ""
        while (found := _FORM.search(body)) and found.start() > 1:
            form = form or found[0]
            body = body[: found.start()]
        if branch and not form and (inner := _INNER_FORM.match(body)):
            form, body = "公司", inner[1]
        words, core = self._leading(body)
        if not form:
            core, trailing = self._trailing(core)
            bracketed = [*trailing, *bracketed]
        if len(core) > _SHORTEST_ALIAS:
            core = _GROUP.sub("", core)
        brand, trade = split_core(core)
        brand, inner_place = self._trailing(brand)  # 一汽红塔云南汽车制造
        core = brand + trade
        kept = [brand] if self._places.spots(brand) else []
        named = [*words, *kept, *inner_place, *bracketed, *site]
        places = frozenset(map(short_place, named))
        spots, numbers = self._places.join(named), tuple(_COUNT.findall(text))
        return Name(text, core, brand, trade, form, places, spots, branch, numbers)

    def _leading(self, text: str) -> tuple[list[str], str]:
        """Return the places at the beginning, and the rest, which must still say who it is."""
        words = []
        while word := self._places.at_start(text):
            rest = text[len(word) :]
            if rest and (len(rest) == 1 or is_generic(rest)):
                break
            words.append(word)
            text = rest
        return words, text

    def _trailing(self, text: str) -> tuple[str, list[str]]:
        word = self._places.at_end(text)
        rest = text[: len(text) - len(word)]
        return (rest, [word]) if word and len(rest) > 1 else (text, [])

    def _branch(self, text: str) -> tuple[str, str, list[str]]:
        """Return the name of the firm, the words of its branch, and the places in those."""
        found = _BRANCH.search(text)
        if not found or found.start() < 2:  # noqa: PLR2004  nothing is left of the name
            return text, "", []
        head, mark = text[: found.start()], found[0]
        inner = _INNER_FORM.match(head)
        if inner:
            words, rest = self._leading(inner[2])
            return inner[1], rest + mark, words
        head, words = self._trailing(head)
        return head, mark, words


def _others(text: str) -> Iterator[str]:
    """Yield the parts of a name that are names themselves."""
    parts = _JOINERS.split(_INSIDE.sub("", text))
    if len(parts) > 1:
        yield from (part for part in parts if len(part) >= _SHORTEST_ALIAS)
    for content in _INSIDE.findall(text):
        former = _FORMER.sub("", content)
        for part in _JOINERS.split(former):
            if len(part) >= _SHORTEST_ALIAS and not _NOTES.search(part):
                yield part
