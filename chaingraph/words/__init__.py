"""Every word a user reads, in Chinese and English: messages, terms, titles of result columns.

Three JSON files beside this module hold them, so that a translator changes no code:

- ``messages.json``: sentences of errors and findings, with ``{placeholders}``;
- ``terms.json``: the closed vocabularies (statuses, gap kinds, actions, stages, ...);
- ``columns.json``: title, unit and meaning of every column of a result.
"""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


class Column(NamedTuple):
    """What one column of a result means."""

    name: str
    title_en: str
    title_zh: str
    unit: str
    meaning: str

    def title(self, lang: Language) -> str:
        """Return the title in a language."""
        return self.title_zh if lang == "zh" else self.title_en


class Phrase(NamedTuple):
    """A sentence that stands within another one, in the language of that one."""

    key: str
    params: tuple[tuple[str, object], ...] = ()

    def text(self, lang: Language) -> str:
        """Return the sentence in a language."""
        return message(self.key, lang, **dict(self.params))

    def __str__(self) -> str:
        """Return the sentence in English."""
        return self.text("en")


@cache
def _load(name: str) -> dict[str, Any]:
    text = resources.files(__package__).joinpath(f"{name}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def message(key: str, lang: Language = "en", /, **params: object) -> str:
    """Return the sentence `key` in a language with its placeholders filled.

    Examples
    --------
    >>> message("file-empty", "en", file="a.csv")
    'a.csv is empty: it has no header row'
    """
    template: str = _load("messages")[key][lang]
    return filled(template, lang, params)


def filled(template: str, lang: Language, params: Mapping[str, object]) -> str:
    """Return a template with its placeholders filled; phrases among them are said in the language."""
    said = {
        name: value.text(lang) if isinstance(value, Phrase) else value
        for name, value in params.items()
    }
    return template.format(**said)


def message_keys() -> tuple[str, ...]:
    """Return the keys of all sentences, sorted."""
    return tuple(sorted(_load("messages")))


def term(vocabulary: str, value: str, lang: Language) -> str:
    """Return a word of a closed vocabulary in a language; unknown words come back as they are.

    Examples
    --------
    >>> term("action", "fill", "zh")
    '补链'
    """
    words: dict[str, dict[str, str]] = _load("terms")[vocabulary]
    return words[value][lang] if value in words else value


def vocabulary(name: str) -> dict[str, dict[Language, str]]:
    """Return one closed vocabulary: word -> language -> text."""
    words: dict[str, dict[Language, str]] = _load("terms")[name]
    return words


def vocabularies() -> tuple[str, ...]:
    """Return the names of the closed vocabularies, sorted."""
    return tuple(sorted(_load("terms")))


def column(name: str) -> Column:
    """Return what a result column of this name means, with its unit."""
    entry = _load("columns")[name]
    return Column(name, entry["en"], entry["zh"], entry.get("unit", ""), entry["meaning"])


def has_column(name: str) -> bool:
    """Tell whether a result column of this name is described."""
    return name in _load("columns")
