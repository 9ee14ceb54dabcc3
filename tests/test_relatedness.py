"""Relatedness: equal to the PyPI package ecomplexity, by hand, in its properties, and on datasets."""

from __future__ import annotations

import json
import warnings

import ecomplexity
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import chaingraph as cg
from chaingraph import words
from chaingraph.analysis import relatedness as rel

NAMES = {"time": "t", "loc": "r", "prod": "p", "val": "v"}
QUICK = settings(max_examples=60, deadline=None, derandomize=True)


def long_frame(values):
    count, width = values.shape
    return pd.DataFrame(
        {
            "t": 1,
            "r": np.repeat([f"r{i:05d}" for i in range(count)], width),
            "p": np.tile([f"p{i:05d}" for i in range(width)], count),
            "v": values.astype(float).ravel(),
        }
    )


def oracle(values, test):
    """Return what ecomplexity finds, region by product (eci and pci repeated)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ecomplexity.ecomplexity(
            long_frame(values), NAMES, presence_test=test, check_logsupermodularity=False, verbose=False,
        )  # fmt: skip
    found = found.sort_values(["r", "p"])
    return {
        name: found[name].to_numpy(dtype=float).reshape(values.shape)
        for name in ("rca", "mcp", "density", "eci", "pci")
    }


def oracle_proximity(values, capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = ecomplexity.proximity(long_frame(values), NAMES)
    capsys.readouterr()  # it prints the year
    return found.pivot_table(index="p_1", columns="p_2", values="proximity").to_numpy()


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9, equal_nan=True)


def random_amounts(count, width, seed, share):
    generator = np.random.default_rng(seed)
    amounts = generator.lognormal(sigma=1.5, size=(count, width))
    return amounts * (generator.random((count, width)) < share)


@pytest.mark.parametrize(
    ("count", "width", "seed", "share"),
    [(12, 9, 1, 0.7), (9, 14, 9, 0.8), (40, 60, 3, 0.3), (60, 40, 4, 0.3), (30, 200, 5, 0.2), (340, 100, 6, 0.2)],
)  # fmt: skip
def test_random_amounts_as_ecomplexity(count, width, seed, share, capsys):
    amounts = random_amounts(count, width, seed, share)
    theirs = oracle(amounts, "rca")
    advantage = rel.rca(amounts)
    made = advantage >= 1
    phi = rel.proximity(made)
    found = rel.complexity(made)
    same(advantage, theirs["rca"])
    np.testing.assert_array_equal(made, theirs["mcp"] == 1)
    same(phi, oracle_proximity(amounts, capsys))
    same(rel.density(made, phi), theirs["density"])
    same(found.eci, theirs["eci"][:, 0])
    same(found.pci, theirs["pci"][0])
    assert not np.isnan(found.eci).any()


def maker_matrix(frame):
    return frame.pivot_table(index="region", columns="product_id", values="makers").to_numpy()


@pytest.mark.parametrize("level", ["province", "city"])
def test_qujing_as_ecomplexity(qujing, level):
    frame = cg.measure_relatedness(qujing, level=level).frame
    makers = maker_matrix(frame)
    assert makers.size == len(frame) > 1000
    same(frame["density"].to_numpy(), oracle(makers > 0, "manual")["density"].ravel())
    same(frame["rca"].to_numpy(), oracle(makers, "rca")["rca"].ravel())
    # where regions make only what nobody else does, ecomplexity takes an arbitrary vector: left out
    rows, columns = rel._largest_group(makers > 0)
    assert rows.mean() > 0.9
    theirs = oracle((makers > 0)[np.ix_(rows, columns)], "manual")
    eci, pci = (frame[name].to_numpy().reshape(makers.shape) for name in ("eci", "pci"))
    same(eci[rows][:, columns], theirs["eci"])
    same(pci[rows][:, columns], theirs["pci"])
    assert np.isnan(eci[~rows]).all()
    assert np.isnan(pci[:, ~columns]).all()


# Three regions, each making part of what the one before makes. Diversity 4, 2, 1; ubiquity 3, 2, 1, 1.
NESTED = np.array([[1, 1, 1, 1], [1, 1, 0, 0], [1, 0, 0, 0]])


def test_nested_regions_by_hand():
    phi = rel.proximity(NESTED)
    # P(1|2) = 2/2, P(2|1) = 2/3; P(3|2) = 1/2, P(2|3) = 1
    assert phi == pytest.approx(
        np.array(
            [[1, 2 / 3, 1 / 3, 1 / 3], [2 / 3, 1, 0.5, 0.5], [1 / 3, 0.5, 1, 1], [1 / 3, 0.5, 1, 1]]
        )
    )
    # the third product: 1/3 + 1/2 + 1 + 1 in all
    assert rel.density(NESTED, phi)[:, 2] == pytest.approx([1, 5 / 17, 2 / 17])
    # M~ = [[17, 5, 2] / 24, [5, 5, 2] / 12, [1, 1, 1] / 3] has the eigenvalues 1, 1/3, 1/8 and for 1/3 the
    # vector (1, -1, -2): mean -2/3, standard deviation sqrt(14)/3. Over products it is (-2, 0, 3, 3).
    found = rel.complexity(NESTED)
    assert found.eci == pytest.approx(np.array([5, -1, -4]) / np.sqrt(14))
    assert found.pci == pytest.approx(np.array([-4, 2, 11, 11]) / np.sqrt(14))


def test_rca_by_hand():
    # 6 of 8 in the first product, which is 7 of 14 of all
    found = rel.rca(np.array([[6.0, 2.0], [1.0, 5.0]]))
    assert found == pytest.approx(np.array([[1.5, 0.5], [1 / 3, 5 / 3]]))


def test_rca_of_nothing_and_of_unknown_amounts_is_unknown():
    found = rel.rca(np.array([[0.0, 0, 0], [2, np.nan, 0], [1, 1, 0]]))
    assert np.isnan(found[0]).all()
    assert np.isnan(found[:, 2]).all()
    # 2 + 1 + 1 are known; of the second product 1 of 4, of the last region's 1 of 2
    assert found[1:, :2] == pytest.approx(np.array([[4 / 3, np.nan], [2 / 3, 2]]), nan_ok=True)


def test_product_of_nobody_is_related_to_nothing():
    made = np.array([[1, 1, 0], [1, 0, 0]])
    phi = rel.proximity(made)
    assert phi[2].tolist() == phi[:, 2].tolist() == [0, 0, 0]
    assert np.isnan(rel.density(made, phi)[:, 2]).all()
    assert np.isnan(rel.complexity(made).pci[2])


def test_diagonal_can_be_left_out():
    phi = rel.proximity(NESTED, diagonal="zero")
    assert np.diag(phi).tolist() == [0, 0, 0, 0]
    assert rel.density(NESTED, phi)[1, 2] == pytest.approx((1 / 3 + 0.5) / (1 / 3 + 0.5 + 1))
    with pytest.raises(cg.OptionError, match="'two' is unknown; use: one, zero"):
        rel.proximity(NESTED, diagonal="two")


def test_empty_rows_leave_the_rest_as_it_is():
    wide = np.zeros((5, 6), dtype=bool)
    wide[np.ix_([0, 2, 4], [0, 1, 3, 5])] = NESTED
    found, whole = rel.complexity(wide), rel.complexity(NESTED)
    assert found.eci[[0, 2, 4]].tolist() == whole.eci.tolist()
    assert found.pci[[0, 1, 3, 5]].tolist() == whole.pci.tolist()
    assert np.isnan(found.eci[[1, 3]]).all()
    assert np.isnan(found.pci[[2, 4]]).all()


def test_regions_without_a_common_product_do_not_compare():
    apart = np.zeros((5, 6), dtype=bool)
    apart[:3, :4] = NESTED
    apart[3:, 4:] = True
    found = rel.complexity(apart)
    assert found.eci[:3].tolist() == rel.complexity(NESTED).eci.tolist()
    assert np.isnan(found.eci[3:]).all()
    assert np.isnan(found.pci[4:]).all()


@pytest.mark.parametrize(
    "made",
    [
        np.kron(np.eye(2), NESTED),  # two groups as large
        np.ones((3, 4)),  # all alike: the second eigenvalue is 0
        [[1, 1, 0], [0, 1, 1], [1, 0, 1]],  # a circle: the second eigenvalue is not single
        [[1, 1, 0], [0, 1, 1]],  # as diverse as each other: no sign
        [[1, 1, 1]],
        [[1], [1]],
        np.zeros((3, 2)),
        np.zeros((0, 0)),
        np.zeros((3, 0)),
        np.zeros((0, 3)),
    ],
)
def test_undefined_complexity_is_missing(made):
    made = np.asarray(made)
    found = rel.complexity(made)
    assert (found.eci.shape, found.pci.shape) == ((made.shape[0],), (made.shape[1],))
    assert np.isnan(found.eci).all()
    assert np.isnan(found.pci).all()


@pytest.mark.parametrize("shape", [(0, 0), (3, 0), (0, 3)])
def test_empty_arrays(shape):
    empty = np.zeros(shape)
    assert rel.rca(empty).shape == shape
    assert rel.proximity(empty).shape == (shape[1], shape[1])
    assert rel.density(empty, rel.proximity(empty)).shape == shape


shapes = st.tuples(st.integers(1, 7), st.integers(1, 7))
presences = hnp.arrays(bool, shapes)
amounts_drawn = hnp.arrays(np.int64, shapes, elements=st.integers(0, 50))


@QUICK
@given(amounts_drawn, st.floats(0.01, 1000), st.randoms(use_true_random=False))
def test_rca_does_not_know_the_scale(amounts, factor, random):
    same(rel.rca(amounts * factor), rel.rca(amounts))
    # nor what one region counts in
    factors = np.array([random.uniform(0.1, 10) for _ in amounts])
    one = rel.rca(amounts)
    weighted = rel.rca(amounts * factors[:, np.newaxis])
    assert (np.isnan(one) == np.isnan(weighted)).all()
    share = amounts.sum(axis=0) / max(1, amounts.sum())
    mean = np.nansum(np.nan_to_num(one) * share, axis=1)
    same(mean[amounts.sum(axis=1) > 0], 1.0)


@QUICK
@given(presences)
def test_proximity_is_symmetric_between_0_and_1(made):
    phi = rel.proximity(made)
    assert (phi == phi.T).all()
    assert ((phi >= 0) & (phi <= 1)).all()
    assert (np.diag(phi) == made.any(axis=0)).all()


@QUICK
@given(presences)
def test_density_lies_between_0_and_1(made):
    found = rel.density(made, rel.proximity(made))
    some = made.any(axis=0)
    assert np.isnan(found[:, ~some]).all()
    assert ((found[:, some] >= 0) & (found[:, some] <= 1)).all()
    assert (found[made] > 0).all()
    everything = found[made[:, some].all(axis=1)][:, some]
    same(everything, 1.0)


@QUICK
@given(presences, st.randoms(use_true_random=False))
def test_order_does_not_matter(made, random):
    rows, columns = list(range(made.shape[0])), list(range(made.shape[1]))
    random.shuffle(rows)
    random.shuffle(columns)
    mixed = made[np.ix_(rows, columns)]
    phi, phi_mixed = rel.proximity(made), rel.proximity(mixed)
    assert (phi_mixed == phi[np.ix_(columns, columns)]).all()
    same(rel.density(mixed, phi_mixed), rel.density(made, phi)[np.ix_(rows, columns)])
    found, found_mixed = rel.complexity(made), rel.complexity(mixed)
    same(found_mixed.eci, found.eci[rows])
    same(found_mixed.pci, found.pci[columns])


@QUICK
@given(presences)
def test_complexity_is_standardised_and_a_mean_of_the_products(made):
    found = rel.complexity(made)
    known = ~np.isnan(found.eci)
    if not known.any():
        return
    eci = found.eci[known]
    assert eci.mean() == pytest.approx(0, abs=1e-9)
    assert eci.std() == pytest.approx(1)
    assert np.corrcoef(eci, made[known].sum(axis=1))[0, 1] > 0
    pci = np.nan_to_num(found.pci)
    same(made[known] @ pci / made[known].sum(axis=1), eci)


def test_blocks_of_products_make_no_difference(monkeypatch):
    made = random_amounts(20, 50, 7, 0.3) > 0
    monkeypatch.setattr(rel, "_BLOCK", 7)
    rows, columns = np.array([3, 1]), np.arange(0, 50, 2)
    whole = rel.density(made, rel.proximity(made))
    same(rel._densities(made, rows, columns), whole[np.ix_(rows, columns)])


def test_arrays_are_left_as_they_are():
    amounts = random_amounts(6, 5, 8, 0.6)
    made = amounts > 0
    amounts.setflags(write=False)
    made.setflags(write=False)
    phi = rel.proximity(made)
    phi.setflags(write=False)
    rel.rca(amounts)
    rel.density(made, phi)
    rel.complexity(made)


def figures(frame, region, column):
    own = frame[frame["region"] == region]
    return dict(zip(own["product_id"], own[column].tolist(), strict=True))


def test_toy_by_hand(toy):
    result = cg.measure_relatedness(toy)
    frame = result.frame
    assert result.kind == "relatedness"
    assert tuple(frame.columns) == rel.COLUMNS
    assert frame["region"].unique().tolist() == ["丙市", "乙市", "甲市"]
    # 丙市 makes foil and pack, 乙市 foil and powder_b; the group row of 丙市 is no maker
    assert [name for name, is_here in figures(frame, "丙市", "present").items() if is_here] == [
        "foil",
        "pack",
    ]
    # foil with pack: in 1 of 2 regions; 丙市 has foil and pack of foil, pack and powder_b
    assert figures(frame, "丙市", "density")["foil"] == pytest.approx(1.5 / 2)
    # 9 makers in all, 2 of them of foil and 2 in 丙市, 1 of both
    assert figures(frame, "丙市", "rca")["foil"] == pytest.approx((1 / 2) / (2 / 9))
    assert figures(frame, "甲市", "regions_present")["foil"] == 2
    assert frame["makers"].sum() == frame["present"].sum() == 9
    assert list(frame.index) == list(range(len(frame)))


def test_region_and_chain_pick_rows_and_change_no_figure(toy, qujing):
    whole = cg.measure_relatedness(toy).frame
    inside = cg.measure_relatedness(toy, region="甲省").frame
    pd.testing.assert_frame_equal(inside, whole[whole["region"] != "丙市"].reset_index(drop=True))
    pd.testing.assert_frame_equal(cg.measure_relatedness(toy, region="*").frame, whole)
    around = cg.measure_relatedness(toy, region="东区").frame
    assert around["region"].unique().tolist() == ["甲市"]
    frame = cg.measure_relatedness(qujing, region="曲靖市").frame.set_index("product_id")
    part = cg.measure_relatedness(qujing, region="Qujing", chain="battery").frame.set_index(
        "product_id"
    )
    assert 0 < len(part) < len(frame)
    pd.testing.assert_frame_equal(part, frame.loc[part.index], rtol=1e-12)


def test_capacity_counts_by_shares_and_not_by_units(build):
    sites = {"a": {"city": "x"}, "b": {"city": "y"}, "c": {"city": "y"}}
    makers = [("a", "p", 30), ("b", "p", 10), ("a", "q", 1), ("b", "q", 3), ("c", "s", None)]
    ds = build("p q s", [], makers, sites=sites)
    frame = cg.measure_relatedness(ds, by="capacity").frame
    # shares: x 3/4 of p and 1/4 of q, so both make half of all that is known
    same(list(figures(frame, "x", "rca").values()), [1.5, 0.5, np.nan])
    same(list(figures(frame, "y", "rca").values()), [0.5, 1.5, np.nan])
    same(list(figures(frame, "x", "density").values()), [1, 0, np.nan])
    assert figures(frame, "y", "present") == {"p": True, "q": True, "s": True}
    assert figures(frame, "y", "makers")["s"] == 1
    kilos = [(site, name, value * 1000 if name == "p" else value) for site, name, value in makers]
    other = cg.measure_relatedness(build("p q s", [], kilos, sites=sites), by="capacity").frame
    pd.testing.assert_frame_equal(other, frame)


def test_rca_of_just_1_counts_as_presence(build):
    ds = build("p q", [], [("a", "p", 3), ("a", "q", 7)])
    frame = cg.measure_relatedness(ds, by="capacity").frame
    assert frame["rca"].tolist() == pytest.approx([1, 1])
    assert frame["density"].tolist() == [1, 1]
    assert frame["eci"].isna().all()


def test_dates_and_statuses_count(build):
    sites = {"a": {"city": "x"}, "b": {"city": "y"}}
    building = ("b", "q", 1, {"status": "construction"})
    ds = build("p q", [], [("a", "p", 1, {"since": "2024"}), building, ("b", "p", 1)], sites=sites)
    assert cg.measure_relatedness(ds).frame["product_id"].unique().tolist() == ["p"]
    assert cg.measure_relatedness(ds, at="2023").frame["region"].tolist() == ["y"]
    both = cg.measure_relatedness(ds, statuses=["operating", "construction"])
    assert figures(both.frame, "y", "present") == {"p": True, "q": True}
    assert both.params["statuses"] == {"operating": 1.0, "construction": 1.0}


def test_namesakes_are_regions_of_their_own(build):
    sites = {
        "a": {"province": "P", "city": "x", "county": "k"},
        "b": {"province": "P", "city": "y", "county": "k"},
        "c": {"province": "P", "city": "y", "county": "l"},
        "d": {"city": "unknown", "county": None},
    }
    ds = build("p q", [], [("a", "p", 1), ("b", "q", 1), ("c", "p", 1), ("d", "q", 1)], sites=sites)
    frame = cg.measure_relatedness(ds, level="county").frame
    made = frame[frame["present"]]
    assert made["region"].tolist() == ["P/x/k", "P/y/k", "l"]
    assert made["product_id"].tolist() == ["p", "q", "p"]
    inside = cg.measure_relatedness(ds, level="county", region="y").frame
    assert inside["region"].unique().tolist() == ["P/y/k", "l"]
    assert cg.measure_relatedness(ds).frame["region"].unique().tolist() == ["x", "y"]


def test_nothing_made(build):
    result = cg.measure_relatedness(build("p q", [("p", "q", 1)], []))
    assert tuple(result.frame.columns) == rel.COLUMNS
    assert len(result) == 0
    assert result.to_text("en")
    empty = cg.measure_relatedness(build("p", [], [("a", "p", 1)]), level="park")
    assert len(empty) == 0


def test_options_that_cannot_be_used(toy, build):
    with pytest.raises(
        cg.OptionError, match="level 'street' is unknown; use: province, city, county, park"
    ):
        cg.measure_relatedness(toy, level="street")
    with pytest.raises(cg.OptionError, match="'value' is unknown; use: makers, capacity"):
        cg.measure_relatedness(toy, by="value")
    with pytest.raises(cg.UnknownNameError, match="丁市"):
        cg.measure_relatedness(toy, region="丁市")
    with pytest.raises(cg.UnknownNameError, match="steel"):
        cg.measure_relatedness(toy, chain="steel")
    with pytest.raises(cg.MissingTableError, match="enterprises"):
        cg.measure_relatedness(build("p", [], None))


def test_result_reads_in_both_languages(qujing):
    result = cg.measure_relatedness(qujing, region="曲靖市")
    for lang in words.LANGUAGES:
        header, rows = result.to_rows(lang, limit=5)
        assert len(set(header)) == len(header)
        assert len(rows) == 5
        assert result.title(lang) != result.kind
    rows = json.loads(result.to_json())["rows"]
    assert len(rows) == len(result)
    assert result.to_csv() == cg.measure_relatedness(qujing, region="曲靖市").to_csv()


def test_dataset_is_left_as_it_is(qujing):
    before = {name: qujing.table(name).copy() for name in ("products", "enterprises", "capacities")}
    cg.measure_relatedness(qujing, by="capacity")
    for name, frame in before.items():
        pd.testing.assert_frame_equal(qujing.table(name), frame)
