"""The text of a file that does not say its encoding: UTF-8, UTF-16 or GB 18030, else refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNUSUAL: Final = re.compile(r"[\ue000-\uf8ff\ufffe\uffff\U000f0000-\U0010ffff]")
_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_CHINESE: Final = re.compile(r"[\u0800-\U0010ffff]+")
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]+")
_ASCII: Final = bytes(range(128))
_UTF8_SHARE: Final = 0.5


class DamagedTextError(ValueError):
    """Bytes that are no text in a known encoding: the line, and what stands there."""

    def __init__(self, line: int, detail: str) -> None:
        self.line, self.detail = line, detail
        super().__init__(detail)


def decode(data: bytes, *, damaged: bool = False) -> tuple[str, str]:
    """Return the text of a file and the name of its encoding.

    Parameters
    ----------
    data
        The file.
    damaged
        Let characters stand that were lost before (U+FFFD): who reads the cells says which.

    Raises
    ------
    DamagedTextError
        Where it is in none of the known encodings, or damaged.

    Examples
    --------
    >>> decode("企业".encode("gb18030"))
    ('企业', 'GB18030')
    >>> decode("企业".encode("utf-16"))[1]
    'UTF-16'
    """
    text, encoding = _decoded(data)
    if "\ufffd" in text and not damaged:
        raise _damaged(text, text.index("\ufffd"), "U+FFFD")
    control = _CONTROL.search(text)
    if control is not None:
        raise _damaged(text, control.start(), f"U+{ord(control.group()):04X}")
    return text, encoding


def lines_of(text: str) -> Iterator[str]:
    """Return the lines of a text with their ends, one at a time: a copy of all would be large."""
    return (match.group() for match in _LINE.finditer(text))


def _damaged(text: str, place: int, detail: str) -> DamagedTextError:
    return DamagedTextError(text.count("\n", 0, place) + 1, detail)


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strict(data, "utf-16"), "UTF-16"
    if data.startswith(b"\xef\xbb\xbf"):
        return _strict(data, "utf-8-sig"), "UTF-8 BOM"
    even, odd = data[::2].count(0), data[1::2].count(0)
    if (even == 0) != (odd == 0):  # ASCII in UTF-16 without a mark
        return _usual(_strict(data, "utf-16-le" if odd else "utf-16-be")), "UTF-16"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        _refuse_broken_utf8(data, error.start)
    else:
        if not _is_chance(text):
            return text, "UTF-8"
    text = _usual(_strict(data, "gb18030"))
    foreign = _FOREIGN.search(text)
    if foreign is not None and not _has_common_words(text):
        raise _damaged(text, foreign.start(), "unknown encoding")
    return text, "GB18030"


def _usual(text: str) -> str:
    """Return a text decoded on a guess, unless it has characters that nobody writes."""
    unusual = _UNUSUAL.search(text)
    if unusual is not None:
        raise _damaged(text, unusual.start(), "unknown encoding")
    return text


def _is_chance(text: str) -> bool:
    """Tell whether GB18030 only looks like UTF-8: most letters are pairs of bytes, none is Chinese."""
    if text.isascii() or _CHINESE.search(text):
        return False
    foreign = sum(not char.isascii() for char in text)
    letters = sum(char.isascii() and char.isalpha() for char in text)
    return foreign > letters


def _has_common_words(text: str) -> bool:
    """Tell whether a character is of GB 2312: one byte of a western encoding never makes one alone."""
    foreign = (match.group() for match in _FOREIGN.finditer(text))
    return any(part.encode("gb2312", errors="ignore") for part in foreign)


def _refuse_broken_utf8(data: bytes, place: int) -> None:
    """Refuse a file that is UTF-8 but for a few bytes: as GB18030 it would turn into other words."""
    foreign = len(data.translate(None, _ASCII))
    kept = data.decode("utf-8", errors="ignore")
    sound = len("".join(_CHINESE.findall(kept)).encode())
    if sound > _UTF8_SHARE * foreign:
        raise DamagedTextError(data.count(b"\n", 0, place) + 1, f"byte {place}")


def _strict(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DamagedTextError(line, f"byte {error.start}") from error
