"""Features of targets: each by hand on a small chain; evidence, distances, the same on every engine."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chaingraph as cg
from chaingraph.analysis.study import open_study
from chaingraph.groups import known_by, makers_by_site, rows_of_groups, sites_of
from chaingraph.recruit.evidence import gather_evidence, kinds_apart, related_links
from chaingraph.recruit.features import (
    FEATURES,
    GROUP_FEATURES,
    PLACE_FEATURES,
    UNKNOWN,
    filled,
    saturate,
)
from chaingraph.regions import distances
from tests.helpers_recruit import (
    DEGREE,
    EAST,
    HERE,
    MAKERS,
    PRODUCTS,
    SITES,
    TABLES,
    features_of,
    hand_dataset,
)
from tests.test_engines import LOCAL, dataset_in

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
NAN = math.nan
COUNT = st.integers(0, 10_000)
ANGLE = st.floats(-180, 180)
# Of the hand chain: who could make foil here. Foilco 3000 + 1000 t, as a company 5000 t; the gap is
# 2 u x 500 t/u = 1000 t; known groups make 5000 and 600 t, so that the yardstick is 2800 t.
# A tonne of foil costs 4: it travels 0.1 x 4 / 0.46 km, less than the least reach that counts. Foilco alone
# has tape, and foil too: 1 / (1 + 3).
REACH = 100


def known(share):
    """Return the capability of a known figure: above 1/4, where an unknown one stands."""
    return 0.25 + 0.75 * share


GROUPS = {
    "Foilco": {"maker": 1, "capability": known(5000 / 7800), "record": 2 / 3, "momentum": 1 / 2,
               "ties": 1 / 2, "present": 1 / 2, "closeness": REACH / (REACH + DEGREE),
               "portfolio": 1 / 4, "same_chain": 0},
    "Smallco": {"maker": 1, "capability": NAN, "record": 1 / 2, "momentum": 1 / 2,
                "ties": 0, "present": 0, "closeness": REACH / (REACH + DEGREE),
               "portfolio": 0, "same_chain": 0},
    "Farco": {"maker": 1, "capability": known(600 / 3400), "record": 1 / 2, "momentum": 0,
              "ties": 0, "present": 0, "closeness": NAN,
               "portfolio": 0, "same_chain": 0},
    "Cellco": {"maker": 0, "capability": 0, "record": 0, "momentum": 0,
               "ties": 1 / 2, "present": 1, "closeness": 1,
               "portfolio": 0, "same_chain": 0},
    "Rivalco": {"maker": 0, "capability": 0, "record": 0, "momentum": 0.5 / 1.5,
                "ties": 0, "present": 0, "closeness": REACH / (REACH + DEGREE),
               "portfolio": 0, "same_chain": 0},
    "Resinco": {"maker": 0, "capability": 0, "record": 0, "momentum": 0,
                "ties": 0, "present": 1, "closeness": 1,
               "portfolio": 0, "same_chain": 0},
}  # fmt: skip
# Cells are made here (1) and in the east (1). Metal and resin go into foil (ore is a resource), resin is
# made here. Foil is found in 3 cities, cell in 2, pack in 1: phi(foil, cell) = phi(foil, pack) = 1/3, of
# which the cell is here. Two groups came to the north. Power is 2 x 0.5 of 4 of its value, 80% is clean.
SHARED = {
    "local_pull": 1 / 2, "nearby_pull": 1 / 4, "inputs": 1 / 2, "relatedness": 1 / 2,
    "trend": 2 / 7, "spread": 3 / 13, "green_power": 0.95,
}  # fmt: skip


@pytest.fixture(scope="module")
def hand():
    return hand_dataset()


@pytest.fixture(scope="module")
def measured(hand):
    return features_of(hand)


# --- by hand ---


def test_no_unknown_figure_stands_before_a_known_one():
    tiny = [row if row[0] != "n1" else ("n1", "foil", 1e-9, row[3]) for row in MAKERS]
    found = features_of(hand_dataset(tiny))
    unknown = filled(np.array([found["Smallco"]["capability"]]))[0]
    assert unknown == UNKNOWN <= found["Farco"]["capability"] < UNKNOWN + 1e-6


@pytest.mark.parametrize(
    ("price", "km"), [(459, 100), (461, 461 * 0.1 / 0.46), (4599, 4599 * 0.1 / 0.46), (4601, 1000)]
)
def test_closeness_is_measured_by_how_far_the_product_travels(price, km):
    products = [row if row[0] != "foil" else ("foil", "t", price) for row in PRODUCTS]
    found = features_of(hand_dataset(products=products))["Smallco"]["closeness"]
    assert found == pytest.approx(km / (km + DEGREE))


def test_an_unknown_reach_is_300_km():
    products = [row if row[0] != "foil" else ("foil", "t", None) for row in PRODUCTS]
    found = features_of(hand_dataset(products=products))["Smallco"]["closeness"]
    assert found == pytest.approx(300 / (300 + DEGREE))


def test_same_chain_is_the_share_of_memberships_by_hand():
    chains = {"foil": "x", "tape": "x; y", "cell": "y", "resin": "y; z"}
    products = [
        (*row[:3], {**(row[3] if len(row) > 3 else {}), "chains": chains.get(row[0], "z")})
        for row in PRODUCTS
    ]
    found = {
        g: row["same_chain"] for g, row in features_of(hand_dataset(products=products)).items()
    }
    assert found == {
        "Foilco": pytest.approx(2 / 3), "Smallco": 1, "Farco": 1, "Cellco": 0, "Rivalco": 0,
        "Resinco": 0,
    }  # fmt: skip


def test_what_is_often_in_one_hand_by_hand():
    """Two of four groups with tape have foil as well: 2 / (4 + 3)."""
    makers = [*MAKERS, ("s2", "tape", 1), ("k3", "tape", 1), ("r2", "tape", 1)]
    sites = SITES | {
        "s2": EAST | {"group_zh": "Smallco"}, "k3": EAST | {"group_zh": "Rivalco"},
        "r2": HERE | {"group_zh": "Resinco"},
    }  # fmt: skip
    found = features_of(hand_dataset(makers, sites=sites))
    for group in ("Foilco", "Smallco", "Rivalco", "Resinco"):
        assert found[group]["portfolio"] == pytest.approx(2 / 7)
    assert found["Farco"]["portfolio"] == 0


def test_every_candidate_of_the_hand_chain_and_no_other(measured):
    assert sorted(measured) == sorted(GROUPS)  # Packco and the tape are two links away


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("feature", GROUP_FEATURES)
def test_feature_of_a_group_by_hand(measured, group, feature):
    assert measured[group][feature] == pytest.approx(GROUPS[group][feature], nan_ok=True)


@pytest.mark.parametrize("feature", PLACE_FEATURES)
def test_feature_of_a_place_by_hand_is_shared_by_all_candidates(measured, feature):
    values = {row[feature] for row in measured.values()}
    assert len(values) == 1
    assert values.pop() == pytest.approx(SHARED[feature])


def test_features_are_between_0_and_1_and_all_are_shown(measured):
    for row in measured.values():
        assert list(row) == list(FEATURES) == [*GROUP_FEATURES, *PLACE_FEATURES]
        assert all(math.isnan(value) or 0 <= value <= 1 for value in row.values())


def test_what_is_not_known_is_unknown_and_not_zero(hand):
    bare = features_of(hand_dataset(indicators=None))
    assert math.isnan(bare["Foilco"]["green_power"])
    assert math.isnan(features_of(hand, "metal")["Foilco"]["inputs"])  # none is listed
    assert math.isnan(features_of(hand, "metal")["Foilco"]["green_power"])  # no power is listed
    assert filled(np.array([NAN, 0.0, 1.0])).tolist() == [UNKNOWN, 0.0, 1.0] == [0.25, 0.0, 1.0]


def test_the_gap_is_the_yardstick_where_it_is_larger_than_a_median_maker():
    makers = [("c1", "cell", 20, {"since": "2019"}), *MAKERS[1:]]  # a gap of 10,000 t
    assert features_of(hand_dataset(makers))["Foilco"]["capability"] == pytest.approx(known(1 / 3))


def test_the_figures_of_the_latest_year_and_of_the_province_where_the_city_has_none():
    row = {"indicator": "clean_energy_generation_share", "year": "2020", "value": 40}
    sites = {name: site | {"province": "prov"} for name, site in SITES.items()}
    ds = hand_dataset(sites=sites, indicators=[row | {"region": "prov"}, row | {"region": "east"}])
    assert features_of(ds)["Foilco"]["green_power"] == pytest.approx(1 - 0.25 * 0.6)


def test_a_group_counts_once_a_city_and_its_first_start_there_decides():
    again = ("f1", "foil", 500, {"since": "2024"})  # a second phase is no new place
    row = features_of(hand_dataset([*MAKERS, again]))["Foilco"]
    assert (row["record"], row["momentum"]) == (2 / 3, 1 / 2)
    late = ("g1", "foil", 500, {"since": "2024"})
    sites = SITES | {"g1": {"city": "west", "group_zh": "Foilco"}}
    row = features_of(hand_dataset([*MAKERS, late], sites=sites))["Foilco"]
    assert (row["record"], row["momentum"]) == (3 / 4, 2 / 3)


@pytest.mark.parametrize(("since", "momentum"), [("2021-12", 0), ("2022-01", 0.5), ("2021", 0)])
def test_three_years_are_counted_from_the_day_after(since, momentum):
    makers = [row if row[0] != "f2" else ("f2", "foil", 1000, {"since": since}) for row in MAKERS]
    assert features_of(hand_dataset(makers))["Foilco"]["momentum"] == momentum


def test_seen_proves_a_plant_and_no_arrival():
    seen = [TABLES["projects"][0] | {"event": "seen", "status": "operating"}]
    row = features_of(hand_dataset(projects=seen))["Smallco"]
    assert (row["record"], row["momentum"]) == (2 / 3, 0)


# --- formulas ---


@QUICK
@given(COUNT, COUNT, st.sampled_from([1.0, 3.0, 5.0, 10.0]))
def test_saturation_grows_with_every_one_more_and_stays_below_1(one, other, half):
    low, high = saturate(np.array(sorted([one, other]), dtype=float), half)
    assert 0 <= low <= high < 1
    assert (low < high) == (one != other)
    assert saturate(np.array([half]), half)[0] == 0.5


def test_distances_against_published_and_worked_ones():
    # Nashville to Los Angeles: 2887.26 km on a sphere of 6372.8 km (Rosetta Code, haversine formula)
    found = distances(np.array([36.12]), np.array([-86.67]), (33.94, -118.40))
    assert found[0] == pytest.approx(2887.2599506071106 * 6371.0 / 6372.8)
    assert distances(np.array([31.0]), np.array([110.0]), (30.0, 110.0))[0] == pytest.approx(DEGREE)
    half = distances(np.array([0.0, 90.0]), np.array([0.0, 0.0]), (0.0, 180.0))
    assert half == pytest.approx(np.array([180, 90]) * DEGREE)
    assert np.isnan(distances(np.array([NAN]), np.array([1.0]), (0.0, 0.0)))[0]


@QUICK
@given(st.floats(-90, 90), ANGLE, st.floats(-90, 90), ANGLE)
def test_distances_are_the_same_both_ways_and_at_most_half_the_globe(lat, lon, lat2, lon2):
    there = distances(np.array([lat]), np.array([lon]), (lat2, lon2))[0]
    back = distances(np.array([lat2]), np.array([lon2]), (lat, lon))[0]
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= 180 * DEGREE + 1e-6


def test_related_are_inputs_outputs_and_alternatives_both_ways(hand):
    study = open_study(hand)
    one, other = related_links(study.product_graph, kinds_apart(study))
    pairs = {
        (study.product_graph.ids[a], study.product_graph.ids[b])
        for a, b in zip(one, other, strict=True)
    }
    links = [("metal", "foil"), ("resin", "foil"), ("foil", "cell"), ("film", "cell"),
             ("tape", "cell"), ("cell", "pack"), ("foil", "film")]  # fmt: skip
    assert pairs == {*links, *((b, a) for a, b in links)}  # nothing of ore and electricity
    assert len(pairs) == len(one)


# --- evidence ---


def holdings(ds):
    evidence = gather_evidence(open_study(ds))
    held, ids = evidence.holdings, evidence.study.product_graph.ids
    return evidence, {
        (ids[p], evidence.groups[g]): i
        for i, (p, g) in enumerate(zip(held.product, held.group, strict=True))
    }


def test_a_groups_capacity_is_the_larger_of_company_total_and_sum_of_sites(hand):
    evidence, at = holdings(hand)
    assert evidence.holdings.capacity[at["foil", "Foilco"]] == 5000
    small = [row if row[0] != "f3" else ("f3", "foil", 900, {"scope": "group"}) for row in MAKERS]
    evidence, at = holdings(hand_dataset(small))
    assert evidence.holdings.capacity[at["foil", "Foilco"]] == 4000
    assert evidence.holdings.typical[at["foil", "Foilco"]] == 2000  # sites only, no total
    assert np.isnan(evidence.holdings.capacity[at["foil", "Smallco"]])


def test_company_totals_lie_nowhere():
    total = [("f3", "foil", 5000, {"scope": "group"})]
    sites = {"f3": {"city": "here", "lat": 30, "lon": 110, "group_zh": "Foilco"}}
    ds = hand_dataset([MAKERS[0], *total], sites=sites | {"c1": SITES["c1"]}, projects=None)
    evidence, at = holdings(ds)
    assert evidence.holdings.sites[at["foil", "Foilco"]] == 0
    assert not evidence.inside(cg.region(ds, "here"))[evidence.columns["total"].astype(bool)].any()
    row = features_of(ds)["Foilco"]  # its head office here makes it no local maker
    assert (row["maker"], row["record"], row["present"]) == (1, 0, 0)
    assert math.isnan(row["closeness"])


def test_projects_are_evidence_up_to_the_date(hand):
    _, at = holdings(hand)
    assert ("foil", "Smallco") in at
    only = [row for row in MAKERS if row[0] != "s1"]
    row = features_of(hand_dataset(only))["Smallco"]
    assert (row["maker"], row["record"], row["momentum"]) == (1 / 2, 0, 1 / 2)
    assert "Smallco" not in features_of(hand_dataset(only, as_of="2024-02"))
    family = [TABLES["projects"][0] | {"product_id": "sheets", "product_ids": "foil; film"}]
    _, at = holdings(hand_dataset(only, projects=family))
    assert {("foil", "Smallco"), ("film", "Smallco")} <= set(at)


def test_ties_count_as_of_the_date_and_partners_once(hand):
    evidence = gather_evidence(open_study(hand))
    assert sorted(evidence.ties["year"]) == ["2019", "2020", "2021", "2022", "2023"]  # no 2025
    assert features_of(hand_dataset(as_of="2026"))["Smallco"]["ties"] == 1 / 2


def test_a_site_without_a_group_stands_for_itself():
    makers = [*MAKERS, ("lone", "foil", 50)]
    assert features_of(hand_dataset(makers, sites=SITES | {"lone": {"city": "east"}}))["lone"][
        "maker"
    ]


def test_relational_pieces_by_hand(hand):
    rows = makers_by_site(
        hand.enterprises, hand.capacities, products=["foil"], at="2022", statuses={"operating": 1.0}
    )
    found = rows[["group", "enterprise_id", "scope"]].to_numpy().tolist()
    assert found == [
        ["Farco", "n1", "site"], ["Foilco", "f1", "site"], ["Foilco", "f3", "group"],
        ["Smallco", "s1", "site"],
    ]  # fmt: skip
    assert rows["capacity"].tolist()[:3] == [600, 3000, 5000]
    assert np.isnan(rows["capacity"].iloc[3])
    own = rows_of_groups(
        hand.enterprises, hand.capacities, ["Foilco"], at="2024-12", statuses={"operating": 1.0}
    )
    assert own["enterprise_id"].tolist() == ["f1", "f2", "f3", "t1"]
    left = known_by(hand.capacities, "2015-06")  # what has no date proves nothing
    assert sorted(left["enterprise_id"]) == ["n1", "p1", "r1"]
    assert sorted(sites_of(hand.enterprises, left)["enterprise_id"]) == ["n1", "p1", "r1"]


# --- engines ---


@pytest.mark.parametrize("engine", LOCAL)
@pytest.mark.parametrize("regions", ["with a regions table", "without"])
def test_targets_are_the_same_on_every_engine(engine, regions):
    known = TABLES["regions"] if regions.startswith("with ") else None
    ds = hand_dataset(regions=known)
    other = dataset_in(engine, (dict(ds.tables), ds.as_of, ds.focus))
    ours, theirs = (
        cg.rank_targets(d, ["foil", "film", "metal"], limit=0).frame for d in (ds, other)
    )
    assert len(ours)
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-12)


def test_targets_of_the_toy_are_the_same_on_every_engine(toy):
    ours = cg.rank_targets(toy, limit=0).frame
    for engine in LOCAL:
        other = dataset_in(engine, (dict(toy.tables), toy.as_of, toy.focus))
        pd.testing.assert_frame_equal(ours, cg.rank_targets(other, limit=0).frame, rtol=1e-12)
