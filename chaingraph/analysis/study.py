"""Open studies and the states of their regions."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.analysis.basis import Basis, read_nation, spread
from chaingraph.analysis.compare import SHOWN as COMPARED
from chaingraph.analysis.compare import compared_states
from chaingraph.analysis.loads import EVERY, FULL, read_load, read_loads
from chaingraph.analysis.matrices import Matrices, read_matrices
from chaingraph.analysis.settings import read_goal, read_lang, read_statuses
from chaingraph.analysis.state import RegionState, Rows, assemble
from chaingraph.dataset import checked_date
from chaingraph.engines import collect, is_empty, read_frame
from chaingraph.enterprises import (
    LEVELS,
    local_rows,
    located,
    own_pairs,
    stand,
)
from chaingraph.errors import OptionError
from chaingraph.events import plant_signs
from chaingraph.gazetteer import find_regions
from chaingraph.knowledge.facts import PRICE_RULES, prices_at
from chaingraph.knowledge.statements import read_statements
from chaingraph.products import positions, product_graph
from chaingraph.regions import Region
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import networkx as nx
    from numpy.typing import NDArray

    from chaingraph.analysis.loads import Load
    from chaingraph.dataset import Dataset, Supposed
    from chaingraph.enterprises import LocalRows, Stale, Standing, Where
    from chaingraph.gazetteer import Asked
    from chaingraph.knowledge.facts import PriceRule
    from chaingraph.products import ProductGraph
    from chaingraph.quantity import Floats, Integers
    from chaingraph.words import Language

    Source: TypeAlias = "Dataset | Basis | RegionState"


class Study(Basis):
    """A dataset read under one set of assumptions: made by :func:`open_study`, asked for its regions."""

    @cached_property
    def known_states(self) -> dict[Region, RegionState]:
        """The states of regions that were asked for one at a time."""
        return {}

    def state(self, region: str | Region | None = None) -> RegionState:
        """Return the state of one region, the focus by default."""
        return region_state(self, region)

    def states(self, regions: Asked = None) -> Iterator[RegionState]:
        """Yield the state of each region; see :func:`region_states`."""
        return region_states(self, regions)

    def graph(
        self,
        region: str | Region | RegionState | None = None,
        *,
        flat: bool = False,
        targets: Result | None = None,
    ) -> nx.DiGraph[Any]:
        """Return the state of a region as one graph: products, plants, ties, targets.

        Pages, traces and exports read the same one. What is returned is the caller's own: changing it
        changes nothing else.

        Parameters
        ----------
        region
            A region, the focus by default; or a state of this study, such as one with more capacity.
        flat
            Names as texts and plain attributes only: what networkx writes as GraphML and GEXF.
        targets
            A result of :func:`rank_targets` for this region: its groups are joined to their gaps.

        Returns
        -------
        networkx.DiGraph
            Nodes ``("product", id)`` with names, `unit`, `chains`, `stage`, `product_kind`, `restricted`,
            `source_url`; `evidence` with `evidence_date` and `why`, `standing` (its colour on pages),
            `gap_kind`, `decision`, `verb`, `then`, `mark`, `list`; `made`, `needed`, `makers`, `users`,
            `maker_cities`, `national_makers`, `national_capacity`, `collection_recall` with `recall_basis`,
            `recall_year` and `national_total`, `price_cny`, `reasons`; and, with
            ``_low`` and ``_high``, `capacity`, `supply`, `demand`, `own_use`, `merchant`, `gap` (units
            a year) and `gap_value_cny`; beside them `known_capacity` (known figures alone),
            `construction`, `planned` and `coverage` (0 to 1). ``("enterprise", id)`` with place,
            `group`, `anchor`, `status`, `main_product` and `load`; ``("group", name)``;
            ``("plant", name)`` for what was added to the state. Edges have `edge_kind`: ``input``
            (`role`, `coefficient` with `low` and `high`, `unit`, `share`, `active`: its output is made
            here, `quantity` taken here), ``produces`` (`status`, `capacity` of that status,
            `effective`: what of it counts, and `rows` that stand at the date, each with `capacity`,
            `as_of`, `source_url`, `note`), ``member``, ``supplies`` (ties known at the date) and
            ``candidate`` (product -> group: `rank`, `score`, `reasons_zh`). What is unknown is
            left out; an end without bound is infinite.

        Examples
        --------
        >>> import chaingraph as cg
        >>> graph = cg.open_study(cg.load_dataset("toy")).graph()
        >>> graph.nodes["product", "foil"]["gap_kind"], graph.nodes["product", "foil"]["gap"]
        ('missing', 1000.0)
        >>> graph.edges[("enterprise", "cell_jia"), ("product", "cell")]["capacity"]
        2.0
        """
        from chaingraph.analysis import region_graph as graphs

        state = self._state_of(region)
        if targets is not None:
            graph = graphs.build_region_graph(state, targets=targets)
            return graphs.flat_graph(graph) if flat else graph
        kept = graphs.region_graph(state)
        return graphs.flat_graph(kept) if flat else graphs.copied_graph(kept)

    def _state_of(self, region: str | Region | RegionState | None) -> RegionState:
        return region if isinstance(region, RegionState) else self.state(region)

    def matrix(self, region: str | Region | RegionState | None = None) -> Matrices:
        r"""Return the coefficients of a region with its output, supply and demand as frames.

        Parameters
        ----------
        region
            A region, the focus by default; or a state of this study.

        Returns
        -------
        Matrices
            `coefficients` A (input by output, shares of alternatives included), and by product
            `output` x, `supply`, `demand` d and `final` y, units a year; missing where not known.

        Notes
        -----
        :math:`d = A x + y` holds wherever all of it is known (Miller and Blair 2009, section 2.2).

        Examples
        --------
        >>> import chaingraph as cg
        >>> found = cg.open_study(cg.load_dataset("toy")).matrix()
        >>> float(found.coefficients.loc["foil", "cell"]), float(found.demand["foil"])
        (500.0, 1000.0)
        """
        return read_matrices(self._state_of(region))

    def with_assumptions(self, **changes: Any) -> Study:
        """Return the dataset read anew, under these assumptions with some of them changed.

        Parameters
        ----------
        **changes
            Assumptions as :func:`open_study` takes them: at, statuses, load, goal, explode, stale, prices.

        Raises
        ------
        OptionError
            For another name, or an assumption that cannot be used.

        Examples
        --------
        >>> import chaingraph as cg
        >>> study = cg.open_study(cg.load_dataset("toy"))
        >>> study.with_assumptions(load=0.5).asked["load"]
        {'*': 0.5}
        """
        wrong = sorted(set(changes) - set(self.asked))
        if wrong:
            known = ", ".join(self.asked)
            raise OptionError("bad-assumption", value=", ".join(wrong), choices=known)
        asked = {name: value for name, value in self.asked.items() if name != "at"} | changes
        return open_study(self.dataset, bounds=self.bounds, **asked)

    def compare(
        self,
        scenarios: Mapping[str, Mapping[str, Any]],
        *,
        region: Asked = None,
        lang: Language | None = None,
    ) -> Result:
        """Set regions under several assumptions side by side.

        Parameters
        ----------
        scenarios
            Name -> what differs from this study: assumptions as of :meth:`with_assumptions`, and
            `capacities`, rows as of :meth:`RegionState.with_capacity`. An empty mapping is this study.
        region
            A region, several, or a level; the focus by default.
        lang
            ``zh`` or ``en``.

        Returns
        -------
        Result
            One row a scenario, region and product that any of the scenarios makes or needs there:
            `scenario`, `region`, names, `unit`, `evidence`, `gap_kind`, and with ``_low`` and ``_high``
            `capacity`, `supply`, `demand`, `gap` (units a year), `gap_value_cny` (CNY a year).

        Raises
        ------
        OptionError
            Without a scenario, or for assumptions that cannot be used.

        Examples
        --------
        >>> import chaingraph as cg
        >>> study = cg.open_study(cg.load_dataset("toy"))
        >>> frame = study.compare({"base": {}, "half load": {"load": 0.5}}).frame
        >>> frame.loc[frame["product_id"] == "foil", ["scenario", "gap"]].to_numpy().tolist()
        [['base', 1000.0], ['half load', 500.0]]
        """
        call = Call.of(Study.compare, locals())
        if not scenarios:
            raise OptionError("no-scenario")
        states = list(self._scenario_states(scenarios, region))
        regions = tuple(dict.fromkeys(state.region.name for _, state in states))
        asked = {
            name: {key: value for key, value in changes.items() if key != "capacities"}
            for name, changes in scenarios.items()
        }
        ds = self.dataset
        params = {"dataset": ds.name, "version": ds.version, "at": ds.as_of, **self.asked}
        params |= {"region": regions[0] if len(regions) == 1 else regions, "scenarios": asked}
        frame, spoken = compared_states(states), read_lang(ds, lang)
        return Result("comparison", frame, params, spoken, COMPARED, call=call)

    def _scenario_states(
        self, scenarios: Mapping[str, Mapping[str, Any]], region: Asked
    ) -> Iterator[tuple[str, RegionState]]:
        for name, asked in scenarios.items():
            changes = dict(asked)
            rows = changes.pop("capacities", None)
            study = self.with_assumptions(**changes) if changes else self
            for state in study.states(region):
                yield name, state if rows is None else state.with_capacity(rows)


def open_study(
    ds: Dataset,
    *,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    utilisation: float | Mapping[str, float] | None = None,
    goal: Mapping[str, float] | None = None,
    explode: bool = False,
    stale: Stale = "drop",
    prices: PriceRule = "at",
    bounds: bool = True,
) -> Study:
    """Read a dataset under one set of assumptions.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities.
    at
        Date; the dataset's own by default.
    statuses
        Which capacities count, with a commitment factor; trial running counts as operating does.
    load
        How hard makers run: ``"actual"`` (outputs of the site or region over its capacity, else the
        product's figure in `product_facts`, else assumed: half, three quarters, full), ``"full"``, a figure, or
        figures of some products.
    utilisation
        The former name of `load`; warns, and goes with 0.3.
    goal
        Final demand to be added, product (id or name) -> units a year.
    explode
        With a goal: count what it takes through all stages, as if all of it were made here.
    stale
        ``"drop"``: construction and plans unseen for over 24 months do not count; ``"keep"``: they do.
    prices
        ``"at"``: nearest to the date; ``"latest"``.
    bounds
        Work out the ends of what alternatives for one need take; False: of them the points only, faster.

    Returns
    -------
    Study
        What holds for every region; ``study.state("曲靖市")`` is one of them.

    Raises
    ------
    MissingTableError
        Where the dataset has no enterprises or no capacities.
    OptionError, UnknownNameError
        For assumptions that cannot be used.

    Examples
    --------
    >>> import chaingraph as cg
    >>> state = open_study(cg.load_dataset("toy")).state()
    >>> place = state.study.product_graph.find("powder_a")
    >>> print(state.demand.take([place]), "|", state.gap.take([place]))
    1,500 to 2,200 (1,576) | 0 to 700 (76.3)
    """
    if at is not None:
        ds = ds.at(at)
    if prices not in PRICE_RULES:
        raise OptionError("bad-prices", value=prices)
    if stale not in {"drop", "keep"}:
        raise OptionError("bad-stale", value=stale)
    if utilisation is not None:
        warnings.warn(
            "utilisation is called load now and goes with 0.3", FutureWarning, stacklevel=2
        )
        load = utilisation
    for needed in ("enterprises", "capacities"):
        ds.table(needed)
    factors = read_statuses(statuses)
    asked_load = read_load(load, ds)
    read = read_goal(goal, ds)
    asked = {
        "at": ds.as_of, "statuses": factors, "load": asked_load, "goal": read,
        "explode": explode, "stale": stale, "prices": prices,
    }  # fmt: skip
    key = _memory_key(ds, asked, bounds=bounds)
    if key in _OPEN:
        _OPEN.move_to_end(key)
        return _OPEN[key]
    graph = product_graph(ds.products, ds.inputs)
    base = _base_study(ds, graph, bounds=bounds, asked=asked)
    if ds.supposed is not None:
        asked_load, read = _supposed(ds.supposed, asked_load, read)
    standing = stand(
        ds.capacities, at=ds.as_of, statuses=factors, signs=plant_signs(ds), stale=stale
    )
    statements = read_statements(ds, graph, _head_offices(ds, standing))
    study = Study(
        dataset=ds,
        product_graph=graph,
        statuses=factors,
        stale=stale,
        standing=standing,
        loads=read_loads(ds, graph, statements, asked_load),
        goal=read,
        explode=explode and bool(read),
        prices=prices_at(ds, graph, latest=prices == "latest"),
        price_rule=prices,
        statements=statements,
        nation=read_nation(ds, graph, standing),
        bounds=bounds,
        asked=asked,
        frozen_at=base,
    )
    if key is not None:
        _OPEN[key] = study
        if len(_OPEN) > _KEPT:
            _OPEN.popitem(last=False)
    return study


def _base_study(
    ds: Dataset, graph: ProductGraph, *, bounds: bool, asked: Mapping[str, Any]
) -> Study | None:
    """Return the study of a scenario's base under the same assumptions; None where there is none.

    Nor where the base has other products or links: then there are no shares that could stand.
    """
    if ds.supposed is None:
        return None
    base = ds.supposed.base
    if base.as_of != ds.as_of:
        base = base.at(ds.as_of)
    study = open_study(base, bounds=bounds, **{k: v for k, v in asked.items() if k != "at"})
    own = study.product_graph
    alike = own.ids == graph.ids and len(own.source) == len(graph.source)
    alike = alike and bool(
        (own.source == graph.source).all() and (own.target == graph.target).all()
    )
    return study if alike else None


def _supposed(
    scenario: Supposed, load: str | dict[str, float], goal: dict[str, float]
) -> tuple[str | dict[str, float], dict[str, float]]:
    """Return load and goal with what a scenario supposes; a load asked for one product by name stands."""
    if scenario.load:
        asked = {EVERY: 1.0} if load == FULL else load
        load = dict(scenario.load) | (asked if isinstance(asked, dict) else {})
    names = sorted({*goal, *scenario.goal})
    return load, {name: goal.get(name, 0.0) + scenario.goal.get(name, 0.0) for name in names}


_OPEN: OrderedDict[Any, Study] = OrderedDict()
"""Studies opened last: the same question is often asked of the same tables again. A study holds its dataset,
so that the identity of the tables in its key stays theirs."""
_KEPT = 8
_SMALL = 200_000
"""Rows of capacities up to which an open study is kept: a large dataset is not held for its own sake."""


def _memory_key(ds: Dataset, asked: Mapping[str, Any], *, bounds: bool) -> Any:
    """Return what an open study is found by again; None where it is not kept."""
    rows = ds.tables.get("capacities")
    if rows is not None and hasattr(rows, "iloc"):
        if len(rows) > _SMALL:
            return None
        tables = tuple((name, id(frame)) for name, frame in ds.tables.items())
        about = (id(ds.packages), id(ds.supposed), ds.skipped_rows, ds.other_date)
        return (tables, *about, bounds, repr(asked))
    return None


def _head_offices(ds: Dataset, standing: Standing) -> pd.DataFrame:
    """Return the company totals in force with the place of the head office."""
    rows = standing.running(totals=True).filter(nw.col("scope") == "group")
    if is_empty(rows):
        return pd.DataFrame(columns=["product_id", "as_of", *LEVELS], dtype="str")
    rows = rows.select("enterprise_id", "product_id", "as_of")
    rows = located(rows, read_frame(ds.enterprises), LEVELS)
    return collect(rows.select("product_id", "as_of", *LEVELS)).sort_values(
        ["product_id", "as_of"], ignore_index=True
    )


def region_states(study: Study, regions: Asked = None) -> Iterator[RegionState]:
    """Yield the state of each region, all from one pass over the enterprises.

    Parameters
    ----------
    study
        The dataset under its assumptions.
    regions
        Regions or names, a level, or None for the focus; see :func:`find_regions`.
    """
    ds = study.dataset
    links = _consumed_links(study)
    for level, where, members in _passes(find_regions(ds, regions), whole=isinstance(regions, str)):
        rows, of_cities = _rows_of(study, level, where)
        pairs = own_pairs(ds.enterprises, study.standing, links, level=level, where=where)
        place = positions(study.product_graph, rows.products)[rows.product]
        code = {name: i for i, name in enumerate(rows.regions.tolist())}
        own_code = {name: i for i, name in enumerate(pairs.regions.tolist())}
        columns = _pair_columns(study, pairs)
        bases = _base_states(study, members)
        for region in members:
            number = code.get(region.path[-1] if of_cities or level else "", -1)
            first, last = np.searchsorted(rows.region, [number, number + 1])
            numbers = {name: values[first:last] for name, values in rows.numbers.items()}
            chosen = pairs.region == own_code.get(region.path[-1] if level else "", -1)
            yield assemble(
                study, region, _rows(study, place[first:last], numbers),
                {name: values[chosen] for name, values in columns.items()}, bases.get(region),
            )  # fmt: skip


def _base_states(study: Study, regions: list[Region]) -> dict[Region, RegionState]:
    """Return the states of regions in a scenario's base; none where there is no base."""
    base: Study | None = study.frozen_at
    if base is None:
        return {}
    if len(regions) == 1:
        return {regions[0]: region_state(base, regions[0])}
    return {state.region: state for state in region_states(base, regions)}


def _rows_of(study: Study, level: str | None, where: Where) -> tuple[LocalRows, bool]:
    """Return what regions make, and whether it is that of all cities.

    All cities are read once, for their states and for what lies around any region; so is one city of a
    table in memory, where a pass costs the same for all of them.
    """
    one_city = isinstance(where, Region) and where.level == "city" and where.is_plain
    in_memory = isinstance(study.dataset.enterprises, pd.DataFrame)
    if (level == "city" and not where) or (one_city and in_memory):
        return study.watched_city_rows, True
    sites = study.dataset.enterprises
    return local_rows(sites, study.standing, level=level, where=where), False


def _consumed_links(study: Study) -> pd.DataFrame:
    """Return the links that sites may serve themselves."""
    graph = study.product_graph
    chosen = np.flatnonzero(graph.quantified)
    ids = np.array(graph.ids, dtype=object)
    return pd.DataFrame(
        {"input_id": ids[graph.source[chosen]], "output_id": ids[graph.target[chosen]]}
    )


def _pair_columns(study: Study, pairs: Any) -> dict[str, NDArray[Any]]:
    place = positions(study.product_graph, pairs.products)
    return {
        "site": pairs.enterprise, "input": place[pairs.input], "output": place[pairs.output],
        "k_input": pairs.k_input, "k_output": pairs.k_output,
        "k_input_low": pairs.k_input_low, "k_output_low": pairs.k_output_low,
    }  # fmt: skip


def _rows(study: Study, place: Integers, numbers: Mapping[str, NDArray[Any]]) -> Rows:
    size = study.product_graph.size

    def amount(name: str, empty: float = 0.0) -> Floats:
        return spread(size, place, numbers[name], empty)

    def count(name: str) -> Integers:
        return spread(size, place, numbers[name], 0.0).astype(np.intp)

    return Rows(
        capacity=amount("capacity"), capacity_low=amount("capacity_low"), bare=count("rows_bare"),
        makers=count("makers"), unquantified=count("makers_unquantified"),
        construction=amount("construction"), construction_rows=count("construction_rows"),
        planned=amount("planned"), planned_rows=count("planned_rows"),
        suspended=amount("suspended"), suspended_rows=count("suspended_rows"),
        stale_rows=count("stale_rows"), hhi=amount("hhi", np.nan),
        top_share=amount("top_share", np.nan), sourced=amount("sourced_capacity"),
    )  # fmt: skip


def _passes(asked: list[Region], *, whole: bool) -> list[tuple[str | None, Where, list[Region]]]:
    """Return the passes over the enterprises: one for regions of one level, else one a region."""
    level = asked[0].level if asked else None
    plain = all(region.level == level and region.is_plain for region in asked)
    if len(asked) > 1 and level is not None and plain:
        where = {} if whole else {level: [region.name for region in asked]}
        return [(level, where, asked)]
    return [(None, region, [region]) for region in asked]


def region_state(study: Study, region: str | Region | None = None) -> RegionState:
    """Return the state of one region, the focus by default; one that was asked for before is not read again."""
    place = find_regions(study.dataset, region if region is None else [region])[0]
    known = study.known_states
    if place not in known:
        if len(known) >= _STATES_KEPT:
            known.clear()
        known[place] = next(region_states(study, [place]))
    return known[place]


_STATES_KEPT = 32


def as_study(source: Source, **assumptions: Any) -> Study:
    """Return the study of a dataset under some assumptions, or one that is open already.

    Parameters
    ----------
    source
        A dataset, an open study or the state of a region.
    assumptions
        As :func:`open_study` takes them. What they default to asks nothing of an open study.

    Raises
    ------
    OptionError
        Where an open study reads its dataset under other assumptions.
    """
    study = source.study if isinstance(source, RegionState) else source
    if not isinstance(study, Basis):
        return open_study(study, **assumptions)
    for name, value in assumptions.items():
        default = _DEFAULTS.get(name)
        if value is None or (isinstance(value, type(default)) and value == default):
            continue
        if not _is_asked(study, name, value):
            raise OptionError("study-open", option=name)
    return cast("Study", study)  # states hold the study that they were asked of


_DEFAULTS = {
    "statuses": "operating", "load": "actual", "explode": False, "stale": "drop", "prices": "at",
    "bounds": True,
}  # fmt: skip


def _is_asked(study: Basis, name: str, value: Any) -> bool:
    """Tell whether an open study reads its dataset under an assumption."""
    ds, asked = study.dataset, study.asked
    if name == "at":
        return bool(checked_date(value) == ds.as_of)
    if name == "statuses":
        return bool(read_statuses(value) == asked["statuses"])
    if name in {"load", "utilisation"}:
        return bool(read_load(value, ds) == asked["load"])
    if name == "goal":
        return bool(read_goal(value, ds) == asked["goal"])
    return bool(asked.get(name) == value)


def as_states(
    source: Source, region: Asked, **assumptions: Any
) -> tuple[Study, Iterable[RegionState]]:
    """Return a study and the states of regions in it; the state of a region stands for itself.

    Raises
    ------
    OptionError
        Where what is open reads under other assumptions, or is the state of another region.
    """
    study = as_study(source, **assumptions)
    if not isinstance(source, RegionState):
        return study, region_states(study, region)
    if region is not None and find_regions(study.dataset, region) != [source.region]:
        raise OptionError("state-elsewhere", region=source.region.name)
    return study, [source]


def as_state(source: Source, region: str | Region | None = None, **assumptions: Any) -> RegionState:
    """Return the state of one region, the focus by default; see :func:`as_states`."""
    asked = region if region is None else [region]
    return next(iter(as_states(source, asked, **assumptions)[1]))
