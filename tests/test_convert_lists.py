"""Node and edge lists of others: ChainKnowledgeGraph, and lists with a mapping."""

from __future__ import annotations

import json

import pytest

import chaingraph as cg
from chaingraph.readers.structure import MEANINGS
from tests.helpers_cli import failure, run

CHAIN = {
    "product.json": [{"name": name} for name in ("动力电池", "正极材料", "LFP", "铝", "氧化铝", "铝")],
    "product_product.json": [
        {"from_entity": "动力电池", "to_entity": "正极材料", "rel": "上游材料"},
        {"from_entity": "正极材料", "to_entity": "LFP", "rel": "产品小类"},
        {"from_entity": "铝", "to_entity": "氧化铝", "rel": "上游材料"},
        {"from_entity": "铝", "to_entity": "氧化铝", "rel": "上游材料"},
        {"from_entity": "铝", "to_entity": "铝", "rel": "上游材料"},
        {"from_entity": "氧化铝", "to_entity": "铝", "rel": "下游产品"},
        {"from_entity": "动力电池", "to_entity": "无此产品", "rel": "上游材料"},
    ],
    "company.json": [
        {"name": "宁德时代", "fullname": "宁德时代新能源科技股份有限公司", "code": "300750.SZ"},
        {"name": "中国铝业", "fullname": "中国铝业股份有限公司", "code": "601600.SH"},
        {"name": "某厂", "fullname": "某某厂", "code": ""},
        {"name": "", "fullname": "", "code": "000001.SZ"},
    ],
    "company_product.json": [
        {"company_name": "宁德时代", "product_name": "动力电池", "rel": "主营产品", "rel_weight": 0.9},
        {"company_name": "中国铝业股份有限公司", "product_name": "铝", "rel": "主营产品", "rel_weight": 1},
        {"company_name": "无此公司", "product_name": "铝", "rel": "主营产品", "rel_weight": 1},
    ],
}  # fmt: skip


def write_lines(folder, files=None):
    folder.mkdir(exist_ok=True)
    for name, items in (files or CHAIN).items():
        text = "\n".join(json.dumps(item, ensure_ascii=False) for item in items)
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return folder


def by_name(ds, table, *columns):
    """Return rows of a table with ids turned into names."""
    names = dict(zip(ds.products["product_id"], ds.products["name_zh"], strict=True))
    if ds.has("enterprises"):
        frame = ds.enterprises
        names |= dict(zip(frame["enterprise_id"], frame["name_zh"], strict=True))
    return [tuple(names[cell] for cell in row) for row in ds.table(table)[list(columns)].to_numpy()]


def counted(ds):
    return {(f.rule, f.file.rpartition("/")[2]): f.params["count"] for f in ds.findings}


def test_the_published_form_becomes_a_structure(tmp_path):
    ds = cg.read_chain_graph(write_lines(tmp_path / "kg"))
    assert ds.products["name_zh"].tolist() == ["动力电池", "正极材料", "LFP", "铝", "氧化铝"]
    assert by_name(ds, "inputs", "input_id", "output_id") == [
        ("正极材料", "动力电池"),
        ("氧化铝", "铝"),
    ]
    assert ds.enterprises["enterprise_id"].tolist()[:2] == ["300750.SZ", "601600.SH"]
    assert ds.enterprises["stock_code"].tolist()[0] == "300750.SZ"
    assert by_name(ds, "capacities", "enterprise_id", "product_id")[1][1] == "铝"
    assert ds.inputs["coefficient"].isna().all()
    assert ds.capacities["capacity"].isna().all()
    assert ds.capacities["status"].unique().tolist() == ["operating"]
    assert ds.products["origin"][0] == "kg/product.json:1"
    assert set(ds.products["source_url"]) == {"https://github.com/liuhuanyong/ChainKnowledgeGraph"}


def test_what_is_merged_or_points_nowhere_is_counted(tmp_path):
    ds = cg.read_chain_graph(write_lines(tmp_path / "kg"))
    assert counted(ds) == {
        ("list-merged", "product.json"): 1,
        ("list-merged", "product_product.json"): 2,
        ("list-self", "product_product.json"): 1,
        ("list-relation", "product_product.json"): 1,
        ("list-dangling", "product_product.json"): 1,
        ("list-dangling", "company_product.json"): 1,
        ("list-nameless", "company.json"): 1,
    }
    texts = {finding.text(lang) for finding in ds.findings for lang in ("en", "zh")}
    assert any("无此公司" in text and "enterprises" in text for text in texts)


def test_ids_are_stable_and_unique(tmp_path):
    first = cg.read_chain_graph(write_lines(tmp_path / "one"))
    turned = {name: items[::-1] for name, items in CHAIN.items()}
    second = cg.read_chain_graph(write_lines(tmp_path / "two", turned))
    ids = [
        dict(zip(ds.products["name_zh"], ds.products["product_id"], strict=True))
        for ds in (first, second)
    ]
    assert ids[0] == ids[1]
    assert ids[0]["LFP"] == "LFP"
    assert ids[0]["铝"].startswith("p_")
    assert all(name.isascii() for name in ids[0].values())
    many = {
        "product.json": [{"name": f"产品{n}"} for n in range(5_000)],
        "product_product.json": [],
    }
    many["product.json"] += [{"name": "abc"}, {"name": "ABC"}, {"name": "a b"}]
    ds = cg.read_chain_graph(write_lines(tmp_path / "many", many))
    assert ds.products["product_id"].str.casefold().is_unique


@pytest.mark.parametrize("format_", ["csv", "excel", "graphml"])
def test_the_command_converts_it_and_reports(tmp_path, format_):
    kg = write_lines(tmp_path / "kg")
    target = tmp_path / {"csv": "out", "excel": "out.xlsx", "graphml": "out.graphml"}[format_]
    done = run("convert", kg, "-o", target)
    assert "rows" in done.stdout or "nodes" in done.stdout
    assert "links that name something not among the enterprises were left out: 1" in done.stderr
    if format_ != "graphml":
        ds = cg.load_dataset(target)
        assert by_name(ds, "inputs", "input_id", "output_id")[0] == ("正极材料", "动力电池")
        assert run("gaps", target, "--region", "*", status=None).exit_code in {0, 2}
        assert run("check", target).exit_code == 0
        assert run("trace", target, "动力电池", status=None).exit_code in {0, 2}
    assert run("convert", kg, "-o", tmp_path / "again.json", "-q").stderr == ""


def test_other_key_names_and_missing_companies(tmp_path):
    files = {
        "product.json": [{"name": "甲"}, {"name": "乙"}],
        "product_product.json": [{"rel": "上游材料", "head": "甲", "tail": "乙"}],
    }
    ds = cg.read_chain_graph(write_lines(tmp_path / "kg", files))
    assert by_name(ds, "inputs", "input_id", "output_id") == [("乙", "甲")]
    assert not ds.has("enterprises")


@pytest.mark.parametrize("line", ["{bad", "[1]", '"x"', "1"])
def test_broken_lines_are_one_sentence(tmp_path, line):
    kg = write_lines(tmp_path / "kg")
    with (kg / "product_product.json").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    text = failure("convert", kg, "-o", tmp_path / "out", status=1)
    assert "kg/product_product.json:8: the line is not a JSON object" in text
    assert not (tmp_path / "out").exists()


def test_missing_files_and_wrong_encodings(tmp_path):
    with pytest.raises(cg.FileProblemError, match="no file or folder"):
        cg.read_chain_graph(tmp_path / "gone")
    (tmp_path / "kg").mkdir()
    with pytest.raises(cg.FileProblemError, match=r"product_product.json"):
        cg.read_chain_graph(tmp_path / "kg")
    kg = write_lines(tmp_path / "kg")
    (kg / "product.json").write_bytes('{"name": "铝"}'.encode("gbk"))
    assert "the file is not UTF-8 text" in failure("convert", kg, "-o", tmp_path / "out", status=1)
    write_lines(kg, {"product.json": [{"title": "x"}]})
    assert "required columns are missing from the header: name" in failure(
        "convert", kg, "-o", tmp_path / "out", status=1
    )


NODES = "编号,名称,类型,省\nn1,铝土矿,产品,\nn2,氧化铝,产品,\nc1,甲厂,企业,云南省\nx,张三,人物,\n,,产品,\n"
EDGES = "起点\t终点\t关系\nn1\tn2\t上游\nn2\t铝土矿\t原料为\n甲厂\tn2\t生产\nc1\tn9\t生产\nc1\tn1\t认识\n"
MAP = """
name = "lists"
title_zh = "清单"
as_of = "2024"
[nodes]
file = "nodes.csv"
id = "编号"
name = "名称"
kind = "类型"
kinds = {"产品" = "product", "企业" = "enterprise", "人物" = "ignore"}
columns = {province = "省"}
[edges]
file = "edges.tsv"
source = "起点"
target = "终点"
relation = "关系"
[edges.relations]
"上游" = "source-is-input"
"原料为" = "target-is-input"
"生产" = "source-makes-target"
"认识" = "ignore"
"""


def lists(place, mapping=MAP, name="map.toml"):
    (place / "nodes.csv").write_text(NODES, encoding="utf-8-sig")
    (place / "edges.tsv").write_text(EDGES, encoding="utf-8")
    (place / name).write_text(mapping, encoding="utf-8")
    return place / name


def test_a_mapping_says_what_is_what(tmp_path):
    ds = cg.read_lists(lists(tmp_path))
    assert ds.products["product_id"].tolist() == ["n1", "n2"]
    assert ds.inputs[["input_id", "output_id"]].to_numpy().tolist() == [["n1", "n2"]]
    assert ds.enterprises[["enterprise_id", "name_zh", "province"]].to_numpy().tolist() == [
        ["c1", "甲厂", "云南省"]
    ]
    assert ds.capacities[["enterprise_id", "product_id"]].to_numpy().tolist() == [["c1", "n2"]]
    assert (ds.name, ds.title("zh"), ds.as_of) == ("lists", "清单", "2024")
    assert counted(ds) == {
        ("list-relation", "nodes.csv"): 1,
        ("list-nameless", "nodes.csv"): 1,
        ("list-merged", "edges.tsv"): 1,
        ("list-dangling", "edges.tsv"): 1,
        ("list-relation", "edges.tsv"): 1,
    }
    assert "province" not in ds.products


def test_the_command_takes_the_mapping(tmp_path):
    mapping = lists(tmp_path)
    moved = tmp_path / "elsewhere.toml"
    mapping.rename(moved)
    done = run("convert", tmp_path, "--map", moved, "-o", tmp_path / "out", lang="zh_CN.UTF-8")
    assert "products.csv：2 行" in done.stdout
    assert "已略去" in done.stderr
    assert len(cg.load_dataset(tmp_path / "out").products) == 2
    text = failure(
        "convert", tmp_path, "--map", moved, "-o", tmp_path / "o2", "--skip-bad-rows", status=2
    )
    assert "--skip-bad-rows are for datasets" in text


def test_json_mappings_json_lists_and_mappings_in_hand(tmp_path):
    nodes = [{"id": 1, "label": "甲"}, {"id": 2, "label": "乙"}]
    (tmp_path / "n.json").write_text(json.dumps(nodes), encoding="utf-8")
    (tmp_path / "e.jsonl").write_text('{"s": 1, "t": 2}\n\n', encoding="utf-8")
    plan = {
        "nodes": [{"file": "n.json", "id": "id", "name": "label", "as": "product"}],
        "edges": [{"file": "e.jsonl", "source": "s", "target": "t", "means": "source-is-input"}],
    }
    (tmp_path / "map.json").write_text(json.dumps(plan), encoding="utf-8")
    for ds in (cg.read_lists(tmp_path / "map.json"), cg.read_lists(plan, folder=tmp_path)):
        assert by_name(ds, "inputs", "input_id", "output_id") == [("甲", "乙")]
        assert ds.products["product_id"].tolist() == ["1", "2"]


def test_edges_alone_make_their_nodes(tmp_path):
    (tmp_path / "e.csv").write_text("a,b\n厂,货\n厂,料\n", encoding="utf-8")
    edges = {"file": "e.csv", "source": "a", "target": "b", "means": "source-makes-target"}
    ds = cg.read_lists({"edges": edges}, folder=tmp_path)
    assert ds.products["name_zh"].tolist() == ["货", "料"]
    assert len(ds.enterprises) == 1
    assert len(ds.capacities) == 2


def test_two_nodes_of_one_name_are_no_target(tmp_path):
    (tmp_path / "n.csv").write_text("i,n\n1,甲\n2,甲\n3,乙\n", encoding="utf-8")
    (tmp_path / "e.csv").write_text("a,b\n甲,乙\n1,乙\n", encoding="utf-8")
    ds = cg.read_lists({
        "nodes": {"file": "n.csv", "id": "i", "name": "n", "as": "product"},
        "edges": {"file": "e.csv", "source": "a", "target": "b", "means": MEANINGS[0]},
    }, folder=tmp_path)  # fmt: skip
    assert ds.inputs[["input_id", "output_id"]].to_numpy().tolist() == [["1", "3"]]
    assert counted(ds) == {("list-dangling", "e.csv"): 1}


BAD_MAPS = {
    "not [toml": "cannot be used as a mapping: ",
    "上游 = 1": "keys that are not Latin stand in quotes",
    "x = 1": "'x' in the top level is not one of its keys",
    "name = 'x'": "it has neither [nodes] nor [edges]",
    "nodes = 5": "'nodes' is neither a table nor a list of tables",
    "[nodes]\nfile = 5\nas = 'product'": "'file' is not a text",
    "[nodes]\nname = 'n'\nas = 'product'": "'file' is missing",
    "[nodes]\nfile = 'f'\nname = 'n'": "needs either 'as' or 'kind' with 'kinds'",
    "[nodes]\nfile = 'f'\nname = 'n'\nas = 'thing'": "'thing' in 'as' is not one of: product, enterprise",
    "[nodes]\nfile = 'f'\nname = 'n'\nkind = 'k'": "has 'kind' but no 'kinds'",
    "[nodes]\nfile = 'f'\nnaem = 'n'\nas = 'product'": "did you mean: name",
    "[nodes]\nfile = 'f'\nname = 'n'\nas = 'product'\ncolumns = {price_cny = 'p'}": "'price_cny' in 'columns'",
    "[edges]\nfile = 'f'\nsource = 's'\ntarget = 't'": "needs either 'means' or 'relation'",
    "[edges]\nfile = 'f'\nsource = 's'\ntarget = 't'\nmeans = 'up'": "'up' in 'means' is not one of",
    "as_of = 'soon'\n[nodes]\nfile = 'nodes.csv'\nname = '名称'\nas = 'product'": "'as_of' is not a date",
}


@pytest.mark.parametrize("text", BAD_MAPS, ids=range(len(BAD_MAPS)))
def test_a_bad_mapping_is_one_sentence(tmp_path, text):
    mapping = lists(tmp_path, text)
    found = failure("convert", tmp_path, "--map", mapping, "-o", tmp_path / "out", status=2)
    assert "cannot be used as a mapping" in found
    assert BAD_MAPS[text] in found
    assert not (tmp_path / "out").exists()


def test_files_that_the_mapping_names_are_looked_at(tmp_path):
    mapping = lists(tmp_path, MAP.replace("名称", "名字"))
    text = failure("convert", tmp_path, "--map", mapping, "-o", tmp_path / "out", status=1)
    assert "required columns are missing from the header: 名字" in text
    mapping = lists(tmp_path, MAP.replace("nodes.csv", "gone.csv"))
    text = failure("convert", tmp_path, "--map", mapping, "-o", tmp_path / "out", status=1)
    assert "no file or folder" in text
    assert "gone.csv" in text
    mapping = lists(tmp_path)
    (tmp_path / "nodes.csv").write_text(f'{NODES}n5,"open,产品,\n', encoding="utf-8")
    text = failure("convert", tmp_path, "--map", mapping, "-o", tmp_path / "out", status=1)
    assert "cannot be read as CSV" in text
    text = failure(
        "convert", tmp_path, "--map", tmp_path / "no.toml", "-o", tmp_path / "o", status=1
    )
    assert "no file or folder" in text
