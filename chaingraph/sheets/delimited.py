"""Text files: which encoding, which delimiter, and rows that all have the header's width."""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.sheets import texts
from chaingraph.sheets.grid import MOST_COLUMNS, MOST_ROWS
from chaingraph.sheets.problems import FileRefusalError

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_CELL: Final = 131_072  # what the csv module takes
DELIMITERS: Final = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_SAMPLE: Final = 60


class Text(NamedTuple):
    """Rows of a text file with the line each begins in, and how it was read."""

    rows: list[list[str]]
    lines: list[int]
    encoding: str
    delimiter: str
    whole: bool


def decode(data: bytes) -> tuple[str, str]:
    """Return the text of a file and the name of its encoding.

    Raises
    ------
    FileRefusalError
        Where it is in none of the known encodings, or damaged.

    Examples
    --------
    >>> decode("企业".encode("gb18030"))
    ('企业', 'GB18030')
    >>> decode("企业".encode("utf-16"))[1]
    'UTF-16'
    """
    try:
        return texts.decode(data, damaged=True)
    except texts.DamagedTextError as error:
        raise FileRefusalError("text-damaged", cell=str(error.line), detail=error.detail) from error


def read_text(data: bytes) -> Text:
    r"""Return the rows of a text file.

    Examples
    --------
    >>> read_text("企业;产能\n甲;1\n".encode()).rows
    [['企业', '产能'], ['甲', '1']]
    """
    text, encoding = decode(data)
    start = text.lstrip("\ufeff \r\n\t")[:200].casefold()
    if start.startswith(("<html", "<!doctype", "<table", "<?xml", "{\\rtf", "%pdf")):
        raise FileRefusalError("not-a-table")
    delimiter = delimiter_of(text)
    rows, lines = _rows(text, delimiter)
    whole = text.endswith(("\n", "\r"))
    return Text(rows, lines, encoding, DELIMITERS[delimiter], whole)


def delimiter_of(text: str) -> str:
    """Return the delimiter that splits most lines into equally many cells."""
    sample = list(islice((line for line in texts.lines_of(text) if line.strip()), _SAMPLE))

    def score(delimiter: str) -> tuple[int, int]:
        widths = Counter(_width(line, delimiter) for line in sample)
        wide = {width: count for width, count in widths.items() if width > 1}
        if not wide:
            return (0, 0)
        width = max(wide, key=lambda w: (wide[w], w))
        return (wide[width], width)

    return max(DELIMITERS, key=score)


def _width(line: str, delimiter: str) -> int:
    return re.sub(r'"[^"]*"', "", line).count(delimiter) + 1


def _rows(text: str, delimiter: str) -> tuple[list[list[str]], list[int]]:
    reader = csv.reader(texts.lines_of(text), strict=True, delimiter=delimiter)
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
            if len(rows) == MOST_ROWS:
                raise FileRefusalError("too-many-rows", limit=f"{MOST_ROWS:,}")
            if len(row) > MOST_COLUMNS:
                raise FileRefusalError("too-many-columns", limit=f"{MOST_COLUMNS:,}")
            rows.append(row)
            lines.append(start)
            start = reader.line_num + 1
    except csv.Error as error:
        rule = "cell-too-long" if "field limit" in str(error) else "text-broken"
        raise FileRefusalError(
            rule, cell=str(start), detail=str(error), limit=f"{LONGEST_CELL:,}"
        ) from error
    return rows, lines


def ragged(rows: Sequence[Sequence[str]], header: int) -> list[int]:
    """Return the rows below a header that have more or fewer cells than it."""
    width = len(rows[header])
    return [
        at
        for at in range(header + 1, len(rows))
        if len(rows[at]) != width and any(cell.strip() for cell in rows[at])
    ]
