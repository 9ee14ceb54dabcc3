"""The command that sets scenarios against their base: whatif."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.options import (
    PAGE_FORMATS,
    Output,
    chain_option,
    date_option,
    lang_option,
    load_alone,
    page_format,
    prices_option,
    quiet_option,
    region_option,
    say,
    status_option,
    with_base,
)
from chaingraph.cli.output import deliver, emit
from chaingraph.errors import OptionError

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset
    from chaingraph.planning.compare import Comparison
    from chaingraph.planning.kinds import Scenario
    from chaingraph.words import Language

_SHOWN = 30
_EXPLAINED = 8


@click.command(
    epilog="Example: chaingraph whatif qujing --add copper_foil=20000@2026-06 --use wafer=0.6"
)
@with_base
@click.argument("files", nargs=-1, metavar="[FILE.toml]...")
@click.option(
    "--add",
    multiple=True,
    metavar="PRODUCT=SIZE[UNIT][@DATE]",
    help="Build a plant, such as lfp=50kt@2027.",
)
@click.option(
    "--close",
    multiple=True,
    metavar="SITE[:PRODUCT][=PART][@DATE]",
    help="Close a site, or part of it.",
)
@click.option(
    "--use", multiple=True, metavar="PRODUCT=LOAD", help="How hard its makers run: wafer=0.6."
)
@click.option("--price", multiple=True, metavar="PRODUCT=CNY", help="Its price, CNY for one unit.")
@click.option(
    "--demand",
    multiple=True,
    metavar="PRODUCT=SIZE[UNIT][@DATE]",
    help="Final demand to add, a year.",
)
@click.option("--by", metavar="DATE", help="Only what begins up to this date.")
@click.option("--save", metavar="FILE", help="Write what the options say as a scenario file.")
@region_option
@chain_option
@date_option
@status_option
@load_alone
@prices_option
@click.option(
    "-f", "--format", "page", type=click.Choice(PAGE_FORMATS),
    help="By the suffix of -o; a table on stdout. JSON holds all parts, CSV the products.",
)  # fmt: skip
@click.option("-o", "--output", metavar="FILE", help="File to write; stdout by default.")
@click.option("--top", type=click.IntRange(0), help="Only the first rows of tables; 0 for all.")
@lang_option
@quiet_option
def whatif(
    ds: Dataset, files: tuple[str, ...], add: tuple[str, ...], close: tuple[str, ...],
    use: tuple[str, ...], price: tuple[str, ...], demand: tuple[str, ...], save: str | None,
    page: str | None, output: str | None, top: int | None, lang: Language | None, quiet: bool,
    **asked: Any,
) -> None:  # fmt: skip
    """Suppose plants built or closed, loads, prices, demand: what opens and closes, before and after.

    Each FILE is a scenario; up to three stand side by side. What the options say is made on top of each, or
    is the scenario where there is no file. Shares between alternatives stay as they are in DATASET.
    """
    from chaingraph.planning.compare import compare_scenarios
    from chaingraph.planning.scenario import save_scenario

    kind = page_format(page, output)
    words = {"add": add, "close": close, "use": use, "price": price, "demand": demand}
    scenarios = _scenarios(files, words)
    if save is not None:
        for scenario in scenarios[:1]:
            say(f"-> {save_scenario(scenario, save)}", quiet=quiet)
    found = compare_scenarios(ds, scenarios, lang=lang, **asked)
    if kind in {"table", "csv"}:
        shown = Output(lang, quiet, kind, output, top)
        first = (
            [(found.totals_beside if len(scenarios) > 1 else found.totals).to_text(lang)]
            if kind == "table"
            else []
        )
        parts = [part for part in found.results if part not in (found.totals, found.causes)]
        emit(
            parts, out=shown, before=first, after=_reasons(found), whole=found.products,
            default_top=_SHOWN,
        )  # fmt: skip
        return
    from chaingraph.views.report.whatif import render_comparison

    data = render_comparison(found, kind, lang=lang)
    deliver(data, output, lang=lang or found.totals.lang, quiet=quiet)


def _scenarios(files: tuple[str, ...], words: dict[str, tuple[str, ...]]) -> list[Scenario]:
    """Return the scenarios of the files with what the options say on top of each."""
    from chaingraph.planning.kinds import Scenario
    from chaingraph.planning.scenario import read_scenario, read_word

    changes = tuple(read_word(option, text) for option, texts in words.items() for text in texts)
    own = Scenario("what-if", changes)
    if not files and not changes:
        raise OptionError("scenario-nothing")
    read = [read_scenario(file) for file in files]
    more = replace(own, name="")
    return [one + more for one in read] or [own]


def _reasons(found: Comparison) -> list[str]:
    """Return why the first products change, as lines."""
    from chaingraph.words import message

    lang = found.products.lang
    rows = found.products.frame.head(_EXPLAINED).to_dict("records")
    mark = "：" if lang == "zh" else ": "
    several = len(found.scenarios) > 1
    said = [
        f"* {row['scenario'] + mark if several else ''}{row[f'name_{lang}']}{mark}{row[f'because_{lang}']}"
        for row in rows
        if isinstance(row[f"because_{lang}"], str)
    ]
    return [message("whatif-reasons", lang), "", *said] if said else []
