"""Rules about where a row comes from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from chaingraph.checks.registry import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

_ADDRESS: Final = re.compile(r"https?://[^\s/?#.]+(?:\.[^\s/?#.]+)+\.?(?:[/?#]\S*)?", re.IGNORECASE)
_SAYS_SO: Final = re.compile(
    r"general knowledge|no address|without an address|常识|一般知识|无网址", re.IGNORECASE
)


@check("no-source")
def check_sources(tables: Tables) -> Iterator[Finding]:
    """Report rows that neither name a source nor say that they are general knowledge.

    A person's decision on a name (aliases) is its own source, and so is a survey whose surveyor is named.
    """
    for spec in tables.specs():
        if spec.name == "aliases" or not tables.has(spec.name, "source_url"):
            continue
        notes = tables.table(spec.name).cells("note")
        looked = tables.table(spec.name).cells("surveyor")
        for row, source in enumerate(tables.table(spec.name).cells("source_url")):
            if not source and not looked[row] and _SAYS_SO.search(notes[row]) is None:
                yield tables.finding("no-source", spec.name, row, "source_url")


@check("source-no-address")
def check_addresses(tables: Tables) -> Iterator[Finding]:
    """Report sources that are not the address of a page."""
    for spec in tables.specs():
        if not tables.has(spec.name, "source_url"):
            continue
        cells = tables.table(spec.name).cells("source_url")
        bad = {text for text in set(cells) if text and _ADDRESS.fullmatch(text) is None}
        for row, text in enumerate(cells if bad else ()):
            if text in bad:
                yield tables.finding("source-no-address", spec.name, row, "source_url")
