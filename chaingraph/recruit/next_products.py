"""Which products may come to a region next, and which groups to call for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.analysis.balance import study_params
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import as_state
from chaingraph.errors import OptionError
from chaingraph.recruit.arrivals import (
    PRODUCT_FEATURES,
    arrival_chances,
    kin_here,
    product_counts,
    product_features,
    read_product_weights,
)
from chaingraph.recruit.features import GROUP_FEATURES, filled, measure
from chaingraph.recruit.lists import LISTS, NONE, which_list
from chaingraph.recruit.ranking import open_view
from chaingraph.recruit.scoring import read_weights
from chaingraph.recruit.unlisted import unlisted
from chaingraph.results import Call, Result
from chaingraph.words import LANGUAGES, message

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Source
    from chaingraph.products import Floats, Integers
    from chaingraph.recruit.features import View
    from chaingraph.regions import Region
    from chaingraph.words import Language

CALLS: Final = 20
LIMIT: Final = 10
_NAMED: Final = 3
PRODUCTS_SHOWN: Final = (
    "rank", "product_id", "name_zh", "name_en", "outlook", "cities_with", "recent_arrivals",
    "province_cities", "kin_groups", "local_users", "verb",
)  # fmt: skip
CALLS_SHOWN: Final = (
    "rank", "group_zh", "target_list", "product_id", "name_zh", "name_en", "product_rank",
    "makes_it", "distance_km", "also", "call_share",
)  # fmt: skip
_COLUMNS: Final = ("cities_with", "recent_arrivals", "province_cities", "kin_groups", "local_users")


def rank_products(
    ds: Source,
    *,
    region: str | Region | None = None,
    limit: int = LIMIT,
    weights: Mapping[str, float] | str | Path | None = None,
    at: str | None = None,
    lang: Language | None = None,
) -> Result:
    r"""Rank the products that nobody makes in a region by how soon they may come.

    Parameters
    ----------
    ds
        The dataset, an open study or a region's state; needs enterprises and capacities.
    region
        One region; the focus by default.
    limit
        Products; 0: all.
    weights
        Weights of the five counts, or a TOML file with a table ``[products]``; the fitted ones by default.
    at
        Date; that of the dataset by default.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Result
        One row a product, the likeliest first: `rank`, `product_id`, names, `outlook` (the score), what
        it is made of (`cities_with`, `recent_arrivals`, `province_cities`, `kin_groups` with some
        `kin_names`, `local_users`), what the region's state says of it (`gap_kind`, `verb`; empty
        where it needs none), `reasons_zh`, `reasons_en`.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError, FileProblemError
        For names, options, tables and weights files that cannot be used.

    Notes
    -----
    The score is :math:`\sum_k w_k \ln(1 + n_k)` over the counts of
    :func:`chaingraph.recruit.arrivals.product_counts`, with the weights of a conditional logit
    (McFadden 1974) of which of the products it lacked came to a city within a year. Products without a
    target list (resources, grid energy, what is collected or declining) are left out, and so is what
    nobody makes anywhere.

    Examples
    --------
    >>> import chaingraph as cg
    >>> found = cg.rank_products(cg.load_dataset("toy"), limit=2)
    >>> found.frame["rank"].tolist()
    [1, 2]
    """
    call = Call.of(rank_products, locals())
    if limit < 0:
        raise OptionError("bad-limit", value=limit)
    outlook = _look(as_state(ds, region, at=at), read_product_weights(weights))
    order = outlook.order[: limit or None]
    return _result("next_products", outlook, _product_frame(outlook, order), lang, call)


def rank_calls(
    ds: Source,
    *,
    region: str | Region | None = None,
    calls: int = CALLS,
    weights: Mapping[str, float] | str | Path | None = None,
    product_weights: Mapping[str, float] | str | Path | None = None,
    at: str | None = None,
    lang: Language | None = None,
) -> Result:
    """List the groups to call for whatever a region lacks, each once, with the product to talk about.

    Parameters
    ----------
    ds, region, at, lang
        As in :func:`rank_products`.
    calls
        Names; 0: all.
    weights, product_weights
        Weights of groups as in :func:`rank_targets`, of products as in :func:`rank_products`.

    Returns
    -------
    Result
        One row a group, the likeliest first: `rank`, `group_zh`, `target_list` (outside, local), the
        product that it is likeliest to bring (`product_id`, names, `product_rank`, `verb`), `makes_it`,
        `distance_km`, `also` (ids of up to three further products), `call_share` (0 to 1: see Notes).

    Notes
    -----
    The share is the model's chance that the next group to come with a product nobody makes here is this
    one, if it comes from the lists at all (:func:`chaingraph.recruit.arrivals.arrival_chances`). It
    orders whom to call; half of those who come are in no list.

    Examples
    --------
    >>> import chaingraph as cg
    >>> found = cg.rank_calls(cg.load_dataset("toy"), calls=3)
    >>> bool(found.frame["group_zh"].is_unique)
    True
    """
    call = Call.of(rank_calls, locals())
    if calls < 0:
        raise OptionError("bad-calls", value=calls)
    state = as_state(ds, region, at=at)
    outlook = _look(state, read_product_weights(product_weights))
    frame = _call_frame(outlook, read_weights(weights), calls)
    return _result("next_calls", outlook, frame, lang, call)


@dataclass(frozen=True, eq=False)
class _Outlook:
    """The products that a region lacks, counted and scored.

    Attributes
    ----------
    scores
        By product.
    order
        Positions of the products that are ranked, the likeliest first.
    """

    state: RegionState
    view: View
    counts: Mapping[str, Floats]
    scores: Floats
    order: Integers


def _look(state: RegionState, weights: Mapping[str, float]) -> _Outlook:
    """Count what speaks for each product that nobody makes here."""
    study = state.study
    graph = study.product_graph
    view = open_view(state, range(graph.size))
    counts = product_counts(view.field.evidence, view.place, view.setting)
    scores = product_features(counts) @ np.array([weights[name] for name in PRODUCT_FEATURES])
    asked = ~view.place.products & ~state.present & (unlisted(study) == "")
    asked &= view.setting.cities_with > 0
    found = np.flatnonzero(asked)
    order = found[np.lexsort((np.array(graph.ids)[found], -scores[found]))]
    return _Outlook(state, view, counts, scores, order.astype(np.intp))


def _result(
    kind: str, outlook: _Outlook, frame: pd.DataFrame, lang: Language | None, call: Call
) -> Result:
    study, name = outlook.state.study, outlook.state.region.name
    shown = PRODUCTS_SHOWN if kind == "next_products" else CALLS_SHOWN
    note: tuple[str, dict[str, Any]] = ("next-order", {})
    if frame.empty:
        note = ("next-nothing", {"region": name})
    params = study_params(study, [name], None)
    return Result(kind, frame, params, read_lang(study.dataset, lang), shown, (note,), call=call)


def _said(outlook: _Outlook, products: Integers) -> dict[str, Any]:
    """Return ids and names of products, and what the state of the region says of them."""
    state = outlook.state
    rows = state.study.products.iloc[products].reset_index(drop=True)
    verb = pd.Series(state.advice.verb[products], dtype="str")
    kind = pd.Series(np.asarray(state.decisions.text("kind"))[products], dtype="str")
    return {
        "product_id": rows["product_id"].astype("str"),
        "name_zh": rows["name_zh"].astype("str"),
        "name_en": rows["name_en"].astype("str"),
        "gap_kind": kind.mask(kind == ""),
        "verb": verb.mask(verb == ""),
    }


def _product_frame(outlook: _Outlook, order: Integers) -> pd.DataFrame:
    place = outlook.view.place
    evidence = outlook.view.field.evidence
    kin = kin_here(evidence, place)
    names = np.unique(evidence.holdings.group[place.made])
    groups = [evidence.groups[names[kin[:, p]]].tolist() for p in order.tolist()]
    columns: dict[str, Any] = {
        "region": pd.array([outlook.state.region.name] * len(order), dtype="str"),
        "rank": np.arange(1, len(order) + 1),
    }
    columns |= _said(outlook, order)
    columns["outlook"] = outlook.scores[order]
    for column, name in zip(_COLUMNS, PRODUCT_FEATURES, strict=True):
        values = outlook.counts[name][order]
        columns[column] = values if name == "recent" else values.astype(np.intp)
    columns["kin_names"] = pd.array([", ".join(g[:_NAMED]) or None for g in groups], dtype="str")
    for lang in LANGUAGES:
        columns[f"reasons_{lang}"] = pd.array(
            [_reasons(outlook, p, g, lang) for p, g in zip(order.tolist(), groups, strict=True)],
            dtype="str",
        )
    return pd.DataFrame(columns)


def _reasons(outlook: _Outlook, product: int, kin: list[str], lang: Language) -> str:
    """Say what speaks for a product, each count that is there."""
    parts = []
    joint = "、" if lang == "zh" else ", "
    for name in PRODUCT_FEATURES:
        count = float(outlook.counts[name][product])
        if count > 0:
            figure: Any = count if name == "recent" else round(count)
            names = joint.join(kin[:_NAMED])
            parts.append(message(f"next-{name}", lang, count=figure, names=names))
    return ("；" if lang == "zh" else "; ").join(parts)


def _call_frame(outlook: _Outlook, weights: Mapping[str, float], calls: int) -> pd.DataFrame:
    view = outlook.view
    field = view.field
    nothing = np.zeros(outlook.state.study.product_graph.size, dtype=bool)
    listed = which_list(view, nothing)
    rows = np.flatnonzero((listed != NONE) & np.isin(field.product, outlook.order))
    parts = measure(view)
    scores = sum(
        (weights[name] * filled(parts[name][rows]) for name in GROUP_FEATURES), np.zeros(len(rows))
    )
    codes, group = np.unique(field.group[rows], return_inverse=True)
    group = group.reshape(-1).astype(np.intp)
    chance, best = arrival_chances(outlook.scores, field.product[rows], group, scores)
    names = field.evidence.groups[codes]
    order = np.lexsort((names.astype(str), -chance))[: calls or None]
    chosen = rows[best[order]]
    product = field.product[chosen]
    place_of = {p: i + 1 for i, p in enumerate(outlook.order.tolist())}
    columns: dict[str, Any] = {
        "region": pd.array([outlook.state.region.name] * len(order), dtype="str"),
        "rank": np.arange(1, len(order) + 1),
        "group_zh": pd.array(names[order].tolist(), dtype="str"),
        "target_list": pd.array([LISTS[n] for n in listed[chosen].tolist()], dtype="str"),
    }
    columns |= _said(outlook, product)
    columns |= {
        "product_rank": np.array([place_of[p] for p in product.tolist()], dtype=np.intp),
        "makes_it": field.maker[chosen],
        "distance_km": field.smallest(view.place.nearest)[chosen],
        "also": _also(outlook, field.product[rows], group, order, product),
        "call_share": chance[order],
    }
    return pd.DataFrame(columns)


def _also(
    outlook: _Outlook, products: Integers, group: Integers, chosen: Integers, main: Integers
) -> Any:
    """Name up to three further products that each group may come with, the likeliest first."""
    ids = outlook.state.study.product_graph.ids
    place_of = {p: i for i, p in enumerate(outlook.order.tolist())}
    told = []
    for code, first in zip(chosen.tolist(), main.tolist(), strict=True):
        own = [p for p in products[group == code].tolist() if p != first]
        own = sorted(own, key=place_of.__getitem__)[:_NAMED]
        told.append("; ".join(ids[p] for p in own) or None)
    return pd.array(told, dtype="str")
