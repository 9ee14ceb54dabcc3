"""What a list is compared with: late lists, lists of other offices, phases of one plant."""

from __future__ import annotations

import chaingraph as cg
from tests.test_merge import ENTERPRISES, city, news, own, table, view

SITES = "".join(f"{k},甲市{k}厂,甲市,,general knowledge\n" for k in "abc")


def listed_by(*figures: tuple[str, int], since: str = "2020") -> dict[str, str]:
    """Return tables in which some makers make metal."""
    lines = [f"{e},metal,{c},t,operating,{since},,list" for e, c in figures]
    head = "enterprise_id,product_id,capacity,unit,status,since,as_of,note"
    return {"enterprises": ENTERPRISES + SITES, "capacities": "\n".join([head, *lines, ""])}


def test_a_late_list_is_not_what_the_next_one_is_compared_with(tmp_path):
    mine = city(tmp_path, **listed_by(("a", 10), ("b", 10), ("c", 10)))
    november = news(tmp_path, "november", "2024-11", **listed_by(("a", 10), ("b", 10), ("c", 10)))
    january = news(tmp_path, "january", "2025-01", **listed_by(("a", 20), ("b", 10), ("c", 10)))
    for said in (november, january):
        cg.merge_dataset(mine, said)
    held = {file.name: file.read_bytes() for file in (mine / "merged").iterdir()}
    before = own(mine)
    late = news(tmp_path, "december", "2024-12", **listed_by(("a", 10), ("b", 10)))
    done = cg.merge_dataset(mine, late, vanished="close")
    assert (view(done), own(mine)) == ([], before)  # c is not gone, and all else is known
    assert held == {file.name: file.read_bytes() for file in (mine / "merged").iterdir()}
    assert "2024-12 is older" in " ".join(done.counts.sentences("en"))
    again = news(tmp_path, "february", "2025-02", **listed_by(("a", 10), ("b", 10), ("c", 10)))
    done = cg.merge_dataset(mine, again)  # back to what the late list said: news all the same
    assert [row[6] for row in view(done, at="capacities")] == ["changed", "closed"]


def test_another_offices_list_lets_nothing_vanish(tmp_path):
    mine = city(tmp_path, **listed_by(("a", 10), ("b", 10), ("c", 10)))
    first = news(tmp_path, "first", "2024-11", **listed_by(("a", 10), ("b", 10), ("c", 10)))
    cg.merge_dataset(mine, first)
    alone = listed_by(("x", 5))["capacities"]
    other = news(tmp_path, "other", enterprises=ENTERPRISES.rsplit("y,", 1)[0], capacities=alone)
    done = cg.merge_dataset(mine, other, vanished="close")
    assert [row[6] for row in view(done)] == ["added"]
    assert all("until" not in row for row in table(mine))
    assert "another office's" in " ".join(done.counts.sentences("en"))
    gone = cg.merge_dataset(mine, other, base=first, as_of="2025-01", vanished="close")
    assert [row[6] for row in view(gone, at="capacities")].count("closed") == 3


def test_phases_are_told_apart_by_their_notes_and_figures(tmp_path):
    head = "enterprise_id,product_id,capacity,unit,status,since,note\n"
    mine = city(tmp_path, capacities=f"{head}x,metal,30,t,operating,2024-02,二期\n"
                "x,metal,25,t,operating,2024-05,一期\n")  # fmt: skip
    said = f"{head}x,metal,25,t,operating,2022,一期\nx,metal,30,t,operating,,二期\n"
    done = cg.merge_dataset(mine, news(tmp_path, capacities=said), leave_conflicts=True)
    assert not {row[2] for row in view(done)} & {"capacity", "status"}
    said = f"{head}x,metal,40,t,operating,,二期\nx,metal,30,t,operating,2022,一期\n"
    done = cg.merge_dataset(mine, news(tmp_path, "next", "2025-01", capacities=said),
                            base=tmp_path / "news", leave_conflicts=True)  # fmt: skip
    figures = [row[4:6] for row in view(done) if row[2] == "capacity"]
    assert sorted(figures) == [("25 t", "30 t"), ("30 t", "40 t")]
