"""Readers: one module a format, each turns a path into raw tables and findings.

A reader is a :class:`Reader`; to add a format, write one and name it in ``READERS``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chaingraph.errors import FileProblemError, file_problem
from chaingraph.readers import csv_folder, datapackage, excel, graphs, parquet_folder, zip_csv
from chaingraph.readers.parquet_folder import ENGINES, quickest_engine, read_frames

if TYPE_CHECKING:
    from pathlib import Path

    from chaingraph.checks import Finding
    from chaingraph.rawtables import Package, RawTable

__all__ = [
    "ENGINES",
    "READERS",
    "Reader",
    "invalid_package",
    "is_parquet_folder",
    "quickest_engine",
    "read_frames",
    "read_package",
    "read_tables",
]


class Reader(Protocol):
    """What a format module offers."""

    def can_read(self, path: Path) -> bool:
        """Tell whether the path looks like this format."""

    def read_package(self, path: Path) -> tuple[Package, list[Finding]]:
        """Return what the card says, and what is wrong with it (not with the files)."""

    def read(self, path: Path, package: Package) -> tuple[dict[str, RawTable], list[Finding]]:
        """Return the raw tables by name, and what is wrong with the files themselves."""


READERS: tuple[Reader, ...] = (csv_folder, excel, zip_csv, graphs)
is_parquet_folder = parquet_folder.can_read
invalid_package = datapackage.invalid


def read_package(path: Path) -> tuple[Package, list[Finding]]:
    """Return the card at a path by the first reader that knows the format."""
    for reader in READERS:
        if reader.can_read(path):
            return reader.read_package(path)
    return datapackage.read_package(path)


def read_tables(path: Path, package: Package) -> tuple[dict[str, RawTable], list[Finding]]:
    """Read the tables at a path with the first reader that knows the format.

    Raises
    ------
    FileProblemError
        Where no reader knows the format, or the path cannot be read.
    """
    for reader in READERS:
        if reader.can_read(path):
            try:
                return reader.read(path, package)
            except OSError as error:
                raise file_problem("unreadable-path", error.filename or path, error) from error
    raise FileProblemError("unknown-format", path=path)
