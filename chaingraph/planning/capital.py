"""What a unit of capacity costs, how much land and power it takes, and how long it is built."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.dataset import last_day
from chaingraph.knowledge.facts import NATION
from chaingraph.products import positions
from chaingraph.units import conversion_factor

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chaingraph.analysis.basis import Basis
    from chaingraph.quantity import Floats, Integers

OUTPUT_RATIO: Final = (0.66, 1.1, 1.65)
"""Investment over yearly output at the price in force: quartiles and median of 27 products of the data of 1.1.0
(median 1.07), where nothing is known of a product itself."""
CNY_A_MU: Final = 3e6
"""Investment that a park asks for at least for each mu: land is at most investment over this. Published
projects lie between 2 and 10, a tender's floor was 2.5 (https://www.cnestate.com). An upper bound."""
HOURS: Final = 8000.0
"""Hours that a plant runs a year. Power asked for is its electricity over them."""
ENOUGH: Final = 3
"""Projects from which on quartiles are given."""
BASES: Final = ("projects", "fact", "few", "ratio")
"""What investment per unit rests on; words in the vocabulary ``investment_basis``."""
_CNY_100M: Final = 1e8
_MONTHS: Final = 12
_SCOPES: Final = ("phase", "product")
_DEAD: Final = ("cancelled", "superseded")


class Capital(NamedTuple):
    """By product position; nan where unknown.

    Attributes
    ----------
    low, middle, high
        Investment, CNY for one unit a year.
    basis
        One of ``BASES``; empty where none is known.
    number
        Projects it rests on; 0 where the page does not say.
    power, land
        MW and mu for one unit a year; `land_basis` is ``fact``, or ``most`` for the upper bound.
    lag
        Years from the start to running.
    """

    low: Floats
    middle: Floats
    high: Floats
    basis: NDArray[np.str_]
    number: Integers
    power: Floats
    land: Floats
    land_basis: NDArray[np.str_]
    lag: Integers


def read_capital(study: Basis, *, defaults: bool = True, hours: float = HOURS) -> Capital:
    """Return what capacity of each product costs and takes.

    Investment is that of the projects of the data (one product, a figure for both, each once), or of
    `product_facts` where those rest on more projects; with fewer than three, what there is, with its ends
    as the
    range; where nothing is known a ratio to the price, if `defaults`.
    """
    size = study.product_graph.size
    low, middle, high = (np.full(size, np.nan) for _ in range(3))
    basis, number = np.full(size, "", dtype="U8"), np.zeros(size, dtype=np.intp)
    if defaults:
        known = ~np.isnan(study.price)
        for column, ratio in zip((low, middle, high), OUTPUT_RATIO, strict=True):
            column[known] = ratio * study.price[known]
        basis[known] = "ratio"
    figures, facts = _project_costs(study), _facts(study, "investment")
    for place in sorted({*figures, *facts}):
        national = [row for row in facts.get(place, ()) if row.region in NATION]
        own = figures.get(place, [])
        fact = max(national, key=lambda row: (row.number, row.date), default=None)
        if fact is not None and max(fact.number, 1) > (len(own) if len(own) >= ENOUGH else 0):
            chosen = (fact.low, fact.value, fact.high)
            basis[place], number[place] = "fact", fact.number
        else:
            known_costs = np.array(own)
            basis[place] = "projects"
            if len(own) < ENOUGH:
                known_costs = np.array([*own, *(row.value for row in facts.get(place, ()))])
                basis[place] = "few"
            few = len(known_costs) < ENOUGH
            ends = (0, 50, 100) if few else (25, 50, 75)
            chosen = tuple(np.percentile(known_costs, ends).tolist())
            number[place] = len(known_costs)
        low[place], middle[place], high[place] = chosen
    power = _power(study, hours)
    land, land_basis = _land(study, middle)
    return Capital(low, middle, high, basis, number, power, land, land_basis, _lags(study))


class _Row(NamedTuple):
    """A fact with what its note says it rests on."""

    value: float
    low: float
    high: float
    region: str
    date: str
    number: int
    size: float


_NUMBER = re.compile(r"\bn=(\d+)")
_SIZE = re.compile(r"\bsize=(\d+(?:\.\d+)?)")


def _facts(study: Basis, measure: str) -> dict[int, list[_Row]]:
    """Return the facts of a measure that are not later than the date, by product, oldest first."""
    ds = study.dataset
    if not ds.has("product_facts"):
        return {}
    frame = ds.table("product_facts")
    rows = frame[(frame["measure"] == measure) & frame["value"].notna()]
    if ds.as_of:
        rows = rows[rows["date"].fillna("") <= last_day(ds.as_of)]
    rows = rows.assign(place_=positions(study.product_graph, rows["product_id"]))
    rows = rows[rows["place_"] >= 0].sort_values(["date", "source_url"])
    found: dict[int, list[_Row]] = {}
    for row in rows.to_dict("records"):
        note = row["note"] if isinstance(row.get("note"), str) else ""
        number, size = _NUMBER.search(note), _SIZE.search(note)
        value = float(row["value"])
        low, high = (value if pd.isna(row[end]) else float(row[end]) for end in ("low", "high"))
        region = row["region"] if isinstance(row["region"], str) else ""
        rests = int(number[1]) if number else 0
        of_size = float(size[1]) if size else float("nan")
        fact = _Row(value, low, high, region, str(row["date"]), rests, of_size)
        found.setdefault(row["place_"], []).append(fact)
    return found


def project_costs(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the projects that tell what capacity costs: of one product, with both figures, each once.

    A project that several rows report is one where group, product, capacity and investment are the
    same; sums of a programme or a park are none.

    Returns
    -------
    pandas.DataFrame
        `product_id` and `cost` (CNY for one unit a year), sorted.
    """
    several = frame["product_ids"].notna() & (frame["product_ids"] != frame["product_id"])
    counts = frame["product_id"].notna() & ~several
    counts &= frame["scope"].fillna("product").isin(_SCOPES) & ~frame["event"].isin(_DEAD)
    counts &= (frame["capacity"] > 0) & (frame["investment_cny_100m"] > 0)
    rows = frame[counts]
    who = rows["group_zh"].fillna(rows["company_zh"]).fillna(rows["project_id"])
    rows = rows.assign(
        who_=who, cost=rows["investment_cny_100m"] * _CNY_100M / rows["capacity"]
    ).drop_duplicates(["who_", "product_id", "capacity", "investment_cny_100m"])
    return rows[["product_id", "cost"]].sort_values(["product_id", "cost"], ignore_index=True)


def _project_costs(study: Basis) -> dict[int, list[float]]:
    ds = study.dataset
    if not ds.has("projects"):
        return {}
    rows = project_costs(ds.table("projects"))
    place = positions(study.product_graph, rows["product_id"])
    found: dict[int, list[float]] = {}
    for spot, cost in zip(place.tolist(), rows["cost"].tolist(), strict=True):
        if spot >= 0:
            found.setdefault(spot, []).append(cost)
    return found


def electricity_links(study: Basis) -> Any:
    """Return the links that take energy of the grid counted in MWh, quantified ones."""
    graph = study.product_graph
    units = study.products["unit"].fillna("").tolist()
    mwh = np.array([bool(u) and conversion_factor(u, "MWh") is not None for u in units])
    return np.flatnonzero(graph.quantified & (study.modes["grid"] & mwh)[graph.source])


def _power(study: Basis, hours: float) -> Floats:
    graph = study.product_graph
    links = electricity_links(study)
    units = study.products["unit"].fillna("").tolist()
    factor = np.array([conversion_factor(units[i], "MWh") or 0.0 for i in graph.source[links]])
    total = np.bincount(graph.target[links], graph.amount[links] * factor, graph.size)
    known = np.bincount(graph.target[links], minlength=graph.size) > 0
    return np.where(known, total / hours, np.nan)


def _land(study: Basis, cost: Floats) -> tuple[Floats, NDArray[np.str_]]:
    land = cost / CNY_A_MU
    basis = np.where(np.isnan(land), "", "most").astype("U8")
    for place, rows in _facts(study, "land").items():
        row = rows[-1]
        size = row.size if row.size > 0 else study.sizes.typical[place]
        if size > 0:
            land[place], basis[place] = row.value / size, "fact"
    return land, basis


def _lags(study: Basis) -> Integers:
    """Return years from start to running: one, or more where building is known to take 18 months or more."""
    lag = np.ones(study.product_graph.size, dtype=np.intp)
    for place, rows in _facts(study, "build_time").items():
        lag[place] = max(1, int(np.floor(rows[-1].value / _MONTHS + 0.5)))
    return lag
