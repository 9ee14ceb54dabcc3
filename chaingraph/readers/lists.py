"""Reader of node and edge lists of any names, told by a mapping which column is what."""

from __future__ import annotations

import csv
import io
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Final, Literal

from chaingraph.checks import Finding, refuse, run_checks
from chaingraph.dataset import Dataset
from chaingraph.errors import OptionError, closest
from chaingraph.files import read_bounded, read_utf8
from chaingraph.rawtables import RawDataset
from chaingraph.readers.csv_folder import MOST_COLUMNS
from chaingraph.readers.datapackage import package_of
from chaingraph.readers.graphs import graph_parts, loaded_graph
from chaingraph.readers.mapping import ListMap, read_map
from chaingraph.readers.structure import ENDS, KINDS, MEANINGS, Place, Structure
from chaingraph.tables import typed_tables

if TYPE_CHECKING:
    from chaingraph.readers.mapping import EdgeList, NodeList

Row = tuple[int, dict[str, str]]
Part = Literal["nodes", "edges"]
MOST_BYTES: Final = 400_000_000
"""Bytes of the largest node or edge list."""


def read_lists(
    mapping: str | Path | Mapping[str, Any], *, folder: str | Path | None = None
) -> Dataset:
    r"""Read node and edge lists as a dataset that knows the structure and no figure.

    Parameters
    ----------
    mapping
        A TOML or JSON file, or its content: ``nodes`` and ``edges``, each a table or a list of tables.
        Nodes have ``file``, ``name``, optionally ``id``, ``aliases`` (further columns by which links name
        a node), ``columns`` (schema column = column of the file), and either ``as`` (product or enterprise)
        or ``kind`` (a column) with ``kinds`` (its values = product, enterprise or ignore). Edges have
        ``file``, ``source``, ``target``, and either ``means`` or ``relation`` (a column) with ``relations``:
        its values = ``source-is-input``, ``target-is-input``, ``source-makes-target``,
        ``target-makes-source`` or ``ignore``, and ``"*"`` for all others. Without nodes, the ends of the
        edges are the nodes. A file may be CSV, JSON lines, or a JSON graph of nodes and edges (or links).
        Top-level ``name``, ``title_zh``, ``title``, ``as_of``, ``language``, ``focus``, ``chains``, ``note``,
        ``source_url`` describe the dataset.
    folder
        Where the files are; beside the mapping file by default.

    Returns
    -------
    Dataset
        Products, inputs without coefficient, enterprises, capacities without figure. An id is the one given
        where it is one, else made of the name's hash. `findings` counts what was merged or left out.

    Raises
    ------
    OptionError
        Where the mapping cannot be used, or does not say what a kind or relation of the files means.
    DataError
        Where one id has two names, or a file lacks a column or cannot be read as CSV or JSON lines.
    FileProblemError
        Where a file is missing.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (place / "e.csv").write_text("from,to\nore,metal\n")
    >>> edges = {"file": "e.csv", "source": "from", "target": "to", "means": "source-is-input"}
    >>> read_lists({"edges": edges}, folder=place).inputs[["input_id", "output_id"]].values.tolist()
    [['ore', 'metal']]
    """
    if isinstance(mapping, Mapping):
        plan = read_map(mapping, "mapping")
        place = Path(folder or ".")
    else:
        plan = read_map(_load(Path(mapping)), str(mapping))
        place = Path(mapping).parent if folder is None else Path(folder)
    place = place.parent if place.is_file() else place
    return dataset_of(plan, place)


def dataset_of(plan: ListMap, folder: Path) -> Dataset:
    """Return the dataset of the lists in a folder."""
    package, findings = package_of(dict(plan.card), folder, folder.resolve().name or "lists")
    if findings:
        raise OptionError("bad-map", path="mapping", detail=findings[0].params["detail"])
    structure = Structure(package.name, plan.note, plan.source_url)
    for nodes in plan.nodes:
        _add_nodes(structure, nodes, folder)
    for edges in plan.edges:
        _add_edges(structure, edges, folder, infer=not plan.nodes)
    refuse(structure.conflicts, package.name)
    raw = RawDataset([package], structure.tables())
    if not len(raw.tables["products"]):
        refuse([Finding("no-products", "products", package.name)], package.name)
    refuse(run_checks(raw, at_load=True), package.name)
    return Dataset(
        (package,), typed_tables(raw), package.as_of, findings=tuple(structure.findings())
    )


def _load(path: Path) -> Any:
    """Return the content of a mapping file."""
    text = read_utf8(path, "bad-map")
    try:
        return json.loads(text) if path.suffix.casefold() == ".json" else tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        detail = str(error).splitlines()[0]
        if "key part" in detail or (not text.isascii() and "Invalid statement" in detail):
            detail += "; keys that are not Latin stand in quotes"
        raise OptionError("bad-map", path=path, detail=detail) from error


def _add_nodes(structure: Structure, nodes: NodeList, folder: Path) -> None:
    file, rows = _rows(folder, nodes.file, nodes.needed, "nodes")
    open_: dict[str, int] = {}
    for line, row in rows:
        place = Place(file, line)
        kind = nodes.kind_of(row)
        name, given = row.get(nodes.name, ""), row.get(nodes.id, "")
        if kind == "unlisted":
            word = row.get(nodes.kind, "")
            open_[word] = open_.get(word, 0) + 1
        elif kind == "ignore":
            structure.ignore(place, row.get(nodes.kind, ""))
        elif not name and (nodes.key_is_name or not given):
            structure.nameless(place)
        else:
            cells = {column: row.get(source, "") for column, source in nodes.columns.items()}
            structure.add_node(
                kind,
                (name if nodes.key_is_name else given) or name or given,
                place,
                code=given,
                cells={"name_zh": name or given} | {k: v for k, v in cells.items() if v},
                aliases=(name, *(row.get(column, "") for column in nodes.aliases)),
                by_name=nodes.key_is_name,
            )
    _ask("map-kinds", nodes.file, open_, (*KINDS, "ignore"))


def _add_edges(structure: Structure, edges: EdgeList, folder: Path, *, infer: bool) -> None:
    file, rows = _rows(folder, edges.file, edges.needed, "edges")
    open_: dict[str, int] = {}
    for line, row in rows:
        place = Place(file, line)
        source, target = row.get(edges.source, ""), row.get(edges.target, "")
        relation = row.get(edges.relation, "")
        meaning = edges.meaning_of(row)
        if meaning is None:
            open_[relation] = open_.get(relation, 0) + 1
            continue
        if not source or not target:
            structure.nameless(place)
            continue
        if infer and meaning != "ignore":
            for kind, name in zip(ENDS[meaning], (source, target), strict=True):
                if structure.find(kind, name) is None:
                    structure.add_node(kind, name, place, cells={"name_zh": name})
        structure.add_link(meaning, source, target, place, relation=relation)
    _ask("map-relations", edges.file, open_, MEANINGS)


def _ask(key: str, file: str, open_: Mapping[str, int], choices: Iterable[str]) -> None:
    """Ask for the words of a file that a map does not list: left out unsaid, they would be lost."""
    if open_:
        words = ", ".join(f'"{word}" ({count})' for word, count in open_.items())
        raise OptionError(key, file=file, words=words, choices=", ".join(choices))


def _rows(folder: Path, name: str, needed: list[str], part: Part) -> tuple[str, Iterator[Row]]:
    """Return how a file is named in findings, and its rows with their lines."""
    if PurePath(name).is_absolute() or ".." in PurePath(name.replace("\\", "/")).parts:
        detail = f"'file' leads out of the folder of the lists: {name}"
        raise OptionError("bad-map", path="mapping", detail=detail)
    path = folder / name
    shown = f"{folder.resolve().name}/{name}"
    data = read_bounded(path, most=MOST_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        params: dict[str, object] = {"file": shown, "detail": f"byte {error.start}"}
        line = data.count(b"\n", 0, error.start) + 1
        refuse([Finding("file-encoding", file=shown, line=line, params=params)], folder.name)
        raise
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        params = {"file": shown, "detail": "a NUL byte"}
        refuse([Finding("file-encoding", file=shown, line=line, params=params)], folder.name)
    if path.suffix.casefold() in {".json", ".jsonl", ".ndjson"}:
        return shown, _json_rows(text, shown, needed, part)
    return shown, _csv_rows(text, shown, needed, "\t" if path.suffix.casefold() == ".tsv" else ",")


def _csv_rows(text: str, shown: str, needed: list[str], comma: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=comma, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _need(header, needed, shown)
        start = reader.line_num + 1
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if stripped == header:
                refuse([Finding("header-again", file=shown, line=start)], shown)
            if any(stripped[len(header) :]):
                params: dict[str, object] = {"expected": len(header), "found": len(cells)}
                refuse([Finding("ragged-row", file=shown, line=start, params=params)], shown)
            if any(stripped):
                yield start, dict(zip(header, stripped, strict=False))
            start = reader.line_num + 1
    except csv.Error as error:
        params = {"file": shown, "detail": str(error)}
        refuse([Finding("file-broken", file=shown, line=reader.line_num, params=params)], shown)


def _json_rows(text: str, shown: str, needed: list[str], part: Part) -> Iterator[Row]:
    """Return objects of a JSON graph or of JSON lines; keys that no object has are missing columns."""
    seen: set[str] = set()
    rows: list[Row] = []
    parts = graph_parts(loaded_graph(text))
    items = _objects(text) if parts is None else enumerate(getattr(parts, part), 1)
    for line, loaded in items:
        if not isinstance(loaded, dict):
            refuse([Finding("list-broken", file=shown, line=line)], shown)
            continue
        seen |= set(loaded)
        rows.append((line, {key: _text(value) for key, value in loaded.items()}))
    _need(sorted(seen), needed if rows else [], shown)
    yield from rows


def _objects(text: str) -> Iterator[tuple[int, Any]]:
    """Return what stands on each line, or each item of one JSON list; None for no JSON."""
    if text.lstrip().startswith("["):
        whole = _parsed(text)
        yield from enumerate(whole, 1) if isinstance(whole, list) else [(1, None)]
        return
    for line, part in enumerate(text.split("\n"), 1):
        if part.strip():
            yield line, _parsed(part)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(value: Any) -> str:
    if value is None or isinstance(value, list | dict):
        return ""
    return str(value).strip()


def _need(header: list[str], needed: list[str], shown: str) -> None:
    if len(header) > MOST_COLUMNS:
        most: dict[str, object] = {"found": f"{len(header):,}", "most": f"{MOST_COLUMNS:,}"}
        refuse([Finding("columns-too-many", file=shown, line=1, params=most)], shown)
    gone = [name for name in needed if name not in header]
    if gone:
        near = [f"{hit} -> {name}" for name in gone for hit in closest(name, header, 1)]
        params: dict[str, object] = {
            "columns": ", ".join(gone), "suggestions": ", ".join(near) or "-",
        }  # fmt: skip
        refuse([Finding("missing-column", file=shown, line=1, params=params)], shown)
