"""What comes in: names of files made safe, bodies bounded, files streamed to the disk."""

from __future__ import annotations

import re
import shutil
import unicodedata
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from chaingraph.sheets.grids import LARGEST_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

MOST_BYTES: Final = LARGEST_FILE
"""Bytes of all files of one session: what the import takes of one file."""
MOST_FILES: Final = 20
_LONGEST: Final = 120
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def safe_name(name: str) -> str:
    r"""Return the name under which an uploaded file is kept: no path, nothing a system refuses.

    Examples
    --------
    >>> safe_name("C:\\表\\产能表.xlsx"), safe_name("../../etc/passwd"), safe_name("nul.csv")
    ('产能表.xlsx', 'passwd', '_nul.csv')
    """
    base = PurePosixPath(unicodedata.normalize("NFC", name).replace("\\", "/")).name
    kept = _FORBIDDEN.sub("_", "".join(c for c in base if unicodedata.category(c) != "Cf"))
    kept = kept.strip(" .")
    stem, dot, suffix = kept.rpartition(".")
    if len(kept) > _LONGEST:
        kept = f"{stem[: _LONGEST - len(suffix) - 1]}{dot}{suffix}"[-_LONGEST:]
    return f"_{kept}" if _DEVICES.match(kept) else kept or "_"


def keep_files(files: Iterable[tuple[str, BinaryIO]], folder: Path) -> tuple[Path, ...]:
    """Copy streams into a new folder piece by piece; two of one name get numbers."""
    folder.mkdir()
    kept: list[Path] = []
    for name, stream in files:
        target = folder / safe_name(name)
        number = 1
        while target.exists():
            number += 1
            target = target.with_name(f"{number}-{safe_name(name)}")
        with target.open("wb") as copy:
            shutil.copyfileobj(stream, copy, 1 << 20)
        kept.append(target)
    return tuple(kept)


def as_source(files: tuple[Path, ...]) -> Path:
    """Return what the import reads: the file, or the folder of several."""
    return files[0] if len(files) == 1 else files[0].parent
