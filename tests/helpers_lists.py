"""Random edits of a responsibility list, as offices make them, and what they typed."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import openpyxl
from openpyxl.comments import Comment

if TYPE_CHECKING:
    import random
    from pathlib import Path

TYPED: tuple[Any, ...] = (
    "用地未落实", "约50", "５０％", "已完成", "2026年3月", "2026/6/15", 35, 0.5, 120, -3, True, "=1+1",
    dt.datetime(2026, 6, 15),  # noqa: DTZ001
    "曲靖市新设专班", "①", "a" * 300, "  边上有空格 ", "'=cmd", "第一行\n第二行",
)  # fmt: skip


def edit(book: Any, rng: random.Random) -> str:
    """Do one thing to a workbook that a person might do; return which."""
    name = rng.choice(sorted(EDITS))
    EDITS[name](book, rng)
    return name


def _tables(book: Any) -> list[Any]:
    titles = (
        "责任清单",
        "月度进度",
        "项目调度",
        "问题清单",
        "Responsibilities",
        "Monthly progress",
        "Projects",
        "Issues",
    )
    return [sheet for sheet in book.worksheets if sheet.title in titles]


def _type(book: Any, rng: random.Random) -> None:
    sheet = rng.choice(_tables(book))
    cell = sheet.cell(rng.randint(2, 12), rng.randint(1, sheet.max_column))
    if type(cell).__name__ != "MergedCell":
        cell.value = rng.choice(TYPED)


def _paste(book: Any, rng: random.Random) -> None:
    sheet = rng.choice(_tables(book))
    row, column = rng.randint(1, 6), rng.randint(1, 10)
    for r in range(3):
        for c in range(3):
            cell = sheet.cell(row + r, column + c)
            if type(cell).__name__ != "MergedCell":
                cell.value = f"粘贴{rng.randint(0, 999)}"


def _delete_row(book: Any, rng: random.Random) -> None:
    rng.choice(_tables(book)).delete_rows(rng.randint(2, 8))


def _delete_column(book: Any, rng: random.Random) -> None:
    sheet = rng.choice(_tables(book))
    sheet.delete_cols(rng.randint(2, sheet.max_column))


def _insert_column(book: Any, rng: random.Random) -> None:
    sheet = rng.choice(_tables(book))
    place = rng.randint(2, sheet.max_column)
    sheet.insert_cols(place)
    sheet.cell(1, place).value = rng.choice(("联系科室", "任务", None))
    sheet.cell(2, place).value = "产业科"


def _move_row(book: Any, rng: random.Random) -> None:
    sheet = rng.choice(_tables(book))
    sheet.move_range(f"A3:{sheet.cell(3, sheet.max_column).coordinate}", rows=rng.randint(40, 60))


def _title_above(book: Any, rng: random.Random) -> None:
    sheet = rng.choice(_tables(book))
    sheet.insert_rows(1)
    sheet.cell(1, 1).value = "××市2026年清单（征求意见稿）"


def _merge(book: Any, rng: random.Random) -> None:
    sheet = rng.choice(_tables(book))
    row, column = rng.randint(2, 6), rng.randint(2, 12)
    if not sheet.merged_cells.ranges:  # ranges that overlap are no file that Excel opens
        sheet.merge_cells(start_row=row, end_row=row + 2, start_column=column, end_column=column)


def _comment(book: Any, rng: random.Random) -> None:
    sheet = rng.choice(_tables(book))
    cell = sheet.cell(rng.randint(1, 10), rng.randint(1, 12))
    if type(cell).__name__ != "MergedCell":
        cell.comment = Comment(f"请核实{rng.randint(0, 999)}", "甲")


def _own_sheet(book: Any, rng: random.Random) -> None:
    sheet = book.create_sheet(rng.choice(("会议纪要", "附表", "责任清单 (2)")))
    for row in range(1, 5):
        for column in range(1, 4):
            sheet.cell(row, column).value = rng.choice(TYPED)


def _rename(book: Any, rng: random.Random) -> None:
    rng.choice(_tables(book)).title = rng.choice(("10月清单", "汇总表"))


def _header(book: Any, rng: random.Random) -> None:
    sheet = rng.choice(_tables(book))
    sheet.cell(1, rng.randint(1, 10)).value = rng.choice(("进度如何", "牵头单位", "完成时限 "))


def _given(book: Any, rng: random.Random) -> None:
    sheet = rng.choice(
        [
            s
            for s in book.worksheets
            if s.title
            in {"说明", "单位", "规则", "考核得分", "About", "Offices", "Rules", "Scores"}
        ]
    )
    sheet.cell(rng.randint(1, 12), rng.randint(1, 5)).value = rng.choice(TYPED)


def _drop_meta(book: Any, rng: random.Random) -> None:
    del rng
    if "_meta" in book.sheetnames:
        del book["_meta"]


EDITS = {
    "type": _type, "paste": _paste, "delete row": _delete_row, "delete column": _delete_column,
    "insert column": _insert_column, "move row": _move_row, "title above": _title_above, "merge": _merge,
    "comment": _comment, "own sheet": _own_sheet, "rename": _rename, "header": _header, "given": _given,
    "drop meta": _drop_meta,
}  # fmt: skip


def cells(path: Path) -> dict[tuple[str, str], Any]:
    """Return every value, formula and comment of a workbook by sheet and cell, read without our code."""
    found: dict[tuple[str, str], Any] = {}
    for sheet in openpyxl.load_workbook(path).worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None:
                    found[sheet.title, cell.coordinate] = cell.value
                if getattr(cell, "comment", None) is not None:
                    found[sheet.title, cell.coordinate + " comment"] = cell.comment.text
    return found


def resave(path: Path, folder: Path) -> Path | None:
    """Save a workbook by another office program; None where there is none."""
    office = shutil.which("soffice") or shutil.which("libreoffice")
    if office is None:
        return None
    profile = folder / "profile"
    subprocess.run(
        [office, f"-env:UserInstallation=file://{profile}", "--headless", "--convert-to", "xlsx",
         "--outdir", str(folder), str(path)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    return folder / path.name
