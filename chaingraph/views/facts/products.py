"""What a page says of each product of a region: standing with its reason, makers, demand, sources."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chaingraph import words
from chaingraph.analysis.region_graph import input_links, known_quantity, of_kind, region_graph
from chaingraph.analysis.standing import TOLD
from chaingraph.enterprises import OPEN
from chaingraph.products import CONSUMED, ROLES
from chaingraph.results import shown_number
from chaingraph.spoken import say_ends, say_quantity
from chaingraph.tables import empty_table

if TYPE_CHECKING:
    from typing import TypeAlias

    import networkx as nx
    import pandas as pd

    from chaingraph.analysis.state import RegionState
    from chaingraph.dataset import Dataset
    from chaingraph.words import Language

    _Edge: TypeAlias = tuple[str, str, dict[str, Any]]

_MAKERS_SHOWN = 30
_NAN = float("nan")


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
    """Gather what pages say of every product of a region, from its graph.

    Parameters
    ----------
    state
        The region under its assumptions.

    Returns
    -------
    Facts
        One fact a product, in the order of ids, and all links. Makers elsewhere are no part of the
        region's graph: they come from the rows of all makers.
    """
    graph, rows = region_graph(state), state.study.maker_rows
    away = ~state.region.mask(rows) & (rows["counted"] > 0).to_numpy()
    links = list(input_links(graph))
    parts = _Parts(
        _local(graph), _makers(rows[away]), _causes(links), _missing_inputs(graph, links)
    )
    facts = tuple(
        _fact(position, product_id, data, parts)
        for position, ((_, product_id), data) in enumerate(of_kind(graph, "product"))
    )
    shown = tuple(Link(i, j, data["role"], data["active"]) for i, j, data in links)
    return Facts(state, facts, shown, {fact.product_id: fact for fact in facts})


class _Parts(NamedTuple):
    """What belongs to products, by id."""

    local: dict[str, list[Maker]]
    elsewhere: dict[str, list[Maker]]
    causes: dict[str, list[Cause]]
    missing: dict[str, list[str]]


def _fact(position: int, product_id: str, data: dict[str, Any], parts: _Parts) -> Fact:
    """Return what a product's node says, with its parts."""
    local = parts.local.get(product_id, [])
    elsewhere = parts.elsewhere.get(product_id, [])
    told = data["standing"] in TOLD
    texts = {name: data.get(name, "") for name in _TEXTS}
    fact = Fact(
        position=position,
        product_id=product_id,
        chains=tuple(t.strip() for t in data.get("chains", "").split(";") if t.strip()),
        kind=data.get("gap_kind", ""),
        makers=len({maker.enterprise_id for maker in local if maker.counted}),
        cities=data["maker_cities"],
        capacity=data.get("known_capacity", _NAN) if told else _NAN,
        coverage=data.get("coverage", _NAN) if told else _NAN,
        construction=data.get("construction", _NAN),
        demand=data.get("demand", _NAN),
        demand_ends=_ends(data, "demand"),
        gap=_ends(data, "gap"),
        gap_value=_ends(data, "gap_value_cny"),
        gap_value_cny=data.get("gap_value_cny", _NAN),
        price_cny=data.get("price_cny", _NAN),
        reason_zh="",
        reason_en="",
        local=tuple(local),
        elsewhere=tuple(elsewhere[:_MAKERS_SHOWN]),
        elsewhere_count=len({maker.enterprise_id for maker in elsewhere}),
        causes=tuple(parts.causes.get(product_id, [])),
        missing_inputs=tuple(parts.missing.get(product_id, [])),
        **texts,
    )
    zh, en = (_reason(data, fact, lang) for lang in words.LANGUAGES)
    return replace(fact, reason_zh=zh, reason_en=en)


def _ends(data: dict[str, Any], name: str) -> Ends:
    """Return what is known of an amount of a node."""
    return Ends(*(data.get(column, _NAN) for column in (f"{name}_low", name, f"{name}_high")))


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
    "name_zh", "name_en", "stage", "product_kind", "unit", "standing", "evidence", "evidence_date", "why",
    "verb", "then", "list", "mark", "restricted", "restricted_zh", "source_url",
)  # fmt: skip


def _local(graph: nx.DiGraph[Any]) -> dict[str, list[Maker]]:
    """Return the makers of each product in the region, largest known capacity first."""
    found: dict[str, list[Maker]] = defaultdict(list)
    for site, place in of_kind(graph, "enterprise"):
        for _, product, data in graph.out_edges(site, data=True):
            found[product[1]] += [
                _maker(site[1], place, row)
                for row in data["rows"]
                if row["counted"] or row["status"] in OPEN
            ]
    for makers in found.values():
        makers.sort(key=_by_capacity)
    return found


def _maker(enterprise_id: str, place: dict[str, Any], row: dict[str, Any]) -> Maker:
    """Return a capacity row of a site."""
    group = place["group"]
    return Maker(
        enterprise_id=enterprise_id,
        name_zh=place.get("name_zh", ""),
        name_en=place.get("name_en", ""),
        group_zh=group if group != enterprise_id else "",
        place=place.get("city") or place.get("province", ""),
        capacity=float(row.get("capacity", _NAN)),
        status=row["status"],
        since=row.get("since", ""),
        as_of=row.get("as_of", ""),
        source_url=row.get("source_url", ""),
        note=row.get("note", ""),
        lat=float(place.get("lat", _NAN)),
        lon=float(place.get("lon", _NAN)),
        anchor=place["anchor"],
        counted=bool(row["counted"]),
        stale=bool(row["stale"]),
    )


def _by_capacity(maker: Maker) -> tuple[Any, ...]:
    """Order rows of makers: largest figure first, what is not known last."""
    unknown = np.isnan(maker.capacity)
    return (
        unknown, 0.0 if unknown else -maker.capacity, maker.enterprise_id, maker.status,
        not maker.since, maker.since, not maker.source_url, maker.source_url,
    )  # fmt: skip


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


def _causes(links: list[_Edge]) -> dict[str, list[Cause]]:
    """Return by product the links that make its demand, largest first."""
    found: dict[str, list[Cause]] = defaultdict(list)
    for input_id, output_id, data in links:
        if not data["active"]:
            continue
        quantity = known_quantity(data)
        cause = Cause(
            output_id=output_id,
            quantity=quantity if quantity > 0 else _NAN,
            coefficient=data.get("coefficient", _NAN),
            link_unit=data.get("unit", ""),
            share=data.get("share", _NAN),
            source_url=data.get("source_url", ""),
        )
        found[input_id].append(cause)
    for causes in found.values():
        causes.sort(key=lambda cause: (-np.nan_to_num(cause.quantity), cause.output_id))
    return found


def _missing_inputs(graph: nx.DiGraph[Any], links: list[_Edge]) -> dict[str, list[str]]:
    """Return by product its inputs in use that nobody makes here."""
    found: dict[str, list[str]] = defaultdict(list)
    for input_id, output_id, data in links:
        used = data["role"] == ROLES[CONSUMED] and data.get("share", 0.0) > 0
        if used and not graph.nodes["product", input_id]["made"]:
            found[output_id].append(input_id)
    return found


def _reason(data: dict[str, Any], fact: Fact, lang: Language) -> str:
    """Return the sentence that says why a product stands as it does, and what of it is short."""

    def amount(value: float) -> str:
        if np.isnan(value):
            return words.message("amount-unknown", lang)
        return say_quantity(value, fact.unit, lang)

    reasons = [name for name in data.get("reasons", "").split("; ") if name]
    between = "、" if lang == "zh" else ", "
    why = between.join(words.term("reasons", name, lang) for name in reasons)
    if fact.evidence == "reported":
        why = words.message(f"why-{fact.why}", lang, date=fact.evidence_date)
    said = words.message(
        f"standing-{_case(fact, needed=data['needed'])}", lang, makers=fact.makers, cities=fact.cities,
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


def _case(fact: Fact, *, needed: bool) -> str:
    """Return which sentence a product's standing takes."""
    by_evidence = {
        "reported": "reported", "announced": "announced", "thin": "thin",
        "not_collected": "not-collected",
    }  # fmt: skip
    guessed = fact.standing in {"unseen", "not_assessed"} or fact.evidence == "announced"
    if guessed and any(maker.stale for maker in fact.local):
        return "stale"  # as the first lines count it
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
