"""Targets: for every gap the enterprise groups to call first, with what speaks for each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph import words
from chaingraph.analysis.balance import nobody_notes, study_params
from chaingraph.analysis.gaps import gaps_of
from chaingraph.analysis.settings import read_lang, read_product
from chaingraph.analysis.state import RegionState
from chaingraph.analysis.study import Study, as_state, as_study
from chaingraph.errors import OptionError
from chaingraph.recruit.features import FEATURES
from chaingraph.recruit.lists import LISTS, SUPPLIER, deciding
from chaingraph.recruit.ranking import Ranking, rank_field
from chaingraph.recruit.reasons import Facts, gather_facts
from chaingraph.recruit.scoring import (
    METHODS,
    read_weights,
)
from chaingraph.recruit.sentences import Reasons, reasons_of, tell
from chaingraph.recruit.shortage import missing_makers
from chaingraph.recruit.unlisted import unlisted, unlisted_notes
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from chaingraph.analysis.basis import Basis
    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.study import Source
    from chaingraph.products import Integers
    from chaingraph.recruit.scoring import Method
    from chaingraph.regions import Region
    from chaingraph.words import Language

SHOWN: Final = (
    "gap_rank", "product_id", "name_zh", "name_en", "verb", "then", "target_list", "rank", "group_zh",
    "relation", "plant", "unit", "plant_share", "distance_km", "rank_best", "rank_worst",
)  # fmt: skip
LIMIT: Final = 10
"""Targets from outside, or suppliers, a gap."""
LOCAL_LIMIT: Final = 3
"""Targets a gap that are here already."""


def rank_targets(
    ds: Source,
    gaps: Result | Sequence[str] | str | None = None,
    *,
    region: str | Region | None = None,
    limit: int = LIMIT,
    local_limit: int = LOCAL_LIMIT,
    weights: Mapping[str, float] | str | Path | None = None,
    method: Method = "logit",
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    goal: Mapping[str, float] | None = None,
    explode: bool = False,
    lang: Language | None = None,
) -> Result:
    r"""List for each gap whom to bring from outside, and who is here already and could add the product.

    *From outside* come the groups that make the product elsewhere and have no plant here; after them
    stand those that only intend to make it or that make a closely related product, at last who would buy
    it here and who is related through a general good alone. *Already here* are groups with a plant in the
    region, of other products, makers of this one elsewhere first. A group stands in one list of a gap
    only, and who makes the product here in none. Where a gap is to be met by contracts, *suppliers* are
    listed instead: makers elsewhere, the nearest first.

    Parameters
    ----------
    ds
        The dataset, an open study or a region's state; needs enterprises and capacities; supplies,
        projects, regions and indicators add features where they are there.
    gaps
        A result of :func:`find_gaps` (its gaps of the list *recruit*, then those to be met by contracts,
        in its order; it settles the region and all assumptions), products by id or name (of whatever
        list), or None: all such gaps of the region. For a surplus the makers of the products that would
        use it and have no local maker are ranked.
    region
        One region, of gaps of several that which they are ranked for; else that of the gaps, or the
        focus.
    limit, local_limit
        Targets a gap from outside, or suppliers; and targets that are here already; 0: all.
    weights
        Weights of features, or a TOML file with a table ``[weights]``; the fitted ones by default.
    method
        ``logit`` (weighted sum with fitted weights) or ``topsis`` (entropy weights within each gap).
    at, statuses, load, goal, explode, lang
        As in :func:`find_gaps`; those of the gaps by default.

    Returns
    -------
    Result
        One row a gap and target, sorted by the gaps' order, list and rank: the gap (`gap_rank`,
        `product_id`, names, `gap_kind`, `verb` (what to do now), `then`, `action`, `serves`, `unit`,
        `gap_low`, `gap`, `gap_high`, `coverage`, `restricted`, `restricted_zh`), the target
        (`target_list`: outside, local or supplier; `rank` in it, equal scores share one;
        `group_zh`, `makes_it`, `relation`, `intent_zh`,
        `intent_en`, `related_products`,
        `group_capacity`, `sites`, `provinces`, `nearest_site`, `distance_km`, `partners`,
        `local_sites`, `announced_here`), what it would bring (`plant`: units a year of its typical plant,
        `plant_basis`, `plant_share`: what of that plant the gap would take, 0.04 where it needs 90 t of a
        plant of 2,000 t, at most 1; `closes`: how much of the gap, of the least one where there is no
        figure, `coverage_after`), the score (`score`, `score_low` and `score_high` with what is unknown at
        its worst and best, `rank_best` and `rank_worst`: nine of ten draws of weights and evidence lie
        between, :func:`chaingraph.recruit.scoring.drawn_ranks`; and
        `part_maker` ... `part_green_power`, contributions that add up to it) and `reasons_zh`,
        `reasons_en`, `sources`. Suppliers are ordered by distance, not by score.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError, FileProblemError
        For names, options, tables and weights files that cannot be used, and gaps that were found
        for other regions or under other assumptions than those asked for.

    Notes
    -----
    A product is *closely related* to those that it goes into, that go into it, and that stand for it
    in an alternative group. The score is :math:`\sum_k w_k f_k / \sum_k w_k` of the features in
    :mod:`chaingraph.recruit.features`; weights are those of a conditional logit (McFadden 1974) of
    which group came to which city with which product. :func:`backtest` measures how far that can be
    trusted. A typical plant is the median of the group's plants, else as plants of the product are built
    (the fact *plant_size*, else the plants of the data); it runs at the product's availability. Rows that
    stand for makers unknown are no targets.
    What makes a group a maker, and what is only its intent, says :mod:`chaingraph.recruit.proof`. No
    list is made for what is not recruited (grid energy, resources, what users make on their sites, what
    is collected, services) nor for what is declining: a note says what to do instead.

    Examples
    --------
    >>> import chaingraph as cg
    >>> targets = cg.rank_targets(cg.load_dataset("toy"), "foil").frame
    >>> targets[["rank", "group_zh", "closes"]].to_numpy().tolist()[0]
    [1, '光箔', 1000.0]
    """
    call = Call.of(rank_targets, locals())
    listed = list_targets(
        ds, gaps, region=region, limit=limit, local_limit=local_limit, weights=weights, method=method,
        at=at, statuses=statuses, load=load, goal=goal, explode=explode,
    )  # fmt: skip
    spoken = read_lang(listed.state.study.dataset, lang)
    return Result("targets", listed.frame, listed.params, spoken, SHOWN, listed.notes, call=call)


class Listing(NamedTuple):
    """Ranked targets, before they are a result.

    Attributes
    ----------
    state
        The region that they are ranked for.
    frame
        The rows of :func:`rank_targets`.
    reasons
        What is said of each row.
    params, notes
        Of the result.
    """

    state: RegionState
    frame: pd.DataFrame
    reasons: list[Reasons]
    params: dict[str, Any]
    notes: tuple[tuple[str, dict[str, Any]], ...]


def list_targets(
    ds: Source,
    gaps: Result | Sequence[str] | str | None = None,
    *,
    region: str | Region | None = None,
    limit: int = LIMIT,
    local_limit: int = LOCAL_LIMIT,
    weights: Mapping[str, float] | str | Path | None = None,
    method: Method = "logit",
    **assumptions: Any,
) -> Listing:
    """Rank targets as :func:`rank_targets` does, and keep each reason by itself."""
    if method not in METHODS:
        raise OptionError("bad-method", value=method, choices=", ".join(METHODS))
    for number in (limit, local_limit):
        if number < 0:
            raise OptionError("bad-limit", value=number)
    state = _open(ds, gaps, region, assumptions)
    study = state.study
    asked, unfit = _fit(study, _asked(state, gaps))
    contracts = asked.loc[_bought(asked), "position"].tolist()
    ranking = rank_field(
        state, sorted(set(asked["position"])), read_weights(weights), method, contracts
    )
    frame, reasons = _frame(ranking, asked, (limit, local_limit, limit))
    params = study_params(study, [state.region.name], None) | {
        "method": method, "weights": ranking.weights, "limit": limit, "local_limit": local_limit,
    }  # fmt: skip
    notes = missing_makers(ranking.view, asked["position"].tolist())
    notes += unlisted_notes(study, unfit)
    notes += nobody_notes(study, frame, [state.region.name])
    return Listing(state, frame, reasons, params, notes)


_SETTLED: Final = ("at", "statuses", "load", "goal", "explode", "stale", "prices")


def _open(
    source: Source,
    gaps: Result | Sequence[str] | str | None,
    region: str | Region | None,
    assumptions: Mapping[str, Any],
) -> RegionState:
    """Return the region that targets are ranked for; gaps that are given settle it and all assumptions.

    Raises
    ------
    OptionError
        Where the gaps are those of other regions, or were found under other assumptions.
    """
    if not isinstance(gaps, Result) or "region" not in gaps.params:
        return as_state(source, region, **assumptions)
    settled = {name: gaps.params[name] for name in _SETTLED if gaps.params.get(name)}
    if isinstance(source, Study | RegionState):
        study = as_study(source)
        own = study_params(study, [], None)
        if {name: own[name] for name in _SETTLED if own.get(name)} != settled:
            raise OptionError("gaps-otherwise")
    else:
        study = as_study(source, **settled)
    try:
        as_study(study, **assumptions)
    except OptionError as error:
        raise OptionError("gaps-otherwise") from error
    names = gaps.params["region"]
    known = (names,) if isinstance(names, str) else tuple(names)
    if isinstance(source, RegionState):
        state = as_state(source, region)
    else:
        state = study.state(known[0] if region is None and len(known) == 1 else region)
    if state.region.name not in known:
        raise OptionError("gaps-elsewhere", region=state.region.name, regions=", ".join(known))
    return state


def _asked(state: RegionState, gaps: Result | Sequence[str] | str | None) -> pd.DataFrame:
    """Return the products to find targets for: `position`, `gap_rank`, `serves` and what is said of them."""
    study = state.study
    if isinstance(gaps, Result):
        found = gaps.frame
        if "gap_kind" not in found and len(found):
            raise OptionError("not-gaps")
        if len(found):
            found = found[found["region"] == state.region.name]
    elif gaps is None:
        found = gaps_of(study, [state])[0]
    else:
        names = [gaps] if isinstance(gaps, str) else gaps
        return _placed(state, _named(state, [read_product(study.dataset, n) for n in names]))
    return _placed(state, _spread(listed_gaps(found)))


def listed_gaps(found: pd.DataFrame) -> pd.DataFrame:
    """Return the gaps that targets are listed for: those of the list recruit, then other contracts."""
    if found.empty:
        return found
    recruit = found["list"] == "recruit"
    bought = ~recruit & (found["list"] != "supply") & _bought(found)
    kept: pd.DataFrame = pd.concat([found[recruit], found[bought]], ignore_index=True)
    return kept


def _bought(found: pd.DataFrame) -> Any:
    """Tell which gaps are met by contracts, at once or once the look is taken."""
    verb, then = (found[name].fillna("").astype(str) for name in ("verb", "then"))
    return np.array([deciding(*pair) == "contract" for pair in zip(verb, then, strict=True)], bool)


def _fit(study: Basis, asked: pd.DataFrame) -> tuple[pd.DataFrame, list[int]]:
    """Return the products that targets are listed for, and the positions of the others."""
    without = unlisted(study)[asked["position"].to_numpy(dtype=np.intp)] != ""
    kept = asked[~without].reset_index(drop=True)
    kept["gap_rank"] = np.arange(1, len(kept) + 1)
    return kept, asked["position"][without].tolist()


_Row = tuple[str, str, str, str, str, str]
"""Product, kind of gap, action, verb, what follows, and for a user of a surplus the surplus."""
_SAID: Final = ("gap_kind", "action", "verb", "then")


def _named(state: RegionState, names: list[str]) -> list[_Row]:
    """Return products asked for by name, with what the state says of each."""
    kind, action = (state.decisions.text(name).tolist() for name in ("kind", "action"))
    verb, then = state.advice.verb.tolist(), state.advice.then.tolist()
    rows = []
    for name in dict.fromkeys(names):
        place = state.study.product_graph.find(name)
        rows.append((name, kind[place], action[place], verb[place], then[place], ""))
    return rows


def _spread(found: pd.DataFrame) -> list[_Row]:
    """Return the products of gaps, once each; for a surplus those that would use it."""
    if found.empty:
        return []
    rows: dict[str, _Row] = {}
    columns = (found[name] for name in ("product_id", "open_outputs", *_SAID))
    for product_id, open_outputs, *told in zip(*columns, strict=True):
        kind, action, verb, then = (word if isinstance(word, str) else "" for word in told)
        if kind != "surplus":
            rows.setdefault(product_id, (product_id, kind, action, verb, then, ""))
        elif isinstance(open_outputs, str):
            for user in open_outputs.split("; "):
                rows.setdefault(user, (user, kind, action, verb, then, product_id))
    return list(rows.values())


def _placed(state: RegionState, rows: list[_Row]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["product_id", *_SAID, "serves"])
    place = state.study.product_graph.position
    frame["position"] = np.array([place[name] for name in frame["product_id"]], dtype=np.intp)
    frame["gap_rank"] = np.arange(1, len(frame) + 1)
    return frame


def _frame(
    ranking: Ranking, asked: pd.DataFrame, limits: tuple[int, ...]
) -> tuple[pd.DataFrame, list[Reasons]]:
    """Lay the first targets of each list out, gap by gap in the order asked for, with what is said of each."""
    field, state = ranking.view.field, ranking.state
    pairs = ranking.rows
    most = np.array(limits, dtype=np.intp)[ranking.listed]
    keep = np.flatnonzero((ranking.place <= most) | (most == 0))
    products = field.product[pairs[keep]]
    order_of = dict(zip(asked["position"], range(len(asked)), strict=True))
    place = np.array([order_of[p] for p in products.tolist()], dtype=np.intp)
    keep = keep[np.lexsort((ranking.place[keep], ranking.listed[keep], place))]
    place = np.sort(place)
    chosen = pairs[keep]
    facts = gather_facts(ranking.view, state, chosen, supplied=ranking.listed[keep] == SUPPLIER)
    table = asked.iloc[place].reset_index(drop=True)
    columns = _gap_columns(state, table) | _target_columns(ranking, facts, keep)
    columns |= _plant_columns(facts)
    columns |= {
        "score": ranking.scores[0][keep],
        "score_low": ranking.scores[1][keep],
        "score_high": ranking.scores[2][keep],
        "rank_best": ranking.best[keep],
        "rank_worst": ranking.worst[keep],
    }
    total = sum(ranking.weights.values())
    for name in FEATURES:
        columns[f"part_{name}"] = ranking.weights[name] * ranking.parts[name][keep] / total
    parts = {name: values[keep] for name, values in ranking.parts.items()}
    reasons = reasons_of(facts, ranking.weights, parts)
    told = tell(reasons)
    columns |= {"reasons_zh": told.zh, "reasons_en": told.en, "sources": told.sources}
    return pd.DataFrame(columns), reasons


def _gap_columns(state: RegionState, table: pd.DataFrame) -> dict[str, Any]:
    study = state.study
    position = table["position"].to_numpy(dtype=np.intp)
    products = study.products.iloc[position].reset_index(drop=True)
    gap = state.gap.take(position)
    texts = {
        name: products[name].astype("str") for name in ("name_zh", "name_en", "unit", "restricted")
    }
    zh = products["restricted_zh"] if "restricted_zh" in products else products["restricted"]
    return {
        "region": pd.array([state.region.name] * len(table), dtype="str"),
        "gap_rank": table["gap_rank"].to_numpy(dtype=np.intp),
        "product_id": table["product_id"].astype("str"),
        "name_zh": texts["name_zh"],
        "name_en": texts["name_en"],
        "gap_kind": table["gap_kind"].astype("str"),
        "verb": table["verb"].astype("str").mask(table["verb"] == ""),
        "then": table["then"].astype("str").mask(table["then"] == ""),
        "action": table["action"].astype("str"),
        "serves": table["serves"].astype("str"),
        "unit": texts["unit"],
        "gap_low": gap.low,
        "gap": np.where(state.demand.high[position] > 0, gap.point, np.nan),
        "gap_high": gap.high,
        "coverage": state.coverage[position],
        "restricted": texts["restricted"],
        "restricted_zh": zh.astype("str"),
    }


def _target_columns(ranking: Ranking, facts: Facts, keep: Integers) -> dict[str, Any]:
    field = ranking.view.field
    held = field.evidence.holdings
    chosen = ranking.rows[keep]
    names = facts.names()
    return {
        "target_list": pd.array([LISTS[n] for n in ranking.listed[keep].tolist()], dtype="str"),
        "rank": ranking.rank[keep],
        "group_zh": facts.labels(),
        "makes_it": field.maker[chosen],
        "relation": pd.array(facts.relations(), dtype="str"),
        "intent_zh": facts.intents("zh"),
        "intent_en": facts.intents("en"),
        "related_products": names["related_products"],
        "group_capacity": field.of_own(held.capacity)[chosen],
        "sites": field.of_own(held.sites.astype(float), 0.0)[chosen].astype(np.intp),
        "provinces": field.of_own(held.provinces.astype(float), 0.0)[chosen].astype(np.intp),
        "nearest_site": names["nearest_site"],
        "distance_km": facts.distance,
        "partners": names["partners"],
        "local_sites": names["local_sites"],
        "announced_here": names["announced_here"],
    }


def _plant_columns(facts: Facts) -> dict[str, Any]:
    """Say what a typical plant of each target would close, running at its availability."""
    state, product = facts.state, facts.product
    plant, own = facts.plant
    built = ~np.isnan(state.study.sizes.typical[product])
    usual = np.where(built, "typical", np.where(~np.isnan(plant), "median", "unknown"))
    basis = np.where(own, "own", usual)
    runs = plant * state.study.loads.availability[product]
    demand, gap = state.demand.point[product], state.gap.point[product]
    rest = np.maximum(0.0, gap - runs)
    after = np.divide(demand - rest, demand, out=np.full(len(plant), np.nan), where=demand > 0)
    wanted = facts.view.wanted[product]
    both = (plant > 0) & (wanted > 0)
    share = np.divide(wanted, plant, out=np.full(len(plant), np.nan), where=both)
    return {
        "plant": plant,
        "plant_basis": pd.array(basis, dtype="str"),
        "plant_share": np.minimum(1.0, share),
        "closes": np.minimum(wanted, runs),
        "coverage_after": after,
    }


def first_gaps(result: Result, count: int) -> Result:
    """Return the targets of the first gaps; 0: of all."""
    frame = result.frame
    if not count or frame.empty:
        return result
    kept = frame[frame["gap_rank"] <= count].reset_index(drop=True)
    more = (("targets-more", {"dataset": result.params["dataset"]}),)
    return replace(result, frame=kept, notes=more)


def first_names(frame: pd.DataFrame, count: int) -> pd.DataFrame:
    """Return the first targets of each list."""
    within = frame.groupby(["gap_rank", "target_list"], sort=False).cumcount() < count
    return frame[within].reset_index(drop=True)


def reason_lines(result: Result, lang: Language | None = None) -> list[str]:
    """Return one line a target: its list and place, its group and its reasons, their sources below."""
    chosen = lang or result.lang
    lines: list[str] = []
    frame = result.frame
    columns = (f"name_{chosen}", "target_list", "rank", "group_zh", f"reasons_{chosen}", "sources")
    for product, listed, rank, group, reasons, sources in zip(
        *(frame[n] for n in columns), strict=True
    ):
        where = words.term("target_list", listed, chosen)
        said = reasons if isinstance(reasons, str) else "-"
        lines.append(f"{product} · {where} {rank} · {group}: {said}")
        if isinstance(sources, str):
            lines += [f"    {url}" for url in sources.split()]
    return lines
