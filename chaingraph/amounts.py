"""In which unit a total or a fact of a product is kept, and how a figure gets there."""

from __future__ import annotations

import re
from typing import Final

from chaingraph.units import conversion_factor, dimension

HOURS: Final = re.compile(r"\bhours\s*=\s*([0-9]+(?:\.[0-9]+)?)(?!,?[0-9])")
"""What turns the power of a plant into the energy of a year, as a note says it."""

_POWER: Final = dimension("MW")
_ENERGY: Final = dimension("MWh")
_SHARES: Final = {"": 1.0, "ratio": 1.0, "share": 1.0, "%": 0.01, "percent": 0.01}
_OWN: Final[dict[str, tuple[str, dict[str, float]]]] = {
    "load": ("", _SHARES),
    "availability": ("", _SHARES),
    "recall": ("", _SHARES),
    "land": ("mu", {"": 1.0, "mu": 1.0, "亩": 1.0, "ha": 15.0, "公顷": 15.0}),
    "build_time": (
        "months",
        {"": 1.0, "month": 1.0, "months": 1.0, "月": 1.0, "个月": 1.0, "年": 12.0, "years": 12.0},
    ),
}
"""Measures whose unit does not depend on the product: the unit kept, and what is one of it."""
_OF_THE_PRODUCT: Final = {
    "price": "CNY/{unit}", "investment": "CNY/{unit}", "plant_size": "{unit}", "mass": "t/{unit}",
}  # fmt: skip


def fact_unit(measure: str, product_unit: str) -> str:
    """Return the unit in which a fact is kept; empty where it has none or the product's is unknown.

    Examples
    --------
    >>> fact_unit("price", "GWh"), fact_unit("land", "GWh"), fact_unit("load", "GWh")
    ('CNY/GWh', 'mu', '')
    """
    if measure in _OWN:
        return _OWN[measure][0]
    return _OF_THE_PRODUCT[measure].format(unit=product_unit) if product_unit else ""


def fact_factor(measure: str, unit: str, product_unit: str) -> float | None:
    """Return by what a fact is multiplied to stand in the unit it is kept in, None where it cannot.

    Examples
    --------
    >>> fact_factor("price", "CNY/kg", "t"), fact_factor("load", "%", "t")
    (1000.0, 0.01)
    >>> fact_factor("price", "CNY/kg", "GWh") is None
    True
    """
    if measure in _OWN:
        return _OWN[measure][1].get(unit)
    kept = fact_unit(measure, product_unit)
    return conversion_factor(unit, kept) if unit and kept else 1.0


def total_unit(measure: str, product_unit: str) -> str:
    """Return the unit in which a total is kept: the product's, CNY for revenue.

    Examples
    --------
    >>> total_unit("output", "t"), total_unit("revenue", "t")
    ('t', 'CNY')
    """
    return "CNY" if measure == "revenue" else product_unit


def is_power_of_energy(unit: str, kept: str) -> bool:
    """Tell whether a figure is of power where energy a year is kept: hours turn one into the other.

    Examples
    --------
    >>> is_power_of_energy("MW", "MWh"), is_power_of_energy("MW", "MW")
    (True, False)
    """
    return dimension(unit) == _POWER and dimension(kept) == _ENERGY


def total_factor(unit: str, kept: str, note: str) -> float | None:
    """Return by what a total is multiplied to stand in the unit it is kept in, None where it cannot.

    Power of a product in units of energy needs ``hours=NUMBER`` in the note: full-load hours a year.

    Examples
    --------
    >>> total_factor("万吨", "t", ""), total_factor("MW", "MWh", "hours=3500"), total_factor("MW", "MWh", "")
    (10000.0, 3500.0, None)
    """
    if not unit or not kept:
        return 1.0
    if not is_power_of_energy(unit, kept):
        return conversion_factor(unit, kept)
    told = HOURS.search(note)
    power, energy = conversion_factor(unit, "MW"), conversion_factor("MWh", kept)
    if told is None or power is None or energy is None:
        return None
    return power * float(told[1]) * energy
