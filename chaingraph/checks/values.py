"""What a single cell may hold: plain numbers, partial dates, ids, words of a closed list."""

from __future__ import annotations

import datetime as dt
import math
import re
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph import errors
from chaingraph.characters import CONTROL, UNSEEN, code_point
from chaingraph.schema import FREE_TEXTS

if TYPE_CHECKING:
    from chaingraph.schema import Field

TRUE_TEXTS: Final = frozenset({"1", "1.0", "true", "TRUE", "True"})
FALSE_TEXTS: Final = frozenset({"0", "0.0", "false", "FALSE", "False"})
"""What a flag may be written as; pandas writes a column of flags with blanks as 1.0 and 0.0."""

LARGEST: Final = 1e18
"""No figure of a country is larger in any unit of the tables: its output in CNY is about 1e14."""
SMALLEST: Final = 1e-18
"""No figure but zero is smaller: what is divided by it would end beyond all numbers."""
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NOT_FINITE: Final = re.compile(r"[+-]?(?:nan|inf|infinity|∞)", re.IGNORECASE)
_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


class Problem(NamedTuple):
    """The rule that a cell breaks, with what fills the rule's sentence."""

    rule: str
    params: dict[str, object]


def parse_number(text: str) -> float | None:
    """Return the number that a cell holds, or None where it is not a plain finite number.

    Decimal and scientific notation in ASCII digits only: no thousands separators, no underscores,
    no full-width digits, no percent signs, no ``nan`` and no ``inf``.

    Examples
    --------
    >>> parse_number("1.5e3"), parse_number("1,500"), parse_number("nan"), parse_number("1e999")
    (1500.0, None, None, None)
    """
    if _NUMBER.fullmatch(text) is None:
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def parse_boolean(text: str) -> bool | None:
    """Return the truth value that a cell holds, or None where it is neither.

    Examples
    --------
    >>> parse_boolean("1"), parse_boolean("FALSE"), parse_boolean("是")
    (True, False, None)
    """
    if text in TRUE_TEXTS:
        return True
    return False if text in FALSE_TEXTS else None


def matches_date(text: str) -> bool:
    """Tell whether a cell is a year, a month or a day (``2023``, ``2023-02``, ``2023-02-28``).

    Examples
    --------
    >>> matches_date("2024-02-29"), matches_date("2023-02-30"), matches_date("2023/2")
    (True, False, False)
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return False
    year, month, day = (int(part) if part else 1 for part in match.groups())
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True


def first_day(text: str) -> str:
    """Return the first day of a partial date, so that texts compare as dates do.

    Examples
    --------
    >>> first_day("2021"), first_day("2021-07")
    ('2021-01-01', '2021-07-01')
    """
    return text + "-01-01"[len(text) - 4 :]


def last_day(text: str) -> str:
    """Return a text that no day of a partial date comes after.

    Examples
    --------
    >>> last_day("2021"), last_day("2021-07"), last_day("2021-07-09")
    ('2021-12-31', '2021-07-31', '2021-07-09')
    """
    return text + "-12-31"[len(text) - 4 :]


def _number_problem(field: Field, text: str) -> Problem | None:
    number = parse_number(text)
    if number is None:
        infinite = _NUMBER.fullmatch(text) or _NOT_FINITE.fullmatch(text)
        return Problem("not-finite" if infinite else "not-a-number", {})
    if abs(number) > LARGEST:
        return Problem("above-maximum", {"maximum": f"{LARGEST:g}"})
    if 0 < abs(number) < SMALLEST:
        return Problem("below-minimum", {"minimum": f"{SMALLEST:g}"})
    if field.minimum is not None and number < field.minimum:
        return Problem("below-minimum", {"minimum": f"{field.minimum:g}"})
    if field.maximum is not None and number > field.maximum:
        return Problem("above-maximum", {"maximum": f"{field.maximum:g}"})
    return None


def _text_problem(field: Field, text: str) -> Problem | None:
    if field.enum and text not in field.enum:
        near = ", ".join(errors.closest(text, field.enum)) or "-"
        return Problem("not-in-list", {"choices": ", ".join(field.enum), "suggestions": near})
    if field.pattern:
        fits = _compiled(field.pattern).fullmatch(text) is not None
        return None if fits else Problem("bad-id", {"pattern": field.pattern})
    return None if field.enum else character_problem(field.name, text)


def character_problem(column: str, text: str) -> Problem | None:
    """Return the problem of a character that nobody sees; in free texts one without width may stay."""
    unfit = (CONTROL if column in FREE_TEXTS else UNSEEN).search(text)
    return Problem("control-character", {"code": code_point(unfit.group())}) if unfit else None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def is_ruled(field: Field) -> bool:
    """Tell whether a column takes only some texts."""
    free = field.type == "string" and field.format != "partial-date"
    return not free or bool(field.enum or field.pattern)


def cell_problem(field: Field, text: str) -> Problem | None:
    """Return what is wrong with a non-empty cell of a column, or None."""
    if field.type == "number":
        return _number_problem(field, text)
    if field.type == "boolean":
        return None if parse_boolean(text) is not None else Problem("not-boolean", {})
    if field.format == "partial-date":
        return None if matches_date(text) else Problem("bad-date", {})
    return _text_problem(field, text)
