"""The review workbook: what was matched, what a person decides, what is new; and what they decided."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaingraph import words
from chaingraph.codes import clean_code, is_credit_code
from chaingraph.errors import DataError
from chaingraph.matching.book import (
    DecisionSheet,
    find_columns,
    read_choice,
    save_book,
)
from chaingraph.matching.known import NEW, SAME
from chaingraph.matching.lists import read_sheets
from chaingraph.matching.match import TAKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlsxwriter import Workbook

    from chaingraph.matching.lists import Table
    from chaingraph.results import Result
    from chaingraph.words import Language

SKIP: Final = "skip"
CHOICES: Final = (SAME, NEW, SKIP)
SHEETS: Final = ("taken", "review", "new")
_WIDTHS: Final = {
    "list_row": 9, "name_in_list": 34, "place_in_list": 20, "code_in_list": 21, "choice": 12,
    "enterprise_id": 24, "name_zh": 34, "city": 14, "match_score": 9, "runner_up": 24,
    "runner_up_zh": 34, "runner_up_score": 10, "reason": 44, "note": 24,
}  # fmt: skip
_FIGURES: Final = frozenset({"list_row", "match_score", "runner_up_score"})
_FILLED: Final = frozenset({"choice", "enterprise_id", "note"})


def save_matches(result: Result, path: str | Path, *, lang: Language | None = None) -> Path:
    """Write a match as a workbook in which a person decides what is open.

    Parameters
    ----------
    result
        What :func:`match_enterprises` gave.
    path
        The ``.xlsx`` file; its folder must exist.
    lang
        ``zh`` or ``en``; the result's own by default.

    Returns
    -------
    pathlib.Path
        The file. Its sheets are taken, review and new; each row has a cell with a drop-down (same, new,
        skip), to be filled where a decision is open or another one is right. No cell is a formula.

    Raises
    ------
    FileProblemError
        Where the file cannot be written, or is no ``.xlsx``.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import chaingraph as cg
    >>> found = cg.match_enterprises(cg.load_dataset("toy"), [{"name": "甲市电芯"}])
    >>> cg.save_matches(found, pathlib.Path(tempfile.mkdtemp()) / "review.xlsx").name
    'review.xlsx'
    """
    chosen: Language = result.lang if lang not in words.LANGUAGES else lang
    records = [{str(k): v for k, v in record.items()} for record in result.frame.to_dict("records")]

    def fill(book: Workbook) -> None:
        for name in SHEETS:
            rows = [record for record in records if _sheet_of(str(record["decision"])) == name]
            title = words.term("decision", name, chosen)
            sheet = DecisionSheet(book, title, chosen, _WIDTHS, figures=_FIGURES, filled=_FILLED)
            sheet.write(rows)
            if rows:
                sheet.drop_down(1, len(rows), CHOICES, words.message("match-choose", chosen))
        book.get_worksheet_by_name(words.term("decision", "review", chosen)).activate()

    return save_book(path, result.title(chosen), fill)


def _sheet_of(decision: str) -> str:
    return "taken" if decision in TAKING else decision


def read_decisions(path: str | Path, *, decided_on: str = "") -> list[dict[str, str]]:
    """Read what a person decided in a review workbook.

    Parameters
    ----------
    path
        The workbook that :func:`save_matches` wrote, with the column of decisions filled. Rows without a
        decision, or with skip, are left out. Where `same` is chosen, the enterprise is the one whose id
        stands in the row: another id may be put there.
    decided_on
        Date of the decisions, kept with each.

    Returns
    -------
    list of dict
        Rows of the `aliases` table, for :func:`remember_decisions`.

    Raises
    ------
    FileProblemError
        Where the file cannot be read.
    DataError
        Where it has no column of decisions, a decision is none of the three, or `same` has no id.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import chaingraph as cg
    >>> found = cg.match_enterprises(cg.load_dataset("toy"), [{"name": "甲市电芯"}])
    >>> read_decisions(cg.save_matches(found, pathlib.Path(tempfile.mkdtemp()) / "review.xlsx"))
    []
    """
    file = Path(path)
    found: list[dict[str, str]] = []
    headed = False
    for sheet, table in read_sheets(file).items():
        places = _columns(table)
        headed = headed or bool(places)
        for number, cells in table[1:] if places else ():
            row = {
                name: cells[place] if place < len(cells) else "" for name, place in places.items()
            }
            decision = _decision(row, (file, sheet, number))
            if decision:
                found.append(decision_of(row, decision, decided_on))
    if not headed:
        raise DataError("match-no-decisions", path=file)
    return found


def _columns(table: Table) -> dict[str, int]:
    """Return the place of each column of a sheet; none where it is no sheet of decisions."""
    places = find_columns(table, list(_WIDTHS))
    return places if {"choice", "name_in_list", "enterprise_id"} <= set(places) else {}


def _decision(row: Mapping[str, str], where: tuple[Path, str, int]) -> str:
    """Return the decision of a row; empty where there is none."""
    choice = read_choice(row["choice"], CHOICES, where)
    if choice == SAME and not row["enterprise_id"]:
        path, sheet, line = where
        raise DataError("match-decision-open", path=path, sheet=sheet, row=line)
    return "" if choice == SKIP else choice


def decision_of(row: Mapping[str, str], decision: str, decided_on: str) -> dict[str, str]:
    """Return a decision on a row of a match as a row of the `aliases` table.

    Examples
    --------
    >>> row = {"name_in_list": "远芯", "place_in_list": "甲市", "enterprise_id": "cell_jia"}
    >>> decision_of(row, "new", "2026-01-05")["enterprise_id"]
    ''
    """
    code = clean_code(row.get("code_in_list", ""))
    return {
        "alias_zh": row["name_in_list"],
        "credit_code": code if is_credit_code(code) else "",
        "place": row.get("place_in_list", ""),
        "enterprise_id": row["enterprise_id"] if decision == SAME else "",
        "decision": decision,
        "decided_on": decided_on,
        "source_url": "",
        "note": row.get("note", ""),
    }
