"""Bad files made on the fly, and what each way of reading a file must say of them."""

from __future__ import annotations

import gzip
import io
import os
import stat
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import openpyxl
import pandas as pd

from tests.helpers_intake import repacked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PRODUCTS = "product_id,name_zh,unit\na,甲,t\nb,乙,t\n"
SITES = "enterprise_id,name_zh\ne,戊\n"
LIST = [["企业名称", "所在市", "产品", "产能(吨)"], ["甲厂", "甲市", "金属", 5]]
TABLE = [["product_id", "name_zh", "unit"], ["a", "甲", "t"]]
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
PIECE = 1 << 20


class Built(NamedTuple):
    """How a bad file is made, and way -> the rule that it breaks (empty: it is read) and where."""

    build: Callable[[Path], Path]
    said: Mapping[str, tuple[str, str]]


def book(
    place: Path, rows: list[list[Any]], title: str, change: Callable[[Any], None] | None = None
) -> Path:
    made = openpyxl.Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    if change:
        change(made)
    made.save(place / "a.xlsx")
    return place / "a.xlsx"


def strict(place: Path, **options: Any) -> Path:
    return book(place, TABLE, "products", **options)


def listed(place: Path, **options: Any) -> Path:
    return book(place, LIST, "企业产能表", **options)


def part(name: str, data: bytes) -> Callable[[Path], Path]:
    """Add a part to a workbook that is both kinds in one: a strict table and a planner's list."""
    return lambda place: repacked(both(place), lambda _, old: old, **{name: data})


def both(place: Path, change: Callable[[Any], None] | None = None) -> Path:
    def add(made: Any) -> None:
        sheet = made.create_sheet("企业产能表")
        for row in LIST:
            sheet.append(row)
        if change:
            change(made)

    return strict(place, change=add)


def edited(old: bytes, new: bytes) -> Callable[[Path], Path]:
    """Change the XML of all worksheets of such a workbook."""
    return lambda place: repacked(
        both(place), lambda name, data: data.replace(old, new) if "worksheets/" in name else data
    )


def without(name: str) -> Callable[[Path], Path]:
    return lambda place: repacked(both(place), lambda part, data: None if part == name else data)


def cells(**values: Any) -> Callable[[Path], Path]:
    """Put values into cells of all sheets of such a workbook."""

    def change(made: Any) -> None:
        for sheet in made.worksheets:
            for cell, value in values.items():
                sheet[cell] = value

    return lambda place: both(place, change)


def raw(name: str, data: bytes) -> Callable[[Path], Path]:
    def build(place: Path) -> Path:
        (place / name).write_bytes(data)
        return place / name

    return build


def cut(build: Callable[[Path], Path], share: float) -> Callable[[Path], Path]:
    def made(place: Path) -> Path:
        path = build(place)
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
        return path

    return made


def packed(
    *entries: tuple[str | zipfile.ZipInfo, str | bytes], bits: int = 0
) -> Callable[[Path], Path]:
    """Write a zip of a dataset's products and some more entries; set flag bits in all headers."""

    def build(place: Path) -> Path:
        path = place / "a.zip"
        with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            warnings.simplefilter("ignore")
            for name, data in (("products.csv", PRODUCTS), *entries):
                archive.writestr(name, data)
        if bits:
            data = bytearray(path.read_bytes())
            for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
                at = data.find(mark)
                while at >= 0:
                    data[at + offset] |= bits
                    at = data.find(mark, at + 4)
            path.write_bytes(bytes(data))
        return path

    return build


def link() -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("inputs.csv")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return entry


def folder(make: Callable[[Path], object]) -> Callable[[Path], Path]:
    """Make a dataset folder whose inputs.csv is made by hand."""

    def build(place: Path) -> Path:
        city = place / "city"
        city.mkdir()
        (city / "products.csv").write_text(PRODUCTS, encoding="utf-8")
        make(city / "inputs.csv")
        return city

    return build


def inner() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("products.csv", PRODUCTS)
    return buffer.getvalue()


def parquet(place: Path) -> Path:
    city = place / "city"
    city.mkdir()
    frame = pd.DataFrame({"product_id": ["a"], "name_zh": ["甲"], "unit": ["t"]})
    frame.to_parquet(city / "products.parquet")
    data = (city / "products.parquet").read_bytes()
    (city / "products.parquet").write_bytes(data[: len(data) // 2])
    return city


def late_nul(path: Path) -> None:
    line = "input_id,output_id,note\n"
    body = "a,b," + "x" * 1000 + "\n"
    lines = [body] * (PIECE // 1000 + 10)
    path.write_bytes((line + "".join(lines) + "a,b,\0\n").encode())


def split_character(path: Path) -> None:
    """Write a character whose first byte ends a piece and whose second is broken."""
    head = b"input_id,output_id,note\n"
    filler = b"x" * (PIECE - len(head) - 5)
    path.write_bytes(head + b"a,b," + filler + b"\xe7A\n")


def whole_character(path: Path) -> None:
    """Write a sound character on the border of two pieces."""
    text = b"product_id,name_zh,unit,note\n"
    number = 0
    while len(text) < PIECE - 70_000:
        text += f"p{number},x,t,{'x' * 60_000}\n".encode()
        number += 1
    text += b"p,x,t," + b"x" * (PIECE - len(text) - 7) + "电\n".encode()
    assert text[PIECE - 1 : PIECE + 2] == "电".encode()
    path.with_name("products.csv").write_bytes(text)


DOCTYPE = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><worksheet'
IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
REFUSED = "match-refused"
BOOKS: dict[str, Built] = {
    "macros": Built(part("xl/vbaProject.bin", b"x"),
                    {"load": ("workbook-macros", ""), "import": ("workbook-macros", ""), "match": (REFUSED, "macros")}),
    "macros in an old dialect": Built(part("xl/macrosheets/sheet1.bin", b"x"),
                    {"load": ("workbook-macros", ""), "import": ("workbook-macros", ""), "match": (REFUSED, "macros")}),
    "password": Built(raw("a.xlsx", OLE + b"\0" * 500 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 500),
                      {"load": ("workbook-locked", ""), "import": ("old-or-locked", ""), "match": (REFUSED, "password")}),
    "old workbook renamed": Built(raw("a.xlsx", OLE + b"\0" * 500),
                      {"load": ("workbook-old", ""), "import": ("old-or-locked", ""), "match": (REFUSED, "older")}),
    "nothing in it": Built(raw("a.xlsx", b""),
                      {"load": ("workbook-broken", ""), "import": ("file-empty", ""), "match": ("match-unreadable", "")}),
    "text renamed": Built(raw("a.xlsx", PRODUCTS.encode()),
                      {"load": ("workbook-broken", ""), "import": ("zip-broken", ""), "match": ("match-unreadable", "")}),
    "picture renamed": Built(raw("a.xlsx", IMAGE),
                      {"load": ("workbook-broken", ""), "import": ("zip-broken", ""), "match": ("match-unreadable", "")}),
    "gzip renamed": Built(raw("a.xlsx", gzip.compress(PRODUCTS.encode(), mtime=0)),
                      {"load": ("workbook-broken", ""), "import": ("zip-broken", ""), "match": ("match-unreadable", "")}),
    "half of it": Built(cut(both, 0.5),
                      {"load": ("workbook-broken", ""), "import": ("zip-broken", ""), "match": ("match-unreadable", "")}),
    "zip of no workbook": Built(raw("a.xlsx", inner()),
                      {"load": ("workbook-broken", ""), "import": ("workbook-broken", ""), "match": ("match-unreadable", "")}),
    "entities": Built(edited(b"<worksheet", DOCTYPE),
                      {"load": ("workbook-broken", ""), "import": ("workbook-broken", ""), "match": ("match-unreadable", "")}),
    "not XML": Built(edited(b"<sheetData>", b"<sheetData><row><c><v>"),
                      {"load": ("workbook-broken", ""), "import": ("workbook-broken", ""), "match": ("match-unreadable", "")}),
    "a sheet is gone": Built(without("xl/worksheets/sheet1.xml"),
                      {"load": ("missing-table", ""), "import": ("", "")}),
    "no list of sheets": Built(without("xl/workbook.xml"),
                      {"load": ("workbook-broken", ""), "import": ("workbook-broken", ""), "match": ("match-unreadable", "")}),
    "a text is gone": Built(edited(b't="inlineStr"><is><t>&#30002;</t></is>', b't="s"><v>99</v>'),
                      {"load": ("workbook-broken", ""), "import": ("workbook-broken", ""), "match": ("match-unreadable", "")}),
    "climbing part": Built(part("../../evil.xml", b"<x/>"),
                      {"load": ("zip-path", ""), "import": ("zip-path", ""), "match": (REFUSED, "leads out")}),
    "bomb": Built(part("xl/worksheets/sheet9.xml", b" " * 20_000_000),
                      {"load": ("zip-bomb", ""), "import": ("zip-bomb", ""), "match": (REFUSED, "grows")}),
    "external link": Built(part("xl/externalLinks/externalLink1.xml", b"<x/>"),
                      {"load": ("", ""), "import": ("", ""), "match": ("", "")}),
    "formula never run": Built(cells(A2="=1+1", B2="=1+1"),
                      {"load": ("cell-formula", "2:A"), "import": ("formula-without-value", ""), "match": ("match-no-value", "B2")}),
    "error": Built(cells(A2="#REF!", B2="#N/A", D2="#DIV/0!"),
                      {"load": ("cell-error", "2:A"), "import": ("excel-error", ""), "match": ("match-no-value", "#N/A")}),
    "row number beyond the last": Built(edited(b'r="2"', b'r="99999999"'), {"load": ("workbook-broken", "")}),
    "dates for ids": Built(cells(A2=pd.Timestamp("2024-01-01").to_pydatetime()), {"load": ("", "")}),
}  # fmt: skip
ZIPS: dict[str, Built] = {
    "climbing": Built(packed(("../inputs.csv", "x")), {"load": ("zip-path", "../inputs.csv"), "import": ("zip-path", "")}),
    "drive": Built(packed(("C:/inputs.csv", "x")), {"load": ("zip-path", "C:"), "import": ("zip-path", "")}),
    "link": Built(packed((link(), "/etc/passwd")), {"load": ("zip-path", "inputs.csv"), "import": ("zip-path", "")}),
    "bomb": Built(packed(("inputs.csv", "0" * 30_000_000)), {"load": ("zip-bomb", ""), "import": ("zip-bomb", "")}),
    "nested": Built(packed(("more.zip", inner())), {"load": ("zip-nested", "more.zip")}),
    "nested gzip": Built(packed(("inputs.csv.gz", b"x")), {"load": ("zip-nested", "inputs.csv.gz")}),
    "name twice": Built(packed(("products.csv", PRODUCTS)), {"load": ("zip-twice", ""), "import": ("zip-name-twice", "")}),
    "locked": Built(packed(bits=1), {"load": ("zip-locked", ""), "import": ("file-locked", "")}),
    "2,500 entries": Built(packed(*((f"n{n}.txt", "") for n in range(2_500))),
                           {"load": ("zip-broken", "2,501"), "import": ("zip-too-large", "")}),
    "name that turns text": Built(packed(("x\u202egpj.csv", "x"), ("../\u202e.csv", "")),
                           {"load": ("zip-path", "\\u202e"), "import": ("zip-path", "")}),
    "empty": Built(raw("a.zip", b"PK\x05\x06" + b"\0" * 18), {"load": ("missing-table", ""), "import": ("nothing-understood", "")}),
    "cut": Built(cut(packed(), 0.7), {"load": ("zip-broken", ""), "import": ("zip-broken", "")}),
    "text renamed": Built(raw("a.zip", PRODUCTS.encode()), {"load": ("zip-broken", ""), "import": ("zip-broken", "")}),
}  # fmt: skip
OTHERS: dict[str, Built] = {
    "gzip": Built(raw("products.csv.gz", gzip.compress(PRODUCTS.encode(), mtime=0)[:-5]),
                  {"load": ("unknown-format", ""), "import": ("old-or-other", ""), "match": ("match-not-a-list", "")}),
    "gzip named csv": Built(raw("a.csv", gzip.compress(PRODUCTS.encode(), mtime=0)),
                  {"load": ("unknown-format", ""), "import": ("text-damaged", ""), "match": ("match-unreadable", "")}),
    "cut parquet": Built(parquet, {"load": ("unreadable-path", "products.parquet"), "import": ("parquet-broken", "")}),
    "late NUL": Built(folder(late_nul), {"load": ("file-encoding", "inputs.csv:1060")}),
    "character broken between two pieces": Built(folder(split_character), {"load": ("file-encoding", "inputs.csv:2")}),
    "character between two pieces": Built(folder(whole_character), {"load": ("", "")}),
    "pipe": Built(folder(os.mkfifo), {"load": ("unreadable-path", "inputs.csv")}),
    "link to itself": Built(folder(lambda path: path.symlink_to(path.name)), {"load": ("unreadable-path", "inputs.csv")}),
    "link to nothing": Built(folder(lambda path: path.symlink_to("gone")), {"load": ("unreadable-path", "inputs.csv")}),
    "folder for a file": Built(folder(Path.mkdir), {"load": ("unreadable-path", "inputs.csv")}),
}  # fmt: skip
BUILT: dict[str, Built] = {
    f"{kind}: {name}": built
    for kind, builts in (("workbook", BOOKS), ("zip", ZIPS), ("other", OTHERS))
    for name, built in builts.items()
}
