"""Candidates: for each gap the groups that make the product, intend to, or make a closely related one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph.recruit.evidence import general_goods, kinds_apart, related_links
from chaingraph.regions import distances

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.analysis.basis import Basis
    from chaingraph.products import Flags, Floats, Integers
    from chaingraph.recruit.evidence import Evidence
    from chaingraph.regions import Region


@dataclass(frozen=True, eq=False)
class Field:
    """All (gap, group) pairs worth a look, wherever the region is.

    Attributes
    ----------
    gaps
        Position of each gap's product, sorted, each once.
    gap, group
        By pair: position in `gaps`, code of the group; sorted by both.
    own
        By pair: the holding of the product itself, -1 where nothing is known but related products.
    entry_pair, entry_holding
        Every holding that speaks for a pair: of the product itself or of a related one.
    """

    evidence: Evidence
    gaps: Integers
    gap: Integers
    group: Integers
    own: Integers
    entry_pair: Integers
    entry_holding: Integers

    @property
    def size(self) -> int:
        """Number of pairs."""
        return len(self.gap)

    @cached_property
    def product(self) -> Integers:
        """Position of each pair's product."""
        return self.gaps[self.gap]

    @cached_property
    def first(self) -> Integers:
        """Where each gap's pairs begin (one more than there are gaps)."""
        return np.searchsorted(self.gap, np.arange(len(self.gaps) + 1))

    @cached_property
    def maker(self) -> Flags:
        """Whether each pair's group makes the product itself."""
        return self._own(self.evidence.holdings.makes)

    @cached_property
    def intends(self) -> Flags:
        """Whether each pair's group does not make the product itself, but intends to."""
        return self._own(self.evidence.holdings.intends) & ~self.maker

    @cached_property
    def family(self) -> Flags:
        """Whether all that is known of a pair and its product are events of several products."""
        return np.asarray((self.own >= 0) & ~self.maker & ~self.intends)

    @cached_property
    def close(self) -> Flags:
        """Whether a pair's group makes or intends the product or a related one: not only is in the region."""
        return np.bincount(self.entry_pair, minlength=self.size) > 0

    @cached_property
    def general(self) -> Flags:
        """Whether a pair is related through general goods alone."""
        evidence = self.evidence
        goods = general_goods(evidence.study)
        via = goods[evidence.holdings.product[self.entry_holding]]
        close = np.bincount(self.entry_pair[~via], minlength=self.size) > 0
        return np.asarray((self.own < 0) & self.close & (goods[self.product] | ~close))

    def with_groups(self, groups: Integers) -> Field:
        """Return a field in which some groups, as codes, are candidates of every gap."""
        width = max(1, len(self.evidence.groups))
        keys = self.gap * width + self.group
        every = np.add.outer(np.arange(len(self.gaps)) * width, groups).reshape(-1)
        pairs = np.union1d(keys, every)
        place = np.searchsorted(pairs, keys)
        own = np.full(len(pairs), -1, dtype=np.intp)
        own[place] = self.own
        gap, group = (pairs // width).astype(np.intp), (pairs % width).astype(np.intp)
        entries = place[self.entry_pair].astype(np.intp) if self.size else self.entry_pair
        return replace(self, gap=gap, group=group, own=own, entry_pair=entries)

    def _own(self, flags: Flags) -> Flags:
        return np.asarray(self.of_own(flags.astype(float), 0.0) > 0)

    def of_own(self, values: Floats, missing: float = np.nan) -> Floats:
        """Return a holding's value of the product itself for each pair."""
        return np.where(self.own >= 0, values[self.own], missing) if len(values) else np.full(
            self.size, missing
        )  # fmt: skip

    def total(self, values: Any) -> Floats:
        """Add up a holding's value over the product and its related ones, for each pair."""
        sums = np.bincount(self.entry_pair, values[self.entry_holding], self.size)
        return np.asarray(sums, dtype=float)

    def smallest(self, values: Floats) -> Floats:
        """Return the smallest known of a holding's values over product and related ones."""
        best = np.full(self.size, np.inf)
        given = values[self.entry_holding]
        known = ~np.isnan(given)
        np.minimum.at(best, self.entry_pair[known], given[known])
        return np.where(np.isinf(best), np.nan, best)


def open_field(evidence: Evidence, gaps: Sequence[int] | Integers) -> Field:
    """List the candidates of some products: makers of each, and makers of closely related products.

    What stands for makers unknown is none: nobody could be called. Who intends to make the product, or
    has only announced a family of products, is a candidate and no maker.
    """
    held = evidence.holdings
    wanted = np.unique(np.asarray(gaps, dtype=np.intp))
    gap, via = around(evidence.study, wanted)
    count = held.first[via + 1] - held.first[via]
    entry_gap = np.repeat(gap, count)
    holding = _ranges(held.first[via], count)
    named = held.named[holding]
    entry_gap, holding = entry_gap[named], holding[named]
    groups = max(1, len(evidence.groups))
    keys = entry_gap * groups + held.group[holding]
    pairs, entry_pair = np.unique(keys, return_inverse=True)
    own = np.full(len(pairs), -1, dtype=np.intp)
    itself = held.product[holding] == wanted[entry_gap] if len(wanted) else np.empty(0, dtype=bool)
    own[entry_pair[itself]] = holding[itself]
    return Field(
        evidence=evidence,
        gaps=wanted,
        gap=(pairs // groups).astype(np.intp),
        group=(pairs % groups).astype(np.intp),
        own=own,
        entry_pair=entry_pair.reshape(-1).astype(np.intp),
        entry_holding=holding,
    )


def around(study: Basis, wanted: Integers) -> tuple[Integers, Integers]:
    """Return the products whose makers are candidates for some gaps: itself, and the related ones.

    Returns
    -------
    tuple
        Number of the gap among `wanted` (sorted, each once), and position of the product.
    """
    one, other = related_links(study.product_graph, kinds_apart(study))
    chosen = np.isin(one, wanted)
    gap = np.concatenate([np.arange(len(wanted)), np.searchsorted(wanted, one[chosen])])
    return gap.astype(np.intp), np.concatenate([wanted, other[chosen]])


def building_rows(evidence: Evidence) -> Flags:
    """Tell which rows of the evidence say that a plant is being built; a project's start may be of anything."""
    columns = evidence.columns
    started = (columns["scope"] != "project") & (columns["event"] == "started")
    return np.asarray(started, dtype=bool)


def _ranges(first: Integers, count: Integers) -> Integers:
    """Return the numbers first .. first + count of several ranges, one after the other."""
    ends = np.cumsum(count)
    offset = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - count, count)
    return np.asarray(np.repeat(first, count) + offset, dtype=np.intp)


@dataclass(frozen=True, eq=False)
class Place:
    """A region as candidates see it: where it lies, who is there and what is made there.

    Attributes
    ----------
    inside
        By row of the evidence: whether it lies in the region.
    point
        Latitude and longitude; nan where unknown.
    provinces
        Provinces that the region lies in.
    """

    evidence: Evidence
    region: Region
    inside: Flags
    point: tuple[float, float]
    provinces: tuple[str, ...]

    def _holdings(self, rows: Flags) -> Flags:
        flags = np.zeros(len(self.evidence.holdings.product), dtype=bool)
        flags[self.evidence.columns["holding"][self.inside & rows].astype(np.intp)] = True
        return flags

    @cached_property
    def holdings(self) -> Flags:
        """By holding: whether the group makes the product here, or intends to."""
        return self._holdings(np.ones(len(self.inside), dtype=bool))

    @cached_property
    def made(self) -> Flags:
        """By holding: whether the group makes the product here."""
        return self._holdings(self.evidence.makes)

    @cached_property
    def groups(self) -> Flags:
        """By group: whether it makes anything here."""
        flags = np.zeros(len(self.evidence.groups), dtype=bool)
        flags[self.evidence.holdings.group[self._holdings(self.evidence.stands)]] = True
        return flags

    @cached_property
    def coming(self) -> Flags:
        """By group: whether it makes nothing here, but intends to."""
        flags = np.zeros(len(self.evidence.groups), dtype=bool)
        flags[self.evidence.holdings.group[self.holdings]] = True
        return flags & ~self.groups

    @cached_property
    def building(self) -> Flags:
        """By group: whether something here was begun, a plant or a project of any product."""
        rows = self.inside & (self.evidence.columns["event"] == "started")
        flags = np.zeros(len(self.evidence.groups), dtype=bool)
        flags[self.evidence.columns["group"][rows].astype(np.intp)] = True
        return flags

    @cached_property
    def known_groups(self) -> Integers:
        """Codes of the groups that make, build or intend anything here; not what stands for makers unknown."""
        here = self.groups | self.coming
        return np.flatnonzero(here & ~self.evidence.nobody).astype(np.intp)

    @cached_property
    def products(self) -> Flags:
        """By product: whether somebody makes it here."""
        flags = np.zeros(self.evidence.study.product_graph.size, dtype=bool)
        flags[self.evidence.holdings.product[self.made]] = True
        return flags

    def buyers(self, field: Field) -> Flags:
        """By pair: whether the group has or intends a plant here that takes the product."""
        graph, held = self.evidence.study.product_graph, self.evidence.holdings
        size = graph.size
        bought = np.unique(graph.source[graph.consumed] * size + graph.target[graph.consumed])
        here = self.holdings[field.entry_holding]
        pair, user = field.entry_pair[here], held.product[field.entry_holding[here]]
        taken = np.isin(field.product[pair] * size + user, bought)
        return np.bincount(pair[taken], minlength=field.size) > 0

    @cached_property
    def distance(self) -> Floats:
        """By row of the evidence: km to the region, nan where unknown; company totals lie nowhere."""
        columns = self.evidence.columns
        km = distances(columns["lat"].astype(float), columns["lon"].astype(float), self.point)
        return np.where(columns["total"].astype(bool), np.nan, km)

    @cached_property
    def nearest(self) -> Floats:
        """By holding: km to its nearest plant or project."""
        return self.evidence.nearest(self.distance)

    def newcomers(self, field: Field) -> Flags:
        """By pair: whether the group neither makes the product here nor intends to."""
        return np.asarray(field.of_own(self.holdings.astype(float), 0.0) == 0)


def find_place(
    evidence: Evidence,
    region: Region,
    points: Mapping[str, tuple[float, float]],
) -> Place:
    """Look at the evidence from a region: its point is the listed one, else the mean of its rows."""
    inside = evidence.inside(region)
    columns = evidence.columns
    point = points.get(region.name, (np.nan, np.nan))
    lat, lon = columns["lat"][inside].astype(float), columns["lon"][inside].astype(float)
    if np.isnan(point[0]) and (~np.isnan(lat)).any():
        point = (float(np.nanmean(lat)), float(np.nanmean(lon)))
    found = tuple(sorted({str(p) for p in columns["province"][inside]} - {""}))
    return Place(evidence, region, inside, point, found or region.path[:1])
