"""Zip files: what lies in them, refused where it could harm."""

from __future__ import annotations

import stat
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from chaingraph.intake.problems import FileRefusalError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST_TOTAL: Final = 400_000_000
LARGEST_RATIO: Final = 200
MOST_MEMBERS: Final = 2_000
_FREE: Final = 2_000_000
_ENCRYPTED: Final = 0x1
_UTF8_NAME: Final = 0x800


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
    try:
        _check(archive)
    except FileRefusalError:
        archive.close()
        raise
    return archive


def _check(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise FileRefusalError("zip-too-large", detail=f"{len(members)} members")
    names = [member.filename for member in members]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FileRefusalError("zip-name-twice", sheet=twice[0])
    total = sum(member.file_size for member in members)
    if total > LARGEST_TOTAL:
        raise FileRefusalError("zip-too-large", detail=f"{total:,} bytes")
    for member in members:
        _check_member(member)


def _check_member(member: zipfile.ZipInfo) -> None:
    name = shown_name(member)
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
        raise FileRefusalError("zip-path", sheet=name)
    if stat.S_ISLNK(member.external_attr >> 16):
        raise FileRefusalError("zip-path", sheet=name)
    if member.flag_bits & _ENCRYPTED:
        raise FileRefusalError("file-locked", sheet=name)
    packed = max(member.compress_size, 1)
    if member.file_size > _FREE and member.file_size > LARGEST_RATIO * packed:
        raise FileRefusalError("zip-bomb", sheet=name, detail=f"{member.file_size // packed}")


def shown_name(member: zipfile.ZipInfo) -> str:
    """Return the name of a member; Chinese Windows writes names in GB18030 without saying so."""
    if member.flag_bits & _UTF8_NAME:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("gb18030")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return member.filename


def read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Return the bytes of a member, checked against its sum.

    Raises
    ------
    FileRefusalError
        Where they are damaged.
    """
    try:
        return archive.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError,
            RuntimeError, ValueError) as error:  # fmt: skip
        raise FileRefusalError("zip-broken", sheet=shown_name(member), detail=str(error)) from error
