"""What a programme is asked: budgets, years, load, ramp, market, and what the user has decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chaingraph.analysis.settings import by_product_id, read_number, read_product
from chaingraph.errors import OptionError, closest
from chaingraph.planning.instance import BUDGETS, RATE
from chaingraph.planning.market import read_market
from chaingraph.words import Phrase

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.analysis.basis import Basis
    from chaingraph.quantity import Flags, Floats

RAMP: Final = (0.4, 0.7, 0.9)
"""Share of its capacity that a new plant makes in its first, second and later years. A judgement."""
LOCAL_USE: Final = 0.5
"""Share of a new plant's output that must be used here."""
STATUSES: Final = "operating,construction"
"""What counts as there: a plan recruits nothing that is being built. Stale construction does not count."""
SPAN: Final = 3
MOST_YEARS: Final = 10
_MOST: Final = 1e9
_YEARS: Final = (1990, 2100)


@dataclass(frozen=True, eq=False)
class Asked:
    """What was asked, read and checked; arrays by product position.

    Attributes
    ----------
    budget, per_year
        Budget -> amount in all, amount a year.
    years
        In which something may start.
    ramp, local_use, market, rate
        As of :func:`build_plan`.
    must, extend, quota
        Size decided upon, of what takes a surplus, allowed of what is restricted; 0 for none.
    never, local
        Products that are left out; that count as local, so that taking them costs nothing outside.
    after, together
        Pairs of products: the first only after the second has started; both or none.
    """

    budget: dict[str, float]
    per_year: dict[str, float]
    years: tuple[int, ...]
    ramp: tuple[float, ...]
    local_use: float
    market: str | float
    rate: float
    must: Floats
    extend: Floats
    quota: Floats
    never: Flags
    local: Flags
    after: tuple[tuple[int, int], ...] = ()
    together: tuple[tuple[int, int], ...] = ()

    @property
    def bounds_money(self) -> bool:
        """Whether investment is bounded."""
        return "investment_cny_100m" in self.budget or "investment_cny_100m" in self.per_year


def read_budget(budget: Any, option: str = "--budget") -> dict[str, float]:
    """Return amounts by budget, checked.

    Parameters
    ----------
    budget
        Budget -> amount, each above or at zero; or None.
    option
        How a message names it.

    Raises
    ------
    OptionError
        For a budget without its unit, an unknown one, or an amount that is none.

    Examples
    --------
    >>> read_budget({"power_mw": 800})
    {'power_mw': 800.0}
    """
    if budget is None:
        return {}
    if not isinstance(budget, Mapping):
        raise OptionError(
            "plan-budget-bare", value=budget, option=option, choices=", ".join(BUDGETS)
        )
    found: dict[str, float] = {}
    for name, amount in budget.items():
        if name not in BUDGETS:
            raise _unknown_budget(str(name), option)
        figure = read_number(amount)
        if figure is None or not 0 <= figure <= _MOST:
            raise OptionError("plan-budget-amount", value=amount, budget=name, option=option)
        if name == "count" and figure != int(figure):
            raise OptionError("plan-budget-count", value=amount)
        found[name] = figure
    return {name: found[name] for name in BUDGETS if name in found}


def _unknown_budget(name: str, option: str) -> OptionError:
    near = [choice for choice in BUDGETS if choice.startswith(name + "_")]
    if near:
        return OptionError("plan-budget-unit", value=name, option=option, choices=", ".join(near))
    found = closest(name, BUDGETS)
    shown = Phrase("did-you-mean", (("names", ", ".join(found)),)) if found else Phrase(
        "there-are", (("names", ", ".join(BUDGETS)),)
    )  # fmt: skip
    return OptionError("plan-budget-unknown", value=name, option=option, suggestions=shown)


def read_years(years: Any, as_of: str | None) -> tuple[int, ...]:
    """Return the years of a plan, one after the other.

    Parameters
    ----------
    years
        ``"2026-2028"``, a year, a pair of first and last, a sequence of years in order, or None: the three
        after the date of the data.
    as_of
        Date of the data.

    Raises
    ------
    OptionError
        For what are no years, more than ten, or years before the data.

    Examples
    --------
    >>> read_years("2026-2028", "2025-12"), read_years(None, "2024-12")
    ((2026, 2027, 2028), (2025, 2026, 2027))
    """
    data = int(as_of[:4]) if as_of and as_of[:4].isdigit() else None
    if years is None:
        if data is None:
            raise OptionError("plan-years-needed")
        return tuple(range(data + 1, data + 1 + SPAN))
    found = _listed_years(years)
    if not found or list(found) != list(range(found[0], found[0] + len(found))):
        raise OptionError("plan-years", value=_shown(years))
    if not _YEARS[0] <= found[0] <= _YEARS[1] or len(found) > MOST_YEARS:
        raise OptionError("plan-years-many", value=_shown(years), most=MOST_YEARS)
    if data is not None and found[0] < data:
        raise OptionError("plan-years-past", year=found[0], at=as_of)
    return found


def _listed_years(years: Any) -> tuple[int, ...]:
    if isinstance(years, str):
        parts = years.replace("—", "-").replace("–", "-").replace("年", "").split("-")
        if not 1 <= len(parts) <= 2 or not all(part.strip().isdigit() for part in parts):  # noqa: PLR2004
            raise OptionError("plan-years", value=years)
        ends = [int(part) for part in parts]
        return tuple(range(ends[0], min(ends[-1], ends[0] + 2 * MOST_YEARS) + 1))
    listed = list(years) if hasattr(years, "__iter__") else [years]
    figures = [read_number(year) for year in listed]
    if any(figure is None or figure != int(figure) for figure in figures):
        raise OptionError("plan-years", value=_shown(years))
    whole = tuple(int(figure) for figure in figures if figure is not None)
    if len(whole) == 2 and whole[1] - whole[0] > 1:  # noqa: PLR2004  first and last
        return tuple(range(whole[0], min(whole[1], whole[0] + 2 * MOST_YEARS) + 1))
    return whole


def _shown(years: Any) -> str:
    return (
        years
        if isinstance(years, str)
        else str(list(years) if hasattr(years, "__iter__") else years)
    )


def read_ramp(ramp: Any) -> tuple[float, ...]:
    """Return the ramp of new plants: shares above 0 up to 1, the last of them staying.

    Raises
    ------
    OptionError
        For none, or a share out of bounds.

    Examples
    --------
    >>> read_ramp((0.4, 0.7, 0.9)), read_ramp(1)
    ((0.4, 0.7, 0.9), (1.0,))
    """
    listed = [ramp] if read_number(ramp) is not None else ramp
    if isinstance(listed, str):
        listed = [part.strip() for part in listed.split(",")]
    try:
        figures = tuple(float(value) for value in listed)
    except (TypeError, ValueError):
        figures = ()
    if not figures or len(figures) > MOST_YEARS or not all(0 < share <= 1 for share in figures):
        raise OptionError("plan-ramp", value=ramp)
    return figures


def read_share(value: Any, key: str) -> float:
    """Return a share between 0 and 1."""
    figure = read_number(value)
    if figure is None or not 0 <= figure <= 1:
        raise OptionError(key, value=value)
    return figure


def read_asked(study: Basis, **given: Any) -> Asked:
    """Return what was asked of :func:`build_plan`, checked against the products of a study."""
    graph, ds = study.product_graph, study.dataset

    def sizes(name: str) -> Floats:
        found = np.zeros(graph.size)
        for product_id, size in by_product_id(ds, given.get(name) or {}).items():
            figure = read_number(size)
            if figure is None or figure <= 0:
                raise OptionError("plan-size", value=size, product=product_id, option=f"--{name}")
            found[graph.find(product_id)] = figure
        return found

    def chosen(names: Iterable[str] | None) -> Flags:
        flags = np.zeros(graph.size, dtype=bool)
        for name in (names,) if isinstance(names, str) else names or ():
            flags[graph.find(read_product(ds, str(name)))] = True
        return flags

    def pairs(listed: Any) -> tuple[tuple[int, int], ...]:
        found = []
        for pair in listed or ():
            if isinstance(pair, str) or len(pair) != 2 or pair[0] == pair[1]:  # noqa: PLR2004
                raise OptionError("plan-pair", value=pair)
            one, other = (graph.find(read_product(ds, str(name))) for name in pair)
            found.append((one, other))
        return tuple(found)

    asked = Asked(
        budget=read_budget(given.get("budget")),
        per_year=read_budget(given.get("per_year"), "--per-year"),
        years=read_years(given.get("years"), study.dataset.as_of),
        ramp=read_ramp(given.get("ramp", RAMP)),
        local_use=read_share(given.get("local_use", LOCAL_USE), "plan-local-use"),
        market=read_market(given.get("market", "region")),
        rate=read_share(given.get("rate", RATE), "plan-rate"),
        must=sizes("must"), extend=sizes("extend"), quota=sizes("quota"),
        never=chosen(given.get("never")), local=chosen(given.get("local")),
        after=pairs(given.get("after")), together=pairs(given.get("together")),
    )  # fmt: skip
    both = np.flatnonzero(asked.never & ((asked.must > 0) | (asked.extend > 0)))
    if len(both):
        raise OptionError("plan-must-never", product=graph.ids[int(both[0])])
    return asked
