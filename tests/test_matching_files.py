"""Lists read, review workbooks written and read back, decisions remembered, the command."""

from __future__ import annotations

import io

import openpyxl
import pytest

import chaingraph as cg
from chaingraph.matching import lists
from chaingraph.matching.lists import HEADERS
from tests.helpers_cli import document, failure, folder, rows, run

CODE = "91350100M000100Y43"
LISTED = [
    {"name": "甲市电芯", "city": "甲市"},
    {"name": "箔材有限公司", "city": ""},
    {"name": '=HYPERLINK("http://x","y")', "city": "甲市", "credit_code": CODE},
    {"name": "甲市电芯厂", "city": "乙市"},
]


def book(path, *sheets):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for number, lines in enumerate(sheets):
        sheet = made.create_sheet(f"Sheet{number}")
        for line in lines:
            sheet.append(line)
        for cell in (cell for line in sheet.iter_rows() for cell in line if cell.data_type == "f"):
            cell.data_type = "s"  # a text that begins with =, as Excel keeps it
    made.save(path)
    return path


@pytest.fixture
def city(tmp_path):
    return cg.save_dataset(cg.load_dataset("toy"), tmp_path / "city")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_lists_in_any_usual_dress(tmp_path, encoding, delimiter):
    lines = [("序号", "单位名称", "统一社会信用代码", "所在地"), ("1", "甲市电芯", CODE, "甲市")]
    file = tmp_path / "list.csv"
    file.write_text("\r\n".join(map(delimiter.join, lines)), encoding=encoding, newline="")
    assert cg.read_enterprise_list(file) == [
        {"list_row": 2, "name": "甲市电芯", "credit_code": CODE, "stock_code": "", "province": "",
         "city": "甲市", "county": ""},
    ]  # fmt: skip


def test_a_header_below_a_title_on_the_second_sheet(tmp_path):
    cover = [["填表说明"], ["请于周五前报送"]]
    lines = [
        ["重点企业名单"],
        [None, "二〇二四年"],
        ["序号", "企业 名称*", "股票代码", "县（区）", "县区"],
        [1, "甲市电芯", 2594, "", "西区"],
        [],
        [2, None, None, None],
        [3, " 乙市\n箔材 ", 300769.0, None, None],
    ]
    found = cg.read_enterprise_list(book(tmp_path / "list.xlsx", cover, lines))
    assert [(row["list_row"], row["name"], row["stock_code"], row["county"]) for row in found] == [
        (4, "甲市电芯", "2594", "西区"), (7, "乙市 箔材", "300769", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("field", HEADERS)
def test_every_word_for_a_header_is_known(tmp_path, field):
    for word in HEADERS[field]:
        file = tmp_path / "list.csv"
        header, cells = (word, "x") if field == "name" else (f"企业名称,{word}", "a,x")
        file.write_text(f"{header}\n{cells}\n", encoding="utf-8")
        assert cg.read_enterprise_list(file)[0][field] == "x"


def test_columns_of_other_names_are_told(tmp_path):
    file = tmp_path / "list.csv"
    file.write_text("户名,名称,驻地\n甲市电芯,别名,甲市\n", encoding="utf-8")
    assert cg.read_enterprise_list(file)[0]["name"] == "别名"
    found = cg.read_enterprise_list(file, columns={"name": "户名", "city": "驻地"})[0]
    assert (found["name"], found["city"]) == ("甲市电芯", "甲市")
    with pytest.raises(cg.OptionError, match="no column '名子' for name"):
        cg.read_enterprise_list(file, columns={"name": "名子"})
    with pytest.raises(cg.OptionError, match="no such field"):
        cg.read_enterprise_list(file, columns={"nam": "户名"})


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.csv", b"", "has no rows"),
        ("a.csv", "企业名称,城市\n".encode(), "has no rows"),
        ("a.csv", "企业名称,城市\n,甲市\n".encode(), "has no rows"),
        ("a.csv", "户名,城市\n甲,乙\n".encode(), "no column holds the names.*户名, 城市"),
        ("a.csv", b"\xff\xff\x00\x81", "cannot be read"),
        ("a.csv", b"name\na\0b\n", "cannot be read"),
        ("a.xlsx", b"", "cannot be read"),
        ("a.xlsx", b"PK\x03\x04 broken", "cannot be read"),
        ("a.xlsx", "企业名称\n甲\n".encode(), "cannot be read"),
        ("a.xls", b"\xd0\xcf\x11\xe0", "is no list.*save an old .xls as .xlsx"),
        ("a.pdf", b"%PDF", "is no list"),
    ],
)
def test_what_is_no_list_is_refused_in_a_sentence(tmp_path, name, data, words):
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(cg.ChaingraphError, match=words):
        cg.read_enterprise_list(file)


def test_folders_and_absent_files_are_no_lists(tmp_path):
    for path in (tmp_path, tmp_path / "nix.xlsx"):
        with pytest.raises(cg.FileProblemError):
            cg.read_enterprise_list(path)


def saved(path, lang="zh"):
    result = cg.match_enterprises(cg.load_dataset("toy"), LISTED)
    cg.save_matches(result, path, lang=lang)
    return result, openpyxl.load_workbook(path)


@pytest.mark.parametrize(
    ("lang", "sheets", "choices"),
    [
        ("zh", ["已匹配", "待审核", "新企业"], '"同一企业,新企业,跳过"'),
        ("en", ["taken", "to be decided", "new"], '"same,new,skip"'),
    ],
)
def test_the_review_workbook(tmp_path, lang, sheets, choices):
    result, made = saved(tmp_path / "review.xlsx", lang)
    assert made.sheetnames == sheets
    assert sum(sheet.max_row - 1 for sheet in made) == len(result)
    review = made[sheets[1]]
    header = [cell.value for cell in review[1]]
    column = openpyxl.utils.get_column_letter(
        header.index("决定" if lang == "zh" else "Decision") + 1
    )
    rule = review.data_validations.dataValidation[0]
    assert (rule.type, rule.formula1, str(rule.sqref)) == (
        "list",
        choices,
        f"{column}2:{column}{review.max_row}",
    )
    assert review.freeze_panes == "C2"
    assert all(8 <= review.column_dimensions[cell.column_letter].width <= 50 for cell in review[1])
    assert len(set(header)) == len(header)


def test_no_cell_is_a_formula_and_two_runs_agree(tmp_path):
    _, made = saved(tmp_path / "a.xlsx")
    saved(tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    cells = [cell for sheet in made for line in sheet.iter_rows() for cell in line]
    assert "f" not in {cell.data_type for cell in cells}
    assert any(cell.value == '=HYPERLINK("http://x","y")' for cell in cells)


def decide(path, *decisions, **cells):
    """Fill the first rows of the review sheet; `cells` are further cells as E2="..."."""
    made = openpyxl.load_workbook(path)
    sheet = made.worksheets[1]
    for line, decision in enumerate(decisions, 2):
        sheet.cell(line, 5).value = decision
    for place, value in cells.items():
        sheet[place] = value
    made.save(path)


@pytest.mark.parametrize("decision", ["same", "同一企业", " Same "])
def test_decisions_come_back(tmp_path, decision):
    path = tmp_path / "review.xlsx"
    result, _ = saved(path)
    open_ = result.frame[result.frame["decision"] == "review"].iloc[0]
    decide(path, decision, N2="张三")
    assert cg.read_decisions(path, decided_on="2024-12-05") == [
        {"alias_zh": open_["name_in_list"], "credit_code": "", "place": open_["place_in_list"] if open_["place_in_list"] == open_["place_in_list"] else "",
         "enterprise_id": open_["enterprise_id"], "decision": "same", "decided_on": "2024-12-05",
         "source_url": "", "note": "张三"},
    ]  # fmt: skip


def test_another_id_new_skip_and_nothing(tmp_path):
    path = tmp_path / "review.xlsx"
    saved(path)
    assert cg.read_decisions(path) == []
    decide(path, "同一企业", "跳过", F2="can_jia")
    assert [row["enterprise_id"] for row in cg.read_decisions(path)] == ["can_jia"]
    decide(path, "新企业")
    assert [(row["decision"], row["enterprise_id"]) for row in cg.read_decisions(path)] == [
        ("new", "")
    ]


def test_wrong_decisions_are_named_with_their_place(tmp_path):
    path = tmp_path / "review.xlsx"
    saved(path)
    decide(path, "maybe")
    with pytest.raises(cg.DataError, match="row 2: 'maybe' is no decision") as caught:
        cg.read_decisions(path)
    assert "同一企业" in caught.value.text("zh")
    decide(path, "same", F2=None)
    with pytest.raises(cg.DataError, match="'same' needs the id"):
        cg.read_decisions(path)
    with pytest.raises(cg.DataError, match="no sheet has a column of decisions"):
        cg.read_decisions(book(tmp_path / "list.xlsx", [["企业名称"], ["甲"]]))
    with pytest.raises(cg.DataError, match="is a workbook of decisions"):
        cg.read_enterprise_list(path)


def decision(name="老厂", enterprise="cell_jia", word="same", place="甲市", **more):
    return {"alias_zh": name, "place": place, "enterprise_id": enterprise, "decision": word, **more}


def test_decisions_are_remembered_once_and_replayed(city):
    done = cg.remember_decisions(city, [decision(), decision("某厂", "", "new")])
    assert (done.added, done.changed, done.same) == (2, 0, 0)
    before = done.path.read_bytes()
    again = cg.remember_decisions(city, [decision(), decision(" 老 厂", decided_on="2025-01")])
    assert (again.added, again.changed, again.same) == (0, 0, 2)
    assert done.path.read_bytes() == before
    changed = cg.remember_decisions(city, [decision(enterprise="can_jia"), decision(place="乙市")])
    assert (changed.added, changed.changed, changed.same) == (1, 1, 0)
    ds = cg.load_dataset(city)
    assert len(ds.table("aliases")) == 3
    listed = [{"name": "老厂", "city": "甲市"}, {"name": "某厂", "city": "甲市"}]
    found = cg.match_enterprises(ds, listed).frame
    assert found["decision"].tolist() == ["alias", "new"]
    assert found["enterprise_id"].iloc[0] == "can_jia"
    assert not list(city.glob(".aliases*"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (decision(enterprise="cell_jai"), "no enterprise 'cell_jai'.*cell_jia"),
        (decision(enterprise=""), "no enterprise ''"),
        (decision(word="new"), "no enterprise 'cell_jia'"),
        (decision(word="skip"), "'skip' is none of same, new"),
        (decision(decided_on="5.12.2024"), "is no date"),
    ],
)
def test_wrong_decisions_are_refused_and_nothing_is_written(city, given, words):
    with pytest.raises(cg.ChaingraphError, match=words):
        cg.remember_decisions(city, [decision("zuvor"), given])
    assert not (city / "aliases.csv").exists()


def test_other_columns_of_aliases_stay(city):
    (city / "aliases.csv").write_text(
        "decision,alias_zh,enterprise_id,owner\nsame,a,can_jia,王\n", encoding="utf-8-sig"
    )
    cg.remember_decisions(city, [decision()])
    frame = cg.load_dataset(city).table("aliases")
    assert frame["owner"].fillna("").tolist() == ["王", ""]
    assert frame["enterprise_id"].tolist() == ["can_jia", "cell_jia"]


def test_an_alias_that_points_nowhere_is_an_error(city):
    (city / "aliases.csv").write_text("alias_zh,enterprise_id,decision\na,nix,same\n")
    with pytest.raises(cg.DataError, match="nix"):
        cg.load_dataset(city)


@pytest.fixture
def listed(tmp_path):
    lines = [["单位名称", "所在地"], *([row["name"], row["city"]] for row in LISTED)]
    return book(tmp_path / "list.xlsx", lines)


def test_the_command_from_list_to_remembered_decisions(city, listed, tmp_path):
    review = tmp_path / "review.xlsx"
    shown = run("match", listed, city, "-o", review, "--lang", "en")
    assert "Matching: rows by decision" in shown.stdout
    assert "To be decided" in shown.stdout
    before = rows("match", listed, city)
    assert [row["decision"] for row in before] == ["taken", "review", "new", "review"]
    decide(review, "same", "new")
    done = run("match", listed, city, "--decisions", review, "--decided-on", "2024-12")
    assert "2 decisions remembered, 0 changed, 0 known before" in done.stderr
    found = document("match", listed, city, "--quiet")
    assert [row["decision"] for row in found["rows"]] == ["taken", "alias", "new", "new"]
    assert "2024-12" in found["rows"][1]["reason_en"]
    assert rows("check", city) == []


def test_the_command_writes_tables_too(city, listed, tmp_path):
    run("match", listed, city, "-o", tmp_path / "found.csv")
    assert "'=HYPERLINK" in (tmp_path / "found.csv").read_text(encoding="utf-8-sig")
    text = run("match", listed, city, "--lang", "zh", "--column", "city=所在地").stdout
    assert "待审核" in text


def test_wrong_use_ends_in_one_sentence(city, listed, tmp_path):
    assert "no file or folder" in failure("match", "nix.xlsx", city, status=1)
    assert "is no list" in failure("match", city, listed, status=1)
    assert "no dataset or folder" in failure("match", listed, "nix", status=2)
    assert "'x' is not FIELD=HEADER" in failure("match", listed, city, "--column", "x", status=2)
    twice = ["--column", "name=单位名称", "--column", "name=所在地"]
    assert "given twice" in failure("match", listed, city, *twice, status=2)
    assert "cannot tell the format" in failure("match", listed, city, "-o", "x.pdf", status=2)
    own = failure("match", listed, "qujing", "--decisions", tmp_path / "r.xlsx", status=2)
    assert "a folder that extends it" in own
    lost = failure("match", listed, city, "--decisions", tmp_path / "r.xlsx", status=1)
    assert "no file or folder" in lost
    bare = folder(tmp_path, "bare", products="product_id,name_zh,unit\na,甲,t\n")
    assert "enterprises" in failure("match", listed, bare, status=1)


def test_a_list_larger_than_a_screen(city, tmp_path):
    lines = io.StringIO()
    lines.write("name,city\n")
    for number in range(60):
        lines.write(f"甲市电芯{number}号厂,甲市\n")
    file = tmp_path / "list.csv"
    file.write_text(lines.getvalue(), encoding="utf-8")
    assert len(rows("match", file, city)) == 60
    assert run("match", file, city, "--top", "2").stdout


def test_a_list_longer_than_can_be_held_is_refused(tmp_path, monkeypatch):
    file = tmp_path / "a.csv"
    file.write_text("企业名称\n甲厂\n乙厂\n", encoding="utf-8")
    monkeypatch.setattr(lists, "MOST_ROWS", 3)
    assert len(cg.read_enterprise_list(file)) == 2
    monkeypatch.setattr(lists, "MOST_ROWS", 2)
    with pytest.raises(cg.FileProblemError, match="at most 2 rows and 200 MB are read") as caught:
        cg.read_enterprise_list(file)
    assert "请拆分" in caught.value.text("zh")


def test_a_code_kept_as_a_number_is_no_code(tmp_path):
    book = openpyxl.Workbook()
    for row in (["企业名称", "统一社会信用代码"], ["甲厂", 9.15303e17]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(
        cg.DataError, match=r"the cell B2 of sheet Sheet shows 9\.15303e\+17"
    ) as caught:
        cg.read_enterprise_list(tmp_path / "a.xlsx")
    assert caught.value.key == "match-no-value"
