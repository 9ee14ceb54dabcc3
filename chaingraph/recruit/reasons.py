"""Facts of targets: the rows behind what speaks for each, and how a reason is put into words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph import words
from chaingraph.groups import rows_of_groups
from chaingraph.recruit.proof import MAKES, of_status
from chaingraph.results import shown_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from chaingraph.analysis.state import RegionState
    from chaingraph.products import Flags, Floats, Integers
    from chaingraph.recruit.features import View
    from chaingraph.words import Language

RELATIONS: Final = ("makes", "intends", "family", "related", "here")
"""What a group is to a product; words in the vocabulary ``relation``."""
_FEW: Final = 3


class Tie(NamedTuple):
    """A supply between a target and a group of the region."""

    year: str
    partner: int
    sells: bool
    product: int
    row: int


class Plant(NamedTuple):
    """A capacity row of a group: figure and source, nan and None where there is none."""

    enterprise_id: str
    capacity: float
    source_url: Any


class Reason(NamedTuple):
    """One reason: a sentence in two languages, and the addresses it rests on."""

    zh: str
    en: str
    sources: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of some pairs of a field, in the order in which they are shown."""

    view: View
    state: RegionState
    pairs: Integers
    rows: pd.DataFrame
    supplied: Flags

    @property
    def product(self) -> Integers:
        """Position of each pair's product."""
        return self.view.field.product[self.pairs]

    @property
    def group(self) -> Integers:
        """Code of each pair's group."""
        return self.view.field.group[self.pairs]

    @cached_property
    def entries(self) -> list[Integers]:
        """For each pair the holdings that speak for it: of the product and of related ones."""
        field = self.view.field
        order = np.argsort(field.entry_pair, kind="stable")
        first = np.searchsorted(field.entry_pair[order], self.pairs, side="left")
        last = np.searchsorted(field.entry_pair[order], self.pairs, side="right")
        held = field.entry_holding[order]
        return [held[a:b] for a, b in zip(first.tolist(), last.tolist(), strict=True)]

    @cached_property
    def nearest(self) -> list[int]:
        """For each pair the row of the evidence that lies nearest, -1 where none has coordinates."""
        evidence = self.view.field.evidence
        start = evidence.bounds
        km = np.where(evidence.telling, self.view.place.distance, np.nan)
        found = []
        own = self.view.field.own[self.pairs].tolist()
        for i, entry in enumerate(self.entries):
            # of a supplier counts where the product comes from, not its nearest plant of anything
            entry = np.array([own[i]]) if self.supplied[i] and own[i] >= 0 else entry  # noqa: PLW2901
            spans = [np.arange(start[h], start[h + 1]) for h in entry.tolist()]
            rows = np.concatenate(spans) if spans else self.local_rows(i)
            known = rows[~np.isnan(km[rows])]
            found.append(int(known[np.argmin(km[known])]) if len(known) else -1)
        return found

    @property
    def distance(self) -> Floats:
        """Km from the region to each pair's nearest plant or project; nan where unknown."""
        km = self.view.place.distance
        return np.array([km[row] if row >= 0 else np.nan for row in self.nearest], dtype=float)

    def names(self) -> dict[str, Any]:
        """Return the text columns of the pairs."""
        count = range(len(self.pairs))
        return {
            name: pd.array([function(i) or None for i in count], dtype="str")
            for name, function in (
                ("related_products", self._related),
                ("nearest_site", self._nearest_site),
                ("partners", self._partners),
                ("local_sites", self._local_sites),
                ("announced_here", self._announced),
            )
        }

    def _related(self, i: int) -> str:
        ids = self.state.study.product_graph.ids
        return "; ".join(ids[p] for p in self.related(i, made=True))

    def related(self, i: int, *, made: bool) -> list[int]:
        """Return the related products that a pair's group makes, or those that it does not make yet."""
        held, entries = self.view.field.evidence.holdings, self.entries[i]
        chosen = entries[held.makes[entries] == made]
        return [p for p in held.product[chosen].tolist() if p != self.product[i]]

    def _nearest_site(self, i: int) -> str:
        row = self.nearest[i]
        return "" if row < 0 else self.site_name(row)

    def site_name(self, row: int) -> str:
        """Return a row of the evidence as city and enterprise."""
        columns = self.view.field.evidence.columns
        key = columns["enterprise_id"][row]
        name = self._site_names.get(key) if isinstance(key, str) else None
        city = str(columns["city"][row])
        return f"{city} {name}" if name else city

    @cached_property
    def _site_names(self) -> dict[str, str]:
        """Names by enterprise, where there is one."""
        named = self.rows.dropna(subset=["name_zh"])
        return dict(zip(named["enterprise_id"], named["name_zh"], strict=True))

    @cached_property
    def _plants(self) -> dict[tuple[str, str], list[Plant]]:
        """Capacity rows of plants that stand by group and product, largest first."""
        found: dict[tuple[str, str], list[Plant]] = {}
        names = ("group", "product_id", "enterprise_id", "capacity", "source_url")
        ids = self.state.study.product_graph.ids
        shown = self.rows["product_id"].isin([ids[p] for p in set(self.product.tolist())])
        statuses = self.rows["status"].astype("str")
        stands = statuses.isin([word for word in statuses.unique() if of_status(word) == MAKES])
        rows = self.rows[(shown & stands).to_numpy(dtype=bool)]
        for group, product, *rest in zip(*(rows[n].tolist() for n in names), strict=True):
            found.setdefault((group, product), []).append(Plant(*rest))
        for plants in found.values():
            plants.sort(key=lambda plant: 0.0 if isnan(plant.capacity) else -plant.capacity)
        return found

    @cached_property
    def _addresses(self) -> dict[str, list[Any]]:
        """Addresses of the capacity rows of each enterprise."""
        found: dict[str, list[Any]] = {}
        columns = (self.rows[name].tolist() for name in ("enterprise_id", "source_url"))
        for enterprise_id, source_url in zip(*columns, strict=True):
            found.setdefault(enterprise_id, []).append(source_url)
        return found

    def labels(self) -> Any:
        """Return the name of each pair's group; that of the site where it belongs to none."""
        names = self.view.field.evidence.groups[self.group].tolist()
        return pd.array([self._site_names.get(name, name) for name in names], dtype="str")

    def plants(self, i: int) -> list[Plant]:
        """Return the capacity rows of a pair's group and product, largest first."""
        name = self.view.field.evidence.groups[int(self.group[i])]
        return self._plants.get(
            (name, self.state.study.product_graph.ids[int(self.product[i])]), []
        )

    def sources_of(self, rows: Integers) -> list[Any]:
        """Return the addresses behind rows of the evidence: of the projects, and of plants by their site."""
        columns = self.view.field.evidence.columns
        plants = rows[columns["scope"][rows] != "project"]
        ids = columns["enterprise_id"][plants].tolist()
        told = self.project_sources(rows)
        return told + [url for key in dict.fromkeys(ids) for url in self._addresses.get(key, [])]

    @cached_property
    def _projects(self) -> dict[str, Any]:
        ds = self.state.study.dataset
        if not ds.has("projects"):
            return {}
        table = ds.table("projects")
        return dict(zip(table["project_id"], table["source_url"], strict=True))

    def project_sources(self, rows: Integers) -> list[Any]:
        """Return the addresses of the projects behind rows of the evidence."""
        keys = self.view.field.evidence.columns["project_id"][rows].tolist()
        return [self._projects.get(key) for key in keys if isinstance(key, str)]

    @cached_property
    def product_names(self) -> list[tuple[str, str, Any]]:
        """Chinese and English name and unit of each product."""
        table = self.state.study.products
        columns = (table[name].tolist() for name in ("product_id", "name_zh", "name_en", "unit"))
        return [
            (*(str(name) if isinstance(name, str) else str(key) for name in (zh, en)), unit)
            for key, zh, en, unit in zip(*columns, strict=True)
        ]

    @cached_property
    def _ties(self) -> dict[int, list[Tie]]:
        """Ties of every group with groups of the region, earliest first, one a partner and direction."""
        known, here = self.view.field.evidence.ties, self.view.place.groups
        columns = (known[n].tolist() for n in ("supplier", "customer", "product", "year", "row"))
        ties: dict[int, list[Tie]] = {}
        for supplier, customer, product, year, row in zip(*columns, strict=True):
            date = year if isinstance(year, str) else "9999"
            if here[customer] and supplier != customer:
                ties.setdefault(supplier, []).append(Tie(date, customer, True, product, row))
            if here[supplier] and supplier != customer:
                ties.setdefault(customer, []).append(Tie(date, supplier, False, product, row))
        for group, own in ties.items():
            first = {(tie.partner, tie.sells): tie for tie in sorted(own, reverse=True)}
            ties[group] = sorted(first.values())
        return ties

    def tie_rows(self, i: int) -> list[Tie]:
        """Return the ties of a pair's group with groups of the region, earliest first."""
        return self._ties.get(int(self.group[i]), [])

    def _partners(self, i: int) -> str:
        names = [self.view.field.evidence.groups[tie.partner] for tie in self.tie_rows(i)]
        return "; ".join(dict.fromkeys(names))

    @cached_property
    def _here(self) -> dict[int, Integers]:
        """Rows of the evidence in the region by group."""
        rows = np.flatnonzero(self.view.place.inside)
        own = self.view.field.evidence.columns["group"][rows].astype(np.intp)
        order = np.argsort(own, kind="stable")
        names, first = np.unique(own[order], return_index=True)
        # nobody is here: splitting nothing would give one part all the same
        parts = np.split(rows[order], first[1:]) if len(names) else []
        return dict(zip(names.tolist(), parts, strict=True))

    def local_rows(self, i: int) -> Integers:
        """Return the rows of the evidence that show a pair's group in the region."""
        return self._here.get(int(self.group[i]), np.empty(0, dtype=np.intp))

    def plants_here(self, i: int) -> Integers:
        """Return the rows that show that a pair's group makes something in the region."""
        rows = self.local_rows(i)
        return np.asarray(rows[self.view.field.evidence.stands[rows]], dtype=np.intp)

    def planned_here(self, i: int) -> Integers:
        """Return the rows that show what else but the product a pair's group intends in the region."""
        evidence, rows = self.view.field.evidence, self.local_rows(i)
        other = evidence.columns["product"][rows] != self.product[i]
        return np.asarray(rows[~evidence.stands[rows] & other], dtype=np.intp)

    def names_here(self, i: int) -> list[str]:
        """Return the names of a pair's group's plants in the region, else the cities of its projects."""
        columns = self.view.field.evidence.columns
        rows = self.plants_here(i).tolist()
        ids = [columns["enterprise_id"][r] for r in rows if columns["scope"][r] != "project"]
        names = [self._site_names.get(key, key) for key in ids]
        return list(dict.fromkeys(names or [str(columns["city"][r]) for r in rows]))

    def _local_sites(self, i: int) -> str:
        columns = self.view.field.evidence.columns
        standing = columns["scope"][self.plants_here(i)] != "project"
        return "; ".join(self.names_here(i)) if standing.any() else ""

    def announced_rows(self, i: int) -> Integers:
        """Return what shows that a pair's group intends to make the product itself in the region."""
        evidence, rows = self.view.field.evidence, self.local_rows(i)
        own = evidence.columns["product"][rows] == self.product[i]
        close = ~evidence.columns["broad"][rows].astype(bool)
        return np.asarray(rows[own & close & ~evidence.stands[rows]], dtype=np.intp)

    def intent_rows(self, i: int) -> Integers:
        """Return what shows that a pair's group intends to make the product itself, newest first.

        Where nothing but events of several products is known, these. An event in a city where it makes the
        product by now has been carried out.
        """
        field = self.view.field
        evidence, own = field.evidence, int(field.own[self.pairs[i]])
        if own < 0:
            return np.empty(0, dtype=np.intp)
        rows = np.arange(evidence.bounds[own], evidence.bounds[own + 1])
        columns = evidence.columns
        family = bool(field.family[self.pairs[i]])
        chosen = family | (~evidence.stands[rows] & ~columns["broad"][rows].astype(bool))
        made = columns["city"][rows[evidence.makes[rows]]].tolist()
        done = (columns["scope"][rows] == "project") & np.isin(
            columns["city"][rows].astype(str), made
        )
        rows = rows[chosen & (family | ~done)]
        dates = [date if isinstance(date := columns["since"][r], str) else "" for r in rows]
        return np.asarray(rows[np.argsort(dates, kind="stable")[::-1]], dtype=np.intp)

    def told_events(self, rows: Integers, lang: Language) -> str:
        """Return events as a list: what happened, when and where."""
        columns = self.view.field.evidence.columns
        said = []
        for row in rows.tolist():
            event, date = columns["event"][row], columns["since"][row]
            word = words.term("project_event", str(event), lang) if isinstance(event, str) else ""
            parts = [word, str(columns["city"][row]), date if isinstance(date, str) else ""]
            said.append(" ".join(part for part in parts if part))
        return several(list(dict.fromkeys(said)))

    def _announced(self, i: int) -> str:
        columns = self.view.field.evidence.columns
        dates = {columns["since"][r] for r in self.announced_rows(i).tolist()}
        return "; ".join(sorted(date for date in dates if isinstance(date, str)))

    @cached_property
    def plant(self) -> tuple[Floats, Flags]:
        """Units a year of each pair's typical plant, else of a usual one; and whether it is its own."""
        field = self.view.field
        own = field.of_own(field.evidence.holdings.typical)[self.pairs]
        known = ~np.isnan(own)
        return np.where(known, own, self.view.usual_plant[self.product]), known

    @cached_property
    def buyers(self) -> Flags:
        """Whether each pair's group takes the product in the region, or intends to."""
        return self.view.place.buyers(self.view.field)[self.pairs]

    def relations(self) -> list[str]:
        """Return what each pair's group is to the product: makes, intends, family, related or only here."""
        field = self.view.field
        flags = (field.maker, field.intends, field.family, field.close)
        number = np.select([own[self.pairs] for own in flags], [0, 1, 2, 3], 4)
        return [RELATIONS[n] for n in number.tolist()]

    def intents(self, lang: Language) -> Any:
        """Return what each pair's group intends with the product, newest first; missing where nothing."""
        told = [self.told_events(self.intent_rows(i), lang) or None for i in range(len(self.pairs))]
        return pd.array(told, dtype="str")


def gather_facts(
    view: View, state: RegionState, pairs: Integers, *, supplied: Flags | None = None
) -> Facts:
    """Fetch the rows of the groups that are shown; of suppliers the nearest plant is one of the product."""
    flags = np.zeros(len(pairs), dtype=bool) if supplied is None else supplied
    ds = state.study.dataset
    groups = sorted(set(view.field.evidence.groups[view.field.group[pairs]].tolist()))
    rows = rows_of_groups(ds.enterprises, state.study.standing, groups, categories=True)
    return Facts(view, state, pairs, rows, flags)


def sentence(key: str, sources: Iterable[Any], **params: Any) -> Reason:
    """Return a reason from a message; parameters that end in `_zh` or `_en` go to their language."""
    texts = {}
    for lang in ("zh", "en"):
        chosen: Language = "zh" if lang == "zh" else "en"
        own = {
            name.removesuffix(f"_{lang}"): value
            for name, value in params.items()
            if not name.endswith("_en" if lang == "zh" else "_zh")
        }
        texts[lang] = words.message(key, chosen, **own)
    urls = dict.fromkeys(url for url in sources if isinstance(url, str) and url)
    return Reason(texts["zh"], texts["en"], tuple(urls))


def amount(value: float, unit: Any) -> str:
    """Return a figure with its unit."""
    return f"{shown_number(value)} {unit}" if isinstance(unit, str) else shown_number(value)


def several(names: Sequence[str]) -> str:
    """Return the first names of many, with the number of the rest."""
    shown = ", ".join(names[:_FEW])
    return shown if len(names) <= _FEW else f"{shown} +{len(names) - _FEW}"
