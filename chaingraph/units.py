"""Physical units of the chains and how they convert, English and Chinese spellings alike."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

_DIMENSIONS: Final[dict[str, dict[str, float]]] = {
    "mass (t)": {
        "t": 1, "kg": 1e-3, "g": 1e-6, "kt": 1e3, "Mt": 1e6,
        "吨": 1, "公斤": 1e-3, "千克": 1e-3, "千吨": 1e3, "万吨": 1e4, "亿吨": 1e8,
    },
    "energy (MWh)": {
        "MWh": 1, "kWh": 1e-3, "Wh": 1e-6, "GWh": 1e3, "TWh": 1e6,
        "千瓦时": 1e-3, "度": 1e-3, "万千瓦时": 10, "亿千瓦时": 1e5, "亿度": 1e5, "吉瓦时": 1e3,
    },
    "power (MW)": {"MW": 1, "kW": 1e-3, "W": 1e-6, "GW": 1e3, "万千瓦": 10, "兆瓦": 1, "吉瓦": 1e3},
    "area (m2)": {
        "m2": 1, "Mm2": 1e6, "㎡": 1, "m²": 1,
        "平方米": 1, "万平方米": 1e4, "万㎡": 1e4, "亿平方米": 1e8, "亿㎡": 1e8,
    },
    "length (km)": {"km": 1, "m": 1e-3, "米": 1e-3, "万米": 10, "千米": 1, "公里": 1, "万公里": 1e4},
    "volume (m3)": {"m3": 1, "1000m3": 1e3, "m³": 1, "立方米": 1, "万立方米": 1e4, "亿立方米": 1e8},
    "gas at normal conditions (kNm3)": {"kNm3": 1, "Nm3": 1e-3},
    "pieces": {
        "pcs": 1, "件": 1, "只": 1, "个": 1, "片": 1, "万件": 1e4, "万只": 1e4, "万个": 1e4, "万片": 1e4,
    },
    "sets": {"set": 1, "套": 1, "台": 1, "台套": 1, "台(套)": 1, "万套": 1e4, "万台": 1e4},
    "money (CNY)": {"CNY": 1, "元": 1, "万元": 1e4, "MCNY": 1e6, "亿元": 1e8, "100m CNY": 1e8},
}  # fmt: skip

_KNOWN: Final = {
    unit: (dimension, Fraction(str(factor)))
    for dimension, units in _DIMENSIONS.items()
    for unit, factor in units.items()
}


def conversion_factor(unit: str, target: str) -> float | None:
    """Return how many `target` one `unit` is, or None where the two do not convert.

    Parameters
    ----------
    unit, target
        Units, plain (``"万吨"``) or as a ratio (``"t/GWh"``).

    Examples
    --------
    >>> conversion_factor("万吨", "t")
    10000.0
    >>> conversion_factor("kg/kWh", "t/GWh")
    1000.0
    >>> conversion_factor("t", "GWh") is None
    True
    """
    factor = _exact_factor(unit, target)
    return None if factor is None else float(factor)


def _exact_factor(unit: str, target: str) -> Fraction | None:
    if unit == target:
        return Fraction(1)
    above, slash, below = unit.partition("/")
    target_above, target_slash, target_below = target.partition("/")
    if slash != target_slash:
        return None
    if slash:
        upper = _exact_factor(above.strip(), target_above.strip())
        lower = _exact_factor(below.strip(), target_below.strip())
        return None if upper is None or lower is None else upper / lower
    if unit not in _KNOWN or target not in _KNOWN or _KNOWN[unit][0] != _KNOWN[target][0]:
        return None
    return _KNOWN[unit][1] / _KNOWN[target][1]


def dimension(unit: str) -> str | None:
    """Return what a unit measures, or None for a unit of the user's own.

    Examples
    --------
    >>> dimension("GWh")
    'energy (MWh)'
    """
    return _KNOWN[unit][0] if unit in _KNOWN else None
