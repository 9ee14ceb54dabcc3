"""The command that opens the page for those who use no terminal: serve."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chaingraph.cli.options import complete_dataset, lang_option, quiet_option
from chaingraph.cli.terminal import echo

if TYPE_CHECKING:
    from chaingraph.words import Language


@click.command(epilog="Example: chaingraph serve my-city")
@click.argument("folder", metavar="[FOLDER]", required=False, shell_complete=complete_dataset)
@click.option(
    "--drop", "files", multiple=True, type=click.Path(), metavar="FILE",
    help="A spreadsheet that is read at once; may be repeated.",
)  # fmt: skip
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port; any free one by default."
)
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@lang_option
@quiet_option
@click.pass_context
def serve(
    ctx: click.Context,
    /,
    folder: str | None,
    files: tuple[str, ...],
    port: int,
    no_browser: bool,
    lang: Language | None,
    quiet: bool,
) -> None:
    """Open a page on this computer: drop a spreadsheet, answer what is asked, take the map and the lists.

    FOLDER is a dataset of your own (or a bundled one): lists are compared with it, and it can be looked at
    without any list. The page answers this computer alone, under an address that holds a secret; nothing is
    sent anywhere, and what was dropped is removed at the end. Ends with Ctrl-C, or with the button on the page.
    """
    from chaingraph.cli.main import message_language
    from chaingraph.serve.running import need_libraries
    from chaingraph.serve.running import serve as run
    from chaingraph.serve.wording import say

    need_libraries()
    spoken = message_language(lang)

    def tell(address: str) -> None:
        echo(address)
        if not quiet:
            echo(say("serving", spoken), err=True)

    status = run(
        folder, files=[Path(file) for file in files], port=port, browser=not no_browser, lang=spoken,
        tell=tell,
    )  # fmt: skip
    if not quiet:
        echo(say("stopped", spoken), err=True)
    ctx.exit(status)
