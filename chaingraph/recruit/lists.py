"""The lists of a gap: whom to bring from outside, who is here and could add it, who could supply it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from chaingraph.recruit.candidates import building_rows

if TYPE_CHECKING:
    from chaingraph.products import Flags, Integers
    from chaingraph.recruit.candidates import Field, Place
    from chaingraph.recruit.features import View

LISTS: Final = ("outside", "local", "supplier")
"""Lists of targets; words in the vocabulary ``target_list``."""
NONE: Final = -1
OUTSIDE: Final = 0
LOCAL: Final = 1
SUPPLIER: Final = 2
NEAR: Final = 0.1
"""Least share n(p and q) / (n(q) + 3) of groups with a local group's product q that have the product p too."""
MAKER: Final = 0
OTHER: Final = 1
LAST: Final = 2
"""Tiers: a candidate of a higher one never stands before one of a lower."""
WAITING: Final = ("survey", "follow", "check_size")
"""Verbs after which another follows, once the look is taken."""


def deciding(verb: str, then: str) -> str:
    """Return the verb that a list is made for: what follows where something has to be looked at first.

    Examples
    --------
    >>> deciding("survey", "contract"), deciding("recruit", ""), deciding("survey", "")
    ('contract', 'recruit', 'survey')
    """
    return then if then and verb in WAITING else verb


def which_list(view: View, contracts: Flags) -> Integers:
    """Return by pair the list it stands in, one of :data:`LISTS` by number, or :data:`NONE`.

    A group with a plant here, standing or being built, is *local*; so is one that has only announced
    something else here. All others come from *outside*. For a product that is to be contracted the list is
    of makers elsewhere alone. Who makes the product here, or builds a plant of it, is on no list; nor is
    who is here and has nothing close to the product, nor anything often in one hand with it: a steelworks
    does not add lithium carbonate.

    Parameters
    ----------
    view
        The candidates and their region.
    contracts
        By product: whether suppliers are listed.
    """
    field, place = view.field, view.place
    here = place.groups | place.building
    local = here[field.group] | ~field.close
    found = np.where(local, LOCAL, OUTSIDE)
    doubtful = np.flatnonzero(local & ~(field.close & ~field.general))
    found[doubtful[view.nearness_of(doubtful) < NEAR]] = NONE
    bought = contracts[field.product]
    found[bought] = np.where(field.maker[bought], SUPPLIER, NONE)
    found[makes_here(place, field)] = NONE
    return np.asarray(found, dtype=np.intp)


def makes_here(place: Place, field: Field) -> Flags:
    """Tell which pairs have a plant of the product here, standing or being built."""
    evidence = field.evidence
    inside = place.inside & (evidence.makes | building_rows(evidence))
    flags = np.zeros(len(evidence.holdings.product), dtype=bool)
    flags[evidence.columns["holding"][inside].astype(np.intp)] = True
    return np.asarray(field.of_own(flags.astype(float), 0.0) > 0, dtype=bool)


def tiers(view: View, listed: Integers) -> Integers:
    """Return by pair what stands before it whatever its score: makers first, then others, then the last.

    The last are makers of general goods alone, from outside also who would buy the product here, and
    here who has only announced something.
    """
    field, place = view.field, view.place
    here = (place.groups | place.building)[field.group]
    outside = listed != LOCAL
    last = field.general | (outside & place.buyers(field)) | (~outside & ~here)
    return np.where(field.maker, MAKER, np.where(last, LAST, OTHER)).astype(np.intp)


def contending(view: View, listed: Integers, tier: Integers) -> Integers:
    """Return by pair the tier in which it contends for a place among the names of a list.

    As :func:`tiers`, but who intends the product elsewhere, or announced a family with it, contends with
    its makers: every third newcomer that could be known was such a one. Among the names that are chosen
    the known plants still come first, see :func:`chaingraph.recruit.scoring.in_tens`.
    """
    asked = (view.field.own >= 0) & (listed == OUTSIDE) & (tier == OTHER)
    return np.where(asked, MAKER, tier).astype(np.intp)
