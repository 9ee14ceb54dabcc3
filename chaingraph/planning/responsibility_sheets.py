"""The sheets of a responsibility list that people fill in, and those that they added themselves."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final

from chaingraph.planning import track_words
from chaingraph.planning.track_lights import final_day, first_day, light_formula
from chaingraph.sheets.grid import letters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from chaingraph.planning.track_book import ListBook, OwnSheet, Row
    from chaingraph.planning.track_rules import RuleSet
    from chaingraph.words import Language

SPARE: Final = {"list": 30, "months": 30, "projects": 20, "issues": 50}
"""Empty rows below, which already hold formulas and drop-downs."""
OWN: Final = "+"
"""Before the header of a column that a user added."""
_PARTIAL: Final = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_DATE_LAYOUTS: Final = {4: "yyyy", 7: "yyyy-mm", 10: "yyyy-mm-dd"}
_ROW_HEIGHT: Final = 30
_OWN_WIDTH: Final = 16
_LINE: Final = 15
_MOST_LINES: Final = 5
_WIDE: Final = 0x2E7F
_LONGEST_TITLE: Final = 31
_NO_TITLE: Final = re.compile(r"[\[\]:*?/\\]")


class Looks:
    """The formats of one workbook, each made once."""

    def __init__(self, file: Workbook, lang: Language) -> None:
        self.file = file
        self.base: dict[str, Any] = {
            "font_name": "微软雅黑" if lang == "zh" else "Calibri", "font_size": 10, "valign": "top",
        }  # fmt: skip
        self.made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def of(self, **properties: Any) -> Format:
        """Return a format with a border."""
        return self.bare(border=1, border_color="#C5CCD3", **properties)

    def bare(self, **properties: Any) -> Format:
        """Return a format."""
        key = tuple(sorted(properties.items()))
        if key not in self.made:
            self.made[key] = self.file.add_format(self.base | properties)
        return self.made[key]

    @property
    def head(self) -> Format:
        """Return the format of headers."""
        return self.of(
            bg_color="#0B4F8A", font_color="#FFFFFF", bold=True, text_wrap=True, align="center"
        )

    def cell(self, *, fill: bool, number_format: str = "", grey: bool = False) -> Format:
        """Return the format of a cell: yellow to be filled in, grey where a formula stands."""
        properties: dict[str, Any] = {"text_wrap": True}
        if fill:
            properties["bg_color"] = "#FFF7D6"
        if grey:
            properties["bg_color"] = "#F0F2F4"
        if number_format:
            properties["num_format"] = number_format
        return self.of(**properties)


class ListSheet:
    """One sheet of rows: header, rows, spare rows; and the addresses that formulas need.

    Parameters
    ----------
    sheet, key
        The worksheet and which it is: list, months, projects, issues.
    book, looks
        Content and formats.
    issued
        Where it is noted what was written: sheet, ``id|column``, value.
    """

    def __init__(
        self, sheet: Worksheet, key: str, book: ListBook, looks: Looks, issued: list[tuple[str, str, Any]]
    ) -> None:  # fmt: skip
        self.sheet, self.key, self.book, self.looks, self.issued = sheet, key, book, looks, issued
        self.columns = list(track_words.columns(key))
        known = [column.name for column in self.columns]
        if key == "months":
            known[2:2] = book.months
        self.names = [*known, *(OWN + head for head in book.own_columns.get(key, []))]
        self.title = track_words.name("sheets", key, book.lang)
        self.last = 1 + len(book.rows[key]) + SPARE[key]

    def place(self, name: str) -> int:
        """Return the place of a column, from 0."""
        return self.names.index(name)

    def letter(self, name: str) -> str:
        """Return the letters of a column."""
        return letters(self.place(name))

    def span(self, name: str, *, other: bool = True) -> str:
        """Return the cells of a column below the header, for another sheet with the sheet's name."""
        letter = self.letter(name)
        prefix = f"'{self.title}'!" if other else ""
        return f"{prefix}${letter}$2:${letter}${self.last}"

    def write(self, lists: Mapping[str, ListSheet], rules: RuleSet) -> None:
        """Write header, rows, spare rows, drop-downs and colours."""
        sheet, by_name = self.sheet, {column.name: column for column in self.columns}
        for place, name in enumerate(self.names):
            column = by_name.get(name)
            width = column.width if column else 9 if name in self.book.months else _OWN_WIDTH
            hidden = {"hidden": True} if name == "points" else {}
            sheet.set_column(place, place, width, None, hidden)
            sheet.write_string(0, place, self._header(name), self.looks.head)
        sheet.set_row(0, _ROW_HEIGHT)
        rows = self.book.rows[self.key]
        for line in range(1, self.last):
            if line <= len(rows) and (high := self._lines(rows[line - 1])) > 1:
                sheet.set_row(line, _LINE * high)
            self._row(line, rows[line - 1] if line <= len(rows) else None, lists, rules)
        self._choices()
        if self.key == "list":
            self._colours()
        sheet.freeze_panes(1, 2 if self.key != "list" else 4)
        sheet.autofilter(0, 0, self.last - 1, len(self.names) - 1)
        sheet.set_landscape()
        sheet.set_paper(8 if self.key == "list" else 9)
        sheet.fit_to_pages(2 if self.key == "list" else 1, 0)
        sheet.repeat_rows(0)
        sheet.repeat_columns(0, 3 if self.key == "list" else 1)
        if len(rows):
            sheet.print_area(0, 0, len(rows), len(self.names) - 1)

    def _lines(self, row: Row) -> int:
        """Return how many lines the longest cell of a row takes, five at most; a wide letter is two."""
        widths = {column.name: column.width for column in self.columns}
        lines = [
            -(
                -sum(1 + (ord(letter) > _WIDE) for letter in text)
                // (widths.get(name, _OWN_WIDTH) - 1)
            )
            for name, text in row.cells.items()
            if isinstance(text, str)
        ]
        return min(_MOST_LINES, max(lines, default=1))

    def _header(self, name: str) -> str:
        column = next((c for c in self.columns if c.name == name), None)
        return column.title(self.book.lang) if column else name.removeprefix(OWN)

    def _row(
        self, line: int, row: Row | None, lists: Mapping[str, ListSheet], rules: RuleSet
    ) -> None:
        kinds = {c.name: c for c in self.columns}
        for place, name in enumerate(self.names):
            column = kinds.get(name)
            kind = column.kind if column else "percent" if name in self.book.months else "own"
            fill = bool(column and column.fill) or kind == "own" or name in self.book.months
            value = row.cells.get(name) if row else None
            if kind == "formula":
                self._formula(line, place, name, lists, rules)
            else:
                self._value(line, place, kind, value, fill=fill)
                if (
                    row
                    and value not in {None, ""}
                    and name != "task_id"
                    and not name.startswith(OWN)
                ):
                    key = row.cells.get("task_id") or row.cells.get("project_id") or ""
                    self.issued.append((self.key, f"{key}|{name}", value))
            if row and row.comments.get(name):
                self.sheet.write_comment(line, place, row.comments[name], {"x_scale": 1.5})

    def _value(self, line: int, place: int, kind: str, value: Any, *, fill: bool) -> None:
        looks, sheet = self.looks, self.sheet
        if value is None or value == "":
            layout = {"start": "yyyy-mm", "due": "yyyy-mm"}.get(kind, "")
            sheet.write_blank(line, place, None, looks.cell(fill=fill, number_format=layout))
        elif isinstance(value, bool):
            sheet.write_boolean(line, place, value, looks.cell(fill=fill))
        elif kind in {"start", "due"} and isinstance(value, str) and _is_date(value):
            day = first_day(value) if kind == "start" else final_day(value)
            sheet.write_datetime(
                line, place, dt.datetime(day.year, day.month, day.day),  # noqa: DTZ001
                looks.cell(fill=fill, number_format=_DATE_LAYOUTS[len(value)]),
            )  # fmt: skip
        else:
            write_plain(sheet, line, place, value, looks.cell(fill=fill), looks, fill=fill)

    def _formula(
        self, line: int, place: int, name: str, lists: Mapping[str, ListSheet], rules: RuleSet
    ) -> None:
        text, layout = formula(self, lists, rules, name, line + 1)
        look = self.looks.cell(fill=False, grey=True, number_format=layout)
        self.sheet.write_formula(line, place, text, look, "")

    def _choices(self) -> None:
        """Add drop-downs and checks of what is typed."""
        lang = self.book.lang
        for place, name in enumerate(self.names):
            column = next((c for c in self.columns if c.name == name), None)
            kind = column.kind if column else "percent" if name in self.book.months else ""
            rule: dict[str, Any] = {}
            if kind == "unit":
                rule = {"validate": "list", "source": "=OfficeNames", "error_type": "information"}
            elif kind == "state":
                states = [track_words.name("states", k, lang) for k in track_words.keys("states")]
                rule = {"validate": "list", "source": states, "error_type": "warning"}
            elif kind == "percent":
                hint = track_words.say("month-hint", lang)
                rule = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 100,
                        "error_type": "warning", "input_message": hint}  # fmt: skip
            elif kind in {"start", "due"}:
                rule = {"validate": "date", "criteria": ">", "error_type": "warning",
                        "value": dt.date(2000, 1, 1)}  # fmt: skip
            if rule:
                self.sheet.data_validation(1, place, self.last - 1, place, rule)

    def _colours(self) -> None:
        """Fill the lights by their text, and mark due dates that have passed."""
        lang = self.book.lang
        light, due = self.place("light"), self.place("due")
        for key in track_words.keys("lights"):
            text = track_words.name("lights", key, lang)
            if text:
                look = self.looks.file.add_format(
                    {"bg_color": track_words.fill(key), "font_color": "#1A1A1A"}
                )
                self.sheet.conditional_format(
                    1, light, self.last - 1, light,
                    {"type": "cell", "criteria": "==", "value": f'"{text}"', "format": look},
                )  # fmt: skip
        done, out = (track_words.name("lights", k, lang) for k in ("done", "cancelled"))
        cell, shown = f"${self.letter('due')}2", f"${self.letter('light')}2"
        late = self.looks.file.add_format({"bold": True, "font_color": "#A02000"})
        self.sheet.conditional_format(1, due, self.last - 1, due, {
            "type": "formula", "format": late,
            "criteria": f'=AND(ISNUMBER({cell}),CountDay>{cell},{shown}<>"{done}",{shown}<>"{out}")',
        })  # fmt: skip


def formula(
    own: ListSheet, lists: Mapping[str, ListSheet], rules: RuleSet, name: str, line: int
) -> tuple[str, str]:
    """Return one of our formulas for a line (from 1), and the layout of its result."""
    lang = own.book.lang

    def at(column: str) -> str:
        return f"${own.letter(column)}{line}"

    if name == "moved":
        return _moved(own, line), "yyyy-mm"
    if name == "funds_rate":
        total, funds = at("investment_cny_100m"), at("funds")
        return f'=IF(AND(ISNUMBER({funds}),N({total})>0),{funds}/{total},"")', "0%"
    month_sheet = lists["months"]
    first, last = month_sheet.names[2], month_sheet.names[1 + len(own.book.months)]
    corners = f"${month_sheet.letter(first)}$2:${month_sheet.letter(last)}${month_sheet.last}"
    block = f"'{month_sheet.title}'!{corners}"
    found = f"MATCH({at('task_id')},{month_sheet.span('task_id')},0)"
    if name == "expected":
        start, due = at("start"), at("due")
        return (
            f'=IF(NOT(ISNUMBER({due})),"",IF(CountDay>={due},100,IF(NOT(ISNUMBER({start})),"",'
            f"IF(CountDay<{start},0,ROUND(100*(CountDay-{start})/({due}-{start}),0)))))"
        ), "0"
    if name == "counted":
        done = track_words.name("states", "done", lang)
        return (
            f'=IF({at("task_id")}="","",IF({at("state")}="{done}",100,IF(ISNUMBER({at("progress")}),'
            f'{at("progress")},IFERROR(LOOKUP(9E+99,INDEX({block},{found},0)),""))))'
        ), "0"
    if name == "points":
        counted, weight = at("counted"), at("weight")
        return (
            f'=IF(ISNUMBER({counted}),IF(ISNUMBER({weight}),{weight},1)*MIN({counted},100)/100,"")',
            "0.00",
        )
    moved = f'IFERROR(INDEX({month_sheet.span("moved")},{found}),"")'
    cells = {n: at(n) for n in ("task_id", "start", "due", "state", "expected", "counted")}
    return light_formula(
        rules, cells | {"moved": moved}, lambda key: track_words.name("lights", key, lang), lang
    ), ""


def _moved(own: ListSheet, line: int) -> str:
    """Return the formula of the last month in which cumulative progress differs from the month before."""
    first, last = own.place(own.book.months[0]), own.place(own.book.months[-1])
    now = f"${letters(first)}{line}:${letters(last)}{line}"
    before = f"${letters(first - 1)}{line}:${letters(last - 1)}{line}"
    heads = f"${letters(first)}$1:${letters(last)}$1"
    changed = f"(({now}<>{before})*ISNUMBER({now})*({now}>0))"
    return f'=IFERROR(DATEVALUE(LOOKUP(2,1/{changed},{heads})&"-01"),"")'


def write_plain(
    sheet: Worksheet, line: int, place: int, value: Any, look: Format, looks: Looks, *, fill: bool = False
) -> None:  # fmt: skip
    """Write a value as what it is; text is never run as a formula."""
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value, look)
    elif isinstance(value, int | float):
        sheet.write_number(line, place, value, look)
    elif isinstance(value, dt.datetime | dt.date):
        day = dt.datetime(value.year, value.month, value.day)  # noqa: DTZ001  Excel knows no zones
        moment = value if isinstance(value, dt.datetime) else day
        clock = moment.hour or moment.minute or moment.second
        layout = "yyyy-mm-dd hh:mm:ss" if clock else "yyyy-mm-dd"
        sheet.write_datetime(line, place, moment, looks.cell(fill=fill, number_format=layout))
    else:
        sheet.write_string(line, place, str(value), look)


def write_own_sheet(file: Workbook, own: OwnSheet, taken: set[str], looks: Looks) -> None:
    """Write a sheet that a user added: each cell where it stood."""
    title = free_title(own.title, taken)
    sheet = file.add_worksheet(title)
    plain = looks.bare()
    for (row, column), value in sorted(own.cells.items()):
        held = own.formulas.get((row, column))
        if held:
            sheet.write_formula(
                row - 1, column - 1, held, plain, value if value is not None else ""
            )
        elif (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and (row, column) in own.formats
        ):
            look = looks.bare(num_format=own.formats[row, column])
            sheet.write_number(row - 1, column - 1, value, look)
        else:
            write_plain(sheet, row - 1, column - 1, value, plain, looks)
    for (row, column), text in own.comments.items():
        sheet.write_comment(row - 1, column - 1, text)
    for first_row, first_column, last_row, last_column in own.merged:
        value = own.cells.get((first_row, first_column))
        sheet.merge_range(first_row - 1, first_column - 1, last_row - 1, last_column - 1, "", plain)
        if value is not None:
            write_plain(sheet, first_row - 1, first_column - 1, value, plain, looks)
    for column, width in own.widths.items():
        sheet.set_column(column - 1, column - 1, width)
    if own.hidden:
        sheet.hide()


def free_title(title: str, taken: set[str]) -> str:
    """Return a title that Excel takes and no other sheet has, and remember it."""
    plain = _NO_TITLE.sub("_", title).strip("'")[:_LONGEST_TITLE] or "Sheet"
    chosen, number = plain, 1
    known = {name.casefold() for name in taken}
    while chosen.casefold() in known or chosen.casefold() == "history":
        number += 1
        chosen = f"{plain[: _LONGEST_TITLE - 4]} ({number})"
    taken.add(chosen)
    return chosen


def write_loose(file: Workbook, book: ListBook, looks: Looks, taken: set[str]) -> None:
    """Write what people typed outside our tables: where it stood, and what it says."""
    sheet = file.add_worksheet(free_title(track_words.name("sheets", "other", book.lang), taken))
    heads = [
        track_words.say(f"other-{name}", book.lang) for name in ("sheet", "cell", "value", "why")
    ]
    for place, (head, width) in enumerate(zip(heads, (16, 10, 60, 40), strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, head, looks.head)
    for line, item in enumerate(book.loose, 1):
        look = looks.cell(fill=False)
        sheet.write_string(line, 0, item.sheet, look)
        sheet.write_string(line, 1, item.cell, look)
        write_plain(sheet, line, 2, item.value, look, looks)
        sheet.write_string(line, 3, item.why, look)
    sheet.freeze_panes(1, 0)


def _is_date(text: str) -> bool:
    if not _PARTIAL.fullmatch(text):
        return False
    try:
        first_day(text)
    except ValueError:
        return False
    return True
