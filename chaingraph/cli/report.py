"""The command that writes a report: one model, five formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chaingraph.cli.options import (
    chain_option,
    date_option,
    lang_option,
    quiet_option,
    region_option,
    status_option,
    told,
    with_dataset,
)
from chaingraph.cli.output import deliver
from chaingraph.errors import OptionError
from chaingraph.files import write_file

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset
    from chaingraph.words import Language

FORMATS = ("html", "xlsx", "docx", "md", "json")
_SUFFIXES = {f".{name}" for name in FORMATS} | {".htm"}


def report_file(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """Return the file to write, or refuse what no format can be told for before any work is done."""
    del param
    format_ = ctx.params.get("report_format")
    if value is None:
        ctx.meta["chaingraph.report"] = format_ or "html"
        return None
    suffix = value[value.rfind(".") :].casefold() if "." in value else ""
    chosen = format_ or (suffix[1:] if suffix in _SUFFIXES else "")
    if value == "-":
        chosen = format_ or "md"
    if not chosen:
        raise OptionError("unknown-suffix", path=value, choices=" ".join(f".{f}" for f in FORMATS))
    if value == "-" and chosen in {"xlsx", "docx"}:
        raise OptionError("binary-to-stdout", format=chosen)
    ctx.meta["chaingraph.report"] = "html" if chosen == "htm" else chosen
    return value


@click.command(epilog="Example: chaingraph report qujing -o report.html")
@with_dataset
@region_option
@chain_option
@date_option
@status_option
@click.option(
    "-f", "--format", "report_format", type=click.Choice(FORMATS), is_eager=True,
    help="By the suffix of -o; md on stdout.",
)  # fmt: skip
@click.option(
    "-o", "--output", "target", metavar="FILE", callback=report_file,
    help="File to write, DATASET-report.html by default; - is stdout.",
)  # fmt: skip
@lang_option
@quiet_option
def report(
    ds: Dataset,
    target: str | None,
    report_format: str | None,
    lang: Language | None,
    quiet: bool,
    **asked: Any,
) -> None:
    """Write a report on a region: HTML, Excel, Word, Markdown or JSON."""
    from chaingraph.views.report.build import build_report, render_report

    del report_format
    chosen = click.get_current_context().meta["chaingraph.report"]
    data = render_report(build_report(ds, lang=lang, **asked), chosen)
    if target == "-":
        deliver(data, target, lang=lang or ds.language, quiet=quiet)
        return
    path = write_file(target or f"{ds.name}-report.{chosen}", data)
    told("written", lang or ds.language, quiet=quiet, path=path)
