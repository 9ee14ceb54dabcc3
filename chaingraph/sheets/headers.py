"""Headers: which table a sheet is, in which rows its header stands, and what each column means."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from chaingraph.errors import closest
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.sheets.measures import is_unit
from chaingraph.sheets.synonyms import (
    Match,
    choices,
    folded,
    headers,
    split_brackets,
    synonyms,
    table_names,
)

if TYPE_CHECKING:
    from chaingraph.sheets.grid import Grid

_DEEPEST: Final = 30
_FEWEST: Final = 2
_LONGEST_HEADER: Final = 60
_TEXT_SHARE: Final = 0.7
_YEAR: Final = re.compile(r"(?:截至)?[12][0-9]{3}年?(?:[0-9]{1,2}月|底|末)?")
_UNIT_LINE: Final = re.compile(r"(?:^|[\s(（])(?:计量)?单位\s*[:：]\s*(?P<unit>.+?)\s*[)）]?\s*$")
_NOT_TAKEN: Final = {"enterprise_id", "source_url", "note"}
_NAMED: Final = 3.0
_HINTED: Final = 1.5
_IN_ORDER: Final = ("capacities", "enterprises", *(
    name for name in TABLE_NAMES if name not in {"capacities", "enterprises"}
))  # fmt: skip
ROW_NUMBER: Final = "row_number"


@dataclass
class Column:
    """One column of a sheet: its header as written, what it means, by which rule."""

    at: int
    header: str
    target: str = ""
    rule: str = "none"
    unit: str = ""
    rank: int = 99
    refused: str = ""

    @property
    def table(self) -> str:
        """The table of the target, empty for the sheet's own."""
        return self.target.partition(".")[0] if "." in self.target else ""

    @property
    def field(self) -> str:
        """The column of the schema."""
        return self.target.rpartition(".")[2].partition("@")[0]

    @property
    def status(self) -> str:
        """The status that the header gives to its figures."""
        return self.target.partition("@")[2]


@dataclass
class Layout:
    """How a sheet is laid out: table, header rows by position, columns, a unit above them."""

    table: str
    first: int
    last: int
    columns: list[Column]
    above: str = ""
    score: float = 0.0
    missing: list[list[str]] = field(default_factory=list)

    def column(self, target: str) -> Column | None:
        """Return the column of a target."""
        return next((column for column in self.columns if column.target == target), None)


@cache
def _candidates(table: str) -> dict[str, Match]:
    """Return what headers of a sheet may mean; a capacity sheet may describe its enterprises too."""
    if table != "capacities":
        return headers(table)
    found = {
        text: Match(f"enterprises.{match.target}", match.rule, match.rank)
        for text, match in headers("enterprises").items()
        if match.target not in _NOT_TAKEN
    }
    return found | headers(table)


def _is_number(table: str, target: str) -> bool:
    owner, _, name = target.rpartition(".")
    known = table_spec(owner or table).by_name.get(name.partition("@")[0])
    return known is not None and known.type == "number"


def match_header(table: str, text: str, at: int = 0) -> Column:
    """Return what a header means in a table.

    Examples
    --------
    >>> found = match_header("capacities", "年产能（万吨/年）")
    >>> found.target, found.rule, found.unit
    ('capacity', 'unit', '万吨/年')
    """
    known = _candidates(table)
    column = Column(at, " ".join(text.split()))
    plain = text.strip().strip("*＊ ")
    whole = known.get(folded(plain))
    base, inner = split_brackets(plain)
    match = whole or (known.get(folded(base)) if inner else None)
    if match is None:
        if folded(plain) in synonyms()["row_numbers"]:
            column.target, column.rule = ROW_NUMBER, ROW_NUMBER
        return column
    column.target, column.rule, column.rank = match
    if not _is_number(table, match.target):
        return column
    if whole is None or is_unit(inner):
        _read_inner(column, inner)
    return column


def _read_inner(column: Column, inner: str) -> None:
    """Read what stands in brackets behind the name of a figure: unit, status, year."""
    parts = [inner] if is_unit(inner) else [p for p in re.split(r"[,，、;；\s]+", inner) if p]
    statuses = choices("capacities", "status")
    for part in parts:
        if is_unit(part) and not column.unit:
            column.unit, column.rule = part, "unit"
        elif folded(part) in statuses and column.target == "capacity":
            column.target = f"capacity@{statuses[folded(part)]}"
        elif folded(part) not in synonyms()["remarks"] and not _YEAR.fullmatch(part):
            column.refused = part


def find_layout(grid: Grid, table: str = "") -> Layout | None:
    """Return the layout of a sheet that fits best, or None where nothing fits.

    Parameters
    ----------
    grid
        The sheet.
    table
        The table it is, where a person says so.
    """
    tables = [table] if table else list(_IN_ORDER)
    hints = {name: _hint(grid, name) for name in tables}
    if "capacities" in hints:  # a list of enterprises may name their products too
        hints["capacities"] = max(hints["capacities"], hints.get("enterprises", 0.0))
    top = _filled_top(grid)
    best: Layout | None = None
    for row in range(len(top)):
        for last in (row, row + 1):
            if not _may_be_header(top, row, last):
                continue
            for name in tables:
                layout = _layout(name, top, row, last)
                layout.score += hints[name] - 0.5 * (last - row)
                layout.missing = _missing(layout)
                fits = not layout.missing or table
                if fits and layout.score >= _FEWEST and (best is None or layout.score > best.score):
                    best = layout
    if best is not None:
        best.above = _unit_above(top[: best.first])
    return best


def _hint(grid: Grid, table: str) -> float:
    """Return how much the name of a sheet or file speaks for a table."""
    title = folded(grid.title)
    if table_names().get(title) == table:
        return _NAMED
    return _HINTED if any(
        len(name) > 1 and name in title for name, owner in table_names().items() if owner == table
    ) else 0.0  # fmt: skip


def _filled_top(grid: Grid) -> list[list[Any]]:
    """Return the first rows with merged cells filled."""
    top = [list(row) for row in grid.rows[:_DEEPEST]]
    for first_row, first, last_row, last in grid.merged:
        if first_row >= len(top) or first >= len(top[first_row]):
            continue
        value = top[first_row][first]
        for row in range(first_row, min(last_row + 1, len(top))):
            for at in range(first, min(last + 1, len(top[row]))):
                top[row][at] = value
    return top


def _may_be_header(top: list[list[Any]], row: int, last: int) -> bool:
    if last >= len(top):
        return False
    for at in {row, last}:
        filled = [cell for cell in top[at] if cell not in {None, ""}]
        texts = [cell for cell in filled if isinstance(cell, str)]
        if not filled or len(texts) < _TEXT_SHARE * len(filled):
            return False
    return True


def _layout(table: str, top: list[list[Any]], row: int, last: int) -> Layout:
    width = max(len(top[row]), len(top[last]))
    columns = []
    for at in range(width):
        upper = _text(top[row], at)
        lower = _text(top[last], at) if last > row else ""
        columns.append(_column(table, at, upper, lower))
    _keep_best(table, columns)
    found = {c.target for c in columns if c.target and c.target != ROW_NUMBER}
    return Layout(table, row, last, columns, score=float(len(found)))


def _text(row: list[Any], at: int) -> str:
    cell = row[at] if at < len(row) else None
    text = "" if cell is None else str(cell).strip()
    return text if len(text) <= _LONGEST_HEADER else ""


def _column(table: str, at: int, upper: str, lower: str) -> Column:
    """Return the column under a header of one cell, or of two that stand one above the other."""
    if not lower or lower == upper:
        return match_header(table, upper, at)
    shown = f"{upper}/{lower}" if upper else lower
    base, _ = split_brackets(upper)
    for text in (lower + upper, upper + lower, base + lower, lower):
        column = match_header(table, text, at)
        if column.target and column.target != ROW_NUMBER:
            column.header = shown
            return column
    return Column(at, shown)


def _keep_best(table: str, columns: list[Column]) -> None:
    """Leave each target to the header that fits it best; two equal figures refuse each other."""
    by_target: dict[str, list[Column]] = {}
    for column in columns:
        if column.target and column.target != ROW_NUMBER:
            by_target.setdefault(column.target, []).append(column)
    for target, rivals in by_target.items():
        if len(rivals) == 1:
            continue
        rivals.sort(key=lambda c: (c.rank, c.at))
        figures = _is_number(table, target) or rivals[0].rank == rivals[1].rank
        for column in rivals[1:]:
            column.target, column.rule = "", "none"
            column.refused = "twice" if figures else "second"


def _missing(layout: Layout) -> list[list[str]]:
    held = {c.target for c in layout.columns}
    required = [[f.name] for f in table_spec(layout.table).fields if f.required]
    needs: list[list[str]] = synonyms()["needs"].get(layout.table, required)
    return [group for group in needs if held.isdisjoint(group)]


def _unit_above(rows: list[list[Any]]) -> str:
    """Return the unit that a line above the table gives to all of it."""
    found = {
        match["unit"]
        for row in rows
        for cell in row
        if isinstance(cell, str) and (match := _UNIT_LINE.search(cell)) is not None
    }
    units = [unit for unit in found if is_unit(unit)]
    return units[0] if len(units) == 1 and len(found) == 1 else ""


def tell_columns(grid: Grid, layout: Layout) -> None:
    """Report the columns that were not understood, and what the table lacks."""
    spec = table_spec(layout.table)
    for group in layout.missing:
        titles = [_title(layout.table, target) for target in group]
        choices_ = " / ".join(dict.fromkeys(titles))
        grid.tell("columns-missing", layout.last, table=spec.title_zh, columns=choices_)
    for column in layout.columns:
        place = (layout.last, column.at, column.header)
        if column.refused == "twice":
            grid.tell("column-twice", *place)
        elif column.refused == "second":
            grid.tell("column-second", *place)
        elif column.refused:
            grid.tell("header-remark", *place, remark=column.refused)
        elif not column.target and column.header:
            near = closest(folded(column.header), _candidates(layout.table))
            grid.tell("column-not-understood", *place, suggestions=", ".join(near) or "-")
        elif not column.header and _has_cells(grid, layout, column.at):
            grid.tell("column-without-header", *place)


def _has_cells(grid: Grid, layout: Layout, at: int) -> bool:
    below = grid.rows[layout.last + 1 :]
    return any(at < len(row) and row[at] not in {None, ""} for row in below)


def _title(table: str, target: str) -> str:
    owner, _, name = target.rpartition(".")
    known = table_spec(owner or table).by_name.get(name)
    return known.title_zh if known else "统一社会信用代码"
