"""The shape of the code: layers, sizes, docstrings, one version."""

from __future__ import annotations

import ast
import configparser
import inspect
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, NamedTuple

import networkx as nx
import numpydoc.docscrape
import pytest

import chaingraph as cg
from chaingraph.version import __version__
from tests.helpers_layers import (
    GUIDE,
    PACKAGE,
    REPOSITORY,
    guide_table,
    load_entries,
    load_layers,
    shown_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAYERS = load_layers()


class Import(NamedTuple):
    source: str
    target: str
    typing_only: bool


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")


@cache
def trees() -> dict[str, ast.Module]:
    return {
        module_name(path): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def is_typing_guard(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports name their module in full"
        deeper = [f"{node.module}.{alias.name}" for alias in node.names]
        return [name if name in trees() else str(node.module) for name in deeper]
    return []


@cache
def imports() -> list[Import]:
    """Return every import of one module of the package by another, inside functions too."""
    found = set()
    for source, tree in trees().items():
        typing = {
            id(inner)
            for node in ast.walk(tree)
            if is_typing_guard(node)
            for part in node.body
            for inner in ast.walk(part)
        }
        for node in ast.walk(tree):
            for target in imported_names(node):
                if target.split(".")[0] == "chaingraph" and target != source:
                    found.add(Import(source, target, id(node) in typing))
    return sorted(found)


def group(module: str) -> str:
    """Return the module or subpackage right below the root."""
    return [*module.split("."), ""][1]


def test_every_module_has_one_layer():
    assert {group(name) for name in trees()} - {""} <= set(LAYERS)
    assert len(LAYERS) == sum(len(entry.rooms) for entry in load_entries())


def test_the_guide_shows_the_layers():
    """Else: ``python -m tests.helpers_layers``."""
    assert shown_table(GUIDE.read_text(encoding="utf-8")) == guide_table()


def test_imports_point_downward():
    wrong = []
    for entry in imports():
        source, target = group(entry.source), group(entry.target)
        if not source or not target or source == target:
            continue
        upward = LAYERS[target] > LAYERS[source]
        sideways = LAYERS[target] == LAYERS[source]
        if upward or (sideways and not entry.typing_only):
            wrong.append(entry)
    assert wrong == []


def test_rooms_within_a_room_import_what_stands_before_them():
    floors = {
        f"chaingraph.{room}.{inner}": (room, place)
        for entry in load_entries()
        for room in entry.rooms
        for place, inner in enumerate(entry.within)
    }
    assert floors
    wrong = []
    for entry in imports():
        source, target = (
            floors.get(".".join(name.split(".")[:3])) for name in (entry.source, entry.target)
        )
        if source and target and source[0] == target[0] and target[1] > source[1]:
            wrong.append(entry)
    assert wrong == []


def test_every_room_within_a_room_has_its_place():
    for entry in load_entries():
        for room in entry.rooms:
            inside = {
                name.split(".")[2] for name in trees() if name.startswith(f"chaingraph.{room}.")
            }
            assert not entry.within or inside <= set(entry.within)


def test_no_modules_import_each_other_in_a_circle():
    """Not for their types either: what two modules share stands in a third."""
    graph = nx.DiGraph((entry.source, entry.target) for entry in imports())
    circles = [sorted(part) for part in nx.strongly_connected_components(graph) if len(part) > 1]
    assert circles == []


def test_nobody_inside_imports_the_package_root():
    assert [entry for entry in imports() if not group(entry.target)] == []


def test_enterprises_and_products_do_not_know_each_other():
    pairs = {(group(entry.source), group(entry.target)) for entry in imports()}
    assert not pairs & {("enterprises", "products"), ("products", "enterprises")}


def test_no_import_cycle():
    below: dict[str, set[str]] = {}
    for entry in imports():
        if not entry.typing_only:
            below.setdefault(entry.source, set()).add(entry.target)
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, f"import cycle: {' -> '.join([*path, module])}"
        if module in done:
            return
        for target in sorted(below.get(module, ())):
            visit(target, (*path, module))
        done.add(module)

    for module in sorted(below):
        visit(module, ())


@pytest.mark.parametrize(
    ("source", "library"),
    [("enterprises", "networkx"), ("enterprises", "scipy"), ("cli", "pandas"), ("cli", "numpy")],
)
def test_layers_keep_to_their_libraries(source, library):
    users = {
        name
        for name, tree in trees().items()
        for node in ast.walk(tree)
        if library in {target.split(".")[0] for target in imported_names(node)}
    }
    assert source not in {group(name) for name in users}


@pytest.mark.parametrize("folder", [PACKAGE, REPOSITORY / "tests"], ids=["package", "tests"])
def test_files_stay_short(folder):
    lines = {
        str(path.relative_to(REPOSITORY)): len(path.read_text(encoding="utf-8").splitlines())
        for path in folder.rglob("*.py")
    }
    assert {name: count for name, count in lines.items() if count > 700} == {}


def body_lines(node: ast.FunctionDef) -> int:
    """Return the lines of a function without its docstring and its decorators."""
    total = (node.end_lineno or node.lineno) - node.lineno + 1
    if ast.get_docstring(node) is None:
        return total
    docstring = node.body[0]
    return total - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    for module, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                yield f"{module}.{node.name}", node


def test_functions_stay_short():
    assert {name: body_lines(node) for name, node in functions() if body_lines(node) > 80} == {}


def test_nothing_prints_and_nothing_asserts():
    calls = [
        module
        for module, tree in trees().items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "breakpoint"})
        or isinstance(node, ast.Assert)
    ]
    assert calls == []


PUBLIC = [name for name in cg.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_documented(name):
    thing = getattr(cg, name)
    doc = numpydoc.docscrape.NumpyDocString(inspect.getdoc(thing) or "")
    assert doc["Summary"]
    if not inspect.isfunction(thing):
        return
    parameters = list(inspect.signature(thing).parameters)
    named = [
        part.strip().lstrip("*") for entry in doc["Parameters"] for part in entry.name.split(",")
    ]
    assert sorted(named) == sorted(parameters)
    assert doc["Returns"]
    assert ">>>" in "\n".join(doc["Examples"])


def test_public_names_are_sorted_loaded_on_use_and_listed():
    assert cg.__all__ == sorted(cg.__all__)
    assert dir(cg) == cg.__all__
    assert set(cg._WHERE) == set(PUBLIC)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = cg.nothing


def test_typing_block_and_loader_agree():
    tree = trees()["chaingraph"]
    block = next(node for node in tree.body if is_typing_guard(node))
    named = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert named == cg._WHERE


def test_one_version():
    setup = configparser.ConfigParser()
    setup.read(REPOSITORY / "setup.cfg", encoding="utf-8")
    assert cg.__version__ == __version__
    assert setup["metadata"]["version"] == __version__
    assert metadata.version("chaingraph") == __version__
    changes = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    assert __version__ in changes


def test_every_package_is_installed():
    setup = configparser.ConfigParser()
    setup.read(REPOSITORY / "setup.cfg", encoding="utf-8")
    listed = set(setup["options"]["packages"].split())
    packages = {module_name(path) for path in PACKAGE.rglob("__init__.py")}
    assert packages | {"chaingraph.datasets"} == listed
    assert (PACKAGE / "py.typed").is_file()
