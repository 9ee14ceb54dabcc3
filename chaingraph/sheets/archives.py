"""Zip files from outside, workbooks among them: looked at before anything is unpacked or parsed."""

from __future__ import annotations

import stat
import zipfile
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.sheets.problems import FileRefusalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

MOST_BYTES: Final = 400_000_000
MOST_BOOK_BYTES: Final = 200_000_000
MOST_TIMES: Final = 100
MOST_BOOK_TIMES: Final = 200  # XML packs better than plain text
MOST_MEMBERS: Final = 2_000
_SMALL: Final = 1_000_000  # a short file of equal rows is no attack
_MIB: Final = 1_048_576
_ENCRYPTED: Final = 0x1
_UTF8_NAME: Final = 0x800
_PACKED: Final = (".zip", ".7z", ".rar", ".gz", ".bz2", ".xz", ".tar", ".tgz")
_CONTENT_TYPES: Final = "[Content_Types].xml"


class Danger(NamedTuple):
    """What makes an archive unfit to unpack: the rule, the entry, and what fills the sentence."""

    rule: str
    entry: str
    params: dict[str, object]


def problems(archive: zipfile.ZipFile) -> Iterator[Danger]:
    """Return what makes an archive unfit to unpack: attacks, passwords, zip files in it.

    Parameters
    ----------
    archive
        The archive; of a workbook the limits are those of workbooks.

    Yields
    ------
    Danger
        Of the rules zip-path, zip-locked, zip-twice, zip-nested, zip-bomb, zip-large;
        zip-broken of one with too many entries.
    """
    entries = archive.infolist()
    most_times, most_bytes = MOST_TIMES, MOST_BYTES
    if is_workbook(archive.namelist()):
        most_times, most_bytes = MOST_BOOK_TIMES, MOST_BOOK_BYTES
    if len(entries) > MOST_MEMBERS:
        detail = f"{len(entries):,} > {MOST_MEMBERS:,}"
        yield Danger("zip-broken", "", {"detail": detail})
        return
    seen: set[str] = set()
    for entry in entries:
        name = shown_name(entry)
        rule = _rule(entry, name, seen)
        if rule:
            yield Danger(rule, name, {"entry": name})
        times = entry.file_size // max(1, entry.compress_size)
        if entry.file_size > _SMALL and times > most_times:
            size: dict[str, object] = {"size": entry.file_size // _MIB, "times": times}
            yield Danger("zip-bomb", name, {"entry": name} | size)
        seen.add(entry.filename)
    total = sum(entry.file_size for entry in entries)
    if total > most_bytes:
        sizes: dict[str, object] = {"size": total // _MIB, "most": most_bytes // _MIB}
        yield Danger("zip-large", "", sizes)


def _rule(entry: zipfile.ZipInfo, name: str, seen: set[str]) -> str:
    """Return the rule that one entry breaks, nothing where it breaks none."""
    if _climbs(name) or stat.S_ISLNK(entry.external_attr >> 16):
        return "zip-path"
    if entry.flag_bits & _ENCRYPTED:
        return "zip-locked"
    if entry.filename in seen:
        return "zip-twice"
    return "zip-nested" if name.casefold().endswith(_PACKED) else ""


def _climbs(name: str) -> bool:
    """Tell whether a name leads out of the folder into which it is unpacked."""
    parts = name.replace("\\", "/").split("/")
    return not parts[0] or ":" in parts[0] or ".." in parts


def shown_name(entry: zipfile.ZipInfo) -> str:
    """Return the name of an entry as a person wrote it, characters that hide or turn text escaped.

    Chinese Windows writes names in GB18030 without saying so.
    """
    name = entry.filename
    if not entry.flag_bits & _UTF8_NAME:
        try:
            name = name.encode("cp437").decode("gb18030")
        except (UnicodeEncodeError, UnicodeDecodeError):
            name = entry.filename
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in name)


def read_entry(archive: zipfile.ZipFile, name: str | zipfile.ZipInfo) -> bytes:
    """Return an entry, never more of it than the archive said it has."""
    size = (name if isinstance(name, zipfile.ZipInfo) else archive.getinfo(name)).file_size
    with archive.open(name) as stream:
        data = stream.read(size + 1)
    if len(data) != size:
        raise zipfile.BadZipFile("an entry is not as large as the archive says")
    return data


def is_workbook(names: Iterable[str]) -> bool:
    """Tell whether the names of an archive's entries are those of a workbook."""
    held = set(names)
    return _CONTENT_TYPES in held and any(name.startswith("xl/") for name in held)


def has_macros(names: Iterable[str]) -> bool:
    """Tell whether the names of a workbook's parts are those of programs."""
    folded = [name.casefold() for name in names]
    return any("vbaproject" in n or (n.endswith(".bin") and "macro" in n) for n in folded)


def holds_formulas(name: str, data: bytes) -> bool:
    """Tell whether a part of a workbook is a worksheet with formulas."""
    return "worksheets/" in name and (b"<f>" in data or b"<f " in data)


def unfit_part(name: str, data: bytes) -> str:
    """Return why a part of a workbook is not given to a parser; nothing where it may be."""
    head = data[:4].removeprefix(b"\xef\xbb\xbf")
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in head:
        return f"{name}: not UTF-8"
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        return f"{name}: DOCTYPE"
    return ""


_RULES: Final = {
    "zip-path": "zip-path",
    "zip-locked": "file-locked",
    "zip-twice": "zip-name-twice",
    "zip-bomb": "zip-bomb",
    "zip-large": "zip-too-large",
    "zip-broken": "zip-too-large",
}
"""Rule of the archive -> rule of the import; packed files in an archive are left unread there."""


def open_zip(path: Path) -> zipfile.ZipFile:
    """Open a zip file whose members are safe to read; their names are as a person wrote them.

    Raises
    ------
    FileRefusalError
        Where it is broken, locked, a bomb, or has names that climb out of it.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise FileRefusalError("zip-broken", detail=str(error)) from error
    for danger in problems(archive):
        if danger.rule in _RULES:
            archive.close()
            raise FileRefusalError(_RULES[danger.rule], sheet=danger.entry, detail=_detail(danger))
    return archive


def _detail(danger: Danger) -> str:
    params = danger.params
    if danger.rule == "zip-large":
        return f"{params['size']} MiB > {params['most']} MiB"
    return str(params.get("detail") or params.get("times", ""))


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a member, checked against its sum.

    Raises
    ------
    FileRefusalError
        Where they are damaged.
    """
    try:
        return read_entry(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError,
            RuntimeError, ValueError) as error:  # fmt: skip
        raise FileRefusalError("zip-broken", sheet=shown_name(member), detail=str(error)) from error
