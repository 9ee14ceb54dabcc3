"""What a list is compared with: what the last list said, unless that was a later or another list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaingraph.checks.values import first_day
from chaingraph.dataset import last_day

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.rawtables import RawTable
    from chaingraph.updates.listing import Listing

LATE: Final = "late"
OTHER: Final = "other"
_FEWEST: Final = 3
_SHARE: Final = 1 / 3


def unfit_base(before: Listing | None, listing: Listing) -> str:
    """Return why a list says nothing of how another changed; empty where it does.

    ``late``: it is of a time before that of the other. ``other``: it names less than a third of the
    enterprises that the other named, so that it is somebody else's and they are not gone.
    """
    if before is None or listing.errors:
        return ""
    if listing.date and before.date and last_day(listing.date) < first_day(before.date):
        return LATE
    told, now = _named(before.tables), _named(listing.tables)
    few = len(told & now) < _SHARE * len(told)
    return OTHER if len(told) >= _FEWEST and few else ""


def _named(tables: Mapping[str, RawTable]) -> set[str]:
    """Return the enterprises that a list names."""
    found = {
        key
        for name in ("enterprises", "capacities")
        if name in tables
        for key in tables[name].cells("enterprise_id")
    }
    return found - {""}
