"""Partial dates as months, so that ages can be compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.quantity import Floats

YEAR: Final = 12
_MIDDLE: Final = 6
"""A date that is only a year stands for the end of its June when ages are measured."""


def month_number(date: str | None, *, late: bool = False) -> float:
    """Return the months since the year 0 of a partial date; nan where there is none.

    Parameters
    ----------
    date
        ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.
    late
        A bare year stands for its December, as the date of a state does; else for its middle.

    Examples
    --------
    >>> month_number("2024-12") - month_number("2023-12")
    12.0
    >>> month_number("2024", late=True) - month_number("2024-12")
    0.0
    """
    if not isinstance(date, str) or not date[:4].isdigit():
        return float("nan")
    year = int(date[:4])
    month = int(date[5:7]) if date[5:7].isdigit() else (YEAR if late else _MIDDLE)
    return float(year * YEAR + month)


def month_numbers(dates: Iterable[str | None], *, late: bool = False) -> Floats:
    """Return :func:`month_number` of each date."""
    return np.array([month_number(date, late=late) for date in dates], dtype=float)
