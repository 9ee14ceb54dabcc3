"""What the frames of a region map share: from degrees to points, names beside points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chaingraph.views.drawing.svg import SMALL, Box, Drawing, text_box

if TYPE_CHECKING:
    from collections.abc import Iterable

_LEAST_SPAN = 0.08
_SIDES = ((1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1))


@dataclass(frozen=True)
class View:
    """From degrees to a frame: equirectangular, a degree of longitude shrunk by the cosine of latitude."""

    frame: Box
    west: float
    north: float
    east_scale: float
    north_scale: float

    def at(self, lat: float, lon: float) -> tuple[float, float]:
        """Return the point of a place."""
        return (
            self.frame.left + (lon - self.west) * self.east_scale,
            self.frame.top + (self.north - lat) * self.north_scale,
        )


def fit_view(frame: Box, points: Iterable[tuple[float, float]], pad: float = 0.08) -> View:
    """Return the view of all points (latitude, longitude) in a frame."""
    places = list(points)
    lats, lons = [p[0] for p in places], [p[1] for p in places]
    middle, centre = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    shrink = max(0.05, math.cos(math.radians(middle)))
    wide, high = frame.right - frame.left, frame.bottom - frame.top
    inner = 1 - 2 * pad
    scale = min(
        high * inner / max(_LEAST_SPAN, max(lats) - min(lats)),
        wide * inner / max(_LEAST_SPAN, (max(lons) - min(lons)) * shrink),
    )
    return View(
        frame,
        centre - wide / 2 / (scale * shrink),
        middle + high / 2 / scale,
        scale * shrink,
        scale,
    )


def write_name(
    drawing: Drawing, name: str, at: tuple[float, float, float], room: tuple[list[Box], Box],
    fill: str, *, leader: bool = False,
) -> bool:  # fmt: skip
    """Write a name beside a point on the first side where it is free; tell whether there was one."""
    x, y, reach = at
    taken, inner = room
    for dx, dy in _SIDES:
        anchor = {1: "start", -1: "end", 0: "middle"}[dx]
        across = reach * (0.75 if dx and dy else 1)
        px, py = x + dx * across, y + dy * across + {0: 4.0, -1: -2.0, 1: 11.0}[dy]
        box = text_box(px, py, name, SMALL, anchor)
        inside = box.left >= inner.left and box.right <= inner.right
        inside = inside and box.top >= inner.top and box.bottom <= inner.bottom
        if inside and drawing.free(box, taken, 2.0):
            if leader:
                drawing.add(
                    "line", x1=x, y1=y, x2=px, y2=py - 4, stroke="#9AA5B1", stroke_width=0.7
                )
            drawing.text(px, py, name, anchor=anchor, fill=fill, halo=True)
            return True
    return False
