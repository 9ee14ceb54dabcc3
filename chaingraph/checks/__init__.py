"""Checks of a dataset: each rule has one name, a severity, a sentence and a remedy.

The rules' texts stand in ``rules.json``, in English and Chinese. A function looks for one rule, or
for a few that exclude each other, and is registered under their names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaingraph.checks import (
    capacities,
    cells,
    codes,
    dates,
    distances,
    flows,
    groups,
    keys,
    known,
    places,
    quantities,
    reconciling,
    sites,
    sizes,
    sources,
    totals,
)
from chaingraph.checks.accepting import mark_accepted
from chaingraph.checks.findings import SEVERITIES, Finding, Rule, Severity, rules
from chaingraph.checks.refusing import refuse
from chaingraph.checks.registry import KEEPER_RULES, READER_RULES, RULE_CHECKS, RuleCheck
from chaingraph.checks.tables import Tables
from chaingraph.checks.values import matches_date, parse_boolean, parse_number
from chaingraph.schema import TABLE_NAMES

if TYPE_CHECKING:
    from chaingraph.rawtables import RawDataset

__all__ = [
    "KEEPER_RULES",
    "READER_RULES",
    "RULE_CHECKS",
    "SEVERITIES",
    "Finding",
    "Rule",
    "RuleCheck",
    "Severity",
    "capacities",
    "cells",
    "codes",
    "dates",
    "distances",
    "flows",
    "groups",
    "keys",
    "known",
    "matches_date",
    "parse_boolean",
    "parse_number",
    "places",
    "quantities",
    "reconciling",
    "refuse",
    "rules",
    "run_checks",
    "sites",
    "sizes",
    "sort_findings",
    "sources",
    "totals",
]


_SEVERITY_ORDER: Final = {severity: place for place, severity in enumerate(SEVERITIES)}
_TABLE_ORDER: Final = {name: place for place, name in enumerate(TABLE_NAMES)}


def _place(finding: Finding) -> tuple[int, int, str, int, str, str, str]:
    return (
        _SEVERITY_ORDER[finding.severity],
        _TABLE_ORDER.get(finding.table, -1),
        finding.file,
        finding.line or 0,
        finding.column,
        finding.rule,
        finding.value,
    )


def sort_findings(findings: list[Finding]) -> list[Finding]:
    """Return findings in the order in which they are read: worst first, then by place."""
    return sorted(findings, key=_place)


def run_checks(raw: RawDataset, *, at_load: bool = False) -> list[Finding]:
    """Check a raw dataset against all rules.

    Parameters
    ----------
    raw
        The tables of all packages of a dataset, as text.
    at_load
        Look only for rules of severity error.

    Returns
    -------
    list of Finding
        Sorted by severity, table, file, line, column and rule. Findings that a package accepts
        carry its reason.
    """
    tables = Tables(raw)
    found: list[Finding] = []
    for entry in RULE_CHECKS:
        if not at_load or entry.finds_errors:
            found += entry.function(tables)
    if at_load:
        found = [finding for finding in found if finding.severity == "error"]
    marked, unused = mark_accepted(tables, found)
    return sort_findings(marked if at_load else marked + unused)
