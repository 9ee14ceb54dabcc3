"""Workbooks in which a person decides: their look, the drop-down, and what was chosen."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.errors import DataError, FileProblemError
from chaingraph.files import write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from chaingraph.matching.lists import Table
    from chaingraph.words import Language

_OPTIONS: Final = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
_STAMP: Final = datetime(2000, 1, 1)  # noqa: DTZ001  no clock: two runs write the same bytes
_LINE: Final = 15
_WIDE: Final = 0x2E7F
_FONT: Final = {"zh": "微软雅黑", "en": "Calibri"}


def save_book(path: str | Path, title: str, fill: Callable[[Workbook], None]) -> Path:
    """Write a workbook that a function fills; two runs write the same bytes.

    Raises
    ------
    FileProblemError
        Where the file cannot be written, or is no ``.xlsx``.
    """
    import xlsxwriter

    if Path(path).suffix.casefold() != ".xlsx":
        raise FileProblemError("unknown-suffix", path=path, choices=".xlsx")
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, _OPTIONS)
    book.set_properties({"title": title, "created": _STAMP})
    fill(book)
    book.close()
    return write_file(path, file.getvalue())


class DecisionSheet:
    """Writes one sheet: header, rows, a drop-down in the column ``choice``.

    Parameters
    ----------
    book, title, lang
        The workbook, the sheet's name, the language.
    widths
        Column -> width, in their order.
    figures, filled
        Columns that hold numbers; columns that a person fills.
    hidden
        Columns that are there for reading back only.
    titles
        Titles of columns that are those of a table, not of a result.
    """

    def __init__(
        self,
        book: Workbook,
        title: str,
        lang: Language,
        widths: Mapping[str, int],
        *,
        figures: frozenset[str] = frozenset(),
        filled: frozenset[str] = frozenset(),
        hidden: frozenset[str] = frozenset(),
        titles: Mapping[str, str] | None = None,
    ) -> None:
        self.lang, self.widths = lang, dict(widths)
        self.figures, self.filled, self.hidden = figures, filled, hidden
        self.titles = titles or {}
        self.sheet: Worksheet = book.add_worksheet(title)
        base: dict[str, Any] = {"font_name": _FONT[lang], "font_size": 10, "valign": "top"}
        base |= {"border": 1, "border_color": "#C5CCD3"}
        blue = {"bg_color": "#0B4F8A", "font_color": "#FFFFFF", "bold": True, "text_wrap": True}
        self.head: Format = book.add_format(base | blue | {"valign": "vcenter"})
        self.text: Format = book.add_format(base | {"num_format": 49, "text_wrap": True})
        self.open: Format = book.add_format(
            base | {"num_format": 49, "text_wrap": True, "bg_color": "#FFF7D6"}
        )
        self.figure: Format = book.add_format(base | {"num_format": "0"})

    def write(self, rows: Sequence[Mapping[str, Any]], frozen: int = 2) -> None:
        """Write the header and the rows; `frozen` columns stay in sight."""
        sheet, columns = self.sheet, list(self.widths)
        for place, name in enumerate(columns):
            shown = {"hidden": True} if name in self.hidden else {}
            sheet.set_column(place, place, self.widths[name], None, shown)
            sheet.write_string(
                0, place, self.titles.get(name) or title_of(name, self.lang), self.head
            )
        sheet.set_row(0, 30)
        for line, row in enumerate(rows, 1):
            if (high := self._lines(row)) > 1:
                sheet.set_row(line, _LINE * high)
            for place, name in enumerate(columns):
                self._cell(line, place, name, row.get(sibling(name, self.lang)))
        sheet.freeze_panes(1, frozen)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        if rows:
            sheet.autofilter(0, 0, len(rows), len(columns) - 1)

    def _lines(self, row: Mapping[str, Any]) -> int:
        """Return how many lines the longest cell of a row takes; a wide letter is two."""
        seen = {name: row.get(sibling(name, self.lang)) for name in self.widths}
        lines = [
            -(-sum(1 + (ord(letter) > _WIDE) for letter in text) // (self.widths[name] - 1))
            for name, text in seen.items()
            if isinstance(text, str) and name not in self.hidden
        ]
        return max(lines, default=1)

    def _cell(self, line: int, place: int, name: str, value: Any) -> None:
        empty = value is None or value != value  # noqa: PLR0124  nan
        if name in self.figures and not empty:
            self.sheet.write_number(line, place, float(value), self.figure)
            return
        look = self.open if name in self.filled else self.text
        if empty:
            self.sheet.write_blank(line, place, None, look)
        else:
            self.sheet.write_string(line, place, str(value), look)

    def drop_down(self, first: int, last: int, choices: Sequence[str], hint: str) -> None:
        """Let the decision in some lines be one of a few words; `hint` is shown beside it."""
        place = list(self.widths).index("choice")
        shown = [words.term("choice", name, self.lang) for name in choices]
        self.sheet.data_validation(first, place, last, place, {
            "validate": "list", "source": shown, "error_type": "stop",
            "input_title": title_of("choice", self.lang), "input_message": hint,
            "error_title": title_of("choice", self.lang), "error_message": " / ".join(shown),
        })  # fmt: skip


_IN_BOTH: Final = frozenset({"reason", "row", "to_do", "whom", "question", "why"})


def sibling(name: str, lang: Language) -> str:
    """Return the column of a language where there is one for each."""
    return f"{name}_{lang}" if name in _IN_BOTH else name


def title_of(name: str, lang: Language) -> str:
    """Return the title of a column."""
    return words.column(sibling(name, lang)).title(lang)


def find_columns(table: Table, names: Sequence[str]) -> dict[str, int]:
    """Return the place of each column of a sheet that has it, by its title in either language."""
    header = table[0][1] if table else []
    places = {}
    for name in names:
        titles = {title_of(name, lang) for lang in words.LANGUAGES} | {name}
        place = next((place for place, cell in enumerate(header) if cell in titles), None)
        if place is not None:
            places[name] = place
    return places


def read_choice(given: str, choices: Sequence[str], where: tuple[Path, str, int]) -> str:
    """Return the decision that a cell holds, in either language; empty where there is none.

    Raises
    ------
    DataError
        Where it is none of the choices.
    """
    given = given.strip()
    if not given:
        return ""
    known = {
        text.casefold(): choice
        for choice in choices
        for text in (choice, *(words.term("choice", choice, lang) for lang in words.LANGUAGES))
    }
    choice = known.get(given.casefold())
    if choice is None:
        path, sheet, line = where
        shown = " / ".join(f"{words.term('choice', name, 'zh')} ({name})" for name in choices)
        raise DataError(
            "match-bad-decision", value=given, choices=shown, path=path, sheet=sheet, row=line
        )
    return choice
