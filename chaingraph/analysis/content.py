"""Local content: how much of what chains and anchors take is made in the region, in money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import pandas as pd

from chaingraph.analysis.balance import nobody_notes, study_params
from chaingraph.analysis.intakes import site_intake
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import as_states
from chaingraph.enterprises import site_rows
from chaingraph.errors import OptionError
from chaingraph.quantity import Quantity
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.analysis.basis import Basis
    from chaingraph.analysis.intakes import Intake
    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Source
    from chaingraph.gazetteer import Asked
    from chaingraph.quantity import Flags, Floats
    from chaingraph.words import Language

By = Literal["chain", "anchor", "output"]
BY = get_args(By)


def measure_local_content(
    ds: Source,
    *,
    by: By = "chain",
    region: Asked = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    utilisation: float | Mapping[str, float] | None = None,
    lang: Language | None = None,
) -> Result:
    r"""Measure how much of their inputs chains or anchors take here, or how much of an output goes on here.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities.
    by
        ``chain``, ``anchor`` (enterprises whose `anchor` is 1), or ``output``: forward linkage 就地转化率, the
        share of each product made here that local users take.
    region, at, statuses, load, utilisation, lang
        As in :func:`calculate_balance`.

    Returns
    -------
    Result
        One row a region and chain or anchor: `inputs` (number of inputs taken), `inputs_local` (made
        here), `inputs_known` (with a price and a demand: those that the rate rests on), `rests_on` (their
        share of the inputs, 0 to 1), `input_value_cny` and `local_value_cny` (CNY a year),
        `local_content_low`, `local_content`, `local_content_high` (0 to 1; the figure is missing where
        a local supply is not known), `unpriced` (the inputs left out) and their ids in
        `unpriced_inputs`. By output: `output` and `local_use` (units a year), `forward_low`, `forward`,
        `forward_high` (0 to 1), `users`, `users_unquantified`.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError
        For names, options and tables that cannot be used.

    Notes
    -----
    A chain's outputs are the products whose home chain it is (the chain of the folder that defines them), or
    that are tagged with it. The rate is :math:`\sum_i p_i d_i c_i / \sum_i p_i d_i` over their priced
    inputs, with the share c of each that is served here, at its worst, its figure and its best. An anchor's own
    making serves it first; what it buys is served as all users are, pro rata.

    Examples
    --------
    >>> import chaingraph as cg
    >>> frame = measure_local_content(cg.load_dataset("toy"), by="anchor").frame
    >>> frame[["enterprise_id", "inputs", "unpriced"]].to_numpy().tolist()
    [['cell_jia', 5, 1]]
    """
    call = Call.of(measure_local_content, locals())
    if by not in BY:
        raise OptionError("bad-by", value=by, choices=", ".join(BY))
    study, states = as_states(
        ds, region, at=at, statuses=statuses, load=load, utilisation=utilisation
    )
    names, rows = [], []
    for state in states:
        names.append(state.region.name)
        rows += {"chain": _by_chain, "anchor": _by_anchor, "output": _by_output}[by](state)
    columns = {
        "chain": ("region", "content_of", *_FIGURES),
        "anchor": ("region", "enterprise_id", "name_zh", "name_en", *_FIGURES),
        "output": _LINKAGE,
    }
    frame = pd.DataFrame(rows, columns=list(columns[by]))
    params = study_params(study, names, None) | {"by": by}
    kind = "forward_linkage" if by == "output" else "local_content"
    notes = nobody_notes(study, frame, names)
    return Result(kind, frame, params, read_lang(study.dataset, lang), _SHOWN[by], notes, call=call)


_SHOWN = {
    "chain": (
        "content_of", "inputs", "inputs_local", "inputs_known", "input_value_cny", "local_content_low",
        "local_content", "local_content_high", "rests_on",
    ),
    "anchor": (
        "name_zh", "name_en", "inputs", "inputs_local", "inputs_known", "input_value_cny",
        "local_content_low", "local_content", "local_content_high", "rests_on",
    ),
    "output": (
        "product_id", "name_zh", "name_en", "unit", "output", "local_use", "forward_low", "forward",
        "forward_high",
    ),
}  # fmt: skip
_FIGURES = (
    "inputs", "inputs_local", "inputs_known", "input_value_cny", "local_value_cny",
    "local_content_low", "local_content", "local_content_high", "rests_on", "unpriced", "unpriced_inputs",
)  # fmt: skip
_LINKAGE = (
    "region", "product_id", "name_zh", "name_en", "unit", "output", "local_use", "forward_low", "forward",
    "forward_high", "users", "users_unquantified",
)  # fmt: skip


def _by_chain(state: RegionState) -> list[dict[str, Any]]:
    study, graph = state.study, state.study.product_graph
    ends = state.coverage_ends
    rows = []
    home = home_chains(study)
    for chain in study.dataset.chains:
        inside = np.array([chain in chains for chains in home], dtype=bool) & state.present
        if not inside.any():
            continue
        links = state.active & inside[graph.target]
        flow = state.allocation.flow
        known = links & ~np.isnan(flow.point)
        demand = np.bincount(graph.source[known], flow.point[known], graph.size).astype(float)
        unsure = np.bincount(graph.source[links & ~known], minlength=graph.size) > 0
        taken = np.bincount(graph.source[links], minlength=graph.size) > 0
        figures = _content(
            state, taken, np.where(unsure, np.nan, demand), ends.low, ends.point, ends.high
        )
        rows.append({"region": state.region.name, "content_of": chain} | figures)
    return rows


def home_chains(study: Basis) -> list[set[str]]:
    """Return the chains that each product is an output of: its home chain, else all that it is tagged with.

    (Alumina that a battery foil needs at last would otherwise be charged to the battery chain in full.)
    """
    own = study.products["home_chain"].fillna("").tolist()
    return [{name} if name else tags for name, tags in zip(own, study.chain_tags, strict=True)]


def _by_anchor(state: RegionState) -> list[dict[str, Any]]:
    makers = state.study.maker_rows
    makers = makers[state.region.mask(makers)]
    makers = site_rows(makers[makers["anchor"].astype(bool) & (makers["counted"] > 0)])
    rows = []
    for enterprise_id, own in makers.groupby("enterprise_id", sort=True):
        first = own.iloc[0]
        rows.append(
            {
                "region": state.region.name,
                "enterprise_id": enterprise_id,
                "name_zh": first["name_zh"],
                "name_en": first["name_en"],
            }
            | intake_content(state, site_intake(state, own))
        )
    return rows


def intake_content(state: RegionState, intake: Intake) -> dict[str, Any]:
    """Return the local content of what one site takes; see :func:`measure_local_content`."""
    demand = np.where(intake.unsure, np.nan, intake.demand)
    return _content(
        state, intake.taken, demand, intake.served_low, intake.served, intake.served_high
    )


def _content(
    state: RegionState, taken: Flags, demand: Floats, low: Floats, point: Floats, high: Floats
) -> dict[str, Any]:
    """Return the local content of some demands, with its ends and the share of inputs it rests on."""
    study, graph = state.study, state.study.product_graph
    priced = taken & (demand > 0) & ~np.isnan(study.price)
    value = np.where(priced, demand * study.price, 0.0)
    total = float(value.sum())
    clear = priced & ~np.isnan(point)

    def rate(share: Floats) -> float:
        return float(np.sum(value * np.nan_to_num(share))) / total if total > 0 else float("nan")

    whole = bool((clear == priced).all())
    unpriced = [graph.ids[i] for i in np.flatnonzero(taken & ~priced).tolist()]
    return {
        "inputs": int(taken.sum()),
        "inputs_local": int((taken & state.present).sum()),
        "inputs_known": int(priced.sum()),
        "input_value_cny": total,
        "local_value_cny": float(np.sum(value * np.nan_to_num(point))) if whole else float("nan"),
        "local_content_low": rate(low),
        "local_content": rate(point) if whole else float("nan"),
        "local_content_high": rate(high),
        "rests_on": float(priced.sum() / taken.sum()) if taken.any() else float("nan"),
        "unpriced": len(unpriced),
        "unpriced_inputs": "; ".join(unpriced),
    }


def _by_output(state: RegionState) -> list[dict[str, Any]]:
    """Return for each product made here that a chain goes on with how much of it local users take."""
    study, graph = state.study, state.study.product_graph
    goes_on = np.bincount(graph.source[study.chain_links], minlength=graph.size) > 0
    output, gap = state.output, state.gap
    # users buy here first, so that what is taken is used up to what is there
    used = Quantity(
        np.minimum(state.demand.low, state.supply.low), state.demand.point - gap.point,
        np.minimum(state.demand.high, state.supply.high), state.demand.reasons,
    )  # fmt: skip
    rows = []
    for place in np.flatnonzero(state.present & goes_on & (output.high > 0)).tolist():
        product = study.products.iloc[place]
        ends = [
            _share(float(used.low[place]), float(output.high[place])),
            _share(float(used.point[place]), float(output.point[place])),
            _share(float(used.high[place]), float(output.low[place])),
        ]
        rows.append(
            {
                "region": state.region.name,
                "product_id": graph.ids[place],
                **{name: product[name] for name in ("name_zh", "name_en", "unit")},
                "output": float(output.point[place]),
                "local_use": float(used.point[place]),
                "forward_low": np.nan_to_num(ends[0]),
                "forward": ends[1],
                "forward_high": 1.0 if np.isnan(ends[2]) else ends[2],
                "users": int(state.users[place]),
                "users_unquantified": int(state.users_unknown[place]),
            }
        )
    return rows


def _share(part: float, whole: float) -> float:
    """Return a share of at most 1; nan where it can't be told."""
    if np.isnan(part) or np.isnan(whole) or np.isinf(whole) or whole <= 0:
        return 0.0 if part == 0 else float("nan")
    return min(1.0, part / whole)
