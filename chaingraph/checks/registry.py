"""Which function looks for which rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.checks.findings import rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

    CheckFunction = Callable[[Tables], Iterator[Finding]]


class RuleCheck(NamedTuple):
    """A function that looks at a dataset, and the rules that it can report."""

    rules: tuple[str, ...]
    function: CheckFunction

    @property
    def finds_errors(self) -> bool:
        """Whether one of its rules is of severity error."""
        return any(rules()[name].severity == "error" for name in self.rules)


RULE_CHECKS: Final[list[RuleCheck]] = []
"""All checks in the order in which their modules register them."""

READER_RULES: Final = frozenset({
    "capacity-replaced",
    "name-replaced",
    "row-replaced",
    "cell-error",
    "cell-formula",
    "columns-too-many",
    "duplicate-column",
    "file-broken",
    "file-empty",
    "file-encoding",
    "graph-broken",
    "graph-kinds",
    "graph-relations",
    "header-again",
    "list-broken",
    "list-conflict",
    "list-dangling",
    "list-direction",
    "list-merged",
    "list-nameless",
    "list-relation",
    "list-self",
    "missing-column",
    "missing-table",
    "no-products",
    "no-rows",
    "not-plain",
    "package-invalid",
    "ragged-row",
    "sheet-hidden",
    "sheet-merged",
    "table-twice",
    "unknown-column",
    "unknown-table",
    "workbook-broken",
    "workbook-locked",
    "workbook-macros",
    "workbook-old",
    "zip-bomb",
    "zip-broken",
    "zip-folders",
    "zip-large",
    "zip-locked",
    "zip-nested",
    "zip-path",
    "zip-twice",
})  # fmt: skip
"""Rules about files, which the readers report while they read."""

KEEPER_RULES: Final = frozenset({"accepted-unused"})
"""Rules about the list of accepted findings, reported after all checks have run."""


def check(*names: str) -> Callable[[CheckFunction], CheckFunction]:
    """Register a function under the names of the rules that it can report."""

    def register(function: CheckFunction) -> CheckFunction:
        RULE_CHECKS.append(RuleCheck(names, function))
        return function

    return register
