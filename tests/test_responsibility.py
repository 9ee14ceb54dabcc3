"""The responsibility list: tasks from things in the data only, ids that stay, a workbook that is right by itself."""

from __future__ import annotations

import json

import openpyxl
import pytest

import chaingraph as cg
from chaingraph.planning import track_words
from chaingraph.planning.responsibility import BLANKS, TASK_COLUMNS, stable_id
from chaingraph.planning.track_book import book_of
from chaingraph.planning.track_rules import list_rulesets, load_rules
from tests.helpers_cli import failure, run

PLAN = {
    "name": "三年方案",
    "project": [
        {"product": "copper_foil", "size": 20000, "unit": "t", "from": "2027-12", "park": "曲靖经济技术开发区"},
        {"product": "lipf6", "size": 2900, "commissioned": "2028", "started": "2026"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def qujing():
    return cg.open_study(cg.load_dataset("qujing"))


@pytest.fixture(scope="module")
def listed(qujing):
    return cg.build_responsibility(qujing)


@pytest.fixture(scope="module")
def planned(qujing):
    return cg.build_responsibility(qujing, plan=PLAN)


@pytest.fixture(scope="module")
def book(listed, tmp_path_factory):
    path = tmp_path_factory.mktemp("list") / "list.xlsx"
    return cg.save_responsibility(listed, path)


def test_every_task_comes_from_a_gap_a_supply_or_a_target(listed, qujing):
    frame = listed.frame
    assert tuple(frame.columns) == TASK_COLUMNS
    gaps = cg.find_gaps(qujing, draws=0).frame
    verbs = gaps.set_index("product_id")["verb"]
    for kind, known in (
        ("survey", {"survey", "own_plant", "check_size"}),
        ("assure", {"assure", "secure", "collect"}),
    ):
        products = frame.loc[frame["task_kind"] == kind, "product_id"]
        assert set(verbs[products]) <= known
        assert len(products) == int(verbs.isin(known).sum())
    targets = frame[frame["task_kind"] == "target"]
    assert set(targets["task_zh"]) <= set(
        cg.load_dataset("qujing").table("plan_targets")["task_zh"]
    )


def test_offices_are_those_of_the_data_and_nobody_is_guessed(listed):
    units = set(cg.load_dataset("qujing").table("units")["name_zh"])
    assert len(units) == 11
    assert set(listed.frame["lead_unit"].dropna()) <= units
    for name in ("person", "phone", "chief", "support_units"):
        assert listed.frame[name].isna().all()
    assert listed.frame.loc[listed.frame["task_kind"] == "survey", "lead_unit"].isna().all()


def test_targets_of_other_levels_and_of_past_years_are_left_out_and_counted(listed, qujing):
    rows = cg.load_dataset("qujing").table("plan_targets")
    count = int((listed.frame["task_kind"] == "target").sum())
    assert count + listed.params["targets_past"] + listed.params["targets_elsewhere"] == len(rows)
    whole = cg.build_responsibility(qujing, past=True)
    assert whole.params["targets_past"] == 0
    assert (
        int((whole.frame["task_kind"] == "target").sum()) == count + listed.params["targets_past"]
    )


def test_ids_say_what_a_task_is_about_not_where_it_stands(listed):
    ids = listed.frame["task_id"]
    assert ids.is_unique
    shuffled = cg.load_dataset("qujing")
    turned = shuffled.with_tables(plan_targets=shuffled.table("plan_targets").iloc[::-1])
    assert set(cg.build_responsibility(turned).frame["task_id"]) == set(ids)
    assert stable_id("survey", "曲靖市", "survey", "lithium_carbonate") in set(ids)


def test_a_plan_gives_five_tasks_a_project_with_dates_counted_back(planned, listed):
    stages = planned.frame[planned.frame["project_id"] == "copper_foil"]
    assert stages["task_kind"].tolist() == ["contact", "sign", "start", "commission", "full"]
    assert [number[-2:] for number in stages["task_id"]] == ["-1", "-2", "-3", "-4", "-5"]
    # commissioned 2027-12; started 14 months before, signed 5 before that; contact begins after the data's date
    assert stages["due"].tolist() == ["2026-05", "2026-05", "2026-10", "2027-12", None]
    assert stages["start"].tolist() == ["2026-01", "2026-01", "2026-05", "2026-10", "2027-12"]
    of_years = planned.frame[planned.frame["project_id"] == "lipf6"]
    assert of_years["due"].tolist()[2:4] == ["2026-12", "2028-12"]
    recruit = planned.frame[planned.frame["task_kind"] == "recruit"]["product_id"]
    assert not set(recruit) & {"copper_foil", "lipf6"}
    # whose absence nobody confirmed is surveyed all the same
    surveyed = set(listed.frame.loc[listed.frame["task_kind"] == "survey", "product_id"])
    assert {"copper_foil", "lipf6"} & surveyed <= set(
        planned.frame.loc[planned.frame["task_kind"] == "survey", "product_id"]
    )


def test_a_stage_that_would_end_before_it_begins_has_no_start(qujing):
    late = {"project": [{"product": "copper_foil", "size": 1, "from": "2026-03"}]}
    frame = cg.build_responsibility(qujing, plan=late).frame
    signed = frame[frame["task_kind"] == "sign"].iloc[0]
    assert (signed["start"], signed["due"]) == (None, "2024-08")


def test_plans_are_read_from_files(tmp_path, qujing, planned):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(PLAN), encoding="utf-8")
    of_file = cg.build_responsibility(qujing, plan=file)
    assert of_file.frame["task_id"].tolist() == planned.frame["task_id"].tolist()
    toml = tmp_path / "plan.toml"
    toml.write_text('schema=1\n[[change]]\ndo="build"\nproduct="copper_foil"\nsize=20000\nfrom="2027-12"\n'
                    '[[change]]\ndo="close"\nsite="x"\n', encoding="utf-8")  # fmt: skip
    frame = cg.build_responsibility(qujing, plan=toml).frame
    assert frame["project_id"].dropna().unique().tolist() == ["copper_foil"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = [", "cannot use the plan"),
        ("a = 1", "holds no list of projects"),
        ('[[project]]\nsize=1\nfrom="2027"', "project 1 has no usable 'product'"),
        ('[[project]]\nproduct="foil"\nfrom="soon"', "project 1 has no usable 'from'"),
        ('[[project]]\nproduct="fooil"\nfrom="2027"', "foil"),
    ],
)
def test_a_plan_that_cannot_be_read_is_said(tmp_path, text, said):
    file = tmp_path / "plan.toml"
    file.write_text(text, encoding="utf-8")
    assert said in failure("responsibility", "toy", "--plan", file, status=2)


def test_it_works_on_other_regions_and_on_little_data(tmp_path):
    battery = cg.load_dataset("battery")
    for region in ("宜宾市", "江西省"):
        found = cg.build_responsibility(battery, region=region)
        assert len(found) > 0
        assert found.frame["lead_unit"].isna().all()
    (tmp_path / "products.csv").write_text("product_id,name_zh,unit\na,甲,t\n", encoding="utf-8")
    with pytest.raises(cg.MissingTableError):
        cg.build_responsibility(cg.load_dataset(tmp_path))


def test_the_first_page_counts_the_blanks_by_formulas(book, listed):
    sheet = openpyxl.load_workbook(book)["说明"]
    kept = openpyxl.load_workbook(book, data_only=True)["说明"]
    lines = {kept.cell(r, 2).value for r in range(1, kept.max_row + 1)}
    titles = {c.name: c.zh for c in track_words.columns("list")}
    for name in BLANKS:
        count = book_of(listed).blanks(name)
        assert (
            track_words.say(
                "about-blank", "zh", column=titles[name], count=count, total=len(listed)
            )
            in lines
        )
    formulas = [c.value for c in sheet["B"] if str(c.value).startswith("=")]
    assert len(formulas) == len(BLANKS)
    assert all("COUNTIFS" in text for text in formulas)


def test_the_workbook_has_drop_downs_dates_lights_and_scores(book):
    opened = openpyxl.load_workbook(book)
    assert opened.sheetnames == [
        "说明",
        "责任清单",
        "月度进度",
        "项目调度",
        "问题清单",
        "考核得分",
        "单位",
        "规则",
        "_meta",
    ]
    assert opened["_meta"].sheet_state == "hidden"
    sheet = opened["责任清单"]
    rules = {str(r.sqref): r for r in sheet.data_validations.dataValidation}
    assert any(r.formula1 == "OfficeNames" for r in rules.values())
    assert any("已完成" in str(r.formula1) for r in rules.values())
    heads = {cell.value: cell.column for cell in sheet[1]}
    light = sheet.cell(2, heads["灯色"]).value
    assert light.startswith("=IF(")
    assert "TODAY" in opened.defined_names["CountDay"].attr_text
    shown = sheet.conditional_formatting
    assert sum(len(entry.rules) for entry in shown) >= 8
    assert opened["规则"]["A2"].value == load_rules().source_url
    assert opened["考核得分"]["B2"].value.startswith("=IF(")


def test_two_runs_give_the_same_bytes(book, listed, tmp_path):
    again = cg.save_responsibility(listed, tmp_path / "again.xlsx")
    assert again.read_bytes() == book.read_bytes()


def test_words_are_there_in_both_languages(listed, tmp_path):
    for group in ("sheets", "states", "lights", "kinds", "measures"):
        for key in track_words.keys(group):
            if key not in {"none", "meta"}:
                assert track_words.name(group, key, "zh") != track_words.name(group, key, "en")
    english = cg.save_responsibility(listed, tmp_path / "en.xlsx", lang="en")
    assert "Responsibilities" in openpyxl.load_workbook(english).sheetnames


def test_rule_sets_name_where_they_were_published():
    for name in list_rulesets():
        rules = load_rules(name)
        assert rules.source_url.startswith("http")
        assert rules.place
        assert rules.date
        assert all(band.meaning_zh and band.meaning_en for band in rules.bands)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name_zh='x'", "no [[band]]"),
        ("[[band]]\nmeasure='weeks'\ncolour='red'", "'weeks' is not one of: months_late"),
        ("[[band]]\nmeasure='points_behind'\ncolour='pink'", "'pink' is not one of: red"),
        ("[[band]]\nmeasure='points_behind'\ncolour='red'\nlow='ten'", "'ten'"),
        ("[[band]]\nmeasure='points_behind'\ncolour='red'\nlo=3", "low"),
        ("[[band", "cannot use the rule set"),
    ],
)
def test_a_rule_set_that_cannot_be_used_is_said(tmp_path, text, said):
    file = tmp_path / "own.toml"
    file.write_text(text, encoding="utf-8")
    assert said in failure(
        "responsibility", "toy", "--rules", file, "-o", tmp_path / "x.xlsx", status=2
    )


def test_the_command_writes_a_list_or_shows_it(tmp_path):
    run("responsibility", "toy", "-o", tmp_path / "list.xlsx")
    assert (tmp_path / "list.xlsx").exists()
    shown = run("responsibility", "toy", "-f", "csv").output
    assert shown.startswith("task_id,")
    assert "no rule set 'yinchan'" in failure(
        "responsibility", "toy", "--rules", "yinchan", status=2
    )
    assert ".xlsx" in failure("responsibility", "toy", "-o", "list.pdf", status=2)
    with pytest.raises(cg.OptionError, match="no responsibility list"):
        cg.save_responsibility(cg.find_gaps(cg.load_dataset("toy")), tmp_path / "x.xlsx")
