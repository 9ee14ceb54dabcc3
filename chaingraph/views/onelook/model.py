"""What the opening page says: strips of stages, three numbers, things to do, boxes for its panel."""

from __future__ import annotations

import math
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.analysis.content import measure_local_content
from chaingraph.analysis.first_things import bought_outside, first_gaps
from chaingraph.analysis.region_graph import input_links, known_quantity, region_graph
from chaingraph.analysis.regions import place_name
from chaingraph.analysis.stages import chain_stages
from chaingraph.analysis.summary import listed
from chaingraph.analysis.topics import BOUGHT
from chaingraph.planning.responsibility import table_rows
from chaingraph.spoken import say_about, say_ends, say_money, say_money_ends
from chaingraph.views.chainmap.boxes import add_targets, product_box
from chaingraph.views.chainmap.page import counted_statuses
from chaingraph.views.chainmap.pictures import both
from chaingraph.views.facts.targets import name_group, read_rows
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from chaingraph.analysis.stages import ChainStages, Stage
    from chaingraph.analysis.summary import Summary
    from chaingraph.results import Result
    from chaingraph.views.facts.products import Fact, Facts
    from chaingraph.views.facts.targets import Target
    from chaingraph.words import Language

    Said = dict[str, str]

THINGS: Final = 5
"""Things to do on the page: gaps, and last of all whom to ask what."""
_NAMED: Final = 2
_ONE: Final = 1.0
_SMALL: Final = 0.1
_ADDRESS: Final = re.compile(r"[（(]?https?://[^\s)）,，;；]*[)）]?")


def said(say: Callable[[Language], str]) -> Said:
    """Return a text in every language."""
    return {lang: say(lang) for lang in LANGUAGES}


def message(key: str, **params: Callable[[Language], str] | str | int) -> Said:
    """Return a sentence in every language; a parameter may depend on the language."""
    return said(
        lambda lang: words.message(
            key, lang, **{n: v(lang) if callable(v) else v for n, v in params.items()}
        )
    )


class Look:
    """One region as the opening page shows it; the methods return plain values for the page."""

    def __init__(self, facts: Facts, summary: Summary, targets: Result | None) -> None:
        self.facts = facts
        self.summary = summary
        self.dataset = facts.state.study.dataset
        self.sources: dict[str, int] = {}
        self.chains = chain_stages(self.dataset)
        self.targets = targets
        self.calls: dict[str, list[Target]] = {}
        for target in read_rows(targets) if targets is not None else ():
            self.calls.setdefault(target.product_id, []).append(target)

    @cached_property
    def content(self) -> pd.DataFrame:
        """Local content by chain."""
        return measure_local_content(self.facts.state, by="chain").frame

    @cached_property
    def tasks(self) -> list[dict[str, str]]:
        """Rows of the table of tasks."""
        return table_rows(self.dataset, "tasks")

    def in_play(self, product: str) -> bool:
        """Tell whether a product is made, built or taken here."""
        return self.facts.by_id[product].standing != "absent"

    def boxes(self) -> list[dict[str, Any]]:
        """Return a box for each product in play, with whom to call for the first gaps."""
        own = [fact for fact in self.facts.products if fact.standing != "absent"]
        found = []
        for fact in own:
            box = product_box(self.facts, fact, self.sources)
            found.append(box | {"a": amounts(fact), "v": _plain(fact.gap_value.point)})
        add_targets(found, self.facts, self.targets, self.sources)
        return found

    def others(self) -> list[list[str]]:
        """Return id and names of every product that is not in play: the search finds them too."""
        return [
            [fact.product_id, fact.name("zh"), fact.name("en")]
            for fact in self.facts.products
            if fact.standing == "absent"
        ]

    # --- strips

    def strips(self) -> list[dict[str, Any]]:
        """Return the chains with their stages, links, folds and totals."""
        rates = {row["content_of"]: row for row in self.content.to_dict("records")}
        return [self._strip(chain, rates.get(chain.chain)) for chain in self.chains]

    def _strip(self, chain: ChainStages, rate: dict[Any, Any] | None) -> dict[str, Any]:
        stages = [self._stage(stage) for stage in chain.stages]
        total = sum(stage["out"] for stage in stages)
        folds = [
            {"id": fold, **both("fold", fold), "p": own}
            for fold, ids in chain.folds.items()
            if (own := [i for i in ids if self.in_play(i)])
        ]
        return {
            "id": chain.chain,
            **both("chain", chain.chain),
            "said_total": message(
                "look-chain-output", value=lambda lang: say_money(total, lang) if total else "-"
            ),
            "said_content": message("look-chain-content", value=_share_ends(rate)),
            "stages": stages,
            "folds": folds,
            "links": self._links(chain),
        }

    def _stage(self, stage: Stage) -> dict[str, Any]:
        own = [i for i in stage.products if self.in_play(i)]
        main = self.facts.by_id[own[0]] if own else None
        buys = bought_outside(self.summary, stage.products)
        row: dict[str, Any] = {
            "id": f"{stage.chain}.{stage.stage_id}",
            **{lang: stage.name(lang) for lang in LANGUAGES},
            "p": own,
            "rest": [i for i in stage.products if not self.in_play(i)],
            "out": sum(output_value(self.facts.by_id[i]) for i in own),
        }
        if main is not None:
            row["main"] = main.product_id
        if buys.value > 0:
            key = "look-buy" if buys.sure else "look-buy-if"
            row["buy"] = message(key, value=lambda lang: say_money(buys.value, lang))
            row["sure"] = int(buys.sure)
        ghost = self._ghost(own)
        return row | ({"ghost": ghost} if ghost else {})

    def _ghost(self, products: Iterable[str]) -> dict[str, str] | None:
        """Return whom to call first for the dearest gap of a stage: a node that is not there yet."""
        called = {i: target for i in products if (target := self._first(i)) is not None}
        if not called:
            return None
        dearest = max(called, key=lambda i: _or(self.facts.by_id[i].gap_value.point, -1.0))
        return {"p": dearest, **self._group(called[dearest])}

    def _group(self, target: Target) -> Said:
        return said(lambda lang: name_group(self.facts, target.group, lang))

    def _first(self, product: str, *lists: str) -> Target | None:
        """Return the first target of a product in the first of some lists that names any."""
        rows = self.calls.get(product, [])
        for name in lists or ("outside", "supplier"):
            for target in rows:
                if target.listed == name:
                    return target
        return None

    def _links(self, chain: ChainStages) -> list[list[Any]]:
        """Return from stage, to stage and money of what each stage takes from another, as far as known."""
        place = {i: n for n, stage in enumerate(chain.stages) for i in stage.products}
        found: dict[tuple[int, int], float] = {}
        for source, output, data in input_links(region_graph(self.facts.state)):
            start, end = place.get(source), place.get(output)
            if not data["active"] or start is None or end is None or start == end:
                continue
            price = self.facts.by_id[source].price_cny
            money = known_quantity(data) * price if price > 0 else 0.0
            found[start, end] = found.get((start, end), 0.0) + money
        return [[start, end, round(money)] for (start, end), money in sorted(found.items())]

    # --- numbers

    def three(self) -> list[dict[str, Said]]:
        """Return the three numbers: output, what is bought outside, local content."""
        return [self._output(), self._bought(), self._content()]

    def _output(self) -> dict[str, Said]:
        staged = {i for chain in self.chains for stage in chain.stages for i in stage.products}
        made = [f for f in self.facts.products if f.makers and f.product_id in staged]
        priced = [value for fact in made if (value := output_value(fact)) > 0]
        rest = len(made) - len(priced)
        return {
            "title": message("look-output"),
            "number": said(lambda lang: say_money(sum(priced), lang) if priced else "-"),
            "note": message("look-output-note", priced=len(priced), rest=rest),
        }

    def _bought(self) -> dict[str, Said]:
        money = self.summary.money
        topics = [topic for topic in BOUGHT if self.summary.count(topic)]
        count = sum(self.summary.count(topic) for topic in topics)
        sure = topics == ["missing"]
        title = message("look-bought-sure" if sure else "look-bought")
        if not count:
            return {
                "title": title,
                "number": said(lambda _: "-"),
                "note": message("look-bought-nothing"),
            }
        if money.unpriced == count:
            return {"title": title, "number": said(lambda _: "-"),
                    "note": message("look-bought-none", count=count)}  # fmt: skip
        known = not math.isnan(money.point)
        note = message(
            "look-bought-open" if math.isinf(money.high) else "look-bought-note",
            low=lambda lang: say_money(money.low, lang), high=lambda lang: say_money(money.high, lang),
            count=count, unpriced=money.unpriced,
        )  # fmt: skip
        shown = money.point if known else money.low
        sign = "" if known else "≥"
        return {
            "title": title,
            "number": said(lambda lang: sign + say_money(shown, lang)),
            "note": note,
        }

    def _content(self) -> dict[str, Said]:
        frame = self.content
        value = frame["input_value_cny"]
        title = message("look-content")
        if not value.sum() > 0:
            return {
                "title": title,
                "number": said(lambda _: "-"),
                "note": message("look-content-none"),
            }
        low, point, high = (
            float((frame[f"local_content{end}"] * value).sum() / value.sum())
            if frame.loc[value > 0, f"local_content{end}"].notna().all() else math.nan
            for end in ("_low", "", "_high")
        )  # fmt: skip
        point_known = not math.isnan(point)
        number = percent(point) if point_known else _range(low, high)
        note = message(
            "look-content-note" if point_known else "look-content-open",
            low=percent(low), high=percent(high),
            known=int(frame["inputs_known"].sum()), all=int(frame["inputs"].sum()),
        )  # fmt: skip
        return {"title": title, "number": said(lambda _: number), "note": note}

    # --- things to do

    def things(self) -> list[dict[str, Any]]:
        """Return the things to do first: the dearest gaps, then whom to ask."""
        asks = self._ask()
        rows = first_gaps(self.summary, THINGS - len(asks))
        return [*(self._thing(row) for row in rows), *asks]

    def _thing(self, row: dict[Any, Any]) -> dict[str, Any]:
        fact = self.facts.by_id[row["product_id"]]
        thing: dict[str, Any] = {
            "p": fact.product_id,
            "verb": both("verb", fact.verb),
            "then": said(lambda lang: _then(fact, lang)),
            "what": said(
                lambda lang: f"{fact.name(lang)} {say_about(*fact.gap, fact.unit, lang)}".strip()
            ),
            "money": said(lambda lang: _money(row["best"], lang)),
            "who": self._who(fact),
            "why": said(lambda lang: self._why(fact, row, lang)),
        }
        return thing | self._answers(fact.product_id)

    def _who(self, fact: Fact) -> Said:
        builders = [maker for maker in fact.local if maker.status == "construction"]
        if fact.verb == "follow" and builders:
            zh, en = builders[0].name_zh, builders[0].name_en
            return message("look-building", name=lambda lang: (zh if lang == "zh" else en) or zh)
        contract = "contract" in {fact.verb, fact.then}
        first = ("supplier", "outside") if contract else ("outside", "supplier")
        target = self._first(fact.product_id, *first, "local")
        if target is None:
            return message("look-nobody")
        key = {"outside": "look-first", "supplier": "look-supplier", "local": "look-local"}[
            target.listed
        ]
        return message(key, name=lambda lang: self._group(target)[lang])

    def _why(self, fact: Fact, row: dict[Any, Any], lang: Language) -> str:
        parts = [_sized(row, fact, lang)]
        users = [self.facts.by_id[c.output_id].name(lang) for c in fact.causes]
        if users:
            parts.append(words.message("look-users", lang, names=listed(users, lang, _NAMED)))
        if fact.restricted:  # where it says so is one click away, in the panel
            what = _ADDRESS.sub("", fact.restriction(lang))
            parts.append(words.message("look-restricted", lang, what=what))
        return ("；" if lang == "zh" else "; ").join(part for part in parts if part)

    def _answers(self, product: str) -> dict[str, str]:
        """Return who answers for a product and until when, where a task of the data says so."""
        for row in self.tasks:
            if row["product_id"] == product and (row["lead_unit"] or row["due"]):
                return {
                    name: row[cell]
                    for name, cell in (("owner", "lead_unit"), ("due", "due"))
                    if row[cell]
                }
        return {}

    def _ask(self) -> list[dict[str, Any]]:
        asked = self.summary.asked
        if asked.empty:
            return []
        row = asked.iloc[0]
        value = row["answer_value_cny"]
        return [
            {
                "g": "ask",
                "verb": both("verb", "survey"),
                "what": said(lambda lang: str(row[f"question_{lang}"])),
                "money": dict.fromkeys(LANGUAGES, ""),
                "who": message("look-ask", whom=lambda lang: str(row[f"whom_{lang}"])),
                "why": said(
                    lambda lang: ("；" if lang == "zh" else "; ").join(
                        (
                            [words.message("look-worth", lang, value=say_money(value, lang))]
                            if value > 0
                            else []
                        )
                        + [words.message("look-more", lang, count=len(asked))]
                    )
                ),
            }
        ]

    # --- head

    def title(self) -> Said:
        """Return the title of the page."""
        count = len(self.chains)

        def chains(lang: Language) -> str:
            if count == 1:
                return words.term("chain", self.chains[0].chain, lang)
            return words.message(
                "look-chains",
                lang,
                count=_NUMBERS[count] if lang == "zh" and count < len(_NUMBERS) else count,
            )

        return message("look-title", region=self._region, chains=chains)

    def _region(self, lang: Language) -> str:
        return place_name(self.dataset, self.facts.state.region.name, lang)

    def scope(self) -> Said:
        """Return the line that says of when and of what the page is."""
        ds = self.dataset
        sites = {plant.enterprise_id for plant in self.summary.plants}
        return message(
            "look-scope", at=ds.as_of or "-", newest=self.summary.basis.newest or "-",
            statuses=lambda lang: counted_statuses(self.facts, lang),
            sites=len(sites), dataset=ds.title, version=ds.version,
        )  # fmt: skip


_NUMBERS: Final = "〇一两三四五六七八九"


def amounts(fact: Fact) -> dict[str, Said]:
    """Return the amounts of a product as boxes and panels say them, in every language."""
    need = fact.demand_ends
    rows = {
        "need": said(lambda lang: say_about(*need, fact.unit, lang) if need.high > 0 else ""),
        "needs": said(lambda lang: say_ends(*need, fact.unit, lang) if need.high > 0 else ""),
        "cap": said(lambda lang: _amount(fact.capacity, fact.unit, lang)),
        "bld": said(
            lambda lang: (
                _amount(fact.construction, fact.unit, lang) if fact.construction > 0 else ""
            )
        ),
        "gap": said(lambda lang: say_ends(*fact.gap, fact.unit, lang) if fact.gap.high > 0 else ""),
        "money": said(
            lambda lang: say_money_ends(*fact.gap_value, lang) if fact.gap_value.high > 0 else ""
        ),
    }
    return {name: row for name, row in rows.items() if any(row.values())}


def _then(fact: Fact, lang: Language) -> str:
    """Return what follows the first step, and what speaks against more."""
    then = (
        words.message("look-then", lang, then=words.term("then", fact.then, lang))
        if fact.then
        else ""
    )
    mark = words.term("mark", fact.mark, lang) if fact.mark else ""
    return ("，" if lang == "zh" else ", ").join(part for part in (then, mark) if part)


def output_value(fact: Fact) -> float:
    """Return what local makers could make at capacity, CNY a year; 0 where figure or price is not known."""
    value = fact.capacity * fact.price_cny
    return float(value) if value > 0 else 0.0


def percent(value: float) -> str:
    """Return a share: one decimal below a tenth."""
    if math.isnan(value):
        return "-"
    return f"{value:.1%}" if 0 < value < _SMALL else f"{value:.0%}"


def _share_ends(rate: dict[Any, Any] | None) -> str:
    if rate is None or not rate["input_value_cny"] > 0:
        return "-"
    return _range(rate["local_content_low"], rate["local_content_high"])


def _range(low: float, high: float) -> str:
    """Return two shares, one where they read the same."""
    ends = percent(low), percent(high)
    return ends[0] if ends[0] == ends[1] else "–".join(ends)


def _amount(value: float, unit: str, lang: Language) -> str:
    if math.isnan(value):
        return ""
    return say_about(value, value, value, unit, lang)


def _sized(row: dict[Any, Any], fact: Fact, lang: Language) -> str:
    size, gap = row["plant_size"], _or(fact.gap.point, fact.gap.low)
    if not size > 0:
        return words.message("look-plant-unknown", lang)
    shown = say_about(size, size, size, fact.unit, lang)
    fill = gap / size
    if fill >= _ONE:
        return words.message("look-plant", lang, size=shown, count=f"{fill:.1f}")
    return words.message("look-plant-part", lang, size=shown, share=percent(fill))


def _money(value: float, lang: Language) -> str:
    if math.isnan(value):
        return words.message("look-unpriced", lang, count=1)
    return say_money(value, lang)


def _or(value: float, other: float) -> float:
    return other if math.isnan(value) else value


def _plain(value: float) -> float | None:
    return None if math.isnan(value) or math.isinf(value) else round(value)
