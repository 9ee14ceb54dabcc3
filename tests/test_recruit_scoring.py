"""The score: formulas by hand, ranks and how firm they are, TOPSIS, files of weights."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chaingraph as cg
from chaingraph.recruit.features import FEATURES, GROUP_FEATURES
from chaingraph.recruit.scoring import (
    default_weights,
    drawn_ranks,
    entropy_weights,
    rank_within,
    read_weights,
    score,
    tied_ranks,
    topsis,
    weight_errors,
    weights_text,
)
from tests.helpers_recruit import features_of, hand_dataset, targets_of

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
UNIT = st.floats(0, 1)


@pytest.fixture(scope="module")
def hand():
    return hand_dataset()


@QUICK
@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), st.sampled_from([0.0, 0.2, 0.5, 1.0])))
)
def test_ranks_are_those_of_a_sort_by_gap_tier_and_score_with_ties_as_given(candidates):
    candidates.sort(key=lambda one: one[0])
    gap, tier, scores = (np.array(column) for column in zip(*candidates, strict=True)) if candidates else (
        np.empty(0, dtype=int), np.empty(0, dtype=int), np.empty(0)
    )  # fmt: skip
    ranks = rank_within(scores, gap, tier)
    for number in set(gap.tolist()):
        own = np.flatnonzero(gap == number).tolist()
        order = sorted(
            own, key=lambda i: (tier[i], -scores[i])
        )  # Python's sort keeps ties as given
        assert ranks[order].tolist() == list(range(1, len(own) + 1))


@QUICK
@given(
    st.lists(st.one_of(UNIT, st.just(float("nan"))), min_size=len(FEATURES), max_size=len(FEATURES)),
    st.lists(st.floats(0, 5), min_size=len(FEATURES), max_size=len(FEATURES)),
    st.sampled_from(list(FEATURES)), UNIT,
)  # fmt: skip
def test_more_of_a_feature_never_lowers_the_score(values, weights, name, more):
    weighed = dict(zip(FEATURES, weights, strict=True)) | {"maker": 1.0}
    parts = {n: np.array([v]) for n, v in zip(FEATURES, values, strict=True)}
    score_, low, high = (x[0] for x in score(parts, weighed))
    assert 0 <= low <= score_ <= high <= 1 + 1e-12
    raised = parts | {name: parts[name] + more * (1 - parts[name])}
    assert (np.array(score(raised, weighed)) >= np.array(score(parts, weighed)) - 1e-12).all()


def test_ranks_that_weights_and_evidence_can_turn_are_an_interval():
    """Ahead by 0.2 with weights that err by a quarter each: drawn the other way in a third of all draws."""
    parts = {"a": np.array([1.0, 0.2, 0.1]), "b": np.array([0.4, 1.0, 0.1])}
    gap, tier = np.zeros(3, dtype=int), np.zeros(3, dtype=int)
    best, worst = drawn_ranks(parts, {"a": 1.0, "b": 1.0}, gap, tier)
    assert (best.tolist(), worst.tolist()) == ([1, 1, 3], [2, 2, 3])
    best, worst = drawn_ranks(parts, {"a": 5.0, "b": 1.0}, gap, tier)
    assert (best.tolist(), worst.tolist()) == ([1, 2, 3], [1, 2, 3])


def test_what_is_unknown_and_what_was_counted_widens_the_interval():
    gap, tier = np.zeros(2, dtype=int), np.zeros(2, dtype=int)
    weights = {"maker": 1.0, "record": 1.0}
    firm = {"maker": np.array([0.9, 0.4]), "record": np.array([0.0, 0.0])}
    assert drawn_ranks(firm, weights, gap, tier)[1].tolist() == [1, 2]
    unknown = firm | {"maker": np.array([0.9, np.nan])}
    assert drawn_ranks(unknown, weights, gap, tier)[1].tolist() == [2, 2]
    counted = {"maker": np.array([0.4, 0.4]), "record": np.array([2 / 3, 0.5])}  # 2 cities and 1
    assert drawn_ranks(counted, weights, gap, tier)[1].tolist() == [2, 2]
    certain = {"maker": np.array([0.4, 0.4]), "closeness": np.array([2 / 3, 0.5])}
    found = drawn_ranks(certain, weights | {"closeness": 1.0}, gap, tier)
    assert found[1].tolist() == [1, 2]


def test_draws_keep_to_the_tiers_and_lists_do_not_change_each_other():
    parts = {"maker": np.array([0.1, 0.9, 0.5, np.nan, 0.4])}
    gap, tier = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 0, 0, 0])
    both = drawn_ranks(parts, {"maker": 1.0}, gap, tier)
    assert (both[0][:2].tolist(), both[1][:2].tolist()) == ([1, 2], [1, 2])
    alone = drawn_ranks({"maker": parts["maker"][2:]}, {"maker": 1.0}, gap[2:] - 1, tier[2:])
    assert [end[2:].tolist() for end in both] == [end.tolist() for end in alone]
    assert (both[0] <= both[1]).all()


def test_equal_scores_share_a_rank():
    scores, gap = np.array([2.0, 2.0, 1.0, 2.0, 2.0]), np.array([0, 0, 0, 0, 1])
    tier = np.array([0, 0, 0, 1, 0])
    nearly = np.array([2.0, 2.0 + 1e-12, 1.0, 2.0, 2.0])
    assert tied_ranks(scores, gap, tier).tolist() == [1, 1, 3, 4, 1]
    assert tied_ranks(nearly, gap, tier).tolist() == [1, 1, 3, 4, 1]


def test_errors_are_those_of_the_fit_or_a_quarter_of_what_was_given():
    shipped = default_weights()
    errors = weight_errors(shipped | {"ties": 2.0})
    assert errors["ties"] == 0.5
    assert 0 < errors["maker"] < shipped["maker"]


def test_ranks_start_anew_in_each_gap_and_ties_fall_in_a_fixed_order():
    ranks = rank_within(np.array([1.0, 3, 2, 5, 5]), np.array([0, 0, 0, 1, 1]))
    assert ranks.tolist() == [3, 1, 2, 1, 2]
    assert rank_within(np.empty(0), np.empty(0, dtype=int)).tolist() == []


@QUICK
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=30),
       st.sampled_from([0.1, 1e-12, 1e6]), st.sampled_from([0.0, 1.0, -7.0]))  # fmt: skip
def test_ranks_do_not_depend_on_scale_or_level_of_the_scores(cells, scale, level):
    gap = np.array(sorted(g for g, _ in cells), dtype=int)
    scores = np.array([s for _, s in cells], dtype=float)
    expected = np.empty(len(gap), dtype=int)
    for place in range(len(gap)):
        ahead = (scores > scores[place]) | (
            (scores == scores[place]) & (np.arange(len(gap)) < place)
        )
        expected[place] = 1 + ahead[gap == gap[place]].sum()
    assert rank_within(scores * scale + level, gap).tolist() == expected.tolist()


def test_topsis_by_hand():
    table = np.array([[3.0, 0], [4, 3], [0, 4]])  # both columns have length 5
    best = [np.sqrt(0.1**2 + 0.4**2), 0.1, 0.4]
    worst = [0.3, 0.5, 0.4]
    expected = [w / (b + w) for b, w in zip(best, worst, strict=True)]
    assert topsis(table, np.array([0.5, 0.5])) == pytest.approx(expected)
    assert topsis(np.ones((3, 2)), np.array([0.5, 0.5])).tolist() == [0.5] * 3


def test_entropy_weights_by_hand():
    spread = 1 + (0.25 * np.log(0.25) + 0.75 * np.log(0.75)) / np.log(2)
    found = entropy_weights(np.array([[1.0, 1, 0], [1, 3, 1]]))
    assert found == pytest.approx(np.array([0, spread, 1]) / (1 + spread))
    assert entropy_weights(np.ones((4, 2))).tolist() == [0.5, 0.5]
    assert entropy_weights(np.array([[1.0, 0]])).tolist() == [0.5, 0.5]


def test_topsis_ranks_by_closeness_within_the_gap(hand):
    values = features_of(hand)
    expected = {}
    for names in (["Farco", "Rivalco", "Smallco"], ["Cellco", "Foilco", "Resinco"]):
        table = np.array([[values[g][n] for n in GROUP_FEATURES] for g in names])
        table = np.where(np.isnan(table), 0.25, table)
        expected |= dict(zip(names, topsis(table, entropy_weights(table)), strict=True))
    both = cg.rank_targets(hand, ["foil", "film"], method="topsis", limit=0)
    frame = both.frame[both.frame["product_id"] == "foil"].set_index("group_zh")
    assert frame["score"].to_dict() == pytest.approx(expected)
    for _, listed in frame.groupby("target_list"):
        makers = listed[listed["makes_it"]]
        assert makers["score"].is_monotonic_decreasing
        assert makers["rank"].max() < listed.loc[~listed["makes_it"], "rank"].min()
    assert (frame["score_low"] <= frame["score"]).all()
    assert (frame["score"] <= frame["score_high"]).all()
    assert both.params["method"] == "topsis"


def test_weights_given_override_and_others_keep_their_fitted_value(hand, tmp_path):
    file = tmp_path / "weights.toml"
    file.write_bytes(b"\xef\xbb\xbf# mine\n[weights]\nties = 0\nmaker = 9.5\n")
    for given_ in (file, str(file), {"ties": 0, "maker": 9.5}):
        assert read_weights(given_) == default_weights() | {"ties": 0.0, "maker": 9.5}
    assert read_weights(None) == default_weights()
    assert list(default_weights()) == list(FEATURES)
    row = targets_of(hand, weights=file, limit=0).loc["Foilco"]
    assert row["part_ties"] == 0
    assert row["part_maker"] == pytest.approx(9.5 / sum(read_weights(file).values()))


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("[weights]\ntie = 1", cg.OptionError, "there is no feature 'tie'; did you mean: ties"),
        ("[weights]\nties = -1", cg.OptionError, "the weight of ties is '-1'; it must be a number"),
        ("[weights]\nties = nan", cg.OptionError, "the weight of ties is 'nan'"),
        ("[weights]\nties = inf", cg.OptionError, "the weight of ties is 'inf'"),
        ("[weights]\nties = true", cg.OptionError, "the weight of ties is"),
        ("[weights]\nties = '1'", cg.OptionError, "the weight of ties is '1'"),
        ("[weights]\n" + "\n".join(f"{n} = 0" for n in FEATURES), cg.OptionError, "weights are 0"),
        ("ties = 1", cg.OptionError, r"has no table \[weights\]"),
        ("weights = 3", cg.OptionError, r"has no table \[weights\]"),
        ("ties: 1", cg.FileProblemError, "is no TOML file"),
        (b"\xff\xfe", cg.FileProblemError, "is not UTF-8 text: save it"),
        (None, cg.FileProblemError, "no file or folder"),
    ],
)
def test_a_weights_file_that_cannot_be_used_is_one_sentence(tmp_path, text, error, sentence):
    file = tmp_path / "w.toml"
    if text is not None:
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(error, match=sentence):
        read_weights(file)


def test_written_weights_are_read_back(tmp_path):
    file = tmp_path / "weights.toml"
    weights = {name: number / 8 for number, name in enumerate(FEATURES)}
    text = weights_text(weights, {"ties": 0.25, "maker": float("nan")}, "from a test\nin two lines")
    file.write_text(text, encoding="utf-8")
    assert read_weights(file) == weights
    assert "# in two lines\n" in text
    assert tomllib.loads(text)["errors"] == {"ties": 0.25}
    assert "maker = 0.000\n" in text  # no error beside it
