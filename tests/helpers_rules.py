"""Examples of the rules, run through the real checks and the real import.

``python -m tests.helpers_rules`` writes what they answer into ``chaingraph/rulebook/cases.json``
and makes the two pages anew.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import tempfile
from pathlib import Path
from typing import Any
from unittest import mock

import openpyxl

import chaingraph as cg
from chaingraph.checks import Finding
from chaingraph.intake import importing
from chaingraph.rulebook.page import page_markdown
from chaingraph.sheets.problems import Problem

REPOSITORY = Path(__file__).parents[1]
CASES = REPOSITORY / "chaingraph" / "rulebook" / "cases.json"
PAGES = {"en": "RULES.md", "zh": "RULES.zh.md"}
Case = dict[str, Any]


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        kind, text = next(iter(value.items()))
        read = {"date": dt.datetime.fromisoformat, "time": dt.time.fromisoformat}[kind]
        return read(text)
    return value


def write_workbook(path: Path, case: Case) -> None:
    """Write the sheets of a case."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in case["sheets"].items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([_cell(value) for value in row])
        if name in case.get("hidden", ()):
            sheet.sheet_state = "hidden"
    first = book.worksheets[0]
    for area in case.get("merged", ()):
        first.merge_cells(area)
    for cell, layout in case.get("layouts", {}).items():
        first[cell].number_format = layout
    for column in case.get("hidden_columns", ()):
        first.column_dimensions[column].hidden = True
    for row in case.get("hidden_rows", ()):
        first.row_dimensions[row].hidden = True
    book.save(path)


def write_files(place: Path, case: Case) -> None:
    """Write the text files of a case; a line end stands below the last line."""
    for name, lines in case["files"].items():
        text = "".join(f"{line}\n" for line in lines)
        if case.get("cut"):
            text = text.rstrip("\n")
        path = place / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode(case.get("codec", "utf-8")))


def _said(found: Finding | Problem, place: str) -> dict[str, str]:
    return {
        "place": place,
        "en": found.text("en"),
        "zh": found.text("zh"),
        "remedy_en": found.remedy("en"),
        "remedy_zh": found.remedy("zh"),
    }


def answers(area: str, rule: str, case: Case, place: Path) -> tuple[set[str], dict[str, str]]:
    """Run a case; return the rules that it breaks, and what the rule in question says."""
    return _import_answers(rule, case, place) if area == "import" else _answers(rule, case, place)


def _answers(rule: str, case: Case, place: Path) -> tuple[set[str], dict[str, str]]:
    if "words" in case:
        found = Finding(rule, params=case.get("params", {}))
        return {rule}, _said(found, case["place"])
    source = place / ("my.xlsx" if "sheets" in case else "my")
    if "sheets" in case:
        write_workbook(source, case)
    else:
        source.mkdir()
        write_files(source, case)
    _, findings = cg.check_dataset(source)
    hits = [finding for finding in findings if finding.rule == rule]
    rules = {finding.rule for finding in findings} - ({"isolated-product"} - {rule})
    return rules, _said(hits[0], hits[0].place) if hits else {}


def _import_answers(rule: str, case: Case, place: Path) -> tuple[set[str], dict[str, str]]:
    if "words" in case:
        problem = Problem(rule, "", params=case.get("params", {}))
        return {rule}, _said(problem, case["place"])
    if "sheets" in case:
        source = place / "上报.xlsx"
        write_workbook(source, case)
    else:
        name = next(iter(case["files"]))
        source = place / name
        write_files(place, case)
    options = {"extends": ["toy"], "lang": "en"} | case.get("options", {})
    with mock.patch.object(importing, "show_problems", wraps=importing.show_problems) as shown:
        cg.import_file(source, dry_run=True, **options)
    found: list[Problem] = shown.call_args.args[0]
    hits = [problem for problem in found if problem.rule == rule]
    rules = {problem.rule for problem in found} - ({"read-as"} - {rule})
    if not hits:
        return rules, {}
    where = [hits[0].file, hits[0].sheet, hits[0].cell]
    return rules, _said(hits[0], " ".join(part for part in where if part))


def load_cases() -> dict[str, dict[str, Case]]:
    """Return the cases of both parts, by rule."""
    loaded: dict[str, dict[str, Case]] = json.loads(CASES.read_text(encoding="utf-8"))
    return loaded


def main() -> None:
    """Write the answers into the cases and the pages into their files."""
    cases = load_cases()
    for area, entries in cases.items():
        for rule, case in entries.items():
            with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
                case["said"] = answers(area, rule, case, Path(place))[1]
    CASES.write_text(json.dumps(cases, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for lang, name in PAGES.items():
        (REPOSITORY / "datasets" / name).write_text(page_markdown(lang), encoding="utf-8")


if __name__ == "__main__":
    main()
