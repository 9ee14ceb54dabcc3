"""供应保障: resources and energy, which no recruitment brings, with what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaingraph.views.report.sections.gaps import gap_section

if TYPE_CHECKING:
    from chaingraph.views.report.context import Context
    from chaingraph.views.report.model import Section


def build(context: Context) -> Section | None:
    """Return the section, none where the data name nobody here: then nothing can be told."""
    return gap_section(context, "supply", "supply") if context.summary.plants else None
