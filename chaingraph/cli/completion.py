"""The command that prints a shell's completion script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from chaingraph.cli.terminal import echo


@click.command(epilog='Example: eval "$(chaingraph completion bash)"')
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell, to be sourced by it."""
    kind = get_completion_class(shell)
    if kind is None:  # click offers all three
        raise click.UsageError(f"no completion for {shell}", ctx)
    root = ctx.find_root()
    echo(kind(root.command, {}, "chaingraph", "_CHAINGRAPH_COMPLETE").source())
