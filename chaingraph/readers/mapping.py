"""What a mapping file says of node and edge lists, checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, cast

from chaingraph.errors import OptionError, closest
from chaingraph.readers.structure import KINDS, MEANINGS, Kind, Meaning
from chaingraph.schema import table_spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

OTHERS: Final = "*"
"""In `kinds` and `relations`: all words that are not listed."""
_CARD: Final = ("name", "title", "title_zh", "as_of", "language", "focus", "chains", "description")
_OWN: Final = ("nodes", "edges", "note", "source_url")
_NODE_KEYS: Final = ("file", "name", "id", "kind", "kinds", "as", "aliases", "columns", "key")
_EDGE_KEYS: Final = ("file", "source", "target", "relation", "relations", "means")


@dataclass(frozen=True)
class NodeList:
    """A file of nodes and which column is what."""

    file: str
    name: str
    id: str
    kind: str
    kinds: Mapping[str, Kind | Literal["ignore"]]
    fixed: Kind | None
    aliases: tuple[str, ...]
    columns: Mapping[str, str]
    key_is_name: bool

    @property
    def needed(self) -> list[str]:
        """Columns that the file must have."""
        named = (self.name, self.id, self.kind, *self.aliases, *self.columns.values())
        return [name for name in named if name]

    def kind_of(self, row: Mapping[str, str]) -> Kind | Literal["ignore", "unlisted"]:
        """Return the kind of a row's node, ``unlisted`` where the map does not name its word."""
        if self.fixed:
            return self.fixed
        return self.kinds.get(row.get(self.kind, ""), self.kinds.get(OTHERS, "unlisted"))


@dataclass(frozen=True)
class EdgeList:
    """A file of edges, which column is what, and what a relation means."""

    file: str
    source: str
    target: str
    relation: str
    relations: Mapping[str, Meaning]
    means: Meaning | None

    @property
    def needed(self) -> list[str]:
        """Columns that the file must have."""
        return [name for name in (self.source, self.target, self.relation) if name]

    def meaning_of(self, row: Mapping[str, str]) -> Meaning | None:
        """Return what the relation of a row means, None where the map does not say it."""
        others = self.relations.get(OTHERS, self.means)
        return self.relations.get(row.get(self.relation, ""), others)


@dataclass(frozen=True)
class ListMap:
    """All lists of a dataset and what its card says."""

    nodes: tuple[NodeList, ...]
    edges: tuple[EdgeList, ...]
    card: Mapping[str, Any]
    note: str = ""
    source_url: str = ""


def read_map(mapping: Any, shown: str) -> ListMap:
    """Return a mapping, checked.

    Raises
    ------
    OptionError
        Where a key is unknown or missing, or a word is not one of its list.
    """
    if not isinstance(mapping, dict):
        _refuse(shown, "the top level is not a table")
    _known(mapping, (*_CARD, *_OWN), shown, "the top level")
    nodes = tuple(_nodes(entry, shown) for entry in _entries(mapping, "nodes", shown))
    edges = tuple(_edges(entry, shown) for entry in _entries(mapping, "edges", shown))
    if not nodes and not edges:
        _refuse(shown, "it has neither [nodes] nor [edges]")
    return ListMap(
        nodes,
        edges,
        {key: mapping[key] for key in _CARD if key in mapping},
        _text(mapping, "note", shown),
        _text(mapping, "source_url", shown),
    )


def _refuse(shown: str, detail: str) -> NoReturn:
    raise OptionError("bad-map", path=shown, detail=detail)


def _known(entry: Mapping[str, Any], names: Iterable[str], shown: str, where: str) -> None:
    for key in entry:
        if key not in names:
            near = ", ".join(closest(str(key), names)) or ", ".join(names)
            _refuse(shown, f"'{key}' in {where} is not one of its keys; did you mean: {near}")


def _entries(mapping: Mapping[str, Any], key: str, shown: str) -> list[dict[str, Any]]:
    held = mapping.get(key, [])
    entries = [held] if isinstance(held, dict) else held
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        _refuse(shown, f"'{key}' is neither a table nor a list of tables")
    return entries


def _text(entry: Mapping[str, Any], key: str, shown: str, *, needed: bool = False) -> str:
    value = entry.get(key, "")
    if not isinstance(value, str):
        _refuse(shown, f"'{key}' is not a text")
    if needed and not value:
        _refuse(shown, f"'{key}' is missing")
    return value


def _words(
    entry: Mapping[str, Any], key: str, choices: Iterable[str] | None, shown: str
) -> dict[str, str]:
    """Return a table of texts whose values are words of a list."""
    held = entry.get(key, {})
    if not isinstance(held, dict) or not all(isinstance(value, str) for value in held.values()):
        _refuse(shown, f"'{key}' is not a table of texts")
    for value in held.values():
        _word(value, choices, key, shown)
    return held


def _word(value: str, choices: Iterable[str] | None, key: str, shown: str) -> None:
    if choices is not None and value not in choices:
        _refuse(shown, f"'{value}' in '{key}' is not one of: {', '.join(choices)}")


def _nodes(entry: dict[str, Any], shown: str) -> NodeList:
    _known(entry, _NODE_KEYS, shown, "[nodes]")
    fixed, kind = _text(entry, "as", shown), _text(entry, "kind", shown)
    kinds = _words(entry, "kinds", (*KINDS, "ignore"), shown)
    if bool(fixed) == bool(kind):
        _refuse(shown, "[nodes] needs either 'as' or 'kind' with 'kinds'")
    if fixed:
        _word(fixed, KINDS, "as", shown)
    elif not kinds:
        _refuse(shown, "[nodes] has 'kind' but no 'kinds'")
    aliases = entry.get("aliases", [])
    if not isinstance(aliases, list) or not all(isinstance(name, str) for name in aliases):
        _refuse(shown, "'aliases' is not a list of columns")
    columns = _words(entry, "columns", None, shown)
    fields = {*table_spec("products").field_names, *table_spec("enterprises").field_names}
    figures = {"price_cny", "price_unit", "price_as_of", "product_id", "enterprise_id"}
    allowed = sorted(fields - figures - {"lat", "lon", "anchor", "stage"})
    for column in columns:
        _word(column, allowed, "columns", shown)
    return NodeList(
        file=_text(entry, "file", shown, needed=True),
        name=_text(entry, "name", shown, needed=True),
        id=_text(entry, "id", shown),
        kind=kind,
        kinds=cast('dict[str, Kind | Literal["ignore"]]', kinds),
        fixed=cast("Kind | None", fixed or None),
        aliases=tuple(aliases),
        columns=columns,
        key_is_name=_text(entry, "key", shown) == "name",
    )


def _edges(entry: dict[str, Any], shown: str) -> EdgeList:
    _known(entry, _EDGE_KEYS, shown, "[edges]")
    means, relation = _text(entry, "means", shown), _text(entry, "relation", shown)
    relations = _words(entry, "relations", MEANINGS, shown)
    if means:
        _word(means, MEANINGS, "means", shown)
    elif not relation or not relations:
        _refuse(shown, "[edges] needs either 'means' or 'relation' with 'relations'")
    return EdgeList(
        file=_text(entry, "file", shown, needed=True),
        source=_text(entry, "source", shown, needed=True),
        target=_text(entry, "target", shown, needed=True),
        relation=relation,
        relations=cast("dict[str, Meaning]", relations),
        means=cast("Meaning | None", means or None),
    )
