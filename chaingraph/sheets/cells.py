"""Cells that are no figures: texts, ids, choices, yes and no, lists, dates."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph import codes
from chaingraph.checks import values
from chaingraph.errors import closest
from chaingraph.sheets.dates import read_date
from chaingraph.sheets.numbers import BLANKS
from chaingraph.sheets.problems import Refusal
from chaingraph.sheets.synonyms import choice_titles, choices, folded, synonyms

if TYPE_CHECKING:
    from chaingraph.schema import Field

_EXACT_DIGITS: Final = 15
_LONGEST_TEXT: Final = 10_000
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|_x00[0-9a-fA-F]{2}_")
_SEPARATORS: Final = re.compile(r"\s*[;；、，,\n]\s*")
_WRITTEN_LIST: Final = re.compile(r"[^;；、，\n]*;[^；、，\n]*")
_CREDIT: Final = re.compile(f"[{codes.ALPHABET}]{{18}}")


class Reading(NamedTuple):
    """The canonical text of a cell, a rule to mention with it, and what fills the rule."""

    text: str
    rule: str = ""
    params: dict[str, object] = {}  # noqa: RUF012  never changed


def read_cell(table: str, field: Field, raw: object, *, typed: bool = True) -> Reading | Refusal:
    """Return what a cell of a column without figures means.

    Examples
    --------
    >>> from chaingraph.schema import table_spec
    >>> fields = table_spec("capacities").by_name
    >>> read_cell("capacities", fields["status"], "已投产").text
    'operating'
    >>> read_cell("capacities", fields["enterprise_id"], 12.0).text
    '12'
    """
    if raw is None or (isinstance(raw, str) and not raw.strip()):
        return Reading("")
    if field.format == "partial-date":
        return _date(raw, typed=typed)
    if field.type == "boolean":
        return _boolean(raw)
    if field.enum:
        return _choice(table, field, raw)
    text = plain_text(raw)
    return text if isinstance(text, Refusal) else _text(field, text)


_FREE: Final = frozenset({"note", "product_zh", "duties", "leading_industries", "task_zh"})
"""Texts that nothing is looked up by: a damaged character in them costs no row."""
_DAMAGED: Final = "\ufffd"


def _text(field: Field, text: str) -> Reading | Refusal:
    if _DAMAGED in text:
        return (
            Reading(text, "damaged-kept")
            if field.name in _FREE
            else Refusal("damaged-character", {})
        )
    if field.format == "id":
        return _id(field, text)
    if field.format == "semicolon-list":
        return Reading(_list(text, chains=field.name == "chains"))
    if field.name == "stock_code":
        code = "" if text.casefold() in BLANKS else codes.clean_stock_code(text)
        return Reading(code, "code-zeros" if code and code != text else "")
    return Reading(text)


def plain_text(raw: object) -> str | Refusal:
    r"""Return a cell as text; numbers as Excel shows them, never with lost digits.

    Examples
    --------
    >>> plain_text(12.0), plain_text(" 甲\u3000厂 "), plain_text(9.1530300e17).rule
    ('12', '甲 厂', 'digits-lost')
    """
    if isinstance(raw, int | float):
        return _digits(raw)
    if isinstance(raw, dt.datetime):
        return raw.date().isoformat()
    text = unicodedata.normalize("NFC", str(raw)).replace("\u200b", "").replace("\ufeff", "")
    if len(text) > _LONGEST_TEXT:
        return Refusal("cell-too-long", {"limit": f"{_LONGEST_TEXT:,}"})
    if _CONTROL.search(text):
        return Refusal("control-character", {})
    return " ".join(text.split())


def _digits(raw: float) -> str | Refusal:
    if abs(raw) >= 10**_EXACT_DIGITS:
        return Refusal("digits-lost", {})
    return str(int(raw)) if float(raw).is_integer() else repr(raw)


def _date(raw: object, *, typed: bool) -> Reading | Refusal:
    found = read_date(raw, typed=typed)
    if found is None:
        return Reading("")
    return found if isinstance(found, Refusal) else Reading(found[0], found[1])


def _boolean(raw: object) -> Reading | Refusal:
    text = "1" if raw is True else "0" if raw is False else _short(raw)
    if text in synonyms()["true"]:
        return Reading("1")
    if text in synonyms()["false"]:
        return Reading("0")
    return Reading("") if text in BLANKS else Refusal("not-yes-or-no", {})


def _short(raw: object) -> str:
    text = plain_text(raw)
    return "" if isinstance(text, Refusal) else folded(text)


def _choice(table: str, field: Field, raw: object) -> Reading | Refusal:
    known = choices(table, field.name)
    text = _short(raw)
    if text in known:
        return Reading(known[text])
    if text in BLANKS:
        return Reading("")
    if field.name == "status":  # by meaning, never by letters: 达产 is no 破产
        if text in {folded(word) for word in synonyms()["no_status"]}:
            return Reading("", "no-status")
        return Refusal("not-a-choice", {"suggestions": ", ".join(choice_titles(table, field.name))})
    near = ", ".join(closest(text, known)) or ", ".join(choice_titles(table, field.name))
    return Refusal("not-a-choice", {"suggestions": near})


def _id(field: Field, text: str) -> Reading | Refusal:
    plain = unicodedata.normalize("NFKC", text)
    if plain.casefold() in BLANKS:
        return Reading("")
    problem = values.cell_problem(field, plain)
    return Refusal("not-an-id", {}) if problem else Reading(plain)


def _list(text: str, *, chains: bool) -> str:
    if not chains and _WRITTEN_LIST.fullmatch(text):  # as the schema writes it: commas are texts
        return text
    names = [part for part in _SEPARATORS.split(text) if part]
    if chains:
        known = {
            folded(spelling): name
            for name, spellings in synonyms()["chains"].items()
            for spelling in spellings
        }
        names = [known.get(folded(name), name) for name in names]
    return ";".join(dict.fromkeys(names))


def read_credit_code(raw: object) -> Reading | Refusal:
    """Return a unified social credit code (GB 32100-2015), its check character compared.

    Examples
    --------
    >>> read_credit_code("91350100M000100Y43").text
    '91350100M000100Y43'
    >>> read_credit_code(9.153e17).rule
    'digits-lost'
    """
    text = plain_text(raw if raw is not None else "")
    if isinstance(text, Refusal):
        return text
    plain = codes.clean_code(text)
    if text.casefold() in BLANKS:
        return Reading("")
    if codes.is_identity_number(plain):
        return Refusal("identity-number", {})
    if _CREDIT.fullmatch(plain) is None:
        return Refusal("not-a-credit-code", {})
    return Reading(plain, "" if codes.is_credit_code(plain) else "credit-code-check")
