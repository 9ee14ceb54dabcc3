"""Places as names and lists write them: short or official, alone or one behind the other."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chaingraph.engines import collect, read_frame

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.dataset import Dataset

_PEOPLES: Final = (
    "哈尼|傣|景颇|傈僳|藏|羌|苗|侗|布依|土家|壮|回|蒙古|朝鲜|哈萨克|柯尔克孜|维吾尔|满|土|撒拉|瑶|仫佬"
    "|黎|畲|纳西|拉祜|佤|布朗|怒|独龙|锡伯|达斡尔|鄂温克|鄂伦春|毛南|仡佬|水|保安|东乡|裕固|塔吉克|白|彝"
)
_KIND: Final = re.compile(
    rf"^(.{{2,}}?)(?:(?:(?:{_PEOPLES})族?)*自治[区州县旗]|特别行政区|地区|省|市|盟|州|县|区|旗)$"
)
_NOT_PLACES: Final = re.compile(r"(?:开发|高新|经开|保税|合作|综改|工业|新)区$|[园镇乡]$")
_WORDS_TOO: Final = frozenset(
    {"东方", "高新", "经开", "新城", "和平", "长安", "吉利", "天长", "大通", "东阳", "金山"}
)
"""Short names of places that names of companies use in their own right."""

_PROVINCES: Final = (
    "河北省", "山西省", "辽宁省", "吉林省", "黑龙江省", "江苏省", "浙江省", "安徽省", "福建省", "江西省",
    "山东省", "河南省", "湖北省", "湖南省", "广东省", "海南省", "四川省", "贵州省", "云南省", "陕西省",
    "甘肃省", "青海省", "台湾省", "内蒙古自治区", "广西壮族自治区", "西藏自治区", "宁夏回族自治区",
    "新疆维吾尔自治区",
)  # fmt: skip
_MUNICIPALITIES: Final = ("北京市", "天津市", "上海市", "重庆市")
_UNKNOWN: Final = frozenset({"", "unknown", "未知", "不详"})
_BREAKS: Final = re.compile(r"[\s/、,，;；·\-—]+")


class Spot(NamedTuple):
    """Where something lies, by official names; empty where it is not known."""

    province: str = ""
    city: str = ""
    county: str = ""

    def meet(self, other: Spot) -> Spot | None:
        """Return what two places that may be one say together, or None where they are two."""
        if any(a and b and a != b for a, b in zip(self, other, strict=True)):
            return None
        return Spot(*(a or b for a, b in zip(self, other, strict=True)))


Spots = frozenset[Spot]
"""The places that a word may mean; none: it names no place."""


def short_place(name: str) -> str:
    """Return a place's name without the word for its level and without the peoples in it.

    Examples
    --------
    >>> short_place("曲靖市"), short_place("红河哈尼族彝族自治州"), short_place("郑州市")
    ('曲靖', '红河', '郑州')
    """
    found = _KIND.match(name)
    return found[1] if found else name


class Gazetteer:
    """The places that a dataset knows, by their official and their short names."""

    def __init__(self, spots: Iterable[Spot]) -> None:
        self._spots: dict[str, set[Spot]] = {}
        for spot in spots:
            for level, name in enumerate(spot):
                if name and not (level and spot[level - 1] == name):
                    above = Spot(*spot[: level + 1])
                    if above == Spot(name) and name in _MUNICIPALITIES:
                        above = Spot(name, name)
                    self._add(name, above)
        self._longest = max(map(len, self._spots), default=0)

    def _add(self, name: str, spot: Spot) -> None:
        self._spots.setdefault(name, set()).add(spot)
        short = short_place(name)
        if len(short) > 1 and short not in _WORDS_TOO and not _NOT_PLACES.search(name):
            self._spots.setdefault(short, set()).add(spot)

    def spots(self, word: str) -> Spots:
        """Return the places of a name; none where nobody knows it."""
        return frozenset(self._spots.get(word, ()))

    def at_start(self, text: str) -> str:
        """Return the longest place with which a text begins."""
        for length in range(min(self._longest, len(text)), 1, -1):
            if text[:length] in self._spots:
                return text[:length]
        return ""

    def at_end(self, text: str) -> str:
        """Return the longest place with which a text ends; counties by their official names only."""
        for length in range(min(self._longest, len(text)), 1, -1):
            word = text[-length:]
            spots = self._spots.get(word, ())
            if spots and any(not spot.county or word in spot for spot in spots):
                return word
        return ""

    def join(self, words: Iterable[str]) -> Spots:
        """Return where all these words together lie; where they differ, the last one counts."""
        found: Spots = frozenset()
        for word in words:
            found = self.within(found, self.spots(word))
        return found

    @staticmethod
    def within(first: Spots, second: Spots) -> Spots:
        """Return the places that both may mean; the second ones where there is none."""
        if not first or not second:
            return first | second
        both = {spot for a in first for b in second if (spot := a.meet(b))}
        return frozenset(both) or second

    def read(self, *cells: str) -> Spots:
        """Return the places that the cells of a row mean, province first.

        Examples
        --------
        >>> import chaingraph as cg
        >>> places = find_places(cg.load_dataset("toy"))
        >>> sorted(places.read("", "甲市西区"))
        [Spot(province='甲省', city='甲市', county='西区')]
        """
        found: Spots = frozenset()
        for level, cell in enumerate(cells):
            for part in _BREAKS.split(cell.strip()):
                if part not in _UNKNOWN:
                    found = self.within(found, self._read(part, level))
        return found

    def _read(self, text: str, level: int) -> Spots:
        words, rest = [], text
        while word := self.at_start(rest):
            words.append(word)
            rest = rest[len(word) :]
        if words:
            return self.join(words)
        names = ["", "", ""]
        names[min(level, 2)] = text
        return frozenset({Spot(*names)})

    @cached_property
    def names(self) -> frozenset[str]:
        """All names, official and short."""
        return frozenset(self._spots)


def _region_spots(ds: Dataset) -> list[Spot]:
    if not ds.has("regions"):
        return []
    frame = ds.table("regions")
    names = dict(zip(frame["adcode"], frame["name_zh"], strict=True))
    parents = dict(zip(frame["adcode"], frame["parent"], strict=True))
    found = []
    for code in names:
        path: list[str] = []
        seen: set[Any] = set()
        step = code
        while step in names and step not in seen:
            seen.add(step)
            path.insert(0, str(names[step]))
            step = parents[step]
        found.append(Spot(*path[:3]))
    return found


def find_places(ds: Dataset) -> Gazetteer:
    """Return the places that a dataset's regions and enterprises name, and the provinces.

    Examples
    --------
    >>> import chaingraph as cg
    >>> find_places(cg.load_dataset("toy")).at_start("甲市西区某厂")
    '甲市'
    """
    spots = [Spot(name) for name in _PROVINCES]
    spots += [Spot(name, name) for name in _MUNICIPALITIES]
    spots += _region_spots(ds)
    frame = collect(read_frame(ds.enterprises))
    columns = [
        ["" if name in _UNKNOWN else name for name in frame[level].fillna("").astype(str)]
        if level in frame
        else [""] * len(frame)
        for level in Spot._fields
    ]
    spots += sorted(set(map(Spot, *columns)) - {Spot()})
    return Gazetteer(spots)
