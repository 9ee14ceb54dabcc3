"""One sentence a feature: what it says of a target, in words, with the rows behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.recruit.features import GROUP_FEATURES, energy_share
from chaingraph.recruit.reasons import Reason, amount, sentence, several
from chaingraph.recruit.shortage import green_row
from chaingraph.results import shown_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaingraph.products import Floats
    from chaingraph.recruit.reasons import Facts

_TOLD: Final = 4
_UNDATED: Final = "9999"


def write(facts: Facts, i: int, feature: str) -> Reason | None:
    """Return the sentence of one feature of a pair, None where there is nothing to say."""
    return _WRITERS[feature](facts, i)


def warnings_of(facts: Facts, i: int) -> list[Reason]:
    """Return what a caller must know first: related only, a quota needed, a project announced."""
    row = facts.state.study.products.iloc[int(facts.product[i])]
    found = []
    if isinstance(row["restricted"], str):
        zh = (
            row["restricted_zh"] if isinstance(row.get("restricted_zh"), str) else row["restricted"]
        )
        found.append(
            sentence(
                "reason-restricted", [row["source_url"]], what_zh=zh, what_en=row["restricted"]
            )
        )
    rows = facts.announced_rows(i)
    if len(rows):
        columns = facts.view.field.evidence.columns
        dates = sorted({str(columns["since"][r]) for r in rows.tolist()})
        found.append(
            sentence("reason-announced", facts.project_sources(rows), dates=several(dates))
        )
    if not facts.view.field.maker[facts.pairs[i]]:
        found += [told for told in (_maker(facts, i),) if told]
    return found


def _listed(facts: Facts, positions: list[int]) -> dict[str, str]:
    """Return names of products for both languages of a sentence."""
    names = [facts.product_names[position] for position in positions]
    return {
        "products_zh": several([zh for zh, _, _ in names]),
        "products_en": several([en for _, en, _ in names]),
    }


def _maker(facts: Facts, i: int) -> Reason | None:
    position = int(facts.product[i])
    zh, en, _ = facts.product_names[position]
    if facts.view.field.maker[facts.pairs[i]]:
        plants = facts.plants(i)
        key = "reason-maker" if plants else "reason-project"
        urls = [plant.source_url for plant in plants[:1]]
        return sentence(key, urls, product_zh=zh, product_en=en)
    held = facts.view.field.evidence.holdings
    others = [p for p in held.product[facts.entries[i]].tolist() if p != position]
    return sentence("reason-related", [], product_zh=zh, product_en=en, **_listed(facts, others))


def _capability(facts: Facts, i: int) -> Reason | None:
    field = facts.view.field
    own = int(field.own[facts.pairs[i]])
    capacity = field.evidence.holdings.capacity[own] if own >= 0 else np.nan
    if np.isnan(capacity):
        return None
    position = int(facts.product[i])
    zh, en, unit = facts.product_names[position]
    urls = [plant.source_url for plant in facts.plants(i)[:2]]
    lacking = facts.view.wanted[position]
    params = {"product_zh": zh, "product_en": en, "capacity": amount(float(capacity), unit)}
    if lacking > 0:
        return sentence(
            "reason-capability-gap", urls, times=shown_number(float(capacity / lacking)), **params
        )
    return sentence("reason-capability", urls, **params)


def _record(facts: Facts, i: int) -> Reason | None:
    field = facts.view.field
    own = int(field.own[facts.pairs[i]])
    if own < 0 or not field.evidence.holdings.sites[own]:
        return None
    columns = field.evidence.columns
    rows = field.evidence.rows_of(own)
    cities = sorted({str(c) for c in columns["city"][rows].tolist()} - {""})
    count = int(field.evidence.holdings.provinces[own])
    urls = [plant.source_url for plant in facts.plants(i)[:2]] + facts.project_sources(rows)[:1]
    return sentence(
        "reason-record", urls, cities=several(cities), count=len(cities), provinces=count
    )


def _momentum(facts: Facts, i: int) -> Reason | None:
    evidence = facts.view.field.evidence
    columns, held = evidence.columns, evidence.holdings
    recent = [h for h in facts.entries[i].tolist() if held.recent[h]]
    if not recent:
        return None
    spots: dict[str, list[str]] = {}
    rows = np.concatenate([evidence.rows_of(h) for h in recent])
    for row in rows.tolist():
        if isinstance(columns["began"][row], str):
            spots.setdefault(str(columns["city"][row]), []).append(str(columns["began"][row]))
    last = sorted(((min(d), c) for c, d in spots.items()), reverse=True)
    count = int(sum(held.recent[h] for h in recent))
    text = several([f"{city} {date}" for date, city in last[:count]])
    return sentence("reason-momentum", facts.project_sources(rows)[:2], count=count, places=text)


def _ties(facts: Facts, i: int) -> Reason | None:
    ties = facts.tie_rows(i)
    if not ties:
        return None
    groups, table = facts.view.field.evidence.groups, facts.state.study.dataset.table("supplies")
    zh: list[str] = []
    en: list[str] = []
    urls: list[str] = []
    for tie in ties[:2]:
        name_zh, name_en = ("", "") if tie.product < 0 else facts.product_names[tie.product][:2]
        key = "reason-supplies" if tie.sells else "reason-buys"
        url = table["source_url"].iloc[tie.row]
        told = sentence(
            key, [url], partner=groups[tie.partner], product_zh=name_zh, product_en=name_en,
            year="-" if tie.year == _UNDATED else tie.year,
        )  # fmt: skip
        zh.append(told.zh)
        en.append(told.en)
        urls += told.sources
    return Reason(",".join(zh), ", ".join(en), tuple(urls))


def _present(facts: Facts, i: int) -> Reason | None:
    evidence = facts.view.field.evidence
    rows = facts.local_rows(i)
    if not len(rows):
        return None
    products = sorted(set(evidence.columns["product"][rows].tolist()))
    standing = several(facts.names_here(i))
    urls = [*facts.local_sources(i), *facts.project_sources(rows)[:1]]
    return sentence("reason-present", urls[:2], sites=standing, **_listed(facts, products))


def _closeness(facts: Facts, i: int) -> Reason | None:
    row = facts.nearest[i]
    if row < 0 or facts.view.place.inside[row]:
        return None
    position = int(facts.view.field.evidence.columns["product"][row])
    zh, en, _ = facts.product_names[position]
    return sentence(
        "reason-closeness", [], site=facts.site_name(row), km=f"{facts.distance[i]:,.0f}",
        product_zh=zh, product_en=en,
    )  # fmt: skip


def _local_pull(facts: Facts, i: int) -> Reason | None:
    position = int(facts.product[i])
    graph, setting = facts.state.study.product_graph, facts.view.setting
    links = setting.links & facts.view.place.products[graph.target] & (graph.source == position)
    users = sorted(set(graph.target[links].tolist()))
    if not users:
        return None
    lacking = facts.view.wanted[position]
    unit = facts.product_names[position][2]
    key = "reason-pull-gap" if lacking > 0 else "reason-pull"
    figures = {"gap": amount(float(lacking), unit)} if lacking > 0 else {}
    return sentence(key, [], count=len(users), **figures, **_listed(facts, users))


def _nearby_pull(facts: Facts, i: int) -> Reason | None:
    position = int(facts.product[i])
    around = facts.view.setting.neighbours(facts.view.place)
    graph = facts.state.study.product_graph
    links = facts.view.setting.links & around[graph.target] & (graph.source == position)
    users = sorted(set(graph.target[links].tolist()))
    return (
        sentence("reason-nearby", [], count=len(users), **_listed(facts, users)) if users else None
    )


def _inputs(facts: Facts, i: int) -> Reason | None:
    position = int(facts.product[i])
    graph, setting = facts.state.study.product_graph, facts.view.setting
    own = set(graph.source[setting.links & (graph.target == position)].tolist())
    met = sorted(p for p in own if facts.view.place.products[p])
    if not met:
        return None
    return sentence("reason-inputs", [], count=len(met), all=len(own), **_listed(facts, met))


def _relatedness(facts: Facts, i: int) -> Reason | None:
    density = facts.view.setting.density(facts.view.place)[int(facts.product[i])]
    return (
        None if np.isnan(density) else sentence("reason-relatedness", [], density=f"{density:.0%}")
    )


def _trend(facts: Facts, i: int) -> Reason | None:
    count = int(facts.view.setting.arrivals[int(facts.product[i])])
    return sentence("reason-trend", [], count=count) if count else None


def _spread(facts: Facts, i: int) -> Reason | None:
    count = int(facts.view.setting.cities_with[int(facts.product[i])])
    return sentence("reason-spread", [], count=count) if count else None


def _green_power(facts: Facts, i: int) -> Reason | None:
    row = green_row(facts.state.study.dataset, facts.view.place)
    share = energy_share(facts.view)[int(facts.product[i])]
    if row is None or np.isnan(share):
        return None
    return sentence(
        "reason-green", [row["source_url"]], share=f"{share:.0%}", green=f"{row['value']:g}%",
        where=row["region"], year=row["year"],
    )  # fmt: skip


_WRITERS: Final[Mapping[str, Callable[[Facts, int], Reason | None]]] = {
    "maker": _maker,
    "capability": _capability,
    "record": _record,
    "momentum": _momentum,
    "ties": _ties,
    "present": _present,
    "closeness": _closeness,
    "local_pull": _local_pull,
    "nearby_pull": _nearby_pull,
    "inputs": _inputs,
    "relatedness": _relatedness,
    "trend": _trend,
    "spread": _spread,
    "green_power": _green_power,
}


class Told(NamedTuple):
    """Reasons of all pairs, joined."""

    zh: Any
    en: Any
    sources: Any


def tell(facts: Facts, weights: Mapping[str, float], parts: Mapping[str, Floats]) -> Told:
    """Join for each pair its strongest reasons, and what stands in the way."""
    zh: list[str | None] = []
    en: list[str | None] = []
    sources: list[str | None] = []
    for i in range(len(facts.pairs)):
        strong = {n: weights[n] * np.nan_to_num(parts[n][i]) for n in GROUP_FEATURES}
        names = sorted((n for n in strong if strong[n] > 0), key=lambda n: (-strong[n], n))
        strongest = [write(facts, i, name) for name in names[:_TOLD]]
        told = [*warnings_of(facts, i), *(reason for reason in strongest if reason)]
        zh.append("；".join(reason.zh for reason in told) or None)
        en.append("; ".join(reason.en for reason in told) or None)
        urls = dict.fromkeys(url for reason in told for url in reason.sources)
        sources.append(" ".join(urls) or None)
    return Told(*(pd.array(values, dtype="str") for values in (zh, en, sources)))
