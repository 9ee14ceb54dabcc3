"""Material flow of a region: physical flows valued in money, local against brought in, as a drawing."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from chaingraph import words
from chaingraph.analysis.balance import chain_filter
from chaingraph.errors import OptionError
from chaingraph.loops import strong_components
from chaingraph.views.flow.model import (
    COLLECTED,
    OTHER,
    REST,
    Flow,
    FlowLink,
    FlowNode,
    Parts,
    Unvalued,
)
from chaingraph.views.wording import figure_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaingraph.views.facts.products import Facts


def build_flow(facts: Facts, chain: str | None = None, *, most: int = 32) -> Flow:
    """Build the material flow of a region.

    Parameters
    ----------
    facts
        The region.
    chain
        Only what the products of this chain take.
    most
        Number of products to draw; those of least value beyond it become "other inputs" and "other
        products", so that what is drawn still adds up.

    Returns
    -------
    Flow
        Nodes and links in CNY a year: quantity times price of the input. Its local part is the
        input's coverage, as everybody is served pro rata where the region is short.

    Raises
    ------
    UnknownNameError, OptionError
        For a chain that is not there, or less than one product.
    """
    state = facts.state
    graph, study = state.study.product_graph, state.study
    if most < 1:
        raise OptionError("bad-depth", value=most)
    inside = chain_filter(study, chain)
    chosen = np.flatnonzero(state.active & inside[graph.target])
    values = state.flow[chosen] * study.price[graph.source[chosen]]
    known = np.nan_to_num(values) > 0
    pairs = [(graph.ids[graph.source[i]], graph.ids[graph.target[i]]) for i in chosen.tolist()]
    gone = _cut_loops(pairs, np.where(known, values, -1.0).tolist())
    links = [
        FlowLink(s, t, float(state.flow[i]), facts.by_id[s].unit, _split(facts, s, float(v)))
        for (s, t), i, v in zip(pairs, chosen.tolist(), values.tolist(), strict=True)
    ]
    drawn = [link for n, link in enumerate(links) if known[n] and n not in gone]
    merged = _merged(drawn, most)
    drawn = _merge(drawn, merged)
    everything = sum((x for n, x in enumerate(values.tolist()) if known[n]), 0.0)
    solid = state.sourced_demand[graph.source[chosen]]
    unvalued = [
        Unvalued(s, t, float(state.flow[chosen[n]]) if state.flow[chosen[n]] > 0 else float("nan"))
        for n, (s, t) in enumerate(pairs)
        if not known[n]
    ]
    total = Parts()
    for n, link in enumerate(links):
        total = total.plus(link.value) if known[n] else total
    return Flow(
        facts=facts,
        chain=chain,
        nodes=_nodes(facts, drawn),
        links=tuple(drawn),
        cut=tuple(links[n] for n in sorted(gone)),
        unvalued=tuple(unvalued),
        total=total,
        sourced=float(np.nansum((values * solid)[known])) / everything if everything else float("nan"),
        merged=tuple(sorted(merged)),
    )  # fmt: skip


def _split(facts: Facts, source: str, value: float) -> Parts:
    """Return the value of a link by where it comes from; of what nobody looked at that is not known."""
    if not value > 0:
        return Parts()
    coverage = facts.by_id[source].coverage
    if np.isnan(coverage):
        return Parts(unknown=value)
    return Parts(value * coverage, value - value * coverage)


def _cut_loops(pairs: Sequence[tuple[str, str]], values: Sequence[float]) -> set[int]:
    """Return the links to leave out: of each loop the one of least value, until none is left."""
    ids = sorted({name for pair in pairs for name in pair})
    place = {name: i for i, name in enumerate(ids)}
    left = {n for n, (s, t) in enumerate(pairs) if s != t}
    gone = set(range(len(pairs))) - left
    while True:
        successors: list[list[int]] = [[] for _ in ids]
        for n in sorted(left):
            successors[place[pairs[n][0]]].append(place[pairs[n][1]])
        loops = [part for part in strong_components(successors) if len(part) > 1]
        if not loops:
            return gone
        for part in loops:
            own = {ids[i] for i in part}
            inner = [n for n in left if pairs[n][0] in own and pairs[n][1] in own]
            least = min(inner, key=lambda n: (values[n], pairs[n]))
            left.discard(least)
            gone.add(least)


def _merged(links: Sequence[FlowLink], most: int) -> set[str]:
    """Return the products of least value, taken or taking, beyond the number to draw."""
    sent: dict[str, float] = defaultdict(float)
    taken: dict[str, float] = defaultdict(float)
    for link in links:
        sent[link.source] += link.value.total
        taken[link.target] += link.value.total
    worth = {name: max(sent[name], taken[name]) for name in {*sent, *taken}}
    ranked = sorted(worth, key=lambda i: (-worth[i], i))
    return set(ranked[most:]) if len(ranked) > most + 1 else set()


def _merge(links: Sequence[FlowLink], merged: set[str]) -> list[FlowLink]:
    """Return the links; those of merged products are added up to one an input and one an output."""
    kept, small = [], defaultdict[tuple[str, str], Parts](Parts)
    for link in links:
        source = OTHER if link.source in merged else link.source
        target = REST if link.target in merged else link.target
        if (source, target) == (link.source, link.target):
            kept.append(link)
        else:
            small[source, target] = small[source, target].plus(link.value)
    kept += [FlowLink(*ends, float("nan"), "", value) for ends, value in sorted(small.items())]
    return sorted(kept, key=lambda link: (-link.value.total, link.source, link.target))


def _nodes(facts: Facts, links: Sequence[FlowLink]) -> tuple[FlowNode, ...]:
    """Return the products at both ends of the links, in columns by their longest path."""
    sent: dict[str, Parts] = defaultdict(Parts)
    taken: dict[str, float] = defaultdict(float)
    for link in links:
        sent[link.source] = sent[link.source].plus(link.value)
        taken[link.target] += link.value.total
    keys = sorted(set(sent) | set(taken))
    column = _columns(keys, [(link.source, link.target) for link in links])
    nodes = []
    for key in keys:
        if key in COLLECTED:
            zh, en = (figure_word(COLLECTED[key], lang) for lang in words.LANGUAGES)
        else:
            zh, en = facts.by_id[key].name("zh"), facts.by_id[key].name("en")
        nodes.append(FlowNode(key, zh, en, column[key], sent[key], taken[key]))
    return tuple(nodes)


def _columns(keys: Sequence[str], pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return the column of each product: after all its inputs; a mere input stands before its first user."""
    after: dict[str, set[str]] = {key: set() for key in keys}
    waiting = dict.fromkeys(keys, 0)
    for source, target in sorted(set(pairs)):
        after[source].add(target)
        waiting[target] += 1
    column = dict.fromkeys(keys, 0)
    ready = [key for key in keys if not waiting[key]]
    inputs = set(ready)
    while ready:
        key = ready.pop()
        for target in sorted(after[key]):
            column[target] = max(column[target], column[key] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for key in inputs:
        if after[key]:
            column[key] = min(column[target] for target in after[key]) - 1
    return column
