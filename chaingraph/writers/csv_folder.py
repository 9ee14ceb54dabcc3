"""Writer of a folder of UTF-8 CSV files with its ``datapackage.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from chaingraph.characters import defused
from chaingraph.files import write_folder
from chaingraph.rawtables import value_text
from chaingraph.schema import table_schema, table_spec
from chaingraph.tables import ORIGIN
from chaingraph.writers.frames import (
    NO_TEXT,
    Written,
    export_frames,
    one_line_end,
    refuse_cells,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chaingraph.dataset import Dataset

CARD = "datapackage.json"


def save_dataset(ds: Dataset, folder: str | Path) -> Path:
    """Write a dataset as a folder of CSV files that loads again to the same tables.

    What the dataset extends is written into the folder too, so that it stands alone.

    Parameters
    ----------
    ds
        The dataset.
    folder
        A new or empty folder; its parent must exist.

    Returns
    -------
    pathlib.Path
        The folder.

    Raises
    ------
    FileProblemError
        Where the folder has files already or cannot be written; nothing is left behind.

    Examples
    --------
    >>> import tempfile, pathlib, chaingraph as cg
    >>> place = pathlib.Path(tempfile.mkdtemp()) / "copy"
    >>> copy = cg.load_dataset(cg.save_dataset(cg.load_dataset("toy"), place))
    >>> len(copy.products)
    11
    """
    write(ds, folder)
    return Path(folder)


def write(ds: Dataset, folder: str | Path, *, encoding: str = "utf-8") -> list[Written]:
    """Write a dataset as a folder of CSV files; return the files."""
    frames = export_frames(ds)
    refuse_cells(frames, NO_TEXT)
    place = write_folder(folder, _files(ds, frames, encoding))
    return [Written(place / f"{name}.csv", len(frame)) for name, frame in frames.items()]


def _files(
    ds: Dataset, frames: Mapping[str, pd.DataFrame], encoding: str
) -> Iterator[tuple[str, str | bytes]]:
    """Return name and content of each file: the tables and the card."""
    for name, frame in frames.items():
        text = to_csv(frame, name, for_excel=encoding == "utf-8-sig")
        yield f"{name}.csv", text if encoding == "utf-8" else text.encode(encoding)
    yield CARD, card_text(data_package(ds, frames, {"encoding": encoding}))


def to_csv(frame: pd.DataFrame, name: str, *, for_excel: bool = False) -> str:
    """Return a table as CSV text in the schema's order; numbers as short as they read back.

    For Excel, a text that would be taken for a formula gets an apostrophe in front.
    """
    columns = {c: [cell_text(v) for v in frame[c].tolist()] for c in column_order(frame, name)}
    if for_excel:
        columns = {
            c: cells if pd.api.types.is_numeric_dtype(frame[c]) else [defused(v) for v in cells]
            for c, cells in columns.items()
        }
    text: str = pd.DataFrame(columns, dtype=object).to_csv(index=False, lineterminator="\n")
    return text


def column_order(frame: pd.DataFrame, name: str) -> list[str]:
    """Return the columns to write: the schema's in its order, then the user's own."""
    spec = table_spec(name)
    own = [c for c in frame.columns if c not in spec.by_name and c != ORIGIN]
    return [*(c for c in spec.field_names if c in frame.columns), *own]


def cell_text(value: Any) -> str:
    """Return a cell as text: empty where unknown, numbers as short as they read back."""
    return one_line_end(value_text(value))


def card_text(card: Mapping[str, Any]) -> str:
    """Return a card as the text of its file."""
    return json.dumps(card, ensure_ascii=False, indent=2) + "\n"


def data_package(
    ds: Dataset, frames: Mapping[str, pd.DataFrame], about: Mapping[str, str]
) -> dict[str, Any]:
    """Return the card of a dataset that stands alone; `about` is said of each file."""
    main = ds.packages[-1]
    return {
        "profile": "data-package",
        "name": main.name,
        "title": main.title_en,
        "title_zh": main.title_zh,
        "description": main.description,
        "version": main.version,
        "as_of": ds.as_of,
        "language": ds.language,
        "licenses": [{"name": main.licence}] if main.licence else [],
        "focus": main.focus,
        "chains": list(ds.chains),
        "extends": [],
        "accepted": [
            {"rule": a.rule, "table": a.table, "key": a.key, "reason": a.reason}
            for package in ds.packages
            for a in package.accepted
        ],
        "weaknesses": {
            "en": [text for package in ds.packages for text in package.weaknesses_en],
            "zh": [text for package in ds.packages for text in package.weaknesses_zh],
        },
        "resources": [
            resource(name, column_order(frame, name), about) for name, frame in frames.items()
        ],
    }


def resource(
    name: str, columns: Sequence[str], about: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the Frictionless resource of a table for the columns that it has.

    `about` says what differs from a CSV file in UTF-8.
    """
    schema = table_schema(name)
    fields = [
        {key: field[key] for key in ("name", "type", "title", "constraints") if key in field}
        for field in schema["fields"]
        if field["name"] in columns
    ]
    known = {field["name"] for field in fields} | {ORIGIN}
    fields += [{"name": name, "type": "string"} for name in columns if name not in known]
    described = {"fields": fields, "missingValues": [""]}
    if "primaryKey" in schema:
        described["primaryKey"] = schema["primaryKey"]
    return {
        "name": name,
        "path": f"{name}.csv",
        "profile": "tabular-data-resource",
        "mediatype": "text/csv",
        **(about or {"encoding": "utf-8"}),
        "schema": described,
    }
