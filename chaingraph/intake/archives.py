"""Zip files: what lies in them, refused where it could harm."""

from __future__ import annotations

import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from chaingraph.intake.problems import FileRefusalError
from chaingraph.readers.archives import Danger, problems, read_entry, shown_name

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["open_zip", "read_member", "shown_name"]

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
