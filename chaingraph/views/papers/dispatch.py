"""The dispatch page as a web page on one sheet of A4 with an annex, as a Word document, as a workbook."""

from __future__ import annotations

import html
from importlib import resources
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from chaingraph.errors import OptionError
from chaingraph.files import write_file
from chaingraph.planning import track_words
from chaingraph.planning.track_dispatch import build_dispatch
from chaingraph.version import __version__
from chaingraph.views.report import model
from chaingraph.views.report.build import number_through
from chaingraph.views.report.model import Column, Paragraph, Report, Section, Table, make_row

if TYPE_CHECKING:
    from chaingraph.planning.track import Tracking
    from chaingraph.planning.track_dispatch import Block, Dispatch
    from chaingraph.words import Language

SUFFIXES: Final = (".html", ".docx", ".xlsx")
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)
_BAR: Final = 100
_PLAIN_WIDTH: Final = 14


def save_dispatch(tracking: Tracking, path: str | Path, *, lang: Language | None = None) -> Path:
    """Write the dispatch page of a tracked list.

    Parameters
    ----------
    tracking
        What :func:`chaingraph.track_list` gave.
    path
        A ``.html`` (one A4 landscape and an annex), ``.docx`` or ``.xlsx`` file.
    lang
        ``zh`` or ``en``; the list's own by default.

    Returns
    -------
    pathlib.Path
        The file. Two runs give the same bytes.

    Raises
    ------
    OptionError
        Where the suffix is another.
    FileProblemError
        Where the file cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile, chaingraph as cg
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = cg.save_responsibility(cg.build_responsibility(cg.load_dataset("toy")), folder / "list.xlsx")
    >>> save_dispatch(cg.track_list(folder / "list.xlsx", at="2025-06"), folder / "dispatch.html").name
    'dispatch.html'
    """
    suffix = PurePath(path).suffix.casefold()
    if suffix not in SUFFIXES:
        raise OptionError("unknown-suffix", path=path, choices=" ".join(SUFFIXES))
    page = build_dispatch(tracking, lang)
    if suffix == ".html":
        return write_file(path, to_html(page))
    report = to_report(page, tracking.day.isoformat())
    if suffix == ".docx":
        from chaingraph.views.report.formats.document import to_document

        return write_file(path, to_document(report))
    from chaingraph.views.report.formats.workbook import to_workbook

    return write_file(path, to_workbook(report))


def to_html(page: Dispatch) -> str:
    """Return the page as HTML: one file, nothing from outside, no script."""
    style = (
        resources.files("chaingraph.views")
        .joinpath("templates", "dispatch.css")
        .read_text(encoding="utf-8")
    )
    code = "zh-CN" if page.lang == "zh" else "en"
    annex = "".join(f"<section>{_block(block, whole=True)}</section>" for block in page.annex)
    heading = html.escape(track_words.say("annex", page.lang))
    late, limit, units = page.page
    notes = "".join(f'<p class="more">{html.escape(note)}</p>' for note in page.notes)
    return (
        f'<!doctype html>\n<html lang="{code}">\n<head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(page.title)}</title><style>{style}</style></head>\n<body><main>"
        f'<div class="head"><div><h1>{html.escape(page.title)}</h1>'
        f'<div class="dim">{html.escape(page.scope)}</div>'
        f"{_counters(page)}</div>{_funnel(page)}</div>"
        f"<section>{_block(late)}</section>"
        f'<div class="two"><section>{_block(limit)}</section><section>{_block(units)}</section></div>'
        f'{notes}<div class="sign">{"".join(f"<span>{html.escape(s)}</span>" for s in page.signatures)}</div>'
        + (f'<div class="annex"><h1>{heading}</h1>{annex}</div>' if annex else "")
        + "</main></body>\n</html>\n"
    )


def _counters(page: Dispatch) -> str:
    cells = "".join(
        f"<div>{html.escape(c.label)}<b>{html.escape(c.figure)}</b><small>{html.escape(c.note)}</small></div>"
        for c in page.counters
    )
    return f'<div class="count">{cells}</div>'


def _funnel(page: Dispatch) -> str:
    rows = "".join(
        f"<span>{html.escape(bar.label)}</span>"
        f'<svg viewBox="0 0 {_BAR} 10" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{bar.share * _BAR:.1f}" height="10"/></svg><span>{html.escape(bar.text)}</span>'
        for bar in page.bars
    )
    return f'<div class="funnel">{rows}</div>'


def _block(block: Block, *, whole: bool = False) -> str:
    title = f"<h2>{html.escape(block.title)}</h2>"
    if not block.rows:
        return f'{title}<p class="more">{html.escape(block.empty)}</p>'
    head = "".join(f"<th>{html.escape(name)}</th>" for name in block.columns)
    body = "".join(_row(block, place) for place in range(len(block.rows)))
    more = ""
    if block.left and not whole:
        zh = any("\u4e00" <= letter <= "\u9fff" for letter in block.title)
        said = track_words.say("rows-left", "zh" if zh else "en", count=block.left)
        more = f'<p class="more">{html.escape(said)}</p>'
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'{title}<div class="scroll">{table}</div>{more}'


def _row(block: Block, place: int) -> str:
    cells = []
    for at, text in enumerate(block.rows[place]):
        shown = html.escape(text)
        if at == block.light:
            colour = block.lights[place].rstrip("*") if block.lights else ""
            cells.append(f'<td class="light {colour}">{shown}</td>')
        else:
            style = ' class="no"' if at == 0 else ' class="blank"' if not text else ""
            cells.append(f"<td{style}>{shown}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def to_report(page: Dispatch, day: str) -> Report:
    """Return the page as a report: what the Word document and the workbook are written from."""
    headline = " · ".join(
        " ".join(filter(None, (c.label, c.figure, c.note))) for c in page.counters
    )
    funnel = " · ".join(f"{bar.label} {bar.text}" for bar in page.bars)
    lines = (headline, funnel, *page.notes, "    ".join(page.signatures))
    first = Section(
        "dispatch",
        page.title,
        tuple(map(Paragraph, lines)),
        tuple(map(_table, page.page)),
        wide=True,
    )
    annex = tuple(
        Section(f"annex-{block.key}", block.title, (), (_table(block),), wide=True)
        for block in page.annex
    )
    return Report(
        title=page.title,
        subtitle=page.scope,
        lang=page.lang,
        meta=(),
        sections=number_through([first, *annex]),
        sources=(),
        as_of=day,
        program=f"chaingraph {__version__}",
        contents=False,
        sheet=True,
    )


def _table(block: Block) -> Table:
    columns = tuple(
        Column(f"c{place}", title, width=_width(block, place))
        for place, title in enumerate(block.columns)
    )
    rows = tuple(make_row(tuple(map(model.text, row))) for row in block.rows)
    return Table(block.key, block.title, columns, rows, cited=False)


def _width(block: Block, place: int) -> int:
    longest = max((len(row[place].encode("gb18030", "replace")) for row in block.rows), default=0)
    return max(6, min(40, longest + 2, max(_PLAIN_WIDTH, longest)))
