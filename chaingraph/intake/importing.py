"""Import: a planner's file becomes a dataset folder, or a list of what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph.dataset import checked_date
from chaingraph.errors import DataError, OptionError
from chaingraph.files import write_folder
from chaingraph.intake.assembling import Assembly
from chaingraph.intake.calls import take_calls
from chaingraph.intake.cards import (
    base_dataset,
    card_of,
    check_target,
    found_extends,
    read_base,
)
from chaingraph.intake.form import take_answers
from chaingraph.intake.keys import Enterprises, Products
from chaingraph.intake.listdates import date_of_list
from chaingraph.intake.matches import match_known
from chaingraph.intake.places import book_of, official_region, place_of
from chaingraph.intake.records import maker_of
from chaingraph.intake.sheets import Known, Record, Sheet
from chaingraph.intake.understood import show_causes, show_problems, show_understood
from chaingraph.knowledge.listing import checked_products, survey_rows
from chaingraph.loading import load_dataset
from chaingraph.matching.review import save_matches
from chaingraph.rawtables import Package, RawDataset, RawTable
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.sheets.grids import open_grids
from chaingraph.sheets.headers import find_layout, is_header, settle_by_values, tell_columns
from chaingraph.sheets.marking import save_marked
from chaingraph.sheets.problems import Problem, cut
from chaingraph.sheets.rows import split_tables
from chaingraph.sheets.synonyms import table_names
from chaingraph.sheets.template import take_template
from chaingraph.writers.csv_folder import CARD, card_text, to_csv
from chaingraph.writers.kept import KEPT, kept_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from chaingraph.places import Place, PlaceBook
    from chaingraph.results import Result
    from chaingraph.sheets.grid import Grid
    from chaingraph.words import Language

_FIRST: Final = ("regions", "products", "enterprises")
_OF_SHEETS: Final = {"columns-missing", "column-twice", "header-remark"}


@dataclass(frozen=True, eq=False)
class Imported:
    """What an import understood, what stands in its way, and where it was written.

    Attributes
    ----------
    understood
        One row for each column of each sheet: table, field, rule, values read, changed, refused.
    problems
        One row for each problem: severity, file, sheet, cell, rule, message, remedy.
    tables
        The tables as frames, figures in the units of the products.
    errors
        Number of problems of severity error; nothing is written while there is one.
    folder
        Where the dataset was written; None where it was not.
    as_of
        Date of the data: as given, else that of the template, of the title, or of the file's name.
    open_matches
        Which known enterprises rows may mean, where a person must decide; :func:`save_matches` writes it
        as a workbook. None where nothing is open.
    causes
        The problems grouped: one row a rule and column, with how many there are and the first cells.
    """

    understood: Result
    problems: Result
    tables: Mapping[str, pd.DataFrame]
    errors: int
    folder: Path | None = None
    as_of: str = ""
    open_matches: Result | None = None
    causes: Result | None = None

    @property
    def results(self) -> tuple[Result, Result]:
        """What was understood, and the problems by cause."""
        return self.understood, self.causes or self.problems


def import_file(
    path: str | Path,
    folder: str | Path | None = None,
    *,
    extends: Sequence[str] = (),
    region: str = "",
    as_of: str = "",
    complete: str = "",
    dry_run: bool = False,
    sheets: Mapping[str, str] | None = None,
    skip_bad_rows: bool = False,
    decisions: Sequence[Mapping[str, str]] = (),
    marked: str | Path | None = None,
    match: bool = True,
    lang: Language = "zh",
    where: tuple[PlaceBook, Place] | None = None,
) -> Imported:
    r"""Read a spreadsheet as people keep it, and write it as a dataset folder.

    Parameters
    ----------
    path
        An Excel workbook (.xlsx), a CSV, TSV or TXT file, a Parquet file, or a folder or zip of
        them (a zip: of CSV).
    folder
        A new or empty folder for the dataset; its parent must exist. None with `dry_run`.
    extends
        Datasets whose products and enterprises the file may name: bundled names or folders. A
        workbook of :func:`init_dataset` says by itself what it extends, its region and its date; what
        is given here wins.
    region
        The region under study; enterprises without any place are put there, with a warning.
    as_of
        Date of the data, such as ``2024-12``; by default the year and month that stand in the title above
        a table, else in the file's name (2025年1月), with a warning.
    complete
        Products of which the list is complete for the region: ids, ``chain:battery`` or
        ``stage:upstream``, with semicolons. A row of surveys says so (``all``), and one that the products
        which the list names are made (``listed``), which says nothing of others; both need a region and a
        date.
    dry_run
        Show what was understood and write nothing.
    sheets
        Name of a sheet -> table, where the sheet's name and headers do not say it.
    skip_bad_rows
        Leave rows with errors out instead of refusing the file.
    decisions
        What a person decided on rows that may mean a known enterprise, as :func:`read_decisions` reads it
        from the workbook of a former try; it is kept in the table `aliases`.
    marked
        Write a copy of the file as a workbook in which each cell with a problem says so: see
        :func:`chaingraph.sheets.marking.save_marked`.
    match
        Whether enterprises are compared with those of what is extended: by code, by stock code with the
        site, by legal, short, former or English name. Rows that a person must decide are errors.
    lang
        Language of the results.
    where
        The places that are known, and the one under study, where they are others than those of `extends`
        and `region`; :func:`merge_dataset` gives those of the dataset that the list is merged into.

    Returns
    -------
    Imported
        What was understood, the problems, the tables. Nothing is written while there is an error.

    Raises
    ------
    FileProblemError
        Where the path does not exist, or the folder is not empty or cannot be written.
    OptionError
        Where a date, a sheet or a table is not one.
    UnknownNameError
        Where there is no such region; the closest ones are named.

    Notes
    -----
    Of a range the lower end is taken (of a coefficient the middle; low and high are kept), so that
    local supply is never overstated; a warning and the row's note say so. Names become ids by exact
    match only. Figures are converted exactly to the unit of their product or refused.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp())
    >>> text = "企业名称,城市,产品名称,产能(万吨/年),状态\n甲厂,宜春市,电池级碳酸锂,1.2,已投产\n"
    >>> _ = (place / "企业产能表.csv").write_text(text, encoding="gb18030")
    >>> done = import_file(place / "企业产能表.csv", place / "yichun", extends=["battery"])
    >>> done.errors, done.tables["capacities"]["capacity"].tolist()
    (0, [12000.0])
    """
    if as_of:
        as_of = checked_date(as_of)
    target = None if folder is None else Path(folder)
    if target is None and not dry_run:
        raise OptionError("import-needs-folder")
    if target is not None and not dry_run:
        check_target(target)
    grids, problems = open_grids(path)
    grids, template = take_template(grids)
    given = as_of
    language: Language = "zh"
    if template is not None:
        parent = Path(path) if Path(path).is_dir() else Path(path).resolve().parent
        extends = extends or found_extends(template.extends, parent)
        region, as_of = region or template.region, as_of or template.as_of
        language = template.lang
        problems.append(_template_problem(extends, region, Path(path).name))
    base = read_base(extends)
    grids, answered = take_answers(take_calls(grids, base), base, as_of)
    as_of = as_of if given else max(as_of, answered)  # what is said of later is known later
    chosen = _chosen_sheets(grids, sheets or {})
    name = target.resolve().name if target is not None else Path(path).resolve().stem
    book, here = where or _places(region, base)
    read = _read_sheets(grids, chosen, base, _known(base, (book, here), as_of), Path(path))
    if not as_of and template is None:
        as_of = _listed_date(read, path, problems)
    found = [r for sheet in read for r in sheet.records if r.table == "enterprises"]
    region = official_region(region, base, book, [r.values for r in found])  # noqa: PD011  no frames
    card = Package(name=name or "import", path=None, as_of=as_of, focus=region,
                   extends=tuple(extends), language=language)  # fmt: skip
    assembly = Assembly(card, base)
    for sheet in read:
        assembly.add(sheet.records)
    assembly.take_once()
    assembly.remember()
    assembly.fill_region(region, here, book, Path(path).name)
    waiting = _matched(
        assembly, extends if match and "enterprises" in base.tables else (), decisions, lang
    )
    assembly.complete()
    _add_surveys(assembly, card, complete, Path(path).name)
    problems += [problem for grid in grids for problem in grid.problems] + assembly.problems
    _tell_empty(assembly, problems, Path(path).name, read=bool(read), made=template is not None)
    blocking = _settle(assembly, problems, skip_bad_rows=skip_bad_rows, read=bool(read))
    frames = _frames(assembly.tables())
    if skip_bad_rows and read and not (blocking or frames):
        blocking = _nothing_left(problems, Path(path).name)
    written = None
    if target is not None and not dry_run and not blocking:
        written = _write(target, card, frames, _frames(assembly.told()), Path(path).name)
    params = {"dataset": card.name, "region": region, "at": as_of}
    notes = _notes(frames, blocking, written)
    notes += _beside(path, None if dry_run else target, waiting, (problems, marked), lang)
    return Imported(
        show_understood(read, params, notes, lang), show_problems(problems, params, lang),
        frames, blocking, written, as_of, waiting, show_causes(problems, params, lang),
    )  # fmt: skip


def _places(region: str, base: RawDataset) -> tuple[PlaceBook, Place]:
    """Return the places that are known, and the one under study."""
    book = book_of(base.tables)
    return book, place_of(region, book)


def _tell_empty(
    assembly: Assembly, problems: list[Problem], file: str, *, read: bool, made: bool
) -> None:
    """Say where a file gives nothing at all; `made` says that the template was."""
    if _has_errors(problems):
        return
    if not read:
        problems.append(Problem("template-unfilled" if made else "nothing-understood", file))
    elif not any(assembly.records.values()):
        problems.append(Problem("template-unfilled" if made else "nothing-read", file))


def _matched(
    assembly: Assembly,
    extends: Sequence[str],
    decisions: Sequence[Mapping[str, str]],
    lang: Language,
) -> Result | None:
    """Match the enterprises to those of what is extended; return what a person must decide."""
    if not extends or not assembly.records.get("enterprises"):
        return None
    waiting = match_known(assembly, base_dataset(extends), decisions, lang)
    assembly.take_once()  # two names of one firm may say the same
    return waiting


def _beside(
    path: str | Path, target: Path | None, waiting: Result | None,
    said: tuple[list[Problem], str | Path | None], lang: Language,
) -> list[tuple[str, dict[str, Any]]]:  # fmt: skip
    """Write the workbooks that lie beside an import: what is to be decided, and the marked copy."""
    problems, marked = said
    notes: list[tuple[str, dict[str, Any]]] = []
    if waiting is not None and target is not None:
        review = save_matches(waiting, target.with_name(f"{target.name}-review.xlsx"), lang=lang)
        notes.append(("import-review", {"path": str(review)}))
    if marked is not None:
        notes.append(("import-marked", {"path": str(save_marked(path, problems, marked, lang))}))
    return notes


def _nothing_left(problems: list[Problem], file: str) -> int:
    """Say that no row is left where rows with errors were to be taken out."""
    problems.append(Problem("nothing-left", file))
    return 1


def _add_surveys(assembly: Assembly, card: Package, complete: str, file: str) -> None:
    """Say as rows of surveys which products the list names, and of which it is complete."""
    told = assembly.said.get("surveys")  # a file with surveys of its own says what it wants to say
    if not complete and (told or not (card.focus and card.as_of)):
        return
    checked_products(complete, assembly.named_products())
    made = [values.get("product_id", "") for _, values in assembly.said.get("capacities", [])]
    rows = survey_rows(
        card.focus, filter(None, made), complete=complete, as_of=card.as_of,
        note=f"general knowledge: list {file}",
    )  # fmt: skip
    assembly.add([Record("surveys", values, file, 0, "") for values in rows])


def _template_problem(extends: Sequence[str], region: str, file: str) -> Problem:
    """Return what is said of a workbook that the template was made for."""
    names = ", ".join(Path(name).name for name in extends)
    params: dict[str, object] = {"extends": names or "-", "region": region or "-"}
    return Problem("template-read", file, params=params)


def _listed_date(read: Sequence[Sheet], path: str | Path, problems: list[Problem]) -> str:
    """Return the month that the title or the name of a file gives the list; a warning says so."""
    name = "" if Path(path).is_dir() else Path(path).name
    date, said = date_of_list(read, name)
    if date:
        problems.append(Problem("list-date", name, value=cut(said), params={"taken": date}))
    return date


def _has_errors(problems: Sequence[Problem]) -> bool:
    return any(problem.severity == "error" for problem in problems)


def _chosen_sheets(grids: Sequence[Grid], sheets: Mapping[str, str]) -> dict[str, str]:
    """Return the sheets that a person or the template named, with their tables."""
    titles = {grid.title for grid in grids}
    chosen = {
        grid.title: table
        for grid in grids
        if grid.template is not None and (table := grid.template.sheets.get(grid.title, ""))
    }
    for sheet, table in sheets.items():
        if sheet not in titles:
            raise OptionError("import-no-sheet", sheet=sheet, choices=", ".join(sorted(titles)))
        known = table_names().get(table.casefold().replace("_", ""))
        if known is None:
            raise OptionError("import-no-table", table=table, choices=", ".join(TABLE_NAMES))
        chosen[sheet] = known
    return chosen


def _known(base: RawDataset, where: tuple[PlaceBook, Place], as_of: str) -> Known:
    """Return what the rows of a file may refer to: what it extends, so far."""
    products, enterprises = Products(), Enterprises()
    products.add_table(base.tables.get("products", RawTable("products")))
    products.add_aliases(base.tables.get("aliases", RawTable("aliases")))
    enterprises.add_table(base.tables.get("enterprises", RawTable("enterprises")))
    return Known(products, enterprises, enterprises, *where, as_of)


def _read_sheets(
    grids: Sequence[Grid], chosen: Mapping[str, str], base: RawDataset, known: Known, path: Path
) -> list[Sheet]:
    """Return the sheets of a file read; its name may say the date of the list."""
    year, name = known.as_of[:4], "" if path.is_dir() else path.name
    found: list[Sheet] = []
    waiting = list(grids)
    while waiting:
        grid = waiting.pop(0)
        if not any(cell not in {None, ""} for row in grid.rows for cell in row):
            if grid.template is None and not grid.part:
                grid.tell("sheet-empty")
        elif grid.hidden and grid.title not in chosen:
            grid.tell("hidden-sheet")
        else:
            table = chosen.get(grid.title, "") if not grid.part else ""
            layout = find_layout(grid, table, product=known.product, year=year)
            if layout is None:
                grid.tell("sheet-not-understood")
                continue
            if grid.template is None:
                grid, *rest = split_tables(grid, layout, is_header)
                waiting[:0] = rest
            settle_by_values(grid, layout, known.product)
            tell_columns(grid, layout)
            found.append(Sheet(grid, layout, known))
    known.as_of = known.as_of or date_of_list(found, name)[0]
    order = {table: place for place, table in enumerate(_FIRST)}
    for sheet in sorted(found, key=lambda sheet: order.get(sheet.layout.table, len(order))):
        if sheet.layout.missing:
            continue
        sheet.read(maker_of(sheet.layout.table))
        if sheet.layout.table == "regions":  # what the file says of places counts for the others
            said = [record.values for record in sheet.records]  # noqa: PD011  no frames
            known.book = book_of(base.tables, said)
    return found


def _settle(assembly: Assembly, problems: list[Problem], *, skip_bad_rows: bool, read: bool) -> int:
    """Check the tables, leave bad rows out where asked; return the number of errors that block."""
    blocking = sum(
        problem.severity == "error"
        and not (skip_bad_rows and problem.row is not None and problem.rule not in _OF_SHEETS)
        for problem in problems
    )
    while read:
        found = assembly.check()
        errors = [(p, record) for p, record in found if p.severity == "error"]
        bad: list[Record] = [record for _, record in errors if record is not None]
        if not skip_bad_rows or not bad:
            problems += [problem for problem, _ in found]
            return blocking + len(errors)
        problems += [problem for problem, record in errors if record is not None]
        assembly.drop(bad)
    return blocking


def _frames(tables: Mapping[str, RawTable]) -> dict[str, pd.DataFrame]:
    """Return the tables with numbers as numbers."""
    import pandas as pd

    frames = {}
    for name, table in tables.items():
        spec = table_spec(name)
        columns: dict[str, Any] = {}
        for column, cells in table.columns.items():
            if spec.by_name[column].type == "number":
                columns[column] = [_number(cell) for cell in cells]
            else:
                columns[column] = pd.array([cell or None for cell in cells], dtype="str")
        frames[name] = pd.DataFrame(columns)
    return frames


def _number(cell: str) -> float:
    try:
        return float(cell) if cell else float("nan")
    except ValueError:  # reported by the checks
        return float("nan")


def _write(
    target: Path,
    card: Package,
    frames: Mapping[str, pd.DataFrame],
    told: Mapping[str, pd.DataFrame],
    source: str,
) -> Path:
    """Write the folder beside its place, load it, and put it there: all of it or nothing.

    What the file said is kept within, so that the next month's list can be merged three-way.
    """
    columns = {name: [str(c) for c in frame.columns] for name, frame in frames.items()}
    files = [(f"{name}.csv", to_csv(frame, name)) for name, frame in frames.items()]
    files.append((CARD, card_text(card_of(card, columns, target, source))))
    kept = kept_files(
        source, card.as_of, {name: to_csv(frame, name) for name, frame in told.items()},
        {name: [str(c) for c in frame.columns] for name, frame in told.items()},
    )  # fmt: skip

    def finish(place: Path) -> None:
        load_dataset(place)
        write_folder(place / KEPT, kept.items())

    try:
        write_folder(target, files, check=finish)
    except DataError as error:
        raise DataError("import-not-loading", error.findings, detail=error) from error
    return target


def _notes(
    frames: Mapping[str, pd.DataFrame], blocking: int, written: Path | None
) -> list[tuple[str, dict[str, Any]]]:
    rows = ", ".join(f"{len(frame)} {name}" for name, frame in frames.items()) or "-"
    rows_zh = "、".join(
        f"{table_spec(name).title_zh} {len(frame)} 行" for name, frame in frames.items()
    )
    notes: list[tuple[str, dict[str, Any]]] = [
        ("import-rows", {"rows": rows, "rows_zh": rows_zh or "无"})
    ]
    if blocking:
        notes.append(("import-blocked", {"errors": blocking}))
    elif written is None:
        notes.append(("import-dry", {}))
    else:
        notes.append(("import-written", {"path": str(written)}))
    return notes
