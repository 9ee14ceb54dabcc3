"""Colours and marks of the standings: told apart by the colour-blind and in grey print."""

from __future__ import annotations

from typing import NamedTuple


class Style(NamedTuple):
    """How a standing looks: colours, mark, border, and whether lines run across it."""

    fill: str
    text: str
    mark: str
    line: str
    width: float
    dashes: tuple[int, ...]
    hatch: bool = False


HATCH = "#B9C1C9"
"""Colour of the lines across what nobody looked at well enough."""
_DARK, _WHITE = "#1A1A1A", "#FFFFFF"
STYLES = {
    "strong": Style("#0B4F8A", _WHITE, "●", "#06325A", 1, ()),
    "weak": Style("#F0A58C", _DARK, "△", "#8A2F0B", 2, (5, 4)),
    "open": Style("#F2C14E", _DARK, "◇", "#7A5A00", 1, ()),
    "building": Style("#5AAED6", _DARK, "◎", "#1F5F80", 2, (9, 4)),
    "missing": Style("#C4420B", _WHITE, "×", "#5C1D00", 3, (2, 4)),
    "missing_likely": Style("#E2D4C0", _DARK, "※", "#6E5636", 2, (2, 4)),
    "unseen": Style("#E7EAED", _DARK, "？", "#6B6B6B", 1, (4, 3), hatch=True),
    "not_assessed": Style("#F6F7F8", _DARK, "□", "#9AA5B1", 1, (2, 3), hatch=True),
    "on_site": Style("#CFE3D4", _DARK, "◆", "#3C6B49", 1, ()),
    "flow": Style("#DAD3EA", _DARK, "∞", "#584A80", 1, ()),
    "absent": Style(_WHITE, _DARK, "○", "#9AA5B1", 1, ()),
}
"""Standing -> style, in the order of legends. Red only where something surely lacks; hatched in grey where
nobody looked well enough."""

LEGEND = tuple(name for name in STYLES if name != "absent")
"""What stands in legends and counts: all but what a region has nothing to do with."""

STAGES = ("upstream", "midstream", "downstream")
"""Stages in the order of their columns."""
