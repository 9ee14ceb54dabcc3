"""Local content of chains and anchors, by hand on the toy chain."""

from __future__ import annotations

import pytest

import chaingraph as cg

# 甲市 at the end of 2024. The cells (2 GWh) take: foil 1000 t x 3000 = 3.0m, none made here;
# powder_a 2000 t x 5000 = 10.0m, 1500 t made: 75% is 7.5m; power 60,000 MWh x 400 = 24.0m, all here;
# cans without a price. The metal (2000 t): ore 4000 t x 100 = 0.4m, none; power 10,000 x 400 = 4.0m, all.


def test_anchor_by_hand(toy):
    row = cg.measure_local_content(toy, by="anchor").frame.iloc[0]
    assert row[["region", "enterprise_id", "name_en"]].tolist() == ["甲市", "cell_jia", "Jia Cell"]
    assert row[["input_value_cny", "local_value_cny"]].tolist() == pytest.approx([37.0e6, 31.5e6])
    assert row["local_content"] == pytest.approx(31.5 / 37.0)
    assert row[["inputs", "inputs_local", "unpriced"]].tolist() == [4, 3, 1]
    assert row["unpriced_inputs"] == "can"


def test_chains_by_hand(toy):
    frame = cg.measure_local_content(toy).frame.set_index("content_of")
    assert frame.loc["cell", "local_content"] == pytest.approx((31.5 + 4.0) / (37.0 + 4.4))
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
        assert frame["local_content"].dropna().between(0, 1).all()
        assert (frame["inputs_local"] <= frame["inputs"]).all()
        assert (frame["unpriced"] <= frame["inputs"]).all()
    chains = cg.measure_local_content(qujing).frame["content_of"]
    assert set(chains) == {"battery", "photovoltaic", "aluminium"}


def test_unknown_by(toy):
    with pytest.raises(cg.OptionError, match="'city' is unknown; use: chain, anchor"):
        cg.measure_local_content(toy, by="city")
