"""The balance of a region as matrices, for those who compute on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from chaingraph.analysis.state import RegionState


class Matrices(NamedTuple):
    """The quantities of a region by product; units of the product a year, missing where not known.

    Attributes
    ----------
    coefficients
        Input by output: units of the input for one unit of the output, times its share of an
        alternative group; 0 without a link, missing where a link has no figure.
    output
        What makers run at.
    supply
        What they could make, by-products included.
    demand
        What makers and the goal take.
    final
        The goal.
    """

    coefficients: pd.DataFrame
    output: pd.Series[float]
    supply: pd.Series[float]
    demand: pd.Series[float]
    final: pd.Series[float]


def read_matrices(state: RegionState) -> Matrices:
    """Return the matrices of a region's state; see :meth:`chaingraph.Study.matrix`."""
    study = state.study
    links = study.product_graph
    used = links.consumed & (state.share > 0)
    values = np.zeros((links.size, links.size))
    values[links.source[used], links.target[used]] = (links.coefficient * state.share)[used]
    names = pd.Index(links.ids, name="product_id")

    def column(amount: np.ndarray, name: str) -> pd.Series[float]:
        return pd.Series(amount, index=names, name=name)

    return Matrices(
        pd.DataFrame(values, index=names.rename("input_id"), columns=names.rename("output_id")),
        column(state.output.point, "output"),
        column(state.supply.point, "supply"),
        column(state.demand.point, "demand"),
        column(study.wanted, "final"),
    )
