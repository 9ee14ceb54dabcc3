"""Merging: a dataset folder is brought up to date from a new list, and its past is kept."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph import readers, words
from chaingraph.bundled import list_datasets
from chaingraph.errors import FileProblemError, OptionError
from chaingraph.files import locked
from chaingraph.loading import find_folder, load_dataset, read_raw
from chaingraph.updates.bases import LATE, OTHER, unfit_base
from chaingraph.updates.conflicts import read_conflict_decisions
from chaingraph.updates.history import (
    add_capacity,
    close_vanished,
    merge_figures,
    pair_capacities,
)
from chaingraph.updates.identity import Identity
from chaingraph.updates.ledger import Ledger
from chaingraph.updates.listing import Listing, kept_files, kept_texts, read_kept, read_listing
from chaingraph.updates.merged import in_words, show_merge
from chaingraph.updates.states import last_by_key, no_rows, typed_rows
from chaingraph.updates.table_changes import Names
from chaingraph.updates.threeway import (
    Asked,
    Sides,
    add_row,
    count_unlisted,
    merge_added,
    merge_paired,
    pair_sides,
)
from chaingraph.updates.writing import card_file, is_same, put, table_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.dataset import Dataset
    from chaingraph.rawtables import RawTable
    from chaingraph.results import Result
    from chaingraph.updates.states import Rows
    from chaingraph.words import Language

VANISHED: Final = ("keep", "close")


@dataclass(frozen=True, eq=False)
class Merged:
    """What a merge did, or would do.

    Attributes
    ----------
    counts
        One row a table: rows added, cells changed, filled, closed, and so on; the sentences.
    changes
        One row for each cell and row that is not the same on all sides: table, row, column, what the
        list said before, what the dataset says, what the list says now, and what becomes of it.
    conflicts
        Those of them that are in conflict, with their places and what to do.
    problems
        What the import found in a spreadsheet; None where the list is a dataset.
    errors
        Number of its errors; nothing is merged while there is one.
    open
        Number of conflicts that nobody has decided.
    folder
        Where the result was written; None where nothing was.
    """

    counts: Result
    changes: Result
    conflicts: Result
    problems: Result | None = None
    errors: int = 0
    open: int = 0
    folder: Path | None = None

    @property
    def results(self) -> tuple[Result, ...]:
        """What a reader wants to see: problems, changes, open conflicts, counts; without the empty ones."""
        if self.errors and self.problems is not None:
            return (self.problems,)
        undecided = (self.changes.frame["outcome"] == "conflict").to_numpy()
        frame = self.changes.frame[~undecided].reset_index(drop=True)
        waiting = (self.conflicts.frame["outcome"] == "conflict").to_numpy()
        clashes = self.conflicts.frame[waiting].reset_index(drop=True)
        problems = self.problems
        if problems is not None:  # notes on what was read stop nobody
            heard = problems.frame[problems.frame["severity"] != "info"].reset_index(drop=True)
            problems = replace(problems, frame=heard)
        told = (replace(self.changes, frame=frame), replace(self.conflicts, frame=clashes))
        shown = [] if problems is None or not len(problems) else [problems]
        return (*shown, *(in_words(r) for r in told if len(r)), in_words(self.counts))


@dataclass(frozen=True)
class Options:
    """The options of a merge that its plan needs."""

    base: str | Path | None
    as_of: str
    decisions: Mapping[str, str]
    vanished: str
    corrections: bool
    lang: Language


def merge_dataset(
    folder: str | Path,
    new: str | Path,
    *,
    base: str | Path | None = None,
    as_of: str = "",
    decisions: str | Path | Mapping[str, str] | None = None,
    vanished: str = "keep",
    corrections: bool = False,
    leave_conflicts: bool = False,
    output: str | Path | None = None,
    dry_run: bool = False,
    lang: Language | None = None,
) -> Merged:
    r"""Bring a dataset folder up to date from a new list.

    Parameters
    ----------
    folder
        The dataset: a folder of CSV files of one's own.
    new
        The list: a dataset, or a spreadsheet that :func:`import_file` understands.
    base
        What the source of the list said last time. By default what the last merge kept of its list in
        the folder ``merged``; where there is none, nothing is known of before. Nor where that list was
        a later one, or named hardly any of the same enterprises: then it was somebody else's.
    as_of
        Date of the list, such as ``2024-12``; by default its card's, else the year and month in the
        title or name of a spreadsheet (2025年1月), else the latest of its rows.
    decisions
        A workbook of :func:`save_conflicts` with decisions, or what
        :func:`read_conflict_decisions` made of it.
    vanished
        ``keep`` or ``close``: capacities that the list had before and has no more stay, or end at its
        date. Enterprises and other rows always stay.
    corrections
        Changed figures were wrong before: they are overwritten and no past is kept of them.
    leave_conflicts
        Write although conflicts are open; the dataset's value stands, and they are named again at the
        next merge.
    output
        A new folder for the result; by default it is written in place.
    dry_run
        Show what would be done and write nothing.
    lang
        ``zh`` or ``en``; the dataset's own by default.

    Returns
    -------
    Merged
        The view of all three sides, the conflicts, the counts. Nothing is written while a conflict is
        open (unless left), and nothing where nothing changes.

    Raises
    ------
    OptionError
        For a bundled dataset, a wrong option, or where a change needs a date and there is none.
    DataError
        Where the dataset has errors, or the result would have.
    FileProblemError
        Where a file cannot be read or written, or another program is writing the folder.

    Notes
    -----
    A cell that only the list changed since it was merged last is taken; one that only the dataset
    changed is kept; one that both changed to different ends is a conflict. An empty cell of the list
    erases nothing. Without a list before, an empty cell of the dataset is filled and a figure or status
    of a capacity that differs is news; any other cell that differs is a conflict.

    A capacity that changed gets ``until``, its new state is a row with ``since``, both the date of the
    list: what is asked of a date before has the same answer as before. An enterprise with a new name and
    the same credit code keeps its old name as an alias.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import chaingraph as cg
    >>> place = pathlib.Path(tempfile.mkdtemp())
    >>> city = cg.save_dataset(cg.load_dataset("toy"), place / "city")
    >>> news = "企业名称,城市,产品名称,产能(吨/年)\n甲市金属,甲市,金属,2600\n"
    >>> _ = (place / "企业产能表.csv").write_text(news, encoding="utf-8")
    >>> done = cg.merge_dataset(city, place / "企业产能表.csv", as_of="2025-01")
    >>> done.changes.frame[["column", "value_ours", "value_theirs", "outcome"]].iloc[:2].to_numpy().tolist()
    [['capacity', '2000 t', '2600 t', 'changed'], ['until', nan, '2025-01', 'closed']]
    >>> cg.load_dataset(city).capacities["capacity"].iloc[[1, -1]].tolist()
    [2000.0, 2600.0]
    """
    if vanished not in VANISHED:
        raise OptionError("merge-bad-vanished", value=vanished, choices=", ".join(VANISHED))
    if lang not in {None, *words.LANGUAGES}:
        raise OptionError("bad-lang", value=lang, choices=", ".join(words.LANGUAGES))
    place = _own_folder(folder)
    target = place if output is None else Path(output)
    if isinstance(decisions, str | Path):
        decisions = read_conflict_decisions(decisions)
    writes = target == place and not dry_run
    with locked(place) if writes else contextlib.nullcontext():
        ds = load_dataset(place)
        chosen: Language = ds.language if lang not in words.LANGUAGES else lang
        asked = Options(base, as_of, dict(decisions or {}), vanished, corrections, chosen)
        plan = _plan(ds, place, new, asked)
        files, kept = plan.files(place, target)
        same = target == place and is_same(place, files, kept)
        blocked = bool(plan.listing.errors) or (plan.ledger.open > 0 and not leave_conflicts)
        written = None
        if not (dry_run or blocked or same):
            written = put(place, files, kept, target)
    states = {"same": same, "dry": dry_run, "blocked": blocked, "left": leave_conflicts}
    shown = show_merge(
        plan.ledger, ds, plan.listing, written,
        states | {"first": plan.before is None, LATE: plan.unfit == LATE, OTHER: plan.unfit == OTHER},
        chosen,
    )  # fmt: skip
    return Merged(*shown, plan.listing.problems, plan.listing.errors, plan.ledger.open, written)


def _own_folder(folder: str | Path) -> Path:
    """Return the folder of one's own dataset."""
    if str(folder) in list_datasets() and not Path(folder).is_dir():
        raise OptionError("merge-bundled", name=folder)
    place = find_folder(Path(folder))
    if not place.is_dir() or readers.is_parquet_folder(place):
        raise FileProblemError("merge-not-csv", path=place)
    return place


@dataclass(eq=False)
class _Plan:
    """All that a merge is going to do."""

    ds: Dataset
    listing: Listing
    before: Listing | None
    ours: dict[str, Rows]
    ledger: Ledger
    theirs: dict[str, Rows]
    unfit: str

    def files(self, place: Path, target: Path) -> tuple[dict[str, bytes], dict[str, str]]:
        """Return the files that change, and those that keep what the list said."""
        files = table_files(place, self.ours, self.ledger)
        date, known = self.listing.date, self.ds.as_of
        files |= card_file(place, files, date, known, target)
        if self.unfit == LATE:  # a late list does not take the place of a later one
            return files, kept_texts(place)
        told = {name: rows.raw for name, rows in self.theirs.items()}
        return files, kept_files(told, self.listing, self.before, self.ledger.held)


def _plan(ds: Dataset, place: Path, new: str | Path, asked: Options) -> _Plan:
    """Read all sides and decide on every row and cell."""
    raw, _ = read_raw(place)
    own, _ = readers.read_tables(place, raw.main)
    ours = {name: _ours(table, own.get(name)) for name, table in raw.tables.items()}
    products = ours["products"][0]
    units = dict(zip(products.cells("product_id"), products.cells("unit"), strict=True))
    states = typed_rows({name: table for name, (table, _) in ours.items()}, units, listed=False)
    for name, (_, flags) in ours.items():
        states[name].own = flags
    offices = ours["units"][0] if "units" in ours else None
    listing = read_listing(new, place, products, units=offices, as_of=asked.as_of, lang=asked.lang)
    ledger = Ledger(asked.decisions)
    enterprises = states.get("enterprises")
    identity = Identity(ds, enterprises, ledger, listing.date)
    identity.apply(listing.tables, fill=listing.imported)
    theirs = typed_rows(listing.tables, units)
    for name in theirs:
        if name not in states:
            states[name] = no_rows(name, listed=False)
    before = _before(ds, place, asked, (products, offices), enterprises)
    unfit = unfit_base(before, listing) if asked.base is None else ""
    before = None if unfit == OTHER else before
    earlier = typed_rows(before.tables, units) if before is not None else {}
    for name, held in (before.held if before is not None else {}).items():
        if name in earlier:
            earlier[name].held = held
    said_by = words.message("merge-said-by", ds.language, name=listing.name, date=listing.date)
    wishes = Asked(
        listing.date, asked.vanished == "close", asked.corrections,
        said_by if listing.date else "", ds.as_of, unfit == LATE,
    )  # fmt: skip
    namer = Names(_Tables(theirs), _Tables(states), read=_frame_of).row  # type: ignore[arg-type]
    for name, rows in theirs.items():
        sides = Sides(
            name, states[name], rows, earlier.get(name), ledger, wishes, namer, identity.alias_of
        )
        _merge_table(sides)
    return _Plan(ds, listing, before, states, ledger, theirs, unfit)


def _before(
    ds: Dataset, place: Path, asked: Options, named: tuple[RawTable, RawTable | None],
    known: Rows | None,
) -> Listing | None:  # fmt: skip
    """Return what the list said last time, under the dataset's ids; `known`: its enterprises."""
    products, units = named
    if asked.base is None:
        return read_kept(place)
    before = read_listing(asked.base, place, products, units=units, lang=asked.lang)
    if before.errors:
        raise FileProblemError(
            "merge-bad-base", path=asked.base, detail=f"{before.errors} errors in chaingraph import"
        )
    identity = Identity(ds, known, Ledger({}), before.date)
    identity.apply(before.tables, fill=before.imported)
    return before


def _ours(table: RawTable, own: RawTable | None) -> tuple[RawTable, list[bool]]:
    """Return a table of all folders, and of each row whether it stands in the folder itself."""
    first = len(table) - (0 if own is None else len(own))
    mark = [str(int(row >= first)) for row in range(len(table))]
    table.columns["own here"] = mark
    table = last_by_key(table)
    return table, [cell == "1" for cell in table.columns.pop("own here")]


class _Tables:
    """Tables by name, as a reader of names wants them."""

    def __init__(self, tables: Mapping[str, Rows]) -> None:
        self.tables = tables

    def has(self, name: str) -> bool:
        """Tell whether a table is there."""
        return name in self.tables


def _frame_of(state: Any, name: str) -> Any:
    return state.tables[name].frame


def _merge_table(sides: Sides) -> None:
    """Merge one table."""
    if sides.name == "capacities":
        pair_sides(sides, pair_capacities)
        merge_paired(sides, merge_figures)
        merge_added(sides, add_capacity)
    else:
        pair_sides(sides)
        merge_paired(sides)
        merge_added(sides, add_row)
    close_vanished(sides)
    count_unlisted(sides)
