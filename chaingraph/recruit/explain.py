"""What speaks for one target, feature by feature, with the rows behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chaingraph import words
from chaingraph.analysis.settings import read_lang, read_product
from chaingraph.analysis.study import as_state
from chaingraph.errors import OptionError, unknown_name
from chaingraph.groups import group_called
from chaingraph.recruit.features import FEATURES, GROUP_FEATURES, filled
from chaingraph.recruit.lists import LISTS
from chaingraph.recruit.ranking import rank_field
from chaingraph.recruit.reasons import gather_facts
from chaingraph.recruit.scoring import read_weights
from chaingraph.recruit.sentences import warnings_of, write
from chaingraph.recruit.unlisted import unlisted, unlisted_facts
from chaingraph.results import Call, Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.study import Source
    from chaingraph.recruit.ranking import Ranking
    from chaingraph.recruit.reasons import Reason
    from chaingraph.regions import Region
    from chaingraph.words import Language

SHOWN = ("feature", "value", "weight", "contribution", "sentence_zh", "sentence_en", "source_url")


def explain_target(
    ds: Source,
    product_id: str,
    group: str,
    *,
    region: str | Region | None = None,
    weights: Mapping[str, float] | str | Path | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    goal: Mapping[str, float] | None = None,
    lang: Language | None = None,
) -> Result:
    """Show every feature of one target: value, weight, what it adds to the score, and why.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities.
    product_id
        The product of the gap: its id, or its Chinese or English name.
    group
        The target, as `group_zh` of :func:`rank_targets` names it.
    region, weights, at, statuses, load, goal, lang
        As in :func:`rank_targets`.

    Returns
    -------
    Result
        One row a feature, in the order of what it adds: `product_id`, `group_zh`, `feature`,
        `feature_of`, `value` (0 to 1; missing: unknown), `weight`, `contribution` (they add up to the
        score; an unknown feature counts with a quarter of its weight), `sentence_zh`, `sentence_en`,
        `source_url`. Notes say rank and score, and what stands in the way.

    Raises
    ------
    UnknownNameError
        For a product or group that is not there.
    OptionError
        For a group that is no candidate: it makes nothing related, or is here with the product; and for
        a product that nobody is recruited for.

    Examples
    --------
    >>> import chaingraph as cg
    >>> frame = explain_target(cg.load_dataset("toy"), "foil", "光箔").frame
    >>> bool(frame["contribution"].is_monotonic_decreasing), set(frame["feature_of"]) == {"group", "place"}
    (True, True)
    """
    call = Call.of(explain_target, locals())
    state = as_state(ds, region, at=at, statuses=statuses, load=load, goal=goal)
    study = state.study
    ds = study.dataset
    product_id = read_product(study.dataset, product_id)
    position = study.product_graph.find(product_id)
    if unlisted(study)[position]:
        raise OptionError("target-no-list", **unlisted_facts(study, position))
    ranking = rank_field(state, [position], read_weights(weights), "logit")
    place = _find(ranking, product_id, group_called(ds.enterprises, group) or group)
    facts = gather_facts(ranking.view, state, ranking.rows[[place]])
    total = sum(ranking.weights.values())
    rows = []
    for name in FEATURES:
        value = float(ranking.parts[name][place])
        counted = float(filled(np.array([value]))[0])
        told = write(facts, 0, name)
        rows.append(
            {
                "product_id": product_id,
                "group_zh": group,
                "feature": name,
                "feature_of": "group" if name in GROUP_FEATURES else "place",
                "value": value,
                "weight": ranking.weights[name],
                "contribution": ranking.weights[name] * counted / total,
            }
            | _texts(told)
        )
    frame = pd.DataFrame(rows).sort_values("contribution", ascending=False, kind="stable")
    params = {
        "dataset": ds.name, "version": ds.version, "at": study.dataset.as_of,
        "region": state.region.name, "product": product_id, "statuses": study.statuses,
    }  # fmt: skip
    notes = _notes(ranking, place, group, warnings_of(facts, 0))
    kept = frame.reset_index(drop=True)
    return Result("target_reasons", kept, params, read_lang(ds, lang), SHOWN, notes, call=call)


def _find(ranking: Ranking, product_id: str, group: str) -> int:
    """Return the place of a group among the candidates, or say why it is none."""
    field = ranking.view.field
    names = field.evidence.groups[field.group[ranking.rows]]
    found = np.flatnonzero(names == group)
    if len(found):
        return int(found[0])
    if group not in field.evidence.groups:
        raise unknown_name("group", group, [str(name) for name in field.evidence.groups])
    raise OptionError("no-candidate", group=group, product=product_id)


def _texts(told: Reason | None) -> dict[str, Any]:
    if told is None:
        return {"sentence_zh": None, "sentence_en": None, "source_url": None}
    url = " ".join(told.sources) or None
    return {"sentence_zh": told.zh, "sentence_en": told.en, "source_url": url}


def _notes(
    ranking: Ranking, place: int, group: str, first: list[Reason]
) -> tuple[tuple[str, dict[str, Any]], ...]:
    listed = LISTS[int(ranking.listed[place])]
    figures = {
        "group": group,
        "list": words.term("target_list", listed, "en"),
        "list_zh": words.term("target_list", listed, "zh"),
        "rank": int(ranking.rank[place]),
        "count": int((ranking.listed == ranking.listed[place]).sum()),
        "best": int(ranking.best[place]),
        "worst": int(ranking.worst[place]),
        "score": float(ranking.scores[0][place]),
        "low": float(ranking.scores[1][place]),
        "high": float(ranking.scores[2][place]),
    }
    warned = [("target-first", {"text_zh": reason.zh, "text": reason.en}) for reason in first]
    return (("target-rank", figures), *warned)
