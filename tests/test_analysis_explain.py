"""Explanations and traces: every figure can be followed to its rows."""

from __future__ import annotations

import pytest

import chaingraph as cg


def aspects(frame):
    """Return (aspect, who, quantity) of each row."""
    who = frame["enterprise_id"].where(frame["enterprise_id"].notna(), frame["output_id"])
    return list(zip(frame["aspect"], who, frame["quantity"], strict=True))


def test_missing_product(toy):
    # 2 GWh of cells take 500 t/GWh of foil; nobody in 甲市 makes it, two sites and a head office do.
    result = cg.explain_product(toy, "foil")
    assert aspects(result.frame) == [
        ("demand", "cell", 1000), ("demand_maker", "cell_jia", 2),
        ("elsewhere", "foil_yi", 3000), ("elsewhere", "head_bing", 1500), ("elsewhere", "foil_bing", 1000),
    ]  # fmt: skip
    assert result.sentences("en") == [
        "foil: demand 900 to 1,100 (1,000) t, local supply 0 t a year"
    ]
    demand = result.frame.iloc[0]
    assert demand[["coefficient", "low", "high", "share"]].tolist() == [500, 450, 550, 1]
    assert demand[["link_unit", "as_of", "source_url"]].tolist() == [
        "t/GWh", "2024", "https://example.org/cell",
    ]  # fmt: skip
    assert demand["origin"] == "toy/inputs.csv:5"


def test_own_pipeline(toy):
    frame = cg.explain_product(toy, "cell").frame
    assert aspects(frame) == [("supply", "cell_jia", 2), ("pipeline", "cell_jia", 1)]
    assert frame["status"].tolist() == ["operating", "construction"]
    both = cg.explain_product(toy, "cell", statuses=["operating", "construction"]).frame
    assert aspects(both) == [("supply", "cell_jia", 2), ("supply", "cell_jia", 1)]


def test_shared_product_lists_the_largest_user_first(toy):
    frame = cg.explain_product(toy, "power").frame
    demand = frame[frame["aspect"] == "demand"]
    assert demand[["output_id", "quantity"]].to_numpy().tolist() == [
        ["cell", 60000],
        ["metal", 10000],
    ]


@pytest.mark.parametrize("load", ["full", 0.5])
def test_rows_add_up_to_the_balance(toy, load):
    balance = cg.calculate_balance(toy, load=load).frame.set_index("product_id")
    for product, figures in balance.iterrows():
        rows = cg.explain_product(toy, product, load=load).frame
        by_aspect = rows.groupby("aspect")["quantity"].sum()
        assert by_aspect.get("demand", 0) == pytest.approx(figures["demand"])
        known = max(0, figures["capacity"])
        assert by_aspect.get("supply", 0) == pytest.approx(known)
        assert (rows["source_url"].notna() | rows["note"].notna()).all()


def test_company_total_at_a_local_head_office_is_no_local_maker(build):
    makers = [
        ("s", "cell", 10), ("head", "cell", 70, {"scope": "group"}),
        ("head", "cell", 30, {"scope": "group", "status": "construction"}),
    ]  # fmt: skip
    ds = build("foil cell", [("foil", "cell", 2)], makers)
    assert aspects(cg.explain_product(ds, "foil").frame) == [
        ("demand", "cell", 20), ("demand_maker", "s", 10),
    ]  # fmt: skip
    assert aspects(cg.explain_product(ds, "cell").frame) == [("supply", "s", 10)]


def test_sentences_say_what_is_unknown_restricted_and_wanted(build):
    products = [
        ("foil", "t", None, {"restricted": "needs a quota"}),
        ("cell", "GWh"),
        ("pack", "GWh"),
    ]
    links = [("foil", "cell", 2), ("foil", "pack", None)]
    ds = build(products, links, [("s", "cell", 10), ("q", "pack", 1), ("t", "foil", None)])
    sentences = cg.explain_product(ds, "foil", goal={"foil": 7}).sentences("en")
    assert sentences == [
        "foil: demand at least 27 t, local supply unknown t a year",
        "1 local users have no figure, or not for all their makers: the demand is a lower bound",
        "1 local makers have no capacity figure: the supply is a lower bound",
        "restricted: needs a quota",
        "the goal adds 7 a year",
    ]


def test_product_nobody_makes_or_takes(toy):
    result = cg.explain_product(toy, "winder")
    assert result.frame.empty
    assert len(result.frame.columns) == 26


def test_unknown_product(toy):
    with pytest.raises(cg.UnknownNameError, match="no product 'foill'; did you mean: foil"):
        cg.explain_product(toy, "foill")


# --- traces ------------------------------------------------------------------------------------------


def test_trace_up_adds_direct_and_indirect_use(toy):
    # 1 GWh of packs: 1 GWh of cells, 500 t of foil, 550 t of metal, 1100 t of ore; power 30,000 for the
    # cells and 550 x 5 = 2,750 for the metal. Powders as the cells of 甲市 take them: powder_a for 1.5 of
    # 2 GWh, and of the last half GWh its part of the national mix, 1.5 to 10,000 / 1,200.
    share = 0.75 + 0.25 * 1.5 / (1.5 + 10_000 / 1_200)
    frame = cg.trace_product(toy, "pack").frame
    found = {(row.input_id, row.output_id): row.quantity for row in frame.itertuples()}
    assert found == pytest.approx(
        {
            ("cell", "pack"): 1, ("foil", "cell"): 500, ("powder_a", "cell"): 1000 * share,
            ("powder_b", "cell"): 1200 * (1 - share),
            ("can", "cell"): 1e6, ("power", "cell"): 30_000, ("metal", "foil"): 550,
            ("ore", "metal"): 1100, ("power", "metal"): 2750,
        }
    )  # fmt: skip
    assert frame["depth"].tolist() == sorted(frame["depth"])
    assert frame.set_index("input_id").loc["foil", ["makers", "national_makers"]].tolist() == [0, 2]


def test_trace_depth_and_roles(toy):
    assert set(cg.trace_product(toy, "cell", depth=1).frame["depth"]) == {1}
    everything = cg.trace_product(toy, "cell", depth=1, all_roles=True).frame
    winder = everything.set_index("input_id").loc["winder"]
    assert winder["role"] == "capital"
    assert str(winder["quantity"]) == "nan"
    assert "winder" not in set(cg.trace_product(toy, "cell").frame["input_id"])


def test_trace_down_by_present_use(build):
    # 90 t of a: b takes 20 a year and c 40, so 30 and 60 t are passed on; at 2 and 4 t a piece that is
    # 15 b and 15 c; d takes 3 b.
    links = [("a", "b", 2), ("a", "c", 4), ("b", "d", 3)]
    ds = build("a b c d", links, [("s", "b", 10), ("t", "c", 10)])
    frame = cg.trace_product(ds, "a", direction="down", quantity=90).frame
    assert frame[["output_id", "quantity"]].to_numpy().tolist() == [["b", 15], ["c", 15], ["d", 5]]


@pytest.mark.parametrize(("middle", "end"), [("b", "c"), ("c", "b")])
def test_trace_down_does_not_depend_on_spelling(build, middle, end):
    # a -> end, a -> middle -> end, end -> z: `end` takes both, so one does not add to the other.
    links = [("a", end, 1), ("a", middle, 1), (middle, end, 1), (end, "z", 1)]
    frame = cg.trace_product(
        build("a b c z", links, None), "a", direction="down", quantity=10
    ).frame
    found = {(row.input_id, row.output_id): row.quantity for row in frame.itertuples()}
    assert found == {("a", middle): 5, ("a", end): 5, (middle, end): 5, (end, "z"): 5}


def test_trace_around_a_loop_ends(build):
    links = [("can", "metal", 0.5), ("metal", "can", 0.9), ("ore", "metal", 0.4)]
    ds = build("can metal ore", links, None)
    up = cg.trace_product(ds, "can").frame
    assert len(up) == 3
    metal = up.set_index("input_id").loc["metal", "quantity"]
    assert metal == pytest.approx(0.9 / (1 - 0.45))
    down = cg.trace_product(ds, "ore", direction="down", quantity=4).frame
    assert len(down) == 3
    assert down["quantity"].notna().all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "sideways"}, "direction 'sideways' is unknown; use: up, down"),
        ({"depth": 0}, "depth of 0 is too small"),
        ({"quantity": -1}, "'cell=-1' is no goal"),
        ({"quantity": float("inf")}, "is no goal"),
    ],
)
def test_trace_options(toy, options, message):
    with pytest.raises(cg.OptionError, match=message):
        cg.trace_product(toy, "cell", **options)
