"""Help and usage errors in the reader's language.

English stands beside each option; ``words/help.json`` holds the Chinese, of click's own sentences too, and
``words/locale`` the same as gettext reads it (``python -m tests.helpers_help`` writes it).
"""

from __future__ import annotations

import contextlib
import copy
import gettext
import inspect
import os
from importlib import resources
from typing import TYPE_CHECKING, Any

import click

from chaingraph.terminal import folded, padded, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chaingraph.words import Language

_DOMAIN = "messages"  # that of click
_FLAG = "--lang"
_EXAMPLE = "Example: "
_FIRST_COLUMN = 30


def asked_language(arguments: Sequence[str]) -> str | None:
    """Return what --lang says among the arguments of a command, before they are parsed.

    Examples
    --------
    >>> asked_language(["gaps", "toy", "--lang", "zh"]), asked_language(["--lang=en"])
    ('zh', 'en')
    """
    found = None
    for place, word in enumerate(arguments):
        if word.startswith(f"{_FLAG}="):
            found = word.partition("=")[2]
        elif word == _FLAG and place + 1 < len(arguments):
            found = arguments[place + 1]
    return found


@contextlib.contextmanager
def speaking(lang: Language) -> Iterator[None]:
    """Let click, and :func:`said`, speak a language."""
    place = resources.files("chaingraph.words").joinpath("locale")
    gettext.bindtextdomain(_DOMAIN, str(place))
    before = os.environ.get("LANGUAGE")
    os.environ["LANGUAGE"] = lang
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("LANGUAGE", None)
        else:
            os.environ["LANGUAGE"] = before


def said(sentence: str, **params: object) -> str:
    """Return a sentence of the command line in the language that is spoken, its placeholders filled."""
    return gettext.gettext(sentence).format(**params)


def help_key(text: str) -> str:
    r"""Return a help text as its translation is found: one line a paragraph.

    Examples
    --------
    >>> help_key("One\n    line.\n\n    Another.\n    ")
    'One line.\n\nAnother.'
    """
    parts = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(part.split()) for part in parts if part.strip())


def _helped(text: str | None) -> str | None:
    return text and gettext.gettext(help_key(text))


class Formatter(click.HelpFormatter):
    """Help in columns that count Chinese characters as wide as they are."""

    def write_text(self, text: str) -> None:
        """Write paragraphs, folded."""
        margin = " " * self.current_indent
        for number, part in enumerate(text.split("\n\n")):
            if number:
                self.write("\n")
            for line in folded(" ".join(part.split()), self.width - self.current_indent):
                self.write(f"{margin}{line}\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = _FIRST_COLUMN, col_spacing: int = 2
    ) -> None:
        """Write names with what they mean."""
        listed = list(rows)
        widest = max((text_width(name) for name, _ in listed), default=0)
        first = min(widest, col_max) + col_spacing
        margin = " " * self.current_indent
        for name, text in listed:
            lines = folded(text, max(10, self.width - first - self.current_indent)) if text else []
            start = f"{margin}{padded(name, first, right=False)}"
            if lines and text_width(name) <= first - col_spacing:
                self.write(f"{start}{lines.pop(0)}\n")
            else:
                self.write(f"{start.rstrip()}\n")
            for line in lines:
                self.write(f"{margin}{' ' * first}{line}\n")


class Spoken(click.Context):
    """Context whose help is written by :class:`Formatter`."""

    formatter_class = Formatter


def in_chinese(command: click.Command) -> click.Command:
    """Return a copy of a command whose help is Chinese; what is looked up by name stays as it is."""
    spoken = copy.copy(command)
    spoken.context_class = Spoken
    spoken.help = _helped(command.help)
    spoken.short_help = (spoken.help or "").split("\n\n")[0]
    if command.epilog:
        spoken.epilog = gettext.gettext(_EXAMPLE) + command.epilog.removeprefix(_EXAMPLE)
    spoken.params = [_said_param(param) for param in command.params]
    return spoken


def _said_param(param: click.Parameter) -> click.Parameter:
    one: Any = copy.copy(param)
    if isinstance(param, click.Option):
        one.help = _helped(param.help)
    copied: click.Parameter = one
    return copied
