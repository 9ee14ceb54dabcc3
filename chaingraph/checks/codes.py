"""Rules about codes of enterprises, and about decisions on names of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaingraph.checks.registry import check
from chaingraph.codes import clean_code, is_credit_code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

_CODED: Final = ("enterprises", "aliases")


@check("credit-code")
def check_credit_codes(tables: Tables) -> Iterator[Finding]:
    """Report unified social credit codes whose shape or check digit is wrong."""
    for name in _CODED:
        for row, code in enumerate(tables.texts(name, "credit_code")):
            if code and not is_credit_code(clean_code(code)):
                yield tables.finding("credit-code", name, row, "credit_code")


@check("alias-target")
def check_alias_targets(tables: Tables) -> Iterator[Finding]:
    """Report decisions that a name is an enterprise and do not say which, or that say so of a new one."""
    targets = tables.texts("aliases", "enterprise_id")
    broken = tables.broken_rows("aliases", "enterprise_id", "decision")
    for row, decision in enumerate(tables.texts("aliases", "decision")):
        if row not in broken and decision and (decision == "same") != bool(targets[row]):
            yield tables.finding("alias-target", "aliases", row, "decision")
