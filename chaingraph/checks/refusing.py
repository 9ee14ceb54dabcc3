"""Refusing a dataset for its findings, in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chaingraph.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chaingraph.checks.findings import Finding


def refuse(findings: Iterable[Finding], name: str) -> None:
    """Raise the failure that names the first error of a dataset and counts the others.

    Raises
    ------
    DataError
        Where one of the findings is an error; it holds all of them.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return
    first = errors[0]
    place = f"{first.place}: " if first.place else ""
    more = len(errors) - 1
    raise DataError(
        "dataset-has-errors" if more else "dataset-has-error",
        errors,
        dataset=name,
        first=f"{place}{first.text()}. {first.remedy().rstrip('.')}",
        first_zh=f"{place}{first.text('zh')}。{first.remedy('zh').rstrip('。')}",
        more=more,
    )
