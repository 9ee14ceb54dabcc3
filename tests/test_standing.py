"""Which capacity rows stand at a date: phases, events, staleness, what is counted elsewhere, company totals."""

from __future__ import annotations

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.engines import collect
from chaingraph.enterprises import (
    LEVELS,
    count_undated,
    local_capacity,
    local_rows,
    national_capacity,
    own_pairs,
    plant_sizes,
    site_rows,
    stale_before,
    stand,
    standing_rows,
)
from chaingraph.events import plant_signs
from chaingraph.groups import makers_by_site
from chaingraph.regions import Named, Region

pl = pytest.importorskip("polars")
duckdb = pytest.importorskip("duckdb")

CONNECTION = duckdb.connect()
ENGINES = ["pandas", "polars", "polars-lazy", "duckdb"]
AT = "2024-12"
RUNNING = {"operating": 1.0}
BOTH = {"operating": 1.0, "construction": 0.8}
TEXTS = (
    "enterprise_id", "product_id", "status", "scope", "since", "until", "as_of", "source_url",
    "note", "phase", "included_in", "last_confirmed", "since_basis",
)  # fmt: skip
LINKS = pd.DataFrame({"input_id": ["x", "y", "y", "z"], "output_id": ["y", "z", "w", "x"]})
SITE = ("enterprise_id", "name_zh", "group_zh", "province", "city", "county", "park")


def native(engine, columns):
    """Return columns of texts and numbers as a native frame of an engine."""
    kinds = {
        name: pl.Float64 if name in {"capacity", "lat", "lon"} else pl.String for name in columns
    }
    if engine == "pandas":
        kind = {name: "float64" if kinds[name] == pl.Float64 else "str" for name in columns}
        return pd.DataFrame({n: pd.Series(v, dtype=kind[n]) for n, v in columns.items()})
    eager = pl.DataFrame(columns, schema=kinds)
    if engine == "duckdb":
        return CONNECTION.from_arrow(eager.to_arrow())
    return eager.lazy() if engine == "polars-lazy" else eager


def rows_of(engine, *rows, without=()):
    """Return capacity rows, given as what differs from an operating row of site a and product x."""
    plain = {"enterprise_id": "a", "product_id": "x", "status": "operating", "scope": "site"}
    names = [name for name in (*TEXTS, "capacity") if name not in without]
    return native(engine, {name: [(plain | row).get(name) for row in rows] for name in names})


def sites_of(engine, *sites):
    plain = {"city": "市", "lat": 30.0, "lon": 110.0, "name_zh": "厂"}
    names = (*SITE, "lat", "lon")
    return native(engine, {name: [(plain | site).get(name) for site in sites] for name in names})


def standing(engine, *rows, at=AT, statuses=BOTH, **options):
    frame = nw.from_native(rows_of(engine, *rows))
    found = collect(standing_rows(frame, at=at, statuses=statuses, **options))
    return found.sort_values(["enterprise_id", "status", "capacity", "since"], ignore_index=True)


def total(*rows, engine="pandas", **options):
    return float(standing(engine, *rows, **options)["effective"].sum())


def construction(**changes):
    return {"status": "construction", "capacity": 100.0, "since": "2023-06", **changes}


def signs(*events):
    return pd.DataFrame(events, columns=["enterprise_id", "product_id", "date", "event"])


@pytest.mark.parametrize("engine", ENGINES)
def test_construction_ends_where_its_running_begins(engine):
    rows = construction(since="2022"), {"capacity": 100.0, "since": "2023-05"}
    assert total(*rows, engine=engine) == 100
    assert total(*rows, engine=engine, at="2023-04") == pytest.approx(80)
    assert total(*rows, engine=engine, at="") == 100


@pytest.mark.parametrize("engine", ENGINES)
def test_phases_of_other_names_both_stand(engine):
    rows = construction(phase="2", capacity=300.0), {"phase": "1", "capacity": 100.0}
    assert total(*rows, engine=engine) == 100 + 0.8 * 300
    same = construction(phase="1", capacity=300.0), {"phase": "1", "capacity": 100.0}
    assert total(*same, engine=engine) == 100


@pytest.mark.parametrize(
    ("running", "stands"),
    [(80.0, False), (79.9, True), (120.0, False), (120.1, True), (None, True)],
)
def test_a_phase_without_a_name_is_known_by_its_size(running, stands):
    found = standing("pandas", construction(), {"capacity": running})
    assert ("construction" in set(found["status"])) is stands


@pytest.mark.parametrize(("building", "running"), [(0.3, 0.36), (0.7, 0.84), (1.1, 0.88)])
def test_twenty_percent_is_twenty_percent_in_binary_too(building, running):
    assert len(standing("pandas", construction(capacity=building), {"capacity": running})) == 1


@pytest.mark.parametrize(
    ("running", "stands"),
    [
        (
            {"since": "2023-05"},
            True,
        ),  # ran before the building began: another plant of the same size
        ({"since": "2023-06"}, False),
        ({"since": "2023"}, False),  # some day of that year
        ({"as_of": "2023-05"}, True),  # seen running before the building began
        ({"as_of": "2023-06"}, False),
        ({}, False),
        ({"status": "trial"}, False),
        ({"status": "closed"}, True),
        ({"product_id": "y"}, True),
        ({"enterprise_id": "b"}, True),
        ({"scope": "group"}, True),
        ({"scope": None}, False),
        ({"phase": "1"}, False),  # only one of the two names a phase
        ({"until": "2024-06"}, True),
        ({"since": "2023-05", "since_basis": "inferred"}, True),
    ],
)
@pytest.mark.parametrize("engine", ["pandas", "polars-lazy", "duckdb"])
def test_what_ends_construction(engine, running, stands):
    found = standing(engine, construction(), {"capacity": 100.0, **running})
    assert ("construction" in set(found["status"])) is stands


def test_a_start_of_construction_that_is_only_a_date_of_a_page_is_none():
    rows = construction(since_basis="as_of"), {"capacity": 100.0, "since": "2023-05"}
    assert len(standing("pandas", *rows)) == 1


def test_construction_with_a_known_end_is_not_ended_by_guess():
    found = standing("pandas", construction(until="2025-06"), {"capacity": 100.0})
    assert set(found["status"]) == {"operating", "construction"}


def test_construction_ends_though_operating_is_not_counted():
    rows = construction(), {"capacity": 100.0}
    assert total(*rows, statuses={"construction": 1.0}) == 0


@pytest.mark.parametrize("event", ["suspended", "cancelled"])
@pytest.mark.parametrize("status", ["construction", "planned"])
@pytest.mark.parametrize("engine", ENGINES)
def test_events_stop_what_is_to_come(engine, event, status):
    statuses = {"operating": 1.0, status: 1.0}
    rows = construction(status=status), {"capacity": 500.0}
    seen = signs(("a", "x", "2024-03", event))
    options = {"engine": engine, "statuses": statuses, "signs": seen}
    assert total(*rows, **options) == 500
    assert total(*rows, **options, at="2024-03") == 500
    assert total(*rows, **options, at="2024-02") == 600
    assert total(construction(status=status, product_id="y"), **options) == 100


@pytest.mark.parametrize(
    ("events", "stands"),
    [
        ([("2024-01", "suspended"), ("2024-06", "resumed")], True),
        ([("2024-06", "suspended"), ("2024-01", "resumed")], False),
        ([("2024", "suspended"), ("2024", "resumed")], True),
        ([("2024-06", "suspended"), ("2024", "resumed")], True),  # resumed by the end of the year
        ([("2024-01", "started"), ("2024-06", "commissioned")], True),
        ([("2025-01", "cancelled")], True),  # not yet known
    ],
)
def test_the_last_turn_decides(events, stands):
    found = signs(*(("a", "x", date, event) for date, event in events))
    assert (total(construction(), signs=found) > 0) is stands


@pytest.mark.parametrize(("as_of", "stands"), [("2024-03", False), ("2024-04", True)])
def test_a_later_page_speaks_against_a_stop(as_of, stands):
    found = total(construction(as_of=as_of), signs=signs(("a", "x", "2024-03", "suspended")))
    assert (found > 0) is stands


@pytest.mark.parametrize("engine", ENGINES)
def test_projects_are_signs_of_the_sites_they_mean(engine):
    projects = pd.DataFrame(
        [
            ("1", "2024-01", "suspended", "a", None, None, "x", None),
            ("2", "2024-02", "resumed", None, "甲", "市", None, "x; y"),
            ("3", "2024-03", "cancelled", None, "乙", "县", "x", None),  # no site of theirs there
            ("4", "2024-04", "cancelled", "a", None, None, "x", None),
            ("5", "2025-04", "cancelled", "a", None, None, "x", None),
        ],
        columns=["project_id", "date", "event", "enterprise_id", "group_zh", "city",
                 "product_id", "product_ids"],
    ).assign(scope=[None, None, None, "park", None])  # fmt: skip
    sites = [
        {"enterprise_id": "a", "group_zh": "乙"}, {"enterprise_id": "b", "group_zh": "甲"},
        {"enterprise_id": "c", "group_zh": "甲", "city": "县"}, {"enterprise_id": "甲"},
    ]  # fmt: skip
    frames = {
        "products": pd.DataFrame({"product_id": ["x", "y"]}),
        "enterprises": sites_of(engine, *sites),
        "projects": projects,
    }
    found = plant_signs(cg.dataset_from_frames(frames, as_of="2024-12"))
    assert found.to_numpy().tolist() == [
        ["a", "x", "2024-01", "suspended"],
        ["b", "x", "2024-02", "resumed"], ["b", "y", "2024-02", "resumed"],
        ["甲", "x", "2024-02", "resumed"], ["甲", "y", "2024-02", "resumed"],
    ]  # fmt: skip


def test_a_dataset_without_projects_has_no_signs():
    frames = {"products": pd.DataFrame({"product_id": ["x"]})}
    assert plant_signs(cg.dataset_from_frames(frames)).empty


@pytest.mark.parametrize("column", ["since", "as_of", "last_confirmed"])
@pytest.mark.parametrize(
    ("date", "stale"), [("2022-12", 0), ("2022-11", 1), ("2022-11-30", 1), ("2022", 0), ("2021", 1)]
)
@pytest.mark.parametrize("engine", ["pandas", "polars-lazy", "duckdb"])
def test_unseen_for_over_24_months_is_stale(engine, column, date, stale):
    row = construction(since=None) | {column: date}
    found = standing(engine, row)
    assert found["stale"].tolist() == [stale]
    assert found["counted"].tolist() == [1 - stale]
    assert found["effective"].tolist() == [pytest.approx(80 * (1 - stale))]
    kept = standing(engine, row, stale="keep")
    assert (kept["stale"].tolist(), kept["counted"].tolist()) == ([stale], [1])


def test_the_newest_sign_decides_and_a_day_is_counted():
    assert stale_before("2024-12-15") == "2022-12-15"
    old = construction(since="2015", as_of="2022-12-14")
    assert standing("pandas", old, at="2024-12-15")["stale"].tolist() == [1]
    newer = {"last_confirmed": "2022-12-15"}
    assert standing("pandas", old | newer, at="2024-12-15")["stale"].tolist() == [0]


def test_events_are_signs():
    old = construction(since="2019", as_of="2020")
    for date, stale in (("2022-12", 0), ("2022-11", 1)):
        found = standing("pandas", old, signs=signs(("a", "x", date, "seen")))
        assert found["stale"].tolist() == [stale]


def test_what_has_no_date_is_not_stale_and_neither_is_what_runs():
    assert standing("pandas", construction(since=None))["stale"].tolist() == [0]
    assert standing("pandas", {"capacity": 1.0, "since": "1999"})["stale"].tolist() == [0]
    assert standing("pandas", construction(since="1999"), at="")["stale"].tolist() == [0]


def test_stale_construction_counts_at_no_factor():
    for factor in (0.1, 1.0):
        assert total(construction(since="2020"), statuses={"construction": factor}) == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_what_another_row_holds_is_a_maker_without_capacity(engine):
    rows = rows_of(
        engine, {"capacity": 125.0, "enterprise_id": "a"},
        {"capacity": None, "enterprise_id": "b", "included_in": "a"},
        {"capacity": 25.0, "enterprise_id": "c", "included_in": "a"},
    )  # fmt: skip
    sites = sites_of(engine, *({"enterprise_id": name} for name in "abc"))
    numbers = local_rows(sites, rows, level="city", at=AT, statuses=RUNNING).numbers
    shown = ("capacity", "makers", "makers_unquantified", "makers_partial", "rows_bare", "hhi")
    assert [float(numbers[name][0]) for name in shown] == [125, 3, 0, 0, 0, 1]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_latest_company_total_replaces(engine):
    group = {"scope": "group"}
    rows = (
        group | {"capacity": 500.0, "since": "2022"},
        group | {"capacity": 800.0, "since": "2024"},
    )
    sites = sites_of(
        engine, {"enterprise_id": "a", "group_zh": "甲"}, {"enterprise_id": "b", "group_zh": "甲"}
    )
    for office in ("a", "b"):  # at one head office, and at two
        own = rows_of(engine, rows[0], rows[1] | {"enterprise_id": office})
        at_2023, now = (
            national_capacity(sites, own, at=at, statuses=RUNNING) for at in ("2023", AT)
        )
        assert (at_2023["capacity"].tolist(), now["capacity"].tolist()) == ([500.0], [800.0])
        assert now["makers"].tolist() == [1]
        held = makers_by_site(sites, own, at=AT, statuses=RUNNING)
        assert held[["scope", "capacity"]].to_numpy().tolist() == [["group", 800.0]]


def test_a_smaller_latest_total_and_the_larger_sum_of_sites():
    group = {"scope": "group"}
    rows = (
        group | {"capacity": 800.0, "as_of": "2022"},
        group | {"capacity": 500.0, "as_of": "2024"},
    )
    sites = sites_of("pandas", {"enterprise_id": "a"})
    options = {"at": AT, "statuses": RUNNING}
    found = national_capacity(sites, rows_of("pandas", *rows), **options)
    assert found["capacity"].tolist() == [500]
    more = rows_of("pandas", *rows, {"capacity": 400.0}, {"capacity": 200.0, "since": "2020"})
    assert national_capacity(sites, more, **options)["capacity"].tolist() == [600]
    twice = rows_of("pandas", *rows[1:], *rows[1:])  # filed twice: one figure
    assert national_capacity(sites, twice, **options)["capacity"].tolist() == [500]


@pytest.mark.parametrize("engine", ENGINES)
def test_national_capacity_without_a_figure_is_unknown(engine):
    rows = rows_of(
        engine, {"capacity": None}, {"capacity": None, "product_id": "y"},
        {"capacity": 5.0, "product_id": "y", "enterprise_id": "b"}, {"capacity": 0.0, "product_id": "z"},
    )  # fmt: skip
    sites = sites_of(engine, {"enterprise_id": "a"}, {"enterprise_id": "b"})
    found = national_capacity(sites, rows, at=AT, statuses=RUNNING).set_index("product_id")
    assert np.isnan(found.loc["x", "capacity"])
    assert found["capacity"].tolist()[1:] == [5, 0]
    assert found["makers"].tolist() == [1, 2, 1]
    assert found["makers_unquantified"].tolist() == [1, 1, 0]
    assert found["rows_bare"].tolist() == [1, 1, 0]


@pytest.mark.parametrize("engine", ENGINES)
def test_numbers_of_a_region(engine):
    rows = rows_of(
        engine,
        {"capacity": 60.0, "source_url": "https://example.org"},
        {"capacity": None},
        {"capacity": 30.0, "enterprise_id": "b", "status": "trial"},
        {"capacity": 10.0, "enterprise_id": "c", "note": "General knowledge"},
        {"capacity": None, "enterprise_id": "d"},
        construction(enterprise_id="b", capacity=7.0),
        construction(enterprise_id="b", capacity=None),
        construction(enterprise_id="c", capacity=20.0, since="2020"),
        {"capacity": 4.0, "status": "planned", "as_of": "2024"},
        {"capacity": 5.0, "status": "planned", "as_of": "2021"},
        {"capacity": 8.0, "status": "suspended"},
        {"capacity": 1.0, "status": "closed"},
        {"capacity": 3.0, "status": "planned", "product_id": "y"},
    )  # fmt: skip
    sites = sites_of(engine, *({"enterprise_id": name} for name in "abcd"))
    found = local_rows(sites, rows, level="city", at=AT, statuses=RUNNING)
    assert found.products[found.product].tolist() == ["x", "y"]
    numbers = {name: float(values[0]) for name, values in found.numbers.items()}
    assert numbers == pytest.approx({
        "capacity": 100, "capacity_low": 60, "construction": 7, "makers": 4, "makers_unquantified": 1,
        "makers_partial": 1, "rows_bare": 2, "hhi": 0.46, "top_share": 0.6, "figures_known": 0,
        "sourced_capacity": 60, "construction_rows": 2, "construction_bare": 1, "stale_rows": 2,
        "planned": 4, "planned_rows": 1, "suspended": 8, "suspended_rows": 1,
    })  # fmt: skip
    plan = {name: float(values[1]) for name, values in found.numbers.items()}
    assert (plan["makers"], plan["planned"], plan["planned_rows"]) == (0, 3, 1)
    listed = local_capacity(sites, rows, level="city", at=AT, statuses=RUNNING)
    assert listed["product_id"].tolist() == ["x"]
    counted = local_rows(sites, rows, level="city", at=AT, statuses=BOTH).numbers
    assert counted["capacity"][0] == pytest.approx(100 + 0.8 * 7)
    assert (counted["construction"][0], counted["construction_rows"][0]) == (0, 0)
    assert (counted["rows_bare"][0], counted["stale_rows"][0]) == (3, 2)
    kept = local_rows(sites, rows, level="city", at=AT, statuses=RUNNING, stale="keep").numbers
    assert (kept["construction"][0], kept["planned"][0], kept["stale_rows"][0]) == (27, 9, 0)


def test_trial_counts_as_operating_unless_said():
    row = {"capacity": 100.0, "status": "trial"}
    assert total(row, statuses={"operating": 0.9}) == pytest.approx(90)
    assert total(row, statuses={"operating": 1.0, "trial": 0.5}) == 50
    assert total(row, statuses={"construction": 1.0}) == 0


@pytest.mark.parametrize(
    ("row", "low"),
    [
        ({"note": "一般常识"}, 0),
        ({"note": "general knowledge, annual report"}, 0),
        ({"note": "general knowledge", "source_url": "https://example.org"}, 100),
        ({"note": "told by the bureau"}, 100),
        ({}, 100),
    ],
)
@pytest.mark.parametrize("engine", ["pandas", "polars-lazy", "duckdb"])
def test_general_knowledge_is_no_floor(engine, row, low):
    assert standing(engine, {"capacity": 100.0, **row})["effective_low"].tolist() == [low]


UNSURE = {"note": "Running not confirmed: a page of 2022", "source_url": "https://example.org"}


@pytest.mark.parametrize(
    ("row", "at", "low"),
    [
        (UNSURE, AT, 0),
        (UNSURE | {"note": "未核实在产"}, AT, 0),
        (UNSURE | {"last_confirmed": "2022-07"}, AT, 0),
        (UNSURE | {"last_confirmed": "2022-07"}, "2022-07", 100),
        (UNSURE | {"last_confirmed": "2022"}, "2022-07", 100),
        (UNSURE | {"last_confirmed": "2022-07"}, "2022-08", 0),
        (UNSURE | {"last_confirmed": "2022-07"}, "", 0),
        ({"note": "confirmed", "last_confirmed": "2022-07"}, AT, 100),
    ],
)
@pytest.mark.parametrize("engine", ["pandas", "polars-lazy", "duckdb"])
def test_what_is_not_confirmed_is_no_floor_after_its_last_page(engine, row, at, low):
    frame = standing(engine, {"capacity": 100.0, **row}, at=at)
    assert frame["effective_low"].tolist() == [low]
    assert frame["effective"].tolist() == [100]


def test_without_the_column_the_mark_holds_at_any_date():
    frame = rows_of("pandas", {"capacity": 100.0, **UNSURE}, without=("last_confirmed",))
    rows = standing_rows(nw.from_native(frame), at=AT, statuses=RUNNING)
    assert collect(rows)["effective_low"].tolist() == [0]


@pytest.mark.parametrize("engine", ENGINES)
def test_frames_may_lack_the_newer_columns(engine):
    gone = ("note", "phase", "included_in", "last_confirmed", "since_basis")
    frame = nw.from_native(rows_of(engine, construction(), {"capacity": 100.0}, without=gone))
    found = collect(standing_rows(frame, at=AT, statuses=BOTH))
    assert found["status"].tolist() == ["operating"]


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_without_a_scope_are_of_sites(engine):
    rows = rows_of(engine, {"scope": None}, {"scope": "site"}, {"scope": "group"})
    assert len(collect(nw.from_native(site_rows(rows)))) == 2
    assert len(collect(site_rows(nw.from_native(rows)))) == 2
    sites = sites_of(engine, {"enterprise_id": "a"})
    assert count_undated(sites, rows, where={"city": ["市"]}, statuses=RUNNING) == 2
    assert count_undated(sites, rows, where={"city": ["县"]}, statuses=RUNNING) == 0


def test_what_is_no_real_firm_has_no_share_of_a_market():
    sites = sites_of("pandas", {"enterprise_id": "a"}, {"enterprise_id": "b"})
    rows = rows_of("pandas", {"capacity": 40.0}, {"capacity": 60.0, "enterprise_id": "b"})
    for flag, shares in ((False, (0.4**2 + 0.6**2, 0.6)), (True, (0.4**2, 0.4))):
        own = sites.assign(placeholder=[False, flag])
        numbers = local_rows(own, rows, level="city", at=AT, statuses=RUNNING).numbers
        assert (numbers["hhi"][0], numbers["top_share"][0]) == pytest.approx(shares)
        assert (numbers["capacity"][0], numbers["makers"][0]) == (100, 2)


@pytest.mark.parametrize("engine", ENGINES)
def test_plant_sizes_are_percentiles_of_sites(engine):
    sizes = [10.0, 20.0, 30.0, 60.0, 100.0]
    names = [f"e{i}" for i in range(12)]
    rows = [{"enterprise_id": n, "capacity": k} for n, k in zip(names, sizes, strict=False)]
    rows[2] |= {"capacity": 12.0}
    rows += [
        {"enterprise_id": "e2", "capacity": 18.0},  # a second phase
        {"enterprise_id": "e6", "capacity": 7.0}, {"enterprise_id": "e6", "capacity": None},
        {"enterprise_id": "e7", "capacity": 0.0},
        {"enterprise_id": "e8", "capacity": 9.0, "status": "construction"},
        {"enterprise_id": "e9", "capacity": 999.0, "scope": "group"},
        {"enterprise_id": "e10", "capacity": 5.0, "included_in": "e0"},
        *({"enterprise_id": n, "capacity": 4.0, "product_id": "y"} for n in names[:3]),
        *({"enterprise_id": n, "capacity": 4.0, "product_id": "z"} for n in names[:2]),
    ]  # fmt: skip
    sites = sites_of(engine, *({"enterprise_id": name} for name in names))
    found = plant_sizes(sites, rows_of(engine, *rows), at=AT).set_index("product_id")
    assert found.index.tolist() == ["x", "y"]
    shown = ["small", "typical", "large"]
    assert found.loc["x", shown].tolist() == [10, 30, 100]  # nearest rank: sites that exist
    assert found.loc["y", shown].tolist() == [4, 4, 4]
    assert found["plants"].tolist() == [5, 3]


@pytest.mark.parametrize("engine", ENGINES)
def test_own_pairs_are_sites_that_make_both_ends(engine):
    rows = rows_of(
        engine,
        {"capacity": 100.0}, {"capacity": 20.0, "phase": "2"},
        {"capacity": 30.0, "product_id": "y"}, {"capacity": 5.0, "product_id": "y", "phase": "2"},
        {"capacity": None, "product_id": "z"}, {"capacity": 7.0, "product_id": "w"},
        {"capacity": 1.0, "enterprise_id": "b"}, {"capacity": 2.0, "product_id": "z", "enterprise_id": "b"},
        {"capacity": 3.0, "enterprise_id": "c"},
        {"capacity": 4.0, "product_id": "y", "enterprise_id": "c", "status": "construction"},
        {"capacity": 5.0, "product_id": "y", "enterprise_id": "d"}, {"capacity": 6.0, "enterprise_id": "e"},
    )  # fmt: skip
    sites = sites_of(
        engine, {"enterprise_id": "a"}, {"enterprise_id": "b", "city": "县"}, {"enterprise_id": "c"},
        {"enterprise_id": "d", "group_zh": "甲"}, {"enterprise_id": "e", "group_zh": "甲"},
    )  # fmt: skip

    def listed(**options):
        options = {"level": "city", "at": AT, "statuses": RUNNING} | options
        found = own_pairs(sites, rows, LINKS, **options)
        names = (
            found.regions[found.region], found.enterprises[found.enterprise],
            found.products[found.input], found.products[found.output], found.k_input, found.k_output,
        )  # fmt: skip
        return list(zip(*(part.tolist() for part in names), strict=True))

    here = [("市", "a", "y", "w", 35.0, 7.0), ("市", "a", "x", "y", 120.0, 35.0)]
    there = ("县", "b", "z", "x", 2.0, 1.0)
    assert sorted(listed()) == sorted([*here, there])
    assert listed(where={"city": ["市"]}) == here
    assert listed(level=None, where={"city": ["县"]}) == [("", *there[1:])]
    assert ("市", "c", "x", "y", 3.0, 2.0) in listed(statuses={"operating": 1, "construction": 0.5})
    assert listed(at="2001", where={"city": ["区"]}) == []


def random_rows(count=600, seed=5):
    generator = np.random.default_rng(seed)

    def pick(values, missing=0.0):
        cells = np.array(values, dtype=object)[generator.integers(0, len(values), count)]
        cells[generator.random(count) < missing] = None
        return cells.tolist()

    dates = [f"{year}{month}" for year in range(2019, 2026) for month in ("", "-03", "-11-20")]
    statuses = [
        "operating",
        "trial",
        "construction",
        "construction",
        "planned",
        "suspended",
        "closed",
    ]
    return {
        "enterprise_id": pick([f"e{i}" for i in range(40)]),
        "product_id": pick([f"p{i}" for i in range(6)]),
        "status": pick(statuses), "scope": pick(["site", "site", "site", "group"], 0.1),
        "capacity": pick([10.0, 12.0, 15.0, 100.0], 0.2),
        "since": pick(dates, 0.5), "until": pick(dates, 0.8), "as_of": pick(dates, 0.3),
        "last_confirmed": pick(dates, 0.8), "phase": pick(["1", "2"], 0.6),
        "included_in": pick(["e1"], 0.9), "source_url": pick(["https://example.org"], 0.5),
        "note": pick(["general knowledge", "phase 1"], 0.5),
    }  # fmt: skip


C1 = Region("c1", ("c1",), "city", Named((("city", ("c1",)),)))
MADE = dict.fromkeys(
    ("product_id", "group", "enterprise_id", "scope", "status", *LEVELS, "since"), "str"
)


@pytest.mark.parametrize("engine", ENGINES)
def test_some_products_anywhere_and_all_of_a_region_are_read_at_once(engine):
    sites = sites_of(
        engine,
        {"enterprise_id": "e1", "city": "c1"},
        {"enterprise_id": "e2", "city": "c2"},
    )
    rows = native(engine, random_rows())
    options = {"at": AT, "statuses": BOTH, "stale": "keep"}
    whole = makers_by_site(sites, rows, **options).astype(MADE)
    wanted = whole["product_id"].isin(["p1"]) | (whole["city"] == "c1")
    part = makers_by_site(sites, rows, products=["p1"], besides=C1, categories=True, **options)
    assert 0 < wanted.sum() < len(whole)
    expected = whole[wanted & (whole["scope"] == "site")].reset_index(drop=True)
    part = part.astype(MADE)
    found = part[part["scope"] == "site"].reset_index(drop=True)
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_a_reading_counts_fewer_statuses_as_one_of_its_own():
    rows = pd.DataFrame(random_rows())
    options = {"at": AT, "signs": signs(("e1", "p1", "2022-01", "suspended"))}
    both = stand(rows, statuses=BOTH, **options)
    sites = sites_of("pandas", *({"enterprise_id": f"e{i}"} for i in range(40)))
    ours = local_rows(sites, both.counting(RUNNING), level="city", watched=False)
    theirs = local_rows(sites, rows, level="city", watched=False, statuses=RUNNING, **options)
    pd.testing.assert_frame_equal(
        pd.DataFrame(ours.numbers)[["capacity", "makers", "rows_bare"]],
        pd.DataFrame(theirs.numbers)[["capacity", "makers", "rows_bare"]],
    )
    with pytest.raises(KeyError):
        stand(rows, statuses=RUNNING, **options).counting({"operating": 0.5})


@pytest.mark.parametrize("stale", ["drop", pytest.param("keep", marks=pytest.mark.slow)])
@pytest.mark.parametrize("engine", ENGINES[1:])
def test_engines_agree(engine, stale):
    columns = random_rows()
    generator = np.random.default_rng(1)
    events = [
        (f"e{generator.integers(0, 40)}", f"p{generator.integers(0, 6)}", f"202{i % 5}-0{1 + i % 9}", event)
        for i, event in enumerate(["suspended", "resumed", "seen", "cancelled"] * 15)
    ]  # fmt: skip
    places = [
        {"enterprise_id": f"e{i}", "group_zh": "甲" if i % 3 == 0 else None, "city": f"c{i % 4}"}
        for i in range(40)
    ]
    for statuses in (RUNNING, BOTH, {"operating": 1.0, "planned": 0.5, "construction": 1.0}):
        options = {"at": AT, "statuses": statuses, "signs": signs(*events), "stale": stale}
        found = {}
        for name in ("pandas", engine):
            sites, rows = sites_of(name, *places), native(name, columns)
            local = local_rows(sites, rows, level="city", **options)
            names = {
                "region": local.regions[local.region],
                "product": local.products[local.product],
            }
            found[name] = (
                pd.DataFrame(names | local.numbers),
                national_capacity(sites, rows, **options),
                makers_by_site(sites, rows, **options),
                makers_by_site(
                    sites, rows, products=["p1", "p3"], besides=C1, categories=True, **options
                ).astype(MADE),
            )
        for ours, theirs in zip(*found.values(), strict=True):
            assert len(ours) > 5
            pd.testing.assert_frame_equal(ours, theirs, check_dtype=False)
