"""Selling points: what speaks for a region as the place to make a product, in sentences with figures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from chaingraph import words
from chaingraph.analysis.cost import PLACES, CostBasis, cost_rows, reckon_costs
from chaingraph.enterprises import site_rows
from chaingraph.recruit.shortage import green_power
from chaingraph.results import shown_number
from chaingraph.spoken import say_amount, say_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from chaingraph.analysis.state import RegionState
    from chaingraph.words import Language

_SMALL: Final = 0.001
"""Share of the price below which a difference is called that."""
NAMED: Final = 4
"""Buyers, inputs and parks that one sentence names."""
POINTS: Final = ("buyers", "at_hand", "power_here", "park_here", "cost_here")


class Points(NamedTuple):
    """Selling points of a product: a text each in a language, empty where nothing is known; addresses."""

    texts: dict[str, dict[Language, str]]
    sources: tuple[str, ...]
    cost: dict[str, Any]


@dataclass(frozen=True, eq=False)
class Sales:
    """What selling points of a region rest on."""

    state: RegionState
    costs: CostBasis

    @cached_property
    def local(self) -> pd.DataFrame:
        """The capacity rows of sites that count here."""
        rows = site_rows(self.state.study.maker_rows)
        kept: pd.DataFrame = rows[self.state.region.mask(rows) & (rows["counted"] > 0)]
        return kept

    def makers(self, product: int) -> dict[str, tuple[str, float]]:
        """Return id -> name and units a year of the makers here, largest first; nan without a figure."""
        own = self.local[self.local["product_id"] == self.state.study.product_graph.ids[product]]
        found = {}
        for key, rows in own.groupby("enterprise_id", sort=True):
            size = float(rows["effective"].sum()) if rows["capacity"].notna().all() else np.nan
            name = next((n for n in rows["name_zh"] if isinstance(n, str)), str(key))
            found[str(key)] = name, size
        return dict(sorted(found.items(), key=lambda item: (-np.nan_to_num(item[1][1]), item[0])))

    def points(self, product: int, *, sells: bool = True) -> Points:
        """Return the selling points of a product; of one that is bought only who takes it."""
        texts = {"buyers": self._buyers(product)}
        empty: dict[Language, str] = dict.fromkeys(words.LANGUAGES, "")
        cost: dict[str, Any] = {}
        sources: list[str] = []
        if sells:
            texts["at_hand"] = self._inputs(product)
            texts["power_here"], pages = self._power(product)
            texts["park_here"], more = self._parks(product)
            texts["cost_here"], cost, own = self._cost(product)
            sources = [*pages, *more, *own]
        return Points(
            {name: texts.get(name, empty) for name in POINTS}, tuple(dict.fromkeys(sources)), cost
        )

    def _buyers(self, product: int) -> dict[Language, str]:
        state, graph = self.state, self.state.study.product_graph
        links = np.flatnonzero(state.active & (graph.source == product)).tolist()
        unit = str(state.study.products["unit"].iloc[product])
        found: list[tuple[float, str, int]] = []
        for link in sorted(links, key=lambda i: (-np.nan_to_num(state.flow[i]), i)):
            output = int(graph.target[link])
            total = state.capacity.point[output]
            for name, size in self.makers(output).values():
                told = state.flow[link] > 0 and size > 0 and total > 0
                found.append(
                    (float(state.flow[link] * size / total) if told else np.nan, name, output)
                )
        found.sort(key=lambda item: (np.isnan(item[0]), -np.nan_to_num(item[0]), item[1]))
        return {lang: self._listed_buyers(found, unit, lang) for lang in words.LANGUAGES}

    def _listed_buyers(self, found: list[tuple[float, str, int]], unit: str, lang: Language) -> str:
        names = self._names(lang)
        told = []
        for amount, name, output in found[:NAMED]:
            who = {"name": name, "product": names[output]}
            if known(amount):
                who |= {"amount": say_amount(amount, lang), "unit": say_unit(unit, lang)}
            told.append(
                words.message("sell-buyer" if known(amount) else "sell-buyer-unknown", lang, **who)
            )
        return _and_more(told, len(found) - NAMED, lang)

    def _names(self, lang: Language) -> list[str]:
        study = self.state.study
        return study.names_zh if lang == "zh" else study.names_en

    def _inputs(self, product: int) -> dict[Language, str]:
        state, graph = self.state, self.state.study.product_graph
        taken = graph.source[graph.consumed & (graph.target == product)].tolist()
        inputs = [i for i in dict.fromkeys(taken) if not state.study.modes["grid"][i]]
        here = [i for i in inputs if state.present[i]]
        result: dict[Language, str] = {}
        for lang in words.LANGUAGES:
            told = []
            for i in here[:NAMED]:
                makers = [name for name, _ in self.makers(i).values()][:2]
                joined = words.message("sell-comma", lang).join(makers)
                key = "sell-input" if makers else "sell-input-unnamed"
                told.append(words.message(key, lang, name=self._names(lang)[i], makers=joined))
            said = _and_more(told, len(here) - NAMED, lang)
            counts = {"count": len(here), "all": len(inputs)}
            result[lang] = words.message("sell-inputs", lang, text=said, **counts) if here else ""
        return result

    def _energy(self, product: int) -> list[int]:
        """Return what of the grid the product takes; where the data name nothing, what most products take."""
        graph, grid = self.state.study.product_graph, self.state.study.modes["grid"]
        taken = graph.consumed & grid[graph.source]
        own = graph.source[taken & (graph.target == product)].tolist()
        if own or not taken.any():
            return list(dict.fromkeys(own))
        return [int(np.bincount(graph.source[taken]).argmax())]

    def _power(self, product: int) -> tuple[dict[Language, str], list[str]]:
        told: dict[Language, list[str]] = {lang: [] for lang in words.LANGUAGES}
        pages = []
        study = self.state.study
        for i in self._energy(product):
            local = self.costs.local_price(i, self.costs.here)
            if not np.isnan(local.low):
                pages.append(local.source)
                for lang, texts in told.items():
                    ends = _between([f"{local.low:,.4g}", f"{local.high:,.4g}"], lang)
                    unit = say_unit(str(study.products["unit"].iloc[i]), lang)
                    texts.append(words.message("sell-tariff", lang, name=self._names(lang)[i], unit=unit,
                                               date=local.date or "-", range=ends))  # fmt: skip
        row = green_power(study.dataset, [self.state.region.name, *self.state.region.path[:1]])
        if row is not None:
            pages.append(row["source_url"] if isinstance(row["source_url"], str) else "")
            for lang, texts in told.items():
                texts.append(words.message("sell-green", lang, share=f"{row['value']:g}%",
                                           where=row["region"], year=row["year"]))  # fmt: skip
        result: dict[Language, str] = {
            lang: words.message("sell-stop", lang).join(texts)
            or words.message("sell-power-unknown", lang)
            for lang, texts in told.items()
        }
        return result, [page for page in pages if page]

    def _parks(self, product: int) -> tuple[dict[Language, str], list[str]]:
        """Return the parks where makers of the product's chains stand, most of them first."""
        study, ds = self.state.study, self.state.study.dataset
        nothing: dict[Language, str] = dict.fromkeys(words.LANGUAGES, "")
        if not ds.has("parks"):
            return nothing, []
        parks = ds.table("parks")
        parks = parks[self.state.region.mask(parks.assign(park=parks["name_zh"]))]
        tags = study.chain_tags
        kin = {study.product_graph.ids[i] for i in range(len(tags)) if tags[i] & tags[product]}
        near = self.local[self.local["product_id"].isin(kin)]
        makers: dict[Any, int] = near.groupby("park")["enterprise_id"].nunique().to_dict()
        rows = [(int(makers.get(row["name_zh"], 0)), row) for row in parks.to_dict("records")]
        if study.products["needs_chemical_park"].iloc[product] is True:
            rows = [pair for pair in rows if pair[1].get("chemical_park") is not False]
        rows = [
            pair for pair in rows if pair[0] or np.nan_to_num(_figure(pair[1], "free_land_mu")) > 0
        ]
        rows.sort(key=lambda pair: (-pair[0], str(pair[1]["name_zh"])))
        result: dict[Language, str] = {
            lang: words.message("sell-stop", lang).join(
                _park(count, row, lang) for count, row in rows[:2]
            )
            for lang in words.LANGUAGES
        }
        pages = [row["source_url"] for _, row in rows[:2] if isinstance(row["source_url"], str)]
        return result, pages

    def _cost(self, product: int) -> tuple[dict[Language, str], dict[str, Any], list[str]]:
        here, *others = cost_rows(self.costs, reckon_costs(self.costs, product, PLACES))
        result: dict[Language, str] = {}
        for lang in words.LANGUAGES:
            told = []
            unit = say_unit(str(here["unit"]), lang)
            if known(here["cost_low"]):
                told.append(words.message("sell-cost", lang, range=_between(
                    [shown_number(_rough(here[n])) for n in ("cost_low", "cost_high")], lang),
                    unit=unit, known=here["parts_known"], parts=here["parts"]))  # fmt: skip
            told += [_against(row, unit, lang) for row in others if row["parts_compared"]]
            left = here[f"left_out_{lang}"]
            if told and left:
                told.append(words.message("sell-left-out", lang, text=left))
            result[lang] = words.message("sell-stop", lang).join(told)
        names = ("cost_low", "cost_high", "priced_share", "price_cny")
        best = next((row for row in others if row["parts_compared"]), None)
        cost = {name: here[name] for name in names}
        cost |= {
            name: best[name] if best else np.nan for name in ("advantage_low", "advantage_high")
        }
        pages = [
            page for row in (here, *others) if row["sources"] for page in row["sources"].split()
        ]
        return result, cost, pages


def known(value: float) -> bool:
    """Whether a figure is known."""
    return not math.isnan(value)


def _rough(value: float) -> float:
    """Return a figure to three digits: costs are known no better."""
    return float(f"{value:.3g}")


def _figure(row: dict[str, Any], name: str) -> float:
    value = row.get(name)
    return float(value) if isinstance(value, int | float) else np.nan


def _and_more(told: list[str], left: int, lang: Language) -> str:
    text = words.message("sell-stop", lang).join(told)
    return text + words.message("sell-more", lang, count=left) if left > 0 else text


def _park(count: int, row: dict[str, Any], lang: Language) -> str:
    name = row["name_zh"] if lang == "zh" or not isinstance(row["name_en"], str) else row["name_en"]
    land, power = _figure(row, "free_land_mu"), _figure(row, "power_mw")
    unknown = words.message("sell-to-fill", lang)
    return words.message(
        "sell-park", lang, name=name, count=count,
        land=f"{land:,.0f}" if known(land) else unknown,
        power=f"{power:,.0f}" if known(power) else unknown,
    )  # fmt: skip


def _against(row: dict[str, Any], unit: str, lang: Language) -> str:
    """Say how a maker's place compares, of what is known at both."""
    low, high, price = row["advantage_low"], row["advantage_high"], row["price_cny"]
    key = "sell-saves" if low >= 0 else "sell-loses" if high <= 0 else "sell-either"
    ends = (low, high) if key != "sell-loses" else (-high, -low)
    share = ""
    if price > 0 and key != "sell-either":
        size = "sell-of-price" if ends[1] / price >= _SMALL else "sell-of-price-small"
        share = words.message(
            size, lang, range=_between([f"{end / price:.1%}" for end in ends], lang)
        )
    amount = _between([shown_number(_rough(end)) for end in ends], lang)
    return words.message(
        key, lang, place=row["place"], group=row["group_zh"], range=amount, unit=unit, share=share,
        compared=row["parts_compared"], parts=row["parts"],
    )  # fmt: skip


def _between(ends: Sequence[str], lang: Language) -> str:
    """Return a range as people write it; one figure where both ends are."""
    low, high = ends
    return low if low == high else words.message("call-between", lang, low=low, high=high)
