"""From nodes and links of any source to the raw tables of a structure-only dataset."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from chaingraph.checks import Finding
from chaingraph.rawtables import RawTable
from chaingraph.schema import table_spec

Kind = Literal["product", "enterprise"]
Meaning = Literal[
    "source-is-input", "target-is-input", "source-makes-target", "target-makes-source", "ignore"
]
KINDS: Final[tuple[Kind, ...]] = ("product", "enterprise")
MEANINGS: Final[tuple[Meaning, ...]] = (
    "source-is-input",
    "target-is-input",
    "source-makes-target",
    "target-makes-source",
    "ignore",
)
ENDS: Final[dict[Meaning, tuple[Kind, Kind]]] = {
    "source-is-input": ("product", "product"),
    "target-is-input": ("product", "product"),
    "source-makes-target": ("enterprise", "product"),
    "target-makes-source": ("product", "enterprise"),
}
"""Kinds of the source and the target of a link, by what the link means."""
_ID = re.compile(table_spec("products").by_name["product_id"].pattern)
_LETTERS = 12
_EXAMPLES = 3
_TABLES: Final = {"product": "products", "enterprise": "enterprises"}


class Place(NamedTuple):
    """Where something stands."""

    file: str
    line: int


@dataclass
class Node:
    """A product or an enterprise on its way into a table."""

    id: str
    cells: dict[str, str]
    place: Place


@dataclass
class _Count:
    """How often something was seen in a file, where first, and a few examples."""

    line: int
    count: int = 0
    examples: list[str] = field(default_factory=list)


class Structure:
    """Collects nodes and links, merges what is said twice, counts what points nowhere."""

    def __init__(self, package: str, note: str = "", source_url: str = "") -> None:
        self.package = package
        self.about = {"source_url": source_url, "note": note}
        self.nodes: dict[Kind, dict[str, Node]] = {"product": {}, "enterprise": {}}
        self.aliases: dict[Kind, dict[str, str]] = {"product": {}, "enterprise": {}}
        self.links: dict[str, dict[tuple[str, str], tuple[Place, str]]] = {
            "inputs": {},
            "capacities": {},
        }
        self.conflicts: list[Finding] = []
        self._taken: set[tuple[Kind, str]] = set()
        self._counts: dict[tuple[str, str, str], _Count] = {}

    def add_node(
        self,
        kind: Kind,
        key: str,
        place: Place,
        *,
        code: str = "",
        cells: dict[str, str],
        aliases: tuple[str, ...] = (),
        by_name: bool = False,
    ) -> None:
        """Add a node under the key by which it is the same one; `code` is its id where it can be.

        Two of one key that say different things are a conflict, kept in `conflicts`; where the key is
        the name, what the first one says stands.
        """
        fields = table_spec(_TABLES[kind]).by_name
        cells = {name: text for name, text in cells.items() if name in fields}
        known = self.nodes[kind].get(key)
        if known is not None:
            for name, text in cells.items():
                held = known.cells.get(name)
                if held and text and held != text and not by_name:
                    first = f"{known.place.file}:{known.place.line}"
                    params: dict[str, object] = {"key": key, "other": held, "first": first}
                    self.conflicts.append(
                        Finding("list-conflict", _TABLES[kind], *place, name, text, params=params)
                    )
                known.cells[name] = held or text
            self._count("list-merged", place, key)
        else:
            self.nodes[kind][key] = Node(self._new_id(kind, code or key, key), dict(cells), place)
        for alias in aliases:
            if alias:
                owner = self.aliases[kind].setdefault(alias, key)
                if owner != key:
                    self.aliases[kind][alias] = ""  # two of a name: a link to it could mean either

    def _new_id(self, kind: Kind, wanted: str, key: str) -> str:
        """Return the id wanted where it is one and free, else one made of the key's hash."""
        text = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        made = [f"{kind[0]}_{text[:length]}" for length in range(_LETTERS, len(text) + 1)]
        for name in [*([wanted] if _ID.fullmatch(wanted) else []), *made]:
            if (kind, name.casefold()) not in self._taken:
                self._taken.add((kind, name.casefold()))
                return name
        return made[-1]

    def find(self, kind: Kind, text: str) -> str | None:
        """Return the id of the node that a link names by key or by another of its names."""
        key = text if text in self.nodes[kind] else self.aliases[kind].get(text)
        return self.nodes[kind][key].id if key else None

    def add_link(
        self, meaning: Meaning, source: str, target: str, place: Place, *, relation: str = ""
    ) -> None:
        """Add a link between two nodes that are known already."""
        if meaning == "ignore":
            self.ignore(place, relation)
            return
        kinds = ENDS[meaning]
        start, end = self.find(kinds[0], source), self.find(kinds[1], target)
        for found, kind, text in ((start, kinds[0], source), (end, kinds[1], target)):
            if found is None:
                self._count("list-dangling", place, text, _TABLES[kind])
        if start is None or end is None:
            return
        reverse = meaning.startswith("target")
        pair = (end, start) if reverse else (start, end)
        table = "inputs" if "input" in meaning else "capacities"
        if table == "inputs" and start == end:
            self._count("list-self", place, source)
        elif pair in self.links[table]:
            self._count("list-merged", place, f"{source} - {target}")
        else:
            self.links[table][pair] = (place, relation)

    def ignore(self, place: Place, relation: str) -> None:
        """Count a link whose relation has no place in the model."""
        self._count("list-relation", place, relation)

    def directed(self, place: Place, example: str) -> None:
        """Count a link without a word, whose source is read as an input of its target."""
        self._count("list-direction", place, example)

    def nameless(self, place: Place) -> None:
        """Count a row without a name."""
        self._count("list-nameless", place, "")

    def _count(self, rule: str, place: Place, example: str, kind: str = "") -> None:
        seen = self._counts.setdefault((rule, place.file, kind), _Count(place.line))
        seen.count += 1
        if len(seen.examples) < _EXAMPLES and example not in seen.examples:
            seen.examples.append(example)

    def findings(self) -> list[Finding]:
        """Return what was merged and left out: one finding a file and rule, with its count."""
        return [
            Finding(
                rule, file=file, line=seen.line,
                params={
                    "count": seen.count, "kind": kind, "examples": ", ".join(seen.examples)
                },
            )
            for (rule, file, kind), seen in self._counts.items()
        ]  # fmt: skip

    def tables(self) -> dict[str, RawTable]:
        """Return the raw tables: products always, the others where they have rows."""
        rows: dict[str, list[tuple[dict[str, str], Place]]] = {"products": []}
        for kind in KINDS:
            for node in self.nodes[kind].values():
                cells = {f"{kind}_id": node.id} | self.about | node.cells
                rows.setdefault(_TABLES[kind], []).append((cells, node.place))
        for table, names in (
            ("inputs", ("input_id", "output_id")),
            ("capacities", ("enterprise_id", "product_id")),
        ):
            for pair, (place, relation) in self.links[table].items():
                note = "; ".join(filter(None, (relation, self.about["note"])))
                cells = dict(zip(names, pair, strict=True)) | self.about | {"note": note}
                rows.setdefault(table, []).append((cells, place))
        return {name: self._table(name, found) for name, found in rows.items()}

    def _table(self, name: str, rows: list[tuple[dict[str, str], Place]]) -> RawTable:
        columns = list(dict.fromkeys(column for cells, _ in rows for column in cells))
        return RawTable(
            name,
            {column: [cells.get(column, "") for cells, _ in rows] for column in columns},
            [self.package] * len(rows),
            [place.file for _, place in rows],
            [place.line for _, place in rows],
        )
