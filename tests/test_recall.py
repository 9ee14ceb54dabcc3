"""How much of the nation's capacity the rows know, and loads of the nation: figures worked by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.analysis.overview import describe_recall
from chaingraph.analysis.summary import line_text, say_lines, summarise
from chaingraph.knowledge.recall import RECALL_BASES

SITES = {
    "near": {"city": "here"},
    "far": {"city": "there"},
    "head": {"city": "there", "group_zh": "团"},
    "unit": {"city": "there", "group_zh": "团"},
}


def total(product, value, year="2024", measure="capacity", *, region="中国", **more):
    """Return a row of outputs of the nation."""
    row = {
        "region": region,
        "product_id": product,
        "year": year,
        "measure": measure,
        "value": value,
    }
    return row | {"unit": "t"} | more


def stated(value, date="2024"):
    """Return a recall as product_facts states it."""
    return {"product_id": "a", "measure": "recall", "value": value, "date": date}


def known(build, *outputs, makers=(("near", "a", 10.0), ("far", "a", 20.0)), **more):
    """Return (share, basis, total, year) of product a; 30 t known by default."""
    at = more.pop("as_of", "2024-12")
    more = {"sites": SITES} | more
    ds = build("a b", [("a", "b", 2.0)], list(makers), as_of=at, outputs=list(outputs), **more)
    found = cg.open_study(ds).recall
    return found.share[0], found.basis[0], found.total[0], found.year[0]


def test_known_capacity_over_the_nations(build):
    assert known(build, total("a", 120.0)) == (0.25, "capacity", 120.0, "2024")


def test_capacity_goes_before_output_and_output_is_capped(build):
    output = total("a", 60.0, measure="output")
    assert known(build, output, total("a", 120.0))[:2] == (0.25, "capacity")
    assert known(build, output)[:3] == (0.5, "output", 60.0)
    assert known(build, total("a", 20.0, measure="output"))[0] == 1.0
    assert known(build, total("a", 20.0, measure="sales"))[1] == ""
    assert known(build, total("a", 20.0, measure="use"))[1] == ""


def test_the_latest_total_in_force_counts(build):
    rows = [total("a", 300.0, "2023"), total("a", 120.0, "2024-06"), total("a", 60.0, "2025")]
    assert known(build, *rows)[3] == "2024-06"
    assert known(build, *reversed(rows))[3] == "2024-06"
    assert known(build, *rows, as_of="2024-05")[:2] == (0.1, "capacity")
    assert known(build, *rows, as_of="2025-12")[0] == 0.5


@pytest.mark.parametrize(
    ("year", "counts"), [("2022-12", True), ("2022-11", False), ("2022", True)]
)
def test_a_total_counts_for_24_months(build, year, counts):
    assert known(build, total("a", 120.0, year))[1] == ("capacity" if counts else "")


def test_an_old_capacity_leaves_the_word_to_a_fresh_output(build):
    rows = [total("a", 120.0, "2021"), total("a", 60.0, "2024", "output")]
    assert known(build, *rows)[:2] == (0.5, "output")


def test_what_is_no_total_of_the_nation_says_nothing(build):
    assert known(build, total("a", 120.0, status="with_construction"))[1] == ""
    assert known(build, total("a", 120.0, region="there"))[1] == ""
    maker = total("a", 120.0, region=None, enterprise_id="far")
    assert known(build, maker)[1] == ""
    assert known(build, total("a", 0.0))[1] == ""


def test_a_stated_share_comes_first(build):
    found = known(build, total("a", 120.0), product_facts=[stated(0.6)])
    assert found[:2] == (0.6, "stated")
    assert np.isnan(found[2])
    assert found[3] == "2024"
    old = known(build, total("a", 120.0), product_facts=[stated(0.6, "2022-11")])
    assert old[:2] == (0.25, "capacity")
    assert known(build, product_facts=[stated(0.6, "2022-12")])[:2] == (0.6, "stated")


def test_no_maker_is_none_known_and_no_figure_is_unknown(build):
    share, basis, *_ = known(build, total("a", 120.0), makers=[("near", "b", 1.0)])
    assert (share, basis) == (0.0, "capacity")
    share, basis, *_ = known(build, total("a", 120.0), makers=[("near", "a", None)])
    assert np.isnan(share)
    assert basis == ""
    part = known(build, total("a", 120.0), makers=[("near", "a", None), ("far", "a", 20.0)])
    assert part[0] == pytest.approx(20 / 120)


def test_a_group_counts_its_total_or_its_sites(build):
    rows = [
        {"enterprise_id": "head", "product_id": "a", "capacity": 50.0, "scope": "group"},
        {"enterprise_id": "unit", "product_id": "a", "capacity": 20.0},
        {"enterprise_id": "near", "product_id": "a", "capacity": 10.0},
    ]
    ds = build("a", [], [("near", "a", 10.0)], sites=SITES, as_of="2024-12",
               outputs=[total("a", 120.0)])  # fmt: skip
    ds = ds.with_tables(capacities=pd.DataFrame(rows))
    assert cg.open_study(ds).recall.share[0] == pytest.approx(60 / 120)


def test_only_what_runs_at_the_date_is_known(build):
    rows = [
        {"enterprise_id": "near", "product_id": "a", "capacity": 10.0, "status": "operating"},
        {"enterprise_id": "far", "product_id": "a", "capacity": 20.0, "status": "construction",
         "as_of": "2024-06"},
        {"enterprise_id": "unit", "product_id": "a", "capacity": 40.0, "status": "operating",
         "since": "2025-03"},
    ]  # fmt: skip
    ds = build("a", [], [("near", "a", 10.0)], sites=SITES, as_of="2024-12",
               outputs=[total("a", 100.0)])  # fmt: skip
    ds = ds.with_tables(capacities=pd.DataFrame(rows))
    assert cg.open_study(ds).recall.share[0] == pytest.approx(0.1)
    both = cg.open_study(ds, statuses={"operating": 0.5, "construction": 0.8})
    assert both.nation.capacity[0] == pytest.approx(0.5 * 10 + 0.8 * 20)
    assert both.recall.share[0] == pytest.approx(0.1)
    assert cg.open_study(ds, at="2025-04").recall.share[0] == pytest.approx(0.5)


def test_balance_gaps_graph_and_show_say_the_same(build):
    ds = build("a b", [("a", "b", 2.0)], [("near", "b", 5.0), ("far", "a", 30.0)], sites=SITES,
               as_of="2024-12", outputs=[total("a", 120.0, source_url="http://x.cn/1")])  # fmt: skip
    names = ["collection_recall", "recall_basis", "recall_year", "national_total"]
    want = [0.25, "capacity", "2024", 120.0]
    for frame in (cg.calculate_balance(ds).frame, cg.find_gaps(ds).frame):
        row = frame.set_index("product_id").loc["a", names]
        assert row.tolist() == want
    unknown = cg.calculate_balance(ds).frame.set_index("product_id").loc["b", names]
    assert unknown.isna().all()
    node = cg.open_study(ds).graph().nodes["product", "a"]
    assert [node[name] for name in names] == want
    assert "collection_recall" not in cg.open_study(ds).graph().nodes["product", "b"]
    shown = describe_recall(ds).frame.to_dict("records")
    assert [shown[0][name] for name in names] == want
    assert len(shown) == 1
    assert shown[0]["national_capacity"] == 30.0
    assert shown[0]["source_url"] == "http://x.cn/1"
    notes = dict(cg.explain_product(ds, "a").notes)
    assert notes["explain-known"] == {"share": "25%", "year": "2024"}


def lines(build, *outputs, lang="en", **more):
    ds = build([("a", "t", 7.0), ("b", "t", 1.0)], [("a", "b", 2.0)],
               [("near", "b", 5.0), ("far", "a", 30.0)], sites=SITES, as_of="2024-12",
               outputs=list(outputs), **more)  # fmt: skip
    state = cg.open_study(ds).state()
    summary = summarise(state, cg.find_gaps(state).frame)
    return " ".join(line_text(line) for line in say_lines(summary, lang))


def test_the_first_lines_say_it_of_what_is_bought(build):
    assert "the data know: a 25%." in lines(build, total("a", 120.0))
    assert "全国产能中数据掌握：a 25%。" in lines(build, total("a", 120.0), lang="zh")
    made = total("a", 120.0, measure="output")
    assert "the data know: a at most 25%." in lines(build, made)
    assert "全国产能中数据掌握：a至多 25%。" in lines(build, made, lang="zh")


def test_the_first_lines_leave_out_what_tells_nothing(build):
    assert "the data know" not in lines(build)
    assert "the data know" not in lines(build, total("b", 120.0))  # made here: not bought
    assert "the data know" not in lines(build, total("a", 30.0, measure="output"))
    assert "the data know: a at most 97%." in lines(build, total("a", 31.0, measure="output"))
    assert "the data know: a 100%." in lines(build, total("a", 30.0))


def test_a_toy_without_totals_knows_nothing(toy):
    recall = cg.open_study(toy).recall
    assert np.isnan(recall.share).all()
    assert set(recall.basis) == {""}
    assert describe_recall(toy).frame.empty


def test_bundled_shares(qujing):
    frame = describe_recall(qujing).frame.set_index("product_id")
    assert set(frame["recall_basis"]) <= set(RECALL_BASES)
    assert frame["collection_recall"].is_monotonic_increasing
    assert frame["collection_recall"].between(0, 1).all()
    alumina = frame.loc["alumina"]
    assert alumina["collection_recall"] == alumina["national_capacity"] / alumina["national_total"]
    assert frame.loc["coal", "collection_recall"] == 0
    assert frame.loc["magnesium_ingot", "collection_recall"] == pytest.approx(0.1 / 1.4875)
    assert frame.loc["lithium_carbonate", "recall_basis"] == "output"
    assert frame["source_url"].str.startswith("http").all()


# --- use of capacity: outputs of the nation over its capacity


def load_of(build, *outputs, facts=(), region="here"):
    """Return (low, point, high, assumed) of product a in a region."""
    ds = build("a", [], [("near", "a", 10.0)], sites=SITES, as_of="2024-12", load=None,
               outputs=list(outputs), **({"product_facts": list(facts)} if facts else {}))  # fmt: skip
    study = cg.open_study(ds)
    load = study.load_of(study.state(region).region)
    return load.low[0], load.point[0], load.high[0], bool(load.has("load_assumed")[0])


def test_the_load_is_national_output_over_capacity_of_one_year(build):
    pair = [total("a", 120.0), total("a", 90.0, measure="output")]
    assert load_of(build, *pair) == (0.75, 0.75, 0.75, False)
    apart = [total("a", 120.0, "2023"), total("a", 90.0, measure="output")]
    assert load_of(build, *apart) == (0.5, 0.75, 1.0, True)
    assert load_of(build, pair[1])[3]
    with_building = [total("a", 120.0, status="with_construction"), pair[1]]
    assert load_of(build, *with_building)[3]


def test_of_one_year_the_latest_capacity_counts_whatever_the_order(build):
    rows = [total("a", 100.0, "2024-11"), total("a", 200.0, "2024-03"),
            total("a", 90.0, measure="output")]  # fmt: skip
    for order in (rows, rows[::-1]):
        assert load_of(build, *order)[1] == pytest.approx(0.9)


@pytest.mark.parametrize(("year", "counts"), [("2022", True), ("2021", False)])
def test_a_national_load_counts_for_24_months(build, year, counts):
    rows = [total("a", 120.0, year), total("a", 60.0, year, "output")]
    assert load_of(build, *rows)[3] is not counts


def test_the_order_of_loads(build):
    nation = [total("a", 120.0), total("a", 60.0, measure="output")]
    fact = {
        "product_id": "a",
        "measure": "load",
        "value": 0.6,
        "low": 0.4,
        "high": 0.8,
        "date": "2024",
    }
    here = [total("a", 10.0, region="here"), total("a", 9.0, measure="output", region="here")]
    assert load_of(build, *nation)[1] == 0.5
    assert load_of(build, *nation, facts=[fact])[:3] == (0.4, 0.6, 0.8)
    assert load_of(build, *nation, *here, facts=[fact])[:3] == (0.9, 0.9, 0.9)
    assert load_of(build, *nation, *here, facts=[fact], region="there")[1] == 0.6


def test_bundled_totals_give_loads(qujing):
    """Magnesium: 1.0258 Mt made of 1.4875 Mt in 2024; iron phosphate: 1.90 of 4.56 Mt; ammonia: 73.2 of 77.1."""
    study = cg.open_study(qujing, at="2024-12")
    nation, graph = study.loads.nation, study.product_graph
    facts = qujing.table("product_facts")
    told = set(facts.loc[(facts["measure"] == "load") & (facts["date"] <= "2024-12"), "product_id"])
    frame = qujing.table("outputs")
    of_2024 = frame[(frame["region"] == "中国") & frame["year"].str.startswith("2024")]
    pairs = of_2024.sort_values("year").pivot_table(
        index="product_id", columns="measure", values="value", aggfunc="last"
    )
    pairs = pairs.dropna(subset=["capacity", "output"])
    left = [name for name in pairs.index if name not in told]
    assert {"magnesium_ingot", "iron_phosphate", "ammonia"} <= set(left)
    for name in left:
        place = graph.find(name)
        want = min(1.5, pairs.loc[name, "output"] / pairs.loc[name, "capacity"])
        assert nation.point[place] == pytest.approx(want), name
        assert not nation.has("load_assumed")[place], name
    assert nation.point[graph.find("magnesium_ingot")] == pytest.approx(0.6896, abs=5e-4)
    assert nation.point[graph.find("methanol")] == pytest.approx(
        84.43 / 108
    )  # of 2023, capacity of 2024 apart
