"""Decisions of people, remembered in a dataset's ``aliases`` table and replayed at the next match."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.codes import clean_code
from chaingraph.dataset import checked_date
from chaingraph.engines import collect, read_frame
from chaingraph.errors import DataError, FileProblemError, OptionError, closest
from chaingraph.files import locked, write_file
from chaingraph.loading import load_dataset
from chaingraph.matching.known import SAME, alias_key
from chaingraph.matching.lists import texts
from chaingraph.readers import is_parquet_folder
from chaingraph.schema import table_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SAID: Final = ("enterprise_id", "decision")


class Remembered(NamedTuple):
    """How many decisions were new, changed an earlier one, or were known."""

    path: Path
    added: int
    changed: int
    same: int


def remember_decisions(folder: str | Path, decisions: Iterable[Mapping[str, str]]) -> Remembered:
    """Write decisions into the `aliases` table of a dataset's folder.

    Parameters
    ----------
    folder
        The dataset's folder of CSV files.
    decisions
        Rows of the table, as :func:`read_decisions` gives them.

    Returns
    -------
    Remembered
        The file, and how many decisions were added, changed, and known before. One name at one place
        (with one credit code) has one row: a later decision takes the place of an earlier one. The file
        is written whole or not at all; where nothing is new it stays as it is.

    Raises
    ------
    DataError
        Where the dataset has errors, or a decision names an enterprise that it does not have.
    OptionError
        Where a decision's date is none.
    FileProblemError
        Where the folder cannot be written, is no folder of CSV files, or is being written by another
        program.

    Examples
    --------
    >>> import pathlib, shutil, tempfile
    >>> import chaingraph as cg
    >>> city = cg.save_dataset(cg.load_dataset("toy"), pathlib.Path(tempfile.mkdtemp()) / "city")
    >>> decision = {"alias_zh": "远芯", "place": "甲市", "enterprise_id": "cell_jia", "decision": "same"}
    >>> remember_decisions(city, [decision]).added
    1
    >>> listed = [{"name": "远芯", "city": "甲市"}]
    >>> cg.match_enterprises(cg.load_dataset(city), listed).frame["decision"].tolist()
    ['alias']
    """
    place = Path(folder)
    if not place.is_dir() or is_parquet_folder(place):
        raise FileProblemError("match-not-csv", path=place)
    spec = table_spec("aliases").field_names
    given = [dict(zip(spec, texts(record, spec), strict=True)) for record in decisions]
    with locked(place):
        _check(
            given, collect(read_frame(load_dataset(place).enterprises))["enterprise_id"].tolist()
        )
        path = place / "aliases.csv"
        header, rows = _read(path)
        added, changed, same = _merge(rows, given)
        if added or changed:
            columns = [*spec, *(name for name in header if name not in spec)]
            write_file(path, _text(columns, rows))
    return Remembered(path, added, changed, same)


def _text(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Return rows as CSV text."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _check(decisions: Iterable[Mapping[str, str]], ids: list[str]) -> None:
    known = set(ids)
    for decision in decisions:
        if decision["decided_on"]:
            checked_date(decision["decided_on"])  # as the aliases table takes it
        if decision["decision"] not in (allowed := table_spec("aliases").by_name["decision"].enum):
            params = {"value": decision["decision"], "suggestions": ", ".join(allowed)}
            raise OptionError("match-decision-word", name=decision["alias_zh"], **params)
        value = decision["enterprise_id"]
        wrong = value not in known if decision["decision"] == SAME else bool(value)
        if wrong:
            near = ", ".join(closest(value, known)) or "-"
            raise DataError(
                "match-decision-unknown", name=decision["alias_zh"], value=value, suggestions=near
            )


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns and rows of the table as it is; the dataset has been loaded, so it is sound."""
    if not path.exists():
        return [], []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        return list(reader.fieldnames or []), rows


def _merge(rows: list[dict[str, str]], decisions: Iterable[dict[str, str]]) -> tuple[int, int, int]:
    """Put decisions into rows, each name at its place once; return how many were what."""
    places = {_key(row): number for number, row in enumerate(rows)}
    added = changed = same = 0
    for decision in decisions:
        number = places.get(_key(decision))
        if number is None:
            places[_key(decision)] = len(rows)
            rows.append(decision)
            added += 1
        elif any(rows[number].get(name, "") != decision[name] for name in _SAID):
            rows[number].update(decision)
            changed += 1
        else:
            same += 1
    return added, changed, same


def _key(row: Mapping[str, str]) -> tuple[str, str]:
    name = alias_key(row["alias_zh"], row.get("place") or "")
    return name, clean_code(row.get("credit_code") or "")
