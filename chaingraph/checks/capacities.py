"""Rules about capacities: dates in order, nothing counted twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.checks.registry import check
from chaingraph.checks.tables import factor
from chaingraph.checks.values import first_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

_ALWAYS: Final = ""
_FOREVER: Final = "~"


@check("date-order")
def check_date_order(tables: Tables) -> Iterator[Finding]:
    """Report states that end before they begin, or on the day they begin."""
    starts, ends = tables.texts("capacities", "since"), tables.texts("capacities", "until")
    for row, (since, until) in enumerate(zip(starts, ends, strict=True)):
        if since and until and first_day(until) <= first_day(since):
            yield tables.finding("date-order", "capacities", row, "until", since=since)


@check("duplicate-capacity")
def check_double_counts(tables: Tables) -> Iterator[Finding]:
    """Report equal figures of one site, product, scope and state that hold at the same time."""
    for rows in _equal_figures(tables).values():
        longest = rows[0]
        for phase in rows[1:]:
            if phase.start < longest.end:
                product = tables.texts("capacities", "product_id")[phase.row]
                site = tables.texts("capacities", "enterprise_id")[phase.row]
                first = tables.place("capacities", longest.row)
                yield tables.finding(
                    "duplicate-capacity",
                    "capacities",
                    phase.row,
                    "capacity",
                    site=site,
                    product=product,
                    first=first,
                )
            longest = max(longest, phase, key=lambda one: one.end)


class _Phase(NamedTuple):
    """The time in which a row of capacities holds: [start, end)."""

    start: str
    row: int
    end: str


def _equal_figures(tables: Tables) -> dict[tuple[object, ...], list[_Phase]]:
    """Return rows that differ in time or in words only, by what they count, sorted by start."""
    columns = list(tables.table("capacities").columns.values())
    ids = tables.texts("capacities", "enterprise_id"), tables.texts("capacities", "product_id")
    units = tables.texts("capacities", "unit")
    scopes, states = tables.texts("capacities", "scope"), tables.texts("capacities", "status")
    starts, ends = tables.texts("capacities", "since"), tables.texts("capacities", "until")
    found: dict[tuple[object, ...], list[_Phase]] = {}
    broken = tables.broken_rows("capacities", "since", "until", "scope", "status")
    whole: set[tuple[str, ...]] = set()
    for row, figure in enumerate(tables.numbers("capacities", "capacity")):
        cells = tuple(column[row] for column in columns)
        site, product = ids[0][row], ids[1][row]
        if figure is None or not site or not product or row in broken or cells in whole:
            continue  # rows that equal another one in every cell are reported as such
        whole.add(cells)
        expected = tables.product_units.get(product, "")
        size = round(figure * (factor(units[row] or expected, expected) or 1.0), 6)
        phase = _Phase(
            first_day(starts[row]) if starts[row] else _ALWAYS,
            row,
            first_day(ends[row]) if ends[row] else _FOREVER,
        )
        key = (site, product, scopes[row] or "site", states[row] or "operating", size)
        if phase.start < phase.end:
            found.setdefault(key, []).append(phase)
    return {key: sorted(rows) for key, rows in found.items()}
