"""Targets: who is a candidate, what a target closes, the score and its range, reasons, wrong input."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.analysis.study import open_study, region_state
from chaingraph.recruit import ranking, scoring
from chaingraph.recruit.features import FEATURES, GROUP_FEATURES
from chaingraph.recruit.scoring import default_weights
from tests.helpers_recruit import (
    EAST,
    HERE,
    MAKERS,
    PAGE,
    PRODUCTS,
    SITES,
    TABLES,
    features_of,
    hand_dataset,
    targets_of,
)

QUOTA = {"restricted": "a quota", "restricted_zh": "产能指标", "source_url": PAGE + "quota"}
LARGE = [("c1", "cell", 20, {"since": "2019"}), *MAKERS[1:]]  # needs 10,000 t of foil


@pytest.fixture(scope="module")
def hand():
    return hand_dataset()


EVERY = dict.fromkeys(GROUP_FEATURES, 1.0)
"""Weights with which every feature tells."""


@pytest.fixture(scope="module")
def found(hand):
    return targets_of(hand, limit=0, weights=EVERY)


def said(result, lang):
    """Return a result as text in a language, on one line."""
    return " ".join(result.to_text(lang=lang).split())


# --- how many ---


def test_first_names_are_those_of_the_whole_list_though_fewer_are_measured(qujing, monkeypatch):
    for module in (ranking, scoring):
        monkeypatch.setattr(module, "POOL", 4)
    asked = ["lfp", "silver_paste"]
    whole, first = (
        cg.rank_targets(qujing, asked, limit=limit, local_limit=local).frame
        for limit, local in ((0, 0), (3, 2))
    )
    place = whole.groupby(["gap_rank", "target_list"]).cumcount()
    most = np.where(whole["target_list"] == "local", 2, 3)
    pd.testing.assert_frame_equal(first, whole[place < most].reset_index(drop=True))
    state = region_state(open_study(qujing))
    places = sorted(state.study.product_graph.find(name) for name in asked)
    sizes = [
        len(ranking.rank_field(state, places, default_weights(), "logit", (), most).rows)
        for most in ((), (3, 2, 3), (0, 0, 0))
    ]
    assert sizes[1] < sizes[0] == sizes[2]


# --- candidates ---


def test_whoever_makes_it_here_is_no_candidate_and_a_plant_being_built_counts_as_here():
    for status in ("operating", "construction"):
        makers = [*MAKERS, ("s2", "foil", 10, {"status": status})]
        names = targets_of(
            hand_dataset(makers, sites=SITES | {"s2": HERE | {"group_zh": "Smallco"}})
        )
        assert "Smallco" not in names.index
        assert "Foilco" in names.index
    idle = targets_of(hand_dataset(sites=SITES | {"s2": HERE | {"group_zh": "Smallco"}}))
    assert "Smallco" in idle.index  # an office here makes nothing


def test_a_group_that_only_announced_a_project_here_stays_and_the_project_is_said_first():
    here = [TABLES["projects"][0] | {"city": "here"}]
    row = targets_of(hand_dataset(projects=here)).loc["Smallco"]
    assert row["announced_here"] == "2024-03"
    assert row["reasons_en"].startswith(
        "intends to make it here, no plant yet: signed here 2024-03"
    )
    assert row["reasons_zh"].startswith("有意在本地建设该产品项目，尚无工厂（签约 here 2024-03）")
    assert row["sources"].split()[0] == PAGE + "q1"


def test_makers_of_related_products_are_flagged(hand, found):
    assert found["makes_it"].to_dict() == {
        "Foilco": True, "Smallco": True, "Farco": True, "Cellco": False, "Rivalco": False,
        "Resinco": False,
    }  # fmt: skip
    assert found.loc["Cellco", "related_products"] == "cell"
    assert pd.isna(found.loc["Farco", "related_products"])
    told = cg.explain_target(hand, "foil", "Resinco").frame.set_index("feature")
    assert told.loc["maker", "sentence_en"] == "does not make foil itself, but resin"
    assert told.loc["maker", "contribution"] == 0


def test_candidates_are_those_of_the_date(hand):
    early = targets_of(hand, at="2021-12")
    assert "Rivalco" not in early.index  # began in 2022-03
    assert early.loc["Foilco", ["sites", "partners"]].tolist()[0] == 1
    assert pd.isna(early.loc["Foilco", "partners"])  # supplies from 2022 on


def test_for_a_surplus_the_makers_of_what_would_use_it_are_ranked(hand):
    frame = cg.rank_targets(hand, cg.find_gaps(hand, draws=0), limit=0).frame
    served = frame[frame["serves"] == "cell"]
    assert set(served["product_id"]) == {"pack"}
    assert set(served["gap_kind"]) == {"surplus"}
    assert "Packco" in set(served["group_zh"])
    assert "cell" not in set(frame["product_id"])
    assert frame["gap_rank"].is_monotonic_increasing
    assert (frame.groupby("gap_rank")["rank"].first() == 1).all()


def test_gaps_may_be_a_result_names_or_left_out(hand):
    gaps = cg.find_gaps(hand, draws=0)
    ours = cg.rank_targets(hand, gaps).frame
    pd.testing.assert_frame_equal(ours, cg.rank_targets(hand).frame)
    assert set(ours["product_id"]) <= {*gaps.frame["product_id"], "pack"}
    assert "ore" not in set(ours["product_id"])  # a matter of supply, not of recruitment
    one = cg.rank_targets(hand, ["foil"]).frame
    assert set(one["product_id"]) == {"foil"}
    with pytest.raises(cg.OptionError, match="none of find_gaps"):
        cg.rank_targets(hand, cg.calculate_balance(hand))


def test_the_limit_is_a_gap_and_0_is_all(hand, found):
    two = targets_of(hand, limit=2, local_limit=1)
    assert two.index.tolist() == ["Smallco", "Farco", "Foilco"]
    assert len(found) == 6
    assert found["target_list"].tolist() == ["outside"] * 3 + ["local"] * 3
    assert len(targets_of(hand, limit=0, local_limit=2)) == 5


def test_of_the_whole_country_nobody_is_elsewhere(hand):
    assert cg.rank_targets(hand, "foil", region="*").frame["makes_it"].sum() == 0


# --- what a target closes ---


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        ("Foilco", [10_000, 2000, "own", 2000, 0.2]),  # its median plant: 3000 and 1000 t
        ("Farco", [10_000, 600, "own", 600, 0.06]),
        ("Smallco", [10_000, 1000, "typical", 1000, 0.1]),  # of the plants' 3000, 1000 and 600 t
    ],
)
def test_what_a_typical_plant_closes_by_hand(group, expected):
    row = targets_of(hand_dataset(LARGE)).loc[group]
    assert row[["gap", "plant", "plant_basis", "closes", "coverage_after"]].tolist() == expected


def test_a_plant_closes_no_more_than_the_gap_and_adds_to_what_is_here(found):
    row = found.loc["Foilco"]
    assert row[["gap", "plant", "closes", "coverage_after"]].tolist() == [1000, 2000, 1000, 1]
    sites = SITES | {"l1": HERE | {"group_zh": "Localco"}}
    short = targets_of(hand_dataset([*LARGE, ("l1", "foil", 4000)], sites=sites)).loc["Foilco"]
    assert short[["gap_kind", "coverage", "gap", "closes"]].tolist() == ["short", 0.4, 6000, 2000]
    assert short["coverage_after"] == pytest.approx(0.6)


def test_without_a_figure_nothing_is_said_to_be_closed(hand):
    frame = targets_of(hand, "metal")  # nobody here takes a known amount
    assert frame[["gap", "closes", "coverage_after"]].isna().all(axis=None)
    assert set(frame["plant_basis"]) == {"unknown"}


def test_facts_of_a_target_by_hand(found):
    row = found.loc["Foilco"]
    assert row["group_capacity"] == 5000
    assert row[["sites", "provinces"]].tolist() == [2, 1]
    assert row["nearest_site"].startswith("east")
    assert row["distance_km"] == pytest.approx(111.19, abs=0.01)
    assert row["partners"] == "Cellco"
    assert row["local_sites"] == "t1"
    assert pd.isna(found.loc["Farco", "distance_km"])


# --- score ---


def test_the_score_is_the_sum_of_its_parts_and_the_unknown_widens_it(hand, found):
    weights = dict.fromkeys(FEATURES, 0.0) | EVERY
    total = sum(weights.values())
    for group, values in features_of(hand).items():
        row = found.loc[group]
        unknown = [name for name in FEATURES if np.isnan(values[name])]
        missing = sum(weights[name] for name in unknown) / total
        known = sum(weights[n] * v for n, v in values.items() if n not in unknown) / total
        parts = row[[f"part_{name}" for name in FEATURES]].astype(float)
        assert parts.sum(skipna=True) == pytest.approx(known)
        assert parts.isna().sum() == len(unknown)
        assert row["score"] == pytest.approx(known + missing / 4)
        assert row["score_low"] == pytest.approx(known)
        assert row["score_high"] == pytest.approx(known + missing)
    assert (found["score_low"] <= found["score"]).all()
    wide = found["score_high"] - found["score_low"]
    assert wide["Smallco"] > 0.1
    assert wide["Foilco"] == pytest.approx(0)


def test_ranks_follow_the_score_within_a_list_makers_first(found):
    tiers = (["Smallco", "Farco"], ["Rivalco"], ["Foilco"], ["Cellco", "Resinco"])
    assert found.index.tolist() == [name for tier in tiers for name in tier]
    for tier in tiers:  # makers elsewhere, others; a maker that is here, others that are
        assert found.loc[tier, "score"].is_monotonic_decreasing
    assert found["rank"].tolist() == [1, 2, 3, 1, 2, 3]
    assert (found["rank_best"] <= found["rank"]).all()
    assert (found["rank"] <= found["rank_worst"]).all()


@pytest.mark.parametrize(("capacity", "partner"), [(601, "Cellco"), (9000, "Packco")])
def test_a_larger_capacity_or_one_more_tie_never_lowers_a_groups_score(found, capacity, partner):
    makers = [row if row[0] != "n1" else ("n1", "foil", capacity, row[3]) for row in MAKERS]
    tie = {
        "supplier_group": partner,
        "customer_group": "Farco",
        "product_id": "metal",
        "year": "2020",
    }
    before = found.loc["Farco", "score"]
    after = targets_of(hand_dataset(makers), limit=0, weights=EVERY).loc["Farco", "score"]
    tied = targets_of(
        hand_dataset(makers, supplies=[*TABLES["supplies"], tie]), limit=0, weights=EVERY
    )
    assert before < after
    assert (after < tied.loc["Farco", "score"]) == (partner == "Cellco")  # Packco is not here
    assert after <= tied.loc["Farco", "score"]


# --- reasons ---


def test_reasons_of_a_restricted_product_start_with_what_is_needed():
    products = [row if row[0] != "foil" else (*row, QUOTA) for row in PRODUCTS]
    frame = targets_of(hand_dataset(products=products), limit=0)
    assert all(text.startswith("needs first: a quota; ") for text in frame["reasons_en"])
    assert all(text.startswith("先决条件：产能指标；") for text in frame["reasons_zh"])
    assert all(text.startswith(PAGE + "quota") for text in frame["sources"])
    assert set(frame["restricted"]) == {"a quota"}
    told = cg.explain_target(hand_dataset(products=products), "foil", "Farco")
    assert "before the call: needs first: a quota" in said(told, "en")
    assert "致电之前：先决条件：产能指标" in said(told, "zh")


def test_reasons_name_the_rows_behind_them(found):
    row = found.loc["Foilco"]
    for text in (
        "makes foil",
        "capacity 5,000 t",
        "2,000 t: 50% of it",
        "is here already with tape",
    ):
        assert text in row["reasons_en"]
    for text in ("生产foil", "年产能5,000 t", "典型工厂2,000 t，占其50%", "在本地已有tape"):
        assert text in row["reasons_zh"]
    addresses = {PAGE + name for name in ("tape", "f1", "q1", "2022", "2023", "2020", "2019")}
    urls = {url for cell in found["sources"].dropna() for url in cell.split()}
    assert PAGE + "f1" in row["sources"].split()
    assert urls <= addresses
    assert not re.search(r"\bnan\b|None|\{|\}", " ".join(found["reasons_en"] + found["reasons_zh"]))


def test_what_weighs_nothing_is_said_where_there_is_room(hand):
    weights = dict.fromkeys(FEATURES, 0.0) | {"maker": 1.0}
    told = targets_of(hand, limit=0, weights=weights)["reasons_en"]["Farco"]
    assert told.index("makes foil") < told.index("capacity 600 t")
    assert targets_of(hand, limit=0)["score"].notna().all()


def test_explained_contributions_add_up_to_the_score_and_name_their_rows(hand, found):
    for group in ("Smallco", "Cellco"):
        frame = cg.explain_target(hand, "foil", group, weights=EVERY).frame
        assert frame["contribution"].sum() == pytest.approx(found.loc[group, "score"])
        assert frame["contribution"].is_monotonic_decreasing
        assert set(frame["feature"]) == set(FEATURES)
    told = cg.explain_target(hand, "foil", "Foilco").frame.set_index("feature")
    assert told.loc["capability", "source_url"] == PAGE + "f1"
    assert told.loc["present", "source_url"] == PAGE + "tape"
    assert told.loc["ties", "source_url"] == PAGE + "2022"
    assert (
        told.loc["ties", "sentence_en"] == "supplies Cellco, which is here, with foil (since 2022)"
    )
    assert told.loc["local_pull", "sentence_en"].endswith("1,000 t a year are missing")
    assert told.loc["green_power", "sentence_en"].startswith("power is 25% of its value; 80% of")


def test_explained_targets_are_found_or_refused(hand):
    with pytest.raises(
        cg.UnknownNameError, match="no group 'Foilc' in the data; did you mean: Foilco"
    ):
        cg.explain_target(hand, "foil", "Foilc")
    with pytest.raises(cg.OptionError, match="Packco is no candidate for foil"):
        cg.explain_target(hand, "foil", "Packco")
    with pytest.raises(cg.OptionError, match="Cellco is no candidate for cell"):
        cg.explain_target(hand, "cell", "Cellco")


# --- nobody, nothing, wrong names ---


def test_a_gap_that_nobody_fills_says_so_and_names_the_nearest_related_makers(hand):
    film = cg.rank_targets(hand, "film", limit=0)
    assert not film.frame["makes_it"].any()
    assert (
        "film: nobody in the data makes it elsewhere; nearest makers of related products: "
        in said(film, "en")
    )
    assert said(film, "en").index("Cellco") < said(film, "en").rindex("Rivalco")
    assert "film：数据中外地无人生产；最近的相关产品企业：Cellco, Rivalco" in said(film, "zh")
    lid = cg.rank_targets(hand, "lid")
    assert lid.frame.empty
    assert "lid: neither it nor anything related to it has a maker" in said(lid, "en")
    assert "lid：数据中外地无人生产该产品及其相关产品" in said(lid, "zh")
    assert cg.rank_targets(hand, "foil").notes == ()


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"gaps": "foill"}, cg.UnknownNameError, "no product 'foill'; did you mean: foil"),
        ({"gaps": ["foil", ""]}, cg.UnknownNameError, "no product ''"),
        ({"region": "ther"}, cg.UnknownNameError, "no region 'ther'"),
        ({"method": "best"}, cg.OptionError, "no method 'best'; methods: logit, topsis"),
        ({"limit": -1}, cg.OptionError, "'-1' is no number of targets"),
        ({"at": "2024/13"}, cg.OptionError, "'2024/13' is no date"),
        ({"weights": {"tie": 1}}, cg.OptionError, "no feature 'tie'; did you mean: ties"),
    ],
)
def test_wrong_options_are_one_sentence(hand, options, error, sentence):
    with pytest.raises(error, match=sentence):
        cg.rank_targets(hand, **({"gaps": "foil"} | options))


def test_without_makers_or_gaps_nothing_breaks(build):
    with pytest.raises(cg.MissingTableError, match="enterprises"):
        cg.rank_targets(build("a b", [("a", "b", 1)], None))
    lonely = build("a b", [("a", "b", 1)], [("x", "b", 1)])
    assert (
        "a: nobody in the data makes it elsewhere; nearest makers of related products: x"
        in said(cg.rank_targets(lonely), "en")
    )
    bare = hand_dataset(projects=None, supplies=None, regions=None, indicators=None)
    assert targets_of(bare, limit=0)["score"].between(0, 1).all()


# --- the same for any order of rows ---


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_rows_changes_nothing(seed):
    more = [TABLES["projects"][0] | {"project_id": "q2", "source_url": PAGE + "q2"},
            *TABLES["projects"]]  # fmt: skip
    twins = [*MAKERS, ("z1", "foil", 3000, {"since": "2015", "source_url": PAGE + "z1"})]
    ds = hand_dataset(twins, sites=SITES | {"z1": EAST | {"group_zh": "Foilco"}}, projects=more)
    tables = {
        name: frame.sample(frac=1, random_state=seed).reset_index(drop=True)
        for name, frame in ds.tables.items()
    }
    other = cg.dataset_from_frames(tables, focus="here", as_of="2024-12", language="en")
    ours, theirs = (cg.rank_targets(d, limit=0).frame for d in (ds, other))
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-12)
    ours, theirs = (cg.explain_target(d, "foil", "Smallco").frame for d in (ds, other))
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-12)
