"""Cells of a returned list as people fill them: 约50, 已完成, 2026年3月; with what was made of each."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.planning import track_words
from chaingraph.planning.track_lights import final_day, first_day
from chaingraph.planning.track_raw import plain_text
from chaingraph.sheets.dates import read_date
from chaingraph.sheets.numbers import flattened, read_number
from chaingraph.sheets.problems import Refusal

if TYPE_CHECKING:
    from chaingraph.words import Language

FULL: Final = 100.0
_WHOLE: Final = 10
_DONE: Final = frozenset({"已完成", "完成", "全部完成", "办结", "已办结", "done", "completed"})
_NOT_BEGUN: Final = frozenset({"未开始", "未启动", "notbegun", "notstarted"})


@dataclass(frozen=True)
class Read:
    """What a cell gives.

    Attributes
    ----------
    value
        The value to keep: a figure, a partial date, a text; what was typed where it is none of these.
    rule
        Why a person must know of it: a key of the findings; empty where nothing is to be said.
    usable
        Whether the value is what the column asks for.
    """

    value: Any
    rule: str = ""
    usable: bool = True


def read_cell(kind: str, value: Any, shown: Any, lang: Language) -> Read:
    """Return what a cell gives in a column of some kind.

    Parameters
    ----------
    kind
        As of a column of :mod:`chaingraph.planning.track_words`.
    value, shown
        As the cell holds it, as a person sees it.
    lang
        Language of the list.

    Examples
    --------
    >>> read_cell("percent", "已完成", "已完成", "zh")
    Read(value=100.0, rule='done-in-number', usable=True)
    >>> read_cell("percent", 0.5, "50%", "zh").value, read_cell("due", "2026年3月", "2026年3月", "zh")
    (50.0, Read(value='2026-03', rule='text-date', usable=True))
    >>> read_cell("percent", "一半", "一半", "zh")
    Read(value='一半', rule='no-number', usable=False)
    """
    if kind == "percent":
        return _percent(value, shown)
    if kind == "number":
        return _number(value, shown)
    if kind in {"start", "due"}:
        return _date(kind, value, shown)
    if kind == "state":
        return _state(value, lang)
    return Read(plain_text(value) if not isinstance(value, str) else value)


def _percent(value: Any, shown: Any) -> Read:
    if isinstance(value, bool):
        return Read(value, "no-number", usable=False)
    if isinstance(shown, int | float):
        number = float(shown)
        rule = "below-one" if 0 < number < 1 else ""
    else:
        plain = flattened(str(shown)).casefold()
        if plain in _DONE:
            return Read(FULL, "done-in-number")
        if plain in _NOT_BEGUN:
            return Read(0.0, "words-in-number")
        read = read_number(plain.removesuffix("%"))
        if read is None or isinstance(read, Refusal) or read.high is not None or read.unit:
            return Read(value, "no-number", usable=False)
        number = float(read.value)
        as_excel = isinstance(value, int | float)  # a layout that shows %
        rule = "" if as_excel and not read.hedge else "text-number"
    if not 0 <= number <= FULL:
        return Read(value, "out-of-range", usable=False)
    return Read(number, rule)


def _number(value: Any, shown: Any) -> Read:
    if isinstance(value, bool):
        return Read(value, "no-number", usable=False)
    if isinstance(value, int | float):
        return Read(value)
    read = read_number(str(shown))
    if read is None or isinstance(read, Refusal) or read.high is not None or read.unit:
        return Read(value, "no-number", usable=False)
    return Read(float(read.value), "text-number")


def _is_end(kind: str, value: dt.datetime, text: str) -> bool:
    """Tell whether a day is the one that we write for a month or a year."""
    return value.date() == (first_day(text) if kind == "start" else final_day(text))


def _date(kind: str, value: Any, shown: Any) -> Read:
    read = read_date(shown)
    if read is None or isinstance(read, Refusal):
        return Read(value, "no-date", usable=False)
    text, rule = read
    if isinstance(value, dt.datetime) and len(text) < _WHOLE and not _is_end(kind, value, text):
        text = value.date().isoformat()  # its layout hides a day that somebody typed
    typed = isinstance(value, str) and value != text
    return Read(text, "text-date" if typed or rule else "")


def _state(value: Any, lang: Language) -> Read:
    key = state_key(str(value))
    if key:
        return Read(track_words.name("states", key, lang))
    return Read(
        value if isinstance(value, str) else plain_text(value), "unknown-state", usable=False
    )


def state_key(text: str) -> str:
    """Return the key of a state in either language; empty where it is none of them.

    Examples
    --------
    >>> state_key("已完成"), state_key("In progress"), state_key("完成"), state_key("快了")
    ('done', 'running', 'done', '')
    """
    plain = track_words.folded(text)
    for key in track_words.keys("states"):
        if plain in {
            track_words.folded(track_words.name("states", key, lang)) for lang in words.LANGUAGES
        }:
            return key
    return "done" if plain in _DONE else ""
