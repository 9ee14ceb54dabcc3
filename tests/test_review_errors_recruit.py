"""Errors that a review found: targets for places without a site, lost assumptions, single makers by figures."""

from __future__ import annotations

import pytest

import chaingraph as cg
from tests.helpers_cli import rows
from tests.helpers_recruit import HERE, MAKERS, PRODUCTS, SITES, TABLES, hand_dataset, targets_of

LARGE = [("c1", "cell", 20, {"since": "2019"}), *MAKERS[1:]]  # needs 10,000 t of foil
EMPTY = {"adcode": "4", "name_zh": "empty", "level": "prefecture", "lat": 35, "lon": 110}


# --- a region without a site of its own ---


def test_targets_of_a_place_without_a_site_are_ranked_by_distance_and_record():
    frame = targets_of(hand_dataset(regions=[*TABLES["regions"], EMPTY]), region="empty", limit=0)
    assert frame.loc["Foilco", "distance_km"] == pytest.approx(2 * 111.19, abs=0.05)
    assert frame[["gap", "closes", "coverage_after"]].isna().all(axis=None)  # nobody takes it there
    assert frame["score"].is_monotonic_decreasing
    assert cg.rank_targets(
        hand_dataset(regions=[*TABLES["regions"], EMPTY]), region="empty"
    ).frame.empty  # nothing is needed there: no gap, no target


def test_the_command_names_targets_for_a_listed_place_without_a_site():
    found = rows("targets", "qujing", "--gap", "lfp", "--region", "承德市", "--top", "3", "-q")
    assert [row["rank"] for row in found] == ["1", "2", "3"]
    assert {row["region"] for row in found} == {"承德市"}


# --- gaps bring their assumptions ---


@pytest.mark.parametrize(
    ("asked", "gap"),
    [
        ({}, 10_000),
        ({"load": 0.5}, 5000),
        ({"load": {"cell": 0.25}}, 2500),
        ({"load": "full", "goal": {"foil": 7}}, 10_007),
        ({"goal": {"pack": 1000}, "explode": True}, 500_000),  # 1,000 packs take 1,000 cells
        ({"statuses": {"operating": 0.1}}, 1000),
    ],
)
def test_targets_close_the_gap_that_was_found(asked, gap):
    ds = hand_dataset(LARGE)
    gaps = cg.find_gaps(ds, draws=0, **asked)
    for source in (ds, cg.open_study(ds, **asked)):
        targets = cg.rank_targets(source, gaps)
        own = targets.frame.set_index("product_id").loc["foil"]
        assert own["gap"].tolist() == [gap] * len(own)
        assert {name: targets.params[name] for name in asked if name != "statuses"} == {
            name: gaps.params[name] for name in asked if name != "statuses"
        }
    plain = cg.rank_targets(ds, "foil", **asked).frame
    assert set(plain["gap"]) == {gap}


@pytest.mark.parametrize(
    "otherwise",
    [
        {"load": "full"},
        {"load": 0.4},
        {"goal": {"foil": 8}},
        {"at": "2023"},
        {"statuses": "planned"},
    ],
    ids=str,
)
def test_gaps_found_under_other_assumptions_are_refused(otherwise):
    ds = hand_dataset(LARGE)
    gaps = cg.find_gaps(ds, load=0.5, goal={"foil": 7}, draws=0)
    with pytest.raises(cg.OptionError, match="found at another date, or with other"):
        cg.rank_targets(ds, gaps, **otherwise)
    with pytest.raises(cg.OptionError, match="found at another date, or with other"):
        cg.rank_targets(cg.open_study(ds), gaps)


# --- what is not known is no figure; what stands for others is nobody ---


def test_where_the_gap_is_open_its_least_is_closed_and_no_coverage_is_told():
    """By hand: 20 cells take 10,000 t; here are 4,000 t and a maker of at most three known plants' size."""
    sites = SITES | {name: HERE | {"group_zh": name} for name in ("l1", "l2")}
    makers = [*LARGE, ("l1", "foil", 4000), ("l2", "foil", None)]
    row = targets_of(hand_dataset(makers, sites=sites)).loc["Foilco"]
    assert row["gap_kind"] == "short"
    assert 0 < row["gap_low"] <= row["gap"] <= row["gap_high"] == 6000
    open_end = [*LARGE[:3], ("f1", "foil", 3000), ("l1", "foil", 4000), ("l2", "foil", None)]
    row = targets_of(hand_dataset(open_end, sites=sites)).loc["Foilco"]
    assert row[["gap_low", "gap_high"]].tolist() == [0, 6000]
    assert row[["gap", "closes", "coverage_after"]].isna().all()


def test_a_row_that_stands_for_makers_unknown_is_no_target_and_no_usual_plant():
    others = ("o1", "foil", 900_000, {"since": "2014"})
    sites = SITES | {"o1": {"city": "east", "lat": 31, "lon": 110, "placeholder": True}}
    plain, filled = (
        targets_of(hand_dataset(makers, sites=sites), limit=0)
        for makers in (MAKERS, [*MAKERS, others])
    )
    assert "o1" not in filled.index
    assert filled.index.tolist() == plain.index.tolist()
    assert filled.loc["Smallco", "plant"] == plain.loc["Smallco", "plant"] == 1000
    real = sites | {"o1": sites["o1"] | {"placeholder": False}}
    assert "o1" in targets_of(hand_dataset([*MAKERS, others], sites=real), limit=0).index


def test_a_restricted_product_is_a_matter_of_contracts():
    quota = {"restricted": "a quota"}
    products = [row if row[0] != "foil" else (*row, quota) for row in PRODUCTS]
    ds = hand_dataset(products=products)
    every = cg.rank_targets(ds).frame
    assert set(every.loc[every["product_id"] == "foil", "target_list"]) == {"supplier"}
    row = targets_of(ds).loc["Foilco"]
    assert row["verb"] == "contract"
    gaps = cg.find_gaps(ds, draws=0).frame.set_index("product_id")
    assert gaps.loc["foil", "list"] == "cooperation"


# --- one maker ---


@pytest.mark.parametrize(
    ("figures", "single"),
    [
        ((5,), True),
        ((None,), None),
        ((9, 1), True),
        ((71, 29), True),
        ((70, 30), False),
        ((1, 1, 1), False),
        ((100, None, None), False),  # the others may be as large: it can't be told
        ((100, 1, None), False),
    ],
)
def test_single_is_one_maker_or_one_that_makes_over_70_percent_of_known_figures(
    build, figures, single
):
    makers = [(f"m{number}", "i", figure) for number, figure in enumerate(figures)]
    ds = build("i p", [("i", "p", 1)], [("u", "p", 1), *makers])
    frame = cg.find_gaps(ds, draws=0).frame.set_index("product_id")
    kind = frame["gap_kind"].get("i")
    assert (kind == "single") is bool(single)
    if single is None:
        assert kind == "unquantified"  # whether it is enough is not known either


@pytest.mark.parametrize(("groups", "single"), [(("G", "G"), True), (("G", "H"), False)])
def test_single_counts_groups_not_sites(build, groups, single):
    sites = {name: {"group_zh": group} for name, group in zip("xy", groups, strict=True)}
    ds = build("i p", [("i", "p", 1)], [("u", "p", 1), ("x", "i", 5), ("y", "i", 5)], sites=sites)
    kinds = cg.find_gaps(ds, draws=0).frame.set_index("product_id")["gap_kind"]
    assert (kinds.get("i") == "single") is single
