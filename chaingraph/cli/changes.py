"""The command that tells what changed: diff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.options import (
    PAGE_FORMATS,
    Output,
    chain_option,
    complete_dataset,
    dataset_argument,
    lang_option,
    load,
    loading_options,
    page_format,
    quiet_option,
    region_option,
    status_option,
)
from chaingraph.cli.output import deliver, emit
from chaingraph.errors import OptionError

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset
    from chaingraph.updates.diff import Diff
    from chaingraph.words import Language

_SHOWN = 40
_EXPLAINED = 12


@click.command(epilog="Example: chaingraph diff qujing --from 2021-12 --to 2024-12")
@dataset_argument
@click.argument("other", required=False, metavar="[LATER]", shell_complete=complete_dataset)
@click.option("--from", "start", metavar="DATE", help="Date of the earlier state.")
@click.option("--to", "end", metavar="DATE", help="Date of the later state.")
@region_option
@chain_option
@status_option
@loading_options
@click.option(
    "-f", "--format", "format_", type=click.Choice(PAGE_FORMATS),
    help="By the suffix of -o; a table on stdout. JSON holds all parts, CSV the gaps.",
)  # fmt: skip
@click.option("-o", "--output", metavar="FILE", help="File to write; stdout by default.")
@click.option("--top", type=click.IntRange(0), help="Only the first rows of tables; 0 for all.")
@lang_option
@quiet_option
def diff(
    dataset: str, other: str | None, start: str | None, end: str | None, format_: str | None,
    output: str | None, top: int | None, lang: Language | None, quiet: bool, skip_bad_rows: bool,
    engine: str, **asked: Any,
) -> None:  # fmt: skip
    """Tell what changed between two datasets, or two dates of one, and what that did to the gaps.

    DATASET is the earlier state, LATER the later one; without LATER, DATASET is read --from one date
    --to another (its own by default). -o page.html, .xlsx, .docx, .md writes the page for the meeting.
    """
    from chaingraph.updates.diff import diff_datasets

    kind = page_format(format_, output)
    loading: dict[str, Any] = {"skip_bad_rows": skip_bad_rows, "engine": engine}
    if other is None and start is None:
        raise OptionError("diff-needs-two", dataset=dataset)
    before = load(dataset, quiet=quiet, lang=lang, **loading)
    after = before if other is None else load(other, quiet=quiet, lang=lang, **loading)
    found = diff_datasets(_at(before, start), _at(after, end), lang=lang, **asked)
    if kind in {"table", "csv"}:
        shown = Output(lang, quiet, kind, output, top)
        parts = [found.changed_gaps, found.moves, found.counts]
        emit(parts, out=shown, after=_reasons(found), whole=found.gaps, default_top=_SHOWN)
        return
    from chaingraph.views.report.changes import render_diff

    deliver(render_diff(found, kind, lang=lang), output, lang=lang or found.gaps.lang, quiet=quiet)


def _reasons(found: Diff) -> list[str]:
    """Return the largest causes of the first changes as lines."""
    from chaingraph.words import message

    lang = found.gaps.lang
    rows = found.changed_gaps.frame.head(_EXPLAINED).to_dict("records")
    said = [
        f"* {row[f'name_{lang}']}{'：' if lang == 'zh' else ': '}{row[f'because_{lang}']}"
        for row in rows
        if isinstance(row[f"because_{lang}"], str)
    ]
    return [message("diff-reasons", lang), "", *said] if said else []


def _at(ds: Dataset, date: str | None) -> Dataset:
    return ds if date is None else ds.at(date)
