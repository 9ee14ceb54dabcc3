"""Which capacity rows stand at a date: in force, not superseded by their own start, not long unseen.

Rows are only filtered, joined and put together here, on whatever engine holds them. What is known of events
is small, so it comes as a pandas frame and goes into the query as lists of keys: a frame of another engine
could not be joined.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict

import narwhals as nw

from chaingraph.dataset import last_day
from chaingraph.engines import is_empty, read_frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from typing_extensions import Unpack

STATUSES: Final = (
    "operating",
    "trial",
    "construction",
    "planned",
    "suspended",
    "cancelled",
    "closed",
)
OPEN: Final = ("construction", "planned")
"""Statuses of what is still to come: it can begin, be given up, or be forgotten."""
RUNNING: Final = ("operating", "trial")

CAPACITY_COLUMNS: Final = (
    "enterprise_id",
    "product_id",
    "capacity",
    "status",
    "scope",
    "since",
    "until",
    "as_of",
    "source_url",
)
OPTIONAL_COLUMNS: Final = ("note", "phase", "included_in", "last_confirmed", "since_basis")
"""Columns that tell more of a row; a frame may lack them."""

SAME_SIZE: Final = 0.2
"""Share by which figures of one phase may differ between its building and its running."""
STALE_MONTHS: Final = 24
"""Months without a sign after which construction or a plan no longer counts."""
GENERAL_KNOWLEDGE: Final = r"(?i)general knowledge|一般常识"
"""What a note says of a row that nobody has a page for."""
UNCONFIRMED: Final = r"(?i)running not confirmed|未核实在产"
"""What a note says of a running row that no page after its `last_confirmed` tells to run."""

Stale = Literal["drop", "keep"]
_STOPS: Final = ("suspended", "cancelled")
_RESUMED: Final = "resumed"
_ROUNDING: Final = 1e-9
_YEAR, _MONTH = len("2021"), len("2021-06")
_PHASE_COLUMNS: Final = ("capacity", "scope", "phase", "since", "since_basis")
_SEEN: Final = ("as_of", "listing")
"""Bases of a `since` that is no start: the date of the page, or of the list, that has the plant."""
_SIGNS: Final = ("since", "as_of", "last_confirmed")
_TOLD: Final = (
    "enterprise_id", "product_id", "status", "scope", "since", "as_of", "phase", "source_url", "figure",
    "effective", "effective_low", "known", "sourced", "bare", "counted", "stale", "row_",
)  # fmt: skip
"""Columns that passes over standing rows ask for; by `row_` the others are found again."""
_COUNTED: Final = ("stale", "bare", "figure", "counted", "effective", "effective_low")


class Reading(TypedDict, total=False):
    """How rows are read; see :func:`standing_rows`."""

    at: str | None
    statuses: Mapping[str, float]
    signs: pd.DataFrame | None
    stale: Stale


@dataclass(frozen=True, eq=False)
class Standing:
    """Capacity rows read at one date, for every pass over them: made by :func:`stand`.

    A frame in memory is worked out once, whatever is asked of it. A lazy one is asked by each pass for
    the rows and columns that this needs, and the engine plans it.

    Attributes
    ----------
    capacities
        narwhals frame.
    at, statuses, signs, stale
        As in :func:`standing_rows`.
    """

    capacities: Any
    at: str | None = ""
    statuses: Mapping[str, float] = field(default_factory=dict)
    signs: pd.DataFrame | None = None
    stale: Stale = "drop"

    @cached_property
    def wanted(self) -> dict[str, float]:
        """The statuses that count, with their factors."""
        return counted_statuses(self.statuses)

    def counted(self, *, totals: bool = False) -> Any:
        """Return the standing rows of sites of the statuses that count, with company totals where asked."""
        if self._whole is None:
            return self._read(self.statuses, totals=totals)
        return self._held(self.wanted, totals=totals)

    def beside(self, statuses: Sequence[str]) -> Any:
        """Return the standing rows of sites of statuses that do not count."""
        if self._whole is None:
            return self._read({}, watch=statuses)
        return self._held(statuses)

    def of(self, products: Sequence[str] | None, *, but: Sequence[str] = ()) -> Standing:
        """Return the reading of some products only, of all for None; not of those in `but`."""
        if products is None and not but:
            return self
        if products is None:
            chosen = ~nw.col("product_id").is_in(list(but))
        else:
            chosen = nw.col("product_id").is_in([name for name in products if name not in set(but)])
        whole = self._whole
        if whole is None:  # narrowed before anything is worked out
            return replace(self, capacities=self.capacities.filter(chosen))
        part = replace(self)
        vars(part)["_whole"] = whole.filter(chosen)  # worked out for all, once
        return part

    def counting(self, statuses: Mapping[str, float]) -> Standing:
        """Return the same reading with only some of its statuses counted, by the factors that they have.

        Raises
        ------
        KeyError
            For a status that this reading does not count, or counts by another factor.
        """
        fewer = counted_statuses(statuses)
        if any(self.wanted[status] != factor for status, factor in fewer.items()):
            raise KeyError(*statuses)
        part = replace(self, statuses=dict(statuses))
        if self._whole is not None:
            vars(part)["_whole"] = self._whole
        return part

    def at_sites(self, sites: Any) -> Standing:
        """Return the reading of some sites only: what stands at one hangs on no other's rows.

        Parameters
        ----------
        sites
            narwhals frame with `enterprise_id`.
        """
        if self._whole is not None:  # worked out for all; whoever asks joins the sites anyway
            return self
        ids = sites.select("enterprise_id")
        kept = self.capacities.join(ids, on="enterprise_id", how="semi")
        return replace(self, capacities=kept)

    def told(self, beside: Sequence[str]) -> Any:
        """Return the standing rows that count, and those of statuses beside them; company totals too."""
        if self._whole is None:
            return self._read(self.statuses, watch=beside, totals=True)
        return self._held([*self.wanted, *beside], totals=True)

    def rows(self, beside: Sequence[str]) -> Any:
        """Return what :meth:`told` does, with every column of the table.

        `stale`, `bare`, `figure`, `counted`, `effective` and `effective_low` say what counts of them.
        """
        names = [*self.capacities.collect_schema().names(), *_COUNTED]
        if self._whole is None:
            rows = standing_rows(
                self.capacities, at=self.at, statuses=self.statuses, signs=self.signs,
                stale=self.stale, watch=beside,
            )  # fmt: skip
            return rows.select(*names)
        told = self.told(beside).select("row_", *_COUNTED)
        whole = self.capacities.with_row_index("row_")
        return whole.join(told, on="row_", how="inner").select(*names)

    def running(self, *, totals: bool = False) -> Any:
        """Return the standing rows of sites that run, whatever counts, with company totals where asked."""
        if self._whole is None:
            return self._read({"operating": 1.0}, totals=totals)
        return self._held(RUNNING, totals=totals)

    def _read(
        self, statuses: Mapping[str, float], *, watch: Sequence[str] = (), totals: bool = False
    ) -> Any:
        rows = self.capacities.select(*capacity_columns(self.capacities))
        if isinstance(rows, nw.DataFrame):
            rows = rows.with_row_index("row_")
        return standing_rows(
            rows if totals else site_rows(rows),
            at=self.at, statuses=statuses, signs=self.signs, stale=self.stale, watch=watch,
        )  # fmt: skip

    def _held(self, statuses: Iterable[str], *, totals: bool = False) -> Any:
        rows = self._whole if totals else self._sites
        return rows.filter(nw.col("status").is_in(list(statuses)))

    @cached_property
    def _whole(self) -> Any:
        """All rows that any pass may ask for, worked out; None of a lazy frame."""
        if not isinstance(self.capacities, nw.DataFrame):
            return None
        watch = [*RUNNING, *OPEN, "suspended"]
        rows = self._read(self.statuses, watch=watch, totals=True)
        there = rows.columns
        return rows.select(*(name for name in _TOLD if name in there))

    @cached_property
    def _sites(self) -> Any:
        return site_rows(self._whole)


def stand(capacities: Any, **reading: Unpack[Reading]) -> Standing:
    """Return capacity rows as they stand at a date, to be handed to several passes.

    Parameters
    ----------
    capacities
        Native frame; or rows that have been read, which are returned as they are.
    **reading
        `at`, `statuses`, `signs`, `stale` as in :func:`standing_rows`.
    """
    if isinstance(capacities, Standing):
        return capacities
    return Standing(read_frame(capacities), **reading)


def of_sites() -> Any:
    """Return the condition that a row is of a site, not a company total; an empty scope is a site's."""
    return nw.col("scope").is_null() | (nw.col("scope") != "group")


def site_rows(frame: Any) -> Any:
    """Return the rows of sites of a frame with `scope`, without company totals; native stays native."""
    rows = nw.from_native(frame)
    kept = rows.filter(of_sites())
    return kept if rows is frame else kept.to_native()


def capacity_columns(capacities: Any) -> list[str]:
    """Return the columns of a narwhals frame of capacities that tell which rows stand."""
    there = capacities.collect_schema().names()
    return [*CAPACITY_COLUMNS, *(name for name in OPTIONAL_COLUMNS if name in there)]


def counted_statuses(statuses: Mapping[str, float]) -> dict[str, float]:
    """Return the commitment factors with trial running, which counts as operating unless said."""
    if "operating" in statuses and "trial" not in statuses:
        return {"trial": statuses["operating"], **statuses}
    return dict(statuses)


def standing_rows(
    capacities: Any,
    *,
    at: str | None,
    statuses: Mapping[str, float],
    signs: pd.DataFrame | None = None,
    stale: Stale = "drop",
    watch: Sequence[str] = (),
) -> Any:
    """Return the capacity rows that stand at a date, with what counts of them.

    A row is in force from the first day of `since` up to, not including, the first day of `until`; an
    empty `since` is an unknown start and counts; so is one that tells only when the plant was seen to run
    (`since_basis` as_of or listing). A planned row without `since` counts from its `as_of`.

    Of those, a row under construction without an end is left out where its own start is there too: a
    running row of the same site, product, scope and `phase`; or, where one of them names no phase, one
    whose figure differs by at most 20% and that did not run before the building began. Construction and
    plans of a site and product that an event has stopped are left out, until an event resumes them or
    a later page speaks of them again.

    Construction and plans whose last sign (`since`, `as_of`, `last_confirmed`, an event of the site and
    product) is over 24 months old are stale. What has no date at all is not called so.

    Parameters
    ----------
    capacities
        narwhals frame of the capacities.
    at
        Date, read as its last day; empty: no row is left out for its date, and nothing is stale. None:
        every row of these statuses, whatever became of it.
    statuses
        Status -> commitment factor; trial running counts as operating does.
    signs
        Events known at the date: `enterprise_id`, `product_id`, `date`, `event`.
    stale
        ``drop``: stale rows stay in the frame and count nothing; ``keep``: they count like others.
    watch
        Further statuses whose rows are kept with `counted` 0.

    Returns
    -------
    narwhals frame
        The rows, with `stale` (0/1), `counted` (0/1: status chosen and not dropped), `bare` (0/1: without
        a figure that another row would hold), `figure` (known capacity; 0 without one, or where
        `included_in` names the row that holds it), `effective` (figure times factor, of counted rows),
        `effective_low` (0 in trial, where the row rests on general knowledge, and after `last_confirmed`
        where the note says ``running not confirmed``), `known` (0/1: counted and not bare), `sourced`
        (effective capacity of rows with a source). A capacity of NaN is unknown, as a null is.
    """
    wanted = counted_statuses(statuses)
    kept = [*wanted, *(status for status in watch if status not in wanted)]
    rows = _in_force(capacities, at or "", kept)
    lasting = [status for status in kept if status not in OPEN]
    coming = [status for status in kept if status in OPEN]
    parts = []
    if lasting or not coming:
        part = rows.filter(nw.col("status").is_in(lasting)) if coming else rows
        parts.append(part.with_columns(stale=nw.lit(0, dtype=nw.Int64())))
    if coming:
        part = rows.filter(nw.col("status").is_in(coming)) if lasting else rows
        if not (parts and is_empty(part)):
            if at is not None and "construction" in coming:
                if set(RUNNING) <= set(lasting):
                    running = rows.filter(nw.col("status").is_in(list(RUNNING)))
                else:
                    running = _in_force(capacities, at, RUNNING)
                part = _without_begun(part, running)
            parts.append(_with_signs(part, at or "", signs))
    return _counted(nw.concat(parts) if len(parts) > 1 else parts[0], at, wanted, kept, stale)


def start_unknown(there: Sequence[str]) -> Any:
    """Return the condition that a row has no start: none is given, or only when it was seen to run.

    Parameters
    ----------
    there
        Columns of the frame.
    """
    unknown = nw.col("since").is_null()
    return unknown | _only_seen() if "since_basis" in there else unknown


def _only_seen() -> Any:
    return nw.col("since_basis").fill_null("").is_in(list(_SEEN))


def known_starts(rows: Any) -> Any:
    """Return rows whose `since` is a start, empty where it tells only when the plant was seen to run."""
    if "since_basis" not in rows.collect_schema().names():
        return rows
    return rows.with_columns(since=nw.when(~_only_seen()).then(nw.col("since")))


def _valid_at(at: str, kept: Sequence[str], there: Sequence[str]) -> Any:
    """Return the condition that a row is in force at a date."""
    day = last_day(at)
    unknown_start = start_unknown(there)
    if "planned" in kept:
        planned_later = (nw.col("status") == "planned") & ~nw.col("as_of").is_null()
        unknown_start &= ~planned_later | (nw.col("as_of") <= day)
    begun = (nw.col("since") <= day) | unknown_start
    return begun & (nw.col("until").is_null() | (nw.col("until") > day))


def valid_rows(capacities: Any, *, at: str) -> Any:
    """Return the rows of a narwhals frame of capacities in force at a date (empty: all), of every status."""
    there = capacities.collect_schema().names()
    return capacities.filter(_valid_at(at, STATUSES, there)) if at else capacities


def _in_force(capacities: Any, at: str, statuses: Sequence[str]) -> Any:
    """Return the rows of some statuses in force at a date (empty: all)."""
    chosen = nw.col("status").is_in(list(statuses))
    there = capacities.collect_schema().names()
    return capacities.filter(_valid_at(at, statuses, there) & chosen if at else chosen)


def _without_begun(coming: Any, running: Any) -> Any:
    """Leave out open construction whose own start is among the running rows."""
    keys = ["enterprise_id", "product_id", "scope_", "phase_", "since_", "size_"]
    endless = (nw.col("status") == "construction") & nw.col("until").is_null()
    building = coming.filter(endless)
    if is_empty(building):
        return coming
    numbered = isinstance(coming, nw.DataFrame) and "row_" in coming.columns
    building = _keyed(building).select(*keys, *(["row_"] if numbered else []))
    building = building if numbered else building.unique()
    there = running.collect_schema().names()
    wanted = (*_PHASE_COLUMNS, "as_of")
    running = running.select(*keys[:2], *(name for name in wanted if name in there))
    # joined before anything is computed: few of the running rows have construction beside them
    pairs = building.join(running, on=keys[:2], how="inner")
    if is_empty(pairs):
        return coming
    dated = nw.when(nw.col("since").is_null()).then(nw.col("as_of")).otherwise(nw.col("since"))
    pairs = pairs.rename({name: f"own_{name[:-1]}" for name in keys[2:]})
    pairs = _keyed(pairs, ran_=full_date(dated).fill_null(""))
    named = (nw.col("own_phase") != "") & (nw.col("phase_") != "")
    figures = (nw.col("own_size") >= 0) & (nw.col("size_") >= 0)
    most = nw.col("own_size") * (SAME_SIZE + _ROUNDING)
    alike = figures & ((nw.col("size_") - nw.col("own_size")).abs() <= most)
    ran_before = (nw.col("ran_") != "") & (nw.col("ran_") < nw.col("own_since"))
    begun = (named & (nw.col("own_phase") == nw.col("phase_"))) | (~named & alike & ~ran_before)
    begun_pairs = pairs.filter((nw.col("own_scope") == nw.col("scope_")) & begun)
    if numbered:  # in memory: rows are told apart by their number
        gone = begun_pairs["row_"].unique().to_list()
        return coming.filter(~nw.col("row_").is_in(gone)) if gone else coming
    begun_rows = begun_pairs.select(
        *keys[:2], endless_=nw.lit(1), **{name: f"own_{name[:-1]}" for name in keys[2:]}
    )
    if is_empty(begun_rows):
        return coming
    coming = _keyed(coming, endless_=nw.when(endless).then(1).otherwise(0))
    kept = coming.join(begun_rows.unique(), on=[*keys, "endless_"], how="anti")
    return kept.drop(*keys[2:], "endless_")


def _keyed(rows: Any, **others: Any) -> Any:
    """Return rows with what tells phases apart, without nulls: scope, phase, start, figure (-1: none).

    A start that is only the date of a page, or of a list, is none. Other columns are computed with them.
    """
    there = rows.collect_schema().names()
    since, size = nw.col("since").fill_null(""), nw.col("capacity").cast(nw.Float64())
    if "since_basis" in there:
        since = nw.when(_only_seen()).then(nw.lit("")).otherwise(since)
    return rows.with_columns(
        scope_=nw.col("scope").fill_null("site"),
        phase_=nw.col("phase").fill_null("") if "phase" in there else nw.lit(""),
        since_=since,
        size_=nw.when(size.is_null() | size.is_nan()).then(-1.0).otherwise(size),
        **others,
    )


def full_date(date: Any) -> Any:
    """Return partial dates by their last day, as :func:`chaingraph.dataset.last_day` does."""
    length = date.str.len_chars()
    month = nw.when(length == _MONTH).then(nw.concat_str(date, nw.lit("-31"))).otherwise(date)
    return nw.when(length == _YEAR).then(nw.concat_str(date, nw.lit("-12-31"))).otherwise(month)


def stale_before(at: str, months: int = STALE_MONTHS) -> str:
    """Return the day before which a last sign is stale at a date, comparable as text.

    Examples
    --------
    >>> stale_before("2024-12"), stale_before("2024-03-15", 12), stale_before("2024-03", 6)
    ('2022-12-31', '2023-03-15', '2023-09-31')
    """
    year, month, day = (int(part) for part in last_day(at).split("-"))
    years, month = divmod(year * 12 + month - 1 - months, 12)
    return f"{years:04d}-{month + 1:02d}-{day:02d}"


def _with_signs(coming: Any, at: str, signs: pd.DataFrame | None) -> Any:
    """Leave out what events have stopped, and tell what is stale."""
    there = coming.collect_schema().names()
    own = [name for name in _SIGNS if name in there]
    stops, seen = _read_signs(signs, at)
    marked = bool(stops or seen)
    if marked:
        site_product = nw.concat_str(nw.col("enterprise_id"), nw.lit("|"), nw.col("product_id"))
        coming = coming.with_columns(key_=site_product)
    if stops and isinstance(coming, nw.DataFrame):  # most days stop none of these rows
        keyed = set(coming["key_"].to_list())
        stops = {day: keys for day, keys in stops.items() if not keyed.isdisjoint(keys)}
    goes_on = []
    for day, keys in stops.items():
        later = nw.lit(value=False)
        for name in own:
            later |= ~nw.col(name).is_null() & (nw.col(name) > day)
        goes_on.append(~nw.col("key_").is_in(keys) | later)
    if goes_on:
        coming = coming.filter(*goes_on)
    never = nw.lit(0, dtype=nw.Int64())
    if not at:
        kept = coming.with_columns(stale=never)
        return kept.drop("key_") if marked else kept
    day = stale_before(at)
    fresh = nw.col("key_").is_in(seen) if seen else nw.lit(value=False)
    dated = nw.lit(value=False)
    for name in own:
        given = ~nw.col(name).is_null()
        dated |= given
        # a year or a month means its last day: it is a beginning of the day that it holds
        fresh |= given & ((nw.col(name) >= day) | nw.col(name).is_in([day[:_YEAR], day[:_MONTH]]))
    old = nw.when(dated & ~fresh).then(nw.lit(1, dtype=nw.Int64())).otherwise(never)
    kept = coming.with_columns(stale=old)
    return kept.drop("key_") if marked else kept


def _read_signs(signs: pd.DataFrame | None, at: str) -> tuple[dict[str, list[str]], list[str]]:
    """Return the days of stops still in force with the keys they stop, and the keys seen of late."""
    if signs is None or signs.empty:
        return {}, []
    known = signs.dropna(subset=["enterprise_id", "product_id", "date"])
    if known.empty:
        return {}, []
    known = known.assign(day=[last_day(str(date)) for date in known["date"]])
    if at:
        known = known[known["date"].astype(str) <= last_day(at)]
    known = known.assign(key=known["enterprise_id"] + "|" + known["product_id"])
    seen = known[known["day"] >= stale_before(at)]["key"].unique().tolist() if at else []
    turns = known[known["event"].isin([*_STOPS, _RESUMED])]
    # on one day, work that is taken up again is taken up after it stopped
    turns = turns.assign(again=turns["event"] == _RESUMED).sort_values(["day", "again"])
    last = turns.drop_duplicates("key", keep="last")
    stopped = last[~last["again"]].groupby("day")["key"]
    return {str(day): keys.tolist() for day, keys in stopped}, seen


def _unconfirmed(columns: Sequence[str], at: str) -> Any:
    """Return the condition that a note says that nobody knows whether a row still runs at a date."""
    said = nw.col("note").str.contains(UNCONFIRMED).fill_null(value=False)
    if not at or "last_confirmed" not in columns:
        return said
    last = full_date(nw.col("last_confirmed")).fill_null("")
    return said & (last < nw.lit(last_day(at)))


def _counted(
    rows: Any, at: str | None, wanted: Mapping[str, float], kept: Sequence[str], stale: Stale
) -> Any:
    """Return standing rows with the columns that say what counts of them."""
    there = rows.collect_schema().names()
    status, drops = nw.col("status"), stale == "drop" and any(s in wanted for s in OPEN)
    given = nw.col("capacity").cast(nw.Float64())
    nothing = given.is_null() | given.is_nan()
    elsewhere = ~nw.col("included_in").is_null() if "included_in" in there else nw.lit(value=False)
    chosen: Any = nw.lit(value=True)
    if set(kept) != set(wanted):
        chosen = status.is_in(list(wanted))
    if drops:
        chosen &= nw.col("stale") == 0
    factors = set(wanted.values())
    factor: Any = nw.lit(float(max(factors, default=0.0)))
    if len(factors) > 1:
        for name, weight in wanted.items():
            factor = nw.when(status == name).then(nw.lit(float(weight))).otherwise(factor)
    one, zero = (nw.lit(number, dtype=nw.Int64()) for number in (1, 0))
    rows = rows.with_columns(
        bare=nw.when(nothing & ~elsewhere).then(one).otherwise(zero),
        figure=nw.when(nothing | elsewhere).then(0.0).otherwise(given),
        counted=nw.when(chosen).then(one).otherwise(zero),
    )
    rows = rows.with_columns(effective=nw.col("figure") * factor * nw.col("counted"))
    effective = nw.col("effective")
    weak = status == "trial" if "trial" in kept else nw.lit(value=False)
    unsourced = nw.col("source_url").is_null()
    if "note" in there:
        general = nw.col("note").str.contains(GENERAL_KNOWLEDGE).fill_null(value=False)
        weak |= (unsourced & general) | _unconfirmed(there, at or "")
    return rows.with_columns(
        effective_low=nw.when(weak).then(0.0).otherwise(effective),
        known=nw.col("counted") * (1 - nw.col("bare")),
        sourced=nw.when(unsourced).then(0.0).otherwise(effective),
    )
