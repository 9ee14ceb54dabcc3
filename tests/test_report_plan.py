"""Plan, years, tasks and indicators in a report; a plan as a scenario and in other commands."""

from __future__ import annotations

import io
import json
import time
from pathlib import Path

import docx
import numpy as np
import openpyxl
import pytest

import chaingraph as cg
from chaingraph.errors import OptionError
from chaingraph.planning.effect import (
    MOST_YEARS,
    compare_chains,
    measure_effect,
    ready_of,
    time_line,
    year_marks,
)
from chaingraph.planning.responsibility_plan import plan_projects
from chaingraph.views.charts.plan import draw_time_line, years_of
from chaingraph.views.report import build as building
from chaingraph.views.report import context as contexts
from chaingraph.views.report.build import build_report, render_report
from tests.helpers_cli import failure, rows, run
from tests.helpers_report import Page, plain

FROZEN = Path(__file__).parent / "data" / "datasets_1_1_0" / "qujing"
HAND = {
    "name": "手写",
    "project": [
        {"product": "copper_foil", "size": 20000, "from": "2027-12"},
        {"product": "lipf6", "started": 2026},
    ],
}
KEYS = ("plan", "steps", "responsibility", "indicators")


@pytest.fixture(scope="module")
def plan():
    return cg.build_plan(
        cg.load_dataset("qujing"), years="2026-2028", stability=2, draws=50,
        budget={"investment_cny_100m": 150, "power_mw": 800}, per_year={"investment_cny_100m": 60},
    )  # fmt: skip


@pytest.fixture(scope="module")
def path(plan, tmp_path_factory):
    file = tmp_path_factory.mktemp("plan") / "plan.toml"
    plan.save(file)
    return file


@pytest.fixture(scope="module")
def report(path):
    return build_report(cg.load_dataset("qujing"), plan=path, lang="zh")


@pytest.fixture(scope="module")
def small():
    """Return a report of every kind of section that is quick to build and render."""
    plan = cg.build_plan(cg.load_dataset("toy"), years=2025, stability=0, draws=0)
    return build_report(cg.load_dataset("toy"), plan=plan, lang="zh")


def section(report, key):
    return next((part for part in report.sections if part.key == key), None)


def table(report, key):
    return next(part for part in report.tables if part.key == key)


def words_of(section):
    return " ".join(paragraph.text for paragraph in section.paragraphs)


# --- one home of reading


def test_a_plan_at_hand_a_file_and_json_are_read_alike(plan, path, tmp_path):
    plan.save(tmp_path / "plan.json")
    read = [cg.read_plan(one) for one in (plan, path, tmp_path / "plan.json")]
    assert {one.name for one in read} == {"曲靖市 2026-2028"}
    for one in read:
        assert one.projects["project_id"].tolist() == plan.projects.frame["project_id"].tolist()
        assert one.steps["plan_year"].tolist() == plan.steps.frame["plan_year"].tolist()
        fall = plan.steps.frame["fall_cny"].to_numpy() / 1e8
        assert one.steps["fall_cny"].to_numpy() == pytest.approx(fall, abs=1e-5)
        assert [c["size"] for c in one.changes] == plan.projects.frame["size"].tolist()
    assert cg.read_plan(read[0]) is read[0]
    ds = cg.load_dataset("qujing")
    assert plan_projects(path, ds) == plan_projects(plan, ds)


@pytest.mark.parametrize(
    "given", [7, ["a"], {"name": "x"}, {"schema": 2, "project": [{}]}, {"project": 3}]
)
def test_what_is_no_plan_is_refused(given):
    with pytest.raises(OptionError, match="is no plan"):
        cg.read_plan(given)


def test_broken_json_is_said_to_be_json(tmp_path):
    file = tmp_path / "plan.json"
    file.write_text("{", encoding="utf-8")
    with pytest.raises(OptionError, match="is not JSON"):
        cg.read_plan(file)
    file.write_text("[1]", encoding="utf-8")
    with pytest.raises(OptionError, match="is no plan"):
        cg.read_plan(file)


def test_a_plan_of_no_projects_gives_no_tasks(tmp_path):
    none = cg.build_plan(
        cg.load_dataset("toy"), years=2025, stability=0, draws=0, budget={"count": 0}
    )
    assert len(none.projects) == 0
    file = tmp_path / "none.toml"
    none.save(file)
    kinds = set(cg.build_responsibility(cg.load_dataset("toy"), plan=file).frame["task_kind"])
    assert "sign" not in kinds
    assert "has no projects" in failure("calls", "toy", "--plan", file, status=2)
    found = build_report(cg.load_dataset("toy"), plan=file, lang="en")
    assert "0 projects" in words_of(section(found, "plan"))
    assert section(found, "steps") is None


# --- a plan in other commands


def test_a_plan_is_a_scenario_and_the_base_of_one(path, tmp_path):
    saved = cg.read_plan(path)
    ds = cg.load_dataset("qujing")
    supposed = cg.apply_scenario(ds, str(path))
    by_state = cg.open_study(ds).state().with_capacity(saved.capacities())
    state = cg.open_study(supposed).state()
    assert np.allclose(state.gap.point, by_state.gap.point, equal_nan=True)
    more = tmp_path / "more.toml"
    more.write_text(
        f'schema = 1\nname = "more"\nbase = [{json.dumps(str(path))}]\n[[change]]\ndo = "use"\n'
        'product = "wafer"\nutilisation = 0.6\n', encoding="utf-8",
    )  # fmt: skip
    assert len(cg.read_scenario(more).changes) == len(saved.changes) + 1
    found = cg.compare_scenarios(ds, [str(path)])
    assert len(found.products)


def test_commands_take_a_plan(path, tmp_path):
    saved = cg.read_plan(path)
    ids = saved.projects["product_id"].tolist()
    status = ("--status", "operating,construction")
    before = {r["product_id"]: r for r in rows("balance", "qujing", *status)}
    after = {r["product_id"]: r for r in rows("balance", "qujing", "--plan", path)}
    first = ids[0]
    grown = float(after[first]["capacity"] or 0) - float(before[first]["capacity"] or 0)
    assert grown == pytest.approx(saved.projects["size"].iloc[0])
    heading = run("gaps", "qujing", "--plan", path, "--draws", "0", "--lang", "en").stdout
    assert "scenario 曲靖市 2026-2028" in heading
    assert (
        "under construction" in heading
    )  # what the plan took as there, where --status is not given
    own = run(
        "gaps", "qujing", "--plan", path, "--status", "operating", "--draws", "0", "--lang", "en"
    ).stdout
    assert "operating+under construction" not in own
    called = rows("calls", "qujing", "--plan", path)
    assert list(dict.fromkeys(r["product_id"] for r in called)) == ids
    named = rows("targets", "qujing", "--plan", path, "--gap", "lfp")
    assert list(dict.fromkeys(r["product_id"] for r in named)) == ["lfp", *ids]
    run("view", "qujing", "--plan", path, "-c", "battery", "-o", tmp_path / "map.html")
    assert "曲靖市 2026-2028" in (tmp_path / "map.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command",
    ["gaps", "balance", "view", "calls", "targets", "report", "responsibility", "indicators"],
)
def test_a_plan_that_is_none_is_one_sentence_everywhere(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no.toml").write_text("schema = 1\n", encoding="utf-8")
    assert "is no plan" in failure(command, "toy", "--plan", "no.toml", status=2)
    assert "no file or folder" in failure(command, "toy", "--plan", "none.toml", status=1)
    (tmp_path / "gbk.toml").write_bytes("schema = 1 # 计划".encode("gbk"))
    assert "not UTF-8" in failure(command, "toy", "--plan", "gbk.toml", status=1)


# --- the report


def test_without_a_plan_one_line_says_how_to_make_one():
    found = build_report(cg.load_dataset("toy"), lang="en")
    plan = section(found, "plan")
    assert len(plan.paragraphs) == 1
    assert "chaingraph plan toy" in plan.paragraphs[0].text
    assert (plan.tables, plan.figures, plan.sheet) == ((), (), False)
    assert section(found, "steps") is None
    assert len(section(found, "responsibility").tables) == 2
    assert "no targets" in words_of(section(found, "indicators"))
    book = openpyxl.load_workbook(io.BytesIO(render_report(found, "xlsx")))
    assert "Plan" not in book.sheetnames


def test_the_sections_say_what_plan_list_and_indicators_say(report, plan, path):
    ds = cg.load_dataset("qujing")
    projects = table(report, "plan")
    names = [c.key for c in projects.columns]
    frame = plan.projects.frame
    money = [row.cells[names.index("invests")].value for row in projects.rows]
    assert money == pytest.approx((frame["investment_cny"] / 1e8).tolist(), abs=1e-5)
    steps = table(report, "steps")
    names = [c.key for c in steps.columns]
    falls = [row.cells[names.index("fall")].value for row in steps.rows]
    assert falls == pytest.approx((plan.steps.frame["fall_cny"] / 1e8).tolist(), abs=1e-5)
    said = words_of(section(report, "steps"))
    for headline, standard in zip(
        plan.steps.frame["headline_zh"], plan.steps.frame["standard_zh"], strict=True
    ):
        if isinstance(headline, str):
            assert headline in said
            assert standard in said
    listed = cg.build_responsibility(ds, plan=path, lang="zh").frame
    tasks = table(report, "responsibility-all")
    assert {row.cells[0].value for row in tasks.rows} == set(listed["task_id"])
    offices = set(listed["lead_unit"].dropna())
    assert offices
    assert all(office in words_of(section(report, "responsibility")) for office in offices)
    targets = cg.measure_indicators(ds, plan=path, lang="zh").targets.frame
    shown = table(report, "indicators")
    assert [row.cells[0].value for row in shown.rows] == targets["indicator_name"].tolist()


def test_the_dates_of_data_and_plan_are_both_printed(report):
    said = words_of(section(report, "plan"))
    assert "2025-12" in said
    assert "2026" in said
    assert ("计划", "曲靖市 2026-2028") in report.meta


def test_a_plan_of_another_region_or_release_is_said():
    other = {
        "plan": {"region": "宜宾市"},
        "project": [{"product": "foil", "size": 1, "from": "2026"}],
    }
    said = words_of(section(build_report(cg.load_dataset("toy"), plan=other, lang="en"), "plan"))
    assert "for 宜宾市: not what this report is on" in said
    own = {"project": other["project"]}
    said = words_of(section(build_report(cg.load_dataset("toy"), plan=own, lang="en"), "plan"))
    assert "not what this report is on" not in said


@pytest.mark.parametrize("format_", ["html", "xlsx", "docx", "md", "json"])
def test_every_format_holds_the_plan_twice_the_same(small, format_):
    data = render_report(small, format_)
    assert render_report(small, format_) == data
    rows = [[cell.text for cell in row.cells] for row in table(small, "plan-chains").rows]
    if format_ == "html":
        page = Page(data)
        found = [[plain(c) for c in row] for one in page.tables for row in one]
        assert 'data-figure="plan"' in data
        assert 'data-figure="before-after"' in data
    elif format_ == "docx":
        document = docx.Document(io.BytesIO(data))
        found = [[c.text for c in row.cells] for one in document.tables for row in one.rows]
        pictures = [
            s for s in document.inline_shapes if "项目计划进度图" in s._inline.docPr.get("descr")
        ]
        assert len(pictures) == 1
    elif format_ == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(data))
        assert {"项目计划", "三年推进", "责任清单", "指标与目标"} <= set(book.sheetnames)
        cells = [[c.value for c in line] for line in book["项目计划"].iter_rows()]
        assert any("运行 70%" in line for line in cells)
        assert any("运行 40%" in line for line in cells)
        return
    elif format_ == "md":
        assert "项目计划进度图" in data
        assert all(cell.replace("_", "\\_") in data for cell in rows[0] if cell)
        return
    else:
        held = json.loads(data)
        assert set(KEYS) <= {part["key"] for part in held["sections"]}
        return
    assert all(row in found for row in rows)


def test_a_report_opens_one_study(monkeypatch):
    opened = []
    true = contexts.open_study
    monkeypatch.setattr(contexts, "open_study", lambda *a, **k: opened.append(1) or true(*a, **k))
    build_report(
        cg.load_dataset("toy"), plan={"project": [{"product": "foil", "size": 9, "from": "2026"}]}
    )
    assert opened == [1]


def test_the_new_sections_take_less_than_a_third_of_the_others(path):
    """Of one run, by processor time, on the whole report without targets."""
    context = contexts.open_context(cg.load_dataset("qujing"), plan=path, targets=False)
    spent = {}
    for _ in range(2):  # the first pass fills what is worked out once
        for build in building.SECTIONS:
            begun = time.process_time()
            build(context)
            spent[build.__module__.rpartition(".")[2]] = time.process_time() - begun
    new = sum(spent[key] for key in KEYS)
    assert new < 0.3 * (sum(spent.values()) - new) + 0.1


def test_by_hand_the_years_say_what_can_be_counted(tmp_path):
    found = build_report(
        cg.load_dataset("battery"), region="宜宾市", plan=HAND, targets=False, lang="en"
    )
    steps = section(found, "steps")
    assert "no yearly balance" in words_of(steps)
    assert "end of 2026: 2 started and 0 running in all" in words_of(steps)
    keys = [column.key for column in table(found, "steps").columns]
    assert "fall" not in keys
    assert "of none of which the investment is known" in words_of(section(found, "plan"))
    with pytest.raises(cg.errors.UnknownNameError, match="copper_foil"):
        build_report(
            cg.load_dataset("battery"),
            region="宜宾市",
            plan={"project": [{"product": "coper_foil", "from": "2027"}]},
        )
    run(
        "report",
        "toy",
        "--plan",
        _written(tmp_path, 'name="t"\n[[project]]\nproduct="foil"\nsize=9\nfrom="2026"\n'),
        "-o",
        tmp_path / "r.md",
        "--lang",
        "en",
    )
    assert "Foil, 9 t" in (tmp_path / "r.md").read_text(encoding="utf-8")


def _written(folder, text):
    file = folder / "hand.toml"
    file.write_text(text, encoding="utf-8")
    return file


# --- before and after


def test_chains_before_and_after_are_those_of_the_state(path):
    state = cg.open_study(cg.load_dataset("qujing")).state()
    effect = measure_effect(state, cg.read_plan(path))
    frame = compare_chains(effect, state.study.dataset.chains)
    content = cg.measure_local_content(state).frame.set_index("content_of")
    for row in frame.to_dict("records"):
        own = content.loc[row["chain"]]
        if row["measure"] == "content":
            assert row["today_low"] == own["local_content_low"]
            assert row["today_high"] == own["local_content_high"]
        if row["measure"] == "purchases":
            assert row["today_high"] == pytest.approx(
                own["input_value_cny"] * (1 - own["local_content_low"])
            )
        for stage in ("today", "coming", "planned"):
            assert not row[f"{stage}_low"] > row[f"{stage}_high"]
    ids = state.study.product_graph.ids
    built = effect.states["planned"].capacity.point - state.capacity.point
    sizes = {p.product_id: p.size for p in effect.projects}
    for i, name in enumerate(ids):
        expected = sizes.get(name, 0.0) + (
            state.construction[i] if state.construction[i] > 0 else 0.0
        )
        if not np.isnan(built[i]):
            assert built[i] == pytest.approx(expected)


def test_a_thousand_tonnes_of_foil_in_the_toy_save_three_million():
    """G8 of the design: the lower end of what is bought falls by more where demand may be lower."""
    data = cg.load_dataset("toy")
    state = cg.open_study(data, statuses="operating,construction", load="full").state()
    saved = cg.read_plan({"project": [{"product": "foil", "size": 1000, "from": "2026"}]})
    effect = measure_effect(state, saved)
    place = state.study.product_graph.find("foil")
    gaps = [effect.states[s].gap.point[place] for s in ("today", "planned")]
    assert (gaps[0] - gaps[1]) * state.study.price[place] == pytest.approx(3.0e6)
    bought = compare_chains(effect, ["cell"]).set_index("measure").loc["purchases"]
    assert bought["today_low"] - bought["planned_low"] >= 3.0e6


def test_the_time_line_goes_by_year():
    state = cg.open_study(cg.load_dataset("toy")).state()
    given = {
        "plan": {"ramp": [0.5, 1.0]},
        "project": [
            {"project_id": "a", "product": "foil", "size": 1, "started": "2026", "commissioned": "2028",
             "survey_first": True},
            {"project_id": "b", "product": "foil", "size": 1, "from": "2027-06"},
        ],
    }  # fmt: skip
    effect = measure_effect(state, cg.read_plan(given))
    first, other = time_line(effect)
    assert [first.project.key, other.project.key] == [
        "b",
        "a",
    ]  # b starts in 2026-04, 14 months before
    marks = {year: year_marks(other, year, effect.ramp) for year in range(2025, 2031)}
    assert marks == {2025: ("", 0.0), 2026: ("survey_build", 0.0), 2027: ("build", 0.0),
                     2028: ("run", 0.5), 2029: ("run", 1.0), 2030: ("run", 1.0)}  # fmt: skip
    assert [year_marks(first, year, effect.ramp)[0] for year in (2025, 2026, 2027)] == [
        "",
        "build",
        "run",
    ]
    assert ready_of(effect.row_of["a"], other.project) == "2028"
    assert list(years_of((first, other), "2024-12")) == [2025, 2026, 2027, 2028, 2029]
    drawn = draw_time_line((first, other), {"a": "A & <b>", "b": "B"}, ramp=effect.ramp, as_of="2024-12",
                           title="t", lang="en")  # fmt: skip
    assert "A &amp; &lt;b&gt;" in drawn
    assert "data of 2024-12" in drawn
    assert "no project" in draw_time_line((), {}, ramp=(1.0,), as_of="", title="t", lang="en")


def test_a_long_plan_is_cut_at_twelve_years():
    state = cg.open_study(cg.load_dataset("toy")).state()
    given = {"project": [{"product": "foil", "size": 1, "from": str(y)} for y in (2026, 2060)]}
    bars = time_line(measure_effect(state, cg.read_plan(given)))
    assert len(years_of(bars, "2024-12")) == MOST_YEARS


# --- the survey is the first milestone


def test_a_project_of_an_unconfirmed_gap_begins_with_its_survey(path):
    frame = cg.build_responsibility(cg.load_dataset("qujing"), plan=path, lang="zh").frame
    saved = cg.read_plan(path)
    for said in saved.rows:
        own = frame[frame["project_id"] == said["project_id"]]
        kinds = own["task_kind"].tolist()
        if said["survey_first"]:
            assert kinds[:3] == ["survey", "contact", "sign"]
            survey, contact = own.iloc[0], own.iloc[1]
            assert survey["start"] == "2026-01"
            assert survey["due"] == "2026-03"  # one quarter: months_to_survey
            assert contact["start"] == "2026-04"
        else:
            assert kinds[0] == "contact"
    assert frame["task_id"].is_unique
    surveyed = frame[frame["task_kind"] == "survey"]["product_id"]
    assert surveyed.is_unique  # the plan's survey and the gap's are one task
    bare = cg.build_responsibility(cg.load_dataset("qujing")).frame
    same = set(bare["task_id"]) & set(frame[frame["project_id"].notna()]["task_id"])
    assert same  # under one number, so that a list already issued goes on


def test_a_survey_is_never_due_after_the_signing():
    late = {
        "project": [
            {
                "product": "foil",
                "size": 9,
                "started": "2025-07",
                "from": "2026",
                "survey_first": True,
            }
        ]
    }
    own = cg.build_responsibility(cg.load_dataset("toy"), plan=late).frame
    survey = own[(own["task_kind"] == "survey") & own["project_id"].notna()].iloc[0]
    assert (survey["start"], survey["due"]) == (
        "2025-01",
        "2025-02",
    )  # started 2025-07, five months back


def test_what_is_followed_is_done_when_it_runs():
    frame = cg.build_responsibility(cg.load_dataset("qujing"), lang="en").frame
    followed = frame[frame["task_zh"].str.startswith("Follow")]
    assert len(followed)
    assert not followed["standard"].str.contains("investment agreement").any()
