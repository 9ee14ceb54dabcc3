"""Diff: what changed between two datasets, or two dates of one, and what that did to the gaps."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from chaingraph.analysis.gaps import gaps_of
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import open_study, region_state
from chaingraph.enterprises import count_undated
from chaingraph.results import Result, shown_number
from chaingraph.updates.causes import cause_frame
from chaingraph.updates.effect import table_at, table_frame
from chaingraph.updates.gap_changes import GAP_CHANGES, compare_gaps, gap_frame, is_unmet
from chaingraph.updates.moves import find_moves, move_frame
from chaingraph.updates.saying import say_causes
from chaingraph.updates.table_changes import Names, compare_tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from chaingraph.analysis.basis import Basis
    from chaingraph.analysis.loads import Load
    from chaingraph.dataset import Dataset
    from chaingraph.regions import Region
    from chaingraph.words import Language

_CNY_100M: Final = 1e8
_NEEDED: Final = ("enterprises", "capacities")
_GAPS_SHOWN: Final = (
    "gap_change", "product_id", "name_zh", "name_en", "gap_kind_before", "gap_kind_after", "unit",
    "shortage_before", "shortage_after", "gap_value_cny_before", "gap_value_cny_after",
)  # fmt: skip
_MOVES_SHOWN: Final = (
    "move", "enterprise_zh", "enterprise_en", "name_zh", "name_en", "status_before", "status_after",
    "capacity_before", "capacity_after", "unit", "since",
)  # fmt: skip
_CAUSES_SHOWN: Final = (
    "name_zh", "name_en", "cause", "user_zh", "user_en", "enterprise_zh", "enterprise_en",
    "own_before", "own_after", "effect", "since",
)  # fmt: skip
_TABLES_SHOWN: Final = (
    "table", "change", "row_zh", "row_en", "column", "value_before", "value_after",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Diff:
    """What changed between two states of the data.

    Attributes
    ----------
    gaps
        One row a gap of either state: what happened to it, both states' figures, why.
    moves
        One row a capacity that came, went, started, stopped, grew or shrank.
    causes
        One row a maker, user or recipe that moved a gap, with its effect in units of the product.
    tables
        One row a cell that differs, a row that came or a row that went.
    counts
        One row a table: rows and cells that changed.
    as_of
        Date of the later state; empty where it has none.
    """

    gaps: Result
    moves: Result
    causes: Result
    tables: Result
    counts: Result
    as_of: str = ""

    @property
    def results(self) -> tuple[Result, ...]:
        """All parts, in the order in which a page shows them."""
        return self.gaps, self.moves, self.causes, self.counts, self.tables

    @property
    def changed_gaps(self) -> Result:
        """The gaps without those that are as they were."""
        frame = self.gaps.frame
        kept = frame[frame["gap_change"] != "same"].reset_index(drop=True)
        return replace(self.gaps, frame=kept)

    @property
    def changed(self) -> bool:
        """Whether anything differs."""
        return bool(len(self.tables) or len(self.changed_gaps))

    def to_json(self) -> str:
        """Return all parts as JSON text: name of the part -> :meth:`Result.to_dict`."""
        parts = {result.kind: result.to_dict() for result in self.results}
        return json.dumps(parts, ensure_ascii=False, indent=1, allow_nan=False)

    def __str__(self) -> str:
        """Return gaps and capacities that changed, as text."""
        return "\n\n".join(result.to_text() for result in (self.changed_gaps, self.moves))


def diff_datasets(
    before: Dataset,
    after: Dataset,
    *,
    region: str | Region | None = None,
    chain: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    utilisation: float | Mapping[str, float] | None = None,
    lang: Language | None = None,
) -> Diff:
    r"""Tell what changed between two states of the data, and what that did to a region's gaps.

    Parameters
    ----------
    before, after
        Two datasets, or one at two dates: ``ds.at("2021-12"), ds.at("2024-12")``. Two datasets are
        compared row by row with all that they extend; of one at two dates, capacities are those in force
        and projects and supply ties those known at each.
    region, chain, statuses, load, utilisation, lang
        As in :func:`find_gaps`, for both; the region is the later one's focus by default. `chain`
        picks the gaps; tables are compared whole.

    Returns
    -------
    Diff
        Five results. `gaps`: a row a gap of either state with `gap_change` (opened, grown, known,
        quantified, turned, shrunk, closed, same), both kinds, demand, capacity (what local makers could
        make), shortage (the gap, units a year), coverage, value (CNY a year) and rank before and
        after, and `because_zh`, `because_en`. `causes`: the makers, users and recipes behind each
        change; their `effect` adds up to the change of demand less the change of capacity. `moves`:
        capacities.
        `tables` and `counts`: cells and rows. Without enterprises and capacities in both states the
        first three are empty.

    Raises
    ------
    UnknownNameError, OptionError
        For names and options that cannot be used.

    Notes
    -----
    A gap *closes* where something taken here was not served for sure (missing, short, unseen, coming and the
    like) and no longer is so, whatever else it then is (the kind after says so), and *opens* the other way
    round. Where only the evidence has changed, such as from unseen to missing, it is now *known*: nothing
    has opened. Where a maker without a figure has come, a shortage is not known to be gone: it *turns* into
    an unquantified gap, and is *quantified* the other way round. Rows
    are the same where their key is; phases of a plant share one and are told apart by start, status and
    figure.
    The split of a change over its causes is the additive one of
    :math:`d_{ij} = c_{ij} s_{ij} x_j`, term by term in the order output, coefficient, share: a structural
    decomposition (Miller and Blair 2009, section 13.1) in one order, whose terms would differ in another;
    the mean over orders is not taken.

    Examples
    --------
    >>> import chaingraph as cg
    >>> toy = cg.load_dataset("toy")
    >>> diff = diff_datasets(toy.at("2019"), toy.at("2024"))
    >>> diff.gaps.frame[["product_id", "gap_change"]].to_numpy().tolist()[0]
    ['foil', 'opened']
    """
    chosen: Language = read_lang(after, lang)
    region = region or after.focus or None
    read = table_at if before.tables is after.tables else table_frame
    names = Names(before, after, read=read)
    changes, counts = compare_tables(before, after, read=read, names=names)
    params = _params(before, after)
    quantified = all(ds.has(table) for ds in (before, after) for table in _NEEDED)
    parts = {
        "gap_changes": say_causes(gap_frame([]), cause_frame([], names), {}),
        "gap_causes": cause_frame([], names),
        "capacity_moves": move_frame([]),
    }
    undated = 0
    if quantified:
        sides = [
            region_state(
                open_study(ds, statuses=statuses, load=load, utilisation=utilisation), region
            )
            for ds in (before, after)
        ]
        studies = [side.study for side in sides]
        old, new = ((gaps_of(side.study, [side], chain=chain)[0], side) for side in sides)
        gaps, causes = compare_gaps(old, new, names)
        parts["gap_changes"] = say_causes(gaps, causes, _units(*reversed(studies)))
        parts["gap_causes"] = causes
        place = sides[1].region
        parts["capacity_moves"] = find_moves(before, after, read=read, names=names, region=place)
        if before.tables is after.tables:
            undated = count_undated(
                after.enterprises, after.capacities, where=place, statuses=studies[1].statuses
            )
        params |= {"region": place.name, "statuses": studies[1].statuses}
        params |= {"load": studies[1].loads.asked}
        params |= {"chain": chain} if chain else {}
    notes = _notes(parts, changes, undated, quantified=quantified)

    def result(kind: str, frame: pd.DataFrame, shown: tuple[str, ...] = ()) -> Result:
        return Result(kind, frame, params, chosen, shown, notes.get(kind, ()))

    return Diff(
        result("gap_changes", parts["gap_changes"], _GAPS_SHOWN),
        result("capacity_moves", parts["capacity_moves"], _MOVES_SHOWN),
        result("gap_causes", parts["gap_causes"], _CAUSES_SHOWN),
        result("table_changes", changes, _TABLES_SHOWN),
        result("change_counts", counts),
        after.as_of,
    )


def _counted(gaps: pd.DataFrame, undated: int) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Return how many gaps of supply did what, and how many of other kinds changed at all."""
    short = is_unmet(gaps)
    found = gaps.loc[short, "gap_change"].value_counts()
    counts = {name: int(found.get(name, 0)) for name in GAP_CHANGES}
    others = int((gaps.loc[~short, "gap_change"] != "same").sum())
    notes: list[tuple[str, dict[str, Any]]] = [("diff-gaps", counts)]
    if others:
        notes.append(("diff-others", {"count": others}))
    values = {side: gaps.loc[short, f"gap_value_cny_{side}"].sum() for side in ("before", "after")}
    if any(values.values()):
        shown = {side: shown_number(float(value) / _CNY_100M) for side, value in values.items()}
        notes.append(("diff-value", shown))
    if undated:
        notes.append(("note-undated", {"count": undated}))
    return tuple(notes)


def _units(*studies: Basis) -> dict[str, str]:
    """Return the unit of each product, of the later state where it has the product."""
    units: dict[str, str] = {}
    for study in reversed(studies):
        products = study.products
        pairs = zip(products["product_id"], products["unit"], strict=True)
        units |= {product: unit if isinstance(unit, str) else "" for product, unit in pairs}
    return units


def _params(before: Dataset, after: Dataset) -> dict[str, Any]:
    """Return what was compared: names and dates of both states."""
    same = before.name == after.name and before.version == after.version
    return {
        "dataset": after.name if same else f"{before.name} -> {after.name}",
        "version": after.version if same else f"{before.version} -> {after.version}",
        "at": f"{before.as_of or '-'} -> {after.as_of or '-'}",
    }


def _notes(
    parts: Mapping[str, pd.DataFrame], changes: pd.DataFrame, undated: int, *, quantified: bool
) -> dict[str, tuple[tuple[str, dict[str, Any]], ...]]:
    """Return the sentences under each part: how many of what."""
    notes: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {}
    if not quantified:
        notes["gap_changes"] = (("diff-structure", {}),)
    else:
        notes["gap_changes"] = _counted(parts["gap_changes"], undated)
        inside = parts["capacity_moves"]["inside"]
        here = int(inside.sum())
        notes["capacity_moves"] = (("diff-moves", {"inside": here, "outside": len(inside) - here}),)
    figures = int((~changes["provenance"]).sum())
    counted = {"figures": figures, "sources": len(changes) - figures}
    notes["table_changes"] = (("diff-cells", counted),)
    return notes
