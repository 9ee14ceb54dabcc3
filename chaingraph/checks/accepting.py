"""Findings that the keepers of a dataset looked at and accept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chaingraph.checks.findings import Finding
from chaingraph.checks.tables import key_column
from chaingraph.schema import TABLE_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.checks.tables import Tables


def _key(tables: Tables, finding: Finding) -> tuple[str, str, str]:
    key = ""
    if finding.row is not None:
        key = tables.table(finding.table).cells(key_column(finding.table))[finding.row]
    return finding.rule, finding.table, key


def mark_accepted(
    tables: Tables, findings: Sequence[Finding]
) -> tuple[list[Finding], list[Finding]]:
    """Give the accepted findings their reason.

    Returns
    -------
    marked
        The findings in their order.
    unused
        One finding for each accepted entry of the folder itself that matches none of them. Those of a
        folder that it extends are judged where that is checked: here rows of it may be replaced.
    """
    entries = [(package, entry) for package in tables.raw.packages for entry in package.accepted]
    reasons = {(entry.rule, entry.table, entry.key): entry.reason for _, entry in entries}
    if not reasons:
        return list(findings), []
    marked = []
    used = set()
    for finding in findings:
        key = _key(tables, finding)
        if key in reasons:
            used.add(key)
            finding = replace(finding, accepted=reasons[key])  # noqa: PLW2901
        marked.append(finding)
    unused = [
        Finding(
            rule="accepted-unused",
            table=entry.table if entry.table in TABLE_NAMES else "",
            file=f"{package.name}/datapackage.json",
            value=entry.key,
            params={"rule": entry.rule, "table": entry.table, "key": entry.key},
        )
        for package, entry in entries
        if package is tables.raw.main and (entry.rule, entry.table, entry.key) not in used
    ]
    return marked, unused
