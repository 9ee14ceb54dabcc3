"""Cards: what a new dataset's ``datapackage.json`` says, and the datasets that it extends."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chaingraph.bundled import list_datasets
from chaingraph.errors import FileProblemError, file_problem
from chaingraph.loading import find_folder, load_dataset, read_raw
from chaingraph.words import Phrase
from chaingraph.writers.csv_folder import resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.dataset import Dataset
    from chaingraph.rawtables import Package, RawDataset


def read_base(extends: Sequence[str]) -> RawDataset:
    """Return the raw tables of all extended datasets.

    Raises
    ------
    UnknownNameError
        Where a name is neither a bundled dataset nor a folder.
    DataError
        Where an extended dataset has errors.
    """
    places = [str(find_folder(name).resolve()) for name in extends]
    with tempfile.TemporaryDirectory() as empty:
        card = {"name": "import", "extends": places}
        Path(empty, "datapackage.json").write_text(json.dumps(card), encoding="utf-8")
        raw, findings = read_raw(Path(empty))
    if any(f.severity == "error" and f.rule != "missing-table" for f in findings):
        for name in extends:
            load_dataset(name)  # says what is wrong with it
    return raw


def base_dataset(extends: Sequence[str]) -> Dataset:
    """Return all extended datasets as one."""
    places = [str(find_folder(name).resolve()) for name in extends]
    with tempfile.TemporaryDirectory() as empty:
        card = {"name": "import", "extends": places}
        Path(empty, "datapackage.json").write_text(json.dumps(card), encoding="utf-8")
        return load_dataset(empty)


def written_extends(extends: Sequence[str], target: Path) -> list[str]:
    """Return names as a card at `target` writes them: bundled ones plain, folders relative.

    A bundled name that a folder beside the target has too is written as a path.
    """
    parent = target.resolve().parent
    plain = {n for n in list_datasets() if n != target.name and not (parent / n).is_dir()}
    return [
        name if name in plain
        else Path(os.path.relpath(find_folder(name).resolve(), parent)).as_posix()
        for name in extends
    ]  # fmt: skip


def found_extends(names: Sequence[str], parent: Path) -> list[str]:
    """Return names that stand in a file of the folder `parent` as `read_base` takes them."""
    return [str(parent / name) if (parent / name).is_dir() else name for name in names]


def check_target(target: Path) -> None:
    """Refuse a folder that holds files, or that cannot be made.

    Raises
    ------
    FileProblemError
        Where it is not empty, or its parent does not exist.
    """
    try:
        full = target.exists() and (not target.is_dir() or any(target.iterdir()))
        stands = target.resolve().parent.is_dir()
    except OSError as error:
        raise file_problem("unwritable-path", target, error) from error
    if full:
        raise FileProblemError("unwritable-path", path=target, detail=Phrase("os-not-empty"))
    if not stands:
        raise FileProblemError("no-such-path", path=target.parent)


def card_of(
    package: Package, columns: Mapping[str, Sequence[str]], target: Path, source: str = ""
) -> dict[str, Any]:
    """Return the card of a new dataset: what `package` says, with the columns of its tables."""
    return {
        "profile": "data-package",
        "name": package.name,
        "title": package.name,
        "title_zh": package.focus or package.name,
        "version": "1",
        "as_of": package.as_of,
        "language": package.language,
        "focus": package.focus,
        "extends": written_extends(package.extends, target),
        "sources": [{"title": source}] if source else [],
        "resources": [
            resource(name, list(held), {"encoding": "utf-8"}) for name, held in columns.items()
        ],
    }
