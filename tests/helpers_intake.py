"""Planners' files made by hand for the tests of the import."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import openpyxl

import chaingraph as cg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

HEADER = ["企业名称", "所在市", "产品名称", "产能(万吨/年)", "状态", "投产时间"]
GOOD = ["甲厂", "甲市", "金属", 1.2, "已投产", "2022年6月"]


def workbook(
    place: Path,
    rows: Sequence[Sequence[Any]],
    *,
    name: str = "a.xlsx",
    title: str = "企业产能表",
    merged: Sequence[str] = (),
    change: Callable[[Any], None] | None = None,
    **others: Sequence[Sequence[Any]],
) -> Path:
    """Write a workbook: one sheet of rows, and others under their names."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    for area in merged:
        sheet.merge_cells(area)
    for other, content in others.items():
        below = book.create_sheet(other)
        for row in content:
            below.append(list(row))
    if change is not None:
        change(book)
    book.save(place / name)
    return place / name


def text(
    place: Path, content: str | bytes, name: str = "企业产能表.csv", codec: str = "utf-8"
) -> Path:
    """Write a text file."""
    data = content if isinstance(content, bytes) else content.encode(codec)
    (place / name).write_bytes(data)
    return place / name


def archive(place: Path, name: str = "a.zip", **members: str | bytes) -> Path:
    """Write a zip of members named with two underscores for a dot."""
    with zipfile.ZipFile(place / name, "w", zipfile.ZIP_DEFLATED) as file:
        for member, content in members.items():
            file.writestr(member.replace("__", "."), content)
    return place / name


def repacked(path: Path, change: Callable[[str, bytes], bytes | None], **more: bytes) -> Path:
    """Rewrite the parts of a workbook."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(path) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            content = change(part, old.read(part))
            if content is not None:
                new.writestr(part, content)
        for part, content in more.items():
            new.writestr(part, content)
    path.write_bytes(buffer.getvalue())
    return path


def imported(path: Path, **options: Any) -> cg.intake.importing.Imported:  # type: ignore[name-defined]
    """Import on top of the toy's products, write, and load what was written."""
    target = path.parent / "out"
    done = cg.import_file(path, target, **({"extends": ["toy"], "lang": "en"} | options))
    assert (done.folder is None) == bool(done.errors)
    assert target.exists() == (done.folder is not None)
    assert not list(path.parent.glob(".out*"))
    if done.folder is not None:
        cg.load_dataset(done.folder)
    return done


def rules(done: Any, *severities: str) -> list[tuple[str, str]]:
    """Return rule and cell of the problems of some severities (errors by default)."""
    frame = done.problems.frame
    frame = frame[frame["severity"].isin(severities or ("error",))]
    return list(zip(frame["rule"], frame["cell"], strict=True))


def column(done: Any, name: str, table: str = "capacities") -> list[Any]:
    """Return a column of an imported table, unknown as None."""
    return [None if cell != cell else cell for cell in done.tables[table][name].tolist()]  # noqa: PLR0124
