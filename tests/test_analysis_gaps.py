"""Gaps: kinds, breaks, priority, lists and options, by hand."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import chaingraph as cg


def gaps_of(ds, **options):
    return cg.find_gaps(ds, **({"draws": 0} | options)).frame.set_index("product_id")


# 10 units of `end` a year take what is set here; each input shows one kind.
KINDS = [
    ("none", []),
    ("little", [("l", "little", 4)]),
    ("exact", [("e1", "exact", 10), ("e2", "exact", 0)]),
    ("unknown", [("u", "unknown", None)]),
    ("one", [("o", "one", 10.5)]),
    ("few", [("f1", "few", 3.5), ("f2", "few", 3.5), ("f3", "few", 3.5)]),
    ("many", [(f"m{i}", "many", 2.6) for i in range(4)]),
    ("spare", [("s", "spare", 12)]),
    ("nearly", [("n1", "nearly", 7.1), ("n2", "nearly", 2.9)]),
    ("even", [("v1", "even", 7.0), ("v2", "even", 3.0)]),
    ("vague", [("g1", "vague", 9.5), ("g2", "vague", 1.0), ("g3", "vague", None)]),
]


@pytest.fixture(scope="module")
def kinds(build):
    names = [name for name, _ in KINDS]
    links = [(name, "end", 1) for name in names] + [("end", "next", 1)]
    makers = [row for _, rows in KINDS for row in rows] + [("x", "end", 10)]
    products = [(name, "t", 2, {"chains": "c"}) for name in [*names, "end", "next"]]
    return gaps_of(build(products, links, makers))


@pytest.mark.parametrize(
    ("product", "kind", "action"),
    [
        ("none", "missing", "fill"),
        ("little", "short", "strengthen"),
        ("exact", "single", "secure"),  # all of it from one maker: HHI 1
        ("unknown", "unquantified", "survey"),
        ("one", "single", "secure"),
        (
            "spare",
            "single",
            "secure",
        ),  # a sixth of it has no user, but all that would use it are here
        ("nearly", "single", "secure"),  # 71% of known figures from one maker
        ("end", "surplus", "extend"),
    ],
)
def test_kind(kinds, product, kind, action):
    assert kinds.loc[product, ["gap_kind", "action"]].tolist() == [kind, action]


def test_several_makers_are_no_gap(kinds):
    assert "few" not in kinds.index  # three equal makers are a good state
    assert "many" not in kinds.index
    assert "even" not in kinds.index  # 70% is not above
    assert "vague" not in kinds.index  # a maker without figure: its share can't be told
    assert "next" not in kinds.index  # nobody here takes it


def test_figures_by_hand(kinds):
    assert kinds.loc["none", ["demand", "coverage", "gap_value_cny"]].tolist() == [10, 0, 20]
    assert kinds.loc["little", ["balance", "coverage", "gap_value_cny"]].tolist() == [-6, 0.4, 12]
    assert kinds.loc["unknown", ["capacity", "coverage", "gap_value_cny"]].isna().all()
    assert kinds.loc["end", "open_outputs"] == "next"
    assert pd.isna(kinds.loc["spare", "open_outputs"])  # its user is here and takes too little
    assert kinds["single_source"].to_dict() == {
        "none": False, "little": True, "exact": False, "unknown": True, "one": True,
        "spare": True, "nearly": False, "end": False,
    }  # fmt: skip


def test_kinds_can_be_picked(toy):
    assert set(gaps_of(toy, kinds="missing")["gap_kind"]) == {"missing"}
    assert set(gaps_of(toy, kinds=["one_of", "surplus"])["gap_kind"]) == {"one_of", "surplus"}
    alone = gaps_of(toy, kinds="one_of").loc["powder_a"]
    assert alone["priority"] == gaps_of(toy).loc["powder_a", "priority"]  # on a fixed scale
    with pytest.raises(cg.OptionError, match="'mising' is no kind of gap; use: missing"):
        cg.find_gaps(toy, kinds=["mising"])


def test_concentration_by_hand(build):
    # Groups: g 60 (two sites), h 30, and a site without group 10: HHI = 0.36 + 0.09 + 0.01.
    sites = {"a": {"group_zh": "g"}, "b": {"group_zh": "g"}, "c": {"group_zh": "h"}}
    ds = build(
        "p", [], [("a", "p", 40), ("b", "p", 20), ("c", "p", 30), ("d", "p", 10)], sites=sites
    )
    row = cg.calculate_balance(ds).frame.iloc[0]
    assert row["hhi"] == pytest.approx(0.46)
    assert row["makers"] == 3


# --- breaks ------------------------------------------------------------------------------------------


def break_of(build, *, kind="material", local=("ore_product", "end")):
    products = [("ore_product", "t", 1, {"kind": kind}), ("mid", "t", 1), ("end", "t", 1)]
    links = [("ore_product", "mid", 1), ("mid", "end", 1)]
    ds = build(products, links, [(f"s_{name}", name, 5) for name in local])
    found = gaps_of(ds)
    return bool(found.loc["mid", "is_break"]) if "mid" in found.index else None


def test_break_lies_between_a_local_input_and_a_local_output(build):
    assert break_of(build) is True
    assert break_of(build, local=("end",)) is False  # nothing local goes into it
    assert break_of(build, local=("ore_product",)) is None  # nobody wants it
    assert break_of(build, local=("ore_product", "mid", "end")) is False  # it is there


@pytest.mark.parametrize("kind", ["energy", "resource", "equipment", "service", "auxiliary"])
def test_what_goes_into_everything_makes_no_break(build, kind):
    assert break_of(build, kind=kind) is False


def test_break_of_toy_by_hand(toy):
    # metal is made in 甲市, foil is not, and the cells take foil; ore and powder_a are no breaks.
    frame = gaps_of(toy)
    assert frame.index[frame["is_break"]].tolist() == ["foil"]
    assert frame.index[frame["part_break"] == 1].tolist() == ["foil"]


# --- priority ----------------------------------------------------------------------------------------


def test_priority_parts_by_hand(toy):
    # Certain values: foil 900 t x 3000 = 2.7m, ore 3600 t x 100 = 0.36m; on a scale from 1m to 10,000m.
    # Output at stake: cells 2 GWh x 400m = 800m, all of it without foil.
    frame = gaps_of(toy)
    assert frame.loc["foil", "part_value"] == pytest.approx(math.log10(2.7) / 4)
    assert frame.loc["ore", "part_value"] == 0
    assert frame.loc["powder_a", "part_value"] == 0  # powder_b may be bought instead
    assert frame.loc["foil", "dependent_output_cny"] == 800e6
    assert frame.loc["foil", "part_output"] == pytest.approx(math.log10(800) / 4)
    assert frame.loc["foil", "part_inputs"] == 1  # its only input, metal, is made here
    assert frame.loc["foil", "part_cross"] == 0  # its users are of one chain
    assert frame.loc["foil", ["part_open", "part_break"]].tolist() == [1, 1]


def test_priority_is_the_weighted_sum_of_its_parts(toy):
    result = cg.find_gaps(toy, draws=0)
    weights, frame = result.params["weights"], result.frame
    assert sum(weights.values()) == pytest.approx(1)
    assert max(weights, key=weights.get) == "value"  # money at stake leads
    parts = frame[[f"part_{name}" for name in weights]]
    assert (parts.fillna(0) * list(weights.values())).sum(axis=1).tolist() == pytest.approx(
        frame["priority"].tolist()
    )
    assert (parts.fillna(1) * list(weights.values())).sum(axis=1).tolist() == pytest.approx(
        frame["priority_high"].tolist()
    )


def test_unknown_parts_widen_the_priority(qujing):
    frame = gaps_of(qujing)
    unknown = frame[[name for name in frame if name.startswith("part_")]].isna().any(axis=1)
    assert unknown.any()
    assert (~unknown).any()
    assert (frame["priority"] <= frame["priority_high"]).all()
    assert (frame["priority"] < frame["priority_high"])[unknown].all()
    assert frame["priority"].between(0, 1).all()
    assert frame.loc[~unknown, "priority"].tolist() == frame.loc[~unknown, "priority_high"].tolist()


def test_weights_are_scaled_to_one_and_change_the_order(toy):
    given = {"value": 6, "output": 1, "break": 0, "inputs": 2, "cross": 0, "open": 1}
    weights = cg.find_gaps(toy, weights=given, draws=0).params["weights"]
    assert weights == {name: weight / 10 for name, weight in given.items()}
    default = cg.find_gaps(toy, draws=0).params["weights"]
    partly = cg.find_gaps(toy, weights={"break": 0}, draws=0).params["weights"]
    assert partly["value"] / partly["output"] == pytest.approx(default["value"] / default["output"])
    assert partly["break"] == 0
    only_inputs = dict.fromkeys(("value", "output", "break", "cross", "open"), 0)
    frame = gaps_of(toy, weights=only_inputs | {"inputs": 1})
    assert frame["priority"].tolist() == pytest.approx(frame["part_inputs"].fillna(0).tolist())


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"valu": 1}, "'valu' is no part of the priority; use: value"),
        ({"value": -1}, "the weight -1 of 'value' is not usable"),
        ({"value": float("nan")}, "is not usable"),
        (dict.fromkeys(("value", "output", "break", "inputs", "cross", "open"), 0), "not all 0"),
    ],
)
def test_weights_that_cannot_be_used(toy, weights, message):
    with pytest.raises(cg.OptionError, match=message):
        cg.find_gaps(toy, weights=weights)


def test_cross_chain_part_by_hand(build):
    # `power` serves users of chains x and y of three chains: (2 - 1) / (3 - 1).
    products = [
        ("power", "t", 1, {"chains": "x;y;z"}), ("a", "t", 1, {"chains": "x"}),
        ("b", "t", 1, {"chains": "y"}), ("one", "t", 1, {"chains": "x;y;z"}),
    ]  # fmt: skip
    links = [("power", "a", 1), ("power", "b", 1), ("one", "a", 1)]
    frame = gaps_of(build(products, links, [("s", "a", 1), ("t", "b", 1)]))
    assert frame["part_cross"].to_dict() == {"power": 0.5, "one": 0}


def test_alternatives_count_as_one_input(build):
    # `mid` takes x, and p or q: with q alone made here, one of two inputs is met.
    group = {"alternative_group": "g"}
    links = [("x", "mid", 1), ("p", "mid", 1, group), ("q", "mid", 1, group), ("mid", "end", 1)]
    ds = build("x p q mid end", links, [("s", "q", 5), ("t", "end", 5)])
    assert gaps_of(ds).loc["mid", "part_inputs"] == 0.5


def test_restricted_products_say_so(build):
    products = [
        ("metal", "t", 1, {"restricted": "swap of quota"}),
        ("free", "t", 1),
        ("end", "t", 1),
    ]
    ds = build(products, [("metal", "end", 1), ("free", "end", 1)], [("s", "end", 5)])
    frame = gaps_of(ds)
    assert frame["part_open"].to_dict() == {"free": 1, "metal": 0}
    assert frame.loc["metal", "restricted"] == "swap of quota"
    weight = cg.find_gaps(ds).params["weights"]["open"]
    assert frame.loc["free", "priority"] - frame.loc["metal", "priority"] == pytest.approx(weight)


# --- lists, goal, chain, order -----------------------------------------------------------------------


def test_supply_list_is_ranked_by_itself(toy):
    frame = cg.find_gaps(toy, draws=0).frame
    lines = frame[frame["under"].isna()]  # powder_b stands beneath powder_a
    assert frame.loc[frame["under"].notna(), ["product_id", "under"]].to_numpy().tolist() == [
        ["powder_b", "powder_a"]
    ]
    for _, rank in lines.groupby("list")["rank"]:
        assert rank.tolist() == list(range(1, len(rank) + 1))
    assert set(frame["list"]) == {"recruit", "supply", "survey"}
    assert set(frame.loc[frame["list"] == "supply", "product_id"]) == {"ore", "power"}


def test_goal_adds_demand_and_wants_what_nobody_takes(toy):
    plain, wanted = gaps_of(toy), gaps_of(toy, goal={"pack": 3, "foil": 200})
    assert "pack" not in plain.index
    assert wanted.loc["pack", ["demand", "gap_kind"]].tolist() == [3, "missing"]
    assert wanted.loc["foil", "demand"] == plain.loc["foil", "demand"] + 200
    with pytest.raises(cg.UnknownNameError, match="no product 'packs'"):
        cg.find_gaps(toy, goal={"packs": 1})


def test_chain_filters_rows_and_changes_no_figure(toy):
    everything, metal = gaps_of(toy), gaps_of(toy, chain="metal")
    assert set(metal.index) < set(everything.index)
    pd.testing.assert_frame_equal(
        metal.drop(columns="rank"), everything.loc[metal.index].drop(columns="rank")
    )
    with pytest.raises(cg.UnknownNameError, match="no chain 'steel'; there are: cell, metal"):
        cg.find_gaps(toy, chain="steel")


def test_a_load_is_of_the_demand_and_not_of_the_supply(toy):
    """A plant that runs at half for want of orders can still supply."""
    for load in (0.5, {"cell": 0.5}):
        half = cg.calculate_balance(toy, load=load).frame.set_index("product_id")
        assert half.loc["powder_a", ["demand", "coverage"]].tolist() == [1000, 1]
        assert half.loc["foil", ["demand", "demand_full"]].tolist() == [500, 1000]
    for wrong in ({"cell": 2}, "half", None, -0.1, 1.51):
        with pytest.raises(
            cg.OptionError, match=r"a load of .* is neither 'actual' nor 'full' nor"
        ):
            cg.calculate_balance(toy, load=wrong)
    assert len(cg.calculate_balance(toy, load=1.5))


def test_utilisation_is_the_former_name_of_load(toy):
    with pytest.warns(FutureWarning, match="utilisation is called load now"):
        old = cg.calculate_balance(toy, utilisation={"cell": 0.5})
    assert old.frame.equals(cg.calculate_balance(toy, load={"cell": 0.5}).frame)


def test_notes_say_what_is_unknown_and_how_much_is_sourced(build):
    # Lacking a: 10 t x 3 CNY, link and maker sourced; of b: 10 t x 1 CNY, not sourced; c has no price;
    # d has no coefficient.
    seen = {"source_url": "https://example.org"}
    products = [("a", "t", 3), ("b", "t", 1), ("c", "t"), ("d", "t", 1), ("end", "t", 1)]
    links = [("a", "end", 1, seen), ("b", "end", 1), ("c", "end", 1), ("d", "end", None)]
    result = cg.find_gaps(build(products, links, [("s", "end", 10, seen)]))
    assert result.frame.set_index("product_id")["sourced_share"].dropna().to_dict() == {
        "a": 1, "b": 0, "c": 0,
    }  # fmt: skip
    assert [sentence.split(":")[0] for sentence in result.sentences("en")] == [
        "1 products that may be bought outside have no price",
        "1 listed products have local users without a figure",
        (
            "of 75% of the gap value coefficient and capacities name a page, which is no proof; "
            "the rest is general knowledge"
        ),
    ]


def test_balance_is_unknown_where_a_side_is(toy):
    frame = cg.calculate_balance(toy).frame.set_index("product_id")
    assert pd.isna(frame.loc["can", "balance"])  # its maker has no figure


def test_balance_is_unknown_where_no_demand_is_known(build):
    ds = build("p q", [("p", "q", 2)], [("a", "p", 10), ("b", "q", None)])
    row = cg.calculate_balance(ds).frame.set_index("product_id").loc["p"]
    assert pd.isna(row["demand"])
    assert pd.isna(row["balance"])


def test_rows_without_a_start_are_said_where_a_date_is_asked_for(toy):
    notes = cg.find_gaps(toy, at="2019", draws=0).sentences("en")
    assert "1 capacity rows have no start and count at every date" in notes  # can_jia
    assert not any("no start" in note for note in cg.find_gaps(toy, draws=0).sentences("en"))


def test_a_goal_and_a_utilisation_may_name_products_as_people_do(toy):
    """A name stands for its id; one product under two names is refused, an unknown one has suggestions."""
    by_id = cg.calculate_balance(toy, goal={"cell": 2}, load={"metal": 0.5}).frame
    by_name = cg.calculate_balance(toy, goal={"电芯": 2}, load={"Metal": 0.5}).frame
    assert by_id.equals(by_name)
    with pytest.raises(cg.OptionError, match="given twice"):
        cg.calculate_requirements(toy, {"cell": 1, "Cell": 2})
    with pytest.raises(cg.UnknownNameError, match="电芯"):
        cg.calculate_requirements(toy, {"电心": 1})
