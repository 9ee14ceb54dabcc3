"""Products that several chains of a region take: one maker would serve them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chaingraph.analysis.balance import PRODUCT_COLUMNS, study_params
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import as_state
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.analysis.study import Source
    from chaingraph.regions import Region
    from chaingraph.words import Language


def find_cross_chain(
    ds: Source,
    *,
    region: str | Region | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    lang: Language | None = None,
) -> Result:
    """Find the products that local outputs of two chains or more take.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities.
    region, at, statuses, lang
        As in :func:`chaingraph.calculate_balance`.

    Returns
    -------
    Result
        One row a product and chain that takes it, products of most chains first: `content_of` (the
        chain), `demand` (units a year of the chain's local outputs; an output of two chains counts in
        both; missing where unknown), `users` (local outputs of the chain), `chains_served` (number of
        chains), `makers` (local).

    Examples
    --------
    >>> import chaingraph as cg
    >>> frame = find_cross_chain(cg.load_dataset("toy")).frame
    >>> frame[["product_id", "content_of", "demand"]].to_numpy().tolist()[2:]
    [['power', 'cell', 70000.0], ['power', 'metal', 10000.0]]
    """
    call = Call.of(find_cross_chain, locals())
    state = as_state(ds, region, at=at, statuses=statuses)
    study = state.study
    graph, matrix = study.product_graph, study.chain_matrix
    blocks = []
    for number, chain in enumerate(study.chain_names):
        links = state.active & matrix[graph.target, number]
        users = np.bincount(graph.source[links], minlength=graph.size)
        demand = np.bincount(graph.source[links], state.flow[links], graph.size)
        rows = np.flatnonzero(users > 0)
        block = study.products.loc[rows, list(PRODUCT_COLUMNS)].reset_index(drop=True)
        block = block.rename(columns={"kind": "product_kind"}).assign(
            content_of=chain,
            users=users[rows],
            demand=np.where(demand[rows] > 0, demand[rows], np.nan),
            makers=state.makers[rows],
        )
        blocks.append(block)
    frame = pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame()
    if len(frame):
        frame["chains_served"] = frame.groupby("product_id")["content_of"].transform("size")
        frame = frame[frame["chains_served"] > 1].sort_values(
            ["chains_served", "product_id", "content_of"],
            ascending=[False, True, True],
            ignore_index=True,
        )
    params = study_params(study, [state.region.name], None)
    shown = ("product_id", "name_zh", "name_en", "content_of", "users", "demand", "unit", "makers")
    return Result("cross_chain", frame, params, read_lang(study.dataset, lang), shown, call=call)
