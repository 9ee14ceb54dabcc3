"""Filling in a template as a person would: through openpyxl, in the words of its drop-downs."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import openpyxl

from chaingraph.schema import table_spec
from chaingraph.templates.columns import columns_of, word_of
from chaingraph.templates.workbook import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from chaingraph.intake.keys import Products
    from chaingraph.words import Language

FIRST = HEAD + 3
"""Row below the example's, as Excel counts."""

FLAGS = {"zh": {"1": "是", "0": "否"}, "en": {"1": "yes", "0": "no"}}


def fill(path: Path, tables: Mapping[str, Iterable[Sequence[Any]]], *, first: int = FIRST) -> Path:
    """Write rows below the example row of sheets by title, and save as openpyxl does."""
    book = openpyxl.load_workbook(path)
    for title, rows in tables.items():
        for line, row in enumerate(rows, first):
            for place, value in enumerate(row, 1):
                book[title].cell(line, place, value)
    book.save(path)
    return path


def rows_of(folder: Path, table: str) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_typed(
    table: str, rows: Sequence[Mapping[str, str]], lang: Language, products: Products,
    names: Mapping[str, str],
) -> list[list[Any]]:  # fmt: skip
    """Return rows in the order of the template's columns, as a person would type or choose them."""
    columns = columns_of(table, lang)
    return [
        [_cell(table, column.target, row, lang, products, names) for column in columns]
        for row in rows
    ]


def _cell(
    table: str, target: str, row: Mapping[str, str], lang: Language, products: Products,
    names: Mapping[str, str],
) -> Any:  # fmt: skip
    if target == "enterprises.name_zh":
        return names.get(row["enterprise_id"])
    text, typed = row.get(target, ""), None
    field = table_spec(table).by_name[target]
    if table == "projects" and target == "enterprise_id" and not text and row.get("company_zh"):
        typed = "-"  # said to be none of the known ones
    elif text and field.type == "boolean":
        typed = FLAGS[lang][text]
    elif text and field.enum:
        typed = word_of(table, target, text, lang)
    elif text and field.type == "number":
        typed = float(text)
    elif table != "products" and target in {"product_id", "input_id", "output_id"}:
        typed = products.label(text, english=lang == "en") if text in products.units else text
    return typed or text or None
