"""Every word a user reads: there in both languages, complete, and used."""

from __future__ import annotations

import ast
import json
import re
import string
from functools import cache
from pathlib import Path

import pytest

import chaingraph as cg
from chaingraph import errors, products, quantity, words
from chaingraph.analysis import (
    advise,
    gaps,
    overview,
    questions,
    reach,
    reconcile,
    sizes,
    sources,
    standing,
    topics,
)
from chaingraph.analysis.decide import decision_table
from chaingraph.checks import rules
from chaingraph.enterprises import LEVELS, STATUSES
from chaingraph.knowledge import evidence
from chaingraph.knowledge.recall import RECALL_BASES
from chaingraph.matching import match
from chaingraph.planning import candidates, capital, instance
from chaingraph.recruit.arrivals import PRODUCT_FEATURES
from chaingraph.recruit.backtest import SPLITS
from chaingraph.recruit.contest import METHODS as GROUP_METHODS
from chaingraph.recruit.contest_cities import JOINT, PRODUCT_METHODS
from chaingraph.recruit.features import FEATURES
from chaingraph.recruit.lists import LISTS
from chaingraph.recruit.scoring import METHODS
from chaingraph.schema import TABLE_NAMES, table_spec
from chaingraph.updates import ledger
from chaingraph.updates.causes import CAUSES
from chaingraph.updates.gap_changes import GAP_CHANGES
from chaingraph.updates.moves import MOVES
from chaingraph.updates.table_changes import CHANGES

PACKAGE = Path(__file__).parents[1] / "chaingraph"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
MARKS = re.compile(r"[\u3000-\u303f\uff00-\uffef]")
JOINTS = frozenset({
    "ends-point", "first-ahead", "first-known-users", "first-comma", "first-stop", "first-end",
    "sell-comma", "sell-stop", "sell-of-price", "sell-of-price-small",
})  # fmt: skip
"""Parts of the first lines that others stand before."""
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:!?(]|[,;:!?)][\u4e00-\u9fff]|\([^()]*[\u4e00-\u9fff]")
ERRORS = {
    name for name, thing in vars(errors).items()
    if isinstance(thing, type) and issubclass(thing, errors.ChaingraphError)
}  # fmt: skip


def load(name: str) -> dict[str, dict[str, object]]:
    text = (PACKAGE / "words" / f"{name}.json").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, object]] = json.loads(text, object_pairs_hook=unique)
    return loaded


def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len(dict(pairs)) == len(pairs), f"a key stands twice: {[key for key, _ in pairs]}"
    return dict(pairs)


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@cache
def nodes() -> tuple[ast.AST, ...]:
    return tuple(
        node
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


@cache
def texts() -> frozenset[str]:
    """Return every text constant of the code."""
    return frozenset(
        node.value
        for node in nodes()
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )


@cache
def prefixes() -> tuple[str, ...]:
    """Return what f-strings such as ``f"reason-{name}"`` begin with."""
    starts = {
        str(node.values[0].value)
        for node in nodes()
        if isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant)
    }
    return tuple(start for start in starts if re.fullmatch(r"[a-z]+(-[a-z]+)*-", start))


def constants_called(*names: str) -> set[str]:
    """Return the constant first arguments of calls of these names."""
    return {
        node.args[0].value
        for node in nodes()
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).split(".")[-1] in names
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


MESSAGES = load("messages")
TERMS = load("terms")
COLUMNS = load("columns")


def half_width(chinese: str) -> bool:
    """Tell whether Chinese text has Latin punctuation or brackets at its characters."""
    return bool(HALF_WIDTH.search(re.sub(r"\{\w+[^{}]*\}", "", chinese)))


@pytest.mark.parametrize("key", MESSAGES)
def test_every_sentence_is_there_twice_with_the_same_placeholders(key):
    entry = MESSAGES[key]
    assert set(entry) == {"en", "zh"}
    english, chinese = str(entry["en"]), str(entry["zh"])
    # what a finding says stands in each language under its own name
    assert placeholders(english) == {name.removesuffix("_zh") for name in placeholders(chinese)}
    assert not CHINESE.search(english)
    # what joins the parts of a line may be marks alone
    assert CHINESE.search(chinese) or MARKS.search(chinese) or key in JOINTS
    assert not half_width(chinese)
    assert english == english.strip() or key in JOINTS


@pytest.mark.parametrize("name", rules())
def test_every_rule_is_there_twice_with_the_same_placeholders(name):
    rule = rules()[name]
    assert placeholders(rule.message_en) == placeholders(rule.message_zh)
    assert placeholders(rule.remedy_en) == placeholders(rule.remedy_zh)
    for chinese in (rule.message_zh, rule.remedy_zh):
        assert CHINESE.search(chinese)
    for english in (rule.message_en, rule.remedy_en):
        assert english
        assert not CHINESE.search(english)
    assert not half_width(rule.message_zh + rule.remedy_zh)


def test_every_key_in_the_code_exists():
    kinds = constants_called("unknown_name")
    used = constants_called("message", *ERRORS) | {f"unknown-{kind}" for kind in kinds}
    assert {"product", "region", "chain", "dataset"} <= kinds
    assert used - set(MESSAGES) == set()
    assert set(words.message_keys()) == set(MESSAGES)


def test_every_sentence_is_used():
    made = {f"unknown-{kind}" for kind in constants_called("unknown_name")}
    unused = [
        key for key in MESSAGES
        if key not in texts() and key not in made and not key.startswith(prefixes())
    ]  # fmt: skip
    assert unused == []


def test_every_vocabulary_in_the_code_exists():
    assert constants_called("term", "vocabulary") - set(TERMS) == set()
    assert set(words.vocabularies()) == set(TERMS)


@pytest.mark.parametrize("table", TABLE_NAMES)
def test_closed_lists_of_columns_have_exactly_these_words(table):
    for field in table_spec(table).fields:
        if field.vocabulary and field.vocabulary != "product_kind":  # has a word for none too
            assert set(TERMS[field.vocabulary]) == set(field.enum), field.name
        assert field.enum or not field.vocabulary


@pytest.mark.parametrize("name", TERMS)
def test_every_term_is_there_twice(name):
    for value, entry in TERMS[name].items():
        assert set(entry) == {"en", "zh"}, value
        assert all(isinstance(text, str) for text in entry.values()), value
        assert not CHINESE.search(entry["en"]), value
        assert not half_width(entry["zh"]), value


@pytest.mark.parametrize(
    ("vocabulary", "values"),
    [
        ("status", STATUSES),
        ("status", table_spec("capacities").by_name["status"].enum),
        ("gap_kind", (*gaps.GAP_KINDS, "covered", "made")),
        ("action", set(gaps.ACTIONS) - {""}),
        ("evidence", evidence.LEVELS),
        ("reasons", quantity.REASONS),
        ("recall_basis", RECALL_BASES),
        ("topic", (*topics.TOPICS, "running")),
        ("verb", decision_table().verbs),
        ("then", decision_table().verbs),
        ("mark", advise.MARKS),
        ("reach_class", reach.CLASSES),
        ("size_verdict", reach.VERDICTS),
        ("plant_size_basis", sizes.BASES),
        ("list", decision_table().lists),
        ("budget", instance.BUDGETS),
        ("investment_basis", capital.BASES),
        ("left_out", candidates.REASONS),
        ("stage", table_spec("products").by_name["stage"].enum),
        ("role", products.ROLES),
        ("role", table_spec("inputs").by_name["role"].enum),
        ("scope", table_spec("capacities").by_name["scope"].enum),
        ("level", LEVELS),
        ("standing", standing.STANDINGS),
        ("severity", ("error", "warning", "info")),
        ("ask", questions.ASKS),
        ("bureau", questions.BUREAUS),
        ("total_verdict", reconcile.VERDICTS),
        ("carrier", (*sources.CARRIERS, "all")),
        ("source_grade", [grade for grade in sources.GRADES if grade != "none"]),
        ("source_grade", table_spec("sources").by_name["grade"].enum),
        ("chain", ("battery", "photovoltaic", "aluminium")),
        ("flag", ("true", "false")),
        ("gap_change", GAP_CHANGES),
        ("cause", CAUSES),
        ("move", MOVES),
        ("change", CHANGES),
        ("decision", match.DECISIONS),
        ("choice", {choice for kind in ledger.CHOICES.values() for choice in kind}),
        ("outcome", ledger.OUTCOMES),
        ("conflict_kind", ledger.KINDS),
        ("feature", (*FEATURES, *PRODUCT_FEATURES)),
        ("plant_basis", ("own", "typical", "median", "unknown")),
        ("target_list", LISTS),
        ("split", set(SPLITS) - {"all"}),
        ("feature_of", ("group", "place", "product")),
        ("method", {JOINT, *GROUP_METHODS, *PRODUCT_METHODS, *METHODS}),
    ],
)
def test_vocabularies_hold_all_words_and_no_others(vocabulary, values):
    assert set(TERMS[vocabulary]) == set(values)


def test_kinds_of_products_have_words():
    kinds = table_spec("products").by_name["kind"].enum
    assert set(TERMS["product_kind"]) - {"other"} == set(kinds)


def results() -> list[cg.Result]:
    toy = cg.load_dataset("toy")
    return [
        cg.calculate_balance(toy),
        cg.find_gaps(toy),
        *gaps.split_lists(cg.find_gaps(toy)),
        cg.calculate_requirements(toy, {"cell": 1}),
        cg.trace_product(toy, "cell"),
        cg.explain_product(toy, "foil"),
        cg.measure_local_content(toy),
        cg.measure_local_content(toy, by="anchor"),
        cg.plan_survey(toy),
        cg.reconcile(toy),
        cg.grade_result(toy),
        cg.list_unverified(toy),
        cg.find_cross_chain(toy),
        cg.list_regions(toy),
        cg.measure_relatedness(toy),
        cg.find_anchors(toy),
        cg.rank_targets(toy),
        cg.call_sheet(toy),
        cg.delivered_cost(toy, "foil"),
        cg.explain_delivered_cost(toy, "foil"),
        cg.explain_target(toy, "foil", "光箔"),
        *cg.backtest(toy, cutoff="2019-12", draws=10).results,
        found := cg.match_enterprises(toy, [{"name": "甲市电芯", "city": "甲市"}]),
        match.count_decisions(found),
        match.only_review(found),
        *cg.diff_datasets(toy.at("2019"), toy).results,
        *cg.import_file(toy.packages[-1].path, dry_run=True).results,
        *(done := cg.merge_dataset(toy.packages[-1].path, "toy", dry_run=True)).results,
        done.changes,
        done.conflicts,
        *cg.build_plan(toy, stability=2, draws=20),
        overview.describe_dataset(toy),
        overview.describe_datasets(),
        overview.list_findings("toy"),
    ]


@pytest.fixture(scope="module")
def found():
    return results()


def test_every_column_of_every_result_is_described(found):
    for result in found:
        assert result.kind in TERMS["result"]
        assert set(result.shown) <= set(COLUMNS)
        for column in result.columns.values():
            assert column.meaning
            assert CHINESE.search(column.title_zh), column.name


def test_headers_tell_columns_apart(found):
    for result in found:
        for lang in words.LANGUAGES:
            header, _ = result.to_rows(lang)
            assert len(set(header)) == len(header), (result.kind, lang, header)


def test_the_heading_says_what_was_asked_and_is_never_empty(found):
    for result in found:
        for lang in words.LANGUAGES:
            assert "()" not in result.heading(lang), result.kind


@pytest.mark.parametrize("name", COLUMNS)
def test_every_described_column_is_used_and_complete(name, found):
    entry = COLUMNS[name]
    assert set(entry) == {"en", "zh", "unit", "meaning"}
    assert entry["en"]
    assert entry["meaning"]
    assert CHINESE.search(str(entry["zh"]))
    ends = {f"{column}{end}" for column in ("capacity", "supply") for end in ("_low", "_high")}
    assert name in texts() | ends | {column for result in found for column in result.columns}


def test_units_of_columns_have_words():
    units = {str(entry["unit"]) for entry in COLUMNS.values()} - {""}
    assert units <= set(TERMS["unit"])


@pytest.mark.parametrize("table", TABLE_NAMES)
def test_every_field_of_every_table_has_both_titles(table):
    spec = table_spec(table)
    assert CHINESE.search(spec.title_zh)
    assert spec.description
    for field in spec.fields:
        assert field.title_en, field.name
        assert CHINESE.search(field.title_zh), field.name
        assert field.description, field.name
        if field.description_zh:
            assert CHINESE.search(field.description_zh), field.name
            assert field.description_zh.endswith("。"), field.name
            assert not half_width(field.description_zh), field.name


def test_unknown_words_come_back_as_they_are():
    assert words.term("status", "operating", "zh") == "在产"
    assert words.term("status", "sleeping", "zh") == "sleeping"
