"""What a list said when it was brought in, kept beside the dataset: the base of the next merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaingraph.writers.csv_folder import CARD, card_text, resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEPT: Final = "merged"
"""Folder within a dataset's folder that holds what its last list said."""


def kept_files(
    name: str,
    date: str,
    texts: Mapping[str, str],
    columns: Mapping[str, Sequence[str]],
    more: Mapping[str, Any] | None = None,
) -> dict[str, str]:
    """Return the files that keep what a list said: its tables, and a card that says which list it was.

    Parameters
    ----------
    name, date
        Of the list.
    texts, columns
        Its tables as CSV text, and their columns.
    more
        Further keys of the card.
    """
    card: dict[str, Any] = {
        "profile": "data-package",
        "name": KEPT,
        "title": f"What {name} said when it was brought in last",
        "title_zh": f"上次导入或合并的名单：{name}",
        "as_of": date,
        "sources": [{"title": name}],
        "resources": [resource(table, list(columns[table])) for table in texts],
    }
    files = {f"{table}.csv": text for table, text in texts.items()}
    return files | {CARD: card_text(card | dict(more or {}))}
