"""The template: what a workbook of ``chaingraph init`` says of itself, and its example rows.

A hidden sheet holds pairs of key and value. It names what the workbook extends, its region, the table of
each sheet and the cells of each example row. A row is the example as long as nobody changed it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from chaingraph.schema import TABLE_NAMES
from chaingraph.sheets.grid import Template
from chaingraph.sheets.problems import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.sheets.grid import Grid
    from chaingraph.sheets.headers import Layout
    from chaingraph.words import Language

MARK_SHEET: Final = "chaingraph"
MARK: Final = "chaingraph-template"
VERSION: Final = "1"
EXAMPLE_NOTES: Final[Mapping[Language, str]] = {
    "zh": "示例行，不导入，可直接覆盖或删除",
    "en": "Example, not imported: overwrite or delete",
}
_EXAMPLE_WORDS: Final = ("示例", "example")
_HELPER: Final = "-"


def mark_rows(template: Template) -> list[tuple[str, str, str]]:
    """Return the rows of the hidden sheet, from which :func:`read_mark` reads the same again.

    Examples
    --------
    >>> mark_rows(Template(("battery",), "宜春市"))[:3]
    [('chaingraph-template', '1', ''), ('extends', 'battery', ''), ('region', '宜春市', '')]
    """
    rows = [(MARK, VERSION, "")]
    rows += [("extends", name, "") for name in template.extends]
    rows += [("region", template.region, ""), ("as_of", template.as_of, ""),
             ("language", template.lang, "")]  # fmt: skip
    rows += [("sheet", title, table or _HELPER) for title, table in template.sheets.items()]
    rows += [
        ("example", table, json.dumps(dict(cells), ensure_ascii=False))
        for table, cells in template.examples.items()
    ]
    return rows


def read_mark(rows: Iterable[Iterable[Any]]) -> Template | None:
    """Return what the rows of a sheet say, None where it is no mark of a template."""
    said = [[shown_whole(cell) for cell in row][:3] for row in rows]
    said = [[*row, "", "", ""][:3] for row in said if any(row)]
    if not said or said[0][0] != MARK:
        return None
    single = {key: value for key, value, _ in said if key in {"region", "as_of", "language"}}
    examples = {}
    for key, table, text in said:
        if key == "example" and table in TABLE_NAMES:
            examples[table] = _cells(text)
    return Template(
        extends=tuple(value for key, value, _ in said if key == "extends"),
        region=single.get("region", ""),
        as_of=single.get("as_of", ""),
        lang="en" if single.get("language") == "en" else "zh",
        sheets={
            title: table if table in TABLE_NAMES else ""
            for key, title, table in said
            if key == "sheet"
        },
        examples=examples,
    )


def shown_whole(cell: object) -> str:
    """Return a cell as text without blanks at its ends, however long."""
    return cell.strip() if isinstance(cell, str) else shown(cell)


def _cells(text: str) -> dict[str, str]:
    try:
        loaded = json.loads(text)
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in loaded.items()} if isinstance(loaded, dict) else {}


def take_template(grids: list[Grid]) -> tuple[list[Grid], Template | None]:
    """Return the grids that may hold data, and the template that they were made from.

    Each grid of the workbook learns of the template; sheets of notes, lists and the catalogue go.
    """
    found: dict[str, Template] = {}
    for grid in grids:
        mark = read_mark(grid.rows) if grid.sheet else None
        if mark is not None:
            found.setdefault(grid.file, mark)
    kept = []
    for grid in grids:
        template = found.get(grid.file)
        grid.template = template
        helper = grid.title == MARK_SHEET or (
            template is not None and not template.sheets.get(grid.title, grid.title)
        )
        if template is None or not helper:
            kept.append(grid)
    return kept, next(iter(found.values()), None)


def is_example(grid: Grid, layout: Layout, position: int, cells: list[Any]) -> bool:
    """Tell whether a row is the example of its sheet; report what is left of it where it was changed.

    A row is the example where all its cells are the example's and one of them says so. Its note is
    taken out of a row that holds anything else. Where the hidden sheet is gone, a row is the example that
    has the note and the name of the example still.
    """
    known = {} if grid.template is None else grid.template.examples.get(layout.table, {})
    found = {
        column.at: (column.target, shown_whole(cells[column.at]))
        for column in layout.columns
        if column.target and shown_whole(cells[column.at])
    }
    notes = set(EXAMPLE_NOTES.values())
    if not any(_says_so(text) for _, text in found.values()):
        return False
    said = {
        at for at, (target, text) in found.items()
        if text in notes or (_says_so(text) and known.get(target) == text)
    }  # fmt: skip
    lost = grid.template is None and len(said) < sum(_says_so(text) for _, text in found.values())
    if said and (lost or all(known.get(target) == text for target, text in found.values())):
        grid.tell("example-row", position)
        return True
    for at in sorted(said):
        text = found[at][1]
        if text in notes:
            cells[at] = None
            grid.tell("example-changed", position, at, text)
        else:
            header = next(c.header for c in layout.columns if c.at == at)
            grid.tell("example-left", position, at, text, header=header)
            grid.left.add(grid.numbers[position])
    return False


def _says_so(text: str) -> bool:
    return any(word in text.casefold() for word in _EXAMPLE_WORDS)
