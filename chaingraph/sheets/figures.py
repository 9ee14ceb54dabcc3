"""Figures: a cell with a number in the unit that its column asks for, exactly converted."""

from __future__ import annotations

import datetime as dt
import math
import re
import unicodedata
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from chaingraph.sheets.measures import (
    AREA,
    DEGREE,
    MONEY_100M,
    MU,
    MU_OF_KM2,
    SHARE,
    Written,
    chosen_unit,
    factor_to,
    known_unit,
)
from chaingraph.sheets.numbers import Number, number_text, read_number
from chaingraph.sheets.problems import Refusal, shown

if TYPE_CHECKING:
    from chaingraph.schema import Field

_FIXED: Final = {
    "investment_cny_100m": MONEY_100M, "planned_area_km2": AREA, "share": SHARE,
    "lat": DEGREE, "lon": DEGREE, "land_mu": MU, "free_land_mu": MU, "power_mw": "MW",
}  # fmt: skip
_COUNTS: Final = {"makers", "position", "percent", "weight", "progress"}
"""Plain numbers: what is counted, or said in per cent."""
_FREE: Final = {"target", "value"}
_WITHOUT_UNIT: Final = {SHARE, DEGREE, MU, "MW"}
_NO_RANGE: Final = {"share", "lat", "lon", "low", "high"}


@dataclass
class Figure:
    """A figure as the schema writes it, with its unit, its range, and what to say of it."""

    text: str
    unit: str = ""
    low: str = ""
    high: str = ""
    rules: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    note: str = ""


_NO_UNITS: Final = Written()


@dataclass(frozen=True)
class Wanted:
    """What a figure is read for: the column, its unit, and whether it may do without one.

    `unit` is what the product asks for, empty where that is unknown; `lenient` says that the
    header is the schema's own name, so that a figure without a unit is in the product's.
    """

    field: Field
    unit: str = ""
    written: Written = _NO_UNITS
    lenient: bool = False


def read_figure(raw: object, wanted: Wanted) -> Figure | Refusal | None:
    """Return a figure, None where the cell says unknown, or why there is none.

    A range becomes its lower end (a coefficient: its middle, with low and high kept); the text as
    written goes into the note and a warning says so.

    Examples
    --------
    >>> from chaingraph.schema import table_spec
    >>> capacity = table_spec("capacities").by_name["capacity"]
    >>> found = read_figure("10-12", Wanted(capacity, "t", Written(header="万吨/年")))
    >>> found.text, found.unit, found.rules[0][0]
    ('100000', 't', 'range-lower-end')
    """
    number = _number(raw)
    if number is None or isinstance(number, Refusal):
        return number
    name = wanted.field.name
    if number.high is not None and name in _NO_RANGE:
        return Refusal("range-not-here", {})
    unit = chosen_unit(number, wanted.written)
    if isinstance(unit, Refusal):
        return unit
    target = _target(wanted, unit)
    if isinstance(target, Refusal):
        return target
    factor, kept, rules = target
    if number.scale and not unit and name == "investment_cny_100m":  # 25亿 is said of yuan
        factor, rules = Fraction(1, 10**8), []
    figure = _built(number, factor, wanted)
    figure.unit = kept
    figure.rules += rules
    if number.hedge or number.high is not None:
        around = wanted.written.column or wanted.written.header or wanted.written.above
        behind = "" if number.unit else around
        figure.note = f"原文: {shown(raw)}{behind}"
    return _within(figure, wanted.field)


def _number(raw: object) -> Number | Refusal | None:
    if raw is None:
        return None
    if isinstance(raw, bool):
        return Refusal("not-a-number", {})
    if isinstance(raw, dt.date | dt.datetime):
        return Refusal("date-for-figure", {})
    if isinstance(raw, int | float):
        if not math.isfinite(raw):
            return Refusal("not-a-number", {})
        return Number(Fraction(repr(raw)))
    return read_number(str(raw))


_Target = tuple[Fraction, str, list[tuple[str, dict[str, object]]]]


def _target(wanted: Wanted, unit: str) -> _Target | Refusal:
    """Return by what to multiply, the unit of the outcome, and what to say of it."""
    name = wanted.field.name
    if name in _FREE or name in _COUNTS:
        return Fraction(1), unit if name in _FREE else "", []
    if name == "price_cny":
        return _price(wanted, unit)
    target = _FIXED.get(name, wanted.unit)
    if not unit:
        return _without_unit(wanted, target)
    if not target:
        known = known_unit(unit)
        return (known.factor, known.name, []) if known else Refusal("unit-unknown", {"unit": unit})
    area = factor_to(unit, AREA) if target == MU else None
    factor = factor_to(unit, target) if area is None else area * MU_OF_KM2
    if factor is None:
        shown_target = "亿元" if target == MONEY_100M else target
        return Refusal("unit-mismatch", {"unit": unit, "expected": shown_target})
    return factor, "" if name in _FIXED else target, []


def _without_unit(wanted: Wanted, target: str) -> _Target | Refusal:
    if target in _WITHOUT_UNIT or (target == AREA and wanted.lenient):
        return Fraction(1), "", []
    if target == MONEY_100M and wanted.lenient:
        return Fraction(1), "", []
    if wanted.field.name in {"coefficient", "low", "high"} or wanted.lenient:
        said: dict[str, object] = {"unit": target or "-"}
        return Fraction(1), target, [("unit-assumed", said)] if target else []
    return Refusal("unit-missing", {"expected": target or "t"})


def _price(wanted: Wanted, unit: str) -> _Target | Refusal:
    """Return the target of a price: yuan, or yuan by what the product is counted in."""
    if not unit:
        return Fraction(1), "", []
    target = f"CNY/{wanted.unit}" if "/" in unit and wanted.unit else "CNY"
    factor = factor_to(unit, target)
    if factor is None:
        return Refusal("unit-mismatch", {"unit": unit, "expected": target})
    return factor, target if "/" in unit else "", []


def _built(number: Number, factor: Fraction, wanted: Wanted) -> Figure:
    value, high = number.value * factor, None if number.high is None else number.high * factor
    said: list[tuple[str, dict[str, object]]] = []
    if number.hedge:
        said.append((f"hedge-{number.hedge}", {"taken": number_text(value)}))
    if high is None:
        return Figure(number_text(value), rules=said)
    if wanted.field.name == "coefficient":
        middle, low = number_text((value + high) / 2), number_text(value)
        said.append(("range-middle", {"taken": middle}))
        return Figure(middle, low=low, high=number_text(high), rules=said)
    said.append(("range-lower-end", {"taken": number_text(value)}))
    return Figure(number_text(value), rules=said)


def _within(figure: Figure, wanted: Field) -> Figure | Refusal:
    value = Fraction(figure.text)
    if wanted.minimum is not None and value < Fraction(wanted.minimum):
        return Refusal("figure-below", {"limit": f"{wanted.minimum:g}"})
    if wanted.maximum is not None and value > Fraction(wanted.maximum):
        return Refusal("figure-above", {"limit": f"{wanted.maximum:g}"})
    return figure


class Part(NamedTuple):
    """A figure of several in one cell, and what is said beside it: a phase, a product, a status."""

    label: str
    figure: str


_BETWEEN: Final = re.compile(r"[；;、，\n+]|(?<![0-9]),|,(?![0-9]{3}(?![0-9]))")
_LABELLED: Final = re.compile(
    r"(?P<before>[^0-9（(]*?)(?:年产|产能|规模|为|约|[:：])?\s*(?P<figure>[0-9][0-9.,]*\s*[^0-9（(]*?)(?:[（(](?P<after>[^）)]*)[）)])?"
)
PHASE: Final = re.compile(
    r"(?:第?[一二三四五六七八九十0-9]+期|首期|phase ?[0-9ivx]+)(?:工程|项目)?", re.IGNORECASE
)


def figure_parts(raw: object) -> list[Part]:
    """Return the figures of a cell that holds several: 一期5万吨，二期10万吨. None of a cell with one.

    Examples
    --------
    >>> figure_parts("一期5万吨，二期10万吨")
    [Part(label='一期', figure='5万吨'), Part(label='二期', figure='10万吨')]
    >>> figure_parts("1,200"), figure_parts("10-12万吨")
    ([], [])
    """
    if not isinstance(raw, str):
        return []
    texts = [
        text.strip() for text in _BETWEEN.split(unicodedata.normalize("NFKC", raw)) if text.strip()
    ]
    matches = [_LABELLED.fullmatch(text) for text in texts]
    if len(texts) < 2 or not all(matches):  # noqa: PLR2004
        return []
    return [
        Part((m["before"] or m["after"] or "").strip(), m["figure"].strip()) for m in matches if m
    ]
