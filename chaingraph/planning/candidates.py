"""What of a region's gaps could be a project, what is too small for a plant, and what cannot be judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from chaingraph.planning.instance import LIFE, Instance
from chaingraph.planning.market import neighbours_lack
from chaingraph.units import conversion_factor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.analysis.basis import Basis
    from chaingraph.analysis.state import RegionState
    from chaingraph.planning.asked import Asked
    from chaingraph.planning.capital import Capital
    from chaingraph.quantity import Flags, Floats

REASONS: Final = (
    "restricted", "not_advised", "makers_unknown", "announced", "coming", "on_site", "collected",
    "gap_unknown", "no_gap", "no_price", "no_plant_size", "no_inputs", "main_input_unpriced",
    "no_investment", "inputs_dearer", "no_gain",
)  # fmt: skip
"""Why a product is no candidate; words in the vocabulary ``left_out``."""
UNCONFIRMED: Final = ("absent_likely", "announced", "not_collected", "thin", "unseen")
"""Levels of evidence at which nobody has confirmed that there is no maker here: a survey comes first."""
BUILDS: Final = ("recruit", "joint", "strengthen", "expand")
"""Verbs that bring a plant; a contract by size alone may become one where the programme or the market asks for
more."""
PLANTS: Final = 3
"""Plants of one product at most, unless more were decided upon."""
ROUNDS: Final = 3
"""Rounds in which inputs of candidates become candidates."""
_BY_KIND: Final = {
    "unquantified": "makers_unknown", "not_assessed": "makers_unknown", "unseen": "makers_unknown",
    "on_site": "on_site", "flow": "collected", "coming": "coming",
}  # fmt: skip
_NO_GAP_KINDS: Final = ("", "captive", "surplus", "single", "covered", "made")
_CNY_100M: Final = 1e8
_TINY: Final = 1e-9


@dataclass(frozen=True, eq=False)
class Field:
    """The products of a region as a programme sees them, by product position.

    Attributes
    ----------
    state
        The region with its construction, and idle plants going again.
    fit
        Candidates.
    small
        Gaps that no plant could live on, here and in the market that was asked for.
    reasons
        Position -> why a product with a gap is no candidate.
    kind, verb
        Of the gap: its kind, and the verb that decides.
    net
        Bought outside, units a year; negative: left over. As far as known: 0 where it is not.
    near
        What neighbours would take.
    induced
        Whether there is no gap until something of the programme stands.
    free
        Decided by the user: must, extend.
    capital
        What capacity costs and takes.
    """

    state: RegionState
    fit: Flags
    small: Flags
    reasons: Mapping[int, tuple[str, ...]]
    kind: Any
    verb: Any
    net: Floats
    near: Floats
    induced: Flags
    free: Flags
    capital: Capital


class Words(NamedTuple):
    """Kind and verb of every product, of one state."""

    kind: Any
    verb: Any
    mark: Any


def _words(state: RegionState) -> Words:
    advice = state.advice
    waits = np.isin(advice.verb, ("survey", "revive", "strengthen")) & (advice.then != "")
    verb = np.where(waits, advice.then, advice.verb)
    return Words(state.decisions.text("kind"), verb, advice.mark)


def balance_left(state: RegionState) -> Floats:
    """Return by product what is bought outside, units a year; negative: what is left over here.

    Where a gap is not known it is 0: what a new plant takes is charged in full, as nobody knows of spare.
    """
    gap, bought = state.gap.point, (state.demand - state.own_use).clipped().point
    spare = state.merchant.point - bought
    net = np.where(gap > _TINY, gap, np.where(spare > 0, -spare, 0.0))
    return np.where(np.isnan(net) | np.isnan(gap), 0.0, net)


def unit_takes(state: RegionState) -> Any:
    """Return goods by products: what one unit of output takes, shares of alternatives as they stand here."""
    study = state.study
    graph, recipe = study.product_graph, study.recipe
    share = np.where(recipe.single | recipe.member, state.share, 0.0)
    matrix = np.zeros((graph.size, graph.size))
    np.add.at(matrix, (graph.source, graph.target), graph.amount * share)
    return matrix


def charged_price(state: RegionState, takes: Any) -> Floats:
    """Return what a unit of each good is charged at, CNY: its price, else the cost of what goes into it.

    An intermediate that is never sold, such as trichlorosilane, has no price; to charge nothing for it would
    make what it goes into look better than it is. nan: nothing is known.
    """
    price = state.study.price.copy()
    for _ in range(ROUNDS):
        cost = np.nan_to_num(price) @ takes
        price = np.where(np.isnan(price) & (cost > 0), cost, price)
    return np.asarray(price)


def read_field(state: RegionState, asked: Asked, capital: Capital) -> Field:
    """Return what could be a project, and why the rest could not.

    The verbs of the gaps decide: what is recruited, alone or jointly, or strengthened is a candidate,
    after its survey where nobody has confirmed that it lacks. A contract that only size advises is one
    too: it is chosen only where the market, or what the programme itself builds, asks for enough. What
    goes into candidates and is not needed yet is judged as if they stood.
    """
    study = state.study
    graph, size = study.product_graph, study.product_graph.size
    takes = unit_takes(state)
    charged = charged_price(state, takes)
    net, near = balance_left(state), neighbours_lack(state, asked.market)
    words = _words(state)
    free = (asked.must > 0) | (asked.extend > 0)
    candidate = np.zeros(size, dtype=bool)
    reasons: dict[int, tuple[str, ...]] = {}
    kind, verb = words.kind.copy(), words.verb.copy()
    induced = np.zeros(size, dtype=bool)
    seen = np.zeros(size, dtype=bool)
    now = state
    for turn in range(ROUNDS):
        open_ = ~seen & (~np.isin(words.kind, _NO_GAP_KINDS) | free)
        open_ &= ~(study.modes["grid"] | study.modes["resource"] | study.modes["service"])
        for place in np.flatnonzero(open_).tolist():
            inputs = (charged, takes[:, place])
            why = _reasons(now, asked, capital, inputs, words, place, free=bool(free[place]))
            kind[place], verb[place] = words.kind[place], words.verb[place]
            if why:
                reasons[place] = why
            else:
                candidate[place], induced[place] = True, turn > 0
        seen |= open_
        rows = [
            {"product_id": graph.ids[place], "capacity": float(study.sizes.typical[place])}
            for place in np.flatnonzero(candidate & (study.sizes.typical > 0)).tolist()
        ]
        if not rows:
            break
        now = state.with_capacity(rows)
        words = _words(now)
    candidate &= ~asked.never
    small = _too_small(asked, study.sizes, takes, net, near, candidate, free)
    return Field(
        state, candidate & ~small, small, reasons, kind, verb, net, near, induced, free, capital
    )


def _reasons(
    state: RegionState, asked: Asked, capital: Capital, inputs: tuple[Floats, Floats], words: Words,
    place: int, *, free: bool,
) -> tuple[str, ...]:  # fmt: skip
    """Return why a product with a gap is no candidate; nothing where it is one.

    Of what the user decided only a missing cost counts, where money is bounded: the decision is theirs.
    """
    if free:
        unknown = bool(np.isnan(capital.middle[place])) and asked.bounds_money
        return ("no_investment",) if unknown else ()
    advised = _advised_against(state, asked, words, place)
    return (advised,) if advised else _lacking(state, capital, inputs, place)


def _advised_against(state: RegionState, asked: Asked, words: Words, place: int) -> str:
    """Return what the verb of a gap has against a plant; empty for nothing."""
    verb, kind, mark = str(words.verb[place]), str(words.kind[place]), str(words.mark[place])
    quota = bool(asked.quota[place] > 0)
    restricted = isinstance(state.study.products["restricted"].iloc[place], str)
    if (mark == "restricted" or restricted) and not quota:
        return "restricted"
    if verb == "not_advised":
        return "not_advised"
    allowed = verb in {*BUILDS, "check_size"} or (verb == "contract" and mark != "restricted")
    if not allowed and not quota:
        unbuilt = kind == "coming" and not state.rows.construction_rows[place]
        return "announced" if unbuilt else _BY_KIND.get(kind, "makers_unknown")
    return "no_gap" if state.gap.point[place] <= _TINY else ""


def _lacking(
    state: RegionState, capital: Capital, inputs: tuple[Floats, Floats], place: int
) -> tuple[str, ...]:
    """Return what is not known of a product, or what its prices say."""
    study = state.study
    charged, taken = inputs
    cost, price = float(np.nan_to_num(charged) @ taken), float(study.price[place])
    found = {
        "gap_unknown": bool(np.isnan(state.gap.point[place])),
        "no_price": bool(np.isnan(price)),
        "no_plant_size": not study.sizes.small[place] > 0,
        "no_investment": bool(np.isnan(capital.middle[place])),
        "no_inputs": not cost > 0,
        "inputs_dearer": cost > 0 and price <= cost,
        "main_input_unpriced": cost > 0 and not price <= cost and _main_input_unpriced(study, charged, taken),
    }  # fmt: skip
    return tuple(reason for reason, holds in found.items() if holds)


def _main_input_unpriced(study: Basis, charged: Floats, taken: Floats) -> bool:
    """Tell whether what is taken most of by mass has no price: then nobody knows what the output saves."""
    tonnes = taken * _tonnes(study)
    main = int(np.argmax(tonnes))
    return bool(tonnes[main] > 0 and np.isnan(charged[main]))


def _tonnes(study: Basis) -> Floats:
    """Return tonnes a unit of what is counted by mass, 0 of all else."""
    factor = {unit: conversion_factor(unit, "t") or 0.0 for unit in set(units_of(study)) if unit}
    return np.array([factor.get(unit, 0.0) for unit in units_of(study)])


def units_of(study: Basis) -> list[str]:
    """Return the unit of every product, empty where it has none."""
    return [str(unit) for unit in study.products["unit"].fillna("").tolist()]


def _too_small(
    asked: Asked, sizes: Any, takes: Any, net: Floats, near: Floats, candidate: Flags, free: Flags
) -> Flags:
    """Tell which candidates could not live on what is lacking, even with all others at their largest."""
    fits = candidate.copy()
    small, large = np.nan_to_num(sizes.small), np.nan_to_num(sizes.large)
    full = asked.ramp[-1]
    while True:
        others = takes @ np.where(fits, large * PLANTS * full, 0.0)
        room = np.maximum(0.0, net) + near + others
        keeps = fits & (free | (asked.local_use * full * small <= room + _TINY))
        if (keeps == fits).all():
            return candidate & ~fits
        fits = keeps


def build_instance(field: Field, asked: Asked) -> tuple[Instance, Any, Any]:
    """Return the question of a region's programme, and the positions of candidates and goods.

    Goods are all that is bought, resources and energy of the grid too, but what counts as local.
    """
    state, study = field.state, field.state.study
    chosen = np.flatnonzero(field.fit)
    takes = unit_takes(state)
    price = np.where(asked.local, 0.0, np.nan_to_num(charged_price(state, takes))) / _CNY_100M
    price[chosen] = np.nan_to_num(study.price)[chosen] / _CNY_100M
    used = (takes[:, chosen] != 0).any(axis=1) & (price > 0)
    used[chosen] = True
    goods = np.flatnonzero(used)
    sizes, capital = study.sizes, field.capital
    must = np.maximum(asked.must, asked.extend)[chosen]
    small, large = np.nan_to_num(sizes.small)[chosen], np.nan_to_num(sizes.large)[chosen]
    large = np.maximum(np.where(large > 0, large, must), small)
    small = np.where(must > 0, np.minimum(np.where(small > 0, small, must), must), small)
    large = np.maximum(large, small)
    plants = np.maximum(PLANTS, np.ceil(must / np.maximum(large, _TINY) - _TINY)).astype(np.intp)
    quota = asked.quota[chosen]
    most = np.where(asked.extend[chosen] > 0, must, np.where(quota > 0, quota, np.inf))
    small = np.where(np.isfinite(most), np.minimum(small, most), small)
    lookup = {int(place): number for number, place in enumerate(chosen.tolist())}
    ids = study.product_graph.ids
    question = Instance(
        products=tuple(ids[i] for i in chosen.tolist()),
        goods=tuple(ids[i] for i in goods.tolist()),
        own=np.searchsorted(goods, chosen), price=price[goods], net=field.net[goods],
        takes=takes[np.ix_(goods, chosen)], small=small, large=large, plants=plants,
        use={
            "investment_cny_100m": capital.middle[chosen] / _CNY_100M,
            "power_mw": capital.power[chosen], "land_mu": capital.land[chosen],
        },
        near=field.near[chosen], lag=capital.lag[chosen], most=most, must=must,
        free=field.free[chosen], years=len(asked.years),
        tail=int(capital.lag[chosen].max(initial=1)) + len(asked.ramp) - 1,
        steady=max(1, LIFE - len(asked.ramp) + 1),
        ramp=asked.ramp, local_use=asked.local_use, rate=asked.rate, budget=asked.budget,
        per_year=asked.per_year, after=_pairs(asked.after, lookup), together=_pairs(asked.together, lookup),
    )  # fmt: skip
    return question, chosen, goods


def _pairs(
    pairs: tuple[tuple[int, int], ...], lookup: Mapping[int, int]
) -> tuple[tuple[int, int], ...]:
    """Return pairs of candidates; one with a product that is no candidate asks nothing."""
    return tuple(
        (lookup[one], lookup[other]) for one, other in pairs if one in lookup and other in lookup
    )
