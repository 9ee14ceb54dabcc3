r"""Why a gap changed: the change of demand minus supply, split over makers, users and recipes.

With :math:`d_{ij} = c_{ij} s_{ij} x_j` (coefficient, share of its alternatives, output of user j) the change
of a demand is, term by term and without a remainder,

.. math:: \Delta d_{ij} = c^0 s^0 \Delta x_j + \Delta c \, s^0 x^1_j + c^1 \Delta s \, x^1_j

so that the effects of a product add up to the change of its demand less the change of its supply. Where a
user made nothing before, the recipe and the choice of now stand for those of before. Outputs and supplies are
the best figures of the balance, shares those of each side's allocation; what sites with a figure do not
explain of them (makers without a figure, makers that only totals show, by-products) is one cause of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chaingraph.enterprises import maker_rows, site_rows
from chaingraph.units import conversion_factor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chaingraph.analysis.state import RegionState
    from chaingraph.quantity import Floats
    from chaingraph.updates.table_changes import Names

CAUSES = ("maker", "user", "coefficient", "share", "goal")
_TINY = 1e-9
_ROUNDING = 1e-9
"""Share of a figure below which what its sites do not explain is rounding."""
_TEXTS = (
    "product_id", "name_zh", "name_en", "cause", "user_id", "user_zh", "user_en", "enterprise_id",
    "enterprise_zh", "enterprise_en",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Link:
    """What one product takes of another: coefficient, share, output of the user, as in the formula."""

    coefficient: float
    share: float
    output: float


@dataclass(frozen=True, eq=False)
class Side:
    """One of two states of a region, by product id.

    Attributes
    ----------
    factor
        By product id: what turns this state's unit into that of the later one; nan where none does.
    """

    state: RegionState
    factor: dict[str, float]

    @cached_property
    def made(self) -> dict[str, dict[str, tuple[float, str, str]]]:
        """Product -> site -> counted capacity (units a year; nan without a figure), start, source."""
        study = self.state.study
        rows = maker_rows(study.dataset.enterprises, study.standing, where=self.state.region)
        rows = site_rows(rows[rows["counted"] > 0])
        found: dict[str, dict[str, tuple[float, str, str]]] = {}
        figure = rows["capacity"].notna()
        if "included_in" in rows:  # its figure stands in another row
            figure |= rows["included_in"].notna()
        rows = rows.assign(amount=rows["effective"].where(figure))
        columns = ("product_id", "enterprise_id", "amount", "since", "source_url")
        for product, site, amount, since, url in zip(*(rows[c] for c in columns), strict=True):
            place = study.product_graph.position.get(product)
            if place is None:
                continue
            used = float(amount) * self.factor[product]
            held = found.setdefault(product, {}).get(site, (np.nan, "", ""))
            starts = max(held[1], since if isinstance(since, str) else "")
            source = url if isinstance(url, str) else held[2]
            found[product][site] = (_known_sum(held[0], used), starts, source)
        return found

    @cached_property
    def links(self) -> dict[str, dict[str, Link]]:
        """Input -> user -> link, of those that are consumed."""
        graph = self.state.study.product_graph
        output, share = self._outputs[graph.target], self._shares
        found: dict[str, dict[str, Link]] = {}
        for link in np.flatnonzero(graph.consumed).tolist():
            source, target = graph.ids[graph.source[link]], graph.ids[graph.target[link]]
            scale = self.factor[source] / self.factor[target]
            found.setdefault(source, {})[target] = Link(
                float(graph.coefficient[link]) * scale,
                float(share[link]),
                float(output[link]) * self.factor[target],
            )
        return found

    @cached_property
    def _outputs(self) -> Floats:
        return _finite(self.state.output.best())

    @cached_property
    def _shares(self) -> Floats:
        """By link: what it takes over coefficient and output, where that is known; else its share."""
        graph = self.state.study.product_graph
        whole = np.nan_to_num(graph.coefficient) * self._outputs[graph.target]
        flow = self.state.allocation.flow.point
        known = ~np.isnan(flow) & (whole > 0)
        shares: Floats = np.divide(flow, whole, out=self.state.share.astype(float), where=known)
        return shares

    @cached_property
    def _load(self) -> Floats:
        state = self.state
        return _finite(state.study.load_of(state.region).point)

    def output(self, product: str) -> float:
        """Return what the region makes of a product; nothing where the state does not know it."""
        return self._amount(product, self._outputs)

    def supply(self, product: str) -> float:
        """Return what the region could make of a product, as far as known."""
        return self._amount(product, _finite(self.state.supply.best()))

    def _amount(self, product: str, amounts: Floats) -> float:
        place = self.state.study.product_graph.position.get(product)
        return 0.0 if place is None else float(amounts[place]) * self.factor[product]

    def sites(self, product: str, *, runs: bool) -> dict[str, tuple[float, str, str]]:
        """Return what each site makes of a product, running, or could make; see :attr:`made`."""
        place = self.state.study.product_graph.position.get(product)
        rates = self._load if runs else self.state.study.loads.availability
        rate = 0.0 if place is None else float(rates[place])
        return {
            site: (amount * rate, since, source)
            for site, (amount, since, source) in self.made.get(product, {}).items()
        }

    def rest(self, product: str, *, runs: bool) -> float:
        """Return what sites with a figure do not explain of an output, or of a supply."""
        whole = self.output(product) if runs else self.supply(product)
        told = sum(np.nan_to_num(site[0]) for site in self.sites(product, runs=runs).values())
        rest = whole - float(told)
        return 0.0 if abs(rest) <= _ROUNDING * abs(whole) else rest

    def wanted(self, product: str) -> float:
        """Return the goal's own demand of a product."""
        place = self.state.study.product_graph.position.get(product)
        amount = 0.0 if place is None else float(self.state.study.wanted[place])
        return amount * self.factor[product] if amount else 0.0


def _finite(values: Floats) -> Floats:
    """Return figures with what is not known, or without end, as nothing."""
    return np.nan_to_num(values, nan=0.0, posinf=0.0)


def _known_sum(first: float, second: float) -> float:
    """Return the sum of what is known; nan where nothing is."""
    return second if np.isnan(first) else first if np.isnan(second) else first + second


def _step(was: float, now: float) -> float:
    """Return a change as the figures count it; nan where only an unknown figure came or went."""
    counted = float(np.nan_to_num(now) - np.nan_to_num(was))
    return np.nan if counted == 0 and np.isnan(was) != np.isnan(now) else counted


def two_sides(before: RegionState, after: RegionState) -> tuple[Side, Side]:
    """Return both states with their units made alike."""
    units = [
        dict(zip(state.study.products["product_id"], state.study.products["unit"], strict=True))
        for state in (before, after)
    ]
    factors = {
        product: unit_factor(unit, units[1].get(product, unit))
        for product, unit in units[0].items()
    }
    return Side(before, factors), Side(after, dict.fromkeys(units[1], 1.0))


def unit_factor(old: Any, new: Any) -> float:
    """Return what turns figures in one unit into another; nan where they do not convert."""
    if old == new or not isinstance(old, str) or not isinstance(new, str):
        return 1.0
    factor = conversion_factor(old, new)
    return np.nan if factor is None else factor


def find_causes(before: Side, after: Side, products: list[str], names: Names) -> pd.DataFrame:
    """Return what moved the gaps of some products.

    Parameters
    ----------
    before, after
        Both states of the region.
    products
        Ids of products.
    names
        Names of enterprises and products.

    Returns
    -------
    pandas.DataFrame
        By product in their order, the largest effect first: `cause` (maker: supply of a site, or without
        a site of makers without a figure, those that only totals show, and by-products; user: a site's
        output that takes the product, or that of such makers; coefficient; share of alternatives; goal),
        `own_before` and
        `own_after` (that figure), `effect` (units of the product a year; above zero widens the gap).
        The known effects of a product add up to the change of its demand less the change of its supply;
        an effect is missing where a maker or user without a figure came or went.
    """
    records = []
    for product in products:
        found = [*_makers(before, after, product), *_users(before, after, product)]
        goal = (before.wanted(product), after.wanted(product))
        found.append(_record(product, "goal", "", "", goal, goal[1] - goal[0]))
        found = [r for r in found if np.isnan(r["effect"]) or abs(r["effect"]) > _TINY]
        found.sort(key=lambda r: (-np.nan_to_num(abs(r["effect"])), CAUSES.index(r["cause"]),
                                  r["user_id"], r["enterprise_id"]))  # fmt: skip
        records += found
    return cause_frame(records, names)


def _record(
    product: str, cause: str, user: str, site: str, own: tuple[float, float], effect: float,
    since: str = "", source: str = "",
) -> dict[str, Any]:  # fmt: skip
    return {
        "product_id": product, "cause": cause, "user_id": user, "enterprise_id": site,
        "own_before": own[0], "own_after": own[1], "effect": effect, "since": since,
        "source_url": source,
    }  # fmt: skip


def _sites(
    before: Side, after: Side, product: str, *, runs: bool
) -> Iterator[tuple[str, float, float, str, str]]:
    """Yield each site that makes a product in either state: its amount in both, start, source.

    Last, without a site, what those with a figure do not explain.
    """
    old, new = before.sites(product, runs=runs), after.sites(product, runs=runs)
    for site in sorted({*old, *new}):
        was, now = old.get(site, (0.0, "", "")), new.get(site, (0.0, "", ""))
        yield site, was[0], now[0], (now[1] or was[1]), (now[2] or was[2])
    rest = before.rest(product, runs=runs), after.rest(product, runs=runs)
    if any(rest):
        yield "", *rest, "", ""


def _makers(before: Side, after: Side, product: str) -> Iterator[dict[str, Any]]:
    for site, was, now, since, source in _sites(before, after, product, runs=False):
        yield _record(product, "maker", "", site, (was, now), -_step(was, now), since, source)


def _users(before: Side, after: Side, product: str) -> Iterator[dict[str, Any]]:
    """Yield what each user adds: by its sites, by its recipe, by its choice among alternatives."""
    old, new = before.links.get(product, {}), after.links.get(product, {})
    for user in sorted({*old, *new}):
        was, now = _both(old.get(user), new.get(user), before, after, user)
        for site, own, later, since, source in _sites(before, after, user, runs=True):
            step = _step(own, later)
            if step == 0:  # most sites: no record is made of them
                continue
            effect = _weighed(was.coefficient, was.share, step)
            yield _record(product, "user", user, site, (own, later), effect, since, source)
        recipe = _step(was.coefficient, now.coefficient) * was.share * now.output
        coefficients = (was.coefficient, now.coefficient)
        yield _record(product, "coefficient", user, "", coefficients, recipe)
        choice = float(np.nan_to_num(now.coefficient)) * (now.share - was.share) * now.output
        yield _record(product, "share", user, "", (was.share, now.share), choice)


def _both(
    old: Link | None, new: Link | None, before: Side, after: Side, user: str
) -> tuple[Link, Link]:
    """Return a link in both states so that what did not change is no cause.

    Where the user made nothing before, its recipe and choice are those of now. A link that only one state
    has takes nothing in the other: for a user that is made there its coefficient is 0.
    """
    was = old or Link(0.0, new.share if new else 0.0, before.output(user))
    now = new or Link(0.0, was.share, after.output(user))
    if was.output == 0:
        return Link(now.coefficient, now.share, 0.0), now
    if now.output == 0:
        return was, Link(was.coefficient, was.share, 0.0)
    return was, now


def _weighed(coefficient: float, share: float, step: float) -> float:
    """Return the demand of a step of a user's output; nan where it came or went and takes unknown much."""
    return coefficient * share * step if share else 0.0


def cause_frame(records: list[dict[str, Any]], names: Names) -> pd.DataFrame:
    """Return records of causes as a frame with all columns; none gives an empty one."""
    for record in records:
        for key, kind in (
            ("product_id", "name"),
            ("user_id", "user"),
            ("enterprise_id", "enterprise"),
        ):
            record[f"{kind}_zh"], record[f"{kind}_en"] = names.both(record[key])
    data: dict[str, Any] = {
        name: pd.array([record[name] or None for record in records], dtype="str") for name in _TEXTS
    }
    for name in ("own_before", "own_after", "effect"):
        data[name] = np.array([record[name] for record in records], dtype=float)
    for name in ("since", "source_url"):
        data[name] = pd.array([record[name] or None for record in records], dtype="str")
    return pd.DataFrame(data)
