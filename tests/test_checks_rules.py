"""The rules as a whole: texts, registry, order, accepted findings."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from chaingraph.checks import (
    KEEPER_RULES,
    READER_RULES,
    RULE_CHECKS,
    SEVERITIES,
    Finding,
    rules,
    run_checks,
)
from chaingraph.checks.tables import Tables
from chaingraph.rawtables import Accepted, RawDataset
from tests import (
    test_checks_flows,
    test_checks_keys,
    test_checks_known,
    test_checks_places,
    test_checks_plants,
    test_checks_quantities,
    test_checks_totals,
    test_checks_values,
)
from tests.helpers_raw import raw_dataset, read_folders, rules_of

CASES = (
    test_checks_values.CASES
    | test_checks_keys.CASES
    | test_checks_quantities.CASES
    | test_checks_flows.CASES
    | test_checks_places.CASES
    | test_checks_plants.CASES
    | test_checks_totals.CASES
    | test_checks_known.CASES
)
CASES_OF_THEIR_OWN = {
    "product-conflict", "focus-unknown", "date-ahead", "price-far",
}  # fmt: skip
READER_PARAMS: dict[str, dict[str, object]] = {
    "duplicate-column": {},
    "file-broken": {"file": "f.csv", "detail": "d"},
    "file-empty": {"file": "f.csv"},
    "file-encoding": {"file": "f.csv", "detail": "d"},
    "header-again": {},
    "columns-too-many": {"found": "501", "most": "500"},
    "missing-column": {"columns": "c", "suggestions": "s"},
    "missing-table": {"table": "products"},
    "no-products": {},
    "no-rows": {"file": "f.csv"},
    "row-replaced": {"first": "f.csv:2"},
    "name-replaced": {"first": "f.csv:2", "other": "n"},
    "capacity-replaced": {"site": "s", "product": "p", "count": 2, "first": "f.csv:2"},
    "package-invalid": {"detail": "d"},
    "ragged-row": {"expected": 3, "found": 2},
    "unknown-column": {"suggestions": "s"},
    "unknown-table": {"file": "f.csv", "suggestions": "s"},
    "cell-error": {"text": "#REF!"},
    "cell-formula": {"text": "=1+1"},
    "list-broken": {},
    "list-dangling": {"count": 2, "kind": "products", "examples": "e"},
    "list-merged": {"count": 2, "examples": "e"},
    "list-nameless": {"count": 2},
    "list-relation": {"count": 2, "examples": "e"},
    "list-self": {"count": 2, "examples": "e"},
    "sheet-hidden": {"sheet": "products"},
    "sheet-merged": {"cells": "A1:A2"},
    "workbook-broken": {"detail": "d"},
    "workbook-locked": {},
    "workbook-macros": {},
    "workbook-old": {},
    "graph-broken": {"detail": "d"},
    "graph-kinds": {"words": "w", "file": "f"},
    "graph-relations": {"words": "w", "file": "f"},
    "list-conflict": {"key": "k", "other": "o", "first": "f"},
    "list-direction": {"count": 2, "examples": "e"},
    "not-plain": {},
    "table-twice": {"table": "t", "first": "f", "file": "g"},
    "zip-bomb": {"entry": "e", "times": 101, "size": 5},
    "zip-broken": {"detail": "d"},
    "zip-folders": {"folders": "a, b"},
    "zip-large": {"size": 5, "most": 4},
    "zip-locked": {"entry": "e"},
    "zip-nested": {"entry": "e"},
    "zip-path": {"entry": "e"},
    "zip-twice": {"entry": "e"},
}
BAD = "product_id,name_zh,kind\nb,乙,goods\na,,goods\n"


def test_every_rule_of_the_file_is_reported_by_somebody() -> None:
    """Rules without a reporter, or reporters without a rule, are mistakes."""
    registered = {name for entry in RULE_CHECKS for name in entry.rules}
    assert registered | READER_RULES | KEEPER_RULES == set(rules())
    assert registered.isdisjoint(READER_RULES | KEEPER_RULES)


def test_every_registered_rule_has_a_case() -> None:
    """Each rule that a check can report is reported by some test."""
    registered = {name for entry in RULE_CHECKS for name in entry.rules}
    assert set(CASES) | CASES_OF_THEIR_OWN == registered


@pytest.mark.parametrize("rule", sorted(CASES))
def test_checks_report_only_rules_of_theirs(rule: str) -> None:
    """What a function reports is what it is registered for, and its texts can be filled."""
    tables = Tables(raw_dataset(CASES[rule][0]))
    for entry in RULE_CHECKS:
        for finding in entry.function(tables):
            assert finding.rule in entry.rules
            assert all(finding.text(lang) and finding.remedy(lang) for lang in ("en", "zh"))


@pytest.mark.parametrize("rule", sorted(READER_RULES))
def test_texts_of_the_readers_can_be_filled(rule: str) -> None:
    """The readers' rules need no more than the readers give."""
    finding = Finding(rule, value="v", column="c", params=READER_PARAMS[rule])
    assert all(finding.text(lang) and finding.remedy(lang) for lang in ("en", "zh"))


def _placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", rules())
def test_rule_is_complete_and_alike_in_both_languages(name: str) -> None:
    """A severity that exists, four texts, the same placeholders in both messages."""
    rule = rules()[name]
    assert rule.severity in SEVERITIES
    pairs = ((rule.message_en, rule.message_zh), (rule.remedy_en, rule.remedy_zh))
    for english, chinese in pairs:
        assert english.isascii()
        assert not chinese.isascii()
        fields = [
            {part[1] for part in string.Formatter().parse(text)} for text in (english, chinese)
        ]
        assert fields[0] - {None} == fields[1] - {None}
    assert not rule.message_en.endswith(".")
    assert rule.remedy_en.endswith((".", ")."))
    assert rule.remedy_zh.endswith("。")


def test_findings_are_sorted() -> None:
    """Worst first, then by line and column."""
    found = run_checks(raw_dataset(products=BAD))
    assert [(x.severity, x.line, x.column) for x in found] == [
        ("error", 2, "kind"),
        ("error", 3, "kind"),
        ("error", 3, "name_zh"),
        ("info", 2, "product_id"),
        ("info", 3, "product_id"),
    ]


def test_at_load_only_errors_are_looked_for() -> None:
    """Warnings and remarks do not delay a load."""
    found = run_checks(raw_dataset(products=BAD), at_load=True)
    assert {finding.severity for finding in found} == {"error"}
    assert len(found) == 3


def test_checks_leave_the_data_as_they_are() -> None:
    """Two runs over the same data find the same."""
    raw = raw_dataset(products=BAD)
    assert run_checks(raw) == run_checks(raw)
    assert raw == raw_dataset(products=BAD)


def test_empty_dataset_has_no_findings() -> None:
    """No table, no rule to break."""
    assert not run_checks(raw_dataset())
    assert not run_checks(raw_dataset(products="product_id,name_zh\n"))


def test_accepted_finding_carries_its_reason() -> None:
    """Rule, table and key must match; the finding stays, marked."""
    entry = Accepted("isolated-product", "products", "b", "kept for next year")
    found = run_checks(raw_dataset(products="product_id,name_zh\na,甲\nb,乙\n", accepted=[entry]))
    assert [(x.value, x.accepted) for x in found] == [("a", ""), ("b", "kept for next year")]


def test_accepted_entry_without_a_finding_is_reported() -> None:
    """Entries that have become idle are named, but not while only errors are looked for."""
    entry = Accepted("mass-balance", "products", "a", "air enters")
    raw = raw_dataset(products="product_id,name_zh\n", accepted=[entry])
    found = run_checks(raw)
    assert [(x.rule, x.value, x.file) for x in found] == [
        ("accepted-unused", "a", "city/datapackage.json")
    ]
    assert "mass-balance" in found[0].text("en")
    assert "mass-balance" in found[0].text("zh")
    assert not run_checks(raw, at_load=True)


def test_accepted_entry_of_another_key_does_not_count() -> None:
    """A reason for one product is no reason for another."""
    entry = Accepted("isolated-product", "products", "z", "kept")
    raw = raw_dataset(products="product_id,name_zh\na,甲\n", accepted=[entry])
    found = [(finding.rule, finding.accepted) for finding in run_checks(raw)]
    assert found == [("accepted-unused", ""), ("isolated-product", "")]


@pytest.fixture(scope="module")
def bundled() -> RawDataset:
    """Give the three chains and Qujing, read together."""
    names = ("battery", "photovoltaic", "aluminium", "qujing")
    root = Path(__file__).parents[1] / "datasets"
    if not all((root / name).is_dir() for name in names):
        pytest.skip("the datasets are not beside the tests")
    return read_folders(*(root / name for name in names))


def test_bundled_datasets_have_no_errors(bundled: RawDataset) -> None:
    """The data that ships is clean."""
    assert [f"{found.place} {found.text()}" for found in run_checks(bundled, at_load=True)] == []


def test_bundled_datasets_have_no_surprises(bundled: RawDataset) -> None:
    """The rules that the data is known to break, and no others."""
    assert set(rules_of(bundled)) <= {
        "mass-balance", "duplicate-capacity", "duplicate-site", "total-fits-neither",
        "total-below-sites",
    }  # fmt: skip
