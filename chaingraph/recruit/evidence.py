"""Evidence: who makes what where, and who supplies whom, as known at a date, in codes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.dataset import last_day
from chaingraph.groups import site_rows
from chaingraph.products import NOT_MADE_OF, positions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.analysis.state import Study
    from chaingraph.dataset import Dataset
    from chaingraph.products import Flags, Floats, Integers, ProductGraph

RECENT_YEARS: Final = 3
_EARTH_KM: Final = 6371.0


@dataclass(frozen=True, eq=False)
class Holdings:
    """What groups make, all places together: one entry a product and group, sorted by both.

    Attributes
    ----------
    product, group
        Position of the product, code of the group.
    capacity
        Units a year: the larger of the company total and the sum of the sites; nan without a figure.
    typical
        Units a year of the group's median plant; nan without a figure.
    sites, provinces
        Number of cities and of provinces with a plant or a project of it.
    recent
        Cities that it came to with the product in the last three years.
    first
        Where each product's entries begin (one more than there are products).
    """

    product: Integers
    group: Integers
    capacity: Floats
    typical: Floats
    sites: Integers
    provinces: Integers
    recent: Integers
    first: Integers

    def find(self, product: Integers, group: Integers) -> Integers:
        """Return the entry of each product and group, -1 where there is none."""
        width = int(max(self.group.max(initial=0), np.max(group, initial=0))) + 1
        keys = self.product * width + self.group
        asked = product * width + group
        if not len(keys):
            return np.full(len(asked), -1, dtype=np.intp)
        place = np.minimum(np.searchsorted(keys, asked), len(keys) - 1)
        return np.where(keys[place] == asked, place, -1).astype(np.intp)


@dataclass(frozen=True, eq=False)
class Evidence:
    """What is known at the date of a study about groups, their places and their ties.

    Attributes
    ----------
    groups
        Names, sorted; codes are positions among them.
    rows
        One row a product, group and site or project: `product`, `group`, `holding` (codes),
        `enterprise_id`, `project_id`, place, `lat`, `lon`, `capacity`, `since`, `total`.
    ties
        One row a supply that is known: `supplier`, `customer` (codes, -1 for groups without a
        plant), `product`, `year`, `row` (of the supplies table).
    """

    study: Study
    groups: Any
    rows: pd.DataFrame
    holdings: Holdings
    ties: pd.DataFrame

    @cached_property
    def columns(self) -> dict[str, Any]:
        """The columns of the rows as arrays."""
        return {str(name): self.rows[name].to_numpy() for name in self.rows.columns}

    def inside(self, where: Mapping[str, Sequence[str]]) -> Flags:
        """Tell which rows lie in a region; company totals lie nowhere."""
        chosen = ~self.rows["total"].to_numpy(dtype=bool)
        for column, names in where.items():
            chosen &= self.rows[column].isin(list(names)).to_numpy(dtype=bool)
        return np.asarray(chosen, dtype=bool)

    def nearest(self, distance: Floats) -> Floats:
        """Return the smallest distance of each holding's rows; nan where no row has coordinates."""
        best = np.full(len(self.holdings.product), np.inf)
        known = ~np.isnan(distance)
        np.minimum.at(best, self.columns["holding"][known], distance[known])
        return np.where(np.isinf(best), np.nan, best)


def gather_evidence(study: Study, products: Sequence[str] | None = None) -> Evidence:
    """Gather what a study's dataset knows about the makers of some products, or of all.

    Rows are plants that operate or are being built at the study's date, and events of projects up to
    it: a group that announced a plant of a product is taken to be able to make it.
    """
    ds = study.dataset
    sites = site_rows(
        ds.enterprises, ds.capacities, products=products, at=ds.as_of, statuses=study.statuses
    ).assign(project_id=None, began=lambda frame: frame["since"])
    plans = _project_rows(ds, products)
    rows = pd.concat([sites, plans], ignore_index=True) if len(plans) else sites
    place = positions(study.graph, rows["product_id"])
    rows = rows[place >= 0].assign(product=place[place >= 0])
    ties = _known_ties(ds)
    named = {*rows["group"], *ties["supplier_group"], *ties["customer_group"]}
    groups = np.array(sorted(named), dtype=object)
    code = {name: i for i, name in enumerate(groups.tolist())}
    rows["group"] = [code[name] for name in rows["group"]]
    rows = rows.sort_values(["product", "group"], kind="stable", ignore_index=True)
    rows["total"] = (rows["scope"] == "group").to_numpy(dtype=bool)
    rows["holding"] = _starts(rows["product"], rows["group"]).cumsum() - 1
    links = pd.DataFrame(
        {
            "supplier": [code[name] for name in ties["supplier_group"]],
            "customer": [code[name] for name in ties["customer_group"]],
            "product": positions(study.graph, ties["product_id"]),
            "year": ties["year"],
            "row": ties["row"],
        }
    )
    return Evidence(study, groups, rows, _holdings(rows, study.graph.size, ds.as_of), links)


def _starts(product: pd.Series[Any], group: pd.Series[Any]) -> Any:
    """Tell where a new (product, group) begins in sorted rows."""
    changed = (product.diff() != 0) | (group.diff() != 0)
    return changed.to_numpy(dtype=np.intp)


def _known_ties(ds: Dataset) -> pd.DataFrame:
    """Return the supplies that were seen by the dataset's date."""
    columns = ["supplier_group", "customer_group", "product_id", "year"]
    if not ds.has("supplies"):
        return pd.DataFrame({name: [] for name in [*columns, "row"]}).astype({"year": "str"})
    frame = ds.table("supplies").reset_index(drop=True)
    frame = frame.assign(row=np.arange(len(frame)))
    years = frame["year"].astype("str").fillna("")
    day = last_day(ds.as_of) if ds.as_of else "9999"
    known = frame["supplier_group"].notna() & frame["customer_group"].notna()
    found: pd.DataFrame = frame.loc[known & (years <= day), [*columns, "row"]]
    return found


def _project_rows(ds: Dataset, products: Sequence[str] | None) -> pd.DataFrame:
    """Return one row a project event and product, with the place of its site or its city."""
    if not ds.has("projects"):
        return pd.DataFrame()
    frame = ds.table("projects")
    day = last_day(ds.as_of) if ds.as_of else "9999"
    frame = frame[frame["group_zh"].notna() & (frame["date"] <= day)]
    if frame.empty:
        return pd.DataFrame()
    listed = frame["product_ids"].fillna(frame["product_id"]).fillna("")
    frame = frame.assign(product_id=listed.str.split(";")).explode("product_id")
    frame["product_id"] = frame["product_id"].str.strip()
    if products is not None:
        frame = frame[frame["product_id"].isin(list(products))]
    points = city_points(ds)
    city = frame["city"].fillna("").to_numpy(dtype=object)
    lat, lon = (np.array([points.get(c, (np.nan,) * 2)[i] for c in city]) for i in (0, 1))
    return pd.DataFrame(
        {
            "product_id": frame["product_id"].to_numpy(dtype=object),
            "group": frame["group_zh"].to_numpy(dtype=object),
            "enterprise_id": frame["enterprise_id"].to_numpy(dtype=object),
            "scope": "project",
            "province": frame["province"].fillna("").to_numpy(dtype=object),
            "city": city,
            "county": "",
            "park": frame["park"].fillna("").to_numpy(dtype=object),
            "lat": lat.astype(float),
            "lon": lon.astype(float),
            "capacity": np.nan,
            "since": frame["date"].to_numpy(dtype=object),
            "project_id": frame["project_id"].to_numpy(dtype=object),
            "began": np.where(frame["event"] == "seen", None, frame["date"].to_numpy(dtype=object)),
        }
    ).astype(dict.fromkeys(("product_id", "group", "city", "since"), "str"))


def city_points(ds: Dataset) -> dict[str, tuple[float, float]]:
    """Return where places lie, by name: of the regions table, else the mean of a city's sites."""
    points: dict[str, tuple[float, float]] = {}
    frame = ds.enterprises
    if isinstance(frame, pd.DataFrame):
        for level in ("province", "city"):
            means = frame.dropna(subset=["lat", "lon"]).groupby(level)[["lat", "lon"]].mean()
            points |= {str(n): (a, b) for n, a, b in means.itertuples(name=None)}
    if ds.has("regions"):
        table = ds.table("regions").dropna(subset=["lat", "lon"])
        columns = (table[name] for name in ("name_zh", "lat", "lon"))
        points |= {str(n): (a, b) for n, a, b in zip(*columns, strict=True)}
    return points


def _holdings(rows: pd.DataFrame, size: int, as_of: str) -> Holdings:
    """Add up the rows of each product and group."""
    number = rows["holding"].to_numpy(dtype=np.intp)
    count = int(number.max(initial=-1)) + 1
    start = np.searchsorted(number, np.arange(count))
    product = rows["product"].to_numpy(dtype=np.intp)[start]
    group = rows["group"].to_numpy(dtype=np.intp)[start]
    total = rows["total"].to_numpy(dtype=bool)
    figure = rows["capacity"].to_numpy(dtype=float)
    known = ~np.isnan(figure)
    site_sum = np.bincount(number[known & ~total], figure[known & ~total], count)
    company = np.zeros(count)
    np.maximum.at(company, number[known & total], figure[known & total])
    capacity = np.maximum(site_sum, company)
    placed = rows[~total]
    cities = placed.groupby("holding").agg(
        sites=("city", "nunique"), provinces=("province", "nunique"), typical=("capacity", "median")
    )
    cities = cities.reindex(range(count))
    recent = np.bincount(_arrivals(placed, as_of), minlength=count)
    return Holdings(
        product=product,
        group=group,
        capacity=np.where(capacity > 0, capacity, np.nan),
        typical=cities["typical"].to_numpy(dtype=float),
        sites=cities["sites"].fillna(0).to_numpy(dtype=np.intp),
        provinces=cities["provinces"].fillna(0).to_numpy(dtype=np.intp),
        recent=recent,
        first=np.searchsorted(product, np.arange(size + 1)),
    )


def _arrivals(placed: pd.DataFrame, as_of: str) -> Integers:
    """Return the holding of each city that a group first came to in the last years."""
    if not as_of or placed.empty:
        return np.empty(0, dtype=np.intp)
    year = int(as_of[:4]) - RECENT_YEARS
    after = last_day(f"{year}{as_of[4:]}")
    dated = placed.assign(began=placed["began"].fillna(""))
    begun = dated.groupby(["holding", "city"])["began"].min()
    recent = begun.index.get_level_values(0)[(begun > after).to_numpy(dtype=bool)]
    return np.asarray(recent, dtype=np.intp)


def distances(lat: Floats, lon: Floats, point: tuple[float, float]) -> Floats:
    r"""Return great-circle distances in km (haversine formula, sphere of 6,371 km).

    .. math:: 2 R \arcsin \sqrt{\sin^2(\Delta\phi/2) + \cos\phi_1 \cos\phi_2 \sin^2(\Delta\lambda/2)}

    Examples
    --------
    >>> import numpy as np
    >>> kunming = np.array([25.04]), np.array([102.72])
    >>> float(distances(*kunming, (25.49, 103.80)).round()[0])
    120.0
    """
    phi, there = np.radians(lat), np.radians(point[0])
    half = np.sin((phi - there) / 2) ** 2
    around = np.sin(np.radians(lon - point[1]) / 2) ** 2
    arc = half + np.cos(phi) * np.cos(there) * around
    return np.asarray(2 * _EARTH_KM * np.arcsin(np.sqrt(np.minimum(arc, 1.0))), dtype=float)


def related_links(graph: ProductGraph, kind_apart: Flags) -> tuple[Integers, Integers]:
    """Return pairs of closely related products, both ways, sorted.

    One goes into the other, or they stand for each other in an alternative group.

    Parameters
    ----------
    graph
        The product graph.
    kind_apart
        Products of kinds that go into nearly everything (:data:`NOT_MADE_OF`): related to nothing.
    """
    chain = graph.consumed & ~kind_apart[graph.source] & ~kind_apart[graph.target]
    first, second = [graph.source[chain]], [graph.target[chain]]
    members = np.flatnonzero((graph.group >= 0) & chain)
    members = members[np.argsort(graph.group[members], kind="stable")]
    cuts = np.flatnonzero(np.diff(graph.group[members])) + 1
    for group in np.split(members, cuts):
        items = graph.source[group]
        first.append(np.repeat(items, len(items)))
        second.append(np.tile(items, len(items)))
    a, b = np.concatenate(first), np.concatenate(second)
    keys = np.unique(np.concatenate([a * graph.size + b, b * graph.size + a]))
    a, b = keys // graph.size, keys % graph.size
    return a[a != b].astype(np.intp), b[a != b].astype(np.intp)


def kinds_apart(study: Study) -> Flags:
    """Tell which products are of kinds that go into nearly everything."""
    return study.kind_in("kind", NOT_MADE_OF)
