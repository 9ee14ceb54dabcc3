"""Identity: which enterprise of the dataset each enterprise of a list is; namesakes stay apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from chaingraph.codes import clean_code, is_credit_code
from chaingraph.intake.keys import made_id
from chaingraph.intake.places import PLACES, fill_place, likely_place, place_of
from chaingraph.matching.known import SAME, alias_key
from chaingraph.matching.lists import as_row
from chaingraph.matching.match import TAKING, match_enterprises
from chaingraph.matching.places import book_of_dataset
from chaingraph.names import normal_text
from chaingraph.places import Place
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.updates.ledger import NEW, Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.dataset import Dataset
    from chaingraph.rawtables import RawTable
    from chaingraph.updates.ledger import Ledger
    from chaingraph.updates.states import Rows

_ID: Final = "enterprise_id"
Cells = dict[str, str]


class Identity:
    """Gives the enterprises of a list the ids of the dataset; what is unsure becomes a conflict."""

    def __init__(self, ds: Dataset, ours: Rows | None, ledger: Ledger, date: str) -> None:
        self.ds, self.ours, self.ledger, self.date = ds, ours, ledger, date
        self.book = book_of_dataset(ds)
        self.here = place_of(ds.focus, self.book) if ds.focus else Place()
        if ds.focus and not self.here.path:
            self.here = likely_place(ds.focus)
        ids = [] if ours is None else ours.raw.cells(_ID)
        self.known = {key: row for row, key in enumerate(ids)}

    def apply(self, tables: dict[str, RawTable], *, fill: bool) -> None:
        """Change the ids in the tables of a list, in place; rows of unsure enterprises go out.

        Parameters
        ----------
        tables
            The list's.
        fill
            Give new enterprises of which no city is said the region under study, and what it and
            their county lie in.
        """
        table = tables.get("enterprises")
        if table is None:
            return
        records = [
            {name: cells[row] for name, cells in table.columns.items()} for row in range(len(table))
        ]
        where = [
            f"{file}:{line}" if line else file
            for file, line in zip(table.file, table.line, strict=True)
        ]
        ids: dict[str, str] = {}
        told: dict[str, str] = {}
        for record, place in zip(records, where, strict=True):
            if record[_ID] in self.known:
                found = self._same_id(record, place)
                if found:
                    ids[record[_ID]] = found
                    told[found] = record[_ID]
        strange = [row for row, record in enumerate(records) if record[_ID] not in self.known]
        for row, verdict in zip(strange, self._match([records[r] for r in strange]), strict=True):
            found = self._strange(records[row], verdict, told, where[row])
            if found:
                ids[records[row][_ID]] = found
                told[found] = records[row][_ID]
        names = {record[_ID]: record.get("name_zh", "") for record in records}
        _rename(tables, ids, names)
        if fill:
            self._fill(tables["enterprises"])

    def _ours(self, row: int) -> Cells:
        return {} if self.ours is None else self.ours.written(row)

    def _same_id(self, record: Cells, where: str) -> str:
        """Return the id for an enterprise whose id the dataset knows; none where it is unsure."""
        key = record[_ID]
        mine = self._ours(self.known[key])
        codes = [clean_code(cells.get("credit_code", "")) for cells in (record, mine)]
        clash = all(map(is_credit_code, codes)) and codes[0] != codes[1]
        if record.get("name_zh") != mine.get("name_zh"):
            clash |= any(
                record.get(p) and mine.get(p) and record[p] != mine[p] for p in ("province", "city")
            ) and not (is_credit_code(codes[0]) and codes[0] == codes[1])
        if not clash:
            return key
        row = self.known[key]
        entry = Entry(
            "enterprises", key, _names(record), _ID, "", _described(mine), _described(record),
            ours_where=self.ours.where(row) if self.ours else "", theirs_where=where, candidate=key,
        )  # fmt: skip
        choice = self.ledger.settle(entry, "id")
        if choice == NEW:
            return made_id("e", *(record.get(n, "") for n in ("name_zh", "city", "credit_code")))
        return key if choice == SAME else ""

    def _match(self, records: list[Cells]) -> list[dict[str, Any]]:
        """Return the verdict on each enterprise, those without a place taken to be of the region."""
        if not records or not self.known:
            return [{"decision": NEW}] * len(records)
        listed = [self._listed(record) for record in records]
        found = match_enterprises(self.ds, listed).frame.to_dict("records")
        return [{str(k): v for k, v in verdict.items()} for verdict in found]

    def _listed(self, record: Cells) -> Cells:
        """Return an enterprise as a row of a list of enterprises."""
        names = ("credit_code", "stock_code", *PLACES)
        row = {"name": record.get("name_zh", "")} | {n: record.get(n, "") for n in names}
        return row | self._where(record)

    def _where(self, record: Cells) -> Cells:
        """Return the cells of a place that the region under study fills."""
        return fill_place(record, self.here, self.book) if self.here.path else {}

    def _strange(
        self, record: Cells, verdict: Mapping[str, Any], told: Mapping[str, str], where: str
    ) -> str:
        """Return the id for an enterprise whose id the dataset does not know; none where unsure."""
        decision, found = str(verdict["decision"]), verdict.get("enterprise_id")
        if decision == NEW:
            return record[_ID]
        if decision in TAKING and found not in told:
            self._take(record, str(found), by_code=decision == "code")
            return str(found)
        row = self.known[str(found)]
        reason = (str(verdict["reason_zh"]), str(verdict["reason_en"]))
        entry = Entry(
            "enterprises", record[_ID], _names(record), _ID, "", _described(self._ours(row)),
            _described(record), ours_where=self.ours.where(row) if self.ours else "",
            theirs_where=where, candidate=str(found), reason=reason,
        )  # fmt: skip
        choice = self.ledger.settle(entry, "enterprise")
        if choice == NEW:
            return record[_ID]
        if choice != SAME:
            return ""
        self.add_alias(record["name_zh"], self._listed(record), str(found))
        self._take(record, str(found), by_code=False)
        return str(found)

    def _take(self, record: Cells, found: str, *, by_code: bool) -> None:
        """Let the dataset's name stand unless the same credit code shows that the firm has another now."""
        mine = self._ours(self.known[found]).get("name_zh", "")
        name = normal_text(record.get("name_zh", ""))
        if not by_code or name in normal_text(mine):
            record["name_zh"] = mine

    def add_alias(self, name: str, listed: Mapping[str, Any], enterprise: str) -> None:
        """Remember that a name at a place is an enterprise, for later lists."""
        row = as_row(listed, 0)
        if not name or self._has_alias(name, row.place):
            return
        code = row.credit_code if is_credit_code(row.credit_code) else ""
        cells = {
            "alias_zh": name, "credit_code": code, "place": row.place, _ID: enterprise,
            "decision": SAME, "decided_on": self.date,
        }  # fmt: skip
        self.ledger.add("aliases", {name: text for name, text in cells.items() if text})
        self.ledger.tell(Entry("aliases", name, (name, name), "", "", "", enterprise), "added")

    def _has_alias(self, name: str, place: str) -> bool:
        rows: list[Any] = list(self.ledger.rows.get("aliases", ()))
        if self.ds.has("aliases"):
            rows += self.ds.table("aliases").fillna("").to_dict("records")
        key = alias_key(name, place, self.book)
        return any(alias_key(r["alias_zh"], r.get("place", ""), self.book) == key for r in rows)

    def alias_of(self, record: Cells, name: str, enterprise: str) -> None:
        """Remember the name that an enterprise had before."""
        self.add_alias(name, self._listed(record), enterprise)

    def _fill(self, table: RawTable) -> None:
        for row, key in enumerate(table.cells(_ID)):
            if key in self.known:
                continue
            record = {place: table.cells(place)[row] for place in PLACES}
            more = self._where(record)
            for place, text in more.items():
                table.columns.setdefault(place, [""] * len(table))[row] = text
            self.ledger.placed += bool(more)


def _names(record: Cells) -> tuple[str, str]:
    name = record.get("name_zh") or record.get("name_en") or record[_ID]
    return name, record.get("name_en") or name


def _described(record: Cells) -> str:
    """Return what tells an enterprise from its namesakes."""
    parts = [record.get(c, "") for c in ("name_zh", *PLACES, "credit_code")]
    return " ".join(dict.fromkeys(part for part in parts if part))


def _rename(tables: dict[str, RawTable], ids: Mapping[str, str], names: Mapping[str, str]) -> None:
    """Put the ids found into all tables; rows of enterprises without one go out."""
    own = tables["enterprises"]
    listed = list(own.cells(_ID))
    own.columns["name_zh"] = [names[key] for key in listed]
    for name in TABLE_NAMES:
        table = tables.get(name)
        if table is None:
            continue
        columns = [k.field for k in table_spec(name).foreign_keys if k.table == "enterprises"]
        columns += [_ID] if name == "enterprises" else []
        gone: set[int] = set()
        for column in columns:
            cells = table.cells(column)
            gone |= {r for r, key in enumerate(cells) if key in names and key not in ids}
            table.columns[column] = [ids.get(key, key) for key in cells]
        if name == "enterprises":  # two that a person holds to be one
            first = {key: row for row, key in reversed(list(enumerate(table.cells(_ID))))}
            gone |= set(range(len(table))) - set(first.values())
        table.drop(gone)
