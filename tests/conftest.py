"""Small literal datasets for the tests, and the bundled ones read once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import chaingraph as cg
from chaingraph import loading
from chaingraph.bundled import bundled_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from chaingraph import Dataset

    Build = Callable[..., Dataset]


@pytest.fixture(autouse=True, scope="session")
def _bundled_read_once():
    """Read each bundled dataset once a process: they are frozen, and studies of the same tables are kept."""
    bundled, read = set(bundled_folders().values()), loading.read_texts
    kept: dict[Path, Dataset] = {}

    def read_once(folder, **options):
        if folder not in bundled or options.get("engine", "pandas") != "pandas":
            return read(folder, **options)
        if folder not in kept:
            kept[folder] = read(folder)
        return kept[folder]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "read_texts", read_once)
        yield


LOAD_DATES = [str(year) for year in range(2000, 2030, 2)]
"""A load is in force for 24 months, so that tests at any date find one."""


def _rows(items: Iterable[Any], *names: str) -> list[dict[str, Any]]:
    """Turn tuples into rows; a mapping at the end of a tuple adds further columns."""
    rows = []
    for item in items:
        more = item[-1] if isinstance(item[-1], dict) else {}
        rows.append(dict(zip(names, item[: len(item) - bool(more)], strict=False)) | more)
    return rows


def build_dataset(
    products: Iterable[tuple[Any, ...]] | str,
    inputs: Iterable[tuple[Any, ...]] = (),
    makers: Iterable[tuple[Any, ...]] | None = (),
    *,
    sites: Mapping[str, dict[str, Any]] | None = None,
    focus: str = "here",
    as_of: str = "",
    load: float | None = 1,
    surveyed: bool = True,
    **tables: list[dict[str, Any]],
) -> Dataset:
    """Make a dataset of (product, unit, price), (input, output, coefficient), (site, product, capacity).

    Products may be ids in a string: then in t. A site lies in the city ``here`` unless `sites` says
    otherwise. Without makers (None) there are no enterprises and no capacities. All makers run at one
    known load (None: the data say nothing), and somebody looked at all that is made in the focus.
    """
    listed = [(name, "t") for name in products.split()] if isinstance(products, str) else products
    frames = {
        "products": _rows(listed, "product_id", "unit", "price_cny"),
        "inputs": _rows(inputs, "input_id", "output_id", "coefficient"),
    }
    if makers is not None:
        frames["capacities"] = _rows(makers, "enterprise_id", "product_id", "capacity")
        names = sorted({row["enterprise_id"] for row in frames["capacities"]} | set(sites or {}))
        frames["enterprises"] = [
            {"enterprise_id": name, "city": "here"} | (sites or {}).get(name, {}) for name in names
        ]
    if load is not None and makers is not None:
        facts = [
            {"product_id": row["product_id"], "measure": "load", "value": load, "date": date}
            for row in frames["products"]
            for date in LOAD_DATES
        ]
        frames["product_facts"] = [*facts, *tables.pop("product_facts", [])]
    if surveyed and focus and makers is not None and "surveys" not in tables:
        frames["surveys"] = [
            {
                "region": focus,
                "products": "*",
                "method": "register",
                "result": "all",
                "as_of": as_of or LOAD_DATES[0],
            }
        ]
    filled = {name: pd.DataFrame(rows) for name, rows in (frames | tables).items() if rows}
    if makers is not None and not makers:
        filled["capacities"] = pd.DataFrame({"enterprise_id": [], "product_id": []}, dtype="str")
        filled.setdefault("enterprises", pd.DataFrame({"enterprise_id": []}, dtype="str"))
    return cg.dataset_from_frames(filled, focus=focus, as_of=as_of, language="en")


LONG = ("test_engines", "test_hour", "test_views_targets", "test_diff", "test_properties")
"""Files of some long tests: begun first, they do not keep one process busy when the others are done."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files in front."""
    items.sort(key=lambda item: item.path.stem not in LONG)


@pytest.fixture(scope="session")
def build() -> Build:
    """Return the builder of small datasets."""
    return build_dataset


@pytest.fixture(scope="session")
def toy() -> Dataset:
    """Return the bundled toy dataset."""
    return cg.load_dataset("toy")


@pytest.fixture(scope="session")
def qujing() -> Dataset:
    """Return the bundled dataset of Qujing."""
    return cg.load_dataset("qujing")
