"""Which products come next and whom to call for them: counts by hand, chances, options, words."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chaingraph as cg
from chaingraph.recruit.arrivals import (
    PRODUCT_FEATURES,
    arrival_chances,
    default_product_weights,
    read_product_weights,
)
from tests.conftest import build_dataset
from tests.helpers_cli import document, failure, rows, run

CHAIN = [("foil", "t", 1), ("film", "t", 1), ("cell", "u", 9), ("pack", "u", 9), ("ore", "t", 1, {"kind": "resource"}),
         ("lid", "t", 1)]  # fmt: skip
LINKS = [("foil", "cell", 2), ("film", "cell", 1), ("cell", "pack", 1), ("ore", "foil", 1)]


def site(city, province, group):
    return {"city": city, "province": province, "group_zh": group}


SITES = {
    "c": site("oak", "wood", "Cellco"), "d": site("oak", "wood", "Other"),
    "f": site("elm", "wood", "Foilco"), "g": site("ash", "wood", "Foilco"), "h": site("bay", "sea", "Foilco"),
    "m": site("bay", "sea", "Filmco"), "o": site("bay", "sea", "Oreco"), "n": site("elm", "wood", ""),
}  # fmt: skip
MAKERS = [
    ("c", "cell", 1, {"since": "2010"}), ("d", "lid", 1, {"since": "2010"}),
    ("f", "foil", 1, {"since": "2024-12"}), ("g", "foil", 1, {"since": "2023-06"}),
    ("h", "foil", 1, {"since": "2010"}), ("m", "film", 1, {"since": "2023-06"}),
    ("o", "ore", 1, {"since": "2010"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def small():
    return build_dataset(CHAIN, LINKS, MAKERS, sites=SITES, focus="oak", as_of="2024-12")


def test_the_five_counts_by_hand(small):
    frame = cg.rank_products(small, limit=0).frame.set_index("product_id")
    assert set(frame.index) == {
        "foil",
        "film",
    }  # pack is made nowhere, ore is a resource, cell and lid are here
    names = ["cities_with", "province_cities", "kin_groups", "local_users"]
    assert frame.loc["foil", names].tolist() == [3, 2, 1, 1]
    assert frame.loc["film", names].tolist() == [1, 0, 1, 1]
    foil = 1 + math.exp(-1.5 / 1.5) + math.exp(-14 / 1.5)
    assert frame.loc["foil", "recent_arrivals"] == pytest.approx(foil, abs=1e-3)
    assert frame.loc["film", "recent_arrivals"] == pytest.approx(math.exp(-1), abs=1e-6)
    assert frame.loc["foil", "kin_names"] == "Cellco"


def test_the_outlook_is_the_weighted_sum_of_logs(small):
    frame = cg.rank_products(small, limit=0, weights=dict.fromkeys(PRODUCT_FEATURES, 1.0)).frame
    columns = ["cities_with", "recent_arrivals", "province_cities", "kin_groups", "local_users"]
    np.testing.assert_allclose(frame["outlook"], np.log1p(frame[columns]).sum(axis=1))
    assert frame["rank"].tolist() == [1, 2]
    assert frame["outlook"].is_monotonic_decreasing
    only = cg.rank_products(
        small, weights=dict.fromkeys(PRODUCT_FEATURES, 0.0) | {"kin": 2.0}
    ).frame
    assert only["outlook"].tolist() == pytest.approx([2 * math.log(2)] * 2)
    assert only["product_id"].tolist() == ["film", "foil"]  # equal ones by id


def test_what_happened_later_counts_for_nothing_before(small):
    before = cg.rank_products(small, at="2020", limit=0).frame
    assert before["product_id"].tolist() == ["foil"]
    assert before["cities_with"].tolist() == [1]


def test_calls_name_each_group_once_with_its_likeliest_product(small):
    frame = cg.rank_calls(small, calls=0).frame
    assert frame["group_zh"].is_unique
    assert {"Foilco", "Filmco", "Cellco"} <= set(frame["group_zh"])
    assert "Oreco" not in set(frame["group_zh"])
    assert frame["call_share"].sum() == pytest.approx(1)
    assert frame["call_share"].is_monotonic_decreasing
    foil = frame.set_index("group_zh").loc["Foilco"]
    assert (foil["product_id"], foil["target_list"], foil["makes_it"]) == ("foil", "outside", True)
    assert frame.set_index("group_zh").loc["Cellco", "target_list"] == "local"
    ranks = cg.rank_products(small, limit=0).frame.set_index("product_id")["rank"]
    assert frame["product_rank"].tolist() == ranks[frame["product_id"]].tolist()
    assert len(cg.rank_calls(small, calls=1).frame) == 1


@settings(max_examples=50, deadline=None, derandomize=True)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5), st.floats(-5, 5)), min_size=1, max_size=25,
             unique_by=lambda pair: pair[:2]),
    st.lists(st.floats(-5, 5), min_size=5, max_size=5),
)  # fmt: skip
def test_chances_add_up_and_are_the_sums_over_products(pairs, products):
    codes = {g: i for i, g in enumerate(sorted({g for _, g, _ in pairs}))}
    product = np.array([p for p, _, _ in pairs])
    group = np.array([codes[g] for _, g, _ in pairs])
    scores = np.array([u for _, _, u in pairs])
    chance, best = arrival_chances(np.array(products), product, group, scores)
    assert chance.sum() == pytest.approx(1)
    weight = {p: math.exp(products[p]) for p in set(product.tolist())}
    expected = np.zeros(len(codes))
    for p, g, u in zip(product.tolist(), group.tolist(), scores.tolist(), strict=True):
        within = sum(math.exp(scores[i]) for i in range(len(pairs)) if product[i] == p)
        expected[g] += weight[p] / sum(weight.values()) * math.exp(u) / within
    np.testing.assert_allclose(chance, expected, rtol=1e-9)
    assert group[best].tolist() == list(range(len(codes)))


def test_nobody_to_call_is_said_and_no_failure(small):
    assert arrival_chances(np.zeros(2), *(np.empty(0, dtype=int),) * 2, np.empty(0))[0].size == 0
    for asked in (cg.rank_products, cg.rank_calls):
        found = asked(small, at="2001")
        assert found.frame.empty
        assert "no product that somebody makes elsewhere" in found.to_text("en")


@pytest.mark.parametrize("region", ["承德市", "云南省", "曲靖市", "北京市"])
def test_every_place_has_an_outlook(qujing, region):
    products, calls = cg.rank_products(qujing, region=region), cg.rank_calls(qujing, region=region)
    assert len(products.frame) == 10
    assert len(calls.frame) == 20
    for result in (products, calls):
        assert result.to_text("zh")
        assert all(column.meaning for column in result.columns.values())


def test_reasons_name_what_is_there_and_nothing_else(qujing):
    frame = cg.rank_products(qujing, limit=0).frame
    for lang, users in (("en", "products made here take it"), ("zh", "种产品使用")):
        told = frame[f"reasons_{lang}"].str.contains(users)
        assert (told == (frame["local_users"] > 0)).all()
    assert (
        frame["verb"]
        .dropna()
        .isin(cg.find_gaps(qujing, draws=0).frame["verb"].dropna().unique())
        .mean()
        > 0.5
    )


def test_weights_are_read_from_a_file_and_checked(tmp_path):
    fitted = default_product_weights()
    assert set(fitted) == set(PRODUCT_FEATURES)
    file = tmp_path / "w.toml"
    file.write_text("[weights]\nties = 1\n", encoding="utf-8")
    assert read_product_weights(file) == fitted
    file.write_text("[products]\nkin = 2\n", encoding="utf-8")
    assert read_product_weights(file) == fitted | {"kin": 2.0}
    for text, said in (
        ("kin = -1", "the weight of kin is '-1'"),
        ("kim = 1", "there is no feature 'kim'"),
    ):
        file.write_text(f"[products]\n{text}\n", encoding="utf-8")
        with pytest.raises(cg.OptionError, match=said):
            read_product_weights(file)
    with pytest.raises(cg.OptionError):
        read_product_weights(dict.fromkeys(PRODUCT_FEATURES, 0.0))


# --- the command ---


def test_next_shows_both_lists_and_keeps_csv_to_the_one_asked_for(toy):
    text = run("next", "toy", "--lang", "en").stdout
    assert "Which products may come next" in text
    assert "Groups to call for them" in text
    assert "no forecast" in " ".join(text.split())
    assert "Groups to call" not in run("next", "toy", "--calls", "0", "--lang", "en").stdout
    assert [row["product_id"] for row in rows("next", "toy")] == cg.rank_products(toy).frame[
        "product_id"
    ].tolist()
    found = rows("next", "toy", "--list", "calls", "--calls", "2")
    assert [row["group_zh"] for row in found] == cg.rank_calls(toy, calls=2).frame[
        "group_zh"
    ].tolist()
    assert len(rows("next", "toy", "--top", "1")) == 1
    assert json.dumps(document("next", "toy")["rows"])
    assert "下一个可能到来的产品" in run("next", "toy", "--lang", "zh").stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--calls", "-1"), "-1 is not in the range"),
        (("-r", "甲币市"), "no region '甲币市'"),
        (("--at", "2024/13"), "'2024/13' is no date"),
        (("--list", "both"), "'both' is not one of"),
    ],
)
def test_a_wrong_option_of_next_is_one_sentence(args, said):
    assert said in failure("next", "toy", *args, status=2)


@pytest.mark.parametrize(
    ("function", "options"), [("rank_products", {"limit": -1}), ("rank_calls", {"calls": -1})]
)
def test_a_negative_count_is_one_sentence(toy, function, options):
    with pytest.raises(cg.OptionError, match="-1"):
        getattr(cg, function)(toy, **options)
