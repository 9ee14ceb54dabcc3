"""Commands that recruit: targets, next, anchors, backtest."""

from __future__ import annotations

import os
from dataclasses import replace
from errno import EACCES, ENOENT
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.language import said
from chaingraph.cli.options import (
    chain_option,
    date_option,
    goal_option,
    load_alone,
    load_option,
    named_gaps,
    opened,
    plan_products,
    prices_option,
    region_option,
    say,
    status_option,
    with_dataset,
    with_output,
)
from chaingraph.cli.output import emit

if TYPE_CHECKING:
    from chaingraph.cli.options import Output
    from chaingraph.dataset import Dataset
    from chaingraph.recruit.scoring import Method

_TARGETS = 3
_GAPS = 10


@click.command(epilog="Example: chaingraph targets qujing --gap silver_paste --top 5")
@with_dataset
@region_option
@chain_option
@click.option("--gap", "names", multiple=True, help="Only this product; may be repeated.")
@plan_products
@click.option("--group", help="With one --gap: everything that speaks for this group.")
@click.option(
    "--gaps",
    "count",
    type=click.IntRange(0),
    help="How many gaps, by priority; 10 in a table, else all; 0 for all.",
)
@click.option(
    "--weights",
    type=click.Path(dir_okay=False),
    help="TOML file with a table [weights]; those that 'backtest --weights-out' writes.",
)
@click.option(
    "--method",
    type=click.Choice(["logit", "topsis"]),
    default="logit",
    show_default=True,
    help="Weighted sum with fitted weights, or TOPSIS with entropy weights.",
)
@date_option
@status_option
@load_alone
@prices_option
@goal_option
@with_output
def targets(
    ds: Dataset,
    chain: str | None,
    names: tuple[str, ...],
    plan: str | None,
    group: str | None,
    count: int | None,
    method: Method,
    out: Output,
    **asked: Any,
) -> None:
    """Name for each gap whom to bring from outside and who is here and could add it; with reasons.

    For gaps to be met by contracts the list is of suppliers, the nearest first. A table shows 3 names of
    each list; --top N shows more, 0 all. CSV and JSON hold every column, and 10 names from outside and 3
    local ones. Reasons are shown too with --gap. 'chaingraph backtest' says how far to trust the order.
    """
    from chaingraph.analysis.gaps import find_gaps
    from chaingraph.recruit.explain import explain_target
    from chaingraph.recruit.targets import (
        LIMIT,
        LOCAL_LIMIT,
        first_gaps,
        first_names,
        rank_targets,
        reason_lines,
    )

    if group is not None and len(names) != 1:
        raise click.UsageError(said("--group needs one --gap."))
    wanted = named_gaps(names, plan, ds, asked)
    study = opened(ds, asked)
    if group is not None:
        told = explain_target(study, names[0], group, lang=out.lang, **asked)
        return emit([told], out=out)
    found = wanted or find_gaps(study, region=asked["region"], chain=chain, draws=0)
    limit = LIMIT if out.top is None else out.top
    local = LOCAL_LIMIT if out.top is None else out.top
    result = rank_targets(
        study, found, limit=limit, local_limit=local, method=method, lang=out.lang, **asked
    )
    first = first_names(result.frame, _TARGETS) if out.top is None else result.frame
    most = (_GAPS if count is None and not wanted else count) or 0
    shown = first_gaps(replace(result, frame=first), most)
    after = reason_lines(shown) if names else ()
    whole = first_gaps(result, count or 0)
    emit([shown], whole=whole, out=replace(out, top=0), after=after)
    return None


@click.command("next", epilog="Example: chaingraph next qujing --calls 20")
@with_dataset
@region_option
@click.option(
    "--calls",
    type=click.IntRange(0),
    default=20,
    show_default=True,
    help="Groups to call; 0: products alone.",
)
@click.option(
    "--list",
    "which",
    type=click.Choice(["products", "calls"]),
    help="Only this list; CSV and JSON hold the products where it is not given.",
)
@click.option(
    "--weights",
    type=click.Path(dir_okay=False),
    help="TOML file with tables [weights] and [products]; those that 'backtest --weights-out' writes.",
)
@date_option
@with_output
def next_(
    ds: Dataset, calls: int, which: str | None, weights: str | None, out: Output, **asked: Any
) -> None:
    """Rank the products that may come next, and list the groups to call for them.

    Products that nobody makes here, by what came to other cities of late, who makes them in the
    province, and what of their chain is here already. Then groups, each once, with the product to
    talk about. 'chaingraph backtest' says how far both held in the past.
    """
    from chaingraph.recruit.next_products import LIMIT, rank_calls, rank_products

    limit = LIMIT if out.top is None else out.top
    study = opened(ds, asked)
    found = []
    if which != "calls":
        found.append(rank_products(study, limit=limit, weights=weights, lang=out.lang, **asked))
    if which == "calls" or (calls and which is None):
        found.append(
            rank_calls(
                study, calls=calls, weights=weights, product_weights=weights, lang=out.lang, **asked
            )
        )
    emit(found, out=replace(out, top=0))


@click.command(epilog="Example: chaingraph backtest toy --cutoff 2019-12 --horizon 3y")
@with_dataset
@click.option(
    "--cutoff",
    metavar="DATE",
    help="Rank with what was known at this date; by default the horizon before the dataset's own.",
)
@click.option("--horizon", default="3y", show_default=True, help="Years after it that count.")
@click.option(
    "--split",
    type=click.Choice(["walk", "time", "city", "all"]),
    default="walk",
    show_default=True,
    help="Each year with the years before it; once, at the cut-off; cities apart; all of them.",
)
@click.option(
    "--ridge",
    type=click.FloatRange(0, min_open=True),
    default=1.0,
    show_default=True,
    help="Penalty of the fitted weights.",
)
@click.option(
    "--draws",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    help="Draws of the bootstrap over cities and products.",
)
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Seed of all draws."
)
@click.option(
    "--weights-out", type=click.Path(dir_okay=False), help="Write the fitted weights to this file."
)
@with_output
def backtest(ds: Dataset, weights_out: str | None, out: Output, **asked: Any) -> None:
    """Measure how often the ranking named, before the fact, the groups that came.

    Tables: groups per gap against simple rules, each year ranked with what was known before it; all gaps
    that planners would be shown; the calls of a whole city; products per city; fitted weights; with
    '--split all' the learning curve too. Takes a minute or two. CSV and JSON hold the first, by chain too.
    """
    from chaingraph.errors import file_problem
    from chaingraph.files import write_file
    from chaingraph.recruit.backtest import backtest as run_backtest
    from chaingraph.words import message, term

    if weights_out and not os.access(Path(weights_out).parent, os.W_OK):
        there = Path(weights_out).parent.is_dir()
        raise file_problem("unwritable-path", weights_out, OSError(EACCES if there else ENOENT, ""))
    spoken: Any = out.lang or ds.language

    def tell(step: str) -> None:
        say(message("backtest-step", spoken, step=term("split", step, spoken)), quiet=out.quiet)

    found = run_backtest(ds, progress=tell, lang=out.lang, **asked)
    if weights_out:
        write_file(weights_out, found.weights_file(), encoding="utf-8")
        say(message("weights-written", spoken, path=weights_out), quiet=out.quiet)
    emit(found.results, whole=found.ranking, out=out)


@click.command(epilog="Example: chaingraph anchors qujing --anchor longi_qujing")
@with_dataset
@region_option
@click.option("--anchor", help="Only this enterprise, by id or name; all anchors by default.")
@date_option
@status_option
@load_option
@prices_option
@with_output
def anchors(ds: Dataset, out: Output, **asked: Any) -> None:
    """List what each anchor takes, what of it is made here, and suppliers who could follow it.

    Two tables: the anchors with their local content, and their largest gaps; of one anchor, all its
    inputs. CSV and JSON hold every input of every anchor, with the sources of the supply relations.
    """
    from chaingraph.analysis.anchors import find_anchors, split_anchors

    result = find_anchors(opened(ds, asked), lang=out.lang, **asked)
    emit(split_anchors(result), whole=result, out=out)
