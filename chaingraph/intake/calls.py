"""A filled call sheet: its rows become rows of contacts, and the offices that they name, of units.

Columns stay in their places, so that every sentence names the cell that a person sees.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.intake.keys import made_id, normal_name
from chaingraph.schema import table_spec
from chaingraph.sheets.grid import Template
from chaingraph.sheets.problems import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaingraph.rawtables import RawDataset
    from chaingraph.sheets.grid import Grid

KEYS: Final = ("product_id", "group_id", "region")
"""Columns of a call sheet that stay out of sight, under these very names."""
FILLED: Final = ("contact", "phone", "owner", "next_step", "due", "state", "note")
"""Its columns that people fill in."""
NAMED: Final = ("product", "group_zh")
"""Its columns that name the row for people."""
SEEN: Final = (
    "gap_rank", "call_verb", "product", "call_list", "rank", "group_zh", "call_gap", "size", "clear_first",
    *FILLED, "why_them", "buyers", "at_hand", "power_here", "park_here", "cost_here", "call_sources",
)  # fmt: skip
"""Its columns in their order."""
_ENOUGH: Final = 3


def header_of(name: str, lang: words.Language) -> str:
    """Return the header of a column of a call sheet."""
    entry = words.column(name if words.has_column(name) else f"{name}_{lang}")
    return entry.title("zh") if lang == "zh" else entry.title("en")


def take_calls(grids: Sequence[Grid], base: RawDataset) -> list[Grid]:
    """Return the grids, call sheets among them as tables of contacts and of the offices that they name.

    Parameters
    ----------
    grids
        The sheets of a file.
    base
        What the file extends.
    """
    found: list[Grid] = []
    for grid in grids:
        places = _places(grid)
        if places is not None:
            found += _tables(grid, places, base)
        elif not _is_costs(grid):
            found.append(grid)
    return found


def _is_costs(grid: Grid) -> bool:
    """Whether a grid is the sheet of costs that goes with a call sheet: nobody fills it in."""
    header = {shown(cell) for cell in grid.rows[0]} if grid.rows else set()
    return any(
        {header_of(name, lang) for name in ("cost_part", "cost_low", "cost_high")} <= header
        for lang in words.LANGUAGES
    )


def _titles() -> dict[str, str]:
    """Return every header of a call sheet, in both languages and as hidden columns have it -> its column."""
    found = {name: name for name in KEYS}
    for lang in words.LANGUAGES:
        found |= {header_of(name, lang): name for name in SEEN}
    return found


def _places(grid: Grid) -> dict[str, int] | None:
    """Return column -> place of a call sheet; None where the grid is none."""
    header = [shown(cell) for cell in grid.rows[0]] if grid.rows else []
    titles = _titles()
    places: dict[str, int] = {}
    for at, text in enumerate(header):
        if text in titles:
            places.setdefault(titles[text], at)
    marked = set(KEYS) <= places.keys()
    said = len(
        [name for name in ("call_verb", "call_list", "call_gap", "why_them") if name in places]
    )
    return places if marked or said >= _ENOUGH else None


def _tables(grid: Grid, places: Mapping[str, int], base: RawDataset) -> list[Grid]:
    """Return a call sheet as tables; nothing but its problems where it was taken apart."""
    grid.problems = [problem for problem in grid.problems if problem.rule != "hidden-columns"]
    _tell_columns(grid, places)
    names = _product_names(base)
    offices = _offices(base)
    fields = [field.name for field in table_spec("contacts").fields]
    width = len(grid.rows[0])
    # each target stands where its text is seen; region has its own place or one behind all
    spots = {name: places[name] for name in ("contact", "phone", "next_step", "due", "state", "note")
             if name in places}  # fmt: skip
    spots |= {"unit_id": places["owner"]} if "owner" in places else {}
    spots |= {"product_id": places.get("product", places.get("product_id", width))}
    spots |= {"group_zh": places.get("group_zh", places.get("group_id", width + 1))}
    spots["region"] = places.get("region", width + 2)
    head: list[Any] = [None] * (width + 3)
    for name in fields:
        if name in spots:
            at = spots[name]
            seen_as = shown(grid.rows[0][at]) if at < width else ""
            head[at] = name if name == "region" or seen_as in KEYS else seen_as or name
    rows, numbers = [head], [grid.numbers[0]]
    made: dict[str, str] = {}
    seen: dict[tuple[str, str, str], tuple[list[Any], int]] = {}
    for position in range(1, len(grid.rows)):
        row = _row(grid, position, places, spots, (names, offices, made))
        if row is None:
            continue
        key = tuple(shown(row[spots[name]]) for name in ("product_id", "group_zh", "region"))
        first, number = seen.setdefault(key, (row, grid.numbers[position]))  # type: ignore[arg-type]
        if first is not row:
            if first != row:
                grid.tell("call-twice", position, spots["group_zh"], key[1], other=number)
            continue
        rows.append(row)
        numbers.append(grid.numbers[position])
    return _grids(grid, rows, numbers, made)


def _grids(
    grid: Grid, rows: list[list[Any]], numbers: list[int], made: Mapping[str, str]
) -> list[Grid]:
    """Return the table of contacts with the problems of the sheet, and one of the offices that are new."""
    region = grid.template.region if grid.template is not None else ""
    title = grid.title
    more = f"{title} ({table_spec('units').title_zh})"
    marked = grid.template or Template()  # a sheet whose mark is gone is known by its headers
    template = replace(marked, sheets={**marked.sheets, title: "contacts", more: "units"})
    blank: dict[str, Any] = {"merged": [], "broken": {}, "left": set(), "template": template}
    if len(rows) == 1:
        return [replace(grid, rows=[], numbers=[], **blank)] if grid.problems else []
    kept = replace(grid, rows=rows, numbers=numbers, **blank)
    if not made:
        return [kept]
    units: list[list[Any]] = [
        ["unit_id", "name_zh", "region"],
        *([key, name, region or None] for name, key in made.items()),
    ]
    lines = [numbers[0]] * len(units)
    return [
        replace(grid, sheet=more, rows=units, numbers=lines, problems=[], **blank),
        kept,
    ]


def _tell_columns(grid: Grid, places: Mapping[str, int]) -> None:
    """Report columns that are gone and headers that are none of a call sheet."""
    titles = _titles()
    lang = grid.template.lang if grid.template is not None else "zh"
    filled = (*FILLED, *(name for name in NAMED if name not in places))
    for name in (*filled,) if set(KEYS) <= places.keys() else (*filled, *KEYS[:1]):
        gone = name in FILLED and name not in places
        lost = name in NAMED and KEYS[NAMED.index(name)] not in places
        if gone or lost:
            grid.tell("call-column-gone", 0, None, "", header=header_of(name, lang))
    for at, cell in enumerate(grid.rows[0]):
        text = shown(cell)
        below = any(at < len(row) and row[at] not in {None, ""} for row in grid.rows[1:])
        if text and text not in titles and below:
            grid.tell("call-column-other", 0, at, text)


def _row(
    grid: Grid,
    position: int,
    places: Mapping[str, int],
    spots: Mapping[str, int],
    known: tuple[Mapping[str, list[str]], Mapping[str, str], dict[str, str]],
) -> list[Any] | None:
    """Return a row of contacts, each cell where it was; None where nothing is filled in, or it is refused."""
    cells = grid.rows[position]
    raw = {name: cells[at] if at < len(cells) else None for name, at in places.items()}
    if not any(shown(raw.get(name)) for name in FILLED):
        return None
    names, offices, made = known
    product, group = shown(raw.get("product_id")), shown(raw.get("group_id"))
    seen, called = shown(raw.get("product")), shown(raw.get("group_zh"))
    called_so = names.get(product, [])
    if called_so and seen and normal_name(seen) not in map(normal_name, [product, *called_so]):
        expected = called_so[0]
        grid.tell("call-product-changed", position, spots["product_id"], seen, expected=expected)
        return None
    if group and called and normal_name(called) != normal_name(group):
        grid.tell("call-group-changed", position, spots["group_zh"], called, expected=group)
        return None
    if not (product or seen) or not (group or called):
        where = spots["group_zh"] if product or seen else spots["product_id"]
        grid.tell("call-nobody", position, where)
        return None
    row: list[Any] = [None] * len(grid.rows[0]) + [None] * 3
    row[spots["product_id"]] = product or seen
    row[spots["group_zh"]] = group or called
    region = shown(raw.get("region")) or (grid.template.region if grid.template is not None else "")
    row[spots["region"]] = region or None
    for name in ("contact", "phone", "next_step", "due", "state", "note"):
        if name in spots:
            row[spots[name]] = raw.get(name)
    owner = " ".join(str(raw.get("owner") or "").split())
    if owner:
        row[spots["unit_id"]] = offices.get(normal_name(owner)) or made.setdefault(
            owner, made_id("unit", owner, "")
        )
    return row


def _product_names(base: RawDataset) -> dict[str, list[str]]:
    """Return id -> names of the products."""
    table = base.tables.get("products")
    if table is None:
        return {}
    columns = zip(
        *(table.cells(name) for name in ("product_id", "name_zh", "name_en")), strict=True
    )
    return {key: [name for name in names if name] for key, *names in columns}


def _offices(base: RawDataset) -> dict[str, str]:
    """Return every name and id of the offices, as it is compared -> id."""
    table = base.tables.get("units")
    if table is None:
        return {}
    found: dict[str, str] = {}
    for name in ("name_zh", "name_en", "unit_id"):
        pairs: Iterable[tuple[str, str]] = zip(
            table.cells(name), table.cells("unit_id"), strict=True
        )
        for text, key in pairs:
            if text:
                found[normal_name(text)] = key
    return found
