"""From evidence and balance to what a product calls for: the rules of ``decisions.json``, read as data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from chaingraph.knowledge.evidence import CODE, MADE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from chaingraph.quantity import Flags, Integers

    Words = NDArray[np.str_]

FACTS: Final = ("need", "sure", "may", "none", "eo", "spare", "own", "one", "down")
"""What rules may ask of the balance; see :func:`chaingraph.analysis.state.balance_facts`."""


class Rule(NamedTuple):
    """One row of the table of decisions."""

    id: str
    evidence: tuple[int, ...]
    when: tuple[str, ...]
    kind: str
    action: str
    verb: str
    then: str
    list: str
    amount: str
    assured: Mapping[str, str]


class Table(NamedTuple):
    """The table of decisions with its words and thresholds.

    `size` gives the verb of each verdict of size and reach; `marked` are the rules that would bring in or
    enlarge a plant, `revived` those before which an idle plant here is set going again.
    """

    rules: tuple[Rule, ...]
    thresholds: Mapping[str, float]
    size: Mapping[str, str]
    marked: tuple[str, ...]
    revived: tuple[str, ...]
    kinds: tuple[str, ...]
    verbs: tuple[str, ...]
    lists: tuple[str, ...]


@cache
def decision_table() -> Table:
    """Return the table as it stands in ``decisions.json`` beside this module.

    Examples
    --------
    >>> [rule.id for rule in decision_table().rules][:3]
    ['H1', 'H2', 'H3']
    """
    text = resources.files(__package__).joinpath("decisions.json").read_text(encoding="utf-8")
    data: dict[str, Any] = json.loads(text)
    return Table(
        tuple(_rule(entry) for entry in data["rules"]),
        data["thresholds"],
        data["size"],
        tuple(data["marked"]),
        tuple(data["revived"]),
        tuple(data["kinds"]),
        tuple(data["verbs"]),
        tuple(data["lists"]),
    )


def _rule(entry: Mapping[str, Any]) -> Rule:
    named = {"made": MADE, "other": tuple(name for name in CODE if name not in MADE)}
    levels = named.get(entry["evidence"], (entry["evidence"],))
    return Rule(
        entry["id"], tuple(CODE[level] for level in levels), tuple(entry["when"]), entry["kind"],
        entry["action"], entry["verb"], entry["then"], entry["list"], entry["amount"],
        entry.get("assured", {}),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Decisions:
    """What each product of a region calls for, by product position.

    Attributes
    ----------
    rule
        Position in the table's rules.
    assured
        Whether it is a grid or resource product: supplied, not recruited.
    """

    rule: Integers
    assured: Flags

    def take(self, products: Integers) -> Decisions:
        """Return those of some products."""
        return Decisions(self.rule[products], self.assured[products])

    def text(self, name: str) -> Words:
        """Return a word of the rule for each product: kind, action, verb, then, list or amount."""
        return _words(name)[self.assured.astype(np.intp), self.rule]

    def is_kind(self, *kinds: str) -> Flags:
        """Whether the kind of a rule is one of some."""
        return np.isin(_words("kind"), kinds)[self.assured.astype(np.intp), self.rule]

    def is_rule(self, *ids: str) -> Flags:
        """Whether one of some rules was the first that fits."""
        return np.array([rule.id in ids for rule in decision_table().rules])[self.rule]


@cache
def _words(name: str) -> Words:
    """Return a word of each rule: where a product is recruited, and where it is supplied."""
    rules = decision_table().rules
    plain = [getattr(rule, name) for rule in rules]
    return np.array(
        [plain, [rule.assured.get(name, own) for rule, own in zip(rules, plain, strict=True)]]
    )


@cache
def _of_levels(levels: tuple[int, ...]) -> Flags:
    """By level of evidence: whether it is one of some."""
    return np.isin(np.arange(len(CODE)), levels)


def decide(level: Integers, facts: Mapping[str, Flags], assured: Flags) -> Decisions:
    """Return the first rule that fits each product.

    Parameters
    ----------
    level
        Position in :data:`chaingraph.knowledge.evidence.LEVELS`.
    facts
        Name in :data:`FACTS` -> whether it holds.
    assured
        Grid and resource products.
    """
    rules = decision_table().rules
    chosen = np.full(len(level), -1, dtype=np.intp)
    for number, rule in enumerate(rules):
        fits = (chosen < 0) & _of_levels(rule.evidence)[level]
        for name in rule.when:
            fact = facts[name.removeprefix("!")]
            fits &= ~fact if name.startswith("!") else fact
        chosen[fits] = number
    return Decisions(chosen, assured)
