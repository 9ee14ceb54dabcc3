"""Matches: which enterprise of an extended dataset a row of a list means, before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaingraph.intake.places import PLACES
from chaingraph.intake.sheets import Record
from chaingraph.matching.known import NEW, SAME, alias_key
from chaingraph.matching.lists import as_row
from chaingraph.matching.match import TAKING, match_enterprises
from chaingraph.matching.places import book_of_dataset
from chaingraph.schema import table_spec
from chaingraph.sheets.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaingraph.dataset import Dataset
    from chaingraph.intake.assembling import Assembly
    from chaingraph.places import PlaceBook
    from chaingraph.results import Result
    from chaingraph.words import Language

_ID: Final = "enterprise_id"
_LISTED: Final = ("credit_code", "stock_code", *PLACES)


def match_known(
    assembly: Assembly, ds: Dataset, decisions: Sequence[Mapping[str, str]], lang: Language
) -> Result | None:
    """Give the enterprises of a list the ids of the dataset that they are; open ones are errors.

    Parameters
    ----------
    assembly
        The tables of the import; ids change in place, and its problems say what was found.
    ds
        What the import extends.
    decisions
        What a person decided: rows of the table `aliases`. They are kept in the new dataset.
    lang
        Language of the review.

    Returns
    -------
    Result or None
        The match of all rows that were compared, for a workbook to decide in; None where none is open.
    """
    known = set(ds.enterprises[_ID])
    strange = [r for r in assembly.records.get("enterprises", []) if r.values[_ID] not in known]
    if not strange or not known:
        return None
    book = book_of_dataset(ds)
    decided = {alias_key(c["alias_zh"], c.get("place", ""), book): c for c in decisions}
    result = match_enterprises(ds, [_listed(record) for record in strange], lang=lang)
    ids: dict[str, str] = {}
    still_open = False
    for record, verdict in zip(strange, result.frame.to_dict("records"), strict=True):
        said = decided.get(_listed_key(record, book))
        decision, found = str(verdict["decision"]), verdict["enterprise_id"]
        if said is not None:
            assembly.add([_alias(record, said)])
            decision, found = ("alias", said[_ID]) if said["decision"] == SAME else (NEW, "")
        if decision in TAKING:
            ids[record.values[_ID]] = str(found)
            _tell(assembly, record, "enterprise-matched", verdict, str(found))
        elif decision != NEW:
            still_open = True
            _tell(assembly, record, "enterprise-open", verdict, str(found))
    _rename(assembly, ids)
    return result if still_open else None


def _listed(record: Record) -> dict[str, str]:
    """Return an enterprise as a row of a list of enterprises."""
    cells = {name: record.values.get(name, "") for name in _LISTED}
    return {"name": record.values.get("name_zh", ""), "list_row": str(record.line), **cells}


def _listed_key(record: Record, book: PlaceBook) -> str:
    row = as_row(_listed(record), record.line)
    return alias_key(row.name, row.place, book)


def _alias(record: Record, cells: Mapping[str, str]) -> Record:
    kept = {name: text for name, text in cells.items() if text}
    return Record("aliases", kept, record.file, record.line, record.sheet)


def _tell(
    assembly: Assembly, record: Record, rule: str, verdict: Mapping[Any, Any], found: str
) -> None:
    params: dict[str, object] = {
        "found": f"{verdict['name_zh']} [{found}]" if verdict["name_zh"] == verdict["name_zh"] else found,
        "reason": (verdict["reason_zh"], verdict["reason_en"]),
    }  # fmt: skip
    cell = record.places.get("name_zh", str(record.line))
    name = record.values.get("name_zh", "")
    assembly.problems.append(
        Problem(rule, record.file, record.sheet, cell, name, params, record.line)
    )


def _rename(assembly: Assembly, ids: Mapping[str, str]) -> None:
    """Put the ids found into all tables; the dataset's own name and place of the firm stand."""
    if not ids:
        return
    for table, records in assembly.records.items():
        columns = [k.field for k in table_spec(table).foreign_keys if k.table == "enterprises"]
        for record in _changed(records, [*columns, _ID], ids):
            if table == "enterprises":
                for name in ("name_zh", *PLACES):
                    record.values.pop(name, None)
    merged: dict[str, Record] = {}
    kept = []
    for record in assembly.records.get("enterprises", []):
        first = merged.setdefault(record.values[_ID], record)
        if first is record:
            kept.append(record)
        else:
            first.values = record.values | first.values
    assembly.records["enterprises"] = kept


def _changed(
    records: Iterable[Record], columns: Sequence[str], ids: Mapping[str, str]
) -> Iterable[Record]:
    for record in records:
        found = False
        for column in columns:
            new = ids.get(record.values.get(column, ""))
            if new is not None:
                record.values[column] = new
                found = True
        if found:
            yield record
