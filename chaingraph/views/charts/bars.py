"""Charts of a region: coverage, capacity over time, local content of anchors."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph import words
from chaingraph.analysis.balance import chain_filter
from chaingraph.analysis.content import home_chains
from chaingraph.errors import OptionError
from chaingraph.views.charts.capacity import capacity_over_time
from chaingraph.views.drawing.palette import HATCH, LEGEND, STYLES
from chaingraph.views.drawing.svg import (
    MARGIN,
    PLAIN,
    QUIET,
    RULE,
    WIDTH,
    Box,
    Drawing,
    money,
    region_name,
    sentence_svg,
    text_width,
)
from chaingraph.views.facts.products import figure
from chaingraph.views.wording import figure_word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.results import Result
    from chaingraph.views.drawing.palette import Style
    from chaingraph.views.facts.products import Fact, Facts
    from chaingraph.words import Language

__all__ = ["anchor_content_bars", "capacity_over_time", "content_text", "coverage_bars"]

_ROW = 24.0
_LABEL = 330.0
_TRACK = 500.0


def covered(facts: Facts, chain: str | None, most: int) -> tuple[list[Fact], int]:
    """Return the needed products to show, in the order of chains, and how many there are in all.

    Those of the largest demand in money come first, then those that most local products take.
    """
    inside = chain_filter(facts.state.study, chain)
    needed = [f for f in facts.products if inside[f.position] and facts.state.needed[f.position]]
    users = facts.state.users

    def rank(fact: Fact) -> tuple[float, int, str]:
        value = fact.demand * fact.price_cny
        known = value if value > 0 else 0.0
        return (-known, -int(users[fact.position]), fact.product_id)

    chosen = sorted(needed, key=rank)[:most]
    chains = [chain] if chain else list(facts.state.study.dataset.chains)
    order = {name: i for i, name in enumerate([*chains, ""])}
    homes = home_names(facts, chains)

    def place(fact: Fact) -> tuple[int, float, tuple[float, int, str]]:
        coverage = -2.0 if math.isnan(fact.coverage) else fact.coverage
        return (order[homes[fact.position]], -coverage, rank(fact))

    return sorted(chosen, key=place), len(needed)


def home_names(facts: Facts, chains: Sequence[str]) -> list[str]:
    """Return by product position the first of some chains that the product is an output of."""
    return [
        next((chain for chain in chains if chain in own), "")
        for own in home_chains(facts.state.study)
    ]


def coverage_bars(facts: Facts, lang: Language, chain: str | None = None, *, most: int = 25) -> str:
    """Draw the coverage of the products that local makers need.

    Parameters
    ----------
    facts
        The region.
    lang
        Language of the labels.
    chain
        Only products of this chain.
    most
        Number of bars; those of the largest demand in money first.

    Returns
    -------
    str
        SVG text; a sentence in place of the chart where nothing is needed.

    Raises
    ------
    UnknownNameError, OptionError
        For a chain that is not there, or less than one bar.
    """
    if most < 1:
        raise OptionError("bad-depth", value=most)
    at = facts.state.study.dataset.as_of or "-"
    name = [region_name(facts, lang), *([words.term("chain", chain, lang)] if chain else [])]
    title = " · ".join([*name, figure_word("coverage-title", lang)])
    subtitle = figure_word("coverage-subtitle", lang, at=at)
    shown, total = covered(facts, chain, most)
    if not shown:
        return sentence_svg(title, subtitle, figure_word("coverage-none", lang), "coverage")
    drawing = Drawing()
    top = drawing.heading(title, subtitle)
    y = _standing_legend(drawing, {fact.standing for fact in shown}, top, lang)
    y = _coverage_axis(drawing, y + 20, lang)
    chains = [chain] if chain else list(facts.state.study.dataset.chains)
    homes, last = home_names(facts, chains), None
    for fact in shown:
        home = homes[fact.position]
        if home != last:
            word = words.term("chain", home, lang) if home else figure_word("no-chain", lang)
            drawing.text(MARGIN, y + 16, word, size=PLAIN, bold=True, fill="#0B4F8A")
            y += _ROW
            last = home
        _coverage_row(drawing, fact, y, lang)
        y += _ROW
    notes = [figure_word("coverage-shown", lang, shown=len(shown), total=total)]
    share = _sourced_share(shown, facts)
    if not math.isnan(share):
        notes.append(figure_word("sourced-demand", lang, share=f"{share:.0%}"))
    drawing.notes(notes, y + 22)
    return drawing.close(title, subtitle, "coverage")


def _standing_legend(drawing: Drawing, here: set[str], y: float, lang: Language) -> float:
    """Draw what stands in the chart, in as many lines as it takes."""
    x = MARGIN
    for name in (name for name in LEGEND if name in here):
        style, word = STYLES[name], words.term("standing", name, lang)
        if x + 27 + text_width(word, PLAIN) > WIDTH - MARGIN:
            x, y = MARGIN, y + 22
        _chip(drawing, style, Box(x, y - 6, x + 20, y + 10))
        drawing.text(x + 10, y + 6, style.mark, anchor="middle", fill=style.text)
        drawing.text(x + 27, y + 6.5, word, size=PLAIN)
        x += 27 + text_width(word, PLAIN) + 22
    return y + 18


def _chip(drawing: Drawing, style: Style, box: Box) -> None:
    """Draw the field of a standing's colour that its mark stands on."""
    look: dict[str, float | str] = {"stroke": style.line}
    if style.hatch:
        drawing.hatched(box, style.fill, HATCH, **look)
    else:
        drawing.add("rect", x=box.left, y=box.top, width=box.right - box.left,
                    height=box.bottom - box.top, fill=style.fill, **look)  # fmt: skip


def _coverage_axis(drawing: Drawing, y: float, lang: Language) -> float:
    left = MARGIN + _LABEL
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawing.text(left + share * _TRACK, y, f"{share:.0%}", anchor="middle", fill=QUIET)
    for key, x in (("demand", 1060.0), ("capacity", WIDTH - MARGIN)):
        drawing.text(x, y, figure_word(f"column-{key}", lang), anchor="end", fill=QUIET)
    return y + 8


def _coverage_row(drawing: Drawing, fact: Fact, y: float, lang: Language) -> None:
    style = STYLES[fact.standing]
    left, high = MARGIN + _LABEL, _ROW - 8
    base = y + 16.5
    _chip(drawing, style, Box(left - 30, y + 4, left - 10, y + 4 + high))
    drawing.text(left - 20, base - 0.5, style.mark, anchor="middle", fill=style.text)
    drawing.text(left - 38, base, fact.name(lang), size=PLAIN, anchor="end", width=_LABEL - 44)
    known = not math.isnan(fact.coverage)
    edge = {"stroke": RULE} if known else {"stroke": "#8A949E", "stroke_dasharray": "3 3"}
    track = Box(left, y + 4, left + _TRACK, y + 4 + high)
    if style.hatch:
        drawing.hatched(track, "#F3F5F7", HATCH, **edge)
    else:
        drawing.add("rect", x=left, y=y + 4, width=_TRACK, height=high, fill="#F3F5F7", **edge)
    value = f"{fact.coverage:.12g}" if known else ""
    own = {"data_id": fact.product_id, "data_value": value}
    box = Box(left, y + 4, left + _TRACK * (fact.coverage if known else 0.0), y + 4 + high)
    drawing.add("rect", x=box.left, y=box.top, width=box.right - box.left, height=high,
                fill=style.fill, **own)  # fmt: skip
    if known and fact.coverage <= 0:
        drawing.text(
            left + 10, base, style.mark, size=PLAIN, anchor="middle", bold=True, fill=style.line
        )
    share = f"{fact.coverage:.0%}" if known else "-"
    drawing.text(left + _TRACK + 10, base, share, size=PLAIN, bold=True)
    for number, x in ((fact.demand, 1060.0), (fact.capacity, WIDTH - MARGIN)):
        drawing.text(x, base, f"{figure(number)} {fact.unit}" if number >= 0 else "-",
                     anchor="end", width=190)  # fmt: skip


def _sourced_share(shown: Sequence[Fact], facts: Facts) -> float:
    """Return the share of the shown demand, in money, that rests on rows with a source."""
    shares = facts.state.sourced_demand
    pairs = [(f.demand * f.price_cny, float(shares[f.position])) for f in shown]
    known = [(value, share) for value, share in pairs if value > 0 and not math.isnan(share)]
    total = sum(value for value, _ in known)
    return sum(value * share for value, share in known) / total if total else float("nan")


def anchor_content_bars(result: Result, lang: Language, *, facts: Facts | None = None) -> str:
    """Draw the local content rate of anchors, or of chains.

    Parameters
    ----------
    result
        What :func:`chaingraph.measure_local_content` returned.
    lang
        Language of the labels.
    facts
        The region, to say how much of its demand rests on sourced rows.

    Returns
    -------
    str
        SVG text; a sentence in place of the chart where there is no anchor.
    """
    frame = result.frame
    place = (
        "、".join(dict.fromkeys(frame["region"])) if len(frame) else str(result.params["region"])
    )
    place = region_name(facts, lang) if facts is not None else place
    title = f"{place} · {figure_word('content-title', lang)}"
    subtitle = figure_word("content-subtitle", lang, at=result.params.get("at") or "-")
    if frame.empty:
        return sentence_svg(title, subtitle, figure_word("content-none", lang), "content")
    drawing = Drawing()
    y = drawing.heading(title, subtitle) + 22
    left, track = MARGIN + _LABEL, 420.0
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        drawing.text(left + share * track, y, f"{share:.0%}", anchor="middle", fill=QUIET)
    y += 8
    order = np.argsort(-frame["local_content"].fillna(-1).to_numpy(), kind="stable")
    for row in frame.iloc[order].to_dict("records"):
        _content_row(drawing, row, y, (left, track), lang)
        y += 30
    notes = [figure_word("content-reading", lang)]
    inputs, left_out = int(frame["inputs"].sum()), int(frame["unpriced"].sum())
    notes.append(figure_word("content-priced", lang, count=inputs - left_out, total=inputs))
    if facts is not None:
        share = _sourced_share(facts.products, facts)
        notes += (
            [] if math.isnan(share) else [figure_word("sourced-demand", lang, share=f"{share:.0%}")]
        )
    drawing.notes(notes, y + 20)
    return drawing.close(title, subtitle, "content")


def content_name(row: Any, lang: Language) -> tuple[str, str]:
    """Return id and name of the anchor or chain of a row."""
    if "content_of" in row:
        return str(row["content_of"]), words.term("chain", str(row["content_of"]), lang)
    cells = [row["name_zh"], row["name_en"]]
    texts = [
        str(cell) for cell in (cells if lang == "zh" else cells[::-1]) if isinstance(cell, str)
    ]
    return str(row["enterprise_id"]), (texts or [str(row["enterprise_id"])])[0]


def content_text(row: Any, lang: Language) -> str:
    """Return a rate of local content: the figure, else its ends where they say anything."""
    share = float(row["local_content"])
    low, high = (float(row[f"local_content_{end}"]) for end in ("low", "high"))
    if not math.isnan(share):
        return f"{share:.0%}"
    if math.isnan(low + high) or (low <= 0 and high >= 1):
        return figure_word("no-figure", lang)
    return words.message("ends-both", lang, low=f"{low:.0%}", high=f"{high:.0%}")


def _content_row(
    drawing: Drawing, row: Any, y: float, track: tuple[float, float], lang: Language
) -> None:
    left, wide = track
    key, name = content_name(row, lang)
    share = float(row["local_content"])
    known = not math.isnan(share)
    drawing.text(left - 12, y + 18, name, size=PLAIN, anchor="end", width=_LABEL - 20)
    drawing.add("rect", x=left, y=y + 4, width=wide, height=20, fill="#F3F5F7", stroke=RULE)
    own = {"data_id": key, "data_value": f"{share:.12g}" if known else ""}
    low, high = (float(row[f"local_content_{end}"]) for end in ("low", "high"))
    if low < high:  # what is known leaves room
        drawing.hatched(Box(left + wide * low, y + 4, left + wide * high, y + 24), "#E7EAED", HATCH)
    drawing.add("rect", x=left, y=y + 4, width=wide * (share if known else 0.0), height=20,
                fill=STYLES["strong"].fill, **own)  # fmt: skip
    said = content_text(row, lang)
    drawing.text(left + wide + 10, y + 18, said, size=PLAIN, bold=True)
    text = figure_word(
        "content-row", lang, local=money(float(row["local_value_cny"])),
        total=money(float(row["input_value_cny"])), inputs=int(row["inputs"]),
        unpriced=int(row["unpriced"]),
    )  # fmt: skip
    after = left + wide + 22 + max(50.0, text_width(said, PLAIN, bold=True))
    drawing.text(after, y + 18, text, width=WIDTH - MARGIN - after)
