"""What a material flow consists of: products, what they take of each other, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from chaingraph.views.facts.products import Facts
    from chaingraph.words import Language

OTHER, REST = "*other", "*rest"
COLLECTED = {OTHER: "other-inputs", REST: "other-products"}
"""Nodes of all inputs and of all products too small to be drawn one by one, and their names."""
PARTS = ("local", "brought", "unknown")
"""What a value consists of: made here, brought in, not known."""


class Parts(NamedTuple):
    """A value by where it comes from, CNY a year: made here, brought in, not known."""

    local: float = 0.0
    brought: float = 0.0
    unknown: float = 0.0

    @property
    def total(self) -> float:
        """The whole value."""
        return self.local + self.brought + self.unknown

    def plus(self, other: Parts) -> Parts:
        """Return the sum of two values."""
        return Parts(*(a + b for a, b in zip(self, other, strict=True)))


@dataclass(frozen=True)
class FlowNode:
    """A product: what local makers of others take of it, and the inputs its own makers take."""

    product_id: str
    name_zh: str
    name_en: str
    column: int
    sent: Parts
    taken: float

    def name(self, lang: Language) -> str:
        """Return the name in a language, or the other one where there is none."""
        return (self.name_zh if lang == "zh" else self.name_en) or self.name_zh or self.name_en


@dataclass(frozen=True)
class FlowLink:
    """What the local makers of a product take of one input: units and CNY a year."""

    source: str
    target: str
    quantity: float
    unit: str
    value: Parts


class Unvalued(NamedTuple):
    """A flow without a value: its quantity is known and no price, or not even that."""

    source: str
    target: str
    quantity: float


@dataclass(frozen=True, eq=False)
class Flow:
    """The material flow of a region.

    Attributes
    ----------
    nodes, links
        What is drawn; the links of a node add up to its values.
    cut
        Links left out so that no loop remains.
    unvalued
        Flows that could not be valued.
    total
        Value of all flows that could be valued, cut ones too.
    sourced
        Share of that value that rests on rows with a source; nan without any.
    merged
        Products that the nodes of other inputs and other products stand for.
    """

    facts: Facts
    chain: str | None
    nodes: tuple[FlowNode, ...]
    links: tuple[FlowLink, ...]
    cut: tuple[FlowLink, ...]
    unvalued: tuple[Unvalued, ...]
    total: Parts
    sourced: float
    merged: tuple[str, ...] = field(default=())
