"""Whom to ask what, the answers that most money hangs on first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph import words
from chaingraph.analysis.balance import nobody_notes, study_params
from chaingraph.analysis.questions import interval_text, open_questions
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import as_state
from chaingraph.errors import OptionError
from chaingraph.knowledge.evidence import LEVELS
from chaingraph.loading import load_dataset
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.questions import Question
    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Source
    from chaingraph.regions import Region
    from chaingraph.words import Language

SHOWN: Final = (
    "rank", "whom_zh", "whom_en", "question_zh", "question_en", "interval_of", "interval_before",
    "interval_after", "answer_value_cny",
)  # fmt: skip
_NAMED: Final = 3
_SETTLED: Final = ("region", "at", "statuses", "load", "goal")


def plan_survey(
    ds: Source | Result,
    *,
    region: str | Region | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | str = "operating",
    load: Load = "actual",
    utilisation: float | Mapping[str, float] | None = None,
    goal: Mapping[str, float] | None = None,
    limit: int | None = None,
    lang: Language | None = None,
) -> Result:
    r"""Tell whom to ask what about a region, ordered by the money that hangs on the answer.

    Parameters
    ----------
    ds
        The dataset, an open study, or the state of a region. Or gaps that :func:`find_gaps` found in a
        bundled dataset or a folder that can be loaded by its name: then only what hangs on their
        products is asked, under their assumptions.
    region, at, statuses, load, utilisation, goal, lang
        As in :func:`find_gaps`, of one region.
    limit
        Only the first questions.

    Returns
    -------
    Result
        One row a question, sorted by `answer_value_cny`, those without a price last: `rank`, `ask` (what is
        asked: exists, own_plant, total, figure, load, runs, choice, construction, coefficient), `whom_zh`
        and `whom_en` (the makers by name where rows name them, else the bureau; `bureau` is its kind,
        `contact` the one that the tables `units` and `contacts` name), `asked_makers`, `asked_names_en`
        and `asked_ids` (all of them), `product_id` (what it is about; `about_zh`, `about_en`,
        `about_unit`: names and units), `question_zh`, `question_en`, `why_zh`, `why_en`, `hanging`
        (products whose gap hangs on the answer, the most worth first), and of the first of them
        `interval_of`, `unit`, `interval_before`, `interval_after` (units a year; with `|` between the ways
        an answer may turn out), `gap_low`, `gap_high` (before), `removed` (share of the interval that the
        answer removes, 0 to 1); `no_bound` (some of these gaps have no upper end yet, so that the value is
        the least), `evidence`, `evidence_date`.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError
        For names, options and tables that cannot be used.

    Notes
    -----
    An answer is worth :math:`\sum_i p_i h_i s_i` over the products whose gap it narrows: price (CNY a
    unit), upper end of the gap (units a year), share of the interval that the answer removes. The
    gaps are worked out again with the answer: a capacity, a load or a choice at its point (a capacity
    without one at its least). Where an answer is yes or no (does a maker exist, does the building go on)
    both ways count alike. A gap without upper end counts with the least demand. Alternatives for one
    need count once.

    Examples
    --------
    >>> import chaingraph as cg
    >>> asked = plan_survey(cg.load_dataset("toy")).frame
    >>> asked[["ask", "whom_zh", "interval_of", "interval_before"]].to_numpy().tolist()[0]
    ['choice', '甲市电芯', 'powder_a', '0–700']
    """
    call = Call.of(plan_survey, locals())
    products: frozenset[str] | None = None
    source: Any = ds
    if isinstance(ds, Result):
        source, products, settled = _gaps_asked(ds, region)
        region, at, statuses, load, goal = (settled[name] for name in _SETTLED)
    if limit is not None and limit < 0:
        raise OptionError("bad-limit", value=limit)
    state = as_state(
        source, region, at=at, statuses=statuses, load=load, utilisation=utilisation, goal=goal
    )
    study = state.study
    questions = open_questions(state)
    if products is not None:
        ids = study.product_graph.ids
        questions = [
            question for question in questions
            if any(ids[place] in products for place in question.effect.products.tolist())
        ]  # fmt: skip
    frame = _frame(state, sorted(questions, key=_order))
    notes = _notes(frame) + nobody_notes(study, frame, [state.region.name])
    kept = frame if limit is None else frame.head(limit)
    params = study_params(study, [state.region.name], None)
    return Result(
        "survey_plan", kept, params, read_lang(study.dataset, lang), SHOWN, notes, call=call
    )


def _gaps_asked(
    gaps: Result, region: str | Region | None
) -> tuple[Any, frozenset[str], dict[str, Any]]:
    """Return the dataset, the products and the assumptions of gaps that were found.

    Raises
    ------
    OptionError
        Where the result is none of gaps, or is of several regions and none of them is asked for.
    """
    if "gap_kind" not in gaps.frame or "region" not in gaps.params:
        raise OptionError("not-gaps")
    named = gaps.params["region"]
    regions = (named,) if isinstance(named, str) else tuple(named)
    asked = str(getattr(region, "name", region or ""))
    chosen = asked or regions[0]
    if chosen not in regions or (not asked and len(regions) > 1):
        raise OptionError("gaps-elsewhere", region=asked or "-", regions=", ".join(regions))
    frame = gaps.frame
    if "region" in frame:
        frame = frame[frame["region"] == chosen]
    settled = {
        "region": chosen,
        "at": gaps.params.get("at") or None,
        "statuses": gaps.params.get("statuses", "operating"),
        "load": gaps.params.get("load", "actual"),
        "goal": gaps.params.get("goal"),
    }
    return load_dataset(str(gaps.params["dataset"])), frozenset(frame["product_id"]), settled


def _order(question: Question) -> tuple[bool, float, float, int, str]:
    """Sort by value, the unknown last; of those the ones that remove most."""
    effect = question.effect
    unknown = bool(np.isnan(effect.value))
    removed = float(effect.share[effect.products[0]])
    return unknown, 0.0 if unknown else -effect.value, -removed, question.product, question.ask


def _frame(state: RegionState, questions: Sequence[Question]) -> pd.DataFrame:
    """Return one row a question."""
    contacts = _Contacts(state)
    rows = [_row(state, question, contacts) for question in questions]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    for name in _TEXTS:
        frame[name] = frame[name].astype("str").where(frame[name].notna(), None)
    for name in _NUMBERS:
        frame[name] = frame[name].astype("float64")
    frame["no_bound"] = frame["no_bound"].astype(bool)
    frame.insert(0, "rank", np.arange(1, len(frame) + 1))
    return frame


_NUMBERS: Final = ("gap_low", "gap_high", "removed", "answer_value_cny")
_COLUMNS: Final = (
    "ask", "whom_zh", "whom_en", "bureau", "contact", "asked_makers", "asked_names_en", "asked_ids",
    "product_id", "about_zh", "about_en", "about_unit", "question_zh", "question_en", "answer_unit",
    "why_zh", "why_en", "hanging", "interval_of", "unit", "interval_before", "interval_after",
    *_NUMBERS[:3], "no_bound", _NUMBERS[3], "evidence", "evidence_date",
)  # fmt: skip
_TEXTS: Final = tuple(name for name in _COLUMNS if name not in {*_NUMBERS, "no_bound"})


def _row(state: RegionState, question: Question, contacts: _Contacts) -> dict[str, Any]:
    study, effect = state.study, question.effect
    ids = study.product_graph.ids
    first = int(effect.products[0])
    units = study.products["unit"]
    before = effect.before
    after = " | ".join(
        dict.fromkeys(
            interval_text(float(outcome.low[first]), float(outcome.high[first]))
            for outcome in question.outcomes
        )
    )
    whom_zh, whom_en = _whom(question, state, contacts)
    sentences = {
        f"{name}_{lang}": words.message(key, lang, **params)
        for name, (key, params) in (("question", question.asked), ("why", question.why))
        for lang in words.LANGUAGES
    }
    return sentences | {
        "ask": question.ask,
        "whom_zh": whom_zh,
        "whom_en": whom_en,
        "bureau": question.bureau or None,
        "contact": contacts.of(question) or None,
        "asked_makers": "; ".join(zh for zh, _ in question.makers) or None,
        "asked_names_en": "; ".join(en for _, en in question.makers) or None,
        "asked_ids": "; ".join(question.sites) or None,
        "product_id": "; ".join(ids[place] for place in question.products),
        "about_zh": _joined(study.products["name_zh"], question.products, ids),
        "about_en": _joined(study.products["name_en"], question.products, ids),
        "about_unit": _joined(units, question.products),
        "hanging": "; ".join(ids[place] for place in effect.products.tolist()),
        "interval_of": ids[first],
        "unit": units.iloc[first] if isinstance(units.iloc[first], str) else None,
        "answer_unit": _answer_unit(question, units.iloc[question.product]),
        "interval_before": interval_text(float(before.low[first]), float(before.high[first])),
        "interval_after": after,
        "gap_low": float(before.low[first]),
        "gap_high": float(before.high[first]),
        "removed": float(effect.share[first]),
        "no_bound": effect.endless,
        "answer_value_cny": effect.value,
        "evidence": LEVELS[int(state.evidence.level[question.product])],
        "evidence_date": str(state.evidence.date[question.product]) or None,
    }


def _joined(column: pd.Series, places: Sequence[int], other: Sequence[str] = ()) -> str:
    """Return the texts of some products in a row; where one has none, its id."""
    texts = [column.iloc[place] for place in places]
    return "; ".join(
        text if isinstance(text, str) else other[place] if other else ""
        for text, place in zip(texts, places, strict=True)
    )


def _answer_unit(question: Question, unit: object) -> str | None:
    """Return the unit that the answer is wanted in; of a choice per cent, of yes or no none."""
    if question.ask in {"choice", "runs"}:
        return "%" if question.ask == "choice" else None
    return unit if isinstance(unit, str) else None


def _whom(question: Question, state: RegionState, contacts: _Contacts) -> tuple[str, str]:
    """Return whom to ask, in Chinese and English."""
    if not question.makers:
        unit = contacts.unit(question.bureau)
        if unit:
            return unit
        place = "" if state.region.name == "*" else state.region.name
        bureau = {lang: words.term("bureau", question.bureau, lang) for lang in words.LANGUAGES}
        return f"{place}{bureau['zh']}", f"{place} {bureau['en']}".strip()
    left = len(question.makers) - _NAMED
    zh = "、".join(name for name, _ in question.makers[:_NAMED])
    en = ", ".join(name for _, name in question.makers[:_NAMED])
    if left <= 0:
        return zh, en
    both = {"names": en, "names_zh": zh, "count": len(question.makers)}
    return words.message("whom-more", "zh", **both), words.message("whom-more", "en", **both)


class _Contacts:
    """Whom the tables `units` and `contacts` name for a bureau or a product of the region."""

    def __init__(self, state: RegionState) -> None:
        ds, here = state.study.dataset, {"", state.region.name, *state.region.path[-1:]}
        self.ids = state.study.product_graph.ids
        self.units = _rows_here(ds.table("units"), here - {""}) if ds.has("units") else []
        self.contacts = _rows_here(ds.table("contacts"), here) if ds.has("contacts") else []

    def unit(self, bureau: str) -> tuple[str, str] | None:
        """Return the names of the bureau of a kind that the table of units has for the region."""
        row = self._unit_of(bureau)
        return None if row is None else (row["name_zh"], row["name_en"] or row["name_zh"])

    def _unit_of(self, bureau: str) -> dict[str, str] | None:
        title = words.term("bureau", bureau, "zh")
        return next((row for row in self.units if title in row["name_zh"]), None)

    def of(self, question: Question) -> str:
        """Return whom to call: the contact of the product, else of the bureau."""
        ids = {self.ids[place] for place in question.products}
        for row in self.contacts:
            if row["product_id"] in ids and row["contact"]:
                return " ".join(filter(None, (row["contact"], row["phone"])))
        unit = self._unit_of(question.bureau) if question.bureau else None
        return unit["contact"] if unit else ""


def _rows_here(table: pd.DataFrame, regions: set[str]) -> list[dict[str, str]]:
    rows = table.astype("object").fillna("").to_dict("records")
    return [{str(k): str(v) for k, v in row.items()} for row in rows if row["region"] in regions]


def _notes(frame: pd.DataFrame) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Say how the order came about, and what it leaves out."""
    if frame.empty:
        return ()
    notes: list[tuple[str, dict[str, Any]]] = [("note-answer-value", {})]
    unpriced = int(frame["answer_value_cny"].isna().sum())
    if unpriced:
        notes.append(("note-answer-unpriced", {"count": unpriced}))
    if frame["no_bound"].any():
        notes.append(("note-no-bound", {"count": int(frame["no_bound"].sum())}))
    return tuple(notes)
