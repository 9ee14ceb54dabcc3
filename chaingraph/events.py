"""Rows that say when something was seen or happened: which of them are known at a dataset's date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaingraph.dataset import last_day
from chaingraph.engines import collect, read_frame

if TYPE_CHECKING:
    import pandas as pd

    from chaingraph.dataset import Dataset

DATED: Final = {"projects": "date", "supplies": "year"}
"""Tables of events, and the column that says when."""


def known_events(ds: Dataset, name: str) -> pd.DataFrame:
    """Return the rows of a table of events up to the dataset's date; those without a date are among them.

    Examples
    --------
    >>> import chaingraph as cg
    >>> qujing = cg.load_dataset("qujing")
    >>> len(known_events(qujing.at("2021-12"), "supplies")) < len(known_events(qujing, "supplies"))
    True
    """
    frame = collect(read_frame(ds.table(name)))
    column = DATED[name]
    if not ds.as_of or column not in frame:
        return frame
    dates = frame[column]
    return frame[dates.isna() | (dates.fillna("") <= last_day(ds.as_of))]
