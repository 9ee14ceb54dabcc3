"""What a scenario makes of a dataset: its changes, one after the other, on copies of the tables.

Nothing of the base is edited. Capacities, recipes, prices and shares change in the tables, so that every
analysis and page works on a scenario as on any dataset; how hard makers run and what a goal adds are carried
beside them (:class:`chaingraph.dataset.Supposed`), and so is the base, at whose choices shares stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.analysis.settings import read_product
from chaingraph.dataset import Supposed, checked_date, last_day
from chaingraph.engines import append_rows, collect, read_frame
from chaingraph.enterprises import LEVELS
from chaingraph.errors import ChaingraphError, OptionError, closest
from chaingraph.gazetteer import find_regions
from chaingraph.planning.kinds import OUTSIDE, Change, Scenario
from chaingraph.planning.scenario import read_scenario
from chaingraph.units import conversion_factor
from chaingraph.words import Phrase

if TYPE_CHECKING:
    from collections.abc import Callable

    from chaingraph.dataset import Dataset
    from chaingraph.planning.scenario import Asked
    from chaingraph.regions import Region

_ENDED: Final = ("closed", "cancelled")
_RUNS: Final = ("operating", "trial")
_FEW: Final = 12


def apply_scenario(
    ds: Dataset,
    scenario: Asked,
    *,
    region: str | Region | None = None,
    by: str | None = None,
) -> Dataset:
    """Return a dataset as a scenario supposes it; the dataset itself stays as it is.

    Parameters
    ----------
    ds
        The base; one that is itself a scenario has the changes made after its own.
    scenario
        A TOML file, a :class:`Scenario`, a list of changes, or several of these in order; see
        :func:`read_scenario`.
    region
        Where plants are built that name no place; the dataset's focus by default.
    by
        Only what begins up to this date is made (a plant that a later change delays begins later); all of
        it by default.

    Returns
    -------
    Dataset
        Its tables have the changed rows; `supposed` names the scenario, its base and what no table holds.
        What begins after the dataset's date is put there as if it stood at that date: the question is what
        it would change, not when. A scenario that changes nothing gives the dataset itself.

    Raises
    ------
    OptionError
        Where a change cannot be made: an unknown product, site or place (with the closest known), a site that
        does not make the product, a unit that does not convert. The message says where it stands.

    Notes
    -----
    *Shares of alternatives stay as they are in the base.* Split anew, one small plant of granular silicon would
    draw the demand of all ingots over to it. They stay in every region, each at its own choices; a change
    ``share`` states others.

    Examples
    --------
    >>> import chaingraph as cg
    >>> toy = cg.load_dataset("toy")
    >>> more = apply_scenario(toy, [{"do": "build", "product": "foil", "size": 400}])
    >>> gaps = [cg.find_gaps(each, draws=0).frame.set_index("product_id")["gap"] for each in (toy, more)]
    >>> [float(gap["foil"]) for gap in gaps]
    [1000.0, 600.0]
    """
    found = read_scenario(scenario)
    if by is not None:
        checked_date(by)
    draft = _Draft(ds, found.name, region, by)
    for change in found.changes:
        draft.make(change)
    return draft.finished(partial(_again, scenario=found, region=region, by=by))


def _again(base: Dataset, *, scenario: Scenario, region: Any, by: str | None) -> Dataset:
    return apply_scenario(base, scenario, region=region, by=by)


def _chained(base: Dataset, *, first: Any, then: Any) -> Dataset:
    changed: Dataset = then(first(base))
    return changed


@dataclass(eq=False)
class _Draft:
    """A dataset on its way to a scenario: frames are replaced, never changed."""

    ds: Dataset
    name: str
    region: str | Region | None
    by: str | None
    tables: dict[str, Any] = field(default_factory=dict)
    sites: list[dict[str, Any]] = field(default_factory=list)
    held: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    built: list[dict[str, Any]] = field(default_factory=list)
    load: dict[str, float] = field(default_factory=dict)
    goal: dict[str, float] = field(default_factory=dict)
    quota: dict[str, float] = field(default_factory=dict)
    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    outside: int = 0
    later: int = 0

    # --- one change after the other

    def make(self, change: Change) -> None:
        """Make one change; a failure says where it stands."""
        if change.do in OUTSIDE:
            self.outside += 1
            return
        if change.do != "build" and self._is_later(change.start):
            self.later += 1
            return
        try:
            getattr(self, f"_{change.do}")(change)
        except ChaingraphError as error:
            detail = Phrase(error.key, tuple(error.params.items()))
            raise OptionError("scenario-bad", where=change.where, detail=detail) from None

    def _is_later(self, date: str) -> bool:
        return bool(self.by and date) and last_day(date) > last_day(str(self.by))

    def _product(self, name: str) -> str:
        return read_product(self.ds, name)

    def _amount(self, change: Change, product: str, key: str = "size") -> float:
        """Return a figure of a change in the product's unit."""
        size = float(change[key])
        units = self.ds.products.set_index("product_id")["unit"]
        own, unit = units[product], change["unit"]
        if unit is None or not isinstance(own, str):
            return size
        factor = conversion_factor(unit, own)
        if factor is None:
            raise OptionError("scenario-unit", value=unit, product=product, unit=own)
        return size * factor

    def _build(self, change: Change) -> None:
        product = self._product(change["product"])
        site = self._new_site(change, product)
        self.sites.append(site)
        row = self._row(site["enterprise_id"], product, self._amount(change, product), change)
        self.built.append(row)
        self.held.setdefault(site["enterprise_id"], []).append(row)

    def _new_site(self, change: Change, product: str) -> dict[str, Any]:
        taken = {site["enterprise_id"] for site in self.sites}
        name = change["id"]
        if name is None:
            number = 1
            while (name := f"new_{product}_{number}") in taken or self._is_known(name):
                number += 1
        elif name in taken or self._is_known(name):
            raise OptionError("scenario-id", value=name)
        row = self.ds.products.set_index("product_id").loc[product]
        zh, en = (
            cell if isinstance(cell, str) else product for cell in row[["name_zh", "name_en"]]
        )
        return {
            "enterprise_id": name, "name_zh": change["name"] or f"新建{zh}",
            "name_en": change["name"] or f"New plant: {en}", **self._spot(change),
            "source_url": change["source_url"], "note": self._note(change),
        }  # fmt: skip

    def _is_known(self, site: str) -> bool:
        return len(self._sites_called(site, "enterprise_id")) > 0

    def _spot(self, change: Change) -> dict[str, Any]:
        """Return where something is built: the place of its park, else a region."""
        spot: dict[str, Any] = {}
        park = change["park"]
        if park is not None and self.ds.has("parks"):
            parks = self.ds.table("parks")
            rows = parks[(parks["name_zh"] == park) | (parks["park_id"] == park)]
            if rows.empty:
                known = [*parks["name_zh"].dropna(), *parks["park_id"]]
                near = ", ".join(closest(park, known) or known[:_FEW])
                raise OptionError("scenario-park", value=park, suggestions=near)
            columns = ("province", "city", "county", "lat", "lon")
            spot = {name: rows[name].iloc[0] for name in columns if pd.notna(rows[name].iloc[0])}
            park = rows["name_zh"].iloc[0]
        if not spot:
            asked = change["region"] or self.region or self.ds.focus
            if not asked:
                raise OptionError("scenario-nowhere")
            place = find_regions(self.ds, [asked])[0]
            if place.level is None or not place.path:
                raise OptionError("scenario-place", value=place.name)
            spot = self._levels(place, place.level)
        return spot | ({"park": park} if park is not None else {})

    def _levels(self, place: Region, level: str) -> dict[str, Any]:
        """Return the names of a place and what it lies in, by level; those it lacks as its sites say."""
        above = LEVELS[: LEVELS.index(level)]
        if len(place.path) == len(above) + 1:
            return dict(zip((*above, level), place.path, strict=True))
        spot: dict[str, Any] = {}
        sites = place.filter(read_frame(self.ds.enterprises))
        there = sites.collect_schema().names()
        for name in above:
            if name in there:
                known = collect(sites.select(name).unique())[name].dropna().tolist()
                spot |= {name: known[0]} if len(known) == 1 and known[0] else {}
        return spot | {level: place.path[-1]}

    def _row(self, site: str, product: str, size: float, change: Change) -> dict[str, Any]:
        return {
            "enterprise_id": site, "product_id": product, "capacity": size,
            "unit": self.ds.products.set_index("product_id")["unit"][product], "status": "operating",
            "scope": "site", "since": change.start or None, "as_of": self.ds.as_of or None,
            "source_url": change["source_url"], "note": self._note(change),
        }  # fmt: skip

    def _note(self, change: Change) -> str:
        return "; ".join(p for p in (f"scenario {self.name}".strip(), change["note"]) if p)

    def _close(self, change: Change) -> None:
        rows = self._rows(change)
        part = change["part"] or 1.0
        for row in rows:
            if part == 1:
                row["status"] = "closed"
            elif row["status"] in _RUNS and not _known(row["capacity"]):
                raise OptionError(
                    "scenario-no-figure", value=row["enterprise_id"], product=row["product_id"]
                )
            else:
                row["capacity"] *= 1 - part
            row["note"] = _joined(row.get("note"), self._note(change))
        if part == 1:
            self._forget_events(rows)

    def _resize(self, change: Change) -> None:
        rows = [row for row in self._rows(change) if row["status"] in _RUNS]
        product = self._product(change["product"])
        size = self._amount(change, product)
        if not rows:
            raise OptionError("scenario-not-running", value=change["site"], product=product)
        total = sum(row["capacity"] for row in rows if _known(row["capacity"]))
        for number, row in enumerate(rows):
            if total > 0:
                row["capacity"] = (
                    row["capacity"] * (size / total) if _known(row["capacity"]) else 0.0
                )
            else:
                row["capacity"] = size if number == 0 else 0.0
            row["note"] = _joined(row.get("note"), self._note(change))

    def _convert(self, change: Change) -> None:
        rows = [row for row in self._rows(change) if row["status"] in _RUNS]
        product, site = self._product(change["to"]), self._site(change["site"])
        if not rows or not all(_known(row["capacity"]) for row in rows):
            raise OptionError("scenario-no-figure", value=change["site"], product=change["product"])
        part = change["part"] or 1.0
        given = change["yield"]
        freed = sum(row["capacity"] for row in rows) * part
        old, new = (
            self.ds.products.set_index("product_id")["unit"][name]
            for name in (rows[0]["product_id"], product)
        )
        if given is None and old != new:
            raise OptionError("scenario-yield", unit=old, other=new)
        self._close(change)
        row = self._row(site, product, freed * (1.0 if given is None else given), change)
        self.built.append(row)
        self.held[site].append(row)

    def _delay(self, change: Change) -> None:
        rows = self._rows(change)
        dated = [row for row in rows if isinstance(row.get("since"), str) and not _only_seen(row)]
        if not dated:
            raise OptionError("scenario-no-start", value=change["site"])
        for row in dated:
            row["since"] = _later(row["since"], int(change["months"]))
            row["note"] = _joined(row.get("note"), self._note(change))

    def _use(self, change: Change) -> None:
        self.load[self._product(change["product"])] = float(change["utilisation"])

    def _demand(self, change: Change) -> None:
        product = self._product(change["product"])
        self.goal[product] = self.goal.get(product, 0.0) + self._amount(change, product)

    def _links(self, output: str) -> pd.DataFrame:
        inputs: pd.DataFrame = self.tables.get("inputs", self.ds.inputs)
        return inputs[(inputs["output_id"] == output) & (inputs["role"] == "consumed")]

    def _share(self, change: Change) -> None:
        output = self._product(change["output"])
        shares = {self._product(name): part for name, part in change["shares"].items()}
        links = self._links(output)
        groups = links.loc[links["input_id"].isin(list(shares)), "alternative_group"]
        if len(groups) < len(shares) or groups.isna().any() or len(set(groups)) != 1:
            known = sorted(links.loc[links["alternative_group"].notna(), "input_id"])
            raise OptionError("scenario-group", product=output, choices=", ".join(known) or "-")
        members = links[links["alternative_group"] == groups.iloc[0]]
        self._edit("inputs", members.index, share=members["input_id"].map(shares).fillna(0.0))

    def _recipe(self, change: Change) -> None:
        output, source = self._product(change["output"]), self._product(change["input"])
        links = self._links(output)
        rows = links[links["input_id"] == source]
        if rows.empty:
            choices = ", ".join(sorted(links["input_id"])[:_FEW]) or "-"
            raise OptionError("scenario-no-link", product=output, value=source, choices=choices)
        self._edit("inputs", rows.index, coefficient=change["coefficient"], low=np.nan, high=np.nan)

    def _price(self, change: Change) -> None:
        product = self._product(change["product"])
        rows = self.ds.products.index[self.ds.products["product_id"] == product]
        self._edit("products", rows, price_cny=change["cny"], price_as_of=self.ds.as_of or None)
        if self.ds.has("product_facts"):
            facts = self.tables.get("product_facts", self.ds.table("product_facts"))
            other = (facts["product_id"] == product) & (facts["measure"] == "price")
            self.tables["product_facts"] = facts[~other].reset_index(drop=True)

    def _allow(self, change: Change) -> None:
        product = self._product(change["product"])
        rows = self.ds.products.index[self.ds.products["product_id"] == product]
        self._edit("products", rows, restricted=None, restricted_zh=None)
        if change["quota"] is not None:
            self.quota[product] = self._amount(change, product, "quota")

    # --- tables

    def _edit(self, table: str, rows: Any, **cells: Any) -> None:
        """Replace cells of a table that is small."""
        frame = self.tables.get(table, self.ds.table(table)).copy()
        for name, values in cells.items():
            if name in frame:
                frame.loc[rows, name] = values
        self.tables[table] = frame

    def _sites_called(self, name: str, *columns: str) -> pd.DataFrame:
        """Return the sites that are called so, of any engine."""
        sites = read_frame(self.ds.enterprises)
        there = [column for column in columns if column in sites.collect_schema().names()]
        test = nw.col(there[0]) == name
        for column in there[1:]:
            test = test | (nw.col(column) == name).fill_null(value=False)
        names = ("enterprise_id", "name_zh", "province", "city")
        wanted = [column for column in names if column in sites.collect_schema().names()]
        return collect(sites.filter(test).select(*wanted))

    def _site(self, name: str) -> str:
        """Return the id of a site by its id or its name; built ones too."""
        if any(name in (site["enterprise_id"], site["name_zh"]) for site in self.sites):
            return next(
                str(site["enterprise_id"]) for site in self.sites
                if name in (site["enterprise_id"], site["name_zh"])
            )  # fmt: skip
        found = self._sites_called(name, "enterprise_id")
        if found.empty:
            found = self._sites_called(name, "name_zh", "name_en")
        if len(found) == 1:
            return str(found["enterprise_id"].iloc[0])
        if len(found):
            ids = ", ".join(sorted(found["enterprise_id"])[:_FEW])
            raise OptionError("scenario-sites", value=name, choices=ids)
        near = self._near(name)
        shown = Phrase("did-you-mean", (("names", ", ".join(near)),))
        if not near:
            shown = Phrase("nothing-close", (("count", self._count()),))
        raise OptionError("scenario-no-site", value=name, suggestions=shown)

    def _count(self) -> int:
        return len(collect(read_frame(self.ds.enterprises).select("enterprise_id")))

    def _near(self, name: str) -> list[str]:
        sites = collect(read_frame(self.ds.enterprises).select("enterprise_id", "name_zh"))
        ids = closest(name, [*sites["enterprise_id"], *(s["enterprise_id"] for s in self.sites)])
        return ids or closest(name, sites["name_zh"].dropna())

    def _rows(self, change: Change) -> list[dict[str, Any]]:
        """Return the rows of a site (of a product of it) that have not ended, to be changed in place."""
        site = self._site(change["site"])
        if site not in self.held:
            self.held[site] = self._read_rows(site)
        open_rows = [
            row for row in self.held[site]
            if row["status"] not in _ENDED and not isinstance(row.get("until"), str)
        ]  # fmt: skip
        if change["product"] is None:
            rows = open_rows
        else:
            product = self._product(change["product"])
            rows = [row for row in open_rows if row["product_id"] == product]
        if not rows:
            made = ", ".join(sorted({row["product_id"] for row in open_rows})) or "-"
            asked = change["product"] or "-"
            raise OptionError("scenario-not-made", value=site, product=asked, choices=made)
        return rows

    def _read_rows(self, site: str) -> list[dict[str, Any]]:
        """Return the capacity rows of a site, with where they stand in a frame of pandas."""
        frame = self.ds.capacities
        if isinstance(frame, pd.DataFrame):
            rows = frame[frame["enterprise_id"] == site]
            at = rows.index.tolist()
        else:
            rows = collect(read_frame(frame).filter(nw.col("enterprise_id") == site))
            at = [None] * len(rows)
        records = rows.astype(object).where(rows.notna(), None).to_dict("records")
        kept = []
        for place, record in zip(at, records, strict=True):
            row = {str(key): value for key, value in record.items()}
            row["status"] = row.get("status") or "operating"
            if row.get("scope") != "group":
                kept.append(row | {"_at": place})
        return kept

    def _forget_events(self, rows: list[dict[str, Any]]) -> None:
        """Take out the events of plants that are closed: they would tell that something is made there."""
        if not self.ds.has("projects"):
            return
        projects = self.tables.get("projects", self.ds.table("projects"))
        site = rows[0]["enterprise_id"]
        names = self._sites_called(site, "enterprise_id")["name_zh"].tolist()
        closed = {row["product_id"] for row in rows}
        kept = {row["product_id"] for row in self.held[site] if row["status"] not in _ENDED}
        own = (projects["enterprise_id"] == site) | projects["company_zh"].isin(names)
        gone = own & projects["product_id"].isin(list(closed - kept))
        if gone.any():
            self.tables["projects"] = projects[~gone].reset_index(drop=True)

    # --- the end

    def finished(self, again: Callable[[Dataset], Dataset]) -> Dataset:
        """Return the dataset of the scenario; the base itself where nothing has changed."""
        self._keep_quotas()
        new = [row for row in self.built if not self._is_later(row["since"] or "")]
        gone = {row["enterprise_id"] for row in self.built} - {row["enterprise_id"] for row in new}
        self.later += len(self.built) - len(new)
        ds, tables = self.ds, dict(self.ds.tables) | self.tables
        changed = self._changed_capacities()
        if changed is not None:
            tables["capacities"] = changed
        if not (self.tables or changed is not None or new or self.load or self.goal):
            return ds
        result = replace(ds, tables=tables)
        sites = [site for site in self.sites if site["enterprise_id"] not in gone]
        if sites:
            result = result.with_rows("enterprises", sites)
        if new:
            result = result.with_rows("capacities", [self._standing(row) for row in new])
        before = ds.supposed
        base = ds if before is None else before.base
        whole = again if before is None else partial(_chained, first=before.again, then=again)
        name = " + ".join(n for n in (before.name if before else "", self.name) if n)
        goal = dict(before.goal) if before else {}
        for product, amount in self.goal.items():
            goal[product] = goal.get(product, 0.0) + amount
        supposed = Supposed(
            name=name, base=base, load=(dict(before.load) if before else {}) | self.load, goal=goal,
            again=whole, notes=(*(before.notes if before else ()), *self._said(new)),
        )  # fmt: skip
        return replace(result, supposed=supposed)

    def _keep_quotas(self) -> None:
        for product, quota in self.quota.items():
            built = sum(r["capacity"] for r in self.built if r["product_id"] == product)
            if built > quota:
                raise OptionError("scenario-quota", product=product, value=built, quota=quota)

    def _standing(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a new row as if it stood at the dataset's date, where it begins later."""
        kept = {name: value for name, value in row.items() if value is not None and name != "_at"}
        at, since = self.ds.as_of, row["since"]
        if since and at and last_day(since) > last_day(at):
            kept["since"] = at
            kept["note"] = _joined(row["note"], f"from {since}")
        return kept

    def _changed_capacities(self) -> Any:
        """Return the capacities with the rows of the sites that were touched; None where none was."""
        rows = [row for site in self.held.values() for row in site if "_at" in row]
        if not rows:
            return None
        frame = self.ds.capacities
        if isinstance(frame, pd.DataFrame):
            changed = frame.copy()
            at = [row["_at"] for row in rows]
            for name in ("capacity", "status", "since", "note"):
                if name in changed:
                    changed.loc[at, name] = pd.Series(
                        [row.get(name) for row in rows], index=at, dtype=changed[name].dtype
                    )
            return changed
        sites = sorted({row["enterprise_id"] for row in rows})
        rest = read_frame(frame).filter(
            ~nw.col("enterprise_id").is_in(sites)
            | (nw.col("scope") == "group").fill_null(value=False)
        )
        plain = [{k: v for k, v in row.items() if k != "_at"} for row in rows]
        return append_rows(rest.to_native(), pd.DataFrame(plain))

    def _said(self, new: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
        """Return what a reader of the scenario must know."""
        notes = list(self.notes)
        at = self.ds.as_of
        ahead = [
            r["since"] for r in new if r["since"] and at and last_day(r["since"]) > last_day(at)
        ]
        if ahead:
            notes.append(("scenario-ahead", {"count": len(ahead), "first": min(ahead), "at": at}))
        if self.later:
            notes.append(("scenario-later", {"count": self.later, "by": self.by}))
        if self.outside:
            notes.append(("scenario-outages", {"count": self.outside}))
        products = self.tables.get("products", self.ds.products).set_index("product_id")
        restricted = products["restricted"].notna()
        held = sorted({r["product_id"] for r in new if restricted[r["product_id"]]})
        if held:
            notes.append(("scenario-restricted", {"names": ", ".join(held)}))
        return notes


def _known(figure: Any) -> bool:
    return isinstance(figure, int | float) and not np.isnan(figure)


def _only_seen(row: dict[str, Any]) -> bool:
    return row.get("since_basis") in {"as_of", "listing"}


def _joined(*notes: Any) -> str:
    """Return notes as one, each once."""
    return "; ".join(dict.fromkeys(note for note in notes if isinstance(note, str) and note))


def _later(date: str, months: int) -> str:
    """Return a partial date some months later; a year becomes the month that many after its last.

    Examples
    --------
    >>> _later("2024-11", 3), _later("2024-11-30", 3), _later("2024", 6), _later("2024", 12)
    ('2025-02', '2025-02-28', '2025-06', '2025')
    """
    year, month, day = (*(int(part) for part in date.split("-")), 0, 0)[:3]
    if not month and months % 12 == 0:
        return f"{year + months // 12:04d}"
    years, rest = divmod(year * 12 + (month or 12) - 1 + months, 12)
    if not day:
        return f"{years:04d}-{rest + 1:02d}"
    last = pd.Period(f"{years:04d}-{rest + 1:02d}").days_in_month
    return f"{years:04d}-{rest + 1:02d}-{min(day, last):02d}"
