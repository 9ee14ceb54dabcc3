"""Anchors: by hand on the toy chain and on small frames; on Qujing against other analyses."""

from __future__ import annotations

import math

import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.analysis.anchors import split_anchors

COLUMNS = (
    "region", "enterprise_id", "enterprise_zh", "enterprise_en", "group_zh", "outputs",
    "inputs_known", "input_value_cny", "local_content_low", "local_content", "local_content_high",
    "bought_content",
    "product_id", "name_zh", "name_en", "unit", "list", "in_house", "demand", "own_use",
    "present", "makers", "local_makers", "coverage", "gap", "gap_value_cny", "followers", "followers_zh",
    "followers_en", "followers_source", "other_makers",
)  # fmt: skip


def anchors_of(ds, **options):
    return cg.find_anchors(ds, **options).frame


def one(ds, product_id, **options):
    """Return the row of an input that one anchor alone takes."""
    frame = anchors_of(ds, **options)
    return frame[frame["product_id"] == product_id].iloc[0]


def notes(result):
    return dict(result.notes)


def supply(supplier, customer, product_id, year=None, page=None):
    return {
        "supplier_group": supplier, "customer_group": customer, "product_id": product_id,
        "year": year, "source_url": page,
    }  # fmt: skip


# --- the toy, by hand (see test_analysis_content.py for the arithmetic of the cell plant) ---


def test_toy_by_hand(toy):
    frame = anchors_of(toy)
    assert tuple(frame.columns) == COLUMNS
    assert frame["enterprise_id"].tolist() == ["cell_jia"] * 5
    assert frame["product_id"].tolist() == ["foil", "powder_b", "powder_a", "power", "can"]
    # powder_a is made here for 1.5 of 2 GWh; the rest is bought in the national mix, 1.5 to 10,000 / 1,200
    share = 1.5 / (1.5 + 10_000 / 1_200)
    other, own = 0.5 * (1 - share) * 1200, 0.5 * share * 1000
    assert frame["demand"].tolist() == pytest.approx([1000, other, 1500 + own, 60_000, 2_000_000])
    assert frame["coverage"].tolist()[:4] == pytest.approx([0, 0, 1500 / (1500 + own), 1])
    assert frame["gap"].tolist()[:4] == pytest.approx([1000, other, own, 0])
    assert frame["gap_value_cny"].tolist()[:4] == pytest.approx(
        [3.0e6, other * 4000, own * 5000, 0]
    )
    assert frame.loc[4, ["coverage", "gap", "gap_value_cny"]].isna().all()  # no figure, no price
    assert frame["present"].tolist() == [False, False, True, True, True]
    assert frame["makers"].tolist() == [0, 0, 1, 1, 1]
    assert frame["local_makers"].fillna("").tolist() == ["", "", "明粉", "甲电", "新壳"]
    assert frame["list"].tolist() == ["recruit", "recruit", "recruit", "supply", "recruit"]
    assert not frame["in_house"].any()
    assert set(frame["outputs"]) == {"cell"}
    assert set(frame["group_zh"]) == {"远芯"}
    value = 3.0e6 + other * 4000 + (1500 + own) * 5000 + 24.0e6
    assert frame["local_content"].tolist() == pytest.approx([31.5e6 / value] * 5)
    assert frame["input_value_cny"].tolist() == pytest.approx([value] * 5)


def test_toy_partners(toy):
    foil = one(toy, "foil")
    # the company total of 光箔 (1500 t) and its site (1000 t) are one group, already a follower
    assert foil[["followers", "followers_source", "other_makers"]].tolist() == [
        "光箔 (2022)", "https://example.org/foil", "恒金",
    ]  # fmt: skip
    powder = one(toy, "powder_a")  # its known supplier is here already
    assert powder[["followers", "followers_source", "other_makers"]].isna().all()


def test_a_supply_seen_later_is_not_known_yet(toy):
    assert one(toy, "foil", at="2022")["followers"] == "光箔 (2022)"
    assert anchors_of(toy, at="2021-12", anchor="metal_jia")["followers"].isna().all()
    late = toy.tables["supplies"].assign(year="2024-06")
    tables = dict(toy.tables) | {"supplies": late}
    ds = cg.dataset_from_frames(tables, focus="甲市", as_of="2024-12")
    assert one(ds, "foil", at="2024-06")["followers"] == "光箔 (2024-06)"
    assert math.isnan(one(ds, "foil", at="2024-05")["followers"])
    assert one(ds, "foil", at="2024-05")["other_makers"] == "恒金; 光箔"


def test_loads_and_statuses_change_what_the_anchor_takes(toy):
    assert one(toy, "foil", load=0.5)["demand"] == 500
    assert one(toy, "foil", statuses=["operating", "construction"])["demand"] == 1500
    # powder_a for 1.5 of 3 GWh: the other half is bought in the national mix
    row = one(toy, "powder_a", statuses=["operating", "construction"])
    assert row["gap"] == pytest.approx(1.5 * 1000 * 1.5 / (1.5 + 10_000 / 1_200))


# --- which sites ---


@pytest.mark.parametrize("name", ["metal_jia", "甲市金属", "Jia Metal"])
def test_an_enterprise_that_is_no_anchor_can_be_asked_for(toy, name):
    result = cg.find_anchors(toy, anchor=name)
    assert set(result.frame["enterprise_id"]) == {"metal_jia"}
    assert result.frame[["product_id", "gap"]].to_numpy().tolist() == [
        ["ore", 4000.0],
        ["power", 0.0],
    ]
    assert result.params["anchor"] == "metal_jia"
    assert "demand" in result.shown


def test_an_enterprise_elsewhere_or_nowhere_is_unknown(toy):
    with pytest.raises(cg.UnknownNameError, match="no enterprise 'foil_yi' makes anything"):
        cg.find_anchors(toy, anchor="foil_yi")
    with pytest.raises(cg.UnknownNameError, match="did you mean: cell_jia"):
        cg.find_anchors(toy, anchor="cel_jia")
    with pytest.raises(cg.UnknownNameError, match="did you mean: 甲市电芯"):
        cg.find_anchors(toy, anchor="甲市电心")


def test_an_anchor_that_does_not_count_is_named_and_said_how_to_see(qujing):
    left_out = notes(cg.find_anchors(qujing))["note-anchors-not-counted"]
    assert left_out["count"] == 3
    assert "Qujing EVE Energy" in left_out["names"]
    with pytest.raises(cg.UnknownNameError, match=r"'eve_qujing' makes nothing .* add a status"):
        cg.find_anchors(qujing, anchor="eve_qujing")
    seen = cg.find_anchors(qujing, statuses=["operating", "construction"])
    assert "eve_qujing" in set(seen.frame["enterprise_id"])


def test_without_a_flag_the_three_largest_known_sites_stand_in(build):
    products = [("p", "t", 1), ("x", "t", 10), ("y", "t", None)]
    makers = [
        ("a", "x", 5), ("b", "x", 40), ("c", "x", 30), ("d", "x", 20),
        ("unpriced", "y", 900), ("unknown", "x", None),
        ("head", "x", 1000, {"scope": "group"}),
    ]  # fmt: skip
    result = cg.find_anchors(build(products, [("p", "x", 1), ("p", "y", 1)], makers))
    assert result.frame["enterprise_id"].tolist() == ["b", "c", "d"]
    assert notes(result)["note-anchors-picked"] == {"region": "here", "count": 3}


def test_anchors_stand_by_their_known_inputs_then_by_id(build):
    products = [("p", "t", 1), ("x", "t", 1)]
    makers = [("b", "x", 5), ("a", "x", 5), ("c", "x", 9), ("n", "x", None)]
    sites = {name: {"anchor": True} for name in "abcn"}
    frame = anchors_of(build(products, [("p", "x", 1)], makers, sites=sites))
    assert frame["enterprise_id"].tolist() == ["c", "a", "b", "n"]


def test_a_company_total_is_no_site(build):
    makers = [
        ("a", "x", 20),
        ("a", "x", 500, {"scope": "group"}),
        ("b", "p", 50, {"scope": "group"}),
    ]
    ds = build(
        [("p", "t", 10), ("x", "t", 1)], [("p", "x", 1)], makers, sites={"a": {"anchor": True}}
    )
    row = one(ds, "p")
    assert row[["demand", "gap", "makers"]].tolist() == [20, 20, 0]
    assert row["other_makers"] == "b"  # its head office is here, its plants are not


# --- figures ---


def test_an_anchor_without_figures_has_rows_and_no_numbers(build):
    products = [("p", "t", 10), ("x", "t", 1)]
    ds = build(products, [("p", "x", 1)], [("a", "x", None)], sites={"a": {"anchor": True}})
    result = cg.find_anchors(ds)
    row = result.frame.iloc[0]
    assert row[["demand", "coverage", "gap", "gap_value_cny", "local_content"]].isna().all()
    assert row["input_value_cny"] == 0
    said = notes(result)
    assert said["note-anchors-no-figure"]["count"] == 1
    assert said["note-anchors-unsure"] == {"count": 1}
    assert "note-anchors-unpriced" not in said


def test_a_demand_known_in_part_is_said_to_be_a_lower_bound(build):
    products = [("p", "t", 10), ("x", "t", 1), ("y", "t", 1)]
    makers = [("a", "x", 5), ("a", "y", None)]
    ds = build(products, [("p", "x", 2), ("p", "y", 1)], makers, sites={"a": {"anchor": True}})
    result = cg.find_anchors(ds)
    assert result.frame[["demand", "outputs"]].to_numpy().tolist() == [[10, "x; y"]]
    assert notes(result)["note-anchors-unsure"] == {"count": 1}
    assert "note-anchors-no-figure" not in notes(result)


def test_an_unpriced_gap_has_no_value_and_stands_last(build):
    products = [("a_unpriced", "t", None), ("p", "t", 10), ("q", "t", 100), ("x", "t", 1)]
    links = [("a_unpriced", "x", 1), ("p", "x", 1), ("q", "x", 1)]
    ds = build(products, links, [("a", "x", 2), ("m", "q", 1)], sites={"a": {"anchor": True}})
    result = cg.find_anchors(ds)
    frame = result.frame
    assert frame["product_id"].tolist() == ["q", "p", "a_unpriced"]
    assert frame["gap"].tolist() == [1, 2, 2]
    assert frame["gap_value_cny"].tolist()[:2] == [100, 20]
    assert math.isnan(frame["gap_value_cny"].iloc[2])
    assert frame["local_content"].tolist() == pytest.approx([100 / 220] * 3)
    assert notes(result)["note-anchors-unpriced"] == {"count": 1}


def test_alternatives_share_one_demand(build):
    links = [
        ("p", "x", 2, {"alternative_group": "g", "share": 0.75}),
        ("q", "x", 4, {"alternative_group": "g", "share": 0.25}),
        ("r", "x", 8, {"alternative_group": "g", "share": 0}),
    ]
    ds = build("p q r x", links, [("a", "x", 10)], sites={"a": {"anchor": True}})
    frame = anchors_of(ds).set_index("product_id")
    assert frame["demand"].to_dict() == {"p": 15, "q": 10}  # r has no share of it


def test_gaps_of_all_users_add_up_to_the_gap_of_the_region(build):
    # 30 t for the 60 t that two users take: each is short of half of its own
    products = [("p", "t", 10), ("x", "t", 1), ("y", "t", 1)]
    sites = {"a": {"anchor": True}, "b": {"anchor": True}, "m": {}}
    makers = [("a", "x", 20), ("b", "y", 40), ("m", "p", 30)]
    ds = build(products, [("p", "x", 1), ("p", "y", 1)], makers, sites=sites)
    frame = anchors_of(ds).set_index("enterprise_id")
    assert frame["gap"].to_dict() == {"b": 20, "a": 10}
    gaps = cg.find_gaps(ds).frame.set_index("product_id")
    assert frame["gap_value_cny"].sum() == gaps.loc["p", "gap_value_cny"]


def test_what_a_site_makes_itself_is_told_from_what_it_buys(build):
    products = [("ore", "t", 10), ("mid", "t", 30), ("x", "t", 1)]
    ds = build(products, [("ore", "mid", 1), ("mid", "x", 1)], [("a", "mid", 5), ("a", "x", 5)],
               sites={"a": {"anchor": True, "group_zh": "甲"}})  # fmt: skip
    frame = anchors_of(ds).set_index("product_id")
    assert frame["in_house"].to_dict() == {"ore": False, "mid": True}
    assert frame.loc["mid", "local_makers"] == "甲"
    assert frame["local_content"].tolist() == [0.75, 0.75]
    assert frame["bought_content"].tolist() == [0, 0]


def test_only_what_is_consumed_is_an_input(build):
    links = [("p", "x", 1), ("tool", "x", 1, {"role": "capital"})]
    ds = build("p tool x", links, [("a", "x", 1)], sites={"a": {"anchor": True}})
    assert anchors_of(ds)["product_id"].tolist() == ["p"]


def test_an_anchor_without_inputs_is_named(build):
    ds = build("x", [], [("a", "x", 1)], sites={"a": {"anchor": True, "name_zh": "甲厂"}})
    result = cg.find_anchors(ds)
    assert result.frame.empty
    assert tuple(result.frame.columns) == COLUMNS
    assert notes(result)["note-anchors-no-inputs"] == {
        "count": 1, "names": "甲厂", "names_zh": "甲厂",
    }  # fmt: skip
    assert split_anchors(result) == [result]
    assert "nothing found" in result.to_text("en")


# --- who could follow, who else makes it ---


@pytest.fixture
def partners(build):
    """Return a cell plant of group K here, with suppliers of p everywhere."""
    sites = {
        "k": {"anchor": True, "group_zh": "K"},
        "here": {"group_zh": "Local"},
        "soon": {"group_zh": "Building"},
        **{name: {"group_zh": name.upper(), "city": "there"} for name in "bcdefgh"},
        "alone": {"city": "there", "name_zh": "独厂"},
        "k_far": {"group_zh": "K", "city": "there"},
    }
    makers = [
        ("k", "x", 10), ("here", "p", 1), ("soon", "p", 5, {"status": "construction"}),
        ("b", "p", 10), ("c", "p", 90), ("d", "p", 30), ("d", "p", 70, {"scope": "group"}),
        ("e", "p", None), ("f", "p", 20), ("g", "p", 5), ("h", "q", 5), ("alone", "p", 40),
        ("k_far", "p", 999),
    ]  # fmt: skip

    def make(*ties):
        more = {"supplies": list(ties)} if ties else {}
        return build("p q x", [("p", "x", 1)], makers, sites=sites, as_of="2024-12", **more)

    return make


def test_other_makers_are_the_five_largest_elsewhere(partners):
    row = one(partners(), "p")
    # D counts its company total of 70; K itself, Local and Building are no others; E has no figure
    assert row["other_makers"] == "C; D; 独厂; F; B"
    assert row["local_makers"] == "Local"


def test_followers_newest_first_with_year_and_page(partners):
    ds = partners(
        supply("B", "K", "p", "2019", "https://example.org/old"),
        supply("B", "K", "p", "2023", "https://example.org/b"),
        supply("C", "K", "p", "2024"),
        supply("Nobody", "K", "p"),
        supply("D", "Other", "p", "2024"),
    )
    row = one(ds, "p")
    assert row["followers"] == "C (2024); B (2023); Nobody"
    assert row["followers_source"] == "https://example.org/b"
    assert row["other_makers"] == "D; 独厂; F; G; E"
    assert one(ds, "p", at="2022")["followers"] == "B (2019); Nobody"


def test_who_has_a_site_of_it_here_or_builds_one_does_not_follow(partners):
    ties = [supply(name, "K", "p", "2023") for name in ("Local", "Building", "K", "E")]
    assert one(partners(*ties), "p")["followers"] == "E (2023)"


def test_a_supplier_of_another_product_follows_if_it_makes_the_input(partners):
    ds = partners(
        supply("F", "K", "q", "2024"), supply("H", "K", "q", "2024"), supply("B", "K", "p", "2020"),
        supply("B", "K", "q", "2024"),
    )  # fmt: skip
    assert one(ds, "p")["followers"] == "B (2020); F (q, 2024)"  # H makes no p


def test_a_site_without_a_group_is_known_by_its_name(build):
    sites = {"a": {"anchor": True, "name_zh": "甲厂"}, "b": {"city": "there", "name_zh": "乙厂"}}
    ds = build("p x", [("p", "x", 1)], [("a", "x", 1), ("b", "p", 1)], sites=sites,
               supplies=[supply("乙厂", "甲厂", "p", "2024")])  # fmt: skip
    assert one(ds, "p")["followers"] == "乙厂 (2024)"
    assert math.isnan(one(ds, "p")["other_makers"])


def test_without_supplies_nobody_follows_and_a_note_says_so(partners):
    result = cg.find_anchors(partners())
    assert result.frame[["followers", "followers_source"]].isna().all(axis=None)
    assert "note-anchors-no-supplies" in notes(result)
    assert "note-anchors-no-supplies" not in notes(
        cg.find_anchors(partners(supply("B", "K", "p", "2020")))
    )


# --- Qujing ---


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"at": "2021-12"},
        {"statuses": {"operating": 1, "construction": 0.5}, "load": 0.8},
    ],
)
def test_local_content_is_that_of_the_measure(qujing, options):
    frame = (
        anchors_of(qujing, **options).drop_duplicates("enterprise_id").set_index("enterprise_id")
    )
    content = cg.measure_local_content(qujing, by="anchor", **options).frame
    content = content.set_index("enterprise_id").loc[frame.index]
    same = ["inputs_known", "input_value_cny"]
    same += ["local_content_low", "local_content", "local_content_high"]
    for name in same:
        found, expected = frame[name].tolist(), content[name].tolist()
        assert found == pytest.approx(expected, nan_ok=True), name
    counts = anchors_of(qujing, **options).groupby("enterprise_id").size().loc[frame.index]
    assert counts.tolist() == content["inputs"].tolist()


def test_figures_of_qujing(qujing):
    frame = anchors_of(qujing, load="full")
    longi = frame[frame["enterprise_id"] == "longi_qujing"].set_index("product_id")
    assert longi.loc["polysilicon", "followers"].startswith("通威股份 (2022); 协鑫科技 (2021)")
    assert longi.loc["granular_silicon", "followers"] == "协鑫科技 (polysilicon, 2021)"
    assert longi.loc["granular_silicon", "followers_zh"] == "协鑫科技 (多晶硅(棒状硅), 2021)"
    assert longi.loc["granular_silicon", "followers_en"].startswith("协鑫科技 (Polysilicon")
    aluminium = frame[frame["product_id"] == "alumina"].set_index("enterprise_id")["demand"]
    assert aluminium.sum() == pytest.approx(1_312_400)
    ja = frame[frame["enterprise_id"] == "ja_qujing"].iloc[0]
    # its own ingots, wafers and cells for sure; of what it buys not all supplies are known
    assert 0.3 < ja["local_content_low"] < 0.45
    assert ja[["local_content", "bought_content"]].isna().all()


def test_followers_of_qujing_at_an_earlier_date(qujing):
    followers = {
        at: one(qujing, "polysilicon", anchor="longi_qujing", at=at)["followers"]
        for at in ("2020-12", "2024-12")
    }
    assert "(2022)" in followers["2024-12"]
    assert "(202" in followers["2020-12"]
    assert not any(f"({year})" in followers["2020-12"] for year in (2021, 2022, 2023))
    assert "note-undated" in notes(cg.find_anchors(qujing, at="2020-12"))


def test_a_region_without_flags_shows_its_largest_sites(qujing):
    result = cg.find_anchors(qujing, region="昆明市")
    assert result.frame["enterprise_id"].nunique() <= 3
    assert notes(result)["note-anchors-picked"]["region"] == "昆明市"


@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_other_engines_find_the_same(toy, engine):
    tables = dict(toy.tables)
    for name in ("enterprises", "capacities"):
        if engine == "polars":
            tables[name] = pytest.importorskip("polars").from_pandas(tables[name])
        else:
            tables[name] = pytest.importorskip("duckdb").from_df(tables[name])
    ds = cg.dataset_from_frames(tables, focus="甲市", as_of="2024-12")
    pd.testing.assert_frame_equal(anchors_of(ds), anchors_of(toy))
