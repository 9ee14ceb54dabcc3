"""A call sheet as files: a workbook that comes back filled in, a page a firm on paper, a web page."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.errors import FileProblemError, OptionError
from chaingraph.files import write_file
from chaingraph.intake.calls import FILLED, KEYS, SEEN, header_of
from chaingraph.matching.book import DecisionSheet, save_book
from chaingraph.recruit.calls import cost_parts
from chaingraph.sheets.grid import Template
from chaingraph.sheets.template import MARK_SHEET, mark_rows
from chaingraph.spoken import say_amount, say_unit
from chaingraph.version import __version__
from chaingraph.views.report import model
from chaingraph.views.report.model import Column, Paragraph, Report, Section, Table, make_row
from chaingraph.views.wording import clean, phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlsxwriter import Workbook

    from chaingraph.results import Result
    from chaingraph.words import Language

SUFFIXES: Final = (".xlsx", ".docx", ".html")
_WIDTHS: Final = {
    "gap_rank": 6, "call_verb": 12, "product": 18, "call_list": 10, "rank": 6, "group_zh": 14, "call_gap": 22,
    "size": 24, "why_them": 44, "buyers": 34, "at_hand": 26, "power_here": 22, "park_here": 30,
    "cost_here": 44, "clear_first": 18, "contact": 12, "phone": 14, "owner": 16, "next_step": 22, "due": 11,
    "state": 11, "note": 22, "call_sources": 40, "product_id": 8, "group_id": 8, "region": 8,
}  # fmt: skip
_COSTS: Final = {
    "name": 22, "place": 14, "input": 22, "cost_part": 12, "alternative_group": 12,
    "coefficient_low": 11, "coefficient_high": 11, "price_low": 13, "price_high": 13, "km": 9,
    "cost_low": 13, "cost_high": 13,
    "date": 11, "source_url": 50,
}  # fmt: skip
_SAID: Final = (
    "clear_first",
    "why_them",
    "buyers",
    "at_hand",
    "power_here",
    "park_here",
    "cost_here",
)
_FREE_ROWS: Final = 20
"""Rows below the names for others that the bureau talks to."""
_LINES: Final = 34
"""Lines of text about products that a page of paper holds beside title, blanks and margins."""
_LINE: Final = 76
"""Half-width letters in a line of a page's table."""
_LONGEST: Final = 420
"""Letters of one text on a page; the workbook has all of it."""


def save_call_sheet(sheet: Result, path: str | Path, *, lang: Language | None = None) -> Path:
    """Write a call sheet as a workbook to be filled in, a Word file with a page a firm, or a web page.

    Parameters
    ----------
    sheet
        What :func:`chaingraph.call_sheet` gave.
    path
        An ``.xlsx`` file, which :func:`chaingraph.import_file` and :func:`chaingraph.merge_dataset` bring
        back; a ``.docx`` or an ``.html`` file.
    lang
        ``zh`` or ``en``; the sheet's own by default.

    Returns
    -------
    pathlib.Path
        The file. Two runs on the same sheet give the same bytes.

    Raises
    ------
    OptionError
        Where the result is no call sheet.
    FileProblemError
        Where the suffix is another, or the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile, chaingraph as cg
    >>> sheet = cg.call_sheet(cg.load_dataset("toy"))
    >>> save_call_sheet(sheet, pathlib.Path(tempfile.mkdtemp()) / "calls.xlsx").name
    'calls.xlsx'
    """
    if sheet.kind != "call_sheet":
        raise OptionError("not-a-call-sheet")
    chosen: Language = sheet.lang if lang not in words.LANGUAGES else lang
    suffix = PurePath(path).suffix.casefold()
    if suffix == ".xlsx":
        return save_book(path, sheet.title(chosen), lambda book: _fill(book, sheet, chosen))
    if suffix == ".docx":
        from chaingraph.views.report.formats.document import to_document

        return write_file(path, to_document(build_call_pages(sheet, lang=chosen)))
    if suffix == ".html":
        from chaingraph.views.report.formats.html import to_html

        return write_file(path, to_html(build_call_pages(sheet, lang=chosen)))
    raise FileProblemError("unknown-suffix", path=path, choices=" ".join(SUFFIXES))


# --- the workbook


def _fill(book: Workbook, sheet: Result, lang: Language) -> None:
    title = words.term("result", "call_sheet", lang)
    titles = {name: header_of(name, lang) for name in SEEN} | {name: name for name in KEYS}
    look = DecisionSheet(
        book, title, lang, {name: _WIDTHS[name] for name in (*SEEN, *KEYS)},
        figures=frozenset({"gap_rank", "rank"}), filled=frozenset(FILLED), hidden=frozenset(KEYS),
        titles=titles,
    )  # fmt: skip
    rows = [_book_row(record, lang) for record in _records(sheet)]
    blank: list[Mapping[str, Any]] = [{} for _ in range(_FREE_ROWS)]
    look.write([*rows, *blank], frozen=6)
    # on paper: what is filled in on one sheet of A3, what to say on the next
    look.sheet.set_paper(8)
    look.sheet.set_print_scale(75)
    look.sheet.set_v_pagebreaks([SEEN.index("why_them")])
    last = len(rows) + _FREE_ROWS
    states = [words.term("contact_state", name, lang) for name in words.vocabulary("contact_state")]
    place = SEEN.index("state")
    look.sheet.data_validation(1, place, last, place, {
        "validate": "list", "source": states, "show_error": False,
    })  # fmt: skip
    place = SEEN.index("due")
    look.sheet.data_validation(1, place, last, place, {
        "validate": "any", "input_title": titles["due"], "input_message": "2025-03 / 2025-03-15",
    })  # fmt: skip
    sheets = {title: "contacts"}
    parts = cost_parts(sheet)
    if parts is not None and len(parts):
        name = phrase("calls-costs", lang)
        sheets[name] = ""
        own = DecisionSheet(
            book,
            name,
            lang,
            _COSTS,
            titles={n: header_of("product" if n == "name" else n, lang) for n in _COSTS},
        )
        own.write([_cost_row(record, lang) for record in _records(parts)])
    params = sheet.params
    region = "" if params["region"] == "*" else str(params["region"])
    mark = Template((str(params["dataset"]),), region, str(params.get("at") or ""), lang, sheets)
    hidden = book.add_worksheet(MARK_SHEET)
    for line, cells in enumerate(mark_rows(mark)):
        for at, text in enumerate(cells):
            hidden.write_string(line, at, text)
    hidden.hide()


def _records(sheet: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sheet.frame.to_dict("records")  # type: ignore[assignment]
    return found


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _book_row(record: Mapping[str, Any], lang: Language) -> dict[str, Any]:
    pages = _text(record["sources"]).split()
    said = {name: record[f"{name}_{lang}"] for name in ("size", *_SAID)}
    return {
        "gap_rank": record["gap_rank"], "rank": record["rank"], "call_verb": _verb(record, lang),
        "product": record[f"name_{lang}"], "call_list": _list(record, lang), "group_zh": record["group_zh"],
        "call_gap": _gap(record, lang), **said, **{name: record[name] for name in FILLED},
        "call_sources": " ".join(f"[{n}] {page}" for n, page in enumerate(pages, 1)) or None,
        "product_id": record["product_id"], "group_id": record["group_zh"], "region": record["region"],
    }  # fmt: skip


def _cost_row(record: Mapping[str, Any], lang: Language) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for name in _COSTS:
        value = record[f"{name}_{lang}" if name in {"name", "input"} else name]
        if isinstance(value, float):
            value = None if value != value else f"{value:,.6g}"  # noqa: PLR0124  nan
        row[name] = words.term("cost_part", value, lang) if name == "cost_part" else value
    return row


def _verb(record: Mapping[str, Any], lang: Language) -> str:
    verb, then = (
        words.term("verb", _text(record[n]), lang) if _text(record[n]) else ""
        for n in ("verb", "then")
    )
    return phrase("calls-then", lang, verb=verb, then=then) if verb and then else verb


def _list(record: Mapping[str, Any], lang: Language) -> str:
    name = _text(record["target_list"])
    return words.term("target_list", name, lang) if name else phrase("calls-off-list", lang)


def _gap(record: Mapping[str, Any], lang: Language) -> str:
    """Return how much is lacking, with its bounds."""
    kind = (
        words.term("gap_kind", _text(record["gap_kind"]), lang) if _text(record["gap_kind"]) else ""
    )
    low, point, high = (float(record[name]) for name in ("gap_low", "gap", "gap_high"))
    if not high > 0:
        return kind
    bounds = say_amount(low, lang), say_amount(high, lang)
    if point == point:  # noqa: PLR0124  nan
        amount = say_amount(point, lang)
        if bounds != (amount, amount):
            amount = phrase("calls-bounds", lang, amount=amount, low=bounds[0], high=bounds[1])
    else:
        amount = words.message("call-between", lang, low=bounds[0], high=bounds[1])
    return phrase(
        "calls-gap", lang, kind=kind, amount=amount, unit=say_unit(str(record["unit"]), lang)
    ).strip()


# --- pages


def build_call_pages(sheet: Result, *, lang: Language | None = None) -> Report:
    """Return a call sheet as pages: one a firm, with what to say for each product and room to write.

    Parameters
    ----------
    sheet
        What :func:`chaingraph.call_sheet` gave.
    lang
        ``zh`` or ``en``; the sheet's own by default.

    Returns
    -------
    Report
        One section a firm, in the order of its first gap: a table of what to say, and one to fill in. The
        products that do not find room on the page stand in a line each.

    Raises
    ------
    OptionError
        Where the result is no call sheet.

    Examples
    --------
    >>> import chaingraph as cg
    >>> pages = build_call_pages(cg.call_sheet(cg.load_dataset("toy"), "foil"))
    >>> [section.title for section in pages.sections]
    ['光箔', '恒金', '远芯']
    """
    if sheet.kind != "call_sheet":
        raise OptionError("not-a-call-sheet")
    chosen: Language = sheet.lang if lang not in words.LANGUAGES else lang
    firms: dict[str, list[dict[str, Any]]] = {}
    for record in _records(sheet):
        firms.setdefault(str(record["group_zh"]), []).append(record)
    sections = tuple(
        _section(number, name, records, chosen)
        for number, (name, records) in enumerate(firms.items(), 1)
    )
    params = sheet.params
    region = "" if params["region"] == "*" else str(params["region"])
    title = phrase("calls-title", chosen, region=region)
    if not sections:
        none = (Paragraph(phrase("calls-none", chosen)),)
        sections = (Section("firm-0", title, none),)
    return Report(
        title=title,
        subtitle=phrase(
            "calls-basis",
            chosen,
            dataset=params["dataset"],
            version=params.get("version", ""),
            at=params.get("at") or "-",
        ),
        lang=chosen,
        meta=(),
        sections=sections,
        sources=(),
        as_of=str(params.get("at") or ""),
        program=f"chaingraph {__version__}",
        contents=False,
        pages=True,
    )


def _section(
    number: int, name: str, records: Sequence[Mapping[str, Any]], lang: Language
) -> Section:
    rows: list[tuple[str, str]] = []
    used = 0
    also: list[str] = []
    pages: list[str] = []
    for record in records:
        block, addresses = _block(record, lang, len(pages))
        lines = sum(_lines(text) for _, text in block)
        if rows and used + lines > _LINES:
            also.append(_line(record, lang))
            continue
        used += lines
        rows += block
        pages += addresses
    if also:
        rows.append((phrase("calls-also", lang), _cut("; ".join(also))))
    if pages:
        told = " ".join(f"[{n}] {_short(page)}" for n, page in enumerate(pages, 1))
        rows.append((header_of("call_sources", lang), told))
    facts = Table(
        f"facts-{number}", "",
        (
            Column("aspect", phrase("calls-aspect", lang), width=12),
            Column("said", phrase("calls-said", lang), width=80),
        ),
        tuple(make_row((model.text(label), model.text(text))) for label, text in rows), cited=False,
    )  # fmt: skip
    return Section(f"firm-{number}", clean(name), (), (facts, _blanks(number, records, lang)))


def _block(
    record: Mapping[str, Any], lang: Language, first: int
) -> tuple[list[tuple[str, str]], list[str]]:
    """Return what a page says of one product, and the addresses behind its reasons."""
    head = " · ".join(filter(None, (
        _text(record[f"name_{lang}"]), _verb(record, lang), _list(record, lang), _gap(record, lang),
    )))  # fmt: skip
    rows = [(header_of("product", lang), head)]
    for name in ("size", *_SAID):
        text = _text(record[f"{name}_{lang}"])
        if text:
            rows.append(
                (
                    header_of(name, lang),
                    _cut(_renumbered(text, first) if name == "why_them" else text),
                )
            )
    return rows, _text(record["sources"]).split()


def _renumbered(text: str, first: int) -> str:
    """Return reasons whose source numbers count on from those of the products above."""
    import re

    def moved(match: re.Match[str]) -> str:
        return "[" + ", ".join(str(int(n) + first) for n in match[1].split(", ")) + "]"

    return re.sub(r"\[(\d+(?:, \d+)*)\]", moved, text)


def _line(record: Mapping[str, Any], lang: Language) -> str:
    return phrase(
        "calls-line", lang, product=_text(record[f"name_{lang}"]), verb=_verb(record, lang),
        gap=_gap(record, lang), size=_text(record[f"size_{lang}"]),
    )  # fmt: skip


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _short(page: str) -> str:
    text = page.removeprefix("https://").removeprefix("http://")
    return text if len(text) <= 60 else text[:59] + "…"  # noqa: PLR2004  a line of a page


def _lines(text: str) -> int:
    width = sum(1 + (ord(letter) > 0x2E7F) for letter in text)  # noqa: PLR2004  wide letters
    return max(1, -(-width // _LINE))


def _blanks(number: int, records: Sequence[Mapping[str, Any]], lang: Language) -> Table:
    """Return the table to fill in: a row a product."""
    columns = (
        Column("product", header_of("product", lang), width=16),
        *(Column(name, header_of(name, lang), width=14) for name in FILLED),
    )
    rows = tuple(
        make_row((
            model.text(record[f"name_{lang}"]),
            *(model.Cell(_text(record[n]) or None, _text(record[n])) for n in FILLED),
        ))
        for record in records
    )  # fmt: skip
    return Table(
        f"talks-{number}", phrase("calls-fill", lang), columns, rows, cited=False, number=number
    )
