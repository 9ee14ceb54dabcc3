"""What a page says of each product of a region: standing with its reason, makers, demand, sources."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chaingraph import words
from chaingraph.analysis.standing import TOLD, shown_capacity, standing
from chaingraph.enterprises import site_rows
from chaingraph.knowledge.evidence import LEVELS
from chaingraph.products import ROLES
from chaingraph.quantity import reason_names
from chaingraph.results import shown_number
from chaingraph.spoken import say_amount, say_ends, say_unit
from chaingraph.tables import empty_table

if TYPE_CHECKING:
    import pandas as pd

    from chaingraph.analysis.state import RegionState
    from chaingraph.dataset import Dataset
    from chaingraph.words import Language

_MAKERS_SHOWN = 30


@dataclass(frozen=True)
class Maker:
    """One capacity row of a maker."""

    enterprise_id: str
    name_zh: str
    name_en: str
    group_zh: str
    place: str
    capacity: float
    status: str
    since: str
    as_of: str
    source_url: str
    note: str
    lat: float
    lon: float
    anchor: bool
    counted: bool = True
    stale: bool = False


@dataclass(frozen=True)
class Cause:
    """One link that makes demand: what is made here and takes the product."""

    output_id: str
    quantity: float
    coefficient: float
    link_unit: str
    share: float
    source_url: str


class Ends(NamedTuple):
    """What is known of an amount: least, best figure (nan where none), most (may be infinite)."""

    low: float
    point: float
    high: float


@dataclass(frozen=True)
class Fact:
    """One product of a region.

    Attributes
    ----------
    standing
        How the region stands with it; colours and marks of pages.
    evidence, evidence_date, why
        How much is known of whether it is made here, and what that rests on.
    kind, verb, then, list, mark
        What it calls for, and what to do; empty where nothing.
    cities
        Cities of the data with a maker.
    demand_ends, gap, gap_value
        Units a year, and CNY a year.
    capacity, coverage
        Units a year, and share of the demand that is served here; nan where it can't be told, and
        always where nobody looked whether there is a maker: that is no 0.
    """

    position: int
    product_id: str
    name_zh: str
    name_en: str
    stage: str
    product_kind: str
    chains: tuple[str, ...]
    unit: str
    standing: str
    evidence: str
    evidence_date: str
    why: str
    kind: str
    verb: str
    then: str
    list: str
    mark: str
    makers: int
    cities: int
    capacity: float
    construction: float
    demand: float
    demand_ends: Ends
    gap: Ends
    gap_value: Ends
    coverage: float
    gap_value_cny: float
    price_cny: float
    restricted: str
    restricted_zh: str
    reason_zh: str
    reason_en: str
    source_url: str
    local: tuple[Maker, ...] = ()
    elsewhere: tuple[Maker, ...] = ()
    elsewhere_count: int = 0
    causes: tuple[Cause, ...] = ()
    missing_inputs: tuple[str, ...] = ()

    def name(self, lang: Language) -> str:
        """Return the name in a language, the other one or the id where there is none."""
        first, second = (
            (self.name_zh, self.name_en) if lang == "zh" else (self.name_en, self.name_zh)
        )
        return first or second or self.product_id

    def restriction(self, lang: Language) -> str:
        """Return what stands in the way of recruiting it, in a language where there is one."""
        return (self.restricted_zh if lang == "zh" else self.restricted) or self.restricted


@dataclass(frozen=True)
class Link:
    """One link between products."""

    input_id: str
    output_id: str
    role: str
    active: bool


@dataclass(frozen=True, eq=False)
class Facts:
    """All that pages and reports say of a region, from one reading of the data."""

    state: RegionState
    products: tuple[Fact, ...]
    links: tuple[Link, ...]
    by_id: dict[str, Fact] = field(default_factory=dict)

    @cached_property
    def site_names(self) -> dict[str, tuple[str, str]]:
        """Chinese and English name of each site that is shown, by id."""
        return {
            maker.enterprise_id: (maker.name_zh, maker.name_en)
            for fact in self.products
            for maker in (*fact.local, *fact.elsewhere)
        }


def gather_facts(state: RegionState) -> Facts:
    """Gather what pages say of every product of a region.

    Parameters
    ----------
    state
        The region under its assumptions.

    Returns
    -------
    Facts
        One fact a product, in the order of ids, and all links.
    """
    study, graph = state.study, state.study.product_graph
    rows = study.maker_rows
    inside = state.region.mask(rows)
    local = _makers(site_rows(rows[inside]))
    elsewhere = _makers(rows[~inside & (rows["counted"] > 0).to_numpy()])
    causes = _causes(state)
    missing = _missing_inputs(state)
    standings = standing(state)
    told = np.isin(standings, TOLD)
    numbers = {
        "capacity": np.where(told, shown_capacity(state), np.nan),
        "demand": state.demand.point,
        "coverage": np.where(told, state.coverage, np.nan),
        "construction": state.construction,
        "gap_value_cny": state.gap_value.point,
        "price_cny": study.price,
    }
    figures = {name: column.tolist() for name, column in numbers.items()}
    ends = {"demand_ends": state.demand, "gap": state.gap, "gap_value": state.gap_value}
    advice, decisions = state.advice, state.decisions
    spoken = {
        "kind": decisions.text("kind"),
        "verb": advice.verb.tolist(), "then": advice.then.tolist(),
        "list": advice.list.tolist(), "mark": advice.mark.tolist(),
        "evidence": [LEVELS[code] for code in state.evidence.level.tolist()],
        "evidence_date": state.evidence.date, "why": state.evidence.why,
        "standing": standings.tolist(),
    }  # fmt: skip
    texts = {c: study.products[c].fillna("").tolist() for c in _TEXTS}
    facts = []
    for i, product_id in enumerate(graph.ids):
        values: dict[str, Any] = {name: column[i] for name, column in figures.items()}
        values |= {
            name: Ends(float(q.low[i]), float(q.point[i]), float(q.high[i]))
            for name, q in ends.items()
        }
        values |= {name: column[i] for name, column in spoken.items()}
        text = {c: str(cells[i]) for c, cells in texts.items()}
        makers, others = local.get(product_id, []), elsewhere.get(product_id, [])
        fact = Fact(
            position=i,
            product_id=product_id,
            name_zh=text["name_zh"],
            name_en=text["name_en"],
            stage=text["stage"],
            product_kind=text["kind"],
            chains=tuple(t.strip() for t in text["chains"].split(";") if t.strip()),
            unit=text["unit"],
            makers=len({maker.enterprise_id for maker in makers if maker.counted}),
            cities=int(study.maker_cities[i]),
            restricted=text["restricted"],
            restricted_zh=text["restricted_zh"],
            reason_zh="",
            reason_en="",
            source_url=text["source_url"],
            local=tuple(makers),
            elsewhere=tuple(others[:_MAKERS_SHOWN]),
            elsewhere_count=len({maker.enterprise_id for maker in others}),
            causes=tuple(causes.get(i, [])),
            missing_inputs=tuple(missing.get(i, [])),
            **values,
        )
        zh, en = (_reason(state, fact, lang) for lang in words.LANGUAGES)
        facts.append(replace(fact, reason_zh=zh, reason_en=en))
    return Facts(state, tuple(facts), _links(state), {fact.product_id: fact for fact in facts})


def with_enterprises(ds: Dataset) -> Dataset:
    """Return the dataset with empty tables in place of missing ones: structure alone is a map too."""
    missing = {n: empty_table(n) for n in ("enterprises", "capacities") if not ds.has(n)}
    return replace(ds, tables={**ds.tables, **missing}) if missing else ds


def choose_products(facts: Facts, inside: Any, *, whole: bool) -> list[str]:
    """Return the products to draw: what is made, taken or built here and what would use a surplus."""
    products = [fact for fact in facts.products if inside[fact.position]]
    used = {fact.product_id for fact in products if fact.standing != "absent"}
    if whole or not used:
        return [fact.product_id for fact in products]
    made = {fact.product_id for fact in products if fact.makers}
    next_ = {
        link.output_id
        for link in facts.links
        if link.role == "consumed"
        and link.input_id in made
        and facts.by_id[link.input_id].product_kind in {"material", "component", "product", ""}
    }
    chains = {c for i in made for c in facts.by_id[i].chains}
    open_ = [
        f.product_id for f in products if f.product_id in next_ and chains.intersection(f.chains)
    ]
    return sorted(used.union(open_))


_TEXTS = (
    "name_zh",
    "name_en",
    "stage",
    "kind",
    "chains",
    "unit",
    "restricted",
    "restricted_zh",
    "source_url",
)


def _makers(rows: pd.DataFrame) -> dict[str, list[Maker]]:
    """Return the makers of each product, largest known capacity first."""
    found: dict[str, list[Maker]] = defaultdict(list)
    ordered = rows.sort_values(
        ["capacity", "enterprise_id", "status", "since"], ascending=[False, True, True, True]
    )
    texts = (
        "enterprise_id",
        "name_zh",
        "name_en",
        "group_zh",
        "status",
        "since",
        "as_of",
        "source_url",
        "note",
    )
    place = ordered["city"].fillna(ordered["province"])
    columns = {name: ordered[name].astype("str").fillna("").tolist() for name in texts}
    columns["place"] = place.astype("str").fillna("").tolist()
    numbers = {name: ordered[name].astype(float).tolist() for name in ("capacity", "lat", "lon")}
    flags = {
        "anchor": ordered["anchor"].fillna(value=False).astype(bool).tolist(),
        "counted": (ordered["counted"] > 0).tolist(),
        "stale": ordered["stale"].fillna(value=False).astype(bool).tolist(),
    }
    for i, product_id in enumerate(ordered["product_id"].tolist()):
        values: dict[str, Any] = {
            name: cells[i] for name, cells in (columns | numbers | flags).items()
        }
        found[product_id].append(Maker(**values))
    return found


def _causes(state: RegionState) -> dict[int, list[Cause]]:
    """Return by product position the links that make its demand, largest first."""
    graph, study = state.study.product_graph, state.study
    links = np.flatnonzero(state.active)
    rows = study.dataset.inputs.iloc[graph.row[links]]
    units = rows["unit"].fillna("").tolist()
    sources = rows["source_url"].fillna("").tolist()
    found: dict[int, list[Cause]] = defaultdict(list)
    for number, link in enumerate(links.tolist()):
        unknown = state.flow[link] <= 0
        cause = Cause(
            output_id=graph.ids[int(graph.target[link])],
            quantity=float("nan") if unknown else float(state.flow[link]),
            coefficient=float(graph.coefficient[link]),
            link_unit=units[number],
            share=float(state.share[link]),
            source_url=sources[number],
        )
        found[int(graph.source[link])].append(cause)
    for causes in found.values():
        causes.sort(key=lambda cause: (-np.nan_to_num(cause.quantity), cause.output_id))
    return found


def _missing_inputs(state: RegionState) -> dict[int, list[str]]:
    """Return by product position its inputs in use that nobody makes here."""
    graph = state.study.product_graph
    links = graph.consumed & (state.share > 0) & ~state.present[graph.source]
    found: dict[int, list[str]] = defaultdict(list)
    for source, target in zip(
        graph.source[links].tolist(), graph.target[links].tolist(), strict=True
    ):
        found[target].append(graph.ids[source])
    return found


def _links(state: RegionState) -> tuple[Link, ...]:
    graph = state.study.product_graph
    ends = zip(
        graph.source.tolist(),
        graph.target.tolist(),
        graph.role.tolist(),
        state.active.tolist(),
        strict=True,
    )
    return tuple(
        Link(graph.ids[i], graph.ids[j], ROLES[role], active) for i, j, role, active in ends
    )


def _reason(state: RegionState, fact: Fact, lang: Language) -> str:
    """Return the sentence that says why a product stands as it does, and what of it is short."""
    unit = say_unit(fact.unit, lang)
    space = "" if lang == "zh" and not unit.isascii() else " "

    def amount(value: float) -> str:
        known = not np.isnan(value)
        return (
            f"{say_amount(value, lang)}{space}{unit}"
            if known
            else words.message("amount-unknown", lang)
        )

    reasons = (
        reason_names(int(state.gap.reasons[fact.position])) if fact.gap.low < fact.gap.high else ()
    )
    between = "、" if lang == "zh" else ", "
    why = between.join(words.term("reasons", name, lang) for name in reasons)
    if fact.evidence == "reported":
        why = words.message(f"why-{fact.why}", lang, date=fact.evidence_date)
    said = words.message(
        f"standing-{_case(state, fact)}", lang, makers=fact.makers, cities=fact.cities,
        capacity=amount(fact.capacity), construction=amount(fact.construction),
        date=fact.evidence_date or "-", why=why or "-",
    )  # fmt: skip
    mark = "；" if lang == "zh" else "; "
    lacking = _lacking(fact, lang)
    return f"{said}{mark}{lacking}" if lacking else said


def _lacking(fact: Fact, lang: Language) -> str:
    """Say how much is lacking, or taken where nothing tells whether it lacks."""
    taken = fact.standing in {"on_site", "flow"} or fact.evidence == "not_collected"
    ends = fact.demand_ends if taken else fact.gap
    if not ends.high > 0 or fact.standing in {"strong", "absent"}:
        return ""
    key = "demand" if taken else "gap-if" if fact.standing in {"unseen", "not_assessed"} else "gap"
    if not ends.low > 0 and np.isnan(ends.point) and np.isinf(ends.high):
        return words.message("standing-demand-unknown" if taken else "standing-gap-unknown", lang)
    return words.message(f"standing-{key}", lang, gap=say_ends(*ends, fact.unit, lang))


def _case(state: RegionState, fact: Fact) -> str:
    """Return which sentence a product's standing takes."""
    needed = bool(state.needed[fact.position])
    by_evidence = {
        "reported": "reported", "announced": "announced", "thin": "thin",
        "not_collected": "not-collected",
    }  # fmt: skip
    if fact.evidence in by_evidence and fact.standing != "absent":
        return by_evidence[fact.evidence]
    if fact.standing == "building" and not fact.construction > 0:
        return "building-unknown"
    if fact.standing in {"strong", "open"}:
        if not needed:
            return f"{fact.standing}-unused"
        if not fact.makers:
            return "by-product"
    return fact.standing.replace("_", "-")


def figure(value: float) -> str:
    """Return a figure as pages show it, a dash where it is unknown."""
    return "-" if np.isnan(value) else shown_number(float(value))
