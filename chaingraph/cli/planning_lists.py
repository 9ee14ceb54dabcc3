"""The commands of those who answer for it: responsibility, track, indicators."""

from __future__ import annotations

from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.language import said
from chaingraph.cli.options import (
    FORMATS,
    Output,
    chosen_format,
    date_option,
    lang_option,
    load_alone,
    quiet_option,
    region_option,
    say,
    with_dataset,
    with_output,
)
from chaingraph.cli.output import emit
from chaingraph.cli.terminal import echo

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset
    from chaingraph.planning.track_reading import Returned
    from chaingraph.results import Result
    from chaingraph.words import Language

_PAGES = (".html", ".docx", ".xlsx")
rules_option = click.option(
    "--rules",
    metavar="SET",
    help="Rule set of the lights: an id, such as yinchuan-2025, or a TOML file.",
)


@click.command(epilog="Example: chaingraph responsibility qujing")
@with_dataset
@region_option
@click.option("--plan", metavar="FILE", help="A plan: the TOML or JSON file of its projects.")
@date_option
@load_alone
@rules_option
@click.option(
    "--carry",
    metavar="LIST",
    help="A returned list: all that people typed into it is in the new one.",
)
@click.option(
    "--past", is_flag=True, help="Also plan targets that were due before the data's date."
)
@click.option(
    "-f",
    "--format",
    "list_format",
    type=click.Choice(FORMATS),
    help="By the suffix of -o, else table.",
)
@click.option(
    "-o",
    "--output",
    "target",
    metavar="FILE",
    help="The .xlsx list; .csv, .json, .md; - is stdout.",
)
@lang_option
@quiet_option
def responsibility(
    ds: Dataset,
    rules: str | None,
    carry: str | None,
    list_format: str | None,
    target: str | None,
    lang: Language | None,
    quiet: bool,
    **asked: Any,
) -> None:
    """List who answers for what until when, as a workbook that offices fill in.

    Tasks come from a plan's projects, from gaps, from supplies to be assured and from plan targets. Offices are
    those of the data; what the data do not hold stays blank and is counted on the first page. 'chaingraph
    track' reads the list back.
    """
    from chaingraph.planning.responsibility import build_responsibility
    from chaingraph.planning.responsibility_book import save_responsibility
    from chaingraph.planning.track_archive import refuse_same_file
    from chaingraph.planning.track_reading import read_tracking
    from chaingraph.planning.track_rules import load_rules
    from chaingraph.words import message

    book = str(target or "").casefold().endswith(".xlsx") and list_format is None
    if not book:
        chosen_format(list_format, target, books=(".xlsx",))
        if carry:
            raise click.UsageError(said("--carry needs -o LIST.xlsx."))
    elif carry:
        refuse_same_file(str(target), carry)
    chosen = load_rules(rules)
    back = read_tracking(carry) if carry else None
    listed = build_responsibility(ds, lang=lang or (back.lang if back else None), **asked)
    if not book:
        emit([listed], out=Output(lang, quiet, list_format, target), default_top=30)
        return
    content: Any = listed if back is None else _carried(back, listed, quiet=quiet)
    path = save_responsibility(content, str(target), rules=chosen, lang=None if back else lang)
    say(message("written", listed.lang, path=path), quiet=quiet)


def _carried(back: Returned, listed: Result, *, quiet: bool) -> Any:
    """Return a new list over a returned one, with a word on each cell that both sides changed."""
    from chaingraph.planning.track_carry import carry_list
    from chaingraph.words import message

    done = carry_list(back, listed)
    counts = {"added": len(done.added), "ended": len(done.ended), "conflicts": len(done.conflicts)}
    if not quiet:
        echo(message("list-carried", listed.lang, **counts), err=True)
        for c in done.conflicts:
            said = {"key": c.key, "column": c.column, "returned": c.returned, "fresh": c.fresh}
            echo(message("list-conflict", listed.lang, **said), err=True)
    return done.book


@click.command(epilog="Example: chaingraph track list.xlsx")
@click.argument("file", metavar="LIST")
@click.option("--against", metavar="FILE", help="An earlier list, to tell what changed.")
@date_option
@rules_option
@click.option(
    "--next", "next_list", metavar="FILE", help="Write the next list, with all that people added."
)
@click.option(
    "--ledger",
    metavar="FILE",
    help="Write every typed cell as CSV; beside -o or --next by default.",
)
@click.option(
    "-f",
    "--format",
    "track_format",
    type=click.Choice(FORMATS),
    help="By the suffix of -o, else table.",
)
@click.option(
    "-o", "--output", "target", metavar="FILE",
    help="The dispatch page: .html, .docx, .xlsx; .csv, .json, .md of the tasks; - is stdout.",
)  # fmt: skip
@lang_option
@quiet_option
def track(
    file: str,
    against: str | None,
    at: str | None,
    rules: str | None,
    next_list: str | None,
    ledger: str | None,
    track_format: str | None,
    target: str | None,
    lang: Language | None,
    quiet: bool,
) -> None:
    """Read a returned list: progress against schedule, lights, scores, what to decide.

    LIST is the workbook that 'chaingraph responsibility' wrote, as offices sent it back. It is only read. Every
    typed cell is kept in a ledger beside what is written; --next writes the list of the next month with every
    value, comment, column and sheet that people added.
    """
    from chaingraph.planning.responsibility_book import save_responsibility
    from chaingraph.planning.track import track_list
    from chaingraph.planning.track_archive import refuse_same_file, save_ledger
    from chaingraph.views.papers.dispatch import save_dispatch
    from chaingraph.words import message

    page = PurePath(str(target or "")).suffix.casefold() in _PAGES and track_format is None
    if not page:
        chosen_format(track_format, target, books=_PAGES)
    for written in filter(None, (target, next_list, ledger)):
        refuse_same_file(written, *filter(None, (file, against)))
    tracked = track_list(file, against=against, at=at, rules=rules, lang=lang)
    spoken = lang or tracked.tasks.lang
    if page:
        say(
            message("written", spoken, path=save_dispatch(tracked, str(target), lang=lang)),
            quiet=quiet,
        )
    if next_list:
        path = save_responsibility(tracked.returned.book, next_list, rules=tracked.rules)
        say(message("written", spoken, path=path), quiet=quiet)
    beside = ledger or (target if page else None) or next_list
    if beside:
        name = Path(beside) if ledger else Path(beside).with_suffix(".ledger.csv")
        say(message("written", spoken, path=save_ledger(tracked.returned, name)), quiet=quiet)
    if not page:
        findings = [f"{f.place}  {f.text(spoken)}" for f in tracked.returned.findings]
        emit(
            tracked.results,
            out=Output(lang, quiet, track_format, target),
            default_top=30,
            after=findings,
        )
    elif not quiet:
        for finding in tracked.returned.findings:
            echo(f"{finding.place}: {finding.text(spoken)}", err=True)


@click.command(epilog="Example: chaingraph indicators qujing")
@with_dataset
@with_output
@region_option
@click.option(
    "--plan", metavar="FILE", help="A plan: what it adds to the output of each chain and year."
)
@date_option
@load_alone
@click.option(
    "--draws", type=int, default=1000, show_default=True, help="Draws of a plan's outcome."
)
@click.option("--seed", type=int, default=0, show_default=True, help="Where the draws start.")
def indicators(ds: Dataset, out: Output, **asked: Any) -> None:
    """Hold targets against figures: growth needed and made, state, where it leads, what a plan adds.

    Parts of a year, other series and real among nominal figures are never joined: they stand in a column
    of their
    own. What cannot be measured says what is missing. CSV holds the targets, JSON all three tables.
    """
    from chaingraph.planning.indicators import measure_indicators

    found = measure_indicators(ds, lang=out.lang, **asked)
    shown = [part for part in found if len(part)] or [found.targets]
    more = {"chains": found.chains.to_dict(), "plan": found.plan.to_dict()}
    emit(shown, out=out, whole=found.targets, more=more)
