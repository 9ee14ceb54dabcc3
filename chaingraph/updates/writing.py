"""Writing a merge: the files that change, all of them at once, and only if the result loads."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph.bundled import list_datasets
from chaingraph.checks.values import first_day
from chaingraph.errors import DataError, FileProblemError
from chaingraph.files import replace_folder, write_folder
from chaingraph.loading import find_folder, load_dataset
from chaingraph.schema import TABLE_NAMES
from chaingraph.updates.csvtext import edit_csv
from chaingraph.writers.csv_folder import CARD, card_text, resource
from chaingraph.writers.kept import KEPT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.updates.ledger import Ledger
    from chaingraph.updates.states import Rows

_DATE: Final = re.compile(r'("as_of"\s*:\s*")[^"]*(")')


def table_files(folder: Path, ours: Mapping[str, Rows], ledger: Ledger) -> dict[str, bytes]:
    """Return the files of the tables that change, with their new bytes."""
    files: dict[str, bytes] = {}
    for name in TABLE_NAMES:
        cells = ledger.cells.get(name, {})
        lines = {
            ours[name].raw.line[row]: changed
            for row, changed in sorted(cells.items())
            if ours[name].own[row]
        }
        added = [*_copies(name, ours, ledger), *ledger.rows.get(name, ())]
        if lines or added:
            path = _file_of(folder, name)
            old = path.read_bytes() if path.is_file() else b""
            files[path.name] = edit_csv(old, name, lines, added)
    return files


def _copies(name: str, ours: Mapping[str, Rows], ledger: Ledger) -> list[dict[str, str]]:
    """Return rows of extended datasets that the own folder has to hold, as they are to be.

    A row of the own folder stands in the place of the extended row of its key; of capacities all rows of
    an enterprise, product and scope together, so that all of them come along where one changes.
    """
    rows = ours.get(name)
    if rows is None or all(rows.own):
        return []
    cells = ledger.cells.get(name, {})
    wanted = {row for row in cells if not rows.own[row]}
    if name == "capacities":
        keys = {_capacity(rows.record(row)) for row in wanted}
        keys |= {_capacity(row) for row in ledger.rows.get(name, ())}
        wanted = {
            row for row in range(len(rows))
            if not rows.own[row] and _capacity(rows.record(row)) in keys
        }  # fmt: skip
    return [rows.written(row) | cells.get(row, {}) for row in sorted(wanted)]


def _capacity(row: Mapping[str, object]) -> tuple[object, ...]:
    return row["enterprise_id"], row["product_id"], row.get("scope") or "site"


def _file_of(folder: Path, name: str) -> Path:
    """Return the file of a table, however its suffix is written."""
    found = [f for f in folder.glob(f"{name}.*") if f.suffix.casefold() == ".csv"]
    return found[0] if found else folder / f"{name}.csv"


def card_file(
    folder: Path, files: Mapping[str, bytes], date: str, known: str, target: Path
) -> dict[str, bytes]:
    """Return the card if it changes: a later date, new columns, another place."""
    path = folder / CARD
    if not path.is_file():
        return {}
    text = path.read_text(encoding="utf-8-sig")
    card: dict[str, Any] = json.loads(text)
    moved = _moved(folder, card, target) | _described(card, files)
    later = bool(date) and (not known or first_day(date) > first_day(known))
    if later and not moved and len(_DATE.findall(text)) == 1 and card.get("as_of"):
        return {CARD: _DATE.sub(rf"\g<1>{date}\g<2>", text).encode()}
    if not later and not moved:
        return {}
    return {CARD: card_text(card | moved | ({"as_of": date} if later else {})).encode()}


def _moved(folder: Path, card: Mapping[str, Any], target: Path) -> dict[str, Any]:
    """Return what a folder elsewhere extends: the same datasets, from there."""
    parent, names = target.resolve().parent, card.get("extends", [])
    if parent == folder.resolve().parent or not names:
        return {}
    found = []
    for name in names:
        places = [folder / name, folder.parent / name]
        place = next((p for p in places if p.is_dir()), None)
        if place is None and name in list_datasets():
            found.append(name)
        else:
            there = (place or find_folder(name)).resolve()
            found.append(Path(os.path.relpath(there, parent)).as_posix())
    return {} if found == names else {"extends": found}


def _described(card: Mapping[str, Any], files: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the card's list of files where a table is new or has a new column."""
    listed = card.get("resources")
    if not isinstance(listed, list) or not all(isinstance(entry, dict) for entry in listed):
        return {}
    found: list[Any] = [dict(entry) for entry in listed]
    for file, data in files.items():
        header = data.decode("utf-8-sig").splitlines()[0]
        fresh = resource(Path(file).stem, [name.strip() for name in header.split(",")])
        entry = next((entry for entry in found if entry.get("path") == file), None)
        if entry is None:
            found.append(fresh)
            continue
        schema = entry.get("schema")
        if isinstance(schema, dict) and isinstance(schema.get("fields"), list):
            known = {field.get("name") for field in schema["fields"]}
            new = [f for f in fresh["schema"]["fields"] if f["name"] not in known]
            entry["schema"] = schema | {"fields": [*schema["fields"], *new]}
    return {} if found == listed else {"resources": found}


def is_same(folder: Path, files: Mapping[str, bytes], kept: Mapping[str, str]) -> bool:
    """Tell whether a folder holds all of it already."""
    texts = {f"{KEPT}/{name}": text.encode() for name, text in kept.items()}
    return all(
        (folder / name).is_file() and (folder / name).read_bytes() == data
        for name, data in (dict(files) | texts).items()
    )


def put(folder: Path, files: Mapping[str, bytes], kept: Mapping[str, str], target: Path) -> Path:
    """Write the folder, or another one with all that it has; nothing where the result has errors.

    Raises
    ------
    DataError
        Where the result does not load.
    FileProblemError
        Where it cannot be written, another writer is at it, or the other folder has files already.
    """
    whole: dict[str, bytes] = {}
    if target != folder:
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise FileProblemError("unwritable-path", path=target, detail="it is not empty")
        whole = {
            file.name: file.read_bytes()
            for file in sorted(folder.iterdir())
            if file.is_file() and not file.name.startswith(".")
        }

    def finish(new: Path) -> None:
        shutil.rmtree(new / KEPT, ignore_errors=True)
        write_folder(new / KEPT, kept.items())
        try:
            load_dataset(new)
        except DataError as error:
            raise DataError("merge-not-loading", error.findings, detail=error) from error

    return replace_folder(target, (whole | dict(files)).items(), check=finish)
