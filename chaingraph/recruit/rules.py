"""Simple rules: what somebody without a model would rank the candidates of a gap by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chaingraph.recruit.features import filled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chaingraph.products import Floats, Integers
    from chaingraph.recruit.candidates import Field, Place
    from chaingraph.recruit.features import View

RULES: Final = (
    "random", "largest_capacity", "nearest", "most_sites", "popularity", "sites_near", "four_equal",
    "here_first",
)  # fmt: skip
"""Names of the rules, in the order of the columns of :func:`rule_scores`."""
FOUR: Final = ("maker", "present", "closeness", "momentum")
_HERE, _PROVINCE = 2, 1
_APART: Final = 1e4
"""More than any group has cities: a level of closeness outweighs them."""


def rule_scores(view: View, columns: Mapping[str, Floats]) -> Floats:
    """Return what the rules rank by, one column each in the order of :data:`RULES`; higher ranks first.

    Parameters
    ----------
    view
        The candidates and the region.
    columns
        The features of all pairs, see :func:`chaingraph.recruit.features.measure`.

    Returns
    -------
    numpy.ndarray
        One row a pair. Chance; the group's share of the known capacity of the product; distance to its
        nearest plant; cities where it makes the product; cities that it newly came to with anything in
        three years; ``ln(1 + cities) + 2 closeness``; the four features :data:`FOUR`, each with weight 1;
        groups that are here first, then those of the province, then by cities. Unknown ranks last.
    """
    field, place = view.field, view.place
    held = field.evidence.holdings
    capacity = field.of_own(held.capacity)
    total = np.bincount(held.product, np.nan_to_num(held.capacity), len(view.setting.cities_with))
    share = capacity / np.where(total > 0, total, np.nan)[field.product]
    distance = field.smallest(place.nearest)
    sites = field.of_own(held.sites.astype(float), 0.0)
    came = np.bincount(held.group, held.recent, len(field.evidence.groups))
    known = {name: filled(columns[name]) for name in FOUR}
    return np.column_stack(
        [
            np.zeros(field.size),
            np.nan_to_num(share, nan=-1.0),
            -np.nan_to_num(distance, nan=1e6),
            sites,
            came[field.group],
            np.log1p(sites) + 2 * known["closeness"],
            np.sum(list(known.values()), axis=0),
            _APART * _level(field, place) + sites,
        ]
    )


def _level(field: Field, place: Place) -> Integers:
    """By pair: 2 where the group is in the region, 1 where it is in its province, else 0."""
    evidence = field.evidence
    columns: dict[str, Any] = evidence.columns
    somewhere = ~columns["total"].astype(bool)
    near = somewhere & np.isin(columns["province"].astype(str), list(place.provinces))
    level = np.zeros(len(evidence.groups), dtype=np.intp)
    level[columns["group"][near].astype(np.intp)] = _PROVINCE
    level[place.groups | place.coming] = _HERE
    return level[field.group]
