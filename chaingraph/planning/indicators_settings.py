"""The figures that indicators are judged by: bands, windows, ranges of draws; kept as data."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def indicator_settings() -> dict[str, Any]:
    """Return ``planning/indicators.json``."""
    file = resources.files("chaingraph.planning").joinpath("indicators.json")
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def tier_of(indicator: str) -> str:
    """Return what an indicator is to a bureau: own (what it does), results (what it gets), context; else other.

    Examples
    --------
    >>> tier_of("gdp"), tier_of("output_pv"), tier_of("major_projects_signed"), tier_of("weather")
    ('context', 'results', 'own', 'other')
    """
    starts: dict[str, list[str]] = indicator_settings()["tiers"]
    for tier in ("own", "results", "context"):
        if any(indicator.startswith(start) for start in starts[tier]):
            return tier
    return "other"


def chain_of_output(indicator: str, chains: tuple[str, ...]) -> str:
    """Return the chain whose output an indicator is; empty where none.

    Examples
    --------
    >>> chain_of_output("output_pv", ("photovoltaic",)), chain_of_output("output_steel", ("steel", "battery"))
    ('photovoltaic', 'steel')
    """
    named: dict[str, str] = indicator_settings()["outputs"]
    chain = named.get(
        indicator, indicator.removeprefix("output_") if indicator.startswith("output_") else ""
    )
    return chain if chain in chains else ""
