"""The tables of a dataset as pandas frames: whole, or as they stand at its date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaingraph.engines import collect, read_frame
from chaingraph.enterprises import valid_rows
from chaingraph.events import DATED, known_events

if TYPE_CHECKING:
    import pandas as pd

    from chaingraph.dataset import Dataset


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
    if name in DATED:
        return known_events(ds, name).reset_index(drop=True)
    return table_frame(ds, name)
