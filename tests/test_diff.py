"""What changed: rows, capacities, gaps and why, on small data by hand and on random data by law."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given

import chaingraph as cg
from chaingraph.analysis.gaps import UNMET
from chaingraph.analysis.study import open_study, region_state
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.updates.causes import two_sides
from chaingraph.updates.gap_changes import GAP_CHANGES
from chaingraph.updates.rows import changed_cells, pair_rows
from chaingraph.views.report.changes import render_diff
from tests.conftest import build_dataset
from tests.helpers_cli import failure, rows, run
from tests.test_properties import dataset, examples, some_tables


def gaps(diff):
    return diff.gaps.frame.set_index("product_id")


def effects(diff, product):
    frame = diff.causes.frame[diff.causes.frame["product_id"] == product]
    columns = ["cause", "user_id", "enterprise_id", "effect"]
    return [tuple(None if pd.isna(cell) else cell for cell in row)
            for row in frame[columns].itertuples(index=False)]  # fmt: skip


def test_a_shortage_is_split_over_users_recipe_and_makers():
    """By hand: demand 2 x 100 = 200 to 2.5 x 160 = 400, supply 50 to 80: short 150, then 320."""
    before = build_dataset("i p", [("i", "p", 2.0)], [("user", "p", 100.0), ("maker", "i", 50.0)])
    after = build_dataset("i p", [("i", "p", 2.5)], [("user", "p", 160.0), ("maker", "i", 80.0)])
    diff = cg.diff_datasets(before, after)
    row = gaps(diff).loc["i"]
    assert row[["gap_change", "gap_kind_before", "gap_kind_after"]].tolist() == [
        "grown",
        "short",
        "short",
    ]
    assert row[["demand_before", "demand_after", "shortage_before", "shortage_after"]].tolist() == [
        200, 400, 150, 320,
    ]  # fmt: skip
    assert row["shortage_change"] == 170
    assert effects(diff, "i") == [
        ("user", "p", "user", 120.0),
        ("coefficient", "p", None, 80.0),
        ("maker", None, "maker", -30.0),
    ]
    assert row["because_en"] == (
        "user makes 160 t/a of p (was 100): +120; coefficient for p 2.50 (was 2): +80; "
        "maker makes 80 t/a (was 50): -30"
    )


@pytest.mark.parametrize(
    ("before", "after", "change", "kinds"),
    [
        ([("u", "p", 1.0)], [("u", "p", 1.0)], "same", ("missing", "missing")),
        ([("u", "p", 1.0)], [("u", "p", 2.0)], "grown", ("missing", "missing")),
        ([("u", "p", 2.0)], [("u", "p", 1.0)], "shrunk", ("missing", "missing")),
        ([("u", "p", 1.0)], [("u", "p", 1.0), ("m", "i", 1.0)], "turned", ("missing", "short")),
        ([("u", "p", 1.0)], [("u", "p", 1.0), ("m", "i", 2.0)], "closed", ("missing", "single")),
        ([("u", "p", 1.0)], [("u", "p", 1.0), ("m", "i", None)], "turned",
         ("missing", "unquantified")),
        ([("u", "p", 1.0), ("m", "i", None)], [("u", "p", 1.0)], "quantified",
         ("unquantified", "missing")),
        ([("u", "p", 1.0), ("m", "i", None)], [("u", "p", None)], "turned",
         ("unquantified", "missing")),
        ([("u", "p", None)], [("u", "p", 1.0)], "quantified", ("missing", "missing")),
        ([("u", "q", 1.0)], [("u", "p", 1.0)], "opened", (None, "missing")),
        ([("u", "p", 1.0)], [("u", "q", 1.0)], "closed", ("missing", None)),
        ([("u", "p", 1.0), ("m", "i", 2.0)], [("u", "p", 2.0), ("m", "i", 2.0)], "opened",
         ("single", "short")),
    ],
)  # fmt: skip
def test_what_a_gap_does(before, after, change, kinds):
    states = [build_dataset("i p q", [("i", "p", 2.0)], makers) for makers in (before, after)]
    row = gaps(cg.diff_datasets(*states)).loc["i"]
    found = tuple(
        None if pd.isna(kind) else kind for kind in row[["gap_kind_before", "gap_kind_after"]]
    )
    assert (row["gap_change"], found) == (change, kinds)


def test_a_maker_without_a_figure_is_named_with_an_unknown_effect():
    before = build_dataset("i p", [("i", "p", 2.0)], [("u", "p", 1.0)])
    after = build_dataset("i p", [("i", "p", 2.0)], [("u", "p", 1.0), ("m", "i", None)])
    diff = cg.diff_datasets(before, after)
    assert effects(diff, "i") == [("maker", None, "m", None)]
    assert "不详" in gaps(diff).loc["i", "because_zh"]


def test_a_new_user_brings_its_recipe_and_its_choice_with_it():
    """The share of alternatives of a product that nobody made is no cause; its new maker is."""
    links = [
        ("a", "p", 1.0, {"alternative_group": "g"}),
        ("b", "p", 1.0, {"alternative_group": "g"}),
    ]
    before = build_dataset("a b p", links, [("m", "a", 5.0)])
    after = build_dataset("a b p", links, [("m", "a", 5.0), ("n", "b", 5.0), ("u", "p", 8.0)])
    causes = cg.diff_datasets(before, after).causes.frame
    assert set(causes["cause"]) <= {"user", "maker"}


def test_units_are_made_alike_before_figures_are_compared():
    before = build_dataset(
        [("i", "kg", 1.0), ("p", "t", 1.0)], [("i", "p", 2000.0)], [("u", "p", 1.0)]
    )
    after = build_dataset(
        [("i", "t", 1000.0), ("p", "t", 1.0)], [("i", "p", 2.0)], [("u", "p", 1.0)]
    )
    row = gaps(cg.diff_datasets(before, after)).loc["i"]
    assert row["shortage_before"] == pytest.approx(2)
    assert row["gap_change"] == "same"


def taken(side, product):
    """Return what is known to be taken of a product in a state."""
    links = side.links.get(product, {}).values()
    return sum(np.nan_to_num(link.coefficient) * link.share * link.output for link in links)


@examples(5)
@given(some_tables(), some_tables())
def test_effects_add_up_to_the_change_of_demand_less_supply(old, new):
    """To the figures of the balance where it has them, else to what is known of them."""
    sides = dataset(old), dataset(new)
    diff = cg.diff_datasets(*sides, region="*")
    total = diff.causes.frame.groupby("product_id")["effect"].sum()
    frame = gaps(diff)
    moved = frame[frame["gap_change"] != "same"]
    known = [f"{name}_{side}" for name in ("demand", "capacity") for side in ("before", "after")]
    told = moved.dropna(subset=known)
    wanted = told["demand_after"] - told["demand_before"]
    wanted -= told["capacity_after"] - told["capacity_before"]
    assert np.allclose(total.reindex(told.index).fillna(0), wanted, atol=1e-6)
    states = [region_state(open_study(side), "*") for side in sides]
    before, after = two_sides(*states)
    for product in moved.index:
        change = taken(after, product) - taken(before, product)
        change -= after.supply(product) - before.supply(product)
        assert total.get(product, 0.0) == pytest.approx(change, abs=1e-6)


@pytest.mark.slow
@examples(3)
@given(some_tables(), some_tables())
def test_the_way_back_is_the_way_there_reversed(old, new):
    sides = dataset(old), dataset(new)
    there, back = (cg.diff_datasets(*pair, region="*") for pair in (sides, sides[::-1]))
    turned = {"opened": "closed", "closed": "opened", "grown": "shrunk", "shrunk": "grown",
              "quantified": "turned"}  # fmt: skip
    left, right = gaps(there), gaps(back)
    assert set(left.index) == set(right.index)
    for product, change in left["gap_change"].items():
        assert right.loc[product, "gap_change"] in {turned.get(change, change), "quantified"}
    counts = there.counts.frame.set_index("table"), back.counts.frame.set_index("table")
    assert counts[0]["rows_added"].equals(counts[1]["rows_gone"].rename("rows_added"))


@pytest.mark.slow
@examples(3)
@given(some_tables())
def test_nothing_differs_from_itself_in_any_order(tables):
    ds = dataset(tables)
    mixed = dataset({name: rows_[::-1] for name, rows_ in tables.items()})
    for other in (ds, mixed):
        diff = cg.diff_datasets(ds, other, region="*")
        assert not diff.changed
        assert not len(diff.causes)
        assert not len(diff.moves)


@pytest.mark.parametrize("name", [name for name in TABLE_NAMES if name != "aliases"])
def test_every_changed_cell_and_row_of_every_table_is_found(name, qujing):
    """One cell a column is changed, one row is taken out, one is added: just that is reported."""
    if not qujing.has(name):
        frame = pd.DataFrame({f.name: pd.array([f.example or "x"] * 3, dtype="str")
                              for f in table_spec(name).fields})  # fmt: skip
        frame[table_spec(name).field_names[0]] = ["x0", "x1", "x2"]
    else:
        frame = qujing.table(name).head(40).copy()
    key = set(table_spec(name).primary_key) | {"enterprise_id", "product_id", "scope"}
    key |= {
        "supplier_group",
        "customer_group",
        "region",
        "indicator",
        "year",
        "kind",
        "plan",
        "task",
    }
    key |= {"target", "target_year", "status", "since", "capacity"} if name != "projects" else set()
    free = [c for c in table_spec(name).field_names if c not in key]
    changed = frame.copy()
    for place, column in enumerate(free):
        old = changed[column].iloc[place % len(changed)]
        new = (not old) if changed[column].dtype == bool else (
            -7.5 if pd.api.types.is_numeric_dtype(changed[column]) else "another text"
        )  # fmt: skip
        changed.loc[changed.index[place % len(changed)], column] = new
    pairs = pair_rows(frame, changed, name)
    assert not len(pairs.gone)
    assert not len(pairs.added)
    cells = changed_cells(frame, changed, pairs, name)
    assert sorted(cells["column"]) == sorted(free)
    fewer = pair_rows(frame, changed.drop(changed.index[1]), name)
    assert (len(fewer.gone), len(fewer.added)) == (1, 0)


def test_phases_of_a_plant_find_their_own():
    """A phase that starts, one that is corrected and one that is new keep apart."""
    base = {"enterprise_id": "s", "product_id": "p", "scope": "site"}
    old = [("2020", "operating", 10.0), ("2024", "construction", 20.0)]
    new = [("2024", "operating", 20.0), ("2020", "operating", 12.0), ("2025", "planned", 30.0)]
    frames = [
        pd.DataFrame(
            [base | dict(zip(("since", "status", "capacity"), row, strict=True)) for row in part]
        )
        for part in (old, new)
    ]
    pairs = pair_rows(*frames, "capacities")
    assert list(zip(pairs.before, pairs.after, strict=True)) == [(0, 1), (1, 0)]
    assert pairs.added.tolist() == [2]


def test_makers_without_a_figure_are_a_cause_of_their_own_once_plants_have_a_usual_size():
    """By hand: three known plants of 10, 20 and 30; the fourth stands for one of 20."""
    known = [("x", "i", 10.0), ("y", "i", 20.0), ("z", "i", 30.0)]
    away = {name: {"city": "away"} for name in "xyz"}
    sides = [
        build_dataset("i p", [("i", "p", 2.0)], [*known, ("u", "p", 100.0), *more], sites=away)
        for more in ([], [("m", "i", None)])
    ]
    diff = cg.diff_datasets(*sides)
    assert gaps(diff).loc["i", "capacity_after"] == 20
    assert effects(diff, "i") == [("maker", None, None, -20.0), ("maker", None, "m", None)]
    said = gaps(diff).loc["i"]
    assert (
        "makers without a figure or not listed, and by-products, supply 20 t/a"
        in (said["because_en"])
    )
    assert "无产能数据或未列出的企业及副产合计由 0 变为 20 t/年：-20" in said["because_zh"]


@pytest.mark.parametrize(
    ("before", "after", "change", "kinds"),
    [
        ((), (("register", "none"),), "known", ("unseen", "missing")),
        ((), (("web_search", "none"),), "known", ("unseen", "missing_likely")),
        (
            (("web_search", "none"),),
            (("register", "none"),),
            "known",
            ("missing_likely", "missing"),
        ),
        ((("register", "none"),), (), "turned", ("missing", "unseen")),
        ((), (), "same", ("unseen", "unseen")),
    ],
)
def test_a_look_that_found_nothing_makes_a_gap_known_and_opens_none(before, after, change, kinds):
    sides = [
        build_dataset(
            "i p", [("i", "p", 2.0)], [("u", "p", 1.0), *((name, "i", 1.0) for name in "xyz")],
            sites={name: {"city": f"{name} city"} for name in "xyz"}, as_of="2024-12",
            surveys=[
                {"region": "here", "products": "i", "method": method, "result": result, "as_of": "2024-06"}
                for method, result in looks
            ] or [{"region": "x city", "products": "i", "method": "register", "result": "all",
                   "as_of": "2024-06"}],
        )
        for looks in (before, after)
    ]  # fmt: skip
    diff = cg.diff_datasets(*sides)
    row = gaps(diff).loc["i"]
    assert (row["gap_change"], (row["gap_kind_before"], row["gap_kind_after"])) == (change, kinds)
    known = int(change == "known")
    assert f"{known} now known," in diff.gaps.sentences("en")[0]
    assert f"已查明 {known} 个" in diff.gaps.sentences("zh")[0]


@pytest.fixture(scope="module")
def past(qujing):
    return cg.diff_datasets(qujing.at("2021-12"), qujing.at("2024-12"))


def test_two_dates_of_qujing(past, qujing):
    """Both states are those that the gaps of these dates have."""
    frame = gaps(past)
    for side, at in (("before", "2021-12"), ("after", "2024-12")):
        found = cg.find_gaps(qujing, at=at, draws=0).frame.set_index("product_id")
        known = frame[frame[f"gap_kind_{side}"].notna()]
        assert set(known.index) == set(found.index)
        for name, column in (("demand", "demand"), ("shortage", "gap")):
            assert known[f"{name}_{side}"].equals(
                found[column].reindex(known.index).rename(f"{name}_{side}")
            )
    moves = past.moves.frame
    assert moves["inside"].sum() > 0
    assert set(moves.loc[moves["inside"], "city"]) == {"曲靖市"}


def test_more_lithium_is_taken_than_was():
    """On the data of version 1.1.0 at full load: two plants of 110 kt came, 0.216 t of it a tonne."""
    ds = cg.load_dataset(Path(__file__).parent / "data" / "datasets_1_1_0" / "qujing")
    diff = cg.diff_datasets(ds.at("2021-12"), ds.at("2024-12"), load="full")
    assert gaps(diff).loc["lithium_carbonate", "gap_change"] == "grown"
    assert effects(diff, "lithium_carbonate")[:2] == [
        ("user", "lfp", "dynanonic_eve_qujing", 23_760.0),
        ("user", "lmfp", "dynanonic_chuangjie_qujing", 23_760.0),
    ]


def test_gaps_stand_by_change_then_to_recruit_first_then_by_the_money_that_moved(past):
    """The page's order: what opened, and of it what is worth most."""
    frame = past.gaps.frame
    moved = (frame["gap_value_cny_after"].fillna(0) - frame["gap_value_cny_before"].fillna(0)).abs()
    keys = [
        (GAP_CHANGES.index(change), kind != "recruit", -money)
        for change, kind, money in zip(frame["gap_change"], frame["list"], moved, strict=True)
    ]
    assert keys == sorted(keys)
    assert len({key[:2] for key in keys}) > len({key[0] for key in keys})
    assert frame["shortage_change"].equals(
        (frame["shortage_after"] - frame["shortage_before"]).rename("shortage_change")
    )


def test_a_date_shows_the_rows_in_force():
    """Of one dataset at two dates only what came into force, or went out of it, has changed."""
    base = {"enterprise_id": "s", "product_id": "a", "capacity": 1.0}
    phases = [("construction", "2020", "2022"), ("operating", "2022", None)]
    tables = [base | dict(zip(("status", "since", "until"), row, strict=True)) for row in phases]
    ds = build_dataset("a", makers=[("s", "a", 1.0)])
    frames = {"products": ds.products, "inputs": ds.inputs, "enterprises": ds.enterprises,
              "capacities": pd.DataFrame(tables)}  # fmt: skip
    ds = cg.dataset_from_frames(frames, focus="here", as_of="2024")
    diff = cg.diff_datasets(ds.at("2021"), ds.at("2024"))
    moves = diff.moves.frame[["move", "status_before", "status_after"]]
    assert moves.to_numpy().tolist() == [["started", "construction", "operating"]]
    assert not len(cg.diff_datasets(ds.at("2023"), ds.at("2024")).tables)


def test_structure_alone_compares_tables():
    before, after = (build_dataset(names, [("a", "b", 1.0)], None) for names in ("a b", "a b c"))
    diff = cg.diff_datasets(before, after)
    assert diff.tables.frame[["table", "change", "row_key"]].to_numpy().tolist() == [
        ["products", "added", "c"]
    ]
    assert not len(diff.gaps)
    assert "only the tables" in diff.gaps.sentences("en")[0]
    assert "[^" not in render_diff(diff, "md", lang="en")


@pytest.mark.parametrize("lang", ["zh", pytest.param("en", marks=pytest.mark.slow)])
def test_the_page_holds_what_changed_in_every_format(past, lang):
    page = cg.build_diff_report(past, lang=lang)
    tables = {table.key: table for table in page.tables}
    changed = past.changed_gaps.frame
    opened = changed[changed["gap_change"] == "opened"]
    assert len(tables["gaps-opened"].rows) == opened["gap_kind_after"].isin(UNMET).sum()
    assert len(tables["table-changes"].rows) == len(past.tables)
    assert any(row.notes for row in tables["gaps-grown"].rows)
    grown = changed[changed["gap_change"] == "grown"]
    largest = f"{grown['shortage_after'].max():,.0f}"
    html, markdown = (render_diff(past, kind, lang=lang) for kind in ("html", "md"))
    for text in (html, markdown):
        assert largest in text
        assert "2021-12 → 2024-12" in text
    book = openpyxl.load_workbook(io.BytesIO(render_diff(past, "xlsx", lang=lang)))
    values = {cell.value for sheet in book for row in sheet.iter_rows() for cell in row}
    assert grown["shortage_after"].max() in values
    assert render_diff(past, "xlsx", lang=lang) == render_diff(past, "xlsx", lang=lang)
    loaded = json.loads(render_diff(past, "json"))
    assert set(loaded) == {result.kind for result in past.results}
    assert len(loaded["gap_changes"]["rows"]) == len(past.gaps)


@pytest.mark.slow
def test_the_command_for_two_dates(tmp_path):
    text = run(
        "diff", "qujing", "--from", "2021-12", "--to", "2024-12", "--lang", "en", "-q"
    ).stdout
    assert re.search(r"[1-9]\d* opened, [1-9]\d* grew, [1-9]\d* now known", text)
    assert "same" not in text.split("\n\n")[1]
    found = rows("diff", "qujing", "--from", "2021-12", "-q")
    assert {row["product_id"]: row["gap_change"] for row in found}["polysilicon"] == "turned"
    for suffix in ("html", "xlsx", "docx", "md", "json"):
        run("diff", "toy", "--from", "2019", "-o", tmp_path / f"page.{suffix}")
        assert (tmp_path / f"page.{suffix}").stat().st_size > 3_000


def test_the_command_for_two_datasets(tmp_path, toy):
    city = cg.save_dataset(toy, tmp_path / "city")
    path = city / "capacities.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    path.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    text = run("diff", "toy", city, "-q", "--lang", "en").stdout
    assert text.count("gone") >= 1
    assert "capacities" in text


@pytest.mark.parametrize(
    ("given_", "status", "said"),
    [
        (["toy"], 2, "--from"),
        (["toy", "--from", "2019-13"], 2, "2019-13"),
        (["toy", "--from", "2019", "-o", "page.pdf"], 2, ".html"),
        (["toy", "--from", "2019", "-f", "xlsx"], 2, "xlsx"),
        (["toy", "nowhere"], 2, "nowhere"),
        (["toy", "--from", "2019", "--region", "nowhere"], 2, "nowhere"),
    ],
)
def test_wrong_usage_is_one_sentence(given_, status, said):
    assert said in failure("diff", *given_, "-q", status=status)
