"""Commands that write pages: view."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.language import said
from chaingraph.cli.options import (
    chain_option,
    date_option,
    lang_option,
    plan_as_scenario,
    quiet_option,
    region_option,
    status_option,
    told,
    with_dataset,
)
from chaingraph.cli.terminal import echo

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaingraph.dataset import Dataset
    from chaingraph.words import Language


_CHAIN_OPTIONS = {"around", "depth", "anchor", "all_products", "force"}
_FIGURE_OPTIONS = {"boundary", "boundary_note"}
_OWN = {
    "onelook": set[str](),
    "chain": _CHAIN_OPTIONS | {"chain"},
    "flow": _FIGURE_OPTIONS | {"chain"},
    "region": _FIGURE_OPTIONS | {"chain"},
    "charts": _FIGURE_OPTIONS | {"chain"},
}
"""Figure -> the options that only some figures take."""
_UNSET = {None, False, 2}


def page_name(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return the name of an HTML file or a folder, or refuse it before any work is done."""
    if value is None or value == "-" or is_folder(value):
        return value
    if not value.casefold().endswith((".html", ".htm")):
        raise click.BadParameter(said("'{value}' does not end with .html", value=value), ctx, param)
    return value


def is_folder(value: str) -> bool:
    """Tell whether a name means a folder: it ends with a slash, or is one already."""
    return value.endswith(("/", "\\")) or Path(value).is_dir()


@click.command(epilog="Example: chaingraph view qujing --chain battery -o map.html")
@with_dataset
@plan_as_scenario
@region_option
@chain_option
@click.option(
    "--figure",
    type=click.Choice(list(_OWN)),
    help="One look (default), chain map (default with --chain, --around or --anchor), "
    "material flow, map of the sites, or charts.",
)
@click.option("--around", metavar="PRODUCT", help="Only the neighbourhood of a product.")
@click.option(
    "--depth",
    type=click.IntRange(1),
    default=2,
    show_default=True,
    help="How many links around it.",
)
@click.option(
    "--anchor", metavar="ENTERPRISE", help="Only an enterprise: inputs, suppliers, lacks."
)
@click.option(
    "--all",
    "all_products",
    is_flag=True,
    help="Products too that are neither made nor taken there.",
)
@date_option
@status_option
@click.option(
    "--boundary", metavar="FILE.geojson", help="Boundary drawn under the map of the sites."
)
@click.option("--boundary-note", metavar="TEXT", help="Where the boundary comes from.")
@click.option(
    "--force",
    is_flag=True,
    help="Draw more than 3,000 boxes all the same; more than 10,000 links are never drawn.",
)
@click.option(
    "-o", "--output", metavar="FILE.html|FOLDER/", callback=page_name,
    help="File to write, DATASET.html by default; FOLDER/ takes all pages, linked; - is stdout.",
)  # fmt: skip
@lang_option
@quiet_option
def view(
    ds: Dataset,
    figure: str | None,
    output: str | None,
    lang: Language | None,
    quiet: bool,
    **asked: Any,
) -> None:
    """Write a region's opening page, its chain map or another figure as one HTML file that opens offline."""
    from chaingraph.views.chainmap.build import build_chain_map
    from chaingraph.views.figures import build_figure
    from chaingraph.views.onelook.build import build_one_look

    if output and is_folder(output):
        _write_pages(ds, figure, output, lang, quiet=quiet, **asked)
        return
    if figure is None:
        chosen = any(asked[name] not in _UNSET for name in _OWN["chain"])
        figure = "chain" if chosen else "onelook"
    _drop_unfit(
        asked, _OWN[figure],
        lambda flag: said("--{flag} does not go with --figure {figure}.", flag=flag, figure=figure),
    )  # fmt: skip
    page: Any
    if figure == "onelook":
        page = build_one_look(ds, lang=lang, **asked)
    elif figure == "chain":
        page = build_chain_map(ds, lang=lang, **asked)
    else:
        page = build_figure(ds, figure=figure, lang=lang, **asked)
    if output == "-":
        echo(page.page, nl=False, data=True)
        return
    target = output or (f"{ds.name}.html" if figure == "onelook" else f"{ds.name}-{figure}.html")
    told("written", lang or ds.language, quiet=quiet, path=page.save(target))


def _write_pages(
    ds: Dataset,
    figure: str | None,
    folder: str,
    lang: Language | None,
    *,
    quiet: bool,
    **asked: Any,
) -> None:
    """Write all pages into a folder; options of one page do not go with that."""
    from chaingraph.views.pages import save_pages

    if figure is not None:
        raise click.UsageError(_not_with_a_folder("figure"))
    _drop_unfit(asked, set(), _not_with_a_folder)
    told(
        "written", lang or ds.language, quiet=quiet, path=save_pages(ds, folder, lang=lang, **asked)
    )


def _not_with_a_folder(flag: str) -> str:
    return said("--{flag} does not go with a folder: it takes all pages.", flag=flag)


def _drop_unfit(asked: dict[str, Any], own: set[str], refusal: Callable[[str], str]) -> None:
    """Take out the options that what is shown does not take; one that was given is refused."""
    for name in sorted(set().union(*_OWN.values()) - own):
        if asked.pop(name) not in _UNSET:
            raise click.UsageError(
                refusal("all" if name == "all_products" else name.replace("_", "-"))
            )
