"""The command that brings a planner's spreadsheets in: import."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from chaingraph.cli.options import (
    Output,
    complete_option,
    date_option,
    lang_option,
    quiet_option,
)
from chaingraph.cli.output import emit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.words import Language

_SHOWN_PROBLEMS = 40


def _pairs(ctx: click.Context, param: click.Parameter, given: Sequence[str]) -> dict[str, str]:
    """Return NAME=TABLE options as a mapping."""
    found = {}
    for text in given:
        name, equals, table = (part.strip() for part in text.rpartition("="))
        if not equals or not name or not table:
            raise click.BadParameter(f"'{text}' is not NAME=TABLE", ctx, param)
        found[name] = table
    return found


def _decided(path: str | None) -> list[dict[str, str]]:
    """Return the decisions of a review workbook, under today's date."""
    from chaingraph.matching.review import read_decisions

    return read_decisions(path, decided_on=dt.date.today().isoformat()) if path else []  # noqa: DTZ011


@click.command("import", epilog="Example: chaingraph import my-city --dry-run")
@click.argument("path", metavar="FILE")
@click.option("-o", "--output", "folder", metavar="FOLDER", help="New folder for the dataset.")
@click.option(
    "--extends", metavar="DATASET,...", default="",
    help="Datasets whose products and enterprises the file names, such as battery.",
)  # fmt: skip
@click.option("-r", "--region", default="", help="Region under study, such as 宜春市.")
@date_option
@complete_option
@click.option(
    "--sheet", "sheets", multiple=True, callback=_pairs, metavar="NAME=TABLE",
    help="Which table a sheet is, where its name does not say it.",
)  # fmt: skip
@click.option(
    "--decisions", metavar="FILE.xlsx", help="The review workbook of a former try, filled in."
)
@click.option(
    "--marked",
    metavar="FILE.xlsx",
    help="Write a copy in which every cell with a problem says why.",
)
@click.option("--skip-bad-rows", is_flag=True, help="Leave rows with errors out, and say so.")
@click.option("--dry-run", is_flag=True, help="Show what was understood and write nothing.")
@click.option(
    "-f", "--format", "format_", type=click.Choice(["table", "csv", "json", "md"]),
    help="Of what is shown; CSV and JSON hold the problems.",
)  # fmt: skip
@click.option("--top", type=click.IntRange(0), help="Only the first rows; 0 for all.")
@lang_option
@quiet_option
@click.pass_context
def import_(
    ctx: click.Context,
    /,
    path: str,
    folder: str | None,
    extends: str,
    region: str,
    at: str | None,
    complete: str,
    sheets: dict[str, str],
    decisions: str | None,
    marked: str | None,
    skip_bad_rows: bool,
    dry_run: bool,
    format_: str | None,
    top: int | None,
    lang: Language | None,
    quiet: bool,
) -> None:
    """Import a spreadsheet as it lies on the disk: Excel, CSV in any encoding, zip, Parquet.

    What was understood of every column is shown, and what was not, by cause. Nothing is written
    while there is an error (exit status 1) or with --dry-run. Rows that may mean an enterprise of what
    is extended are such errors: FOLDER-review.xlsx is to be filled and given with --decisions.
    """
    from chaingraph.cli.main import message_language
    from chaingraph.intake.importing import import_file

    if folder is None and not dry_run:
        raise click.UsageError("Missing option '-o' / '--output': name a FOLDER, or --dry-run.")
    spoken = message_language(lang)
    done = import_file(
        path, folder, extends=[name.strip() for name in extends.split(",") if name.strip()],
        region=region, as_of=at or "", complete=complete, dry_run=dry_run, sheets=sheets,
        skip_bad_rows=skip_bad_rows, decisions=_decided(decisions), marked=marked, lang=spoken,
    )  # fmt: skip
    out = Output(spoken, quiet, format_, None, top)
    whole = done.problems if format_ in {"csv", "json"} else None
    emit(done.results, out=out, whole=whole, default_top=_SHOWN_PROBLEMS)
    if done.errors:
        ctx.exit(1)
