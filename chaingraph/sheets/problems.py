"""Problems: what an import could not read, or read with a condition, and where."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from chaingraph.checks import Severity
    from chaingraph.words import Language

_LONGEST_VALUE: Final = 80


class Rule(NamedTuple):
    """What a rule of the import says, in two languages, and what to do about it."""

    severity: Severity
    message_en: str
    message_zh: str
    remedy_en: str
    remedy_zh: str


class Refusal(NamedTuple):
    """Why a cell has no value: the rule, with what fills its sentence."""

    rule: str
    params: dict[str, object]


class FileRefusalError(Exception):
    """A file, or a part of one, that cannot be read at all; never leaves this package."""

    def __init__(self, rule: str, sheet: str = "", cell: str = "", **params: object) -> None:
        self.rule, self.sheet, self.cell, self.params = rule, sheet, cell, params
        super().__init__(rule)


@cache
def import_rules() -> dict[str, Rule]:
    """Return all rules of the import by name."""
    text = resources.files(__package__).joinpath("rules.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = json.loads(text)
    return {name: Rule(**entry) for name, entry in loaded.items()}


@dataclass(frozen=True)
class Problem:
    """One thing that a person must know of one place in a file.

    `severity` error: the value was not taken, and nothing is written; warning: taken, with a
    condition that `text` states; info: what was done on the way.
    """

    rule: str
    file: str
    sheet: str = ""
    cell: str = ""
    value: str = ""
    params: dict[str, object] = field(default_factory=dict)
    row: int | None = None
    foreign: tuple[Severity, str, str, str, str] | None = None

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return self.foreign[0] if self.foreign else import_rules()[self.rule].severity

    def _params(self, lang: Language) -> dict[str, object]:
        """Return what fills the sentences; a pair is in Chinese and English."""
        return {
            name: value[lang != "zh"] if isinstance(value, tuple) else value
            for name, value in self.params.items()
        }

    def text(self, lang: Language = "en") -> str:
        """Return what is wrong, in a language."""
        if self.foreign:
            return self.foreign[2 if lang == "zh" else 1]
        rule = import_rules()[self.rule]
        template = rule.message_zh if lang == "zh" else rule.message_en
        return template.format(value=self.value, **self._params(lang))

    def remedy(self, lang: Language = "en") -> str:
        """Return what to do about it, in a language."""
        if self.foreign:
            return self.foreign[4 if lang == "zh" else 3]
        rule = import_rules()[self.rule]
        template = rule.remedy_zh if lang == "zh" else rule.remedy_en
        return template.format(value=self.value, **self._params(lang))


def shown(value: object) -> str:
    """Return a raw cell as a person sees it, cut where it is long.

    Examples
    --------
    >>> shown(12.0), shown("1.2万"), shown(None)
    ('12', '1.2万', '')
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004
        return str(int(value))
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        value = value.date()
    return cut(" ".join(str(value).split()))


def cut(text: str) -> str:
    """Return a text, cut where it is long.

    Examples
    --------
    >>> len(cut("x" * 1000))
    80
    """
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
