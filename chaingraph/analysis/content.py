"""Local content: how much of what chains and anchors take is made in the region, in money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chaingraph.analysis.balance import study_params
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.state import RegionState, Study, as_states
from chaingraph.enterprises import maker_rows, site_rows
from chaingraph.errors import OptionError
from chaingraph.products import positions
from chaingraph.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.analysis.state import Source
    from chaingraph.gazetteer import Asked
    from chaingraph.products import Floats

BY = ("chain", "anchor")


def measure_local_content(
    ds: Source,
    *,
    by: str = "chain",
    region: Asked = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    utilisation: float | Mapping[str, float] = 1.0,
    lang: str | None = None,
) -> Result:
    r"""Measure the local content rate of each chain, or of each anchor enterprise.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities.
    by
        ``chain`` or ``anchor`` (enterprises whose `anchor` is 1).
    region, at, statuses, utilisation, lang
        As in :func:`calculate_balance`.

    Returns
    -------
    Result
        One row a region and chain or anchor: `inputs` (number of inputs taken), `inputs_local` (with a
        local maker), `input_value_cny` and `local_value_cny` (CNY a year), `local_content` (0 to 1,
        missing where no input is priced), `unpriced` (inputs taken without a price or figure, which
        the rate leaves out) and their ids in `unpriced_inputs`.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError
        For names, options and tables that cannot be used.

    Notes
    -----
    A chain's outputs are the products that its folder defines (those tagged with it, where a folder
    names several chains or none).
    :math:`\sum_i p_i \min(k_i u_i, d_i) / \sum_i p_i d_i` over the inputs of the chain's local outputs.
    A chain's or anchor's demand for an input is served pro rata where the whole region is short of it:
    its local part is its demand times the region's coverage.

    Examples
    --------
    >>> import chaingraph as cg
    >>> frame = measure_local_content(cg.load_dataset("toy"), by="anchor").frame
    >>> frame[["enterprise_id", "inputs", "unpriced"]].to_numpy().tolist()
    [['cell_jia', 4, 1]]
    """
    if by not in BY:
        raise OptionError("bad-by", value=by, choices=", ".join(BY))
    study, states = as_states(ds, region, at=at, statuses=statuses, utilisation=utilisation)
    names, rows = [], []
    for state in states:
        names.append(state.region.name)
        rows += _by_chain(state) if by == "chain" else _by_anchor(state)
    first = ["region", "content_of"] if by == "chain" else ["region", "enterprise_id"]
    columns = [*first, *(() if by == "chain" else ("name_zh", "name_en")), *_FIGURES]
    frame = pd.DataFrame(rows, columns=columns)
    params = study_params(study, names, None) | {"by": by}
    return Result("local_content", frame, params, read_lang(study.dataset, lang))


_FIGURES = (
    "inputs", "inputs_local", "input_value_cny", "local_value_cny", "local_content",
    "unpriced", "unpriced_inputs",
)  # fmt: skip


def _by_chain(state: RegionState) -> list[dict[str, Any]]:
    study = state.study
    output = state.supply
    rows = []
    home = home_chains(study)
    for chain in study.dataset.chains:
        inside = np.array([chain in chains for chains in home], dtype=bool)
        if not (inside & state.present).any():
            continue
        figures = _content(state, np.where(inside, output, 0.0), inside & state.present)
        rows.append({"region": state.region.name, "content_of": chain} | figures)
    return rows


def home_chains(study: Study) -> list[set[str]]:
    """Return the chains that each product is an output of.

    A product is an output of its home chain, where it has one; else of every chain that it is tagged
    with. (Alumina that a battery foil needs at last would otherwise be charged to the battery chain in
    full.)
    """
    homes = study.products["home_chain"].fillna("").str.strip()
    return [{h} if h else tag for h, tag in zip(homes, study.chain_tags, strict=True)]


def _by_anchor(state: RegionState) -> list[dict[str, Any]]:
    study, ds = state.study, state.study.dataset
    makers = maker_rows(
        ds.enterprises, ds.capacities, where=state.region,
        at=ds.as_of, statuses=study.statuses,
    )  # fmt: skip
    makers = site_rows(makers[makers["anchor"].astype(bool) & (makers["counted"] > 0)])
    rows = []
    for enterprise_id, own in makers.groupby("enterprise_id", sort=True):
        place = positions(study.graph, own["product_id"])
        output = np.zeros(study.graph.size)
        np.add.at(output, place, own["effective"].fillna(0).to_numpy(dtype=float))
        made = np.zeros(study.graph.size, dtype=bool)
        made[place] = True
        first = own.iloc[0]
        rows.append(
            {
                "region": state.region.name,
                "enterprise_id": enterprise_id,
                "name_zh": first["name_zh"],
                "name_en": first["name_en"],
            }
            | _content(state, output * study.utilisation, made)
        )
    return rows


def _content(state: RegionState, output: Floats, made: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Return the local content of what some outputs take."""
    study, graph = state.study, state.study.graph
    links = graph.consumed & (state.share > 0) & made[graph.target]
    flow = graph.amount * state.share * output[graph.target]
    demand = np.bincount(graph.source[links], flow[links], graph.size)
    taken = np.zeros(graph.size, dtype=bool)
    taken[graph.source[links]] = True
    known = taken & (demand > 0) & ~np.isnan(study.price) & ~np.isnan(state.coverage)
    value = np.where(known, demand * study.price, 0.0)
    local = np.where(known, value * np.nan_to_num(state.coverage), 0.0)
    total = float(value.sum())
    unpriced = [graph.ids[i] for i in np.flatnonzero(taken & ~known).tolist()]
    return {
        "inputs": int(taken.sum()),
        "inputs_local": int((taken & state.present).sum()),
        "input_value_cny": total,
        "local_value_cny": float(local.sum()),
        "local_content": float(local.sum()) / total if total > 0 else float("nan"),
        "unpriced": len(unpriced),
        "unpriced_inputs": "; ".join(unpriced),
    }
