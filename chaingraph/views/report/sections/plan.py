"""项目计划: what is to be built when, what speaks against it, and the chains before and after."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from chaingraph import words
from chaingraph.planning.effect import (
    STAGES,
    compare_chains,
    date_of,
    ready_of,
    time_line,
    year_marks,
)
from chaingraph.planning.responsibility import say_project
from chaingraph.views.charts.plan import draw_before_after, draw_time_line, years_of
from chaingraph.views.report import model
from chaingraph.views.report.model import Cell, Column, Figure, Paragraph, Section, Table, make_row
from chaingraph.views.wording import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.planning.effect import Bar, Effect
    from chaingraph.planning.responsibility_plan import Project
    from chaingraph.views.report.context import Context
    from chaingraph.words import Language

_BUDGETS = ("investment_cny_100m", "power_mw", "land_mu", "count")
_SAME = 5e-4
_MAY_LACK = ("saves", "power", "land", "first", "stability", "company", "park")
"""Columns of the projects that are left out where the plan says nothing there, as one by hand."""


def build(context: Context) -> Section | None:
    """Return the section; without a plan one line on how to make one."""
    title = context.say("section-plan")
    effect = context.effect
    if effect is None:
        if not context.ds.has("capacities"):  # structure alone: nothing to plan from
            return None
        how = Paragraph(context.say("none-plan", dataset=context.ds.name))
        return Section("plan", title, (how,), sheet=False)
    bars = time_line(effect)
    frame = compare_chains(effect, context.chains)
    figures = [_gantt(context, effect, bars), _before_after(context, effect, frame)]
    tables = [
        _projects(context, effect),
        _schedule(context, effect, bars),
        _chains(context, effect, frame),
    ]
    return Section(
        "plan", title, tuple(_lead(context, effect)),
        tuple(table for table in tables if table is not None),
        tuple(figure for figure in figures if figure is not None), wide=True,
    )  # fmt: skip


def plan_years(effect: Effect) -> list[str]:
    """Return the years of a plan: those that it was asked for, else those of its projects."""
    asked = effect.saved.params.get("years")
    if isinstance(asked, list) and asked:
        return [str(year) for year in asked]
    dates = sorted((p.started or p.commissioned)[:4] for p in effect.projects)
    return list(dict.fromkeys(dates))


def _lead(context: Context, effect: Effect) -> Iterable[Paragraph]:
    """Yield what the plan is, whose it is, what bounds it and what it rests on."""
    known = [p.investment for p in effect.projects if p.investment is not None]
    count, unknown = len(effect.projects), len(effect.projects) - len(known)
    said = {"name": effect.saved.name, "count": count}
    if not known:
        yield Paragraph(context.say("lead-plan-unpriced", **said))
    else:
        yield Paragraph(
            context.say("lead-plan", **said, spent=f"{sum(known):,.1f}", unknown=unknown)
        )
    years = plan_years(effect)
    if years and years[-1] != context.at[:4]:
        dates = {"at": context.at, "first": years[0], "last": years[-1]}
        yield Paragraph(words.message("plan-note-dates", context.lang, **dates))
    params = effect.saved.params
    made = (str(params.get("dataset", context.ds.name)), str(params.get("version", context.ds.version)),
            str(params.get("region", context.region)))  # fmt: skip
    if made != (context.ds.name, context.ds.version, context.region):
        of_plan = dict(zip(("dataset", "version", "region"), made, strict=True))
        yield Paragraph(context.say("plan-other", **of_plan))
    yield from _budgets(context, effect)
    unseen = sum(project.survey for project in effect.projects)
    if unseen:
        yield Paragraph(context.say("plan-unseen", count=unseen, total=len(effect.projects)))


def _budgets(context: Context, effect: Effect) -> Iterable[Paragraph]:
    """Yield a line for each budget: what there is, and what the projects take of it."""
    params = effect.saved.params
    budget, yearly = (params.get(key) for key in ("budget", "per_year"))
    rows = effect.row_of
    for name in _BUDGETS:
        whole = budget.get(name) if isinstance(budget, dict) else None
        each = yearly.get(name) if isinstance(yearly, dict) else None
        if whole is None and each is None:
            continue
        used = [_taken(p, rows[p.key], name) for p in effect.projects]
        amounts = [
            context.say(f"plan-budget-{key}", amount=f"{value:,.6g}")
            for key, value in (("whole", whole), ("yearly", each)) if _figure(value)
        ]  # fmt: skip
        unknown = sum(math.isnan(value) for value in used)
        said = context.say(
            "plan-budget", name=context.term("budget", name), amounts=context.listed(amounts),
            used=f"{sum(v for v in used if not math.isnan(v)):,.4g}",
        )  # fmt: skip
        more = context.say("plan-budget-unknown", count=unknown) if unknown else ""
        yield Paragraph(said + more, item=True)


def _figure(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _taken(project: Project, row: dict[str, Any], budget: str) -> float:
    """Return what a project takes of a budget; nan where it is not known."""
    if budget == "investment_cny_100m":
        return math.nan if project.investment is None else project.investment
    value = row.get({"count": "plants"}.get(budget, budget), 1 if budget == "count" else None)
    return float(value) if _figure(value) else math.nan  # type: ignore[arg-type]


def project_name(context: Context, project: Project, lang: Language | None = None) -> str:
    """Return a project as a person names it: product and size."""
    place = context.facts.by_id[project.product_id].position
    row = context.facts.state.study.products.iloc[place]
    return clean(say_project(project, row, lang or context.lang))


def _notes(context: Context, effect: Effect) -> tuple[int, ...]:
    ids = dict.fromkeys(p.product_id for p in effect.projects)
    return tuple(sorted({
        n for i in ids for n in context.cite_product(context.facts.by_id[i], price=True)
    }))  # fmt: skip


def _sourced(context: Context, effect: Effect) -> float:
    """Return how much of the demand that the projects are for rests on rows with a source."""
    ids = dict.fromkeys(p.product_id for p in effect.projects)
    return model.mean_known(context.sourced_demand(context.facts.by_id[i]) for i in ids)


def _basis(context: Context, share: float) -> str:
    return context.basis(share, "basis-mean")


def _gantt(context: Context, effect: Effect, bars: tuple[Bar, ...]) -> Figure | None:
    if not bars:
        return None
    title = context.say("figure-plan", region=context.region)
    share = _sourced(context, effect)

    def drawn(lang: Language) -> str:
        names = {p.key: project_name(context, p, lang) for p in effect.projects}
        return draw_time_line(
            bars, names, ramp=effect.ramp, as_of=context.ds.as_of, title=title, lang=lang
        )

    rows = effect.row_of
    parts = context.say("joint").join(
        context.say(
            "plan-bar", name=project_name(context, bar.project),
            start=bar.project.started or date_of(bar.started),
            run=ready_of(rows[bar.project.key], bar.project),
        ) for bar in bars
    )  # fmt: skip
    alt = context.say("alt-chart", title=title, parts=parts)
    return Figure("plan", title, drawn(context.lang), alt, _basis(context, share),
                  model.known_share(share), _notes(context, effect), context.latin(drawn))  # fmt: skip


def _before_after(context: Context, effect: Effect, frame: Any) -> Figure | None:
    if frame.empty or not effect.projects:
        return None
    title = context.say("figure-before-after", region=context.region)
    subtitle = context.say("before-after-subtitle", at=context.at)
    share = _sourced(context, effect)
    own = frame[frame["measure"] == "purchases"].to_dict("records")
    parts = context.say("joint").join(
        f"{context.term('chain', row['chain'])} "
        + " → ".join(_between(row, stage, "purchases").text for stage in STAGES)
        for row in own
    )

    def drawn(lang: Language) -> str:
        return draw_before_after(frame, title=title, subtitle=subtitle, lang=lang)

    alt = context.say("alt-chart", title=title, parts=parts)
    return Figure("before-after", title, drawn(context.lang), alt, _basis(context, share),
                  model.known_share(share), _notes(context, effect), context.latin(drawn))  # fmt: skip


def _between(row: dict[str, Any], stage: str, measure: str) -> Cell:
    """Return a figure before or after: one where it is known, else its ends."""
    low, high = float(row[f"{stage}_low"]), float(row[f"{stage}_high"])
    show = model.money if measure == "purchases" else model.percent
    if math.isnan(low) or math.isnan(high):
        return model.text(None)
    if high - low > _SAME * max(1.0, abs(high)):
        return Cell(None, f"{show(low).text}–{show(high).text}")
    found = show(low)  # a ratio among sums keeps its sign: its column is one of plain figures
    return found if measure == "purchases" else Cell(None, found.text)


def _projects(context: Context, effect: Effect) -> Table | None:
    """Return the projects: size, dates, money, what comes first, with whom."""
    if not effect.projects:
        return None
    columns = (
        context.column("project", width=20),
        context.column("started", width=8),
        context.column("commissioned", width=8),
        context.column("invests", "number", 8, unit="sum"),
        context.column("saves", "number", 9, unit="money"),
        context.column("power", "number", 7, unit="mw"),
        context.column("land", "number", 7, unit="mu"),
        context.column("coverage-before", "percent", 8),
        context.column("coverage-with", "percent", 8),
        context.column("first", width=18),
        context.column("stability", "percent", 7),
        context.column("company", width=12),
        context.column("park", width=16),
    )
    rows = []
    states = effect.states
    for project in effect.projects:
        said, fact = effect.row_of[project.key], context.facts.by_id[project.product_id]
        first = [p.strip() for p in str(said.get("needs_first") or "").split(";")]
        first = [p for p in first if p and p != "nan"]
        figures = [_number(said.get(name)) for name in ("saves_cny_100m", "power_mw", "land_mu")]
        money = math.nan if project.investment is None else project.investment
        rows.append(make_row(
            (
                model.text(project_name(context, project)),
                model.text(project.started or None),
                model.text(ready_of(said, project)),
                model.number(money),
                *(model.number(value) for value in figures),
                *(model.percent(float(states[s].coverage[fact.position])) for s in ("today", "planned")),
                model.text(context.listed(context.term("needs_first", p) for p in first)),
                model.percent(_number(said.get("chosen_share"))),
                model.text(context.group_name(project.company) if project.company else None),
                model.text(project.park or None),
            ),
            context.cite_product(fact, price=True), key=f"project-{project.key}",
        ))  # fmt: skip
    share = _sourced(context, effect)
    title = context.say("table-plan")
    shown, lines = model.without_blank(columns, rows, _MAY_LACK)
    return Table("plan", title, shown, lines, _basis(context, share), model.known_share(share))


def _number(value: object) -> float:
    return float(value) if _figure(value) else math.nan  # type: ignore[arg-type]


def _schedule(context: Context, effect: Effect, bars: tuple[Bar, ...]) -> Table | None:
    """Return the time line in cells, for a workbook."""
    if not bars:
        return None
    years = years_of(bars, context.ds.as_of)
    columns = (
        context.column("project", width=26),
        *(Column(f"year-{year}", str(year), width=12) for year in years),
    )
    rows = []
    for bar in bars:
        cells = [model.text(project_name(context, bar.project))]
        for year in years:
            mark, share = year_marks(bar, year, effect.ramp)
            cells.append(
                model.text(context.say(f"mark-{mark}", share=f"{share:.0%}") if mark else None)
            )
        rows.append(make_row(cells))
    title = context.say("table-schedule")
    basis = context.say("basis-schedule", at=context.at)
    return Table("plan-schedule", title, columns, tuple(rows), basis, cited=False, place="workbook")


def _chains(context: Context, effect: Effect, frame: Any) -> Table | None:
    """Return the chains before and after."""
    if frame.empty or not effect.projects:
        return None
    columns = (
        context.column("chain", width=14),
        context.column("indicator", width=24),
        context.column("unit", width=9),
        *(context.column(f"stage-{stage}", "number", 14) for stage in STAGES),
    )
    rows = []
    for row in frame.to_dict("records"):
        unit = context.say("unit-money") if row["measure"] == "purchases" else "%"
        rows.append(make_row((
            model.text(context.term("chain", row["chain"])),
            model.text(context.say(f"measure-{row['measure']}")),
            model.text(unit),
            *(_between(row, stage, row["measure"]) for stage in STAGES),
        )))  # fmt: skip
    share = _sourced(context, effect)
    title = context.say("table-before-after")
    basis = _basis(context, share) + context.say("before-after-basis")
    return Table(
        "plan-chains", title, columns, tuple(rows), basis, model.known_share(share), cited=False
    )
