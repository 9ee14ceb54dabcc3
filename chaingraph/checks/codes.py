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
    """Report names that do not stand for one thing: an enterprise, a product, or none that is known.

    The name of a product needs no decision; one of an enterprise, or of none, says same or new.
    """
    columns = [
        tables.texts("aliases", name) for name in ("enterprise_id", "product_id", "decision")
    ]
    broken = tables.broken_rows("aliases", "enterprise_id", "product_id", "decision")
    for row, (site, product, decision) in enumerate(zip(*columns, strict=True)):
        target = site or product
        fits = (decision == "same") == bool(target) if decision else bool(product)
        if row not in broken and (not fits or (site and product)):
            yield tables.finding("alias-target", "aliases", row, "decision")
