"""Rules about alternatives: inputs of one output that replace each other, and their shares."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from chaingraph.checks.registry import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

_SHARE_TOLERANCE: Final = 1e-6


@check("group-single")
def check_single(tables: Tables) -> Iterator[Finding]:
    """Report groups with one member: nothing replaces it."""
    for (output, _), rows in tables.input_groups.items():
        if len(rows) == 1:
            yield tables.finding(
                "group-single", "inputs", rows[0], "alternative_group", output=output
            )


@check("group-role")
def check_roles(tables: Tables) -> Iterator[Finding]:
    """Report groups whose members have different roles."""
    for (output, _), rows in tables.input_groups.items():
        roles = sorted({tables.roles[row] for row in rows} - {""})
        if len(roles) > 1:
            yield tables.finding(
                "group-role",
                "inputs",
                rows[0],
                "alternative_group",
                output=output,
                roles=", ".join(roles),
            )


@check("share-partial", "share-sum")
def check_shares(tables: Tables) -> Iterator[Finding]:
    """Report groups in which some shares are missing, or whose shares do not sum to 1."""
    shares = tables.numbers("inputs", "share")
    broken = tables.broken_rows("inputs", "share")
    for (output, group), rows in tables.input_groups.items():
        given = [share for row in rows if (share := shares[row]) is not None]
        if not given or not broken.isdisjoint(rows):
            continue
        if len(given) < len(rows):
            row = next(row for row in rows if shares[row] is None)
            member = tables.texts("inputs", "input_id")[row]
            yield tables.finding(
                "share-partial", "inputs", row, "share", output=output, group=group, member=member
            )
            continue
        total = math.fsum(given)
        if abs(total - 1.0) > _SHARE_TOLERANCE:
            yield tables.finding(
                "share-sum",
                "inputs",
                rows[0],
                "share",
                output=output,
                group=group,
                total=f"{total:.10g}",
            )


@check("share-without-group")
def check_lone_shares(tables: Tables) -> Iterator[Finding]:
    """Report shares of inputs that belong to no group."""
    groups = tables.texts("inputs", "alternative_group")
    for row, share in enumerate(tables.numbers("inputs", "share")):
        if share is not None and not groups[row]:
            yield tables.finding("share-without-group", "inputs", row, "share")
