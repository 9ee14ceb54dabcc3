"""Evidence: who makes what where, and who supplies whom, as known at a date, in codes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph.dataset import last_day
from chaingraph.events import known_events
from chaingraph.groups import makers_by_site, mean_points, placeholders
from chaingraph.products import NOT_MADE_OF, positions
from chaingraph.recruit.proof import INTENDS, INTENT_OF_STATUS, MAKES, of_status, proving_events

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.analysis.basis import Basis
    from chaingraph.dataset import Dataset
    from chaingraph.products import Flags, Floats, Integers, ProductGraph
    from chaingraph.regions import Region

RECENT_YEARS: Final = 3
GENERAL_USERS: Final = 20
"""Products that a general good goes into at least: who makes or takes steel is related to half the world."""


@dataclass(frozen=True, eq=False)
class Holdings:
    """What groups make or intend to, all places together: one entry a product and group, sorted by both.

    Attributes
    ----------
    product, group
        Position of the product, code of the group.
    makes, intends
        Whether something proves that the group makes the very product, or that it intends to; neither
        where all that is known are events of several products.
    named
        Whether not all of it stands for makers unknown.
    capacity
        Units a year: the larger of the company total and the sum of the sites; nan without a figure.
    typical
        Units a year of the group's median plant; nan without a figure.
    sites, provinces
        Number of cities and of provinces where it makes the product.
    recent
        Cities where it began, signed or started a plant of it in the last three years.
    first
        Where each product's entries begin (one more than there are products).
    """

    product: Integers
    group: Integers
    makes: Flags
    intends: Flags
    named: Flags
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
        `enterprise_id`, `project_id`, place, `lat`, `lon`, `capacity`, `since`, `total`, what it proves
        (`proof`, `broad`: of several products, and of this perhaps; `event`: the event that said so).
    ties
        One row a supply that is known: `supplier`, `customer` (codes, -1 for groups without a
        plant), `product`, `year`, `row` (of the supplies table).
    nobody
        By group: whether all that is known of it are rows that stand for makers unknown.
    projects
        What projects prove, one row an event and product: see :func:`project_rows`.
    """

    study: Basis
    groups: Any
    rows: pd.DataFrame
    holdings: Holdings
    ties: pd.DataFrame
    nobody: Flags
    projects: pd.DataFrame

    @cached_property
    def columns(self) -> dict[str, Any]:
        """The columns of the rows as arrays."""
        return {str(name): self.rows[name].to_numpy() for name in self.rows.columns}

    @cached_property
    def bounds(self) -> Integers:
        """Where the rows of each holding begin (one more than there are holdings)."""
        number = self.columns["holding"].astype(np.intp)
        return np.searchsorted(number, np.arange(len(self.holdings.product) + 1))

    @cached_property
    def stands(self) -> Flags:
        """By row: whether it proves that somebody makes something there, of a family if of nothing closer."""
        return np.asarray(self.columns["proof"].astype(np.intp) == MAKES)

    @cached_property
    def makes(self) -> Flags:
        """By row: whether it proves that somebody makes the very product there."""
        return np.asarray(self.stands & ~self.columns["broad"].astype(bool))

    def rows_of(self, holding: int) -> Integers:
        """Return the rows of a holding that lie somewhere: all but company totals."""
        rows = np.arange(self.bounds[holding], self.bounds[holding + 1])
        return np.asarray(rows[~self.columns["total"][rows].astype(bool)], dtype=np.intp)

    def inside(self, region: Region) -> Flags:
        """Tell which rows lie in a region; company totals lie nowhere."""
        return np.asarray(region.mask(self.rows) & ~self.rows["total"].to_numpy(dtype=bool))

    @cached_property
    def telling(self) -> Flags:
        """By row: whether it says where the group is with the product: plants, else what is intended."""
        made = self.holdings.makes[self.columns["holding"].astype(np.intp)]
        return np.asarray(self.makes | ~made)

    def nearest(self, distance: Floats) -> Floats:
        """Return the smallest distance of each holding's rows; nan where no row has coordinates.

        What is only intended is as far as it may be where the group makes the product somewhere.
        """
        best = np.full(len(self.holdings.product), np.inf)
        known = ~np.isnan(distance) & self.telling
        np.minimum.at(best, self.columns["holding"][known], distance[known])
        return np.where(np.isinf(best), np.nan, best)


def gather_evidence(
    study: Basis,
    products: Sequence[str] | None = None,
    region: Region | None = None,
) -> Evidence:
    """Gather what a study's dataset knows about the makers of some products, or of all.

    Rows are plants that stand, are being built or planned at the study's date, and events of projects up
    to it; :mod:`chaingraph.recruit.proof` says what each proves. What has ended proves nothing.

    Parameters
    ----------
    study
        The dataset under its assumptions.
    products
        Only plants of these products (what spares reading a whole registry), and
    region
        all plants of this region; projects are always read whole.
    """
    ds = study.dataset
    sites = makers_by_site(
        ds.enterprises, study.standing, products=products, besides=region, categories=True
    )
    rows, told = _plant_rows(sites), project_rows(ds)
    if len(told):
        rows = pd.concat([rows, told], ignore_index=True)
    code, ids = coded(rows["product_id"])
    place = pd.Index(study.product_graph.ids).get_indexer(pd.Index(ids))[code]
    if (place < 0).any():
        rows = rows[place >= 0]
    rows = rows.assign(product=place[place >= 0])
    ties = _known_ties(ds)
    code, own = coded(rows["group"])
    named = [
        own,
        *(ties[name].to_numpy(dtype=object) for name in ("supplier_group", "customer_group")),
    ]
    codes, groups = pd.factorize(np.concatenate(named), sort=True)
    rows["group"] = codes[: len(own)][code]
    rows = rows.sort_values(["product", "group"], kind="stable", ignore_index=True)
    rows["total"] = (rows["scope"] == "group").to_numpy(dtype=bool)
    rows["unnamed"] = rows["enterprise_id"].isin(list(placeholders(ds.enterprises)))
    rows["holding"] = _starts(rows["product"], rows["group"]).cumsum() - 1
    links = pd.DataFrame(
        {
            "supplier": codes[len(own) : len(own) + len(ties)],
            "customer": codes[len(own) + len(ties) :],
            "product": positions(study.product_graph, ties["product_id"]),
            "year": ties["year"].to_numpy(dtype=object),
            "row": ties["row"].to_numpy(),
        }
    )
    nobody = np.zeros(len(groups), dtype=bool)
    nobody[rows["group"]] = True
    nobody[rows.loc[~rows["unnamed"], "group"]] = False
    holdings = _holdings(rows, study.product_graph.size, ds.as_of)
    return Evidence(study, groups, rows, holdings, links, nobody, told)


def _starts(product: pd.Series[Any], group: pd.Series[Any]) -> Any:
    """Tell where a new (product, group) begins in sorted rows."""
    changed = (product.diff() != 0) | (group.diff() != 0)
    return changed.to_numpy(dtype=np.intp)


def _known_ties(ds: Dataset) -> pd.DataFrame:
    """Return the supplies that were seen by the dataset's date."""
    columns = ["supplier_group", "customer_group", "product_id", "year"]
    if not ds.has("supplies"):
        return pd.DataFrame({name: [] for name in [*columns, "row"]}).astype({"year": "str"})
    frame = known_events(ds, "supplies")
    frame = frame.assign(row=frame.index.to_numpy(), year=frame["year"].astype("str").fillna(""))
    known = frame["supplier_group"].notna() & frame["customer_group"].notna()
    found: pd.DataFrame = frame.loc[known, [*columns, "row"]]
    return found


def _plant_rows(sites: pd.DataFrame) -> pd.DataFrame:
    """Return plants with what they prove, and the beginning of each; a plan has not begun."""
    code, words = coded(sites["status"])
    proof = np.array([of_status(word) for word in words], dtype=np.intp)
    event = np.array([INTENT_OF_STATUS.get(word) for word in words], dtype=object)
    return sites.drop(columns="status").assign(
        project_id=None,
        began=sites["since"].where(sites["status"] != "planned"),
        proof=proof[code],
        broad=False,
        event=event[code],
    )


def project_rows(ds: Dataset) -> pd.DataFrame:
    """Return one row a project event and product that proves something, with the place of its city."""
    frame = proving_events(ds)
    if frame.empty:
        return pd.DataFrame()
    points = city_points(ds)
    city = frame["city"].fillna("").to_numpy(dtype=object)
    lat, lon = (np.array([points.get(c, (np.nan,) * 2)[i] for c in city]) for i in (0, 1))
    began = frame["date"].to_numpy(dtype=object, copy=True)
    began[(frame["event"] == "seen").to_numpy()] = None
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
            "began": began,
            "proof": frame["proof"].to_numpy(dtype=np.intp),
            "broad": frame["broad"].to_numpy(dtype=bool),
            "event": frame["event"].to_numpy(dtype=object),
        }
    ).astype(dict.fromkeys(("product_id", "group", "city", "since"), "str"))


def city_points(ds: Dataset) -> dict[str, tuple[float, float]]:
    """Return where places lie, by name: of the regions table, else the mean of a city's sites."""
    points: dict[str, tuple[float, float]] = {}
    for level in ("province", "city"):
        means = mean_points(ds.enterprises, level)
        points |= {str(n): (a, b) for n, a, b in means.itertuples(index=False, name=None)}
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
    total = rows["total"].to_numpy(dtype=bool)
    proof, unnamed = rows["proof"].to_numpy(dtype=np.intp), rows["unnamed"].to_numpy(dtype=bool)
    close = ~rows["broad"].to_numpy(dtype=bool) & ~unnamed
    makes, intends = close & (proof == MAKES), close & (proof == INTENDS)
    figure = np.where(proof == MAKES, rows["capacity"].to_numpy(dtype=float), np.nan)
    known = ~np.isnan(figure)
    site_sum = np.bincount(number[known & ~total], figure[known & ~total], count)
    company = np.zeros(count)
    np.maximum.at(company, number[known & total], figure[known & total])
    capacity = np.maximum(site_sum, company)
    city, province = (coded(rows[name])[0][~total] for name in ("city", "province"))
    own, stand = number[~total], makes[~total]
    # several makers' capacity in one row is no plant
    plant = np.where(unnamed, np.nan, figure)
    return Holdings(
        product=product,
        group=rows["group"].to_numpy(dtype=np.intp)[start],
        makes=np.bincount(number[makes], minlength=count) > 0,
        intends=np.bincount(number[intends], minlength=count) > 0,
        named=np.bincount(number[~unnamed], minlength=count) > 0,
        capacity=np.where(capacity > 0, capacity, np.nan),
        typical=medians(own, plant[~total], count),
        sites=_distinct(own[stand], city[stand], count),
        provinces=_distinct(own[stand], province[stand], count),
        recent=_arrivals(own, city, rows["began"][~total], count, as_of),
        first=np.searchsorted(product, np.arange(size + 1)),
    )


def coded(names: pd.Series[Any]) -> tuple[Integers, Any]:
    """Return the position of each text among the sorted distinct ones (-1: none), and those as objects.

    Examples
    --------
    >>> import pandas as pd
    >>> code, texts = coded(pd.Series(["b", "a", "b"]))
    >>> code.tolist(), texts.tolist()
    ([1, 0, 1], ['a', 'b'])
    """
    if isinstance(names.dtype, pd.CategoricalDtype):  # sorted, but some may not occur
        code = names.cat.codes.to_numpy()
        there = np.bincount(code[code >= 0], minlength=len(names.cat.categories)) > 0
        place = np.append(np.cumsum(there) - 1, -1)
        return place[code].astype(np.intp), names.cat.categories[there].to_numpy(dtype=object)
    code, texts = pd.factorize(names, sort=True)
    return np.asarray(code, dtype=np.intp), np.asarray(texts, dtype=object)


def _distinct(number: Integers, code: Integers, count: int) -> Integers:
    """Count the distinct codes of each number."""
    width = int(code.max(initial=0)) + 1
    pairs = np.sort(
        number * width + code
    )  # numpy's `unique` of integers hashes: several times slower
    pairs = pairs[np.diff(pairs, prepend=-1) > 0]
    return np.asarray(np.bincount(pairs // width, minlength=count), dtype=np.intp)


def medians(number: Integers, values: Floats, count: int) -> Floats:
    """Return the median of the known values of each number; nan where none is known.

    Examples
    --------
    >>> import numpy as np
    >>> medians(np.array([0, 0, 2]), np.array([1.0, 4.0, np.nan]), 3).tolist()
    [2.5, nan, nan]
    """
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known])]
    ordered, count_known = values[order], len(order)
    # by number, then by value: a sort of integers is many times faster than one by two keys
    keys = np.sort(number[order] * count_known + np.arange(count_known))
    ordered = ordered[keys % count_known] if count_known else ordered
    first = np.append(0, np.cumsum(np.bincount(number[known], minlength=count)))
    some = np.flatnonzero(np.diff(first) > 0)
    middle = first[some] + first[some + 1]
    result = np.full(count, np.nan)
    result[some] = (ordered[(middle - 1) // 2] + ordered[middle // 2]) / 2
    return result


def _arrivals(
    number: Integers, city: Integers, began: pd.Series[Any], count: int, as_of: str
) -> Integers:
    """Count for each holding the cities that its group first came to in the last years."""
    if not as_of or not len(number):
        return np.zeros(count, dtype=np.intp)
    after = last_day(f"{int(as_of[:4]) - RECENT_YEARS}{as_of[4:]}")
    code, dates = coded(began)
    if (code < 0).any():  # what has no date comes first
        code, dates = code + 1, np.append(np.array([""], dtype=object), dates)
    width = int(city.max(initial=0)) + 1
    spot, place = np.unique(number * width + city, return_inverse=True)
    first = np.full(len(spot), len(dates), dtype=np.intp)
    np.minimum.at(first, place.reshape(-1), code)
    recent = np.searchsorted(dates.astype(str), after, side="right") <= first
    return np.asarray(np.bincount(spot[recent] // width, minlength=count), dtype=np.intp)


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


def kinds_apart(study: Basis) -> Flags:
    """Tell which products are of kinds that go into nearly everything."""
    return study.kind_in("kind", NOT_MADE_OF)


def general_goods(study: Basis) -> Flags:
    """Tell which products go into so many others that their makers and users are related to nearly all."""
    graph = study.product_graph
    pairs = np.unique(graph.source[graph.consumed] * graph.size + graph.target[graph.consumed])
    users = np.bincount(pairs // graph.size, minlength=graph.size)
    return np.asarray(users >= GENERAL_USERS)
