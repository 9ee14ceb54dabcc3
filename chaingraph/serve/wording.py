"""What the page says, in ``words/serve.json``."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from chaingraph.words import filled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.words import Language


@cache
def catalogue() -> Mapping[str, Mapping[Language, str]]:
    """Return every text of the page by its key, in both languages."""
    text = resources.files("chaingraph.words").joinpath("serve.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[Language, str]] = json.loads(text)
    return loaded


def say(key: str, lang: Language, /, **params: object) -> str:
    """Return a text of the page in a language with its placeholders filled.

    Examples
    --------
    >>> say("too-large", "en", limit="200 MB")
    'the file is larger than 200 MB: keep only the sheets that are needed, or split it'
    """
    return filled(catalogue()[key][lang], lang, params)


def remedy(rule: str, file: str, said: str, lang: Language) -> str:
    """Return what to do on the page, where the rule names an option of the command line or another format.

    Examples
    --------
    >>> remedy("total-row", "a.xlsx", "Nothing to do.", "en")
    'Nothing to do.'
    """
    if rule == "zip-broken" and file.casefold().endswith(".xlsx"):
        return say("remedy-workbook", lang)
    key = f"remedy-{rule}"
    return say(key, lang) if key in catalogue() else said
