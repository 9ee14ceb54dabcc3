"""Cells with dates as people and Excel write them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import Final

from chaingraph.days import YEARS, read_day
from chaingraph.intake.numbers import BLANKS
from chaingraph.intake.problems import Refusal

_CLOCK: Final = re.compile(r"[T ]00:00(:00(\.0+)?)?$")
_VAGUE: Final = {"年底": "-12", "年末": "-12", "年初": "-01"}
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


def _from_text(text: str, *, typed: bool) -> tuple[str, str] | Refusal | None:
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
    for word, month in _VAGUE.items():
        if re.fullmatch(rf"[12][0-9]{{3}}{word}", plain):
            return plain[:4] + month, "date-vague"
    found = read_day(plain)
    return (found, "") if found else Refusal("date-unclear", {})
