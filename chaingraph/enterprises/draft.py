"""Drafts."""
from __future__ import annotations
import narwhals as nw
import numpy as np
import pandas as pd
from typing import Any, NamedTuple
from chaingraph.engines import collect, read_frame
from chaingraph.enterprises.sites import located, sites_in
from chaingraph.enterprises.standing import capacity_columns, site_rows, standing_rows


def maker_cities(enterprises: Any, capacities: Any, *, at: str, statuses: Any) -> pd.DataFrame:
    """Return the number of cities with a maker of each product."""
    frame = read_frame(capacities)
    rows = standing_rows(site_rows(frame.select(*capacity_columns(frame))), at=at, statuses=statuses)
    rows = rows.filter(nw.col("counted") > 0).select("enterprise_id", "product_id")
    sites = read_frame(enterprises).filter(~nw.col("city").is_null())
    pairs = located(rows, sites, ["city"]).select("product_id", "city").unique()
    counted = pairs.with_columns(cities=nw.lit(1)).group_by("product_id").agg(nw.col("cities").sum())
    return collect(counted).sort_values("product_id", ignore_index=True)


def plant_sizes(enterprises: Any, capacities: Any, *, at: str) -> pd.DataFrame:
    frame = read_frame(capacities)
    rows = standing_rows(site_rows(frame.select(*capacity_columns(frame))), at=at, statuses={"operating": 1.0})
    rows = rows.filter(nw.col("known") > 0).group_by("enterprise_id", "product_id").agg(nw.col("effective").sum())
    f = collect(rows)
    f = f[f["effective"] > 0]
    g = f.groupby("product_id")["effective"]
    def q(x):
        return lambda s: float(np.quantile(s.to_numpy(), x, method="inverted_cdf"))
    return pd.DataFrame({"low": g.agg(q(.1)), "median": g.agg(q(.5)), "high": g.agg(q(.9)), "count": g.size()}).reset_index()


class Pairs(NamedTuple):
    regions: Any
    products: Any
    region: Any
    site: Any
    input: Any
    output: Any
    k_input: Any
    k_output: Any
    k_input_low: Any
    k_output_low: Any


def own_pairs(enterprises: Any, capacities: Any, links: pd.DataFrame, *, level, where=None, at, statuses, signs=None, stale="drop") -> Pairs:
    frame = read_frame(capacities)
    rows = standing_rows(site_rows(frame.select(*capacity_columns(frame))), at=at, statuses=statuses, signs=signs, stale=stale)
    sites = sites_in(enterprises, where)
    if level:
        sites = sites.filter(~nw.col(level).is_null())
    sites = sites.with_columns(region=nw.col(level) if level else nw.lit(""))
    rows = rows.filter(nw.col("known") > 0).select("enterprise_id", "product_id", "effective", "effective_low")
    f = collect(located(rows, sites, ["region"]).select("region", "enterprise_id", "product_id", "effective", "effective_low"))
    f = f.groupby(["region", "enterprise_id", "product_id"], as_index=False)[["effective", "effective_low"]].sum()
    l = links[links["role"] == "consumed"][["input_id", "output_id"]]
    m = f.merge(l, left_on="product_id", right_on="output_id").merge(
        f, left_on=["region", "enterprise_id", "input_id"], right_on=["region", "enterprise_id", "product_id"], suffixes=("_o", "_i"))
    m = m.sort_values(["region", "enterprise_id", "output_id", "input_id"])
    regions = np.array(sorted(set(m["region"])), dtype=object)
    products = np.array(sorted(set(m["input_id"]) | set(m["output_id"])), dtype=object)
    code = lambda c, names: pd.Index(names).get_indexer(m[c]) if len(m) else np.zeros(0, dtype=np.intp)
    return Pairs(regions, products, code("region", regions), pd.factorize(m["enterprise_id"])[0], code("input_id", products), code("output_id", products),
        m["effective_i"].to_numpy(float), m["effective_o"].to_numpy(float), m["effective_low_i"].to_numpy(float), m["effective_low_o"].to_numpy(float))
