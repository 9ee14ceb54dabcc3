"""What surveys, totals and events say of (region, product), as short rows that any region can read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.dataset import last_day
from chaingraph.events import known_events
from chaingraph.knowledge.dates import month_number
from chaingraph.products import positions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from chaingraph.dataset import Dataset
    from chaingraph.products import ProductGraph
    from chaingraph.quantity import Flags, Floats, Integers

HARD: Final = frozenset({"register", "statistics", "visit", "bureau_list"})
"""Methods of a survey that settle whether a product is made."""
FRESH: Final = 24
"""Months for which a survey's `none`, an open construction or a plan stands without a new sign."""
FRESH_TALKS: Final = 12
FRESH_TOTAL: Final = 36
"""Months after which a total tells only that something is made."""
CLEARLY: Final = 0.05
"""A total this share above the sum of the sites proves makers that are not listed."""

SAME, INSIDE, AROUND, APART = "same", "inside", "around", "apart"


class Statement(NamedTuple):
    """One row of surveys: where, of which products, how, when, what."""

    place: str
    products: Flags
    method: str
    date: str
    result: str
    row: int


class Total(NamedTuple):
    """One row of outputs of a region or an enterprise."""

    place: str
    enterprise: str
    product: int
    measure: str
    year: str
    value: float
    status: str
    source: str


@dataclass(frozen=True, eq=False)
class Statements:
    """All that the tables say beside capacity rows, up to the dataset's date.

    Attributes
    ----------
    surveys, totals
        Rows of surveys and of outputs, these by year.
    events
        Rows of projects with `place` (position of the product) and `month`, one product each.
    head_offices
        Company totals (capacities of scope group) with the place of the head office and `place`.
    """

    at: str
    surveys: tuple[Statement, ...] = ()
    totals: tuple[Total, ...] = ()
    events: pd.DataFrame = field(default_factory=pd.DataFrame)
    head_offices: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def month(self) -> float:
        """The date as a month number; nan where the dataset has none."""
        return month_number(self.at, late=True)

    def age(self, date: str) -> float:
        """Return how many months before the date something was said; 0 where either has no date."""
        months = self.month - month_number(date, late=True)
        return 0.0 if np.isnan(months) else max(0.0, months)


def read_statements(ds: Dataset, graph: ProductGraph, head_offices: pd.DataFrame) -> Statements:
    """Return what the tables surveys, outputs and projects say up to the dataset's date."""
    return Statements(
        ds.as_of,
        tuple(_surveys(ds, graph)) if ds.has("surveys") else (),
        tuple(sorted(_totals(ds, graph), key=_year_of)) if ds.has("outputs") else (),
        _events(ds, graph),
        head_offices.assign(place=positions(graph, head_offices["product_id"])),
    )


def _year_of(total: Total) -> str:
    """Return what totals are sorted by: of one year and measure the latest date is the last."""
    return total.year


def _surveys(ds: Dataset, graph: ProductGraph) -> Iterable[Statement]:
    frame = ds.table("surveys")
    chains, stages = _tags(ds, graph)
    records = frame[["region", "products", "method", "as_of", "result"]].fillna("")
    for row, (place, products, method, date, result) in enumerate(
        records.itertuples(index=False, name=None)
    ):
        if ds.as_of and date and date > last_day(ds.as_of):
            continue
        mask = read_products(products, graph, chains, stages)
        yield Statement(place, mask, method, date, result, row)


def _tags(ds: Dataset, graph: ProductGraph) -> tuple[dict[str, Flags], dict[str, Flags]]:
    """Return the products of each chain and of each stage."""
    products = ds.products
    place = positions(graph, products["product_id"])
    chains: dict[str, Flags] = {}
    stages: dict[str, Flags] = {}
    for spot, cell, stage in zip(
        place.tolist(), products["chains"].fillna(""), products["stage"].fillna(""), strict=True
    ):
        for chain in filter(None, (part.strip() for part in cell.split(";"))):
            chains.setdefault(chain, np.zeros(graph.size, dtype=bool))[spot] = True
        if stage:
            stages.setdefault(stage, np.zeros(graph.size, dtype=bool))[spot] = True
    return chains, stages


def read_products(
    cell: str, graph: ProductGraph, chains: dict[str, Flags], stages: dict[str, Flags]
) -> Flags:
    """Return the products that a cell names: ids, ``chain:battery``, ``stage:upstream`` or ``*``."""
    mask = np.zeros(graph.size, dtype=bool)
    for part in filter(None, (name.strip() for name in cell.split(";"))):
        kind, colon, name = part.partition(":")
        if part == "*":
            mask[:] = True
        elif colon and kind in {"chain", "stage"}:
            known = (chains if kind == "chain" else stages).get(name)
            if known is not None:
                mask |= known
        elif part in graph.position:
            mask[graph.position[part]] = True
    return mask


def _totals(ds: Dataset, graph: ProductGraph) -> Iterable[Total]:
    frame = ds.table("outputs")
    names = ["region", "enterprise_id", "product_id", "measure", "year", "status", "source_url"]
    cells = [frame[name].fillna("").tolist() for name in names]
    for region, enterprise, product, measure, year, status, source, value in zip(
        *cells, frame["value"].tolist(), strict=True
    ):
        late = ds.as_of and year and year[: len(ds.as_of)] > ds.as_of[: len(year)]
        if late or product not in graph.position or not value >= 0:
            continue
        if region or enterprise:
            place = graph.position[product]
            yield Total(region, enterprise, place, measure, year, value, status, source)


def _events(ds: Dataset, graph: ProductGraph) -> pd.DataFrame:
    """Return the events with a product, the newest last."""
    columns = ["province", "city", "county", "park", "enterprise_id", "company_zh", "group_zh"]
    if not ds.has("projects"):
        return pd.DataFrame(columns=[*columns, "event", "date", "place", "scope"])
    frame = known_events(ds, "projects")
    frame = frame.assign(place=positions(graph, frame["product_id"].fillna("")))
    frame = frame[frame["place"] >= 0]
    for name in (*columns, "scope", "status", "project_id"):
        if name not in frame:
            frame = frame.assign(**{name: None})
    kept = [*columns, "event", "date", "status", "place", "scope", "project_id"]
    frame = frame[kept].fillna("")
    return frame.sort_values(["date", "project_id"], ignore_index=True)


Relation = "Callable[[str], str]"


def statement_positions(
    statements: Sequence[Statement], relation: Callable[[str], str]
) -> list[tuple[Statement, str]]:
    """Return the surveys that say something of a region, with how their place lies to it."""
    found = ((statement, relation(statement.place)) for statement in statements)
    return [(statement, near) for statement, near in found if near != APART]


def newest(dates: Sequence[str], place: Integers, size: int) -> list[str]:
    """Return the latest date by product position."""
    result = [""] * size
    for date, spot in zip(dates, place.tolist(), strict=True):
        result[spot] = max(result[spot], date)
    return result


def any_of(place: Integers, size: int) -> Flags:
    """Tell which products occur among positions."""
    flags = np.zeros(size, dtype=bool)
    flags[place] = True
    return flags


def sum_of(values: Floats, place: Integers, size: int) -> Floats:
    """Add values up by product position."""
    return np.bincount(place, values, size).astype(float)
