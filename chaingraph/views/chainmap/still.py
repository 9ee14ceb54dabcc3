"""The chain map as a still drawing: the same boxes, places and links as the page, as SVG."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from markupsafe import escape

from chaingraph import words
from chaingraph.views.chainmap.pictures import draw_overview, draw_products, make_groups
from chaingraph.views.drawing.palette import HATCH, STYLES
from chaingraph.views.drawing.svg import Box, diagonals
from chaingraph.views.facts.products import choose_products
from chaingraph.views.wording import clean, phrase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.views.chainmap.pictures import Picture
    from chaingraph.views.drawing.palette import Style
    from chaingraph.views.facts.products import Fact, Facts
    from chaingraph.words import Language

FONTS = "'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei','PingFang SC',sans-serif"
MOST_BOXES = 150
BOX_WIDTH, BOX_HEIGHT = 204, 54
"""Larger than on the page: a still drawing cannot be zoomed."""
_LEGEND, _HEAD, _PAD = 78.0, 48.0, 14.0
_INK, _QUIET, _LINK = "#1A1A1A", "#4A5560", "#9AA5B1"


class Drawn(NamedTuple):
    """One layout drawn in each language, and the products it shows."""

    svg: dict[Language, str]
    ids: tuple[str, ...]


class Label(NamedTuple):
    """What a box says: two lines, its look."""

    name: str
    detail: str
    style: Style


def chain_svg(facts: Facts, members: Sequence[Fact], chain: str | None = None) -> Drawn | None:
    """Draw the map of some products, aggregated above 150 boxes.

    Parameters
    ----------
    facts
        The region.
    members
        Products to choose from: those made, taken or built here, and what would use a surplus.
    chain
        The chain, for the lanes of an aggregated drawing.

    Returns
    -------
    Drawn or None
        SVG text in each language, and ids; None without a product.
    """
    inside = {fact.product_id for fact in members}
    chosen = [fact.product_id in inside for fact in facts.products]
    ids = choose_products(facts, chosen, whole=False)
    if not ids:
        return None
    labels: dict[Language, dict[str, Label]]
    if len(ids) > MOST_BOXES:
        chains = [chain] if chain else list(facts.state.study.dataset.chains)
        groups = make_groups(facts, ids, chains)
        picture = draw_overview(facts, groups, chains)
        plain = STYLES["absent"]
        details = {group.key: _group_detail(facts, group.members) for group in groups}
        labels = {
            lang: {g.key: Label(g.titles[lang], details[g.key], plain) for g in groups}
            for lang in words.LANGUAGES
        }
    else:
        picture = draw_products("figure", {}, facts, ids)
        labels = {lang: {i: _label(facts.by_id[i], lang) for i in ids} for lang in words.LANGUAGES}
    svg = {lang: _svg(picture, own, facts, ids, lang) for lang, own in labels.items()}
    return Drawn(svg, tuple(ids))


def _label(fact: Fact, lang: Language) -> Label:
    style = STYLES[fact.standing]
    makers = words.term("page", "makers_n", lang).format(n=fact.makers)
    parts = [makers] if fact.makers else []
    if not math.isnan(fact.coverage):
        parts.append(phrase("coverage", lang, share=f"{fact.coverage:.0%}"))
    nobody = ("evidence", fact.evidence) if fact.standing == "open" else ("standing", fact.standing)
    detail = " · ".join(parts) or words.term(*nobody, lang)
    return Label(f"{style.mark} {clean(fact.name(lang))}", detail, style)


def _group_detail(facts: Facts, members: Sequence[str]) -> str:
    counts = dict.fromkeys(STYLES, 0)
    for member in members:
        counts[facts.by_id[member].standing] += 1
    return " ".join(f"{STYLES[name].mark}{n}" for name, n in counts.items() if n)


def _svg(
    picture: Picture, labels: dict[str, Label], facts: Facts, ids: Sequence[str], lang: Language
) -> str:
    left = min((band["x0"] for band in picture.bands), default=0.0)
    right = max((band["x1"] for band in picture.bands), default=picture.width)
    left = min([left, *(x - BOX_WIDTH / 2 - _PAD for _, x, _ in picture.nodes)])
    right = max([right, *(x + BOX_WIDTH / 2 + _PAD for _, x, _ in picture.nodes)])
    top = min([0.0, *(y - BOX_HEIGHT / 2 - _PAD for _, _, y in picture.nodes)])
    bottom = max([picture.height, *(y + BOX_HEIGHT / 2 + _PAD for _, _, y in picture.nodes)])
    right = max(right, left + 1200)
    high = bottom - top + _LEGEND + _HEAD
    box = f"{left:g} {top - _LEGEND - _HEAD:g} {right - left:g} {high:g}"
    parts = [
        *_legend(facts, ids, lang, left, top - _LEGEND - _HEAD),
        *_bands(picture, lang, left, top, bottom),
        *_links(picture),
        *(part for key, x, y in picture.nodes for part in _box(labels[key], x, y)),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" '
        f'font-family="{FONTS}">{"".join(parts)}</svg>'
    )


def _legend(facts: Facts, ids: Sequence[str], lang: Language, left: float, top: float) -> list[str]:
    """Return the chips of the standings with their counts."""
    parts, x = [], left + _PAD
    for name, style in STYLES.items():
        count = sum(facts.by_id[i].standing == name for i in ids)
        if not count:
            continue
        label = f"{style.mark} {words.term('standing', name, lang)} {count}"
        width = 30 + text_width(label, 26)
        parts.append(_rect(x, top + 14, width, 42, style))
        parts.append(_text(x + width / 2, top + 44, label, 26, style.text))
        x += width + 14
    return parts


def _bands(picture: Picture, lang: Language, left: float, top: float, bottom: float) -> list[str]:
    parts = []
    for number, band in enumerate(picture.bands):
        fill = "#F3F5F7" if number % 2 == 0 else "#FFFFFF"
        parts.append(
            f'<rect x="{band["x0"]:g}" y="{top - _HEAD:g}" width="{band["x1"] - band["x0"]:g}" '
            f'height="{bottom - top + _HEAD:g}" fill="{fill}"/>'
        )
        middle = (band["x0"] + band["x1"]) / 2
        parts.append(_text(middle, top - 15, str(band[lang]), 26, _QUIET))
    return parts + [
        _text(left + _PAD, lane["y0"] + 24, str(lane[lang]), 24, "#0B4F8A", "start")
        for lane in picture.lanes
    ]


def _links(picture: Picture) -> list[str]:
    """Return the links as curves with a tip; links against the stages are dashed."""
    place = {key: (x, y) for key, x, y in picture.nodes}
    parts = []
    for start, end, back in picture.links:
        (x1, y1), (x2, y2) = place[start], place[end]
        way = 1 if x2 >= x1 else -1
        x1, x2 = x1 + way * BOX_WIDTH / 2, x2 - way * BOX_WIDTH / 2
        bend = max(24.0, abs(x2 - x1) * 0.45) * way
        dashes = ' stroke-dasharray="6 5"' if back else ""
        parts.append(
            f'<path d="M{x1:g} {y1:g} C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} '
            f'{x2 - 6 * way:g} {y2:g}" fill="none" stroke="{_LINK}" stroke-width="1"{dashes}/>'
            f'<path d="M{x2 - 8 * way:g} {y2 - 4:g} L{x2:g} {y2:g} L{x2 - 8 * way:g} {y2 + 4:g} Z" '
            f'fill="#7B8794"/>'
        )
    return parts


def _box(label: Label, x: float, y: float) -> list[str]:
    left, top = x - BOX_WIDTH / 2, y - BOX_HEIGHT / 2
    name, size = fitted(label.name, BOX_WIDTH - 8, 20, 13)
    detail, small = fitted(label.detail, BOX_WIDTH - 8, 17, 13)
    whole = clean(f"{label.name} {label.detail}")
    return [
        f"<g><title>{escape(whole)}</title>",
        _rect(left, top, BOX_WIDTH, BOX_HEIGHT, label.style),
        _text(x, y - 4, name, size, label.style.text),
        _text(x, y + 18, detail, small, label.style.text),
        "</g>",
    ]


def _rect(x: float, y: float, width: float, height: float, style: Style) -> str:
    dashes = f' stroke-dasharray="{" ".join(map(str, style.dashes))}"' if style.dashes else ""
    drawn = (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="3" '
        f'fill="{style.fill}" stroke="{style.line}" stroke-width="{style.width:g}"{dashes}/>'
    )
    return drawn + _lines(x, y, width, height) if style.hatch else drawn


def _lines(x: float, y: float, width: float, height: float) -> str:
    """Return rising lines across a box of what nobody looked at well enough."""
    box = Box(x + 1, y + 1, x + width - 1, y + height - 1)
    return f'<path d="{"".join(diagonals(box, 9.0))}" fill="none" stroke="{HATCH}" stroke-width="1.2"/>'


def _text(x: float, y: float, text: str, size: float, fill: str, anchor: str = "middle") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" '
        f'fill="{fill}">{escape(text)}</text>'
    )


def text_width(text: str, size: float) -> float:
    """Return about how wide a line of text is."""
    from wcwidth import wcswidth

    return max(0, wcswidth(text)) * size * 0.53


def fitted(text: str, width: float, size: float, least: float) -> tuple[str, float]:
    """Return text and size that fit a width: smaller first, then cut with an ellipsis.

    Examples
    --------
    >>> fitted("abc", 100, 15, 11)
    ('abc', 15)
    """
    while size > least and text_width(text, size) > width:
        size -= 1
    if text_width(text, size) <= width:
        return text, size
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…", size
