"""Rules about totals of groups beside the figures of their sites."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.checks.registry import check
from chaingraph.checks.tables import factor
from chaingraph.checks.values import first_day, last_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

_TOLERANCE: Final = 0.01
_EQUAL: Final = 1e-9


class _Figure(NamedTuple):
    """An operating capacity in the unit of its product."""

    row: int
    site: str
    size: float | None


@check("group-below-sites", "site-equals-group", "group-at-site")
def check_totals(tables: Tables) -> Iterator[Finding]:
    """Report totals of groups that their sites contradict, and totals that stand at a site too.

    Only operating rows are compared. A total is below its sites where those that surely ran at its
    date (neither `since` nor `as_of` later, no `until` before) make more than 1 per cent above it. A
    site's figure equal to the total is doubtful where the group has another operating site of the
    product, or where both stand at the same enterprise. Two different figures at one enterprise are
    allowed: a head office may have a plant.
    """
    totals, sites = _rows(tables)
    for key, figures in totals.items():
        for total in figures:
            found = sites.get(key, [])
            if total.size is not None and found:
                yield from _judge(tables, key, total, found)


def _judge(
    tables: Tables, key: tuple[str, str], total: _Figure, sites: list[_Figure]
) -> Iterator[Finding]:
    group, product = key
    size = total.size or 0.0
    others = {site.site for site in sites}
    equal = [site for site in sites if site.size and abs(site.size / size - 1) < _EQUAL]
    equal = [site for site in equal if site.site == total.site or others - {site.site}]
    first = tables.place("capacities", total.row)
    for site in equal:
        yield tables.finding(
            "site-equals-group",
            "capacities",
            site.row,
            "capacity",
            group=group,
            product=product,
            first=first,
        )
    if equal:
        return
    ran = [site.size for site in sites if site.size and _ran(tables, site.row, total.row)]
    if math.fsum(ran) > size * (1 + _TOLERANCE):
        yield tables.finding(
            "group-below-sites",
            "capacities",
            total.row,
            "capacity",
            group=group,
            product=product,
            count=len(ran),
            total=f"{math.fsum(ran):.12g}",
            unit=tables.product_units.get(product, ""),
        )
    elif here := next((site for site in sites if site.size and site.site == total.site), None):
        yield tables.finding(
            "group-at-site",
            "capacities",
            total.row,
            "capacity",
            site=total.site,
            product=product,
            first=tables.place("capacities", here.row),
        )


def _ran(tables: Tables, site: int, total: int) -> bool:
    """Tell whether a site's figure surely held at the date of the group's total."""
    texts = {name: tables.texts("capacities", name) for name in ("since", "until", "as_of")}
    date = texts["as_of"][total]
    begins, ends, seen = (texts[name][site] for name in ("since", "until", "as_of"))
    if not date or not (begins or seen):
        return False
    late = any(text and first_day(text) > last_day(date) for text in (begins, seen))
    return not late and not (ends and first_day(ends) <= last_day(date))


def _rows(
    tables: Tables,
) -> tuple[dict[tuple[str, str], list[_Figure]], dict[tuple[str, str], list[_Figure]]]:
    """Return operating totals and operating sites by group and product."""
    groups = dict(
        zip(tables.texts("enterprises", "enterprise_id"), tables.texts("enterprises", "group_zh"),
            strict=True)
    )  # fmt: skip
    columns = [tables.texts("capacities", f"{name}_id") for name in ("enterprise", "product")]
    columns += [tables.texts("capacities", name) for name in ("unit", "scope", "status")]
    numbers = tables.numbers("capacities", "capacity")
    broken = tables.broken_rows("capacities", "scope", "status", "capacity")
    totals: dict[tuple[str, str], list[_Figure]] = {}
    sites: dict[tuple[str, str], list[_Figure]] = {}
    if "group" not in columns[3]:
        return totals, sites
    for row, (site, product, unit, scope, status) in enumerate(zip(*columns, strict=True)):
        group = groups.get(site, "")
        if not group or not product or status not in {"", "operating"} or row in broken:
            continue
        expected = tables.product_units.get(product, "")
        scale = 1.0 if not unit or unit == expected else factor(unit, expected)
        number = numbers[row]
        size = number * scale if number and scale else None
        target = totals if scope == "group" else sites
        target.setdefault((group, product), []).append(_Figure(row, site, size))
    return totals, sites
