"""What a plan does to a region: its projects on a time line, and its chains before and after, on one state.

Before is the state at hand; then what is under construction is added, then what the plan builds, at the load
of each product's makers. Shares of open choices stay as they are before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.analysis.content import home_chains, measure_local_content
from chaingraph.planning.asked import RAMP
from chaingraph.planning.responsibility_plan import Project, month_after, plan_projects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.analysis.state import RegionState
    from chaingraph.planning.programme_file import SavedPlan
    from chaingraph.quantity import Flags

STAGES: Final = ("today", "coming", "planned")
"""Before; with what is under construction; with the plan too."""
MEASURES: Final = ("purchases", "content", "coverage")
MOST_YEARS: Final = 12
"""Years of a time line: of a longer one the rest is left out."""
BUILT_IN: Final = 14
"""Usual months of building, where a plan says only when a project runs: see ``responsibility.json``."""
_MIDDLE: Final = 6


@dataclass(frozen=True)
class Bar:
    """A project on the time line; months count from 0 for January of year 0.

    Attributes
    ----------
    survey
        Whether nobody has confirmed the gap: its survey comes before any talk.
    started
        Month in which it starts; of a year alone its middle.
    running
        Month from which it runs; of a year alone its first, as the plan counts it.
    full
        Month by which it has run in.
    """

    project: Project
    survey: bool
    started: int
    running: int
    full: int


@dataclass(frozen=True, eq=False)
class Effect:
    """A plan on the state of a region.

    Attributes
    ----------
    saved
        The plan.
    projects
        Its projects.
    states
        Stage -> state; see ``STAGES``.
    """

    saved: SavedPlan
    projects: tuple[Project, ...]
    states: Mapping[str, RegionState]

    @property
    def ramp(self) -> tuple[float, ...]:
        """Share of its capacity that a new plant makes in its first, second, later years."""
        given = self.saved.params.get("ramp")
        shares = tuple(float(s) for s in given if _is_share(s)) if isinstance(given, list) else ()
        return shares or RAMP

    @property
    def row_of(self) -> dict[str, dict[str, Any]]:
        """Key of a project -> what its file says of it."""
        return {p.key: row for p, row in zip(self.projects, self.saved.rows, strict=True)}


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= 1


def measure_effect(state: RegionState, saved: SavedPlan) -> Effect:
    """Put a plan on a region's state.

    Parameters
    ----------
    state
        The region before it.
    saved
        What :func:`chaingraph.read_plan` gave.

    Raises
    ------
    OptionError, UnknownNameError
        Where a project lacks a product or a date, or the dataset does not have its product.
    """
    projects = plan_projects(saved, state.study.dataset)
    ids = state.study.product_graph.ids
    building = np.flatnonzero(state.construction > 0).tolist()
    coming = state.with_capacity(
        [{"product_id": ids[i], "capacity": float(state.construction[i])} for i in building]
    )
    planned = coming.with_capacity(
        [{"product_id": p.product_id, "capacity": p.size} for p in projects if p.size]
    )
    stages = dict(zip(STAGES, (state, coming, planned), strict=True))
    return Effect(saved, tuple(projects), stages)


def compare_chains(effect: Effect, chains: Sequence[str]) -> pd.DataFrame:
    r"""Return each chain before and after, as an interval where it is not known better.

    Parameters
    ----------
    effect
        The plan on the region.
    chains
        The chains to show; those with makers here alone have figures.

    Returns
    -------
    pandas.DataFrame
        `chain`, `measure`: `purchases` (CNY a year: what its makers take, less what is made here, as far as
        priced), `content` (0 to 1; :func:`chaingraph.measure_local_content`), `coverage` (0 to 1: of its
        own products that are taken here, :math:`1 - \sum_i p_i g_i / \sum_i p_i d_i` over those with a price, a
        demand d and a gap g at every stage); and ``today_low``, ``today_high`` and so on.
    """
    rows = []
    contents: dict[str, dict[str, dict[Any, Any]]] = {}
    for stage, state in effect.states.items():
        records = measure_local_content(state).frame.to_dict("records")
        contents[stage] = {row["content_of"]: row for row in records}
    homes = home_chains(effect.states["today"].study)
    for chain in chains:
        found = {stage: rates[chain] for stage, rates in contents.items() if chain in rates}
        if not found:
            continue
        ends: dict[str, dict[str, tuple[float, float]]] = {name: {} for name in MEASURES}
        for stage, row in found.items():
            low, high = float(row["local_content_low"]), float(row["local_content_high"])
            taken = float(row["input_value_cny"])
            ends["content"][stage] = (low, high)
            ends["purchases"][stage] = (taken * (1 - high), taken * (1 - low))
        inside = np.array([chain in own for own in homes], dtype=bool)
        ends["coverage"] = _coverages(effect, inside)
        for name in MEASURES:
            line: dict[str, Any] = {"chain": chain, "measure": name}
            for stage in STAGES:
                line[f"{stage}_low"], line[f"{stage}_high"] = ends[name].get(
                    stage, (np.nan, np.nan)
                )
            rows.append(line)
    columns = [f"{stage}_{end}" for stage in STAGES for end in ("low", "high")]
    return pd.DataFrame(rows, columns=["chain", "measure", *columns])


def _coverages(effect: Effect, inside: Flags) -> dict[str, tuple[float, float]]:
    states = effect.states.values()
    price = effect.states["today"].study.price
    known = inside & ~np.isnan(price)
    for state in states:
        known = known & ~np.isnan(state.demand.point) & ~np.isnan(state.gap.point)
    found = {}
    for stage, state in effect.states.items():
        wanted = float((price * state.demand.point)[known].sum())
        bought = float((price * state.gap.point)[known].sum())
        share = 1 - bought / wanted if wanted > 0 else float("nan")
        found[stage] = (share, share)
    return found


def time_line(effect: Effect) -> tuple[Bar, ...]:
    """Return the projects of a plan on a time line, in the order of their start."""
    bars = []
    for project in effect.projects:
        begun = project.started or month_after(project.commissioned, -BUILT_IN)
        started = _month(begun, _MIDDLE)
        running = max(_month(ready_of(effect.row_of[project.key], project), 0), started + 1)
        full = running + 12 * (len(effect.ramp) - 1)
        bars.append(Bar(project, project.survey, started, running, full))
    return tuple(sorted(bars, key=lambda bar: (bar.started, bar.running, bar.project.key)))


def ready_of(said: Mapping[str, Any], project: Project) -> str:
    """Return when a project runs as its plan says it: a year where that says a year."""
    for name in ("commissioned", "from"):
        value = said.get(name)
        text = "" if value is None else str(value).removesuffix(".0")
        if text and project.commissioned.startswith(text):
            return text
    return project.commissioned


def _month(date: str, of_year: int) -> int:
    """Return months since year 0; of a year alone the month given."""
    return int(date[:4]) * 12 + (int(date[5:7]) - 1 if len(date) > len("2026") else of_year)


def date_of(month: int) -> str:
    """Return months since year 0 as a date.

    Examples
    --------
    >>> date_of(2026 * 12), date_of(2026 * 12 + 11)
    ('2026-01', '2026-12')
    """
    return f"{month // 12}-{month % 12 + 1:02d}"


def year_marks(bar: Bar, year: int, ramp: Sequence[float]) -> tuple[str, float]:
    """Return what a project does in a year, ``""`` for nothing, with the share of its capacity it makes.

    ``survey_build``: surveyed, then started; ``build``; ``run``.
    """
    first, last = year * 12, year * 12 + 11
    if bar.running <= last:
        place = -(-(first - bar.running) // 12) if first > bar.running else 0
        return "run", ramp[min(place, len(ramp) - 1)]
    if bar.started > last:
        return "", 0.0
    return ("survey_build" if bar.survey and bar.started >= first else "build"), 0.0
