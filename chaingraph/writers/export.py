"""Writing a dataset in any format: by name, or by the suffix of the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from chaingraph.errors import OptionError
from chaingraph.writers import csv_folder, excel, neo4j, networks, parquet

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaingraph.dataset import Dataset
    from chaingraph.writers.frames import Written

_WRITERS: Final[dict[str, Callable[[Dataset, str | Path], list[Written]]]] = {
    "csv": csv_folder.write,
    "excel": excel.write,
    "parquet": parquet.write,
    "graphml": networks.write_graphml,
    "gexf": networks.write_gexf,
    "json": networks.write_json,
    "neo4j": neo4j.write,
}
FORMATS: Final = tuple(_WRITERS)
ENCODINGS: Final = ("utf-8", "utf-8-sig")
_SUFFIXES: Final = {
    "": "csv",
    ".xlsx": "excel",
    ".parquet": "parquet",
    ".graphml": "graphml",
    ".gexf": "gexf",
    ".json": "json",
}
_IN_GRAPH: Final = frozenset({"graphml", "gexf", "json", "neo4j"})


def export_dataset(
    ds: Dataset,
    path: str | Path,
    *,
    format: str | None = None,  # noqa: A002
    encoding: str = "utf-8",
) -> list[Path]:
    """Write a dataset as tables or as a network file.

    Parameters
    ----------
    ds
        The dataset; what it extends is written too.
    path
        A file (``excel``, ``graphml``, ``gexf``, ``json``), or a new or empty folder (``csv``,
        ``parquet``, ``neo4j``).
    format
        By the suffix of the path unless given: ``.xlsx``, ``.parquet``, ``.graphml``, ``.gexf``,
        ``.json``, none for a folder of CSV files.
    encoding
        Of CSV files: ``utf-8-sig`` for those that people open in Excel. Texts that Excel would take for
        formulas then get an apostrophe in front, and no longer read back as they were.

    Returns
    -------
    list of pathlib.Path
        The files with data. CSV, Excel and Parquet load again with :func:`load_dataset` to the same
        tables; network files hold products, inputs, enterprises, capacities and supplies, and read
        with networkx or ``neo4j-admin``.

    Raises
    ------
    OptionError
        For an unknown format or encoding.
    DataError
        Where the format has no way to write a cell.
    FileProblemError
        Where the path cannot be written or the folder is not empty; nothing is left behind.

    Examples
    --------
    >>> import tempfile, pathlib, chaingraph as cg
    >>> place = pathlib.Path(tempfile.mkdtemp()) / "toy.xlsx"
    >>> [file.name for file in cg.export_dataset(cg.load_dataset("toy"), place)]
    ['toy.xlsx']
    >>> len(cg.load_dataset(place).products)
    11
    """
    chosen = chosen_format(path, format, encoding)
    return [written.path for written in write_dataset(ds, path, chosen, encoding)]


def chosen_format(path: str | Path, format_: str | None, encoding: str = "utf-8") -> str:
    """Return the format of a path, by name or by its suffix.

    Examples
    --------
    >>> chosen_format("a/b.GEXF", None), chosen_format("a/b", None), chosen_format("a/b", "neo4j")
    ('gexf', 'csv', 'neo4j')
    """
    suffix = Path(path).suffix.casefold()
    if format_ is None and suffix not in _SUFFIXES:
        raise OptionError("unknown-target", path=path, choices=" ".join(_suffixes()))
    chosen = _SUFFIXES[suffix] if format_ is None else format_
    if chosen not in _WRITERS:
        raise OptionError("bad-format", value=chosen, choices=", ".join(FORMATS))
    if chosen == "excel" and suffix != ".xlsx":
        raise OptionError("excel-needs-suffix", path=path)
    if encoding not in ENCODINGS:
        raise OptionError("bad-encoding", value=encoding, choices=", ".join(ENCODINGS))
    if encoding != "utf-8" and chosen != "csv":
        raise OptionError("encoding-needs-csv", value=encoding, format=chosen)
    return chosen


def _suffixes() -> list[str]:
    return [suffix for suffix in _SUFFIXES if suffix]


def write_dataset(ds: Dataset, path: str | Path, format_: str, encoding: str) -> list[Written]:
    """Write a dataset in a format of :func:`chosen_format`; return each file with its rows."""
    if format_ == "csv":
        return csv_folder.write(ds, path, encoding=encoding)
    return _WRITERS[format_](ds, path)


def left_out(ds: Dataset, format_: str) -> list[str]:
    """Return the tables of a dataset that have no place in a format.

    Examples
    --------
    >>> import chaingraph as cg
    >>> left_out(cg.load_dataset("toy"), "gexf"), left_out(cg.load_dataset("toy"), "excel")
    (['product_facts', 'projects', 'regions', 'surveys'], [])
    """
    if format_ not in _IN_GRAPH:
        return []
    return [name for name in ds.tables if name not in networks.GRAPH_TABLES]
