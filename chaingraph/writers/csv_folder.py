"""Writer of a folder of UTF-8 CSV files with its ``datapackage.json``."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from chaingraph.enterprises import collect, read_frame
from chaingraph.errors import FileProblemError
from chaingraph.schema import TABLE_NAMES, table_schema, table_spec
from chaingraph.tables import ORIGIN

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset


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
    target = Path(folder)
    temporary = ""
    try:
        if target.exists() and any(target.iterdir()):
            raise FileExistsError(17, "the folder is not empty")
        temporary = tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent)
        Path(temporary).chmod(0o755)
        place = Path(temporary)
        frames = {name: _pandas(ds.table(name)) for name in TABLE_NAMES if ds.has(name)}
        for name, frame in frames.items():
            (place / f"{name}.csv").write_text(to_csv(frame, name), encoding="utf-8", newline="\n")
        card = json.dumps(data_package(ds, frames), ensure_ascii=False, indent=2)
        (place / "datapackage.json").write_text(card + "\n", encoding="utf-8", newline="\n")
        Path(temporary).replace(target)
    except OSError as error:
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)
        raise FileProblemError(
            "unwritable-path", path=target, detail=error.strerror or error
        ) from error
    return target


def _pandas(frame: Any) -> pd.DataFrame:
    return frame if isinstance(frame, pd.DataFrame) else collect(read_frame(frame))


def to_csv(frame: pd.DataFrame, name: str) -> str:
    """Return a table as CSV text in the schema's order; numbers as short as they read back."""
    spec = table_spec(name)
    own = [c for c in frame.columns if c not in spec.by_name and c != ORIGIN]
    kept = [c for c in spec.field_names if c in frame.columns] + own
    columns = {c: [_cell(v) for v in frame[c].tolist()] for c in kept}
    text: str = pd.DataFrame(columns, dtype=object).to_csv(index=False, lineterminator="\n")
    return text


def _cell(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124  nan
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004
    return str(value).replace("\r\n", "\n").replace("\r", "\n")


def data_package(ds: Dataset, frames: dict[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the card of a dataset that stands alone."""
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
        "resources": [resource(name, list(frame.columns)) for name, frame in frames.items()],
    }


def resource(name: str, columns: list[str]) -> dict[str, Any]:
    """Return the Frictionless resource of a table for the columns that it has."""
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
        "encoding": "utf-8",
        "mediatype": "text/csv",
        "schema": described,
    }
