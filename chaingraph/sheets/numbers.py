"""Cells with figures as people write them: full-width digits, 1.2万, 约30, 10-12, percent, units."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from fractions import Fraction
from typing import Final, NamedTuple

from chaingraph.sheets.problems import Refusal

MULTIPLIERS: Final = {
    "千": 10**3, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7,
    "亿": 10**8, "十亿": 10**9, "百亿": 10**10, "千亿": 10**11, "万亿": 10**12,
}  # fmt: skip
BLANKS: Final = frozenset({
    "", "-", "--", "—", "——", "–", "/", "\\", "无", "暂无", "不详", "未知", "待定", "未提供", "未填",
    "?", "n/a", "na", "null", "none", "nan", "nat", "空", "tbd",
})  # fmt: skip
"""Texts that say that a figure, a date or a choice is unknown."""

_LONGEST: Final = 100
_LARGEST: Final = 10**18
_PLAIN: Final = r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_FIGURE: Final = rf"{_PLAIN}(?:[eE][+-]?[0-9]{{1,3}})?"
_SCALE: Final = "|".join(sorted(MULTIPLIERS, key=len, reverse=True))
_BEFORE: Final = {
    "约": "about", "大约": "about", "约为": "about", "近": "about", "接近": "about", "~": "about",
    "≈": "about", "预计": "about", "超": "over", "超过": "over", "逾": "over", "≥": "over",
    ">=": "over", ">": "over", "不低于": "over", "不少于": "over", "至少": "over", "<=": "under",
    "≤": "under", "<": "under", "不超过": "under", "最多": "under", "年产": "", "年产能": "",
    "达": "", "达到": "",
}  # fmt: skip
_AFTER: Final = {"左右": "about", "以上": "over", "+": "over", "以内": "under", "以下": "under"}
_INSIDE: Final = {"余": "over", "多": "over", "来": "about", "+": "over"}


def _words(table: dict[str, str]) -> str:
    return "|".join(re.escape(word) for word in sorted(table, key=len, reverse=True))


_WORD: Final = r"[^0-9+,;，；、。~.\-]"
_UNIT: Final = rf"(?:{_WORD}*?m[23])?{_WORD}*?(?:/{_WORD}+?)?"
_ONE: Final = re.compile(
    rf"(?P<before>{_words(_BEFORE)})?(?P<figure>[+-]?{_FIGURE})(?P<inside>{_words(_INSIDE)})?"
    rf"(?P<scale>{_SCALE})?(?P<unit>{_UNIT})(?P<after>{_words(_AFTER)})?"
)
_RANGE: Final = re.compile(
    rf"(?P<before>{_words(_BEFORE)})?(?P<low>{_FIGURE})(?P<low_rest>[^0-9,.\-~]*?)"
    rf"(?:--?|~|—|–|至|到)(?P<high>{_FIGURE})(?P<scale>{_SCALE})?(?P<unit>{_UNIT})"
)


class Number(NamedTuple):
    """A figure as written: exact, with what was said around it.

    `scale` is the word behind the digits (万) and already in the value; `hedge` is about, over,
    under or nothing; `high` is there where a range was written.
    """

    value: Fraction
    high: Fraction | None = None
    scale: str = ""
    unit: str = ""
    hedge: str = ""


def read_number(text: str) -> Number | Refusal | None:
    """Return the figure of a text, None where it says unknown, or why it is no figure.

    Examples
    --------
    >>> read_number("１，２００").value, read_number("1.2万吨").scale, read_number("约30").hedge
    (Fraction(1200, 1), '', 'about')
    >>> found = read_number("10-12万吨")
    >>> float(found.value), float(found.high), found.unit
    (10.0, 12.0, '万吨')
    >>> read_number("1,23").rule
    'not-a-number'
    """
    plain = flattened(text)
    if plain.casefold() in BLANKS:
        return None
    if len(plain) > _LONGEST:
        return Refusal("not-a-number", {})
    one = _ONE.fullmatch(plain)
    if one is not None:
        return _single(one)
    two = _RANGE.fullmatch(plain)
    return Refusal("not-a-number", {}) if two is None else _span(two)


def flattened(text: str) -> str:
    """Return a text in half-width characters without blanks, except those between two digits."""
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = plain.replace("−", "-").replace("\u200b", "").replace("\ufeff", "")
    return re.sub(r"(?<![0-9])\s+|\s+(?![0-9])", "", plain)


def _exact(figure: str) -> Fraction | None:
    value = Fraction(figure.replace(",", ""))
    return value if abs(value) <= _LARGEST else None


def _single(match: re.Match[str]) -> Number | Refusal:
    value = _exact(match["figure"])
    if value is None:
        return Refusal("number-too-large", {})
    scale, unit = _joined(match["scale"] or "", match["unit"] or "")
    hedges = {
        _BEFORE.get(match["before"] or "", ""),
        _INSIDE.get(match["inside"] or "", ""),
        _AFTER.get(match["after"] or "", ""),
    } - {""}
    if len(hedges) > 1:
        return Refusal("not-a-number", {})
    return Number(value * MULTIPLIERS.get(scale, 1), None, scale, unit, "".join(hedges))


def _span(match: re.Match[str]) -> Number | Refusal:
    low, high = _exact(match["low"]), _exact(match["high"])
    if low is None or high is None:
        return Refusal("number-too-large", {})
    written, rest = (match["scale"] or "") + (match["unit"] or ""), match["low_rest"]
    scale, unit = _joined(match["scale"] or "", match["unit"] or "")
    if rest not in {"", written}:
        return Refusal("range-two-units", {})
    if low >= high:
        return Refusal("range-not-ascending", {})
    factor = MULTIPLIERS.get(scale, 1)
    return Number(low * factor, high * factor, scale, unit, _BEFORE.get(match["before"] or "", ""))


def _joined(scale: str, unit: str) -> tuple[str, str]:
    """Return scale and unit; a scale in front of a unit belongs to the unit (1.2 万吨)."""
    return ("", scale + unit) if scale and unit else (scale, unit)


def number_text(value: Fraction) -> str:
    """Return a figure as the schema writes it: as short as it reads back.

    Examples
    --------
    >>> number_text(Fraction(12)), number_text(Fraction("0.1"))
    ('12', '0.1')
    """
    if value.denominator == 1 and abs(value) < 10**15:
        return str(value.numerator)
    return repr(float(value))


def said_figure(text: str, *, units: bool = False) -> float | str | None:
    """Return a figure that an option says: a number, a share in per cent; None for what is none.

    Parameters
    ----------
    text
        As it is written.
    units
        Whether a unit may stand behind it; then the text itself comes back, to be converted.

    Examples
    --------
    >>> said_figure("0.8"), said_figure("80%"), said_figure("10万吨"), said_figure("10万吨", units=True)
    (0.8, 0.8, None, '10万吨')
    >>> said_figure("10万"), said_figure("约5"), said_figure("1-2")
    (100000.0, None, None)
    """
    with contextlib.suppress(ValueError):
        return float(text)
    found = read_number(text)
    if found is None or isinstance(found, Refusal):
        return None
    if found.high is not None or found.hedge:
        return None
    if found.unit not in {"", "%"}:
        return text if units else None
    return float(found.value / 100 if found.unit else found.value)
