"""Matching: each enterprise of a list to the enterprise of the dataset that it is, or to none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from chaingraph.codes import is_credit_code
from chaingraph.errors import OptionError
from chaingraph.matching.known import NEW, SAME, Known
from chaingraph.matching.lists import ListRow, checked_row
from chaingraph.matching.score import REVIEW, TAKEN, Score, score_parties
from chaingraph.results import Result
from chaingraph.words import LANGUAGES, message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.dataset import Dataset
    from chaingraph.words import Language

DECISIONS: Final = ("alias", "code", "stock_code", "taken", "review", "new")
"""How a row was decided, strongest first; ``alias``, ``code`` and ``stock_code`` are taken too."""
TAKING: Final = frozenset({"alias", "code", "stock_code", "taken"})

_TIE: Final = 5.0
_STOCK_SCORE: Final = 70.0
_CODES_DIFFER: Final = 60.0
_SHOWN: Final = (
    "list_row", "name_in_list", "place_in_list", "decision", "match_score", "enterprise_id", "name_zh",
    "city", "runner_up", "reason_zh", "reason_en",
)  # fmt: skip
_SAID: Final = frozenset({"branch", "numbers", "prefix", "code"})
Reason = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Verdict:
    """What became of one row of the list; enterprises by their position in the dataset."""

    row: ListRow
    decision: str
    score: float | None = None
    enterprise: int | None = None
    runner: int | None = None
    runner_score: float | None = None
    reasons: tuple[Reason, ...] = ()


def match_enterprises(
    ds: Dataset, rows: Iterable[Mapping[str, Any]] | pd.DataFrame, *, lang: Language | None = None
) -> Result:
    """Match the enterprises of a list to those of a dataset.

    Parameters
    ----------
    ds
        The dataset; its `aliases` table holds decisions taken before.
    rows
        The list: a frame, or mappings, with `name` (or a header such as 企业名称), and any of
        `credit_code`, `stock_code`, `province`, `city`, `county`, `list_row`.
        :func:`read_enterprise_list` makes them of a file.
    lang
        ``zh`` or ``en``; the dataset's own by default.

    Returns
    -------
    Result
        One row a list row, in their order: `list_row`, `name_in_list`, `place_in_list`,
        `code_in_list`, `decision`, `match_score` (0 to 100), `enterprise_id`, `name_zh`, `city`,
        `runner_up`, `runner_up_score`, `reason_zh`, `reason_en`. `decision` is one of

        - alias: a person decided so before;
        - code: the same unified social credit code, its check digit right;
        - stock_code: the same stock code, and name and place do not speak against it;
        - taken: 80 points or more, and no second one within 5;
        - review: 50 to 80 points, or a tie, or a row that says otherwise has taken the same enterprise;
        - new: below 50, or a person decided so; the nearest one stands in `runner_up`.

    Raises
    ------
    MissingTableError
        Where the dataset has no enterprises.
    OptionError
        For an unknown language.

    Notes
    -----
    Points: see :func:`chaingraph.matching.score.score_parties`. Candidates share a pair of letters
    with the listed name, or a city and a letter of the brand; the 30 likeliest are scored. So 10,000
    rows against 10,000 enterprises take 9 s, 100,000 against 100,000 take 146 s and 0.8 GB (two shared
    cores). On labelled lists of 258 rows (``tests/data``): what is taken has precision 1.00 and recall
    0.92 to 0.93; with what is reviewed, recall 0.99 to 1.00.

    Examples
    --------
    >>> import chaingraph as cg
    >>> ds = cg.load_dataset("toy")
    >>> listed = [{"name": "甲市电芯有限公司", "city": "甲市"}, {"name": "戊市水泥厂", "city": "戊市"}]
    >>> cg.match_enterprises(ds, listed).frame["decision"].tolist()
    ['taken', 'new']
    """
    if lang not in {None, *LANGUAGES}:
        raise OptionError("bad-lang", value=lang, choices=", ".join(LANGUAGES))
    records: Iterable[Any] = rows.to_dict("records") if isinstance(rows, pd.DataFrame) else rows
    known = Known(ds)
    listed = [checked_row(record, number) for number, record in enumerate(records, 1)]
    verdicts = _one_row_each([_judge(known, row) for row in listed])
    frame = _frame(known, verdicts)
    chosen: Language = ds.language if lang not in LANGUAGES else lang
    params = {"dataset": ds.name, "version": ds.version, "taken": TAKEN, "review": REVIEW}
    return Result("matches", frame, params, chosen, _SHOWN, _notes(listed))


def _judge(known: Known, row: ListRow) -> Verdict:
    """Return the verdict on a row by itself."""
    kept = known.kept(row)
    if kept and kept.decision == SAME:
        reason = ("match-alias", {"date": kept.date or "-"})
        return Verdict(row, "alias", 100.0, kept.enterprise, reasons=(reason,))
    ranked = _ranked(known, row)
    reasons: list[Reason] = []
    if is_credit_code(row.credit_code):
        if same := known.by_code.get(row.credit_code, []):
            return _by_code(row, same, ranked)
    elif row.credit_code:
        reasons.append(("match-code-bad", {"code": row.credit_code}))
    if kept and kept.decision == NEW:
        verdict = _as_new(row, ranked)
        return replace(verdict, reasons=(("match-alias-new", {"date": kept.date or "-"}),))
    verdict = _by_name(row, ranked)
    verdict = _by_stock(known, row, ranked, verdict)
    return replace(verdict, reasons=(*verdict.reasons, *reasons))


Ranked = list[tuple[int, Score]]


def _ranked(known: Known, row: ListRow) -> Ranked:
    """Return the candidates of a row with their scores, best first."""
    party = known.party(row)
    numbers = dict.fromkeys(known.by_code.get(row.credit_code, ()))
    numbers |= dict.fromkeys(known.by_stock.get(row.stock_code, ()))
    if row.name:
        numbers |= dict.fromkeys(known.candidates.find(party))
    code = row.credit_code if is_credit_code(row.credit_code) else ""
    found = []
    for number in numbers:
        score = score_parties(party, known.parties[number], known.pairs)
        if code and known.codes[number] not in {"", code} and score.points > _CODES_DIFFER:
            score = replace(score, points=_CODES_DIFFER, caps=("code",))
        found.append((number, score))
    return sorted(found, key=lambda pair: (-pair[1].points, not pair[1].exact, known.ids[pair[0]]))


def _by_code(row: ListRow, same: list[int], ranked: Ranked) -> Verdict:
    """Return the verdict where enterprises have the row's credit code: sites of one legal entity."""
    inside = [(number, score) for number, score in ranked if number in same]
    best, score = inside[0]
    runner, second = inside[1] if len(inside) > 1 else (None, None)
    if second is not None and score.points - second.points < _TIE:
        reason = ("match-code-sites", {"count": len(same)})
        return Verdict(row, "review", score.points, best, runner, second.points, (reason,))
    ending = None if second is None else second.points
    return Verdict(row, "code", 100.0, best, runner, ending, (("match-code", {}),))


def _as_new(row: ListRow, ranked: Ranked) -> Verdict:
    if not ranked or not ranked[0][1].points:
        return Verdict(row, "new", 0.0, reasons=(("match-nothing", {}),))
    near, score = ranked[0]
    return Verdict(row, "new", score.points, None, near, score.points, _reasons(score))


def _by_name(row: ListRow, ranked: Ranked) -> Verdict:
    """Return the verdict by name and place alone."""
    if not ranked or ranked[0][1].points < REVIEW:
        return _as_new(row, ranked)
    (best, score), *rest = ranked
    runner, second = rest[0] if rest else (None, None)
    reasons = _reasons(score)
    decision = "taken" if score.points >= TAKEN else "review"
    if second is not None and _is_tie(score, second):
        reasons = (*reasons, ("match-tie", {}))
        decision = "review"
    ending = None if second is None else second.points
    return Verdict(row, decision, score.points, best, runner, ending, reasons)


def _is_tie(best: Score, second: Score) -> bool:
    if best.exact and not second.exact and best.points >= second.points:
        return False
    return best.points - second.points < _TIE


def _by_stock(known: Known, row: ListRow, ranked: Ranked, verdict: Verdict) -> Verdict:
    """Return the verdict after a look at the stock code: a group's sites share it, so it only helps."""
    same = known.by_stock.get(row.stock_code, [])
    if not same or verdict.decision == "taken":
        return verdict
    inside = [(number, score) for number, score in ranked if number in same]
    best, score = inside[0]
    alone = len(inside) == 1 or score.points - inside[1][1].points >= _TIE
    fits = score.points >= _STOCK_SCORE and "code" not in score.caps and "trade" not in score.name
    here = score.place not in {"city-other", "province-other", "name-other", "site-other"}
    rest = [pair for pair in ranked if pair[0] != best]
    runner, second = (rest[0][0], rest[0][1].points) if rest else (None, None)
    own = score.exact or (
        row.place and score.place in {"county", "city"}
    )  # the group's name alone is no site
    if alone and fits and here and own:
        reasons = (("match-stock", {}), *_reasons(score))
        return Verdict(row, "stock_code", score.points, best, runner, second, reasons)
    reasons = (*_reasons(score), ("match-stock-unsure", {"count": len(same)}))
    if verdict.decision == "new":
        return Verdict(row, "review", score.points, best, runner, second, reasons)
    return replace(verdict, reasons=(*verdict.reasons, reasons[-1]))


def _reasons(score: Score) -> tuple[Reason, ...]:
    found: list[Reason] = [(f"match-name-{score.name}", {}), (f"match-place-{score.place}", {})]
    found += [(f"match-cap-{cap}", {}) for cap in score.caps if cap in _SAID]
    return tuple(found)


def _one_row_each(verdicts: list[Verdict]) -> list[Verdict]:
    """Return the verdicts so that one enterprise is taken by name once; the next rows are reviewed.

    A list with a row a product names a firm several times: rows that say the same of it go together.
    """
    claimed: dict[int, ListRow] = {}
    for verdict in verdicts:
        if verdict.decision in TAKING - {"taken"} and verdict.enterprise is not None:
            claimed.setdefault(verdict.enterprise, verdict.row)
    found = list(verdicts)
    order = sorted(range(len(found)), key=lambda place: (-(found[place].score or 0.0), place))
    for place in order:
        verdict = found[place]
        if verdict.decision != "taken" or verdict.enterprise is None:
            continue
        first = claimed.setdefault(verdict.enterprise, verdict.row)
        if first is verdict.row:
            continue
        again = replace(first, list_row=verdict.row.list_row) == verdict.row
        reason = ("match-again" if again else "match-claimed", {"row": first.list_row})
        decision = "taken" if again else "review"
        found[place] = replace(verdict, decision=decision, reasons=(*verdict.reasons, reason))
    return found


def _frame(known: Known, verdicts: list[Verdict]) -> pd.DataFrame:
    def of(values: list[str], place: int | None) -> str | None:
        return None if place is None else (values[place] or None)

    columns: dict[str, list[Any]] = {
        "list_row": [v.row.list_row for v in verdicts],
        "name_in_list": [v.row.name or None for v in verdicts],
        "place_in_list": [v.row.place or None for v in verdicts],
        "code_in_list": [v.row.credit_code or None for v in verdicts],
        "decision": [v.decision for v in verdicts],
        "match_score": [v.score for v in verdicts],
        "enterprise_id": [of(known.ids, v.enterprise) for v in verdicts],
        "name_zh": [of(known.names, v.enterprise) for v in verdicts],
        "city": [of(known.cities, v.enterprise) for v in verdicts],
        "runner_up": [of(known.ids, v.runner) for v in verdicts],
        "runner_up_zh": [of(known.names, v.runner) for v in verdicts],
        "runner_up_score": [v.runner_score for v in verdicts],
        "reason_zh": ["；".join(message(k, "zh", **p) for k, p in v.reasons) for v in verdicts],
        "reason_en": ["; ".join(message(k, "en", **p) for k, p in v.reasons) for v in verdicts],
    }
    figures = {"match_score", "runner_up_score"}
    return pd.DataFrame(
        {
            name: pd.Series(
                cells,
                dtype="float64" if name in figures else "int64" if name == "list_row" else "str",
            )
            for name, cells in columns.items()
        }
    ).round({"match_score": 1, "runner_up_score": 1})


def _notes(rows: list[ListRow]) -> tuple[tuple[str, dict[str, Any]], ...]:
    bad = [row for row in rows if row.credit_code and not is_credit_code(row.credit_code)]
    if not bad:
        return ()
    named = ", ".join(str(row.list_row) for row in bad[:5]) + (" ..." if len(bad) > 5 else "")  # noqa: PLR2004
    return (("match-codes-bad", {"count": len(bad), "rows": named}),)


def count_decisions(result: Result) -> Result:
    """Return how many rows of a list were decided how.

    Parameters
    ----------
    result
        What :func:`match_enterprises` gave.

    Returns
    -------
    Result
        `decision` and `list_rows`, in the order of :data:`DECISIONS`.

    Examples
    --------
    >>> import chaingraph as cg
    >>> found = cg.match_enterprises(cg.load_dataset("toy"), [{"name": "甲市电芯", "city": "甲市"}])
    >>> count_decisions(found).frame["list_rows"].tolist()
    [0, 0, 0, 1, 0, 0]
    """
    counts = result.frame["decision"].value_counts()
    frame = pd.DataFrame(
        {
            "decision": list(DECISIONS),
            "list_rows": [int(counts.get(name, 0)) for name in DECISIONS],
        }
    )
    return Result("match_counts", frame, result.params, result.lang, notes=result.notes)


def only_review(result: Result) -> Result:
    """Return the rows of a match that a person has to decide.

    Examples
    --------
    >>> import chaingraph as cg
    >>> found = cg.match_enterprises(cg.load_dataset("toy"), [{"name": "甲市电芯"}])
    >>> len(only_review(found))
    0
    """
    frame = result.frame[result.frame["decision"] == "review"].reset_index(drop=True)
    shown = tuple(name for name in _SHOWN if name != "decision")
    return replace(result, kind="match_review", frame=frame, shown=shown, notes=())
