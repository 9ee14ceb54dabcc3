"""Rules about single cells, as the schema declares them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaingraph.checks.registry import check
from chaingraph.checks.values import character_problem, first_day

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

_EARLIEST: Final = "1900-01-01"
_LATEST: Final = "2100-12-31"


@check("required-value")
def check_required(tables: Tables) -> Iterator[Finding]:
    """Report empty cells of required columns (an absent column is the readers' to report)."""
    for spec in tables.specs():
        columns = tables.table(spec.name).columns
        for field in spec.fields:
            cells = columns.get(field.name, [])
            if not field.required or "" not in cells:
                continue
            for row, text in enumerate(cells):
                if not text:
                    yield tables.finding("required-value", spec.name, row, field.name)


@check(
    "not-a-number",
    "not-finite",
    "below-minimum",
    "above-maximum",
    "not-in-list",
    "bad-date",
    "bad-id",
    "not-boolean",
    "control-character",
)
def check_cells(tables: Tables) -> Iterator[Finding]:
    """Report cells that are not what their column holds."""
    for spec in tables.specs():
        columns = tables.table(spec.name).columns
        for name in spec.field_names:
            problems = tables.problems(spec.name, name)
            if not problems:
                continue
            for row, text in enumerate(columns[name]):
                problem = problems.get(text)
                if problem is not None:
                    yield tables.finding(problem.rule, spec.name, row, name, **problem.params)


@check("control-character")
def check_own_columns(tables: Tables) -> Iterator[Finding]:
    """Report characters that nobody sees in columns of the user's own; `check_cells` sees to the others."""
    for spec in tables.specs():
        for name, cells in tables.table(spec.name).columns.items():
            if name in spec.by_name:
                continue
            odd = {text for text in set(cells) if not text.isprintable()}
            found = {text: character_problem(name, text) for text in odd}
            for row, text in enumerate(cells if odd else []):
                problem = found.get(text)
                if problem is not None:
                    yield tables.finding(problem.rule, spec.name, row, name, **problem.params)


@check("implausible-date")
def check_years(tables: Tables) -> Iterator[Finding]:
    """Report dates before 1900 or after 2100."""
    for spec in tables.specs():
        for field in spec.fields:
            if field.format != "partial-date":
                continue
            cells = tables.texts(spec.name, field.name)
            far = {
                text for text in set(cells) if text and not _EARLIEST <= first_day(text) <= _LATEST
            }
            for row, text in enumerate(cells if far else []):
                if text in far:
                    yield tables.finding("implausible-date", spec.name, row, field.name)
