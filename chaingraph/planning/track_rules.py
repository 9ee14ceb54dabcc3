"""Rule sets: which colour a task gets, as published by a city, kept as data with its source."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph.errors import OptionError, closest
from chaingraph.files import read_utf8
from chaingraph.words import Phrase

if TYPE_CHECKING:
    from chaingraph.words import Language

DEFAULT_RULES: Final = "yinchuan-2025"
MEASURES: Final = ("months_late", "points_behind", "percent_behind", "months_still")
COLOURS: Final = ("red", "yellow", "green", "blue", "black")
_KEYS: Final = frozenset({
    "measure", "applies_to", "low", "low_inclusive", "high", "high_inclusive", "colour", "stated",
    "meaning_zh", "meaning_en", "follows_zh", "follows_en",
})  # fmt: skip


@dataclass(frozen=True)
class Band:
    """One line of a rule set: the values of a measure that get a colour.

    Attributes
    ----------
    measure
        ``months_late`` (whole months since the month in which the task was due), ``points_behind`` (scheduled
        less reported progress, percentage points), ``percent_behind`` (the same as a share of the scheduled,
        per cent), ``months_still`` (whole months since progress last moved).
    applies_to
        Kinds of tasks, words of the vocabulary ``task_kind``; empty for all.
    low, high, low_inclusive, high_inclusive
        The ends; which of them belong to the band.
    colour
        red, yellow, green, blue or black.
    stated
        False where the source does not say it: the colour then carries a mark.
    """

    measure: str
    colour: str
    low: float = -math.inf
    high: float = math.inf
    low_inclusive: bool = True
    high_inclusive: bool = False
    applies_to: tuple[str, ...] = ()
    stated: bool = True
    meaning_zh: str = ""
    meaning_en: str = ""
    follows_zh: str = ""
    follows_en: str = ""

    def holds(self, value: float) -> bool:
        """Tell whether a value lies in the band.

        Examples
        --------
        >>> band = load_rules().bands[3]
        >>> band.low, band.high, [band.holds(v) for v in (9.9, 10, 30, 30.1)]
        (10, 30, [False, True, True, False])
        """
        above = value >= self.low if self.low_inclusive else value > self.low
        below = value <= self.high if self.high_inclusive else value < self.high
        return above and below

    def meaning(self, lang: Language) -> str:
        """Return what the colour means, in a language."""
        return self.meaning_zh if lang == "zh" else self.meaning_en

    def follows(self, lang: Language) -> str:
        """Return what follows from the colour, in a language; empty where the source says nothing."""
        return self.follows_zh if lang == "zh" else self.follows_en


@dataclass(frozen=True)
class RuleSet:
    """The rules of one place: bands in the order in which they are asked, first match counts."""

    id: str
    name_zh: str
    name_en: str
    place: str
    date: str
    source_url: str
    bands: tuple[Band, ...]
    left_out_zh: str = ""
    left_out_en: str = ""

    def name(self, lang: Language) -> str:
        """Return the name in a language."""
        return self.name_zh if lang == "zh" else self.name_en

    def left_out(self, lang: Language) -> str:
        """Return what of the source is not applied."""
        return self.left_out_zh if lang == "zh" else self.left_out_en


def list_rulesets() -> list[str]:
    """Return the ids of the rule sets that ship with the package.

    Examples
    --------
    >>> list_rulesets()
    ['handan-2024', 'sanya-2022', 'yinchuan-2025']
    """
    folder = resources.files("chaingraph.planning").joinpath("rulesets")
    return sorted(Path(f.name).stem for f in folder.iterdir() if f.name.endswith(".toml"))


def load_rules(name: str | RuleSet | None = None) -> RuleSet:
    """Return a rule set by its id, or from a TOML file of one's own.

    Raises
    ------
    OptionError
        Where nobody knows the id, or the file holds a band that cannot be read.
    FileProblemError
        Where the file cannot be read.
    """
    if isinstance(name, RuleSet):
        return name
    chosen = str(name or DEFAULT_RULES)
    if not chosen.casefold().endswith(".toml"):
        return _shipped(chosen)
    return _read(read_utf8(chosen, "rules-file"), chosen)


@cache
def _shipped(name: str) -> RuleSet:
    known = list_rulesets()
    if name not in known:
        near = closest(name, known) or known
        raise OptionError("unknown-rules", name=name, choices=", ".join(near))
    file = resources.files("chaingraph.planning").joinpath("rulesets", f"{name}.toml")
    return _read(file.read_text(encoding="utf-8"), name)


def _read(text: str, path: str) -> RuleSet:
    try:
        entry = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionError("rules-file", path=path, detail=str(error)) from error
    bands = entry.get("band")
    if not isinstance(bands, list) or not bands:
        raise OptionError("rules-file", path=path, detail=Phrase("rules-no-band"))
    texts = {
        k: str(entry.get(k, ""))
        for k in (
            "id",
            "name_zh",
            "name_en",
            "place",
            "date",
            "source_url",
            "left_out_zh",
            "left_out_en",
        )
    }
    texts["id"] = texts["id"] or Path(path).stem
    texts["name_zh"] = texts["name_zh"] or texts["name_en"] or texts["id"]
    texts["name_en"] = texts["name_en"] or texts["name_zh"]
    read = tuple(_band(band, number, path) for number, band in enumerate(bands, 1))
    return RuleSet(bands=read, **texts)


def _band(entry: Any, number: int, path: str) -> Band:
    """Return one band; an unknown key, measure, colour or a text for a figure is refused."""

    def refuse(value: object, choices: object) -> OptionError:
        detail = Phrase("rules-band", (("number", number), ("value", value), ("choices", choices)))
        return OptionError("rules-file", path=path, detail=detail)

    if not isinstance(entry, dict):
        raise refuse(entry, "[[band]]")
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise refuse(unknown[0], ", ".join(closest(unknown[0], _KEYS) or sorted(_KEYS)))
    if entry.get("measure") not in MEASURES:
        raise refuse(entry.get("measure"), ", ".join(MEASURES))
    if entry.get("colour") not in COLOURS:
        raise refuse(entry.get("colour"), ", ".join(COLOURS))
    for key in ("low", "high"):
        if key in entry and (
            isinstance(entry[key], bool) or not isinstance(entry[key], int | float)
        ):
            raise refuse(entry[key], key)
    return Band(**{**entry, "applies_to": tuple(entry.get("applies_to", ()))})
