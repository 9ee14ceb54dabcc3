"""Rules about totals, facts of products and surveys: whom they cover, of what, in which unit."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

from chaingraph.amounts import fact_factor, fact_unit, is_power_of_energy, total_factor, total_unit
from chaingraph.checks.registry import check
from chaingraph.checks.suggestions import Suggester

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

WHOM: Final = ("region", "enterprise_id", "group_zh")
"""Columns of which a total fills exactly one."""
ALL: Final = "*"
_MOST: Final[dict[str, float]] = {"load": 1.5, "availability": 1.0, "recall": 1.0}


@check("total-whom")
def check_whom(tables: Tables) -> Iterator[Finding]:
    """Report totals that do not say whom they cover, or say so twice; or of what they are a total.

    Only the revenue of an enterprise is of no product in particular.
    """
    broken = tables.broken_rows("outputs", *WHOM, "product_id", "measure")
    columns = [tables.texts("outputs", name) for name in WHOM]
    products, measures = tables.texts("outputs", "product_id"), tables.texts("outputs", "measure")
    for row, bodies in enumerate(zip(*columns, strict=True)):
        filled = [name for name, text in zip(WHOM, bodies, strict=True) if text]
        if row in broken:
            continue
        whole = measures[row] == "revenue" and filled == ["enterprise_id"]
        if len(filled) != 1 or not (products[row] or whole):
            named = [*filled, *(["product_id"] if products[row] else [])]
            yield tables.finding("total-whom", "outputs", row, "", named=", ".join(named) or "-")


@check("total-unit", "total-hours")
def check_total_units(tables: Tables) -> Iterator[Finding]:
    """Report totals in a unit that does not convert to the product's; power whose hours nobody says."""
    names = ("product_id", "measure", "unit")
    columns = [tables.texts("outputs", name) for name in names]
    notes = tables.table("outputs").cells("note")
    for row, (product, measure, unit) in enumerate(zip(*columns, strict=True)):
        expected = total_unit(measure, tables.product_units.get(product, ""))
        if total_factor(unit, expected, notes[row]) is None:
            rule = "total-hours" if is_power_of_energy(unit, expected) else "total-unit"
            yield tables.finding(rule, "outputs", row, "unit", product=product, expected=expected)


@check("fact-unit", "fact-range", "fact-order")
def check_facts(tables: Tables) -> Iterator[Finding]:
    """Report facts in a unit that their measure has not, shares that are none, ends in a wrong order."""
    names = ("product_id", "measure", "unit")
    columns = [tables.texts("product_facts", name) for name in names]
    figures = [tables.numbers("product_facts", name) for name in ("low", "value", "high")]
    broken = tables.broken_rows("product_facts", "measure", "low", "value", "high")
    for row, (product, measure, unit) in enumerate(zip(*columns, strict=True)):
        if row in broken or not measure:
            continue
        own = tables.product_units.get(product, "")
        scale = fact_factor(measure, unit, own)
        if scale is None:
            expected = fact_unit(measure, own) or "-"
            yield tables.finding("fact-unit", "product_facts", row, "unit", measure=measure,
                                 product=product, expected=expected)  # fmt: skip
            continue
        known = [number[row] for number in figures]
        ends = [number for number in known if number is not None]
        most = _MOST.get(measure)
        if most is not None and any(number * scale > most for number in ends):
            yield tables.finding(
                "fact-range", "product_facts", row, "value", measure=measure, most=f"{most:g}"
            )
        if any(upper < lower for lower, upper in pairwise(ends)):
            shown = ["-" if number is None else f"{number:g}" for number in known]
            yield tables.finding("fact-order", "product_facts", row, "value", low=shown[0],
                                 figure=shown[1], high=shown[2])  # fmt: skip


@check("survey-products")
def check_surveyed(tables: Tables) -> Iterator[Finding]:
    """Report surveys of what is neither a product, nor a chain, nor a stage."""
    known = surveyed_names(tables)
    suggester = Suggester(known)
    for row, text in enumerate(tables.texts("surveys", "products")):
        strange = [part for part in map(str.strip, text.split(";")) if part and part not in known]
        if strange:
            near = suggester.near(strange[0])
            yield tables.finding(
                "survey-products", "surveys", row, "products", ", ".join(strange), suggestions=near
            )


def surveyed_names(tables: Tables) -> dict[str, set[str]]:
    """Return what a survey may name -> the products that it means."""
    ids = tables.texts("products", "product_id")
    found: dict[str, set[str]] = {ALL: set(ids)}
    rows = zip(
        ids, tables.texts("products", "chains"), tables.texts("products", "stage"), strict=True
    )
    for product, chains, stage in rows:
        found[product] = {product}
        for chain in filter(None, map(str.strip, chains.split(";"))):
            found.setdefault(f"chain:{chain}", set()).add(product)
        if stage:
            found.setdefault(f"stage:{stage}", set()).add(product)
    for package in tables.raw.packages:  # a chain without a product yet is one all the same
        for chain in package.chains:
            found.setdefault(f"chain:{chain}", set())
    return found
