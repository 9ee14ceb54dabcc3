"""What the gaps of a region are counted under, and which of its anchors are not known to run."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.analysis.intakes import site_intake
from chaingraph.enterprises import RUNNING, site_rows
from chaingraph.enterprises.standing import GENERAL_KNOWLEDGE, STALE_MONTHS, UNCONFIRMED
from chaingraph.knowledge.dates import month_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.analysis.state import RegionState

TOPICS: Final = (
    "missing", "short", "missing_likely", "unseen", "stale", "announced", "building", "one_of",
    "reported", "open", "hardly", "on_site", "flow", "not_advised",
)  # fmt: skip
"""What the lines of a region's gaps are counted under, each under one; words in the vocabulary ``topic``."""
BOUGHT: Final = ("missing", "missing_likely", "unseen", "building", "announced", "stale")
"""Topics that are bought outside if nobody here makes them."""
DOUBTS: Final = ("general_knowledge", "trial", "old", "unconfirmed")
"""Why a plant is not known to run; words in the vocabulary ``unconfirmed``."""


@dataclass(frozen=True)
class Doubt:
    """An anchor that is not known to run.

    Attributes
    ----------
    enterprise_id
        The site.
    products
        What may not be made any more.
    why
        Words of the vocabulary ``unconfirmed``.
    value
        What it takes for them, CNY a year; nan where none of it has a price.
    """

    enterprise_id: str
    products: tuple[str, ...]
    why: tuple[str, ...]
    value: float


def topics_of(frame: pd.DataFrame) -> list[str]:
    """Return for each row of gaps what it is counted under; empty for own use, surplus and one maker.

    Parameters
    ----------
    frame
        Rows of :func:`chaingraph.find_gaps`.
    """
    kind, evidence = frame["gap_kind"], frame["evidence"]
    looked = kind.isin(["unseen", "not_assessed"])
    announced = (kind == "coming") & (evidence == "announced")
    known = {
        "not_advised": (frame["verb"] == "not_advised") & (kind != "short"),
        "building": (kind == "coming") & (evidence == "building"),
        "stale": (looked | announced) & (frame["stale_rows"] > 0),
        "announced": announced,
        "hardly": looked & evidence.isin(["thin", "not_collected"]),
        "reported": (kind == "unquantified") & (evidence == "reported"),
        "open": kind == "unquantified",
    }
    same = ("missing", "missing_likely", "unseen", "short", "one_of", "on_site", "flow")
    known |= {name: kind == name for name in same}
    flags = [column.to_numpy(dtype=bool) for column in known.values()]
    return [str(name) for name in np.select(flags, list(known), default="")]


class Plant(NamedTuple):
    """One capacity row of a site here, its texts empty where there are none."""

    enterprise_id: str
    name_zh: str
    name_en: str
    product_id: str
    capacity: float
    effective: float
    status: str
    counted: bool
    stale: bool
    anchor: bool
    as_of: str
    since: str
    last_confirmed: str
    source_url: str
    note: str


_TEXTS: Final = (
    "enterprise_id", "name_zh", "name_en", "product_id", "status", "as_of", "since",
    "last_confirmed", "source_url", "note",
)  # fmt: skip


def plants_of(state: RegionState) -> tuple[Plant, ...]:
    """Return the capacity rows of the sites of a region, the largest first."""
    rows = state.study.maker_rows
    rows = site_rows(rows[state.region.mask(rows)]).sort_values(
        ["capacity", "enterprise_id", "product_id", "since"], ascending=[False, True, True, True]
    )
    empty = [""] * len(rows)
    cells: dict[str, list[Any]] = {
        name: rows[name].astype("str").fillna("").tolist() if name in rows else empty
        for name in _TEXTS
    }
    for name in ("capacity", "effective"):
        cells[name] = rows[name].astype(float).tolist()
    cells["counted"] = (rows["counted"] > 0).tolist()
    for name in ("stale", "anchor"):
        cells[name] = rows[name].fillna(value=False).astype(bool).tolist()
    return tuple(Plant(*row) for row in zip(*(cells[name] for name in Plant._fields), strict=True))


def unconfirmed_anchors(state: RegionState, plants: Iterable[Plant]) -> tuple[Doubt, ...]:
    """Return the anchors that are not known to run, that with the most demand hanging on it first.

    An anchor's row is in doubt where it rests on general knowledge, where it says trial running,
    where its last sign is older than 24 months, and where its note says that no page after
    `last_confirmed` tells it to run.
    """
    at = month_number(state.study.dataset.as_of, late=True)
    signs = _last_events(state.study.site_signs)
    doubts: dict[str, list[tuple[Plant, str]]] = defaultdict(list)
    for plant in plants:
        if plant.anchor and plant.counted and plant.status in RUNNING:
            doubt = _doubt(plant, at, signs)
            if doubt:
                doubts[plant.enterprise_id].append((plant, doubt))
    found = []
    for enterprise, pairs in sorted(doubts.items()):
        rows = pd.DataFrame([plant for plant, _ in pairs], columns=list(Plant._fields))
        value = float(np.nansum(site_intake(state, rows).demand * state.study.price))
        given = {doubt for _, doubt in pairs}
        products = tuple(dict.fromkeys(plant.product_id for plant, _ in pairs))
        why = tuple(name for name in DOUBTS if name in given)
        found.append(Doubt(enterprise, products, why, value or float("nan")))
    return tuple(
        sorted(found, key=lambda doubt: (-np.nan_to_num(doubt.value), doubt.enterprise_id))
    )


def _last_events(signs: pd.DataFrame | None) -> dict[tuple[str, str], str]:
    """Return the newest event of each site and product."""
    if signs is None:
        return {}
    names = ["enterprise_id", "product_id", "date"]
    columns = (column.tolist() for _, column in signs[names].dropna().items())
    newest: dict[tuple[str, str], str] = {}
    for site, product, date in zip(*columns, strict=True):
        newest[site, product] = max(date, newest.get((site, product), ""))
    return newest


def _doubt(plant: Plant, at: float, signs: Mapping[tuple[str, str], str]) -> str:
    """Return why a row is not known to run; empty where it is."""
    if not plant.source_url and re.search(GENERAL_KNOWLEDGE, plant.note):
        return "general_knowledge"
    if plant.status == "trial":
        return "trial"
    event = signs.get((plant.enterprise_id, plant.product_id), "")
    dates = [plant.as_of, plant.since, plant.last_confirmed, event]
    seen = [month_number(date, late=True) for date in dates if date]
    if seen and at - max(seen) > STALE_MONTHS:
        return "old"
    marked = re.search(UNCONFIRMED, plant.note)
    confirmed = plant.last_confirmed and month_number(plant.last_confirmed, late=True) >= at
    return "unconfirmed" if marked and not confirmed else ""
