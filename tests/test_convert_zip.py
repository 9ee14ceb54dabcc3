"""Zip files of CSV folders, good ones and those made to harm."""

from __future__ import annotations

import io
import zipfile

import pytest

import chaingraph as cg
from chaingraph.sheets import archives
from tests.helpers_cli import PRODUCTS, failure, rows, run
from tests.helpers_convert import assert_same, hostile

CARD = '{"name": "my", "title_zh": "我的", "focus": "甲市"}'


def packed(place, files, name="city.zip", kind=zipfile.ZIP_DEFLATED):
    path = place / name
    with zipfile.ZipFile(path, "w", kind) as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    return path


@pytest.mark.parametrize("inside", ["", "qujing/", "a/b/"])
def test_a_zipped_folder_loads_to_the_same_tables(tmp_path, qujing, inside):
    folder = cg.save_dataset(qujing, tmp_path / "qujing")
    files = {f"{inside}{file.name}": file.read_bytes() for file in folder.iterdir()}
    ds = cg.load_dataset(packed(tmp_path, files))
    assert_same(qujing, ds)
    assert ds.products["origin"].iloc[0] == "city.zip/products.csv:2"
    assert run("check", tmp_path / "city.zip").exit_code == 0


def test_hostile_cells_come_through(tmp_path):
    folder = cg.save_dataset(hostile(), tmp_path / "x")
    files = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert_same(hostile(), cg.load_dataset(packed(tmp_path, files)))


def test_what_systems_leave_and_other_files_do_no_harm(tmp_path):
    path = packed(tmp_path, {
        "city/": "", "city/products.csv": PRODUCTS, "city/datapackage.json": CARD, "city/读我.txt": "x",
        "__MACOSX/city/._products.csv": "x", "city/.DS_Store": "x", "city/product.csv": "x",
    })  # fmt: skip
    ds = cg.load_dataset(path)
    assert (ds.name, ds.focus, len(ds.products)) == ("my", "甲市", 2)
    found = rows("check", path, "--severity", "warning")
    assert [row["file"] for row in found if row["rule"] == "unknown-table"] == [
        "city.zip/product.csv"
    ]


def test_errors_in_the_files_name_zip_file_and_line(tmp_path):
    path = packed(tmp_path, {"products.csv": f"{PRODUCTS}c,丙\n"})
    assert "city.zip/products.csv:4: the row has 2 cells" in failure("gaps", path, status=1)
    path = packed(tmp_path, {"products.csv": PRODUCTS, "datapackage.json": "{bad"}, "card.zip")
    assert "datapackage.json cannot be used: not JSON" in failure("gaps", path, status=1)
    path = packed(tmp_path, {"inputs.csv": "input_id,output_id\n"}, "none.zip")
    assert "has no table products" in failure("gaps", path, status=1)


ATTACKS = {
    "../products.csv": "../products.csv in the zip file leads out of it",
    "a/../../products.csv": "leads out of it",
    "/etc/products.csv": "/etc/products.csv in the zip file leads out of it",
    "..\\products.csv": "leads out of it",
    "C:\\products.csv": "leads out of it",
    "inner.zip": "inner.zip in the zip file is packed itself",
    "x/inner.ZIP": "is packed itself",
    "inner.7z": "is packed itself",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_paths_that_climb_and_nested_archives_are_refused(tmp_path, name):
    path = packed(tmp_path, {"products.csv": PRODUCTS, name: PRODUCTS})
    text = failure("gaps", path, status=1)
    assert text.startswith("chaingraph: dataset 'city' has an error: city.zip")
    assert ATTACKS[name] in text
    assert list(tmp_path.iterdir()) == [path]


def test_bombs_are_refused_before_they_are_unpacked(tmp_path, monkeypatch):
    path = packed(tmp_path, {"products.csv": PRODUCTS, "inputs.csv": "a" * 30_000_000})
    assert path.stat().st_size < 100_000
    monkeypatch.setattr(archives, "read_entry", None)
    assert "inputs.csv in the zip file grows" in failure("gaps", path, status=1)


def test_a_small_file_of_equal_rows_is_no_bomb(tmp_path):
    path = packed(tmp_path, {"products.csv": PRODUCTS + "\n" * 300_000})
    assert len(cg.load_dataset(path).products) == 2


def test_the_sum_of_all_files_is_limited(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_BYTES", 40)
    path = packed(tmp_path, {"products.csv": PRODUCTS, "inputs.csv": "input_id,output_id\n"})
    assert "the zip file unpacks to 0 MiB, above the limit" in failure("gaps", path, status=1)


def test_an_entry_is_never_read_beyond_what_was_looked_at(tmp_path):
    path = packed(tmp_path, {"products.csv": PRODUCTS * 50}, kind=zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    where = data.rindex(b"PK\x01\x02") + 24  # the size that the directory tells
    data[where : where + 4] = (60).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    assert "cannot be read as a zip file" in failure("gaps", path, status=1)


def test_twice_a_name_several_folders_and_passwords(tmp_path):
    path = packed(tmp_path, {"products.csv": PRODUCTS})
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("products.csv", PRODUCTS)
    assert "products.csv stands twice in the zip file" in failure("gaps", path, status=1)
    path = packed(tmp_path, {"a/products.csv": PRODUCTS, "b/products.csv": PRODUCTS}, "two.zip")
    assert "has tables in several folders: a, b" in failure("gaps", path, status=1)
    path = packed(tmp_path, {"products.csv": PRODUCTS}, "locked.zip")
    data = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + offset] |= 1
    path.write_bytes(bytes(data))
    assert "products.csv in the zip file is protected with a password" in failure(
        "gaps", path, status=1
    )


def test_broken_zip_files_are_one_sentence(tmp_path):
    good = packed(tmp_path, {"products.csv": PRODUCTS * 200}).read_bytes()
    spoilt = bytearray(good)
    spoilt[60:90] = bytes(30)
    cases = {
        "cut.zip": good[: len(good) // 2],
        "none.zip": b"",
        "text.zip": b"hello",
        "bad.zip": bytes(spoilt),
    }
    for name, data in cases.items():
        path = tmp_path / name
        path.write_bytes(data)
        text = failure("gaps", path, status=1)
        assert "the file cannot be read as a zip file" in text, name
        assert "Pack the folder again" in text
        found = rows("check", path, "--severity", "error", "--lang", "zh", status=1)
        assert {row["rule"] for row in found} <= {"zip-broken", "missing-table"}


def test_names_in_other_encodings_are_shown_safely(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("../产品\x1b[31m.csv", "x")
    path = tmp_path / "x.zip"
    path.write_bytes(stream.getvalue())
    assert "\x1b" not in failure("gaps", path, status=1)
