"""Bad data: one clear sentence with place and remedy, exit status 1, never a trace."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

import chaingraph as cg
from tests.helpers_cli import PRODUCTS, cells, document, failure, folder, rows, run

HEADER = "product_id,name_zh,unit\n"
SITES = "enterprise_id,name_zh\ne,戊\n"
MADE = "enterprise_id,product_id,capacity,unit,status,since\n"
PRICED = "product_id,name_zh,unit,price_cny\na,甲,t,{}\n"
LINKS = "input_id,output_id,coefficient,unit\n"
FILES = {
    "empty": ({"products": ""}, "products.csv: ", "the file is empty: it has no header row. Write the column"),
    "no products": ({"inputs": LINKS}, "city: ", "no table products. Add products.csv"),
    "nothing": ({}, "city: ", "no table products. Add products.csv"),
    "gbk": ({"products": f"{HEADER}a,铜箔,t\n".encode("gbk")}, "products.csv:2: ", "is not UTF-8"),
    "utf-16": ({"products": PRODUCTS.encode("utf-16")}, "products.csv:1: ", "CSV UTF-8"),
    "nul": ({"products": f"{HEADER}a,\0,t\n"}, "products.csv:2: ", "a NUL byte"),
    "open quote": ({"products": f'{HEADER}a,"甲,t\nb,乙,t\n'}, "products.csv:3: ", "Close every double"),
    "stray quote": ({"products": f'{HEADER}a,"甲"x,t\n'}, "products.csv:2: ", "double quote"),
    "huge cell": ({"products": f"{HEADER}a,{'x' * 200_000},t\n"}, "products.csv:2: ", "field larger"),
    "short row": ({"products": f"{PRODUCTS}c,丙\n"}, "products.csv:4: ", "2 cells where the header has 3"),
    "long row": ({"products": f"{PRODUCTS}c,丙,t,\n"}, "products.csv:4: ", "4 cells where the header"),
    "semicolons": ({"products": PRODUCTS.replace(",", ";")}, "products.csv:1: ", "product_id, name_zh"),
    "twice a column": ({"products": "product_id,name_zh,unit,unit\na,b,t,t\n"},
                       "products.csv:1:unit: ", "twice"),
    "renamed column": ({"products": "product_id,name_zhh,unit\na,b,t\n"},
                       "products.csv:1: ", "name_zhh -> name_zh"),
    "twice a key": ({"products": f"{PRODUCTS}a,丙,t\n"},
                    "products.csv:4:product_id: ", "stands twice: the first one is in city/products.csv:2"),
    "dangling": ({"products": PRODUCTS.replace("a,", "copper_foil,"),
                  "inputs": "input_id,output_id\ncooper_foil,b\n"},
                 "inputs.csv:2:input_id: ", "closest known: copper_foil"),
    "nan": ({"products": PRICED.format("NaN")}, "products.csv:2:price_cny: ", "not a finite number. Write"),
    "inf": ({"products": PRICED.format("-inf")}, "products.csv:2:price_cny: ", "not a finite number"),
    "overflow": ({"products": PRICED.format("1e999")}, "products.csv:2:price_cny: ", "not a finite"),
    "negative": ({"products": PRICED.format("-1")}, "products.csv:2:price_cny: ", "smallest value allowed, 0"),
    "text": ({"products": PRICED.format("约5元")}, "products.csv:2:price_cny: ", "约5元 in price_cny"),
    "thousands": ({"products": PRICED.format('"1,500"')}, "products.csv:2:price_cny: ", "thousands"),
    "status": ({"products": PRODUCTS, "enterprises": SITES, "capacities": f"{MADE}e,a,1,t,operatng,\n"},
               "capacities.csv:2:status: ", "operating"),
    "date": ({"products": PRODUCTS, "enterprises": SITES, "capacities": f"{MADE}e,a,1,t,,2023/5\n"},
             "capacities.csv:2:since: ", "2023-06"),
    "no such day": ({"products": PRODUCTS, "enterprises": SITES,
                     "capacities": f"{MADE}e,a,1,t,,2023-02-30\n"}, "capacities.csv:2:since: ", "2023-02-30"),
    "unit": ({"products": PRODUCTS, "enterprises": SITES, "capacities": f"{MADE}e,a,1,GWh,,\n"},
             "capacities.csv:2:unit: ", "GWh"),
    "no id": ({"products": f"{PRODUCTS},丙,t\n"}, "products.csv:4:product_id: ", "product_id"),
    "gaining loop": ({"products": PRODUCTS, "inputs": f"{LINKS}a,b,2,t/t\nb,a,2,t/t\n"},
                     "inputs.csv:2:coefficient: ", "the loop of a, b takes more than it gives"),
}  # fmt: skip
CARDS = {
    "{bad": "not JSON",
    b"\xb2\xe2": "not JSON",
    "[" * 100_000: "not JSON",
    "[1]": "the top level is not an object",
    '{"name": 5}': "'name' is not a text",
    '{"as_of": null}': "'as_of' is not a text",
    '{"as_of": "2024/1"}': "'as_of' is not a date like 2024-12: 2024/1",
    '{"language": "fr"}': "'language' is neither zh nor en",
    '{"extends": "toy"}': "'extends' is not a list of names",
    '{"extends": [""]}': "'extends' is not a list of names",
    '{"extends": ["qujng"]}': "no dataset or folder 'qujng'; did you mean: qujing",
    '{"extends": ["./gone"]}': "'extends': no file or folder ./gone",
    '{"extends": ["a\\u0000b"]}': "'extends' holds U+0000, a character that nobody sees",
    '{"chains": [1]}': "'chains' is not a list of names",
    '{"accepted": [{"rule": "x"}]}': "'accepted' is not a list of {rule, table, key, reason}",
    '{"accepted": [{"rule": [1], "table": "x", "key": {}, "reason": 5}]}': "'accepted' is not a list",
    '{"licenses": {"name": "x"}}': "'licenses' is not a list",
    '{"licenses": [{"name": 5}]}': "'licenses' is not a list",
    '{"weaknesses": ["x"]}': "'weaknesses' is not",
    '{"weaknesses": {"en": "x"}}': "'weaknesses' is not",
}


@pytest.mark.parametrize("case", FILES)
def test_a_bad_file_is_one_sentence(tmp_path, case):
    files, place, sentence = FILES[case]
    found = failure("gaps", folder(tmp_path, **files), "-o", tmp_path / "out.csv", status=1)
    assert found.startswith("chaingraph: dataset 'city' has an error: city")
    assert place in found
    assert sentence in found
    assert [path.name for path in tmp_path.iterdir()] == ["city"]


@pytest.mark.parametrize("case", FILES)
def test_check_lists_a_bad_file_in_both_languages(tmp_path, case):
    place = folder(tmp_path, **FILES[case][0])
    for lang in ("en", "zh"):
        found = rows("check", place, "--severity", "error", "--lang", lang, status=1)
        assert len(found) == 1
        assert found[0]["message"]
        assert found[0]["remedy"]


@pytest.mark.parametrize("card", CARDS, ids=range(len(CARDS)))
def test_a_bad_card_is_one_sentence(tmp_path, card):
    place = folder(tmp_path, products=PRODUCTS, card=card)
    found = failure("gaps", place, status=1)
    assert "city/datapackage.json: datapackage.json cannot be used: " in found
    assert CARDS[card] in found
    assert "Correct the file" in found
    assert "package-invalid" in {row["rule"] for row in rows("check", place, status=1)}


def test_a_folder_may_extend_itself_and_folders_each_other(tmp_path):
    folder(tmp_path, "one", products=PRODUCTS, card='{"extends": ["one", "two"]}')
    folder(
        tmp_path, "two", products="product_id,name_zh,unit\nc,丙,t\n", card='{"extends": ["one"]}'
    )
    found = {name: cg.load_dataset(tmp_path / name) for name in ("one", "two")}
    assert {len(ds.products) for ds in found.values()} == {3}
    assert [package.path.name for package in found["one"].packages] == ["two", "one"]


def test_an_error_in_an_extended_folder_names_that_folder(tmp_path):
    folder(tmp_path, "base", products=PRICED.format("x"))
    place = folder(
        tmp_path, products="product_id,name_zh,unit\nc,丙,t\n", card='{"extends": ["base"]}'
    )
    assert "base/products.csv:2:price_cny: x in price_cny" in failure("show", place, status=1)


def test_header_without_rows(tmp_path):
    place = folder(tmp_path, products=HEADER)
    found = cells(rows("check", place, status=1), "severity", "rule")
    assert found == [("error", "no-products"), ("warning", "no-rows")]
    assert "the products table has no row" in failure("gaps", place, status=1)


def test_unknown_columns_and_tables_warn_and_name_the_closest(tmp_path):
    place = folder(
        tmp_path,
        products="product_id,name_zh,unit,prise_cny\na,甲,t,5\n",
        product="product_id\nx\n",
    )
    found = rows("check", place, "--severity", "warning")
    assert {row["rule"] for row in found} == {"unknown-column", "unknown-table"}
    assert any("closest known: price_cny" in row["remedy"] for row in found)
    assert any("closest known: products" in row["remedy"] for row in found)


def test_check_lists_all_errors_at_once_with_their_places(tmp_path):
    place = folder(
        tmp_path,
        products="product_id,name_zh,unit,price_cny\na,甲,t,abc\na,乙,t,-1\nc,丙\n",
        inputs="input_id,output_id,role\na,x,eaten\n",
        card='{"as_of": "soon"}',
    )
    found = document("check", place, status=1)
    assert found["params"]["errors"] == 7
    places = {(row["rule"], row["file"], row["line"], row["column"]) for row in found["rows"]}
    assert places >= {
        ("package-invalid", "city/datapackage.json", None, ""),
        ("ragged-row", "city/products.csv", 4, ""),
        ("not-a-number", "city/products.csv", 2, "price_cny"),
        ("below-minimum", "city/products.csv", 3, "price_cny"),
        ("duplicate-key", "city/products.csv", 3, "product_id"),
        ("dangling-id", "city/inputs.csv", 2, "output_id"),
        ("not-in-list", "city/inputs.csv", 2, "role"),
    }
    assert "(and 6 more: chaingraph check lists them all)" in failure("show", place, status=1)
    text = run("check", place, status=1).stdout
    assert "7 errors" in text
    assert "<NA>" not in text


@pytest.mark.parametrize(
    ("source", "status", "sentence"),
    [
        ("qujng", 2, "no dataset or folder 'qujng'; did you mean: qujing"),
        ("", 2, "no dataset or folder ''"),
        ("./gone", 1, "no file or folder ./gone"),
        ("/gone/too", 1, "no file or folder /gone/too"),
        (__file__, 1, "is no dataset: a folder of CSV or Parquet files is needed"),
        ("x" * 5_000, 1, "the name is too long"),
    ],
)
def test_unknown_sources(source, status, sentence):
    for command in ("gaps", "check", "show"):
        assert sentence in failure(command, source, status=status)


@pytest.mark.parametrize("name", ["products.csv", "datapackage.json"])
def test_a_folder_where_a_file_should_be(tmp_path, name):
    place = folder(tmp_path, inputs=LINKS)
    (place / name).mkdir()
    assert f"cannot read {place / name}: it is a folder where a file is needed" in failure(
        "show", place, status=1
    )


@pytest.mark.parametrize("call", ["exists", "open", "iterdir"])
def test_what_may_not_be_read(tmp_path, monkeypatch, call):
    place = folder(tmp_path, products=PRODUCTS)

    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, call, refuse)
    found = failure("show", place, status=1)
    assert found.startswith(f"chaingraph: cannot read {place}")
    assert ": no permission, or another program has it open" in found


@pytest.mark.parametrize("command", [("gaps", "toy"), ("view", "toy")])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EDQUOT])
def test_a_full_or_read_only_disk_keeps_the_old_file(tmp_path, monkeypatch, command, code):
    target = tmp_path / ("old.html" if command[0] == "view" else "old.csv")
    target.write_text("old")

    def full(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", full)
    found = failure(*command, "-o", target, status=1)
    sentence = {
        errno.ENOSPC: "the disk is full; free some space or choose another place",
        errno.EROFS: "the disk is read-only; choose another place",
        errno.EDQUOT: "your share of the disk is used up; free some space or choose another place",
    }[code]
    assert found == f"chaingraph: cannot write {target}: {sentence}"
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_output_into_nowhere_and_onto_a_folder(tmp_path):
    missing = tmp_path / "gone" / "x.csv"
    assert failure("gaps", "toy", "-o", missing, status=1) == (
        f"chaingraph: cannot write {missing}: its folder does not exist; "
        "create that folder first or correct the path"
    )
    taken = tmp_path / "taken.csv"
    taken.mkdir()
    assert "it is a folder" in failure("gaps", "toy", "-o", taken, status=1)
    assert list(tmp_path.iterdir()) == [taken]
    assert list(taken.iterdir()) == []
