"""Answers: the filled lines of a questionnaire become rows of surveys, outputs, capacities and enterprises.

What a maker says of a plant stands in the place of what was known of it: phases that it was not asked about
are taken along. Where all makers of a product have said what they made, their sum is a total of the place, from
which the load of the place follows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from chaingraph import words
from chaingraph.schema import table_spec
from chaingraph.sheets.dates import read_date
from chaingraph.sheets.figures import Wanted, read_figure
from chaingraph.sheets.numbers import number_text
from chaingraph.sheets.problems import Refusal, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from chaingraph.rawtables import RawDataset, RawTable
    from chaingraph.sheets.grid import Grid

FILLED: Final = ("situation", "firm", "firm_capacity", "firm_output", "figure_year", "basis")
"""Columns of a questionnaire that people fill in."""
KEYS: Final = ("ask", "region", "product_id", "enterprise_id")
"""Its columns that stay out of sight, under these very names."""
_BEGUN: Final = frozenset({"construction", "planned"})
_RUNNING: Final = frozenset({"operating", "trial", "suspended"})
_SEPARATORS: Final = re.compile(r"\s*[;；、，,\n]\s*")
_COLUMNS: Final = {
    "surveys": ("region", "products", "method", "as_of", "result", "surveyor", "source_url", "note"),
    "outputs": ("region", "enterprise_id", "product_id", "year", "measure", "value", "unit", "status",
                "source_url", "note"),
    "capacities": ("enterprise_id", "product_id", "capacity", "unit", "status", "scope", "since", "until",
                   "as_of", "phase", "included_in", "last_confirmed", "source_url", "note"),
    "firms": ("企业名称", "product_id", "capacity", "unit", "status", "as_of", "source_url", "note"),
}  # fmt: skip
_TABLES: Final = {"firms": "capacities"}


@dataclass
class _Answer:
    """A filled line: what it is about, and what was said."""

    row: int
    ask: str
    region: str
    product: str
    site: str
    unit: str
    said: str
    firms: tuple[str, ...]
    capacity: str
    output: str
    year: str
    whom: str
    source: str
    note: str

    @property
    def rest(self) -> dict[str, str]:
        """Where it was said."""
        return {"source_url": self.source, "note": self.note}


def take_answers(grids: Sequence[Grid], base: RawDataset, date: str) -> tuple[list[Grid], str]:
    """Return the grids with the answers of a questionnaire as tables, and the latest date that they name.

    Parameters
    ----------
    grids
        The sheets of a file.
    base
        What the file extends.
    date
        Date of an answer that has none of its own.
    """
    kept: list[Grid] = []
    latest = ""
    formed = any(_places(grid) for grid in grids)
    for grid in grids:
        places = _places(grid)
        if places:
            grid.problems = [p for p in grid.problems if p.rule != "hidden-columns"]
            made = list(_answers(grid, places, base, date))
            latest = max([latest, *(answer.year for answer in made)])
            kept += _grids(grid, made, base)
        elif not formed or _has_results(grid):
            kept.append(grid)
    return kept, latest


def _places(grid: Grid) -> dict[str, int]:
    """Return the place of each column of a questionnaire; nothing where the grid is none."""
    header = [shown(cell) for cell in grid.rows[0]] if grid.rows else []
    if not set(KEYS) <= set(header):
        return {}
    places = {name: header.index(name) for name in KEYS}
    for name in (*FILLED, "whom_zh"):
        titles = {words.column(name).title(lang) for lang in words.LANGUAGES}
        place = next((at for at, text in enumerate(header) if text in titles), None)
        if place is not None:
            places[name] = place
    return places


def _has_results(grid: Grid) -> bool:
    """Leave the rows of a sheet of surveys out that nobody has filled; tell whether any is left."""
    spec = table_spec("surveys").by_name["result"]
    header = [shown(cell) for cell in grid.rows[0]] if grid.rows else []
    titles = {spec.name, spec.title_zh, spec.title_en}
    place = next((at for at, text in enumerate(header) if text in titles), None)
    if place is None:
        return True
    rows = zip(grid.rows, grid.numbers, strict=True)
    filled = [
        (row, number)
        for position, (row, number) in enumerate(rows)
        if not position or (len(row) > place and shown(row[place]))
    ]
    grid.rows, grid.numbers = [row for row, _ in filled], [number for _, number in filled]
    return len(filled) > 1


def _answers(
    grid: Grid, places: Mapping[str, int], base: RawDataset, date: str
) -> Iterator[_Answer]:
    units = dict(
        zip(*(_cells(base, "products", name) for name in ("product_id", "unit")), strict=True)
    )
    for position in range(1, len(grid.rows)):
        cells = grid.rows[position]
        texts = {name: shown(cells[at]) if at < len(cells) else "" for name, at in places.items()}
        if not any(texts.get(name) for name in FILLED[:4]):
            continue
        unit = units.get(texts["product_id"], "")
        raw = {name: cells[at] if at < len(cells) else None for name, at in places.items()}
        said = _situation(grid, position, places["situation"], texts["situation"])
        capacity = _figure(grid, position, places["firm_capacity"], raw["firm_capacity"], unit)
        output = _figure(grid, position, places["firm_output"], raw["firm_output"], unit)
        year = _year(grid, position, places["figure_year"], raw["figure_year"]) or date
        basis = texts.get("basis", "")
        page = basis if basis.startswith(("http://", "https://")) else ""
        whom = texts.get("whom_zh", "")
        note = "; ".join(
            filter(None, (f"answer of {whom}" if whom else "answer", "" if page else basis))
        )
        firms = tuple(filter(None, _SEPARATORS.split(texts.get("firm", ""))))
        yield _Answer(
            position, texts["ask"], texts["region"], texts["product_id"], texts["enterprise_id"], unit,
            said, firms, capacity, output, year, whom, page, note,
        )  # fmt: skip


def _situation(grid: Grid, row: int, column: int, text: str) -> str:
    known = {
        shown_as.casefold(): name
        for name in words.vocabulary("situation")
        for shown_as in (name, *(words.term("situation", name, lang) for lang in words.LANGUAGES))
    }
    if text and text.casefold() not in known:
        choices = " / ".join(
            words.term("situation", name, "zh") for name in words.vocabulary("situation")
        )
        _refuse(grid, (row, column), Refusal("answer-word", {"choices": choices}), text)
    return known.get(text.casefold(), "")


def _figure(grid: Grid, row: int, column: int, raw: Any, unit: str) -> str:
    wanted = Wanted(table_spec("capacities").by_name["capacity"], unit, lenient=True)
    found = read_figure(None if raw == "" else raw, wanted)
    if isinstance(found, Refusal):
        _refuse(grid, (row, column), found, shown(raw))
        return ""
    return found.text if found is not None else ""


def _refuse(grid: Grid, where: tuple[int, int], refusal: Refusal, value: str) -> None:
    """Report a cell that says nothing."""
    header = shown(grid.rows[0][where[1]])
    said: dict[str, object] = {"header": header} | refusal.params
    row, column = where
    grid.tell(refusal.rule, row, column, value, **said)


def _year(grid: Grid, row: int, column: int, raw: Any) -> str:
    found = read_date(raw, typed=grid.typed)
    if isinstance(found, Refusal):
        _refuse(grid, (row, column), found, shown(raw))
        return ""
    return found[0] if found is not None else ""


def _grids(grid: Grid, answers: Sequence[_Answer], base: RawDataset) -> list[Grid]:
    """Return a grid for each table that answers fill; the problems of the questionnaire go with the first."""
    said: dict[str, list[tuple[int, dict[str, str]]]] = {name: [] for name in _COLUMNS}
    for answer in answers:
        for name, values in _rows(answer, base):
            said[name].append((answer.row, values))
    for name, values in _sums(answers, base):
        said[name].append((0, values))
    made = []
    sheets = dict(grid.template.sheets) if grid.template is not None else {}
    for name, rows in said.items():
        if rows:
            title = f"{grid.title} ({name})"
            sheets[title] = _TABLES.get(name, name)
            cells = [
                [values.get(column) or None for column in _COLUMNS[name]] for _, values in rows
            ]
            numbers = [grid.numbers[0], *(grid.numbers[row] for row, _ in rows)]
            made.append(replace(grid, sheet=title, rows=[list(_COLUMNS[name]), *cells],
                                numbers=numbers, merged=[], broken={}, problems=[]))  # fmt: skip
    if not made and (grid.problems or not answers):
        made.append(replace(grid, rows=[], numbers=[]))
    for place, own in enumerate(made):
        own.problems = grid.problems if place == 0 else []
        if grid.template is not None:
            own.template = replace(grid.template, sheets=sheets)
    return made


def _rows(answer: _Answer, base: RawDataset) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the rows of tables that an answer says."""
    if answer.site and answer.ask != "own_plant":
        yield from _of_plant(answer, base)
    elif answer.site:
        if answer.said == "made" or answer.capacity:
            yield "capacities", _plant(answer, "operating", answer.capacity)
    elif answer.said == "none":
        yield "surveys", _survey(answer, "none")
    else:
        yield from _of_place(answer)


def _of_place(answer: _Answer) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield what is made in a place: by whom, or how much of all."""
    one = len(answer.firms) == 1
    for firm in answer.firms:
        values = {
            "企业名称": firm, "product_id": answer.product, "status": "operating", "unit": answer.unit,
            "capacity": answer.capacity if one else "", "as_of": answer.year,
        }  # fmt: skip
        yield "firms", values | answer.rest
    if not answer.firms and not (answer.capacity or answer.output):
        yield "surveys", _survey(answer, "some")
    figures = {"capacity": "" if one else answer.capacity, "output": answer.output}
    yield from _totals(answer, {"region": answer.region}, figures)


def _of_plant(answer: _Answer, base: RawDataset) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield how a plant stands, the phases beside it, and what it made."""
    key = answer.site, answer.product
    there = [row for row in _records(base) if (row["enterprise_id"], row["product_id"]) == key]
    there = [row for row in there if row["scope"] in {"", "site"}]
    asked = _BEGUN if answer.ask == "construction" else _RUNNING
    own = [row for row in there if row["status"] in asked] or there
    status = answer.said or ("operating" if answer.capacity or answer.output else "")
    if status and (answer.said or answer.capacity):
        capacity = answer.capacity or _sum([row["capacity"] for row in own])
        yield "capacities", _plant(answer, status, capacity)
        for row in there:
            if row not in own:
                yield "capacities", row
    figures = {"capacity": answer.capacity, "output": answer.output}
    yield from _totals(answer, {"enterprise_id": answer.site}, figures if answer.output else {})


def _plant(answer: _Answer, status: str, capacity: str) -> dict[str, str]:
    return {
        "enterprise_id": answer.site, "product_id": answer.product, "capacity": capacity,
        "unit": answer.unit, "status": status, "scope": "site", "as_of": answer.year,
    } | answer.rest  # fmt: skip


def _survey(answer: _Answer, result: str) -> dict[str, str]:
    return {
        "region": answer.region, "products": answer.product, "method": "bureau_list",
        "as_of": answer.year, "result": result, "surveyor": answer.whom,
    } | answer.rest  # fmt: skip


def _totals(
    answer: _Answer, whom: Mapping[str, str], figures: Mapping[str, str]
) -> Iterator[tuple[str, dict[str, str]]]:
    for measure, value in figures.items():
        if value:
            yield "outputs", {
                **whom, "product_id": answer.product, "year": answer.year, "measure": measure,
                "value": value, "unit": answer.unit,
                "status": "operating" if measure == "capacity" else "", **answer.rest,
            }  # fmt: skip


def _sums(answers: Sequence[_Answer], base: RawDataset) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield totals of a place where all makers of a product that run there said what they made."""
    told: dict[tuple[str, str, str], list[_Answer]] = {}
    for answer in answers:
        if answer.site and answer.output:
            told.setdefault((answer.region, answer.product, answer.year), []).append(answer)
    for (region, product, _), own in told.items():
        sites = {answer.site for answer in own}
        stopped = {
            a.site for a in answers if a.product == product and a.said in {"suspended", "cancelled"}
        }
        running = _running(base, region, product)
        if not region or set(running) - sites - stopped:
            continue
        capacity = [answer.capacity or running.get(answer.site, "") for answer in own]
        first = replace(own[0], source="", note=f"sum of the answers of {len(sites)} makers")
        figures = {"capacity": _sum(capacity), "output": _sum([answer.output for answer in own])}
        yield from _totals(first, {"region": region}, figures)


def _running(base: RawDataset, region: str, product: str) -> dict[str, str]:
    """Return site -> capacity of the makers of a product that run in a place."""
    names = ("enterprise_id", "province", "city", "county", "park")
    here = {
        cells[0] for cells in zip(*(_cells(base, "enterprises", name) for name in names), strict=True)
        if region in cells[1:]
    }  # fmt: skip
    found: dict[str, list[str]] = {}
    for row in _records(base):
        if (row["product_id"], row["status"]) != (product, "operating") or row["included_in"]:
            continue
        if row["enterprise_id"] in here:
            found.setdefault(row["enterprise_id"], []).append(row["capacity"])
    return {site: _sum(figures) for site, figures in found.items()}


def _sum(figures: Sequence[str]) -> str:
    """Return the sum of figures; nothing where one is unknown."""
    if not figures or not all(figures):
        return ""
    return number_text(sum((Fraction(figure) for figure in figures), Fraction(0)))


def _records(base: RawDataset) -> list[dict[str, str]]:
    """Return the capacities of what is extended as rows."""
    columns = [_cells(base, "capacities", name) for name in _COLUMNS["capacities"]]
    return [
        dict(zip(_COLUMNS["capacities"], row, strict=True)) for row in zip(*columns, strict=True)
    ]


def _cells(base: RawDataset, table: str, column: str) -> list[str]:
    found: RawTable | None = base.tables.get(table)
    return [] if found is None else found.cells(column)
