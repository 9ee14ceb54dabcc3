"""Tables that fit the width there is: cells folded, columns left out by rank, else rows set out vertically."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final, NamedTuple

from wcwidth import wcswidth, wcwidth

from chaingraph.characters import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

NARROWEST: Final = 40
"""Columns of a terminal below which nothing is laid out any more."""
MOST_LINES: Final = 4
"""Lines of a cell in a table; where one would take more, rows are set out vertically."""
_GAP: Final = 2
_TEXT: Final = 10
"""The least width of a column of words."""
_LONG: Final = 30
"""Cells of a column that reach this width are sentences: they are folded, never a reason to leave it out."""
_FEWEST: Final = 3
_ADDRESS: Final = re.compile(r"https?://[^\s;；，,]+")
_UNITS: Final = re.compile(r"[ -~]*?(?:[/;_&=?]|[,.-](?![0-9]))|[ -~]+|[^ -~]")
_CLOSING: Final = frozenset("，。；：、！？）》】」』”’%％…),.;:!?]")
_OPENING: Final = frozenset("（《【「『“‘([")


class Laid(NamedTuple):
    """A table as lines, each within the width; the columns left out; the addresses by number."""

    lines: list[str]
    gone: list[str]
    addresses: list[str]


@cache
def _ranks() -> dict[str, list[str]]:
    text = resources.files("chaingraph.words").joinpath("narrow.json").read_text(encoding="utf-8")
    loaded: dict[str, list[str]] = json.loads(text)
    return loaded


def text_width(text: str) -> int:
    """Return how many columns of a terminal a text takes; Chinese characters take two.

    Examples
    --------
    >>> text_width("曲靖 GWh")
    8
    """
    width = wcswidth(text)
    return width if width >= 0 else sum(max(0, wcwidth(char)) for char in text)


def folded(text: str, width: int) -> list[str]:
    """Return a text as lines no wider than a width.

    Lines end between words, between Chinese characters, after the slashes of an address, and only where
    nothing else fits inside a word.

    Examples
    --------
    >>> folded("cells and modules", 9)
    ['cells and', 'modules']
    >>> folded("曲靖市的磷酸铁锂。", 16)
    ['曲靖市的磷酸铁', '锂。']
    """
    width = max(width, 2)
    lines: list[str] = []
    line, taken = "", 0
    for piece in _pieces(text, width):
        if line and taken + text_width(piece) > width:
            lines.append(line.rstrip())
            line, taken = "", 0
        line += piece if line else piece.lstrip()
        taken = text_width(line)
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _pieces(text: str, width: int) -> Iterator[str]:
    """Return what is not parted: words with the blank before them, characters with what closes them."""
    for word in re.findall(r"\s*\S+", text):
        body = word.lstrip()
        kept = " " if body != word else ""
        for part in _UNITS.findall(body) if text_width(body) > _TEXT else [body]:
            if kept.strip() and part[0] not in _CLOSING and kept[-1] not in _OPENING:
                yield from _cut(kept, width)
                kept = ""
            kept += part
        yield from _cut(kept, width)


def _cut(piece: str, width: int) -> Iterator[str]:
    """Return a piece, in parts where it alone is too wide."""
    while text_width(piece) > width:
        end = next(n for n in range(1, len(piece) + 1) if text_width(piece[: n + 1]) > width)
        yield piece[:end]
        piece = piece[end:]
    if piece:
        yield piece


def padded(text: str, width: int, *, right: bool) -> str:
    """Return a text filled with blanks to a width."""
    blanks = " " * max(0, width - text_width(text))
    return blanks + text if right else text + blanks


def lay_out(
    names: Sequence[str],
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    right: Sequence[bool],
    width: int,
) -> Laid:
    r"""Lay a table out so that no line is wider than a terminal.

    Web addresses become numbers, listed below. A table that fits stands as it is. Else its cells are
    folded; columns go by their rank (``words/narrow.json``, then from the right) until the rest fits;
    where cells would be too high, or hardly a column would be left, each row is set out vertically with
    all its columns.

    Parameters
    ----------
    names, header, right
        Of each column its name, its title, and whether it is set right as figures are.
    rows
        The cells as texts.
    width
        Columns of the terminal.

    Returns
    -------
    Laid
        The lines, the titles of the columns left out, and the addresses.

    Examples
    --------
    >>> print("\n".join(lay_out(["a", "b"], ["A", "B"], [["x", "1"]], [False, True], 40).lines))
    A    B
    --  --
    x    1
    """
    cells = [[shown(cell) for cell in row] for row in rows]
    titles = [shown(title) for title in header]
    wide = max(width, NARROWEST)
    kept = list(range(len(names)))
    while len(kept) >= min(_FEWEST, len(names)):
        addresses: dict[str, int] = {}
        part = [[_numbered(row[i], addresses) for i in kept] for row in cells]
        heads, turned = [titles[i] for i in kept], [right[i] for i in kept]
        sizes = _sizes(heads, part, turned, wide)
        if sizes is None:
            next_ = _next_to_go([names[i] for i in kept], kept)
            if names[next_] in _ranks()["never_go"]:
                break
            kept.remove(next_)
            continue
        lines = _table(heads, part, turned, sizes)
        if lines is None:
            break
        gone = [titles[i] for i in range(len(names)) if i not in kept]
        return Laid(lines, gone, list(addresses))
    addresses = {}
    cells = [[_numbered(cell, addresses) for cell in row] for row in cells]
    return Laid(list(_vertical(titles, cells, wide)), [], list(addresses))


def _numbered(cell: str, addresses: dict[str, int]) -> str:
    """Return a cell with its web addresses as numbers."""
    return _ADDRESS.sub(
        lambda found: f"[{addresses.setdefault(found.group(), len(addresses) + 1)}]", cell
    )


def _next_to_go(names: list[str], kept: list[int]) -> int:
    """Return the column that is left out next: by rank, else the last that is not among the last to go."""
    ranks = _ranks()
    named = any(name.startswith("name_") for name in names)
    for name in ranks["first_to_go"]:
        if name in names and (named or not name.endswith("_id")):
            return kept[names.index(name)]
    others = [i for i, name in zip(kept, names, strict=True) if name not in ranks["last_to_go"]]
    return others[-1] if others else kept[-1]


def _sizes(
    titles: list[str], rows: list[list[str]], right: list[bool], width: int
) -> list[int] | None:
    """Return the width of each column, None where they do not fit even when folded."""
    natural, least = [], []
    for place, title in enumerate(titles):
        cells = max((text_width(row[place]) for row in rows), default=0)
        word = max((text_width(part) for part in title.split()), default=0)
        head = word if title.isascii() else min(text_width(title), 8)
        natural.append(max(cells, text_width(title), _GAP))
        folds = min(cells, _TEXT if cells < _LONG else 2 * _TEXT)
        least.append(max(head, cells if right[place] else folds, _GAP))
    room = width - _GAP * (len(titles) - 1)
    if sum(least) > room:
        return None
    left = room - sum(least)
    sizes = list(least)
    while left > 0:
        wanting = [i for i, size in enumerate(sizes) if size < natural[i]]
        if not wanting:
            break
        share = max(1, left // len(wanting))
        for i in wanting:
            more = min(share, natural[i] - sizes[i], left)
            sizes[i] += more
            left -= more
    return sizes


def _table(
    titles: list[str], rows: list[list[str]], right: list[bool], sizes: list[int]
) -> list[str] | None:
    """Return the lines of a table, None where a cell would be higher than is read as a table."""
    body = [[folded(cell, size) for cell, size in zip(row, sizes, strict=True)] for row in rows]
    heights = [max(map(len, row), default=1) for row in body]
    if max(heights, default=1) > MOST_LINES:
        return None
    head = [folded(title, size) for title, size in zip(titles, sizes, strict=True)]
    lines = list(_lines(head, sizes, right, bottom=True))
    lines.append((" " * _GAP).join("-" * size for size in sizes))
    apart = sum(heights) >= 2 * len(heights)  # else the rows tell themselves apart
    for number, row in enumerate(body):
        if apart and number:
            lines.append("")
        lines += _lines(row, sizes, right)
    return lines


def _lines(
    cells: list[list[str]], sizes: list[int], right: list[bool], *, bottom: bool = False
) -> Iterator[str]:
    """Return the lines of one row; a header stands at its bottom."""
    height = max(map(len, cells), default=1)
    filled = [
        [""] * (height - len(c)) + c if bottom else c + [""] * (height - len(c)) for c in cells
    ]
    for parts in zip(*filled, strict=True):
        line = (" " * _GAP).join(
            padded(part, size, right=turned)
            for part, size, turned in zip(parts, sizes, right, strict=True)
        )
        yield line.rstrip()


def _vertical(titles: list[str], rows: list[list[str]], width: int) -> Iterator[str]:
    """Return rows set out one below the other: a line a cell, unknown ones left out."""
    margin = min(max(map(text_width, titles), default=0), width // 3)
    for number, row in enumerate(rows, 1):
        if number > 1:
            yield ""
        yield f"-- {number} --"
        for title, cell in zip(titles, row, strict=True):
            if cell in {"", "-"}:
                continue
            heads, parts = folded(title, margin), folded(cell, width - margin - _GAP)
            for place in range(max(len(heads), len(parts))):
                head = heads[place] if place < len(heads) else ""
                part = parts[place] if place < len(parts) else ""
                yield f"{padded(head, margin, right=False)}{' ' * _GAP}{part}".rstrip()


def wrapped(text: str, width: int) -> list[str]:
    """Return a sentence as lines within a width; what follows a bullet stands below its words.

    Examples
    --------
    >>> wrapped("* one two three", 9)
    ['* one two', '  three']
    """
    text = shown(text)
    if text_width(text) <= width or (_ADDRESS.search(text) and " " not in text.strip()):
        return [text]
    body = text.lstrip()
    indent, mark = " " * (len(text) - len(body)), "* " if body.startswith("* ") else ""
    first, *rest = folded(body.removeprefix(mark), width - len(indent + mark))
    return [indent + mark + first, *(indent + " " * len(mark) + line for line in rest)]
