"""Products that no target list is made for: what is not recruited, and what nobody should recruit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chaingraph import words
from chaingraph.words import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chaingraph.analysis.basis import Basis

UNLISTED: Final = {
    "grid": "assure",
    "resource": "assure",
    "utility": "own_plant",
    "flow": "collect",
    "service": "contract",
    "declining": "not_advised",
}
"""Mode of supply, or *declining*, of products without a list -> what to do instead, a verb."""


def unlisted(study: Basis) -> NDArray[np.str_]:
    """Return by product why no targets are listed for it, a key of :data:`UNLISTED`; empty: they are.

    Examples
    --------
    >>> import chaingraph as cg
    >>> from chaingraph.analysis.study import open_study
    >>> study = open_study(cg.load_dataset("qujing"))
    >>> why = unlisted(study)
    >>> [str(why[study.product_graph.find(name)]) for name in ("electricity", "cell_perc", "copper_foil")]
    ['grid', 'declining', '']
    """
    declining = study.kind_in("life_cycle", ("declining",))
    flags = [declining if why == "declining" else study.modes[why] for why in UNLISTED]
    return np.select(flags, list(UNLISTED), "")


def unlisted_notes(study: Basis, products: Sequence[int]) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Say of products without a list what to do instead, and why."""
    return tuple(("target-no-list", unlisted_facts(study, product)) for product in products)


def unlisted_facts(study: Basis, product: int) -> dict[str, Any]:
    """Return what the sentence on a product without a list says of it, in both languages."""
    reason = str(unlisted(study)[product])
    said: dict[str, Any] = {
        "product": study.names_en[product],
        "product_zh": study.names_zh[product],
    }
    for lang in LANGUAGES:
        end = "" if lang == "en" else f"_{lang}"
        said[f"verb{end}"] = words.term("verb", UNLISTED[reason], lang)
        said[f"why{end}"] = words.message(f"no-list-{reason}", lang)
    return said
