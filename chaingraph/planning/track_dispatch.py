"""The dispatch page 调度会: what a meeting reads in ten seconds, what it has to decide, and the annex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph.planning import track_words
from chaingraph.planning.track import OPEN_DAYS
from chaingraph.planning.track_lights import final_day, months_between

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from chaingraph.planning.track import Tracking
    from chaingraph.words import Language

ON_PAGE: Final = {"late": 9, "limit": 5, "units": 7}
"""Rows that fit on one A4 page; all rows stand in the annex."""
LIGHTS: Final = ("red", "black", "yellow")


@dataclass(frozen=True)
class Counter:
    """A figure of the headline: label, figure, what it leaves out."""

    label: str
    figure: str
    note: str = ""


@dataclass(frozen=True)
class Block:
    """A table of the page: heading, columns, rows; `light` is the place of the column that carries a light.

    `left` rows stand in the annex only; `empty` is said where there is no row.
    """

    key: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lights: tuple[str, ...] = ()
    light: int = -1
    left: int = 0
    empty: str = ""


@dataclass(frozen=True)
class Bar:
    """A bar of the funnel: label, length 0 to 1, text with numerator and denominator."""

    label: str
    share: float
    text: str


@dataclass(frozen=True)
class Dispatch:
    """The page: title, scope, headline, funnel, blocks on the page, blocks of the annex, who signs."""

    lang: Language
    title: str
    scope: str
    counters: tuple[Counter, ...]
    bars: tuple[Bar, ...]
    page: tuple[Block, ...]
    annex: tuple[Block, ...]
    signatures: tuple[str, ...]
    notes: tuple[str, ...] = ()


def build_dispatch(tracking: Tracking, lang: Language | None = None) -> Dispatch:
    """Return the dispatch page of a tracked list.

    Examples
    --------
    >>> import pathlib, tempfile, chaingraph as cg
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "list.xlsx"
    >>> _ = cg.save_responsibility(cg.build_responsibility(cg.load_dataset("toy")), file)
    >>> page = build_dispatch(cg.track_list(file, at="2025-06"))
    >>> page.counters[0].figure, page.page[0].rows
    ('8', ())
    """
    chosen = lang or tracking.tasks.lang
    maker = _Maker(tracking, chosen)
    full = [
        maker.late(), maker.limit(), maker.units(), maker.chains(), maker.due_next(), maker.issues(),
        maker.changes(), maker.no_office(), maker.findings(), maker.edited(), maker.left_out(),
    ]  # fmt: skip
    page = tuple(_cut(block, ON_PAGE[block.key]) for block in full if block.key in ON_PAGE)
    annex = tuple(
        block for block in full
        if block.rows and (block.key not in ON_PAGE or len(block.rows) > ON_PAGE[block.key])
    )  # fmt: skip
    return Dispatch(
        chosen, maker.say("dispatch-title", region=tracking.tasks.params["region"]), maker.scope(),
        maker.counters(), maker.bars(), page, annex,
        tuple(maker.say(key) for key in ("sign-chair", "sign-minutes", "sign-next")),
        tuple(tracking.tasks.sentences(chosen)),
    )  # fmt: skip


def _cut(block: Block, most: int) -> Block:
    from dataclasses import replace

    left = max(0, len(block.rows) - most)
    return replace(block, rows=block.rows[:most], lights=block.lights[:most], left=left)


class _Maker:
    """Makes the blocks of one page in one language."""

    def __init__(self, tracking: Tracking, lang: Language) -> None:
        self.tracking, self.lang, self.day = tracking, lang, tracking.day
        self.frame = tracking.tasks.frame
        self.live = self.frame[self.frame["light"] != "cancelled"]

    def say(self, key: str, **params: object) -> str:
        return track_words.say(key, self.lang, **params)

    def light(self, key: object) -> str:
        return track_words.name("lights", str(key), self.lang) if isinstance(key, str) else ""

    def scope(self) -> str:
        about, rules = self.tracking.returned.book.about, self.tracking.rules
        earlier = self.tracking.earlier
        parts = [
            self.say("dispatch-day", day=self.day.isoformat()),
            self.say(
                "about-data-text",
                dataset=about["dataset"],
                version=about.get("version") or "",
                at=about.get("at") or "-",
            ),
            self.say("dispatch-rules", name=rules.name(self.lang)),
        ]
        if earlier is not None:
            parts.append(self.say("dispatch-against", name=earlier.raw.path.name))
        return " · ".join(parts)

    def counters(self) -> tuple[Counter, ...]:
        live, frame = self.live, self.frame
        this_month = live["due"].map(lambda d: self._in_month(d, self.day)).astype(bool)
        done_month = int((this_month & (live["light"] == "done")).sum())
        reported = int(live["counted"].notna().sum())
        no_due = int(live["due"].isna().sum())
        colours = " ".join(
            f"{self.light(k)} {self._count(k)}"
            for k in ("red", "yellow", "green", "green*")
            if self._count(k)
        )
        late = int(sum(self._count(k) for k in LIGHTS))
        items = [
            Counter(
                self.say("count-tasks"), f"{len(live)}", self._cancelled(len(frame) - len(live))
            ),
            Counter(
                self.say("count-month"),
                f"{done_month}/{int(this_month.sum())}",
                self.say("count-month-note", count=no_due),
            ),
            Counter(self.say("count-done"), f"{self._count('done')}", self._change("done")),
            Counter(
                self.say("count-late"),
                f"{late}",
                " ".join(filter(None, (colours, self._change(*LIGHTS)))),
            ),
            Counter(
                self.say("count-reported"),
                f"{reported}/{len(live)}",
                self.say("count-reported-note", count=self._count("unreported")),
            ),
            Counter(
                self.say("count-office"),
                f"{int(live['lead_unit'].isna().sum())}",
                self.say("count-office-note"),
            ),
        ]
        return tuple(items)

    def _cancelled(self, count: int) -> str:
        return self.say("count-cancelled", count=count) if count else ""

    def _count(self, light: str) -> int:
        return int((self.live["light"] == light).sum())

    def _change(self, *lights: str) -> str:
        if self.tracking.earlier is None:
            return ""
        before = int(self.frame["light_before"].isin(lights).sum())
        now = int(self.live["light"].isin(lights).sum())
        return self.say("count-change", change=f"{now - before:+d}")

    @staticmethod
    def _in_month(due: object, day: dt.date) -> bool:
        if not isinstance(due, str):
            return False
        try:
            return months_between(day, final_day(due)) == 0
        except ValueError:
            return False

    def bars(self) -> tuple[Bar, ...]:
        """Return the funnel; lengths are shares of all projects, so that they compare."""
        rows = self.tracking.funnel.frame.to_dict("records")
        whole = rows[0]["projects"] if rows else 0
        bars = []
        for row in rows:
            name, money = str(row["funnel"]), row["investment_cny_100m"]
            known = self.say(
                "funnel-money", money=_figure(money), count=row["with_money"], of=row["projects"]
            )
            money_said = known if row["with_money"] else self.say("funnel-no-money")
            label = self.say(f"funnel-{name}")
            if name in {"funds", "year"}:
                rate = row["rate"]
                said = self.say("funnel-none") if pd.isna(rate) else self.say(
                    "funnel-rate", rate=f"{rate:.0%}", count=row["projects"], of=row["of"], money=_figure(money)
                )  # fmt: skip
                bars.append(Bar(label, 0.0 if pd.isna(rate) else min(1.0, float(rate)), said))
                continue
            of = (
                ""
                if name == "listed"
                else self.say("funnel-of", of=row["of"], rate=_percent(row["rate"]))
            )
            share = row["projects"] / whole if whole else 0.0
            bars.append(
                Bar(
                    label,
                    share,
                    self.say("funnel-text", count=row["projects"], of=of, money=money_said),
                )
            )
        return tuple(bars)

    def _block(self, key: str, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], *,
               lights: tuple[str, ...] = (), light: int = -1) -> Block:  # fmt: skip
        titles = tuple(self.say(f"head-{head}") for head in heads)
        title = self.say(f"block-{key}", count=len(rows), days=OPEN_DAYS)
        return Block(key, title, titles, tuple(rows), lights, light, empty=self.say(f"none-{key}"))

    def late(self) -> Block:
        """Return the red and yellow tasks: the reddest and latest first."""
        held = self.live[self.live["light"].isin(LIGHTS)].copy()
        held["order"] = held["light"].map({name: place for place, name in enumerate(LIGHTS)})
        held = held.sort_values(
            ["order", "days_late", "behind"], ascending=[True, False, False], na_position="last"
        )
        rows = [
            (
                row["task_id"],
                self.light(row["light"]),
                row["task_zh"] or "",
                self._when(row),
                row["light_meaning"] or "",
                row["problem"] or "",
                row["lead_unit"] or "",
                row["request"] or "",
            )
            for row in held.to_dict("records")
        ]
        heads = ("no", "light", "task", "when", "why", "reason", "who", "ask")
        return self._block("late", heads, rows, lights=tuple(held["light"]), light=1)

    def _when(self, row: dict[Any, Any]) -> str:
        parts = []
        if row["days_late"]:
            parts.append(self.say("days-late", days=int(row["days_late"])))
        if not pd.isna(row["behind"]):
            figures = {"counted": _figure(row["counted"]), "expected": _figure(row["expected"])}
            parts.append(self.say("points-behind", **figures))
        return " ".join(parts)

    def limit(self) -> Block:
        """Return the projects past their start limit."""
        held = sorted(
            (p for p in self.tracking.projects if p["past_limit"]), key=lambda p: -p["past_months"]
        )
        rows = [
            (
                str(p.get("project_id") or ""),
                str(p.get("project_zh") or ""),
                str(p.get("company_zh") or ""),
                self.say(
                    f"limit-{p['past_why']}",
                    months=p["past_months"],
                    date=str(
                        p.get("start_planned") if p["past_why"] == "planned" else p.get("signed")
                    ),
                ),
                str(p.get("problem") or ""),
                str(p.get("leader") or ""),
            )
            for p in held
        ]
        return self._block("limit", ("no", "project", "firm", "when", "reason", "leader"), rows)

    def units(self) -> Block:
        """Return done and due by office."""
        return self._grouped("units", self.tracking.units.frame, "unit")

    def chains(self) -> Block:
        """Return done and due by chain."""
        return self._grouped("chains", self.tracking.chains.frame, "chain")

    def _grouped(self, key: str, frame: pd.DataFrame, head: str) -> Block:
        rows = []
        for row in frame.to_dict("records"):
            moved = row["group_rank_before"] - row["group_rank"]
            change = "" if pd.isna(moved) or not moved else f"{int(moved):+d}"
            rank = "" if pd.isna(row["group_rank"]) else f"{int(row['group_rank'])}"
            rows.append((
                row["group"] if isinstance(row["group"], str) else self.say("no-group"),
                f"{row['done']}/{row['tasks']}", f"{row['due_done']}/{row['due_count']}", f"{row['red']}",
                f"{row['yellow']}", f"{row['unreported']}", f"{row['points']:.1f}/{row['points_full']:.1f}",
                _percent(row["rate"]), " ".join(filter(None, (rank, change and f"({change})"))),
            ))  # fmt: skip
        heads = (head, "done", "due-done", "red", "yellow", "unreported", "score", "rate", "rank")
        return self._block(key, heads, rows)

    def due_next(self) -> Block:
        """Return what is due in the next month."""
        rows = [
            (
                row["task_id"],
                row["task_zh"] or "",
                row["due"],
                row["lead_unit"] or "",
                self.light(row["light"]),
                row["next_step"] or "",
            )
            for row in self.live.to_dict("records")
            if isinstance(row["due"], str)
            and row["light"] != "done"
            and self._next_month(row["due"])
        ]
        return self._block("next", ("no", "task", "due", "who", "light", "step"), rows)

    def _next_month(self, due: str) -> bool:
        try:
            return months_between(self.day, final_day(due)) == 1
        except ValueError:
            return False

    def issues(self) -> Block:
        """Return the problems that have been open for longer than a month, and those without a date."""
        rows = [
            (str(i.get("task_id") or ""), str(i["text_zh"]), str(i.get("raised_on") or ""),
             "?" if i["days_open"] is None else str(i["days_open"]), str(i.get("unit_id") or ""),
             str(i.get("due") or ""), str(i.get("handling") or ""))
            for i in self.tracking.open_issues if i["days_open"] is None or i["days_open"] > OPEN_DAYS
        ]  # fmt: skip
        return self._block(
            "issues", ("no", "issue", "raised", "open", "unit", "due", "handling"), rows
        )

    def changes(self) -> Block:
        """Return the tasks whose light or progress changed since the earlier list."""
        rows = []
        if self.tracking.earlier is not None:
            for row in self.frame.to_dict("records"):
                was, now = row["light_before"], row["light"]
                before, after = row["counted_before"], row["counted"]
                same = (pd.isna(before) and pd.isna(after)) or before == after
                if was == now and same:
                    continue
                new = not isinstance(was, str)
                rows.append((
                    row["task_id"], row["task_zh"] or "", self.say("new-task") if new else self.light(was),
                    self.light(now), _figure(before), _figure(after),
                ))  # fmt: skip
        return self._block(
            "changes", ("no", "task", "light-before", "light", "before", "after"), rows
        )

    def no_office(self) -> Block:
        """Return the tasks that no office answers for."""
        held = self.live[self.live["lead_unit"].isna()]
        rows = [(r["task_id"], r["task_zh"] or "", r["due"] or "") for r in held.to_dict("records")]
        return self._block("office", ("no", "task", "due"), rows)

    def findings(self) -> Block:
        """Return what could not be read, or was read with a condition, by row and column."""
        rows = [(f.place, f.text(self.lang)) for f in self.tracking.returned.findings]
        return self._block("findings", ("place", "what"), rows)

    def edited(self) -> Block:
        """Return the cells of ours that were changed, with both values; the user's counts."""
        titles = {
            c.name: c.title(self.lang)
            for key in ("list", "months", "projects")
            for c in track_words.columns(key)
        }
        rows = [
            (c.key, titles.get(c.column, c.column), c.issued, c.returned)
            for c in self.tracking.returned.changes
        ]
        rows += [
            (key, "", self.say("restored-was"), self.say("restored-now"))
            for key in self.tracking.returned.restored
        ]
        return self._block("edited", ("no", "column", "issued", "returned"), rows)

    def left_out(self) -> Block:
        """Return what the next list does not hold."""
        rows = [
            (self.say(f"left-{kind}"), str(count), where)
            for kind, count, where in self.tracking.returned.not_carried
        ]
        return self._block("left", ("what", "count", "where"), rows)


def _figure(value: object) -> str:
    if not isinstance(value, int | float) or pd.isna(value):
        return ""
    return f"{value:,.1f}".removesuffix(".0")


def _percent(value: object) -> str:
    return "" if not isinstance(value, int | float) or pd.isna(value) else f"{value:.0%}"
