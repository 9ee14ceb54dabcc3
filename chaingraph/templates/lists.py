"""Lists behind the drop-downs that are too long to stand in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chaingraph.sheets.measures import factor_to

if TYPE_CHECKING:
    from chaingraph.templates.content import Content

_UNITS: Final = {
    "zh": (
        "万吨", "t", "亿吨", "kg", "GWh", "MWh", "万千瓦时", "亿千瓦时", "GW", "MW", "万平方米",
        "亿平方米", "m2", "Mm2", "km", "万公里", "m3", "万立方米", "亿立方米", "kNm3", "万件", "万只",
        "pcs", "万套", "台", "set", "亿元", "万元", "CNY",
    ),
    "en": (
        "t", "kt", "Mt", "kg", "GWh", "MWh", "kWh", "TWh", "GW", "MW", "kW", "m2", "Mm2", "km", "m",
        "m3", "1000m3", "kNm3", "Nm3", "pcs", "set", "CNY", "MCNY",
    ),
}  # fmt: skip


def make_lists(content: Content) -> dict[str, list[str]]:
    """Return the lists by name: places of each level, any region, units of the products."""
    provinces, cities, counties = (content.names(p) for p in ("province", "city", "county"))
    first = [content.region] if content.region else []
    regions = list(dict.fromkeys([*first, *content.above().values(), *provinces, *cities]))
    return {
        "province": provinces, "city": cities, "county": counties, "region": regions,
        "unit": _units(content), "own_unit": list(_UNITS[content.lang]),
    }  # fmt: skip


def _units(content: Content) -> list[str]:
    """Return the units that convert to that of a product, and those of the products themselves."""
    own = list(dict.fromkeys(row["unit"] for row in content.catalogue if row.get("unit")))
    if not own:
        return list(_UNITS[content.lang])
    fitting = [
        unit for unit in _UNITS[content.lang] if any(factor_to(unit, target) for target in own)
    ]
    return list(dict.fromkeys([*fitting, *own]))
