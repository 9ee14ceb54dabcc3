"""What a capacity row or an event proves of a group and a product: the one place that tells.

A group *makes* a product where a row in force says that a plant operates, is on trial or stands
suspended, or an event that a plant of this very product was commissioned or reached full output.
What is announced, signed, begun, being built or planned only *intends*. What was cancelled, closed or
superseded has *ended*, and takes the intents before it along.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.dataset import last_day
from chaingraph.engines import collect, read_frame
from chaingraph.enterprises import located, valid_rows
from chaingraph.events import known_events
from chaingraph.groups import INTENDED, MAKING
from chaingraph.knowledge.evidence import EVENT_STATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chaingraph.dataset import Dataset

NOTHING: Final = 0
ENDED: Final = 1
INTENDS: Final = 2
MAKES: Final = 3
"""Proofs, the weakest first."""

_BY_STATUS: Final = {
    **dict.fromkeys(MAKING, MAKES),
    **dict.fromkeys(INTENDED, INTENDS),
    "cancelled": ENDED,
    "closed": ENDED,
}
_BY_STATE: Final = {
    "made": MAKES,
    "building": INTENDS,
    "announced": INTENDS,
    "suspended": ENDED,  # of work under way; a plant that made it before still does
    "ended": ENDED,
}
_BY_EVENT: Final = {event: _BY_STATE[state] for event, state in EVENT_STATES.items()}
_SEEN: Final = "seen"
_REPLACED: Final = "superseded"
INTENT_OF_STATUS: Final = {"construction": "started", "planned": "announced"}
"""Status of a row that intends -> the event that says the same."""


def of_status(status: object) -> int:
    """Return what a capacity row of a status proves.

    Examples
    --------
    >>> of_status("suspended") == MAKES, of_status("construction") == INTENDS
    (True, True)
    """
    return _BY_STATUS.get(str(status), NOTHING)


def of_event(event: object, status: object = None) -> int:
    """Return what an event proves; what was only seen proves what its status says.

    Examples
    --------
    >>> of_event("signed", "operating") == INTENDS, of_event("seen", "operating") == MAKES
    (True, True)
    """
    return of_status(status) if event == _SEEN else _BY_EVENT.get(str(event), NOTHING)


def event_products(product: object, listed: object) -> list[tuple[str, bool]]:
    """Return the products of an event, each with whether it is only one of several that are meant.

    Of several products the event is of the one that it names, if it names one of them: of the others,
    and of all members of a broad family, it does not say which.

    Examples
    --------
    >>> event_products("wafer", "mono_ingot;wafer")
    [('mono_ingot', True), ('wafer', False)]
    >>> event_products("battery_cell", "cell_lfp;cell_ncm")
    [('cell_lfp', True), ('cell_ncm', True)]
    """
    text = listed if isinstance(listed, str) and listed else product
    names = [part.strip() for part in text.split(";")] if isinstance(text, str) else []
    found = list(dict.fromkeys(name for name in names if name))
    return [(name, len(found) > 1 and name != product) for name in found]


def proving_events(ds: Dataset) -> pd.DataFrame:
    """Return what the projects known at a dataset's date prove: one row an event and product.

    Intents that an end of the same group, city and product took along are left out, and ends themselves.

    Returns
    -------
    pandas.DataFrame
        Sorted by date and project: the columns of the projects, one `product_id` each, with `proof`
        and `broad` (it is only one of several products that the event is of).
    """
    if not ds.has("projects"):
        return pd.DataFrame()
    frame = known_events(ds, "projects")
    frame = frame[frame["group_zh"].notna() & frame["date"].notna()]
    frame = frame.sort_values(["date", "project_id"], ignore_index=True)
    columns = (frame[name].tolist() for name in ("product_id", "product_ids", "event", "status"))
    found = [
        (row, name, many, of_event(event, status))
        for row, (product, listed, event, status) in enumerate(zip(*columns, strict=True))
        for name, many in event_products(product, listed)
    ]
    rows, products, broad, proofs = zip(*found, strict=True) if found else ((), (), (), ())
    frame = frame.iloc[list(rows)].reset_index(drop=True)
    frame["product_id"] = pd.array(list(products), dtype="str")
    frame["broad"] = np.array(broad, dtype=bool)
    frame["proof"] = np.array(proofs, dtype=np.intp)
    ended = _Ends([*_ends_of_events(frame), *_ends_of_rows(ds)])
    kept = [proof >= INTENDS and not ended.take(row) for row, proof in _spots(frame)]
    proven: pd.DataFrame = frame[np.array(kept, dtype=bool)].reset_index(drop=True)
    return proven


_Spot = tuple[str, str, str, str, str, int]
"""Group, city, product, site (empty: not said), last day, proof that it ends (or, of an event, is)."""
_PLACE: Final = ("group_zh", "city", "product_id", "enterprise_id")


def _spots(frame: pd.DataFrame) -> Iterator[tuple[_Spot, int]]:
    columns = [frame[name].fillna("").tolist() for name in (*_PLACE, "date")]
    for *place, date, proof in zip(*columns, frame["proof"].tolist(), strict=True):
        group, city, product, site = place
        yield (group, city, product, site, last_day(date), proof), proof


def _ends_of_events(frame: pd.DataFrame) -> Iterable[_Spot]:
    """Yield where work or plans ended by an event; what replaces another does not end that of its day."""
    for (spot, proof), event in zip(_spots(frame), frame["event"].tolist(), strict=True):
        if proof == ENDED:
            day = spot[4][:-1] if event == _REPLACED else spot[4]
            yield (*spot[:4], day, INTENDS)


def _ends_of_rows(ds: Dataset) -> Iterable[_Spot]:
    """Yield the plants that closed, and the plans that were given up, by capacity rows."""
    if not (ds.has("capacities") and ds.has("enterprises")):
        return
    rows = collect(_ended_rows(ds))
    names = ("group", "city", "product_id", "enterprise_id", "end", "status")
    columns = [rows[name].fillna("").tolist() for name in names]
    for *place, end, status in zip(*columns, strict=True):
        group, city, product, site = place
        most = INTENDS if status == "cancelled" else MAKES
        yield group, city, product, site, last_day(end) if end else "9999", most


def _ended_rows(ds: Dataset) -> Any:
    """Return the rows of capacities that are over at a dataset's date, with group, city and `end`."""
    rows = read_frame(ds.capacities)
    keys = ("enterprise_id", "product_id", "status")
    over = [name for name, proof in _BY_STATUS.items() if proof == ENDED]
    said = valid_rows(rows, at=ds.as_of).filter(nw.col("status").is_in(over))
    parts = [said.select(*keys, end=nw.coalesce("since", "as_of"))]
    if ds.as_of:
        left = nw.col("status").is_in(list(MAKING)) & (nw.col("until") <= last_day(ds.as_of))
        parts.append(rows.filter(left).select(*keys, end=nw.col("until")))
    return located(nw.concat(parts), read_frame(ds.enterprises), ["city"])


class _Ends:
    """Ends by place and product, asked for every event."""

    def __init__(self, ends: Sequence[_Spot]) -> None:
        self._by_place: dict[tuple[str, ...], list[_Spot]] = {}
        for end in ends:
            self._by_place.setdefault(end[:3], []).append(end)

    def take(self, spot: _Spot) -> bool:
        """Tell whether an end takes an event along: at its site, or where one of them names none."""
        *_, site, day, proof = spot
        return any(
            day <= end_day and proof <= most and (site == end_site or not (site and end_site))
            for *_, end_site, end_day, most in self._by_place.get(spot[:3], ())
        )
