"""The command that says whom to call, and what to say: calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.options import (
    FORMATS,
    Output,
    chain_option,
    chosen_format,
    date_option,
    goal_option,
    lang_option,
    load_alone,
    named_gaps,
    opened,
    plan_products,
    prices_option,
    quiet_option,
    region_option,
    say,
    status_option,
    with_dataset,
)
from chaingraph.cli.output import emit

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset
    from chaingraph.words import Language

_BOOKS = (".xlsx", ".docx", ".html")
_PAGE = 30


@click.command(epilog="Example: chaingraph calls qujing --gap silver_paste")
@with_dataset
@region_option
@chain_option
@click.option("--gap", "names", multiple=True, help="Only this product; may be repeated.")
@plan_products
@click.option(
    "--limit", type=click.IntRange(0), default=3, show_default=True, help="Names a gap; 0 for all.",
)  # fmt: skip
@click.option(
    "--weights", type=click.Path(dir_okay=False),
    help="TOML file with a table [weights]; those that 'backtest --weights-out' writes.",
)  # fmt: skip
@date_option
@status_option
@load_alone
@prices_option
@goal_option
@click.option(
    "-f", "--format", "sheet_format", type=click.Choice(FORMATS), help="By the suffix of -o, else table.",
)  # fmt: skip
@click.option(
    "-o", "--output", "target", metavar="FILE",
    help="File to write: .xlsx to fill in, .docx with a page a firm, .html, .csv, .json, .md; - is stdout.",
)  # fmt: skip
@lang_option
@quiet_option
def calls(
    ds: Dataset,
    chain: str | None,
    names: tuple[str, ...],
    plan: str | None,
    limit: int,
    sheet_format: str | None,
    target: str | None,
    lang: Language | None,
    quiet: bool,
    **asked: Any,
) -> None:
    """Say whom to call for each gap, what to tell them, and where the talks stand.

    One row a name: what to do, the gap and its bounds, the size of their plant, why them, our selling points
    with the delivered cost, what to clear first, and blank columns. A filled .xlsx comes back with
    'chaingraph import calls.xlsx -o my-city' or 'chaingraph merge my-city calls.xlsx'.
    """
    from chaingraph.recruit.calls import call_sheet
    from chaingraph.views.papers.call_sheet import save_call_sheet
    from chaingraph.words import message

    book = str(target or "").casefold().endswith(_BOOKS) and sheet_format is None
    if not book:
        chosen_format(sheet_format, target, books=_BOOKS)
    wanted = named_gaps(names, plan, ds, asked)
    study = opened(ds, asked)
    sheet = call_sheet(study, wanted or None, chain=chain, limit=limit, lang=lang, **asked)
    if not book:
        emit([sheet], out=Output(lang, quiet, sheet_format, target), default_top=_PAGE)
        return
    path = save_call_sheet(sheet, str(target), lang=lang)
    say(message("written", sheet.lang, path=path), quiet=quiet)
