"""Rows that say when something was seen or happened: which of them are known, and of which plants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from chaingraph.dataset import last_day
from chaingraph.engines import cell_texts, collect, read_frame
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
    sites = collect(read_frame(ds.enterprises).select("enterprise_id", "city", group=owner()))
    of_group: dict[tuple[str, str], list[tuple[str, ...]]] = {}
    signs = set()
    for event in zip(*(cell_texts(events, name) for name in _EVENT), strict=True):
        site, group, city, product, products, scope, *said = event
        if scope and scope not in _OF_ONE_PRODUCT:
            continue
        for own in filter(None, map(str.strip, (products or product).split(";"))):
            if site:
                signs.add((site, own, *said))
            elif group and city:
                of_group.setdefault((group, city), []).append((own, *said))
    for site, city, group in zip(
        *(cell_texts(sites, name) for name in ("enterprise_id", "city", "group")), strict=True
    ):
        signs.update((site, *sign) for sign in of_group.get((group, city), ()))
    # without a date last, as where dates are sorted
    rows = sorted(signs, key=lambda sign: (*sign[:2], sign[2] or "~", sign[3] or "~"))
    return pd.DataFrame(rows, columns=list(SIGN_COLUMNS), dtype="str").replace("", None)


_EVENT: Final = (
    "enterprise_id", "group_zh", "city", "product_id", "product_ids", "scope", "date", "event",
)  # fmt: skip
