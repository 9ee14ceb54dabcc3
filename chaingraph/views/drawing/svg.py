"""Still drawings: elements whose every text is escaped, widths of texts, ticks, and what figures share."""

from __future__ import annotations

import html
import math
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from chaingraph.analysis.regions import place_name
from chaingraph.results import shown_number
from chaingraph.views.wording import figure_word, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaingraph.views.facts.products import Facts
    from chaingraph.words import Language

FONTS = (
    "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',"
    "'Hiragino Sans GB',sans-serif"
)
INK, QUIET, RULE, PAPER = "#1A1A1A", "#4A5560", "#C5CCD3", "#FFFFFF"
WIDTH = 1280.0
"""Width of every figure in its own units: about one pixel each on a small projector."""
MARGIN = 16.0
SMALL, PLAIN, TITLE = 12.0, 13.0, 19.0
CNY_100M = 1e8

_LINE = 1.4
_HATCH = 5.0
_WIDE = {"W", "F"}


class Node(str):
    """Markup that is already escaped."""

    __slots__ = ()


def tag(name: str, *inside: str, **attributes: float | str) -> Node:
    """Return an element; texts and attribute values are escaped, nodes stand as they are.

    Parameters
    ----------
    name
        Name of the element.
    *inside
        What stands in it: nodes, or texts to escape.
    **attributes
        Attributes; an underscore stands for a hyphen, a trailing one is dropped.

    Examples
    --------
    >>> tag("text", "a < b", x=1.50, font_size=12)
    '<text x="1.5" font-size="12">a &lt; b</text>'
    """
    own = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
    )
    body = "".join(
        part if isinstance(part, Node) else html.escape(one_line(part)) for part in inside
    )
    return Node(f"<{name}{own}>{body}</{name}>" if body else f"<{name}{own}/>")


def _value(value: float | str) -> str:
    if isinstance(value, str):
        return html.escape(one_line(value), quote=True)
    return shortest(value)


def shortest(value: float) -> str:
    """Return a coordinate with at most two digits after the point."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Estimate the width of a text: 1 em a Chinese character, about 0.57 em a Latin one.

    Examples
    --------
    >>> text_width("曲靖", 10)
    20.0
    """
    units = sum(_units(character) for character in text)
    return units * size * (1.04 if bold and not _all_wide(text) else 1.0)


def _all_wide(text: str) -> bool:
    return all(unicodedata.east_asian_width(c) in _WIDE for c in text)


def _units(character: str) -> float:
    width = unicodedata.east_asian_width(character)
    if width in _WIDE or width == "A":
        return 1.0
    if unicodedata.combining(character):
        return 0.0
    if character in " .,:;'|!()[]ilIjtfr/-":
        return 0.4 if character not in " .,:;'|!ilIj" else 0.32
    return 0.9 if character in "mwMW%@" else 0.66 if character.isupper() else 0.58


def shorten(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """Return a text that fits a width, its end cut off with … where it would not.

    Examples
    --------
    >>> shorten("曲靖经济技术开发区", 10, 45)
    '曲靖经…'
    """
    line = one_line(text)
    if text_width(line, size, bold=bold) <= width:
        return line
    while line and text_width(line + "…", size, bold=bold) > width:
        line = line[:-1]
    return line.rstrip() + "…"


def wrap(text: str, size: float, width: float) -> list[str]:
    """Return a text in lines that fit a width, broken between words or Chinese characters."""
    lines: list[str] = []
    line = ""
    for piece in re.findall(r"[\x21-\u2e7f]+[ ]?|.", one_line(text)):
        stop = piece in ",。;:、)”·"
        if line and not stop and text_width(line + piece.rstrip(), size) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    lines.append(line.rstrip())
    return [shorten(part, size, width) for part in lines if part]


def nice_ticks(highest: float, count: int = 4) -> list[float]:
    """Return round ticks from 0 to at or above the highest value.

    Examples
    --------
    >>> nice_ticks(7.3)
    [0.0, 2.0, 4.0, 6.0, 8.0]
    """
    if not math.isfinite(highest) or highest <= 0:
        return [0.0, 1.0]
    power = 10.0 ** math.floor(math.log10(highest / count))
    step = next(
        power * m for m in (1.0, 2.0, 2.5, 5.0, 10.0) if power * m * count >= highest * 0.999
    )
    steps = math.ceil(highest / step - 1e-9)
    return [float(f"{step * i:.12g}") for i in range(steps + 1)]


def money(value: float) -> str:
    """Return CNY in units of 100 million; the unit is said once, in the figure's subtitle."""
    return "-" if math.isnan(value) else shown_number(value / CNY_100M)


class Box(NamedTuple):
    """A rectangle that something takes on a drawing."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box, gap: float = 0.0) -> bool:
        """Tell whether two rectangles overlap or come closer than a gap."""
        return (
            self.left < other.right + gap
            and other.left < self.right + gap
            and self.top < other.bottom + gap
            and other.top < self.bottom + gap
        )


def text_box(
    x: float, y: float, text: str, size: float, anchor: str = "start", *, bold: bool = False
) -> Box:
    """Estimate the rectangle of a line of text whose baseline begins, centres or ends at a point."""
    wide = text_width(text, size, bold=bold)
    left = x - {"start": 0.0, "middle": wide / 2, "end": wide}[anchor]
    return Box(left, y - 0.88 * size, left + wide, y + 0.22 * size)


class Drawing:
    """A drawing that grows downward: its parts, and the rectangles that its labels take."""

    def __init__(self, width: float = WIDTH) -> None:
        self.width = width
        self.bottom = 0.0
        self.parts: list[Node] = []
        self.labels: list[Box] = []

    def add(self, name: str, *inside: str, **attributes: float | str) -> None:
        """Add an element."""
        self.parts.append(tag(name, *inside, **attributes))

    def text(
        self, x: float, y: float, text: str, *, size: float = SMALL, anchor: str = "start",
        bold: bool = False, fill: str = INK, width: float | None = None, halo: bool = False,
        **more: float | str,
    ) -> Box:  # fmt: skip
        """Write one line, shortened to a width (the whole text stays as its tooltip), on a pale ground."""
        whole = one_line(text)
        line = whole if width is None else shorten(whole, size, width, bold=bold)
        box = text_box(x, y, line, size, anchor, bold=bold)
        look: dict[str, float | str] = {"font_size": size, "fill": fill}
        if anchor != "start":
            look["text_anchor"] = anchor
        if bold:
            look["font_weight"] = "bold"
        if halo:
            self.add("rect", x=box.left - 2, y=box.top, width=box.right - box.left + 4,
                     height=box.bottom - box.top, fill=PAPER, fill_opacity=0.82)  # fmt: skip
        inside = [line] if line == whole else [line, tag("title", whole)]
        self.add("text", *inside, x=x, y=y, **look, **more)
        self.labels.append(box)
        self.bottom = max(self.bottom, box.bottom)
        return box

    def heading(self, title: str, subtitle: str) -> float:
        """Write title and subtitle; return where the figure may begin."""
        self.text(MARGIN, 30, title, size=TITLE, bold=True, width=self.width - 2 * MARGIN)
        y = 52.0
        for line in wrap(subtitle, PLAIN, self.width - 2 * MARGIN):
            self.text(MARGIN, y, line, size=PLAIN, fill=QUIET)
            y += PLAIN * _LINE
        return y

    def notes(self, sentences: Iterable[str], y: float) -> float:
        """Write sentences below the figure; return where the next thing may begin."""
        for sentence in sentences:
            for line in wrap(sentence, SMALL, self.width - 2 * MARGIN):
                self.text(MARGIN, y, line, fill=QUIET)
                y += SMALL * _LINE
        return y

    def hatched(self, box: Box, fill: str, line: str, **more: float | str) -> None:
        """Draw a rectangle with diagonal lines, which grey print keeps."""
        self.add("rect", x=box.left, y=box.top, width=box.right - box.left,
                 height=box.bottom - box.top, fill=fill, **more)  # fmt: skip
        strokes = "".join(diagonals(box))
        if strokes:
            self.add("path", d=strokes, stroke=line, stroke_width=1, fill="none")

    def free(self, box: Box, others: Iterable[Box] = (), gap: float = 1.0) -> bool:
        """Tell whether a label would stand clear of all labels and of other rectangles."""
        return not any(box.meets(other, gap) for group in (self.labels, others) for other in group)

    def close(self, title: str, description: str, key: str) -> str:
        """Return the drawing as SVG text."""
        high = math.ceil(self.bottom + 10)
        root = tag(
            "svg", tag("title", title), tag("desc", description),
            tag("rect", x=0, y=0, width=self.width, height=high, fill=PAPER), *self.parts,
            xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {shortest(self.width)} {high}",
            role="img", aria_label=title, font_family=FONTS, data_figure=key,
        )  # fmt: skip
        return str(root)


def diagonals(box: Box, apart: float = _HATCH) -> list[str]:
    """Return rising diagonal lines inside a rectangle as pieces of a path."""
    pieces = []
    shift = apart * math.ceil((box.left + box.top) / apart + 1e-9)
    while shift < box.right + box.bottom:
        x1 = max(box.left, shift - box.bottom)
        x2 = min(box.right, shift - box.top)
        if x2 - x1 > 0.3:  # noqa: PLR2004  shorter ones are not seen
            pieces.append(
                f"M{shortest(x1)} {shortest(shift - x1)}L{shortest(x2)} {shortest(shift - x2)}"
            )
        shift += apart
    return pieces


def sentence_svg(title: str, subtitle: str, sentence: str, key: str) -> str:
    """Return a figure that has nothing to draw and says why."""
    drawing = Drawing()
    y = drawing.heading(title, subtitle)
    for line in wrap(sentence, 16, WIDTH - 2 * MARGIN):
        y += 24
        drawing.text(MARGIN, y, line, size=16, data_sentence="1")
    return drawing.close(title, sentence, key)


def join_names(names: Sequence[str], lang: Language, most: int = 12) -> str:
    """Return names as a list in a language, the rest as a number."""
    shown = ("、" if lang == "zh" else ", ").join(one_line(name) for name in names[:most])
    left = len(names) - most
    return shown if left <= 0 else shown + figure_word("and-more", lang, count=left)


def region_name(facts: Facts, lang: Language) -> str:
    """Return the name of the region in a language."""
    return place_name(facts.state.study.dataset, facts.state.region.name, lang)
