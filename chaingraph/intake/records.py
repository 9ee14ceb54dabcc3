"""Records: what the rows of each kind of sheet say, under ids."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from chaingraph.checks import parse_number
from chaingraph.errors import closest
from chaingraph.intake.keys import made_id, normal_name
from chaingraph.intake.places import PLACE, PLACES, refusal_of
from chaingraph.intake.sheets import CONTENT
from chaingraph.places import Place
from chaingraph.places.names import place_words
from chaingraph.schema import table_spec
from chaingraph.sheets.figures import PHASE, Wanted, figure_parts, read_figure
from chaingraph.sheets.measures import factor_to, known_unit
from chaingraph.sheets.numbers import number_text
from chaingraph.sheets.problems import Refusal, shown
from chaingraph.sheets.synonyms import choices, folded, synonyms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaingraph.intake.sheets import Row, Sheet
    from chaingraph.sheets.figures import Figure
    from chaingraph.sheets.headers import Column

    Maker = Callable[[Sheet, Row], None]

_FAMILY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*")
_TO_COME: Final = frozenset({"construction", "planned"})
_PREFIXES: Final = {"parks": "park", "platforms": "platform", "units": "unit"}


def _own(sheet: Sheet, row: Row) -> dict[str, str]:
    """Return the texts of the sheet's own table."""
    names = table_spec(sheet.layout.table).by_name
    return {target: text for target, text in row.texts.items() if target in names}


def _targets(sheet: Sheet) -> list[str]:
    return [column.target for column in sheet.layout.columns if column.target]


def _product(sheet: Sheet, row: Row, target: str) -> str:
    """Return the id of the product that a cell names; report a name that is not known."""
    text = row.texts.get(target, "")
    if not text:
        return ""
    found = sheet.known.products.find(text)
    if isinstance(found, Refusal):
        sheet.refuse(row, sheet.column(target), found)
        return ""
    _recount(sheet, row, target, found)
    return found


def _recount(sheet: Sheet, row: Row, target: str, found: str) -> None:
    """Count a name that became an id as a change."""
    column = sheet.column(target)
    if column is not None and row.texts[target] != found:
        tally = sheet.tallies[column.at]
        tally.changed += 1
        tally.example = tally.example or f"{row.texts[target]} → {found}"


def _add_figures(sheet: Sheet, row: Row, values: dict[str, str], unit: str = "") -> None:
    for column in sheet.figures:
        found = sheet.figure(row, column, unit)
        if found is None:
            continue
        values[column.target] = found.text
        if column.field == "coefficient" and found.high:
            values["low"], values["high"] = found.low, found.high
        if column.field == "price_cny":
            values["price_unit"] = found.unit
        elif found.unit and column.field not in {"lat", "lon", "share"}:
            values["unit"] = found.unit


def make_plain(sheet: Sheet, row: Row) -> None:
    """Make a record of a table whose rows stand for themselves; a missing id is made of the name."""
    table = sheet.layout.table
    values = _own(sheet, row)
    if "city" in table_spec(table).by_name:
        values |= _place(sheet, row, "", row.texts)
    if "product_id" in values:
        values["product_id"] = _product(sheet, row, "product_id")
    _add_figures(sheet, row, values)
    if table in _PREFIXES:
        key = table_spec(table).primary_key[0]
        if not values.get(key) and values.get("name_zh"):
            values[key] = made_id(_PREFIXES[table], values["name_zh"], values.get("city", ""))
    sheet.emit(row, table, values, _targets(sheet))


def make_product(sheet: Sheet, row: Row) -> None:
    """Make a product: under its id, else under that of the known product of its name."""
    values = _own(sheet, row)
    names = [values.get("name_zh", ""), values.get("name_en", "")]
    written = values.get("unit", "")
    unit = known_unit(written) if written else None
    if unit is not None:
        values["unit"] = unit.name
        column = sheet.column("unit")
        if column is not None and unit.name != written:
            tally = sheet.tallies[column.at]
            tally.changed += 1
            tally.example = tally.example or f"{written} → {unit.name}"
    _add_figures(sheet, row, values, values.get("unit", ""))
    given = values.get("product_id", "")
    if not given and names[0]:
        found = sheet.known.products.find(names[0])
        if isinstance(found, Refusal) and found.rule == "product-ambiguous":
            sheet.refuse(row, sheet.column("name_zh"), found)
        values["product_id"] = made_id("p", names[0]) if isinstance(found, Refusal) else found
    elif given and not given.isascii():
        sheet.refuse(row, sheet.column("product_id"), Refusal("not-an-id", {}))
    if not row.failed:
        sheet.known.products.add(values.get("product_id", ""), values.get("unit", ""), names)
    sheet.emit(row, "products", values, _targets(sheet))


def make_input(sheet: Sheet, row: Row) -> None:
    """Make an input: both products by id or name, the coefficient in their units."""
    values = _own(sheet, row)
    units = []
    for target in ("input_id", "output_id"):
        values[target] = _product(sheet, row, target)
        units.append(sheet.known.products.units.get(values[target], ""))
    _add_figures(sheet, row, values, "/".join(units) if all(units) else "")
    sheet.emit(row, "inputs", values, _targets(sheet))


def _enterprise(sheet: Sheet, row: Row, prefix: str) -> str:
    """Return the id of the row's enterprise and keep what the row says of it."""
    said = {
        target.removeprefix(prefix): text
        for target, text in row.texts.items()
        if target.startswith(prefix) and "." not in target.removeprefix(prefix)
    }
    said |= _place(sheet, row, prefix, said)
    code, given = said.get("credit_code", ""), row.texts.get("enterprise_id", "")
    name, city = said.get("name_zh", ""), said.get("city", "")
    enterprises = sheet.known.enterprises
    key: str | Refusal = given
    if given:
        enterprises.add(given, name, city, code)
    elif name or code:
        if prefix and sheet.grid.template is not None:
            _tell_unlisted(sheet, row, name, (city, code))
        key = enterprises.key(name, city, code, said.get("county", ""))
    elif row.failed:
        return ""
    else:
        key = Refusal("enterprise-missing", {})
    if isinstance(key, Refusal):
        sheet.refuse(row, sheet.column(f"{prefix}name_zh"), key, value=name)
        return ""
    for column in sheet.figures:
        if column.field in {"lat", "lon"}:
            found = sheet.figure(row, column)
            said |= {column.field: found.text} if found else {}
    names = table_spec("enterprises").by_name
    values = {"enterprise_id": key} | {k: v for k, v in said.items() if k in names}
    if prefix:  # what says what a site makes says that it is there
        said_by = "source_url" if row.texts.get("source_url") else "note"
        values |= {said_by: row.texts[said_by]} if row.texts.get(said_by) else {}
    if name:
        sheet.emit(row, "enterprises", values, _targets(sheet))
    return key


def _place(sheet: Sheet, row: Row, prefix: str, said: Mapping[str, str]) -> dict[str, str]:
    """Return the cells of the place that a row says, by official names.

    Province, city and county say it, then a column that says all in one (所在地, 地址); where none
    does, the band that the row stands under, or the sheet's name. What is given and not understood is
    refused: a default would put the plant where it is not.
    """
    book, here = sheet.known.book, sheet.known.here
    own = {level: said[level] for level in PLACES if said.get(level)}
    found, wrong = book.read_cells(own, within=here)
    text = said.get(PLACE, "")
    if text and not wrong:
        reading = book.read(text, above=found, within=here)
        if reading.kind == "found":
            found = reading.place
        elif reading.kind != "nothing" and not found.city:
            wrong[PLACE] = reading
    for level, reading in wrong.items():
        refusal = refusal_of(reading, book, said[level])
        sheet.refuse(row, sheet.column(f"{prefix}{level}"), refusal)
    if not wrong and not found.path:
        found = sheet.place_around(row)
    for level, name in found.cells.items():
        if own.get(level):
            _recount(sheet, row, f"{prefix}{level}", name)
    return dict.fromkeys(own, "") | found.cells


def _tell_unlisted(sheet: Sheet, row: Row, name: str, more: tuple[str, str]) -> None:
    """Report a maker that the template's sheet of enterprises does not list: it may be misspelt."""
    enterprises = sheet.known.enterprises
    if enterprises.find(name, *more) is None:
        near = ", ".join(closest(normal_name(name), enterprises.by_name)) or "-"
        column = sheet.column("enterprises.name_zh")
        sheet.mention(row, column, "enterprise-unlisted", suggestions=near)


def make_enterprise(sheet: Sheet, row: Row) -> None:
    """Make an enterprise: under its id, its credit code, or an id of its name and city."""
    add_beside(sheet, row, _enterprise(sheet, row, ""), "")


def make_capacity(sheet: Sheet, row: Row) -> None:
    """Make the capacities of a row, and its enterprise where the row names it."""
    if sheet.layout.products:
        _make_unpivoted(sheet, row)
        return
    values = _own(sheet, row)
    products = _products(sheet, row)
    row.label_unit = sheet.known.products.label_unit(row.texts.get("product_id", ""))
    unit = sheet.known.products.units.get(products[0], "") if products else ""
    found: list[tuple[Column, Figure, dict[str, str]]] = []
    for column in sheet.figures:
        if column.field != "capacity" or column.table or not products:
            continue
        parts = _parts(sheet, row, column, products)
        if parts:
            found += parts
            continue
        figure = sheet.figure(row, column, unit)
        if figure is not None:
            found.append((column, figure, {}))
    if len(products) > 1 and any("product_id" not in more for _, _, more in found):
        several = Refusal("several-products", {"products": ", ".join(products)})
        sheet.refuse(row, sheet.column("product_id"), several)
    values["enterprise_id"] = _enterprise(sheet, row, "enterprises.")
    said = {more.get("product_id", "") for _, _, more in found}
    for product in products:
        if product not in said and (not found or "" not in said):
            own = _begun(sheet, row, values | {"product_id": product, "unit": unit})
            sheet.emit(row, "capacities", own, _targets(sheet))
    for column, figure, more in found:
        own = _with_status(values, column, several=len(found) > 1) | more
        own["product_id"] = more.get("product_id", products[0])
        own = _begun(sheet, row, own) | {"capacity": figure.text, "unit": figure.unit or unit}
        sheet.emit(row, "capacities", own, [*_targets(sheet), column.target], column.unit)
    product = products[0] if len(products) == 1 else ""
    add_beside(sheet, row, values["enterprise_id"], product)


def _parts(
    sheet: Sheet, row: Row, column: Column, products: list[str]
) -> list[tuple[Column, Figure, dict[str, str]]]:
    """Return the figures of a cell that holds several, each with its product, phase or status."""
    parts = figure_parts(row.cells[column.at])
    statuses = choices("capacities", "status")
    found: list[tuple[Column, Figure, dict[str, str]]] = []
    for number, part in enumerate(parts):
        product = sheet.known.product(part.label)
        more: dict[str, str] = {}
        if product:
            more["product_id"] = product
        elif PHASE.fullmatch(part.label):
            more["phase"] = part.label
        elif folded(part.label) in statuses:
            more["status"] = statuses[folded(part.label)]
        elif part.label or len(parts) != len(products):
            return []
        if len(products) > 1 and not product:
            if len(parts) != len(products) or more:
                return []
            more["product_id"] = products[number]
        unit = sheet.known.products.units.get(more.get("product_id", products[0]), "")
        figure = sheet.figure(row, column, unit, part=part.figure)
        if figure is None:
            return []
        found.append((column, figure, more))
    if found:
        sheet.mention(row, column, "figures-in-cell", count=len(found))
    return found


def add_beside(sheet: Sheet, row: Row, enterprise: str, product: str, project: str = "") -> None:
    """Keep what bureaus note beside a plant or project: output and its value, who is responsible by when."""
    for column in sheet.figures:
        if column.table == "outputs" and enterprise:
            _add_output(sheet, row, column, {"enterprise_id": enterprise, "product_id": product})
    said = {target.removeprefix("tasks."): text for target, text in row.texts.items()
            if target.startswith("tasks.") and text}  # fmt: skip
    if not said.get("lead_unit") and not said.get("due"):
        return
    name = (
        row.texts.get("enterprises.name_zh")
        or row.texts.get("name_zh")
        or row.texts.get("company_zh", "")
    )
    what = row.texts.get("product_zh") or row.texts.get("product_id", "")
    said |= {"task_zh": " ".join(filter(None, [name, what])), "product_id": product,
             "project_id": project}  # fmt: skip
    said["task_id"] = made_id("t", enterprise, project, said["task_zh"], said.get("lead_unit", ""))
    sheet.emit(row, "tasks", said, _targets(sheet))


_LAST_MONTH: Final = "12"


def _add_output(sheet: Sheet, row: Row, column: Column, values: dict[str, str]) -> None:
    """Keep an output or its value, of the year that the header or the list's date gives."""
    if not shown(row.cells[column.at]):
        return
    date = sheet.known.as_of
    year = column.year or (date[:4] if date[5:7] in {"", _LAST_MONTH} else "")
    if not year or (column.status == "output" and not values["product_id"]):
        sheet.mention(row, column, "output-left")
        return
    figure = sheet.figure(row, column)
    if figure is None:
        return
    target = (
        "CNY"
        if column.status == "revenue"
        else sheet.known.products.units.get(values["product_id"], "")
    )
    around = column.unit or _unit_above(sheet, target)
    factor = factor_to(figure.unit or around, target) if figure.unit or around else None
    if factor is None:
        sheet.refuse(row, column, Refusal("unit-missing", {"expected": target or "t"}))
        return
    text = number_text(Fraction(figure.text) * factor)
    said = {"year": year, "measure": column.status, "value": text, "unit": target}
    sheet.emit(row, "outputs", values | said, [*_targets(sheet), column.target])


def _unit_above(sheet: Sheet, target: str) -> str:
    """Return which of the units above the table converts to a unit."""
    held = sheet.layout.above.split("、") if sheet.layout.above else []
    return next((text for text in held if factor_to(text, target) is not None), "")


def _make_unpivoted(sheet: Sheet, row: Row) -> None:
    """Make a capacity of each column that is headed by a product; an empty cell says nothing."""
    values = _own(sheet, row)
    values["enterprise_id"] = _enterprise(sheet, row, "enterprises.")
    for column in sheet.figures:
        if not column.product:
            continue
        unit = sheet.known.products.units.get(column.product, "")
        figure = sheet.figure(row, column, unit)
        if figure is None or (parse_number(figure.text) or 0) == 0:
            continue
        own = _begun(sheet, row, _with_status(values, column, several=False))
        own |= {"product_id": column.product, "capacity": figure.text, "unit": figure.unit or unit}
        sheet.emit(row, "capacities", own, [*_targets(sheet), column.target], column.unit)
    add_beside(sheet, row, values["enterprise_id"], "")


def _begun(sheet: Sheet, row: Row, values: dict[str, str]) -> dict[str, str]:
    """Return a capacity's values; of one that is not built yet a start of production is no start."""
    column = sheet.column("since")
    if column is None or values.get("status") not in _TO_COME or not values.get("since"):
        return values
    if not any(word in column.header for word in synonyms()["production"]):
        return values
    own = dict(values)
    since = own.pop("since")
    sheet.mention(row, column, "start-expected", taken=since)
    note = f"{column.header}: {since}"
    own["note"] = "; ".join([*filter(None, [own.get("note", "")]), note])
    return own


def _products(sheet: Sheet, row: Row) -> list[str]:
    text = row.texts.get("product_id", "") or sheet.heading_product(row)
    if not text:
        figures = [c for c in sheet.figures if c.field == "capacity"]
        if any(str(row.cells[c.at] or "").strip() for c in figures):
            sheet.refuse(row, sheet.column("product_id"), Refusal("product-missing", {}))
        elif not row.failed:
            sheet.mention(row, None, "enterprise-only")
        return []
    found = sheet.known.products.find_all(text)
    if isinstance(found, Refusal):
        sheet.refuse(row, sheet.column("product_id"), found)
        return []
    if row.texts.get("product_id"):
        _recount(sheet, row, "product_id", ";".join(found))
    return found


def _with_status(values: dict[str, str], column: Column, *, several: bool) -> dict[str, str]:
    """Return a row's values under the status that a header such as 在建产能 gives."""
    if not column.status:
        return dict(values)
    own = dict(values)
    if column.status != "operating" or not own.get("status"):
        own["status"] = column.status
    if several and column.status != "operating":  # the dates are those of what stands already
        own.pop("since", None)
        own.pop("until", None)
    return own


def _listed(sheet: Sheet, text: str) -> str:
    """Return a list of products with ids for those named by name; the rest as it stands."""
    found = [(part, sheet.known.products.find(part.strip())) for part in text.split(";")]
    return ";".join(f if isinstance(f, str) else part for part, f in found)


def make_survey(sheet: Sheet, row: Row) -> None:
    """Make a record of who looked where for what; products may be named."""
    values = _own(sheet, row)
    values["products"] = _listed(sheet, values.get("products", ""))
    _add_figures(sheet, row, values)
    sheet.emit(row, "surveys", values, _targets(sheet))


_OF_PARK: Final = re.compile(r"园|开发区|高新区|经开区|基地|工业区")


def _site_of(sheet: Sheet, row: Row) -> dict[str, str]:
    """Return province, city and park of a project: a county stands before its park; see the schema."""
    book, here = sheet.known.book, sheet.known.here
    said, text = dict(row.texts), row.texts.get(PLACE, "")
    if text and _OF_PARK.search(text):  # 建设地点 names a park as well as a county
        said[PLACE], said["park"] = "", said.get("park") or text
    cells = _place(sheet, row, "", said)
    park, county = said.get("park", ""), cells.pop("county", "")
    if not cells.get("city") and park:
        reading = book.read(park, above=Place(cells.get("province", "")), within=here)
        zone = here if park in place_words("zones") else Place()
        place = reading.place if reading.kind == "found" else zone
        cells |= _without_county(place)
    elif county and county not in park:
        park = f"{county}{park}"
    if not cells.get("city") and not park and not any(said.get(n) for n in (*PLACES, PLACE)):
        cells |= _without_county(here)
    column = sheet.column(PLACE)
    if column is not None and said.get(PLACE) and book.read(text, within=here).rest:
        row.notes.append(f"{column.header}: {text}")
    return cells | ({"park": park} if park else {})


def _without_county(place: Place) -> dict[str, str]:
    return {level: name for level, name in place.cells.items() if level != "county"}


def make_project(sheet: Sheet, row: Row) -> None:
    """Make a project; a product that is not known stays in words."""
    values = _own(sheet, row)
    _set_event(sheet, row, values)
    values |= _site_of(sheet, row)
    content = row.texts.get(CONTENT, "")
    if content and not values.get("product_zh"):
        values["product_zh"] = content
    elif content and content != values["product_zh"]:
        row.notes.append(content)
    text = values.pop("product_id", "")
    ids: list[str] = []
    row.label_unit = sheet.known.products.label_unit(text)
    if values.get("product_ids"):
        values["product_ids"] = _listed(sheet, values["product_ids"])
    if text:
        found = sheet.known.products.find_all(text)
        if isinstance(found, Refusal) and _FAMILY.fullmatch(text):  # a family of products
            values["product_id"] = text
        elif isinstance(found, Refusal):
            sheet.mention(row, sheet.column("product_id"), "project-product", **found.params)
            values["product_zh"] = "; ".join(filter(None, [values.get("product_zh", ""), text]))
        else:
            ids = found
            _recount(sheet, row, "product_id", ";".join(ids))
            values["product_id"] = ids[0]
            values.setdefault("product_ids", ";".join(ids))
    named = ids or values.get("product_id") or values.get("product_ids")
    texts = [] if named else [content, values.get("product_zh", "")]
    said = _set_content(sheet, row, values, texts)
    ids = ids or ([said] if said else [])
    unit = sheet.known.products.units.get(ids[0], "") if ids else ""
    _add_figures(sheet, row, values, unit)
    company = values.get("company_zh", "")
    if company and "enterprise_id" not in values:  # there, but empty: said to be none
        known = sheet.known.enterprises.find(company, values.get("city", ""))
        if isinstance(known, str):
            values["enterprise_id"] = known
            sheet.mention(row, sheet.column("company_zh"), "enterprise-found", enterprise=known)
    if not values.get("project_id"):
        parts = (company, values.get("product_zh", ""), values.get("date", ""), text)
        values["project_id"] = made_id("j", *parts)
    sheet.emit(row, "projects", values, _targets(sheet))
    product = ids[0] if len(ids) == 1 else ""
    add_beside(sheet, row, values.get("enterprise_id", ""), product, values["project_id"])


def _set_event(sheet: Sheet, row: Row, values: dict[str, str]) -> None:
    """Take the latest date that a header gives an event (开工时间) as the project's; earlier ones are notes."""
    dates = {
        column.status: (row.texts[column.target], column)
        for column in sheet.plain
        if column.field == "date" and column.status and row.texts.get(column.target)
    }
    if not dates or values.get("date"):
        return
    now = sheet.known.as_of
    past = {event: date for event, (date, _) in dates.items() if not now or date <= now}
    event = max(past or {e: d for e, (d, _) in dates.items()}, key=lambda e: dates[e][0])
    values["date"] = dates[event][0]
    if past:
        values.setdefault("event", event)
    else:  # all of it is still to come
        values.setdefault("event", "announced")
        row.notes.append(f"{dates[event][1].header}: {dates[event][0]}")
    row.notes += [f"{c.header}: {date}" for e, (date, c) in dates.items() if e != event]


_BUILT: Final = re.compile(
    r"(?:年产|产能|规模|建设|新增)?(?P<figure>[0-9][0-9.,]*\s*(?:万|亿|千)?(?:吨|t|GWh|MWh|GW|MW|万千瓦时|平方米|立方米|片|件|套|台|辆))"
    r"(?:/年)?(?:的)?(?P<name>[^0-9，,。；;（(、及和]{2,20})",
    re.IGNORECASE,
)
_WORK: Final = re.compile(
    r"(?:生产|建设|产业化|一体化|扩建|改造|技改|新建)*(?:项目|生产线|产线|生产基地|基地|工程|产能)?$"
)


def _set_content(sheet: Sheet, row: Row, values: dict[str, str], texts: list[str]) -> str:
    """Read product and capacity out of what a project builds (年产5万吨磷酸铁锂); one product or none."""
    found: dict[str, str] = {}
    for text in texts:
        for match in _BUILT.finditer(text):
            product = sheet.known.product(match["name"]) or sheet.known.product(
                _WORK.sub("", match["name"])
            )
            if product:
                found.setdefault(product, match["figure"])
    if len(found) != 1:
        return ""
    product, figure = next(iter(found.items()))
    values["product_id"] = product
    values.setdefault("product_ids", product)
    column = sheet.column(CONTENT) or sheet.column("product_zh")
    unit = sheet.known.products.units.get(product, "")
    read = read_figure(figure, Wanted(table_spec("projects").by_name["capacity"], unit))
    if not isinstance(read, Refusal) and read is not None and not _has_capacity(sheet, row):
        values["capacity"], values["unit"] = read.text, read.unit
    sheet.mention(row, column, "project-content", taken=f"{product} {figure}")
    return product


def _has_capacity(sheet: Sheet, row: Row) -> bool:
    column = sheet.column("capacity")
    return column is not None and bool(shown(row.cells[column.at]))


_MAKERS: Final[dict[str, Maker]] = {
    "products": make_product,
    "inputs": make_input,
    "enterprises": make_enterprise,
    "capacities": make_capacity,
    "projects": make_project,
    "surveys": make_survey,
}


def maker_of(table: str) -> Maker:
    """Return what turns a row of a sheet into records of its table."""
    return _MAKERS.get(table, make_plain)
