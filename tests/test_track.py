"""Tracking: lights on both sides of every threshold, what is read of odd cells, and what the page says."""

from __future__ import annotations

import datetime as dt
import re

import openpyxl
import pytest

import chaingraph as cg
from chaingraph.planning.track_cells import read_cell
from chaingraph.planning.track_dispatch import build_dispatch
from chaingraph.planning.track_lights import judge, scheduled
from chaingraph.planning.track_rules import load_rules
from tests.helpers_cli import failure, run
from tests.helpers_lists import resave

DAY = dt.date(2026, 7, 1)


def day(year, month, number):
    """Return a day as a workbook holds it."""
    return dt.datetime(year, month, number)  # noqa: DTZ001  Excel knows no zones


YEAR = {
    "start": dt.date(2026, 1, 1),
    "due": dt.date(2026, 12, 28),
}  # 361 days: half of them on the day


def light(progress=None, *, rules="yinchuan-2025", number="S1", **more):
    return judge(number, load_rules(rules), DAY, **{**YEAR, "progress": progress, **more}).light


def test_progress_against_schedule_by_yinchuans_rule():
    assert scheduled(YEAR["start"], YEAR["due"], DAY) == 50
    assert [light(p) for p in (19.9, 20, 40, 40.1, 49.9, 50, 99.9, 100)] == [
        "red", "yellow", "yellow", "green*", "green*", "green", "green", "done",
    ]  # fmt: skip


def test_a_start_that_did_not_happen_by_yinchuans_rule():
    late = {"number": "P1-3", "start": None}
    assert light(due=dt.date(2026, 6, 30), **late) == "yellow"
    assert light(due=dt.date(2026, 7, 31), **late) == "early"
    assert light(due=dt.date(2026, 5, 31), **late) == "yellow"
    assert light(due=dt.date(2026, 4, 30), **late) == "red"
    # of another kind of task the months do not count
    assert light(number="P1-4", start=None, due=dt.date(2026, 4, 30)) == "unreported"


def test_movement_by_handans_rule():
    kinds = {"rules": "handan-2024", "progress": 10}
    months = {n: dt.date(2026, 7 - n, 15) if n < 7 else dt.date(2025, 12, 15) for n in range(8)}
    shown = [light(moved=months[n], **kinds) for n in (0, 1, 2, 3, 6, 7)]
    assert shown == ["green", "green", "yellow", "red", "red", "black"]


def test_share_behind_by_sanyas_rule():
    assert [light(p, rules="sanya-2022") for p in (24.9, 25, 49.9, 50)] == [
        "red", "yellow", "yellow", "green",
    ]  # fmt: skip


def test_what_no_rule_says():
    assert light(start=None, due=None) == "undated"
    assert light() == "unreported"
    assert light(start=dt.date(2026, 8, 1)) == "early"
    assert light(5, state="done") == "done"
    assert light(5, state="cancelled") == "cancelled"


@pytest.mark.parametrize(
    ("kind", "typed", "value", "rule"),
    [
        ("percent", "已完成", 100.0, "done-in-number"), ("percent", "约50", 50.0, "text-number"),
        ("percent", "５０％", 50.0, "text-number"), ("percent", "10-20", "10-20", "no-number"),
        ("percent", 100, 100.0, ""), ("percent", 100.1, 100.1, "out-of-range"), ("percent", 0, 0.0, ""),
        ("percent", -0.1, -0.1, "out-of-range"), ("percent", 0.5, 0.5, "below-one"), ("percent", 1, 1.0, ""),
        ("percent", True, True, "no-number"), ("percent", "未开始", 0.0, "words-in-number"),
        ("number", "１，２００", 1200.0, "text-number"), ("number", "三千", "三千", "no-number"),
        ("due", "2026年3月", "2026-03", "text-date"), ("due", "2026-03", "2026-03", ""),
        ("due", "年底前", "年底前", "no-date"), ("due", day(2026, 3, 5), "2026-03-05", ""),
        ("state", "In progress", "推进中", ""), ("state", "快了", "快了", "unknown-state"),
    ],
)  # fmt: skip
def test_odd_cells_are_read_with_a_word_on_it(kind, typed, value, rule):
    read = read_cell(kind, typed, typed, "zh")
    assert (read.value, read.rule) == (value, rule)


def test_a_day_that_a_layout_hides_is_kept():
    assert read_cell("due", day(2026, 6, 28), "2026-06", "zh").value == "2026-06-28"
    assert read_cell("due", day(2026, 6, 30), "2026-06", "zh").value == "2026-06"
    assert read_cell("start", day(2026, 6, 1), "2026-06", "zh").value == "2026-06"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("track")


@pytest.fixture(scope="module")
def issued(folder):
    plan = {
        "project": [{"product": "foil", "size": 1000, "from": "2027-06", "investment_cny_100m": 2}]
    }
    listed = cg.build_responsibility(cg.load_dataset("toy"), plan=plan, lang="zh")
    return cg.save_responsibility(listed, folder / "list.xlsx")


def heads(sheet):
    return {cell.value: cell.column for cell in sheet[1]}


@pytest.fixture(scope="module")
def returned(issued, folder):
    """A list as it comes back: filled in, changed, with a row less and things of one's own."""
    book = openpyxl.load_workbook(issued)
    sheet = book["责任清单"]
    at = heads(sheet)
    book["说明"]["B4"] = day(2025, 6, 30)
    book["说明"]["B5"] = "王科长 0874-1"
    for row, progress in ((6, 20), (7, "已完成"), (8, "约40"), (9, 47)):
        sheet.cell(row, at["开始"], day(2025, 1, 1))
        sheet.cell(row, at["完成时限"], day(2025, 12, 31))
        sheet.cell(row, at["牵头单位"], "甲市工信局" if row < 9 else "甲市投促局")
        sheet.cell(row, at["当前进度%"], progress)
    sheet.cell(6, at["存在问题"], "用地<b>未落实")
    sheet.cell(6, at["需协调事项"], "请自规局答复")
    sheet.cell(7, at["任务"], "改过的任务")
    sheet.cell(10, at["当前进度%"], "一半")
    sheet.cell(11, at["灯色"], "绿")
    sheet.delete_rows(12)
    sheet.cell(1, 30, "联系科室")
    sheet.cell(6, 30, "产业科")
    months = book["月度进度"]
    months.cell(7 + 3, heads(months)["2025-02"], 30)
    projects = book["项目调度"]
    places = heads(projects)
    projects.cell(2, places["累计到位资金(亿元)"], 0.5)
    projects.cell(2, places["计划开工"], day(2025, 3, 31))
    issues = book["问题清单"]
    for row, raised in ((2, "2025-05-31"), (3, "2025-05-30")):
        issues.cell(row, 1, sheet.cell(6, 1).value)
        issues.cell(row, 2, raised)
        issues.cell(row, 3, f"变电站容量不足{row}")
    book.create_sheet("会议纪要")["A1"] = "6月会议"
    book.save(folder / "back.xlsx")
    return folder / "back.xlsx"


@pytest.fixture(scope="module")
def tracked(returned, issued):
    return cg.track_list(returned, against=issued)


def test_the_day_typed_in_the_list_counts_and_an_option_goes_before(tracked, returned):
    assert tracked.day == dt.date(2025, 6, 30)
    assert cg.track_list(returned, at="2025-03").day == dt.date(2025, 3, 31)


def test_lights_scores_and_changes(tracked):
    frame = tracked.tasks.frame.iloc[4:8]
    assert frame["expected"].tolist() == [49.0] * 4  # 180 of 364 days
    assert frame["counted"].tolist() == [20.0, 100.0, 40.0, 47.0]
    assert frame["light"].tolist() == ["yellow", "done", "green*", "green*"]
    units = tracked.units.frame.set_index("group")
    assert units.loc["甲市工信局", ["tasks", "done", "yellow"]].tolist() == [3, 1, 1]
    assert units.loc["甲市工信局", "rate"] == pytest.approx(1.6 / 3)
    assert units.loc["甲市工信局", "group_rank"] == 1


def test_a_blank_progress_is_the_newest_months(tracked):
    by_id = tracked.tasks.frame
    filled = by_id[by_id["counted"] == 30.0]
    assert len(filled) == 1


def test_nothing_of_a_user_is_lost_and_all_is_named(tracked, folder):
    back = tracked.returned
    assert back.restored == [tracked.tasks.frame["task_id"].iloc[-1]]
    assert [(c.column, c.returned) for c in back.changes if c.column == "task_zh"] == [
        ("task_zh", "改过的任务")
    ]
    rules = {finding.rule: finding.place for finding in back.findings}
    assert rules["done-in-number"] == "责任清单!S7"
    assert rules["no-number"] == "责任清单!S10"
    assert rules["over-formula"] == "责任清单!W11"
    assert back.book.own_columns == {"list": ["联系科室"]}
    following = openpyxl.load_workbook(cg.save_responsibility(back.book, folder / "next.xlsx"))
    sheet = following["责任清单"]
    at = heads(sheet)
    assert sheet.cell(6, at["联系科室"]).value == "产业科"
    assert sheet.cell(7, at["当前进度%"]).value == 100
    assert "已完成" in sheet.cell(7, at["当前进度%"]).comment.text
    assert sheet.cell(10, at["当前进度%"]).value == "一半"
    assert following["会议纪要"]["A1"].value == "6月会议"
    assert following["说明"]["B5"].value == "王科长 0874-1"
    other = following["原表其他内容"]
    assert (other["B2"].value, other["C2"].value) == ("W11", "绿")


def test_tables_of_the_schema_come_back(tracked):
    tables = tracked.returned.tables()
    for name, table in tables.items():
        assert tuple(table.columns) == cg_fields(name)
    assert tables["milestones"][["month", "percent"]].to_numpy().tolist() == [["2025-02", 30.0]]
    assert len(tables["issues"]) == 2
    checked = cg.load_dataset("toy").with_tables(
        **{k: v for k, v in tables.items() if k != "issues"}
    )
    assert len(checked.table("tasks")) == len(tables["tasks"])


def cg_fields(name):
    from chaingraph.schema import table_spec

    return table_spec(name).field_names


def test_the_funnel_prints_numerator_and_denominator(tracked):
    funnel = tracked.funnel.frame.set_index("funnel")
    assert funnel.loc["listed", ["projects", "with_money"]].tolist() == [2, 2]
    assert funnel.loc["signed", ["projects", "of"]].tolist() == [1, 2]
    assert funnel.loc["funds", ["projects", "of"]].tolist() == [1, 2]
    assert funnel.loc["funds", "rate"] == pytest.approx(
        0.25
    )  # 0.5 of 2.0, of the project with both figures


def test_the_page_has_what_a_meeting_decides(tracked):
    page = build_dispatch(tracked)
    blocks = {block.key: block for block in (*page.annex, *page.page)}
    assert blocks["late"].rows[0][1] == "▲ 黄"
    assert "请自规局答复" in blocks["late"].rows[0]
    assert len(blocks["limit"].rows) == 1
    assert [row[3] for row in blocks["issues"].rows] == ["31"]  # 30 days are not more than 30
    assert blocks["findings"].rows
    assert blocks["edited"].rows
    assert "对比 list.xlsx" in page.scope


def test_pages_are_safe_and_the_same_twice(tracked, folder):
    for suffix in (".html", ".docx", ".xlsx"):
        first = cg.save_dispatch(tracked, folder / f"page{suffix}").read_bytes()
        assert cg.save_dispatch(tracked, folder / f"page2{suffix}").read_bytes() == first
    text = (folder / "page.html").read_text(encoding="utf-8")
    assert "用地&lt;b&gt;未落实" in text
    assert "<script" not in text
    assert not re.search(r'(src|href)="http', text)
    english = cg.save_dispatch(tracked, folder / "en.html", lang="en").read_text(encoding="utf-8")
    assert "monthly dispatch" in english


def test_the_command_only_reads_the_list(returned, issued, folder):
    before = returned.read_bytes()
    run(
        "track",
        returned,
        "--against",
        issued,
        "-o",
        folder / "d.html",
        "--next",
        folder / "n.xlsx",
        "-q",
    )
    assert returned.read_bytes() == before
    ledger = (folder / "d.ledger.csv").read_text(encoding="utf-8-sig")
    assert "用地<b>未落实" in ledger
    assert "never written to" in failure("track", returned, "-o", returned, status=2)
    assert "never written to" in failure(
        "track", returned, "--against", issued, "--next", issued, status=2
    )


def test_wrong_files_and_options_are_said(returned, folder):
    (folder / "empty.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    assert "no sheet with the headers" in failure("track", folder / "empty.csv", status=1)
    assert "no file or folder" in failure("track", folder / "nothing.xlsx", status=1)
    (folder / "broken.xlsx").write_bytes(b"PK\x03\x04 no zip")
    assert "cannot be read as a returned list" in failure("track", folder / "broken.xlsx", status=1)
    assert "is no date" in failure("track", returned, "--at", "2026-13", status=2)
    assert ".html" in failure("track", returned, "-o", "x.pdf", status=2)


def test_a_sheet_in_another_encoding_is_read(folder):
    text = "编号,任务,牵头单位,完成时限,当前进度%\nt1,修路,甲局,2025年6月,60\nt1,修桥,甲局,2025-06,70\n,植树,,,\n"
    (folder / "list.csv").write_text(text, encoding="gb18030")
    back = cg.read_tracking(folder / "list.csv")
    rows = [row.cells for row in back.book.rows["list"]]
    assert [row["task_zh"] for row in rows] == ["修路", "修桥", "植树"]
    assert rows[0]["due"] == "2025-06"
    assert len({row["task_id"] for row in rows}) == 3
    assert {"id-twice", "id-new"} <= {finding.rule for finding in back.findings}


def test_a_deleted_column_and_a_deleted_row_stand_in_the_next_list_again(issued, folder):
    book = openpyxl.load_workbook(issued)
    sheet = book["责任清单"]
    at = heads(sheet)
    basis, target = sheet.cell(2, at["依据(出处)"]).value, sheet.cell(5, at["目标"]).value
    sheet.delete_cols(at["依据(出处)"])
    sheet.delete_cols(at["目标"])
    sheet.delete_rows(3)
    book.save(folder / "less.xlsx")
    back = cg.read_tracking(folder / "less.xlsx")
    rows = back.book.rows["list"]
    assert rows[0].cells["basis"] == basis
    assert rows[2].cells["target"] == target == 1000
    assert len(back.restored) == 1
    assert rows[-1].cells["basis"] == basis
    assert back.changes == []


def test_merged_cells_count_for_every_row(issued, folder):
    book = openpyxl.load_workbook(issued)
    sheet = book["责任清单"]
    column = heads(sheet)["牵头单位"]
    sheet.cell(3, column, "甲局")
    sheet.merge_cells(start_row=3, end_row=5, start_column=column, end_column=column)
    book.save(folder / "merged.xlsx")
    back = cg.read_tracking(folder / "merged.xlsx")
    assert [row.cells.get("lead_unit") for row in back.book.rows["list"][:5]] == [
        None,
        "甲局",
        "甲局",
        "甲局",
        None,
    ]
    assert "merged" in {finding.rule for finding in back.findings}


def test_rows_and_columns_are_found_by_names_not_places(issued, folder):
    book = openpyxl.load_workbook(issued)
    sheet = book["责任清单"]
    at = heads(sheet)
    first = [sheet.cell(2, at[n]).value for n in ("编号", "任务")]
    sheet.delete_cols(at["编号"])
    sheet.insert_cols(1)
    sheet.insert_rows(1)
    sheet.title = "清单十月"
    book.save(folder / "moved.xlsx")
    back = cg.read_tracking(folder / "moved.xlsx")
    row = back.book.rows["list"][0].cells
    assert [
        row["task_id"],
        row["task_zh"],
    ] == first  # the number is found again by task, unit and due date
    assert {"sheet-by-header", "id-found", "column-gone"} <= {
        finding.rule for finding in back.findings
    }


def test_a_new_list_over_a_returned_one_keeps_what_was_typed(returned, folder):
    plan = {
        "project": [
            {"product": "foil", "size": 1500, "from": "2027-06"},
            {"product": "can", "from": "2028"},
        ]
    }
    listed = cg.build_responsibility(cg.load_dataset("toy"), plan=plan, lang="zh")
    back = cg.read_tracking(returned)
    typed = back.book.rows["list"][5].cells  # its task was changed; today's data change it too
    same = listed.frame["task_id"] == typed["task_id"]
    changed = listed.frame["task_zh"].mask(same, "数据改过的任务")
    listed = listed.with_columns(task_zh=changed)
    done = cg.carry_list(back, listed)
    rows = {row.cells["task_id"]: row.cells for row in done.book.rows["list"]}
    assert len(done.added) == 5  # the project that is new
    assert [(c.column, c.returned, c.fresh) for c in done.conflicts] == [
        ("task_zh", "改过的任务", "数据改过的任务")
    ]
    assert rows[typed["task_id"]]["task_zh"] == "改过的任务"
    commissioned = next(number for number in rows if number.endswith("-4"))
    assert rows[commissioned]["target"] == 1500  # nobody touched it: as today's data say
    assert rows[back.book.rows["list"][4].cells["task_id"]]["problem"] == "用地<b>未落实"
    assert done.book.own_columns == {"list": ["联系科室"]}
    run("responsibility", "toy", "--carry", returned, "-o", folder / "carried.xlsx", "-q")
    assert "never written to" in failure(
        "responsibility", "toy", "--carry", returned, "-o", returned, status=2
    )


@pytest.mark.slow
def test_another_office_program_shows_the_lights_that_are_counted_here(returned, tmp_path):
    saved = resave(returned, tmp_path)
    if saved is None:
        pytest.skip("no other office program")
    tracked = cg.track_list(saved)
    shown = [row.light for row in tracked.returned.book.rows["list"]][
        : len(tracked.tasks.frame) - 1
    ]
    assert "▲ 黄" in shown
    differ = tracked.tasks.frame["light_in_file"]
    # 已完成 and 约40 are no numbers to a formula: the two lights that differ are reported
    assert differ.dropna().index.tolist() == [5, 6]
    assert set(differ.dropna()) == {"△ 未报"}
    assert "note-track-differ" in [key for key, _ in tracked.tasks.notes]
