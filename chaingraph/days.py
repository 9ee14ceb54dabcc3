"""Dates as people write them: a year, a month or a day in any of the usual ways, as one text."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final

_PARTS: Final = re.compile(
    r"(?P<year>[12][0-9]{3})(?:年|[-./]|$)"
    r"(?:(?P<month>[0-9]{1,2})(?:月份?|(?=[-./])|$)(?:[-./]?(?P<day>[0-9]{1,2})(?:日|号)?)?)?"
)
_DIGITS: Final = re.compile(r"(?P<year>[12][0-9]{3})(?P<month>[0-9]{2})(?P<day>[0-9]{2})?")
YEARS: Final = range(1900, 2101)


def read_day(value: object) -> str:
    """Return a year, month or day as ``2024``, ``2024-06`` or ``2024-06-15``; empty for what is none.

    Parameters
    ----------
    value
        A text, a date, or a year as a number.

    Examples
    --------
    >>> read_day("2021年12月"), read_day("2021/12"), read_day("2021.12.5"), read_day("202112"), read_day(2024)
    ('2021-12', '2021-12', '2021-12-05', '2021-12', '2024')
    >>> read_day("2023-02-30"), read_day("12/2021"), read_day(True)
    ('', '', '')
    """
    if isinstance(value, dt.datetime):
        value = value.date()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    plain = "".join(unicodedata.normalize("NFKC", str(value)).split())
    match = _DIGITS.fullmatch(plain) or _PARTS.fullmatch(plain.rstrip("."))
    if match is None:
        return ""
    year, month, day = (int(part) if part else None for part in match.group("year", "month", "day"))
    try:
        dt.date(year or 0, month or 1, day or 1)
    except ValueError:
        return ""
    if year not in YEARS:
        return ""
    return f"{year:04d}" + (f"-{month:02d}" if month else "") + (f"-{day:02d}" if day else "")
