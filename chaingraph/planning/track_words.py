"""What the list and the dispatch page say: sheets, columns, words; in ``words/tracking.json``."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.schema import table_spec

if TYPE_CHECKING:
    from chaingraph.words import Language

TABLES: Final = {"list": "tasks", "months": "milestones", "projects": "", "issues": "issues"}
"""Sheets that hold rows of a table -> the table of the schema; projects are kept as the sheet has them."""
SHEETS: Final = (
    "about",
    "list",
    "months",
    "projects",
    "issues",
    "scores",
    "units",
    "rules",
    "meta",
)


@cache
def _loaded() -> dict[str, Any]:
    text = resources.files("chaingraph.words").joinpath("tracking.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def say(key: str, lang: Language, /, **params: object) -> str:
    """Return a phrase in a language with its placeholders filled.

    Examples
    --------
    >>> say("about-blank", "zh", column="责任人", count=3, total=9)
    '责任人：空白 3 / 9'
    """
    template: str = _loaded()["phrases"][key][lang]
    return words.filled(template, lang, params)


def name(group: str, key: str, lang: Language) -> str:
    """Return a word of a group: sheets, states, lights, kinds, measures."""
    found: str = _loaded()[group][key][lang]
    return found


def keys(group: str) -> tuple[str, ...]:
    """Return the keys of a group of words."""
    return tuple(_loaded()[group])


def fill(light: str) -> str:
    """Return the colour of the cell of a light."""
    found: str = _loaded()["lights"][light]["fill"]
    return found


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    Attributes
    ----------
    kind
        text, number, percent, start or due (dates: the first or the last day of what is written), unit
        (an office), state, formula (ours, never typed).
    fill
        Whether the office fills it in.
    """

    name: str
    zh: str
    en: str
    width: int
    kind: str = "text"
    also: tuple[str, ...] = ()
    fill: bool = False

    def title(self, lang: Language) -> str:
        """Return the header in a language."""
        return self.zh if lang == "zh" else self.en


@cache
def columns(sheet: str) -> tuple[Column, ...]:
    """Return the columns of a sheet in their order."""
    return tuple(
        Column(**{**entry, "also": tuple(entry.get("also", ()))})
        for entry in _loaded()["columns"][sheet]
    )


def folded(text: object) -> str:
    """Return a header without what people change in it: width, case, blanks, stars.

    Examples
    --------
    >>> folded(" 当前进度（％）* "), folded("Lead Unit")
    ('当前进度(%)', 'leadunit')
    """
    plain = unicodedata.normalize("NFKC", str(text)).casefold()
    return "".join(plain.split()).strip("*")


@cache
def headers(sheet: str) -> dict[str, Column]:
    """Return what a header may mean in a sheet: titles in both languages, other words, the schema's."""
    found: dict[str, Column] = {}
    spec = table_spec(TABLES[sheet]) if TABLES.get(sheet) else None
    for column in columns(sheet):
        known = [column.zh, column.en, column.name, *column.also]
        if spec and column.name in spec.by_name:
            field = spec.by_name[column.name]
            known += [field.title_zh, field.title_en]
        for text in known:
            found.setdefault(folded(text), column)
            found.setdefault(folded(text).partition("(")[0], column)
    return found


def sheet_of(title: str) -> str:
    """Return which of our sheets a title names; empty where none.

    Examples
    --------
    >>> sheet_of("责任清单"), sheet_of("Responsibilities"), sheet_of("会议纪要")
    ('list', 'list', '')
    """
    plain = folded(title)
    for key in keys("sheets"):
        if plain in {folded(name("sheets", key, lang)) for lang in words.LANGUAGES}:
            return key
    return ""
