"""What to do about each product of a region: the rule's words, with size, reach and marks read into them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from chaingraph.analysis.decide import decision_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chaingraph.analysis.decide import Decisions
    from chaingraph.quantity import Flags

    Words = NDArray[np.str_]

SIZE: Final = "size"
"""The word in ``decisions.json`` that stands for the verdict of size and reach."""
MARKS: Final = (
    "downstream_building", "downstream_unseen", "restricted", "revive", "declining", "idle_nation",
)  # fmt: skip
"""What changes a rule's words; later ones win. Words in the vocabulary ``mark``."""
_BUILDING: Final = "follow"
_LOOKING: Final = "survey"
_WITHIN_QUOTA: Final = "strengthen"


@dataclass(frozen=True, eq=False)
class Advice:
    """What to do, by product position.

    Attributes
    ----------
    verb
        What comes first; a verb of ``decisions.json``, empty for nothing.
    then
        What follows once that is done; a verb, or empty.
    list
        ``recruit``, ``supply``, ``survey``, ``cooperation``; empty: on none.
    mark
        The last of ``MARKS`` that changed the rule's words; empty for none.
    """

    verb: Words
    then: Words
    list: Words
    mark: Words


def advise(
    decisions: Decisions,
    *,
    verdict: Words,
    restricted: Flags,
    suspended: Flags,
    declining: Flags,
    idle_nation: Flags,
    downstream_building: Flags,
    downstream_unseen: Flags,
) -> Advice:
    """Return the words of each product's rule with the verdict of its size and its marks read into them.

    The verdict stands where the rule says ``size``. Marks of rules that would bring in or enlarge a
    plant, in this order: what is *restricted* is a matter of contracts, strengthening within its quota
    stays; a plant that stands idle here is *revived* before any recruiting; what is *declining*, or of
    which the nation uses too little of what it has, is not advised. Grid and resource products are
    supplied, not recruited: no mark changes their words. A surplus whose users nobody has seen here is
    looked into before it is extended; one whose user is being built says so.

    Parameters
    ----------
    decisions
        The rules that fit.
    verdict
        Of size and reach; see :func:`chaingraph.analysis.reach.measure_reach`.
    restricted
        New capacity needs a quota or an approval.
    suspended
        A plant of the product stands idle here.
    declining
        The product is at the end of its life.
    idle_nation
        The nation uses too little of its capacity, and nothing here speaks for more.
    downstream_building, downstream_unseen
        A product that would use it is being built here; of none of those is anything known here.

    Returns
    -------
    Advice
        By product position.
    """
    table = decision_table()
    masks = (
        restricted, suspended, declining, idle_nation, downstream_building, downstream_unseen,
    )  # fmt: skip
    case = decisions.rule.astype(np.int64)
    for mask in (decisions.assured, *masks, *(verdict == word for word in table.size)):
        case = 2 * case + mask
    # products are many, cases few
    _, one, number = np.unique(case, return_index=True, return_inverse=True)
    decisions, verdict = decisions.take(one), verdict[one]
    restricted, suspended, declining, idle_nation, downstream_building, downstream_unseen = (
        mask[one] for mask in masks
    )
    verb, then, list_ = (decisions.text(name) for name in ("verb", "then", "list"))
    sized = np.full(len(verb), "", dtype="U24")
    for said, word in table.size.items():
        sized[verdict == said] = word
    then = np.where(then == SIZE, sized, then)
    verb = np.where(verb == SIZE, np.where(sized == "", table.size["unknown"], sized), verb)
    mark = np.full(len(verb), "", dtype="U24")
    surplus = decisions.text("kind") == "surplus"
    look = surplus & downstream_unseen & ~downstream_building
    then = np.where(look, verb, then)
    verb = np.where(look, _LOOKING, verb)
    mark[look] = "downstream_unseen"
    mark[surplus & downstream_building] = "downstream_building"

    marked = decisions.is_rule(*table.marked) & ~decisions.assured
    follows, looks, within = (verb == word for word in (_BUILDING, _LOOKING, _WITHIN_QUOTA))
    contract = marked & restricted
    first = contract & ~(follows | looks | within)
    verb = np.where(first, "contract", verb)
    then = np.where(contract, np.where(first, "", "contract"), then)
    list_ = np.where(contract & ~follows & (list_ == "recruit"), "cooperation", list_)
    mark[contract] = "restricted"

    revive = decisions.is_rule(*table.revived) & ~decisions.assured & suspended
    # what was to be done first comes second, unless it was only a look or strengthening that is not free
    moved = revive & (verb != _LOOKING) & ~(within & contract)
    then = np.where(moved, verb, then)
    verb = np.where(revive, "revive", verb)
    list_ = np.where(revive, "recruit", list_)
    mark[revive] = "revive"

    for name, flags in (("declining", declining), ("idle_nation", idle_nation)):
        against = marked & flags
        then = np.where(against, np.where(follows, "not_advised", ""), then)
        verb = np.where(against & ~follows, "not_advised", verb)
        list_ = np.where(against, "cooperation", list_)
        mark[against] = name
    return Advice(verb[number], then[number], list_[number], mark[number])
