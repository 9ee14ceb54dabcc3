"""One sentence a feature: what it says of a target, in words, with the rows behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.recruit.features import GROUP_FEATURES, energy_share
from chaingraph.recruit.portfolio import FEW_GROUPS
from chaingraph.recruit.reasons import Reason, amount, sentence, several
from chaingraph.recruit.shortage import green_row
from chaingraph.results import shown_number
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from chaingraph.products import Floats, Integers
    from chaingraph.recruit.reasons import Facts

_TOLD: Final = 4
_KINSHIP: Final = ("portfolio", "same_chain")
_LEAST_SHARE: Final = 0.01
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
    if not facts.view.field.maker[facts.pairs[i]] and not _told_already(facts, i):
        found += [told for told in (_maker(facts, i),) if told]
    if facts.buyers[i]:
        zh, en, _ = facts.product_names[int(facts.product[i])]
        found.append(sentence("reason-buyer", [], product_zh=zh, product_en=en))
    return found


def _told_already(facts: Facts, i: int) -> bool:
    """Tell whether all that a pair's group intends with the product is what it intends here."""
    rows = facts.intent_rows(i).tolist()
    return bool(rows) and set(rows) <= set(facts.announced_rows(i).tolist())


def size_of(facts: Facts, i: int) -> Reason | None:
    """Say what of a pair's typical plant the gap would take; nothing where either is unknown."""
    plant, wanted = float(facts.plant[0][i]), float(facts.view.wanted[int(facts.product[i])])
    if not (plant > 0 and wanted > 0):
        return None
    unit = facts.product_names[int(facts.product[i])][2]
    key = f"reason-size-{'own' if facts.plant[1][i] else 'usual'}"
    said = {"gap": amount(wanted, unit), "plant": amount(plant, unit)}
    if wanted > plant:
        return sentence(f"{key}-more", [], times=shown_number(wanted / plant), **said)
    return sentence(key, [], share=shown_share(wanted / plant), **said)


def shown_share(share: float) -> str:
    """Return a share as a per cent; what is above 0 never as 0%.

    Examples
    --------
    >>> shown_share(0.045), shown_share(0.004)
    ('4%', '<1%')
    """
    return "<1%" if 0 < share < _LEAST_SHARE else f"{share:.0%}"


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
    if not field.close[pair]:
        return sentence("reason-here", [], **names)
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
    unit = facts.product_names[position][2]
    urls = [plant.source_url for plant in facts.plants(i)[:2]]
    return sentence("reason-capability", urls, capacity=amount(float(capacity), unit))


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


def _portfolio(facts: Facts, i: int) -> Reason | None:
    view, pair, product = facts.view, int(facts.pairs[i]), int(facts.product[i])
    other = view.best_neighbour(pair)
    if other < 0:
        return None
    owners = view.portfolios.owners[other]
    both = round(float(view.portfolios.joint(product)[other] * (owners + FEW_GROUPS)))
    (zh, en, _), (other_zh, other_en, _) = (facts.product_names[p] for p in (product, other))
    return sentence(
        "reason-portfolio", [], product_zh=zh, product_en=en, other_zh=other_zh, other_en=other_en,
        both=both, owners=int(owners),
    )  # fmt: skip


def _same_chain(facts: Facts, i: int) -> Reason | None:
    share = float(facts.view.chain_share[int(facts.pairs[i])])
    return sentence("reason-same-chain", [], share=f"{share:.0%}") if share > 0 else None


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
    "portfolio": _portfolio,
    "same_chain": _same_chain,
    "local_pull": _local_pull,
    "nearby_pull": _nearby_pull,
    "inputs": _inputs,
    "relatedness": _relatedness,
    "trend": _trend,
    "spread": _spread,
    "green_power": _green_power,
}


class Reasons(NamedTuple):
    """What is said of one pair.

    Attributes
    ----------
    first
        What stands in the way.
    size
        What of its plant the gap would take; None where that is not known.
    strong
        Its strongest reasons.
    """

    first: list[Reason]
    size: Reason | None
    strong: list[Reason]


class Told(NamedTuple):
    """Reasons of all pairs, joined."""

    zh: Any
    en: Any
    sources: Any


def reasons_of(
    facts: Facts, weights: Mapping[str, float], parts: Mapping[str, Floats]
) -> list[Reasons]:
    """Return what is said of each pair.

    Who makes the product need not be told apart by what is often made with it. What weighs nothing in the
    ranking is said where there is room.
    """
    found = []
    for i in range(len(facts.pairs)):
        known_parts = {n: float(np.nan_to_num(parts[n][i])) for n in GROUP_FEATURES}
        strong = {n: (weights[n] * part, part) for n, part in known_parts.items()}
        if facts.view.field.maker[facts.pairs[i]]:
            strong = {n: value for n, value in strong.items() if n not in _KINSHIP}
        some = (n for n in strong if known_parts[n] > 0)
        # what a group has here is said first: no local reader asks for anything else before
        names = sorted(some, key=lambda n: (n == "present", strong[n]), reverse=True)
        first = warnings_of(facts, i)
        known = {reason.en for reason in first}
        strongest = [write(facts, i, name) for name in names[:_TOLD]]
        kept = [reason for reason in strongest if reason and reason.en not in known]
        found.append(Reasons(first, size_of(facts, i), kept))
    return found


def tell(found: Iterable[Reasons]) -> Told:
    """Join what is said of each pair: what stands in the way, its size beside the gap, then the reasons."""
    zh: list[str | None] = []
    en: list[str | None] = []
    sources: list[str | None] = []
    for first, size, strong in found:
        told = [*first, *([size] if size else []), *strong]
        zh.append("；".join(reason.zh for reason in told) or None)
        en.append("; ".join(reason.en for reason in told) or None)
        urls = dict.fromkeys(url for reason in told for url in reason.sources)
        sources.append(" ".join(urls) or None)
    return Told(*(pd.array(values, dtype="str") for values in (zh, en, sources)))
