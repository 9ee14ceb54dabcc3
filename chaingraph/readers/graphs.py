"""Reader of one JSON file of nodes and edges: our own, and those that other programs write.

Our own (``convert -o x.json``, networkx node-link) holds the columns of five tables. Of other files (d3,
ECharts, Cytoscape, networkx) the structure is read: which product goes into which, who makes what.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from chaingraph.checks import Finding
from chaingraph.rawtables import Package, RawTable, value_text
from chaingraph.readers.csv_folder import refuse_pipe
from chaingraph.readers.datapackage import package_of
from chaingraph.readers.structure import ENDS, MEANINGS, Place, Structure

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from chaingraph.readers.structure import Kind, Meaning

_MOST: Final = 256 * 2**20
_TABLES: Final = {"product": "products", "enterprise": "enterprises"}
_LINKS: Final = {"produces": "capacities", "supplies": "supplies"}
_OF_GRAPH: Final = frozenset({"id", "label", "node_kind", "edge_kind", "source", "target", "key"})
_CARD: Final = ("as_of", "language", "focus", "version", "title", "title_zh")
_ID_KEYS: Final = ("id", "key", "name", "label")
_NAME_KEYS: Final = ("name_zh", "name", "label", "title", "id", "key")
_KIND_KEYS: Final = ("node_kind", "kind", "type", "category")
_RELATION_KEYS: Final = (
    "edge_kind",
    "relation",
    "relationship",
    "rel",
    "type",
    "kind",
    "label",
    "name",
)
_KINDS: Final[dict[str, Kind]] = {
    **dict.fromkeys(("product", "products", "material", "commodity", "goods"), "product"),
    **dict.fromkeys(("产品", "材料", "原材料", "原料", "商品"), "product"),
    **dict.fromkeys(("enterprise", "enterprises", "company", "firm", "manufacturer"), "enterprise"),
    **dict.fromkeys(("企业", "公司", "厂商", "厂家"), "enterprise"),
}
_RELATIONS: Final[dict[str, Meaning]] = {
    **{meaning: meaning for meaning in MEANINGS},
    **dict.fromkeys(("input", "input_of", "is_input_of"), "source-is-input"),
    **dict.fromkeys(("produces", "makes", "manufactures", "生产", "制造"), "source-makes-target"),
    **dict.fromkeys(("produced_by", "made_by"), "target-makes-source"),
}  # fmt: skip
"""Words that say by themselves which end goes into which; 上游 and 下游 do not, and are asked for."""
_BY_ENDS: Final[dict[tuple[Kind, Kind], Meaning]] = {
    ("product", "product"): "source-is-input",
    ("enterprise", "product"): "source-makes-target",
    ("product", "enterprise"): "target-makes-source",
}
"""What a link without a word means, by what it joins."""


class Parts(NamedTuple):
    """The nodes and the edges of a graph, one mapping each; None for what is no mapping."""

    nodes: list[dict[str, Any] | None]
    edges: list[dict[str, Any] | None]


def loaded_graph(text: str) -> Any:
    """Return what JSON text holds where it is one object, else None."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def graph_parts(loaded: Any) -> Parts | None:
    """Return nodes and edges of a graph as networkx, d3, ECharts and Cytoscape write it; else None.

    The ends of an edge are names of nodes, whatever the file has: names, objects or positions.

    Examples
    --------
    >>> parts = graph_parts({"nodes": [{"name": "甲"}, {"name": "乙"}], "links": [{"source": 0, "target": 1}]})
    >>> parts.edges
    [{'source': '甲', 'target': '乙'}]
    >>> graph_parts({"name": "one line of JSON lines"}) is None
    True
    """
    if not isinstance(loaded, dict):
        return None
    held = loaded.get("elements", loaded)
    if not isinstance(held, dict):
        return None
    nodes, edges = held.get("nodes"), held.get("edges", held.get("links"))
    if not isinstance(nodes, list) or not isinstance(edges, list):
        return None
    named = [_named_category(_unwrapped(node), loaded.get("categories")) for node in nodes]
    keys = ["" if node is None else _first(node, _ID_KEYS) for node in named]
    known = set(keys)
    found = [_unwrapped(edge) for edge in edges]
    for edge in found:
        for end in ("source", "target", "from", "to") if edge is not None else ():
            if edge is not None and end in edge:
                edge[end] = _end(edge[end], keys, known)
    return Parts(named, found)


def _unwrapped(item: Any) -> dict[str, Any] | None:
    if not isinstance(item, dict):
        return None
    data = item.get("data")
    return dict(data) if isinstance(data, dict) else dict(item)


def _named_category(node: dict[str, Any] | None, categories: Any) -> dict[str, Any] | None:
    """Return a node with the name of its category in the place of its number (ECharts)."""
    place = None if node is None else node.get("category")
    if node is not None and isinstance(categories, list) and _is_place(place, len(categories)):
        held = categories[place]  # type: ignore[index]
        node["category"] = held.get("name", "") if isinstance(held, dict) else held
    return node


def _is_place(value: Any, count: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count


def _first(item: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return the first of some keys that holds a text or a number, as text."""
    for name in names:
        value = item.get(name)
        if isinstance(value, str | int | float) and value_text(value).strip():
            return value_text(value).strip()
    return ""


def _end(value: Any, keys: list[str], known: set[str]) -> str:
    if isinstance(value, dict):
        return _first(value, _ID_KEYS)
    if isinstance(value, list):
        return ""
    text = value_text(value).strip()
    return keys[value] if text not in known and _is_place(value, len(keys)) else text


def can_read(path: Path) -> bool:
    """Tell whether the path is a file named as JSON."""
    return path.suffix.casefold() == ".json" and path.is_file()


def read_package(path: Path) -> tuple[Package, list[Finding]]:
    """Return what the graph's own attributes say; `read` says what is wrong with the file."""
    loaded, _ = _load(path)
    about = loaded.get("graph") if isinstance(loaded, dict) else None
    if not isinstance(about, dict):
        return Package(name=path.stem, path=path), []
    card = {key: about[key] for key in _CARD if isinstance(about.get(key), str)}
    name = about.get("dataset", about.get("name"))
    return package_of(
        card | ({"name": name} if isinstance(name, str) and name else {}), path, path.stem
    )


def read(path: Path, package: Package) -> tuple[dict[str, RawTable], list[Finding]]:
    """Return the raw tables of a graph file by name, and what is wrong with it."""
    loaded, wrong = _load(path)
    parts = graph_parts(loaded)
    if parts is None or None in parts.nodes or None in parts.edges:
        detail = wrong or "neither nodes with edges nor nodes with links"
        return {}, [Finding("graph-broken", file=path.name, params={"detail": detail})]
    nodes = [node for node in parts.nodes if node is not None]
    edges = [edge for edge in parts.edges if edge is not None]
    if any(
        f"{node.get('node_kind')}:" == _first(node, ["id"])[: len(_first(node, ["node_kind"])) + 1]
        for node in nodes
    ):
        return _own_tables(nodes, edges, package, path.name)
    return _structure(nodes, edges, package, path.name)


def _load(path: Path) -> tuple[Any, str]:
    """Return the content of a file, and why there is none."""
    refuse_pipe(path)
    if path.stat().st_size > _MOST:
        return None, f"more than {_MOST >> 20} MB"
    try:
        return json.loads(path.read_text(encoding="utf-8-sig")), ""
    except (ValueError, RecursionError) as error:
        return None, f"not JSON in UTF-8 ({str(error).splitlines()[0]})"


def _own_tables(
    nodes: list[dict[str, Any]], edges: list[dict[str, Any]], package: Package, shown: str
) -> tuple[dict[str, RawTable], list[Finding]]:
    """Return the tables behind a graph that chaingraph wrote; lines count nodes, then edges."""
    rows: dict[str, list[tuple[int, Mapping[str, Any]]]] = {"products": []}
    for line, node in enumerate(nodes, 1):
        table = _TABLES.get(str(node.get("node_kind")))
        own = {name: cell for name, cell in node.items() if name not in _OF_GRAPH}
        if table and f"{table[:-1]}_id" in own:
            rows.setdefault(table, []).append((line, own))
        elif table == "products":
            detail = "it holds the state of a region, not a dataset"
            return {}, [Finding("graph-broken", file=shown, params={"detail": detail})]
    for line, edge in enumerate(edges, len(nodes) + 1):
        kind = str(edge.get("edge_kind"))
        if kind == "input":
            own = {name: cell for name, cell in edge.items() if name not in _OF_GRAPH}
            rows.setdefault("inputs", []).append((line, own))
        held = edge.get("rows") if kind in _LINKS else None
        for row in held if isinstance(held, list) else ():
            if isinstance(row, dict):
                rows.setdefault(_LINKS[kind], []).append((line, row))
    tables = {name: _raw(name, held, package.name, shown) for name, held in rows.items()}
    return tables, []


def _raw(
    name: str, rows: list[tuple[int, Mapping[str, Any]]], package: str, shown: str
) -> RawTable:
    columns = list(dict.fromkeys(column for _, row in rows for column in row if column != "origin"))
    table = RawTable(name)
    table.columns = {column: [_cell(row.get(column)) for _, row in rows] for column in columns}
    table.package, table.file = [package] * len(rows), [shown] * len(rows)
    table.line.extend(line for line, _ in rows)
    return table


def _cell(value: Any) -> str:
    plain = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
    return value_text(plain).strip()


def _structure(
    nodes: list[dict[str, Any]], edges: list[dict[str, Any]], package: Package, shown: str
) -> tuple[dict[str, RawTable], list[Finding]]:
    """Return the tables of a graph of another program: products and who makes them, without figures."""
    structure = Structure(package.name, "general knowledge")
    kinds, strange = _node_kinds(nodes)
    for line, node in enumerate(nodes, 1):
        key, name = _first(node, _ID_KEYS), _first(node, _NAME_KEYS)
        if not key:
            structure.nameless(Place(shown, line))
        elif (kind := kinds[line - 1]) is not None:
            cells = {"name_zh": name}
            structure.add_node(
                kind, key, Place(shown, line), code=key, cells=cells, aliases=(name,)
            )
    open_ = _add_links(structure, nodes, edges, kinds, shown)
    asked = [
        Finding(rule, file=shown, params={"words": ", ".join(found), "file": shown})
        for rule, found in (("graph-kinds", strange), ("graph-relations", open_))
        if found
    ]
    if asked:
        return {}, asked
    return structure.tables(), [*structure.conflicts, *structure.findings()]


def _node_kinds(nodes: list[dict[str, Any]]) -> tuple[list[Kind | None], list[str]]:
    """Return what each node is, and the words that do not say it; products where nothing says anything."""
    for name in _KIND_KEYS:
        words = [_first(node, [name]) for node in nodes]
        if any(words):
            found = [_KINDS.get(word.casefold()) for word in words]
            return found, sorted(
                {word for word, kind in zip(words, found, strict=True) if kind is None}
            )
    return ["product"] * len(nodes), []


def _add_links(
    structure: Structure, nodes: list[dict[str, Any]], edges: list[dict[str, Any]], kinds: list[Kind | None],
    shown: str,
) -> list[str]:  # fmt: skip
    """Add the edges; return the relations whose meaning nobody said."""
    kind_of = {_first(node, _ID_KEYS): kind for node, kind in zip(nodes, kinds, strict=True)}
    open_: dict[str, None] = {}
    for line, edge in enumerate(edges, 1):
        place = Place(shown, len(nodes) + line)
        source = _first(edge, ("source", "from"))
        target = _first(edge, ("target", "to"))
        if not source or not target:
            structure.nameless(place)
            continue
        relation = _first(edge, _RELATION_KEYS)
        ends = kind_of.get(source) or "product", kind_of.get(target) or "product"
        meaning = _RELATIONS.get(relation.casefold()) if relation else _BY_ENDS.get(ends)
        if meaning is None or (meaning in ENDS and ENDS[meaning] != ends):
            open_[relation or f"{source} -> {target}"] = None
            continue
        if not relation and ends == ("product", "product"):
            structure.directed(place, f"{source} -> {target}")
        structure.add_link(meaning, source, target, place, relation=relation)
    return list(open_)
