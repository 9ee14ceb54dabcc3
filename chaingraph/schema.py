"""The tables of a dataset, declared once as Table Schema files in ``table_specs/``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chaingraph.words import Language

FREE_TEXTS: Final = frozenset({"note", "product_zh", "duties", "leading_industries", "task_zh"})
"""Columns of texts that nothing is looked up by: a flaw in one of them costs no row."""
TABLE_NAMES: Final = (
    "products",
    "inputs",
    "enterprises",
    "capacities",
    "outputs",
    "product_facts",
    "surveys",
    "supplies",
    "projects",
    "parks",
    "regions",
    "indicators",
    "plan_targets",
    "stages",
    "units",
    "platforms",
    "contacts",
    "tasks",
    "milestones",
    "issues",
    "sources",
    "aliases",
    "trade",
)
"""All tables, in the order in which a reader meets them. Only ``products`` is required."""


@dataclass(frozen=True)
class Field:
    """One column of a table.

    `vocabulary` names the terms of ``words`` in which its closed list is shown; `description_zh` may be
    empty for columns whose hint stands in the texts of the template.
    """

    name: str
    type: str
    title_en: str
    title_zh: str
    description: str
    description_zh: str = ""
    vocabulary: str = ""
    format: str = ""
    required: bool = False
    pattern: str = ""
    enum: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    example: str = ""

    def title(self, lang: Language) -> str:
        """Return the title in a language."""
        return self.title_zh if lang == "zh" else self.title_en

    def meaning(self, lang: Language) -> str:
        """Return what the column holds, in a language."""
        return self.description_zh if lang == "zh" else self.description


@dataclass(frozen=True)
class ForeignKey:
    """Values of a column that must stand in a column of another table."""

    field: str
    table: str
    target: str


@dataclass(frozen=True)
class TableSpec:
    """One table: its fields, its key, and where its ids point.

    A column of the key that is not required may be empty: a total of a region has no enterprise. Such
    keys stand as ``rowKey`` in the declaration, as a Frictionless ``primaryKey`` allows no empty cells.
    """

    name: str
    title_en: str
    title_zh: str
    description: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]

    @cached_property
    def field_names(self) -> tuple[str, ...]:
        """Names of the columns in their order."""
        return tuple(field.name for field in self.fields)

    @cached_property
    def key_needs(self) -> tuple[int, ...]:
        """Positions in the key of the columns that may not be empty."""
        names = self.primary_key
        return tuple(i for i, name in enumerate(names) if self.by_name[name].required)

    def is_whole(self, key: Sequence[str]) -> bool:
        """Tell whether the cells of a key name a row: none of those that are needed is empty."""
        return all(key[i] for i in self.key_needs)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Column name -> field."""
        return {field.name: field for field in self.fields}

    def title(self, lang: Language) -> str:
        """Return the title in a language."""
        return self.title_zh if lang == "zh" else self.title_en


def _field(entry: dict[str, Any]) -> Field:
    limits = entry.get("constraints", {})
    return Field(
        name=entry["name"],
        type=entry["type"],
        title_en=entry["title"],
        title_zh=entry["title_zh"],
        description=entry["description"],
        description_zh=entry.get("description_zh", ""),
        vocabulary=entry.get("vocabulary", ""),
        format=entry.get("format", ""),
        required=limits.get("required", False),
        pattern=limits.get("pattern", ""),
        enum=tuple(limits.get("enum", ())),
        minimum=limits.get("minimum"),
        maximum=limits.get("maximum"),
        example=entry.get("example", ""),
    )


def tables_markdown() -> str:
    """Return a description of all tables in Markdown, Chinese and English side by side."""
    lines = [
        "# Tables 数据表",
        "",
        "Made from `chaingraph/table_specs` by `python -m chaingraph.schema`. Only `products` is required;",
        "columns marked * must be filled where the table is there. Empty cells mean unknown, never zero.",
    ]
    for name in TABLE_NAMES:
        spec = table_spec(name)
        lines += ["", f"## {name} {spec.title_zh}", "", f"{spec.description}.", ""]
        if spec.primary_key:
            lines += [f"Key: {', '.join(spec.primary_key)}.", ""]
        lines += ["| column | 列 | type | meaning | example |", "|---|---|---|---|---|"]
        lines += [_field_row(field) for field in spec.fields]
    return "\n".join(lines) + "\n"


def _field_row(field: Field) -> str:
    kind = " or ".join(field.enum) if field.enum else (field.format or field.type)
    name = f"{field.name}{'*' if field.required else ''}"
    return f"| {name} | {field.title_zh} | {kind} | {field.description} | {field.example} |"


@cache
def table_schema(name: str) -> dict[str, Any]:
    """Return the Table Schema file of a table as it stands (Frictionless convention)."""
    path = resources.files("chaingraph.table_specs").joinpath(f"{name}.json")
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


@cache
def table_spec(name: str) -> TableSpec:
    """Return the declaration of a table.

    Examples
    --------
    >>> table_spec("inputs").primary_key
    ('input_id', 'output_id')
    """
    entry = table_schema(name)
    return TableSpec(
        name=name,
        title_en=entry["title"],
        title_zh=entry["title_zh"],
        description=entry["description"],
        fields=tuple(_field(field) for field in entry["fields"]),
        primary_key=tuple(entry.get("primaryKey", entry.get("rowKey", ()))),
        foreign_keys=tuple(
            ForeignKey(key["fields"], key["reference"]["resource"], key["reference"]["fields"])
            for key in entry.get("foreignKeys", ())
        ),
    )


if __name__ == "__main__":
    import sys

    sys.stdout.write(tables_markdown())
