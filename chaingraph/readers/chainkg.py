"""Reader of the JSON-lines files of the public ChainKnowledgeGraph project."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chaingraph.errors import FileProblemError, file_problem
from chaingraph.readers.lists import dataset_of
from chaingraph.readers.mapping import OTHERS, read_map

if TYPE_CHECKING:
    from chaingraph.dataset import Dataset

ADDRESS: Final = "https://github.com/liuhuanyong/ChainKnowledgeGraph"
_PRODUCTS, _LINKS = "product.json", "product_product.json"
_COMPANIES, _MAKERS = "company.json", "company_product.json"
_NOT_NAMES: Final = frozenset({"rel", "rel_weight", "weight"})
_LOOKED_AT = 65_536


def is_chain_graph(path: Path) -> bool:
    """Tell whether a folder holds the project's files and no dataset."""
    if not path.is_dir() or (path / "datapackage.json").exists():
        return False
    return (path / _PRODUCTS).is_file() and (path / _LINKS).is_file()


def read_chain_graph(folder: str | Path) -> Dataset:
    r"""Read the files of ChainKnowledgeGraph as a dataset that knows the structure and no figure.

    Parameters
    ----------
    folder
        Holds ``product.json`` (``name``) and ``product_product.json`` (two names and ``rel``), optionally
        ``company.json`` (``name``, ``fullname``, ``code``) and ``company_product.json``, one JSON object a
        line. ``rel`` 上游材料 means that the second product is upstream of the first, 下游产品 that it is
        downstream; other relations (产品小类) and the industries are left out.

    Returns
    -------
    Dataset
        Products, inputs without coefficient, enterprises, capacities without figure. Ids are the companies'
        codes, else made of the names' hashes. `findings` counts what was merged, what points
        nowhere and which relations were left out.

    Raises
    ------
    FileProblemError
        Where a file is missing.
    DataError
        Where a line is no JSON object.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> place = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (place / "product.json").write_text('{"name": "Al2O3"}\n{"name": "Al"}\n')
    >>> link = '{"from_entity": "Al", "to_entity": "Al2O3", "rel": "上游材料"}'
    >>> _ = (place / "product_product.json").write_text(link, encoding="utf-8")
    >>> read_chain_graph(place).inputs[["input_id", "output_id"]].values.tolist()
    [['Al2O3', 'Al']]
    """
    place = Path(folder)
    if not place.is_dir():
        raise FileProblemError("no-such-path", path=folder)
    nodes: list[dict[str, Any]] = [{"file": _PRODUCTS, "name": "name", "as": "product"}]
    first, second = _ends(_first(place / _LINKS), ("from_entity", "to_entity"))
    relations = {"上游材料": "target-is-input", "下游产品": "source-is-input", OTHERS: "ignore"}
    edges: list[dict[str, Any]] = [
        {
            "file": _LINKS,
            "source": first,
            "target": second,
            "relation": "rel",
            "relations": relations,
        }
    ]
    if (place / _COMPANIES).exists():
        named = {"name": "name", "key": "name", "as": "enterprise"}
        told = _first(place / _COMPANIES)
        code = {"id": "code"} if "code" in told else {}
        nodes.append({
            "file": _COMPANIES, **named, **code,
            "aliases": [key for key in ("fullname",) if key in told],
            "columns": {"group_zh": "name"} | ({"stock_code": "code"} if code else {}),
        })  # fmt: skip
        if (place / _MAKERS).exists():
            first, second = _ends(_first(place / _MAKERS), ("company_name", "product_name"))
            makers = {"source": first, "target": second, "means": "source-makes-target"}
            edges.append({"file": _MAKERS, **makers})
    plan = {
        "title": "ChainKnowledgeGraph", "title_zh": "产业链知识图谱",
        "source_url": ADDRESS, "nodes": nodes, "edges": edges,
    }  # fmt: skip
    return dataset_of(read_map(plan, str(place)), place)


def _first(path: Path) -> dict[str, Any]:
    """Return the object on the first line of a file, an empty one where there is none."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace") as lines:
            loaded = json.loads(lines.readline(_LOOKED_AT))
    except OSError as error:
        raise file_problem("unreadable-path", path, error) from error
    except (ValueError, RecursionError):
        return {}  # said when the lines are read
    return loaded if isinstance(loaded, dict) else {}


def _ends(told: dict[str, Any], expected: tuple[str, str]) -> tuple[str, str]:
    """Return the keys of the two names of a link: the expected ones, else the first two texts."""
    names = [
        key
        for key, value in told.items()
        if isinstance(value, str) and key.casefold() not in _NOT_NAMES
    ]
    if all(key in told for key in expected) or len(names) < len(expected):
        return expected
    return names[0], names[1]
