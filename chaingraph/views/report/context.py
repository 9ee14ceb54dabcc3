"""What all sections of a report draw on: one reading of the data, one list of sources."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chaingraph import words
from chaingraph.analysis.balance import chain_filter
from chaingraph.analysis.gaps import find_gaps
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import open_study, region_state
from chaingraph.analysis.summary import summarise
from chaingraph.planning.effect import measure_effect
from chaingraph.planning.programme_file import read_plan
from chaingraph.recruit.targets import LIMIT
from chaingraph.views.drawing.fonts import can_write_chinese
from chaingraph.views.facts.products import gather_facts, with_enterprises
from chaingraph.views.facts.targets import choose_targets, name_group
from chaingraph.views.report.model import Column, mean_known
from chaingraph.views.wording import clean, phrase

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import pandas as pd

    from chaingraph.analysis.summary import Summary
    from chaingraph.dataset import Dataset
    from chaingraph.planning.effect import Effect
    from chaingraph.planning.programme_file import AnyPlan
    from chaingraph.regions import Region
    from chaingraph.results import Result
    from chaingraph.views.facts.products import Fact, Facts, Maker
    from chaingraph.views.report.model import Kind
    from chaingraph.words import Language


@dataclass
class Sources:
    """Addresses in the order in which they are first cited."""

    numbers: dict[str, int] = field(default_factory=dict)
    cited: dict[int, int] = field(default_factory=dict)

    def cite(self, addresses: Iterable[str]) -> tuple[int, ...]:
        """Return the numbers of some addresses; empty ones have none."""
        found = []
        for address in dict.fromkeys(clean(address) for address in addresses):
            if not address:
                continue
            number = self.numbers.setdefault(address, len(self.numbers) + 1)
            self.cited[number] = self.cited.get(number, 0) + 1
            found.append(number)
        return tuple(sorted(found))


@dataclass(frozen=True, eq=False)
class Context:
    """One region of one dataset, read once for all sections.

    Attributes
    ----------
    ds
        The dataset as it came, at the date asked for.
    products
        The facts of the chain's products that are made, taken or built here, in the order of ids.
    gaps
        Gaps of the region, all lists in one.
    summary
        What the first lines say.
    effect
        A plan on the region; None without one.
    targets
        Whom to recruit for them; None where they are left out.
    """

    ds: Dataset
    facts: Facts
    lang: Language
    chain: str | None
    inside: tuple[Fact, ...]
    gaps: Result
    targets: Result | None
    sources: Sources
    summary: Summary
    effect: Effect | None = None

    @property
    def products(self) -> tuple[Fact, ...]:
        """The products of the chain that the region makes, takes or builds."""
        return tuple(fact for fact in self.inside if fact.standing != "absent")

    @property
    def region(self) -> str:
        """Name of the region as readers see it."""
        name = self.facts.state.region.name
        return words.term("page", "whole", self.lang) if name == "*" else name

    @property
    def at(self) -> str:
        """Date of the data, or that there is none."""
        return self.ds.as_of or self.say("no-date")

    @property
    def chains(self) -> tuple[str, ...]:
        """The chain asked for, else those of the dataset."""
        return (self.chain,) if self.chain else self.ds.chains

    def say(self, key: str, **params: object) -> str:
        """Return a phrase in the report's language."""
        return phrase(key, self.lang, **params)

    def term(self, vocabulary: str, value: str) -> str:
        """Return a word of a vocabulary in the report's language."""
        return words.term(vocabulary, value, self.lang)

    def column(self, key: str, kind: Kind = "text", width: int = 10, *, unit: str = "") -> Column:
        """Return a column titled by the phrase ``col-<key>``, with the unit phrase ``unit-<unit>``."""
        title = self.say(f"col-{key}")
        return Column(key, title, self.say(f"unit-{unit}") if unit else "", kind, width)

    def reason(self, fact: Fact) -> str:
        """Return why a product stands as it does, with Chinese punctuation in Chinese."""
        return self.marked(fact.reason_zh if self.lang == "zh" else fact.reason_en)

    def marked(self, sentence: str) -> str:
        """Return a sentence on one line, with Chinese punctuation in Chinese."""
        if self.lang == "en":
            return clean(sentence)
        marks = {",": "\uff0c", ";": "\uff1b", ":": "\uff1a"}
        found = r"[,;:](?=[\u4e00-\u9fff])|(?<=[\u4e00-\u9fff]):(?!/)"
        return re.sub(found, lambda m: marks[m[0]], clean(sentence))

    def listed(self, names: Iterable[str]) -> str:
        """Join names as a list."""
        return ("、" if self.lang == "zh" else ", ").join(names)

    def latin(self, draw: Callable[[Language], str]) -> str:
        """Return a drawing in English where this machine has no font for Chinese, else nothing."""
        return "" if can_write_chinese() else draw("en")

    def list_rows(self, name: str) -> pd.DataFrame:
        """Return the rows of one of the lists of gaps: recruit, supply, survey or cooperation."""
        frame = self.gaps.frame
        return frame[frame["list"] == name] if len(frame) else frame

    def statuses(self) -> str:
        """Return the statuses that count, with their factors."""
        return "+".join(
            self.term("status", status) + ("" if factor == 1 else f"={factor:g}")
            for status, factor in self.facts.state.study.statuses.items()
        )

    def counted(self, makers: Iterable[Maker]) -> list[Maker]:
        """Return the makers whose status counts."""
        return [maker for maker in makers if maker.counted]

    def maker_name(self, maker: Maker) -> str:
        """Return the full name of a site."""
        first, second = (
            (maker.name_zh, maker.name_en) if self.lang == "zh" else (maker.name_en, maker.name_zh)
        )
        return clean(first or second or maker.enterprise_id)

    def group_name(self, group: str) -> str:
        """Return a group as readers know it: a site without one by its name, not by its id."""
        return clean(name_group(self.facts, group, self.lang))

    def short_names(self, makers: Iterable[Maker], limit: int = 3, *, total: bool = True) -> str:
        """Return the names of some makers' groups, each once, the first few, and their number."""
        names = dict.fromkeys(
            clean(m.group_zh) if self.lang == "zh" and m.group_zh else self.maker_name(m)
            for m in makers
        )
        shown = self.listed(list(names)[:limit])
        cut = total and len(names) > limit
        return self.say("more-makers", names=shown, count=len(names)) if cut else shown

    def product_names(self, ids: Iterable[str], limit: int = 4) -> str:
        """Return the names of some products, the first few."""
        found = list(ids)
        shown = self.listed(clean(self.facts.by_id[i].name(self.lang)) for i in found[:limit])
        cut = len(found) > limit
        return self.say("more-products", names=shown, count=len(found)) if cut else shown

    def takers(self, fact: Fact) -> list[Maker]:
        """Return the local makers that take a product, those of its largest use first."""
        return [
            maker
            for cause in fact.causes
            for maker in self.counted(self.facts.by_id[cause.output_id].local)
        ]

    def cite_product(self, fact: Fact, *, price: bool = False) -> tuple[int, ...]:
        """Return the numbers of the sources behind a product's capacity, demand and price."""
        return self.sources.cite(self._addresses(fact, price=price))

    def cite_products(self, facts: Iterable[Fact]) -> tuple[int, ...]:
        """Return the numbers of the sources behind several products' capacity and demand."""
        return self.sources.cite(a for fact in facts for a in self._addresses(fact, price=False))

    def _addresses(self, fact: Fact, *, price: bool) -> list[str]:
        addresses = [maker.source_url for maker in fact.local]
        addresses += [cause.source_url for cause in fact.causes]
        addresses += [maker.source_url for maker in self.takers(fact)]
        if price and not math.isnan(fact.price_cny):
            addresses.append(fact.source_url)
        return addresses

    def sourced_demand(self, fact: Fact) -> float:
        """Return the share of a product's demand that rests on sourced rows."""
        return float(self.facts.state.sourced_demand[fact.position])

    def sourced_capacity(self, fact: Fact) -> float:
        """Return the share of a product's capacity that rests on sourced rows."""
        state = self.facts.state
        capacity = float(state.rows.capacity[fact.position])
        sourced = float(state.rows.sourced[fact.position])
        return sourced / capacity if capacity > 0 else math.nan

    def sourced(self, facts: Iterable[Fact]) -> float:
        """Return how much of what is said of some products is sourced, on average.

        Of a product made here the share of its makers' rows with a source, of any other the sourced
        share of its demand; what has neither is left out.
        """
        shares = []
        for fact in facts:
            makers = self.counted(fact.local)
            solid = sum(bool(maker.source_url) for maker in makers)
            shares.append(solid / len(makers) if makers else self.sourced_demand(fact))
        return mean_known(shares)

    def gap_value(self, ids: Sequence[str]) -> tuple[float, float]:
        """Return the known gap value of some products, CNY a year, and its sourced share."""
        facts = [self.facts.by_id[i] for i in ids]
        known = [(f.gap_value_cny, self.sourced_demand(f)) for f in facts if f.gap_value_cny > 0]
        total = sum(value for value, _ in known)
        solid = sum(value * (0.0 if math.isnan(share) else share) for value, share in known)
        return total, solid / total if total > 0 else math.nan

    def basis(self, sourced: float | None = None, key: str = "basis") -> str:
        """Return the sentence on date and sources that stands under a table or figure."""
        if sourced is None:
            return self.say("basis-date", at=self.at)
        if math.isnan(sourced):
            return self.say("basis-unknown", at=self.at)
        return self.say(key, at=self.at, share=f"{sourced:.0%}")


def open_context(
    ds: Dataset,
    *,
    region: str | Region | None = None,
    chain: str | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    targets: Result | bool | None = None,
    plan: AnyPlan | None = None,
    lang: Language | None = None,
) -> Context:
    """Read a region of a dataset for a report.

    Parameters
    ----------
    ds, region, chain, at, statuses, lang
        As in :func:`chaingraph.find_gaps`.
    targets
        A result of :func:`chaingraph.rank_targets`; None ranks them; False leaves them out.
    plan
        What :func:`chaingraph.read_plan` reads.

    Returns
    -------
    Context
        What the sections draw on.
    """
    chosen = read_lang(ds, lang)
    saved = None if plan is None else read_plan(plan)
    if not isinstance(statuses, str | Mapping):
        statuses = tuple(statuses)
    full = with_enterprises(ds)
    study = open_study(full, at=at, statuses=statuses)
    wanted = chain_filter(study, chain)
    state = region_state(study, region)
    facts = gather_facts(state)
    gaps = find_gaps(state, chain=chain, at=at, draws=0, lang=chosen)
    summary = summarise(state, gaps.frame, chain=chain)
    inside = tuple(fact for fact in facts.products if wanted[fact.position])
    return Context(
        replace(ds, as_of=study.dataset.as_of), facts, chosen, chain, inside, gaps,
        choose_targets(state, asked=targets, gaps=gaps, limit=LIMIT), Sources(), summary,
        None if saved is None else measure_effect(state, saved),
    )  # fmt: skip
