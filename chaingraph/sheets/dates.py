"""Cells with dates as people and Excel write them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final

from chaingraph.days import YEARS, read_day
from chaingraph.sheets.numbers import BLANKS
from chaingraph.sheets.problems import Refusal

_CLOCK: Final = re.compile(r"[T ]00:00(:00(\.0+)?)?$")
_PARTS_OF_YEAR: Final = {
    "底": "12", "末": "12", "初": "01", "中": "06", "上半年": "06", "下半年": "12", "h1": "06", "h2": "12",
    "q1": "03", "q2": "06", "q3": "09", "q4": "12",
    "一季度": "03", "二季度": "06", "三季度": "09", "四季度": "12",
    "1季度": "03", "2季度": "06", "3季度": "09", "4季度": "12",
    "early": "03", "mid": "06", "late": "12", "end": "12",
}  # fmt: skip
"""Part of a year -> its last month: a plant that comes then is not counted before. 年初 is January."""
_MONTHS: Final = {name: f"{n:02d}" for n, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1)}  # fmt: skip
_ABOUT: Final = re.compile(
    r"^(?:预计|计划|拟于|拟|力争|争取|有望|大约|约|于|自|expected|planned|by)+(?=[12][0-9])"
    r"|(?:左右|前后|之前|以前|前|建成投产|投产|建成|开工|达产|竣工|完成|完工|投运)+$",
    re.IGNORECASE,
)
"""Words around a date that make it an expectation or a bound."""
_PERIOD: Final = re.compile(
    r"[“\"'‘]?[一二三四五六七八九十]{1,3}五[”\"'’]?(?:期间|时期|规划)?"
    r"|[12][0-9]{3}年?[-~—至到][12][0-9]{3}年?"
)
_NAMES: Final = "|".join(sorted(_PARTS_OF_YEAR, key=len, reverse=True))
_PART: Final = re.compile(
    rf"(?P<year>[12][0-9]{{3}})(?:年|[-/.])?第?(?P<part>{_NAMES})", re.IGNORECASE
)
_PART_FIRST: Final = re.compile(
    rf"(?P<part>{'|'.join(p for p in _PARTS_OF_YEAR if p.isascii())})(?:of)?[-/.]?(?P<year>[12][0-9]{{3}})",
    re.IGNORECASE,
)
_TENTH: Final = re.compile(
    r"(?P<year>[12][0-9]{3})年?(?P<month>[0-9]{1,2})月(?:份)?(?:上旬|中旬|下旬|初|中|底|末)"
)
_NAMED: Final = re.compile(r"(?P<name>[a-z]{3})[a-z]*\.?[-,]?(?P<year>[12][0-9]{3})", re.IGNORECASE)
_SHORT: Final = re.compile(r"[‘'’]?(?P<year>[0-9]{2})(?=年)")
_SERIALS: Final = range(29221, 73051)  # 1980 to 2099 as Excel counts days
_EPOCH: Final = dt.date(1899, 12, 30)


def read_date(raw: object, *, typed: bool = True) -> tuple[str, str] | Refusal | None:
    """Return a partial date and a rule to mention (or nothing), None for unknown, or a refusal.

    Parameters
    ----------
    raw
        The cell: a text, a number, a date.
    typed
        Whether the file tells numbers from texts. In a CSV file ``2024.1`` may be what is left of
        a number 2024.10, so that it is refused there.

    Examples
    --------
    >>> read_date("2024年6月"), read_date("2024/6/15"), read_date(45444)
    (('2024-06', ''), ('2024-06-15', ''), ('2024-06-01', 'date-serial'))
    >>> read_date(2024.1).rule, read_date("2024.1"), read_date("6/15/2024").rule
    ('date-january-or-october', ('2024-01', ''), 'date-unclear')
    """
    if raw is None:
        return None
    if isinstance(raw, bool):
        return Refusal("date-unclear", {})
    if isinstance(raw, dt.datetime):
        return (raw.date().isoformat(), "") if raw.year in YEARS else Refusal("date-unclear", {})
    if isinstance(raw, dt.date):
        return (raw.isoformat(), "") if raw.year in YEARS else Refusal("date-unclear", {})
    if isinstance(raw, int | float):
        typed = False
        raw = str(int(raw)) if float(raw).is_integer() else repr(raw)
    return _from_text(str(raw), typed=typed)


def _from_text(  # noqa: PLR0911  one return a form
    text: str, *, typed: bool
) -> tuple[str, str] | Refusal | None:
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    plain = _CLOCK.sub("", plain)
    if plain.casefold() in BLANKS:
        return None
    plain = plain.replace(" ", "")
    if plain.isdecimal() and len(plain) == 5:  # noqa: PLR2004  days as Excel counts them
        if int(plain) not in _SERIALS:
            return Refusal("date-unclear", {})
        return (_EPOCH + dt.timedelta(int(plain))).isoformat(), "date-serial"
    if not typed and re.fullmatch(r"[12][0-9]{3}\.1", plain):
        return Refusal("date-january-or-october", {})
    short = _SHORT.match(plain)
    if short is not None:  # 22年6月
        plain = f"20{plain[short.start('year') :]}"
    rule = "date-two-digits" if short else ""
    if _PERIOD.fullmatch(plain):
        return "", "date-period"
    bare = _ABOUT.sub("", plain)
    rule = "date-vague" if bare != plain else rule
    vague = _vague(bare)
    if vague is not None:
        return vague
    return _read(bare, rule)


def _vague(plain: str) -> tuple[str, str] | Refusal | None:
    """Return the last month of a part of a year, None for another text."""
    tenth = _TENTH.fullmatch(plain)
    if tenth is not None:
        return _read(f"{tenth['year']}{int(tenth['month']):02d}", "date-vague")
    part = _PART.fullmatch(plain) or _PART_FIRST.fullmatch(plain)
    if part is not None and int(part["year"]) in YEARS:
        return f"{part['year']}-{_PARTS_OF_YEAR[part['part'].casefold()]}", "date-vague"
    named = _NAMED.fullmatch(plain)
    if named is not None and named["name"].casefold() in _MONTHS and int(named["year"]) in YEARS:
        return f"{named['year']}-{_MONTHS[named['name'].casefold()]}", ""
    return None


def _read(text: str, rule: str) -> tuple[str, str] | Refusal:
    """Return a date written in one of the usual ways, with the rule that it was read by."""
    found = read_day(text)
    return (found, rule) if found else Refusal("date-unclear", {})
