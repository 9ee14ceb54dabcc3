"""The programme of a region: what to start in which year, what it saves, what speaks against it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph.analysis.balance import study_params
from chaingraph.analysis.basis import Basis
from chaingraph.analysis.settings import read_count, read_lang
from chaingraph.analysis.state import RegionState
from chaingraph.analysis.study import as_state
from chaingraph.errors import OptionError
from chaingraph.planning import programme_tables as tables
from chaingraph.planning.asked import LOCAL_USE, RAMP, STATUSES, read_asked
from chaingraph.planning.candidates import build_instance, read_field
from chaingraph.planning.capital import HOURS, read_capital
from chaingraph.planning.draws import DRAWS, draw_outcomes
from chaingraph.planning.greedy import choose_greedily
from chaingraph.planning.idle import find_idle, revived
from chaingraph.planning.instance import RATE
from chaingraph.planning.ladder import (
    climb,
    leave_out,
    measure_stability,
    without_budgets,
)
from chaingraph.planning.milp import solve_lasting
from chaingraph.planning.programme_file import Plan
from chaingraph.planning.siting import GROUP_PROJECTS, find_sites, name_targets
from chaingraph.planning.steps import outcomes, steps
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.study import Source
    from chaingraph.planning.programme_tables import Facts
    from chaingraph.regions import Region
    from chaingraph.words import Language

MOST_DRAWS = 200
_GREEDY = 120
"""Candidates up to which the greedy check is made: it looks at every plant again and again."""
_TINY = 1e-9


def build_plan(
    ds: Source,
    *,
    region: str | Region | None = None,
    budget: Mapping[str, float] | None = None,
    per_year: Mapping[str, float] | None = None,
    years: str | Sequence[int] | int | None = None,
    load: Load = "actual",
    ramp: Sequence[float] | float = RAMP,
    local_use: float = LOCAL_USE,
    market: str | float = "region",
    must: Mapping[str, float] | None = None,
    never: Iterable[str] | None = None,
    after: Iterable[tuple[str, str]] | None = None,
    together: Iterable[tuple[str, str]] | None = None,
    quota: Mapping[str, float] | None = None,
    extend: Mapping[str, float] | None = None,
    local: Iterable[str] | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str | None = None,
    goal: Mapping[str, float] | None = None,
    defaults: bool = True,
    hours: float = HOURS,
    rate: float = RATE,
    group_projects: int = GROUP_PROJECTS,
    stability: int = 20,
    draws: int = DRAWS,
    seed: int = 0,
    lang: Language | None = None,
) -> Plan:
    r"""Choose which plants a region starts in which year, so that it buys less outside.

    Parameters
    ----------
    ds
        The dataset, an open study or a region's state, whose statuses and load then hold.
    region
        One region; the focus by default.
    budget, per_year
        Amounts in all and a year: ``investment_cny_100m``, ``power_mw``, ``land_mu``, ``count``.
    years
        In which something may start: ``"2026-2028"``; the three after the date of the data by default.
    load
        How hard plants that stand run, as in :func:`open_study`.
    ramp
        Share of its capacity that a new plant makes in its first, second, ... year; the last stays.
    local_use
        Share of a new plant's output that must be used in the market.
    market
        ``"region"``; ``"province"`` or km: what neighbours lack counts for that share too.
    must, never, after, together
        What is decided: product -> size at least; products left out; pairs (this, only in a year after that);
        pairs of which both start in one year or neither.
    quota
        Restricted product -> size that may be built; without one they are left out.
    extend
        Product -> size of a plant that takes a local surplus and sells outside: a decision, not a gap.
    local
        Products that cost nothing outside though nobody knows of spare here, such as a city's own power.
    at, statuses, goal
        As in :func:`open_study`; of a dataset what is under construction counts as there by default, what is
        open already is taken as it is read.
    defaults
        Take a ratio to the price where no investment a unit is known; False: such products are left out.
    hours
        A plant's hours of running a year, for the power it asks for.
    rate
        Yearly discount.
    group_projects
        Projects for which one group is named first, at most.
    stability, draws, seed
        Times the plan is solved again with other prices and costs; draws of its outcome; their seed.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Plan
        `projects`, `steps`, `purchases`, `outcomes`, `budgets`, `revive`, `too_small`, `cannot`,
        `ladder`, `stability`: a :class:`Result` each, whose `columns` say what every column means.

    Raises
    ------
    OptionError
        For budgets, years and other options that cannot be used; where what is decided does not fit the
        budgets it
        names them and the least amounts that would do.
    UnknownNameError, MissingTableError
        For names and tables that are not there.

    Notes
    -----
    With purchases :math:`m_{it} \ge D_i - K_i + \sum_j A_{ij} Y_{jt} - Y_{it}` of every priced good, ores
    and power
    among them, and shares of alternatives frozen, the programme maximises
    :math:`\sum_t (1+r)^{-t} \sum_i p_i (m_{i0} - m_{it})`, subject to plant sizes, budgets and
    :math:`\theta X_{it} \le \max(0, D_i - K_i) + \sum_j A_{ij} X_{jt} + near_i`. SciPy's HiGHS solves it
    (Huangfu and Hall 2018). Where all output is used here the fall of a year equals the value added of the new
    plants.

    Examples
    --------
    >>> import chaingraph as cg
    >>> plan = cg.build_plan(cg.load_dataset("toy"), years=2025, stability=0, draws=0)
    >>> plan.projects.frame[["project_id", "gap", "size"]].round().to_numpy().tolist()
    [['foil-2025', 1500.0, 1667.0]]
    >>> plan.cannot.frame[["product_id", "left_out"]].to_numpy().tolist()[0]
    ['powder_b', 'no_plant_size; no_inputs']
    """
    call = Call.of(build_plan, locals())  # type: ignore[arg-type]  # a plan is asked again as a result is
    again, count, groups = _counts(stability, draws, group_projects)
    _check_hours(hours)
    assumptions = {"at": at, "statuses": _counted(ds, statuses), "load": load, "goal": goal}
    state = as_state(ds, region, **assumptions)
    study = state.study
    asked = read_asked(
        study, budget=budget, per_year=per_year, years=years, ramp=ramp, local_use=local_use,
        market=market, rate=rate, must=must, never=never, after=after, together=together,
        quota=quota, extend=extend, local=local,
    )  # fmt: skip
    capital = read_capital(study, defaults=defaults, hours=hours)
    idle = find_idle(state)
    awake = revived(state, idle)
    field = read_field(awake, asked, capital)
    _check_decided(field, asked)
    instance, chosen, goods = build_instance(field, asked)
    instance, solution = solve_lasting(instance)
    free = without_budgets(instance)
    greedy = choose_greedily(instance).value if len(chosen) <= _GREEDY else float("nan")
    built = np.flatnonzero(solution.starts.total > _TINY)
    rungs = list(climb(instance, solution, free))
    stable = measure_stability(instance, again, seed) if again and len(chosen) else None
    without = {i: leave_out(instance, solution, i) for i in built.tolist()} if again else {}
    drawn = None
    if count and len(built):
        ends = (capital.low[chosen] / 1e8, capital.high[chosen] / 1e8)
        drawn = draw_outcomes(instance, solution.starts, ends, draws=count, seed=seed)
    params = study_params(study, [state.region.name], None) | {
        "years": list(asked.years), "budget": asked.budget, "per_year": asked.per_year,
        "ramp": list(asked.ramp), "local_use": asked.local_use, "market": asked.market,
        "rate": asked.rate, "hours": hours, "defaults": defaults, "group_projects": groups,
        "stability": again, "draws": count, "seed": seed,
        "value_cny_100m": round(solution.value, 6), "bound_cny_100m": round(solution.bound, 6),
        "solver_gap": round(solution.gap, 6), "greedy_cny_100m": round(greedy, 6),
        **_decided(study.product_graph.ids, asked),
    }  # fmt: skip
    ids = study.product_graph.ids
    facts = tables.Facts(
        state=state, field=field, asked=asked, instance=instance, chosen=chosen, goods=goods,
        solution=solution, free=free, idle=idle, rungs=rungs, stable=stable, without=without,
        drawn=drawn, greedy=greedy,
        sites=find_sites(awake, chosen[built]),
        targets=name_targets(awake, [ids[i] for i in chosen[built].tolist()], groups),
    )  # fmt: skip
    return _plan(facts, params, read_lang(study.dataset, lang), call, solution.seconds)


def _counts(stability: int, draws: int, group_projects: int) -> tuple[int, int, int]:
    """Return how often to solve again, draws, projects of one group."""
    return (
        read_count(stability, "plan-stability", least=0, most=MOST_DRAWS),
        read_count(draws, "bad-draws", least=0, most=100_000),
        read_count(group_projects, "plan-groups", least=1),
    )


def _counted(source: Source, statuses: Any) -> Any:
    """Return which capacities count: construction too, unless said otherwise or read so already."""
    opened = isinstance(source, Basis | RegionState)
    return STATUSES if statuses is None and not opened else statuses


def _check_hours(hours: float) -> None:
    if isinstance(hours, bool) or not isinstance(hours, int | float) or not 0 < hours <= 8784:  # noqa: PLR2004
        raise OptionError("plan-hours", value=hours)


def _check_decided(field: Any, asked: Any) -> None:
    """Refuse what is decided where nothing is known to hold it against, or no local surplus feeds it."""
    graph = field.state.study.product_graph
    for place in np.flatnonzero((asked.must > 0) | (asked.extend > 0)).tolist():
        if place in field.reasons:
            raise OptionError("plan-must-unknown", product=graph.ids[place])
    for place in np.flatnonzero(asked.extend > 0).tolist():
        links = (graph.target == place) & (graph.amount > 0)
        spare = field.net[graph.source[links]] < -_TINY
        if not spare.any():
            raise OptionError("plan-extend-nothing", product=graph.ids[place])
        most = float((-field.net[graph.source[links]] / graph.amount[links])[spare].max())
        if asked.extend[place] > most * (1 + 1e-9):
            raise OptionError("plan-extend-much", product=graph.ids[place], most=f"{most:,.6g}")


def _decided(ids: Sequence[str], asked: Any) -> dict[str, Any]:
    """Return what the user decided, as far as anything, for the params."""
    sizes = {
        name: {ids[i]: float(values[i]) for i in np.flatnonzero(values > 0).tolist()}
        for name, values in (("must", asked.must), ("extend", asked.extend), ("quota", asked.quota))
    }
    names = {
        name: [ids[i] for i in np.flatnonzero(flags).tolist()]
        for name, flags in (("never", asked.never), ("local", asked.local))
    }
    pairs = {
        name: [[ids[one], ids[other]] for one, other in listed]
        for name, listed in (("after", asked.after), ("together", asked.together))
    }
    return {key: value for key, value in (sizes | names | pairs).items() if value}


def _plan(facts: Facts, params: dict[str, Any], lang: Language, call: Call, seconds: float) -> Plan:
    """Return the tables of a plan."""

    def result(kind: str, table: tables.Table) -> Result:
        frame, shown, notes = table
        return Result(kind, frame, params, lang, shown, notes, call=None)

    projects = result("plan", tables.projects(facts))
    return Plan(
        projects=replace(projects, call=call),
        steps=result("plan_steps", steps(facts)),
        purchases=result("plan_purchases", tables.purchases(facts)),
        outcomes=result("plan_outcomes", outcomes(facts)),
        budgets=result("plan_budgets", tables.budgets(facts)),
        revive=result("plan_revive", tables.revive(facts)),
        too_small=result("plan_too_small", tables.too_small(facts)),
        cannot=result("plan_cannot", tables.cannot(facts)),
        ladder=result("plan_ladder", tables.ladder(facts)),
        stability=result("plan_stability", tables.stability(facts)),
        params=params, lang=lang, seconds=seconds,
    )  # fmt: skip
