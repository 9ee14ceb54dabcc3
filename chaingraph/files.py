"""Writing files so that a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from chaingraph.errors import FileProblemError


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


def _mode(target: Path) -> int:
    """Return the permissions of the file that is there, else what a new file gets."""
    if target.exists():
        return target.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
