"""The tables of the schema that a list holds: tasks, milestones, issues."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph.schema import table_spec

if TYPE_CHECKING:
    from chaingraph.planning.track_book import ListBook

_DATE: Final = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


def as_tables(book: ListBook) -> dict[str, pd.DataFrame]:
    """Return ``tasks``, ``milestones`` and ``issues`` under the schema's columns; unusable cells are None."""
    tasks = [row.cells for row in book.rows["list"]]
    milestones = [
        {"task_id": row.cells.get("task_id"), "month": month, "percent": row.cells[month],
         "note": row.cells.get("note")}
        for row in book.rows["months"] for month in book.months
        if isinstance(row.cells.get(month), int | float)
    ]  # fmt: skip
    issues = [row.cells for row in book.rows["issues"] if row.cells.get("text_zh")]
    rows: dict[str, list[dict[str, Any]]] = {
        "tasks": tasks,
        "milestones": milestones,
        "issues": issues,
    }
    return {name: _frame(name, held) for name, held in rows.items()}


def _frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    spec = table_spec(table)
    cells = {}
    for field in spec.fields:
        values = [row.get(field.name) for row in rows]
        if field.type == "number":
            kept = [
                v if isinstance(v, int | float) and not isinstance(v, bool) else None
                for v in values
            ]
            cells[field.name] = pd.Series(kept, dtype="float64")
        elif field.format == "partial-date":
            kept_dates = [v if isinstance(v, str) and _DATE.fullmatch(v) else None for v in values]
            cells[field.name] = pd.Series(kept_dates, dtype="object")
        else:
            texts = [None if v is None or v == "" else str(v) for v in values]
            cells[field.name] = pd.Series(texts, dtype="object")
    return pd.DataFrame(cells)
