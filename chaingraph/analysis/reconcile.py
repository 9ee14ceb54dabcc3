"""Totals that somebody stated for a region, set against the sum of the rows of its sites."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import narwhals as nw
import numpy as np
import pandas as pd

from chaingraph.analysis.balance import study_params
from chaingraph.analysis.questions import known_by
from chaingraph.analysis.settings import read_lang
from chaingraph.analysis.state import RegionState
from chaingraph.analysis.study import as_study
from chaingraph.dataset import last_day
from chaingraph.engines import read_frame
from chaingraph.enterprises import local_rows, stand
from chaingraph.gazetteer import find_regions
from chaingraph.knowledge.statements import INSIDE, SAME
from chaingraph.regions import WHOLE
from chaingraph.results import Result
from chaingraph.units import conversion_factor
from chaingraph.words import term

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chaingraph.analysis.study import Source, Study
    from chaingraph.enterprises import Standing
    from chaingraph.regions import Region
    from chaingraph.words import Language

VERDICTS: Final = ("operating", "with_construction", "neither", "within", "above", "no_rows")
"""How a total lies to the rows; words in the vocabulary ``total_verdict``."""
NEAR: Final = 0.05
"""Share by which a total may differ from a sum of rows and still be the same figure."""
SHOWN: Final = (
    "region", "product_id", "name_zh", "name_en", "unit", "year", "measure", "said_of", "said",
    "operating_sum", "with_construction_sum", "difference", "said_ratio", "total_verdict", "whom_zh",
    "whom_en", "source_url",
)  # fmt: skip
_MEASURES: Final = ("capacity", "output")
_COUNTED: Final = {
    "operating": {"operating": 1.0},
    "with_construction": {"operating": 1.0, "construction": 1.0},
}
_BY_YEAR: Final = re.compile(r"\s*/\s*(?:a|year|年)$")
_NUMBER: Final = re.compile(r"^(\d+(?:\.\d+)?)\s*(.*)$")
_MEMBERS: Final = re.compile(r"\bproducts=([\w;]+)")
_COVERS: Final = re.compile(r"\bcovers=(operating|with_construction)\b")
_DOUBTFUL: Final = ("neither", "above", "no_rows")
"""Verdicts with which somebody has to be asked."""


class _Said(NamedTuple):
    """A total as it was stated, in the unit of its products."""

    products: tuple[str, ...]
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
        One row a total of `outputs` (capacity, output) and of `indicators`, of the region and of the places
        in it, by place, product and date: `region` (the place), `product_id` (several joined by semicolons),
        `said` (units a year) and `said_of` (what it says it covers: operating, with_construction),
        `operating_sum` and `with_construction_sum` (known figures of the rows that stood at that date,
        those not seen for over 24 months before it left out), `rows_bare` (rows without a figure),
        `difference` (said less the sum of what it says it covers), `said_ratio` (said over that sum),
        `total_verdict`, `whom_zh` and `whom_en` (whom to ask where it does not fit). Of a capacity: the
        sum that it lies within 5% of (operating or with_construction), else neither, which is to be looked
        into; no_rows where no row has a figure. Of an output: within (at most 5% above the operating
        capacity), or above.

    Notes
    -----
    An indicator belongs to the product of its row; one of several products says so in its note,
    ``products=lfp;lmfp``, and may say what it covers, ``covers=with_construction``. A park holds
    the parts that are called after it.

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
    records = _records(study)
    order = {
        place: sorted(
            _totals(study, place, records),
            key=lambda one: (one.products, one.year, one.measure, -one.value),
        )
        for place in _places(study, where)
    }
    standings = _standings(study, [one for said in order.values() for one in said])
    rows = []
    for place, said in order.items():
        area = _with_parts(study, place)
        sums = {
            date: _sums(study, area, standings[date]) for date in sorted({one.year for one in said})
        }
        rows += [_row(study, place, one, sums[one.year]) for one in said]
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
    "region", "product_id", "name_zh", "name_en", "unit", "year", "measure", "said_of", *_FIGURES, "rows_bare",
    "total_verdict", "whom_zh", "whom_en", "table", "source_url", "note", "origin",
)  # fmt: skip
_TEXTS: Final = tuple(name for name in _COLUMNS if name not in {*_FIGURES, "rows_bare"})


def _places(study: Study, region: Region) -> list[Region]:
    """Return a region and the places in it that somebody stated a total of, by name."""
    relation = study.relation(region)
    tables = [name for name in ("outputs", "indicators") if study.dataset.has(name)]
    named = {
        place
        for name in tables
        for place in study.dataset.table(name)["region"].dropna().unique()
        if relation(place) == INSIDE
    }
    return [region, *find_regions(study.dataset, sorted(named))] if named else [region]


def _with_parts(study: Study, place: Region) -> Region:
    """Return a place; a park with the parts of it that are called after it."""
    if place.level != "park":
        return place
    own = place.path[-1]
    gazetteer = study.gazetteer
    for part in gazetteer.of_level("park"):
        beside = part.path[:-1] == place.path[:-1] and part.path[-1] != own
        if beside and part.path[-1].startswith(own):
            place = place | part
    return place


def _records(study: Study) -> dict[str, list[Mapping[str, Any]]]:
    """Return the rows of the tables that hold totals, by table."""
    tables = [name for name in ("outputs", "indicators") if study.dataset.has(name)]
    return {name: study.dataset.table(name).astype("object").to_dict("records") for name in tables}


def _totals(
    study: Study, region: Region, records: Mapping[str, list[Mapping[str, Any]]]
) -> Iterator[_Said]:
    """Yield the totals of a region; an indicator that says what a row of outputs says stands once."""
    relation = study.relation(region)
    seen: set[tuple[tuple[str, ...], str, float]] = set()
    for name, rows in records.items():
        for record in rows:
            place = record["region"]
            if not isinstance(place, str) or relation(place) != SAME:
                continue
            one = _of_output(study, record) if name == "outputs" else _of_indicator(study, record)
            if one is None or not one.year:
                continue
            key = (one.products, one.year[:7], round(one.value, 6))
            short = (one.products, one.year[:4], round(one.value, 6))
            if name == "indicators" and (key in seen or short in seen):
                continue
            seen |= {key, short}
            yield one


def _of_output(study: Study, record: Mapping[str, Any]) -> _Said | None:
    product = record["product_id"]
    if record["measure"] not in _MEASURES or not record["value"] >= 0:
        return None
    if not isinstance(product, str) or product not in study.product_graph.position:
        return None
    covers = _text(record["status"]) or "operating"
    return _said(record, (product,), record["measure"], covers, float(record["value"]), "outputs")


def _of_indicator(study: Study, record: Mapping[str, Any]) -> _Said | None:
    """Return an indicator of a product, or of several, as a total, where its unit is one of theirs."""
    value, note = record["value"], _text(record.get("note"))
    members = _MEMBERS.search(note)
    text = members[1] if members else _text(record["product_id"])
    products = tuple(sorted(filter(None, text.split(";"))))
    known = study.product_graph.position
    if not products or not all(name in known for name in products) or not value >= 0:
        return None
    if _text(record["kind"]) not in {"", "actual"}:
        return None
    unit = _BY_YEAR.sub("", _text(record["unit"]))
    number = _NUMBER.match(unit)
    times, plain = (float(number[1]), number[2]) if number else (1.0, unit)
    own = {study.products["unit"].iloc[known[name]] for name in products}
    unit_of_all = own.pop() if len(own) == 1 else None
    factor = conversion_factor(plain, unit_of_all) if isinstance(unit_of_all, str) else None
    if not plain or factor is None:
        return None
    measure = "capacity" if str(record["indicator"]).startswith("capacity") else "output"
    said_of = _COVERS.search(note)
    covers = said_of[1] if said_of else ""
    return _said(record, products, measure, covers, float(value) * times * factor, "indicators")


def _said(
    record: Mapping[str, Any], products: tuple[str, ...], measure: str, covers: str, value: float,
    table: str,
) -> _Said:  # fmt: skip
    texts = (_text(record.get(name)) or None for name in ("source_url", "note", "origin"))
    return _Said(
        products, _text(record["year"]), measure,
        covers if measure == "capacity" else "operating", value, table, *texts,
    )  # fmt: skip


def _text(cell: object) -> str:
    return cell if isinstance(cell, str) else ""


def _standings(study: Study, said: list[_Said]) -> dict[str, Standing]:
    """Return the rows of the products of some totals as they stand at the date of each, read once a date."""
    products = sorted({product for one in said for product in one.products})
    capacities = read_frame(study.dataset.capacities)
    of_these = capacities.filter(nw.col("product_id").is_in(products)).to_native()
    return {
        date: stand(
            of_these,
            at=last_day(date),
            statuses=_COUNTED["with_construction"],
            signs=study.site_signs,
        )
        for date in sorted({one.year for one in said})
    }


def _sums(
    study: Study, region: Region, standing: Standing
) -> dict[str, dict[str, tuple[float, int]]]:
    """Return by what is counted: product -> known capacity and rows without a figure at a date."""
    found: dict[str, dict[str, tuple[float, int]]] = {}
    for name, statuses in _COUNTED.items():
        rows = local_rows(
            study.dataset.enterprises, standing.counting(statuses), level=None, where=region,
            watched=False,
        )  # fmt: skip
        figures = zip(
            rows.products[rows.product].tolist(), rows.numbers["capacity"].tolist(),
            rows.numbers["rows_bare"].tolist(), strict=True,
        )  # fmt: skip
        found[name] = {product: (capacity, int(bare)) for product, capacity, bare in figures}
    return found


def _row(
    study: Study, place: Region, one: _Said, sums: Mapping[str, Mapping[str, tuple[float, int]]]
) -> dict[str, Any]:
    known = {
        name: [held.get(product, (0.0, 0)) for product in one.products]
        for name, held in sums.items()
    }
    operating, whole = (
        sum(figure for figure, _ in known[name]) for name in ("operating", "with_construction")
    )
    against = whole if one.status == "with_construction" else operating
    verdict = _verdict(one, operating, whole)
    rows = study.products.iloc[[study.product_graph.position[name] for name in one.products]]
    whom = _whom(study, place, one) if verdict in _DOUBTFUL else {}
    return {
        "region": place.name,
        "product_id": ";".join(one.products),
        "name_zh": "、".join(rows["name_zh"].fillna(rows["product_id"])),
        "name_en": ", ".join(rows["name_en"].fillna(rows["product_id"])),
        "unit": rows["unit"].iloc[0],
        "year": one.year,
        "measure": one.measure,
        "said_of": one.status or None,
        "said": one.value,
        "operating_sum": operating,
        "with_construction_sum": whole,
        "difference": one.value - against,
        "said_ratio": one.value / against if against > 0 else np.nan,
        "rows_bare": sum(bare for _, bare in known["with_construction"]),
        "total_verdict": verdict,
        "whom_zh": whom.get("zh"),
        "whom_en": whom.get("en"),
        "table": one.table,
        "source_url": one.source,
        "note": one.note,
        "origin": one.origin,
    }


def _whom(study: Study, place: Region, one: _Said) -> dict[str, str]:
    """Return the office that can tell what is right: of an output statistics, else who knows the makers."""
    if one.measure == "output":
        bureau = "statistics"
    else:
        bureau = known_by(study, study.product_graph.position[one.products[0]])
    at = "" if place.name == WHOLE else place.name
    zh, en = (term("bureau", bureau, lang) for lang in ("zh", "en"))
    return {"zh": f"{at}{zh}", "en": f"{at} {en}".strip()}


def _verdict(one: _Said, operating: float, whole: float) -> str:
    if whole <= 0 or (one.measure == "output" and operating <= 0):
        return "no_rows"
    if one.measure == "output":
        return "within" if one.value <= operating * (1 + NEAR) else "above"
    for name, known in (("operating", operating), ("with_construction", whole)):
        if abs(one.value - known) <= NEAR * known:
            return name
    return "neither"
