"""The graph of a region's state: equal to the frames, and to be written and read by networkx."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.analysis.region_graph import bare_graph, read_links, region_graph
from chaingraph.analysis.standing import standing
from chaingraph.enterprises import site_rows
from chaingraph.results import Result
from chaingraph.views.facts.products import gather_facts
from tests.helpers_cli import run

FIGURES = (
    "makers", "makers_unquantified", "construction", "demand_low", "demand", "demand_high", "own_use",
    "merchant", "gap_low", "gap", "gap_high", "gap_value_cny_low", "gap_value_cny", "gap_value_cny_high",
    "users", "national_makers", "national_capacity", "price_cny", "coverage",
)  # fmt: skip
WORDS = ("evidence", "reasons")
DECIDED = (
    "list",
    "gap_kind",
    "decision",
    "verb",
    "then",
    "mark",
    "action",
    "evidence_date",
    "planned",
)


def shown(value):
    """Return an unknown as None, whatever stands for it."""
    unknown = value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value))
    return None if unknown or value == "" else value


def assert_holds(graph, frame, names):
    assert len(frame)
    for record in frame.to_dict("records"):
        node = graph.nodes["product", record["product_id"]]
        for name in names:
            assert node.get(name) == shown(record[name]), (record["product_id"], name)


@pytest.fixture(scope="module")
def study(qujing):
    return cg.open_study(qujing)


@pytest.fixture(scope="module", params=["曲靖市", "昆明市"])
def region(request):
    return request.param


@pytest.fixture(scope="module")
def graph(study, region):
    return study.graph(region)


def edges_of(graph, kind):
    return [edge for edge in graph.edges(data=True) if edge[2]["edge_kind"] == kind]


def test_products_hold_the_balance(study, region, graph):
    frame = cg.calculate_balance(study, region=region).frame
    assert_holds(graph, frame, [*FIGURES, *WORDS])
    known = dict(zip(frame["product_id"], frame["capacity"], strict=True))
    found = {name: graph.nodes["product", name].get("known_capacity") for name in known}
    assert found == {name: shown(value) for name, value in known.items()}
    named = {node[1] for node, made in graph.nodes(data="made") if made}
    assert named <= set(frame["product_id"])


def test_products_hold_the_gaps(study, region, graph):
    frame = cg.find_gaps(study, region=region, draws=0).frame
    assert_holds(graph, frame, [*FIGURES, *WORDS, *DECIDED])
    silent = {"covered", "made", None}
    called = {node[1] for node, kind in graph.nodes(data="gap_kind") if kind not in silent}
    assert called == set(frame["product_id"])


def test_links_add_up_to_the_demand(study, region, graph):
    state = study.state(region)
    for name, place in state.study.product_graph.position.items():
        links = [
            d
            for *_, d in graph.out_edges(("product", name), data=True)
            if d["edge_kind"] == "input"
        ]
        for end, values in (("quantity_low", state.demand.low), ("quantity", state.demand.point)):
            if links and all(end in data for data in links if data["role"] == "consumed"):
                total = sum(data.get(end, 0.0) for data in links)
                assert total == pytest.approx(values[place], rel=1e-6, abs=1e-6), (name, end)


def test_plants_add_up_to_the_capacity(study, region, graph):
    state = study.state(region)
    total = dict.fromkeys(state.study.product_graph.ids, 0.0)
    for _, (_, product), data in edges_of(graph, "produces"):
        total[product] += data["effective"]
    found = [total[name] for name in state.study.product_graph.ids]
    assert found == pytest.approx(state.rows.capacity.tolist())


def test_products_hold_their_row_and_how_the_region_stands_with_them(study, region, graph):
    state = study.state(region)
    records = study.products.to_dict("records")
    beside = zip(standing(state), state.evidence.why, study.maker_cities, strict=True)
    for record, (stands, why, cities) in zip(records, beside, strict=True):
        node = graph.nodes["product", record["product_id"]]
        for name in ("name_zh", "name_en", "unit", "restricted", "restricted_zh", "source_url"):
            assert node.get(name) == shown(record[name])
        found = (node["standing"], node.get("why", ""), node["maker_cities"])
        assert found == (stands, why, cities)


def test_links_are_active_where_their_output_is_made_here(study, region, graph):
    state, links = study.state(region), read_links(graph)
    arrays = study.product_graph
    assert [edge["active"] for edge in links.edges] == state.active.tolist()
    assert links.taken == pytest.approx(state.flow)
    assert links.share == pytest.approx(state.share)
    for name in ("source", "target", "coefficient", "low", "high", "role"):
        np.testing.assert_array_equal(getattr(links.arrays, name), getattr(arrays, name))
    pairs = set(zip(links.arrays.group.tolist(), arrays.group.tolist(), strict=True))
    assert len(pairs) == len({ours for ours, _ in pairs}) == len({own for _, own in pairs})


def test_rows_of_plants_are_those_of_the_makers(study, region, graph):
    rows = study.maker_rows
    rows = site_rows(rows[study.state(region).region.mask(rows)])
    seen = rows["since_basis"].isin(["as_of", "listing"])  # ran by then: a bound, no start
    rows = rows.assign(since=rows["since"].mask(seen))
    columns = ["status", "since", "as_of", "capacity", "source_url", "note"]
    wanted = [
        (record["enterprise_id"], record["product_id"], *(shown(record[name]) for name in columns))
        for record in rows.to_dict("records")
    ]
    found = [
        (site[1], product[1], *(row.get(name) for name in columns))
        for site, product, data in edges_of(graph, "produces")
        for row in data["rows"]
        if row["status"] != "suspended"
    ]
    assert sorted(found, key=str) == sorted(wanted, key=str)


# --- one graph, that pages and traces read


def whole(facts):
    return repr((facts.products, facts.links))


def test_what_is_handed_out_changes_no_page(toy):
    state = cg.open_study(toy).state()
    before, graph = whole(gather_facts(state)), cg.open_study(toy).graph()
    for _, data in graph.nodes(data=True):
        data.clear()
    for *_, data in graph.edges(data=True):
        for row in data.get("rows", ()):
            row.clear()
        data.get("rows", []).clear()
        data.clear()
    graph.clear()
    assert whole(gather_facts(state)) == before
    assert cg.open_study(toy).graph().nodes["product", "foil"]["gap"] == 1000.0


def test_the_kept_graph_is_frozen_and_built_once(toy):
    state = cg.open_study(toy).state()
    kept = region_graph(state)
    assert region_graph(state) is kept
    with pytest.raises(nx.NetworkXError, match="Frozen"):
        kept.add_edge("a", "b")
    assert not nx.is_frozen(cg.open_study(toy).graph())
    assert region_graph(state.with_capacity([{"product_id": "foil", "capacity": 1}])) is not kept


def test_the_order_of_the_kept_graph_is_found_once_and_of_a_copy_anew(toy, monkeypatch):
    kept = bare_graph(toy)
    read_links(kept)
    with monkeypatch.context() as patch:
        patch.setattr("chaingraph.analysis.region_graph.input_links", None)
        assert len(read_links(kept).edges)
    copy = nx.DiGraph(kept)
    before = len(read_links(copy).edges)
    copy.remove_edge(("product", "metal"), ("product", "foil"))
    assert len(read_links(copy).edges) == before - 1
    assert len(read_links(kept).edges) == before


def test_facts_say_what_the_graph_says(toy):
    state = replace(cg.open_study(toy).state("甲市"))  # a state of its own, with its own graph
    graph = region_graph(state)
    graph.nodes["product", "foil"].update(
        standing="strong", known_capacity=7.0, verb="expand", gap_high=9.0
    )
    link = graph.edges[("product", "foil"), ("product", "cell")]
    link.update(quantity=123.0, coefficient=4.0)
    graph.nodes["enterprise", "cell_jia"]["name_zh"] = "电芯新名"
    for row in graph.edges[("enterprise", "cell_jia"), ("product", "cell")]["rows"]:
        row["capacity"] = 55.0
    facts = gather_facts(state)
    foil, cell = facts.by_id["foil"], facts.by_id["cell"]
    assert (foil.standing, foil.capacity, foil.verb, foil.gap.high) == (
        "strong",
        7.0,
        "expand",
        9.0,
    )
    assert [(c.output_id, c.quantity, c.coefficient) for c in foil.causes] == [("cell", 123.0, 4.0)]
    assert {(maker.name_zh, maker.capacity) for maker in cell.local} == {("电芯新名", 55.0)}
    link["active"] = False
    assert gather_facts(state).by_id["foil"].causes == ()


def test_a_trace_reads_the_graph(toy, monkeypatch):
    state = replace(cg.open_study(toy).state("甲市"))
    graph = region_graph(state)
    graph.edges[("product", "metal"), ("product", "foil")]["coefficient"] = 2.0
    graph.nodes["product", "metal"]["makers"] = 42
    monkeypatch.setattr("chaingraph.analysis.trace.region_state", lambda *_: state)
    found = cg.trace_product(toy, "foil", quantity=3).frame.set_index("input_id")
    assert found.loc["metal", ["quantity", "makers"]].tolist() == [6.0, 42]
    assert found.loc["ore", "quantity"] == 12.0


def test_a_trace_of_links_alone_reads_the_same_graph(toy):
    bare = replace(toy, tables={name: toy.tables[name] for name in ("products", "inputs")})
    links = read_links(bare_graph(bare))
    assert links.arrays.ids == cg.open_study(toy).product_graph.ids
    assert set(links.taken) == {0.0}
    bare_graph(bare).edges[("product", "metal"), ("product", "foil")]["coefficient"] = 2.0
    found = cg.trace_product(bare, "foil").frame.set_index("input_id")
    assert found.loc["metal", "quantity"] == 2.0
    assert "makers" not in found


def test_every_site_lies_in_the_region(region, graph):
    places = {
        data["city"] for _, data in graph.nodes(data=True) if data["node_kind"] == "enterprise"
    }
    assert places == {region}


PHASES = {
    "enterprises": [{"enterprise_id": "s", "city": "here", "group_zh": "甲集团"}],
    "capacities": [
        {"enterprise_id": "s", "product_id": "a", "capacity": 100, "since": "2020", "until": "2023-06"},
        {"enterprise_id": "s", "product_id": "a", "capacity": 200, "since": "2023-06"},
        {"enterprise_id": "s", "product_id": "a", "capacity": 300, "since": "2030"},
        {"enterprise_id": "s", "product_id": "b", "capacity": 50, "status": "construction", "since": "2024-01"},
        {"enterprise_id": "s", "product_id": "a", "capacity": 70, "status": "planned", "as_of": "2024-02"},
        {"enterprise_id": "s", "product_id": "c", "capacity": 9, "status": "planned", "as_of": "2020-02"},
    ],
}  # fmt: skip


def phased(build, **more):
    return build("a b c", [("a", "b", 2)], makers=None, as_of="2024-12", **PHASES, **more)


def test_only_phases_that_stand_at_the_date(build):
    graph = cg.open_study(phased(build)).graph()
    site = ("enterprise", "s")
    edge = graph.edges[site, ("product", "a")]
    assert (edge["status"], edge["capacity"], edge["effective"]) == ("operating", 200.0, 200.0)
    assert edge["planned"] == 70.0
    assert [row["figure"] for row in edge["rows"]] == [200.0, 70.0]
    built = graph.edges[site, ("product", "b")]
    assert (built["status"], built["capacity"], built["effective"]) == ("construction", 50.0, 0.0)
    old = graph.edges[site, ("product", "c")]
    assert (old["status"], old["stale"], old["effective"]) == ("planned", True, 0.0)
    assert not edge["stale"]
    assert graph.nodes[site]["main_product"] == "a"
    assert graph.nodes[site]["status"] == "operating"
    assert graph.has_edge(("group", "甲集团"), site)


def test_construction_that_is_asked_for_counts(build):
    graph = cg.open_study(phased(build), statuses={"construction": 0.5}).graph()
    assert graph.edges[("enterprise", "s"), ("product", "b")]["effective"] == 25.0


TIES = [
    {"supplier_group": "甲集团", "customer_group": "乙集团", "product_id": "a", "year": "2023"},
    {"supplier_group": "甲集团", "customer_group": "丙集团", "product_id": "a", "year": "2026"},
]


def targets(region="here", **columns):
    frame = pd.DataFrame({"product_id": ["b", "b"], "group_zh": ["乙集团", "丙集团"], "rank": [1, 2],
                          "score": [0.5, float("nan")], "reasons_zh": ["近", None]} | columns)  # fmt: skip
    return Result("targets", frame, {"region": region})


def test_candidates_go_from_the_gap_to_the_group_and_ties_are_those_known(build):
    study = cg.open_study(phased(build, supplies=TIES))
    graph = study.graph(targets=targets())
    edge = graph.edges[("product", "b"), ("group", "乙集团")]
    assert edge == {"edge_kind": "candidate", "rank": 1, "score": 0.5, "reasons_zh": "近"}
    assert graph.edges[("product", "b"), ("group", "丙集团")] == {
        "edge_kind": "candidate",
        "rank": 2,
    }
    (tie,) = edges_of(graph, "supplies")
    assert (tie[0], tie[1], tie[2]["products"]) == (("group", "甲集团"), ("group", "乙集团"), "a")
    assert edges_of(study.graph(), "supplies") == []


def test_targets_of_another_region_are_refused(build):
    study = cg.open_study(phased(build))
    with pytest.raises(cg.OptionError, match="elsewhere"):
        study.graph(targets=targets("elsewhere"))
    with pytest.raises(cg.OptionError, match="none of rank_targets"):
        study.graph(targets=cg.list_regions(study.dataset))


def test_what_was_added_is_a_plant(toy):
    study = cg.open_study(toy)
    state = study.state().with_capacity([{"product_id": "foil", "capacity": 400}])
    graph = study.graph(state.with_capacity([{"product_id": "foil", "capacity": 100}]))
    assert graph.nodes["product", "foil"]["gap"] == 500.0
    plants = [
        (start, data["capacity"])
        for start, _, data in edges_of(graph, "produces")
        if start[0] == "plant"
    ]
    assert plants == [(("plant", "added_1"), 400.0), (("plant", "added_2"), 100.0)]


@pytest.mark.parametrize("kind", ["graphml", "gexf"])
def test_flat_graphs_are_written_and_read_by_networkx(study, region, tmp_path, kind):
    flat = study.graph(region, flat=True)
    assert all(isinstance(node, str) for node in flat)
    cells = [
        *(data for _, data in flat.nodes(data=True)),
        *(data for *_, data in flat.edges(data=True)),
    ]
    assert {type(value) for data in cells for value in data.values()} <= {str, int, float, bool}
    types = {}
    for data in cells:
        for name, value in data.items():
            types.setdefault(name, set()).add(type(value))
    assert {name: kinds for name, kinds in types.items() if len(kinds) > 1} == {}
    path = tmp_path / f"g.{kind}"
    getattr(nx, f"write_{kind}")(flat, path)
    back = getattr(nx, f"read_{kind}")(path)
    assert set(back) == set(flat)
    assert set(back.edges) == set(flat.edges)
    for node, data in flat.nodes(data=True):
        assert {name: back.nodes[node][name] for name in data} == data
    for start, end, data in flat.edges(data=True):
        assert {name: back.edges[start, end][name] for name in data} == data


@pytest.mark.parametrize("suffix", ["graphml", "gexf", "json"])
def test_command_writes_the_graph_of_a_region(tmp_path, suffix):
    path = tmp_path / f"x.{suffix}"
    said = run("convert", "toy", "-o", path, "--region", "乙市").stdout
    flat = cg.open_study(cg.load_dataset("toy")).graph("乙市", flat=True)
    assert f"{len(flat)} nodes" in said
    if suffix == "json":
        back = nx.node_link_graph(json.loads(path.read_text(encoding="utf-8")), edges="edges")
    else:
        back = getattr(nx, f"read_{suffix}")(path)
    assert set(back.edges) == set(flat.edges)
    assert (
        back.nodes["product:foil"]["capacity"] == flat.nodes["product:foil"]["capacity"] == 3000.0
    )


def test_figures_without_bound_in_json(tmp_path):
    run("convert", "toy", "-o", tmp_path / "x.json", "-r", "甲市")
    back = json.loads((tmp_path / "x.json").read_text(encoding="utf-8"))
    can = next(node for node in back["nodes"] if node["id"] == "product:can")
    assert can["capacity_high"] is None
    assert "capacity" not in can


def test_a_region_goes_only_into_a_network(tmp_path):
    said = run("convert", "toy", "-o", tmp_path / "x.xlsx", "-r", "甲市", status=2)
    assert "graphml, gexf, json" in said.stderr
