"""Merging lists as bureaus keep them, month by month; and what holds for every merge."""

from __future__ import annotations

import csv
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chaingraph as cg
from chaingraph.updates.csvtext import edit_csv
from tests.helpers_cli import document, failure, folder, rows, run
from tests.helpers_intake import workbook
from tests.test_merge import (
    CAPACITIES,
    ENTERPRISES,
    INPUTS,
    TABLES,
    city,
    news,
    own,
    swap,
    table,
    view,
)

YIBIN = Path(__file__).parents[1] / "examples" / "yibin"
HEADER = ["序号", "企业名称", "统一社会信用代码", "所在市", "产品名称", "产能（万吨/年）", "状态"]
CODES = ["91511500MA6700001W", "91511500MA67000020"]
DECEMBER: list[list[Any]] = [
    ["宜宾天宜锂盐材料有限公司", CODES[0], "宜宾市", "氢氧化锂", 7.5, "在产"],
    ["宜宾德能新材料有限公司", CODES[1], "宜宾市", "磷酸铁锂正极材料", 6, "在建"],
    ["宜宾光原锂电材料有限公司", None, "宜宾市", "三元前驱体", 8, "在产"],
    ["宜宾示例结构件有限公司", None, "宜宾市", "铜箔", 1.5, "规划"],
]
JANUARY: list[list[Any]] = [
    ["宜宾天宜锂盐有限责任公司", CODES[0], "宜宾市", "氢氧化锂", 10, "在产"],
    ["宜宾德能新材料有限公司", CODES[1], "宜宾市", "磷酸铁锂正极材料", 6, "已投产"],
    ["宜宾示例结构件有限公司", None, "宜宾市", "铜箔", 1.5, "规划"],
    ["宜宾新锋负极材料有限公司", None, "宜宾市", "人造石墨负极材料", 3, "在产"],
    ["宜宾德能新材料有限公司", None, "泸州市", "电解液", 2, "在产"],
]


def bureau(place: Path, name: str, listed: list[list[Any]]) -> Path:
    """Write a list as a bureau keeps it: a title, a header, figures in 10,000 t."""
    numbered = [[number, *row] for number, row in enumerate(listed, 1)]
    return workbook(place, [["宜宾市企业产能表"], HEADER, *numbered], name=name)


@pytest.fixture(scope="module")
def yibin(tmp_path_factory):
    """Return a copy of the example with the list of December merged, and the list of January."""
    place = tmp_path_factory.mktemp("yibin")
    mine = shutil.copytree(YIBIN, place / "yibin")
    done = cg.merge_dataset(mine, bureau(place, "十二月.xlsx", DECEMBER), as_of="2024-12")
    assert (done.open, len(table(mine)), len(table(mine, "enterprises"))) == (0, 4, 4)
    return mine, bureau(place, "一月.xlsx", JANUARY)


def test_a_month_of_a_bureau(yibin, tmp_path):
    mine, january = yibin
    tianyi, deneng, guangyuan = (row["enterprise_id"] for row in table(mine, "enterprises")[1:])
    before = cg.find_gaps(cg.load_dataset(mine), at="2024-12").frame
    raw = own(mine)
    done = cg.merge_dataset(mine, january, as_of="2025-01")
    assert own(mine) == raw
    assert (done.open, done.folder) == (1, None)
    namesake = done.conflicts.frame.iloc[0]
    assert namesake[["conflict_kind", "enterprise_id", "row_zh"]].tolist() == [
        "enterprise", deneng, "宜宾德能新材料有限公司",
    ]  # fmt: skip
    assert "不在同一城市" in namesake["to_do_zh"]

    out = tmp_path / "yibin"
    decisions = {namesake["conflict"]: "new"}
    shutil.copytree(mine, out)
    done = cg.merge_dataset(out, january, as_of="2025-01", decisions=decisions)
    shown = [(row[0], row[2], *row[3:]) for row in view(done)]
    old, new = "宜宾天宜锂盐材料有限公司", "宜宾天宜锂盐有限责任公司"
    assert [row for row in shown if row[-1] == "changed"] == [
        ("enterprises", "name_zh", old, old, new, "changed"),
        ("capacities", "capacity", "75000 t", "75000 t", "100000 t", "changed"),
        ("capacities", "status", "construction", "construction", "operating", "changed"),
    ]
    vanished = [row[:2] for row in view(done) if row[-1] == "vanished"]
    assert vanished == [
        ("enterprises", guangyuan), ("capacities", f"{guangyuan} / ncm_precursor / site"),
    ]  # fmt: skip
    counts = done.counts.frame.set_index("table")
    assert counts.loc["capacities", ["rows_added", "rows_closed"]].tolist() == [2, 2]

    firms = {row["name_zh"]: row for row in table(out, "enterprises")}
    assert set(firms) >= {new, "宜宾新锋负极材料有限公司"}
    assert old not in firms
    assert [row.get("city") for row in table(out, "enterprises")][-2:] == ["宜宾市", "泸州市"]
    named = table(out, "aliases")
    assert [(row["alias_zh"], row["enterprise_id"], row["decided_on"]) for row in named] == [
        (old, tianyi, "2025-01")
    ]
    ds = cg.load_dataset(out)
    listed = [{"name": old, "city": "宜宾市"}]
    assert cg.match_enterprises(ds, listed).frame["decision"].tolist() == ["alias"]
    assert (
        (out / "capacities.csv")
        .read_bytes()
        .splitlines()[1]
        .startswith(b"example_yibin,copper_foil,1.5,\xe4\xb8\x87\xe5\x90\xa8,planned")
    )
    assert cg.find_gaps(ds, at="2024-12").frame.equals(before)
    assert ds.as_of == "2025-01"
    again = cg.merge_dataset(out, january, as_of="2025-01")
    assert (again.open, again.folder) == (0, None)  # the namesake is known by now


def test_deciding_in_the_workbook(yibin, tmp_path):
    mine, january = yibin
    out, book = shutil.copytree(mine, tmp_path / "yibin"), tmp_path / "conflicts.xlsx"
    for lang, word in (("en", "new"), ("zh", "同一企业")):
        args = ("merge", out, january, "--at", "2025-01", "--lang", lang)
        shown = run(*args, "--conflicts", book, status=1).stdout
        assert ("nothing is written" if lang == "en" else "未写入") in shown
        opened = openpyxl.load_workbook(book)
        sheet = opened.active
        titles = [cell.value for cell in sheet[1]]
        assert len(set(titles)) == len(titles)
        place = titles.index("Decision" if lang == "en" else "决定")
        sheet.cell(2, place + 1).value = word
        opened.save(book)
        assert list(cg.read_conflict_decisions(book).values()) == [
            "new" if lang == "en" else "same"
        ]
        assert run(*args, "--decisions", book, "--dry-run").exit_code == 0
    sheet.cell(2, place + 1).value = "用名单"
    opened.save(book)
    assert "'用名单' is no decision" in failure(
        "merge", out, january, "--decisions", book, status=1
    )
    assert "no sheet of conflicts" in failure(
        "merge", out, january, "--decisions", january, status=1
    )


def test_the_command_line(yibin, tmp_path):
    mine, january = yibin
    assert "--at 2024-12" in failure("merge", mine, january, status=2)
    assert "make a folder that extends it" in failure("merge", "battery", january, status=2)
    assert "needs a folder of CSV files" in failure("merge", january, mine, status=1)
    found = rows("merge", mine, january, "--at", "2025-01", "--dry-run", status=1)
    assert {row["outcome"] for row in found} == {
        "added",
        "changed",
        "closed",
        "vanished",
        "conflict",
    }
    args = ("--at", "2025-01", "--leave-conflicts", "-o", tmp_path / "out")
    whole = document("merge", mine, january, *args)
    assert [row["outcome"] for row in whole["rows"]].count("conflict") == 1
    assert "泸州市" not in (tmp_path / "out" / "enterprises.csv").read_text(encoding="utf-8")


def test_an_import_with_errors_stops_the_merge(yibin, tmp_path):
    mine, _ = yibin
    wrong = bureau(tmp_path, "二月.xlsx", [[*DECEMBER[0][:3], "不存在的产品", 1, "在产"]])
    before = own(mine)
    result = run("merge", mine, wrong, "--at", "2025-02", status=1)
    assert "E3" in result.stdout
    assert "不存在的产品" in result.stdout
    assert own(mine) == before
    found = rows("merge", mine, wrong, "--at", "2025-02", status=1)
    assert [row["severity"] for row in found if row["cell"] == "E3"] == ["error"]


def test_names_alone_and_short_names(tmp_path):
    mine = city(tmp_path)
    listed = tmp_path / "企业名单.csv"
    listed.write_text(
        "企业名称,产品名称,产能(吨/年)\n恒金冶炼,金属,100\n甲市宏远矿业有限公司,矿石,100\n",
        encoding="utf-8",
    )
    done = cg.merge_dataset(mine, listed, as_of="2024-12")
    assert (done.open, view(done)) == (0, [])  # in the city under study; short names rename nobody
    text = listed.read_text(encoding="utf-8")
    listed.write_text(f"{text}甲市新锋材料有限公司,金属,5\n", encoding="utf-8")
    done = cg.merge_dataset(mine, listed, as_of="2025-01")
    assert [row[6] for row in view(done)] == ["added", "added"]
    assert table(mine, "enterprises")[-1]["city"] == "甲市"
    assert "1 new enterprises without a city" in " ".join(done.counts.sentences("en"))


def test_of_an_unsure_enterprise_nothing_has_vanished(tmp_path):
    mine = city(tmp_path)
    cg.merge_dataset(mine, city(tmp_path, "first"))
    new = news(
        tmp_path, enterprises=swap(ENTERPRISES, ("y,甲市", "z,乙市"), ("限公司,甲市,,", "限公司,乙市,,")),
        capacities=swap(CAPACITIES, ("y,ore", "z,ore")),
    )  # fmt: skip
    done = cg.merge_dataset(mine, new, vanished="close", leave_conflicts=True)
    assert done.conflicts.frame["enterprise_id"].tolist() == ["y"]
    assert [row[6] for row in view(done)] == ["conflict"]
    assert len(table(mine)) == 2


FIGURES = st.sampled_from(["", "50", "100", "130"])
STATES = st.sampled_from(["operating", "construction", "planned", "closed", ""])
ROW = st.tuples(
    st.sampled_from("xy"), st.sampled_from(["ore", "metal"]), FIGURES, STATES,
    st.sampled_from(["", "2020", "2024-06"]),
)  # fmt: skip
LISTS = st.lists(ROW, min_size=1, max_size=5)
FEW = settings(
    max_examples=4, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


def capacity_text(listed: list[tuple[str, ...]], date: str) -> str:
    """Return rows as the text of a table."""
    lines = [f"{e},{p},{c},t,{s},{since},{date},n" for e, p, c, s, since in listed]
    return "\n".join(["enterprise_id,product_id,capacity,unit,status,since,as_of,note", *lines, ""])


def without_start(listed: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [(*row[:4], "") for row in listed]


@FEW
@given(LISTS)
def test_merging_a_dataset_with_itself_changes_nothing(listed):
    with tempfile.TemporaryDirectory() as below:
        mine = city(Path(below), capacities=capacity_text(listed, "2024-11"))
        before = own(mine)
        done = cg.merge_dataset(mine, mine)
        assert (view(done), own(mine)) == ([], before)


@pytest.mark.slow
@FEW
@given(LISTS, st.one_of(st.none(), LISTS), LISTS, st.sampled_from(["keep", "close"]))
def test_no_row_is_lost_and_the_past_stays(ours, first, second, vanished):
    everything = {"operating": 1.0, "construction": 1.0, "planned": 1.0}
    with tempfile.TemporaryDirectory() as below:
        place = Path(below)
        mine = city(place, capacities=capacity_text(ours, "2024-10"))
        if first is not None:
            text = capacity_text(without_start(first), "2024-11")
            said = news(place, "first", "2024-11", capacities=text)
            cg.merge_dataset(mine, said, leave_conflicts=True)
        rows_before, ds = table(mine), cg.load_dataset(mine)
        new = news(place, capacities=capacity_text(without_start(second), "2024-12"))
        done = cg.merge_dataset(mine, new, leave_conflicts=True, vanished=vanished)
        rows_after, after = table(mine), cg.load_dataset(mine)
        shown = view(done, at="capacities")
        told = {row[2] for row in shown if row[6] in {"changed", "closed", "filled"}}
        for old, now in zip(rows_before, rows_after, strict=False):
            differing = {c for c in {*old, *now} if old.get(c) != now.get(c)}
            assert differing <= told & {"until", "as_of", "capacity", "status"}
        assert len(rows_after) >= len(rows_before)
        for at in ("2024-03", "2024-11"):
            frames = [cg.find_gaps(d, at=at, statuses=everything).frame for d in (ds, after)]
            assert frames[0].equals(frames[1])
        held = own(mine)
        again = cg.merge_dataset(mine, new, leave_conflicts=True, vanished=vanished)
        assert (again.folder, own(mine)) == (None, held)


CELLS = st.dictionaries(
    st.tuples(st.sampled_from("xy"), st.sampled_from(["county", "group_zh", "name_en"])),
    st.sampled_from(["甲", "乙"]), max_size=4,
)  # fmt: skip


def enterprise_text(*changes: dict[tuple[str, str], str]) -> str:
    header = ["enterprise_id", "name_zh", "city", "county", "group_zh", "name_en", "note"]
    known = csv.DictReader(ENTERPRISES.splitlines())
    lines = [",".join(header)]
    for row in known:
        cells = {c: row.get(c) or "-" for c in header}
        for change in changes:
            cells |= {c: t for (key, c), t in change.items() if key == row["enterprise_id"]}
        lines.append(",".join(cells[c] for c in header))
    return "\n".join([*lines, ""])


@FEW
@given(CELLS, CELLS)
def test_changes_of_different_cells_may_come_in_either_order(first, second):
    second = {cell: text for cell, text in second.items() if cell not in first}
    with tempfile.TemporaryDirectory() as below:
        place = Path(below)
        base = news(place, "base", enterprises=enterprise_text())
        sides = [news(place, f"side-{i}", enterprises=enterprise_text(change))
                 for i, change in enumerate((first, second))]  # fmt: skip
        results = [
            cg.merge_dataset(mine, new, base=base, output=place / f"{mine.name}-merged")
            for mine, new in (sides, reversed(sides))
        ]
        assert [done.open for done in results] == [0, 0]
        texts = [(done.folder / "enterprises.csv").read_text("utf-8") for done in results]
        assert texts == [enterprise_text(first, second)] * 2


def test_the_same_bytes_twice(tmp_path):
    new = news(
        tmp_path, inputs=swap(INPUTS, ("metal,2", "metal,3")),
        capacities=swap(CAPACITIES, ("metal,100", "metal,130")),
    )  # fmt: skip
    texts = []
    for name in ("one", "two"):
        mine = city(tmp_path, name)
        done = cg.merge_dataset(mine, new, leave_conflicts=True)
        book = cg.save_conflicts(done.conflicts, tmp_path / f"{name}.xlsx")
        kept = {file.name: file.read_bytes() for file in (mine / "merged").iterdir()}
        texts.append((own(mine), kept, done.changes.to_json(), book.read_bytes()))
    assert texts[0] == texts[1]
    card = json.loads(texts[0][1]["datapackage.json"])
    assert (card["as_of"], card["sources"]) == ("2024-12", [{"title": "news"}])
    assert set(TABLES) == {r["name"] for r in card["resources"]}


def test_a_new_folder_gets_the_result_and_finds_what_it_extends(tmp_path):
    city(tmp_path, "below")
    mine = folder(
        tmp_path, card='{"name": "city", "extends": ["below"]}',
        enterprises="enterprise_id,name_zh,city,note\nz,甲市新厂,甲市,general knowledge\n",
    )  # fmt: skip
    (mine / "notes.txt").write_text("kept", encoding="utf-8")
    (tmp_path / "far").mkdir()
    before = own(mine)
    out = tmp_path / "far" / "out"
    done = cg.merge_dataset(mine, tmp_path / "below", output=out)
    assert (done.folder, own(mine), (mine / "merged").exists()) == (out, before, False)
    assert (out / "notes.txt").read_text(encoding="utf-8") == "kept"
    assert len(cg.load_dataset(out).enterprises) == 3
    with pytest.raises(cg.FileProblemError, match="not empty"):
        cg.merge_dataset(mine, tmp_path / "below", output=tmp_path / "far")


def test_a_card_that_lists_its_files_learns_new_columns(tmp_path):
    mine = cg.save_dataset(cg.load_dataset(city(tmp_path, "plain")), tmp_path / "saved")
    shutil.copytree(mine, tmp_path / "new")
    path = tmp_path / "new" / "enterprises.csv"
    path.write_text(
        swap(path.read_text("utf-8"), ("general knowledge", "2025-01"), (",note", ",visited")),
        encoding="utf-8",
    )
    cg.merge_dataset(mine, tmp_path / "new")
    card = json.loads((mine / "datapackage.json").read_text(encoding="utf-8"))
    entry = next(e for e in card["resources"] if e["name"] == "enterprises")
    assert entry["schema"]["fields"][-1]["name"] == "visited"


@pytest.mark.parametrize(
    ("data", "rows", "expected"),
    [
        ("unit_id,note\nu,a", [{"unit_id": "v"}], "unit_id,note\nu,a\nv,\n"),
        ("unit_id\r\nu\r\n\r\n", [{"unit_id": "v"}], "unit_id\r\nu\r\n\r\nv\r\n"),
        ('unit_id,own\nu,"a\nb"\n', [{"note": "c, d"}], 'unit_id,own,note\nu,"a\nb",\n,,"c, d"\n'),
        ("", [{"unit_id": "v", "own": "o"}], "unit_id,name_zh,own\nv,,o\n"),
    ],
)
def test_rows_are_added_and_the_rest_stays(data, rows, expected):
    assert edit_csv(data.encode(), "units", {}, rows).decode() == expected


def test_a_new_firm_of_which_only_the_county_is_said_is_in_the_city(tmp_path):
    mine = city(tmp_path)
    listed = tmp_path / "名单2024年12月.csv"
    listed.write_text(
        "企业名称,县（市、区）,产品名称,产能(吨/年)\n甲市新锋材料有限公司,西区,金属,5\n",
        encoding="utf-8",
    )
    done = cg.merge_dataset(mine, listed)  # the name of the file gives the date
    assert (done.open, cg.load_dataset(mine).as_of) == (0, "2024-12")
    assert (table(mine, "enterprises")[-1]["city"], table(mine)[-1]["since"]) == ("甲市", "2024-12")
    balance = cg.calculate_balance(cg.load_dataset(mine)).frame.set_index("product_id")
    assert balance.loc["metal", "capacity"] == 105


def test_the_screen_speaks_the_planners_language(tmp_path):
    mine = city(tmp_path)
    said = swap(CAPACITIES, ("0.01,万吨,construction", "0.01,万吨,operating"))
    done = cg.merge_dataset(mine, news(tmp_path, capacities=said), lang="zh")
    shown = done.results[0].frame.iloc[0]
    assert shown[["table", "column", "value_ours", "value_theirs"]].tolist() == [
        "产能", "状态", "在建", "在产",
    ]  # fmt: skip
    assert done.changes.frame["value_ours"].iloc[0] == "construction"
