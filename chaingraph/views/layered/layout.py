"""The layout of the chain map: bands of columns, few crossings, integer pixels."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chaingraph.views.layered.align import Stack, align
from chaingraph.views.layered.columns import cut_columns, orient
from chaingraph.views.layered.crossings import Layered, count_crossings, crossing_count
from chaingraph.views.layered.ordering import reduce_crossings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaingraph.views.layered.crossings import Integers

__all__ = ["Layout", "Node", "Place", "arrange", "crossing_count"]

Link = tuple[str, str]
Point = tuple[int, int]
Dummy = tuple[str, str, int]

_LEAST_ROWS = 16


@dataclass(frozen=True)
class Node:
    """A box to place: its key and its band, counted from the left."""

    key: str
    band: int


class Place(NamedTuple):
    """Where a box lies: column and row of the map, centre in pixels."""

    column: int
    row: int
    x: int
    y: int


@dataclass(frozen=True)
class Layout:
    """A chain map, placed.

    Attributes
    ----------
    place
        Place of each box. Rows count the boxes of a column from the top.
    columns
        Band of each column.
    reversed_links
        Links drawn from right to left: into an earlier band, or back in a loop of their band; also
        those of a box with itself.
    bends
        Way points of each link in its own direction, one in each column passed on the way; empty
        between neighbouring columns. At a bend the way between two boxes is free over the whole
        width of the column.
    bands
        First and last x of each band that has boxes.
    orders
        Boxes and way points, the latter as (source, target, column), of each column from the top.
    crossings
        Crossings of the links drawn as straight lines from way point to way point.
    width, height
        Size in pixels.
    """

    place: dict[str, Place]
    columns: tuple[int, ...]
    reversed_links: frozenset[Link]
    bends: dict[Link, tuple[Point, ...]]
    bands: dict[int, tuple[int, int]]
    orders: tuple[tuple[str | Dummy, ...], ...]
    crossings: int
    width: int
    height: int

    @property
    def segments(self) -> list[tuple[str | Dummy, str | Dummy]]:
        """Pieces of the links, each from a column to the next one."""
        return [piece for link in self.bends for piece in self._pieces(link)]

    def _pieces(self, link: Link) -> Iterable[tuple[str | Dummy, str | Dummy]]:
        left, right = sorted(link, key=lambda key: self.place[key].column)
        first, last = self.place[left].column, self.place[right].column
        middle = [(*link, column) for column in range(first + 1, last)]
        return zip([left, *middle], [*middle, right], strict=True) if first < last else ()


def arrange(
    nodes: Iterable[Node],
    links: Iterable[Link],
    *,
    max_rows: int | None = None,
    column_width: int = 240,
    row_height: int = 56,
    band_gap: int = 60,
) -> Layout:
    """Place boxes in columns, band by band from left to right, with few crossings of links.

    The steps of Sugiyama, Tagawa and Toda [1]_: reverse, cut into columns, order, align. The order of
    nodes and links does not matter, nor do repeated links.

    Parameters
    ----------
    nodes
        The boxes, each with its band.
    links
        Pairs of keys, source and target.
    max_rows
        Most boxes in a column; by default 16, or 1.5 times the root of the number of boxes.
    column_width, row_height
        Distance of neighbouring columns and boxes in pixels. A box should be smaller.
    band_gap
        Further distance of neighbouring bands.

    Returns
    -------
    Layout
        The places; the order of its mappings is that of the keys.

    Raises
    ------
    KeyError
        For a link with an unknown end.
    ValueError
        For a key given twice.

    References
    ----------
    .. [1] K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical system
       structures", IEEE Trans. Systems, Man, and Cybernetics 11(2), 1981.

    Examples
    --------
    >>> ore, metal, scrap = Node("ore", 0), Node("metal", 1), Node("scrap", 2)
    >>> links = [("ore", "metal"), ("metal", "scrap"), ("scrap", "metal")]
    >>> layout = arrange([ore, metal, scrap], links)
    >>> layout.place["metal"]
    Place(column=1, row=0, x=420, y=28)
    >>> sorted(layout.reversed_links), layout.crossings
    ([('scrap', 'metal')], 0)
    """
    listed = sorted(nodes, key=lambda node: node.key)
    keys = [node.key for node in listed]
    number = {key: i for i, key in enumerate(keys)}
    if len(number) < len(keys):
        raise ValueError("a key is given twice")
    wanted = sorted(set(links))
    bands = [node.band for node in listed]
    ends = [(number[source], number[target]) for source, target in wanted]
    against = orient(bands, ends)
    arcs = [(b, a) if back else (a, b) for (a, b), back in zip(ends, against, strict=True)]
    rows = max(_LEAST_ROWS, isqrt(9 * len(keys) // 4)) if max_rows is None else max(1, max_rows)
    column, band_of = cut_columns(bands, [arc for arc in arcs if arc[0] != arc[1]], max_rows=rows)
    items = _proper(column, arcs)
    drawing, number_of = _linked_part(items)
    slot = reduce_crossings(drawing)
    order, stack = _pile(items, number_of, slot)
    y_of, height = align(stack, row_height=row_height)
    return _collect(
        keys,
        wanted,
        against,
        arcs,
        column,
        band_of,
        order,
        y_of.tolist(),
        column_width=column_width,
        band_gap=band_gap,
        crossings=count_crossings(drawing, slot),
        height=height,
    )


class _Proper(NamedTuple):
    """Boxes, then the way points of each link from the left: their columns, the pieces of links."""

    boxes: int
    column: Integers
    tail: Integers
    head: Integers


def _proper(column: Sequence[int], arcs: Sequence[tuple[int, int]]) -> _Proper:
    """Cut arcs over several columns into pieces."""
    ends = np.array([arc for arc in arcs if arc[0] != arc[1]], dtype=np.int64).reshape(-1, 2)
    place = np.array(column, dtype=np.int64)
    span = place[ends[:, 1]] - place[ends[:, 0]]
    which = np.repeat(np.arange(len(span)), span)
    step = np.arange(len(which)) - np.repeat(np.cumsum(span) - span, span)
    point = len(place) + np.repeat(np.cumsum(span - 1) - span + 1, span) + step
    tail = np.where(step == 0, ends[which, 0], point - 1)
    last = step == span[which] - 1
    head = np.where(last, ends[which, 1], point)
    passed = place[ends[which, 0]] + step + 1
    return _Proper(len(place), np.concatenate((place, passed[~last])), tail, head)


def _linked_part(items: _Proper) -> tuple[Layered, Integers]:
    """Return the graph to be ordered, without boxes that have no link, and the items' numbers."""
    linked = np.zeros(len(items.column), dtype=bool)
    linked[items.tail] = linked[items.head] = True
    order = np.argsort(items.column, kind="stable")
    order = order[linked[order]]
    number = np.full(len(items.column), -1, dtype=np.int64)
    number[order] = np.arange(len(order))
    columns = int(items.column.max(initial=-1)) + 1
    start = np.searchsorted(items.column[order], np.arange(columns + 1))
    return Layered(start, number[items.tail], number[items.head]), number


def _pile(items: _Proper, number: Integers, slot: Integers) -> tuple[Integers, Stack]:
    """Return the items in their final order, those without a link below, and the stack of them."""
    place = np.where(number < 0, len(number), slot[number] if len(slot) else 0)
    order = np.lexsort((place, items.column))
    seat = np.empty_like(order)
    seat[order] = np.arange(len(order))
    columns = int(items.column.max(initial=-1)) + 1
    start = np.searchsorted(items.column[order], np.arange(columns + 1))
    return order, Stack(start, order < items.boxes, seat[items.tail], seat[items.head])


def _collect(
    keys: Sequence[str],
    links: Sequence[Link],
    against: Sequence[bool],
    arcs: Sequence[tuple[int, int]],
    column: Sequence[int],
    band_of: Sequence[int],
    order: Integers,
    heights: Sequence[int],
    *,
    column_width: int,
    band_gap: int,
    crossings: int,
    height: int,
) -> Layout:
    """Give places and bends their names and pixels."""
    half = column_width // 2
    shown = sorted(set(band_of))
    xs = [half + i * column_width + shown.index(own) * band_gap for i, own in enumerate(band_of)]
    names: list[str | Dummy] = [*keys]
    columns = [*column]
    first = [len(names)]
    for link, (left, right) in zip(links, arcs, strict=True):
        passed = range(column[left] + 1, column[right])
        names.extend((*link, number) for number in passed)
        columns.extend(passed)
        first.append(len(names))
    orders: list[list[str | Dummy]] = [[] for _ in band_of]
    rows = [0] * len(band_of)
    place: dict[str, Place] = dict.fromkeys(keys, Place(0, 0, 0, 0))
    points: list[Point] = [(0, 0)] * len(names)
    for item, y in zip(order.tolist(), heights, strict=True):
        here = columns[item]
        orders[here].append(names[item])
        points[item] = (xs[here], y)
        if item < len(keys):
            place[keys[item]] = Place(here, rows[here], xs[here], y)
            rows[here] += 1
    bends = {
        link: tuple(points[begin:end][:: -1 if back else 1])
        for link, back, begin, end in zip(links, against, first[:-1], first[1:], strict=True)
    }
    return Layout(
        place=place,
        columns=tuple(band_of),
        reversed_links=frozenset(link for link, back in zip(links, against, strict=True) if back),
        bends=bends,
        bands={
            band: (
                min(x for x, own in zip(xs, band_of, strict=True) if own == band) - half,
                max(x for x, own in zip(xs, band_of, strict=True) if own == band) + half,
            )
            for band in shown
        },
        orders=tuple(map(tuple, orders)),
        crossings=crossings,
        width=xs[-1] + half if xs else 0,
        height=height,
    )
