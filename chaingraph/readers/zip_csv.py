"""Reader of a zip file with the files of one CSV folder, at its top or in one folder."""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from chaingraph.checks import Finding
from chaingraph.rawtables import Package
from chaingraph.readers import csv_folder, datapackage
from chaingraph.schema import TABLE_NAMES
from chaingraph.sheets import archives

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from chaingraph.rawtables import RawTable

_BROKEN = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError)
_LITTER = ("__MACOSX",)


def can_read(path: Path) -> bool:
    """Tell whether the path is a file named as a zip file."""
    return path.suffix.casefold() == ".zip" and path.is_file()


def read_package(path: Path) -> tuple[Package, list[Finding]]:
    """Return what the card in the zip file says, and what is wrong with the card."""
    fallback = Package(name=path.stem, path=path)
    loaded: Any
    try:
        with zipfile.ZipFile(path) as archive:
            if _refused(archive, path):
                return fallback, []  # said by `read`
            cards = [name for name in _files(archive) if _base(name) == datapackage.CARD]
            if len(cards) != 1:
                return fallback, []
            loaded = json.loads(archives.read_entry(archive, cards[0]).decode("utf-8-sig"))
    except _BROKEN:
        return fallback, []
    except (ValueError, RecursionError) as error:
        detail = f"not JSON in UTF-8 ({error})"
        return fallback, [datapackage.invalid(fallback.name, detail)]
    return datapackage.package_of(loaded, path, fallback.name)


def read(path: Path, package: Package) -> tuple[dict[str, RawTable], list[Finding]]:
    """Return the raw tables of the zip file by name, and what is wrong with the files."""
    tables: dict[str, RawTable] = {}
    findings: list[Finding] = []
    try:
        with zipfile.ZipFile(path) as archive:
            refused = _refused(archive, path)
            if refused:
                return {}, refused
            for file in sorted(_files(archive)):
                name, _, suffix = _base(file).rpartition(".")
                if suffix.casefold() != "csv":
                    continue
                shown = f"{path.name}/{_base(file)}"
                if name not in TABLE_NAMES:
                    findings.append(csv_folder.unknown(shown, name, _base(file)))
                    continue
                data = archives.read_entry(archive, file)
                table, found = csv_folder.read_csv(data, name, package.name, shown)
                findings += found
                if table is not None:
                    tables[name] = table
    except _BROKEN as error:
        return {}, [Finding("zip-broken", file=path.name, params={"detail": _first(error)})]
    return tables, findings


def _first(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]


def _refused(archive: zipfile.ZipFile, path: Path) -> list[Finding]:
    """Return why nothing of an archive is read."""
    found = [
        Finding(danger.rule, file=path.name, params=danger.params)
        for danger in archives.problems(archive)
    ]
    folders = _folders(_files(archive))
    if not found and len(folders) > 1:
        shown = ", ".join(ascii(folder)[1:-1] or "." for folder in folders[:5])
        found.append(Finding("zip-folders", file=path.name, params={"folders": shown}))
    return found


def _files(archive: zipfile.ZipFile) -> list[str]:
    """Return the entries that are files of a user's: no folders, nothing that a system left."""
    return [
        name
        for name in archive.namelist()
        if not name.endswith("/")
        and not name.startswith(_LITTER)
        and not _base(name).startswith(".")
    ]


def _folders(names: Sequence[str]) -> list[str]:
    """Return the folders that hold CSV files, sorted."""
    found = {str(PurePosixPath(name).parent) for name in names if name.casefold().endswith(".csv")}
    return sorted(found)


def _base(name: str) -> str:
    return PurePosixPath(name).name
