"""Words of the sheets: which names of tables, columns, choices, units and products mean the same."""

from __future__ import annotations

import json
import re
import unicodedata
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from chaingraph import words
from chaingraph.schema import TABLE_NAMES, table_spec

_BRACKETS: Final = re.compile(r"^(?P<base>.*?)[(\[【〔](?P<inner>[^()\[\]【】〔〕]*)[)\]】〕]$")


@cache
def synonyms() -> dict[str, Any]:
    """Return the contents of ``synonyms.json``."""
    text = resources.files(__package__).joinpath("synonyms.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def folded(text: object) -> str:
    """Return a text as it is compared: half-width, without blanks, in small letters.

    Examples
    --------
    >>> folded(" 企业 名称＊："), folded("Product ID")
    ('企业名称', 'productid')
    """
    plain = unicodedata.normalize("NFKC", str(text)).casefold()
    return re.sub(r"[\s_\u200b\ufeff]+", "", plain).strip("*:.、。")


def split_brackets(text: str) -> tuple[str, str]:
    """Return what stands before a closing bracket, and what stands in it; a slash does too.

    Examples
    --------
    >>> split_brackets("产能（万吨/年）"), split_brackets("产能/万吨"), split_brackets("产能")
    (('产能', '万吨/年'), ('产能', '万吨'), ('产能', ''))
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).split())
    match = _BRACKETS.match(plain)
    if match is not None:
        return match["base"].strip(), match["inner"].strip()
    base, _, inner = plain.partition("/")
    return base.strip(), inner.strip()


@cache
def choices(table: str, name: str) -> dict[str, str]:
    """Return every spelling of the words of a column with a closed list -> the schema's word."""
    spec = table_spec(table).by_name[name]
    found = {folded(word): word for word in spec.enum}
    if spec.vocabulary:
        for word, texts in words.vocabulary(spec.vocabulary).items():
            if word in spec.enum:
                found |= {folded(text): word for text in texts.values()}
    own = synonyms()["choices"].get(f"{table}.{name}") or synonyms()["choices"].get(name, {})
    for word, spellings in own.items():
        found |= {folded(spelling): word for spelling in spellings}
    return found


def choice_titles(table: str, name: str) -> list[str]:
    """Return the words of a column with a closed list as people write them, with the schema's behind.

    Examples
    --------
    >>> choice_titles("capacities", "status")[0]
    '在产 (operating)'
    """
    spec = table_spec(table).by_name[name]
    vocabulary = spec.vocabulary
    if not vocabulary:
        return list(spec.enum)
    return [f"{words.term(vocabulary, word, 'zh')} ({word})" for word in spec.enum]


class Match(NamedTuple):
    """A column that a header means, by which rule, and how good the match is (0 is best)."""

    target: str
    rule: str
    rank: int


@cache
def headers(table: str) -> dict[str, Match]:
    """Return every header of a table's columns, folded. Exact names win over titles, then synonyms.

    Examples
    --------
    >>> headers("capacities")[folded("投产时间")].target
    'since'
    """
    spec = table_spec(table)
    found: dict[str, Match] = {}
    for name, spellings in synonyms()["headers"].get(table, {}).items():
        for rank, spelling in enumerate(spellings):
            found.setdefault(folded(spelling), Match(name, "synonym", rank + 2))
    for field in spec.fields:
        for title in (field.title_en, field.title_zh):
            found[folded(title)] = Match(field.name, "title", 1)
    for field in spec.fields:
        found[folded(field.name)] = Match(field.name, "exact", 0)
    return found


@cache
def table_names() -> dict[str, str]:
    """Return every name of the tables, folded -> table."""
    found: dict[str, str] = {}
    for table in TABLE_NAMES:
        spec = table_spec(table)
        spellings = [table, spec.title_en, spec.title_zh, *synonyms()["tables"].get(table, ())]
        for spelling in spellings:
            found.setdefault(folded(spelling), table)
    return found
