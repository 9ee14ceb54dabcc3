"""Rows: which rows of a sheet hold data, and merged cells below the header."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from chaingraph.checks import parse_number
from chaingraph.schema import table_spec
from chaingraph.sheets.delimited import ragged
from chaingraph.sheets.synonyms import folded, synonyms
from chaingraph.sheets.template import is_example

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

    from chaingraph.sheets.grid import Grid
    from chaingraph.sheets.headers import Column, Layout

_TOTAL: Final = re.compile(r"(?:合计|总计|小计|共计|累计|总和)(?:[:：].*|[(（].*)?$")
_SUMMED: Final = re.compile(r"[计总全共汇]|[0-9]+[家户个]|^其中")
"""What the name of a row says that may be the sum of those above it; firms are called otherwise."""
_FIRM: Final = re.compile(r"公司|厂|集团|矿|院|社|co\.|ltd|inc|gmbh", re.IGNORECASE)
_FOOTNOTE: Final = re.compile(
    r"(?:注|备注|说明|填报|填表|制表|经办|复核|数据来源|资料来源|单位负责人|负责人|审核|审批|签字|盖章|联系人|联系电话|"
    r"报送|日期|note|source|signed)[^,，]*[:：]",
    re.IGNORECASE,
)
_NUMERAL: Final = r"(?:[一二三四五六七八九十]+|[(（][一二三四五六七八九十]+[)）])"
_SECTION: Final = re.compile(
    r"(?P<number>(?:[一二三四五六七八九十]+[、.．:：]|[(（][一二三四五六七八九十]+[)）]))(?P<rest>.*)"
)
_NUMBER: Final = re.compile(rf"{_NUMERAL}[、.．:：]?")
_KIND: Final = re.compile(
    r"(?:企业|类|产业|产业链|环节|行业|领域|项目|板块|片区|方向)(?:[(（].*[)）])?$"
)
_LONGEST_TOTAL: Final = 16
_LOOKED_AT: Final = 3
_FEWEST_SUMMED: Final = 2
_OF_SUM: Final = 1e-9


@dataclass
class _Sums:
    """What the figures above a row add up to: since the last heading, and in all."""

    section: dict[int, tuple[int, float]] = field(default_factory=dict)
    whole: dict[int, tuple[int, float]] = field(default_factory=dict)

    def add(self, figures: dict[int, float]) -> None:
        """Count the figures of a row of data."""
        for held in (self.section, self.whole):
            for at, figure in figures.items():
                rows, total = held.get(at, (0, 0.0))
                held[at] = rows + 1, total + figure

    def explain(self, figures: dict[int, float]) -> bool:
        """Tell whether all figures of a row are the sums of those above it."""
        return bool(figures) and any(
            all(_is_sum(figure, *held.get(at, (0, 0.0))) for at, figure in figures.items())
            for held in (self.section, self.whole)
        )


def _is_sum(figure: float, rows: int, total: float) -> bool:
    return rows >= _FEWEST_SUMMED and abs(total - figure) <= _OF_SUM * max(1.0, abs(total))


def _nothing(text: str) -> bool:
    """Tell that a text heads nothing."""
    del text
    return False


def data_rows(
    grid: Grid,
    layout: Layout,
    known: Callable[[str], bool] = _nothing,
    bands: Container[int] = (),
) -> Iterator[tuple[int, list[Any], str]]:
    """Yield position and cells of each data row, and the heading above it; report what was left out.

    Parameters
    ----------
    grid, layout
        The sheet.
    known
        Tells whether a text alone in a row says something of the rows below: a place, a product.
    bands
        Rows that name a place for those below them: headings, whatever else they look like.
    """
    width = 1 + max(column.at for column in layout.columns)
    wrong = set() if grid.typed else set(ragged(grid.rows, layout.last))
    skipped = {"blank": 0, "total": 0, "header": 0, "footnote": 0, "section": 0}
    filled = _fill_merged(grid, layout)
    heading, sums = "", _Sums()
    for position in range(layout.last + 1, len(grid.rows)):
        found = filled[position]
        cells = [*found, *[None] * (width - len(found))]
        kind = "" if position in bands else _kind(cells, grid.rows[layout.last])
        figures = _figures(layout, cells)
        said = "" if kind else _heading(layout, cells, known)
        if position in bands:
            said = said or _texts(cells)[-1]
        kind = "section" if said else kind
        if not kind and figures and _is_place(_name(layout, cells), known):
            kind = "total"
        elif not kind and sums.explain(figures):
            kind = _judge_sum(grid, position, _name(layout, cells), known)
        if kind:
            skipped[kind] += 1
            heading = said if kind == "section" else heading
            if kind in {"section", "total"}:
                sums.section = {}
            if kind == "total":
                grid.tell("total-row", position, value=_first(cells))
        elif position in wrong:
            expected = len(grid.rows[layout.last])
            grid.tell("row-ragged", position, found=len(grid.rows[position]), expected=expected)
        elif not is_example(grid, layout, position, cells):
            sums.add(figures)
            yield position, cells, heading
    _tell_skipped(grid, skipped)


def _is_place(name: str, known: Callable[[str], bool]) -> bool:
    """Tell whether the name of a row is a place's, so that its figures are the sum of that place."""
    return bool(_OF_PLACE.search(name)) and not _FIRM.search(name) and known(name)


_OF_PLACE: Final = re.compile(r"[省市州盟县区旗]$")


def _judge_sum(grid: Grid, position: int, name: str, known: Callable[[str], bool]) -> str:
    """Return total for a row whose figures are sums and whose name is no firm's; warn of an odd one."""
    if _FIRM.search(name):
        return ""
    if not name or _SUMMED.search(name) or known(name):
        return "total"
    grid.tell("total-likely", position, value=name)
    return ""


def _tell_skipped(grid: Grid, skipped: dict[str, int]) -> None:
    for kind, rule in (("blank", "blank-rows"), ("header", "header-rows"),
                       ("footnote", "footnote-rows"), ("section", "section-rows")):  # fmt: skip
        meant = grid.typed or skipped[kind] > 1
        if kind == "blank" and (grid.template is not None or not meant):
            continue
        if skipped[kind]:
            grid.tell(rule, count=skipped[kind])


def _figures(layout: Layout, cells: list[Any]) -> dict[int, float]:
    """Return the plain numbers of the columns that hold capacities, by column."""
    found = {}
    for column in layout.columns:
        if column.field != "capacity":
            continue
        cell = cells[column.at]
        number = (
            None
            if isinstance(cell, bool)
            else parse_number(str(cell).strip() if cell is not None else "")
        )
        if number is not None and number > 0:
            found[column.at] = number
    return found


_NAMES: Final = ("enterprises.name_zh", "name_zh", "company_zh")


def _name(layout: Layout, cells: list[Any]) -> str:
    columns = (layout.column(target) for target in _NAMES)
    return next((str(cells[c.at] or "").strip() for c in columns if c is not None), "")


def _heading(layout: Layout, cells: list[Any], known: Callable[[str], bool]) -> str:
    """Return what a row says that heads the rows below it; nothing of a row of data."""
    texts = _texts(cells)
    distinct = list(dict.fromkeys(texts))
    if len(distinct) == 2 and _NUMBER.fullmatch(distinct[0]):  # noqa: PLR2004  一 | 正极材料企业
        return "" if _figures(layout, cells) else distinct[1]
    if len(distinct) != 1 or layout.table not in {"capacities", "enterprises", "projects"}:
        return ""
    text = distinct[0]
    if _FIRM.search(text):
        return ""
    match = _SECTION.match(text)
    if match is not None:
        return match["rest"].strip() or text
    apart = not _name(layout, cells)
    bare = _KIND.search(text) and not _FIRM.search(text)
    return text if known(text) or bare or (apart and len(text) <= _LONGEST_TOTAL) else ""


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
    if any(
        folded(text) in synonyms()["totals"]
        or _TOTAL.search(folded(text))
        or text.startswith("其中")
        for text in words
    ):
        return "total"
    notes = sum(bool(_FOOTNOTE.match(text)) for text in set(texts))
    if _FOOTNOTE.match(texts[0]) and 2 * notes >= len(set(texts)):
        return "footnote"
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


def split_tables(grid: Grid, layout: Layout, is_header: Callable[[list[Any]], bool]) -> list[Grid]:
    """Return a sheet as the tables that stand on it one below the other: the first, and the rest.

    Parameters
    ----------
    grid, layout
        The sheet, and the layout of its first table.
    is_header
        Tells whether a row is a header of a table.
    """
    first = _texts(grid.rows[layout.last])
    for row in range(layout.last + 2, len(grid.rows)):
        texts = _texts(grid.rows[row])
        if len(texts) <= 1 or texts == first or not is_header(grid.rows[row]):
            continue
        start = row
        while start > layout.last + 1 and _is_title(grid, start - 1):
            start -= 1
        grid.tell("second-table", row)
        return [_part(grid, 0, start), _part(grid, start, len(grid.rows))]
    return [grid]


def _is_title(grid: Grid, row: int) -> bool:
    texts = list(dict.fromkeys(_texts(grid.rows[row])))
    across = any(first == row == last and at < end for first, at, last, end in grid.merged)
    return not texts or (len(texts) == 1 and (across or bool(_TITLE.search(texts[0]))))


_TITLE: Final = re.compile(
    r"单位\s*[:：]|^附?表|表$|^[一二三四五六七八九十]+[、.．]|^[(（][一二三四五六七八九十]+[)）]"
)


def _part(grid: Grid, start: int, end: int) -> Grid:
    """Return some rows of a sheet as a grid of their own that keeps its problems with the sheet."""
    merged = [(a - start, b, c - start, d) for a, b, c, d in grid.merged if start <= a and c < end]
    broken = {(r - start, c): rule for (r, c), rule in grid.broken.items() if start <= r < end}
    return replace(grid, rows=grid.rows[start:end], numbers=grid.numbers[start:end], merged=merged,
                   broken=broken, part=grid.part + bool(start))  # fmt: skip
