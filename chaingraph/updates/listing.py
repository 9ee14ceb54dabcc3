"""The new list: a dataset, or a spreadsheet as people keep it, as the tables that it states."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph import readers
from chaingraph.checks import run_checks
from chaingraph.dataset import checked_date
from chaingraph.errors import ChaingraphError, FileProblemError
from chaingraph.intake.cards import read_base
from chaingraph.intake.importing import import_file
from chaingraph.intake.places import book_of, place_of
from chaingraph.loading import find_folder, read_raw
from chaingraph.rawtables import RawTable
from chaingraph.schema import TABLE_NAMES
from chaingraph.writers import kept
from chaingraph.writers.csv_folder import CARD, cell_text
from chaingraph.writers.kept import KEPT

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from chaingraph.results import Result
    from chaingraph.words import Language

DOUBTS: Final = frozenset({"unit-slip", "unusual-capacity"})
"""Rules that compare a figure with those of others: a list alone has too few of them."""
Held = dict[str, dict[int, dict[str, str]]]


@dataclass(eq=False)
class Listing:
    """What a list states.

    Attributes
    ----------
    name
        Name of its file or folder.
    tables
        Its own tables as text; those that it extends are not among them.
    date
        Of the list: as asked, else its card's, else that of a spreadsheet's title or name, else the latest
        ``as_of`` of its capacities.
    imported
        Whether it was understood from a spreadsheet.
    held
        Table -> row -> column -> what the list before it said, where that one's word was left open.
    problems, errors
        What stands in the way of understanding it; nothing is merged while there is an error.
    """

    name: str
    tables: dict[str, RawTable]
    date: str = ""
    imported: bool = False
    problems: Result | None = None
    errors: int = 0
    held: Held = field(default_factory=dict)


def read_listing(
    source: str | Path,
    folder: Path,
    products: RawTable,
    *,
    units: RawTable | None = None,
    as_of: str = "",
    lang: Language = "zh",
) -> Listing:
    """Read a list: as a dataset where it is one without errors, else as `import` reads a file.

    Parameters
    ----------
    source
        Name of a bundled dataset, or path.
    folder
        The dataset that it is merged into; its products and enterprises may be named.
    products
        All products of that dataset.
    units
        Its offices, by which a list may name who is responsible.
    as_of
        Date of the list.
    lang
        Language of the problems.

    Returns
    -------
    Listing
        Without tables where it has errors.
    """
    if as_of:
        as_of = checked_date(as_of)
    place = find_folder(source)
    listing = _strict(place) or _imported(place, folder, (products, units), as_of, lang)
    listing.date = as_of or listing.date or _latest(listing.tables)
    return listing


def _latest(tables: Mapping[str, RawTable]) -> str:
    table = tables.get("capacities")
    return max(table.cells("as_of"), default="") if table is not None else ""


def _strict(place: Path) -> Listing | None:
    """Return a dataset's own tables, None where the path is no dataset without errors."""
    try:
        raw, findings = read_raw(place)
    except ChaingraphError:
        return None
    findings += run_checks(raw, at_load=True)
    if any(finding.severity == "error" for finding in findings):
        return None
    tables, _ = readers.read_tables(place, raw.main)
    return Listing(place.resolve().name, tables, raw.main.as_of)


def _imported(
    place: Path, folder: Path, named: tuple[RawTable | None, ...], as_of: str, lang: Language
) -> Listing:
    """Return what the import understands of a file.

    First against the products and offices alone, so that what it says of known enterprises is heard; where that
    does not do (rows that name an enterprise by its id only), against the whole dataset.
    """
    with tempfile.TemporaryDirectory() as below:
        for table in named:
            if table is not None:
                text = table_text(table)
                Path(below, f"{table.name}.csv").write_text(text, encoding="utf-8", newline="")
        Path(below, CARD).write_text(json.dumps({"name": "merge"}), encoding="utf-8")
        raw = read_base([str(folder)])
        if "aliases" in raw.tables:
            called = _of_products(raw.tables["aliases"])
            Path(below, "aliases.csv").write_text(table_text(called), encoding="utf-8", newline="")
        book = book_of(raw.tables)
        focus = readers.read_package(folder)[0].focus
        where = book, place_of(focus, book)

        def read(base: str) -> Any:
            return import_file(
                place, extends=[base], as_of=as_of, dry_run=True, match=False, lang=lang, where=where
            )  # fmt: skip

        done, full = read(below), read(str(folder))
        if done.errors:
            done = full
        problems = done.problems if done is full else _with_doubts(done.problems, full.problems)
    card = readers.read_package(place)[0].as_of if place.is_dir() else ""
    tables = {} if done.errors else {
        name: _raw_table(frame, name, place.name) for name, frame in done.tables.items()
    }  # fmt: skip
    date = card or done.as_of
    return Listing(place.resolve().name, tables, date, True, problems, done.errors)


def _with_doubts(problems: Result, full: Result) -> Result:
    """Return the problems of an import with what makes a figure doubtful beside the dataset's own rows."""
    import pandas as pd

    found, held = full.frame, problems.frame
    known = set(zip(held["rule"], held["sheet"], held["cell"], strict=True))
    more = [
        rule in DOUBTS and (rule, sheet, cell) not in known
        for rule, sheet, cell in zip(found["rule"], found["sheet"], found["cell"], strict=True)
    ]
    frame = pd.concat([held, found[more]], ignore_index=True)
    return replace(problems, frame=frame)


def _of_products(table: RawTable) -> RawTable:
    """Return the rows of an aliases table that speak of products."""
    columns = ("alias_zh", "product_id", "note")
    cells = zip(*(table.cells(name) for name in columns), strict=True)
    kept = [row for row in cells if row[1]]
    return RawTable("aliases", {name: [row[at] for row in kept] for at, name in enumerate(columns)})


def _raw_table(frame: pd.DataFrame, name: str, file: str) -> RawTable:
    columns = {str(c): [cell_text(v) for v in frame[c].tolist()] for c in frame.columns}
    height = len(frame)
    return RawTable(name, columns, [file] * height, [file] * height, [0] * height)


def table_text(table: RawTable) -> str:
    """Return a table as CSV text."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(zip(*table.columns.values(), strict=True))
    return text.getvalue()


def read_kept(folder: Path) -> Listing | None:
    """Return what the last list said, as the merge of it kept it; None where there was none."""
    place = folder / KEPT
    if not place.is_dir():
        return None
    package, findings = readers.read_package(place)
    tables: dict[str, RawTable] = {}
    for name in TABLE_NAMES:
        file = place / f"{name}.csv"
        if file.is_file():
            table, found = readers.csv_folder.read_csv(
                file.read_bytes(), name, KEPT, f"{KEPT}/{file.name}"
            )
            findings += [f for f in found if f.severity == "error"]
            if table is not None:
                tables[name] = table
    if findings:
        detail = findings[0].text("en")
        raise FileProblemError("merge-bad-base", path=place, detail=detail)
    return Listing(KEPT, tables, package.as_of, held=_read_held(place))


def kept_texts(folder: Path) -> dict[str, str]:
    """Return the files that keep what the last list said, as they are."""
    files = [folder / KEPT / name for name in (*(f"{n}.csv" for n in TABLE_NAMES), CARD)]
    return {file.name: file.read_bytes().decode() for file in files if file.is_file()}


def _read_held(place: Path) -> Held:
    """Return the cells that the card of a kept list calls open."""
    try:
        loaded = json.loads((place / CARD).read_text(encoding="utf-8")).get("open", {})
        return {
            str(table): {
                int(row): {str(c): str(text) for c, text in cells.items()}
                for row, cells in rows.items()
            }
            for table, rows in loaded.items()
        }
    except (OSError, ValueError, AttributeError):  # somebody took it out: nothing is open
        return {}


def kept_files(
    tables: Mapping[str, RawTable], listing: Listing, before: Listing | None, held: Held
) -> dict[str, str]:
    """Return the files that keep what a list said; tables that it has not stay as they were said before.

    The card names the cells whose conflict is open, with what was said of them before.
    """
    told = {**(before.tables if before else {}), **tables}
    earlier = before.held if before else {}
    opened = {n: rows for n, rows in earlier.items() if n not in tables} | held
    names = [name for name in TABLE_NAMES if name in told]
    more = {"open": {n: dict(sorted(opened[n].items())) for n in TABLE_NAMES if n in opened}}
    return kept.kept_files(
        listing.name, listing.date, {name: table_text(told[name]) for name in names},
        {name: list(told[name].columns) for name in names}, more if opened else None,
    )  # fmt: skip
