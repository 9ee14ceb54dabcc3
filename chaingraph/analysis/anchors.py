"""Anchors: what each large local site takes, what of it is made here, and who could follow it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from chaingraph import words
from chaingraph.analysis.balance import nobody_notes, study_params
from chaingraph.analysis.content import intake_content
from chaingraph.analysis.intakes import Intake, site_intake
from chaingraph.analysis.partners import Partners, gather_partners, name_leads
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.study import as_state
from chaingraph.enterprises import site_rows
from chaingraph.errors import OptionError, UnknownNameError, unknown_name
from chaingraph.names import normal_text
from chaingraph.products import positions
from chaingraph.results import Call, Result
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chaingraph.analysis.basis import Basis
    from chaingraph.analysis.loads import Load
    from chaingraph.analysis.state import RegionState
    from chaingraph.analysis.study import Source
    from chaingraph.regions import Region
    from chaingraph.words import Language

    Note = tuple[str, dict[str, Any]]

_CONTENT: Final = ("local_content_low", "local_content", "local_content_high", "bought_content")
SHOWN = (
    "enterprise_zh", "enterprise_en", "name_zh", "name_en", "unit", "gap", "gap_value_cny",
    "followers_zh", "followers_en", "other_makers",
)  # fmt: skip
_SHOWN_TOTALS = (
    "enterprise_id", "enterprise_zh", "enterprise_en", "group_zh", "inputs", "inputs_local",
    "inputs_known", "input_value_cny", *_CONTENT, "gap_value_cny",
)  # fmt: skip
_SHOWN_ONE = (
    "name_zh", "name_en", "unit", "demand", "local_makers", "coverage", "gap", "gap_value_cny",
    "followers_zh", "followers_en", "other_makers",
)  # fmt: skip
_TEXTS = (
    "region", "enterprise_id", "enterprise_zh", "enterprise_en", "group_zh", "outputs", "product_id",
    "name_zh", "name_en", "unit", "list", "local_makers", "followers", "followers_zh", "followers_en",
    "followers_source", "other_makers",
)  # fmt: skip
_COLUMNS = (
    "region", "enterprise_id", "enterprise_zh", "enterprise_en", "group_zh", "outputs",
    "inputs_known", "input_value_cny", *_CONTENT,
    "product_id", "name_zh", "name_en", "unit", "list", "in_house", "demand", "own_use", "present", "makers",
    "local_makers", "coverage", "gap", "gap_value_cny", "followers", "followers_zh", "followers_en",
    "followers_source", "other_makers",
)  # fmt: skip
_LISTS: Final = ("local_makers", "followers", "followers_zh", "followers_en", "other_makers")
_PICKED: Final = 3
_TINY: Final = 1e-9
_BRIEF: Final = 2


def find_anchors(
    ds: Source,
    *,
    region: str | Region | None = None,
    anchor: str | None = None,
    at: str | None = None,
    statuses: Mapping[str, float] | Iterable[str] | str = "operating",
    load: Load = "actual",
    utilisation: float | Mapping[str, float] | None = None,
    lang: Language | None = None,
) -> Result:
    r"""Find what each anchor of a region takes, what of it is made there, and who could follow it.

    Parameters
    ----------
    ds
        The dataset; needs enterprises and capacities. Followers need supplies.
    region
        A region; the dataset's focus by default.
    anchor
        Only this enterprise of the region, by id or name, anchor or not; all anchors by default.
    at, statuses, load, utilisation, lang
        As in :func:`calculate_balance`.

    Returns
    -------
    Result
        One row an anchor and input that it consumes, the anchor with the largest known inputs first,
        its largest gap first: the site (`enterprise_id`, names, `group_zh`, its `outputs`,
        `inputs_known`, those with a price and a known demand, their `input_value_cny`, CNY a year, and of
        it `local_content` between `local_content_low` and `local_content_high`, 0 to 1, as
        :func:`measure_local_content` gives them, and `bought_content`, the same without what the site
        makes itself), the input (`product_id`, names,
        `unit`, `list`: recruit, or supply for resources and energy; `in_house`: the anchor makes it),
        `demand` of this anchor (units a year), `present` and `makers` (of the region), `local_makers`
        (the five largest), the region's `coverage` (0 to 1), `gap` (units a year) and `gap_value_cny`
        (CNY a year) that this anchor causes, `followers` (groups known to supply the anchor's group
        and without a site of the input in the region, newest tie first, with its year; `followers_zh`
        and `followers_en` with names of products for their ids),
        `followers_source` (pages behind them), `other_makers` (up to five more groups that make it
        elsewhere, largest first). Unknown is missing, never zero.

    Raises
    ------
    UnknownNameError, OptionError, MissingTableError
        For names, options and tables that cannot be used.

    Notes
    -----
    Anchors are the sites whose `anchor` is 1; in a region without any, the three sites with the
    largest known output value :math:`\sum_j p_j k_j u_j`. Company totals are no sites.
    An anchor takes :math:`d_i = \sum_j a_{ij} s_{ij} k_j l_j` over its own outputs j at their load l, the
    shares s of alternatives as in the region. What it makes itself serves it first, :math:`f_i` of it.
    Where the region is short all users of what is for sale are served pro rata: the gap is
    :math:`(d_i - f_i)(1 - c_i)` with the region's coverage c of what is bought, so that the gaps of all
    local users add up to the region's gap.

    Supplies are known between groups, not between sites. A tie counts that was seen by the date (a
    year from its first day; one without a year at any date). A follower supplies this very input;
    or it supplies the anchor's group with another product, then named in the brackets, and makes this
    input. Groups that build a site of it in the region already have followed and are left out.

    Examples
    --------
    >>> import chaingraph as cg
    >>> frame = find_anchors(cg.load_dataset("toy")).frame
    >>> frame[["enterprise_id", "product_id", "gap", "followers"]].to_numpy().tolist()[0]
    ['cell_jia', 'foil', 1000.0, '光箔 (2022)']
    """
    call = Call.of(find_anchors, locals())
    state = as_state(ds, region, at=at, statuses=statuses, load=load, utilisation=utilisation)
    study = state.study
    makers = site_rows(study.maker_rows[state.region.mask(study.maker_rows)])
    counted = makers[makers["counted"] > 0]
    if anchor is None:
        chosen, notes = _flagged(state, makers, counted)
    else:
        chosen, notes = _asked(study, makers, counted, anchor), []
    plants = [
        (own, site_intake(state, own)) for _, own in chosen.groupby("enterprise_id", sort=True)
    ]
    sites = [(own, _inputs(state, intake)) for own, intake in plants]
    taken = sorted({name for _, inputs in sites for name in inputs["product_id"]})
    partners = gather_partners(study, makers, taken)
    blocks = [
        _site_rows(state, own, inputs, partners, _content(state, intake))
        for (own, inputs), (_, intake) in zip(sites, plants, strict=True)
        if len(inputs)
    ]
    frame = _ordered(blocks)
    params = study_params(study, [state.region.name], None)
    if anchor is not None:
        params["anchor"] = ", ".join(sorted(set(chosen["enterprise_id"])))
    all_notes = (*notes, *_notes(study, sites))
    if study.dataset.other_date and len(undated := counted[counted["since"].isna()]):
        all_notes += (("note-undated", {"count": len(undated)}),)
    shown = SHOWN if anchor is None else _SHOWN_ONE
    return Result(
        "anchors", frame, params, read_lang(study.dataset, lang), shown, all_notes, call=call
    )


def split_anchors(result: Result, *, gaps: int = 5) -> list[Result]:
    """Return the anchors with their totals, and their inputs, as results of their own to be read.

    Parameters
    ----------
    result
        What :func:`find_anchors` found.
    gaps
        Of several anchors, this many of the largest gaps each that recruitment can fill; 0: all
        inputs. Of one anchor that was asked for, all inputs. Long lists of names are cut.

    Examples
    --------
    >>> import chaingraph as cg
    >>> totals, inputs = split_anchors(cg.find_anchors(cg.load_dataset("toy")))
    >>> len(totals), inputs.frame["product_id"].tolist()
    (1, ['foil', 'powder_b', 'powder_a', 'can'])
    """
    frame = result.frame
    if frame.empty:
        return [result]
    by_site = frame.groupby("enterprise_id", sort=False)
    totals = by_site.head(1).set_index("enterprise_id", drop=False)
    totals = totals.drop(columns=[name for name in frame if name not in _SHOWN_TOTALS])
    totals["inputs"] = by_site.size()
    totals["inputs_local"] = by_site["present"].sum()
    totals["gap_value_cny"] = by_site["gap_value_cny"].sum(min_count=1)
    first = replace(
        result, kind="anchor_totals", frame=totals[list(_SHOWN_TOTALS)].reset_index(drop=True),
        shown=_SHOWN_TOTALS, notes=(),
    )  # fmt: skip
    rows, notes = frame, result.notes
    if gaps and "anchor" not in result.params:
        rows = frame[(frame["list"] == "recruit") & ~(frame["gap"] <= 0)]
        rows = rows.groupby("enterprise_id", sort=False).head(gaps)
        notes = (*notes, ("note-anchors-largest", {"limit": gaps}))
    rows = rows.assign(**{name: rows[name].map(_brief).astype("str") for name in _LISTS})
    return [first, replace(result, frame=rows.reset_index(drop=True), notes=notes)]


def _brief(names: Any) -> Any:
    """Return the first of some names and how many more there are."""
    parts = names.split("; ") if isinstance(names, str) else []
    if len(parts) <= _BRIEF:
        return names
    return f"{'; '.join(parts[:_BRIEF])} +{len(parts) - _BRIEF}"


def _flagged(
    state: RegionState, makers: pd.DataFrame, counted: pd.DataFrame
) -> tuple[pd.DataFrame, list[Note]]:
    """Return the rows of the region's anchors, else of its largest sites; and what to say of it."""
    notes: list[Note] = []
    flag = makers["anchor"].astype(bool)
    anchors = counted[counted["anchor"].astype(bool)]
    waiting = makers[flag & ~makers["enterprise_id"].isin(anchors["enterprise_id"])]
    if len(waiting):
        notes.append(("note-anchors-not-counted", _names(waiting)))
    if len(anchors):
        return anchors, notes
    study = state.study
    place = positions(study.product_graph, counted["product_id"])
    value = counted["effective"] * study.load_of(state.region).point[place] * study.price[place]
    by_site = value.groupby(counted["enterprise_id"]).sum()
    known = by_site[by_site > 0].sort_index().sort_values(ascending=False, kind="stable")
    picked = known.index[:_PICKED]
    if not len(picked):
        notes += nobody_notes(study, counted, [state.region.name])
        return counted, notes
    notes.append(("note-anchors-picked", {"region": state.region.name, "count": len(picked)}))
    return counted[counted["enterprise_id"].isin(picked)], notes


def _asked(study: Basis, makers: pd.DataFrame, counted: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the rows of one enterprise by id or name, or raise the failure that says why not."""
    columns = ["enterprise_id", "name_zh", "name_en"]
    for column in columns:
        rows = counted[counted[column] == name]
        if len(rows):
            return rows
    if makers[columns].isin([name]).any(axis=None):
        counting = {
            f"statuses{end}": "+".join(
                words.term("status", status, lang) for status in study.statuses
            )
            for end, lang in (("", LANGUAGES[1]), ("_zh", LANGUAGES[0]))
        }
        raise UnknownNameError("anchor-not-counted", name=name, **counting)
    found = named_enterprise(counted, name)
    if found:
        return counted[counted["enterprise_id"] == found]
    names = {cell for column in columns[:2] for cell in counted[column].dropna()}
    raise unknown_name("enterprise", name, names)


def named_enterprise(rows: pd.DataFrame, name: str) -> str:
    """Return the id of the only enterprise of some rows whose id, name or group holds a text; else nothing.

    Raises
    ------
    OptionError
        Where several do; they are named.

    Examples
    --------
    >>> import chaingraph as cg
    >>> sites = cg.load_dataset("qujing").enterprises
    >>> named_enterprise(sites[sites["city"] == "曲靖市"], "晶澳")
    'ja_qujing'
    """
    asked = normal_text(name)
    columns = [c for c in ("enterprise_id", "name_zh", "name_en", "group_zh") if c in rows]
    texts = [rows[column].fillna("").astype("str").map(normal_text) for column in columns]
    hit = [any(asked in text for text in cells) for cells in zip(*texts, strict=True)]
    found = rows[hit].drop_duplicates("enterprise_id") if asked else rows[:0]
    if len(found) > 1:
        named = zip(found["name_zh"].fillna(""), found["enterprise_id"], strict=True)
        shown = ", ".join(f"{title} [{key}]" for title, key in named)
        raise OptionError("ambiguous-enterprise", value=name, enterprises=shown)
    return "" if found.empty else str(found["enterprise_id"].iloc[0])


def _inputs(state: RegionState, intake: Intake) -> pd.DataFrame:
    """Return what one site consumes: one row an input, `demand` missing where none of it is known."""
    study, graph = state.study, state.study.product_graph
    rows = np.flatnonzero(intake.taken)
    asked = np.where(intake.demand[rows] > 0, intake.demand[rows], np.nan)
    inside, served = intake.inside[rows], intake.served[rows]
    gap = asked * (1 - served)
    gap = np.where(np.abs(gap) <= _TINY * asked, 0.0, gap)
    price = study.price[rows]
    return pd.DataFrame(
        {
            "position": rows,
            "product_id": [graph.ids[i] for i in rows.tolist()],
            "in_house": intake.made[rows],
            "demand": asked,
            "own_use": inside,
            "served": served,
            "coverage": state.coverage[rows],
            "gap": gap,
            "gap_value_cny": np.where(gap > 0, gap * price, gap),
            "value": asked * price,
            "unsure": intake.unsure[rows],
            "unpriced": np.isnan(price),
        }
    )


def _site_rows(
    state: RegionState,
    own: pd.DataFrame,
    intake: pd.DataFrame,
    partners: Partners,
    content: dict[str, Any],
) -> pd.DataFrame:
    """Return the rows of one anchor: its own columns repeated, one row an input."""
    study, first = state.study, own.iloc[0]
    position = intake["position"].to_numpy(dtype=np.intp)
    products = study.products.iloc[position].reset_index(drop=True)
    own_names = {first["enterprise_id"], first["name_zh"], first["group"]}
    ties = [
        tie for tie in partners.ties
        if tie.customer in own_names and tie.supplier not in own_names
    ]  # fmt: skip
    ids = study.product_graph.ids
    called = {lang: dict(zip(ids, own, strict=True)) for lang, own in _product_names(study).items()}
    leads = [name_leads(partners, ties, own_names, name, called) for name in intake["product_id"]]
    supply = (study.modes["grid"] | study.modes["resource"])[position]
    columns: dict[str, Any] = {
        "region": state.region.name,
        "enterprise_id": first["enterprise_id"],
        "enterprise_zh": first["name_zh"],
        "enterprise_en": first["name_en"],
        "group_zh": first["group_zh"],
        "outputs": "; ".join(sorted(set(own["product_id"]))),
        "list": np.where(supply, "supply", "recruit"),
        "present": state.present[position],
        "makers": state.makers[position],
    }
    columns |= content
    columns |= {name: products[name] for name in ("name_zh", "name_en", "unit")}
    columns |= {name: [lead[name] for lead in leads] for name in leads[0]}
    return pd.DataFrame(intake.assign(**columns)[list(_COLUMNS)])


def _product_names(study: Basis) -> dict[str, list[str]]:
    return {"zh": study.names_zh, "en": study.names_en}


def _content(state: RegionState, intake: Intake) -> dict[str, Any]:
    """Return how much of a site's inputs is local, also without what it makes itself."""
    content = intake_content(state, intake)
    value = intake.demand * state.study.price
    known = intake.taken & ~intake.unsure & (value > 0)
    inside = float(np.sum(intake.inside[known] * state.study.price[known]))
    bought = content["input_value_cny"] - inside
    some = bought > _TINY * content["input_value_cny"]
    share = (content["local_value_cny"] - inside) / bought if some else float("nan")
    wanted = ("inputs_known", "input_value_cny", *_CONTENT[:-1])
    return {name: content[name] for name in wanted} | {"bought_content": share}


def _ordered(blocks: list[pd.DataFrame]) -> pd.DataFrame:
    """Join the anchors: largest known inputs first, then each one's largest gap, unknown last."""
    frame = pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame(columns=[*_COLUMNS])
    frame = frame.astype(dict.fromkeys(_TEXTS, "str"))
    return frame.sort_values(
        ["input_value_cny", "enterprise_id", "gap_value_cny", "product_id"],
        ascending=[False, True, False, True], ignore_index=True,
    )  # fmt: skip


def _names(rows: pd.DataFrame) -> dict[str, Any]:
    """Return how many sites some rows are of, with their names, for a sentence."""
    sites = rows.drop_duplicates("enterprise_id").sort_values("enterprise_id")
    chinese = sites["name_zh"].fillna(sites["enterprise_id"])
    english = sites["name_en"].fillna(chinese)
    return {"count": len(sites), "names": ", ".join(english), "names_zh": "、".join(chinese)}


def _notes(study: Basis, sites: list[tuple[pd.DataFrame, pd.DataFrame]]) -> list[Note]:
    """Return what a reader must know: what is unknown, and what the data cannot tell."""
    notes: list[Note] = []
    silent = [own for own, _ in sites if own["capacity"].isna().all()]
    if silent:
        notes.append(("note-anchors-no-figure", _names(pd.concat(silent))))
    idle = [own for own, intake in sites if intake.empty]
    if idle:
        notes.append(("note-anchors-no-inputs", _names(pd.concat(idle))))
    intakes = pd.concat([intake for _, intake in sites]) if sites else pd.DataFrame()
    if len(intakes):
        unsure = int(intakes["unsure"].sum())
        if unsure:
            notes.append(("note-anchors-unsure", {"count": unsure}))
        unpriced = intakes.loc[intakes["unpriced"] & ~(intakes["gap"] <= 0), "product_id"]
        if len(unpriced):
            notes.append(("note-anchors-unpriced", {"count": unpriced.nunique()}))
    if not study.dataset.has("supplies"):
        notes.append(("note-anchors-no-supplies", {}))
    return notes
