"""The entry point: a group that loads a command's module when it is asked for, and ends well."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
from keyword import iskeyword
from typing import TYPE_CHECKING, Any

import click

from chaingraph.version import __version__

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
    "completion": "completion",
}
"""Command -> module of this package. Modules import click only; the rest comes when a command runs."""
_TAKEN = ("next",)
"""Commands named as something of Python is: their functions end in an underscore."""


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
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"chaingraph.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(
            module, f"{cmd_name}_" if cmd_name in _TAKEN or iskeyword(cmd_name) else cmd_name
        )
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; suggest the closest one where there is none."""
        from chaingraph.errors import closest

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = closest(args[0], COMMANDS)
            hint = f" Did you mean: {', '.join(near)}?" if near else ""
            raise click.UsageError(f"No such command '{args[0]}'.{hint}", ctx)
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
            click.echo(f"chaingraph: {error.text(lang)}", err=True)
            ctx.exit(error.exit_status)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            if ctx.params.get("debug"):
                raise
            from chaingraph.words import message

            lang = message_language(ctx.meta.get("chaingraph.lang"))
            detail = f"{type(error).__name__}: {error}".splitlines()[0]
            sentence = message("unexpected", lang, detail=detail)
            click.echo(f"chaingraph: {sentence}", err=True)
            ctx.exit(1)


@click.group(
    cls=Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: chaingraph gaps qujing",
)
@click.version_option(__version__, "-V", "--version", prog_name="chaingraph")
@click.option("--debug", is_flag=True, help="Show the trace of a failure.")
def program(debug: bool) -> None:
    """Find the gaps of a region's industry chain, and say what each figure rests on.

    DATASET is the name of a bundled dataset (chaingraph datasets lists them), a folder of CSV or
    Parquet files, or an .xlsx or .zip file of the same tables. Results go to stdout, messages to
    stderr. Exit status: 0 done, 1 data or analysis error, 2 wrong usage, 3 more gaps than --fail-on.
    """
    del debug


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    # what is imported and read stays to the end: looking through it for garbage again and again is in vain
    gc.set_threshold(100_000, 50, 50)
    program(prog_name="chaingraph")
