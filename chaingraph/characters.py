"""Characters that hide, turn or command: what no cell may hold and no terminal gets as it is."""

from __future__ import annotations

import re
from typing import Final

_COMMANDS: Final = (
    "\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f"  # C0 but tab and line ends, DEL, C1
)
_TURNS: Final = (
    "\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"  # bidirectional marks, other line ends
)
_NONE: Final = "\ud800-\udfff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f"  # halves, notes, tags
_MARKS: Final = "\u200e\u200f"
_HIDDEN: Final = "\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff"

CONTROL: Final = re.compile(f"[{_COMMANDS}{_TURNS}{_NONE}]")
"""What commands a terminal, turns the text around it, or is no character: no cell holds it."""
UNSEEN: Final = re.compile(f"[{_COMMANDS}{_TURNS}{_NONE}{_HIDDEN}]")
"""That and what has no width: two names that look alike and differ."""

_LEFT_BEHIND: Final = re.compile(f"[{_MARKS}{_HIDDEN}]")


def without_hidden(text: str) -> str:
    r"""Return a text without what copying from pages leaves behind: marks and blanks of no width.

    Examples
    --------
    >>> without_hidden("\u200b甲\ufeff厂")
    '甲厂'
    """
    return _LEFT_BEHIND.sub("", text)


def code_point(char: str) -> str:
    r"""Return how a character that nobody sees is named.

    Examples
    --------
    >>> code_point("\x1b")
    'U+001B'
    """
    return f"U+{ord(char):04X}"


def shown(text: str) -> str:
    r"""Return a text fit for a terminal: what commands, turns or hides is written out; tab and line ends stay.

    A carriage return is written out too: it would let a line stand over another one.

    Examples
    --------
    >>> print(shown("箔\x1b[2J材\u202e"))
    箔\x1b[2J材\u202e
    """
    text = text.replace("\r\n", "\n").replace("\r", "\\r")
    return UNSEEN.sub(lambda found: ascii(found.group())[1:-1], text)


_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def defused(text: str) -> str:
    """Return a cell of a CSV file that no spreadsheet takes for a formula: with an apostrophe where it might.

    East Asian releases of spreadsheets read the full-width signs as the plain ones.

    Examples
    --------
    >>> defused("=1+1"), defused("＝1+1"), defused("1+1")
    ("'=1+1", "'＝1+1", '1+1')
    """
    return f"'{text}" if UNSEEN.sub("", text[:_LOOKED_AT]).startswith(_FORMULA) else text


_LOOKED_AT: Final = 64
_MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>|#~&!$])")
_LEADING: Final = re.compile(r"^([-+=:])")
_ORDERED: Final = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")


def markdown(text: str) -> str:
    r"""Return text that Markdown shows as it is, inside a line.

    Examples
    --------
    >>> markdown("a | b_c <b>")
    'a \\| b\\_c \\<b\\>'
    """
    return _MARKUP.sub(r"\\\1", UNSEEN.sub("", text))


def markdown_line(text: str) -> str:
    r"""Return text that Markdown shows as it is, at the start of a line.

    Examples
    --------
    >>> markdown_line("- a"), markdown_line("1. b"), markdown_line("1.5 c")
    ('\\- a', '1\\. b', '1.5 c')
    """
    return _ORDERED.sub(r"\1\\\2", _LEADING.sub(r"\\\1", markdown(text)))
