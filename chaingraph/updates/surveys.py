"""What somebody found when they looked: rows of surveys brought back, and put into a folder."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph import words
from chaingraph.checks import Finding
from chaingraph.errors import DataError, FileProblemError
from chaingraph.files import locked, write_file
from chaingraph.gazetteer import one_place
from chaingraph.loading import load_dataset, read_raw
from chaingraph.matching.lists import read_sheets
from chaingraph.readers import is_parquet_folder
from chaingraph.schema import table_spec
from chaingraph.updates.csvtext import edit_csv

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaingraph.dataset import Dataset
    from chaingraph.matching.lists import Table

_MARKS: Final[tuple[tuple[words.Language, str], ...]] = (("en", ". "), ("zh", "。"))
_NEEDED: Final = ("region", "products", "method", "as_of", "result")


class Recorded(NamedTuple):
    """The file, and how many rows were added, changed, and there before."""

    path: Path
    added: int
    changed: int
    same: int


def record_surveys(folder: str | Path, rows: Iterable[Mapping[str, str]]) -> Recorded:
    """Put rows into the table of surveys of a dataset's folder of CSV files.

    Parameters
    ----------
    folder
        The dataset's folder.
    rows
        Rows of the table. One with the region, products, method and date of an earlier one takes its place.

    Returns
    -------
    Recorded
        What became of them. The file is written whole or not at all, its other rows stay as they
        are; a row that the dataset would not load with is refused.

    Raises
    ------
    DataError
        Where the dataset has errors, or would have with these rows.
    UnknownNameError
        For a region that the dataset does not know.
    FileProblemError
        Where the folder is none of CSV files, or cannot be written.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import chaingraph as cg
    >>> city = cg.save_dataset(cg.load_dataset("toy"), pathlib.Path(tempfile.mkdtemp()) / "city")
    >>> from chaingraph.knowledge.listing import survey_rows
    >>> rows = survey_rows("乙市", ["cell"], complete="foil", as_of="2024-12")
    >>> record_surveys(city, rows).added, record_surveys(city, rows).same
    (2, 2)
    """
    place = Path(folder)
    if not place.is_dir() or is_parquet_folder(place):
        raise FileProblemError("match-not-csv", path=place)
    spec = table_spec("surveys")
    with locked(place):
        rows = list(rows)
        _refuse_unknown_places(load_dataset(place), rows)
        raw, _ = read_raw(place)
        held = raw.tables.get("surveys")
        path = place / "surveys.csv"
        before = path.read_bytes() if path.exists() else b""
        known: dict[tuple[str, ...], tuple[int, dict[str, str]]] = {}
        if held is not None:
            for row in range(len(held)):
                if not _is_own(held.file[row], path, held.package[row], raw.packages[-1].name):
                    continue
                values = {name: cells[row] for name, cells in held.columns.items()}
                key = tuple(values.get(name, "") for name in spec.primary_key)
                known[key] = held.line[row], values
        cells: dict[int, dict[str, str]] = {}
        new: list[dict[str, str]] = []
        same = 0
        for given in rows:
            values = {name: str(text) for name, text in given.items() if text}
            found = known.get(tuple(values.get(name, "") for name in spec.primary_key))
            if found is None:
                new.append(values)
                continue
            line, there = found
            differing = {name: text for name, text in values.items() if there.get(name, "") != text}
            same += not differing
            if differing:
                cells[line] = differing
        if new or cells:
            write_file(path, edit_csv(before, "surveys", cells, new))
            try:
                load_dataset(place)
            except DataError as error:
                refused = _refused(path, error)
                _restore(path, before)
                raise refused from error
    return Recorded(path, len(new), len(cells), same)


def _is_own(file: str, path: Path, package: str, own: str) -> bool:
    return package == own and Path(file).name == path.name


def _refuse_unknown_places(ds: Dataset, rows: Iterable[Mapping[str, str]]) -> None:
    for region in dict.fromkeys(row.get("region", "") for row in rows):
        if region:
            one_place(ds, region)


def _refused(path: Path, error: DataError) -> DataError:
    """Return a failure that names the row by what it says: its line goes when the file is restored."""
    own = [
        found for found in error.findings
        if isinstance(found, Finding) and found.severity == "error" and Path(found.file).name == path.name
    ]  # fmt: skip
    reader = csv.DictReader(StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
    start = 2
    for row in reader:
        if own and own[0].line == start:
            said = " / ".join(row.get(name) or "-" for name in _NEEDED)
            texts = [f"{own[0].text(lang)}{mark}{own[0].remedy(lang)}" for lang, mark in _MARKS]
            return DataError(
                "survey-refused", error.findings, row=said,
                problem=texts[0].rstrip("."), problem_zh=texts[1].rstrip("。"),
            )  # fmt: skip
        start = reader.line_num + 1
    return error


def _restore(path: Path, before: bytes) -> None:
    if before:
        write_file(path, before)
    else:
        path.unlink()


def read_survey_answers(path: str | Path) -> list[dict[str, str]]:
    """Read the filled rows of the sheet of surveys that :func:`save_questionnaire` wrote.

    Parameters
    ----------
    path
        The workbook. Rows without a result are left out: nobody has answered yet.

    Returns
    -------
    list of dict
        Rows of the table, for :func:`record_surveys`.

    Raises
    ------
    FileProblemError
        Where the file cannot be read.
    DataError
        Where no sheet has the columns of surveys, a word is none of the list's, or a filled row lacks a region,
        products, a method or a date.

    Examples
    --------
    >>> import pathlib, tempfile, chaingraph as cg
    >>> plan = cg.plan_survey(cg.load_dataset("toy"))
    >>> file = cg.save_questionnaire(plan, pathlib.Path(tempfile.mkdtemp()) / "questions.xlsx")
    >>> read_survey_answers(file)
    []
    """
    file = Path(path)
    rows: list[dict[str, str]] = []
    headed = False
    for sheet, table in read_sheets(file).items():
        places = _columns(table)
        headed = headed or bool(places)
        for number, cells in table[1:] if places else ():
            row = {
                name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()
            }
            if row["result"]:
                rows.append(_answer(row, (file, sheet, number)))
    if not headed:
        raise DataError("survey-no-sheet", path=file)
    return rows


def _columns(table: Table) -> dict[str, int]:
    """Return the place of each column of surveys in a sheet that has all that are needed."""
    header: Sequence[str] = [cell.strip() for cell in table[0][1]] if table else []
    found = {}
    for field in table_spec("surveys").fields:
        names = {field.name, field.title_zh, field.title_en}
        at = next((place for place, cell in enumerate(header) if cell in names), None)
        if at is not None:
            found[field.name] = at
    return found if set(_NEEDED) <= set(found) else {}


def _answer(row: dict[str, str], where: tuple[Path, str, int]) -> dict[str, str]:
    path, sheet, line = where
    for name in ("method", "result"):
        row[name] = _code(name, row[name], where)
    lacking = [name for name in _NEEDED if not row[name]]
    if lacking:
        titles = ", ".join(lacking)
        raise DataError("survey-row-open", path=path, sheet=sheet, row=line, columns=titles)
    return {name: text for name, text in row.items() if text}


def _code(name: str, text: str, where: tuple[Path, str, int]) -> str:
    """Return the word of a vocabulary for what a cell says in either language."""
    field = table_spec("surveys").by_name[name]
    known = {
        shown.casefold(): value
        for value in field.enum
        for shown in (
            value,
            *(words.term(field.vocabulary, value, lang) for lang in words.LANGUAGES),
        )
    }
    if not text:
        return ""
    if text.casefold() not in known:
        path, sheet, line = where
        raise DataError(
            "survey-bad-word", value=text, path=path, sheet=sheet, row=line,
            choices=" / ".join(words.term(field.vocabulary, value, "zh") for value in field.enum),
        )  # fmt: skip
    return known[text.casefold()]
