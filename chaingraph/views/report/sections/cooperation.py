"""协作清单: contracts, quotas, collection: no plant to be recruited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaingraph.views.report.sections.gaps import gap_section

if TYPE_CHECKING:
    from chaingraph.views.report.context import Context
    from chaingraph.views.report.model import Section


def build(context: Context) -> Section | None:
    """Return the section, none where nothing is on the list."""
    return (
        gap_section(context, "cooperation", "cooperation")
        if len(context.list_rows("cooperation"))
        else None
    )
