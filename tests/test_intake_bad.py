"""Files that must be refused, each with its rule at its place, and nothing written."""

from __future__ import annotations

import datetime as dt
import re
import struct
import zipfile

import pytest

import chaingraph as cg
from chaingraph.sheets.problems import import_rules
from tests.helpers_cli import failure, run
from tests.helpers_intake import (
    GOOD,
    HEADER,
    archive,
    column,
    imported,
    repacked,
    rules,
    text,
    workbook,
)
from tests.test_words import CHINESE, PACKAGE, placeholders


def refused(path, rule, cell=None, **options):
    """Import; the one kind of error is the rule, at its cell."""
    done = imported(path, **options)
    found = rules(done)
    assert done.folder is None
    assert {name for name, _ in found} == {rule}, found
    if cell is not None:
        assert cell in {place for _, place in found}
    return done


@pytest.mark.parametrize(
    ("written", "rule"),
    [
        ("1,23", "not-a-number"), ("12,5万", "not-a-number"), ("十二", "not-a-number"),
        ("1.2.3", "not-a-number"), ("5 000", "not-a-number"), ("10+5", "not-a-number"),
        ("磷酸铁锂10万吨", "not-a-number"), (True, "not-a-number"), ("1/2", "not-a-number"),
        ("12-10", "range-not-ascending"), ("2024-06", "range-not-ascending"),
        ("10万-12", "range-two-units"), (dt.datetime.combine(dt.date(2024, 6, 12), dt.time()), "date-for-figure"),
        ("1.2万", "scale-twice"), ("2GWh", "unit-mismatch"), ("5吨/天", "unit-mismatch"),
        ("10桶", "unit-mismatch"), ("15%", "unit-mismatch"), ("-3", "figure-below"),
        ("1e30", "number-too-large"), ("#REF!", "excel-error"), ("10万吨(一期)", "unit-mismatch"),
    ],
)  # fmt: skip
def test_figures(tmp_path, written, rule):
    done = refused(workbook(tmp_path, [HEADER, [*GOOD[:3], written, *GOOD[4:]]]), rule, "D2")
    assert done.understood.frame.set_index("field").loc["capacity", "values_refused"] == 1


@pytest.mark.parametrize(
    ("at", "written", "rule"),
    [
        (4, "部分投产", "not-a-choice"), (4, "在产/在建", "not-a-choice"),
        (5, "6/15/2022", "date-unclear"), (5, "2022年13月", "date-unclear"),
        (5, "2022年上旬", "date-unclear"), (5, "22.6", "date-unclear"), (5, 20226, "date-unclear"),
        (5, 2022.1, "date-january-or-october"), (5, dt.time(6, 12), "time-of-day"),
        (2, "金属粉", "product-unknown"), (2, None, "product-missing"),
        (2, "金属、箔材", "several-products"), (0, None, "enterprise-missing"),
    ],
)  # fmt: skip
def test_cells(tmp_path, at, written, rule):
    row = list(GOOD)
    row[at] = written
    refused(workbook(tmp_path, [HEADER, row]), rule)


@pytest.mark.parametrize(
    ("header", "written", "rule"),
    [
        ("统一社会信用代码", 9.1530300e17, "digits-lost"), ("统一社会信用代码", "915303", "not-a-credit-code"),
        ("企业编号", "企业001", "not-an-id"), ("企业编号", 9.1530300e17, "digits-lost"),
        ("是否链主", "大概", "not-yes-or-no"), ("纬度", "125", "figure-above"), ("经度", "10-12", "range-not-here"),
        ("备注", "a_x0001_b", "control-character"),
    ],
)  # fmt: skip
def test_other_columns(tmp_path, header, written, rule):
    refused(workbook(tmp_path, [[*HEADER, header], [*GOOD, written]]), rule, "G2")


@pytest.mark.parametrize(
    ("header", "row", "rule"),
    [
        (["企业名称", "市", "产品", "产能"], ["甲厂", "甲市", "金属", 5], "unit-missing"),
        (["企业名称", "市", "产品", "产能(桶)"], ["甲厂", "甲市", "金属", 5], "header-remark"),
        (["企业名称", "市", "产品", "产能(折标)"], ["甲厂", "甲市", "金属", 5], "header-remark"),
        (["企业名称", "市", "产品", "产能(GWh)"], ["甲厂", "甲市", "金属", 5], "unit-mismatch"),
        (["企业名称", "市", "产品", "产能(吨)", "年产能(万吨)"], ["甲厂", "甲市", "金属", 5, 1], "column-twice"),
        (["企业名称", "市", "产品", "产能(吨)", "单位"], ["甲厂", "甲市", "金属", 5, "万吨"], "unit-conflict"),
        (["项目名称", "投资企业", "签约时间", "总投资"], ["二期", "甲厂", "2024", 5], "unit-missing"),
    ],
)  # fmt: skip
def test_headers(tmp_path, header, row, rule):
    refused(workbook(tmp_path, [header, row], title="表"), rule)


def test_a_figure_merged_over_rows_is_refused(tmp_path):
    rows = [HEADER, GOOD, ["乙厂", "甲市", "箔材", None, "在建", None]]
    refused(workbook(tmp_path, rows, merged=["D2:D3"]), "merged-figure", "D3")


def test_layouts_that_scale_are_refused(tmp_path):
    def change(book):
        book.active["D2"].number_format = "0.0,"

    refused(workbook(tmp_path, [HEADER, GOOD], change=change), "scaled-layout", "D2")


def test_formulas_without_a_saved_result(tmp_path):
    row = [*GOOD[:3], "=1+0.2", *GOOD[4:]]
    refused(workbook(tmp_path, [HEADER, row]), "formula-without-value", "D2")


def test_macros_doctypes_and_damage(tmp_path):
    macros = repacked(
        workbook(tmp_path, [HEADER, GOOD]), lambda _, d: d, **{"xl/vbaProject.bin": b"x"}
    )
    refused(macros, "workbook-macros")

    def doctype(name, data):
        return b"<!DOCTYPE x>" + data if "sheet1" in name else data

    refused(repacked(workbook(tmp_path, [HEADER, GOOD], name="b.xlsx"), doctype), "workbook-broken")
    cut = workbook(tmp_path, [HEADER, GOOD], name="c.xlsx")
    cut.write_bytes(cut.read_bytes()[:-200])
    refused(cut, "zip-broken")


def test_external_links_are_said(tmp_path):
    path = repacked(
        workbook(tmp_path, [HEADER, GOOD]),
        lambda _, d: d,
        **{"xl/externalLinks/externalLink1.xml": b"<x/>"},
    )
    done = imported(path)
    assert ("external-links", "") in rules(done, "warning")
    assert column(done, "capacity") == [12000.0]


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("a.xls", b"\xd0\xcf\x11\xe0" + b"x" * 99, "old-or-locked"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + b"x" * 99, "old-or-locked"),
        ("a.et", b"abcd", "old-or-other"), ("a.xlsm", b"PK\x03\x04", "old-or-other"),
        ("a.pdf", b"%PDF-1.4", "old-or-other"), ("a.csv", b"", "file-empty"),
        ("a.csv", b"<html><table></table>", "not-a-table"), ("a.xlsx", b"PK\x03\x04xx", "zip-broken"),
        ("a.csv", b"a,b\n\xff\xfe\xfd,1\n", "text-damaged"), ("a.csv", b"a,b\n\x00\x00\x01\n", "text-damaged"),
        ("a.csv", '企业名称,产品\n"甲厂,金属\n'.encode(), "text-broken"), ("a.parquet", b"PAR1xxxx", "parquet-broken"),
        ("a.csv", "企业名称,产品\n甲厂,金属\n".encode()[:-2] + b"\n", "text-damaged"),
        ("a.csv", ("企业名称,备注\n甲厂," + "x" * 140_000).encode(), "cell-too-long"),
        ("a.txt", "今天天气很好\n明天也是".encode(), "nothing-understood"),
    ],
)  # fmt: skip
def test_files(tmp_path, name, content, rule):
    done = imported(text(tmp_path, content, name))
    assert rule in {found for found, _ in rules(done)}
    assert done.folder is None


def test_rows_of_another_width_are_refused(tmp_path):
    content = "企业名称,所在市,产品,产能(吨),备注\n甲厂,甲市,金属,1,200\n乙厂,甲市,金属,1,200,x\n丙厂,甲市,金属\n"
    done = refused(text(tmp_path, content), "row-ragged")
    assert rules(done, "warning") == []
    assert [cell for _, cell in rules(done)] == ["3", "4"]


def test_zips_that_climb_bombs_and_locks(tmp_path):
    refused(archive(tmp_path, **{"../a__csv": "x"}), "zip-path")
    refused(archive(tmp_path, "b.zip", **{"C:/a__csv": "x"}), "zip-path")
    refused(archive(tmp_path, "c.zip", a__csv="0" * 9_000_000), "zip-bomb")
    link = zipfile.ZipInfo("a.csv")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as file:
        file.writestr(link, "/etc/passwd")
    refused(tmp_path / "d.zip", "zip-path")
    locked = archive(tmp_path, "e.zip", a__csv="a,b\n")
    data = bytearray(locked.read_bytes())
    place = data.index(b"PK\x01\x02")
    struct.pack_into("<H", data, place + 8, 1)
    locked.write_bytes(bytes(data))
    refused(locked, "file-locked")
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as file:
        file.writestr("a.csv", "x")
        file.writestr("b.csv", "y")
    twice = (tmp_path / "f.zip").read_bytes().replace(b"b.csv", b"a.csv")
    (tmp_path / "f.zip").write_bytes(twice)
    refused(tmp_path / "f.zip", "zip-name-twice")


def test_one_code_for_two_names(tmp_path):
    header = [*HEADER, "统一社会信用代码"]
    code = "91350100M000100Y43"
    rows = [header, [*GOOD, code], ["乙厂", "甲市", "箔材", 2, "在产", None, code]]
    refused(workbook(tmp_path, rows), "enterprise-names", "A3")


def test_namesakes_in_two_cities(tmp_path):
    rows = [
        ["企业名称", "市", "产品", "产能(吨)"],
        ["甲厂", "甲市", "金属", 1],
        ["甲厂", "乙市", "金属", 2],
    ]
    done = imported(workbook(tmp_path, rows))
    assert len(set(column(done, "enterprise_id"))) == 2
    (tmp_path / "b").mkdir()
    refused(
        workbook(tmp_path / "b", [*rows, ["甲厂", None, "箔材", 1]]), "enterprise-ambiguous", "A4"
    )


def test_bad_rows_are_left_out_when_asked(tmp_path):
    path = workbook(tmp_path, [HEADER, GOOD, ["乙厂", "甲市", "金属粉", 1, "在产", None]])
    done = imported(path, skip_bad_rows=True)
    assert (done.errors, column(done, "capacity")) == (0, [12000.0])
    assert rules(done) == [("product-unknown", "C3")]


def test_a_broken_sheet_cannot_be_skipped(tmp_path):
    path = workbook(tmp_path, [[*HEADER, "年产能(吨)"], [*GOOD, 1]])
    assert imported(path, skip_bad_rows=True).errors == 1


def test_folders_are_never_written_over(tmp_path):
    path = workbook(tmp_path, [HEADER, GOOD])
    target = tmp_path / "full"
    target.mkdir()
    (target / "mine.txt").write_text("x")
    with pytest.raises(cg.FileProblemError, match="not empty"):
        cg.import_file(path, target, extends=["toy"])
    assert [file.name for file in target.iterdir()] == ["mine.txt"]
    with pytest.raises(cg.FileProblemError, match="no file or folder"):
        cg.import_file(path, tmp_path / "a" / "b", extends=["toy"])
    with pytest.raises(cg.OptionError, match="dry run"):
        cg.import_file(path, extends=["toy"])
    with pytest.raises(cg.OptionError, match="no sheet 'x'"):
        cg.import_file(path, dry_run=True, sheets={"x": "capacities"})
    with pytest.raises(cg.OptionError, match="'x' is no table"):
        cg.import_file(path, dry_run=True, sheets={"企业产能表": "x"})
    with pytest.raises(cg.UnknownNameError, match="no dataset"):
        cg.import_file(path, dry_run=True, extends=["batery"])


def test_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workbook(tmp_path, [HEADER, GOOD])
    shown = run("import", "a.xlsx", "--dry-run", "--extends", "toy").stdout
    assert "1.2万吨/年 → 12000t" in shown
    assert not (tmp_path / "c").exists()
    done = run(
        "import", "a.xlsx", "-o", "c", "--extends", "toy", "--region", "甲市", "--at", "2024-12"
    )
    assert "written to c" in done.stdout
    assert "capacity" in run("gaps", "c", "--format", "json").stdout
    assert "Missing option '-o'" in run("import", "a.xlsx", status=2).stderr
    assert "'x' is not NAME=TABLE" in run("import", "a.xlsx", "--sheet", "x", status=2).stderr
    assert "not empty" in failure("import", "a.xlsx", "-o", "c", status=1)
    bad = run("import", "a.xlsx", "-o", "d", status=1)
    assert "product-unknown" in bad.stdout
    assert (
        "error,a.xlsx,企业产能表,C2,product-unknown"
        in run("import", "a.xlsx", "--dry-run", "--format", "csv", status=1).stdout
    )


def test_every_rule_is_used():
    rooms = [*(PACKAGE / "intake").glob("*.py"), *(PACKAGE / "sheets").glob("*.py")]
    code = "".join(path.read_text(encoding="utf-8") for path in rooms)
    made = {f"hedge-{word}" for word in ("about", "over", "under")}
    assert {name for name in import_rules() if f'"{name}"' not in code} == made


@pytest.mark.parametrize("name", import_rules())
def test_every_rule_is_there_twice_with_the_same_placeholders(name):
    rule = import_rules()[name]
    assert placeholders(rule.message_en) <= placeholders(rule.message_zh) | {"table_en"}
    assert placeholders(rule.remedy_en) == placeholders(rule.remedy_zh)
    assert CHINESE.search(rule.message_zh)
    assert CHINESE.search(rule.remedy_zh)
    assert rule.severity in {"error", "warning", "info"}
    assert re.fullmatch(r"[a-z0-9-]+", name)


@pytest.mark.parametrize(("place", "cell"), [(4, "一期投产，二期在建"), (5, "明年吧")])
def test_a_row_with_a_refused_cell_is_left_out_and_not_written_without_it(tmp_path, place, cell):
    row = ["乙厂", *GOOD[1:]]
    row[place] = cell
    done = imported(workbook(tmp_path, [HEADER, GOOD, row]), skip_bad_rows=True)
    assert (done.errors, len(done.tables["capacities"])) == (0, 1)


def test_words_and_names_are_offered_as_people_write_them(tmp_path):
    bad = imported(workbook(tmp_path, [HEADER, [*GOOD[:4], "一期投产，二期在建", None]]))
    assert "在建 (construction)" in bad.problems.frame["message"].iloc[0]
    row = ["甲厂", "宜春市", "方形磷酸铁锂电芯", None, "在产", None]
    said = cg.import_file(
        workbook(tmp_path, [HEADER, row], name="b.xlsx"), extends=["battery"], dry_run=True
    )
    assert "方形磷酸铁锂电芯(动力) [cell_lfp]" in said.problems.frame["message"].iloc[0]


def test_a_region_that_is_no_place_is_refused_with_the_closest(tmp_path):
    """With the nation's regions; a name without its suffix, in English or as a code is understood."""
    path = workbook(tmp_path, [["企业名称", "产品名称", "产能(吨)"], ["甲厂", "电池级碳酸锂", 1]])
    with pytest.raises(cg.UnknownNameError, match="宜春市"):
        cg.import_file(path, dry_run=True, extends=["battery"], region="宜村市")
    for name in ("宜春", "yichun (jiangxi)", "360900"):
        done = cg.import_file(path, dry_run=True, extends=["battery"], region=name)
        assert done.tables["enterprises"]["city"].tolist() == ["宜春市"]
