"""Rules about units and figures: of products, of coefficients, of capacities, of prices."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from chaingraph.checks.registry import check
from chaingraph.checks.tables import factor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables


@check("unit-mismatch")
def check_capacity_units(tables: Tables) -> Iterator[Finding]:
    """Report capacities in a unit that does not convert to their product's."""
    products = tables.texts("capacities", "product_id")
    for row, unit in enumerate(tables.texts("capacities", "unit")):
        expected = tables.product_units.get(products[row])
        if unit and expected and factor(unit, expected) is None:
            product = products[row]
            yield tables.finding(
                "unit-mismatch", "capacities", row, "unit", product=product, expected=expected
            )


@check("project-unit")
def check_project_units(tables: Tables) -> Iterator[Finding]:
    """Report sizes of projects in a unit that does not convert to their product's."""
    products = tables.texts("projects", "product_id")
    sizes = tables.numbers("projects", "capacity")
    for row, unit in enumerate(tables.texts("projects", "unit")):
        expected = tables.product_units.get(products[row])
        if sizes[row] is not None and unit and expected and factor(unit, expected) is None:
            product = products[row]
            yield tables.finding(
                "project-unit", "projects", row, "unit", product=product, expected=expected
            )


@check("unit-missing")
def check_missing_units(tables: Tables) -> Iterator[Finding]:
    """Report products without a unit of which a capacity or a coefficient has a figure."""
    without = {product for product, unit in tables.product_units.items() if not unit}
    if not without:
        return
    counted: dict[str, str] = {}
    for table, column, figure in (
        ("capacities", "product_id", "capacity"),
        ("inputs", "input_id", "coefficient"),
        ("inputs", "output_id", "coefficient"),
    ):
        numbers = tables.numbers(table, figure)
        for row, product in enumerate(tables.texts(table, column)):
            if product in without and numbers[row] is not None:
                counted.setdefault(product, tables.place(table, row))
    for row, product in enumerate(tables.texts("products", "product_id")):
        if product in counted:
            place = counted.pop(product)
            yield tables.finding(
                "unit-missing", "products", row, "unit", product=product, file=place
            )


@check("unit-assumed")
def check_assumed_units(tables: Tables) -> Iterator[Finding]:
    """Report figures without a unit, which are read in the unit of their product."""
    products = tables.texts("capacities", "product_id")
    capacities = tables.numbers("capacities", "capacity")
    for row, unit in enumerate(tables.texts("capacities", "unit")):
        assumed = tables.product_units.get(products[row])
        if not unit and assumed and capacities[row] is not None:
            yield tables.finding("unit-assumed", "capacities", row, "unit", assumed=assumed)
    coefficients = tables.numbers("inputs", "coefficient")
    for row, unit in enumerate(tables.texts("inputs", "unit")):
        assumed = tables.input_units[row]
        if not unit and assumed and coefficients[row] is not None:
            yield tables.finding("unit-assumed", "inputs", row, "unit", assumed=assumed)
    units = tables.texts("products", "unit")
    prices = tables.numbers("products", "price_cny")
    for row, unit in enumerate(tables.texts("products", "price_unit")):
        if not unit and units[row] and prices[row] is not None:
            assumed = f"CNY/{units[row]}"
            yield tables.finding("unit-assumed", "products", row, "price_unit", assumed=assumed)


@check("coefficient-unit")
def check_coefficient_units(tables: Tables) -> Iterator[Finding]:
    """Report coefficients in a unit other than input per output."""
    for row, unit in enumerate(tables.texts("inputs", "unit")):
        expected = tables.input_units[row]
        if unit and expected and factor(unit, expected) is None:
            yield tables.finding("coefficient-unit", "inputs", row, "unit", expected=expected)


@check("price-unit")
def check_price_units(tables: Tables) -> Iterator[Finding]:
    """Report prices in a unit other than CNY per unit of the product."""
    units = tables.texts("products", "unit")
    for row, unit in enumerate(tables.texts("products", "price_unit")):
        expected = f"CNY/{units[row]}"
        if unit and units[row] and factor(unit, expected) is None:
            yield tables.finding("price-unit", "products", row, "price_unit", expected=expected)


@check("range-order")
def check_ranges(tables: Tables) -> Iterator[Finding]:
    """Report coefficients outside their own low and high."""
    names = ("low", "coefficient", "high")
    low, middle, high = (tables.numbers("inputs", name) for name in names)
    for row, triple in enumerate(zip(low, middle, high, strict=True)):
        known = [number for number in triple if number is not None]
        if any(upper < lower for lower, upper in pairwise(known)):
            column = "low" if middle[row] is None else "coefficient"
            shown = ["-" if number is None else f"{number:g}" for number in triple]
            yield tables.finding(
                "range-order", "inputs", row, column, low=shown[0], figure=shown[1], high=shown[2]
            )


@check("zero-figure")
def check_zeros(tables: Tables) -> Iterator[Finding]:
    """Report figures of zero, which are mostly meant to say unknown."""
    for table, column in (
        ("products", "price_cny"),
        ("inputs", "coefficient"),
        ("capacities", "capacity"),
    ):
        numbers = tables.numbers(table, column)
        for row, number in enumerate(numbers if 0.0 in numbers else ()):
            if number == 0.0:
                yield tables.finding("zero-figure", table, row, column)
