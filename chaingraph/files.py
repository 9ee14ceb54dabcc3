"""Writing files so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from chaingraph.errors import FileProblemError

if TYPE_CHECKING:
    from collections.abc import Iterable


def write_file(path: str | Path, data: str | bytes, *, encoding: str = "utf-8") -> Path:
    """Write a whole file: into a temporary one beside it, flushed to disk, then renamed over it.

    Parameters
    ----------
    path
        The file; its folder must exist.
    data
        Text, or bytes as they are. Line ends stay as they are in every locale.
    encoding
        Of text; ``utf-8-sig`` for CSV files that Excel opens.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    FileProblemError
        Where the folder is missing or not writable, or the disk is full. An existing file stays.
    """
    target = Path(path)
    if target.is_symlink():
        target = target.resolve()  # the file that a link leads to, not the link
    content = data.encode(encoding) if isinstance(data, str) else data
    temporary = ""
    try:
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        if target.exists() and not target.is_file():  # a pipe or a device has nothing to keep
            with target.open("wb") as stream:
                stream.write(content)
            return target
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(_mode(target))
        Path(temporary).replace(target)
    except OSError as error:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
        raise FileProblemError(
            "unwritable-path", path=target, detail=error.strerror or error
        ) from error
    return target


def write_folder(path: str | Path, files: Iterable[tuple[str, str | bytes]]) -> Path:
    """Write a whole folder: into a temporary one beside it, then renamed.

    Parameters
    ----------
    path
        A new or empty folder; its parent must exist.
    files
        Name and content of each file, made one at a time; text is written in UTF-8.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    FileProblemError
        Where the folder has files already or cannot be written. Nothing is left behind, whatever fails.
    """
    target = Path(path)
    temporary = ""
    try:
        if target.exists() and any(target.iterdir()):
            raise FileExistsError(17, "the folder is not empty")
        temporary = tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent)
        Path(temporary).chmod(0o755)
        for name, content in files:
            file = Path(temporary) / name
            if isinstance(content, str):
                file.write_text(content, encoding="utf-8", newline="\n")
            else:
                file.write_bytes(content)
        Path(temporary).replace(target)
        temporary = ""
    except OSError as error:
        if isinstance(error, FileProblemError):
            raise
        raise FileProblemError(
            "unwritable-path", path=target, detail=error.strerror or error
        ) from error
    finally:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
    return target


def _mode(target: Path) -> int:
    """Return the permissions of the file that is there, else what a new file gets."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
