"""Commands that analyse: gaps, balance, requirements, trace, explain, content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.language import said
from chaingraph.cli.options import (
    chain_option,
    chosen_format,
    date_option,
    goal_option,
    load_option,
    opened,
    plan_as_scenario,
    prices_option,
    region_choice,
    region_option,
    regions_option,
    status_option,
    with_dataset,
    with_output,
)
from chaingraph.cli.output import emit
from chaingraph.cli.terminal import echo

if TYPE_CHECKING:
    from chaingraph.cli.options import Output
    from chaingraph.dataset import Dataset

_PAGE = 20


@click.command(epilog="Example: chaingraph gaps qujing --status operating,construction")
@with_dataset
@plan_as_scenario
@regions_option
@chain_option
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    help="Only gaps of this kind, such as missing, unseen, short, unquantified, coming; may be repeated.",
)
@date_option
@status_option
@load_option
@prices_option
@goal_option
@click.option(
    "--sort",
    type=click.Choice(["priority", "value"]),
    default="priority",
    show_default=True,
    help="Order of the lists.",
)
@click.option(
    "--draws",
    type=click.IntRange(0, 100_000),
    default=1000,
    show_default=True,
    help="Draws for the interval; 0 for none.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of the draws."
)
@click.option(
    "--fail-on",
    type=click.IntRange(0),
    metavar="N",
    help="Exit status 3 where more than N gaps of the list recruit are surely missing or short.",
)
@with_output
@click.pass_context
def gaps(
    ctx: click.Context,
    /,
    ds: Dataset,
    regions: tuple[str, ...],
    each: str | None,
    kinds: tuple[str, ...],
    fail_on: int | None,
    out: Output,
    **asked: Any,
) -> None:
    """Find the gaps of a region: what its own makers need and nobody is known to make there, and more.

    First in a few lines: what is known to be missing, what nobody looked at, how much money, whom to
    call. Then lists, each by priority: recruit, supply (grid and resources), survey (whom to ask),
    cooperation (contracts, collection). 'chaingraph explain DATASET PRODUCT' shows the rows behind a gap.
    """
    from chaingraph.analysis.gaps import CERTAIN, find_gaps, split_lists
    from chaingraph.analysis.study import region_state
    from chaingraph.analysis.summary import first_lines, summarise
    from chaingraph.words import LANGUAGES, message

    region = region_choice(regions, each)
    study = opened(ds, asked)
    plain = chosen_format(out.format_, out.output) == "csv"
    said = {}
    if plain or each or len(regions) > 1 or kinds:  # first lines are of one region and all its gaps
        result = find_gaps(study, region=region, kinds=kinds or None, lang=out.lang, **asked)
    else:
        state = region_state(study, region)
        result = find_gaps(state, lang=out.lang, **asked)
        summary = summarise(state, result.frame, chain=asked["chain"])
        said = {lang: first_lines(summary, lang) for lang in LANGUAGES}
    emit(
        split_lists(result), whole=result, out=out, default_top=_PAGE,
        before=said.get(result.lang, ()), more={"summary": said} if said else None,
    )  # fmt: skip
    rows = result.frame
    found = (
        int(
            (
                (rows["list"] == "recruit")
                & rows["gap_kind"].isin(CERTAIN)
                & rows["under"].isna()  # alternatives for one need count once
            ).sum()
        )
        if len(rows)
        else 0
    )
    if fail_on is not None and found > fail_on:
        if not out.quiet:
            text = message("gaps-over-limit", result.lang, count=found, limit=fail_on)
            echo(f"chaingraph: {text}", err=True)
        ctx.exit(3)


@click.command(epilog="Example: chaingraph balance qujing --chain aluminium --at 2021-12")
@with_dataset
@plan_as_scenario
@regions_option
@chain_option
@date_option
@status_option
@load_option
@prices_option
@goal_option
@with_output
def balance(
    ds: Dataset, regions: tuple[str, ...], each: str | None, out: Output, **asked: Any
) -> None:
    """Set a region's capacity against what its own makers take, product by product."""
    from chaingraph.analysis.balance import calculate_balance

    region = region_choice(regions, each)
    study = opened(ds, asked)
    emit([calculate_balance(study, region=region, lang=out.lang, **asked)], out=out)


@click.command(epilog="Example: chaingraph requirements qujing --goal cell_lfp=23")
@with_dataset
@goal_option
@region_option
@date_option
@status_option
@click.option("--capital/--no-capital", default=True, help="With or without equipment.")
@with_output
def requirements(ds: Dataset, goal: dict[str, float] | None, out: Output, **asked: Any) -> None:
    """Work out everything that a goal takes, through all stages, against local capacity."""
    from chaingraph.analysis.requirements import calculate_requirements

    if not goal:
        raise click.UsageError(said("Missing option '--goal', for example --goal cell_lfp=23."))
    emit([calculate_requirements(ds, goal, lang=out.lang, **asked)], out=out)


@click.command(epilog="Example: chaingraph trace qujing lfp --down --depth 2")
@with_dataset
@click.argument("product")
@click.option(
    "--up", "direction", flag_value="up", default="up", help="What goes into it (default)."
)
@click.option("--down", "direction", flag_value="down", help="What it goes into.")
@click.option("--depth", type=click.IntRange(1), help="How many links far; all by default.")
@click.option("--quantity", type=float, default=1.0, show_default=True, help="Units to trace.")
@click.option("--all-roles", is_flag=True, help="Equipment, by-products and services too.")
@region_option
@date_option
@status_option
@with_output
def trace(ds: Dataset, product: str, out: Output, **asked: Any) -> None:
    """Follow a product's links up to its inputs or down to its users, with quantities."""
    from chaingraph.analysis.trace import trace_product

    emit([trace_product(ds, product, lang=out.lang, **asked)], out=out)


@click.command(epilog="Example: chaingraph explain qujing alumina")
@with_dataset
@click.argument("product")
@region_option
@date_option
@status_option
@load_option
@goal_option
@with_output
def explain(ds: Dataset, product: str, out: Output, **asked: Any) -> None:
    """Show the makers and coefficients behind a product's demand, supply and gap, with sources."""
    from chaingraph.analysis.explain import explain_product

    emit([explain_product(ds, product, lang=out.lang, **asked)], out=out)


@click.command(epilog="Example: chaingraph content qujing --by anchor")
@with_dataset
@click.option(
    "--by",
    type=click.Choice(["chain", "anchor", "output"]),
    default="chain",
    show_default=True,
    help="Of each chain, of each anchor enterprise, or what share of each output is used on here.",
)
@regions_option
@date_option
@status_option
@load_option
@prices_option
@with_output
def content(
    ds: Dataset, regions: tuple[str, ...], each: str | None, out: Output, **asked: Any
) -> None:
    """Measure the local content rate of each chain or anchor, in money, or of outputs what goes on here."""
    from chaingraph.analysis.content import measure_local_content

    region = region_choice(regions, each)
    study = opened(ds, asked)
    emit([measure_local_content(study, region=region, lang=out.lang, **asked)], out=out)
