"""What pages write: phrases of the catalogues, and text that steers nothing."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from chaingraph.errors import OptionError

if TYPE_CHECKING:
    from chaingraph.words import Language

_LONGEST = 2_000
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff"
    r"\u200b-\u200f\u202a-\u202e\u2066-\u2069]"
)


@cache
def _catalogue(name: str) -> dict[str, dict[str, str]]:
    text = resources.files("chaingraph.words").joinpath(f"{name}.json").read_text(encoding="utf-8")
    loaded = json.loads(text)
    phrases: dict[str, dict[str, str]] = loaded["figure"] if name == "figures" else loaded
    return phrases


def phrase(key: str, lang: Language, /, **params: object) -> str:
    """Return a phrase of ``words/report.json`` in a language with its placeholders filled.

    Examples
    --------
    >>> phrase("table", "zh", number=2)
    '表 2'
    """
    return _catalogue("report")[key][lang].format(**params)


def figure_word(key: str, lang: Language, /, **params: object) -> str:
    """Return a word or sentence of ``words/figures.json`` with its placeholders filled.

    Examples
    --------
    >>> figure_word("local", "zh")
    '本地供应'
    """
    return _catalogue("figures")[key][lang].format(**params)


class FigureError(OptionError):
    """An option of a figure that cannot be used; its sentence stands in ``words/figures.json``."""

    def __init__(self, key: str, **params: object) -> None:
        self.key = key
        self.params = params
        Exception.__init__(self, figure_word(key, "en", **params))

    def text(self, lang: Language) -> str:
        """Return the sentence in a language."""
        return figure_word(self.key, lang, **self.params)


def one_line(value: object) -> str:
    r"""Return text on one line, whole, without characters that steer a terminal, a page or a file.

    Examples
    --------
    >>> one_line("a\tb\x00\n c")
    'a b c'
    """
    return " ".join(_CONTROL.sub("", str(value)).split())


def clean(value: object) -> str:
    """Return text on one line as :func:`one_line` does, cut where no cell and no reader would take all of it.

    Examples
    --------
    >>> len(clean("x" * 5000))
    2000
    """
    line = one_line(value)
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def clean_part(value: str) -> str:
    """Return a piece of a sentence, its spaces kept, without characters that steer."""
    return _CONTROL.sub("", value)
