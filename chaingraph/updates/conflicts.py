"""The workbook of conflicts: one row each, with a drop-down; and what was decided in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.errors import DataError, OptionError
from chaingraph.matching.book import DecisionSheet, find_columns, read_choice, save_book
from chaingraph.matching.lists import read_sheets
from chaingraph.updates.ledger import CHOICES
from chaingraph.updates.merged import worded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlsxwriter import Workbook

    from chaingraph.results import Result
    from chaingraph.words import Language

_WIDTHS: Final = {
    "row": 26, "column": 9, "value_base": 13, "value_ours": 24, "value_theirs": 24, "choice": 11,
    "to_do": 34, "conflict_kind": 14, "table": 9, "ours_origin": 20, "list_origin": 20, "note": 16,
    "conflict": 16,
}  # fmt: skip
_FILLED: Final = frozenset({"choice", "note"})
_HIDDEN: Final = frozenset({"conflict"})


def save_conflicts(result: Result, path: str | Path, *, lang: Language | None = None) -> Path:
    """Write the conflicts of a merge as a workbook in which a person decides them.

    Parameters
    ----------
    result
        The `conflicts` of what :func:`merge_dataset` gave.
    path
        The ``.xlsx`` file; its folder must exist.
    lang
        ``zh`` or ``en``; the result's own by default.

    Returns
    -------
    pathlib.Path
        The file: a row for each open conflict, with a drop-down (the dataset's value, the list's, skip;
        for enterprises: same, new, skip). Give it back to the merge with the decisions filled in.

    Raises
    ------
    FileProblemError
        Where the file cannot be written, or is no ``.xlsx``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import chaingraph as cg
    >>> place = pathlib.Path(tempfile.mkdtemp())
    >>> city = cg.save_dataset(cg.load_dataset("toy"), place / "city")
    >>> found = cg.merge_dataset(city, "toy", dry_run=True)
    >>> cg.save_conflicts(found.conflicts, place / "conflicts.xlsx").name
    'conflicts.xlsx'
    """
    if "conflict_kind" not in result.frame:
        raise OptionError("not-conflicts")
    chosen: Language = result.lang if lang not in words.LANGUAGES else lang
    records = [{str(k): v for k, v in record.items()} for record in result.frame.to_dict("records")]
    rows = [record for record in records if record["outcome"] == "conflict"]

    def fill(book: Workbook) -> None:
        sheet = DecisionSheet(
            book, result.title(chosen), chosen, _WIDTHS, filled=_FILLED, hidden=_HIDDEN
        )
        sheet.write([_told(row, chosen) for row in rows], frozen=1)
        for line, row in enumerate(rows, 1):
            kind = str(row["conflict_kind"])
            who = "enterprise" if "same" in CHOICES[kind] else "cell"
            hint = words.message(f"merge-choose-{who}", chosen)
            sheet.drop_down(line, line, CHOICES[kind], hint)

    return save_book(path, result.title(chosen), fill)


def _told(row: Mapping[str, Any], lang: Language) -> dict[str, Any]:
    """Return a conflict with words of a language for codes."""
    kind = words.term("conflict_kind", str(row["conflict_kind"]), lang)
    return worded(row, lang) | {"conflict_kind": kind}


def read_conflict_decisions(path: str | Path) -> dict[str, str]:
    """Read what a person decided on the conflicts of a merge.

    Parameters
    ----------
    path
        The workbook that :func:`save_conflicts` wrote, with the column of decisions filled in.

    Returns
    -------
    dict of str to str
        Conflict -> decision (ours, theirs, same, new); rows without one, or with skip, are left out.
        A decision holds for the values that stood in its row: where they have changed since, the
        conflict is open again.

    Raises
    ------
    FileProblemError
        Where the file cannot be read.
    DataError
        Where it has no column of decisions, or a decision is none that the conflict allows.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import chaingraph as cg
    >>> place = pathlib.Path(tempfile.mkdtemp())
    >>> city = cg.save_dataset(cg.load_dataset("toy"), place / "city")
    >>> found = cg.merge_dataset(city, "toy", dry_run=True)
    >>> read_conflict_decisions(cg.save_conflicts(found.conflicts, place / "conflicts.xlsx"))
    {}
    """
    file = Path(path)
    found: dict[str, str] = {}
    headed = False
    for sheet, table in read_sheets(file).items():
        places = find_columns(table, list(_WIDTHS))
        if not {"choice", "conflict", "conflict_kind"} <= set(places):
            continue
        headed = True
        for number, cells in table[1:]:
            row = {name: cells[p] if p < len(cells) else "" for name, p in places.items()}
            choices = CHOICES.get(_kind(row["conflict_kind"]), ())
            choice = read_choice(row["choice"], choices, (file, sheet, number))
            if choice not in {"", "skip"} and row["conflict"]:
                found[row["conflict"]] = choice
    if not headed:
        raise DataError("merge-no-decisions", path=file)
    return found


def _kind(text: str) -> str:
    return next(
        (k for k in CHOICES
         if text in {k, *(words.term("conflict_kind", k, lang) for lang in words.LANGUAGES)}),
        "",
    )  # fmt: skip
