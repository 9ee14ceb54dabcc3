"""Text files: which encoding, which delimiter, and rows that all have the header's width."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.intake.problems import FileRefusalError

if TYPE_CHECKING:
    from collections.abc import Sequence

LONGEST_CELL: Final = 131_072  # what the csv module takes
DELIMITERS: Final = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
_SAMPLE: Final = 60
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNUSUAL: Final = re.compile(r"[\ue000-\uf8ff\U000f0000-\U0010ffff]")
_UTF8_SHARE: Final = 0.5


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
    text, encoding = _decoded(data)
    if "\ufffd" in text:
        raise _damaged(text, text.index("\ufffd"), "U+FFFD")
    control = _CONTROL.search(text)
    if control is not None:
        raise _damaged(text, control.start(), f"U+{ord(control.group()):04X}")
    return text, encoding


def _damaged(text: str, place: int, detail: str) -> FileRefusalError:
    line = text.count("\n", 0, place) + 1
    return FileRefusalError("text-damaged", cell=str(line), detail=detail)


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strict(data, "utf-16"), "UTF-16"
    if data.startswith(b"\xef\xbb\xbf"):
        return _strict(data, "utf-8-sig"), "UTF-8 BOM"
    even, odd = data[::2].count(0), data[1::2].count(0)
    if (even == 0) != (odd == 0):  # ASCII in UTF-16 without a mark
        return _strict(data, "utf-16-le" if odd else "utf-16-be"), "UTF-16"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_broken_utf8(data, error.start)
    else:
        if not _is_chance(text):
            return text, "UTF-8"
    text = _strict(data, "gb18030")
    unusual = _UNUSUAL.search(text)
    if unusual is not None:
        raise _damaged(text, unusual.start(), "unknown encoding")
    return text, "GB18030"


def _is_chance(text: str) -> bool:
    """Tell whether GB18030 only looks like UTF-8: most letters are pairs of bytes, none is Chinese."""
    foreign = [char for char in text if ord(char) > 127]  # noqa: PLR2004  beyond ASCII
    letters = sum(char.isascii() and char.isalpha() for char in text)
    return len(foreign) > letters and all(ord(char) < 0x800 for char in foreign)  # noqa: PLR2004


def _refuse_broken_utf8(data: bytes, place: int) -> None:
    """Refuse a file that is UTF-8 but for a few bytes: as GB18030 it would turn into other words."""
    foreign = sum(byte > 127 for byte in data)  # noqa: PLR2004  beyond ASCII
    kept = data.decode("utf-8", errors="ignore")
    sound = sum(len(char.encode()) for char in kept if ord(char) >= 0x800)  # noqa: PLR2004
    if sound > _UTF8_SHARE * foreign:
        line = data.count(b"\n", 0, place) + 1
        raise FileRefusalError("text-damaged", cell=str(line), detail=f"byte {place}")


def _strict(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise FileRefusalError(
            "text-damaged", cell=str(line), detail=f"byte {error.start}"
        ) from error


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
    delimiter = _delimiter(text)
    rows, lines = _rows(text, delimiter)
    whole = text.endswith(("\n", "\r"))
    return Text(rows, lines, encoding, DELIMITERS[delimiter], whole)


def _delimiter(text: str) -> str:
    """Return the delimiter that splits most lines into equally many cells."""
    sample = [line for line in text.splitlines() if line.strip()][:_SAMPLE]

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
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    rows: list[list[str]] = []
    lines: list[int] = []
    start = 1
    try:
        for row in reader:
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
