"""Wrong answers that were found once, each with the right one."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.errors import OptionError

# --- intervals depend on nothing but their own rows

LINKS = [("a", "x", 1.0, {"low": 0.5, "high": 1.6}), ("b", "x", 2.0, {"low": 1.0, "high": 3.5}),
         ("c", "y", 1.0, {"low": 0.2, "high": 2.0})]  # fmt: skip


def likely(ds, product):
    frame = cg.calculate_balance(ds, draws=500).frame.set_index("product_id")
    return frame.loc[product, ["demand_likely_low", "demand_likely_high"]].tolist()


def test_a_trace_of_another_product_moves_no_interval(build):
    makers = [("s", "x", 10.0)]
    alone = build("a b c x y", LINKS, makers)
    beside = build("a b c x y", LINKS, [*makers, ("t", "y", 0.0001)])
    for product in ("a", "b"):
        assert likely(alone, product) == likely(beside, product)
    first = build("a b c x y", LINKS[:2], makers)
    assert likely(first, "b") == likely(alone, "b")


# --- the networks say what the balance says

PHASES = [
    ("s", "b", 100.0, {"since": "2020", "until": "2023-06"}), ("s", "b", 200.0, {"since": "2023-06"}),
    ("s", "b", 300.0, {"since": "2030"}),
]  # fmt: skip


def test_superseded_and_future_phases_are_not_added_up(build):
    ds = build("a b", [("a", "b", 1)], PHASES, as_of="2024-12")
    edge = ("enterprise", "s"), ("product", "b")
    assert cg.build_graph(ds).edges[edge]["capacity"] == 200
    assert cg.open_study(ds).graph().edges[edge]["capacity"] == 200
    assert cg.calculate_balance(ds).frame.set_index("product_id").loc["b", "capacity"] == 200


def test_graph_and_state_agree_on_all_cities(qujing):
    """The edges of the whole graph by city against the states of the cities."""
    graph = cg.build_graph(qujing)
    total = {}
    for site, product, data in graph.edges(data=True):
        city = graph.nodes[site].get("city")
        if data["edge_kind"] == "produces" and city and data["capacity"]:
            key = city, product[1]
            total[key] = total.get(key, 0.0) + data["capacity"]
    for state in cg.open_study(qujing, bounds=False).states(["曲靖市", "荆州市", "昆明市"]):
        for name, made in zip(
            state.study.product_graph.ids, state.rows.capacity.tolist(), strict=True
        ):
            assert made == pytest.approx(total.get((state.region.name, name), 0.0)), (
                state.region.name,
                name,
            )


# --- what is edited keeps its question


def test_an_edit_keeps_focus_date_and_cards(qujing):
    same = qujing.with_tables(capacities=qujing.capacities)
    assert (same.focus, same.as_of, same.chains) == (qujing.focus, qujing.as_of, qujing.chains)
    assert same.sha256 == qujing.sha256
    before, after = (cg.calculate_balance(ds).frame for ds in (qujing, same))
    pd.testing.assert_frame_equal(before, after)
    more = qujing.with_rows("capacities", [
        {"enterprise_id": qujing.enterprises["enterprise_id"].iloc[0], "product_id": "pv_glass", "capacity": 1.0, "unit": "Mm2"}
    ])  # fmt: skip
    assert (more.focus, more.as_of) == (qujing.focus, qujing.as_of)


# --- a goal, with and without what it takes in turn

STAGES = [("lithium_carbonate", "lfp", 0.24), ("lfp", "cell", 2200.0)]


@pytest.fixture
def cells(build):
    products = [("lithium_carbonate", "t"), ("lfp", "t"), ("cell", "GWh")]
    return build(products, STAGES, [("s", "cell", 10.0)], as_of="2024-12")


def of(result, column):
    return result.frame.set_index("product_id")[column].to_dict()


def test_a_goal_is_final_demand(cells):
    found = cg.calculate_balance(cells, goal={"cell": 23})
    assert of(found, "gap")["cell"] == 13
    assert of(found, "demand")["lfp"] == 22_000


def test_a_goal_exploded_takes_what_its_requirements_are(cells):
    found = cg.calculate_balance(cells, goal={"cell": 23}, explode=True)
    assert of(found, "gap")["cell"] == 13
    assert of(found, "demand")["lfp"] == pytest.approx(50_600)
    assert of(found, "demand")["lithium_carbonate"] == pytest.approx(12_144)
    required = cg.calculate_requirements(cells, {"cell": 23})
    assert of(required, "required")["lfp"] == pytest.approx(50_600)
    assert of(required, "required")["lithium_carbonate"] == pytest.approx(12_144)


# --- equipment for what must be added; inputs that need each other


@pytest.mark.parametrize(
    ("there", "machines"), [(None, 1.0), (40.0, 0.6), (99.0, 0.01), (100.0, 0.0), (250.0, 0.0)]
)
def test_standing_capacity_needs_no_new_machines(build, there, machines):
    makers = [("t", "a", 1.0)] if there is None else [("s", "b", there)]
    ds = build("a b machine", [("a", "b", 2), ("machine", "b", 0.01, {"role": "capital"})], makers)
    frame = cg.calculate_requirements(ds, {"b": 100}).frame
    found = frame[frame["role"] == "capital"].set_index("product_id")["required"].to_dict()
    assert found == ({"machine": pytest.approx(machines)} if machines else {})


def test_the_scarcer_of_two_needed_inputs_decides(build):
    # 100 of a become 200 of x and 50 of y, and z needs one of each
    links = [("a", "x", 0.25), ("a", "y", 1.0), ("x", "z", 1.0), ("y", "z", 1.0), ("z", "end", 1.0)]
    found = cg.trace_product(
        build("a x y z end", links, None), "a", direction="down", quantity=100
    ).frame
    made = found.set_index(["input_id", "output_id"])["quantity"].to_dict()
    assert made == {
        ("a", "x"): 200, ("a", "y"): 50, ("x", "z"): 50, ("y", "z"): 50, ("z", "end"): 50,
    }  # fmt: skip


def test_alternatives_add_up(build):
    links = [("a", "x", 0.25), ("a", "y", 1.0),
             *((one, "z", 1.0, {"alternative_group": "g", "share": 0.5}) for one in "xy")]  # fmt: skip
    found = cg.trace_product(
        build("a x y z", links, None), "a", direction="down", quantity=100
    ).frame
    made = found.set_index(["input_id", "output_id"])["quantity"].to_dict()
    assert (made["x", "z"], made["y", "z"]) == (400, 100)


# --- numbers, as they come out of frames


@pytest.mark.parametrize("number", [23, 23.0, np.int64(23), np.float32(23), np.float64(23)])
def test_goals_of_any_number(cells, number):
    for goal in ({"cell": number}, pd.Series({"cell": number})):
        found = cg.find_gaps(cells, goal=goal, draws=0)
        assert of(found, "gap")["cell"] == 13
        found.to_json()


@pytest.mark.parametrize("goal", ["cell=23", ["cell"], {"cell": "viel"}, {"cell": None}, {"cell": True},
                                  {"cell": float("nan")}, pd.DataFrame({"cell": [23]})])  # fmt: skip
def test_goals_that_are_none(cells, goal):
    with pytest.raises(OptionError, match=r"is no goal|takes Mapping, None as 'goal'"):
        cg.find_gaps(cells, goal=goal)


@pytest.mark.parametrize(
    "load", [0.5, np.float32(0.5), {"cell": np.float64(0.5)}, pd.Series({"cell": 0.5}), {"*": 0.5}]
)
def test_loads_of_any_number(cells, load):
    found = cg.calculate_balance(cells, load=load)
    assert of(found, "demand")["lfp"] == 11_000
    found.to_json()


@pytest.mark.parametrize(
    "load", ["0.5", None, True, "half", {"cell": "0.5"}, 1.6, -0.1, float("nan")]
)
def test_loads_that_are_none(cells, load):
    with pytest.raises(OptionError, match=r"neither 'actual' nor 'full'|as 'load', not"):
        cg.calculate_balance(cells, load=load)


@pytest.mark.parametrize("draws", [50, np.int64(50), 50.0, np.float32(50)])
def test_draws_of_any_number(cells, draws):
    assert (
        cg.find_gaps(cells, draws=draws, seed=np.int64(1)).frame["demand_likely_low"].notna().any()
    )


@pytest.mark.parametrize(("options", "said"), [
    ({"draws": "50"}, "as 'draws', not '50'"), ({"draws": 1.5}, "as 'draws', not 1.5"), ({"draws": -1}, "draws cannot"),
    ({"draws": 100_001}, "draws cannot"), ({"seed": None}, "seed"), ({"seed": -1}, "seed"), ({"seed": "x"}, "seed"),
])  # fmt: skip
def test_draws_and_seeds_that_are_none(cells, options, said):
    with pytest.raises(OptionError, match=said):
        cg.find_gaps(cells, **options)


def test_statuses_as_the_command_spells_them(build):
    ds = build(
        "a b", [("a", "b", 1)], [("s", "b", 10.0), ("t", "b", 10.0, {"status": "construction"})]
    )
    for statuses in (
        "operating,construction=0.8",
        " operating , construction = 0.8 ",
        {"operating": 1, "construction": np.float32(0.8)},
    ):
        found = cg.calculate_balance(ds, statuses=statuses)
        assert of(found, "capacity")["b"] == pytest.approx(18)
    for statuses in (
        "operating,construction=x",
        {"operating": "1"},
        {"operating": None},
        "operating=1.2",
    ):
        with pytest.raises(OptionError, match="factor"):
            cg.calculate_balance(ds, statuses=statuses)
    with pytest.raises(OptionError, match="is no status"):
        cg.calculate_balance(ds, statuses="operating,constuction=0.8")


@pytest.mark.parametrize("name", ["battery", "电池", "新能源电池", "Battery", "new-energy battery"])
def test_chains_by_their_names(qujing, name):
    assert cg.calculate_balance(qujing, chain=name).params["chain"] == "battery"
    expected = cg.calculate_balance(qujing, chain="battery").frame
    pd.testing.assert_frame_equal(cg.calculate_balance(qujing, chain=name).frame, expected)


@pytest.mark.parametrize("name", ["", "绿色", "green", "bat"])
def test_chains_that_are_none_or_several(qujing, name):
    with pytest.raises(cg.UnknownNameError, match="chain"):
        cg.calculate_balance(qujing, chain=name)


def test_a_region_named_twice_is_one(qujing):
    once = cg.calculate_balance(qujing, region="曲靖市").frame
    twice = cg.calculate_balance(qujing, region=["曲靖市", "曲靖市"]).frame
    pd.testing.assert_frame_equal(once, twice)


# --- networks that networkx writes


@pytest.mark.parametrize("kind", ["graphml", "gexf"])
def test_networkx_writes_the_graph_of_a_region(toy, tmp_path, kind):
    flat = cg.open_study(toy).graph(flat=True)
    getattr(nx, f"write_{kind}")(flat, tmp_path / "x")
    assert set(getattr(nx, f"read_{kind}")(tmp_path / "x")) == set(flat)
