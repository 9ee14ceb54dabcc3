"""The rules of datasets and of the import, each with its example."""

from __future__ import annotations

import json
import string
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chaingraph.checks import SEVERITIES, rules
from chaingraph.sheets.problems import import_rules
from chaingraph.sheets.template import MARK_SHEET
from chaingraph.words import message, term

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chaingraph.checks import Severity
    from chaingraph.words import Language

AREAS: Final = (
    "file", "table", "cell", "ids", "places", "units", "flows", "sources", "import",
)  # fmt: skip
"""What a rule is about, in the order in which a planner meets it."""

_REMARKS: Final = ("merged", "hidden", "hidden_rows", "layouts", "codec", "cut", "options")


class Entry(NamedTuple):
    """A rule with its example.

    Attributes
    ----------
    case
        The example: ``files`` (name -> lines), ``sheets`` (name -> rows) or ``words`` where it cannot be
        shown, with what else it needs, and ``said``, which is what the program says of it.
    """

    name: str
    area: str
    severity: Severity
    meanings: Mapping[Language, str]
    case: Mapping[str, Any]

    def meaning(self, lang: Language) -> str:
        """Return what the rule says, with the words for what is filled in in square brackets."""
        parts = string.Formatter().parse(self.meanings[lang])
        return "".join(
            text + (f"[{term('placeholder', name, lang)}]" if name else "")
            for text, name, _, _ in parts
        )

    @property
    def place(self) -> str:
        """Where the rule finds its example wrong."""
        return str(self.case["said"]["place"])

    def message(self, lang: Language) -> str:
        """Return what the program says of the example."""
        return str(self.case["said"][lang])

    def remedy(self, lang: Language) -> str:
        """Return what the program says is to be done about the example."""
        return str(self.case["said"][f"remedy_{lang}"])

    def example(self, lang: Language) -> list[str]:
        """Return the lines of the example that matter, each table below its name."""
        if "words" in self.case:
            return [str(self.case["words"][lang])]
        if "sheets" in self.case:
            tables = {
                name: [" | ".join(map(_shown, row)) for row in rows]
                for name, rows in self.case["sheets"].items()
                if name != MARK_SHEET
            }
        else:
            tables = dict(self.case["files"])
            shown = [name for name in tables if f"/{name}:" in f"/{self.place}:"]
            if self.area != "import" and shown:
                tables = {name: tables[name] for name in shown}
        lines = []
        for name, rows in tables.items():
            lines += [
                f"{name}:",
                *([f"  {row}" for row in rows] or ["  " + message("rules-empty", lang)]),
            ]
        return [*lines, *self._remarks(lang)]

    def _remarks(self, lang: Language) -> Iterator[str]:
        for key in _REMARKS:
            if key in self.case:
                detail = _shown(self.case[key])
                name = f"rules-{key.replace('_', '-')}"
                text = message(name, lang, detail=detail)
                yield f"（{text}）" if lang == "zh" else f"({text})"


def _shown(value: Any) -> str:
    """Return a cell or a setting as a person sees it."""
    if isinstance(value, dict):
        if set(value) <= {"date", "time"}:
            return ", ".join(map(str, value.values()))
        return ", ".join(f"{key}: {_shown(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


@cache
def rule_entries() -> tuple[Entry, ...]:
    r"""Return all rules with an example, by area, worst first, then by name.

    Examples
    --------
    >>> entry = next(entry for entry in rule_entries() if entry.name == "zero-figure")
    >>> entry.area, entry.severity, entry.place
    ('units', 'warning', 'my/capacities.csv:2:capacity')
    >>> print("\n".join(entry.example("en")))
    capacities.csv:
      enterprise_id,product_id,capacity,unit
      dexin,lfp,0,t
    """
    text = resources.files(__package__).joinpath("cases.json").read_text(encoding="utf-8")
    cases: dict[str, dict[str, dict[str, Any]]] = json.loads(text)
    found = []
    for part, known in (("dataset", rules()), ("import", import_rules())):
        for name, case in cases[part].items():
            rule: Any = known[name]
            meanings: dict[Language, str] = {"en": rule.message_en, "zh": rule.message_zh}
            area = str(case.get("area", "import"))
            found.append(Entry(name, area, rule.severity, meanings, case))
    order = {severity: place for place, severity in enumerate(SEVERITIES)}
    return tuple(sorted(found, key=lambda e: (AREAS.index(e.area), order[e.severity], e.name)))
