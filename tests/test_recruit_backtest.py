"""The backtest: nothing later leaks, who counts as an entry, a planted rule is found, wrong input."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import chaingraph as cg
from chaingraph.analysis.study import open_study
from chaingraph.recruit.arrivals import PRODUCT_FEATURES
from chaingraph.recruit.choices import gather_occasions, yearly
from chaingraph.recruit.contest import (
    METHODS,
    group_choices,
    queries,
    rank_groups,
    shipped_weights,
)
from chaingraph.recruit.contest_cities import (
    CITY_METHODS,
    PRODUCT_METHODS,
    _apart,
    product_choices,
    rank_newcomers,
)
from chaingraph.recruit.entries import freeze, list_entries
from chaingraph.recruit.exposure import gather_exposure
from chaingraph.recruit.features import FEATURES, GROUP_FEATURES
from chaingraph.recruit.rules import RULES
from chaingraph.recruit.scoring import default_weights, read_weights
from chaingraph.recruit.tally import OURS
from tests.conftest import build_dataset

SLOW = settings(max_examples=6, deadline=None, derandomize=True, phases=[Phase.generate])
CUTOFF = "2019-06"
CHAIN = [("foil", "t", 1, {"chains": "c"}), ("film", "t", 1, {"chains": "c"}),
         ("cell", "u", 9, {"chains": "c"}), ("pack", "u", 9, {"chains": "d"})]  # fmt: skip
LINKS = [("foil", "cell", 2), ("film", "cell", 1), ("cell", "pack", 1)]
TOWNS = ("ash", "elm", "oak", "yew")


def site(city, group, **more):
    return {"city": city, "province": f"{city} land", "group_zh": group, **more}


def entries_of(makers, sites, projects=()):
    ds = build_dataset(CHAIN, LINKS, makers, sites=sites, as_of="2024-12",
                       **({"projects": list(projects)} if projects else {}))  # fmt: skip
    found = list_entries(ds, open_study(ds).product_graph)
    return found[["date", "city", "product_id", "group", "event"]].to_numpy().tolist()


def project(number, date, city, group, product, event="signed", **more):
    return {"project_id": f"q{number}", "date": date, "city": city, "group_zh": group,
            "product_id": product, "event": event, **more}  # fmt: skip


# --- nothing later leaks ---


@pytest.fixture(scope="module")
def base():
    """Tables of a small country as known at the cut-off, and one arrival after it."""
    rng = np.random.default_rng(5)
    names = [f"e{i}" for i in range(14)]
    sites = {
        name: site(TOWNS[i % 4], f"G{i % 9}", lat=30.0 + i % 4, lon=110.0 + i / 7)
        for i, name in enumerate(names)
    }
    makers = [
        (name, CHAIN[int(rng.integers(4))][0], float(rng.integers(1, 99)),
         {"since": str(rng.choice(["2009", "2014-02", "2017-11", "2018-12-30", "2019-06"]))})
        for name in [*names, *names[:6]]
    ]  # fmt: skip
    makers += [("e3", "pack", 7, {"as_of": "2018"}), ("late", "foil", 5, {"since": "2019-07-01"})]
    tables = {
        "projects": [project(0, "2018-03", "oak", "G2", "film"), project(1, "2017", "elm", "G5", "foil")],
        "supplies": [
            {"supplier_group": f"G{i}", "customer_group": f"G{i + 3}", "product_id": "foil", "year": "2016"}
            for i in range(5)
        ],
        "indicators": [{"region": "ash", "indicator": "gdp", "year": "2018", "value": 3}],
    }  # fmt: skip
    return makers, sites | {"late": site("ash", "Lateco")}, tables


def occasions(makers, sites, tables):
    ds = build_dataset(CHAIN, LINKS, makers, sites=sites, as_of="2024-12", **tables)
    return {one.city: one for one in gather_occasions(ds, [(CUTOFF, "2022-06")])}


@pytest.fixture(scope="module")
def known(base):
    return occasions(*base)


LATER = st.sampled_from(["2019", "2019-07", "2019-07-01", "2020-02", "2021-03-05", "2023"])
TOWN, PRODUCT = st.sampled_from([*TOWNS, "new town"]), st.sampled_from([row[0] for row in CHAIN])
GROUP = st.sampled_from([*(f"G{i}" for i in range(9)), "Newco"])
DATED = st.sampled_from(["since", "as_of", "neither"])


@pytest.mark.slow
@SLOW
@given(
    st.lists(st.tuples(TOWN, GROUP, PRODUCT, LATER, DATED), min_size=4, max_size=12),
    st.lists(st.tuples(st.integers(0, 13), PRODUCT, LATER), max_size=5),
    st.lists(
        st.tuples(LATER, TOWN, GROUP, PRODUCT, st.sampled_from(["signed", "seen"])),
        min_size=3,
        max_size=9,
    ),
    st.lists(st.tuples(GROUP, GROUP, LATER), min_size=3, max_size=9),
)
def test_rows_dated_after_the_cutoff_change_no_candidate_and_no_feature(
    base, known, plants, phases, plans, ties
):
    makers, sites, tables = base
    more = {
        f"x{i}": site(town, group, lat=29.0, lon=109.0)
        for i, (town, group, *_) in enumerate(plants)
    }
    makers = [
        *makers,
        *((f"x{i}", product, 50, {} if dated == "neither" else {dated: date})
          for i, (_, _, product, date, dated) in enumerate(plants)),
        *((f"e{i}", product, 500, {"since": date}) for i, product, date in phases),
    ]  # fmt: skip
    tables = {
        "projects": tables["projects"] + [project(i + 9, *plan) for i, plan in enumerate(plans)],
        "supplies": tables["supplies"] + [
            {"supplier_group": a, "customer_group": b, "product_id": "cell", "year": date[:4]}
            for a, b, date in ties
        ],
        "indicators": tables["indicators"] + [
            {"region": "ash", "indicator": "clean_energy_generation_share", "year": "2019", "value": 90}
        ],
        "plan_targets": [],
    }  # fmt: skip
    after = occasions(makers, sites | more, {n: rows for n, rows in tables.items() if rows})
    assert "ash" in known
    assert "ash" in after
    for city in set(known) & set(after):
        one, two = known[city], after[city]
        assert one.product.tolist() == two.product.tolist()
        assert one.group.tolist() == two.group.tolist()
        for name in ("features", "rules", "absent", "rca", "arrivals"):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


@pytest.mark.parametrize(
    ("cutoff", "left"),
    [
        ("2021-06", ["a"]),
        ("2021-11", ["a", "b"]),
        ("2021-12", ["a", "b", "c"]),
        ("2021", ["a", "b", "c"]),
    ],
)
def test_a_year_counts_from_its_end_and_a_month_from_its_own(cutoff, left):
    dates = {"a": "2021-06", "b": "2021-07-02", "c": "2021", "d": "2022"}
    makers = [(name, "foil", 1, {"since": date}) for name, date in dates.items()]
    seen = [(f"{name}2", "foil", 1, {"as_of": date}) for name, date in dates.items()]
    frozen = freeze(
        build_dataset(
            CHAIN, LINKS, [*makers, *seen, ("undated", "foil", 1)], as_of="2024-12",
            projects=[project(name, date, "oak", "G", "foil") for name, date in dates.items()],
            supplies=[{"supplier_group": name, "customer_group": "G", "product_id": "foil", "year": date[:4]}
                      for name, date in dates.items()],
            indicators=[{"region": name, "indicator": "gdp", "year": date[:4]} for name, date in dates.items()],
        ), cutoff,
    )  # fmt: skip
    both = sorted([*left, *(f"{name}2" for name in left)])
    assert sorted(frozen.capacities["enterprise_id"]) == both
    assert sorted(frozen.enterprises["enterprise_id"]) == both
    assert frozen.tables["projects"]["project_id"].tolist() == [f"q{name}" for name in left]
    whole = ["a", "b", "c"] if "c" in left else []
    assert frozen.tables["supplies"]["supplier_group"].tolist() == whole
    assert frozen.tables["indicators"]["region"].tolist() == whole
    assert frozen.as_of == cutoff


def test_freezing_leaves_the_dataset_alone_and_drops_targets_written_later(qujing):
    before = {name: len(frame) for name, frame in qujing.tables.items()}
    frozen = freeze(qujing, "2021-12")
    assert {name: len(frame) for name, frame in qujing.tables.items()} == before
    assert "plan_targets" not in frozen.tables
    since = frozen.capacities["since"].dropna()
    assert (since.str[:7] <= "2021-12").all()
    assert (frozen.tables["projects"]["date"].str[:7] <= "2021-12").all()
    assert (frozen.tables["supplies"]["year"].str[:4] <= "2021").all()
    with pytest.raises(cg.OptionError, match="'2021/13' is no date"):
        freeze(qujing, "2021/13")


# --- who counts as an entry ---


def test_a_start_and_a_project_are_entries_once():
    makers = [("a", "foil", 1, {"since": "2020-05"}), ("a", "foil", 1, {"since": "2021"}),
              ("b", "foil", 1, {"since": "2021"})]  # fmt: skip
    sites = {"a": site("oak", "G"), "b": site("elm", "G")}
    plans = [
        project(1, "2019-08", "oak", "G", "foil"),
        project(2, "2019-08", "oak", "G", "foil", "started"),
    ]
    assert entries_of(makers, sites, plans) == [
        ["2019-08", "oak", "foil", "G", "signed"], ["2021", "elm", "foil", "G", "operating"],
    ]  # fmt: skip


@pytest.mark.parametrize(("seen", "entries"), [("2019", 0), ("2020-05", 0), ("2023", 1)])
def test_what_was_seen_standing_before_is_no_arrival(seen, entries):
    sites = {"a": site("oak", "G"), "b": site("oak", "G")}
    start = ("a", "foil", 1, {"since": "2020-05"})
    assert len(entries_of([start, ("b", "foil", 1, {"as_of": seen})], sites)) == entries
    plan = project(1, seen, "oak", "G", "foil", "seen")
    assert len(entries_of([start], sites, [plan])) == entries


@pytest.mark.parametrize(
    "row",
    [
        ("a", "foil", 1, {"since": "2020", "scope": "group"}),
        ("a", "foil", 1, {"since": "2020", "status": "planned"}),
        ("a", "foil", 1, {"as_of": "2020"}),
        ("a", "foil", 1),
        ("nowhere", "foil", 1, {"since": "2020"}),
    ],
)
def test_totals_plans_undated_rows_and_unknown_places_are_no_entries(row):
    assert entries_of([row], {"a": site("oak", "G"), "nowhere": site("unknown", "G")}) == []


def test_a_step_that_a_new_plant_makes_for_itself_is_no_entry_of_its_own():
    together = [("a", "foil", 1, {"since": "2020"}), ("a", "cell", 1, {"since": "2020"})]
    assert [row[2] for row in entries_of(together, {"a": site("oak", "G")})] == ["cell"]
    later = [together[0], ("a", "cell", 1, {"since": "2021"})]
    assert [row[2] for row in entries_of(later, {"a": site("oak", "G")})] == ["foil", "cell"]


def test_a_family_is_one_entry_and_new_only_if_no_member_was_there():
    sites = {"a": site("oak", "G"), "b": site("elm", "H")}
    family = project(1, "2020-04", "oak", "G", "sheets", product_ids="foil; film")
    other = project(2, "2020-04", "elm", "H", "sheets", product_ids="foil; film")
    makers = [("a", "film", 1, {"since": "2021"}), ("b", "film", 1, {"since": "2019"})]
    ds = build_dataset(CHAIN, LINKS, makers, sites=sites, projects=[family, other], as_of="2024")
    found = list_entries(ds, open_study(ds).product_graph)
    assert found[["city", "product_id"]].to_numpy().tolist() == [["elm", "film"], ["oak", "sheets"]]
    assert found["product_ids"].tolist() == [("film",), ("foil", "film")]
    (one,) = [o for o in gather_occasions(ds, [("2019", "2020")]) if o.city == "oak"]
    assert one.entries[0][0] == "sheets"
    assert one.chosen().sum() == 0  # nothing was known of G before


def test_the_order_of_rows_changes_no_entry(qujing):
    graph = open_study(qujing).product_graph
    tables = {name: frame.sample(frac=1, random_state=2) for name, frame in qujing.tables.items()}
    mixed = cg.dataset_from_frames(
        {name: frame.drop(columns="origin", errors="ignore") for name, frame in tables.items()},
        focus=qujing.focus, as_of=qujing.as_of,
    )  # fmt: skip
    ours, theirs = list_entries(qujing, graph), list_entries(mixed, graph)
    names = ["city", "product_ids", "group", "date", "project_id"]
    pd.testing.assert_frame_equal(ours[names], theirs[names])
    single = ours.explode("product_ids")
    assert not single.duplicated(["city", "product_ids", "group"]).any()


def test_an_entry_of_a_family_is_shared_out_over_its_members():
    makers = [("a", "foil", 1, {"since": "2010"}), ("b", "cell", 1, {"since": "2010"})]
    family = project(1, "2020-04", "oak", "G", "sheets", product_ids="foil; film; pack")
    sites = {"a": site("elm", "G"), "b": site("elm", "H")}
    ds = build_dataset(CHAIN, LINKS, makers, sites=sites, projects=[family], as_of="2024")
    (one,) = gather_occasions(ds, [("2019", "2020")])
    hit = one.chosen() > 0
    assert set(one.group[hit]) == {"G"}  # of foil; film and pack are two links away from it
    assert one.chosen().sum() == pytest.approx(1)
    table = rank_groups([one], [np.ones(len(FEATURES))], ["c"] * 4, 0)
    assert set(table["reachable"]) == {1}
    assert table.set_index("method").loc["largest_capacity", "hits_1"] == 1


def test_candidates_are_not_yet_in_the_city_and_an_arrival_is_one_of_them(known):
    ash = known["ash"]
    names, code, rows = ash.candidates([0])
    assert len(names) == len(set(names))
    assert (ash.group[rows] == names[code]).all()
    assert "Lateco" in {group for _, _, group in ash.entries}
    assert ash.features.shape == (len(ash.product), len(FEATURES))
    assert ((ash.features >= 0) & (ash.features <= 1)).all()


# --- a planted rule ---


def planted():
    """A country whose suppliers open a plant in the city of their one customer, years later."""
    rng = np.random.default_rng(11)
    cities = [f"city{i:02d}" for i in range(16)]
    where = {city: {"lat": float(a), "lon": float(b)}
             for city, (a, b) in zip(cities, rng.uniform([25, 100], [38, 118], (16, 2)), strict=True)}  # fmt: skip
    sites = {f"k{i}": site(city, f"K{i}", **where[city]) for i, city in enumerate(cities)}
    makers = [(f"k{i}", "cell", 5, {"since": "2005"}) for i in range(16)]
    supplies = []
    for i in range(24):
        home, goal = rng.choice(16, 2, replace=False)
        sites[f"s{i}"] = site(cities[home], f"S{i}", **where[cities[home]])
        sites[f"t{i}"] = site(cities[goal], f"S{i}", **where[cities[goal]])
        makers.append((f"s{i}", "foil", float(rng.integers(1, 100)), {"since": "2005"}))
        makers.append((f"t{i}", "foil", 1, {"since": f"{2019 + i % 5}-05"}))
        supplies.append({"supplier_group": f"S{i}", "customer_group": f"K{goal}",
                         "product_id": "foil", "year": "2010"})  # fmt: skip
    makers.append(("s0", "film", 4, {"since": "2006"}))
    return build_dataset(CHAIN, LINKS, makers, sites=sites, supplies=supplies, as_of="2024-12")


@pytest.fixture(scope="module")
def country():
    return planted()


@pytest.fixture(scope="module")
def tested(country):
    return cg.backtest(country, cutoff="2021-12", horizon="2y", split="all", draws=200)


@pytest.mark.parametrize("split", ["time", "city", "walk"])
def test_a_planted_rule_is_found_and_beats_every_simple_rule(tested, split):
    frame = tested.ranking.frame
    every = frame[(frame["split"] == split) & (frame["content_of"] == "all")].set_index("method")
    assert every.index.tolist() == list(METHODS)
    assert every.loc["model", "mrr"] > 0.7
    assert every.loc["model", "mrr"] > 3 * every["mrr"].drop(list(OURS), errors="ignore").max()
    assert every.loc["model", "mrr_low"] > every.loc["random", "mrr_high"]
    assert every.loc["model", "hits_5"] > 0.8
    assert tested.weights.frame.set_index("feature")["weight"].idxmax() == "ties"


def test_counts_of_positives_stand_beside_every_figure(tested):
    for result in (tested.ranking, tested.learning):
        assert "positives" in result.shown
        assert (result.frame["positives"] > 0).all()
    frame = tested.ranking.frame
    time = frame[(frame["split"] == "time") & (frame["content_of"] == "all")]
    assert set(time["positives"]) == {sum(i % 5 in {3, 4} for i in range(24))}  # 2022 and 2023
    assert (frame["reachable"] <= frame["positives"]).all()
    assert (frame["queries"] <= frame["positives"]).all()
    assert set(frame["content_of"]) == {"all", "c"}
    fates = frame[["reachable", "no_candidate", "unknown"]]
    assert (fates.sum(axis=1) == frame["positives"]).all()
    assert (fates >= 0).all(axis=None)
    for name in ("mrr", "average_precision", "hits_1", "hits_5", "hits_10", "hits_20"):
        low, value, high = (frame[column] for column in (f"{name}_low", name, f"{name}_high"))
        assert ((low <= value + 1e-9) & (value <= high + 1e-9) & (low >= 0) & (high <= 1)).all()
    for lang, said in (
        (
            "en",
            r"of \d+ newcomers \d+ \(\d+%\) were candidates, \d+ \(\d+%\) known but none, \d+ \(\d+%\) in",
        ),
        ("zh", r"\d+次进入中，\d+次（\d+%）的企业此前已是候选"),
    ):
        assert re.search(said, " ".join(tested.ranking.to_text(lang=lang).split()))


def test_hits_grow_with_the_length_of_the_list(tested):
    frame = tested.ranking.frame
    for short, long in (("hits_1", "hits_5"), ("hits_5", "hits_10"), ("hits_10", "hits_20")):
        assert (frame[short] <= frame[long] + 1e-12).all()


def test_products_are_predicted_against_simple_rules(tested):
    frame = tested.products.frame
    assert set(frame["split"]) == {"city", "walk"}
    for _, own in frame.groupby("split"):
        assert own["method"].tolist() == list(PRODUCT_METHODS)
        assert own["mrr"].between(0, 1).all()
        assert len(set(own["positives"])) == 1


def test_the_learning_curve_ends_at_the_city_split(tested):
    curve = tested.learning.frame
    assert curve["training_cities"].is_monotonic_increasing
    frame = tested.ranking.frame.query(
        "split == 'city' and content_of == 'all' and method == 'model'"
    )
    assert curve["mrr"].iloc[-1] == pytest.approx(frame["mrr"].iloc[0])


def test_two_runs_agree_and_the_seed_is_stated(country, tested):
    again = cg.backtest(planted(), cutoff="2021-12", horizon="2y", split="all", draws=200)
    for one, two in zip(tested.results, again.results, strict=True):
        pd.testing.assert_frame_equal(one.frame, two.frame, check_exact=True)
        assert one.params == two.params
    assert tested.weights_file() == again.weights_file()
    assert tested.ranking.params["seed"] == 0
    assert country.as_of == "2024-12"


def test_fitted_weights_are_a_file_that_ranks_targets(country, tested, tmp_path):
    file = tmp_path / "weights.toml"
    file.write_text(tested.weights_file(), encoding="utf-8")
    read = read_weights(file)
    fitted = tested.weights.frame.set_index("feature")["weight"].astype(float).to_dict()
    for name in set(FEATURES) - {"green_power"}:
        assert read[name] == pytest.approx(fitted[name], abs=5e-4)
    assert read["green_power"] == default_weights()["green_power"]
    assert "--cutoff 2021-12 --horizon 2y" in file.read_text(encoding="utf-8")
    frame = cg.rank_targets(country, "foil", region="city00", weights=file).frame
    for _, own in frame.groupby("target_list"):
        assert own["score"].is_monotonic_decreasing


def test_an_entry_of_a_group_that_was_no_candidate_counts_as_missed():
    sites = {"a": site("oak", "G"), "b": site("elm", "H"), "n": site("oak", "Newco")}
    makers = [("a", "cell", 1, {"since": "2010"}), ("b", "foil", 1, {"since": "2010"}),
              ("n", "foil", 1, {"since": "2020-03"})]  # fmt: skip
    ds = build_dataset(CHAIN, LINKS, makers, sites=sites, as_of="2024")
    found = gather_occasions(ds, [("2019-12", "2020-12")])
    table = rank_groups(found, [np.ones(len(FEATURES))], ["c"] * 4, 0)
    assert set(table["positives"]) == {1}
    assert set(table["reachable"]) == {0}
    assert (table[["mrr", "average_precision", "hits_20"]] == 0).all(axis=None)


def lone(makers, sites, **tables):
    """The one occasion of oak, of a year after 2019."""
    ds = build_dataset(CHAIN, LINKS, makers, sites=sites, as_of="2024", **tables)
    (one,) = [o for o in gather_occasions(ds, [("2019-12", "2020-12")]) if o.city == "oak"]
    return one


def test_newcomers_are_told_apart_by_what_was_known_of_them():
    sites = {"a": site("oak", "G"), "b": site("elm", "H"), "c": site("yew", "Far"),
             **{name: site("oak", group) for name, group in
                (("n", "Newco"), ("h", "H"), ("g", "G"), ("f", "Far"))}}  # fmt: skip
    makers = [("a", "cell", 1, {"since": "2010"}), ("b", "foil", 1, {"since": "2010"}),
              ("c", "pack", 1, {"since": "2010"}),
              *((name, "foil", 1, {"since": "2020-03"}) for name in "nhgf")]  # fmt: skip
    table = rank_groups([lone(makers, sites)], [np.ones(len(FEATURES))], ["c"] * 4, 0)
    row = table.iloc[0]
    counts = ["positives", "reachable", "no_candidate", "unknown", "local", "outside"]
    assert row[counts].tolist() == [4, 2, 1, 1, 1, 3]  # Far makes nothing close; Newco is new
    assert row[["outside_hits", "local_hits", "found"]].tolist() == [1, 1, 1]


def test_weights_of_groups_are_fitted_on_all_candidates_of_each_gap(country):
    found = gather_occasions(country, yearly("2018-12", "2021-12"))
    choices = group_choices(found)
    assert choices.features.shape[1] == len(GROUP_FEATURES)
    won = [
        (o, m, came)
        for o in found
        for _, m, came in queries(o)
        if set(came) & set(o.candidates(m)[0])
    ]
    sizes = [len(o.candidates(m)[0]) for o, m, _ in won]
    assert np.bincount(choices.choice).tolist() == sizes
    assert choices.chosen.sum() == sum(
        len(set(came) & set(o.candidates(m)[0])) for o, m, came in won
    )
    assert product_choices(found).features.shape[1] == len(PRODUCT_FEATURES)


def test_a_rule_counts_here_before_the_province_before_elsewhere():
    sites = {"a": site("oak", "Here"), "x": site("elm", "Here"), "p": site("fir", "Near", province="oak land"),
             "q": site("elm", "Wide"), "r": site("yew", "Wide"), "n": site("oak", "Wide")}  # fmt: skip
    makers = [("a", "cell", 1, {"since": "2010"}), ("x", "foil", 1, {"since": "2010"}),
              *((name, "foil", 1, {"since": "2011"}) for name in "pqr"),
              ("n", "foil", 1, {"since": "2020-03"})]  # fmt: skip
    one = lone(makers, sites)
    names, code, rows = one.candidates(one.entries[0][1])
    assert code.tolist() == list(range(len(rows)))
    score = dict(zip(names.tolist(), one.rules[rows, RULES.index("here_first")], strict=True))
    assert score["Here"] > score["Near"] > score["Wide"] > 0, score
    sites_near = dict(zip(names.tolist(), one.rules[rows, RULES.index("most_sites")], strict=True))
    assert sites_near["Wide"] == 2


def test_the_walk_ranks_each_year_with_the_years_before_alone(tested):
    frame = tested.ranking.frame
    walk = frame[(frame["split"] == "walk") & (frame["content_of"] == "all")]
    city = frame[(frame["split"] == "city") & (frame["content_of"] == "all")]
    assert walk["positives"].iloc[0] <= city["positives"].iloc[0]
    late = {f"t{i}": f"{2019 + i % 5}-05" for i in range(24)}
    assert walk["positives"].iloc[0] == sum("2018-12" < d <= "2023-12" for d in late.values())


def test_ratios_are_to_the_best_rule_in_the_same_draws(tested):
    frame = tested.ranking.frame
    for _, own in frame.groupby(["split", "content_of"]):
        best = own[own["method"] == own["best_rule"].iloc[0]].iloc[0]
        assert best["hits_10_ratio"] == best["hits_10_ratio_low"] == best["hits_10_ratio_high"] == 1
        rules = own[~own["method"].isin(OURS)]
        assert (rules["hits_10_ratio"] <= 1 + 1e-9).all()
        expected = own["hits_10"] / best["hits_10"]
        np.testing.assert_allclose(own["hits_10_ratio"], expected)


def test_a_city_list_names_each_group_once_and_twenty_hold_what_ten_do(tested):
    frame = tested.cities.frame
    assert frame["method"].tolist() == list(CITY_METHODS)
    assert (frame["groups_10"] <= frame["groups_20"] + 1e-12).all()
    assert (frame["occasions"] <= frame["city_years"]).all()
    per_ten = frame["groups_10"] * frame["arrivals"] / frame["occasions"]
    np.testing.assert_allclose(frame["arrivals_per_ten"], per_ten)
    assert (frame["arrivals_per_ten_all"] <= frame["arrivals_per_ten"]).all()


def test_groups_that_came_with_what_was_made_there_are_no_calls_of_the_city():
    sites = {"a": site("oak", "G"), "b": site("elm", "H"), "n": site("oak", "H")}
    makers = [("a", "foil", 1, {"since": "2010"}), ("b", "foil", 1, {"since": "2010"}),
              ("n", "foil", 1, {"since": "2020-03"})]  # fmt: skip
    nothing = [np.zeros(len(FEATURES))], [np.zeros(5)]
    assert rank_newcomers([lone(makers, sites)], *nothing).empty
    makers[0] = ("a", "cell", 1, {"since": "2010"})
    table = rank_newcomers([lone(makers, sites)], *nothing)
    assert table["group"].unique().tolist() == ["H"]
    assert (table["calls_10"] == 1).all()


def test_every_gap_shown_is_counted_whether_or_not_somebody_came(tested, country):
    frame = tested.gaps.frame
    assert frame["method"].tolist() == list(METHODS)
    assert len(set(frame["gaps"])) == 1
    assert (frame["gaps_found"] <= frame["gaps_filled"]).all()
    assert (frame["gaps_filled"] < frame["gaps"]).all()
    found = gather_exposure(country, ["2019-12"])
    foil = open_study(country).product_graph.position["foil"]
    lacking = [city for (_, city), products in found.gaps.items() if foil in products]
    frozen = freeze(country, "2019-12")
    for city in ("city00", "city05"):
        gaps = cg.find_gaps(frozen, region=city, draws=0).frame
        asked = gaps[
            (gaps["list"] == "recruit") & ~gaps["gap_kind"].isin(["surplus", "single", "captive"])
        ]
        assert (city in lacking) == ("foil" in set(asked["product_id"]))
    assert found.count == sum(len(products) for products in found.gaps.values())


def test_progress_is_told_and_changes_nothing(country, tested):
    steps = []
    again = cg.backtest(
        country, cutoff="2021-12", horizon="2y", split="all", draws=200, progress=steps.append
    )
    pd.testing.assert_frame_equal(again.ranking.frame, tested.ranking.frame)
    assert {"time", "city", "walk"} <= set(steps)
    assert "2021-12" in steps


def test_what_a_later_source_tells_is_left_out_where_asked():
    page = {name: f"https://example.org/{name}" for name in ("early", "late", "undated")}
    sources = [
        {"source_url": page["early"], "date": "2019-01"},
        {"source_url": page["late"], "date": "2021"},
    ]
    makers = [(name, "foil", 1, {"since": "2018", "source_url": page[name]}) for name in page]
    ds = build_dataset(CHAIN, LINKS, makers, as_of="2024", sources=sources,
                       surveys=[{"region": "oak", "products": "foil", "method": "web_search", "result": "none",
                                 "as_of": date} for date in ("2019-05", "2019-07")])  # fmt: skip
    assert len(freeze(ds, "2019-06").capacities) == 3
    frozen = freeze(ds, "2019-06", published=True)
    assert frozen.capacities["enterprise_id"].tolist() == ["early", "undated"]
    assert frozen.table("surveys")["as_of"].tolist() == ["2019-05"]
    assert len(freeze(ds, "2021", published=True).capacities) == 3


# --- wrong input ---


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"cutoff": "2004"}, "cut-off 2004 is outside the data: entries are dated 2005 to 2023-05"),
        ({"cutoff": "2024"}, "cut-off 2024 is outside the data"),
        ({"cutoff": "2023-05"}, "outside the data: .* some must come after it"),
        ({"cutoff": "2021/13"}, "'2021/13' is no date; write 2024"),
        *(({"horizon": text}, f"'{text}' is no horizon; write years, such as 3y")
          for text in ("0y", "three", "36m", "", "-1y")),
    ],
)  # fmt: skip
def test_wrong_options_are_one_sentence(country, options, sentence):
    with pytest.raises(cg.OptionError, match=sentence):
        cg.backtest(country, **({"cutoff": "2021-12"} | options))


def test_data_without_dates_or_makers_are_one_sentence(build):
    empty = pd.DataFrame({"project_id": [], "date": [], "group_zh": []}, dtype="str")
    tables = dict(build("a", (), [("x", "a", 1)]).tables) | {"projects": empty}
    with pytest.raises(cg.OptionError, match="has no dated entries: its projects, and capacities"):
        cg.backtest(cg.dataset_from_frames(tables), cutoff="2021")
    with pytest.raises(cg.MissingTableError):
        cg.backtest(build("a", (), None), cutoff="2021")


def test_windows_are_years_up_to_the_end():
    assert yearly("2019", "2021") == [("2019", "2020"), ("2020", "2021")]
    assert yearly("2019-12", "2019-12") == []


def test_the_walk_alone_is_the_default_and_says_the_same(country, tested):
    """The cut-off is the horizon before the dataset's own date where none is given."""
    whole = tested.ranking.frame
    same = cg.backtest(country, cutoff="2021-12", horizon="2y", draws=200)
    walked = whole[whole["split"] == "walk"].reset_index(drop=True)
    pd.testing.assert_frame_equal(same.ranking.frame, walked)
    assert same.learning.frame.empty
    assert same.learning not in same.results
    assert cg.backtest(country, horizon="2y", draws=1).ranking.params["cutoff"] == "2022-12"
    once = cg.backtest(country, cutoff="2021-12", horizon="2y", split="time", draws=1)
    assert set(once.ranking.frame["split"]) == {"time"}


def test_a_split_that_is_none_is_one_sentence(country):
    with pytest.raises(
        cg.OptionError, match="'year' is no split; write one of walk, time, city, all"
    ):
        cg.backtest(country, split="year")


def test_a_family_whose_product_came_by_itself_is_no_second_arrival():
    assert _apart([{1, 2}, {1}, {3, 4}, {1}, {4, 3}]) == [{1}, {3, 4}]


def test_shipped_weights_are_those_of_targets():
    assert dict(zip(FEATURES, shipped_weights(), strict=True)) == default_weights()
