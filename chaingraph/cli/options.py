"""Options that mean the same thing in every command."""

from __future__ import annotations

import functools
import re
import sys
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import click

from chaingraph.errors import OptionError
from chaingraph.words import message

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaingraph.analysis.study import Study
    from chaingraph.dataset import Dataset
    from chaingraph.words import Language

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
    TextChoice = click.Choice[str]
    AnyType = click.ParamType[Any]
else:  # older releases of click cannot be subscripted
    TextChoice = click.Choice
    AnyType = click.ParamType

FORMATS = ("table", "csv", "json", "md")
_FORMER_LOAD = "chaingraph.utilisation"


class LanguageChoice(TextChoice):
    """Language choice that messages can read before a command has run."""

    def convert(self, value: Any, param: Any, ctx: click.Context | None) -> Any:
        """Remember the language for messages."""
        chosen = super().convert(value, param, ctx)
        if ctx is not None:
            ctx.meta["chaingraph.lang"] = chosen
        return chosen


class Pairs(AnyType):
    """``name=figure`` pairs separated by commas; a bare name gets the figure 1 where allowed.

    Figures are read as an import reads them: ``80%``, and with `units` ``10万吨`` too, which the analysis
    converts.
    """

    name = "NAME=FIGURE"

    def __init__(self, *, bare: bool, units: bool = False) -> None:
        self.bare, self.units = bare, units

    def convert(self, value: Any, param: Any, ctx: click.Context | None) -> dict[str, Any]:
        """Split and read the figures."""
        if isinstance(value, dict):
            return value
        from chaingraph.sheets.numbers import said_figure

        pairs: dict[str, Any] = {}
        for part in re.split("[+,，、;；]", str(value)):
            name, equals, figure = (piece.strip() for piece in part.partition("="))
            if not name or (not equals and not self.bare):
                example = "operating=1" if self.bare else "cell_lfp=23"
                self.fail(f"'{part}' is not {self.name}, for example {example}", param, ctx)
            if name in pairs:
                self.fail(f"'{name}' is given twice", param, ctx)
            found = said_figure(figure, units=self.units) if equals else 1.0
            if found is None:
                self.fail(f"'{figure}' in '{part}' is not a number", param, ctx)
            pairs[name] = found
        return pairs


class Load(Pairs):
    """``actual``, ``full``, one figure for all products, or ``product=figure`` pairs."""

    name = "actual|full|FIGURE|PRODUCT=FIGURE"

    def __init__(self) -> None:
        super().__init__(bare=False)

    def convert(self, value: Any, param: Any, ctx: click.Context | None) -> Any:
        """Read a word, one figure, else pairs."""
        if isinstance(value, str) and value in {"actual", "full"}:
            return value
        try:
            return float(value)
        except (TypeError, ValueError):
            return super().convert(value, param, ctx)


def complete_dataset(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete names of bundled datasets."""
    del ctx, param
    from chaingraph.bundled import list_datasets

    return [name for name in list_datasets() if name.startswith(incomplete)]


def _stack(*decorators: Decorator) -> Decorator:
    def apply(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return apply


dataset_argument = click.argument("dataset", shell_complete=complete_dataset)
lang_option = click.option(
    "--lang", type=LanguageChoice(["zh", "en"]), help="Language; the dataset's own by default."
)
quiet_option = click.option("-q", "--quiet", is_flag=True, help="No messages on stderr.")
region_option = click.option(
    "-r", "--region",
    help="Region, or 'A + B', 'A - B', 'A ~ 200 km'; the dataset's focus by default.",
)  # fmt: skip
regions_option = _stack(
    click.option(
        "-r", "--region", "regions", multiple=True,
        help="Region, or 'A + B', 'A - B', 'A ~ 200 km'; may be given several times; '*' is all.",
    ),
    click.option(
        "--each", type=click.Choice(["province", "city", "county", "park"]),
        help="Every region of this level that has enterprises.",
    ),
)  # fmt: skip
chain_option = click.option("-c", "--chain", help="Only products of this chain.")
date_option = click.option("--at", metavar="DATE", help="Date, such as 2021-12.")
complete_option = click.option(
    "--complete", default="", metavar="PRODUCT;...",
    help="Products of which the list names every maker: ids, chain:battery or stage:upstream.",
)  # fmt: skip
status_option = click.option(
    "--status", "statuses", type=Pairs(bare=True), default="operating", show_default=True,
    metavar="STATUS[=FACTOR],...",
    help="Which capacities count, and for how much: operating,construction=0.8",
)  # fmt: skip


def _former_load(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    """Keep what the former name of --load says, for :func:`_load_in_force`."""
    del param
    if value is not None:
        ctx.meta[_FORMER_LOAD] = value


def _load_in_force(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Return the load, also where it was given by its former name; both at once are refused."""
    if _FORMER_LOAD not in ctx.meta:
        return value
    given = ctx.get_parameter_source(param.name or "")
    if given not in {click.core.ParameterSource.DEFAULT, None}:
        raise click.UsageError("--load and its former name --utilisation cannot be used together.")
    return ctx.meta[_FORMER_LOAD]


load_alone = click.option(
    "--load", type=Load(), default="actual", show_default=True, callback=_load_in_force,
    help="How hard makers run: actual (from the data, else assumed), full, 0.8, or lfp=0.5,wafer=0.6.",
)  # fmt: skip
load_option = _stack(
    load_alone,
    click.option(
        "--utilisation", type=Load(), callback=_former_load, is_eager=True, expose_value=False,
        help="The former name of --load; goes with 0.3.",
    ),
)  # fmt: skip
prices_option = click.option(
    "--prices", type=click.Choice(["at", "latest"]), default="at", show_default=True,
    help="Prices nearest to the date, or the newest.",
)  # fmt: skip
goal_option = click.option(
    "--goal", type=Pairs(bare=False, units=True), metavar="PRODUCT=QUANTITY,...",
    help="Yearly final demand to add: cell_lfp=23, 磷酸铁锂=10万吨.",
)  # fmt: skip
loading_options = _stack(
    click.option("--skip-bad-rows", is_flag=True, help="Leave rows with errors out, and say so."),
    click.option(
        "--engine", type=click.Choice(["pandas", "polars", "duckdb"]), default="pandas",
        help="What holds the big tables of a Parquet folder.",
    ),
)  # fmt: skip
scenario_option = click.option(
    "--scenario", "scenarios", multiple=True, metavar="FILE",
    help="Suppose the changes of a scenario file (see whatif); several in order.",
)  # fmt: skip
output_options = _stack(
    click.option(
        "-f", "--format", "format_", type=click.Choice(FORMATS),
        help="By the suffix of -o, else table.",
    ),
    click.option("-o", "--output", metavar="FILE", help="File to write; - is stdout."),
    click.option("--top", type=click.IntRange(0), help="Only the first rows; 0 for all."),
)  # fmt: skip


def region_choice(regions: tuple[str, ...], each: str | None) -> Any:
    """Return what --region and --each ask for: None, one name, several, or a level."""
    if regions and each:
        raise click.UsageError("--region and --each cannot be used together.")
    if each:
        return each
    return list(regions) if len(regions) > 1 else (regions[0] if regions else None)


def say(text: str, *, quiet: bool) -> None:
    """Print a message on stderr when a person watches."""
    if not quiet and sys.stderr.isatty():
        click.echo(text, err=True)


def told(key: str, lang: Language | None, *, quiet: bool, **params: Any) -> None:
    """Say on stderr what was done, whoever watches: what a command wrote must be found again."""
    if not quiet:
        from chaingraph.cli.main import message_language

        click.echo(message(key, message_language(lang), **params), err=True)


def warn(key: str, lang: Language | None, **params: Any) -> None:
    """Print a message on stderr, whoever watches."""
    from chaingraph.cli.main import message_language

    spoken = message_language(lang)
    click.echo(f"chaingraph: {message(key, spoken, **params)}", err=True)


_ASSUMED = ("at", "statuses", "load", "goal", "prices")


def opened(ds: Dataset, asked: dict[str, Any]) -> Study:
    """Return the dataset read under the assumptions among what was asked, which loses them."""
    from chaingraph.analysis.study import open_study

    return open_study(ds, **{name: asked.pop(name) for name in _ASSUMED if name in asked})


def warn_of_date(ds: Dataset, at: object) -> None:
    """Say of a date after the newest source that the data do not reach so far."""
    from chaingraph.dataset import checked_date

    ctx = click.get_current_context()
    if at is None or ctx.params.get("quiet") or not ds.as_of:
        return
    day = checked_date(at)
    if day > ds.as_of and not day.startswith(ds.as_of) and not ds.as_of.startswith(day):
        warn("date-after-sources", ctx.params.get("lang"), newest=ds.as_of, at=day)


_SUFFIXES = {".csv": "csv", ".json": "json", ".md": "md", ".txt": "table"}


def chosen_format(format_: str | None, output: str | None, *, books: tuple[str, ...] = ()) -> str:
    """Return the format by the option, else by the file's suffix, else a table.

    Parameters
    ----------
    format_, output
        The options.
    books
        Suffixes that the command writes by itself, named with the others where none fits.

    Raises
    ------
    OptionError
        Where the suffix says nothing and no format is given.
    """
    if format_:
        return format_
    if output in {None, "-"}:
        return "table"
    suffix = PurePath(str(output)).suffix.casefold()
    if suffix not in _SUFFIXES:
        raise OptionError("unknown-suffix", path=output, choices=" ".join((*books, *_SUFFIXES)))
    return _SUFFIXES[suffix]


PAGES = ("html", "xlsx", "docx", "md", "json")
"""Formats of a page for a meeting."""
PAGE_FORMATS = ("table", "csv", *PAGES)
_PAGE_SUFFIXES = {f".{name}": name for name in ("csv", *PAGES)} | {".htm": "html"}
_BINARY = ("xlsx", "docx")


def page_format(format_: str | None, output: str | None) -> str:
    """Return the format of a page, or refuse what none can be told for before any work is done."""
    if output in {None, "-"}:
        if format_ in _BINARY:
            raise OptionError("binary-to-stdout", format=format_)
        return format_ or "table"
    name = str(output)
    suffix = name[name.rfind(".") :].casefold() if "." in name else ""
    if format_ is None and suffix not in _PAGE_SUFFIXES:
        raise OptionError("unknown-suffix", path=name, choices=" ".join(_PAGE_SUFFIXES))
    return format_ or _PAGE_SUFFIXES[suffix]


@dataclass(frozen=True)
class Output:
    """Where results go and how: what the output options asked for."""

    lang: Language | None = None
    quiet: bool = False
    format_: str | None = None
    output: str | None = None
    top: int | None = None


def with_output(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the output options and hand the command an :class:`Output`, `out`, for them."""

    @output_options
    @lang_option
    @quiet_option
    @functools.wraps(function)
    def command(
        *args: Any,
        lang: Language | None,
        quiet: bool,
        format_: str | None,
        output: str | None,
        top: int | None,
        **asked: Any,
    ) -> Any:
        chosen_format(format_, output)
        return function(*args, out=Output(lang, quiet, format_, output, top), **asked)

    return command


def with_dataset(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add DATASET and the loading options and hand the command the loaded dataset, `ds`.

    Goes above :func:`with_output`, or above options that give `lang` and `quiet`.
    """
    return scenario_option(with_base(function))


def with_base(function: Callable[..., Any]) -> Callable[..., Any]:
    """Do as :func:`with_dataset`, without --scenario: for what makes scenarios itself."""

    @dataset_argument
    @loading_options
    @functools.wraps(function)
    def command(
        *args: Any, dataset: str, skip_bad_rows: bool, engine: str, scenarios: tuple[str, ...] = (),
        **asked: Any,
    ) -> Any:  # fmt: skip
        ctx = click.get_current_context()
        if "format_" in ctx.params:  # a wrong one is said before the work
            chosen_format(ctx.params["format_"], ctx.params["output"])
        quiet, lang = bool(ctx.params.get("quiet")), ctx.params.get("lang")
        if _FORMER_LOAD in ctx.meta and not quiet:
            warn("utilisation-renamed", lang)
        ds = load(dataset, skip_bad_rows=skip_bad_rows, engine=engine, quiet=quiet, lang=lang)
        if "capacities" in ds.tables:
            warn_of_date(ds, asked.get("at"))
        if scenarios:
            ds = supposed(ds, scenarios, asked, quiet=quiet, lang=lang)
        return function(*args, ds=ds, **asked)

    return command


def supposed(
    ds: Dataset,
    scenarios: tuple[str, ...],
    asked: dict[str, Any],
    *,
    quiet: bool,
    lang: Language | None,
) -> Dataset:
    """Return a dataset as scenarios suppose it, in order; plants without a place stand in the region asked."""
    from chaingraph.planning.changes import apply_scenario

    given = asked.get("region") or asked.get("regions") or None
    one = given[0] if isinstance(given, tuple) and len(given) == 1 else given
    found = apply_scenario(ds, list(scenarios), region=one if isinstance(one, str) else None)
    for key, params in found.supposed.notes if found.supposed and not quiet else ():
        warn(key, lang, **params)
    return found


def load(
    source: str,
    *,
    skip_bad_rows: bool = False,
    engine: str = "pandas",
    quiet: bool = False,
    lang: Language | None = None,
) -> Dataset:
    """Load a dataset for a command, with a word on stderr."""
    from chaingraph.cli.main import message_language
    from chaingraph.loading import load_dataset

    spoken = message_language(lang)
    say(message("loading", spoken, name=source), quiet=quiet)
    chosen: Any = engine
    ds = load_dataset(source, engine=chosen, skip_bad_rows=skip_bad_rows)
    if ds.skipped_rows and not quiet:
        warn("note-skipped", lang, count=ds.skipped_rows)
    return ds
