"""The columns of a template's sheets: header, hint, whether needed, and what may be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from chaingraph.schema import table_spec
from chaingraph.templates.content import said, texts
from chaingraph.words import term

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.schema import Field
    from chaingraph.words import Language

_LAST: Final = ("source_url", "note")
_MADE: Final = frozenset({
    "enterprises.enterprise_id", "capacities.enterprise_id", "products.product_id",
    "projects.project_id", "parks.park_id", "units.unit_id", "platforms.platform_id",
})  # fmt: skip
_AT_THE_END: Final = _MADE | {"projects.enterprise_id", "platforms.enterprise_id"}
"""Ids that the import finds or makes where a person leaves them empty."""

_RARE: Final = frozenset({
    "capacities.included_in", "capacities.since_basis", "enterprises.placeholder", "projects.scope",
    "projects.land_mu", "indicators.period", "indicators.basis", "indicators.series",
    "parks.free_land_mu", "parks.power_mw", "parks.chemical_park", "supplies.quantity",
    "supplies.unit", "products.supply_mode", "products.life_cycle", "products.home_chain",
    "products.needs_chemical_park", "inputs.essential",
})  # fmt: skip
"""Columns that few fill in: they stand behind source and note, before the ids."""

_LISTS: Final = {
    "province": "province", "city": "city", "county": "county", "region": "region",
    "inputs.input_id": "product", "inputs.output_id": "product", "product_id": "product",
    "products.product_id": "", "unit": "unit", "plan_targets.unit": "", "indicators.unit": "",
    "inputs.unit": "", "products.unit": "own_unit",
    "capacities.enterprises.name_zh": "enterprises.name_zh",
    "projects.company_zh": "enterprises.name_zh", "platforms.host_zh": "enterprises.name_zh",
    "supplies.supplier_group": "enterprises.group_zh",
    "supplies.customer_group": "enterprises.group_zh",
    "enterprises.park": "parks.name_zh", "projects.park": "parks.name_zh",
    "plan_targets.responsible_unit_zh": "units.name_zh", "units.region": "region",
    "product_facts.unit": "", "tasks.unit": "", "tasks.lead_unit": "units.name_zh",
    "tasks.park": "parks.name_zh", "contacts.group_zh": "", "outputs.group_zh": "enterprises.group_zh",
}  # fmt: skip
"""Column -> list of the lists sheet, or TABLE.COLUMN for what is typed there."""

_WIDTHS: Final = {
    "source_url": 30, "note": 34, "product_zh": 34, "plan": 38, "task": 38, "standard": 26,
    "assessment": 26, "leading_industries": 30, "duties": 24, "chains": 22, "product_ids": 24,
    "enterprises.name_zh": 34, "name_zh": 34, "name_en": 26, "company_zh": 34, "host_zh": 26,
    "product_id": 28, "input_id": 28, "output_id": 28, "group_zh": 16, "credit_code": 22, "park": 26,
    "responsible_unit_zh": 28, "responsible_unit_en": 28, "supplier_group": 24,
    "customer_group": 24, "enterprise_id": 20, "restricted": 26, "restricted_zh": 26, "contact": 20,
    "indicator_zh": 24, "indicator": 18, "park_id": 18, "unit_id": 18, "platform_id": 18,
    "project_id": 18, "province": 16, "city": 16, "county": 16, "region": 16, "alias_zh": 34,
}  # fmt: skip
_NARROWEST: Final = 11


@dataclass(frozen=True)
class Column:
    """One column of a sheet.

    Attributes
    ----------
    target
        The schema's column; ``enterprises.name_zh`` where it is one of another table.
    field
        Its declaration.
    header, hint
        What stands above it, and what it means.
    needed
        Whether a person must fill it.
    source
        List that it is chosen from: one of the lists sheet, or TABLE.COLUMN; empty for none.
    words
        Words that may be chosen where they are few.
    closed
        Whether nothing but these words may stand there.
    width
        In characters.
    """

    target: str
    field: Field
    header: str
    hint: str
    needed: bool
    source: str
    words: tuple[str, ...]
    closed: bool
    width: int


def columns_of(table: str, lang: Language) -> list[Column]:
    """Return the columns of a table's sheet: needed ones first, source and note late, ids last.

    Examples
    --------
    >>> [column.header for column in columns_of("capacities", "zh")][:4]
    ['企业名称 *', '产品名称 *', '产能', '计量单位']
    """
    spec = table_spec(table)
    names = list(spec.field_names)
    if table == "capacities":
        names.insert(0, "enterprises.name_zh")
    found = [_column(table, name, lang) for name in names]
    return sorted(found, key=lambda column: _place(table, column))


def _place(table: str, column: Column) -> int:
    if f"{table}.{column.target}" in _AT_THE_END:
        return 4
    if f"{table}.{column.target}" in _RARE:
        return 3
    if column.target in _LAST:
        return 2
    return 0 if column.needed else 1


def _own(table: str, target: str, entries: dict[str, object]) -> str:
    """Return the key under which a column has an entry: its own, or one for all tables."""
    own = f"{table}.{target}"
    return own if own in entries else target


def _column(table: str, target: str, lang: Language) -> Column:
    owner, _, name = target.rpartition(".")
    field = table_spec(owner or table).by_name[name]
    header = field.title(lang)
    key = _own(table, target, texts()["headers"])
    if key in texts()["headers"]:
        header = said(lang, "headers", key)
    key = _own(table, target, texts()["columns"])
    own_hint = key == f"{table}.{target}" or not field.description_zh
    hint = said(lang, "columns", key) if own_hint else _sentence(field.meaning(lang))
    needed = (field.required or bool(owner)) and f"{table}.{target}" not in _MADE
    words, closed = _words(table, field, lang)
    width = _WIDTHS.get(target, _WIDTHS.get(name, 0)) or _width_of(header)
    key = _own(table, target, _LISTS)  # type: ignore[arg-type]
    shown = f"{header} *" if needed else header
    return Column(target, field, shown, hint, needed, _LISTS.get(key, ""), words, closed, width)


def _sentence(text: str) -> str:
    """Return what a column holds as a hint: a sentence with its full stop."""
    return text if text.endswith("。") else f"{text[0].upper()}{text[1:]}."


def _width_of(header: str) -> int:
    from wcwidth import wcswidth

    return max(_NARROWEST, wcswidth(header) + 4)


def _words(table: str, field: Field, lang: Language) -> tuple[tuple[str, ...], bool]:
    """Return the words of a column with a closed list, of a yes or no, or those suggested."""
    if field.enum:
        return tuple(word_of(table, field.name, value, lang) for value in field.enum), True
    if field.type == "boolean":
        return tuple(said(lang, "flags", flag) for flag in ("1", "0")), True
    suggested: Sequence[str] = ()
    if f"{table}.{field.name}" in texts()["suggestions"]:
        suggested = said(lang, "suggestions", f"{table}.{field.name}")
    return tuple(suggested), False


def word_of(table: str, name: str, value: str, lang: Language) -> str:
    """Return the word of a language for a value of a column with a closed list.

    Examples
    --------
    >>> word_of("capacities", "status", "construction", "zh")
    '在建'
    """
    vocabulary = table_spec(table).by_name[name].vocabulary
    if vocabulary:
        return term(vocabulary, value, lang)
    key = _own(table, name, texts()["choices"])
    word: str = said(lang, "choices", key, value)
    return word
