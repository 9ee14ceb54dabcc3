"""Boundary files of users: polygons of a GeoJSON file with the note of their source."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chaingraph.files import read_utf8
from chaingraph.views.wording import FigureError, one_line

Ring = tuple[tuple[float, float], ...]
_NOTES = ("source", "attribution")
_FEWEST = 4
_LARGEST: Final = 1e300
MOST_BYTES: Final = 64_000_000
"""Bytes of the largest boundary file: all counties of the country in fine lines take less."""


@dataclass(frozen=True)
class Boundary:
    """Rings of longitude and latitude in degrees, and the note that must be printed."""

    rings: tuple[Ring, ...]
    note: str

    @property
    def limits(self) -> tuple[float, float, float, float]:
        """West, south, east, north."""
        xs = [x for ring in self.rings for x, _ in ring]
        ys = [y for ring in self.rings for _, y in ring]
        return min(xs), min(ys), max(xs), max(ys)


def load_boundary(path: str | Path, note: str | None = None) -> Boundary:
    """Read the boundary of a region.

    Parameters
    ----------
    path
        A GeoJSON file of Polygon or MultiPolygon, in degrees.
    note
        Source note; by default the property ``source`` or ``attribution`` of the file.

    Returns
    -------
    Boundary
        Its rings and the note.

    Raises
    ------
    FileProblemError
        Where the file cannot be read.
    OptionError
        Where it is no such GeoJSON, or no note says where it comes from.
    """
    name = Path(path).name
    text = read_utf8(path, "boundary-no-json", most=MOST_BYTES, problem=FigureError, file=name)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise FigureError("boundary-no-json", file=name) from None
    shapes, notes = _shapes(data, name)
    rings = tuple(ring for shape in shapes for ring in _rings(shape, name))
    if not rings:
        raise FigureError("boundary-no-polygon", file=name, found="-")
    said = one_line(note or "") or next((one_line(n) for n in notes if one_line(n)), "")
    if not said:
        raise FigureError("boundary-no-note", file=name)
    return Boundary(rings, said)


def _shapes(data: Any, name: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the geometries of a GeoJSON object and the source notes of it and its features."""
    if not isinstance(data, dict):
        raise FigureError("boundary-no-json", file=name)
    kind = data.get("type")
    if kind == "FeatureCollection":
        features = data.get("features")
        inside = features if isinstance(features, list) else []
    elif kind == "Feature":
        inside = [data]
    else:
        inside = [{"type": "Feature", "geometry": data}]
    notes = _notes(data) + _notes(data.get("properties"))
    shapes = []
    for feature in inside:
        if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
            continue
        shapes.append(feature["geometry"])
        notes += _notes(feature.get("properties"))
    return shapes, notes


def _notes(holder: Any) -> list[str]:
    if not isinstance(holder, dict):
        return []
    return [holder[key] for key in _NOTES if isinstance(holder.get(key), str)]


def _rings(shape: dict[str, Any], name: str) -> list[Ring]:
    kind, coordinates = shape.get("type"), shape.get("coordinates")
    if kind == "Polygon":
        polygons = [coordinates]
    elif kind == "MultiPolygon" and isinstance(coordinates, list):
        polygons = coordinates
    else:
        raise FigureError("boundary-no-polygon", file=name, found=one_line(str(kind))[:40])
    rings = []
    for polygon in polygons:
        if not isinstance(polygon, list) or not polygon:
            raise FigureError("boundary-bad-ring", file=name)
        rings += [_ring(ring, name) for ring in polygon]
    return rings


def _ring(ring: Any, name: str) -> Ring:
    if not isinstance(ring, list) or len(ring) < _FEWEST:
        raise FigureError("boundary-bad-ring", file=name)
    points = []
    for point in ring:
        if not isinstance(point, list) or len(point) < 2:  # noqa: PLR2004  longitude, latitude
            raise FigureError("boundary-bad-ring", file=name)
        x, y = point[:2]
        numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (x, y))
        if not numbers or not all(-_LARGEST < v < _LARGEST for v in (x, y)):  # nor NaN
            raise FigureError("boundary-bad-ring", file=name)
        if not (-180 <= x <= 180 and -90 <= y <= 90):  # noqa: PLR2004  degrees
            raise FigureError("boundary-no-degrees", file=name, value=f"{x:g}, {y:g}")
        points.append((float(x), float(y)))
    return tuple(points)


def clip_ring(
    ring: list[tuple[float, float]], left: float, top: float, right: float, bottom: float
) -> list[tuple[float, float]]:
    """Return the part of a ring inside a rectangle (Sutherland and Hodgman).

    Examples
    --------
    >>> clip_ring([(0, 0), (4, 0), (4, 4), (0, 4)], 2, -1, 9, 9)
    [(2, 0.0), (4, 0), (4, 4), (2, 4.0)]
    """
    for axis, limit, sign in ((0, left, 1), (0, right, -1), (1, top, 1), (1, bottom, -1)):
        kept: list[tuple[float, float]] = []
        for here, there in zip([*ring[-1:], *ring[:-1]], ring, strict=True):
            inside, next_ = (sign * (p[axis] - limit) >= 0 for p in (here, there))
            if inside != next_:
                t = (limit - here[axis]) / (there[axis] - here[axis])
                other = here[1 - axis] + t * (there[1 - axis] - here[1 - axis])
                kept.append((limit, other) if axis == 0 else (other, limit))
            if next_:
                kept.append(there)
        ring = kept
    return ring
