"""Recruitment targets as views show them: ranked unless they are given, reasons cut to what fits."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.analysis.gaps import find_gaps
from chaingraph.errors import OptionError
from chaingraph.recruit.lists import LISTS
from chaingraph.recruit.targets import LOCAL_LIMIT, first_names, listed_gaps, rank_targets
from chaingraph.results import Result

if TYPE_CHECKING:
    from collections.abc import Collection

    from chaingraph.analysis.state import RegionState
    from chaingraph.views.facts.products import Facts
    from chaingraph.words import Language

FIRST_GAPS: Final = 10
TARGETS_EACH: Final = 3
MAPPED_GAPS: Final = 30
_BETWEEN: Final = {"zh": ";", "en": "; "}


@dataclass(frozen=True)
class Target:
    """One target of one gap.

    Attributes
    ----------
    gap_rank, rank
        Place of the gap, and of the target in its list.
    listed
        The list: outside, local or supplier.
    verb, then
        What to do about the gap now, and once the look is taken.
    best, worst
        Ends of the interval of the rank.
    relation
        What the group is to the product: makes, intends, family, related or here.
    plant, share
        Its typical plant, in the product's unit a year, and what of it the gap would take; nan: unknown.
    serves
        The surplus product that the gap's product would take; empty for other gaps.
    closes
        What a typical plant would close, in the product's unit a year; nan where unknown.
    low, high
        The score with what is unknown at its worst and best.
    """

    gap_rank: int
    product_id: str
    gap_kind: str
    serves: str
    gap: float
    verb: str
    then: str
    listed: str
    rank: int
    best: int
    worst: int
    group: str
    relation: str
    score: float
    low: float
    high: float
    plant: float
    share: float
    closes: float
    coverage_after: float
    distance_km: float
    nearest_site: str
    restricted: dict[Language, str]
    told: dict[Language, str]
    sources: tuple[str, ...]

    def places(self) -> str:
        """Return the interval of the rank, one number where it is firm."""
        return str(self.best) if self.best == self.worst else f"{self.best}\u2013{self.worst}"

    def needs_first(self, lang: Language) -> str:
        """Return which quota or approval it takes first; nothing where none is known."""
        what = self.restricted[lang]
        return words.message("reason-restricted", lang, what=what) if what else ""

    def reasons(self, lang: Language, most: int = 0) -> str:
        """Return what speaks for the target without what it needs first, the first few or all."""
        between = _BETWEEN[lang]
        rest = self.told[lang].removeprefix(self.needs_first(lang)).removeprefix(between)
        return between.join(rest.split(between)[:most]) if most else rest


def choose_targets(
    state: RegionState,
    *,
    asked: Result | bool | None,
    gaps: Result | None = None,
    chain: str | None = None,
    products: Collection[str] | None = None,
    first: int = 0,
    limit: int = TARGETS_EACH,
) -> Result | None:
    """Return the targets that a view shows.

    Parameters
    ----------
    state
        The region under its assumptions.
    asked
        A result of :func:`chaingraph.rank_targets` on this region, shown as it is; None or True: they
        are ranked here; False: none.
    gaps
        Gaps already found; else those of the chain, or of all.
    products
        Only gaps of these products, and of products that would use them.
    first
        Only so many gaps, by priority; 0: all.
    limit
        Targets a list of a gap.

    Returns
    -------
    Result | None
        The targets; None where none are wanted, where the data name no maker at all, and for all
        regions at once, which recruit from nowhere.

    Raises
    ------
    OptionError
        For a result that does not hold targets of this region.
    """
    region = state.region.name
    if isinstance(asked, Result):
        # names of regions are unique: namesakes carry their paths
        known = "group_zh" in asked.frame and "gap_rank" in asked.frame
        if not known or (len(asked) and not (asked.frame["region"] == region).any()):
            raise OptionError("not-targets", region=region)
        own = asked.frame["region"] == region
        return replace(asked, frame=asked.frame[own].reset_index(drop=True))
    if asked is False or state.region.is_whole or not len(state.study.dataset.capacities):
        return None
    if gaps is None:
        gaps = find_gaps(state, chain=chain, draws=0)
    frame = gaps.frame
    if len(frame):
        frame = listed_gaps(frame)
        if products is not None:
            frame = frame[frame["product_id"].isin(list(products))]
    frame = frame.head(first) if first else frame
    local = min(limit, LOCAL_LIMIT) if limit else LOCAL_LIMIT
    return rank_targets(state, replace(gaps, frame=frame), limit=limit, local_limit=local)


def name_group(facts: Facts, group: str, lang: Language) -> str:
    """Return a target's name: its group, or where a site has none the site's name, not its id."""
    zh, en = facts.site_names.get(group, ("", ""))
    return (zh if lang == "zh" else en) or zh or group


def read_rows(result: Result, *, gaps: int = 0, each: int = 0) -> list[Target]:
    """Return the targets of a result, the first gaps and the first targets of each list; 0: all."""
    frame = result.frame
    if gaps:
        frame = frame[frame["gap_rank"].isin(sorted(set(frame["gap_rank"]))[:gaps])]
    if each:
        frame = first_names(frame, each)
    return [_read(row) for row in frame.to_dict("records")]


def _read(row: dict[Any, Any]) -> Target:
    def text(name: str) -> str:
        return value if isinstance(value := row.get(name), str) else ""

    def number(name: str) -> float:
        value = row[name]
        return math.nan if value is None else float(value)

    restricted = text("restricted")
    return Target(
        gap_rank=int(row["gap_rank"]),
        product_id=text("product_id"),
        gap_kind=text("gap_kind"),
        serves=text("serves"),
        gap=number("gap"),
        verb=text("verb"),
        then=text("then"),
        listed=text("target_list") or LISTS[0],
        rank=int(row["rank"]),
        best=int(row["rank_best"]),
        worst=int(row["rank_worst"]),
        group=text("group_zh"),
        relation=text("relation"),
        score=number("score"),
        low=number("score_low"),
        high=number("score_high"),
        plant=number("plant"),
        share=number("plant_share"),
        closes=number("closes"),
        coverage_after=number("coverage_after"),
        distance_km=number("distance_km"),
        nearest_site=text("nearest_site").strip(),
        restricted={"zh": text("restricted_zh") or restricted, "en": restricted},
        told={"zh": text("reasons_zh"), "en": text("reasons_en")},
        sources=tuple(text("sources").split()),
    )
