"""Rules about the size of plants: figures far from those of all other plants of a product."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.checks.registry import check
from chaingraph.checks.tables import factor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chaingraph.checks.findings import Finding
    from chaingraph.checks.tables import Tables

_FEWEST_PLANTS: Final = 5
_FAR: Final = 2.0
_FAR_DEVIATIONS: Final = 4.0
_USUAL: Final = 0.5
_USUAL_DEVIATIONS: Final = 2.0
_NARROWEST: Final = 0.15
_NORMAL: Final = 1.4826
_CONFUSED: Final = (
    *("t", "万吨", "kt", "kg"),
    *("MWh", "GWh", "kWh", "万千瓦时", "TWh"),
    *("MW", "GW", "kW"),
    *("m2", "万平方米", "Mm2", "亿平方米"),
    *("m3", "万立方米", "1000m3", "亿立方米"),
    *("kNm3", "Nm3"),
    *("km", "m", "万公里"),
    *("pcs", "万件", "set", "万套"),
)
_SLIPS: Final = (3, 4, 6)


class _Figure(NamedTuple):
    """A capacity of a site: log10 of its figure in the unit of its product."""

    size: float
    row: int
    site: str


class _Usual(NamedTuple):
    """What other plants of the product have, in log10."""

    middle: float
    deviation: float
    plants: int

    @property
    def far(self) -> float:
        """How far from the middle a figure is too far."""
        return max(_FAR, _FAR_DEVIATIONS * self.deviation)

    @property
    def width(self) -> float:
        """How far from the middle a figure is still usual."""
        return max(_USUAL, _USUAL_DEVIATIONS * self.deviation)


@check("unusual-capacity", "unit-slip")
def check_sizes(tables: Tables) -> Iterator[Finding]:
    """Report capacities of sites far from those of all other plants of their product.

    Notes
    -----
    With m the median of log10 of the other plants' figures (of several rows of a plant the middle
    one) and s = 1.4826 times their median absolute deviation (0.15 at least), a figure x is far
    where ``abs(log10 x - m) > max(2, 4 s)``, and usual where it is at most ``max(0.5, 2 s)``. At least
    five other plants must have a figure. The limits come from the bundled data, where 23 products
    have six plants or more. Its widest true figures are a module plant of 15 MW of 2009 among plants
    of 4 GW (2.4 below, s = 0.71), a polysilicon line of 1500 t among plants of 100 kt (1.8 below, s =
    0.35) and a cell plant of 1.2 GWh among plants of 56 GWh (1.7 below, s = 0.15); upwards no plant
    exceeds the median 25 times.

    A far figure that would be usual in a unit 10**3, 10**4 or 10**6 times larger or smaller is
    reported as a slip of the unit, and as nothing else.
    """
    for product, figures in _figures(tables).items():
        plants = _plants(figures)
        if len(plants) <= _FEWEST_PLANTS:
            continue
        middle = median(plants.values())
        for figure in figures:
            if abs(figure.size - middle) > _FAR / 2:
                yield from _judge(tables, product, figure, plants)


def _judge(
    tables: Tables, product: str, figure: _Figure, plants: Mapping[str, float]
) -> Iterator[Finding]:
    usual = _usual(figure, plants)
    if usual is None or abs(figure.size - usual.middle) <= usual.far:
        return
    expected = tables.product_units.get(product, "")
    unit = tables.texts("capacities", "unit")[figure.row] or expected
    suggested = _suggest(unit, expected, figure, usual)
    yield tables.finding(
        "unit-slip" if suggested else "unusual-capacity",
        "capacities",
        figure.row,
        "capacity",
        product=product,
        unit=unit,
        expected=expected,
        count=usual.plants,
        low=_rounded(usual.middle - usual.width),
        high=_rounded(usual.middle + usual.width),
        **({"suggested": suggested} if suggested else {}),
    )


def _figures(tables: Tables) -> dict[str, list[_Figure]]:
    """Return the figures of sites by product; what breaks another rule is left out."""
    sites, products = (
        tables.texts("capacities", f"{name}_id") for name in ("enterprise", "product")
    )
    units, scopes = tables.texts("capacities", "unit"), tables.texts("capacities", "scope")
    broken = tables.broken_rows("capacities", "scope")
    found: dict[str, list[_Figure]] = {}
    for row, number in enumerate(tables.numbers("capacities", "capacity")):
        if not number or number < 0 or scopes[row] == "group" or row in broken:
            continue
        expected = tables.product_units.get(products[row], "")
        unit = units[row]
        scale = 1.0 if not unit or unit == expected else factor(unit, expected)
        if scale and sites[row] and products[row]:
            size = round(math.log10(number * scale), 9)  # a conversion may not move a limit
            figure = _Figure(size, row, sites[row])
            found.setdefault(products[row], []).append(figure)
    return found


def _plants(figures: Iterable[_Figure]) -> dict[str, float]:
    """Return the size of each plant: the middle one of its rows."""
    found: dict[str, list[float]] = {}
    for figure in figures:
        found.setdefault(figure.site, []).append(figure.size)
    return {site: sizes[0] if len(sizes) == 1 else median(sizes) for site, sizes in found.items()}


def _usual(figure: _Figure, plants: Mapping[str, float]) -> _Usual | None:
    """Return what the other plants have; None where they are too few."""
    others = [size for site, size in plants.items() if site != figure.site]
    if len(others) < _FEWEST_PLANTS:
        return None
    middle = median(others)
    spread = median(abs(size - middle) for size in others)
    return _Usual(middle, max(_NARROWEST, _NORMAL * spread), len(others))


def _suggest(unit: str, expected: str, figure: _Figure, usual: _Usual) -> str:
    """Return the unit in which the figure would be most usual; empty where there is none."""
    best, distance = "", usual.width
    for other in _CONFUSED:
        ratio = factor(other, unit)
        if not ratio or other == unit or factor(other, expected) is None:
            continue
        power = math.log10(ratio)
        if round(abs(power), 6) not in _SLIPS:
            continue
        off = abs(figure.size + power - usual.middle)
        if off < distance:
            best, distance = other, off
    return best


def _rounded(power: float) -> str:
    """Return 10**power with two digits, written out."""
    return f"{float(f'{10.0**power:.2g}'):.12g}"
