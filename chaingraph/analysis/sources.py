"""On which pages a result rests: the gap value by grade of source, and the rows to be verified first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from chaingraph.analysis.balance import chain_filter, study_params
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import as_state
from chaingraph.enterprises import site_rows
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Source
    from chaingraph.dataset import Dataset
    from chaingraph.quantity import Floats
    from chaingraph.regions import Region
    from chaingraph.words import Language

FIRM: Final = ("official", "filing")
"""Grades of those who answer for what they publish."""
SOLID: Final = (*FIRM, "association", "trade_press")
"""Grades that a figure can be shown on; words in the vocabulary ``source_grade``."""
GRADES: Final = (*SOLID, "repost", "unknown", "none")
"""All grades, the best first, and none: a row without an address, which is general knowledge."""
CARRIERS: Final = ("user", "maker", "coefficient", "price")
"""What a gap value is worked out from; words in the vocabulary ``carrier``."""
GRADE_COLUMNS: Final = tuple(f"grade_{grade}" for grade in GRADES)
SHOWN: Final = ("carrier", "rows", "carried_cny", "firm_share", "solid_share", *GRADE_COLUMNS)
SHOWN_TO_VERIFY: Final = (
    "rank", "carrier", "name_zh", "name_en", "use_zh", "use_en", "source_grade", "carried_cny",
    "carried_share", "source_url",
)  # fmt: skip
_PARTS: Final = {
    "carrier": "str", "product_id": "str", "input_id": "str", "enterprise_id": "str",
    "name_zh": "str", "name_en": "str", "use_zh": "str", "use_en": "str", "source_url": "str",
    "note": "str", "origin": "str", "carried_cny": "float64",
}  # fmt: skip
_TINY: Final = 1e-9


def source_grades(ds: Dataset) -> dict[str, str]:
    """Return the grade of each address that the dataset's table of sources has."""
    if not ds.has("sources"):
        return {}
    frame = ds.table("sources")
    grades = frame["grade"].fillna("unknown").tolist()
    return dict(zip(frame["source_url"].tolist(), grades, strict=True))


def grade_addresses(addresses: Iterable[object], grades: Mapping[str, str]) -> list[str]:
    """Return the grade of each address: unknown where its page has none, none where there is no address.

    Examples
    --------
    >>> grade_addresses(["http://a.example/1", "http://b.example", None], {"http://a.example/1": "filing"})
    ['filing', 'unknown', 'none']
    """
    return [
        grades.get(text, "unknown") if isinstance(text, str) and text else "none"
        for text in addresses
    ]


def grade_shares(given: Iterable[str], weights: Iterable[float] | None = None) -> dict[str, float]:
    """Return by column of :data:`GRADE_COLUMNS` the share of each grade; nan where there is nothing.

    Parameters
    ----------
    given
        Grades.
    weights
        What each of them counts; one each by default.

    Examples
    --------
    >>> grade_shares(["filing", "none"], [3, 1])["grade_filing"]
    0.75
    """
    names = list(given)
    counts = np.ones(len(names)) if weights is None else np.fromiter(weights, dtype=float)
    total = float(counts.sum())
    held = dict.fromkeys(GRADES, 0.0)
    for name, count in zip(names, counts.tolist(), strict=True):
        held[name] += count
    return {
        column: held[grade] / total if total > 0 else float("nan")
        for grade, column in zip(GRADES, GRADE_COLUMNS, strict=True)
    }


def share_of(shares: Mapping[str, float], grades: Iterable[str]) -> float:
    """Return the share of some grades together."""
    return sum(shares[f"grade_{grade}"] for grade in grades)


def grade_result(
    ds: Source,
    region: str | Region | None = None,
    *,
    chain: str | None = None,
    lang: Language | None = None,
) -> Result:
    r"""Tell on which grades of source a region's gap value rests.

    Parameters
    ----------
    ds
        The dataset, an open study or the state of a region.
    region
        The region; the focus by default.
    chain
        Only gaps in products of this chain.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Result
        One row a kind of quantity (`carrier`: capacity of users, capacity of local makers, coefficient,
        price) and ``all``: `rows` behind it, `carried_cny` (the gap value that it carries, CNY a year),
        `firm_share` (official pages and filings), `solid_share` (these, associations and the trade
        press), and the share of each grade. An address without a row in the table of sources is
        ``unknown``; a row without an address is ``none``, general knowledge.

    Raises
    ------
    UnknownNameError, MissingTableError
        For a region or tables that are not there.

    Notes
    -----
    The value of each gap (the figure, else the least) is spread once over each kind: over prices by
    product, over coefficients by what each link takes, over capacity rows of users by the same and their
    capacity, over rows of local makers by their capacity; ``all`` adds the kinds up. A capacity that no
    row gives a figure of (a typical plant) is ``none``. Loads and shares of alternatives are no kind.

    Examples
    --------
    >>> import chaingraph as cg
    >>> grade_result(cg.load_dataset("toy")).frame.set_index("carrier").loc["price", "solid_share"]
    np.float64(0.0)
    """
    call = Call.of(grade_result, locals())
    state = as_state(ds, region)
    parts = parts_of(state, chain)
    rows = []
    for name in (*CARRIERS, "all"):
        own = parts if name == "all" else parts[parts["carrier"] == name]
        shares = grade_shares(own["source_grade"].fillna("none"), own["carried_cny"])
        rows.append({
            "carrier": name, "rows": len(own), "carried_cny": float(own["carried_cny"].sum()),
            "firm_share": share_of(shares, FIRM), "solid_share": share_of(shares, SOLID), **shares,
        })  # fmt: skip
    frame = pd.DataFrame(rows, columns=list(SHOWN)).astype({"carrier": "str"})
    last = rows[-1]
    told = {
        "solid": last["solid_share"], "firm": last["firm_share"], "whole": share_whole(parts),
    }  # fmt: skip
    notes = (("note-graded", told),) if len(parts) else (("note-nothing-graded", {}),)
    return _result(state, "graded", frame, SHOWN, chain, lang, notes, call)


def share_whole(parts: pd.DataFrame) -> float:
    """Return the share of the gap value whose coefficient, users and price all rest on solid pages.

    Parameters
    ----------
    parts
        Rows of :func:`parts_of`.
    """
    links = parts[parts["carrier"] == "coefficient"]
    if links.empty:
        return float("nan")
    solid = parts["carried_cny"].where(parts["source_grade"].isin(SOLID), 0.0)

    def shares(carrier: str) -> pd.Series:
        own = parts["carrier"] == carrier
        by = parts.loc[own, "product_id"]
        whole = parts.loc[own, "carried_cny"].groupby(by).sum()
        found: pd.Series = solid[own].groupby(by).sum() / whole
        return found

    total = float(links["carried_cny"].sum())
    users, prices = links["product_id"].map(shares("user")), links["input_id"].map(shares("price"))
    held = solid[links.index] * users.fillna(0.0) * prices.fillna(0.0)
    return float(held.sum()) / total


def list_unverified(
    ds: Source,
    region: str | Region | None = None,
    *,
    chain: str | None = None,
    lang: Language | None = None,
) -> Result:
    """List the rows that carry a region's gap value and rest on no page that can be shown.

    Parameters
    ----------
    ds, region, chain, lang
        As in :func:`grade_result`.

    Returns
    -------
    Result
        One row a capacity, coefficient or price whose page is a repost or not known, or that has none, that
        which carries the most first: `rank`, `carrier`, `product_id`, `input_id` (of a coefficient),
        `enterprise_id`, `name_zh`, `name_en` (of the site, else of the input or product), `use_zh`,
        `use_en` (what it makes or goes into), `source_grade` (missing: no address), `carried_cny` (the gap
        value that it carries, CNY a year), `carried_share` (of all that is carried), `source_url`, `note`,
        `origin`.

    Raises
    ------
    UnknownNameError, MissingTableError
        For a region or tables that are not there.

    Examples
    --------
    >>> import chaingraph as cg
    >>> list_unverified(cg.load_dataset("toy")).frame["rank"].tolist()[:2]
    [1, 2]
    """
    call = Call.of(list_unverified, locals())
    state = as_state(ds, region)
    parts = parts_of(state, chain)
    whole = float(parts["carried_cny"].sum())
    weak = parts[~parts["source_grade"].isin(SOLID)].copy()
    weak.insert(0, "rank", np.arange(1, len(weak) + 1))
    weak["carried_share"] = weak["carried_cny"] / whole if whole > 0 else np.nan
    share = float(weak["carried_share"].sum()) if whole > 0 else float("nan")
    notes = (("note-to-verify", {"count": len(weak), "share": share}),) if len(weak) else ()
    return _result(
        state, "to_verify", weak.reset_index(drop=True), SHOWN_TO_VERIFY, chain, lang, notes, call
    )


def _result(
    state: RegionState, kind: str, frame: pd.DataFrame, shown: tuple[str, ...], chain: str | None,
    lang: Language | None, notes: tuple[tuple[str, Mapping[str, Any]], ...], call: Call,
) -> Result:  # fmt: skip
    params = study_params(state.study, [state.region.name], chain)
    return Result(
        kind, frame, params, read_lang(state.study.dataset, lang), shown, notes, call=call
    )


# --- what carries how much


def carried_value(state: RegionState, chain: str | None = None) -> Floats:
    """Return the value of each gap by product, CNY a year: the figure, else the least; 0 without a price."""
    known = state.gap_value.best()
    known = np.where(np.isfinite(known) & (known > 0), known, 0.0)
    return np.where(chain_filter(state.study, chain), known, 0.0)


def parts_of(state: RegionState, chain: str | None = None) -> pd.DataFrame:
    """Return every row that carries some of a region's gap value, that which carries the most first.

    Worked out once a state and chain: who asks again gets a copy.

    Returns
    -------
    pandas.DataFrame
        The columns of :func:`list_unverified` but `rank` and `carried_share`; of any grade.
    """
    known = _KNOWN_PARTS.setdefault(state, {})
    if chain not in known:
        known[chain] = _all_parts(state, chain)
    return known[chain].copy()


_KNOWN_PARTS: Final[WeakKeyDictionary[RegionState, dict[str | None, pd.DataFrame]]] = (
    WeakKeyDictionary()
)


def _all_parts(state: RegionState, chain: str | None) -> pd.DataFrame:
    value = carried_value(state, chain)
    graph = state.study.product_graph
    taken = np.bincount(graph.source, state.flow, graph.size)
    share = np.divide(
        state.flow, taken[graph.source], out=np.zeros(len(state.flow)),
        where=taken[graph.source] > 0,
    )  # fmt: skip
    by_link = value[graph.source] * share
    used = np.asarray(np.bincount(graph.target, by_link, graph.size), dtype=float)
    rows = [
        *_capacity_parts(state, "user", used),
        *_capacity_parts(state, "maker", value),
        *_coefficient_parts(state, by_link),
        *_price_parts(state, value),
    ]
    frame = pd.DataFrame(rows, columns=list(_PARTS)).astype(_PARTS)
    known = grade_addresses(frame["source_url"].tolist(), source_grades(state.study.dataset))
    frame["source_grade"] = pd.array([None if g == "none" else g for g in known], dtype="str")
    return frame.sort_values(
        ["carried_cny", "carrier", "product_id", "input_id", "enterprise_id", "origin"],
        ascending=[False, True, True, True, True, True], ignore_index=True,
    )  # fmt: skip


def _capacity_parts(state: RegionState, carrier: str, value: Floats) -> list[dict[str, Any]]:
    """Spread what hangs on the capacity of each product over its rows, what no row says apart."""
    study, graph = state.study, state.study.product_graph
    rows = study.maker_rows
    rows = site_rows(rows[state.region.mask(rows)])
    rows = rows[rows["counted"] > 0]
    of_product = rows.groupby("product_id", sort=False).indices
    whole, total = state.capacity.point, state.totals.made
    found = []
    for product in np.flatnonzero(value > 0).tolist():
        own = rows.iloc[of_product.get(graph.ids[product], [])]
        known, capacity = float(own["effective"].sum()), float(whole[product])
        if np.isnan(capacity):  # the least rests on known figures alone
            capacity = known
        if not capacity > 0:
            continue
        rest = max(capacity - known, 0.0)
        stated = rest > _TINY * capacity and float(total[product]) >= capacity * (1 - _TINY)
        bare = own["capacity"].isna() & (own["effective"] <= 0)
        about = {
            "carrier": carrier, "product_id": graph.ids[product],
            "use_zh": study.names_zh[product], "use_en": study.names_en[product],
        }  # fmt: skip
        for record, empty in zip(own.to_dict("records"), bare.tolist(), strict=True):
            size = rest / int(bare.sum()) if empty and not stated else float(record["effective"])
            if size > 0:
                found.append({
                    **about, **_texts(record, "enterprise_id", "name_zh", "name_en", "note", "origin"),
                    "source_url": None if empty else _text(record["source_url"]),
                    "carried_cny": value[product] * size / capacity,
                })  # fmt: skip
        if stated:
            found.append({
                **about, "name_zh": about["use_zh"], "name_en": about["use_en"],
                "source_url": state.totals.source[product] or None,
                "carried_cny": value[product] * rest / capacity,
            })  # fmt: skip
    return found


def _coefficient_parts(state: RegionState, by_link: Floats) -> list[dict[str, Any]]:
    study, graph = state.study, state.study.product_graph
    links = np.flatnonzero(by_link > 0)
    records = study.dataset.inputs.iloc[graph.row[links]].to_dict("records")
    found = []
    for link, record in zip(links.tolist(), records, strict=True):
        source, target = int(graph.source[link]), int(graph.target[link])
        found.append({
            "carrier": "coefficient", "product_id": graph.ids[target], "input_id": graph.ids[source],
            "name_zh": study.names_zh[source], "name_en": study.names_en[source],
            "use_zh": study.names_zh[target], "use_en": study.names_en[target],
            **_texts(record, "source_url", "note", "origin"), "carried_cny": by_link[link],
        })  # fmt: skip
    return found


def _price_parts(state: RegionState, value: Floats) -> list[dict[str, Any]]:
    study = state.study
    return [
        {
            "carrier": "price", "product_id": study.product_graph.ids[product],
            "name_zh": study.names_zh[product], "name_en": study.names_en[product],
            "source_url": study.prices.source[product] or None, "carried_cny": value[product],
        }
        for product in np.flatnonzero(value > 0).tolist()
    ]  # fmt: skip


def _texts(record: Mapping[Any, Any], *names: str) -> dict[str, str | None]:
    return {name: _text(record.get(name)) for name in names}


def _text(cell: object) -> str | None:
    return cell if isinstance(cell, str) and cell else None
