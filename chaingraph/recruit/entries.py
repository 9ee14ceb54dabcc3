"""Entries: which group came to which city with which product, and when; and the data as then known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.dataset import checked_date, last_day
from chaingraph.engines import collect, read_frame
from chaingraph.enterprises import located, site_rows, start_unknown
from chaingraph.groups import MAKING, known_by, placeholders, sites_of
from chaingraph.recruit.proof import ENDED, of_event

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset
    from chaingraph.products import ProductGraph

COLUMNS: Final = (
    "city", "province", "product_id", "product_ids", "group", "date", "event", "enterprise_id",
    "project_id", "source_url",
)  # fmt: skip
_DATED: Final = {
    "projects": "date", "supplies": "year", "indicators": "year", "outputs": "year",
    "surveys": "as_of", "product_facts": "date",
}  # fmt: skip
"""Tables and the column that says when a row became known."""
_TIMELESS: Final = ("product_facts",)
"""Tables whose rows without a date are of no date: what a usual plant is, how much freight is borne."""
_OF_THEIR_TIME: Final = ("capacities", *_DATED)
_BUILDING: Final = "construction"
_KEY: Final = ["city", "product", "group"]


def freeze(ds: Dataset, cutoff: str, *, published: bool = False) -> Dataset:
    """Return a dataset with only those rows that were known at a date, read at that date.

    Capacities by `since`, where it is empty by `as_of`; projects by date, supplies, indicators and
    outputs by year, surveys by `as_of`; facts of products where a date is given. A year means its last
    day here: what happened in 2021 is known at 2021-12, not at 2021-06.
    Enterprises stay that have a capacity row left. Plan targets, which were written later, go.
    Products, inputs, parks, regions stay; so do today's names of groups.

    Parameters
    ----------
    ds
        The dataset.
    cutoff
        ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD``.
    published
        Leave out too what happened before but is known from a source that was published later; of
        sources without a date nobody can tell.

    Examples
    --------
    >>> import chaingraph as cg
    >>> frozen = freeze(cg.load_dataset("toy"), "2021-12")
    >>> frozen.as_of, len(frozen.capacities) < len(cg.load_dataset("toy").capacities)
    ('2021-12', True)
    """
    cutoff = checked_date(cutoff)
    day = last_day(cutoff)
    tables = {name: frame for name, frame in ds.tables.items() if name != "plan_targets"}
    if published and "sources" in tables:
        tables = _published(ds, tables, day)
    if "capacities" in tables:
        tables["capacities"] = known_by(tables["capacities"], cutoff)
    if "capacities" in tables and "enterprises" in tables:
        tables["enterprises"] = sites_of(ds.enterprises, tables["capacities"])
    for name, column in _DATED.items():
        if name in tables:
            frame = collect(read_frame(tables[name]))
            known = _days(frame[column]) <= day
            if name in _TIMELESS:
                known |= frame[column].isna()
            tables[name] = frame[known].reset_index(drop=True)
    return replace(ds, tables=tables, as_of=cutoff)


def _published(ds: Dataset, tables: dict[str, Any], day: str) -> dict[str, Any]:
    """Leave out the rows whose source was published after a day."""
    sources = ds.table("sources")
    late = sources.loc[sources["date"].notna() & (_days(sources["date"]) > day), "source_url"]
    kept = {}
    for name, table in tables.items():
        frame = read_frame(table)
        if name in _OF_THEIR_TIME and "source_url" in frame.collect_schema().names():
            told = nw.col("source_url").is_in(late.tolist()).fill_null(value=False)
            kept[name] = frame.filter(~told).to_native()
        else:
            kept[name] = table
    return kept


def _days(dates: Any) -> Any:
    """Return dates by their last day; a missing one is later than any."""
    texts = [last_day(str(date)) if isinstance(date, str) else "9999" for date in dates.tolist()]
    return pd.Series(texts, index=dates.index, dtype="str")


def list_entries(ds: Dataset, graph: ProductGraph) -> pd.DataFrame:
    """List the first arrivals of groups: one row a (city, product, group) that is new and dated.

    Sources are projects (any event but `seen`, which only proves that something stood by then, and those
    that end something) and the starts of capacity rows, of plants or their building. An arrival is new
    where nothing earlier, dated or seen, shows the group with that product (with any member of a broad
    family) in that city. A step that a new plant makes for
    itself (its product goes into another product of the same plant of the same date) is no arrival of
    its own.

    Returns
    -------
    pandas.DataFrame
        Sorted by date, city, product and group: `city`, `province`, `product_id` (a product, or the
        family as the project names it), `product_ids` (tuple of products), `group`, `date`, `event`,
        `enterprise_id`, `project_id`, `source_url`.
    """
    known = set(graph.ids)
    found = pd.concat([_capacity_events(ds, graph), _project_events(ds)], ignore_index=True)
    found["product_ids"] = [tuple(p for p in ids if p in known) for ids in found["product_ids"]]
    found = found[(found["product_ids"].map(len) > 0) & ~found["city"].isin(["", "unknown"])]
    found["day"] = _days(found["date"])
    keys = ["day", "dated", "city", "product_id", "group", "project_id", "enterprise_id"]
    found = found.sort_values(keys, kind="stable")
    single = found.explode("product_ids").rename(columns={"product_ids": "product"})
    earliest = single.groupby(_KEY)["day"].transform("min")
    first = (single["day"] == earliest).groupby(level=0, sort=False).all()
    undated = single.loc[~single["dated"].astype(bool)].groupby(_KEY)["day"].min()
    seen = single.join(undated.rename("seen"), on=_KEY)["seen"].groupby(level=0, sort=False).min()
    new = found[found["dated"].astype(bool) & first.reindex(found.index)]
    new = new[~(seen.reindex(new.index) <= new["day"]).fillna(value=False)]
    new = new[~_repeated(new)]
    order = ["date", "city", "product_id", "group", "project_id"]
    ordered: pd.DataFrame = new.sort_values(order, ignore_index=True)[list(COLUMNS)]
    return ordered


def _repeated(new: pd.DataFrame) -> Any:
    """Tell which arrivals repeat an earlier row: same city and group, a product in common."""
    taken: set[tuple[str, str, str]] = set()
    flags = []
    for city, group, products in zip(new["city"], new["group"], new["product_ids"], strict=True):
        keys = {(city, group, product) for product in products}
        flags.append(bool(keys & taken))
        taken |= keys
    return np.array(flags, dtype=bool)


def _capacity_events(ds: Dataset, graph: ProductGraph) -> pd.DataFrame:
    """Return the capacity rows of sites as events, dated by their start, else seen at a date."""
    rows = site_rows(read_frame(ds.capacities))
    unknown = start_unknown(rows.collect_schema().names())
    rows = rows.filter(
        nw.col("status").is_in([*MAKING, _BUILDING])
        & ~(nw.col("since").is_null() & nw.col("as_of").is_null())
    ).select("enterprise_id", "product_id", "since", "as_of", "source_url", dated=~unknown)
    found = collect(located(rows, read_frame(ds.enterprises), ["province", "city"]))
    found = found[~found["enterprise_id"].isin(list(placeholders(ds.enterprises)))]
    found = found.reset_index(drop=True)
    found = found.assign(
        date=found["since"].fillna(found["as_of"]),
        event=np.where(found["dated"], "operating", "seen"),
        project_id=None,
    )
    found["product_ids"] = pd.Series([(p,) for p in found["product_id"]], dtype=object)
    found[["city", "province"]] = found[["city", "province"]].fillna("")
    kept: pd.DataFrame = found[~_captive(found, graph)].drop(columns=["since", "as_of"])
    return kept


def _captive(found: pd.DataFrame, graph: ProductGraph) -> Any:
    """Tell which rows make an input of another product of the same site and date."""
    pairs = zip(graph.source[graph.consumed], graph.target[graph.consumed], strict=True)
    users: dict[str, set[str]] = {}
    for source, target in pairs:
        users.setdefault(graph.ids[source], set()).add(graph.ids[target])
    together = found.groupby(["enterprise_id", "date"])["product_id"].agg(set).to_dict()
    keys = zip(found["enterprise_id"], found["date"], found["product_id"], strict=True)
    return np.array([bool(users.get(p, set()) & together[(e, d)]) for e, d, p in keys], dtype=bool)


def _project_events(ds: Dataset) -> pd.DataFrame:
    """Return the projects as events."""
    if not ds.has("projects"):
        return pd.DataFrame()
    frame = ds.table("projects")
    frame = frame[frame["group_zh"].notna()]
    ended = [of_event(event) == ENDED for event in frame["event"]]
    frame = frame[~np.array(ended, dtype=bool)]
    listed = frame["product_ids"].fillna(frame["product_id"]).fillna("")
    return pd.DataFrame(
        {
            "city": frame["city"].fillna(""),
            "province": frame["province"].fillna(""),
            "product_id": frame["product_id"],
            "product_ids": [
                tuple(p.strip() for p in ids.split(";") if p.strip()) for ids in listed
            ],
            "group": frame["group_zh"],
            "date": frame["date"],
            "dated": frame["event"] != "seen",
            "event": frame["event"],
            "enterprise_id": frame["enterprise_id"],
            "project_id": frame["project_id"],
            "source_url": frame["source_url"],
        }
    )
