"""Reader of ``datapackage.json``, the card of a dataset folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chaingraph.checks import Finding, matches_date
from chaingraph.errors import FileProblemError
from chaingraph.rawtables import Accepted, Package

if TYPE_CHECKING:
    from pathlib import Path

CARD = "datapackage.json"

_TEXT_KEYS = ("name", "title", "title_zh", "version", "as_of", "language", "focus", "description")
_LIST_KEYS = ("extends", "chains")


def read_package(path: Path) -> tuple[Package, list[Finding]]:
    """Return what the card of a folder says, and what is wrong with the card.

    A folder without a card is a dataset named as the folder, in Chinese, that extends nothing.
    """
    fallback = Package(name=path.resolve().name, path=path)
    card = path / CARD
    if not card.is_file():
        return fallback, []
    try:
        loaded = json.loads(card.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise FileProblemError(
            "unreadable-path", path=card, detail=error.strerror or error
        ) from error
    except ValueError as error:
        return fallback, [_invalid(f"not JSON in UTF-8 ({error})")]
    if not isinstance(loaded, dict):
        return fallback, [_invalid("the top level is not an object")]
    problems = list(_problems(loaded))
    if problems:
        return fallback, [_invalid(problem) for problem in problems]
    return _package(path, loaded), []


def _invalid(detail: str) -> Finding:
    return Finding("package-invalid", file=CARD, params={"detail": detail})


def _problems(card: dict[str, Any]) -> list[str]:
    found = [
        f"'{key}' is not a text" for key in _TEXT_KEYS if not isinstance(card.get(key, ""), str)
    ]
    for key in _LIST_KEYS:
        value = card.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            found.append(f"'{key}' is not a list of names")
    accepted = card.get("accepted", [])
    if not isinstance(accepted, list) or not all(
        isinstance(item, dict) and {"rule", "table", "key", "reason"} <= set(item)
        for item in accepted
    ):
        found.append("'accepted' is not a list of {rule, table, key, reason}")
    if not found and card.get("as_of") and not matches_date(card["as_of"]):
        found.append(f"'as_of' is not a date like 2024-12: {card['as_of']}")
    if not found and card.get("language", "zh") not in {"zh", "en"}:
        found.append("'language' is neither zh nor en")
    return found


def _package(path: Path, card: dict[str, Any]) -> Package:
    licences = card.get("licenses") or [{}]
    weaknesses = card.get("weaknesses") or {}
    return Package(
        name=card.get("name") or path.resolve().name,
        path=path,
        title_en=card.get("title", ""),
        title_zh=card.get("title_zh", ""),
        version=card.get("version", ""),
        as_of=card.get("as_of", ""),
        language=card.get("language", "zh"),
        licence=licences[0].get("name", "") if isinstance(licences[0], dict) else "",
        focus=card.get("focus", ""),
        extends=tuple(card.get("extends", ())),
        chains=tuple(card.get("chains", ())),
        accepted=tuple(
            Accepted(item["rule"], item["table"], item["key"], item["reason"])
            for item in card.get("accepted", ())
        ),
        description=card.get("description", ""),
        weaknesses_en=tuple(weaknesses.get("en", ())),
        weaknesses_zh=tuple(weaknesses.get("zh", ())),
    )
