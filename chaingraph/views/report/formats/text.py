"""A report as Markdown and as JSON."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chaingraph.characters import markdown, markdown_line
from chaingraph.views.report.model import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.views.report.model import Figure, Report, Section, Table

_ADDRESS = re.compile(r"https?://[^\s<>\"'|\\]+", re.IGNORECASE)


def is_address(text: str) -> bool:
    """Tell whether a source is a web address, whole and harmless, that may become a link."""
    return bool(_ADDRESS.fullmatch(text))


def to_markdown(report: Report) -> str:
    """Return a report as Markdown: pipe tables, sources as footnotes.

    Parameters
    ----------
    report
        The report.

    Returns
    -------
    str
        The text; drawings stand in it as words.
    """
    lines = [f"# {markdown(report.title)}", "", markdown_line(report.subtitle), ""]
    lines += [f"- {markdown(label)}: {markdown(value)}" for label, value in report.meta]
    for section in report.sections:
        lines += ["", *_section(report, section)]
    lines.append("")
    lines += [
        f"[^{number}]: <{address}>" if is_address(address) else f"[^{number}]: {markdown(address)}"
        for number, address in enumerate(report.sources, 1)
    ]
    return "\n".join(lines).rstrip() + "\n"


def _section(report: Report, section: Section) -> list[str]:
    lines = [f"## {markdown(section.title)}", ""]
    for paragraph in section.paragraphs:
        mark = "- " if paragraph.item else ""
        lines.append(f"{mark}{markdown_line(paragraph.text)}{_notes(paragraph.notes)}")
        if not paragraph.item:
            lines.append("")
    for figure in section.figures:
        lines += ["", *_figure(report, figure)]
    for table in section.page_tables:
        lines += ["", *_table(report, table)]
    return lines


def _notes(numbers: Iterable[int]) -> str:
    return "".join(f"[^{number}]" for number in numbers)


def _figure(report: Report, figure: Figure) -> list[str]:
    head = f"**{report.say('figure', number=figure.number)} {markdown(figure.title)}**"
    return [
        head,
        "",
        markdown_line(figure.alt),
        "",
        f"{markdown_line(figure.basis)}{_notes(figure.notes)}",
    ]


def _table(report: Report, table: Table) -> list[str]:
    headers = [markdown(column.header) for column in table.columns]
    rules = ["---:" if column.is_figure else ":---" for column in table.columns]
    if table.cited:
        headers.append(markdown(report.say("sources")))
        rules.append(":---")
    lines = [f"**{report.say('table', number=table.number)} {markdown(table.title)}**", ""]
    lines += [f"| {' | '.join(headers)} |", f"| {' | '.join(rules)} |"]
    for row in table.rows:
        cells = [markdown(cell.text) for cell in row.cells]
        if table.cited:
            cells.append(_notes(row.notes) or markdown(report.say("general")))
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, "", markdown_line(table.basis)] if table.basis else lines


def to_json(report: Report) -> str:
    """Return a report as JSON: values in the units of their columns, and the text that all formats show.

    Parameters
    ----------
    report
        The report.

    Returns
    -------
    str
        The text; unknown is null, there is no NaN, drawings are left out.
    """
    document = {
        "schema_version": SCHEMA_VERSION,
        "kind": "report",
        "title": report.title,
        "subtitle": report.subtitle,
        "lang": report.lang,
        "as_of": report.as_of or None,
        "program": report.program,
        "meta": dict(report.meta),
        "sections": [_section_dict(section) for section in report.sections],
        "sources": [
            {"number": number, "address": address}
            for number, address in enumerate(report.sources, 1)
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _section_dict(section: Section) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "paragraphs": [
            {"text": p.text, "sources": list(p.notes), "item": p.item} for p in section.paragraphs
        ],
        "figures": [
            {"key": f.key, "number": f.number, "title": f.title, "text": f.alt, "basis": f.basis,
             "sourced": f.sourced, "sources": list(f.notes)}
            for f in section.figures
        ],
        "tables": [_table_dict(table) for table in section.tables],
    }  # fmt: skip


def _table_dict(table: Table) -> dict[str, Any]:
    return {
        "key": table.key,
        "number": table.number,
        "title": table.title,
        "basis": table.basis,
        "sourced": table.sourced,
        "columns": [
            {"key": c.key, "title": c.title, "unit": c.unit, "kind": c.kind} for c in table.columns
        ],
        "rows": [
            {
                "values": {
                    c.key: cell.value for c, cell in zip(table.columns, row.cells, strict=True)
                },
                "shown": [cell.text for cell in row.cells],
                "sources": list(row.notes),
                "standing": row.standing or None,
            }
            for row in table.rows
        ],
    }
