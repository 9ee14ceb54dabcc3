"""Findings: what a check says of one place in a dataset."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from chaingraph import words

if TYPE_CHECKING:
    from chaingraph.words import Language

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


class Rule(NamedTuple):
    """What a rule says, in two languages, and what to do about it."""

    name: str
    severity: Severity
    message_en: str
    message_zh: str
    remedy_en: str
    remedy_zh: str


@cache
def rules() -> dict[str, Rule]:
    """Return all rules by name, sorted."""
    text = resources.files(__package__).joinpath("rules.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, Any]] = json.loads(text)
    return {name: Rule(name, **entry) for name, entry in sorted(loaded.items())}


@dataclass(frozen=True)
class Finding:
    """One thing wrong, or worth a look, at one place.

    `row` is the position in the raw table over all folders (None: the finding is about a file or a
    whole table); `line` is what a person sees in the file.
    """

    rule: str
    table: str = ""
    file: str = ""
    line: int | None = None
    column: str = ""
    value: str = ""
    row: int | None = None
    params: dict[str, object] = field(default_factory=dict)
    accepted: str = ""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return rules()[self.rule].severity

    @property
    def place(self) -> str:
        """Where it is, as file:line:column."""
        parts = [self.file, "" if self.line is None else str(self.line), self.column]
        return ":".join(part for part in parts if part)

    def text(self, lang: Language = "en") -> str:
        """Return what is wrong, in a language."""
        rule = rules()[self.rule]
        template = rule.message_zh if lang == "zh" else rule.message_en
        return self._filled(template, lang)

    def remedy(self, lang: Language = "en") -> str:
        """Return what to do about it, in a language."""
        rule = rules()[self.rule]
        template = rule.remedy_zh if lang == "zh" else rule.remedy_en
        return self._filled(template, lang)

    def _filled(self, template: str, lang: Language) -> str:
        named = {"value": self.value, "column": self.column} | dict(self.params)
        return words.filled(template, lang, named)
