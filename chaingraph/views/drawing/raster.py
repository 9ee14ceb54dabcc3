"""Drawings as pictures: the part of SVG that our figures use, drawn with Pillow.

Word needs real pictures and no browser may be asked for them. What a figure uses and is not known
here is refused, so that a picture never silently lacks a part of its drawing.
"""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element, fromstring

from chaingraph.views.drawing.fonts import can_write_chinese, font_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from PIL import ImageDraw

    Point = tuple[float, float]

DPI = 220
_SMOOTH = 2
_MOST_PIXELS = 60_000_000
_STEPS = 24
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COMMAND = re.compile(r"([MmLlHhVvCcSsQqAaZz])([^MmLlHhVvCcSsQqAaZz]*)")
_SILENT = {"title", "desc", "metadata", "style", "defs"}
_MIDDLES = {"middle", "central"}


class UnknownShapeError(ValueError):
    """A part of a drawing that cannot be made into a picture."""


@dataclass(frozen=True)
class Pen:
    """What a drawing inherits from the elements around it."""

    fill: str = "#000000"
    stroke: str = "none"
    width: float = 1.0
    dashes: tuple[float, ...] = ()
    opacity: float = 1.0
    fill_opacity: float = 1.0
    stroke_opacity: float = 1.0
    size: float = 16.0
    weight: str = "normal"
    anchor: str = "start"
    baseline: str = "auto"
    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0
    turn: float = 0.0

    def place(self, x: float, y: float) -> Point:
        """Return where a point of the drawing lies in pixels."""
        return (self.x + x * self.scale, self.y + y * self.scale)


def rasterise(svg: str, width_mm: float) -> tuple[bytes, float]:
    """Draw a figure at 220 dots an inch.

    Parameters
    ----------
    svg
        The drawing.
    width_mm
        Width on paper.

    Returns
    -------
    bytes
        A PNG file, the same for the same drawing and fonts.
    float
        Its height divided by its width.
    """
    from PIL import Image, ImageDraw

    root = fromstring(svg)  # noqa: S314  our own drawing, escaped when it was written
    x, y, wide, high = _view_box(root)
    pixels = width_mm / 25.4 * DPI
    pixels = min(pixels, math.sqrt(_MOST_PIXELS / (_SMOOTH**2) * wide / high))
    scale = pixels / wide * _SMOOTH
    image = Image.new("RGB", (round(wide * scale), round(high * scale)), "#FFFFFF")
    draw = ImageDraw.Draw(image, "RGBA")
    pen = Pen(scale=scale, x=-x * scale, y=-y * scale)
    for child in root:
        _draw(draw, child, _inherit(pen, root.attrib))
    file = io.BytesIO()
    image.reduce(_SMOOTH).save(file, "PNG", dpi=(DPI, DPI))
    return file.getvalue(), high / wide


def _view_box(root: Element) -> tuple[float, float, float, float]:
    numbers = _numbers(root.get("viewBox", ""))
    if len(numbers) != 4:  # noqa: PLR2004
        return 0.0, 0.0, _length(root.get("width")), _length(root.get("height"))
    return numbers[0], numbers[1], max(1.0, numbers[2]), max(1.0, numbers[3])


def _numbers(text: str) -> list[float]:
    return [float(part) for part in _NUMBER.findall(text)]


def _length(text: str | None, standard: float = 0.0) -> float:
    found = _numbers(text or "")
    return found[0] if found else standard


def _inherit(pen: Pen, attributes: Mapping[str, str]) -> Pen:
    """Return the pen inside an element."""
    own = dict(attributes)
    for part in own.pop("style", "").split(";"):
        name, colon, value = part.partition(":")
        if colon:
            own[name.strip()] = value.strip()
    new: dict[str, Any] = {
        "opacity": pen.opacity * _length(own.get("opacity"), 1.0),
        "fill_opacity": _length(own.get("fill-opacity"), pen.fill_opacity),
        "stroke_opacity": _length(own.get("stroke-opacity"), pen.stroke_opacity),
        "width": _length(own.get("stroke-width"), pen.width),
        "size": _length(own.get("font-size"), pen.size),
    }
    texts = {"fill": "fill", "stroke": "stroke", "font-weight": "weight", "text-anchor": "anchor",
             "dominant-baseline": "baseline"}  # fmt: skip
    new |= {field: own[name] for name, field in texts.items() if name in own}
    if "stroke-dasharray" in own:
        new["dashes"] = tuple(_numbers(own["stroke-dasharray"]))
    return _moved(replace(pen, **new), own.get("transform", ""))


def _moved(pen: Pen, transform: str) -> Pen:
    """Return the pen after shifts, scales and turns (a turn is about the pen's own origin)."""
    for name, inside in re.findall(r"(\w+)\s*\(([^)]*)\)", transform):
        values = _numbers(inside)
        if name == "translate":
            x, y = pen.place(values[0], values[1] if len(values) > 1 else 0.0)
            pen = replace(pen, x=x, y=y)
        elif name == "scale" and len(set(values)) == 1:
            pen = replace(pen, scale=pen.scale * values[0])
        elif name == "rotate" and len(values) in {1, 3}:
            pen = replace(pen, turn=pen.turn + values[0])
        else:
            raise UnknownShapeError(f"transform {name}")
    return pen


def _draw(draw: ImageDraw.ImageDraw, element: Element, outer: Pen) -> None:
    tag = element.tag.rpartition("}")[2]
    if tag in _SILENT:
        return
    pen = _inherit(outer, element.attrib)
    own = {name: _length(element.get(name)) for name in
           ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r", "width", "height")}  # fmt: skip
    if tag in {"g", "a", "svg"}:
        for child in element:
            _draw(draw, child, pen)
    elif tag == "text":
        _write(draw, element, pen, own["x"], own["y"])
    elif tag == "rect":
        x, y, w, h = own["x"], own["y"], own["width"], own["height"]
        _shape(draw, [(x, y), (x + w, y), (x + w, y + h), (x, y + h), (x, y)], pen, closed=True)
    else:
        for points, closed in _outlines(tag, element, own):
            _shape(draw, points, pen, closed=closed or (tag == "path" and pen.fill != "none"))


def _outlines(
    tag: str, element: Element, own: Mapping[str, float]
) -> Iterator[tuple[list[Point], bool]]:
    """Yield the runs of points of a shape, and whether each is closed."""
    if tag == "line":
        yield [(own["x1"], own["y1"]), (own["x2"], own["y2"])], False
    elif tag == "circle":
        r = own["r"]
        turns = [math.pi * i / _STEPS for i in range(2 * _STEPS + 1)]
        yield [(own["cx"] + r * math.cos(t), own["cy"] + r * math.sin(t)) for t in turns], True
    elif tag in {"polygon", "polyline"}:
        flat = _numbers(element.get("points", ""))
        points = list(zip(flat[::2], flat[1::2], strict=True))
        closed = tag == "polygon"
        yield points + points[: int(closed)], closed
    elif tag == "path":
        yield from _path(element.get("d", ""))
    else:
        raise UnknownShapeError(tag)


def _colour(name: str, opacity: float) -> tuple[int, int, int, int] | None:
    from PIL import ImageColor

    if name in {"none", "transparent"} or opacity <= 0:
        return None
    red, green, blue = ImageColor.getrgb(name)[:3]
    return red, green, blue, round(255 * min(1.0, opacity))


def _shape(draw: ImageDraw.ImageDraw, points: list[Point], pen: Pen, *, closed: bool) -> None:
    """Fill and outline a run of points."""
    if len(points) < 2:  # noqa: PLR2004
        return
    places = [pen.place(x, y) for x, y in points]
    fill = _colour(pen.fill, pen.opacity * pen.fill_opacity)
    if closed and fill and len(places) > 2:  # noqa: PLR2004
        draw.polygon(places, fill=fill)
    stroke = _colour(pen.stroke, pen.opacity * pen.stroke_opacity)
    if stroke and pen.width > 0:
        width = max(1, round(pen.width * pen.scale))
        for run in _dashed(places, [d * pen.scale for d in pen.dashes]):
            draw.line(run, fill=stroke, width=width, joint="curve")


def _dashed(points: list[Point], dashes: list[float]) -> Iterator[list[Point]]:
    """Yield the visible runs of a line."""
    if not dashes or sum(dashes) <= 0:
        yield points
        return
    pattern = dashes * (2 if len(dashes) % 2 else 1)
    place, left, run = 0, pattern[0], [points[0]]
    for (x1, y1), (x2, y2) in pairwise(points):
        length, done = math.hypot(x2 - x1, y2 - y1), 0.0
        while length - done > left:
            done += left
            spot = (x1 + (x2 - x1) * done / length, y1 + (y2 - y1) * done / length)
            if place % 2 == 0:
                yield [*run, spot]
            place = (place + 1) % len(pattern)
            left, run = pattern[place], [spot]
        left -= length - done
        run.append((x2, y2))
    if place % 2 == 0 and len(run) > 1:
        yield run


def _path(text: str) -> Iterator[tuple[list[Point], bool]]:
    """Yield the runs of a path: moves, lines and cubic curves, absolute or relative."""
    points: list[Point] = []
    for command, rest in _COMMAND.findall(text):
        values = _numbers(rest)
        upper = command.upper()
        if upper == "Z":
            if points:
                yield [*points, points[0]], True
                points = points[:1]
            continue
        size = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6}.get(upper)
        if size is None:
            raise UnknownShapeError(f"path {command}")
        for start in range(0, len(values), size):
            here = points[-1] if points else (0.0, 0.0)
            base = here if command.islower() else (0.0, 0.0)
            part = values[start : start + size]
            if upper == "M" and start == 0:
                if len(points) > 1:
                    yield points, False
                points = [(base[0] + part[0], base[1] + part[1])]
            else:
                points += _step(upper, part, here, base)
    if len(points) > 1:
        yield points, False


def _step(command: str, part: list[float], here: Point, base: Point) -> list[Point]:
    """Return the points that one command of a path adds."""
    if command == "H":
        return [(base[0] + part[0], here[1])]
    if command == "V":
        return [(here[0], base[1] + part[0])]
    ends = [(base[0] + x, base[1] + y) for x, y in zip(part[::2], part[1::2], strict=True)]
    if command != "C":
        return ends
    added = []
    for number in range(1, _STEPS + 1):
        t = number / _STEPS
        weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
        spots = (here, *ends)
        added.append((sum(w * p[0] for w, p in zip(weights, spots, strict=True)),
                      sum(w * p[1] for w, p in zip(weights, spots, strict=True))))  # fmt: skip
    return added


def _write(draw: ImageDraw.ImageDraw, element: Element, pen: Pen, x: float, y: float) -> None:
    """Write a line of text, or its spans one by one."""
    fill = _colour(pen.fill, pen.opacity * pen.fill_opacity)
    x, y = x + _length(element.get("dx")), y + _length(element.get("dy"))
    line = (element.text or "").strip("\n")
    if line.strip() and fill:
        _write_line(draw, line, pen, pen.place(x, y), fill)
    for child in element:
        if child.tag.rpartition("}")[2] == "tspan":
            own = _inherit(pen, child.attrib)
            _write(draw, child, own, _length(child.get("x"), x), _length(child.get("y"), y))


def _write_line(
    draw: ImageDraw.ImageDraw, line: str, pen: Pen, place: Point, fill: tuple[int, int, int, int]
) -> None:
    from PIL import Image, ImageDraw

    if not can_write_chinese():
        line = latin(line)
    font = font_file(pen.size * pen.scale, bold=pen.weight in {"bold", "600", "700"})
    across = {"start": "l", "middle": "m", "end": "r"}[pen.anchor]
    down = "m" if pen.baseline in _MIDDLES else "s"
    if not pen.turn % 360:
        draw.text(place, line, font=font, fill=fill, anchor=across + down)
        return
    reach = round(font.getlength(line)) + 8
    patch = Image.new("L", (2 * reach, 2 * reach), 0)
    ImageDraw.Draw(patch).text((reach, reach), line, font=font, fill=255, anchor=across + down)
    patch = patch.rotate(-pen.turn, resample=Image.Resampling.BICUBIC)
    draw.bitmap((round(place[0] - reach), round(place[1] - reach)), patch, fill=fill)


_PLAIN = str.maketrans(
    {"●": "+", "◎": "~", "△": "-", "×": "x", "－": "?", "○": "o", "…": "...", "·": "-"}
)


def latin(line: str) -> str:
    """Return what a font without Chinese can show of a line.

    Examples
    --------
    >>> latin("● Foil · 箔")
    '+ Foil - '
    """
    return "".join(c for c in line.translate(_PLAIN) if c <= "\xff")
