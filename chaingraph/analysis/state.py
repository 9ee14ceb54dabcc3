"""The state of a region: what is known of what it makes, what its makers take, and what is not served."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from chaingraph.allocation import Allocation, allocate
from chaingraph.analysis.advise import advise
from chaingraph.analysis.decide import Decisions, decide, decision_table
from chaingraph.analysis.moved import Making, lesser, move_allocation, same, told_difference
from chaingraph.analysis.neighbours import around_region, nothing_around
from chaingraph.analysis.own_use import own_use
from chaingraph.analysis.reach import measure_reach
from chaingraph.errors import OptionError
from chaingraph.knowledge.evidence import (
    MADE,
    Evidence,
    Made,
    Signs,
    Totals,
    judge,
    read_signs,
    read_totals,
)
from chaingraph.knowledge.statements import CLEARLY
from chaingraph.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from chaingraph.allocation import OwnUse
    from chaingraph.analysis.advise import Advice
    from chaingraph.analysis.basis import Basis
    from chaingraph.analysis.reach import Reach
    from chaingraph.products import ProductGraph
    from chaingraph.quantity import Flags, Floats, Integers
    from chaingraph.regions import Region

_TINY = 1e-9


@dataclass(frozen=True, eq=False)
class Rows:
    """What capacity rows say of a region, arrays by product position; units a year.

    Attributes
    ----------
    capacity, capacity_low
        Known figures of the rows that count; of those that surely run.
    bare
        Rows without a figure.
    makers, unquantified
        Makers; those without any figure.
    construction, construction_rows, planned, planned_rows, suspended, suspended_rows, stale_rows
        Beside it: figures and rows of what is built, planned, idle; rows not seen for over 24 months.
    hhi, top_share
        Concentration of the known figures over groups; nan without one.
    sourced
        Capacity that rests on rows with a source.
    """

    capacity: Floats
    capacity_low: Floats
    bare: Integers
    makers: Integers
    unquantified: Integers
    construction: Floats
    construction_rows: Integers
    planned: Floats
    planned_rows: Integers
    suspended: Floats
    suspended_rows: Integers
    stale_rows: Integers
    hhi: Floats
    top_share: Floats
    sourced: Floats


@dataclass(frozen=True, eq=False)
class RegionState:
    """One region of a study: arrays and quantities by product position, or by link where said.

    Attributes
    ----------
    rows
        What the capacity rows say.
    totals, signs
        What totals, surveys and events say.
    capacity
        Known figures, typical plants for rows without one, and what totals show beyond the rows.
    output
        What makers run at: capacity times load.
    supply
        What they could make: capacity times availability, and by-products.
    own
        Own use within sites, by link.
    allocation
        Who is served by whom.
    added
        What was put on top of the data by :meth:`with_capacity`: product id and capacity each.
    baseline
        The state whose shares of open choices are frozen here: that of a scenario's base, or the one that
        capacity was added to; None where choices are this state's own.
    """

    study: Basis
    region: Region
    rows: Rows
    totals: Totals
    signs: Signs
    capacity: Quantity
    output: Quantity
    supply: Quantity
    own: OwnUse
    allocation: Allocation
    added: tuple[tuple[str, float], ...] = ()
    baseline: RegionState | None = None

    # --- what is made

    @cached_property
    def evidence(self) -> Evidence:
        """How much is known of whether each product is made here."""
        rows, study = self.rows, self.study
        made = Made(
            rows.makers, rows.unquantified, rows.bare, rows.construction_rows, rows.planned_rows,
            *self.by_product,
        )  # fmt: skip
        return judge(
            made, self.signs, self.totals, known=rows.capacity, cities=study.maker_cities,
            modes=study.modes,
        )  # fmt: skip

    @cached_property
    def by_product(self) -> tuple[Flags, Flags]:
        """Whether each product arises with something made here; whether how much is not known."""
        return by_products_here(self.study, self.output)

    @cached_property
    def present(self) -> Flags:
        """Whether each product is made here: by rows, totals, surveys or events."""
        return self.evidence.is_any(*MADE)

    @property
    def makers(self) -> Integers:
        """Number of makers that rows name."""
        return self.rows.makers

    @property
    def unquantified(self) -> Integers:
        """Number of makers without any figure."""
        return self.rows.unquantified

    @property
    def construction(self) -> Floats:
        """Capacity under construction that is not counted nor stale, units a year."""
        return self.rows.construction

    @cached_property
    def coming(self) -> Quantity:
        """What is under construction and not counted: known figures, more where a row has none."""
        bare = self.rows.construction_rows - (self.rows.construction > 0)
        known = self.rows.construction
        vague = (self.rows.construction_rows > 0) & (known <= 0)
        vague |= self.signs.building & (known <= 0) & (bare >= 0)
        return Quantity(
            known * 0.0, np.where(vague, np.nan, known), np.where(vague, np.inf, known),
            np.zeros(len(known), dtype=np.intp),
        )  # fmt: skip

    # --- what is taken

    @property
    def demand(self) -> Quantity:
        """What local makers and the goal take, own use within sites included, units a year."""
        return self.allocation.demand

    @property
    def own_use(self) -> Quantity:
        """The part of the demand that sites make themselves."""
        return self.allocation.own_use

    @property
    def merchant(self) -> Quantity:
        """Supply left for others after own use."""
        return self.allocation.merchant

    @property
    def gap(self) -> Quantity:
        """The part of the demand that nobody here serves, units a year."""
        return self.allocation.gap

    @property
    def share(self) -> Floats:
        """By link: share of its alternative group at the point."""
        return self.allocation.share

    @cached_property
    def flow(self) -> Floats:
        """By link: units of the input taken a year, as far as known: the figure, else the least."""
        flow = self.allocation.flow
        known = np.where(np.isnan(flow.point), flow.low, flow.point)
        return np.where(np.isfinite(known), known, 0.0)

    @cached_property
    def demand_full(self) -> Floats:
        """Demand if every maker with a figure ran at capacity, shares as they are; units a year."""
        graph = self.study.product_graph
        said = np.where(self.totals.stale, 0.0, np.nan_to_num(self.totals.made))
        full = np.maximum(self.rows.capacity, said)[graph.target]
        flow = graph.amount * self.share * np.where(np.isfinite(full), full, 0.0)
        return np.bincount(graph.source, flow, graph.size) + self.study.wanted

    @cached_property
    def active(self) -> Flags:
        """By link: consumed, in use, and its output is made here."""
        graph = self.study.product_graph
        here = self.present | (self.study.wanted > 0) if self.study.explode else self.present
        return graph.consumed & (self.share > 0) & here[graph.target]

    @cached_property
    def open_links(self) -> Flags:
        """By link of a chain: its input is made here, its output by nobody here."""
        graph = self.study.product_graph
        here = self.present[graph.source] & ~self.present[graph.target]
        return np.asarray(self.study.chain_links & here, dtype=bool)

    @cached_property
    def users(self) -> Integers:
        """Number of known local products that each product goes into."""
        graph = self.study.product_graph
        return np.bincount(graph.source[self.active], minlength=graph.size)

    @cached_property
    def users_unknown(self) -> Integers:
        """Number of those whose demand could not be quantified, or only in part."""
        graph = self.study.product_graph
        open_end = np.isnan(self.output.point)[graph.target] | np.isnan(graph.coefficient)
        return np.bincount(graph.source[self.active & open_end], minlength=graph.size)

    @cached_property
    def needed(self) -> Flags:
        """Whether a local maker or the goal takes the product."""
        return np.asarray((self.demand.high > 0) | (self.study.wanted > 0))

    # --- one against the other

    @cached_property
    def balance(self) -> Floats:
        """Supply less demand, units a year; nan where either is not known."""
        return self.supply.point - self.demand.point

    @cached_property
    def coverage(self) -> Floats:
        """Share of the demand that is served here, own use included; nan without known figures."""
        demand, gap = self.demand.point, self.gap.point
        ratio = np.divide(demand - gap, demand, out=np.full(len(demand), np.nan), where=demand > 0)
        return np.asarray(np.clip(ratio, 0.0, 1.0))

    @cached_property
    def coverage_ends(self) -> Quantity:
        """The least and the most of the demand that is served here, with the figure between."""
        return self._served(self.demand)

    @cached_property
    def merchant_coverage_ends(self) -> Quantity:
        """The least and the most of what users buy from others that is served here.

        Where all that is taken is made in the same site it is as much as others could buy: all.
        """
        bought = (self.demand - self.own_use).clipped()
        bought = Quantity(
            np.maximum(0.0, self.demand.low - self.own_use.low), bought.point,
            np.maximum(0.0, self.demand.high - self.own_use.high), bought.reasons,
        )  # fmt: skip
        return self._served(bought)

    @property
    def merchant_coverage(self) -> Floats:
        """Share of what users buy from others that is served here; nan where it can't be told."""
        return self.merchant_coverage_ends.point

    def _served(self, demand: Quantity) -> Quantity:
        """Return the share of a demand that the gap leaves served, at its worst, its figure, its best."""
        gap, some = self.gap, demand.high > _TINY
        ends = []
        for lacking, taken in (
            (gap.high, demand.high),
            (gap.point, demand.point),
            (gap.low, demand.low),
        ):
            with np.errstate(divide="ignore", invalid="ignore"):
                share = 1 - lacking / taken
            share = np.where(lacking <= _TINY, 1.0, share)
            ends.append(np.clip(share, 0.0, 1.0))
        low, point, high = ends
        low = np.where(np.isnan(low), 0.0, low)
        high = np.where(np.isnan(high), 1.0, high)
        nothing = np.where(some, 0.0, np.nan)
        low, point, high = low + nothing, point + nothing, high + nothing
        return Quantity(np.fmin(low, point), point, np.fmax(high, point), gap.reasons)

    @cached_property
    def short(self) -> Flags:
        """Whether surely more is taken than could be served here."""
        return self.facts["sure"]

    @cached_property
    def gap_value(self) -> Quantity:
        """The gap times the price in force, CNY a year; nan where there is no price."""
        return self.gap * self.study.price

    @cached_property
    def facts(self) -> dict[str, Flags]:
        """What rules of decisions may ask, by product; thresholds stand in ``decisions.json``.

        need: some user or the goal takes it. sure: the least gap is over 5% of the least demand. none: the
        largest gap is at most 5% of the largest demand; may: neither. eo: may, and only since a choice
        between alternatives is open. spare: the largest demand is below 90% of the least supply. own: all
        that is taken is made in the same site. one: one known maker, or one with over 70% of figures that are
        all known. down: a product that would use it has no maker here.
        """
        limits = decision_table().thresholds
        demand, gap = self.demand, self.gap
        need = demand.high > 0
        sure = need & (gap.low > limits["sure"] * demand.low) & (gap.low > 0)
        covered = np.isfinite(gap.high) & ~(gap.high > limits["sure"] * demand.high)
        may = need & ~sure & ~covered
        vague = gap.has("maker_no_figure") | gap.has("coefficient_missing")
        vague |= gap.has("user_unknown")
        bought = demand.high - self.own_use.high
        own = need & ~(bought > _TINY * np.maximum(demand.high, 1.0)) & np.isfinite(demand.high)
        known = (self.rows.bare <= 0) & (self.rows.makers > 0)
        one = (self.rows.makers == 1) | (known & (self.rows.top_share > limits["one"]))
        return {
            "need": np.asarray(need),
            "sure": np.asarray(sure),
            "none": np.asarray(covered),
            "may": np.asarray(may),
            "eo": np.asarray(may & gap.has("either_or") & ~vague),
            "spare": np.asarray(demand.high < limits["spare"] * self.supply.low),
            "own": np.asarray(own),
            "one": np.asarray(one),
            "down": np.asarray(self._open_ends),
        }

    @cached_property
    def decisions(self) -> Decisions:
        """What each product calls for."""
        modes = self.study.modes
        return decide(self.evidence.level, self.facts, modes["grid"] | modes["resource"])

    @cached_property
    def reach(self) -> Reach:
        """How far each product travels, what is wanted in that reach, and whether the gap carries a plant."""
        study = self.study
        around = nothing_around(study.gazetteer, self.region)
        return measure_reach(
            self.gap, tonne=study.tonne, small=study.sizes.small, utility=study.modes["utility"],
            around=around or around_region(study.neighbours, self.region),
        )  # fmt: skip

    @cached_property
    def advice(self) -> Advice:
        """What to do about each product, first and then.

        A load of the nation counts only where data give it, and is no reason against what surely lacks here.
        """
        study, products = self.study, self.study.products
        nation, least = study.loads.nation, decision_table().thresholds["idle_nation"]
        idle = (nation.point < least) & ~nation.has("load_assumed")
        return advise(
            self.decisions,
            verdict=self.reach.verdict,
            restricted=products["restricted"].notna().to_numpy(dtype=bool),
            suspended=(self.rows.suspended_rows > 0) | self.signs.suspended,
            declining=study.kind_in("life_cycle", ["declining"]),
            idle_nation=np.asarray(idle & ~(self.gap.low > 0)),
            downstream_building=self._downstream("building"),
            downstream_unseen=self._open_ends & ~self._downstream(
                "building", "announced", "absent", "absent_likely"
            ),
        )  # fmt: skip

    @cached_property
    def _open_ends(self) -> Flags:
        """Whether a product that would use it has no maker here."""
        graph = self.study.product_graph
        return np.bincount(graph.source[self.open_links], minlength=graph.size) > 0

    def _downstream(self, *levels: str) -> Flags:
        """Whether a product that would use it and has no maker here is at one of some levels."""
        graph = self.study.product_graph
        ends = self.open_links & self.evidence.is_any(*levels)[graph.target]
        return np.asarray(np.bincount(graph.source[ends], minlength=graph.size) > 0)

    @cached_property
    def sourced_demand(self) -> Floats:
        """Share of each demand whose coefficient and makers rest on rows with a source."""
        graph, study = self.study.product_graph, self.study
        known = self.rows.capacity
        makers = np.divide(self.rows.sourced, known, out=np.zeros(graph.size), where=known > 0)
        solid = self.flow * study.sourced_link * makers[graph.target]
        derived = np.bincount(graph.source, self.flow, graph.size)
        total = np.bincount(graph.source, solid, graph.size)
        share = np.divide(total, derived, out=np.full(graph.size, np.nan), where=derived > 0)
        return np.asarray(share, dtype=float)

    # --- what if

    def with_assumptions(self, **changes: Any) -> RegionState:
        """Return the region with the data read under other assumptions; what was added stays added.

        Parameters
        ----------
        **changes
            As of :meth:`chaingraph.Study.with_assumptions`.
        """
        study: Any = self.study  # a Study: it stands above its states
        state: RegionState = study.with_assumptions(**changes).state(self.region)
        rows = [{"product_id": name, "capacity": capacity} for name, capacity in self.added]
        return state.with_capacity(rows) if rows else state

    def with_rows(self, table: str, rows: Any) -> RegionState:
        """Return the state with more rows of capacities: another name of :meth:`with_capacity`.

        Parameters
        ----------
        table
            ``capacities``; rows of other tables change the dataset, see :meth:`Dataset.with_rows`.
        rows
            As of :meth:`with_capacity`.

        Raises
        ------
        OptionError
            For another table.
        """
        if table != "capacities":
            raise OptionError("bad-state-table", value=table)
        return add_capacity(self, rows)

    def with_capacity(self, rows: Any) -> RegionState:
        """Return the state with more capacity here, shares of open choices frozen: in milliseconds.

        Parameters
        ----------
        rows
            Mappings, or a frame, of `product_id` and `capacity` (units a year, negative to take away).

        Returns
        -------
        RegionState
            A new state; own use within sites and by-products stay as they are here.

        Examples
        --------
        >>> import chaingraph as cg
        >>> state = cg.open_study(cg.load_dataset("toy")).state()
        >>> more = state.with_capacity([{"product_id": "foil", "capacity": 400}])
        >>> place = state.study.product_graph.find("foil")
        >>> float(state.gap.point[place]), float(more.gap.point[place])
        (1000.0, 600.0)
        """
        return add_capacity(self, rows)


def add_capacity(state: RegionState, rows: Any) -> RegionState:
    """Return a state with more capacity; see :meth:`RegionState.with_capacity`."""
    graph = state.study.product_graph
    records = rows.to_dict("records") if hasattr(rows, "to_dict") else rows
    listed = [(str(record["product_id"]), float(record["capacity"])) for record in records]
    moved = _move(
        state.baseline or state, state.study, _with_makers(state.rows, graph, listed),
        state.totals, state.signs, state.own,
    )  # fmt: skip
    return replace(moved, added=(*state.added, *listed))


def _move(
    base: RegionState, study: Basis, rows: Rows, totals: Totals, signs: Signs, own: OwnUse
) -> RegionState:
    """Return the state that other rows, loads or recipes make of one, shares of open choices frozen.

    By-products are those of the base; where their carrier runs at less, they shrink with it. What is built
    brings none: nobody plans on what a plant that is not there would leave over.
    """
    known = told_difference(rows.capacity, base.rows.capacity)
    sure = told_difference(rows.capacity_low, base.rows.capacity_low)
    rows = replace(
        rows, capacity=np.maximum(0.0, base.rows.capacity + known),
        capacity_low=np.maximum(0.0, base.rows.capacity_low + sure),
    )  # fmt: skip
    whole = base.capacity
    capacity = Quantity(
        whole.low + sure, whole.point + known, whole.high + known, whole.reasons
    ).clipped()  # fmt: skip
    bare = rows.bare != base.rows.bare
    if bare.any():  # a maker without a figure came or went: what it stands for is worked out anew
        anew = region_capacity(base.study, rows, totals)
        capacity = _with_reported(anew, rows, signs, totals).where(bare, capacity)
    load, region = study.load_of(base.region), base.region
    output = (capacity * load).because("user_unknown", np.isnan(capacity.point))
    if study.explode:
        output = _exploded(study, output)
    else:
        stands = same(capacity, base.capacity) & same(load, base.study.load_of(region))
        output = base.output.where(stands, output)
    supply = capacity * study.loads.availability
    supply = supply + by_product_supply(study, lesser(base.output, output))
    allocation = move_allocation(
        base.allocation,
        Making(base.study.recipe, base.output, base.supply, base.own, base.study.wanted),
        Making(study.recipe, output, supply, own, study.wanted),
    )  # fmt: skip
    return RegionState(
        study, region, rows, totals, signs, capacity, output, supply, own, allocation, baseline=base
    )


def _with_makers(rows: Rows, graph: ProductGraph, listed: list[tuple[str, float]]) -> Rows:
    """Return what rows say with more of them, each above zero of a maker of its own."""
    before = rows.capacity
    total, low, makers = before.copy(), rows.capacity_low.copy(), rows.makers.copy()
    top, square = np.nan_to_num(rows.top_share) * before, np.nan_to_num(rows.hhi) * before**2
    for product_id, capacity in listed:
        place = graph.find(product_id)
        total[place] += capacity
        low[place] += capacity
        if capacity > 0:
            makers[place] += 1
            top[place] = max(top[place], capacity)
            square[place] += capacity**2
    changed = (total > 0) & (makers != rows.makers)
    safe = np.where(changed, total, 1.0)
    return replace(
        rows, capacity=np.maximum(0.0, total), capacity_low=np.maximum(0.0, low), makers=makers,
        top_share=np.where(changed, top / safe, rows.top_share),
        hhi=np.where(changed, square / safe**2, rows.hhi),
    )  # fmt: skip


def by_products_here(study: Basis, output: Quantity) -> tuple[Flags, Flags]:
    """Tell which products arise with something made here, and of which how much is not known."""
    graph = study.product_graph
    links = study.by_product_links
    runs = output.high[graph.source[links]] > 0
    size = graph.size
    here = np.bincount(graph.target[links[runs]], minlength=size) > 0
    open_end = runs & (
        np.isnan(graph.coefficient[links]) | np.isnan(output.point[graph.source[links]])
    )
    return here, np.bincount(graph.target[links[open_end]], minlength=size) > 0


def by_product_supply(study: Basis, output: Quantity) -> Quantity:
    r"""Return what arises as by-product: :math:`o_j / a`, with a units of the carrier j for one of it."""
    graph = study.product_graph
    links = study.by_product_links
    if not len(links):
        return Quantity.zeros(graph.size)
    unit = graph.coefficient[links]
    carrier = output.take(graph.source[links])
    factor = np.divide(1.0, unit, out=np.zeros(len(unit)), where=unit > 0)
    made = carrier * factor
    vague = ~(unit > 0) & (carrier.high > 0)
    made = Quantity.unknown(len(links)).where(vague, made).because("by_product", carrier.high > 0)
    return made.gathered(graph.target[links], graph.size)


def region_capacity(study: Basis, rows: Rows, totals: Totals) -> Quantity:
    """Return the capacity of a region with what is known of the rows without a figure.

    Such a row stands for (0, median, 90% point) of the plants of the product where three or more figures
    are known, else for (0, unknown, without end). A total above the rows by over 5% adds the
    rest as makers that are not listed; one older than 36 months adds nobody knows how much.
    """
    low, point, high = rows.capacity_low, rows.capacity, rows.capacity
    reasons = np.zeros(len(low), dtype=np.intp)
    result = Quantity(low, point, high, reasons).because("unsourced", low < point)
    bare = rows.bare.astype(float)
    if (bare > 0).any():
        plants = study.plants
        unknown = np.isnan(plants.median)
        extra = Quantity.of(
            np.zeros(len(low)), np.where(unknown, np.nan, plants.median * bare),
            np.where(unknown, np.inf, plants.high * bare),
        )  # fmt: skip
        none = Quantity.zeros(len(low))
        result = result + extra.because("maker_no_figure").where(bare > 0, none)
    total = totals.made
    beyond = total > rows.capacity * (1 + CLEARLY)
    if beyond.any():
        rest = np.where(beyond, total - rows.capacity, 0.0)
        known = Quantity.known(np.nan_to_num(rest)).because("others", beyond)
        # what no row with a figure explains may be the makers without one: the total bounds both
        covered = beyond & (bare > 0) & ~totals.stale
        exact = Quantity.known(np.nan_to_num(total)).because("others")
        vague = Quantity.unknown(len(rest), "total_stale")
        result = result + vague.where(
            beyond & totals.stale, known.where(~covered, Quantity.zeros(len(rest)))
        )
        result = exact.where(covered, result)
    return result


def assemble(
    study: Basis,
    region: Region,
    rows: Rows,
    pairs: Mapping[str, NDArray[Any]],
    baseline: RegionState | None = None,
) -> RegionState:
    """Return the state of a region from its rows and the pairs of links that its sites make both ends of.

    With a baseline, as of a scenario, it is what the rows change of that one.
    """
    statements, size = study.statements, study.product_graph.size
    relation = study.relation(region)
    totals = read_totals(statements, relation, size)
    if baseline is not None:  # totals are told of what is there, not of what a scenario adds to it
        change = told_difference(rows.capacity, baseline.rows.capacity)
        made = np.where(np.isnan(totals.capacity), change, 0.0)  # the total that tells what is made
        totals = replace(
            totals, capacity=np.maximum(0.0, totals.capacity + change),
            output=np.maximum(0.0, totals.output + made),
        )  # fmt: skip
    signs = read_signs(statements, relation, region.mask, totals, lambda: study.counties(region))
    if baseline is not None:
        own = own_use(study.recipe, pairs, study.load_of(region))
        return _move(baseline, study, rows, totals, signs, own)
    capacity = region_capacity(study, rows, totals)
    capacity = _with_reported(capacity, rows, signs, totals)
    load = study.load_of(region)
    output = (capacity * load).because("user_unknown", np.isnan(capacity.point))
    if study.explode:
        output = _exploded(study, output)
    supply = capacity * study.loads.availability + by_product_supply(study, output)
    own = own_use(study.recipe, pairs, load)
    allocation = allocate(
        study.recipe, output=output, supply=supply, own=own, wanted=study.wanted,
        national=study.nation.capacity, value=study.price, lean=not study.bounds,
    )  # fmt: skip
    return RegionState(
        study, region, rows, totals, signs, capacity, output, supply, own, allocation
    )


def _with_reported(capacity: Quantity, rows: Rows, signs: Signs, totals: Totals) -> Quantity:
    """Return capacities with nobody knows how much where something is made here that no row names."""
    said, denied = signs.reported_why != "", signs.absent_last > signs.reported
    vague = said & ~denied & (rows.makers <= 0) & ~(totals.made > 0)
    some = signs.some & (rows.makers > 0) & ~(totals.made > 0)
    open_end = Quantity.unknown(len(capacity.low), "maker_no_figure")
    result = open_end.where(vague, capacity)
    return (capacity + open_end).where(some, result)


def _exploded(study: Basis, output: Quantity) -> Quantity:
    """Return outputs raised to what the goal takes through all stages: x = max(o, y + A x)."""
    graph = study.product_graph
    share = np.where(study.recipe.member, study.frozen_share, study.recipe.weight)
    unit = np.where(study.recipe.single | study.recipe.member, graph.amount * share, 0.0)
    start = np.nan_to_num(output.point)
    now = np.maximum(start, study.wanted)
    for _ in range(study.product_graph.size + 1):
        taken = np.bincount(graph.source, unit * now[graph.target], graph.size)
        # only what the goal adds is passed on: what runs already takes what it takes
        base = np.bincount(graph.source, unit * start[graph.target], graph.size)
        following = np.maximum(
            start, study.wanted + np.where(taken > base * (1 + _TINY), taken, 0.0)
        )
        if np.allclose(following, now, rtol=1e-10, atol=0.0):
            break
        now = following
    more = np.maximum(0.0, now - start)
    return output + Quantity.known(more)


__all__ = [
    "RegionState",
    "Rows",
    "add_capacity",
    "assemble",
    "by_product_supply",
    "region_capacity",
]
