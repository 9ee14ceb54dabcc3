"""Explanations: for one product, the coefficients and makers behind its demand, supply and gap."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chaingraph.analysis.balance import study_params
from chaingraph.analysis.settings import read_lang, read_product
from chaingraph.analysis.study import as_state
from chaingraph.enterprises import maker_rows, site_rows
from chaingraph.knowledge.recall import AT_MOST
from chaingraph.results import Call, Result, shown_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Source
    from chaingraph.regions import Region
    from chaingraph.words import Language

SHOWN = (
    "aspect", "input_id", "output_id", "enterprise_zh", "enterprise_en", "status", "since",
    "quantity", "quantity_unit", "coefficient", "link_unit", "share", "source_url",
)  # fmt: skip
_SITE_COLUMNS = (
    "enterprise_id", "province", "city", "county", "park", "scope", "status", "since", "as_of",
)  # fmt: skip


def explain_product(
    ds: Source,
    product_id: str,
    *,
    region: str | Region | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    utilisation: float | Mapping[str, float] | None = None,
    goal: Mapping[str, float] | None = None,
    lang: Language | None = None,
) -> Result:
    """Show every row that a product's figures rest on.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities.
    product_id
        The product: its id, or its Chinese or English name.
    region, at, statuses, load, utilisation, goal, lang
        As in :func:`calculate_balance`.

    Returns
    -------
    Result
        Rows of five `aspect` s: *demand* (a link whose output is made here: coefficient, share of its
        alternative group, quantity a year), *demand_maker* (the makers behind that output),
        *supply* (the local makers of the product), *pipeline* (local makers under construction or
        planned that do not count), *elsewhere* (makers in other regions). Each with `source_url`,
        `as_of`, `note` and `origin` (file and line). Rows without a source say so in `note`.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError
        For names, options and tables that cannot be used.

    Examples
    --------
    >>> import chaingraph as cg
    >>> frame = explain_product(cg.load_dataset("toy"), "foil").frame
    >>> frame[["aspect", "output_id", "quantity"]].to_numpy().tolist()[0]
    ['demand', 'cell', 1000.0]
    """
    call = Call.of(explain_product, locals())
    state = as_state(
        ds, region, at=at, statuses=statuses, load=load, utilisation=utilisation, goal=goal
    )
    study = state.study
    product_id = read_product(study.dataset, product_id)
    position = study.product_graph.find(product_id)
    links = _demand_links(state, position)
    users = [study.product_graph.ids[int(study.product_graph.target[link])] for link in links]
    makers = maker_rows(
        study.dataset.enterprises, study.standing, products=sorted({product_id, *users})
    )
    local = state.region.mask(makers)
    counted = makers["counted"] > 0
    blocks = []
    for link, user in zip(links, users, strict=True):
        blocks.append(_demand_row(state, link))
        chosen = site_rows(makers[local & (makers["product_id"] == user) & counted])
        blocks.append(_maker_rows(state, chosen, "demand_maker"))
    own = makers["product_id"] == product_id
    blocks.append(_maker_rows(state, site_rows(makers[own & local & counted]), "supply"))
    pipeline = site_rows(makers[own & local & ~counted])
    blocks.append(_maker_rows(state, pipeline, "pipeline"))
    blocks.append(_maker_rows(state, makers[own & ~local & counted], "elsewhere"))
    filled = [block for block in blocks if len(block)]
    frame = pd.concat(filled, ignore_index=True) if filled else _demand_row(state, None)
    params = study_params(study, [state.region.name], None) | {"product": product_id}
    notes = _summary(state, position)
    return Result("explain", frame, params, read_lang(study.dataset, lang), SHOWN, notes, call=call)


def _demand_links(state: RegionState, position: int) -> list[int]:
    """Return the links from the product to what is made here, largest demand first."""
    graph = state.study.product_graph
    links = np.flatnonzero(state.active & (graph.source == position)).tolist()
    return sorted(links, key=lambda link: (-state.flow[link], link))


_TEXTS = (
    "aspect", "input_id", "output_id", "enterprise_id", "enterprise_zh", "enterprise_en", "group_zh",
    "province", "city", "county", "park", "scope", "status", "since", "as_of", "quantity_unit", "link_unit",
    "alternative_group", "source_url", "note", "origin",
)  # fmt: skip
_NUMBERS = ("quantity", "coefficient", "low", "high", "share")


def _table(rows: int, columns: dict[str, Any]) -> pd.DataFrame:
    """Return a block with all columns, text or number, in one order."""
    data: dict[str, Any] = {}
    for name in _TEXTS:
        values = columns.get(name, [None] * rows)
        data[name] = pd.array(list(values), dtype="str")
    for name in _NUMBERS:
        data[name] = np.asarray(columns.get(name, np.full(rows, np.nan)), dtype=float)
    return pd.DataFrame(data)


def _demand_row(state: RegionState, link: int | None) -> pd.DataFrame:
    if link is None:
        return _table(0, {})
    graph, study = state.study.product_graph, state.study
    row = study.dataset.inputs.iloc[int(graph.row[link])]
    unknown = np.isnan(graph.coefficient[link]) or state.flow[link] <= 0
    source = int(graph.source[link])
    return _table(1, {
        "aspect": ["demand"],
        "input_id": [row["input_id"]],
        "output_id": [row["output_id"]],
        "quantity": [np.nan if unknown else state.flow[link]],
        "quantity_unit": [study.products["unit"].iloc[source]],
        "coefficient": [graph.coefficient[link]],
        "low": [graph.low[link]],
        "high": [graph.high[link]],
        "link_unit": [row["unit"]],
        "share": [state.share[link]],
    } | {name: [row.get(name)] for name in ("alternative_group", "source_url", "note", "origin")}
      | {"as_of": [row["year"]]})  # fmt: skip


def _maker_rows(state: RegionState, makers: pd.DataFrame, aspect: str) -> pd.DataFrame:
    del state
    ordered = makers.sort_values(
        ["capacity", "enterprise_id", "status", "since"], ascending=[False, True, True, True]
    )
    return _table(len(ordered), {
        "aspect": [aspect] * len(ordered),
        "output_id": ordered["product_id"],
        "enterprise_zh": ordered["name_zh"],
        "enterprise_en": ordered["name_en"],
        "quantity": ordered["capacity"],
        "quantity_unit": ordered["unit"],
        "group_zh": ordered["group_zh"],
        "source_url": ordered["source_url"],
        "note": ordered["note"],
    } | {name: ordered[name] for name in _SITE_COLUMNS}
      | ({"origin": ordered["origin"]} if "origin" in ordered else {}))  # fmt: skip


def _summary(state: RegionState, position: int) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Say in sentences what the rows add up to."""
    study = state.study
    row = study.products.iloc[position]
    unit = row["unit"] if isinstance(row["unit"], str) else ""
    notes: list[tuple[str, dict[str, Any]]] = [
        (
            "explain-balance",
            {
                "product": study.product_graph.ids[position],
                "demand": str(state.demand.take([position])),
                "supply": str(state.supply.take([position])),
                "unit": unit,
            },
        )
    ]
    if state.users_unknown[position]:
        notes.append(("explain-open-users", {"count": int(state.users_unknown[position])}))
    if state.unquantified[position]:
        notes.append(("explain-open-makers", {"count": int(state.unquantified[position])}))
    share, basis = study.recall.share[position], study.recall.basis[position]
    if basis and not (basis == AT_MOST and share >= 1):
        key = "explain-known-most" if basis == AT_MOST else "explain-known"
        notes.append((key, {"share": f"{share:.0%}", "year": study.recall.year[position]}))
    if isinstance(row["restricted"], str):
        both = {"restriction": row["restricted"], "restriction_zh": row["restricted_zh"]}
        if not isinstance(both["restriction_zh"], str):
            both["restriction_zh"] = row["restricted"]
        notes.append(("explain-restricted", both))
    if study.goal.get(study.product_graph.ids[position]):
        notes.append(
            ("explain-goal", {"goal": shown_number(study.goal[study.product_graph.ids[position]])})
        )
    return tuple(notes)
