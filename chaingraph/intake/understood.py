"""What an import understood, as results that a person reads before anything is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph.results import Result
from chaingraph.sheets.headers import ROW_NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.intake.sheets import Sheet
    from chaingraph.sheets.problems import Problem
    from chaingraph.words import Language

_COUNTS = ("values_read", "values_changed", "values_refused")
_ORDER = {"error": 0, "warning": 1, "info": 2}


def show_understood(
    sheets: Sequence[Sheet],
    params: Mapping[str, Any],
    notes: Sequence[tuple[str, Mapping[str, Any]]],
    lang: Language,
) -> Result:
    """Return one row for each column of each sheet: what it means, and what became of its cells."""
    rows = [
        _column_row(sheet, at)
        for sheet in sheets
        for at, column in enumerate(sheet.layout.columns)
        if column.header
        or column.target != ROW_NUMBER  # what a call sheet says to people is blank here
    ]
    columns: dict[str, Any] = {
        name: pd.Series([row[name] for row in rows], dtype="int64" if name in _INTEGERS else "str")
        for name in _NAMES
    }
    shown = tuple(name for name in _NAMES if name != "file" or _several_files(sheets))
    return Result("import", pd.DataFrame(columns), dict(params), lang, shown, tuple(notes))


_NAMES = ("file", "sheet", "table", "header_row", "header", "field", "matched_by",
          "values_read", "values_changed", "example", "values_refused")  # fmt: skip
_INTEGERS = {"header_row", *_COUNTS}


def _several_files(sheets: Sequence[Sheet]) -> bool:
    return len({sheet.grid.file for sheet in sheets}) > 1


def _column_row(sheet: Sheet, at: int) -> dict[str, Any]:
    column = sheet.layout.columns[at]
    tally = sheet.tallies[column.at]
    own = column.target not in {"", ROW_NUMBER}
    return {
        "file": sheet.grid.file,
        "sheet": sheet.grid.title,
        "table": (column.table or sheet.layout.table) if own else "-",
        "header_row": sheet.grid.numbers[sheet.layout.last],
        "header": column.header or "-",
        "field": column.target.rpartition(".")[2] if own else "-",
        "matched_by": column.rule,
        "values_read": tally.read,
        "values_changed": tally.changed,
        "example": tally.example or "-",
        "values_refused": tally.refused,
    }


def show_problems(problems: Sequence[Problem], params: Mapping[str, Any], lang: Language) -> Result:
    """Return one row for each problem, errors first: where, which rule, what to do."""
    ordered = sorted(problems, key=lambda problem: _ORDER[problem.severity])
    columns: dict[str, list[str]] = {
        "severity": [p.severity for p in ordered],
        "file": [p.file for p in ordered],
        "sheet": [p.sheet for p in ordered],
        "cell": [p.cell for p in ordered],
        "rule": [p.rule for p in ordered],
        "written": [p.value for p in ordered],
        "message": [p.text(lang) for p in ordered],
        "remedy": [p.remedy(lang) for p in ordered],
    }
    frame = pd.DataFrame({name: pd.array(cells, dtype="str") for name, cells in columns.items()})
    counts = {s: sum(p.severity == s for p in problems) for s in _ORDER}
    note = ("import-counts", {"errors": counts["error"], "warnings": counts["warning"],
                              "notes": counts["info"]})  # fmt: skip
    shown = ("severity", "file", "sheet", "cell", "rule", "message", "remedy")
    asked = dict(params) | {"errors": counts["error"], "warnings": counts["warning"]}
    return Result("import_problems", frame, asked, lang, shown, (note,))


_NAMED: Final = 6


def show_causes(problems: Sequence[Problem], params: Mapping[str, Any], lang: Language) -> Result:
    """Return one row for each cause: severity, rule and column once, how often, the first cells, an example."""
    groups: dict[tuple[str, ...], list[Problem]] = {}
    for problem in sorted(problems, key=lambda problem: _ORDER[problem.severity]):
        column = problem.cell.rstrip("0123456789")
        place = (problem.file, problem.sheet, column) if problem.cell else ()
        groups.setdefault((problem.severity, problem.rule, *place), []).append(problem)
    columns: dict[str, list[Any]] = {name: [] for name in _OF_CAUSE}
    for found in groups.values():
        first = found[0]
        cells = list(dict.fromkeys(p.cell for p in found if p.cell))
        more = f" …(+{len(cells) - _NAMED})" if len(cells) > _NAMED else ""
        columns["severity"].append(first.severity)
        columns["file"].append(first.file)
        columns["sheet"].append(first.sheet)
        columns["problems"].append(len(found))
        columns["cell"].append(", ".join(cells[:_NAMED]) + more)
        columns["rule"].append(first.rule)
        columns["message"].append(first.text(lang))
        columns["remedy"].append(first.remedy(lang))
    frame = pd.DataFrame(
        {n: pd.Series(c, dtype="int64" if n == "problems" else "str") for n, c in columns.items()}
    )
    counts = {s: sum(p.severity == s for p in problems) for s in _ORDER}
    note = ("import-counts", {"errors": counts["error"], "warnings": counts["warning"],
                              "notes": counts["info"]})  # fmt: skip
    files = len({p.file for p in problems}) > 1
    shown = tuple(name for name in _OF_CAUSE if name != "file" or files)
    return Result("import_causes", frame, dict(params), lang, shown, (note,))


_OF_CAUSE: Final = ("severity", "file", "sheet", "problems", "cell", "rule", "message", "remedy")
