"""Rules about rows that stand twice and ids that point nowhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chaingraph.checks.registry import check
from chaingraph.checks.suggestions import Suggester
from chaingraph.checks.tables import factor, references
from chaingraph.schema import table_spec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Reference, Tables


@check("duplicate-key", "product-conflict")
def check_keys(tables: Tables) -> Iterator[Finding]:
    """Report a key that stands twice in a package; products of two packages must agree on their unit."""
    for spec in tables.specs():
        if not spec.primary_key:
            continue
        columns = [tables.texts(spec.name, name) for name in spec.primary_key]
        keys = list(zip(*columns, strict=True))
        if len(set(keys)) == len(keys):
            continue
        seen: dict[tuple[str, ...], list[int]] = {}
        broken = tables.broken_rows(spec.name, *spec.primary_key)
        for row, key in enumerate(keys):
            if row in broken or not spec.is_whole(key):
                continue
            earlier = seen.setdefault(key, [])
            if earlier:
                yield from _judge_repeat(tables, spec.name, row, earlier, spec.primary_key[-1])
            earlier.append(row)


def _judge_repeat(
    tables: Tables, name: str, row: int, earlier: list[int], column: str
) -> Iterator[Finding]:
    packages = tables.table(name).package
    own = [other for other in earlier if packages[other] == packages[row]]
    if own:
        first = tables.place(name, own[0])
        cells = [tables.texts(name, part)[row] for part in table_spec(name).primary_key]
        key = ", ".join(filter(None, cells))
        yield tables.finding("duplicate-key", name, row, column, key, first=first)
        return
    if name != "products":  # the later package's row stands
        return
    units = tables.texts("products", "unit")
    for other in earlier:
        given = units[row] and units[other]
        if given and factor(units[row], units[other]) != 1.0:
            product = tables.texts("products", "product_id")[row]
            place = tables.place("products", other)
            yield tables.finding(
                "product-conflict",
                "products",
                row,
                "unit",
                product=product,
                other=units[other],
                file=place,
            )
            return


@check("duplicate-row")
def check_rows(tables: Tables) -> Iterator[Finding]:
    """Report rows of tables without a key that equal an earlier row in every cell."""
    for spec in tables.specs():
        held = tables.table(spec.name)
        if spec.primary_key or not held.columns:
            continue
        first: dict[tuple[str, ...], int] = {}
        for row, cells in enumerate(zip(*held.columns.values(), strict=True)):
            other = first.setdefault(cells, row)
            if other != row:
                place = tables.place(spec.name, other)
                yield tables.finding(
                    "duplicate-row", spec.name, row, spec.field_names[0], first=place
                )


@check("similar-id")
def check_spelling(tables: Tables) -> Iterator[Finding]:
    """Report ids of one table that differ only in upper and lower case."""
    for spec in tables.specs():
        if len(spec.primary_key) != 1:
            continue
        column = spec.primary_key[0]
        spelled: dict[str, str] = {}
        for row, text in enumerate(tables.texts(spec.name, column)):
            other = spelled.setdefault(text.casefold(), text)
            if other != text:
                yield tables.finding("similar-id", spec.name, row, column, other=other)


@check("dangling-id", "missing-target-table")
def check_references(tables: Tables) -> Iterator[Finding]:
    """Report ids that the table they point to does not have."""
    known: dict[tuple[str, str], tuple[set[str], Suggester]] = {}
    for spec in tables.specs():
        for reference in references(spec.name):
            distinct = set(tables.texts(spec.name, reference.column)) - {""}
            if not distinct:
                continue
            place = (reference.table, reference.target)
            if place not in known:
                found = set(tables.table(reference.table).cells(reference.target)) - {""}
                known[place] = found, Suggester(found)
            names, suggester = known[place]
            if not names:
                yield from _no_target(tables, spec.name, reference)
                continue
            listed = spec.by_name[reference.column].format == "semicolon-list"
            lost = {
                text: ids
                for text in distinct - names
                if (ids := _unknown(text, names, listed=listed))
            }
            if lost:
                yield from _dangling(tables, spec.name, reference, lost, suggester)


def _dangling(
    tables: Tables,
    name: str,
    reference: Reference,
    lost: dict[str, list[str]],
    suggester: Suggester,
) -> Iterator[Finding]:
    column = reference.column
    target: dict[str, object] = {"table": reference.table, "target": reference.target}
    for row, text in enumerate(tables.texts(name, column)):
        ids = lost.get(text)
        if ids:
            params = {**target, "suggestions": suggester.near(ids[0])}
            yield tables.finding("dangling-id", name, row, column, ", ".join(ids), **params)


def _no_target(tables: Tables, name: str, reference: Reference) -> Iterator[Finding]:
    if reference.table == "products" and "products" not in tables.raw.tables:
        return  # the readers report that the one required table is missing
    cells = tables.texts(name, reference.column)
    row = next(row for row, text in enumerate(cells) if text)
    params: dict[str, object] = {"table": reference.table, "target": reference.target}
    found = tables.finding("missing-target-table", name, row, reference.column, **params)
    yield replace(found, line=None, row=None)


def members(text: str) -> list[str]:
    """Return the members of a semicolon list, without blanks around them and without empty ones."""
    return [part for part in map(str.strip, text.split(";")) if part]


def _unknown(text: str, names: set[str], *, listed: bool) -> list[str]:
    return [part for part in members(text) if part not in names] if listed else [text]


@check("isolated-product")
def check_isolated(tables: Tables) -> Iterator[Finding]:
    """Report products that nobody makes and that are neither input nor output of anything."""
    used = set(tables.texts("inputs", "input_id")) | set(tables.texts("inputs", "output_id"))
    used |= set(tables.texts("capacities", "product_id"))
    for row, product in enumerate(tables.texts("products", "product_id")):
        if product and product not in used:
            yield tables.finding("isolated-product", "products", row, "product_id")


@check("project-product-unknown")
def check_project_products(tables: Tables) -> Iterator[Finding]:
    """Report projects whose product is neither a product nor a family with its members listed."""
    known = tables.product_units
    if not known:
        return
    suggester = Suggester(known)
    listed = tables.texts("projects", "product_ids")
    for row, product in enumerate(tables.texts("projects", "product_id")):
        if product and product not in known and not listed[row]:
            yield tables.finding(
                "project-product-unknown",
                "projects",
                row,
                "product_id",
                suggestions=suggester.near(product),
            )
