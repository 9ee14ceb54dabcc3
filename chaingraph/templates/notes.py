"""The first sheet of the template: what it is, three steps, how to fill in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaingraph.schema import table_spec
from chaingraph.templates.columns import word_of
from chaingraph.templates.content import said

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from chaingraph.templates.content import Content

_FONT: Final = {"zh": "微软雅黑", "en": "Calibri"}
_LEFT, _RIGHT = 20, 96
_OF_PRODUCTS: Final = 4
_LINE, _SPACE = 16, 5
_WIDE, _NARROW = 2.1, 0.98


def commands(content: Content, path: Path) -> list[str]:
    """Return the commands of the three steps for a workbook at `path`."""
    folder = _quoted(path.stem)
    words = ["chaingraph import", _quoted(path.name), "-o", folder]
    if content.written:
        words += ["--extends", _quoted(",".join(content.written))]
    if content.region:
        words += ["--region", _quoted(content.region)]
    if content.as_of:
        words += ["--at", content.as_of]
    return [" ".join(words), f"chaingraph check {folder}", f"chaingraph gaps {folder}"]


def description(content: Content, table: str) -> str:
    """Return what belongs on the sheet of a table."""
    if table == "products" and not content.catalogue:
        return str(said(content.lang, "notes", "alone", "products"))
    return str(said(content.lang, "tables", table))


def _quoted(text: str) -> str:
    return f'"{text}"' if any(char.isspace() or char in "&()'" for char in text) else text


class NotesSheet:
    """Writes the notes, one line after the other."""

    def __init__(
        self,
        book: Workbook,
        sheet: Worksheet,
        content: Content,
        path: Path,
        titles: Mapping[str, str],
    ) -> None:
        self.sheet, self.content, self.path, self.titles = sheet, content, path, titles
        self.lang = content.lang
        self.alone = not content.catalogue
        self.line = 0
        base: dict[str, Any] = {
            "font_name": _FONT[self.lang], "font_size": 11, "valign": "vcenter", "text_wrap": True,
        }  # fmt: skip
        self.looks: dict[str, Format] = {
            name: book.add_format(look)
            for name, look in {
                "title": base | {"bold": True, "font_size": 18, "font_color": "#0B4F8A",
                                 "text_wrap": False},
                "head": base | {"bold": True, "font_size": 13, "font_color": "#0B4F8A",
                                "bottom": 1, "bottom_color": "#0B4F8A", "text_wrap": False},
                "left": base | {"bold": True},
                "link": base | {"font_color": "#0B4F8A", "underline": 1, "bold": True},
                "text": base,
                "command": base | {"font_name": "Consolas", "bg_color": "#F1F3F5", "border": 1,
                                   "border_color": "#C5CCD3"},
            }.items()
        }  # fmt: skip

    def write(self) -> None:
        """Write the whole sheet."""
        content, lang, sheet = self.content, self.lang, self.sheet
        sheet.hide_gridlines(2)
        sheet.set_column(0, 0, _LEFT)
        sheet.set_column(1, 1, _RIGHT)
        name = "title" if content.region else "title_without_region"
        title = said(lang, "notes", name).format(region=content.region)
        sheet.write_string(0, 0, title, self.looks["title"])
        sheet.set_row(0, 32)
        self.line = 1
        self._across(said(lang, "notes", "what"))
        extends = ("、" if lang == "zh" else ", ").join(content.written)
        made = "made_for" if content.written else "made_for_none"
        self._across(said(lang, "notes", made).format(extends=extends))
        self._head("steps_title")
        self._steps()
        self._head("rules_title")
        for left, right in said(lang, "notes", "rules"):
            product = self.alone and left == said(lang, "notes", "rules")[_OF_PRODUCTS][0]
            self._pair(left, said(lang, "notes", "alone", "product") if product else right)
        self._head("status_title")
        for value in table_spec("capacities").by_name["status"].enum:
            word = word_of("capacities", "status", value, lang)
            self._pair(word, said(lang, "notes", "status", value))
        self._head("sheets_title")
        for table, name in self.titles.items():
            self._pair("", description(content, table))
            address = f"internal:'{name}'!A1"
            sheet.write_url(self.line - 1, 0, address, self.looks["link"], name)
        sheet.set_portrait()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)

    def _steps(self) -> None:
        run = commands(self.content, self.path)
        below = {1: run[:1], 2: run[1:]}
        for number, step in enumerate(said(self.lang, "notes", "steps")):
            first = self.alone and number == 0
            text = said(self.lang, "notes", "alone", "step") if first else step
            name, _, rest = text.partition("|")
            self._pair(f"{number + 1}. {name}", rest)
            for command in below.get(number, ()):
                self._pair("", command, look="command")

    def _head(self, name: str) -> None:
        self.line += 1
        text = said(self.lang, "notes", name)
        self.sheet.write_string(self.line, 0, text, self.looks["head"])
        self.sheet.write_blank(self.line, 1, None, self.looks["head"])
        self.sheet.set_row(self.line, 22)
        self.line += 1

    def _across(self, text: str) -> None:
        """Write a text over both columns."""
        self.sheet.merge_range(self.line, 0, self.line, 1, text, self.looks["text"])
        self._height(text, _LEFT + _RIGHT)

    def _pair(self, left: str, right: str, *, look: str = "text") -> None:
        if left:
            self.sheet.write_string(self.line, 0, left, self.looks["left"])
        self.sheet.write_string(self.line, 1, right, self.looks[look])
        self._height(right, _RIGHT)

    def _height(self, text: str, width: int) -> None:
        from wcwidth import wcwidth

        taken = sum(_WIDE if wcwidth(char) > 1 else _NARROW for char in text)
        self.sheet.set_row(self.line, _LINE * max(1, -int(-taken // width)) + _SPACE)
        self.line += 1
