"""What to do: the verdict of size and reach, and the marks, read into the words of the rules."""

from __future__ import annotations

import numpy as np
import pytest

from chaingraph.analysis.advise import advise
from chaingraph.analysis.decide import Decisions, decision_table
from chaingraph.analysis.reach import VERDICTS

TABLE = decision_table()
RULES = [rule.id for rule in TABLE.rules]
ADVICE = ("verb", "then", "list")


FLAGS = (
    "restricted", "suspended", "declining", "idle_nation", "downstream_building", "downstream_unseen",
)  # fmt: skip


def advice(
    rule: str, verdict: str = "alone", *, assured: bool = False, **flags: bool
) -> tuple[str, ...]:
    """Return verb, then, list and mark of one product."""
    marks = {name: np.array([flags.get(name, False)]) for name in FLAGS}
    decisions = Decisions(np.array([RULES.index(rule)]), np.array([assured]))
    found = advise(decisions, verdict=np.array([verdict]), **marks)
    return tuple(str(getattr(found, name)[0]) for name in (*ADVICE, "mark"))


@pytest.mark.parametrize(
    ("verdict", "word"),
    [
        ("alone", "recruit"),
        ("alone_if", "recruit"),
        ("neighbours", "joint"),
        ("contract", "contract"),
        ("contract_only", "contract"),
        ("own_plant", "own_plant"),
        ("unknown", "check_size"),
    ],
)
def test_the_verdict_is_what_follows(verdict: str, word: str) -> None:
    assert advice("A3", verdict) == (word, "", "recruit", "")
    assert advice("A4", verdict) == ("survey", word, "recruit", "")
    assert advice("A10", verdict) == ("survey", word, "recruit", "")
    assert advice("H1", verdict) == ("strengthen", word, "recruit", "")


def test_every_verdict_has_a_verb_and_every_word_is_a_verb() -> None:
    assert set(TABLE.size) == set(VERDICTS)
    assert set(TABLE.size.values()) <= set(TABLE.verbs)
    assert {*TABLE.marked, *TABLE.revived} <= set(RULES)


def test_without_a_gap_nothing_follows() -> None:
    assert advice("H1", "") == ("strengthen", "", "recruit", "")
    assert advice("A3", "") == ("check_size", "", "recruit", "")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("H1", ("strengthen", "contract", "cooperation")),
        ("A2", ("follow", "contract", "recruit")),
        ("A3", ("contract", "", "cooperation")),
        ("A4", ("survey", "contract", "cooperation")),
        ("A5", ("survey", "contract", "cooperation")),
        ("A10", ("survey", "contract", "cooperation")),
    ],
)
def test_what_is_restricted_is_contracted(rule: str, words: tuple[str, ...]) -> None:
    assert advice(rule, restricted=True) == (*words, "restricted")


@pytest.mark.parametrize("mark", ["declining", "idle_nation"])
@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("H1", ("not_advised", "", "cooperation")),
        ("A2", ("follow", "not_advised", "cooperation")),
        ("A3", ("not_advised", "", "cooperation")),
        ("A10", ("not_advised", "", "cooperation")),
    ],
)
def test_what_is_declining_or_idle_is_not_advised(
    mark: str, rule: str, words: tuple[str, ...]
) -> None:
    assert advice(rule, **{mark: True}) == (*words, mark)
    assert advice(rule, restricted=True, suspended=True, **{mark: True}) == (*words, mark)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("H1", ("revive", "strengthen", "recruit")),
        ("A3", ("revive", "recruit", "recruit")),
        ("A4", ("revive", "recruit", "recruit")),
        ("A10", ("revive", "recruit", "recruit")),
        ("A9", ("revive", "", "recruit")),
    ],
)
def test_an_idle_plant_here_comes_before_any_recruiting(rule: str, words: tuple[str, ...]) -> None:
    assert advice(rule, suspended=True) == (*words, "revive")


def test_an_idle_plant_of_a_restricted_product_runs_within_what_it_was_allowed() -> None:
    revived = ("revive", "contract", "recruit", "revive")
    for rule in ("H1", "A3", "A10"):
        assert advice(rule, restricted=True, suspended=True) == revived


@pytest.mark.parametrize("rule", ["H3", "H4", "H5", "H6", "H7", "A1", "A6", "A7"])
def test_marks_change_only_what_would_bring_in_a_plant(rule: str) -> None:
    words = tuple(getattr(TABLE.rules[RULES.index(rule)], name) for name in ADVICE)
    marks = dict.fromkeys(("restricted", "suspended", "declining", "idle_nation"), True)
    assert advice(rule, **marks) == (*words, "")


def test_no_mark_changes_what_is_to_be_supplied() -> None:
    marks = dict.fromkeys(("restricted", "suspended", "declining", "idle_nation"), True)
    assert advice("H1", assured=True, **marks) == ("assure", "", "supply", "")


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ({}, ("extend", "", "recruit", "")),
        ({"downstream_building": True}, ("extend", "", "recruit", "downstream_building")),
        ({"downstream_unseen": True}, ("survey", "extend", "recruit", "downstream_unseen")),
    ],
)
def test_a_surplus_looks_at_who_would_use_it(marks, words):
    assert advice("H5", "", **marks) == words
