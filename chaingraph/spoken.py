"""Amounts as people say them: 2.7万吨, 29,100 to 77,600 t, 11.0 bn CNY; ends where there is a range."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from chaingraph import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaingraph.words import Language

_BASES: Final = {
    "Mm2": (1e6, "m2"), "1000m3": (1e3, "m3"), "kNm3": (1e3, "Nm3"), "MWh": (1e3, "kWh"),
}  # fmt: skip
"""Units of the data that hold a thousand or a million, and what Chinese sentences count by 万 and 亿."""
_WAN, _YI, _BN, _M = 1e4, 1e8, 1e9, 1e6
_DIGITS: Final = 3
_FEW: Final = 10


def say_unit(unit: str, lang: Language) -> str:
    """Return a unit in a language; one without a word of its own comes back as it is.

    Examples
    --------
    >>> say_unit("t", "zh"), say_unit("GWh", "zh")
    ('吨', 'GWh')
    """
    return words.term("unit_said", unit, lang)


def say_quantity(value: float, unit: str, lang: Language) -> str:
    """Return a figure with its unit; in Chinese by the unit that 万 and 亿 go with.

    Examples
    --------
    >>> say_quantity(27043.2, "t", "zh"), say_quantity(16.9, "Mm2", "zh"), say_quantity(16.9, "Mm2", "en")
    ('2.7万吨', '1,690万平方米', '16.9 Mm2')
    >>> say_quantity(15_171_500, "MWh", "zh"), say_quantity(23, "GWh", "zh")
    ('152亿千瓦时', '23 GWh')
    """
    factor, base = _BASES.get(unit, (1.0, unit)) if lang == "zh" else (1.0, unit)
    named = say_unit(base, lang)
    space = "" if not named or (lang == "zh" and not named.isascii()) else " "
    return f"{say_amount(value * factor, lang)}{space}{named}"


def say_amount(value: float, lang: Language) -> str:
    """Return a figure with as many digits as a sentence needs, in Chinese by 万 and 亿.

    Examples
    --------
    >>> say_amount(27043.2, "zh"), say_amount(27043.2, "en"), say_amount(1254654, "zh")
    ('2.7万', '27,000', '125万')
    >>> say_amount(57.6, "zh"), say_amount(0.04567, "en"), say_amount(2000, "zh")
    ('57.6', '0.0457', '2,000')
    """
    if math.isinf(value):
        return "∞"
    if lang == "zh":
        for size, name in ((_YI, "亿"), (_WAN, "万")):
            if abs(value) >= size * (1 - 5e-4):
                return f"{_short(value / size)}{name}"
    return _significant(value)


def _short(value: float) -> str:
    text = f"{value:,.1f}" if abs(value) < _FEW else f"{value:,.0f}"
    return text.removesuffix(".0")


def _significant(value: float) -> str:
    if value == 0:
        return "0"
    places = _DIGITS - 1 - math.floor(math.log10(abs(value)))
    rounded = round(value, places)
    text = f"{rounded:,.{max(0, places)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def say_money(value: float, lang: Language) -> str:
    """Return CNY in 亿元, or in bn or m CNY.

    Examples
    --------
    >>> say_money(1.44e10, "zh"), say_money(1.44e10, "en"), say_money(2.5e7, "en"), say_money(3.06e6, "zh")
    ('144 亿元', '14.4 bn CNY', '25 m CNY', '306 万元')
    """
    if math.isinf(value):
        return "∞"
    if lang == "zh":
        if abs(value) < _YI / _FEW:
            return f"{_significant(round(value / _WAN))} 万元"
        return f"{_significant(value / _YI) if abs(value) < _YI else _short(value / _YI)} 亿元"
    if abs(value) >= _BN / _FEW:
        return f"{value / _BN:,.1f} bn CNY"
    return f"{_significant(value / _M) if value else '0'} m CNY"


def say_ends(low: float, point: float, high: float, unit: str, lang: Language) -> str:
    """Return an amount with what is known of its ends.

    Examples
    --------
    >>> say_ends(19796.4, 27043.2, 77625, "t", "zh")
    '2.0万至7.8万吨（2.7万）'
    >>> say_ends(19796.4, 27043.2, 77625, "t", "en")
    '19,800 to 77,600 t (27,000)'
    >>> nan, inf = float("nan"), float("inf")
    >>> say_ends(0, nan, 900, "t", "en"), say_ends(900, nan, inf, "t", "en"), say_ends(0, nan, inf, "t", "en")
    ('at most 900 t', 'at least 900 t', 'not known')
    """
    factor, base = _BASES.get(unit, (1.0, unit)) if lang == "zh" else (1.0, unit)
    named = say_unit(base, lang)
    space = "" if lang == "zh" and not named.isascii() else " "
    return _ends(
        low * factor, point * factor, high * factor, lambda v: say_amount(v, lang),
        f"{space}{named}" if named else "", lang,
    )  # fmt: skip


def say_about(low: float, point: float, high: float, unit: str, lang: Language) -> str:
    """Return an amount in the room of a box: its figure, else the end that is known; nothing where none is.

    Examples
    --------
    >>> nan, inf = float("nan"), float("inf")
    >>> say_about(19796.4, 27043.2, 77625, "t", "zh"), say_about(900, nan, inf, "t", "zh")
    ('约2.7万吨', '≥900吨')
    >>> say_about(0, nan, 900, "t", "en"), say_about(5, 5, 5, "GW", "en"), say_about(0, nan, inf, "t", "en")
    ('≤900 t', '5 GW', '')
    """
    if not low <= high:
        return ""
    same = say_amount(low, lang) == say_amount(high, lang)
    known = not math.isnan(point)
    shown = point if known else low if low > 0 else high
    if math.isinf(shown):
        return ""
    amount = say_quantity(shown, unit, lang)
    if same:
        return amount
    if known:
        return words.message("about", lang, amount=amount)
    return f"≥{amount}" if low > 0 else f"≤{amount}"


def say_money_ends(low: float, point: float, high: float, lang: Language) -> str:
    """Return money with what is known of its ends.

    Examples
    --------
    >>> say_money_ends(1e9, 2e9, 3e9, "zh")
    '10 亿元至30 亿元（20 亿元）'
    """
    return _ends(low, point, high, lambda v: say_money(v, lang), "", lang)


def _ends(
    low: float, point: float, high: float, say: Callable[[float], str], unit: str, lang: Language
) -> str:
    if not low <= high:  # nothing is known of either
        return words.message("ends-unknown", lang)
    a, b = say(low), say(high)
    known = not math.isnan(point)
    middle = words.message("ends-point", lang, point=say(point)) if known else ""
    if a == b:
        return f"{a}{unit}"
    if math.isinf(high):
        if low <= 0 and not known:
            return words.message("ends-unknown", lang)
        return words.message("ends-least", lang, low=f"{a}{unit}") + middle
    if low <= 0 and not known:
        return words.message("ends-most", lang, high=f"{b}{unit}")
    return words.message("ends-both", lang, low=_decimal(a, b), high=f"{b}{unit}") + middle


def _decimal(low: str, high: str) -> str:
    """Return the lower end with a decimal where the higher one has one: 2.0万至7.8万."""
    if low.endswith("万") and high.endswith("万") and "." in high and "." not in low:
        return f"{low[:-1]}.0万"
    return low
