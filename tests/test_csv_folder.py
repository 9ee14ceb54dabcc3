"""Saving a dataset as a folder of CSV files, and loading it again."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.rawtables import BLOCK
from chaingraph.readers.csv_folder import read_csv
from chaingraph.schema import TABLE_NAMES
from chaingraph.tables import ORIGIN
from tests.helpers_cli import folder


def assert_same(first, second):
    assert [name for name in TABLE_NAMES if first.has(name)] == [
        name for name in TABLE_NAMES if second.has(name)
    ]
    for name in TABLE_NAMES:
        if first.has(name):
            frames = [ds.table(name).drop(columns=ORIGIN) for ds in (first, second)]
            pd.testing.assert_frame_equal(*frames, check_exact=True)


@pytest.mark.parametrize("name", ["toy", "qujing"])
def test_a_saved_dataset_loads_to_the_same_tables(tmp_path, request, name):
    ds = request.getfixturevalue(name)
    place = cg.save_dataset(ds, tmp_path / name)
    copy = cg.load_dataset(place)
    assert_same(ds, copy)
    for key in ("name", "version", "focus", "as_of", "language", "chains"):
        assert getattr(copy, key) == getattr(ds, key)
    assert copy.packages[-1].extends == ()
    assert {*copy.packages[-1].weaknesses_zh} == {
        text for package in ds.packages for text in package.weaknesses_zh
    }
    found = cg.check_dataset(place)[1]
    assert [finding for finding in found if not finding.accepted] == []


def test_saving_twice_gives_the_same_bytes(tmp_path, toy):
    cg.save_dataset(toy, tmp_path / "one")
    cg.save_dataset(cg.load_dataset(tmp_path / "one"), tmp_path / "two")
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert "datapackage.json" in names
    for name in names:
        one, two = (tmp_path / place / name for place in ("one", "two"))
        assert one.read_bytes() == two.read_bytes(), name
        assert b"\r" not in one.read_bytes()


def test_figures_flags_texts_and_own_columns_come_back_exactly(tmp_path):
    ds = cg.dataset_from_frames(
        {
            "products": pd.DataFrame(
                {
                    "product_id": ["a", "b", "c"],
                    "name_zh": ['引"号', "逗,号", "两\n行"],
                    "unit": ["t", "t", "pcs"],
                    "price_cny": [0.1 + 0.2, 1e18, None],
                    "price_unit": ["CNY/t", "CNY/t", None],
                    "shelf": ["左", "0010", None],
                }
            ),
            "enterprises": pd.DataFrame(
                {"enterprise_id": ["e", "f"], "name_zh": ["戊", "己"], "anchor": [True, False],
                 "stock_code": ["000001", None]}
            ),
            "capacities": pd.DataFrame(
                {"enterprise_id": ["e"], "product_id": ["a"], "capacity": [1 / 3], "unit": ["t"]}
            ),
        },
        as_of="2024",
        language="en",
    )  # fmt: skip
    copy = cg.load_dataset(cg.save_dataset(ds, tmp_path / "own"))
    products = copy.products
    assert products["price_cny"].tolist()[:2] == [0.30000000000000004, 1e18]
    assert pd.isna(products["price_cny"][2])
    assert products["name_zh"].tolist() == ['引"号', "逗,号", "两\n行"]
    assert products["shelf"].tolist()[:2] == ["左", "0010"]
    assert copy.enterprises["anchor"].tolist() == [True, False]
    assert copy.enterprises["stock_code"].tolist()[0] == "000001"
    assert copy.capacities["capacity"].tolist() == [1 / 3]
    assert (copy.as_of, copy.language) == ("2024", "en")


def test_the_card_describes_every_column(tmp_path, toy):
    place = cg.save_dataset(toy, tmp_path / "toy")
    card = json.loads((place / "datapackage.json").read_text(encoding="utf-8"))
    for resource in card["resources"]:
        header = (place / resource["path"]).read_text(encoding="utf-8").splitlines()[0]
        assert [field["name"] for field in resource["schema"]["fields"]] == header.split(",")
    assert {path.name for path in place.iterdir()} == {
        "datapackage.json", *(resource["path"] for resource in card["resources"])
    }  # fmt: skip
    assert place.stat().st_mode & 0o777 == 0o755


def test_an_empty_folder_is_filled_and_a_full_one_refused(tmp_path, toy):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert cg.save_dataset(toy, empty) == empty
    before = {path.name: path.read_bytes() for path in empty.iterdir()}
    with pytest.raises(cg.FileProblemError, match="the folder is not empty"):
        cg.save_dataset(toy, empty)
    assert {path.name: path.read_bytes() for path in empty.iterdir()} == before
    assert list(tmp_path.iterdir()) == [empty]


def test_a_file_or_a_missing_parent_is_refused(tmp_path, toy):
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(cg.FileProblemError, match="a file stands where a folder is needed"):
        cg.save_dataset(toy, file)
    with pytest.raises(cg.FileProblemError, match="its folder does not exist; create"):
        cg.save_dataset(toy, tmp_path / "gone" / "toy")
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("call", ["chmod", "replace"])
def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch, toy, call):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, call, full)
    with pytest.raises(cg.FileProblemError, match="the disk is full; free some space"):
        cg.save_dataset(toy, tmp_path / "toy")
    assert list(tmp_path.iterdir()) == []


def test_loading_and_saving_change_nothing(tmp_path, toy):
    before = {name: toy.table(name).copy() for name in TABLE_NAMES if toy.has(name)}
    cg.save_dataset(toy, tmp_path / "toy")
    for name, frame in before.items():
        pd.testing.assert_frame_equal(toy.table(name), frame)


def test_a_card_without_a_date_takes_the_later_of_its_own_rows_and_what_it_extends(tmp_path):
    """Rows of the chain that run ahead of its own card move no city's date; the city's own rows do."""
    base = {"name": "base", "as_of": "2024-12"}
    products, sites = "product_id,name_zh,unit\na,甲,t\n", "enterprise_id,name_zh\ns,甲\n"
    makers = "enterprise_id,product_id,capacity,as_of\ns,a,1,{}\n"
    folder(tmp_path, "base", products=products, enterprises=sites,
           capacities=makers.format("2026-01"), card=json.dumps(base))  # fmt: skip
    card = json.dumps({"name": "city", "extends": ["base"]})
    for name, date, wanted in (("x", "2025-06", "2025-06"), ("y", "2020", "2024-12")):
        own = makers.replace("s,a", "t,a").format(date)
        place = folder(tmp_path, name, enterprises=sites.replace("s,", "t,"), capacities=own,
                       card=card.replace("city", name))  # fmt: skip
        assert cg.load_dataset(place).as_of == wanted


def test_equal_cells_of_a_large_file_are_one_text(tmp_path):
    """What a table takes in memory grows with its different cells, not with its rows."""
    rows = "".join(f"p{n},  unit  of {n % 3} ,t\n" for n in range(3 * BLOCK + 7))
    path = tmp_path / "products.csv"
    path.write_text("product_id,name_zh,unit\n" + rows, encoding="utf-8")
    table, found = read_csv(path, "products", "city", "city/products.csv")
    assert found == []
    assert len(table) == len(table.file) == len(table.package) == 3 * BLOCK + 7
    assert table.columns["product_id"][-1] == f"p{3 * BLOCK + 6}"
    assert table.columns["name_zh"][:3] == ["unit  of 0", "unit  of 1", "unit  of 2"]
    assert list(table.line) == list(range(2, 3 * BLOCK + 9))
    for name, texts in (("unit", 1), ("name_zh", 3)):
        assert len({id(cell) for cell in table.columns[name]}) == texts
