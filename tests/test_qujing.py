"""The flagship case: the bundled data of Qujing against figures worked out apart from the package."""

from __future__ import annotations

from pathlib import Path

import pytest

import chaingraph as cg

BUILT = ["operating", "construction"]


@pytest.fixture(scope="module")
def gaps(qujing):
    return cg.find_gaps(qujing, draws=0).frame.set_index("product_id")


@pytest.fixture(scope="module")
def balances(qujing):
    """Return the balance at the end of 2021 and of 2024."""
    dates = ("2021-12", "2024-12")
    return {at: cg.calculate_balance(qujing, at=at).frame.set_index("product_id") for at in dates}


# datasets/README.md, "How Qujing looks"
@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (
            "2021-12",
            {"lfp": 125e3, "wafer": 40, "mono_ingot": 40, "primary_aluminium": 680e3,
             "prebaked_anode": 600e3},
        ),
        (
            "2024-12",
            {"lfp": 235e3, "lmfp": 110e3, "wafer": 40, "cell_topcon": 10, "pv_module": 5,
             "primary_aluminium": 680e3},
        ),
    ],
)  # fmt: skip
def test_capacity_at(balances, at, expected):
    assert balances[at].loc[list(expected), "capacity"].to_dict() == pytest.approx(expected)


def test_no_cells_and_modules_at_the_end_of_2021(balances):
    frame = balances["2021-12"]
    for name in ("cell_topcon", "pv_module", "lmfp"):
        assert name not in frame.index or frame.loc[name, "makers"] == 0


def test_default_date_is_that_of_the_data(qujing):
    assert qujing.as_of >= "2024-12"
    default = cg.calculate_balance(qujing)
    assert default.params["at"] == qujing.as_of
    assert default.params["region"] == "曲靖市"
    assert default.frame.equals(cg.calculate_balance(qujing, at=qujing.as_of).frame)


# datasets/README.md, "How Qujing looks": under construction at the end of 2024
@pytest.mark.parametrize(
    ("product", "construction"),
    [
        ("cell_lfp_cyl", 23),
        ("polysilicon", 60e3),
        ("cell_topcon", 13),
        ("mono_ingot", 20),
        ("wafer", 30),
    ],
)
def test_under_construction(balances, product, construction):
    assert balances["2024-12"].loc[product, "construction"] == pytest.approx(construction)


# The frozen data of 1.1.0 at full load: demands worked out apart from the package from coefficients and
# capacities (the table of their README). Choices between alternatives stand for themselves below.
FULL = [
    ("lithium_carbonate", 74_520),
    ("electricity", 15.17e6),
    ("alumina", 1_312_400),
    ("aluminium_scrap", 108_000),
    ("map_industrial", 255_300),
    ("silver_paste", 90),
    ("nitric_acid", 437_500),
    ("pv_frame", 27_550),
    ("lithium_hydroxide", 6_800),
    ("coal_tar_pitch", 135_000),
    ("coal", 710_000),
    ("pure_iron", 102_375),
    ("industrial_silicon", 52_000),
    ("calcined_coke", 585e3),
    ("diamond_wire", 16e6),
    ("manganese_tetroxide", 31.9e3),
    ("backsheet", 13),
    ("hydrofluoric_acid_49", 12e3),
]


@pytest.fixture(scope="module")
def full():
    """Return the balance of the frozen data with every plant at its capacity."""
    ds = cg.load_dataset(Path(__file__).parent / "data" / "datasets_1_1_0" / "qujing")
    return cg.calculate_balance(ds, load="full").frame.set_index("product_id")


@pytest.mark.parametrize(("product", "demand"), FULL, ids=[row[0] for row in FULL])
def test_demand_at_full_load(full, product, demand):
    row = full.loc[product]
    assert row["demand_full"] == pytest.approx(demand, rel=1e-3)
    assert row["demand_low"] <= demand * 1.001
    assert row["demand_high"] >= demand * 0.999


def test_silicon_is_charged_once(full):
    """40 GW of ingots take rods or granules: each could be all of it, together they are one need."""
    rods, granules = full.loc["polysilicon"], full.loc["granular_silicon"]
    assert rods["demand_full"] + granules["demand_full"] == pytest.approx(71_628 + 17_210, rel=0.01)
    assert rods["demand_low"] == granules["demand_low"] == 0
    for row in (rods, granules):
        assert row["demand_high"] > rods["demand_full"] + granules["demand_full"]
        assert "either_or" in row["reasons"]


def test_nothing_is_called_missing_that_nobody_looked_for(qujing, gaps):
    assert "missing" not in set(gaps["gap_kind"])
    looked = gaps[gaps["gap_kind"] == "missing_likely"]
    surveys = qujing.table("surveys").query("region == '曲靖市' and result == 'none'")
    assert set(looked.index) <= set(surveys["products"].str.cat(sep=";").split(";"))
    assert {"lithium_carbonate", "lithium_hydroxide", "alumina", "silver_paste"} <= set(
        looked.index
    )
    assert (looked["evidence"] == "absent_likely").all()
    assert gaps.loc["polysilicon", ["gap_kind", "verb"]].tolist() == ["coming", "follow"]
    assert gaps.loc["nitrogen_gas", ["gap_kind", "verb"]].tolist() == ["on_site", "own_plant"]
    assert gaps.loc["aluminium_scrap", "list"] == "cooperation"
    assert gaps.loc["alumina", ["list", "then"]].tolist() == ["cooperation", "contract"]


def test_every_figure_of_the_gaps_lies_within_its_ends(gaps):
    for name in ("demand", "gap", "gap_value_cny"):
        known = gaps[gaps[name].notna() & gaps[f"{name}_high"].notna()]
        assert (known[f"{name}_low"] <= known[name]).all()
        assert (known[name] <= known[f"{name}_high"]).all()


def test_copper_foil_with_construction_has_a_maker_without_figure(qujing):
    """Its local maker was last seen under construction in July 2022: over 24 months later it no longer counts."""
    found = [
        cg.find_gaps(qujing, statuses=BUILT, at=at, draws=0).frame.set_index("product_id")
        for at in ("2024-07", "2024-08")
    ]
    assert found[0].loc["copper_foil", "gap_kind"] == "unquantified"
    assert found[0].loc["copper_foil", "evidence"] == "rows_bare"
    assert found[1].loc["copper_foil", "gap_kind"] == "unseen"
    assert found[1].loc["copper_foil", "stale_rows"] == 1


def test_aluminium_needs_alumina_that_nobody_makes(balances):
    row = balances["2024-12"].loc["alumina"]
    assert 1.31e6 <= row["demand_full"] <= 1.35e6  # 680 kt at 1.92 to 1.98 t/t
    assert row["demand_low"] < row["demand"] < row["demand_full"]  # smelters run at 96%
    assert row["makers"] == 0
    assert row["capacity"] == 0
    assert row["coverage"] == 0


def test_cells_use_a_fraction_of_the_local_cathode(qujing):
    # 23 GWh of cylindrical LFP cells at about 2,300 t/GWh take 53 kt of 235 kt of LFP.
    result = cg.find_gaps(qujing, statuses=BUILT, draws=0).frame.set_index("product_id")
    assert result.loc["cell_lfp_cyl", "capacity"] == 23
    assert 0.1 < result.loc["lfp", "demand_full"] / result.loc["lfp", "capacity"] < 0.5
    assert result.loc["lfp", "gap_kind"] == "surplus"
    assert result.loc["lfp", "action"] == "extend"


def test_what_cannot_be_recruited_is_in_a_list_of_its_own(gaps):
    supply = gaps[gaps["list"] == "supply"]
    assert set(supply["product_kind"]) <= {"resource", "energy"}
    assert {"electricity", "coal", "coking_coal"} <= set(supply.index)
    assert not {"alumina", "lithium_carbonate"} & set(supply.index)
    first = supply[supply["under"].isna()]
    assert sorted(first["rank"]) == list(range(1, len(first) + 1))


def test_every_figure_of_a_product_is_backed_by_rows(qujing, balances):
    for product in ("alumina", "cell_topcon", "wafer", "polysilicon"):
        rows = cg.explain_product(qujing, product).frame
        figures = balances["2024-12"].loc[product]
        demand = rows.loc[rows["aspect"] == "demand", "quantity"].sum()
        assert demand == pytest.approx(figures["demand"])
        supply = rows.loc[rows["aspect"] == "supply", "quantity"].sum()
        assert supply == pytest.approx(figures["capacity"])
        assert (rows["source_url"].notna() | rows["note"].notna()).all()
        assert rows["origin"].str.fullmatch(r"[a-z]+/(inputs|capacities)\.csv:\d+").all()


# The city's own figures of August 2023, built and under construction: 80 GW of wafers, 33 GW of cells,
# 10 GW of modules (datasets/qujing/indicators.csv, https://99sj.cn/Agri/Info/5934.html), 1 GW for 1 GW.
@pytest.mark.parametrize("statuses", [BUILT, {"operating": 1, "construction": 1}])
def test_photovoltaics_of_august_2023(build, statuses):
    products = [
        (name, "GW", 1.0, {"chains": "pv"}) for name in ("wafer", "cell", "module", "plant")
    ]
    links = [("wafer", "cell", 1), ("cell", "module", 1), ("module", "plant", 1)]
    makers = [
        ("ingots", "wafer", 40, {"phase": "1"}),
        ("ingots", "wafer", 40, {"status": "construction", "phase": "2"}),
        ("cells", "cell", 33, {"status": "construction"}), ("modules", "module", 10),
    ]  # fmt: skip
    ds = build(products, links, makers, as_of="2023-08", focus="here")
    frame = cg.calculate_balance(ds, statuses=statuses).frame.set_index("product_id")
    assert frame["balance"].to_dict() == {"wafer": 47, "cell": 23, "module": 10}
    assert frame["coverage"].dropna().to_dict() == {"wafer": 1, "cell": 1}
    gaps = cg.find_gaps(ds, statuses=statuses).frame
    assert not set(gaps["gap_kind"]) & {"missing", "short"}
    assert gaps.set_index("product_id").loc["module", ["gap_kind", "open_outputs"]].tolist() == [
        "surplus", "plant",
    ]  # fmt: skip
