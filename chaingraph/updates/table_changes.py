"""What changed in the tables: rows that came, rows that went, cells that differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chaingraph.schema import TABLE_NAMES
from chaingraph.tables import ORIGIN, empty_table
from chaingraph.updates.rows import PROVENANCE, changed_cells, pair_rows, row_key, row_label
from chaingraph.writers.csv_folder import cell_text, column_order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaingraph.dataset import Dataset
    from chaingraph.updates.rows import Pairs

    Read = Callable[[Dataset, str], pd.DataFrame]

CHANGES = ("added", "changed", "gone")
_TEXTS = (
    "table", "change", "row_key", "row_zh", "row_en", "column", "value_before", "value_after",
    "source_url", "origin",
)  # fmt: skip
COUNTS = ("rows_before", "rows_after", "rows_added", "rows_gone", "rows_changed", "cells_changed")


class Names:
    """Names of enterprises and products, for readers of ids."""

    def __init__(self, *datasets: Dataset, read: Read) -> None:
        self.known: dict[str, tuple[str, str]] = {}
        for ds in datasets:  # the later state's names stand
            for table, key in (("products", "product_id"), ("enterprises", "enterprise_id")):
                if ds.has(table):
                    frame = read(ds, table)
                    for row in frame[[key, "name_zh", "name_en"]].itertuples(index=False):
                        self._learn(*(cell_text(cell) for cell in row))

    def _learn(self, key: str, zh: str, en: str) -> None:
        self.known[key] = (zh or en or key, en or zh or key)

    def both(self, key: object) -> tuple[str, str]:
        """Return the name behind an id in Chinese and English; what is no known id stays."""
        text = cell_text(key)
        return self.known.get(text, (text, text))

    def row(self, row: Mapping[str, object], name: str) -> tuple[str, str]:
        """Return what names a row for a reader, in both languages."""
        own = tuple(cell_text(row.get(column)) for column in ("name_zh", "name_en"))
        if any(own):
            return own[0] or own[1], own[1] or own[0]
        if name == "projects" and (company := cell_text(row.get("company_zh"))):
            zh, en = self.both(row.get("product_id"))
            return (f"{company} / {zh}", f"{company} / {en}") if zh else (company, company)
        parts = [self.both(row.get(column)) for column in row_key(name) if column != "scope"]
        zh, en = (" / ".join(part[i] for part in parts if part[i]) for i in (0, 1))
        return zh, en


def compare_tables(
    before: Dataset, after: Dataset, *, read: Read, names: Names
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare all tables of two states.

    Parameters
    ----------
    before, after
        The states.
    read
        How a table of a state is read: whole, or as it stands at a date.
    names
        Names of enterprises and products.

    Returns
    -------
    changes, counts : pandas.DataFrame
        One row a cell that differs and one a row that came or went (`column` empty, the value is the
        row's content); and one row a table with the numbers of rows and cells.
    """
    blocks, counts = [], []
    for name in TABLE_NAMES:
        if not before.has(name) and not after.has(name):
            continue
        old, new = (read(ds, name) if ds.has(name) else empty_table(name) for ds in (before, after))
        pairs = pair_rows(old, new, name)
        cells = changed_cells(old, new, pairs, name)
        blocks += [_cells(cells, old, new, name, names), *_rows(old, new, pairs, name, names)]
        counts.append({
            "table": name, "rows_before": len(old), "rows_after": len(new),
            "rows_added": len(pairs.added), "rows_gone": len(pairs.gone),
            "rows_changed": cells["row"].nunique(), "cells_changed": len(cells),
        })  # fmt: skip
    return _sorted(blocks), pd.DataFrame(counts, columns=["table", *COUNTS])


def _cells(
    cells: pd.DataFrame, old: pd.DataFrame, new: pd.DataFrame, name: str, names: Names
) -> list[dict[str, Any]]:
    """Return a record a changed cell."""
    found = []
    before, after = (
        dict(zip(places, frame.iloc[places].to_dict("records"), strict=True))
        for frame, places in (
            (old, cells["row"].unique().tolist()), (new, cells["row_after"].unique().tolist()),
        )
    )  # fmt: skip
    for cell in cells.to_dict("records"):
        row = after[cell["row_after"]]
        found.append(
            _record(row, name, names, "changed")
            | {
                "column": cell["column"], "value_before": cell["before"] or None,
                "value_after": cell["after"] or None,
                "row_key": row_label(before[cell["row"]], name),
                "provenance": cell["column"] in PROVENANCE,
            }
        )  # fmt: skip
    return found


def _rows(
    old: pd.DataFrame, new: pd.DataFrame, pairs: Pairs, name: str, names: Names
) -> list[list[dict[str, Any]]]:
    """Return a record for each row that came or went."""
    blocks = []
    for change, frame, places, column in (
        ("gone", old, pairs.gone, "value_before"), ("added", new, pairs.added, "value_after"),
    ):  # fmt: skip
        records = frame.iloc[places].to_dict("records")
        shown = [
            c for c in column_order(frame, name) if c not in PROVENANCE and c not in row_key(name)
        ]
        blocks.append(
            [_record(row, name, names, change) | {column: _content(row, shown)} for row in records]
        )
    return blocks


def _record(row: Mapping[Any, Any], name: str, names: Names, change: str) -> dict[str, Any]:
    zh, en = names.row(row, name)
    return {
        "table": name, "change": change, "row_key": row_label(row, name), "row_zh": zh, "row_en": en,
        "source_url": cell_text(row.get("source_url")) or None,
        "origin": cell_text(row.get(ORIGIN)) or None, "provenance": False,
    }  # fmt: skip


def _content(row: Mapping[Any, Any], columns: list[str]) -> str | None:
    """Return the filled cells of a row as one text."""
    cells = ((column, cell_text(row[column])) for column in columns)
    return "; ".join(f"{column}={text}" for column, text in cells if text) or None


def _sorted(blocks: list[list[dict[str, Any]]]) -> pd.DataFrame:
    """Return the records as one frame: by table, rows that came first, figures before their sources."""
    records = [record for block in blocks for record in block]
    records.sort(
        key=lambda r: (TABLE_NAMES.index(r["table"]), r["provenance"], CHANGES.index(r["change"]))
    )
    data: dict[str, Any] = {
        name: pd.array([record.get(name) for record in records], dtype="str") for name in _TEXTS
    }
    data["provenance"] = [record["provenance"] for record in records]
    frame = pd.DataFrame(data)
    return frame.assign(provenance=frame["provenance"].astype(bool))
