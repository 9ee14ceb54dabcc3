"""A study computed on: matrices, scenarios, sensitivity, draws, assumptions changed."""

from __future__ import annotations

import numpy as np
import pymrio
import pytest

import chaingraph as cg
from chaingraph.errors import OptionError
from chaingraph.products import goal_vector
from chaingraph.solving import total_requirements

# two alternatives for one need, 3 to 1; a chain of three stages; a by-product
PRODUCTS = "ore metal foil lead gas cell"
INPUTS = [
    ("ore", "metal", 2.0), ("metal", "foil", 1.1),
    ("foil", "cell", 4.0, {"alternative_group": "plate", "share": 0.75}),
    ("lead", "cell", 8.0, {"alternative_group": "plate", "share": 0.25}),
    ("metal", "gas", 50.0, {"role": "byproduct"}),
]  # fmt: skip
MAKERS = [("m", "metal", 500.0), ("f", "foil", 100.0), ("c", "cell", 60.0)]


def find(state, name):
    return state.study.product_graph.find(name)


@pytest.fixture
def small(build):
    return build(PRODUCTS, INPUTS, MAKERS, as_of="2024-12")


def test_matrices_of_a_case_by_hand(small):
    found = cg.open_study(small, load={"cell": 0.5}).matrix()
    assert found.coefficients.loc["foil", "cell"] == 3.0
    assert found.coefficients.loc["lead", "cell"] == 2.0
    assert found.coefficients.loc["metal", "gas"] == 0.0  # a by-product is not consumed
    assert found.output["cell"] == 30.0
    assert found.demand[["foil", "lead", "metal", "ore"]].tolist() == pytest.approx(
        [90, 60, 110, 1000]
    )
    assert found.supply["gas"] == 10.0  # 500 t of metal give one for each 50
    assert found.supply["cell"] == 60.0


def test_matrices_explain_the_demand(small):
    found = cg.open_study(small, goal={"cell": 5}).matrix()
    assert found.final["cell"] == 5
    assert (found.coefficients @ found.output + found.final).to_numpy() == pytest.approx(
        found.demand.to_numpy()
    )


def test_matrices_of_bundled_data_explain_what_is_known(qujing):
    found = cg.open_study(qujing).matrix("昆明市")
    known = found.coefficients.notna().all(axis=1) & found.output.notna().all()
    rows = found.coefficients[known | (found.coefficients.notna().all(axis=1))]
    taken = rows.fillna(0) @ found.output.fillna(0)
    demand = found.demand[rows.index]
    here = demand.notna()
    assert here.sum() > 100
    assert taken[here].to_numpy() == pytest.approx(demand[here].to_numpy(), rel=1e-6, abs=1e-6)


def test_total_requirements_of_the_matrices_agree_with_numpy_and_pymrio(small):
    study = cg.open_study(small)
    found, state = study.matrix(), study.state()
    wanted = goal_vector(study.product_graph, {"cell": 7.0})
    ours = total_requirements(study.product_graph, wanted, state.share).total
    matrix = found.coefficients.to_numpy()
    assert ours == pytest.approx(np.linalg.solve(np.eye(len(matrix)) - matrix, wanted))
    inverse = pymrio.calc_L(found.coefficients)
    assert ours == pytest.approx(inverse.to_numpy() @ wanted)
    assert ours[study.product_graph.find("ore")] == pytest.approx(7 * 3 * 1.1 * 2)


def test_links_without_a_figure_are_missing_in_the_matrix(build):
    ds = build("a b", [("a", "b", None)], [("s", "b", 5)])
    found = cg.open_study(ds).matrix()
    assert np.isnan(found.coefficients.loc["a", "b"])
    assert np.isnan(found.demand["a"])


def test_scenarios_side_by_side(small):
    study = cg.open_study(small)
    rows = [{"product_id": "foil", "capacity": 30}]
    found = study.compare({"base": {}, "half": {"load": 0.5}, "more": {"capacities": rows}})
    gap = found.frame.pivot_table(index="product_id", columns="scenario", values="gap")
    assert gap.loc["foil"].to_dict() == {"base": 80.0, "half": 0.0, "more": 50.0}
    assert gap.loc["lead"].to_dict() == {"base": 120.0, "half": 60.0, "more": 120.0}
    for name, changes in (("base", {}), ("half", {"load": 0.5})):
        alone = cg.calculate_balance(small, **changes).frame.set_index("product_id")
        mine = found.frame[found.frame["scenario"] == name].set_index("product_id")
        for column in ("demand_low", "demand", "demand_high", "gap_low", "gap", "gap_high"):
            assert mine.loc[alone.index, column].to_numpy() == pytest.approx(
                alone[column].to_numpy()
            )
    assert {len(part) for _, part in found.frame.groupby("scenario")} == {6}
    again = found.rerun(scenarios={"double": {"load": 1.0}})
    assert again["scenario"].unique().tolist() == ["double"]


def test_scenarios_of_several_regions(qujing):
    study = cg.open_study(qujing, bounds=False)
    found = study.compare({"now": {}, "then": {"at": "2021-12"}}, region=["曲靖市", "昆明市"])
    assert found.frame.groupby("scenario")["region"].unique().map(list).to_dict() == {
        "now": ["曲靖市", "昆明市"], "then": ["曲靖市", "昆明市"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("scenarios", "said"),
    [
        ({}, "no scenario"),
        ({"x": {"loads": 1}}, "'loads' is no assumption"),
        ({"x": {"load": "half"}}, "load"),
    ],
)
def test_scenarios_that_cannot_be_used(small, scenarios, said):
    with pytest.raises(OptionError, match=said):
        cg.open_study(small).compare(scenarios)


def test_assumptions_changed_keep_the_others(small):
    study = cg.open_study(small, load=0.5, goal={"cell": 3}, stale="keep")
    other = study.with_assumptions(goal={"cell": 4})
    assert other.asked == study.asked | {"goal": {"cell": 4.0}}
    state = study.state().with_capacity([{"product_id": "foil", "capacity": 10}])
    moved = state.with_assumptions(load=1.0)
    assert moved.added == (("foil", 10.0),)
    assert moved.gap.point[find(moved, "foil")] == pytest.approx(180 - 110)


def test_sensitivity_by_hand(small):
    found = cg.measure_sensitivity(small, "metal", change=0.5).frame.set_index(
        ["factor", "output_id"]
    )
    assert found["demand_shift"].to_dict() == pytest.approx(
        {("coefficient", "foil"): 55.0, ("load", "foil"): 55.0, ("supply", "metal"): 0.0}
    )
    assert (found["gap_shift"] == 0).all()  # 500 t are there for 110: no gap opens
    foil = cg.measure_sensitivity(small, "foil").frame.set_index("factor")
    assert foil["gap"].iloc[0] == 80.0
    assert foil.loc["coefficient", "gap_shift"] == pytest.approx(18.0)
    assert foil.loc["supply", "gap_shift"] == pytest.approx(-10.0)
    assert foil.loc["coefficient", "elasticity"] == pytest.approx(18 / 80 / 0.1)


def test_sensitivity_is_what_a_change_of_the_load_does(small):
    told = cg.measure_sensitivity(small, "foil", change=-0.2).frame.set_index("factor")
    less = cg.open_study(small, load={"cell": 0.8}).state()
    assert (
        told.loc["load", "gap"] + told.loc["load", "gap_shift"]
        == less.gap.point[find(less, "foil")]
    )


def test_sensitivity_to_the_load_of_a_carrier(build):
    more = [("gas", "cell", 1.0)]
    ds = build(PRODUCTS, [*INPUTS, *more], MAKERS)
    told = cg.measure_sensitivity(ds, "gas", change=0.1).frame.set_index(["factor", "output_id"])
    assert told.loc[("load", "gas"), ["input_id", "gap_shift"]].tolist() == [
        "metal",
        pytest.approx(-1.0),
    ]
    assert told.loc[("load", "cell"), "gap_shift"] == pytest.approx(6.0)


@pytest.mark.parametrize("change", [0, -1.5, float("nan"), "0.1", None, True])
def test_changes_that_cannot_be_used(small, change):
    with pytest.raises(OptionError, match=r"can't be measured|takes float as 'change'"):
        cg.measure_sensitivity(small, "foil", change=change)


def test_a_change_may_take_all_away(small):
    told = cg.measure_sensitivity(small, "foil", change=-1).frame.set_index("factor")
    assert told.loc["coefficient", "gap_shift"] == -80.0


RANGE = [("foil", "cell", 4.0, {"low": 3.0, "high": 5.0})]


def test_draws_are_those_of_the_intervals(build):
    ds = build("foil cell", RANGE, [("c", "cell", 10)])
    drawn = cg.draw_demand(ds, draws=300, seed=7)
    assert drawn["draw"].tolist() == list(range(1, 301))
    ends = cg.calculate_balance(ds, draws=300, seed=7).frame.set_index("product_id").loc["foil"]
    low, high = np.quantile(drawn["demand"], [0.05, 0.95])
    assert (low, high) == (ends["demand_likely_low"], ends["demand_likely_high"])
    assert drawn.rerun(seed=7)["demand"].equals(drawn["demand"])
    assert not drawn.rerun(seed=8)["demand"].equals(drawn["demand"])
    assert cg.draw_demand(ds, products=["cell"], draws=5).frame.empty
