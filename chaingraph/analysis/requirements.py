"""Total requirements of a goal: everything it takes, through all stages, against what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph.analysis.balance import PRODUCT_COLUMNS, study_params
from chaingraph.analysis.settings import read_goal, read_lang
from chaingraph.analysis.standing import shown_capacity
from chaingraph.analysis.study import open_study, region_state
from chaingraph.errors import OptionError
from chaingraph.products import (
    ROLES,
    goal_vector,
    product_graph,
    split_alternatives,
)
from chaingraph.results import Call, Result
from chaingraph.solving import total_requirements

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from chaingraph.dataset import Dataset
    from chaingraph.products import Floats, ProductGraph
    from chaingraph.regions import Region
    from chaingraph.words import Language

SHOWN = (
    "product_id", "name_zh", "name_en", "role", "unit", "required", "direct", "capacity",
    "shortfall", "local_share",
)  # fmt: skip


def calculate_requirements(
    ds: Dataset,
    goal: Mapping[str, float],
    *,
    region: str | Region | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    capital: bool = True,
    lang: Language | None = None,
) -> Result:
    r"""Work out everything that a goal takes, directly and indirectly, and what of it is there.

    Parameters
    ----------
    ds
        The dataset. Without enterprises and capacities the local columns are missing.
    goal
        Product, by id or by its Chinese or English name, -> units a year: ``{"cell_lfp": 23}``.
    region, at, statuses
        Whose capacities are set against it; see :func:`calculate_balance`.
    capital
        Whether to add the equipment that this much new capacity takes, bought once.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Result
        One row a product and role (consumed: units a year; capital: units once), largest value first:
        `required` (x_i with the goal itself), `direct` (taken by the goal's own products), `capacity`
        and `shortfall` (units a year), `local_share` (0 to 1), `value_cny` (required times price; CNY a
        year, once for capital). Equipment is for capacity that must be added: what stands already
        needs none, a capacity that is not known counts as none.

    Raises
    ------
    LoopError
        Where a loop takes more than it gives.
    UnknownNameError, OptionError
        For products and figures that cannot be used.

    Notes
    -----
    :math:`x = y + A x`, solved by fixed point to a relative change of 1e-10; the residual is in the
    params (Miller and Blair 2009, section 2.2; a bill-of-materials explosion where there are no loops).
    Alternatives are split as in :func:`chaingraph.products.split_alternatives`.

    Examples
    --------
    >>> import chaingraph as cg
    >>> frame = calculate_requirements(cg.load_dataset("toy"), {"pack": 2}).frame
    >>> float(frame.set_index("product_id").loc["metal", "required"])
    1100.0
    """
    call = Call.of(calculate_requirements, locals())
    if not goal:
        raise OptionError("bad-goal", value="")
    wanted = read_goal(goal, ds)
    if ds.has("enterprises") and ds.has("capacities"):
        study = open_study(ds, at=at, statuses=statuses, goal=wanted)
        state = region_state(study, region)
        graph, products, share = study.product_graph, study.products, state.share
        capacity = np.where(state.present, shown_capacity(state), 0.0)
        params = study_params(study, [state.region.name], None)
    else:
        graph = product_graph(ds.products, ds.inputs)
        products = ds.products.sort_values("product_id", ignore_index=True)
        nothing = np.zeros(graph.size)
        share = split_alternatives(graph, local=nothing, present=nothing > 0, national=nothing)
        capacity = np.full(graph.size, np.nan)
        params = {"dataset": ds.name, "version": ds.version, "at": ds.as_of, "goal": wanted}
    vector = goal_vector(graph, wanted)
    solved = total_requirements(graph, vector, share)
    direct = _direct(graph, vector, share)
    frame = _frame(products, solved.total, direct, capacity, "consumed")
    if capital:
        there = np.nan_to_num(capacity)
        added = np.maximum(0.0, solved.total - there), np.maximum(0.0, vector - there)
        frame = _with_capital(frame, products, graph, *added)
    unknown = _unknown_links(graph, solved.total, share)
    notes: list[tuple[str, dict[str, Any]]] = []
    if unknown:
        notes.append(("note-links-without-figure", {"count": len(unknown)}))
    params |= {"residual": solved.residual, "rounds": solved.rounds}
    lang_ = read_lang(ds, lang)
    return Result("requirements", frame, params, lang_, SHOWN, tuple(notes), call=call)


def _direct(graph: ProductGraph, vector: Floats, share: Floats) -> Floats:
    taken = graph.amount * share * vector[graph.target]
    return np.bincount(graph.source, taken, graph.size).astype(float)


def _unknown_links(graph: ProductGraph, total: Floats, share: Floats) -> list[int]:
    """Return the links into required products that have no coefficient."""
    used = graph.consumed & np.isnan(graph.coefficient) & (share > 0) & (total[graph.target] > 0)
    return np.flatnonzero(used).tolist()


def _frame(
    products: pd.DataFrame, required: Floats, direct: Floats, capacity: Floats, role: str
) -> pd.DataFrame:
    rows = np.flatnonzero(required > 0)
    frame = products.loc[rows, list(PRODUCT_COLUMNS)].reset_index(drop=True)
    frame = frame.rename(columns={"kind": "product_kind"})
    price = products["price_cny"].to_numpy(dtype=float)
    frame = frame.assign(
        role=role,
        required=required[rows],
        direct=direct[rows],
        capacity=capacity[rows],
        shortfall=np.maximum(0.0, required - capacity)[rows],
        local_share=np.minimum(1.0, capacity[rows] / required[rows]),
        price_cny=price[rows],
        value_cny=(required * price)[rows],
    )
    return frame.sort_values(
        ["value_cny", "product_id"], ascending=[False, True], ignore_index=True
    )


def _with_capital(
    frame: pd.DataFrame, products: pd.DataFrame, graph: ProductGraph, total: Floats, goal: Floats
) -> pd.DataFrame:
    """Add the equipment for what is to be added to the capacity, by the links of role capital."""
    import pandas as pd

    links = (graph.role == ROLES.index("capital")) & ~np.isnan(graph.coefficient)
    source, target, each = graph.source[links], graph.target[links], graph.coefficient[links]
    needed = np.bincount(source, each * total[target], graph.size).astype(float)
    direct = np.bincount(source, each * goal[target], graph.size).astype(float)
    if not needed.any():
        return frame
    nothing = np.full(graph.size, np.nan)
    equipment = _frame(products, needed, direct, nothing, "capital")
    return pd.concat([frame, equipment], ignore_index=True)
