"""Loading: from a bundled name, a folder or frames in hand to a checked dataset."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph import readers, words
from chaingraph.bundled import bundled_folders
from chaingraph.checks import Finding, refuse, run_checks
from chaingraph.dataset import Dataset, checked_date
from chaingraph.errors import (
    FileProblemError,
    OptionError,
    UnknownNameError,
    file_problem,
    unknown_name,
)
from chaingraph.overriding import replace_rows
from chaingraph.places import country
from chaingraph.places.names import spellings
from chaingraph.rawtables import Package, RawDataset, RawTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaingraph.readers.parquet_folder import Engine


_OF_ROWS: Final = frozenset({"header-again", "ragged-row"})
"""Rules of rows that are no rows of a table."""


def load_dataset(
    source: str | Path, *, engine: Engine = "pandas", skip_bad_rows: bool = False
) -> Dataset:
    """Load a dataset and all that it extends, checked.

    Parameters
    ----------
    source
        Name of a bundled dataset (``"qujing"``), its title, its chain or the region that it is about
        (``"曲靖"``), or path of a folder of CSV or Parquet files, of an
        Excel workbook with one sheet a table (``.xlsx``), or of a zip file of CSV files. A large
        CSV file takes about four times its size in memory where its cells repeat.
    engine
        For a Parquet folder, what holds enterprises and capacities: ``"pandas"``, or lazily
        ``"polars"`` or ``"duckdb"``. CSV folders are always in pandas.
    skip_bad_rows
        Leave rows with errors out instead of refusing the dataset; `skipped_rows` says how many.

    Returns
    -------
    Dataset
        Frozen tables with their provenance, read at the dataset's own date.

    Raises
    ------
    UnknownNameError
        Where the name is neither bundled nor a path.
    DataError
        Where the dataset has errors; all of them are in its `findings`.
    FileProblemError
        Where a file or folder cannot be read.

    Examples
    --------
    >>> load_dataset("toy").focus
    '甲市'
    """
    if engine not in readers.ENGINES:
        raise OptionError("bad-engine", value=engine, choices=", ".join(readers.ENGINES))
    folder = find_folder(source)
    if readers.is_parquet_folder(folder):
        package, found = readers.read_package(folder)
        refuse(found, package.name)
        frames = readers.read_frames(folder, engine)
        return _from_frames(package, frames, engine)
    if engine != "pandas":
        raise OptionError("engine-needs-parquet", value=engine, path=folder)
    return read_texts(folder, skip_bad_rows=skip_bad_rows)


def read_texts(folder: Path, *, skip_bad_rows: bool = False) -> Dataset:
    """Load the dataset of a folder of CSV files, a workbook or a zip file; see :func:`load_dataset`."""
    raw, findings = read_raw(folder)
    findings += run_checks(raw, at_load=True)
    errors = [finding for finding in findings if finding.severity == "error"]
    skipped = 0
    if errors and skip_bad_rows:
        skipped = _drop_bad_rows(raw, errors)
    else:
        refuse(errors, raw.main.name)
    from chaingraph.tables import typed_tables  # imports pandas

    tables = typed_tables(raw, consume=True)
    return Dataset(tuple(raw.packages), tables, _as_of(raw.packages, tables), skipped)


def dataset_from_frames(
    frames: Mapping[str, Any],
    *,
    name: str = "frames",
    focus: str = "",
    as_of: str = "",
    language: str = "zh",
) -> Dataset:
    """Make a dataset of frames in hand: pandas, polars, DuckDB relations, PySpark.

    Parameters
    ----------
    frames
        Table name -> frame. ``enterprises`` and ``capacities`` may be any frame that narwhals
        knows, lazy ones included, and stay where they are; all others must be pandas. Columns are
        those of the schema; ``products`` must have ``product_id``.
    name, focus, as_of, language
        What a ``datapackage.json`` would say.

    Returns
    -------
    Dataset
        The frames, typed as the schema says; lazy ones as they are.

    Raises
    ------
    DataError
        Where a table lacks a needed column or its ids do not fit together.

    Examples
    --------
    >>> import pandas as pd
    >>> ds = dataset_from_frames({"products": pd.DataFrame({"product_id": ["a", "b"]})})
    >>> ds.products["product_id"].tolist()
    ['a', 'b']
    """
    if as_of:
        as_of = checked_date(as_of)
    package = Package(name=name, path=None, focus=focus, as_of=as_of, language=language)
    return _from_frames(package, frames, "frames")


def _from_frames(package: Package, frames: Mapping[str, Any], engine: str) -> Dataset:
    from chaingraph.frames import checked_frames  # imports pandas

    tables, findings = checked_frames(frames, package)
    refuse(findings, package.name)
    return Dataset((package,), tables, _as_of((package,), tables), 0, engine)


def read_raw(folder: Path) -> tuple[RawDataset, list[Finding]]:
    """Return the raw tables of a folder and of all it extends, and what is wrong with the files."""
    packages, findings = _closure(folder)
    tables: dict[str, RawTable] = {}
    for package in packages:
        if package.path is None:
            continue
        found_tables, found = readers.read_tables(package.path, package)
        findings += found
        if not found_tables and not found and package is not packages[-1]:
            detail = f"'extends': {package.name} has no tables"
            findings.append(readers.invalid_package(packages[-1].name, detail))
        for name, table in found_tables.items():
            if name in tables:
                tables[name].append(table)
            else:
                tables[name] = table
    if "products" not in tables and not any(f.table == "products" for f in findings):
        findings.append(
            Finding("missing-table", file=packages[-1].name, params={"table": "products"})
        )
    elif "products" in tables and not len(tables["products"]):
        findings.append(Finding("no-products", "products", packages[-1].name))
    raw = RawDataset(packages, tables)
    return raw, findings + replace_rows(raw)


def check_dataset(source: str | Path) -> tuple[RawDataset, list[Finding]]:
    """Return the raw tables of a dataset and every finding of every rule, errors first.

    Parameters
    ----------
    source
        Name of a bundled dataset or path of a folder of CSV files, a workbook or a zip file.

    Returns
    -------
    raw : RawDataset
        The cards and the tables as text, each row with its file and line.
    findings : list of Finding
        Errors, then warnings, then notes; accepted ones carry the keepers' reason.

    Raises
    ------
    UnknownNameError
        Where the name is neither bundled nor a path.
    FileProblemError
        Where a file or folder cannot be read.

    Examples
    --------
    >>> [finding for finding in check_dataset("toy")[1] if finding.severity == "error"]
    []
    """
    raw, findings = read_raw(find_folder(source))
    order = {"error": 0, "warning": 1, "info": 2}
    found = findings + run_checks(raw)
    return raw, sorted(found, key=lambda finding: order[finding.severity])


def find_folder(source: str | Path) -> Path:
    """Return the folder of a bundled name or of a path."""
    bundled = bundled_folders()
    if not str(source).strip():
        raise unknown_name("dataset", "", bundled)
    if isinstance(source, str) and source in bundled and not _looks_like_path(source):
        return bundled[source]
    path = Path(source)
    try:
        exists = path.exists()
    except OSError as error:
        raise file_problem("unreadable-path", path, error) from error
    if exists:
        return path
    if _looks_like_path(str(source)):
        raise FileProblemError("no-such-path", path=source)
    asked = _plain(str(source))
    named = [name for name, texts in _called().items() if asked in texts]
    if (
        not named and not asked.isascii()
    ):  # 电池 for 新能源电池; of latin names only whole ones count
        named = [name for name, texts in _called().items() if any(asked in text for text in texts)]
    if len(named) > 1:
        raise OptionError("ambiguous-dataset", value=source, names=", ".join(sorted(named)))
    if named:
        return bundled[named[0]]
    raise unknown_name("dataset", str(source), bundled)


def _plain(text: str) -> str:
    return "".join(text.split()).casefold()


@cache
def _called() -> dict[str, set[str]]:
    """Return what each bundled dataset is called: its titles, its focus by any name, its chain's names."""
    found: dict[str, set[str]] = {}
    for name, folder in bundled_folders().items():
        card = json.loads(folder.joinpath("datapackage.json").read_text(encoding="utf-8"))
        focus = str(card.get("focus") or "")
        texts = {name, str(card.get("title", "")), str(card.get("title_zh", "")), focus}
        texts |= spellings(focus) | set(country().read(focus).place.path[-1:] if focus else ())
        texts |= {words.term("chain", name, lang) for lang in words.LANGUAGES}
        found[name] = {_plain(text) for text in texts if text}
    return found


def own_folder(dataset: str) -> Path:
    """Return the folder of a dataset that may be written to; one that comes with the package may not."""
    if dataset in bundled_folders():
        raise OptionError("match-bundled", name=dataset)
    return find_folder(dataset)


def _looks_like_path(source: str) -> bool:
    named = source.casefold().endswith((".xlsx", ".zip"))
    return named or "/" in source or "\\" in source or source.startswith(".")


def _closure(folder: Path) -> tuple[list[Package], list[Finding]]:
    """Return the cards of a folder and of all it extends, each after those that it extends.

    So the folder's own comes last, and of two that one names the first named comes later. Folders may
    extend each other: each is read once.
    """
    found: dict[Path, Package] = {}
    order: list[Package] = []
    findings: list[Finding] = []

    def visit(path: Path) -> None:
        place = path.resolve()
        if place in found:
            return
        package, problems = readers.read_package(path)
        findings.extend(problems)
        package = _named_apart(package, found.values())
        found[place] = package
        for name in reversed(package.extends):
            try:
                visit(_extended(path, name))
            except (UnknownNameError, FileProblemError) as error:
                findings.append(readers.invalid_package(package.name, f"'extends': {error}"))
        order.append(package)

    visit(folder)
    return order, findings


def _named_apart(package: Package, others: Iterable[Package]) -> Package:
    """Return a card whose name none of the others has: a copied folder often keeps it."""
    taken = {other.name for other in others}
    name, number = package.name, 2
    while name in taken:
        name, number = f"{package.name} {number}", number + 1
    return package if name == package.name else replace(package, name=name)


def _extended(path: Path, name: str) -> Path:
    """Return the folder that a card names: inside its own, beside it, else by name or path."""
    beside = path / name
    target = beside if beside.is_dir() else path.parent / name
    return target if target.is_dir() else find_folder(name)


def _drop_bad_rows(raw: RawDataset, errors: list[Finding]) -> int:
    """Take rows with errors out until none is left; return how many went.

    Raises
    ------
    DataError
        Where an error is of a file or a whole table, so that no row can be left out for it.
    """
    skipped = 0
    while errors:
        whole = [
            finding for finding in errors if finding.row is None and finding.rule not in _OF_ROWS
        ]
        refuse(whole, raw.main.name)
        bad: dict[str, set[int]] = {}
        for finding in errors:
            if finding.row is None:
                skipped += 1
            else:
                bad.setdefault(finding.table, set()).add(finding.row)
        for table, rows in bad.items():
            raw.tables[table].drop(rows)
            skipped += len(rows)
        errors = run_checks(raw, at_load=True)
    return skipped


def _as_of(packages: Sequence[Package], tables: Mapping[str, Any]) -> str:
    """Return the card's date; else the later of the cards it extends and of its own capacity rows.

    Where neither says one, the latest date of any capacity row in memory, else nothing.
    """
    main = packages[-1]
    if main.as_of:
        return main.as_of
    dates = [package.as_of for package in packages]
    frame = tables.get("capacities")
    if frame is None or not hasattr(frame, "iloc") or "as_of" not in frame:
        return max(dates)
    from chaingraph.tables import ORIGIN  # imports pandas

    rows = frame
    if any(dates):
        rows = frame[frame[ORIGIN].str.startswith(f"{main.name}/").fillna(value=False)]
    return str(max([*dates, *rows["as_of"].dropna().tolist()]))
