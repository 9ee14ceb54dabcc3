"""One sentence a feature: what it says of a target, in words, with the rows behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.recruit.features import GROUP_FEATURES, energy_share
from chaingraph.recruit.reasons import Reason, amount, sentence, several
from chaingraph.recruit.shortage import green_row
from chaingraph.results import shown_number
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaingraph.products import Floats, Integers
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
        found.append(
            sentence("reason-announced", facts.sources_of(rows)[:2], **_events(facts, rows))
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


def _events(facts: Facts, rows: Integers) -> dict[str, str]:
    """Return events for both languages of a sentence."""
    return {f"events_{lang}": facts.told_events(rows, lang) for lang in LANGUAGES}


def _maker(facts: Facts, i: int) -> Reason | None:
    zh, en, _ = facts.product_names[int(facts.product[i])]
    names = {"product_zh": zh, "product_en": en}
    field, pair = facts.view.field, facts.pairs[i]
    if field.maker[pair]:
        rows = field.evidence.rows_of(int(field.own[pair]))
        told = facts.project_sources(rows[field.evidence.makes[rows]])
        urls = [plant.source_url for plant in facts.plants(i)[:1]] or told[-1:]
        return sentence("reason-maker", urls, **names)
    if field.own[pair] >= 0:
        rows = facts.intent_rows(i)
        key = "reason-intends" if field.intends[pair] else "reason-family"
        return sentence(key, facts.sources_of(rows)[:2], **names, **_events(facts, rows))
    made = facts.related(i, made=True)
    if made:
        return sentence("reason-related", [], **names, **_listed(facts, made))
    planned = _listed(facts, facts.related(i, made=False))
    return sentence("reason-related-intends", [], **names, **planned)


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
    rows = rows[field.evidence.makes[rows]]
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
    told = []
    for tie in ties[:2]:
        name_zh, name_en = ("", "") if tie.product < 0 else facts.product_names[tie.product][:2]
        key = "reason-supplies" if tie.sells else "reason-buys"
        url = table["source_url"].iloc[tie.row]
        told.append(sentence(
            key, [url], partner=groups[tie.partner], product_zh=name_zh, product_en=name_en,
            year="-" if tie.year == _UNDATED else tie.year,
        ))  # fmt: skip
    return _joined(told)


def _joined(told: list[Reason]) -> Reason:
    """Return several sentences as one reason."""
    return Reason(
        ",".join(reason.zh for reason in told),
        ", ".join(reason.en for reason in told),
        tuple(url for reason in told for url in reason.sources),
    )


def _present(facts: Facts, i: int) -> Reason | None:
    evidence = facts.view.field.evidence
    product = evidence.columns["product"]
    told = []
    here, planned = facts.plants_here(i), facts.planned_here(i)
    if len(here):
        made = sorted(set(product[here[evidence.makes[here]]].tolist()))
        key, names = ("reason-present", _listed(facts, made)) if made else ("reason-plant-here", {})
        sites = several(facts.names_here(i))
        told.append(sentence(key, facts.sources_of(here)[-2:], sites=sites, **names))
    close = planned[~evidence.columns["broad"][planned].astype(bool)]
    if len(close):
        names = _listed(facts, sorted(set(product[close].tolist())))
        urls = facts.sources_of(close)[:1]
        told.append(sentence("reason-plan-here", urls, **names, **_events(facts, close)))
    elif len(planned) and not len(here):
        urls = facts.sources_of(planned)[:1]
        told.append(sentence("reason-family-here", urls, **_events(facts, planned)))
    return _joined(told) if told else None


def _closeness(facts: Facts, i: int) -> Reason | None:
    row = facts.nearest[i]
    if row < 0 or facts.view.place.inside[row]:
        return None
    evidence = facts.view.field.evidence
    zh, en, _ = facts.product_names[int(evidence.columns["product"][row])]
    key = "reason-closeness" if evidence.makes[row] else "reason-closeness-project"
    return sentence(
        key, [], site=facts.site_name(row), km=f"{facts.distance[i]:,.0f}",
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


def reasons_of(
    facts: Facts, weights: Mapping[str, float], parts: Mapping[str, Floats]
) -> list[list[Reason]]:
    """Return for each pair what stands in the way, then its strongest reasons."""
    found = []
    for i in range(len(facts.pairs)):
        strong = {n: weights[n] * np.nan_to_num(parts[n][i]) for n in GROUP_FEATURES}
        names = sorted((n for n in strong if strong[n] > 0), key=lambda n: (-strong[n], n))
        strongest = [write(facts, i, name) for name in names[:_TOLD]]
        found.append([*warnings_of(facts, i), *(reason for reason in strongest if reason)])
    return found


def tell(facts: Facts, weights: Mapping[str, float], parts: Mapping[str, Floats]) -> Told:
    """Join for each pair its strongest reasons, and what stands in the way."""
    zh: list[str | None] = []
    en: list[str | None] = []
    sources: list[str | None] = []
    for told in reasons_of(facts, weights, parts):
        zh.append("；".join(reason.zh for reason in told) or None)
        en.append("; ".join(reason.en for reason in told) or None)
        urls = dict.fromkeys(url for reason in told for url in reason.sources)
        sources.append(" ".join(urls) or None)
    return Told(*(pd.array(values, dtype="str") for values in (zh, en, sources)))
