"""Arguments of public functions, checked on entry against what their annotations say.

A wrong one gets one sentence that names the function, the argument, what is taken and what was given;
without it the failure would come from somewhere inside and name neither.
"""

from __future__ import annotations

import ast
import datetime as dt
import functools
import inspect
import numbers
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeVar

from chaingraph.errors import OptionError
from chaingraph.words import LANGUAGES

Function = TypeVar("Function", bound=Callable[..., Any])
Test = Callable[[Any], bool]

_WORDS: Final = (
    "By", "Direction", "Engine", "GraphLevel", "Language", "Level", "Method", "PriceRule", "Sort", "Stale",
)  # fmt: skip
_ALIASES: Final = {
    "Source": "Dataset | Basis | RegionState",
    "Load": "float | str | Mapping | None",
    **dict.fromkeys(_WORDS, "str"),
}
"""Names of annotations that stand for others; the words themselves are the functions' to check."""
_ASKED: Final = {
    "region": "str | Region | Iterable[str | Region] | None",
    "regions": "str | Region | Iterable[str | Region] | None",
    "": "str | Path | Scenario | Mapping | Sequence",
}
"""Argument -> what `Asked` is there: regions, else scenarios."""
_TAKEN_AS: Final = {"Basis": "Study"}
"""Class -> how it is called to a user."""
_DATES: Final = frozenset({"at", "as_of", "date", "cutoff", "decided_on"})
"""Arguments that are dates: a year may be a number, a day a date."""
_LONGEST: Final = 60


def checked(function: Function) -> Function:
    """Return a function or method that refuses arguments of a kind that it does not take.

    Annotations stay texts (`from __future__ import annotations`): a class is known by its name among the
    ancestors of the value, so that nothing need be imported for it. Names that are not known take everything.

    Raises
    ------
    OptionError
        From the function returned: where an argument is of a wrong kind.

    Examples
    --------
    >>> @checked
    ... def half(value: float, *, lang: "Language" = "en") -> float:
    ...     return value / 2
    >>> half(3)
    1.5
    >>> half("3")
    Traceback (most recent call last):
    chaingraph.errors.OptionError: half() takes float as 'value', not '3' (str)
    """
    signature = inspect.signature(function)
    tests = {
        name: (_shown(kinds), _test(name, kinds))
        for name, parameter in signature.parameters.items()
        for kinds in [_expanded(name, str(parameter.annotation))]
        if parameter.annotation is not inspect.Parameter.empty
        and parameter.kind not in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
    }

    @functools.wraps(function)
    def entered(*args: Any, **options: Any) -> Any:
        given = signature.bind(*args, **options).arguments
        for name, value in given.items():
            expected, test = tests.get(name, ("", _anything))
            if not test(value):
                raise _refusal(function.__name__, name, expected, value)
            if name == "lang" and value is not None and value not in LANGUAGES:
                raise OptionError("bad-lang", value=value, choices=", ".join(LANGUAGES))
        return function(*args, **options)

    return entered  # type: ignore[return-value]


def _refusal(function: str, name: str, expected: str, value: Any) -> OptionError:
    shown = repr(value) if isinstance(value, str | int | float) or value is None else ""
    if len(shown) > _LONGEST:
        shown = shown[: _LONGEST - 1] + "…"
    kind = type(value).__name__
    told = kind if not shown else shown if value is None else f"{shown} ({kind})"
    key = "bad-argument"
    if "Dataset" in expected and isinstance(value, str | os.PathLike):
        key = "bad-argument-dataset"
    return OptionError(key, function=function, name=name, expected=expected, value=told)


def _anything(value: Any) -> bool:
    del value
    return True


def _expanded(argument: str, annotation: str) -> str:
    """Return an annotation with what `Asked` means for an argument."""
    return re.sub(r"\bAsked\b", _ASKED.get(argument, _ASKED[""]), annotation)


def _shown(annotation: str) -> str:
    """Return the kinds of an annotation as they are named to a user."""
    kinds = []
    for part in _parts(annotation):
        name = _name(part)
        kinds.append(_TAKEN_AS.get(name, name))
    return ", ".join(dict.fromkeys(kinds))


def _parts(annotation: str) -> list[ast.expr]:
    """Return the kinds that an annotation allows, aliases by what they stand for."""
    found: list[ast.expr] = []

    def visit(node: ast.expr) -> None:
        if isinstance(node, ast.BinOp):
            visit(node.left)
            visit(node.right)
        elif isinstance(node, ast.Name) and node.id in _ALIASES:
            visit(ast.parse(_ALIASES[node.id], mode="eval").body)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            visit(ast.parse(node.value, mode="eval").body)
        else:
            found.append(node)

    visit(ast.parse(annotation, mode="eval").body)
    return found


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ast.unparse(node)


def _test(argument: str, annotation: str) -> Test:
    tests = [_test_of(part) for part in _parts(annotation)]
    if argument in _DATES:
        tests.append(lambda value: isinstance(value, dt.date) or _is_whole(value))
    return lambda value: any(test(value) for test in tests)


def _test_of(node: ast.expr) -> Test:
    """Return the test of one kind; of a list also that of its items, as far as they can be looked at twice."""
    name = _name(node)
    test = _TESTS.get(name) or _of_class(name)
    if name not in _ROWS_OF or not isinstance(node, ast.Subscript):
        return test
    items = [_test_of(part) for part in _parts(ast.unparse(node.slice))]

    def holds(value: Any) -> bool:
        if not test(value):
            return False
        held = value if isinstance(value, list | tuple | set | frozenset) else ()
        return all(any(item(one) for item in items) for one in held)

    return holds


def _of_class(name: str) -> Test:
    if name in _CLASSES:
        return lambda value: any(held.__name__ == name for held in type(value).__mro__)
    return _anything


def _is_whole(value: Any) -> bool:
    return _is_number(value) and float(value).is_integer()


def _is_number(value: Any) -> bool:
    """Tell whether a value is a figure; one that is not a number, or endless, is the function's to refuse."""
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _is_mapping(value: Any) -> bool:
    """Tell whether a value has keys with values: a series too, no table."""
    pairs = hasattr(value, "keys") and hasattr(value, "items")
    return isinstance(value, Mapping) or (pairs and not hasattr(value, "columns"))


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or type(value).__name__ in {"bool", "bool_"}


def _is_iterable(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, bytes | bytearray)


def _is_sequence(value: Any) -> bool:
    text = isinstance(value, str | bytes)
    return isinstance(value, Iterable) and not text and not hasattr(value, "columns")


_TESTS: Final[Mapping[str, Test]] = {
    "None": lambda value: value is None,
    "str": lambda value: isinstance(value, str),
    "int": _is_whole,
    "float": _is_number,
    "bool": _is_flag,
    "Path": lambda value: isinstance(value, os.PathLike),
    "Mapping": _is_mapping,
    "dict": _is_mapping,
    "Sequence": _is_sequence,
    "list": _is_sequence,
    "Iterable": _is_iterable,
}
_ROWS_OF: Final = frozenset({"Iterable", "Sequence", "list"})
_CLASSES: Final = frozenset({
    "Basis", "Comparison", "DataFrame", "Dataset", "DiGraph", "Diff", "ListBook", "Plan", "Region",
    "RegionState", "Result", "Returned", "RuleSet", "Scenario", "Tracking",
})  # fmt: skip
