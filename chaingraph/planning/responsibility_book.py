"""The responsibility list as a workbook that is right by itself: drop-downs, lights, scores by formulas."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from chaingraph.errors import OptionError
from chaingraph.matching.book import save_book
from chaingraph.planning import track_words
from chaingraph.planning.responsibility_pages import (
    write_about,
    write_rules,
    write_scores,
    write_units,
)
from chaingraph.planning.responsibility_sheets import (
    ListSheet,
    Looks,
    write_loose,
    write_own_sheet,
)
from chaingraph.planning.track_book import ListBook, book_of
from chaingraph.planning.track_raw import plain_text
from chaingraph.planning.track_rules import load_rules

if TYPE_CHECKING:
    from pathlib import Path

    from xlsxwriter import Workbook

    from chaingraph.planning.track_rules import RuleSet
    from chaingraph.results import Result
    from chaingraph.words import Language

SCHEMA: Final = 1
TEXTS: Final = 30_000
"""Characters of one hidden cell."""


def save_responsibility(
    listed: Result | ListBook,
    path: str | Path,
    *,
    rules: str | RuleSet | None = None,
    lang: Language | None = None,
) -> Path:
    """Write a responsibility list as an Excel workbook.

    Parameters
    ----------
    listed
        What :func:`chaingraph.build_responsibility` gave; or the content of a list that was read back.
    path
        A ``.xlsx`` file.
    rules
        A rule set: the id of one that ships (yinchuan-2025 by default), or a TOML file.
    lang
        ``zh`` or ``en``; the list's own by default.

    Returns
    -------
    pathlib.Path
        The file. Sheets: what to know and counted blanks, tasks, monthly progress, projects, issues,
        scores, offices, rules. Two runs on the same list give the same bytes.

    Raises
    ------
    OptionError
        For a rule set that cannot be used.
    FileProblemError
        Where the suffix is another, or the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile, chaingraph as cg
    >>> listed = cg.build_responsibility(cg.load_dataset("toy"))
    >>> save_responsibility(listed, pathlib.Path(tempfile.mkdtemp()) / "list.xlsx").name
    'list.xlsx'
    """
    chosen = load_rules(rules)
    book = listed if isinstance(listed, ListBook) else _book(listed, lang)
    if lang and book.lang != lang:
        book = replace(book, lang=lang)
    title = track_words.say("title", book.lang, region=book.about["region"])
    return save_book(path, title, lambda file: _fill(file, book, chosen))


def _book(listed: Result, lang: Language | None) -> ListBook:
    if listed.kind != "responsibility":
        raise OptionError("not-a-list")
    return book_of(listed, lang)


def _fill(file: Workbook, book: ListBook, rules: RuleSet) -> None:
    """Write all sheets; the formulas need the places of the columns, so that these are settled first."""
    lang, looks = book.lang, Looks(file, book.lang)
    issued: list[tuple[str, str, Any]] = []
    named = {key: track_words.name("sheets", key, lang) for key in track_words.SHEETS}
    sheets = {key: file.add_worksheet(title) for key, title in named.items()}
    lists = {
        key: ListSheet(sheets[key], key, book, looks, issued)
        for key in ("list", "months", "projects", "issues")
    }
    write_about(sheets["about"], book, rules, lists["list"], looks, issued)
    for sheet in lists.values():
        sheet.write(lists, rules)
    write_scores(sheets["scores"], book, lists["list"], looks)
    write_units(sheets["units"], book, looks, issued)
    write_rules(sheets["rules"], book, rules, looks, issued)
    file.define_name("CountDay", _count_day(named["about"]))
    file.define_name("OfficeNames", f"='{named['units']}'!$A$2:$A${len(book.units) + 31}")
    taken = set(named.values())
    for own in book.sheets:
        write_own_sheet(file, own, taken, looks)
    if book.loose:
        write_loose(file, book, looks, taken)
    meta = sheets["meta"]
    head = {
        "schema": SCHEMA,
        "lang": lang,
        "rules": rules.id,
        "about": book.about,
        "months": book.months,
    }
    meta.write_string(0, 0, "chaingraph responsibility")
    meta.write_string(0, 1, json.dumps(head, ensure_ascii=False, default=str))
    for line, (sheet_key, place, value) in enumerate(issued, 1):
        for column, text in enumerate((sheet_key, place, plain_text(value)[:TEXTS])):
            meta.write_string(line, column, text)
    meta.hide()
    sheets["about"].activate()


def _count_day(about: str) -> str:
    from chaingraph.planning.responsibility_pages import DAY_CELL

    return f"=IF(ISNUMBER('{about}'!{DAY_CELL}),'{about}'!{DAY_CELL},TODAY())"
