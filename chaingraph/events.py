"""Rows that say when something was seen or happened: which of them are known, and of which plants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import narwhals as nw
import pandas as pd

from chaingraph.dataset import last_day
from chaingraph.engines import collect, read_frame
from chaingraph.enterprises import owner

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset

DATED: Final = {"projects": "date", "supplies": "year"}
"""Tables of events, and the column that says when."""
SIGN_COLUMNS: Final = ("enterprise_id", "product_id", "date", "event")
_OF_ONE_PRODUCT: Final = ("phase", "product")


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


def plant_signs(ds: Dataset) -> pd.DataFrame:
    """Return what projects known at the dataset's date say of plants: one row an event, site and product.

    An event is of the site it names, else of every site of its group in its city. Events of a whole
    park or programme say nothing of one plant.

    Returns
    -------
    pandas.DataFrame
        `enterprise_id`, `product_id`, `date`, `event`, as
        :func:`chaingraph.enterprises.standing_rows` takes them; sorted.

    Examples
    --------
    >>> import chaingraph as cg
    >>> plant_signs(cg.load_dataset("toy")).columns.tolist()
    ['enterprise_id', 'product_id', 'date', 'event']
    """
    if not (ds.has("projects") and ds.has("enterprises")):
        return pd.DataFrame({name: pd.Series(dtype="str") for name in SIGN_COLUMNS})
    events = known_events(ds, "projects")
    wanted = ["enterprise_id", "group_zh", "city", "product_id", "product_ids", "scope"]
    events = events.reindex(columns=[*wanted, "date", "event"])
    events = events[events["scope"].isna() | events["scope"].isin(_OF_ONE_PRODUCT)]
    listed = events["product_ids"].fillna(events["product_id"]).fillna("")
    events = events.assign(product_id=[ids.split(";") for ids in listed]).explode("product_id")
    events["product_id"] = events["product_id"].astype("str").str.strip()
    events = events[events["product_id"] != ""]
    named = events[events["enterprise_id"].notna()]
    grouped = events[events["enterprise_id"].isna()].drop(columns="enterprise_id")
    grouped = grouped.dropna(subset=["group_zh", "city"])
    sites = read_frame(ds.enterprises).select("enterprise_id", "city", group_zh=owner())
    sites = sites.filter(nw.col("group_zh").is_in(grouped["group_zh"].unique().tolist()))
    placed = grouped.merge(collect(sites), on=["group_zh", "city"], validate="many_to_many")
    found = pd.concat([named, placed])[list(SIGN_COLUMNS)].drop_duplicates()
    return found.sort_values(list(SIGN_COLUMNS), ignore_index=True)
