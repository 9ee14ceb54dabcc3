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
    from collections.abc import Callable, Mapping, Sequence

    from chaingraph.sheets.grid import Grid

_DEEPEST: Final = 30
_TALLEST: Final = 3
"""Rows that a header may have."""
_FEWEST: Final = 2
_LONGEST_HEADER: Final = 60
_TEXT_SHARE: Final = 0.7
_YEAR: Final = re.compile(r"(?:截至)?(?P<year>[12][0-9]{3})年?(?:[0-9]{1,2}月|底|末|度)?")
_ACTUAL: Final = ("实际", "actual")
_LATE: Final = 40
"""Rank of a figure's header that another one says better: 实际产能 beside 设计产能."""
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
    year: str = ""
    product: str = ""

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
    products: bool = False

    def column(self, target: str) -> Column | None:
        """Return the column of a target."""
        return next((column for column in self.columns if column.target == target), None)


@cache
def _candidates(table: str) -> dict[str, Match]:
    """Return what headers of a sheet may mean; a capacity sheet may describe its enterprises too.

    What bureaus keep beside, such as output and who is responsible, has homes in other tables.
    """
    beside = {
        folded(word): Match(target, "synonym", 20 + rank)
        for target, words in synonyms()["beside"].items()
        if table in _KEPT_BESIDE[target.partition(".")[0]]
        for rank, word in enumerate(words)
    }
    if table != "capacities":
        return beside | headers(table)
    found = {
        text: Match(f"enterprises.{match.target}", match.rule, match.rank)
        for text, match in headers("enterprises").items()
        if match.target not in _NOT_TAKEN
    }
    return beside | found | headers(table)


_KEPT_BESIDE: Final = {
    "outputs": {"capacities", "enterprises"}, "tasks": {"capacities", "enterprises", "projects"},
}  # fmt: skip
_OF_TASK: Final = {"tasks.lead_unit", "tasks.due"}
"""Without one of them a name and a number are those of the firm, and no task."""


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
    plain = column.header.strip("*＊ ")
    whole = known.get(folded(plain))
    base, inner = split_brackets(plain)
    remarks = [inner] if inner else []
    match = whole or (known.get(folded(base)) if inner else None)
    while match is None and inner:  # 产能（万吨）（2024年）
        base, inner = split_brackets(base)
        remarks += [inner] if inner else []
        match = known.get(folded(base))
    if match is None:
        match = _qualified(column, table, base if remarks else plain, known)
    if match is None:
        if folded(plain) in synonyms()["row_numbers"]:
            column.target, column.rule = ROW_NUMBER, ROW_NUMBER
        return column
    column.target, column.rule, column.rank = match
    if not _is_number(table, match.target):
        return column
    for remark in remarks:
        if whole is None or is_unit(remark):
            _read_inner(column, remark)
    return column


def _qualified(column: Column, table: str, text: str, known: Mapping[str, Match]) -> Match | None:
    """Return what the header of a figure means without its year and its adjectives: 2024年核定产能."""
    plain, actual = folded(text), False
    words = synonyms()["qualifiers"]
    while plain:
        match = known.get(plain)
        if match is not None and _is_number(table, match.target):
            return Match(match.target, "qualified", match.rank + (_LATE if actual else 0))
        year = _YEAR.match(plain)
        front = year.group() if year else next((w for w in words if plain.startswith(w)), "")
        back = next((w for w in words if plain.endswith(w)), "")
        if front:
            actual |= front in _ACTUAL
            column.year = year["year"] if year else column.year
            plain = plain.removeprefix(front)
        elif back:
            actual |= back in _ACTUAL
            plain = plain.removesuffix(back)
        else:
            return None
    return None


def _read_inner(column: Column, inner: str) -> None:
    """Read what stands in brackets behind the name of a figure: unit, status, year."""
    parts = [inner] if is_unit(inner) else [p for p in re.split(r"[,，、;；\s]+", inner) if p]
    statuses = choices("capacities", "status")
    for part in parts:
        if is_unit(part) and not column.unit:
            column.unit, column.rule = part, "unit"
        elif folded(part) in statuses and column.target == "capacity":
            column.target = f"capacity@{statuses[folded(part)]}"
        elif (year := _YEAR.fullmatch(folded(part))) is not None:
            column.year = year["year"]
        elif folded(part) not in {*synonyms()["remarks"], *synonyms()["qualifiers"]}:
            column.refused = part


def find_layout(
    grid: Grid, table: str = "", *, product: Callable[[str], str] | None = None, year: str = ""
) -> Layout | None:
    """Return the layout of a sheet that fits best, or None where nothing fits.

    Parameters
    ----------
    grid
        The sheet.
    table
        The table it is, where a person says so.
    product
        Returns the id of the product that a text names, or nothing: with it a sheet may have a column a
        product.
    year
        Year of the list: of columns that differ by their year the newest one up to it counts.
    """
    tables = [table] if table else list(_IN_ORDER)
    hints = {name: _hint(grid, name) for name in tables}
    if "capacities" in hints:  # a list of enterprises may name their products too
        hints["capacities"] = max(hints["capacities"], hints.get("enterprises", 0.0))
    top = _filled_top(grid)
    best: Layout | None = None
    for row in range(len(top)):
        for last in range(row, row + _TALLEST):
            if not _may_be_header(top, row, last):
                break
            for name in tables:
                layout = _layout(name, top, row, last)
                _take_products(layout, top, product)
                _keep_best(name, layout.columns, year)
                _without_task(layout)
                layout.score = float(_found(layout)) + hints[name] - 0.5 * (last - row)
                layout.missing = _missing(layout)
                fits = not layout.missing or table
                if fits and layout.score >= _FEWEST and (best is None or layout.score > best.score):
                    best = layout
    if best is not None:
        best.above = _unit_above(top[: best.first])
    return best


def _found(layout: Layout) -> int:
    targets = {c.target for c in layout.columns if c.target and c.target != ROW_NUMBER}
    return len(targets) + max(0, sum(bool(c.product) for c in layout.columns) - 1)


_OF_PRODUCT: Final = re.compile(r"(?:年?(?:设计|核定)?产能|生产能力)$")


def _take_products(
    layout: Layout, top: list[list[Any]], product: Callable[[str], str] | None
) -> None:
    """Let columns headed by products hold the capacities of these: 磷酸铁锂（吨）."""
    if layout.table != "capacities" or product is None or layout.column("product_id"):
        return
    if any(c.target == "capacity" for c in layout.columns):
        return
    for column in layout.columns:
        if column.target or not column.header:
            continue
        lower = _text(top[layout.last], column.at)
        upper = _text(top[layout.first], column.at) if layout.last > layout.first else ""
        base, inner = split_brackets(lower)
        named = product(lower) or product(base) or product(_OF_PRODUCT.sub("", base))
        if not named:
            continue
        over = match_header("capacities", upper, column.at) if upper and upper != lower else None
        column.product, column.rule, column.rank, column.refused = named, "product", 2, ""
        column.target = over.target if over and over.field == "capacity" else "capacity"
        units = [text for text in (inner, over.unit if over else "") if text and is_unit(text)]
        column.unit = next(iter(units), "")
        layout.products = True


def is_header(cells: Sequence[Any]) -> bool:
    """Tell whether a row in the midst of a sheet is the header of another table.

    At least two cells, and half of those that are filled, are known headers of one table; none is a number.
    """
    filled = [cell for cell in cells if cell not in {None, ""}]
    if len(filled) < _FEWEST or not all(isinstance(cell, str) for cell in filled):
        return False
    if any(len(cell) > _LONGEST_HEADER for cell in filled):
        return False
    for table in ("capacities", "projects", "enterprises", "products", "outputs"):
        found = {c.target for text in filled if (c := match_header(table, text)).target}
        found.discard(ROW_NUMBER)
        if len(found) >= _FEWEST + 1 and 2 * len(found) >= len(filled):
            return True
    return False


def settle_by_values(grid: Grid, layout: Layout, product: Callable[[str], str]) -> None:
    """Take a column for no products that holds stages, or, under a weak header, no product at all.

    Another column that may hold them takes its place; one message says so, not one a cell.
    """
    column = layout.column("product_id")
    if column is None or not _holds_none(grid, layout, column, product):
        return
    grid.tell("column-by-value", layout.last, column.at, column.header)
    column.target, column.rule, column.refused = "", "none", "value"
    for other in layout.columns:
        if not other.target and other.refused in {"second", "twice"}:
            again = match_header(layout.table, other.header, other.at)
            if again.target == "product_id" and not _holds_none(grid, layout, again, product):
                other.target, other.rule, other.refused = again.target, again.rule, ""
                return


_LOOKED_THROUGH: Final = 200


def _holds_none(grid: Grid, layout: Layout, column: Column, product: Callable[[str], str]) -> bool:
    rows = grid.rows[layout.last + 1 : layout.last + 1 + _LOOKED_THROUGH]
    texts = {str(row[column.at]).strip() for row in rows if column.at < len(row) and row[column.at]}
    stages = choices("products", "stage")
    if not texts:
        return False
    if all(folded(text) in stages for text in texts):
        return True
    weak = folded(column.header) in map(folded, synonyms()["weak"])
    return weak and not any(
        product(part) for text in texts for part in re.split(r"[、,，;；/]", text)
    )


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
    for at in range(row, last + 1):
        filled = [cell for cell in top[at] if cell not in {None, ""}]
        texts = [cell for cell in filled if isinstance(cell, str)]
        if not filled or len(texts) < _TEXT_SHARE * len(filled):
            return False
    return True


def _layout(table: str, top: list[list[Any]], row: int, last: int) -> Layout:
    width = max(len(top[at]) for at in range(row, last + 1))
    columns = [
        _column(table, at, [_text(top[line], at) for line in range(row, last + 1)])
        for at in range(width)
    ]
    return Layout(table, row, last, columns)


def _text(row: list[Any], at: int) -> str:
    cell = row[at] if at < len(row) else None
    text = "" if cell is None else str(cell).strip()
    return text if len(text) <= _LONGEST_HEADER else ""


def _column(table: str, at: int, stacked: list[str]) -> Column:
    """Return the column under a header of one cell, or of several that stand one above the other."""
    texts = list(dict.fromkeys(text for text in stacked if text))
    if len(texts) < 2:  # noqa: PLR2004  one cell, or one merged downwards
        return match_header(table, next(iter(texts), ""), at)
    lower, upper = texts[-1], "".join(texts[:-1])
    base, inner = split_brackets(upper)
    bases = [base, *(base.removesuffix(word) for word in _LOOSE if base.endswith(word))]
    tried = [lower + upper, upper + lower, *(b + lower for b in bases), *(lower + b for b in bases),
             lower]  # fmt: skip
    for text in dict.fromkeys(tried):
        column = match_header(table, text, at)
        if column.target and column.target != ROW_NUMBER:
            column.header = "/".join(texts)
            above = is_unit(inner) and _is_number(table, column.target)
            if above and not column.unit:  # 产能情况（万吨/年） over 设计 and 在建
                column.unit, column.rule = inner, "unit"
            return column
    return Column(at, "/".join(texts))


_LOOSE: Final = ("情况", "规模", "信息", "指标")


def _keep_best(table: str, columns: list[Column], year: str = "") -> None:
    """Leave each target to the header that fits it best; two equal figures refuse each other."""
    by_target: dict[str, list[Column]] = {}
    for column in columns:
        if column.target and column.target != ROW_NUMBER and not column.product:
            by_target.setdefault(column.target, []).append(column)
    for target, rivals in by_target.items():
        if len(rivals) == 1:
            continue
        rivals.sort(key=lambda c: (*_age(c, year), c.rank, c.at))
        first = rivals[0]
        for column in rivals[1:]:
            other_year = column.year != first.year
            clear = column.rank >= _LATE > first.rank
            figures = _is_number(table, target) or first.rank == column.rank
            column.target, column.rule = "", "none"
            column.refused = "year" if other_year else "second" if clear or not figures else "twice"


def _without_task(layout: Layout) -> None:
    """Leave the person and the phone of a firm where no task is said."""
    if _OF_TASK.isdisjoint(c.target for c in layout.columns):
        for column in layout.columns:
            if column.table == "tasks":
                column.target, column.rule = "", "none"


def _age(column: Column, year: str) -> tuple[bool, int]:
    """Return the order of columns by their year: none, then the newest one up to that of the list."""
    later = bool(year and column.year > year)
    return later, -int(column.year or 9999)


def _missing(layout: Layout) -> list[list[str]]:
    held = {c.target.partition("@")[0] for c in layout.columns} | (
        {"product_id"} if layout.products else set()
    )
    required = [[f.name] for f in table_spec(layout.table).fields if f.required]
    needs: list[list[str]] = synonyms()["needs"].get(layout.table, required)
    return [group for group in needs if held.isdisjoint(group)]


def _unit_above(rows: list[list[Any]]) -> str:
    """Return the units that a line above the table gives to all of it: 万吨、亿元."""
    found = {
        match["unit"]
        for row in rows
        for cell in row
        if isinstance(cell, str) and (match := _UNIT_LINE.search(cell)) is not None
    }
    if len(found) != 1:
        return ""
    parts = re.split(r"[、,，;；]", next(iter(found)))
    return "、".join(part.strip() for part in parts) if all(map(is_unit, parts)) else ""


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
        elif column.refused == "value":
            continue
        elif column.refused == "year":
            grid.tell("column-other-year", *place)
        elif column.refused == "second":
            grid.tell("column-second", *place)
        elif column.refused:
            grid.tell("header-remark", *place, remark=column.refused)
        elif not column.target and column.header:
            _tell_unknown(grid, layout, column)
        elif not column.header and _has_cells(grid, layout, column.at):
            grid.tell("column-without-header", *place)


def _tell_unknown(grid: Grid, layout: Layout, column: Column) -> None:
    place = (layout.last, column.at, column.header)
    if _means_capacity(layout, column):
        grid.tell("figure-lost", *place)
        return
    near = closest(folded(column.header), _candidates(layout.table))
    grid.tell("column-not-understood", *place, suggestions=", ".join(near) or "-")


_OF_CAPACITY: Final = re.compile(r"产能|生产能力|capacity", re.IGNORECASE)


def _means_capacity(layout: Layout, column: Column) -> bool:
    """Tell whether a column that was not understood holds the figures without which a table says nothing."""
    held = any(c.field == "capacity" for c in layout.columns)
    text = column.header
    found = _OF_CAPACITY.search(text) or _YEAR.fullmatch(folded(text))  # a column a year
    return layout.table == "capacities" and not held and bool(found) and column.target != ROW_NUMBER


def _has_cells(grid: Grid, layout: Layout, at: int) -> bool:
    below = grid.rows[layout.last + 1 :]
    return any(at < len(row) and row[at] not in {None, ""} for row in below)


def _title(table: str, target: str) -> str:
    owner, _, name = target.rpartition(".")
    known = table_spec(owner or table).by_name.get(name)
    return known.title_zh if known else "统一社会信用代码"
