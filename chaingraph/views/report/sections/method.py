"""口径说明: formulas in words, what the words mean, and what the data are known to lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaingraph.analysis.overview import weaknesses
from chaingraph.analysis.priority import PARTS, default_weights
from chaingraph.views.drawing.palette import STYLES
from chaingraph.views.report import model
from chaingraph.views.report.model import Paragraph, Section, Table, make_row
from chaingraph.views.wording import clean

if TYPE_CHECKING:
    from chaingraph.views.report.context import Context

FORMULAS = (
    "method-scope", "method-demand", "method-coverage", "method-gap-value", "method-content",
    "method-kinds", "method-break", "method-lists", "method-unknown", "method-sourced",
)  # fmt: skip


def build(context: Context) -> Section:
    """Return the section."""
    known = {"at": context.at, "statuses": context.statuses(), "region": context.region}
    paragraphs = [Paragraph(context.say(key, **known), item=True) for key in FORMULAS]
    found = weaknesses(context.ds, context.lang)
    if found:
        paragraphs.append(Paragraph(context.say("method-weaknesses")))
        paragraphs += [Paragraph(clean(sentence), item=True) for sentence in found]
    return Section(
        "method", context.say("section-method"), tuple(paragraphs),
        (_standings(context), _weights(context)),
    )  # fmt: skip


def _standings(context: Context) -> Table:
    columns = (context.column("standing", width=14), context.column("meaning", width=60))
    rows = tuple(
        make_row((model.text(context.term("standing", name)),
                  model.text(context.term("standing_meaning", name))), standing=name)
        for name in STYLES
    )  # fmt: skip
    return Table("meanings", context.say("table-meanings"), columns, rows, cited=False,
                 marked="standing")  # fmt: skip


def _weights(context: Context) -> Table:
    columns = (context.column("part", width=60), context.column("weight", "percent", 10))
    weights = default_weights()
    rows = tuple(
        make_row((model.text(context.say(f"part-{name}")), model.percent(weights[name])))
        for name in PARTS
    )
    return Table("weights", context.say("table-weights"), columns, rows, cited=False)
