"""A returned list, understood: rows by their numbers, columns by their names, and all else kept beside."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.errors import DataError
from chaingraph.planning import track_words
from chaingraph.planning.responsibility import stable_id
from chaingraph.planning.responsibility_sheets import OWN
from chaingraph.planning.track_book import ListBook, Loose, OwnSheet, Row, month_span
from chaingraph.planning.track_raw import plain_text, read_raw
from chaingraph.planning.track_sheet import Finding, TableReading, best_sheet, find_header

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from chaingraph.planning.track_raw import RawBook, RawSheet
    from chaingraph.words import Language

_TABLES: Final = ("list", "months", "projects", "issues")
_GIVEN: Final = ("about", "units", "rules")
_KEYS: Final = {"list": "task_id", "months": "task_id", "projects": "project_id", "issues": ""}
_DAY, _CONTACT = (4, 2), (5, 2)


@dataclass(frozen=True)
class Change:
    """A cell of ours that came back other than it was issued."""

    sheet: str
    key: str
    column: str
    issued: str
    returned: str


@dataclass
class Returned:
    """A returned list.

    Attributes
    ----------
    book
        Its content, as the next list is written from it.
    raw
        The file as it is; its ``ledger()`` holds every typed cell.
    findings
        What a person must know of one place.
    changes
        Cells of ours that were changed; the user's value stands.
    restored
        Numbers of tasks that were issued, did not come back, and stand in the next list again.
    not_carried
        Kinds of things the next list does not hold, with their number and where.
    """

    book: ListBook
    raw: RawBook
    findings: list[Finding] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    restored: list[str] = field(default_factory=list)
    not_carried: list[tuple[str, int, str]] = field(default_factory=list)
    rules: str = ""
    issued: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def lang(self) -> Language:
        """Language of the list."""
        return self.book.lang

    def tables(self) -> dict[str, pd.DataFrame]:
        """Return the tables ``tasks``, ``milestones`` and ``issues`` of the schema that the list holds.

        What a column does not take (a date that is none) is None there; the book keeps it.
        """
        from chaingraph.planning.track_tables import as_tables

        return as_tables(self.book)


def read_tracking(path: str | Path) -> Returned:
    """Read a returned responsibility list; the file is not written to.

    Parameters
    ----------
    path
        The ``.xlsx`` file, as any office program saved it; or the sheet of tasks as a CSV file in UTF-8 or
        GB 18030.

    Returns
    -------
    Returned
        Content, every typed cell (``raw.ledger()``), findings by row and column, changed cells, restored tasks,
        and what a next list does not hold.

    Raises
    ------
    FileProblemError
        Where the file cannot be read.
    DataError
        Where no sheet of it has a row of headers of a responsibility list.

    Examples
    --------
    >>> import pathlib, tempfile, chaingraph as cg
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "list.xlsx"
    >>> _ = cg.save_responsibility(cg.build_responsibility(cg.load_dataset("toy")), file)
    >>> back = read_tracking(file)
    >>> len(back.book.rows["list"]), len(back.findings), len(back.changes)
    (8, 0, 0)
    """
    raw = read_raw(path)
    head, issued = _issued(raw)
    lang: Language = head.get("lang") or _language(raw)
    about = dict(
        head.get("about") or {"dataset": "-", "version": "", "at": "", "region": raw.path.stem}
    )
    book = ListBook(lang, about, {key: [] for key in _TABLES}, list(head.get("months") or []))
    back = Returned(book, raw, rules=str(head.get("rules") or ""), issued=issued)
    chosen = _assign(raw, back)
    gone: dict[str, set[str]] = {}
    for key in _TABLES:
        if key not in chosen and issued:
            title = track_words.name("sheets", key, lang)
            back.findings.append(Finding("sheet-gone", title, "", "", ""))
        elif key in chosen:
            reading = TableReading(chosen[key], key, back.book, back.findings, issued)
            reading.read()
            gone[key] = reading.gone
    _settle_ids(back, chosen)
    for sheet in raw.sheets:
        ours = next((k for k, s in chosen.items() if s is sheet), "") or track_words.sheet_of(
            sheet.title
        )
        if ours in _TABLES and ours in chosen and chosen[ours] is sheet:
            continue
        if ours in {"scores", "other", *_GIVEN} and sheet.title == track_words.name(
            "sheets", ours, lang
        ):
            _given_sheet(sheet, ours, back)
        elif ours != "meta":
            book.sheets.append(own_sheet(sheet, back))
    _compare(back, gone)
    _restore(back)
    if not book.months:
        book.months = month_span(str(about["at"]), [])
    _name_left_out(back, chosen)
    return back


def _issued(raw: RawBook) -> tuple[dict[str, Any], dict[tuple[str, str], str]]:
    """Return what the hidden sheet says of itself and of what was written; empty where it is gone or broken."""
    for sheet in raw.sheets:
        if track_words.sheet_of(sheet.title) != "meta" or (1, 2) not in sheet.typed:
            continue
        try:
            head = json.loads(str(sheet.typed[1, 2]))
        except json.JSONDecodeError:
            continue
        if isinstance(head, dict):
            rows = {row for row, _ in sheet.typed if row > 1}
            issued = {
                (str(sheet.typed.get((row, 1), "")), str(sheet.typed.get((row, 2), ""))):
                plain_text(sheet.typed.get((row, 3), "")) for row in rows
            }  # fmt: skip
            return head, issued
    return {}, {}


def _language(raw: RawBook) -> Language:
    for sheet in raw.sheets:
        for lang in words.LANGUAGES:
            if sheet.title == track_words.name("sheets", "list", lang):
                return lang
    return "zh"


def _assign(raw: RawBook, back: Returned) -> dict[str, RawSheet]:
    """Return which sheet is which table: by title, else by its headers; one sheet a table.

    Raises
    ------
    DataError
        Where there is no list of tasks.
    """
    chosen: dict[str, RawSheet] = {}
    for sheet in raw.sheets:
        key = track_words.sheet_of(sheet.title)
        if key in _TABLES and key not in chosen and find_header(sheet, key) is not None:
            chosen[key] = sheet
    for sheet in raw.sheets:
        if sheet in chosen.values() or track_words.sheet_of(sheet.title) not in {"", *_TABLES}:
            continue
        key = best_sheet(sheet)
        if key and key not in chosen:
            chosen[key] = sheet
            back.findings.append(
                Finding(
                    "sheet-by-header",
                    sheet.title,
                    "",
                    "",
                    track_words.name("sheets", key, back.lang),
                )
            )
        elif key:
            back.findings.append(Finding("sheet-twice", sheet.title, "", "", chosen[key].title))
    short = None if "list" in chosen else _short_list(raw, chosen)
    if short is not None:
        chosen["list"] = short
    if "list" not in chosen:
        raise DataError("track-no-list", path=raw.path)
    return chosen


def _short_list(raw: RawBook, chosen: dict[str, RawSheet]) -> RawSheet | None:
    """Return a list of one's own, such as a CSV file: three of our headers will do."""
    free = [s for s in raw.sheets if s not in chosen.values()]
    own = [s for s in free if track_words.sheet_of(s.title) in {"", "list"}]
    return next((s for s in own if find_header(s, "list") is not None), None)


def _settle_ids(back: Returned, chosen: dict[str, RawSheet]) -> None:
    """Give each row a number: its own, that of the issued row it must be, or a new one."""
    by_text = {
        (back.issued.get(("list", f"{key.partition('|')[0]}|task_zh"), ""),
         back.issued.get(("list", f"{key.partition('|')[0]}|lead_unit"), ""),
         back.issued.get(("list", f"{key.partition('|')[0]}|due"), "")): key.partition("|")[0]
        for sheet, key in back.issued if sheet == "list"
    }  # fmt: skip
    for key in ("list", "months", "projects"):
        column, seen = _KEYS[key], set()
        title = chosen[key].title if key in chosen else ""
        known = {str(r.cells.get(column)) for r in back.book.rows[key] if r.cells.get(column)}
        for row in back.book.rows[key]:
            own = str(row.cells.get(column) or "").strip()
            if own and own not in seen:
                seen.add(own)
                continue
            texts = (
                str(row.cells.get("task_zh") or ""), str(row.cells.get("lead_unit") or ""),
                str(row.cells.get("due") or ""),
            )  # fmt: skip
            found = (
                by_text.get(texts, "")
                if key == "list"
                else _by_task(row, back)
                if key == "months"
                else ""
            )
            what = texts[0] or str(row.cells.get("project_zh") or row.at)
            new = found if found and found not in known | seen else _new_id(what, known | seen)
            rule = "id-twice" if own else "id-found" if new == found else "id-new"
            back.findings.append(Finding(rule, title, str(row.at), own, new))
            if own:
                _note(row, column, own, back.lang)
            row.cells[column] = new
            seen.add(new)


def _by_task(row: Row, back: Returned) -> str:
    task = str(row.cells.get("task_zh") or "")
    hits = [r for r in back.book.rows["list"] if task and r.cells.get("task_zh") == task]
    return str(hits[0].cells.get("task_id") or "") if len(hits) == 1 else ""


def _new_id(text: str, taken: set[str]) -> str:
    number, new = 1, "U" + stable_id("target", text)[1:]
    while new in taken:
        number += 1
        new = "U" + stable_id("target", text, str(number))[1:]
    return new


def _note(row: Row, column: str, typed: str, lang: Language) -> None:
    """Keep beside a cell what was typed in it."""
    said = track_words.say("typed-as", lang, value=typed)
    row.comments[column] = "\n".join(filter(None, (row.comments.get(column), said)))


def _given_sheet(sheet: RawSheet, key: str, back: Returned) -> None:
    """Read a sheet that we fill: what people changed or added in it is kept."""
    book = back.book
    first = {"units": _unit_rows, "other": _other_rows}.get(key)
    done = first(sheet, back) if first else set()
    heads = {c.title(lang) for c in track_words.columns("scores") for lang in words.LANGUAGES}
    for place in sorted({*sheet.typed, *sheet.formulas}):
        cell = sheet.place(*place)
        text = plain_text(sheet.typed.get(place, ""))
        if place in done or (place in sheet.formulas and key in {"scores", "about"}):
            continue
        if key == "about" and place == _DAY:
            shown = sheet.shown.get(place, "")
            book.about["day"] = _day(shown)
            if book.about["day"]:
                continue
        if key == "about" and place == _CONTACT:
            if text.strip():
                book.about["contact"] = text
            continue
        if (key == "scores" and text in heads) or back.issued.get((key, cell)) == text:
            continue
        value = sheet.formulas.get(place) or sheet.typed.get(place)
        book.loose.append(Loose(sheet.title, cell, value, track_words.say("why-given", book.lang)))
    _loose_comments(sheet, back)


def _day(shown: Any) -> str:
    from chaingraph.sheets.dates import read_date
    from chaingraph.sheets.problems import Refusal

    read = read_date(shown)
    return str(read[0]) if isinstance(read, tuple) and not isinstance(read, Refusal) else ""


def _unit_rows(sheet: RawSheet, back: Returned) -> set[tuple[int, int]]:
    done = set()
    for row in sheet.rows():
        name = sheet.typed.get((row, 1))
        if row == 1 or not isinstance(name, str) or (row, 1) in sheet.formulas:
            continue
        source = sheet.typed.get((row, 2), "")
        back.book.units.append((name, plain_text(source)))
        done |= {(row, 1), (row, 2)}
    return done


def _other_rows(sheet: RawSheet, back: Returned) -> set[tuple[int, int]]:
    """Carry on what an earlier list carried over."""
    done = {(1, column) for column in range(1, 5)}
    for row in sheet.rows():
        if row == 1 or (row, 3) not in sheet.typed:
            continue
        texts = [plain_text(sheet.typed.get((row, column), "")) for column in (1, 2, 4)]
        back.book.loose.append(Loose(texts[0], texts[1], sheet.typed[row, 3], texts[2]))
        done |= {(row, column) for column in range(1, 5)}
    return done


def _loose_comments(sheet: RawSheet, back: Returned) -> None:
    why = track_words.say("why-comment", back.lang)
    back.book.loose += [
        Loose(sheet.title, sheet.place(*place), text, why) for place, text in sorted(sheet.comments.items())
    ]  # fmt: skip


def own_sheet(sheet: RawSheet, back: Returned) -> OwnSheet:
    """Return a user's sheet as it is carried; formulas live on where they look at their own sheet only."""
    own = OwnSheet(
        sheet.title, dict(sheet.typed), {}, dict(sheet.comments), list(sheet.merged), dict(sheet.widths),
        dict(sheet.formats), sheet.hidden,
    )  # fmt: skip
    for place, text in sheet.formulas.items():
        if _stays_inside(text):
            own.formulas[place] = text
            own.cells.setdefault(place, None)
        else:
            said = track_words.say("formula-was", back.lang, formula=text)
            own.comments[place] = "\n".join(filter(None, (own.comments.get(place), said)))
            own.cells.setdefault(place, f"'{text}")
    return own


def _stays_inside(formula: str) -> bool:
    """Tell whether a formula looks at nothing but its own sheet, and calls nothing outside."""
    plain = formula.upper()
    outside = (
        "!",
        "[",
        "|",
        "WEBSERVICE",
        "HYPERLINK",
        "INDIRECT",
        "CALL(",
        "REGISTER",
        "RTD(",
        "DDE",
        "CUBE",
        "FILTERXML",
    )
    return plain.startswith("=") and not any(mark in plain for mark in outside)


def _compare(back: Returned, gone: dict[str, set[str]]) -> None:
    """List the cells of ours that came back other than issued; columns that are gone are as issued."""
    for key in ("list", "months", "projects"):
        own = {c.name for c in track_words.columns(key) if c.fill or c.kind == "formula"}
        for row in back.book.rows[key]:
            number = str(row.cells.get(_KEYS[key]) or "")
            for (sheet, place), was in _of_row(back, key, number):
                column = place.partition("|")[2]
                if column in gone.get(key, ()):
                    row.cells[column] = _issued_value(key, column, was)
                    continue
                now = plain_text(
                    row.cells.get(column, "") if row.cells.get(column) is not None else ""
                )
                if column not in own and sheet == key and now != was:
                    back.changes.append(Change(key, number, column, was, now))


def _of_row(back: Returned, key: str, number: str) -> list[tuple[tuple[str, str], str]]:
    if not hasattr(back, "_by_row"):
        index: dict[tuple[str, str], list[tuple[tuple[str, str], str]]] = {}
        for (sheet, place), was in back.issued.items():
            index.setdefault((sheet, place.partition("|")[0]), []).append(((sheet, place), was))
        back._by_row = index  # type: ignore[attr-defined]  # noqa: SLF001
    found: list[tuple[tuple[str, str], str]] = back._by_row.get((key, number), [])  # type: ignore[attr-defined]  # noqa: SLF001
    return found


def _restore(back: Returned) -> None:
    """Put issued rows that did not come back into the next list again, and name them."""
    for key in ("list", "months", "projects"):
        there = {str(r.cells.get(_KEYS[key])) for r in back.book.rows[key]}
        numbers = dict.fromkeys(
            place.partition("|")[0] for sheet, place in back.issued if sheet == key
        )
        for number in numbers:
            if not number or number in there:
                continue
            values: dict[str, Any] = {_KEYS[key]: number}
            for (_, place), was in _of_row(back, key, number):
                column = place.partition("|")[2]
                values[column] = _issued_value(key, column, was)
            back.book.rows[key].append(Row(values))
            if key == "list":
                back.restored.append(number)


def _issued_value(sheet: str, column: str, was: str) -> Any:
    """Return a cell as it was issued: a figure where its column holds figures."""
    kinds = {c.name: c.kind for c in track_words.columns(sheet)}
    return _as_number(was) if kinds.get(column, "percent") in {"number", "percent"} else was


def _as_number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def _name_left_out(back: Returned, chosen: dict[str, RawSheet]) -> None:
    """Name what the next list does not hold."""
    back.not_carried += [(kind, count, "") for kind, count in sorted(back.raw.parts.items())]
    ours = [s.title for s in back.raw.sheets if s not in chosen.values() and s.rules
            and not track_words.sheet_of(s.title)]  # fmt: skip
    if ours:
        back.not_carried.append(("rules", len(ours), ", ".join(ours)))
    merged = [(s.title, len(s.merged)) for s in chosen.values() if s.merged]
    back.not_carried += [("merged", count, title) for title, count in merged]
    if back.book.sheets or any(back.book.own_columns.values()):
        back.not_carried.append(("looks", 1, ""))


__all__ = ["OWN", "Change", "Returned", "read_tracking"]
