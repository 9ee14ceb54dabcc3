"""The sections of a report, one module each; a new section is a module and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaingraph.views.report.sections import (
    anchors,
    ask,
    balance,
    charts,
    cooperation,
    enterprises,
    evidence,
    flow,
    gaps,
    indicators,
    known,
    method,
    places,
    plan,
    present,
    responsibility,
    steps,
    summary,
    supply,
    survey,
    targets,
    totals,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaingraph.views.report.context import Context
    from chaingraph.views.report.model import Section

    Builder = Callable[[Context], Section | None]

SECTIONS: tuple[Builder, ...] = (
    summary.build,
    known.build,
    ask.build,
    gaps.build,
    targets.build,
    anchors.build,
    supply.build,
    survey.build,
    cooperation.build,
    plan.build,
    steps.build,
    responsibility.build,
    indicators.build,
    present.build,
    balance.build,
    totals.build,
    verify.build,
    flow.build,
    places.build,
    charts.build,
    enterprises.build,
    evidence.build,
    method.build,
)
"""Builders in the order of the report. A builder returns None where the data have nothing to say."""
