"""Datasets of ids and links only: what is known is reported, what is not stays unknown."""

from __future__ import annotations

import pandas as pd
import pytest

import chaingraph as cg

# ore -> metal -> foil -> cell; metal and cell have a maker, foil has none.
LINKS = [("ore", "metal"), ("metal", "foil"), ("foil", "cell")]


@pytest.fixture(scope="module")
def bare():
    """Return a dataset of ids alone: no unit, no figure, no place, no name."""
    frames = {
        "products": pd.DataFrame({"product_id": ["ore", "metal", "foil", "cell"]}),
        "inputs": pd.DataFrame(LINKS, columns=["input_id", "output_id"]),
        "enterprises": pd.DataFrame({"enterprise_id": ["m", "c"]}),
        "capacities": pd.DataFrame({"enterprise_id": ["m", "c"], "product_id": ["metal", "cell"]}),
    }
    return cg.dataset_from_frames(frames, language="en")


def test_missing_link_is_a_break(bare):
    result = cg.find_gaps(bare)
    assert result.params["region"] == "*"
    frame = result.frame.set_index("product_id")
    # nobody in the data makes either: nothing is known of whether somebody here does
    assert frame["gap_kind"].to_dict() == {"foil": "not_assessed", "ore": "not_assessed"}
    assert set(frame["evidence"]) == {"not_collected"}
    assert frame["is_break"].to_dict()["foil"] is True
    assert not frame.loc["ore", "is_break"]
    assert frame.index[0] == "foil"  # a break ranks above the others


def test_unknown_figures_stay_unknown(bare):
    frame = cg.find_gaps(bare).frame.set_index("product_id")
    for column in ("demand", "balance", "coverage", "gap_value_cny"):
        assert frame[column].isna().all(), column
    assert frame.loc["foil", ["users", "users_unquantified", "makers"]].tolist() == [1, 1, 0]
    assert frame.loc["foil", "priority_high"] > frame.loc["foil", "priority"]
    balance = cg.calculate_balance(bare).frame.set_index("product_id")
    assert balance["capacity"].isna().to_dict() == {
        "ore": False, "metal": True, "foil": False, "cell": True,
    }  # fmt: skip


def test_whole_dataset_by_name(bare):
    assert cg.find_gaps(bare, region="*").frame.equals(cg.find_gaps(bare).frame)


def test_trace_of_links_alone(bare):
    up = cg.trace_product(bare, "cell").frame
    assert up[["depth", "input_id"]].to_numpy().tolist() == [[1, "foil"], [2, "metal"], [3, "ore"]]
    assert up["quantity"].isna().all()
    assert up["makers"].tolist() == [0, 1, 0]
    down = cg.trace_product(bare, "ore", direction="down", depth=2).frame
    assert down[["depth", "output_id"]].to_numpy().tolist() == [[1, "metal"], [2, "foil"]]


def test_explain_links_alone(bare):
    result = cg.explain_product(bare, "foil")
    rows = result.frame
    assert rows[["aspect", "output_id"]].to_numpy().tolist() == [
        ["demand", "cell"], ["demand_maker", "cell"],
    ]  # fmt: skip
    assert rows["quantity"].isna().all()
    assert "1 local users have no figure" in " ".join(result.sentences("en"))


def test_requirements_of_links_alone(bare):
    result = cg.calculate_requirements(bare, {"cell": 5})
    assert result.frame["product_id"].tolist() == ["cell"]
    assert result.sentences("en") == ["1 links have no coefficient: what they take is left out"]


def test_local_content_of_links_alone(bare):
    ds = cg.dataset_from_frames(
        {name: bare.table(name) for name in ("inputs", "enterprises", "capacities")}
        | {"products": bare.products.assign(chains="c")}
    )
    row = cg.measure_local_content(ds).frame.iloc[0]
    assert row[["inputs", "inputs_local", "unpriced"]].tolist() == [2, 0, 2]
    assert row["unpriced_inputs"] == "foil; ore"
    assert str(row["local_content"]) == "nan"


# --- no makers at all --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def links_only(build):
    return build("ore metal foil cell", [(i, o, 2) for i, o in LINKS], None)


@pytest.mark.parametrize(
    "call", [cg.find_gaps, cg.calculate_balance, cg.measure_local_content, cg.list_regions]
)
def test_analysis_of_places_names_the_table_it_needs(links_only, call):
    with pytest.raises(cg.MissingTableError, match=r"needs the table 'enterprises'.*'frames'"):
        call(links_only)


def test_enterprises_without_capacities():
    ds = cg.dataset_from_frames(
        {
            "products": pd.DataFrame({"product_id": ["a"]}),
            "enterprises": pd.DataFrame({"enterprise_id": ["s"], "city": ["here"]}),
        }
    )
    with pytest.raises(cg.MissingTableError, match="needs the table 'capacities'"):
        cg.find_gaps(ds, region="here")
    assert cg.list_regions(ds).frame["region"].tolist() == ["here"]


def test_explain_needs_makers(links_only):
    with pytest.raises(LookupError, match="'enterprises'"):
        cg.explain_product(links_only, "foil")


def test_trace_without_makers_has_quantities(links_only):
    frame = cg.trace_product(links_only, "cell", quantity=3).frame
    assert frame[["input_id", "quantity"]].to_numpy().tolist() == [
        ["foil", 6], ["metal", 12], ["ore", 24],
    ]  # fmt: skip
    assert "makers" not in frame
    down = cg.trace_product(links_only, "ore", direction="down", quantity=8).frame
    assert down["quantity"].tolist() == [4, 2, 1]


def test_products_alone(build):
    ds = build("a b", [], None)
    assert cg.trace_product(ds, "a").frame.empty
    assert cg.calculate_requirements(ds, {"a": 2}).frame["required"].tolist() == [2]
    assert ds.chains == ()


# --- places -------------------------------------------------------------------------------------------


def test_region_is_asked_for_where_places_are_known_and_no_focus_is_named(build):
    ds = build("a", [], [("s", "a", 1)], focus="")
    with pytest.raises(cg.OptionError, match="names no focus: give a region, for example: here"):
        cg.find_gaps(ds)


def test_county_of_one_name_in_two_cities_needs_a_path(build):
    sites = {
        name: {"province": "p", "city": name, "county": "鼓楼区"} for name in ("南京市", "福州市")
    }
    ds = build("a", [], [("南京市", "a", 1), ("福州市", "a", 2)], sites=sites, focus="")
    with pytest.raises(cg.OptionError, match="several regions are called '鼓楼区'"):
        cg.calculate_balance(ds, region="鼓楼区")
    found = cg.calculate_balance(ds, region="p/福州市/鼓楼区").frame
    assert found["capacity"].tolist() == [2]


def test_region_without_sites_has_nothing(toy):
    frame = cg.find_gaps(toy, region="丙省").frame
    assert set(frame["region"]) <= {"丙省"}
    with pytest.raises(cg.UnknownNameError, match="no region '丁市' in the data"):
        cg.find_gaps(toy, region="丁市")


def test_level_gives_every_region_as_if_asked_alone(toy):
    together = cg.find_gaps(toy, region="city").frame
    alone = [cg.find_gaps(toy, region=name).frame for name in ("丙市", "乙市", "甲市")]
    pd.testing.assert_frame_equal(together, pd.concat(alone, ignore_index=True))


def test_regions_in_another_order_come_in_that_order(toy):
    frame = cg.calculate_balance(toy, region=["甲市", "丙市"]).frame
    assert list(dict.fromkeys(frame["region"])) == ["甲市", "丙市"]
    alone = cg.calculate_balance(toy, region="丙市").frame
    pd.testing.assert_frame_equal(frame[frame["region"] == "丙市"].reset_index(drop=True), alone)
