"""Parts of a Word file that python-docx has no words for: fonts, table rows, links, fields, bytes."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LATIN, BODY, HEADING = "Times New Roman", "仿宋", "黑体"
GRID, HEAD_FILL, LINK = "8A949E", "0B4F8A", "0B4F8A"
_THEMES = ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme")


def element(name: str, /, *children: Any, **attributes: object) -> Any:
    """Return an element of the ``w`` namespace with attributes and children."""
    made = OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(qn(f"w:{key.rstrip('_')}"), str(value))
    for child in children:
        made.append(child)
    return made


def set_fonts(style: Any, east_asia: str, points: float, *, colour: str = "") -> None:
    """Set the Latin and the Chinese font of a style, in place of the theme's."""
    from docx.shared import Pt, RGBColor

    style.font.name = LATIN
    style.font.size = Pt(points)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in _THEMES:
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    for key, value in (("ascii", LATIN), ("hAnsi", LATIN), ("cs", LATIN), ("eastAsia", east_asia)):
        fonts.set(qn(f"w:{key}"), value)
    style.font.color.rgb = RGBColor.from_string(colour or "1A1A1A")


def run(
    text: str, *, size: float = 0, bold: bool = False, colour: str = "", raised: bool = False
) -> Any:
    """Return a run of text."""
    look = element("rPr")
    if bold:
        look.append(element("b"))
    if colour:
        look.append(element("color", val=colour))
    if size:
        look.append(element("sz", val=round(size * 2)))
        look.append(element("szCs", val=round(size * 2)))
    if raised:
        look.append(element("vertAlign", val="superscript"))
    content = element("t")
    content.text = text
    content.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    return element("r", look, content)


def link(anchor: str, text: str, **look: Any) -> Any:
    """Return a link to a bookmark of the same file."""
    return element("hyperlink", run(text, colour=LINK, **look), anchor=anchor, history=1)


def notes(runs: Sequence[str], **look: Any) -> list[Any]:
    """Return source numbers in brackets, each a link to the list of sources."""
    parts: list[Any] = []
    for place, text in enumerate(runs):
        parts.append(run("[" if place == 0 else ", ", **look))
        parts.append(link(f"source_{text.split('-')[0]}", text, **look))
    return [*parts, run("]", **look)] if parts else []


def bookmark(number: int, name: str) -> tuple[Any, Any]:
    """Return start and end of a bookmark."""
    return element("bookmarkStart", id=number, name=name), element("bookmarkEnd", id=number)


def paragraph(*children: Any, align: str = "left", after: int = 0, keep: bool = False) -> Any:
    """Return a paragraph without indent, as table cells need it."""
    look = element("pPr")
    if keep:
        look.append(element("keepNext"))
    look.append(element("spacing", before=0, after=after, line=240, lineRule="auto"))
    look.append(element("ind", firstLine=0, firstLineChars=0))
    look.append(element("jc", val=align))
    return element("p", look, *children)


def cell(width: int, *paragraphs: Any, fill: str = "", lines: str = "") -> Any:
    """Return a table cell of a width in twentieths of a point."""
    look = element("tcPr", element("tcW", w=width, type="dxa"))
    if fill:
        pattern = (
            {"val": "thinDiagStripe", "color": lines}
            if lines
            else {"val": "clear", "color": "auto"}
        )
        look.append(element("shd", **pattern, fill=fill))
    return element("tc", look, *paragraphs)


def row(cells: Iterable[Any], *, head: bool = False, tall: int = 0) -> Any:
    """Return a table row that no page break splits, `tall` twentieths of a point at least.

    A head row stands on every page.
    """
    look = element("trPr", element("cantSplit"))
    if tall:
        look.append(element("trHeight", val=tall, hRule="atLeast"))
    if head:
        look.append(element("tblHeader"))
    return element("tr", look, *cells)


def table(widths: Sequence[int], rows: Iterable[Any]) -> Any:
    """Return a table with thin lines and fixed widths."""
    edges = (element(side, val="single", sz=4, space=0, color=GRID) for side in
             ("top", "left", "bottom", "right", "insideH", "insideV"))  # fmt: skip
    margins = element("tblCellMar", element("left", w=60, type="dxa"),
                      element("right", w=60, type="dxa"))  # fmt: skip
    look = element(
        "tblPr", element("tblW", w=sum(widths), type="dxa"), element("tblBorders", *edges),
        element("tblLayout", type="fixed"), margins,
    )  # fmt: skip
    grid = element("tblGrid", *(element("gridCol", w=width) for width in widths))
    return element("tbl", look, grid, *rows)


def contents(entries: Sequence[tuple[str, str]]) -> list[Any]:
    """Return a table of contents: a field that Word can renew, filled with links already."""
    code = element("instrText")
    code.text = 'TOC \\o "1-1" \\h \\n'
    code.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    start = [
        element("r", element("fldChar", fldCharType="begin")),
        element("r", code),
        element("r", element("fldChar", fldCharType="separate")),
    ]
    end = [element("r", element("fldChar", fldCharType="end"))]
    lines = []
    for place, (anchor, title) in enumerate(entries):
        first = start if place == 0 else []
        last = end if place == len(entries) - 1 else []
        lines.append(paragraph(*first, link(anchor, title), *last, after=40))
    return lines


def page_number(target: Any) -> None:
    """Put the number of the page into a paragraph."""
    code = element("instrText")
    code.text = "PAGE"
    for part in (
        element("fldChar", fldCharType="begin"),
        code,
        element("fldChar", fldCharType="end"),
    ):
        target.append(element("r", part))


def same_bytes(data: bytes) -> bytes:
    """Return a zip file with the same members, dates fixed: two runs give the same bytes."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as source,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target,
    ):
        for member in source.infolist():
            info = zipfile.ZipInfo(member.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            target.writestr(info, source.read(member.filename))
    return file.getvalue()
