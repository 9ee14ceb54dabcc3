"""Reader of ``datapackage.json``, the card of a dataset folder."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chaingraph.characters import UNSEEN, code_point
from chaingraph.checks import Finding, matches_date
from chaingraph.errors import file_problem
from chaingraph.files import read_bounded
from chaingraph.rawtables import Accepted, Package

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CARD = "datapackage.json"

_TEXT_KEYS = ("name", "title", "title_zh", "version", "as_of", "language", "focus", "description")
_LIST_KEYS = ("extends", "chains")
_ACCEPTED_KEYS = ("rule", "table", "key", "reason")


def read_package(path: Path) -> tuple[Package, list[Finding]]:
    """Return what the card of a folder says, and what is wrong with the card.

    A folder without a card is a dataset named as the folder, in Chinese, that extends nothing.
    """
    fallback = Package(name=path.resolve().name, path=path)
    card = path / CARD
    try:
        if not card.exists():
            return fallback, []
    except OSError as error:
        raise file_problem("unreadable-path", card, error) from error
    return package_in(read_bounded(card), path, fallback.name)


def package_in(data: bytes, path: Path, name: str) -> tuple[Package, list[Finding]]:
    """Return what the bytes of a card say; `name` where they say none."""
    fallback = Package(name=name, path=path)
    try:
        loaded = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
    except _TwiceError as error:
        return fallback, [invalid(name, f"'{error}' stands twice")]
    except (ValueError, RecursionError) as error:
        return fallback, [invalid(name, f"not JSON in UTF-8 ({error})")]
    return package_of(loaded, path, name)


class _TwiceError(Exception):
    """A key that stands twice in one object: the last would count, unsaid."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON whose keys all differ."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise _TwiceError(key)
        found[key] = value
    return found


def _unfit(value: Any, key: str) -> Iterator[str]:
    """Return the texts of a card that hold a character nobody sees, however deep they stand."""
    if isinstance(value, str):
        found = UNSEEN.search(value)
        if found is not None:
            yield f"'{key}' holds {code_point(found.group())}, a character that nobody sees"
    elif isinstance(value, list):
        for item in value:
            yield from _unfit(item, key)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _unfit(name, key)
            yield from _unfit(item, f"{key}.{name}" if key else name)


def package_of(loaded: Any, path: Path, name: str) -> tuple[Package, list[Finding]]:
    """Return what a card says that is read already; `name` where it says none."""
    fallback = Package(name=name, path=path)
    if not isinstance(loaded, dict):
        return fallback, [invalid(name, "the top level is not an object")]
    problems = _problems(loaded) or list(_unfit(loaded, ""))
    if problems:
        return fallback, [invalid(name, problem) for problem in problems]
    return _package(path, loaded, name), []


def invalid(name: str, detail: str) -> Finding:
    """Return the finding that the card of a dataset cannot be used."""
    return Finding("package-invalid", file=f"{name}/{CARD}", params={"detail": detail})


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)


def _problems(card: dict[str, Any]) -> list[str]:
    found = [
        f"'{key}' is not a text" for key in _TEXT_KEYS if not isinstance(card.get(key, ""), str)
    ]
    found += [
        f"'{key}' is not a list of names" for key in _LIST_KEYS if not _texts(card.get(key, []))
    ]
    accepted = card.get("accepted", [])
    if not isinstance(accepted, list) or not all(
        isinstance(item, dict) and all(isinstance(item.get(key), str) for key in _ACCEPTED_KEYS)
        for item in accepted
    ):
        found.append("'accepted' is not a list of {rule, table, key, reason}, all texts")
    licences = card.get("licenses", [])
    if not isinstance(licences, list) or not all(
        isinstance(item, dict) and isinstance(item.get("name", ""), str) for item in licences
    ):
        found.append("'licenses' is not a list of {name, title, path}")
    weaknesses = card.get("weaknesses", {})
    if not isinstance(weaknesses, dict) or not all(map(_texts, weaknesses.values())):
        found.append("'weaknesses' is not {en: list of sentences, zh: list of sentences}")
    if not found and card.get("as_of") and not matches_date(card["as_of"]):
        found.append(f"'as_of' is not a date like 2024-12: {card['as_of']}")
    if not found and card.get("language", "zh") not in {"zh", "en"}:
        found.append("'language' is neither zh nor en")
    return found


def _package(path: Path, card: dict[str, Any], name: str) -> Package:
    licences = card.get("licenses") or [{}]
    weaknesses = card.get("weaknesses", {})
    return Package(
        name=card.get("name") or name,
        path=path,
        title_en=card.get("title", ""),
        title_zh=card.get("title_zh", ""),
        version=card.get("version", ""),
        as_of=card.get("as_of", ""),
        language=card.get("language", "zh"),
        licence=licences[0].get("name", ""),
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
