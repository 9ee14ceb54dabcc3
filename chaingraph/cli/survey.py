"""The command that tells whom to ask what, and brings the answers back: survey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.options import (
    FORMATS,
    Output,
    chosen_format,
    date_option,
    goal_option,
    lang_option,
    load_option,
    opened,
    prices_option,
    quiet_option,
    region_option,
    say,
    status_option,
    with_dataset,
)
from chaingraph.cli.output import emit
from chaingraph.cli.terminal import echo

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset
    from chaingraph.words import Language

_PAGE = 20
_BOOKS = (".docx", ".xlsx")


def _is_book(target: str | None) -> bool:
    return str(target or "").casefold().endswith(_BOOKS)


@click.command(epilog="Example: chaingraph survey qujing")
@with_dataset
@region_option
@date_option
@status_option
@load_option
@prices_option
@goal_option
@click.option(
    "--limit", type=click.IntRange(0), help="Only the first questions; 0 for all.",
)  # fmt: skip
@click.option(
    "-f", "--format", "plan_format", type=click.Choice(FORMATS),
    help="By the suffix of -o, else table.",
)  # fmt: skip
@click.option(
    "-o", "--output", "target", metavar="FILE",
    help="File to write: .docx to send out, .xlsx to fill in, .csv, .json, .md; - is stdout.",
)  # fmt: skip
@lang_option
@quiet_option
def survey(
    ds: Dataset,
    limit: int | None,
    plan_format: str | None,
    target: str | None,
    lang: Language | None,
    quiet: bool,
    **asked: Any,
) -> None:
    """Tell whom to ask what about a region, the answers that most money hangs on first.

    With -o questions.docx a questionnaire of one page; with -o questions.xlsx the same to be filled in, which
    'chaingraph import questions.xlsx -o my-city' brings back.
    """
    from chaingraph.analysis.survey_plan import plan_survey
    from chaingraph.views.papers.questionnaire import save_questionnaire
    from chaingraph.words import message

    book = _is_book(target) and plan_format is None
    if not book:
        chosen_format(plan_format, target, books=_BOOKS)
    plan = plan_survey(opened(ds, asked), limit=limit or None, lang=lang, **asked)
    if not book:
        emit(
            [plan],
            out=Output(lang, quiet, plan_format, target),
            default_top=_PAGE if limit is None else None,
        )
        return
    path = save_questionnaire(plan, str(target), lang=lang)
    say(message("written", plan.lang, path=path), quiet=quiet)


@click.command(epilog="Example: chaingraph answers questions.xlsx my-city")
@click.argument("answers_file", metavar="FILE")
@click.argument("dataset", metavar="FOLDER")
@lang_option
@quiet_option
def answers(answers_file: str, dataset: str, lang: Language | None, quiet: bool) -> None:
    """Bring the filled rows of a questionnaire back into a dataset's surveys.

    FILE is the workbook that 'chaingraph survey DATASET -o questions.xlsx' wrote. Rows without a result
    are left for later; a row that is there already is not added twice.
    """
    from chaingraph.updates.surveys import read_survey_answers

    done = put_surveys(dataset, read_survey_answers(answers_file))
    if not quiet:
        echo(survey_said(done, lang))


def survey_said(done: Any, lang: Language | None) -> str:
    """Return what became of survey rows as a sentence."""
    from chaingraph.cli.main import message_language
    from chaingraph.words import message

    spoken = message_language(lang)
    counts = {"added": done.added, "changed": done.changed, "same": done.same}
    return message("survey-recorded", spoken, **counts)


def put_surveys(dataset: str, rows: Any) -> Any:
    """Put survey rows into a folder; a bundled dataset is not written to."""
    from chaingraph.loading import own_folder
    from chaingraph.updates.surveys import record_surveys

    return record_surveys(own_folder(dataset), rows)
