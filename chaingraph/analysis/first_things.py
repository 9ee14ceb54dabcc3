"""Which gaps of a region come first on its opening page, and what each stage buys outside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from chaingraph.analysis.summary import standing_for
from chaingraph.analysis.topics import BOUGHT

if TYPE_CHECKING:
    from collections.abc import Collection

    import pandas as pd

    from chaingraph.analysis.summary import Summary

SURE: Final = ("missing", "short")
"""Topics of what surely lacks."""


class Bought(NamedTuple):
    """What some products are bought for outside, CNY a year.

    Attributes
    ----------
    value
        Sum of the figures, of the least where there is none; nan where nothing has a price.
    sure
        All of it surely lacks here: it is not only that nobody was seen to make it.
    unpriced
        Lines without a price.
    """

    value: float
    sure: bool
    unpriced: int


def first_gaps(summary: Summary, most: int) -> list[dict[Any, Any]]:
    """Return the gaps to act on first: lines that are bought outside, the dearest first.

    Parameters
    ----------
    summary
        The first lines of a region.
    most
        How many.

    Returns
    -------
    list of dict
        Rows of :func:`chaingraph.find_gaps` with `best`, the figure of what is bought or the least of it
        (CNY a year). What has no price comes after what has one, by priority. A choice between products is one
        line, and what construction covers is left out: it is followed, not recruited.
    """
    rows = _lines(summary)
    if rows.empty:
        return []
    covered = (rows["coming"] > 0) & (rows["gap_after_coming"] <= 0)
    rows = rows[~covered].sort_values(
        ["best", "priority", "product_id"], ascending=[False, False, True], na_position="last"
    )
    return rows.head(most).to_dict("records")


def bought_outside(summary: Summary, products: Collection[str]) -> Bought:
    """Return what some products, those of a stage for example, are bought for outside."""
    lines = _lines(summary)
    if lines.empty:
        return Bought(float("nan"), sure=False, unpriced=0)
    rows = standing_for(
        summary.frame, lines
    )  # of a choice every product has its part of the figure
    rows = rows[rows["product_id"].isin(list(products))]
    if rows.empty:
        return Bought(float("nan"), sure=False, unpriced=0)
    priced = rows["price_cny"].notna()
    value = float(rows.loc[priced, "best"].sum()) if priced.any() else float("nan")
    unpriced = ~priced & (rows["product_id"] == rows["stands"])
    return Bought(value, bool(rows["topic"].isin(SURE).all()), int(unpriced.sum()))


def _lines(summary: Summary) -> pd.DataFrame:
    """Return the lines that are bought outside with the figure, or the least, of their money."""
    frame = summary.frame
    if frame.empty:
        return frame
    rows = frame[frame["under"].isna() & frame["topic"].isin((*BOUGHT, "short"))]
    best = rows["gap_value_cny"].fillna(rows["gap_value_cny_low"])
    return rows.assign(best=best.where(rows["price_cny"].notna(), np.nan))
