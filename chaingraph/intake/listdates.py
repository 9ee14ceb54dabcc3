"""Dates of lists: the month that the title above a table, or the name of the file, gives it."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaingraph.intake.sheets import Sheet

_IN_TITLE: Final = re.compile(r"(?<!\d)(?P<year>20\d\d)\s*年\s*(?P<month>1[0-2]|0?[1-9])\s*月")
_IN_NAME: Final = re.compile(
    r"(?<!\d)(?P<year>20\d\d)(?:年|[-._])?"
    r"(?P<month>1[0-2]|0[1-9]|(?<=[年\-._])[1-9])(?:月|[-._]?(?:[0-2]\d|3[01])(?:日|(?!\d))|(?!\d))"
)
_OF_FORM: Final = re.compile(r"填报|填表|制表|打印|报送|印发|审核")
"""Words of a line that says when the form was filled in, which is not the date of what it says."""


def date_of_list(sheets: Iterable[Sheet], name: str) -> tuple[str, str]:
    """Return the month of a list and the text that gives it; twice nothing where none or several do.

    The lines above the tables count first, the name of the file where they say nothing.
    """
    lines = [
        " ".join(str(cell).split())
        for sheet in sheets
        for row in sheet.grid.rows[: sheet.layout.first]
        for cell in row
        if isinstance(cell, str) and not _OF_FORM.search(cell)
    ]
    found = _months(lines, _IN_TITLE)
    return found if any(found) else _months([PurePath(name).stem], _IN_NAME)


def _months(texts: Sequence[str], pattern: re.Pattern[str]) -> tuple[str, str]:
    """Return the one month that texts name, and the first text that does.

    Examples
    --------
    >>> _months(["产能表(2025年1月)"], _IN_TITLE), _months(["2024年1月至2025年1月"], _IN_TITLE)
    (('2025-01', '产能表(2025年1月)'), ('', ''))
    >>> [_months([name], _IN_NAME)[0] for name in ("202501名单", "名单2025.1", "20250131", "2025")]
    ['2025-01', '2025-01', '2025-01', '']
    """
    found: dict[str, str] = {}
    for text in texts:
        for match in pattern.finditer(unicodedata.normalize("NFKC", text)):
            found.setdefault(f"{match['year']}-{int(match['month']):02d}", text)
    return next(iter(found.items())) if len(found) == 1 else ("", "")
