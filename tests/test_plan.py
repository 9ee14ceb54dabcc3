"""The programme of a region: goldens on the frozen datasets, what may be a project, files, command, bad input."""

from __future__ import annotations

import io
import json
import math
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chaingraph as cg
from chaingraph.errors import FileProblemError, OptionError, UnknownNameError
from chaingraph.planning.asked import read_budget, read_ramp, read_years
from chaingraph.planning.capital import project_costs, read_capital
from chaingraph.planning.market import neighbours_lack, neighbours_spare, read_market
from chaingraph.planning.programme_file import render_plan
from tests.helpers_cli import failure, run
from tests.test_properties import dataset, examples, some_tables

FROZEN = Path(__file__).parent / "data" / "datasets_1_1_0" / "qujing"
BUDGETS = {
    "budget": {"investment_cny_100m": 150, "power_mw": 800},
    "per_year": {"investment_cny_100m": 60, "count": 6},
}


@pytest.fixture(scope="module")
def frozen():
    return cg.load_dataset(FROZEN)


@pytest.fixture(scope="module")
def golden(frozen):
    return cg.build_plan(
        frozen, load="full", ramp=1, years="2025-2027", stability=5, draws=50, **BUDGETS
    )


@pytest.fixture(scope="module")
def qujing():
    return cg.load_dataset("qujing")


@pytest.fixture(scope="module")
def live(qujing):
    return cg.build_plan(qujing, years="2026-2028", stability=3, draws=50, **BUDGETS)


@pytest.fixture(scope="module")
def toy():
    return cg.load_dataset("toy")


def toy_plan(ds, **options):
    return cg.build_plan(ds, **({"stability": 0, "draws": 0, "years": 2025} | options))


# --- goldens


def test_the_plan_of_the_design(golden):
    frame = golden.projects.frame
    assert set(frame["product_id"]) == {
        "lithium_carbonate", "copper_foil", "electrolyte", "lipf6", "polysilicon",
    }  # fmt: skip
    spent = frame.groupby("started")["investment_cny"].sum() / 1e8
    assert spent.tolist() == pytest.approx([60, 60, 30], abs=0.01)
    assert golden.params["value_cny_100m"] == pytest.approx(331.1, abs=0.1)
    assert golden.params["greedy_cny_100m"] == pytest.approx(327.9, abs=0.1)
    assert golden.params["solver_gap"] <= 1e-4
    change = golden.purchases.frame["change_cny"] / 1e8
    assert -change[change < 0].sum() == pytest.approx(119.9, abs=0.1)
    assert change[change > 0].sum() == pytest.approx(69.5, abs=0.1)
    assert frame["power_mw"].sum() == pytest.approx(324.6, abs=0.1)


@pytest.mark.parametrize(("load", "spent"), [(1, 173.3), (0.7, 106.4), (0.5, 61.8)])
def test_the_largest_programme_falls_with_the_load(frozen, load, spent):
    made = cg.build_plan(frozen, load=load, ramp=1, years="2025-2027", stability=0, draws=0)
    assert made.projects.frame["investment_cny"].sum() / 1e8 == pytest.approx(spent, abs=0.1)


def test_a_plant_of_the_toy_closes_three_million_and_opens_nothing(toy):
    made = toy_plan(toy, statuses="operating", load="full", ramp=1, must={"foil": 1000})
    found = made.purchases.frame
    assert found[["product_id", "purchase"]].to_numpy().tolist() == [["foil", "closed"]]
    assert found["change_cny"].tolist() == pytest.approx([-3_000_000])
    assert made.projects.frame["saves_cny"].tolist() == pytest.approx(
        [3_000_000]
    )  # 1,100 t of metal are left over here


def test_shares_of_alternatives_stand(frozen):
    made = cg.build_plan(
        frozen, statuses="operating", load="full", ramp=1, years=2025, stability=0, draws=0,
        must={"granular_silicon": 1000}, quota={"granular_silicon": 1000}, budget={"count": 1},
    )  # fmt: skip
    found = made.purchases.frame.set_index("product_id")
    row = found.loc["granular_silicon"]
    assert row["bought_before"] - row["bought_after"] == pytest.approx(1000)
    assert "polysilicon" not in found.index
    state = cg.open_study(frozen, load="full").state()
    place = state.study.product_graph.find("polysilicon")
    assert state.gap.point[place] == pytest.approx(71_987, abs=1)
    more = state.with_capacity([{"product_id": "granular_silicon", "capacity": 1000}])
    assert more.gap.point[place] == state.gap.point[place]


def test_the_same_every_time_and_in_any_row_order(toy):
    turned = toy.with_tables(
        **{name: frame.iloc[::-1].reset_index(drop=True) for name, frame in toy.tables.items()}
    )
    files = [
        (render_plan(made, ".toml"), render_plan(made, ".xlsx"), made.to_json())
        for made in (toy_plan(ds, stability=2, draws=20) for ds in (toy, toy, turned))
    ]
    assert files[0] == files[1]
    assert files[0][0] == files[2][0]


def test_qujing_twice_gives_the_same_bytes(qujing, live):
    again = cg.build_plan(qujing, years="2026-2028", stability=3, draws=50, **BUDGETS)
    assert again.to_json() == live.to_json()


# --- figures that must agree


def test_what_projects_save_adds_up_to_the_fall(golden, live):
    for made in (golden, live):
        saved = made.projects.frame["saves_cny"].sum()
        fall = made.steps.frame["fall_cny"].iloc[-1]
        assert saved == pytest.approx(fall, rel=1e-9)
        assert -made.purchases.frame["change_cny"].sum() == pytest.approx(fall, rel=1e-6)


def test_the_plan_agrees_with_the_state_that_has_its_plants(frozen, golden, tmp_path):
    golden.save(tmp_path / "plan.toml")
    rows = cg.read_plan(tmp_path / "plan.toml").capacities()
    state = cg.open_study(frozen, load="full", statuses="operating,construction").state()
    more = state.with_capacity(rows)
    graph = state.study.product_graph
    compared = 0
    for row in golden.purchases.frame.to_dict("records"):
        place = graph.find(row["product_id"])
        if not np.isnan(state.gap.point[place]) and not np.isnan(more.gap.point[place]):
            compared += 1
            assert more.gap.point[place] == pytest.approx(row["bought_after"], rel=1e-6, abs=1e-6)
    assert compared > 10


def test_budgets_hold_and_say_what_is_left(golden, live):
    for made in (golden, live):
        frame = made.budgets.frame
        bounded = frame[frame["budget_amount"].notna()]
        assert (bounded["budget_used"] <= bounded["budget_amount"] * (1 + 1e-6)).all()
    money = golden.budgets.frame.set_index(["budget", "plan_year"])
    assert money.loc[("investment_cny_100m", "2025"), "binds"]
    assert not money.loc[("investment_cny_100m", "2027"), "binds"]
    assert len(money.loc["count"]) == 4


def test_ladder_and_stability(golden, live):
    for made in (golden, live):
        worth = made.ladder.frame["worth_cny"]
        assert (worth.diff().dropna() >= -1e-3 * worth.max()).all()
        assert made.ladder.frame["budget_amount"].iloc[-1] == math.inf
        assert made.stability.frame["chosen_share"].between(0, 1).all()
    greedy = live.params["greedy_cny_100m"]
    assert greedy <= live.params["value_cny_100m"] + 1e-6 <= live.params["bound_cny_100m"] + 2e-6


def test_steps_tell_each_year(golden):
    frame = golden.steps.frame
    assert frame["plan_year"].tolist() == ["2025", "2026", "2027", "2028"]
    assert frame["starts"].sum() == golden.projects.frame["plants"].sum()
    assert frame["running"].tolist() == [0, 2, 8, 9]
    assert frame["fall_cny"].is_monotonic_increasing
    assert frame["investment_cny"].sum() / 1e8 == pytest.approx(150, abs=0.01)
    assert (frame["fall_cny_low"] <= frame["fall_cny_high"]).all()
    assert "60.0" in frame["headline_en"][0]
    assert "2027年底" in frame["standard_zh"][2]
    assert frame["headline_zh"].isna().tolist() == [False, False, False, True]
    outcome = golden.outcomes.frame.set_index("outcome_of")
    assert (outcome["outcome_low"] <= outcome["outcome_high"]).all()
    assert outcome.loc["fall", "planned_cny"] == pytest.approx(frame["fall_cny"].iloc[-1])
    assert "30%" in golden.outcomes.sentences("en")[0]


# --- what may be a project


def test_verbs_decide(live, qujing):
    chosen = set(live.projects.frame["product_id"])
    left = live.cannot.frame.set_index("product_id")["left_out"]
    assert not chosen & set(left.index)
    assert left["alumina"] == "restricted"
    assert left["eva_film"] == "not_advised"
    gaps = cg.find_gaps(qujing, statuses="operating,construction", draws=0).frame
    advised = gaps[gaps["verb"] == "not_advised"]["product_id"]
    assert set(advised) <= set(left.index)
    assert set(left.index) - {"electricity"} == set(
        left.index
    )  # the grid is supplied, not recruited


def test_restricted_products_need_a_quota(qujing):
    options = {"years": 2026, "stability": 0, "draws": 0}
    made = cg.build_plan(qujing, quota={"map_industrial": 60_000}, **options)
    built = made.projects.frame.set_index("product_id")["size"]
    reasons = made.cannot.frame.set_index("product_id")["left_out"]
    assert built.get("map_industrial", 0) <= 60_000
    assert reasons.get("map_industrial") != "restricted"
    assert reasons["alumina"] == "restricted"


def test_what_nobody_confirmed_carries_its_survey(live, toy):
    frame = live.projects.frame
    assert frame["survey_first"].all()
    assert frame["needs_first"].str.startswith("survey").all()
    assert any("100%" in said and "survey" in said for said in live.projects.sentences("en"))
    made = toy_plan(toy)  # there a survey found none
    assert made.projects.frame["survey_first"].tolist() == [False]
    assert not any("survey comes first" in said for said in made.projects.sentences("en"))


def test_demand_is_shown_at_actual_and_at_full_load(live):
    frame = live.projects.frame
    assert (frame["demand_full"] >= frame["demand"] - 1e-6).all()
    row = frame.set_index("product_id").loc["lithium_carbonate"]
    assert row["gap_full"] > row["gap"] > 0


def test_what_is_being_built_is_not_recruited(toy):
    row = {
        "enterprise_id": "cell_jia", "product_id": "foil", "capacity": 1500, "unit": "t",
        "status": "construction", "scope": "site", "as_of": "2024-12", "source_url": "https://example.org/x",
    }  # fmt: skip
    before = toy_plan(toy)
    assert before.projects.frame["product_id"].tolist() == ["foil"]
    after = toy_plan(toy.with_rows("capacities", row))
    assert "foil" not in set(after.projects.frame["product_id"])
    again = toy_plan(toy.with_rows("capacities", row), statuses="operating")
    assert "foil" not in set(again.projects.frame["product_id"])
    assert again.cannot.frame.set_index("product_id").loc["foil", "left_out"] == "coming"


def test_idle_plants_come_first(toy):
    row = {
        "enterprise_id": "metal_jia", "product_id": "foil", "capacity": 1200, "unit": "t",
        "status": "suspended", "scope": "site", "as_of": "2024-12", "source_url": "https://example.org/x",
    }  # fmt: skip
    made = toy_plan(toy.with_rows("capacities", row))
    idle = made.revive.frame
    assert idle[["product_id", "capacity", "gap", "closes"]].to_numpy().tolist() == [
        ["foil", 1200.0, 1500.0, 1200.0]
    ]
    assert made.projects.frame["gap"].tolist() == [300]
    assert made.projects.frame["size"].tolist() == [500]  # the smallest plant
    assert not toy_plan(toy).revive.frame.shape[0]
    assert "before anything new" in toy_plan(toy).revive.sentences("en")[0]


def test_must_never_local_and_after(toy, qujing):
    never = toy_plan(toy, never=["箔材"])
    assert never.projects.frame.empty
    assert never.steps.frame["starts"].tolist() == [0]
    both = cg.build_plan(
        qujing, years="2026-2027", stability=0, draws=0, after=[("electrolyte", "lithium_carbonate")],
        must={"copper_foil": 5000}, local=["electricity"], per_year={"count": 3},
    )  # fmt: skip
    frame = both.projects.frame.set_index("product_id")
    assert frame.loc["copper_foil", "size"] >= 5000
    if "electrolyte" in frame.index:
        assert frame.loc["electrolyte", "started"] > frame.loc["lithium_carbonate", "started"]
    assert "electricity" not in set(both.purchases.frame["product_id"])
    assert any("Electricity" in said for said in both.purchases.sentences("en"))


def test_what_is_decided_must_fit(toy):
    with pytest.raises(
        OptionError, match=r"investment_cny_100m is 0\.01, it must be at least 0\.02"
    ):
        toy_plan(toy, must={"foil": 600}, budget={"investment_cny_100m": 0.01})
    with pytest.raises(OptionError, match="decided and left out at once"):
        toy_plan(toy, must={"foil": 600}, never=["foil"])


def test_extending_takes_what_is_left_over(toy):
    with pytest.raises(OptionError, match="nothing that goes into powder_b is left over"):
        toy_plan(toy, extend={"powder_b": 1})
    made = toy_plan(toy, extend={"foil": 600})
    assert made.projects.frame["size"].tolist() == [600]
    with pytest.raises(OptionError, match="is enough for"):
        toy_plan(toy, extend={"foil": 1e6})


def test_the_market_counts_neighbours(qujing):
    state = cg.open_study(qujing, statuses="operating,construction").state()
    none = neighbours_lack(state, "region")
    province, near, far = (neighbours_lack(state, market) for market in ("province", 300.0, 3000.0))
    assert not none.any()
    assert (province > 0).any()
    assert not np.array_equal(near, far)
    assert not ((province > 0) & (neighbours_spare(state, "province") > 0)).any()
    whole = cg.open_study(qujing, statuses="operating,construction").state("*")
    assert not neighbours_lack(whole, "nation").any()


def test_gaps_too_small_say_where_a_plant_would_fit(live):
    frame = live.too_small.frame
    assert len(frame)
    assert not set(frame["product_id"]) & set(live.projects.frame["product_id"])
    needed = 0.5 * 0.9 * frame["plant_size_small"]
    assert (frame["gap"] < needed).all()
    fits = frame["fits_market"].notna()
    assert (frame.loc[fits, "market_gap"] >= needed[fits] - 1e-6).all()
    assert (frame.loc[~fits, "market_gap"] < needed[~fits]).all()


def test_no_price_no_size_is_said_not_guessed(live, toy):
    reasons = live.cannot.frame.set_index("product_id")["left_out"].str.split("; ")
    products = live.cannot.frame.set_index("product_id")
    no_price = [p for p, said in reasons.items() if "no_price" in said]
    assert no_price
    assert products.loc[no_price, "price_cny"].isna().all()
    no_size = [p for p, said in reasons.items() if "no_plant_size" in said]
    assert products.loc[no_size, "plant_size_small"].isna().all()
    strict = toy_plan(toy, defaults=False)
    assert strict.projects.frame.empty
    assert strict.cannot.frame.set_index("product_id").loc["foil", "left_out"] == "no_investment"


def test_parks_are_shown_by_parts_and_chemicals_stay_out_of_others(qujing, live):
    frame = live.projects.frame
    products = qujing.products.set_index("product_id")
    chemical = products.loc[frame["product_id"], "needs_chemical_park"].to_numpy(dtype=bool)
    assert chemical.any()
    assert frame.loc[chemical, "park_1"].isna().all()
    assert frame.loc[chemical, "needs_first"].str.contains("chemical_park").all()
    assert frame.loc[~chemical, "park_1"].notna().all()
    assert frame.loc[~chemical, "park_parts_en"].str.contains("leading industry").all()
    parks = qujing.table("parks").copy()
    parks["chemical_park"] = parks["name_zh"].str.contains("沾益")
    other = cg.build_plan(
        qujing.with_tables(parks=parks), years="2026-2028", stability=0, draws=0, **BUDGETS
    ).projects.frame
    assert other.loc[other["park_1"].notna() & chemical, "park_1"].str.contains("沾益").all()
    assert other.loc[chemical, "park_1"].notna().all()


def test_one_group_stands_first_for_few_projects(live, qujing):
    counts = live.projects.frame.drop_duplicates("product_id")["target_1"].value_counts()
    assert counts.max() <= 2
    one = cg.build_plan(
        qujing, years="2026-2028", stability=0, draws=0, group_projects=1, **BUDGETS
    ).projects.frame
    assert one.drop_duplicates("product_id")["target_1"].dropna().is_unique


def test_investment_rests_on_projects_each_once():
    row = {
        "project_id": "a", "group_zh": "甲", "company_zh": "甲", "product_id": "x", "product_ids": "x",
        "capacity": 100.0, "investment_cny_100m": 1.0, "scope": "product", "event": "signed",
    }  # fmt: skip
    table = pd.DataFrame([
        row, row | {"project_id": "b", "event": "started"},  # the same project, seen again
        row | {"project_id": "c", "group_zh": "乙", "investment_cny_100m": 3.0},
        row | {"project_id": "d", "group_zh": "丙", "product_ids": "x; y"},
        row | {"project_id": "e", "group_zh": "丁", "scope": "programme"},
        row | {"project_id": "f", "group_zh": "戊", "event": "cancelled"},
        row | {"project_id": "g", "group_zh": "己", "capacity": np.nan},
    ])  # fmt: skip
    assert project_costs(table)["cost"].tolist() == [1e6, 3e6]


def test_capital_says_what_it_rests_on(qujing):
    study = cg.open_study(qujing)
    capital = read_capital(study)
    find = study.product_graph.find
    assert capital.basis[find("lithium_carbonate")] == "projects"
    assert capital.number[find("lithium_carbonate")] >= 3
    known = ~np.isnan(capital.middle)
    assert (capital.low[known] <= capital.middle[known]).all()
    assert (capital.middle[known] <= capital.high[known]).all()
    ratio = capital.basis == "ratio"
    assert capital.middle[ratio] == pytest.approx(1.1 * study.price[ratio])
    assert not (read_capital(study, defaults=False).basis == "ratio").any()
    assert capital.lag[find("lithium_carbonate")] == 2  # 20 months
    assert capital.lag[find("polysilicon")] == 1
    half = read_capital(study, hours=4000).power
    assert half[find("lithium_carbonate")] == pytest.approx(
        2 * capital.power[find("lithium_carbonate")]
    )


# --- files


def test_a_plan_is_read_again(golden, tmp_path):
    path = tmp_path / "plan.toml"
    golden.save(path)
    saved = cg.read_plan(path)
    frame = golden.projects.frame
    assert saved.params["value_cny_100m"] == golden.params["value_cny_100m"]
    assert saved.params["budget"] == {"investment_cny_100m": 150, "power_mw": 800}
    assert saved.projects["project_id"].tolist() == frame["project_id"].tolist()
    assert saved.projects["size"].tolist() == frame["size"].tolist()
    assert [change["do"] for change in saved.changes] == ["build"] * len(frame)
    assert len(saved.capacities(2026)) == int((frame["commissioned"].astype(int) <= 2026).sum())
    assert {r["product_id"] for r in saved.capacities()} == set(frame["product_id"])


def test_files_that_are_no_plans_are_refused(tmp_path):
    path = tmp_path / "plan.toml"
    with pytest.raises(FileProblemError, match=r"plan\.toml"):
        cg.read_plan(path)
    path.write_text("schema = 1\n", encoding="utf-8")
    with pytest.raises(OptionError, match="is no plan"):
        cg.read_plan(path)
    path.write_text("schema = \n", encoding="utf-8")
    with pytest.raises(OptionError, match="is not TOML"):
        cg.read_plan(path)
    path.write_bytes("schema = 1 # 计划".encode("gbk"))
    with pytest.raises(FileProblemError, match="not UTF-8"):
        cg.read_plan(path)
    head = 'schema = 1\n[plan]\nx = 1\n[[change]]\nproduct = "foil"\n'
    for rest in ("", 'size = -1\nfrom = "2026"\n', "size = 5\n", 'size = "5"\nfrom = "2026"\n'):
        path.write_text(head + rest, encoding="utf-8")
        with pytest.raises(OptionError, match=r"entry 1 of \[\[change\]\]"):
            cg.read_plan(path)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_workbook_has_every_table_with_figures(golden, lang):
    book = openpyxl.load_workbook(io.BytesIO(render_plan(golden, ".xlsx", lang=lang)))
    assert len(book.sheetnames) == len(golden.parts) + 1
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[1]]
    money = header.index("投资 (亿元)" if lang == "zh" else "Investment (100m CNY)")
    total = sum(sheet.cell(row, money + 1).value for row in range(2, 2 + len(golden.projects)))
    assert total == pytest.approx(150, abs=0.01)
    assert not any(str(cell).endswith(("_zh", "_en")) for cell in header)


def test_every_format_shows_the_tables(live, tmp_path):
    data = json.loads(live.to_json())
    assert set(data["tables"]) == set(live.parts)
    assert "NaN" not in live.to_json()
    text = live.to_text("en")
    assert "Programme" in text
    assert "项目计划" in live.to_markdown("zh")
    live.save(tmp_path / "plan.csv")
    assert len(pd.read_csv(tmp_path / "plan.csv")) == len(live.projects)
    with pytest.raises(OptionError, match=r"plan\.pdf"):
        live.save(tmp_path / "plan.pdf")


def test_the_date_of_the_data_is_said_where_the_years_are_others(live, golden):
    assert any("2025-12" in said and "2026" in said for said in live.projects.sentences("en"))
    assert any("40% / 70% / 90%" in said for said in live.projects.sentences("zh"))
    assert any("100%" in said for said in golden.projects.sentences("en"))


# --- the command


def test_the_command_writes_every_format(tmp_path):
    options = ("toy", "--years", "2025", "--stability", "0", "--draws", "10", "--budget", "count=2")
    text = run("plan", *options, "--lang", "en").stdout
    assert "Foil" in text
    assert "Cannot be judged, because" in text
    assert run("plan", *options).stdout == run("plan", *options).stdout
    for suffix in ("toml", "xlsx", "json", "csv", "md"):
        run("plan", *options, "-o", tmp_path / f"plan.{suffix}")
        assert (tmp_path / f"plan.{suffix}").stat().st_size > 500
    assert cg.read_plan(tmp_path / "plan.toml").params["budget"] == {"count": 2}
    shown = run("plan", *options, "--lang", "zh", "-f", "md").stdout
    assert shown.startswith("## 项目计划")
    after = run(
        "plan", *options, "--after", "foil:cell", "--together", "foil：cell", "--must", "foil=600"
    )
    assert after.exit_code == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--budget", "20e9"), "must name what it bounds, with its unit"),
        (("--budget", "investment=150"), "'investment' needs its unit: investment_cny_100m"),
        (("--budget", "invesment_cny_100m=150"), "did you mean: investment_cny_100m"),
        (("--budget", "water=5"), "no budget 'water'"),
        (("--budget", "power_mw=-5"), "power_mw must be a number from 0 to 1e9, not '-5.0'"),
        (("--budget", "power_mw=many"), "'many' in 'power_mw=many' is not a number"),
        (("--budget", "power_mw=5", "--budget", "power_mw=6"), "'power_mw' is given twice"),
        (("--per-year", "count=1.5"), "whole number of plants"),
        (("--per-year", "5"), "--per-year must name what it bounds"),
        (("--years", "2019-2021"), "before the data, which are of 2024-12"),
        (("--years", "soon"), "years must follow one another"),
        (("--years", "2028-2026"), "years must follow one another"),
        (("--years", "2025-2050"), "at most 10"),
        (("--ramp", "0.4,2"), "the ramp must be shares"),
        (("--local-use", "50"), "must be a share from 0 to 1"),
        (("--market", "county"), "market must be region, province or km"),
        (("--must", "cooper=5"), "no product 'cooper'"),
        (("--must", "foil=-5"), "must be a number above 0"),
        (("--never", "nothing"), "no product 'nothing'"),
        (("--after", "foil"), "takes two products"),
        (("--after", "foil:foil"), "two different products"),
        (("--must", "foil=9000", "--budget", "count=0"), "count is 0, it must be at least"),
        (("-o", "plan.pdf"), "plan.pdf"),
        (("-f", "xlsx"), "xlsx"),
    ],
)
def test_wrong_input_gets_one_sentence(options, said):
    assert said.casefold() in failure("plan", "toy", *options, status=2).casefold()


def test_reading_what_is_asked():
    assert read_budget({"count": 2, "investment_cny_100m": 5}) == {
        "investment_cny_100m": 5,
        "count": 2,
    }
    assert read_years((2026, 2028), "2025-12") == (2026, 2027, 2028)
    assert read_years([2026, 2027], None) == (2026, 2027)
    assert read_years("2025", "2025-12") == (2025,)
    for wrong in ([2026, 2025], "x", [2026.5], [], True):
        with pytest.raises(OptionError):
            read_years(wrong, "2025-12")
    with pytest.raises(OptionError, match="must be given"):
        read_years(None, None)
    assert read_ramp([0.5]) == (0.5,)
    for wrong in ([], [0], [1.1], ["x"], None):
        with pytest.raises(OptionError):
            read_ramp(wrong)
    for wrong in (0, -5, "county", True, 1e9, float("nan")):
        with pytest.raises(OptionError):
            read_market(wrong)
    with pytest.raises(OptionError, match="must name what it bounds"):
        read_budget(150)


def test_an_open_study_and_a_state_hold_their_assumptions(toy):
    study = cg.open_study(toy, load="full")
    made = toy_plan(study)
    assert made.params["load"] == "full"
    assert made.params["statuses"] == {"operating": 1.0}
    assert toy_plan(study.state("乙市")).params["region"] == "乙市"
    with pytest.raises(UnknownNameError):
        toy_plan(toy, region="无此市")
    with pytest.raises(OptionError, match="load"):
        toy_plan(study, load=0.5)
    with pytest.raises(OptionError, match="statuses"):
        toy_plan(study, statuses="operating,construction")
    assert toy_plan(toy).params["statuses"] == {"operating": 1.0, "construction": 1.0}


def test_every_region_gets_an_answer(qujing):
    for region in ("昭通市", "钦州市", "楚雄彝族自治州", "云南省", "曲靖市 + 昆明市"):
        made = cg.build_plan(qujing, region=region, stability=0, draws=5)
        assert made.params["region"] == region
        assert made.to_text("en")
        assert len(made.steps) >= 3


@examples(6)
@given(some_tables(), st.randoms(use_true_random=False))
def test_small_datasets_in_any_row_order_give_the_same_plan(tables, random):
    shuffled = {name: random.sample(rows, len(rows)) for name, rows in tables.items()}
    made, turned = (
        cg.build_plan(dataset(t), region="*", years=2025, stability=1, draws=3)
        for t in (tables, shuffled)
    )
    assert (
        made.projects.frame["project_id"].tolist() == turned.projects.frame["project_id"].tolist()
    )
    assert made.params["value_cny_100m"] == pytest.approx(turned.params["value_cny_100m"], rel=1e-6)
    assert made.to_text("zh")
    assert render_plan(made, ".toml")
