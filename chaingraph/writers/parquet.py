"""Writer of a folder of Parquet files with its ``datapackage.json``."""

from __future__ import annotations

import importlib
import io
from typing import TYPE_CHECKING, Any

import pandas as pd

from chaingraph.errors import MissingLibraryError
from chaingraph.files import write_folder
from chaingraph.writers.csv_folder import CARD, card_text, cell_text, column_order, data_package
from chaingraph.writers.frames import NO_TEXT, Written, export_frames, refuse_cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chaingraph.dataset import Dataset

_ABOUT = {
    "profile": "data-resource",
    "format": "parquet",
    "mediatype": "application/vnd.apache.parquet",
}


def write(ds: Dataset, folder: str | Path) -> list[Written]:
    """Write a dataset as a folder of Parquet files; return the files.

    Columns keep their types; columns of the user's own that mix types become texts.
    """
    try:
        importlib.import_module("pyarrow")
    except ImportError as error:
        raise MissingLibraryError("missing-library", library="pyarrow", extra="big") from error
    frames = export_frames(ds)
    refuse_cells(frames, NO_TEXT)

    def files() -> Iterator[tuple[str, str | bytes]]:
        for name, frame in frames.items():
            yield f"{name}.parquet", _parquet(frame[column_order(frame, name)])
        card = data_package(ds, frames, _ABOUT)
        for described in card["resources"]:
            described["path"] = f"{described['name']}.parquet"
        yield CARD, card_text(card)

    place = write_folder(folder, files())
    return [Written(place / f"{name}.parquet", len(frame)) for name, frame in frames.items()]


def _parquet(frame: pd.DataFrame) -> bytes:
    columns: dict[str, Any] = {str(name): _plain(frame[name]) for name in frame.columns}
    file = io.BytesIO()
    pd.DataFrame(columns, index=frame.index).to_parquet(file, engine="pyarrow", index=False)
    return file.getvalue()


def _plain(values: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of one type: objects as texts, all others as they are."""
    if values.dtype != object:
        return values
    texts = [None if pd.isna(cell) else cell_text(cell) for cell in values.tolist()]
    return pd.Series(texts, index=values.index, dtype="str")
