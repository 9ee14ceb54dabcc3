"""Every format that a dataset is written in, read back by somebody else's reader."""

from __future__ import annotations

import csv
import errno
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.tables import ORIGIN
from chaingraph.writers.export import FORMATS
from tests.helpers_convert import assert_graph_tables, assert_same, contents, empty_tables, hostile

SUFFIXES = {
    "csv": "", "excel": ".xlsx", "parquet": ".parquet", "graphml": ".graphml", "gexf": ".gexf",
    "json": ".json", "neo4j": "",
}  # fmt: skip
TABLES = ["csv", "excel", "parquet"]
DATASETS = ["toy", pytest.param("qujing", marks=pytest.mark.slow), "hostile", "empty"]


@pytest.fixture
def dataset(request, toy, qujing):
    made = {"toy": toy, "qujing": qujing, "hostile": hostile(), "empty": empty_tables()}
    return made[request.param]


def export(ds, place, format_, **options):
    target = place / f"out{SUFFIXES[format_]}"
    assert cg.export_dataset(ds, target, format=format_, **options)
    return target


@pytest.mark.parametrize("format_", TABLES)
@pytest.mark.parametrize("dataset", DATASETS, indirect=True)
def test_tables_load_again_without_loss(tmp_path, dataset, format_):
    target = export(dataset, tmp_path, format_)
    assert_same(dataset, cg.load_dataset(target))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("dataset", DATASETS, indirect=True)
def test_the_same_input_gives_the_same_bytes(tmp_path, dataset, format_):
    made = []
    for name in ("one", "two"):
        place = tmp_path / name
        place.mkdir()
        made.append(contents(export(dataset, place, format_)))
    assert made[0] == made[1]
    assert made[0]


def test_bytes_do_not_depend_on_hash_seed_clock_or_zone(tmp_path):
    script = (
        "import sys, chaingraph as cg; ds = cg.load_dataset('toy')\n"
        "for f, s in (('excel', '.xlsx'), ('gexf', '.gexf'), ('json', '.json'), ('neo4j', '_n')):\n"
        "    cg.export_dataset(ds, sys.argv[1] + '/x' + s, format=f)\n"
    )
    made = []
    for seed, zone in (("1", "UTC"), ("2", "Asia/Shanghai")):
        place = tmp_path / seed
        place.mkdir()
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": zone}
        subprocess.run([sys.executable, "-c", script, str(place)], check=True, env=environment)
        made.append([contents(place / f"x{end}") for end in (".xlsx", ".gexf", ".json", "_n")])
    assert made[0] == made[1]


@pytest.mark.parametrize("dataset", DATASETS, indirect=True)
def test_csv_reads_in_pandas_and_the_standard_library(tmp_path, dataset):
    for encoding in ("utf-8", "utf-8-sig"):
        target = tmp_path / encoding
        for file in cg.export_dataset(dataset, target, encoding=encoding):
            frame = dataset.table(file.stem)
            read = pd.read_csv(file, dtype=str, keep_default_na=False, encoding=encoding)
            assert len(read) == len(frame)
            assert file.read_bytes().startswith(b"\xef\xbb\xbf") == (encoding == "utf-8-sig")
            with file.open(encoding=encoding, newline="") as lines:
                rows = list(csv.DictReader(lines))
            assert [list(row.values()) for row in rows] == read.to_numpy().tolist()
            assert read.columns.tolist() == frame.columns.drop(ORIGIN).tolist()
        loaded = json.loads((target / "datapackage.json").read_text(encoding="utf-8"))
        assert {entry["encoding"] for entry in loaded["resources"]} == {encoding}


def test_csv_for_excel_starts_no_formula_and_still_loads(tmp_path, toy):
    cg.export_dataset(hostile(), tmp_path / "x", encoding="utf-8-sig")
    products = cg.load_dataset(tmp_path / "x").products
    assert products["name_zh"].tolist()[:5] == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'=1"]
    assert products["price_cny"].tolist()[:2] == [0.1 + 0.2, 1e18]
    for file in (tmp_path / "x").glob("*.csv"):
        with file.open(encoding="utf-8-sig", newline="") as lines:
            cells = {cell for row in csv.reader(lines) for cell in row}
        assert not [cell for cell in cells if re.match(r"[=+@\t＝＠]|-\D", cell)]
    cg.export_dataset(toy, tmp_path / "toy", encoding="utf-8-sig")
    assert_same(toy, cg.load_dataset(tmp_path / "toy"))


@pytest.mark.parametrize("dataset", DATASETS, indirect=True)
def test_parquet_reads_in_pandas_with_its_types(tmp_path, dataset):
    for file in cg.export_dataset(dataset, tmp_path / "x.parquet"):
        frame = dataset.table(file.stem).drop(columns=ORIGIN)
        pd.testing.assert_frame_equal(pd.read_parquet(file), frame, check_exact=True)
    card = json.loads((tmp_path / "x.parquet" / "datapackage.json").read_text(encoding="utf-8"))
    paths = {entry["path"] for entry in card["resources"]}
    assert paths | {"datapackage.json"} == {f.name for f in (tmp_path / "x.parquet").iterdir()}


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_parquet_serves_the_other_engines_and_lazy_tables_are_written(tmp_path, toy, engine):
    target = export(toy, tmp_path, "parquet")
    lazy = cg.load_dataset(target, engine=engine)
    assert cg.find_gaps(lazy).frame["product_id"].iloc[0] == "foil"
    again = tmp_path / "again.xlsx"
    cg.export_dataset(lazy, again)
    assert_same(toy, cg.load_dataset(again))


def test_own_columns_that_mix_types_become_texts(tmp_path):
    ds = cg.dataset_from_frames({
        "products": pd.DataFrame({
            "product_id": ["a", "b", "c"], "name_zh": ["a", "b", "c"],
            "mixed": pd.Series([1, "x", None], dtype=object), "count": [1, 2, 3],
            "yes": [True, False, True], "start": ["s", "t", "u"], "weight": [1.5, 2.5, np.nan],
        }),
        "inputs": pd.DataFrame({"input_id": ["a"], "output_id": ["b"], "weight": ["heavy"], "id": [7]}),
    })  # fmt: skip
    for format_ in FORMATS:
        place = tmp_path / format_
        place.mkdir()
        export(ds, place, format_)
    expected = {"mixed": ["1", "x", None], "count": ["1", "2", "3"], "yes": ["1", "0", "1"]}
    for format_ in ("csv", "excel"):
        products = cg.load_dataset(tmp_path / format_ / f"out{SUFFIXES[format_]}").products
        for name, cells in expected.items():
            assert [None if pd.isna(cell) else cell for cell in products[name]] == cells
    graph = nx.read_gexf(tmp_path / "gexf" / "out.gexf")
    assert graph.nodes["product:a"]["start_"] == "s"
    assert graph.nodes["product:a"]["weight_"] == 1.5
    assert graph.edges["product:a", "product:b"]["weight_"] == "heavy"
    assert nx.read_graphml(tmp_path / "graphml" / "out.graphml").nodes["product:b"]["mixed"] == "x"


READERS = {
    "graphml": nx.read_graphml,
    "gexf": nx.read_gexf,
    "json": lambda path: nx.node_link_graph(
        json.loads(Path(path).read_text(encoding="utf-8")), edges="edges"
    ),
}


@pytest.mark.parametrize("format_", READERS)
@pytest.mark.parametrize("dataset", DATASETS, indirect=True)
def test_networks_read_in_networkx_and_back_to_the_tables(tmp_path, dataset, format_):
    graph = READERS[format_](export(dataset, tmp_path, format_))
    whole = cg.build_graph(dataset)
    assert graph.is_directed()
    assert set(graph.nodes) == {f"{kind}:{name}" for kind, name in whole.nodes}
    pairs = {(f"{a[0]}:{a[1]}", f"{b[0]}:{b[1]}") for a, b in whole.edges}
    assert set(graph.edges) == pairs
    for *_, data in [*graph.nodes(data=True), *graph.edges(data=True)]:
        assert None not in data.values()
        assert data.keys() & {"node_kind", "edge_kind"}
        if "rows" in data and format_ != "json":
            data["rows"] = json.loads(data["rows"])
        for extra in ("label", "id"):
            data.pop(extra, None)
    assert_graph_tables(cg.graph_to_tables(graph), dataset)


@pytest.mark.parametrize("format_", READERS)
def test_network_attributes_keep_their_types_and_labels_are_names(tmp_path, toy, format_):
    graph = READERS[format_](export(toy, tmp_path, format_))
    edge = graph.edges["product:foil", "product:cell"]
    assert (type(edge["coefficient"]), edge["coefficient"]) == (float, 500.0)
    site = next(
        data for _, data in graph.nodes(data=True) if data.get("enterprise_id") == "metal_jia"
    )
    assert isinstance(site["anchor"], bool)
    assert site["label"] == site["name_zh"]


def neo4j_tables(folder):
    """Read the folder as the importer does: typed headers, ids by their space."""
    nodes, links = {}, []
    script = (folder / "import.sh").read_text(encoding="utf-8")
    named = re.findall(r"--(nodes|relationships)=(\S+)", script)
    assert {name for _, name in named} == {file.name for file in folder.glob("*.csv")}
    for what, name in named:
        with (folder / name).open(encoding="utf-8", newline="") as lines:
            header, *rows = list(csv.reader(lines))
        assert len(set(header)) == len(header)
        for head in header:
            assert re.fullmatch(
                r"\w*:ID\(\w+\)|:LABEL|:START_ID\(\w+\)|:END_ID\(\w+\)|:TYPE|\w+:(string|double|boolean)(\[\])?",
                head,
            )
        for row in rows:
            cells = dict(zip(header, row, strict=True))
            for head, cell in cells.items():
                assert not head.endswith(":double") or not cell or float(cell) >= 0
                assert not head.endswith(":boolean") or cell in {"true", "false"}
            if what == "nodes":
                key = next(head for head in header if ":ID(" in head)
                space = key.partition("(")[2][:-1]
                assert (space, cells[key]) not in nodes
                nodes[space, cells[key]] = cells
            else:
                ends = [head for head in header if "_ID(" in head]
                links.append((*((h.partition("(")[2][:-1], cells[h]) for h in ends), cells))
    return nodes, links


@pytest.mark.parametrize("dataset", DATASETS, indirect=True)
def test_neo4j_files_are_what_its_importer_reads(tmp_path, dataset):
    nodes, links = neo4j_tables(export(dataset, tmp_path, "neo4j"))
    assert all(start in nodes and end in nodes for start, end, _ in links)
    counts = pd.Series([cells[":TYPE"] for *_, cells in links], dtype="str").value_counts()
    assert counts.get("INPUT_TO", 0) == len(dataset.inputs)
    assert counts.get("PRODUCES", 0) == len(dataset.capacities)
    assert counts.get("SUPPLIES", 0) == len(dataset.table("supplies"))
    labels = pd.Series([cells[":LABEL"] for cells in nodes.values()]).value_counts()
    assert labels["Product"] == len(dataset.products)
    for row in dataset.products.to_dict("records"):
        assert nodes["Product", row["product_id"]]["name_zh:string"] == row["name_zh"]
    folder = tmp_path / "out"
    assert "sh import.sh" in (folder / "README.md").read_text(encoding="utf-8")
    assert subprocess.run(["sh", "-n", folder / "import.sh"], check=False).returncode == 0


def test_the_import_script_calls_neo4j_admin_with_the_files(tmp_path, toy):
    target = export(toy, tmp_path, "neo4j")
    tool = tmp_path / "bin" / "neo4j-admin"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\nfor word; do echo "$word"; done\n')
    tool.chmod(0o755)
    environment = os.environ | {"PATH": f"{tool.parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["sh", "import.sh", "toy"],
        cwd=target,
        env=environment,
        check=True,
        text=True,
        capture_output=True,
    )
    words = done.stdout.split()
    assert words[:4] == ["database", "import", "full", "toy"]
    assert "--array-delimiter=;" in words
    assert "--nodes=nodes_products.csv" in words


def with_column(name, cells):
    """Return the hostile dataset with a column that loading would refuse: put in afterwards."""
    ds = hostile()
    products = ds.products.assign(**{name: pd.Series(cells, dtype=object)})
    return replace(ds, tables={**ds.tables, "products": products})


@pytest.mark.parametrize("bad", ["a\0b", "a\x01b", "a\ud800b"])
def test_characters_that_no_file_holds_are_refused_at_loading(bad):
    code = f"U\\+{ord(bad[1]):04X}"
    with pytest.raises(
        cg.DataError, match=f"hostile/products:1:remark: .* in remark holds {code}, a character"
    ):
        hostile(remark=pd.Series([bad, *[None] * 19], dtype=object))


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("bad", ["a\0b", "a\ud800b"])
def test_characters_that_no_file_holds_are_named(tmp_path, format_, bad):
    ds = with_column("remark", [bad, *[None] * 19])
    with pytest.raises(
        cg.DataError, match=r"products, row 1, column remark: the character U\+"
    ) as error:
        cg.export_dataset(ds, tmp_path / f"out{SUFFIXES[format_]}", format=format_)
    assert "products 第1行 remark 列" in error.value.text("zh")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_", FORMATS)
def test_control_characters_are_kept_or_refused_never_lost(tmp_path, format_):
    ds = with_column("note", ["a\x01b", *[None] * 19])
    target = tmp_path / f"out{SUFFIXES[format_]}"
    if format_ in {"excel", "graphml", "gexf"}:
        with pytest.raises(cg.DataError, match=r"column note: the character U\+0001 cannot"):
            cg.export_dataset(ds, target, format=format_)
        return
    cg.export_dataset(ds, target, format=format_)
    if format_ in TABLES:
        with pytest.raises(cg.DataError, match=r"in note holds U\+0001, a character that nobody"):
            cg.load_dataset(target)


def test_what_a_sheet_has_no_room_for_is_refused(tmp_path, monkeypatch):
    note = ["x" * 32_768, *[None] * 19]
    with pytest.raises(cg.DataError, match="row 1, column note: the text is longer than the 32767"):
        cg.export_dataset(hostile(note=note), tmp_path / "x.xlsx")
    monkeypatch.setattr("chaingraph.writers.excel.MOST_ROWS", 5)
    with pytest.raises(cg.DataError, match="products has 20 rows; an Excel sheet holds 5 rows"):
        cg.export_dataset(hostile(), tmp_path / "x.xlsx")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("x.foo", {}, r"cannot tell the format of '.*x.foo': use a suffix \(.xlsx .parquet"),
        ("x", {"format": "xls"}, "format 'xls' is unknown; use: csv, excel, parquet"),
        ("x.xls", {"format": "excel"}, "must end in .xlsx"),
        ("x", {"encoding": "gbk"}, "encoding 'gbk' is unknown; use: utf-8, utf-8-sig"),
        ("x.xlsx", {"encoding": "utf-8-sig"}, "is for CSV files, not for excel"),
    ],
)
def test_what_cannot_be_asked_for(tmp_path, toy, name, options, sentence):
    with pytest.raises(cg.OptionError, match=sentence):
        cg.export_dataset(toy, tmp_path / name, **options)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_", FORMATS)
def test_where_nothing_can_be_written(tmp_path, toy, format_):
    suffix = SUFFIXES[format_]
    with pytest.raises(cg.FileProblemError, match=r"cannot write .*: its folder does not exist"):
        cg.export_dataset(toy, tmp_path / "gone" / f"x{suffix}", format=format_)
    taken = tmp_path / f"taken{suffix}"
    taken.mkdir()
    (taken / "file").write_text("x")
    with pytest.raises(cg.FileProblemError, match=r"it is a folder|the folder is not empty"):
        cg.export_dataset(toy, taken, format=format_)
    assert [path.name for path in tmp_path.rglob("*")] == [taken.name, "file"]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch, toy, format_):
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(cg.FileProblemError, match="the disk is full"):
        cg.export_dataset(toy, tmp_path / f"x{SUFFIXES[format_]}", format=format_)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_of_any_kind_leaves_no_folder(tmp_path, monkeypatch, toy):
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("chaingraph.writers.csv_folder.to_csv", broken)
    with pytest.raises(ZeroDivisionError):
        cg.export_dataset(toy, tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def test_writing_changes_no_table(tmp_path, toy):
    before = {name: frame.copy() for name, frame in toy.tables.items()}
    for format_ in FORMATS:
        target = export(toy, tmp_path, format_)
        shutil.rmtree(target) if target.is_dir() else target.unlink()
    for name, frame in before.items():
        pd.testing.assert_frame_equal(toy.table(name), frame)
