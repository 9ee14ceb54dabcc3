"""A survey plan as lines that people fill in: one a product and place, or a product and plant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chaingraph.results import Result
    from chaingraph.words import Language

ON_A_PAGE: Final = 15
"""Lines that one page of paper holds."""
OF_PLANTS: Final = ("operating", "suspended", "construction", "cancelled")
OF_PLACES: Final = ("made", "none")
"""How a plant may stand, and whether anybody makes it; words in the vocabulary ``situation``."""
_ANSWERED: Final = ("exists", "own_plant", "total", "figure", "load", "runs", "construction")
_FIRST: Final = ("runs", "construction", "figure", "load", "own_plant")
"""Of two questions about one plant and product the one that a line asks."""


@dataclass
class Line:
    """One line of a questionnaire.

    Attributes
    ----------
    ask
        What is asked, as in the column `ask` of a plan.
    whom, about
        The bureau or maker, and the product, by name.
    unit, product_id, enterprise_id
        Of the product; the id of the maker, empty where a bureau is asked.
    contact
        Whom to call, where one is known.
    """

    ask: str
    whom: str
    about: str
    unit: str
    product_id: str
    enterprise_id: str = ""
    contact: str = ""

    @property
    def situations(self) -> tuple[str, ...]:
        """The answers that may be ticked; none where a figure is all that is asked."""
        if self.ask == "total":
            return ()
        return OF_PLANTS if self.enterprise_id and self.ask != "own_plant" else OF_PLACES


def form_lines(plan: Result, lang: Language, most: int = ON_A_PAGE) -> tuple[list[Line], int]:
    """Return the lines that ask the questions of a plan, most worth first, and how many are left over.

    A maker has one line a product, whatever is asked of it. Which alternatives a maker takes, and how much of
    them, is no figure that a table would hold: those questions stand in the plan only.

    Examples
    --------
    >>> import chaingraph as cg
    >>> lines, left = form_lines(cg.plan_survey(cg.load_dataset("toy")), "en")
    >>> [(line.ask, line.whom, line.about) for line in lines], left
    ([('figure', 'Jia Can', 'Can')], 0)
    """
    lines: dict[tuple[str, str, str], Line] = {}
    for record in plan.frame.to_dict("records"):
        for line in _lines(record, lang):
            key = line.whom if not line.enterprise_id else "", line.enterprise_id, line.product_id
            there = lines.setdefault(key, line)
            if line.ask in _FIRST and _FIRST.index(line.ask) < _rank(there.ask):
                there.ask = line.ask
    kept = list(lines.values())
    return kept[:most], max(0, len(kept) - most)


def _rank(ask: str) -> int:
    return _FIRST.index(ask) if ask in _FIRST else -1


def _lines(record: Mapping[Any, Any], lang: Language) -> Iterator[Line]:
    """Yield the lines of a question: one a product and maker."""
    ask = str(record["ask"])
    if ask not in _ANSWERED:
        return
    makers = _parts(record["asked_ids"])
    names = _parts(record["asked_makers"]) if lang == "zh" else _parts(record["asked_names_en"])
    contact = record["contact"] if isinstance(record["contact"], str) else ""
    products = zip(
        _parts(record["product_id"]), _parts(record[f"about_{lang}"]),
        str(record["about_unit"]).split("; "), strict=True,
    )  # fmt: skip
    for product_id, about, unit in products:
        if not makers:
            of_all = ask if ask in {"exists", "total"} else "total"
            whom = str(record[f"whom_{lang}"])
            yield Line(of_all, whom, about, unit, product_id, contact=contact)
        for maker, name in zip(makers, names, strict=True):
            yield Line(ask, name, about, unit, product_id, maker, contact)


def _parts(cell: object) -> list[str]:
    return cell.split("; ") if isinstance(cell, str) and cell else []
