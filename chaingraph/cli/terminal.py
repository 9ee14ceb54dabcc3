"""What goes to a terminal, and how wide it is: the only place from which a command prints."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from chaingraph.characters import shown
from chaingraph.terminal import wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable

_WIDEST = 400


def terminal_width() -> int | None:
    """Return the columns of the terminal that stdout is, None where it is none: a file gets all columns."""
    if not sys.stdout.isatty():
        return None
    return min(_WIDEST, shutil.get_terminal_size().columns)


def fitted(lines: Iterable[str], width: int | None) -> list[str]:
    """Return sentences as lines within a width; as they are without one."""
    if width is None:
        return list(lines)
    return [part for line in lines for part in wrapped(line, width)]


def echo(text: str | bytes, *, err: bool = False, nl: bool = True, data: bool = False) -> None:
    """Print a text; characters that command, turn or hide are written out.

    Parameters
    ----------
    text
        What to print.
    err
        On stderr instead of stdout.
    nl
        Whether a line end follows.
    data
        It is a file's content (CSV, JSON, a page): it stays as it is wherever no terminal shows it.
    """
    stream: Any = sys.stderr if err else sys.stdout
    if data and not stream.isatty():
        click.echo(text, err=err, nl=nl)
        return
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    if err and stream.isatty():
        said = "\n".join(fitted(said.splitlines(), shutil.get_terminal_size().columns))
    click.echo(shown(said), err=err, nl=nl)
