"""The command that brings a dataset folder up to date from a new list: merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.options import Output, date_option, lang_option, quiet_option, say
from chaingraph.cli.output import emit

if TYPE_CHECKING:
    from chaingraph.words import Language

_SHOWN_ROWS = 40


@click.command(epilog="Example: chaingraph merge my-city toy --dry-run")
@click.argument("dataset")
@click.argument("new", metavar="NEW")
@click.option(
    "--base", metavar="BASE",
    help="What the list said last time; by default what the last merge kept in DATASET/merged.",
)  # fmt: skip
@date_option
@click.option(
    "--conflicts", metavar="FILE.xlsx", help="Write open conflicts as a workbook to decide in."
)
@click.option("--decisions", metavar="FILE.xlsx", help="That workbook, with decisions filled in.")
@click.option(
    "--leave-conflicts", is_flag=True,
    help="Write all the same: DATASET's value stands, and the next merge asks again.",
)  # fmt: skip
@click.option(
    "--vanished", type=click.Choice(["keep", "close"]), default="keep", show_default=True,
    help="Capacities that NEW had last time and has no more: keep them, or end them at its date.",
)  # fmt: skip
@click.option(
    "--corrections", is_flag=True,
    help="Changed figures were wrong before: overwrite them, keep no past.",
)  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show what would be done and write nothing.")
@click.option(
    "-o", "--output", metavar="FOLDER", help="New folder for the result; in place by default."
)
@click.option(
    "-f", "--format", "format_", type=click.Choice(["table", "csv", "json", "md"]),
    help="Of what is shown; CSV and JSON hold every cell that differs.",
)  # fmt: skip
@click.option("--top", type=click.IntRange(0), help="Only the first rows; 0 for all.")
@lang_option
@quiet_option
@click.pass_context
def merge(
    ctx: click.Context,
    /,
    dataset: str,
    new: str,
    at: str | None,
    conflicts: str | None,
    format_: str | None,
    top: int | None,
    lang: Language | None,
    quiet: bool,
    **asked: Any,
) -> None:
    """Bring a dataset folder up to date from a new list, and keep its past.

    NEW is a dataset or a spreadsheet that import understands. What only NEW changed is taken, what
    only DATASET changed stays, what both changed is a conflict that you decide: while one is open
    nothing is written (exit status 1). A capacity that changed ends at NEW's date and its new state
    begins there, so earlier dates (--at) read as before.
    """
    from chaingraph.updates.conflicts import save_conflicts
    from chaingraph.updates.merging import merge_dataset
    from chaingraph.words import message

    done = merge_dataset(dataset, new, as_of=at or "", lang=lang, **asked)
    out = Output(done.counts.lang, quiet, format_, None, top)
    whole = (done.problems if done.errors else None) or done.changes
    emit(done.results, out=out, whole=whole, default_top=_SHOWN_ROWS)
    if conflicts and done.open:
        path = save_conflicts(done.conflicts, conflicts, lang=lang)
        say(message("written", done.counts.lang, path=path), quiet=quiet)
    if done.errors or (done.open and not asked["leave_conflicts"]):
        ctx.exit(1)
