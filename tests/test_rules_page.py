"""The book of the rules: every example is run, every page is as made, the command explains."""

from __future__ import annotations

import ast
import configparser
import contextlib
import io
import re
import zipfile
from pathlib import Path

import pytest

import chaingraph as cg
from chaingraph.checks import rules
from chaingraph.rulebook.entries import AREAS, rule_entries
from chaingraph.rulebook.page import page_markdown
from chaingraph.sheets import archives, grids, workbooks
from chaingraph.sheets.problems import import_rules
from tests.helpers_cli import document, failure, rows, run
from tests.helpers_intake import rules as found_rules
from tests.helpers_rules import PAGES, REPOSITORY, answers, load_cases

CASES = load_cases()
SHOWN = [
    pytest.param(part, rule, id=f"{part}-{rule}")
    for part, cases in CASES.items()
    for rule, case in cases.items()
    if "words" not in case
]
ZIPS, BOOKS, LISTS = "test_convert_zip", "test_convert_excel", "test_convert_lists"
ATTACKS = "test_paths_that_climb_and_nested_archives_are_refused"
TWICE = "test_twice_a_name_several_folders_and_passwords"
PROOFS = {
    "dataset": {
        "columns-too-many": ("test_bad_files", "test_a_header_of_a_million_columns"),
        "list-broken": (LISTS, "test_broken_lines_are_one_sentence"),
        "list-dangling": (LISTS, "test_what_is_merged_or_points_nowhere_is_counted"),
        "list-merged": (LISTS, "test_what_is_merged_or_points_nowhere_is_counted"),
        "list-nameless": (LISTS, "test_what_is_merged_or_points_nowhere_is_counted"),
        "list-relation": (LISTS, "test_what_is_merged_or_points_nowhere_is_counted"),
        "list-self": (LISTS, "test_what_is_merged_or_points_nowhere_is_counted"),
        "workbook-broken": (BOOKS, "test_files_that_are_no_workbook_are_one_sentence"),
        "workbook-locked": (BOOKS, "test_files_that_are_no_workbook_are_one_sentence"),
        "workbook-macros": (BOOKS, "test_files_that_are_no_workbook_are_one_sentence"),
        "workbook-old": (BOOKS, "test_files_that_are_no_workbook_are_one_sentence"),
        "zip-bomb": (ZIPS, "test_bombs_are_refused_before_they_are_unpacked"),
        "zip-broken": (ZIPS, "test_broken_zip_files_are_one_sentence"),
        "zip-folders": (ZIPS, TWICE),
        "zip-large": (ZIPS, "test_the_sum_of_all_files_is_limited"),
        "zip-locked": (ZIPS, TWICE),
        "zip-nested": (ZIPS, ATTACKS),
        "zip-path": (ZIPS, ATTACKS),
        "zip-twice": (ZIPS, TWICE),
    },
    "import": {
        "cell-too-long": ("test_intake_bad", "test_files"),
        "external-links": ("test_intake_bad", "test_external_links_are_said"),
        "file-ignored": ("test_intake_good", "test_a_folder_a_zip_and_parquet"),
        "file-locked": ("test_intake_bad", "test_zips_that_climb_bombs_and_locks"),
        "file-too-large": ("test_rules_page", "test_limits_of_the_import"),
        "formula-without-value": ("test_intake_bad", "test_formulas_without_a_saved_result"),
        "not-a-table": ("test_intake_bad", "test_files"),
        "old-or-locked": ("test_intake_bad", "test_files"),
        "old-or-other": ("test_intake_bad", "test_files"),
        "parquet-broken": ("test_intake_bad", "test_files"),
        "text-damaged": ("test_intake_bad", "test_files"),
        "too-many-columns": ("test_rules_page", "test_limits_of_the_import"),
        "too-many-rows": ("test_rules_page", "test_limits_of_the_import"),
        "workbook-broken": ("test_intake_bad", "test_macros_doctypes_and_damage"),
        "workbook-macros": ("test_intake_bad", "test_macros_doctypes_and_damage"),
        "zip-bomb": ("test_intake_bad", "test_zips_that_climb_bombs_and_locks"),
        "zip-broken": ("test_intake_bad", "test_macros_doctypes_and_damage"),
        "zip-name-twice": ("test_intake_bad", "test_zips_that_climb_bombs_and_locks"),
        "zip-path": ("test_intake_bad", "test_zips_that_climb_bombs_and_locks"),
        "zip-too-large": ("test_rules_page", "test_limits_of_the_import"),
    },
}
"""Rules whose examples are told in words -> the test that shows them."""


@pytest.mark.parametrize(("part", "rule"), SHOWN)
def test_an_example_breaks_its_rule_and_says_what_the_page_says(tmp_path, part, rule):
    case = CASES[part][rule]
    with contextlib.chdir(tmp_path):
        broken, said = answers(part, rule, case, tmp_path)
    assert broken == {rule, *case.get("also", ())}
    assert said == case["said"], "python -m tests.helpers_rules"


@pytest.mark.parametrize("part", PROOFS)
def test_examples_in_words_are_shown_by_a_test(tmp_path, part):
    told = {rule: case for rule, case in CASES[part].items() if "words" in case}
    assert set(told) == set(PROOFS[part])
    known = rules() if part == "dataset" else import_rules()
    for rule, (module, test) in PROOFS[part].items():
        source = (REPOSITORY / "tests" / f"{module}.py").read_text(encoding="utf-8")
        assert test in {
            node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)
        }
        pieces = re.split(r"\{\w+\}", known[rule].message_en)
        words = {
            " ".join(p.split()[at : at + 3]) for p in pieces for at in range(len(p.split()) - 2)
        }
        named = f'"{rule}"' in source or any(text in source for text in words)
        assert named, f"{module} does not speak of {rule}"
        assert answers(part, rule, told[rule], tmp_path)[1] == told[rule]["said"]


def test_every_rule_is_in_the_book_once():
    assert set(CASES["dataset"]) == set(rules())
    assert set(CASES["import"]) == set(import_rules())
    assert {entry.area for entry in rule_entries()} == set(AREAS)
    assert len(rule_entries()) == len(rules()) + len(import_rules())


@pytest.mark.parametrize("lang", PAGES)
def test_the_pages_are_as_made(lang):
    page = (REPOSITORY / "datasets" / PAGES[lang]).read_text(encoding="utf-8")
    assert page == page_markdown(lang), "run python -m tests.helpers_rules"
    headings = re.findall(r"^### (\S+)", page, flags=re.MULTILINE)
    assert len(headings) == len(rule_entries())
    links = re.findall(r"\]\(#(\S+?)\)", page)
    assert len(set(links)) == len(links) == len(headings)
    assert str(Path.home()) not in page
    told = configparser.ConfigParser()
    told.read(REPOSITORY / "setup.cfg", encoding="utf-8")
    assert PAGES[lang] in told["options.package_data"]["chaingraph.datasets"]


def _dry(path):
    return cg.import_file(path, dry_run=True, extends=["toy"], lang="en")


def test_limits_of_the_import(tmp_path, monkeypatch):
    import openpyxl

    text = "企业名称,所在市,产品,产能(吨)\n甲厂,甲市,金属,1\n乙厂,甲市,金属,2\n"
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    book = openpyxl.Workbook()
    for row in csv_rows(text):
        book.active.append(row)
    book.active["ZZ1"] = "x"
    book.save(tmp_path / "far.xlsx")
    assert found_rules(_dry(tmp_path / "far.xlsx")) == [("too-many-columns", "")]
    packed = tmp_path / "a.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", text)
    monkeypatch.setattr(archives, "MOST_BYTES", 20)
    assert found_rules(_dry(packed)) == [("zip-too-large", "")]
    monkeypatch.setattr(grids, "MOST_ROWS", 2)
    assert found_rules(_dry(path)) == [("too-many-rows", "")]
    monkeypatch.setattr(workbooks, "MOST_ROWS", 2)
    assert "too-many-rows" in {rule for rule, _ in found_rules(_dry(tmp_path / "far.xlsx"))}
    monkeypatch.setattr(grids, "LARGEST_FILE", 20)
    assert found_rules(_dry(path)) == [("file-too-large", "")]


def csv_rows(text: str) -> list[list[str]]:
    return [line.split(",") for line in io.StringIO(text).read().splitlines()]


def test_list_rules_gives_every_rule_in_both_languages():
    for lang in ("zh", "en"):
        result = cg.list_rules(lang=lang)
        assert len(result) == len(rule_entries())
        assert not (result.frame == "").any().any()
        assert not result.frame["meaning"].str.contains("{", regex=False).any()
    errors = cg.list_rules(severity="error")
    assert set(errors.frame["severity"]) == {"error"}
    assert 0 < len(errors) < len(result)
    with pytest.raises(cg.OptionError, match="none of error, warning, info"):
        cg.list_rules(severity="bad")


def test_the_command_lists_and_explains(tmp_path):
    listed = rows("rules", "--severity", "warning", "--lang", "en")
    assert {row["severity"] for row in listed} == {"error", "warning"}
    assert document("rules", "unit-slip")["rows"][0]["area"] == "units"
    shown = run("rules", "unit-mismatch", "--lang", "zh").stdout
    assert shown.count("### unit-mismatch") == 2
    assert "dexin,lfp,5,GWh" in shown
    assert "产能单位 GWh 不能换算为 lfp 的计量单位 t" in shown
    run("rules", "zip-bomb", "-o", tmp_path / "a.md")
    assert "### zip-bomb" in (tmp_path / "a.md").read_text(encoding="utf-8")


def test_an_unknown_rule_suggests_near_ones():
    assert "did you mean: unit-mismatch" in failure("rules", "unit-mismach", status=2)


def test_check_says_how_to_look_a_rule_up(tmp_path):
    (tmp_path / "products.csv").write_text("product_id,name_zh,unit\na,,t\n", encoding="utf-8")
    assert "chaingraph rules required-value" in run("check", tmp_path, status=1).stdout
    assert "chaingraph rules" not in run("check", "toy").stdout
    named = {row["rule"] for row in rows("check", tmp_path, status=1)}
    assert named <= set(cg.list_rules().frame["rule"])
