"""Rules about the product graph: loops that take more than they give, mass out of nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.checks.registry import check
from chaingraph.checks.tables import factor
from chaingraph.units import dimension

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables
    from chaingraph.loops import Loop

_MASS: Final = "mass (t)"
_MASS_TOLERANCE: Final = 1e-9
_SHOWN_MEMBERS: Final = 8


class _Edge(NamedTuple):
    """A consumed input with its coefficient in the units of its two products."""

    row: int
    input_id: str
    output_id: str
    weight: float


@check("self-loop")
def check_self_loops(tables: Tables) -> Iterator[Finding]:
    """Report products that are an input of themselves."""
    outputs = tables.texts("inputs", "output_id")
    for row, product in enumerate(tables.texts("inputs", "input_id")):
        if product and product == outputs[row]:
            yield tables.finding("self-loop", "inputs", row, "input_id")


def _edges(tables: Tables) -> list[_Edge]:
    """Return the consumed inputs; alternatives count by share, else in equal parts."""
    inputs, outputs = tables.texts("inputs", "input_id"), tables.texts("inputs", "output_id")
    parts: dict[int, float] = {}
    shares = tables.numbers("inputs", "share")
    for rows in tables.input_groups.values():
        for row in rows:
            share = shares[row]
            parts[row] = 1.0 / len(rows) if share is None else share
    edges = []
    for row, role in enumerate(tables.roles):
        if role != "consumed" or not inputs[row] or not outputs[row] or inputs[row] == outputs[row]:
            continue
        coefficient = tables.coefficients[row]
        if coefficient:
            edges.append(_Edge(row, inputs[row], outputs[row], coefficient * parts.get(row, 1.0)))
    return edges


def _without_ends(edges: list[_Edge]) -> list[_Edge]:
    """Take away the edges that lie on no loop, from the raw materials on (Kahn's algorithm)."""
    waiting: dict[str, int] = {}
    leaving: dict[str, list[_Edge]] = {}
    for edge in edges:
        waiting[edge.output_id] = waiting.get(edge.output_id, 0) + 1
        leaving.setdefault(edge.input_id, []).append(edge)
    ready = [product for product in leaving if product not in waiting]
    while ready:
        for edge in leaving.pop(ready.pop(), ()):
            waiting[edge.output_id] -= 1
            if not waiting[edge.output_id]:
                ready.append(edge.output_id)
    return [edge for left in leaving.values() for edge in left]


def _loops(edges: list[_Edge]) -> list[tuple[Loop, int]]:
    """Return the loops, each with the first row of inputs that lies on it."""
    import numpy as np

    from chaingraph.loops import find_loops

    edges = sorted(edges)
    names = sorted({name for edge in edges for name in (edge.input_id, edge.output_id)})
    place = {name: number for number, name in enumerate(names)}
    rows = np.array([place[edge.input_id] for edge in edges], dtype=np.intp)
    columns = np.array([place[edge.output_id] for edge in edges], dtype=np.intp)
    loops = find_loops(names, rows, columns, np.array([edge.weight for edge in edges]))
    member_of = {name: number for number, loop in enumerate(loops) for name in loop.members}
    first: dict[int, int] = {}
    for edge in edges:
        number = member_of.get(edge.input_id)
        if number is not None and number == member_of.get(edge.output_id):
            first.setdefault(number, edge.row)
    return [(loop, first[number]) for number, loop in enumerate(loops)]


@check("gaining-loop", "loop")
def check_loops(tables: Tables) -> Iterator[Finding]:
    """Report loops of products, and apart from them those that take more than they give."""
    edges = _without_ends(_edges(tables))
    if not edges:
        return
    for loop, row in _loops(edges):
        shown = ", ".join(loop.members[:_SHOWN_MEMBERS])
        more = len(loop.members) - _SHOWN_MEMBERS
        yield tables.finding(
            "gaining-loop" if loop.takes_more_than_it_gives else "loop",
            "inputs",
            row,
            "coefficient",
            members=f"{shown}, ... (+{more})" if more > 0 else shown,
            radius=f"{loop.spectral_radius:.4g}",
        )


class _Tonnes(NamedTuple):
    """Tonnes of inputs for one tonne of an output; of alternatives with their share."""

    fixed: list[float]
    groups: dict[str, list[tuple[float, float | None]]]

    def total(self) -> float:
        """Return all inputs together; alternatives count by share, else by the smallest."""
        parts = list(self.fixed)
        for members in self.groups.values():
            shared = [tonnes * share for tonnes, share in members if share is not None]
            parts.append(math.fsum(shared) if shared else min(tonnes for tonnes, _ in members))
        return math.fsum(parts)


def _tonnes(tables: Tables) -> dict[str, _Tonnes]:
    """Return for each output counted by mass what it consumes of inputs counted by mass.

    An output with a figure, role or unit that breaks a rule of its own is left out.
    """
    inputs, outputs = tables.texts("inputs", "input_id"), tables.texts("inputs", "output_id")
    groups, shares = tables.texts("inputs", "alternative_group"), tables.numbers("inputs", "share")
    units = tables.product_units
    heavy = {product for product, unit in units.items() if dimension(unit) == _MASS}
    broken = tables.broken_rows("inputs", "coefficient", "role", "share", "input_id")
    skipped = {outputs[row] for row in broken}
    numbers = tables.numbers("inputs", "coefficient")
    found: dict[str, _Tonnes] = {}
    for row, role in enumerate(tables.roles):
        if role != "consumed" or inputs[row] not in heavy or outputs[row] not in heavy:
            continue
        coefficient, scale = tables.coefficients[row], factor(tables.input_units[row], "t/t")
        if coefficient is None or scale is None:
            if numbers[row] is not None:
                skipped.add(outputs[row])
            continue
        output = found.setdefault(outputs[row], _Tonnes([], {}))
        if groups[row]:
            member = (coefficient * scale, shares[row])
            output.groups.setdefault(groups[row], []).append(member)
        else:
            output.fixed.append(coefficient * scale)
    return {product: tonnes for product, tonnes in found.items() if product not in skipped}


@check("mass-balance")
def check_mass(tables: Tables) -> Iterator[Finding]:
    """Report outputs in tonnes that take fewer tonnes in than come out."""
    found = _tonnes(tables)
    for row, product in enumerate(tables.texts("products", "product_id")):
        tonnes = found.pop(product, None)
        total = math.inf if tonnes is None else tonnes.total()
        if total < 1.0 - _MASS_TOLERANCE:
            shown = f"{total:.4g}"
            yield tables.finding("mass-balance", "products", row, "product_id", mass_in=shown)
