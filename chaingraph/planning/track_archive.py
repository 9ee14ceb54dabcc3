"""What is kept of a returned list: the ledger of its cells, with the hash of the file, which stays as it is."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from chaingraph.errors import OptionError
from chaingraph.files import write_file
from chaingraph.planning import track_words

if TYPE_CHECKING:
    from chaingraph.planning.track_reading import Returned


def save_ledger(returned: Returned, path: str | Path) -> Path:
    """Write every typed cell, formula and comment of a returned list as CSV.

    The columns are those of :meth:`RawBook.ledger` and `file_sha256`, the hash of the returned file: a
    proof which file the ledger is of. No cell can start a formula.

    Raises
    ------
    FileProblemError
        Where the file cannot be written.
    """
    ledger = returned.raw.ledger()
    ledger = ledger[[track_words.sheet_of(title) != "meta" for title in ledger["sheet"]]].copy()
    ledger["file_sha256"] = file_hash(returned.raw.path)
    ledger["content"] = [
        "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
        for text in ledger["content"].astype(str)
    ]
    return write_file(path, ledger.to_csv(index=False, lineterminator="\n"), encoding="utf-8-sig")


def file_hash(path: str | Path) -> str:
    """Return the SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def refuse_same_file(path: str, *returned: str) -> None:
    """Refuse to write into a returned file.

    Raises
    ------
    OptionError
        Where the file to write is one that was returned.
    """
    target = Path(path)
    for file in returned:
        same = target.resolve() == Path(file).resolve()
        if same or (target.exists() and Path(file).exists() and target.samefile(file)):
            raise OptionError("track-same-file", path=path)
