"""Units as people write them, and figures in the unit that a column asks for."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache
from typing import Final, NamedTuple

from chaingraph.sheets.numbers import MULTIPLIERS, Number, flattened
from chaingraph.sheets.problems import Refusal
from chaingraph.sheets.synonyms import synonyms
from chaingraph.units import conversion_factor, dimension

_YEARLY: Final = re.compile(r"/(?:年|a|y|yr|year)$|/?(?:每年|pa)$", re.IGNORECASE)
_OWN: Final = {"Wh": ("kWh", "1e-3"), "瓦时": ("kWh", "1e-3"), "W": ("kW", "1e-3"), "瓦": ("kW", "1e-3"),
               "兆瓦时": ("MWh", "1"), "千瓦": ("kW", "1"), "Mt": ("Mt", "1"), "kt": ("kt", "1"),
               "100mCNY": ("亿元", "1")}  # fmt: skip
_LETTERS: Final = ("GWh", "MWh", "kWh", "TWh", "GW", "MW", "kW", "Wh", "W", "kg", "km", "t", "kt",
                   "m2", "m3", "pcs", "set", "CNY", "MCNY", "kNm3", "Nm3", "Mm2")  # fmt: skip
_BY_LETTERS: Final = {unit.casefold(): unit for unit in _LETTERS}
_AREAS: Final = {
    "km2": "1", "平方公里": "1", "平方千米": "1", "公顷": "1/100", "ha": "1/100", "亩": "1/1500",
    "万亩": "20/3", "m2": "1/1000000", "平方米": "1/1000000", "万平方米": "1/100",
}  # fmt: skip
AREA, MONEY_100M, SHARE, DEGREE = "km2", "100m CNY", "share", "degree"
MU, MU_OF_KM2 = "亩", 1500


class Unit(NamedTuple):
    """A unit of ``chaingraph.units`` (or one of the user's own) and how many of it are meant."""

    name: str
    factor: Fraction


@cache
def known_unit(text: str) -> Unit | None:
    """Return the unit that a text means, or None where it is no known unit.

    Words for "a year" fall away: capacities are yearly. A day or a month is no known unit.

    Examples
    --------
    >>> known_unit("万吨/年"), known_unit("亿Wh"), known_unit("GWH")
    (Unit(name='万吨', factor=Fraction(1, 1)), Unit(name='Wh', factor=Fraction(100000000, 1)), Unit(name='GWh', factor=Fraction(1, 1)))
    >>> known_unit("吨/天") is None
    True
    """  # noqa: E501  one line as Python prints it
    plain = _YEARLY.sub("", flattened(text))
    above, slash, below = plain.partition("/")
    if slash:
        upper, lower = _simple(above), _simple(below)
        if upper is None or lower is None:
            return None
        return Unit(f"{upper.name}/{lower.name}", upper.factor / lower.factor)
    return _simple(plain)


def _simple(text: str) -> Unit | None:
    plain = synonyms()["units"].get(text.casefold(), text)
    if dimension(plain) is not None:
        return Unit(plain, Fraction(1))
    plain = _BY_LETTERS.get(plain.casefold(), plain)
    if plain in _OWN:
        name, factor = _OWN[plain]
        return Unit(name, Fraction(factor))
    if dimension(plain) is not None:
        return Unit(plain, Fraction(1))
    for word in sorted(MULTIPLIERS, key=len, reverse=True):
        rest = plain.removeprefix(word)
        if rest not in {plain, ""} and rest[0] not in "千万亿百十":
            inner = _simple(rest)
            return inner and Unit(inner.name, inner.factor * MULTIPLIERS[word])
    return None


def is_unit(text: str) -> bool:
    """Tell whether a text is a unit, of an area or money too.

    Examples
    --------
    >>> is_unit("万吨/年"), is_unit("%"), is_unit("2024年"), is_unit("全称")
    (True, True, False, False)
    """
    plain = flattened(text)
    return plain in {"%", "°", "度"} or plain in _AREAS or known_unit(plain) is not None


def factor_to(text: str, target: str) -> Fraction | None:
    """Return how many `target` one of the written unit is, exactly; None where they do not convert.

    Parameters
    ----------
    text
        Unit as written.
    target
        A unit of ``chaingraph.units``, or one of the constants AREA, MONEY_100M, SHARE, DEGREE.

    Examples
    --------
    >>> factor_to("万吨/年", "t"), factor_to("亿Wh", "GWh"), factor_to("亩", AREA), factor_to("MW", "t")
    (Fraction(10000, 1), Fraction(1, 10), Fraction(1, 1500), None)
    """
    plain = flattened(text)
    if target == AREA:
        return Fraction(_AREAS[plain]) if plain in _AREAS else None
    if target == SHARE:
        return Fraction(1, 100) if plain == "%" else None
    if target == DEGREE:
        return Fraction(1) if plain in {"°", "度"} else None
    if _YEARLY.sub("", plain) == target:
        return Fraction(1)
    unit = known_unit(text)
    if unit is None:
        return None
    factor = conversion_factor(unit.name, target)
    return None if factor is None else Fraction(repr(factor)) * unit.factor


class Written(NamedTuple):
    """The units that stand around a figure: behind it, in a column of its own, in the header, above."""

    column: str = ""
    header: str = ""
    above: str = ""


def chosen_unit(number: Number, written: Written) -> str | Refusal:
    """Return the unit of a figure; empty where none is written.

    The unit behind the figure stands, then the unit column, then the header, then a line above the
    table. Two that do not say the same are refused, and so is 1.2万 under a header in 万吨.
    """
    around = written.column or written.header or written.above
    if number.unit:
        if written.column and not _same(number.unit, written.column):
            return Refusal("unit-conflict", {"one": number.unit, "other": written.column})
        return number.unit
    if written.column and written.header and not _same(written.column, written.header):
        return Refusal("unit-conflict", {"one": written.column, "other": written.header})
    if number.scale and flattened(around)[:1] in {"千", "百", "十", "万", "亿"}:
        return Refusal("scale-twice", {"scale": number.scale, "unit": around})
    return around


def _same(one: str, other: str) -> bool:
    first, second = known_unit(one), known_unit(other)
    if first is None or second is None:
        return flattened(one) == flattened(other)
    factor = conversion_factor(first.name, second.name)
    return factor is not None and Fraction(repr(factor)) * first.factor == second.factor
