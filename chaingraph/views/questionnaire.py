"""A survey plan as what an official sends out: a Word questionnaire, or a workbook to be filled in."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.errors import OptionError
from chaingraph.files import write_file
from chaingraph.matching.book import DecisionSheet, save_book
from chaingraph.schema import table_spec
from chaingraph.spoken import say_unit
from chaingraph.version import __version__
from chaingraph.views.report import model
from chaingraph.views.report.model import (
    Column,
    Paragraph,
    Report,
    Section,
    Table,
    make_row,
    phrase,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

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
_FREE_ROWS: Final = 40
"""Rows below the questions that can be filled with what was not asked."""


def build_questionnaire(plan: Result, *, lang: Language | None = None) -> Report:
    """Return the questions of a survey plan as a document: one table an addressee.

    Parameters
    ----------
    plan
        What :func:`chaingraph.plan_survey` gave; its first rows make a document of a few pages.
    lang
        ``zh`` or ``en``; the plan's own by default.

    Returns
    -------
    Report
        Number, question, unit; room for the answer, its source and its date.

    Raises
    ------
    OptionError
        Where the result is no survey plan.

    Examples
    --------
    >>> import chaingraph as cg
    >>> asked = build_questionnaire(cg.plan_survey(cg.load_dataset("toy")), lang="en")
    >>> [section.title for section in asked.sections]
    ['Jia Cell', 'Jia Can']
    """
    chosen, records = _records(plan, lang)
    params = plan.params
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        groups.setdefault(str(record[f"whom_{chosen}"]), []).append(record)
    sections = tuple(
        _section(number, whom, rows, chosen)
        for number, (whom, rows) in enumerate(groups.items(), 1)
    )
    based = phrase(
        "ask-basis", chosen, dataset=params["dataset"], version=params.get("version", ""),
        at=params.get("at") or "-",
    )  # fmt: skip
    return Report(
        title=phrase("ask-title", chosen, region=_place(params["region"])),
        subtitle=based,
        lang=chosen,
        meta=((phrase("ask-how", chosen), phrase("ask-how-text", chosen)),),
        sections=sections,
        sources=(),
        as_of=str(params.get("at") or ""),
        program=f"chaingraph {__version__}",
        contents=False,
    )


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


def _section(number: int, whom: str, rows: Sequence[Mapping[str, Any]], lang: Language) -> Section:
    columns = (
        Column("rank", phrase("ask-number", lang), width=6),
        Column("question", phrase("ask-question", lang), width=46),
        Column("unit", phrase("ask-unit", lang), width=8),
        Column("answer", phrase("ask-answer", lang), width=24),
        Column("source", phrase("ask-source", lang), width=18),
        Column("date", phrase("ask-date", lang), width=10),
    )
    blank = model.Cell("", "")
    filled = tuple(
        make_row((
            model.count(place), model.text(row[f"question_{lang}"]),
            model.text(say_unit(_text(row["answer_unit"]), lang)), blank, blank, blank,
        ))
        for place, row in enumerate(rows, 1)
    )  # fmt: skip
    contacts = dict.fromkeys(str(row["contact"]) for row in rows if isinstance(row["contact"], str))
    paragraphs = [Paragraph(phrase("ask-signed", lang))]
    if contacts:
        paragraphs.insert(0, Paragraph(phrase("ask-contact", lang, contact="; ".join(contacts))))
    table = Table(f"ask_{number}", "", columns, filled, cited=False, number=number)
    return Section(f"ask_{number}", model.clean(whom), tuple(paragraphs), (table,))


def save_questionnaire(plan: Result, path: str | Path, *, lang: Language | None = None) -> Path:
    """Write the questions of a survey plan as a Word document or an Excel workbook.

    Parameters
    ----------
    plan
        What :func:`chaingraph.plan_survey` gave.
    path
        A ``.docx`` file: one table an addressee. Or an ``.xlsx`` file: a list of all questions with room for
        answers, and the sheet of surveys, prefilled with region, products and method, whose method and
        result are chosen from lists; :func:`chaingraph.read_survey_answers` brings filled rows back.
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
        from chaingraph.views.report.as_document import to_document

        return write_file(path, to_document(build_questionnaire(plan, lang=lang)))
    chosen, records = _records(plan, lang)

    def fill(book: Workbook) -> None:
        title = words.term("result", "survey_plan", chosen)
        sheet = DecisionSheet(
            book, title, chosen, _WIDTHS, figures=frozenset({"rank"}), filled=_FILLED
        )
        sheet.write(records)
        _write_surveys(book, _survey_rows(plan, records, chosen), chosen)

    return save_book(path, plan.title(chosen), fill)


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
