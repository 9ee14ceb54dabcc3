"""The tables of a plan, each worked out of the question, its answer and the region."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import pandas as pd

from chaingraph.knowledge.evidence import LEVELS
from chaingraph.planning.candidates import REASONS, UNCONFIRMED
from chaingraph.planning.instance import BUDGETS, local_use, savings, used_of
from chaingraph.planning.market import WIDER, neighbours_lack, neighbours_spare
from chaingraph.planning.siting import needs_chemical_park
from chaingraph.words import Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.analysis.basis import Basis
    from chaingraph.analysis.reach import Reach
    from chaingraph.analysis.state import RegionState
    from chaingraph.planning.asked import Asked
    from chaingraph.planning.candidates import Field
    from chaingraph.planning.draws import Drawn
    from chaingraph.planning.instance import Instance
    from chaingraph.planning.ladder import Rung, Stability, Without
    from chaingraph.planning.milp import Solution
    from chaingraph.planning.siting import Named, Site
    from chaingraph.quantity import Floats, Integers

Note: TypeAlias = tuple[str, dict[str, Any]]
Table: TypeAlias = tuple[pd.DataFrame, tuple[str, ...], tuple[Note, ...]]
CNY: Final = 1e8
"""CNY in one unit of the question's money."""
NEAR_KM: Final = 300.0
"""Kilometres within which a maker with enough left over makes a contract worth comparing first."""
BINDS: Final = 0.995
"""Share of a budget from which on it binds: what is left is too little for anything."""
_NAMED: Final = 3
_TINY: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Facts:
    """All that the tables of a plan are made of.

    Attributes
    ----------
    state
        The region before anything, its construction counted.
    field, asked, instance
        What could be started; what was asked; the question in numbers.
    chosen, goods
        Positions of candidates and goods.
    solution, free, greedy
        The answer; the answer without budgets; the worth of the greedy one.
    idle, rungs, stable, without, drawn, sites, targets
        Idle plants; the ladder; solutions under other prices; plans without a candidate; draws; parks by
        product
        position; groups by product id.
    """

    state: RegionState
    field: Field
    asked: Asked
    instance: Instance
    chosen: Integers
    goods: Integers
    solution: Solution
    free: Solution
    greedy: float
    idle: pd.DataFrame
    rungs: Sequence[Rung]
    stable: Stability | None
    without: Mapping[int, Without | None]
    drawn: Drawn | None
    sites: Mapping[int, list[Site]]
    targets: Mapping[str, list[Named]]

    @property
    def study(self) -> Basis:
        """The dataset under its assumptions."""
        return self.state.study

    @cached_property
    def built(self) -> list[int]:
        """Candidates that are started, by their number."""
        return np.flatnonzero(self.solution.starts.total > _TINY).tolist()

    @cached_property
    def saves(self) -> tuple[Floats, Floats]:
        """By candidate, a year once run in: what users here no longer buy outside, and what it takes; CNY.

        What is left over here anyway costs nothing: so the differences add up to the fall of purchases.
        """
        closes, takes = savings(self.instance, self.solution.starts.total)
        return closes * CNY, takes * CNY

    @cached_property
    def change(self) -> Floats:
        """By good: change of what is bought outside once all has run in, CNY a year."""
        result = self.solution.effect
        return np.asarray((result.bought[:, -1] - result.before) * self.instance.price * CNY)

    @cached_property
    def spare_near(self) -> Floats:
        """By product: what known makers within 300 km by road have left over, units a year."""
        return neighbours_spare(self.field.state, NEAR_KM)

    @cached_property
    def gap_value(self) -> float:
        """Worth of all gaps of the region that are known and priced, CNY a year."""
        value = self.field.state.gap.best() * self.study.price
        counts = ~(self.study.modes["grid"] | self.study.modes["resource"])
        return float(np.nansum(np.where(counts & np.isfinite(value), value, 0.0)))

    def names(self, places: Sequence[int], lang: str) -> str:
        """Return the names of products by position, joined."""
        names = self.study.names_zh if lang == "zh" else self.study.names_en
        return ("、" if lang == "zh" else ", ").join(names[place] for place in places)


def named(facts: Facts, places: Sequence[int]) -> dict[str, list[Any]]:
    """Return id, names and unit of products by position."""
    study = facts.study
    units = study.products["unit"].tolist()
    return {
        "product_id": [study.product_graph.ids[i] for i in places],
        "name_zh": [study.names_zh[i] for i in places],
        "name_en": [study.names_en[i] for i in places],
        "unit": [units[i] for i in places],
    }


def spoken(columns: dict[str, Any], name: str, phrases: Sequence[Phrase | None]) -> None:
    """Add what is said of each row, in both languages."""
    for lang in ("zh", "en"):
        said = [phrase.text(lang) if phrase else None for phrase in phrases]
        columns[f"{name}_{lang}"] = pd.array(said, dtype="str")


def texts(values: Sequence[str | None]) -> Any:
    """Return words as a column, the empty ones as missing."""
    return pd.array([value or None for value in values], dtype="str")


# --- projects


def projects(facts: Facts) -> Table:
    """Return what to start, one row a product and year of start, by year and by what it saves."""
    question, starts = facts.instance, facts.solution.starts
    closes, takes = facts.saves
    rows = [(i, t) for i in facts.built for t in range(question.years) if starts.size[i, t] > _TINY]
    rows.sort(key=lambda row: (row[1], -(closes - takes)[row[0]], row[0]))
    number = [i for i, _ in rows]
    place = [int(facts.chosen[i]) for i in number]
    size = np.array([starts.size[row] for row in rows], dtype=float)
    share = np.array([starts.size[i, t] / starts.total[i] for i, t in rows], dtype=float)
    years = [facts.asked.years[t] for _, t in rows]
    runs = [facts.asked.years[t] + int(question.lag[i]) for i, t in rows]
    state, capital = facts.field.state, facts.field.capital
    level = [LEVELS[state.evidence.level[i]] if not facts.field.induced[i] else
             LEVELS[facts.state.evidence.level[i]] for i in place]  # fmt: skip
    about = named(facts, place)
    columns: dict[str, Any] = {
        "project_id": [f"{p}-{y}" for p, y in zip(about["product_id"], years, strict=True)],
        **about,
        "started": [str(year) for year in years], "commissioned": [str(year) for year in runs],
        "plants": [int(starts.plants[row]) for row in rows], "size": size,
        "gap_kind": texts([str(facts.field.kind[i]) for i in place]),
        "verb": texts([str(facts.field.verb[i]) for i in place]),
        "evidence": level, "survey_first": [name in UNCONFIRMED for name in level],
        "demand": state.demand.point[place], "demand_full": state.demand_full[place],
        "gap_low": state.gap.low[place], "gap": state.gap.point[place],
        "gap_high": state.gap.high[place], "gap_full": _gap_full(state)[place],
        "coming": _coming(facts)[place],
        "investment_cny_low": capital.low[place] * size, "investment_cny": capital.middle[place] * size,
        "investment_cny_high": capital.high[place] * size,
        "investment_basis": capital.basis[place], "investment_rows": capital.number[place],
        "power_mw": capital.power[place] * size, "land_mu": capital.land[place] * size,
        "land_basis": texts(capital.land_basis[place].tolist()),
        "plan_local_use": local_use(question, starts.total)[number],
        "closes_cny": closes[number] * share, "takes_cny": takes[number] * share,
        "saves_cny": (closes - takes)[number] * share,
        "inputs_unpriced": texts([_unpriced(facts, i) for i in place]),
        "needs_first": texts([_needs_first(facts, i, n) for i, n in zip(level, place, strict=True)]),
        "nearest_maker_city": texts(_nearest(state.reach, place)),
        "nearest_maker_km": state.reach.maker_km[place],
        "chosen_share": _stability_of(facts, number), **_without(facts, number),
    }  # fmt: skip
    _add_targets(columns, facts, about["product_id"])
    _add_parks(columns, facts, place)
    shown = (
        "started", "commissioned", "product_id", "name_zh", "name_en", "size", "unit", "plants", "gap",
        "gap_full", "investment_cny", "power_mw", "plan_local_use", "saves_cny", "needs_first",
        "chosen_share", "target_1",
    )  # fmt: skip
    return pd.DataFrame(columns), shown, notes(facts)


def _gap_full(state: RegionState) -> Floats:
    """Return what would lack if all that stands ran full, beyond what could be made here.

    It counts makers with a figure only: where these take less than is known to be taken, nobody can tell.
    """
    made = np.nan_to_num(state.supply.best())
    lacking = np.maximum(0.0, state.demand_full - made)
    with np.errstate(invalid="ignore"):
        part = state.demand_full < state.demand.point * (1 - _TINY)
    return np.where(part, np.nan, lacking)


def _coming(facts: Facts) -> Floats:
    """Return what of the supply is still under construction: it counts as there."""
    return (
        facts.state.rows.construction
        if "construction" not in facts.study.statuses
        else _built_now(facts)
    )


def _built_now(facts: Facts) -> Floats:
    from chaingraph.enterprises import plant_rows

    study = facts.study
    rows = plant_rows(study.dataset.enterprises, study.standing, where=facts.state.region)
    rows = rows[(rows["status"] == "construction") & rows["counted"].astype(bool)]
    total = np.zeros(study.product_graph.size)
    for product, amount in zip(rows["product_id"], rows["effective"].fillna(0.0), strict=True):
        if product in study.product_graph.position:
            total[study.product_graph.position[product]] += float(amount)
    return total


def _unpriced(facts: Facts, place: int) -> str:
    """Return the inputs of a product that have no price or no coefficient: they make it look better."""
    graph, price = facts.study.product_graph, facts.study.price
    links = np.flatnonzero((graph.target == place) & graph.consumed)
    lost = np.isnan(price[graph.source[links]]) | np.isnan(graph.coefficient[links])
    return "; ".join(graph.ids[i] for i in sorted(set(graph.source[links][lost].tolist())))


def _needs_first(facts: Facts, level: str, place: int) -> str:
    """Return what comes before a start: the survey, a park, users, neighbours."""
    needs = []
    if level in UNCONFIRMED:
        needs.append("survey")
    if needs_chemical_park(facts.state, place) and not facts.sites.get(place):
        needs.append("chemical_park")
    if facts.field.induced[place]:
        needs.append("users")
    net, near = facts.field.net[place], facts.field.near[place]
    number = int(np.flatnonzero(facts.chosen == place)[0])
    question = facts.instance
    asked = question.local_use * question.full * float(question.small[number])
    if near > 0 and max(0.0, net) < asked and not facts.field.free[place]:
        needs.append("neighbours")
    if net > 0 and facts.spare_near[place] >= net:
        needs.append("compare")
    return "; ".join(needs)


def _nearest(reach: Reach, place: Sequence[int]) -> list[str | None]:
    cities = np.asarray(reach.maker_city)
    return [str(cities[i]) or None for i in place]


def _stability_of(facts: Facts, number: Sequence[int]) -> Floats:
    if facts.stable is None:
        return np.full(len(number), np.nan)
    return np.asarray(facts.stable.chosen[list(number)], dtype=float)


def _without(facts: Facts, number: Sequence[int]) -> dict[str, Any]:
    """Return what the plan is worth less without a product, and what enters instead."""
    found = [facts.without.get(i) for i in number]
    ids = facts.instance.products
    return {
        "without_cny": np.array(
            [np.nan if w is None else w.loss * CNY for w in found], dtype=float
        ),
        "enters_instead": texts(
            [None if w is None else "; ".join(ids[i] for i in w.instead) for w in found]
        ),
    }


def _add_targets(columns: dict[str, Any], facts: Facts, products: Sequence[str]) -> None:
    for rank in range(_NAMED):
        groups = [facts.targets.get(product, []) for product in products]
        columns[f"target_{rank + 1}"] = texts(
            [g[rank].group if len(g) > rank else None for g in groups]
        )
    first = [facts.targets.get(product, [None])[:1] for product in products]
    for lang in ("zh", "en"):
        said = [getattr(g[0], f"reasons_{lang}") if g and g[0] else None for g in first]
        columns[f"target_reasons_{lang}"] = texts(said)


def _add_parks(columns: dict[str, Any], facts: Facts, place: Sequence[int]) -> None:
    sites = [facts.sites.get(i, [])[:_NAMED] for i in place]
    for rank in range(_NAMED):
        columns[f"park_{rank + 1}"] = texts(
            [s[rank].park if len(s) > rank else None for s in sites]
        )
    phrases = []
    for spot, found in zip(place, sites, strict=True):
        if found:
            phrases.append(found[0].phrase())
        else:
            needs = needs_chemical_park(facts.state, spot)
            phrases.append(Phrase("plan-park-chemical" if needs else "plan-park-none"))
    spoken(columns, "park_parts", phrases)


def notes(facts: Facts) -> tuple[Note, ...]:
    """Return what a reader of the projects must know."""
    question, solution, asked = facts.instance, facts.solution, facts.asked
    closes, takes = facts.saves
    said: list[Note] = []
    at = facts.study.dataset.as_of
    if at and str(asked.years[0]) != at[:4]:
        said.append(
            ("plan-note-dates", {"at": at, "first": asked.years[0], "last": asked.years[-1]})
        )
    ramp = " / ".join(f"{share:.0%}" for share in asked.ramp)
    said.append(
        ("plan-note-load", {"load": _load_words(facts), "ramp": ramp, "use": asked.local_use})
    )
    fall = float(solution.effect.fall[-1]) if facts.built else 0.0
    spent = (
        float(used_of(question, solution.starts, "investment_cny_100m").sum())
        if facts.built
        else 0.0
    )
    said.append((
        "plan-note-value",
        {"count": int(solution.starts.plants.sum()), "spent": spent, "fall": fall, "value": solution.value,
         "closed": float(np.abs(facts.change[facts.change < 0]).sum()) / CNY,
         "opened": float(facts.change[facts.change > 0].sum()) / CNY},
    ))  # fmt: skip
    said.append((
        "plan-note-greedy",
        {"greedy": "-" if np.isnan(facts.greedy) else f"{facts.greedy:,.1f}", "gap": solution.gap},
    ))  # fmt: skip
    free = facts.free
    said.append((
        "plan-note-unbounded",
        {"spent": float(used_of(question, free.starts, "investment_cny_100m").sum()),
         "fall": float(free.effect.fall[-1]) if len(free.effect.fall) else 0.0,
         "gap": facts.gap_value / CNY},
    ))  # fmt: skip
    worth = (closes - takes)[facts.built]
    open_end = [
        LEVELS[facts.state.evidence.level[int(facts.chosen[i])]] in UNCONFIRMED for i in facts.built
    ]
    total = float(worth[worth > 0].sum())
    if total > 0 and any(open_end):
        carried = float(worth[(worth > 0) & np.array(open_end)].sum())
        said.append(
            ("plan-note-unconfirmed", {"share": carried / total, "count": int(sum(open_end))})
        )
    counts = {
        "plan-note-ratio": sum(
            facts.field.capital.basis[facts.chosen[i]] == "ratio" for i in facts.built
        ),
        "plan-note-power": sum(
            np.isnan(facts.field.capital.power[facts.chosen[i]]) for i in facts.built
        ),
        "plan-note-unpriced": sum(
            bool(_unpriced(facts, int(facts.chosen[i]))) for i in facts.built
        ),
    }
    said += [(key, {"count": int(count)}) for key, count in counts.items() if count]
    said.append((
        "plan-note-left",
        {"candidates": len(facts.chosen), "small": int(facts.field.small.sum()), "cannot": len(_left(facts))},
    ))  # fmt: skip
    return tuple(said)


def _load_words(facts: Facts) -> Phrase:
    asked = facts.study.loads.asked
    if isinstance(asked, str):
        return Phrase(f"plan-load-{asked}")
    figures = asked
    shown = ", ".join(f"{name}={figure:g}" for name, figure in figures.items())
    return Phrase("plan-load-figures", (("figures", shown),))


# --- purchases, budgets


def purchases(facts: Facts) -> Table:
    """Return what the region buys less and more of once all has run in, the largest changes first."""
    result, question = facts.solution.effect, facts.instance
    changed = (
        np.flatnonzero(np.abs(facts.change) > 1.0) if facts.built else np.zeros(0, dtype=np.intp)
    )
    order = changed[np.argsort(-np.abs(facts.change[changed]), kind="stable")]
    place = [int(facts.goods[i]) for i in order]
    state = facts.field.state
    columns: dict[str, Any] = {
        **named(facts, place),
        "purchase": ["closed" if facts.change[i] < 0 else "opened" for i in order],
        "bought_before": result.before[order],
        "bought_after": _dusted(result.bought[order, -1], result.before[order]),
        "price_cny": question.price[order] * CNY, "change_cny": facts.change[order],
        "at_cost": np.isnan(facts.study.price[place]) if place else np.zeros(0, dtype=bool),
        "spare_unknown": np.isnan(state.gap.point[place]) if place else np.zeros(0, dtype=bool),
    }  # fmt: skip
    shown = (
        "purchase",
        "product_id",
        "name_zh",
        "name_en",
        "bought_before",
        "bought_after",
        "unit",
        "change_cny",
    )
    said: list[Note] = []
    if columns["spare_unknown"].any():
        said.append(("plan-note-charged", {"count": int(columns["spare_unknown"].sum())}))
    if columns["at_cost"].any():
        said.append(("plan-note-at-cost", {"count": int(columns["at_cost"].sum())}))
    if facts.asked.local.any():
        names = np.flatnonzero(facts.asked.local).tolist()
        said.append(
            (
                "plan-note-local",
                {"names": facts.names(names, "en"), "names_zh": facts.names(names, "zh")},
            )
        )
    return pd.DataFrame(columns), shown, tuple(said)


def _dusted(after: Floats, before: Floats) -> Floats:
    """Return what is bought without the dust of the solver."""
    return np.where(after < 1e-6 * before, 0.0, after)


def budgets(facts: Facts) -> Table:
    """Return each budget, in all and a year, with what is used of it."""
    question, starts = facts.instance, facts.solution.starts
    rows: list[dict[str, Any]] = []
    for name in BUDGETS:
        used = used_of(question, starts, name) if len(facts.chosen) else np.zeros(question.years)
        open_end = 0
        if name != "count" and facts.built:
            open_end = int(np.isnan(question.use[name][facts.built]).sum())
        pairs: list[tuple[int | None, float | None, float]] = [
            (None, question.budget.get(name), float(used.sum()))
        ]
        if name in question.per_year:
            pairs += [
                (facts.asked.years[t], question.per_year[name], float(used[t]))
                for t in range(question.years)
            ]
        for year, amount, taken in pairs:
            rows.append({
                "budget": name, "plan_year": year, "budget_amount": np.nan if amount is None else amount,
                "budget_used": taken, "budget_open": open_end,
                "binds": amount is not None and taken >= BINDS * amount,
            })  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["plan_year"] = frame["plan_year"].astype("Int64").astype("str").replace("<NA>", None)
    shown = ("budget", "plan_year", "budget_amount", "budget_used", "binds", "budget_open")
    return frame, shown, ()


# --- what comes first, what is left out


def revive(facts: Facts) -> Table:
    """Return the idle plants of the region: they are set going before anything new."""
    idle = facts.idle
    place = [facts.study.product_graph.find(product) for product in idle["product_id"]]
    price = facts.study.price[place] if place else np.zeros(0)
    about = named(facts, place)
    columns = {
        "enterprise_id": texts(idle["enterprise_id"].tolist()),
        "enterprise_zh": texts([_text(x) for x in idle["name_zh"]]),
        "enterprise_en": texts([_text(x) for x in idle["name_en"]]),
        **about,
        "capacity": idle["capacity"].to_numpy(dtype=float), "gap": idle["gap"].to_numpy(dtype=float),
        "closes": idle["closes"].to_numpy(dtype=float),
        "closes_cny": idle["closes"].to_numpy(dtype=float) * price,
        "as_of": texts([_text(x) for x in idle["as_of"]]),
        "source_url": texts([_text(x) for x in idle["source_url"]]),
        "note": texts([_text(x) for x in idle["note"]]),
    }  # fmt: skip
    shown = (
        "enterprise_zh",
        "enterprise_en",
        "product_id",
        "name_zh",
        "name_en",
        "capacity",
        "unit",
        "gap",
        "closes",
        "as_of",
    )
    said: tuple[Note, ...] = () if place else (("plan-note-no-idle", {}),)
    return pd.DataFrame(columns), shown, said


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def too_small(facts: Facts) -> Table:
    """Return the gaps on which no plant could live, and the nearest market in which one could."""
    field, asked = facts.field, facts.asked
    state, sizes = field.state, facts.study.sizes
    place = np.flatnonzero(field.small).tolist()
    wider = {market: neighbours_lack(state, market) for market in WIDER} if place else {}
    gap = np.maximum(0.0, field.net)
    needs = asked.local_use * asked.ramp[-1] * sizes.small
    fits: list[str | None] = []
    wanted: list[float] = []
    for i in place:
        found = next((m for m in WIDER if gap[i] + wider[m][i] >= needs[i]), None)
        fits.append(_market_word(found))
        wanted.append(float(gap[i] + wider[found or WIDER[-1]][i]))
    columns = {
        **named(facts, place),
        "gap_kind": texts([str(field.kind[i]) for i in place]),
        "gap": gap[place], "gap_full": _gap_full(state)[place],
        "gap_value_cny": gap[place] * facts.study.price[place],
        "plant_size_small": sizes.small[place], "plant_size": sizes.typical[place],
        "plant_fill": gap[place] / sizes.small[place],
        "fits_market": texts(fits), "market_gap": np.array(wanted, dtype=float),
        "too_small_action": ["joint" if fit in {"province", "km500"} else "contract" for fit in fits],
    }  # fmt: skip
    frame = pd.DataFrame(columns).sort_values(
        ["gap_value_cny", "product_id"], ascending=[False, True], ignore_index=True
    )
    shown = (
        "product_id", "name_zh", "name_en", "gap", "gap_full", "unit", "plant_size_small", "plant_fill",
        "fits_market", "market_gap", "too_small_action",
    )  # fmt: skip
    return frame, shown, ()


def _market_word(market: str | float | None) -> str | None:
    return f"km{market:g}" if isinstance(market, float) else market


def _left(facts: Facts) -> dict[int, tuple[str, ...]]:
    """Return why each product with a gap is in no plan: by the data, and what no solution wants."""
    found = dict(facts.field.reasons)
    unwanted = (facts.free.starts.total <= _TINY) & (facts.solution.starts.total <= _TINY)
    for i in np.flatnonzero(unwanted).tolist():
        found[int(facts.chosen[i])] = ("no_gain",)
    return found


def cannot(facts: Facts) -> Table:
    """Return what cannot be judged or is not for a plan, and because of what; the dearest gaps first."""
    field, left = facts.field, _left(facts)
    state = field.state
    place = sorted(left)
    order = {reason: number for number, reason in enumerate(REASONS)}
    columns = {
        **named(facts, place),
        "gap_kind": texts([str(field.kind[i]) for i in place]),
        "evidence": [LEVELS[facts.state.evidence.level[i]] for i in place],
        "left_out": ["; ".join(sorted(left[i], key=order.__getitem__)) for i in place],
        "gap_low": state.gap.low[place], "gap": state.gap.point[place], "gap_high": state.gap.high[place],
        "gap_value_cny": state.gap_value.point[place], "price_cny": facts.study.price[place],
        "plant_size_small": facts.study.sizes.small[place],
    }  # fmt: skip
    frame = pd.DataFrame(columns)
    if len(frame):
        frame["value_"] = frame["gap_value_cny"].fillna(-1.0)
        frame = frame.sort_values(
            ["value_", "product_id"], ascending=[False, True], ignore_index=True
        )
        frame = frame.drop(columns="value_")
    shown = (
        "product_id",
        "name_zh",
        "name_en",
        "gap_kind",
        "left_out",
        "gap",
        "unit",
        "gap_value_cny",
    )
    lost: dict[str, int] = {}
    for reasons in left.values():
        for reason in reasons:
            lost[reason] = lost.get(reason, 0) + 1
    said: list[Note] = []
    if lost.get("no_price") or lost.get("no_plant_size"):
        counts = {
            "price": lost.get("no_price", 0),
            "size": lost.get("no_plant_size", 0),
            "all": len(left),
        }
        said.append(("plan-note-cannot", counts))
    return frame, shown, tuple(said)


# --- solved again


def ladder(facts: Facts) -> Table:
    """Return what the best programme is under other amounts of investment: rung by rung."""
    rows: list[dict[str, Any]] = []
    before: tuple[float, Any] = (0.0, np.zeros(len(facts.chosen)))
    for rung in facts.rungs:
        row: dict[str, Any] = {"budget_amount": rung.amount, "budget_used": np.nan}
        row |= dict.fromkeys(("worth_cny", "gain_cny", "fall_cny"), np.nan)
        row |= {"plants": 0, "enters_zh": None, "enters_en": None}
        if rung.solution is not None:
            found = rung.solution
            total = found.starts.total
            enters = [
                int(facts.chosen[i]) for i in np.flatnonzero((total > _TINY) & (before[1] <= _TINY))
            ]
            row |= {
                "budget_used": float(used_of(facts.instance, found.starts, "investment_cny_100m").sum()),
                "worth_cny": found.value * CNY, "gain_cny": (found.value - before[0]) * CNY,
                "fall_cny": float(found.effect.fall[-1]) * CNY if len(facts.chosen) else 0.0,
                "plants": int(found.starts.plants.sum()),
                "enters_zh": facts.names(enters, "zh") or None, "enters_en": facts.names(enters, "en") or None,
            }  # fmt: skip
            before = (found.value, total)
        rows.append(row)
    shown = (
        "budget_amount", "budget_used", "plants", "worth_cny", "gain_cny", "fall_cny", "enters_zh", "enters_en",
    )  # fmt: skip
    frame = pd.DataFrame(rows)
    for name in ("enters_zh", "enters_en"):
        frame[name] = texts(frame[name].tolist())
    return frame, shown, (("plan-note-ladder", {}),)


def stability(facts: Facts) -> Table:
    """Return how often each candidate is chosen where prices and costs are other than known."""
    if facts.stable is None:
        names = ("product_id", "name_zh", "name_en", "unit", "chosen_share", "size", "size_drawn")
        return pd.DataFrame(columns=list(names)), names, ()
    stable, total = facts.stable, facts.solution.starts.total
    rows = np.flatnonzero((stable.chosen > 0) | (total > _TINY))
    rows = rows[np.lexsort((rows, -stable.chosen[rows]))]
    place = [int(facts.chosen[i]) for i in rows]
    columns = {
        **named(facts, place), "chosen_share": stable.chosen[rows], "size": total[rows],
        "size_drawn": stable.size[rows],
        "standing_in_plan": [
            "project" if share >= 0.5 and size > _TINY else "option"  # noqa: PLR2004
            for share, size in zip(stable.chosen[rows], total[rows], strict=True)
        ],
    }  # fmt: skip
    low, middle, high = np.percentile(stable.value, (10, 50, 90)).tolist()
    said = (
        "plan-note-stability",
        {"draws": len(stable.value), "low": low, "middle": middle, "high": high},
    )
    shown = (
        "product_id",
        "name_zh",
        "name_en",
        "chosen_share",
        "standing_in_plan",
        "size",
        "size_drawn",
        "unit",
    )
    return pd.DataFrame(columns), shown, (said,)
