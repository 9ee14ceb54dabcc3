"""Example rows: coherent over the sheets, with a real product of the extended chains."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from chaingraph.sheets.template import EXAMPLE_NOTES
from chaingraph.templates.columns import columns_of, word_of
from chaingraph.templates.content import rows_of, said

if TYPE_CHECKING:
    from chaingraph.templates.content import Content

Row = dict[str, Any]
_URL: Final = "https://www.example.com/news/1.html"
_NO_PLACE: Final = "示例市"
_INVENTED: Final = {
    "product_id": "", "name_zh": "示例产品", "name_en": "Example product", "unit": "t",
}  # fmt: skip
_FIGURES: Final = {"t": (1.2, "万吨", 12000), "GWh": (5, "GWh", 5), "GW": (2, "GW", 2)}


def example_rows(content: Content) -> dict[str, Row]:
    """Return the cells of the example row of each table: target of the column -> value."""
    places = content.above() or {"city": _NO_PLACE}
    here = content.region or places["city"]
    product = _product(content)
    figure, unit = _figure(content, product)
    names = _names(content, here)
    last = {"source_url": _URL, "note": EXAMPLE_NOTES[content.lang]}
    date, year = "2024-05", "2024"
    label = content.label(product["product_id"]) if product["product_id"] else product["name_zh"]
    zh = content.lang == "zh"
    rows: dict[str, Row] = {
        "products": _INVENTED | {
            "chains": product.get("chains", ""), "stage": "midstream", "kind": "material",
            "price_cny": 34000, "price_unit": "CNY/t", "price_as_of": "2024-12",
        },
        "inputs": {
            "input_id": "示例原料", "output_id": label, "coefficient": 0.96,
            "unit": f"t/{product['unit']}", "role": "consumed", "year": year,
        },
        "enterprises": places | {
            "name_zh": names["enterprise"], "name_en": "Example New Materials",
            "group_zh": names["group"], "park": names["park"], "anchor": "0",
        } | _centre(content, here),
        "capacities": {
            "enterprises.name_zh": names["enterprise"], "product_id": label, "capacity": figure,
            "unit": unit, "status": "operating", "scope": "site", "since": date, "as_of": "2024-12",
        },
        "supplies": {
            "supplier_group": names["group"], "customer_group": names["customer"],
            "product_id": label, "year": year,
        },
        "projects": {k: v for k, v in places.items() if k != "county"} | {
            "date": date, "date_quality": "month", "event": "signed", "park": names["park"],
            "company_zh": names["enterprise"], "group_zh": names["group"], "product_id": label,
            "product_zh": names["project"], "capacity": figure, "unit": unit,
            "investment_cny_100m": 12, "status": "planned",
        },
        "parks": places | {
            "name_zh": names["park"], "planned_area_km2": 15,
            "leading_industries": "锂电材料;铝精深加工" if zh else "battery materials;aluminium",
        } | _centre(content, here),
        "regions": {"adcode": "999999", "name_zh": "示例县", "level": "county"},
        "indicators": {
            "region": here, "indicator": "gdp", "indicator_zh": "地区生产总值", "year": year,
            "value": 3500, "unit": "亿元" if zh else "100m CNY", "kind": "actual",
        },
        "plan_targets": {
            "plan": f"{here}示例行动计划(2024-2026)", "task": names["task"], "target": 500,
            "unit": "亿元" if zh else "100m CNY", "target_year": "2026",
            "responsible_unit_zh": names["unit"],
        },
        "units": {
            "name_zh": names["unit"], "level": "市级" if zh else "city", "region": here,
            "duties": ";".join(content.extends[:2]),
        },
        "platforms": {k: v for k, v in places.items() if k != "county"} | {
            "name_zh": f"{here}示例重点实验室", "level": "市级" if zh else "city",
            "host_zh": names["enterprise"], "chains": ";".join(content.extends[:1]),
        },
        "aliases": {"alias_zh": names["enterprise"], "place": here, "decision": "new"},
    }  # fmt: skip
    rows |= _told_rows(content, names, here, label) | _work_rows(names, here, label)
    return {table: _in_words(content, table, rows[table] | last) for table in content.tables}


def _told_rows(content: Content, names: dict[str, str], here: str, label: str) -> dict[str, Row]:
    """Return the examples of tables that say what is known of a product, a chain or a page."""
    product = _product(content)
    figure, unit = _figure(content, product)
    return {
        "surveys": {
            "region": here, "products": product["product_id"] or "*", "method": "bureau_list",
            "as_of": "2024-05", "result": "listed", "makers": 3, "surveyor": names["unit"],
        },
        "outputs": {
            "region": here, "product_id": label, "year": "2023", "measure": "output",
            "value": figure, "unit": unit,
        },
        "product_facts": {
            "product_id": label, "measure": "price", "value": 34000, "unit": "CNY/t",
            "date": "2024-05",
        },
        "sources": {"publisher": names["unit"], "grade": "official", "date": "2024-05"},
        "stages": {
            "chain": (content.extends or ("example",))[0], "stage_id": "example",
            "name_zh": "示例环节", "position": 1,
        },
        "trade": {
            "hs_code": "999999", "year": "2024", "flow": "import", "reporter": "中国",
            "partner": "world", "value_usd": 1000000,
        },
    }  # fmt: skip


def _work_rows(names: dict[str, str], here: str, label: str) -> dict[str, Row]:
    """Return the examples of tables that say who does what until when."""
    return {
        "contacts": {
            "group_zh": names["group"], "product_id": label, "region": here, "due": "2024-12",
        },
        "tasks": {"task_id": "example", "task_zh": names["task"], "due": "2026", "progress": 35},
        "milestones": {"task_id": "example", "month": "2024-12", "percent": 35},
        "issues": {"task_id": "example", "raised_on": "2024-05", "text_zh": "示例问题"},
    }  # fmt: skip


def _names(content: Content, here: str) -> dict[str, str]:
    """Return the invented names of the example; each says that it is one."""
    zh = content.lang == "zh"
    return {
        "enterprise": f"{here}示例新材料有限公司", "group": "示例集团", "customer": "示例电池集团",
        "park": f"{here}示例产业园", "unit": f"{here}示例局",
        "project": "示例项目（一期）" if zh else "Example project, phase 1",
        "task": "产业链产值达到 500 亿元" if zh else "output of the chain of 50 billion yuan",
    }  # fmt: skip


def _product(content: Content) -> dict[str, str]:
    """Return a midstream product that many known sites make, or an invented one."""
    made = Counter(
        row.get("product_id", "") for row in rows_of(content.base.tables.get("capacities"))
    )
    rows = [row for row in content.catalogue if row.get("unit") and row.get("name_zh")]
    first = [
        row for row in rows
        if row.get("stage") == "midstream" and row.get("kind") in {"material", "component"}
    ]  # fmt: skip
    kept = ("product_id", "name_zh", "name_en", "unit", "chains")
    if rows:
        best = min(first or rows, key=lambda row: (-made[row["product_id"]], row["product_id"]))
        return {name: best.get(name, "") for name in kept}
    return _INVENTED


def _figure(content: Content, product: dict[str, str]) -> tuple[float, str]:
    unit = product["unit"]
    figure, words, plain = _FIGURES.get(unit, (10, unit, 10))
    return (figure, words) if content.lang == "zh" else (plain, unit)


def _centre(content: Content, here: str) -> Row:
    row = next((place.row for place in content.places if place.name == here), {})
    return {name: float(row[name]) for name in ("lat", "lon") if row.get(name)}


def _in_words(content: Content, table: str, row: Row) -> Row:
    """Return a row in the words of the language, columns of the sheet only."""
    found = {}
    for column in columns_of(table, content.lang):
        value = row.get(column.target, "")
        if value == "" or (column.target == "product_id" and table == "products"):
            continue
        if column.field.enum:
            value = word_of(table, column.field.name, value, content.lang)
        elif column.field.type == "boolean":
            value = said(content.lang, "flags", value)
        found[column.target] = value
    return found
