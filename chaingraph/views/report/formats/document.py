"""A report as a Word document: Chinese typography, real pictures, tables that break well."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from chaingraph.views.drawing.fonts import can_write_chinese
from chaingraph.views.drawing.palette import HATCH, STYLES
from chaingraph.views.drawing.raster import rasterise
from chaingraph.views.report.formats import docx_parts as parts
from chaingraph.views.report.formats.workbook import created
from chaingraph.views.report.model import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.views.report.model import (
        Cell,
        Column,
        Figure,
        Paragraph,
        Report,
        Row,
        Section,
        Table,
    )

_SHORT, _LONG = 210, 297
_MARGIN, _TOP = 25, 24
_NARROW = 15
_TWIPS = 1440 / 25.4
_TALLEST = 0.60
_MANY = 8
_EDGE, _SMALL, _TALL = 11, 9.5, 510
"""Of a sheet to fill in: margin in mm, size of letters in points, least height of rows in twentieths of one."""


def to_document(report: Report) -> bytes:
    """Return a report as the bytes of a .docx file.

    Parameters
    ----------
    report
        The report.

    Returns
    -------
    bytes
        The file: 仿宋 text, 黑体 headings, numbered captions, figures as pictures of 220 dots an
        inch, wide sections on landscape paper, source numbers that link to the list of sources.
    """
    return _Writer(report).finish()


class _Writer:
    """Writes a report into a document, section after section."""

    def __init__(self, report: Report) -> None:
        from docx import Document

        self.report = report
        self.document: Any = Document()
        self.bookmarks = 0
        self.wide = report.sheet
        self._styles()
        self._properties()

    def finish(self) -> bytes:
        """Write all parts and return the file."""
        self._paper(self.document.sections[0], wide=self.wide)
        self._front()
        for number, section in enumerate(self.report.sections, 1):
            self._section(section, number)
        file = io.BytesIO()
        self.document.save(file)
        return parts.same_bytes(file.getvalue())

    def _styles(self) -> None:
        from docx.shared import Pt

        styles = self.document.styles
        parts.set_fonts(styles["Normal"], parts.BODY, 12)
        parts.set_fonts(styles["Title"], parts.HEADING, 24, colour=parts.HEAD_FILL)
        parts.set_fonts(styles["Heading 1"], parts.HEADING, 16, colour=parts.HEAD_FILL)
        parts.set_fonts(styles["Caption"], parts.HEADING, 10.5)
        parts.set_fonts(styles["Header"], parts.BODY, 9, colour="4A5560")
        parts.set_fonts(styles["Footer"], parts.BODY, 9, colour="4A5560")
        styles["Caption"].font.bold = False
        look = styles["Normal"].paragraph_format
        look.line_spacing, look.space_after = 1.35, Pt(4)
        styles["Heading 1"].paragraph_format.keep_with_next = True
        language = parts.element("lang", val="en-US", eastAsia="zh-CN")
        styles["Normal"].element.get_or_add_rPr().append(language)

    def _properties(self) -> None:
        report, core = self.report, self.document.core_properties
        core.title, core.subject = report.title, report.subtitle
        core.author = core.last_modified_by = report.program
        core.created = core.modified = created(report.as_of)
        core.last_printed = created(report.as_of)
        core.comments, core.keywords, core.category = "", "", ""
        core.language = "zh-CN" if report.lang == "zh" else "en"
        core.revision = 1

    def _paper(self, section: Any, *, wide: bool) -> None:
        from docx.enum.section import WD_ORIENT
        from docx.shared import Mm

        section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
        section.page_width, section.page_height = (
            (Mm(_LONG), Mm(_SHORT)) if wide else (Mm(_SHORT), Mm(_LONG))
        )
        side = Mm(_NARROW if wide else _MARGIN)
        section.left_margin = section.right_margin = side
        section.top_margin = section.bottom_margin = Mm(_TOP if not wide else 18)
        if self.report.sheet:
            section.top_margin = section.bottom_margin = Mm(_EDGE)
            section.header_distance = section.footer_distance = Mm(_EDGE / 2)
            return
        section.header.is_linked_to_previous = section.footer.is_linked_to_previous = False
        section.header.paragraphs[0].text = f"{self.report.title}  {self.report.subtitle}"
        foot = section.footer.paragraphs[0]
        foot.alignment = 1
        parts.page_number(foot._p)  # noqa: SLF001

    @property
    def room(self) -> float:
        """Width of the text in millimetres."""
        return _LONG - 2 * _NARROW if self.wide else _SHORT - 2 * _MARGIN

    def _front(self) -> None:
        """Write title, what was asked, and where asked for the contents."""
        from docx.shared import Pt

        document, report = self.document, self.report
        if report.sheet:
            self._head_of_sheet()
            return
        if report.pages:  # title and date stand at the head of every page
            return
        document.add_paragraph(report.title, style="Title")
        document.add_paragraph(report.subtitle)
        for label, value in report.meta:
            line = document.add_paragraph(f"{label}{report.say('colon')}{value}")
            line.paragraph_format.space_after = 0
        if not report.contents:
            return
        head = document.add_paragraph()
        head.paragraph_format.space_before = Pt(14)
        head.add_run(report.say("contents")).bold = True
        entries = [
            (f"section_{section.key}", f"{number}. {section.title}")
            for number, section in enumerate(report.sections, 1)
        ]
        for line in parts.contents(entries):
            self._append(line)

    def _head_of_sheet(self) -> None:
        """Write title and explanations in a few small lines."""
        report = self.report
        title = parts.run(report.title, size=15, bold=True, colour=parts.HEAD_FILL)
        self._append(parts.paragraph(title, align="center", after=40))
        lines = [report.subtitle, *(f"{k}{report.say('colon')}{v}" for k, v in report.meta)]
        lines += [line.text for section in report.sections for line in section.paragraphs]
        for line in lines:
            self._append(parts.paragraph(parts.run(line, size=_SMALL), after=40))

    def _append(self, block: Any) -> None:
        self.document.element.body.insert_element_before(block, "w:sectPr")

    def _section(self, section: Section, number: int) -> None:
        from docx.enum.section import WD_SECTION

        if section.wide != self.wide:
            self.wide = section.wide
            self._paper(self.document.add_section(WD_SECTION.NEW_PAGE), wide=section.wide)
        if not self.report.sheet:
            heading = self.document.add_heading(level=1)
            heading.paragraph_format.page_break_before = self.report.pages and number > 1
            heading.add_run(section.title if self.report.pages else f"{number}. {section.title}")
            self._mark(heading._p, f"section_{section.key}")  # noqa: SLF001
            for paragraph in section.paragraphs:
                self._paragraph(paragraph)
        for figure in section.figures:
            self._figure(figure)
        for table in section.page_tables:
            self._table(table)

    def _mark(self, target: Any, name: str) -> None:
        """Put a bookmark around what stands in a paragraph."""
        self.bookmarks += 1
        start, end = parts.bookmark(self.bookmarks, name)
        target.insert(1 if target.pPr is not None else 0, start)
        target.append(end)

    def _paragraph(self, paragraph: Paragraph) -> None:
        from docx.shared import Pt

        line = self.document.add_paragraph(style="List Bullet" if paragraph.item else None)
        if not paragraph.item and self.report.lang == "zh":
            line.paragraph_format.first_line_indent = Pt(24)
        line.add_run(paragraph.text)
        for part in parts.notes(runs(paragraph.notes), raised=True):
            line._p.append(part)  # noqa: SLF001

    def _caption(self, key: str, number: int, title: str, basis: str, notes: Sequence[int]) -> Any:
        """Write a caption: number, title, date and sourced share, sources."""
        line = self.document.add_paragraph(style="Caption")
        line.add_run(f"{self.report.say(key, number=number)}  {title}").bold = True
        if basis:
            line.add_run(f"  {basis}")
        for part in parts.notes(runs(notes), raised=True):
            line._p.append(part)  # noqa: SLF001
        return line

    def _figure(self, figure: Figure) -> None:
        from docx.shared import Mm

        chinese = can_write_chinese()
        drawing = figure.svg if chinese or not figure.latin else figure.latin
        data, ratio = rasterise(drawing, self.room)
        tallest = (_SHORT if self.wide else _LONG) * _TALLEST
        width = min(self.room, tallest / ratio)
        line = self.document.add_paragraph()
        line.alignment = 1
        line.paragraph_format.keep_with_next = True
        shape = line.add_run().add_picture(io.BytesIO(data), width=Mm(width))
        shape._inline.docPr.set("descr", figure.alt)  # noqa: SLF001
        shape._inline.docPr.set("name", f"figure {figure.number}")  # noqa: SLF001
        basis = figure.basis
        if not chinese:
            basis += self.report.say("latin-note")
        self._caption("figure", figure.number, figure.title, basis, figure.notes)

    def _table(self, table: Table) -> None:
        if table.title:
            caption = self._caption("table", table.number, table.title, table.basis, ())
            caption.paragraph_format.keep_with_next = True
        sheet = self.report.sheet
        size: float = _SMALL if sheet else 7 if len(table.columns) > _MANY else 9
        widths = self._widths(table)
        titles = [column.header for column in table.columns]
        if table.cited:
            titles.append(self.report.say("sources"))
        head = parts.row(
            (
                parts.cell(
                    width,
                    parts.paragraph(
                        parts.run(title, size=size, bold=True, colour="FFFFFF"), align="center"
                    ),
                    fill=parts.HEAD_FILL,
                )
                for width, title in zip(widths, titles, strict=True)
            ),
            head=True,
        )
        rows = [self._row(table, row, widths, size) for row in table.rows]
        self._append(parts.table(widths, [head, *rows]))
        # behind a table Word wants a paragraph; on a sheet it must not be the one that does not fit
        self._append(
            parts.paragraph(parts.run("", size=1)) if sheet else parts.paragraph(after=120)
        )

    def _row(self, table: Table, row: Row, widths: Sequence[int], size: float) -> Any:
        cells = []
        for width, column, cell in zip(widths, table.columns, row.cells, strict=False):
            cells.append(self._cell(table, row, (column, cell), width, size))
        if table.cited:
            cited = parts.notes(runs(row.notes), size=size)
            own = cited or [parts.run(self.report.say("general"), size=size, colour="4A5560")]
            cells.append(parts.cell(widths[-1], parts.paragraph(*own)))
        return parts.row(cells, tall=_TALL if self.report.sheet or table.roomy else 0)

    def _cell(
        self, table: Table, row: Row, content: tuple[Column, Cell], width: int, size: float
    ) -> Any:
        column, cell = content
        if column.key == table.marked and row.standing:
            style = STYLES[row.standing]
            text = parts.run(f"{style.mark} {cell.text}", size=size, colour=style.text.lstrip("#"))
            lines = HATCH.lstrip("#") if style.hatch else ""
            return parts.cell(
                width, parts.paragraph(text), fill=style.fill.lstrip("#"), lines=lines
            )
        line = parts.paragraph(
            parts.run(cell.text, size=size), align="right" if column.is_figure else "left"
        )
        if table.key == "sources" and column.key == "number":
            self._mark(line, f"source_{cell.text.replace(',', '')}")
        return parts.cell(width, line)

    def _widths(self, table: Table) -> list[int]:
        """Return the widths of a table's columns in twentieths of a point, all of the room."""
        wanted = [float(column.width) for column in table.columns]
        if table.cited:
            wanted.append(16.0 if len(wanted) > _MANY else 24.0)
        room = self.room * _TWIPS
        natural = sum(wanted) * (80 if len(table.columns) > _MANY else 100)
        scale = min(room, max(natural, 0.5 * room)) / sum(wanted)
        return [round(width * scale) for width in wanted]
