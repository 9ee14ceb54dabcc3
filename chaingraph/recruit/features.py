"""What speaks for a candidate: one small function a feature, each between 0 and 1, higher is better.

A feature that is not known is nan; it widens the range of the score and is never taken for zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from chaingraph.analysis.reach import FREIGHT_SHARE, TARIFF
from chaingraph.recruit.evidence import medians

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaingraph.products import Floats, Integers
    from chaingraph.recruit.candidates import Field, Place
    from chaingraph.recruit.portfolio import Portfolios
    from chaingraph.recruit.setting import Setting

NEAR_KM: Final = 300.0
"""Where a product's reach is unknown."""
REACHES: Final = (100.0, 1000.0)
"""The least and the most that counts as reach: people travel too, and a country has an end."""
UNKNOWN: Final = 0.25
"""Where an unknown feature stands: makers without a figure are mostly smaller than the median maker."""
_FEW: Final = 3.0
_SOME: Final = 5.0
_MANY: Final = 10.0


@dataclass(frozen=True, eq=False)
class View:
    """All that features look at: candidates, the region, the setting, and what is known of the gaps.

    Attributes
    ----------
    wanted
        By product: units a year that the region lacks, at least those where no figure is; nan where unknown.
    green
        Share of the region's electricity that comes from water, wind and sun; nan where unknown.
    """

    field: Field
    place: Place
    setting: Setting
    wanted: Floats
    green: float
    portfolios: Portfolios

    def by_product(self, values: Floats) -> Floats:
        """Return a value of each pair's product."""
        return np.asarray(values[self.field.product], dtype=float)

    @cached_property
    def _owner(self) -> Integers:
        """By pair: code of its group among the portfolios, -1 where it has none."""
        code = self.portfolios.groups.get_indexer(pd.Index(self.field.evidence.groups))
        return code[self.field.group].astype(np.intp)

    @cached_property
    def nearness(self) -> Floats:
        """By pair: how often the product is in one hand with something that the group makes."""
        return self.portfolios.nearness(self.field.product, self._owner)

    @cached_property
    def chain_share(self) -> Floats:
        """By pair: share of what the group makes that lies in the product's chains."""
        return self.portfolios.chain_share(self.field.product, self._owner)

    def best_neighbour(self, pair: int) -> int:
        """Return what a pair's group makes that is most often in one hand with the product, -1: nothing."""
        owner = int(self._owner[pair])
        product = int(self.field.product[pair])
        return -1 if owner < 0 else self.portfolios.best_neighbour(product, owner)

    @cached_property
    def reach(self) -> Floats:
        """By product: km that it travels until freight eats its share of the price, 300 where unknown."""
        km = FREIGHT_SHARE * self.field.evidence.study.tonne / TARIFF
        return np.where(np.isnan(km), NEAR_KM, np.clip(km, *REACHES))

    @cached_property
    def plant(self) -> Floats:
        """By product: a yardstick, the median capacity that is known of a group."""
        evidence = self.field.evidence
        held = evidence.holdings
        capacity = np.where(evidence.nobody[held.group], np.nan, held.capacity)
        return medians(held.product, capacity, evidence.study.product_graph.size)

    @cached_property
    def usual_plant(self) -> Floats:
        """By product: as plants of it are built, else the median of the groups' plants; nan: unknown."""
        evidence = self.field.evidence
        held, built = evidence.holdings, evidence.study.sizes.typical
        return np.where(np.isnan(built), medians(held.product, held.typical, len(built)), built)


def saturate(count: Floats, half: float = 1.0) -> Floats:
    """Return n / (n + half): grows with every one more, ever less, and reaches 1/2 at `half`."""
    return np.asarray(count / (count + half), dtype=float)


def maker(view: View) -> Floats:
    """1 where the group makes the product itself, 1/2 where it only intends to, or one of its family."""
    return np.where(view.field.maker, 1.0, np.where(view.field.own >= 0, 0.5, 0.0))


def capability(view: View) -> Floats:
    """1/4 + 3/4 k / (k + q): the group's capacity k against q, the larger of the gap and a median maker.

    Unknown where the group's capacity is, which counts as 1/4: no unknown figure stands before a known
    one. 0 for who does not make the product itself.
    """
    own = view.field.of_own(view.field.evidence.holdings.capacity)
    yardstick = np.fmax(view.by_product(view.plant), view.by_product(view.wanted))
    share = own / (own + yardstick)
    return np.where(view.field.maker, UNKNOWN + (1.0 - UNKNOWN) * share, 0.0)


def record(view: View) -> Floats:
    """N / (n + 1): cities where the group makes the product."""
    return saturate(view.field.of_own(view.field.evidence.holdings.sites.astype(float), 0.0))


def momentum(view: View) -> Floats:
    """N / (n + 1): cities where it began, signed or started a plant in three years, of related products 1/2."""
    recent = view.field.evidence.holdings.recent.astype(float)
    own = view.field.of_own(recent, 0.0)
    return saturate(own + (view.field.total(recent) - own) / 2)


def ties(view: View) -> Floats:
    """N / (n + 1): groups of the region that it is known to supply or to be supplied by."""
    here, known = view.place.groups, view.field.evidence.ties
    supplier, customer = (known[name].to_numpy(dtype=np.intp) for name in ("supplier", "customer"))
    size = len(here)
    pairs = np.concatenate(
        [(supplier * size + customer)[here[customer]], (customer * size + supplier)[here[supplier]]]
    )
    pairs = np.unique(pairs[pairs // size != pairs % size])
    partners = np.bincount(pairs // size, minlength=size)
    return saturate(partners[view.field.group].astype(float))


def present(view: View) -> Floats:
    """1/2 where the group makes another product in the region, 1 where a related one; half of it if planned."""
    stands, coming = view.place.groups[view.field.group], view.place.coming[view.field.group]
    here = np.where(stands, 1.0, coming / 2)
    linked = view.field.total(view.place.holdings.astype(float)) > 0
    return np.asarray(here / 2 + (here * linked) / 2, dtype=float)


def closeness(view: View) -> Floats:
    """1 / (1 + d / R): d to its nearest plant of the product or a related one, else to what it intends.

    R is how far the product travels, see :func:`chaingraph.analysis.reach.measure_reach`, between 100 and
    1,000 km; 300 where that is unknown. 0 for who neither makes nor intends any of them.
    """
    distance = view.field.smallest(view.place.nearest)
    near = 1.0 / (1.0 + distance / view.by_product(view.reach))
    return np.where(view.field.close, near, 0.0)


def portfolio(view: View) -> Floats:
    """Max of n(p and q) / (n(q) + 3) over its other products q: n groups have q, and p as well."""
    return view.nearness


def same_chain(view: View) -> Floats:
    """Share of its memberships of products in chains that lie in the chains of the product."""
    return view.chain_share


def local_pull(view: View) -> Floats:
    """N / (n + 1): products made in the region that take the product."""
    return saturate(view.by_product(view.setting.users(view.place.products)))


def nearby_pull(view: View) -> Floats:
    """N / (n + 3): products made within 300 km, outside the region, that take the product."""
    around = view.setting.neighbours(view.place)
    return saturate(view.by_product(view.setting.users(around)), _FEW)


def inputs(view: View) -> Floats:
    """Share of the product's own inputs that are made in the region; unknown without inputs."""
    return view.by_product(view.setting.inputs_met(view.place.products))


def relatedness(view: View) -> Floats:
    """Density of the region around the product (Hidalgo and others 2007); 0 if it stands alone everywhere."""
    return np.nan_to_num(view.by_product(view.setting.density(view.place)))


def trend(view: View) -> Floats:
    """N / (n + 5): arrivals of groups in cities with the product, by anybody, in three years."""
    return saturate(view.by_product(view.setting.arrivals), _SOME)


def spread(view: View) -> Floats:
    """N / (n + 10): cities that make the product: few makers stand for a hard start anywhere."""
    return saturate(view.by_product(view.setting.cities_with.astype(float)), _MANY)


def green_power(view: View) -> Floats:
    """1 - e (1 - g): e share of electricity in the product's value, g green share of local power."""
    return 1.0 - view.by_product(energy_share(view)) * (1.0 - view.green)


def energy_share(view: View) -> Floats:
    """By product: money spent on electricity for one unit over its price, at most 1; nan if unknown."""
    study = view.field.evidence.study
    graph = study.product_graph
    power = graph.position.get("electricity")
    result = np.full(graph.size, np.nan)
    if power is None:
        return result
    links = np.flatnonzero(graph.quantified & (graph.source == power))
    cost = graph.coefficient[links] * study.price[power]
    result[graph.target[links]] = np.minimum(1.0, cost / study.price[graph.target[links]])
    return result


GROUP_FEATURES: Final[Mapping[str, Callable[[View], Floats]]] = {
    "maker": maker,
    "capability": capability,
    "record": record,
    "momentum": momentum,
    "ties": ties,
    "present": present,
    "closeness": closeness,
    "portfolio": portfolio,
    "same_chain": same_chain,
}
"""Features that tell the candidates of one gap apart."""
PLACE_FEATURES: Final[Mapping[str, Callable[[View], Floats]]] = {
    "local_pull": local_pull,
    "nearby_pull": nearby_pull,
    "inputs": inputs,
    "relatedness": relatedness,
    "trend": trend,
    "spread": spread,
    "green_power": green_power,
}
"""Features that all candidates of one gap share: they tell gaps apart."""
FEATURES: Final = {**GROUP_FEATURES, **PLACE_FEATURES}


def measure(view: View) -> dict[str, Floats]:
    """Return every feature of every pair."""
    return {name: function(view) for name, function in FEATURES.items()}


def filled(values: Floats) -> Floats:
    """Put what is unknown where it stands for a score: see :data:`UNKNOWN`."""
    return np.where(np.isnan(values), UNKNOWN, values)
