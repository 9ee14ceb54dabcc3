"""A survey plan as what an official sends out: a Word questionnaire, or a workbook to be filled in."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.analysis.survey_form import form_lines
from chaingraph.errors import OptionError
from chaingraph.files import write_file
from chaingraph.intake.form import FILLED, KEYS
from chaingraph.matching.book import DecisionSheet, save_book, title_of
from chaingraph.schema import table_spec
from chaingraph.sheets.grid import Template
from chaingraph.sheets.template import MARK_SHEET, mark_rows
from chaingraph.spoken import say_unit
from chaingraph.version import __version__
from chaingraph.views.report import model
from chaingraph.views.report.model import Column, Paragraph, Report, Section, Table, make_row
from chaingraph.views.wording import phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

    from chaingraph.analysis.survey_form import Line
    from chaingraph.results import Result
    from chaingraph.words import Language

SUFFIXES: Final = (".docx", ".xlsx")
_OF_BUREAUS: Final = ("exists", "own_plant", "total")
"""Questions whose answer is a row of surveys."""
_WIDTHS: Final = {
    "rank": 6, "whom": 30, "contact": 18, "question": 52, "answer_unit": 8, "answer": 26, "source_url": 26,
    "as_of": 12, "why": 44,
}  # fmt: skip
_FILLED: Final = frozenset({"answer", "source_url", "as_of"})
_SURVEYS: Final = {
    "region": 14, "products": 30, "method": 14, "as_of": 12, "result": 14, "makers": 10, "surveyor": 28,
    "source_url": 28, "note": 60,
}  # fmt: skip
_ON_PAPER: Final = {
    "rank": 6, "whom": 32, "about": 25, "asked": 22, "answer_unit": 8, "situation": 25, "firm": 24,
    "firm_capacity": 12, "firm_output": 12, "basis": 18,
}  # fmt: skip
_FORM: Final = {
    "rank": 6, "whom": 34, "about": 24, "asked": 24, "answer_unit": 8, "situation": 10, "firm": 26,
    "firm_capacity": 12, "firm_output": 12, "figure_year": 10, "basis": 22, "ask": 8, "region": 8,
    "product_id": 8, "enterprise_id": 8,
}  # fmt: skip
_FREE_ROWS: Final = 40
"""Rows below the questions that can be filled with what was not asked."""


def build_questionnaire(plan: Result, *, lang: Language | None = None) -> Report:
    """Return the questions of a survey plan as a sheet of paper: one table, a line a product and maker.

    Parameters
    ----------
    plan
        What :func:`chaingraph.plan_survey` gave; of all its questions those that most money hangs on.
    lang
        ``zh`` or ``en``; the plan's own by default.

    Returns
    -------
    Report
        Number, whom, product, question, unit; room for how it stands, names, capacity, output and basis.

    Raises
    ------
    OptionError
        Where the result is no survey plan.

    Examples
    --------
    >>> import chaingraph as cg
    >>> asked = build_questionnaire(cg.plan_survey(cg.load_dataset("toy")), lang="en")
    >>> [[cell.text for cell in row.cells[1:4]] for table in asked.tables for row in table.rows]
    [['Jia Can', 'Can', 'Capacity and output']]
    """
    chosen, _ = _records(plan, lang)
    params = plan.params
    lines, left = form_lines(plan, chosen)
    based = phrase(
        "ask-basis", chosen, dataset=params["dataset"], version=params.get("version", ""),
        at=params.get("at") or "-",
    )  # fmt: skip
    if left:
        based = phrase("ask-and", chosen, one=based, other=phrase("ask-more", chosen, count=left))
    columns = tuple(
        Column(name, title_of(name, chosen), width=width) for name, width in _ON_PAPER.items()
    )
    rows = tuple(make_row(_paper_row(number, line, chosen)) for number, line in enumerate(lines, 1))
    table = Table("ask", "", columns, rows, cited=False, number=1)
    title = phrase("ask-title", chosen, region=_place(params["region"]))
    signed = (Paragraph(phrase("ask-signed", chosen)),)
    return Report(
        title=title,
        subtitle=based,
        lang=chosen,
        meta=((phrase("ask-how", chosen), phrase("ask-how-text", chosen)),),
        sections=(Section("ask", title, signed, (table,), wide=True),) if lines else (),
        sources=(),
        as_of=str(params.get("at") or ""),
        program=f"chaingraph {__version__}",
        contents=False,
        sheet=True,
    )


def _paper_row(number: int, line: Line, lang: Language) -> tuple[model.Cell, ...]:
    blank = model.Cell("", "")
    ticks = " ".join(f"□{words.term('situation', name, lang)}" for name in line.situations)
    return (
        model.count(number), model.text(_whom(line)), model.text(line.about),
        model.text(words.term("asked", line.ask, lang)), model.text(say_unit(line.unit, lang)),
        model.Cell(ticks, ticks or "-"), model.Cell(None, "-") if line.enterprise_id else blank,
        *(blank,) * 3,
    )  # fmt: skip


def _whom(line: Line) -> str:
    return f"{line.whom} ({line.contact})" if line.contact else line.whom


def _records(plan: Result, lang: Language | None) -> tuple[Language, list[Mapping[str, Any]]]:
    if plan.kind != "survey_plan":
        raise OptionError("not-a-plan")
    chosen: Language = plan.lang if lang not in words.LANGUAGES else lang
    records: list[Mapping[str, Any]] = plan.frame.to_dict("records")  # type: ignore[assignment]
    return chosen, records


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else ""


def _place(region: object) -> str:
    return "" if region == "*" else str(region)


def save_questionnaire(plan: Result, path: str | Path, *, lang: Language | None = None) -> Path:
    """Write the questions of a survey plan as a Word document or an Excel workbook.

    Parameters
    ----------
    plan
        What :func:`chaingraph.plan_survey` gave.
    path
        A ``.docx`` file: one page of paper. Or an ``.xlsx`` file: the same lines to be filled in, which
        :func:`chaingraph.import_file` brings back; behind them the list of all questions, and the sheet of
        surveys, prefilled with region, products and method, for
        :func:`chaingraph.read_survey_answers`.
    lang
        ``zh`` or ``en``; the plan's own by default.

    Returns
    -------
    pathlib.Path
        The file. Two runs on the same plan give the same bytes.

    Raises
    ------
    OptionError
        Where the result is no survey plan.
    FileProblemError
        Where the suffix is another, or the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile, chaingraph as cg
    >>> plan = cg.plan_survey(cg.load_dataset("toy"))
    >>> save_questionnaire(plan, pathlib.Path(tempfile.mkdtemp()) / "questions.xlsx").name
    'questions.xlsx'
    """
    if PurePath(path).suffix.casefold() == ".docx":
        from chaingraph.views.report.formats.document import to_document

        return write_file(path, to_document(build_questionnaire(plan, lang=lang)))
    chosen, records = _records(plan, lang)

    def fill(book: Workbook) -> None:
        _write_form(book, plan, chosen)
        title = words.term("result", "survey_plan", chosen)
        sheet = DecisionSheet(
            book, title, chosen, _WIDTHS, figures=frozenset({"rank"}), filled=_FILLED
        )
        sheet.write(records)
        _write_surveys(book, _survey_rows(plan, records, chosen), chosen)
        _write_mark(book, plan, chosen)

    return save_book(path, plan.title(chosen), fill)


def _write_form(book: Workbook, plan: Result, lang: Language) -> None:
    """Write the lines of the page as a sheet, with ids that stay out of sight."""
    lines, _ = form_lines(plan, lang)
    look = DecisionSheet(
        book, phrase("ask-sheet", lang), lang, _FORM, figures=frozenset({"rank"}),
        filled=frozenset(FILLED), hidden=frozenset(KEYS), titles={name: name for name in KEYS},
    )  # fmt: skip
    region = _place(plan.params["region"])
    look.write([
        {
            "rank": number, f"whom_{lang}": _whom(line), "about": line.about,
            "asked": words.term("asked", line.ask, lang), "answer_unit": say_unit(line.unit, lang),
            "ask": line.ask, "region": region, "product_id": line.product_id,
            "enterprise_id": line.enterprise_id,
        }
        for number, line in enumerate(lines, 1)
    ])  # fmt: skip
    sheet: Worksheet = look.sheet
    sheet.set_header(f"&C&14{phrase('ask-title', lang, region=region)}")
    sheet.set_footer(f"&L{phrase('ask-how-text', lang)}")
    place = list(_FORM).index("situation")
    for number, line in enumerate(lines, 1):
        shown = [words.term("situation", name, lang) for name in line.situations]
        if not shown:
            continue
        title = title_of("situation", lang)
        sheet.data_validation(number, place, number, place, {
            "validate": "list", "source": shown, "error_type": "stop", "error_title": title,
            "error_message": " / ".join(shown),
        })  # fmt: skip


def _write_mark(book: Workbook, plan: Result, lang: Language) -> None:
    """Write the hidden sheet that tells an import what the answers belong to."""
    sheets = {
        words.term("result", "survey_plan", lang): "",
        table_spec("surveys").title(lang): "surveys",
    }
    params = plan.params
    mark = Template(
        (str(params["dataset"]),), _place(params["region"]), str(params.get("at") or ""), lang, sheets
    )  # fmt: skip
    sheet = book.add_worksheet(MARK_SHEET)
    for row, cells in enumerate(mark_rows(mark)):
        for column, text in enumerate(cells):
            sheet.write_string(row, column, text)
    sheet.hide()


def _survey_rows(
    plan: Result, records: Sequence[Mapping[str, Any]], lang: Language
) -> list[dict[str, str]]:
    """Return the rows of surveys that answers of bureaus would fill."""
    rows = []
    for record in records:
        if record["ask"] in _OF_BUREAUS:
            statistics = record["bureau"] == "statistics"
            method = "statistics" if statistics else "bureau_list"
            rows.append({
                "region": _place(plan.params["region"]),
                "products": str(record["product_id"]),
                "method": words.term("survey_method", method, lang),
                "surveyor": str(record[f"whom_{lang}"]),
                "note": str(record[f"question_{lang}"]),
            })  # fmt: skip
    return rows


def _write_surveys(book: Workbook, rows: Sequence[Mapping[str, str]], lang: Language) -> None:
    """Write the sheet of surveys: the columns of the table by their titles, lists for closed ones."""
    spec = table_spec("surveys")
    look = DecisionSheet(
        book, spec.title(lang), lang, _SURVEYS,
        filled=frozenset({"as_of", "result", "makers", "source_url"}),
        titles={name: spec.by_name[name].title(lang) for name in _SURVEYS},
    )  # fmt: skip
    blank: list[Mapping[str, Any]] = [{} for _ in range(_FREE_ROWS)]
    look.write([*rows, *blank])
    sheet: Worksheet = look.sheet
    last = len(rows) + _FREE_ROWS
    for place, name in enumerate(_SURVEYS):
        field = spec.by_name[name]
        title = field.title(lang)
        hint = (field.description_zh or field.description) if lang == "zh" else field.description
        choices: dict[str, Any] = {"validate": "any"}
        if field.enum:
            shown = [words.term(field.vocabulary, value, lang) for value in field.enum]
            choices = {"validate": "list", "source": shown, "error_type": "stop",
                       "error_title": title, "error_message": " / ".join(shown)}  # fmt: skip
        sheet.data_validation(
            1,
            place,
            last,
            place,
            choices | {"input_title": title[:32], "input_message": hint[:255]},
        )
