"""The command `convert`: what it writes, says and refuses."""

from __future__ import annotations

import pytest

import chaingraph as cg
from chaingraph.cli.convert import _FORMATS
from chaingraph.writers.export import FORMATS
from tests.helpers_cli import PRODUCTS, failure, folder, run
from tests.helpers_convert import assert_same


def test_the_command_knows_every_format():
    assert _FORMATS == FORMATS


@pytest.mark.parametrize(
    ("args", "first", "loads"),
    [
        (["out"], "out/products.csv: 11 rows", True),
        (["out", "--to", "csv", "--encoding", "utf-8-sig"], "out/products.csv: 11 rows", True),
        (["out.xlsx"], "out.xlsx: ", True),
        (["out", "--to", "parquet"], "out/products.parquet: 11 rows", True),
        (["out.graphml"], "out.graphml: ", False),
        (["out.gexf"], "out.gexf: ", False),
        (["out.json"], "out.json: ", False),
        (["out", "--to", "neo4j"], "out/nodes_products.csv: 11 rows", False),
    ],
)
def test_files_and_rows_are_listed(tmp_path, monkeypatch, toy, args, first, loads):
    monkeypatch.chdir(tmp_path)
    done = run("convert", "toy", "-o", *args)
    assert done.stdout.startswith(first)
    listed = {line.partition(": ")[0] for line in done.stdout.splitlines()}
    assert all((tmp_path / name).is_file() for name in listed)
    if loads:
        assert done.stderr == ""
        assert_same(toy, cg.load_dataset(tmp_path / args[0]))
    else:
        assert (
            done.stderr
            == "chaingraph: this format has no place for: product_facts, projects, regions, surveys\n"
        )


def test_words_are_in_the_language_asked_for(tmp_path):
    done = run("convert", "toy", "-o", tmp_path / "x.gexf", "--lang", "zh")
    assert " 个节点，" in done.stdout
    assert "此格式不能容纳的表" in done.stderr
    assert run("convert", "toy", "-o", tmp_path / "x.gexf", "--quiet").stderr == ""


def test_files_are_replaced_and_full_folders_kept(tmp_path):
    old = tmp_path / "x.xlsx"
    old.write_text("old")
    run("convert", "toy", "-o", old)
    assert len(cg.load_dataset(old).products) == 11
    kept = folder(tmp_path, products=PRODUCTS)
    text = failure("convert", "toy", "-o", kept, status=1)
    assert (
        text
        == f"chaingraph: cannot write {kept}: the folder is not empty; choose a new or an empty one"
    )
    assert (kept / "products.csv").read_text(encoding="utf-8") == PRODUCTS


@pytest.mark.parametrize(
    ("args", "status", "sentence"),
    [
        (["toy", "-o", "x.doc"], 2, "cannot tell the format of 'x.doc'"),
        (["toy", "-o", "x", "--to", "excel"], 2, "'x' must end in .xlsx"),
        (["toy", "-o", "x.gexf", "--encoding", "utf-8-sig"], 2, "is for CSV files, not for gexf"),
        (["toy", "-o", "gone/x.gexf"], 1, "cannot write gone/x.gexf: its folder does not exist"),
        (["toy", "-o", "-"], 2, "a dataset cannot be written to stdout"),
        (["toy"], 2, "Missing option '-o'"),
        (["tyo", "-o", "x"], 2, "no dataset or folder 'tyo'; did you mean: toy"),
        (["toy", "-o", "x", "--to", "xls"], 2, "'xls' is not one of"),
        (["toy", "-o", "x", "--map", "no.toml"], 1, "no file or folder no.toml"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(tmp_path, monkeypatch, args, status, sentence):
    monkeypatch.chdir(tmp_path)
    assert sentence in failure("convert", *args, status=status)
    assert list(tmp_path.iterdir()) == []


def test_bad_rows_and_engines_are_as_everywhere(tmp_path):
    place = folder(tmp_path, products=f"{PRODUCTS},丙,t\n")
    assert "product_id is empty" in failure("convert", place, "-o", tmp_path / "x", status=1)
    done = run("convert", place, "-o", tmp_path / "x", "--skip-bad-rows")
    assert "products.csv: 2 rows" in done.stdout
    run("convert", "toy", "-o", tmp_path / "p", "--to", "parquet")
    run("convert", tmp_path / "p", "-o", tmp_path / "q.xlsx", "--engine", "duckdb")
    assert_same(cg.load_dataset("toy"), cg.load_dataset(tmp_path / "q.xlsx"))


def test_formats_convert_into_each_other(tmp_path, toy):
    chain = ["a.xlsx", "b.parquet", "c", "d.xlsx"]
    source = "toy"
    for name in chain:
        run("convert", source, "-o", tmp_path / name)
        source = tmp_path / name
    assert_same(toy, cg.load_dataset(source))
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "d.xlsx").read_bytes()
