"""Bill-of-materials explosions and alternatives, worked by hand."""

from __future__ import annotations

import pytest

import chaingraph as cg

# A bicycle: 2 wheels and 1 frame; a wheel: 36 spokes and 4 bolts; a frame: 6 bolts and 3 kg of tube.
# For 10 bicycles: wheels 20, frames 10, spokes 720, tube 30 kg, bolts 20 x 4 + 10 x 6 = 140, and at
# 0.01 kg a spoke and 0.05 kg a bolt: steel 7.2 + 7 = 14.2 kg.
BICYCLE = [("bike", "pcs"), ("wheel", "pcs"), ("frame", "pcs"), ("spoke", "pcs"), ("bolt", "pcs"),
           ("tube", "kg"), ("steel", "kg"), ("jig", "set"), ("robot", "set")]  # fmt: skip
PARTS = [
    ("wheel", "bike", 2), ("frame", "bike", 1), ("spoke", "wheel", 36), ("bolt", "wheel", 4),
    ("bolt", "frame", 6), ("tube", "frame", 3), ("steel", "spoke", 0.01), ("steel", "bolt", 0.05),
    ("jig", "bike", 0.1, {"role": "capital"}), ("robot", "wheel", 0.02, {"role": "capital"}),
]  # fmt: skip


def test_explosion_of_three_levels_with_a_shared_part(build):
    frame = cg.calculate_requirements(build(BICYCLE, PARTS, None), {"bike": 10}).frame
    consumed = frame[frame["role"] == "consumed"].set_index("product_id")
    assert consumed["required"].to_dict() == pytest.approx(
        {"bike": 10, "wheel": 20, "frame": 10, "spoke": 720, "bolt": 140, "tube": 30, "steel": 14.2}
    )
    direct = consumed["direct"]
    assert direct[direct > 0].to_dict() == {"wheel": 20, "frame": 10}


def test_equipment_is_bought_once_and_never_yearly(build):
    # Robots: 0.02 for each wheel a year of new capacity, 20 wheels; jigs: 0.1 for each of 10 bicycles.
    ds = build(BICYCLE, PARTS, None)
    frame = cg.calculate_requirements(ds, {"bike": 10}).frame
    capital = frame[frame["role"] == "capital"].set_index("product_id")
    assert capital["required"].to_dict() == pytest.approx({"jig": 1.0, "robot": 0.4})
    assert capital["direct"].to_dict() == pytest.approx({"jig": 1.0, "robot": 0.0})
    without = cg.calculate_requirements(ds, {"bike": 10}, capital=False).frame
    assert set(without["role"]) == {"consumed"}
    assert not {"jig", "robot"} & set(without["product_id"])


def test_requirements_without_makers_leave_local_columns_unknown(build):
    frame = cg.calculate_requirements(build(BICYCLE, PARTS, None), {"bike": 10}).frame
    assert frame["capacity"].isna().all()
    assert frame["shortfall"].isna().all()
    assert frame["local_share"].isna().all()


def test_requirements_against_local_capacity(build):
    ds = build(BICYCLE, PARTS, [("w", "wheel", 15), ("b", "bolt", 500), ("s", "spoke", None)])
    frame = cg.calculate_requirements(ds, {"bike": 10}).frame.set_index("product_id")
    assert frame.loc["wheel", ["capacity", "shortfall", "local_share"]].tolist() == [15, 5, 0.75]
    assert frame.loc["bolt", ["capacity", "shortfall", "local_share"]].tolist() == [500, 0, 1]
    assert frame.loc["frame", ["capacity", "shortfall", "local_share"]].tolist() == [0, 10, 0]
    assert frame.loc["spoke", ["capacity", "shortfall"]].isna().all()  # a maker without a figure


def test_goal_of_two_products_and_links_without_figure(build):
    ds = build("a b c", [("c", "a", 2), ("c", "b", 3), ("b", "a", None)], None)
    result = cg.calculate_requirements(ds, {"a": 1, "b": 10})
    assert result.frame.set_index("product_id")["required"].to_dict() == {"a": 1, "b": 10, "c": 32}
    assert result.sentences("en") == ["1 links have no coefficient: what they take is left out"]


@pytest.mark.parametrize("goal", [{}, {"bike": 0}, {"bike": -1}, {"bike": float("nan")}])
def test_goals_that_are_none(build, goal):
    with pytest.raises(cg.OptionError, match="is no goal"):
        cg.calculate_requirements(build(BICYCLE, PARTS, None), goal)


def test_goal_of_an_unknown_product_names_the_closest(build):
    with pytest.raises(cg.UnknownNameError, match="no product 'bikes'; did you mean: bike"):
        cg.calculate_requirements(build(BICYCLE, PARTS, None), {"bikes": 1})


# --- alternatives: 1 GWh of cells takes 2300 t of LFP or 1700 t of NCM ------------------------------

CELLS = [("cell", "GWh"), ("lfp", "t"), ("ncm", "t")]


def cathodes(build, makers=(), shares=(None, None), sites=None):
    """Return a city with 10 GWh of cells, and further makers."""
    links = [
        (name, "cell", coefficient, {"alternative_group": "cathode", "share": share})
        for name, coefficient, share in zip(("lfp", "ncm"), (2300, 1700), shares, strict=True)
    ]
    return build(CELLS, links, [("c", "cell", 10), *makers], sites=sites)


def demand_of(ds):
    frame = cg.calculate_balance(ds).frame.set_index("product_id")
    return [frame["demand"].get(name, 0.0) for name in ("lfp", "ncm")]


def ends_of(ds):
    frame = cg.calculate_balance(ds).frame.set_index("product_id")
    columns = ["demand_low", "demand", "demand_high"]
    return [frame.loc[name, columns].tolist() for name in ("lfp", "ncm")]


def test_alternatives_without_any_capacity_may_be_either(build):
    """Nobody is known to make either: each may be all of it, and no figure can be given."""
    for (low, point, high), most in zip(ends_of(cathodes(build)), (23_000, 17_000), strict=True):
        assert (low, high) == (0, most)
        assert str(point) == "nan"


def test_alternatives_by_stated_share_whatever_the_capacity(build):
    ds = cathodes(build, [("m", "ncm", 1e6)], shares=(0.7, 0.3))
    assert demand_of(ds) == pytest.approx([0.7 * 23_000, 0.3 * 17_000])


def test_alternatives_by_local_capacity_in_units_of_output(build):
    # 23,000 t of LFP serve 10 GWh, 51,000 t of NCM serve 30 GWh: shares 1/4 and 3/4 (by plain tonnes
    # it would be 23/74 and 51/74).
    ds = cathodes(build, [("m", "lfp", 23_000), ("n", "ncm", 51_000)])
    assert demand_of(ds) == pytest.approx([5_750, 12_750])


def test_alternatives_of_different_units_compare(build):
    # A furnace load takes 2 t of coal or 8 MWh: 20 t of coal serve 10 loads, 240 MWh serve 30.
    products = [("load", "pcs"), ("coal", "t"), ("power", "MWh")]
    group = {"alternative_group": "heat"}
    links = [("coal", "load", 2, group), ("power", "load", 8, group)]
    makers = [("f", "load", 4), ("k", "coal", 20), ("p", "power", 240)]
    frame = cg.calculate_balance(build(products, links, makers)).frame.set_index("product_id")
    assert frame["demand"].to_dict() == pytest.approx({"load": 0, "coal": 2, "power": 24})


def test_alternative_with_the_only_local_capacity_takes_all(build):
    assert demand_of(cathodes(build, [("m", "lfp", 5)])) == pytest.approx([23_000, 0])


def test_a_local_maker_without_figure_leaves_both_open(build):
    away = {"n": {"city": "away"}}
    for makers, sites in (
        ([("m", "lfp", None), ("n", "ncm", 1e6)], away),
        ([("m", "lfp", None), ("n", "ncm", None)], None),
    ):
        found = ends_of(cathodes(build, makers, sites=sites))
        for (low, point, high), most in zip(found, (23_000, 17_000), strict=True):
            assert (low, high) == (0, most)
            assert str(point) == "nan"


def test_alternatives_by_national_capacity_in_units_of_output(build):
    away = {name: {"city": "away"} for name in ("m", "n")}
    ds = cathodes(build, [("m", "lfp", 23_000), ("n", "ncm", 51_000)], sites=away)
    assert demand_of(ds) == pytest.approx([5_750, 12_750])


def test_national_capacity_takes_a_group_total_for_its_sites_once(build):
    # The group's total of 23,000 t stands for its site of 20,000 t: national LFP is 23,000 t, 10 GWh.
    away = {name: {"city": "away", "group_zh": "g"} for name in ("m", "head")}
    makers = [
        ("m", "lfp", 20_000), ("head", "lfp", 23_000, {"scope": "group"}), ("n", "ncm", 17_000),
    ]  # fmt: skip
    ds = cathodes(build, makers, sites=away | {"n": {"city": "away"}})
    assert demand_of(ds) == pytest.approx([11_500, 8_500])


def test_groups_of_one_name_but_two_outputs_are_two_groups(build):
    group = {"alternative_group": "binder"}
    links = [(i, o, 1, group) for o in ("x", "y") for i in ("a", "b")]
    ds = build("a b x y", links, [("p", "x", 10), ("q", "y", 30), ("m", "a", 1)])
    frame = cg.calculate_balance(ds).frame.set_index("product_id")
    assert frame.loc["a", "demand"] == 40


def test_group_of_capital_links_is_not_split(build):
    more = {"role": "capital", "alternative_group": "line"}
    ds = build(
        "cell winder stacker", [("winder", "cell", 2, more), ("stacker", "cell", 3, more)], None
    )
    frame = cg.calculate_requirements(ds, {"cell": 10}).frame
    capital = frame[frame["role"] == "capital"].set_index("product_id")["required"]
    assert capital.to_dict() == {"winder": 20, "stacker": 30}


def test_only_consumed_links_make_demand(build):
    links = [
        ("gas", "x", 2), ("winder", "x", 2, {"role": "capital"}),
        ("scrap", "x", 2, {"role": "byproduct"}), ("repair", "x", 2, {"role": "service"}),
    ]  # fmt: skip
    frame = cg.calculate_balance(build("x gas winder scrap repair", links, [("p", "x", 5)])).frame
    assert frame.set_index("product_id")["demand"].to_dict() == {"gas": 10, "x": 0}
