"""Rows of a folder stand in the place of those that it extends.

Of a table with a primary key that is a row for a row. Phases of a plant have none, so that all capacities of
one enterprise, product and scope are taken as one. Products are left to the checks: both folders must agree
on their unit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaingraph.checks import Finding
from chaingraph.rawtables import bare_year
from chaingraph.schema import table_spec

if TYPE_CHECKING:
    from chaingraph.rawtables import RawDataset, RawTable

    Key = tuple[str, ...]

_CAPACITIES: Final = "capacities"
_SCOPE: Final = "scope"
_SITE: Final = "site"
_LEFT: Final = "products"


def read_years(table: RawTable) -> None:
    """Write years that a program made floats of, as pandas does of a column with blanks, as years: 2023.0."""
    for field in table_spec(table.name).fields:
        cells = table.columns.get(field.name) if field.format == "partial-date" else None
        if cells and any(text.endswith(".0") for text in set(cells)):
            table.columns[field.name] = [bare_year(text) for text in cells]


def replace_rows(raw: RawDataset) -> list[Finding]:
    """Take out the rows that a later folder gives anew.

    Parameters
    ----------
    raw
        The tables of all folders, what is extended first; changed in place.

    Returns
    -------
    list of Finding
        One note a row, or an enterprise and product, that was given anew, at the row that stands; a
        warning where it has another name.
    """
    if len(raw.packages) < 2:  # noqa: PLR2004  one folder replaces nothing
        return []
    findings: list[Finding] = []
    for table in raw.tables.values():
        findings += _replace(table)
    return findings


def replaced(table: RawTable) -> list[int]:
    """Return the positions of rows in whose place a later folder's stand."""
    keys = _keys(table)
    if not keys:
        return []
    whole = all if table.name == _CAPACITIES else table_spec(table.name).is_whole
    owner = dict(zip(keys, table.package, strict=True))  # the last folder that has the key
    pairs = enumerate(zip(keys, table.package, strict=True))
    return [row for row, (key, package) in pairs if whole(key) and package != owner[key]]


def _keys(table: RawTable) -> list[Key]:
    """Return the key of each row; none for tables whose rows have none."""
    columns = _key_columns(table.name)
    if not columns:
        return []
    cells = [
        [cell or _SITE for cell in table.cells(column)] if column == _SCOPE else table.cells(column)
        for column in columns
    ]
    return list(zip(*cells, strict=True))


def _key_columns(name: str) -> Key:
    if name == _CAPACITIES:
        return ("enterprise_id", "product_id", _SCOPE)
    return () if name == _LEFT else table_spec(name).primary_key


def _replace(table: RawTable) -> list[Finding]:
    if len(set(table.package)) < 2:  # noqa: PLR2004
        return []
    gone = replaced(table)
    if not gone:
        return []
    keys = _keys(table)
    rows: dict[Key, list[int]] = {}
    for row in gone:
        rows.setdefault(keys[row], []).append(row)
    stands: dict[Key, int] = {}
    lost = set(gone)
    for row, key in enumerate(keys):
        if key in rows and row not in lost:
            stands.setdefault(key, row)
    findings = [_finding(table, key, rows[key], stands[key]) for key in rows]
    table.drop(gone)
    return findings


def _finding(table: RawTable, key: Key, gone: list[int], row: int) -> Finding:
    """Return the note on a row that stands in the place of others."""
    first = f"{table.file[gone[-1]]}:{table.line[gone[-1]]}"
    place = (table.name, table.file[row], table.line[row])
    if table.name == _CAPACITIES:
        params: dict[str, object] = {"site": key[0], "product": key[1], "count": len(gone)}
        first = f"{table.file[gone[0]]}:{table.line[gone[0]]}"
        return Finding("capacity-replaced", *place, "capacity", table.cells("capacity")[row],
                       params=params | {"first": first})  # fmt: skip
    names = table.cells("name_zh")
    own, other = names[row], names[gone[-1]]
    if own and other and own != other:
        return Finding(
            "name-replaced", *place, "name_zh", own, params={"first": first, "other": other}
        )
    return Finding("row-replaced", *place, _key_columns(table.name)[0], key[0],
                   params={"first": first})  # fmt: skip
