"""What a dataset holds: rows, sources, dates, weaknesses, findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.sources import (
    FIRM,
    GRADE_COLUMNS,
    SOLID,
    grade_addresses,
    grade_shares,
    share_of,
    source_grades,
)
from chaingraph.analysis.study import open_study
from chaingraph.bundled import list_datasets
from chaingraph.loading import check_dataset, load_dataset
from chaingraph.results import Result
from chaingraph.schema import TABLE_NAMES, table_spec

if TYPE_CHECKING:
    from pathlib import Path

    from chaingraph.dataset import Dataset
    from chaingraph.words import Language

_FIGURES = {
    "products": "price_cny",
    "inputs": "coefficient",
    "capacities": "capacity",
    "projects": "capacity",
    "indicators": "value",
    "plan_targets": "target",
    "enterprises": "lat",
    "regions": "lat",
    "parks": "planned_area_km2",
}
RECALL_SHOWN = (
    "product_id", "name_zh", "name_en", "unit", "national_capacity", "national_total",
    "collection_recall", "recall_basis", "recall_year",
)  # fmt: skip
_DATES = {
    "products": "price_as_of",
    "inputs": "year",
    "capacities": "as_of",
    "supplies": "year",
    "projects": "date",
    "indicators": "year",
    "plan_targets": "target_year",
}


_SHOWN = (
    "table_title", "rows", "firm_share", "solid_share", *GRADE_COLUMNS, "with_figure", "oldest", "newest",
)  # fmt: skip


def describe_dataset(ds: Dataset, *, lang: Language | None = None) -> Result:
    """Describe each table of a dataset.

    Parameters
    ----------
    ds
        The dataset; tables that stay in another engine are left out.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Result
        One row a table: `rows`, `sourced` (share of rows with an address, which is no proof), the share of
        rows by grade of source (`grade_official` to `grade_none`) with `firm_share` (official pages and
        filings) and `solid_share` (these, associations and the press), `with_figure` (share of rows
        whose main figure is known), `oldest` and `newest` date.

    Examples
    --------
    >>> import chaingraph as cg
    >>> from chaingraph.analysis.overview import describe_dataset
    >>> int(describe_dataset(cg.load_dataset("toy")).frame.set_index("table").loc["inputs", "rows"])
    11
    """
    chosen = read_lang(ds, lang)
    grades = source_grades(ds)
    rows = []
    for name in TABLE_NAMES:
        if not ds.has(name) or not isinstance(frame := ds.table(name), pd.DataFrame):
            continue
        dates = frame[_DATES[name]].dropna() if name in _DATES else pd.Series(dtype="str")
        rows.append(
            {
                "table": name,
                "table_title": table_spec(name).title(chosen),
                "rows": len(frame),
                "sourced": _share(frame, "source_url"),
                **_grades(frame, grades),
                "with_figure": _share(frame, _FIGURES.get(name, "")),
                "oldest": str(dates.min()) if len(dates) else None,
                "newest": str(dates.max()) if len(dates) else None,
            }
        )
    params = {"dataset": ds.name, "version": ds.version, "at": ds.as_of}
    return Result("show", pd.DataFrame(rows), params, chosen, _SHOWN)


def _grades(frame: pd.DataFrame, grades: dict[str, str]) -> dict[str, float]:
    """Return the share of a table's rows by grade of source; nan for a table without sources."""
    if "source_url" not in frame:
        return dict.fromkeys((*GRADE_COLUMNS, "firm_share", "solid_share"), float("nan"))
    shares = grade_shares(grade_addresses(frame["source_url"].tolist(), grades))
    return {
        **shares,
        "firm_share": share_of(shares, FIRM),
        "solid_share": share_of(shares, SOLID),
    }


def describe_recall(ds: Dataset, *, lang: Language | None = None) -> Result:
    """Describe how much of the nation's capacity the rows know, for each product where that can be told.

    Parameters
    ----------
    ds
        The dataset.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Result
        One row a product with a total of the nation or a stated share in force, the least known first:
        `product_id`, names, `unit`, `national_capacity` (of running makers in the data, units a year),
        `national_total`, `collection_recall` (0 to 1), `recall_basis`, `recall_year`, `source_url`. Without
        enterprises or capacities: no row.

    Notes
    -----
    See :func:`chaingraph.knowledge.recall.read_recall`.

    Examples
    --------
    >>> import chaingraph as cg
    >>> from chaingraph.analysis.overview import describe_recall
    >>> len(describe_recall(cg.load_dataset("toy")))
    0
    """
    chosen = read_lang(ds, lang)
    params = {"dataset": ds.name, "version": ds.version, "at": ds.as_of}
    if not (ds.has("enterprises") and ds.has("capacities")):
        return Result("recall", pd.DataFrame(), params, chosen)
    study = open_study(ds, bounds=False)
    recall = study.recall
    told = [place for place, basis in enumerate(recall.basis) if basis]
    told.sort(key=lambda place: recall.share[place])
    frame = study.products.iloc[told][["product_id", "name_zh", "name_en", "unit"]].assign(
        national_capacity=study.nation.capacity[told],
        national_total=recall.total[told],
        collection_recall=recall.share[told],
        recall_basis=[recall.basis[place] for place in told],
        recall_year=[recall.year[place] for place in told],
        source_url=[recall.source[place] for place in told],
    )
    return Result("recall", frame.reset_index(drop=True), params, chosen, RECALL_SHOWN)


def _share(frame: pd.DataFrame, column: str) -> float:
    if column not in frame or frame.empty:
        return float("nan")
    return float(frame[column].notna().mean())


def weaknesses(ds: Dataset, lang: Language | None = None) -> list[str]:
    """Return the known weaknesses that the cards of a dataset and of all it extends state."""
    chosen = read_lang(ds, lang)
    cards = [p.weaknesses_zh if chosen == "zh" else p.weaknesses_en for p in ds.packages]
    return list(dict.fromkeys(sentence for card in cards for sentence in card))


def describe_datasets(*, lang: Language | None = None) -> Result:
    """List the bundled datasets with title, version, date, focus and what they build on.

    Examples
    --------
    >>> from chaingraph.analysis.overview import describe_datasets
    >>> "toy" in describe_datasets(lang="en").frame["dataset"].tolist()
    True
    """
    chosen = "zh" if lang is None else lang
    rows = []
    for name in list_datasets():
        ds = load_dataset(name)
        rows.append(
            {
                "dataset": name,
                "title": ds.title("en" if chosen == "en" else "zh"),
                "version": ds.version,
                "as_of": ds.as_of,
                "focus": ds.focus,
                "extends": "; ".join(ds.packages[-1].extends),
            }
        )
    return Result("datasets", pd.DataFrame(rows), {}, "en" if chosen == "en" else "zh")


def list_findings(source: str | Path, *, lang: str = "en") -> Result:
    """Check a dataset and list every finding.

    Parameters
    ----------
    source
        Bundled name or path.
    lang
        ``zh`` or ``en``: language of `message` and `remedy`.

    Returns
    -------
    Result
        One row a finding, errors first: `severity`, `rule`, `file`, `line`, `column`, `message`,
        `remedy`, `accepted` (reason of the keepers of the data, where there is one).

    Examples
    --------
    >>> from chaingraph.analysis.overview import list_findings
    >>> "error" in list_findings("toy").frame["severity"].tolist()
    False
    """
    raw, findings = check_dataset(source)
    chosen: Any = "zh" if lang == "zh" else "en"
    rows = [
        {
            "severity": finding.severity,
            "rule": finding.rule,
            "file": finding.file,
            "line": finding.line,
            "column": finding.column,
            "message": finding.text(chosen),
            "remedy": finding.remedy(chosen),
            "accepted": finding.accepted or None,
        }
        for finding in findings
    ]
    columns = ["severity", "rule", "file", "line", "column", "message", "remedy", "accepted"]
    frame = pd.DataFrame(rows, columns=columns)
    frame["line"] = pd.Series([finding.line for finding in findings], dtype=object)
    open_ = [finding for finding in findings if not finding.accepted]
    count = {s: sum(f.severity == s for f in open_) for s in ("error", "warning", "info")}
    summary = {
        "errors": count["error"],
        "warnings": count["warning"],
        "infos": count["info"],
        "accepted": len(findings) - len(open_),
        "rows": raw.rows,
        "tables": len(raw.names),
    }
    params = {"dataset": raw.main.name} | summary
    shown = ("severity", "rule", "file", "line", "column", "message", "remedy")
    return Result("check", frame, params, chosen, shown, (("check-summary", summary),))
