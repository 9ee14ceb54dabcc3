"""Reader of a folder of Parquet files for data that outgrow text: big tables stay lazy."""

from __future__ import annotations

import glob
import importlib
import importlib.util
from typing import TYPE_CHECKING, Any, Final, Literal

from chaingraph.checks import Finding
from chaingraph.errors import FileProblemError, MissingLibraryError, file_problem
from chaingraph.readers.csv_folder import refuse_pipe, unknown
from chaingraph.schema import TABLE_NAMES

if TYPE_CHECKING:
    from pathlib import Path

Engine = Literal["pandas", "polars", "duckdb"]
ENGINES: Final = ("pandas", "polars", "duckdb")
LAZY_TABLES: Final = ("enterprises", "capacities")


def can_read(path: Path) -> bool:
    """Tell whether the path is a folder with a table in Parquet; others may stand beside it as CSV."""
    return path.is_dir() and any(path.joinpath(f"{name}.parquet").exists() for name in TABLE_NAMES)


def read_frames(path: Path, engine: Engine, name: str) -> tuple[dict[str, Any], list[Finding]]:
    """Return the Parquet tables of a folder as frames, all in pandas but the large ones.

    Enterprises and capacities are of the engine's own kind, lazy where it has one.

    Parameters
    ----------
    path
        The folder.
    engine
        What holds the large tables.
    name
        Name of the dataset.

    Returns
    -------
    frames
        Table name -> frame.
    findings
        Files that are no table, and tables that stand as CSV too.

    Raises
    ------
    MissingLibraryError
        Where the engine is not installed.
    FileProblemError
        Where a file cannot be read as Parquet.
    """
    frames: dict[str, Any] = {}
    findings: list[Finding] = []
    texts = {file.stem: file.name for file in path.iterdir() if file.suffix.casefold() == ".csv"}
    for file in sorted(path.iterdir()):
        table, shown = file.stem, f"{name}/{file.name}"
        if file.suffix.casefold() != ".parquet":
            continue
        if table not in TABLE_NAMES:
            findings.append(unknown(shown, table, file.name))
        elif table in texts:
            params: dict[str, object] = {
                "table": table, "first": f"{name}/{texts[table]}", "file": shown,
            }  # fmt: skip
            findings.append(Finding("table-twice", table, shown, params=params))
        else:
            frames[table] = _table(file, engine)
    return frames, findings


def _table(file: Path, engine: Engine) -> Any:
    try:
        refuse_pipe(file)
        return _read(file, engine, lazy=file.stem in LAZY_TABLES)
    except (MissingLibraryError, FileProblemError):
        raise
    except OSError as error:
        raise file_problem("unreadable-path", file, error) from error
    except Exception as error:  # each engine has error classes of its own
        detail = str(error).strip().splitlines() or [type(error).__name__]
        raise FileProblemError("unreadable-path", path=file, detail=detail[0]) from error


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


def quickest_engine() -> Engine:
    """Return the engine that is installed and reads large files without holding them."""
    engines: tuple[Engine, ...] = ("polars", "duckdb")
    for name in engines:
        if importlib.util.find_spec(name) is not None:
            return name
    return "pandas"


def _to_pandas(columns: dict[str, list[Any]]) -> Any:
    return importlib.import_module("pandas").DataFrame(columns)


def _library(name: str, extra: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingLibraryError("missing-library", library=name, extra=extra) from error
