"""What a product's demand and gap hang on: each coefficient, load and capacity a little higher, and draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.analysis.balance import study_params
from chaingraph.analysis.settings import read_lang, read_number, read_product
from chaingraph.analysis.study import as_state
from chaingraph.analysis.uncertainty import demand_draws
from chaingraph.errors import OptionError
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Source
    from chaingraph.regions import Region
    from chaingraph.words import Language

FACTORS: Final = ("coefficient", "load", "supply")
"""What is changed, one at a time; words in the vocabulary ``factor``."""
SHOWN: Final = (
    "factor", "input_id", "output_id", "figure", "unit", "demand", "demand_shift", "gap", "gap_shift",
    "elasticity",
)  # fmt: skip


class _Change(NamedTuple):
    """One figure a little higher: what it moves of the demand and of what is there for it."""

    factor: str
    input_id: str
    output_id: str
    figure: float
    demand: float
    supply: float


def measure_sensitivity(
    ds: Source,
    product: str,
    *,
    region: str | Region | None = None,
    change: float = 0.1,
    lang: Language | None = None,
) -> Result:
    r"""Measure what a product's demand and gap in a region do if one figure behind them is higher.

    Parameters
    ----------
    ds
        The dataset, an open study or the state of a region.
    product
        Its id, or its Chinese or English name.
    region
        A region, the focus by default.
    change
        By how much each figure is changed: 0.1 is a tenth higher, -0.1 a tenth lower.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Result
        One row a figure, the largest shift of the gap first: `factor` (the coefficient of a link, the
        load of a user or of a maker whose by-product it is, the supply of the product), `input_id`,
        `output_id`, `figure` (as it is), `demand`, `demand_shift`, `gap`, `gap_shift` (units a year),
        `elasticity` (share by which the gap moves, over the change). Missing where not known.

    Raises
    ------
    UnknownNameError, OptionError
        For a product or a region that is not there, and a change that is 0 or below -1.

    Notes
    -----
    One figure at a time, all others and the shares of alternatives and own use as they are:
    :math:`g = \max(0, d - o - m)` with demand d, own use o and supply for others m. A gap that a surplus
    hides does not move.

    Examples
    --------
    >>> import chaingraph as cg
    >>> found = measure_sensitivity(cg.load_dataset("toy"), "foil").frame
    >>> found[["factor", "output_id", "demand_shift", "gap_shift"]].to_numpy().tolist()[0]
    ['coefficient', 'cell', 100.0, 100.0]
    """
    call = Call.of(measure_sensitivity, locals())
    step = read_number(change)
    if step is None or step == 0 or step < -1:
        raise OptionError("bad-change", value=change)
    state = as_state(ds, region)
    study = state.study
    place = study.product_graph.find(read_product(study.dataset, product))
    changes = _changes(state, place, step)
    demand, gap = float(state.demand.point[place]), float(state.gap.point[place])
    spare = float(state.merchant.point[place] + state.own_use.point[place])
    rows: list[dict[str, Any]] = []
    for found in changes:
        after = max(0.0, demand + found.demand - spare - found.supply)
        known = not np.isnan(gap + found.demand + found.supply + spare)
        shift = after - gap if known else np.nan
        rows.append({
            "factor": found.factor, "input_id": found.input_id, "output_id": found.output_id,
            "figure": found.figure, "unit": study.products["unit"].iloc[place], "demand": demand,
            "demand_shift": found.demand, "gap": gap, "gap_shift": shift,
            "elasticity": shift / gap / step if gap > 0 else np.nan,
        })  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(SHOWN))
    size = np.nan_to_num(np.abs(frame["gap_shift"].to_numpy(dtype=float)))
    order = np.lexsort((np.arange(len(frame)), -size))
    params = study_params(study, [state.region.name], None)
    params |= {"product": study.product_graph.ids[place], "change": step}
    spoken = read_lang(study.dataset, lang)
    return Result(
        "sensitivity", frame.iloc[order].reset_index(drop=True), params, spoken, SHOWN, call=call
    )


def _changes(state: RegionState, place: int, step: float) -> list[_Change]:
    """Return each figure that a product's balance hangs on, with what it moves."""
    study = state.study
    links, ids, load = study.product_graph, study.product_graph.ids, study.load_of(state.region)
    name = ids[place]
    found = []
    by_product = {link: state.output.point[links.source[link]] / links.coefficient[link]
                  for link in study.by_product_links.tolist() if links.target[link] == place}  # fmt: skip
    arising = {int(links.source[link]): made for link, made in by_product.items()}
    for link in np.flatnonzero(state.active & (links.source == place)).tolist():
        user = int(links.target[link])
        shift = float(state.allocation.flow.point[link]) * step
        found.append(
            _Change("coefficient", name, ids[user], float(links.coefficient[link]), shift, 0.0)
        )
        also = arising.pop(user, 0.0) * step
        found.append(_Change("load", name, ids[user], float(load.point[user]), shift, also))
    for carrier, made in arising.items():
        if made > 0:
            figure = float(load.point[carrier])
            found.append(_Change("load", ids[carrier], name, figure, 0.0, made * step))
    supply = float(state.supply.point[place])
    found.append(_Change("supply", name, name, supply, 0.0, supply * step))
    return found


def draw_demand(
    ds: Source,
    *,
    region: str | Region | None = None,
    products: Iterable[str] | None = None,
    draws: int = 1000,
    seed: int = 0,
    lang: Language | None = None,
) -> Result:
    """Return the draws behind the likely intervals of a region's demand, to be computed on.

    Parameters
    ----------
    ds
        The dataset, an open study or the state of a region.
    region
        A region, the focus by default.
    products
        Only these, by id or name.
    draws, seed
        As in :func:`find_gaps`; each link has its own sequence, which no other row changes.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Result
        One row a product and draw: `product_id`, `draw` (from 1), `unit`, `demand` (units a year). Only
        products whose demand is known are drawn.

    Raises
    ------
    UnknownNameError, OptionError
        For names and numbers that cannot be used.

    Examples
    --------
    >>> import chaingraph as cg
    >>> frame = draw_demand(cg.load_dataset("toy"), products=["foil"], draws=200).frame
    >>> frame.shape, bool(frame["demand"].between(900, 1100).all())
    ((200, 4), True)
    """
    call = Call.of(draw_demand, locals())
    state = as_state(ds, region)
    study = state.study
    asked = None if products is None else {read_product(study.dataset, name) for name in products}
    places, demand = demand_draws(state, draws=draws, seed=seed)
    ids = [study.product_graph.ids[place] for place in places.tolist()]
    known = ~np.isnan(state.demand.point[places])
    kept = known & np.array([asked is None or name in asked for name in ids], dtype=bool)
    size = demand.shape[1]
    units = study.products["unit"].iloc[places[kept]].tolist()
    names = [name for name, here in zip(ids, kept.tolist(), strict=True) if here]
    frame = pd.DataFrame({
        "product_id": np.repeat(np.array(names, dtype=object), size),
        "draw": np.tile(np.arange(1, size + 1), len(names)),
        "unit": np.repeat(np.array(units, dtype=object), size),
        "demand": demand[kept].ravel(),
    })  # fmt: skip
    frame = frame.astype({"product_id": "str", "unit": "str"})
    params = study_params(study, [state.region.name], None) | {"draws": size, "seed": seed}
    return Result("demand_draws", frame, params, read_lang(study.dataset, lang), call=call)
