"""Commands that write pages: view."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.options import (
    chain_option,
    date_option,
    lang_option,
    quiet_option,
    region_option,
    say,
    status_option,
    with_dataset,
)

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset


def _page_name(ctx: click.Context, param: click.Parameter, value: str) -> str:
    if value != "-" and not value.casefold().endswith((".html", ".htm")):
        raise click.BadParameter(f"'{value}' does not end with .html", ctx, param)
    return value


@click.command(epilog="Example: chaingraph view qujing --chain battery -o map.html")
@with_dataset
@region_option
@chain_option
@date_option
@status_option
@click.option(
    "-o", "--output", required=True, metavar="FILE.html", callback=_page_name,
    help="File to write; - is stdout.",
)  # fmt: skip
@lang_option
@quiet_option
def view(ds: Dataset, output: str, lang: str | None, quiet: bool, **asked: Any) -> None:
    """Write a region's chain map as one HTML file that opens offline."""
    from chaingraph.views.page import save_view
    from chaingraph.words import message

    if output == "-":
        with TemporaryDirectory() as place:
            page = save_view(ds, Path(place) / "page.html", lang=lang, **asked)
            click.echo(page.read_text(encoding="utf-8"), nl=False)
        return
    path = save_view(ds, output, lang=lang, **asked)
    spoken: Any = lang or ds.language
    say(message("written", spoken, path=path), quiet=quiet)
