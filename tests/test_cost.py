"""Delivered costs: worked by hand on the made-up dataset, with tariffs and alternatives."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.analysis.cost import Ends
from chaingraph.analysis.reach import TARIFF

A = "https://example.org/a"


@pytest.fixture(scope="module")
def toy() -> cg.Dataset:
    return cg.load_dataset("toy")


def fact(region: str, value: float, date: str = "2024-06", **more: object) -> dict[str, object]:
    row: dict[str, object] = {
        "product_id": "power",
        "measure": "price",
        "value": value,
        "unit": "CNY/MWh",
    }
    return row | {"region": region, "date": date, "source_url": A} | more


def with_facts(ds: cg.Dataset, *rows: dict[str, object]) -> cg.Dataset:
    return ds.with_rows("product_facts", pd.DataFrame(list(rows)))


def test_foil_here_and_at_its_makers_worked_by_hand(toy: cg.Dataset) -> None:
    """1.05 to 1.2 t of metal at 1,000 CNY, made here only; the foil travels back."""
    frame = cg.delivered_cost(toy, "foil").frame.set_index("place")
    here = frame.loc["甲市"]
    assert (here["goods_low"], here["goods_high"]) == (1050.0, 1200.0)
    assert (here["freight_low"], here["delivery_low"], here["parts_known"]) == (0.0, 0.0, 3)
    there = frame.loc["乙市"]
    back = TARIFF * float(there["km"])
    assert there["group_zh"] == "恒金"
    assert there["delivery_low"] == pytest.approx(back)
    assert there["freight_high"] / there["freight_low"] == pytest.approx(1.2 / 1.05)
    assert there["cost_low"] == pytest.approx(1050 + there["freight_low"] + back)
    # the metal costs the same at both: only its freight and the foil's are an argument
    assert there["advantage_low"] == pytest.approx(there["freight_low"] + back)
    assert there["advantage_high"] == pytest.approx(there["freight_high"] + back)


def test_makers_come_largest_first_and_as_many_as_asked(toy: cg.Dataset) -> None:
    frame = cg.delivered_cost(toy, "foil").frame
    assert frame["group_capacity"].tolist()[1:] == [3000.0, 1000.0]
    assert len(cg.delivered_cost(toy, "foil", places=1).frame) == 2
    assert len(cg.delivered_cost(toy, "foil", places=0).frame) == 1


def test_a_tariff_counts_where_it_is_the_places_own(toy: cg.Dataset) -> None:
    """4 to 6 MWh a tonne of metal at 300 to 350 CNY here; 500 in the other province."""
    rows = cg.delivered_cost(toy, "metal").frame.iloc[0]
    assert math.isnan(rows["power_low"])
    assert rows["left_out_en"] == "freight of inputs: Ore; power and gas: Power"
    assert (rows["parts_known"], rows["parts"]) == (2, 4)
    ds = with_facts(toy, fact("甲省", 320, low=300, high=350), fact("丙省", 500), fact("", 1))
    rows = cg.delivered_cost(ds, "metal").frame.iloc[0]
    assert (rows["power_low"], rows["power_high"]) == (4 * 300, 6 * 350)
    assert rows["priced_share"] == 3 / 4
    assert rows["sources"] == A


def test_power_is_compared_only_where_both_tariffs_are_known(toy: cg.Dataset) -> None:
    maker = {"enterprise_id": "metal_bing", "name_zh": "丙市金属", "province": "丙省", "city": "丙市",
             "lat": 32.0, "lon": 112.0}  # fmt: skip
    row = {"enterprise_id": "metal_bing", "product_id": "metal", "capacity": 500, "unit": "t",
           "status": "operating", "scope": "site", "as_of": "2024"}  # fmt: skip
    ds = toy.with_tables(
        enterprises=pd.concat([toy.enterprises, pd.DataFrame([maker])], ignore_index=True),
        capacities=pd.concat([toy.capacities, pd.DataFrame([row])], ignore_index=True),
    )
    one = cg.delivered_cost(with_facts(ds, fact("甲省", 300)), "metal").frame.iloc[1]
    two = cg.delivered_cost(
        with_facts(ds, fact("甲省", 300), fact("丙市", 500)), "metal"
    ).frame.iloc[1]
    assert two["parts_compared"] == one["parts_compared"] + 1
    assert two["advantage_low"] - one["advantage_low"] == pytest.approx(4 * 200)
    assert two["advantage_high"] - one["advantage_high"] == pytest.approx(6 * 200)


def test_the_nearest_place_and_date_of_a_tariff_win(toy: cg.Dataset) -> None:
    rows = [fact("甲省", 100), fact("甲市", 200, "2020-01"), fact("甲市", 300, "2024-11")]
    assert cg.delivered_cost(with_facts(toy, *rows), "metal").frame["power_low"].iloc[0] == 4 * 300


def test_of_a_choice_the_range_holds_the_cheapest_and_the_dearest(toy: cg.Dataset) -> None:
    # 950 to 1,100 t of powder A at 5,000, or 1,100 to 1,300 t of B at 4,000; 450 to 550 t of foil at 3,000
    row = cg.delivered_cost(toy, "cell").frame.iloc[0]
    assert row["goods_low"] == pytest.approx(min(950 * 5000, 1100 * 4000) + 450 * 3000)
    assert row["goods_high"] == pytest.approx(max(1100 * 5000, 1300 * 4000) + 550 * 3000)
    assert "Can" in row["left_out_en"]


def test_parts_add_up_to_the_cost_where_nothing_is_a_choice(toy: cg.Dataset) -> None:
    parts = cg.explain_delivered_cost(toy, "foil").frame
    whole = cg.delivered_cost(toy, "foil").frame
    for end in ("cost_low", "cost_high"):
        assert parts.groupby("place_rank")[end].sum().tolist() == pytest.approx(whole[end].tolist())


def test_road_tariff_scales_freight_alone(toy: cg.Dataset) -> None:
    one, two = (cg.delivered_cost(toy, "foil", road_tariff=t).frame.iloc[1] for t in (0.4, 0.8))
    assert two["freight_low"] == pytest.approx(2 * one["freight_low"])
    assert two["goods_low"] == one["goods_low"]


def test_freight_alone_is_no_cost(toy: cg.Dataset) -> None:
    ds = toy.with_tables(products=toy.products.assign(
        price_cny=toy.products["price_cny"].where(toy.products["product_id"] != "metal")))  # fmt: skip
    row = cg.delivered_cost(ds, "foil").frame.iloc[1]
    assert math.isnan(row["cost_low"])
    assert row["advantage_low"] > 0


@pytest.mark.parametrize("tariff", [-0.1, math.nan, math.inf])
def test_a_road_tariff_that_is_none_is_refused(toy: cg.Dataset, tariff: float) -> None:
    with pytest.raises(cg.OptionError, match="no road tariff"):
        cg.delivered_cost(toy, "foil", road_tariff=tariff)


def test_wrong_names_and_numbers_are_refused(toy: cg.Dataset) -> None:
    with pytest.raises(cg.UnknownNameError, match="nope"):
        cg.delivered_cost(toy, "nope")
    with pytest.raises(cg.OptionError, match="0 or more"):
        cg.delivered_cost(toy, "foil", places=-1)


def test_the_whole_dataset_has_no_place_and_no_freight(toy: cg.Dataset) -> None:
    row = cg.delivered_cost(toy, "foil", region="*").frame
    assert len(row) == 1  # all makers are inside


def test_products_of_ends_hold_every_sign() -> None:
    assert Ends(2.0, 3.0).times(Ends(-1.0, 4.0)) == (-3.0, 12.0)
    assert Ends(1.0, 5.0).minus(Ends(2.0, 3.0)) == (-2.0, 3.0)
