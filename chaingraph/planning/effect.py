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


@dataclass(frozen=True)
class Bar:
    """A project on the time line; months count from 0 for January of year 0.

    Attributes
    ----------
    survey
        Whether nobody has confirmed the gap: its survey comes before any talk.
    signed
        Month by which it must be signed, so that it can start in time.
    started, running, full
        Months in which it starts, begins to run, has run in.
    dated
        Whether a month is known; else of a year its first month.
    """

    project: Project
    survey: bool
    signed: int
    started: int
    running: int
    full: int
    dated: bool


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
    contents = {
        stage: measure_local_content(state).frame.set_index("content_of")
        for stage, state in effect.states.items()
    }
    homes = home_chains(effect.states["today"].study)
    for chain in chains:
        found = {stage: frame.loc[chain] for stage, frame in contents.items() if chain in frame.index}
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
                line[f"{stage}_low"], line[f"{stage}_high"] = ends[name].get(stage, (np.nan, np.nan))
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


def time_line(effect: Effect, months_to_start: int) -> tuple[Bar, ...]:
    """Return the projects of a plan on a time line, in the order of their start.

    Parameters
    ----------
    effect
        The plan on the region.
    months_to_start
        Usual months from signing to start.
    """
    bars = []
    for project in effect.projects:
        said = effect.row_of[project.key]
        begun = project.started or month_after(project.commissioned, -14)
        ready = _ready(said, project)
        started, running = _month(begun), max(_month(ready), _month(begun))
        bars.append(Bar(
            project, said.get("survey_first") is True, started - months_to_start, started, running,
            running + 12 * (len(effect.ramp) - 1), len(begun) > len("2026"),
        ))  # fmt: skip
    return tuple(sorted(bars, key=lambda bar: (bar.started, bar.running, bar.project.key)))


def _ready(said: Mapping[str, Any], project: Project) -> str:
    """Return when it begins to run: as the plan says it, a year alone from its first month on."""
    for name in ("commissioned", "from"):
        value = said.get(name)
        text = "" if value is None else str(value).removesuffix(".0")
        if text and project.commissioned.startswith(text):
            return text
    return project.commissioned


def _month(date: str) -> int:
    """Return months since year 0; of a year its first."""
    return int(date[:4]) * 12 + (int(date[5:7]) - 1 if len(date) > len("2026") else 0)


def year_marks(bar: Bar, year: int, ramp: Sequence[float]) -> tuple[str, float]:
    """Return what a project does in a year: ``""``, ``survey``, ``build`` or ``run`` with its share of capacity."""
    first, last = year * 12, year * 12 + 11
    if bar.running <= last:
        place = min((first - bar.running + 11) // 12, len(ramp) - 1) if first > bar.running else 0
        return "run", ramp[max(place, 0)]
    if bar.started <= last:
        return "build", 0.0
    return ("survey", 0.0) if bar.survey and year == bar.started // 12 - 1 else ("", 0.0)
