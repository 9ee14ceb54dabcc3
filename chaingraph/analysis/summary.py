"""The first lines on a region: what is known, what to ask, how much money; one home for all pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from chaingraph import words
from chaingraph.analysis.regions import place_name
from chaingraph.analysis.survey_plan import plan_survey
from chaingraph.analysis.topics import (
    BOUGHT,
    TOPICS,
    Doubt,
    Plant,
    plants_of,
    topics_of,
    unconfirmed_anchors,
)
from chaingraph.dataset import last_day
from chaingraph.knowledge.recall import AT_MOST
from chaingraph.products import positions
from chaingraph.spoken import say_ends, say_money, say_quantity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from chaingraph.analysis.basis import Basis
    from chaingraph.analysis.state import RegionState
    from chaingraph.words import Language

CALLS: Final = 5
"""Questions that come first."""
_NAMED: Final = 4
"""Products that a sentence names; of more it gives the number."""
_SITES: Final = 3
_SHARES: Final = 3
"""Anchors that the sentence on them names."""
_MADE: Final = ("commissioned", "full_output")
_SIZES: Final = {
    "alone": "alone", "alone_if": "alone_if", "neighbours": "neighbours", "contract": "contract",
    "contract_only": "contract", "unknown": "unknown",
}  # fmt: skip


class Part(NamedTuple):
    """A piece of a sentence; one that counts names its topic, so that a page can link to the list."""

    text: str
    topic: str = ""


Line = tuple[Part, ...]


@dataclass(frozen=True)
class Money:
    """What is bought outside if nobody here makes it, CNY a year.

    Attributes
    ----------
    low, point, full, high
        At least; at the loads known or assumed and at full load (nan where no line has a figure); at most
        (infinite where nothing bounds it).
    restricted
        The part of the figure that may not be built freely.
    unpriced, unbounded
        Lines without a price; with one, but without a bound.
    """

    low: float
    point: float
    full: float
    high: float
    restricted: float
    unpriced: int
    unbounded: int


class Footing(NamedTuple):
    """What the figures rest on.

    Attributes
    ----------
    found, events
        Of the cities and products of which a commissioned plant is reported anywhere: with a maker in the
        table of capacities; all.
    assumed, made
        Products made here whose load is assumed; all.
    load
        ``actual``, ``full`` or ``asked``.
    prices
        First and last date of the prices used; empty without any.
    newest
        Newest date of a capacity row here.
    known
        Of the dearest products that may be bought outside: id, the share of the nation's capacity that the data
        know, and whether that is only the most it can be.
    """

    found: int
    events: int
    assumed: int
    made: int
    load: str
    prices: tuple[str, str] | None
    newest: str
    known: tuple[tuple[str, float, bool], ...]


@dataclass(frozen=True, eq=False)
class Summary:
    """What the first lines say, before it is said in a language.

    Attributes
    ----------
    topics
        Topic -> ids of the products that stand for a line of it, in the order of the gaps.
    worth
        Topic -> what its lines are worth, CNY a year: least, figure (nan where none is known), most.
    money
        Of the topics that are bought outside.
    restricted
        Products among them that may not be built freely.
    sizes
        Verdict of size -> products among them that may be built; ``covered``: what is coming is enough.
    asked
        Whom to ask what: rows of :func:`chaingraph.plan_survey`, the dearest first.
    doubts
        Anchors that are not known to run.
    """

    state: RegionState
    topics: dict[str, tuple[str, ...]]
    worth: dict[str, tuple[float, float, float]]
    money: Money
    restricted: tuple[str, ...]
    sizes: dict[str, tuple[str, ...]]
    asked: pd.DataFrame
    doubts: tuple[Doubt, ...]
    basis: Footing
    chain: str
    frame: pd.DataFrame
    plants: tuple[Plant, ...]

    def count(self, topic: str) -> int:
        """Return how many lines stand under a topic."""
        return len(self.topics.get(topic, ()))


def summarise(state: RegionState, frame: pd.DataFrame, *, chain: str | None = None) -> Summary:
    """Work out what the first lines on a region say.

    Parameters
    ----------
    state
        The region.
    frame
        All its gaps, rows of :func:`chaingraph.find_gaps` without a choice of kinds.
    chain
        The chain that the gaps were asked for.

    Returns
    -------
    Summary
        Counts, money, sizes, questions, and what they rest on.
    """
    plants = plants_of(state)
    if frame.empty:
        money = Money(0.0, 0.0, 0.0, 0.0, 0.0, 0, 0)
        basis = _basis(state, frame, plants)
        asked = plan_survey(state).frame.head(0)
        return Summary(state, {}, {}, money, (), {}, asked, (), basis, chain or "", frame, plants)
    frame = frame.assign(topic=topics_of(frame))
    own = frame["under"].isna()
    lines = frame[own]
    topics = {
        name: tuple(lines.loc[lines["topic"] == name, "product_id"])
        for name in TOPICS
        if (lines["topic"] == name).any()
    }
    bought = lines[lines["topic"].isin(BOUGHT)]
    limited = bought[bought["mark"] == "restricted"]
    free = bought[bought["mark"] != "restricted"]
    asked, doubts = plan_survey(state).frame, unconfirmed_anchors(state, plants)
    if chain:
        inside = set(frame["product_id"])
        hanging = [bool(inside.intersection(cell.split("; "))) for cell in asked["hanging"]]
        asked = asked[hanging].reset_index(drop=True)
        doubts = tuple(doubt for doubt in doubts if _serves(state, doubt.products, inside))
    return Summary(
        state=state,
        topics=topics,
        worth=_worth(frame, lines),
        money=_money(frame, bought),
        restricted=tuple(limited["product_id"]),
        sizes=_sizes(free),
        asked=asked,
        doubts=doubts,
        basis=_basis(state, bought, plants),
        chain=chain or "",
        frame=frame,
        plants=plants,
    )


def _serves(state: RegionState, products: Iterable[str], inside: set[str]) -> bool:
    """Tell whether a plant takes any of some products."""
    graph = state.study.product_graph
    own = [graph.find(name) for name in products]
    taken = graph.source[state.active & np.isin(graph.target, own)]
    return bool(inside & {graph.ids[i] for i in taken.tolist()})


def _money(frame: pd.DataFrame, bought: pd.DataFrame) -> Money:
    """Add up what some lines are worth: of alternatives the figures, and the most of the dearest."""
    rows = standing_for(frame, bought)
    low, point, high = rows["gap_value_cny_low"], rows["best"], rows["gap_value_cny_high"]
    full = (rows["demand_full"] * rows["price_cny"]).clip(lower=point)
    full = full.where(~(full > high), high)
    known = bool(rows["gap_value_cny"].notna().any())
    priced = rows["price_cny"].notna().groupby(rows["stands"]).any()
    most = high.groupby(rows["stands"]).max()
    limited = rows["stands"].isin(bought.loc[bought["mark"] == "restricted", "product_id"])
    return Money(
        low=float(low.sum()),
        point=float(point.sum()) if known else float("nan"),
        full=float(full.sum()) if known else float("nan"),
        high=float(most[np.isfinite(most)].sum()) if not np.isinf(most).any() else float("inf"),
        restricted=float(point[limited].sum()),
        unpriced=int((~priced).sum()),
        unbounded=int(np.isinf(most).sum()),
    )


def standing_for(frame: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of some lines, alternatives too, with the product that each stands for."""
    stands = frame["under"].fillna(frame["product_id"])
    rows = frame[stands.isin(lines["product_id"])].assign(stands=stands)
    priced = rows["price_cny"].notna()
    best = rows["gap_value_cny"].fillna(rows["gap_value_cny_low"])
    return rows.assign(best=best, gap_value_cny_high=rows["gap_value_cny_high"].where(priced))


def _worth(frame: pd.DataFrame, lines: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Return what the lines of each topic are worth together; nan where nothing is known of it."""
    rows = standing_for(frame, lines)
    rows = rows[rows["price_cny"].notna()]
    topic = dict(zip(lines["product_id"], lines["topic"], strict=True))
    names = ("stands", "gap_value_cny_low", "best", "gap_value_cny_high", "gap_value_cny")
    most: dict[str, float] = {}
    sums: dict[str, tuple[float, float, bool]] = {}
    for line, low, best, high, point in zip(*(rows[n].tolist() for n in names), strict=True):
        most[line] = max(high, most.get(line, high))
        least, figure, known = sums.get(topic[line], (0.0, 0.0, False))
        sums[topic[line]] = least + low, figure + best, known or not np.isnan(point)
    return {
        name: (
            least, figure if known else float("nan"),
            sum(high for line, high in most.items() if topic[line] == name),
        )
        for name, (least, figure, known) in sums.items()
    }  # fmt: skip


def _sizes(free: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    coming = (free["coming"] > 0) & (free["gap_after_coming"] <= 0)
    found: dict[str, list[str]] = {"covered": free.loc[coming, "product_id"].tolist()}
    rest = free[~coming & (free["list"] == "recruit")]
    for product, verdict in zip(rest["product_id"], rest["size_verdict"], strict=True):
        if verdict in _SIZES:
            found.setdefault(_SIZES[verdict], []).append(product)
    return {name: tuple(products) for name, products in found.items() if products}


def _basis(state: RegionState, bought: pd.DataFrame, plants: Sequence[Plant]) -> Footing:
    study = state.study
    prices = [] if bought.empty else [d for d in bought["price_date"] if isinstance(d, str)]
    found, events = recall_of(study)
    assumed = study.load_of(state.region).has("load_assumed")
    asked = study.loads.asked
    load = asked if isinstance(asked, str) else "asked"
    dates = [plant.as_of for plant in plants]
    return Footing(
        found, events, int((assumed & state.present).sum()), int(state.present.sum()), load,
        (min(prices), max(prices)) if prices else None, max(dates, default=""), _known(bought),
    )  # fmt: skip


def _known(bought: pd.DataFrame) -> tuple[tuple[str, float, bool], ...]:
    """Return how much of the nation the data know of the dearest lines, of which that can be told."""
    if bought.empty:
        return ()
    most = bought["recall_basis"] == AT_MOST
    told = bought[
        bought["collection_recall"].notna() & ~(most & (bought["collection_recall"] >= 1))
    ]
    told = told.sort_values("gap_value_cny", ascending=False, kind="stable").head(_SHARES)
    cells = (told["product_id"], told["collection_recall"], most[told.index])
    return tuple(zip(*(cell.tolist() for cell in cells), strict=True))


def recall_of(study: Basis) -> tuple[int, int]:
    """Return of how many cities and products with a commissioned plant the capacities name a maker, and of all.

    Two lists of the same plants tell how much of them each knows. The share is an upper bound of the
    recall of the collection, since keepers of one list look at the other.
    """
    events = study.statements.events
    if not len(events) or not study.product_graph.size:
        return 0, 0
    made = events[
        events["event"].isin(_MADE) & (events["scope"] != "programme") & (events["city"] != "")
    ]
    cells = set(zip(made["city"], made["place"], strict=True))
    rows = study.city_rows
    place = positions(study.product_graph, rows.products)[rows.product]
    here = rows.numbers["makers"] > 0
    known = set(
        zip(rows.regions[rows.region[here]].tolist(), place[here].tolist(), strict=True)
    )  # fmt: skip
    return len(cells & known), len(cells)


# --- in words


def first_lines(summary: Summary, lang: Language) -> list[str]:
    """Return the first lines on a region as sentences.

    Examples
    --------
    >>> import chaingraph as cg
    >>> state = cg.open_study(cg.load_dataset("toy")).state()
    >>> print(first_lines(summarise(state, cg.find_gaps(state).frame), "en")[1])
    Confirmed missing: 2 (Foil, Ore). One of several 1 (Powder A), made here, figures lacking 1 (Can).
    """
    return [line_text(line) for line in say_lines(summary, lang)]


def line_text(line: Line) -> str:
    """Return a line as one text."""
    return "".join(part.text for part in line)


def say_lines(summary: Summary, lang: Language) -> list[Line]:
    """Return the first lines: of what, how many, how much, how large, whom to call, on what basis."""
    lines = [_about(summary, lang), _counts(summary, lang)]
    if any(summary.count(topic) for topic in BOUGHT):
        lines += [_money_line(summary, lang), _size_line(summary, lang)]
    lines += [_calls(summary, lang), _running(summary, lang), _basis_line(summary, lang)]
    return [line for line in lines if line]


def product_name(state: RegionState, product: str, lang: Language) -> str:
    """Return a product's name in a language, the other one or the id where there is none."""
    study = state.study
    names = study.names_zh if lang == "zh" else study.names_en
    return names[study.product_graph.position[product]]


def site_name(plants: Iterable[Plant], enterprise: str, lang: Language) -> str:
    """Return a site's name in a language, the other one or the id where there is none."""
    own = next((plant for plant in plants if plant.enterprise_id == enterprise), None)
    if own is None:
        return enterprise
    names = (own.name_zh, own.name_en) if lang == "zh" else (own.name_en, own.name_zh)
    return next((name for name in names if name), enterprise)


def listed(names: Sequence[str], lang: Language, most: int = _NAMED) -> str:
    """Return names as a list, the first few and how many there are."""
    shown = ("、" if lang == "zh" else ", ").join(names[:most])
    if len(names) <= most:
        return shown
    return words.message("names-more", lang, names=shown, count=len(names))


def _names(summary: Summary, products: Sequence[str], lang: Language, most: int = _NAMED) -> str:
    return listed([product_name(summary.state, p, lang) for p in products], lang, most)


def _say(key: str, lang: Language, **params: object) -> str:
    return words.message(f"first-{key}", lang, **params)


def _about(summary: Summary, lang: Language) -> Line:
    ds = summary.state.study.dataset
    chains = [summary.chain] if summary.chain else list(ds.chains)
    names = [words.term("chain", name, lang) for name in chains]
    region = summary.state.region.name
    where = place_name(ds, region, lang)
    own = ds.packages[-1].as_of if ds.packages else ""
    ahead = bool(own and ds.as_of) and last_day(ds.as_of) > last_day(own)
    key = "about" if chains and summary.basis.newest else "about-plain"
    said = _say(
        key, lang, region=where, chains=("、" if lang == "zh" else ", ").join(names),
        at=(own if ahead else ds.as_of) or "-", newest=summary.basis.newest,
    )  # fmt: skip
    if ds.supposed is not None:  # nobody may take a question for the state of things
        space = "" if lang == "zh" else " "
        said = _say("supposed", lang, scenario=ds.supposed.name or "-") + space + said
    return (Part(said + _say("ahead", lang, known=own, at=ds.as_of) if ahead else said),)


def _counts(summary: Summary, lang: Language) -> Line:
    if not summary.plants and not summary.topics:
        return (Part(_say("nothing", lang)),)
    parts = [*_counted(summary, "missing", lang, "missing")]
    rest = [topic for topic in TOPICS if topic != "missing" and summary.count(topic)]
    for number, topic in enumerate(rest):
        parts.append(Part(_say("comma" if number else "stop", lang)))
        parts += _counted(summary, topic, lang, "count" if number else "count-first")
    return (*parts, Part(_say("end", lang)))


def _counted(summary: Summary, topic: str, lang: Language, key: str) -> list[Part]:
    """Return a count, which a page links to its list, with the names of the few."""
    products = summary.topics.get(topic, ())
    word = words.term("topic", topic, lang)
    if key == "count-first" and lang == "en":
        word = word[:1].upper() + word[1:]
    named = _names(summary, products, lang) if 0 < len(products) <= _NAMED else ""
    text = _say("missing" if key == "missing" else "count", lang, topic=word, count=len(products))
    brackets = ("（", "）") if lang == "zh" else (" (", ")")
    inside = [named, _say("check", lang) if topic in {"unseen", "missing_likely"} else ""]
    shown = ("；" if lang == "zh" else "; ").join(part for part in inside if part)
    count = Part(text, topic if products else "")
    return [count, Part(f"{brackets[0]}{shown}{brackets[1]}")] if shown else [count]


def _money_line(summary: Summary, lang: Language) -> Line:
    money = summary.money
    count = sum(summary.count(topic) for topic in BOUGHT)
    between = "、" if lang == "zh" else ", "
    topics = between.join(
        words.term("topic", topic, lang) for topic in BOUGHT if summary.count(topic)
    )
    if money.unpriced == count:
        return (Part(_say("money-none", lang, count=count)),)
    most = _say("money-open", lang, count=money.unbounded)
    if not money.unbounded:
        most = _say("money-most", lang, high=say_money(money.high, lang))
    sure = all(topic == "missing" for topic in BOUGHT if summary.count(topic))
    head = _say("money-sure" if sure else "money-if", lang, count=count, topics=topics)
    if np.isnan(money.point):
        low = say_money(money.low, lang)
        key = "money-least" if money.low > 0 or not money.unbounded else "money-unknown"
        parts = [_say(key, lang, head=head, low=low, most=most, count=money.unbounded)]
    else:
        parts = [
            _say(
                "money", lang, head=head, low=say_money(money.low, lang),
                point=say_money(money.point, lang), full=say_money(money.full, lang), most=most,
            )
        ]  # fmt: skip
    if money.unpriced:
        parts.append(_say("money-unpriced", lang, count=money.unpriced))
    if summary.restricted:
        names = _names(summary, summary.restricted, lang)
        value = say_money(money.restricted, lang)
        key = "money-restricted" if money.restricted > 0 else "money-limited"
        parts.append(_say(key, lang, names=names, value=value))
    comma = "；" if lang == "zh" else "; "
    return (Part(comma.join(parts) + _say("end", lang) + _say("known-users", lang)),)


def _size_line(summary: Summary, lang: Language) -> Line:
    said = []
    for name in ("alone", "alone_if", "neighbours", "contract"):
        products = summary.sizes.get(name, ())
        if products:
            shown = [_sized(summary, p, lang) for p in products] if name == "alone" else [
                product_name(summary.state, p, lang) for p in products
            ]  # fmt: skip
            said.append(_say(f"size-{name}", lang, names=listed(shown, lang)))
    if "alone" not in summary.sizes:
        said.insert(0, _say("size-none", lang))
    said += [_covered(summary, p, lang) for p in summary.sizes.get("covered", ())]
    unknown = len(summary.sizes.get("unknown", ()))
    if unknown:
        said.append(_say("size-unknown", lang, count=unknown))
    return (Part(("；" if lang == "zh" else "; ").join(said) + _say("end", lang)),)


def _row(summary: Summary, product: str) -> pd.Series:
    rows = summary.frame[summary.frame["product_id"] == product]
    return rows.iloc[0]


def _sized(summary: Summary, product: str, lang: Language) -> str:
    row = _row(summary, product)
    gap = say_ends(row["gap_low"], row["gap"], row["gap_high"], str(row["unit"]), lang)
    name = product_name(summary.state, product, lang)
    return words.message("first-sized", lang, name=name, gap=gap)


def _covered(summary: Summary, product: str, lang: Language) -> str:
    row = _row(summary, product)
    amount = say_quantity(float(row["coming"]), str(row["unit"]), lang)
    return _say(
        "size-covered", lang, name=product_name(summary.state, product, lang), amount=amount
    )


def _calls(summary: Summary, lang: Language) -> Line:
    if summary.asked.empty:
        return ()
    first = summary.asked.head(CALLS).to_dict("records")
    names = ("；" if lang == "zh" else "; ").join(_call(summary, row, lang) for row in first)
    return (Part(_say("calls", lang, names=names, count=len(first))),)


def _call(summary: Summary, row: dict[Any, Any], lang: Language) -> str:
    """Return a question in a few words: of what, and at a plant whose."""
    name = _names(summary, row["product_id"].split("; "), lang)
    return _say(f"ask-{row['ask']}", lang, name=name, whom=row[f"whom_{lang}"])


def _running(summary: Summary, lang: Language) -> Line:
    if not summary.doubts:
        return ()
    parts = []
    between = "、" if lang == "zh" else ", "
    for doubt in summary.doubts[:_SITES]:
        key = "running-one" if doubt.value > 0 else "running-unpriced"
        why = between.join(words.term("unconfirmed", name, lang) for name in doubt.why)
        site = site_name(summary.plants, doubt.enterprise_id, lang)
        value = say_money(doubt.value, lang) if doubt.value > 0 else ""
        names = _names(summary, doubt.products, lang)
        parts.append(_say(key, lang, site=site, products=names, why=why, value=value))
    count = len(summary.doubts)
    key = "running" if count <= _SITES else "running-more"
    names = ("；" if lang == "zh" else "; ").join(parts)
    return (
        Part(_say(key, lang, count=count), "running"),
        Part(_say("running-names", lang, names=names)),
    )


_NONE_ASSUMED: Final = {"actual": "known", "asked": "given"}


def _basis_line(summary: Summary, lang: Language) -> Line:
    basis = summary.basis
    said = []
    if basis.events:
        said.append(_say("recall", lang, found=basis.found, events=basis.events,
                         share=f"{basis.found / basis.events:.0%}"))  # fmt: skip
    if basis.known:
        shares = []
        for product, share, most in basis.known:
            name = _names(summary, [product], lang)
            at_most = _say("known-most", lang, product=name, share=f"{share:.0%}")
            shares.append(at_most if most else f"{name} {share:.0%}")
        said.append(_say("known", lang, names=("、" if lang == "zh" else ", ").join(shares)))
    if basis.made:
        load = basis.load if basis.assumed or basis.load == "full" else _NONE_ASSUMED[basis.load]
        said.append(_say(f"load-{load}", lang, assumed=basis.assumed, made=basis.made))
    if basis.prices:
        first, last = basis.prices
        said.append(_say("prices" if first != last else "prices-one", lang, first=first, last=last))
    return (Part("".join(said) if lang == "zh" else " ".join(said)),) if said else ()
