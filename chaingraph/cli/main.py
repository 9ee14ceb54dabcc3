"""The entry point: a group that loads a command's module when it is asked for, and ends well."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import signal
import sys
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, cast

import click

from chaingraph.cli.language import Formatter, asked_language, in_chinese, said, speaking
from chaingraph.cli.terminal import echo
from chaingraph.version import __version__
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from chaingraph.words import Language

COMMANDS = {
    "datasets": "data",
    "show": "data",
    "check": "data",
    "rules": "rules",
    "regions": "data",
    "init": "begin",
    "convert": "convert",
    "match": "bring",
    "merge": "merging",
    "import": "importing",
    "diff": "changes",
    "survey": "survey",
    "answers": "survey",
    "gaps": "analyse",
    "balance": "analyse",
    "requirements": "analyse",
    "trace": "analyse",
    "explain": "analyse",
    "content": "analyse",
    "targets": "recruit",
    "calls": "calls",
    "next": "recruit",
    "anchors": "recruit",
    "backtest": "recruit",
    "plan": "plan",
    "responsibility": "planning_lists",
    "track": "planning_lists",
    "indicators": "planning_lists",
    "whatif": "scenarios",
    "view": "show",
    "report": "report",
    "serve": "serve",
    "completion": "completion",
}
"""Command -> module of this package. Modules import click only; the rest comes when a command runs."""
_TAKEN = ("next",)
"""Commands named as something of Python is: their functions end in an underscore."""


INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 and the number of the signal."""
interrupted: list[bool] = []


def message_language(asked: str | None) -> Language:
    """Return the language of messages: as asked, else by the environment."""
    if asked in {"zh", "en"}:
        return "zh" if asked == "zh" else "en"
    named = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG", "")
    return "zh" if named.startswith("zh") else "en"


class Program(click.Group):
    """Group of all commands; every failure becomes one line and an exit status."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of the work."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load the module of a command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"chaingraph.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(
            module, f"{cmd_name}_" if cmd_name in _TAKEN or iskeyword(cmd_name) else cmd_name
        )
        return in_chinese(command) if ctx is not None and _spoken(ctx) == "zh" else command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note the language asked for, wherever --lang stands, before anything can be wrong."""
        asked = asked_language(args)
        if asked in LANGUAGES:
            ctx.meta["chaingraph.lang"] = asked
        return super().parse_args(ctx, args)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help of the whole in the language that is spoken."""
        if _spoken(ctx) == "zh" and not isinstance(formatter, Formatter):
            wide = Formatter(width=formatter.width)
            click.Group.format_help(cast("click.Group", in_chinese(self)), ctx, wide)
            formatter.write(wide.getvalue())
            return
        super().format_help(ctx, formatter)

    def main(self, args: Any = None, *rest: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        """Run the command line; what click says is said in the reader's language, on clean lines.

        An interrupt ends with status 130 as a shell's own does.
        """
        words = list(sys.argv[1:] if args is None else args)
        clicked: Any = super().main
        with speaking(message_language(asked_language(words))):
            if not standalone_mode:
                return clicked(args, *rest, standalone_mode=False, **extra)
            try:
                status = clicked(args, *rest, standalone_mode=False, **extra)
            except click.ClickException as error:
                text = io.StringIO()
                error.show(text)
                echo(text.getvalue(), err=True, nl=False)
                status = error.exit_code
            except click.Abort:
                echo("", err=True)
                status = INTERRUPTED
        sys.exit(status if isinstance(status, int) else 0)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; suggest the closest one where there is none."""
        from chaingraph.errors import closest

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = ", ".join(closest(args[0], COMMANDS))
            text = "No such command '{name}'."
            if near:
                text = "No such command '{name}'. Did you mean: {near}?"
            raise click.UsageError(said(text, name=args[0], near=near), ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command and turn failures into a line on stderr and an exit status."""
        from chaingraph.errors import ChaingraphError

        try:
            return super().invoke(ctx)
        except ChaingraphError as error:
            if ctx.params.get("debug"):
                raise
            lang = message_language(ctx.meta.get("chaingraph.lang"))
            echo(f"chaingraph: {error.text(lang)}", err=True)
            ctx.exit(error.exit_status)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except MemoryError:
            from chaingraph.words import message

            echo(f"chaingraph: {message('out-of-memory', _spoken(ctx))}", err=True)
            ctx.exit(1)
        except Exception as error:
            if interrupted:  # a library turned it into an error of its own
                raise click.Abort from error
            if ctx.params.get("debug"):
                raise
            from chaingraph.words import message

            lang = message_language(ctx.meta.get("chaingraph.lang"))
            detail = f"{type(error).__name__}: {error}".splitlines()[0]
            sentence = message("unexpected", lang, detail=detail)
            echo(f"chaingraph: {sentence}", err=True)
            ctx.exit(1)


def _spoken(ctx: click.Context) -> Language:
    return message_language(ctx.meta.get("chaingraph.lang"))


@click.group(
    cls=Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: chaingraph gaps qujing",
)
@click.version_option(__version__, "-V", "--version", prog_name="chaingraph")
@click.option(
    "--lang", type=click.Choice(LANGUAGES), expose_value=False,
    help="Language of help and messages; by the environment by default.",
)  # fmt: skip
@click.option("--debug", is_flag=True, help="Show the trace of a failure.")
def program(debug: bool) -> None:
    """Find the gaps of a region's industry chain, and say what each figure rests on.

    DATASET is the name of a bundled dataset (chaingraph datasets lists them), a folder of CSV or
    Parquet files, or an .xlsx or .zip file of the same tables. Results go to stdout, messages to
    stderr. Exit status: 0 done, 1 data or analysis error, 2 wrong usage, 3 more gaps than --fail-on,
    130 interrupted.
    """
    del debug


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    # what is imported and read stays to the end: looking through it for garbage again and again is in vain
    gc.set_threshold(100_000, 50, 50)
    with contextlib.suppress(ValueError):  # not in the main thread: somebody else's to handle
        signal.signal(signal.SIGINT, _interrupt)
    program(prog_name="chaingraph")


def _interrupt(number: int, frame: object) -> None:
    """Note an interrupt, in case a library swallows it, and end what runs."""
    del number, frame
    interrupted.append(True)
    raise KeyboardInterrupt
