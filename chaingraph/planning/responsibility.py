"""The responsibility list: who answers for what until when, from plan, gaps, supplies and plan targets."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph import words
from chaingraph.analysis.balance import study_params
from chaingraph.analysis.gaps import find_gaps
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import as_state
from chaingraph.engines import cell_texts, collect, read_frame
from chaingraph.errors import ChaingraphError
from chaingraph.gazetteer import region as find_region
from chaingraph.planning import track_words
from chaingraph.planning.responsibility_plan import month_after, plan_projects
from chaingraph.planning.responsibility_projects import recorded_projects
from chaingraph.results import Call, Result
from chaingraph.schema import table_spec
from chaingraph.spoken import say_amount, say_unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Source
    from chaingraph.dataset import Dataset
    from chaingraph.planning.responsibility_plan import Project
    from chaingraph.regions import Region
    from chaingraph.words import Language

TASK_COLUMNS: Final = (
    *(name for name in table_spec("tasks").field_names if name != "field"), "task_kind",
)  # fmt: skip
BLANKS: Final = (
    "target", "standard", "start", "due", "lead_unit", "support_units", "person", "phone", "chief", "park",
    "assessment", "weight",
)  # fmt: skip
"""Columns whose blanks the first page counts."""
SHOWN: Final = (
    "task_id", "task_kind", "chain", "task_zh", "target", "unit", "start", "due", "lead_unit",
)  # fmt: skip
_DIGITS: Final = 6
_WHOLE_FROM: Final = 1000


@cache
def settings() -> dict[str, Any]:
    """Return which verb makes which kind of task, and the usual times between two stages."""
    file = resources.files("chaingraph.planning").joinpath("responsibility.json")
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def stable_id(kind: str, *of: str) -> str:
    """Return an id that depends on nothing but what the task is about.

    Examples
    --------
    >>> stable_id("survey", "曲靖市", "lfp") == stable_id("survey", "曲靖市", "lfp")
    True
    >>> stable_id("survey", "曲靖市", "lfp")[0], len(stable_id("target", "a"))
    ('S', 7)
    """
    digest = hashlib.sha256("\x1f".join((kind, *of)).encode()).hexdigest()
    letter: str = settings()["letters"][kind]
    return letter + digest[:_DIGITS].upper()


def build_responsibility(
    ds: Source,
    *,
    region: str | Region | None = None,
    plan: str | Path | Mapping[str, Any] | None = None,
    at: str | None = None,
    load: Load = "actual",
    past: bool = False,
    lang: Language | None = None,
) -> Result:
    """List who answers for what until when: one row a task, made from things in the data only.

    Parameters
    ----------
    ds
        The dataset, an open study, or the state of a region.
    region, at, load, lang
        As in :func:`chaingraph.find_gaps`, of one region.
    plan
        A plan: what :func:`chaingraph.build_plan` gave, a mapping with projects, or the TOML or JSON file of
        one. Its projects become five tasks each; gaps that it fills are not listed again.
    past
        Whether plan targets that were due before the data's date are listed too.

    Returns
    -------
    Result
        The columns of the table ``tasks`` and `task_kind` (contact, sign, start, commission, full of a plan's
        project; survey, recruit, assure of a gap; target of a plan target). `task_id` depends on what the
        task is
        about, not on its row. Dates, offices, persons that the data do not hold are None. `params` holds
        ``projects`` (rows of the dispatch sheet, from the plan and the table ``projects``) and ``units``
        (names of the offices in the data).

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError, FileProblemError
        For names, options, tables and files that cannot be used.

    Notes
    -----
    Dates of a plan's project are counted back from its commissioning by the medians of the nation's
    project events
    (signed to started 5 months, started to commissioned 14): see ``planning/responsibility.json``.

    Examples
    --------
    >>> import chaingraph as cg
    >>> listed = build_responsibility(cg.load_dataset("toy"))
    >>> listed.frame["task_kind"].unique().tolist(), int(listed.frame["lead_unit"].notna().sum())
    (['recruit', 'survey', 'assure'], 0)
    """
    call = Call.of(build_responsibility, locals())
    state = as_state(ds, region, at=at, load=load)
    study, data = state.study, state.study.dataset
    chosen = read_lang(data, lang)
    gaps = find_gaps(state, draws=0)
    projects = plan_projects(plan, data)
    rows: list[dict[str, Any]] = []
    for project in projects:
        rows += _project_tasks(project, state, chosen)
    rows += _gap_tasks(gaps, {p.product_id for p in projects}, chosen)
    targets, left = _target_tasks(state, chosen, past=past)
    rows += targets
    frame = _frame(rows)
    params = study_params(study, [state.region.name], None)
    params |= {
        "plan": projects[0].plan if projects else None,
        "projects": recorded_projects(state, projects),
        "units": _units(state, frame, chosen),
        "targets_past": left["past"],
        "targets_elsewhere": left["elsewhere"],
    }
    notes: list[tuple[str, dict[str, Any]]] = [
        ("note-responsibility-blanks", {"count": int(frame["lead_unit"].isna().sum()), "total": len(frame)})
    ]  # fmt: skip
    if sum(left.values()):
        notes.append(("note-targets-left", left))
    return Result("responsibility", frame, params, chosen, SHOWN, tuple(notes), call=call)


def _frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the rows as a frame; where two are about the same, the later one gets a longer id."""
    taken: dict[str, int] = {}
    for row in rows:
        base = row["task_id"]
        taken[base] = taken.get(base, 0) + 1
        if taken[base] > 1:
            row["task_id"] = f"{base}.{taken[base]}"
    frame = pd.DataFrame(rows, columns=list(TASK_COLUMNS))
    for name in TASK_COLUMNS:
        if name in {"target", "weight", "progress"}:
            frame[name] = pd.to_numeric(frame[name]).astype("float64")
        else:
            frame[name] = frame[name].astype("object").where(frame[name].notna(), None)
    return frame


def _project_tasks(project: Project, state: RegionState, lang: Language) -> list[dict[str, Any]]:
    """Return one task a stage; dates are counted back from the month of commissioning."""
    products = state.study.products
    place = state.study.product_graph.ids.index(project.product_id)
    title = say_project(project, products.iloc[place], lang)
    back, build = settings()["months_sign_to_start"][1], settings()["months_start_to_commission"][1]
    ready = project.commissioned
    begun = project.started or month_after(ready, -build)
    begun = begun if len(begun) > len("2026") else f"{begun}-12"  # of a year its last month
    signed = month_after(begun, -back)
    first = month_after(state.study.dataset.as_of, 1)
    spans = {
        "contact": (first, signed), "sign": (first, signed), "start": (signed, begun),
        "commission": (begun, ready), "full": (ready, None),
    }  # fmt: skip
    base = stable_id("contact", state.region.name, project.key)
    rows = []
    for number, (stage, (start, due)) in enumerate(spans.items(), 1):
        late = bool(
            start and due and due < start
        )  # already past: no date is better than a wrong one
        rows.append({
            "task_id": f"{base}-{number}", "task_kind": stage, "project_id": project.key,
            "product_id": project.product_id,
            "chain": _chains(products["chains"].iloc[place], lang),
            "stage": words.term("stage", str(products["stage"].iloc[place]), lang),
            "task_zh": track_words.say(f"task-{stage}", lang, project=title),
            "target": shown_figure(project.size) if stage in {"commission", "full"} else None,
            "unit": say_unit(project.unit, lang) if stage in {"commission", "full"} and project.size else None,
            "standard": track_words.say(f"standard-{stage}", lang),
            "start": None if late else start, "due": due, "park": project.park or None,
            "basis": track_words.say("basis-plan", lang, plan=project.plan),
        })  # fmt: skip
    return rows


def say_project(project: Project, product: pd.Series[Any], lang: Language) -> str:
    """Return a project as a person names it: product and size."""
    name = str(product[f"name_{lang}"] or project.product_id)
    if not project.size:
        return name
    unit = say_unit(project.unit, lang)
    return track_words.say(
        "plan-project", lang, product=name, size=say_amount(project.size, lang), unit=unit
    )


def shown_figure(value: float | None) -> float | None:
    """Return a figure as a list shows it: whole from a thousand, else four digits.

    Examples
    --------
    >>> shown_figure(18.749834), shown_figure(30048.0), shown_figure(50412.34), shown_figure(None)
    (18.75, 30048.0, 50412.0, None)
    """
    if not value:
        return None
    return float(round(value)) if value >= _WHOLE_FROM else float(f"{value:.4g}")


def _chains(ids: object, lang: Language) -> str | None:
    parts = [part for part in str(ids or "").replace(",", ";").split(";") if part.strip()]
    mark = "、" if lang == "zh" else ", "
    return mark.join(words.term("chain", part.strip(), lang) for part in parts) or None


def _gap_tasks(gaps: Result, planned: set[str], lang: Language) -> Iterable[dict[str, Any]]:
    """Yield a task for each gap that somebody has to survey, recruit or assure."""
    verbs, params = settings()["verbs"], gaps.params
    region = str(params["region"])
    for row in gaps.frame.to_dict("records"):
        verb = str(row["verb"] or "")
        kind = verbs.get(verb, "")
        if not kind or (kind == "recruit" and row["product_id"] in planned):
            continue  # what is planned is surveyed all the same, where nobody has confirmed the gap
        amount = row["gap"] if kind != "survey" and row["gap"] == row["gap"] else None
        product = str(row[f"name_{lang}"] or row["product_id"])
        standard = "standard-contract" if verb == "contract" else f"standard-{kind}"
        kind_said = words.term("gap_kind", str(row["gap_kind"]), lang)
        yield {
            "task_id": stable_id(kind, region, verb, str(row["product_id"])),
            "task_kind": kind,
            "product_id": row["product_id"],
            "chain": _chains(row["chains"], lang),
            "stage": words.term("stage", str(row["stage"]), lang),
            "task_zh": track_words.say(f"task-{verb}", lang, product=product, region=region),
            "target": shown_figure(amount),
            "unit": say_unit(str(row["unit"]), lang) if amount else None,
            "standard": _standard(standard, str(row["then"] or ""), lang),
            "basis": track_words.say(
                "basis-gap", lang, dataset=params["dataset"], at=params["at"], kind=kind_said
            ),
        }


def _standard(key: str, then: str, lang: Language) -> str:
    """Return what counts as done, and what follows once it is."""
    said = track_words.say(key, lang)
    if then in {"", "nan", "None"} or key != "standard-survey":
        return said
    return track_words.say(
        "standard-then", lang, standard=said, then=words.term("verb", then, lang)
    )


def _target_tasks(
    state: RegionState, lang: Language, *, past: bool
) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return a task for each plan target that a body of the region answers for, and how many are left out."""
    data, left = state.study.dataset, {"past": 0, "elsewhere": 0}
    here = offices_here(state)
    rows = []
    for row in table_rows(data, "plan_targets"):
        unit = row["responsible_unit_zh"]
        if here is not None and unit not in here:
            left["elsewhere"] += 1
            continue
        year = row["target_year"]
        if not past and year and year < data.as_of[: len(year)]:
            left["past"] += 1
            continue
        rows.append(_target_task(row, state.region.name, lang))
    return rows, left


def _target_task(row: Mapping[str, str], region: str, lang: Language) -> dict[str, Any]:
    def said(name: str) -> str | None:
        return (row[f"{name}_zh"] if lang == "zh" else "") or row[name] or None

    unit = row[f"responsible_unit_{lang}"] or row["responsible_unit_zh"]
    source = row["source_url"] or row["note"]
    return {
        "task_id": stable_id("target", region, row["plan"], row["task"], row["target_year"]),
        "task_kind": "target", "task_zh": said("task"),
        "target": float(row["target"]) if row["target"] else None,
        "unit": words.term("target_unit", row["unit"], lang) or None,
        "standard": said("standard"), "due": row["target_year"] or None, "lead_unit": unit or None,
        "assessment": said("assessment"),
        "basis": f"{row['plan']} {source}".strip(),
    }  # fmt: skip


def offices_here(state: RegionState) -> set[str] | None:
    """Return the offices of the region and of places inside it; None where the data name no offices."""
    data = state.study.dataset
    if not data.has("units"):
        return None
    rows = table_rows(data, "units")
    inside = {
        place for place in {row["region"] for row in rows}
        if _lies_inside(data, place, state.region)
    }  # fmt: skip
    return {row["name_zh"] for row in rows if row["region"] in inside}


def _lies_inside(data: Dataset, place: str, region: Region) -> bool:
    """Tell whether a place is the region or lies in it, as far as the names of the data say."""
    if region.is_whole or place == region.name:
        return True
    try:
        return region.name in find_region(data, place).path
    except ChaingraphError:
        return False


def _units(state: RegionState, frame: pd.DataFrame, lang: Language) -> list[tuple[str, str]]:
    """Return names and sources of the offices that may be chosen: those of the region, those named in tasks."""
    data = state.study.dataset
    named: dict[str, str] = dict.fromkeys(frame["lead_unit"].dropna().astype(str), "")
    here = offices_here(state) or set()
    for row in table_rows(data, "units"):
        shown = row[f"name_{lang}"] or row["name_zh"]
        if row["name_zh"] in here or shown in named:
            named[shown] = row["source_url"] or row["note"]
    return sorted(named.items())


def table_rows(ds: Dataset, table: str) -> list[dict[str, str]]:
    """Return the rows of a table as texts; none where the dataset does not have it."""
    if not ds.has(table):
        return []
    frame = collect(read_frame(ds.table(table)))
    names = list(table_spec(table).field_names)
    texts = [[str(cell) for cell in cell_texts(frame, name)] for name in names]
    return [dict(zip(names, cells, strict=True)) for cells in zip(*texts, strict=True)]
