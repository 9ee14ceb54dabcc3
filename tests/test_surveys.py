"""What somebody found when they looked: questionnaires out, answers back, and what lists say."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import zipfile

import numpy as np
import openpyxl
import pytest

import chaingraph as cg
from chaingraph.analysis.survey_form import ON_A_PAGE, form_lines
from chaingraph.knowledge.evidence import LEVELS
from chaingraph.knowledge.listing import survey_rows
from chaingraph.views.papers.questionnaire import build_questionnaire
from tests.helpers_cli import failure, run

CHAIN = ([("a", "t", 10.0), ("b", "t", 100.0)], [("a", "b", 2.0)])
LIST = "企业名称,城市,产品名称,产能(GWh/年),状态\n甲厂,甲市,电芯,1,已投产\n"


@pytest.fixture
def plan(build):
    return cg.plan_survey(build(*CHAIN, [("m", "b", 50)], surveyed=False, load=None))


@pytest.fixture
def city(tmp_path):
    """Return a folder of a region without surveys, that takes foil and has no maker of it."""
    folder = cg.save_dataset(cg.load_dataset("toy"), tmp_path / "city")
    (folder / "surveys.csv").unlink()
    return folder


def evidence(folder, product, region="甲市"):
    state = cg.open_study(cg.load_dataset(folder)).state(region)
    return LEVELS[int(state.evidence.level[state.study.product_graph.find(product)])]


# --- questionnaires


def test_a_document_has_one_line_a_product_and_whom_to_ask(plan):
    report = build_questionnaire(plan, lang="zh")
    (table,) = report.tables
    lines = [tuple(cell.text for cell in row.cells[1:4]) for row in table.rows]
    assert lines == [("m", "b", "年产能、年产量"), ("here工业和信息化局", "a", "有没有企业生产")]
    assert [row.cells[5].text for row in table.rows] == ["□在产 □停产 □在建 □不建", "□有 □没有"]
    assert all(cell.text == "" for row in table.rows for cell in row.cells[7:])


def test_what_is_asked_twice_of_a_plant_is_one_line(build):
    """Whether it runs, and how hard, is one line: the first word is whether."""
    note = {"note": "general knowledge"}
    plan = cg.plan_survey(build(*CHAIN, [("m", "b", 50, note)], load=None))
    assert {"runs", "load"} <= set(plan.frame["ask"])
    lines, left = form_lines(plan, "zh")
    assert [(line.ask, line.enterprise_id) for line in lines if line.product_id == "b"] == [
        ("runs", "m")
    ]
    assert left == 0


def test_a_page_names_how_many_questions_are_left(build):
    products = [*CHAIN[0], *((f"x{i}", "t", 1.0) for i in range(20))]
    inputs = [*CHAIN[1], *((f"x{i}", "b", 1.0) for i in range(20))]
    plan = cg.plan_survey(build(products, inputs, [("m", "b", 50)], surveyed=False))
    report = build_questionnaire(plan, lang="zh")
    assert sum(len(table.rows) for table in report.tables) == ON_A_PAGE
    assert "另有6项" in report.subtitle


def test_what_stands_in_the_row_of_another_is_not_asked_apart(build):
    """A joint venture whose line its partner counts would be asked, and counted, twice."""
    makers = [("m", "b", 50), ("n", "b", 20, {"included_in": "m"})]
    lines, _ = form_lines(cg.plan_survey(build(*CHAIN, makers, load=None)), "zh")
    assert [line.enterprise_id for line in lines if line.product_id == "b"] == ["m"]


@pytest.mark.parametrize("suffix", ["docx", "xlsx"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_two_runs_write_the_same_bytes(plan, tmp_path, suffix, lang):
    first, second = (
        cg.save_questionnaire(plan, tmp_path / f"{n}.{suffix}", lang=lang) for n in "ab"
    )
    assert first.read_bytes() == second.read_bytes()
    assert zipfile.ZipFile(io.BytesIO(first.read_bytes())).testzip() is None


def test_only_plans_make_questionnaires(tmp_path):
    balance = cg.calculate_balance(cg.load_dataset("toy"))
    for name in ("a.docx", "a.xlsx"):
        with pytest.raises(cg.OptionError, match="plan_survey"):
            cg.save_questionnaire(balance, tmp_path / name)


def test_other_suffixes_are_refused(plan, tmp_path):
    with pytest.raises(cg.FileProblemError, match=r"\.xlsx"):
        cg.save_questionnaire(plan, tmp_path / "a.pdf")


def test_the_sheet_of_surveys_is_prefilled_with_lists_to_choose_from(plan, tmp_path):
    book = openpyxl.load_workbook(cg.save_questionnaire(plan, tmp_path / "a.xlsx", lang="zh"))
    sheet = book["摸底记录"]
    header = [cell.value for cell in sheet[1]]
    assert header[:5] == ["地区", "摸底产品", "摸底方式", "摸底时间", "摸底结果"]
    assert [cell.value for cell in sheet[2]][:5] == ["here", "a", "部门名单", None, None]
    lists = [v.formula1 for v in sheet.data_validations.dataValidation if v.type == "list"]
    assert any("没有" in text for text in lists)
    assert any("实地走访" in text for text in lists)


# --- answers back


def fill(path, sheet, row, **cells):
    book = openpyxl.load_workbook(path)
    names = {cell.value: cell.column for cell in book[sheet][1]}
    for title, value in cells.items():
        book[sheet].cell(row, names[title], value)
    book.save(path)


@pytest.mark.parametrize(
    ("result", "level"), [("没有", "absent"), ("已列全", "absent"), ("已列", "unseen"), ("另有未列", "reported")]
)  # fmt: skip
def test_filled_rows_come_back_and_settle_what_they_say(city, tmp_path, result, level):
    ds = cg.load_dataset(city)
    before = evidence(city, "foil")
    assert before not in {"absent", "reported"}
    path = cg.save_questionnaire(cg.plan_survey(ds), tmp_path / "q.xlsx", lang="zh")
    sheet = openpyxl.load_workbook(path)["摸底记录"]
    row = next(r for r in range(2, 40) if sheet.cell(r, 2).value == "foil")
    fill(path, "摸底记录", row, 摸底时间="2024-11", 摸底结果=result)
    done = run("answers", str(path), str(city))
    assert "1" in done.stdout
    assert evidence(city, "foil") == (before if result == "已列" else level)
    again = cg.record_surveys(city, cg.read_survey_answers(path))
    assert (again.added, again.changed, again.same) == (0, 0, 1)


def test_a_later_word_on_the_same_look_takes_the_place_of_the_earlier_one(city):
    row = {"region": "甲市", "products": "foil", "method": "visit", "as_of": "2024-10"}
    assert cg.record_surveys(city, [row | {"result": "some"}]).added == 1
    done = cg.record_surveys(city, [row | {"result": "none"}])
    assert (done.added, done.changed, done.same) == (0, 1, 0)
    assert evidence(city, "foil") == "absent"


def test_a_row_that_the_dataset_would_not_load_with_leaves_the_file_as_it_was(city):
    row = {
        "region": "甲市",
        "products": "foli",
        "method": "visit",
        "as_of": "2024",
        "result": "none",
    }
    with pytest.raises(cg.DataError, match="foli"):
        cg.record_surveys(city, [row])
    assert not (city / "surveys.csv").exists()
    cg.record_surveys(city, [row | {"products": "foil"}])
    text = (city / "surveys.csv").read_bytes()
    with pytest.raises(cg.DataError, match="foli"):
        cg.record_surveys(city, [row])
    assert (city / "surveys.csv").read_bytes() == text


@pytest.mark.parametrize(
    ("cells", "match"),
    [
        ({"摸底结果": "也许"}, "也许"),
        ({"摸底结果": "没有"}, "as_of"),
        ({"摸底结果": "没有", "摸底时间": "2024", "摸底方式": "猜"}, "猜"),
    ],
)
def test_what_cannot_be_read_is_named_with_its_row(city, tmp_path, cells, match):
    path = cg.save_questionnaire(
        cg.plan_survey(cg.load_dataset(city)), tmp_path / "q.xlsx", lang="zh"
    )
    fill(path, "摸底记录", 2, **cells)
    with pytest.raises(cg.DataError, match=match):
        cg.read_survey_answers(path)


def test_a_workbook_without_the_sheet_is_refused(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(cg.DataError, match="no sheet"):
        cg.read_survey_answers(tmp_path / "x.xlsx")


def test_folders_that_cannot_be_written_are_refused(tmp_path):
    with pytest.raises(cg.FileProblemError):
        cg.record_surveys(tmp_path / "nowhere", [])
    book = tmp_path / "q.xlsx"
    cg.save_questionnaire(cg.plan_survey(cg.load_dataset("toy")), book)
    assert "comes with the package" in failure("answers", str(book), "toy", status=2)


# --- lists


def test_a_list_says_listed_and_only_complete_says_all():
    rows = survey_rows("甲市", ["a", "b"], complete="b; chain:x", as_of="2024-12")
    assert [(row["products"], row["result"]) for row in rows] == [
        ("b;chain:x", "all"), ("a", "listed"),
    ]  # fmt: skip
    assert {row["method"] for row in rows} == {"bureau_list"}
    assert survey_rows("甲市", [], as_of="2024") == []


@pytest.mark.parametrize(("region", "at"), [("", "2024"), ("甲市", "")])
def test_a_list_of_no_place_or_date_says_nothing(region, at):
    with pytest.raises(cg.OptionError, match="region"):
        survey_rows(region, ["a"], as_of=at)


def test_an_imported_list_changes_no_evidence_unless_it_is_complete(tmp_path):
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    options = {"extends": ["toy"], "region": "甲市", "as_of": "2024-12"}
    plain = cg.import_file(tmp_path / "list.csv", tmp_path / "plain", **options)
    surveys = plain.tables["surveys"]
    assert surveys[["products", "result", "method", "as_of"]].to_numpy().tolist() == [
        ["cell", "listed", "bureau_list", "2024-12"]
    ]
    whole = cg.import_file(
        tmp_path / "list.csv", tmp_path / "whole", complete="foil", **options
    )  # fmt: skip
    assert whole.tables["surveys"]["result"].tolist() == ["all", "listed"]
    with pytest.raises(cg.OptionError, match="'foli' is neither a product"):
        cg.import_file(tmp_path / "list.csv", dry_run=True, complete="foli", **options)


def test_only_complete_makes_absent(build):
    """Listed says that somebody is there, all that nobody else is."""
    row = {"region": "here", "products": "a", "method": "bureau_list", "as_of": "2024-12"}
    levels = {}
    for result in ("listed", "all"):
        ds = build(
            *CHAIN, [("m", "b", 50)], as_of="2024-12", surveys=[row | {"result": result}]
        )  # fmt: skip
        state = cg.open_study(ds).state()
        levels[result] = LEVELS[int(state.evidence.level[0])]
    assert levels == {"listed": "not_collected", "all": "absent"}


def test_a_list_without_region_or_date_writes_no_surveys(tmp_path):
    (tmp_path / "list.csv").write_text(LIST, encoding="utf-8")
    assert "surveys" not in cg.import_file(
        tmp_path / "list.csv", dry_run=True, extends=["toy"], region="甲市"
    ).tables  # fmt: skip
    with pytest.raises(cg.OptionError, match="date"):
        cg.import_file(
            tmp_path / "list.csv", dry_run=True, extends=["toy"], region="甲市", complete="foil"
        )


def test_a_matched_list_notes_what_its_enterprises_make(city, tmp_path):
    listed = tmp_path / "list.csv"
    listed.write_text("企业名称,城市\n甲市电芯,甲市\n", encoding="utf-8")
    before = evidence(city, "foil")
    say = ["match", str(listed), str(city), "--survey", str(city), "-r", "甲市", "--at", "2024-12"]
    done = run(*say)
    assert "surveys: 1 rows added" in done.stderr
    assert evidence(city, "foil") == before
    run(*say, "--complete", "foil")
    assert evidence(city, "foil") == "absent"
    table = cg.load_dataset(city).table("surveys")
    assert dict(zip(table["products"], table["result"], strict=True)) == {
        "cell": "listed", "foil": "all",
    }  # fmt: skip


@pytest.mark.parametrize("option", [["-r", "甲市"], ["--at", "2024"], ["--complete", "foil"]])
def test_what_is_said_of_a_survey_needs_one(option, tmp_path):
    listed = tmp_path / "list.csv"
    listed.write_text("企业名称\n甲市电芯\n", encoding="utf-8")
    assert "--survey" in failure("match", str(listed), "toy", *option, status=2)


# --- the command


def test_the_command_shows_and_writes(tmp_path):
    shown = run("survey", "toy", "--lang", "en").stdout
    assert "Whom to ask what" in shown
    assert "Jia Cell" in shown
    run("survey", "toy", "-o", str(tmp_path / "q.docx"))
    run("survey", "toy", "-o", str(tmp_path / "q.xlsx"))
    run("survey", "toy", "-o", str(tmp_path / "q.csv"))
    text = (tmp_path / "q.csv").read_text(encoding="utf-8-sig")
    assert text.splitlines()[0].startswith("rank,ask,whom_zh")
    assert run("survey", "toy", "--limit", "1", "-f", "csv").stdout.count("\n") == 2
    assert "q.pdf" in failure("survey", "toy", "-o", "q.pdf", status=2)


def test_the_document_of_qujing_has_few_questions(qujing, tmp_path):
    from docx import Document

    run("survey", "qujing", "-o", str(tmp_path / "q.docx"))
    document = Document(str(tmp_path / "q.docx"))
    rows = sum(len(table.rows) - 1 for table in document.tables)
    assert rows == ON_A_PAGE
    assert np.isfinite(cg.plan_survey(qujing, limit=15).frame["answer_value_cny"]).all()


def test_nobody_is_asked_whether_there_is_what_the_rows_show(qujing):
    study = cg.open_study(qujing)
    lines, _ = form_lines(cg.plan_survey(study), "zh", most=1000)
    evidence = study.state("曲靖市").evidence
    for line in lines:
        if line.ask == "exists":
            level = LEVELS[int(evidence.level[study.product_graph.find(line.product_id)])]
            assert level not in {"rows", "rows_part", "rows_bare", "reported", "building"}, line


def test_the_page_of_qujing_is_one_page(qujing, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("no LibreOffice to lay the page out")
    path = cg.save_questionnaire(cg.plan_survey(qujing), tmp_path / "q.docx", lang="zh")
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    asked = [office, profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    subprocess.run([*asked, str(path)], check=True, capture_output=True, timeout=180)
    pages = re.findall(rb"/Type\s*/Page\b", (tmp_path / "q.pdf").read_bytes())
    assert len(pages) == 1


# --- the page comes back


def answered(folder, name, **lines):
    """Fill the page of a folder: product -> title -> what is written; return the file."""
    path = folder.parent / name
    cg.save_questionnaire(cg.plan_survey(cg.load_dataset(folder)), path, lang="zh")
    book = openpyxl.load_workbook(path)
    sheet = book["问卷"]
    places = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        for title, value in lines.get(sheet.cell(row, places["product_id"]).value, {}).items():
            sheet.cell(row, places[title], value)
    book.save(path)
    return path


def brought(path, target, extends=()):
    """Import an answered page; return its folder."""
    done = cg.import_file(path, target, extends=extends)
    assert done.errors == 0, done.problems.frame.to_string()
    return done.folder


def test_no_makes_missing_and_names_make_rows(city, tmp_path):
    before = evidence(city, "foil")
    assert before not in {"absent", "rows"}
    no = answered(city, "no.xlsx", foil={"情况": "没有", "数据年份": "2024-12", "依据": "名录"})
    assert evidence(brought(no, tmp_path / "no"), "foil") == "absent"
    yes = answered(city, "yes.xlsx", foil={"情况": "有", "企业名称": "丙铝箔", "年产能": "0.5万吨"})
    folder = brought(yes, tmp_path / "yes")
    assert evidence(folder, "foil") == "rows"
    rows = cg.load_dataset(folder).capacities.query("product_id == 'foil'")
    assert 5000 in rows["capacity"].tolist()
    some = answered(city, "some.xlsx", foil={"情况": "有"})
    assert evidence(brought(some, tmp_path / "some"), "foil") == "reported"


def test_an_unanswered_page_says_so(city, tmp_path):
    done = cg.import_file(answered(city, "blank.xlsx"), tmp_path / "blank")
    assert done.folder is None
    assert "template-unfilled" in set(done.problems.frame["rule"])


def test_a_word_that_may_not_be_chosen_is_named_with_its_cell(city, tmp_path):
    done = cg.import_file(answered(city, "bad.xlsx", foil={"情况": "也许"}), tmp_path / "bad")
    problem = done.problems.frame.iloc[0]
    assert (problem["rule"], problem["sheet"]) == ("answer-word", "问卷")
    assert done.folder is None


@pytest.fixture
def plants(build, tmp_path):
    """Two makers of b; one has a phase that is being built beside the one that runs."""
    building = {"status": "construction", "as_of": "2024-06"}
    makers = [("m", "b", 50), ("m", "b", 30, building), ("n", "b", 50)]
    names = {"name_zh": "甲厂"}, {"name_zh": "乙厂"}
    products = [(*row, {"name_zh": row[0]}) for row in CHAIN[0]]
    ds = build(products, CHAIN[1], makers, sites=dict(zip("mn", names, strict=True)),
               as_of="2024-12", surveyed=False, load=None)  # fmt: skip
    return cg.save_dataset(ds, tmp_path / "plants")


def page(folder, name, answers):
    """Fill the lines of makers of b."""
    path = folder.parent / name
    plan = cg.plan_survey(cg.load_dataset(folder), region="here")
    cg.save_questionnaire(plan, path, lang="zh")
    book = openpyxl.load_workbook(path)
    sheet = book["问卷"]
    places = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, sheet.max_row + 1):
        if sheet.cell(row, places["product_id"]).value == "b":
            for title, value in answers.get(
                sheet.cell(row, places["enterprise_id"]).value, {}
            ).items():
                sheet.cell(row, places[title], value)
    book.save(path)
    return path


def demand(folder):
    row = cg.calculate_balance(cg.load_dataset(folder), region="here").frame
    row = row.set_index("product_id").loc["a"]
    return row["demand_low"], row["demand"], row["demand_high"]


def test_what_all_makers_made_gives_the_load_of_the_place(plants, tmp_path):
    """100 t at half to full load take 100 to 200 of a; made 40 and 20, they took 120."""
    assert demand(plants) == pytest.approx((100, 150, 200))
    one = {"m": {"年产能": 50, "年产量": 40, "数据年份": 2024}}
    some = brought(page(plants, "some.xlsx", one), tmp_path / "some", [str(plants)])
    assert demand(some) == pytest.approx((100, 150, 200))
    both = one | {"n": {"年产能": 50, "年产量": 20, "数据年份": 2024}}
    folder = brought(page(plants, "both.xlsx", both), tmp_path / "both", [str(plants)])
    assert demand(folder) == pytest.approx((120, 120, 120))
    rows = cg.load_dataset(folder).capacities.query("enterprise_id == 'm' and product_id == 'b'")
    assert sorted(zip(rows["status"], rows["capacity"], strict=True)) == [
        ("construction", 30), ("operating", 50),
    ]  # fmt: skip


def test_a_plant_that_has_stopped_takes_nothing(plants, tmp_path):
    stopped = {"m": {"情况": "停产", "数据年份": 2024}}
    folder = brought(page(plants, "stopped.xlsx", stopped), tmp_path / "stopped", [str(plants)])
    assert demand(folder) == pytest.approx((50, 75, 100))


def test_answers_of_a_later_date_move_the_date_of_the_data(plants, tmp_path):
    later = {"m": {"情况": "停产", "数据年份": "2026-03"}}
    folder = brought(page(plants, "later.xlsx", later), tmp_path / "later", [str(plants)])
    assert cg.load_dataset(folder).as_of == "2026-03"


@pytest.mark.parametrize(
    ("region", "complete", "said"),
    [
        ("火星", "", "no region '火星' in the data"),
        ("甲市 + 乙市", "", "no region '甲市 + 乙市' in the data"),
        ("甲市", "foill", "'foill' is neither a product nor chain:NAME, stage:NAME or *; for example: foil"),
        ("甲市", "foil; chain:cel", "'chain:cel' is neither a product"),
    ],
)  # fmt: skip
def test_a_list_of_nowhere_or_nothing_is_not_noted(city, tmp_path, region, complete, said):
    listed = tmp_path / "list.csv"
    listed.write_text("name,city\n甲市电芯,甲市\n", encoding="utf-8")
    before = sorted((path.name, path.read_bytes()) for path in city.iterdir() if path.is_file())
    asked = ("--survey", str(city), "-r", region, "--at", "2024-12", "--complete", complete)
    assert said in failure("match", str(listed), str(city), *asked, status=2)
    assert before == sorted((p.name, p.read_bytes()) for p in city.iterdir() if p.is_file())


def test_an_import_that_is_complete_for_nothing_is_refused(tmp_path):
    listed = tmp_path / "list.csv"
    listed.write_text("企业名称,所在市,产品,产能(GWh)\n丁厂,甲市,cell,5\n", encoding="utf-8")
    asked = ("--extends", "toy", "-r", "甲市", "--at", "2024-12", "--complete", "chain:cel")
    said = failure("import", str(listed), *asked, "-o", str(tmp_path / "new"), status=2)
    assert "'chain:cel' is neither a product" in said
    assert not (tmp_path / "new").exists()


def test_a_row_that_is_refused_is_named_by_what_it_says(city):
    """Its line in the file is gone once the file is as it was."""
    row = {"region": "甲市", "method": "visit", "as_of": "2024", "result": "none"}
    rows = [row | {"products": "foil"}, row | {"products": "foli"}]
    with pytest.raises(
        cg.DataError, match="甲市 / foli / visit / 2024 / none: foli in products"
    ) as caught:
        cg.record_surveys(city, rows)
    assert "未写入任何摸底记录" in caught.value.text("zh")
    assert caught.value.findings
    with pytest.raises(cg.UnknownNameError, match="no region '火星'"):
        cg.record_surveys(city, [row | {"products": "foil", "region": "火星"}])
    assert not (city / "surveys.csv").exists()
