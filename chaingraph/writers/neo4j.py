"""Writer of a folder of CSV files with the typed headers that ``neo4j-admin database import`` reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from chaingraph.characters import markdown
from chaingraph.files import write_folder
from chaingraph.schema import table_spec
from chaingraph.writers.csv_folder import cell_text, column_order
from chaingraph.writers.frames import NO_TEXT, Written, export_frames, refuse_cells

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from chaingraph.dataset import Dataset

_TYPES: Final = {"number": "double", "boolean": "boolean"}
_NOT_IN_NAMES = re.compile(r"[:\[\](){}\s\"',;`]")
_README = """\
# {name}: import files for Neo4j

Nodes: Product, Enterprise, Group. Relations: INPUT_TO (product to product, `coefficient` in units of the
input for each unit of the output), PRODUCES (enterprise to product, one a phase), MEMBER_OF (enterprise to
group), SUPPLIES (group to group). Into an empty database, from this folder (Neo4j 5 or newer):

```sh
sh import.sh
```
"""
_SCRIPT = """\
#!/bin/sh
# Fills the database named by the first argument (neo4j by default), which must be empty or not there yet.
neo4j-admin database import full "${{1:-neo4j}}" --multiline-fields=true --array-delimiter=";" {files}
"""


class _Node(NamedTuple):
    """A file of nodes: its table, the column of its ids, its label."""

    file: str
    key: str
    label: str


class _Link(NamedTuple):
    """A file of relations: the columns of its ends and the files of nodes that they point into."""

    file: str
    start: str
    end: str
    type: str
    nodes: tuple[str, str]


_NODES: Final = (
    _Node("products", "product_id", "Product"),
    _Node("enterprises", "enterprise_id", "Enterprise"),
    _Node("groups", "group_zh", "Group"),
)
_LINKS: Final = (
    _Link("inputs", "input_id", "output_id", "INPUT_TO", ("products", "products")),
    _Link("capacities", "enterprise_id", "product_id", "PRODUCES", ("enterprises", "products")),
    _Link("members", "enterprise_id", "group_zh", "MEMBER_OF", ("enterprises", "groups")),
    _Link("supplies", "supplier_group", "customer_group", "SUPPLIES", ("groups", "groups")),
)


def write(ds: Dataset, folder: str | Path) -> list[Written]:
    """Write nodes, relations and the line that imports them; return the files."""
    frames = export_frames(ds)
    refuse_cells(frames, NO_TEXT)
    frames["members"] = _members(frames)
    files = {
        f"nodes_{node.file}": _node_frame(node, frames)
        for node in _NODES
        if node.file in frames or node.file == "groups"
    }
    files |= {
        f"relations_{link.file}": _link_frame(link, frames[link.file])
        for link in _LINKS
        if link.file in frames
    }
    files = {name: frame for name, frame in files.items() if len(frame)}

    def texts() -> Iterator[tuple[str, str | bytes]]:
        for name, frame in files.items():
            yield f"{name}.csv", frame.to_csv(index=False, lineterminator="\n")
        yield "import.sh", _SCRIPT.format(files=_arguments(files))
        yield "README.md", _README.format(name=markdown(ds.name))

    place = write_folder(folder, texts())
    return [Written(place / f"{name}.csv", len(frame)) for name, frame in files.items()]


def _arguments(files: Mapping[str, pd.DataFrame]) -> str:
    return " ".join(
        f"--{'nodes' if name.startswith('nodes_') else 'relationships'}={name}.csv"
        for name in files
    )


def _members(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return which enterprise belongs to which group."""
    names = ["enterprise_id", "group_zh"]
    if "enterprises" not in frames:
        return pd.DataFrame({name: [] for name in names}, dtype="str")
    return frames["enterprises"][names].dropna().reset_index(drop=True)


def _node_frame(node: _Node, frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the nodes of a file: the table's rows, then ids that only relations name."""
    table = frames.get(node.file)
    columns: dict[str, list[str]] = {}
    own = list(table[node.key]) if table is not None else []
    named = {
        cell
        for link in _LINKS
        if link.file in frames
        for end, target in zip((link.start, link.end), link.nodes, strict=True)
        if target == node.file
        for cell in frames[link.file][end].dropna()
    }
    more = sorted(named - set(own))
    columns[f"{node.key}:ID({node.label})"] = [*map(cell_text, own), *more]
    if table is not None:
        for name in column_order(table, node.file):
            if name != node.key:
                head, cells = _property(node.file, name, table[name])
                columns[head] = [*cells, *([""] * len(more))]
    columns[":LABEL"] = [node.label] * (len(own) + len(more))
    return pd.DataFrame(columns, dtype=object)


def _link_frame(link: _Link, table: pd.DataFrame) -> pd.DataFrame:
    labels = {node.file: node.label for node in _NODES}
    start, end = (labels[name] for name in link.nodes)
    columns = {
        f":START_ID({start})": table[link.start].map(cell_text).tolist(),
        f":END_ID({end})": table[link.end].map(cell_text).tolist(),
    }
    if link.file != "members":
        for name in column_order(table, link.file):
            if name not in {link.start, link.end}:
                head, cells = _property(link.file, name, table[name])
                columns[head] = cells
    columns[":TYPE"] = [link.type] * len(table)
    return pd.DataFrame(columns, dtype=object)


def _property(table: str, name: str, values: pd.Series[Any]) -> tuple[str, list[str]]:
    """Return the typed header of a column and its cells."""
    field = table_spec(table).by_name.get(name)
    kind = "string"
    if field is not None and field.format == "semicolon-list":
        kind = "string[]"
    elif field is not None:
        kind = _TYPES.get(field.type, "string")
    cells = [cell_text(cell) for cell in values.tolist()]
    if kind == "boolean":
        cells = ["true" if cell == "1" else "false" for cell in cells]
    return f"{_NOT_IN_NAMES.sub('_', str(name))}:{kind}", cells
