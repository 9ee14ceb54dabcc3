"""Regions: which rows they pick, how they are named, joined and related."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

import chaingraph as cg
from chaingraph.gazetteer import find_regions, gazetteer
from chaingraph.regions import Circle, Named, Region

SPOTS = {
    "a1": ("甲省", "甲市", "新区", "工业园"),
    "a2": ("甲省", "甲市", "新区", None),
    "a3": ("甲省", "甲市", "老县", "高新区"),
    "a4": ("甲省", "甲市", None, "高新区"),
    "b1": ("乙省", "乙市", "新区", "工业园"),
    "b2": ("乙省", "乙市", None, None),
    "b3": ("乙省", None, "新区", None),
    "x1": ("乙省", "unknown", None, None),
}
POINTS = {"a1": (25.0, 103.0), "a2": (25.0, 104.0), "b1": (26.0, 103.0), "b2": (40.0, 110.0)}
LISTED = [
    ("990000", "甲省", "Jia", "province", None, None, None),
    ("990100", "甲市", "Jia City", "prefecture", "990000", 25.0, 103.0),
    ("990101", "老县", "Lao", "county", "990100", None, None),
    ("990200", "丙市", "Bing", "prefecture", "990000", 25.5, 103.0),
    ("980000", "丁市", "Ding", "municipality", None, 30.0, 120.0),
]


@pytest.fixture(scope="module")
def ds(build):
    """Two cities with a county and a park of one name, a table of regions, one city without a site."""
    columns = ("province", "city", "county", "park")
    sites = {
        name: dict(zip(columns, spot, strict=True))
        | dict(zip(("lat", "lon"), POINTS.get(name, (None, None)), strict=True))
        for name, spot in SPOTS.items()
    }
    names = ("adcode", "name_zh", "name_en", "level", "parent", "lat", "lon")
    listed = [dict(zip(names, row, strict=True)) for row in LISTED]
    return build("p", (), [(name, "p", 1) for name in SPOTS], sites=sites, regions=listed)


def picked(ds, region):
    place = region if isinstance(region, Region) else cg.region(ds, region)
    return set(ds.enterprises["enterprise_id"][place.mask(ds.enterprises)])


@pytest.mark.parametrize(
    ("asked", "name", "sites"),
    [
        ("甲市", "甲市", {"a1", "a2", "a3", "a4"}),
        ("Jia City", "甲市", {"a1", "a2", "a3", "a4"}),
        ("990100", "甲市", {"a1", "a2", "a3", "a4"}),
        ("甲", "甲", None),
        ("甲省/甲市/新区", "甲省/甲市/新区", {"a1", "a2"}),
        ("甲市/新区", "甲省/甲市/新区", {"a1", "a2"}),
        ("乙市/新区", "乙省/乙市/新区", {"b1"}),
        ("甲省/甲市/工业园", "甲省/甲市/工业园", {"a1"}),
        ("高新区", "高新区", {"a3", "a4"}),
        ("老县/高新区", "甲省/甲市/老县/高新区", {"a3"}),
        ("老县", "老县", {"a3"}),
        ("丙市", "丙市", set()),
        ("丁市", "丁市", set()),
        ("*", "*", set(SPOTS)),
    ],
)
def test_a_name_picks_its_sites_and_the_shown_name_leads_back(ds, asked, name, sites):
    if sites is None:  # 甲 may be the province or the city
        with pytest.raises(cg.UnknownNameError, match="甲"):
            cg.region(ds, asked)
        return
    region = cg.region(ds, asked)
    assert (region.name, picked(ds, region)) == (name, sites)
    again = cg.region(ds, region.name)
    assert again == region
    assert hash(again) == hash(region)
    assert cg.region(ds, region) is region


def test_paths_say_what_a_place_lies_in(ds):
    assert cg.region(ds, "老县").path == ("甲省", "甲市", "老县")
    assert cg.region(ds, "丙市").path == ("甲省", "丙市")
    assert cg.region(ds, "丁市").path == ("丁市",)
    assert [cg.region(ds, name).level for name in ("甲省", "甲市", "老县", "高新区")] == [
        "province", "city", "county", "park",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["新区", "工业园"])
def test_counties_and_parks_of_one_name_are_told_apart(ds, name):
    paths = f"乙省/乙市/{name}, 甲省/甲市/{name}"
    with pytest.raises(cg.OptionError, match=f"several regions are called '{name}'.*{paths}"):
        cg.region(ds, name)


def test_a_place_that_says_less_is_no_second_place(ds):
    """The county 新区 of an unknown city in 乙省 may be that of 乙市: it makes no third one."""
    names = [region.name for region in find_regions(ds, "county")]
    assert names == ["乙省/乙市/新区", "甲省/甲市/新区", "老县"]
    counts = cg.list_regions(ds, level="county").frame.set_index("region")["enterprises"]
    assert counts.to_dict() == {"甲省/甲市/新区": 2, "乙省/乙市/新区": 1, "老县": 1}


def test_lists_of_regions_hold_each_once(ds):
    found = find_regions(ds, ["甲市", "Jia City", cg.region(ds, "甲市"), "乙市"])
    assert [region.name for region in found] == ["甲市", "乙市"]
    assert [region.name for region in find_regions(ds, "park")] == [
        "乙省/乙市/工业园", "甲省/甲市/工业园", "高新区",
    ]  # fmt: skip
    assert cg.list_regions(ds, level="city", region="乙省").frame["region"].tolist() == ["乙市"]


def test_regions_join_and_their_names_lead_back(ds):
    jia, yi, new = (cg.region(ds, name) for name in ("甲市", "乙市", "甲市/新区"))
    cases = {
        jia | yi: {"a1", "a2", "a3", "a4", "b1", "b2"},
        jia - new: {"a3", "a4"},
        jia & (new | yi): {"a1", "a2"},
        (jia | yi) - (new | cg.region(ds, "乙市/工业园")): {"a3", "a4", "b2"},
        cg.region(ds, "*") - jia: {"b1", "b2", "b3", "x1"},
    }
    for region, sites in cases.items():
        assert picked(ds, region) == sites
        assert cg.region(ds, region.name) == region
    assert (jia | yi).name == "甲市 + 乙市"
    assert (jia - (new | yi)).name == "甲市 - (甲省/甲市/新区 + 乙市)"
    assert jia | yi == yi | jia
    assert jia | jia == jia & jia == jia
    assert jia | cg.region(ds, "*") == cg.region(ds, "*")
    assert jia & cg.region(ds, "*") == jia
    assert jia != yi
    with pytest.raises(cg.UnknownNameError, match="'戊市'"):
        cg.region(ds, "甲市 + 戊市")


def test_near_takes_sites_by_their_own_point_else_by_their_city(ds):
    """From 25 N 103 E to 26 N 103 E it is 111.2 km, to 25 N 104 E 100.8 km."""
    assert picked(ds, cg.near(ds, "甲市", km=100.7)) == {"a1", "a3", "a4"}
    assert picked(ds, cg.near(ds, "甲市", km=100.9)) == {"a1", "a2", "a3", "a4"}
    assert picked(ds, cg.near(ds, "甲市", km=111.1)) == {"a1", "a2", "a3", "a4"}
    assert picked(ds, cg.near(ds, "甲市", km=111.3)) == {"a1", "a2", "a3", "a4", "b1"}
    assert cg.near(ds, "甲市", km=200) == cg.region(ds, "甲市 ~ 200 km")
    cities = pd.DataFrame({"city": ["甲市", "丙市", "丁市", None]})
    assert cg.near(ds, "甲市", km=56).mask(cities).tolist() == [True, True, False, False]
    assert cg.near(ds, "甲市", km=55).mask(cities).tolist() == [True, False, False, False]
    # the centre of a place that no table lists is the mean of its sites: 33 N 106.5 E
    assert cg.near(ds, "乙市", km=1).pick == Circle(33.0, 106.5, 1.0, ("乙市",))
    assert picked(ds, cg.near(ds, "甲市", km=20100)) == set(SPOTS) - {"b3", "x1"}


@pytest.mark.parametrize("km", [0, -1, float("nan"), float("inf")])
def test_near_refuses_what_is_no_distance(ds, km):
    with pytest.raises(cg.OptionError, match="no distance"):
        cg.near(ds, "甲市", km=km)


def test_near_needs_a_centre(ds):
    with pytest.raises(cg.OptionError, match="where '高新区' lies"):
        cg.near(ds, "高新区", km=10)
    with pytest.raises(cg.OptionError, match="'far' is no distance"):
        cg.region(ds, "甲市 ~ far km")


@pytest.mark.parametrize("engine", ["pandas", "polars", "lazy"])
def test_filters_of_every_engine_pick_what_masks_pick(ds, engine):
    frame = ds.enterprises[["enterprise_id", "province", "city", "county", "park", "lat", "lon"]]
    native = frame if engine == "pandas" else pl.from_pandas(frame)
    native = native.lazy() if engine == "lazy" else native
    jia, circle = cg.region(ds, "甲市"), cg.near(ds, "甲市", km=105)
    whole, new = cg.region(ds, "*"), cg.region(ds, "甲市/新区")
    for region in (jia, circle, whole, jia | circle, whole - circle, whole - new, jia & circle):
        found = region.filter(nw.from_native(native))
        found = found.collect() if engine == "lazy" else found
        assert set(found["enterprise_id"].to_list()) == picked(ds, region), region.name


def test_a_frame_without_a_column_says_of_no_row_that_it_lies_there(ds):
    frame = pd.DataFrame({"province": ["甲省"], "city": ["甲市"]})
    narrow = nw.from_native(frame)
    for name, inside in (("甲市", True), ("老县", False), ("*", True)):
        region = cg.region(ds, name)
        assert region.mask(frame).tolist() == [inside]
        assert len(region.filter(narrow)) == inside
    bare = pd.DataFrame({"name": ["x"]})
    circle = cg.near(ds, "甲市", km=10)
    assert circle.mask(bare).tolist() == [False]
    assert len(circle.filter(nw.from_native(bare))) == 0
    assert len(circle.filter(narrow)) == 1


@pytest.mark.parametrize(
    ("region", "text", "relation"),
    [
        ("甲市", "甲市", "same"),
        ("甲市", " Jia City ", "same"),
        ("甲市", "990100", "same"),
        ("甲市", "甲省/甲市", "same"),
        ("甲市", "甲省", "around"),
        ("甲市", "", "around"),
        ("甲市", "*", "around"),
        ("甲市", "老县", "inside"),
        ("甲市", "甲市/新区", "inside"),
        ("甲市", "甲省/甲市/某县", "inside"),
        ("甲市/新区", "甲省/甲市/某县", "apart"),
        ("甲市", "高新区", "inside"),
        ("甲市", "新区", "apart"),
        ("甲市", "乙市", "apart"),
        ("甲市", "丙市", "apart"),
        ("甲市", "某市", "apart"),
        ("甲省", "丙市", "inside"),
        ("丙市", "丙市", "same"),
        ("丙市", "甲省", "around"),
        ("甲市/新区", "甲市", "around"),
        ("乙市/新区", "甲市", "apart"),
        ("甲市 + 乙市", "甲市", "inside"),
        ("甲市 + 乙市", "老县", "inside"),
        ("甲市 + 丙市", "甲省", "around"),
        ("甲市 - 老县", "甲市/新区", "inside"),
        ("甲市 - 老县", "老县", "apart"),
        ("甲市 - 老县", "甲市", "around"),
        ("甲市 ~ 60 km", "丙市", "inside"),
        ("甲市 ~ 60 km", "甲省", "around"),
        ("甲市 ~ 50 km", "丙市", "apart"),
        ("*", "甲省", "inside"),
        ("*", "", "same"),
        ("丁市", "丁市", "same"),
    ],
)
def test_relations_of_places(ds, region, text, relation):
    assert gazetteer(ds).relation(cg.region(ds, region), text) == relation


def test_a_union_and_a_part_overlap_and_are_apart(ds):
    both = cg.region(ds, "甲市/新区 + 乙市")
    places = gazetteer(ds)
    assert places.relation(both, "甲市") == "apart"
    assert places.overlap(both, cg.region(ds, "甲市"))
    assert not places.overlap(both, cg.region(ds, "老县"))


def test_a_municipality_is_its_own_city(build):
    site = {"p1": {"province": "丁市", "city": "丁市", "county": "丁区"}}
    ds = build("p", (), [("p1", "p", 1)], sites=site)
    (city,) = find_regions(ds, "city")
    assert gazetteer(ds).relation(city, "丁市") == "same"
    assert cg.region(ds, "丁市").level == "province"


def test_a_place_nobody_describes_is_empty(build):
    ds = build("p", (), ())
    assert gazetteer(ds).names == set()
    assert cg.region(ds, "*").mask(pd.DataFrame({"city": ["x"]})).tolist() == [True]
    region = Region("x", pick=Named((("city", ("x",)),)))
    assert gazetteer(ds).relation(region, "x") == "apart"


def test_places_are_read_once_a_dataset(toy):
    assert gazetteer(toy) is gazetteer(toy)


def test_relations_of_hundreds_are_quick(qujing):
    places = gazetteer(qujing)
    regions = find_regions(qujing, "city")
    same = [[places.relation(one, two.name) == "same" for two in regions] for one in regions]
    assert np.array_equal(np.array(same), np.eye(len(regions), dtype=bool))
