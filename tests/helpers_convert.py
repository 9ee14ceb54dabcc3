"""Datasets that try what a format can hold, and comparing what comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

import chaingraph as cg
from chaingraph.schema import TABLE_NAMES
from chaingraph.tables import ORIGIN

if TYPE_CHECKING:
    from pathlib import Path

CARD = ("name", "version", "focus", "as_of", "language", "chains")
HOSTILE = [
    "=1+1", "+1", "-1", "@SUM(A1)", "'=1", "<script>alert(1)</script>", 'say "no", & go', "两\n行",
    "_x0041_", "\N{BATTERY}电池", "0010", "1e5", "TRUE", "2023-06-30", "a" * 2_000, "]]>", "NaN", "None",
    "＝1+1", "＠SUM(A1)",
]  # fmt: skip


def hostile(**more: object) -> cg.Dataset:
    """Return a dataset whose names are made to be misread."""
    ids = [f"p{number}" for number in range(len(HOSTILE))]
    frames = {
        "products": pd.DataFrame({
            "product_id": ids, "name_zh": HOSTILE, "unit": "t",
            "price_cny": [0.1 + 0.2, 1e18, 1 / 3, 5.0, *[None] * (len(ids) - 4)],
            "price_unit": ["CNY/t"] * 4 + [None] * (len(ids) - 4), "own": HOSTILE[::-1], **more,
        }),
        "inputs": pd.DataFrame({"input_id": ids[:-1], "output_id": ids[1:], "unit": "t/t"}),
        "enterprises": pd.DataFrame({
            "enterprise_id": ["e", "f"], "name_zh": ["=e", "戊"], "stock_code": ["000001", "002594"],
            "group_zh": ["=组", "组"], "anchor": [True, False], "lat": [25.123456789012345, None],
        }),
        "capacities": pd.DataFrame({
            "enterprise_id": ["e", "e", "f"], "product_id": ["p0", "p0", "p1"],
            "capacity": [1 / 3, 2.5, None], "unit": "t", "since": ["2020", "2021-05", None],
        }),
        "supplies": pd.DataFrame({
            "supplier_group": ["=组"], "customer_group": ["组"], "product_id": ["p0"],
        }),
        "projects": pd.DataFrame({"project_id": ["x"], "date": ["2024-01-02"]}),
    }  # fmt: skip
    return cg.dataset_from_frames(frames, name="hostile", as_of="2024-12", focus="甲市")


def empty_tables() -> cg.Dataset:
    """Return a dataset with one product and tables without rows."""
    frames = {
        "products": pd.DataFrame({"product_id": ["a"], "name_zh": ["甲"]}),
        "enterprises": pd.DataFrame({"enterprise_id": [], "name_zh": []}, dtype="str"),
        "capacities": pd.DataFrame({"enterprise_id": [], "product_id": []}, dtype="str"),
        "supplies": pd.DataFrame(
            {"supplier_group": [], "customer_group": [], "product_id": []}, dtype="str"
        ),
    }
    return cg.dataset_from_frames(frames)


def assert_same(first: cg.Dataset, second: cg.Dataset) -> None:
    """Check that two datasets hold the same tables, origins aside."""
    held = [[name for name in TABLE_NAMES if ds.has(name)] for ds in (first, second)]
    assert held[0] == held[1]
    for name in held[0]:
        frames = [ds.table(name).drop(columns=ORIGIN) for ds in (first, second)]
        pd.testing.assert_frame_equal(*frames, check_exact=True)
    assert [getattr(first, key) for key in CARD] == [getattr(second, key) for key in CARD]


def assert_graph_tables(found: dict[str, pd.DataFrame], ds: cg.Dataset) -> None:
    """Check that tables made of a graph are those of the dataset, origins aside."""
    expected = cg.graph_to_tables(cg.build_graph(ds))
    assert set(found) == set(expected)
    for name, frame in expected.items():
        order = [column for column in frame.columns if column != ORIGIN]
        pair = [
            table[order].sort_values(order, ignore_index=True) for table in (found[name], frame)
        ]
        pd.testing.assert_frame_equal(*pair, check_exact=True)


def contents(path: Path) -> dict[str, bytes]:
    """Return the bytes of a file or of every file of a folder."""
    files = [path] if path.is_file() else sorted(path.iterdir())
    return {"" if path.is_file() else file.name: file.read_bytes() for file in files}
