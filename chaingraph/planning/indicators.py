"""Indicators: targets against figures, the growth they need, where they lead, what a plan adds."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph import words
from chaingraph.analysis.balance import study_params
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import as_state
from chaingraph.errors import OptionError
from chaingraph.planning.indicators_plan import chain_output, plan_output
from chaingraph.planning.indicators_series import (
    Series,
    actual_change,
    join_series,
    needed_change,
    project,
    state_of,
)
from chaingraph.planning.indicators_settings import chain_of_output, indicator_settings, tier_of
from chaingraph.planning.responsibility import offices_here, table_rows
from chaingraph.planning.responsibility_plan import plan_projects
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Source
    from chaingraph.regions import Region
    from chaingraph.words import Language

STATES: Final = (
    "on_track", "slower", "insufficient", "wrong_way", "reached", "overdue", "no_year", "one_figure", "no_data",
    "from_zero", "direction",
)  # fmt: skip
"""How a target stands. overdue: its year is over and no figure of it is known."""
_SHARE_OF: Final = re.compile(r"\bregions=([^\s]+)\s+share_of=(\w+)")
_SHOWN: Final = (
    "indicator_name", "unit", "last_value", "last_year", "target", "target_year", "needed", "actual", "ratio",
    "target_state", "projection_low", "projection", "projection_high", "missing_zh", "missing_en",
)  # fmt: skip
_TARGETS: Final = (
    "region",
    "tier",
    "indicator",
    "indicator_name",
    "unit",
    "indicator_basis",
    "last_value",
    "last_year",
    "target",
    "target_year",
    "target_gap",
    "needed",
    "needed_3",
    "needed_5",
    "needed_7",
    "actual",
    "ratio",
    "target_state",
    "projection_low",
    "projection",
    "projection_high",
    "projection_by",
    "chance",
    "plan_low",
    "plan_adds",
    "plan_high",
    "plan_net",
    "reaches",
    "apart",
    "missing_zh",
    "missing_en",
    "source_url",
)
_TEXTS: Final = frozenset(
    {
        "region",
        "tier",
        "indicator",
        "indicator_name",
        "unit",
        "indicator_basis",
        "last_year",
        "target_year",
        "target_state",
        "projection_by",
        "reaches",
        "apart",
        "missing_zh",
        "missing_en",
        "source_url",
    }
)
_CNY_100M: Final = 1e8
_MOST_DRAWS: Final = 100_000


@dataclass(frozen=True)
class Indicators:
    """Targets of a region, its chains' output, and what a plan adds.

    Attributes
    ----------
    targets
        One row a target, kind ``indicators``.
    chains
        One row a chain: output at full use gross and net, published output, implied utilisation; kind
        ``chain_outputs``.
    plan
        One row a chain and year: what a plan adds, as an interval; kind ``plan_outputs``. Empty without a plan.
    """

    targets: Result
    chains: Result
    plan: Result

    def __iter__(self) -> Iterator[Result]:
        """Yield the three results."""
        return iter((self.targets, self.chains, self.plan))


def measure_indicators(
    ds: Source,
    *,
    region: str | Region | None = None,
    plan: str | Path | Mapping[str, Any] | None = None,
    at: str | None = None,
    load: Load = "actual",
    draws: int = 1000,
    seed: int = 0,
    lang: Language | None = None,
) -> Indicators:
    """Hold the targets of a region against its figures: growth, state, projection, a plan's part.

    Parameters
    ----------
    ds
        The dataset, an open study, or the state of a region.
    region, at, load, lang
        As in :func:`chaingraph.find_gaps`, of one region.
    plan
        As in :func:`chaingraph.build_responsibility`.
    draws, seed
        Number of draws of a plan's outcome, and where they start.

    Returns
    -------
    Indicators
        `targets` has one row a target of the table ``indicators`` (kind target) and of ``plan_targets``: `tier`
        (own: what the bureau does; results; context), last yearly figure and its year, `target_gap`,
        `needed` and
        `actual` yearly change (growth, 0.05 for 5%; of a share points, 0.02 for two a year), their
        `ratio`, `target_state`,
        `projection` with its ends and method, `chance` (of reaching the target, of five figures or more),
        what the
        plan adds in the target's year, `reaches`, `apart` (figures that were not joined: part of a year,
        another
        series, real among nominal) and what is missing. Without a target year `needed_3`, `needed_5`,
        `needed_7` say the growth that 3, 5 or 7 years need. Money as the row's unit has it.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError, FileProblemError
        For names, options, tables and files that cannot be used.

    Notes
    -----
    Needed growth :math:`(T/A)^{1/n} - 1`, of a share :math:`(T - A)/n` points; on track from a ratio of
    0.95, slower
    from 0.6, insufficient from 0 (as EU monitoring of sustainable development does). A target whose row says
    ``regions=A;B share_of=gdp`` is computed from the figures of these regions: the union's share.

    Examples
    --------
    >>> import chaingraph as cg
    >>> found = measure_indicators(cg.load_dataset("qujing")).targets.frame
    >>> gdp = found[found["indicator"] == "gdp"].iloc[0]
    >>> [round(float(gdp[name]), 4) for name in ("last_value", "target", "needed")]
    [3802.0, 5000.0, 0.0956]
    """
    if isinstance(draws, bool) or not isinstance(draws, int) or not 1 <= draws <= _MOST_DRAWS:
        raise OptionError("bad-draws-range", value=draws, most=_MOST_DRAWS)
    call = Call(_again, None, {})
    state = as_state(ds, region, at=at, load=load)
    data = state.study.dataset
    chosen = read_lang(data, lang)
    projects = plan_projects(plan, data)
    rows = _rows_until(table_rows(data, "indicators"), data.as_of)
    years = _years(rows, state.region.name, data.as_of, [p.commissioned for p in projects])
    added, left = plan_output(state, projects, years, draws=draws, seed=seed)
    here = [
        _target_row(row, rows, state, added, chosen)
        for row in rows
        if row["kind"] == "target" and row["region"] == state.region.name
    ]
    here += _plan_targets(state, here, chosen)
    frame = pd.DataFrame(here, columns=list(_TARGETS))
    for name in _TARGETS:
        if name in _TEXTS:
            frame[name] = frame[name].astype("object").where(frame[name].notna(), None)
        else:
            frame[name] = pd.to_numeric(frame[name]).astype("float64")
    params = study_params(state.study, [state.region.name], None) | {"draws": draws, "seed": seed}
    measurable = int(frame["needed"].notna().sum())
    notes: list[tuple[str, dict[str, Any]]] = [
        ("note-indicators", {"count": measurable, "total": len(frame)})
    ]
    chains, warnings = _chains(state, rows)
    if left:
        notes.append(("note-plan-left", {"count": len(left), "names": ", ".join(left)}))
    targets = Result("indicators", frame, params, chosen, _SHOWN, tuple(notes), call=call)
    outputs = Result("chain_outputs", chains, params, chosen, notes=tuple(warnings), call=call)
    return Indicators(targets, outputs, Result("plan_outputs", added, params, chosen, call=call))


def _again(*_: Any, **__: Any) -> Result:
    """Refuse to ask one table of three again."""
    raise OptionError("no-call", kind="indicators")


def _rows_until(rows: list[dict[str, str]], at: str) -> list[dict[str, str]]:
    """Return targets, and the figures of years up to the data's date."""
    return [
        r for r in rows
        if r["kind"] == "target" or not at or not r["year"] or r["year"] <= at[: len(r["year"])]
    ]  # fmt: skip


def _years(rows: list[dict[str, str]], region: str, at: str, ready: list[str]) -> list[int]:
    """Return the years of which a plan's part is wanted: those of its plants, and of targets."""
    asked = {
        int(r["year"][:4]) for r in rows
        if r["kind"] == "target" and r["region"] == region and r["year"] and r["year"] > at
    }  # fmt: skip
    first = {int(month[:4]) + more for month in ready for more in (0, 1, 2)}
    return sorted(asked | first) if ready else []


def _target_row(
    row: dict[str, str],
    rows: list[dict[str, str]],
    state: RegionState,
    added: pd.DataFrame,
    lang: Language,
) -> dict[str, Any]:
    """Return one target against its figures."""
    data, name = state.study.dataset, row["indicator"]
    share = row["unit"] == "percent"
    union = _SHARE_OF.search(row["note"])
    lacking = ("", "")
    if union:
        series, lacking = _union_share(union, rows, state.region.name)
    else:
        held = [
            r
            for r in rows
            if r["region"] == row["region"] and r["indicator"] == name and r["kind"] == "actual"
        ]
        series = join_series(held, row["series"])
    target = float(row["value"]) if row["value"] else math.nan
    found = _judged(series, target, row["year"], data.as_of, share=share)
    chain = chain_of_output(name, data.chains)
    found |= _plan_part(found, added, chain, row["year"], target)
    apart = "; ".join(f"{year}: {value:g} ({reason})" for year, value, reason in series.apart)
    missing = {
        said: lacking[place] or _missing(found["target_state"], row, series, said)
        for place, said in enumerate(words.LANGUAGES)
    }
    shown = row["indicator_zh"] if lang == "zh" and row["indicator_zh"] else name.replace("_", " ")
    return found | {
        "region": row["region"], "tier": tier_of(name), "indicator": name, "indicator_name": shown,
        "unit": words.term("target_unit", row["unit"], lang), "indicator_basis": series.basis or None,
        "target": target, "target_year": row["year"] or None, "apart": apart or None,
        "missing_zh": missing["zh"] or None, "missing_en": missing["en"] or None,
        "source_url": row["source_url"] or row["note"] or None,
    }  # fmt: skip


def _judged(series: Series, target: float, year: str, at: str, *, share: bool) -> dict[str, Any]:
    """Return figures, changes, state and projection of a target."""
    found: dict[str, Any] = dict.fromkeys(_TARGETS)
    last_year = series.years[-1] if series.years else None
    points = (
        100 if share else 1
    )  # points of a share are shown as growth is: 2 points a year as 0.02
    found |= {
        "last_value": series.last, "last_year": None if last_year is None else str(last_year),
        "target_gap": target - series.last, "actual": actual_change(series, share=share) / points,
    }  # fmt: skip
    if math.isnan(target):
        return found | {"target_state": "direction"}
    if last_year is None:
        over = bool(year) and year[:4] <= at[:4]
        return found | {"target_state": "overdue" if over else "no_data"}
    if series.last >= target:
        return found | {"target_state": "reached"}
    if not year:
        spans = {
            f"needed_{n}": needed_change(series.last, target, n, share=share) / points
            for n in indicator_settings()["without_year"]
        }
        return found | spans | {"target_state": "no_year"}
    ahead = int(year[:4]) - last_year
    if ahead < 1:
        return found | {"target_state": "overdue"}
    needed = needed_change(series.last, target, ahead, share=share) / points
    ratio = found["actual"] / needed if needed else math.nan
    state = (
        "from_zero"
        if math.isnan(needed)
        else "one_figure"
        if math.isnan(ratio)
        else state_of(ratio)
    )
    found |= {"needed": needed, "ratio": ratio, "target_state": state}
    leads = project(series, int(year[:4]), share=share, target=target)
    if leads is not None:
        found |= {
            "projection_low": leads.low, "projection": leads.mid, "projection_high": leads.high,
            "projection_by": leads.method, "chance": leads.chance,
        }  # fmt: skip
    return found


def _union_share(
    said: re.Match[str], rows: list[dict[str, str]], region: str
) -> tuple[Series, tuple[str, str]]:
    """Return the share of a union of regions in the years in which all have a figure; else what lacks."""
    members, name = said.group(1).split(";"), said.group(2)

    def yearly(place: str) -> Series:
        held = [
            r
            for r in rows
            if r["region"] == place and r["indicator"] == name and r["kind"] == "actual"
        ]
        return join_series(held)

    whole, parts = yearly(region), {member: yearly(member) for member in members}
    common = [y for y in whole.years if all(y in part.years for part in parts.values())]
    if not common:
        lacking = [m for m, part in parts.items() if not set(part.years) & set(whole.years)]
        has = [f"{m} {part.years[-1]}" for m, part in parts.items() if part.years]
        params = {"names": "、".join(lacking), "name": name, "has": "、".join(has) or "-"}
        texts = [words.message("missing-union", lang, **params) for lang in words.LANGUAGES]
        return Series((), ()), (texts[0], texts[1])
    values = [
        100
        * sum(part.figures[part.years.index(y)] for part in parts.values())
        / whole.figures[whole.years.index(y)]
        for y in common
    ]
    return Series(tuple(common), tuple(values), "derived"), ("", "")


def _plan_part(
    found: dict[str, Any], added: pd.DataFrame, chain: str, year: str, target: float
) -> dict[str, Any]:
    """Return what the plan adds to a chain's output in the target's year, else its last; 100m CNY."""
    held = added[added["chain"] == chain] if chain and len(added) else added.head(0)
    if held.empty:
        return {}
    of_year = held[held["year"] == year[:4]] if year else held.tail(1)
    if of_year.empty:
        return {}
    row = of_year.iloc[0]
    low, mid, high, net = (
        float(row[name]) / _CNY_100M for name in ("added_low", "added", "added_high", "net")
    )
    last = found["last_value"]
    if math.isnan(last) or math.isnan(target):
        reaches = None
    else:
        reaches = "yes" if last + low >= target else "perhaps" if last + high >= target else "no"
    return {
        "plan_low": low,
        "plan_adds": mid,
        "plan_high": high,
        "plan_net": net,
        "reaches": reaches,
    }


def _missing(state: str, row: dict[str, str], series: Series, lang: Language) -> str:
    """Return what a target needs to be judged, in a language."""
    if state == "direction":
        return words.message("missing-figure", lang)
    if state in {"no_data", "overdue"} and not series.years:
        return words.message("missing-series", lang)
    if state == "overdue":
        return words.message("missing-year", lang, year=row["year"], last=series.years[-1])
    if state == "no_year":
        return words.message("missing-deadline", lang)
    if state == "one_figure":
        return words.message("missing-second", lang)
    return words.message("missing-from-zero", lang) if state == "from_zero" else ""


def _plan_targets(
    state: RegionState, known: list[dict[str, Any]], lang: Language
) -> list[dict[str, Any]]:
    """Return the plan targets of the region's own offices that no indicator states already."""
    data, units = state.study.dataset, offices_here(state)
    stated = Counter((row["target"], row["target_year"] or "") for row in known)
    found = []
    for row in table_rows(data, "plan_targets"):
        if units is not None and row["responsible_unit_zh"] not in units:
            continue
        target = float(row["target"]) if row["target"] else math.nan
        key = target, row["target_year"]
        if stated[key] > 0:
            stated[key] -= 1
            continue
        task = row["task_zh"] if lang == "zh" and row["task_zh"] else row["task"]
        judged = _judged(Series((), ()), target, row["target_year"], data.as_of, share=False)
        needs = {
            said: row["assessment_zh"]
            if said == "zh" and row["assessment_zh"]
            else row["assessment"]
            for said in words.LANGUAGES
        }
        missing = {
            said: words.message("missing-needs", said, what=needs[said]) if needs[said]
            else _missing(judged["target_state"], row, Series((), ()), said)
            for said in words.LANGUAGES
        }  # fmt: skip
        found.append(judged | {
            "region": state.region.name, "tier": "own", "indicator_name": task,
            "unit": words.term("target_unit", row["unit"], lang) or None, "target": target,
            "target_year": row["target_year"] or None, "missing_zh": missing["zh"], "missing_en": missing["en"],
            "source_url": row["source_url"] or row["note"] or None,
        })  # fmt: skip
    return found


def _chains(
    state: RegionState, rows: list[dict[str, str]]
) -> tuple[pd.DataFrame, list[tuple[str, dict[str, Any]]]]:
    """Return the output of each chain at full use, and the utilisation that its published output implies."""
    data, low_high = state.study.dataset, indicator_settings()["utilisation"]
    found, notes = [], []
    for chain in data.chains:
        figures = chain_output(state, chain)
        if not figures["made_products"]:
            continue
        series = _published(rows, state, chain)
        published = series.last * _CNY_100M
        implied = published / figures["full_output_cny"] if figures["full_output_cny"] else math.nan
        sane = None if math.isnan(implied) else low_high[0] <= implied <= low_high[1]
        if sane is False:
            notes.append(
                (
                    "note-implied",
                    {
                        "chain": words.term("chain", chain, "en"),
                        "chain_zh": words.term("chain", chain, "zh"),
                        "share": implied,
                    },
                )
            )
        found.append({"chain": chain} | figures | {
            "published_cny": published, "published_year": str(series.years[-1]) if series.years else None,
            "implied_use": implied, "sane": {True: "yes", False: "no", None: "unknown"}[sane],
        })  # fmt: skip
    columns = (
        "chain",
        "full_output_cny",
        "sold_here_cny",
        "net_output_cny",
        "coming_output_cny",
        "made_products",
        "unpriced_products",
        "published_cny",
        "published_year",
        "implied_use",
        "sane",
    )
    return pd.DataFrame(found, columns=list(columns)), notes


def _published(rows: list[dict[str, str]], state: RegionState, chain: str) -> Series:
    names = {
        r["indicator"]
        for r in rows
        if chain_of_output(r["indicator"], state.study.dataset.chains) == chain
    }
    held = [
        r for r in rows
        if r["indicator"] in names and r["region"] == state.region.name and r["kind"] == "actual"
        and r["unit"] == "100m CNY"
    ]  # fmt: skip
    return join_series(held)
