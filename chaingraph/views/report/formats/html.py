"""A report as one HTML file: no script, nothing from outside, figures as vectors."""

from __future__ import annotations

import re
from importlib import resources
from typing import TYPE_CHECKING

from chaingraph.views.drawing.palette import HATCH, STYLES
from chaingraph.views.report.formats.text import is_address
from chaingraph.views.report.model import runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.views.report.model import Report

_WIDE = 16
_LEGIBLE = 0.62


def to_html(report: Report) -> str:
    """Return a report as a page that opens offline in any browser and prints.

    Parameters
    ----------
    report
        The report.

    Returns
    -------
    str
        The page. All text is escaped; only whole web addresses become links.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_template),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"runs": _runs, "address": is_address, "wide": _is_wide, "room": _room}
    page: str = environment.get_template("report.html").render(
        report=report,
        html_lang="zh-CN" if report.lang == "zh" else "en",
        css=_template("report.css") + _tags(),
        marks={name: style.mark for name, style in STYLES.items()},
    )
    return page


def _template(name: str) -> str:
    path = resources.files("chaingraph.views").joinpath("templates", name)
    return path.read_text(encoding="utf-8")


def _runs(numbers: Iterable[int]) -> list[tuple[str, str]]:
    """Return runs of source numbers with the first of each, to link to."""
    return [(re.split("-", run)[0], run) for run in runs(numbers)]


def _room(svg: str) -> int:
    """Return the pixels a drawing needs on a screen for its labels to be read."""
    box = re.search(r'viewBox="[-\d.e]+ [-\d.e]+ ([\d.e+]+)', svg)
    return round(float(box[1]) * _LEGIBLE) if box else 0


def _is_wide(text: str) -> bool:
    """Tell whether a cell's text is long enough to wrap."""
    from wcwidth import wcswidth

    return max(wcswidth(text), len(text)) > 2 * _WIDE


def _tags() -> str:
    """Return the look of the standings as styles."""
    lines = f"repeating-linear-gradient(135deg, transparent 0 4px, {HATCH} 4px 5px) "
    return "".join(
        f".tag.{name} {{ background: {lines if style.hatch else ''}{style.fill}; "
        f"color: {style.text}; border-color: {style.line}; }}\n"
        for name, style in STYLES.items()
    )
