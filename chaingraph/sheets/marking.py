"""Marking: a copy of a planner's workbook in which every cell that was not understood says why."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph.errors import FileProblemError
from chaingraph.files import write_file
from chaingraph.sheets.grids import open_grids
from chaingraph.words import message, term

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaingraph.sheets.problems import Problem
    from chaingraph.words import Language

COLOURS: Final[Mapping[str, str]] = {"error": "FFC7CE", "warning": "FFEB9C", "info": "DDEBF7"}
"""Severity -> fill of a cell: Excel's own bad and neutral, and a light blue."""
_WORST: Final = ("error", "warning", "info")
_CELL: Final = re.compile(r"(?P<letters>[A-Z]{0,3})(?P<row>[0-9]{0,7})")
_LONGEST_TITLE: Final = 31
_STAMP: Final = (2000, 1, 1, 0, 0, 0)
_CLOCK: Final = re.compile(rb"(<dcterms:(?:modified|created)[^>]*>)[^<]*(<)")
_FORBIDDEN: Final = re.compile(r"[\\/*?:\[\]]")


def save_marked(
    source: str | Path, problems: Sequence[Problem], path: str | Path, lang: Language = "zh"
) -> Path:
    """Write a copy of a list with its problems as comments and colours.

    Parameters
    ----------
    source
        The file that was imported: a workbook keeps its sheets as they are; of other files the tables are
        written as sheets.
    problems
        What the import says; notes (info) of a whole sheet are left to the last sheet.
    path
        The ``.xlsx`` file, another one than the source.
    lang
        Language of the comments.

    Returns
    -------
    pathlib.Path
        The file. Errors are red, warnings yellow, notes blue; the last sheet lists all of them with a
        link to their cell. Two runs write the same bytes.

    Raises
    ------
    FileProblemError
        Where it is no ``.xlsx``, is the source itself, or cannot be written.
    """
    target, origin = Path(path), Path(source)
    if target.suffix.casefold() != ".xlsx":
        raise FileProblemError("unknown-suffix", path=path, choices=".xlsx")
    if target.exists() and origin.exists() and target.samefile(origin):
        raise FileProblemError("marked-is-source", path=path)
    book, titles = _copied(origin)
    for (file, sheet), found in _by_sheet(problems).items():
        page = book[titles[file, sheet]] if (file, sheet) in titles else None
        if page is not None:
            _mark(page, found, lang)
    _list(book, titles, problems, lang)
    return write_file(target, _same_bytes(book))


def _copied(source: Path) -> tuple[Any, dict[tuple[str, str], str]]:
    """Return a workbook to mark, and the title of each sheet by file and sheet."""
    import openpyxl

    if source.suffix.casefold() == ".xlsx" and source.is_file():
        book = openpyxl.load_workbook(source, keep_links=False)
        return book, {(source.name, sheet.title): sheet.title for sheet in book.worksheets}
    book = openpyxl.Workbook()
    book.remove(book.active)
    titles: dict[tuple[str, str], str] = {}
    for grid in open_grids(source)[0]:
        free = _FORBIDDEN.sub("_", grid.title)[: _LONGEST_TITLE - 3] or "1"
        taken = set(titles.values())
        title = next(
            t for n in range(1, 999) if (t := free if n == 1 else f"{free}_{n}") not in taken
        )
        titles[grid.file, grid.sheet] = title
        page = book.create_sheet(title)
        for row, number in zip(grid.rows, grid.numbers, strict=True):
            for at, value in enumerate(row, 1):
                if value not in {None, ""}:
                    cell = page.cell(number, at, value)
                    cell.data_type = "s" if isinstance(value, str) else cell.data_type
    if not book.worksheets:
        book.create_sheet("1")
    return book, titles


def _by_sheet(problems: Iterable[Problem]) -> dict[tuple[str, str], list[Problem]]:
    found: dict[tuple[str, str], list[Problem]] = {}
    for problem in problems:
        found.setdefault((problem.file, problem.sheet), []).append(problem)
    return found


def _place(cell: str, page: Any) -> tuple[int, int] | None:
    """Return row and column of a place (C17, 17, C); None for one of a whole sheet."""
    match = _CELL.fullmatch(cell)
    if match is None or not cell:
        return None
    from openpyxl.utils import column_index_from_string

    column = column_index_from_string(match["letters"]) if match["letters"] else 1
    row = int(match["row"]) if match["row"] else page.min_row
    return row, column


def _mark(page: Any, problems: Sequence[Problem], lang: Language) -> None:
    from openpyxl.cell.cell import MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    by_cell: dict[tuple[int, int], list[Problem]] = {}
    for problem in problems:
        place = _place(problem.cell, page)
        if place is not None:
            by_cell.setdefault(place, []).append(problem)
    for (row, column), found in by_cell.items():
        cell = page.cell(row, column)
        if isinstance(cell, MergedCell):  # only the first cell of a range shows
            area = next(r for r in page.merged_cells.ranges if cell.coordinate in r)
            cell = page.cell(area.min_row, area.min_col)
        worst = min(found, key=lambda p: _WORST.index(p.severity)).severity
        cell.fill = PatternFill("solid", fgColor=COLOURS[worst])
        texts = [f"{p.text(lang)}\n→ {p.remedy(lang)}" for p in found if p.severity != "info"]
        texts = texts or [p.text(lang) for p in found]
        before = f"{cell.comment.text}\n\n" if cell.comment else ""
        cell.comment = Comment(before + "\n\n".join(dict.fromkeys(texts)), "chaingraph", 160, 320)


def _list(
    book: Any, titles: Mapping[tuple[str, str], str], problems: Sequence[Problem], lang: Language
) -> None:
    """Write all problems on a sheet of their own, errors first."""
    from openpyxl.styles import Alignment, Font, PatternFill

    title = message("marked-sheet", lang)
    while title in book.sheetnames:
        title = f"{title}_"
    page = book.create_sheet(title)
    page.append(message("marked-columns", lang).split("|"))
    for cell in page[1]:
        cell.font = Font(bold=True)
    for problem in sorted(problems, key=lambda p: _WORST.index(p.severity)):
        shown = term("severity", problem.severity, lang)
        where = titles.get((problem.file, problem.sheet), problem.file)
        page.append([shown, where, problem.cell, problem.text(lang), problem.remedy(lang)])
        row = page[page.max_row]
        for cell in row:
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        row[0].fill = PatternFill("solid", fgColor=COLOURS[problem.severity])
        if where in book.sheetnames and re.fullmatch(r"[A-Z]+[0-9]+", problem.cell):
            row[2].hyperlink = f"#'{where}'!{problem.cell}"
    for letter, width in zip("ABCDE", (8, 18, 10, 60, 60), strict=True):
        page.column_dimensions[letter].width = width
    page.freeze_panes = "A2"


def _same_bytes(book: Any) -> bytes:
    """Return a workbook as bytes that hold no clock."""
    first, last = io.BytesIO(), io.BytesIO()
    book.save(first)
    with zipfile.ZipFile(first) as old, zipfile.ZipFile(last, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "docProps/core.xml":
                data = _CLOCK.sub(rb"\g<1>2000-01-01T00:00:00Z\g<2>", data)
            entry = zipfile.ZipInfo(name, _STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, data)
    return last.getvalue()
