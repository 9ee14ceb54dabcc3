"""What every writer needs of a dataset: its tables in pandas, and cells that a format can hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from chaingraph.engines import collect, read_frame
from chaingraph.errors import DataError
from chaingraph.schema import TABLE_NAMES
from chaingraph.tables import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chaingraph.dataset import Dataset

NO_TEXT: Final = re.compile(r"[\0\ud800-\udfff]")
"""Characters that no text file holds: NUL and halves of a pair."""
NO_XML: Final = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML, and so a workbook, has no way to write."""


class Written(NamedTuple):
    """A file that was written and what it holds: rows, or nodes and edges."""

    path: Path
    rows: int
    edges: int | None = None


def export_frames(ds: Dataset) -> dict[str, pd.DataFrame]:
    """Return the tables in pandas, in the schema's order, lazy ones collected.

    A copy is one folder with one card. Where that card names one chain, reading it again would make
    that the home of every product without one: those that had none say their chains instead.
    """
    frames = {name: _pandas(ds.table(name)) for name in TABLE_NAMES if ds.has(name)}
    if len(ds.packages[-1].chains) == 1:
        products = frames["products"]
        homes = products["home_chain"].fillna(products["chains"])
        frames["products"] = products.assign(home_chain=homes)
    return frames


def _pandas(frame: Any) -> pd.DataFrame:
    return frame if isinstance(frame, pd.DataFrame) else collect(read_frame(frame))


def refuse_cells(frames: Mapping[str, pd.DataFrame], pattern: re.Pattern[str]) -> None:
    """Refuse tables with a text in which the pattern is found.

    Raises
    ------
    DataError
        For the first such cell; names table, row and column.
    """
    for table, frame in frames.items():
        for column in frame.columns:
            if column == ORIGIN:
                continue
            if pattern.search(str(column)):
                raise DataError("bad-column-name", table=table, column=ascii(column))
            if pd.api.types.is_numeric_dtype(frame[column]):
                continue
            for row, cell in enumerate(frame[column].tolist(), 1):
                found = pattern.search(cell) if isinstance(cell, str) else None
                if found:
                    code = f"U+{ord(found[0]):04X}"
                    raise DataError("bad-character", table=table, column=column, row=row, code=code)


def one_line_end(text: str) -> str:
    """Return a text with line feeds as its only line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
