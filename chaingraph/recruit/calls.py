"""The call sheet: one row a name to call, with what to say, and room for what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph import words
from chaingraph.analysis.balance import study_params
from chaingraph.analysis.cost import CostBasis, explain_delivered_cost
from chaingraph.analysis.gaps import find_gaps
from chaingraph.analysis.reach import TARIFF
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import as_state
from chaingraph.recruit.lists import LISTS, LOCAL, OUTSIDE, SUPPLIER
from chaingraph.recruit.selling import POINTS, Sales, known
from chaingraph.recruit.targets import list_targets
from chaingraph.results import Call, Result
from chaingraph.spoken import say_amount, say_quantity, say_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Source
    from chaingraph.dataset import Dataset
    from chaingraph.recruit.reasons import Reason
    from chaingraph.recruit.sentences import Reasons
    from chaingraph.regions import Region
    from chaingraph.words import Language

FILLED: Final = ("contact", "phone", "owner", "next_step", "due", "state", "note")
"""Columns that the bureau fills in."""
SHOWN: Final = (
    "gap_rank", "name_zh", "name_en", "verb", "then", "target_list", "rank", "group_zh", "size_zh", "size_en",
    "clear_first_zh", "clear_first_en", "contact", "owner", "next_step", "due", "state",
)  # fmt: skip
_TAKEN: Final = (
    "region", "gap_rank", "product_id", "name_zh", "name_en", "verb", "then", "gap_kind", "unit", "gap_low",
    "gap", "gap_high", "target_list", "rank", "group_zh", "relation", "plant", "plant_basis", "plant_share",
    "closes", "distance_km", "nearest_site", "restricted", "restricted_zh",
)  # fmt: skip
_FIGURES: Final = (
    "cost_low", "cost_high", "priced_share", "price_cny", "advantage_low", "advantage_high",
)  # fmt: skip


def call_sheet(
    ds: Source,
    gaps: Result | Sequence[str] | str | None = None,
    *,
    region: str | Region | None = None,
    chain: str | None = None,
    limit: int = 3,
    weights: Mapping[str, float] | str | Path | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    goal: Mapping[str, float] | None = None,
    lang: Language | None = None,
) -> Result:
    """List whom to call for each gap, with what to say to them and what is known of the talks.

    Parameters
    ----------
    ds
        The dataset, an open study or a region's state; needs enterprises and capacities.
    gaps
        A result of :func:`find_gaps`, products by id or name, or None: all gaps of the region that
        :func:`rank_targets` lists names for.
    region
        One region; the focus by default.
    chain
        Only gaps of this chain, where `gaps` is None.
    limit
        Names of each list of a gap; 0: all.
    weights, at, statuses, load, goal, lang
        As in :func:`rank_targets`.

    Returns
    -------
    Result
        One row a gap and name: the gap (`gap_rank`, `product_id`, names, `verb`, `then`, `gap_kind`, `unit`,
        `gap_low`, `gap`, `gap_high`: units a year), the name (`target_list`: outside, local or supplier;
        `rank`, `group_zh`, `relation`), `plant` (units a year of its typical plant), `plant_share` (the
        gap as a share of it, at most 1), and in Chinese and English: `size`, `why_them` (reasons with
        the numbers of their `sources`), `clear_first` (quota or approval), `buyers`, `at_hand`,
        `power_here`, `park_here`, `cost_here` (all for whom one would bring here; suppliers have
        `buyers` only). `cost_low`,
        `cost_high` (CNY a unit), `priced_share`, `advantage_low`, `advantage_high` (against the largest
        maker's place) are those of :func:`delivered_cost`. Of the table `contacts`: `contact`, `phone`,
        `owner` and `unit_id` (office by name and id), `next_step`, `due`, `state`, `note`. Whoever is in
        that table for the region, but not among the names, stands at the end without a rank.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError, FileProblemError
        As :func:`rank_targets`.

    Examples
    --------
    >>> import chaingraph as cg
    >>> sheet = cg.call_sheet(cg.load_dataset("toy"), "foil", lang="en")
    >>> sheet.frame[["group_zh", "size_en"]].to_numpy().tolist()[0]
    ['光箔', 'the gap is 1,000 t a year, its usual plant has 1,000 t: 100% of it']
    """
    call = Call.of(call_sheet, locals())
    state = as_state(ds, region, at=at, statuses=statuses, load=load, goal=goal)
    if gaps is None:
        gaps = find_gaps(state, chain=chain, draws=0)
    listed = list_targets(state, gaps, limit=limit, local_limit=limit, weights=weights)
    frame = _said(state, listed.frame, listed.reasons)
    only = None if isinstance(gaps, Result) else set(frame["product_id"])
    frame = _with_contacts(state, frame, chain, only)
    params = study_params(state.study, [state.region.name], chain) | {"limit": limit}
    notes = (*listed.notes, ("note-call-sheet", {}))
    return Result(
        "call_sheet", frame, params, read_lang(state.study.dataset, lang), SHOWN, notes, call=call
    )


def cost_parts(sheet: Result) -> Result | None:
    """Return the parts of the delivered costs of a call sheet's products; None where the data are gone."""
    if sheet.call is None or sheet.call.source is None:
        return None
    source = sheet.call.source
    frame = sheet.frame
    brought = frame["target_list"].isin([LISTS[OUTSIDE], LISTS[LOCAL]])
    chosen = frame.loc[brought, "product_id"]
    if chosen.empty:
        return None
    asked = {name: sheet.call.options[name] for name in ("at", "statuses", "load")}
    return explain_delivered_cost(
        source,
        list(dict.fromkeys(chosen)),
        region=str(sheet.params["region"]),
        lang=sheet.lang,
        **asked,
    )


def _said(state: RegionState, frame: pd.DataFrame, told: Sequence[Reasons]) -> pd.DataFrame:
    """Return the sheet's columns: what is taken over, and what is said."""
    sales = Sales(state, CostBasis(state, TARIFF))
    graph = state.study.product_graph
    points: dict[tuple[str, bool], Any] = {}
    rows: list[dict[str, Any]] = []
    for record, said in zip(frame.to_dict("records"), told, strict=True):
        row: dict[str, Any] = {name: record.get(name) for name in _TAKEN}
        product, sells = str(row["product_id"]), row["target_list"] != LISTS[SUPPLIER]
        key = product, sells
        if key not in points:
            points[key] = sales.points(graph.find(product), sells=sells)
        reasons = [
            reason for reason in (*said.first, *said.strong)
            if not _is_restriction(row, reason)
        ]  # fmt: skip
        pages = list(dict.fromkeys(url for reason in reasons for url in reason.sources))
        for lang in words.LANGUAGES:
            row[f"size_{lang}"] = _size(row, lang)
            row[f"why_them_{lang}"] = _why(reasons, pages, lang) or record.get(f"reasons_{lang}")
            row[f"clear_first_{lang}"] = _clear_first(row, lang)
            for name in POINTS:
                row[f"{name}_{lang}"] = points[key].texts[name][lang] or None
        row |= dict.fromkeys(_FIGURES, np.nan)
        row |= points[key].cost
        row["sources"] = " ".join(pages) or record.get("sources")
        row["selling_sources"] = " ".join(points[key].sources) or None
        rows.append(row)
    columns = list(rows[0]) if rows else _columns()
    return pd.DataFrame(rows, columns=columns).drop(columns=["restricted", "restricted_zh"])


def _columns() -> list[str]:
    said = ("size", "why_them", "clear_first", *POINTS)
    texts = [f"{name}_{lang}" for lang in words.LANGUAGES for name in said]
    return [*_TAKEN, *texts, *_FIGURES, "sources", "selling_sources"]


def _size(row: Mapping[str, Any], lang: Language) -> str:
    """Say how the gap compares with a plant of the target."""
    unit = say_unit(str(row["unit"]), lang)
    gap, low, high = (float(row[name]) for name in ("gap", "gap_low", "gap_high"))
    if known(gap):
        wanted = say_amount(gap, lang)
    elif known(low) and low > 0:
        key = "call-at-least" if not np.isfinite(high) else "call-between"
        wanted = words.message(key, lang, low=say_amount(low, lang), high=say_amount(high, lang))
    else:
        return words.message("call-size-unknown", lang)
    plant, share = float(row["plant"]), float(row["plant_share"])
    if not known(plant):
        return words.message("call-need", lang, gap=wanted, unit=unit)
    key = f"reason-size-{'own' if row['plant_basis'] == 'own' else 'usual'}"
    least = gap if known(gap) else low
    size = {
        "gap": words.message("call-a-year", lang, amount=wanted, unit=unit),
        "plant": say_quantity(plant, str(row["unit"]), lang),
    }
    if known(share) and share >= 1 and least > plant:
        return words.message(f"{key}-more", lang, times=say_amount(least / plant, lang), **size)
    return words.message(key, lang, share=f"{share:.0%}" if known(share) else "-", **size)


def _why(reasons: Sequence[Reason], pages: Sequence[str], lang: Language) -> str:
    """Join reasons, each with the numbers of its sources."""
    told = []
    for reason in reasons:
        text = reason.zh if lang == "zh" else reason.en
        numbers = [str(pages.index(url) + 1) for url in reason.sources]
        told.append(f"{text} [{', '.join(numbers)}]" if numbers else text)
    return words.message("sell-stop", lang).join(told)


def _clear_first(row: Mapping[str, Any], lang: Language) -> str | None:
    both = ("restricted_zh", "restricted") if lang == "zh" else ("restricted", "restricted_zh")
    return next((text for name in both if isinstance(text := row[name], str) and text), None)


def _is_restriction(row: Mapping[str, Any], reason: Reason) -> bool:
    """Whether a reason says what stands in a column of its own."""
    first = _clear_first(row, "zh")
    return first is not None and reason.zh == words.message("reason-restricted", "zh", what=first)


def contacts_of(state: RegionState) -> dict[tuple[str, str], dict[str, str]]:
    """Return what the table `contacts` says of a region: by product and group, with the office by name."""
    ds = state.study.dataset
    if not ds.has("contacts"):
        return {}
    here = {state.region.name, "/".join(state.region.path), *state.region.path[-1:]} - {""}
    offices = _offices(ds)
    found: dict[tuple[str, str], dict[str, str]] = {}
    for record in ds.table("contacts").astype("object").fillna("").to_dict("records"):
        row = {str(name): str(value) for name, value in record.items()}
        if row["region"] in here:
            owner = offices.get(row.get("unit_id", ""), row.get("unit_id", ""))
            found[row["product_id"], row["group_zh"]] = row | {"owner": owner}
    return found


def _offices(ds: Dataset) -> dict[str, str]:
    """Return id -> name of the offices."""
    if not ds.has("units"):
        return {}
    table = ds.table("units")
    return {
        str(key): name if isinstance(name, str) else str(key)
        for key, name in zip(table["unit_id"], table["name_zh"], strict=True)
    }


def _with_contacts(
    state: RegionState, frame: pd.DataFrame, chain: str | None, only: set[str] | None
) -> pd.DataFrame:
    """Fill in what is known of the talks; who is talked to and is not on the list stands at the end."""
    known_talks = contacts_of(state)
    pairs = list(zip(frame["product_id"], frame["group_zh"], strict=True))
    graph, study = state.study.product_graph, state.study
    more: list[dict[str, Any]] = []
    for product, group in known_talks:
        place = graph.position.get(product)
        asked = only is None or product in only
        if (product, group) in set(pairs) or place is None or not asked:
            continue
        if chain is not None and chain not in study.chain_tags[place]:
            continue
        more.append({
            "region": state.region.name, "product_id": product, "name_zh": study.names_zh[place],
            "name_en": study.names_en[place], "unit": study.products["unit"].iloc[place], "group_zh": group,
        })  # fmt: skip
    if more:
        frame = pd.concat([frame, pd.DataFrame(more)], ignore_index=True) if len(frame) else (
            pd.DataFrame(more).reindex(columns=frame.columns)
        )  # fmt: skip
    pairs = list(zip(frame["product_id"], frame["group_zh"], strict=True))
    talks = [known_talks.get(pair, {}) for pair in pairs]
    filled = {
        name: pd.array([row.get(name) or None for row in talks], dtype="str")
        for name in (*FILLED[:3], "unit_id", *FILLED[3:])
    }
    return frame.assign(**filled)
