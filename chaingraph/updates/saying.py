"""Causes of a changed gap as sentences, in Chinese and English."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph.results import shown_number
from chaingraph.words import message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.words import Language

_SAID: Final = 3
_LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")


def say_causes(gaps: pd.DataFrame, causes: pd.DataFrame, units: Mapping[str, str]) -> pd.DataFrame:
    """Return the changes of gaps with `because_zh` and `because_en`: their largest causes.

    Parameters
    ----------
    gaps, causes
        As :func:`chaingraph.updates.gap_changes.compare_gaps` gives them.
    units
        Product id -> unit.
    """
    found: dict[str, list[dict[Any, Any]]] = {}
    for cause in causes.to_dict("records"):
        found.setdefault(str(cause["product_id"]), []).append(cause)
    ids = gaps["product_id"].tolist()
    columns = {
        f"because_{lang}": pd.array(
            [_because(found.get(i, []), units, lang) or None for i in ids], dtype="str"
        )
        for lang in _LANGUAGES
    }
    return gaps.assign(**columns)


def _because(causes: list[dict[Any, Any]], units: Mapping[str, str], lang: Language) -> str:
    """Return the first causes as one line, and how many more there are."""
    said = [say_cause(cause, units, lang) for cause in causes[:_SAID]]
    more = len(causes) - len(said)
    if more:
        said.append(message("cause-more", lang, count=more))
    return ("；" if lang == "zh" else "; ").join(said)


def say_cause(cause: Mapping[Any, Any], units: Mapping[str, str], lang: Language) -> str:
    """Return one cause as a sentence without its full stop."""
    kind = str(cause["cause"])
    own = units.get(str(cause["user_id"] if kind == "user" else cause["product_id"]), "")
    was, now = (_figure(cause[name], lang) for name in ("own_before", "own_after"))
    unit = units.get(str(cause["product_id"]), "")
    unlisted = kind in {"maker", "user"} and not _text(cause["enterprise_id"])
    return message(
        f"cause-{kind}-others" if unlisted else f"cause-{kind}", lang,
        enterprise=_text(cause[f"enterprise_{lang}"]), user=_text(cause[f"user_{lang}"]),
        before=was, after=now, own_unit=own, unit=unit,
        effect=_signed(float(cause["effect"]), lang),
    )  # fmt: skip


def _figure(value: float, lang: Language) -> str:
    return message("figure-unknown", lang) if math.isnan(value) else shown_number(value)


def _signed(value: float, lang: Language) -> str:
    if math.isnan(value):
        return message("figure-unknown", lang)
    return ("+" if value > 0 else "") + shown_number(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
