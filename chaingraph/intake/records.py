"""Records: what the rows of each kind of sheet say, under ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from chaingraph.errors import closest
from chaingraph.intake.keys import made_id, normal_name
from chaingraph.intake.measures import known_unit
from chaingraph.intake.places import PLACE, PLACES, refusal_of
from chaingraph.intake.problems import Refusal
from chaingraph.intake.synonyms import synonyms
from chaingraph.places import Place
from chaingraph.places.names import place_words
from chaingraph.schema import table_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chaingraph.intake.figures import Figure
    from chaingraph.intake.headers import Column
    from chaingraph.intake.sheets import Row, Sheet

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
        key = enterprises.key(name, city, code)
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
    _enterprise(sheet, row, "")


def make_capacity(sheet: Sheet, row: Row) -> None:
    """Make the capacities of a row, and its enterprise where the row names it."""
    values = _own(sheet, row)
    products = _products(sheet, row)
    row.label_unit = sheet.known.products.label_unit(row.texts.get("product_id", ""))
    unit = sheet.known.products.units.get(products[0], "") if products else ""
    found: list[tuple[Column, Figure]] = []
    for column in sheet.figures:
        if column.field != "capacity" or column.table or not products:
            continue
        figure = sheet.figure(row, column, unit)
        if figure is not None:
            found.append((column, figure))
    if found and len(products) > 1:
        several = Refusal("several-products", {"products": ", ".join(products)})
        sheet.refuse(row, sheet.column("product_id"), several)
    values["enterprise_id"] = _enterprise(sheet, row, "enterprises.")
    for product in products:
        if not found:
            own = _begun(sheet, row, values | {"product_id": product, "unit": unit})
            sheet.emit(row, "capacities", own, _targets(sheet))
        for column, figure in found:
            own = _begun(sheet, row, _with_status(values, column, several=len(found) > 1))
            own |= {"product_id": product, "capacity": figure.text, "unit": figure.unit or unit}
            sheet.emit(row, "capacities", own, [*_targets(sheet), column.target])


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
    text = row.texts.get("product_id", "")
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


def _site_of(sheet: Sheet, row: Row) -> dict[str, str]:
    """Return province, city and park of a project: a county stands before its park; see the schema."""
    cells = _place(sheet, row, "", row.texts)
    park, county = row.texts.get("park", ""), cells.pop("county", "")
    if (
        not cells.get("city") and park
    ):  # 建设地点 names a county, or a park of the region under study
        book, here = sheet.known.book, sheet.known.here
        reading = book.read(park, above=Place(cells.get("province", "")), within=here)
        place = (
            reading.place
            if reading.kind == "found"
            else here
            if park in place_words("zones")
            else Place()
        )
        cells |= {level: name for level, name in place.cells.items() if level != "county"}
    elif county and county not in park:
        cells["park"] = f"{county}{park}"
    if not cells.get("city") and not park and not any(row.texts.get(n) for n in (*PLACES, PLACE)):
        here = sheet.known.here
        cells |= {level: name for level, name in here.cells.items() if level != "county"}
        sheet.known.filled += bool(here.city)
    return cells


def make_project(sheet: Sheet, row: Row) -> None:
    """Make a project; a product that is not known stays in words."""
    values = _own(sheet, row)
    values |= _site_of(sheet, row)
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
