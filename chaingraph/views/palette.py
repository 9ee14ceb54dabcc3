"""Colours and marks of the standings: told apart by the colour-blind and in grey print."""

from __future__ import annotations

from typing import NamedTuple


class Style(NamedTuple):
    """How a standing looks: colours, mark, border."""

    fill: str
    text: str
    mark: str
    line: str
    width: float
    dashes: tuple[int, ...]


STYLES = {
    "strong": Style("#0B4F8A", "#FFFFFF", "●", "#06325A", 1, ()),
    "building": Style("#5AAED6", "#1A1A1A", "◎", "#1F5F80", 2, (9, 4)),
    "weak": Style("#F2C14E", "#1A1A1A", "△", "#7A5A00", 2, (5, 4)),
    "missing": Style("#C4420B", "#FFFFFF", "×", "#5C1D00", 3, (2, 4)),
    "nodata": Style("#D9D9D9", "#1A1A1A", "－", "#6B6B6B", 0.5, ()),
    "absent": Style("#FFFFFF", "#1A1A1A", "○", "#9AA5B1", 1, ()),
}
"""Standing -> style, in the order of legends."""

STAGES = ("upstream", "midstream", "downstream")
"""Stages in the order of their columns."""
