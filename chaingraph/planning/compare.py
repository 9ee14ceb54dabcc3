"""Before and after: a base and up to three scenarios of it, side by side."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.analysis.balance import study_params
from chaingraph.analysis.content import measure_local_content
from chaingraph.analysis.gaps import CERTAIN, UNMET, gaps_of
from chaingraph.analysis.moved import same
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import open_study, region_state
from chaingraph.errors import OptionError
from chaingraph.planning.changes import apply_scenario
from chaingraph.planning.kinds import Scenario
from chaingraph.planning.scenario import read_scenario
from chaingraph.results import Result, shown_number
from chaingraph.updates.effect import table_frame
from chaingraph.updates.gap_changes import GAP_CHANGES, compare_gaps
from chaingraph.updates.saying import say_causes
from chaingraph.updates.table_changes import Names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.state import RegionState
    from chaingraph.dataset import Dataset
    from chaingraph.knowledge.facts import PriceRule
    from chaingraph.planning.scenario import Asked
    from chaingraph.regions import Region
    from chaingraph.words import Language

MOST: Final = 3
"""Scenarios side by side: more are not read across a page."""
MOST_YEARS: Final = 12
_CNY_100M: Final = 1e8
_NAMED: Final = 8
_PRODUCTS_SHOWN: Final = (
    "gap_change", "name_zh", "name_en", "gap_kind_before", "gap_kind_after", "unit", "capacity_before",
    "capacity_after", "demand_before", "demand_after", "shortage_before", "shortage_after",
    "gap_value_cny_change",
)  # fmt: skip
_CAUSES_SHOWN: Final = (
    "name_zh", "name_en", "cause", "user_zh", "user_en", "enterprise_zh", "enterprise_en",
    "own_before", "own_after", "effect",
)  # fmt: skip
_AMOUNTS: Final = ("demand", "gap")
_WORD: Final = {"gap": "shortage"}


@dataclass(frozen=True, eq=False)
class Comparison:
    """What up to three scenarios change in a region.

    Attributes
    ----------
    totals
        One row a scenario and measure: the figure in the base and in the scenario.
    products
        One row a scenario and product that it changes, new gaps first: figures before and after, why.
    causes
        One row a scenario and maker, user, recipe, share or goal behind a change; effects add up.
    years
        The totals with only what begins by each year; empty where nothing is dated.
    gaps
        Where there are several scenarios: one row a product, the gap in the base and in each of them.
    scenarios
        Name -> the dataset of each.
    """

    totals: Result
    products: Result
    causes: Result
    years: Result
    gaps: Result
    scenarios: Mapping[str, Dataset]

    @property
    def results(self) -> tuple[Result, ...]:
        """All parts that say something, in the order in which a page shows them."""
        parts = (self.totals, self.gaps, self.products, self.causes, self.years)
        return tuple(p for p in parts if len(p) or p is self.totals or p is self.products)

    @property
    def totals_beside(self) -> Result:
        """The totals with a column a scenario, under its name."""
        frame, keys = self.totals.frame, ["scenario_measure", "content_of", "measure_unit"]
        parts = [frame[frame["scenario"] == name].reset_index(drop=True) for name in self.scenarios]
        beside = pd.concat(parts).drop_duplicates(keys)[[*keys, "measure_before"]]
        for name, part in zip(self.scenarios, parts, strict=True):
            column = name if name not in beside else f"{name} "
            own = part[[*keys, "measure_after"]].rename(columns={"measure_after": column})
            beside = beside.merge(own, on=keys, how="left", validate="one_to_one")
        return replace(self.totals, frame=beside, shown=())

    @property
    def new_gaps(self) -> Result:
        """What was no gap of supply before: one row a scenario and product."""
        frame = self.products.frame
        opened = (frame["gap_change"] == "opened") & frame["gap_kind_after"].isin(UNMET)
        return replace(self.products, frame=frame[opened].reset_index(drop=True))

    def to_json(self) -> str:
        """Return all parts as JSON text: name of the part -> :meth:`Result.to_dict`."""
        parts = {result.kind: result.to_dict() for result in self.results}
        return json.dumps(parts, ensure_ascii=False, indent=1, allow_nan=False)

    def __str__(self) -> str:
        """Return totals and products as text."""
        return "\n\n".join(result.to_text() for result in (self.totals, self.products))


def compare_scenarios(
    ds: Dataset,
    scenarios: Mapping[str, Asked] | Sequence[Asked] | Asked,
    *,
    region: str | Region | None = None,
    chain: str | None = None,
    at: str | None = None,
    by: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    prices: PriceRule = "at",
    lang: Language | None = None,
) -> Comparison:
    r"""Set up to three scenarios of a dataset against it.

    Parameters
    ----------
    ds
        The base.
    scenarios
        Name -> scenario (see :func:`read_scenario`); or one, or a list of files or scenarios, which have
        their own names.
    region, chain, at, statuses, load, prices, lang
        As in :func:`find_gaps`, for base and scenarios; the dataset's focus by default. Plants without a place
        are built there.
    by
        Only what begins up to this date.

    Returns
    -------
    Comparison
        `products` has, with ``_before`` and ``_after``, `capacity` (what local makers could make),
        `output`, `demand`, `shortage` (the gap; units a year; both with ends), `coverage` and
        `gap_value_cny`, `gap_kind`, `gap_change`, and why; `causes` every part of each change: their
        known `effect` adds up to the change of demand less that of capacity.

    Raises
    ------
    OptionError, UnknownNameError
        For scenarios and options that cannot be used; more than three, or two of one name.

    Notes
    -----
    Shares between alternatives are those of the base: see :func:`apply_scenario`. The split over causes is the
    one of :func:`diff_datasets`.

    Examples
    --------
    >>> import chaingraph as cg
    >>> toy = cg.load_dataset("toy")
    >>> found = compare_scenarios(toy, {"foil": [{"do": "build", "product": "foil", "size": 1200}]})
    >>> row = found.products.frame.set_index("product_id").loc["foil"]
    >>> row["gap_change"], float(row["shortage_before"]), float(row["shortage_after"])
    ('closed', 1000.0, 0.0)
    """
    named = _named(scenarios)
    ds = ds if at is None else ds.at(at)
    if ds.supposed is not None:
        raise OptionError("scenario-twice")
    options: dict[str, Any] = {"statuses": statuses, "load": load, "prices": prices}
    study = open_study(ds, **options)
    base = region_state(study, region)
    where = region if region is not None else None
    spoken = read_lang(ds, lang)
    parts: dict[str, list[pd.DataFrame]] = {
        name: [] for name in ("totals", "products", "causes", "years")
    }
    made: dict[str, Dataset] = {}
    notes: list[tuple[str, dict[str, Any]]] = []
    before = _measured(base, chain)
    for name, scenario in named.items():
        made[name] = apply_scenario(ds, scenario, region=where, by=by)
        state = region_state(open_study(made[name], **options), base.region)
        after = _measured(state, chain)
        products, causes = _products(before, after, (ds, made[name]), chain)
        totals = _totals(before, after)
        for part, frame in (("totals", totals), ("products", products), ("causes", causes)):
            parts[part].append(_with_name(frame, name))
        notes += _said(name, products, totals)
        supposed = made[name].supposed
        notes += [(key, dict(params)) for key, params in supposed.notes] if supposed else []
        yearly = [year for year in scenario.dates if by is None or year <= by[:4]][:MOST_YEARS]
        for year in yearly if len(yearly) > 1 else ():
            early = apply_scenario(ds, scenario, region=where, by=year)
            then = _measured(region_state(open_study(early, **options), base.region), chain)
            frame = _totals(before, then)
            frame.insert(0, "by_year", pd.Series([year] * len(frame), dtype="str"))
            parts["years"].append(_with_name(frame, name))
    params = study_params(study, [base.region.name], chain)
    params["scenario"] = ", ".join(named)
    if by is not None:
        params["by"] = by
    frames = {name: pd.concat(held, ignore_index=True) if held else pd.DataFrame()
              for name, held in parts.items()}  # fmt: skip
    first = ("whatif-base", {"dataset": ds.name, "at": ds.as_of or "-"})
    several = ("scenario",) if len(named) > 1 else ()

    def result(kind: str, frame: pd.DataFrame, shown: tuple[str, ...], said: Any = ()) -> Result:
        return Result(kind, frame, params, spoken, shown, tuple(said))

    figures = ("measure_before", "measure_after", "measure_change")
    shown = ("scenario_measure", "content_of", "measure_unit", *figures)
    return Comparison(
        result("scenario_totals", frames["totals"], (*several, *shown), (first, *notes)),
        result("scenario_products", frames["products"], (*several, *_PRODUCTS_SHOWN)),
        result("scenario_causes", frames["causes"], (*several, *_CAUSES_SHOWN)),
        result("scenario_years", frames["years"], ("scenario", "by_year", *shown)),
        result("scenario_gaps", _side_by_side(frames["products"], before, list(named)), ()),
        made,
    )


def _named(scenarios: Any) -> dict[str, Scenario]:
    """Return scenarios by name, each with one of its own."""
    if isinstance(scenarios, Mapping) and not {"do", "change"} & set(scenarios):
        found = {str(name): read_scenario(one) for name, one in scenarios.items()}
    else:
        several = isinstance(scenarios, Sequence) and not isinstance(scenarios, str)
        several = several and all(isinstance(one, str | Path | Scenario) for one in scenarios)
        listed = [read_scenario(one) for one in (scenarios if several else [scenarios])]
        found = {}
        for number, one in enumerate(listed, 1):
            name = one.name or f"scenario {number}"
            if name in found:
                raise OptionError("scenario-same-name", value=name)
            found[name] = one
    if not found:
        raise OptionError("no-scenario")
    if len(found) > MOST:
        raise OptionError("scenario-many", count=len(found), limit=MOST)
    return {name: Scenario(name, one.changes, one.note) for name, one in found.items()}


@dataclass(frozen=True, eq=False)
class _Measured:
    """A state with its gaps and its local content."""

    state: RegionState
    gaps: pd.DataFrame
    content: pd.DataFrame


def _measured(state: RegionState, chain: str | None) -> _Measured:
    gaps = gaps_of(state.study, [state], chain=chain)[0]
    content = measure_local_content(state).frame
    if chain is not None:
        content = content[content["content_of"] == chain]
    return _Measured(state, gaps, content)


def _with_name(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    result = frame.copy()
    result.insert(0, "scenario", pd.Series([name] * len(frame), dtype="str"))
    return result


def _products(
    before: _Measured, after: _Measured, datasets: tuple[Dataset, Dataset], chain: str | None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the products that a scenario changes, new gaps first, and the causes of each change."""
    old, new = before.state, after.state
    moved = np.zeros(old.study.product_graph.size, dtype=bool)
    for name in ("capacity", "output", "supply", "demand", "gap"):
        moved |= ~same(getattr(old, name), getattr(new, name))
    if chain is not None:
        moved &= np.array([chain in tags for tags in old.study.chain_tags])
    ids = old.study.product_graph.ids
    names = Names(*datasets, read=table_frame)
    gaps, causes = compare_gaps(
        (before.gaps, old), (after.gaps, new), names, also=[ids[i] for i in np.flatnonzero(moved)]
    )
    places = [old.study.product_graph.find(product) for product in gaps["product_id"]]
    priced = (gaps["gap_value_cny_before"] != gaps["gap_value_cny_after"]) & (
        gaps["gap_value_cny_before"].notna() | gaps["gap_value_cny_after"].notna()
    )
    kept = np.array([moved[i] for i in places], dtype=bool) | priced.to_numpy(dtype=bool)
    kept |= (gaps["gap_change"] != "same").to_numpy(dtype=bool)
    units = dict(zip(ids, old.study.products["unit"].fillna(""), strict=True))
    gaps = say_causes(_with_figures(gaps, places, old, new), causes, units)[kept]
    gaps = gaps.assign(
        first_=~(gaps["gap_kind_after"].isin(UNMET) | gaps["gap_kind_before"].isin(UNMET)),
        order_=gaps["gap_change"].map({name: i for i, name in enumerate(GAP_CHANGES)}),
        most_=-gaps["gap_value_cny_change"].abs().fillna(0.0),
    ).sort_values(["first_", "order_", "most_", "product_id"])
    # what was and is no gap of supply neither opens nor closes one
    other = gaps["first_"] & gaps["gap_change"].isin(["opened", "closed"])
    gaps["gap_change"] = gaps["gap_change"].mask(other, "turned")
    causes = causes[causes["product_id"].isin(gaps["product_id"])].reset_index(drop=True)
    return gaps.drop(columns=["first_", "order_", "most_"]).reset_index(drop=True), causes


def _with_figures(
    gaps: pd.DataFrame, places: list[int], old: RegionState, new: RegionState
) -> pd.DataFrame:
    """Return the changes with outputs, ends, and what each figure changes by."""
    columns: dict[str, Any] = {}
    for side, state in (("before", old), ("after", new)):
        columns[f"output_{side}"] = state.output.point[places]
        for name in _AMOUNTS:
            amount = getattr(state, name)
            columns[f"{_WORD.get(name, name)}_low_{side}"] = amount.low[places]
            columns[f"{_WORD.get(name, name)}_high_{side}"] = amount.high[places]
    result = gaps.assign(**columns)
    for name in ("capacity", "output", "demand", "shortage", "gap_value_cny"):
        result[f"{name}_change"] = result[f"{name}_after"] - result[f"{name}_before"]
    return result


def _totals(before: _Measured, after: _Measured) -> pd.DataFrame:
    """Return the figures that a meeting asks for first, of base and scenario."""
    rows = [
        {"scenario_measure": measure, "content_of": None, "measure_unit": unit,
         "measure_before": _figure(measure, before), "measure_after": _figure(measure, after)}
        for measure, unit in _MEASURES
    ]  # fmt: skip
    contents = [measured.content.set_index("content_of") for measured in (before, after)]
    for chain in sorted({*contents[0].index, *contents[1].index}):
        for measure in _CONTENT:
            figures = [float(content[measure].get(chain, np.nan)) * 100 for content in contents]
            if not np.isnan(figures).all():
                rows.append(
                    {"scenario_measure": measure, "content_of": chain, "measure_unit": "%",
                     "measure_before": figures[0], "measure_after": figures[1]}
                )  # fmt: skip
    frame = pd.DataFrame(rows)
    for name in ("scenario_measure", "content_of", "measure_unit"):
        frame[name] = frame[name].astype("str").where(frame[name].notna())
    return frame.assign(measure_change=frame["measure_after"] - frame["measure_before"])


_CONTENT: Final = ("local_content_low", "local_content", "local_content_high")
_MEASURES: Final = (
    ("gaps_unmet", "count"), ("gaps_sure", "count"), ("gaps_unpriced", "count"),
    ("gap_value_cny", "100m CNY"), ("output_value_cny", "100m CNY"),
)  # fmt: skip
MEASURES: Final = (*(name for name, _ in _MEASURES), *_CONTENT)


def _figure(measure: str, measured: _Measured) -> float:
    gaps, state = measured.gaps, measured.state
    if measure == "output_value_cny":
        return float(np.nansum(state.output.point * state.study.price)) / _CNY_100M
    own = gaps[gaps["under"].isna()]  # alternatives for one need count once
    if measure == "gaps_sure":
        return float(own["gap_kind"].isin(CERTAIN).sum())
    unmet = own[own["gap_kind"].isin(UNMET)]["gap_value_cny"]
    counts = {"gaps_unmet": len(unmet), "gaps_unpriced": unmet.isna().sum()}
    return float(counts[measure] if measure in counts else unmet.sum() / _CNY_100M)


def _said(
    name: str, products: pd.DataFrame, totals: pd.DataFrame
) -> list[tuple[str, dict[str, Any]]]:
    """Return what a scenario does in three sentences: new gaps are named."""
    unmet = products["gap_kind_before"].isin(UNMET) | products["gap_kind_after"].isin(UNMET)
    found = products.loc[unmet, "gap_change"].value_counts()
    counts = {key: int(found.get(key, 0)) for key in ("opened", "grown", "shrunk", "closed")}
    notes: list[tuple[str, dict[str, Any]]] = [("whatif-counts", {"scenario": name, **counts})]
    opened = products[unmet & (products["gap_change"] == "opened")]
    if len(opened):
        more = "…" if len(opened) > _NAMED else ""
        names = {
            lang: mark.join(opened[f"name_{lang}"].head(_NAMED)) + more
            for lang, mark in (("zh", "、"), ("en", ", "))
        }
        notes.append(("whatif-opened", {"scenario": name, **names}))
    row = totals[totals["scenario_measure"] == "gap_value_cny"].iloc[0]
    shown = {side: shown_number(float(row[f"measure_{side}"])) for side in ("before", "after")}
    notes.append(("whatif-value", {"scenario": name, **shown}))
    moved = products[unmet & (products["gap_change"] != "same")]
    bare = moved["gap_value_cny_after"].isna() & moved["gap_value_cny_before"].isna()
    if bare.any():
        notes.append(("whatif-unpriced", {"scenario": name, "count": int(bare.sum())}))
    return notes


def _side_by_side(products: pd.DataFrame, before: _Measured, names: list[str]) -> pd.DataFrame:
    """Return the gap of each product that any scenario changes, in the base and in each of them."""
    if len(names) < 2 or products.empty:  # noqa: PLR2004  one needs nothing beside it
        return pd.DataFrame()
    listed = products.drop_duplicates("product_id")
    frame = listed[["product_id", "name_zh", "name_en", "unit"]].reset_index(drop=True)
    state = before.state
    places = [state.study.product_graph.find(product) for product in frame["product_id"]]
    frame["gap_base"] = state.gap.point[places]
    for name in names:
        after = products[products["scenario"] == name].set_index("product_id")["shortage_after"]
        column = name if name not in frame else f"{name} "
        known = frame["product_id"].isin(after.index)
        frame[column] = frame["product_id"].map(after).where(known, frame["gap_base"])
    return frame
