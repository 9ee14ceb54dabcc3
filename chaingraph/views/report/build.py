"""Building a report and saving it in one of five formats."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from chaingraph.errors import OptionError
from chaingraph.files import write_file
from chaingraph.version import __version__
from chaingraph.views.report.context import open_context
from chaingraph.views.report.model import Report
from chaingraph.views.report.sections import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.dataset import Dataset
    from chaingraph.planning.programme_file import AnyPlan
    from chaingraph.regions import Region
    from chaingraph.results import Result
    from chaingraph.views.report.context import Context
    from chaingraph.views.report.model import Section
    from chaingraph.words import Language

FORMATS = ("html", "xlsx", "docx", "md", "json")
BINARY = ("xlsx", "docx")
SUFFIXES = {
    ".html": "html", ".htm": "html", ".xlsx": "xlsx", ".docx": "docx", ".md": "md", ".json": "json",
}  # fmt: skip


def build_report(
    ds: Dataset,
    *,
    region: str | Region | None = None,
    chain: str | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    targets: Result | bool | None = None,
    plan: AnyPlan | None = None,
    lang: Language | None = None,
) -> Report:
    """Build the report on a region: the model that every format shows.

    Parameters
    ----------
    ds
        The dataset. Without enterprises and capacities it is a report on structure alone.
    region, chain, at, statuses, lang
        As in :func:`chaingraph.find_gaps`.
    targets
        A result of :func:`chaingraph.rank_targets` on the region; None ranks the targets of its gaps;
        False leaves them out.
    plan
        What :func:`chaingraph.read_plan` reads: its projects, years and tasks are shown, and the chains before
        and after.

    Returns
    -------
    Report
        Title, sections of paragraphs, tables and figures, and the numbered sources. Each figure
        stands with its unit, its date, the share of it that is sourced, and its sources.

    Raises
    ------
    UnknownNameError, OptionError
        For names and options that cannot be used.

    Examples
    --------
    >>> import chaingraph as cg
    >>> report = cg.build_report(cg.load_dataset("toy"), lang="en")
    >>> [section.key for section in report.sections][:3]
    ['summary', 'known', 'ask']
    """
    context = open_context(
        ds,
        region=region,
        chain=chain,
        at=at,
        statuses=statuses,
        targets=targets,
        plan=plan,
        lang=lang,
    )
    found = (build(context) for build in SECTIONS)
    sections = number_through([section for section in found if section is not None])
    topic = context.term("chain", chain) if chain else ""
    return Report(
        title=context.say(
            "title" if not chain else "title-chain", region=context.region, chain=topic
        ),
        subtitle=context.say("subtitle", at=context.at, statuses=context.statuses()),
        lang=context.lang,
        meta=_meta(context),
        sections=sections,
        sources=tuple(context.sources.numbers),
        as_of=context.ds.as_of,
        program=f"chaingraph {__version__}",
    )


def _meta(context: Context) -> tuple[tuple[str, str], ...]:
    ds = context.ds
    pairs = (
        ("dataset", f"{ds.title(context.lang)} ({ds.name} {ds.version})"),
        ("region", context.region),
        ("chain", context.listed(context.term("chain", c) for c in context.chains) or "-"),
        ("at", context.at),
        ("statuses", context.statuses()),
        *((("plan", context.effect.saved.name),) if context.effect else ()),
    )
    named = tuple((context.term("param", key), text) for key, text in pairs)
    return (*named, (context.say("program"), f"chaingraph {__version__}"))


def number_through(sections: list[Section]) -> tuple[Section, ...]:
    """Return the sections with their tables and figures numbered through."""
    tables = figures = 0
    result = []
    for section in sections:
        own_tables = []
        for table in section.tables:  # one of the workbook alone has the number of its short form
            tables += table.place != "workbook"
            own_tables.append(replace(table, number=tables))
        own_figures = [replace(f, number=figures + i) for i, f in enumerate(section.figures, 1)]
        figures += len(own_figures)
        result.append(replace(section, tables=tuple(own_tables), figures=tuple(own_figures)))
    return tuple(result)


def report_format(path: str | Path, format_: str | None = None) -> str:
    """Return the format of a report by its name, or by the file's suffix.

    Raises
    ------
    OptionError
        For a format that there is not, or a suffix that says nothing.

    Examples
    --------
    >>> report_format("Report.XLSX")
    'xlsx'
    """
    if format_ is not None:
        if format_ not in FORMATS:
            raise OptionError("bad-format", value=format_, choices=", ".join(FORMATS))
        return format_
    suffix = PurePath(path).suffix.casefold()
    if suffix not in SUFFIXES:
        choices = " ".join(f".{name}" for name in FORMATS)
        raise OptionError("unknown-suffix", path=path, choices=choices)
    return SUFFIXES[suffix]


def render_report(report: Report, format_: str) -> str | bytes:
    """Return a report in a format: text, or for xlsx and docx bytes.

    Raises
    ------
    OptionError
        For a format that there is not.
    """
    chosen = report_format("", format_)
    if chosen == "html":
        from chaingraph.views.report.formats.html import to_html

        return to_html(report)
    if chosen == "xlsx":
        from chaingraph.views.report.formats.workbook import to_workbook

        return to_workbook(report)
    if chosen == "docx":
        from chaingraph.views.report.formats.document import to_document

        return to_document(report)
    from chaingraph.views.report.formats import text as as_text

    return as_text.to_markdown(report) if chosen == "md" else as_text.to_json(report)


def save_report(
    ds: Dataset,
    path: str | Path,
    *,
    format_: str | None = None,
    region: str | Region | None = None,
    chain: str | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    targets: Result | bool | None = None,
    plan: AnyPlan | None = None,
    lang: Language | None = None,
) -> Path:
    """Write the report on a region as HTML, Excel, Word, Markdown or JSON.

    Parameters
    ----------
    ds
        The dataset.
    path
        The file to write; its suffix says the format unless `format_` does.
    format_
        ``html``, ``xlsx``, ``docx``, ``md`` or ``json``.
    region, chain, at, statuses, lang
        As in :func:`chaingraph.find_gaps`.
    targets
        A result of :func:`chaingraph.rank_targets` on the region; None ranks the targets of its gaps;
        False leaves them out.
    plan
        What :func:`chaingraph.read_plan` reads: its projects, years and tasks are shown, and the chains before
        and after.

    Returns
    -------
    pathlib.Path
        The file. Two runs on the same data give the same bytes.

    Raises
    ------
    UnknownNameError, OptionError
        For names and options that cannot be used.
    FileProblemError
        Where the file cannot be written; an existing one stays.

    Examples
    --------
    >>> import tempfile, pathlib, chaingraph as cg
    >>> page = pathlib.Path(tempfile.mkdtemp()) / "report.html"
    >>> cg.save_report(cg.load_dataset("toy"), page).stat().st_size > 10_000
    True
    """
    chosen = report_format(path, format_)
    report = build_report(
        ds,
        region=region,
        chain=chain,
        at=at,
        statuses=statuses,
        targets=targets,
        plan=plan,
        lang=lang,
    )
    return write_file(path, render_report(report, chosen))
