"""Places of a material flow: columns of bars, ribbons between them, labels beside them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from chaingraph.views.drawing.svg import MARGIN, SMALL, WIDTH
from chaingraph.views.flow.model import PARTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.views.flow.model import FlowLink, FlowNode

IN_WIDTH, OUT_WIDTH = 9.0, 14.0
_HIGH, _LOW = 560.0, 300.0
_GAP = 9.0
_LINES = 2 * SMALL + 6
_LEFT, _RIGHT = 236.0, 196.0
_SWEEPS = 12


class Label(NamedTuple):
    """Where the two lines beside a node begin: anchor, x, first baseline, width there is."""

    anchor: str
    x: float
    y: float
    room: float


@dataclass
class Place:
    """Where a node stands: its bars (heights in drawing units) and its label."""

    x: float
    top: float
    taken: float
    sent: tuple[float, ...]
    in_width: float
    out_width: float
    above: float
    label: Label

    @property
    def high(self) -> float:
        """Height of the taller bar."""
        return max(self.taken, sum(self.sent))

    @property
    def slot(self) -> float:
        """Height that the node and its label take."""
        return self.above + self.high if self.above else max(self.high, _LINES)

    @property
    def bottom(self) -> float:
        """Lower end of the slot."""
        return self.top - self.above + self.slot


class Ribbon(NamedTuple):
    """One part of a link between two bars."""

    source: str
    target: str
    part: str
    value: float
    x0: float
    y0: float
    x1: float
    y1: float
    thickness: float


def lay_out(
    nodes: Sequence[FlowNode], links: Sequence[FlowLink], top: float
) -> tuple[dict[str, Place], list[Ribbon]]:
    """Place the bars of a flow and the ribbons between them.

    Parameters
    ----------
    nodes, links
        The flow; no loops.
    top
        Where the drawing may begin.

    Returns
    -------
    dict
        Product id -> place.
    list of Ribbon
        Thickest first, so that thin ones lie on top.
    """
    columns: dict[int, list[FlowNode]] = defaultdict(list)
    for node in nodes:
        columns[node.column].append(node)
    scale = _scale(list(columns.values()))
    places = {node.product_id: _place(node, scale, max(columns)) for node in nodes}
    order = {
        number: [n.product_id for n in sorted(column, key=_rank)]
        for number, column in sorted(columns.items())
    }
    near: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for link in links:
        near[link.source].append((link.target, link.value.total))
        near[link.target].append((link.source, link.value.total))
    _stack(order, places, near, top)
    ribbons = _ribbons(links, places, scale)
    return places, sorted(ribbons, key=lambda r: (-r.thickness, r.source, r.target, r.part))


def _rank(node: FlowNode) -> tuple[float, str]:
    return (-max(node.taken, node.sent.total), node.product_id)


def _scale(columns: Sequence[Sequence[FlowNode]]) -> float:
    """Return drawing units a CNY, so that the fullest column fits and none is squeezed."""
    high = max(_HIGH, *((len(column)) * (_LINES + _GAP) + _LOW / 2 for column in columns))
    best = float("inf")
    for column in columns:
        low, up = 0.0, high / max(max(n.taken, n.sent.total) for n in column)
        for _ in range(60):
            middle = (low + up) / 2
            slots = sum(
                (_LINES if _above(n) else 0)
                + max(max(n.taken, n.sent.total) * middle, 0 if _above(n) else _LINES)
                + _GAP
                for n in column
            )
            low, up = (middle, up) if slots <= high else (low, middle)
        best = min(best, low)
    return best


def _above(node: FlowNode) -> bool:
    """Tell whether the label stands above the bars: what goes on to others, past the first column."""
    return node.column > 0 and node.sent.total > 0


def _place(node: FlowNode, scale: float, last: int) -> Place:
    in_width = IN_WIDTH if node.taken > 0 else 0.0
    out_width = OUT_WIDTH if node.sent.total > 0 else 0.0
    first, end = MARGIN + _LEFT, WIDTH - MARGIN - _RIGHT
    step = (end - first) / max(1, last)
    x = first + step * node.column - (OUT_WIDTH if node.column == 0 else 0)
    after = x + in_width + 6
    if _above(node):
        label = Label("start", x, 0.0, step - 20)
    elif node.column:
        label = Label(
            "start", after, 0.0, step - 40 if node.column < last else WIDTH - MARGIN - after
        )
    else:
        label = Label("end", x - 6, 0.0, _LEFT - OUT_WIDTH - 8)
    return Place(
        x=x, top=0.0, taken=node.taken * scale, sent=tuple(v * scale for v in node.sent),
        in_width=in_width, out_width=out_width, above=_LINES if _above(node) else 0.0, label=label,
    )  # fmt: skip


def _stack(
    order: dict[int, list[str]],
    places: dict[str, Place],
    near: dict[str, list[tuple[str, float]]],
    top: float,
) -> None:
    """Order the columns by where their neighbours stand and set every node's height."""
    high = max(sum(places[i].slot + _GAP for i in column) for column in order.values())
    for column in order.values():
        _spread(column, places, dict.fromkeys(column, 0.0), top, high)
    for sweep in range(_SWEEPS):
        numbers = sorted(order, reverse=bool(sweep % 2))
        for number in numbers:
            wish = {i: _wish(i, places, near) for i in order[number]}
            order[number].sort(key=lambda i: (wish[i], i))
            _spread(order[number], places, wish, top, high)
    for place in places.values():
        anchor, x, _, room = place.label
        middle = place.top + place.high / 2
        y = place.top - _LINES + SMALL + 1 if place.above else middle - 2
        if not place.above:
            y = max(y, place.top + SMALL - 1) if place.high < _LINES else y
        place.label = Label(anchor, x, y, room)


def _wish(key: str, places: dict[str, Place], near: dict[str, list[tuple[str, float]]]) -> float:
    """Return the height of the middle of a node's neighbours, weighted by value."""
    total = sum(value for _, value in near[key])
    if not total:
        return _middle(places[key])
    return sum(_middle(places[other]) * value for other, value in near[key]) / total


def _middle(place: Place) -> float:
    return place.top + place.high / 2


def _spread(
    column: list[str], places: dict[str, Place], wish: dict[str, float], top: float, high: float
) -> None:
    """Set the heights of a column as near to what each wishes as their order and room allow."""
    y = top
    for key in column:
        place = places[key]
        place.top = max(y + place.above, wish[key] - place.high / 2)
        y = place.top - place.above + place.slot + _GAP
    floor = top + high
    for key in reversed(column):
        place = places[key]
        start = min(place.top - place.above, floor - place.slot - _GAP)
        place.top = start + place.above
        floor = start


def _ribbons(links: Sequence[FlowLink], places: dict[str, Place], scale: float) -> list[Ribbon]:
    """Return the ribbons; at each bar they stand in the order of their other ends."""
    parts = [
        (link, part, value) for link in links for part, value in enumerate(link.value) if value > 0
    ]
    start: dict[tuple[str, str, int], float] = {}
    used: dict[str, float] = defaultdict(float)
    for link, part, value in sorted(
        parts, key=lambda p: (p[1], places[p[0].target].top, p[0].target)
    ):
        start[link.source, link.target, part] = places[link.source].top + used[link.source]
        used[link.source] += value * scale
    end: dict[tuple[str, str, int], float] = {}
    used = defaultdict(float)
    for link, part, value in sorted(
        parts, key=lambda p: (places[p[0].source].top, p[0].source, p[1])
    ):
        end[link.source, link.target, part] = places[link.target].top + used[link.target]
        used[link.target] += value * scale
    ribbons = []
    for link, part, value in parts:
        key = (link.source, link.target, part)
        source, target = places[link.source], places[link.target]
        ribbons.append(
            Ribbon(link.source, link.target, PARTS[part], value,
                   source.x + source.in_width + source.out_width, start[key],
                   target.x, end[key], value * scale)
        )  # fmt: skip
    return ribbons
