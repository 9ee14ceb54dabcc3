"""The places that are known under all their spellings, and what a text, or a row's cells, mean."""

from __future__ import annotations

import csv
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.places.names import (
    LEVELS,
    county_at_start,
    english_text,
    is_unknown,
    label_text,
    names_a_road,
    place_words,
    plain_text,
    short_place,
    spellings,
    without_start,
)
from chaingraph.places.place import Place, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    Texts = Callable[[str, str], list[str]]

_COLUMN_OF: Final = {"province": "province", "municipality": "province", "county": "county"}
_OFFICIAL, _OTHER, _SHORT, _RENAMED = range(4)
"""How a text names a place: by its name, by code or in English, shorter, under another level."""
_NOWHERE: Final = Place()


class Hit(NamedTuple):
    """A place that a text may mean, and how it names it."""

    place: Place
    rank: int


class Row(NamedTuple):
    """A row of a regions table."""

    adcode: str
    name_zh: str
    name_en: str
    level: str
    parent: str


class PlaceBook:
    """Places by all their spellings.

    Parameters
    ----------
    regions
        Rows of regions tables; what a row lies in is told by the code of its parent.
    sites
        Province, city and county of sites, parks, projects.
    below
        The book that knows what this one does not: the country's. Left out where this one names none of
        its provinces and cities: of a made-up country nobody can say what is missing.
    complete
        Whether what this book and the one below do not know is no place.
    """

    def __init__(
        self,
        regions: Iterable[Row] = (),
        sites: Iterable[tuple[str, str, str]] = (),
        *,
        below: PlaceBook | None = None,
        complete: bool = False,
    ) -> None:
        rows = {row.adcode: row for row in regions}
        self.codes: dict[str, Place] = {}
        """Code of a regions table -> its place."""
        self._hits: dict[str, dict[Place, int]] = {}
        self._below = below
        for code in rows:
            self.codes[code] = self._walk(code, rows)
        for code, place in self.codes.items():
            self._name(place, (code, rows[code].name_en))
            self._hit(english_text(rows[code].name_en), place, _SHORT)
        for site in sorted({tuple("" if is_unknown(c) else c for c in site) for site in sites}):
            for depth in range(1, len(site) + 1):
                if site[depth - 1]:
                    self._name(Place(*site[:depth]), ())
        if below is not None and not self._is_of(below):
            self._below = None
        self.complete = complete or self._below is not None
        self._longest = max(map(len, self._hits), default=0)

    @classmethod
    def of(cls, texts: Texts) -> PlaceBook:
        """Return the book of a dataset over the country's.

        Parameters
        ----------
        texts
            ``texts(table, column)``: the cells of a column, empty where there is none.

        Examples
        --------
        >>> cells = {"province": ["甲省"], "city": ["甲市"], "county": ["西区"]}
        >>> book = PlaceBook.of(lambda table, column: cells.get(column, []) if table == "enterprises" else [])
        >>> book.read("甲市西区").place
        Place(province='甲省', city='甲市', county='西区')
        """
        columns = [texts("regions", name) for name in Row._fields]
        codes = columns[0]
        regions = [
            Row(*cells) for cells in zip(*(c or [""] * len(codes) for c in columns), strict=True)
        ]
        found = [texts("enterprises", level) for level in LEVELS]
        length = max(map(len, found))
        sites = set(zip(*(c or [""] * length for c in found), strict=True))
        return cls(regions, sites, below=country())

    def _walk(self, code: str, rows: Mapping[str, Row]) -> Place:
        """Return the place of a code with all that it lies in."""
        found: dict[str, str] = {}
        step, own = code, rows[code]
        while step in rows:
            row = rows[step]
            column = _COLUMN_OF.get(row.level, "city")
            if column in found:  # a region that the table puts into itself or into its like
                break
            found[column] = row.name_zh
            if row.level == "municipality":
                found.setdefault("city", row.name_zh)
            step = row.parent
        above = None if self._below is None else self._below.codes.get(step)
        if above is not None:
            found = above.cells | found
        if own.level == "county" and "province" in found and "city" not in found:
            found["city"] = found.pop("county")  # run by the province itself
        return Place(*(found.get(level, "") for level in LEVELS))

    def _name(self, place: Place, others: Iterable[str]) -> None:
        """Let a place be read under its name, under what people make of it, and under other names."""
        self._hit(place.name, place, _OFFICIAL)
        for text in others:
            self._hit(text, place, _OTHER)
        for text in spellings(place.name):
            self._hit(text, place, _SHORT)

    def _hit(self, text: str, place: Place, rank: int) -> None:
        plain = text.strip().casefold()
        if not plain:
            return
        held = self._hits.setdefault(plain, {})
        held[place] = min(rank, held.get(place, rank))

    def _is_of(self, below: PlaceBook) -> bool:
        """Tell whether this book speaks of the same country: a made-up one has its own places only."""
        if not self._hits:
            return True
        tops = {p for held in self._hits.values() for p, rank in held.items() if rank == _OFFICIAL}
        names = {name for place in tops for name in place[:2] if name} or {p.county for p in tops}
        return any(name.casefold() in below._hits for name in names)

    @cached_property
    def names(self) -> set[str]:
        """The official names that are known, those of the country included."""
        own = {p.name for held in self._hits.values() for p in held}
        return own | (self._below.names if self._below else set())

    def hits(self, text: str) -> list[Hit]:
        """Return the places that a text as a whole may mean, and how it names each."""
        plain = text.strip().casefold()
        found = dict(self._hits.get(plain, {}))
        if self._below is not None:
            for place, rank in self._below._hits.get(plain, {}).items():  # noqa: SLF001
                found[place] = min(rank, found.get(place, rank))
        return [Hit(place, rank) for place, rank in found.items()]

    def spelled(self) -> Iterator[tuple[str, Place, bool]]:
        """Yield every spelling with the place it may mean, and whether the place is the dataset's own."""
        for word, held in self._hits.items():
            yield from ((word, place, True) for place in held)
        if self._below is not None:
            yield from ((word, place, False) for word, place, _ in self._below.spelled())

    @cached_property
    def longest(self) -> int:
        """Length of the longest spelling."""
        return max(self._longest, self._below.longest if self._below else 0)

    def named(self, text: str, *, level: str = "", within: Place = _NOWHERE) -> tuple[Place, ...]:
        """Return the places that a name means: none, one, or namesakes to be asked about.

        Parameters
        ----------
        text
            Official, short or English name, or code.
        level
            Of these only those of a level, where there are some.
        within
            The region under study: of namesakes the only one within it is meant.

        Notes
        -----
        The exact name goes before a shorter one. A short name means the province or city of that name, as
        nobody leaves the 区 or 县 away in writing where a city is called so; of places that lie in each
        other (吉林省 and 吉林市 for 吉林) the widest. Others are namesakes.

        Examples
        --------
        >>> [place.says() for place in country().named("吉林")]
        ['吉林省']
        >>> [place.says() for place in country().named("朝阳区")]
        ['北京市/朝阳区', '吉林省/长春市/朝阳区']
        """
        return _meant(self.hits(text), level, within)

    def read(
        self, text: str, *, level: str = "", above: Place = _NOWHERE, within: Place = _NOWHERE
    ) -> Reading:
        """Return what a text says of a place: a name, several one behind the other, or an address.

        Parameters
        ----------
        text
            As a cell, an option or a heading says it.
        level
            The column that it stands in: a county may stand there as its list calls it.
        above
            What the cells before say; the text must lie in it.
        within
            The region under study.

        Examples
        --------
        >>> book = country()
        >>> book.read("云南曲靖市麒麟区翠峰路1号").place.path
        ('云南省', '曲靖市', '麒麟区')
        >>> book.read("江北区").kind, book.read("假县").kind, book.read("宜春市朝阳区").kind
        ('several', 'unknown', 'apart')
        >>> book.read("江北区", within=Place("浙江省", "宁波市")).place.says()
        '浙江省/宁波市/江北区'
        """
        plain = plain_text(text)
        if is_unknown(text) or not plain or plain in place_words("whole"):
            return Reading("nothing")
        for spelling in (text, english_text(text)):
            exact = [h for h in self.hits(spelling) if above.meet(h.place)]
            if exact:
                return _settled(exact, level, above, within)
        if "," in text and text.isascii():
            return self._outwards(text, above, within)
        found, rest, apart = self._words(plain, above)
        if apart:
            return Reading("apart", places=apart, rest=rest)
        if rest and not above.path:
            found = self._said_enough(plain, rest, found, within)
        if not found:
            return self._unread(plain, level, above, within)
        reading = _settled(found, level, above, within)
        return self._with_county(reading, rest, level) if rest and reading.place else reading

    def _outwards(self, text: str, above: Place, within: Place) -> Reading:
        """Return what an English address says, the widest part last: Qilin District, Qujing, Yunnan."""
        found = Reading("nothing", above)
        for part in reversed(text.split(",")):
            reading = self.read(part.strip(), above=found.place, within=within)
            if reading.kind not in {"found", "nothing"}:
                return reading if not found.place.path else found._replace(rest=part.strip())
            found = reading if reading.kind == "found" else found
        return found

    def _said_enough(self, text: str, rest: str, found: list[Hit], within: Place) -> list[Hit]:
        """Leave out a county by its short name before other words: 城北工业园 is no 城北区 of somewhere."""
        start = text[: len(text) - len(rest)]
        hits = self.hits(start)
        alone = bool(hits) and all(h.rank >= _SHORT and h.place.level == "county" for h in hits)
        return [h for h in found if within.path and within.contains(h.place)] if alone else found

    def _words(self, text: str, above: Place) -> tuple[list[Hit], str, tuple[Place, ...]]:
        """Read names from the left as long as they lie in each other; say what contradicts."""
        found: list[Hit] = []
        rest = text
        while rest and not (found and all(hit.place.county for hit in found)):
            rest = without_start(rest, place_words("whole"))
            before = found or [Hit(above, _OFFICIAL)]
            step, size, apart = self._word(rest, before)
            if apart and (found or above.path):
                return found, rest, apart
            if not step:
                break
            found, rest = step, rest[size:]
        return found, rest, ()

    def _word(self, rest: str, before: list[Hit]) -> tuple[list[Hit], int, tuple[Place, ...]]:
        """Return the longest name at the start that fits what was read; else the exact one that does not."""
        apart: tuple[Place, ...] = ()
        for length in range(min(self.longest, len(rest)), 1, -1):
            size = length
            hits = self.hits(rest[:size])
            behind = rest[size:]
            if hits and all(hit.rank >= _SHORT for hit in hits):
                if names_a_road(behind):
                    hits = []
                elif behind.startswith(place_words("county_kinds")):  # 沾益县 is 沾益区 now
                    hits = [Hit(hit.place, _RENAMED) for hit in hits if hit.place.level == "county"]
                    size += 1
            joined = [
                Hit(place, max(one.rank, hit.rank))
                for one in before for hit in hits if (place := one.place.meet(hit.place)) is not None
            ]  # fmt: skip
            if joined:
                return joined, size, ()
            exact = tuple(hit.place for hit in hits if hit.rank == _OFFICIAL)
            if exact and not apart and not names_a_road(behind):
                apart = exact
        return [], 0, apart

    def _with_county(self, reading: Reading, rest: str, level: str) -> Reading:
        """Return a reading with the county that the rest begins with, as lists call it."""
        place, name = reading.place, county_at_start(rest)
        if place.county or not name:
            return reading._replace(rest=rest)
        renamed = self._renamed(name, place)
        if len(renamed) == 1:
            return Reading("found", renamed[0], said="renamed", rest=rest[len(name) :])
        if not place.city and self.complete:
            return Reading("unknown", rest=name)
        if place.city or level == "county" or not name.endswith("市"):
            return Reading(
                "found", place._replace(county=name), said="strange", rest=rest[len(name) :]
            )
        return reading._replace(rest=rest)

    def _renamed(self, name: str, above: Place) -> tuple[Place, ...]:
        """Return the counties of a name under another level within a place: 沾益县 is 沾益区 now."""
        short = short_place(name)
        if short == name:
            return ()
        hits = [
            h for h in self.hits(short)
            if h.place.level == "county" and short_place(h.place.name) == short and above.meet(h.place)
        ]  # fmt: skip
        return tuple({h.place for h in hits})

    def _unread(self, plain: str, level: str, above: Place, within: Place) -> Reading:
        """Return what a text means in which no name is known: a county as its list calls it, or nothing."""
        if level == "county" and (above.city or (above.province and not self.complete)):
            renamed = self._renamed(plain, above)
            place = renamed[0] if len(renamed) == 1 else above._replace(county=plain)
            return Reading("found", place, said="renamed" if len(renamed) == 1 else "strange")
        if plain in place_words("zones") and within.city and level:
            return Reading("found", within._replace(county=plain), said="strange")
        if name := county_at_start(plain):
            renamed = self._renamed(name, above)
            if len(renamed) == 1:
                return Reading("found", renamed[0], said="renamed")
            if not self.complete and not level:
                return Reading("found", above._replace(county=name), said="strange")
        if not self.complete and level:  # a made-up country: nobody can say what lies in it
            return Reading("found", above._replace(**{level: plain}), said="strange")
        return Reading("unknown")

    def read_cells(
        self, cells: Mapping[str, str], *, within: Place = _NOWHERE
    ) -> tuple[Place, dict[str, Reading]]:
        """Return the place that the cells of a row mean, and the readings of cells that were not understood.

        Parameters
        ----------
        cells
            ``province``, ``city``, ``county``, and ``place`` for a column that says all in one.
        within
            The region under study.

        Examples
        --------
        >>> place, wrong = country().read_cells({"province": "江西", "city": "宜春", "county": "宜春市袁州区"})
        >>> place.says(), wrong
        ('江西省/宜春市/袁州区', {})
        >>> {column: reading.kind for column, reading in country().read_cells({"city": "火星市"})[1].items()}
        {'city': 'unknown'}
        """
        found, wrong = _NOWHERE, {}
        for column in (*LEVELS, "place"):
            text = cells.get(column, "")
            if not text:
                continue
            level = column if column in LEVELS else ""
            reading = self.read(text, level=level, above=found, within=within)
            if reading.kind == "unknown" and found.path:
                elsewhere = self.read(text, level=level).places or self.named(text)
                if elsewhere:
                    reading = Reading("apart", places=tuple(elsewhere))
            if reading.kind == "found":
                found = reading.place
            elif reading.kind != "nothing":
                wrong[column] = reading
        return found, wrong

    def read_label(self, text: str, *, within: Place = _NOWHERE) -> Place:
        """Return the place that a heading names: a sheet's name, a band over some rows; else no place.

        Examples
        --------
        >>> country().read_label("一、麒麟区企业").says(), country().read_label("正极材料企业").says()
        ('云南省/曲靖市/麒麟区', '')
        """
        label = label_text(text)
        if is_unknown(label):
            return _NOWHERE
        reading = self.read(label, within=within)
        whole = reading.kind == "found" and not reading.rest and reading.said in {"", "within"}
        return reading.place if whole else _NOWHERE


def _meant(hits: Iterable[Hit], level: str, within: Place) -> tuple[Place, ...]:
    """Return which of the places that a name may mean it does mean; see :meth:`PlaceBook.named`."""
    found = list(hits)
    if level:
        found = [
            h for h in found if h.place.level == level or _is_municipal(h.place, level)
        ] or found
    if not found:
        return ()
    best = min(hit.rank for hit in found)
    places = {hit.place for hit in found if hit.rank == best}
    if best >= _SHORT:
        places = {place for place in places if place.level != "county"} or places
    places = {
        place for place in places
        if not any(
            other != place and other.name == place.name and other.level == place.level
            and place.contains(other)
            for other in places
        )
    } if len(places) > 1 else places  # fmt: skip
    for place in places:
        if all(place.contains(other) for other in places):
            return (place,)
    inner = [place for place in places if within.path and within.contains(place)]
    return tuple(sorted(inner if len(inner) == 1 else places))


def _is_municipal(place: Place, level: str) -> bool:
    return (
        level == "city" and bool(place.city) and place.city == place.province and not place.county
    )


def _settled(hits: list[Hit], level: str, above: Place, within: Place) -> Reading:
    """Return a reading of what a text may mean, under what stands before it."""
    meant = _meant(hits, level, within)
    joined = tuple(sorted({place for one in meant if (place := above.meet(one)) is not None}))
    if len(joined) != 1:
        return Reading("several", places=joined)
    others = {hit.place for hit in hits if hit.place.level == joined[0].level}
    chosen = len(others) > 1 and within.path and within.contains(joined[0])
    return Reading("found", joined[0], joined, said="within" if chosen else "")


@cache
def country() -> PlaceBook:
    """Return the book of China's provinces, prefectures and counties.

    Examples
    --------
    >>> country().read("重庆市江北区").place
    Place(province='重庆市', city='重庆市', county='江北区')
    """
    text = resources.files(__package__).joinpath("country.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return PlaceBook(
        [Row(r["adcode"], r["name_zh"], "", r["level"], r["parent"]) for r in rows], complete=True
    )
