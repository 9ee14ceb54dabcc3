"""What is known of an amount: least, best and most, and why it is no single figure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.intp]
    Flags = NDArray[np.bool_]

REASONS: Final = (
    "maker_no_figure",
    "coefficient_missing",
    "load_assumed",
    "either_or",
    "user_unknown",
    "unsourced",
    "total_stale",
    "by_product",
    "own_use_first",
    "others",
)
"""Why an amount is an interval, in the order of their bits; words in the vocabulary ``reason``."""
BIT: Final = {name: 1 << i for i, name in enumerate(REASONS)}


@dataclass(frozen=True, eq=False)
class Quantity:
    """An amount of each product as an interval with a best figure.

    Amounts are never negative. Arithmetic is that of intervals (Moore 1966): sums add the ends, a
    product of two amounts multiplies them, with 0 times infinity as 0, since what nobody makes takes nothing.

    Attributes
    ----------
    low, high
        Least and most, units of the product; `high` is infinite where nothing bounds it.
    point
        The best single figure; nan where none can be given.
    reasons
        Bits of ``BIT``: why the ends differ.

    Examples
    --------
    >>> made = Quantity.known([100.0, 5.0])
    >>> print(made + Quantity.unknown(2))
    at least 100; at least 5
    >>> (made * 0.5).point.tolist()
    [50.0, 2.5]
    >>> print(Quantity.of([29102.0], [36515.0], [77625.0]))
    29,102 to 77,625 (36,515)
    """

    low: Floats
    point: Floats
    high: Floats
    reasons: Integers

    @classmethod
    def of(
        cls, low: ArrayLike, point: ArrayLike, high: ArrayLike, reasons: ArrayLike = 0
    ) -> Quantity:
        """Return a quantity of three arrays of one length."""
        first = np.asarray(low, dtype=float)
        bits = np.broadcast_to(np.asarray(reasons, dtype=np.intp), first.shape)
        return cls(first, np.asarray(point, dtype=float), np.asarray(high, dtype=float), bits)

    @classmethod
    def known(cls, values: ArrayLike) -> Quantity:
        """Return amounts that are known exactly."""
        array = np.asarray(values, dtype=float)
        return cls.of(array, array, array)

    @classmethod
    def zeros(cls, size: int) -> Quantity:
        """Return nothing, for sure."""
        return cls.known(np.zeros(size))

    @classmethod
    def unknown(cls, size: int, reason: str | None = None) -> Quantity:
        """Return amounts of which nothing is known."""
        nothing = np.zeros(size)
        bits = BIT[reason] if reason else 0
        return cls.of(nothing, np.full(size, np.nan), np.full(size, np.inf), bits)

    def __len__(self) -> int:
        """Return the number of products."""
        return len(self.low)

    def __add__(self, other: Quantity) -> Quantity:
        """Add end to end."""
        return Quantity(
            self.low + other.low,
            self.point + other.point,
            self.high + other.high,
            self.reasons | other.reasons,
        )

    def __mul__(self, other: Quantity | ArrayLike) -> Quantity:
        """Multiply end by end; 0 times infinity and 0 times unknown are 0."""
        if not isinstance(other, Quantity):
            factor = np.broadcast_to(np.asarray(other, dtype=float), self.low.shape)
            return Quantity(
                times(self.low, factor), times(self.point, factor), times(self.high, factor),
                np.where(factor == 0, 0, self.reasons),
            )  # fmt: skip
        bits = np.where((self.high == 0) | (other.high == 0), 0, self.reasons | other.reasons)
        low, high = times(self.low, other.low), times(self.high, other.high)
        return Quantity(low, times(self.point, other.point), high, bits)

    __rmul__ = __mul__

    def __sub__(self, other: Quantity) -> Quantity:
        """Return the difference, which may be negative: least less most to most less least."""
        with np.errstate(invalid="ignore"):
            low, high = self.low - other.high, self.high - other.low
        low, high = np.where(np.isnan(low), -np.inf, low), np.where(np.isnan(high), np.inf, high)
        return Quantity(low, self.point - other.point, high, self.reasons | other.reasons)

    def minus(self, other: Quantity) -> Quantity:
        """Return what is left of it after another: never below zero."""
        rest = self - other
        return rest.clipped()

    def clipped(self) -> Quantity:
        """Return it with everything below zero as zero, and the figure where the ends meet."""
        low, high = np.maximum(self.low, 0.0), np.maximum(self.high, 0.0)
        point = np.maximum(self.point, 0.0)  # nan stays
        return Quantity(low, np.where(low == high, low, point), high, self.reasons)

    def hull(self, other: Quantity) -> Quantity:
        """Return the interval that holds both; the figure is this one's."""
        low, high = np.minimum(self.low, other.low), np.maximum(self.high, other.high)
        return Quantity(low, self.point, high, self.reasons | other.reasons)

    def with_point_inside(self) -> Quantity:
        """Return it with the ends moved out to the figure where rounding left it outside."""
        point = np.where(np.isnan(self.point), self.low, self.point)
        return Quantity(
            np.minimum(self.low, point), self.point, np.maximum(self.high, point), self.reasons
        )

    def because(self, reason: str, where: Flags | bool = True) -> Quantity:  # noqa: FBT001, FBT002
        """Return it with one more reason, where said."""
        bits = self.reasons | np.where(where, BIT[reason], 0)
        return Quantity(self.low, self.point, self.high, bits)

    def where(self, mask: Flags, other: Quantity) -> Quantity:
        """Return it where a mask holds, another elsewhere."""
        return Quantity(
            np.where(mask, self.low, other.low),
            np.where(mask, self.point, other.point),
            np.where(mask, self.high, other.high),
            np.where(mask, self.reasons, other.reasons),
        )

    def take(self, rows: ArrayLike) -> Quantity:
        """Return some products' amounts."""
        chosen = np.asarray(rows)
        return Quantity(
            self.low[chosen], self.point[chosen], self.high[chosen], self.reasons[chosen]
        )

    def gathered(self, place: Integers, size: int) -> Quantity:
        """Add amounts up by a number each, such as links by their input."""
        bits = np.zeros(size, dtype=np.intp)
        np.bitwise_or.at(bits, place, self.reasons)
        return Quantity(
            np.bincount(place, self.low, size).astype(float),
            np.bincount(place, self.point, size).astype(float),
            np.bincount(place, self.high, size).astype(float),
            bits,
        )

    def sum(self) -> Quantity:
        """Return the total as a quantity of one entry."""
        bits = int(np.bitwise_or.reduce(self.reasons)) if len(self) else 0
        return Quantity.of(
            [float(self.low.sum())], [float(self.point.sum())], [float(self.high.sum())], bits
        )

    @property
    def is_known(self) -> Flags:
        """Whether there is a figure."""
        return ~np.isnan(self.point)

    @property
    def is_exact(self) -> Flags:
        """Whether both ends are the same figure."""
        return np.asarray(self.low == self.high)

    def has(self, reason: str) -> Flags:
        """Whether a reason holds for each product."""
        return np.asarray((self.reasons & BIT[reason]) > 0)

    def best(self) -> Floats:
        """Return the figure, and where there is none the least that is known."""
        return np.where(np.isnan(self.point), self.low, self.point)

    def __str__(self) -> str:
        """Return the amounts as a person would say them."""
        ends = zip(self.low.tolist(), self.point.tolist(), self.high.tolist(), strict=True)
        return "; ".join(shown(low, point, high) for low, point, high in ends)


def times(values: Floats, factor: Floats) -> Floats:
    """Multiply with 0 times infinity and 0 times nan as 0."""
    with np.errstate(invalid="ignore"):
        product = values * factor
    return np.where((values == 0) | (factor == 0), 0.0, product)


def reason_names(bits: int) -> tuple[str, ...]:
    """Return the names of the reasons in some bits.

    Examples
    --------
    >>> reason_names(BIT["either_or"] | BIT["unsourced"])
    ('either_or', 'unsourced')
    """
    return tuple(name for name, bit in BIT.items() if bits & bit)


def shown(low: float, point: float, high: float) -> str:
    """Return one amount in words: the figure, the ends, or the end that is known.

    Examples
    --------
    >>> shown(0.0, float("nan"), 900.0), shown(5.0, 5.0, 5.0), shown(0.0, float("nan"), float("inf"))
    ('at most 900', '5', 'unknown')
    """
    from chaingraph.results import shown_number

    if low == high:
        return shown_number(low)
    figure = "" if np.isnan(point) else f" ({shown_number(point)})"
    if np.isinf(high):
        return f"at least {shown_number(low)}{figure}" if low > 0 or figure else "unknown"
    if low == 0 and not figure:
        return f"at most {shown_number(high)}"
    return f"{shown_number(low)} to {shown_number(high)}{figure}"


def stacked(parts: Iterable[Quantity]) -> Quantity:
    """Return quantities one after the other."""
    found = list(parts)
    if not found:
        return Quantity.zeros(0)
    columns: list[Any] = [
        np.concatenate([getattr(part, name) for part in found])
        for name in ("low", "point", "high", "reasons")
    ]
    return Quantity(*columns)
