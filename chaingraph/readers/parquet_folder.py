"""Reader of a folder of Parquet files for data that outgrow text: big tables stay lazy."""

from __future__ import annotations

import glob
import importlib
from typing import TYPE_CHECKING, Any, Final, Literal

from chaingraph.errors import FileProblemError, MissingLibraryError
from chaingraph.schema import TABLE_NAMES

if TYPE_CHECKING:
    from pathlib import Path

Engine = Literal["pandas", "polars", "duckdb"]
ENGINES: Final = ("pandas", "polars", "duckdb")
LAZY_TABLES: Final = ("enterprises", "capacities")


def can_read(path: Path) -> bool:
    """Tell whether the path is a folder with a products table in Parquet."""
    return path.is_dir() and (path / "products.parquet").exists()


def read_frames(path: Path, engine: Engine) -> dict[str, Any]:
    """Return the tables of a folder as frames, all in pandas but the large ones.

    Enterprises and capacities are of the engine's own kind, lazy where it has one.

    Raises
    ------
    MissingLibraryError
        Where the engine is not installed.
    FileProblemError
        Where a file cannot be read as Parquet.
    """
    frames: dict[str, Any] = {}
    for name in TABLE_NAMES:
        file = path / f"{name}.parquet"
        if not file.exists():
            continue
        try:
            frames[name] = _read(file, engine, lazy=name in LAZY_TABLES)
        except (MissingLibraryError, FileProblemError):
            raise
        except Exception as error:  # each engine has error classes of its own
            raise FileProblemError(
                "unreadable-path", path=file, detail=str(error).splitlines()[0]
            ) from error
    return frames


def _read(file: Path, engine: Engine, *, lazy: bool) -> Any:
    """Return one file: a folder of parts or a single file."""
    pattern = glob.escape(str(file)) + ("/*.parquet" if file.is_dir() else "")
    if engine == "polars":
        scan = _library("polars", "fast").scan_parquet(pattern)
        scan.collect_schema()  # a file that is no Parquet shows itself here
        return scan if lazy else _to_pandas(scan.collect().to_dict(as_series=False))
    if engine == "duckdb":
        duckdb = _library("duckdb", "big")
        relation = duckdb.read_parquet(pattern)
        if lazy:
            return relation
        names = relation.columns
        rows = relation.fetchall()
        return _to_pandas({n: [row[i] for row in rows] for i, n in enumerate(names)})
    _library("pyarrow", "big")
    pandas = importlib.import_module("pandas")
    return pandas.read_parquet(file)


def _to_pandas(columns: dict[str, list[Any]]) -> Any:
    return importlib.import_module("pandas").DataFrame(columns)


def _library(name: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingLibraryError("missing-library", library=name, extra=extra) from error
