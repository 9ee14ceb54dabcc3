"""Choices of the past: for every city and window, the candidates as then known and who came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph.analysis.study import open_study
from chaingraph.dataset import last_day
from chaingraph.recruit.arrivals import product_counts, product_features
from chaingraph.recruit.candidates import find_place, open_field
from chaingraph.recruit.entries import freeze, list_entries
from chaingraph.recruit.evidence import gather_evidence
from chaingraph.recruit.features import FEATURES, View, filled, measure
from chaingraph.recruit.lists import LOCAL, MAKER, NONE, OTHER, contending, tiers, which_list
from chaingraph.recruit.portfolio import gather_portfolios
from chaingraph.recruit.rules import rule_scores
from chaingraph.recruit.setting import open_setting
from chaingraph.regions import Named, Region

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from chaingraph.dataset import Dataset
    from chaingraph.products import Floats, Integers


@dataclass(frozen=True, eq=False)
class Occasion:
    """One city in one window: all candidates for all products, and the entries that followed.

    Attributes
    ----------
    product, group
        By candidate, sorted by both: position of the product, name of the group.
    features
        One row a candidate, in the order of ``FEATURES``; unknown ones at ``UNKNOWN``.
    rules
        One row a candidate, in the order of ``RULES``: higher ranks first.
    listed
        By candidate: the list it would stand in, as :func:`chaingraph.recruit.lists.which_list` has it.
    tier
        By candidate: who of its list is chosen before it whatever its score, as
        :func:`chaingraph.recruit.lists.contending` has it.
    entries
        One an entry: product id or family, positions of the products, group.
    local, known
        Names of the groups that made or built anything in the city, and of all that the data knew of.
    absent
        By product: whether nobody made it in the city at the cut-off.
    made
        By product: whether somebody made it anywhere.
    arrivals
        One row a product: its features, in the order of ``PRODUCT_FEATURES``.
    rca
        By product: density over the products in which the city has an RCA of 1 or more.
    """

    cutoff: str
    city: str
    product: Integers
    group: Any
    features: Floats
    rules: Floats
    listed: Integers
    tier: Integers
    entries: tuple[tuple[str, tuple[int, ...], str], ...]
    local: frozenset[str]
    known: frozenset[str]
    absent: Any
    made: Any
    arrivals: Floats
    rca: Floats

    def candidates(self, products: Sequence[int]) -> tuple[Any, Integers, Integers]:
        """Return the groups that are candidates for some products, and which rows stand for each."""
        rows = self.rows_of(products)
        if len(products) == 1:
            return self.group[rows].astype(str), np.arange(len(rows)), rows
        names, code = np.unique(self.group[rows].astype(str), return_inverse=True)
        return names, code.reshape(-1).astype(np.intp), rows

    def rows_of(self, products: Sequence[int]) -> Integers:
        """Return the candidates for some products; they are sorted by product."""
        wanted = sorted(products)
        first = np.searchsorted(self.product, wanted, side="left")
        last = np.searchsorted(self.product, wanted, side="right")
        ranges = [np.arange(*ends) for ends in zip(first, last, strict=True)]
        return np.concatenate(ranges).astype(np.intp)

    def scores(self, weights: Floats) -> Floats:
        """Return what each candidate is ranked by: its score, all of a lower tier above those of a higher.

        So are the names of a list chosen ten by ten; that known plants then come first among the ten does
        not count here. Who is here already stands in a list of its own, so that makers elsewhere do not
        stand before it.
        """
        scores = self.features.astype(float) @ weights
        behind = np.where((self.listed == LOCAL) & (self.tier == OTHER), MAKER, self.tier)
        return np.asarray(scores - behind * (np.abs(weights).sum() + 1.0), dtype=float)

    def chosen(self) -> Floats:
        """Return each candidate's weight of having been chosen; a family's entry is shared out."""
        weight = np.zeros(len(self.product))
        for _, products, group in self.entries:
            hit = np.isin(self.product, products) & (self.group == group)
            if hit.any():
                weight[hit] += 1.0 / hit.sum()
        return weight


def gather_occasions(
    ds: Dataset,
    windows: Sequence[tuple[str, str]],
    progress: Callable[[str], None] | None = None,
) -> list[Occasion]:
    """Freeze a dataset at each cut-off and lay out what every city with an entry could have chosen.

    Parameters
    ----------
    ds
        The dataset, as known today.
    windows
        Cut-off and end: entries after the first and up to the second count.
    progress
        Told each cut-off when its turn comes.

    Returns
    -------
    list of Occasion
        Sorted by cut-off and city.
    """
    graph = open_study(ds).product_graph
    entries = list_entries(ds, graph)
    days = np.array([last_day(date) for date in entries["date"]], dtype=object)
    found: list[Occasion] = []
    for cutoff, end in windows:
        if progress:
            progress(cutoff)
        chosen = entries[(days > last_day(cutoff)) & (days <= last_day(end))]
        if len(chosen):
            found.extend(_occasions(freeze(ds, cutoff), chosen))
    return found


def _occasions(frozen: Dataset, entries: pd.DataFrame) -> Iterator[Occasion]:
    study = open_study(frozen)
    if not len(frozen.capacities):
        return
    evidence = gather_evidence(study)
    field = open_field(evidence, np.arange(study.product_graph.size))
    setting = open_setting(evidence, field.gaps)
    known = frozenset(evidence.groups[~evidence.nobody].tolist())
    portfolios = gather_portfolios(evidence)
    nowhere = np.full(study.product_graph.size, np.nan)
    contracts = np.zeros(study.product_graph.size, dtype=bool)
    for city, came in entries.groupby("city", sort=True):
        path = (str(came["province"].iloc[0]), str(city))
        here = Region(path[-1], path, "city", Named((("city", path[-1:]),)))
        place = find_place(evidence, here, setting.points)
        local = field.with_groups(place.known_groups)
        view = View(local, place, setting, nowhere, float("nan"), portfolios)
        listed = which_list(view, contracts)
        newcomers = place.newcomers(local) & (listed != NONE)
        columns = measure(view)
        table = np.column_stack([filled(columns[name]) for name in FEATURES])
        yield Occasion(
            cutoff=frozen.as_of,
            city=str(city),
            product=local.product[newcomers],
            group=evidence.groups[local.group[newcomers]],
            features=table[newcomers].astype(np.float32),
            rules=rule_scores(view, columns)[newcomers].astype(np.float32),
            listed=listed[newcomers],
            tier=contending(view, listed, tiers(view, listed))[newcomers],
            entries=tuple(
                (product, tuple(study.product_graph.position[p] for p in ids), group)
                for product, ids, group in zip(
                    came["product_id"], came["product_ids"], came["group"], strict=True
                )
            ),
            local=frozenset(evidence.groups[place.groups | place.building].tolist()),
            known=known,
            absent=~place.products,
            made=setting.cities_with > 0,
            arrivals=product_features(product_counts(evidence, place, setting)),
            rca=setting.rca_density(str(city)),
        )


def yearly(first: str, last: str) -> list[tuple[str, str]]:
    """Return windows of one year each, from a cut-off up to an end, latest last.

    Examples
    --------
    >>> yearly("2019-12", "2021-12")
    [('2019-12', '2020-12'), ('2020-12', '2021-12')]
    """
    years = range(int(first[:4]), int(last[:4]))
    return [(f"{year}{last[4:]}", f"{year + 1}{last[4:]}") for year in years]
