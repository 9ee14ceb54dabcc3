"""The drawing of a material flow: bars, ribbons, labels, and the sentences below them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from chaingraph import words
from chaingraph.views.drawing.palette import LEGEND, STYLES
from chaingraph.views.drawing.svg import (
    MARGIN,
    PLAIN,
    QUIET,
    SMALL,
    Box,
    Drawing,
    join_names,
    money,
    region_name,
    sentence_svg,
    tag,
    text_width,
)
from chaingraph.views.flow.layout import Place, Ribbon, lay_out
from chaingraph.views.flow.model import COLLECTED, PARTS
from chaingraph.views.wording import figure_word

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.views.flow.model import Flow, FlowNode
    from chaingraph.words import Language

LOCAL, BROUGHT, UNKNOWN, TAKEN = STYLES["strong"].fill, STYLES["missing"].fill, "#8A949E", "#4A5560"
_PALE = {"local": "#9DBEDD", "brought": "#F7D5C4", "unknown": "#E3E6E9"}
_STRONG = {"local": LOCAL, "brought": BROUGHT, "unknown": UNKNOWN}


def flow_svg(flow: Flow, lang: Language) -> str:
    """Draw a material flow.

    Parameters
    ----------
    flow
        The flow.
    lang
        Language of the labels.

    Returns
    -------
    str
        SVG text; a sentence in place of the drawing where nothing could be valued.
    """
    title, subtitle = flow_titles(flow, lang)
    if not flow.links:
        key = "flow-none" if not flow.unvalued else "flow-unpriced"
        sentence = figure_word(key, lang, count=len(flow.unvalued))
        return sentence_svg(title, subtitle, sentence, "flow")
    drawing = Drawing()
    top = _legend(drawing, flow, drawing.heading(title, subtitle), lang)
    places, ribbons = lay_out(flow.nodes, flow.links, top + 10)
    names = {node.product_id: node.name(lang) for node in flow.nodes}
    for ribbon in ribbons:
        _draw_ribbon(drawing, ribbon, names)
    for node in flow.nodes:
        mark = (
            ""
            if node.product_id in COLLECTED
            else STYLES[flow.facts.by_id[node.product_id].standing].mark
        )
        _draw_node(drawing, node, places[node.product_id], mark, lang)
    drawing.bottom = max(drawing.bottom, *(place.bottom for place in places.values()))
    drawing.notes(flow_notes(flow, lang), drawing.bottom + 26)
    return drawing.close(title, subtitle, "flow")


def flow_titles(flow: Flow, lang: Language) -> tuple[str, str]:
    """Return title and subtitle of a material flow."""
    state = flow.facts.state
    parts = [
        region_name(flow.facts, lang),
        *([words.term("chain", flow.chain, lang)] if flow.chain else []),
    ]
    title = " · ".join([*parts, figure_word("flow-title", lang)])
    at = state.study.dataset.as_of or "-"
    return title, figure_word("flow-subtitle", lang, at=at)


def flow_notes(flow: Flow, lang: Language) -> list[str]:
    """Return the sentences that a reader of the drawing must know."""

    def named(ids: Iterable[str]) -> str:
        return join_names([flow.facts.by_id[i].name(lang) for i in ids], lang)

    total = flow.total
    share = (
        {part: f"{getattr(total, part) / total.total:.0%}" for part in PARTS} if total.total else {}
    )
    notes = [figure_word("flow-total", lang, total=money(total.total), **share)] if share else []
    notes.append(figure_word("flow-reading", lang))
    if flow.merged:
        notes.append(
            figure_word("flow-merged", lang, count=len(flow.merged), names=named(flow.merged))
        )
    if flow.cut:
        arrows = [f"{named([c.source])} → {named([c.target])}" for c in flow.cut]
        notes.append(
            figure_word("flow-cut", lang, count=len(arrows), names=join_names(arrows, lang))
        )
    for key, unpriced in (("flow-no-price", True), ("flow-no-quantity", False)):
        hits = [u for u in flow.unvalued if (u.quantity > 0) == unpriced]
        if hits:
            ids = sorted({u.source if unpriced else u.target for u in hits})
            notes.append(
                figure_word(key, lang, count=len(hits), products=len(ids), names=named(ids))
            )
    if not np.isnan(flow.sourced):
        notes.append(figure_word("sourced-value", lang, share=f"{flow.sourced:.0%}"))
    return notes


def _legend(drawing: Drawing, flow: Flow, y: float, lang: Language) -> float:
    x = MARGIN
    drawn = [part for part in PARTS if any(getattr(n.sent, part) > 0 for n in flow.nodes)]
    for part in (*drawn, "taken"):
        box = Box(x, y - 4, x + 22, y + 9)
        _bar(drawing, box, part)
        word = figure_word(part, lang)
        drawing.text(x + 28, y + 7, word, size=PLAIN)
        x += 28 + text_width(word, PLAIN) + 26
    here = {
        flow.facts.by_id[n.product_id].standing for n in flow.nodes if n.product_id not in COLLECTED
    }
    shown = [name for name in LEGEND if name in here]
    marks = "  ".join(f"{STYLES[name].mark} {words.term('standing', name, lang)}" for name in shown)
    drawing.text(MARGIN, y + 27, marks, size=PLAIN, fill=QUIET)
    return y + 36


def _bar(drawing: Drawing, box: Box, part: str, **more: str) -> None:
    if part == "brought":
        drawing.hatched(box, BROUGHT, "#FFFFFF", **more)
        return
    fill = TAKEN if part == "taken" else _STRONG[part]
    drawing.add("rect", x=box.left, y=box.top, width=box.right - box.left,
                height=box.bottom - box.top, fill=fill, **more)  # fmt: skip


def _draw_ribbon(drawing: Drawing, ribbon: Ribbon, names: dict[str, str]) -> None:
    middle = (ribbon.x0 + ribbon.x1) / 2
    high = ribbon.thickness
    x0, x1, y0, y1 = ribbon.x0, ribbon.x1, ribbon.y0, ribbon.y1
    shape = (
        f"M{x0:.2f} {y0:.2f}C{middle:.2f} {y0:.2f} {middle:.2f} {y1:.2f} {x1:.2f} {y1:.2f}"
        f"L{x1:.2f} {y1 + high:.2f}C{middle:.2f} {y1 + high:.2f} {middle:.2f} {y0 + high:.2f} "
        f"{x0:.2f} {y0 + high:.2f}Z"
    )
    look: dict[str, float | str] = {"stroke": _STRONG[ribbon.part], "stroke_width": 0.6}
    if ribbon.part == "brought":
        look["stroke_dasharray"] = "4 3"
    drawing.add(
        "path", tag("title", f"{names[ribbon.source]} → {names[ribbon.target]}: {money(ribbon.value)}"),
        d=shape, fill=_PALE[ribbon.part], fill_opacity=0.72, **look, data_source=ribbon.source,
        data_target=ribbon.target, data_part=ribbon.part, data_value=f"{ribbon.value:.12g}",
    )  # fmt: skip


def _draw_node(drawing: Drawing, node: FlowNode, place: Place, mark: str, lang: Language) -> None:
    own = {"data_id": node.product_id}
    if node.taken > 0:
        box = Box(place.x, place.top, place.x + place.in_width, place.top + place.taken)
        _bar(drawing, box, "taken", data_part="taken", data_value=f"{node.taken:.12g}", **own)
    y = place.top
    left = place.x + place.in_width
    for part, high in zip(PARTS, place.sent, strict=True):
        if high > 0:
            value = f"{getattr(node.sent, part):.12g}"
            box = Box(left, y, left + place.out_width, y + high)
            _bar(drawing, box, part, data_part=part, data_value=value, **own)
            y += high
    name, second = f"{mark} {node.name(lang)}".strip(), _second_line(node, lang)
    anchor, x, base, room = place.label
    for line, shift, bold in ((name, 0.0, True), (second, SMALL + 2.5, False)):
        drawing.text(x, base + shift, line, anchor=anchor, bold=bold, width=room, halo=True,
                     fill="#1A1A1A" if bold else QUIET)  # fmt: skip


def _second_line(node: FlowNode, lang: Language) -> str:
    parts = []
    if node.taken > 0:
        parts.append(figure_word("takes", lang, value=money(node.taken)))
    total = node.sent.total
    if total > 0:
        key = "taken-here" if node.taken > 0 else "value-only"
        parts.append(figure_word(key, lang, value=money(total)))
        known = node.sent.local + node.sent.brought
        share = f"{node.sent.local / known:.0%}" if known else ""
        parts.append(
            figure_word("share-local", lang, share=share) if known else figure_word("unclear", lang)
        )
    return " · ".join(parts)
