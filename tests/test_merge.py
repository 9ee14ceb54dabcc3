"""Merging a new list into a dataset: three ways, with history, and nothing lost."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

import chaingraph as cg
from chaingraph import files
from tests.helpers_cli import failure, folder, run

if TYPE_CHECKING:
    from pathlib import Path

PRODUCTS = (
    "product_id,name_zh,unit,stage,kind\nore,矿石,t,upstream,material\n"
    "metal,金属,t,midstream,material\n"
)
INPUTS = "input_id,output_id,coefficient,unit\nore,metal,2,t/t\n"
ENTERPRISES = (
    "enterprise_id,name_zh,city,credit_code,note\n"
    "x,甲市恒金冶炼有限公司,甲市,91530300MA6K5B1Y2L,general knowledge\n"
    "y,甲市宏远矿业有限公司,甲市,,general knowledge\n"
)
CAPACITIES = (
    "enterprise_id,product_id,capacity,unit,status,since,as_of,note\n"
    "x,metal,100,t,operating,2020,2024-11,general knowledge\n"
    'y,ore,0.01,万吨,construction,,2024-11,"general knowledge, quoted"\n'
)
TABLES = {
    "products": PRODUCTS, "inputs": INPUTS, "enterprises": ENTERPRISES, "capacities": CAPACITIES,
}  # fmt: skip
CARD = '{\n "name": "city", "as_of": "2024-11", "language": "en", "focus": "甲市"\n}\n'


def city(place: Path, name: str = "city", **changed: str) -> Path:
    """Write a dataset with some tables changed."""
    return folder(place, name, **({"card": CARD} | TABLES | changed))


def news(place: Path, name: str = "news", date: str = "2024-12", **changed: str) -> Path:
    """Write the same dataset as a list of a later month, with some tables changed."""
    card = json.dumps({"name": name, "as_of": date})
    return city(place, name, card=card, **changed)


def table(path: Path, name: str = "capacities") -> list[dict[str, str]]:
    """Return the rows of a table with their filled cells."""
    text = (path / f"{name}.csv").read_text(encoding="utf-8-sig")
    return [{k: v for k, v in row.items() if v} for row in csv.DictReader(io.StringIO(text))]


def own(path: Path) -> dict[str, bytes]:
    """Return the bytes of the folder's own files."""
    return {file.name: file.read_bytes() for file in path.iterdir() if file.is_file()}


def view(done: cg.Merged, *, at: str = "") -> list[tuple[Any, ...]]:
    """Return the view in short."""
    frame = done.changes.frame
    names = ["table", "row_key", "column", "value_base", "value_ours", "value_theirs", "outcome"]
    rows = frame[names].astype(object).where(frame[names].notna(), "")
    return [tuple(row) for row in rows.to_numpy().tolist() if not at or row[0] == at]


def swap(text: str, *pairs: tuple[str, str]) -> str:
    """Replace some texts, each of which is there."""
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def test_a_list_that_says_the_same_changes_nothing(tmp_path):
    mine = city(tmp_path)
    before = own(mine)
    done = cg.merge_dataset(mine, mine)
    assert (done.open, view(done), own(mine)) == (0, [], before)
    assert sorted(p.name for p in (mine / "merged").iterdir()) == [
        "capacities.csv", "datapackage.json", "enterprises.csv", "inputs.csv", "products.csv",
    ]  # fmt: skip
    assert cg.merge_dataset(mine, mine).folder is None
    assert len(cg.load_dataset(mine).capacities) == 2


def test_a_changed_capacity_ends_and_its_new_state_begins(tmp_path):
    mine = city(tmp_path)
    gaps = {at: cg.find_gaps(cg.load_dataset(mine), at=at).frame for at in ("2019", "2024-11")}
    new = news(tmp_path, capacities=swap(CAPACITIES, ("x,metal,100", "x,metal,130")))
    done = cg.merge_dataset(mine, new)
    assert view(done) == [
        ("capacities", "x / metal / site", "capacity", "", "100 t", "130 t", "changed"),
        ("capacities", "x / metal / site", "until", "", "", "2024-12", "closed"),
    ]
    old, ore, added = table(mine)
    assert old == table(city(tmp_path, "again"))[0] | {"until": "2024-12"}
    assert added == {
        "enterprise_id": "x", "product_id": "metal", "capacity": "130", "unit": "t",
        "status": "operating", "since": "2024-12", "as_of": "2024-11", "note": "general knowledge",
    }  # fmt: skip
    assert (ore["capacity"], ore["unit"]) == ("0.01", "万吨")
    ds = cg.load_dataset(mine)
    assert ds.as_of == "2024-12"
    for at, frame in gaps.items():
        assert cg.find_gaps(ds, at=at).frame.equals(frame)
    assert not cg.find_gaps(ds, at="2024-12").frame.equals(gaps["2024-11"])


def test_untouched_rows_stay_byte_for_byte(tmp_path):
    text = swap(CAPACITIES, ("\n", "\r\n"))
    mine = city(tmp_path, capacities="\ufeff" + text)
    (mine / "products.csv").rename(mine / "products.CSV")
    cg.merge_dataset(mine, news(tmp_path, capacities=swap(CAPACITIES, ("metal,100", "metal,130"))))
    lines = (mine / "capacities.csv").read_bytes().decode().splitlines(keepends=True)
    assert (
        lines[0] == "\ufeffenterprise_id,product_id,capacity,unit,status,since,as_of,note,until\r\n"
    )
    assert lines[2] == 'y,ore,0.01,万吨,construction,,2024-11,"general knowledge, quoted",\r\n'
    assert (mine / "datapackage.json").read_text(encoding="utf-8") == swap(CARD, ("-11", "-12"))
    assert (mine / "enterprises.csv").read_text(encoding="utf-8") == ENTERPRISES


def test_the_start_that_the_list_names_counts(tmp_path):
    mine = city(tmp_path)
    said = swap(CAPACITIES, ("construction,,2024-11", "operating,2025-02,2024-12"))
    done = cg.merge_dataset(mine, news(tmp_path, capacities=said))
    assert [row[2:] for row in view(done)] == [
        ("status", "", "construction", "operating", "changed"),
        ("until", "", "", "2025-02", "closed"),
    ]
    assert (table(mine)[1]["until"], table(mine)[2]["since"]) == ("2025-02", "2025-02")
    assert (table(mine)[2]["capacity"], table(mine)[2]["unit"]) == ("0.01", "万吨")


def test_the_year_a_plant_was_built_is_not_the_start_of_a_new_figure(tmp_path):
    mine = city(tmp_path)
    said = swap(CAPACITIES, ("0.01,万吨,construction,,", "150,t,construction,2015,"))
    cg.merge_dataset(mine, news(tmp_path, capacities=said))
    assert (table(mine)[1]["until"], table(mine)[2]["since"]) == ("2024-12", "2024-12")


def test_corrections_overwrite(tmp_path):
    mine = city(tmp_path)
    said = swap(CAPACITIES, ("y,ore,0.01,万吨", "y,ore,150,t"))
    done = cg.merge_dataset(mine, news(tmp_path, capacities=said), corrections=True)
    assert [row[2:] for row in view(done)] == [("capacity", "", "100 t", "150 t", "changed")]
    assert len(table(mine)) == 2
    assert (table(mine)[1]["capacity"], table(mine)[1]["unit"]) == ("0.015", "万吨")


def test_a_second_list_of_the_same_month_overwrites(tmp_path):
    mine = city(tmp_path)
    for name, figure in (("one", "130"), ("two", "140")):
        text = swap(CAPACITIES, ("metal,100", f"metal,{figure}"))
        cg.merge_dataset(mine, news(tmp_path, name, capacities=text))
    assert [row["capacity"] for row in table(mine)] == ["100", "0.01", "140"]


def test_three_ways_cell_by_cell(tmp_path):
    base = news(tmp_path, "base", "2024-10")
    mine = city(
        tmp_path,
        enterprises=swap(
            ENTERPRISES, ("y,甲市宏远矿业有限公司,甲市", "y,甲市宏远矿业有限公司,乙市")
        ),
        capacities=swap(CAPACITIES, ("metal,100", "metal,110")),
    )
    new = news(
        tmp_path,
        inputs=swap(INPUTS, ("metal,2,", "metal,2.5,")),
        capacities=swap(CAPACITIES, ("metal,100", "metal,120")),
    )
    done = cg.merge_dataset(mine, new, base=base)
    assert view(done) == [
        ("inputs", "ore / metal", "coefficient", "2 t/t", "2 t/t", "2.5 t/t", "changed"),
        ("enterprises", "y", "city", "甲市", "乙市", "甲市", "kept"),
        ("capacities", "x / metal / site", "capacity", "100 t", "110 t", "120 t", "conflict"),
    ]
    assert (done.open, done.folder) == (1, None)
    assert done.conflicts.frame["conflict_kind"].tolist() == ["both"]
    assert table(mine, "inputs")[0]["coefficient"] == "2"


def test_without_a_list_before_a_cell_that_differs_is_a_conflict(tmp_path):
    mine = city(tmp_path)
    said = swap(ENTERPRISES, ("y,甲市宏远矿业有限公司,甲市,,", "y,甲市宏远矿业有限公司,乙市,,"))
    new = news(tmp_path, enterprises=swap(said, ("general knowledge\ny", "\ny")))
    done = cg.merge_dataset(mine, new)
    assert view(done) == [("enterprises", "y", "city", "", "甲市", "乙市", "conflict")]


def test_empty_cells_are_filled_and_never_erase(tmp_path):
    mine = city(tmp_path)
    said = (
        "enterprise_id,name_zh,city,county,group_zh\n"
        "x,甲市恒金冶炼有限公司,甲市,,恒金集团\ny,甲市宏远矿业有限公司,甲市,东区,\n"
    )
    done = cg.merge_dataset(mine, news(tmp_path, enterprises=said))
    assert [(row[1], row[2], row[5], row[6]) for row in view(done)] == [
        ("x", "group_zh", "恒金集团", "filled"), ("y", "county", "东区", "filled"),
    ]  # fmt: skip
    rows = table(mine, "enterprises")
    assert [list(row) for row in rows] == [
        ["enterprise_id", "name_zh", "city", "credit_code", "note", "group_zh"],
        ["enterprise_id", "name_zh", "city", "note", "county"],
    ]


@pytest.mark.parametrize("choice", ["ours", "theirs", "skip"])
def test_decisions_settle_conflicts(tmp_path, choice):
    mine = city(tmp_path)
    new = news(tmp_path, inputs=swap(INPUTS, ("metal,2,", "metal,3,")))
    done = cg.merge_dataset(mine, new)
    decisions = {done.conflicts.frame["conflict"].iloc[0]: choice}
    again = cg.merge_dataset(mine, new, decisions=decisions)
    written = table(mine, "inputs")[0]["coefficient"]
    assert (again.open, written) == {
        "ours": (0, "2"), "theirs": (0, "3"), "skip": (1, "2"),
    }[choice]  # fmt: skip
    if choice in {"ours", "theirs"}:  # it is not asked again
        assert cg.merge_dataset(mine, new).open == 0


def test_conflicts_that_are_left_come_again(tmp_path):
    mine = city(tmp_path)
    new = news(
        tmp_path,
        inputs=swap(INPUTS, ("metal,2,", "metal,3,")),
        capacities=swap(CAPACITIES, ("metal,100", "metal,130")),
    )
    done = cg.merge_dataset(mine, new, leave_conflicts=True)
    assert (done.open, done.folder) == (1, mine)
    assert (table(mine, "inputs")[0]["coefficient"], len(table(mine))) == ("2", 3)
    again = cg.merge_dataset(mine, new, leave_conflicts=True)
    assert (again.open, again.folder) == (1, None)


def test_vanished_rows_stay_or_end(tmp_path):
    lines = CAPACITIES.splitlines(keepends=True)
    for name, how in (("keep", "vanished"), ("close", "closed")):
        mine = city(tmp_path, name)
        cg.merge_dataset(mine, city(tmp_path, f"{name}-1"))
        fewer = news(
            tmp_path, f"{name}-2", capacities="".join(lines[:2]),
            enterprises="".join(ENTERPRISES.splitlines(keepends=True)[:2]),
        )  # fmt: skip
        done = cg.merge_dataset(mine, fewer, vanished=name)
        assert [(row[0], row[1], row[6]) for row in view(done)] == [
            ("enterprises", "y", "vanished"), ("capacities", "y / ore / site", how),
        ]  # fmt: skip
        assert table(mine)[1].get("until") == {"keep": None, "close": "2024-12"}[name]
        assert cg.merge_dataset(mine, fewer, vanished=name).folder is None


def test_rows_that_were_never_listed_are_counted(tmp_path):
    mine = city(tmp_path)
    fewer = news(tmp_path, capacities="".join(CAPACITIES.splitlines(keepends=True)[:2]))
    done = cg.merge_dataset(mine, fewer, vanished="close")
    counts = done.counts.frame.set_index("table")
    assert counts.loc["capacities", ["rows_vanished", "rows_unlisted"]].tolist() == [0, 1]
    assert "until" not in table(mine)[1]


def test_rows_taken_out_here_stay_out_until_the_list_changes_them(tmp_path):
    mine = city(tmp_path)
    cg.merge_dataset(mine, city(tmp_path, "first"))
    lines = CAPACITIES.splitlines(keepends=True)
    (mine / "capacities.csv").write_text("".join(lines[:2]), encoding="utf-8")
    same = cg.merge_dataset(mine, news(tmp_path))
    assert view(same) == [
        ("capacities", "y / ore / site", "", "", "", "100 t, construction", "kept")
    ]
    new = news(tmp_path, "later", capacities=swap(CAPACITIES, ("ore,0.01", "ore,0.02")))
    done = cg.merge_dataset(mine, new)
    assert done.conflicts.frame["conflict_kind"].tolist() == ["gone"]
    key = done.conflicts.frame["conflict"].iloc[0]
    cg.merge_dataset(mine, new, decisions={key: "theirs"})
    assert [row["product_id"] for row in table(mine)] == ["metal", "ore"]


@pytest.mark.parametrize(
    ("figures", "status", "kinds"),
    [
        (("60", "40"), "operating", []),
        (("60", "30"), "operating", ["phases"]),
        (("60", "40"), "construction", []),
    ],
)
def test_one_figure_for_several_phases(tmp_path, figures, status, kinds):
    phases = "".join(
        f"x,metal,{figure},t,{status if nth else 'operating'},202{nth},2024-11,general knowledge\n"
        for nth, figure in enumerate(figures)
    )
    mine = city(tmp_path, capacities=CAPACITIES.splitlines(keepends=True)[0] + phases)
    total = "60" if status == "construction" else "100"
    said = swap(CAPACITIES, ("metal,100,t,operating,2020", f"metal,{total},t,operating,"))
    done = cg.merge_dataset(mine, news(tmp_path, capacities=said))
    assert done.conflicts.frame["conflict_kind"].tolist() == kinds
    assert [row for row in view(done, at="capacities") if row[6] == "changed"] == []
    if kinds:
        clash = done.conflicts.frame.iloc[0]
        assert clash["value_ours"] == "60 t + 30 t"
        decided = {clash["conflict"]: "theirs"}
        assert cg.merge_dataset(mine, tmp_path / "news", decisions=decided).open == 0
        ends = [(row["capacity"], row.get("until")) for row in table(mine)]
        assert ends[:3] == [("60", "2024-12"), ("30", "2024-12"), ("100", None)]


def test_a_list_of_an_earlier_month_is_older(tmp_path):
    mine = city(tmp_path)
    said = swap(CAPACITIES, ("metal,100,t,operating,2020,2024-11", "metal,90,t,operating,2020,"))
    done = cg.merge_dataset(mine, news(tmp_path, date="2024-10", capacities=said))
    assert done.conflicts.frame["conflict_kind"].tolist() == ["older"]
    fixed = cg.merge_dataset(mine, tmp_path / "news", corrections=True)
    assert (fixed.open, table(mine)[0]["capacity"]) == (0, "90")
    assert cg.load_dataset(mine).as_of == "2024-11"


def test_an_older_source_is_a_conflict(tmp_path):
    mine = city(tmp_path)
    said = swap(
        CAPACITIES, ("metal,100,t,operating,2020,2024-11", "metal,90,t,operating,2020,2023")
    )
    done = cg.merge_dataset(mine, news(tmp_path, capacities=said))
    assert done.conflicts.frame["conflict_kind"].tolist() == ["older"]


def test_ids_that_mean_different_enterprises_are_a_conflict(tmp_path):
    mine = city(tmp_path)
    said = swap(ENTERPRISES, ("y,甲市宏远矿业有限公司,甲市", "y,丙市大通矿业有限公司,丙市"))
    new = news(tmp_path, enterprises=said)
    done = cg.merge_dataset(mine, new)
    assert done.conflicts.frame["conflict_kind"].tolist() == ["id"]
    key = done.conflicts.frame["conflict"].iloc[0]
    done = cg.merge_dataset(mine, new, decisions={key: "new"})
    assert done.open == 0
    names = [row["name_zh"] for row in table(mine, "enterprises")]
    assert names[1:] == ["甲市宏远矿业有限公司", "丙市大通矿业有限公司"]
    assert len(table(mine)) == 3


def test_rows_of_an_extended_dataset_are_kept_elsewhere(tmp_path):
    city(tmp_path, "below", card='{"name": "below", "as_of": "2024-11"}')
    mine = folder(
        tmp_path, card='{"name": "city", "extends": ["below"], "focus": "甲市"}',
        enterprises="enterprise_id,name_zh,city,note\nz,甲市新厂,甲市,general knowledge\n",
    )  # fmt: skip
    new = news(
        tmp_path,
        products=swap(PRODUCTS, ("ore,矿石,t", "ore,原矿,t")),
        enterprises=swap(ENTERPRISES, ("credit_code,note", "credit_code,county"),
                         ("y,甲市宏远矿业有限公司,甲市,,general knowledge",
                          "y,甲市宏远矿业有限公司,甲市,,东区"), ("2L,general knowledge", "2L,")),
        capacities=swap(CAPACITIES, ("metal,100", "metal,130")),
    )  # fmt: skip
    done = cg.merge_dataset(mine, new, base=tmp_path / "below")
    assert [(row[0], row[2], row[6]) for row in view(done)] == [
        ("products", "name_zh", "changed"), ("enterprises", "county", "filled"),
        ("capacities", "capacity", "conflict"),
    ]  # fmt: skip
    clash = done.conflicts.frame.iloc[0]
    assert clash[["conflict_kind", "ours_origin"]].tolist() == [
        "extended",
        "below/capacities.csv:2",
    ]
    before = cg.find_gaps(cg.load_dataset(mine), at="2024-11").frame
    below = own(tmp_path / "below")
    for choice, count in (("ours", 0), ("theirs", 2)):
        out = tmp_path / choice
        decided = {clash["conflict"]: choice}
        done = cg.merge_dataset(mine, new, base=tmp_path / "below", decisions=decided, output=out)
        assert (done.open, own(tmp_path / "below")) == (0, below)
        ds = cg.load_dataset(out)
        assert ds.products["name_zh"].tolist() == ["金属", "原矿"]
        assert table(out, "enterprises")[1]["county"] == "东区"
        assert len(table(out, "enterprises")) == 2
        assert (len(table(out)) if count else (out / "capacities.csv").exists()) == count
        frame = cg.find_gaps(ds, at="2024-11").frame
        same = ["product_id", "capacity", "coverage"]
        assert frame[same].equals(before[same])
        assert cg.merge_dataset(out, new).folder is None
    assert [row.get("until") for row in table(tmp_path / "theirs")] == ["2024-12", None]


def test_history_needs_a_date(tmp_path):
    mine = city(tmp_path, capacities=swap(CAPACITIES, ("2024-11", "")))
    card = json.dumps({"name": "news"})
    text = swap(CAPACITIES, ("metal,100", "metal,130"), ("2024-11", ""))
    new = city(tmp_path, "news", card=card, capacities=text)
    with pytest.raises(cg.OptionError, match="give it with --at"):
        cg.merge_dataset(mine, new)
    assert cg.merge_dataset(mine, new, as_of="2024-12").folder == mine


def test_a_result_that_does_not_load_is_not_written(tmp_path):
    mine = city(tmp_path)
    cg.merge_dataset(mine, city(tmp_path, "first"))
    before = own(mine)
    new = news(
        tmp_path,
        products=swap(PRODUCTS, ("metal,金属,t", "metal,金属,GWh")),
        inputs=swap(INPUTS, ("t/t", "t/GWh")), capacities=swap(CAPACITIES, ("100,t", "100,GWh")),
    )  # fmt: skip
    with pytest.raises(cg.DataError, match="would not load"):
        cg.merge_dataset(mine, new)
    assert own(mine) == before


def test_two_merges_at_once_do_not_mix(tmp_path, monkeypatch):
    import threading

    mine, new = city(tmp_path), news(tmp_path)
    monkeypatch.setattr(files, "WAIT", 0.0)
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with files.locked(mine):
            held.set()
            done.wait(30)

    other = threading.Thread(target=hold)
    other.start()
    held.wait(30)
    try:
        assert "is being written by another program" in failure("merge", mine, new, status=1)
    finally:
        done.set()
        other.join()
    run("merge", mine, new)
