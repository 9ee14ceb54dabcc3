"""Local content of chains and anchors, by hand on the toy chain."""

from __future__ import annotations

import pytest

import chaingraph as cg

# 甲市 at the end of 2024. The cells (2 GWh) take: foil 1000 t x 3000 = 3.0m, none made here;
# powder_a for 1.5 GWh, 1500 t x 5000 = 7.5m, made here; for the other half GWh powder of either kind from
# outside in the national mix of 1.5 to 8.33 GWh, 76.3 t x 5000 + 508.5 t x 4000 = 2.415m; power
# 60,000 MWh x 400 = 24.0m, all here; cans without a price. The metal (2000 t): ore 4000 t x 100 = 0.4m, none; power 10,000 x 400 = 4.0m, all.

MIX = 1.5 / (1.5 + 10_000 / 1_200)
BOUGHT = 0.5 * (MIX * 1_000 * 5_000 + (1 - MIX) * 1_200 * 4_000)
CELLS = 3.0e6 + 7.5e6 + 24.0e6 + BOUGHT


def test_anchor_by_hand(toy):
    row = cg.measure_local_content(toy, by="anchor").frame.iloc[0]
    assert row[["region", "enterprise_id", "name_en"]].tolist() == ["甲市", "cell_jia", "Jia Cell"]
    assert row[["input_value_cny", "local_value_cny"]].tolist() == pytest.approx([CELLS, 31.5e6])
    assert row["local_content"] == pytest.approx(31.5e6 / CELLS)
    assert row[["inputs", "inputs_local", "inputs_known", "unpriced"]].tolist() == [5, 3, 4, 1]
    assert row["rests_on"] == pytest.approx(4 / 5)
    assert row["local_content_low"] <= row["local_content"] <= row["local_content_high"]
    assert row["unpriced_inputs"] == "can"


def test_chains_by_hand(toy):
    frame = cg.measure_local_content(toy).frame.set_index("content_of")
    assert frame.loc["cell", "local_content"] == pytest.approx((31.5e6 + 4.0e6) / (CELLS + 4.4e6))
    assert frame.loc["metal", "local_content"] == pytest.approx(4.0 / 4.4)
    assert frame.loc["metal", ["inputs", "inputs_local", "unpriced"]].tolist() == [2, 1, 0]


def test_anchor_is_served_pro_rata_where_the_region_is_short(build):
    # 30 t of p for 60 t wanted: each of the two users gets half.
    products = [("p", "t", 10), ("x", "t", 1), ("y", "t", 1)]
    links = [("p", "x", 1), ("p", "y", 1)]
    sites = {"a": {"anchor": True}, "b": {"anchor": True}, "m": {}}
    ds = build(products, links, [("a", "x", 20), ("b", "y", 40), ("m", "p", 30)], sites=sites)
    frame = cg.measure_local_content(ds, by="anchor").frame.set_index("enterprise_id")
    assert frame["input_value_cny"].to_dict() == {"a": 200, "b": 400}
    assert frame["local_content"].to_dict() == {"a": 0.5, "b": 0.5}


def test_company_total_of_an_anchor_does_not_count(build):
    products = [("p", "t", 10), ("x", "t", 1)]
    makers = [("a", "x", 20), ("a", "x", 500, {"scope": "group"})]
    ds = build(products, [("p", "x", 1)], makers, sites={"a": {"anchor": True}})
    assert cg.measure_local_content(ds, by="anchor").frame["input_value_cny"].tolist() == [200]


def test_nothing_priced_is_unknown_and_not_zero(build):
    ds = build([("p", "t", None, {"chains": "c"}), ("x", "t", None, {"chains": "c"})],
               [("p", "x", 1)], [("a", "x", 1)])  # fmt: skip
    row = cg.measure_local_content(ds).frame.iloc[0]
    assert str(row["local_content"]) == "nan"
    assert row[["inputs", "unpriced", "unpriced_inputs"]].tolist() == [1, 1, "p"]


def test_qujing_lies_between_none_and_all(qujing):
    for by in ("chain", "anchor"):
        frame = cg.measure_local_content(qujing, by=by).frame
        for end in ("local_content_low", "local_content", "local_content_high"):
            assert frame[end].dropna().between(0, 1).all()
        assert (frame["local_content_low"] <= frame["local_content_high"]).all()
        assert (frame["inputs_local"] <= frame["inputs"]).all()
        assert (frame["unpriced"] <= frame["inputs"]).all()
    chains = cg.measure_local_content(qujing).frame["content_of"]
    assert set(chains) == {"battery", "photovoltaic", "aluminium"}


def test_unknown_by(toy):
    with pytest.raises(cg.OptionError, match="'city' is unknown; use: chain, anchor, output"):
        cg.measure_local_content(toy, by="city")


def test_two_anchors_one_of_which_makes_its_own(build):
    """Site a makes 100 wafers and 100 cells, site b 100 cells and no wafers: a lacks nothing, b all."""
    products = [("wafer", "GW", 1), ("cell", "GW", 1)]
    sites = {"a": {"anchor": True}, "b": {"anchor": True}}
    makers = [("a", "wafer", 100), ("a", "cell", 100), ("b", "cell", 100)]
    ds = build(products, [("wafer", "cell", 1)], makers, sites=sites)
    content = cg.measure_local_content(ds, by="anchor").frame.set_index("enterprise_id")
    assert content["local_content"].to_dict() == {"a": 1.0, "b": 0.0}
    gaps = cg.find_anchors(ds).frame.set_index("enterprise_id")
    assert gaps["gap"].to_dict() == {"a": 0.0, "b": 100.0}
    assert cg.find_gaps(ds).frame.set_index("product_id").loc["wafer", "gap"] == 100


def test_forward_linkage_by_hand(build):
    """Of 100 t metal at full load local foil takes 30 t, a user without figure nobody knows how much."""
    products = [("metal", "t", 1, {"chains": "m"}), ("foil", "t", 1, {"chains": "m"})]
    links = [("metal", "foil", 1)]
    known = build(products, links, [("a", "metal", 100), ("b", "foil", 30)])
    row = cg.measure_local_content(known, by="output").frame.iloc[0]
    names = ["product_id", "output", "local_use", "forward_low", "forward", "forward_high"]
    assert row[names].tolist() == ["metal", 100, 30, 0.3, 0.3, 0.3]
    open_end = build(products, links, [("a", "metal", 100), ("b", "foil", 30), ("c", "foil", None)])
    row = cg.measure_local_content(open_end, by="output").frame.iloc[0]
    assert (row["forward_low"], row["forward_high"]) == (0.3, 1.0)
    assert str(row["forward"]) == "nan"


def test_a_rate_is_a_range_where_a_supply_is_not_known(build):
    products = [("p", "t", 10, {"chains": "c"}), ("x", "t", 1, {"chains": "c"})]
    ds = build(products, [("p", "x", 1)], [("a", "x", 100), ("b", "p", 40), ("c", "p", None)])
    row = cg.measure_local_content(ds).frame.iloc[0]
    assert (row["local_content_low"], row["local_content_high"]) == (0.4, 1.0)
    assert str(row["local_content"]) == "nan"
