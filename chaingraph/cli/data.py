"""Commands that look at data: datasets, show, check, regions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from chaingraph.cli.language import said
from chaingraph.cli.options import load, region_option, with_dataset, with_output
from chaingraph.cli.output import emit

if TYPE_CHECKING:
    from chaingraph.cli.options import Output
    from chaingraph.dataset import Dataset
    from chaingraph.enterprises.sites import Level

_LEVELS = click.Choice(["province", "city", "county", "park"])


@click.command(epilog="Example: chaingraph datasets --lang en")
@with_output
def datasets(out: Output) -> None:
    """List the bundled datasets."""
    from chaingraph.analysis.overview import describe_datasets
    from chaingraph.cli.main import message_language

    emit([describe_datasets(lang=message_language(out.lang))], out=out)


@click.command(epilog="Example: chaingraph show qujing")
@with_dataset
@with_output
def show(ds: Dataset, out: Output) -> None:
    """Show what a dataset holds: rows, grades of source, dates, share of the nation known, weaknesses."""
    from chaingraph.analysis.overview import describe_dataset, describe_recall, weaknesses
    from chaingraph.words import message

    result = describe_dataset(ds, lang=out.lang)
    known = [f"* {text}" for text in weaknesses(ds, out.lang)]
    after = ["", message("weaknesses", result.lang), "", *known] if known else []
    recall = describe_recall(ds, lang=out.lang)
    emit([result, *([recall] if len(recall) else [])], out=out, after=after[1:])


@click.command(epilog="Example: chaingraph check my-city --format json")
@click.argument("path")
@click.option(
    "--severity",
    type=click.Choice(["error", "warning", "info"]),
    default="info",
    help="Only findings at least this bad.",
)
@click.option("--accepted", is_flag=True, help="List accepted findings too.")
@click.option(
    "--reconcile", "totals", is_flag=True,
    help="Instead: set stated totals of a region against the sum of its rows.",
)  # fmt: skip
@click.option(
    "--sources", "graded", is_flag=True,
    help="Instead: on which grades of source a region's gaps rest, and what to verify first.",
)  # fmt: skip
@region_option
@with_output
@click.pass_context
def check(
    ctx: click.Context,
    /,
    path: str,
    severity: str,
    accepted: bool,
    totals: bool,
    graded: bool,
    region: str | None,
    out: Output,
) -> None:
    """Check a dataset: every finding with file, line, column, rule and remedy.

    PATH is a folder or a bundled name. Exit status 1 where there are errors.
    """
    if region is not None and not (totals or graded):
        raise click.UsageError(said("--region goes with --reconcile or --sources."))
    if totals and graded:
        raise click.UsageError(said("--reconcile does not go with --sources."))
    if totals or graded:
        _check_region(path, region, graded=graded, out=out)
        return

    from dataclasses import replace

    from chaingraph.analysis.overview import list_findings
    from chaingraph.cli.main import message_language
    from chaingraph.words import message

    result = list_findings(path, lang=message_language(out.lang))
    order = ["error", "warning", "info"]
    keep = result.frame["severity"].isin(order[: order.index(severity) + 1])
    if not accepted:
        keep &= result.frame["accepted"].isna()
    result = replace(result, frame=result.frame[keep].reset_index(drop=True))
    after = []
    if len(result):
        after = [message("check-hint", result.lang, rule=result.frame["rule"].iloc[0])]
    emit([result], out=out, after=after)
    if result.params["errors"]:
        ctx.exit(1)


def _check_region(path: str, region: str | None, *, graded: bool, out: Output) -> None:
    """Show what a region's figures rest on, or its stated totals against the rows."""
    ds = load(path, quiet=out.quiet, lang=out.lang)
    if graded:
        from chaingraph.analysis.sources import grade_result, list_unverified
        from chaingraph.analysis.study import as_state

        state = as_state(ds, region)
        todo = list_unverified(state, lang=out.lang)
        emit([grade_result(state, lang=out.lang), todo], out=out, whole=todo, default_top=30)
        return
    from chaingraph.analysis.reconcile import reconcile

    emit([reconcile(ds, region, lang=out.lang)], out=out)


@click.command(epilog="Example: chaingraph regions qujing --level county --region 曲靖市")
@with_dataset
@click.option("--level", type=_LEVELS, default="city", show_default=True, help="Which regions.")
@region_option
@with_output
def regions(ds: Dataset, level: Level, region: str | None, out: Output) -> None:
    """List the regions that have enterprises, most sites first."""
    from chaingraph.analysis.regions import list_regions

    emit([list_regions(ds, level=level, region=region, lang=out.lang)], out=out, default_top=40)
