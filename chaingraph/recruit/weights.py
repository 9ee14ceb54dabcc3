"""Files of weights: TOML with one table a model, read, checked and written."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chaingraph.errors import FileProblemError, OptionError, closest
from chaingraph.files import read_utf8

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

FITTED: Final = "weights.toml"
"""The file that lies beside this module."""


@cache
def fitted_tables() -> dict[str, Any]:
    """Return the tables of the file that lies beside this module, unchecked."""
    text = resources.files(__package__).joinpath(FITTED).read_text(encoding="utf-8")
    return tomllib.loads(text)


def load_weights(path: Path) -> dict[str, Any]:
    """Read a file of weights, unchecked.

    Raises
    ------
    FileProblemError
        For a file that is not there or no TOML.
    """
    text = read_utf8(path, "weights-not-text", problem=FileProblemError, file=path)
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise FileProblemError("weights-not-toml", file=path, detail=error) from None


def check_weights(
    loaded: Mapping[str, Any], table: str, names: Iterable[str], file: str
) -> dict[str, float]:
    """Return the weights of one table.

    Raises
    ------
    OptionError
        For a file without the table, an unknown name, a weight that is negative or no number.
    """
    found, known = loaded.get(table), tuple(names)
    if not isinstance(found, dict):
        raise OptionError("weights-no-table", file=file)
    for name, value in found.items():
        if name not in known:
            near = ", ".join(closest(str(name), known) or known)
            raise OptionError("weights-unknown", file=file, value=name, suggestions=near)
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value < np.inf:
            raise OptionError("weights-bad", file=file, name=name, value=value)
    return {str(name): float(value) for name, value in found.items()}


def weight_lines(
    table: str, weights: Mapping[str, float], errors: Mapping[str, float]
) -> list[str]:
    """Return one table of a file of weights, the standard error beside each."""
    lines = [f"[{table}]"]
    for name, weight in weights.items():
        error = errors.get(name, float("nan"))
        beside = "" if np.isnan(error) else f"  # {error:.3f}"
        lines.append(f"{name} = {weight:.3f}{beside}")
    return lines
