"""The enterprises of a dataset as matching sees them: names taken apart, codes, decisions kept."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chaingraph.codes import clean_code, clean_stock_code, is_credit_code
from chaingraph.engines import collect, read_frame
from chaingraph.matching.candidates import Candidates
from chaingraph.matching.names import NameReader
from chaingraph.matching.places import find_places
from chaingraph.matching.score import Party
from chaingraph.names import normal_text, simplified
from chaingraph.places import country

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset
    from chaingraph.matching.lists import ListRow
    from chaingraph.places import PlaceBook

SAME, NEW = "same", "new"
_COLUMNS: Final = (
    "enterprise_id", "name_zh", "group_zh", "stock_code", "credit_code", "province", "city", "county",
)  # fmt: skip


@dataclass(frozen=True)
class Kept:
    """A decision that a person took before: on which enterprise (none: it is new), when, with which code."""

    decision: str
    enterprise: int | None
    date: str
    code: str


class Known:
    """The enterprises of a dataset by position, with all ways to find one."""

    def __init__(self, ds: Dataset) -> None:
        columns = _columns(ds)
        self.ids, self.names, self.cities = (
            columns[name] for name in ("enterprise_id", "name_zh", "city")
        )
        self.places = find_places(ds)
        self.reader = NameReader(self.places)
        self.codes = [
            code if is_credit_code(code) else "" for code in map(clean_code, columns["credit_code"])
        ]
        self.by_code = _positions(self.codes)
        self.by_stock = _positions([clean_stock_code(code) for code in columns["stock_code"]])
        cells = zip(columns["province"], columns["city"], columns["county"], strict=True)
        self.parties = [
            Party(tuple(self.reader.all_names(name)), self.places.read(*place), normal_text(group))
            for name, group, place in zip(self.names, columns["group_zh"], cells, strict=True)
        ]
        self.candidates = Candidates(self.parties)
        self.pairs = frozenset(
            text[start : start + 2]
            for text in {name.text for party in self.parties for name in party.names}
            for start in range(len(text) - 1)
        )
        positions = dict(zip(self.ids, range(len(self.ids)), strict=True))
        self._kept = _kept_decisions(ds, positions, self.places.book)

    def party(self, row: ListRow) -> Party:
        """Return a listed enterprise in its parts."""
        spots = self.places.read(*map(simplified, (row.province, row.city, row.county)))
        return Party(tuple(self.reader.all_names(row.name)), spots)

    def kept(self, row: ListRow) -> Kept | None:
        """Return the decision taken before on this name at this place, or on this code."""
        code = row.credit_code if is_credit_code(row.credit_code) else ""
        found = self._kept.get(code) if code else None
        found = found or self._kept.get(alias_key(row.name, row.place, self.places.book))
        return None if found and code and found.code and found.code != code else found


def _columns(ds: Dataset) -> dict[str, list[str]]:
    frame = collect(read_frame(ds.enterprises))
    return {
        name: frame[name].fillna("").astype(str).tolist() if name in frame else [""] * len(frame)
        for name in _COLUMNS
    }


def _positions(keys: list[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for position, key in enumerate(keys):
        if key:
            found[key].append(position)
    return dict(found)


def alias_key(name: str, place: str, book: PlaceBook | None = None) -> str:
    """Return under what a decision on a name at a place is kept, however both are written.

    Examples
    --------
    >>> alias_key("甲厂", "宜宾市") == alias_key("甲 厂", "四川/宜宾")
    True
    """
    plain = "".join(unicodedata.normalize("NFKC", place).split())
    reading = (book or country()).read(place)
    if reading.kind == "found" and not reading.rest:
        plain = "/".join(filter(None, reading.place[1:])) or reading.place.province
    return f"{normal_text(name)}|{plain}"


def _kept_decisions(ds: Dataset, positions: dict[str, int], book: PlaceBook) -> dict[str, Kept]:
    """Return the decisions by name and place, and by code where it is a valid one.

    Where two rows speak of one key, the later one counts.
    """
    found: dict[str, Kept] = {}
    if not ds.has("aliases"):
        return found
    for record in ds.table("aliases").to_dict("records"):
        cells: dict[str, str] = {str(k): _text(v) for k, v in record.items()}
        position = positions.get(cells.get("enterprise_id", ""))
        if cells.get("product_id") or (cells["decision"] == SAME and position is None):
            continue
        code = clean_code(cells.get("credit_code", ""))
        code = code if is_credit_code(code) else ""
        kept = Kept(cells["decision"], position, cells.get("decided_on", ""), code)
        found[alias_key(cells["alias_zh"], cells.get("place", ""), book)] = kept
        if code:
            found[code] = kept
    return found


def _text(value: Any) -> str:
    return "" if value is None or value != value else str(value)  # noqa: PLR0124  nan
