"""The balance of a region: capacity against derived demand, product by product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.analysis.settings import read_chain, read_lang
from chaingraph.analysis.state import RegionState, Study, as_states
from chaingraph.analysis.uncertainty import demand_interval
from chaingraph.results import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from chaingraph.analysis.state import Source
    from chaingraph.gazetteer import Asked
    from chaingraph.products import Floats, Integers

PRODUCT_COLUMNS = ("product_id", "name_zh", "name_en", "chains", "stage", "kind", "unit")
SHOWN = (
    "product_id", "name_zh", "name_en", "unit", "makers", "capacity", "construction",
    "demand", "balance", "coverage",
)  # fmt: skip


def calculate_balance(
    ds: Source,
    *,
    region: Asked = None,
    chain: str | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    utilisation: float | Mapping[str, float] = 1.0,
    goal: Mapping[str, float] | None = None,
    draws: int = 0,
    seed: int = 0,
    lang: str | None = None,
) -> Result:
    r"""Set a region's capacity against what its own makers would take, for every product.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities. An open study (:func:`open_study`) or a region's
        state stands for its dataset; it takes no other assumptions than its own.
    region
        A region or its name (:func:`region`), several, or a level (``"city"``: every city); the
        dataset's focus by default.
    chain
        Only the products of this chain. Figures are of the whole region all the same.
    at
        Date of the capacities; the dataset's own by default.
    statuses
        Which capacities count, with a commitment factor: ``{"operating": 1, "construction": 0.8}``.
    utilisation
        u_j, one figure or one a product (id or name); 1 by default.
    goal
        Final demand to be added, product (id or name) -> units a year.
    draws, seed
        Draws for the interval of the demand; 0 draws: no interval.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Result
        One row a region and product that is made, needed or under construction there: `capacity`,
        `construction`, `demand`, `balance` (units a year), `coverage` (0 to 1), `gap_value_cny` (CNY a
        year), `makers`, `makers_unquantified`, `users`, `users_unquantified`, `hhi`,
        `sourced_share`, `national_capacity`, `national_makers`, and with draws `demand_low`,
        `demand_high`, `probability_short`. Unknown is missing, never zero.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError
        For names, options and tables that cannot be used.

    Notes
    -----
    :math:`d_i = \sum_j a_{ij} s_{ij} k_j u_j + y_i`, :math:`b_i = k_i u_i - d_i`, coverage
    :math:`\min(1, k_i u_i / d_i)`, with the share s of alternatives by :func:`split_alternatives`.
    Direct inputs only: what a missing input would itself take is not charged to the region. It is
    the Leontief quantity relation with outputs at capacity (Miller and Blair 2009, section 2.2).

    Examples
    --------
    >>> import chaingraph as cg
    >>> frame = calculate_balance(cg.load_dataset("toy")).frame.set_index("product_id")
    >>> frame.loc["powder_a", ["capacity", "demand", "balance", "coverage"]].tolist()
    [1500.0, 2000.0, -500.0, 0.75]
    """
    study, states = as_states(
        ds, region, at=at, statuses=statuses, utilisation=utilisation, goal=goal
    )
    wanted = chain_filter(study, chain)
    blocks = []
    for state in states:
        seen = (state.makers > 0) | state.needed | (state.construction > 0)
        rows = np.flatnonzero(seen & wanted)
        numbers = balance_numbers(state, rows, draws=draws, seed=seed)
        blocks.append(Block(state.region.name, rows, numbers))
    params = study_params(study, [block.region for block in blocks], chain)
    shown = SHOWN if len(blocks) == 1 else ("region", *SHOWN)
    frame = join_blocks(study, blocks)
    return Result("balance", frame, params, read_lang(study.dataset, lang), shown)


def chain_filter(study: Study, chain: str | None) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell which products belong to a chain, all for None."""
    name = read_chain(study.dataset, chain)
    if name is None:
        return np.ones(study.graph.size, dtype=bool)
    return np.array([name in tags for tags in study.chain_tags], dtype=bool)


def study_params(study: Study, regions: list[str], chain: str | None) -> dict[str, Any]:
    """Return what was asked, as every result of a region carries it."""
    ds = study.dataset
    utilisation = study.utilisation
    same = len(utilisation) > 0 and bool((utilisation == utilisation[0]).all())
    apart = np.flatnonzero(utilisation != 1)
    by_product = {study.graph.ids[i]: float(utilisation[i]) for i in apart.tolist()}
    params: dict[str, Any] = {
        "dataset": ds.name,
        "version": ds.version,
        "at": ds.as_of,
        "region": regions[0] if len(regions) == 1 else tuple(regions),
        "statuses": study.statuses,
        "utilisation": float(utilisation[0]) if same else by_product,
    }
    if chain:
        params["chain"] = chain
    if study.goal:
        params["goal"] = study.goal
    if ds.skipped_rows:
        params["skipped_rows"] = ds.skipped_rows
    return params


class Block(NamedTuple):
    """Rows of one region: products by position and the columns that belong to them."""

    region: str
    rows: Integers
    columns: dict[str, NDArray[Any]]


def join_blocks(study: Study, blocks: list[Block]) -> pd.DataFrame:
    """Return one frame of the blocks of all regions: region, the product's columns, their own.

    Each column is made once for all regions: a frame a region would cost more than the analysis.
    """
    if not blocks:
        return pd.DataFrame()
    rows = np.concatenate([block.rows for block in blocks])
    number = np.repeat(np.arange(len(blocks)), [len(block.rows) for block in blocks])
    names = pd.array([block.region for block in blocks], dtype="str")
    columns: dict[str, Any] = {"region": names.take(number)}
    for name in PRODUCT_COLUMNS:
        shown = "product_kind" if name == "kind" else name
        columns[shown] = study.products[name].array.take(rows)
    for name in list(blocks[0].columns):
        columns[name] = np.concatenate([block.columns.pop(name) for block in blocks])
    return pd.DataFrame(columns, copy=False)


def balance_numbers(
    state: RegionState, rows: Integers, *, draws: int, seed: int
) -> dict[str, NDArray[Any]]:
    """Return the balance columns of some products of a region, in the order of `rows`."""
    study = state.study
    numbers: dict[str, Any] = {
        "makers": state.makers,
        "makers_unquantified": state.unquantified,
        "capacity": unknown_capacity(state),
        "construction": state.construction,
        "demand": unknown_demand(state),
        "balance": state.balance,
        "coverage": state.coverage,
        "price_cny": study.price,
        "gap_value_cny": state.gap_value,
        "users": state.users,
        "users_unquantified": state.users_unknown,
        "hhi": state.hhi,
        "sourced_share": state.sourced_demand,
        "national_capacity": unknown_national(study),
        "national_makers": study.nation.makers,
    }
    if draws:
        interval = demand_interval(state, draws=draws, seed=seed)
        numbers["demand_low"] = interval.low
        numbers["demand_high"] = interval.high
        numbers["probability_short"] = interval.probability_short
    return {name: values[rows] for name, values in numbers.items()}


def unknown_capacity(state: RegionState) -> Floats:
    """Return the capacities, missing where makers are known and none of their figures is."""
    unknown = (state.unquantified > 0) & (state.capacity <= 0)
    return np.where(unknown, np.nan, state.capacity)


def unknown_demand(state: RegionState) -> Floats:
    """Return the demands, missing where a user is known and nothing of its demand is."""
    unknown = (state.demand <= 0) & state.needed
    return np.where(unknown, np.nan, state.demand)


def unknown_national(study: Study) -> Floats:
    """Return the national capacities, missing where makers are known and no figure is."""
    unknown = (study.nation.makers > 0) & (study.nation.capacity <= 0)
    return np.where(unknown, np.nan, study.nation.capacity)
