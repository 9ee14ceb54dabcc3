"""Tracking: how far the tasks of a returned list are, what changed, what has to be decided."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph.dataset import checked_date
from chaingraph.errors import OptionError
from chaingraph.planning import track_words
from chaingraph.planning.responsibility import settings
from chaingraph.planning.track_cells import state_key
from chaingraph.planning.track_lights import final_day, first_day, judge, months_between
from chaingraph.planning.track_reading import Returned, read_tracking
from chaingraph.planning.track_rules import load_rules
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chaingraph.planning.track_book import Row
    from chaingraph.planning.track_lights import Standing
    from chaingraph.planning.track_rules import RuleSet
    from chaingraph.words import Language

OPEN_DAYS: Final = 30
"""A problem that is open for longer is shown on the dispatch page."""
_FULL: Final = 100.0
_SHOWN: Final = (
    "task_id", "task_zh", "lead_unit", "due", "expected", "counted", "behind", "light", "days_late", "problem",
)  # fmt: skip
_COLUMNS: Final = (
    "task_id",
    "chain",
    "task_zh",
    "lead_unit",
    "person",
    "start",
    "due",
    "weight",
    "state",
    "expected",
    "counted",
    "behind",
    "light",
    "light_meaning",
    "days_late",
    "problem",
    "request",
    "next_step",
    "light_before",
    "counted_before",
    "light_in_file",
)
_NUMBERS: Final = ("weight", "expected", "counted", "behind", "counted_before")


@dataclass(frozen=True)
class Tracking:
    """What a returned list says at a day.

    Attributes
    ----------
    returned, earlier
        The list, and the one it is held against, if any.
    day, rules
        The day counted to; the rule set.
    tasks
        One row a task, kind ``tracking``.
    units, chains
        Done, due, lights and scores by office and by chain, kind ``tracking_groups``.
    funnel
        Projects and money by stage with their denominators, kind ``tracking_funnel``.
    """

    returned: Returned
    day: dt.date
    rules: RuleSet
    tasks: Result
    units: Result
    chains: Result
    funnel: Result
    earlier: Returned | None = None
    projects: list[dict[str, Any]] = field(default_factory=list)
    open_issues: list[dict[str, Any]] = field(default_factory=list)

    @property
    def results(self) -> list[Result]:
        """All tables."""
        return [self.tasks, self.units, self.chains, self.funnel]

    def count(self, light: str) -> int:
        """Return how many tasks show a light."""
        return int((self.tasks.frame["light"] == light).sum())


def track_list(
    path: str | Path | Returned,
    *,
    against: str | Path | Returned | None = None,
    at: str | None = None,
    rules: str | RuleSet | None = None,
    lang: Language | None = None,
) -> Tracking:
    r"""Tell how the tasks of a returned responsibility list stand; the file is not written to.

    Parameters
    ----------
    path
        The returned list.
    against
        An earlier one, to tell what changed.
    at
        The day that is counted to, as ``2026-06-30`` or ``2026-06`` (its last day). By default the day typed on
        the list's first page, else today.
    rules
        Rule set: id or TOML file. By default the one that the list was issued under.
    lang
        Language of results; the list's own by default.

    Returns
    -------
    Tracking
        `tasks` has one row a task: `expected` and `counted` (per cent), `behind` (points), `light` (a word
        of the vocabulary ``light``), `light_meaning`, `days_late`, what was typed, and of the earlier list
        `light_before`
        and `counted_before`; `light_in_file` where the workbook's own formula shows another light for the
        same day.

    Raises
    ------
    FileProblemError, DataError, OptionError
        For files, dates and rule sets that cannot be used.

    Notes
    -----
    Scheduled progress is linear from start to due. A score is :math:`\sum w_i \min(p_i, 100)/100` over an
    office's tasks, a blank weight counting 1. Cancelled tasks count nowhere.

    Examples
    --------
    >>> import pathlib, tempfile, chaingraph as cg
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "list.xlsx"
    >>> _ = cg.save_responsibility(cg.build_responsibility(cg.load_dataset("toy")), file)
    >>> track_list(file, at="2025-06").tasks.frame["light"].unique().tolist()
    ['undated']
    """
    call = Call(_again, None, {"at": at})
    back = path if isinstance(path, Returned) else read_tracking(path)
    earlier = (
        against if isinstance(against, Returned) or against is None else read_tracking(against)
    )
    day = _day(at, back)
    chosen = load_rules(rules or _issued_rules(back))
    shown = lang or back.lang
    rows = _task_rows(back, chosen, day, shown)
    if earlier is not None:
        _add_before(rows, earlier, chosen, day, shown)
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    for name in _NUMBERS:
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype("float64")
    for name in set(_COLUMNS) - {*_NUMBERS, "days_late"}:
        frame[name] = frame[name].astype("object").where(frame[name].notna(), None)
    about = back.book.about
    params = {
        "dataset": about["dataset"], "version": about.get("version"), "region": about["region"],
        "at": day.isoformat(), "rules": chosen.id,
    }  # fmt: skip
    notes = _notes(frame, back)
    tasks = Result("tracking", frame, params, shown, _SHOWN, notes, call=call)
    projects = [_project(row, day) for row in back.book.rows["projects"]]

    def grouped(column: str) -> Result:
        groups = _groups(frame, column, day)
        return Result("tracking_groups", groups, params | {"by": column}, shown, call=call)

    units, chains = grouped("lead_unit"), grouped("chain")
    if earlier is not None:
        _add_rank_before(units.frame, earlier, chosen, day)
    funnel = Result("tracking_funnel", _funnel(projects), params, shown, call=call)
    issues = _open_issues(back, day)
    return Tracking(back, day, chosen, tasks, units, chains, funnel, earlier, projects, issues)


def _again(*_: Any, **__: Any) -> Result:
    """Refuse to ask again: a file may have changed since."""
    raise OptionError("no-call", kind="tracking")


def _issued_rules(back: Returned) -> str | None:
    from chaingraph.planning.track_rules import list_rulesets

    return back.rules if back.rules in list_rulesets() else None


def _day(at: str | None, back: Returned) -> dt.date:
    text = str(back.book.about.get("day") or "") if at is None else at
    if not text and at is None:
        return dt.date.today()  # noqa: DTZ011  as the workbook's own TODAY()
    return final_day(checked_date(text))


def _task_rows(
    back: Returned, rules: RuleSet, day: dt.date, lang: Language
) -> list[dict[str, Any]]:
    months = {str(r.cells.get("task_id")): r for r in back.book.rows["months"]}
    same_day = back.book.about.get("day") == day.isoformat()
    rows = []
    for row in back.book.rows["list"]:
        number = str(row.cells.get("task_id") or "")
        standing = standing_of(row, months.get(number), back.book.months, rules, day)
        shown = track_words.name("lights", standing.light, back.lang)
        other = row.light if same_day and row.light and row.light != shown else None
        texts = {
            name: _text(row.cells.get(name))
            for name in (
                "chain",
                "task_zh",
                "lead_unit",
                "person",
                "start",
                "due",
                "state",
                "problem",
                "request",
                "next_step",
            )
        }
        rows.append({**texts,
            "task_id": number, "weight": _figure(row.cells.get("weight")), "expected": standing.expected,
            "counted": standing.counted, "behind": standing.behind, "light": standing.light,
            "light_meaning": standing.band.meaning(lang) if standing.band else None,
            "days_late": standing.days_late, "light_in_file": other,
        })  # fmt: skip
    return rows


def standing_of(
    row: Row, months: Row | None, names: list[str], rules: RuleSet, day: dt.date
) -> Standing:
    """Return how one row of a list stands at a day; progress is its own, else the newest month's."""
    values = row.cells
    filled = [(m, _figure(months.cells.get(m))) for m in names] if months else []
    by_month = [(m, v) for m, v in filled if v is not None]
    progress = _figure(values.get("progress"))
    if progress is None and by_month:
        progress = by_month[-1][1]
    moved = None
    before: float | None = None
    for month, value in filled:
        if value is not None and value > 0 and value != before:
            moved = first_day(month)
        before = value
    start, due = _date(values.get("start")), _date(values.get("due"))
    return judge(
        str(values.get("task_id") or ""), rules, day,
        start=first_day(start) if start else None, due=final_day(due) if due else None,
        progress=progress, state=state_key(str(values.get("state") or "")), moved=moved,
    )  # fmt: skip


def _date(value: Any) -> str:
    try:
        return value if isinstance(value, str) and first_day(value) else ""
    except ValueError:
        return ""


def _figure(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)


def _add_before(
    rows: list[dict[str, Any]], earlier: Returned, rules: RuleSet, day: dt.date, lang: Language
) -> None:
    """Add what the earlier list said, judged at the day that is typed in it, else at the same day."""
    typed = str(earlier.book.about.get("day") or "")
    before = {
        r["task_id"]: r
        for r in _task_rows(earlier, rules, final_day(typed) if typed else day, lang)
    }
    for row in rows:
        old = before.get(row["task_id"])
        row["light_before"] = old["light"] if old else None
        row["counted_before"] = old["counted"] if old else None


def _notes(frame: pd.DataFrame, back: Returned) -> tuple[tuple[str, dict[str, Any]], ...]:
    notes: list[tuple[str, dict[str, Any]]] = []
    without = int(frame["lead_unit"].isna().sum())
    if without:
        notes.append(("note-track-units", {"count": without, "total": len(frame)}))
    if back.findings:
        notes.append(("note-track-findings", {"count": len(back.findings)}))
    if back.restored:
        shown = ", ".join(back.restored[:5]) + ("…" if len(back.restored) > 5 else "")  # noqa: PLR2004
        notes.append(("note-track-restored", {"count": len(back.restored), "names": shown}))
    differ = int(frame["light_in_file"].notna().sum())
    if differ:
        notes.append(("note-track-differ", {"count": differ}))
    return tuple(notes)


def _groups(frame: pd.DataFrame, column: str, day: dt.date) -> pd.DataFrame:
    """Return counts, lights and scores by office or chain, best rate first; rows without one are a group."""
    counted = frame[frame["light"] != "cancelled"]
    rows = []
    for name, part in counted.groupby(counted[column].fillna(""), sort=True):
        due = part["due"].map(lambda d: bool(_date(d)) and final_day(d) <= day).astype(bool)
        done = part["light"] == "done"
        weight = part["weight"].fillna(1.0)
        score = float((weight * part["counted"].fillna(0.0).clip(upper=_FULL) / _FULL).sum())
        full = float(weight.sum())
        rows.append(
            {
                "group": name or None,
                "tasks": len(part),
                "done": int(done.sum()),
                "due_count": int(due.sum()),
                "due_done": int((due & done).sum()),
                "red": int((part["light"] == "red").sum()),
                "yellow": int((part["light"] == "yellow").sum()),
                "unreported": int((part["light"] == "unreported").sum()),
                "points_full": full,
                "points": score,
                "rate": score / full if full and part["counted"].notna().any() else None,
            }
        )
    groups = pd.DataFrame(
        rows,
        columns=[
            "group",
            "tasks",
            "done",
            "due_count",
            "due_done",
            "red",
            "yellow",
            "unreported",
            "points_full",
            "points",
            "rate",
        ],
    )
    groups["rate"] = groups["rate"].astype("float64")
    groups["group"] = groups["group"].astype("object").where(groups["group"].notna(), None)
    named = groups["group"].notna()
    groups["group_rank"] = groups["rate"].where(named).rank(method="min", ascending=False)
    groups["group_rank_before"] = float("nan")
    return groups.sort_values(["group_rank", "group"], na_position="last", ignore_index=True)


def _add_rank_before(groups: pd.DataFrame, earlier: Returned, rules: RuleSet, day: dt.date) -> None:
    typed = str(earlier.book.about.get("day") or "")
    then = final_day(typed) if typed else day
    rows = pd.DataFrame(_task_rows(earlier, rules, then, earlier.lang), columns=list(_COLUMNS))
    before = _groups(rows, "lead_unit", then)
    groups["group_rank_before"] = groups["group"].map(
        dict(zip(before["group"], before["group_rank"], strict=True))
    )


def _project(row: Row, day: dt.date) -> dict[str, Any]:
    """Return a project with its stage at a day, and why it is past its start limit."""
    values = row.cells
    done = {}
    for name in ("signed", "started", "commissioned"):
        text = _date(values.get(name))
        done[name] = bool(text) and first_day(text) <= day
    planned, signed = _date(values.get("start_planned")), _date(values.get("signed"))
    late = 0
    begun = done["started"] or done["commissioned"]
    if not begun and planned and final_day(planned) < day:
        late = months_between(final_day(planned), day)
        why = "planned"
    elif not begun and done["signed"]:
        late = months_between(first_day(signed), day) - settings()["months_sign_to_start"][2]
        why = "signed"
    past = bool(not begun and late > 0)
    return dict(values) | {"is_" + name: on for name, on in done.items()} | {
        "past_limit": past, "past_months": late if past else 0, "past_why": why if past else None,
    }  # fmt: skip


def _funnel(projects: list[dict[str, Any]]) -> pd.DataFrame:
    """Return projects and money by stage; each with what it is a share of.

    A later stage stands for the earlier ones. Money counts where the total is known, and says of how many.
    """
    reached: dict[str, Callable[[dict[str, Any]], bool]] = {
        "listed": lambda _: True,
        "signed": lambda p: p["is_signed"] or p["is_started"] or p["is_commissioned"],
        "started": lambda p: p["is_started"] or p["is_commissioned"],
        "commissioned": lambda p: p["is_commissioned"],
    }
    rows: list[dict[str, Any]] = []
    above = len(projects)
    for stage, test in reached.items():
        held = [p for p in projects if test(p)]
        money = [v for v in (_figure(p.get("investment_cny_100m")) for p in held) if v is not None]
        rows.append({
            "funnel": stage, "projects": len(held), "of": above, "rate": len(held) / above if above else None,
            "investment_cny_100m": sum(money) if money else None, "with_money": len(money),
        })  # fmt: skip
        above = len(held)
    for name, part, whole in (
        ("funds", "funds", "investment_cny_100m"),
        ("year", "year_done", "year_planned"),
    ):
        both = [
            (a, b) for a, b in ((_figure(p.get(part)), _figure(p.get(whole))) for p in projects)
            if a is not None and b is not None
        ]  # fmt: skip
        total = sum(b for _, b in both)
        done = sum(a for a, _ in both)
        rows.append({
            "funnel": name, "projects": len(both), "of": len(projects), "rate": done / total if total else None,
            "investment_cny_100m": done if both else None, "with_money": len(both),
        })  # fmt: skip
    frame = pd.DataFrame(rows)
    for column in ("rate", "investment_cny_100m"):
        frame[column] = pd.to_numeric(frame[column]).astype("float64")
    return frame


def _open_issues(back: Returned, day: dt.date) -> list[dict[str, Any]]:
    """Return the problems that are not closed, with the days they have been open, longest first."""
    found = []
    for row in back.book.rows["issues"]:
        values = row.cells
        if not values.get("text_zh") or values.get("closed_on"):
            continue
        raised = _date(values.get("raised_on"))
        days = (day - first_day(raised)).days if raised else None
        found.append(dict(values) | {"days_open": days})
    return sorted(found, key=lambda issue: -(issue["days_open"] or 0))
