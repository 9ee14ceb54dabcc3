"""The pages "Your city in an hour", run as they stand: every command, every output, every edit by hand.

``python -m tests.helpers_hour`` writes what the commands answer into the pages.

A page is Markdown. In a fence ``sh`` each line is a command; the fence ``text`` after it holds what it answers,
with ``...`` for lines left out. Comments say what a person does between commands:

- ``<!-- cell FILE SHEET CELL = VALUE -->`` writes a cell of a workbook (SHEET ``-`` is the first);
- ``<!-- row FILE SHEET COLUMN=VALUE | COLUMN=VALUE ... -->`` fills the first free row of a sheet by its headers;
- ``<!-- text FILE OLD => NEW -->`` changes a text file;
- ``<!-- decide FILE TEXT = CHOICE -->`` fills the open decision in the row that holds a text;
- ``<!-- exit N -->`` before a command: its exit status;
- ``<!-- show HEAD TAIL -->`` before a command: how many lines of the answer the page shows.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import openpyxl

from tests.helpers_cli import run

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR = Path(__file__).parents[1] / "examples" / "hour"
PAGES = {"en": HOUR / "README.md", "zh": HOUR / "README.zh.md"}
LOCALES = {"en": "en_US.UTF-8", "zh": "zh_CN.UTF-8"}
GAP = "..."
_STEP = re.compile(
    r"<!-- (?P<what>cell|row|text|decide|exit|show) (?P<how>.*?) -->"
    r"|```sh\n(?P<commands>.*?)```\n(?:\n?```text\n(?P<answer>.*?)```\n)?",
    re.DOTALL,
)


@dataclass
class Answer:
    """What a fence of commands answered, and where the page says what it should."""

    commands: str
    told: str | None
    text: str
    show: tuple[int, int] | None
    span: tuple[int, int]


def play(page: str, lang: str) -> Iterator[Answer]:
    """Do what a page says, in the current folder; yield each fence of commands with its answer."""
    status, show = 0, None
    for step in _STEP.finditer(page):
        what, how = step["what"], step["how"]
        if what == "exit":
            status = int(how)
        elif what == "show":
            head, tail = how.split()
            show = (int(head), int(tail))
        elif what:
            {"cell": _cell, "row": _row, "text": _text, "decide": _decide}[what](how)
        else:
            lines = [line for line in step["commands"].splitlines() if line]
            text = "".join(_answer(line, lang, status) for line in lines)
            yield Answer(step["commands"], step["answer"], text, show, step.span("answer"))
            status, show = 0, None


def _answer(line: str, lang: str, status: int) -> str:
    program, *arguments = line.split()
    assert program == "chaingraph", line
    text = run(*arguments, lang=LOCALES[lang], status=status).output
    return re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)


def _cell(how: str) -> None:
    place, value = how.split(" = ")
    file, sheet, cell = place.split()
    book = openpyxl.load_workbook(file)
    (book.worksheets[0] if sheet == "-" else book[sheet])[cell] = value
    book.save(file)


def _row(how: str) -> None:
    file, sheet, cells = how.split(maxsplit=2)
    book = openpyxl.load_workbook(file)
    page = book[sheet]
    head = next(row for row in page.iter_rows() if sum(bool(cell.value) for cell in row) > 2)
    places = {str(cell.value).removesuffix(" *"): cell.column for cell in head if cell.value}
    line = head[0].row + 1  # the example row may be written over
    while any(page.cell(line, place).value for place in places.values()) and not _is_example(
        page, line
    ):
        line += 1
    for place in places.values():
        page.cell(line, place).value = None
    for pair in cells.split(" | "):
        name, value = pair.split("=", 1)
        page.cell(line, places[name]).value = value
    book.save(file)


def _is_example(page: object, line: int) -> bool:
    return bool(page.cell(line, 1).font.italic)  # type: ignore[attr-defined]


def _text(how: str) -> None:
    file, change = how.split(maxsplit=1)
    old, new = change.split(" => ")
    text = Path(file).read_text(encoding="utf-8")
    assert text.count(old) == 1, how
    Path(file).write_text(text.replace(old, new), encoding="utf-8")


def _decide(how: str) -> None:
    place, choice = how.split(" = ")
    file, text = place.split(maxsplit=1)
    book = openpyxl.load_workbook(file)
    for page in book:
        lists = [rule for rule in page.data_validations.dataValidation if rule.type == "list"]
        for row in page.iter_rows(min_row=2):
            if lists and any(text == str(cell.value) for cell in row):
                column = min(cells.min_col for cells in lists[0].sqref.ranges)
                page.cell(row[0].row, column).value = choice
                book.save(file)
                return
    raise AssertionError(how)


def matches(told: str, text: str) -> bool:
    """Tell whether an answer is what a page says, lines left out where it says so."""
    parts = [
        re.escape(part) for part in re.split(rf"^{re.escape(GAP)}\n", told, flags=re.MULTILINE)
    ]
    return re.fullmatch("(?:.*\n)*?".join(parts), text) is not None


def shown(answer: Answer) -> str:
    """Return an answer as the page shows it."""
    lines = answer.text.splitlines(keepends=True)
    if answer.show is None or len(lines) <= sum(answer.show) + 1:
        return answer.text
    head, tail = answer.show
    return "".join([*lines[:head], f"{GAP}\n", *(lines[-tail:] if tail else [])])


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """Go into a new folder that holds the spreadsheets of the example."""
    with tempfile.TemporaryDirectory() as below:
        for file in [*HOUR.glob("*.xlsx"), *HOUR.glob("*.csv")]:
            shutil.copy(file, below)
        with contextlib.chdir(below):
            yield Path(below)


def main() -> None:
    """Write the answers into the pages."""
    for lang, path in PAGES.items():
        page = path.read_text(encoding="utf-8")
        with workplace():
            answers = list(play(page, lang))
        for answer in reversed(answers):
            if answer.told is not None:
                start, end = answer.span
                page = page[:start] + shown(answer) + page[end:]
        path.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
