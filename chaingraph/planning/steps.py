"""The plan year by year: what starts, what runs, what it does; and what may come of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.planning.draws import COMES, MONTHS, interval
from chaingraph.planning.instance import standing, used_of
from chaingraph.planning.programme_tables import CNY, Facts, Table, spoken, texts
from chaingraph.words import Phrase

if TYPE_CHECKING:
    from chaingraph.quantity import Floats

_SHOWN: Final = (
    "plan_year", "starts", "starts_zh", "starts_en", "running", "plan_coverage", "plan_content", "bought_cny",
    "fall_cny", "output_cny", "investment_cny", "power_mw", "headline_zh", "headline_en",
)  # fmt: skip
_HEADED: Final = 3
_MONEY: Final = "investment_cny_100m"
_TINY: Final = 1e-9


def steps(facts: Facts) -> Table:
    """Return the plan by year: those in which something may start, and on until all has run in."""
    question, solution = facts.instance, facts.solution
    starts, result = solution.starts, solution.effect
    years = question.years
    horizon = _shown_years(facts)
    first = facts.asked.years[0]
    begun = np.zeros(horizon, dtype=np.intp)
    spent, spent_low, spent_high = np.zeros(horizon), np.zeros(horizon), np.zeros(horizon)
    if facts.built:
        begun[:years] = starts.plants.sum(axis=0)
        spent[:years] = used_of(question, starts, _MONEY)
        capital = facts.field.capital
        for column, ends in ((spent_low, capital.low), (spent_high, capital.high)):
            column[:years] = np.nan_to_num(ends[facts.chosen]) @ starts.size / CNY
    stands = standing(question, starts.size) if facts.built else np.zeros((0, horizon))
    power = (
        (np.nan_to_num(question.use["power_mw"]) @ stands)[:horizon]
        if facts.built
        else np.zeros(horizon)
    )
    fall = result.fall[:horizon] if facts.built else np.zeros(horizon)
    coverage, content, bought = _served(facts, horizon)
    names = [_started(facts, year) for year in range(horizon)]
    low, high = _drawn_fall(facts, horizon)
    columns: dict[str, Any] = {
        "plan_year": [str(first + year) for year in range(horizon)],
        "starts": begun,
        "starts_zh": texts([facts.names(places, "zh") for places in names]),
        "starts_en": texts([facts.names(places, "en") for places in names]),
        "running": [_running(facts, year) for year in range(horizon)],
        "plan_coverage": coverage, "plan_content": content, "bought_cny": bought * CNY,
        "fall_cny_low": low * CNY, "fall_cny": fall * CNY, "fall_cny_high": high * CNY,
        "output_cny": _output(facts, horizon) * CNY,
        "investment_cny_low": spent_low * CNY, "investment_cny": spent * CNY,
        "investment_cny_high": spent_high * CNY,
        "power_mw": power,
    }  # fmt: skip
    spoken(columns, "headline", [_headline(facts, columns, year) for year in range(horizon)])
    spoken(columns, "standard", [_standard(facts, columns, year) for year in range(horizon)])
    return pd.DataFrame(columns), _SHOWN, (("plan-note-steps", {}),)


def _shown_years(facts: Facts) -> int:
    """Return the years to show: those of starting, and on until all that starts has run in."""
    question = facts.instance
    if not facts.built:
        return question.years
    last = [
        np.flatnonzero(facts.solution.starts.size[i] > _TINY).max()
        + question.lag[i]
        + len(question.ramp)
        for i in facts.built
    ]
    return int(min(question.horizon, max(question.years, *last)))


def _started(facts: Facts, year: int) -> list[int]:
    if not facts.built or year >= facts.instance.years:
        return []
    size = facts.solution.starts.size
    return [int(facts.chosen[i]) for i in facts.built if size[i, year] > _TINY]


def _running(facts: Facts, year: int) -> int:
    """Return how many plants run in a year."""
    total = 0
    for i in facts.built:
        last = year - int(facts.instance.lag[i])
        if last >= 0:
            total += int(facts.solution.starts.plants[i, : last + 1].sum())
    return total


def _output(facts: Facts, horizon: int) -> Floats:
    if not facts.built:
        return np.zeros(horizon)
    price = facts.instance.price[facts.instance.own]
    return np.asarray(price @ facts.solution.effect.output[:, :horizon])


def _served(facts: Facts, horizon: int) -> tuple[Floats, Floats, Floats]:
    """Return by year the coverage of the plan's products, the local content of the region, what is bought.

    Local content is of all priced goods that makers here take, ores and power of the grid left out where
    what is
    made here is not known; 100 m CNY.
    """
    state, question = facts.field.state, facts.instance
    price = np.nan_to_num(facts.study.price) / CNY
    demand, gap = state.demand.best(), state.gap.best()
    known = np.isfinite(demand) & np.isfinite(gap) & ~np.isnan(state.gap.point)
    taken = float((price * np.where(known, demand, 0.0)).sum())
    bought = float((price * np.where(known, gap, 0.0)).sum())
    if not facts.built:
        share = 1 - bought / taken if taken > 0 else np.nan
        return np.full(horizon, np.nan), np.full(horizon, share), np.full(horizon, bought)
    result = facts.solution.effect
    more = question.takes @ result.output
    worth = question.price[:, None]
    counted = known[facts.goods][:, None]
    now_taken = taken + (worth * more * counted).sum(axis=0)
    change = worth * (result.bought - result.before[:, None])
    now_bought = bought + (change * counted).sum(axis=0)
    own = question.own[facts.built]
    wanted = demand[facts.goods[own]][:, None] + more[own]
    served = (question.price[own][:, None] * (wanted - result.bought[own])).sum(axis=0)
    whole = (question.price[own][:, None] * wanted).sum(axis=0)
    coverage = np.divide(served, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    content = 1 - now_bought / now_taken
    return coverage[:horizon], content[:horizon], bought + change.sum(axis=0)[:horizon]


def _drawn_fall(facts: Facts, horizon: int) -> tuple[Floats, Floats]:
    if facts.drawn is None:
        return np.full(horizon, np.nan), np.full(horizon, np.nan)
    low, high = np.percentile(facts.drawn.fall, (10, 90), axis=0)
    return low[:horizon], high[:horizon]


def _headline(facts: Facts, columns: dict[str, Any], year: int) -> Phrase | None:
    """Return the sentence of a year in which something may start: a good start, better quality, strides."""
    if year >= facts.instance.years or not facts.built:
        return None
    coverage = columns["plan_coverage"]
    figures = {
        "starts": int(columns["starts"][year]), "running": columns["running"][year],
        "spent": f"{columns['investment_cny'][year] / CNY:,.1f}",
        "fall": f"{columns['fall_cny'][year] / CNY:,.1f}",
        "coverage": f"{np.nan_to_num(coverage[year]):.0%}",
    }  # fmt: skip
    none = "" if figures["starts"] else "-none"
    return Phrase(f"plan-year-{min(year + 1, _HEADED)}{none}", tuple(figures.items()))


def _standard(facts: Facts, columns: dict[str, Any], year: int) -> Phrase | None:
    """Return by what a year is measured: what is counted at its end."""
    if year >= facts.instance.years or not facts.built:
        return None
    figures = {
        "year": columns["plan_year"][year], "starts": int(columns["starts"][: year + 1].sum()),
        "running": columns["running"][year],
        "spent": f"{columns['investment_cny'][: year + 1].sum() / CNY:,.1f}",
        "fall": f"{columns['fall_cny'][year] / CNY:,.1f}",
    }  # fmt: skip
    return Phrase("plan-standard", tuple(figures.items()))


def outcomes(facts: Facts) -> Table:
    """Return what may come of the plan: 10%, 50% and 90% points of the draws beside what is planned."""
    drawn, change = facts.drawn, facts.change
    names = ("closed", "opened", "fall", "investment")
    shown = ("outcome_of", "planned_cny", "outcome_low", "outcome_middle", "outcome_high")
    if drawn is None:
        return pd.DataFrame(columns=list(shown)), shown, ()
    question, starts = facts.instance, facts.solution.starts
    last = question.lag[:, None] + np.arange(question.years)[None, :] + 1
    planned = np.array([
        float(np.abs(change[change < 0]).sum()), float(change[change > 0].sum()),
        float(facts.solution.effect.fall[-1]) * CNY, float(used_of(question, starts, _MONEY).sum()) * CNY,
    ])  # fmt: skip
    values = (drawn.closed, drawn.opened, drawn.fall[:, -1], drawn.investment.sum(axis=1))
    ends = np.array([interval(value) for value in values]) * CNY
    columns = {
        "outcome_of": list(names), "planned_cny": planned,
        "outcome_low": ends[:, 0], "outcome_middle": ends[:, 1], "outcome_high": ends[:, 2],
    }  # fmt: skip
    done = interval(drawn.done + facts.asked.years[0] - 1)
    none = bool(np.isnan(done[0]))
    said = (
        "plan-note-draws",
        {"draws": len(drawn.closed), "least": COMES[0], "most": COMES[1], "low": MONTHS[0], "middle": MONTHS[1],
         "high": MONTHS[2], "planned": int(facts.asked.years[0] - 1 + last[starts.size > _TINY].max()),
         "soon": "-" if none else round(done[0]), "late": "-" if none else round(done[2])},
    )  # fmt: skip
    return pd.DataFrame(columns), shown, (said,)
