"""Commands that bring data in: match."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.language import said
from chaingraph.cli.options import (
    Output,
    chosen_format,
    complete_option,
    dataset_argument,
    date_option,
    lang_option,
    load,
    output_options,
    quiet_option,
    say,
)
from chaingraph.cli.output import emit
from chaingraph.cli.terminal import echo

if TYPE_CHECKING:
    from pathlib import Path

    from chaingraph.dataset import Dataset


def read_pairs(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
) -> dict[str, str]:
    """Return field -> header of ``FIELD=HEADER`` texts."""
    pairs: dict[str, str] = {}
    for text in value:
        field, equals, header = (part.strip() for part in text.partition("="))
        if not (field and equals and header):
            message = said("'{text}' is not FIELD=HEADER, for example name=企业名称", text=text)
            raise click.BadParameter(message, ctx, param)
        if field in pairs:
            raise click.BadParameter(said("'{name}' is given twice", name=field), ctx, param)
        pairs[field] = header
    return pairs


@click.command(epilog="Example: chaingraph match list.csv qujing")
@click.argument("list_file", metavar="LIST")
@dataset_argument
@click.option(
    "--decisions", metavar="FILE",
    help="A review workbook with decisions filled in: remember them in DATASET first.",
)  # fmt: skip
@click.option(
    "--column", "columns", multiple=True, metavar="FIELD=HEADER", callback=read_pairs,
    help="Which column of LIST is name, credit_code, stock_code, province, city or county.",
)  # fmt: skip
@click.option(
    "--survey", "survey_folder", metavar="FOLDER",
    help="Note in this dataset's surveys what the list says of --region at --at.",
)  # fmt: skip
@click.option("-r", "--region", default="", help="With --survey: whose list it is, such as 宜春市.")
@date_option
@complete_option
@click.option("--decided-on", metavar="DATE", help="Date kept with --decisions; today by default.")
@output_options
@lang_option
@quiet_option
def match(
    list_file: str,
    dataset: str,
    decisions: str | None,
    columns: dict[str, str],
    decided_on: str | None,
    survey_folder: str | None,
    region: str,
    at: str | None,
    complete: str,
    **shown: Any,
) -> None:
    """Match a list of enterprises to those of a dataset.

    LIST is an .xlsx or .csv file with a column of names. -o review.xlsx writes a workbook in which a
    person decides what is open; --decisions review.xlsx remembers that in DATASET's aliases table.
    --survey FOLDER -r REGION --at DATE notes in FOLDER's surveys that the products of the matched
    enterprises are made there, and with --complete of which products nobody else makes them.
    """
    from chaingraph.matching.lists import read_enterprise_list
    from chaingraph.matching.match import count_decisions, match_enterprises, only_review

    out = Output(**shown)
    if survey_folder is None and (complete or region or at):
        raise click.UsageError(said("--region, --at and --complete go with --survey FOLDER."))
    book = str(out.output or "").casefold().endswith(".xlsx") and not out.format_
    if not book:
        chosen_format(out.format_, out.output)
    rows = read_enterprise_list(list_file, columns=columns)
    if decisions:
        _remember(dataset, decisions, decided_on or dt.date.today().isoformat(), out)  # noqa: DTZ011
    ds = load(dataset, quiet=out.quiet, lang=out.lang)
    result = match_enterprises(ds, rows, lang=out.lang)
    if survey_folder is not None:
        _note_survey(ds, result, survey_folder, (region, at or "", complete, list_file), out)
    tables = [count_decisions(result), only_review(result)]
    if book:
        _save(result, out)
        out = Output(out.lang, out.quiet, top=out.top)
    emit(tables, out=out, whole=result, default_top=40)


def _note_survey(
    ds: Dataset, result: Any, folder: str, said: tuple[str, str, str, str], out: Output
) -> None:
    """Put what a list says of a region into a folder's surveys, with a word on stderr."""
    from pathlib import Path

    from chaingraph.cli.survey import put_surveys, survey_said
    from chaingraph.enterprises import made_by
    from chaingraph.gazetteer import one_place
    from chaingraph.knowledge.listing import checked_products, survey_rows
    from chaingraph.loading import load_dataset, own_folder
    from chaingraph.matching.match import TAKING

    region, at, complete, source = said
    own = load_dataset(own_folder(folder))
    if region:
        region = one_place(own, region)
    named = own.products.reindex(columns=["product_id", "chains", "stage"]).fillna("").astype(str)
    checked_products(complete, named.itertuples(index=False, name=None))
    found = result.frame[result.frame["decision"].isin(TAKING)]["enterprise_id"]
    made = made_by(ds.capacities, found.dropna().tolist(), at=at)
    note = f"general knowledge: list {Path(source).name}"
    rows = survey_rows(region, made, complete=complete, as_of=at, note=note)
    done = put_surveys(folder, rows)
    if not out.quiet:
        echo(f"chaingraph: {survey_said(done, out.lang)}", err=True)


def _save(result: Any, out: Output) -> Path:
    from chaingraph.matching.review import save_matches
    from chaingraph.words import message

    path = save_matches(result, str(out.output), lang=out.lang)
    say(message("written", result.lang, path=path), quiet=out.quiet)
    return path


def _remember(dataset: str, decisions: str, decided_on: str, out: Output) -> None:
    """Put the decisions of a workbook into the dataset's folder, with a word on stderr."""
    from chaingraph.cli.main import message_language
    from chaingraph.loading import own_folder
    from chaingraph.matching.decisions import remember_decisions
    from chaingraph.matching.review import read_decisions
    from chaingraph.words import message

    folder = own_folder(dataset)
    found = read_decisions(decisions, decided_on=decided_on)
    done = remember_decisions(folder, found)
    spoken = message_language(out.lang)
    counts = {"added": done.added, "changed": done.changed, "same": done.same}
    if not out.quiet:
        echo(f"chaingraph: {message('match-remembered', spoken, **counts)}", err=True)
