"""Graph files: our own JSON, those of other programs, and what a map must say of them."""

from __future__ import annotations

import json

import networkx as nx
import pytest

import chaingraph as cg
from tests.helpers_cli import folder, run

NODES = [
    {"id": "1", "name": "锂矿", "type": "product"},
    {"id": "2", "name": "电池", "type": "product"},
    {"id": "9", "name": "甲厂", "type": "企业"},
]
LINK = {"source": "1", "target": "2", "type": "input"}
MAKES = {"source": "9", "target": "2", "type": "生产"}


def written(place, whole, name="chain.json"):
    path = place / name
    path.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    return path


def rules_of(caught):
    return [finding.rule for finding in caught.value.findings]


def test_our_own_json_reads_back_to_the_same_tables(tmp_path):
    toy = cg.load_dataset("toy")
    cg.export_dataset(toy, tmp_path / "toy.json")
    back = cg.load_dataset(tmp_path / "toy.json")
    for table in ("products", "inputs", "enterprises", "capacities", "supplies"):
        left, right = (ds.table(table).drop(columns="origin") for ds in (toy, back))
        names = list(left.columns)
        left, right = (f.sort_values(names, ignore_index=True) for f in (left, right))
        assert (
            left.astype(object)
            .where(left.notna(), None)
            .equals(right.astype(object).where(right.notna(), None))
        ), table
    assert (back.name, back.as_of, back.focus) == (toy.name, toy.as_of, toy.focus)
    assert [f.rule for f in cg.check_dataset(tmp_path / "toy.json")[1]] == []


def test_a_wrong_row_of_our_own_json_is_refused_as_of_a_folder(tmp_path):
    whole = json.loads(
        cg.export_dataset(cg.load_dataset("toy"), tmp_path / "t.json")[0].read_text("utf-8")
    )
    edge = next(e for e in whole["edges"] if e["edge_kind"] == "produces")
    edge["rows"][0]["status"] = "oprating"
    with pytest.raises(cg.DataError, match="oprating") as caught:
        cg.load_dataset(written(tmp_path, whole))
    assert rules_of(caught) == ["not-in-list"]


CYTOSCAPE = {"elements": {key: [{"data": item} for item in items]
             for key, items in (("nodes", NODES), ("edges", [LINK, MAKES]))}}  # fmt: skip
ECHARTS = {
    "categories": [{"name": "产品"}, {"name": "企业"}],
    "nodes": [
        {"name": "锂矿", "category": 0},
        {"name": "电池", "category": 0},
        {"name": "甲厂", "category": 1},
    ],
    "links": [{"source": 0, "target": "电池", "relation": "input"}, {"source": 2, "target": 1}],
}


@pytest.mark.parametrize(
    "whole",
    [
        {"nodes": NODES, "edges": [LINK, MAKES]},
        {"nodes": NODES, "links": [LINK, MAKES]},
        CYTOSCAPE,
        ECHARTS,
    ],
    ids=["edges", "links", "cytoscape", "echarts"],
)
def test_graphs_of_other_programs_give_the_structure(tmp_path, whole):
    ds = cg.load_dataset(written(tmp_path, whole))
    names = dict(zip(ds.products["product_id"], ds.products["name_zh"], strict=True))
    link = ds.inputs.iloc[0]
    assert (names[link["input_id"]], names[link["output_id"]]) == ("锂矿", "电池")
    assert ds.enterprises["name_zh"].tolist() == ["甲厂"]
    assert names[ds.capacities["product_id"].iloc[0]] == "电池"
    assert len(ds.inputs) == len(ds.capacities) == 1


def test_node_link_data_of_networkx(tmp_path):
    graph = nx.DiGraph([("ore", "metal"), ("metal", "part")])
    for key in ("edges", "links"):
        path = written(tmp_path, nx.node_link_data(graph, edges=key))
        found = cg.check_dataset(path)[1]
        assert {f.rule for f in found if f.rule.startswith("list")} == {"list-direction"}
        assert cg.load_dataset(path).inputs[["input_id", "output_id"]].values.tolist() == [
            ["ore", "metal"], ["metal", "part"],
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("whole", "rule"),
    [
        ({"nodes": NODES, "edges": [LINK | {"type": "上游"}]}, "graph-relations"),
        ({"nodes": NODES, "edges": [LINK | {"source": "9"}]}, "graph-relations"),
        ({"nodes": [*NODES, {"id": "3", "type": "环节"}], "edges": [LINK]}, "graph-kinds"),
        ({"nodes": [*NODES, NODES[0] | {"name": "锂辉石"}], "edges": []}, "list-conflict"),
        ({"nodes": NODES}, "graph-broken"),
        ({"nodes": [1], "edges": []}, "graph-broken"),
        ([1, 2], "graph-broken"),
    ],
)
def test_what_a_graph_does_not_say_is_asked_for(tmp_path, whole, rule):
    path = written(tmp_path, whole)
    with pytest.raises(cg.DataError) as caught:
        cg.load_dataset(path)
    assert rules_of(caught) == [rule]
    out = run("gaps", path, status=1).output
    assert "chain.json" in out


def test_the_state_of_a_region_is_no_dataset(tmp_path):
    run("convert", "toy", "-o", tmp_path / "r.json", "--region", "甲市", status=0)
    with pytest.raises(cg.DataError, match="the state of a region"):
        cg.load_dataset(tmp_path / "r.json")


J02 = """[[nodes]]
file = "chain.json"
id = "id"
name = "name"
kind = "type"
kinds = {"product" = "product", "企业" = "enterprise"}
[[edges]]
file = "chain.json"
source = "source"
target = "target"
relation = "type"
relations = {"上游" = "source-is-input", "*" = "ignore"}
"""


def test_a_map_reads_nodes_and_edges_of_one_graph_file(tmp_path):
    written(tmp_path, {"nodes": NODES, "links": [LINK | {"type": "上游"}, LINK | {"type": "同类"}]})
    (tmp_path / "m.toml").write_text(J02, encoding="utf-8")
    for place in (tmp_path, tmp_path / "chain.json"):
        ds = cg.read_lists(tmp_path / "m.toml", folder=place)
        assert (len(ds.products), len(ds.inputs), len(ds.enterprises)) == (2, 1, 1)
    assert [f.params["examples"] for f in ds.findings if f.rule == "list-relation"] == ["同类"]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (', "*" = "ignore"', "", '"同类" \\(1\\)'),
        ('"上游" = "source-is-input", "*"', '"同类"', '"上游" \\(1\\)'),
        (', "企业" = "enterprise"', "", '"企业" \\(1\\)'),
    ],
)
def test_words_that_a_map_does_not_list_are_asked_for(tmp_path, old, new, named):
    written(tmp_path, {"nodes": NODES, "links": [LINK | {"type": "上游"}, LINK | {"type": "同类"}]})
    assert old in J02
    (tmp_path / "m.toml").write_text(J02.replace(old, new), encoding="utf-8")
    with pytest.raises(cg.OptionError, match=named):
        cg.read_lists(tmp_path / "m.toml")


@pytest.mark.parametrize("other", ["乙", "甲"])
def test_one_id_with_two_names_is_refused(tmp_path, other):
    """Equal rows are merged; different ones under one id are not."""
    place = folder(tmp_path, "l", n=f"id,name\n1,甲\n1,{other}\n 2,丙\n", e="s,t\n1,2\n")
    lists = {
        "nodes": {"file": "n.csv", "id": "id", "name": "name", "as": "product"},
        "edges": {"file": "e.csv", "source": "s", "target": "t", "means": "source-is-input"},
    }
    if other == "甲":
        assert len(cg.read_lists(lists, folder=place).products) == 2
        return
    with pytest.raises(cg.DataError, match=r"甲 at l/n\.csv:2, 乙 here") as caught:
        cg.read_lists(lists, folder=place)
    assert rules_of(caught) == ["list-conflict"]


@pytest.mark.parametrize("level", ["enterprise", "product"])
@pytest.mark.parametrize("name", ["toy", "battery", "photovoltaic", "aluminium", "qujing"])
def test_the_flat_graph_is_written_by_networkx(tmp_path, name, level):
    graph = cg.build_graph(cg.load_dataset(name), level=level, flat=True)
    for write, read in ((nx.write_graphml, nx.read_graphml), (nx.write_gexf, nx.read_gexf)):
        write(graph, tmp_path / "g")
        back = read(tmp_path / "g")
        assert set(back) == set(graph)
        assert set(back.edges()) == set(graph.edges())
