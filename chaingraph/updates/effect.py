"""The tables of a dataset as pandas frames: whole, or as they stand at its date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaingraph.dataset import last_day
from chaingraph.engines import collect, read_frame
from chaingraph.enterprises import valid_rows

if TYPE_CHECKING:
    import pandas as pd

    from chaingraph.dataset import Dataset

_DATED: Final = {"projects": "date", "supplies": "year"}
"""Tables of events, and the column that says when: an event without a date stands at every date."""


def table_frame(ds: Dataset, name: str) -> pd.DataFrame:
    """Return a table as a pandas frame with every row, whatever engine holds it."""
    return collect(read_frame(ds.table(name)))


def table_at(ds: Dataset, name: str) -> pd.DataFrame:
    """Return a table as it stands at the dataset's date.

    Capacities are those in force, of every status; projects and supply ties those known by then.
    Tables without dates stand as they are.

    Examples
    --------
    >>> import chaingraph as cg
    >>> toy = cg.load_dataset("toy")
    >>> len(table_at(toy.at("2015"), "capacities")) < len(table_at(toy, "capacities"))
    True
    """
    if name == "capacities":
        return collect(valid_rows(read_frame(ds.capacities), at=ds.as_of))
    frame = table_frame(ds, name)
    column = _DATED.get(name)
    if not ds.as_of or column not in frame:
        return frame
    known = frame[column].isna() | (frame[column] <= last_day(ds.as_of))
    return frame[known].reset_index(drop=True)
