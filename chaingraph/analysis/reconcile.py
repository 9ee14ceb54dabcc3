"""Totals that somebody stated for a region, set against the sum of the rows of its sites."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from chaingraph.analysis.balance import study_params
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.state import RegionState
from chaingraph.analysis.study import as_study
from chaingraph.dataset import last_day
from chaingraph.enterprises import local_rows
from chaingraph.gazetteer import find_regions
from chaingraph.knowledge.statements import SAME
from chaingraph.results import Result
from chaingraph.units import conversion_factor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chaingraph.analysis.study import Source, Study
    from chaingraph.regions import Region
    from chaingraph.words import Language

VERDICTS: Final = ("operating", "with_construction", "neither", "within", "above", "no_rows")
"""How a total lies to the rows; words in the vocabulary ``total_verdict``."""
NEAR: Final = 0.05
"""Share by which a total may differ from a sum of rows and still be the same figure."""
SHOWN: Final = (
    "product_id", "name_zh", "name_en", "unit", "year", "measure", "said_of", "said", "operating_sum",
    "with_construction_sum", "difference", "said_ratio", "total_verdict", "source_url",
)  # fmt: skip
_MEASURES: Final = ("capacity", "output")
_COUNTED: Final = {
    "operating": {"operating": 1.0},
    "with_construction": {"operating": 1.0, "construction": 1.0},
}
_BY_YEAR: Final = re.compile(r"\s*/\s*(?:a|year|年)$")
_NUMBER: Final = re.compile(r"^(\d+(?:\.\d+)?)\s*(.*)$")


class _Said(NamedTuple):
    """A total as it was stated, in the unit of its product."""

    product_id: str
    year: str
    measure: str
    status: str
    value: float
    table: str
    source: str | None
    note: str | None
    origin: str | None


def reconcile(
    ds: Source, region: str | Region | None = None, *, lang: Language | None = None
) -> Result:
    r"""Set what is stated of a region's totals against the sum of its capacity rows.

    Parameters
    ----------
    ds
        The dataset, an open study or the state of a region.
    region
        The region; the focus by default.
    lang
        ``zh`` or ``en``.

    Returns
    -------
    Result
        One row a total of `outputs` (capacity, output) and of `indicators` that name a product, by product
        and date: `said` (units a year) and `said_of` (what it says it covers: operating, with_construction),
        `operating_sum` and `with_construction_sum` (known figures of the rows that stood at that date,
        those not seen for over 24 months before it left out), `rows_bare` (rows without a figure),
        `difference` (said less the sum of what it says it covers), `said_ratio` (said over that sum),
        `total_verdict`. Of a capacity: the sum that it lies within 5% of (operating or with_construction),
        else neither, which is to be looked into; no_rows where no row has a figure. Of an output: within
        (at most 5% above the operating capacity), or above.

    Raises
    ------
    UnknownNameError, MissingTableError
        For a region or tables that are not there.

    Examples
    --------
    >>> import chaingraph as cg
    >>> len(reconcile(cg.load_dataset("toy")))
    0
    """
    study = as_study(ds)
    own = ds.region if isinstance(ds, RegionState) and region is None else region
    where = find_regions(study.dataset, own if own is None else [own])[0]
    said = sorted(
        _totals(study, where), key=lambda one: (one.product_id, one.year, one.measure, -one.value)
    )
    sums = {date: _sums(study, where, date) for date in sorted({one.year for one in said})}
    rows = [_row(study, one, sums[one.year]) for one in said]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    for name in _TEXTS:
        frame[name] = frame[name].astype("str")
    for name in _FIGURES:
        frame[name] = frame[name].astype("float64")
    open_ = int(frame["total_verdict"].isin(["neither", "above"]).sum())
    told: dict[str, object] = {"count": open_, "total": len(frame)}
    notes = (
        (("note-reconcile", told),) if len(frame) else (("note-no-totals", {"region": where.name}),)
    )
    params = study_params(study, [where.name], None)
    return Result("reconcile", frame, params, read_lang(study.dataset, lang), SHOWN, notes)


_FIGURES: Final = ("said", "operating_sum", "with_construction_sum", "difference", "said_ratio")
_COLUMNS: Final = (
    "product_id", "name_zh", "name_en", "unit", "year", "measure", "said_of", *_FIGURES, "rows_bare",
    "total_verdict", "table", "source_url", "note", "origin",
)  # fmt: skip
_TEXTS: Final = tuple(name for name in _COLUMNS if name not in {*_FIGURES, "rows_bare"})


def _totals(study: Study, region: Region) -> Iterator[_Said]:
    """Yield the totals of a region; an indicator that says what a row of outputs says stands once."""
    relation = study.relation(region)
    seen: set[tuple[str, str, float]] = set()
    for name in ("outputs", "indicators"):
        if not study.dataset.has(name):
            continue
        records: list[Mapping[str, Any]] = (
            study.dataset.table(name).astype("object").to_dict("records")
        )
        for record in records:
            place = record["region"]
            if not isinstance(place, str) or relation(place) != SAME:
                continue
            one = _of_output(record) if name == "outputs" else _of_indicator(study, record)
            if one is None or not one.year or one.product_id not in study.product_graph.position:
                continue
            key = (one.product_id, one.year[:7], round(one.value, 6))
            short = (one.product_id, one.year[:4], round(one.value, 6))
            if name == "indicators" and (key in seen or short in seen):
                continue
            seen |= {key, short}
            yield one


def _of_output(record: Mapping[str, Any]) -> _Said | None:
    if record["measure"] not in _MEASURES or not record["value"] >= 0:
        return None
    covers = _text(record["status"]) or "operating"
    return _said(record, record["measure"], covers, float(record["value"]), "outputs")


def _of_indicator(study: Study, record: Mapping[str, Any]) -> _Said | None:
    """Return an indicator of a product as a total, where its unit is one of the product."""
    product, value = record["product_id"], record["value"]
    if (
        not isinstance(product, str)
        or product not in study.product_graph.position
        or not value >= 0
    ):
        return None
    if _text(record["kind"]) not in {"", "actual"}:
        return None
    unit = _BY_YEAR.sub("", _text(record["unit"]))
    number = _NUMBER.match(unit)
    times, plain = (float(number[1]), number[2]) if number else (1.0, unit)
    own = study.products["unit"].iloc[study.product_graph.position[product]]
    factor = conversion_factor(plain, own) if isinstance(own, str) and plain else None
    if factor is None:
        return None
    measure = "capacity" if str(record["indicator"]).startswith("capacity") else "output"
    return _said(record, measure, "", float(value) * times * factor, "indicators")


def _said(record: Mapping[str, Any], measure: str, covers: str, value: float, table: str) -> _Said:
    texts = (_text(record.get(name)) or None for name in ("source_url", "note", "origin"))
    return _Said(
        record["product_id"], _text(record["year"]), measure,
        covers if measure == "capacity" else "operating", value, table, *texts,
    )  # fmt: skip


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else ""


def _sums(study: Study, region: Region, date: str) -> dict[str, dict[str, tuple[float, int]]]:
    """Return by what is counted: product -> known capacity and rows without a figure at a date."""
    ds = study.dataset
    found: dict[str, dict[str, tuple[float, int]]] = {}
    for name, statuses in _COUNTED.items():
        rows = local_rows(
            ds.enterprises, ds.capacities, level=None, where=region, at=last_day(date),
            statuses=statuses, signs=study.site_signs, watched=False,
        )  # fmt: skip
        figures = zip(
            rows.products[rows.product].tolist(), rows.numbers["capacity"].tolist(),
            rows.numbers["rows_bare"].tolist(), strict=True,
        )  # fmt: skip
        found[name] = {product: (capacity, int(bare)) for product, capacity, bare in figures}
    return found


def _row(
    study: Study, one: _Said, sums: Mapping[str, Mapping[str, tuple[float, int]]]
) -> dict[str, Any]:
    product = study.products.iloc[study.product_graph.position[one.product_id]]
    known = {name: held.get(one.product_id, (0.0, 0)) for name, held in sums.items()}
    operating, whole = known["operating"][0], known["with_construction"][0]
    against = whole if one.status == "with_construction" else operating
    return {
        "product_id": one.product_id,
        "name_zh": product["name_zh"],
        "name_en": product["name_en"],
        "unit": product["unit"],
        "year": one.year,
        "measure": one.measure,
        "said_of": one.status or None,
        "said": one.value,
        "operating_sum": operating,
        "with_construction_sum": whole,
        "difference": one.value - against,
        "said_ratio": one.value / against if against > 0 else np.nan,
        "rows_bare": known["with_construction"][1],
        "total_verdict": _verdict(one, operating, whole),
        "table": one.table,
        "source_url": one.source,
        "note": one.note,
        "origin": one.origin,
    }


def _verdict(one: _Said, operating: float, whole: float) -> str:
    if whole <= 0 or (one.measure == "output" and operating <= 0):
        return "no_rows"
    if one.measure == "output":
        return "within" if one.value <= operating * (1 + NEAR) else "above"
    for name, known in (("operating", operating), ("with_construction", whole)):
        if abs(one.value - known) <= NEAR * known:
            return name
    return "neither"
