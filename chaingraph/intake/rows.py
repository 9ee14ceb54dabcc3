"""Rows: which rows of a sheet hold data, and merged cells below the header."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from chaingraph.intake.synonyms import folded, synonyms
from chaingraph.intake.template import is_example
from chaingraph.intake.textfiles import ragged
from chaingraph.schema import table_spec

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from chaingraph.intake.grid import Grid
    from chaingraph.intake.headers import Column, Layout

_TOTAL: Final = re.compile(r"(?:合计|总计|小计|共计|累计)(?:[:：].*|[(（].*)?$")
_FOOTNOTE: Final = re.compile(
    r"(?:注|备注|说明|填报|填表|制表|数据来源|资料来源|单位负责人|审核|联系人|note|source)[^,，]*[:：]",
    re.IGNORECASE,
)
_SECTION: Final = re.compile(
    r"(?:[一二三四五六七八九十]+[、.．]|[(（][一二三四五六七八九十]+[)）])"
)
_LONGEST_TOTAL: Final = 16
_LOOKED_AT: Final = 3


def data_rows(
    grid: Grid, layout: Layout, bands: Container[int] = ()
) -> Iterator[tuple[int, list[Any]]]:
    """Yield position and cells of each data row, `bands` left out; report what was left out."""
    width = 1 + max(column.at for column in layout.columns)
    wrong = set() if grid.typed else set(ragged(grid.rows, layout.last))
    skipped = {"blank": 0, "total": 0, "header": 0, "footnote": 0, "section": 0}
    filled = _fill_merged(grid, layout)
    for position in range(layout.last + 1, len(grid.rows)):
        found = filled[position]
        cells = [*found, *[None] * (width - len(found))]
        kind = "section" if position in bands else _kind(cells, grid.rows[layout.last])
        if kind:
            skipped[kind] += 1
            if kind == "total":
                grid.tell("total-row", position, value=_first(cells))
        elif position in wrong:
            expected = len(grid.rows[layout.last])
            grid.tell("row-ragged", position, found=len(grid.rows[position]), expected=expected)
        elif not is_example(grid, layout, position, cells):
            yield position, cells
    for kind, rule in (("blank", "blank-rows"), ("header", "header-rows"),
                       ("footnote", "footnote-rows"), ("section", "section-rows")):  # fmt: skip
        meant = grid.typed or skipped[kind] > 1
        if kind == "blank" and (grid.template is not None or not meant):
            continue
        if skipped[kind]:
            grid.tell(rule, count=skipped[kind])


def _texts(cells: list[Any]) -> list[str]:
    return [str(cell).strip() for cell in cells if cell is not None and str(cell).strip()]


def _first(cells: list[Any]) -> str:
    return next(iter(_texts(cells)), "")


def _kind(cells: list[Any], header: list[Any]) -> str:
    """Return why a row holds no data, or nothing."""
    texts = _texts(cells)
    if not texts:
        return "blank"
    if texts == _texts(header):
        return "header"
    words = [text for text in texts[:_LOOKED_AT] if len(text) <= _LONGEST_TOTAL]
    if any(folded(text) in synonyms()["totals"] or _TOTAL.search(folded(text)) for text in words):
        return "total"
    if len(texts) == 1 or len(set(texts)) == 1:
        if _FOOTNOTE.match(texts[0]):
            return "footnote"
        if _SECTION.match(texts[0]):
            return "section"
    return ""


def _fill_merged(grid: Grid, layout: Layout) -> list[list[Any]]:
    """Return the rows with cells merged downward repeated; a figure over several rows is refused.

    A name that stands for several rows belongs to each of them. A figure may be their sum.
    """
    rows = [list(row) for row in grid.rows]
    for first_row, first, last_row, _last in grid.merged:
        if first_row <= layout.last or first_row == last_row or first_row >= len(rows):
            continue
        value = rows[first_row][first] if first < len(rows[first_row]) else None
        column = next((c for c in layout.columns if c.at == first), None)
        if value is None or column is None or not column.target:
            continue
        for row in range(first_row, min(last_row + 1, len(rows))):
            if is_figure(layout, column):
                grid.broken[row, first] = "merged-figure"
            if first < len(rows[row]):
                rows[row][first] = value
    return rows


def is_figure(layout: Layout, column: Column) -> bool:
    """Tell whether a column holds numbers."""
    known = table_spec(column.table or layout.table).by_name.get(column.field)
    return known is not None and known.type == "number"
