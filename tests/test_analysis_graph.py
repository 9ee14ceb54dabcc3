"""The networkx graph and the way back to tables."""

from __future__ import annotations

import networkx as nx
import pandas as pd
import pytest

import chaingraph as cg

TABLES = ("products", "inputs", "enterprises", "capacities", "supplies")


def in_order(frame, columns):
    """Return a frame with rows and columns in one order."""
    frame = frame[columns]
    keys = frame.astype("str").fillna("").agg("|".join, axis=1)
    return frame.iloc[keys.argsort(kind="stable").to_numpy()].reset_index(drop=True)


def assert_same(found, expected):
    assert set(found.columns) == set(expected.columns)
    columns = sorted(expected.columns)
    pd.testing.assert_frame_equal(in_order(found, columns), in_order(expected, columns))


@pytest.fixture(scope="module")
def graph(qujing):
    return cg.build_graph(qujing)


@pytest.mark.parametrize("table", TABLES)
def test_round_trip_loses_no_cell(qujing, graph, table):
    assert_same(cg.graph_to_tables(graph)[table], qujing.table(table))


def test_round_trip_of_products_alone(qujing):
    tables = cg.graph_to_tables(cg.build_graph(qujing, level="product"))
    assert set(tables) == {"products", "inputs"}
    for name in tables:
        assert_same(tables[name], qujing.table(name))


def test_round_trip_gives_the_same_gaps(toy):
    tables = cg.graph_to_tables(cg.build_graph(toy))
    tables |= {
        name: toy.table(name) for name in ("product_facts", "surveys", "projects", "regions")
    }
    again = cg.dataset_from_frames(tables, focus="甲市", as_of="2024-12")
    found, expected = (cg.find_gaps(ds).frame.drop(columns="chains") for ds in (again, toy))
    pd.testing.assert_frame_equal(found, expected)


def test_size_of_the_graph(qujing, graph):
    kinds = pd.Series([kind for _, kind in graph.nodes(data="node_kind")]).value_counts()
    assert kinds["product"] == len(qujing.products) > 290
    assert kinds["enterprise"] == len(qujing.enterprises) > 990
    edges = pd.Series([kind for *_, kind in graph.edges(data="edge_kind")]).value_counts()
    assert edges["input"] == len(qujing.inputs) > 850


def test_attributes_stand_under_their_column_names(toy):
    graph = cg.build_graph(toy)
    link = graph.edges[("product", "powder_a"), ("product", "cell")]
    assert link["coefficient"] == 1000
    assert link["alternative_group"] == "cathode"
    assert "share" not in link  # missing values are left out
    assert graph.nodes["enterprise", "cell_jia"]["anchor"] is True
    assert graph.nodes["product", "foil"]["price_cny"] == 3000


def test_phases_of_one_site_and_product_all_stay(toy):
    edge = cg.build_graph(toy).edges[("enterprise", "cell_jia"), ("product", "cell")]
    assert [(row["capacity"], row["status"]) for row in edge["rows"]] == [
        (2, "operating"), (1, "construction"),
    ]  # fmt: skip
    assert edge["capacity"] == 2


def test_capacity_of_an_edge_is_unknown_without_a_figure(toy):
    graph = cg.build_graph(toy)
    assert graph.edges[("enterprise", "can_jia"), ("product", "can")]["capacity"] is None
    head = graph.edges[("enterprise", "head_bing"), ("product", "foil")]
    assert head["capacity"] is None  # a company total is no site's
    assert len(head["rows"]) == 1


def test_supplies_of_one_pair_all_stay(build):
    rows = [
        {"supplier_group": "x", "customer_group": "y", "product_id": p, "year": year}
        for p, year in (("a", "2022"), ("a", "2023"), ("b", "2022"))
    ]
    graph = cg.build_graph(build("a b", [], [], supplies=rows))
    assert len(graph.edges[("group", "x"), ("group", "y")]["rows"]) == 3
    assert len(cg.graph_to_tables(graph)["supplies"]) == 3


def test_product_level_has_products_only(toy):
    graph = cg.build_graph(toy, level="product")
    assert {kind for kind, _ in graph.nodes} == {"product"}
    assert type(graph) is nx.DiGraph
    assert graph.number_of_edges() == 11


def test_any_networkx_algorithm_goes_on_from_here(toy):
    graph = cg.build_graph(toy)
    path = nx.shortest_path(graph, ("enterprise", "metal_jia"), ("product", "pack"))
    assert [name for _, name in path] == ["metal_jia", "metal", "foil", "cell", "pack"]


def test_capacities_of_a_site_that_no_table_names():
    frames = {
        "products": pd.DataFrame({"product_id": ["a"]}),
        "capacities": pd.DataFrame(
            {"enterprise_id": ["s"], "product_id": ["a"], "capacity": [1.0]}
        ),
    }
    graph = cg.build_graph(cg.dataset_from_frames(frames))
    assert graph.nodes["enterprise", "s"]["node_kind"] == "enterprise"
    tables = cg.graph_to_tables(graph)
    assert set(tables) == {"capacities", "inputs", "products"}
    assert tables["capacities"]["enterprise_id"].tolist() == ["s"]


def test_graph_of_polars_frames(toy):
    polars = pytest.importorskip("polars")
    frames = {name: toy.table(name) for name in TABLES}
    for name in ("enterprises", "capacities"):
        columns = {c: toy.table(name)[c].tolist() for c in toy.table(name).columns if c != "origin"}
        plain = {c: [None if v != v else v for v in cells] for c, cells in columns.items()}  # noqa: PLR0124
        frames[name] = polars.DataFrame(plain).lazy()
    graph = cg.build_graph(cg.dataset_from_frames(frames))
    expected = cg.build_graph(toy)
    assert set(graph.edges) == set(expected.edges)
    assert graph.edges[("enterprise", "cell_jia"), ("product", "cell")]["capacity"] == 2


def test_graph_does_not_reach_the_dataset(toy):
    graph = cg.build_graph(toy)
    graph.nodes["product", "foil"]["price_cny"] = -1
    graph.edges[("enterprise", "cell_jia"), ("product", "cell")]["rows"].clear()
    assert toy.products.set_index("product_id").loc["foil", "price_cny"] == 3000
    assert (toy.capacities["enterprise_id"] == "cell_jia").sum() == 2


def test_unknown_level(toy):
    with pytest.raises(cg.OptionError, match="level 'city' is unknown; use: enterprise, product"):
        cg.build_graph(toy, level="city")


def test_capacity_of_an_edge_is_that_of_the_date(build):
    made = [
        ("s", "a", 100, {"since": "2020", "until": "2023-06"}), ("s", "a", 200, {"since": "2023-06"}),
        ("s", "a", 300, {"since": "2030"}), ("s", "a", 50, {"since": "2023", "status": "trial"}),
    ]  # fmt: skip
    ds = build("a", [], made, as_of="2024-12")
    for at, capacity in (("2024-12", 250), ("2021", 100), ("2030", 550)):
        edge = cg.build_graph(ds.at(at)).edges[("enterprise", "s"), ("product", "a")]
        assert (edge["capacity"], len(edge["rows"])) == (capacity, 4)
