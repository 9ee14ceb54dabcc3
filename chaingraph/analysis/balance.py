"""The balance of a region: what it makes against what its makers take, product by product."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.analysis.settings import read_chain, read_lang
from chaingraph.analysis.standing import shown_capacity
from chaingraph.analysis.study import as_states
from chaingraph.analysis.uncertainty import demand_interval
from chaingraph.gazetteer import find_regions
from chaingraph.knowledge.evidence import LEVELS
from chaingraph.quantity import reason_names
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from chaingraph.analysis.basis import Basis
    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.state import RegionState
    from chaingraph.dataset import Dataset
    from chaingraph.gazetteer import Asked
    from chaingraph.quantity import Integers
    from chaingraph.words import Language

PRODUCT_COLUMNS = ("product_id", "name_zh", "name_en", "chains", "stage", "kind", "unit")
SHOWN = (
    "product_id", "name_zh", "name_en", "unit", "evidence", "makers", "capacity", "construction",
    "demand_low", "demand", "demand_high", "gap_low", "gap", "gap_high", "coverage",
)  # fmt: skip


def calculate_balance(
    ds: Dataset | Basis | RegionState,
    *,
    region: Asked = None,
    chain: str | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    utilisation: float | Mapping[str, float] | None = None,
    goal: Mapping[str, float] | None = None,
    explode: bool = False,
    draws: int = 0,
    seed: int = 0,
    lang: Language | None = None,
) -> Result:
    r"""Set what a region makes against what its own makers take, for every product.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities. Or an open study, whose assumptions then hold, or a
        region's state.
    region
        A region, several, or a level (``"city"``: every city); the dataset's focus by default.
    chain
        Only the products of this chain. Figures are of the whole region all the same.
    at
        Date of the capacities; the dataset's own by default.
    statuses
        Which capacities count, with a commitment factor: ``{"operating": 1, "construction": 0.8}``.
    load
        How hard makers run: ``"actual"``, ``"full"``, a figure, or figures of some products; see
        :func:`open_study`.
    utilisation
        The former name of `load`.
    goal
        Final demand to be added, product (id or name) -> units a year.
    explode
        Count what the goal takes through all stages.
    draws, seed
        Draws for the likely interval of the demand; 0 draws: none.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Result
        One row a region and product that is made, needed or under construction there: `evidence`,
        `capacity` (known figures; missing where makers have none), `construction`, `demand_low`,
        `demand`, `demand_high`, `demand_full` (at full load), `own_use`, `merchant` (supply left for
        others), `gap_low`, `gap`, `gap_high`, `balance` (units a year), `coverage` (0 to 1),
        `gap_value_cny` with `gap_value_cny_low` and `gap_value_cny_high` (CNY a year), `price_cny`,
        `price_date`, `price_far` (the price is of more than 12 months before or after), `makers`,
        `makers_unquantified`, `users`, `users_unquantified`, `hhi`,
        `sourced_share`, `reasons`, `national_capacity`, `national_makers`, `collection_recall` (0 to
        1: the share of the nation's capacity that rows of running makers know), `recall_basis` (stated in
        `product_facts`, else over the nation's ``capacity``, else over its ``output``: then an upper bound),
        `national_total` (units a year that it is a share of), `recall_year` (of the total or the fact),
        and with draws `demand_likely_low`, `demand_likely_high`. The figure is missing where it can't be told,
        never zero; an end without bound is infinite.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError
        For names, options and tables that cannot be used.

    Notes
    -----
    :math:`d_i = \sum_j a_{ij} s_{ij} k_j l_j + y_i` with load l, against supply :math:`k_i v_i` with
    availability v and by-products; own use within sites first, choices between alternatives with the
    least gap: see :func:`chaingraph.allocation.allocate`. Direct inputs only: what a missing input would itself
    take is not charged to the region. It is the Leontief quantity relation with outputs at
    actual load (Miller and Blair 2009, section 2.2). Ends are those of interval arithmetic
    (Moore 1966), worst cases on purpose.

    Examples
    --------
    >>> import chaingraph as cg
    >>> frame = calculate_balance(cg.load_dataset("toy")).frame.set_index("product_id")
    >>> frame.loc["foil", ["demand_low", "demand", "demand_high", "gap", "coverage"]].tolist()
    [900.0, 1000.0, 1100.0, 1000.0, 0.0]
    """
    call = Call.of(calculate_balance, locals())
    study, states = as_states(
        ds,
        region,
        at=at,
        statuses=statuses,
        load=load,
        utilisation=utilisation,
        goal=goal,
        explode=explode,
    )
    wanted = chain_filter(study, chain)
    blocks = []
    for state in states:
        seen = (state.makers > 0) | state.present | state.needed
        seen |= (state.rows.construction_rows > 0) | (state.rows.stale_rows > 0)
        rows = np.flatnonzero(seen & wanted)
        numbers = balance_numbers(state, rows, draws=draws, seed=seed)
        blocks.append(Block(state.region.name, rows, numbers))
    params = study_params(study, [block.region for block in blocks], chain)
    shown = SHOWN if len(blocks) == 1 else ("region", *SHOWN)
    frame = named_codes(study, join_blocks(study, blocks))
    notes = nobody_notes(study, frame, [block.region for block in blocks])
    return Result("balance", frame, params, read_lang(study.dataset, lang), shown, notes, call=call)


def chain_filter(study: Basis, chain: str | None) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tell which products belong to a chain, all for None."""
    name = read_chain(study.dataset, chain)
    if name is None:
        return np.ones(study.product_graph.size, dtype=bool)
    return np.array([name in tags for tags in study.chain_tags], dtype=bool)


def study_params(study: Basis, regions: list[str], chain: str | None) -> dict[str, Any]:
    """Return what was asked, as every result of a region carries it: enough to ask it again."""
    ds = study.dataset
    params: dict[str, Any] = {
        "dataset": ds.name,
        "version": ds.version,
        "at": ds.as_of,
        "region": regions[0] if len(regions) == 1 else tuple(regions),
        "statuses": study.statuses,
        "load": study.loads.asked,
    }
    if ds.supposed is not None:
        params["scenario"] = ds.supposed.name
    if study.stale != "drop":
        params["stale"] = study.stale
    if study.price_rule != "at":
        params["prices"] = study.price_rule
    if chain:
        params["chain"] = read_chain(ds, chain)
    if study.goal:
        params["goal"] = study.goal
    if study.explode:
        params["explode"] = True
    if ds.skipped_rows:
        params["skipped_rows"] = ds.skipped_rows
    return params


def nobody_notes(
    study: Basis, frame: pd.DataFrame, regions: list[str]
) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Say of a region without any row that the data name no maker there that counts, where that is why."""
    if len(frame) or len(regions) != 1:
        return ()
    makers = study.maker_rows
    here = find_regions(study.dataset, regions)[0].mask(makers)
    if (makers.loc[here, "counted"] > 0).any():
        return ()
    return (("note-nobody", {"region": regions[0]}),)


class Block(NamedTuple):
    """Rows of one region: products by position and the columns that belong to them."""

    region: str
    rows: Integers
    columns: dict[str, NDArray[Any]]


def join_blocks(study: Basis, blocks: list[Block]) -> pd.DataFrame:
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
    columns["price_cny"] = study.price[rows]
    dates = pd.array([date or None for date in study.prices.date], dtype="str")
    columns["price_date"] = dates.take(rows)
    columns["price_far"] = (~study.prices.of_date & ~np.isnan(study.price))[rows]
    recall = study.recall
    columns["collection_recall"], columns["national_total"] = recall.share[rows], recall.total[rows]
    for name, cells in (("recall_basis", recall.basis), ("recall_year", recall.year)):
        columns[name] = pd.array([cell or None for cell in cells], dtype="str").take(rows)
    return pd.DataFrame(columns, copy=False)


def balance_numbers(
    state: RegionState, rows: Integers, *, draws: int, seed: int
) -> dict[str, NDArray[Any]]:
    """Return the balance columns of some products of a region, in the order of `rows`."""
    study = state.study
    value = state.gap_value
    numbers: dict[str, Any] = {
        "evidence": state.evidence.level,
        "makers": state.makers,
        "makers_unquantified": state.unquantified,
        "capacity": shown_capacity(state),
        "construction": state.construction,
        "stale_rows": state.rows.stale_rows,
        "demand_low": state.demand.low,
        "demand": state.demand.point,
        "demand_high": state.demand.high,
        "demand_full": state.demand_full,
        "own_use": state.own_use.point,
        "merchant": state.merchant.point,
        "gap_low": state.gap.low,
        "gap": state.gap.point,
        "gap_high": state.gap.high,
        "balance": state.balance,
        "coverage": state.coverage,
        "gap_value_cny_low": value.low,
        "gap_value_cny": value.point,
        "gap_value_cny_high": value.high,
        "users": state.users,
        "users_unquantified": state.users_unknown,
        "hhi": state.rows.hhi,
        "sourced_share": state.sourced_demand,
        "reasons": np.where(state.gap.low < state.gap.high, state.gap.reasons, 0),
        "national_capacity": study.nation.capacity,
        "national_makers": study.nation.makers,
    }
    if draws:
        interval = demand_interval(state, draws=draws, seed=seed)
        numbers["demand_likely_low"] = interval.low
        numbers["demand_likely_high"] = interval.high
    return {name: values[rows] for name, values in numbers.items()}


def named_codes(study: Basis, frame: pd.DataFrame) -> pd.DataFrame:
    """Return joined blocks with words for the codes of evidence and reasons, in place."""
    del study
    if "evidence" not in frame:
        return frame
    frame["evidence"] = pd.array(LEVELS, dtype="str").take(frame["evidence"].to_numpy())
    bits = frame["reasons"].to_numpy()
    known = ["; ".join(reason_names(bit)) or None for bit in range(bits.max(initial=0) + 1)]
    frame["reasons"] = pd.array(known, dtype="str").take(bits)
    return frame
