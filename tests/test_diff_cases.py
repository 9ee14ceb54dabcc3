"""Cases of a diff by hand: causes, units, moves, cells; and its page on names that are hostile."""

from __future__ import annotations

import io

import openpyxl
import pandas as pd
import pytest

import chaingraph as cg
from chaingraph.updates.rows import differing, pair_rows
from chaingraph.views.report.changes import render_diff
from tests.conftest import build_dataset
from tests.test_diff import effects, gaps


def test_the_share_of_alternatives_is_a_cause_at_the_output_of_now():
    """By hand: 10 of p take 20 of a and no b; 30 of p take half each, 30 of a and 45 of b."""
    links = [
        ("a", "p", 2.0, {"alternative_group": "g"}),
        ("b", "p", 3.0, {"alternative_group": "g"}),
    ]
    before = build_dataset("a b p", links, [("m", "a", 4.0), ("u", "p", 10.0)])
    after = build_dataset("a b p", links, [("m", "a", 4.0), ("n", "b", 6.0), ("u", "p", 30.0)])
    diff = cg.diff_datasets(before, after)
    assert effects(diff, "b") == [("share", "p", None, 45.0), ("maker", None, "n", -6.0)]
    assert effects(diff, "a") == [("user", "p", "u", 40.0), ("share", "p", None, -30.0)]


def test_effects_of_another_load_are_those_that_the_gaps_count():
    """By hand: users take at their load, makers could make at full: 2 x 0.5 x 140 - 70 = 70."""
    links = [("i", "p", 2.0)]
    before = build_dataset("i p", links, [("u", "p", 100.0), ("m", "i", 50.0)])
    after = build_dataset("i p", links, [("u", "p", 140.0), ("m", "i", 70.0)])
    diff = cg.diff_datasets(before, after, load={"p": 0.5, "i": 0.8})
    row = gaps(diff).loc["i"]
    assert row[["demand_after", "shortage_before", "shortage_after"]].tolist() == [140, 50, 70]
    assert effects(diff, "i") == [("user", "p", "u", 40.0), ("maker", None, "m", -20.0)]
    with pytest.warns(FutureWarning, match="utilisation is called load now"):
        former = cg.diff_datasets(before, after, utilisation={"p": 0.5, "i": 0.8})
    assert effects(former, "i") == effects(diff, "i")


@pytest.mark.parametrize("spelled", ["i", "p"])
def test_units_are_made_alike_before_causes_and_moves_are_told(spelled):
    """Each of two products in kg, then in t: what doubled is told in t, what stood still not at all."""
    links = [("i", "p", 2.0)]
    per = {"i": 1000.0 if spelled == "i" else 1.0, "p": 1000.0 if spelled == "p" else 1.0}
    before = build_dataset(
        [(name, "kg" if name == spelled else "t", 1.0) for name in ("i", "p")],
        [("i", "p", 2.0 * per["i"] / per["p"])],
        [("u", "p", 100.0 * per["p"]), ("m", "i", 50.0 * per["i"]), ("n", "i", 5.0 * per["i"])],
    )
    after = build_dataset("i p", links, [("u", "p", 200.0), ("m", "i", 100.0), ("n", "i", 5.0)])
    diff = cg.diff_datasets(before, after)
    row = gaps(diff).loc["i"]
    figures = ["demand_before", "demand_after", "capacity_before", "capacity_after"]
    assert row[figures].tolist() == pytest.approx([200, 400, 55, 105])
    assert row["unit"] == "t"
    assert [(*cause[:3], round(cause[3], 6)) for cause in effects(diff, "i")] == [
        ("user", "p", "u", 200.0), ("maker", None, "m", -50.0),
    ]  # fmt: skip
    columns = ["move", "enterprise_id", "capacity_before", "capacity_change", "unit"]
    moves = diff.moves.frame[columns].to_numpy().tolist()
    assert moves == [["raised", "m", 50.0, 50.0, "t"], ["raised", "u", 100.0, 100.0, "t"]]


def test_units_that_do_not_convert_leave_figures_unknown_and_name_no_goal():
    before = build_dataset([("i", "GW", 1.0), ("p", "t", 1.0)], [("i", "p", 2.0)],
                           [("u", "p", 100.0), ("m", "i", 50.0)])  # fmt: skip
    after = build_dataset("i p", [("i", "p", 2.0)], [("u", "p", 100.0), ("m", "i", 50.0)])
    diff = cg.diff_datasets(before, after)
    assert gaps(diff).loc["i", "gap_change"] == "quantified"
    assert "goal" not in set(diff.causes.frame["cause"])
    assert diff.moves.frame["move"].tolist() == ["known"]


def test_a_user_that_closes_takes_its_unknown_recipe_with_it():
    """Its recipe and choice are no causes of their own, known or not."""
    before = build_dataset("i p", [("i", "p", 2.0)], [("u", "p", 100.0)])
    after = build_dataset("i p", [("i", "p", None)], [("u", "p", None)])
    causes = cg.diff_datasets(before, after).causes.frame
    assert set(causes["cause"]) == {"user"}


def frames(ds, **tables):
    """Return the tables of a dataset as one to change: capacities as records."""
    found = {name: ds.table(name) for name in ("products", "inputs", "enterprises", "capacities")}
    return found | {name: pd.DataFrame(records) for name, records in tables.items()}


def test_every_move_of_a_capacity_has_its_name_and_size():
    """One site a move; the change is that of the figure, all of it where the row came or went."""
    sites = list("abcdefghi")
    ds = build_dataset("p", makers=[(site, "p", 1.0) for site in sites])
    states = {
        "a": (None, ("operating", 5.0), "added", 5.0),
        "b": (("construction", 3.0), ("operating", 4.0), "started", 1.0),
        "c": (("operating", 3.0), ("operating", 5.0), "raised", 2.0),
        "d": (("operating", None), ("operating", 5.0), "known", None),
        "e": (("planned", 3.0), ("construction", 3.0), "restated", 0.0),
        "f": (("operating", 5.0), ("operating", None), "unknown", None),
        "g": (("operating", 5.0), ("operating", 3.0), "cut", -2.0),
        "h": (("operating", 5.0), ("suspended", 5.0), "stopped", 0.0),
        "i": (("operating", 5.0), None, "gone", -5.0),
    }
    both = []
    for side in (0, 1):
        records = [
            {"enterprise_id": site, "product_id": "p", "status": state[side][0],
             "capacity": state[side][1], "since": "2020", "scope": "site"}
            for site, state in states.items() if state[side]
        ]  # fmt: skip
        both.append(cg.dataset_from_frames(frames(ds, capacities=records), focus="here"))
    moves = cg.diff_datasets(*both).moves.frame
    found = [
        (row.enterprise_id, row.move, None if pd.isna(row.capacity_change) else row.capacity_change)
        for row in moves.itertuples()
    ]
    assert found == [(site, state[2], state[3]) for site, state in states.items()]


def test_a_cause_names_the_latest_start_and_only_sites_of_the_region():
    ds = build_dataset("i p", [("i", "p", 2.0)], [("u", "p", 1.0), ("far", "p", 1.0)])
    sites = ds.enterprises.assign(
        city=["there" if site == "far" else "here" for site in ds.enterprises["enterprise_id"]]
    )
    base = {"product_id": "p", "status": "operating", "scope": "site", "capacity": 1.0}
    rows_ = [base | {"enterprise_id": "u", "since": since} for since in ("2019", "2023", "2021")]
    rows_ += [base | {"enterprise_id": "far", "since": "2023"}]
    ds = cg.dataset_from_frames(
        frames(ds, capacities=rows_) | {"enterprises": sites}, focus="here", as_of="2024"
    )
    diff = cg.diff_datasets(ds.at("2020"), ds.at("2024"), load="full")
    causes = diff.causes.frame[diff.causes.frame["product_id"] == "i"]
    assert causes[["enterprise_id", "since", "own_before", "own_after", "effect"]].to_numpy(
    ).tolist() == [["u", "2023", 1.0, 3.0, 4.0]]  # fmt: skip
    moves = diff.moves.frame[["enterprise_id", "inside"]].to_numpy().tolist()
    assert moves == [["u", True], ["u", True], ["far", False]]
    assert "2 capacities of the region moved, 1 elsewhere" in diff.moves.sentences("en")


def test_a_total_of_a_company_is_another_row_than_that_of_its_site():
    base = {"enterprise_id": "s", "product_id": "p", "since": "2020", "status": "operating"}
    old = pd.DataFrame([base | {"scope": "group", "capacity": 10.0}])
    new = pd.DataFrame([base | {"scope": "site", "capacity": 10.0}])
    pairs = pair_rows(old, new, "capacities")
    assert (pairs.gone.tolist(), pairs.added.tolist()) == ([0], [0])


def test_one_dataset_without_a_date_does_not_differ_from_itself():
    ds = build_dataset("i p", [("i", "p", 2.0)], [("u", "p", 1.0)])
    dateless = cg.dataset_from_frames(frames(ds), focus="here")
    assert not dateless.as_of
    assert not cg.diff_datasets(dateless, dateless).changed


def test_tables_tell_cells_rows_and_provenance(toy):
    """By hand: a figure and a note of one row changed, one row gone, two new."""
    makers = toy.capacities
    changed = makers.drop(makers.index[-1])
    changed.loc[changed.index[0], ["capacity", "note"]] = [12_345.5, "counted anew"]
    others = sorted({*toy.products["product_id"]} - {*makers["product_id"]})[:2]
    new = makers.iloc[[0, 0]].assign(product_id=others, capacity=7.0, unit=None)
    tables = frames(toy) | {"capacities": pd.concat([changed, new], ignore_index=True)}
    tables = {
        name: frame.drop(columns="origin_", errors="ignore") for name, frame in tables.items()
    }
    sides = [
        cg.dataset_from_frames(part, focus=toy.focus, as_of=toy.as_of)
        for part in (frames(toy), tables)
    ]
    diff = cg.diff_datasets(*sides)
    cells = diff.tables.frame
    figure = cells[cells["column"] == "capacity"].iloc[0]
    assert (figure["value_after"], figure["provenance"], figure["change"]) == (
        "12345.5", False, "changed",
    )  # fmt: skip
    assert float(figure["value_before"]) == makers["capacity"].iloc[0]
    assert cells.loc[cells["column"] == "note", "provenance"].tolist() == [True]
    added, gone = (cells[cells["change"] == change].iloc[0] for change in ("added", "gone"))
    assert "capacity=7" in added["value_after"]
    assert pd.isna(added["value_before"])
    assert "capacity=" in gone["value_before"]
    assert pd.isna(gone["value_after"])
    counts = diff.counts.frame.set_index("table").loc["capacities"]
    assert counts[["rows_added", "rows_gone", "rows_changed", "cells_changed"]].tolist() == [
        2, 1, 1, 2,
    ]  # fmt: skip
    assert diff.tables.sentences("en") == ["4 changes of content, 1 of sources, dates and notes"]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (["a", None, "b "], ["a", "a", "b"], [False, True, False]),
        ([1.0, 2.0, None], [1.0 + 1e-12, 2.000001, None], [False, True, False]),
        ([True, False], [1.0, 1.0], [False, True]),
        ([0.5, None], ["0.5", None], [False, False]),
    ],
)
def test_cells_that_read_alike_do_not_differ(left, right, expected):
    assert differing(pd.Series(left), pd.Series(right)).tolist() == expected


def test_projects_are_named_by_company_and_product_and_cells_in_the_words_of_the_page(toy):
    """A planner reads titles and words, no names of columns and codes."""
    before, after = toy.at("2015"), toy.at("2024")
    page = cg.build_diff_report(cg.diff_datasets(before, after), lang="zh")
    listed = next(table for table in page.tables if table.key == "table-changes")
    texts = [cell.text for row in listed.rows for cell in row.cells]
    assert any("状态：在产" in text for text in texts)
    assert not any("status=" in text or "operating" in text for text in texts)
    company = toy.table("projects")["company_zh"].dropna().iloc[0]
    assert any(text.startswith(f"{company} / ") for text in texts)
    columns = [column.key for column in listed.columns]
    assert columns == ["table", "change", "row_zh", "column", "value_before", "value_after"]


def test_tables_of_a_workbook_that_are_unlike_have_sheets_of_their_own(toy):
    diff = cg.diff_datasets(toy.at("2019"), toy.at("2024"))
    book = openpyxl.load_workbook(io.BytesIO(render_diff(diff, "xlsx", lang="zh")))
    assert book.sheetnames[:2] == ["缺口变化及原因", "缺口变化的原因"]
    assert "全部变更" in book.sheetnames
    cells = [[cell.value for cell in row] for row in book["缺口变化的原因"].iter_rows()]
    heads = next(row for row in cells if row[0] == "名称")
    assert "单位" in heads
    assert book["缺口变化的原因"].auto_filter.ref


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_hostile_names_stay_text_on_every_page(lang):
    """Markup, formulas, script addresses and names of 40,000 characters."""
    markup, formula = "<script>alert(1)</script>", '=HYPERLINK("http://x.y","z")'
    sides = []
    for capacity in (100.0, 200.0):
        ds = build_dataset("i p", [("i", "p", 2.0)], [("u", "p", capacity), ("m", "i", 50.0)])
        tables = frames(ds)
        tables["products"] = tables["products"].assign(
            name_zh=[markup, formula], name_en=[markup, formula], note=f"capacity={capacity}; <b>"
        )
        tables["enterprises"] = tables["enterprises"].assign(
            name_zh=["长" * 5_000 + markup, "@SUM(1)"], name_en=["x" * 40_000, "+1|cmd"]
        )
        tables["capacities"] = tables["capacities"].assign(source_url="javascript:alert(2)")
        sides.append(cg.dataset_from_frames(tables, focus="here"))
    diff = cg.diff_datasets(*sides)
    html = render_diff(diff, "html", lang=lang)
    assert "<script" not in html
    assert 'href="javascript' not in html
    book = openpyxl.load_workbook(io.BytesIO(render_diff(diff, "xlsx", lang=lang)))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    assert "\\<script" in render_diff(diff, "md", lang=lang)
    assert render_diff(diff, "docx", lang=lang)


def test_the_page_of_changes_says_what_to_do_now(qujing):
    """Nothing is to be recruited that nobody looked for."""
    found = cg.diff_datasets(qujing.at("2021-12"), qujing)
    frame = found.gaps.frame
    unsure = frame[frame["gap_kind_after"].isin(["unseen", "missing_likely"])]
    assert set(unsure["verb"]) <= {"survey", "not_advised"}
    assert "补链" not in str(render_diff(found, "html", lang="zh"))
