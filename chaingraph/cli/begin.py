"""The command that begins a city's own dataset: init."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.options import LanguageChoice, complete_dataset, date_option, quiet_option
from chaingraph.cli.terminal import echo

if TYPE_CHECKING:
    from pathlib import Path


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Complete the last of several names."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in complete_dataset(ctx, param, last)]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


@click.command(epilog="Example: chaingraph init yichun.xlsx --extends battery --region 宜春市")
@click.argument("path", metavar="FOLDER")
@click.option(
    "--extends", metavar="DATASET,...", default="", shell_complete=_complete,
    help="Datasets to build on, such as battery,photovoltaic.",
)  # fmt: skip
@click.option("-r", "--region", default="", help="Region under study, such as 宜春市.")
@click.option("--excel", is_flag=True, help="A workbook with drop-downs, FOLDER.xlsx.")
@click.option(
    "--tables", metavar="TABLE,...",
    help="Which tables; those that a city fills in by default.",
)  # fmt: skip
@date_option
@click.option(
    "--lang",
    type=LanguageChoice(["zh", "en"]),
    help="Language of the sheets and of the dataset; zh by default.",
)
@quiet_option
def init(
    path: str,
    extends: str,
    region: str,
    excel: bool,
    tables: str | None,
    at: str | None,
    lang: Any,
    quiet: bool,
) -> None:
    """Make the blank tables of a city: a folder of CSV files, or an Excel workbook to fill in.

    A FOLDER that ends in .xlsx is a workbook. It explains itself, offers products, statuses and places
    in drop-downs, and comes back with: chaingraph import FILE.xlsx -o FOLDER
    """
    from chaingraph.templates.making import init_dataset

    made = init_dataset(
        path, extends=_names(extends), region=region, excel=excel,
        tables=None if tables is None else _names(tables), as_of=at or "", lang=lang or "zh",
    )  # fmt: skip
    _tell(made, lang, quiet=quiet, alone=not _names(extends))


def _tell(made: Path, lang: Any, *, quiet: bool, alone: bool) -> None:
    """Say what was written on stdout, and what to do next on stderr."""
    from chaingraph.cli.main import message_language
    from chaingraph.words import message

    spoken = message_language(lang)
    echo(message("written", spoken, path=made))
    if quiet:
        return
    key = "init-next-workbook" if made.is_file() else "init-next-folder"
    if alone and made.is_dir():
        key = "init-next-alone"
    place = {"path": made, "folder": made.with_suffix("") if made.is_file() else made}
    echo(f"chaingraph: {message(key, spoken, **place)}", err=True)
