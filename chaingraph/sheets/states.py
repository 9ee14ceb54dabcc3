"""Words for how a plant or a project stands, read by what they are made of: 已签约未开工, 部分投产."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final, NamedTuple

from chaingraph.sheets.synonyms import choices, folded, synonyms

_CUT: Final = re.compile(r"[(（\[【,，;；。:：]")
_WHEN: Final = re.compile(
    r"(?:[12][0-9]{3}年?)?(?:[0-9]{1,2}月)?(?:上半年|下半年|[一二三四]季度|底|末|初)?"
)
_BUILT: Final = frozenset({"operating", "trial", "commissioned", "full_output"})
_TO_COME: Final = {
    "status": {"soon": "construction", "planned": "planned"},
    "event": {"soon": "started", "planned": "announced"},
}
"""What stands is not there yet: it is about to be, or it is meant to be."""
_BEGUN: Final = frozenset({"construction", "started", "resumed"})


class State(NamedTuple):
    """What a text says of how something stands, and whether it says more than that."""

    choice: str
    more: bool = False


@cache
def _words(table: str, name: str) -> tuple[tuple[str, str], ...]:
    """Return every word with its choice, or its part in a phrase, longest first."""
    found = {
        folded(word): part for part, words in synonyms()["of_states"].items() for word in words
    }
    found |= choices(table, name)
    return tuple(sorted(found.items(), key=lambda item: -len(item[0])))


@cache
def _ahead() -> dict[str, str]:
    """Return the words that say that what follows is not there yet, and how."""
    parts = synonyms()["of_states"]
    return {folded(word): part for part in ("soon", "planned", "not") for word in parts[part]}


def read_state(table: str, name: str, text: str) -> State | None:
    """Return what a text says of a plant or a project, or None where it says nothing or two things.

    Parameters
    ----------
    table, name
        Column of the schema: a status or an event.
    text
        The cell. What stands in brackets or behind a comma is more than the state; of what is to come
        nothing is taken for there (拟投产), and what is said not to be (建成未投产) is left to ask.

    Examples
    --------
    >>> read_state("capacities", "status", "已签约，未开工").choice
    'planned'
    >>> read_state("capacities", "status", "部分投产"), read_state("capacities", "status", "建成未投产")
    (State(choice='operating', more=True), None)
    """
    plain = unicodedata.normalize("NFKC", text)
    head, *rest = _CUT.split(plain, maxsplit=1)
    known = choices(table, name)
    whole = known.get(folded(plain))
    if whole:
        return State(whole)
    said = _phrase(table, name, folded(head))
    if said is None:
        return None
    behind = _CUT.split(rest[0].rstrip(")）]】 ")) if rest else []
    others = {s.choice for part in behind if (s := _phrase(table, name, folded(part))) is not None}
    to_come = set(_TO_COME["event" if name == "event" else "status"].values())
    expected = said.choice in to_come and "已" not in rest[0] if rest else False
    if others - {said.choice} - to_come and not expected:
        return None
    return State(said.choice, said.more or bool(rest))


def _phrase(table: str, name: str, text: str) -> State | None:
    """Return the one state of a text that consists of known words only."""
    found: list[str] = []
    ahead, more, rest = "", False, text
    later = _TO_COME["event" if name == "event" else "status"]
    while rest:
        word, part = next(((w, p) for w, p in _words(table, name) if rest.startswith(w)), ("", ""))
        when = _WHEN.match(rest)
        if not word and when is not None and when.group():
            word, more = when.group(), True
        elif not word:
            return None
        rest = rest[len(word) :]
        if part in {"filler", ""}:
            continue
        if part == "partly":
            more = True
        elif word in _ahead() and (rest or part != "planned"):
            ahead = _ahead()[word]
        elif ahead == "not":  # not begun is planned; what is not running may be anything
            if part not in _BEGUN:
                return None
            found, ahead = [*found, later["planned"]], ""
        elif ahead:
            found, ahead = [*found, later[ahead] if part in _BUILT | _BEGUN else part], ""
        else:
            found.append(part)
    return State(found[0], more) if len(set(found)) == 1 and not ahead else None
