"""On which pages a result rests: shares by grade, what carries how much, what to verify first."""

from __future__ import annotations

import pytest

import chaingraph as cg
from chaingraph.analysis.overview import describe_dataset
from chaingraph.analysis.sources import FIRM, GRADE_COLUMNS, SOLID, parts_of
from chaingraph.analysis.study import as_state
from chaingraph.views.report.sections import verify
from tests.helpers_cli import failure, rows, run

PAGE = "https://a.example/"
GRADES = {"o": "official", "f": "filing", "a": "association", "t": "trade_press", "r": "repost"}
SOURCES = [{"source_url": PAGE + name, "grade": grade} for name, grade in GRADES.items()]


def page(name: str) -> dict[str, str]:
    return {"source_url": PAGE + name}


@pytest.fixture
def ds(build):
    """Two users of one input worth 900: 100 t at price 6 by an official page, 50 t by a copy."""
    return build(
        [("x", "t", 6, page("t")), ("y", "t"), ("z", "t")],
        [("x", "y", 1, page("r")), ("x", "z", 1)],
        [("m", "y", 100, page("o")), ("n", "z", 50, page("r"))],
        sources=SOURCES,
    )


def graded(ds, **asked):
    return cg.grade_result(ds, **asked).frame.set_index("carrier")


def test_each_kind_carries_the_whole_value_once(ds):
    frame = graded(ds)
    assert frame["carried_cny"].to_dict() == {
        "user": 900, "maker": 0, "coefficient": 900, "price": 900, "all": 2700,
    }  # fmt: skip
    assert frame.loc["user", "grade_official"] == pytest.approx(2 / 3)
    assert frame.loc["user", "grade_repost"] == pytest.approx(1 / 3)
    assert frame.loc["coefficient", ["grade_repost", "grade_none"]].tolist() == pytest.approx(
        [2 / 3, 1 / 3]
    )
    assert frame.loc["price", "grade_trade_press"] == 1
    assert frame.loc["all", "solid_share"] == pytest.approx(1500 / 2700)
    assert frame.loc["all", "firm_share"] == pytest.approx(600 / 2700)
    assert frame.loc["all", list(GRADE_COLUMNS)].sum() == pytest.approx(1)


def test_what_no_grade_vouches_for_is_unknown_not_solid(build):
    bare = build(
        [("x", "t", 6, page("t")), ("y", "t")], [("x", "y", 1)], [("m", "y", 100, page("o"))]
    )
    frame = graded(bare)
    assert frame.loc["price", ["grade_unknown", "solid_share"]].tolist() == [1, 0]
    assert frame.loc["coefficient", "grade_none"] == 1


@pytest.mark.parametrize(("grade", "held"), [(g, g in SOLID) for g in GRADES.values()])
def test_which_grades_can_be_shown(build, grade, held):
    name = next(key for key, value in GRADES.items() if value == grade)
    ds = build(
        [("x", "t", 6, page(name)), ("y", "t")], [("x", "y", 1, page(name))],
        [("m", "y", 100, page(name))], sources=SOURCES,
    )  # fmt: skip
    result = cg.grade_result(ds)
    frame = result.frame.set_index("carrier")
    assert frame.loc["all", "solid_share"] == held
    assert frame.loc["all", "firm_share"] == (grade in FIRM)
    assert result.notes[0][1]["whole"] == held
    assert len(cg.list_unverified(ds)) == (0 if held else 3)


def test_one_weak_link_breaks_the_whole(build):
    strong = {"price": "t", "link": "a", "user": "f"}
    for weak in strong:
        pages = {name: page("r" if name == weak else key) for name, key in strong.items()}
        ds = build(
            [("x", "t", 6, pages["price"]), ("y", "t")], [("x", "y", 1, pages["link"])],
            [("m", "y", 100, pages["user"])], sources=SOURCES,
        )  # fmt: skip
        result = cg.grade_result(ds)
        assert result.notes[0][1]["whole"] == 0
        assert result.frame["solid_share"].iloc[-1] == pytest.approx(2 / 3)


def test_local_makers_carry_what_is_left_of_a_gap(build):
    ds = build(
        [("x", "t", 6), ("y", "t")], [("x", "y", 1)],
        [("m", "y", 100, page("o")), ("own", "x", 40, page("f")), ("two", "x", 20, page("r"))],
        sources=SOURCES,
    )  # fmt: skip
    frame = graded(ds)
    assert frame.loc["maker", "carried_cny"] == pytest.approx(240)
    assert frame.loc["maker", "grade_filing"] == pytest.approx(2 / 3)


def test_where_a_maker_has_no_figure_the_least_rests_on_those_that_have(build):
    ds = build(
        [("x", "t", 6), ("y", "t")], [("x", "y", 1)],
        [("m", "y", 100, page("o")), ("n", "y", None, page("r"))], sources=SOURCES,
    )  # fmt: skip
    parts = parts_of(as_state(ds, None))
    users = parts[parts["carrier"] == "user"].set_index("enterprise_id")
    assert users["carried_cny"].to_dict() == {"m": 600}


@pytest.mark.parametrize(("made", "told"), [(150, 1 / 3), (100, 0)])
def test_what_a_total_shows_beyond_the_rows_rests_on_its_page(build, made, told):
    total = {
        "region": "here", "product_id": "y", "year": "2024", "measure": "capacity", "value": made,
        "unit": "t",
    }  # fmt: skip
    ds = build(
        [("x", "t", 6), ("y", "t")], [("x", "y", 1)], [("m", "y", 100, page("r"))],
        sources=SOURCES, outputs=[total | page("o")], as_of="2024-12",
    )  # fmt: skip
    frame = graded(ds)
    assert frame.loc["user", "grade_official"] == pytest.approx(told)
    assert frame.loc["user", "grade_repost"] == pytest.approx(1 - told)
    assert frame.loc["user", "carried_cny"] == pytest.approx(6 * made)


def test_a_typical_plant_rests_on_no_page(qujing):
    """The page of a row without a figure says that a plant is there, not how large it is."""
    state = as_state(qujing, None)
    users = parts_of(state).query("carrier == 'user' and product_id == 'aluminium_wheel'")
    assert set(users["enterprise_id"]) == {"jinfei_fuyuan", "jinfei_qujing"}
    assert users["source_grade"].isna().all()


def test_the_list_begins_with_what_carries_most(ds):
    frame = cg.list_unverified(ds).frame
    assert frame["carried_cny"].tolist() == [600, 300, 300]
    assert frame["rank"].tolist() == [1, 2, 3]
    assert frame["carrier"].iloc[0] == "coefficient"
    assert frame["source_grade"].isna().sum() == 1
    assert frame["carried_share"].sum() == pytest.approx(1200 / 2700)


def test_a_chain_has_its_own_gaps_only(qujing):
    state = as_state(qujing, None)
    everything, chain = (graded(state, chain=name) for name in (None, "battery"))
    assert 0 < chain.loc["all", "carried_cny"] < everything.loc["all", "carried_cny"]


def test_nothing_with_a_price_is_said_to_be_nothing(build):
    result = cg.grade_result(build("x y", [("x", "y", 1)], [("m", "y", 1)]))
    assert result.notes[0][0] == "note-nothing-graded"
    assert result.frame["carried_cny"].sum() == 0


def test_qujing_does_not_fall_behind_what_it_rests_on(qujing):
    """The aim is 40%; alumina per tonne of aluminium and the two smelters stand on the list."""
    state = as_state(qujing, None)
    frame = graded(state)
    assert frame.loc["all", "solid_share"] >= 0.40
    assert 0 < frame.loc["all", "firm_share"] < frame.loc["all", "solid_share"]
    users = parts_of(state).query("carrier == 'user'")["carried_cny"].sum()
    assert users == pytest.approx(frame.loc["price", "carried_cny"], rel=0.01)


def test_another_region_has_its_own_shares(qujing):
    here, there = (graded(qujing, region=name) for name in ("曲靖市", "昆明市"))
    assert here.loc["all", "carried_cny"] != there.loc["all", "carried_cny"]


def test_tables_show_shares_by_grade(ds):
    frame = describe_dataset(ds).frame.set_index("table")
    assert frame.loc["capacities", ["grade_official", "grade_repost"]].tolist() == [0.5, 0.5]
    assert frame.loc["capacities", ["sourced", "solid_share", "firm_share"]].tolist() == [
        1,
        0.5,
        0.5,
    ]
    assert frame.loc["inputs", "grade_none"] == 0.5


def test_the_command_shows_both_and_saves_the_list():
    text = run("check", "qujing", "--sources", "--lang", "en").stdout
    assert "What the gap value rests on" in text
    assert "To be verified" in text
    assert "An address is no proof" in text
    saved = rows("check", "qujing", "--sources")
    assert saved[0]["rank"] == "1"
    assert "昆明市" in run("check", "qujing", "--sources", "-r", "昆明市").stdout
    assert "--sources" in failure("check", "toy", "--region", "甲市", status=2)
    assert "--reconcile" in failure("check", "toy", "--sources", "--reconcile", status=2)


@pytest.mark.parametrize("region", ["曲靖市", "昆明市"])
def test_the_report_has_the_section(qujing, region):
    report = cg.build_report(qujing, region=region, lang="zh", targets=False)
    section = next(section for section in report.sections if section.key == "verify")
    tables = {table.key: table for table in section.tables}
    todo = cg.list_unverified(qujing, region).frame
    assert len(tables["verify-all"].rows) == len(todo)
    assert len(tables["verify"].rows) == min(verify._FIRST, len(todo))
    last = tables["graded"].rows[-1].cells
    solid = cg.grade_result(qujing, region).frame["solid_share"].iloc[-1]
    assert f"{solid:.0%}" in [cell.text for cell in last]
    assert f"{solid:.0%}" in section.paragraphs[0].text


def test_the_report_grades_each_source_it_cites(qujing):
    report = cg.build_report(qujing, lang="en", targets=False)
    listed = next(table for table in report.tables if table.key == "sources")
    assert [column.key for column in listed.columns] == ["number", "address", "grade", "cited"]
    assert {row.cells[2].text for row in listed.rows} >= {"repost", "trade press"}
