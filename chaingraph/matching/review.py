"""The review workbook: what was matched, what a person decides, what is new; and what they decided."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.codes import clean_code, is_credit_code
from chaingraph.errors import DataError, FileProblemError
from chaingraph.files import write_file
from chaingraph.matching.known import NEW, SAME
from chaingraph.matching.lists import read_sheets
from chaingraph.matching.match import TAKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

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
_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_STAMP: Final = datetime(2000, 1, 1)  # noqa: DTZ001  no clock: two runs write the same bytes
_FONT: Final = {"zh": "微软雅黑", "en": "Calibri"}


def save_matches(result: Result, path: str | Path, *, lang: str | None = None) -> Path:
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
    import xlsxwriter

    if Path(path).suffix.casefold() != ".xlsx":
        raise FileProblemError("unknown-suffix", path=path, choices=".xlsx")
    chosen: Language = result.lang if lang not in words.LANGUAGES else lang
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, _OPTIONS)
    book.set_properties({"title": result.title(chosen), "created": _STAMP})
    records = result.frame.to_dict("records")
    for name in SHEETS:
        rows = [record for record in records if _sheet_of(str(record["decision"])) == name]
        _Sheet(book, name, chosen).write([{str(k): v for k, v in row.items()} for row in rows])
    book.get_worksheet_by_name(words.term("decision", "review", chosen)).activate()
    book.close()
    return write_file(path, file.getvalue())


def _sheet_of(decision: str) -> str:
    return "taken" if decision in TAKING else decision


class _Sheet:
    """Writes one sheet: header, rows, drop-down."""

    def __init__(self, book: Workbook, name: str, lang: Language) -> None:
        self.name, self.lang = name, lang
        self.sheet: Worksheet = book.add_worksheet(words.term("decision", name, lang))
        base: dict[str, Any] = {"font_name": _FONT[lang], "font_size": 10, "valign": "top"}
        base |= {"border": 1, "border_color": "#C5CCD3"}
        blue = {"bg_color": "#0B4F8A", "font_color": "#FFFFFF", "bold": True, "text_wrap": True}
        self.head: Format = book.add_format(base | blue | {"valign": "vcenter"})
        self.text: Format = book.add_format(base | {"num_format": 49, "text_wrap": True})
        self.open: Format = book.add_format(
            base | {"num_format": 49, "text_wrap": True, "bg_color": "#FFF7D6"}
        )
        self.figure: Format = book.add_format(base | {"num_format": "0"})

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write the header and the rows."""
        sheet, columns = self.sheet, list(_WIDTHS)
        for place, name in enumerate(columns):
            sheet.set_column(place, place, _WIDTHS[name])
            sheet.write_string(0, place, _title(name, self.lang), self.head)
        sheet.set_row(0, 30)
        for line, row in enumerate(rows, 1):
            for place, name in enumerate(columns):
                self._cell(line, place, name, row.get(self._source(name)))
        sheet.freeze_panes(1, 2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        if rows:
            sheet.autofilter(0, 0, len(rows), len(columns) - 1)
            self._drop_down(columns.index("choice"), len(rows))

    def _source(self, name: str) -> str:
        return f"reason_{self.lang}" if name == "reason" else name

    def _cell(self, line: int, place: int, name: str, value: Any) -> None:
        empty = value is None or value != value  # noqa: PLR0124  nan
        if name in _FIGURES and not empty:
            self.sheet.write_number(line, place, float(value), self.figure)
            return
        look = self.open if name in _FILLED else self.text
        if empty:
            self.sheet.write_blank(line, place, None, look)
        else:
            self.sheet.write_string(line, place, str(value), look)

    def _drop_down(self, place: int, rows: int) -> None:
        shown = [words.term("choice", name, self.lang) for name in CHOICES]
        self.sheet.data_validation(1, place, rows, place, {
            "validate": "list", "source": shown, "error_type": "stop",
            "input_title": _title("choice", self.lang),
            "input_message": words.message("match-choose", self.lang),
            "error_title": _title("choice", self.lang), "error_message": " / ".join(shown),
        })  # fmt: skip


def _title(name: str, lang: Language) -> str:
    return words.column(f"reason_{lang}" if name == "reason" else name).title(lang)


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
                found.append(_alias(row, decision, decided_on))
    if not headed:
        raise DataError("match-no-decisions", path=file)
    return found


def _columns(table: Table) -> dict[str, int]:
    """Return the place of each column of a sheet; none where it is no sheet of decisions."""
    header = table[0][1] if table else []
    places = {}
    for name in _WIDTHS:
        titles = {_title(name, lang) for lang in words.LANGUAGES} | {name}
        place = next((place for place, cell in enumerate(header) if cell in titles), None)
        if place is not None:
            places[name] = place
    return places if {"choice", "name_in_list", "enterprise_id"} <= set(places) else {}


def _decision(row: Mapping[str, str], where: tuple[Path, str, int]) -> str:
    """Return the decision of a row; empty where there is none."""
    given = row["choice"].strip()
    if not given:
        return ""
    known = {
        text.casefold(): choice
        for choice in CHOICES
        for text in (choice, *(words.term("choice", choice, lang) for lang in words.LANGUAGES))
    }
    choice = known.get(given.casefold())
    path, sheet, line = where
    place: dict[str, Any] = {"path": path, "sheet": sheet, "row": line}
    if choice is None:
        shown = " / ".join(f"{words.term('choice', name, 'zh')} ({name})" for name in CHOICES)
        raise DataError("match-bad-decision", value=given, choices=shown, **place)
    if choice == SAME and not row["enterprise_id"]:
        raise DataError("match-decision-open", **place)
    return "" if choice == SKIP else choice


def _alias(row: Mapping[str, str], decision: str, decided_on: str) -> dict[str, str]:
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
