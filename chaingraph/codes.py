"""Codes of enterprises: the unified social credit code with its check digit, the stock code."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The 31 characters of a credit code, in the order of their values: no I, O, S, V, Z."""

_VALUES: Final = {sign: value for value, sign in enumerate(ALPHABET)}
_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(17))
_SHAPE: Final = re.compile(f"[1-9A-HJ-NP-RTUWXY][{ALPHABET}][0-9]{{6}}[{ALPHABET}]{{10}}")
_BLANKS: Final = re.compile(r"[\s\-—_'’]+")
_STOCK_AFFIX: Final = re.compile(
    r"^(?:SHSE|SZSE|SH|SZ|BJ)[.:]?(?=\d)|[.:](?:SH|SS|SZ|BJ|SHSE|SZSE)$"
)
_HONG_KONG: Final = re.compile(r"^(?:HK[.:]?(\d{1,5})|(\d{1,5})[.:]HK)$")
_A_SHARE: Final = 6


def clean_code(text: str) -> str:
    """Return a credit code as it is compared: half-width capitals without blanks and dashes.

    Examples
    --------
    >>> clean_code("９１５３ ０3２8－ma6k")
    '91530328MA6K'
    """
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).upper()


def check_character(first: str) -> str:
    """Return the 18th character of a credit code for its first 17 (GB 32100-2015).

    Notes
    -----
    ``C18 = 31 - (sum of C_i * 3**(i-1)) mod 31``, where 31 is written 0.

    Examples
    --------
    >>> check_character("91350100M000100Y4")
    '3'
    """
    total = sum(_VALUES[sign] * weight for sign, weight in zip(first, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def is_credit_code(code: str) -> bool:
    """Tell whether a cleaned text is a unified social credit code with the right check digit.

    Notes
    -----
    Weights are powers of 3, a primitive root of the prime 31. So the check digit catches every single
    wrong character of the alphabet, and every swap of two different characters but one: that of the
    first with the last, which have the same weight. Characters outside the alphabet, a wrong length
    and a region (places 3 to 8) that is not six digits are caught by the shape.

    Examples
    --------
    >>> is_credit_code("91350100M000100Y43"), is_credit_code("91350100M000100Y44")
    (True, False)
    """
    if _SHAPE.fullmatch(code) is None or is_identity_number(code):
        return False
    return check_character(code[:17]) == code[17]


_IDENTITY: Final = re.compile(
    r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])[0-9]{4}(?P<date>(?:19|20)[0-9]{6})[0-9]{3}[0-9X]"
)
_IDENTITY_WEIGHTS: Final = tuple(pow(2, 17 - place, 11) for place in range(17))


def is_identity_number(code: str) -> bool:
    """Tell whether a cleaned text is the number of a person's identity card (GB 11643-1999).

    Notes
    -----
    A province, a date of birth and the check character ``(12 - sum of C_i * 2**(18-i)) mod 11``, where 10
    is written X. Its digits may satisfy the check of a credit code too, by chance: one in 31 does.

    Examples
    --------
    >>> is_identity_number("11010519491231002X"), is_identity_number("91350100M000100Y43")
    (True, False)
    """
    match = _IDENTITY.fullmatch(code)
    if match is None:
        return False
    year, month, day = (int(match["date"][a:b]) for a, b in ((0, 4), (4, 6), (6, 8)))
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    total = sum(int(sign) * w for sign, w in zip(code[:17], _IDENTITY_WEIGHTS, strict=True))
    return "0123456789X"[(12 - total) % 11] == code[17]


def clean_stock_code(text: str) -> str:
    """Return a stock code as it is compared, whatever a sheet made of it.

    Examples
    --------
    >>> clean_stock_code("sz.002594"), clean_stock_code("2594"), clean_stock_code("３００７６９.SZ")
    ('002594', '002594', '300769')
    >>> clean_stock_code("3800.HK"), clean_stock_code("AAPL")
    ('03800.HK', 'AAPL')
    """
    code = re.sub(r"\s+", "", unicodedata.normalize("NFKC", text)).upper()
    found = _HONG_KONG.match(code)
    if found:
        return f"{(found[1] or found[2]).zfill(5)}.HK"
    code = _STOCK_AFFIX.sub("", code)
    return code.zfill(_A_SHARE) if code.isdigit() and len(code) < _A_SHARE else code
