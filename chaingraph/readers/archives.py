"""Zip files from outside: looked at before anything is unpacked."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES: Final = 2_000_000_000
MOST_TIMES: Final = 100
_SMALL: Final = 1_000_000  # a short file of equal rows is no attack
_MIB = 1_048_576

Problem = tuple[str, dict[str, object]]
"""Rule and what fills its sentence."""


def problems(archive: zipfile.ZipFile, *, most_times: int = MOST_TIMES) -> Iterator[Problem]:
    """Return what makes an archive unfit to unpack: attacks, passwords, zip files in it."""
    total = 0
    seen: set[str] = set()
    for entry in archive.infolist():
        name = entry.filename
        total += entry.file_size
        shown: dict[str, object] = {"entry": ascii(name)[1:-1]}
        if _climbs(name):
            yield "zip-path", shown
        elif entry.flag_bits & 1:
            yield "zip-locked", shown
        elif name in seen:
            yield "zip-twice", shown
        elif name.casefold().endswith((".zip", ".7z", ".rar", ".gz", ".tar")):
            yield "zip-nested", shown
        times = entry.file_size // max(1, entry.compress_size)
        if entry.file_size > _SMALL and times > most_times:
            yield "zip-bomb", shown | {"size": entry.file_size // _MIB, "times": times}
        seen.add(name)
    if total > MOST_BYTES:
        yield "zip-large", {"size": total // _MIB, "most": MOST_BYTES // _MIB}


def _climbs(name: str) -> bool:
    """Tell whether a name leads out of the folder into which it is unpacked."""
    path = name.replace("\\", "/")
    return path.startswith("/") or path[1:2] == ":" or ".." in path.split("/")


def read_entry(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return an entry, never more of it than the archive said it has."""
    size = archive.getinfo(name).file_size
    with archive.open(name) as stream:
        data = stream.read(size + 1)
    if len(data) > size:
        raise zipfile.BadZipFile("an entry is larger than the archive says")
    return data
