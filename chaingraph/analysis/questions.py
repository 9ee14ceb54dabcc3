"""The questions that a region's state leaves open: of what, to whom, and what each answer would change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chaingraph.analysis.answers import (
    gap_if_chosen,
    gap_if_exact,
    gap_if_loaded,
    gap_if_running,
    measure_effect,
)
from chaingraph.analysis.choices import group_lines
from chaingraph.enterprises import site_rows
from chaingraph.groups import placeholders
from chaingraph.knowledge.evidence import CODE
from chaingraph.products import positions
from chaingraph.quantity import Quantity
from chaingraph.results import shown_number
from chaingraph.spoken import say_unit
from chaingraph.words import Phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from chaingraph.analysis.answers import Effect
    from chaingraph.analysis.basis import Basis
    from chaingraph.analysis.state import RegionState
    from chaingraph.quantity import Flags, Floats, Integers

ASKS: Final = (
    "exists", "own_plant", "total", "figure", "load", "runs", "choice", "construction", "coefficient",
)  # fmt: skip
"""What is asked; words in the vocabulary ``ask``."""
BUREAUS: Final = ("industry", "statistics", "energy", "resources")
"""Bureaus that are asked where no maker is named; words in the vocabulary ``bureau``."""
_UNSEEN: Final = ("unseen", "thin", "not_collected", "absent_likely", "announced")
_OF_BUREAUS: Final = ("exists", "total")
"""Asked of a bureau; what else is asked of one, it asks the makers."""
_NAMED_USERS: Final = 3


def known_by(study: Basis, product: int) -> str:
    """Return the bureau that knows the makers of a product, by its position."""
    kind, modes, graph = study.products["kind"].iloc[product], study.modes, study.product_graph
    burnt = study.kind_in("kind", ("energy",))[graph.target[graph.source == product]].any()
    if kind == "energy" or modes["grid"][product] or (kind == "resource" and burnt):
        return "energy"
    return "resources" if kind == "resource" or modes["resource"][product] else "industry"


@dataclass(frozen=True, eq=False)
class Question:
    """One question.

    Attributes
    ----------
    ask
        One of ``ASKS``.
    product
        Position of the product that it is about.
    makers
        Names (zh, en) of the sites that are asked; empty: the `bureau` is.
    bureau
        One of ``BUREAUS``; empty where makers are asked.
    outcomes
        Gaps after each way the answer may turn out.
    effect
        What hangs on it.
    asked, why
        Sentences: key and parameters, those of a language with its suffix.
    products
        Positions of all products that it is about.
    sites
        Ids of the sites that are asked, in the order of `makers`.
    """

    ask: str
    product: int
    makers: tuple[tuple[str, str], ...]
    bureau: str
    outcomes: tuple[Quantity, ...]
    effect: Effect
    asked: tuple[str, Mapping[str, Any]]
    why: tuple[str, Mapping[str, Any]]
    products: tuple[int, ...]
    sites: tuple[str, ...] = ()


def interval_text(low: float, high: float) -> str:
    """Return an interval as figures that need no language.

    Examples
    --------
    >>> interval_text(19796.4, 77625), interval_text(60000, float("inf")), interval_text(5, 5)
    ('19,796–77,625', '≥ 60,000', '5')
    >>> interval_text(0, float("inf"))
    '?'
    """
    if np.isinf(high):
        return f"≥ {shown_number(low)}" if low > 0 else "?"
    if low == high:
        return shown_number(low)
    return f"{shown_number(low)}–{shown_number(high)}"


class _Asker:
    """Collects the questions of one state."""

    def __init__(self, state: RegionState) -> None:
        self.state, self.study = state, state.study
        self.graph = state.study.product_graph
        products = state.study.products
        ids = self.graph.ids
        self.names = [
            (zh if isinstance(zh, str) else own, en if isinstance(en, str) else own)
            for zh, en, own in zip(products["name_zh"], products["name_en"], ids, strict=True)
        ]
        self.units = products["unit"].fillna("").tolist()
        self.sites = _sites(state)
        self.load = state.study.load_of(state.region)
        everything = np.arange(self.graph.size)
        self.needs = group_lines(state, everything).leader

    # --- words

    def words(self, place: int, /, **more: Any) -> dict[str, Any]:
        """Return the parameters that every sentence of a product may use."""
        zh, en = self.names[place]
        demand = self.state.demand
        users = self.users(place)
        unit = self.units[place]
        return {
            "region": self.state.region.name, "region_zh": self.state.region.name,
            "product": en, "product_zh": zh,
            "unit": say_unit(unit, "en"), "unit_zh": say_unit(unit, "zh"),
            "demand": interval_text(float(demand.low[place]), float(demand.high[place])),
            "users": self.listed(users)[1], "users_zh": self.listed(users)[0],
        } | more  # fmt: skip

    def listed(self, products: Sequence[int]) -> tuple[str, str]:
        """Return products in a row, in Chinese and English; of many the first ones."""
        names = [self.names[p] for p in products[:_NAMED_USERS]]
        more = len(products) > _NAMED_USERS
        return (
            "、".join(zh for zh, _ in names) + ("等" if more else ""),
            ", ".join(en for _, en in names) + (" ..." if more else ""),
        )

    def users(self, product: int) -> list[int]:
        """Return the products made here that take a product, the largest takers first."""
        graph, state = self.graph, self.state
        links = np.flatnonzero((graph.source == product) & state.active)
        order = np.lexsort((links, -state.flow[links]))
        return list(dict.fromkeys(graph.target[links[order]].tolist()))

    # --- questions

    def question(
        self,
        ask: str,
        place: int,
        outcomes: Sequence[Quantity],
        /,
        *,
        rows: Integers | None = None,
        bureau: str = "",
        why: str = "",
        about: Sequence[int] = (),
        direct: bool = False,
        **more: Any,
    ) -> Iterator[Question]:
        """Yield a question where its answer changes something."""
        products = tuple(about) or (place,)
        effect = measure_effect(
            self.state, outcomes, direct=products if direct else (), needs=self.needs
        )
        if not len(effect.products):
            return
        hanging = self.listed(effect.products.tolist())
        params = self.words(place, hanging=hanging[1], hanging_zh=hanging[0], **more)
        asked_sites = {} if rows is None else self.sites.names(rows)
        makers = tuple(asked_sites.values())
        asked: tuple[str, Mapping[str, Any]] = (f"ask-{ask}", params)
        if not makers and ask not in _OF_BUREAUS:
            asked = ("ask-by-bureau", {"asked": Phrase(asked[0], tuple(params.items()))})
        yield Question(
            ask, place, makers, "" if makers else bureau or self.bureau(place), tuple(outcomes), effect,
            asked, (f"why-{why or ask}", params), products, tuple(asked_sites),
        )  # fmt: skip

    def bureau(self, product: int) -> str:
        """Return the bureau that knows a product's makers."""
        return known_by(self.study, product)

    def existence(self) -> Iterator[Question]:
        """Ask whether anybody makes what no row names."""
        state = self.state
        evidence, gap = state.evidence, state.gap
        need = state.facts["need"]
        none = Quantity.zeros(len(gap.low))
        for product in np.flatnonzero(need & evidence.is_any(*_UNSEEN)).tolist():
            made = none.where(self.flag(product), gap)
            why = "absent" if evidence.level[product] == CODE["absent_likely"] else "exists"
            yield from self.question(
                "exists", product, (gap, made), bureau=self.bureau(product), why=why,
                direct=True, date=str(evidence.date[product]),
            )  # fmt: skip
        for product in np.flatnonzero(need & evidence.is_any("utility")).tolist():
            made = none.where(self.flag(product), gap)
            rows = self.sites.of(self.users(product), self.sites.counted)
            yield from self.question(
                "own_plant", product, (gap, made), rows=rows, bureau="industry", direct=True
            )

    def totals(self) -> Iterator[Question]:
        """Ask for the total of what is made here by makers that are not listed, or by an old total."""
        state = self.state
        open_end = ~(state.capacity.low == state.capacity.high)
        unlisted = state.evidence.is_any("reported") | state.signs.some | state.totals.stale
        for product in np.flatnonzero(state.present & open_end & unlisted).tolist():
            bureau = self.bureau(product)
            date = str(state.evidence.date[product] or state.totals.year[product] or "-")
            yield from self.question(
                "total", product, (gap_if_exact(state, [product]),), date=date,
                bureau="statistics" if bureau == "industry" else bureau,
                direct=bool(state.needed[product]),
            )  # fmt: skip

    def figures(self) -> Iterator[Question]:
        """Ask the makers that rows name without a figure."""
        state = self.state
        bare = self.sites.counted & np.isnan(self.sites.capacity)
        for product in np.flatnonzero(state.rows.bare > 0).tolist():
            rows = self.sites.of([product], bare)
            if len(rows):
                yield from self.question(
                    "figure", product, (gap_if_exact(state, [product]),), rows=rows,
                    direct=bool(state.needed[product]), count=len({*self.sites.enterprise[rows]}),
                )  # fmt: skip

    def loads(self) -> Iterator[Question]:
        """Ask how hard makers run whose load is only known of the nation, or assumed."""
        load = self.load
        open_end = (load.low < load.high) & (self.state.output.high > 0)
        for product in np.flatnonzero(open_end).tolist():
            rows = self.sites.of([product], self.sites.counted & ~self.sites.within)
            if not len(rows):
                continue
            ends = f"{load.low[product]:.0%}–{load.high[product]:.0%}"
            why = "load" if load.has("load_assumed")[product] else "load_nation"
            yield from self.question(
                "load", product, (gap_if_loaded(self.state, [product]),), rows=rows, why=why,
                ends=ends,
            )  # fmt: skip

    def running(self) -> Iterator[Question]:
        """Ask sites that no page says to run whether they do."""
        sites = self.sites
        lacking = np.where(sites.counted, sites.effective - sites.effective_low, 0.0)
        weak = np.flatnonzero(lacking > 0)
        for enterprise in sorted({*sites.enterprise[weak]}):
            own = weak[sites.enterprise[weak] == enterprise]
            more = np.zeros(self.graph.size)
            np.add.at(more, sites.product[own], lacking[own])
            about = np.flatnonzero(more).tolist()
            names = self.listed(about)
            yield from self.question(
                "runs", about[0], (gap_if_running(self.state, more),), rows=own, about=about,
                product=names[1], product_zh=names[0],
            )  # fmt: skip

    def choices(self) -> Iterator[Question]:
        """Ask which alternative makers take where several would do."""
        state, members = self.state, self.study.recipe.members
        wants = np.flatnonzero(state.allocation.group_output.high > 0)
        for group in wants.tolist():
            owner = int(members.owner[group])
            parts = self.listed(members.product[members.group == group].tolist())
            rows = self.sites.of([owner], self.sites.counted)
            yield from self.question(
                "choice", owner, (gap_if_chosen(state, group),), rows=rows if len(rows) else None,
                bureau="industry", members=parts[1], members_zh=parts[0],
            )  # fmt: skip

    def building(self) -> Iterator[Question]:
        """Ask whether building goes on: of what is not made yet, and of what was not seen for long."""
        state, graph = self.state, self.graph
        sites = self.sites
        begun = sites.begun & ~sites.counted
        coming = state.facts["need"] & state.evidence.is_any("building")
        for product in np.flatnonzero(coming | (state.rows.stale_rows > 0)).tolist():
            rows = sites.of([product], begun)
            old = sites.stale[rows]
            rows = rows if coming[product] else rows[old]
            figure = float(np.nansum(sites.capacity[rows]))
            if figure > 0:
                more = [{"product_id": graph.ids[product], "capacity": figure}]
                made = state.with_capacity(more).gap
            else:
                made = Quantity.zeros(graph.size).where(self.flag(product), state.gap)
            seen = [date for date in sites.as_of[rows] if isinstance(date, str)]
            # whether plants of a known size run tells nothing of a gap without end
            endless = figure > 0 and bool(np.isinf(state.gap.high[product]))
            yield from self.question(
                "construction", product, (state.gap, made), rows=rows if len(rows) else None,
                bureau=self.bureau(product), why="stale" if old.any() else "construction",
                direct=bool(state.needed[product]) and not endless, date=max(seen, default="-"),
            )  # fmt: skip

    def coefficients(self) -> Iterator[Question]:
        """Ask users how much they take where no coefficient is known."""
        state, graph = self.state, self.graph
        links = np.flatnonzero(np.isnan(graph.coefficient) & state.active)
        for link in links[np.argsort(graph.source[links], kind="stable")].tolist():
            user, source = int(graph.target[link]), int(graph.source[link])
            if not state.output.high[user] > 0:
                continue
            rows = self.sites.of([user], self.sites.counted)
            zh, en = self.names[source]
            yield from self.question(
                "coefficient", source, (state.gap,), rows=rows if len(rows) else None,
                bureau="industry", direct=True, input=en, input_zh=zh,
                product=self.names[user][1], product_zh=self.names[user][0],
                user_unit=say_unit(self.units[user], "en"),
                user_unit_zh=say_unit(self.units[user], "zh"),
            )  # fmt: skip

    def flag(self, product: int) -> Flags:
        """Return a mask of one product."""
        flags = np.zeros(self.graph.size, dtype=bool)
        flags[product] = True
        return flags


@dataclass(frozen=True, eq=False)
class _Sites:
    """The capacity rows of the sites here, also of what is begun or planned; the largest first.

    `within`: the row is contained in that of another site.
    """

    product: Integers
    enterprise: Any
    name_zh: Any
    name_en: Any
    capacity: Floats
    effective: Floats
    effective_low: Floats
    counted: Flags
    begun: Flags
    stale: Flags
    within: Flags
    as_of: Any
    nobody: frozenset[str]

    def of(self, products: Sequence[int], chosen: Flags) -> Integers:
        """Return the rows of some products' makers that are chosen."""
        return np.flatnonzero(chosen & np.isin(self.product, products))

    def names(self, rows: Integers) -> dict[str, tuple[str, str]]:
        """Return id -> name in Chinese and English of the sites of some rows; not of placeholders."""
        found: dict[str, tuple[str, str]] = {}
        for row in rows.tolist():
            own, zh, en = self.enterprise[row], self.name_zh[row], self.name_en[row]
            if own not in self.nobody:
                known = zh if isinstance(zh, str) else own
                found.setdefault(own, (known, en if isinstance(en, str) else known))
        return found


def _sites(state: RegionState) -> _Sites:
    rows = state.study.maker_rows
    rows = site_rows(rows[state.region.mask(rows)])
    place = positions(state.study.product_graph, rows["product_id"])
    rows = rows.assign(place=place)[place >= 0].sort_values(
        ["capacity", "enterprise_id"], ascending=[False, True], na_position="last", kind="stable"
    )
    texts = {
        name: rows[name].to_numpy(dtype=object)
        for name in ("name_zh", "name_en", "as_of")
    }  # fmt: skip
    numbers = {
        name: rows[name].to_numpy(dtype=float)
        for name in ("capacity", "effective", "effective_low")
    }
    return _Sites(
        product=rows["place"].to_numpy(),
        enterprise=rows["enterprise_id"].to_numpy(dtype=object),
        counted=(rows["counted"] > 0).to_numpy(dtype=bool),
        begun=rows["status"].isin(["construction", "planned"]).to_numpy(dtype=bool),
        stale=(rows["stale"] > 0).to_numpy(dtype=bool),
        within=(rows["included_in"].notna() & ~(rows["effective"] > 0)).to_numpy(dtype=bool),
        nobody=placeholders(state.study.dataset.enterprises),
        **texts, **numbers,
    )  # fmt: skip


def open_questions(state: RegionState) -> list[Question]:
    """Return every question whose answer would change a gap of the region.

    Examples
    --------
    >>> import chaingraph as cg
    >>> state = cg.open_study(cg.load_dataset("toy")).state()
    >>> [question.ask for question in open_questions(state)]
    ['figure', 'choice']
    """
    asker = _Asker(state)
    rounds: tuple[Callable[[], Iterator[Question]], ...] = (
        asker.existence, asker.totals, asker.figures, asker.loads, asker.running, asker.choices,
        asker.building, asker.coefficients,
    )  # fmt: skip
    return [question for ask in rounds for question in ask()]
